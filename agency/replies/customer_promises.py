"""What our published answers promise customers with a date: noted when they are published, ended by the next answer or
by a person. Not the promises of the outbox (`agency.replies.promises`), which are work.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final, NamedTuple
from uuid import UUID

from sqlalchemy import and_, select

from agency.inbox.stored_rows import as_json
from agency.replies.customer_promise_models import CustomerPromise
from agency.replies.live_models import AWAY
from agency.replies.models import Reply, ReplyText
from agency.replies.published_words import PublishedWords, words_of
from styleguides.brand_promises import KeptHours, promised_in
from styleguides.promised_moments import PromisedMoment
from tenants import audit, clock
from tenants.database import db, new_id
from tenants.errors import Conflict, NotFound
from tenants.logs import get_logger
from tenants.permissions import Actor, Permission, require
from tenants.scope import raw_sql

PRESSES: Final = ("kept", "dropped", "reopened")
"""What a person may say of a promise: it was done elsewhere; it is none; it is not done yet."""


log = get_logger("customer_promises")


def note_promises(replies: Sequence[Reply], words: Mapping[UUID, PublishedWords] | None = None) -> None:
    """Note what these replies promise, in the transaction in which they are published; what earlier ones of their
    conversations promised ends: `kept` where ours was sent by then, else `late`. A holding reply ends none.

    One statement however many they are, none where their `words` were read already, and one more where something is
    promised or ends. A change of an answer ends nothing that other answers promised: what both wordings promise goes
    on as it was said first, the rest of the old one is dropped. A change costs three statements.
    """
    answers = [reply for reply in replies if reply.deed == "reply"]
    for reply in replies:
        if reply.deed != "reply":
            _change(reply)
    if not answers:
        return
    made, ends = [], []
    for said in said_by(answers, words):
        reply = said.reply
        if said.has_open and not reply.only_heard and reply.live_state not in AWAY:
            ends.append({"conversation_id": reply.conversation_id, "reply_id": reply.id, "said_at": said.at})
        made += [_row(said, one) for one in said.promised()]
    if made or ends:
        given = {"agency_id": answers[0].agency_id, "made": as_json(made), "ends": as_json(ends)}
        db.session.execute(_WRITE, given)


class Said(NamedTuple):
    """Words that stand published, with what is needed to read them."""

    reply: Reply
    at: datetime
    text_id: UUID
    text: str
    language: str
    zone: str
    hours: KeptHours
    has_open: bool

    def promised(self) -> list[PromisedMoment]:
        """What they promise; nothing where reading them fails: that they were published has to be written down."""
        try:
            return promised_in(self.text, self.at, self.language, self.zone, self.hours)
        except Exception:
            log.exception("promises_not_read", reply_id=str(self.reply.id))
            return []


def said_by(replies: Sequence[Reply], words: Mapping[UUID, PublishedWords] | None = None) -> list[Said]:
    """The words of these with what is needed to read them. One statement, none where `words` holds them."""
    found = words_of([reply.id for reply in replies]) if words is None else words
    said = []
    for reply in sorted(replies, key=lambda one: one.id):
        one = found[reply.id]
        at = reply.published_at or clock.now()
        said.append(Said(reply, at, one.text_id, one.text, one.language, one.zone, one.hours, one.has_open))
    return said


def _row(said: Said, one: PromisedMoment) -> dict[str, Any]:
    reply = said.reply
    return {
        "id": new_id(),
        "brand_id": reply.brand_id,
        "conversation_id": reply.conversation_id,
        "reply_id": reply.id,
        "reply_text_id": said.text_id,
        "starts": one.start,
        "ends": one.end,
        "made_at": said.at,
        "due_at": one.due_at,
        "ended": "lapsed" if reply.live_state in AWAY else None,  # taken, and refused by moderation in the same breath
        "ended_at": said.at if reply.live_state in AWAY else None,
        "ended_by_reply_id": reply.id if reply.live_state in AWAY else None,
    }


# Both parts see what stood before: what is put in here is not ended here.
_WRITE = raw_sql(
    """
    with ended as (
        update customer_promise p set ended = case when given.said_at <= p.due_at then 'kept' else 'late' end,
            ended_at = given.said_at, ended_by_reply_id = given.reply_id
        from jsonb_to_recordset(cast(:ends as jsonb)) as given(conversation_id uuid, reply_id uuid,
            said_at timestamptz)
        where p.agency_id = :agency_id and p.conversation_id = given.conversation_id and p.ended is null
          and p.made_at < given.said_at
    )
    insert into customer_promise (agency_id, id, brand_id, conversation_id, reply_id, reply_text_id, starts, ends,
        made_at, due_at, ended, ended_at, ended_by_reply_id)
    select :agency_id, id, brand_id, conversation_id, reply_id, reply_text_id, starts, ends, made_at, due_at, ended,
        ended_at, ended_by_reply_id
    from jsonb_to_recordset(cast(:made as jsonb)) as given(id uuid, brand_id uuid, conversation_id uuid,
        reply_id uuid, reply_text_id uuid, starts int, ends int, made_at timestamptz, due_at timestamptz, ended text,
        ended_at timestamptz, ended_by_reply_id uuid)
    """,
    reason="what a batch promises and what it keeps, in one statement",
)


def _change(reply: Reply) -> None:
    """Our answer says something else now, or nothing."""
    standing = db.session.execute(
        select(CustomerPromise, ReplyText.text)
        .join(
            ReplyText,
            and_(ReplyText.agency_id == CustomerPromise.agency_id, ReplyText.id == CustomerPromise.reply_text_id),
        )
        .where(
            CustomerPromise.conversation_id == reply.conversation_id,
            CustomerPromise.reply_id == reply.changes_reply_id,
        )
        .order_by(CustomerPromise.id)
        .with_for_update(of=CustomerPromise)
    ).all()
    at = reply.published_at or clock.now()
    earlier = {_phrase(text, row.starts, row.ends): row for row, text in standing}
    goes_on = set[UUID]()
    for said in said_by([reply]) if reply.deed == "edit" else ():
        for one in said.promised():
            same = earlier.get(_phrase(said.text, one.start, one.end))
            if same is None or same.ended == "lapsed":  # first read with these words
                db.session.add(CustomerPromise(agency_id=reply.agency_id, **_row(said, one)))
                continue
            goes_on.add(same.id)
            same.reply_id, same.reply_text_id = reply.id, said.text_id
            same.starts, same.ends = one.start, one.end
    for row, _text in standing:
        if row.ended is None and row.id not in goes_on:
            row.ended, row.ended_at, row.ended_by_reply_id = "dropped", at, reply.id
    db.session.flush()


def _phrase(text: str, starts: int, ends: int) -> str:
    return " ".join(text[starts:ends].casefold().split())


def press(actor: Actor, conversation_id: UUID, promise_id: UUID, deed: str) -> CustomerPromise:
    """Say that a promise was kept elsewhere, is none, or is not kept yet; the same again changes nothing.

    Raises NotFound, Forbidden, Conflict `promise_ended` for one that ended otherwise meanwhile.
    """
    promise = db.session.execute(
        select(CustomerPromise)
        .where(CustomerPromise.id == promise_id, CustomerPromise.conversation_id == conversation_id)
        .with_for_update()
    ).scalar_one_or_none()
    if promise is None or deed not in PRESSES:
        raise NotFound()
    require(actor, Permission.REPLY_WRITE, promise.brand_id)
    wanted = None if deed == "reopened" else deed
    before = promise.ended
    if before == wanted:
        return promise
    if before is not None and wanted is not None:
        raise Conflict(
            "This promise has ended meanwhile. Nothing was changed. Open it again first if that is wrong.",
            code="promise_ended",
        )
    promise.ended = wanted
    promise.ended_at = clock.now() if wanted else None
    promise.ended_by = actor.user_id if wanted else None
    promise.ended_by_name = actor.name if wanted else None
    promise.ended_by_reply_id = None
    db.session.flush()
    audit.record(
        actor,
        f"promise.{deed}",
        "reply",
        promise.reply_id,
        brand_id=promise.brand_id,
        promise=str(promise.id),
        due_at=promise.due_at.isoformat(),
        was=before,
    )
    return promise
