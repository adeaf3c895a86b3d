"""What goes wrong at Google on command, for one location or all: standing orders of misbehaviour, in Google's words."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any

from agency.sandbox import misbehaviour
from agency.sandbox.google_errors import (
    GoogleError,
    denied,
    failed_precondition,
    not_found,
    quota_exceeded,
    unauthenticated,
)
from agency.sandbox.google_project import project
from agency.sandbox.store import Account
from agency.sandbox.wire import Answer
from agency.sandbox.world import World

# What metadata and VoiceOfMerchantState say of a location that is not simply verified.
STANDINGS: dict[str, dict[str, Any]] = {
    "verified": {},
    "unverified": {"verify": {"hasPendingVerification": True}},
    "waiting": {"waitForVoiceOfMerchant": {}},
    "ownership_conflict": {"resolveOwnershipConflict": {}},
    "suspended": {"complyWithGuidelines": {"recommendationReason": "BUSINESS_LOCATION_SUSPENDED"}},
    "disabled": {"complyWithGuidelines": {"recommendationReason": "BUSINESS_LOCATION_DISABLED"}},
}


class BrokenGateway(Exception):
    """The gateway answers with a page of HTML and nothing was done."""


@dataclass
class Pause:
    """What is left to do to the answer: hold it back, cut it."""

    late_seconds: float = 0.0
    cut: bool = False

    def spoil(self, answer: Answer) -> Answer:
        answer.late_seconds, answer.cut = self.late_seconds, self.cut
        return answer


def standing(world: World, account: Account) -> str:
    """One of STANDINGS: the account's fact `standing`, unless an order says otherwise."""
    for kind in ("suspended", "unverified"):
        if misbehaviour.take(world, kind, account.external_id):
            return kind
    return str(account.facts.get("standing") or "verified")


def require_access(world: World, account: Account) -> None:
    """Raises GoogleError where the person lost the location or the access."""
    name = account.external_id
    if misbehaviour.take(world, "lost_location", name):
        raise denied()
    if misbehaviour.take(world, "revoke_token", name):
        raise unauthenticated()


def require_verified(world: World, account: Account) -> None:
    """Reviews and posts are only valid for a verified location; how Google refuses is not documented."""
    if standing(world, account) != "verified":
        if project(world.store).unverified_is_denied:
            raise denied()
        raise failed_precondition("The location is not verified.")


def meddle(world: World, account: Account, service: str, *, is_write: bool = False) -> Pause:
    """Misbehaviour before anything is done. Raises GoogleError and BrokenGateway; sleeps where told to."""
    name = account.external_id
    calls = world.usage.count(name, world.now()) if account.facts.get("calls_per_hour") is not None else 0
    orders = misbehaviour.current(world.store)
    if not orders and not calls:
        return Pause()
    if misbehaviour.take(world, "zero_quota", name, is_write=is_write):
        raise quota_exceeded(service, "0")
    over = calls > int(account.facts.get("calls_per_hour") or calls)
    for kind in ("throttle", "app_throttle"):
        over = over or misbehaviour.take(world, kind, name, is_write=is_write) is not None
    if over:
        raise quota_exceeded(service)
    if misbehaviour.take(world, "server_error", name, is_write=is_write):
        raise GoogleError(500, "INTERNAL", "Internal error encountered.")
    if misbehaviour.take(world, "unavailable", name, is_write=is_write):
        raise GoogleError(503, "UNAVAILABLE", "The service is currently unavailable.")
    if misbehaviour.take(world, "random_404", name, is_write=is_write):
        raise not_found()
    if is_write and misbehaviour.take(world, "block_writes", name, is_write=True):
        raise denied()
    if misbehaviour.take(world, "html_502", name, is_write=is_write):
        raise BrokenGateway
    pause = Pause()
    delay = misbehaviour.take(world, "delay", name, is_write=is_write)
    if delay is not None and delay.when == "before":
        time.sleep(delay.seconds)
    elif delay is not None:
        pause.late_seconds = delay.seconds
    pause.cut = misbehaviour.take(world, "truncate_body", name, is_write=is_write) is not None
    return pause
