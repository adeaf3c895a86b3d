"""What Facebook and Instagram share on the wire: version, signing, paging, batches and error codes. Pure.

Codes and subcodes follow Meta's "Handling Errors", "Rate Limits" and "Common Error Codes" pages (state of July 2026);
the HTTP status is unreliable there (200 with an error body occurs), so the code decides.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Sequence
from typing import Any
from urllib.parse import parse_qs, quote, urlencode, urlsplit

from channels.errors import (
    ChannelError,
    ItemGone,
    OutcomeUnknown,
    PlatformDown,
    RateLimited,
    Refused,
    TokenRevoked,
    WritesPaused,
)
from channels.protocol import Answer, Request, Secret
from channels.wire import Json, Unreadable, decode, identifier, mapping, retry_after_seconds, whole_number

#: Released 29 July 2026; a version lives at least two years.
API_VERSION = "v26.0"
#: Calls in one batch request, by Meta's batch page. Each still counts as a call.
BATCH_SIZE = 50
#: A pause when a throttled answer names none; Meta advises 15 to 60 minutes.
DEFAULT_PAUSE_SECONDS = 900.0

_APP_LIMITS = {4, 341}
_ACCOUNT_LIMITS = {17, 32, 613, *range(80000, 80015)}
_TOKEN_REASONS = {
    458: "app_removed",
    459: "checkpoint",
    460: "password_changed",
    463: "expired",
    464: "unconfirmed_person",
    467: "invalid",
    492: "page_role_lost",
}
#: Subcodes of 10 and 200 that speak of one person, one thread or the owner's own settings, not of the connection.
_PERSON_SUBCODES = {2018278, 2534022, 2018065, 2018108, 1893063, 1545041, 2534041}
_TRANSIENT_CODES = {1, 2}
#: What a call is answered whose proof was made with a wrong application's secret, or that lacks one: the same code as
#: for what is not there, but without its subcode 33. Whatever it is of, it proves nothing gone.
APP_UNPROVEN = "app_unproven"
#: "Action attempted has been deemed abusive or is otherwise disallowed", and a Page that may send no messages for now.
_ABUSIVE, _RESTRICTED = 368, (10, 1893063)


def path(*parts: str) -> str:
    """``/v26.0/part/part`` with each part escaped."""
    return "/" + "/".join([API_VERSION, *(quote(part, safe="") for part in parts)])


def appsecret_proof(token: Secret, app_secret: Secret) -> str:
    """Hex HMAC-SHA256 of the token under the app secret ("Securing Graph API Requests")."""
    return hmac.new(app_secret.reveal().encode(), token.reveal().encode(), hashlib.sha256).hexdigest()


# --- reading
# -----------------------------------------------------------------------------------------------------------


def read(answer: Answer, *, write: bool = False) -> Json:
    """The object of an answer.

    Raises the error it stands for; for a write whatever proves nothing is `OutcomeUnknown`.
    """
    request_id = request_id_of(answer)
    try:
        body = decode(answer.body)
    except Unreadable:
        raise _unclear(answer, f"HTTP {answer.status}, not JSON", write=write, request_id=request_id) from None
    if isinstance(body, dict):
        failure = error_of(body, answer, write=write)
        if failure is not None:
            raise failure
        if 200 <= answer.status < 300:
            return body
    elif body is True and 200 <= answer.status < 300:
        return {"success": True}
    raise _unclear(answer, f"HTTP {answer.status}", write=write, request_id=request_id)


def _unclear(answer: Answer, reason: str, *, write: bool, request_id: str | None) -> ChannelError:
    if answer.status == 429:
        return RateLimited(_pause_seconds(answer), "account", request_id=request_id)
    if write:
        return OutcomeUnknown(reason, request_id=request_id)
    return PlatformDown(reason, request_id=request_id)


def error_of(body: Json, answer: Answer, *, write: bool = False) -> ChannelError | None:
    """The error in a body, or None where it holds none."""
    raw = body.get("error")
    if raw is None and "error_message" in body and "code" in body:  # the OAuth hosts' other shape
        raw = {"message": body.get("error_message"), "code": body.get("code"), "type": body.get("error_type")}
    error = mapping(raw)
    if error is None:
        return None
    code = whole_number(error.get("code"))
    subcode = whole_number(error.get("error_subcode"))
    message = error.get("message") if isinstance(error.get("message"), str) else ""
    return _classify(
        code, subcode, str(message), str(error.get("type")), error.get("is_transient") is True, answer, write
    )


def _classify(
    code: int | None, subcode: int | None, message: str, kind: str, transient: bool, answer: Answer, write: bool
) -> ChannelError:
    request_id = request_id_of(answer)
    name = "none" if code is None else f"{code}/{subcode}" if subcode else str(code)
    if code in _APP_LIMITS:
        return RateLimited(_pause_seconds(answer), "app", request_id=request_id)
    if code in _ACCOUNT_LIMITS or answer.status == 429:
        return RateLimited(_pause_seconds(answer), "account", request_id=request_id)
    if write and code == _ABUSIVE:
        return WritesPaused("writes", request_id=request_id)
    if write and (code, subcode) == _RESTRICTED:
        return WritesPaused("messages", request_id=request_id)
    if code in (102, 190):
        return TokenRevoked(token_reason(subcode or 0), request_id=request_id)
    if code == 506 and write:  # "duplicate": perhaps our own first try
        return OutcomeUnknown("the platform calls it a duplicate", request_id=request_id)
    if code in _TRANSIENT_CODES or transient or code is None or (write and answer.status >= 500):
        return _unclear(answer, f"code {name}", write=write, request_id=request_id)
    if (code == 100 and subcode == 33) or code == 803:
        return ItemGone(request_id=request_id)
    if code == 100 and subcode is None and kind == "GraphMethodException":
        return Refused(APP_UNPROVEN, message, request_id=request_id)
    if (code == 10 or 200 <= code <= 299) and subcode not in _PERSON_SUBCODES:
        return TokenRevoked("permission_missing", request_id=request_id)
    return Refused(name, message, request_id=request_id)


def token_reason(subcode: int) -> str:
    """Our word for why a token does not work, by Meta's subcode of error 190."""
    return _TOKEN_REASONS.get(subcode, "invalid")


def wants_less(body: bytes) -> bool:
    """True where a smaller question may be answered: too much was asked for (1), or a field it does not know (100).

    Only the English text tells these from other faults of the same codes, and it is no part of the interface; so ask
    for less, once or twice, and take what comes of that. Nothing is asked again for an object that is not there.
    """
    try:
        error = mapping((mapping(decode(body)) or {}).get("error")) or {}
    except Unreadable:
        return False
    code, subcode = whole_number(error.get("code")), whole_number(error.get("error_subcode"))
    return code == 1 or (code == 100 and subcode is None and error.get("type") != "GraphMethodException")


def request_id_of(answer: Answer) -> str | None:
    """Meta's trace id of an answer, at most 100 characters."""
    found = answer.headers.get("x-fb-trace-id") or answer.headers.get("x-fb-request-id")
    if not found:
        try:
            error = mapping((mapping(decode(answer.body)) or {}).get("error")) or {}
        except Unreadable:
            return None
        found = error.get("fbtrace_id")
    return found[:100] if isinstance(found, str) and found.isascii() and found.isprintable() else None


APP_USAGE = ("x-app-usage",)
ACCOUNT_USAGE = ("x-business-use-case-usage", "x-page-usage")


def _usage(answer: Answer, names: Sequence[str] = APP_USAGE + ACCOUNT_USAGE) -> list[Json]:
    """Every usage object of the answer's headers."""
    found: list[Json] = []
    for name in names:
        if name not in answer.headers:
            continue
        try:
            value = decode(answer.headers[name].encode("utf-8", "replace"))
        except Unreadable:
            continue
        if not isinstance(value, dict):
            continue
        nested = [entry for entries in value.values() if isinstance(entries, list) for entry in entries]
        found += [entry for entry in (nested or [value]) if isinstance(entry, dict)]
    return found


def usage_percent(answer: Answer, names: Sequence[str] = APP_USAGE + ACCOUNT_USAGE) -> int | None:
    """The highest share of an allowance in the usage headers, percent; None when they are absent."""
    shares = [
        share
        for entry in _usage(answer, names)
        for name in ("call_count", "total_time", "total_cputime")
        if (share := whole_number(entry.get(name))) is not None
    ]
    return max(shares, default=None)


def _pause_seconds(answer: Answer) -> float:
    minutes = [whole_number(entry.get("estimated_time_to_regain_access")) or 0 for entry in _usage(answer)]
    named = retry_after_seconds(answer.headers)
    if named is not None:
        return named
    return min(86_400.0, max(minutes) * 60.0) if max(minutes, default=0) > 0 else DEFAULT_PAUSE_SECONDS


def next_after(edge: Any) -> str | None:
    """The cursor of the next page, None at the end.

    The end is a missing ``next``; its address is never followed itself.
    """
    paging = mapping((mapping(edge) or {}).get("paging")) or {}
    following = paging.get("next")
    if not isinstance(following, str) or not following:
        return None
    cursors = mapping(paging.get("cursors")) or {}
    after = cursors.get("after")
    if not isinstance(after, str) or not after:
        try:
            after = parse_qs(urlsplit(following).query).get("after", [""])[0]
        except ValueError:
            return None
    return after if after and len(after) <= 4_000 else None


def created_id(answer: Answer) -> str:
    """The id of a created object. Raises as `read` does, and `OutcomeUnknown` where a success names no id."""
    body = read(answer, write=True)
    found = identifier(body.get("id"))
    if found is None:
        raise OutcomeUnknown("the answer names no id", request_id=request_id_of(answer))
    return found


# --- batches
# -----------------------------------------------------------------------------------------------------------


def batch_form(requests: Sequence[Request], app_secret: Secret | None, outer: Secret) -> dict[str, str]:
    """The form of a batch call for GET requests; every item carries its own token and proof."""
    items = []
    for request in requests:
        params = dict(request.params)
        if request.token is not None:
            params["access_token"] = request.token.secret.reveal()
            if app_secret is not None:
                params["appsecret_proof"] = appsecret_proof(request.token.secret, app_secret)
        relative = request.path.removeprefix(f"/{API_VERSION}/")
        items.append({"method": request.method, "relative_url": f"{relative}?{urlencode(params)}"})
    form = {"access_token": outer.reveal(), "batch": json.dumps(items), "include_headers": "true"}
    if app_secret is not None:
        form["appsecret_proof"] = appsecret_proof(outer, app_secret)
    return form


def batch_answers(answer: Answer, count: int) -> list[Answer | None] | None:
    """One answer per item (None: that item did not finish), or None when the batch failed as a whole."""
    try:
        slots = decode(answer.body)
    except Unreadable:
        return None
    if not 200 <= answer.status < 300 or not isinstance(slots, list) or len(slots) != count:
        return None
    return [_slot_answer(slot) for slot in slots]


def _slot_answer(slot: Any) -> Answer | None:
    if not isinstance(slot, dict):
        return None
    status = whole_number(slot.get("code"))
    body = slot.get("body")
    if status is None or body is None:
        return None
    headers = (
        {
            str(entry.get("name")).lower(): str(entry.get("value"))
            for entry in slot.get("headers") or ()
            if isinstance(entry, dict)
        }
        if isinstance(slot.get("headers"), list)
        else {}
    )
    text = body if isinstance(body, str) else json.dumps(body)
    return Answer(status, headers, text.encode("utf-8", "replace"))


def speaks_of_access(answer: Answer) -> bool:
    """True when an answer blames the token or a permission: in a batch that may be the outer token's fault."""
    if answer.status == 200 and b'"error' not in answer.body:
        return False  # no need to read it twice
    try:
        failure = error_of(mapping(decode(answer.body)) or {}, answer)
    except Unreadable:
        return False
    return isinstance(failure, TokenRevoked)
