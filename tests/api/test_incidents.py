"""Incidents by API: opened, listed, ended with a follow-up or without."""

from __future__ import annotations

from collections.abc import Callable

from tenants.permissions import Actor
from tests.api.calling import Caller
from tests.factories import Agency, Factory


def test_incidents_are_opened_listed_and_ended(
    calling: Callable[[Actor | None], Caller], make: Factory, ana: Agency
) -> None:
    lead, brand = calling(ana.team_lead), str(ana.brand_ids[0])
    make.account(ana, platform="facebook")
    given = {"words": [{"language": "", "words": "app"}], "languages": ["pt"], "posts": ["news_1"]}
    ids = []
    for number in range(3):
        made = lead.post("/incidents", {"brand_id": brand, "name": f"App {number}", **given})
        assert made.status_code == 201
        ids.append(made.get_json()["id"])
        assert made.get_json()["attaches"] == given
    assert lead.post("/incidents", {"brand_id": brand, "name": "x", "languages": ["pt"]}).get_json()[
        "errors"
    ].keys() == {"words"}
    first = lead.get("/incidents?limit=2").get_json()
    rest = lead.get(f"/incidents?limit=2&cursor={first['next_cursor']}&brand_id={brand}").get_json()
    assert [one["id"] for one in (*first["items"], *rest["items"])] == ids[::-1]
    assert rest["next_cursor"] is None
    ended = lead.post(f"/incidents/{ids[0]}/end", {"afterwards": "resolve"}).get_json()
    assert (ended["state"], ended["closed_by"]) == ("closed", ana.team_lead.name)
    assert lead.get("/incidents?closed=1").get_json()["items"][0]["id"] == ids[0]
    texts = {"afterwards": "return", "follow_up": {"pt": ["Já abre, {customer_name}."]}}
    for wrong in ({"pt": "x"}, {"pt": [7]}, {}, {"pt": ["{order}"]}, {"p" * 900: ["Já abre."]}):
        assert lead.post(f"/incidents/{ids[1]}/end", {**texts, "follow_up": wrong}).status_code == 422
    assert lead.post(f"/incidents/{ids[1]}/end", texts).get_json()["state"] == "ending"
    assert lead.post(f"/incidents/{ids[0]}/end", texts).status_code == 409
    assert calling(ana.staff).post(f"/incidents/{ids[2]}/end", texts).status_code == 403
