"""Google's token and revoke endpoints, and the codes that a consent ends in."""

from __future__ import annotations

import base64
import hashlib
import json
from dataclasses import asdict, dataclass
from typing import Any

from agency.sandbox import google_grants, tokens
from agency.sandbox.google_errors import TokenError
from agency.sandbox.google_grants import DAY_SECONDS, TESTING_SECONDS
from agency.sandbox.google_keys import signed
from agency.sandbox.google_project import project
from agency.sandbox.world import World

ACCESS_LIFE_SECONDS = 3599
CODE_LIFE_SECONDS = 600
ISSUER = "https://accounts.google.com"


@dataclass(frozen=True)
class Consent:
    """What a person allowed. `accounts` None: every location they manage. `challenge` is empty without PKCE."""

    redirect_uri: str
    person: str
    scopes: tuple[str, ...]
    challenge: str = ""
    challenge_method: str = ""
    wants_refresh_token: bool = False
    accounts: tuple[int, ...] | None = None
    access_days: int | None = None
    nonce: str = ""


def new_code(world: World, consent: Consent) -> str:
    """A single-use code, good for ten minutes."""
    code = "4/0" + tokens.mint("code")
    return tokens.save(
        world.store, "code_google", json.dumps(asdict(consent)), [], token=code, expires_in_seconds=CODE_LIFE_SECONDS
    )


def issue(world: World, form: dict[str, str]) -> dict[str, Any]:
    """The token endpoint: the answer's body; raises TokenError."""
    if not form.get("client_id"):
        raise TokenError("invalid_request", "Could not determine client ID from request.")
    if form["client_id"] != world.keys.google_client_id:
        raise TokenError("invalid_client", "The OAuth client was not found.", 401)
    if form.get("client_secret") != world.keys.google_client_secret:
        raise TokenError("invalid_client", "Unauthorized", 401)
    grant = form.get("grant_type", "")
    if grant == "refresh_token":
        with world.store.transaction():
            return _refreshed(world, _needed(form, "refresh_token"))
    if grant == "authorization_code":
        with world.store.transaction():
            return _exchanged(world, form)
    raise TokenError("unsupported_grant_type", f"Invalid grant_type: {grant}")


def _needed(form: dict[str, str], name: str) -> str:
    if not form.get(name):
        raise TokenError("invalid_request", f"Missing required parameter: {name}")
    return form[name]


def _refreshed(world: World, text: str) -> dict[str, Any]:
    """A new access token; the refresh token stays the same and is not repeated."""
    refresh = google_grants.refresh_token(world, text)
    token = tokens.save(
        world.store,
        "google_access",
        refresh.person,
        [],
        parent=refresh.token,
        expires_in_seconds=ACCESS_LIFE_SECONDS,
    )
    body = {"access_token": token, "expires_in": ACCESS_LIFE_SECONDS}
    body |= {"scope": " ".join(sorted(refresh.scopes)), "token_type": "Bearer"}
    if (left := _seconds_left(world, refresh.token)) is not None:
        body["refresh_token_expires_in"] = left
    return body


def _seconds_left(world: World, refresh: str) -> int | None:
    """The life left in a grant that is limited in time."""
    with world.store.transaction() as db:
        row = db.execute("SELECT issued_at, expires_at FROM tokens WHERE token = ?", (refresh,)).fetchone()
    ends = [] if row["expires_at"] is None else [row["expires_at"]]
    if project(world.store).publishing_status == "testing":
        ends.append(row["issued_at"] + TESTING_SECONDS)
    return max(0, int(min(ends) - world.now())) if ends else None


def _exchanged(world: World, form: dict[str, str]) -> dict[str, Any]:
    found = tokens.find(world.store, _needed(form, "code"))
    if found is None or found.kind != "code_google":
        raise TokenError("invalid_grant", "Malformed auth code.")
    if found.dead is not None:
        raise TokenError("invalid_grant", "Bad Request")
    consent = Consent(**json.loads(found.holder))
    if form.get("redirect_uri") != consent.redirect_uri:
        raise TokenError("redirect_uri_mismatch", "Bad Request")
    _check_verifier(consent, form.get("code_verifier", ""))
    tokens.kill(world.store, found.token, tokens.INVALID)
    scopes = frozenset(consent.scopes)
    google_grants.consent(world, consent.person, scopes)
    managed = google_grants.managed_by(world, consent.person)
    opened = managed if consent.accounts is None else [each for each in consent.accounts if each in set(managed)]
    refresh = _refresh_token(world, consent, scopes, opened) if consent.wants_refresh_token else None
    access = tokens.save(
        world.store,
        "google_access",
        consent.person,
        [] if refresh else opened,
        parent=refresh,
        expires_in_seconds=ACCESS_LIFE_SECONDS,
    )
    google_grants.remember(world, access, consent.person, scopes)
    body = {"access_token": access, "expires_in": ACCESS_LIFE_SECONDS}
    if refresh:
        body["refresh_token"] = refresh
        if (left := _seconds_left(world, refresh)) is not None:
            body["refresh_token_expires_in"] = left
    body |= {"scope": " ".join(consent.scopes), "token_type": "Bearer"}
    if "openid" in scopes:
        body["id_token"] = _id_token(world, consent)
    return body


def _check_verifier(consent: Consent, verifier: str) -> None:
    if not consent.challenge:
        return
    if not verifier:
        raise TokenError("invalid_grant", "Missing code verifier.")
    made = verifier
    if consent.challenge_method == "S256":
        digest = hashlib.sha256(verifier.encode("utf-8", "surrogatepass")).digest()
        made = base64.urlsafe_b64encode(digest).decode().rstrip("=")
    if not 43 <= len(verifier) <= 128 or made != consent.challenge:
        raise TokenError("invalid_grant", "Invalid code verifier.")


def _refresh_token(world: World, consent: Consent, scopes: frozenset[str], opened: list[int]) -> str:
    seconds = None if consent.access_days is None else consent.access_days * DAY_SECONDS
    refresh = tokens.save(world.store, "google_refresh", consent.person, opened, expires_in_seconds=seconds)
    google_grants.remember(world, refresh, consent.person, scopes, opens_all=consent.accounts is None)
    google_grants.evict(world, consent.person)
    return refresh


def _id_token(world: World, consent: Consent) -> str:
    now = int(world.now())
    claims: dict[str, Any] = {"iss": ISSUER, "aud": world.keys.google_client_id, "azp": world.keys.google_client_id}
    claims |= {"sub": google_grants.subject(consent.person), "iat": now, "exp": now + 3600}
    if set(consent.scopes) & {"email", "https://www.googleapis.com/auth/userinfo.email"}:
        claims |= {"email": consent.person, "email_verified": True}
    if consent.nonce:
        claims["nonce"] = consent.nonce
    return signed(world.store, claims)


def revoke(world: World, text: str) -> None:
    """Every token of that person dies. Raises TokenError for one that is unknown or dead already."""
    with world.store.transaction():
        found = google_grants.read(world, text)
        if found is None or found[1] is not None:
            raise TokenError("invalid_token", "Token expired or revoked")
        google_grants.withdraw(world, found[0].person)
        for token in found[0].family:
            google_grants.kill(world, token, "revoked")
