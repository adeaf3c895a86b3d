"""Cutting deliveries: every change comes out once, under its own account, with a basis that tells changes apart."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from channels.deliveries import Change, cut, told
from channels.registry import adapter_for
from tests.channels.stand_ins import account_of

NOW = datetime(2026, 11, 22, tzinfo=UTC)
COMMENT = {"item": "comment", "verb": "add", "comment_id": "1_2", "post_id": "100_1", "message": "Hi"}


def delivery(*entries: Any, named: Any = "page") -> bytes:
    return json.dumps({"object": named, "entry": list(entries)}).encode()


def feed(value: dict[str, Any], *, time: int = 1_795_000_000, account: Any = "100") -> dict[str, Any]:
    return {"id": account, "time": time, "changes": [{"field": "feed", "value": value}]}


def one(body: bytes) -> Change:
    (change,) = cut(body)
    return change


def test_a_redelivery_stamped_anew_is_the_same_change() -> None:
    first, again = one(delivery(feed(COMMENT))), one(delivery(feed(COMMENT, time=1_795_000_900)))
    assert first.basis == again.basis
    assert first.happened_at != again.happened_at


def test_what_happens_to_one_comment_is_told_apart() -> None:
    values: list[dict[str, Any]] = [COMMENT]
    values += [{**COMMENT, "verb": verb} for verb in ("edited", "hide", "unhide", "remove")]
    assert len({one(delivery(feed(value))).basis for value in values}) == 5


def test_hiding_a_second_time_is_a_change_of_its_own() -> None:
    hide = {**COMMENT, "verb": "hide"}
    assert one(delivery(feed(hide))).basis != one(delivery(feed(hide, time=1_795_000_900))).basis


def test_tenants_sharing_a_delivery_are_cut_apart_and_repetitions_fall_together() -> None:
    changes = cut(delivery(feed(COMMENT), feed(COMMENT, account=200), feed(COMMENT), feed({**COMMENT, "verb": "edit"})))
    assert [(change.platform, change.external_id) for change in changes] == [
        ("facebook", "100"),
        ("facebook", "200"),
        ("facebook", "100"),
    ]


def test_both_spellings_are_one_change() -> None:
    value = {"id": "5", "text": "Hi", "from": {"id": "9"}, "media": {"id": "7"}}
    nested = one(
        delivery({"id": "1", "time": 5, "changes": [{"field": "comments", "value": value}]}, named="instagram")
    )
    flat = one(delivery({"id": 1, "time": 5, "field": "comments", "value": value}, named="instagram"))
    assert (nested.platform, nested.external_id, nested.kind) == ("instagram", "1", "comments")
    assert (flat.external_id, flat.body, flat.basis) == (nested.external_id, nested.body, nested.basis)


@pytest.mark.parametrize("time", [1_795_000_000, 1_795_000_000_000, "1795000000000"])
def test_seconds_and_milliseconds(time: Any) -> None:
    change = one(delivery({"id": "1", "messaging": [{"timestamp": time, "message": {"mid": "m_1"}}]}))
    assert change.happened_at == datetime.fromtimestamp(1_795_000_000, tz=UTC)
    assert change.kind == "message"


def test_milliseconds_are_kept() -> None:
    change = one(delivery({"id": "1", "messaging": [{"timestamp": 1_795_000_000_123, "read": {}}]}))
    assert change.happened_at is not None
    assert change.happened_at.microsecond == 123_000


def test_a_persons_permissions_name_the_person() -> None:
    entry = {"uid": "77", "time": 1_795_000_000, "changes": [{"field": "connected", "verb": "revoked"}]}
    change = one(delivery(entry, named="permissions"))
    assert (change.platform, change.external_id, change.kind) == ("person", "77", "connected")
    content = told(change.body)
    assert content is not None
    assert content.value["verb"] == "revoked"


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"\xff\xfe",
        b"[]",
        b"null",
        b'{"object":"page"}',
        b'{"object":"page","entry":[null]}',
        b'{"object":"page","entry":[{"id":{}}]}',
        b"[" * 100_000,
        b'{"object":"page","entry":[{"id":"1","changes":[7]}]}',
        b'{"object":"page","entry":[{"id":"1","changes":[{"field":"x","value":' + b"[" * 900 + b"]" * 900 + b"}]}]}",
    ],
)
def test_what_cannot_be_read_comes_out_all_the_same(body: bytes) -> None:
    changes = cut(body)
    assert changes
    for change in changes:
        for platform in ("facebook", "instagram"):
            reading = adapter_for(platform).read_event(account_of(platform), change.body, now=NOW)  # type: ignore
            assert reading.outcome in ("unknown", "ignored")
            assert reading.reason


def test_an_empty_delivery_holds_nothing() -> None:
    assert cut(delivery()) == []


_NAMES = """
object entry id uid time changes field value verb item comment_id post_id parent_id from name message created_time
messaging standby sender recipient timestamp mid text is_echo is_deleted attachments payload type url reply_to story
message_edit postback reaction read delivery photos link post media media_id username page instagram permissions
feed mention comments mentions live_comments comment add remove edited hide title coordinates lat long sticker_id
participants data shares image_data
"""
WORDS = _NAMES.split()
leaves = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=6)
    | st.sampled_from(
        [*WORDS, "100", "100_1", "9", "2026-11-01T10:00:00+0000", "https://x.example/1", "\ud800", "\x00"]
    )
)
values = st.recursive(
    leaves,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(WORDS), inner, max_size=9),
    max_leaves=30,
)
deliveries = st.fixed_dictionaries(
    {"object": st.sampled_from(["page", "instagram", "permissions", "x"]) | leaves},
    optional={
        "entry": st.lists(
            st.fixed_dictionaries(
                {"id": st.sampled_from(["100", 100]) | leaves},
                optional={
                    "time": leaves,
                    "changes": st.lists(
                        st.fixed_dictionaries(
                            {"field": st.sampled_from(["feed", "mention", "comments", "mentions"]) | leaves},
                            optional={"value": values},
                        ),
                        max_size=3,
                    )
                    | values,
                    "messaging": st.lists(values, max_size=3) | values,
                    "standby": st.lists(values, max_size=3),
                    "field": leaves,
                    "value": values,
                },
            )
            | values,
            max_size=3,
        )
        | values
    },
)


@settings(max_examples=250, deadline=None)
@given(value=deliveries | values)
def test_no_json_breaks_cutting_or_reading(value: Any) -> None:
    body = json.dumps(value).encode()
    changes = cut(body)
    assert [(c.body, c.basis) for c in cut(body)] == [(c.body, c.basis) for c in changes]
    for change in changes:
        assert change.body.decode("ascii")
        assert change.happened_at is None or change.happened_at.tzinfo is not None
        for platform in ("facebook", "instagram"):
            account = account_of(platform)  # type: ignore[arg-type]
            reading = adapter_for(platform).read_event(account, change.body, now=NOW)  # type: ignore[attr-defined]
            for item in reading.items:
                item.text.encode()
                assert item.external_id
                assert item.created_at <= NOW


@settings(max_examples=50, deadline=None)
@given(body=st.binary(max_size=200))
def test_no_bytes_break_cutting(body: bytes) -> None:
    cut(body)
