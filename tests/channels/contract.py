"""What every adapter must do, whatever its platform: subclass `AdapterContract` and give it a `World`.

`tests/channels/test_adapter_contract.py` does it for each line of the registry, `tests/channels/test_guestbook.py` for
a platform that lives in tests alone.
"""

from __future__ import annotations

import json
from abc import ABC, abstractmethod
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar, get_args, get_type_hints

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from channels.capabilities import ChecksAccess, DeedTarget, DoesDeeds, ReadsEvents, ReadsHistory, Subscribes
from channels.errors import ChannelError, ItemGone, NotSent, OutcomeUnknown, RateLimited, Refused
from channels.items import KINDS, ReadBack
from channels.protocol import Answer, ChannelAdapter, ConnectedAccount, Deed, Exchange, ReplyTarget, Request
from channels.scripted_transport import ScriptedTransport, json_answer
from tests.channels.polling import Poller
from tests.channels.stand_ins import START, TOKEN, minutes

TEXT = "Thank you, \u201cdear guest\u201d — przepraszamy & até já! 👩‍🍳"
MODERATION: tuple[Deed, ...] = ("hide", "unhide", "like", "unlike", "delete", "block")
WIRE_WORDS = """
id message text from parent created_time timestamp attachment data comments replies paging next cursors after summary
total_count comment_count comments_count media image caption username hidden parent_id user reviews reviewId name
starRating comment createTime updateTime reviewer displayName isAnonymous reviewReply reviewReplyState policyViolation
reviewMediaItems nextPageToken error code error_subcode status
"""
json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=8)
    | st.sampled_from(["2026-11-01T10:00:00+0000", "2026-11-01T10:00:00.123456789Z", "12_34", "ONE", "\ud800", "\x00"]),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(WIRE_WORDS.split()), inner, max_size=8),
    max_leaves=40,
)
# One test of the class runs for every platform.
_HERE = settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.differing_executors])


class World(ABC):
    """A stand-in of one platform with one customer item, `target`, to answer. Subclass it for a platform."""

    adapter: ChannelAdapter
    account: ConnectedAccount
    target: ReplyTarget
    wire: Callable[[Request], Answer | ChannelError]

    @abstractmethod
    def our_reply_by_hand(self, text: str, at: datetime) -> None:
        """The business answers `target` in the platform's own tool."""

    @abstractmethod
    def forget_everything(self) -> None:
        """Every customer's item is deleted at the platform."""

    @abstractmethod
    def page_around(self, bad: Any) -> Any:
        """The body of a first poll's answer: two good items, "a" and "b", and between them `bad`."""

    def send(self, text: str = TEXT) -> Answer:
        return ScriptedTransport(self.wire).send(self.adapter.publish_reply(self.account, self.target, text))

    def find(self, text: str, sent_at: datetime) -> ReadBack:
        transport = ScriptedTransport(self.wire)
        requests = self.adapter.plan_find_our_reply(self.account, self.target, text, sent_at=sent_at)
        exchanges: list[Exchange] = []
        while True:
            exchanges += transport.fetch(requests)
            found = self.adapter.read_find_our_reply(self.account, self.target, text, exchanges, sent_at=sent_at)
            if not found.more:
                return found
            requests = list(found.more)

    def precheck(self, text: str = TEXT) -> Any:
        requests = self.adapter.plan_precheck(self.account, self.target)
        return self.adapter.read_precheck(self.account, self.target, text, ScriptedTransport(self.wire).fetch(requests))


class AdapterContract:
    """The promises of `channels.protocol` and `channels.capabilities`.

    A subclass that gives no world, or one that lacks something, is refused where it is written, so that its tests
    cannot be collected: a `TypeError` names the class and what it lacks.
    """

    make_world: ClassVar[Callable[[], World]]
    """Makes a fresh world: the class of one, or a `staticmethod`."""

    def __init_subclass__(cls, **more: Any) -> None:
        super().__init_subclass__(**more)
        if "make_world" not in vars(cls):
            raise TypeError(f"{cls.__name__} keeps no contract: give it make_world, a World of its platform.")
        world = cls.make_world()
        kind = type(world).__name__
        missing = [name for name in get_type_hints(World) if not hasattr(world, name)]
        if missing:
            raise TypeError(f"{cls.__name__} keeps no contract: its {kind} has no {', '.join(missing)}.")

    @pytest.fixture
    def world(self) -> World:
        return self.make_world()

    # --- what is fixed ---

    def test_traits_are_complete(self, world: World) -> None:
        traits = world.adapter.traits
        assert traits.platform == world.account.platform
        assert traits.label
        assert traits.scopes
        assert traits.longest_reply.limit > 0
        assert traits.batch_size >= 1
        assert set(traits.kinds) <= set(KINDS)
        assert traits.kinds
        assert traits.deeds <= set(get_args(Deed))

    def test_deeds_and_lengths_agree_with_what_it_can(self, world: World) -> None:
        traits = world.adapter.traits
        assert bool(traits.deeds & set(MODERATION)) == isinstance(world.adapter, DoesDeeds)
        assert bool(traits.deeds & {"message", "private_reply"}) == (traits.longest_message is not None)

    # --- reading ---

    def test_a_poll_brings_what_a_customer_wrote_once(self, world: World) -> None:
        reader = Poller(world.adapter, world.account, world.wire)
        reader.poll(START + minutes(1))
        assert world.target.external_id in reader.stored
        item = reader.stored[world.target.external_id]
        assert (item.kind, item.from_us) == (world.target.kind, False)
        reader.stored.clear()
        (last, *_) = reversed(reader.poll(START + minutes(2)))
        assert last.complete
        json.loads(last.next_cursor)

    def test_a_cursor_nobody_can_read_is_none(self, world: World) -> None:
        for cursor in ("", "{", "[]", "null", '{"v": 99}', "\x00"):
            reader = Poller(world.adapter, world.account, world.wire, cursor)
            reader.poll(START + minutes(1))
            assert world.target.external_id in reader.stored

    @pytest.mark.parametrize("status", [200, 400, 500])
    @_HERE
    @given(value=json_values)
    def test_no_json_breaks_the_reading(self, status: int, value: Any) -> None:
        world = self.make_world()
        answer = json_answer(value, status)
        request, *_ = world.adapter.plan_poll(world.account, None, now=START)
        try:
            page = world.adapter.read_poll(world.account, None, [Exchange(request, answer)], now=START)
        except ChannelError:
            return
        for item in page.items:
            item.text.encode()
            assert "\x00" not in item.text
            assert item.created_at.tzinfo is not None
        for follow_up in page.more:
            world.adapter.read_poll(world.account, page.next_cursor, [Exchange(follow_up, answer)], now=START)
        world.adapter.plan_poll(world.account, page.next_cursor, now=START)
        with suppress(ChannelError):
            world.adapter.read_publish(world.account, world.target, answer)

    @_HERE
    @given(bad=json_values)
    def test_one_bad_item_never_loses_its_neighbours(self, bad: Any) -> None:
        world = self.make_world()
        request, *_ = world.adapter.plan_poll(world.account, None, now=START)
        answer = json_answer(world.page_around(bad))
        page = world.adapter.read_poll(world.account, None, [Exchange(request, answer)], now=START)
        assert {item.external_id.split("_")[-1] for item in page.items} >= {"a", "b"}
        assert len(page.items) + len(page.set_aside) >= 3 or isinstance(bad, dict)

    # --- writing ---

    def test_the_text_is_sent_byte_for_byte(self, world: World) -> None:
        request = world.adapter.publish_reply(world.account, world.target, TEXT)
        assert list(dict(request.form or request.json or {}).values()) == [TEXT]
        assert request.is_write

    def test_a_published_reply_is_confirmed_and_found_again(self, world: World) -> None:
        before = datetime.now(UTC)
        assert world.find(TEXT, before).state == "absent"
        published = world.adapter.read_publish(world.account, world.target, world.send())
        found = world.find(TEXT, before)
        assert found.state == "found"
        assert found.platform_ids == (published.platform_id,)

    def test_our_reply_arrives_with_a_poll_under_the_same_id(self, world: World) -> None:
        published = world.adapter.read_publish(world.account, world.target, world.send())
        reader = Poller(world.adapter, world.account, world.wire)
        reader.poll(datetime.now(UTC) + minutes(1))
        item = reader.stored[published.platform_id]
        if item.kind == "review":
            assert item.reply is not None
            assert item.reply.text == TEXT
        else:
            assert item.from_us
            assert (item.text, item.thread_external_id) == (TEXT, world.target.external_id)

    def test_an_older_reply_with_the_same_text_is_not_ours(self, world: World) -> None:
        world.our_reply_by_hand(TEXT, datetime.now(UTC) - timedelta(days=2))
        assert world.find(TEXT, datetime.now(UTC)).state != "found"

    def test_what_platforms_change_on_the_way_is_still_our_text(self, world: World) -> None:
        world.our_reply_by_hand("Thank  you &amp; see\nyou cafe\u0301 ", datetime.now(UTC))
        assert world.find("Thank you & see you café", datetime.now(UTC)).state == "found"

    def test_another_text_is_not_ours(self, world: World) -> None:
        world.our_reply_by_hand("Something else", datetime.now(UTC))
        assert world.find(TEXT, datetime.now(UTC)).state in ("absent", "cannot_tell")

    @pytest.mark.parametrize(
        "answer",
        [
            Answer(200, {}, b"Service Unavailable"),
            Answer(503, {}, b"<html>busy</html>"),
            json_answer({"error": {"code": 190, "message": "x", "status": "UNAUTHENTICATED"}}, 401),
            json_answer({"error": {"code": 80001, "message": "x", "status": "RESOURCE_EXHAUSTED"}}, 429),
            NotSent("no connection"),
        ],
    )
    def test_a_failed_read_back_cannot_tell(self, world: World, answer: Answer | ChannelError) -> None:
        world.wire = lambda request: answer
        assert world.find(TEXT, datetime.now(UTC)).state == "cannot_tell"

    def test_a_vanished_thread_cannot_tell(self, world: World) -> None:
        world.forget_everything()
        found = world.find(TEXT, datetime.now(UTC))
        assert (found.state, found.reason) == ("cannot_tell", "thread_gone")

    @pytest.mark.parametrize(
        ("answer", "error"),
        [
            (Answer(200, {}, b""), OutcomeUnknown),
            (Answer(200, {}, b"Service Unavailable"), OutcomeUnknown),
            (Answer(200, {}, b"<html></html>"), OutcomeUnknown),
            (Answer(200, {}, b'{"id": "1'), OutcomeUnknown),
            (json_answer({}), OutcomeUnknown),
            (json_answer([]), OutcomeUnknown),
            (Answer(500, {}, b""), OutcomeUnknown),
            (Answer(502, {}, b"<html>bad gateway</html>"), OutcomeUnknown),
            (Answer(504, {}, b"{}"), OutcomeUnknown),
            (Answer(302, {"location": "https://x.example"}, b""), OutcomeUnknown),
            (Answer(404, {}, b"<html>not here</html>"), OutcomeUnknown),
            (Answer(429, {"retry-after": "30"}, b"slow down"), RateLimited),
        ],
    )
    def test_whatever_proves_nothing_after_a_write_is_unknown(
        self, world: World, answer: Answer, error: type[ChannelError]
    ) -> None:
        with pytest.raises(error) as caught:
            world.adapter.read_publish(world.account, world.target, answer)
        if error is RateLimited:
            assert isinstance(caught.value, RateLimited)
            assert caught.value.retry_after_seconds == 30

    @pytest.mark.parametrize("text", ["", " \n", "a\x00b", "a\ud800b"])
    def test_unsendable_texts_never_become_a_request(self, world: World, text: str) -> None:
        with pytest.raises(Refused):
            world.adapter.publish_reply(world.account, world.target, text)

    def test_the_longest_reply_is_the_limit_itself(self, world: World) -> None:
        longest = world.adapter.traits.longest_reply
        world.adapter.publish_reply(world.account, world.target, "a" * longest.limit)
        with pytest.raises(Refused):
            world.adapter.publish_reply(world.account, world.target, "a" * (longest.limit + 1))
        if longest.unit == "bytes":
            with pytest.raises(Refused):
                world.adapter.publish_reply(world.account, world.target, "ł" * (longest.limit // 2 + 1))

    def test_a_gone_target_is_said_to_be_gone(self, world: World) -> None:
        missing = replace(world.target, external_id="nosuch", thread_external_id="nosuch")
        answer = world.wire(world.adapter.publish_reply(world.account, missing, TEXT))
        assert isinstance(answer, Answer)
        with pytest.raises(ItemGone):
            world.adapter.read_publish(world.account, missing, answer)

    def test_presence_needs_a_reading_sibling(self, world: World) -> None:
        transport = ScriptedTransport(world.wire)
        ids = [world.target.external_id, "nosuch"]
        exchanges = transport.fetch(world.adapter.plan_presence(world.account, ids))
        states = {p.external_id: p.state for p in world.adapter.read_presence(world.account, exchanges)}
        assert states == {world.target.external_id: "there", "nosuch": "gone"}
        blind = [
            replace(e, result=NotSent("no connection")) if e.request.purpose["ask"] == "sibling" else e
            for e in exchanges
        ]
        states = {p.external_id: p.state for p in world.adapter.read_presence(world.account, blind)}
        assert states == {world.target.external_id: "there", "nosuch": "unknown"}

    # --- secrets and ids ---

    def test_no_request_shows_its_token(self, world: World) -> None:
        account = world.account
        requests = [
            *world.adapter.plan_poll(account, None, now=START),
            *world.adapter.plan_precheck(account, world.target),
            *world.adapter.plan_presence(account, ["1"]),
            *world.adapter.plan_find_our_reply(account, world.target, TEXT, sent_at=START),
            world.adapter.publish_reply(account, world.target, TEXT),
        ]
        for request in requests:
            assert TOKEN not in repr(request)
            assert TOKEN not in request.path + json.dumps(dict(request.params))
            assert request.token is not None
            assert request.token.secret.reveal() == TOKEN
        assert TOKEN not in repr(account)

    def test_ids_cannot_leave_their_place_in_a_path(self, world: World) -> None:
        evil = replace(world.target, external_id="../../me?x=1#", thread_external_id="../../me?x=1#")
        request = world.adapter.publish_reply(world.account, evil, TEXT)
        for part in ("../", "?", "#"):
            assert part not in request.path

    # --- what only some can; each test passes over those that cannot ---

    @_HERE
    @given(body=st.binary(max_size=200) | json_values.map(lambda value: json.dumps(value).encode()))
    def test_no_event_breaks_the_reading(self, body: bytes) -> None:
        world = self.make_world()
        if isinstance(world.adapter, ReadsEvents):
            reading = world.adapter.read_event(world.account, body, now=START)
            assert reading.outcome in ("stored", "asked", "ignored", "unknown")
            assert reading.reason or reading.outcome in ("stored", "asked")

    @_HERE
    @given(value=json_values)
    def test_no_answer_breaks_history_standing_or_access(self, value: Any) -> None:
        world = self.make_world()
        adapter, account, answer = world.adapter, world.account, json_answer(value)
        horizon = START - timedelta(days=30)
        if isinstance(adapter, ReadsHistory):
            asked = adapter.plan_history(account, None, horizon, now=START)
            with suppress(ChannelError):
                adapter.read_history(account, None, horizon, [Exchange(one, answer) for one in asked], now=START)
        if isinstance(adapter, Subscribes):
            told = [Exchange(one, answer) for one in adapter.plan_subscription(account)]
            with suppress(ChannelError):
                adapter.read_subscription(account, told)
        if isinstance(adapter, ChecksAccess):
            told = [Exchange(one, answer) for one in adapter.plan_access(account)]
            with suppress(ChannelError):
                adapter.read_access(account, told, now=START)

    @pytest.mark.parametrize("deed", MODERATION)
    def test_a_deed_is_a_call_or_a_refusal(self, world: World, deed: Deed) -> None:
        if not isinstance(world.adapter, DoesDeeds):
            return
        item = DeedTarget(world.target.external_id, world.target.kind, "900")
        if deed not in world.adapter.traits.deeds:
            with pytest.raises(Refused):
                world.adapter.plan_deed(world.account, deed, item)
            return
        with suppress(Refused):  # for this kind of item; others may take it
            request = world.adapter.plan_deed(world.account, deed, item)
            assert request.is_write
            assert request.token is not None
            for body in (b"", b"<html></html>", b"[]"):
                with pytest.raises(ChannelError):
                    world.adapter.read_deed(world.account, deed, item, Answer(500, {}, body))
