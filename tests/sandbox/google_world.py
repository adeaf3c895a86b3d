"""What tests of the sandbox's Google half share: a location over real HTTP, its reviews, its login, its pushes."""

from __future__ import annotations

import base64
import hashlib
import http.client
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

from flask import Flask

from agency.sandbox.main import running_sandbox
from tests.sandbox.conftest import KEYS, SetClock

LOCATION = "accounts/11/locations/22"
BACK = "http://127.0.0.1:9/back"
SCOPE = "https://www.googleapis.com/auth/business.manage"
VERIFIER = "v" * 64
CHALLENGE = base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).decode().rstrip("=")


@dataclass
class GoogleWorld:
    """A sandbox that listens on a port of its own, spoken to as any client would."""

    app: Flask
    url: str
    clock: SetClock
    access_token: str = "google-access"

    def http(
        self, method: str, path: str, *, headers: dict[str, str] | None = None, body: bytes | None = None
    ) -> tuple[int, dict[str, str], bytes]:
        parts = urlsplit(self.url)
        connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=20)
        try:
            connection.request(method, path, body, headers or {})
            answer = connection.getresponse()
            return answer.status, {name.lower(): value for name, value in answer.getheaders()}, answer.read()
        finally:
            connection.close()

    def call(
        self, path: str, method: str = "GET", *, token: str | None = None, body: Any = None, **params: Any
    ) -> tuple[int, Any]:
        """One API call as the person; answers status and JSON."""
        headers = {"Authorization": f"Bearer {token or self.access_token}"}
        raw = None
        if body is not None:
            headers["Content-Type"], raw = "application/json", json.dumps(body).encode()
        query = f"?{urlencode(params)}" if params else ""
        status, _, answer = self.http(method, f"/google/{path}{query}", headers=headers, body=raw)
        return status, json.loads(answer)

    def control(self, method: str, path: str, body: Any = None) -> Any:
        raw = None if body is None else json.dumps(body).encode()
        headers = {} if body is None else {"Content-Type": "application/json"}
        status, _, answer = self.http(method, f"/sandbox{path}", headers=headers, body=raw)
        assert status < 300, (status, answer)
        return json.loads(answer)

    def refused(self, method: str, path: str, body: Any) -> str:
        """The control door says no; answers its sentence."""
        headers = {"Content-Type": "application/json"}
        status, _, answer = self.http(method, f"/sandbox{path}", headers=headers, body=json.dumps(body).encode())
        assert status in (400, 404), (status, answer)
        return str(json.loads(answer)["error"])

    def misbehave(self, kind: str, account: str | None = LOCATION, **facts: Any) -> None:
        self.control("POST", "/misbehaviour", {"kind": kind, "account": account, **facts})

    def location(self, external_id: str = LOCATION, **facts: Any) -> dict[str, Any]:
        wish = {"platform": "google_business", "external_id": external_id, "name": "Pennywell, Quay Street", **facts}
        made: dict[str, Any] = self.control("POST", "/accounts", wish)
        return made

    def review(self, stars: int = 5, account: str = LOCATION, **values: Any) -> str:
        wish = {"platform": "google_business", "account": account, "author": "Ewa L.", "stars": stars, **values}
        return str(self.control("POST", "/reviews", wish)["external_id"])

    def form(self, path: str, **fields: str) -> tuple[int, Any]:
        """The token or revoke endpoint; the client's own id and secret unless given."""
        given = {"client_id": KEYS.google_client_id, "client_secret": KEYS.google_client_secret, **fields}
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        status, _, answer = self.http("POST", f"/google/{path}", headers=headers, body=urlencode(given).encode())
        return status, json.loads(answer) if answer else None

    def consent(self, **params: Any) -> tuple[int, str | dict[str, str]]:
        """The consent screen. Answers the status and the page, or what goes back to the application."""
        asked = {
            "client_id": KEYS.google_client_id,
            "redirect_uri": BACK,
            "response_type": "code",
            "scope": SCOPE,
            "state": "s t&ate",
            "access_type": "offline",
            "code_challenge": CHALLENGE,
            "code_challenge_method": "S256",
            **params,
        }
        query = urlencode({name: value for name, value in asked.items() if value is not None}, doseq=True)
        status, headers, answer = self.http("GET", f"/google/auth/o/oauth2/v2/auth?{query}")
        if status != 302:
            return status, answer.decode()
        back = urlsplit(headers["location"])
        assert f"{back.scheme}://{back.netloc}{back.path}" == BACK
        return status, {name: values[0] for name, values in parse_qs(back.query).items()}

    def exchange(self, code: str, **fields: str) -> tuple[int, Any]:
        given = {"grant_type": "authorization_code", "code": code, "redirect_uri": BACK, "code_verifier": VERIFIER}
        return self.form("token", **{**given, **fields})

    def log_in(self, **params: Any) -> dict[str, Any]:
        """Consent and exchange; answers the tokens."""
        status, back = self.consent(decision="allow", **params)
        assert status == 302
        assert isinstance(back, dict)
        status, body = self.exchange(back["code"])
        assert status == 200, body
        return dict(body)

    def refresh(self, refresh_token: str) -> tuple[int, Any]:
        return self.form("token", grant_type="refresh_token", refresh_token=refresh_token)


@contextmanager
def google_sandbox(folder: Path) -> Iterator[GoogleWorld]:
    """A sandbox with a clock of its own and one location."""
    clock = SetClock()
    with running_sandbox(folder, clock=clock, keys=KEYS) as (url, app):
        made = GoogleWorld(app, url, clock)
        made.location(token="google-refresh", access_token="google-access")
        yield made
        app.extensions["sandbox"].store.close()


@dataclass
class Listener:
    """The product's webhook as far as the sandbox can tell: keeps every push and answers `status`."""

    url: str = ""
    status: int = 204
    pushes: list[tuple[dict[str, str], bytes]] = field(default_factory=list)

    def data(self) -> list[dict[str, Any]]:
        return [json.loads(base64.b64decode(json.loads(body)["message"]["data"])) for _, body in self.pushes]

    def ids(self) -> list[str]:
        return [json.loads(body)["message"]["messageId"] for _, body in self.pushes]


@contextmanager
def push_listener() -> Iterator[Listener]:
    listener = Listener()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            listener.pushes.append(({name.lower(): value for name, value in self.headers.items()}, body))
            self.send_response(listener.status)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, format: str, *args: Any) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    listener.url = f"http://127.0.0.1:{server.server_port}/webhooks/google"
    try:
        yield listener
    finally:
        server.shutdown()
        server.server_close()
        thread.join(timeout=5)
