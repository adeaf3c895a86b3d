"""The adapters and the transport against the product's sandbox over real HTTP; its ledger is the judge.

The sandbox was written from the platforms' documents alone, so a misreading of ours shows here.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from agency.sandbox.app import addresses
from agency.sandbox.main import running_sandbox
from channels.errors import (
    ChannelError,
    ItemGone,
    OutcomeUnknown,
    PlatformDown,
    RateLimited,
    TargetChanged,
    TokenRevoked,
)
from channels.items import ReadBack
from channels.protocol import ConnectedAccount, Exchange, Platform, ReplyTarget, Secret
from channels.registry import ADAPTERS, adapter_for
from channels.transport import Endpoints, Transport
from tenants.settings import Settings
from tests.channels.polling import Poller

EXTERNAL_IDS: dict[Platform, str] = {
    "facebook": "100200300",
    "instagram": "17841400000000001",
    "google_business": "accounts/11/locations/22",
}
TEXT = "Dziękujemy, „przepraszamy” & até já! 👩‍🍳"


@dataclass
class Scene:
    """One account of one platform in a running sandbox."""

    app: Flask
    transport: Transport
    account: ConnectedAccount

    def __post_init__(self) -> None:
        self.adapter = adapter_for(self.account.platform)

    def control(self, method: str, path: str, body: Any = None) -> Any:
        answer = self.app.test_client().open(f"/sandbox{path}", method=method, json=body)
        assert answer.status_code < 300, answer.get_data(as_text=True)
        return answer.get_json()

    def customer_writes(self, text: str, **facts: Any) -> str:
        review = self.account.platform == "google_business"
        body = {
            "platform": self.account.platform,
            "account": self.account.external_id,
            "author": "Ada Vale",
            "text": text,
        }
        body |= {"stars": 2} if review else {}
        return str(self.control("POST", "/reviews" if review else "/comments", body | facts)["external_id"])

    def misbehave(self, kind: str, **facts: Any) -> None:
        self.control("POST", "/misbehaviour", {"kind": kind, "account": self.account.external_id, **facts})

    def reader(self) -> Poller:
        transport = self.transport

        def speak(request: Any) -> Any:
            return transport.fetch([request])[0].result

        return Poller(self.adapter, self.account, speak)

    def target(self, external_id: str) -> ReplyTarget:
        reader = self.reader()
        reader.poll(datetime.now(UTC))
        item = reader.stored[external_id]
        post = item.context.external_id if item.context else None
        return ReplyTarget(external_id, item.thread_external_id, item.kind, post, item.updated_at)

    def publish(self, target: ReplyTarget, text: str = TEXT) -> Any:
        request = self.adapter.publish_reply(self.account, target, text)
        return self.adapter.read_publish(self.account, target, self.transport.send(request))

    def find(self, target: ReplyTarget, sent_at: datetime, text: str = TEXT) -> ReadBack:
        requests = self.adapter.plan_find_our_reply(self.account, target, text, sent_at=sent_at)
        exchanges: list[Exchange] = []
        while True:
            exchanges += self.transport.fetch(requests)
            found = self.adapter.read_find_our_reply(self.account, target, text, exchanges, sent_at=sent_at)
            if not found.more:
                return found
            requests = list(found.more)

    def posted(self) -> list[str]:
        entries = self.control("GET", "/ledger.json")["entries"]
        return [entry["text"] for entry in entries if entry["outcome"] == "applied"]


@pytest.fixture(params=list(ADAPTERS))
def scene(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Scene]:
    platform: Platform = request.param
    with running_sandbox(tmp_path) as (url, app):
        settings = Settings.from_environment({"ONBRAND_HOME": str(tmp_path), **addresses(url)})
        transport = Transport(Endpoints.from_settings(settings), total_seconds=10)
        login = "instagram" if platform == "instagram" else None
        account = ConnectedAccount("a", platform, EXTERNAL_IDS[platform], Secret("brand-token"), login, "pennywell")  # type: ignore[arg-type]
        made = Scene(app, transport, account)
        facts = {"platform": platform, "external_id": account.external_id, "name": "Pennywell", "token": "brand-token"}
        made.control("POST", "/accounts", facts | ({"username": "pennywell"} if platform == "instagram" else {}))
        yield made
        transport.close()


def test_customers_words_arrive_once_and_whole(scene: Scene) -> None:
    texts = {scene.customer_writes(f"Zażółć gęślą jaźń {number} 👋"): number for number in range(75)}
    reader = scene.reader()
    reader.poll(datetime.now(UTC))
    assert set(reader.stored) == set(texts)
    assert not reader.unreadable
    for external_id, number in texts.items():
        item = reader.stored[external_id]
        assert item.text == f"Zażółć gęślą jaźń {number} 👋"
        assert not item.from_us
        assert item.author is not None
        assert item.author.name in ("Ada Vale", "ada.vale")
    reader.poll(datetime.now(UTC) + timedelta(minutes=1))
    # Google's last hour is read again, and here all 75 reviews are of the last hour: two pages.
    assert reader.calls == (2 if scene.account.platform == "google_business" else 1)


def test_an_edit_arrives_and_a_deletion_is_confirmed(scene: Scene) -> None:
    stays, goes = scene.customer_writes("before"), scene.customer_writes("soon gone")
    reader = scene.reader()
    reader.poll(datetime.now(UTC))
    platform = scene.account.platform
    scene.control("PATCH", f"/items/{stays}?platform={platform}", {"text": "after"})
    scene.control("DELETE", f"/items/{goes}?platform={platform}")
    reader.poll(datetime.now(UTC) + timedelta(minutes=1))
    assert reader.stored[stays].text == "after"
    exchanges = scene.transport.fetch(scene.adapter.plan_presence(scene.account, [stays, goes]))
    states = {p.external_id: p.state for p in scene.adapter.read_presence(scene.account, exchanges)}
    assert states == {stays: "there", goes: "gone"}


def test_an_answer_is_posted_once_found_again_and_comes_back(scene: Scene) -> None:
    target = scene.target(scene.customer_writes("Where is my order?"))
    began = datetime.now(UTC)
    assert scene.find(target, began).state == "absent"
    published = scene.publish(target)
    assert scene.posted() == [TEXT]
    found = scene.find(target, began)
    assert (found.state, found.platform_ids) == ("found", (published.platform_id,))
    reader = scene.reader()
    reader.poll(datetime.now(UTC))
    item = reader.stored[published.platform_id]
    if item.kind == "review":
        assert item.reply is not None
        assert item.reply.text == TEXT
    else:
        assert (item.from_us, item.text, item.thread_external_id) == (True, TEXT, target.external_id)


@pytest.mark.parametrize("kind", ["lose_answer_after_accepting", "error_after_accepting"])
def test_an_answer_lost_after_accepting_is_unknown_and_then_found(scene: Scene, kind: str) -> None:
    target = scene.target(scene.customer_writes("Where is my order?"))
    began = datetime.now(UTC)
    scene.misbehave(kind, times=1, applies_to="writes")
    with pytest.raises(OutcomeUnknown):
        scene.publish(target)
    assert scene.find(target, began).state == "found"
    assert scene.posted() == [TEXT]


@pytest.mark.parametrize("kind", ["server_error", "html_502"])
def test_an_error_that_did_nothing_is_unknown_and_then_surely_absent(scene: Scene, kind: str) -> None:
    target = scene.target(scene.customer_writes("Where is my order?"))
    began = datetime.now(UTC)
    scene.misbehave(kind, times=1, applies_to="writes")
    with pytest.raises(OutcomeUnknown):
        scene.publish(target)
    assert scene.find(target, began).state == "absent"
    assert scene.posted() == []


def test_throttling_is_told_with_its_pause(scene: Scene) -> None:
    target = scene.target(scene.customer_writes("Where is my order?"))
    scene.misbehave("throttle", minutes=7)
    with pytest.raises(RateLimited) as caught:
        scene.publish(target)
    if scene.account.platform != "google_business":
        assert caught.value.retry_after_seconds == 7 * 60
    with pytest.raises(RateLimited):
        scene.reader().poll(datetime.now(UTC))
    assert scene.posted() == []


def test_a_revoked_token_is_told_as_such(scene: Scene) -> None:
    target = scene.target(scene.customer_writes("Where is my order?"))
    scene.misbehave("revoke_token")
    with pytest.raises(TokenRevoked):
        scene.publish(target)
    with pytest.raises(TokenRevoked):
        scene.reader().poll(datetime.now(UTC))
    assert scene.find(target, datetime.now(UTC)).state == "cannot_tell"


def test_a_cut_off_body_is_no_empty_list(scene: Scene) -> None:
    scene.customer_writes("hello")
    scene.misbehave("truncate_body", times=1)
    reader = scene.reader()
    with pytest.raises(PlatformDown):
        reader.poll(datetime.now(UTC))
    reader.poll(datetime.now(UTC))
    assert [item.text for item in reader.stored.values()] == ["hello"]


def test_a_deleted_target_is_gone(scene: Scene) -> None:
    external_id = scene.customer_writes("Never mind")
    target = scene.target(external_id)
    scene.control("DELETE", f"/items/{external_id}?platform={scene.account.platform}")
    with pytest.raises(ItemGone):
        scene.publish(target)


def test_hostile_items_are_set_aside_and_their_neighbours_arrive(scene: Scene) -> None:
    hostile = "<img src=x onerror=alert(1)>\u202e\x00" + "x" * 1000
    first, evil, last = scene.customer_writes("first"), scene.customer_writes(hostile), scene.customer_writes("last")
    field = {"facebook": "message", "instagram": "text", "google_business": "comment"}[scene.account.platform]
    broken = scene.customer_writes("broken", raw={field: {"not": "a text"}})
    reader = scene.reader()
    reader.poll(datetime.now(UTC))
    assert set(reader.stored) == {first, evil, last}
    assert reader.stored[evil].text == hostile.replace("\x00", "")
    assert {aside.external_id for aside in reader.unreadable} == {broken}


def test_many_accounts_are_read_together(scene: Scene) -> None:
    """What each account's own token opens comes back to that account, and a bad token spoils its own answer alone."""
    written = scene.customer_writes("mine")
    stranger = ConnectedAccount(
        "b", scene.account.platform, scene.account.external_id, Secret("wrong"), scene.account.login
    )
    now = datetime.now(UTC)
    plans = [scene.adapter.plan_poll(account, None, now=now)[0] for account in (scene.account, stranger, scene.account)]
    good, bad, again = scene.transport.fetch(plans)
    for exchange in (good, again):
        page = scene.adapter.read_poll(scene.account, None, [exchange], now=now)
        assert [item.external_id for item in page.items] == [written]
    with pytest.raises(ChannelError) as caught:
        scene.adapter.read_poll(stranger, None, [bad], now=now)
    assert isinstance(caught.value, TokenRevoked)


def test_a_review_changed_after_approval_is_not_answered(scene: Scene) -> None:
    if scene.account.platform != "google_business":
        assert scene.adapter.plan_precheck(scene.account, ReplyTarget("1", "1", "comment")) == []
        return
    external_id = scene.customer_writes("Cold soup")
    target = scene.target(external_id)
    scene.control("PATCH", f"/items/{external_id}?platform=google_business", {"text": "Even colder"})
    exchanges = scene.transport.fetch(scene.adapter.plan_precheck(scene.account, target))
    with pytest.raises(TargetChanged):
        scene.adapter.read_precheck(scene.account, target, TEXT, exchanges)
