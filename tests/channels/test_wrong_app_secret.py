"""A wrong secret of our application is trouble of this installation: nothing is gone, and no access is lost."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from agency.replies.publishing import _whose_trouble
from channels import meta_graph
from channels.capabilities import Access, ChecksAccess
from channels.errors import ChannelError, ItemGone, PlatformDown, Refused, TokenRevoked
from channels.health import stored_for
from channels.protocol import Answer, ConnectedAccount, Exchange, Platform, Request, Secret
from channels.registry import able, adapter_for
from channels.scripted_transport import ScriptedTransport, json_answer
from jobs.checking import clearer
from tests.channels.stand_ins import account_of, not_there
from tests.channels.test_meta_events import changed, mentioned, reader

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
INSTAGRAM_LOGIN = ConnectedAccount("a", "instagram", "100", Secret("t"), "instagram", "thebrand")


def refusal(code: int, subcode: int | None = None, kind: str = "OAuthException", status: int = 400) -> Answer:
    error: dict[str, Any] = {"message": "x", "type": kind, "code": code}
    return json_answer({"error": error | ({"error_subcode": subcode} if subcode else {})}, status)


UNPROVEN = refusal(100, kind="GraphMethodException")


def platform(account: Answer, inspection: Answer) -> ScriptedTransport:
    return ScriptedTransport(lambda one: inspection if one.path.endswith("debug_token") else account)


def access(account: ConnectedAccount, speaks: ScriptedTransport) -> Access:
    checker = able(account.platform, ChecksAccess)  # type: ignore[type-abstract]
    assert checker is not None
    return checker.read_access(account, speaks.fetch(checker.plan_access(account)), now=NOW)


@pytest.mark.parametrize("write", [False, True])
def test_a_call_without_our_proof_shows_nothing_gone(write: bool) -> None:
    with pytest.raises(Refused) as caught:
        meta_graph.read(UNPROVEN, write=write)
    assert caught.value.platform_code == "app_unproven"
    with pytest.raises(ItemGone):
        meta_graph.read(not_there(), write=write)
    assert isinstance(_whose_trouble(caught.value), TokenRevoked), "an answer waits, it is not refused"
    assert stored_for("app_unproven") == "failing", "nobody is asked to sign in again"


@pytest.mark.parametrize("inspection", [refusal(190), refusal(101), UNPROVEN], ids=["190", "101", "100"])
@pytest.mark.parametrize("answer", [UNPROVEN, refusal(190, status=401)], ids=["100", "190"])
def test_access_is_not_lost_where_our_application_is_refused(answer: Answer, inspection: Answer) -> None:
    for name in ("facebook", "instagram"):
        told = access(account_of(name), platform(answer, inspection))
        assert (told.works, told.problem) == (False, "app_unproven")


def test_instagram_login_has_one_question_alone() -> None:
    assert access(INSTAGRAM_LOGIN, platform(UNPROVEN, UNPROVEN)).problem == "app_unproven"
    assert access(INSTAGRAM_LOGIN, platform(refusal(190), UNPROVEN)).problem == "invalid"


@pytest.mark.parametrize(
    ("answer", "inspection", "problem"),
    [
        (refusal(190), json_answer({"data": {"is_valid": True}}), "invalid"),
        (refusal(190), json_answer({"data": {"is_valid": False, "error": {"subcode": 460}}}), "password_changed"),
        (refusal(190, 460), refusal(190), "password_changed"),
        (refusal(190), refusal(2), "invalid"),
        (not_there(), refusal(190), "access_lost"),
    ],
)
def test_what_is_said_of_the_token_itself_counts(answer: Answer, inspection: Answer, problem: str) -> None:
    assert access(account_of("facebook"), platform(answer, inspection)).problem == problem


@pytest.mark.parametrize("name", ["facebook", "instagram"])
@pytest.mark.parametrize("answer", [UNPROVEN, refusal(190, status=401)], ids=["100", "190"])
def test_a_poll_finds_the_cause(name: Platform, answer: Answer) -> None:
    account, adapter, wrong = account_of(name), adapter_for(name), platform(answer, refusal(190))
    with pytest.raises(ChannelError) as caught:
        adapter.read_poll(account, None, wrong.fetch(adapter.plan_poll(account, None, now=NOW)), now=NOW)
    (found,) = clearer([(account, caught.value)], wrong)
    assert isinstance(found, TokenRevoked)
    assert found.reason == "app_unproven"
    right = platform(json_answer({"id": "100"}), json_answer({"data": {"is_valid": True}}))
    assert clearer([(account, caught.value)], right) == [caught.value]


def test_an_event_that_asks_waits() -> None:
    body = changed("facebook", "feed", {"item": "comment", "verb": "edited", "post_id": "100_1", "comment_id": "1_2"})
    account = account_of("facebook")
    asked = reader("facebook").read_event(account, body, now=NOW).ask
    exchanges = [Exchange(one, UNPROVEN) for one in asked]
    with pytest.raises(Refused):
        reader("facebook").read_event_answers(account, body, exchanges, now=NOW)
    with pytest.raises(Refused):
        mentioned(UNPROVEN, UNPROVEN)


def test_whose_media_a_mention_is_under_waits_even_where_the_mention_is_shown() -> None:
    """Else what stands under our own media would be stored as somebody else's."""
    assert mentioned(not_there()).items, "shown through us"
    with pytest.raises(Refused):
        mentioned(UNPROVEN)


@pytest.mark.parametrize(("answer", "waits"), [(UNPROVEN, True), (refusal(100), False)])
def test_history_passes_no_stream_over_for_it(answer: Answer, waits: bool) -> None:
    account, adapter, beyond = account_of("facebook"), reader("facebook"), json.dumps({"stream": 1})
    exchanges = [Exchange(one, answer) for one in adapter.plan_history(account, beyond, NOW, now=NOW)]
    if waits:
        with pytest.raises(Refused):
            adapter.read_history(account, beyond, NOW, exchanges, now=NOW)
    else:
        page = adapter.read_history(account, beyond, NOW, exchanges, now=NOW)
        assert json.loads(page.next_cursor)["stream"] == 2


def test_a_side_stream_does_not_rest_for_it() -> None:
    account, adapter = account_of("facebook"), adapter_for("facebook")

    def half(answer: Answer) -> Callable[[Request], Answer]:
        return lambda one: json_answer({"data": []}) if one.path.endswith("published_posts") else answer

    def resting(answer: Answer) -> tuple[str, ...]:
        asked = adapter.plan_poll(account, None, now=NOW)
        return adapter.read_poll(account, None, ScriptedTransport(half(answer)).fetch(asked), now=NOW).resting

    assert resting(UNPROVEN) == ()
    assert "messages" in resting(refusal(100))


def test_a_machine_that_is_not_reached_says_nothing() -> None:
    with pytest.raises(PlatformDown):
        access(account_of("facebook"), platform(refusal(2), refusal(190)))
