"""Signing in at a platform: the address of its dialog, and what the person granted there.

Authlib makes the addresses and the PKCE challenge (RFC 6749, RFC 7636); the calls go through `channels.transport`, so
that its rules (hosts, time-outs, sizes, silence about tokens) hold here, too.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from authlib.oauth2.rfc6749.parameters import prepare_grant_uri
from authlib.oauth2.rfc7636 import create_s256_code_challenge

from channels.errors import ChannelError
from channels.protocol import Answer, Exchange, Request, Secret
from channels.transport import Speaks, checked_base
from tenants.settings import Settings

#: Pages of one list followed at most: 20 pages of 100 accounts.
MOST_LIST_PAGES = 20
#: Lists of one sign-in read at most: Meta's portfolios have two each, Google's account groups one.
MOST_LISTS = 400


@dataclass(frozen=True, slots=True)
class Granted:
    """One account the person let us into. ``tasks`` are their rights on a Page. Times are None where none is named."""

    platform: str
    external_id: str
    name: str
    credential: Secret
    login: str | None = None
    scopes: frozenset[str] = frozenset()
    tasks: tuple[str, ...] = ()
    grantor: str | None = None
    token_expires_at: datetime | None = None
    data_access_expires_at: datetime | None = None


class SignInFailed(Exception):
    """The way to the platform and back led nowhere; ``code`` is one of CODES, which pages put into words.

    Nothing was connected or changed.
    """

    #: `cancelled` by the person, `code_used` or too old, `declined`: nothing of what is needed was granted,
    #: `short_lived`: no lasting access was given, `nothing_found`: no account among what was granted, `not_now`: the
    #: platform did not answer, `refused`: it refused our application.
    CODES = ("cancelled", "code_used", "declined", "short_lived", "nothing_found", "not_now", "refused")

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True, slots=True)
class Return:
    """What the browser brought back, and what proves that we sent it there."""

    code: str
    redirect_uri: str
    verifier: str


class SignIn(Protocol):
    """One platform's dialog. Stateless."""

    @property
    def label(self) -> str:
        """Where the person signs in: Facebook, Instagram, Google."""
        ...

    def is_set_up(self, settings: Settings) -> bool:
        """Whether this installation has an application there."""
        ...

    def address(
        self, settings: Settings, scopes: Sequence[str], state: str, back: str, verifier: str, *, again: bool
    ) -> str:
        """Where to send the browser. ``again``: ask for what was declined or granted before, too."""
        ...

    def granted(self, settings: Settings, transport: Speaks, back: Return, *, now: datetime) -> list[Granted]:
        """Trade the code and list what was granted. Raises `SignInFailed` and `ChannelError`."""
        ...


def dialog(base_url: str, client_id: str, scopes: str, state: str, back: str, **more: str) -> str:
    """The address of a dialog with everything encoded. Raises ValueError for a base that is no platform's."""
    address: str = prepare_grant_uri(
        checked_base(base_url), client_id, "code", redirect_uri=back, scope=scopes or None, state=state, **more
    )
    return address


def challenge(verifier: str) -> str:
    """The S256 challenge of a PKCE verifier."""
    made: str = create_s256_code_challenge(verifier)
    return made


def refusal_of(query: Mapping[str, str]) -> SignInFailed | None:
    """What ``error=`` in the address of the callback means; None where there is none."""
    error = query.get("error", "")
    if not error:
        return None
    if error in ("access_denied", "user_denied"):
        return SignInFailed("cancelled")
    if error in ("temporarily_unavailable", "server_error", "rate_limit_exceeded"):
        return SignInFailed("not_now")
    return SignInFailed("refused")


def answer_of(exchange: Exchange) -> Answer:
    """Raises the `ChannelError` the call ended in."""
    if isinstance(exchange.result, ChannelError):
        raise exchange.result
    return exchange.result


def ask(transport: Speaks, request: Request) -> Answer:
    """One read. Raises a `ChannelError`."""
    return answer_of(transport.fetch([request])[0])
