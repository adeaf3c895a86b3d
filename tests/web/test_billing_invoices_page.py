"""Invoices: those there were, the next one as Stripe then makes it, and the way to each."""

from __future__ import annotations

import csv
import io
import re

import pytest

from agency.billing import invoices
from agency.billing.models import BillingInvoice
from tenants.database import db, new_id
from tenants.plans import Terms
from tests.web.browser import Browser, words_of
from tests.web.test_billing_change_page import Paid, paid

__all__ = ["paid"]
HERE = "/billing/invoices"


def kept(paid: Paid) -> list[BillingInvoice]:
    with paid.payer.agency.entered(paid.payer.actor):
        found = invoices.newest(paid.payer.actor)
        db.session.expunge_all()
        return found


def test_the_next_one_is_what_comes_to_the_cent(paid: Paid) -> None:
    paid.payer.do(Terms("start", brands=2))
    shown = words_of(paid.browser.get(HERE))
    assert "2 × extra brand" in shown
    total = re.search(r"To be charged</b></th><td class=\"n\"><b>€([\d.,]+)", shown)
    assert total is not None
    before = {one.stripe_id for one in kept(paid)}
    paid.payer.world.move(days=32)
    paid.payer.hear()
    (came,) = [one for one in kept(paid) if one.stripe_id not in before]
    assert f"{came.total_cents / 100:.2f}" == total[1]


def test_each_says_how_it_stands_and_leads_to_stripe_at_a_press(paid: Paid) -> None:
    page = paid.browser.get(HERE).text
    assert "Paid on January 1, 2026" in page
    (one,) = kept(paid)
    assert one.number
    assert one.number in page
    answer = paid.browser.post(f"{HERE}/{one.id}")
    assert f"{paid.payer.world.api_url}/pay/i/{one.stripe_id}" in answer.text
    assert answer.headers["Cache-Control"] == "no-store"


def test_where_stripe_is_away_the_rest_of_the_page_is_there(paid: Paid) -> None:
    paid.payer.world.fail_next(500, times=4, path="/v1/invoices/create_preview")
    page = paid.browser.get(HERE).text
    assert "The next invoice is not known now." in page
    assert "Paid on January 1, 2026" in page


def test_a_plan_that_ends_has_no_next_one(paid: Paid) -> None:
    assert "The next one" in paid.browser.get(HERE).text
    at_stripe = str(paid.payer.row().stripe_id)
    paid.payer.world.client().v1.subscriptions.update(at_stripe, {"cancel_at_period_end": True})
    paid.payer.hear()
    assert "The next one" not in paid.browser.get(HERE).text


def test_a_long_list_goes_on_from_its_last_line(paid: Paid) -> None:
    (one,) = kept(paid)
    with paid.payer.agency.entered():
        for number in range(60):
            facts = {"number": f"N-{number:03}", "status": "paid", "currency": "eur", "made_at": one.made_at}
            cents = {"total_cents": 100, "due_cents": 100, "paid_cents": 100}
            db.session.add(
                BillingInvoice(agency_id=paid.payer.agency.id, id=new_id(), stripe_id=f"in_{number}", **facts, **cents)
            )
    first = paid.browser.get(HERE).text
    following = re.search(r'href="(/billing/invoices\?[^"]+)" rel="next"', first)
    assert following is not None
    second = paid.browser.get(following[1].replace("&amp;", "&")).text
    seen = re.findall(r"N-\d{3}", first), re.findall(r"N-\d{3}", second)
    assert sorted({*seen[0], *seen[1]}) == [f"N-{number:03}" for number in range(60)]
    assert not {*seen[0]} & {*seen[1]}
    rows = list(csv.reader(io.StringIO(paid.browser.get("/billing/invoices.csv").get_data().decode("utf-8-sig"))))
    assert len(rows) == 62
    assert rows[0][:5] == ["number", "made", "status", "currency", "total_cents"]


@pytest.mark.parametrize("nonsense", ["?at=x&id=y", "?at=0001-01-01T00:00:00%2B23:59&id=z", "?id=%00"])
def test_an_address_of_nonsense_is_the_beginning(paid: Paid, nonsense: str) -> None:
    assert "Paid on January 1, 2026" in paid.browser.get(HERE + nonsense).text


def test_another_agencys_invoice_is_not_there(paid: Paid) -> None:
    assert paid.browser.post(f"{HERE}/{new_id()}").status_code == 404
    staff = Browser(paid.payer.agency.app, paid.payer.agency.staff)
    assert staff.get(HERE).status_code == 403
