"""Whatever Meta answers: every reading ends in a value or a `ChannelError`, and troubles stay where they are."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from channels.capabilities import NO_END, Access, DeedTarget, PublishesNotices
from channels.errors import ChannelError, OutcomeUnknown, PlatformDown, RateLimited, Refused, TokenRevoked
from channels.facebook.notices import LONGEST_NOTICE
from channels.message_window import Window, message_window, private_reply_window
from channels.meta_adapter import MetaAdapter
from channels.protocol import Answer, ConnectedAccount, Exchange, Platform, ReplyTarget, Request
from channels.registry import able, adapter_for
from channels.scripted_transport import json_answer
from tests.channels.stand_ins import START, account_of, not_there
from tests.channels.test_deliveries import values

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
META: tuple[Platform, ...] = ("facebook", "instagram")


def meta(platform: Platform) -> MetaAdapter:
    adapter = adapter_for(platform)
    assert isinstance(adapter, MetaAdapter)
    return adapter


def exchanged(requests: Sequence[Request], answer: Answer | ChannelError) -> list[Exchange]:
    return [Exchange(request, answer) for request in requests]


# --- message windows ---


@pytest.mark.parametrize(
    ("age", "person", "rule"),
    [
        (timedelta(hours=23, minutes=59), "open", "open"),
        (timedelta(hours=24), "human_agent", "closed"),
        (timedelta(hours=24, minutes=1), "human_agent", "closed"),
        (timedelta(days=6, hours=23), "human_agent", "closed"),
        (timedelta(days=7), "closed", "closed"),
        (timedelta(days=7, minutes=1), "closed", "closed"),
        (timedelta(seconds=-5), "open", "open"),
    ],
)
def test_message_windows(age: timedelta, person: str, rule: str) -> None:
    assert message_window(NOW - age, NOW, "person").state == person
    assert message_window(NOW - age, NOW, "rule").state == rule


def test_windows_say_when_they_close_and_why_they_are() -> None:
    assert message_window(NOW, NOW, "rule") == Window("open", NOW + timedelta(hours=24))
    day = timedelta(days=1)
    assert message_window(NOW - 2 * day, NOW, "person").closes_at == NOW + 5 * day
    assert message_window(NOW - 2 * day, NOW, "rule").reason == "people_only"
    assert message_window(NOW - 8 * day, NOW, "person").reason == "over"
    assert message_window(None, NOW, "person").reason == "never_wrote"
    assert private_reply_window(NOW - 6 * day, NOW).state == "open"
    assert private_reply_window(NOW - 7 * day, NOW).state == "closed"


def test_there_is_nobody_to_write_to_in_a_thread_of_comments() -> None:
    target = ReplyTarget("1_2", "1_2", "comment", deed="message", last_customer_at=NOW, sending_at=NOW)
    with pytest.raises(Refused):
        meta("facebook").publish_reply(account_of("facebook"), target, "Hi")


# --- hostile answers ---

TARGETS = [
    ReplyTarget("1_2", "1_2", "comment", "100_1"),
    ReplyTarget("1_2", "1_2", "comment", "100_1", deed="edit_reply", our_external_id="1_3", our_text="Old"),
    ReplyTarget("1_2", "1_2", "comment", "100_1", deed="withdraw_reply", our_external_id="1_3"),
    ReplyTarget("1_2", "1_2", "comment", "100_1", deed="private_reply", written_at=NOW),
    ReplyTarget("m_1", "dm:900", "message", None, deed="message", last_customer_at=NOW),
    ReplyTarget("100_9", "100_9", "post", None),
]


def readings(adapter: MetaAdapter, account: ConnectedAccount, answer: Answer) -> list[Callable[[], object]]:
    """Everything that reads an answer."""
    polls = adapter.plan_poll(account, None, now=NOW)
    past = adapter.plan_history(account, None, START, now=NOW)
    access, subscription = adapter.plan_access(account), adapter.plan_subscription(account)
    item = DeedTarget("1_2", "comment", "900")
    found: list[Callable[[], object]] = [
        lambda: adapter.read_poll(account, None, exchanged(polls, answer), now=NOW),
        lambda: adapter.read_history(account, None, START, exchanged(past, answer), now=NOW),
        lambda: adapter.read_access(account, exchanged(access, answer), now=NOW),
        lambda: adapter.read_subscription(account, exchanged(subscription, answer)),
        lambda: adapter.read_deed(account, "hide", item, answer),
    ]
    for target in TARGETS:
        found.append(lambda target=target: adapter.read_publish(account, target, answer))  # type: ignore[misc]
        looks = adapter.plan_find_our_reply(account, target, "Hi", sent_at=NOW)
        found.append(
            lambda target=target, looks=looks: adapter.read_find_our_reply(  # type: ignore[misc]
                account, target, "Hi", exchanged(looks, answer), sent_at=NOW
            )
        )
    return found


@settings(max_examples=120, deadline=None)
@given(value=values, platform=st.sampled_from(META), status=st.sampled_from([200, 400]), wrap=st.booleans())
def test_no_answer_breaks_a_reading(value: Any, platform: Platform, status: int, wrap: bool) -> None:
    answer = json_answer({"data": [value, {"id": "t_1", "participants": value}]} if wrap else value, status)
    for read in readings(meta(platform), account_of(platform), answer):
        try:
            read()
        except ChannelError:
            continue


@settings(max_examples=60, deadline=None)
@given(value=values, platform=st.sampled_from(META))
def test_no_message_breaks_a_conversation(value: Any, platform: Platform) -> None:
    """The second round, where the lists of conversations were whole and the messages are not."""
    adapter, account = meta(platform), account_of(platform)
    person = {"data": [{"id": "900"}, {"id": "100"}]}
    threads = json_answer({"data": [{"id": "t_1", "updated_time": "2026-11-22T11:00:00+0000", "participants": person}]})
    asked = [one for one in adapter.plan_poll(account, None, now=NOW) if one.purpose["stream"] in ("posts", "messages")]
    answers = {"posts": json_answer({"data": []}), "messages": threads}
    exchanges = [Exchange(request, answers[request.purpose["stream"]]) for request in asked]
    page = adapter.read_poll(account, None, exchanges, now=NOW)
    assert page.more
    good = {"id": "m_1", "message": "Hi", "created_time": "2026-11-22T11:00:00+0000", "from": {"id": "900"}}
    second = adapter.read_poll(
        account, page.next_cursor, exchanged(page.more, json_answer({"data": [value, good]})), now=NOW
    )
    assert "m_1" in {item.external_id for item in second.items}
    assert second.complete


@pytest.mark.parametrize(
    "cursor", ["", "{", "[]", "7", '{"v":2,"streams":[]}', '{"v":2,"streams":{"posts":7}}', '{"v":9}']
)
@pytest.mark.parametrize("platform", META)
def test_a_damaged_cursor_is_none(platform: Platform, cursor: str) -> None:
    adapter, account = meta(platform), account_of(platform)
    assert adapter.plan_poll(account, cursor, now=NOW) == adapter.plan_poll(account, None, now=NOW)
    assert adapter.plan_history(account, cursor, START, now=NOW) == adapter.plan_history(account, None, START, now=NOW)


# --- trouble of streams ---


def polled_with(answers: dict[str, Answer | ChannelError], cursor: str | None = None, now: datetime = NOW) -> Any:
    adapter, account = meta("facebook"), account_of("facebook")
    asked = adapter.plan_poll(account, cursor, now=now)
    empty = json_answer({"data": []})
    exchanges = [Exchange(request, answers.get(request.purpose["stream"], empty)) for request in asked]
    return adapter.read_poll(account, cursor, exchanges, now=now)


def streams_of(cursor: str | None, now: datetime = NOW) -> set[str]:
    return {one.purpose["stream"] for one in meta("facebook").plan_poll(account_of("facebook"), cursor, now=now)}


def denied() -> Answer:
    return json_answer({"error": {"code": 10, "message": "(#10) no"}}, 403)


def test_a_refused_side_stream_rests_for_a_day() -> None:
    page = polled_with({"messages": denied(), "ads": not_there()})
    assert (page.trouble, page.resting, page.complete) == ((), ("ads", "messages"), False)
    soon = NOW + timedelta(hours=2)
    assert streams_of(page.next_cursor, soon) == {"posts", "visitors", "reels", "tagged"}
    assert {"ads", "messages"} <= streams_of(page.next_cursor, NOW + timedelta(hours=25))


def test_a_side_stream_that_is_down_is_named_and_asked_again() -> None:
    page = polled_with({"messages": PlatformDown("busy")})
    assert [error.code for error in page.trouble] == ["platform_down"]
    assert not page.complete
    assert streams_of(page.next_cursor, NOW + timedelta(seconds=30)) == {"posts", "messages"}


def test_the_accounts_own_posts_decide_over_the_account() -> None:
    with pytest.raises(TokenRevoked):
        polled_with({"posts": json_answer({"error": {"code": 190, "error_subcode": 460}}, 401)})


def test_rhythms_without_events() -> None:
    cursor = polled_with({}).next_cursor
    assert streams_of(cursor, NOW + timedelta(minutes=2)) == {"posts"}
    assert streams_of(cursor, NOW + timedelta(minutes=6)) == {"posts", "messages"}
    assert streams_of(cursor, NOW + timedelta(minutes=70)) == {
        "posts",
        "messages",
        "visitors",
        "reels",
        "ads",
        "tagged",
    }


def test_a_cursor_of_before_there_were_streams_is_kept() -> None:
    old = json.dumps({"v": 1, "seen": NOW.isoformat(), "swept_at": NOW.isoformat(), "deep_at": NOW.isoformat()})
    account = account_of("facebook")
    posts = meta("facebook").plan_poll(account, old, now=NOW + timedelta(minutes=1))[0]
    assert (posts.purpose["stream"], posts.purpose["sweep"]) == ("posts", "")


@pytest.mark.parametrize("platform", META)
def test_nobody_asks_whether_a_message_is_gone(platform: Platform) -> None:
    """Instagram calls an older message deleted, though it is not."""
    asked = meta(platform).plan_presence(account_of(platform), ["m_1", "1_2", "aWdfAbc", "mid.1", "postback.9.1"])
    assert [request.purpose.get("item") for request in asked] == [None, "1_2"]


# --- access and subscription ---


def access_of(
    platform: Platform, token: Any, account: Answer | ChannelError | None = None, status: int = 200
) -> Access:
    adapter, own = meta(platform), account_of(platform)
    answers = {"token": json_answer(token, status), "account": account or json_answer({"id": own.external_id})}
    exchanges = [Exchange(one, answers[one.purpose["ask"]]) for one in adapter.plan_access(own)]
    return adapter.read_access(own, exchanges, now=NOW)


def test_what_a_token_may_do() -> None:
    data = {"is_valid": True, "scopes": ["pages_messaging", "pages_show_list"], "expires_at": 0}
    data["granular_scopes"] = [{"scope": "pages_messaging", "target_ids": [7]}, {"scope": "pages_show_list"}]
    data["data_access_expires_at"] = 1_800_000_000
    access = access_of("facebook", {"data": data})
    assert (access.works, access.scopes, access.expires_at) == (False, frozenset({"pages_show_list"}), NO_END)
    assert access.problem == "permission_missing"  # with these nothing at all can be read
    assert access.data_access_expires_at == datetime.fromtimestamp(1_800_000_000, tz=UTC)
    assert "pages_messaging" in access_of("instagram", {"data": data}).scopes  # names Pages, not profiles


@pytest.mark.parametrize(
    "told",
    [{"type": "USER"}, {"type": "SYSTEM_USER"}, {"type": "APP"}, {"type": "PAGE", "profile_id": "7"}, {"type": []}],
)
def test_a_token_of_somebody_else_is_no_pages(told: dict[str, Any]) -> None:
    data = {"is_valid": True, **told}
    access = access_of("facebook", {"data": data})
    assert (access.works, access.problem) == (False, "other_account")
    assert access_of("instagram", {"data": data}).works  # a profile may be read with the token of a person


def test_a_pages_own_token_is_its_own() -> None:
    assert access_of("facebook", {"data": {"is_valid": True, "type": "PAGE", "profile_id": 100}}).works
    assert access_of("facebook", {"data": {"is_valid": True}}).works


@pytest.mark.parametrize("name", ["subcode", "error_subcode"])
def test_a_dead_token_says_why(name: str) -> None:
    dead = access_of("facebook", {"data": {"is_valid": False, "error": {"code": 190, name: 492}}})
    assert (dead.works, dead.problem) == (False, "page_role_lost")


def test_an_account_that_is_not_shown_any_more_is_lost() -> None:
    lost = access_of("facebook", {"data": {"is_valid": True}}, not_there())
    assert (lost.works, lost.problem) == (False, "access_lost")
    role = json_answer({"error": {"code": 190, "error_subcode": 492}}, 401)
    assert access_of("facebook", {"data": {"is_valid": True}}, role).problem == "page_role_lost"


def test_an_inspection_that_fails_by_itself_says_nothing() -> None:
    assert access_of("facebook", {"error": {"code": 190}}, status=400) == Access(True)
    with pytest.raises(RateLimited):
        access_of("facebook", {"error": {"code": 4}}, status=400)
    with pytest.raises(PlatformDown):
        access_of("facebook", {"data": {"is_valid": True}}, PlatformDown("busy"))


def test_a_subscription_of_another_application_is_not_ours() -> None:
    adapter = meta("facebook")
    account = replace(account_of("facebook"), app_id="77", scopes=frozenset({"pages_read_engagement"}))
    (asked,) = adapter.plan_subscription(account)

    def stands(*apps: dict[str, Any]) -> Any:
        return adapter.read_subscription(account, [Exchange(asked, json_answer({"data": list(apps)}))])

    assert stands({"id": "78", "subscribed_fields": ["feed", "mention"]}).problem == "not_subscribed"
    assert stands({"id": 77, "subscribed_fields": ["feed"]}).problem == "fields_missing"
    assert stands({"id": "77", "subscribed_fields": ["feed", {"name": "mention"}]}).stands
    (made,) = adapter.plan_subscribe(account)
    assert (made.form or {})["subscribed_fields"] == "feed,mention"


# --- notices ---


def test_a_notice_is_published_found_and_taken_away() -> None:
    adapter = able("facebook", PublishesNotices)  # type: ignore[type-abstract]
    assert adapter is not None
    account = account_of("facebook")
    request = adapter.publish_notice(account, "We are closed", "https://example.com/")
    assert (request.path, dict(request.form or {})["message"]) == ("/v26.0/100/feed", "We are closed")
    assert adapter.read_notice(account, "We are closed", json_answer({"id": "100_5"})).platform_id == "100_5"
    with pytest.raises(OutcomeUnknown):
        adapter.read_notice(account, "We are closed", json_answer({"error": {"code": 506}}, 400))
    with pytest.raises(Refused):
        adapter.publish_notice(account, "x" * (LONGEST_NOTICE.limit + 1), None)
    with pytest.raises(Refused):
        adapter.publish_notice(account, "x", "javascript:alert(1)")
    looks = adapter.plan_find_notice(account, "We are closed", sent_at=NOW)

    def find(post: dict[str, Any]) -> str:
        answer = json_answer({"data": [post]})
        return adapter.read_find_notice(account, "We are closed", exchanged(looks, answer), sent_at=NOW).state

    assert find({"id": "100_5", "message": "We are closed", "created_time": "2026-11-22T12:00:01+0000"}) == "found"
    assert find({"id": "100_4", "message": "We are closed", "created_time": "2026-11-20T12:00:01+0000"}) == "absent"
    assert adapter.withdraw_notice(account, "100_5").method == "DELETE"
    assert able("instagram", PublishesNotices) is None  # type: ignore[type-abstract]
