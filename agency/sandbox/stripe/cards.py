"""Test cards: which number does what, and the names Stripe gives ready-made payment methods."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Card:
    """`refused_at_once`: already when it is attached. `decline`: code and decline code of each charge."""

    number: str
    brand: str = "visa"
    refused_at_once: bool = False
    decline: tuple[str, str] | None = None
    wants_proof: bool = False

    @property
    def last4(self) -> str:
        return self.number[-4:]


CARDS = {
    one.number: one
    for one in (
        Card("4242424242424242"),
        Card("5555555555554444", "mastercard"),
        Card("4000000000000002", refused_at_once=True, decline=("card_declined", "generic_decline")),
        Card("4000000000000341", decline=("card_declined", "generic_decline")),
        Card("4000000000009995", decline=("card_declined", "insufficient_funds")),
        Card("4000000000000069", refused_at_once=True, decline=("expired_card", "expired_card")),
        Card("4000000000003220", wants_proof=True),
        Card("4000002760003184", wants_proof=True),
    )
}
# Payment methods that can be named without having been made.
READY_MADE = {
    "pm_card_visa": "4242424242424242",
    "pm_card_mastercard": "5555555555554444",
    "pm_card_visa_chargeDeclined": "4000000000000002",
    "pm_card_chargeDeclined": "4000000000000002",
    "pm_card_chargeCustomerFail": "4000000000000341",
    "pm_card_visa_chargeDeclinedInsufficientFunds": "4000000000009995",
    "pm_card_chargeDeclinedInsufficientFunds": "4000000000009995",
    "pm_card_chargeDeclinedExpiredCard": "4000000000000069",
    "pm_card_threeDSecure2Required": "4000000000003220",
    "pm_card_authenticationRequired": "4000002760003184",
}
MESSAGES = {
    "generic_decline": "Your card was declined.",
    "insufficient_funds": "Your card has insufficient funds.",
    "expired_card": "Your card has expired.",
    "authentication_required": "Your card was declined. This transaction requires authentication.",
}
