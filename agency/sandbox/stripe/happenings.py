"""Events: what happened, with the object as it was then, and what was different before."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from agency.sandbox.stripe.merchant import API_VERSION, Merchant, Obj
from agency.sandbox.stripe.shapes import shown

# Where an event's name begins otherwise than with its object's.
NAMES = {"subscription": "customer.subscription", "tax_id": "customer.tax_id"}


def tell(merchant: Merchant, type_: str, one: Obj, previous: Obj | None = None) -> Obj:
    """Keep an event of this type; `merchant.after_commit` sees it and sends it."""
    data: Obj = {"object": shown(merchant, one)}
    if previous is not None:
        data["previous_attributes"] = previous
    request_id, key = merchant.request
    return merchant.add(
        "event",
        {
            "api_version": API_VERSION,
            "data": data,
            "pending_webhooks": sum(1 for each in merchant.all("webhook_endpoint") if wants(each, type_)),
            "request": {"id": request_id, "idempotency_key": key},
            "type": type_,
        },
        test_clock=one.get("_clock"),
    )


def wants(endpoint: Obj, type_: str) -> bool:
    known = endpoint["enabled_events"]
    return endpoint["status"] == "enabled" and ("*" in known or type_ in known)


@contextmanager
def changing(merchant: Merchant, kind: str, id_: str, type_: str | None = None) -> Iterator[Obj]:
    """The object, to be changed; where it then looks different, `<kind>.updated` is told once.

    What is changed inside, by whomever, is told by the outermost alone.
    """
    one = merchant.edit(kind, id_)
    if id_ in merchant.telling:
        yield one
        return
    before = shown(merchant, one)
    merchant.telling.add(id_)
    try:
        yield one
    finally:
        merchant.telling.discard(id_)
    after = shown(merchant, one)
    if before != after:
        tell(merchant, type_ or f"{NAMES.get(kind, kind)}.updated", one, difference(before, after))


def difference(before: Obj, after: Obj) -> Obj:
    """What `before` had where `after` is different; of objects that are no resources, only the keys that differ."""
    found: Obj = {}
    for name in {**before, **after}:
        old, new = before.get(name), after.get(name)
        if old == new:
            continue
        if isinstance(old, dict) and isinstance(new, dict) and "object" not in old:
            found[name] = {key: old.get(key) for key in {**old, **new} if old.get(key) != new.get(key)}
        else:
            found[name] = old
    return found
