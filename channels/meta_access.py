"""What a Meta credential may do, and whether Meta sends us events about an account. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from channels import meta_graph
from channels.capabilities import NO_END, Access, Subscription
from channels.errors import ChannelError, ItemGone, RateLimited, Refused, TokenRevoked
from channels.meta_requests import call, get, one_object
from channels.protocol import ConnectedAccount, Exchange, Request, TokenReference
from channels.wire import Json, identifier, instant, mapping, rows, whole_number

#: Fields of a Page that tell of what people write, and those that tell of messages. Setting the list may replace or
#: complete the one that stands (documented nowhere), so always all are named.
_PAGE_FIELDS = ("feed", "mention")
_PAGE_MESSAGES = (
    *("messages", "message_echoes", "message_edits", "message_reactions", "messaging_postbacks"),
    *("messaging_handovers", "standby"),
)
_INSTAGRAM_FIELDS = ("comments", "live_comments")
_INSTAGRAM_MESSAGES = ("messages", "message_edit", "messaging_postbacks", "standby")
_MESSAGE_SCOPES = {"pages_messaging", "instagram_business_manage_messages"}

# --- subscription ---


def wanted_fields(account: ConnectedAccount) -> tuple[str, ...]:
    """What an account is to be subscribed to: messages only where they may be read, for else all would be refused."""
    profile = account.login == "instagram"
    basic: tuple[str, ...] = _INSTAGRAM_FIELDS if profile else _PAGE_FIELDS
    talk: tuple[str, ...] = _INSTAGRAM_MESSAGES if profile else _PAGE_MESSAGES
    return basic + talk if not account.scopes or account.scopes & _MESSAGE_SCOPES else basic


def plan_subscription(account: ConnectedAccount) -> list[Request]:
    """``me`` is the Page whose token it is: under Facebook Login an Instagram profile hears through its Page."""
    return [get(account, meta_graph.path("me", "subscribed_apps"), {"fields": "id,subscribed_fields"})]


def read_subscription(account: ConnectedAccount, exchanges: Sequence[Exchange]) -> Subscription:
    """Problems: "not_subscribed", "fields_missing". Raises the `ChannelError` of the read."""
    fields: set[str] = set()
    subscribed = False
    for raw in rows(_body(exchanges[0])):
        app = mapping(raw) or {}
        if account.app_id is not None and identifier(app.get("id")) != account.app_id:
            continue
        subscribed = True
        named = app.get("subscribed_fields")
        fields |= {_field_name(one) for one in named} if isinstance(named, list) else set()
    if not subscribed or not fields:
        return Subscription(False, "not_subscribed")
    # An Instagram profile under Facebook Login hears of everything while its Page is subscribed to anything.
    whole = account.platform == "instagram" and account.login != "instagram"
    if not whole and not set(wanted_fields(account)) <= fields:
        return Subscription(False, "fields_missing")
    return Subscription(True)


def plan_subscribe(account: ConnectedAccount) -> list[Request]:
    form = {"subscribed_fields": ",".join(wanted_fields(account))}
    return [call(account, "POST", meta_graph.path("me", "subscribed_apps"), form=form)]


def _field_name(value: Any) -> str:
    """A name, or an object that holds one: both are seen."""
    name = (mapping(value) or {}).get("name", value)
    return name if isinstance(name, str) else ""


# --- access ---


def plan_access(account: ConnectedAccount) -> list[Request]:
    """A read of the account, which alone shows a lost role; under Facebook Login also what Meta says of the token."""
    if account.login == "instagram":
        return [get(account, meta_graph.path("me"), {"fields": "user_id,username"}, {"ask": "account"})]
    inspection = Request(
        "meta_graph",
        "GET",
        meta_graph.path("debug_token"),
        token=TokenReference("inspected", account.credential),
        purpose={"ask": "token"},
    )
    return [one_object(account, account.external_id, "id", {"ask": "account"}), inspection]


def read_access(account: ConnectedAccount, exchanges: Sequence[Exchange], now: datetime) -> Access:
    """Problems while it does not work: a reason of `TokenRevoked` (`meta_graph`), "access_lost" where the account is
    not shown any more, "other_account" where the token is another's, "app_unproven" where our application is refused.
    Scopes are empty where Meta does not tell them.

    Raises every other `ChannelError`: that nobody was reached, or a no of another kind, says nothing of our access. Nor
    does an inspection that fails by itself: it may be our application's fault.
    """
    told, app_refused = Access(True), False
    for exchange in exchanges:
        if exchange.request.purpose.get("ask") == "token":
            told, app_refused = _inspected(account, exchange)
    if not told.works:
        return told
    try:
        body = _body(next(e for e in exchanges if e.request.purpose.get("ask") == "account"))
    except TokenRevoked as error:
        # Where our application is refused by its own name as well, it is not this token that lacks something.
        unproven = app_refused and error.reason == meta_graph.token_reason(0)
        return Access(False, told.scopes, problem=meta_graph.APP_UNPROVEN if unproven else error.reason)
    except Refused as error:
        if error.platform_code != meta_graph.APP_UNPROVEN:
            raise
        return Access(False, told.scopes, problem=error.platform_code)
    except ItemGone:
        return Access(False, told.scopes, problem="access_lost")
    shown = identifier(body.get("user_id")) or identifier(body.get("id"))
    if account.login == "instagram" and body.get("user_id") is not None and shown != account.external_id:
        return Access(False, told.scopes, problem="other_account")
    return told


def _inspected(account: ConnectedAccount, exchange: Exchange) -> tuple[Access, bool]:
    """What Meta says of the token, and whether it refuses our application instead."""
    try:
        data = mapping(_body(exchange).get("data"))
    except RateLimited:
        raise
    except ChannelError as error:
        return Access(True), isinstance(error, TokenRevoked | Refused)
    if data is None or not isinstance(data.get("is_valid"), bool):
        return Access(True), False
    return _of_inspection(account, data), False


def _of_inspection(account: ConnectedAccount, data: Json) -> Access:
    scopes = scopes_reaching(data, account.platform, account.external_id)
    if data["is_valid"] is False:
        error = mapping(data.get("error")) or {}
        subcode = whole_number(error.get("subcode")) or whole_number(error.get("error_subcode")) or 0
        return Access(False, scopes, problem=meta_graph.token_reason(subcode))
    if account.platform == "facebook" and not _is_of_page(data, account.external_id):
        return Access(False, scopes, problem="other_account")
    ends, data_ends = _end(data.get("expires_at")), _end(data.get("data_access_expires_at"))
    return Access(True, scopes, expires_at=ends, data_access_expires_at=data_ends)


def _end(value: Any) -> datetime | None:
    """0 stands for: no end."""
    return NO_END if whole_number(value) == 0 else instant(whole_number(value))


def _is_of_page(data: Json, page_id: str) -> bool:
    """False for a person's token and for another Page's: Meta answers many reads with them all the same, with 200 and
    an empty list, and that would look like a quiet Page for ever.
    """
    kind, whose = data.get("type"), identifier(data.get("profile_id"))
    return kind in (None, "PAGE") and whose in (None, page_id)


def scopes_reaching(data: Json, platform: str, external_id: str) -> frozenset[str]:
    """Of the permissions an inspection names those that reach this account: the person may have ticked others only."""
    names = data.get("scopes")
    granted = {name for name in names if isinstance(name, str)} if isinstance(names, list) else set()
    granular = data.get("granular_scopes")
    for raw in granular if isinstance(granular, list) else []:
        one = mapping(raw) or {}
        scope, targets = one.get("scope"), one.get("target_ids")
        if not isinstance(scope, str) or not isinstance(targets, list):
            continue
        # A Page's permissions name Pages, a profile's name profiles, others businesses: only our own kind tells.
        ours = scope.startswith("instagram_" if platform == "instagram" else "pages_")
        if ours and external_id not in {identifier(target) for target in targets}:
            granted.discard(scope)
    return frozenset(granted)


def _body(exchange: Exchange) -> Json:
    if isinstance(exchange.result, ChannelError):
        raise exchange.result
    return meta_graph.read(exchange.result)
