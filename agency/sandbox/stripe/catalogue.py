"""Products and prices. A price's amount never changes; its lookup key moves to the next one."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation
from typing import Any

from agency.sandbox.stripe import calls
from agency.sandbox.stripe.calls import Listed, call
from agency.sandbox.stripe.errors import StripeError, not_modelled, unfit
from agency.sandbox.stripe.happenings import changing, tell
from agency.sandbox.stripe.merchant import Merchant, Obj

CURRENCIES = ("eur", "usd", "gbp", "pln")
INTERVALS = ("day", "week", "month", "year")
MOST_LOOKUP_KEYS = 10


@call("POST", "/products", id="text", name="text", active="flag", description="text", metadata="map",
      unit_label="text", tax_code="text", statement_descriptor="text", url="text")  # fmt: skip
def create_product(merchant: Merchant, given: Obj) -> Obj:
    calls.required(given, "name")
    if merchant.find("product", given.get("id")):
        raise StripeError(400, "Product already exists.", code="resource_already_exists", param="id")
    made = merchant.add(
        "product",
        {
            "active": given.get("active", True),
            "default_price": None,
            "description": given.get("description"),
            "images": [],
            "marketing_features": [],
            "metadata": calls.metadata({}, given),
            "name": given["name"],
            "package_dimensions": None,
            "shippable": None,
            "statement_descriptor": given.get("statement_descriptor"),
            "tax_code": given.get("tax_code"),
            "type": "service",
            "unit_label": given.get("unit_label"),
            "updated": merchant.now(),
            "url": given.get("url"),
        },
        id_=given.get("id"),
    )
    tell(merchant, "product.created", made)
    return made


@call("POST", "/products/{id}", name="text", active="flag", description="text", metadata="map", unit_label="text",
      tax_code="text", default_price="text")  # fmt: skip
def update_product(merchant: Merchant, given: Obj, id_: str) -> Obj:
    with changing(merchant, "product", id_) as one:
        one["metadata"] = calls.metadata(one["metadata"], given)
        one.update({name: value for name, value in given.items() if name not in ("metadata", "expand")})
        one["updated"] = merchant.now()
    return one


@call("GET", "/products/{id}")
def get_product(merchant: Merchant, given: Obj, id_: str) -> Obj:
    return merchant.get("product", id_)


@call("GET", "/products", is_list=True, active="flag", ids="list")
def list_products(merchant: Merchant, given: Obj) -> Listed:
    found = [
        one
        for one in merchant.all("product")
        if given.get("active") in (None, one["active"]) and ("ids" not in given or one["id"] in given["ids"])
    ]
    return Listed("/v1/products", found)


@call("POST", "/prices", currency="text", product="text", unit_amount="whole", unit_amount_decimal="text",
      recurring="map", lookup_key="text", transfer_lookup_key="flag", nickname="text", metadata="map", active="flag",
      tax_behavior="text", billing_scheme="text", tiers="list", tiers_mode="text")  # fmt: skip
def create_price(merchant: Merchant, given: Obj) -> Obj:
    calls.required(given, "currency", "product")
    product = merchant.get("product", given["product"], "product")
    calls.one_of(given["currency"], CURRENCIES, "currency")
    scheme = calls.one_of(given.get("billing_scheme", "per_unit"), ("per_unit", "tiered"), "billing_scheme")
    amount, tiers = None, None
    if scheme == "per_unit":
        amount = _decimal(given, "unit_amount")
        if amount is None:
            raise unfit("Prices require an `unit_amount` or `unit_amount_decimal` parameter to be set.", "unit_amount")
    else:
        tiers = _tiers(given)
    recurring = _recurring(merchant, given.get("recurring"))
    _take_lookup_key(merchant, given, None)
    made = merchant.add(
        "price",
        {
            "active": given.get("active", True),
            "billing_scheme": scheme,
            "currency": given["currency"],
            "custom_unit_amount": None,
            "lookup_key": given.get("lookup_key"),
            "metadata": calls.metadata({}, given),
            "nickname": given.get("nickname"),
            "product": product["id"],
            "recurring": recurring,
            "tax_behavior": given.get("tax_behavior", "unspecified"),
            "tiers_mode": None if tiers is None else given["tiers_mode"],
            "transform_quantity": None,
            "type": "one_time" if recurring is None else "recurring",
            "unit_amount": _whole_cents(amount),
            "unit_amount_decimal": _plain(amount),
            "_tiers": tiers,
            "_product_name": product["name"],
        },
    )
    tell(merchant, "price.created", made)
    return made


@call("POST", "/prices/{id}", active="flag", lookup_key="text", transfer_lookup_key="flag", nickname="text",
      metadata="map", tax_behavior="text")  # fmt: skip
def update_price(merchant: Merchant, given: Obj, id_: str) -> Obj:
    with changing(merchant, "price", id_) as one:
        if "lookup_key" in given:
            _take_lookup_key(merchant, given, id_)
            one["lookup_key"] = given["lookup_key"] or None
        one["metadata"] = calls.metadata(one["metadata"], given)
        one.update({name: given[name] for name in ("active", "nickname", "tax_behavior") if name in given})
    return one


@call("GET", "/prices/{id}")
def get_price(merchant: Merchant, given: Obj, id_: str) -> Obj:
    return merchant.get("price", id_)


@call("GET", "/prices", is_list=True, active="flag", currency="text", product="text", type="text", lookup_keys="list",
      recurring="map")  # fmt: skip
def list_prices(merchant: Merchant, given: Obj) -> Listed:
    keys = given.get("lookup_keys")
    if keys is not None and len(keys) > MOST_LOOKUP_KEYS:
        raise unfit(f"You may only specify up to {MOST_LOOKUP_KEYS} lookup_keys.", "lookup_keys")
    found = [
        one
        for one in merchant.all("price")
        if all(given.get(name) in (None, one[name]) for name in ("active", "currency", "product", "type"))
        and (keys is None or one["lookup_key"] in keys)
        and all((one["recurring"] or {}).get(name) == value for name, value in (given.get("recurring") or {}).items())
    ]
    return Listed("/v1/prices", found)


def _decimal(given: Obj, name: str) -> Decimal | None:
    """The amount in cents from either spelling; raises StripeError for one that is none."""
    text = given.get(f"{name}_decimal", given.get(name))
    if text in (None, ""):
        return None
    try:
        amount = Decimal(str(text))
    except InvalidOperation:
        raise unfit(f"Invalid decimal: {text}", f"{name}_decimal") from None
    if not amount.is_finite() or amount < 0 or amount != round(amount, 12):
        raise unfit(f"Invalid decimal: {text}", f"{name}_decimal")
    return amount


def _plain(amount: Decimal | None) -> str | None:
    return None if amount is None else f"{amount.normalize():f}"


def _whole_cents(amount: Decimal | None) -> int | None:
    return int(amount) if amount is not None and amount == int(amount) else None


def _tiers(given: Obj) -> list[Obj]:
    calls.one_of(given.get("tiers_mode"), ("graduated", "volume"), "tiers_mode")
    made, below = [], 0
    for tier in given.get("tiers") or []:
        unit, flat = _decimal(tier, "unit_amount"), _decimal(tier, "flat_amount")
        up_to = None if tier.get("up_to") == "inf" else calls.whole(tier.get("up_to"), "tiers[up_to]")
        if up_to is not None and up_to <= below:
            raise unfit("Tiers must be in ascending order.", "tiers")
        made.append(
            {
                "flat_amount": _whole_cents(flat),
                "flat_amount_decimal": _plain(flat),
                "unit_amount": _whole_cents(unit),
                "unit_amount_decimal": _plain(unit),
                "up_to": up_to,
            }
        )
        below = up_to or below
    if not made or made[-1]["up_to"] is not None or any(one["up_to"] is None for one in made[:-1]):
        raise unfit("The last tier, and no other, must be `up_to=inf`.", "tiers")
    return made


def _recurring(merchant: Merchant, given: Any) -> Obj | None:
    if not given:
        return None
    calls.one_of(given.get("interval"), INTERVALS, "recurring[interval]")
    if unknown := set(given) - {"interval", "interval_count", "usage_type", "meter"}:
        raise not_modelled(f"recurring[{unknown.pop()}]", "recurring")
    usage = calls.one_of(given.get("usage_type", "licensed"), ("licensed", "metered"), "recurring[usage_type]")
    if usage == "metered":
        merchant.get("billing.meter", given.get("meter"), "recurring[meter]")
    return {
        "interval": given["interval"],
        "interval_count": calls.whole(given.get("interval_count", "1"), "recurring[interval_count]"),
        "meter": given.get("meter"),
        "trial_period_days": None,
        "usage_type": usage,
    }


def _take_lookup_key(merchant: Merchant, given: Obj, id_: str | None) -> None:
    """One active price at most holds a key; another holder loses it only where the call says so."""
    key = given.get("lookup_key")
    if not key:
        return
    if len(key) > 200:
        raise unfit("A lookup_key has up to 200 characters.", "lookup_key")
    for other in merchant.all("price"):
        if other["lookup_key"] == key and other["id"] != id_:
            if not given.get("transfer_lookup_key"):
                raise unfit(
                    f"A price (`{other['id']}`) already uses that lookup key. Pass `transfer_lookup_key=true` to"
                    " transfer it.",
                    "lookup_key",
                    "resource_already_exists",
                )
            with changing(merchant, "price", other["id"]) as loser:
                loser["lookup_key"] = None
