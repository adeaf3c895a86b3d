"""One call of Google's v4 API: who calls, for which location, what goes wrong on command, and the ledger's line."""

from __future__ import annotations

import re
from typing import Any

from agency.sandbox import (
    google_faults,
    google_grants,
    google_posts,
    google_replies,
    google_reviews,
    ledger,
    misbehaviour,
    tokens,
)
from agency.sandbox.google_errors import GoogleError, invalid_argument, not_found
from agency.sandbox.google_faults import BrokenGateway
from agency.sandbox.google_grants import Access
from agency.sandbox.google_project import REVIEWS_SERVICE, Project, project, spend
from agency.sandbox.store import Account
from agency.sandbox.wire import HTML_502, Answer
from agency.sandbox.world import World

MAX_REPLY_BYTES = 4096

LOCATION = r"(accounts/[^/:]+/locations/[^/:]+)"
REVIEWS = re.compile(rf"^{LOCATION}/reviews$")
REVIEW = re.compile(rf"^{LOCATION}/reviews/([^/]+)$")
REPLY = re.compile(rf"^{LOCATION}/reviews/([^/]+)/reply$")
POSTS = re.compile(rf"^{LOCATION}/localPosts$")
POST = re.compile(rf"^{LOCATION}/localPosts/([^/]+)$")
BATCH = re.compile(r"^(accounts/[^/:]+)/locations:batchGetReviews$")

# (method, path) -> the ledger's word for a write; reads leave no line.
WRITES = (
    ("PUT", REPLY, "reply_put"),
    ("DELETE", REPLY, "reply_delete"),
    ("POST", POSTS, "local_post"),
    ("PATCH", POST, "local_post_edit"),
    ("DELETE", POST, "local_post_delete"),
)


class AcceptedNevertheless(GoogleError):
    """An error although the write was applied: the ledger has its line already."""


class V4Call:
    """`path` has no version, `params` is the query, `body` the JSON body."""

    def __init__(
        self, world: World, method: str, path: str, params: dict[str, str], body: Any, request_id: str
    ) -> None:
        self.world = world
        self.method = method
        self.path = path
        self.params = params
        self.body = body
        self.request_id = request_id
        self.token_text = ""
        self.action = next((word for verb, shape, word in WRITES if verb == method and shape.match(path)), None)

    def answer(self, token_text: str | None) -> Answer:
        """Raises nothing: every refusal is an answer."""
        self.token_text = token_text or ""
        try:
            access = google_grants.bearer(self.world, token_text, REVIEWS_SERVICE)
            facts = spend(self.world.store, self.world.google_quota, REVIEWS_SERVICE)
            return self._answer(access, facts)
        except GoogleError as error:
            if not isinstance(error, AcceptedNevertheless):
                self._note("refused", status=error.status, error_code=error.word)
            return Answer(error.status, error.body())
        except BrokenGateway:
            self._note("refused", status=502)
            return Answer(502, None, raw=HTML_502)

    def _answer(self, access: Access, facts: Project) -> Answer:
        if self.method == "POST" and (asked := BATCH.match(self.path)):
            return self._batch(access, facts, asked.group(1))
        found = next((m for shape in (REVIEWS, REVIEW, REPLY, POSTS, POST) if (m := shape.match(self.path))), None)
        if found is None:
            raise not_found()
        account = google_grants.location(self.world, access, found.group(1))
        google_faults.require_access(self.world, account)
        pause = google_faults.meddle(self.world, account, REVIEWS_SERVICE, is_write=self.action is not None)
        google_faults.require_verified(self.world, account)
        return pause.spoil(self._for_location(account, found))

    def _for_location(self, account: Account, found: re.Match[str]) -> Answer:
        world, path = self.world, self.path
        if self.action is not None:
            return self._write(account, found)
        if self.method != "GET" or REPLY.match(path):
            raise not_found()
        if REVIEWS.match(path):
            return Answer(200, google_reviews.listed(world, account, self.params))
        if REVIEW.match(path):
            review = google_reviews.one(world, account, found.group(2))
            return Answer(200, google_reviews.review_json(world, account, review))
        if POSTS.match(path):
            return Answer(200, google_posts.listed(world, account, self.params))
        return Answer(200, google_posts.post_json(world, account, google_posts.one(world, account, found.group(2))))

    def _batch(self, access: Access, facts: Project, holder: str) -> Answer:
        """All or nothing: one location that is lost, unknown or unverified fails the whole call."""
        names = google_reviews.location_names(self.body)
        if facts.batch_within_account and not all(name.startswith(f"{holder}/") for name in names):
            raise invalid_argument("location_names", "Every location must belong to the account")
        accounts = google_grants.locations(self.world, access, names)
        pause = google_faults.Pause()
        if misbehaviour.current(self.world.store) or any("standing" in each.facts for each in accounts):
            for account in accounts:
                google_faults.require_access(self.world, account)
                found = google_faults.meddle(self.world, account, REVIEWS_SERVICE)
                google_faults.require_verified(self.world, account)
                pause.late_seconds, pause.cut = max(pause.late_seconds, found.late_seconds), pause.cut or found.cut
        return pause.spoil(Answer(200, google_reviews.batch(self.world, accounts, self.body)))

    # Writing

    def _write(self, account: Account, found: re.Match[str]) -> Answer:
        world, name = self.world, account.external_id
        with world.store.transaction():
            body, text, result_id = self._apply(account, found)
            lost = misbehaviour.take(world, "lose_answer_after_accepting", name, is_write=True)
            failed = None if lost else misbehaviour.take(world, "error_after_accepting", name, is_write=True)
            self._note(
                "applied",
                answered="lost" if lost else "error" if failed else "sent",
                status=None if lost else 503 if failed else 200,
                text=text,
                result_id=result_id,
            )
        if failed:
            raise AcceptedNevertheless(503, "UNAVAILABLE", "The service is currently unavailable.")
        return Answer(200, body, lost=lost is not None)

    def _apply(self, account: Account, found: re.Match[str]) -> tuple[dict[str, Any], str | None, str]:
        """Do it; answers the body, the words that were written and the id of what they became."""
        world = self.world
        if POSTS.match(self.path):
            made = google_posts.create(world, account, self.body)
            return google_posts.post_json(world, account, made), google_posts.words(made), made.external_id
        if POST.match(self.path):
            post = google_posts.one(world, account, found.group(2))
            if self.method == "DELETE":
                world.store.delete_item(post)
                return {}, None, post.external_id
            google_posts.change(world, account, post, self.body, self.params)
            return google_posts.post_json(world, account, post), google_posts.words(post), post.external_id
        review = google_reviews.one(world, account, found.group(2))
        if self.method == "DELETE":
            if "reply" not in review.facts:
                raise not_found()
            google_replies.remove(world, account, review)
            return {}, None, review.external_id
        text = self._reply_text()
        google_replies.put(world, account, review, text)
        # The documents list the state for get, list and batchGet only, so PUT's answer goes without unless told to.
        tells = project(world.store).put_tells_state
        return google_replies.as_json(world, review.facts["reply"], with_state=tells), text, review.external_id

    def _reply_text(self) -> str:
        text = self.body.get("comment") if isinstance(self.body, dict) else None
        if not isinstance(text, str) or not text.strip():
            raise invalid_argument("review_reply.comment", "Field is required")
        if len(text.encode("utf-8", "surrogatepass")) > MAX_REPLY_BYTES:
            raise invalid_argument("review_reply.comment", f"The comment must be at most {MAX_REPLY_BYTES} bytes long")
        return text

    def _note(self, outcome: str, **facts: Any) -> None:
        """The ledger's line for a write; reads leave none."""
        if self.action is None:
            return
        shape = next(shape for _, shape, word in WRITES if word == self.action)
        place = shape.match(self.path)
        assert place is not None
        facts.setdefault("text", self._sent_words())
        facts.setdefault("answered", "sent")
        ledger.write_down(
            self.world.store,
            request_id=self.request_id,
            platform="google_business",
            account=place.group(1),
            action=self.action,
            target=place.group(2) if shape.groups > 1 else place.group(1),
            outcome=outcome,
            method=self.method,
            path=f"/google/mybusiness/v4/{self.path}",
            token=tokens.fingerprint(self.token_text),
            token_kind="google_access",
            in_batch=False,
            **facts,
        )

    def _sent_words(self) -> str | None:
        body = self.body if isinstance(self.body, dict) else {}
        text = body.get("comment") if self.method == "PUT" else body.get("summary")
        return text if isinstance(text, str) else None
