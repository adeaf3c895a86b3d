"""Google around one location's reviews: many locations in one call, answers taken back, posts, settings, standing."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from channels.errors import ChannelError
from channels.protocol import Answer, ConnectedAccount, Request, Secret
from channels.scripted_transport import json_answer
from tests.channels.stand_ins import TOKEN, GoogleStandIn

NOT_FOUND = {"code": 404, "message": "Requested entity was not found.", "status": "NOT_FOUND"}


def refusal(http: int, status: str, *details: dict[str, Any], message: str = "words") -> Answer:
    return json_answer({"error": {"code": http, "status": status, "message": message, "details": list(details)}}, http)


def location_account(number: int, *, token: str = TOKEN, holder: int = 1, topic: str | None = None) -> ConnectedAccount:
    name = f"accounts/{holder}/locations/{number}"
    return ConnectedAccount(f"account-{number}", "google_business", name, Secret(token), events_topic=topic)


@dataclass
class ManyLocations:
    """Several locations, each readable by itself and all in one stream."""

    locations: dict[str, GoogleStandIn] = field(default_factory=dict)
    spoilers: set[str] = field(default_factory=set)
    spoiling: Answer = field(default_factory=lambda: refusal(403, "PERMISSION_DENIED"))
    whole_failure: Answer | ChannelError | None = None
    calls: list[Request] = field(default_factory=list)

    def location(self, account: ConnectedAccount) -> GoogleStandIn:
        return self.locations.setdefault(account.external_id, GoogleStandIn(account.external_id))

    def __call__(self, request: Request) -> Answer | ChannelError:
        self.calls.append(request)
        if request.path.endswith("/locations:batchGetReviews"):
            return self.batch(request)
        name = request.path.removeprefix("/v4/").partition("/reviews")[0]
        return self.locations[name](request)

    def batch(self, request: Request) -> Answer | ChannelError:
        assert request.method == "POST"
        assert request.json is not None
        names = request.json["locationNames"]
        assert 0 < len(names) <= 50
        assert len(set(names)) == len(names)
        assert request.json["orderBy"] == "updateTime desc"
        if self.whole_failure is not None:
            return self.whole_failure
        if self.spoilers & set(names):
            return self.spoiling
        rows = [{"name": name, "review": review} for name in names for review in self.locations[name].reviews.values()]
        rows.sort(key=lambda row: row["review"]["updateTime"], reverse=True)
        answer: dict[str, Any] = {"locationReviews": rows[:50]} if rows else {}
        if len(rows) > 50:
            answer["nextPageToken"] = "more"
        return json_answer(answer)


@dataclass
class Profile(GoogleStandIn):
    """One location with its answers taken back, its posts, its notification setting and its standing."""

    posts: list[dict[str, Any]] = field(default_factory=list)
    posts_page_size: int = 100
    setting: dict[str, Any] = field(default_factory=dict)
    standing: Answer = field(default_factory=lambda: json_answer({"hasVoiceOfMerchant": True}))

    def __call__(self, request: Request) -> Answer | ChannelError:
        for part, answer in self.failing.items():
            if part in request.path:
                self.calls.append(request)
                return answer
        if request.service == "google_verifications":
            assert request.path == "/v1/locations/2/VoiceOfMerchantState"
            return self.standing
        if request.service == "google_notifications":
            return self.notifications(request)
        if "/localPosts" in request.path:
            return self.local_posts(request)
        if request.method == "DELETE":
            return self.take_back(request.path.rsplit("/", 2)[1])
        return super().__call__(request)

    def notifications(self, request: Request) -> Answer:
        name = "accounts/1/notificationSetting"
        assert request.path == f"/v1/{name}"
        if request.method == "PATCH":
            assert request.params["updateMask"] == "pubsubTopic,notificationTypes"
            assert request.json is not None
            self.setting = {key: request.json[key] for key in ("pubsubTopic", "notificationTypes")}
        return json_answer({"name": name, **self.setting})

    def take_back(self, review_id: str) -> Answer:
        if "reviewReply" not in self.reviews.get(review_id, {}):
            return json_answer({"error": NOT_FOUND}, 404)
        del self.reviews[review_id]["reviewReply"]
        return json_answer({})

    def local_posts(self, request: Request) -> Answer:
        if request.method == "POST":
            assert request.json is not None
            name = f"{self.location}/localPosts/{len(self.posts) + 1}"
            made = {**request.json, "name": name, "state": "PROCESSING"}
            self.posts.append({**made, "createTime": datetime.now(UTC).isoformat()})
            return json_answer(self.posts[-1])
        if request.method == "DELETE":
            self.posts = [post for post in self.posts if not request.path.endswith(post["name"])]
            return json_answer({})
        start = int(request.params.get("pageToken", "0"))
        answer: dict[str, Any] = {"localPosts": self.posts[start : start + self.posts_page_size]}
        if start + self.posts_page_size < len(self.posts):
            answer["nextPageToken"] = str(start + self.posts_page_size)
        return json_answer(answer)
