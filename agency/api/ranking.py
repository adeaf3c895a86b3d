"""`/ranking-weights`: what counts how much in the queue, and last week by other weights."""

from __future__ import annotations

from typing import Any

from agency.api import examples
from agency.api.bearer import caller
from agency.api.blueprint import ApiBlueprint
from agency.api.schemas.ranking import NewWeights, WeekByWeights, Weights, WeightsLook, WeightVersions
from agency.inbox import weight_versions as room
from agency.inbox.last_week import look_at_week
from agency.inbox.week_replay import Replay
from agency.inbox.weights import DEFAULTS, checked_weights
from tenants.permissions import Permission, require

blueprint = ApiBlueprint("ranking", __name__, description="What counts how much in the queue.")

_POINTS = dict(DEFAULTS.points)
_EXAMPLE = {
    "number": 3,
    "points": {**_POINTS, "stars_1": 40},
    "note": "One star is read by everybody.",
    "back_to": None,
    "saved_by": "Ewa Lead",
    "saved_at": examples.MORNING,
    "open_count": 412,
    "ranked_count": 412,
    "ranked_at": examples.MORNING,
}
_WEEK = {
    "cases": 340,
    "is_cut": False,
    "before": {"answered": 322, "late": 12, "longest_wait_seconds": 86_400},
    "after": {"answered": 322, "late": 10, "longest_wait_seconds": 90_000},
    "avoided": [examples.CONVERSATION_ID],
    "added": [],
    "queue": [{"conversation_id": examples.CONVERSATION_ID, "after": 1, "before": 3}],
}


@blueprint.get("/ranking-weights")
@blueprint.response(200, Weights, example=_EXAMPLE)
def get_weights() -> Any:
    """The weights in force."""
    require(caller(), Permission.RANKING_MANAGE)
    return _as_data(room.weights_in_force())


@blueprint.patch("/ranking-weights")
@blueprint.arguments(NewWeights, example={"points": _POINTS, "note": "Back to normal.", "based_on": 2})
@blueprint.response(200, Weights, example=_EXAMPLE)
def change_weights(body: dict[str, Any]) -> Any:
    """Put these in force, for every brand; open cases are ranked by them within minutes.

    409 `weights_changed` when `based_on` is not the present version.
    """
    return _as_data(room.save_weights(caller(), body["points"], body["note"], body["based_on"]))


@blueprint.get("/ranking-weights/versions")
@blueprint.response(200, WeightVersions, example={"items": [_EXAMPLE]})
def list_versions() -> Any:
    """Who changed them, when and why."""
    return {"items": [_as_data(one) for one in room.list_versions(caller())]}


@blueprint.post("/ranking-weights/look")
@blueprint.arguments(WeightsLook, example={"points": _POINTS})
@blueprint.response(200, WeekByWeights, example=_WEEK)
def look(body: dict[str, Any]) -> Any:
    """Last week answered again by these weights, and the queue as it would be. Changes nothing."""
    room.require_all_brands(caller())
    found = look_at_week(room.weights_in_force().weights, checked_weights(body["points"]))
    return {
        "cases": len(found.week.cases),
        "is_cut": found.week.is_cut,
        "before": _missed(found.comparison.before),
        "after": _missed(found.comparison.after),
        "avoided": found.comparison.avoided,
        "added": found.comparison.added,
        "queue": [{"conversation_id": one.id, "after": one.after, "before": one.before} for one in found.moves],
    }


def _missed(week: Replay) -> dict[str, int]:
    return {
        "answered": len(week.served),
        "late": len(week.breaches),
        "longest_wait_seconds": week.longest_wait_seconds,
    }


def _as_data(one: room.WeightVersion) -> dict[str, Any]:
    return {**one._asdict(), "points": dict(one.weights.points), "saved_by": one.saved_by_name}
