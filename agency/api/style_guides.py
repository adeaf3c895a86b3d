"""`/brands/{id}/style-guide`: versions, and the one in force."""

from __future__ import annotations

import re
from typing import Any

from agency.api import guide_examples as examples
from agency.api.bearer import caller, known_id
from agency.api.blueprint import ApiBlueprint
from agency.api.listing import bad_cursor, page_of
from agency.api.schemas.fields import Nothing, PageQuery
from agency.api.schemas.style_guides import (
    Answer,
    Approval,
    ExportedGuide,
    ExportQuery,
    GuideFile,
    GuideTrial,
    NewVersion,
    Proposal,
    ReturnReason,
    Steps,
    StyleGuideVersion,
    VersionPage,
)
from agency.notices import guide_mails
from agency.replies.guide_trials import try_version
from styleguides import guides, proposals
from styleguides.guide_steps import steps_of
from styleguides.importing import import_draft, write_version
from tenants.database import db
from tenants.errors import NotFound

blueprint = ApiBlueprint("style_guides", __name__, description="How a brand speaks, version by version.")

_NUMBER = re.compile(r"[1-9][0-9]{0,8}")


@blueprint.get("/brands/<brand_id>/style-guide")
@blueprint.response(200, StyleGuideVersion, example=examples.VERSION)
def get_guide_in_force(brand_id: str) -> Any:
    """The version in force; 404 where the brand has none."""
    version = guides.get_version_in_force(caller(), known_id(brand_id))
    if version is None:
        raise NotFound()
    return version


@blueprint.get("/brands/<brand_id>/style-guide/versions")
@blueprint.arguments(PageQuery, location="query")
@blueprint.response(200, VersionPage, example={"items": [examples.VERSION], "next_cursor": None})
def list_versions(query: dict[str, Any], brand_id: str) -> Any:
    """Every version, newest first."""
    versions = list(guides.list_versions(caller(), known_id(brand_id)))
    if query["cursor"] is not None:
        if not _NUMBER.fullmatch(query["cursor"]):
            raise bad_cursor()
        versions = [version for version in versions if version.number < int(query["cursor"])]
    return page_of(versions, query["limit"], lambda version: str(version.number))


@blueprint.post("/brands/<brand_id>/style-guide/versions")
@blueprint.arguments(NewVersion, example=examples.NEW_VERSION)
@blueprint.response(201, StyleGuideVersion, example={**examples.VERSION, "state": "draft", "put_in_force_at": None})
def draft_version(body: dict[str, Any], brand_id: str) -> Any:
    """Write a new version as a draft. 422 `rules_invalid` names every faulty rule and field."""
    version = guides.draft_version(
        caller(), known_id(brand_id), body["rules"], body["note"], voice=body["voice"], identity=body["identity"]
    )
    db.session.refresh(version)
    return version


@blueprint.post("/brands/<brand_id>/style-guide/import")
@blueprint.arguments(GuideFile, example=examples.GUIDE_FILE)
@blueprint.response(201, StyleGuideVersion, example={**examples.VERSION, "state": "draft", "put_in_force_at": None})
def import_version(body: dict[str, Any], brand_id: str) -> Any:
    """Keep a file as a draft. 422 `guide_unreadable` names every faulty place by line, rule and field."""
    return _fresh(import_draft(caller(), known_id(brand_id), body["source"], body["note"]))


@blueprint.get("/brands/<brand_id>/style-guide/versions/<number>/export")
@blueprint.arguments(ExportQuery, location="query")
@blueprint.response(200, ExportedGuide, example={"number": 3, "form": "yaml", "source": examples.GUIDE_FILE["source"]})
def export_version(query: dict[str, Any], brand_id: str, number: str) -> Any:
    """One version as a file to keep, change, or bring to another brand."""
    version = guides.get_version(caller(), known_id(brand_id), _known(number))
    return {"number": version.number, "form": query["form"], "source": write_version(query["form"], version)}


@blueprint.get("/brands/<brand_id>/style-guide/versions/<number>")
@blueprint.response(200, StyleGuideVersion, example=examples.VERSION)
def get_version(brand_id: str, number: str) -> Any:
    """One version."""
    return guides.get_version(caller(), known_id(brand_id), _known(number))


@blueprint.get("/brands/<brand_id>/style-guide/versions/<number>/steps")
@blueprint.response(200, Steps, example=examples.GUIDE_STEPS)
def list_steps(brand_id: str, number: str) -> Any:
    """Who proposed it, who answered, who put it in force, and in which words."""
    version = guides.get_version(caller(), known_id(brand_id), _known(number))
    return {"number": version.number, "state": version.state, "items": steps_of(version)}


@blueprint.get("/brands/<brand_id>/style-guide/versions/<number>/trial")
@blueprint.response(200, GuideTrial, example=examples.GUIDE_TRIAL)
def try_on_last_replies(brand_id: str, number: str) -> Any:
    """The version held against the brand's last 200 replies that were sent or handed in: those that fare otherwise."""
    found = try_version(caller(), known_id(brand_id), _known(number))
    return {
        "number": int(number),
        "held": found.held,
        "stopped_now": found.count("stopped_now"),
        "cases": [
            {
                "reply_id": case.written.key.id,
                "outcome": case.outcome,
                "text": case.written.text,
                "findings": case.findings,
            }
            for case in found.cases
        ],
    }


@blueprint.post("/brands/<brand_id>/style-guide/versions/<number>/put-in-force")
@blueprint.arguments(ReturnReason, required=False, example={"reason": ""})
@blueprint.response(200, StyleGuideVersion, example=examples.VERSION)
def put_in_force(body: dict[str, Any], brand_id: str, number: str) -> Any:
    """Let the brand speak by this version; the one before is retired. An older one comes back with a `reason`.

    409 `guide_needs_approval` where the brand leaves it to the client.
    """
    return _fresh(guides.put_in_force(caller(), known_id(brand_id), _known(number), body.get("reason", "")))


@blueprint.post("/brands/<brand_id>/style-guide/versions/<number>/propose")
@blueprint.arguments(Proposal, example={"note": "Softer words for complaints."})
@blueprint.response(200, StyleGuideVersion, example=examples.PROPOSED_VERSION)
def propose(body: dict[str, Any], brand_id: str, number: str) -> Any:
    """Ask the client to put it in force. 409 `another_waits` while another version of the brand does."""
    brand = known_id(brand_id)
    guide_mails.propose(caller(), brand, _known(number), body["note"])
    return _fresh(guides.version_of(brand, int(number)))


@blueprint.post("/brands/<brand_id>/style-guide/versions/<number>/call-back")
@blueprint.arguments(Nothing, required=False)
@blueprint.response(200, StyleGuideVersion, example={**examples.VERSION, "state": "draft", "put_in_force_at": None})
def call_back(body: dict[str, Any], brand_id: str, number: str) -> Any:
    """Take the asking back before it is decided."""
    return _fresh(proposals.call_back(caller(), known_id(brand_id), _known(number)))


@blueprint.post("/brands/<brand_id>/style-guide/versions/<number>/approve")
@blueprint.arguments(Approval, example={"proposal_id": examples.GUIDE_STEPS["items"][0]["id"], "against": 2})
@blueprint.response(200, StyleGuideVersion, example=examples.VERSION)
def approve(body: dict[str, Any], brand_id: str, number: str) -> Any:
    """Put it in force, as the client. 409 `asked_anew` where something changed since it was read."""
    asked, against = body["proposal_id"], body["against"]
    version = guide_mails.approve(caller(), known_id(brand_id), _known(number), asked, against, body["comment"])
    return _fresh(version)


@blueprint.post("/brands/<brand_id>/style-guide/versions/<number>/answer")
@blueprint.arguments(Answer, example={"proposal_id": examples.GUIDE_STEPS["items"][0]["id"], "comment": "Shorter."})
@blueprint.response(200, StyleGuideVersion, example={**examples.VERSION, "state": "draft", "put_in_force_at": None})
def answer(body: dict[str, Any], brand_id: str, number: str) -> Any:
    """Give it back with what should be different, as the client."""
    version = guide_mails.answer(caller(), known_id(brand_id), _known(number), body["proposal_id"], body["comment"])
    return _fresh(version)


def _known(number: str) -> int:
    if not _NUMBER.fullmatch(number):
        raise NotFound()
    return int(number)


def _fresh(version: Any) -> Any:
    db.session.flush()
    db.session.refresh(version)
    return version
