"""The client sheet by the API: the fields that programs name, and who was faster."""

from __future__ import annotations

from collections.abc import Callable

from tests.api.calling import Caller
from tests.factories import Agency


def test_a_sheet_is_written_and_read(calling: Callable[..., Caller], ana: Agency) -> None:
    lead, url = calling(ana.team_lead), f"/brands/{ana.brand_ids[0]}/client-sheet"
    assert lead.get(url).get_json()["version"] == 0
    campaign = {"title": "Advent", "starts_on": "2026-11-29", "ends_on": None, "expected_load": "more", "say": ""}
    body = {"does": "Bread", "campaigns": [campaign], "contacts": [{"name": "Robin Example"}], "version": 0}
    written = lead.patch(url, body)
    assert written.status_code == 200, str(written.get_json())
    assert written.get_json()["campaigns"] == [campaign]
    assert written.get_json()["contacts"] == [{"name": "Robin Example", "about": "", "reach": ""}]
    assert calling(ana.client_owner).get(url).get_json() == written.get_json()
    late = lead.patch(url, {"does": "Cakes", "version": 0})
    assert (late.status_code, late.get_json()["code"], late.get_json()["version"]) == (409, "sheet_changed", 1)
    wrong = lead.patch(url, {"campaigns": [{"title": "A", "starts_on": "tomorrow"}], "version": 1})
    assert (wrong.status_code, list(wrong.get_json()["errors"])) == (422, ["campaigns.0.starts_on"])
    assert calling(ana.staff).patch(url, {"does": "Cakes", "version": 1}).status_code == 403
