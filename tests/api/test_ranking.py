"""`/ranking-weights`: the weights, their versions, and last week by others."""

from __future__ import annotations

from collections.abc import Callable
from uuid import UUID

import pytest
from flask import Flask

from agency.inbox.weights import DEFAULTS
from jobs import ranking
from tenants.permissions import Actor, Role
from tests.api.calling import Caller
from tests.factories import Agency, Factory

POINTS = dict(DEFAULTS.points)


def test_weights_are_read_changed_and_listed(lead: Caller, staff: Caller) -> None:
    first = lead.get("/ranking-weights").get_json()
    assert (first["number"], first["points"], first["saved_at"]) == (0, POINTS, None)
    body = {"points": {**POINTS, "vip": 99}, "note": "VIPs first", "based_on": 0}
    saved = lead.patch("/ranking-weights", body)
    assert saved.status_code == 200
    assert (saved.get_json()["number"], saved.get_json()["points"]["vip"]) == (1, 99)
    assert lead.patch("/ranking-weights", body).get_json()["code"] == "weights_changed"
    versions = lead.get("/ranking-weights/versions").get_json()["items"]
    assert [(one["number"], one["note"]) for one in versions] == [(1, "VIPs first"), (0, "")]
    assert staff.get("/ranking-weights").status_code == 403


@pytest.mark.parametrize("points", [{}, {**POINTS, "vip": -1}, {**POINTS, "vip": "1"}, {**POINTS, "x": 1}])
def test_what_are_no_points_changes_nothing(lead: Caller, points: dict[str, object]) -> None:
    assert lead.patch("/ranking-weights", {"points": points, "note": "x", "based_on": 0}).status_code == 422
    assert lead.post("/ranking-weights/look", {"points": points}).status_code == 422
    assert lead.get("/ranking-weights").get_json()["number"] == 0


def test_a_look_changes_nothing_and_is_for_who_leads_every_brand(
    whole_app: Flask, calling: Callable[[Actor | None], Caller], lead: Caller, make: Factory, ana: Agency
) -> None:
    low = make.conversation(ana, kind="review", stars=1)
    high = make.conversation(ana, kind="review", stars=2)
    ranking.rank_due(whole_app)
    found = lead.post("/ranking-weights/look", {"points": {**POINTS, "stars_2": 500}}).get_json()
    assert [UUID(one["conversation_id"]) for one in found["queue"]] == [high, low]
    assert (found["cases"], found["is_cut"], found["queue"][0]["before"]) == (2, False, 2)
    assert lead.get("/ranking-weights").get_json()["number"] == 0
    narrow = calling(make.person(ana, Role.TEAM_LEAD, only_brand_ids=ana.brand_ids[:1]))
    assert narrow.post("/ranking-weights/look", {"points": POINTS}).status_code == 403
