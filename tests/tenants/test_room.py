"""Limits where they are passed: two who ask at once for the last place get it once; without a key there are none."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor, wait
from datetime import timedelta

import pytest
from sqlalchemy import Engine, text

from channels import accounts
from tenants import api_tokens, clock, invitations, people
from tenants.brands import archive_brand, list_brands, open_brand
from tenants.errors import Forbidden
from tenants.permissions import Role
from tenants.room import OverLimit, use_of
from tenants.subscriptions import begin_trial, row_of, standing_now
from tests.factories import Agency, Factory
from tests.paying import billing_on, pay


@pytest.fixture
def paid(make: Factory) -> Iterator[Agency]:
    """On the smallest plan, with room for three brands, of which one is open, and three on staff, who are there."""
    agency = make.agency("North Pier", brands=["Gull"])
    with billing_on(agency.app):
        pay(agency)
        yield agency


def test_the_last_place_of_two_who_ask_at_once_goes_to_one(paid: Agency, superuser: Engine) -> None:
    with paid.entered(paid.agency_admin):
        open_brand(paid.agency_admin, "Second of three")

    def ask() -> str:
        with paid.entered(paid.agency_admin):
            try:
                open_brand(paid.agency_admin, "South")
            except OverLimit:
                return "over"
        return "opened"

    with ThreadPoolExecutor(1) as pool:
        with paid.entered(paid.agency_admin):
            open_brand(paid.agency_admin, "North")
            other = pool.submit(ask)
            for _ in range(1_200):
                if other.done() or _waits_for_a_lock(superuser):
                    break
                wait([other], timeout=0.05)
        assert other.result(60) == "over"
    with paid.entered():
        assert use_of(paid.id).brands == 3


def _waits_for_a_lock(superuser: Engine) -> bool:
    with superuser.connect() as connection:
        return bool(
            connection.execute(
                text("select count(*) from pg_locks where not granted and locktype <> 'advisory'")
            ).scalar_one()
        )


def test_a_refusal_names_the_limit_the_use_who_and_the_price(paid: Agency) -> None:
    pay(paid, extra_brands=3)
    with paid.entered(paid.agency_admin), pytest.raises(OverLimit) as refused:
        for number in range(7):
            open_brand(paid.agency_admin, f"Brand {number}")
    said = refused.value
    assert said.fields == {"limit": "brands", "used": 6, "allowed": 6}
    assert said.code == "over_limit"
    assert "room for 6 brands" in said.message
    assert "the plan Team, for 149.00 EUR a month" in said.message
    pay(paid, plan="team", interval="year", currency="pln")
    with paid.entered(paid.agency_admin), pytest.raises(OverLimit) as refused:
        for number in range(9):
            open_brand(paid.agency_admin, f"Further {number}")
    assert "one more, for 550.00 PLN a year" in refused.value.message


def test_a_brand_from_the_shelf_needs_a_place(paid: Agency) -> None:
    with paid.entered(paid.agency_admin):
        first = list_brands(paid.agency_admin)[0]
        archive_brand(paid.agency_admin, first.id)
        for number in range(3 - use_of(paid.id).brands):
            open_brand(paid.agency_admin, f"Brand {number}")
        with pytest.raises(OverLimit):
            archive_brand(paid.agency_admin, first.id, archived=False)


def test_seats_are_counted_with_those_that_are_offered(paid: Agency) -> None:
    admin = paid.agency_admin
    with paid.entered(admin), pytest.raises(OverLimit, match="3 staff seats, and 3 are taken"):
        invitations.invite(admin, "one@example.test", Role.STAFF, None)
    pay(paid, extra_staff_seats=1)
    with paid.entered(admin):
        _first, token = invitations.invite(admin, "one@example.test", Role.STAFF, None)
        invitations.invite(admin, "accountant@example.test", Role.BILLING_ADMIN, None)
        with pytest.raises(OverLimit):
            people.change_role(admin, paid.light.user_id, Role.STAFF, None)
        invitations.invite(admin, "one@example.test", Role.TEAM_LEAD, None)  # in the place of the first
    with paid.entered(admin):
        _again, token = invitations.invite(admin, "one@example.test", Role.STAFF, None)
    pay(paid)  # back to three: the place was offered and is gone
    with paid.app.app_context(), pytest.raises(OverLimit) as refused:
        invitations.accept_invitation(token, "One", "correct horse battery staple 9")
    assert "EUR" not in refused.value.message
    assert "invited you" in refused.value.message
    pay(paid, extra_staff_seats=1)
    with paid.app.app_context():
        assert invitations.accept_invitation(token, "One", "correct horse battery staple 9") is not None


def test_accounts_of_a_brand_are_limited(paid: Agency) -> None:
    brand, admin = paid.brand_ids[0], paid.agency_admin
    with paid.entered(admin):
        for number in range(4):
            made = accounts.connect(admin, brand, "facebook", f"90{number}", "token")
        with pytest.raises(OverLimit, match="connects 4 accounts"):
            accounts.connect(admin, brand, "facebook", "905", "token")
        accounts.disconnect(admin, made.id)
        accounts.connect(admin, brand, "facebook", "905", "token")


def test_nothing_grows_where_nothing_is_paid_but_in_the_grace(paid: Agency) -> None:
    pay(paid, state="past_due", plan="scale", failing_since=clock.now() - timedelta(days=13))
    with paid.entered(paid.agency_admin):
        open_brand(paid.agency_admin, "In the grace")
    pay(paid, state="past_due", plan="scale", failing_since=clock.now() - timedelta(days=15))
    with paid.entered(paid.agency_admin), pytest.raises(Forbidden, match=r"A payment failed\. Nothing was changed"):
        open_brand(paid.agency_admin, "After it")


def test_a_plan_without_the_api_makes_no_tokens(paid: Agency) -> None:
    admin = paid.agency_admin
    with paid.entered(admin), pytest.raises(Forbidden, match="another plan: Team, Scale"):
        api_tokens.create(admin.user_id, paid.id, "Till")
    pay(paid, plan="team")
    with paid.entered(admin):
        assert api_tokens.create(admin.user_id, paid.id, "Till").startswith("ob_")


def test_without_a_key_there_is_no_limit_and_no_statement(ana: Agency, statements: Callable[[], list[str]]) -> None:
    pay(ana, state="canceled")
    with ana.entered(ana.agency_admin):
        statements()
        for number in range(8):
            open_brand(ana.agency_admin, f"Brand {number}")
        assert not begin_trial(ana.id)
        assert standing_now(ana.id) is None
        assert not [one for one in statements() if "subscription" in one]


def test_a_check_is_two_statements_and_a_trial_begins_once(ana: Agency, statements: Callable[[], list[str]]) -> None:
    with billing_on(ana.app), ana.entered(ana.agency_admin):
        assert begin_trial(ana.id)
        assert not begin_trial(ana.id)
        began = row_of(ana.id)
        assert began is not None
        assert began.trial_ends_at is not None
        statements()
        open_brand(ana.agency_admin, "New")
        asked = [one for one in statements() if "subscription" in one or "count(brand.id)" in one]
        assert len(asked) == 2
        assert "FOR NO KEY UPDATE" in asked[0]
