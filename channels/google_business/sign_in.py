"""Google's consent screen with PKCE and offline access, and the locations behind a person.

A person may untick permissions, so what came back is compared with what was asked. `openid` is asked for to know whose
sign-in it is: taking one token back ends every token of that person for our project.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Sequence
from datetime import datetime, timedelta

from channels.errors import PlatformDown, RateLimited
from channels.google_business import oauth
from channels.google_business.requests import LOCATION_NAME
from channels.google_business.review_poll import body_of
from channels.oauth import MOST_LIST_PAGES, MOST_LISTS, Granted, Return, SignInFailed, ask, challenge, dialog
from channels.protocol import Request, Secret, Service, TokenReference
from channels.transport import Speaks
from channels.wire import Json, Unreadable, decode, mapping, rows, short_text, whole_number
from tenants.settings import Settings


class GoogleSignIn:
    """For Business locations."""

    label = "Google"

    def is_set_up(self, settings: Settings) -> bool:
        return bool(settings.google_client_id and settings.google_client_secret)

    def address(
        self, settings: Settings, scopes: Sequence[str], state: str, back: str, verifier: str, *, again: bool
    ) -> str:
        """``prompt=consent`` because a refresh token comes only with a consent."""
        return dialog(
            settings.google_auth_url,
            settings.google_client_id,
            " ".join(scopes),
            state,
            back,
            access_type="offline",
            prompt="consent",
            include_granted_scopes="true",
            code_challenge=challenge(verifier),
            code_challenge_method="S256",
        )

    def granted(self, settings: Settings, transport: Speaks, back: Return, *, now: datetime) -> list[Granted]:
        form = {
            "grant_type": "authorization_code",
            "code": back.code,
            "client_id": settings.google_client_id,
            "client_secret": settings.google_client_secret,
            "redirect_uri": back.redirect_uri,
            "code_verifier": back.verifier,
        }
        answer = ask(transport, Request("google_token", "POST", "", form=form))
        try:
            body = mapping(decode(answer.body)) or {}
        except Unreadable:
            body = {}
        error = body.get("error")
        if answer.status == 429:
            raise RateLimited(60.0, "app")
        if answer.status >= 500:
            raise PlatformDown(f"token service: HTTP {answer.status}")
        if error:
            raise SignInFailed("code_used" if error == "invalid_grant" else "refused")
        scopes = frozenset(str(body.get("scope") or "").split())
        if oauth.SCOPE not in scopes:
            raise SignInFailed("declined")
        token = body.get("refresh_token")
        if not isinstance(token, str) or not token or not token.isascii():
            raise SignInFailed("short_lived")
        refresh = Secret(token)
        life_seconds = whole_number(body.get("refresh_token_expires_in"))
        expires_at = now + timedelta(seconds=life_seconds) if life_seconds else None
        grantor = _subject(body.get("id_token"))
        found = [
            Granted(
                "google_business",
                name,
                title,
                refresh,
                scopes=scopes,
                grantor=grantor,
                token_expires_at=expires_at,
            )
            for name, title in _locations(transport, refresh).items()
        ]
        if not found:
            raise SignInFailed("nothing_found")
        return found


def _locations(transport: Speaks, refresh: Secret) -> dict[str, str]:
    """Every location by its name in reviews, ``accounts/A/locations/L``, with its title. One seen through several
    accounts is named once, by the account that was listed first and is not the person's own.
    """
    asked: list[tuple[Service, str]] = [("google_accounts", "/v1/accounts")]
    accounts = [mapping(one) or {} for rows_of in _listed(transport, refresh, asked, {}) for one in rows_of]
    accounts.sort(key=lambda account: account.get("type") == "PERSONAL")
    names = [short_text(account.get("name"), 100) or "" for account in accounts]
    holders = [name for name in names if LOCATION_NAME.match(f"{name}/locations/1")][:MOST_LISTS]
    params = {"readMask": "name,title,storefrontAddress", "pageSize": "100"}
    lists: list[tuple[Service, str]] = [("google_locations", f"/v1/{holder}/locations") for holder in holders]
    found: dict[str, str] = {}
    seen: set[str] = set()
    for holder, places in zip(holders, _listed(transport, refresh, lists, params), strict=True):
        for raw in places:
            place = mapping(raw) or {}
            location = short_text(place.get("name"), 100) or ""
            name = f"{holder}/{location}"
            if location in seen or not LOCATION_NAME.match(name):
                continue
            seen.add(location)
            found[name] = _title(place) or location
    return found


def _title(place: Json) -> str | None:
    """The title with its street: chains give every branch the same title."""
    title = short_text(place.get("title"), 120)
    lines = list(rows((mapping(place.get("storefrontAddress")) or {}).get("addressLines")))
    street = short_text(lines[0], 70) if lines else None
    return f"{title}, {street}" if title and street else title


def _listed(
    transport: Speaks, refresh: Secret, lists: Sequence[tuple[Service, str]], params: dict[str, str]
) -> list[list[object]]:
    """The rows of each list; all lists are asked together, a page of each at a time. Raises a `ChannelError`."""
    token = TokenReference("google_refresh", refresh)
    found: list[list[object]] = [[] for _ in lists]
    open_lists = [(place, "") for place in range(len(lists))]
    for _ in range(MOST_LIST_PAGES):
        requests = [
            Request(
                lists[place][0],
                "GET",
                lists[place][1],
                params=params | ({"pageToken": page_token} if page_token else {}),
                token=token,
            )
            for place, page_token in open_lists
        ]
        going_on = []
        for (place, _token), exchange in zip(open_lists, transport.fetch(requests) if requests else (), strict=True):
            body = body_of(exchange)
            found[place] += rows(body.get("accounts" if lists[place][0] == "google_accounts" else "locations"))
            page_token = short_text(body.get("nextPageToken"), 2_000) or ""
            if page_token:
                going_on.append((place, page_token))
        open_lists = going_on
        if not open_lists:
            break
    return found


def _subject(id_token: object) -> str | None:
    """Google's number of the person. The token came straight from Google over TLS, so its signature need not be
    checked (OpenID Connect Core 3.1.3.7).
    """
    parts = id_token.split(".") if isinstance(id_token, str) else []
    try:
        claims = mapping(decode(base64.urlsafe_b64decode(parts[1] + "=" * (-len(parts[1]) % 4))))
    except (IndexError, Unreadable, ValueError, binascii.Error):
        return None
    return short_text((claims or {}).get("sub"), 255)
