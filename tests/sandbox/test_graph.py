"""The Graph API of the sandbox, against what the platform's documentation says."""

from __future__ import annotations

import hashlib
import hmac
import json
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from agency.sandbox.graph_errors import GraphError
from agency.sandbox.graph_fields import Field, parse_fields, written
from tests.sandbox.conftest import KEYS, PAGE, PROFILE, Sandbox

NESTED = (
    "id,message,comments.filter(stream).order(reverse_chronological).limit(50).summary(true)"
    "{id,from,message,parent{id}}"
)


def comment(sandbox: Sandbox, text: str | None = "Hello", **values: Any) -> str:
    values = {"platform": "facebook", "account": PAGE, "author": "Ada Vale", **values}
    return sandbox.item("comment", text=text, **values)


def test_a_post_is_read_with_its_comments_and_nested_answers_in_one_call(sandbox: Sandbox) -> None:
    post = sandbox.item("post", platform="facebook", account=PAGE, text="News")
    top = comment(sandbox, "Why?", post=post)
    answer = comment(sandbox, "Me too", parent=top, author="Tom Reed")
    below = comment(sandbox, "And me", parent=answer, author="Kim Hall")

    status, body, headers = sandbox.graph(f"{PAGE}/published_posts", fields=NESTED)

    assert status == 200
    assert headers["Content-Type"] == "text/javascript; charset=UTF-8"
    assert headers["facebook-api-version"] == "v26.0"
    (only,) = body["data"]
    assert only["id"] == post
    comments = only["comments"]
    assert comments["summary"] == {"order": "reverse_chronological", "total_count": 3, "can_comment": True}
    assert {one["id"] for one in comments["data"]} == {top, answer, below}
    parents = {one["id"]: one.get("parent", {}).get("id") for one in comments["data"]}
    assert parents == {top: None, answer: top, below: top}, "an answer to an answer hangs below the top comment"
    assert set(only) == {"id", "message", "comments"}


def test_without_fields_little_comes_and_unknown_fields_fail_the_whole_call(sandbox: Sandbox) -> None:
    made = comment(sandbox)
    assert set(sandbox.graph(made)[1]) == {"id", "message", "from", "created_time"}
    assert set(sandbox.graph(f"{PAGE}/posts")[1]["data"][0]) == {"id", "message", "created_time"}
    status, body, _ = sandbox.graph(made, fields="id,caption")
    assert (status, body["error"]["code"]) == (400, 100)
    assert "nonexisting field (caption) on node type (Comment)" in body["error"]["message"]
    assert sandbox.graph(made, fields="id,{")[1]["error"]["code"] == 2500


def test_top_level_is_the_default_filter_and_the_order_must_be_asked_for(sandbox: Sandbox) -> None:
    post = sandbox.item("post", platform="facebook", account=PAGE, text="News")
    ids = []
    for number in range(12):
        sandbox.clock.move(1)
        ids.append(comment(sandbox, str(number), post=post))
    comment(sandbox, "answer", parent=ids[0])

    def listed(**params: str) -> list[str]:
        return [one["id"] for one in sandbox.graph(f"{post}/comments", **params)[1]["data"]]

    assert listed(order="chronological") == ids
    assert listed(order="reverse_chronological") == ids[::-1]
    assert sorted(listed()) == sorted(ids)
    assert listed() != ids, "ranked promises no order"
    assert len(listed(filter="stream")) == 13
    since = str(int(sandbox.clock.now))
    assert listed(order="chronological", since=since) == ids[-1:]


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    count=st.integers(0, 30),
    limit=st.integers(1, 12),
    order=st.sampled_from(["ranked", "chronological", "reverse_chronological"]),
)
def test_following_next_finds_everything_once_whatever_the_page_size(
    sandbox: Sandbox, count: int, limit: int, order: str
) -> None:
    post = sandbox.item("post", platform="facebook", account=PAGE, text="News")
    made = [comment(sandbox, str(number), post=post, unlisted=number % 5 == 0) for number in range(count)]
    expected = {one for number, one in enumerate(made) if number % 5}
    seen: list[str] = []
    path, params = f"{post}/comments", {"limit": str(limit), "order": order, "fields": "id"}
    for _ in range(count + 2):
        _, body, _ = sandbox.graph(path, **params)
        seen += [one["id"] for one in body["data"]]
        following = body.get("paging", {}).get("next")
        if following is None:
            break
        parts = urlsplit(following)
        params = dict(parse_qsl(parts.query))
        assert params["access_token"] == "page-token"
        path = parts.path.split("/v26.0/")[1]
    else:
        pytest.fail("there was always a next page")
    assert len(seen) == len(set(seen))
    assert set(seen) == expected


def test_a_page_may_be_short_or_empty_and_still_have_a_next(sandbox: Sandbox) -> None:
    post = sandbox.item("post", platform="facebook", account=PAGE, text="News")
    for number in range(4):
        comment(sandbox, str(number), post=post, unlisted=number < 2)
    _, body, _ = sandbox.graph(f"{post}/comments", order="chronological", limit=2)
    assert body["data"] == []
    assert body["paging"]["next"]
    sandbox.misbehave("empty_page_with_next", account=PAGE)
    _, body, _ = sandbox.graph(f"{post}/comments", order="chronological")
    assert body["data"] == []
    assert "next" in body["paging"]
    assert len(sandbox.graph(f"{post}/comments", order="chronological")[1]["data"]) == 2


def test_cursors_do_not_live_long(sandbox: Sandbox) -> None:
    post = sandbox.item("post", platform="facebook", account=PAGE, text="News")
    comment(sandbox, post=post)
    after = sandbox.graph(f"{post}/comments")[1]["paging"]["cursors"]["after"]
    assert sandbox.graph(f"{post}/comments", after=after)[1]["data"] == []
    sandbox.clock.move(3 * 3600)
    assert sandbox.graph(f"{post}/comments", after=after)[1]["error"]["code"] == 100
    assert sandbox.graph(f"{post}/comments", after="nonsense")[1]["error"]["code"] == 100


def test_json_is_escaped_as_the_platform_does_and_hostile_text_survives(sandbox: Sandbox) -> None:
    text = "a/b\x00 \u202e<script>alert(1)</script> \U0001f600 \ud800"
    made = comment(sandbox, text)
    answer = sandbox.client.get(f"/facebook/v26.0/{made}?access_token=page-token")
    raw = answer.get_data(as_text=True)
    assert raw.isascii()
    assert "a\\/b\\u0000 \\u202e<script>" in raw
    assert "\\ud83d\\ude00 \\ud800" in raw
    assert json.loads(raw)["message"] == text


def test_raw_facts_and_dropped_keys_reach_the_wire(sandbox: Sandbox) -> None:
    made = comment(sandbox, raw={"message": None, "kind": "hologram"}, drop=["from"])
    body = sandbox.graph(made, fields="id,message,from")[1]
    assert body == {"id": made, "message": None, "kind": "hologram"}


def test_answering_editing_hiding_and_deleting_comments(sandbox: Sandbox) -> None:
    theirs = comment(sandbox)
    _, body, _ = sandbox.graph(f"{theirs}/comments", "POST", message="Sorry about that", fields="id,message,parent{id}")
    ours = body["id"]
    assert body == {"id": ours, "message": "Sorry about that", "parent": {"id": theirs}}
    assert sandbox.graph(ours, fields="from")[1]["from"] == {"id": PAGE, "name": "Pennywell"}
    bare = ours.rsplit("_", 1)[-1]
    assert sandbox.graph(bare)[1]["id"] == ours, "comment ids come bare, too"

    assert sandbox.graph(ours, "POST", message="Sorry, Ada")[1] == {"success": True}
    assert sandbox.graph(ours)[1]["message"] == "Sorry, Ada"
    assert sandbox.graph(theirs, "POST", message="not mine")[1]["error"]["code"] == 200
    assert sandbox.graph(theirs)[1]["message"] == "Hello"
    assert sandbox.graph(theirs, "POST", is_hidden="true")[1] == {"success": True}
    assert sandbox.graph(theirs, fields="is_hidden")[1]["is_hidden"] is True
    assert sandbox.graph(ours, "DELETE")[1] == {"success": True}
    gone = sandbox.graph(ours)[1]["error"]
    assert (gone["code"], gone["error_subcode"]) == (100, 33)
    assert sandbox.graph(f"{theirs}/comments", "POST", message="  ")[1]["error"]["code"] == 100
    lines = [(line["action"], line["outcome"]) for line in sandbox.ledger()]
    assert lines == [
        ("reply", "applied"),
        ("edit", "applied"),
        ("edit", "refused"),
        ("hide", "applied"),
        ("delete", "applied"),
        ("reply", "refused"),
    ]


def test_a_person_s_token_sees_no_comments_but_gets_no_error(sandbox: Sandbox) -> None:
    made = comment(sandbox)
    post = sandbox.control("GET", "/items?kind=post")["items"][0]["external_id"]
    assert sandbox.graph(f"{post}/comments", access_token="user-token")[:2] == (200, {"data": []})
    assert sandbox.graph(f"{PAGE}/published_posts", access_token="user-token")[1]["error"]["code"] == 190
    assert sandbox.graph(f"{made}/comments", "POST", access_token="user-token", message="x")[1]["error"]["code"] == 200


def test_pages_of_a_person_come_with_their_tokens(sandbox: Sandbox) -> None:
    fields = "id,name,access_token,tasks,instagram_business_account{id,username}"
    (page,) = sandbox.graph("me/accounts", access_token="user-token", fields=fields)[1]["data"]
    assert page["access_token"] == "page-token"
    assert "MODERATE" in page["tasks"]
    assert page["instagram_business_account"] == {"id": PROFILE, "username": "pennywell"}
    assert sandbox.graph("me")[1] == {"name": "Pennywell", "id": PAGE}


def test_another_page_s_token_finds_nothing(sandbox: Sandbox) -> None:
    other = {"platform": "facebook", "external_id": "999", "name": "Other", "token": "other-token"}
    sandbox.control("POST", "/accounts", other)
    made = comment(sandbox)
    for path in (PAGE, made, f"{made}/comments"):
        error = sandbox.graph(path, access_token="other-token")[1]["error"]
        assert (error["code"], error["error_subcode"]) == (100, 33)


@pytest.mark.parametrize(("token", "code"), [("", 104), ("nonsense", 190), ("instagram-token", 190)])
def test_bad_tokens(sandbox: Sandbox, token: str, code: int) -> None:
    assert sandbox.graph(PAGE, access_token=token)[1]["error"]["code"] == code


def test_the_app_s_proof_is_checked_where_it_is_sent(sandbox: Sandbox) -> None:
    proof = hmac.new(KEYS.meta_app_secret.encode(), b"page-token", hashlib.sha256).hexdigest()
    assert sandbox.graph(PAGE, appsecret_proof=proof)[0] == 200
    error = sandbox.graph(PAGE, appsecret_proof="0" * 64)[1]["error"]
    assert (error["code"], "appsecret_proof" in error["message"]) == (100, True)


def test_a_batch_serves_many_pages_each_with_its_own_token(sandbox: Sandbox) -> None:
    other = {"platform": "facebook", "external_id": "999", "name": "Other", "token": "other-token"}
    sandbox.control("POST", "/accounts", other)
    made = comment(sandbox)
    tag = sandbox.graph(PAGE)[2]["ETag"]
    items = [
        {"method": "GET", "relative_url": f"{PAGE}?fields=name"},
        {"method": "GET", "relative_url": "v26.0/999?fields=name&access_token=other-token"},
        {"method": "GET", "relative_url": "12345"},
        {"method": "POST", "relative_url": f"{made}/comments", "body": "message=Thanks%20a%2Fb"},
        {"method": "GET", "relative_url": PAGE, "headers": [{"name": "If-None-Match", "value": tag}]},
    ]
    status, body, _ = sandbox.graph("", "POST", batch=json.dumps(items), include_headers="true")
    assert status == 200
    assert [slot["code"] for slot in body] == [200, 200, 400, 200, 304]
    assert [json.loads(slot["body"]).get("name") for slot in body[:2]] == ["Pennywell", "Other"]
    names = {header["name"].lower() for header in body[0]["headers"]}
    assert {"etag", "facebook-api-version", "x-business-use-case-usage"} <= names
    (line,) = sandbox.ledger()
    assert (line["text"], line["in_batch"]) == ("Thanks a/b", True)
    without = sandbox.graph("", "POST", batch=json.dumps(items[:1]), include_headers="false")[1]
    assert "headers" not in without[0]
    for bad in ("nonsense", json.dumps(items[:1] * 51), json.dumps(["x"])):
        assert sandbox.graph("", "POST", batch=bad)[1]["error"]["code"] == 100


@pytest.mark.parametrize(("outer", "code"), [("", 104), ("nonsense", 190), ("instagram-token", 190)])
def test_a_bad_outer_token_fails_the_whole_batch(sandbox: Sandbox, outer: str, code: int) -> None:
    batch = json.dumps([{"method": "GET", "relative_url": f"{PAGE}?access_token=page-token"}])
    assert sandbox.graph("", "POST", batch=batch, access_token=outer)[1]["error"]["code"] == code
    app_token = f"{KEYS.meta_app_id}|{KEYS.meta_app_secret}"
    assert sandbox.graph("", "POST", batch=batch, access_token=app_token)[1][0]["code"] == 200


def test_multi_get_answers_by_id_and_one_bad_id_fails_all(sandbox: Sandbox) -> None:
    first, second = comment(sandbox, "1"), comment(sandbox, "2")
    body = sandbox.graph("", ids=f"{first},{second}", fields="message")[1]
    assert {key: value["message"] for key, value in body.items()} == {first: "1", second: "2"}
    assert sandbox.graph("", ids=f"{first},404")[1]["error"]["code"] == 100


def test_an_unchanged_answer_is_304_until_something_changes(sandbox: Sandbox) -> None:
    made = comment(sandbox)
    url = f"/facebook/v26.0/{PAGE}/published_posts?access_token=page-token&fields={NESTED}"
    tag = sandbox.client.get(url).headers["ETag"]
    again = sandbox.client.get(url, headers={"If-None-Match": tag})
    assert (again.status_code, again.data) == (304, b"")
    sandbox.control("PATCH", f"/items/{made}", {"text": "changed"})
    assert sandbox.client.get(url, headers={"If-None-Match": tag}).status_code == 200


def test_usage_climbs_with_calls_and_an_allowance_ends(sandbox: Sandbox) -> None:
    account = {"platform": "facebook", "external_id": PAGE, "calls_per_hour": 10}
    sandbox.control("POST", "/accounts", account)
    percents = []
    for _ in range(10):
        usage = json.loads(sandbox.graph(PAGE)[2]["X-Business-Use-Case-Usage"])
        percents.append(usage[PAGE][0]["call_count"])
    assert percents == list(range(10, 101, 10))
    _status, body, headers = sandbox.graph(PAGE)
    assert body["error"]["code"] == 80001
    assert json.loads(headers["X-Business-Use-Case-Usage"])[PAGE][0]["estimated_time_to_regain_access"] > 0
    sandbox.clock.move(3601)
    assert sandbox.graph(PAGE)[0] == 200


def test_reviews_of_pages_are_gone(sandbox: Sandbox) -> None:
    assert sandbox.graph(f"{PAGE}/ratings")[1]["error"]["code"] == 12


def test_dead_versions_are_silently_served_by_the_oldest_living_one(sandbox: Sandbox) -> None:
    for asked, served in (("v3.2/", "v21.0"), ("v24.0/", "v24.0"), ("", "v26.0")):
        answer = sandbox.client.get(f"/facebook/{asked}{PAGE}?access_token=page-token")
        assert answer.headers["facebook-api-version"] == served


def test_tokens_can_be_inspected(sandbox: Sandbox) -> None:
    app_token = f"{KEYS.meta_app_id}|{KEYS.meta_app_secret}"
    facts = sandbox.graph("debug_token", access_token=app_token, input_token="page-token")[1]["data"]
    assert (facts["type"], facts["is_valid"], facts["expires_at"], facts["profile_id"]) == ("PAGE", True, 0, PAGE)
    dead = sandbox.graph("debug_token", access_token=app_token, input_token="nonsense")[1]["data"]
    assert dead["is_valid"] is False


def test_signing_in_gives_page_tokens_that_do_not_expire(sandbox: Sandbox) -> None:
    asked = {"client_id": KEYS.meta_app_id, "redirect_uri": "http://127.0.0.1/back", "state": "abc"}
    asked["scope"] = "pages_show_list,pages_read_engagement"
    dialog = "/facebook-dialog/v26.0/dialog/oauth"
    assert "Pennywell" in sandbox.client.get(dialog, query_string=asked).get_data(as_text=True)
    number = next(a["number"] for a in sandbox.control("GET", "/accounts")["accounts"] if a["external_id"] == PAGE)
    allowed = {**asked, "decision": "allow", "accounts": number}
    back = dict(parse_qsl(urlsplit(sandbox.client.get(dialog, query_string=allowed).headers["Location"]).query))
    assert back["state"] == "abc"
    ours = {"client_id": KEYS.meta_app_id, "client_secret": KEYS.meta_app_secret, "access_token": ""}
    exchange: dict[str, Any] = {**ours, "redirect_uri": "http://127.0.0.1/back", "code": back["code"]}
    wrong = sandbox.graph("oauth/access_token", **{**exchange, "redirect_uri": "http://127.0.0.1/other"})
    assert wrong[1]["error"]["error_subcode"] == 36008
    person = sandbox.graph("oauth/access_token", **exchange)[1]["access_token"]
    assert sandbox.graph("oauth/access_token", **exchange)[1]["error"]["error_subcode"] == 36009
    long = {**ours, "grant_type": "fb_exchange_token", "fb_exchange_token": person}
    person = sandbox.graph("oauth/access_token", **long)[1]["access_token"]
    (page,) = sandbox.graph("me/accounts", access_token=person, fields="id,access_token")[1]["data"]
    sandbox.clock.move(90 * 86_400)
    assert sandbox.graph(PAGE, access_token=page["access_token"])[0] == 200
    assert sandbox.graph("me", access_token=person)[1]["error"]["error_subcode"] == 463
    cancelled = sandbox.client.get(dialog, query_string={**asked, "decision": "cancel"}).headers["Location"]
    assert "error=access_denied&error_reason=user_denied" in cancelled
    for bad in ({**asked, "client_id": "1"}, {**asked, "redirect_uri": "javascript:alert(1)"}):
        assert sandbox.client.get(dialog, query_string=bad).status_code == 400


names = st.from_regex(r"[a-z_]{1,8}", fullmatch=True)
modifiers = st.dictionaries(names, st.from_regex(r"[a-z0-9]{0,5}", fullmatch=True), max_size=3)
trees = st.recursive(
    st.builds(Field, names, modifiers),
    lambda below: st.builds(
        Field, names, modifiers, st.lists(below, min_size=1, max_size=3, unique_by=lambda f: f.name).map(tuple)
    ),
    max_leaves=8,
)


@given(st.lists(trees, min_size=1, max_size=4, unique_by=lambda one: one.name).map(tuple))
def test_a_field_expression_survives_being_written_and_read(fields: tuple[Field, ...]) -> None:
    assert parse_fields(written(fields)) == fields


@given(st.text(max_size=60))
def test_any_text_is_read_or_refused_as_a_field_expression(text: str) -> None:
    code = None
    try:
        parse_fields(text)
    except GraphError as error:
        code = error.code
    assert code in (None, 2500)
