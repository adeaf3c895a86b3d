"""What Google's notifications mean: a review to read afresh, or nothing a customer wrote. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from channels.capabilities import EventReading
from channels.errors import ItemGone, PlatformDown, Refused
from channels.google_business import requests
from channels.google_business.deliveries import read_change
from channels.google_business.review_poll import body_of, page_of, read_list, sibling
from channels.items import IncomingItem
from channels.protocol import ConnectedAccount, Exchange, Request
from channels.wire import Unreadable

_REVIEWS = ("NEW_REVIEW", "UPDATED_REVIEW")
_NO_WORDS = {
    "GOOGLE_UPDATE": "Google changed the listing",
    "NEW_CUSTOMER_MEDIA": "a picture without words",
    "DUPLICATE_LOCATION": "the listing has a duplicate",
    "LOSS_OF_VOICE_OF_MERCHANT": "the location's standing changed",
    "VOICE_OF_MERCHANT_UPDATED": "the location's standing changed",
    "NEW_QUESTION": "Google ended questions in 2025",
    "UPDATED_QUESTION": "Google ended questions in 2025",
    "NEW_ANSWER": "Google ended questions in 2025",
    "UPDATED_ANSWER": "Google ended questions in 2025",
}
#: Every type there is; a later one is kept aside as unknown.
KNOWN_TYPES = (*_REVIEWS, *_NO_WORDS)


class ReviewEvents:
    """See `channels.capabilities.ReadsEvents`. Bodies are those of `deliveries.cut`."""

    def read_event(self, account: ConnectedAccount, body: bytes, *, now: datetime) -> EventReading:
        """A notification names a review and tells nothing of it, so the review is read; the newest of the location
        where the review's name cannot be used.
        """
        try:
            named = read_change(body)
        except Unreadable as error:
            return EventReading("unknown", reason=str(error))
        if named.location != account.external_id:
            return EventReading("unknown", reason="it names another location")
        if named.kind in _NO_WORDS:
            return EventReading("ignored", reason=_NO_WORDS[named.kind])
        if named.kind not in _REVIEWS:
            return EventReading("unknown", reason=f"the type {named.kind} is not known")
        if named.review_id is None:
            return EventReading("asked", ask=(requests.reviews(account, page_token=None, purpose={"ask": "reviews"}),))
        purpose = {"ask": "item", "item": named.review_id}
        return EventReading("asked", ask=(requests.review(account, named.review_id, purpose),))

    def read_event_answers(
        self, account: ConnectedAccount, body: bytes, exchanges: Sequence[Exchange], *, now: datetime
    ) -> EventReading:
        """Google answers 404 at random, so the first one asks again beside the location's list; a caller that asks no
        second time loses nothing, for the sweep finds what is gone.
        """
        asked = {exchange.request.purpose.get("ask"): exchange for exchange in exchanges}
        if "reviews" in asked:
            try:
                page = read_list(asked["reviews"])
            except ItemGone as error:
                raise PlatformDown("the location was not found") from error
            return EventReading("asked", page.items, page.set_aside)
        exchange = asked["item"]
        try:
            page = page_of([body_of(exchange)], {})
        except ItemGone as error:
            if "sibling" not in asked:
                return EventReading("asked", ask=(exchange.request, sibling(account)))
            try:
                body_of(asked["sibling"])
            except ItemGone:
                raise PlatformDown("the location was not found") from error
            return EventReading("asked", (_gone(exchange.request, now),))
        except Refused as error:
            return EventReading("unknown", reason=str(error))
        return EventReading("asked", page.items, page.set_aside)


def _gone(request: Request, now: datetime) -> IncomingItem:
    """The tombstone of a review that was there when Google told of it."""
    review_id = request.purpose["item"]
    return IncomingItem(
        external_id=review_id,
        thread_external_id=review_id,
        parent_external_id=None,
        kind="review",
        author=None,
        text="",
        created_at=now,
        updated_at=None,
        stars=None,
        permalink=None,
        from_us=False,
        deleted=True,
    )
