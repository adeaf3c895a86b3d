"""Saved replies: words to begin an answer with, of one brand or of the agency for all its brands.

They are starting points: filled from the conversation, changed by whoever answers, counted when sent. Put away, never
deleted; each change leaves a version. Flushes, never commits.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any, Final, NamedTuple
from uuid import UUID

from sqlalchemy import Text, Uuid, cast, func, literal, or_, select, tuple_
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import aliased

from styleguides.models import SavedReply, SavedReplyUse, SavedReplyVersion
from styleguides.saved_reply_fields import invalid, values_of
from styleguides.wording import fingerprint_keys
from tenants import brand_marks, clock
from tenants.audit import record
from tenants.brands import place_to_write
from tenants.database import db, new_id
from tenants.errors import Conflict, NotFound, worded
from tenants.permissions import Actor, Permission, require

MOST_AT_ONCE: Final = 100
MOST_TITLES: Final = 500
LONGEST_SEARCH: Final = 100


class SavedReplyRow(NamedTuple):
    """A saved reply with its use in the brands this session may see. `brand_id` None: for every brand."""

    id: UUID
    brand_id: UUID | None
    title: str
    texts: list[dict[str, str]]
    words: list[str]
    review_by: date | None
    changed_at: datetime
    changed_by_name: str
    archived_at: datetime | None
    version: int
    uses: int
    last_used_at: datetime | None

    @property
    def is_stale(self) -> bool:
        """Whether the day has come on which somebody should look whether it is still true."""
        return self.review_by is not None and self.review_by <= clock.now().date()


def create_saved_reply(actor: Actor, brand_id: UUID | None, data: dict[str, Any]) -> SavedReplyRow:
    """A new one; `title` and `texts` are needed. `brand_id` None: for every brand of the agency.

    Raises Invalid with `errors` by field, NotFound, Forbidden.
    """
    place = place_to_write(actor, Permission.SAVED_REPLY_WRITE, brand_id)
    values = values_of({name: value for name, value in data.items() if name != "version"})
    lacking: dict[str, list[str]] = {name: [worded("is missing")] for name in ("title", "texts") if name not in values}
    if lacking:
        raise invalid(lacking)
    saved = SavedReply(
        agency_id=actor.agency_id,
        id=new_id(),
        brand_id=place,
        version=1,
        changed_at=clock.now(),
        changed_by_name=actor.name,
        **{"words": [], **values},
    )
    db.session.add(saved)
    db.session.flush()
    _note(actor, saved, "written")
    return get_saved_reply(actor, saved.id)


def change_saved_reply(actor: Actor, saved_reply_id: UUID, data: dict[str, Any]) -> SavedReplyRow:
    """Change the fields given. `version` must be the one that was read, and grows by one.

    Raises Conflict `saved_reply_changed` with the present version when somebody else was faster, Invalid, NotFound,
    Forbidden.
    """
    saved = _locked(actor, saved_reply_id)
    _check_version(saved, data.get("version"))
    values = values_of({name: value for name, value in data.items() if name != "version"})
    for name, value in values.items():
        setattr(saved, name, value)
    _changed(actor, saved, "changed")
    return get_saved_reply(actor, saved.id)


def archive_saved_reply(actor: Actor, saved_reply_id: UUID, version: int | None = None) -> SavedReplyRow:
    """Put it away: nobody is offered it any more, the record keeps it. Nothing changes where it is put away already."""
    return _put(actor, saved_reply_id, "archived", version)


def restore_saved_reply(actor: Actor, saved_reply_id: UUID, version: int | None = None) -> SavedReplyRow:
    """Offer it again."""
    return _put(actor, saved_reply_id, "restored", version)


def _put(actor: Actor, saved_reply_id: UUID, deed: str, version: int | None) -> SavedReplyRow:
    saved = _locked(actor, saved_reply_id)
    if version is not None:
        _check_version(saved, version)
    if (saved.archived_at is not None) != (deed == "archived"):
        saved.archived_at = clock.now() if deed == "archived" else None
        _changed(actor, saved, deed)
    return get_saved_reply(actor, saved.id)


def get_saved_reply(actor: Actor, saved_reply_id: UUID) -> SavedReplyRow:
    """One of them, put away or not. Raises NotFound, Forbidden."""
    require(actor, Permission.GUIDE_READ)
    found = db.session.execute(_rows().where(SavedReply.id == saved_reply_id)).one_or_none()
    if found is None:
        raise NotFound()
    return _row(actor, found)


def list_saved_replies(
    actor: Actor,
    brand_id: UUID | None = None,
    *,
    of_agency: bool = False,
    archived: bool = False,
    q: str = "",
    after: UUID | None = None,
    limit: int = 50,
) -> list[SavedReplyRow]:
    """By title, in one statement: of every brand this person works for, of one, or those for every brand.

    `q` is looked for in titles and labels; `after` is the last one seen. Raises NotFound, Forbidden.
    """
    require(actor, Permission.GUIDE_READ, actor.agency_id if of_agency else brand_id)
    wanted = _rows().where(SavedReply.archived_at.is_not(None) if archived else SavedReply.archived_at.is_(None))
    if of_agency or brand_id is not None:
        wanted = wanted.where(SavedReply.brand_id == (actor.agency_id if of_agency else brand_id))
    if q.strip() and "\x00" not in q:
        looked_for = q.strip()[:LONGEST_SEARCH]
        wanted = wanted.where(
            or_(
                SavedReply.title.icontains(looked_for, autoescape=True),
                cast(SavedReply.words, Text).icontains(looked_for, autoescape=True),
            )
        )
    if after is not None:
        last = aliased(SavedReply)
        title = select(last.title).where(last.id == after).scalar_subquery()
        wanted = wanted.where(tuple_(SavedReply.title, SavedReply.id) > tuple_(title, literal(after, Uuid())))
    rows = db.session.execute(wanted.order_by(SavedReply.title, SavedReply.id).limit(min(limit, MOST_AT_ONCE + 1)))
    return [_row(actor, row) for row in rows]


def saved_replies_by_id(actor: Actor, ids: Sequence[UUID]) -> dict[UUID, SavedReplyRow]:
    """Those of these ids that are offered and this person may see; one statement, none for none."""
    require(actor, Permission.GUIDE_READ)
    if not ids:
        return {}
    rows = db.session.execute(_rows().where(SavedReply.id.in_(ids), SavedReply.archived_at.is_(None)))
    return {row.id: row for row in (_row(actor, found) for found in rows)}


class Titled(NamedTuple):
    """A saved reply by its name alone."""

    id: UUID
    title: str
    is_of_agency: bool
    is_archived: bool


def titles_for(
    actor: Actor, brand_id: UUID, *, also: Sequence[UUID] = (), only: Sequence[UUID] | None = None
) -> list[Titled]:
    """Those a brand may use, its own and the agency's, by title: one statement, at most MOST_TITLES.

    `also` stand first, put away or not; with `only`, these and no others, put away or not.
    """
    require(actor, Permission.GUIDE_READ, brand_id)
    wanted = select(SavedReply.id, SavedReply.title, SavedReply.brand_id, SavedReply.archived_at).where(
        SavedReply.brand_id.in_([brand_id, actor.agency_id])
    )
    if only is None:
        wanted = wanted.where(or_(SavedReply.archived_at.is_(None), SavedReply.id.in_(also)))
    else:
        wanted = wanted.where(SavedReply.id.in_(only))
    order = (SavedReply.id.in_(also).desc(), SavedReply.title, SavedReply.id)
    rows = db.session.execute(wanted.order_by(*order).limit(MOST_TITLES))
    return [Titled(row[0], row[1], row[2] == actor.agency_id, row[3] is not None) for row in rows]


def versions_of(actor: Actor, saved_reply_id: UUID) -> Sequence[SavedReplyVersion]:
    """What it said before, newest first; at most a hundred. Raises NotFound, Forbidden."""
    get_saved_reply(actor, saved_reply_id)
    return db.session.scalars(
        select(SavedReplyVersion)
        .where(SavedReplyVersion.saved_reply_id == saved_reply_id)
        .order_by(SavedReplyVersion.number.desc())
        .limit(MOST_AT_ONCE)
    ).all()


def count_use(agency_id: UUID, brand_id: UUID, saved_reply_id: UUID, at: datetime) -> None:
    """One more reply of this brand that began from it was sent. Two at once are two."""
    row = insert(SavedReplyUse).values(
        agency_id=agency_id, id=new_id(), brand_id=brand_id, saved_reply_id=saved_reply_id, uses=1, last_used_at=at
    )
    db.session.execute(
        row.on_conflict_do_update(
            index_elements=["agency_id", "saved_reply_id", "brand_id"],
            set_={
                "uses": SavedReplyUse.uses + 1,
                "last_used_at": func.greatest(SavedReplyUse.last_used_at, row.excluded.last_used_at),
            },
        )
    )


def _rows() -> Any:
    used = SavedReplyUse.saved_reply_id == SavedReply.id
    return select(
        SavedReply,
        select(func.coalesce(func.sum(SavedReplyUse.uses), 0)).where(used).scalar_subquery(),
        select(func.max(SavedReplyUse.last_used_at)).where(used).scalar_subquery(),
    )


def _row(actor: Actor, found: Any) -> SavedReplyRow:
    saved, uses, last_used_at = found
    return SavedReplyRow(
        id=saved.id,
        brand_id=None if saved.brand_id == actor.agency_id else saved.brand_id,
        title=saved.title,
        texts=list(saved.texts),
        words=list(saved.words),
        review_by=saved.review_by,
        changed_at=saved.changed_at,
        changed_by_name=saved.changed_by_name,
        archived_at=saved.archived_at,
        version=saved.version,
        uses=int(uses),
        last_used_at=last_used_at,
    )


def _locked(actor: Actor, saved_reply_id: UUID) -> SavedReply:
    require(actor, Permission.SAVED_REPLY_WRITE)
    saved = db.session.execute(
        select(SavedReply)
        .where(SavedReply.id == saved_reply_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).scalar_one_or_none()
    if saved is None:
        raise NotFound()
    place_to_write(actor, Permission.SAVED_REPLY_WRITE, None if saved.brand_id == actor.agency_id else saved.brand_id)
    return saved


def _check_version(saved: SavedReply, version: Any) -> None:
    if isinstance(version, bool) or not isinstance(version, int):
        raise invalid({"version": [worded("must be the version you read")]})
    if version != saved.version:
        raise Conflict(
            "Somebody changed this saved reply since you opened it. Nothing of yours was saved. Read it again first.",
            code="saved_reply_changed",
            version=saved.version,
        )


def _changed(actor: Actor, saved: SavedReply, deed: str) -> None:
    saved.version += 1
    saved.changed_at = clock.now()
    saved.changed_by_name = actor.name
    db.session.flush()
    _note(actor, saved, deed)


def _note(actor: Actor, saved: SavedReply, deed: str) -> None:
    """Keep the version, tell the record, and let drafts of other brands be held against it."""
    db.session.add(
        SavedReplyVersion(
            agency_id=saved.agency_id,
            brand_id=saved.brand_id,
            saved_reply_id=saved.id,
            number=saved.version,
            deed=deed,
            title=saved.title,
            texts=saved.texts,
            words=saved.words,
            review_by=saved.review_by,
            made_by=actor.user_id,
            made_by_name=actor.name,
        )
    )
    db.session.flush()
    is_of_agency = saved.brand_id == actor.agency_id
    record(
        actor,
        f"saved_reply.{deed}",
        "saved_reply",
        saved.id,
        brand_id=None if is_of_agency else saved.brand_id,
        title=saved.title,
        version=saved.version,
    )
    if not is_of_agency:
        keys = set().union(*(fingerprint_keys(one["text"]) for one in saved.texts)) if not saved.archived_at else set()
        marks = [brand_marks.Mark("saved_reply", saved.title, key=key) for key in sorted(keys)]
        brand_marks.replace_marks(saved.brand_id, f"saved:{saved.id}", marks)
