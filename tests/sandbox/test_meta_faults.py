"""Faults of one account at Meta, by order and by the page a person picks them on. Over real HTTP."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from agency.sandbox.app import create_sandbox_app
from tests.sandbox.conftest import PAGE, PROFILE, SetClock
from tests.sandbox.meta_world import Meta

OTHER = "100200301"


def order(meta: Meta, kind: str, account: str | None = PAGE, **facts: Any) -> None:
    meta.control("POST", "/misbehaviour", {"kind": kind, **({"account": account} if account else {}), **facts})


def headers(meta: Meta, path: str, version: str = "v26.0") -> dict[str, str]:
    return meta.call("GET", f"/facebook/{version}/{path}?access_token=page-token")[2]


def test_a_version_may_be_another_without_a_word(meta: Meta) -> None:
    assert headers(meta, PAGE)["facebook-api-version"] == "v26.0"
    assert headers(meta, PAGE, "v19.0")["facebook-api-version"] == "v21.0"
    order(meta, "old_version")
    assert headers(meta, PAGE)["facebook-api-version"] == "v21.0"
    items = [{"method": "GET", "relative_url": PAGE}]
    slot = meta.graph("POST", "", batch=json.dumps(items))[1][0]
    assert [one["value"] for one in slot["headers"] if one["name"].lower() == "facebook-api-version"] == ["v21.0"]


def test_a_field_known_yesterday_fails_the_whole_call(meta: Meta) -> None:
    order(meta, "unknown_fields", field="category")
    assert meta.refusal("GET", PAGE, fields="id,name,category") == (100, None)
    assert meta.get(PAGE, fields="id,name")["id"] == PAGE


def test_cursors_expire_on_command(meta: Meta) -> None:
    for number in range(3):
        meta.make("post", text=f"{number}")
    page = meta.get(f"{PAGE}/published_posts", fields="id", limit=1)
    order(meta, "expire_cursors", times=1)
    after = page["paging"]["cursors"]["after"]
    assert meta.refusal("GET", f"{PAGE}/published_posts", limit=1, after=after)[0] == 100
    assert len(meta.get(f"{PAGE}/published_posts", limit=1, after=after)["data"]) == 1


def test_the_wrong_kind_of_token_is_refused_or_told_nothing(meta: Meta) -> None:
    meta.make("post", text="x")
    assert meta.refusal("GET", f"{PAGE}/published_posts", access_token="user-token")[0] == 190
    order(meta, "silent_wrong_token")
    assert meta.get(f"{PAGE}/published_posts", access_token="user-token") == {"data": []}


def test_slots_of_a_batch_stay_empty_though_writes_are_done(meta: Meta) -> None:
    comment = meta.make("comment", author="Ada Vale", text="x")
    items = [
        {"method": "GET", "relative_url": f"{PAGE}?fields=id"},
        {"method": "POST", "relative_url": f"{comment}/comments", "body": "message=done"},
        {"method": "GET", "relative_url": "me?fields=id&access_token=user-token"},
    ]
    order(meta, "null_batch_slots")
    slots = meta.graph("POST", "", batch=json.dumps(items))[1]
    assert [slot is None for slot in slots] == [True, True, False]
    line = meta.ledger()[-1]
    assert (line["outcome"], line["answered"], line["text"]) == ("applied", "lost", "done")


@pytest.mark.parametrize("subcode", [458, 459, 460, 463, 464, 467, 492])
def test_tokens_die_of_each_subcode_and_come_back_with_the_order(meta: Meta, subcode: int) -> None:
    order(meta, "revoke_token", subcode=subcode)
    assert meta.refusal("GET", PAGE) == (190, subcode)
    meta.control("DELETE", "/misbehaviour")
    assert meta.get(PAGE)["id"] == PAGE
    meta.control("POST", "/tokens/kill", {"account": PAGE, "subcode": subcode})
    assert meta.refusal("GET", PAGE) == (190, subcode)


def test_a_lost_permission_is_code_ten_where_it_is_needed(meta: Meta) -> None:
    post = meta.make("post", text="x")
    order(meta, "lose_scope", scope="pages_read_user_content")
    comment = meta.make("comment", post=post, author="Ada Vale", text="x")
    assert meta.refusal("GET", f"{post}/comments") == (10, None)
    assert meta.refusal("GET", "", ids=f"{PAGE},{comment}") == (10, None)
    assert meta.get(f"{PAGE}/published_posts", fields="id")["data"]
    meta.control("POST", "/tokens/scopes", {"account": PAGE, "scopes": ["pages_read_user_content"]})
    meta.control("DELETE", "/misbehaviour")
    assert meta.get(f"{post}/comments", fields="id")["data"] == [{"id": comment}]
    assert meta.refusal("GET", f"{PAGE}/published_posts") == (10, None)
    assert meta.refusal("POST", f"{post}/comments", message="x") == (200, None)


@pytest.mark.parametrize(
    ("path", "code", "use"),
    [
        (f"{PAGE}/published_posts", 80001, "pages"),
        (f"{PAGE}/conversations", 80006, "messenger"),
        (f"{PROFILE}/media", 80002, "instagram"),
    ],
)
def test_each_use_is_throttled_by_its_own_code_with_the_minutes(meta: Meta, path: str, code: int, use: str) -> None:
    account = path.split("/")[0]
    order(meta, "throttle", account, minutes=19)
    _, body, head = meta.call("GET", f"/facebook/v26.0/{path}?access_token=page-token")
    assert json.loads(body)["error"]["code"] == code
    (told,) = json.loads(head["x-business-use-case-usage"])[account]
    assert (told["type"], told["estimated_time_to_regain_access"], told["call_count"]) == (use, 19, 100)


def test_usage_is_told_before_anything_is_refused(meta: Meta) -> None:
    order(meta, "usage", percent=93)
    (told,) = json.loads(headers(meta, PAGE)["x-business-use-case-usage"])[PAGE]
    assert told["call_count"] == 93
    order(meta, "app_throttle", None, times=1)
    assert meta.refusal("GET", PAGE)[0] == 4


def test_an_answer_of_200_may_be_no_answer(meta: Meta) -> None:
    order(meta, "service_unavailable_200", times=1)
    status, body, _ = meta.call("GET", f"/facebook/v26.0/{PAGE}?access_token=page-token")
    assert (status, body) == (200, b"Service Unavailable")


def test_other_accounts_are_spared(meta: Meta) -> None:
    other = {"platform": "facebook", "external_id": OTHER, "name": "Other", "token": "other-token"}
    meta.control("POST", "/accounts", other)
    for kind in ("lost_location", "lose_scope", "throttle", "unknown_fields", "service_unavailable_200"):
        order(meta, kind)
    assert meta.get(f"{OTHER}/published_posts", access_token="other-token", fields="id")["data"] == []
    assert meta.refusal("GET", PAGE) == (190, 492)


def test_a_person_picks_a_fault_and_ends_it_on_the_page(meta: Meta) -> None:
    accounts = meta.control("GET", "/accounts")["accounts"]
    number = next(one["number"] for one in accounts if one["external_id"] == PAGE)
    page = meta.page("/faults")
    assert "webhooks: subscribed" in page
    assert "zero quota" not in page.split(PAGE)[1].split("</tr>")[0]
    page = meta.page(f"/faults/{number}", {"kind": "revoke_token", "subcode": "492", "times": ""})
    assert "revoke token 492" in page
    assert meta.refusal("GET", PAGE) == (190, 492)
    (standing,) = meta.control("GET", "/misbehaviour")["orders"]
    assert "revoke token 492" not in meta.page(f"/faults/{number}/stop", {"order": standing["id"]})
    assert meta.get(PAGE)["id"] == PAGE
    assert "none of its own" in meta.page(f"/faults/{number}/deed", {"deed": "forget_webhooks"})
    assert meta.get(f"{PAGE}/subscribed_apps")["data"] == []
    meta.page(f"/faults/{number}/deed", {"deed": "kill_tokens", "subcode": "458"})
    assert meta.refusal("GET", PAGE) == (190, 458)
    assert meta.call("POST", f"/faults/{number}", {"kind": "zero_quota"})[0] == 400
    assert meta.call("POST", "/faults/99999", {"kind": "throttle"})[0] == 404


def test_the_clock_stands_runs_and_is_remembered(meta: Meta) -> None:
    start = meta.control("GET", "/clock")["seconds"]
    assert meta.control("POST", "/clock", {"move_seconds": 90})["seconds"] == start + 90
    assert meta.control("POST", "/clock", {"at": "2027-01-01T00:00:00Z"})["now"] == "2027-01-01T00:00:00.000Z"
    assert meta.control("POST", "/clock", {"stop": True})["stopped"] is True
    meta.clock.move(1000)
    assert meta.control("GET", "/clock")["now"] == "2027-01-01T00:00:00.000Z"
    meta.control("POST", "/clock", {"run": True})
    meta.clock.move(1)
    assert meta.control("GET", "/clock")["now"] == "2027-01-01T00:00:01.000Z"
    assert meta.control("POST", "/clock", {"follow_machine": True})["seconds"] == start + 1001
    assert meta.call("POST", "/sandbox/clock", body={"nonsense": 1})[0] == 400


def test_a_moved_clock_survives_a_restart(tmp_path: Path) -> None:
    clock = SetClock()
    for expected in (0.0, 3600.0):
        app = create_sandbox_app(tmp_path, clock=clock)
        client = app.test_client()
        assert client.get("/sandbox/clock").get_json()["seconds"] == clock.now + expected
        client.post("/sandbox/clock", json={"move_seconds": 3600})
        app.extensions["sandbox"].store.close()
