"""Comments under single pictures of an album: found by polls at next to no cost, and the same whoever tells of them."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from channels.errors import ChannelError, ItemGone, PlatformDown, Refused, TokenRevoked
from channels.facebook.adapter import FacebookAdapter
from channels.items import IncomingItem, Page
from channels.protocol import Answer, Exchange, Request
from channels.scripted_transport import json_answer
from tests.channels.stand_ins import START, account_of, meta_time
from tests.channels.test_meta_events import changed

ADAPTER, ACCOUNT = FacebookAdapter(), account_of("facebook")
LATER = START + timedelta(days=2)


def said(comment_id: str, text: str = "Nice", **more: Any) -> dict[str, Any]:
    return {"id": comment_id, "message": text, "created_time": meta_time(START), "from": {"id": "900"}, **more}


def part(picture: str, kind: str = "photo") -> dict[str, Any]:
    return {"type": kind, "target": {"id": picture}}


def album(post: str, *parts: dict[str, Any]) -> dict[str, Any]:
    held = [{"type": "album", "subattachments": {"data": list(parts)}}] if parts else []
    return {"id": post, "message": "Autumn", "comments": edge(), "attachments": {"data": held}}


def edge(*comments: dict[str, Any], following: str | None = None) -> dict[str, Any]:
    found: dict[str, Any] = {"data": list(comments), "summary": {"total_count": len(comments)}}
    if following:
        found["paging"] = {"next": "https://graph.example/next", "cursors": {"after": following}}
    return found


class World:
    """A Page's posts and pictures, and what was asked of them. ``pictures`` may be a refusal."""

    def __init__(self, posts: list[dict[str, Any]], pictures: list[dict[str, Any]] | Answer | ChannelError) -> None:
        self.posts, self.pictures, self.size = posts, pictures, 25
        self.below: dict[str, Answer | ChannelError] = {}
        self.asked: list[str] = []
        self.asks_for_albums = False
        self.cursor: str | None = None

    def __call__(self, request: Request) -> Answer | ChannelError:
        path = request.path.removeprefix("/v26.0/")
        if path == "100/published_posts":
            shown = [dict(post) for post in self.posts]
            self.asks_for_albums = "subattachments" in request.params["fields"]
            for post in shown if not self.asks_for_albums else ():
                post.pop("attachments", None)
            return json_answer({"data": shown})
        if path == "100/photos":
            self.asked.append(path)
            assert request.params["type"] == "uploaded"
            if not isinstance(self.pictures, list):
                return self.pictures
            start = int(request.params.get("after", "0"))
            following = str(start + self.size) if start + self.size < len(self.pictures) else None
            body = edge(*self.pictures[start : start + self.size], following=following)
            return json_answer(body)
        if path.endswith("/comments"):
            self.asked.append(path)
            return self.below.get(path.split("/")[0], json_answer(edge()))
        return json_answer({"data": []})

    def poll(self, now: Any = START, *, live: bool = False) -> tuple[dict[str, IncomingItem], Page]:
        account = replace(ACCOUNT, events_live=live)
        self.asked, stored = [], {}
        requests = ADAPTER.plan_poll(account, self.cursor, now=now)
        while requests:
            exchanges = [Exchange(one, self(one)) for one in requests]
            page = ADAPTER.read_poll(account, self.cursor, exchanges, now=now)
            stored |= {item.external_id: item for item in page.items}
            self.cursor, requests = page.next_cursor, list(page.more)
        return stored, page


@pytest.mark.parametrize("spelling", ["7001_1", "1", "9001_1"])
def test_a_comment_under_a_picture_has_its_pictures_name_however_it_is_spelled(spelling: str) -> None:
    reply = said("7001_2", parent={"id": spelling})
    picture = {
        "id": "7001",
        "name": "The soup",
        "link": "https://x.example/7001",
        "comments": edge(said(spelling), reply),
    }
    stored, page = World([album("100_9001", part("7001"), part("7002"))], [picture, {"id": "7002"}]).poll()
    assert set(stored) == {"7001_1", "7001_2"}
    item = stored["7001_1"]
    assert (item.kind, item.thread_external_id, stored["7001_2"].thread_external_id) == ("comment", "7001_1", "7001_1")
    assert item.context is not None
    assert (item.context.external_id, item.context.text) == ("100_7001", "The soup")
    assert "comment" in page.swept_kinds


@pytest.mark.parametrize(
    ("post_id", "comment_id", "parent_id"),
    [
        ("100_7001", "7001_1", "100_7001"),
        ("100_7001", "1", "7001"),
        ("100_9001", "7001_1", "7001"),
        ("100_9001", "7001_1", "100_7001"),
        ("100_9001", "9001_1", "100_7001"),
        ("100_9001", "1", "100_7001"),
    ],
)
def test_an_event_tells_the_same_whatever_it_calls_the_post(post_id: str, comment_id: str, parent_id: str) -> None:
    value = {"item": "comment", "verb": "add", "post_id": post_id, "comment_id": comment_id, "parent_id": parent_id}
    value |= {"message": "Nice", "created_time": int(START.timestamp()), "from": {"id": "900"}}
    (item,) = ADAPTER.read_event(ACCOUNT, changed("facebook", "feed", value), now=START).items
    assert (item.external_id, item.thread_external_id, item.parent_external_id) == ("7001_1", "7001_1", None)
    assert item.context is not None
    assert item.context.external_id == "100_7001"
    (ask,) = ADAPTER.read_event(ACCOUNT, changed("facebook", "feed", value | {"verb": "edited"}), now=START).ask
    assert ask.path == "/v26.0/7001_1"


@pytest.mark.parametrize("parent_id", ["9001", "100_9001", "9001_1"])
def test_a_post_named_without_its_page_is_no_picture(parent_id: str) -> None:
    value = {"item": "comment", "verb": "add", "post_id": "9001", "comment_id": "9001_2", "parent_id": parent_id}
    (item,) = ADAPTER.read_event(ACCOUNT, changed("facebook", "feed", value | {"message": "x"}), now=START).items
    assert item.context is not None
    assert (item.external_id, item.context.external_id) == ("9001_2", "9001")


def test_a_comment_on_a_visitors_album_stays_with_the_visitors_post() -> None:
    value = {"item": "comment", "verb": "add", "post_id": "100_9001", "comment_id": "7001_1", "parent_id": "100_7001"}
    value |= {"message": "Nice", "post": {"status_type": "wall_post"}, "from": {"id": "900"}}
    (item,) = ADAPTER.read_event(ACCOUNT, changed("facebook", "feed", value), now=START).items
    assert (item.kind, item.thread_external_id) == ("post", "100_9001")


def test_a_picture_alone_in_its_post_is_passed_over() -> None:
    """Its comments are the post's, and would be there twice."""
    alone = {"id": "100_9002", "attachments": {"data": [part("7009")]}, "comments": edge(said("9002_1"))}
    single = album("100_9003", part("7008")) | {"comments": edge(said("9003_2"))}
    world = World([alone, single, album("100_9001", part("7001"), part("7002"))], [])
    world.pictures = [{"id": one, "comments": edge(said(f"{one}_1"))} for one in ("7009", "7008", "7001", "7002")]
    stored, _ = world.poll()
    assert set(stored) == {"9002_1", "9003_2", "7001_1", "7002_1"}


def test_without_an_album_nothing_more_is_asked() -> None:
    world = World([album("100_9001")], [{"id": "7001"}])
    world.poll()
    assert world.asked == []


def test_a_sweep_costs_one_call_for_a_page_of_pictures_and_other_polls_none() -> None:
    pictures = [str(7_000 + n) for n in range(30)]
    posts = [album(f"100_{9_000 + n}", *[part(one) for one in pictures[n * 5 : n * 5 + 5]]) for n in range(6)]
    world = World(posts, [{"id": one, "comments": edge()} for one in pictures])
    for hours, calls in ((0, 2), (1, 0), (2, 0), (30, 2)):
        world.poll(START + timedelta(hours=hours), live=True)
        assert world.asked == ["100/photos"] * calls
        assert world.asks_for_albums is bool(calls)


def test_pages_of_pictures_put_the_next_sweep_off_as_pages_of_posts_do() -> None:
    def pause(count: int) -> float:
        pictures = [str(7_000 + n) for n in range(count)]
        world = World([album("100_9001", *map(part, pictures))], [{"id": one, "comments": edge()} for one in pictures])
        world.poll()
        for minutes in range(1, 600):
            world.poll(START + timedelta(minutes=minutes))
            if world.asked:
                return minutes
        return 600

    assert (pause(2), pause(30)) == (30, 45)


def test_the_pictures_that_are_looked_for_are_bounded() -> None:
    pictures = [str(70_000 + n) for n in range(500)]
    world = World([album("100_9001", *map(part, pictures))], [{"id": f"1{n}"} for n in range(1_000)])
    _, page = world.poll()
    assert world.asked == ["100/photos"] * 6
    assert page.complete
    assert "comment" in page.swept_kinds


@pytest.mark.parametrize("listed", [True, False])
def test_a_deletion_and_an_edit_are_found(listed: bool) -> None:
    world = World([album("100_9001", part("7001"), part("7002"))], [])
    for text, found in (("Nice", {"7001_1", "7001_2"}), ("Not nice", {"7001_1"})):
        comments = edge(*[said(one, text) for one in sorted(found)])
        world.pictures = [{"id": "7001", "comments": comments}, {"id": "7002", "comments": edge()}] if listed else []
        world.below["7001"] = json_answer(comments)
        stored, page = world.poll(START if text == "Nice" else LATER)
        assert {one: item.text for one, item in stored.items()} == dict.fromkeys(found, text)
        assert "comment" in page.swept_kinds  # what it did not show is asked after by its id


def test_more_comments_than_a_page_are_read_to_the_last() -> None:
    many = [said(f"7001_{n}") for n in range(60)]
    first = {"id": "7001", "comments": edge(*many[:50], following="50")}
    world = World([album("100_9001", part("7001"), part("7002"))], [first, {"id": "7002", "comments": edge()}])
    world.below["7001"] = json_answer(edge(*many[50:]))
    for now in (START, LATER, LATER + timedelta(days=2)):  # once a day all of them again, for what was deleted
        stored, page = world.poll(now)
        assert len(stored) == 60
        assert world.asked == ["100/photos", "7001/comments"]
        assert "comment" in page.swept_kinds


@pytest.mark.parametrize(
    "refusal",
    [
        json_answer({"error": {"code": 12, "message": "(#12) deprecated"}}, 400),
        json_answer({"error": {"code": 10, "message": "x"}}, 403),
        json_answer({"error": {"code": 1, "message": "x"}}, 500),
        json_answer({"error": {"code": 100, "message": "x"}}, 400),
        [],
    ],
    ids=["deprecated", "not allowed", "too much", "unknown field", "not listed"],
)
def test_pictures_that_no_list_shows_are_asked_for_by_themselves_the_newest_few(refusal: Any) -> None:
    pictures = [str(7_000 + n) for n in range(20)]
    world = World([album("100_9001", *map(part, pictures))], refusal)
    world.below["7000"] = json_answer(edge(said("7000_1")))
    world.below["7001"] = Refused("3", "no")
    world.below["7002"] = ItemGone()
    world.below["7003"] = TokenRevoked("permission_missing")
    stored, page = world.poll()
    assert set(stored) == {"7000_1"}
    assert [one for one in world.asked if one != "100/photos"] == [f"{one}/comments" for one in pictures[:5]]
    assert page.complete
    assert not page.resting


@pytest.mark.parametrize("trouble", [PlatformDown("x"), Refused("app_unproven", "x")])
def test_pictures_that_could_not_be_read_are_looked_at_again(trouble: ChannelError) -> None:
    world = World([album("100_9001", part("7001"), part("7002"))], trouble)
    _, page = world.poll()
    assert not page.complete
    world.pictures = [{"id": "7001", "comments": edge(said("7001_1"))}, {"id": "7002", "comments": edge()}]
    stored, page = world.poll(START + timedelta(minutes=5))
    assert set(stored) == {"7001_1"}
    assert page.complete


@pytest.mark.parametrize(
    "attachments",
    [None, 3, [], {"data": 3}, {"data": [3, {"subattachments": 3}, {"subattachments": {"data": [1, {"target": 5}]}}]}],
)
def test_attachments_of_any_shape_stop_nothing(attachments: Any) -> None:
    post = {"id": "100_9001", "comments": edge(said("9001_1")), "attachments": attachments}
    stored, page = World([post], []).poll()
    assert set(stored) == {"9001_1"}
    assert page.complete


@pytest.mark.parametrize("rows", [[3, {"id": []}, {}, {"id": "7001", "comments": 3}], [{"id": "7001"}, {"id": "7001"}]])
def test_pictures_of_any_shape_stop_nothing(rows: list[Any]) -> None:
    _, page = World([album("100_9001", part("7001"), part("7002"))], rows).poll()
    assert page.complete


def test_a_run_between_two_rounds_is_remembered_and_a_damaged_one_does_no_harm() -> None:
    world = World([album("100_9001", part("7001"), part("7002"))], [])
    requests = ADAPTER.plan_poll(ACCOUNT, None, now=START)
    page = ADAPTER.read_poll(ACCOUNT, None, [Exchange(one, world(one)) for one in requests], now=START)
    (asked,) = page.more
    assert asked.path.endswith("/photos")
    cursor = json.loads(page.next_cursor)
    assert cursor["streams"]["posts"]["run"]["pictures"] == ["7001", "7002"]
    for damaged in ("x", [3, None, {}], {"a": 1}):
        cursor["streams"]["posts"]["run"]["pictures"] = damaged
        shown = json_answer({"data": [{"id": "7001", "comments": edge(said("7001_1"))}]})
        assert not ADAPTER.read_poll(ACCOUNT, json.dumps(cursor), [Exchange(asked, shown)], now=START).items


def test_history_asks_for_each_picture_once() -> None:
    world = World([album("100_9001", part("7001"), part("7002"))], [])
    world.below["7002"] = json_answer(edge(said("7002_1")))
    stored: set[str] = set()
    cursor, done = None, False
    while not done:
        requests = ADAPTER.plan_history(ACCOUNT, cursor, START - timedelta(days=365), now=START)
        exchanges = [Exchange(one, world(one)) for one in requests]
        page = ADAPTER.read_history(ACCOUNT, cursor, START - timedelta(days=365), exchanges, now=START)
        stored |= {item.external_id for item in page.items}
        cursor, done = page.next_cursor, page.complete
    assert stored == {"7002_1"}
    assert world.asked == ["7001/comments", "7002/comments"]
