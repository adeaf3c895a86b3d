"""Incidents, where leads and colleagues see them: suggested, opened, at the case, taken out, closed."""

from __future__ import annotations

import pytest
from flask import Flask
from sqlalchemy import Engine, text

from agency.inbox import intake
from channels import accounts
from tenants import clock
from tenants.scope import Scope, in_scope
from tests.factories import Agency, Factory
from tests.inbox.items import at, comment, page
from tests.web.browser import Browser

WORDS = "A app não abre desde hoje, que vergonha!"


def test_a_lead_opens_what_is_suggested_and_closes_it(
    whole_app: Flask, ana: Agency, make: Factory, superuser: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(clock, "now", lambda: at(30))
    account = make.account(ana, platform="facebook")
    with in_scope(ana.app, Scope(ana.id, frozenset({ana.brand_ids[0], ana.id}))):
        items = (comment(n, text=WORDS, created_at=at(25 + n / 9)) for n in range(1, 10))
        intake.store_page(accounts.get(account), page(*items), now=clock.now())
    monkeypatch.undo()
    monkeypatch.setattr("agency.inbox.incidents.lists.clock.now", lambda: at(31))
    lead, staff = Browser(whole_app, ana.team_lead), Browser(whole_app, ana.staff)
    shown = lead.get("/incidents").text
    assert "9 people in 1 minute" in shown
    suggested = next(part.partition('"')[0] for part in shown.split('href="')[1:] if "/suggested/" in part[:60])
    assert "dismiss" not in staff.get("/incidents").text
    assert 'hx-get="/incidents/now"' in lead.get("/inbox").text
    above = {"HX-Request": "true"}
    assert "9 people in 1 minute" in lead.get("/incidents/now", headers=above).text
    assert lead.get("/incidents/now").location.endswith("/incidents"), "without script"
    with superuser.connect() as connection:
        connection.execute(text("update sign_in_session set last_seen_at = :at"), {"at": at(-60 * 11)})
        seen = text("select count(*) from sign_in_session where last_seen_at > :at").bindparams(at=at(-60 * 10))
        connection.commit()
        assert lead.get("/incidents/now", headers=above).status_code == 200
        assert connection.execute(seen).scalar() == 0, "a page left open keeps no session alive"
        connection.commit()
        lead.get("/incidents")
        assert connection.execute(seen).scalar() == 1
    assert "/incidents/now" not in staff.get("/inbox").text
    assert staff.get("/incidents/now", headers=above).status_code == 403
    form = lead.get(suggested).text
    assert "Cases that suggest it" in form
    brand, number = ana.brand_ids[0], suggested.rpartition("/")[2]
    url = f"/incidents?brand={brand}&suggestion={number}"
    tried = lead.post(url, {"name": "App <b>down</b>", "words": "app\nnão abre", "do": "try"}).text
    assert "Of 9 open cases it takes 9" in tried
    refused = lead.post(url, {"name": "", "words": "", "do": "save"})
    assert refused.status_code == 422
    assert "Nothing was changed" in refused.text
    made = lead.post(url, {"name": "App <b>down</b>", "words": "app\nnão abre", "post": "We know.", "do": "save"})
    assert made.status_code == 303
    place = made.location
    inside = staff.get(place).text
    assert "9 cases in it, 9 people in all" in inside
    assert "App &lt;b&gt;down" in inside
    assert "afterwards" not in inside, "only a lead closes it"
    case = next(part.partition('"')[0] for part in inside.split('href="')[1:] if part.startswith("/conversations/"))
    at_case = staff.get(case).text
    assert "Part of the incident “App &lt;b&gt;down" in at_case
    assert "Part of the incident" not in Browser(whole_app, ana.client_owner).get(case).text, "between colleagues"
    out = f"{place}/cases/{case.rpartition('/')[2]}/out"
    assert staff.post(out, {"back": "case"}).location.endswith(case)
    assert "Part of the incident" not in staff.get(case).text
    assert f"taken out by {ana.staff.name}" in staff.get(f"{place}?left=1").text
    assert "people in" not in lead.get("/incidents/now", headers=above).text, "decided"
    again = staff.get(case).text
    assert "An incident is open: “App &lt;b&gt;down" in again
    form = staff.get(f"{case}/incident").text
    assert f'value="{place.rpartition("/")[2]}" required checked' in form
    assert staff.post(f"{case}/incident", {"incident": "x"}).status_code == 409
    assert staff.post(f"{case}/incident", {"incident": place.rpartition("/")[2]}).status_code == 303
    assert "Part of the incident" in staff.get(case).text
    assert f"put in by {ana.staff.name}" in staff.get(place).text
    assert "No incident of this brand is open" in staff.get(f"{case}/incident").text
    assert staff.post(out, {}).status_code == 303
    form = lead.get(f"{place}/holding").text
    assert 'name="text_pt_1"' in form
    assert lead.post(f"{place}/holding", {"text_pt_1": " "}).status_code == 422
    assert lead.post(f"{place}/holding", {"text_pt_1": "Sabemos disso."}).status_code == 303
    assert "Sent 0, on their way 0, to go 8, not possible 0." in lead.get(place).text
    assert lead.post(f"{place}/holding/stop").status_code == 303
    assert lead.post(f"{place}/follow-up", {"text_pt_1": "Já abre.", "afterwards": "no"}).status_code == 422
    assert "End it and send" in lead.get(f"{place}/follow-up").text
    assert lead.post(f"{place}/go-on").status_code == 303
    assert "many customers write about one thing" in Browser(whole_app, ana.client_owner).get("/notices").text
    narrowed = {"name": "App", "words": "app", "languages": ["pt", "en"], "posts": ["news_1"], "version": "3"}
    assert lead.post(place, {**narrowed, "do": "save"}).status_code == 303
    changed = lead.get(f"{place}/change").text
    assert all(f'value="{one}" checked' in changed for one in ("pt", "en", "news_1"))
    assert 'value="pl">' in changed
    assert lead.post(place, {"name": "Stale", "words": "app", "version": "1", "do": "save"}).status_code == 409
    assert lead.post(f"{place}/close", {"afterwards": "return"}).status_code == 303
    assert "None has ended yet" not in lead.get("/incidents?closed=1").text
    assert lead.get(f"/incidents/new?brand={brand}").status_code == 200
