"""Whose yes a reply waits for: the brand's policy asked about this reply, its steps, and who may decide now."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from typing import Any, Final, NamedTuple
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, Select, and_, select

from agency.inbox.case import COMPLAINT
from agency.inbox.models import Conversation
from agency.replies import checks
from agency.replies.around import Around
from agency.replies.joins import WORDS_OF_REPLY, one_of
from agency.replies.models import LETS_ON, LETS_OUT, Approval, ApprovalPolicy, Reply, ReplyText
from agency.replies.policies import Decision, Facts, decide, deciders, next_step
from agency.replies.policy_clock import Plan, is_urgent, plan
from agency.replies.policy_terms import Terms, terms_from_data
from agency.replies.policy_versions import Policy, policies_of, policy_of
from styleguides.empowerment_reading import lines_of_conversation
from styleguides.scenarios import CaseFacts
from tenants import clock
from tenants.database import db
from tenants.errors import Conflict, NotFound, Worded, worded
from tenants.holders import approvers_by_brand, approvers_of, named_approvers
from tenants.models import Brand, Person
from tenants.permissions import Actor

MOST_NAMED = 3
"""So many people are named; of more, how many."""


def decision_about(
    terms: Terms, reply: Reply, text: ReplyText, conversation: Conversation, case: CaseFacts, brand: Brand
) -> Decision:
    """Whether this reply waits by these terms."""
    facts = facts_about(
        terms,
        conversation,
        brand_language=brand.language,
        words=text.text,
        private=reply.private,
        case=case,
        author_id=text.author_id,
        deed=reply.deed,
    )
    return decide(terms, facts)


def facts_about(
    terms: Terms,
    conversation: Any,
    *,
    brand_language: str,
    words: str,
    private: bool,
    case: CaseFacts,
    author_id: UUID,
    deed: str = "reply",
) -> Facts:
    """What the policy is asked about. `conversation` is anything with `id`, `brand_id`, `platform`, `kind`, `stars` and
    `sentiment`. What no rule of these terms asks for is not looked up.
    """
    return Facts(
        platform=conversation.platform,
        kind=checks.words_kind(conversation.kind, private=private),
        text=words,
        language=brand_language,
        stars=conversation.stars,
        complaint=COMPLAINT in case.case_kinds,
        sentiment=conversation.sentiment,
        gives=bool(lines_of_conversation(conversation.id)) if terms.money else None,
        earlier_replies=_published_by(author_id, conversation.brand_id, terms.first_replies)
        if terms.first_replies
        else None,
        deed=deed,
    )


def _published_by(person_id: UUID, brand_id: UUID, most: int) -> int:
    published = select(Reply.id).where(
        Reply.brand_id == brand_id, Reply.written_by == person_id, Reply.state == "published", Reply.deed == "reply"
    )
    return len(db.session.execute(published.limit(most)).all())


def decided_at_once(terms: Terms) -> Decision:
    """What can be said of any reply before its words are looked at: where all wait, all do."""
    facts = Facts(platform="", kind="comment", text="", language="en")
    return decide(terms, facts) if terms.needs == "all" or terms.mode == "client" else Decision(False)


def refuse_waiting(decision: Decision) -> None:
    """Raise Conflict `needs_approval` where the policy lets these words out only after the client's yes."""
    if decision.needs:
        raise Conflict(
            worded(
                "This reply needs the client's yes, because %(because)s. "
                "Nothing was sent; send it for approval instead.",
                because=decision.because[0].words,
            ),
            code="needs_approval",
            because=[{"rule": one.rule, "words": str(one.words)} for one in decision.because],
        )


def kept_reasons(decision: Decision) -> list[dict[str, Any]]:
    """Why it waits, as it is kept with the reply."""
    return [{"rule": one.rule, "template": one.words.template, "values": one.words.values} for one in decision.because]


def reasons_of(kept: list[dict[str, Any]]) -> list[Worded]:
    """The same, in words again."""
    return [Worded(one["template"], one["values"]) for one in kept]


def policy_asked_by(reply: Reply) -> Policy:
    """The version this reply was sent for approval by."""
    return policy_of(reply.brand_id, reply.policy_number)


def _with_policy(wanted: Select[Any], of: Any, which: ColumnElement[bool]) -> Select[Any]:
    """The statement with the brand of a reply or conversation beside it, and the version of its policy, if any."""
    mine = and_(ApprovalPolicy.agency_id == of.agency_id, ApprovalPolicy.brand_id == of.brand_id, which)
    beside = and_(Brand.agency_id == of.agency_id, Brand.id == of.brand_id)
    return wanted.join(Brand, beside).outerjoin(ApprovalPolicy, mine)


_ASKED: Final = _with_policy(
    select(
        Reply.agency_id,
        Reply.brand_id,
        Reply.written_by,
        Reply.waits_step,
        Reply.waits_because,
        Reply.waits_clock,
        ReplyText.author_id,
        Brand.time_zone,
        ApprovalPolicy.terms,
    ).join(ReplyText, WORDS_OF_REPLY),
    Reply,
    ApprovalPolicy.number == Reply.policy_number,
)


class Standing(NamedTuple):
    """Who may decide on a reply now, by address, and why it waits."""

    people: list[Person]
    because: list[Worded]

    @property
    def words(self) -> Worded:
        """Both as one sentence."""
        return waits_words([person.name for person in self.people], self.because)


def standing_of(reply_id: UUID, *, but_authors: bool = True) -> Standing:
    """Of the reply's present step: whom its policy names, today's stand-ins, nobody who drafted it. Two statements."""
    row = db.session.execute(_ASKED.where(Reply.id == reply_id)).one()
    people = approvers_of(row.agency_id, row.brand_id)
    chosen = _chosen_of(row, {person.id for person in people}, but_authors=but_authors)
    return Standing([person for person in people if person.id in chosen], reasons_of(row.waits_because))


class Whom(NamedTuple):
    """The names of those who may decide, and of those among them from whom mails come back."""

    names: list[str]
    unreached: list[str]


def whom_asked(reply_id: UUID) -> Whom:
    """Who may decide on the reply now. One statement."""
    approvers = named_approvers(Reply.agency_id, Reply.brand_id).label("approvers")
    row = db.session.execute(_ASKED.add_columns(approvers).where(Reply.id == reply_id)).one()
    chosen = _chosen_of(row, _ids(row.approvers), but_authors=True)
    return _whom(row.approvers, chosen)


def _ids(approvers: list[list[Any]]) -> list[UUID]:
    return [UUID(person_id) for person_id, _name, _fails in approvers]


def _whom(approvers: list[list[Any]], chosen: Collection[UUID]) -> Whom:
    some = [(name, fails) for person_id, name, fails in approvers if UUID(person_id) in chosen]
    return Whom([name for name, _fails in some], [name for name, fails in some if fails])


def deciders_of(reply: Reply, *, but_authors: bool = True) -> list[Person]:
    """Who may decide on the reply now, by address."""
    return standing_of(reply.id, but_authors=but_authors).people


def deciders_at(reply: Reply, step: int) -> Collection[UUID]:
    """Who may decide at another step of the policy it was sent by."""
    row = db.session.execute(_ASKED.where(Reply.id == reply.id)).one()
    approvers = [person.id for person in approvers_of(reply.agency_id, reply.brand_id)]
    terms, authors = terms_from_data(row.terms or {}), {row.written_by, row.author_id}
    return _chosen(terms, step, approvers, row.time_zone, authors)


def _chosen_of(row: Any, approvers: Iterable[UUID], *, but_authors: bool) -> Collection[UUID]:
    """Of a row of _ASKED."""
    authors = {row.written_by, row.author_id} if but_authors else set[UUID]()
    did = (row.waits_clock or {}).get("did")
    terms, step = terms_from_data(row.terms or {}), row.waits_step or 1
    return _chosen(terms, step, approvers, row.time_zone, authors, escalated=did == "escalate")


def _chosen(
    terms: Terms,
    step: int,
    approvers: Iterable[UUID],
    time_zone: str,
    authors: set[UUID],
    *,
    escalated: bool = False,
) -> Collection[UUID]:
    today = clock.now().astimezone(ZoneInfo(time_zone)).date()
    return deciders(terms, step, approvers=set(approvers), authors=authors, today=today, escalated=escalated)


class Forecast(NamedTuple):
    """What the policy in force would do with words if they left now, who would be asked first, and when what would
    come; no plan for words that would not wait.
    """

    decision: Decision
    whom: Whom
    terms: Terms
    plan: Plan | None = None


def forecast(
    actor: Actor, conversation_id: UUID, words: str, *, private: bool, case: CaseFacts, deed: str = "reply"
) -> Forecast:
    """The same before anybody presses. One statement, more where a rule asks for more. Raises NotFound."""
    wanted = select(
        Conversation.id,
        Conversation.brand_id,
        Conversation.platform,
        Conversation.kind,
        Conversation.stars,
        Conversation.sentiment,
        Brand.language,
        Brand.time_zone,
        ApprovalPolicy.terms,
        named_approvers(Conversation.agency_id, Conversation.brand_id).label("approvers"),
    )
    row = db.session.execute(
        _with_policy(wanted, Conversation, ApprovalPolicy.state == "in_force").where(Conversation.id == conversation_id)
    ).one_or_none()
    if row is None:
        raise NotFound()
    terms = terms_from_data(row.terms or {})
    facts = facts_about(
        terms,
        row,
        brand_language=row.language,
        words=words,
        private=private,
        case=case,
        author_id=actor.user_id,
        deed=deed,
    )
    decision = decide(terms, facts)
    if not decision.needs:
        return Forecast(decision, Whom([], []), terms)
    chosen = _chosen(terms, 1, _ids(row.approvers), row.time_zone, {actor.user_id})
    urgent = is_urgent(terms, complaint=COMPLAINT in case.case_kinds, sentiment=row.sentiment)
    planned = plan(terms, ZoneInfo(row.time_zone), clock.now(), urgent=urgent)
    return Forecast(decision, _whom(row.approvers, chosen), terms, planned)


class Asking(NamedTuple):
    """The terms a reply waits by, and who may decide on it now, by address."""

    terms: Terms
    people: list[Person]


def askings_of(waiting: Sequence[Around]) -> dict[UUID, Asking]:
    """Of many replies, by reply; two statements. An author of the words is never among those asked."""
    replies = [one.reply for one in waiting]
    policies = policies_of({(reply.brand_id, reply.policy_number) for reply in replies})
    approvers: dict[UUID, list[Person]] = {}
    for agency_id in {reply.agency_id for reply in replies}:
        approvers |= approvers_by_brand(agency_id, {reply.brand_id for reply in replies})
    found: dict[UUID, Asking] = {}
    known: dict[Any, Asking] = {}
    for one in waiting:
        reply = one.reply
        escalated = (reply.waits_clock or {}).get("did") == "escalate"
        # Hundreds wait alike. Ids as numbers, which are compared without asking Python.
        who = (reply.brand_id.int, reply.written_by.int, one.text.author_id.int)
        alike = (*who, reply.policy_number, reply.waits_step or 1, escalated)
        asking = known.get(alike)
        if asking is None:
            people = approvers[reply.brand_id]
            terms = policies[reply.brand_id, reply.policy_number].terms
            ids, authors = {person.id for person in people}, {reply.written_by, one.text.author_id}
            chosen = _chosen(terms, reply.waits_step or 1, ids, one.brand.time_zone, authors, escalated=escalated)
            asking = known[alike] = Asking(terms, [person for person in people if person.id in chosen])
        found[reply.id] = asking
    return found


def waits_words(names: list[str], because: Sequence[Worded]) -> Worded:
    """Whom it waits for, and why, as one sentence."""
    if not because:
        return worded("Waits for %(names)s.", names=named(names))
    reasons = because[0]
    for one in because[1:]:
        reasons = worded("%(one)s, and %(other)s", one=reasons, other=one)
    return worded("Waits for %(names)s, because %(because)s.", names=named(names), because=reasons)


def refuse_not_asked(
    actor: Actor, reply: Reply, *, but_authors: bool = True, people: Sequence[Person] | None = None
) -> None:
    """Raise Conflict `not_your_turn` for somebody whose yes or no the policy does not ask for at this step.

    `people` are those it asks for, from whoever has read them.
    """
    people = people if people is not None else deciders_of(reply, but_authors=but_authors)
    if actor.user_id not in {person.id for person in people}:
        raise Conflict(
            worded(
                "This reply waits for %(names)s, not for you. Nothing was decided. "
                "The brand's approval policy says who decides; look there, or ask them.",
                names=named([person.name for person in people]),
            ),
            code="not_your_turn",
        )


def named(names: list[str]) -> str | Worded:
    """People as a sentence names them."""
    if not names:
        return worded("somebody the brand has yet to name")
    if len(names) > MOST_NAMED:
        return worded("%(names)s and %(n)s more", names=", ".join(names[:MOST_NAMED]), n=len(names) - MOST_NAMED)
    return worded("%(names)s or %(last)s", names=", ".join(names[:-1]), last=names[-1]) if names[1:] else names[0]


def step_after(reply: Reply, text: ReplyText, terms: Terms) -> int | None:
    """The next step once the present one has said yes to these words; None where none is left.

    A yes counts for exactly these words and this target; where the terms say that changed words go on, for the words
    before them, too.
    """
    return step_after_these(reply, text, terms, yeses_to([reply.id])[reply.id])


def step_after_these(reply: Reply, text: ReplyText, terms: Terms, yeses: Iterable[Approval]) -> int | None:
    """The same, where `yeses` are those that hold."""
    counting = [one for one in yeses if one.decision in LETS_ON and one.target_fingerprint == reply.target_fingerprint]
    done = {one.step for one in counting if terms.changes_go_on or one.text_hash == text.text_hash}
    return next_step(terms, {reply.waits_step or 1, *(step for step in done if step)})


def yeses_to(reply_ids: Collection[UUID]) -> dict[UUID, list[Approval]]:
    """Every yes that holds, the last one and those of steps before it, by reply; one statement."""
    found: dict[UUID, list[Approval]] = {reply_id: [] for reply_id in reply_ids}
    rows = db.session.scalars(
        select(Approval).where(
            one_of(Approval.reply_id, reply_ids),
            Approval.voided_at.is_(None),
            Approval.decision.in_((*LETS_OUT, *LETS_ON)),
        )
    )
    for one in rows:
        found[one.reply_id].append(one)
    return found


def has_said_yes(actor: Actor, reply: Reply, text_hash: str, yeses: Iterable[Approval]) -> bool:
    """Whether this person said yes to these words already, for good or at a step that is past: a second press of one
    button.
    """
    return any(
        one.decided_by == actor.user_id
        and one.text_hash == text_hash
        and (
            one.decision not in LETS_ON or (reply.state == "awaiting_approval" and one.step != (reply.waits_step or 1))
        )
        for one in yeses
    )
