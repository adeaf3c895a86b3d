"""A sandbox told to misbehave; the ledger always knows the truth."""

from __future__ import annotations

import json
from typing import Any

import pytest

from agency.sandbox.wire import AnswerLost
from tests.sandbox.conftest import LOCATION, PAGE, PROFILE, Sandbox

REVIEWS = f"mybusiness/v4/{LOCATION}/reviews"


@pytest.fixture
def comment(sandbox: Sandbox) -> str:
    return sandbox.item("comment", platform="facebook", account=PAGE, author="Ada", text="Hello")


@pytest.fixture
def review(sandbox: Sandbox) -> str:
    return sandbox.item("review", platform="google_business", account=LOCATION, author="Ewa", stars=1, text="Zimno")


def test_a_lost_answer_was_applied_once_and_the_next_one_arrives(sandbox: Sandbox, comment: str) -> None:
    sandbox.misbehave("lose_answer_after_accepting", account=PAGE, times=1)
    with pytest.raises(AnswerLost):
        sandbox.graph(f"{comment}/comments", "POST", message="Sorry")
    (line,) = sandbox.ledger()
    assert (line["outcome"], line["answered"], line["status"], line["text"]) == ("applied", "lost", None, "Sorry")
    (answer,) = sandbox.graph(f"{comment}/comments", fields="id,message")[1]["data"]
    assert answer == {"id": line["result_id"], "message": "Sorry"}
    assert sandbox.graph(f"{comment}/comments", "POST", message="Sorry")[0] == 200
    (double,) = sandbox.control("GET", "/ledger.json")["duplicates"]
    assert (double["target"], double["seqs"]) == (comment, [1, 2])


def test_an_error_after_accepting_hides_a_write_that_was_applied(sandbox: Sandbox, comment: str, review: str) -> None:
    sandbox.misbehave("error_after_accepting", times=2)
    status, body, _ = sandbox.graph(f"{comment}/comments", "POST", message="Sorry")
    assert (status, body["error"]["code"]) == (500, 2)
    assert sandbox.google(f"{REVIEWS}/{review}/reply", "PUT", json={"comment": "Przykro nam"})[0] == 503
    assert sandbox.google(f"{REVIEWS}/{review}")[1]["reviewReply"]["comment"] == "Przykro nam"
    assert [(line["outcome"], line["answered"]) for line in sandbox.ledger()] == [("applied", "error")] * 2


@pytest.mark.parametrize(("kind", "status"), [("server_error", 500), ("html_502", 502)])
def test_errors_before_anything_is_done(sandbox: Sandbox, comment: str, review: str, kind: str, status: int) -> None:
    sandbox.misbehave(kind, applies_to="writes")
    assert sandbox.graph(comment)[0] == 200
    assert sandbox.graph(f"{comment}/comments", "POST", message="Sorry")[0] == status
    assert sandbox.google(f"{REVIEWS}/{review}/reply", "PUT", json={"comment": "x"})[0] == status
    assert [line["outcome"] for line in sandbox.ledger()] == ["refused", "refused"]
    assert sandbox.graph(f"{comment}/comments")[1]["data"] == []


def test_throttling_speaks_each_platform_s_words(sandbox: Sandbox, comment: str, review: str) -> None:
    sandbox.misbehave("throttle", minutes=7, for_seconds=60)
    status, body, headers = sandbox.graph(comment)
    assert (status, body["error"]["code"]) == (403, 80001)
    (use,) = json.loads(headers["X-Business-Use-Case-Usage"])[PAGE]
    assert (use["type"], use["call_count"], use["estimated_time_to_regain_access"]) == ("pages", 100, 7)
    assert sandbox.graph(PROFILE, host="instagram")[1]["error"]["code"] == 80002
    status, error = sandbox.google(REVIEWS)
    assert (status, error["error"]["status"]) == (429, "RESOURCE_EXHAUSTED")
    assert error["error"]["details"][0]["reason"] == "RATE_LIMIT_EXCEEDED"
    sandbox.clock.move(61)
    assert sandbox.graph(comment)[0] == 200
    sandbox.misbehave("app_throttle", times=1)
    assert sandbox.graph(comment)[1]["error"]["code"] == 4


def test_a_revoked_token_is_refused_until_the_order_is_taken_back(sandbox: Sandbox, comment: str) -> None:
    sandbox.misbehave("revoke_token", account=PAGE)
    sandbox.misbehave("revoke_token", account=LOCATION)
    error = sandbox.graph(comment)[1]["error"]
    assert (error["code"], error["error_subcode"]) == (190, 460)
    assert sandbox.google(REVIEWS)[0] == 401
    form = {"grant_type": "refresh_token", "refresh_token": "google-refresh"}
    form |= {"client_id": "sandbox.apps.example", "client_secret": "sandbox-google"}
    assert sandbox.client.post("/google/token", data=form).get_json()["error"] == "invalid_grant"
    assert sandbox.graph(PROFILE, host="instagram")[0] == 200, "another account's token lives"
    assert sandbox.control("DELETE", "/misbehaviour") == {"cleared": 2}
    assert sandbox.graph(comment)[0] == 200
    assert sandbox.client.post("/google/token", data=form).status_code == 200


def test_a_lost_location_is_a_refusal_that_is_not_about_the_token(sandbox: Sandbox, comment: str) -> None:
    sandbox.misbehave("lost_location")
    assert sandbox.google(REVIEWS)[1]["error"]["status"] == "PERMISSION_DENIED"
    assert sandbox.graph(comment)[1]["error"]["error_subcode"] == 492


def test_what_was_written_may_show_up_late(sandbox: Sandbox, comment: str, review: str) -> None:
    sandbox.misbehave("visibility_lag", seconds=20, who="ours")
    ours = sandbox.graph(f"{comment}/comments", "POST", message="Sorry")[1]["id"]
    sandbox.google(f"{REVIEWS}/{review}/reply", "PUT", json={"comment": "Przykro nam"})
    theirs = sandbox.item("comment", platform="facebook", account=PAGE, author="Ada", text="More")
    assert sandbox.graph(theirs)[0] == 200
    assert sandbox.graph(ours)[1]["error"]["error_subcode"] == 33
    assert sandbox.graph(f"{comment}/comments")[1]["data"] == []
    assert "reviewReply" not in sandbox.google(f"{REVIEWS}/{review}")[1]
    sandbox.clock.move(21)
    assert sandbox.graph(f"{comment}/comments")[1]["data"][0]["id"] == ours
    assert sandbox.google(f"{REVIEWS}/{review}")[1]["reviewReply"]["comment"] == "Przykro nam"


def test_a_lag_may_be_drawn_for_each_write(sandbox: Sandbox, comment: str) -> None:
    sandbox.misbehave("visibility_lag", seconds=0, up_to_seconds=20, who="ours")
    for number in range(20):
        sandbox.graph(f"{comment}/comments", "POST", message=f"Sorry {number}")

    def shown() -> int:
        return len(sandbox.graph(f"{comment}/comments", limit=50)[1]["data"])

    sandbox.clock.move(10)
    assert 0 < shown() < 20, "by a chance of one in a million"
    sandbox.clock.move(11)
    assert shown() == 20


def test_in_a_batch_only_the_item_suffers(sandbox: Sandbox, comment: str) -> None:
    sandbox.misbehave("lose_answer_after_accepting", times=1)
    sandbox.misbehave("truncate_body", account=PAGE, applies_to="reads", times=1)
    items = [
        {"method": "POST", "relative_url": f"{comment}/comments", "body": "message=Sorry"},
        {"method": "GET", "relative_url": comment},
        {"method": "GET", "relative_url": f"{PROFILE}?fields=username"},
    ]
    lost, cut, whole = sandbox.graph("", "POST", batch=json.dumps(items))[1]
    assert lost is None
    with pytest.raises(json.JSONDecodeError):
        json.loads(cut["body"])
    assert json.loads(whole["body"])["username"] == "pennywell"
    assert sandbox.ledger()[0]["answered"] == "lost"


def test_strict_platforms(sandbox: Sandbox, comment: str) -> None:
    sandbox.misbehave("refuse_duplicates")
    assert sandbox.graph(f"{comment}/comments", "POST", message="Thanks")[0] == 200
    assert sandbox.graph(f"{comment}/comments", "POST", message="Thanks")[1]["error"]["code"] == 506
    sandbox.misbehave("block_writes", account=PAGE)
    assert sandbox.graph(f"{comment}/comments", "POST", message="Other")[1]["error"]["code"] == 368
    sandbox.misbehave("hide_authors", account=PAGE)
    assert "from" not in sandbox.graph(comment, fields="id,from,message")[1]
    assert [line["outcome"] for line in sandbox.ledger()] == ["applied", "refused", "refused"]


def test_orders_that_make_no_sense_are_refused(sandbox: Sandbox) -> None:
    bad: Any
    for bad in ({}, {"kind": "sulk"}, {"kind": "delay", "seconds": "soon"}, {"kind": "delay", "colour": "red"}, []):
        assert sandbox.client.post("/sandbox/misbehaviour", json=bad).status_code == 400
    sandbox.misbehave("server_error", probability=0)
    assert sandbox.graph(PAGE)[0] == 200
