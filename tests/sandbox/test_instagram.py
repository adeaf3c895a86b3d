"""Instagram on both hosts: its own login, and a Page's token."""

from __future__ import annotations

import pytest

from tests.sandbox.conftest import KEYS, PAGE, PROFILE, Sandbox

DAY_SECONDS = 86_400
EXPANDED = (
    "id,caption,timestamp,comments_count,comments.limit(50){id,text,username,from,replies.limit(50){id,text,parent_id}}"
)


def comment(sandbox: Sandbox, text: str = "Lovely", **values: object) -> str:
    return sandbox.item("comment", platform="instagram", account=PROFILE, author="Ana Lima", text=text, **values)


@pytest.mark.parametrize(("host", "token"), [("instagram", "instagram-token"), ("facebook", "page-token")])
def test_media_come_with_comments_and_replies_by_either_login(sandbox: Sandbox, host: str, token: str) -> None:
    top = comment(sandbox)
    reply = comment(sandbox, "Yes!", parent=top)
    media = sandbox.graph(f"{PROFILE}/media", host=host, access_token=token, fields=EXPANDED)[1]["data"][0]
    assert media["comments_count"] == 2
    (found,) = media["comments"]["data"]
    assert (found["id"], found["text"], found["username"]) == (top, "Lovely", "ana.lima")
    assert found["replies"]["data"] == [{"id": reply, "text": "Yes!", "parent_id": top}]
    ours = sandbox.graph(f"{top}/replies", "POST", host=host, access_token=token, message="Obrigada")[1]["id"]
    listed = sandbox.graph(f"{top}/replies", host=host, access_token=token, fields="id,username,user")[1]["data"]
    assert listed[-1] == {"id": ours, "username": "pennywell", "user": {"id": PROFILE}}
    (line,) = sandbox.ledger(f"?account={PROFILE}")
    assert (line["target"], line["text"], line["outcome"]) == (top, "Obrigada", "applied")


def test_a_media_s_comments_are_top_level_newest_first_and_at_most_fifty(sandbox: Sandbox) -> None:
    made = []
    for number in range(60):
        sandbox.clock.move(1)
        made.append(comment(sandbox, str(number)))
    comment(sandbox, "reply", parent=made[0])
    media = sandbox.control("GET", "/items?kind=post")["items"][0]["external_id"]
    body = sandbox.graph(f"{media}/comments", host="instagram", limit=100)[1]
    assert [one["id"] for one in body["data"]] == made[:9:-1]
    after = body["paging"]["cursors"]["after"]
    rest = sandbox.graph(f"{media}/comments", host="instagram", limit=100, after=after)[1]
    assert [one["id"] for one in rest["data"]] == made[9::-1]
    assert "next" not in rest["paging"]
    assert "cursors" in rest["paging"]


def test_the_account_s_own_id_is_user_id_not_id(sandbox: Sandbox) -> None:
    me = sandbox.graph("me", host="instagram", fields="id,user_id,username")[1]
    assert (me["user_id"], me["username"]) == (PROFILE, "pennywell")
    assert me["id"] != PROFILE


def test_tokens_do_not_cross_hosts(sandbox: Sandbox) -> None:
    assert sandbox.graph(PROFILE, host="instagram", access_token="page-token")[1]["error"]["code"] == 190
    assert sandbox.graph(PROFILE, host="facebook", access_token="instagram-token")[1]["error"]["code"] == 190
    assert sandbox.graph(PAGE, host="instagram")[1]["error"]["code"] == 100


def test_replying_to_hidden_comments_and_posting_too_much_is_refused(sandbox: Sandbox) -> None:
    top = comment(sandbox)
    assert sandbox.graph(top, "POST", host="instagram", hide="true")[1] == {"success": True}
    assert sandbox.graph(f"{top}/replies", "POST", host="instagram", message="x")[1]["error"]["code"] == 100
    sandbox.graph(top, "POST", host="instagram", hide="false")
    assert sandbox.graph(f"{top}/replies", "POST", host="instagram", message="x" * 2201)[1]["error"]["code"] == 100
    assert "id" in sandbox.graph(f"{top}/replies", "POST", host="instagram", message="x" * 2200)[1]
    assert sandbox.graph(top, "POST", host="instagram", message="an edit")[1]["error"]["code"] == 100


def test_a_token_is_refreshed_from_its_second_day_until_it_expires(sandbox: Sandbox) -> None:
    account = {"platform": "instagram", "external_id": PROFILE, "token": "short-token"}
    sandbox.control("POST", "/accounts", {**account, "token_expires_in_seconds": 60 * DAY_SECONDS})

    def refresh() -> tuple[int, dict[str, object]]:
        query = {"grant_type": "ig_refresh_token", "access_token": "short-token"}
        answer = sandbox.client.get("/instagram/refresh_access_token", query_string=query)
        return answer.status_code, answer.get_json(force=True)

    assert refresh()[0] == 400
    sandbox.clock.move(DAY_SECONDS + 1)
    status, body = refresh()
    assert (status, body["token_type"]) == (200, "bearer")
    assert sandbox.graph("me", host="instagram", access_token=body["access_token"])[0] == 200
    sandbox.clock.move(60 * DAY_SECONDS)
    assert refresh()[1]["error"]["error_subcode"] == 463  # type: ignore[index]


def test_signing_in_gives_a_token_for_the_ticked_account(sandbox: Sandbox) -> None:
    redirect_uri = "http://127.0.0.1:5000/back"
    asked = {"client_id": KEYS.instagram_app_id, "redirect_uri": redirect_uri, "response_type": "code", "state": "s/1"}
    asked["scope"] = "instagram_business_basic"
    page = sandbox.client.get("/instagram-dialog/oauth/authorize", query_string=asked)
    assert "form-action 'self' http: https:" in page.headers["Content-Security-Policy"]
    number = next(a["number"] for a in sandbox.control("GET", "/accounts")["accounts"] if a["platform"] == "instagram")
    allowed = {**asked, "decision": "allow", "accounts": number}
    back = sandbox.client.get("/instagram-dialog/oauth/authorize", query_string=allowed)
    location = back.headers["Location"]
    assert location.startswith(redirect_uri + "?code=")
    assert location.endswith("&state=s%2F1#_")
    code = location.split("code=")[1].split("&")[0]
    form = {"client_id": KEYS.instagram_app_id, "client_secret": KEYS.instagram_app_secret, "code": code}
    form |= {"grant_type": "authorization_code", "redirect_uri": redirect_uri}
    wrong = sandbox.client.post(
        "/instagram-api/oauth/access_token", data={**form, "redirect_uri": "http://elsewhere.test/"}
    )
    assert wrong.get_json()["error_type"] == "OAuthException"
    first = sandbox.client.post("/instagram-api/oauth/access_token", data=form).get_json()
    assert first["user_id"] == PROFILE
    assert sandbox.client.post("/instagram-api/oauth/access_token", data=form).status_code == 400
    query = {"grant_type": "ig_exchange_token", "client_secret": KEYS.instagram_app_secret}
    query["access_token"] = first["access_token"]
    long = sandbox.client.get("/instagram/access_token", query_string=query).get_json(force=True)
    assert (
        sandbox.graph("me", host="instagram", access_token=long["access_token"], fields="user_id")[1]["user_id"]
        == PROFILE
    )
