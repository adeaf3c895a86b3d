"""What pages say where a plan is not paid: to those who pay until when and where it is mended, to others no money."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from flask import Flask

from tenants import clock, read_only
from tenants.plans import Interval, Terms
from tests.factories import Agency, Factory
from tests.paying import pay
from tests.web.browser import Browser, words_of
from tests.web.test_billing_change_page import Paid, paid
from tests.web.test_billing_page import paid_app

__all__ = ["paid", "paid_app"]


def settled(agency: Agency) -> None:
    with agency.entered():
        read_only.settle(agency.id)


def case_page(agency: Agency, conversation_id: UUID, role: str, path: str = "") -> str:
    return words_of(Browser(agency.app, agency.actors[role]).get(path or f"/conversations/{conversation_id}"))


def test_pages_say_why_and_who_mends_it_and_speak_of_money_to_nobody_else(paid_app: Flask) -> None:
    make = Factory(paid_app)
    house = make.agency("Harbour Row", brands=("Kettle", "Lamp"))
    conversation_id = make.conversation(house)
    pay(house, state="past_due", failing_since=clock.now() - timedelta(days=1))
    seen = case_page(house, conversation_id, "agency_admin")
    assert "A payment failed." in seen
    assert "Customers are answered as ever until" in seen
    assert "A payment failed." not in case_page(house, conversation_id, "staff")
    pay(house, state="canceled", ended_at=clock.now(), failing_since=None)
    settled(house)
    for_staff = case_page(house, conversation_id, "staff")
    assert "This brand is read-only." in for_staff
    assert "The plan has ended." not in for_staff
    assert "The plan has ended." in case_page(house, conversation_id, "agency_admin")
    assert "Read-only" in case_page(house, conversation_id, "agency_admin", "/brands")
    pay(house)
    settled(house)
    assert "read-only" not in case_page(house, conversation_id, "agency_admin").lower()


def test_an_end_is_said_in_its_last_days_and_not_before(paid_app: Flask) -> None:
    house = Factory(paid_app).agency("Harbour Row", brands=("Kettle",))
    for state, stripe_id, said in (("trialing", None, "The trial ends on"), ("active", "sub_1", "The plan ends on")):
        for days, is_said in ((2, True), (5, False)):
            at = clock.now() + timedelta(days=days)
            pay(house, state=state, stripe_id=stripe_id, trial_ends_at=at, ends_at=at)
            seen = words_of(Browser(paid_app, house.agency_admin).get("/brands"))
            assert (said in seen) is is_said


def test_a_year_that_goes_on_by_the_month_is_not_said_to_end(paid: Paid) -> None:
    payer = paid.payer
    payer.world.client().v1.subscriptions.cancel(str(payer.row().stripe_id))
    payer.subscribe(Terms("start", Interval.YEAR))
    payer.confirm(payer.ask(Terms("start")))
    payer.work(paid.newest())
    ends_at = payer.row().ends_at
    assert ends_at is not None
    with clock.stopped_at(ends_at - timedelta(days=1)):
        seen = words_of(Browser(payer.agency.app, payer.agency.agency_admin).get("/brands"))
    assert "Heron" in seen
    assert "The plan ends on" not in seen
