"""The team by programs: who is on shift, who is away, what is handed over."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from agency.inbox import desk
from agency.inbox.absences import write_absence
from agency.inbox.team import save_member
from agency.replies.holdings import hand_over
from tenants import clock
from tenants.database import new_id
from tests.api.calling import Caller
from tests.factories import Agency, Factory

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)


def test_a_program_reads_who_is_there_who_is_away_and_what_is_handed_over(
    lead: Caller, staff: Caller, ana: Agency, make: Factory, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(clock, "now", lambda: NOON)
    me, case = ana.staff, make.conversation(ana)
    with ana.entered(ana.team_lead):
        values = {"zone": "UTC", "days": [[[540, 1020]]] * 7, "languages": ["pl"], "skills": ["refunds"]}
        save_member(ana.team_lead, me.user_id, {**values, "most_cases": 8}, based_on=0)
        day = NOON.date() + timedelta(days=3)
        write_absence(ana.team_lead, me.user_id, day, day, stand_in_id=ana.team_lead.user_id)
    with ana.entered(me):
        desk.claim(me, case)
    read = {one["person_id"]: one for one in lead.get("/team").get_json()["items"]}
    assert read[str(me.user_id)] == {
        "person_id": str(me.user_id),
        "name": me.name,
        "standing": "on",
        "until": "2026-11-23T17:00:00.000000Z",
        "next_from": "2026-11-24T09:00:00.000000Z",
        "languages": ["pl"],
        "skills": ["refunds"],
        "held": 1,
        "most_cases": 8,
    }
    assert read[str(ana.team_lead.user_id)]["standing"] == "unknown"
    (own,) = [one for one in staff.get("/team").get_json()["items"] if one["person_id"] == str(me.user_id)]
    assert (own["held"], own["most_cases"], own["standing"]) == (None, None, "on")
    (away,) = lead.get("/absences?whose=all").get_json()["items"]
    assert (away["first_day"], away["stand_in_id"], away["state"]) == (
        "2026-11-26",
        str(ana.team_lead.user_id),
        "agreed",
    )
    assert staff.get("/absences").get_json()["items"] == [away]
    assert staff.get("/absences?whose=all").status_code == staff.get("/handovers?whose=open").status_code == 403
    with ana.entered(me):
        made = hand_over(me, new_id(), ana.team_lead.user_id, [case], {}, "").handover_id
    (mine,) = staff.get("/handovers").get_json()["items"]
    assert (mine["id"], mine["cases"], mine["ended"], mine["left"]) == (str(made), 1, False, None)
    (one,) = lead.get("/handovers?whose=open").get_json()["items"]
    assert one == {**mine, "left": 0}
