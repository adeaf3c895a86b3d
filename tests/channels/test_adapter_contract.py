"""Every adapter of the registry keeps the contract; and what Meta's own words mean after it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import pytest

from channels.capabilities import RenewsCredential
from channels.errors import (
    ChannelError,
    ItemGone,
    OutcomeUnknown,
    RateLimited,
    Refused,
    TokenRevoked,
    WritesPaused,
)
from channels.protocol import Exchange, Platform, ReplyTarget
from channels.registry import ADAPTERS, UnknownPlatform, able, adapter_for
from channels.scripted_transport import json_answer
from tests.channels.contract import TEXT, AdapterContract, World
from tests.channels.stand_ins import START, GoogleStandIn, MetaStandIn, account_of


class MetaWorld(World):
    """A page or a profile with a comment under a post."""

    def __init__(self, platform: Platform = "facebook") -> None:
        self.adapter, self.account = adapter_for(platform), account_of(platform)
        self.meta = MetaStandIn(instagram=platform == "instagram")
        self.post = self.meta.post()
        item = self.meta.write(self.post, "Cold soup", START)
        self.wire = self.meta
        self.target = ReplyTarget(item, item, "comment", self.post)

    def our_reply_by_hand(self, text: str, at: datetime) -> None:
        self.meta.write(self.post, text, at, parent=self.target.external_id, author="100")

    def forget_everything(self) -> None:
        self.meta.comments.clear()

    def page_around(self, bad: Any) -> Any:
        field = "timestamp" if self.meta.instagram else "created_time"
        good = [{"id": name, field: "2026-11-01T10:00:00+0000"} for name in ("p_a", "p_b")]
        return {"data": [{"id": "p", "comments": {"data": [good[0], bad, good[1]]}}]}


class GoogleWorld(World):
    """A location with a review."""

    def __init__(self) -> None:
        self.adapter, self.account = adapter_for("google_business"), account_of("google_business")
        self.google = GoogleStandIn()
        item = self.google.write("AbFvOq-1", "Cold soup", START, "TWO")
        self.wire = self.google
        self.target = ReplyTarget(item, item, "review")

    def our_reply_by_hand(self, text: str, at: datetime) -> None:
        self.google.reply(self.target.external_id, text, at)

    def forget_everything(self) -> None:
        self.google.reviews.clear()

    def page_around(self, bad: Any) -> Any:
        times = {"createTime": "2026-11-01T10:00:00Z", "updateTime": "2026-11-01T10:00:00Z"}
        good = [{"reviewId": name, **times} for name in "ab"]
        return {"reviews": [good[0], bad, good[1]]}


class TestFacebook(AdapterContract):
    make_world = MetaWorld


class TestInstagram(AdapterContract):
    make_world = partial(MetaWorld, "instagram")


class TestGoogleBusiness(AdapterContract):
    make_world = GoogleWorld


def test_every_line_of_the_registry_is_held_to_the_contract() -> None:
    held = {one().make_world().account.platform for one in (TestFacebook, TestInstagram, TestGoogleBusiness)}
    assert held == set(ADAPTERS)


def test_a_platform_that_gives_no_world_is_refused_where_it_is_written() -> None:
    with pytest.raises(TypeError, match="TestNothing keeps no contract: give it make_world"):

        class TestNothing(AdapterContract):
            pass


def test_a_world_without_its_methods_is_refused_with_their_names() -> None:
    class HalfAWorld(World):
        def forget_everything(self) -> None: ...

    with pytest.raises(TypeError, match=r"HalfAWorld.*our_reply_by_hand.*page_around"):

        class TestHalf(AdapterContract):
            make_world = HalfAWorld  # type: ignore[type-abstract]


def test_a_world_without_its_facts_is_refused_with_their_names() -> None:
    class EmptyWorld(GoogleWorld):
        def __init__(self) -> None:
            self.adapter = adapter_for("google_business")

    with pytest.raises(TypeError, match="TestEmpty keeps no contract: its EmptyWorld has no account, target, wire"):

        class TestEmpty(AdapterContract):
            make_world = EmptyWorld


def test_an_unknown_platform_is_named_as_such() -> None:
    with pytest.raises(UnknownPlatform):
        adapter_for("carrier_pigeon")


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
    world = MetaWorld("facebook")
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
    world = MetaWorld("facebook")
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
        (368, None, WritesPaused),
        (368, 3252001, WritesPaused),
        (10, 1893063, WritesPaused),
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
    world = MetaWorld("facebook")
    body: dict[str, Any] = {"message": "(#x) no", "type": "OAuthException", "fbtrace_id": "T1"}
    body |= {} if code is None else {"code": code}
    body |= {} if subcode is None else {"error_subcode": subcode}
    with pytest.raises(error) as caught:
        world.adapter.read_publish(world.account, world.target, json_answer({"error": body}, status))
    assert type(caught.value) is error
    assert caught.value.request_id == "T1"
    assert (caught.value.what, caught.value.safe, caught.value.do) != ("", "", "")


def test_the_pause_of_a_throttled_page_is_the_headers() -> None:
    world = MetaWorld("facebook")
    usage = '{"100":[{"type":"pages","call_count":100,"estimated_time_to_regain_access":19}]}'
    answer = json_answer({"error": {"code": 80001, "message": "x"}}, 400, x_business_use_case_usage=usage)
    with pytest.raises(RateLimited) as caught:
        world.adapter.read_publish(world.account, world.target, answer)
    assert (caught.value.retry_after_seconds, caught.value.scope) == (19 * 60, "account")


def test_facebook_naming_the_target_itself_is_no_success() -> None:
    world = MetaWorld("facebook")
    with pytest.raises(OutcomeUnknown):
        world.adapter.read_publish(
            world.account, world.target, json_answer({"id": world.target.external_id.split("_")[-1]})
        )


def test_an_answer_to_an_instagram_reply_goes_to_its_thread() -> None:
    world = MetaWorld("instagram")
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
    world = MetaWorld("facebook")
    world.our_reply_by_hand(TEXT, datetime.now(UTC))
    (reply,) = [c for c in world.meta.comments.values() if c.parent]
    world.meta.hidden.add(reply.id)
    found = world.find(TEXT, datetime.now(UTC))
    assert (found.state, found.reason) == ("cannot_tell", "more_counted_than_listed")


def test_our_text_without_a_name_under_it_is_doubtful() -> None:
    world = MetaWorld("facebook")
    assert world.target.post_external_id
    world.meta.write(
        world.target.post_external_id, TEXT, datetime.now(UTC), parent=world.target.external_id, author=None
    )
    assert world.find(TEXT, datetime.now(UTC)).reason == "unsigned_reply"


def test_our_reply_is_found_on_a_later_page_and_twice() -> None:
    world = MetaWorld("facebook")
    assert world.target.post_external_id
    at = datetime.now(UTC)
    for _ in range(2):
        world.our_reply_by_hand(TEXT, at)
    for number in range(130):
        world.meta.write(
            world.target.post_external_id, "me too", at + timedelta(seconds=number), parent=world.target.external_id
        )
    assert len(world.find(TEXT, at).platform_ids) == 2
