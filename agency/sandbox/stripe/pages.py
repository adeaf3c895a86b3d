"""Pages for people: Checkout, the portal, an open invoice, and the side from which time and cards are moved."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, abort, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from agency.sandbox.stripe import calls, checkout, invoices, told
from agency.sandbox.stripe.doors import PREFIX
from agency.sandbox.stripe.errors import StripeError
from agency.sandbox.stripe.merchant import Merchant, Obj
from agency.sandbox.stripe.periods import DAY_SECONDS
from agency.sandbox.stripe.subscriptions import update_subscription
from agency.sandbox.stripe.words import day, moment, money
from agency.sandbox.stripe.world import StripeWorld, go_on, move

CARDS_SHOWN = (
    ("4242424242424242", "pays"),
    ("4000000000000002", "is declined"),
    ("4000000000009995", "has insufficient funds"),
    ("4000000000003220", "wants a proof of its holder (3-D Secure)"),
    ("4000000000000341", "is taken, and fails when it is charged"),
)
INVOICES_SHOWN = 24
EVENTS_SHOWN = 30
MOST_DAYS = 400


def _held(world: StripeWorld, kind: str, id_: str) -> tuple[Merchant, Obj]:
    merchant = world.holder(id_)
    found = None if merchant is None else merchant.find(kind, id_)
    if merchant is None or found is None:
        abort(404)
    go_on(merchant)
    return merchant, found


def _lines(merchant: Merchant, session: Obj) -> list[Obj]:
    made = []
    for line in session["_line_items"]:
        price = merchant.get("price", line["price"])
        interval = price["recurring"]["interval"]
        made.append(
            {
                "name": price["_product_name"],
                "quantity": line.get("quantity"),
                "amount": money(line["_amount"], price["currency"]),
                "interval": interval,
            }
        )
    return made


def blueprint(world: StripeWorld) -> Blueprint:
    doors = Blueprint("stripe_pages", __name__)
    shared: dict[str, Any] = {"cards": CARDS_SHOWN, "money": money, "day": day, "moment_of": moment}

    def checkout_page(merchant: Merchant, session: Obj, problem: str | None, proof: str | None) -> str:
        trial = session["_data"].get("trial_end")
        return render_template(
            "stripe_checkout.html",
            session=session,
            lines=_lines(merchant, session),
            trial=int(trial) if trial else None,
            problem=problem,
            proof=proof,
            **shared,
        )

    @doors.get(f"{PREFIX}/pay/c/<id_>")
    def checkout_form(id_: str) -> ResponseReturnValue:
        merchant, session = _held(world, "checkout.session", id_)
        return checkout_page(merchant, session, None, None)

    @doors.post(f"{PREFIX}/pay/c/<id_>")
    def pay(id_: str) -> ResponseReturnValue:
        merchant, session = _held(world, "checkout.session", id_)
        number = request.form.get("number", "").replace(" ", "")
        if request.form.get("proof") == "fail":
            return checkout_page(
                merchant, session, "The proof failed. Nothing was charged; try another card.", None
            ), 402
        try:
            with merchant.transaction():
                checkout.complete(merchant, id_, number, proven=request.form.get("proof") == "confirm")
        except StripeError as error:
            if error.facts.get("code") == "authentication_required":
                return checkout_page(merchant, session, None, number)
            return checkout_page(merchant, session, f"{error} Nothing was charged; try another card.", None), 402
        return redirect(str(session["success_url"]).replace("{CHECKOUT_SESSION_ID}", id_), 303)

    def portal_page(merchant: Merchant, session: Obj, problem: str | None, proof: str | None) -> str:
        customer = merchant.get("customer", session["customer"])
        of_customer = [one for one in merchant.all("invoice") if one["customer"] == customer["id"]]
        return render_template(
            "stripe_portal.html",
            session=session,
            customer=customer,
            card=merchant.find("payment_method", customer["invoice_settings"]["default_payment_method"])
            or next(
                (
                    merchant.find("payment_method", one["default_payment_method"])
                    for one in merchant.all("subscription")
                    if one["customer"] == customer["id"] and one["default_payment_method"]
                ),
                None,
            ),
            invoices=of_customer[::-1][:INVOICES_SHOWN],
            subscriptions=[
                one
                for one in merchant.all("subscription")
                if one["customer"] == customer["id"] and one["status"] not in ("canceled", "incomplete_expired")
            ],
            problem=problem,
            proof=proof,
            **shared,
        )

    @doors.get(f"{PREFIX}/pay/p/<id_>")
    def portal(id_: str) -> ResponseReturnValue:
        merchant, session = _held(world, "billing_portal.session", id_)
        return portal_page(merchant, session, None, None)

    @doors.post(f"{PREFIX}/pay/p/<id_>")
    def portal_change(id_: str) -> ResponseReturnValue:
        merchant, session = _held(world, "billing_portal.session", id_)
        action, number = request.form.get("action"), request.form.get("number", "").replace(" ", "")
        try:
            with merchant.transaction():
                if action == "card":
                    proven = request.form.get("proof") == "confirm"
                    checkout.change_card(merchant, session["customer"], number, proven=proven)
                elif action in ("cancel", "keep"):
                    named = merchant.get("subscription", request.form.get("subscription"))
                    if named["customer"] != session["customer"]:
                        abort(404)
                    update_subscription(merchant, {"cancel_at_period_end": action == "cancel"}, named["id"])
        except StripeError as error:
            if error.facts.get("code") == "authentication_required":
                return portal_page(merchant, session, None, number)
            return portal_page(merchant, session, f"{error} Nothing was changed.", None), 402
        return redirect(url_for(".portal", id_=id_), 303)

    @doors.get(f"{PREFIX}/pay/i/<id_>")
    def invoice(id_: str) -> ResponseReturnValue:
        merchant, one = _held(world, "invoice", id_)
        card = invoices.method_for(merchant, one)
        return render_template("stripe_invoice.html", one=one, card=card, problem=None, **shared)

    @doors.post(f"{PREFIX}/pay/i/<id_>")
    def pay_invoice(id_: str) -> ResponseReturnValue:
        merchant, one = _held(world, "invoice", id_)
        problem, proven = None, request.form.get("proof") == "confirm"
        try:
            with merchant.transaction():
                if request.form.get("number"):
                    number = request.form["number"].replace(" ", "")
                    checkout.change_card(merchant, one["customer"], number, proven=True)
                refusal = checkout.pay_open(merchant, id_, proven=proven)
        except StripeError as error:
            problem = str(error)
        else:
            if refusal is None:
                return redirect(url_for(".invoice", id_=id_), 303)
            problem = f"The card said no ({refusal[1].replace('_', ' ')}). Nothing was charged."
        card = invoices.method_for(merchant, one)
        return render_template("stripe_invoice.html", one=one, card=card, problem=problem, **shared), 402

    @doors.get(f"{PREFIX}/pay/i/<id_>/pdf")
    def as_text(id_: str) -> ResponseReturnValue:
        """What Stripe makes a PDF of, as plain text."""
        _, one = _held(world, "invoice", id_)
        lines = [f"Invoice {one['number']}", f"{one['customer_name'] or one['customer_email'] or one['customer']}", ""]
        lines += [f"{line['description']}: {money(line['amount'], line['currency'])}" for line in one["_lines"]]
        lines += ["", f"Total {money(one['total'], one['currency'])}, {one['status']}"]
        return "\n".join(lines) + "\n", 200, {"Content-Type": "text/plain; charset=utf-8"}

    def side_page(problem: str | None) -> str:
        merchants = []
        for merchant in world.merchants.values():
            go_on(merchant)
            merchants.append(
                {
                    "name": merchant.name,
                    "label": merchant.objects.get("setting", {}).get("label", {}).get("label", merchant.name),
                    "now": merchant.now(),
                    "settings": merchant.settings(),
                    "customers": sum(1 for one in merchant.all("customer") if not one.get("deleted")),
                    "subscriptions": list(merchant.all("subscription"))[::-1][:EVENTS_SHOWN],
                    "events": list(merchant.all("event"))[::-1][:EVENTS_SHOWN],
                    "endpoints": list(merchant.all("webhook_endpoint")),
                }
            )
        return render_template("stripe_side.html", merchants=merchants, problem=problem, **shared)

    @doors.get("/stripe-side")
    def side() -> str:
        return side_page(None)

    @doors.post("/stripe-side/<name>")
    def steer(name: str) -> ResponseReturnValue:
        merchant = world.merchants.get(name)
        if merchant is None:
            abort(404)
        action = request.form.get("action")
        try:
            if action == "move":
                days = float(request.form.get("days") or 0)
                if not 0 < days <= MOST_DAYS:
                    raise ValueError(f"Between a moment and {MOST_DAYS} days, please. Nothing was moved.")
                move(merchant, int(merchant.now() + days * DAY_SECONDS))
            elif action == "after_retries":
                merchant.change_settings(after_retries=calls.one_of(
                    request.form.get("to"), ("unpaid", "cancel", "past_due"), "to"))  # fmt: skip
            elif action == "again":
                event = merchant.get("event", request.form.get("event"))
                for endpoint in merchant.all("webhook_endpoint"):
                    world.send(merchant, endpoint, event)
        except (ValueError, StripeError) as error:
            return side_page(str(error)), 400
        return redirect(url_for(".side"), 303)

    return doors


def lead_webhooks(world: StripeWorld, key: str, secret: str, url: str) -> None:
    """The product that starts the sandbox is told of everything; said again, nothing changes."""
    merchant = world.of_key(key)
    with merchant.transaction():
        for one in merchant.all("webhook_endpoint"):
            if one["url"] == url:
                merchant.edit("webhook_endpoint", one["id"])["_secrets"] = [secret]
                return
        told.add_endpoint(merchant, url, ["*"], secret)
