"""The stand-in's pages as somebody clicks them, its pushes as the product gets them, and a restart in between."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import stripe
from flask import Flask, request

from agency.sandbox.main import lead_stripe, running_sandbox, served
from agency.sandbox.stripe.merchant import API_VERSION

KEY, SECRET = "sk_test_of_the_walk", "whsec_of_the_walk"


def listener(heard: list[Any]) -> Flask:
    product = Flask("product")

    @product.post("/webhooks/stripe")
    def hear() -> str:
        signed = request.headers["Stripe-Signature"]
        heard.append(stripe.Webhook.construct_event(request.get_data(), signed, SECRET))  # type: ignore[no-untyped-call]
        return "", 200  # type: ignore[return-value]

    return product


def test_a_plan_is_bought_its_card_fails_and_is_mended_and_it_survives_a_restart(tmp_path: Path) -> None:
    heard: list[Any] = []
    with served(listener(heard)) as product:
        environment = {"STRIPE_SECRET_KEY": KEY, "STRIPE_WEBHOOK_SECRET": SECRET, "ONBRAND_BASE_URL": product}
        with running_sandbox(tmp_path, clock=lambda: 1_767_225_600.0) as (url, app):
            lead_stripe(app, environment)
            browser = app.test_client()
            api = stripe.StripeClient(KEY, base_addresses={"api": f"{url}/stripe"}, stripe_version=API_VERSION).v1
            made = api.products.create({"name": "Team"})
            price = api.prices.create(
                {"product": made.id, "currency": "eur", "unit_amount": 4900, "recurring": {"interval": "month"}}
            )
            customer = api.customers.create({"email": "pay@agency.example"})
            session = api.checkout.sessions.create(
                {
                    "mode": "subscription",
                    "customer": customer.id,
                    "line_items": [{"price": price.id, "quantity": 2}],
                    "success_url": "http://127.0.0.1:9/paid?session={CHECKOUT_SESSION_ID}",
                    "cancel_url": "http://127.0.0.1:9/back",
                }
            )
            page = str(session.url).removeprefix(url)
            assert "98.00 EUR" in browser.get(page).text
            refused = browser.post(page, data={"number": "4000 0000 0000 0002"})
            assert (refused.status_code, "Your card was declined." in refused.text) == (402, True)
            assert "Is it you?" in browser.post(page, data={"number": "4000000000003220"}).text
            paid = browser.post(page, data={"number": "4000000000003220", "proof": "confirm"})
            assert paid.location == f"http://127.0.0.1:9/paid?session={session.id}"
            portal = str(api.billing_portal.sessions.create({"customer": customer.id}).url).removeprefix(url)
            assert browser.post(portal, data={"action": "card", "number": "4000000000000341"}).status_code == 303
            assert "ends in 0341" in browser.get(portal).text
            name = next(iter(app.extensions["stripe_world"].merchants))
            assert browser.post(f"/stripe-side/{name}", data={"action": "move", "days": "32"}).status_code == 303
            held = api.subscriptions.list({"customer": customer.id}).data[0]
            assert held.status == "past_due"
            app.extensions["sandbox"].deliveries.send_now(everything=True)
            types = {event.type for event in heard}
            assert {"checkout.session.completed", "invoice.paid", "invoice.payment_failed"} <= types
        with running_sandbox(tmp_path, clock=lambda: 1_767_225_600.0) as (url, app):
            lead_stripe(app, environment)
            browser = app.test_client()
            api = stripe.StripeClient(KEY, base_addresses={"api": f"{url}/stripe"}, stripe_version=API_VERSION).v1
            again = api.subscriptions.retrieve(held.id)
            assert (again.status, len(api.webhook_endpoints.list().data)) == ("past_due", 1)
            owed = f"/stripe/pay/i/{again.latest_invoice}"
            assert "Nothing was charged" in browser.post(owed).text
            assert browser.post(owed, data={"number": "4242424242424242"}).status_code == 303
            assert api.subscriptions.retrieve(held.id).status == "active"
            assert browser.post(portal, data={"action": "cancel", "subscription": held.id}).status_code == 303
            assert "Keep it" in browser.get(portal).text
            assert browser.get("/stripe-side").status_code == 200
