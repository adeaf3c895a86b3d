"""What is read of an event of Stripe's: whom it is about, nothing else. No SDK here: every web process asks."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def customer_of(event: Mapping[str, Any]) -> str | None:
    """Whom of Stripe's customers an event tells of; None where of none, such as of a price."""
    told = event.get("data")
    thing = told.get("object") if isinstance(told, dict) else None
    if not isinstance(thing, dict):
        return None
    named = thing.get("id") if thing.get("object") == "customer" else thing.get("customer")
    if isinstance(named, dict):
        named = named.get("id")
    if not isinstance(named, str) or not named.startswith("cus_") or len(named) > 200:
        return None
    return named if named.isascii() and named.isprintable() else None
