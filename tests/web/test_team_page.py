"""The team's page: a lead writes who works when, colleagues read their own and ask to be away."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask
from sqlalchemy import Engine, select

from agency.inbox import absences, team
from agency.inbox.absences import settle_absence, write_absence
from agency.inbox.team_models import Absence
from agency.notices.models import Notice
from agency.web.hours_page import over_midnight, spans_in, week_out
from tenants import clock
from tenants.database import db, new_id
from tenants.errors import Conflict, Forbidden, Invalid, NotFound
from tenants.permissions import Role
from tenants.shifts import Standing
from tests.factories import Agency, Factory
from tests.web.browser import Browser

MONDAY_NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
WEEK = {
    **{f"day.{n}": "8-12, 12:30-16" for n in range(5)},
    "day.5": "22-6",
    "day.6": "",
    "zone": "Europe/Warsaw",
    "special_days": "2026-12-24 8-12\n2026-12-28",
    "skills": "Refunds, technical,refunds ",
    "language": ["pl", "pt"],
    "most_cases": "8",
    "version": "0",
}


@pytest.fixture
def noon(monkeypatch: pytest.MonkeyPatch) -> datetime:
    monkeypatch.setattr(clock, "now", lambda: MONDAY_NOON)
    return MONDAY_NOON


def test_a_lead_writes_a_week_and_its_colleague_reads_it(
    whole_app: Flask, ana: Agency, make: Factory, noon: datetime
) -> None:
    address = f"/team/{ana.staff.user_id}"
    lead, staff = Browser(whole_app, ana.team_lead), Browser(whole_app, ana.staff)
    make.conversation(ana, holder_id=ana.staff.user_id, holder_name="S", held_until=noon + timedelta(minutes=5))
    assert lead.post(address, WEEK).status_code == 303
    shown = lead.get("/team").get_data(as_text=True)
    assert "1 on shift" in shown
    assert "until 15:00" in shown  # 16:00 in Warsaw, as the lead's clock tells it
    assert "Polish, Portuguese" in shown
    assert "refunds, technical" in shown
    assert "1 of 8" in shown
    own = staff.get(address).get_data(as_text=True)
    assert "08:00-12:00, 12:30-16:00" in own
    assert "22:00-06:00" in own  # whole, on the day it begins on
    assert "00:00-06:00" not in own
    assert "2026-12-24 08:00-12:00" in own
    assert 'name="zone"' not in own
    assert staff.get(f"/team/{ana.team_lead.user_id}").status_code == 404
    assert staff.post(address, WEEK).status_code == 403
    others = staff.get("/team").get_data(as_text=True)
    assert "1 of 8" not in others
    late = lead.post(address, WEEK)  # made from a form without a row
    assert late.status_code == 409
    assert "changed this while you were at it" in late.get_data(as_text=True)
    wrong = lead.post(address, {**WEEK, "version": "1", "day.0": "17-9", "most_cases": "many", "zone": "Mars"})
    assert wrong.status_code == 422
    page = wrong.get_data(as_text=True)
    assert page.count("aria-invalid") == 3
    assert 'value="17-9"' in page
    with ana.entered():
        assert team.team_at(noon).on_shift(noon) == {ana.staff.user_id}
        known = team.team_at(noon).of(ana.staff.user_id)
    assert (known.version, known.skills, known.most_cases) == (1, ("refunds", "technical"), 8)
    assert [known.speaks(code) for code in ("pl", "pt-BR", "en", None)] == [True, True, False, True]


def test_what_is_asked_for_counts_once_a_lead_agrees(whole_app: Flask, ana: Agency, noon: datetime) -> None:
    me, address = ana.staff.user_id, f"/team/{ana.staff.user_id}"
    lead, staff = Browser(whole_app, ana.team_lead), Browser(whole_app, ana.staff)
    asked = {"first_day": "2026-11-23", "last_day": "2026-11-25", "stand_in": str(ana.team_lead.user_id)}
    assert staff.post(f"{address}/absences", asked).status_code == 303
    with ana.entered():
        assert team.team_at(noon).standing_of(me, noon) is Standing.UNKNOWN
        one = db.session.scalars(select(Absence)).one().id
        told = db.session.scalars(select(Notice.person_id).where(Notice.kind == "absence_asked")).all()
        assert set(told) == {ana.team_lead.user_id, ana.agency_admin.user_id}
    assert staff.post(f"/absences/{one}", {"do": "agree"}).status_code == 403
    again = staff.post(f"{address}/absences", {**asked, "first_day": "2026-11-25"})
    assert again.status_code == 409
    assert "is away from 2026-11-23 to 2026-11-25 already" in again.get_data(as_text=True)
    page = lead.get("/team").get_data(as_text=True)
    assert "Absences you are asked for" in page
    assert "stands in" in page
    assert lead.post(f"/absences/{one}", {"do": "agree", "back": "team"}).headers["Location"] == "/team"
    assert lead.post(f"/absences/{one}", {"do": "agree"}).status_code == 303  # twice is once
    assert "Absences you are asked for" not in lead.get("/team").get_data(as_text=True)
    with ana.entered():
        known = team.team_at(noon)
        assert known.standing_of(me, noon) is Standing.ABSENT
        assert known.of(me).stand_in(noon) == ana.team_lead.user_id
        assert known.of(me).stand_in(noon + timedelta(days=3)) is None
        assert db.session.scalars(select(Notice.settled_at).where(Notice.kind == "absence_asked")).first() is not None
        (answer,) = db.session.scalars(select(Notice).where(Notice.kind == "absence_agreed"))
        assert (answer.person_id, answer.path) == (me, address)
    assert "Withdraw" in staff.get(address).get_data(as_text=True)
    assert staff.post(f"/absences/{one}", {"do": "withdraw"}).status_code == 303
    with ana.entered():
        assert team.team_at(noon).standing_of(me, noon) is Standing.UNKNOWN
    assert lead.post(f"/absences/{one}", {"do": "agree"}).headers["Location"] == "/team"  # told there that it is over
    assert "has settled this absence meanwhile" in lead.get("/team").get_data(as_text=True)


def test_nobody_writes_of_people_they_do_not_work_with(
    ana: Agency, stranger: Agency, make: Factory, superuser: Engine, noon: datetime
) -> None:
    apart = make.person(ana, Role.STAFF, only_brand_ids=[ana.brand_ids[1]])
    lead = make.person(ana, Role.TEAM_LEAD, only_brand_ids=[ana.brand_ids[0]])
    day = noon.date()
    values = {"zone": "UTC", "days": [[]] * 7}
    with ana.entered(lead):
        for nobody in (apart.user_id, stranger.staff.user_id, ana.client_owner.user_id, new_id()):
            with pytest.raises(NotFound):
                team.save_member(lead, nobody, values, based_on=0)
            with pytest.raises(NotFound):
                write_absence(lead, nobody, day, day)
        with pytest.raises(Forbidden):
            write_absence(ana.staff, lead.user_id, day, day)
        with pytest.raises(Forbidden):
            absences.absences_of(ana.staff, lead.user_id)
        for days in ((day, day - timedelta(days=1)), (day - timedelta(days=9), day - timedelta(days=8))):
            with pytest.raises(Invalid):
                write_absence(lead, lead.user_id, *days)
        with pytest.raises(Invalid):
            write_absence(lead, lead.user_id, day, day, stand_in_id=lead.user_id)
    with ana.entered(apart):
        made = write_absence(apart, apart.user_id, day, day).id
        assert db.session.scalars(select(Notice.person_id).where(Notice.person_id == lead.user_id)).all() == []
    with ana.entered(lead), pytest.raises(NotFound):
        settle_absence(lead, made, "agree")
    with ana.entered(ana.team_lead):
        settle_absence(ana.team_lead, made, "decline")
        with pytest.raises(Conflict):
            settle_absence(ana.team_lead, made, "agree")


@pytest.mark.parametrize("typed", ["22-6", "22-0", "0-6, 9-17", "9-17, 22-2", "0-24", "0-6, 20-24", ""])
def test_a_week_over_midnight_is_kept_as_it_is_shown(typed: str) -> None:
    week = over_midnight([spans_in(typed), *[[]] * 4, spans_in("22-6"), spans_in(typed)])
    assert over_midnight([spans_in(one) for one in week_out(week)]) == week
