"""The calls for reviews of a Google Business location (v4). Pure.

An account's ``external_id`` is ``accounts/A/locations/L``; an item's is the review's id alone.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from urllib.parse import quote

from channels.errors import Refused
from channels.protocol import ConnectedAccount, Request, TokenReference

API_VERSION = "v4"
#: The platform's largest page.
PAGE_SIZE = 50
LOCATION_NAME = re.compile(r"accounts/[A-Za-z0-9_-]{1,64}/locations/[A-Za-z0-9_-]{1,64}\Z")


def location_path(account: ConnectedAccount) -> str:
    """``/v4/accounts/A/locations/L``. Raises `Refused` for an external id of another shape."""
    if not LOCATION_NAME.match(account.external_id):
        raise Refused("bad_location", "The location must be named accounts/A/locations/L.")
    return f"/{API_VERSION}/{account.external_id}"


def _token(account: ConnectedAccount) -> TokenReference:
    return TokenReference("google_refresh", account.credential)


def reviews(account: ConnectedAccount, *, page_token: str | None, purpose: Mapping[str, str]) -> Request:
    """Newest change first, the only order by time there is."""
    params = {"pageSize": str(PAGE_SIZE), "orderBy": "updateTime desc"}
    if page_token:
        params["pageToken"] = page_token
    return Request(
        "google_reviews",
        "GET",
        f"{location_path(account)}/reviews",
        params=params,
        token=_token(account),
        purpose=purpose,
    )


def review(account: ConnectedAccount, review_id: str, purpose: Mapping[str, str]) -> Request:
    path = f"{location_path(account)}/reviews/{quote(review_id, safe='')}"
    return Request("google_reviews", "GET", path, token=_token(account), purpose=purpose)


def reply(account: ConnectedAccount, review_id: str, text: str) -> Request:
    """Creates or replaces the one reply a review has; so look first (`plan_precheck`)."""
    path = f"{location_path(account)}/reviews/{quote(review_id, safe='')}/reply"
    return Request("google_reviews", "PUT", path, json={"comment": text}, token=_token(account))
