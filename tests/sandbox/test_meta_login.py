"""Meta's dialogs and tokens: what is granted, declined, exchanged, inspected, taken back. Over real HTTP."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

import pytest

from tests.sandbox.conftest import KEYS, PAGE, PROFILE
from tests.sandbox.meta_world import Meta

DAY = 86_400
BACK = "http://127.0.0.1:5000/back"
SCOPES = "pages_show_list,pages_read_engagement,pages_read_user_content,pages_manage_engagement,instagram_basic"
APP_TOKEN = f"{KEYS.meta_app_id}|{KEYS.meta_app_secret}"
OURS = {"client_id": KEYS.meta_app_id, "client_secret": KEYS.meta_app_secret}


def number(meta: Meta, external_id: str = PAGE) -> int:
    accounts = meta.control("GET", "/accounts")["accounts"]
    return next(int(one["number"]) for one in accounts if one["external_id"] == external_id)


def dialog(meta: Meta, **query: Any) -> tuple[str, dict[str, str]]:
    """The person answers; the address they come back to, and its query."""
    asked = {"client_id": KEYS.meta_app_id, "redirect_uri": BACK, "state": "s", "response_type": "code"}
    path = "/facebook-dialog/v26.0/dialog/oauth?" + urlencode({**asked, "decision": "allow", **query}, doseq=True)
    status, body, headers = meta.call("GET", path)
    assert status == 302, body
    return headers["location"], dict(parse_qsl(urlsplit(headers["location"]).query))


def sign_in(meta: Meta, *, long: bool = True, **query: Any) -> str:
    """A person's token."""
    query.setdefault("scope", SCOPES)
    query.setdefault("accounts", number(meta))
    code = dialog(meta, **query)[1]["code"]
    first = meta.get("oauth/access_token", **OURS, redirect_uri=BACK, code=code, access_token="")
    if not long:
        return str(first["access_token"])
    exchange = {**OURS, "grant_type": "fb_exchange_token", "fb_exchange_token": first["access_token"]}
    return str(meta.get("oauth/access_token", **exchange, access_token="")["access_token"])


def inspected(meta: Meta, token: str) -> Any:
    return meta.get("debug_token", access_token=APP_TOKEN, input_token=token)["data"]


def test_what_was_declined_is_declined_until_asked_again(meta: Meta) -> None:
    ticked = [one for one in SCOPES.split(",") if one != "pages_manage_engagement"]
    token = sign_in(meta, scopes=ticked, shown=1)
    told = {one["permission"]: one["status"] for one in meta.get("me/permissions", access_token=token)["data"]}
    assert (told["pages_show_list"], told["pages_manage_engagement"]) == ("granted", "declined")
    comment = meta.make("comment", author="Ada", text="x")
    page_token = meta.get(PAGE, fields="access_token", access_token=token)["access_token"]
    refused = meta.refusal("POST", f"{comment}/comments", message="no", access_token=page_token)
    assert refused == (200, None)
    asked = {"client_id": KEYS.meta_app_id, "redirect_uri": BACK, "scope": SCOPES}
    path = "/facebook-dialog/v26.0/dialog/oauth?"
    assert 'value="pages_manage_engagement"' not in meta.page(path + urlencode(asked))
    assert 'value="pages_manage_engagement"' in meta.page(path + urlencode({**asked, "auth_type": "rerequest"}))
    token = sign_in(meta, auth_type="rerequest", scopes=SCOPES.split(","), shown=1)
    page_token = meta.get(PAGE, fields="access_token", access_token=token)["access_token"]
    assert meta.graph("POST", f"{comment}/comments", message="yes", access_token=page_token)[0] == 200


def test_cancelling_and_asking_for_nonsense(meta: Meta) -> None:
    location, query = dialog(meta, decision="cancel")
    assert (query["error"], query["error_reason"], query["state"]) == ("access_denied", "user_denied", "s")
    assert location.endswith("#_=_")
    asked = urlencode({"client_id": KEYS.meta_app_id, "redirect_uri": BACK, "scope": "read_minds"})
    assert meta.call("GET", f"/facebook-dialog/v26.0/dialog/oauth?{asked}")[0] == 400


def test_page_tokens_live_as_long_as_the_person_s_was_long(meta: Meta) -> None:
    short = sign_in(meta, long=False)
    page_token = meta.get(PAGE, fields="access_token", access_token=short)["access_token"]
    assert 0 < inspected(meta, page_token)["expires_at"] - meta.clock.now <= 3600
    long = sign_in(meta)
    lasting = meta.get("me/accounts", access_token=long)["data"][0]["access_token"]
    facts = inspected(meta, lasting)
    assert (facts["expires_at"], facts["type"], facts["profile_id"]) == (0, "PAGE", PAGE)
    assert inspected(meta, long)["expires_at"] == int(meta.clock.now) + 60 * DAY
    assert inspected(meta, long)["data_access_expires_at"] == int(meta.clock.now) + 90 * DAY
    meta.clock.move(3601)
    assert meta.refusal("GET", PAGE, access_token=page_token) == (190, 463)
    assert meta.get(PAGE, access_token=lasting)["id"] == PAGE


def test_only_what_was_ticked_is_in_the_token(meta: Meta) -> None:
    other = {"platform": "facebook", "external_id": "100200301", "name": "Other", "user_token": "user-token"}
    meta.control("POST", "/accounts", other)
    token = sign_in(meta, accounts=[number(meta)], shown=1, scopes=SCOPES.split(","))
    fields = "id,instagram_business_account"
    pages = meta.get("me/accounts", access_token=token, fields=fields)["data"]
    assert pages == [{"id": PAGE}]
    granular = {one["scope"]: one.get("target_ids") for one in inspected(meta, token)["granular_scopes"]}
    assert (granular["pages_show_list"], granular["instagram_basic"]) == ([PAGE], [])
    everything = sign_in(meta, everything=1, shown=1, scopes=SCOPES.split(","), accounts=[])
    pages = meta.get("me/accounts", access_token=everything, fields=fields)["data"]
    assert [one["id"] for one in pages] == [PAGE, "100200301"]
    assert pages[0]["instagram_business_account"]["id"] == PROFILE
    granular = {one["scope"]: one.get("target_ids") for one in inspected(meta, everything)["granular_scopes"]}
    assert granular["pages_show_list"] is None


@pytest.mark.parametrize(("kind", "edge"), [("owned", "owned_pages"), ("client", "client_pages")])
def test_pages_of_a_portfolio_are_found_through_it_only(meta: Meta, kind: str, edge: str) -> None:
    business = {"id": "900800700", "name": "Holding", "kind": kind}
    held = {"platform": "facebook", "external_id": "100200301", "name": "Held", "business": business}
    meta.control("POST", "/accounts", {**held, "user_token": "user-token"})
    both = [number(meta), number(meta, "100200301")]
    without = sign_in(meta, accounts=both)
    assert [one["id"] for one in meta.get("me/accounts", access_token=without)["data"]] == [PAGE]
    assert meta.refusal("GET", "me/businesses", access_token=without) == (10, None)
    token = sign_in(meta, accounts=both, scope=f"{SCOPES},business_management")
    assert [one["id"] for one in meta.get("me/accounts", access_token=token)["data"]] == [PAGE]
    assert meta.get("me/businesses", access_token=token)["data"] == [{"id": "900800700", "name": "Holding"}]
    (page,) = meta.get(f"900800700/{edge}", access_token=token, fields="id,name,access_token,tasks")["data"]
    assert page["id"] == "100200301"
    assert meta.get("100200301/published_posts", access_token=page["access_token"])["data"] == []
    other = "client_pages" if edge == "owned_pages" else "owned_pages"
    assert meta.get(f"900800700/{other}", access_token=token)["data"] == []


def test_many_pages_come_in_pages(meta: Meta) -> None:
    many = [
        {"platform": "facebook", "external_id": f"2000{n:05}", "name": f"Page {n}", "user_token": "user-token"}
        for n in range(60)
    ]
    meta.control("POST", "/accounts", {"accounts": many})
    found: list[str] = []
    path: str | None = f"/facebook/v26.0/me/accounts?fields=id&limit=25&{urlencode({'access_token': 'user-token'})}"
    while path:
        body = json.loads(meta.call("GET", path)[1])
        found += [one["id"] for one in body["data"]]
        path = body.get("paging", {}).get("next", "").removeprefix(meta.base) or None
    assert len(found) == len(set(found)) == 61


def test_a_business_configuration_may_give_a_system_user_s_token(meta: Meta) -> None:
    configurations = {"77": {"scopes": ["pages_show_list", "pages_messaging"], "token": "system_user"}}
    meta.control("POST", "/application", {"login_configurations": configurations})
    code = dialog(meta, config_id="77", accounts=number(meta))[1]["code"]
    answer = meta.get("oauth/access_token", **OURS, redirect_uri=BACK, code=code, access_token="")
    assert "expires_in" not in answer
    facts = inspected(meta, answer["access_token"])
    assert (facts["type"], facts["expires_at"], facts["data_access_expires_at"]) == ("SYSTEM_USER", 0, 0)
    assert set(facts["scopes"]) == {"public_profile", "pages_show_list", "pages_messaging"}
    asked = urlencode({"client_id": KEYS.meta_app_id, "redirect_uri": BACK, "config_id": "78"})
    assert meta.call("GET", f"/facebook-dialog/v26.0/dialog/oauth?{asked}")[0] == 400


def test_a_permission_can_be_revoked_and_all_of_them(meta: Meta) -> None:
    token = sign_in(meta)
    page_token = meta.get(PAGE, fields="access_token", access_token=token)["access_token"]
    assert meta.graph("DELETE", "me/permissions/pages_read_user_content", access_token=token)[0] == 200
    post = meta.make("post", text="x")
    assert meta.refusal("GET", f"{post}/comments", access_token=page_token) == (10, None)
    assert meta.get(f"{PAGE}/published_posts", access_token=page_token)["data"][0]["id"] == post
    assert meta.graph("DELETE", "me/permissions", access_token=token) == (200, {"success": True})
    assert meta.refusal("GET", PAGE, access_token=page_token) == (190, 458)
    assert inspected(meta, token)["error"]["subcode"] == 458
    meta.deliver()
    told = [call.json for call in meta.product.received if call.json["object"] == "permissions"]
    assert [one["entry"][0]["changes"][0]["verb"] for one in told] == ["revoked", "revoked"]


def test_a_permission_not_used_for_ninety_days_is_gone(meta: Meta) -> None:
    token = sign_in(meta, scope=SCOPES)
    page_token = meta.get(PAGE, fields="access_token", access_token=token)["access_token"]
    post = meta.make("post", text="x")
    meta.clock.move(60 * DAY)
    assert meta.get(f"{PAGE}/published_posts", access_token=page_token)["data"]
    meta.clock.move(31 * DAY)
    assert meta.get(f"{PAGE}/published_posts", access_token=page_token)["data"]
    assert meta.refusal("GET", f"{post}/comments", access_token=page_token) == (10, None)


def test_removing_the_app_calls_both_callbacks_with_a_signed_request(meta: Meta) -> None:
    token = sign_in(meta)
    page = meta.page("/people")
    assert "Sam Example" in page
    person = inspected(meta, token)["user_id"]
    meta.page(f"/people/meta/{person}", {"action": "delete"})
    meta.deliver()
    calls = {call.path: dict(parse_qsl(call.body.decode())) for call in meta.product.received if "/meta/" in call.path}
    assert set(calls) == {"/meta/deauthorize", "/meta/data-deletion"}
    for form in calls.values():
        signature, _, payload = form["signed_request"].partition(".")
        right = hmac.new(KEYS.meta_app_secret.encode(), payload.encode(), hashlib.sha256).digest()
        assert base64.urlsafe_b64decode(signature + "=") == right
        told = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
        assert (told["user_id"], told["algorithm"], told["issued_at"]) == (person, "HMAC-SHA256", int(meta.clock.now))
    assert meta.refusal("GET", "me", access_token=token) == (190, 458)
    assert "code-1" in meta.page("/people")
    assert meta.call("POST", "/people/meta/nobody", {"action": "remove"})[0] == 404


def test_instagram_tokens_from_the_dialog_to_the_sixtieth_day(meta: Meta) -> None:
    asked = {"client_id": KEYS.instagram_app_id, "redirect_uri": BACK, "response_type": "code", "state": "s"}
    asked["scope"] = "instagram_business_basic,instagram_business_manage_comments"
    query = urlencode({**asked, "decision": "allow", "accounts": number(meta, PROFILE)})
    location = meta.call("GET", f"/instagram-dialog/oauth/authorize?{query}")[2]["location"]
    code = dict(parse_qsl(urlsplit(location).query))["code"]
    form = {"client_id": KEYS.instagram_app_id, "client_secret": KEYS.instagram_app_secret, "redirect_uri": BACK}
    form |= {"grant_type": "authorization_code", "code": code}
    first = json.loads(meta.call("POST", "/instagram-api/oauth/access_token", form=form)[1])
    assert first["permissions"] == asked["scope"].split(",")
    exchange = {"grant_type": "ig_exchange_token", "client_secret": KEYS.instagram_app_secret}
    exchange["access_token"] = first["access_token"]
    token = json.loads(meta.call("GET", "/instagram/access_token", form=exchange)[1])["access_token"]
    assert meta.get("me", "instagram", fields="user_id", access_token=token)["user_id"] == PROFILE
    where = f"{PROFILE}/conversations"
    assert meta.refusal("GET", where, "instagram", access_token=token, platform="instagram") == (10, None)
    refresh = {"grant_type": "ig_refresh_token", "access_token": token}
    assert meta.call("GET", "/instagram/refresh_access_token", form=refresh)[0] == 400
    meta.clock.move(DAY)
    status, body, _ = meta.call("GET", "/instagram/refresh_access_token", form=refresh)
    assert (status, json.loads(body)["expires_in"]) == (200, 5_184_000)
    meta.clock.move(60 * DAY)
    assert meta.refusal("GET", "me", "instagram", access_token=json.loads(body)["access_token"]) == (190, 463)
    meta.control("POST", "/people/remove", {"app": "instagram", "id": PROFILE, "delete_data": True})
    meta.deliver()
    forms = [dict(parse_qsl(call.body.decode())) for call in meta.product.received if "/meta/" in call.path]
    signature, _, payload = forms[0]["signed_request"].partition(".")
    right = hmac.new(KEYS.instagram_app_secret.encode(), payload.encode(), hashlib.sha256).digest()
    assert base64.urlsafe_b64decode(signature + "=") == right
