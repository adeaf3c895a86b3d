"""A lead judges a sent reply on three questions: is it friendly, does it solve what was asked, is it personal.

The questions are those of mozilla/m-response (`mresponse/moderations/models.py`, class Moderation, commit
1b766d27c734d9dbda1b10f18449191d4ff66059): "is the response positive in tone?", "is the response addressing the
issue?", "is the response personal?". There each is yes or no, because three people judge and are counted (tone must be
unanimous, two of three for the issue, one of three for personal). Here one lead mostly judges alone, so each has a
middle: yes, partly, no. No sum and no mark is made of them.

A judgement may be changed by whoever gave it, with the earlier ones kept: it is about a person's work and read by that
person, so a slip must be put right, and seen to be. Flushes, never commits.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any, Final, NamedTuple
from uuid import UUID

from sqlalchemy import and_, select
from sqlalchemy.dialects.postgresql import insert

from agency.inbox.models import Contact, Conversation, Message
from agency.replies.models import Reply, ReplyText
from agency.training.models import Judgement
from agency.training.quality_sample import is_drawn, monday_of
from styleguides.masking import masked
from tenants import clock
from tenants.audit import record
from tenants.database import db, new_id
from tenants.errors import Conflict, Invalid, NotFound, worded
from tenants.permissions import Actor, Permission, require

QUESTIONS: Final = ("friendly", "solves", "personal")
ANSWERS: Final = ("yes", "partly", "no")
LONGEST_NOTE: Final = 2_000
MOST_CHANGES: Final = 20
PAGE_ROWS: Final = 50


class JudgedReply(NamedTuple):
    """A sent reply as the sheet shows it; the customer's words and name are as stored, not masked."""

    id: UUID
    brand_id: UUID
    conversation_id: UUID
    platform: str
    kind: str
    private: bool
    published_at: datetime
    went_out: datetime
    author_id: UUID
    author_name: str
    text: str
    guide_version: int | None
    findings: list[dict[str, Any]]
    let_go_rules: list[str] | None
    let_go_reason: str | None
    let_go_by_name: str | None
    message_id: UUID
    contact_id: UUID | None
    customer_name: str | None
    customer_text: str
    customer_language: str | None
    wrote_at: datetime
    edited_at: datetime | None
    is_deleted: bool
    stars: int | None


class Sheet(NamedTuple):
    """One reply, its judgements and what came after.

    `mine` is the reader's own judgement; `others` are those of other leads, which stay closed to a reader who is yet to
    judge. `wrote_again` is when the customer next wrote, and what.
    """

    reply: JudgedReply
    mine: Judgement | None
    others: Sequence[Judgement]
    may_judge: bool
    wrote_again: tuple[datetime, str] | None

    @property
    def week(self) -> date:
        """The week it went out in, by its Monday."""
        return monday_of(self.reply.went_out)


def sheet_of(actor: Actor, reply_id: UUID) -> Sheet:
    """A reply of this lead's sample, or one that somebody judged already. Five statements at most.

    Raises NotFound, for any other reply too, and Forbidden.
    """
    require(actor, Permission.QUALITY_JUDGE)
    reply = _reply(actor, reply_id)
    held = db.session.scalars(
        select(Judgement)
        .where(Judgement.reply_id == reply_id, Judgement.brand_id == reply.brand_id)
        .order_by(Judgement.id)
        .execution_options(populate_existing=True)
    ).all()
    mine = next((one for one in held if one.judge_id == actor.user_id), None)
    is_open = mine is None and is_drawn(actor, reply_id, reply.author_id, reply.went_out)
    if not held and not is_open:
        raise NotFound()
    return Sheet(
        reply=reply,
        mine=mine,
        others=[] if is_open else [one for one in held if one is not mine],
        may_judge=is_open or (mine is not None and mine.erased_at is None),
        wrote_again=_wrote_again(reply),
    )


def judge(actor: Actor, reply_id: UUID, given: Mapping[str, Any]) -> Judgement:
    """Give or change this lead's judgement: `friendly`, `solves`, `personal`, `note`, and the `version` that was read,
    0 for a first one. The same again changes nothing.

    Raises Invalid with `errors` by field, NotFound, Forbidden, and Conflict: `judgement_changed` (the same lead was
    faster elsewhere), `not_in_sample`, `judgement_fixed` (the customer was erased, or it was changed too often).
    """
    require(actor, Permission.QUALITY_JUDGE)
    reply = _reply(actor, reply_id)
    if actor.user_id == reply.author_id:
        raise _not_in_sample()
    values = _values(given)
    if reply.contact_id is not None:  # erasing this person waits for us, and then finds this note
        db.session.execute(select(Contact.id).where(Contact.id == reply.contact_id).with_for_update(read=True))
    held = _held(actor, reply_id)
    if held is not None:
        return _change(actor, held, values, given.get("version"))
    if given.get("version") != 0:
        raise _changed(0)
    if not is_drawn(actor, reply_id, reply.author_id, reply.went_out):
        raise _not_in_sample()
    made = db.session.execute(
        insert(Judgement)
        .values(
            agency_id=actor.agency_id,
            id=new_id(),
            brand_id=reply.brand_id,
            reply_id=reply_id,
            contact_id=reply.contact_id,
            author_id=reply.author_id,
            author_name=reply.author_name,
            judge_id=actor.user_id,
            judge_name=actor.name,
            week=monday_of(reply.went_out),
            version=1,
            judged_at=clock.now(),
            **values,
        )
        .on_conflict_do_nothing()
        .returning(Judgement)
    ).scalar_one_or_none()
    if made is None:  # two clicks in one moment
        held = _held(actor, reply_id)
        assert held is not None
        return _change(actor, held, values, 0)
    record(actor, "quality.judged", "reply", reply_id, brand_id=reply.brand_id)
    return made


class OwnJudgement(NamedTuple):
    """A judgement as its author reads it, with both sides' words; the customer's are not masked yet."""

    judgement: Judgement
    platform: str
    kind: str
    private: bool
    published_at: datetime
    customer_name: str | None
    customer_text: str
    customer_language: str | None
    is_deleted: bool
    text: str


def judgements_of_mine(actor: Actor, after: UUID | None = None, limit: int = PAGE_ROWS) -> list[OwnJudgement]:
    """What leads found of this person's replies, newest first; one statement. `after` is the last one seen."""
    require(actor, Permission.QUALITY_READ_OWN)
    wanted = (
        select(
            Judgement,
            Reply.platform,
            Reply.kind,
            Reply.private,
            Reply.published_at,
            Message.author_name,
            Message.text,
            Message.language,
            Message.deleted_at.is_not(None),
            ReplyText.text,
        )
        .join(Reply, and_(Reply.agency_id == Judgement.agency_id, Reply.id == Judgement.reply_id))
        .join(ReplyText, and_(ReplyText.agency_id == Reply.agency_id, ReplyText.id == Reply.text_id))
        .join(Message, and_(Message.agency_id == Reply.agency_id, Message.id == Reply.in_reply_to_id))
        .where(Judgement.author_id == actor.user_id)
        .order_by(Judgement.id.desc())
        .limit(limit)
    )
    if after is not None:
        wanted = wanted.where(Judgement.id < after)
    return [OwnJudgement._make(row) for row in db.session.execute(wanted)]


def _reply(actor: Actor, reply_id: UUID) -> JudgedReply:
    row = db.session.execute(
        select(
            Reply.id,
            Reply.brand_id,
            Reply.conversation_id,
            Reply.platform,
            Reply.kind,
            Reply.private,
            Reply.published_at,
            Reply.state_since,
            ReplyText.author_id,
            ReplyText.author_name,
            ReplyText.text,
            ReplyText.guide_version,
            ReplyText.findings,
            ReplyText.let_go_rules,
            ReplyText.let_go_reason,
            ReplyText.let_go_by_name,
            Message.id,
            Message.contact_id,
            Message.author_name,
            Message.text,
            Message.language,
            Message.written_at,
            Message.edited_at,
            Message.deleted_at.is_not(None),
            Conversation.stars,
        )
        .join(ReplyText, and_(ReplyText.agency_id == Reply.agency_id, ReplyText.id == Reply.text_id))
        .join(Message, and_(Message.agency_id == Reply.agency_id, Message.id == Reply.in_reply_to_id))
        .join(Conversation, and_(Conversation.agency_id == Reply.agency_id, Conversation.id == Reply.conversation_id))
        .where(Reply.id == reply_id, Reply.published_at.is_not(None))
    ).first()
    if row is None:
        raise NotFound()
    reply = JudgedReply._make(row)
    require(actor, Permission.QUALITY_JUDGE, reply.brand_id)
    return reply


def _wrote_again(reply: JudgedReply) -> tuple[datetime, str] | None:
    if reply.contact_id is None or reply.published_at is None or reply.is_deleted:
        return None
    row = db.session.execute(
        select(Message.written_at, Message.text)
        .where(
            Message.conversation_id == reply.conversation_id,
            Message.written_at > reply.published_at,
            Message.contact_id == reply.contact_id,
            Message.direction == "in",
            Message.deleted_at.is_(None),
        )
        .order_by(Message.written_at, Message.id)
        .limit(1)
    ).first()
    return (row.written_at, row.text) if row is not None else None


def _held(actor: Actor, reply_id: UUID) -> Judgement | None:
    """This lead's own judgement, kept from others until this transaction ends."""
    return db.session.execute(
        select(Judgement)
        .where(Judgement.reply_id == reply_id, Judgement.judge_id == actor.user_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).scalar_one_or_none()


def _change(actor: Actor, held: Judgement, values: dict[str, str], version: Any) -> Judgement:
    now = {name: getattr(held, name) for name in (*QUESTIONS, "note")}
    if now == values:
        return held  # a second click
    if isinstance(version, bool) or version != held.version:
        raise _changed(held.version)
    if held.erased_at is not None:
        raise Conflict(
            worded(
                "The customer had us delete what they wrote, so this judgement stays as it is. Nothing was changed. "
                "Go on with the next reply."
            ),
            code="judgement_fixed",
        )
    if len(held.earlier) >= MOST_CHANGES:
        raise Conflict(
            worded(
                "This judgement was changed %(limit)s times, which is as often as it can be. Nothing was changed. "
                "Talk to the author about the rest.",
                limit=MOST_CHANGES,
            ),
            code="judgement_fixed",
        )
    held.earlier = [*held.earlier, {**now, "at": held.judged_at.isoformat()}]
    for name, value in values.items():
        setattr(held, name, value)
    held.version += 1
    held.judged_at = clock.now()
    held.judge_name = actor.name
    db.session.flush()
    record(actor, "quality.judgement_changed", "reply", held.reply_id, brand_id=held.brand_id, version=held.version)
    return held


def _values(given: Mapping[str, Any]) -> dict[str, str]:
    errors: dict[str, list[str]] = {}
    values: dict[str, str] = {}
    for question in QUESTIONS:
        answer = given.get(question)
        if answer not in ANSWERS:
            errors[question] = [worded("must be yes, partly or no")]
        else:
            values[question] = answer
    note = given.get("note") or ""
    if not isinstance(note, str) or "\x00" in note:
        errors["note"] = [worded("must be words")]
    elif len(note := note.replace("\r\n", "\n").strip()) > LONGEST_NOTE:
        errors["note"] = [worded("is longer than %(limit)s characters", limit=LONGEST_NOTE)]
    else:
        values["note"] = masked(note)
    if errors:
        sentence = worded("The judgement is not complete. Nothing was saved. Answer all three questions.")
        raise Invalid(sentence, code="invalid_judgement", errors=errors)
    return values


def _changed(version: int) -> Conflict:
    return Conflict(
        worded(
            "You judged this reply elsewhere in the meantime. Nothing of this was saved. "
            "Look at what you said there and change it if you still want to."
        ),
        code="judgement_changed",
        version=version,
    )


def _not_in_sample() -> Conflict:
    return Conflict(
        worded(
            "This reply is not in your sample: lots are drawn for each week, so that nobody chooses. "
            "Nothing was saved. Go on with the next reply of the sample."
        ),
        code="not_in_sample",
    )
