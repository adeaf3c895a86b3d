"""Google's reviews, answers and their moderation, and local posts, over HTTP."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agency.sandbox.google_replies import enveloped
from agency.sandbox.google_times import google_time
from tests.sandbox.google_world import LOCATION, GoogleWorld, google_sandbox

REVIEWS = f"mybusiness/v4/{LOCATION}/reviews"
POSTS = f"mybusiness/v4/{LOCATION}/localPosts"
SECOND = "accounts/11/locations/33"
BATCH = "mybusiness/v4/accounts/11/locations:batchGetReviews"


@pytest.fixture
def world(tmp_path: Path) -> Any:
    with google_sandbox(tmp_path) as made:
        yield made


def answer(world: GoogleWorld, review: str, text: str = "Dziękujemy") -> tuple[int, Any]:
    return world.call(f"{REVIEWS}/{review}/reply", "PUT", body={"comment": text})


def reply_of(world: GoogleWorld, review: str) -> Any:
    return world.call(f"{REVIEWS}/{review}")[1].get("reviewReply")


def ledger(world: GoogleWorld) -> list[tuple[str, str, str]]:
    entries = world.control("GET", "/ledger.json")["entries"]
    return [(line["action"], line["outcome"], line["answered"]) for line in entries]


@given(at=st.floats(min_value=0, max_value=4e9, allow_nan=False))
def test_times_have_three_digits_and_never_run_ahead(at: float) -> None:
    text = google_time(at)
    assert len(text) == len("2019-12-19T16:55:27.082Z")
    assert text <= google_time(at + 0.001)


def test_media_items_and_star_only_reviews(world: GoogleWorld) -> None:
    made = world.review(4, media=["photo", "video"])
    body = world.call(f"{REVIEWS}/{made}")[1]
    assert "comment" not in body
    photo, video = body["reviewMediaItems"]
    assert set(photo) == {"thumbnailUrl", "thumbnailLabel"}
    assert set(video) == {"thumbnailUrl", "thumbnailLabel", "videoUrl"}
    world.clock.move(1)
    world.control("PATCH", f"/items/{made}", {"media": ["photo"]})
    after = world.call(f"{REVIEWS}/{made}")[1]
    assert len(after["reviewMediaItems"]) == 1
    assert after["updateTime"] > body["updateTime"]


@pytest.mark.parametrize(
    ("layout", "comment"),
    [
        (None, "(Translated by Google) Cold room.\n\n(Original)\nZimny pokój."),
        ("original_first", "Zimny pokój.\n\n(Translated by Google)\nCold room."),
    ],
)
def test_a_translated_review_comes_in_its_envelope(world: GoogleWorld, layout: str | None, comment: str) -> None:
    made = world.review(2, text="Zimny pokój.", translation="Cold room.", translation_layout=layout)
    assert world.call(f"{REVIEWS}/{made}")[1]["comment"] == comment
    world.control("PATCH", f"/items/{made}", {"text": "Ciepły pokój."})
    assert world.call(f"{REVIEWS}/{made}")[1]["comment"] == "Ciepły pokój.", "what was edited is translated anew"


@given(st.text(min_size=1), st.text(min_size=1))
def test_both_envelopes_hold_both_texts(text: str, translation: str) -> None:
    assert enveloped(text, None) == text
    assert enveloped(text, translation).endswith(f"\n\n(Original)\n{text}")
    assert enveloped(text, translation, "original_first").startswith(f"{text}\n\n(Translated by Google)\n")


def test_an_answer_waits_on_the_moderation_clock(world: GoogleWorld) -> None:
    world.location(moderation_delay_seconds=3600)
    made = world.review()
    status, body = answer(world, made)
    assert (status, set(body)) == (200, {"comment", "updateTime"})
    assert reply_of(world, made)["reviewReplyState"] == "PENDING"
    world.control("POST", "/google/moderation", {"move_seconds": 3599})
    assert reply_of(world, made)["reviewReplyState"] == "PENDING"
    world.control("POST", "/google/moderation", {"move_seconds": 1})
    assert reply_of(world, made)["reviewReplyState"] == "APPROVED"
    assert "policyViolation" not in reply_of(world, made)


def test_moderation_is_held_and_let_go(world: GoogleWorld) -> None:
    made = world.review()
    world.control("POST", "/google/moderation", {"hold": True})
    answer(world, made)
    world.clock.move(1_000_000)
    assert reply_of(world, made)["reviewReplyState"] == "PENDING"
    waiting = world.control("GET", "/google/moderation")["waiting"]
    assert [(one["review"], one["text"]) for one in waiting] == [(made, "Dziękujemy")]
    world.control("POST", "/google/moderation", {"hold": False})
    assert reply_of(world, made)["reviewReplyState"] == "APPROVED"
    assert world.control("GET", "/google/moderation")["waiting"] == []


def test_an_answer_is_decided_on_command_and_again(world: GoogleWorld) -> None:
    made = world.review()
    answer(world, made)
    wish = {"review": made, "state": "REJECTED", "reason": "OFF_TOPIC"}
    world.control("POST", "/google/moderation", wish)
    assert (reply_of(world, made)["reviewReplyState"], reply_of(world, made)["policyViolation"]) == (
        "REJECTED",
        "OFF_TOPIC",
    )
    world.control("POST", "/google/moderation", {"review": made, "state": "APPROVED"})
    assert reply_of(world, made)["reviewReplyState"] == "APPROVED"
    assert "state must be one of" in world.refused("POST", "/google/moderation", {"review": made, "state": "MAYBE"})
    assert "no answer" in world.refused("POST", "/google/moderation", {"review": world.review(), "state": "APPROVED"})
    assert "no review" in world.refused("POST", "/google/moderation", {"review": "x", "state": "APPROVED"})


def test_answers_are_rejected_by_order_with_a_reason(world: GoogleWorld) -> None:
    world.misbehave("reject_replies", times=1, reason="REPETITIVE")
    first, second = world.review(), world.review()
    answer(world, first)
    answer(world, second)
    assert reply_of(world, first)["policyViolation"] == "REPETITIVE"
    assert reply_of(world, second)["reviewReplyState"] == "APPROVED"


@pytest.mark.parametrize(("keeps", "shown"), [(False, ("Two", "REJECTED")), (True, ("One", "APPROVED"))])
def test_whether_a_rejected_text_leaves_the_old_one_may_go_either_way(
    world: GoogleWorld, keeps: bool, shown: tuple[str, str]
) -> None:
    world.control("POST", "/google/project", {"rejection_keeps_previous": keeps, "put_tells_state": keeps})
    made = world.review()
    assert ("reviewReplyState" in answer(world, made, "One")[1]) == keeps
    world.misbehave("reject_replies")
    answer(world, made, "Two")
    reply = reply_of(world, made)
    assert (reply["comment"], reply["reviewReplyState"]) == shown


@pytest.mark.parametrize("drops", [False, True])
def test_whether_an_edit_drops_the_answer_may_go_either_way(world: GoogleWorld, drops: bool) -> None:
    world.control("POST", "/google/project", {"edit_drops_reply": drops})
    made = world.review(text="Zimno")
    answer(world, made)
    world.clock.move(5)
    world.control("PATCH", f"/items/{made}", {"text": "Ciepło"})
    body = world.call(f"{REVIEWS}/{made}")[1]
    assert ("reviewReply" not in body) == drops
    assert drops or body["updateTime"] > body["reviewReply"]["updateTime"]


def test_answers_from_before_moderation_and_from_other_tools(world: GoogleWorld) -> None:
    made = world.review(text="Miło")
    before = world.call(f"{REVIEWS}/{made}")[1]["updateTime"]
    world.clock.move(100)
    wish = {"platform": "google_business", "account": LOCATION, "item": made, "text": "Stare", "state": "none"}
    world.control("POST", "/answers", {**wish, "updated_at": "2020-10-17T06:49:49.916Z"})
    assert reply_of(world, made) == {"comment": "Stare", "updateTime": "2020-10-17T06:49:49.916Z"}
    rejected = {"text": "Inne", "state": "REJECTED", "policy_violation": "SPAM_OF_TOMORROW"}
    world.control("POST", "/answers", {**wish, **rejected, "translation": "Other"})
    assert reply_of(world, made)["comment"] == "(Translated by Google) Other\n\n(Original)\nInne"
    assert reply_of(world, made)["policyViolation"] == "SPAM_OF_TOMORROW"
    assert world.call(f"{REVIEWS}/{made}")[1]["updateTime"] == before, "an answer moves no review"
    assert ledger(world) == [], "what other tools write is none of ours"


def test_an_answer_may_be_lost_after_it_was_accepted(world: GoogleWorld) -> None:
    made = world.review()
    world.misbehave("lose_answer_after_accepting", times=1)
    with pytest.raises(ConnectionError):
        answer(world, made, "Raz")
    assert reply_of(world, made)["comment"] == "Raz"
    world.misbehave("error_after_accepting", times=1)
    assert answer(world, made, "Dwa")[0] == 503
    assert reply_of(world, made)["comment"] == "Dwa"
    world.misbehave("unavailable", times=1, applies_to="writes")
    assert answer(world, made, "Trzy")[0] == 503
    assert reply_of(world, made)["comment"] == "Dwa"
    assert ledger(world) == [
        ("reply_put", "applied", "lost"),
        ("reply_put", "applied", "error"),
        ("reply_put", "refused", "sent"),
    ]


def test_a_batch_of_fifty_is_one_stream_and_fails_whole(world: GoogleWorld) -> None:
    names = [f"accounts/11/locations/{number}" for number in range(100, 150)]
    made = []
    for name in names:
        world.location(name, access_token="google-access")
        world.clock.move(1)
        made.append((name, world.review(account=name)))
    body: dict[str, Any] = {"locationNames": names, "pageSize": 30}
    first = world.call(BATCH, "POST", body=body)[1]
    rest = world.call(BATCH, "POST", body={**body, "pageToken": first["nextPageToken"]})[1]
    found = [(one["name"], one["review"]["reviewId"]) for one in first["locationReviews"] + rest["locationReviews"]]
    assert found == made[::-1]
    assert set(rest) == {"locationReviews"}, "neither average nor count"
    assert world.call(BATCH, "POST", body={"locationNames": [*names, LOCATION]})[0] == 400, "50 at most"
    world.misbehave("lost_location", names[17])
    assert world.call(BATCH, "POST", body=body)[1]["error"]["status"] == "PERMISSION_DENIED"
    world.control("DELETE", "/misbehaviour")
    world.location(names[3], standing="unverified")
    assert world.call(BATCH, "POST", body=body)[0] == 400
    world.location(names[3], standing="verified")
    assert world.call(BATCH, "POST", body={"locationNames": [*names[:2], "accounts/11/locations/9"]})[0] == 404
    world.location("accounts/77/locations/88")
    assert world.call(BATCH, "POST", body={"locationNames": [names[0], "accounts/77/locations/88"]})[0] == 403


def test_an_idle_batch_is_an_empty_object(world: GoogleWorld) -> None:
    assert world.call(BATCH, "POST", body={"locationNames": [LOCATION]}) == (200, {})


def test_a_batch_may_be_held_to_the_account_in_its_path(world: GoogleWorld) -> None:
    path = "mybusiness/v4/accounts/99/locations:batchGetReviews"
    assert world.call(path, "POST", body={"locationNames": [LOCATION]})[0] == 200
    world.control("POST", "/google/project", {"batch_within_account": True})
    assert world.call(path, "POST", body={"locationNames": [LOCATION]})[0] == 400


def test_a_batch_sorts_by_stars_and_leaves_star_only_ones_out_if_asked(world: GoogleWorld) -> None:
    worst, best, bare = world.review(1, text="a"), world.review(5, text="b"), world.review(3)
    body = {"locationNames": [LOCATION], "orderBy": "rating"}
    ids = [one["review"]["reviewId"] for one in world.call(BATCH, "POST", body=body)[1]["locationReviews"]]
    assert ids == [worst, bare, best]
    body |= {"ignoreRatingOnlyReviews": True, "orderBy": "rating desc"}  # type: ignore[dict-item]
    ids = [one["review"]["reviewId"] for one in world.call(BATCH, "POST", body=body)[1]["locationReviews"]]
    assert ids == [best, worst]


@pytest.mark.parametrize("shifts", [False, True])
def test_pages_shift_by_order_when_something_new_comes(world: GoogleWorld, shifts: bool) -> None:
    made = []
    for _ in range(4):
        world.clock.move(1)
        made.append(world.review())
    if shifts:
        world.misbehave("shift_pages")
    first = world.call(REVIEWS, pageSize="2")[1]
    world.clock.move(1)
    world.review()
    second = world.call(REVIEWS, pageSize="2", pageToken=first["nextPageToken"])[1]
    seen = [one["reviewId"] for one in first["reviews"] + second["reviews"]]
    assert seen == ([made[3], made[2], made[2], made[1]] if shifts else made[::-1])


def test_large_pages_are_lowered_or_refused(world: GoogleWorld) -> None:
    for _ in range(51):
        world.review()
    assert len(world.call(REVIEWS, pageSize="100")[1]["reviews"]) == 50
    world.control("POST", "/google/project", {"refuse_large_pages": True})
    assert world.call(REVIEWS, pageSize="100")[0] == 400


# Local posts


def standard(**more: Any) -> dict[str, Any]:
    return {"topicType": "STANDARD", "languageCode": "en", "summary": "The app is slow today. We are on it.", **more}


def test_a_notice_is_made_read_changed_and_taken_down(world: GoogleWorld) -> None:
    world.location(post_delay_seconds=60)
    status, made = world.call(POSTS, "POST", body=standard())
    assert (status, made["state"]) == (200, "PROCESSING")
    path = f"mybusiness/v4/{made['name']}"
    world.control("POST", "/google/moderation", {"move_seconds": 60})
    assert world.call(path)[1]["state"] == "LIVE"
    change = {"summary": "All is well again.", "languageCode": "pl"}
    changed = world.call(path, "PATCH", body=change, updateMask="summary")[1]
    assert (changed["summary"], changed["languageCode"]) == ("All is well again.", "en")
    assert world.call(path, "PATCH", body=change)[0] == 400, "a mask is required"
    assert world.call(POSTS)[1]["localPosts"][0]["name"] == made["name"]
    assert world.call(path, "DELETE") == (200, {})
    assert world.call(path)[0] == world.call(path, "DELETE")[0] == 404
    assert world.call(POSTS) == (200, {})
    assert world.call(REVIEWS) == (200, {}), "a post is no review"
    assert [(action, outcome) for action, outcome, _ in ledger(world)] == [
        ("local_post", "applied"),
        ("local_post_edit", "applied"),
        ("local_post_edit", "refused"),
        ("local_post_delete", "applied"),
        ("local_post_delete", "refused"),
    ]


def test_states_of_a_post(world: GoogleWorld) -> None:
    later = google_time(world.clock.now + 100)
    event = {"title": "Open house", "schedule": {"startDate": {"year": 2026, "month": 12, "day": 1}}}
    recurring = {**event, "recurrenceInfo": {"dailyPattern": {}}}
    assert world.call(POSTS, "POST", body=standard())[1]["state"] == "LIVE"
    assert world.call(POSTS, "POST", body={"topicType": "EVENT", "event": recurring})[1]["state"] == "RECURRING"
    scheduled = world.call(POSTS, "POST", body=standard(scheduledTime=later))[1]
    assert scheduled["state"] == "SCHEDULED"
    world.clock.move(100)
    assert world.call(f"mybusiness/v4/{scheduled['name']}")[1]["state"] == "LIVE"
    world.misbehave("reject_posts", times=1)
    assert world.call(POSTS, "POST", body=standard())[1]["state"] == "REJECTED"


@pytest.mark.parametrize(
    "body",
    [
        {},
        [],
        {"summary": "no topic"},
        {"topicType": "STANDARD"},
        standard(summary="x" * 1501),
        standard(topicType="EVENT"),
        standard(topicType="ALERT"),
        standard(unknownField=1),
        standard(callToAction={"actionType": "LEARN_MORE"}),
        standard(callToAction={"actionType": "CALL", "url": "https://a.example"}),
        standard(media=[{"mediaFormat": "PHOTO"}]),
        standard(media=[{"mediaFormat": "PHOTO", "sourceUrl": "https://a.example/b.jpg", "name": "x"}]),
        standard(scheduledTime="soon"),
    ],
)
def test_what_google_refuses_to_post(world: GoogleWorld, body: Any) -> None:
    status, refused = world.call(POSTS, "POST", body=body)
    assert (status, refused["error"]["status"]) == (400, "INVALID_ARGUMENT")
    assert world.call(POSTS) == (200, {})


def test_a_location_that_may_not_post(world: GoogleWorld) -> None:
    world.location(posts_disabled=True)
    detail = world.call(POSTS, "POST", body=standard())[1]["error"]["details"][0]
    assert detail["@type"].endswith("google.mybusiness.v4.ValidationError")
    assert detail["errorDetails"][0]["message"] == "LOCATION_DISABLED_FOR_LOCAL_POST_API"


def test_posts_come_in_pages_and_the_same_words_twice_are_told(world: GoogleWorld) -> None:
    for _ in range(25):
        world.clock.move(1)
        world.call(POSTS, "POST", body=standard())
    first = world.call(POSTS)[1]
    rest = world.call(POSTS, pageToken=first["nextPageToken"])[1]
    assert (len(first["localPosts"]), len(rest["localPosts"])) == (20, 5)
    times = [one["createTime"] for one in first["localPosts"] + rest["localPosts"]]
    assert times == sorted(times, reverse=True)
    (double,) = world.control("GET", "/ledger.json")["duplicates"]
    assert (double["target"], len(double["seqs"])) == (LOCATION, 25)
