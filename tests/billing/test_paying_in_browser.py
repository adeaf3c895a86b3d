"""From a trial that is over to a paid plan, two more brands, a card that fails and its mending, as people click it.

Up to Stripe's own pages, which open and are acted on from behind: the stand-in of the tests has none to click.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import expect
from sqlalchemy import select

from agency.app import create_app
from agency.billing.catalogue import make as make_prices
from agency.billing.models import BillingChange
from agency.web.who import cookie_name
from jobs.billing import change_billing
from tenants.database import db
from tenants.plans import PRICES, Currency
from tests.billing.test_checkout import Payer, _keys
from tests.chromium import patient_chromium
from tests.stages import Apps, Stage
from tests.stripe_world import Account

pytestmark = pytest.mark.browser


@pytest.fixture
def payer(
    apps: Apps, settings_values: dict[str, str], clean: None, stripe_world: Account, front: Stage
) -> Iterator[Payer]:
    """By the machine's clock: the trial ended yesterday."""
    given = {"STRIPE_SECRET_KEY": stripe_world.key, "STRIPE_API_URL": stripe_world.api_url}
    app = apps(create_app, settings_values | given | {"ONBRAND_BASE_URL": front.address})
    stripe_world.move_to(int(time.time()))
    made = Payer(app, stripe_world)
    made.row(trial_ends_at=datetime.now(UTC) - timedelta(days=1))
    make_prices(made.gateway, [PRICES[key] for key in _keys("team", Currency.EUR)])
    with front.showing(app):
        yield made
    with app.app_context():
        db.session.remove()


def test_a_trial_becomes_a_plan_grows_fails_and_is_mended(payer: Payer, front: Stage) -> None:
    def shot(name: str) -> None:
        folder = os.environ.get("ONBRAND_SHOTS")
        if folder:
            page.screenshot(path=str(Path(folder) / f"{name}.png"), full_page=True)

    with patient_chromium() as chromium:
        context = chromium.new_context(viewport={"width": 1440, "height": 900})
        cookie: Any = {
            "name": cookie_name(payer.app.extensions["onbrand_settings"]),
            "value": payer.browser.cookie,
            "url": front.address,
        }
        context.add_cookies([cookie])
        page = context.new_page()
        page.goto(f"{front.address}/billing")
        shot("over")
        page.get_by_role("link", name="Choose a plan").first.click()
        page.get_by_label("Brands beyond the plan").fill("1")
        page.get_by_label("Brands beyond the plan").press("Tab")
        expect(page.get_by_text("€161.00 a month")).to_be_visible()
        shot("plan")
        page.set_viewport_size({"width": 390, "height": 844})
        shot("plan-390")
        with page.expect_request("**/stripe/pay/c/**"):
            page.get_by_role("button", name="Pay at Stripe").click()
        session = next(iter(payer.there()))
        back = payer.world.client().v1.checkout.sessions.retrieve(session).success_url
        payer.world.pay(session)
        page.goto(str(back))
        expect(page.get_by_text("Waiting for payment.")).to_be_visible()
        shot("waiting")
        payer.hear()
        expect(page.get_by_text("It is paid.")).to_be_visible()
        shot("paid")
        page.goto(f"{front.address}/billing/change")
        page.get_by_label("Brands beyond the plan").fill("3")
        page.get_by_role("button", name="See the price").click()
        page.get_by_role("button", name="and change").click()
        expect(page.get_by_text("It is being made.")).to_be_visible()
        with payer.agency.entered():
            newest = select(BillingChange.id).where(BillingChange.kind == "terms").order_by(BillingChange.id.desc())
            change_id = db.session.scalars(newest).first()
        assert change_id is not None
        change_billing(payer.app, payer.agency.id, change_id)
        expect(page.get_by_text("It is done.")).to_be_visible()
        assert payer.row().extra_brands == 3
        payer.world.card(payer.customers()[0], "4000000000000341")
        payer.world.move(days=32)
        payer.hear()
        page.goto(f"{front.address}/billing")
        expect(page.get_by_text("A payment failed.")).to_be_visible()
        shot("failed")
        with page.expect_request("**/stripe/pay/p/**"):
            page.get_by_role("button", name="Mend the payment at Stripe").click()
        payer.world.card(payer.customers()[0])
        owed = next(one.id for one in payer.gateway.invoices(payer.customers()[0]) if one.status == "open")
        assert payer.world.pay_invoice(owed) is None
        payer.hear()
        page.goto(f"{front.address}/billing")
        expect(page.get_by_text("The plan is paid.")).to_be_visible()
        shot("mended")
