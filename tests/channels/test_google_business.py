"""Google's reviews: what a poll brings, what is checked before an answer overwrites another, what its errors mean."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from channels.errors import (
    ChannelError,
    ItemGone,
    OutcomeUnknown,
    PlatformDown,
    RateLimited,
    Refused,
    TargetChanged,
    TokenRevoked,
)
from channels.google_business import oauth
from channels.google_business.parse import split_translation
from channels.items import PublishedReply
from channels.protocol import ROUNDS_PER_POLL, Answer, ReplyTarget, Secret
from channels.registry import adapter_for
from channels.scripted_transport import ScriptedTransport, json_answer
from tests.channels.polling import Poller
from tests.channels.stand_ins import START, GoogleStandIn, account_of, minutes

ADAPTER = adapter_for("google_business")
ACCOUNT = account_of("google_business")


@pytest.fixture
def google() -> GoogleStandIn:
    return GoogleStandIn()


@pytest.fixture
def reader(google: GoogleStandIn) -> Poller:
    return Poller(ADAPTER, ACCOUNT, google)


def test_every_review_arrives_whatever_it_lacks(google: GoogleStandIn, reader: Poller) -> None:
    google.write("stars-only", None, START, "ONE")
    google.write("anonymous", "Nice", START + minutes(1), "FOUR")
    google.reviews["anonymous"]["reviewer"] = {"isAnonymous": True, "displayName": "A Google user"}
    google.write("odd", "Hm", START + minutes(2), "SIX")
    google.reviews["odd"].pop("reviewer")
    reader.poll(START + minutes(5))
    stars_only, anonymous, odd = (reader.stored[name] for name in ("stars-only", "anonymous", "odd"))
    assert (stars_only.text, stars_only.stars, stars_only.kind) == ("", 1, "review")
    assert stars_only.author is not None
    assert stars_only.author.name == "A. N."
    assert anonymous.author is None
    assert (odd.stars, odd.text) == (None, "Hm")
    assert stars_only.created_at == START + timedelta(milliseconds=123)


def test_a_location_without_reviews_is_an_empty_poll(reader: Poller) -> None:
    (page,) = reader.poll(START)
    assert (page.items, page.complete, page.full_sweep) == ((), True, True)


def test_an_idle_poll_is_one_request_and_stops_early(google: GoogleStandIn, reader: Poller) -> None:
    for number in range(220):
        google.write(f"r{number}", "x", START + timedelta(hours=number))
    reader.poll(START + timedelta(days=30))
    assert len(reader.stored) == 220
    reader.poll(START + timedelta(days=30, minutes=1))
    assert reader.calls == 1


def test_an_edited_review_comes_back_with_its_new_text_and_time(google: GoogleStandIn, reader: Poller) -> None:
    for number in range(120):
        google.write(f"r{number}", "x", START + minutes(number))
    reader.poll(START + timedelta(days=1))
    google.edit("r0", "On reflection: lovely", START + timedelta(days=1, minutes=2))
    reader.poll(START + timedelta(days=1, minutes=5))
    assert reader.stored["r0"].text == "On reflection: lovely"
    assert reader.stored["r0"].updated_at == START + timedelta(days=1, minutes=2)
    assert reader.stored["r0"].created_at < START + minutes(1)


def test_more_than_a_page_of_changes_between_two_polls(google: GoogleStandIn, reader: Poller) -> None:
    google.write("old", "x", START)
    reader.poll(START + minutes(1))
    for number in range(180):
        google.write(f"r{number}", "x", START + timedelta(days=1, seconds=number))
    reader.poll(START + timedelta(days=2))
    assert len(reader.stored) == 181


def test_a_page_that_fails_later_leaves_nothing_behind(google: GoogleStandIn, reader: Poller) -> None:
    for number in range(120):
        google.write(f"r{number}", "x", START + minutes(number))
    google.failing["pageToken=50"] = Answer(503, {}, b"")
    reader.poll(START + timedelta(days=1))
    assert not reader.pages[-1].complete
    assert [type(error) for error in reader.pages[-1].trouble] == [PlatformDown]
    google.failing.clear()
    reader.poll(START + timedelta(days=1, minutes=1))
    assert len(reader.stored) == 120


def test_an_answer_written_elsewhere_arrives_with_a_full_sweep(google: GoogleStandIn, reader: Poller) -> None:
    for number in range(120):
        google.write(f"r{number}", "x", START + timedelta(hours=number))
    now = START + timedelta(days=20)
    reader.poll(now)
    google.reply("r0", "Thanks from the owner's phone", now + minutes(1), "REJECTED")
    google.reviews["r0"]["reviewReply"]["policyViolation"] = "SOMETHING_NEW"
    reader.poll(now + minutes(2))
    assert reader.stored["r0"].reply is None
    reader.poll(now + timedelta(hours=7))
    reply = reader.stored["r0"].reply
    assert reply is not None
    assert (reply.text, reply.state, reply.violation) == ("Thanks from the owner's phone", "rejected", "SOMETHING_NEW")
    assert reader.pages[-1].full_sweep


@pytest.mark.parametrize(
    ("text", "original", "translation"),
    [
        ("(Translated by Google) Tasty\n\n(Original)\nPyszne", "Pyszne", "Tasty"),
        ("(Translated by Google) a\n\n(Original)\nb\n\nc", "b\n\nc", "a"),
        ("Pyszne (Translated by Google) x\n\n(Original)\ny", None, None),
        ("(Translated by Google) only this", None, None),
        ("(Translated by Google) x\n\n(Original)\n", None, None),
        ("(Translated by Google) \n\n(Original)\nPyszne", "Pyszne", None),
        ("Pyszne\n\n(Translated by Google)\nTasty", "Pyszne", "Tasty"),
        ("a\n\nb\n\n(Translated by Google)\nc\n\nd", "a\n\nb", "c\n\nd"),
        ("\n\n(Translated by Google)\nTasty", None, None),
        ("Pyszne (Translated by Google)\nTasty", None, None),
        ("", None, None),
    ],
)
def test_the_translation_is_split_off_only_where_both_marks_stand(
    text: str, original: str | None, translation: str | None
) -> None:
    assert split_translation(text) == (text if original is None else original, translation)


@pytest.mark.parametrize(
    ("state", "violation", "read"),
    [
        ("PENDING", None, ("pending", None)),
        ("APPROVED", None, ("published", None)),
        ("APPROVED", "OFF_TOPIC", ("published", None)),
        ("REJECTED", "REPETITIVE", ("rejected", "REPETITIVE")),
        ("REJECTED", "A_REASON_OF_2027", ("rejected", "A_REASON_OF_2027")),
        ("REJECTED", None, ("rejected", None)),
        (None, None, ("published", None)),
        ("REVIEW_REPLY_STATE_UNSPECIFIED", None, ("published", None)),
        ("A_STATE_OF_2027", None, ("published", None)),
    ],
)
def test_the_moderation_of_an_answer(
    google: GoogleStandIn, reader: Poller, state: str | None, violation: str | None, read: tuple[str, str | None]
) -> None:
    google.write("r", "Cold soup", START)
    google.reply("r", "Sorry", START + minutes(1), state)
    if violation:
        google.reviews["r"]["reviewReply"]["policyViolation"] = violation
    reader.poll(START + minutes(2))
    reply = reader.stored["r"].reply
    assert reply is not None
    assert (reply.state, reply.violation) == read


def test_googles_translation_of_our_answer_is_not_our_answer(google: GoogleStandIn, reader: Poller) -> None:
    google.write("r", "(Translated by Google) Cold soup\n\n(Original)\nZimna zupa", START)
    google.reply("r", "(Translated by Google) Sorry\n\n(Original)\nPrzepraszamy", START + minutes(1))
    reader.poll(START + minutes(2))
    item = reader.stored["r"]
    assert (item.text, item.translation) == ("Zimna zupa", "Cold soup")
    assert item.reply is not None
    assert item.reply.text == "Przepraszamy"


def test_pictures_and_videos_of_a_review_are_its_attachments(google: GoogleStandIn, reader: Poller) -> None:
    google.write("r", None, START)
    google.reviews["r"]["reviewMediaItems"] = [
        {"thumbnailUrl": "https://lh3.example/a", "thumbnailLabel": "Soup"},
        {"thumbnailUrl": "https://lh3.example/b", "videoUrl": "https://video.example/b"},
        {"thumbnailUrl": "javascript:alert(1)"},
        None,
        "odd",
    ]
    reader.poll(START + minutes(1))
    found = [(one.kind, one.url, one.title) for one in reader.stored["r"].attachments]
    assert found == [
        ("photo", "https://lh3.example/a", "Soup"),
        ("video", "https://video.example/b", None),
        ("photo", None, None),
    ]


def test_a_location_with_too_many_reviews_for_one_poll_is_read_to_the_end_of_the_poll_and_not_again(
    google: GoogleStandIn, reader: Poller
) -> None:
    """What lies behind the last page was not looked for, so nothing there counts as missing."""
    google.page_size = 1
    for number in range(ROUNDS_PER_POLL + 5):
        google.write(f"r{number}", "x", START + timedelta(hours=2 * number))
    now = START + timedelta(days=30)
    pages = reader.poll(now)
    assert (len(pages), pages[-1].complete, pages[-1].full_sweep) == (ROUNDS_PER_POLL, True, False)
    reader.poll(now + minutes(1))
    assert reader.calls == 2


def test_a_sweep_misses_what_was_deleted_and_a_direct_read_proves_it(google: GoogleStandIn, reader: Poller) -> None:
    for number in range(70):
        google.write(f"r{number}", "x", START + timedelta(hours=number))
    now = START + timedelta(days=20)
    reader.poll(now)
    del google.reviews["r1"]
    pages = reader.poll(now + timedelta(hours=7))
    assert pages[-1].full_sweep
    missing = set(reader.stored) - {item.external_id for page in pages for item in page.items}
    assert missing == {"r1"}
    exchanges = ScriptedTransport(google).fetch(ADAPTER.plan_presence(ACCOUNT, ["r1", "r2"]))
    assert {p.external_id: p.state for p in ADAPTER.read_presence(ACCOUNT, exchanges)} == {"r1": "gone", "r2": "there"}


def precheck(google: GoogleStandIn, text: str, seen: datetime | None = None) -> PublishedReply | None:
    target = ReplyTarget("r", "r", "review", seen_updated_at=seen)
    exchanges = ScriptedTransport(google).fetch(ADAPTER.plan_precheck(ACCOUNT, target))
    return ADAPTER.read_precheck(ACCOUNT, target, text, exchanges)


def test_the_check_before_publishing(google: GoogleStandIn) -> None:
    with pytest.raises(ItemGone):
        precheck(google, "Thanks")
    google.write("r", "Cold soup", START)
    seen = START + timedelta(milliseconds=123)
    assert precheck(google, "Thanks", seen) is None
    google.edit("r", "Colder soup", START + minutes(1))
    with pytest.raises(TargetChanged) as edited:
        precheck(google, "Thanks", seen)
    assert edited.value.reason == "edited"
    google.reply("r", "Somebody else's words", START + minutes(2))
    with pytest.raises(TargetChanged) as answered:
        precheck(google, "Thanks", START + minutes(1))
    assert answered.value.reason == "answered_elsewhere"
    google.reply("r", "Thanks", START + minutes(3), "PENDING")
    assert precheck(google, "Thanks", START + minutes(1)) == PublishedReply("r", None, "pending")
    google.reply("r", "Thanks", START + minutes(3), "REJECTED")
    assert precheck(google, "Thanks", START + minutes(1)) is None


def test_accepted_is_not_yet_published(google: GoogleStandIn) -> None:
    google.write("r", "Cold soup", START)
    target = ReplyTarget("r", "r", "review")
    answer = ScriptedTransport(google).send(ADAPTER.publish_reply(ACCOUNT, target, "Thanks"))
    assert ADAPTER.read_publish(ACCOUNT, target, answer).state == "pending"
    told = json_answer({"comment": "Thanks", "reviewReplyState": "APPROVED"})
    assert ADAPTER.read_publish(ACCOUNT, target, told).state == "published"


def test_another_answer_in_our_place_cannot_be_told(google: GoogleStandIn) -> None:
    google.write("r", "Cold soup", START)
    google.reply("r", "Other words", datetime.now(UTC))
    target, sent_at = ReplyTarget("r", "r", "review"), datetime.now(UTC)
    exchanges = ScriptedTransport(google).fetch(ADAPTER.plan_find_our_reply(ACCOUNT, target, "Thanks", sent_at=sent_at))
    found = ADAPTER.read_find_our_reply(ACCOUNT, target, "Thanks", exchanges, sent_at=sent_at)
    assert (found.state, found.reason) == ("cannot_tell", "other_reply")


def failure(http: int, status: str, *details: dict[str, Any], message: str = "words") -> Answer:
    return json_answer({"error": {"code": http, "status": status, "message": message, "details": list(details)}}, http)


QUOTA = {"reason": "RATE_LIMIT_EXCEEDED", "metadata": {"quota_limit_value": "300"}}


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (failure(429, "RESOURCE_EXHAUSTED", QUOTA), RateLimited),
        (failure(429, "RESOURCE_EXHAUSTED", {"metadata": {"quota_limit_value": "0"}}), Refused),
        (failure(403, "PERMISSION_DENIED", {"reason": "SERVICE_DISABLED"}), Refused),
        (failure(403, "PERMISSION_DENIED", {"reason": "ACCESS_TOKEN_SCOPE_INSUFFICIENT"}), TokenRevoked),
        (failure(403, "PERMISSION_DENIED"), TokenRevoked),
        (failure(401, "UNAUTHENTICATED"), TokenRevoked),
        (failure(404, "NOT_FOUND"), ItemGone),
        (failure(400, "INVALID_ARGUMENT"), Refused),
        (failure(400, "FAILED_PRECONDITION"), Refused),
        (failure(500, "INTERNAL"), OutcomeUnknown),
        (failure(503, "UNAVAILABLE"), OutcomeUnknown),
        (failure(409, "ABORTED"), OutcomeUnknown),
    ],
)
def test_what_googles_refusals_of_a_write_mean(answer: Answer, error: type[ChannelError]) -> None:
    with pytest.raises(error) as caught:
        ADAPTER.read_publish(ACCOUNT, ReplyTarget("r", "r", "review"), answer)
    assert type(caught.value) is error


def test_a_validation_error_is_told_in_its_own_words() -> None:
    details = {"@type": "ValidationError", "errorDetails": [{"code": 3, "message": "Reply is too long."}]}
    with pytest.raises(Refused) as caught:
        ADAPTER.read_publish(
            ACCOUNT, ReplyTarget("r", "r", "review"), failure(400, "INVALID_ARGUMENT", details, message="Bad.")
        )
    assert caught.value.message == "Reply is too long."


@pytest.mark.parametrize("answer", [failure(404, "NOT_FOUND"), failure(500, "INTERNAL"), Answer(200, {}, b"<html>")])
def test_a_list_that_fails_is_tried_again(reader: Poller, answer: Answer) -> None:
    reader.platform = lambda request: answer
    with pytest.raises(PlatformDown):
        reader.poll(START)


def test_a_location_of_another_shape_makes_no_request() -> None:
    account = account_of("google_business")
    object.__setattr__(account, "external_id", "accounts/1/locations/2/../../3")
    with pytest.raises(Refused):
        ADAPTER.plan_poll(account, None, now=START)


def test_access_tokens_end_before_google_ends_them() -> None:
    given: list[Secret] = []
    time = [0.0]

    def renew(refresh_token: Secret) -> oauth.AccessToken:
        given.append(Secret(f"access-{len(given)}"))
        return oauth.AccessToken(given[-1], 3600)

    tokens = oauth.AccessTokens(renew, clock=lambda: time[0])
    refresh = Secret("refresh")
    first = tokens.get(refresh)
    time[0] = 3600 - oauth.EARLY_SECONDS - 1
    assert tokens.get(refresh) == first
    time[0] = 3600 - oauth.EARLY_SECONDS
    second = tokens.get(refresh)
    assert second != first
    tokens.forget(refresh, first)
    assert tokens.get(refresh) == second
    tokens.forget(refresh, second)
    assert tokens.get(refresh) != second
    assert len(given) == 3


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (json_answer({"error": "invalid_grant", "error_description": "Bad Request"}, 400), TokenRevoked),
        (json_answer({"error": "invalid_client"}, 401), Refused),
        (json_answer({"error": "temporarily_unavailable"}, 400), PlatformDown),
        (Answer(503, {}, b"<html>"), PlatformDown),
        (Answer(429, {}, b""), RateLimited),
        (Answer(200, {}, b"[]"), PlatformDown),
        (json_answer({"access_token": "żółw"}), PlatformDown),
    ],
)
def test_what_the_token_service_says(answer: Answer, error: type[ChannelError]) -> None:
    with pytest.raises(error):
        oauth.read_refresh(answer)
