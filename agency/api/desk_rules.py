"""`/rules`: the rules of the desk, for every brand and of one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final
from uuid import UUID

from agency.api.bearer import caller, id_or_nobody, known_id
from agency.api.blueprint import ApiBlueprint
from agency.api.examples import CONVERSATION_ID, LABEL_ID, LATER
from agency.api.schemas.desk_rules import (
    NewRule,
    Rule,
    RuleChanges,
    RuleMove,
    RuleQuery,
    Rules,
    RuleSwitch,
    RuleTrial,
    RuleTry,
)
from agency.api.schemas.fields import Nothing
from agency.inbox.triage import rules as room
from agency.inbox.triage.given_rules import PLAIN_FIELDS, fields_of
from agency.inbox.triage.last_week import CASES_SHOWN, Trial, try_rule
from agency.inbox.triage.rules import RuleRow

blueprint = ApiBlueprint("rules", __name__, description="Rules of the desk: what is done with words as they come in.")

_TERMS: Final[dict[str, Any]] = {
    "words": [{"language": "pt", "words": "não abre"}, {"language": "", "words": "app"}],
    "sentiments": ["negative"],
    "label_ids": [LABEL_ID],
    "points": 30,
}
_NEW: Final[dict[str, Any]] = {"brand_id": None, "name": "Outage words", "terms": _TERMS}
_RULE: Final[dict[str, Any]] = {
    "id": "019a8f00-0000-7000-8000-000000000036",
    **_NEW,
    "note": "",
    "on": True,
    "stops": False,
    "version": 1,
    "changed_at": LATER,
    "changed_by": "Casimir Example",
    "archived": False,
}
_TRIAL: Final[dict[str, Any]] = {
    "since": LATER,
    "cases": 1204,
    "taken": 41,
    "taken_before": 12,
    "added": None,
    "gone": None,
    "is_cut": False,
    "conversation_ids": [CONVERSATION_ID],
}


@blueprint.get("/rules")
@blueprint.arguments(RuleQuery, location="query")
@blueprint.response(200, Rules, example={"items": [_RULE]})
def list_rules(query: dict[str, Any]) -> Any:
    """Rules for every brand, or of one, in the order in which they are asked; at most 200."""
    rows = room.list_rules(caller(), _brand(query["brand_id"]), archived=query["archived"])
    return {"items": [_told(row) for row in rows]}


@blueprint.post("/rules")
@blueprint.arguments(NewRule, example=_NEW)
@blueprint.response(201, Rule, example=_RULE)
def create_rule(body: dict[str, Any]) -> Any:
    """Write a rule; it is asked behind the others and holds for what comes in from then on."""
    return _told(room.create_rule(caller(), _brand(body.pop("brand_id")), _data(body)))


@blueprint.post("/rules/try")
@blueprint.arguments(NewRule, example=_NEW)
@blueprint.response(200, RuleTrial, example=_TRIAL)
def try_new_rule(body: dict[str, Any]) -> Any:
    """What a rule would have done with last week's words. Nothing is changed."""
    return _trial(try_rule(caller(), _brand(body.pop("brand_id")), _data(body)))


@blueprint.get("/rules/<desk_rule_id>")
@blueprint.response(200, Rule, example=_RULE)
def get_rule(desk_rule_id: str) -> Any:
    """One rule."""
    return _told(room.get_rule(caller(), known_id(desk_rule_id)))


@blueprint.patch("/rules/<desk_rule_id>")
@blueprint.arguments(RuleChanges, example={"name": "Outage", "version": 1})
@blueprint.response(200, Rule, example={**_RULE, "name": "Outage", "version": 2})
def change_rule(body: dict[str, Any], desk_rule_id: str) -> Any:
    """Change the fields given. 409 `rule_changed` when `version` is not the present one."""
    return _told(room.change_rule(caller(), known_id(desk_rule_id), _data(body)))


@blueprint.post("/rules/<desk_rule_id>/try")
@blueprint.arguments(RuleTry, example={"name": "Outage words", "terms": _TERMS})
@blueprint.response(200, RuleTrial, example={**_TRIAL, "added": 3, "gone": 0})
def try_changed_rule(body: dict[str, Any], desk_rule_id: str) -> Any:
    """What a stored rule would have done with last week's words if it said this. Nothing is changed."""
    found = room.get_rule(caller(), known_id(desk_rule_id))
    return _trial(try_rule(caller(), found.brand_id, _data(body), found.id))


@blueprint.post("/rules/<desk_rule_id>/switch")
@blueprint.arguments(RuleSwitch, example={"on": False})
@blueprint.response(200, Rule, example={**_RULE, "on": False, "version": 2})
def switch_rule(body: dict[str, Any], desk_rule_id: str) -> Any:
    """Let it act, or not. Doing it again changes nothing."""
    return _told(room.switch_rule(caller(), known_id(desk_rule_id), on=body["on"]))


@blueprint.post("/rules/<desk_rule_id>/move")
@blueprint.arguments(RuleMove, example={"up": True})
@blueprint.response(200, Rule, example=_RULE)
def move_rule(body: dict[str, Any], desk_rule_id: str) -> Any:
    """Ask it one place earlier or later; at the end of the list nothing changes."""
    return _told(room.move_rule(caller(), known_id(desk_rule_id), up=body["up"]))


@blueprint.post("/rules/<desk_rule_id>/archive")
@blueprint.arguments(Nothing, required=False)
@blueprint.response(200, Rule, example={**_RULE, "archived": True, "version": 2})
def archive_rule(body: dict[str, Any], desk_rule_id: str) -> Any:
    """Put it away: it does nothing any more. What it did stays."""
    return _told(room.archive_rule(caller(), known_id(desk_rule_id)))


@blueprint.post("/rules/<desk_rule_id>/restore")
@blueprint.arguments(Nothing, required=False)
@blueprint.response(200, Rule, example=_RULE)
def restore_rule(body: dict[str, Any], desk_rule_id: str) -> Any:
    """Bring it back behind the others. 409 `rule_exists` where its name was given away."""
    return _told(room.archive_rule(caller(), known_id(desk_rule_id), archived=False))


def _brand(given: str | None) -> UUID | None:
    return None if given is None else id_or_nobody(given)


def _data(body: Mapping[str, Any]) -> dict[str, Any]:
    """As the room takes it: terms beside the rest."""
    data = {name: value for name, value in body.items() if name not in ("terms", "on")}
    if "on" in body:
        data["is_on"] = body["on"]
    terms = body.get("terms", {})
    # A name of ours among the terms would say the rule's own name or version.
    return {**data, **{name: value for name, value in terms.items() if name not in PLAIN}}


PLAIN: Final = frozenset({*PLAIN_FIELDS, "version"})


def _told(row: RuleRow) -> dict[str, Any]:
    return {**row._asdict(), "terms": fields_of(row.terms)}


def _trial(found: Trial) -> dict[str, Any]:
    taken = [one.came.conversation_id for one in found.found if not one.is_before and one.change != "gone"]
    return {
        "since": found.since,
        "cases": found.case_count,
        "taken": found.taken_count,
        "taken_before": found.before_count,
        "added": found.added_count,
        "gone": found.gone_count,
        "is_cut": found.is_cut,
        "conversation_ids": taken[:CASES_SHOWN],
    }
