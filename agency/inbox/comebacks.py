"""Cases that come back to a person at a time, with a reason and words to begin from. Nothing is ever sent by it.

How they come back then is `agency.inbox.comeback_waking`.

Putting a case off with a reason: an open case leaves the queue until then; one that is closed, because it was answered,
stays so until then. It ends where the customer writes first, or where a person opens the case again or calls it spam
(a trigger, `migrations/versions/0094`). Resolving a case does not end it: what was promised for Tuesday stays promised.
Flushes, never commits.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any, Final, NamedTuple
from uuid import UUID

from sqlalchemy import and_, delete, func, select, tuple_, update

from agency.inbox.comeback_models import Comeback
from agency.inbox.comeback_waking import change
from agency.inbox.contacts.reading import read_cursor
from agency.inbox.deeds import CASE, Case, Snooze, changes, held, merged, refuse_moment
from agency.inbox.models import Conversation
from agency.inbox.signs import COMES_BACK
from tenants import audit, clock
from tenants.database import db, new_id
from tenants.errors import Invalid, NotFound, worded
from tenants.models import Brand
from tenants.permissions import Actor, Permission, require

LONGEST_REASON: Final = 500
LONGEST_DRAFT: Final = 10_000
PAGE_ROWS: Final = 50
_QUIET: Final = {"synchronize_session": False}


def put(actor: Actor, conversation_id: UUID, comes_at: datetime, reason: str, draft: str = "") -> UUID:
    """Let the case come back to this person at that time, in the place of what was chosen before; returns its id.

    Raises Invalid (`errors`: until, reason, draft), Conflict `held` or `merged`, NotFound, Forbidden.
    """
    now = clock.now()
    case = _locked(conversation_id)
    require(actor, Permission.CONVERSATION_WORK, case.brand_id)
    refuse_moment(comes_at, now)
    why, words = _words(reason, "reason", LONGEST_REASON), _words(draft, "draft", LONGEST_DRAFT, may_be_empty=True)
    values: dict[str, Any] = {"looked_at": now}
    if case.status == "closed":
        _refuse_others(actor, case, now)
    else:
        values = changes(Snooze(comes_at), actor, case, now) or values
    db.session.execute(
        update(Comeback)
        .where(Comeback.conversation_id == conversation_id, Comeback.state == "waiting")
        .values(state="ended", ended_because="person", ended_at=now)
        .execution_options(**_QUIET)
    )
    made = Comeback(
        agency_id=actor.agency_id,
        id=new_id(),
        brand_id=case.brand_id,
        conversation_id=conversation_id,
        comes_at=comes_at,
        reason=why,
        draft=words,
        person_id=actor.user_id,
        person_name=actor.name,
    )
    db.session.add(made)
    db.session.flush()
    change(conversation_id, signs=Conversation.signs.op("|")(COMES_BACK), **values)
    audit.record(
        actor,
        "conversation.come_back",
        "conversation",
        conversation_id,
        brand_id=case.brand_id,
        until=comes_at.isoformat(),
        reason=why,
    )
    return made.id


def end(actor: Actor, conversation_id: UUID) -> None:
    """It comes back no more: what was put off stands in the queue again, what is closed stays closed. Harmless where
    nothing waits. Raises Conflict `held` or `merged`, NotFound, Forbidden.
    """
    now = clock.now()
    case = _locked(conversation_id)
    require(actor, Permission.CONVERSATION_WORK, case.brand_id)
    _refuse_others(actor, case, now)
    ended = db.session.execute(
        update(Comeback)
        .where(Comeback.conversation_id == conversation_id, Comeback.state == "waiting")
        .values(state="ended", ended_because="person", ended_at=now)
        .returning(Comeback.id)
        .execution_options(**_QUIET)
    ).first()
    if ended is None:
        return
    opened: dict[str, Any] = {}
    if case.status == "snoozed":
        opened = {"status": "open", "snoozed_until": None, "snoozed_by": None, "woke_at": None, "rerank_at": now}
    change(conversation_id, signs=Conversation.signs.op("&")(~COMES_BACK), **opened)
    audit.record(actor, "conversation.come_back_ended", "conversation", conversation_id, brand_id=case.brand_id)


def forget(contact_ids: Collection[UUID]) -> None:
    """What was noted for coming back to cases of these people: their colleagues' words about them go, and it ends."""
    cases = select(Conversation.id).where(Conversation.contact_id.in_(contact_ids))
    db.session.execute(delete(Comeback).where(Comeback.conversation_id.in_(cases)).execution_options(**_QUIET))
    db.session.execute(
        update(Conversation)
        .where(Conversation.contact_id.in_(contact_ids), Conversation.signs.op("&")(COMES_BACK) != 0)
        .values(signs=Conversation.signs.op("&")(~COMES_BACK))
        .execution_options(**_QUIET)
    )


class LaterRow(NamedTuple):
    """A case that comes back."""

    id: UUID
    comes_at: datetime
    reason: str
    has_draft: bool
    person_id: UUID
    person_name: str
    brand_id: UUID
    time_zone: str
    conversation_id: UUID
    platform: str
    kind: str
    status: str
    customer_name: str | None
    excerpt: str


class LaterPage(NamedTuple):
    """Rows and where the next page begins, None at the end."""

    rows: list[LaterRow]
    next_cursor: str | None


def list_later(
    actor: Actor, *, mine: bool = True, brand_id: UUID | None = None, after: str | None = None, limit: int = PAGE_ROWS
) -> LaterPage:
    """What comes back, the soonest first: to this person, or to anybody; of brands in use. Keyset pages, one statement.

    Raises NotFound, Forbidden, Invalid `bad_cursor`.
    """
    require(actor, Permission.CONVERSATION_WORK, brand_id)
    wanted = _later().where(Brand.archived_at.is_(None)).order_by(Comeback.comes_at, Comeback.id).limit(limit + 1)
    if mine:
        wanted = wanted.where(Comeback.person_id == actor.user_id)
    if brand_id is not None:
        wanted = wanted.where(Comeback.brand_id == brand_id)
    place = read_cursor(after, _bad_cursor)
    if place is not None:
        wanted = wanted.where(tuple_(Comeback.comes_at, Comeback.id) > place)
    rows = [LaterRow._make(row) for row in db.session.execute(wanted)]
    more, rows = len(rows) > limit, rows[:limit]
    return LaterPage(rows, f"{rows[-1].comes_at.isoformat()}_{rows[-1].id}" if more else None)


def get_later(actor: Actor, comeback_id: UUID) -> LaterRow:
    """One that waits. Raises NotFound, Forbidden."""
    row = db.session.execute(_later().where(Comeback.id == comeback_id)).one_or_none()
    if row is None:
        raise NotFound()
    found = LaterRow._make(row)
    require(actor, Permission.CONVERSATION_WORK, found.brand_id)
    return found


def _later() -> Any:
    return (
        select(
            Comeback.id,
            Comeback.comes_at,
            Comeback.reason,
            func.length(Comeback.draft) > 0,
            Comeback.person_id,
            Comeback.person_name,
            Comeback.brand_id,
            Brand.time_zone,
            Conversation.id,
            Conversation.platform,
            Conversation.kind,
            Conversation.status,
            Conversation.author_name,
            Conversation.excerpt,
        )
        .join(Conversation, _of_case())
        .join(Brand, and_(Brand.agency_id == Comeback.agency_id, Brand.id == Comeback.brand_id))
        .where(Comeback.state == "waiting")
    )


def _of_case() -> Any:
    return and_(
        Conversation.agency_id == Comeback.agency_id,
        Conversation.id == Comeback.conversation_id,
        Conversation.brand_id == Comeback.brand_id,
    )


def _bad_cursor() -> Invalid:
    return Invalid("This page's address is damaged. Start again from the first page.", code="bad_cursor")


def _locked(conversation_id: UUID) -> Case:
    row = db.session.execute(
        select(*CASE).where(Conversation.id == conversation_id).with_for_update(key_share=True)
    ).first()
    if row is None:
        raise NotFound()
    return Case(*row)


def _refuse_others(actor: Actor, case: Case, now: datetime) -> None:
    if case.merged_into_id is not None:
        raise merged(case)
    if case.is_held(now) and case.holder_id != actor.user_id and not actor.may(Permission.CONVERSATION_REASSIGN):
        raise held(case)


def _words(text: object, field: str, longest: int, *, may_be_empty: bool = False) -> str:
    if not isinstance(text, str) or "\x00" in text or any("\ud800" <= sign <= "\udfff" for sign in text):
        text = ""
    words = text.strip()
    if not words and not may_be_empty:
        raise Invalid(
            "Write why it comes back: then somebody knows what to do. Nothing was changed.",
            errors={field: [worded("is missing")]},
        )
    if len(words) > longest:
        raise Invalid(
            worded("This is longer than %(limit)s characters. Nothing was changed; shorten it.", limit=longest),
            errors={field: [worded("is too long")]},
        )
    return words
