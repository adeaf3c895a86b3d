"""The pages of Google's half: a customer's review with pictures, faults of a location, the project's switches."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.sandbox.google_world import LOCATION, GoogleWorld, google_sandbox

REVIEWS = f"mybusiness/v4/{LOCATION}/reviews"
SERVICES = [
    "mybusinessaccountmanagement.googleapis.com",
    "mybusinessbusinessinformation.googleapis.com",
    "mybusinessnotifications.googleapis.com",
    "mybusinessverifications.googleapis.com",
    "mybusiness.googleapis.com",
]


@pytest.fixture
def world(tmp_path: Path) -> Any:
    with google_sandbox(tmp_path) as made:
        yield made


def number(world: GoogleWorld) -> int:
    return int(world.control("GET", "/accounts")["accounts"][0]["number"])


def submit(world: GoogleWorld, path: str, **fields: Any) -> int:
    return world.app.test_client().post(path, data=fields).status_code


def page(world: GoogleWorld, path: str = "/google-side") -> str:
    status, _, body = world.http("GET", path)
    assert status == 200
    return body.decode()


def only(world: GoogleWorld) -> Any:
    (review,) = world.call(REVIEWS)[1]["reviews"]
    return review


def test_a_customer_leaves_stars_alone_then_pictures_then_takes_it_back(world: GoogleWorld) -> None:
    place = f"/customers/{number(world)}"
    assert submit(world, f"{place}/write", kind="review", author="Ewa", stars="4", text="") == 303
    review = only(world)
    assert "comment" not in review
    assert "reviewMediaItems" not in review
    world.clock.move(1)
    fields = {"item": review["reviewId"], "text": "Zimno", "stars": "2", "photos": "2", "video": "1"}
    assert submit(world, f"{place}/change", **fields) == 303
    after = only(world)
    assert (after["starRating"], after["comment"], len(after["reviewMediaItems"])) == ("TWO", "Zimno", 3)
    assert after["updateTime"] > review["updateTime"]
    assert "3 pictures or films" in page(world, place)
    assert submit(world, f"{place}/delete", item=review["reviewId"]) == 303
    assert world.call(REVIEWS) == (200, {})


def test_a_customer_writes_in_another_language(world: GoogleWorld) -> None:
    fields = {"kind": "review", "author": "Ewa", "stars": "4", "text": "Miło", "translation": "Nice"}
    submit(world, f"/customers/{number(world)}/write", **fields)
    assert only(world)["comment"] == "(Translated by Google) Nice\n\n(Original)\nMiło"


def test_faults_of_a_location_are_picked_with_their_reason(world: GoogleWorld) -> None:
    place = f"/faults/{number(world)}"
    assert submit(world, place, kind="reject_replies", reason="OFF_TOPIC", times="1") == 303
    made = world.review()
    world.call(f"{REVIEWS}/{made}/reply", "PUT", body={"comment": "Dzięki"})
    assert only(world)["reviewReply"]["policyViolation"] == "OFF_TOPIC"
    for kind in ("zero_quota", "lost_location", "unverified", "suspended", "refuse_mask", "unavailable"):
        assert submit(world, place, kind=kind) == 303
    assert world.call(REVIEWS)[0] != 200


def test_answers_are_approved_and_rejected_by_hand(world: GoogleWorld) -> None:
    assert submit(world, "/google-side/moderation", action="hold") == 303
    made = world.review()
    world.call(f"{REVIEWS}/{made}/reply", "PUT", body={"comment": "<b>Dzięki</b>"})
    assert "&lt;b&gt;Dzięki" in page(world)
    submit(world, "/google-side/moderation", review=made, state="REJECTED", reason="REPETITIVE")
    assert only(world)["reviewReply"]["policyViolation"] == "REPETITIVE"
    assert "Nothing waits" in page(world)
    assert submit(world, "/google-side/moderation", review="none", state="APPROVED") == 400
    assert submit(world, "/google-side/moderation", action="let_go") == 303
    assert "Moderation runs" in page(world)


def test_the_project_is_set_as_its_boxes_say(world: GoogleWorld) -> None:
    assert submit(world, "/google-side/project", approved="1", services=SERVICES[:4], quota_per_minute="") == 303
    assert world.call(REVIEWS)[1]["error"]["details"][0]["reason"] == "SERVICE_DISABLED"
    facts = world.control("GET", "/google/project")
    assert (facts["approved"], facts["quota_per_minute"], facts["edit_drops_reply"]) == (True, None, False)
    submit(world, "/google-side/project", services=SERVICES, quota_per_minute="300", edit_drops_reply="1")
    assert world.call(REVIEWS)[0] == 429
    assert world.control("GET", "/google/project")["edit_drops_reply"] is True


def test_people_tokens_logins_and_pushes(world: GoogleWorld) -> None:
    tokens = world.log_in()
    submit(world, "/google-side/withdraw", person="owner@sandbox.example")
    assert world.refresh(tokens["refresh_token"])[0] == 400
    submit(world, "/google-side/tokens", account=number(world), cause="session_control")
    assert world.refresh("google-refresh")[1]["error_subtype"] == "invalid_rapt"
    assert submit(world, "/google-side/tokens", account=number(world) + 99, cause="revoked") == 400
    submit(world, "/google-side/login", error="org_internal")
    assert world.consent()[1]["error"] == "org_internal"  # type: ignore[index]
    submit(world, "/google-side/pushes", fault="expired", times="2")
    assert world.control("GET", "/google/subscription")["fault"] == {"fault": "expired", "times": 2}
    before = world.http("GET", "/google/certs")[2]
    submit(world, "/google-side/pushes", action="rotate", forget_old="1")
    assert world.http("GET", "/google/certs")[2] != before
    assert "No account asked for pushes yet" in page(world)
