"""The calls for a Google Business location: reviews and posts (v4), notifications and verification (v1). Pure.

An account's ``external_id`` is ``accounts/A/locations/L``; an item's is the review's id alone.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import quote

from channels.errors import Refused
from channels.protocol import ConnectedAccount, Request, TokenReference

API_VERSION = "v4"
#: The platform's largest page of reviews.
PAGE_SIZE = 50
#: The platform's largest page of posts.
POSTS_PAGE_SIZE = 100
LOCATION_NAME = re.compile(r"accounts/[A-Za-z0-9_-]{1,64}/locations/[A-Za-z0-9_-]{1,64}\Z")
_NEWEST_FIRST = "updateTime desc"


def location_name(account: ConnectedAccount) -> str:
    """``accounts/A/locations/L``. Raises `Refused` for an external id of another shape."""
    if not LOCATION_NAME.match(account.external_id):
        raise Refused("bad_location", "The location must be named accounts/A/locations/L.")
    return account.external_id


def holder_name(account: ConnectedAccount) -> str:
    """``accounts/A``, which holds the location. Raises `Refused`."""
    return location_name(account).partition("/locations/")[0]


def reviews(
    account: ConnectedAccount, *, page_token: str | None, purpose: Mapping[str, str], page_size: int = PAGE_SIZE
) -> Request:
    """Newest change first, the only order by time there is."""
    params = {"pageSize": str(page_size), "orderBy": _NEWEST_FIRST}
    if page_token:
        params["pageToken"] = page_token
    path = f"/{API_VERSION}/{location_name(account)}/reviews"
    return Request("google_reviews", "GET", path, params=params, token=_token(account), purpose=purpose)


def reviews_of_many(account: ConnectedAccount, locations: Sequence[str]) -> Request:
    """The newest changes of up to 50 locations of one account, as one stream, with this account's token."""
    path = f"/{API_VERSION}/{holder_name(account)}/locations:batchGetReviews"
    body = {"locationNames": list(locations), "pageSize": PAGE_SIZE, "orderBy": _NEWEST_FIRST}
    return Request("google_reviews", "POST", path, json=body, token=_token(account), asks_only=True)


def review(account: ConnectedAccount, review_id: str, purpose: Mapping[str, str]) -> Request:
    return Request("google_reviews", "GET", _review(account, review_id), token=_token(account), purpose=purpose)


def reply(account: ConnectedAccount, review_id: str, text: str) -> Request:
    """Creates or replaces the one reply a review has; so look first (`plan_precheck`)."""
    path = f"{_review(account, review_id)}/reply"
    return Request("google_reviews", "PUT", path, json={"comment": text}, token=_token(account))


def no_reply(account: ConnectedAccount, review_id: str) -> Request:
    """Takes the one reply away, whoever wrote it; so look first."""
    return Request("google_reviews", "DELETE", f"{_review(account, review_id)}/reply", token=_token(account))


def post(account: ConnectedAccount, text: str, link: str | None) -> Request:
    body: dict[str, Any] = {"topicType": "STANDARD", "summary": text}
    if link:
        body["callToAction"] = {"actionType": "LEARN_MORE", "url": link}
    return Request("google_reviews", "POST", _posts(account), json=body, token=_token(account))


def posts(account: ConnectedAccount, page_token: str | None) -> Request:
    params = {"pageSize": str(POSTS_PAGE_SIZE)}
    if page_token:
        params["pageToken"] = page_token
    return Request("google_reviews", "GET", _posts(account), params=params, token=_token(account))


def no_post(account: ConnectedAccount, post_id: str) -> Request:
    path = f"{_posts(account)}/{quote(post_id, safe='')}"
    return Request("google_reviews", "DELETE", path, token=_token(account))


def notification_setting(account: ConnectedAccount) -> Request:
    """The one setting of the account that holds the location."""
    path = f"/v1/{holder_name(account)}/notificationSetting"
    return Request("google_notifications", "GET", path, token=_token(account))


def set_notifications(account: ConnectedAccount, topic: str, types: Sequence[str]) -> Request:
    """Replaces the setting, whoever made it; so look first (`plan_subscription`)."""
    name = f"{holder_name(account)}/notificationSetting"
    return Request(
        "google_notifications",
        "PATCH",
        f"/v1/{name}",
        params={"updateMask": "pubsubTopic,notificationTypes"},
        json={"name": name, "pubsubTopic": topic, "notificationTypes": list(types)},
        token=_token(account),
    )


def voice_of_merchant(account: ConnectedAccount) -> Request:
    """Whether Google lets this location speak for the business (verified, not suspended)."""
    location = location_name(account).rpartition("/locations/")[2]
    path = f"/v1/locations/{location}/VoiceOfMerchantState"
    return Request("google_verifications", "GET", path, token=_token(account), purpose={"ask": "voice"})


def _token(account: ConnectedAccount) -> TokenReference:
    return TokenReference("google_refresh", account.credential)


def _review(account: ConnectedAccount, review_id: str) -> str:
    return f"/{API_VERSION}/{location_name(account)}/reviews/{quote(review_id, safe='')}"


def _posts(account: ConnectedAccount) -> str:
    return f"/{API_VERSION}/{location_name(account)}/localPosts"
