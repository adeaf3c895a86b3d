"""Saved views: a part of the queue under a name, one's own or the agency's, and how many cases each shows now.

The record says who saved and changed which, not its name or what it looks for: either may be a customer's name, and
the record's facts are kept when a person is erased.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import and_, delete, func, literal, literal_column, or_, select, true
from sqlalchemy.orm import aliased

from agency.inbox.desk_models import SavedView
from agency.inbox.filters import ME, QueueFilter, conditions, read_filters
from agency.inbox.models import Conversation, ConversationLabel
from tenants import audit, clock
from tenants.database import db, new_id
from tenants.errors import Conflict, Invalid, NotFound, worded
from tenants.permissions import Actor, Permission, require

LONGEST_NAME = 60
MOST_VIEWS = 50
"""A person's own, and the agency's shared ones."""
MOST_COUNTED = 99
LOOKED_AT = 5_000
"""So many cases of the indexed part of a view are looked at for its count, however large the house is."""
COUNTED_VIEWS = 20
KEPT_DELETED = timedelta(days=1)
_CONTROL = re.compile(r"[\x00-\x1f\x7f\ud800-\udfff]")


class ViewRow(NamedTuple):
    """A saved view. `filters` is what its address says, `is_mine` that the reader made it."""

    id: UUID
    name: str
    filters: dict[str, list[str]]
    is_shared: bool
    is_mine: bool
    person_name: str
    version: int


class ViewCount(NamedTuple):
    """How many cases a view shows: up to MOST_COUNTED + 1, and whether there may be more than were looked at."""

    cases: int
    is_cut: bool


def may_see_shared(actor: Actor) -> bool:
    """Shared views are the agency's own, as notes between colleagues are."""
    return actor.may(Permission.NOTE_READ)


def list_views(actor: Actor) -> list[ViewRow]:
    """One's own first, then shared ones, each in the order set by hand; one statement.

    A shared view of brands none of which the reader sees is left out, name and all.
    """
    require(actor, Permission.CONVERSATION_READ)
    rows = db.session.scalars(
        select(SavedView)
        .where(SavedView.deleted_at.is_(None), _seen_by(actor))
        .order_by(SavedView.is_shared, SavedView.position, SavedView.id)
        .limit(2 * MOST_VIEWS)
    )
    return [row for row in (_row(actor, view) for view in rows) if _concerns(actor, row)]


def _seen_by(actor: Actor) -> Any:
    own = and_(SavedView.person_id == actor.user_id, SavedView.is_shared.is_(False))
    return or_(own, SavedView.is_shared) if may_see_shared(actor) else own


def _concerns(actor: Actor, row: ViewRow) -> bool:
    brands = row.filters.get("brand", [])
    return not row.is_shared or not brands or any(actor.scope.covers(UUID(one)) for one in brands)


def create_view(actor: Actor, name: str, filters: Mapping[str, Sequence[str]], *, is_shared: bool = False) -> ViewRow:
    """Keep a part of the queue under a name, last of one's own or of the shared ones.

    Raises Invalid, Forbidden (sharing is for leads).
    """
    require(actor, Permission.VIEW_SHARE if is_shared else Permission.CONVERSATION_READ)
    plain, kept = _name(name), _filters(filters)
    _drop_old()
    same = SavedView.is_shared if is_shared else and_(_own(actor), SavedView.is_shared.is_(False))
    held, last = db.session.execute(
        select(func.count(SavedView.id), func.coalesce(func.max(SavedView.position), 0)).where(
            same, SavedView.deleted_at.is_(None)
        )
    ).one()
    if held >= MOST_VIEWS:
        raise Invalid(
            worded("There are %(n)s views already. Nothing was saved. Delete one first.", n=MOST_VIEWS),
            code="too_many_views",
        )
    view = SavedView(
        agency_id=actor.agency_id,
        id=new_id(),
        person_id=actor.user_id,
        person_name=actor.name,
        name=plain,
        filters=kept,
        is_shared=is_shared,
        position=last + 1,
        version=1,
    )
    db.session.add(view)
    db.session.flush()
    audit.record(actor, "view.saved", "saved_view", view.id, shared=is_shared)
    return _row(actor, view)


def change_view(actor: Actor, view_id: UUID, version: int | None = None, **changes: Any) -> ViewRow:
    """Change `name`, `filters` or `is_shared`; with `version`, only if it is still that one.

    Raises Conflict `view_changed`, Invalid, NotFound, Forbidden.
    """
    view = _to_change(actor, view_id)
    if version is not None and version != view.version:
        raise Conflict(
            "Somebody changed this view since you opened it. Nothing of yours was saved. Look at it again first.",
            code="view_changed",
            version=view.version,
        )
    if changes.get("is_shared") and not view.is_shared:
        require(actor, Permission.VIEW_SHARE)
    values: dict[str, Any] = {}
    if "name" in changes:
        values["name"] = _name(changes["name"])
    if "filters" in changes:
        values["filters"] = _filters(changes["filters"])
    if "is_shared" in changes:
        values["is_shared"] = bool(changes["is_shared"])
    before = {name: getattr(view, name) for name in values if getattr(view, name) != values[name]}
    if not before:
        return _row(actor, view)
    for name in before:
        setattr(view, name, values[name])
    if "is_shared" in before and not view.is_shared:
        view.person_id, view.person_name = actor.user_id, actor.name  # whoever takes it back has it
    _changed(actor, view, "view.changed", fields=sorted(before))
    return _row(actor, view)


def delete_view(actor: Actor, view_id: UUID) -> ViewRow:
    """Delete it; for a day it can be brought back. Harmless when it is deleted."""
    view = _to_change(actor, view_id, with_deleted=True)
    if view.deleted_at is None:
        view.deleted_at = clock.now()
        _changed(actor, view, "view.deleted")
    return _row(actor, view)


def restore_view(actor: Actor, view_id: UUID) -> ViewRow:
    """Bring back what was deleted. Raises NotFound once it is gone for good."""
    view = _to_change(actor, view_id, with_deleted=True)
    if view.deleted_at is not None:
        view.deleted_at = None
        _changed(actor, view, "view.restored")
    return _row(actor, view)


def move_view(actor: Actor, view_id: UUID, up: bool) -> None:
    """One place up or down among one's own, or among the shared ones. Harmless at the end.

    All of them get their places anew, so that two who move at once leave an order, not a tie.
    """
    view = _to_change(actor, view_id)
    same = SavedView.is_shared if view.is_shared else and_(_own(actor), SavedView.is_shared.is_(False))
    views = list(
        db.session.scalars(
            select(SavedView)
            .where(same, SavedView.deleted_at.is_(None))
            .order_by(SavedView.position, SavedView.id)
            .with_for_update()
            .execution_options(populate_existing=True)
        )
    )
    at = next(place for place, one in enumerate(views) if one.id == view_id)
    to = at - 1 if up else at + 1
    if not 0 <= to < len(views):
        return
    views[at], views[to] = views[to], views[at]
    for place, one in enumerate(views, start=1):
        one.position = place
    db.session.flush()
    audit.record(actor, "view.moved", "saved_view", view_id, place=to + 1)


def counts_of(actor: Actor, wanted: Sequence[QueueFilter]) -> list[ViewCount]:
    """How many cases each shows, in one statement however many they are, at most COUNTED_VIEWS of them.

    What an index finds (status, brands, holder, late, one label) is looked at up to LOOKED_AT cases, the rest of the
    filter only among these, and counting ends at MOST_COUNTED + 1: so the cost does not grow with the house.
    """
    if not wanted:
        return []
    now = clock.now()
    parts: list[Any] = []
    for number, one in enumerate(wanted[:COUNTED_VIEWS]):
        counted = _counted(one, actor.user_id, now, number)
        parts += [select(counted.c.hits).scalar_subquery(), select(counted.c.cut).scalar_subquery()]
    row = db.session.execute(select(*parts)).one()
    return [ViewCount(min(row[n], MOST_COUNTED + 1), bool(row[n + 1])) for n in range(0, len(row), 2)]


def _counted(wanted: QueueFilter, me: UUID, now: Any, number: int) -> Any:
    label = wanted.label_ids if wanted.label_ids and len(wanted.label_ids) == 1 and wanted.status else None
    indexed = QueueFilter(
        brand_ids=wanted.brand_ids,
        status=wanted.status,
        holder=wanted.holder if wanted.holder == ME or isinstance(wanted.holder, UUID) else None,
        late=wanted.late,
        kept_for_me=wanted.kept_for_me,
    )
    rest = wanted._replace(
        brand_ids=None,
        status=None,
        holder=None if indexed.holder is not None else wanted.holder,
        late=False,
        kept_for_me=False,
        label_ids=None if label else wanted.label_ids,
    )
    inner: Any = select(Conversation, func.row_number().over().label("place"))
    if label:
        bears = ConversationLabel
        inner = inner.join(
            bears,
            and_(
                bears.agency_id == Conversation.agency_id,
                bears.conversation_id == Conversation.id,
                bears.brand_id == Conversation.brand_id,
            ),
        ).where(bears.label_id == label[0], bears.status == literal_column(f"'{wanted.status}'"))
    most = LOOKED_AT if rest != QueueFilter(status=None) else MOST_COUNTED + 1
    looked_at = inner.where(*conditions(indexed, me, now)).limit(literal_column(str(most))).subquery(f"looked_{number}")
    case = aliased(Conversation, looked_at, name=f"case_{number}")
    hit = and_(true(), *conditions(rest, me, now, case))
    some = (
        select(hit.label("hit"), looked_at.c.place)
        .where(or_(hit, looked_at.c.place == LOOKED_AT))
        .limit(literal_column(str(MOST_COUNTED + 2)))
        .subquery(f"some_{number}")
    )
    return select(
        func.count().filter(some.c.hit).label("hits"),
        func.coalesce(func.bool_or(some.c.place == LOOKED_AT), literal(False)).label("cut"),
    ).subquery(f"counted_{number}")


def _row(actor: Actor, view: SavedView) -> ViewRow:
    return ViewRow(
        id=view.id,
        name=view.name,
        filters=read_filters(view.filters),
        is_shared=view.is_shared,
        is_mine=view.person_id == actor.user_id,
        person_name=view.person_name,
        version=view.version,
    )


def _own(actor: Actor) -> Any:
    return SavedView.person_id == actor.user_id


def _found(actor: Actor, view_id: UUID, *, lock: bool = False, with_deleted: bool = False) -> SavedView:
    wanted = select(SavedView).where(SavedView.id == view_id, _seen_by(actor))
    if not with_deleted:
        wanted = wanted.where(SavedView.deleted_at.is_(None))
    if lock:
        wanted = wanted.with_for_update().execution_options(populate_existing=True)
    view = db.session.execute(wanted).scalar_one_or_none()
    if view is None or not _concerns(actor, _row(actor, view)):
        raise NotFound()
    return view


def _to_change(actor: Actor, view_id: UUID, *, with_deleted: bool = False) -> SavedView:
    require(actor, Permission.CONVERSATION_READ)
    view = _found(actor, view_id, lock=True, with_deleted=with_deleted)
    if view.is_shared:
        require(actor, Permission.VIEW_SHARE)
    return view


def _changed(actor: Actor, view: SavedView, deed: str, **facts: Any) -> None:
    view.version += 1
    db.session.flush()
    audit.record(actor, deed, "saved_view", view.id, **facts)


def _drop_old() -> None:
    old = SavedView.deleted_at < clock.now() - KEPT_DELETED
    db.session.execute(delete(SavedView).where(old).execution_options(synchronize_session=False))


def _name(name: Any) -> str:
    plain = " ".join(name.split()) if isinstance(name, str) and not _CONTROL.search(name.strip()) else ""
    if not 0 < len(plain) <= LONGEST_NAME:
        sentence = worded("Write a name of at most %(n)s characters.", n=LONGEST_NAME)
        raise Invalid(
            "This view cannot be kept. Nothing was saved. Correct it and save again.", errors={"name": [sentence]}
        )
    return plain


def _filters(given: Any) -> dict[str, list[str]]:
    kept = read_filters(given)
    if not kept:
        raise Invalid(
            "A view needs at least one filter: without one it is the whole queue. Nothing was saved. Choose a filter.",
            errors={"filters": [worded("must hold at least one filter")]},
        )
    return kept
