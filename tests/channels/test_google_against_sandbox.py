"""Google's adapter against the product's sandbox over real HTTP: what only Google has, open questions both ways.

The sandbox was written from Google's documents alone, so a misreading of ours shows here.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from queue import Queue
from typing import Any

import pytest
from flask import Flask

from agency.sandbox.app import addresses
from agency.sandbox.main import running_sandbox
from channels.deliveries import Change
from channels.errors import ChannelError, OutcomeUnknown, PlatformDown, RateLimited, Refused, TargetChanged
from channels.google_business.adapter import GoogleBusinessAdapter
from channels.google_business.deliveries import cut
from channels.google_business.push_token import NotGoogle, check
from channels.items import IncomingItem, PublishedReply, ReadBack, SetAside
from channels.protocol import ConnectedAccount, Deed, ReplyTarget, Secret
from channels.transport import Endpoints, Transport
from tenants.settings import Settings
from tests.channels.polling import Poller

LOCATIONS = [f"accounts/11/locations/{number}" for number in range(21, 26)]
TOPIC, OTHER = "projects/ours/topics/gbp", "projects/theirs/topics/gbp"
OURS, NEWER, FOREIGN = "Dziękujemy!", "Dziękujemy & przepraszamy 👩‍🍳", "Written on the owner's phone"
ADAPTER = GoogleBusinessAdapter()


@dataclass
class Scene:
    """Five locations of one Google account in a running sandbox, opened by one sign-in."""

    app: Flask
    url: str
    transport: Transport
    accounts: list[ConnectedAccount]
    readers: dict[str, Poller] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for account in self.accounts:
            self.readers[account.account_id] = Poller(ADAPTER, account, lambda r: self.transport.fetch([r])[0].result)

    @property
    def account(self) -> ConnectedAccount:
        return self.accounts[0]

    def control(self, method: str, path: str, body: Any = None) -> Any:
        answer = self.app.test_client().open(f"/sandbox{path}", method=method, json=body)
        assert answer.status_code < 300, answer.get_data(as_text=True)
        return answer.get_json()

    def review(self, text: str, *, location: int = 0, **facts: Any) -> str:
        body = {"platform": "google_business", "account": LOCATIONS[location], "author": "Ada Vale", "stars": 2}
        return str(self.control("POST", "/reviews", {**body, "text": text, **facts})["external_id"])

    def answered_elsewhere(self, review_id: str, text: str = FOREIGN, **facts: Any) -> None:
        body = {"platform": "google_business", "account": LOCATIONS[0], "item": review_id, "text": text}
        self.control("POST", "/answers", {**body, "parent": review_id, "by": "page", **facts})

    def misbehave(self, kind: str, location: int = 0, **facts: Any) -> None:
        self.control("POST", "/misbehaviour", {"kind": kind, "account": LOCATIONS[location], **facts})

    def polled(self, review_id: str) -> IncomingItem:
        reader = self.readers["a0"]
        reader.poll(datetime.now(UTC))
        return reader.stored[review_id]

    def target(self, review_id: str, deed: Deed = "reply") -> ReplyTarget:
        ours = OURS if deed != "reply" else None
        return ReplyTarget(review_id, review_id, "review", deed=deed, our_external_id=review_id, our_text=ours)

    def do(self, review_id: str, deed: Deed, text: str = NEWER) -> PublishedReply:
        """As `agency.replies.publishing` does: look, then write."""
        target = self.target(review_id, deed)
        seen = self.transport.fetch(ADAPTER.plan_precheck(self.account, target))
        standing = ADAPTER.read_precheck(self.account, target, text, seen)
        if standing is not None:
            return standing
        answer = self.transport.send(ADAPTER.publish_reply(self.account, target, text))
        return ADAPTER.read_publish(self.account, target, answer)

    def find(self, review_id: str, deed: Deed, text: str = NEWER) -> ReadBack:
        target, sent_at = self.target(review_id, deed), datetime.now(UTC)
        exchanges = self.transport.fetch(ADAPTER.plan_find_our_reply(self.account, target, text, sent_at=sent_at))
        return ADAPTER.read_find_our_reply(self.account, target, text, exchanges, sent_at=sent_at)

    def together(self, now: datetime) -> tuple[set[str], set[str], dict[str, ChannelError]]:
        """Who was served together, who must be read alone, and errors."""
        cursors = {one: reader.cursor for one, reader in self.readers.items()}
        served, alone, errors = set(), set(), {}
        shared = ADAPTER.plan_together(self.accounts, cursors, now=now)
        while shared:
            exchanges = self.transport.fetch([one.request for one in shared])
            more = []
            for one, exchange in zip(shared, exchanges, strict=True):
                reading = ADAPTER.read_together(self.accounts, cursors, one, exchange, now=now)
                for account_id, page in reading.pages.items():
                    self.readers[account_id].stored |= {item.external_id: item for item in page.items}
                    served.add(account_id)
                alone |= set(reading.alone)
                errors |= reading.errors
                more += reading.more
            shared = more
        return served, alone, errors


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[Scene]:
    with running_sandbox(tmp_path) as (url, app):
        settings = Settings.from_environment({"ONBRAND_HOME": str(tmp_path), **addresses(url)})
        transport = Transport(Endpoints.from_settings(settings), total_seconds=10)
        accounts = [
            ConnectedAccount(f"a{number}", "google_business", name, Secret("brand-token"), events_topic=TOPIC)
            for number, name in enumerate(LOCATIONS)
        ]
        made = Scene(app, url, transport, accounts)
        for name in LOCATIONS:
            facts = {"platform": "google_business", "external_id": name, "name": "Pennywell", "token": "brand-token"}
            made.control("POST", "/accounts", facts)
        yield made
        transport.close()


def test_a_review_with_everything_arrives_as_its_author_wrote_it(scene: Scene) -> None:
    first = scene.review("Zimna zupa", translation="Cold soup", media=["photo", "video"])
    last = scene.review("Zupa", translation="Soup", translation_layout="original_first", anonymous=True)
    scene.answered_elsewhere(first, "Przepraszamy", translation="Sorry", state="REJECTED", policy_violation="OFF_TOPIC")
    item = scene.polled(first)
    assert (item.text, item.translation) == ("Zimna zupa", "Cold soup")
    assert [one.kind for one in item.attachments] == ["photo", "video"]
    assert item.reply is not None
    assert (item.reply.text, item.reply.state, item.reply.violation) == ("Przepraszamy", "rejected", "OFF_TOPIC")
    item = scene.polled(last)
    assert (item.text, item.translation, item.author) == ("Zupa", "Soup", None)


def test_five_locations_are_read_by_one_call_and_the_spoiler_is_found(scene: Scene) -> None:
    now = datetime.now(UTC)
    for number in range(5):
        scene.review(f"before {number}", location=number)
        scene.readers[f"a{number}"].poll(now)
    before = scene.control("GET", "/google/quota")["used"]["mybusiness.googleapis.com"]
    new = scene.review("Nowa opinia", location=3)
    served, alone, errors = scene.together(now + timedelta(minutes=1))
    assert (served, alone, errors) == ({f"a{number}" for number in range(5)}, set(), {})
    assert scene.readers["a3"].stored[new].text == "Nowa opinia"
    assert scene.control("GET", "/google/quota")["used"]["mybusiness.googleapis.com"] == before + 1
    scene.misbehave("lost_location", location=1)
    served, alone, errors = scene.together(now + timedelta(minutes=2))
    assert (served, alone, errors) == ({"a0", "a2", "a3", "a4"}, {"a1"}, {})


@pytest.mark.parametrize("tells_state", [False, True])
def test_published_is_what_moderation_says(scene: Scene, tells_state: bool) -> None:
    scene.control("POST", "/google/project", {"put_tells_state": tells_state})
    scene.control("POST", "/google/moderation", {"hold": True})
    review_id = scene.review("Zimna zupa")
    assert scene.do(review_id, "reply").state == "pending"
    found = scene.find(review_id, "reply")
    assert found.reply is not None
    assert (found.state, found.reply.state) == ("found", "pending")
    scene.control("POST", "/google/moderation", {"review": review_id, "state": "REJECTED", "reason": "REPETITIVE"})
    found = scene.find(review_id, "reply")
    assert found.reply is not None
    assert (found.reply.state, found.reply.violation) == ("rejected", "REPETITIVE")
    assert scene.do(review_id, "reply", "Other words").state == "pending"
    scene.control("POST", "/google/moderation", {"review": review_id, "state": "APPROVED"})
    found = scene.find(review_id, "reply", "Other words")
    assert found.reply is not None
    assert found.reply.state == "published"


@pytest.mark.parametrize("keeps_previous", [False, True])
def test_a_rejected_change_is_never_taken_for_published(scene: Scene, keeps_previous: bool) -> None:
    scene.control("POST", "/google/project", {"rejection_keeps_previous": keeps_previous})
    review_id = scene.review("Zimna zupa")
    scene.do(review_id, "reply", OURS)
    scene.do(review_id, "edit_reply")
    scene.control("POST", "/google/moderation", {"review": review_id, "state": "REJECTED"})
    found = scene.find(review_id, "edit_reply")
    assert found.state == ("absent" if keeps_previous else "found")
    assert found.reply is not None
    assert found.reply.state == ("published" if keeps_previous else "rejected")


def test_our_answer_is_changed_and_taken_back_and_a_foreign_one_is_not(scene: Scene) -> None:
    review_id = scene.review("Zimna zupa")
    scene.do(review_id, "reply", OURS)
    scene.do(review_id, "edit_reply")
    assert scene.find(review_id, "edit_reply").state == "found"
    scene.answered_elsewhere(review_id)
    deeds: tuple[Deed, ...] = ("reply", "edit_reply", "withdraw_reply")
    for deed in deeds:
        with pytest.raises(TargetChanged):
            scene.do(review_id, deed)
    assert scene.polled(review_id).reply is not None
    scene.answered_elsewhere(review_id, OURS)
    scene.do(review_id, "withdraw_reply")
    assert scene.find(review_id, "withdraw_reply").state == "found"


def test_a_withdrawal_whose_answer_is_lost_is_told_by_looking(scene: Scene) -> None:
    review_id = scene.review("Zimna zupa")
    scene.do(review_id, "reply", OURS)
    scene.misbehave("lose_answer_after_accepting", times=1, applies_to="writes")
    with pytest.raises(OutcomeUnknown):
        scene.do(review_id, "withdraw_reply")
    assert scene.find(review_id, "withdraw_reply").state == "found"
    assert scene.do(review_id, "withdraw_reply").platform_id == review_id


def test_a_notice_is_posted_found_and_taken_away(scene: Scene) -> None:
    account, before = scene.account, datetime.now(UTC)
    request = ADAPTER.publish_notice(account, "Dziś zamknięte", "https://pennywell.example/status")
    published = ADAPTER.read_notice(account, "Dziś zamknięte", scene.transport.send(request))

    def found() -> ReadBack:
        exchanges = scene.transport.fetch(ADAPTER.plan_find_notice(account, "Dziś zamknięte", sent_at=before))
        return ADAPTER.read_find_notice(account, "Dziś zamknięte", exchanges, sent_at=before)

    assert found().platform_ids == (published.platform_id,)
    assert scene.transport.send(ADAPTER.withdraw_notice(account, published.platform_id)).status == 200
    assert found().state == "absent"


def subscription(scene: Scene) -> Any:
    return ADAPTER.read_subscription(scene.account, scene.transport.fetch(ADAPTER.plan_subscription(scene.account)))


def test_the_one_notification_setting_is_set_once_and_left_to_others(scene: Scene) -> None:
    assert subscription(scene).problem == "not_set"
    (request,) = ADAPTER.plan_subscribe(scene.account)
    assert scene.transport.send(request).status == 200
    assert subscription(scene).stands
    scene.control(
        "POST",
        "/google/notifications",
        {"account": "accounts/11", "pubsubTopic": OTHER, "notificationTypes": ["NEW_REVIEW"]},
    )
    seen = subscription(scene)
    assert (seen.stands, seen.problem, seen.mendable) == (False, "other_topic", False)


def access(scene: Scene) -> Any:
    exchanges = scene.transport.fetch(ADAPTER.plan_access(scene.account))
    return ADAPTER.read_access(scene.account, exchanges, now=datetime.now(UTC))


def test_access_in_every_state(scene: Scene) -> None:
    scene.review("Zimna zupa")
    assert (access(scene).works, access(scene).problem) == (True, None)
    place = {"platform": "google_business", "external_id": LOCATIONS[0]}
    for standing, problem in (("suspended", "location_suspended"), ("unverified", "not_verified")):
        scene.control("POST", "/accounts", {**place, "standing": standing})
        assert access(scene).problem == problem
    scene.control("POST", "/accounts", {**place, "standing": "verified"})
    scene.control("POST", "/google/project", {"disabled_services": ["mybusiness.googleapis.com"]})
    assert (access(scene).works, access(scene).problem) == (False, "service_disabled")
    scene.control("POST", "/google/project", {"disabled_services": [], "approved": False})
    assert (access(scene).works, access(scene).problem) == (False, "quota_zero")
    scene.control("POST", "/google/project", {"approved": True})
    scene.misbehave("lost_location")
    assert (access(scene).works, access(scene).problem) == (False, "access_lost")


def test_zero_quota_is_no_throttling(scene: Scene) -> None:
    scene.control("POST", "/google/project", {"approved": False})
    with pytest.raises(Refused) as caught:
        scene.readers["a0"].poll(datetime.now(UTC))
    assert caught.value.platform_code == "quota_zero"
    scene.control("POST", "/google/project", {"approved": True, "quota_per_minute": 1})
    with pytest.raises(RateLimited):
        for _ in range(3):  # two calls of one minute at least
            scene.readers["a0"].poll(datetime.now(UTC))


def test_the_past_is_read_in_slices(scene: Scene) -> None:
    ids = {scene.review(f"Opinia {number}") for number in range(60)}
    found: set[str] = set()
    cursor, horizon, now = None, datetime.now(UTC) - timedelta(days=1), datetime.now(UTC)
    for _ in range(5):
        exchanges = scene.transport.fetch(ADAPTER.plan_history(scene.account, cursor, horizon, now=now))
        page = ADAPTER.read_history(scene.account, cursor, horizon, exchanges, now=now)
        found |= {item.external_id for item in page.items}
        cursor = page.next_cursor
        if page.complete:
            break
    assert (found, page.complete) == (ids, True)


# --- pushes ---


class Listener:
    """Takes pushes on loopback."""

    def __init__(self) -> None:
        self.got: Queue[tuple[str, bytes]] = Queue()
        listener = self

        class Door(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                listener.got.put((self.headers.get("Authorization", ""), body))
                self.send_response(204)
                self.end_headers()

            def log_message(self, *args: Any) -> None:
                pass

        self.server = HTTPServer(("127.0.0.1", 0), Door)
        self.url = f"http://127.0.0.1:{self.server.server_port}/webhooks/google"
        self.thread = threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        self.thread.start()


@pytest.fixture
def pushes(scene: Scene) -> Iterator[Listener]:
    listener = Listener()
    scene.transport.send(ADAPTER.plan_subscribe(scene.account)[0])
    scene.control("POST", "/google/subscription", {"endpoint": listener.url, "email": "push@ours.example"})
    yield listener
    listener.server.shutdown()
    listener.server.server_close()


def push_of(scene: Scene, listener: Listener, fault: str | None = None) -> tuple[str, bytes, str]:
    if fault:
        scene.control("POST", "/google/push-faults", {"fault": fault, "times": 1})
    review_id = scene.review("Zimna zupa")
    scene.control("POST", "/deliveries/now", {"all": True})
    header, body = listener.got.get(timeout=30)
    return header.removeprefix("Bearer "), body, review_id


def is_googles(scene: Scene, listener: Listener, token: str) -> bool:
    key_set = json.loads(scene.app.test_client().get("/google/certs").get_data())
    try:
        check(token, key_set, audience=listener.url, sender="push@ours.example", now=datetime.now(UTC))
    except NotGoogle:
        return False
    return True


@pytest.mark.parametrize("fault", [None, "alias_fields", "snake_case", "unwrapped", "no_review"])
def test_a_push_leads_to_its_review(scene: Scene, pushes: Listener, fault: str | None) -> None:
    token, body, review_id = push_of(scene, pushes, fault)
    assert is_googles(scene, pushes, token)
    change = cut(body)
    assert isinstance(change, Change)
    assert (change.external_id, change.kind) == (LOCATIONS[0], "NEW_REVIEW")
    reading = ADAPTER.read_event(scene.account, change.body, now=datetime.now(UTC))
    exchanges = scene.transport.fetch(reading.ask)
    done = ADAPTER.read_event_answers(scene.account, change.body, exchanges, now=datetime.now(UTC))
    assert [item.external_id for item in done.items] == [review_id]


def test_a_push_for_a_review_that_went_meanwhile_leaves_a_tombstone(scene: Scene, pushes: Listener) -> None:
    _, body, review_id = push_of(scene, pushes)
    scene.control("DELETE", f"/items/{review_id}?platform=google_business")
    change, now = cut(body), datetime.now(UTC)
    assert isinstance(change, Change)
    reading = ADAPTER.read_event(scene.account, change.body, now=now)
    while reading.ask:
        reading = ADAPTER.read_event_answers(scene.account, change.body, scene.transport.fetch(reading.ask), now=now)
    assert [(item.external_id, item.deleted) for item in reading.items] == [(review_id, True)]
    scene.misbehave("server_error")
    with pytest.raises(PlatformDown):
        asked = ADAPTER.read_event(scene.account, change.body, now=now).ask
        ADAPTER.read_event_answers(scene.account, change.body, scene.transport.fetch(asked), now=now)


@pytest.mark.parametrize(
    "fault",
    [
        *("wrong_audience", "wrong_email", "unverified_email", "wrong_issuer", "expired", "unknown_key"),
        *("no_signature", "no_token"),
    ],
)
def test_a_false_push_is_not_believed(scene: Scene, pushes: Listener, fault: str) -> None:
    token, _, _ = push_of(scene, pushes, fault)
    assert not is_googles(scene, pushes, token)


def test_garbage_in_a_good_push_is_set_aside(scene: Scene, pushes: Listener) -> None:
    token, body, _ = push_of(scene, pushes, "garbage")
    assert is_googles(scene, pushes, token)
    assert isinstance(cut(body), SetAside)
