"""The door itself: host, origin, form token, headers, policy, one transaction, errors as pages."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from uuid import uuid4

import pytest
from flask import Flask
from psycopg import OperationalError as PsycopgError
from sqlalchemy import Engine, text
from sqlalchemy.exc import OperationalError

from agency.web import door
from agency.web.route_policy import ROUTE_POLICY
from tenants.database import db
from tenants.lines import Line
from tenants.settings import Settings
from tests.factories import Agency
from tests.web.browser import Browser


@pytest.mark.parametrize("host", ["evil.example", "localhost.evil.example", "evil.example:80", "a@localhost"])
def test_a_foreign_host_header_is_refused(whole_app: Flask, host: str) -> None:
    answer = Browser(whole_app).get("/sign-in", headers={"Host": host})
    assert answer.status_code == 400
    assert "evil" not in answer.text


def test_loopback_and_our_own_host_are_served(whole_app: Flask) -> None:
    for host in ("localhost", "localhost:8700", "127.0.0.1:8700"):
        assert Browser(whole_app).get("/sign-in", headers={"Host": host}).status_code == 200


def test_a_form_without_its_token_changes_nothing(whole_app: Flask, ana: Agency) -> None:
    browser = Browser(whole_app, ana.staff)
    assert browser.client.post("/sign-out").status_code == 400
    assert browser.is_signed_in


@pytest.mark.parametrize(
    "headers", [{"Origin": "https://evil.example"}, {"Origin": "null"}, {"Sec-Fetch-Site": "cross-site"}]
)
def test_a_form_from_another_site_changes_nothing(whole_app: Flask, ana: Agency, headers: dict[str, str]) -> None:
    browser = Browser(whole_app, ana.staff)
    assert browser.post("/sign-out", headers=headers).status_code == 403
    assert browser.is_signed_in
    assert browser.post("/sign-out", headers={"Origin": "http://localhost"}).status_code == 303


def test_every_answer_carries_the_headers(whole_app: Flask, ana: Agency) -> None:
    browser = Browser(whole_app, ana.agency_admin)
    for path in ("/sign-in", "/account", "/people", "/nothing-here", "/healthz"):
        headers = browser.get(path).headers
        assert headers["Content-Security-Policy"].startswith("default-src 'none'")
        assert "unsafe" not in headers["Content-Security-Policy"]
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["Referrer-Policy"] == "same-origin"
        assert headers["Cross-Origin-Opener-Policy"] == "same-origin"
        assert headers["Cache-Control"] == "no-store"
        assert len(headers["X-Request-Id"]) == 16
        assert "Strict-Transport-Security" not in headers


def test_production_cookies_are_bound_to_the_host_and_tls(settings: Settings, ana: Agency) -> None:
    from agency.app import create_app

    app = create_app(replace(settings, onbrand_env="production", onbrand_base_url="https://app.test.example"))
    answer = app.test_client().get("/sign-in", base_url="https://app.test.example")
    assert answer.headers["Strict-Transport-Security"].startswith("max-age=")
    cookie = answer.headers["Set-Cookie"]
    assert cookie.startswith("__Host-onbrand_form=")
    assert "Secure" in cookie
    assert "Domain" not in cookie
    browser = Browser(app, ana.staff)
    assert app.test_client().get("/mailbox", base_url="https://app.test.example").status_code == 404
    assert browser._name == "__Host-onbrand_session"


def test_a_page_without_a_policy_stops_the_start(settings: Settings, clean: None) -> None:
    from agency.app import create_app

    app = create_app(settings)
    app.add_url_rule("/open-by-accident", endpoint="accident", view_func=lambda: "")
    with pytest.raises(door.RouteWithoutPolicy, match="accident"):
        door.check_routes(app)


def test_every_line_of_the_policy_is_a_page(whole_app: Flask) -> None:
    settings = whole_app.extensions["onbrand_settings"]
    absent = {name for name, is_there in door.ONLY_WHERE.items() if not is_there(settings)}
    assert absent == {"billing_page", "billing_change_page", "billing_plan_page", "billing_invoices_page"}
    assert {page.split(".")[0] for page in set(ROUTE_POLICY) - set(whole_app.view_functions)} == absent


def test_signed_out_people_are_sent_to_the_sign_in_page_and_back(whole_app: Flask) -> None:
    browser = Browser(whole_app)
    assert browser.get("/people?a=b").headers["Location"] == "/sign-in?next=/people?a%3Db"
    fragment = browser.get("/people", headers={"HX-Request": "true"})
    assert fragment.status_code == 401
    assert fragment.headers["HX-Redirect"].startswith("/sign-in")


@pytest.mark.parametrize(
    ("came_from", "back_to"),
    [
        ("http://localhost/inbox/1?brand=2", "/inbox/1?brand%3D2"),
        ("https://elsewhere.example/inbox/1", "/"),
        ("http://localhost//elsewhere.example", "/"),
        ("http://[", "/"),
        ("", "/"),
    ],
)
def test_who_was_signed_out_over_a_form_comes_back_to_its_page(whole_app: Flask, came_from: str, back_to: str) -> None:
    """The words somebody typed there are kept in the browser for that page."""
    browser = Browser(whole_app)
    headers = {"Referer": came_from}
    answer = browser.post(f"/conversations/{uuid4()}/note", {"text": "x"}, headers=headers)
    assert answer.headers["Location"] == f"/sign-in?next={back_to}"
    assert answer.status_code == 303
    fragment = browser.get("/inbox/rows", headers={**headers, "HX-Request": "true"})
    assert fragment.headers["HX-Redirect"] == f"/sign-in?next={back_to}"


def test_a_role_without_the_permission_is_told_so_in_three_parts(whole_app: Flask, ana: Agency) -> None:
    answer = Browser(whole_app, ana.staff).get("/people")
    assert answer.status_code == 403
    assert "Your role does not include the list of people." in answer.text
    assert "What is safe" in answer.text
    assert "What to do" in answer.text


def test_htmx_gets_a_fragment(whole_app: Flask, ana: Agency) -> None:
    answer = Browser(whole_app, ana.staff).get("/people", headers={"HX-Request": "true"})
    assert answer.status_code == 403
    assert "<html" not in answer.text


def test_a_body_over_one_megabyte_is_refused(whole_app: Flask, ana: Agency) -> None:
    answer = Browser(whole_app, ana.staff).post("/account", {"name": "x" * (1024 * 1024 + 10)})
    assert answer.status_code == 413


def test_who_is_asking_is_found_in_one_statement(
    whole_app: Flask, ana: Agency, statements: Callable[[], list[str]]
) -> None:
    browser = Browser(whole_app, ana.staff)
    statements()
    assert browser.get("/people").status_code == 403
    ran = [s for s in statements() if "sign_in_session" in s or "set_config" in s]
    assert len(ran) == 1


def test_an_error_rolls_the_whole_request_back(
    whole_app: Flask, ana: Agency, superuser: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    browser = Browser(whole_app, ana.agency_admin)
    before = browser.get("/account").text.count("<tr>")

    def fail(*_a: object, **_k: object) -> None:
        raise OperationalError("select", {}, Exception("the server closed the connection"))

    monkeypatch.setattr("agency.web.people.send_notice", fail)
    answer = browser.post("/people/invitations", {"email": "new@test.example", "role": "staff"})
    assert answer.status_code == 503
    assert answer.headers["Retry-After"] == "5"
    assert "closed the connection" not in answer.text
    with superuser.connect() as connection:
        assert connection.execute(text("select count(*) from invitation")).scalar_one() == 0
    assert browser.get("/account").text.count("<tr>") == before


@pytest.mark.parametrize("fragment", [True, False])
def test_without_the_database_whoever_is_signed_in_reads_what_is_true(
    whole_app: Flask, ana: Agency, monkeypatch: pytest.MonkeyPatch, fragment: bool
) -> None:
    browser = Browser(whole_app, ana.staff)

    def refuse(*_a: object, **_k: object) -> None:
        raise PsycopgError("connection refused")

    with whole_app.app_context():
        db.engine.dispose()
    with monkeypatch.context() as away:
        away.setattr(Line, "connect", refuse)
        answer = browser.get("/inbox", headers={"HX-Request": "true"} if fragment else {})
    assert answer.status_code == 503
    assert answer.headers["Retry-After"] == "5"
    assert "What was saved before is kept" in answer.text
    assert "connection refused" not in answer.text


def test_a_mistake_of_ours_shows_no_details(whole_app: Flask, ana: Agency, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_a: object, **_k: object) -> None:
        raise RuntimeError("secret detail")

    monkeypatch.setattr("agency.web.people.rooms.members_of", fail)
    answer = Browser(whole_app, ana.agency_admin).get("/people")
    assert answer.status_code == 500
    assert "secret detail" not in answer.text
    assert answer.headers["X-Request-Id"] in answer.text


def test_pages_come_in_the_persons_language(whole_app: Flask, ana: Agency) -> None:
    browser = Browser(whole_app, ana.staff)
    answer = browser.post("/language", {"language": "pl", "next": "/account"})
    assert answer.headers["Location"] == "/account"
    assert '<html lang="pl"' in browser.get("/account").text
    assert '<html lang="pt"' in Browser(whole_app).get("/sign-in", headers={"Accept-Language": "pt-BR"}).text


def test_health_names_each_part(whole_app: Flask) -> None:
    answer = Browser(whole_app).get("/healthz")
    assert answer.status_code == 200
    assert answer.json is not None
    assert answer.json["parts"]["database"]["state"] == "up"
    assert answer.json["parts"]["redis"]["state"] == "up"
    assert answer.json["parts"]["worker"]["state"] == "missing"


def test_health_is_503_without_redis(settings: Settings, clean: None) -> None:
    from agency.app import create_app

    app = create_app(replace(settings, onbrand_redis_url="redis://127.0.0.1:9/0"))
    answer = app.test_client().get("/healthz")
    assert answer.status_code == 503
    assert answer.json is not None
    assert answer.json["parts"]["redis"]["state"] == "down"
    assert app.test_client().get("/sign-in").status_code == 200


def test_metrics_are_for_loopback_or_the_token(whole_app: Flask, settings: Settings, ana: Agency) -> None:
    from agency.web.health import metrics_token

    browser = Browser(whole_app, ana.staff)
    line = 'onbrand_requests_total{endpoint="account_page.account",method="GET",status="200"} '

    def answers_counted() -> float:
        found = [li.removeprefix(line) for li in browser.get("/metrics").text.splitlines() if li.startswith(line)]
        return float(found[0]) if found else 0.0

    before = answers_counted()
    browser.get("/account")
    assert answers_counted() == before + 1
    own = browser.get("/metrics")
    assert own.status_code == 200
    assert "onbrand_outbox_open 0.0" in own.text
    assert str(ana.id) not in own.text
    far = Browser(whole_app)
    far.client.environ_base["REMOTE_ADDR"] = "192.0.2.7"
    assert far.get("/metrics").status_code == 404
    assert browser.get("/metrics", headers={"X-Forwarded-For": "127.0.0.1"}).status_code == 404
    token = metrics_token(settings.onbrand_secret_key)
    assert far.get("/metrics", headers={"Authorization": f"Bearer {token}"}).status_code == 200
