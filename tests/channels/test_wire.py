"""Ids off the wire: every platform's real alphabet is taken, and whatever is taken is safe where ids are put."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any
from urllib.parse import unquote, urlsplit

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from agency.inbox.incoming import PRIVATE_SUFFIX, REPLY_SUFFIX
from channels import meta_graph
from channels.capabilities import ReadsEvents
from channels.deliveries import cut
from channels.items import person_of_thread, person_thread
from channels.meta_messages import looks_like_message
from channels.protocol import Exchange
from channels.registry import able, adapter_for
from channels.scripted_transport import json_answer
from channels.wire import identifier, instant
from tests.channels.stand_ins import START, account_of

REAL = (
    "10158371815748553_10158371930463553",
    "17858154961981086",
    "t_587956915396498",
    "t_mid.$cAAJdkrCd2ORnva8ErFhjGm0X_Q_c",
    "mid.$cAAJdkrCd2ORnva8ErFhjGm0X_Q_c",
    "mid.1457764197618:41d102a3e1ae206a38",
    "m_AG5Hz2Uq7tuwNEhXfYYKj8mJEM+QPpz5jdCK48PnKAjSd==",
    "aWdfZAG1faXRlbToxOklHTWVzc2FnZAUlEOjE3ODQxNDU0ODc0NDA5NDYyOjM0MDI4MjM2Njg0MTcxMDMwMTI0NDI1OTI4NDc1NTg1NDAxMzA",
    "AbFvOqkY-3v_bJ0zqXh2mTt7nq2mJk0yq1v0m2JtY9s7u0iVxO8wPzq5kYp1dQ6uR4tX2cZb0aA",
)


@pytest.mark.parametrize("external_id", REAL)
def test_ids_as_platforms_make_them_are_taken_as_they_are(external_id: str) -> None:
    assert identifier(external_id) == external_id


@pytest.mark.parametrize("external_id", [one for one in REAL if one.startswith(("mid.", "m_", "aWdf"))])
def test_messages_are_known_by_their_ids(external_id: str) -> None:
    assert looks_like_message(external_id)


@given(value=st.one_of(st.text(max_size=300), st.text(alphabet="ab1._:=~$+-/?#%,(){}& \n\x00\\\"'", max_size=20)))
@example("..")
@example("a/../b")
@example("a%2fb")
@example("1){id}")
@example("mid.$a+b")
@example("1\n")
def test_what_is_taken_as_an_id_stays_where_it_is_put(value: str) -> None:
    external_id = identifier(value)
    if external_id is None:
        return
    assert external_id == value
    path = meta_graph.path(external_id, "comments")
    assert urlsplit(path).path == path
    assert [unquote(part) for part in path.split("/")] == ["", meta_graph.API_VERSION, external_id, "comments"]
    assert not re.search(r"[\s/?#%,(){}&<>\"'\\\x00]", external_id)  # nor in a list of fields, nor in markup
    assert not external_id.endswith((REPLY_SUFFIX, PRIVATE_SUFFIX))
    assert person_of_thread(person_thread(external_id)) == external_id


@given(
    value=st.one_of(
        st.datetimes(timezones=st.timezones()).map(lambda moment: moment.isoformat()),
        st.floats(),
        st.integers(),
        st.text(alphabet="0123456789-:.+TZ ", max_size=30),
    )
)
@example("9999-12-31T23:59:59+0000")
@example("9999-12-31T23:59:59-1400")
@example("0001-01-01T00:00:00+1400")
@example(253_402_300_799)
def test_a_time_that_is_taken_can_be_counted_from(value: Any) -> None:
    moment = instant(value)
    if moment is not None:
        assert moment.utcoffset() == timedelta(0)
        assert moment - timedelta(days=3_650) < moment < moment + timedelta(days=3_650)


def test_a_comment_of_the_year_9999_stops_no_other() -> None:
    adapter, account = adapter_for("facebook"), account_of("facebook")
    request, *_ = adapter.plan_poll(account, None, now=START)
    times = ("2026-11-01T08:00:00+0000", "9999-12-31T23:59:59+0000")
    comments = [{"id": f"1_{n}", "message": "x", "created_time": at} for n, at in enumerate(times)]
    answer = json_answer({"data": [{"id": "100_1", "comments": {"data": comments}}]})
    page = adapter.read_poll(account, None, [Exchange(request, answer)], now=START)
    assert [item.external_id for item in page.items] == ["1_0"]
    assert [(one.external_id, one.reason) for one in page.set_aside] == [("1_1", "no usable created_time")]


def test_a_message_with_such_an_id_is_stored() -> None:
    mid = "mid.$cAAJdkrCd2ORnva8ErFhjGm0X_Q_c"
    event = {"sender": {"id": "900"}, "recipient": {"id": "100"}, "timestamp": 1, "message": {"mid": mid, "text": "Hi"}}
    (change,) = cut({"object": "page", "entry": [{"id": "100", "messaging": [event]}]})
    adapter = able("facebook", ReadsEvents)  # type: ignore[type-abstract]
    assert adapter is not None
    reading = adapter.read_event(account_of("facebook"), change.body, now=START)
    assert [item.external_id for item in reading.items] == [mid]
