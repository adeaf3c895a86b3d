"""Google's notifications: cut out of a push, read afresh, kept with a reason where they cannot be understood."""

from __future__ import annotations

import base64
import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from channels.capabilities import EventReading, ReadsEvents
from channels.deliveries import Change
from channels.errors import ChannelError, PlatformDown, RateLimited
from channels.google_business.deliveries import cut
from channels.items import SetAside
from channels.protocol import Answer, Exchange
from channels.raw_events import digest_of
from channels.registry import able
from channels.scripted_transport import ScriptedTransport
from tests.channels.google_stand_ins import refusal
from tests.channels.stand_ins import START, GoogleStandIn, account_of, minutes

ACCOUNT = account_of("google_business")
LOCATION = ACCOUNT.external_id
NEW = {"type": "NEW_REVIEW", "location": LOCATION, "review": f"{LOCATION}/reviews/AbFvOq-1"}


def adapter() -> ReadsEvents:
    found = able("google_business", ReadsEvents)  # type: ignore[type-abstract]
    assert found is not None
    return found


def push(data: Any, message_id: str = "136969346945", **envelope: Any) -> bytes:
    encoded = base64.b64encode(json.dumps(data).encode()).decode()
    message = {"data": encoded, "messageId": message_id, "publishTime": "2026-09-29T08:00:00.123Z", "attributes": {}}
    return json.dumps({"message": message | envelope, "subscription": "projects/p/subscriptions/s"}).encode()


def change_of(data: Any, **envelope: Any) -> Change:
    change = cut(push(data, **envelope))
    assert isinstance(change, Change)
    return change


@pytest.fixture
def google() -> GoogleStandIn:
    return GoogleStandIn()


def handled(google: Any, change: Change, *, rounds: int = 3) -> EventReading:
    """As the handling job does: ask until nothing is asked any more."""
    transport = ScriptedTransport(google)
    reading = adapter().read_event(ACCOUNT, change.body, now=START)
    for _ in range(rounds):
        if not reading.ask:
            break
        exchanges = transport.fetch(reading.ask)
        reading = adapter().read_event_answers(ACCOUNT, change.body, exchanges, now=START)
    return reading


def test_a_push_is_cut_into_the_change_it_tells_of() -> None:
    change = change_of(NEW)
    assert (change.platform, change.external_id, change.kind) == ("google_business", LOCATION, "NEW_REVIEW")
    assert change.happened_at == datetime(2026, 9, 29, 8, 0, 0, 123_000, UTC)


@pytest.mark.parametrize(
    "data",
    [
        {"notificationType": "NEW_REVIEW", "locationName": LOCATION, "reviewName": NEW["review"]},
        {"notification_type": "NEW_REVIEW", "location_name": LOCATION, "review_name": NEW["review"]},
        {"type": "NEW_REVIEW", "review": NEW["review"]},
    ],
)
def test_every_known_spelling_names_the_same_review(google: GoogleStandIn, data: dict[str, Any]) -> None:
    google.write("AbFvOq-1", "Cold soup", START)
    change = change_of(data)
    assert (change.external_id, change.kind) == (LOCATION, "NEW_REVIEW")
    assert [item.text for item in handled(google, change).items] == ["Cold soup"]


def test_a_repeated_delivery_is_one_change_and_a_second_edit_another() -> None:
    first = change_of(NEW)
    again = change_of(NEW, publishTime="2026-09-29T08:10:00Z", deliveryAttempt=2)
    assert digest_of(again) == digest_of(first)
    assert digest_of(change_of(NEW, messageId="136969346946")) != digest_of(first)


def test_a_subscription_without_wrapper_is_read_too(google: GoogleStandIn) -> None:
    google.write("AbFvOq-1", "Cold soup", START)
    change = cut(json.dumps(NEW).encode())
    assert isinstance(change, Change)
    assert [item.external_id for item in handled(google, change).items] == ["AbFvOq-1"]


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"", "not JSON"),
        (b"[]", "not an object"),
        (b'{"message": {}}', "the message has no data"),
        (b'{"message": {"data": "%%%"}}', "the message's data is not JSON in base64"),
        (push("a text"), "the message's data is not a JSON object"),
        (push({"type": "NEW_REVIEW"}), "the message names no location"),
        (push({"type": "GOOGLE_UPDATE", "location": "locations/2"}), "the location has an unknown shape"),
        (push({"type": "NEW_REVIEW", "location": "accounts/1/locations/../2"}), "the location has an unknown shape"),
    ],
)
def test_what_names_no_location_is_set_aside_with_its_reason(body: bytes, reason: str) -> None:
    aside = cut(body)
    assert isinstance(aside, SetAside)
    assert aside.reason == reason


def test_a_notification_asks_for_its_review_and_nothing_else(google: GoogleStandIn) -> None:
    google.write("AbFvOq-1", "Cold soup", START)
    google.write("AbFvOq-2", "Another", START)
    reading = adapter().read_event(ACCOUNT, change_of(NEW).body, now=START)
    assert (reading.outcome, reading.items) == ("asked", ())
    assert [request.path for request in reading.ask] == [f"/v4/{LOCATION}/reviews/AbFvOq-1"]
    done = handled(google, change_of(NEW))
    assert (done.outcome, [item.external_id for item in done.items], done.ask) == ("asked", ["AbFvOq-1"], ())


@pytest.mark.parametrize("review", [None, "", 5, "accounts/1/locations/9/reviews/x", f"{LOCATION}/reviews/../x"])
def test_a_review_that_cannot_be_named_has_its_location_read(google: GoogleStandIn, review: Any) -> None:
    google.write("AbFvOq-1", "Cold soup", START)
    google.write("AbFvOq-2", "Another", START + minutes(1))
    done = handled(google, change_of({**NEW, "review": review}))
    assert [item.external_id for item in done.items] == ["AbFvOq-2", "AbFvOq-1"]
    assert len(google.calls) == 1


def test_a_review_that_went_meanwhile_leaves_a_tombstone(google: GoogleStandIn) -> None:
    google.write("AbFvOq-2", "A neighbour", START)
    done = handled(google, change_of(NEW))
    (gone,) = done.items
    assert (gone.external_id, gone.deleted, gone.text) == ("AbFvOq-1", True, "")


def test_one_404_alone_takes_nothing_away(google: GoogleStandIn) -> None:
    """Who asks only once gets no tombstone; and while the location does not read either, nobody does."""
    assert handled(google, change_of(NEW), rounds=1).items == ()
    with pytest.raises(PlatformDown):
        handled(lambda request: refusal(404, "NOT_FOUND"), change_of(NEW))
    with pytest.raises(PlatformDown):
        handled(lambda request: refusal(404, "NOT_FOUND"), change_of({**NEW, "review": None}))


def test_a_404_that_passes_brings_the_review(google: GoogleStandIn) -> None:
    google.write("AbFvOq-1", "Cold soup", START)
    stray = [refusal(404, "NOT_FOUND")]
    done = handled(lambda request: stray.pop() if stray else google(request), change_of(NEW))
    assert [(item.text, item.deleted) for item in done.items] == [("Cold soup", False)]


@pytest.mark.parametrize(
    ("answer", "error"),
    [(refusal(429, "RESOURCE_EXHAUSTED"), RateLimited), (Answer(503, {}, b""), PlatformDown)],
)
def test_what_may_pass_is_raised_so_that_it_is_tried_again(answer: Answer, error: type[ChannelError]) -> None:
    with pytest.raises(error):
        handled(lambda request: answer, change_of(NEW))


def test_an_unreadable_review_is_kept_aside(google: GoogleStandIn) -> None:
    google.write("AbFvOq-1", "x", START)
    google.reviews["AbFvOq-1"]["comment"] = {"not": "a text"}
    done = handled(google, change_of(NEW))
    assert done.items == ()
    assert [aside.external_id for aside in done.set_aside] == ["AbFvOq-1"]


@pytest.mark.parametrize(
    ("data", "outcome", "reason"),
    [
        ({**NEW, "type": "GOOGLE_UPDATE"}, "ignored", "Google changed the listing"),
        ({**NEW, "type": "NEW_QUESTION"}, "ignored", "Google ended questions in 2025"),
        ({**NEW, "type": "NEW_PIGEON"}, "unknown", "the type NEW_PIGEON is not known"),
        ({**NEW, "type": None}, "unknown", "the type unknown is not known"),
    ],
)
def test_other_types_are_named_and_ask_nothing(data: dict[str, Any], outcome: str, reason: str) -> None:
    reading = adapter().read_event(ACCOUNT, change_of(data).body, now=START)
    assert (reading.outcome, reading.reason, reading.ask) == (outcome, reason, ())


def test_an_event_of_another_location_is_not_asked_about_with_our_token() -> None:
    change = change_of({**NEW, "location": "accounts/1/locations/3", "review": None})
    reading = adapter().read_event(ACCOUNT, change.body, now=START)
    assert (reading.outcome, reading.ask) == ("unknown", ())


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8) | st.sampled_from(list(NEW.values())),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["type", "location", "review", "message", "data", "messageId", "publishTime", "name"]),
            inner,
            max_size=6,
        )
    ),
    max_leaves=20,
)


@settings(deadline=None)
@given(value=json_values, wrapped=st.booleans())
def test_any_json_is_cut_or_set_aside(value: Any, wrapped: bool) -> None:
    change = cut(push(value) if wrapped else json.dumps(value).encode())
    if isinstance(change, SetAside):
        assert change.reason
        return
    assert len(change.kind) <= 100
    reading = adapter().read_event(ACCOUNT, change.body, now=START)
    assert reading.ask or reading.reason


@settings(deadline=None)
@given(body=st.binary(max_size=200))
def test_any_bytes_are_cut_or_set_aside(body: bytes) -> None:
    assert isinstance(cut(body), SetAside)
    assert adapter().read_event(ACCOUNT, body, now=START).outcome == "unknown"


@settings(deadline=None)
@given(value=json_values, status=st.sampled_from([200, 400, 404, 500]), has_review=st.booleans())
def test_any_answer_to_what_was_asked_is_read(value: Any, status: int, has_review: bool) -> None:
    change = change_of(NEW if has_review else {**NEW, "review": None})
    answer = Answer(status, {}, json.dumps(value).encode())
    reading = adapter().read_event(ACCOUNT, change.body, now=START)
    try:
        done = adapter().read_event_answers(ACCOUNT, change.body, [Exchange(r, answer) for r in reading.ask], now=START)
        adapter().read_event_answers(
            ACCOUNT, change.body, [Exchange(r, answer) for r in done.ask or reading.ask], now=START
        )
    except ChannelError:
        return
