"""Everything customers say on Facebook and Instagram, by poll and by event, and everything we answer, at the sandbox.

The sandbox shares no code with the adapters and was written from the platforms' documents alone.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from agency.sandbox.app import addresses
from agency.sandbox.main import running_sandbox
from channels.capabilities import DeedTarget
from channels.deliveries import cut
from channels.errors import ChannelError, Refused, TokenRevoked, WritesPaused
from channels.items import IncomingItem
from channels.meta_adapter import MetaAdapter
from channels.protocol import Answer, ConnectedAccount, Deed, Exchange, Platform, ReplyTarget, Request, Secret
from channels.registry import adapter_for
from channels.transport import Endpoints, Transport
from tenants.settings import Settings
from tests.channels.polling import Poller

TEXT = "Dziękujemy, „przepraszamy” & até já! 👩‍🍳"
PAGE, PROFILE = "100200300", "17841400000000001"
DAY = timedelta(days=1)


@dataclass
class Scene:
    """A Page or profile in a running sandbox, told of what happens there."""

    app: Flask
    transport: Transport
    account: ConnectedAccount

    def __post_init__(self) -> None:
        adapter = adapter_for(self.account.platform)
        assert isinstance(adapter, MetaAdapter)
        self.adapter = adapter

    def control(self, method: str, path: str, body: Any = None) -> Any:
        answer = self.app.test_client().open(f"/sandbox{path}", method=method, json=body)
        assert answer.status_code < 300, answer.get_data(as_text=True)
        return answer.get_json()

    def write(self, what: str, text: str | None, **facts: Any) -> str:
        names = {"platform": self.account.platform, "account": self.account.external_id}
        body = {**names, "author": "Ada Vale", "text": text, **facts}
        return str(self.control("POST", f"/{what}", body)["external_id"])

    def now(self) -> datetime:
        return datetime.fromisoformat(self.control("GET", "/clock")["now"])

    def pass_time(self, span: timedelta) -> None:
        self.control("POST", "/clock", {"move_seconds": span.total_seconds()})

    def reader(self, account: ConnectedAccount | None = None) -> Poller:
        return Poller(self.adapter, account or self.account, lambda request: self.transport.fetch([request])[0].result)

    def polled(self) -> dict[str, IncomingItem]:
        reader = self.reader()
        reader.poll(self.now())
        assert not reader.unreadable
        assert not [error for page in reader.pages for error in page.trouble]
        return reader.stored

    def told(self) -> dict[str, IncomingItem]:
        """What the sandbox's deliveries say, in the order they left."""
        found: dict[str, IncomingItem] = {}
        for delivery in reversed(self.control("GET", "/deliveries/log?limit=500")["deliveries"]):
            for change in cut(delivery["body"].encode()):
                if (change.platform, change.external_id) != (self.account.platform, self.account.external_id):
                    continue
                reading = self.adapter.read_event(self.account, change.body, now=self.now())
                assert reading.outcome in ("stored", "asked", "ignored"), reading.reason
                if reading.ask:
                    exchanges = self.transport.fetch(reading.ask)
                    reading = self.adapter.read_event_answers(self.account, change.body, exchanges, now=self.now())
                for item in reading.items:
                    found[item.external_id] = item
        return found

    def do(self, target: ReplyTarget, text: str = TEXT) -> Any:
        target = replace(target, sending_at=target.sending_at or self.now())
        request = self.adapter.publish_reply(self.account, target, text)
        return self.adapter.read_publish(self.account, target, self.transport.send(request))

    def find(self, target: ReplyTarget, sent_at: datetime, text: str = TEXT) -> Any:
        requests = self.adapter.plan_find_our_reply(self.account, target, text, sent_at=sent_at)
        exchanges: list[Exchange] = []
        while True:
            exchanges += self.transport.fetch(requests)
            found = self.adapter.read_find_our_reply(self.account, target, text, exchanges, sent_at=sent_at)
            if not found.more:
                return found
            requests = list(found.more)

    def truth(self, external_id: str) -> dict[str, Any]:
        items = self.control("GET", f"/items?account={self.account.external_id}")["items"]
        return next(item for item in items if item["external_id"] == external_id)


def target_of(item: IncomingItem, **more: Any) -> ReplyTarget:
    post = item.context.external_id if item.context else None
    values = {"written_at": item.created_at, **more}
    return ReplyTarget(item.external_id, item.thread_external_id, item.kind, post, **values)


@pytest.fixture(params=["facebook", "instagram", "instagram login"])
def scene(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Scene]:
    platform: Platform = "facebook" if request.param == "facebook" else "instagram"
    login = {"facebook": None, "instagram": "facebook", "instagram login": "instagram"}[request.param]
    with running_sandbox(tmp_path) as (url, app):
        settings = Settings.from_environment({"ONBRAND_HOME": str(tmp_path), **addresses(url)})
        transport = Transport(Endpoints.from_settings(settings), total_seconds=10)
        external_id = PAGE if platform == "facebook" else PROFILE
        account = ConnectedAccount("a", platform, external_id, Secret("brand-token"), login, "pennywell")  # type: ignore[arg-type]
        made = Scene(app, transport, account)
        page = {"platform": "facebook", "external_id": PAGE, "name": "Pennywell"}
        profile = {"platform": "instagram", "external_id": PROFILE, "name": "Pennywell", "username": "pennywell"}
        if platform == "facebook":
            made.control("POST", "/accounts", {**page, "token": "brand-token"})
        elif login == "instagram":
            made.control("POST", "/accounts", {**profile, "token": "brand-token"})
        else:
            made.control("POST", "/accounts", {**page, "token": "brand-token"})
            made.control("POST", "/accounts", {**profile, "login": "facebook", "page_id": PAGE})
        made.control("POST", "/deliveries/switches", {"hold": True})
        connect = {"product_url": "http://127.0.0.1:9", "verify_token": "v", "verify": False}
        made.control("POST", "/application/connect", connect)
        for subscribe in made.adapter.plan_subscribe(account):
            transport.send(subscribe)
        yield made
        transport.close()


def seed(scene: Scene) -> dict[str, str]:
    """One of everything a customer can say here; external ids by our name."""
    is_facebook = scene.account.platform == "facebook"
    post = scene.write("posts", "Our menu", author=None)
    said = {"comment": scene.write("comments", "Is it fresh?", post=post)}
    said["reply"] = scene.write("comments", "I ask too", post=post, parent=said["comment"], author="Bo Lund")
    said["ours"] = scene.write("comments", "It is!", post=post, parent=said["comment"], by="page")
    said["message"] = scene.write("messages", "Do you deliver?")
    said["echo"] = scene.write("messages", "We do", by="page")
    if is_facebook:
        said["visitor"] = scene.write("posts", "Best pierogi in town")
        said["under visitor"] = scene.write("comments", "Agreed", post=said["visitor"], author="Bo Lund")
        reel = scene.write("posts", "Look at this", author=None, media_product_type="REELS")
        said["under reel"] = scene.write("comments", "Nice music", post=reel)
        dark = scene.write("posts", "An ad", author=None, is_published=False)
        said["under ad"] = scene.write("comments", "How much?", post=dark)
        said["tagging"] = scene.write("mentions", "Lunch at Pennywell")
        album = scene.write("posts", "Our plates", author=None, attachments=["photo", "photo"])
        said["under picture"] = scene.write("comments", "The blue one!", post=album, picture=2)
        said["reply under picture"] = scene.write("comments", "No, red", post=album, parent=said["under picture"])
    else:
        said["story mention"] = scene.write("messages", None, author="Cy Dee", story={"mention": {}})
        story = scene.write("posts", None, author=None, media_product_type="STORY")
        said["story reply"] = scene.write("messages", "Yum", author="Cy Dee", story={"reply_to": story})
        if scene.account.login == "facebook":
            said["tagging"] = scene.write("mentions", "With @pennywell", **{"in": "photo_tag"})
    return said


def test_a_poll_brings_everything_whole(scene: Scene) -> None:
    said = seed(scene)
    stored = scene.polled()
    missing = {name for name, external_id in said.items() if external_id not in stored}
    assert not missing
    assert {name for name, external_id in said.items() if stored[external_id].from_us} == {"ours", "echo"}
    assert stored[said["reply"]].thread_external_id == said["comment"]
    assert stored[said["message"]].thread_external_id == stored[said["echo"]].thread_external_id
    assert stored[said["message"]].kind == "message"
    if scene.account.platform == "facebook":
        assert stored[said["under visitor"]].thread_external_id == said["visitor"]
        assert stored[said["under visitor"]].kind == stored[said["tagging"]].kind == "post"
        assert stored[said["under ad"]].kind == stored[said["under reel"]].kind == "comment"
        assert stored[said["reply under picture"]].thread_external_id == said["under picture"]
    else:
        for name in ("story mention", "story reply"):
            (attachment,) = stored[said[name]].attachments
            assert attachment.expires
            assert attachment.kind == name.replace(" ", "_")


def test_an_event_says_the_same_as_a_poll(scene: Scene) -> None:
    said = seed(scene)
    polled, told = scene.polled(), scene.told()
    untold = {"tagging"} if scene.account.platform == "instagram" else set()
    assert not {name for name, external_id in said.items() if external_id not in told} - untold
    for external_id, item in told.items():
        other = polled[external_id]
        assert (item.text, item.from_us, item.deleted, item.hidden) == (other.text, other.from_us, False, False)
        assert [(a.kind, a.title) for a in item.attachments] == [(a.kind, a.title) for a in other.attachments]
        if item.kind == other.kind:  # whose post a comment stands under, intake finds out
            assert item.thread_external_id == other.thread_external_id
            assert abs(item.created_at - other.created_at) < timedelta(seconds=5)


def test_every_spelling_of_an_event_says_the_same(scene: Scene) -> None:
    spelling = {"flat_entries": True, "numeric_ids": True, "comment_id_name": True, "together": 5}
    scene.control("POST", "/application", spelling)
    said = seed(scene)
    scene.control("POST", "/application", {"together": 1})
    scene.write("comments", "The last")  # what was collected to go together goes
    told = scene.told()
    untold = {"tagging"} if scene.account.platform == "instagram" else set()
    assert not {name for name, external_id in said.items() if external_id not in told} - untold
    assert told[said["reply"]].thread_external_id == said["comment"]


def test_whatever_is_attached_to_a_message_arrives_alike_by_poll_and_by_event(scene: Scene) -> None:
    kinds = {"photo": "image", "video": "video", "audio": "audio", "file": "file", "sticker": "sticker"}
    kinds |= {"animated_image": "image", "share": "share"}
    if scene.account.platform == "instagram":  # names no stickers, and a list of messages no types of files
        kinds |= {"sticker": "image", "audio": "file"}
    said = {kind: scene.write("messages", None, attachments=[kind]) for kind in kinds}
    polled, told = scene.polled(), scene.told()
    for kind, external_id in said.items():
        assert {one.kind for one in polled[external_id].attachments} == {kinds[kind]}, kind
        told_kinds = [one.kind for one in told[external_id].attachments]
        expected = {"sticker": ["sticker"], "audio": ["audio"]}.get(kind, [kinds[kind]])
        assert told_kinds == expected, kind
        if kind == "file":
            (document,) = polled[external_id].attachments
            assert (document.title or "").endswith(".pdf")
        for one in (*polled[external_id].attachments, *told[external_id].attachments):
            assert one.url
            assert one.expires == (kind != "share")


def test_pictures_of_visitors_posts_and_comments_arrive(scene: Scene) -> None:
    if scene.account.platform != "facebook":
        pytest.skip("Instagram's customers attach nothing to comments")
    post = scene.write("posts", "See this", attachments=["photo", "photo"])
    comment = scene.write("comments", None, attachment="sticker")
    polled = scene.polled()
    assert [(one.kind, bool(one.url)) for one in polled[post].attachments] == [("photo", True)] * 2
    assert [(one.kind, bool(one.url)) for one in polled[comment].attachments] == [("sticker", True)]


def test_mentions_elsewhere_are_found_by_their_events(scene: Scene) -> None:
    named = scene.write("mentions", "Ask @pennywell", **{"in": "comment"})
    told = scene.told()
    assert (told[named].kind, told[named].text) == ("mention", "Ask @pennywell")
    assert not told[named].from_us
    answer = target_of(told[named])
    assert scene.do(answer).platform_id


def test_changes_are_told(scene: Scene) -> None:
    said = seed(scene)
    platform = f"?platform={scene.account.platform}"
    scene.control("DELETE", f"/items/{said['message']}{platform}")
    edited, gone = said["reply"], said["comment"]
    message = scene.write("messages", "Frist words")
    scene.control("PATCH", f"/items/{message}{platform}", {"text": "First words"})
    if scene.account.platform == "facebook":
        scene.control("PATCH", f"/items/{edited}{platform}", {"text": "I ask, too"})
        scene.control("PATCH", f"/items/{said['under ad']}{platform}", {"hidden": True})
    else:
        gone = said["story reply"]
    scene.control("DELETE", f"/items/{gone}{platform}")
    told = scene.told()
    assert told[said["message"]].deleted
    assert told[gone].deleted
    assert told[message].text == "First words"
    if scene.account.platform == "facebook":
        assert told[said["under ad"]].hidden


def test_an_idle_poll_is_one_call_while_events_arrive(scene: Scene) -> None:
    seed(scene)
    live = replace(scene.account, events_live=True)
    reader = scene.reader(live)
    reader.poll(scene.now())
    start = scene.now() + timedelta(minutes=3)
    calls = 0
    for hour in range(24):
        reader.poll(start + timedelta(hours=hour))
        calls += reader.calls
    assert reader.calls == 1
    assert calls <= 48


def test_new_messages_and_what_follows_them_arrive(scene: Scene) -> None:
    first = scene.write("messages", "Hello")
    reader = scene.reader()
    reader.poll(scene.now())
    scene.pass_time(timedelta(minutes=30))
    second = [scene.write("messages", f"Number {number}") for number in range(3)]
    reader.poll(scene.now())
    assert {first, *second} <= set(reader.stored)
    asked: list[str] = []

    def listening(request: Request) -> Answer | ChannelError:
        asked.append(request.path)
        return scene.transport.fetch([request])[0].result

    reader.platform = listening
    for _ in range(2):  # what came in the very moment of a poll is looked at once more, and then not again
        asked.clear()
        scene.pass_time(timedelta(minutes=30))
        reader.poll(scene.now())
    assert [path for path in asked if path.endswith("/conversations")]
    assert not [path for path in asked if path.endswith("/messages")]


def test_a_stream_without_its_permission_rests_and_stops_nothing(scene: Scene) -> None:
    said = seed(scene)
    keep = {
        "facebook": ["pages_read_engagement", "pages_read_user_content"],
        "instagram": ["instagram_basic", "instagram_manage_comments", "pages_read_engagement"],
    }[scene.account.platform]
    if scene.account.login == "instagram":
        keep = ["instagram_business_basic", "instagram_business_manage_comments"]
    names = {"platform": scene.account.platform, "account": scene.account.external_id}
    if scene.account.login == "facebook":
        names = {"platform": "facebook", "account": PAGE}
    scene.control("POST", "/tokens/scopes", {**names, "scopes": keep})
    reader = scene.reader()
    pages = reader.poll(scene.now())
    assert said["comment"] in reader.stored
    assert said["message"] not in reader.stored
    assert "messages" in pages[-1].resting
    assert not [error for page in pages for error in page.trouble]
    known = replace(scene.account, scopes=frozenset(keep))
    asked = scene.adapter.plan_poll(known, None, now=scene.now())
    assert "messages" not in {request.purpose["stream"] for request in asked}


def test_everything_that_was_deleted_is_missed_once_a_day(scene: Scene) -> None:
    said = seed(scene)
    reader = scene.reader()
    assert reader.poll(scene.now())[-1].full_sweep
    scene.pass_time(timedelta(hours=25))
    pages = reader.poll(scene.now())
    assert "comment" in pages[-1].swept_kinds
    assert "message" not in pages[-1].swept_kinds
    under_pictures = {external_id for name, external_id in said.items() if name.endswith("under picture")}
    found = {item.external_id for page in pages for item in page.items}
    assert found >= {said["comment"], said["reply"], *under_pictures}


def history_of(scene: Scene, horizon: datetime) -> dict[str, IncomingItem]:
    cursor: str | None = None
    stored: dict[str, IncomingItem] = {}
    for _ in range(60):
        requests = scene.adapter.plan_history(scene.account, cursor, horizon, now=scene.now())
        page = None
        while requests:
            exchanges = scene.transport.fetch(requests)
            page = scene.adapter.read_history(scene.account, cursor, horizon, exchanges, now=scene.now())
            stored |= {item.external_id: item for item in page.items}
            cursor, requests = page.next_cursor, list(page.more)
        if page is None or page.complete:
            return stored
    raise AssertionError("history has no end")


def test_a_long_conversation_is_read_down_to_the_horizon(scene: Scene) -> None:
    too_old = scene.write("messages", "Long ago")
    scene.pass_time(40 * DAY)
    written = [scene.write("messages", f"Number {number}") for number in range(60)]
    stored = history_of(scene, scene.now() - 30 * DAY)
    assert too_old not in stored
    readable = 20 if scene.account.platform == "instagram" else 60
    assert set(stored) == set(written[-readable:])


def test_history_ends_at_its_horizon(scene: Scene) -> None:
    old = scene.write("messages", "Long ago")
    old_comment = scene.write("comments", "Also long ago", post=scene.write("posts", "Old", author=None))
    scene.pass_time(40 * DAY)
    said = seed(scene)
    stored = history_of(scene, scene.now() - 30 * DAY)
    assert not [name for name, external_id in said.items() if external_id not in stored]
    assert old not in stored
    assert old_comment not in stored or len(stored) < 40  # beneath a post of the page that crosses the horizon


# --- writing ---


def test_an_answer_is_changed_and_taken_back(scene: Scene) -> None:
    said = seed(scene)
    item = scene.polled()[said["comment"]]
    start = scene.now()
    published = scene.do(target_of(item))
    ours = target_of(item, our_external_id=published.platform_id, our_text=TEXT)
    assert scene.find(target_of(item), start).state == "found"
    edit = replace(ours, deed="edit_reply")
    if scene.account.platform == "facebook":
        assert scene.find(edit, start, "Better words").state == "absent"
        assert scene.do(edit, "Better words").platform_id == published.platform_id
        assert scene.find(edit, start, "Better words").state == "found"
        assert scene.truth(published.platform_id)["text"] == "Better words"
    else:
        with pytest.raises(Refused):
            scene.do(edit, "Better words")
    back = replace(ours, deed="withdraw_reply")
    assert scene.find(back, start).state == "absent"
    scene.do(back)
    assert scene.find(back, start).state == "found"


def test_a_comment_under_a_picture_is_answered_edited_and_deleted_like_others(scene: Scene) -> None:
    if scene.account.platform != "facebook":
        return
    said = seed(scene)
    item = scene.told()[said["under picture"]]
    start = scene.now()
    published = scene.do(target_of(item))
    assert scene.find(target_of(item), start).platform_ids == (published.platform_id,)
    ours = scene.polled()[published.platform_id]
    assert (ours.from_us, ours.thread_external_id) == (True, item.external_id)
    scene.control("PATCH", f"/items/{item.external_id}?platform=facebook", {"text": "The green one!"})
    assert scene.told()[item.external_id].text == scene.polled()[item.external_id].text == "The green one!"
    scene.control("DELETE", f"/items/{item.external_id}?platform=facebook")
    assert scene.told()[item.external_id].deleted
    assert not {item.external_id, published.platform_id} & set(scene.polled())


def test_a_visitors_post_is_answered_beneath(scene: Scene) -> None:
    if scene.account.platform == "instagram":
        assert "post" not in scene.adapter.traits.kinds
        return
    said = seed(scene)
    item = scene.polled()[said["visitor"]]
    start = scene.now()
    assert scene.find(target_of(item), start).state == "absent"
    published = scene.do(target_of(item))
    assert scene.find(target_of(item), start).platform_ids == (published.platform_id,)
    again = scene.polled()[published.platform_id]
    assert (again.from_us, again.thread_external_id) == (True, said["visitor"])


def test_a_message_arrives_and_is_found_again(scene: Scene) -> None:
    said = seed(scene)
    item = scene.polled()[said["message"]]
    target = target_of(item, last_customer_at=item.created_at)
    start = scene.now()
    assert scene.find(target, start).state == "absent"
    sent = scene.do(target)
    assert scene.find(target, start).platform_ids == (sent.platform_id,)
    assert sent.thread_external_id == item.thread_external_id
    assert scene.polled()[sent.platform_id].from_us


@pytest.mark.parametrize(
    ("age", "person", "rule"),
    [
        (timedelta(hours=23, minutes=59), "sent", "sent"),
        (timedelta(hours=24, minutes=1), "tagged", "refused"),
        (timedelta(days=6, hours=23), "tagged", "refused"),
        (timedelta(days=7, minutes=1), "refused", "refused"),
    ],
)
def test_the_message_window_holds_at_the_platform(scene: Scene, age: timedelta, person: str, rule: str) -> None:
    said = seed(scene)
    item = scene.polled()[said["message"]]
    scene.control("POST", "/clock", {"stop": True, "at": (item.created_at + age).isoformat()})
    for written_by, outcome in (("person", person), ("rule", rule)):
        target = target_of(item, last_customer_at=item.created_at, written_by=written_by)
        if outcome == "refused":
            with pytest.raises(Refused):
                scene.do(target)
        else:
            request = scene.adapter.publish_reply(scene.account, replace(target, sending_at=scene.now()), TEXT)
            assert ("tag" in (request.json or {})) == (outcome == "tagged")
            scene.do(target)
    entries = [one for one in scene.control("GET", "/ledger.json")["entries"] if one["text"] == TEXT]
    assert len(entries) == (person != "refused") + (rule != "refused")
    assert "policy_breach" not in json.dumps(entries)


def test_a_comment_is_answered_privately_once(scene: Scene) -> None:
    said = seed(scene)
    item = scene.polled()[said["comment"]]
    target = target_of(item, deed="private_reply")
    start = scene.now()
    if scene.account.platform == "facebook":
        assert scene.find(target, start).state == "absent"
    sent = scene.do(target)
    assert scene.find(target, start).platform_ids == (sent.platform_id,)
    arrived = scene.polled()[sent.platform_id]
    assert (arrived.from_us, arrived.thread_external_id) == (True, sent.thread_external_id)
    with pytest.raises(ChannelError):
        scene.do(target)
    scene.pass_time(7 * DAY)
    with pytest.raises(Refused):
        scene.do(target_of(item, deed="private_reply", sending_at=scene.now()))


def test_what_is_too_long_is_refused_with_its_count(scene: Scene) -> None:
    said = seed(scene)
    item = scene.polled()[said["message"]]
    target = target_of(item, last_customer_at=item.created_at, sending_at=scene.now())
    text, count = ("ł" * 501, "1002 bytes") if scene.account.platform == "instagram" else ("ł" * 2_001, "2001 char")
    with pytest.raises(Refused, match=count):
        scene.adapter.publish_reply(scene.account, target, text)


@pytest.mark.parametrize("deed", ["hide", "unhide", "like", "unlike", "delete", "block"])
def test_deeds(scene: Scene, deed: Deed) -> None:
    said = seed(scene)
    item = scene.polled()[said["comment"]]
    target = DeedTarget(item.external_id, item.kind, item.author.external_id if item.author else None)
    if deed not in scene.adapter.traits.deeds:
        with pytest.raises(Refused):
            scene.adapter.plan_deed(scene.account, deed, target)
        return
    for _ in range(2):  # may be repeated
        request = scene.adapter.plan_deed(scene.account, deed, target)
        scene.adapter.read_deed(scene.account, deed, target, scene.transport.send(request))
    truth = scene.truth(item.external_id)
    assert truth["hidden"] == (deed == "hide")
    assert (truth["deleted_at"] is not None) == (deed == "delete")


# --- standing ---


def test_subscription_and_access(scene: Scene) -> None:
    adapter, account = scene.adapter, scene.account
    assert adapter.read_subscription(account, scene.transport.fetch(adapter.plan_subscription(account))).stands
    name = {"platform": "facebook", "account": PAGE}
    if account.login == "instagram":
        name = {"platform": "instagram", "account": PROFILE}
    scene.control("POST", "/subscriptions/forget", name)
    lost = adapter.read_subscription(account, scene.transport.fetch(adapter.plan_subscription(account)))
    assert (lost.stands, lost.problem) == (False, "not_subscribed")
    for _ in range(2):
        for request in adapter.plan_subscribe(account):
            scene.transport.send(request)
    assert adapter.read_subscription(account, scene.transport.fetch(adapter.plan_subscription(account))).stands
    access = adapter.read_access(account, scene.transport.fetch(adapter.plan_access(account)), now=scene.now())
    assert access.works
    if account.login != "instagram":
        assert "pages_read_engagement" in access.scopes
    killed = {"platform": account.platform, "account": account.external_id, "subcode": 492}
    if account.login == "facebook":
        killed |= name
    scene.control("POST", "/tokens/kill", killed)
    dead = adapter.read_access(account, scene.transport.fetch(adapter.plan_access(account)), now=datetime.now(UTC))
    assert (dead.works, dead.problem) == (False, "page_role_lost")


def test_while_another_application_holds_the_conversation_we_read_on(scene: Scene) -> None:
    first = scene.write("messages", "Hello")
    scene.control("POST", "/handovers", {**_names(scene), "author": "Ada Vale", "to": "263902037430900"})
    second = scene.write("messages", "Is anybody there?")
    bot = scene.write("messages", "One moment", by="page")
    told = scene.told()
    assert {first, second, bot} <= set(told)
    assert (told[second].from_us, told[bot].from_us) == (False, True)
    with pytest.raises(Refused) as caught:
        scene.do(target_of(told[second], deed="message", last_customer_at=scene.now()))
    assert caught.value.platform_code == ("100/2018300" if scene.account.platform == "facebook" else "100/2534037")
    scene.control("POST", "/handovers", {**_names(scene), "author": "Ada Vale", "action": "take"})
    assert scene.do(target_of(told[second], deed="message", last_customer_at=scene.now())).platform_id


def _names(scene: Scene) -> dict[str, str]:
    return {"platform": scene.account.platform, "account": scene.account.external_id}


def test_a_persons_token_that_is_told_nothing_is_found_out(scene: Scene) -> None:
    """The best known trap: 200 and an empty list, for ever."""
    if scene.account.platform != "facebook":
        pytest.skip("a Page's own trap")
    seed(scene)
    page = {"platform": "facebook", "external_id": PAGE, "user_token": "person-token"}
    scene.control("POST", "/accounts", page)
    scene.control("POST", "/misbehaviour", {"kind": "silent_wrong_token"})
    scene.account = replace(scene.account, credential=Secret("person-token"))
    reader = scene.reader()
    pages = reader.poll(scene.now())
    assert not [item for item in reader.stored.values() if item.kind == "comment"]
    assert not pages[-1].trouble
    exchanges = scene.transport.fetch(scene.adapter.plan_access(scene.account))
    access = scene.adapter.read_access(scene.account, exchanges, now=scene.now())
    assert (access.works, access.problem) == (False, "other_account")


def test_a_task_taken_away_is_a_missing_permission_and_reading_goes_on(scene: Scene) -> None:
    """A Page tells its tasks to the person who signs in alone, so the first refusal is how one learns of it."""
    if scene.account.platform != "facebook":
        pytest.skip("tasks are a Page's")
    said, names = seed(scene), {"platform": "facebook", "external_id": PAGE}
    scene.control("POST", "/accounts", {**names, "tasks": ["PROFILE_PLUS_ANALYZE"]})
    stored = scene.polled()
    with pytest.raises(TokenRevoked) as caught:
        scene.do(target_of(stored[said["comment"]]))
    assert caught.value.reason == "permission_missing"
    scene.control("POST", "/accounts", {**names, "tasks": ["PROFILE_PLUS_ANALYZE", "PROFILE_PLUS_MODERATE"]})
    assert scene.do(target_of(stored[said["comment"]])).platform_id


def test_a_blocked_account_and_one_that_may_send_no_messages_say_so_by_code(scene: Scene) -> None:
    said = seed(scene)
    items = scene.polled()
    public, message = (target_of(items[said[name]]) for name in ("comment", "message"))
    message = replace(message, last_customer_at=items[said["message"]].created_at)
    order = {"kind": "block_messages"}  # of every account: a profile behind a Page sends through the Page
    scene.control("POST", "/misbehaviour", order)
    for target in (message, replace(public, deed="private_reply")):
        with pytest.raises(WritesPaused) as paused:
            scene.do(target)
        assert paused.value.stopped == "messages"
    scene.do(public)
    scene.control("POST", "/misbehaviour", {**order, "kind": "block_writes"})
    for target in (message, public):
        with pytest.raises(WritesPaused) as paused:
            scene.do(target, "Other words.")
        assert paused.value.stopped == "writes"
    assert said["comment"] in scene.polled(), "reading goes on"
