"""The calls about events and about where they are sent."""

from __future__ import annotations

import secrets

from agency.sandbox.stripe import calls
from agency.sandbox.stripe.calls import Listed, call
from agency.sandbox.stripe.errors import unfit
from agency.sandbox.stripe.merchant import API_VERSION, Merchant, Obj


@call("GET", "/events/{id}")
def get_event(merchant: Merchant, given: Obj, id_: str) -> Obj:
    return merchant.get("event", id_)


@call("GET", "/events", is_list=True, type="text", types="list", delivery_success="flag")
def list_events(merchant: Merchant, given: Obj) -> Listed:
    types = given.get("types") or ([given["type"]] if given.get("type") else None)
    success = given.get("delivery_success")
    found = [
        one
        for one in merchant.all("event")
        if (types is None or one["type"] in types) and (success is None or (one["pending_webhooks"] == 0) == success)
    ]
    return Listed("/v1/events", found)


@call("POST", "/webhook_endpoints", url="text", enabled_events="list", api_version="text", description="text",
      metadata="map")  # fmt: skip
def create_endpoint(merchant: Merchant, given: Obj) -> Obj:
    """The secret is told once, here."""
    calls.required(given, "url", "enabled_events")
    if given.get("api_version") not in (None, API_VERSION):
        raise unfit(f"The stand-in writes events of {API_VERSION} alone.", "api_version")
    made = add_endpoint(merchant, given["url"], given["enabled_events"], f"whsec_{secrets.token_hex(16)}")
    made["description"] = given.get("description")
    made["metadata"] = calls.metadata({}, given)
    made["api_version"] = given.get("api_version")
    return {**made, "secret": made["_secrets"][0]}


def add_endpoint(merchant: Merchant, url: str, enabled_events: list[str], secret: str) -> Obj:
    return merchant.add(
        "webhook_endpoint",
        {
            "api_version": None,
            "application": None,
            "description": None,
            "enabled_events": enabled_events,
            "metadata": {},
            "status": "enabled",
            "url": url,
            "_secrets": [secret],
        },
    )


@call("POST", "/webhook_endpoints/{id}", url="text", enabled_events="list", disabled="flag", description="text",
      metadata="map")  # fmt: skip
def update_endpoint(merchant: Merchant, given: Obj, id_: str) -> Obj:
    one = merchant.edit("webhook_endpoint", id_)
    one["metadata"] = calls.metadata(one["metadata"], given)
    one.update({name: given[name] for name in ("url", "enabled_events", "description") if name in given})
    if "disabled" in given:
        one["status"] = "disabled" if given["disabled"] else "enabled"
    return one


@call("GET", "/webhook_endpoints/{id}")
def get_endpoint(merchant: Merchant, given: Obj, id_: str) -> Obj:
    return merchant.get("webhook_endpoint", id_)


@call("GET", "/webhook_endpoints", is_list=True)
def list_endpoints(merchant: Merchant, given: Obj) -> Listed:
    return Listed("/v1/webhook_endpoints", list(merchant.all("webhook_endpoint")))


@call("DELETE", "/webhook_endpoints/{id}")
def delete_endpoint(merchant: Merchant, given: Obj, id_: str) -> Obj:
    merchant.get("webhook_endpoint", id_)
    merchant.remove("webhook_endpoint", id_)
    return {"id": id_, "object": "webhook_endpoint", "deleted": True}
