"""From what is kept to what is sent: private keys left out, references expanded, lists with their addresses."""

from __future__ import annotations

import re
from typing import Any

from agency.sandbox.stripe.errors import StripeError
from agency.sandbox.stripe.merchant import Merchant, Obj

# Where an id in such a field points; the same word means the same object everywhere but where an object says else.
POINTS_TO = {
    "customer": "customer",
    "product": "product",
    "price": "price",
    "subscription": "subscription",
    "invoice": "invoice",
    "latest_invoice": "invoice",
    "payment_intent": "payment_intent",
    "default_payment_method": "payment_method",
    "payment_method": "payment_method",
    "latest_charge": "charge",
    "setup_intent": "setup_intent",
    "pending_setup_intent": "setup_intent",
    "test_clock": "test_helpers.test_clock",
    "default_price": "price",
}
# Left out unless asked for.
INCLUDABLE = {
    "invoice": ("payments", "confirmation_secret"),
    "price": ("tiers",),
    "customer": ("tax_ids", "subscriptions"),
    "checkout.session": ("line_items",),
}
DEEPEST = 4
KEY = re.compile(r"[a-z_0-9]+")


def as_list(url: str, data: list[Obj], has_more: bool = False) -> Obj:
    return {"object": "list", "data": data, "has_more": has_more, "url": url}


def shown(merchant: Merchant, one: Obj, expand: list[str] | None = None) -> Obj:
    """The object as Stripe would send it; raises StripeError for a path that cannot be expanded."""
    wanted: dict[str, Any] = {}
    for path in expand or []:
        if not isinstance(path, str) or path.count(".") >= DEEPEST:
            raise StripeError(400, f"You cannot expand more than {DEEPEST} levels of a property.", param="expand")
        place = wanted
        for name in path.split("."):
            place = place.setdefault(name, {})
    return _object(merchant, one, wanted)


def _object(merchant: Merchant, one: Obj, wanted: Obj) -> Obj:
    made = {name: value for name, value in one.items() if not name.startswith("_")}
    kind = str(one.get("object"))
    if kind == "event":  # its object is as it was when it happened
        return made
    if kind == "invoiceitem":
        del made["created"]  # it says `date`
    for name, build in PARTS.get(kind, {}).items():
        if name in wanted or name not in INCLUDABLE.get(kind, ()):
            made[name] = build(merchant, one)
    for name, inner in wanted.items():
        if name == "data" and kind == "list":
            continue
        if name not in made:
            raise StripeError(400, f"This property cannot be expanded ({name}).", param="expand")
        made[name] = _expanded(merchant, name, made[name], inner)
    if kind == "list" and "data" in wanted:
        made["data"] = [_object(merchant, each, wanted["data"]) for each in made["data"]]
    for name, value in made.items():
        if name not in wanted and isinstance(value, dict) and "object" in value:
            made[name] = _object(merchant, value, {})
        elif name == "data" and kind == "list" and "data" not in wanted:
            made[name] = [_object(merchant, each, {}) for each in value]
    return made


def _expanded(merchant: Merchant, name: str, value: Any, inner: Obj) -> Any:
    if isinstance(value, str) and name in POINTS_TO:
        found = merchant.find(POINTS_TO[name], value)
        return value if found is None else _object(merchant, found, inner)
    if isinstance(value, dict):
        if "object" in value:
            return _object(merchant, value, inner)
        return {
            **value,
            **{
                deeper: _expanded(merchant, deeper, value.get(deeper), more)
                for deeper, more in inner.items()
                if deeper in value
            },
        }
    return value


def _items(merchant: Merchant, one: Obj) -> Obj:
    data = [merchant.objects["subscription_item"][id_] for id_ in one["_items"]]
    return as_list(f"/v1/subscription_items?subscription={one['id']}", data)


def _item_price(merchant: Merchant, one: Obj) -> Obj:
    return merchant.get("price", one["_price"])


def _item_plan(merchant: Merchant, one: Obj) -> Obj:
    """The older view of a price, still sent beside it."""
    price = merchant.get("price", one["_price"])
    recurring = price["recurring"]
    return {
        "id": price["id"],
        "object": "plan",
        "active": price["active"],
        "amount": price["unit_amount"],
        "amount_decimal": price["unit_amount_decimal"],
        "billing_scheme": price["billing_scheme"],
        "created": price["created"],
        "currency": price["currency"],
        "interval": recurring["interval"],
        "interval_count": recurring["interval_count"],
        "livemode": False,
        "metadata": price["metadata"],
        "meter": recurring["meter"],
        "nickname": price["nickname"],
        "product": price["product"],
        "tiers_mode": price["tiers_mode"],
        "transform_usage": None,
        "trial_period_days": None,
        "usage_type": recurring["usage_type"],
    }


def _lines(merchant: Merchant, one: Obj) -> Obj:
    return as_list(f"/v1/invoices/{one.get('id', 'upcoming')}/lines", one["_lines"])


def _payments(merchant: Merchant, one: Obj) -> Obj:
    payment = merchant.find("invoice_payment", one["_payment"])
    data = [] if payment is None else [payment]
    return as_list(f"/v1/invoice_payments?invoice={one['id']}", data)


def _confirmation_secret(merchant: Merchant, one: Obj) -> Obj | None:
    intent = merchant.find("payment_intent", one.get("_intent"))
    return None if intent is None else {"type": "payment_intent", "client_secret": intent["client_secret"]}


def _tax_ids(merchant: Merchant, one: Obj) -> Obj:
    data = [each for each in merchant.all("tax_id") if each["customer"] == one["id"]]
    return as_list(f"/v1/customers/{one['id']}/tax_ids", data)


def _subscriptions(merchant: Merchant, one: Obj) -> Obj:
    data = [
        each
        for each in merchant.all("subscription")
        if each["customer"] == one["id"] and each["status"] not in ("canceled", "incomplete_expired")
    ]
    return as_list(f"/v1/customers/{one['id']}/subscriptions", data[::-1])


def session_lines(merchant: Merchant, one: Obj) -> Obj:
    data = []
    for number, line in enumerate(one["_line_items"]):
        price = merchant.get("price", line["price"])
        amount = line["_amount"]
        data.append(
            {
                "id": f"li_{one['id'][-20:]}{number}",
                "object": "item",
                "adjustable_quantity": None,
                "amount_discount": 0,
                "amount_subtotal": amount,
                "amount_tax": 0,
                "amount_total": amount,
                "currency": price["currency"],
                "description": price.get("_product_name"),
                "metadata": {},
                "price": price,
                "quantity": line.get("quantity"),
            }
        )
    return as_list(f"/v1/checkout/sessions/{one['id']}/line_items", data)


PARTS: dict[str, dict[str, Any]] = {
    "subscription": {"items": _items},
    "subscription_item": {"price": _item_price, "plan": _item_plan},
    "invoice": {"lines": _lines, "payments": _payments, "confirmation_secret": _confirmation_secret},
    "customer": {"tax_ids": _tax_ids, "subscriptions": _subscriptions},
    "price": {"tiers": lambda merchant, one: one["_tiers"]},
    "checkout.session": {"line_items": session_lines},
}
