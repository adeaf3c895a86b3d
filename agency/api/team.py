"""`/team`, `/absences`, `/handovers`: who is on shift and can what, who is away, what is handed over. To be read."""

from __future__ import annotations

from typing import Any, Final

from agency.api.bearer import caller
from agency.api.blueprint import ApiBlueprint
from agency.api.examples import LATER
from agency.api.schemas.team import AbsenceList, AbsenceQuery, HandoverList, HandoverQuery, TeamList
from agency.inbox.absences import absences_of
from agency.inbox.colleagues import colleagues_of
from agency.inbox.team import held_by, team_at
from agency.replies import handover_reading
from agency.replies.handover_reading import ListedHandover, team_handovers
from tenants import clock
from tenants.permissions import Permission
from tenants.shifts import next_shift, shift_at

blueprint = ApiBlueprint("team", __name__, description="Who is on shift, who is away, what is handed over.")

_PERSON: Final = "019a8f00-0000-7000-8000-000000000071"
_OTHER: Final = "019a8f00-0000-7000-8000-000000000072"
_COLLEAGUE: Final[dict[str, Any]] = {
    "person_id": _PERSON,
    "name": "Casimir Example",
    "standing": "on",
    "until": LATER,
    "next_from": LATER,
    "languages": ["en", "pl"],
    "skills": ["refunds"],
    "held": 3,
    "most_cases": 8,
}
_ABSENCE: Final[dict[str, Any]] = {
    "id": "019a8f00-0000-7000-8000-000000000073",
    "person_id": _PERSON,
    "person_name": "Casimir Example",
    "first_day": "2026-12-21",
    "last_day": "2027-01-03",
    "stand_in_id": _OTHER,
    "stand_in_name": "Ines Example",
    "state": "agreed",
}
_HANDOVER: Final[dict[str, Any]] = {
    "id": "019a8f00-0000-7000-8000-000000000074",
    "from_person_id": _PERSON,
    "from_name": "Casimir Example",
    "to_person_id": _OTHER,
    "to_name": "Ines Example",
    "cases": 7,
    "offered_at": LATER,
    "answer_by": LATER,
    "ended": False,
    "left": None,
}


@blueprint.get("/team")
@blueprint.response(200, TeamList, example={"items": [_COLLEAGUE]})
def list_team() -> Any:
    """Everybody who works on a brand you see, by name, at most 200: how they stand to their shifts at this moment, what
    they read and can.
    """
    actor, now = caller(), clock.now()
    leads = actor.may(Permission.TEAM_MANAGE)
    people, team = colleagues_of(actor), team_at(now)
    held = held_by() if leads else {}
    items = []
    for one in people:
        known = team.of(one.person_id)
        runs, ahead = shift_at(known.work, now), next_shift(known.work, now)
        items.append(
            {
                "person_id": one.person_id,
                "name": one.name,
                "standing": known.standing(now).value,
                "until": runs.end if runs is not None else None,
                "next_from": ahead.start if ahead is not None else None,
                "languages": known.languages,
                "skills": known.skills,
                "held": held.get(one.person_id, 0) if leads else None,
                "most_cases": known.most_cases if leads else None,
            }
        )
    return {"items": items}


@blueprint.get("/absences")
@blueprint.arguments(AbsenceQuery, location="query")
@blueprint.response(200, AbsenceList, example={"items": [_ABSENCE]})
def list_absences(query: dict[str, Any]) -> Any:
    """Days somebody is away, asked for or agreed. 403 for everybody's where you lead no team."""
    actor = caller()
    return {"items": absences_of(actor, actor.user_id if query["whose"] == "mine" else None)}


@blueprint.get("/handovers")
@blueprint.arguments(HandoverQuery, location="query")
@blueprint.response(200, HandoverList, example={"items": [_HANDOVER]})
def list_handovers(query: dict[str, Any]) -> Any:
    """Handovers you gave or got in the last seven days, or everybody's nobody answered. 403 for these where you lead no
    team.
    """
    if query["whose"] == "mine":
        return {"items": [_told(one, None) for one in handover_reading.list_handovers(caller())]}
    return {"items": [_told(one.handover, one.left) for one in team_handovers(caller()).open]}


def _told(one: ListedHandover, left: int | None) -> dict[str, Any]:
    return {**one._asdict(), "ended": one.ended_at is not None, "left": left}
