"""What a queue row shows of a conversation, worked out from its messages alone.

Nothing here remembers the order in which pages arrived: the same messages at the same moment always give the same
summary.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final, NamedTuple
from uuid import UUID

from agency.inbox.brand_rules import BrandRules
from agency.inbox.case_clocks import Started, run, tightest, with_end
from agency.inbox.clock_rules import ANSWERED, HEARD, RESOLVED
from agency.inbox.conversation_indexes import AUTHOR_CHARACTERS
from agency.inbox.models import CLOSED_BY_RULE, FROM_SPAMMER, MERGED, PAST
from agency.inbox.ranking import RankFacts, Said, is_complaint, rank, said_of
from agency.inbox.understanding.reading import UNKNOWN, read
from agency.inbox.understanding.stored import Stored, judgement_of, own_topics, rules_said, to_stored
from styleguides.masking import masked

EXCERPT_CHARACTERS = 140
READ_CHARACTERS = 600
"""How much of a text is looked at for the excerpt and for ranking."""

_NEVER: Final = datetime.max.replace(tzinfo=UTC)

PRIVATE = "message"
"""The kind of conversation that nobody else reads along."""

BUSY_REPLY_STATES = ("draft", "awaiting_approval", "approved", "publishing", "outcome_unknown")
"""While a reply is here somebody of ours is at it, so no rule closes the conversation under them."""


class MessageFacts(NamedTuple):
    """The part of a message that a summary needs. `text` may be cut to READ_CHARACTERS."""

    external_id: str
    direction: str
    text: str
    author_name: str | None
    contact_id: UUID | None
    language: str | None
    stars: int | None
    written_at: datetime
    edited_at: datetime | None
    deleted: bool
    moderation: str | None
    answers_external_id: str | None = None
    """Of a reply of ours: which message it answers. What the customer wrote after that one is not answered by it."""
    reading: Stored | None = None
    """What the text says of itself; None of our own and of what was stored before texts were read."""
    spam: bool = False
    """By somebody marked so: it asks for no answer."""
    only_heard: bool = False
    """Of a reply of ours: it says that we heard, and answers nothing."""

    @property
    def moment(self) -> datetime:
        """When its author last had a say."""
        return self.edited_at or self.written_at


class Summary(NamedTuple):
    """The derived columns of a conversation; `closing_reason` is None where an answer is owed."""

    excerpt: str
    author_name: str | None
    contact_id: UUID | None
    language: str | None
    stars: int | None
    message_count: int
    last_message_at: datetime
    last_customer_at: datetime | None
    due_at: datetime | None
    clocks: dict[str, Any]
    rank: int
    rank_reasons: list[dict[str, Any]]
    rerank_at: datetime | None
    act: str | None
    sentiment: str | None
    topic_ids: list[str]
    closing_reason: str | None


def excerpt_of(text: str) -> str:
    """The beginning of a text on one line, without what leads to a person: it stands in lists, also in programs'."""
    return masked(" ".join(text[:READ_CHARACTERS].split()))[:EXCERPT_CHARACTERS]


def summarise(
    thread_external_id: str,
    kind: str,
    messages: Sequence[MessageFacts],
    rules: BrandRules,
    *,
    now: datetime,
    vip: bool = False,
    weight: int = 0,
    ended_at: datetime | None = None,
    woke_after: datetime | None = None,
    client: Sequence[Mapping[str, Any]] = (),
) -> Summary:
    """Work out the summary of a conversation. `messages` holds all of it, in any order, and at least one.

    `vip` and `weight` are what staff set of the person it is with; `ended_at` is up to which of their words a person
    resolved it. `woke_after` is when the customer last wrote, of a case whose time to come back has come since.
    `client` are the spans in which its client had a reply, as its clocks keep them.
    """
    live = [m for m in messages if not m.deleted]
    written = [m for m in live if m.direction == "in"]
    theirs = [m for m in written if not m.spam] or written
    if len(messages) == 1 and written:  # as most are stored
        newest: MessageFacts | None = written[0]
        first = root = newest
        ours: list[tuple[datetime, MessageFacts]] = []
    else:
        newest = max(theirs, key=lambda m: (m.moment, m.external_id), default=None)
        heard = [m for m in messages if m.direction == "in"]
        first = min(heard, key=lambda m: (m.written_at, m.external_id), default=None)
        root = next((m for m in heard if m.external_id == thread_external_id), first)
        asked = {m.external_id: m.moment for m in theirs}
        ours = [
            (asked.get(m.answers_external_id or "", m.moment), m)
            for m in live
            if m.direction == "out" and m.moderation != "rejected"
        ]
    reason = _closing_reason(kind, theirs, newest, [upto for upto, m in ours if not m.only_heard])
    if newest is not None and newest.spam:
        reason = FROM_SPAMMER
    # Of what is all gone, when it was asked: an answer is dated anew by every version of it that happened to be told.
    shown_times = live or [m for m in messages if m.direction == "in"] or messages
    last_message_at = max(m.written_at for m in shown_times)
    stars = root.stars if root and not root.deleted else None
    shown = newest or first
    reading = reading_of(newest) if newest else None
    said = said_of(reading, stars) if reading else Said()
    clocks: dict[str, Any] = {}
    if newest is not None and reading is not None and reason in (None, "answered"):
        ended_at = ended_at if ended_at is not None and ended_at < newest.moment else None
        started, complains = _started(newest, said, theirs, ours, stars, ended_at)
        runs = run(started, rules.clocks, rules.platform, kind, is_complaint=complains, client=client)
        clocks = with_end(runs, ended_at)
    next_end = tightest(clocks) if reason is None else None
    due_at = next_end.due if next_end is not None else None
    ranked = rank(
        RankFacts(
            said=said,
            since=newest.moment if newest else last_message_at,
            due_at=due_at,
            stars=stars,
            readers=0 if kind == PRIVATE else len(live),
            vip=vip,
            weight=weight,
            woken=woke_after is not None and newest is not None and newest.moment <= woke_after,
            tier=rules.tier,
            due_clock=next_end.name if next_end is not None else "",
            rules=rules_said(reading) if reading else (),
        ),
        rules.weights,
        now,
    )
    return Summary(
        excerpt=excerpt_of(newest.text) if newest else "",
        author_name=shown.author_name[:AUTHOR_CHARACTERS] if shown and shown.author_name else None,
        contact_id=root.contact_id if root else None,
        language=newest.language if newest else None,
        stars=stars,
        message_count=len(live),
        last_message_at=last_message_at,
        last_customer_at=newest.moment if newest else None,
        due_at=due_at,
        clocks=clocks,
        rank=ranked.rank,
        rank_reasons=ranked.reasons,
        rerank_at=ranked.rerank_at,
        act=_known(reading, "act"),
        sentiment=_known(reading, "sentiment"),
        topic_ids=[one.label for one in own_topics(reading)] if reading else [],
        closing_reason=reason,
    )


def _started(
    newest: MessageFacts,
    said: Said,
    theirs: Sequence[MessageFacts],
    ours: Sequence[tuple[datetime, MessageFacts]],
    stars: int | None,
    ended_at: datetime | None,
) -> tuple[dict[str, Started], bool]:
    """Its clocks, and whether it is a complaint: heard and answered count from the customer's newest words, resolved
    from the first complaint since an answer or a person ended the one before, else from the first words since then.
    """
    since = newest.moment
    words = [m.moment for upto, m in ours if upto >= since]
    answers = [m.moment for upto, m in ours if upto >= since and not m.only_heard]
    ends = [upto for upto, m in ours if upto < since and not m.only_heard]
    before = max([*ends, ended_at] if ended_at is not None else ends, default=None)
    waited = theirs if before is None else [m for m in theirs if m.moment > before]
    complaints = [
        m for m in waited if is_complaint(stars, (said if m is newest else said_of(m.reading or {}, stars)).complaint)
    ]
    answered = min(answers, default=None)
    begun = complaints or waited
    return {
        HEARD: Started(since, min(words, default=None)),
        ANSWERED: Started(since, answered),
        RESOLVED: Started(since if len(begun) == 1 and begun[0] is newest else min(m.moment for m in begun), answered),
    }, bool(complaints)


def reading_of(message: MessageFacts) -> Stored:
    """What this message of a customer says of itself."""
    return message.reading or to_stored(read(message.text, message.language, stars=message.stars))


def _known(reading: Stored | None, aspect: str) -> str | None:
    if reading and "corrected" not in reading and aspect in reading:  # as nearly always, for every case that is stored
        label = reading[aspect][0]
    else:
        label = judgement_of(reading, aspect).label if reading else UNKNOWN
    return None if label == UNKNOWN else label


def together(main: Summary, parts: Sequence[Summary]) -> Summary:
    """What the row of a conversation shows that others are told within: the newest words of all, an answer owed where
    any of them owes one, and the place of the one that is most urgent.
    """
    every = (main, *parts)
    written = [one for one in every if one.last_customer_at is not None]
    newest = max(written, key=lambda one: (one.last_customer_at, one.last_message_at), default=main)
    owed = [one for one in every if one.closing_reason is None]
    first = max(owed, key=lambda one: one.rank, default=main)
    soonest = min((one for one in owed if one.due_at is not None), key=lambda one: one.due_at or _NEVER, default=main)
    return main._replace(
        excerpt=newest.excerpt,
        author_name=newest.author_name,
        language=newest.language,
        act=newest.act,
        sentiment=newest.sentiment,
        topic_ids=newest.topic_ids,
        message_count=sum(one.message_count for one in every),
        last_message_at=max(one.last_message_at for one in every),
        last_customer_at=newest.last_customer_at,
        due_at=soonest.due_at if owed else None,
        clocks=soonest.clocks,
        rank=first.rank,
        rank_reasons=first.rank_reasons,
        rerank_at=first.rerank_at,
        closing_reason=None if owed else main.closing_reason,
    )


def _closing_reason(
    kind: str, theirs: Sequence[MessageFacts], newest: MessageFacts | None, answers: Sequence[datetime]
) -> str | None:
    if newest is None:
        return "nothing_to_answer"
    if answers and max(answers) >= newest.moment:
        return "answered"
    if kind == "review" and not any(m.text.strip() for m in theirs):
        return "stars_only"
    return None


class Standing(NamedTuple):
    """Where a conversation stands before its messages changed."""

    status: str
    closed_reason: str | None
    held: bool
    reply_state: str | None
    last_customer_at: datetime | None
    woke_at: datetime | None = None
    """When its time to come back came, where nobody has dealt with it since."""
    in_incident: bool = False
    """Put off for an incident: new words leave it there."""


def first_status(summary: Summary, past_before: datetime | None = None) -> tuple[str, str | None]:
    """Status and closing reason of a conversation nobody has seen before.

    Told by history (`past_before` is set), one whose customer last wrote before that is closed: last year's open
    questions must not stand in the queue as the latest of all.
    """
    if summary.closing_reason is not None:
        return "closed", summary.closing_reason
    return ("closed", PAST) if _is_past(summary, past_before) else ("open", None)


def next_status(before: Standing, summary: Summary, past_before: datetime | None = None) -> tuple[str, str | None]:
    """Status and closing reason after its messages changed.

    What a rule closed, a rule opens. What a person closed or put off, and what was past, comes back only with new words
    of the customer, and not with such as history brings from before `past_before`. Nothing is closed under somebody who
    holds it or while a reply is under way, nor where it came back and nothing was written since. What is told within
    another conversation opens there.
    """
    if before.closed_reason == MERGED:
        return before.status, before.closed_reason
    news = (
        summary.last_customer_at is not None
        and (before.last_customer_at is None or summary.last_customer_at > before.last_customer_at)
        and not _is_past(summary, past_before)
    )
    if summary.closing_reason is None:
        opens = before.closed_reason in CLOSED_BY_RULE and before.closed_reason != PAST
        if before.status == "closed" and (news or opens):
            return "open", None
        wakes = before.status == "snoozed" and news and not before.in_incident
        return ("open", None) if wakes else (before.status, before.closed_reason)
    if before.status == "closed":
        by_rule = before.closed_reason in CLOSED_BY_RULE
        return "closed", summary.closing_reason if by_rule else before.closed_reason
    came_back = before.woke_at is not None and summary.last_message_at <= before.woke_at
    if before.held or came_back or before.reply_state in BUSY_REPLY_STATES:
        return before.status, before.closed_reason
    return "closed", summary.closing_reason


def _is_past(summary: Summary, past_before: datetime | None) -> bool:
    return past_before is not None and (summary.last_customer_at or summary.last_message_at) < past_before
