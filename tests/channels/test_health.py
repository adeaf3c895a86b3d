"""How an account is: every state from its facts, trouble first, and what counts as missed."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from channels import health
from channels.health import KINDS, Facts, State, action_of, is_missed, state_of, stored_for

NOW = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)

CASES: list[tuple[State, dict[str, Any]]] = [
    ("healthy", {}),
    ("disconnected", {"stored": "disconnected"}),
    ("needs_reconnect", {"stored": "needs_reconnect", "reason": "password_changed"}),
    ("access_lost", {"stored": "access_lost", "reason": "page_role_lost"}),
    ("no_allowance", {"stored": "failing", "reason": "quota_zero"}),
    ("no_allowance", {"stored": "failing", "reason": "service_disabled"}),
    ("key_missing", {"stored": "failing", "reason": "key_missing"}),
    ("failing", {"stored": "failing", "reason": "platform_down HTTP 503"}),
    ("limited", {"stored": "failing", "reason": "not_verified"}),
    ("writes_paused", {"writes_paused_until": NOW + HOUR}),
    ("writes_paused", {"messages_paused_until": NOW + HOUR}),
    ("healthy", {"writes_paused_until": NOW, "messages_paused_until": NOW - HOUR}),
    ("throttled", {"stored": "throttled"}),
    ("throttled", {"throttled_until": NOW + HOUR}),
    ("healthy", {"throttled_until": NOW - HOUR}),
    ("expiring", {"token_expires_at": NOW + 13 * DAY}),
    ("expiring", {"token_expires_at": NOW + 50 * DAY, "data_access_expires_at": NOW + DAY}),
    ("healthy", {"token_expires_at": NOW + 15 * DAY}),
    ("limited", {"access_problem": "not_verified"}),
    ("unsubscribed", {"subscription_problem": "other_topic"}),
    ("healthy", {"subscription_problem": "no_topic"}),
    ("webhook_deaf", {"last_missed_at": NOW - HOUR}),
    ("webhook_deaf", {"last_missed_at": NOW - HOUR, "last_event_at": NOW - 2 * HOUR}),
    ("healthy", {"last_missed_at": NOW - 2 * HOUR, "last_event_at": NOW - HOUR}),
    ("silent", {"last_item_at": NOW - 4 * DAY, "usual_gap": HOUR}),
    ("healthy", {"last_item_at": NOW - 2 * DAY, "usual_gap": HOUR}),
    ("healthy", {"last_item_at": NOW - 19 * DAY, "usual_gap": 5 * DAY}),
    ("silent", {"last_item_at": NOW - 21 * DAY, "usual_gap": 5 * DAY}),
    ("healthy", {"last_item_at": NOW - 300 * DAY}),
]


@pytest.mark.parametrize(("state", "facts"), CASES)
def test_each_state_from_its_facts(state: State, facts: dict[str, Any]) -> None:
    assert state_of(Facts(**{"stored": "ok", **facts}), NOW) == state


def test_every_state_has_an_action_and_every_one_is_reached() -> None:
    assert set(KINDS) == set(get_args(State)) == {state for state, _ in CASES}
    assert sorted(kind.rank for kind in KINDS.values()) == list(range(len(KINDS)))


@given(st.lists(st.sampled_from([facts for state, facts in CASES if state != "healthy"]), min_size=2, max_size=4))
def test_of_several_troubles_the_worst_shows(troubles: list[dict[str, Any]]) -> None:
    alone = [state_of(Facts(**{"stored": "ok", **facts}), NOW) for facts in troubles]
    merged: dict[str, Any] = {"stored": "ok"}
    for facts in troubles:
        merged |= facts
    shown = state_of(Facts(**merged), NOW)
    names = [{"stored", "reason", *facts} & {*merged} for facts in troubles]
    still = [state_of(Facts(**{name: merged[name] for name in own}), NOW) for own in names]
    assert shown in {*alone, *still}
    if shown != "disconnected":
        assert KINDS[shown].rank <= min(KINDS[one].rank for one in still)


@pytest.mark.parametrize(
    ("reason", "stored"),
    [
        ("permission_missing", "access_lost"),
        ("page_role_lost", "access_lost"),
        ("access_lost", "access_lost"),
        ("quota_zero", "failing"),
        ("location_suspended", "failing"),
        ("service_disabled", "failing"),
        ("password_changed", "needs_reconnect"),
        ("access_withdrawn", "needs_reconnect"),
        ("a word nobody knows", "needs_reconnect"),
    ],
)
def test_a_refused_credential_is_stored_by_its_reason(reason: str, stored: str) -> None:
    assert stored_for(reason) == stored


@pytest.mark.parametrize(
    ("problem", "action"),
    [("not_subscribed", "subscribe"), ("not_set", "subscribe"), ("other_topic", "ask_platform")],
)
def test_asking_for_events_is_offered_where_it_may_help(problem: str, action: str) -> None:
    facts = Facts(stored="ok", subscription_problem=problem)
    assert action_of(facts, state_of(facts, NOW)) == action


@pytest.mark.parametrize(
    ("changes", "missed"),
    [
        ({}, True),
        ({"subscribed_at": None}, False),
        ({"written_at": NOW + health.DEAF_GRACE - timedelta(seconds=1)}, False),
        ({"found_at": NOW + timedelta(minutes=10, seconds=50)}, False),
        ({"platform": "instagram", "kind": "mention"}, False),
        ({"platform": "facebook", "kind": "mention"}, True),
    ],
)
def test_what_an_event_should_have_brought(changes: dict[str, Any], missed: bool) -> None:
    given_facts: dict[str, Any] = {
        "platform": "facebook",
        "kind": "comment",
        "written_at": NOW + timedelta(minutes=10),
        "subscribed_at": NOW,
        "found_at": NOW + timedelta(minutes=12),
    } | changes
    platform, kind, written_at = (given_facts.pop(name) for name in ("platform", "kind", "written_at"))
    assert is_missed(platform, kind, written_at, **given_facts) is missed
