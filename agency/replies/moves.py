"""How a reply moves: the row locked, the table asked, the queue row and the record told. Nothing else sets a state."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import Any, Final, NamedTuple
from uuid import UUID

from sqlalchemy import Uuid, any_, case, literal, or_, select, update
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import aliased
from sqlalchemy.orm.attributes import set_committed_value

from agency.inbox.merged import told_with
from agency.inbox.merging import BUSY
from agency.inbox.models import Conversation, QueueCounter
from agency.inbox.stored_rows import as_json
from agency.replies.answered_words import keep_question, keep_words
from agency.replies.approval_requests import end_of_replies, end_of_reply
from agency.replies.around import Around
from agency.replies.customer_promises import note_promises
from agency.replies.joins import CASE_OF_REPLY, id_list, one_of, one_of_given
from agency.replies.lifecycle import KEEPS_ASKING, LIFECYCLE
from agency.replies.models import LETS_ON, LETS_OUT, Approval, ApprovalRequest, Reply, ReplyText
from agency.replies.published_words import PublishedWords
from agency.replies.telling import known_now, tell_of_many_moves, tell_of_move
from agency.replies.wordings import remember_many, remember_sent
from tenants import audit, clock
from tenants.database import db
from tenants.errors import NotFound
from tenants.kept_select import KeptSelect
from tenants.permissions import Actor
from tenants.scope import raw_sql

_PART, _SAID = aliased(Conversation), aliased(Reply)
_HAS_PARTS = (
    select(_PART.id)
    .where(_PART.agency_id == Conversation.agency_id, _PART.merged_into_id == Conversation.id)
    .correlate(Conversation)
    .exists()
)
_OF_ALL_PARTS: Any = (
    select(_SAID.state)
    .join(_PART, (_PART.agency_id == _SAID.agency_id) & (_PART.id == _SAID.conversation_id))
    .where(
        _PART.agency_id == Conversation.agency_id,
        or_(_PART.id == Conversation.id, _PART.merged_into_id == Conversation.id),
        _SAID.state != "dropped",
    )
    .order_by(_SAID.state.in_(BUSY).desc(), _SAID.state_since.desc(), _SAID.id.desc())
    .limit(1)
    .correlate(Conversation)
    .scalar_subquery()
)
"""In an UPDATE of conversations, as `agency.inbox.merging` works it out where cases are told together."""


def locked(reply_id: UUID) -> Reply:
    """The reply, its row held until the transaction ends, and its conversation's before it, with the one that is told
    within, in the order of their ids. Raises NotFound.

    The conversation first, as for intake and people at work: nobody ever waits in a circle, and what two replies to one
    conversation may not do together is asked and done by one of them at a time.
    """
    of_reply = select(Reply.conversation_id).where(Reply.id == reply_id).scalar_subquery()
    held = select(Conversation.id).where(Conversation.id.in_(told_with(of_reply))).order_by(Conversation.id)
    db.session.execute(held.with_for_update(key_share=True))
    reply = db.session.execute(
        select(Reply).where(Reply.id == reply_id).with_for_update().execution_options(populate_existing=True)
    ).scalar_one_or_none()
    if reply is None:
        raise NotFound()
    return reply


def hold_many(reply_ids: Collection[UUID]) -> None:
    """Hold the same rows of many replies; those outside the scope are left out. Three statements.

    All conversations first, then all replies, each in the order of their ids: whoever moves one of them holds one
    conversation, or these in the same order, so here too nobody waits in a circle.
    """
    _HOLD_REPLIES.rows(_hold_cases_of(reply_ids))


def locked_many(reply_ids: Collection[UUID]) -> list[Reply]:
    """The same, with the replies as they are then, by id. Three statements."""
    _hold_cases_of(reply_ids)
    wanted = select(Reply).where(one_of(Reply.id, reply_ids)).order_by(Reply.id).with_for_update()
    return list(db.session.scalars(wanted.execution_options(populate_existing=True)))


def _hold_cases_of(reply_ids: Collection[UUID]) -> dict[str, str]:
    ids = {"reply_ids": id_list(reply_ids)}
    cases = {one for row in _CASES_OF_MANY.rows(ids) for one in row if one is not None}
    _HOLD_CASES.rows({"case_ids": id_list(cases)})
    return ids


_PLACES: Any = select(Conversation.id, Conversation.merged_into_id).join(Reply, CASE_OF_REPLY)
_CASES_OF_MANY: Final = KeptSelect(_PLACES.where(one_of_given(Reply.id, "reply_ids")))
_HOLD_CASES: Final = KeptSelect(
    select(Conversation.id)
    .where(one_of_given(Conversation.id, "case_ids"))
    .order_by(Conversation.id)
    .with_for_update(key_share=True)
)
_HOLD_REPLIES: Final = KeptSelect(
    select(Reply.id).where(one_of_given(Reply.id, "reply_ids")).order_by(Reply.id).with_for_update()
)
_HOLD_COUNTERS: Final = KeptSelect(
    select(QueueCounter.id)
    .where(one_of_given(QueueCounter.brand_id, "brand_ids"))
    .order_by(QueueCounter.brand_id)
    .with_for_update(key_share=True)
)


def _hold_counters(replies: Sequence[Reply]) -> None:
    """Of the brands of replies about to be moved, in the order of their ids, where a trigger would write signs of cases
    one after another and so hold counters in the order of replies. Nobody who moves others then waits in a circle.
    """
    brand_ids = {reply.brand_id for reply in replies}
    if len(brand_ids) > 1 and any(reply.not_before or (reply.waits_clock or {}).get("fell_at") for reply in replies):
        _HOLD_COUNTERS.rows({"brand_ids": id_list(brand_ids)})


def move(
    reply: Reply, name: str, target: str | None = None, *, actor: Actor | None, reason: str | None = None, **facts: Any
) -> None:
    """Move a locked reply; `actor=None` is the system. Raises Conflict when the table does not allow it from here."""
    source = reply.state
    LIFECYCLE.apply(reply, name, target)
    if name not in KEEPS_ASKING:
        reply.state_since = clock.now()
        reply.waits_due_at = None
    reply.state_reason = reason
    reply.trouble = None
    if source == "awaiting_approval" and name not in KEEPS_ASKING:
        end_of_reply(reply, name, actor, None if actor else reason)  # people's reasons stand with their decision
    if reply.state == "published":
        if reply.acknowledges is None:  # nobody wrote it, and nobody is to be told how often it went out
            remember_sent(reply)
        keep_question(reply)
        note_promises([reply])
    show_in_queue(reply)  # the brand's counters are held from here on, after wordings: as where many are settled
    tell_of_move(reply, name, source, actor)
    _write_down(name, [_Moved(reply, source, reply.state, reason, facts)], actor)


class _Moved(NamedTuple):
    """A reply that left one state for another, and what its line in the record says beside that."""

    reply: Reply
    left: str
    to: str
    reason: str | None
    facts: dict[str, Any]


def _write_down(name: str, moved: Iterable[_Moved], actor: Actor | None) -> None:
    """The moves' lines in the record."""
    lines = list[tuple[UUID, UUID, dict[str, Any]]]()
    for one in moved:
        facts: dict[str, Any] = {"from_state": one.left, "to_state": one.to, "reason": one.reason, **one.facts}
        lines.append((one.reply.id, one.reply.brand_id, facts))
    audit.record_each(actor, f"reply.{name}", "reply", lines)


def move_many(
    moved: Sequence[Around], name: str, facts: Callable[[Around], dict[str, Any]], *, actor: Actor, **values: Any
) -> None:
    """Move locked replies by one move of one target that somebody decides on, each with the facts its line in the
    record has; four statements, one more where cases are told together or several brands' waited for their time, and
    some for each author who is told. `values` are columns that all of them get.

    Raises Conflict, before anything is moved, where the table does not allow it of one of them. Not for moves that
    publish: what was sent is remembered one by one. What the session holds of these rows is read anew when it is asked
    for; rows read ahead stay as they were.
    """
    (target,) = LIFECYCLE.moves[name].targets
    assert target != "published", "remember_sent and keep_question know one reply"
    replies = [one.reply for one in moved]
    for reply in replies:
        LIFECYCLE.check(name, reply.state, target)
    now, ids = clock.now(), [reply.id for reply in replies]
    _hold_counters(replies)
    same = {"state": target, "state_since": now, "state_reason": None, "waits_due_at": None, **values}
    db.session.execute(
        update(Reply).where(one_of(Reply.id, ids)).values(**same).execution_options(synchronize_session=False)
    )
    end_of_replies([reply.id for reply in replies if reply.state == "awaiting_approval"], name, actor)
    _show_many_in_queue(moved, target)
    forget_read(Reply, Conversation, ApprovalRequest)
    tell_of_many_moves(replies, name, actor)
    _write_down(name, [_Moved(one.reply, one.reply.state, target, None, facts(one)) for one in moved], actor)


def _show_many_in_queue(moved: Sequence[Around], target: str) -> None:
    alone = {one.reply.conversation_id for one in moved if not one.is_told_with_others}
    together = {one.reply.conversation_id for one in moved if one.is_told_with_others}
    if alone:
        _show(alone, target)
    if together:
        heads = {one.conversation.merged_into_id for one in moved if one.is_told_with_others}
        _show(together | {head for head in heads if head is not None}, case((_HAS_PARTS, _OF_ALL_PARTS), else_=target))


def _show(conversation_ids: Iterable[UUID], state: Any) -> None:
    db.session.execute(
        update(Conversation)
        .where(one_of(Conversation.id, conversation_ids))
        .values(reply_state=state, version=Conversation.version + 1)
        .execution_options(synchronize_session=False)
    )


def forget_read(*models: type[Any]) -> None:
    """Rows of these tables were changed behind the session's back: what it holds of them is read anew."""
    for one in list(db.session):
        if isinstance(one, models):
            db.session.expire(one)


def move_together(
    moved: Sequence[tuple[Reply, dict[str, Any]]],
    name: str,
    target: str | None = None,
    *,
    values: Mapping[str, Any],
    fence_by: int = 0,
    reason: str | None = None,
) -> None:
    """Move locked replies that wait for nobody's yes by one move of the system, each with the facts its line in the
    record has, in two statements however many they are, one more where several brands' waited for their time. `values`
    are columns that all of them get, `reason` is why, as in `move`.

    Raises Conflict, before anything is moved, where the table does not allow it of one of them. Not for moves that
    publish, nor for those whose author is told.
    """
    target = target or next(iter(LIFECYCLE.moves[name].targets))
    for reply, _facts in moved:
        assert reply.state != "awaiting_approval", "whoever was asked would have to be told"
        LIFECYCLE.check(name, reply.state, target)
    same = {
        "state": target,
        "state_since": clock.now(),
        "state_reason": reason,
        "trouble": None,
        "waits_due_at": None,
        **values,
    }
    db.session.flush()
    _hold_counters([reply for reply, _facts in moved])
    db.session.execute(
        update(Reply)
        .where(one_of(Reply.id, [reply.id for reply, _facts in moved]))
        .values(fence=Reply.fence + fence_by, **same)
        .execution_options(synchronize_session=False)
    )
    told = told_with(any_(literal([reply.conversation_id for reply, _facts in moved], ARRAY(Uuid()))))
    db.session.execute(
        update(Conversation)
        .where(Conversation.id.in_(told))
        .values(reply_state=case((_HAS_PARTS, _OF_ALL_PARTS), else_=target), version=Conversation.version + 1)
        .execution_options(synchronize_session=False)
    )
    known_now([reply for reply, _facts in moved])
    _write_down(name, [_Moved(reply, reply.state, target, reason, facts) for reply, facts in moved], None)
    for reply, _facts in moved:
        for column, value in {**same, "fence": reply.fence + fence_by}.items():
            set_committed_value(reply, column, value)


class Standing(NamedTuple):
    """A reply that stands on its platform now, and what its line in the record says of that."""

    reply: Reply
    facts: dict[str, Any]


_STAND = raw_sql(
    """
    update reply r set state = 'published', state_since = :now, state_reason = null, trouble = null,
        waits_due_at = null, next_try_at = null, platform_id = given.platform_id, published_at = given.published_at,
        live_state = given.live_state, live_due_at = given.live_due_at, question_kept = true
    from jsonb_to_recordset(cast(:rows as jsonb)) as given(id uuid, platform_id text, published_at timestamptz,
        live_state text, live_due_at timestamptz)
    where r.agency_id = :agency_id and r.id = given.id
    """,
    reason="each with what its platform said of it, in one statement",
)


def stand_together(settled: Sequence[Standing], name: str, words: Mapping[UUID, PublishedWords]) -> None:
    """Move locked answers to `published` by one move, by so many statements however many they are. They have what their
    platforms said of them already; their conversations are told by who records their `words`.
    """
    now, replies = clock.now(), [one.reply for one in settled]
    for reply in replies:
        LIFECYCLE.check(name, reply.state, "published")
    rows = [
        {
            "id": reply.id,
            "platform_id": reply.platform_id,
            "published_at": reply.published_at,
            "live_state": reply.live_state,
            "live_due_at": reply.live_due_at,
        }
        for reply in replies
    ]
    asked = [reply for reply in replies if not reply.question_kept]
    db.session.execute(_STAND, {"agency_id": replies[0].agency_id, "now": now, "rows": as_json(rows)})
    known_now(replies)
    _write_down(name, [_Moved(reply, reply.state, "published", None, facts) for reply, facts in settled], None)
    for reply in replies:
        for column, value in {**_STANDS, "state_since": now}.items():
            set_committed_value(reply, column, value)
    remember_many(replies, words)
    keep_words(asked)
    note_promises(replies, words)


_STANDS: Final[Mapping[str, Any]] = {
    "state": "published",
    "state_reason": None,
    "trouble": None,
    "waits_due_at": None,
    "next_try_at": None,
    "question_kept": True,
}


def show_in_queue(reply: Reply) -> None:
    """Copy the newest reply's state to the queue row, so that the list reads one table; what was given up is none.

    Of a case that tells others within it the one somebody waits for is shown, whichever part it answers.
    """
    state: Any = reply.state
    if state == "dropped":
        others = select(Reply.state).where(Reply.conversation_id == reply.conversation_id, Reply.state != "dropped")
        state = others.order_by(Reply.state_since.desc(), Reply.id.desc()).limit(1).scalar_subquery()
    db.session.execute(
        update(Conversation)
        .where(Conversation.id.in_(told_with(reply.conversation_id)))
        .values(reply_state=case((_HAS_PARTS, _OF_ALL_PARTS), else_=state), version=Conversation.version + 1)
        .execution_options(synchronize_session=False)
    )


def lapse(reply: Reply, reason: str) -> None:
    """Take an approval or a request for one back because what it was about changed. The reply must be locked. What was
    to go out by itself is given up.
    """
    void_approval(reply, reason)
    move(reply, "lapse" if reply.acknowledges is None else "stand_back", actor=None, reason=reason)


def text_of(reply: Reply) -> ReplyText:
    """The words the reply has now."""
    return db.session.execute(select(ReplyText).where(ReplyText.id == reply.text_id)).scalar_one()


def live_approval(reply: Reply) -> Approval | None:
    """The approval or release that still holds, if any."""
    return db.session.execute(
        select(Approval).where(
            Approval.reply_id == reply.id,
            Approval.voided_at.is_(None),
            Approval.decision.in_(LETS_OUT),
        )
    ).scalar_one_or_none()


def void_approval(reply: Reply, why: str) -> None:
    """Let a live approval, and the yes of any step before the last, lapse with its reason."""
    db.session.execute(
        update(Approval)
        .where(
            Approval.reply_id == reply.id,
            Approval.voided_at.is_(None),
            Approval.decision.in_((*LETS_OUT, *LETS_ON)),
        )
        .values(voided_at=clock.now(), void_reason=why)
        .execution_options(synchronize_session="fetch")
    )
