"""What people do with a conversation: take it, give it back, put it off, close it, note something beside it.

A claim is one conditional UPDATE, so of two people who reach for the same case at once the database picks one; the
other is told who. A claim nobody works on runs out after CLAIM_MINUTES by the product's clock.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, func, or_, select, update

from agency.inbox.colleagues import name_of_colleague
from agency.inbox.deeds import (
    CASE,
    CLAIM_MINUTES,
    Case,
    Deed,
    Release,
    Reopen,
    Resolve,
    Snooze,
    changes,
    held,
    merged,
    refuse_moment,
)
from agency.inbox.filters import FREE, NONE, REPLY_STATES, QueueFilter
from agency.inbox.models import Conversation, Note
from agency.inbox.queries import list_conversations
from agency.inbox.signs import KEPT
from agency.inbox.team import team_at
from agency.inbox.triage.keeping import any_kept, kept_for, may_be_offered
from agency.notices.telling import Thing, colleagues, tell
from tenants import audit, clock
from tenants.database import db, new_id
from tenants.errors import Conflict, Invalid, NotFound, worded
from tenants.permissions import Actor, Permission, require

LONGEST_NOTE = 10_000
LONGEST_REASON = 2_000
NEXT_FROM = 20
"""So many free cases are looked at together for the next one: as many as people who press at the same moment."""
_HELD_BEFORE = func.coalesce(Conversation.holder_id, Conversation.held_before_id)
"""In an UPDATE: whoever had it until now, or, where nobody had, whoever lost it before."""


def case_of(conversation_id: UUID, *, lock: bool = False) -> Case:
    """Who has this case. Raises NotFound."""
    wanted = select(*CASE).where(Conversation.id == conversation_id)
    row = db.session.execute(wanted.with_for_update(key_share=True) if lock else wanted).first()
    if row is None:
        raise NotFound()
    return Case(*row)


def _change(*where: ColumnElement[bool], **values: Any) -> Case | None:
    """Change one conversation if it is as `where` says; what it is afterwards, None when it was not so."""
    row = db.session.execute(
        update(Conversation)
        .where(*where)
        .values(version=Conversation.version + 1, **values)
        .returning(*CASE)
        .execution_options(synchronize_session=False)
    ).first()
    for loaded in db.session.identity_map.values():
        if isinstance(loaded, Conversation):
            db.session.expire(loaded)
    return Case(*row) if row is not None else None


def _hold(actor: Actor, now: datetime) -> dict[str, Any]:
    return {
        "holder_id": actor.user_id,
        "holder_name": actor.name,
        "held_until": now + timedelta(minutes=CLAIM_MINUTES),
        "looked_at": now,
    }


def _free(now: datetime) -> ColumnElement[bool]:
    return or_(Conversation.holder_id.is_(None), Conversation.held_until < now)


def claim(actor: Actor, conversation_id: UUID) -> Case:
    """Take a case, or go on holding it: one conditional UPDATE.

    Every deed of the holder renews the claim. Raises Conflict `held` with `holder_name`, `holder_id` and `held_since`
    when somebody else has it, NotFound, Forbidden.
    """
    before = case_of(conversation_id)
    require(actor, Permission.CONVERSATION_WORK, before.brand_id)
    if before.merged_into_id is not None:  # who answers there holds all that is told together
        return claim(actor, before.merged_into_id)
    now = clock.now()
    if before.holder_id == actor.user_id:
        until = before.held_until
        if until is not None and until - now > timedelta(minutes=CLAIM_MINUTES - 1):
            return before
        renewed = _change(
            Conversation.id == conversation_id, Conversation.holder_id == actor.user_id, **_hold(actor, now)
        )
        if renewed is not None:
            return renewed
    elif before.is_held(now):  # one look is enough to say who was first
        raise held(before)
    taken = _change(
        Conversation.id == conversation_id,
        _free(now),
        held_since=now,
        held_before_id=_HELD_BEFORE,
        hold_reason=None,
        **_hold(actor, now),
    )
    if taken is None:
        now_held = case_of(conversation_id)
        if now_held.holder_id == actor.user_id:  # this very person, a moment ago, by another click
            return now_held
        raise held(now_held)
    audit.record(actor, "conversation.claim", "conversation", conversation_id, brand_id=taken.brand_id)
    return taken


def hold(actor: Actor, conversation_id: UUID, *, takes: bool = True) -> None:
    """For words that arrive: as `claim`, but where not `takes` a case that nobody has stays so. Raises as `claim`."""
    case = case_of(conversation_id)
    if case.merged_into_id is not None:
        # Both change with these words: held in the order in which whoever takes them apart holds them.
        both = (conversation_id, case.merged_into_id)
        held_here = select(Conversation.id).where(Conversation.id.in_(both)).order_by(Conversation.id)
        db.session.execute(held_here.with_for_update(key_share=True))
        return hold(actor, case.merged_into_id, takes=takes)
    if takes or case.is_held(clock.now()):
        claim(actor, conversation_id)
    else:
        require(actor, Permission.CONVERSATION_WORK, case.brand_id)


def release(actor: Actor, conversation_id: UUID) -> None:
    """Give a case back to the queue. Harmless when nobody holds it; Conflict `held` when somebody else does."""
    _alone(actor, conversation_id, Release())


def take_over(actor: Actor, conversation_id: UUID, reason: str) -> Case:
    """Take a case from its holder, with a reason that both the holder and the record see: a lead at any time, a
    colleague once its holder has done nothing for IDLE_MINUTES.

    Raises Conflict `held` with `free_from` before that, Invalid without a reason, NotFound, Forbidden.
    """
    case = case_of(conversation_id, lock=True)
    require(actor, Permission.CONVERSATION_WORK, case.brand_id)
    if case.merged_into_id is not None:
        raise merged(case)
    why = _words(reason, "reason", LONGEST_REASON)
    now = clock.now()
    others = case.is_held(now) and case.holder_id != actor.user_id
    if others and not actor.may(Permission.CONVERSATION_REASSIGN) and (case.free_from is None or now < case.free_from):
        raise held(case)
    taken = _change(
        Conversation.id == conversation_id,
        held_since=now,
        held_before_id=case.holder_id if others else None,
        hold_reason=why,
        **_hold(actor, now),
    )
    assert taken is not None
    audit.record(
        actor,
        "conversation.take_over",
        "conversation",
        conversation_id,
        brand_id=case.brand_id,
        reason=why,
        from_person=str(case.holder_id) if case.holder_id else None,
    )
    if others:
        tell(
            "case_taken",
            colleagues([case.holder_id], case.brand_id),
            brand_id=case.brand_id,
            subject=Thing("conversation", conversation_id, f"/inbox/{conversation_id}"),
            values={"by_name": actor.name},
        )
    return taken


def assign(actor: Actor, conversation_id: UUID, person_id: UUID, *, seen_holder_id: UUID | None = None) -> Case:
    """A lead gives an open case to somebody who may work on its brand.

    `seen_holder_id` is who had it when the lead chose, None for nobody. Raises Conflict `held` when somebody else took
    it meanwhile, Conflict `not_open`, Invalid `not_a_colleague`, NotFound, Forbidden.
    """
    case = case_of(conversation_id, lock=True)
    require(actor, Permission.CONVERSATION_REASSIGN, case.brand_id)
    now = clock.now()
    if case.status != "open":
        raise Conflict(
            "This case is closed or put off, so nobody can be given it. Nothing was changed. Open it again first.",
            code="not_open",
        )
    if case.is_held(now) and case.holder_id not in (seen_holder_id, person_id):
        raise Conflict(
            worded(
                "%(name)s has taken this case meanwhile. Nothing was changed. "
                "Look at it again before you hand it over.",
                name=case.holder_name or worded("Somebody else"),
            ),
            code="held",
            holder_id=str(case.holder_id),
            holder_name=case.holder_name,
        )
    person_name = name_of_colleague(actor.agency_id, case.brand_id, person_id)
    given = _change(
        Conversation.id == conversation_id,
        holder_id=person_id,
        holder_name=person_name,
        held_since=now,
        held_until=now + timedelta(minutes=CLAIM_MINUTES),
        held_before_id=case.holder_id if case.holder_id != person_id else None,
        hold_reason=None,
    )
    assert given is not None
    audit.record(
        actor,
        "conversation.assign",
        "conversation",
        conversation_id,
        brand_id=case.brand_id,
        to_person=str(person_id),
        from_person=str(case.holder_id) if case.holder_id else None,
    )
    return given


def close(actor: Actor, conversation_id: UUID) -> None:
    """Resolve a case; nobody holds it any more. A lead may also while somebody does. Harmless when it is closed."""
    _alone(actor, conversation_id, Resolve())


def reopen(actor: Actor, conversation_id: UUID) -> None:
    """Put a closed or snoozed case back into the queue. Harmless when it is open."""
    _alone(actor, conversation_id, Reopen())


def snooze(actor: Actor, conversation_id: UUID, until: datetime) -> None:
    """Take an open case out of the queue until a moment, or until the customer writes again; a lead also
    while somebody holds it.

    Raises Invalid for a moment that is not ahead, or too far ahead.
    """
    refuse_moment(until, clock.now())
    _alone(actor, conversation_id, Snooze(until))


def _alone(actor: Actor, conversation_id: UUID, deed: Deed) -> None:
    """Do it to one case; `agency.inbox.bulk` does it to many, and to one where it shall be undone."""
    case = case_of(conversation_id, lock=True)
    values = changes(deed, actor, case, clock.now())
    if values is not None:
        _change(Conversation.id == conversation_id, **values)
        audit.record(actor, deed.action, "conversation", conversation_id, brand_id=case.brand_id, **deed.facts())


def add_note(actor: Actor, conversation_id: UUID, text: str) -> UUID:
    """Write a note for colleagues; it never leaves the house. Needs no claim. Returns its id."""
    require(actor, Permission.NOTE_WRITE, case_of(conversation_id).brand_id)
    return take_note(actor, conversation_id, text)


def take_note(actor: Actor, conversation_id: UUID, text: str) -> UUID:
    """Keep as a note what somebody said by mail, who may write none themselves. Returns its id."""
    case = case_of(conversation_id)
    note = Note(
        agency_id=actor.agency_id,
        id=new_id(),
        brand_id=case.brand_id,
        conversation_id=conversation_id,
        author_id=actor.user_id,
        author_name=actor.name,
        text=_words(text, "text", LONGEST_NOTE),
    )
    db.session.add(note)
    db.session.flush()
    _change(Conversation.id == conversation_id)
    audit.record(actor, "conversation.note", "conversation", conversation_id, brand_id=case.brand_id)
    return note.id


def claim_next(actor: Actor, filters: QueueFilter | None = None) -> UUID | None:
    """Take the top free case of the queue; None when there is none.

    Several people asking at once each get a different case: rows somebody is just taking are skipped, not waited for.
    The list is read as a page reads it, a part at a time, until one can be had. What a rule of the desk keeps for this
    person comes first; what it keeps for somebody else comes when its time is over, or when nothing else is left.
    To whom languages are written, what they read comes before what they do not.
    """
    require(actor, Permission.CONVERSATION_WORK)
    now = clock.now()
    wanted = filters or QueueFilter()
    can_be_done = tuple(one for one in REPLY_STATES if one not in WAITING_ON_OTHERS)
    if wanted.reply_state is not None:
        asked = (wanted.reply_state,) if isinstance(wanted.reply_state, str) else wanted.reply_state
        can_be_done = tuple(one for one in can_be_done if one in asked)
    if not can_be_done:
        return None
    wanted = wanted._replace(status="open", holder=FREE, reply_state=can_be_done)
    if kept_for(actor.user_id) and not wanted.kept_for_me:
        mine = _next_of(actor, wanted._replace(kept_for_me=True), now, others_too=True)
        if mine is not None:
            return mine
    reads = team_at(now, [actor.user_id]).of(actor.user_id).languages if wanted.language is None else ()
    if reads:
        read = _next_of(actor, wanted._replace(language=(*reads, NONE)), now, others_too=False)
        if read is not None:
            return read
    found = _next_of(actor, wanted, now, others_too=False)
    return found if found is not None or not any_kept() else _next_of(actor, wanted, now, others_too=True)


def _next_of(actor: Actor, wanted: QueueFilter, now: datetime, *, others_too: bool) -> UUID | None:
    after = None
    while True:
        page = list_conversations(wanted, after, NEXT_FROM, me=actor.user_id, with_accounts=False)
        ids = [row.id for row in page.rows if others_too or not row.signs & KEPT]
        kept = [row.id for row in page.rows if row.signs & KEPT] if not others_too else []
        if kept:
            ids += may_be_offered(kept, actor.user_id, now)
        found = _lock_first(ids, is_late=wanted.late, now=now) if ids else None
        if found is not None:
            return claim(actor, found).id
        after = page.next_cursor
        if after is None:
            return None


def _lock_first(ids: Sequence[UUID], *, is_late: bool, now: datetime) -> UUID | None:
    """The first of these, in the order of their list, that is still free and nobody is just taking."""
    order = (Conversation.due_at, Conversation.id) if is_late else (Conversation.rank.desc(), Conversation.id.desc())
    return db.session.scalars(
        select(Conversation.id)
        .where(Conversation.id.in_(ids), Conversation.status == "open", _free(now))
        .where(or_(Conversation.reply_state.is_(None), Conversation.reply_state.not_in(WAITING_ON_OTHERS)))
        .order_by(*order)
        .limit(1)
        .with_for_update(skip_locked=True, key_share=True)
    ).first()


def taken_meanwhile(actor: Actor, conversation_id: UUID) -> Case | None:
    """Somebody else's case by now, for whoever saw it free a moment ago; None where it is not, or is none of theirs."""
    row = db.session.execute(select(*CASE).where(Conversation.id == conversation_id)).first()
    case = Case(*row) if row is not None else None
    return case if case is not None and case.is_held(clock.now()) and case.holder_id != actor.user_id else None


WAITING_ON_OTHERS = ("awaiting_approval", "approved", "publishing", "outcome_unknown")
"""Nobody of ours can do anything for these now."""


def _words(text: object, field: str, longest: int) -> str:
    if not isinstance(text, str) or not text.strip() or "\x00" in text or any("\ud800" <= c <= "\udfff" for c in text):
        raise Invalid("Write a few words first. Nothing was changed.", errors={field: [worded("is missing")]})
    if len(text) > longest:
        raise Invalid(
            worded("This is longer than %(limit)s characters. Nothing was changed; shorten it.", limit=longest),
            errors={field: [worded("is too long")]},
        )
    return text.strip()
