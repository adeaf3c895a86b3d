"""`/clock-rules`: by when cases are heard, answered, resolved, and their client says yes; of all brands and of one."""

from __future__ import annotations

from typing import Any, Final
from uuid import UUID

from agency.api import examples
from agency.api.bearer import caller, known_id
from agency.api.blueprint import ApiBlueprint
from agency.api.schemas.clocks import ClockRules, NewClockRules
from agency.inbox import clock_versions as room
from agency.inbox.clock_versions import RulesVersion
from tenants.brands import brand_for
from tenants.permissions import Permission, require

blueprint = ApiBlueprint("clock_rules", __name__, description="By when customers hear from us.")

_RULES: Final[list[dict[str, Any]]] = [
    {"clock": "heard", "platform": "facebook", "kind": "", "said": "", "hours": 12, "counted": "plain"},
    {"clock": "answered", "platform": "", "kind": "", "said": "", "hours": 0, "counted": "same_day"},
    {"clock": "client_pauses", "platform": "", "kind": "", "said": "", "hours": 4, "counted": "business"},
]
_EXAMPLE: Final = {"number": 3, "rules": _RULES, "saved_by": "Ewa Lead", "saved_at": examples.MORNING}
_NEW: Final = {"rules": _RULES, "based_on": 2}


@blueprint.get("/clock-rules")
@blueprint.response(200, ClockRules, example=_EXAMPLE)
def get_rules() -> Any:
    """The agency's, which hold for a brand where its own say nothing."""
    require(caller(), Permission.RANKING_MANAGE)
    return _told(room.rules_in_force(None))


@blueprint.patch("/clock-rules")
@blueprint.arguments(NewClockRules, example=_NEW)
@blueprint.response(200, ClockRules, example=_EXAMPLE)
def change_rules(body: dict[str, Any]) -> Any:
    """Put these in force for every brand; the clocks of open cases are set by them within minutes.

    409 `rules_changed` when `based_on` is not the present version.
    """
    return _save(None, body)


@blueprint.get("/brands/<brand_id>/clock-rules")
@blueprint.response(200, ClockRules, example=_EXAMPLE)
def get_rules_of_brand(brand_id: str) -> Any:
    """A brand's own, which come before the agency's; none where it says nothing."""
    return _told(room.rules_in_force(brand_for(caller(), known_id(brand_id), Permission.RANKING_MANAGE).id))


@blueprint.patch("/brands/<brand_id>/clock-rules")
@blueprint.arguments(NewClockRules, example=_NEW)
@blueprint.response(200, ClockRules, example=_EXAMPLE)
def change_rules_of_brand(body: dict[str, Any], brand_id: str) -> Any:
    """Put these in force for the brand; none at all: it has the agency's. 409 `rules_changed` as above."""
    return _save(known_id(brand_id), body)


def _save(brand_id: UUID | None, body: dict[str, Any]) -> Any:
    return _told(room.save_rules(caller(), brand_id, body["rules"], based_on=body["based_on"]))


def _told(one: RulesVersion) -> dict[str, Any]:
    return {**one._asdict(), "rules": [rule._asdict() for rule in one.rules], "saved_by": one.saved_by_name}
