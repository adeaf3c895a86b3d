"""The demo's day is one of many: somebody is at work, something was handed over, promised, asked, or goes wrong."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

from agency.demo import corpus, last_weeks, living_day
from agency.inbox.models import Conversation
from agency.reports import folding
from agency.reports.figures import read_figures
from tenants import clock
from tenants.brand_hours import as_hours
from tenants.business_time import BusinessTime
from tenants.database import db, new_id
from tenants.shifts import Standing, WorkTimes, standing_at
from tests.factories import Agency, Factory


def test_the_last_weeks_make_figures_of_every_day(make: Factory, ana: Agency) -> None:
    make.account(ana)
    keys = [brand.key for brand in corpus.load_brands()]
    with clock.stopped_at(datetime(2026, 11, 25, 14, tzinfo=UTC)):  # a day that is the same in every brand's place
        with ana.entered():
            count = last_weeks.write_last_weeks(ana.id, {**dict.fromkeys(keys, new_id()), keys[0]: ana.brand_ids[0]})
            folding._keep(ana.id, set(db.session.scalars(select(Conversation.id))))
        with ana.entered(ana.team_lead):
            found = read_figures(ana.team_lead, 28)
    assert len({one.day for one in found.days}) == last_weeks.DAYS
    public, private = found.total("public"), found.total("private")
    assert public.received + private.received == count
    for sums in (public, private):
        assert 0 < sums.answered < sums.asked
        assert sums.missed
        assert sums.met


@pytest.mark.parametrize("hour", [0, 3, 12, 23])
def test_whenever_a_demo_is_started_its_shifts_lie_around_that_hour(hour: int) -> None:
    now = datetime(2026, 11, 26, hour, 40, tzinfo=UTC)
    for shift in json.loads(living_day.LISTED.read_text(encoding="utf-8"))["team"].values():
        week = living_day._week(shift, now)
        work = WorkTimes(BusinessTime(as_hours(week["zone"], week["days"])))
        for day in (0, 1, 2, 7, 8):
            is_on = standing_at(work, now + timedelta(days=day)) is Standing.ON
            assert is_on == (shift["from_hours"] <= 0 < shift["to_hours"]), (shift, day)
