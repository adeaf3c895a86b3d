"""Brands that are not paid for: which, since when."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import Engine, event, text

from jobs.upkeep import keep_up
from tenants import clock, read_only
from tenants.brands import archive_brand
from tenants.database import db
from tenants.models import Brand
from tenants.plan_states import GRACE, READ_ONLY_OVER
from tenants.plans import Terms
from tests.billing.payer import paying
from tests.factories import Agency, Factory
from tests.paying import billing_on, pay
from tests.stripe_world import Account

NAMES = ("Alder", "Birch", "Cedar", "Dogwood", "Elm")


@pytest.fixture
def house(make: Factory) -> Iterator[Agency]:
    """Five brands on a plan for three; the first was opened first."""
    agency = make.agency("North Pier", brands=NAMES)
    with billing_on(agency.app):
        pay(agency)
        yield agency


def settled(agency: Agency) -> int:
    with agency.entered():
        return read_only.settle(agency.id)


def held(agency: Agency) -> dict[str, str]:
    """Name → why, of those that are read-only."""
    with agency.entered():
        return {b.name: b.read_only_why or "" for b in db.session.query(Brand) if b.read_only_at is not None}


def test_what_is_beyond_the_plan_is_read_only_the_newest_first_until_it_is_paid(house: Agency) -> None:
    assert settled(house) == 2
    assert held(house) == {"Dogwood": "over_plan", "Elm": "over_plan"}
    assert settled(house) == 0
    pay(house, extra_brands=1)
    assert settled(house) == 1
    assert held(house) == {"Elm": "over_plan"}
    pay(house, extra_brands=2)
    assert settled(house) == 1
    assert held(house) == {}


def test_what_the_agency_chose_goes_first(house: Agency) -> None:
    with house.entered():
        for brand in db.session.query(Brand):
            brand.read_only_turn = {"Birch": 1, "Alder": 2}.get(brand.name)
    settled(house)
    assert held(house) == {"Alder": "over_plan", "Birch": "over_plan"}


def test_each_change_stands_in_the_brands_record(house: Agency, superuser: Engine) -> None:
    settled(house)
    pay(house, extra_brands=2)
    settled(house)
    with superuser.connect() as connection:
        lines = connection.execute(
            text("select action, count(*) from brand_audit where action like 'brand.%' group by action order by 1")
        ).all()
    assert [tuple(line) for line in lines] == [("brand.free_again", 2), ("brand.read_only", 2)]


def test_a_brand_on_the_shelf_leaves_its_place_to_another(house: Agency) -> None:
    settled(house)
    with house.entered(house.agency_admin):
        archive_brand(house.agency_admin, house.brand_ids[4])
    assert held(house) == {"Dogwood": "over_plan"}


def test_after_the_grace_some_more_each_day_and_all_at_the_end(house: Agency) -> None:
    failed = datetime(2026, 3, 2, 9, tzinfo=UTC)
    pay(house, state="past_due", extra_brands=2, failing_since=failed)
    numbers = []
    for day in range(-1, READ_ONLY_OVER + 1):
        with clock.stopped_at(failed + GRACE + timedelta(days=day)):
            settled(house)
            numbers.append(len(held(house)))
    assert numbers[0] == 0
    assert numbers == sorted(numbers)
    assert set(numbers) >= {0, 1, 3, 5}
    assert numbers[-1] == 5
    assert set(held(house).values()) == {"unpaid"}


def test_a_trial_that_is_over_holds_every_brand_from_that_second(house: Agency) -> None:
    ends_at = datetime(2026, 3, 2, 9, tzinfo=UTC)
    pay(house, state="trialing", stripe_id=None, trial_ends_at=ends_at, extra_brands=2)
    with clock.stopped_at(ends_at - timedelta(seconds=1)):
        assert settled(house) == 0
    with clock.stopped_at(ends_at):
        assert settled(house) == 5
    assert set(held(house).values()) == {"trial_over"}


def test_without_a_key_nothing_is_asked(make: Factory) -> None:
    agency, asked = make.agency("Lantern", brands=["One"]), list[str]()
    pay(agency, state="canceled")

    def note(_c: object, _cursor: object, statement: str, *_rest: object) -> None:
        asked.append(statement)

    with agency.entered():
        event.listen(Engine, "before_cursor_execute", note)
        try:
            assert read_only.settle(agency.id) == 0
        finally:
            event.remove(Engine, "before_cursor_execute", note)
    assert asked == []


def test_since_when_stays_where_only_the_reason_is_another(house: Agency) -> None:
    def since() -> list[datetime | None]:
        with house.entered():
            return [brand.read_only_at for brand in db.session.query(Brand).order_by(Brand.id)]

    with clock.stopped_at(datetime(2026, 3, 2, 9, tzinfo=UTC)):
        settled(house)
        before = since()
    pay(house, state="paused", stripe_id=None)
    with clock.stopped_at(datetime(2026, 3, 5, 9, tzinfo=UTC)):
        settled(house)
    assert set(held(house).values()) == {"trial_over"}
    assert since()[3:] == before[3:]


def test_time_that_passes_is_noticed_by_upkeep(house: Agency) -> None:
    ends_at = clock.now() + timedelta(days=1)
    pay(house, state="trialing", stripe_id=None, trial_ends_at=ends_at, extra_brands=2)
    keep_up(house.app)
    assert held(house) == {}
    with clock.stopped_at(ends_at):
        keep_up(house.app)
    assert len(held(house)) == 5


def test_what_stripe_tells_holds_for_brands_at_once(make: Factory, stripe_world: Account) -> None:
    with paying(make, stripe_world, brands=NAMES) as payer:
        payer.subscribe(Terms("start"))
        assert set(held(payer.agency).values()) == {"over_plan"}
        payer.do(Terms("start", brands=2))
        assert held(payer.agency) == {}
