"""What may be given, by programs: limits, giving once for a key, taking back, the ledger in pages."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

import pytest

from tenants.permissions import Actor
from tests.api.calling import Caller
from tests.factories import Agency, Factory

GIVING = {"amount_minor": 3000, "currency": "EUR", "words": "Cold soup"}
Calling = Callable[[Actor | None], Caller]


@pytest.fixture
def case(make: Factory, ana: Agency) -> UUID:
    return make.conversation(ana)


def set_up(calling: Calling, ana: Agency, amount_minor: int = 4000) -> dict[str, Any]:
    body = {"currency": "EUR", "version": 0, "limits": [{"kind": "case", "amount_minor": amount_minor}]}
    answer = calling(ana.team_lead).patch(f"/brands/{ana.brand_ids[0]}/limits", body)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.get_json()
    return found


def test_limits_are_written_and_read(ana: Agency, calling: Calling) -> None:
    staff, here = calling(ana.staff), f"/brands/{ana.brand_ids[0]}/limits"
    assert staff.get(here).get_json()["currency"] is None
    set_up(calling, ana)
    lead = calling(ana.team_lead)
    offer = {"title": "Cold food", "offer_limit_cents": 1000, "currency": "EUR"}
    guideline = lead.post(f"/brands/{ana.brand_ids[0]}/guidelines", offer).get_json()["id"]
    held = staff.get(here).get_json()
    assert (held["currency"], held["minor_digits"], held["version"]) == ("EUR", 2, 1)
    assert [(one["guideline_id"], one["amount_minor"], one["from_guideline"]) for one in held["limits"]] == [
        (None, 4000, False),
        (guideline, 1000, True),
    ]
    body = {"currency": "EUR", "version": 7, "limits": []}
    assert lead.patch(here, body).get_json()["code"] == "limits_changed"
    assert staff.patch(here, body).status_code == 403
    wrong = {"kind": "case", "amount_minor": 1, "guideline_id": guideline}
    assert lead.patch(here, {**body, "version": 1, "limits": [wrong]}).status_code == 422


def test_giving_happens_once_for_a_key_and_says_what_is_left(ana: Agency, case: UUID, calling: Calling) -> None:
    staff, here = calling(ana.staff), f"/conversations/{case}/goodwill"
    assert staff.post(here, GIVING).get_json()["code"] == "no_limits"
    set_up(calling, ana)
    first = staff.post(here, GIVING, key="k1")
    assert first.status_code == 201
    assert staff.post(here, GIVING, key="k1").get_json() == first.get_json()
    found = staff.get(here).get_json()
    assert [(room["guideline_id"], room["room_minor"]) for room in found["rooms"]] == [(None, 1000)]
    assert [line["number"] for line in found["lines"]] == [1]
    over = staff.post(here, {**GIVING, "amount_minor": 1001})
    assert over.status_code == 409
    told = over.get_json()
    assert (told["code"], told["left_minor"], told["limit_kind"]) == ("over_limit", 1000, "case")
    lead = calling(ana.team_lead)
    assert "over_reason" in lead.post(here, {**GIVING, "amount_minor": 1001}).get_json()["errors"]
    more = lead.post(here, {**GIVING, "amount_minor": 1001, "over_reason": "Twice"})
    assert more.get_json()["over_reason"] == "Twice"
    assert calling(ana.light).post(here, GIVING).status_code == 403
    for wrong in ({"amount_minor": 0}, {"amount_minor": 10.5}, {"currency": "USD"}, {"words": ""}, {"more": 1}):
        assert staff.post(here, {**GIVING, **wrong}).status_code == 422


def test_a_line_is_taken_back_once_and_the_ledger_goes_by_pages(ana: Agency, case: UUID, calling: Calling) -> None:
    set_up(calling, ana, 10**6)
    staff, here = calling(ana.staff), f"/conversations/{case}/goodwill"
    lines = [staff.post(here, GIVING).get_json() for _ in range(3)]
    back = staff.post(f"/ledger-lines/{lines[0]['id']}/take-back", {"reason": "Mistaken, Test Customer"})
    assert (back.status_code, back.get_json()["takes_back"]) == (201, 1)
    assert back.get_json()["words"] == "Mistaken, •••"
    again = calling(ana.team_lead).post(f"/ledger-lines/{lines[0]['id']}/take-back", {"reason": "Mistaken"})
    assert (again.get_json()["code"], again.get_json()["line_id"]) == ("taken_back_already", back.get_json()["id"])
    owner, ledger = calling(ana.client_owner), f"/brands/{ana.brand_ids[0]}/ledger"
    first = owner.get(f"{ledger}?limit=3").get_json()
    assert [line["number"] for line in first["items"]] == [4, 3, 2]
    rest = owner.get(f"{ledger}?limit=3&cursor={first['next_cursor']}").get_json()
    assert [(line["number"], line["taken_back_by"]) for line in rest["items"]] == [(1, 4)]
    assert rest["next_cursor"] is None
    assert owner.get(f"{ledger}?month=2020-01").get_json()["items"] == []
    for wrong in ("cursor=x", "cursor=-1", "month=2026-13", "month=soon"):
        assert owner.get(f"{ledger}?{wrong}").status_code == 422
