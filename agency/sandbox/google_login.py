"""Google's consent screen: who signs in, which scopes they leave ticked, and what goes back to the application.

`GET /google/auth` takes what `https://accounts.google.com/o/oauth2/v2/auth` takes. What is wrong with the request
itself (client, redirect address, PKCE, missing parameters) is shown on the page and never sent back; what the person or
an administrator decides goes back as `error=`. The page sends its own form back to the same address with `decision`,
`person`, `scopes`, `accounts` and `granular`; a test may send these at once:

    decision=allow          the code goes back; `person` (an e-mail address) or `login_hint` says whose
    decision=cancel         access_denied
    decision=<error>        one of CALLBACK_ERRORS
    scopes=…                (with granular=1) only these stay ticked; none at all is access_denied
    accounts=NUMBER         (repeated) only these locations, by their number; else all the person manages
    days=30                 access limited in time; the token answers carry refresh_token_expires_in
"""

from __future__ import annotations

import re
from urllib.parse import urlencode, urlsplit

from flask import Blueprint, Request, redirect, render_template, request
from flask.typing import ResponseReturnValue

from agency.sandbox import google_grants
from agency.sandbox.google_grants import KNOWN_SCOPES
from agency.sandbox.google_project import project
from agency.sandbox.google_tokens import Consent, new_code
from agency.sandbox.world import World

CALLBACK_ERRORS = ("access_denied", "admin_policy_enforced", "org_internal", "invalid_scope", "rate_limit_exceeded")
OWN_FIELDS = ("decision", "person", "scopes", "accounts", "granular", "days")
NEXT_ERROR = "google next login error"
LOCATIONS_SHOWN = 200
CHALLENGE = re.compile(r"[A-Za-z0-9_-]{43}\Z")
VERIFIER = re.compile(r"[A-Za-z0-9._~-]{43,128}\Z")


class WrongRequest(Exception):
    """Shown on Google's own page; the application hears nothing."""

    def __init__(self, word: str, sentence: str, status: int = 400) -> None:
        super().__init__(word)
        self.word = word
        self.sentence = sentence
        self.status = status


def blueprint(world: World) -> Blueprint:
    doors = Blueprint("google_login", __name__)

    @doors.errorhandler(WrongRequest)
    def refused(error: WrongRequest) -> tuple[str, int]:
        return render_template("google_refused.html", error=error), error.status

    @doors.get("/google/auth")
    @doors.get("/google/auth/o/oauth2/v2/auth")
    def dialog() -> ResponseReturnValue:
        asked = {name: request.args[name] for name in request.args if name not in OWN_FIELDS}
        _check(world, asked)
        scopes = asked["scope"].split()
        if unknown := [scope for scope in scopes if scope not in KNOWN_SCOPES]:
            return _back(asked, {"error": "invalid_scope", "error_description": f"Unknown: {unknown[0]}"})
        if told := _next_error(world):
            return _back(asked, {"error": told})
        decision = request.args.get("decision")
        if decision is not None and decision != "allow":
            return _back(asked, {"error": decision if decision in CALLBACK_ERRORS else "access_denied"})
        person = _person(world, asked)
        if person is None:
            if asked.get("prompt") == "none":
                return _back(asked, {"error": "account_selection_required"})
            return render_template("google_people.html", people=google_grants.people(world), asked=asked)
        _check_tester(world, person)
        if decision is None and asked.get("prompt") == "none":
            if not set(scopes) <= google_grants.consented(world, person):
                return _back(asked, {"error": "consent_required"})
            return _allowed(world, asked, person, scopes, None)
        if decision is None:
            return _page(world, asked, person, scopes)
        is_granular = bool(request.args.get("granular"))
        ticked = request.args.getlist("scopes")
        granted = [scope for scope in scopes if not is_granular or _needs_no_tick(scope) or scope in ticked]
        if not granted:
            return _back(asked, {"error": "access_denied"})
        chosen = [int(number) for number in request.args.getlist("accounts") if number.isdecimal()]
        is_chosen = "accounts" in request.args or is_granular
        return _allowed(world, asked, person, granted, tuple(chosen) if is_chosen else None)

    return doors


def _needs_no_tick(scope: str) -> bool:
    return scope in google_grants.IDENTITY_SCOPES


def _check(world: World, asked: dict[str, str]) -> None:
    """Raises WrongRequest."""
    for name in ("client_id", "redirect_uri", "response_type", "scope"):
        if not asked.get(name):
            raise WrongRequest("invalid_request", f"Required parameter is missing: {name}")
    if asked["client_id"] != world.keys.google_client_id:
        raise WrongRequest("invalid_client", "The OAuth client was not found.", 401)
    address = urlsplit(asked["redirect_uri"])
    registered = project(world.store).redirect_uris
    is_listed = not registered or asked["redirect_uri"] in registered
    if address.scheme not in ("http", "https") or not address.netloc or address.fragment or not is_listed:
        raise WrongRequest("redirect_uri_mismatch", "The redirect address is not one the application registered.")
    if asked["response_type"] != "code":
        raise WrongRequest("unsupported_response_type", "Only response_type=code is known here.")
    if asked.get("access_type", "online") not in ("online", "offline"):
        raise WrongRequest("invalid_request", f"Invalid access_type: {asked['access_type']}")
    method, challenge = asked.get("code_challenge_method", "plain"), asked.get("code_challenge")
    if method not in ("S256", "plain") or ("code_challenge_method" in asked and not challenge):
        raise WrongRequest("invalid_request", "code_challenge_method is not S256 or plain, or has no code_challenge.")
    if challenge and not (CHALLENGE if method == "S256" else VERIFIER).match(challenge):
        raise WrongRequest("invalid_request", f"This is no code_challenge of the method {method}.")


def _check_tester(world: World, person: str) -> None:
    facts = project(world.store)
    if facts.publishing_status == "testing" and facts.test_users and person not in facts.test_users:
        raise WrongRequest("access_denied", "The application is being tested and this person is no listed tester.", 403)


def _next_error(world: World) -> str | None:
    """The error the control door ordered for the next login, once."""
    with world.store.transaction():
        told = world.store.setting(NEXT_ERROR)
        if told is not None:
            world.store.set_setting(NEXT_ERROR, None)
    return str(told) if told else None


def _person(world: World, asked: dict[str, str]) -> str | None:
    """Who signs in: as chosen, as hinted, or the only one there is. None: they must choose."""
    known = google_grants.people(world)
    for wanted in (request.args.get("person"), asked.get("login_hint")):
        if wanted in known:
            return wanted
    if len(known) == 1 or request.args.get("decision") is not None:
        return known[0]
    return None


def _page(world: World, asked: dict[str, str], person: str, scopes: list[str]) -> str:
    managed = google_grants.managed_by(world, person)
    shown = [world.store.account_by_id(number) for number in managed[:LOCATIONS_SHOWN]]
    return render_template(
        "google_consent.html",
        asked=asked,
        person=person,
        scopes=[scope for scope in scopes if not _needs_no_tick(scope)],
        accounts=[account for account in shown if account is not None],
        hidden=managed[LOCATIONS_SHOWN:],
        errors=CALLBACK_ERRORS,
    )


def _allowed(
    world: World, asked: dict[str, str], person: str, granted: list[str], chosen: tuple[int, ...] | None
) -> ResponseReturnValue:
    """A refresh token comes with offline access, at the first consent or when the application asks for one anew."""
    earlier = google_grants.consented(world, person)
    scopes = list(granted)
    if asked.get("include_granted_scopes") == "true":
        scopes += sorted(earlier - set(granted))
    is_first = not set(granted) <= earlier
    wants = asked.get("access_type") == "offline" and (is_first or "consent" in asked.get("prompt", "").split())
    days = request.args.get("days", "")
    consent = Consent(
        redirect_uri=asked["redirect_uri"],
        person=person,
        scopes=tuple(scopes),
        challenge=asked.get("code_challenge", ""),
        challenge_method=asked.get("code_challenge_method", "plain") if asked.get("code_challenge") else "",
        wants_refresh_token=wants,
        accounts=chosen,
        access_days=int(days) if days.isdecimal() and int(days) else None,
        nonce=asked.get("nonce", ""),
    )
    return _back(asked, {"code": new_code(world, consent), "scope": " ".join(scopes), "authuser": "0"})


def _back(asked: dict[str, str], answer: dict[str, str]) -> ResponseReturnValue:
    query = urlencode({**({"state": asked["state"]} if "state" in asked else {}), **answer})
    address = asked["redirect_uri"]
    return redirect(f"{address}{'&' if '?' in address else '?'}{query}", 302)


def token_form(incoming: Request) -> dict[str, str]:
    """The form of the token endpoint; the client may name itself by HTTP Basic, too."""
    form = {name: incoming.form[name] for name in incoming.form}
    known = incoming.authorization
    if known is not None and known.type == "basic" and known.username:
        form |= {"client_id": known.username, "client_secret": known.password or ""}
    return form
