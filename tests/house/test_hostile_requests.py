"""Requests nobody honest sends: doors tried from aside, links that were never ours, hostile words in every column."""

from __future__ import annotations

from html.parser import HTMLParser
from urllib.parse import quote, urlencode, urlsplit

import pytest
from flask import Flask
from sqlalchemy import Engine, text
from werkzeug.datastructures import EnvironHeaders
from werkzeug.test import EnvironBuilder, run_wsgi_app

from agency.web.theme import local_path
from agency.web.who import cookie_name
from tenants.permissions import Role
from tests.factories import Agency, Factory
from tests.house.rows import Tenant, put_a_row_everywhere
from tests.house.test_routes import Asker, World, address_of, rules, world  # noqa: F401
from tests.web.browser import Browser


@pytest.fixture
def make(whole_app: Flask) -> Factory:
    return Factory(whole_app)


def test_numbers_in_addresses(world: World) -> None:  # noqa: F811
    asker, brand = Asker(world, world.actors["agency_admin"]), world.mine.brand_id
    for number in ("0", "-1", "2147483648", "9223372036854775808", "9" * 40, "9" * 5000, quote("٣"), "1.0", "%00"):
        for method, address in (
            ("POST", f"/brands/{brand}/guide/{number}/in-force"),
            ("GET", f"/brands/{brand}/guide?version={number}"),
            ("GET", f"/brands/{brand}/guide/compare?older={number}&newer={number}"),
            ("POST", f"/api/v1/brands/{brand}/style-guide/versions/{number}/put-in-force"),
        ):
            status = asker.ask(method, address).status_code
            assert status in ((400, 404, 422) if method == "POST" else (200, 404, 422)), (address, status)


EVIL_NEXT = (
    "//evil.example",
    "/\\evil.example",
    "\\\\evil.example",
    "https://evil.example",
    "javascript:alert(1)",
    "/\t/evil.example",
    "/\n/evil.example",
    "//[",
    "//evil.example:99999",
    "http://[",
    "",
    " /inbox",
    "/%0d%0aSet-Cookie:a=b",
    "/\x00",
    "@evil.example",
)


@pytest.mark.parametrize("wanted", EVIL_NEXT)
def test_nobody_is_sent_elsewhere(whole_app: Flask, ana: Agency, make: Factory, wanted: str) -> None:
    from tests.web.browser import email_of

    actor = make.person(ana, Role.STAFF, password="a long enough password")
    browser = Browser(whole_app)
    answers = [
        browser.post("/theme", {"theme": "dark", "next": wanted}),
        browser.post("/language", {"language": "pl", "next": wanted}),
        browser.sign_in(email_of(whole_app, actor), "a long enough password", next=wanted),
        browser.get("/sign-in?" + urlencode({"next": wanted})),
        browser.post("/agencies", {"agency": str(ana.id), "next": wanted}),
    ]
    for answer in answers:
        assert answer.status_code in (302, 303), answer.status_code
        where = answer.headers["Location"]
        assert where.startswith("/"), where
        assert not where.startswith(("//", "/\\")), where
        assert "evil" not in urlsplit(where).netloc
        assert answer.headers.getlist("Set-Cookie") == [
            c for c in answer.headers.getlist("Set-Cookie") if "a=b" not in c
        ]


def test_a_local_path_stays_local() -> None:
    assert local_path("/inbox?q=a%20b#c") == "/inbox?q=a%20b#c"
    assert {local_path(wanted) for wanted in EVIL_NEXT if not wanted.startswith("/%")} == {"/"}


NO_TOKENS = ("", " ", "%20", "%00", "null", "None", "[]", "0", "..", "a" * 43, "A" * 10_000, "%2e%2e%2f", "é", "\\x00")


@pytest.mark.parametrize("path", ["/reset/", "/invitation/", "/data-deletion/"])
def test_a_link_that_was_never_ours_opens_nothing(whole_app: Flask, ana: Agency, path: str) -> None:
    browser = Browser(whole_app)
    for token in NO_TOKENS:
        for method in ("GET", "POST"):
            if path.startswith("/data"):
                status = browser.client.open(path + token, method=method).status_code
            else:
                form = {"password": "a long enough password", "name": "X"}
                address = path + token
                status = (browser.get(address) if method == "GET" else browser.post(address, form)).status_code
            assert status in (404, 405, 410, 400), (path, token, status)


def test_a_session_or_token_that_was_never_ours_opens_nothing(whole_app: Flask, ana: Agency) -> None:
    name = cookie_name(whole_app.extensions["onbrand_settings"])
    for token in ("", " ", "null", "a" * 43, "A" * 5000, '"', "\\000", "%00"):
        client = whole_app.test_client(use_cookies=False)
        answer = client.get("/inbox", headers={"Cookie": f"{name}={token}"})
        assert (answer.status_code, answer.headers["Location"][:8]) == (302, "/sign-in"), token
        for scheme in ("Bearer", "bearer", "Basic", "Token", ""):
            for given in (token, f"ob_{token}"):
                header = {"Authorization": f"{scheme} {given}"}
                assert client.get("/api/v1/brands", headers=header).status_code == 401, (scheme, given)


def test_a_token_counts_in_the_header_alone(world: World) -> None:  # noqa: F811
    asker = Asker(world, world.actors["agency_admin"])
    client = world.app.test_client(use_cookies=False)
    for query in (f"access_token={asker.token}", f"token={asker.token}", f"authorization=Bearer%20{asker.token}"):
        answer = client.get(f"/api/v1/brands?{query}")
        assert answer.status_code == 401
        assert asker.token.encode() not in answer.get_data()
    assert client.post("/api/v1/brands", data={"access_token": asker.token}).status_code == 401
    # The browser's cookie opens no address of the API, so no other site's page can use it there.
    assert asker.browser.get("/api/v1/brands").status_code == 401
    # And a program's token opens no page.
    answer = client.get("/inbox", headers={"Authorization": f"Bearer {asker.token}"})
    assert answer.status_code == 302


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Origin": "http://localhost.evil.example"},
        {"Origin": "http://localhost:81"},
        {"Origin": ""},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
    ],
)
def test_a_form_from_another_site_is_refused(world: World, headers: dict[str, str]) -> None:  # noqa: F811
    asker = Asker(world, world.actors["agency_admin"])
    assert asker.ask("POST", "/theme", **headers).status_code == 403
    assert asker.ask("POST", f"/brands/{world.mine.brand_id}/pause", **headers).status_code == 403


@pytest.mark.parametrize(
    "host", ["evil.example", "localhost.evil.example", "localhost@evil.example", "[::1", "a b", "localhost:x"]
)
def test_another_host_gets_nothing(whole_app: Flask, ana: Agency, host: str) -> None:
    for path in ("/sign-in", "/api/v1/openapi.json", "/healthz"):
        environ = EnvironBuilder(path=path).get_environ()
        environ["HTTP_HOST"] = host
        body, status, _headers = run_wsgi_app(whole_app, environ, buffered=True)
        assert status.startswith("400"), (path, host, status)
        assert b"evil.example" not in b"".join(body)


def test_forwarded_headers_of_strangers_change_nothing(whole_app: Flask, ana: Agency) -> None:
    client = whole_app.test_client()
    for name in ("X-Forwarded-Host", "X-Forwarded-For", "X-Forwarded-Proto", "X-Remote-User", "X-Original-URL"):
        answer = client.get("/sign-in", headers={name: "evil.example"})
        assert answer.status_code == 200
        assert b"evil.example" not in answer.get_data()
        assert "Strict-Transport-Security" not in answer.headers


def test_a_method_cannot_be_dressed_up(world: World) -> None:  # noqa: F811
    asker = Asker(world, world.actors["agency_admin"])
    account = f"/api/v1/accounts/{world.mine.id_of('account')}"
    for headers in ({"X-HTTP-Method-Override": "DELETE"}, {"X-HTTP-Method": "DELETE"}, {"X-Method-Override": "DELETE"}):
        asker.ask("GET", account, **headers)
        asker.ask("GET", account + "?_method=DELETE", **headers)
    assert asker.ask("GET", account).get_json()["disconnected_at"] is None
    for method in ("TRACE", "CONNECT", "PROPFIND", "PUT"):
        answer = asker.program.open(account, method=method, headers={"Authorization": f"Bearer {asker.token}"})
        assert answer.status_code in (405, 400), method


HOSTILE = "<script>alert(1)</script><img src=x onerror=alert(1)>\"'` onload=alert(1) x='{{7*7}}\u202e"


PART = "HX-Request"


class Page(HTMLParser):
    """Collects what a page would run or open."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.trouble: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag in ("script", "iframe", "object", "embed", "base") and not given.get("src", "").startswith(
            ("/static/", "/mailbox/")
        ):
            self.trouble.append(f"<{tag} {given}>")
        if tag == "img" and given.get("src") == "x":
            self.trouble.append("<img src=x>")
        for name, value in given.items():
            if name.startswith("on") or name == "style" or name == "srcdoc":
                self.trouble.append(f"{tag} {name}={value}")
            is_address = name in ("href", "src", "action", "formaction", "poster", "data", "xlink:href")
            if is_address and urlsplit(value.strip()).scheme not in ("", "http", "https", "mailto"):
                self.trouble.append(f"{tag} {name}={value}")


def test_hostile_words_in_every_column_do_nothing_on_any_page(
    whole_app: Flask, make: Factory, ana: Agency, superuser: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    headers_read: set[str] = set()
    reading = EnvironHeaders._get_key
    monkeypatch.setattr(EnvironHeaders, "_get_key", lambda self, key: headers_read.add(key) or reading(self, key))
    tenant = Tenant(HOSTILE, ana.id, ana.brand_ids[0])
    put_a_row_everywhere(superuser, tenant)
    with superuser.begin() as connection:
        for statement in (
            "update brand set name = name || :words",
            "update agency set name = :words",
            "update message set permalink = 'javascript:alert(1)', attachments = "
            '\'[{"kind": "photo", "url": "javascript:alert(1)", "title": "x"}]\'',
            "update conversation set permalink = 'javascript:alert(1)', "
            'context = \'{"external_id": "1", "text": "x", "permalink": "JavaScript:alert(1)"}\'',
            "update person set name = :words",
            "update reply set state_reason = :words",
        ):
            connection.execute(text(statement), {"words": HOSTILE} if ":words" in statement else {})
    made = World(whole_app, ana, tenant, tenant, tenant, tenant, actors=dict(ana.actors))
    ids, shown, parts = made.ids(tenant), 0, 0
    for role in ("agency_admin", "client_owner"):
        asker = Asker(made, ana.actors[role])
        for rule, _method in rules(whole_app, ("GET",)):
            if rule.endpoint.startswith(("parts.", "files.")):
                continue
            for headers in ({}, {PART: "true"}):
                if headers and PART not in headers_read:
                    break  # nobody asked whether a part of the page will do
                headers_read.clear()
                answer = asker.ask("GET", address_of(whole_app, rule, ids), **headers)
                if answer.mimetype != "text/html":
                    assert answer.mimetype != "text/plain" or b"<script>" not in answer.get_data()
                    continue
                page = Page()
                page.feed(answer.text)
                assert page.trouble == [], (rule.rule, page.trouble)
                shown += "&lt;script&gt;" in answer.text
                parts += bool(headers)
    assert shown > 20
    assert parts > 5
