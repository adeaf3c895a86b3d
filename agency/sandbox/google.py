"""Google Business reviews, v4: list, get, batchGetReviews, and the brand's answers."""

from __future__ import annotations

import base64
import hashlib
import json
import re
import time
from datetime import UTC, datetime
from typing import Any

from agency.sandbox import content, ledger, misbehaviour, tokens
from agency.sandbox.google_errors import (
    GoogleError,
    denied,
    invalid_argument,
    not_found,
    quota_exceeded,
    unauthenticated,
)
from agency.sandbox.store import Account, Item
from agency.sandbox.tokens import Token
from agency.sandbox.wire import HTML_502, Answer
from agency.sandbox.world import World

STARS = ("STAR_RATING_UNSPECIFIED", "ONE", "TWO", "THREE", "FOUR", "FIVE")
MAX_PAGE_SIZE = 50
MAX_LOCATIONS = 50
MAX_REPLY_BYTES = 4096

# order -> (SQL, newest or highest first). Ties are broken by the row number in the same direction.
ORDERS = {"updateTime desc": ("updated_at", True), "rating": ("stars", False), "rating desc": ("stars", True)}

REVIEWS = re.compile(r"^(accounts/[^/]+/locations/[^/]+)/reviews$")
REVIEW = re.compile(r"^(accounts/[^/]+/locations/[^/]+)/reviews/([^/]+)$")
REPLY = re.compile(r"^(accounts/[^/]+/locations/[^/]+)/reviews/([^/]+)/reply$")
BATCH = re.compile(r"^(accounts/[^/]+)/locations:batchGetReviews$")


def google_time(at: float) -> str:
    """RFC 3339 with the three digits that captures show."""
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%dT%H:%M:%S.") + f"{int(at * 1000) % 1000:03d}Z"


def bearer_token(world: World, text: str | None) -> Token:
    """The caller's access token, or GoogleError 401."""
    found = tokens.find(world.store, text) if text else None
    if found is None or found.kind != "google_access" or found.dead is not None:
        raise unauthenticated()
    return found


def granted(world: World, token: Token) -> list[Account]:
    return [each for each in world.store.accounts("google_business") if each.id in token.accounts]


def location(world: World, token: Token, name: str) -> Account:
    """The location by its full v4 name: 404 where there is none, 403 where it is not this person's."""
    account = world.store.account("google_business", name)
    if account is None:
        raise not_found()
    if account.id not in token.accounts:
        raise denied()
    if misbehaviour.take(world, "lost_location", name):
        raise denied()
    if misbehaviour.take(world, "revoke_token", name):
        raise unauthenticated()
    return account


def review_json(world: World, account: Account, review: Item) -> dict[str, Any]:
    """One review, with proto3's habit of leaving out what is empty, zero or false."""
    author = review.facts.get("author") or {}
    anonymous = bool(review.facts.get("anonymous"))
    reviewer: dict[str, Any] = {"displayName": "A Google User" if anonymous else author.get("name")}
    if anonymous:
        reviewer["isAnonymous"] = True
    else:
        reviewer["profilePhotoUrl"] = f"https://lh3.googleusercontent.com/a/{author.get('id')}"
    found: dict[str, Any] = {
        "reviewId": review.external_id,
        "reviewer": reviewer,
        "starRating": STARS[review.stars or 0],
    }
    if review.facts.get("text"):
        found["comment"] = review.facts["text"]
    found["createTime"] = google_time(review.created_at)
    found["updateTime"] = google_time(review.updated_at)
    reply = content.visible_reply(world, review)
    if reply is not None:
        found["reviewReply"] = _reply_json(world, reply)
    found["name"] = f"{account.external_id}/reviews/{review.external_id}"
    found["reviewReplyUrl"] = f"https://business.google.com/reviews/{review.external_id}"
    found.update(json.loads(json.dumps(review.facts.get("raw") or {})))
    for name in review.facts.get("drop") or ():
        found.pop(name, None)
    return found


def _reply_json(world: World, reply: dict[str, Any]) -> dict[str, Any]:
    found = {"comment": reply["text"], "updateTime": google_time(reply["updated_at"])}
    found["reviewReplyState"] = "PENDING" if reply["settled_at"] > world.now() else reply["outcome"]
    if found["reviewReplyState"] == "REJECTED":
        found["policyViolation"] = reply.get("policy_violation") or "GENERIC_VIOLATION"
    return found


class Reviews:
    """One call of the v4 API. `path` has no version, `params` is the query, `body` the JSON body."""

    def __init__(
        self, world: World, method: str, path: str, params: dict[str, str], body: Any, request_id: str
    ) -> None:
        self.world = world
        self.method = method
        self.path = path
        self.params = params
        self.body = body
        self.request_id = request_id

    def answer(self, token_text: str | None) -> Answer:
        """Raises nothing: every refusal is an answer."""
        self.token_text = token_text or ""
        try:
            return self._answer(bearer_token(self.world, token_text))
        except GoogleError as error:
            if not isinstance(error, _AcceptedNevertheless):
                self._note("refused", status=error.status, error_code=error.word)
            return Answer(error.status, error.body())

    def _answer(self, token: Token) -> Answer:
        if self.method == "POST" and BATCH.match(self.path):
            return Answer(200, self._batch(token))
        found = REVIEWS.match(self.path) or REVIEW.match(self.path) or REPLY.match(self.path)
        if found is None:
            raise not_found()
        account = location(self.world, token, found.group(1))
        is_write = self.method in ("PUT", "DELETE")
        name = account.external_id
        if self._broken(account, is_write):
            self._note("refused", status=502)
            return Answer(502, None, raw=HTML_502)
        pause = misbehaviour.take(self.world, "delay", name, is_write=is_write)
        if pause is not None and pause.when == "before":
            time.sleep(pause.seconds)
        if REVIEWS.match(self.path) and self.method == "GET":
            done = Answer(200, self._list(account))
        elif REPLY.match(self.path) and is_write:
            done = self._reply(account, found.group(2))
        elif REVIEW.match(self.path) and self.method == "GET":
            done = Answer(200, review_json(self.world, account, self._review(account, found.group(2))))
        else:
            raise not_found()
        if pause is not None and pause.when != "before":
            done.late_seconds = pause.seconds
        done.cut = misbehaviour.take(self.world, "truncate_body", name, is_write=is_write) is not None
        return done

    def _broken(self, account: Account, is_write: bool) -> bool:
        """Misbehaviour in which nothing is done; answers whether the gateway broke."""
        calls = self.world.usage.count(account.external_id, self.world.now())
        allowed = account.facts.get("calls_per_hour")
        over = allowed is not None and calls > int(allowed)
        for kind in ("throttle", "app_throttle"):
            over = over or misbehaviour.take(self.world, kind, account.external_id, is_write=is_write) is not None
        if over:
            raise quota_exceeded()
        if misbehaviour.take(self.world, "server_error", account.external_id, is_write=is_write):
            raise GoogleError(500, "INTERNAL", "Internal error encountered.")
        if is_write and misbehaviour.take(self.world, "block_writes", account.external_id, is_write=True):
            raise denied()
        return misbehaviour.take(self.world, "html_502", account.external_id, is_write=is_write) is not None

    def _review(self, account: Account, review_id: str) -> Item:
        found = self.world.store.item("google_business", review_id, account.id)
        if found is None or found.deleted_at is not None or found.visible_at > self.world.now():
            raise not_found()
        return found

    # Reading

    def _list(self, account: Account) -> dict[str, Any]:
        reviews, next_token = self._page([account], self.params)
        page: dict[str, Any] = {}
        if reviews:
            page["reviews"] = [review_json(self.world, account, review) for review in reviews]
        with self.world.store.transaction() as db:
            row = db.execute(
                "SELECT count(*), avg(stars) FROM items WHERE account_id = ? AND kind = 'review'"
                " AND deleted_at IS NULL AND visible_at <= ?",
                (account.id, self.world.now()),
            ).fetchone()
        if row[0]:
            page["averageRating"] = round(float(row[1] or 0), 7)
            page["totalReviewCount"] = row[0]
        if next_token:
            page["nextPageToken"] = next_token
        return page

    def _batch(self, token: Token) -> dict[str, Any]:
        body = self.body if isinstance(self.body, dict) else {}
        names = body.get("locationNames")
        if not isinstance(names, list) or not names or not all(isinstance(name, str) for name in names):
            raise invalid_argument("location_names", "Field is required")
        if len(names) > MAX_LOCATIONS:
            raise invalid_argument("location_names", f"At most {MAX_LOCATIONS} locations are allowed")
        accounts = [location(self.world, token, name) for name in dict.fromkeys(names)]
        for account in accounts:
            self._broken(account, is_write=False)
        params = {name: str(body[name]) for name in ("pageSize", "pageToken", "orderBy") if body.get(name)}
        reviews, next_token = self._page(accounts, params)
        by_id = {account.id: account for account in accounts}
        page: dict[str, Any] = {}
        if reviews:
            page["locationReviews"] = [
                {
                    "name": by_id[review.account_id].external_id,
                    "review": review_json(self.world, by_id[review.account_id], review),
                }
                for review in reviews
            ]
        if next_token:
            page["nextPageToken"] = next_token
        return page

    def _page(self, accounts: list[Account], params: dict[str, str]) -> tuple[list[Item], str | None]:
        order = params.get("orderBy") or "updateTime desc"
        if order not in ORDERS:
            raise invalid_argument("order_by", "Invalid order_by")
        size_text = params.get("pageSize") or str(MAX_PAGE_SIZE)
        if not size_text.isdecimal():
            raise invalid_argument("page_size", "Invalid value")
        size = min(int(size_text) or MAX_PAGE_SIZE, MAX_PAGE_SIZE)
        column, descending = ORDERS[order]
        marks = ", ".join("?" * len(accounts))
        where = f"account_id IN ({marks}) AND kind = 'review' AND deleted_at IS NULL AND visible_at <= ?"
        values: tuple[Any, ...] = (*(account.id for account in accounts), self.world.now())
        bound_to = hashlib.sha256(json.dumps([order, [account.id for account in accounts]]).encode()).hexdigest()[:16]
        if params.get("pageToken"):
            where += f" AND ({column}, seq) {'<' if descending else '>'} (?, ?)"
            values = (*values, *_read_page_token(params["pageToken"], bound_to))
        way = "DESC" if descending else "ASC"
        found = self.world.store.find_items(where, values, f"{column} {way}, seq {way}", size + 1)
        if len(found) > size and misbehaviour.take(self.world, "empty_page_with_next", accounts[0].external_id):
            return [], params.get("pageToken") or _page_token(float("inf") if descending else -1.0, 0, bound_to)
        if len(found) <= size:
            return found, None
        last = found[size - 1]
        position = last.updated_at if column == "updated_at" else float(last.stars or 0)
        return found[:size], _page_token(position, last.seq, bound_to)

    # Writing

    def _reply(self, account: Account, review_id: str) -> Answer:
        world = self.world
        with world.store.transaction():
            review = self._review(account, review_id)
            text: str | None = None
            if self.method == "PUT":
                text = self._reply_text()
                content.set_reply(world, account, review, text)
                reply = review.facts["reply"]
                # Documentation lists the state for get, list and batchGet only, so PUT's answer goes without.
                body = {"comment": text, "updateTime": google_time(reply["updated_at"])}
            else:
                if content.visible_reply(world, review) is None and "reply" not in review.facts:
                    raise not_found()
                content.remove_reply(world, review)
                body = {}
            lost = misbehaviour.take(world, "lose_answer_after_accepting", account.external_id, is_write=True)
            failed = (
                None if lost else misbehaviour.take(world, "error_after_accepting", account.external_id, is_write=True)
            )
            self._note(
                "applied",
                answered="lost" if lost else "error" if failed else "sent",
                status=None if lost else 503 if failed else 200,
                text=text,
                result_id=review.external_id,
            )
        if failed:
            raise _AcceptedNevertheless(503, "UNAVAILABLE", "The service is currently unavailable.")
        return Answer(200, body, lost=lost is not None)

    def _reply_text(self) -> str:
        text = self.body.get("comment") if isinstance(self.body, dict) else None
        if not isinstance(text, str) or not text.strip():
            raise invalid_argument("review_reply.comment", "Field is required")
        if len(text.encode("utf-8", "surrogatepass")) > MAX_REPLY_BYTES:
            raise invalid_argument("review_reply.comment", f"The comment must be at most {MAX_REPLY_BYTES} bytes long")
        return text

    def _note(self, outcome: str, **facts: Any) -> None:
        """The ledger's line for a write; reads leave none."""
        reply = REPLY.match(self.path)
        if self.method not in ("PUT", "DELETE"):
            return
        text = self.body.get("comment") if isinstance(self.body, dict) else None
        facts.setdefault("text", text if isinstance(text, str) else None)
        facts.setdefault("answered", "sent")
        ledger.write_down(
            self.world.store,
            request_id=self.request_id,
            platform="google_business",
            account=reply.group(1) if reply else "",
            action="reply_put" if self.method == "PUT" else "reply_delete",
            target=reply.group(2) if reply else self.path,
            outcome=outcome,
            method=self.method,
            path=f"/google/mybusiness/v4/{self.path}",
            token=tokens.fingerprint(self.token_text),
            token_kind="google_access",
            in_batch=False,
            **facts,
        )


class _AcceptedNevertheless(GoogleError):
    """An error although the write was applied: the ledger has its line already."""


def _page_token(position: float, seq: int, bound_to: str) -> str:
    return base64.urlsafe_b64encode(json.dumps([position, seq, bound_to]).encode()).decode().rstrip("=")


def _read_page_token(text: str, bound_to: str) -> tuple[float, int]:
    try:
        position, seq, made_for = json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
        if made_for == bound_to:
            return float(position), int(seq)
    except (ValueError, TypeError):
        pass
    raise invalid_argument("page_token", "Invalid page token")
