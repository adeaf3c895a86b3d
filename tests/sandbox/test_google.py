"""Google Business reviews of the sandbox, against what the platform's documentation says."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.sandbox.conftest import KEYS, LOCATION, Sandbox

REVIEWS = f"mybusiness/v4/{LOCATION}/reviews"


def review(sandbox: Sandbox, stars: int = 5, **values: Any) -> str:
    values = {"platform": "google_business", "account": LOCATION, "author": "Ewa L.", **values}
    return sandbox.item("review", stars=stars, **values)


def credentials(**more: str) -> dict[str, str]:
    return {"client_id": KEYS.google_client_id, "client_secret": KEYS.google_client_secret, **more}


def test_no_reviews_is_an_empty_object(sandbox: Sandbox) -> None:
    assert sandbox.google(REVIEWS) == (200, {})


def test_what_is_empty_has_no_key(sandbox: Sandbox) -> None:
    made = review(sandbox, 3)
    anonymous = review(sandbox, 1, text="Zimny pokój", anonymous=True)
    body = sandbox.google(REVIEWS)[1]
    assert (body["averageRating"], body["totalReviewCount"]) == (2, 2)
    by_id = {one["reviewId"]: one for one in body["reviews"]}
    assert by_id[made]["starRating"] == "THREE"
    assert not {"comment", "reviewReply"} & set(by_id[made])
    assert "isAnonymous" not in by_id[made]["reviewer"]
    assert by_id[anonymous]["reviewer"] == {"displayName": "A Google User", "isAnonymous": True}
    assert by_id[anonymous]["comment"] == "Zimny pokój"
    assert by_id[made]["name"] == f"{LOCATION}/reviews/{made}"
    assert "nextPageToken" not in body
    raw = sandbox.client.get(f"/google/{REVIEWS}", headers={"Authorization": "Bearer google-access"}).get_data()
    assert "Zimny pokój".encode() in raw, "Google does not escape"


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    count=st.integers(0, 25),
    size=st.integers(1, 60),
    order=st.sampled_from(["updateTime desc", "rating", "rating desc"]),
    stars=st.randoms(use_true_random=False),
)
def test_paging_finds_every_review_once_in_order(
    sandbox: Sandbox, count: int, size: int, order: str, stars: Any
) -> None:
    sandbox.control("POST", "/reset")
    account = {"platform": "google_business", "external_id": LOCATION, "access_token": "google-access"}
    sandbox.control("POST", "/accounts", account)
    made = set()
    for _ in range(count):
        sandbox.clock.move(stars.choice([0, 1]))
        made.add(review(sandbox, stars.randint(1, 5)))
    seen: list[dict[str, Any]] = []
    query = {"pageSize": str(size), "orderBy": order}
    while True:
        page = sandbox.google(REVIEWS, query_string=query)[1]
        assert len(page.get("reviews", [])) <= 50
        seen += page.get("reviews", [])
        if "nextPageToken" not in page:
            break
        query["pageToken"] = page["nextPageToken"]
    assert {one["reviewId"] for one in seen} == made
    assert len(seen) == count
    words = ["ONE", "TWO", "THREE", "FOUR", "FIVE"]
    keys = [one["updateTime"] if order.startswith("update") else words.index(one["starRating"]) for one in seen]
    assert keys == sorted(keys, reverse=order.endswith("desc"))


def test_page_tokens_belong_to_their_query(sandbox: Sandbox) -> None:
    for _ in range(3):
        review(sandbox)
    token = sandbox.google(REVIEWS, query_string={"pageSize": "1"})[1]["nextPageToken"]
    status, body = sandbox.google(REVIEWS, query_string={"pageSize": "1", "pageToken": token, "orderBy": "rating"})
    assert (status, body["error"]["status"]) == (400, "INVALID_ARGUMENT")
    assert sandbox.google(REVIEWS, query_string={"orderBy": "createTime"})[0] == 400


def test_an_answer_is_made_and_replaced_without_moving_the_review(sandbox: Sandbox) -> None:
    made = review(sandbox, 2, text="Zimny pokój")
    before = sandbox.google(f"{REVIEWS}/{made}")[1]["updateTime"]
    sandbox.clock.move(60)
    status, body = sandbox.google(f"{REVIEWS}/{made}/reply", "PUT", json={"comment": "Przepraszamy"})
    assert status == 200
    assert set(body) == {"comment", "updateTime"}
    sandbox.google(f"{REVIEWS}/{made}/reply", "PUT", json={"comment": "Bardzo przepraszamy"})
    after = sandbox.google(f"{REVIEWS}/{made}")[1]
    assert after["updateTime"] == before
    assert (after["reviewReply"]["comment"], after["reviewReply"]["reviewReplyState"]) == (
        "Bardzo przepraszamy",
        "APPROVED",
    )
    assert sandbox.google(f"{REVIEWS}/{made}/reply", "DELETE") == (200, {})
    assert "reviewReply" not in sandbox.google(f"{REVIEWS}/{made}")[1]
    assert sandbox.google(f"{REVIEWS}/{made}/reply", "DELETE")[0] == 404
    lines = [(line["action"], line["text"], line["outcome"]) for line in sandbox.ledger()]
    assert lines == [
        ("reply_put", "Przepraszamy", "applied"),
        ("reply_put", "Bardzo przepraszamy", "applied"),
        ("reply_delete", None, "applied"),
        ("reply_delete", None, "refused"),
    ]


@pytest.mark.parametrize("outcome", ["APPROVED", "REJECTED"])
def test_answers_wait_for_moderation_as_long_as_the_account_says(sandbox: Sandbox, outcome: str) -> None:
    wish = {"moderation_delay_seconds": 30, "moderation_outcome": outcome, "policy_violation": "REPETITIVE"}
    sandbox.control("POST", "/accounts", {"platform": "google_business", "external_id": LOCATION, **wish})
    made = review(sandbox)
    sandbox.google(f"{REVIEWS}/{made}/reply", "PUT", json={"comment": "Dzięki"})
    assert sandbox.google(f"{REVIEWS}/{made}")[1]["reviewReply"]["reviewReplyState"] == "PENDING"
    sandbox.clock.move(31)
    reply = sandbox.google(f"{REVIEWS}/{made}")[1]["reviewReply"]
    assert reply["reviewReplyState"] == outcome
    assert reply.get("policyViolation") == ("REPETITIVE" if outcome == "REJECTED" else None)


def test_the_limit_of_an_answer_counts_bytes(sandbox: Sandbox) -> None:
    made = review(sandbox)
    fits, too_long = "ż" * 2048, "ż" * 2048 + "a"
    assert sandbox.google(f"{REVIEWS}/{made}/reply", "PUT", json={"comment": fits})[0] == 200
    status, body = sandbox.google(f"{REVIEWS}/{made}/reply", "PUT", json={"comment": too_long})
    assert (status, body["error"]["status"]) == (400, "INVALID_ARGUMENT")
    bad: Any
    for bad in ({"comment": " "}, {}, [], None):
        assert sandbox.google(f"{REVIEWS}/{made}/reply", "PUT", json=bad)[0] == 400
    assert sandbox.google(f"{REVIEWS}/{made}")[1]["reviewReply"]["comment"] == fits


def test_edits_move_the_update_time_and_withdrawn_reviews_are_gone(sandbox: Sandbox) -> None:
    made = review(sandbox, 1, text="Zimno")
    sandbox.google(f"{REVIEWS}/{made}/reply", "PUT", json={"comment": "Naprawimy"})
    sandbox.clock.move(5)
    sandbox.control("PATCH", f"/items/{made}", {"text": "Ciepło", "stars": 4})
    after = sandbox.google(f"{REVIEWS}/{made}")[1]
    assert (after["starRating"], after["comment"]) == ("FOUR", "Ciepło")
    assert after["updateTime"] > after["createTime"]
    assert after["reviewReply"]["comment"] == "Naprawimy"
    sandbox.control("DELETE", f"/items/{made}")
    assert sandbox.google(f"{REVIEWS}/{made}")[1]["error"]["status"] == "NOT_FOUND"
    assert sandbox.google(f"{REVIEWS}/{made}/reply", "PUT", json={"comment": "x"})[0] == 404
    assert sandbox.google(REVIEWS) == (200, {})


def test_an_answer_by_somebody_else_leaves_no_line_in_the_ledger(sandbox: Sandbox) -> None:
    made = review(sandbox)
    sandbox.item("answer", platform="google_business", account=LOCATION, item=made, text="From the app")
    assert sandbox.google(f"{REVIEWS}/{made}")[1]["reviewReply"]["comment"] == "From the app"
    assert sandbox.ledger() == []


def test_batch_get_is_one_stream_over_all_locations(sandbox: Sandbox) -> None:
    second = "accounts/11/locations/33"
    account = {"platform": "google_business", "external_id": second, "access_token": "google-access"}
    sandbox.control("POST", "/accounts", account)
    made = []
    for name in (LOCATION, second, LOCATION):
        sandbox.clock.move(1)
        made.append((name, review(sandbox, account=name)))
    path = "mybusiness/v4/accounts/11/locations:batchGetReviews"
    body: dict[str, Any] = {"locationNames": [LOCATION, second], "pageSize": 2}
    first = sandbox.google(path, "POST", json=body)[1]
    rest = sandbox.google(path, "POST", json={**body, "pageToken": first["nextPageToken"]})[1]
    found = [(one["name"], one["review"]["reviewId"]) for one in first["locationReviews"] + rest["locationReviews"]]
    assert found == made[::-1]
    assert "averageRating" not in first
    assert sandbox.google(path, "POST", json={"locationNames": []})[0] == 400
    assert sandbox.ledger() == []


def test_foreign_unknown_and_unauthenticated(sandbox: Sandbox) -> None:
    other = {"platform": "google_business", "external_id": "accounts/77/locations/88", "access_token": "other-access"}
    sandbox.control("POST", "/accounts", other)
    assert sandbox.google(REVIEWS, token="other-access")[1]["error"]["status"] == "PERMISSION_DENIED"
    assert sandbox.google("mybusiness/v4/accounts/1/locations/1/reviews")[0] == 404
    assert sandbox.google(REVIEWS, token="nonsense")[1]["error"]["status"] == "UNAUTHENTICATED"
    assert sandbox.google(REVIEWS, token="google-refresh")[0] == 401


def test_access_tokens_expire_and_refresh_tokens_make_new_ones(sandbox: Sandbox) -> None:
    form = credentials(grant_type="refresh_token", refresh_token="google-refresh")
    fresh = sandbox.client.post("/google/token", data=form).get_json()
    assert "refresh_token" not in fresh
    assert sandbox.google(REVIEWS, token=fresh["access_token"])[0] == 200
    sandbox.clock.move(fresh["expires_in"])
    assert sandbox.google(REVIEWS, token=fresh["access_token"])[0] == 401
    again = sandbox.client.post("/google/token/token", data=form).get_json()
    assert sandbox.client.post("/google/revoke", data={"token": again["access_token"]}).status_code == 200
    assert sandbox.google(REVIEWS, token=again["access_token"])[0] == 401
    refused = sandbox.client.post("/google/token", data=form)
    assert (refused.status_code, refused.get_json()["error"]) == (400, "invalid_grant")
    assert sandbox.client.post("/google/token", data={**form, "client_secret": "x"}).status_code == 401
    assert sandbox.client.post("/google/revoke", data={"token": "google-refresh"}).status_code == 400


def test_hostile_text_is_served_as_google_would(sandbox: Sandbox) -> None:
    made = review(sandbox, text="a\x00b \u202e \U0001f600 \ud800", raw={"starRating": "SEVEN"}, drop=["reviewer"])
    body = sandbox.google(f"{REVIEWS}/{made}")[1]
    assert body["comment"] == "a\x00b \u202e \U0001f600 \ufffd"
    assert body["starRating"] == "SEVEN"
    assert "reviewer" not in body
