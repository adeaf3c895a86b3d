"""Every answer that is not a success: `application/problem+json` (RFC 9457) with a stable `code`.

No answer repeats an id, a path or another value of the request, so that another tenant's id and a made-up one are
answered byte for byte alike.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Any

from flask import Response, request
from sqlalchemy.exc import IntegrityError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from werkzeug.exceptions import HTTPException, InternalServerError

from tenants.errors import AppError, NotFound
from tenants.logs import get_logger

MEDIA_TYPE = "application/problem+json"
RETRY_AFTER_SECONDS = 5
MOST_FIELDS = 50
LONGEST_FIELD_NAME = 100

_UTC_TIME = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?)\+00:00")

log = get_logger("api")

NOTHING_HERE = (
    "There is nothing here for you under this address. Nothing was changed. "
    "Check the address, the id and which brands your token covers."
)

WORDS: dict[int, tuple[str, str]] = {
    400: (
        "bad_request",
        "The request could not be read. Nothing was changed. Compare it with /api/v1/openapi.json and send it again.",
    ),
    401: (
        "unauthorized",
        "This needs a token that works. Nothing was read or changed. Send `Authorization: Bearer TOKEN`; make a new "
        "token if yours was revoked.",
    ),
    403: ("forbidden", "You may not do this. Nothing was changed. Ask an agency admin for the right to it."),
    404: ("not_found", NOTHING_HERE),
    405: (
        "method_not_allowed",
        "This address does not take this method. Nothing was changed. Use one of those in the Allow header.",
    ),
    406: ("not_acceptable", "Answers are JSON only. Nothing was changed. Accept application/json."),
    408: ("request_timeout", "The request did not arrive in time. Nothing was changed. Send it again."),
    411: ("length_required", "The request does not say how long it is. Nothing was changed. Send Content-Length."),
    413: (
        "too_large",
        "The request is too large. Nothing was changed. Send at most 1,000,000 bytes.",
    ),
    415: (
        "unsupported_media_type",
        "A body must be JSON. Nothing was changed. Send it with `Content-Type: application/json`.",
    ),
    422: (
        "invalid",
        "Some of this cannot be used. Nothing was changed. Correct what `errors` names and send it again.",
    ),
    429: ("too_many_requests", "You ask too often. Nothing was changed. Wait as long as Retry-After says."),
    500: (
        "internal_error",
        "Something broke on our side. What was saved before is safe; this request changed nothing. "
        "Try again; if it happens twice, tell whoever runs this installation when it happened.",
    ),
    503: (
        "unavailable",
        "A part this cannot work without is down. Nothing accepted before is lost; this request changed nothing. "
        "Send it again after the time in Retry-After.",
    ),
}
"""HTTP status → stable code and what happened, what is safe, what to do."""


class Problem(AppError):
    """Trouble with the request itself rather than with what it asks for; `http_status` as given."""

    def __init__(
        self,
        http_status: int,
        *,
        code: str = "",
        detail: str = "",
        headers: Mapping[str, str] | None = None,
        **more: Any,
    ) -> None:
        usual_code, usual_detail = WORDS.get(http_status, WORDS[400])
        super().__init__(detail or usual_detail, code=code or usual_code, **more)
        self.http_status = http_status
        self.headers = dict(headers or {})


def answer(error: Exception) -> Response:
    """The answer to any error on one of the API's paths."""
    if isinstance(error, InternalServerError) and isinstance(error.original_exception, Exception):
        error = error.original_exception
    if isinstance(error, AppError):
        return answer_app_error(error)
    if isinstance(error, HTTPException):
        return answer_http_error(error)
    if isinstance(error, DATABASE_ERRORS):
        return answer_database_error(error)
    return answer_bug(error)


def answer_app_error(error: AppError) -> Response:
    """An error with a name, as its room raised it."""
    detail = NOTHING_HERE if isinstance(error, NotFound) else error.message
    fields = {} if isinstance(error, NotFound) else dict(error.fields)
    headers = dict(getattr(error, "headers", {}))
    retry_after = fields.get("retry_after_seconds")
    if retry_after is None and error.http_status == 503:
        retry_after = RETRY_AFTER_SECONDS
    if isinstance(retry_after, (int, float)):
        headers["Retry-After"] = str(max(1, round(retry_after)))
    return problem(error.http_status, error.code, detail, fields, headers)


def answer_http_error(error: HTTPException) -> Response:
    """What Flask and Werkzeug raise. A redirect stays one."""
    status = error.code or 500
    if error.response is not None or status < 400:
        return error.get_response()  # type: ignore[return-value]
    code, detail = WORDS.get(status, WORDS[400 if status < 500 else 500])
    headers = {name: value for name, value in error.get_headers() if name.lower() in ("allow", "retry-after")}
    return problem(status, code, detail, {}, headers)


def answer_database_error(error: Exception) -> Response:
    """The database is away, too busy, or somebody wrote the same thing at the same moment."""
    if isinstance(error, IntegrityError):
        if getattr(error.orig, "sqlstate", "") != "23505":
            return answer_bug(error)
        return problem(
            409,
            "conflict",
            "Somebody made the same thing at the same moment. Nothing of yours was saved. Read it and decide again.",
        )
    log.error("part_down", error=type(error).__name__)
    code, detail = WORDS[503]
    return problem(503, code, detail, {}, {"Retry-After": str(RETRY_AFTER_SECONDS)})


def answer_bug(error: Exception) -> Response:
    """Anything nobody thought of: logged whole, answered without a detail of it."""
    log.error("unforeseen_error", exc_info=error, endpoint=request.endpoint)
    code, detail = WORDS[500]
    return problem(500, code, detail)


DATABASE_ERRORS: tuple[type[Exception], ...] = (OperationalError, InterfaceError, PoolTimeout, IntegrityError)


def problem(
    status: int,
    code: str,
    detail: str,
    fields: Mapping[str, Any] | None = None,
    headers: Mapping[str, str] | None = None,
) -> Response:
    """The answer itself. `fields` stand beside the standard members and never replace one."""
    body: dict[str, Any] = {
        "type": "about:blank",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "code": code,
        "detail": detail,
    }
    for name, value in (fields or {}).items():
        if name not in body:
            body[name] = field_errors(value) if name == "errors" else in_zulu(value)
    response = Response(json.dumps(body, default=_plain), status=status, content_type=MEDIA_TYPE)
    response.headers.extend(dict(headers or {}))
    response.headers["Cache-Control"] = "no-store"
    return response


def in_zulu(value: Any) -> Any:
    """A time a room wrote as text, ending in Z as all times of the API do; anything else as it is."""
    return _UTC_TIME.sub(r"\1Z", value) if isinstance(value, str) and _UTC_TIME.fullmatch(value) else value


def field_errors(errors: Any) -> dict[str, list[str]]:
    """Field → sentences, whatever nesting they came in; names are cut, since a stranger may have chosen them."""
    flat: dict[str, list[str]] = {}
    _flatten(errors, "", flat)
    return dict(list(flat.items())[:MOST_FIELDS])


def _flatten(errors: Any, name: str, flat: dict[str, list[str]]) -> None:
    if len(flat) > MOST_FIELDS:
        return
    if isinstance(errors, Mapping):
        for key, value in errors.items():
            part = "" if key == "_schema" else str(key)
            _flatten(value, ".".join(filter(None, (name, part))), flat)
        return
    sentences = errors if isinstance(errors, (list, tuple)) else [errors]
    shown = name[:LONGEST_FIELD_NAME].encode("utf-8", "replace").decode() or "body"
    for sentence in sentences:
        if isinstance(sentence, (Mapping, list, tuple)):
            _flatten(sentence, name, flat)
        else:
            flat.setdefault(shown, []).append(str(sentence))


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat().replace("+00:00", "Z")
    if isinstance(value, (set, frozenset)):
        return sorted(map(str, value))
    return str(value)
