"""Facebook Login: the dialog, short tokens made long, and the Pages and Instagram profiles behind a person.

A Page's token made from a long-lived token of the person has no end; so the person's is lengthened first, and forgotten
once the Pages are listed.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from channels import meta_access, meta_graph
from channels.errors import ChannelError, Refused
from channels.oauth import MOST_LIST_PAGES, MOST_LISTS, Granted, Return, SignInFailed, answer_of, ask, dialog
from channels.protocol import Request, Secret, TokenReference
from channels.transport import Speaks
from channels.wire import Json, identifier, instant, mapping, rows, short_text, whole_number
from tenants.settings import Settings

_PAGE_FIELDS = "id,name,access_token,tasks,instagram_business_account{id,username,name}"
_CODE_CODES = ("100/36007", "100/36008", "100/36009")


@dataclass(frozen=True, slots=True)
class _Person:
    token: Secret
    id: str
    scopes: frozenset[str]
    inspection: Json
    data_access_expires_at: datetime | None

    def scopes_for(self, platform: str, external_id: str) -> frozenset[str]:
        """What was granted for this very account. Where Meta does not tell of single ones, what was granted at all."""
        if not self.inspection.get("scopes"):
            return self.scopes
        return self.scopes & meta_access.scopes_reaching(self.inspection, platform, external_id)


class FacebookSignIn:
    """For Pages (``platform`` "facebook") or for the Instagram profiles linked to them ("instagram")."""

    label = "Facebook"

    def __init__(self, platform: str) -> None:
        self._platform = platform

    def is_set_up(self, settings: Settings) -> bool:
        return bool(settings.meta_app_id and settings.meta_app_secret)

    def address(
        self, settings: Settings, scopes: Sequence[str], state: str, back: str, verifier: str, *, again: bool
    ) -> str:
        """A configuration of Facebook Login for Business takes the place of the list of permissions."""
        more = {"auth_type": "rerequest"} if again else {}
        asked = ",".join(scopes)
        if settings.meta_login_config_id:
            more["config_id"], asked = settings.meta_login_config_id, ""
        base = f"{settings.meta_dialog_url.rstrip('/')}/{meta_graph.API_VERSION}/dialog/oauth"
        return dialog(base, settings.meta_app_id, asked, state, back, **more)

    def granted(self, settings: Settings, transport: Speaks, back: Return, *, now: datetime) -> list[Granted]:
        short = self._token(settings, transport, {"code": back.code, "redirect_uri": back.redirect_uri})
        long = self._token(
            settings, transport, {"grant_type": "fb_exchange_token", "fb_exchange_token": short.reveal()}
        )
        person = _person(transport, long)
        found = [one for page in _pages(transport, person) for one in self._accounts(page, person)]
        if not found and "pages_show_list" not in person.scopes:
            raise SignInFailed("declined")
        if not found:
            raise SignInFailed("nothing_found")
        return found

    def _token(self, settings: Settings, transport: Speaks, what: dict[str, str]) -> Secret:
        """The token endpoint takes its words in a body, where no log of addresses sees them."""
        form = {"client_id": settings.meta_app_id, "client_secret": settings.meta_app_secret, **what}
        path = meta_graph.path("oauth", "access_token")
        try:
            body = meta_graph.read(ask(transport, Request("meta_graph", "POST", path, form=form, asks_only=True)))
        except Refused as error:
            raise SignInFailed("code_used" if error.platform_code in _CODE_CODES else "refused") from error
        return token_in(body)

    def _accounts(self, page: Json, person: _Person) -> Iterator[Granted]:
        page_id, token = identifier(page.get("id")), page.get("access_token")
        if page_id is None or not isinstance(token, str) or not token.isascii() or not token:
            return
        tasks = tuple(task for task in rows(page.get("tasks")) if isinstance(task, str))[:50]
        profile = mapping(page.get("instagram_business_account"))
        external_id = page_id if self._platform == "facebook" else identifier((profile or {}).get("id"))
        if external_id is None:
            return
        if self._platform == "facebook":
            name = short_text(page.get("name"), 200)
        else:
            name = short_text((profile or {}).get("username"), 200) or short_text((profile or {}).get("name"), 200)
        yield Granted(
            self._platform,
            external_id,
            name or external_id,
            Secret(token),
            login="facebook" if self._platform == "instagram" else None,
            scopes=person.scopes_for(self._platform, external_id),
            tasks=tasks,
            grantor=person.id,
            data_access_expires_at=person.data_access_expires_at,
        )


def token_in(body: Json) -> Secret:
    """Raises SignInFailed where an answer holds no token."""
    token = body.get("access_token")
    if not isinstance(token, str) or not token or not token.isascii():
        raise SignInFailed("refused")
    return Secret(token)


def _reference(token: Secret) -> TokenReference:
    return TokenReference("meta_user", token)


def _person(transport: Speaks, token: Secret) -> _Person:
    """Who signed in, what they granted, and until when people's data may be read with it."""
    who, permissions, inspection = (
        Request("meta_graph", "GET", meta_graph.path("me"), params={"fields": "id"}, token=_reference(token)),
        Request("meta_graph", "GET", meta_graph.path("me", "permissions"), token=_reference(token)),
        Request("meta_graph", "GET", meta_graph.path("debug_token"), token=TokenReference("inspected", token)),
    )
    person_id = identifier(meta_graph.read(ask(transport, who)).get("id"))
    if person_id is None:
        raise SignInFailed("refused")
    told = [mapping(one) or {} for one in rows(meta_graph.read(ask(transport, permissions)))]
    scopes = {str(one.get("permission")) for one in told if one.get("status") == "granted"}
    told_of_token: Json = {}
    with contextlib.suppress(ChannelError):  # an installation without the application's secret cannot ask
        told_of_token = mapping(meta_graph.read(ask(transport, inspection)).get("data")) or {}
    ends = instant(whole_number(told_of_token.get("data_access_expires_at")) or None)
    return _Person(token, person_id, frozenset(scopes), told_of_token, ends)


def _pages(transport: Speaks, person: _Person) -> list[Json]:
    """Every Page granted, those held through a Business Portfolio too: the plain list may leave them out."""
    found = _listed(transport, person, [("me", "accounts")], _PAGE_FIELDS)
    if "business_management" in person.scopes:
        businesses = [identifier(one.get("id")) for one in _listed(transport, person, [("me", "businesses")], "id")]
        edges = [(one, edge) for one in businesses if one for edge in ("owned_pages", "client_pages")]
        # Of a portfolio a person may see only one of the two lists.
        found += _listed(transport, person, edges[:MOST_LISTS], _PAGE_FIELDS, may_fail=True)
    kept: dict[str, Json] = {}
    for page in found:
        kept.setdefault(str(page.get("id")), page)
    return list(kept.values())


def _listed(
    transport: Speaks, person: _Person, lists: Sequence[tuple[str, str]], fields: str, *, may_fail: bool = False
) -> list[Json]:
    """The rows of all lists, which are asked together, a page of each at a time: an agency has a hundred portfolios,
    and the person waits. Raises the `ChannelError` of a list that may not fail.
    """
    found: list[Json] = []
    open_lists = [(node, edge, "") for node, edge in lists]
    for _ in range(MOST_LIST_PAGES):
        requests = [
            Request(
                "meta_graph",
                "GET",
                meta_graph.path(node, edge),
                params={"fields": fields, "limit": "100"} | ({"after": after} if after else {}),
                token=_reference(person.token),
            )
            for node, edge, after in open_lists
        ]
        going_on = []
        for (node, edge, _after), exchange in zip(
            open_lists, transport.fetch(requests) if requests else (), strict=True
        ):
            try:
                body = meta_graph.read(answer_of(exchange))
            except ChannelError as error:
                if may_fail and not error.retry:
                    continue
                raise
            found += [row for row in rows(body) if isinstance(row, dict)]
            after = meta_graph.next_after(body)
            if after is not None:
                going_on.append((node, edge, after))
        open_lists = going_on
        if not open_lists:
            break
    return found
