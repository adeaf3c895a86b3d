"""What people of an incident are told: the holding text once to each while it goes on, and one follow-up at its end.

Each goes the way of every reply, by the lead who decided it: a draft, the guide's check, the policy, the claim, the
sending. Where the policy asks for the client's yes, the first reply with a wording is sent for approval and says that
its yes counts for all; the others wait for that and leave by it, as long as the policy is the same. A person gets each
text once, whatever number of cases they have, and none where a colleague has answered them or is at it. Flushes.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import and_, func, select

from agency.inbox import desk as inbox_desk
from agency.inbox.incidents import attaching
from agency.inbox.incidents.models import FOLLOW_UP, HOLDING, Incident, IncidentCase, IncidentPerson, IncidentText
from agency.inbox.incidents.opening import end, let_go
from agency.inbox.models import Conversation
from agency.replies import desk
from agency.replies.deciding import check_move
from agency.replies.incident_choosing import Cannot, Waits, case_for, text_for
from agency.replies.incident_names import agreed_words, filled_in_case, names_people
from agency.replies.incident_progress import progress_of
from agency.replies.models import Approval, Reply
from agency.replies.moves import live_approval, locked, move
from agency.replies.policies import Because, Decision
from agency.replies.policy_versions import policy_in_force
from agency.replies.promises import database_now, publish_soon
from agency.replies.sending_time import AS_THE_BRAND_HAS_IT, choose, told
from agency.replies.waiting import kept_reasons
from tenants import clock
from tenants.database import db, new_id
from tenants.errors import AppError, Forbidden, worded
from tenants.holders import member_with
from tenants.permissions import Actor, Permission
from tenants.scope import raw_sql

AT_ONCE: Final = 20
"""People one run writes to: a second or two, for which whoever closes the incident waits."""
LOOKED_AT: Final = 100
"""People one run looks at: some wait for a wording of theirs that others do not need."""
PACE: Final = timedelta(seconds=20)
"""Between two runs of follow-ups: sixty people a minute, so that a page does not say the same to hundreds at once."""
LOOKED_AGAIN: Final = timedelta(minutes=1)
"""While a wording waits for the client, or answers are on their way."""
OF_ALL: Final = frozenset({"client_answers", "brand_paused", "quiz_needed", "forbidden", "needs_approval"})
"""Refusals that are the same for everybody: nothing goes out until somebody has seen to them."""
NOBODY_ACTS = worded(
    "Whoever decided these texts no longer works for this brand. Nothing is sent. Have another lead start them again."
)
_LOCK = raw_sql(
    "select pg_advisory_xact_lock(hashtextextended('incidents of ' || :brand_id, 0))",
    reason="one run of a brand after the other: cases go on coming in, and two incidents write to nobody twice",
)


def go_on(incident_id: UUID) -> datetime | None:
    """Write to the next people; when to go on, None where nothing is left to do. In the brand's scope.

    Safe to call again at any time: who was written to is written down with their reply.
    """
    brand_id = db.session.execute(select(Incident.brand_id).where(Incident.id == incident_id)).scalar_one_or_none()
    db.session.execute(_LOCK, {"brand_id": str(brand_id)})
    found = db.session.execute(select(Incident).where(Incident.id == incident_id)).scalar_one_or_none()
    if found is None:
        return None
    if found.state == "closed":
        let_go(found, found.afterwards or "return")  # what came in while it was closed
        return None
    purpose = HOLDING if found.state == "open" else FOLLOW_UP
    if purpose == HOLDING and not found.holds:
        return None
    actor = member_with(Permission.CONVERSATION_REASSIGN, found.acts_for, found.agency_id, found.brand_id)
    if actor is None:
        found.trouble = NOBODY_ACTS
        return None
    texts = _texts(found, purpose)
    asks_again = look_at_samples(texts)
    people = _next_people(found, purpose)
    written = 0
    for person in people:
        if written == AT_ONCE:
            break
        try:
            written += _write_to(actor, found, person, texts, purpose)
        except Waits:
            asks_again = True
        except AppError as refusal:  # of all alike
            found.trouble = refusal.message
            db.session.flush()
            return None
    if people:
        found.trouble = None
    db.session.flush()
    left = _due_count(found, purpose)
    if left and written:
        return clock.now() + (PACE if purpose == FOLLOW_UP else timedelta(0))
    if left or asks_again:
        return clock.now() + LOOKED_AGAIN
    if purpose == FOLLOW_UP:
        if progress_of(found.id, FOLLOW_UP).waits:
            return clock.now() + LOOKED_AGAIN
        _finish(found)
    return None


def _texts(incident: Incident, purpose: str) -> list[IncidentText]:
    wanted = select(IncidentText).where(
        IncidentText.incident_id == incident.id, IncidentText.purpose == purpose, IncidentText.state != "replaced"
    )
    return list(db.session.scalars(wanted.order_by(IncidentText.language, IncidentText.number, IncidentText.id)))


def look_at_samples(texts: Sequence[IncidentText]) -> bool:
    """What the client said to the first reply of each wording; whether any still waits."""
    waits = False
    for one in texts:
        if one.state != "asked" or one.sample_reply_id is None:
            continue
        sample = db.session.execute(select(Reply).where(Reply.id == one.sample_reply_id)).scalar_one()
        approval = live_approval(sample)
        if sample.state in ("declined", "draft", "dropped"):
            # What lapsed because its customer changed their words says nothing of ours: the next one is asked about.
            one.state = "refused" if _said_no(sample.id) else "ready"
        elif approval is not None and approval.decision == "approved":
            # A client who changed the words has decided on those: they are what everybody gets, each by their own name.
            words, one.approval_id = agreed_words(one.text, sample), approval.id
            one.text, one.state = (words, "agreed") if words is not None else (one.text, "refused")
        elif approval is not None:
            one.state = "refused"  # by silence, in other words: nobody said yes to these
        else:
            waits = True
    db.session.flush()
    return waits


def _said_no(reply_id: UUID) -> bool:
    no = select(Approval.id).where(Approval.reply_id == reply_id, Approval.decision.in_(("declined", "changes_asked")))
    return db.session.execute(no.limit(1)).first() is not None


def _next_people(incident: Incident, purpose: str) -> list[IncidentPerson]:
    column = IncidentPerson.holding if purpose == HOLDING else IncidentPerson.follow_up
    wanted = select(IncidentPerson).where(IncidentPerson.incident_id == incident.id, column == "due")
    return list(
        db.session.scalars(wanted.order_by(IncidentPerson.id).limit(LOOKED_AT).with_for_update(skip_locked=True))
    )


def _due_count(incident: Incident, purpose: str) -> int:
    column = IncidentPerson.holding if purpose == HOLDING else IncidentPerson.follow_up
    wanted = select(func.count(IncidentPerson.id)).where(IncidentPerson.incident_id == incident.id, column == "due")
    return int(db.session.execute(wanted).scalar_one())


def _write_to(
    actor: Actor, incident: Incident, person: IncidentPerson, texts: Sequence[IncidentText], purpose: str
) -> int:
    """Make the person's reply, or note why there is none; returns how many were made. Raises Waits where they stay
    due, AppError for what is the same for everybody.
    """
    try:
        case = case_for(incident, person, purpose)
        text = text_for(case, person, texts)
        with db.session.begin_nested():
            reply = _reply(actor, incident, case, text, purpose)
    except Cannot as why:
        _note(person, purpose, "cannot", reason=str(why))
        return 0
    except AppError as refusal:
        code = "forbidden" if isinstance(refusal, Forbidden) else refusal.code
        if code in OF_ALL:
            raise
        if code == "another_reply":
            raise Waits from refusal
        _note(person, purpose, "cannot", reason="colleague" if code == "held" else code)
        return 0
    _note(person, purpose, "made", reply_id=reply.id)
    return 1


def _note(
    person: IncidentPerson, purpose: str, state: str, *, reason: str | None = None, reply_id: UUID | None = None
) -> None:
    if purpose == HOLDING:
        person.holding, person.holding_reason, person.holding_reply_id = state, reason, reply_id
    else:
        person.follow_up, person.follow_up_reason, person.follow_up_reply_id = state, reason, reply_id
    db.session.flush()


def _reply(actor: Actor, incident: Incident, case: Conversation, text: IncidentText, purpose: str) -> Reply:
    """The reply with these words, on its way. Raises Waits while the client is asked about them; AppError."""
    if text.state == "asked":
        raise Waits
    agreed = None
    if text.state == "agreed":
        agreed = db.session.execute(select(Approval).where(Approval.id == text.approval_id)).scalar_one()
        if agreed.policy_number != policy_in_force(case.brand_id).number:
            text.state, agreed = "ready", None  # another policy has not been asked
    # Nobody writes to each by hand, so the shorter window of messages holds.
    reply = desk.start_draft(actor, case.id, filled_in_case(text.text, case, actor), automatic=True)
    only_heard = purpose == HOLDING
    if agreed is not None:
        leave_by_yes(actor, reply.id, agreed, incident, only_heard=only_heard)
    else:
        with db.session.no_autoflush:
            decision = decision_about(actor, reply)
        if decision.needs:
            desk.submit(actor, reply.id, only_heard=only_heard)
            own = worded(
                "these words, each with their own name, answer everybody about “%(name)s”: one yes is for all",
                name=incident.name,
            )
            same = worded(
                "these words answer everybody who writes about “%(name)s”: one yes is for all", name=incident.name
            )
            every = Because("incident", own if names_people(text.text) else same)
            reply.waits_because = [*reply.waits_because, *kept_reasons(Decision(True, (every,)))]
            text.state, text.sample_reply_id = "asked", reply.id
        else:
            desk.release(actor, reply.id, only_heard=only_heard)
    inbox_desk.release(actor, case.id)
    db.session.flush()
    return reply


def decision_about(actor: Actor, reply: Reply) -> Decision:
    """Whether a draft waits for the client: by the policy, or by the guide. Raises as sending it would."""
    text, case = desk.ready_to_leave(actor, reply, "submit", "awaiting_approval", None)
    _policy, decision = desk.by_policy(reply, text, case)
    if decision.needs or not any(one.get("needs_approval") for one in text.findings):
        return decision
    return Decision(True)


def leave_by_yes(actor: Actor, reply_id: UUID, agreed: Approval, incident: Incident, *, only_heard: bool) -> None:
    """Let a draft out by the client's yes to the same words. Checks as `submit`; the decision is theirs."""
    reply = locked(reply_id)
    check_move(reply, "approve_alike")
    text, _case = desk.ready_to_leave(actor, reply, "approve_alike", "approved", None)
    reply.submitted_at, reply.only_heard = clock.now(), only_heard
    reply.policy_number, reply.waits_step = agreed.policy_number, agreed.step
    choose(reply, AS_THE_BRAND_HAS_IT, database_now())
    db.session.add(
        Approval(
            agency_id=reply.agency_id,
            id=new_id(),
            brand_id=reply.brand_id,
            reply_id=reply.id,
            reply_text_id=text.id,
            text_hash=text.text_hash,
            target_fingerprint=reply.target_fingerprint,
            decision="approved",
            reason=None,
            decided_by=agreed.decided_by,
            decided_by_name=agreed.decided_by_name,
            came_by=agreed.came_by,
            policy_number=agreed.policy_number,
            step=agreed.step,
            outcome_told_at=clock.now(),
        )
    )
    db.session.flush()
    facts = {"incident_id": str(incident.id), "yes_to_reply": str(agreed.reply_id), "text_hash": text.text_hash}
    move(reply, "approve_alike", actor=None, **facts, **told(reply))
    publish_soon(reply)


def _finish(incident: Incident) -> None:
    """Nobody is left to be written to: other cases of who was are resolved, the rest goes as the lead said."""
    told_people = select(IncidentPerson.id).where(
        IncidentPerson.incident_id == incident.id, IncidentPerson.follow_up == "made"
    )
    answered = list(
        db.session.scalars(
            select(IncidentCase.conversation_id)
            .join(
                IncidentPerson,
                and_(
                    IncidentPerson.agency_id == IncidentCase.agency_id,
                    IncidentPerson.id == IncidentCase.incident_person_id,
                ),
            )
            .join(
                Reply,
                and_(Reply.agency_id == IncidentPerson.agency_id, Reply.id == IncidentPerson.follow_up_reply_id),
            )
            .where(
                IncidentCase.incident_id == incident.id,
                IncidentCase.left_at.is_(None),
                IncidentPerson.id.in_(told_people),
                Reply.state == "published",
            )
        )
    )
    if answered:
        attaching.take_back(incident.id, answered, clock.now(), "ended", resolve=True)
    end(None, incident, incident.afterwards or "return")
