"""Many locations in one read: who shares, who is served, who must be read alone, and whose fault a refusal is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from channels.capabilities import PollsTogether, SharedReading
from channels.errors import ChannelError, NotSent, PlatformDown, RateLimited, Refused, TokenRevoked
from channels.google_business.cursor import ALONE_FOR, Memory
from channels.protocol import Answer, ConnectedAccount, Exchange
from channels.registry import able, adapter_for
from channels.scripted_transport import ScriptedTransport, json_answer
from tests.channels.google_stand_ins import ManyLocations, location_account, refusal
from tests.channels.polling import Poller
from tests.channels.stand_ins import START, minutes

#: Late enough after the first poll that nothing is read twice for the overlap's sake, early enough for no sweep.
LATER = START + timedelta(days=10)
DAY = timedelta(days=1)


def adapter() -> PollsTogether:
    found = able("google_business", PollsTogether)  # type: ignore[type-abstract]
    assert found is not None
    return found


@dataclass
class Crowd:
    """Accounts polled as `jobs.polling` does: together where they can be, alone where they must."""

    google: ManyLocations
    accounts: list[ConnectedAccount]
    readers: dict[str, Poller] = field(default_factory=dict)

    def __post_init__(self) -> None:
        adapter_alone = adapter_for("google_business")
        for account in self.accounts:
            self.google.location(account)
            self.readers[account.account_id] = Poller(adapter_alone, account, self.google)

    @property
    def cursors(self) -> Mapping[str, str | None]:
        return {one: reader.cursor for one, reader in self.readers.items()}

    def poll_alone(self, now: datetime) -> None:
        for reader in self.readers.values():
            reader.poll(now)
        self.google.calls.clear()

    def poll(self, now: datetime) -> tuple[set[str], dict[str, ChannelError]]:
        """One turn of all: the ids polled alone, and the errors."""
        alone = {account.account_id for account in self.accounts}
        errors: dict[str, ChannelError] = {}
        cursors = self.cursors
        shared = adapter().plan_together(self.accounts, cursors, now=now)
        transport = ScriptedTransport(self.google)
        while shared:
            exchanges = transport.fetch([one.request for one in shared])
            readings = [
                adapter().read_together(self.accounts, cursors, one, exchange, now=now)
                for one, exchange in zip(shared, exchanges, strict=True)
            ]
            for one, reading in zip(shared, readings, strict=True):
                self.check_each_is_answered_once(one.account_ids, reading)
                for account_id, page in reading.pages.items():
                    reader = self.readers[account_id]
                    reader.cursor = page.next_cursor
                    reader.stored |= {item.external_id: item for item in page.items}
                    alone.discard(account_id)
                for account_id, cursor in reading.alone.items():
                    self.readers[account_id].cursor = cursor
                errors |= reading.errors
                alone -= set(reading.errors)
            shared = [one for reading in readings for one in reading.more]
        for account_id in sorted(alone):
            self.readers[account_id].poll(now)
        return alone, errors

    @staticmethod
    def check_each_is_answered_once(asked: tuple[str, ...], reading: SharedReading) -> None:
        answered = [*reading.pages, *reading.alone, *reading.errors]
        answered += [one for shared in reading.more for one in shared.account_ids]
        assert sorted(answered) == sorted(asked)

    def stored(self, number: int) -> dict[str, Any]:
        return self.readers[f"account-{number}"].stored


def crowd_of(count: int, **facts: Any) -> Crowd:
    """Accounts that were read whole at `LATER`, each with one review of its own day."""
    crowd = Crowd(ManyLocations(), [location_account(number, **facts) for number in range(1, count + 1)])
    for number, location in enumerate(crowd.google.locations.values(), start=1):
        location.write(f"old-{number}", "before", LATER - DAY * 2 - minutes(number))
    crowd.poll_alone(LATER)
    return crowd


def test_fifty_idle_locations_cost_one_read() -> None:
    crowd = crowd_of(120)
    alone, errors = crowd.poll(LATER + minutes(10))
    assert (alone, errors) == (set(), {})
    assert [len(dict(call.json or {})["locationNames"]) for call in crowd.google.calls] == [50, 50, 20]
    assert not any(call.is_write for call in crowd.google.calls)


def test_an_idle_location_keeps_its_cursor_so_that_nothing_is_written() -> None:
    crowd = crowd_of(3)
    before = dict(crowd.cursors)
    crowd.poll(LATER + minutes(5))
    assert dict(crowd.cursors) == before


def test_what_is_new_reaches_its_own_location_and_no_other() -> None:
    crowd = crowd_of(5)
    now = LATER + minutes(10)
    second = crowd.google.locations["accounts/1/locations/2"]
    second.write("new", "Cold soup", now - minutes(1))
    second.edit("old-2", "on reflection", now - minutes(2))
    assert crowd.poll(now)[0] == set()
    assert crowd.stored(2)["new"].text == "Cold soup"
    assert crowd.stored(2)["old-2"].text == "on reflection"
    assert "new" not in crowd.stored(1)


def test_nobody_shares_before_being_read_whole_or_when_a_sweep_is_due() -> None:
    crowd = Crowd(ManyLocations(), [location_account(number) for number in (1, 2, 3)])
    assert adapter().plan_together(crowd.accounts, crowd.cursors, now=LATER) == []
    crowd.poll_alone(LATER)
    assert len(adapter().plan_together(crowd.accounts, crowd.cursors, now=LATER + minutes(10))) == 1
    assert adapter().plan_together(crowd.accounts, crowd.cursors, now=LATER + DAY) == []


def test_only_the_same_token_and_the_same_account_share() -> None:
    accounts = [
        location_account(1),
        location_account(2),
        location_account(3, token="another"),
        location_account(4, holder=9),
    ]
    crowd = Crowd(ManyLocations(), accounts)
    crowd.poll_alone(LATER)
    (shared,) = adapter().plan_together(accounts, crowd.cursors, now=LATER + minutes(10))
    assert shared.account_ids == ("account-1", "account-2")
    assert shared.request.token is not None
    assert shared.request.path == "/v4/accounts/1/locations:batchGetReviews"


def test_one_location_of_two_agencies_is_asked_for_once_and_told_to_both() -> None:
    crowd = crowd_of(2)
    twin = ConnectedAccount("twin", "google_business", "accounts/1/locations/1", crowd.accounts[0].credential)
    crowd = Crowd(crowd.google, [*crowd.accounts, twin])
    crowd.poll_alone(LATER)
    crowd.google.locations["accounts/1/locations/1"].write("new", "x", LATER + minutes(9))
    crowd.poll(LATER + minutes(10))
    (call,) = crowd.google.calls
    assert dict(call.json or {})["locationNames"] == ["accounts/1/locations/1", "accounts/1/locations/2"]
    assert "new" in crowd.stored(1)
    assert "new" in crowd.readers["twin"].stored


def test_a_busy_neighbour_sends_the_others_to_read_alone_and_nothing_is_lost() -> None:
    crowd = crowd_of(4)
    now = LATER + minutes(10)
    for number in range(60):
        crowd.google.locations["accounts/1/locations/1"].write(f"n{number}", "x", now - timedelta(seconds=number + 1))
    crowd.google.locations["accounts/1/locations/2"].write("quiet", "x", now - minutes(5))
    alone, _ = crowd.poll(now)
    assert alone == {"account-1", "account-2", "account-3", "account-4"}
    assert len(crowd.stored(1)) == 61
    assert "quiet" in crowd.stored(2)


def test_a_full_page_that_reaches_back_far_enough_serves_everybody() -> None:
    """A quiet location's newest review may be years old: what counts is when it was last read whole."""
    crowd = crowd_of(4)
    first = crowd.google.locations["accounts/1/locations/1"]
    for number in range(60):
        first.write(f"n{number}", "x", LATER - timedelta(hours=2, minutes=number))
    crowd.poll_alone(LATER + minutes(1))
    crowd.google.locations["accounts/1/locations/2"].write("new", "x", LATER + minutes(9))
    alone, _ = crowd.poll(LATER + minutes(10))
    assert alone == set()
    assert "new" in crowd.stored(2)


def test_a_location_that_spoils_the_read_is_found_and_its_neighbours_are_served() -> None:
    crowd = crowd_of(50)
    crowd.google.spoilers = {"accounts/1/locations/17"}
    crowd.google.locations["accounts/1/locations/18"].write("new", "x", LATER + minutes(4))
    alone, errors = crowd.poll(LATER + minutes(5))
    assert (alone, errors) == ({"account-17"}, {})
    assert "new" in crowd.stored(18)
    assert len(crowd.google.calls) <= 1 + 2 * 6 + 1
    crowd.google.calls.clear()
    assert crowd.poll(LATER + minutes(10))[0] == {"account-17"}
    assert len(crowd.google.calls) == 2
    memory = Memory.load(crowd.cursors["account-17"])
    assert memory.alone_until == LATER + minutes(5) + ALONE_FOR


@pytest.mark.parametrize("answer", [refusal(404, "NOT_FOUND"), refusal(400, "FAILED_PRECONDITION")])
def test_whatever_may_be_one_locations_fault_is_narrowed_down(answer: Answer) -> None:
    crowd = crowd_of(4)
    crowd.google.spoilers, crowd.google.spoiling = {"accounts/1/locations/3"}, answer
    assert crowd.poll(LATER + minutes(5)) == ({"account-3"}, {})


QUOTA_ZERO = {"reason": "RATE_LIMIT_EXCEEDED", "metadata": {"quota_limit_value": "0"}}


@pytest.mark.parametrize(
    ("failure", "error"),
    [
        (refusal(429, "RESOURCE_EXHAUSTED"), RateLimited),
        (refusal(429, "RESOURCE_EXHAUSTED", QUOTA_ZERO), Refused),
        (refusal(403, "PERMISSION_DENIED", {"reason": "SERVICE_DISABLED"}), Refused),
        (refusal(403, "PERMISSION_DENIED", {"reason": "ACCESS_TOKEN_SCOPE_INSUFFICIENT"}), TokenRevoked),
        (refusal(401, "UNAUTHENTICATED"), TokenRevoked),
        (TokenRevoked("access_withdrawn"), TokenRevoked),
        (NotSent("no connection"), NotSent),
        (PlatformDown("no answer in time"), PlatformDown),
    ],
)
def test_what_is_everybodys_is_not_asked_fifty_times_more(
    failure: Answer | ChannelError, error: type[ChannelError]
) -> None:
    crowd = crowd_of(3)
    crowd.google.whole_failure = failure
    alone, errors = crowd.poll(LATER + minutes(5))
    assert alone == set()
    assert {name: type(one) for name, one in errors.items()} == dict.fromkeys(crowd.readers, error)
    assert len(crowd.google.calls) == 1


@pytest.mark.parametrize(
    "answer",
    [
        Answer(503, {}, b"<html>"),
        Answer(200, {}, b"<html>"),
        json_answer({"locationReviews": [{"name": "accounts/1/locations/99", "review": {}}]}),
        json_answer({"locationReviews": [None]}),
        json_answer({"locationReviews": [], "nextPageToken": "more"}),
    ],
)
def test_an_answer_of_no_use_is_made_good_by_reading_alone(answer: Answer) -> None:
    crowd = crowd_of(3)
    crowd.google.whole_failure = answer
    assert crowd.poll(LATER + minutes(5)) == (set(crowd.readers), {})


def test_an_unordered_page_is_not_trusted_to_reach_back() -> None:
    crowd = crowd_of(2)
    reviews = [
        {"reviewId": name, "createTime": at.isoformat(), "updateTime": at.isoformat()}
        for name, at in (("a", START), ("b", LATER))
    ]
    rows = [{"name": "accounts/1/locations/1", "review": review} for review in reviews]
    crowd.google.whole_failure = json_answer({"locationReviews": rows, "nextPageToken": "more"})
    assert crowd.poll(LATER + minutes(5))[0] == set(crowd.readers)


def test_a_quiet_location_is_swept_less_often_than_a_busy_one() -> None:
    for age_days, due_after in ((0.1, minutes(15)), (2, timedelta(hours=1)), (60, timedelta(hours=6))):
        memory = Memory(seen=LATER - timedelta(days=age_days), swept_at=LATER, checked=LATER)
        assert not memory.sweep_is_due(LATER + due_after - minutes(1))
        assert memory.sweep_is_due(LATER + due_after + minutes(10))


@settings(max_examples=60, deadline=None)
@given(
    rounds=st.lists(
        st.lists(st.tuples(st.integers(1, 4), st.integers(0, 20), st.integers(1, 55)), max_size=6),
        min_size=1,
        max_size=4,
    )
)
def test_whatever_happens_in_whatever_order_the_stored_words_are_googles(
    rounds: list[list[tuple[int, int, int]]],
) -> None:
    """New reviews and edits between the polls of four locations, many enough to fill pages now and then."""
    crowd = crowd_of(4)
    now = LATER
    for turn, happenings in enumerate(rounds):
        for order, (location, review, count) in enumerate(happenings):
            google = crowd.google.locations[f"accounts/1/locations/{location}"]
            for number in range(count):
                at = now + timedelta(minutes=1, seconds=order * 60 + number)
                google.write(f"r{location}-{review}-{number}", f"words {turn} {order}", at)
        now += minutes(12)
        crowd.poll(now)
    for number in range(1, 5):
        shown = crowd.google.locations[f"accounts/1/locations/{number}"].reviews
        assert {key: item.text for key, item in crowd.stored(number).items()} == {
            key: review["comment"] for key, review in shown.items()
        }


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=6) | st.sampled_from(["accounts/1/locations/1"]),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(["locationReviews", "name", "review", "reviewId", "updateTime", "nextPageToken", "error"]),
            inner,
            max_size=6,
        )
    ),
    max_leaves=30,
)
TOGETHER = crowd_of(3)


@settings(deadline=None)
@given(value=json_values, status=st.sampled_from([200, 400, 403, 404, 429, 500]))
def test_any_json_leaves_every_account_answered(value: Any, status: int) -> None:
    now = LATER + minutes(5)
    cursors = dict(TOGETHER.cursors)
    (shared,) = adapter().plan_together(TOGETHER.accounts, cursors, now=now)
    exchange = Exchange(shared.request, json_answer(value, status))
    reading = adapter().read_together(TOGETHER.accounts, cursors, shared, exchange, now=now)
    Crowd.check_each_is_answered_once(shared.account_ids, reading)
