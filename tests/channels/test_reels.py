"""Short films of a Page: listed apart, commented like posts, and each comment under one name whoever tells of it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from channels.facebook.adapter import FacebookAdapter
from channels.items import IncomingItem
from channels.protocol import Answer, ConnectedAccount, Exchange, Request
from channels.scripted_transport import json_answer
from tests.channels.stand_ins import START, account_of

ADAPTER = FacebookAdapter()
FILM = {"id": "7001", "description": "Behind the bar", "permalink_url": "/reel/7001/", "from": {"id": "100"}}
POST = {"id": "100_9001", "message": "Behind the bar"}


def said(comment_id: str, **more: Any) -> dict[str, Any]:
    written = {"message": "Nice", "created_time": "2026-11-01T08:00:00+0000", "from": {"id": "900", "name": "A. P."}}
    return {"id": comment_id, **written, **more}


def polled(reels: list[dict[str, Any]] | Answer, posts: list[dict[str, Any]] | None = None) -> dict[str, IncomingItem]:
    """By external id, over as many rounds as it takes."""
    account = account_of("facebook")
    stored: dict[str, IncomingItem] = {}
    cursor, requests = None, ADAPTER.plan_poll(account, None, now=START)
    while requests:
        exchanges = [Exchange(one, answer(one, reels, posts or [])) for one in requests]
        page = ADAPTER.read_poll(account, cursor, exchanges, now=START)
        assert not page.set_aside
        stored |= {item.external_id: item for item in page.items}
        cursor, requests = page.next_cursor, list(page.more)
    return stored


def answer(request: Request, reels: list[dict[str, Any]] | Answer, posts: list[dict[str, Any]]) -> Answer:
    if request.path.endswith("/video_reels"):
        return reels if isinstance(reels, Answer) else json_answer({"data": reels})
    return json_answer({"data": posts if request.path.endswith("/published_posts") else []})


@pytest.mark.parametrize("post_id", ["9001", "100_9001", 9001])
@pytest.mark.parametrize("spelling", ["7001_1", "9001_1", "1"])
def test_a_comment_has_its_posts_name_however_it_is_spelled(post_id: Any, spelling: str) -> None:
    reply = said("7001_2", parent={"id": spelling})
    stored = polled([{**FILM, "post_id": post_id, "comments": {"data": [said(spelling), reply]}}])
    assert set(stored) == {"9001_1", "9001_2"}
    assert stored["9001_2"].thread_external_id == stored["9001_2"].parent_external_id == "9001_1"
    context = stored["9001_1"].context
    assert context is not None
    assert (context.external_id, context.text, context.media_kind) == ("100_9001", "Behind the bar", "reel")
    assert context.permalink == "https://www.facebook.com/reel/7001/"


def test_a_film_among_the_posts_too_brings_each_comment_once() -> None:
    film = {**FILM, "post_id": "9001", "comments": {"data": [said("7001_1")]}}
    stored = polled([film], [{**POST, "comments": {"data": [said("9001_1")]}}])
    assert set(stored) == {"9001_1"}


@pytest.mark.parametrize(("spelling", "stands_as"), [("9001_1", "9001_1"), ("7001_1", "7001_1"), ("1", "7001_1")])
def test_without_its_post_a_film_keeps_the_platforms_spelling(spelling: str, stands_as: str) -> None:
    assert set(polled([{**FILM, "comments": {"data": [said(spelling)]}}])) == {stands_as}


def test_our_own_words_below_a_film_are_ours() -> None:
    film = {**FILM, "post_id": "9001", "comments": {"data": [said("9001_1", **{"from": {"id": "100"}})]}}
    assert polled([film])["9001_1"].from_us


def test_where_the_post_is_no_known_field_the_rest_is_asked() -> None:
    refusal = {"code": 100, "message": "(#100) Tried accessing nonexisting field (post_id) on node type (Video)"}
    account, asked = account_of("facebook"), []
    requests, cursor = ADAPTER.plan_poll(account, None, now=START), None
    while requests:
        asked += [one.params["fields"] for one in requests if one.path.endswith("/video_reels")]
        exchanges = []
        for one in requests:
            knows = "post_id" not in one.params.get("fields", "")
            body = {"data": [{**FILM, "comments": {"data": [said("9001_1")]}}]} if knows else {"error": refusal}
            films = json_answer(body, 200 if knows else 400)
            exchanges.append(Exchange(one, answer(one, films, [])))
        page = ADAPTER.read_poll(account, cursor, exchanges, now=START)
        cursor, requests = page.next_cursor, list(page.more)
    assert len(asked) == 2
    assert {item.external_id for item in page.items} == {"9001_1"}
    assert page.complete


def test_a_page_without_the_list_still_misses_what_was_deleted_elsewhere() -> None:
    """The stream rests, and the comments that the others list are swept all the same."""
    account = account_of("facebook")
    gone = json_answer({"error": {"code": 12, "message": "(#12) deprecated"}}, 400)
    requests = ADAPTER.plan_poll(account, None, now=START)
    page = ADAPTER.read_poll(account, None, [Exchange(one, answer(one, gone, [])) for one in requests], now=START)
    assert page.resting == ("reels",)
    assert "comment" in page.swept_kinds
    later = START + timedelta(hours=2)
    assert "reels" not in {one.purpose["stream"] for one in ADAPTER.plan_poll(account, page.next_cursor, now=later)}


def test_who_may_not_read_posts_is_not_asked_for_films() -> None:
    account = ConnectedAccount("a", "facebook", "100", account_of("facebook").credential, scopes=frozenset({"email"}))
    assert not [one for one in ADAPTER.plan_poll(account, None, now=START) if one.path.endswith("/video_reels")]
