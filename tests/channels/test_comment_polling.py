"""What a poll of comments brings in, whatever people and platforms do between two polls."""

from __future__ import annotations

from copy import copy
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from channels.errors import PlatformDown, RateLimited, TokenRevoked
from channels.items import comment_key
from channels.meta_adapter import MetaAdapter
from channels.protocol import Answer, Platform, Request
from channels.registry import adapter_for
from channels.scripted_transport import json_answer
from tests.channels.polling import Poller
from tests.channels.stand_ins import START, MetaStandIn, account_of, minutes


def poller(platform: MetaStandIn) -> Poller:
    """Polls the comments under an account's own posts and nothing else of it."""
    name: Platform = "instagram" if platform.instagram else "facebook"
    adapter = copy(adapter_for(name))
    assert isinstance(adapter, MetaAdapter)
    adapter.streams = adapter.streams[:1]
    return Poller(adapter, account_of(name), platform)


@pytest.fixture(params=[False, True], ids=["facebook", "instagram"])
def platform(request: pytest.FixtureRequest) -> MetaStandIn:
    return MetaStandIn(instagram=request.param)


def test_comments_and_replies_arrive_with_their_thread_and_context(platform: MetaStandIn) -> None:
    post = platform.post()
    top = platform.write(post, "Is it open on Sunday?", START + minutes(1))
    answer = platform.write(post, "It is.", START + minutes(2), parent=top, author="100")
    reader = poller(platform)
    reader.poll(START + minutes(5))
    assert set(reader.stored) == {top, answer}
    item, ours = reader.stored[top], reader.stored[answer]
    assert (item.thread_external_id, item.parent_external_id, item.from_us) == (top, None, False)
    assert (ours.thread_external_id, ours.parent_external_id, ours.from_us) == (top, top, True)
    assert item.context is not None
    assert (item.context.external_id, item.context.text) == (post, "A post")
    assert item.created_at == START + minutes(1)
    assert item.author is not None
    assert item.author.external_id == "900"


def test_an_idle_poll_is_one_request(platform: MetaStandIn) -> None:
    for _ in range(3):
        post = platform.post()
        for number in range(60):
            platform.write(post, f"{number}", START + minutes(number))
    reader = poller(platform)
    reader.poll(START + timedelta(days=1))
    assert len(reader.stored) == 180
    reader.poll(START + timedelta(days=1, minutes=1))
    assert reader.calls == 1
    assert reader.pages[0].complete


def test_more_than_a_page_of_new_comments_between_two_polls(platform: MetaStandIn) -> None:
    post = platform.post()
    platform.write(post, "first", START)
    reader = poller(platform)
    reader.poll(START + minutes(5))
    for number in range(230):
        platform.write(post, f"{number}", START + minutes(10) + timedelta(seconds=number))
    reader.poll(START + minutes(20))
    assert len(reader.stored) == 231
    reader.poll(START + minutes(21))
    assert reader.calls == 1


def test_a_late_comment_on_an_old_post_arrives_with_the_next_sweep(platform: MetaStandIn) -> None:
    old = platform.post(START - timedelta(days=400))
    for number in range(70):
        platform.post(START + minutes(number))
    reader = poller(platform)
    reader.poll(START + timedelta(hours=2))
    platform.write(old, "Found this just now", START + timedelta(hours=2, minutes=1))
    for step in range(1, 60):
        reader.poll(START + timedelta(hours=2) + minutes(step * 5))
    assert [item.text for item in reader.stored.values()] == ["Found this just now"]


def test_an_edit_arrives_as_a_changed_text(platform: MetaStandIn) -> None:
    post = platform.post()
    comment = platform.write(post, "before", START)
    reader = poller(platform)
    reader.poll(START + minutes(1))
    platform.comments[comment].text = "after"
    reader.poll(START + minutes(2))
    assert reader.stored[comment].text == "after"


def test_a_comment_shown_late_below_the_first_page_is_found_by_the_count(platform: MetaStandIn) -> None:
    post = platform.post()
    held = platform.write(post, "held back by a filter", START)
    platform.hidden.add(held)
    for number in range(120):
        platform.write(post, f"{number}", START + minutes(number + 1))
    reader = poller(platform)
    reader.poll(START + timedelta(days=2))
    assert held not in reader.stored
    platform.hidden.clear()
    reader.poll(START + timedelta(days=2, minutes=1))
    assert held in reader.stored


def test_a_deleted_comment_is_absent_and_nothing_else_happens(platform: MetaStandIn) -> None:
    post = platform.post()
    keep, gone = platform.write(post, "a", START), platform.write(post, "b", START + minutes(1))
    reader = poller(platform)
    reader.poll(START + minutes(2))
    del platform.comments[gone]
    pages = reader.poll(START + minutes(3))
    assert [item.external_id for page in pages for item in page.items] == [keep]
    assert not any(item.deleted for item in reader.stored.values())


def test_a_crash_between_two_rounds_loses_nothing(platform: MetaStandIn) -> None:
    post = platform.post()
    for number in range(300):
        platform.write(post, f"{number}", START + timedelta(seconds=number))
    reader = poller(platform)
    for rounds in (1, 2, 3):
        reader.poll(START + timedelta(hours=1), rounds=rounds)
        assert not reader.pages[-1].complete
    reader.poll(START + timedelta(hours=1))
    assert len(reader.stored) == 300


def test_a_failed_follow_up_keeps_what_came_and_is_made_up_later(platform: MetaStandIn) -> None:
    post = platform.post()
    for number in range(120):
        platform.write(post, f"{number}", START + timedelta(seconds=number))
    platform.failing[f"/{post}/comments"] = Answer(502, {}, b"<html>bad gateway</html>")
    reader = poller(platform)
    reader.poll(START + timedelta(hours=1))
    assert len(reader.stored) == 50
    assert [type(error) for error in reader.pages[-1].trouble] == [PlatformDown]
    assert not reader.pages[-1].complete
    platform.failing.clear()
    reader.poll(START + timedelta(hours=1, minutes=1))
    assert len(reader.stored) == 120


def test_a_comment_dated_tomorrow_does_not_hide_today(platform: MetaStandIn) -> None:
    post = platform.post()
    platform.write(post, "from the future", START + timedelta(days=3650))
    reader = poller(platform)
    reader.poll(START + minutes(1))
    for number in range(130):
        platform.write(post, f"{number}", START + minutes(20) + timedelta(seconds=number))
    reader.poll(START + minutes(30))
    assert len(reader.stored) == 131


@pytest.mark.parametrize("instagram", [False, True])
@pytest.mark.parametrize("habit", ["expands", "flattens", "ordered", "mentions_empty_edges"])
def test_platforms_that_do_not_do_as_asked(instagram: bool, habit: str) -> None:
    platform = MetaStandIn(instagram=instagram, **{habit: False})
    reader = poller(platform)
    posts = [platform.post(START + minutes(number)) for number in range(3)]
    reader.poll(START + minutes(5))
    written = []
    for wave in range(3):
        at = START + timedelta(hours=1 + wave)
        for post in posts:
            tops = [platform.write(post, f"{wave}", at + timedelta(seconds=number)) for number in range(30)]
            replies = [platform.write(post, "re", at + minutes(2), parent=top) for top in tops[:3]]
            written += tops + replies
        reader.poll(at + minutes(5))
    assert set(reader.stored) == set(written)


def test_both_spellings_of_a_comment_are_one_item() -> None:
    platform = MetaStandIn()
    post = platform.post()
    first = platform.write(post, "hello", START)
    reader = poller(platform)
    reader.poll(START + minutes(1))

    def bare(request: Request) -> Any:
        answer = platform(request)
        assert isinstance(answer, Answer)
        return replace(answer, body=answer.body.replace(first.encode(), comment_key(first).encode()))

    reader.platform = bare
    reader.poll(START + minutes(2))
    assert set(reader.stored) == {first}


def test_bare_ids_are_joined_with_their_posts() -> None:
    platform = MetaStandIn(bare_ids=True)
    post = platform.post()
    top = platform.write(post, "hello", START)
    reply = platform.write(post, "re", START + minutes(1), parent=top)
    reader = poller(platform)
    reader.poll(START + minutes(2))
    joined = [f"{comment_key(post)}_{bare}" for bare in (top, reply)]
    assert {key: item.thread_external_id for key, item in reader.stored.items()} == dict.fromkeys(joined, joined[0])


def test_deep_nesting_ends_in_the_top_level_comment() -> None:
    platform = MetaStandIn()
    post = platform.post()
    top = last = platform.write(post, "0", START)
    for number in range(1, 8):
        last = platform.write(post, str(number), START + minutes(number), parent=last)
    reader = poller(platform)
    reader.poll(START + minutes(10))
    assert {item.thread_external_id for item in reader.stored.values()} == {top}


def test_too_much_data_is_asked_for_in_smaller_pieces() -> None:
    platform = MetaStandIn()
    post = platform.post()
    written = {platform.write(post, str(number), START + minutes(number)) for number in range(60)}

    def strained(request: Request) -> Any:
        if "comments.filter" in request.params.get("fields", ""):
            error = {"code": 1, "message": "Please reduce the amount of data you're asking for, then retry"}
            return json_answer({"error": error}, 500)
        return platform(request)

    reader = poller(platform)
    reader.platform = strained
    reader.poll(START + timedelta(days=1))
    assert set(reader.stored) == written


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (json_answer({"error": {"code": 190, "error_subcode": 460, "message": "x"}}, 400), TokenRevoked),
        (json_answer({"error": {"code": 80001, "message": "x"}}, 400), RateLimited),
        (Answer(200, {}, b"Service Unavailable"), PlatformDown),
        (Answer(200, {}, b'{"data": [{"id": "1"'), PlatformDown),
        (Answer(302, {"location": "https://elsewhere.example/"}, b""), PlatformDown),
        (json_answer({"error": {"code": 100, "error_subcode": 33}}, 400), PlatformDown),
    ],
)
def test_a_failed_first_request_is_the_polls_error(
    platform: MetaStandIn, answer: Answer, error: type[Exception]
) -> None:
    reader = poller(platform)
    reader.platform = lambda request: answer
    with pytest.raises(error):
        reader.poll(START)
    assert reader.cursor is None


def test_the_cursor_stays_small(platform: MetaStandIn) -> None:
    for number in range(600):
        post = platform.post(START + minutes(number))
        platform.write(post, "hi", START + minutes(number))
    reader = poller(platform)
    reader.poll(START + timedelta(days=1))
    assert len(reader.stored) == 600
    assert reader.cursor is not None
    assert len(reader.cursor) < 10_000


@pytest.mark.parametrize(
    "cursor", ["", "null", "[]", "{", '{"v":2}', '{"v":1,"seen":5e99,"counts":[1],"run":{"started":"x"}}']
)
def test_a_damaged_cursor_reads_everything_again(platform: MetaStandIn, cursor: str) -> None:
    post = platform.post()
    comment = platform.write(post, "a", START)
    reader = poller(platform)
    reader.cursor = cursor
    reader.poll(START + minutes(1))
    assert set(reader.stored) == {comment}


def test_usage_headers_are_handed_on(platform: MetaStandIn) -> None:
    reader = poller(platform)
    usage = '{"100":[{"type":"pages","call_count":97,"total_cputime":23,"total_time":23}]}'
    reader.platform = lambda request: json_answer({"data": []}, x_business_use_case_usage=usage)
    assert reader.poll(START)[0].usage_percent == 97


deeds = st.lists(
    st.tuples(
        st.sampled_from(["post", "comment", "burst", "reply", "edit", "delete", "poll", "crash"]),
        st.integers(min_value=0, max_value=10_000),
    ),
    max_size=40,
)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@example(
    deeds=[("comment", 0), ("reply", 0), ("reply", 0), ("reply", 0)], instagram=True, expands=False, mentions=False
)
@given(deeds=deeds, instagram=st.booleans(), expands=st.booleans(), mentions=st.booleans())
def test_whatever_people_do_every_item_arrives_as_it_stands(
    deeds: list[tuple[str, int]], instagram: bool, expands: bool, mentions: bool
) -> None:
    platform = MetaStandIn(instagram=instagram, expands=expands, mentions_empty_edges=mentions)
    reader = poller(platform)
    platform.post()
    now = START
    for deed, pick in deeds:
        now += minutes(3)
        posts, comments = list(platform.posts), list(platform.comments)
        tops = [c for c in comments if platform.comments[c].parent is None]
        if deed == "post":
            platform.post(now)
        elif deed in ("comment", "burst"):
            for number in range(70 if deed == "burst" else 1):
                platform.write(posts[pick % len(posts)], "text", now + timedelta(seconds=number))
        elif deed == "reply" and tops:
            top = tops[pick % len(tops)]
            platform.write(platform.comments[top].post, "re", now, parent=top)
        elif deed == "delete" and comments:
            gone = comments[pick % len(comments)]
            for comment in [gone, *(c for c in comments if platform.comments[c].parent == gone)]:
                del platform.comments[comment]
                reader.stored.pop(comment, None)
        elif deed == "poll":
            reader.poll(now)
        elif deed == "crash":
            reader.poll(now, rounds=1)
    reader.poll(now + timedelta(days=1))
    missing = set(platform.comments) - set(reader.stored)
    assert not missing
    for comment in platform.comments.values():
        item = reader.stored[comment.id]
        assert item.thread_external_id == (comment.parent or comment.id)


def test_a_full_sweep_says_so_and_shows_what_is_missing(platform: MetaStandIn) -> None:
    """What a full sweep did not show may be gone; a poll that left a page unread never claims to be one."""
    posts = [platform.post(START - timedelta(days=number)) for number in range(30)]
    for number in range(120):
        platform.write(posts[0], str(number), START + minutes(number))
    reader = poller(platform)
    now = START + timedelta(days=1)
    assert [page.full_sweep for page in reader.poll(now)][-1]
    gone = min(platform.comments)
    del platform.comments[gone]
    shown: set[str] = set()
    for step in range(1, 30):
        pages = reader.poll(now + timedelta(hours=step))
        shown = {item.external_id for page in pages for item in page.items}
        if pages[-1].full_sweep:
            break
        assert not shown >= set(platform.comments)
    assert pages[-1].full_sweep
    assert step > 12
    assert set(reader.stored) - shown == {gone}
