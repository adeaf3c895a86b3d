"""Cases that come back, where people see it: the form, the case, the list."""

from __future__ import annotations

from datetime import timedelta

from flask import Flask
from sqlalchemy import Engine, text

from agency.inbox import birthday_waking, comeback_waking
from tenants import clock
from tests.factories import Agency, Factory
from tests.web.browser import Browser


def test_a_case_is_let_come_back_and_brings_its_words(
    whole_app: Flask, ana: Agency, make: Factory, superuser: Engine
) -> None:
    case = make.conversation(ana, kind="message", text="Any news?")
    staff, place = Browser(whole_app, ana.staff), f"/conversations/{case}"
    page = staff.get(f"{place}/come-back").text
    assert "a direct message only until" in page
    assert page.count("No direct message is allowed then") >= 1, "in 30 days it is over"
    at = clock.now() + timedelta(days=2)
    refused = staff.post(f"{place}/come-back", {"until": at.isoformat(), "reason": "", "draft": "Dear <b>you</b>"})
    assert refused.status_code == 422
    assert "Write why it comes back" in refused.text
    assert "Dear &lt;b&gt;you" in refused.text
    own = staff.post(f"{place}/come-back", {"until": "own", "own": "no time", "reason": "Why"})
    assert "Choose when." in own.text
    kept = staff.post(f"{place}/come-back", {"until": at.isoformat(), "reason": "Ask the <i>shop", "draft": "Dear you"})
    assert (kept.status_code, kept.location) == (303, "/inbox")
    shown = staff.get(place).text
    assert "Comes back to you" in shown
    assert "Ask the &lt;i&gt;shop" in shown
    assert "You put this off" not in shown
    assert "Ask the" not in Browser(whole_app, ana.client_owner).get(place).text, "between colleagues"
    assert "Dear you" in staff.get(f"{place}/come-back").text, "what was chosen stands in the form"
    assert "Ask the &lt;i&gt;shop" in staff.get("/later").text
    lead = Browser(whole_app, ana.team_lead)
    assert "Nothing comes back to you." in lead.get("/later").text
    assert ana.staff.name in lead.get(f"/later?whose=all&brand={ana.brand_ids[0]}").text
    with superuser.begin() as connection:
        connection.execute(text("update comeback set comes_at = now() - interval '1 minute'"))
    with ana.entered():
        assert comeback_waking.wake_due() == 1
    shown = staff.get(place).text
    assert "You wanted this back now." in shown
    assert 'data-insert="Dear you"' in shown
    staff.post(f"{place}/come-back", {"until": "own", "own": f"{at:%Y-%m-%dT09:00}", "reason": "Once more"})
    assert "Once more" in staff.get("/later").text
    staff.post(f"{place}/come-back/end")
    assert "Nothing comes back to you." in staff.get("/later").text


def test_a_birthday_is_kept_where_the_brand_says_so_and_stands_in_the_list(
    whole_app: Flask, ana: Agency, make: Factory, superuser: Engine
) -> None:
    case = make.conversation(ana, author="Ana <b>K</b>")
    with superuser.connect() as connection:
        contact = connection.execute(text("select contact_id from conversation")).scalar_one()
    admin, staff = Browser(whole_app, ana.agency_admin), Browser(whole_app, ana.staff)
    brand, person = f"/brands/{ana.brand_ids[0]}", f"/customers/{contact}"
    given = {"birth_month": "3", "birth_day": "12", "source": "In <i>July", "agreed_on": "2026-07-01", "agrees": "1"}
    assert "Write down a birthday" not in staff.get(person).text
    assert staff.post(f"{person}/birthday", given).status_code == 409
    assert "Birthdays" not in staff.get("/later").text
    form = {"name": "One", "mark": "ON", "colour": "#1d6f8f", "language": "en", "timezone": "UTC"}
    assert admin.post(brand, {**form, "keeps_birthdays": "1"}).status_code == 303
    assert 'name="keeps_birthdays" value="1" checked' in admin.get(brand).text
    refused = staff.post(f"{person}/birthday", {**given, "birth_day": "32", "agrees": ""})
    assert refused.status_code == 422
    assert "In &lt;i&gt;July" in refused.text
    assert 'value="3" selected' in refused.text
    assert staff.post(f"{person}/birthday", given).status_code == 303
    assert "12 March" in staff.get(person).text
    assert "12 March" in Browser(whole_app, ana.light).get(person).text
    listed = staff.get(f"/later?whose=birthdays&brand={ana.brand_ids[0]}").text
    assert "12 March" in listed
    assert "Ana &lt;b&gt;K" in listed
    noon = clock.now().replace(hour=12)
    with superuser.begin() as connection:
        connection.execute(text("update contact_birthday set next_on = :day"), {"day": noon.date()})
    with clock.stopped_at(noon), ana.entered():
        assert birthday_waking.wake_due() == 1
    shown = staff.get(f"/conversations/{case}").text
    assert f"birthday is {noon.day} {noon:%B}" in shown
    assert "data-insert" not in shown.split("birthday is")[1].split("</section>")[0]
    assert admin.post(brand, form).status_code == 303
    assert "nothing comes back by it" in staff.get(person).text
    assert "Birthdays" not in staff.get("/later").text
    assert staff.post(f"{person}/birthday", {"end": "1"}).status_code == 303
    assert "12 March" not in staff.get(person).text
