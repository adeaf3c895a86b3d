"""Changing and taking back the one answer of a review, never another's; and notices of the business's own."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from channels.capabilities import PublishesNotices
from channels.errors import ChannelError, ItemGone, OutcomeUnknown, PlatformDown, RateLimited, Refused, TargetChanged
from channels.google_business import parse
from channels.items import PublishedReply, ReadBack
from channels.protocol import Answer, Deed, Exchange, ReplyTarget
from channels.registry import able, adapter_for
from channels.scripted_transport import ScriptedTransport, json_answer
from tests.channels.google_stand_ins import Profile, refusal
from tests.channels.stand_ins import START, account_of, minutes

ADAPTER = adapter_for("google_business")
ACCOUNT = account_of("google_business")
OURS, NEWER, FOREIGN = "Dziękujemy!", "Dziękujemy & przepraszamy!", "Written on the owner's phone"
DEEDS: tuple[Deed, ...] = ("reply", "edit_reply", "withdraw_reply")


def notices() -> PublishesNotices:
    found = able("google_business", PublishesNotices)  # type: ignore[type-abstract]
    assert found is not None
    return found


@pytest.fixture
def google() -> Profile:
    google = Profile()
    google.write("r", "Zimna zupa", START)
    return google


def target_of(deed: Deed, seen: datetime | None = None) -> ReplyTarget:
    our_text = OURS if deed != "reply" else None
    our_id = "r" if deed != "reply" else None
    return ReplyTarget("r", "r", "review", seen_updated_at=seen, deed=deed, our_external_id=our_id, our_text=our_text)


def precheck(google: Any, deed: Deed, text: str = NEWER, seen: datetime | None = None) -> PublishedReply | None:
    target = target_of(deed, seen)
    exchanges = ScriptedTransport(google).fetch(ADAPTER.plan_precheck(ACCOUNT, target))
    return ADAPTER.read_precheck(ACCOUNT, target, text, exchanges)


def publish(google: Any, deed: Deed, text: str = NEWER) -> PublishedReply:
    target = target_of(deed)
    answer = ScriptedTransport(google).send(ADAPTER.publish_reply(ACCOUNT, target, text))
    return ADAPTER.read_publish(ACCOUNT, target, answer)


def find(google: Any, deed: Deed, text: str = NEWER, sent_at: datetime | None = None) -> ReadBack:
    target, sent_at = target_of(deed), sent_at or datetime.now(UTC)
    requests = ADAPTER.plan_find_our_reply(ACCOUNT, target, text, sent_at=sent_at)
    exchanges = ScriptedTransport(google).fetch(requests)
    return ADAPTER.read_find_our_reply(ACCOUNT, target, text, exchanges, sent_at=sent_at)


def test_the_deeds_are_told() -> None:
    assert ADAPTER.traits.deeds == set(DEEDS)


@pytest.mark.parametrize("state", [None, "APPROVED", "PENDING", "REJECTED"])
def test_our_own_answer_is_changed_whatever_its_moderation(google: Profile, state: str | None) -> None:
    google.reply("r", OURS, START + minutes(1), state)
    assert precheck(google, "edit_reply") is None
    assert publish(google, "edit_reply").state == "pending"
    assert google.reviews["r"]["reviewReply"]["comment"] == NEWER
    assert find(google, "edit_reply").state == "found"


@pytest.mark.parametrize("state", [None, "APPROVED", "PENDING", "REJECTED"])
@pytest.mark.parametrize("deed", ["edit_reply", "withdraw_reply"])
def test_a_foreign_answer_is_neither_changed_nor_taken_back(google: Profile, deed: Deed, state: str | None) -> None:
    google.reply("r", FOREIGN, START + minutes(1), state)
    with pytest.raises(TargetChanged) as caught:
        precheck(google, deed)
    assert caught.value.reason == "answered_elsewhere"


@pytest.mark.parametrize("state", [None, "APPROVED", "PENDING"])
def test_a_foreign_answer_is_not_replaced_by_a_new_one(google: Profile, state: str | None) -> None:
    google.reply("r", FOREIGN, START + minutes(1), state)
    with pytest.raises(TargetChanged):
        precheck(google, "reply")


@pytest.mark.parametrize("deed", ["edit_reply", "withdraw_reply"])
def test_who_does_not_know_our_words_touches_nothing(google: Profile, deed: Deed) -> None:
    google.reply("r", OURS, START + minutes(1))
    target = ReplyTarget("r", "r", "review", deed=deed)
    exchanges = ScriptedTransport(google).fetch(ADAPTER.plan_precheck(ACCOUNT, target))
    with pytest.raises(TargetChanged):
        ADAPTER.read_precheck(ACCOUNT, target, NEWER, exchanges)


def test_what_stands_already_is_not_written_again(google: Profile) -> None:
    google.reply("r", NEWER, START + minutes(1), "PENDING")
    for deed in ("reply", "edit_reply"):
        assert precheck(google, deed) == PublishedReply("r", None, "pending")  # type: ignore[arg-type]


@pytest.mark.parametrize("deed", ["reply", "edit_reply"])
def test_the_same_words_that_were_rejected_are_no_success(google: Profile, deed: Deed) -> None:
    """Nobody sees them: taken for published they would stay so for ever. They are written again, and judged anew."""
    google.reply("r", NEWER, START + minutes(1), "REJECTED")
    assert precheck(google, deed) is None


def test_an_answer_taken_back_elsewhere_is_not_written_again_by_a_change(google: Profile) -> None:
    with pytest.raises(ItemGone):
        precheck(google, "edit_reply")


def test_a_change_of_an_answer_to_an_edited_review_is_decided_anew(google: Profile) -> None:
    google.reply("r", OURS, START + minutes(1))
    google.edit("r", "Zupa wcale nie zimna", START + minutes(2))
    with pytest.raises(TargetChanged) as caught:
        precheck(google, "edit_reply", seen=START + timedelta(milliseconds=123))
    assert caught.value.reason == "edited"
    assert precheck(google, "withdraw_reply", seen=START + timedelta(milliseconds=123)) is None


def test_the_moment_we_saw_and_the_same_moment_in_milliseconds_are_one(google: Profile) -> None:
    """Our clock has microseconds, the wire mostly fewer: rounding is no edit; a millisecond later is one."""
    current = parse.read_review(google.reviews["r"]).updated_at
    assert current is not None
    assert precheck(google, "reply", seen=current - timedelta(microseconds=999)) is None
    assert precheck(google, "reply", seen=current + timedelta(days=1)) is None
    with pytest.raises(TargetChanged):
        precheck(google, "reply", seen=current - timedelta(milliseconds=1))


def test_the_same_words_from_before_we_sent_are_not_what_we_sent(google: Profile) -> None:
    sent_at = START + timedelta(hours=1)
    google.reply("r", NEWER, sent_at - timedelta(minutes=30))
    for deed in ("reply", "edit_reply"):
        found = find(google, deed, sent_at=sent_at)  # type: ignore[arg-type]
        assert (found.state, found.reason) == ("cannot_tell", "other_reply"), deed
    google.reply("r", NEWER, sent_at)
    assert find(google, "reply", sent_at=sent_at).state == "found"


def test_a_review_that_is_gone_tells_nothing_of_the_answer(google: Profile) -> None:
    """Sent again it would fail; taken for absent it would be sent again."""
    del google.reviews["r"]
    for deed in DEEDS:
        found = find(google, deed)
        assert (found.state, found.reason) == ("cannot_tell", "thread_gone"), deed


@pytest.mark.parametrize(
    ("told", "state"),
    [
        ({"comment": NEWER, "reviewReplyState": "APPROVED"}, "published"),
        ({"comment": NEWER, "reviewReplyState": "REJECTED"}, "rejected"),
        ({"comment": NEWER, "reviewReplyState": "PENDING"}, "pending"),
        ({"comment": NEWER, "reviewReplyState": "LATER"}, "pending"),
        ({"comment": NEWER}, "pending"),
        ({}, None),
        ({"updateTime": "2026-11-22T00:00:00Z"}, None),
    ],
)
def test_what_the_platform_answers_to_writing(told: dict[str, str], state: str | None) -> None:
    """Where moderation says at once, that counts; where no answer stands in the answer, only looking tells."""
    if state is None:
        with pytest.raises(OutcomeUnknown):
            ADAPTER.read_publish(ACCOUNT, target_of("reply"), json_answer(told))
    else:
        assert ADAPTER.read_publish(ACCOUNT, target_of("reply"), json_answer(told)).state == state


def test_our_answer_is_taken_back_once(google: Profile) -> None:
    google.reply("r", OURS, START + minutes(1))
    assert precheck(google, "withdraw_reply") is None
    assert find(google, "withdraw_reply").state == "absent"
    assert publish(google, "withdraw_reply").platform_id == "r"
    assert "reviewReply" not in google.reviews["r"]
    assert find(google, "withdraw_reply").state == "found"
    assert precheck(google, "withdraw_reply") == PublishedReply("r", None, "published")
    with pytest.raises(OutcomeUnknown):
        publish(google, "withdraw_reply")


def test_a_lost_answer_to_a_change_is_told_by_looking(google: Profile) -> None:
    google.reply("r", OURS, datetime.now(UTC))
    assert find(google, "edit_reply").state == "absent"
    google.reply("r", FOREIGN, datetime.now(UTC))
    for deed in DEEDS:
        found = find(google, deed)
        assert (found.state, found.reason) == ("cannot_tell", "other_reply")
    del google.reviews["r"]["reviewReply"]
    assert find(google, "edit_reply").reason == "reply_gone"
    assert find(google, "reply").state == "absent"


def test_published_is_what_moderation_says(google: Profile) -> None:
    publish(google, "reply")
    told = []
    for state in ("PENDING", "APPROVED", "REJECTED"):
        google.reply("r", NEWER, datetime.now(UTC), state)
        found = find(google, "reply")
        assert found.reply is not None
        told.append((found.state, found.reply.state))
    assert told == [("found", "pending"), ("found", "published"), ("found", "rejected")]


@pytest.mark.parametrize("deed", ["reply", "edit_reply"])
def test_bytes_are_counted_and_told(deed: Deed) -> None:
    text = "ą" * 2_048
    sent = ADAPTER.publish_reply(ACCOUNT, target_of(deed), text)
    assert sent.json == {"comment": text}
    with pytest.raises(Refused) as caught:
        ADAPTER.publish_reply(ACCOUNT, target_of(deed), text + "ń")
    assert "4098 bytes" in caught.value.message
    assert "4096" in caught.value.message


def test_other_deeds_are_refused_and_make_no_request() -> None:
    with pytest.raises(Refused):
        ADAPTER.publish_reply(ACCOUNT, ReplyTarget("r", "r", "review", deed="private_reply"), NEWER)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=6) | st.sampled_from([OURS, NEWER, "REJECTED"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                [
                    "reviewId",
                    "updateTime",
                    "comment",
                    "reviewReply",
                    "reviewReplyState",
                    "localPosts",
                    "name",
                    "summary",
                    "createTime",
                    "state",
                    "nextPageToken",
                    "error",
                ]
            ),
            inner,
            max_size=7,
        )
    ),
    max_leaves=25,
)


@settings(deadline=None)
@given(value=json_values, deed=st.sampled_from(DEEDS), status=st.sampled_from([200, 400, 404, 500]))
def test_any_answer_is_success_refusal_or_doubt(value: Any, deed: Deed, status: int) -> None:
    answer = json_answer(value, status)
    target = target_of(deed)
    for read in (
        lambda: ADAPTER.read_publish(ACCOUNT, target, answer),
        lambda: notices().read_notice(ACCOUNT, NEWER, answer),
        lambda: precheck(lambda request: answer, deed),
    ):
        try:
            read()
        except ChannelError:
            continue
    assert find(lambda request: answer, deed).state in ("found", "absent", "cannot_tell")
    (request,) = notices().plan_find_notice(ACCOUNT, NEWER, sent_at=START)
    notices().read_find_notice(ACCOUNT, NEWER, [Exchange(request, answer)], sent_at=START)


# --- notices ---


def find_notice(google: Any, text: str, sent_at: datetime) -> ReadBack:
    transport = ScriptedTransport(google)
    requests = notices().plan_find_notice(ACCOUNT, text, sent_at=sent_at)
    exchanges: list[Exchange] = []
    while True:
        exchanges += transport.fetch(requests)
        found = notices().read_find_notice(ACCOUNT, text, exchanges, sent_at=sent_at)
        if not found.more:
            return found
        requests = list(found.more)


def test_a_notice_is_posted_found_on_any_page_and_taken_away(google: Profile) -> None:
    google.posts_page_size = 1
    before = datetime.now(UTC)
    transport = ScriptedTransport(google)
    assert find_notice(google, "Closed today", before).state == "absent"
    request = notices().publish_notice(ACCOUNT, "Closed today", "https://pennywell.example/status")
    published = notices().read_notice(ACCOUNT, "Closed today", transport.send(request))
    assert published.state == "pending"
    assert request.json == {
        "topicType": "STANDARD",
        "summary": "Closed today",
        "callToAction": {"actionType": "LEARN_MORE", "url": "https://pennywell.example/status"},
    }
    google.posts.insert(
        0, {"name": "accounts/1/locations/2/localPosts/9", "summary": "Old", "createTime": "2026-01-01"}
    )
    found = find_notice(google, "Closed today", before)
    assert (found.state, found.platform_ids) == ("found", (published.platform_id,))
    google.posts[-1]["state"] = "REJECTED"
    rejected = find_notice(google, "Closed today", before).reply
    assert rejected is not None
    assert rejected.state == "rejected"
    transport.send(notices().withdraw_notice(ACCOUNT, published.platform_id))
    assert find_notice(google, "Closed today", before).state == "absent"


@pytest.mark.parametrize(
    ("state", "read"), [("LIVE", "published"), ("REJECTED", "rejected"), ("NEW_IN_2027", "pending")]
)
def test_the_state_of_a_notice(state: str, read: str) -> None:
    answer = json_answer({"name": "accounts/1/locations/2/localPosts/7", "state": state})
    published = notices().read_notice(ACCOUNT, "x", answer)
    assert (published.platform_id, published.state) == ("7", read)


def test_a_notice_too_long_or_with_a_doubtful_link_makes_no_request() -> None:
    notices().publish_notice(ACCOUNT, "ł" * 1_500, None)
    with pytest.raises(Refused) as caught:
        notices().publish_notice(ACCOUNT, "ł" * 1_501, None)
    assert "1501 characters" in caught.value.message
    with pytest.raises(Refused):
        notices().publish_notice(ACCOUNT, "x", "javascript:alert(1)")


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (Answer(200, {}, b""), OutcomeUnknown),
        (json_answer({"state": "LIVE"}), OutcomeUnknown),
        (Answer(503, {}, b""), OutcomeUnknown),
        (refusal(429, "RESOURCE_EXHAUSTED"), RateLimited),
        (refusal(400, "INVALID_ARGUMENT"), Refused),
    ],
)
def test_an_unclear_answer_to_a_notice_is_no_success(answer: Answer, error: type[ChannelError]) -> None:
    with pytest.raises(error):
        notices().read_notice(ACCOUNT, "x", answer)


def test_a_notice_that_cannot_be_looked_for_cannot_be_told() -> None:
    for failure in (PlatformDown("x"), refusal(404, "NOT_FOUND"), Answer(200, {}, json.dumps([]).encode())):
        assert find_notice(lambda request, failure=failure: failure, "x", START).state == "cannot_tell"
