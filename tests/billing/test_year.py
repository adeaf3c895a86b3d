"""A year of an agency that pays, by Stripe's clock and through our own code: what stands here is what stands there.

Each year is drawn: its currency, its interval, its steps' days, and how its events come: late, twice, in any order. In
CI a few; `YEARS=200 python -m pytest -n0 tests/billing/test_year.py` walks as many as it says.
"""

from __future__ import annotations

import os
import random
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any, Final

import pytest
from sqlalchemy import select

from agency.billing import changes, subscriptions
from agency.billing.events import customer_of
from agency.billing.models import BillingChange, BillingInvoice
from tenants.database import db
from tenants.plans import Currency, Interval, Terms, allowed_by, total_cents
from tenants.subscriptions import row_of
from tests.billing.payer import PayingAgency, paying
from tests.factories import Factory
from tests.stripe_world import DAY, StandIn

YEARS: Final = int(os.environ.get("YEARS", "3"))
CURRENCIES: Final = (Currency.EUR, Currency.PLN, Currency.GBP)


@dataclass
class Year:
    """What is drawn, what was told so far and not yet heard, and the states that were gone through."""

    payer: PayingAgency
    drawn: random.Random
    heard: int = 0
    waiting: list[dict[str, Any]] = field(default_factory=list)
    states: list[str] = field(default_factory=list)
    answers: list[Any] = field(default_factory=list)

    def days(self, least: int, most: int) -> None:
        """Time goes by at Stripe; some of what it told comes now, in any order, some of it twice, the rest later."""
        self.payer.world.move(days=self.drawn.uniform(least, most))
        self.hear()

    def hear(self, *, all_of_it: bool = False) -> None:
        told = [one for one in self.payer.world.events() if customer_of(one) == self.payer.customer]
        self.waiting += told[self.heard :]
        self.heard = len(told)
        self.drawn.shuffle(self.waiting)
        number = len(self.waiting) if all_of_it else self.drawn.randint(1, 2)
        coming, self.waiting = self.waiting[:number], self.waiting[number:]
        coming += [one for one in coming if self.drawn.random() < 0.3]
        for _event in coming[:3]:  # whatever it says, it is the same question to Stripe
            self.payer.hear()
            assert self.payer.differences() == []
        with self.payer.agency.entered():
            asked_at = subscriptions.database_now()
        self.answers.append((asked_at, *subscriptions.ask(self.payer.gateway, self.payer.customer)))
        self.state()

    def state(self) -> str:
        found = self.payer.row().state
        if self.states[-1:] != [found]:
            self.states.append(found)
        return found

    def change(self, wanted: Terms) -> BillingChange:
        """Asked, pressed, done: the invoice it makes is of the very amount that was shown, and no other is made."""
        before = self.payer.invoices()
        change_id = self.payer.ask(wanted)
        shown = self.payer.change(change_id)
        self.payer.world.move(seconds=self.drawn.randint(0, 600))
        before |= {one: total for one, total in self.payer.invoices().items() if one not in before}
        self.payer.confirm(change_id)
        done = self.payer.work(change_id)
        new = {one: total for one, total in self.payer.invoices().items() if one not in before}
        if done.state == "done" and done.effect == "now":
            assert new == {done.result: shown.now_cents}
        elif done.result != changes.HELD:
            assert new == {}
        self.hear()
        return done

    def renews_at(self, cents: int) -> None:
        """The next whole period costs what was announced."""
        period_ends_at = self.payer.row().period_ends_at
        assert period_ends_at is not None
        before = self.payer.invoices()
        self.payer.world.move_to(int(period_ends_at.timestamp()) + DAY)
        self.hear(all_of_it=True)
        new = [total for one, total in self.payer.invoices().items() if one not in before]
        assert new == [cents]


@pytest.fixture
def begin(make: Factory, stripe_stand_in: StandIn) -> Callable[[int], Any]:
    def one(seed: int) -> Any:
        return paying(make, stripe_stand_in.account(), random.Random(seed).choice(CURRENCIES))

    return one


@pytest.mark.parametrize("seed", range(YEARS))
def test_a_year(begin: Callable[[int], Any], seed: int) -> None:
    drawn = random.Random(seed)
    currency = drawn.choice(CURRENCIES)
    interval = drawn.choice(list(Interval))
    with begin(seed) as payer:
        year = Year(payer, drawn)
        world = payer.world
        world.settings(retry_days=[3, 5, 7], after_retries="unpaid")
        small = Terms("start", interval, currency, brands=drawn.randint(0, 2))
        large = Terms("team", interval, currency, brands=drawn.randint(0, 3), staff_seats=drawn.randint(0, 3))
        payer.subscribe(small, trial_end=world.now + 14 * DAY)
        assert year.state() == "trialing"
        year.days(15, 16)
        assert year.state() == "active"
        year.days(2, 9)
        raised = year.change(large)
        assert (raised.state, raised.next_cents) == ("done", total_cents(large))
        assert payer.row().terms == large
        world.card(payer.customer, "4000000000000341")
        refused = year.change(replace(large, plan="scale", staff_seats=0, brands=0))
        assert (refused.why, payer.row().terms) == ("card_refused", large)
        year.renews_at(total_cents(large))
        assert year.state() == "past_due"
        first = payer.row().failing_since
        year.days(5, 6)
        assert payer.row().failing_since == first is not None
        assert payer.standing().answers, "through the whole grace"
        year.days(12, 13)
        year.hear(all_of_it=True)
        assert year.state() == "unpaid"
        assert not payer.standing().answers
        world.card(payer.customer)
        with payer.agency.entered():
            owed = db.session.scalars(select(BillingInvoice.stripe_id).where(BillingInvoice.status == "open")).all()
        for invoice in owed:
            world.pay_invoice(invoice)
        year.hear(all_of_it=True)
        assert year.state() == "active"
        lowered = year.change(small)
        assert (lowered.effect, lowered.now_cents) == ("period_end", 0)
        assert payer.standing().allowed.brands == allowed_by(large).brands
        assert payer.row().period_ends_at == lowered.takes_effect_at
        year.renews_at(total_cents(small))
        assert payer.standing().allowed == allowed_by(small)
        assert payer.order(changes.cancel).state == "done"
        year.days(1, 3)
        assert payer.standing().answers
        ends_at = payer.row().ends_at
        assert ends_at is not None
        world.move_to(int(ends_at.timestamp()) + DAY)
        year.hear(all_of_it=True)
        assert year.state() == "canceled"
        payer.subscribe(large)
        year.hear(all_of_it=True)
        assert year.state() == "active"
        assert year.states == ["trialing", "active", "past_due", "unpaid", "active", "canceled", "active"]
        with payer.agency.entered():
            kept = {one.stripe_id: one.total_cents for one in db.session.scalars(select(BillingInvoice))}
        assert kept == payer.invoices()
        answers_in_any_order(year)


def answers_in_any_order(year: Year) -> None:
    """The answers of the year again, as if slow jobs wrote them now: in any order, some twice. What stands here is
    always what the newest of those that came said, and in the end what Stripe says.
    """
    payer = year.payer
    coming = [*year.answers, *(one for one in year.answers if year.drawn.random() < 0.3)]
    year.drawn.shuffle(coming)
    with payer.now(), payer.agency.entered():
        row = row_of(payer.agency.id)
        assert row is not None
        row.fetched_at = None
        newest = coming[0]
        for asked_at, theirs, invoices in coming:
            subscriptions.apply(payer.agency.id, asked_at, theirs, invoices)
            newest = max(newest, (asked_at, theirs, invoices), key=lambda one: one[0])
            assert subscriptions.differences(row, newest[1]) == []
    assert payer.differences() == []
