"""When replies go out, and what may be asked where one did not get through; a brand's hours."""

from __future__ import annotations

from typing import Any

from agency.api import examples
from agency.api.bearer import caller, known_id
from agency.api.blueprint import ApiBlueprint
from agency.api.schemas.fields import Nothing
from agency.api.schemas.replies import Reply, SendingTime, when_of
from agency.api.schemas.sending import AskedLook, BrandHours, UndoTime
from agency.replies import desk, failures, queries, sending_time
from tenants import brand_hours
from tenants.brands import brand_for

blueprint = ApiBlueprint("sending", __name__, description="When replies go out, and what helps where one did not.")

_LATER = {
    **examples.REPLY,
    "state": "approved",
    "not_before": examples.LATER,
    "not_before_because": "chosen",
}
_DAY = [[540, 720], [780, 1020]]
_HOURS = {
    "days": [_DAY, _DAY, _DAY, _DAY, _DAY, [], []],
    "zone": "Europe/Warsaw",
    "sends_in_hours": True,
    "country": "PL",
    "part": "",
    "special_days": {"2026-12-24": [[540, 720]], "2026-12-31": []},
}


@blueprint.post("/replies/<reply_id>/time")
@blueprint.arguments(SendingTime, example={"when": "chosen", "at": examples.LATER})
@blueprint.response(200, Reply, example=_LATER)
def change_time(body: dict[str, Any], reply_id: str) -> Any:
    """Another time for a reply that waits for a yes or for its time. 409 `too_late` once it is being sent,
    `window_closes_before` with `until` where the platform would take it no more by then.
    """
    return queries.get_reply(desk.change_time(caller(), known_id(reply_id), when_of(body)).id)


@blueprint.post("/replies/<reply_id>/check-now")
@blueprint.arguments(Nothing, required=False)
@blueprint.response(
    200,
    AskedLook,
    example={"reply": {**examples.REPLY, "state": "outcome_unknown", "trouble": "no_answer"}, "tells_at": None},
)
def check_now(body: dict[str, Any], reply_id: str) -> Any:
    """Look on the platform now for a reply of which nobody knows whether it arrived. 429 `looked_just_now`."""
    asked = failures.check_now(caller(), known_id(reply_id))
    return {"reply": queries.get_reply(asked.reply.id), "tells_at": asked.tells_at}


@blueprint.post("/replies/<reply_id>/try-again")
@blueprint.arguments(Nothing, required=False)
@blueprint.response(200, Reply, example={**examples.REPLY, "state": "approved"})
def try_again(body: dict[str, Any], reply_id: str) -> Any:
    """Send once more what surely did not arrive, by the yes it has. 409 `may_have_arrived` where a look comes first."""
    return queries.get_reply(failures.try_again(caller(), known_id(reply_id)).id)


@blueprint.get("/brands/<brand_id>/hours")
@blueprint.response(200, BrandHours, example=_HOURS)
def get_hours(brand_id: str) -> Any:
    """When the brand answers; seven empty days where it has said nothing of it."""
    brand = brand_for(caller(), known_id(brand_id))
    row = brand_hours.kept_hours(brand.id)
    if row is None:
        empty = {"country": "", "part": "", "special_days": {}}
        return {"days": [[]] * 7, "zone": brand.time_zone, "sends_in_hours": False, **empty}
    return row


@blueprint.put("/brands/<brand_id>/hours")
@blueprint.arguments(BrandHours, example=_HOURS)
@blueprint.response(200, BrandHours, example=_HOURS)
def set_hours(body: dict[str, Any], brand_id: str) -> Any:
    """Say when the brand answers, in the place of what was said before. Whose public holidays it keeps and special days
    stay as they are where they are left out.
    """
    return brand_hours.set_hours(caller(), known_id(brand_id), **body)


@blueprint.get("/undo-time")
@blueprint.response(200, UndoTime, example={"undo_seconds": 10})
def get_undo_time() -> Any:
    """How long a reply that needs no yes can be undone."""
    return {"undo_seconds": sending_time.undo_seconds_of(caller().agency_id)}


@blueprint.patch("/undo-time")
@blueprint.arguments(UndoTime, example={"undo_seconds": 30})
@blueprint.response(200, UndoTime, example={"undo_seconds": 30})
def set_undo_time(body: dict[str, Any]) -> Any:
    """Say so for every brand: 0 to 120 seconds, 0 for not at all."""
    return {"undo_seconds": sending_time.set_undo_seconds(caller(), body["undo_seconds"])}
