"""What every adapter must do, whatever its platform: one suite, run for each line of the registry."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from channels.capabilities import RenewsCredential
from channels.errors import (
    ChannelError,
    ItemGone,
    NotSent,
    OutcomeUnknown,
    RateLimited,
    Refused,
    TokenRevoked,
)
from channels.items import ReadBack
from channels.protocol import Answer, ChannelAdapter, ConnectedAccount, Exchange, ReplyTarget, Request
from channels.registry import ADAPTERS, UnknownPlatform, able, adapter_for, traits_of
from channels.scripted_transport import ScriptedTransport, json_answer
from tests.channels.polling import Poller
from tests.channels.stand_ins import START, TOKEN, GoogleStandIn, MetaStandIn, account_of, minutes

TEXT = "Thank you, \u201cdear guest\u201d — przepraszamy & até já! 👩‍🍳"


class World:
    """A stand-in of one platform with one customer item to answer."""

    def __init__(self, platform: str) -> None:
        self.platform = platform
        self.adapter: ChannelAdapter = adapter_for(platform)
        self.account: ConnectedAccount = account_of(platform)  # type: ignore[arg-type]
        self.wire: Callable[[Request], Answer | ChannelError]
        if platform == "google_business":
            self.google = GoogleStandIn()
            item = self.google.write("AbFvOq-1", "Cold soup", START, "TWO")
            self.wire = self.google
            self.target = ReplyTarget(item, item, "review")
        else:
            self.meta = MetaStandIn(instagram=platform == "instagram")
            post = self.meta.post()
            item = self.meta.write(post, "Cold soup", START)
            self.wire = self.meta
            self.target = ReplyTarget(item, item, "comment", post)

    def send(self, text: str = TEXT) -> Answer:
        return ScriptedTransport(self.wire).send(self.adapter.publish_reply(self.account, self.target, text))

    def find(self, text: str, sent_at: datetime) -> ReadBack:
        transport = ScriptedTransport(self.wire)
        requests = self.adapter.plan_find_our_reply(self.account, self.target, text, sent_at=sent_at)
        exchanges: list[Exchange] = []
        while True:
            exchanges += transport.fetch(requests)
            found = self.adapter.read_find_our_reply(self.account, self.target, text, exchanges, sent_at=sent_at)
            if not found.more:
                return found
            requests = list(found.more)

    def precheck(self, text: str = TEXT) -> Any:
        requests = self.adapter.plan_precheck(self.account, self.target)
        return self.adapter.read_precheck(self.account, self.target, text, ScriptedTransport(self.wire).fetch(requests))

    def our_reply_by_hand(self, text: str, at: datetime) -> None:
        if self.platform == "google_business":
            self.google.reply(self.target.external_id, text, at)
        else:
            assert self.target.post_external_id
            self.meta.write(self.target.post_external_id, text, at, parent=self.target.external_id, author="100")


@pytest.fixture(params=list(ADAPTERS))
def world(request: pytest.FixtureRequest) -> World:
    return World(request.param)


def test_traits_are_complete(world: World) -> None:
    traits = world.adapter.traits
    assert traits.platform == world.platform
    assert traits.label
    assert traits.scopes
    assert traits.longest_reply.limit > 0
    assert traits.batch_size >= 1
    assert traits_of(world.platform) is traits


def test_an_unknown_platform_is_named_as_such() -> None:
    with pytest.raises(UnknownPlatform):
        adapter_for("carrier_pigeon")


def test_the_text_is_sent_byte_for_byte(world: World) -> None:
    request = world.adapter.publish_reply(world.account, world.target, TEXT)
    sent = dict(request.form or request.json or {})
    assert list(sent.values()) == [TEXT]
    assert request.is_write


def test_a_published_reply_is_confirmed_and_found_again(world: World) -> None:
    before = datetime.now(UTC)
    assert world.find(TEXT, before).state == "absent"
    published = world.adapter.read_publish(world.account, world.target, world.send())
    found = world.find(TEXT, before)
    assert found.state == "found"
    assert found.platform_ids == (published.platform_id,)


def test_our_reply_arrives_with_a_poll_under_the_same_id(world: World) -> None:
    published = world.adapter.read_publish(world.account, world.target, world.send())
    reader = Poller(world.adapter, world.account, world.wire)
    reader.poll(datetime.now(UTC) + minutes(1))
    item = reader.stored[published.platform_id]
    if item.kind == "review":
        assert item.reply is not None
        assert item.reply.text == TEXT
    else:
        assert item.from_us
        assert (item.text, item.thread_external_id) == (TEXT, world.target.external_id)


def test_an_older_reply_with_the_same_text_is_not_ours(world: World) -> None:
    world.our_reply_by_hand(TEXT, datetime.now(UTC) - timedelta(days=2))
    assert world.find(TEXT, datetime.now(UTC)).state != "found"


def test_what_platforms_change_on_the_way_is_still_our_text(world: World) -> None:
    world.our_reply_by_hand("Thank  you &amp; see\nyou cafe\u0301 ", datetime.now(UTC))
    assert world.find("Thank you & see you café", datetime.now(UTC)).state == "found"


def test_another_text_is_not_ours(world: World) -> None:
    world.our_reply_by_hand("Something else", datetime.now(UTC))
    assert world.find(TEXT, datetime.now(UTC)).state in ("absent", "cannot_tell")


@pytest.mark.parametrize(
    "answer",
    [
        Answer(200, {}, b"Service Unavailable"),
        Answer(503, {}, b"<html>busy</html>"),
        json_answer({"error": {"code": 190, "message": "x", "status": "UNAUTHENTICATED"}}, 401),
        json_answer({"error": {"code": 80001, "message": "x", "status": "RESOURCE_EXHAUSTED"}}, 429),
        NotSent("no connection"),
    ],
)
def test_a_failed_read_back_cannot_tell(world: World, answer: Answer | ChannelError) -> None:
    world.wire = lambda request: answer
    assert world.find(TEXT, datetime.now(UTC)).state == "cannot_tell"


def test_a_vanished_thread_cannot_tell(world: World) -> None:
    if world.platform == "google_business":
        world.google.reviews.clear()
    else:
        world.meta.comments.clear()
    found = world.find(TEXT, datetime.now(UTC))
    assert (found.state, found.reason) == ("cannot_tell", "thread_gone")


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (Answer(200, {}, b""), OutcomeUnknown),
        (Answer(200, {}, b"Service Unavailable"), OutcomeUnknown),
        (Answer(200, {}, b"<html></html>"), OutcomeUnknown),
        (Answer(200, {}, b'{"id": "1'), OutcomeUnknown),
        (json_answer({}), OutcomeUnknown),
        (json_answer([]), OutcomeUnknown),
        (Answer(500, {}, b""), OutcomeUnknown),
        (Answer(502, {}, b"<html>bad gateway</html>"), OutcomeUnknown),
        (Answer(504, {}, b"{}"), OutcomeUnknown),
        (Answer(302, {"location": "https://x.example"}, b""), OutcomeUnknown),
        (Answer(404, {}, b"<html>not here</html>"), OutcomeUnknown),
        (Answer(429, {"retry-after": "30"}, b"slow down"), RateLimited),
    ],
)
def test_whatever_proves_nothing_after_a_write_is_unknown(
    world: World, answer: Answer, error: type[ChannelError]
) -> None:
    with pytest.raises(error) as caught:
        world.adapter.read_publish(world.account, world.target, answer)
    if error is RateLimited:
        assert isinstance(caught.value, RateLimited)
        assert caught.value.retry_after_seconds == 30


@pytest.mark.parametrize("text", ["", " \n", "a\x00b", "a\ud800b"])
def test_unsendable_texts_never_become_a_request(world: World, text: str) -> None:
    with pytest.raises(Refused):
        world.adapter.publish_reply(world.account, world.target, text)


def test_the_longest_reply_is_the_limit_itself(world: World) -> None:
    longest = world.adapter.traits.longest_reply
    world.adapter.publish_reply(world.account, world.target, "a" * longest.limit)
    with pytest.raises(Refused):
        world.adapter.publish_reply(world.account, world.target, "a" * (longest.limit + 1))
    if longest.unit == "bytes":
        with pytest.raises(Refused):
            world.adapter.publish_reply(world.account, world.target, "ł" * (longest.limit // 2 + 1))


def test_a_gone_target_is_said_to_be_gone(world: World) -> None:
    missing = replace(world.target, external_id="nosuch", thread_external_id="nosuch")
    request = world.adapter.publish_reply(world.account, missing, TEXT)
    answer = world.wire(request)
    assert isinstance(answer, Answer)
    with pytest.raises(ItemGone):
        world.adapter.read_publish(world.account, missing, answer)


def test_presence_needs_a_reading_sibling(world: World) -> None:
    transport = ScriptedTransport(world.wire)
    ids = [world.target.external_id, "nosuch"]
    exchanges = transport.fetch(world.adapter.plan_presence(world.account, ids))
    states = {p.external_id: p.state for p in world.adapter.read_presence(world.account, exchanges)}
    assert states == {world.target.external_id: "there", "nosuch": "gone"}
    blind = [
        replace(e, result=NotSent("no connection")) if e.request.purpose["ask"] == "sibling" else e for e in exchanges
    ]
    states = {p.external_id: p.state for p in world.adapter.read_presence(world.account, blind)}
    assert states == {world.target.external_id: "there", "nosuch": "unknown"}


def test_no_request_shows_its_token(world: World) -> None:
    account = world.account
    requests = [
        *world.adapter.plan_poll(account, None, now=START),
        *world.adapter.plan_precheck(account, world.target),
        *world.adapter.plan_presence(account, ["1"]),
        *world.adapter.plan_find_our_reply(account, world.target, TEXT, sent_at=START),
        world.adapter.publish_reply(account, world.target, TEXT),
    ]
    for request in requests:
        assert TOKEN not in repr(request)
        assert TOKEN not in request.path + json.dumps(dict(request.params))
        assert request.token is not None
        assert request.token.secret.reveal() == TOKEN
    assert TOKEN not in repr(account)


def test_ids_cannot_leave_their_place_in_a_path(world: World) -> None:
    evil = replace(world.target, external_id="../../me?x=1#", thread_external_id="../../me?x=1#")
    request = world.adapter.publish_reply(world.account, evil, TEXT)
    assert "../" not in request.path
    assert "?" not in request.path
    assert "#" not in request.path


WIRE_WORDS = """
id message text from parent created_time timestamp attachment data comments replies paging next cursors after summary
total_count comment_count comments_count media image caption username hidden parent_id user reviews reviewId name
starRating comment createTime updateTime reviewer displayName isAnonymous reviewReply reviewReplyState policyViolation
reviewMediaItems nextPageToken error code error_subcode status
"""
json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=8)
    | st.sampled_from(["2026-11-01T10:00:00+0000", "2026-11-01T10:00:00.123456789Z", "12_34", "ONE", "\ud800", "\x00"]),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(WIRE_WORDS.split()),
            inner,
            max_size=8,
        )
    ),
    max_leaves=40,
)


@settings(max_examples=150, deadline=None)
@given(value=json_values, platform=st.sampled_from(list(ADAPTERS)), status=st.sampled_from([200, 400, 500]))
def test_no_json_breaks_the_reading(value: Any, platform: str, status: int) -> None:
    world = World(platform)
    answer = json_answer(value, status)
    request, *_ = world.adapter.plan_poll(world.account, None, now=START)
    try:
        page = world.adapter.read_poll(world.account, None, [Exchange(request, answer)], now=START)
    except ChannelError:
        return
    for item in page.items:
        item.text.encode()
        assert "\x00" not in item.text
        assert item.created_at.tzinfo is not None
    for follow_up in page.more:
        world.adapter.read_poll(world.account, page.next_cursor, [Exchange(follow_up, answer)], now=START)
    world.adapter.plan_poll(world.account, page.next_cursor, now=START)
    with suppress(ChannelError):
        world.adapter.read_publish(world.account, world.target, answer)


@settings(max_examples=100, deadline=None)
@given(bad=json_values, platform=st.sampled_from(list(ADAPTERS)))
def test_one_bad_item_never_loses_its_neighbours(bad: Any, platform: str) -> None:
    world = World(platform)
    request, *_ = world.adapter.plan_poll(world.account, None, now=START)
    if platform == "google_business":
        good = [
            {"reviewId": name, "createTime": "2026-11-01T10:00:00Z", "updateTime": "2026-11-01T10:00:00Z"}
            for name in "ab"
        ]
        body: Any = {"reviews": [good[0], bad, good[1]]}
    else:
        field = "timestamp" if platform == "instagram" else "created_time"
        good = [{"id": name, field: "2026-11-01T10:00:00+0000"} for name in ("p_a", "p_b")]
        body = {"data": [{"id": "p", "comments": {"data": [good[0], bad, good[1]]}}]}
    page = world.adapter.read_poll(world.account, None, [Exchange(request, json_answer(body))], now=START)
    ids = {item.external_id.split("_")[-1] for item in page.items}
    assert ids >= {"a", "b"}
    assert len(page.items) + len(page.set_aside) >= 3 or isinstance(bad, dict)


@pytest.mark.parametrize(
    "raw",
    [
        {"message": 5},
        {"message": ["x"]},
        {"created_time": None},
        {"created_time": "yesterday"},
        {"created_time": "9999-99-99"},
        {"id": None},
        {"id": "a/b"},
        {"id": ".."},
        {"id": "x" * 300},
        {"id": True},
    ],
)
def test_an_unreadable_comment_is_set_aside_with_its_reason(raw: dict[str, Any]) -> None:
    world = World("facebook")
    request, *_ = world.adapter.plan_poll(world.account, None, now=START)
    comment = {"id": "1_2", "message": "x", "created_time": "2026-11-01T10:00:00+0000", **raw}
    answer = json_answer({"data": [{"id": "100_1", "comments": {"data": [comment]}}]})
    page = world.adapter.read_poll(world.account, None, [Exchange(request, answer)], now=START)
    assert page.items == ()
    (aside,) = page.set_aside
    assert aside.reason
    assert aside.raw
    assert page.complete


def test_hostile_text_is_kept_whole_but_for_what_cannot_be_stored() -> None:
    world = World("facebook")
    request, *_ = world.adapter.plan_poll(world.account, None, now=START)
    text = "<script>alert(1)</script>\u202e\x00\ud83d\ud83d\ude00 'x'; --"
    huge = {"id": "1_3", "message": "x" * 200_000, "created_time": "2026-11-01T10:00:00+0000"}
    comment = {
        "id": "1_2",
        "message": text,
        "created_time": "2026-11-01T10:00:00+0000",
        "permalink_url": "javascript:x()",
    }
    answer = json_answer({"data": [{"id": "100_1", "comments": {"data": [comment, huge]}}]})
    page = world.adapter.read_poll(world.account, None, [Exchange(request, answer)], now=START)
    first, second = page.items
    assert first.text == "<script>alert(1)</script>\u202e😀 'x'; --"
    assert first.permalink is None
    assert (len(second.text), second.truncated) == (100_000, True)


@pytest.mark.parametrize(
    ("code", "subcode", "error"),
    [
        (4, None, RateLimited),
        (32, None, RateLimited),
        (613, 1996, RateLimited),
        (80002, None, RateLimited),
        (190, 492, TokenRevoked),
        (102, None, TokenRevoked),
        (10, None, TokenRevoked),
        (200, None, TokenRevoked),
        (283, None, TokenRevoked),
        (200, 1545041, Refused),
        (10, 2018278, Refused),
        (100, None, Refused),
        (100, 33, ItemGone),
        (368, None, Refused),
        (1705, None, Refused),
        (12, None, Refused),
        (506, None, OutcomeUnknown),
        (1, None, OutcomeUnknown),
        (2, None, OutcomeUnknown),
        (None, None, OutcomeUnknown),
    ],
)
@pytest.mark.parametrize("status", [200, 400])
def test_metas_codes_after_a_write(
    code: int | None, subcode: int | None, error: type[ChannelError], status: int
) -> None:
    world = World("facebook")
    body: dict[str, Any] = {"message": "(#x) no", "type": "OAuthException", "fbtrace_id": "T1"}
    body |= {} if code is None else {"code": code}
    body |= {} if subcode is None else {"error_subcode": subcode}
    with pytest.raises(error) as caught:
        world.adapter.read_publish(world.account, world.target, json_answer({"error": body}, status))
    assert type(caught.value) is error
    assert caught.value.request_id == "T1"
    assert (caught.value.what, caught.value.safe, caught.value.do) != ("", "", "")


def test_the_pause_of_a_throttled_page_is_the_headers() -> None:
    world = World("facebook")
    usage = '{"100":[{"type":"pages","call_count":100,"estimated_time_to_regain_access":19}]}'
    answer = json_answer({"error": {"code": 80001, "message": "x"}}, 400, x_business_use_case_usage=usage)
    with pytest.raises(RateLimited) as caught:
        world.adapter.read_publish(world.account, world.target, answer)
    assert (caught.value.retry_after_seconds, caught.value.scope) == (19 * 60, "account")


def test_facebook_naming_the_target_itself_is_no_success() -> None:
    world = World("facebook")
    with pytest.raises(OutcomeUnknown):
        world.adapter.read_publish(
            world.account, world.target, json_answer({"id": world.target.external_id.split("_")[-1]})
        )


def test_an_answer_to_an_instagram_reply_goes_to_its_thread() -> None:
    world = World("instagram")
    target = ReplyTarget("222", "111", "comment")
    assert world.adapter.publish_reply(world.account, target, TEXT).path == "/v26.0/111/replies"


def test_instagram_login_speaks_to_its_own_host() -> None:
    account = account_of("instagram", login="instagram")
    request, *_ = adapter_for("instagram").plan_poll(account, None, now=START)
    assert request.service == "instagram_graph"


def test_instagram_login_is_renewed_and_nothing_else_of_meta() -> None:
    adapter = able("instagram", RenewsCredential)
    assert adapter is not None
    account = account_of("instagram", login="instagram")
    renewal = adapter.plan_renewal(account)
    assert renewal.service == "instagram_graph"
    assert renewal.token is not None
    assert renewal.token.in_query
    answer = json_answer({"access_token": "newer", "token_type": "bearer", "expires_in": 5183944})
    token, life = adapter.read_renewal(account, answer)
    assert (token.reveal(), life) == ("newer", 5183944)
    with pytest.raises(ChannelError):
        adapter.read_renewal(account, json_answer({}))
    with pytest.raises(Refused):
        adapter.plan_renewal(account_of("instagram"))
    assert able("facebook", RenewsCredential) is None


def test_a_hidden_reply_of_ours_makes_absence_doubtful() -> None:
    """The platform counts one reply more than it lists: it may be ours, so nothing is sent again."""
    world = World("facebook")
    world.our_reply_by_hand(TEXT, datetime.now(UTC))
    (reply,) = [c for c in world.meta.comments.values() if c.parent]
    world.meta.hidden.add(reply.id)
    found = world.find(TEXT, datetime.now(UTC))
    assert (found.state, found.reason) == ("cannot_tell", "more_counted_than_listed")


def test_our_text_without_a_name_under_it_is_doubtful() -> None:
    world = World("facebook")
    assert world.target.post_external_id
    world.meta.write(
        world.target.post_external_id, TEXT, datetime.now(UTC), parent=world.target.external_id, author=None
    )
    assert world.find(TEXT, datetime.now(UTC)).reason == "unsigned_reply"


def test_our_reply_is_found_on_a_later_page_and_twice() -> None:
    world = World("facebook")
    assert world.target.post_external_id
    at = datetime.now(UTC)
    for _ in range(2):
        world.our_reply_by_hand(TEXT, at)
    for number in range(130):
        world.meta.write(
            world.target.post_external_id, "me too", at + timedelta(seconds=number), parent=world.target.external_id
        )
    assert len(world.find(TEXT, at).platform_ids) == 2
