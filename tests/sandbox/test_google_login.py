"""Google's consent screen, token endpoint and revocation, spoken to over HTTP as an application would."""

from __future__ import annotations

import base64
import html
import json
from pathlib import Path
from typing import Any

import pytest

from tests.sandbox.conftest import KEYS
from tests.sandbox.google_world import LOCATION, SCOPE, VERIFIER, GoogleWorld, google_sandbox

REVIEWS = f"mybusiness/v4/{LOCATION}/reviews"
DAY = 86_400


@pytest.fixture
def world(tmp_path: Path) -> Any:
    with google_sandbox(tmp_path) as made:
        yield made


def error_of(back: Any) -> str:
    assert isinstance(back, dict)
    assert "code" not in back
    assert back["state"] == "s t&ate"
    return str(back["error"])


def test_a_person_logs_in_with_pkce_and_the_tokens_work(world: GoogleWorld) -> None:
    status, page = world.consent()
    assert status == 200
    assert isinstance(page, str)
    assert SCOPE in html.unescape(page)
    assert "Pennywell, Quay Street" in page
    status, back = world.consent(decision="allow")
    assert isinstance(back, dict)
    assert back["state"] == "s t&ate"
    assert len(back["code"]) <= 256
    status, body = world.exchange(back["code"])
    assert status == 200
    assert (body["token_type"], body["scope"], body["expires_in"]) == ("Bearer", SCOPE, 3599)
    assert len(body["access_token"]) <= 2048
    assert len(body["refresh_token"]) <= 512
    assert "refresh_token_expires_in" not in body
    assert world.call(REVIEWS, token=body["access_token"]) == (200, {})
    assert world.exchange(back["code"])[1]["error"] == "invalid_grant", "codes are single use"


@pytest.mark.parametrize("verifier", ["", "w" * 64, "v" * 42, VERIFIER + "x"])
def test_a_wrong_verifier_gets_nothing_and_uses_no_code(world: GoogleWorld, verifier: str) -> None:
    _, back = world.consent(decision="allow")
    assert isinstance(back, dict)
    status, body = world.exchange(back["code"], code_verifier=verifier)
    assert (status, body["error"]) == (400, "invalid_grant")
    assert world.exchange(back["code"])[0] == 200


def test_a_code_ends_after_ten_minutes_and_belongs_to_its_address(world: GoogleWorld) -> None:
    _, back = world.consent(decision="allow")
    assert isinstance(back, dict)
    assert world.exchange(back["code"], redirect_uri="http://127.0.0.1:9/other")[1]["error"] == "redirect_uri_mismatch"
    world.clock.move(600)
    assert world.exchange(back["code"])[1]["error"] == "invalid_grant"
    assert world.exchange("4/0never")[1]["error"] == "invalid_grant"


@pytest.mark.parametrize(
    ("fields", "status", "error"),
    [
        ({"client_id": ""}, 400, "invalid_request"),
        ({"client_id": "stranger"}, 401, "invalid_client"),
        ({"client_secret": "guess"}, 401, "invalid_client"),
        ({"grant_type": "password"}, 400, "unsupported_grant_type"),
        ({"refresh_token": ""}, 400, "invalid_request"),
        ({"refresh_token": "1//0never"}, 400, "invalid_grant"),
        ({"refresh_token": "google-access"}, 400, "invalid_grant"),
        ({"grant_type": "authorization_code"}, 400, "invalid_request"),
    ],
)
def test_the_token_endpoint_refuses(world: GoogleWorld, fields: dict[str, str], status: int, error: str) -> None:
    given = {"grant_type": "refresh_token", "refresh_token": "google-refresh", **fields}
    answered, body = world.form("token", **given)
    assert (answered, body["error"]) == (status, error)


def test_the_client_may_name_itself_by_http_basic(world: GoogleWorld) -> None:
    pair = base64.b64encode(f"{KEYS.google_client_id}:{KEYS.google_client_secret}".encode()).decode()
    headers = {"Authorization": f"Basic {pair}", "Content-Type": "application/x-www-form-urlencoded"}
    body = b"grant_type=refresh_token&refresh_token=google-refresh"
    status, answered, raw = world.http("POST", "/google/token", headers=headers, body=body)
    assert status == 200
    assert "refresh_token" not in json.loads(raw), "a refresh repeats no refresh token"
    assert "no-store" in answered["cache-control"]


@pytest.mark.parametrize(
    "wrong",
    [
        {"client_id": "stranger"},
        {"client_id": None},
        {"redirect_uri": None},
        {"redirect_uri": "javascript:alert(1)"},
        {"redirect_uri": "http://127.0.0.1:9/back#fragment"},
        {"response_type": "token"},
        {"response_type": None},
        {"scope": None},
        {"access_type": "forever"},
        {"code_challenge": "short"},
        {"code_challenge": None},
        {"code_challenge_method": "S512"},
    ],
)
def test_a_wrong_request_stays_on_googles_page(world: GoogleWorld, wrong: dict[str, Any]) -> None:
    status, page = world.consent(decision="allow", **wrong)
    assert status in (400, 401)
    assert "Access blocked" in str(page)


def test_only_registered_addresses_where_there_is_a_list(world: GoogleWorld) -> None:
    world.control("POST", "/google/project", {"redirect_uris": ["http://127.0.0.1:9/elsewhere"]})
    status, page = world.consent(decision="allow")
    assert status == 400
    assert "redirect_uri_mismatch" in str(page)


@pytest.mark.parametrize(
    "decision", ["admin_policy_enforced", "org_internal", "rate_limit_exceeded", "access_denied", "cancel", "nonsense"]
)
def test_what_people_and_administrators_decide_goes_back(world: GoogleWorld, decision: str) -> None:
    wanted = decision if decision not in ("cancel", "nonsense") else "access_denied"
    assert error_of(world.consent(decision=decision)[1]) == wanted


def test_the_control_door_ends_the_next_login_once(world: GoogleWorld) -> None:
    world.control("POST", "/google/next-login", {"error": "org_internal"})
    assert error_of(world.consent()[1]) == "org_internal"
    assert world.consent()[0] == 200
    assert "error must be one of" in world.refused("POST", "/google/next-login", {"error": "sulk"})


def test_unknown_scopes_go_back_as_an_error(world: GoogleWorld) -> None:
    assert error_of(world.consent(scope=f"{SCOPE} https://www.googleapis.com/auth/never")[1]) == "invalid_scope"


def test_an_unticked_scope_is_not_granted_and_its_calls_are_refused(world: GoogleWorld) -> None:
    asked = {"scope": f"openid email {SCOPE}", "granular": "1", "accounts": "1"}
    body = world.log_in(**asked)
    assert body["scope"] == "openid email"
    status, refused = world.call(REVIEWS, token=body["access_token"])
    assert status == 403
    assert refused["error"]["details"][0]["reason"] == "ACCESS_TOKEN_SCOPE_INSUFFICIENT"
    again = world.log_in(**asked, scopes=SCOPE)
    assert SCOPE in again["scope"]
    assert error_of(world.consent(decision="allow", granular="1")[1]) == "access_denied", "nothing left ticked"


def test_refresh_tokens_come_offline_at_first_consent_or_when_asked_anew(world: GoogleWorld) -> None:
    assert "refresh_token" not in world.log_in(access_type="online", scope=f"openid {SCOPE}")
    world.control("POST", "/google/withdraw", {"person": "owner@sandbox.example"})
    assert "refresh_token" in world.log_in()
    assert "refresh_token" not in world.log_in(), "consented already"
    assert "refresh_token" in world.log_in(prompt="consent")
    assert "refresh_token" not in world.log_in(prompt="consent", access_type="online")


def test_incremental_grants_carry_what_was_granted_before(world: GoogleWorld) -> None:
    world.log_in()
    alone = world.log_in(scope="openid")
    assert alone["scope"] == "openid"
    together = world.log_in(scope="openid", include_granted_scopes="true")
    assert set(together["scope"].split()) == {"openid", SCOPE}
    assert world.call(REVIEWS, token=together["access_token"])[0] == 200


def test_without_a_prompt_only_those_who_consented_pass(world: GoogleWorld) -> None:
    assert error_of(world.consent(prompt="none")[1]) == "consent_required"
    world.log_in()
    _, back = world.consent(prompt="none")
    assert isinstance(back, dict)
    assert world.exchange(back["code"])[0] == 200


def test_people_see_their_own_locations_only(world: GoogleWorld) -> None:
    world.location("accounts/77/locations/88", name="Padaria", people=["rui@agency.example"])
    status, page = world.consent()
    assert status == 200
    assert "choose an account" in str(page)
    _, page = world.consent(login_hint="rui@agency.example")
    assert "Padaria" in str(page)
    assert "Pennywell" not in str(page)
    body = world.log_in(login_hint="rui@agency.example")
    assert world.call("mybusiness/v4/accounts/77/locations/88/reviews", token=body["access_token"])[0] == 200
    assert world.call(REVIEWS, token=body["access_token"])[0] == 403
    world.location("accounts/77/locations/99", people=["rui@agency.example"])
    assert world.call("mybusiness/v4/accounts/77/locations/99/reviews", token=body["access_token"])[0] == 200


def test_only_the_ticked_locations_are_opened(world: GoogleWorld) -> None:
    other = world.location("accounts/11/locations/33")
    body = world.log_in(granular="1", scopes=SCOPE, accounts=other["number"])
    assert world.call("mybusiness/v4/accounts/11/locations/33/reviews", token=body["access_token"])[0] == 200
    assert world.call(REVIEWS, token=body["access_token"])[0] == 403


def test_revoking_one_token_kills_all_of_that_person(world: GoogleWorld) -> None:
    first, second, third = world.log_in(), world.log_in(prompt="consent"), world.log_in(prompt="consent")
    other = world.refresh("google-refresh")[1]["access_token"]
    status, _, body = world.http("POST", f"/google/revoke?token={third['access_token']}")
    assert (status, body) == (200, b"")
    for token in (first["access_token"], second["access_token"], third["access_token"]):
        assert world.call(REVIEWS, token=token)[0] == 401
    for token in (first["refresh_token"], second["refresh_token"], third["refresh_token"]):
        assert world.refresh(token)[1]["error"] == "invalid_grant"
    assert world.call(REVIEWS, token=other)[0] == 200, "another person's"
    assert world.form("revoke", token=first["access_token"]) == (
        400,
        {"error": "invalid_token", "error_description": "Token expired or revoked"},
    )
    assert "refresh_token" in world.log_in(), "and the next login asks for consent anew"


def test_unused_for_six_months_a_refresh_token_dies_and_use_keeps_it(world: GoogleWorld) -> None:
    kept, left = world.log_in()["refresh_token"], world.log_in(prompt="consent")["refresh_token"]
    world.clock.move(120 * DAY)
    assert world.refresh(kept)[0] == 200
    world.clock.move(120 * DAY)
    assert world.refresh(kept)[0] == 200
    assert world.refresh(left)[1]["error"] == "invalid_grant"


def test_in_testing_a_grant_lives_seven_days_unless_it_only_tells_who_one_is(world: GoogleWorld) -> None:
    world.control("POST", "/google/project", {"publishing_status": "testing"})
    body, identity = world.log_in(), world.log_in(scope="openid email", prompt="consent")
    assert body["refresh_token_expires_in"] == 7 * DAY
    world.clock.move(7 * DAY - 1)
    assert world.refresh(body["refresh_token"])[1]["refresh_token_expires_in"] == 1
    world.clock.move(1)
    assert world.refresh(body["refresh_token"])[1]["error"] == "invalid_grant"
    assert world.refresh(identity["refresh_token"])[0] == 200


def test_a_stranger_cannot_log_in_while_testing(world: GoogleWorld) -> None:
    world.control("POST", "/google/project", {"publishing_status": "testing", "test_users": ["rui@agency.example"]})
    assert world.consent(decision="allow")[0] == 403


def test_the_101st_refresh_token_drops_the_oldest_silently(world: GoogleWorld) -> None:
    world.control("POST", "/google/project", {"refresh_tokens_per_person": 2})
    first, second, third = (world.log_in(prompt="consent")["refresh_token"] for _ in range(3))
    assert world.refresh(first)[1]["error"] == "invalid_grant"
    assert world.refresh(second)[0] == world.refresh(third)[0] == 200
    assert world.refresh("google-refresh")[0] == 200, "another person's are not counted"


def test_access_may_be_limited_in_time(world: GoogleWorld) -> None:
    body = world.log_in(days="30")
    assert body["refresh_token_expires_in"] == 30 * DAY
    world.clock.move(30 * DAY - 10)
    assert world.refresh(body["refresh_token"])[1]["refresh_token_expires_in"] == 10
    world.clock.move(10)
    assert world.refresh(body["refresh_token"])[1]["error"] == "invalid_grant"


@pytest.mark.parametrize(
    ("cause", "error", "subtype"),
    [
        ("revoked", "invalid_grant", None),
        ("unused_6_months", "invalid_grant", None),
        ("testing_7_days", "invalid_grant", None),
        ("evicted", "invalid_grant", None),
        ("account_disabled", "invalid_grant", None),
        ("session_control", "invalid_grant", "invalid_rapt"),
        ("admin_policy", "admin_policy_enforced", None),
    ],
)
def test_tokens_die_on_command(world: GoogleWorld, cause: str, error: str, subtype: str | None) -> None:
    access = world.refresh("google-refresh")[1]["access_token"]
    assert world.control("POST", "/google/token-deaths", {"cause": cause, "account": LOCATION}) == {"died": 1}
    status, body = world.refresh("google-refresh")
    assert (status, body["error"], body.get("error_subtype")) == (400, error, subtype)
    assert world.call(REVIEWS, token=access)[0] == 401


def test_a_death_needs_a_cause(world: GoogleWorld) -> None:
    wish = {"cause": "boredom", "account": LOCATION}
    assert "cause must be one of" in world.refused("POST", "/google/token-deaths", wish)


def test_who_signed_in_is_told_to_those_who_ask(world: GoogleWorld) -> None:
    body = world.log_in(scope=f"openid email {SCOPE}", nonce="n-1")
    payload = body["id_token"].split(".")[1]
    claims = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
    assert (claims["email"], claims["nonce"], claims["aud"]) == ("owner@sandbox.example", "n-1", KEYS.google_client_id)
