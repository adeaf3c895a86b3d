"""A location's past: down to the horizon, in slices, resumed where it stopped."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from channels.capabilities import ReadsHistory
from channels.errors import ChannelError, PlatformDown, Refused
from channels.protocol import Answer, Exchange
from channels.registry import able
from channels.scripted_transport import ScriptedTransport, json_answer
from tests.channels.google_stand_ins import refusal
from tests.channels.stand_ins import START, GoogleStandIn, account_of

ACCOUNT = account_of("google_business")
NOW = START + timedelta(days=400)


def adapter() -> ReadsHistory:
    found = able("google_business", ReadsHistory)  # type: ignore[type-abstract]
    assert found is not None
    return found


@pytest.fixture
def google() -> GoogleStandIn:
    google = GoogleStandIn()
    for number in range(230):
        google.write(f"r{number}", "x", START + timedelta(days=number))
    return google


def read_whole(google: Any, horizon: datetime, *, slice_rounds: int = 1) -> tuple[set[str], int]:
    """What was read in slices of some rounds, each planned anew from the cursor of the last; and the calls it took."""
    transport = ScriptedTransport(google)
    found: set[str] = set()
    cursor: str | None = None
    for _ in range(50):
        requests = adapter().plan_history(ACCOUNT, cursor, horizon, now=NOW)
        for _ in range(slice_rounds):
            page = adapter().read_history(ACCOUNT, cursor, horizon, transport.fetch(requests), now=NOW)
            found |= {item.external_id for item in page.items}
            cursor, requests = page.next_cursor, list(page.more)
            if page.complete:
                assert page.more == ()
                return found, len(transport.requests)
    raise AssertionError("it does not end")


@pytest.mark.parametrize("slice_rounds", [1, 2, 10])
def test_the_past_is_read_down_to_its_horizon(google: GoogleStandIn, slice_rounds: int) -> None:
    horizon = START + timedelta(days=129, hours=12)
    found, calls = read_whole(google, horizon, slice_rounds=slice_rounds)
    assert found == {f"r{number}" for number in range(130, 230)}
    assert calls == 3


def test_a_horizon_before_everything_reads_everything(google: GoogleStandIn) -> None:
    found, calls = read_whole(google, START - timedelta(days=1))
    assert (len(found), calls) == (230, 5)


def test_a_page_token_that_died_between_two_slices_starts_over(google: GoogleStandIn) -> None:
    refusals = [refusal(400, "INVALID_ARGUMENT")]

    def forgetful(request: Any) -> Any:
        return refusals.pop() if refusals and request.params.get("pageToken") == "100" else google(request)

    assert len(read_whole(forgetful, START - timedelta(days=1))[0]) == 230


def test_a_page_token_that_always_dies_ends_in_its_error(google: GoogleStandIn) -> None:
    with pytest.raises(Refused):
        read_whole(
            lambda request: refusal(400, "INVALID_ARGUMENT") if "pageToken" in request.params else google(request),
            START - timedelta(days=1),
        )


@pytest.mark.parametrize("answer", [refusal(404, "NOT_FOUND"), Answer(503, {}, b"")])
def test_what_passes_is_raised_and_leaves_the_place(google: GoogleStandIn, answer: Answer) -> None:
    with pytest.raises(PlatformDown):
        read_whole(lambda request: answer, START)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=6),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.sampled_from(["reviews", "reviewId", "updateTime", "nextPageToken"]), inner, max_size=6)
    ),
    max_leaves=30,
)


@settings(deadline=None)
@given(value=json_values, cursor=st.none() | st.text(max_size=20) | st.from_regex(r'\{"v":1,"token":.{0,9}\}'))
def test_any_answer_and_any_cursor_are_survived(value: Any, cursor: str | None) -> None:
    (request,) = adapter().plan_history(ACCOUNT, cursor, START, now=NOW)
    try:
        adapter().read_history(ACCOUNT, cursor, START, [Exchange(request, json_answer(value))], now=NOW)
    except ChannelError:
        return
