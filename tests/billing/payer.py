"""An agency that pays, with an account at Stripe of its own; changes go the way they go for people."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from agency.billing import changes, subscriptions
from agency.billing.carrying_out import LEAD
from agency.billing.catalogue import make as make_prices
from agency.billing.models import BillingChange, StripeCustomer
from agency.billing.stripe_gateway import Gateway
from jobs.billing import change_billing, sync_billing
from tenants import clock
from tenants.database import db
from tenants.models import Subscription
from tenants.permissions import Actor
from tenants.plan_states import Standing
from tenants.plans import PRICES, Currency, Interval, Terms, quantities
from tenants.subscriptions import row_of, standing_now
from tests.factories import Agency, Factory
from tests.paying import billing_on
from tests.stripe_world import Account


class PayingAgency:
    """`now` is Stripe's clock; every deed of ours happens then."""

    def __init__(self, agency: Agency, world: Account, customer: str) -> None:
        self.agency, self.world, self.customer = agency, world, customer
        self.gateway = Gateway(world.key, world.api_url)
        self.actor: Actor = agency.billing_admin

    @contextmanager
    def now(self) -> Iterator[None]:
        with clock.stopped_at(datetime.fromtimestamp(self.world.now, UTC)):
            yield

    def subscribe(self, terms: Terms, **more: Any) -> str:
        """As Checkout leaves it."""
        prices = self.gateway.prices()
        items = [
            {"price": prices[key].id, **({} if number is None else {"quantity": number})}
            for key, number in quantities(terms).items()
        ]
        given: Any = {"customer": self.customer, "items": items, **more}
        made = str(self.world.client().v1.subscriptions.create(given).id)
        self.hear()
        return made

    def hear(self) -> None:
        with self.now():
            sync_billing(self.agency.app, self.customer)

    def ask(self, wanted: Terms) -> UUID:
        """The price, as the page asks for it."""
        with self.now():
            with self.agency.entered(self.actor):
                asked = changes.draft(self.actor, wanted)
            with self.agency.app.app_context():
                priced = changes.price(self.gateway, asked)
            with self.agency.entered(self.actor):
                return changes.keep(self.actor, asked, priced).id

    def confirm(self, change_id: UUID, read_only: tuple[UUID, ...] = ()) -> None:
        with self.now(), self.agency.entered(self.actor):
            changes.confirm(self.actor, change_id, read_only)

    def work(self, change_id: UUID) -> BillingChange:
        """The promised job runs; what became of the change."""
        with self.now():
            change_billing(self.agency.app, self.agency.id, change_id)
        return self.change(change_id)

    def do(self, wanted: Terms) -> BillingChange:
        """Asked, confirmed and done."""
        change_id = self.ask(wanted)
        self.confirm(change_id)
        return self.work(change_id)

    def order(self, deed: Callable[[Actor], BillingChange]) -> BillingChange:
        """`changes.cancel` or `changes.take_back`, and its job."""
        with self.now(), self.agency.entered(self.actor):
            change_id = deed(self.actor).id
        return self.work(change_id)

    def change(self, change_id: UUID) -> BillingChange:
        with self.agency.entered(self.actor):
            found = changes.get(self.actor, change_id)
            db.session.expunge(found)
            return found

    def row(self) -> Subscription:
        with self.agency.entered():
            found = row_of(self.agency.id)
            assert found is not None
            db.session.expunge(found)
            return found

    def standing(self) -> Standing:
        with self.now(), self.agency.entered():
            found = standing_now(self.agency.id)
            assert found is not None
            return found

    def differences(self) -> list[str]:
        return subscriptions.differences(self.row(), self.gateway.subscriptions(self.customer))

    def invoices(self) -> dict[str, int]:
        """Totals at Stripe by id, the newest first."""
        return {one.id: one.total for one in self.gateway.invoices(self.customer)}

    def to_lead(self, change: BillingChange) -> None:
        """Stripe's time goes on until the hour before the change holds."""
        assert change.takes_effect_at is not None
        self.world.move_to(int((change.takes_effect_at - LEAD).timestamp()) + 60)


@contextmanager
def paying(
    make: Factory,
    world: Account,
    currency: Currency = Currency.EUR,
    *,
    brands: Sequence[str] = ("Gull", "Heron", "Plover"),
) -> Iterator[PayingAgency]:
    """With all prices of one currency."""
    agency = make.agency("North Pier", brands=brands)
    customer = world.customer()
    wanted = [one for one in PRICES.values() if one.currency is currency and one.interval in Interval]
    with billing_on(agency.app, stripe_secret_key=world.key, stripe_api_url=world.api_url):
        make_prices(Gateway(world.key, world.api_url), wanted)
        with agency.entered():
            db.session.add(StripeCustomer(stripe_id=customer, agency_id=agency.id))
        yield PayingAgency(agency, world, customer)
