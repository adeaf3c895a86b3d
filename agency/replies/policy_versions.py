"""Versions of a brand's approval policy: prepared by a lead, signed by the client. Flushes, never commits.

The client signs by a press on the page that says it in words. Where the agency says that its contracts allow it
(`Agency.policies_on_paper`), a lead records a signature on paper instead. What waits or is approved already stays as it
was asked; a version holds for what is submitted after it came in force.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import date
from typing import Any, Final, NamedTuple
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import func, select

from agency.replies.acknowledgement_versions import refuse_unknown_texts
from agency.replies.policy_models import ApprovalPolicy
from agency.replies.policy_telling import end_asking, tell_answered, tell_in_force, tell_signers
from agency.replies.policy_terms import Terms, read_terms, terms_from_data, terms_to_data
from styleguides.guide_steps import read_words
from styleguides.guides import lock_brand
from tenants import clock
from tenants.audit import record
from tenants.brands import brand_for
from tenants.database import db, new_id
from tenants.errors import Conflict, Forbidden, Invalid, NotFound, worded
from tenants.holders import approvers_of
from tenants.models import Agency, Brand
from tenants.people import clean_name
from tenants.permissions import Actor, Permission, require
from tenants.scope import current_scope
from tenants.states import SYSTEM, Move, StateTable

VERSIONS_SHOWN: Final = 50
_OPEN: Final = ("draft", "proposed")

POLICY_MOVES: Final = StateTable(
    "approval policy",
    [
        Move(
            "propose_policy",
            frozenset({"draft"}),
            frozenset({"proposed"}),
            Permission.POLICY_PROPOSE,
            worded("it names only people who may approve for the brand"),
        ),
        Move(
            "sign_policy",
            frozenset({"proposed"}),
            frozenset({"in_force"}),
            Permission.POLICY_SIGN,
            worded("it is what was shown, and not one's own proposal"),
        ),
        Move(
            "answer_policy",
            frozenset({"proposed"}),
            frozenset({"draft"}),
            Permission.POLICY_SIGN,
            worded("a comment says what should be different"),
        ),
        Move(
            "call_policy_back",
            frozenset({"proposed"}),
            frozenset({"draft"}),
            Permission.POLICY_PROPOSE,
            worded("the client has not decided yet"),
        ),
        Move(
            "record_on_paper",
            frozenset({"draft", "proposed"}),
            frozenset({"in_force"}),
            Permission.POLICY_PROPOSE,
            worded("the agency's contracts allow it; who signed and when is named"),
        ),
        Move("retire", frozenset({"in_force"}), frozenset({"retired"}), SYSTEM, worded("another one came in force")),
    ],
)


class Policy(NamedTuple):
    """A version's terms and number; number 0 is what holds before any: every reply waits for an owner."""

    number: int
    terms: Terms


BEFORE_ANY: Final = Policy(0, Terms())


def policy_in_force(brand_id: UUID, *, lock: bool = False) -> Policy:
    """What holds for whatever is submitted now; with `lock` until this transaction ends."""
    wanted = select(ApprovalPolicy.number, ApprovalPolicy.terms).where(
        ApprovalPolicy.brand_id == brand_id, ApprovalPolicy.state == "in_force"
    )
    row = db.session.execute(wanted.with_for_update(read=True) if lock else wanted).one_or_none()
    return Policy(row[0], terms_from_data(row[1])) if row is not None else BEFORE_ANY


def policy_of(brand_id: UUID, number: int | None) -> Policy:
    """The version of this number, whatever became of it; what holds before any for none."""
    if not number:
        return BEFORE_ANY
    terms = db.session.execute(
        select(ApprovalPolicy.terms).where(ApprovalPolicy.brand_id == brand_id, ApprovalPolicy.number == number)
    ).scalar_one()
    return Policy(number, terms_from_data(terms))


def policies_of(wanted: Collection[tuple[UUID, int | None]]) -> dict[tuple[UUID, int | None], Policy]:
    """The same of several, each a brand and a number; one statement, none where nothing was asked by a version."""
    if not any(number for _brand_id, number in wanted):
        return dict.fromkeys(wanted, BEFORE_ANY)
    rows = db.session.execute(
        select(ApprovalPolicy.brand_id, ApprovalPolicy.number, ApprovalPolicy.terms).where(
            ApprovalPolicy.brand_id.in_({brand_id for brand_id, _number in wanted}),
            ApprovalPolicy.number.in_({number or 0 for _brand_id, number in wanted}),
        )
    )
    found = {(brand_id, number): Policy(number, terms_from_data(terms)) for brand_id, number, terms in rows}
    return {one: found[one] if one[1] else BEFORE_ANY for one in wanted}


def list_versions(actor: Actor, brand_id: UUID) -> Sequence[ApprovalPolicy]:
    """The last VERSIONS_SHOWN, newest first. Raises NotFound, Forbidden."""
    brand_for(actor, brand_id)
    wanted = select(ApprovalPolicy).where(ApprovalPolicy.brand_id == brand_id)
    if not actor.may(Permission.POLICY_PROPOSE):  # what the agency has not asked yet is its own
        wanted = wanted.where(ApprovalPolicy.state != "draft")
    return db.session.scalars(wanted.order_by(ApprovalPolicy.number.desc()).limit(VERSIONS_SHOWN)).all()


def get_version(actor: Actor, brand_id: UUID, number: int) -> ApprovalPolicy:
    """One version. Raises NotFound, also for a draft to whoever only signs; Forbidden."""
    brand_for(actor, brand_id)
    version = _version(brand_id, number)
    if version.state == "draft" and not actor.may(Permission.POLICY_PROPOSE):
        raise NotFound()
    return version


def draft_policy(
    actor: Actor, brand_id: UUID, data: Mapping[str, Any], note: str = "", *, revision: int | None = None
) -> ApprovalPolicy:
    """Keep these terms as the brand's draft, in the place of the one it has.

    `revision` is that of the draft they were changed from, 0 for none. Raises Invalid naming fields; Conflict
    `policy_changed` where another stands there now, `another_waits` while the client is asked; NotFound, Forbidden.
    """
    require(actor, Permission.POLICY_PROPOSE, brand_id)
    lock_brand(brand_id)
    terms = read_terms(data)
    _refuse_strangers(terms, brand_id)
    if terms.acknowledge:
        refuse_unknown_texts(brand_id, terms.acknowledge_texts)
    words = read_words(note, "note")
    draft = _open_version(brand_id)
    if draft is not None and draft.state == "proposed":
        raise Conflict(
            worded(
                "Version %(n)s waits for the client already. Nothing was changed. "
                "Call it back first, or wait for the answer.",
                n=draft.number,
            ),
            code="another_waits",
        )
    if revision is not None and revision != (draft.revision if draft is not None else 0):
        raise Conflict(
            "Somebody changed this draft while you were at it. Nothing of yours was saved. "
            "Look at what it says now and change it again.",
            code="policy_changed",
        )
    if draft is None:
        newest = db.session.execute(
            select(func.max(ApprovalPolicy.number)).where(ApprovalPolicy.brand_id == brand_id)
        ).scalar()
        draft = ApprovalPolicy(
            agency_id=actor.agency_id, id=new_id(), brand_id=brand_id, number=(newest or 0) + 1, state="draft"
        )
        draft.revision = 0
        db.session.add(draft)
    draft.terms, draft.note = terms_to_data(terms), words
    draft.written_by, draft.written_by_name = actor.user_id, actor.name
    draft.revision += 1
    db.session.flush()
    _record(actor, draft, "draft", terms=draft.terms)
    return draft


def propose(actor: Actor, brand_id: UUID, number: int) -> ApprovalPolicy:
    """Ask the client to sign; a mail goes to everybody who may. Raises Conflict, Invalid, NotFound, Forbidden."""
    require(actor, Permission.POLICY_PROPOSE, brand_id)
    brand = lock_brand(brand_id)
    version = _version(brand_id, number)
    _refuse_strangers(terms_from_data(version.terms), brand_id)
    POLICY_MOVES.check("propose_policy", version.state, "proposed")
    version.proposal_id, version.proposed_at = new_id(), clock.now()
    version.proposed_by, version.proposed_by_name = actor.user_id, actor.name
    POLICY_MOVES.apply(version, "propose_policy")
    db.session.flush()
    _record(actor, version, "propose")
    tell_signers(actor, brand, version)
    return version


def call_back(actor: Actor, brand_id: UUID, number: int) -> ApprovalPolicy:
    """Take the asking back before it is decided. Raises Conflict, NotFound, Forbidden."""
    require(actor, Permission.POLICY_PROPOSE, brand_id)
    lock_brand(brand_id)
    version = _version(brand_id, number)
    POLICY_MOVES.apply(version, "call_policy_back")
    version.proposal_id = None
    db.session.flush()
    end_asking(version)
    _record(actor, version, "call_back")
    return version


def sign(actor: Actor, brand_id: UUID, number: int, proposal_id: UUID | None) -> ApprovalPolicy:
    """The client's yes to what was shown: this asking.

    Raises Conflict `asked_anew` where it was asked anew meanwhile; Forbidden also for who proposed it; NotFound.
    """
    brand, version = _decidable(actor, brand_id, number, "sign_policy", proposal_id)
    version.signed_how, version.signed_by, version.signed_by_name = "page", actor.user_id, actor.name
    version.signed_on = _today(brand)
    _enter_force(actor, brand, version, "sign_policy")
    return version


def answer(actor: Actor, brand_id: UUID, number: int, proposal_id: UUID | None, comment: str) -> ApprovalPolicy:
    """Give it back with what should be different. Raises Invalid naming `comment`, else as `sign`."""
    brand, version = _decidable(actor, brand_id, number, "answer_policy", proposal_id)
    version.answer = read_words(comment, "comment", needed=worded("Say in a few words what should be different."))
    POLICY_MOVES.apply(version, "answer_policy")
    version.proposal_id = None
    db.session.flush()
    _record(actor, version, "answer", words=version.answer)
    tell_answered(actor, brand, version)
    return version


def record_on_paper(actor: Actor, brand_id: UUID, number: int, signed_by_name: str, signed_on: date) -> ApprovalPolicy:
    """Put in force what the client signed on paper, as whoever recorded it says.

    Raises Forbidden where the agency's contracts do not allow it; Invalid naming `signed_by_name` or `signed_on`, a day
    that has not come; Conflict, NotFound.
    """
    require(actor, Permission.POLICY_PROPOSE, brand_id)
    brand = lock_brand(brand_id)
    version = _version(brand_id, number)
    if not on_paper(actor.agency_id):
        raise Forbidden(
            "Your agency has not said that its contracts allow signatures on paper. Nothing was changed. "
            "Ask the client to sign here, or an agency admin to allow it."
        )
    POLICY_MOVES.check("record_on_paper", version.state, "in_force")
    _refuse_strangers(terms_from_data(version.terms), brand_id)
    try:
        name = clean_name(signed_by_name)
    except Invalid as wrong:
        raise Invalid(wrong.message, errors={"signed_by_name": wrong.fields["errors"]["name"]}) from None
    if signed_on > _today(brand):
        sentence = worded("Nobody has signed it yet on that day. Write the day that stands on the paper.")
        raise Invalid(sentence, errors={"signed_on": [sentence]})
    version.signed_how, version.signed_by, version.signed_by_name = "paper", None, name
    version.signed_on = signed_on
    _enter_force(actor, brand, version, "record_on_paper")
    return version


def discard(actor: Actor, brand_id: UUID, number: int) -> None:
    """Throw a draft away that nobody was asked to sign. Raises Conflict, NotFound, Forbidden."""
    require(actor, Permission.POLICY_PROPOSE, brand_id)
    lock_brand(brand_id)
    version = _version(brand_id, number)
    if version.state != "draft":
        raise Conflict("Only a draft can be thrown away. Nothing was changed. Look at what became of it.")
    _record(actor, version, "discard")
    db.session.delete(version)
    db.session.flush()


def on_paper(agency_id: UUID) -> bool:
    """Whether the agency's contracts let a lead record what was signed on paper."""
    return bool(db.session.execute(select(Agency.policies_on_paper).where(Agency.id == agency_id)).scalar_one())


def allow_paper(actor: Actor, *, allowed: bool) -> None:
    """Say whether the agency's contracts allow signatures on paper. Raises Forbidden."""
    require(actor, Permission.BRAND_MANAGE)
    if actor.brand_ids is not None:
        raise Forbidden(
            "This holds for every brand, and you look after only some. Nothing was changed. Ask an agency admin."
        )
    agency = db.session.execute(select(Agency).where(Agency.id == actor.agency_id).with_for_update()).scalar_one()
    if agency.policies_on_paper != allowed:
        agency.policies_on_paper = allowed
        db.session.flush()
        record(actor, "agency.policies_on_paper", "agency", actor.agency_id, allowed=allowed)


def _decidable(
    actor: Actor, brand_id: UUID, number: int, move: str, proposal_id: UUID | None
) -> tuple[Brand, ApprovalPolicy]:
    require(actor, Permission.POLICY_SIGN, brand_id)
    brand = lock_brand(brand_id)
    version = _version(brand_id, number)
    POLICY_MOVES.check(move, version.state, next(iter(POLICY_MOVES.moves[move].targets)))
    if version.proposal_id != proposal_id:
        raise Conflict(
            "Something changed while you were reading, and you were asked anew. Nothing was changed. "
            "Look at what is asked now and decide again.",
            code="asked_anew",
        )
    if version.proposed_by == actor.user_id:
        raise Forbidden(
            "Whoever proposed a policy does not sign it. Nothing was changed. Ask another of the client's owners."
        )
    return brand, version


def _enter_force(actor: Actor, brand: Brand, version: ApprovalPolicy, move: str) -> None:
    """Take the place of the version in force. The brand must be locked."""
    POLICY_MOVES.check(move, version.state, "in_force")
    terms = terms_from_data(version.terms)
    moment = clock.now()
    before = db.session.scalars(
        select(ApprovalPolicy).where(ApprovalPolicy.brand_id == brand.id, ApprovalPolicy.state == "in_force")
    ).one_or_none()
    if before is not None:
        POLICY_MOVES.apply(before, "retire")
        before.retired_at = moment
        db.session.flush()  # at no time are two in force: the index would refuse
    POLICY_MOVES.apply(version, move)
    version.proposal_id = None
    version.put_in_force_by, version.put_in_force_by_name = actor.user_id, actor.name
    version.put_in_force_at = moment
    brand.needs_approval = terms.needs != "none"
    db.session.flush()
    tell_in_force(actor, brand, version)
    _record(
        actor,
        version,
        "in_force",
        how=version.signed_how,
        signed_by=version.signed_by_name,
        signed_on=version.signed_on.isoformat() if version.signed_on else None,
        against=before.number if before is not None else None,
        terms=version.terms,
    )


def _refuse_strangers(terms: Terms, brand_id: UUID) -> None:
    """Raise Invalid where the terms name somebody who may not approve for this brand."""
    known = {person.id for person in approvers_of(current_scope().agency_id, brand_id)}
    errors: dict[str, list[str]] = {}
    said = worded("names somebody who may not approve for this brand")
    if any(person not in known for step in terms.steps for person in step):
        errors["steps"] = [said]
    if any(person not in known for person in terms.escalate_to):
        errors["escalate_to"] = [said]
    if any(one.away not in known or one.person not in known for one in terms.stand_ins):
        errors["stand_ins"] = [said]
    if errors:
        raise Invalid("This policy names somebody who may not approve. Nothing was changed.", errors=errors)


def _open_version(brand_id: UUID) -> ApprovalPolicy | None:
    return db.session.scalars(
        select(ApprovalPolicy).where(ApprovalPolicy.brand_id == brand_id, ApprovalPolicy.state.in_(_OPEN))
    ).one_or_none()


def _version(brand_id: UUID, number: int) -> ApprovalPolicy:
    found = db.session.scalars(
        select(ApprovalPolicy).where(ApprovalPolicy.brand_id == brand_id, ApprovalPolicy.number == number)
    ).one_or_none()
    if found is None:
        raise NotFound()
    return found


def _today(brand: Brand) -> date:
    return clock.now().astimezone(ZoneInfo(brand.time_zone)).date()


def _record(actor: Actor, version: ApprovalPolicy, deed: str, **facts: Any) -> None:
    record(
        actor,
        f"approval_policy.{deed}",
        "approval_policy",
        version.id,
        brand_id=version.brand_id,
        number=version.number,
        **facts,
    )
