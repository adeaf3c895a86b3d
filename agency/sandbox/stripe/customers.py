"""Customers, their cards and their tax ids."""

from __future__ import annotations

from agency.sandbox.stripe import calls
from agency.sandbox.stripe.calls import Listed, call
from agency.sandbox.stripe.cards import CARDS, MESSAGES, READY_MADE, Card
from agency.sandbox.stripe.errors import StripeError, missing, unfit
from agency.sandbox.stripe.happenings import changing, tell
from agency.sandbox.stripe.merchant import Merchant, Obj

PLAIN = ("email", "name", "phone", "description", "business_name", "individual_name")
FIELDS = dict.fromkeys(PLAIN, "text") | {
    "address": "any",
    "metadata": "map",
    "preferred_locales": "list",
    "invoice_settings": "map",
    "payment_method": "text",
    "tax_exempt": "text",
    "tax": "map",
    "balance": "whole",
    "invoice_prefix": "text",
}
ADDRESS = ("city", "country", "line1", "line2", "postal_code", "state")
# Endings of numbers with a fate of their own, as in Stripe's list of test tax ids; all others stay unverified here.
TAX_FATES = {"000000000": "verified", "111111111": "unverified", "222222222": "pending"}


@call("POST", "/customers", FIELDS, test_clock="text", tax_id_data="list", validate="flag")
def create_customer(merchant: Merchant, given: Obj) -> Obj:
    clock = given.get("test_clock")
    if clock:
        merchant.get("test_helpers.test_clock", clock, "test_clock")
    made = merchant.add(
        "customer",
        {
            "address": None,
            "balance": 0,
            "currency": None,
            "default_source": None,
            "delinquent": False,
            "description": None,
            "discount": None,
            "email": None,
            "invoice_prefix": merchant.new_id("charge")[3:11].upper(),
            "invoice_settings": {
                "custom_fields": None,
                "default_payment_method": None,
                "footer": None,
                "rendering_options": None,
            },
            "metadata": {},
            "name": None,
            "next_invoice_sequence": 1,
            "phone": None,
            "preferred_locales": [],
            "shipping": None,
            "tax_exempt": "none",
            "test_clock": clock,
        },
        test_clock=clock,
    )
    _write(merchant, made, given)
    tell(merchant, "customer.created", made)
    for each in given.get("tax_id_data") or []:
        create_tax_id(merchant, each, made["id"])
    return made


@call("POST", "/customers/{id}", FIELDS)
def update_customer(merchant: Merchant, given: Obj, id_: str) -> Obj:
    get_customer_alive(merchant, id_)
    with changing(merchant, "customer", id_) as one:
        _write(merchant, one, given)
    return one


def _write(merchant: Merchant, one: Obj, given: Obj) -> None:
    one["metadata"] = calls.metadata(one["metadata"], given)
    for name in (*PLAIN, "preferred_locales", "balance", "invoice_prefix"):
        if name in given:
            one[name] = given[name] if given[name] != "" else None
    if "tax_exempt" in given:
        one["tax_exempt"] = calls.one_of(given["tax_exempt"] or "none", ("none", "exempt", "reverse"), "tax_exempt")
    if "address" in given:
        address = given["address"]
        one["address"] = None if address is None else {name: (address.get(name) or None) for name in ADDRESS}
    if given.get("payment_method"):
        attach(merchant, given["payment_method"], one["id"])
    settings = given.get("invoice_settings") or {}
    if "default_payment_method" in settings:
        method = settings["default_payment_method"] or None
        if method is not None and merchant.get("payment_method", method)["customer"] != one["id"]:
            raise unfit(
                "The customer does not have a payment method with the ID " + str(method) + ". The payment method must"
                " be attached to the customer.",
                "invoice_settings[default_payment_method]",
                "resource_missing",
            )
        one["invoice_settings"] = {**one["invoice_settings"], "default_payment_method": method}


def get_customer_alive(merchant: Merchant, id_: object, param: str = "id") -> Obj:
    one = merchant.get("customer", id_, param)
    if one.get("deleted"):
        raise missing("customer", id_, param)
    return one


@call("GET", "/customers/{id}")
def get_customer(merchant: Merchant, given: Obj, id_: str) -> Obj:
    one = merchant.get("customer", id_)
    return {"id": id_, "object": "customer.deleted", "deleted": True} if one.get("deleted") else one


@call("GET", "/customers", is_list=True, email="text", test_clock="text")
def list_customers(merchant: Merchant, given: Obj) -> Listed:
    found = [
        one
        for one in merchant.all("customer")
        if not one.get("deleted")
        and given.get("email") in (None, one["email"])
        and given.get("test_clock") in (None, one["test_clock"])
    ]
    return Listed("/v1/customers", found)


@call("POST", "/payment_methods", type="text", card="map", billing_details="map", metadata="map")
def create_payment_method(merchant: Merchant, given: Obj) -> Obj:
    calls.one_of(given.get("type"), ("card",), "type")
    number = str((given.get("card") or {}).get("number", "")).replace(" ", "")
    if number not in CARDS:
        raise StripeError(
            402, "Your card number is incorrect.", kind="card_error", code="incorrect_number", param="number"
        )
    return _method(merchant, CARDS[number], given.get("billing_details") or {})


def _method(merchant: Merchant, card: Card, billing: Obj) -> Obj:
    return merchant.add(
        "payment_method",
        {
            "allow_redisplay": "unspecified",
            "billing_details": {
                "address": None,
                "email": billing.get("email"),
                "name": billing.get("name"),
                "phone": None,
                "tax_id": None,
            },
            "card": {
                "brand": card.brand,
                "checks": {"address_line1_check": None, "address_postal_code_check": None, "cvc_check": "pass"},
                "country": "PT",
                "display_brand": card.brand,
                "exp_month": 12,
                "exp_year": 2039,
                "fingerprint": f"fp{card.number[-12:]}",
                "funding": "credit",
                "generated_from": None,
                "last4": card.last4,
                "networks": {"available": [card.brand], "preferred": None},
                "regulated_status": "unregulated",
                "three_d_secure_usage": {"supported": True},
                "wallet": None,
            },
            "customer": None,
            "metadata": {},
            "type": "card",
            "_number": card.number,
        },
    )


def attach(merchant: Merchant, method_id: str, customer_id: str, *, in_person: bool = False) -> Obj:
    """A ready-made name makes a new card of that kind. Raises the card's refusal; `in_person` proofs are given."""
    if method_id in READY_MADE:
        method_id = _method(merchant, CARDS[READY_MADE[method_id]], {})["id"]
    method = merchant.edit("payment_method", method_id, "payment_method")
    if method["customer"] not in (None, customer_id):
        raise unfit("The payment method you provided has already been attached to a customer.", "payment_method")
    card = CARDS[method["_number"]]
    if card.refused_at_once and card.decline is not None:
        raise declined(*card.decline)
    method["customer"] = customer_id
    method["_clock"] = merchant.get("customer", customer_id)["_clock"]
    tell(merchant, "payment_method.attached", method)
    return method


def declined(code: str, decline_code: str, **more: object) -> StripeError:
    return StripeError(
        402,
        MESSAGES[decline_code],
        kind="card_error",
        code=code,
        decline_code=decline_code,
        **more,  # type: ignore[arg-type]
    )


@call("POST", "/payment_methods/{id}/attach", customer="text")
def attach_payment_method(merchant: Merchant, given: Obj, id_: str) -> Obj:
    calls.required(given, "customer")
    get_customer_alive(merchant, given["customer"], "customer")
    return attach(merchant, id_, given["customer"])


@call("POST", "/payment_methods/{id}/detach")
def detach_payment_method(merchant: Merchant, given: Obj, id_: str) -> Obj:
    method = merchant.edit("payment_method", id_)
    if method["customer"] is None:
        raise unfit("The payment method you provided is not attached to a customer so detachment is impossible.")
    customer = merchant.get("customer", method["customer"])
    if customer["invoice_settings"]["default_payment_method"] == id_:
        with changing(merchant, "customer", customer["id"]) as one:
            one["invoice_settings"] = {**one["invoice_settings"], "default_payment_method": None}
    for subscription in merchant.all("subscription"):
        if subscription["default_payment_method"] == id_:
            with changing(merchant, "subscription", subscription["id"]) as held:
                held["default_payment_method"] = None
    method["customer"] = None
    tell(merchant, "payment_method.detached", method)
    return method


@call("GET", "/payment_methods/{id}")
def get_payment_method(merchant: Merchant, given: Obj, id_: str) -> Obj:
    return merchant.get("payment_method", id_)


@call("GET", "/customers/{id}/payment_methods/{method}")
def get_customers_payment_method(merchant: Merchant, given: Obj, id_: str, method_id: str) -> Obj:
    method = merchant.get("payment_method", method_id)
    if method["customer"] != id_:
        raise missing("payment_method", method_id)
    return method


def _methods_of(merchant: Merchant, customer_id: object, url: str) -> Listed:
    return Listed(url, [one for one in merchant.all("payment_method") if one["customer"] == customer_id])


@call("GET", "/payment_methods", is_list=True, customer="text", type="text")
def list_payment_methods(merchant: Merchant, given: Obj) -> Listed:
    calls.required(given, "customer")
    return _methods_of(merchant, given["customer"], "/v1/payment_methods")


@call("GET", "/customers/{id}/payment_methods", is_list=True, type="text")
def list_customers_payment_methods(merchant: Merchant, given: Obj, id_: str) -> Listed:
    return _methods_of(merchant, id_, f"/v1/customers/{id_}/payment_methods")


@call("POST", "/customers/{id}/tax_ids", type="text", value="text")
def create_tax_id(merchant: Merchant, given: Obj, id_: str) -> Obj:
    calls.required(given, "type", "value")
    customer = get_customer_alive(merchant, id_)
    value = str(given["value"]).replace(" ", "").upper()
    is_vat = given["type"] == "eu_vat"
    if is_vat and not (value[:2].isalpha() and 8 <= len(value) <= 14 and value[2:].isalnum()):
        raise unfit(f"Invalid value for {given['type']}.", "value", "tax_id_invalid")
    fate = next((state for ending, state in TAX_FATES.items() if value.endswith(ending)), "unverified")
    made = merchant.add(
        "tax_id",
        {
            "country": value[:2] if is_vat else None,
            "customer": id_,
            "owner": {"type": "customer", "customer": id_},
            "type": given["type"],
            "value": value,
            "verification": {
                "status": fate,
                "verified_address": None,
                "verified_name": "Verified in a test" if fate == "verified" else None,
            },
        },
        test_clock=customer["_clock"],
    )
    tell(merchant, "customer.tax_id.created", made)
    return made


@call("GET", "/customers/{id}/tax_ids", is_list=True)
def list_tax_ids(merchant: Merchant, given: Obj, id_: str) -> Listed:
    return Listed(f"/v1/customers/{id_}/tax_ids", [one for one in merchant.all("tax_id") if one["customer"] == id_])


@call("DELETE", "/customers/{id}/tax_ids/{tax_id}")
def delete_tax_id(merchant: Merchant, given: Obj, id_: str, tax_id: str) -> Obj:
    known = merchant.get("tax_id", tax_id)
    if known["customer"] != id_:
        raise missing("tax_id", tax_id)
    tell(merchant, "customer.tax_id.deleted", known)
    merchant.remove("tax_id", tax_id)
    return {"id": tax_id, "object": "tax_id", "deleted": True}
