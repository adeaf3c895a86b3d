"""Small stand-ins for the platforms, in memory: they answer the adapters' requests as documented, with the habits a
test wants.

They know nothing of the adapters but the requests they get, and are independent of the product's sandbox.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from channels.errors import ChannelError
from channels.protocol import Answer, ConnectedAccount, Login, Platform, Request, Secret
from channels.scripted_transport import json_answer

START = datetime(2026, 11, 1, 9, 0, tzinfo=UTC)
TOKEN = "token-of-the-test"


def meta_time(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%S+0000")


def not_there() -> Answer:
    error = {
        "message": "Unsupported get request.",
        "type": "GraphMethodException",
        "code": 100,
        "error_subcode": 33,
        "fbtrace_id": "Trace1",
    }
    return json_answer({"error": error}, 400)


@dataclass
class Comment:
    id: str
    text: str
    at: datetime
    author: str | None = "900"
    parent: str | None = None
    post: str = ""


@dataclass
class MetaStandIn:
    """Facebook and Instagram in one: ``words`` picks the field names.

    Habits: what real platforms and poor stand-ins do.
    """

    instagram: bool = False
    page_id: str = "100"
    bare_ids: bool = False
    expands: bool = True
    flattens: bool = True
    ordered: bool = True
    mentions_empty_edges: bool = True
    posts: dict[str, datetime] = field(default_factory=dict)
    comments: dict[str, Comment] = field(default_factory=dict)
    hidden: set[str] = field(default_factory=set)
    calls: list[Request] = field(default_factory=list)
    failing: dict[str, Answer | ChannelError] = field(default_factory=dict)
    next_id: int = 1_000

    # --- people ---

    def post(self, at: datetime = START) -> str:
        self.next_id += 1
        post_id = str(self.next_id) if self.instagram else f"{self.page_id}_{self.next_id}"
        self.posts[post_id] = at
        return post_id

    def write(
        self, post: str, text: str, at: datetime, *, parent: str | None = None, author: str | None = "900"
    ) -> str:
        self.next_id += 1
        plain = self.instagram or self.bare_ids
        comment_id = str(self.next_id) if plain else f"{post.split('_')[-1]}_{self.next_id}"
        self.comments[comment_id] = Comment(comment_id, text, at, author, parent, post)
        return comment_id

    # --- the wire ---

    def __call__(self, request: Request) -> Answer | ChannelError:
        self.calls.append(request)
        for part, answer in self.failing.items():
            if part in request.path:
                return answer
        parts = request.path.strip("/").split("/")
        assert parts[0] == "v26.0"
        target, edge = parts[1], parts[2] if len(parts) > 2 else None
        if request.method == "POST":
            return self.take_reply(target, dict(request.form or {}))
        if edge in ("published_posts", "media"):
            return json_answer(self.list_posts(request))
        if target == self.page_id:
            return json_answer({"id": self.page_id})
        if edge is None:
            comment = self.comments.get(target)
            if comment is None:
                return not_there()
            kids = [c for c in self.comments.values() if c.parent == target]
            return json_answer({"id": target, "comment_count": len(kids)})
        if target in self.posts:
            return json_answer(self.edge(self.under(target), request.params, 50))
        if target not in self.comments:
            return not_there()
        return json_answer(self.edge([c for c in self.comments.values() if c.parent == target], request.params, 50))

    def take_reply(self, target: str, form: dict[str, str]) -> Answer:
        comment = self.comments.get(target)
        if comment is None:
            return not_there()
        new = self.write(comment.post, form["message"], datetime.now(UTC), parent=target, author=self.page_id)
        return json_answer({"id": new})

    def list_posts(self, request: Request) -> dict[str, Any]:
        newest = sorted(self.posts, key=lambda post_id: self.posts[post_id], reverse=True)
        return self.page([self.show_post(post_id, request) for post_id in newest], request.params, 25)

    def show_post(self, post_id: str, request: Request) -> dict[str, Any]:
        shown: dict[str, Any] = {"id": post_id}
        total = sum(1 for c in self.comments.values() if c.post == post_id and c.id not in self.hidden)
        if self.instagram:
            shown |= {"caption": "A post", "timestamp": meta_time(self.posts[post_id]), "comments_count": total}
            shown |= {"username": "thebrand", "media_product_type": "FEED"}
        else:
            shown |= {"message": "A post", "created_time": meta_time(self.posts[post_id])}
        wanted = re.search(r"comments[.\w()]*limit\((\d+)\)", request.params["fields"])
        if wanted and self.expands and (total or self.mentions_empty_edges):
            edge = self.edge(self.under(post_id), {}, int(wanted[1]))
            if not self.instagram:
                edge["summary"] = {"order": "reverse_chronological", "total_count": total}
            shown["comments"] = edge
        return shown

    def under(self, post_id: str) -> list[Comment]:
        flat = self.flattens and not self.instagram
        return [c for c in self.comments.values() if c.post == post_id and (flat or c.parent is None)]

    def edge(self, comments: list[Comment], params: Any, limit: int) -> dict[str, Any]:
        visible = [c for c in comments if c.id not in self.hidden]
        visible.sort(key=lambda c: (c.at, c.id), reverse=self.ordered)
        answer = self.page(visible, params, limit)
        beneath: defaultdict[str | None, list[Comment]] = defaultdict(list)
        for one in self.comments.values():
            if one.id not in self.hidden:
                beneath[one.parent].append(one)
        answer["data"] = [self.show(c, beneath) for c in answer["data"]]
        return answer

    def show(self, comment: Comment, beneath: Mapping[str | None, list[Comment]]) -> dict[str, Any]:
        kids = beneath.get(comment.id, [])
        if self.instagram:
            shown: dict[str, Any] = {"id": comment.id, "text": comment.text, "timestamp": meta_time(comment.at)}
            if comment.author is not None:
                shown["from"] = {"id": comment.author, "username": f"user{comment.author}"}
            if kids:
                shown["replies"] = self.page([self.show(kid, beneath) for kid in kids], {}, 2)
            return shown
        shown = {"id": comment.id, "message": comment.text, "created_time": meta_time(comment.at)}
        shown["comment_count"] = len(kids)
        if comment.author is not None:
            shown["from"] = {"id": comment.author, "name": f"Person {comment.author}"}
        if comment.parent is not None:
            shown["parent"] = {"id": comment.parent}
        return shown

    @staticmethod
    def page(rows: list[Any], params: Any, most: int) -> dict[str, Any]:
        start = int(params.get("after", "0"))
        size = min(int(params.get("limit", most)), most)
        end = start + size
        answer: dict[str, Any] = {"data": rows[start:end]}
        if rows:
            answer["paging"] = {"cursors": {"before": str(start), "after": str(end)}}
        if end < len(rows):
            answer["paging"]["next"] = f"https://graph.example/next?access_token={TOKEN}&after={end}"
        return answer


@dataclass
class GoogleStandIn:
    """Reviews of one location, with the order, paging and omissions of the v4 API."""

    location: str = "accounts/1/locations/2"
    reviews: dict[str, dict[str, Any]] = field(default_factory=dict)
    calls: list[Request] = field(default_factory=list)
    failing: dict[str, Answer | ChannelError] = field(default_factory=dict)
    replying: Answer | None = None
    page_size: int = 50

    def write(self, review_id: str, text: str | None, at: datetime, stars: str = "FIVE") -> str:
        review: dict[str, Any] = {
            "reviewId": review_id,
            "name": f"{self.location}/reviews/{review_id}",
            "starRating": stars,
            "reviewer": {"displayName": "A. N."},
            "createTime": at.isoformat().replace("+00:00", ".123Z"),
            "updateTime": at.isoformat().replace("+00:00", ".123Z"),
        }
        if text is not None:
            review["comment"] = text
        self.reviews[review_id] = review
        return review_id

    def edit(self, review_id: str, text: str, at: datetime) -> None:
        self.reviews[review_id] |= {"comment": text, "updateTime": at.isoformat().replace("+00:00", "Z")}

    def reply(self, review_id: str, text: str, at: datetime, state: str | None = None) -> None:
        reply = {"comment": text, "updateTime": at.isoformat().replace("+00:00", "Z")}
        if state:
            reply["reviewReplyState"] = state
        self.reviews[review_id]["reviewReply"] = reply

    def __call__(self, request: Request) -> Answer | ChannelError:
        self.calls.append(request)
        for part, answer in self.failing.items():
            if part in request.path + "?" + "&".join(f"{k}={v}" for k, v in request.params.items()):
                return answer
        base = f"/v4/{self.location}/reviews"
        assert request.path.startswith(base)
        rest = request.path.removeprefix(base).strip("/").split("/")
        if rest == [""]:
            return json_answer(self.list(request))
        if rest[0] not in self.reviews:
            return json_answer(
                {"error": {"code": 404, "message": "Requested entity was not found.", "status": "NOT_FOUND"}}, 404
            )
        if request.method == "PUT":
            assert rest[1] == "reply"
            assert request.json is not None
            self.reply(rest[0], request.json["comment"], datetime.now(UTC))
            return self.replying or json_answer(self.reviews[rest[0]]["reviewReply"])
        return json_answer(self.reviews[rest[0]])

    def list(self, request: Request) -> dict[str, Any]:
        assert request.params["orderBy"] == "updateTime desc"
        rows = sorted(self.reviews.values(), key=lambda review: review["updateTime"], reverse=True)
        start = int(request.params.get("pageToken", "0"))
        shown = rows[start : start + self.page_size]
        if not rows:
            return {}
        answer = {"reviews": shown, "averageRating": 3.0, "totalReviewCount": len(rows)}
        if start + self.page_size < len(rows):
            answer["nextPageToken"] = str(start + self.page_size)
        return answer


def account_of(platform: Platform, *, login: Login | None = None) -> ConnectedAccount:
    external_id = "accounts/1/locations/2" if platform == "google_business" else "100"
    login = login or ("facebook" if platform == "instagram" else None)
    return ConnectedAccount("account-1", platform, external_id, Secret(TOKEN), login, "thebrand")


def minutes(count: float) -> timedelta:
    return timedelta(minutes=count)
