"""An answer on its way out, and how it reaches the client, or does not."""

from __future__ import annotations

import json
import secrets
import socket
import struct
import time
from dataclasses import dataclass, field
from typing import Any

from flask import Request, Response, request


class AnswerLost(ConnectionAbortedError):
    """Raised where there is no socket to cut, such as under Flask's test client."""


@dataclass
class Answer:
    """`body` is made into JSON by the platform's own rules, unless `raw` holds the bytes. `lost`: nothing is sent."""

    status: int = 200
    body: Any = None
    headers: dict[str, str] = field(default_factory=dict)
    raw: str | None = None
    lost: bool = False
    late_seconds: float = 0.0
    cut: bool = False


def new_request_id() -> str:
    return secrets.token_hex(11)


def read_parameters(incoming: Request) -> dict[str, str]:
    """Query, form and JSON body as one flat dict of strings, the body winning, as the Graph API takes them."""
    found: dict[str, str] = {}
    for source in (incoming.args, incoming.form):
        found.update({name: source[name] for name in source})
    if incoming.is_json and isinstance(body := incoming.get_json(silent=True), dict):
        for name, value in body.items():
            found[name] = {True: "true", False: "false"}[value] if isinstance(value, bool) else _as_text(value)
    return found


def _as_text(value: Any) -> str:
    if isinstance(value, str):
        return value
    return json.dumps(value)


def bearer(incoming: Request) -> str | None:
    scheme, _, token = incoming.headers.get("Authorization", "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" and token.strip() else None


def base_url() -> str:
    """Scheme and host as the client called us."""
    return request.host_url.rstrip("/")


def send(answer: Answer, payload: bytes, content_type: str) -> Response:
    """Wait, cut or send."""
    if answer.late_seconds > 0:
        time.sleep(answer.late_seconds)
    if answer.lost:
        cut_connection()
    if answer.cut:
        payload = payload[: len(payload) // 2]
    response = Response(payload, status=answer.status, content_type=content_type)
    for name, value in answer.headers.items():
        response.headers[name] = value
    return response


def cut_connection() -> None:
    """Reset the connection under the client: it will never learn what became of its request."""
    under = request.environ.get("gunicorn.socket") or request.environ.get("werkzeug.socket")
    if under is None:
        raise AnswerLost("the sandbox was told to lose this answer")
    # Linger 0 makes the close a reset, so the client sees a broken connection at once instead of an empty answer.
    under.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    under.shutdown(socket.SHUT_RDWR)


HTML_502 = (
    "<!DOCTYPE html>\n<html><head><title>502 Bad Gateway</title></head>"
    "<body><h1>Error</h1><p>The server encountered a temporary error.</p></body></html>\n"
)
