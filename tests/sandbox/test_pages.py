"""The pages on which people act as customers."""

from __future__ import annotations

import html
from typing import Any

import pytest

from tests.sandbox.conftest import LOCATION, PAGE, Sandbox

HOSTILE = "<script>alert(1)</script>\"'><img src=x onerror=alert(2)> \x00 \u202e \ud800 " + "{{ 7*7 }}"


def number_of(sandbox: Sandbox, external_id: str) -> int:
    accounts = sandbox.control("GET", "/accounts")["accounts"]
    return next(int(account["number"]) for account in accounts if account["external_id"] == external_id)


def post(sandbox: Sandbox, external_id: str, action: str, **form: str) -> Any:
    return sandbox.client.post(f"/customers/{number_of(sandbox, external_id)}/{action}", data=form)


def page(sandbox: Sandbox, external_id: str) -> str:
    return sandbox.client.get(f"/customers/{number_of(sandbox, external_id)}").get_data(as_text=True)


def test_a_customer_comments_answers_changes_and_deletes(sandbox: Sandbox) -> None:
    assert post(sandbox, PAGE, "write", kind="post", by="brand", text="Opening hours").status_code == 303
    (made,) = sandbox.control("GET", "/items")["items"]
    assert made["by_account"] is True
    answer = post(
        sandbox, PAGE, "write", kind="comment", post=made["external_id"], author="Ada Vale", text="Sundays?\r\nToo?"
    )
    assert answer.headers["Location"].endswith("?as=Ada+Vale")
    comment = sandbox.control("GET", "/items?kind=comment")["items"][0]
    assert comment["text"] == "Sundays?\nToo?"
    post(sandbox, PAGE, "write", kind="comment", parent=comment["external_id"], author="Tom Reed", text="I wonder")
    sandbox.graph(f"{comment['external_id']}/comments", "POST", message="Yes, on Sundays as well")
    shown = page(sandbox, PAGE)
    for words in ("Opening hours", "Sundays?\nToo?", "I wonder", "Yes, on Sundays as well", "the brand"):
        assert words in shown
    post(sandbox, PAGE, "change", item=comment["external_id"], text="Mondays?")
    assert sandbox.graph(comment["external_id"])[1]["message"] == "Mondays?"
    post(sandbox, PAGE, "delete", item=comment["external_id"])
    assert "Mondays?" not in page(sandbox, PAGE)
    assert "I wonder" not in page(sandbox, PAGE)
    assert [line["action"] for line in sandbox.ledger()] == ["reply"], "customers leave no lines"


def test_a_customer_leaves_changes_and_withdraws_a_review(sandbox: Sandbox) -> None:
    post(sandbox, LOCATION, "write", kind="review", author="Ewa L.", stars="2", text="Zimno")
    (made,) = sandbox.control("GET", "/items")["items"]
    review = made["external_id"]
    path = f"mybusiness/v4/{LOCATION}/reviews/{review}"
    sandbox.google(f"{path}/reply", "PUT", json={"comment": "Przepraszamy"})
    assert "Przepraszamy" in page(sandbox, LOCATION)
    sandbox.clock.move(1)
    post(sandbox, LOCATION, "change", item=review, text="Ciepło", stars="5")
    assert sandbox.google(path)[1]["starRating"] == "FIVE"
    post(sandbox, LOCATION, "delete", item=review)
    assert sandbox.google(path)[0] == 404


def test_what_cannot_be_done_is_said_on_the_page(sandbox: Sandbox) -> None:
    answer = post(sandbox, PAGE, "write", kind="review", author="Ada", stars="5")
    assert answer.status_code == 400
    assert "only google_business has reviews" in answer.get_data(as_text=True)
    assert post(sandbox, PAGE, "change", item="nothing", text="x").status_code == 400
    assert sandbox.client.get("/customers/999").status_code == 404


def test_hostile_text_is_inert_everywhere(sandbox: Sandbox) -> None:
    account = {
        "platform": "facebook",
        "external_id": "666",
        "name": HOSTILE.replace("\ud800", ""),
        "token": "other-token",
    }
    sandbox.control("POST", "/accounts", account)
    sandbox.item("post", platform="facebook", account="666", text=HOSTILE, author=HOSTILE)
    made = sandbox.item("comment", platform="facebook", account="666", text=HOSTILE, author=HOSTILE)
    sandbox.graph(f"{made}/comments", "POST", access_token="other-token", message=HOSTILE.replace("\ud800", ""))
    sandbox.item("review", platform="google_business", account=LOCATION, stars=1, text=HOSTILE, author=HOSTILE)
    sandbox.item("message", platform="facebook", account="666", text=HOSTILE, author=HOSTILE, attachments=["photo"])
    number = number_of(sandbox, "666")
    paths = ("/", f"/customers/{number}", f"/customers/{number_of(sandbox, LOCATION)}", "/ledger", "/misbehaviour")
    paths = (*paths, "/faults", f"/customers/{number}/talks")
    for path in (*paths, "/scenario"):
        answer = sandbox.client.get(path)
        shown = answer.get_data(as_text=True)
        assert answer.status_code == 200
        assert "<script" not in shown
        assert "<img" not in shown
        assert "\x00" not in shown
        assert ("{{ 7*7 }}" in html.unescape(shown)) == (path != "/scenario")
        assert answer.headers["Content-Security-Policy"].startswith("default-src 'none'")
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert "&lt;script&gt;" in sandbox.client.get(f"/customers/{number}").get_data(as_text=True)


def test_misbehaviour_is_ordered_and_ended_on_its_page(sandbox: Sandbox) -> None:
    form = {"kind": "server_error", "account": PAGE, "times": "2", "probability": "", "applies_to": "both"}
    assert sandbox.client.post("/misbehaviour", data=form).status_code == 303
    assert sandbox.graph(PAGE)[0] == 500
    (order,) = sandbox.control("GET", "/misbehaviour")["orders"]
    assert order["times_left"] == 1
    sandbox.client.post("/misbehaviour/clear", data={"order": order["id"]})
    assert sandbox.graph(PAGE)[0] == 200
    assert sandbox.client.post("/misbehaviour", data={"kind": "sulk"}).status_code == 400


@pytest.mark.parametrize(("method", "path"), [("GET", "/"), ("POST", "/sandbox/reset"), ("GET", "/facebook/v26.0/me")])
def test_other_hosts_and_other_sites_are_refused(sandbox: Sandbox, method: str, path: str) -> None:
    assert sandbox.client.open(path, method=method, headers={"Host": "rebound.example:80"}).status_code == 403
    foreign = {"Origin": "https://elsewhere.example"}
    assert (sandbox.client.open(path, method=method, headers=foreign).status_code == 403) == (method == "POST")
    assert sandbox.control("GET", "/accounts")["accounts"]
