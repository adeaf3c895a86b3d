"""Every recorded payload is understood or set aside with a reason; and no change of one makes any reader raise.

`test_recorded_events.py` and `test_google_recorded.py` say what deliveries and pushes come to, this file what answers
come to. ``PLATFORM_PAYLOADS=FOLDER`` reads that folder's files beside ours, for instance newer recordings.
"""

from __future__ import annotations

import copy
import json
import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from channels import deliveries, meta_graph
from channels.capabilities import (
    ChecksAccess,
    DeedTarget,
    DoesDeeds,
    PollsTogether,
    PublishesNotices,
    ReadsEvents,
    ReadsHistory,
    RenewsCredential,
    Subscribes,
)
from channels.deliveries import Change
from channels.errors import ChannelError, Refused, TokenRevoked
from channels.facebook import parse as facebook
from channels.google_business import deliveries as pushes
from channels.google_business import sign_in
from channels.instagram import parse as instagram
from channels.items import IncomingItem, SetAside
from channels.meta_messages import read_message, read_person
from channels.meta_sending import read_sent
from channels.protocol import Answer, ConnectedAccount, Deed, Exchange, Platform, ReplyTarget, Request, Secret
from channels.registry import ADAPTERS
from channels.wire import Unreadable, decode
from tests.channels.stand_ins import START

HERE = Path(__file__).parent / "payloads"
ELSEWHERE = os.environ.get("PLATFORM_PAYLOADS")
OURS = sorted(HERE.rglob("*.json"))
#: Discovery documents and what billing sends are no payloads of these platforms.
NEW = [
    path
    for path in (sorted(Path(ELSEWHERE).rglob("*.json")) if ELSEWHERE else [])
    if not path.parent.name.startswith(("stripe-", "google-business-discovery"))
]
FILES = [*OURS, *NEW]
ANSWERS = {path.stem: path for path in OURS if path.parent == HERE and not path.stem.startswith("google_")}
NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
ACCOUNTS = (
    ConnectedAccount("a", "facebook", "474930769339741", Secret("t"), None, "Tester Page"),
    ConnectedAccount("b", "instagram", "17841405309211844", Secret("t"), "facebook", "thebrand"),
    ConnectedAccount("c", "instagram", "17841405309211844", Secret("t"), "instagram", "thebrand"),
    ConnectedAccount("d", "google_business", "accounts/1/locations/2", Secret("t"), None, "The Brand"),
)


def test_the_folder_is_whole() -> None:
    """A folder that was lost, or a file nobody wrote an expectation for, must not pass."""
    assert len(OURS) == 91
    assert set(ANSWERS) == set(UNDERSTOOD) | {"review_with_reply"}  # the latter in `test_google_recorded.py`
    assert not ELSEWHERE or len(NEW) >= 90


# --- what recorded answers come to ---


def error(kind: type[ChannelError]) -> Callable[[Any], None]:
    def expected(value: Any) -> None:
        with pytest.raises(kind):
            meta_graph.read(Answer(400, {}, json.dumps(value).encode()))

    return expected


def batch(value: Any) -> None:
    slots = meta_graph.batch_answers(Answer(200, {}, json.dumps(value).encode()), 2)
    assert slots is not None
    assert [slot is not None and slot.status for slot in slots] == [400, 200]


def facebook_comment(value: Any) -> None:
    post = facebook.read_post({"id": "474930769339741_520586098107541"})
    assert post is not None
    item = facebook.read_comment({"created_time": "2015-09-01T00:17:03+0000", **value}, ACCOUNTS[0], post, None)
    assert item.kind == "comment"


def instagram_comment(value: Any) -> None:
    media = instagram.read_media({"id": "1"})
    assert media is not None
    item = instagram.read_comment(value, ACCOUNTS[1], media, None)
    assert item.text


def instagram_media(value: Any) -> None:
    assert instagram.read_mentioned_media(value, ACCOUNTS[1]).text == "a great picture"


def mentioned_without_a_time(value: Any) -> None:
    with pytest.raises(Unreadable, match="no usable timestamp"):
        instagram.read_mentioned_media(value["mentioned_media"], ACCOUNTS[1])


def conversation(value: Any) -> None:
    person = read_person(ACCOUNTS[0], value)
    assert person is not None
    assert person.external_id
    for one in value["messages"]["data"]:
        read_message(one, ACCOUNTS[0], person.external_id)


def message(value: Any) -> None:
    item = read_message(value, ACCOUNTS[0], "6217463217")
    assert (item.text, item.from_us, item.thread_external_id) == ("Test", True, "dm:6217463217")


def story_reply(value: Any) -> None:
    item = read_message(value, ACCOUNTS[1], "123456789")
    assert [(one.kind, one.expires) for one in item.attachments] == [("story_reply", True)]


def placeholders(value: Any) -> None:
    """A form of the documents, with <ID> where ids stand: nothing in it can be used, and that is said."""
    if "participants" in value:
        assert read_person(ACCOUNTS[1], value) is None
        return
    with pytest.raises(Unreadable, match="no usable id"):
        read_message(value, ACCOUNTS[1], "1")


def sent(value: Any) -> None:
    target = ReplyTarget("m_1", "dm:1008372609250235", "message", deed="message")
    published = read_sent(target, Answer(200, {}, json.dumps(value).encode()))
    assert published.platform_id == "mid.1456970487936:c34767dfe57ee6e339"


def rating(value: Any) -> None:
    """Reviews left the Graph API (error 12), so nothing reads these; as a post's comment one has no id."""
    with pytest.raises(Unreadable):
        facebook.read_visitor_post(value, ACCOUNTS[0])


def profile(value: Any) -> None:
    assert meta_graph.read(Answer(200, {}, json.dumps(value).encode()))["username"] == "tester2018"


UNDERSTOOD: dict[str, Callable[[Any], None]] = {
    "batch__batch-first-error": batch,
    "conversation": conversation,
    "exampleError": error(TokenRevoked),
    "exampleErrorNew": error(TokenRevoked),
    "exampleOauthError": error(Refused),
    "instagram__comment": instagram_comment,
    "instagram__comment_missing_user": instagram_comment,
    "instagram__ig_login_exception": error(Refused),
    "instagram__media-image": instagram_media,
    "instagram__mentioned-media": mentioned_without_a_time,
    "instagram__user": profile,
    "oauthExampleError": error(ChannelError),
    "v10_0__instagram-conversation": placeholders,
    "v10_0__instagram-message": placeholders,
    "v10_0__instagram-message-story": story_reply,
    "v2_2__comment-issue286": facebook_comment,
    "v2_2__comment_canHide": facebook_comment,
    "v2_5__message": message,
    "v2_5__page-rating-example1": rating,
    "v2_6__sendresponse": sent,
    "v3_1__opengraphrating-real-recommendation": rating,
    "v3_1__opengraphrating-recommendation": rating,
}


@pytest.mark.parametrize("name", UNDERSTOOD)
def test_a_recorded_answer_comes_to_what_it_says(name: str) -> None:
    UNDERSTOOD[name](decode(ANSWERS[name].read_bytes()))


# --- whoever reads it, and whatever is broken in it ---


def readings(account: ConnectedAccount, body: bytes) -> Iterator[Callable[[], Any]]:
    """Everything of an adapter that reads bytes off the wire, each with these."""
    adapter: Any = ADAPTERS[account.platform]
    answers = [Answer(status, {"x-app-usage": body[:300].decode("latin-1")}, body) for status in (200, 400, 503)]

    def asked(requests: Sequence[Request], answer: Answer) -> list[Exchange]:
        return [Exchange(one, answer) for one in requests]

    for answer in answers:
        polls = adapter.plan_poll(account, None, now=NOW)
        yield lambda a=answer, p=polls: _through(adapter, account, p, a)
        yield lambda a=answer: adapter.read_presence(account, asked(adapter.plan_presence(account, ["1_2"]), a))
        for deed in sorted(
            adapter.traits.deeds & {"reply", "edit_reply", "withdraw_reply", "private_reply", "message"}
        ):
            target = _target(account.platform, deed)
            yield lambda a=answer, t=target: adapter.read_publish(account, t, a)
            looks = adapter.plan_find_our_reply(account, target, "Hi", sent_at=NOW)
            yield lambda a=answer, t=target, r=looks: adapter.read_find_our_reply(
                account, t, "Hi", asked(r, a), sent_at=NOW
            )
            checks = adapter.plan_precheck(account, target)
            if checks:
                yield lambda a=answer, t=target, r=checks: adapter.read_precheck(account, t, "Hi", asked(r, a))
        if isinstance(adapter, ReadsHistory):
            past = adapter.plan_history(account, None, START, now=NOW)
            yield lambda a=answer, p=past: adapter.read_history(account, None, START, asked(p, a), now=NOW)
        if isinstance(adapter, Subscribes):
            yield lambda a=answer: adapter.read_subscription(account, asked(adapter.plan_subscription(account), a))
        if isinstance(adapter, ChecksAccess):
            yield lambda a=answer: adapter.read_access(account, asked(adapter.plan_access(account), a), now=NOW)
        if isinstance(adapter, DoesDeeds):
            item = DeedTarget("1_2", "comment", "900")
            yield lambda a=answer, i=item: adapter.read_deed(account, "hide", i, a)
        if isinstance(adapter, RenewsCredential):
            yield lambda a=answer: adapter.read_renewal(account, a)
        if isinstance(adapter, PublishesNotices):
            notices = adapter.plan_find_notice(account, "Hi", sent_at=NOW)
            yield lambda a=answer: adapter.read_notice(account, "Hi", a)
            yield lambda a=answer, n=notices: adapter.read_find_notice(account, "Hi", asked(n, a), sent_at=NOW)
        if isinstance(adapter, PollsTogether):
            yield lambda a=answer: _together(adapter, account, a)
    yield lambda: _told(adapter, account, body, answers[0])


def _through(adapter: Any, account: ConnectedAccount, requests: Sequence[Request], answer: Answer) -> None:
    """Two rounds of a poll, where everything is answered alike."""
    cursor: str | None = None
    for _ in range(2):
        page = adapter.read_poll(account, cursor, [Exchange(one, answer) for one in requests], now=NOW)
        _whole(page.items, page.set_aside)
        cursor, requests = page.next_cursor, page.more[:20]
        if not requests:
            return


def _together(adapter: Any, account: ConnectedAccount, answer: Answer) -> None:
    swept = json.dumps({"v": 1, "swept_at": NOW.isoformat(), "checked": NOW.isoformat(), "seen": NOW.isoformat()})
    other = ConnectedAccount("e", "google_business", "accounts/1/locations/3", Secret("t"), None, None)
    both, cursors = [account, other], {"d": swept, "e": swept}
    for shared in adapter.plan_together(both, cursors, now=NOW):
        adapter.read_together(both, cursors, shared, Exchange(shared.request, answer), now=NOW)


def _target(platform: Platform, deed: Deed) -> ReplyTarget:
    if platform == "google_business":
        return ReplyTarget("abc123", "abc123", "review", deed=deed, our_external_id="abc123", our_text="Hi")
    if deed == "message":
        return ReplyTarget("m_1", "dm:900", "message", deed=deed, last_customer_at=NOW)
    return ReplyTarget("1_2", "1_2", "comment", "474_1", deed=deed, our_external_id="1_3", written_at=NOW)


def _told(adapter: Any, account: ConnectedAccount, body: bytes, answer: Answer) -> None:
    """As a delivery of Meta's and as a push of Google's; and as the answer to what an event asks."""
    assert isinstance(adapter, ReadsEvents)
    pushed = pushes.cut(body)
    changes: list[Change] = [*deliveries.cut(body), *([pushed] if isinstance(pushed, Change) else [])]
    assert isinstance(pushed, Change) or pushed.reason
    for change in changes:
        reading = adapter.read_event(account, change.body, now=NOW)
        assert reading.reason or reading.outcome in ("stored", "asked")
        _whole(reading.items, reading.set_aside)
        if reading.ask:
            told = adapter.read_event_answers(
                account, change.body, [Exchange(one, answer) for one in reading.ask], now=NOW
            )
            _whole(told.items, told.set_aside)


def _whole(items: Sequence[IncomingItem], aside: Sequence[SetAside]) -> None:
    for item in items:
        assert item.external_id
        assert item.thread_external_id
        assert item.created_at.tzinfo is not None
        assert "\x00" not in item.text
        item.text.encode()
    for one in aside:
        assert one.reason
        assert len(one.raw) <= 8_192


def none_raises(body: bytes) -> None:
    """Nothing but our own errors, which say what happened."""
    for account in ACCOUNTS:
        for read in readings(account, body):
            with suppress(ChannelError):
                read()


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_no_recorded_payload_makes_any_reader_raise(path: Path) -> None:
    none_raises(path.read_bytes())


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The way to every node below the top."""
    parts = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for name, part in parts:
        yield (*path, name)
        yield from places(part, (*path, name))


STRANGE = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(10**25), 10**25),
    st.floats(),
    st.text(max_size=12),
    st.sampled_from(
        ["", "\x00", "\ud800", "0", "-1", "..", "a/b", "99999999999999999999", "9999-12-31T23:59:59+1400", "NaN"],
    ),
    st.sampled_from(
        [
            *([], {}, [[]], [None], 1e308, -0.0, {"data": None}, {"data": [None, 1, "x", []]}, {"id": {}}),
            *({"error": "x"}, {"error": {"code": "190"}}, {"error": {"code": [4]}}, {"message": {"data": 1}}),
        ]
    ),
)
_READ = {path: decode(path.read_bytes()) for path in FILES}


@settings(max_examples=250, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.large_base_example])
@given(data=st.data())
def test_no_broken_node_of_a_payload_makes_any_reader_raise(data: st.DataObject) -> None:
    value = copy.deepcopy(_READ[data.draw(st.sampled_from(FILES))])
    for _ in range(data.draw(st.integers(1, 3))):
        ways = list(places(value))
        if not ways:
            break
        *above, last = data.draw(st.sampled_from(ways))
        holder = value
        for step in above:
            holder = holder[step]
        match data.draw(st.sampled_from(["drop", "alter", "wrap", "swap", "name"])):
            case "drop":
                del holder[last]
            case "alter":
                holder[last] = copy.deepcopy(data.draw(STRANGE))  # a next round may break what was drawn here
            case "wrap":
                holder[last] = [holder[last]] if data.draw(st.booleans()) else {"data": holder[last]}
            case "swap":
                other, *_ = data.draw(st.sampled_from(ways))
                holder[last] = copy.deepcopy(value[other])
            case "name" if isinstance(holder, dict):
                holder[data.draw(st.sampled_from(["id", "error", "data", "message", "from", "paging"]))] = holder.pop(
                    last
                )
    none_raises(json.dumps(value).encode())


@settings(max_examples=100, deadline=None)
@given(data=st.data())
def test_no_cut_of_a_payloads_bytes_makes_any_reader_raise(data: st.DataObject) -> None:
    body = data.draw(st.sampled_from(FILES)).read_bytes()
    start, end = sorted((data.draw(st.integers(0, len(body))), data.draw(st.integers(0, len(body)))))
    none_raises(body[:start] + data.draw(st.binary(max_size=3)) + body[end:])


def test_a_recorded_list_of_locations_is_read() -> None:
    """Older than the interface we use, and close enough: the name, with the title."""
    found = decode((HERE / "google_locations_list.json").read_bytes())["locations"]
    assert [sign_in._title(one) for one in found] == ["My Store - Downtown"]
