"""Active accounts are looked at often, quiet ones seldom, and a quiet Page costs no more than its share a day."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from channels import rhythm
from channels.facebook.adapter import FacebookAdapter
from channels.protocol import Answer, ConnectedAccount, Exchange, Request, Secret

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
DEFAULT_SECONDS = 300


def rest(quiet: timedelta, *, live: bool, usage: int = 0, shortest: float = DEFAULT_SECONDS) -> float:
    return rhythm.rest_seconds(rhythm.Facts(NOW - quiet, live, usage), shortest, now=NOW)


@pytest.mark.parametrize(
    ("quiet", "live", "times"),
    [
        (timedelta(0), True, 1),
        (timedelta(minutes=59), True, 1),
        (timedelta(hours=1), True, 3),
        (timedelta(hours=6), True, 6),
        (timedelta(hours=24), True, 12),
        (timedelta(days=400), True, 12),
        (timedelta(hours=1), False, 1),
        (timedelta(hours=6), False, 2),
        (timedelta(hours=24), False, 4),
    ],
)
def test_the_table(quiet: timedelta, live: bool, times: int) -> None:
    assert rest(quiet, live=live) == times * DEFAULT_SECONDS


@pytest.mark.parametrize(("usage", "times"), [(69, 1), (70, 4), (89, 4), (90, 12), (100, 12)])
def test_a_used_up_allowance_slows_even_an_active_account(usage: int, times: int) -> None:
    assert rest(timedelta(0), live=True, usage=usage) == times * DEFAULT_SECONDS


@given(
    st.timedeltas(min_value=timedelta(days=-1), max_value=timedelta(days=5000)),
    st.timedeltas(min_value=timedelta(0), max_value=timedelta(days=5000)),
    st.booleans(),
    st.integers(0, 200),
    st.integers(1, 86_400),
)
def test_longer_quiet_never_means_more_often(
    quiet: timedelta, longer: timedelta, live: bool, usage: int, shortest: int
) -> None:
    sooner = rest(quiet, live=live, usage=usage, shortest=shortest)
    later = rest(quiet + longer, live=live, usage=usage, shortest=shortest)
    assert shortest <= sooner <= later <= max(shortest, rhythm.LONGEST_SECONDS)
    assert rest(quiet, live=False, usage=usage, shortest=shortest) <= sooner or not live


@pytest.mark.parametrize(
    ("subscribed", "event", "missed", "live"),
    [(None, 0, None, False), (0, None, None, False), (0, 5, None, True), (0, 5, 4, True), (0, 5, 6, False)],
)
def test_events_live_until_one_is_missed(
    subscribed: int | None, event: int | None, missed: int | None, live: bool
) -> None:
    moments = [None if at is None else NOW + timedelta(minutes=at) for at in (subscribed, event, missed)]
    assert rhythm.events_live(*moments) is live


def calls_a_day(post_pages: int, *, live: bool, days: int = 1, albums: str = "") -> float:
    """Logical calls a day of a Page on which nothing happens, from its second day on."""
    adapter = FacebookAdapter()
    account = ConnectedAccount("1", "facebook", "70", Secret("token"), events_live=live)
    at, cursor, calls = NOW, None, 0
    while at < NOW + timedelta(days=1 + days):
        requests = adapter.plan_poll(account, cursor, now=at)
        while requests:
            if at >= NOW + timedelta(days=1):
                calls += len(requests)
            page = adapter.read_poll(
                account, cursor, [Exchange(r, answer(r, post_pages, albums)) for r in requests], now=at
            )
            assert not page.trouble
            cursor, requests = page.next_cursor, list(page.more)
        pause = rhythm.rest_seconds(rhythm.Facts(NOW - timedelta(days=9), live), DEFAULT_SECONDS, now=at)
        at += timedelta(seconds=pause * 0.95)
    return calls / days


def answer(request: Request, post_pages: int, albums: str) -> Answer:
    """A Page of 25 posts a page without comments, and nothing else; each may be an album of ten, "listed" or not."""
    body: dict[str, object] = {"data": []}
    if re.search(r"/published_posts$", request.path):
        page = int(request.params.get("after", "1"))
        empty = {"data": [], "summary": {"total_count": 0}}
        body["data"] = [
            {"id": f"70_{page * 100 + n}", "created_time": "2026-01-01T00:00:00+0000", "comments": empty}
            | ({"attachments": {"data": [album(page * 100 + n)]}} if albums else {})
            for n in range(25)
        ]
        if page < post_pages:
            body["paging"] = {"next": "https://platform.example/next", "cursors": {"after": str(page + 1)}}
    if albums == "listed" and request.path.endswith("/photos"):
        page = int(request.params.get("after", "1"))
        body["data"] = [{"id": f"{page * 25 + n}"} for n in range(25)]
        body["paging"] = {"next": "https://platform.example/next", "cursors": {"after": str(page + 1)}}
    return Answer(200, {}, json.dumps(body).encode())


def album(number: int) -> dict[str, object]:
    pictures = [{"type": "photo", "target": {"id": f"{number}{n}"}} for n in range(10)]
    return {"type": "album", "subattachments": {"data": pictures}}


@pytest.mark.parametrize(("post_pages", "days"), [(1, 1), (8, 1), (20, 5)])
def test_a_quiet_page_with_healthy_webhooks_uses_at_most_48_calls_a_day(post_pages: int, days: int) -> None:
    assert 24 <= calls_a_day(post_pages, live=True, days=days) <= 48


@pytest.mark.parametrize("albums", ["listed", "not listed"])
@pytest.mark.parametrize(("post_pages", "days"), [(1, 1), (1, 5), (8, 5), (20, 5)])
def test_so_does_a_quiet_page_of_albums(post_pages: int, days: int, albums: str) -> None:
    assert 24 <= calls_a_day(post_pages, live=True, days=days, albums=albums) <= 48


def test_without_webhooks_a_quiet_page_is_asked_four_times_as_often() -> None:
    assert calls_a_day(1, live=False) > 4 * calls_a_day(1, live=True)
