"""`/brands/{id}/approval-policy`: which replies wait for the client, version by version."""

from __future__ import annotations

import re
from typing import Any

from agency.api import examples
from agency.api.bearer import caller, known_id
from agency.api.blueprint import ApiBlueprint
from agency.api.schemas.fields import Nothing
from agency.api.schemas.policies import (
    NewPolicy,
    PaperSignature,
    Policy,
    PolicyAnswer,
    PolicyInForce,
    PolicySignature,
    PolicyVersions,
    PolicyWeek,
)
from agency.replies import policy_versions as room
from agency.replies.policy_models import ApprovalPolicy
from agency.replies.policy_replay import last_week_by
from agency.replies.policy_terms import Terms, terms_as_given, terms_from_data
from tenants.brands import brand_for
from tenants.database import db
from tenants.errors import NotFound
from tenants.permissions import Permission

blueprint = ApiBlueprint("policies", __name__, description="Which replies wait for the client, and for whom.")

_NUMBER = re.compile(r"[1-9][0-9]{0,8}")
_TERMS = {**terms_as_given(Terms()), "needs": "rule", "stars_at_most": 2, "words": ["refund"]}
_EXAMPLE = {
    "number": 2,
    "state": "proposed",
    "terms": _TERMS,
    "note": "Good reviews need not wait any more.",
    "answer": "",
    "written_by": "Ewa Lead",
    "proposal_id": examples.OTHER_ID,
    "proposed_by": "Ewa Lead",
    "signed_how": None,
    "signed_by": "",
    "signed_on": None,
    "put_in_force_at": None,
    "retired_at": None,
    "revision": 1,
}
_DRAFT = {**_EXAMPLE, "state": "draft", "proposal_id": None, "proposed_by": ""}
_SIGNED = {
    **_DRAFT,
    "state": "in_force",
    "signed_how": "page",
    "signed_by": "Ana Owner",
    "signed_on": "2026-11-22",
    "put_in_force_at": examples.MORNING,
}


_WEEK = {
    "replies": 212,
    "count": 31,
    "is_cut": False,
    "median_seconds": 5400,
    "reminded": 12,
    "silent": 2,
    "untold": 0,
    "by_rule": [{"rule": "stars_at_most", "count": 31}],
    "waited": [{"reply_id": examples.REPLY_ID, "rules": ["stars_at_most"]}],
}


@blueprint.get("/brands/<brand_id>/approval-policy")
@blueprint.response(200, PolicyInForce, example={"number": 2, "terms": _TERMS})
def get_policy(brand_id: str) -> Any:
    """What holds for whatever is submitted now; number 0 where nobody has said anything: every reply waits."""
    number, terms = room.policy_in_force(brand_for(caller(), known_id(brand_id)).id)
    return {"number": number, "terms": terms_as_given(terms)}


@blueprint.get("/brands/<brand_id>/approval-policy/versions")
@blueprint.response(200, PolicyVersions, example={"items": [_SIGNED]})
def list_policies(brand_id: str) -> Any:
    """The last 50 versions, newest first; a draft is shown to the agency alone."""
    return {"items": [_as_data(one) for one in room.list_versions(caller(), known_id(brand_id))]}


@blueprint.post("/brands/<brand_id>/approval-policy/versions")
@blueprint.arguments(NewPolicy, example={"terms": _TERMS, "note": "Good reviews need not wait any more."})
@blueprint.response(201, Policy, example=_DRAFT)
def draft_policy(body: dict[str, Any], brand_id: str) -> Any:
    """Keep these terms as the brand's draft, in the place of the one it has. 409 `another_waits` while one waits."""
    return _as_data(room.draft_policy(caller(), known_id(brand_id), body["terms"], body["note"]))


@blueprint.get("/brands/<brand_id>/approval-policy/versions/<number>")
@blueprint.response(200, Policy, example=_SIGNED)
def get_policy_version(brand_id: str, number: str) -> Any:
    """One version."""
    return _as_data(room.get_version(caller(), known_id(brand_id), _known(number)))


@blueprint.get("/brands/<brand_id>/approval-policy/versions/<number>/week")
@blueprint.response(200, PolicyWeek, example=_WEEK)
def try_policy_on_last_week(brand_id: str, number: str) -> Any:
    """Which replies of the last seven days would have waited by this version, and why. Changes nothing."""
    brand = brand_for(caller(), known_id(brand_id), Permission.REPLY_READ)
    found = last_week_by(brand.id, terms_from_data(room.get_version(caller(), brand.id, _known(number)).terms))
    return {
        "replies": found.replies,
        "count": found.waited_count,
        "is_cut": found.is_cut,
        "median_seconds": found.median_seconds,
        "reminded": found.reminded,
        "silent": found.silent,
        "untold": found.untold,
        "by_rule": [{"rule": rule, "count": count} for rule, count in found.by_rule],
        "waited": [{"reply_id": one.id, "rules": [because.rule for because in one.because]} for one in found.waited],
    }


@blueprint.post("/brands/<brand_id>/approval-policy/versions/<number>/propose")
@blueprint.arguments(Nothing, required=False)
@blueprint.response(200, Policy, example=_EXAMPLE)
def propose_policy(body: dict[str, Any], brand_id: str, number: str) -> Any:
    """Ask the client to sign it; a mail goes to whoever may."""
    return _as_data(room.propose(caller(), known_id(brand_id), _known(number)))


@blueprint.post("/brands/<brand_id>/approval-policy/versions/<number>/call-back")
@blueprint.arguments(Nothing, required=False)
@blueprint.response(200, Policy, example=_DRAFT)
def call_policy_back(body: dict[str, Any], brand_id: str, number: str) -> Any:
    """Take the asking back before it is decided."""
    return _as_data(room.call_back(caller(), known_id(brand_id), _known(number)))


@blueprint.post("/brands/<brand_id>/approval-policy/versions/<number>/sign")
@blueprint.arguments(PolicySignature, example={"proposal_id": examples.OTHER_ID})
@blueprint.response(200, Policy, example=_SIGNED)
def sign_policy(body: dict[str, Any], brand_id: str, number: str) -> Any:
    """Put it in force, as the client. 409 `asked_anew` where something changed since it was read."""
    return _as_data(room.sign(caller(), known_id(brand_id), _known(number), body["proposal_id"]))


@blueprint.post("/brands/<brand_id>/approval-policy/versions/<number>/answer")
@blueprint.arguments(PolicyAnswer, example={"proposal_id": examples.OTHER_ID, "comment": "Complaints, too."})
@blueprint.response(200, Policy, example={**_DRAFT, "answer": "Complaints, too."})
def answer_policy(body: dict[str, Any], brand_id: str, number: str) -> Any:
    """Give it back with what should be different, as the client."""
    brand, asked = known_id(brand_id), body["proposal_id"]
    return _as_data(room.answer(caller(), brand, _known(number), asked, body["comment"]))


@blueprint.post("/brands/<brand_id>/approval-policy/versions/<number>/paper")
@blueprint.arguments(PaperSignature, example={"signed_by": "Ana Owner", "signed_on": "2026-11-20"})
@blueprint.response(200, Policy, example={**_SIGNED, "signed_how": "paper"})
def record_policy_on_paper(body: dict[str, Any], brand_id: str, number: str) -> Any:
    """Put in force what the client signed on paper, where the agency's contracts allow it."""
    brand = known_id(brand_id)
    return _as_data(room.record_on_paper(caller(), brand, _known(number), body["signed_by"], body["signed_on"]))


def _known(number: str) -> int:
    if not _NUMBER.fullmatch(number):
        raise NotFound()
    return int(number)


def _as_data(version: ApprovalPolicy) -> dict[str, Any]:
    db.session.flush()
    db.session.refresh(version)
    return {
        "number": version.number,
        "state": version.state,
        "terms": terms_as_given(terms_from_data(version.terms)),
        "note": version.note,
        "answer": version.answer,
        "written_by": version.written_by_name,
        "proposal_id": version.proposal_id,
        "proposed_by": version.proposed_by_name if version.proposal_id else "",
        "signed_how": version.signed_how,
        "signed_by": version.signed_by_name,
        "signed_on": version.signed_on.isoformat() if version.signed_on else None,
        "put_in_force_at": version.put_in_force_at,
        "retired_at": version.retired_at,
        "revision": version.revision,
    }
