"""What a change costs is what was shown, once; what is less waits for the period's end; nothing is a surprise."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from sqlalchemy import select

from agency.billing import carrying_out, changes
from agency.billing.change_rules import Effect, effect_of
from tenants import clock
from tenants.database import db
from tenants.errors import Conflict, Forbidden, Invalid, NotFound, Unavailable
from tenants.models import AgencyAudit, Brand, OutboxEntry
from tenants.plans import Currency, Interval, Terms
from tests.billing.payer import PayingAgency, paying
from tests.factories import Factory
from tests.stripe_world import Account

START, TEAM, SCALE = Terms("start"), Terms("team"), Terms("scale")


@pytest.fixture
def payer(make: Factory, stripe_world: Account) -> Iterator[PayingAgency]:
    with paying(make, stripe_world) as found:
        yield found


def test_when_a_change_holds() -> None:
    year = replace(TEAM, interval=Interval.YEAR)
    assert effect_of(TEAM, START, None) is Effect.NOW
    assert effect_of(year, TEAM, None) is Effect.NOW
    assert effect_of(START, TEAM, None) is Effect.PERIOD_END
    assert effect_of(replace(TEAM, brands=1), replace(TEAM, brands=3), None) is Effect.PERIOD_END
    assert effect_of(TEAM, year, None) is Effect.YEAR_END
    assert effect_of(replace(SCALE, brands=3), year, None) is Effect.YEAR_END, "all of it at the year's end"
    assert effect_of(TEAM, START, TEAM) is Effect.TAKE_BACK
    for wanted, present, kept, code in (
        (START, START, None, "same_terms"),
        (replace(START, currency=Currency.PLN), START, None, "invalid"),
        (replace(START, brands=4), START, None, "invalid"),
        (replace(START, staff_seats=-1), START, None, "invalid"),
        (Terms("gold"), START, None, "invalid"),
        (replace(START, staff_seats=9), TEAM, None, "more_and_less"),
        (replace(year, plan="start"), TEAM, None, "more_and_less"),
        (SCALE, START, TEAM, "smaller_waits"),
    ):
        with pytest.raises((Invalid, Conflict)) as refused:
            effect_of(wanted, present, kept)
        assert refused.value.code == code, wanted


def test_more_is_paid_at_once_at_the_price_shown_and_pressed_twice_it_is_one(payer: PayingAgency) -> None:
    payer.subscribe(START)
    payer.world.move(days=11, hours=5, seconds=17)
    change_id = payer.ask(replace(TEAM, brands=2))
    shown = payer.change(change_id)
    assert shown.next_cents == 14900 + 2 * 1200
    assert shown.now_cents == sum(line["cents"] for line in shown.lines) == shown.due_cents
    assert 0 < (shown.now_cents or 0) < shown.next_cents
    before = payer.invoices()
    payer.world.move(seconds=400)
    payer.confirm(change_id)
    payer.confirm(change_id)
    with payer.agency.entered():
        promised = db.session.scalars(select(OutboxEntry).where(OutboxEntry.job_name == "change_billing")).all()
        assert len(promised) == 1
    done = payer.work(change_id)
    assert payer.work(change_id).state == done.state == "done"
    new = {one: total for one, total in payer.invoices().items() if one not in before}
    assert new == {done.result: shown.now_cents}
    assert payer.row().terms == replace(TEAM, brands=2)
    assert payer.differences() == []
    with payer.agency.entered():
        told = db.session.scalars(select(AgencyAudit.action).order_by(AgencyAudit.number)).all()
    assert told == ["billing.change_confirmed", "billing.change_done"]


def test_one_more_brand_and_one_less_of_the_same_plan(payer: PayingAgency) -> None:
    payer.subscribe(replace(START, brands=1, light_seats=2))
    payer.world.move(days=10)
    more = payer.do(replace(START, brands=3, light_seats=2))
    assert (more.state, more.next_cents) == ("done", 4900 + 3600 + 600)
    assert [line["cents"] for line in more.lines if line["cents"] > 0 and line["key"] != "agency_brand_month_eur"] == []
    assert payer.row().terms == replace(START, brands=3, light_seats=2)
    assert payer.do(replace(START, brands=3)).effect == "period_end"
    assert payer.row().terms == replace(START, brands=3)
    assert payer.standing().allowed.light_seats == 5
    assert payer.differences() == []


@pytest.mark.parametrize("after", [False, True])
def test_stripe_that_dies_in_the_middle_does_it_once(payer: PayingAgency, after: bool) -> None:
    payer.subscribe(START)
    payer.world.move(days=3)
    change_id = payer.ask(TEAM)
    payer.confirm(change_id)
    before = payer.invoices()
    payer.world.fail_next("reset", times=2, path="/v1/subscriptions/sub_", method="POST", after=after)
    with pytest.raises(Unavailable):
        payer.work(change_id)
    assert payer.change(change_id).state == "confirmed"
    done = payer.work(change_id)
    new = {one: total for one, total in payer.invoices().items() if one not in before}
    assert new == {done.result: done.now_cents}
    written = payer.world.requests("POST", "/v1/subscriptions/sub_")
    assert {one["key"] for one in written} == {f"change:{change_id}"}


def test_a_card_that_is_refused_changes_nothing(payer: PayingAgency) -> None:
    payer.subscribe(START)
    payer.world.move(days=3)
    payer.world.card(payer.customer, "4000000000000341")
    before = payer.invoices()
    refused = payer.do(TEAM)
    assert (refused.state, refused.why) == ("dropped", "card_refused")
    assert payer.invoices() == before
    assert (payer.row().terms, payer.row().state) == (START, "active")
    payer.world.card(payer.customer)
    assert payer.do(TEAM).state == "done", "asked again with a card that pays"


def test_a_price_that_is_old_or_no_longer_true_is_not_taken(payer: PayingAgency) -> None:
    sub = payer.subscribe(START)
    payer.world.move(days=3)
    old = payer.ask(TEAM)
    payer.world.move(seconds=901)
    with pytest.raises(Conflict) as refused:
        payer.confirm(old)
    assert refused.value.code == "asked_again"
    change_id = payer.ask(TEAM)
    payer.confirm(change_id)
    extra = payer.gateway.prices()["agency_brand_month_eur"].id
    payer.gateway.change(sub, {"items": [{"price": extra, "quantity": 1}]}, "by hand")
    assert payer.work(change_id).why == "changed_since"
    assert payer.row().terms == replace(START, brands=1), "and what holds there is what stands here"
    credited = payer.ask(TEAM)
    payer.confirm(credited)
    payer.world.client().v1.customers.update(payer.customer, {"balance": -500})
    dropped = payer.work(credited)
    assert (dropped.state, dropped.why) == ("dropped", "price_changed")
    assert payer.row().terms == replace(START, brands=1)


def test_less_holds_from_the_next_period_and_can_be_taken_back(payer: PayingAgency) -> None:
    payer.subscribe(replace(TEAM, brands=2))
    payer.world.move(days=10)
    before = payer.invoices()
    done = payer.do(START)
    assert (done.state, done.now_cents, done.next_cents, done.effect) == ("done", 0, 4900, "period_end")
    assert payer.invoices() == before, "no refund by surprise"
    assert payer.standing().allowed.brands == 10, "what was paid for stays"
    assert done.takes_effect_at == payer.row().period_ends_at == payer.row().kept_until
    with pytest.raises(Conflict):
        payer.ask(SCALE)
    back = payer.do(replace(TEAM, brands=2))
    assert (back.effect, back.now_cents, back.next_cents) == ("take_back", 0, 14900 + 2400)
    assert payer.invoices() == before
    assert payer.row().kept is None
    payer.do(START)
    payer.world.move(days=22)
    payer.hear()
    assert next(iter(payer.invoices().values())) == 4900
    assert payer.standing().allowed.brands == 3
    assert payer.row().kept is None


def test_a_period_that_turned_meanwhile_is_asked_about_again(payer: PayingAgency) -> None:
    payer.subscribe(TEAM)
    ends_at = payer.row().period_ends_at
    assert ends_at is not None
    payer.world.move_to(int(ends_at.timestamp()) - 300)
    smaller, larger = payer.ask(START), payer.ask(SCALE)
    payer.confirm(smaller)
    payer.world.move(seconds=600)
    assert payer.work(smaller).why == "price_changed"
    assert payer.row().terms == TEAM
    payer.confirm(larger)
    assert payer.work(larger).why == "price_changed"
    assert payer.row().terms == TEAM


def test_in_the_last_minutes_of_a_period_nothing_is_taken_back(payer: PayingAgency) -> None:
    payer.subscribe(TEAM)
    payer.do(START)
    ends_at = payer.row().kept_until
    assert ends_at is not None
    payer.world.move_to(int(ends_at.timestamp()) - 120)
    assert payer.do(TEAM).why == "price_changed"
    assert payer.row().terms == START


def test_whoever_owes_a_payment_mends_that_first(payer: PayingAgency) -> None:
    payer.subscribe(START)
    change_id = payer.ask(TEAM)
    payer.world.settings(retry_days=[3, 5, 7], after_retries="unpaid")
    payer.world.card(payer.customer, "4000000000000341")
    payer.confirm(change_id)
    payer.world.move(days=32)
    assert payer.work(change_id).why == "not_paid"
    assert payer.row().state == "past_due"
    with pytest.raises(Conflict) as refused:
        payer.ask(TEAM)
    assert refused.value.code == "not_paid"
    assert payer.order(changes.cancel).state == "done", "ending is always possible"


def test_from_a_year_to_a_month_at_the_years_end(payer: PayingAgency) -> None:
    year = replace(TEAM, interval=Interval.YEAR)
    payer.subscribe(year)
    payer.world.move(days=40)
    held = payer.do(replace(START, brands=1))
    assert (held.state, held.result, held.next_cents) == ("confirmed", "held", 4900 + 1200)
    before = payer.invoices()
    assert payer.row().terms == year
    payer.to_lead(held)
    assert payer.standing().allowed.brands == 8
    done = payer.work(held.id)
    assert done.state == "done"
    assert payer.standing().allowed.brands == 8, "until the last minute of the year"
    assert payer.row().terms == replace(START, brands=1)
    assert payer.row().ends_at is None
    new = {one: total for one, total in payer.invoices().items() if one not in before}
    assert new == {done.result: 6100}
    payer.world.move(days=1)
    payer.hear()
    assert payer.standing().allowed.brands == 4
    assert payer.differences() == []


def test_a_month_that_waits_for_the_years_end_is_taken_back(payer: PayingAgency) -> None:
    year = replace(TEAM, interval=Interval.YEAR)
    payer.subscribe(year)
    held = payer.do(TEAM)
    assert payer.row().ends_at is not None
    with payer.now(), payer.agency.entered():
        work = carrying_out.begin(payer.agency.id, held.id)
    assert work is not None
    assert payer.order(changes.take_back).state == "done"
    assert payer.row().ends_at is None
    with payer.now(), payer.agency.entered():
        carrying_out.finish(payer.agency.id, work.change_id, carrying_out.Outcome("done"), [])
    assert payer.change(held.id).state == "dropped", "a job that was at it says nothing else afterwards"
    payer.to_lead(held)
    assert payer.work(held.id).state == "dropped"
    payer.world.move(days=2)
    payer.hear()
    assert (payer.row().terms, payer.row().state) == (year, "active")


def test_cancelled_for_the_end_taken_back_and_over(payer: PayingAgency) -> None:
    payer.subscribe(START)
    assert payer.order(changes.cancel).state == "done"
    assert payer.row().ends_at == payer.row().period_ends_at is not None
    assert payer.standing().answers, "what is paid is had"
    with pytest.raises(Conflict) as refused:
        payer.ask(TEAM)
    assert refused.value.code == "ends"
    payer.order(changes.take_back)
    assert payer.row().ends_at is None
    with pytest.raises(Conflict):
        payer.order(changes.take_back)
    payer.order(changes.cancel)
    payer.world.move(days=32)
    payer.hear()
    assert (payer.row().state, payer.standing().why) == ("canceled", "ended")
    with pytest.raises(Conflict) as none:
        payer.ask(TEAM)
    assert none.value.code == "no_plan"


def test_brands_are_chosen_to_go_read_only_first(payer: PayingAgency) -> None:
    payer.subscribe(replace(START, brands=0))
    brands = payer.agency.brand_ids
    change_id = payer.ask(TEAM)
    with pytest.raises(Invalid):
        payer.confirm(change_id, (brands[1],))
    payer.confirm(change_id)
    payer.work(change_id)
    more = Factory(payer.agency.app)
    other = more.agency("Elsewhere", brands=["Not theirs"])
    with payer.agency.entered():
        db.session.add(Brand(agency_id=payer.agency.id, name="Wader", mark="WA", colour="#123456"))
    smaller = payer.ask(START)
    with pytest.raises(Invalid):
        payer.confirm(smaller, (brands[0], brands[1]))
    with pytest.raises(Invalid):
        payer.confirm(smaller, (other.brand_ids[0],))
    payer.confirm(smaller, (brands[1],))
    with payer.agency.entered():
        turns = {one.id: one.read_only_turn for one in db.session.scalars(select(Brand)) if one.read_only_turn}
    assert turns == {brands[1]: 1}


def test_who_may_and_whose(payer: PayingAgency, make: Factory) -> None:
    payer.subscribe(START)
    change_id = payer.ask(TEAM)
    for role in ("staff", "team_lead", "light", "client_owner"):
        with payer.agency.entered(payer.agency.actors[role]), pytest.raises(Forbidden):
            changes.confirm(payer.agency.actors[role], change_id)
    other = make.agency("Elsewhere", brands=["Not theirs"])
    with other.entered(other.billing_admin), pytest.raises(NotFound):
        changes.get(other.billing_admin, change_id)
    payer.confirm(change_id)
    with clock.stopped_at(datetime.fromtimestamp(payer.world.now, UTC)), pytest.raises(Conflict) as refused:
        payer.ask(SCALE)
    assert refused.value.code == "on_its_way"
