"""Labels: words that staff put on cases, of one brand or of the agency for all its brands.

Leads make, rename, merge and put them away; staff put them on cases and take them off (`agency.inbox.labelling`). A
label is never deleted: what bore one that was put away bears it again once it is back.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import Uuid, bindparam, func, literal_column, or_, select

from agency.inbox.contacts.names import folded, is_seen
from agency.inbox.desk_models import LABEL_COLOURS, ConversationLabel, Label
from tenants import audit, clock
from tenants.brands import place_to_write
from tenants.database import db, new_id
from tenants.errors import Conflict, Invalid, NotFound, worded
from tenants.permissions import Actor, Permission, require
from tenants.scope import raw_sql

LONGEST_NAME = 40
MOST_LABELS = 200
"""Of one brand, and of the agency for all of them: what one reads through in a picker."""
_CONTROL = re.compile(r"[\x00-\x1f\x7f\ud800-\udfff]")


class LabelRow(NamedTuple):
    """A label. `brand_id` None: for every brand."""

    id: UUID
    brand_id: UUID | None
    name: str
    colour: str
    is_archived: bool
    merged_into_id: UUID | None
    changed_by_name: str
    version: int
    open_count: int | None = None
    """Open cases that bear it, where it was asked for; stops at MOST_COUNTED + 1."""


MOST_COUNTED = 99
FEW_LABELS = 24
"""So many are offered at once, and so many of those that were asked for."""
LABELS_OFFERED = 12
"""Of more the most used ones, until somebody asks."""


def list_labels(
    actor: Actor,
    brand_id: UUID | None = None,
    *,
    archived: bool = False,
    counted: bool = False,
    shared: bool = False,
) -> list[LabelRow]:
    """By name, those of the agency first: all this person may see, or those a case of one brand may bear, or, `shared`,
    those of the agency alone.

    One statement. Raises Forbidden, NotFound.
    """
    require(actor, Permission.CONVERSATION_READ, brand_id)
    counts: Any = literal_column("null")
    if counted:
        some = (
            select(ConversationLabel.id)
            .where(ConversationLabel.label_id == Label.id, ConversationLabel.status == literal_column("'open'"))
            .limit(MOST_COUNTED + 1)
            .correlate(Label)
            .subquery()
        )
        counts = select(func.count()).select_from(some).scalar_subquery()
    wanted = select(Label, counts).where(
        Label.archived_at.is_not(None) if archived else Label.archived_at.is_(None), Label.merged_into_id.is_(None)
    )
    if brand_id is not None or shared:
        wanted = wanted.where(Label.brand_id.in_([brand_id or actor.agency_id, actor.agency_id]))
    order = (Label.brand_id != actor.agency_id, func.lower(Label.name), Label.id)
    return [_row(label, count) for label, count in db.session.execute(wanted.order_by(*order))]


class Offered(NamedTuple):
    """Labels to choose from: all of few; of many those chosen already and the most used, or what was asked for."""

    rows: list[LabelRow]
    total: int
    """How many there are to choose from."""
    left: int = 0
    """How many more than those here fit what was asked for."""


def offered_labels(
    actor: Actor, brand_id: UUID | None = None, *, chosen: Collection[UUID] = (), find: str = ""
) -> Offered:
    """Labels in use that this person may see, or that a case of one brand may bear, to be chosen from; `find` is a part
    of a name as somebody types it. Those chosen stand first, then as `list_labels` has them.

    One statement; two of many. Raises Forbidden, NotFound.
    """
    rows = list_labels(actor, brand_id)
    if len(rows) <= FEW_LABELS:
        return Offered(rows, len(rows))
    mine, others = [one for one in rows if one.id in chosen], [one for one in rows if one.id not in chosen]
    if wanted := folded(find):
        named = [one for one in others if wanted in folded(one.name)]
        named.sort(key=lambda one: not folded(one.name).startswith(wanted))
        return Offered([*mine, *named[:FEW_LABELS]], len(rows), len(named[FEW_LABELS:]))
    used = _most_used([one.id for one in others])
    return Offered([*mine, *(one for one in others if one.id in used)], len(rows))


def _most_used(label_ids: list[UUID]) -> set[UUID]:
    """Those that most open cases bear, each counted up to LABELS_OFFERED; of as many the first by name."""
    some = (
        select(ConversationLabel.id)
        .where(ConversationLabel.label_id == Label.id, ConversationLabel.status == literal_column("'open'"))
        .limit(LABELS_OFFERED)
        .correlate(Label)
        .subquery()
    )
    often: Any = select(func.count()).select_from(some).scalar_subquery()
    wanted = select(Label.id).where(Label.id.in_(label_ids))
    return set(
        db.session.scalars(wanted.order_by(often.desc(), func.lower(Label.name), Label.id).limit(LABELS_OFFERED))
    )


def label_places(actor: Actor, *, archived: bool = False) -> dict[UUID | None, int]:
    """How many labels each brand has, and the agency for all of them (None), where there are any. One statement."""
    require(actor, Permission.CONVERSATION_READ)
    wanted = select(Label.brand_id, func.count(Label.id)).where(
        Label.archived_at.is_not(None) if archived else Label.archived_at.is_(None), Label.merged_into_id.is_(None)
    )
    found = db.session.execute(wanted.group_by(Label.brand_id))
    return {None if place == actor.agency_id else place: number for place, number in found}


def label_called(actor: Actor, name: str, beside: UUID) -> UUID | None:
    """Which label in use is called so where this other one stands, for its brand or for every brand."""
    require(actor, Permission.CONVERSATION_READ)
    place = select(Label.brand_id).where(Label.id == beside).scalar_subquery()
    wanted = select(Label.id).where(
        func.lower(Label.name) == func.lower(" ".join(name.replace("\0", "").split())),
        Label.archived_at.is_(None),
        or_(Label.brand_id == place, Label.brand_id == actor.agency_id),
    )
    return db.session.scalars(wanted).first()


def get_label(actor: Actor, label_id: UUID) -> LabelRow:
    """One of them, put away or not. Raises NotFound, Forbidden."""
    require(actor, Permission.CONVERSATION_READ)
    found = db.session.execute(
        select(Label).where(Label.id == label_id).execution_options(populate_existing=True)
    ).scalar_one_or_none()
    if found is None:
        raise NotFound()
    return _row(found)


def create_label(actor: Actor, brand_id: UUID | None, name: str, colour: str = "grey") -> LabelRow:
    """A new one; `brand_id` None: for every brand of the agency.

    Raises Invalid with `errors` by field, Conflict `label_exists`, NotFound, Forbidden.
    """
    place = place_to_write(actor, Permission.LABEL_MANAGE, brand_id)
    values = _checked({"name": name, "colour": colour})
    held = select(func.count(Label.id)).where(Label.brand_id == place, Label.archived_at.is_(None))
    if db.session.execute(held).scalar_one() >= MOST_LABELS:
        raise Invalid(
            worded(
                "There are %(n)s labels here already. Nothing was saved. Merge some or put them away first.",
                n=MOST_LABELS,
            ),
            code="too_many_labels",
        )
    _check_name_is_free(actor, place, values["name"])
    made = Label(agency_id=actor.agency_id, id=new_id(), brand_id=place, changed_by_name=actor.name, **values)
    db.session.add(made)
    db.session.flush()
    _record(actor, made, "label.created", name=made.name, colour=made.colour)
    return _row(made)


def change_label(actor: Actor, label_id: UUID, version: int | None = None, **changes: Any) -> LabelRow:
    """Change its `name` or `colour`; with `version`, only if it is still that one.

    Raises Conflict `label_changed` or `label_exists`, Invalid, NotFound, Forbidden.
    """
    label = _locked(actor, label_id)
    if version is not None and version != label.version:
        raise Conflict(
            "Somebody changed this label since you opened it. Nothing of yours was saved. Look at it again first.",
            code="label_changed",
            version=label.version,
        )
    values = _checked(changes)
    before = {name: getattr(label, name) for name in values if getattr(label, name) != values[name]}
    if not before:
        return _row(label)
    if "name" in before:
        _check_name_is_free(actor, label.brand_id, values["name"], but=label_id)
    for name in before:
        setattr(label, name, values[name])
    after = {name: values[name] for name in before}
    _changed(actor, label, "label.changed", before=before, after=after)
    return _row(label)


def archive_label(actor: Actor, label_id: UUID, *, archived: bool = True) -> LabelRow:
    """Put it away, or bring it back. Doing it again changes nothing. Raises Conflict `label_exists`."""
    label = _locked(actor, label_id)
    if (label.archived_at is not None) == archived:
        return _row(label)
    if not archived:
        if label.merged_into_id is not None:
            raise Conflict(
                "This label was merged into another one. Nothing was changed. Create it anew if you need it again.",
                code="label_merged",
            )
        _check_name_is_free(actor, label.brand_id, label.name)
    label.archived_at = clock.now() if archived else None
    _changed(actor, label, "label.archived" if archived else "label.restored", name=label.name)
    return _row(label)


def merge_labels(actor: Actor, label_id: UUID, into_id: UUID) -> int:
    """Put `into_id` on every case that bears `label_id`, and put that one away. Returns how many cases it were.

    Raises Invalid where the other may not stand on all of its cases, Conflict, NotFound, Forbidden.
    """
    # In the order of their ids, so that two who merge against each other do not wait for each other.
    locked = {one: _locked(actor, one) for one in sorted({label_id, into_id})}
    label, into = locked[label_id], locked[into_id]
    reaches = into.brand_id in (label.brand_id, actor.agency_id)
    if label_id == into_id or into.archived_at is not None or label.merged_into_id is not None or not reaches:
        raise Invalid(
            "These two cannot become one. Nothing was changed. "
            "Choose another label in use, of the same brand or for every brand.",
            code="cannot_merge",
            errors={"into": [worded("must be another label in use, of the same brand or for every brand")]},
        )
    values = {"agency_id": actor.agency_id, "old": label_id, "new": into_id}
    moved = int(db.session.execute(_MERGE, values).scalar_one())
    label.archived_at, label.merged_into_id = label.archived_at or clock.now(), into_id
    _changed(actor, label, "label.merged", name=label.name, into=str(into_id), into_name=into.name, cases=moved)
    return moved


# Cases first, in their order, as everything that changes several of them locks them; then what says the same.
_MERGE = raw_sql(
    """
    with bearing as (
        select c.agency_id, c.id, c.brand_id from conversation c
        where c.agency_id = :agency_id
            and c.id in (select l.conversation_id from conversation_label l
                where l.agency_id = :agency_id and l.label_id = :old)
        order by c.id for no key update
    ), rows as (
        update conversation_label l set label_id = :new from bearing b
        where l.agency_id = b.agency_id and l.conversation_id = b.id and l.label_id = :old
            and not exists (select from conversation_label o where o.agency_id = l.agency_id
                and o.conversation_id = l.conversation_id and o.label_id = :new)
        returning 1
    ), doubled as (
        delete from conversation_label l using bearing b
        where l.agency_id = b.agency_id and l.conversation_id = b.id and l.label_id = :old
            and exists (select from conversation_label o where o.agency_id = l.agency_id
                and o.conversation_id = l.conversation_id and o.label_id = :new)
        returning 1
    ), told as (
        update conversation c set version = c.version + 1, label_ids = case when :new = any(c.label_ids)
            then array_remove(c.label_ids, :old) else array_replace(c.label_ids, :old, :new) end
        from bearing b where c.agency_id = b.agency_id and c.id = b.id and c.brand_id = b.brand_id
        returning 1
    )
    select (select count(*) from told) + 0 * (select count(*) from rows) + 0 * (select count(*) from doubled)
    """,
    reason="cases of a label in one statement, however many",
).bindparams(*(bindparam(name, type_=Uuid()) for name in ("agency_id", "old", "new")))


def _row(label: Label, open_count: int | None = None) -> LabelRow:
    return LabelRow(
        id=label.id,
        brand_id=None if label.brand_id == label.agency_id else label.brand_id,
        name=label.name,
        colour=label.colour,
        is_archived=label.archived_at is not None,
        merged_into_id=label.merged_into_id,
        changed_by_name=label.changed_by_name,
        version=label.version,
        open_count=open_count,
    )


def _locked(actor: Actor, label_id: UUID) -> Label:
    require(actor, Permission.LABEL_MANAGE)
    label = db.session.execute(
        select(Label).where(Label.id == label_id).with_for_update().execution_options(populate_existing=True)
    ).scalar_one_or_none()
    if label is None:
        raise NotFound()
    place_to_write(actor, Permission.LABEL_MANAGE, None if label.brand_id == actor.agency_id else label.brand_id)
    return label


def _changed(actor: Actor, label: Label, deed: str, **facts: Any) -> None:
    label.version += 1
    label.changed_by_name = actor.name
    db.session.flush()
    _record(actor, label, deed, **facts)


def _record(actor: Actor, label: Label, deed: str, **facts: Any) -> None:
    brand_id = None if label.brand_id == actor.agency_id else label.brand_id
    audit.record(actor, deed, "label", label.id, brand_id=brand_id, **facts)


def _check_name_is_free(actor: Actor, place: UUID, name: str, *, but: UUID | None = None) -> None:
    """A brand's label may not be called as one for every brand: a picker shows both."""
    named = select(Label.id).where(
        func.lower(Label.name) == func.lower(name),
        Label.archived_at.is_(None),
        Label.brand_id.in_([place, actor.agency_id]),
    )
    if but is not None:
        named = named.where(Label.id != but)
    if db.session.execute(named).first() is not None:
        sentence = worded("There is a label of this name already. Nothing was saved. Choose another name.")
        raise Conflict(sentence, code="label_exists", errors={"name": [sentence]})


def _checked(values: dict[str, Any]) -> dict[str, Any]:
    errors: dict[str, list[str]] = {}
    good: dict[str, Any] = {}
    for field, value in values.items():
        if field == "name":
            plain = " ".join(value.split()) if isinstance(value, str) and not _CONTROL.search(value.strip()) else ""
            good[field] = plain
            if not (is_seen(plain) and len(plain) <= LONGEST_NAME):
                errors[field] = [worded("Write a name of at most %(n)s characters.", n=LONGEST_NAME)]
        elif field == "colour":
            good[field] = value
            if value not in LABEL_COLOURS:
                errors[field] = [worded("Choose a colour from the list.")]
        else:
            errors[field] = [worded("There is no such field.")]
    if errors:
        raise Invalid("This label cannot be kept. Nothing was saved. Correct it and save again.", errors=errors)
    return good
