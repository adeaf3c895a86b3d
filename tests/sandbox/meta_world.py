"""The sandbox over real HTTP, and a product that takes down what it is called with."""

from __future__ import annotations

import http.client
import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

from agency.sandbox.main import running_sandbox
from tests.sandbox.conftest import KEYS, PAGE, PROFILE, SetClock

VERIFY_TOKEN = "verify-me"
PAGE_FIELDS = "feed,mention,messages,message_echoes,message_edits,message_reactions,message_reads,messaging_postbacks"


@dataclass
class Received:
    """One call the product got: the raw bytes, as a signature is over them."""

    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


@dataclass
class Product:
    """Answers the handshake, and takes down every POST. `answers` gives the status of the next ones; else 200."""

    received: list[Received] = field(default_factory=list)
    answers: list[int] = field(default_factory=list)
    url: str = ""

    @property
    def changes(self) -> list[dict[str, Any]]:
        """Every change told, in order, with the account it is about under `account`."""
        return [
            {"account": entry["id"], **change}
            for call in self.received
            if "/webhooks/" in call.path
            for entry in call.json["entry"]
            for change in entry.get("changes", [])
        ]

    @property
    def events(self) -> list[dict[str, Any]]:
        """Every messaging event told, in order."""
        return [
            event
            for call in self.received
            if "/webhooks/" in call.path
            for entry in call.json["entry"]
            for event in entry.get("messaging", [])
        ]


def _handler(product: Product) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked = dict(parse_qsl(urlsplit(self.path).query))
            right = asked.get("hub.verify_token") == VERIFY_TOKEN and asked.get("hub.mode") == "subscribe"
            self._answer(200 if right else 403, asked.get("hub.challenge", "").encode() if right else b"no")

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            product.received.append(Received(self.path, dict(self.headers.items()), body))
            told = b"{}"
            if self.path == "/meta/data-deletion":
                told = json.dumps({"url": f"{product.url}/d/1", "confirmation_code": "code-1"}).encode()
            self._answer(product.answers.pop(0) if product.answers else 200, told)

        def _answer(self, status: int, body: bytes) -> None:
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            """Say nothing."""

    return Handler


@contextmanager
def running_product() -> Iterator[Product]:
    product = Product()
    server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(product))
    product.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield product
    finally:
        server.shutdown()
        thread.join(timeout=5)
        server.server_close()


@dataclass
class Meta:
    """The sandbox at `base`, called as the product calls it."""

    base: str
    clock: SetClock
    product: Product

    def call(
        self, method: str, path: str, form: dict[str, Any] | None = None, body: Any = None
    ) -> tuple[int, bytes, dict[str, str]]:
        parts = urlsplit(self.base)
        connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=20)
        headers, payload = {}, None
        if body is not None:
            headers, payload = {"Content-Type": "application/json"}, json.dumps(body)
        elif form is not None and method != "GET":
            headers, payload = {"Content-Type": "application/x-www-form-urlencoded"}, urlencode(form)
        elif form:
            path += "?" + urlencode(form)
        try:
            connection.request(method, path, payload, headers)
            answer = connection.getresponse()
            return answer.status, answer.read(), {name.lower(): value for name, value in answer.getheaders()}
        finally:
            connection.close()

    def control(self, method: str, path: str, body: Any = None) -> Any:
        status, answer, _ = self.call(method, f"/sandbox{path}", body=body)
        assert status < 300, answer
        return json.loads(answer)

    def make(self, kind: str, platform: str = "facebook", **values: Any) -> str:
        """One item; answers its id."""
        account = PAGE if platform == "facebook" else PROFILE
        return str(
            self.control("POST", f"/{kind}s", {"platform": platform, "account": account, **values})["external_id"]
        )

    def get(self, path: str, host: str = "facebook", **params: Any) -> Any:
        """A Graph read that must succeed."""
        status, body = self.graph("GET", path, host, **params)
        assert status == 200, body
        return body

    def graph(self, method: str, path: str, host: str = "facebook", **params: Any) -> tuple[int, Any]:
        params.setdefault("access_token", "page-token" if host == "facebook" else "instagram-token")
        status, answer, _ = self.call(method, f"/{host}/v26.0/{path}", form=params)
        return status, json.loads(answer)

    def refusal(self, method: str, path: str, host: str = "facebook", **params: Any) -> tuple[int, int | None]:
        """Code and subcode of a call that must fail."""
        status, body = self.graph(method, path, host, **params)
        assert status >= 400, body
        return body["error"]["code"], body["error"].get("error_subcode")

    def send(self, path: str, host: str = "facebook", **body: Any) -> tuple[int, Any]:
        """`POST /{path}/messages` as JSON."""
        token = "page-token" if host == "facebook" else "instagram-token"
        status, answer, _ = self.call("POST", f"/{host}/v26.0/{path}/messages?access_token={token}", body=body)
        return status, json.loads(answer)

    def deliver(self) -> Any:
        return self.control("POST", "/deliveries/now", {"all": True})

    def page(self, path: str, form: dict[str, Any] | None = None) -> str:
        """A page for people, or the one a form leads to."""
        status, body, headers = self.call("POST" if form is not None else "GET", path, form=form)
        if status == 303:
            return self.page(headers["location"])
        assert status == 200, body
        return body.decode()

    def ledger(self) -> list[dict[str, Any]]:
        entries: list[dict[str, Any]] = self.control("GET", "/ledger.json")["entries"]
        return entries


@contextmanager
def running_meta(folder: Path, before: Callable[[Meta], None] | None = None) -> Iterator[Meta]:
    """A Page and its Instagram profile, both subscribed; what is sent waits until it is told to go."""
    clock = SetClock()
    with running_product() as product, running_sandbox(folder, clock=clock, keys=KEYS) as (base, _):
        meta = Meta(base, clock, product)
        meta.control("POST", "/deliveries/switches", {"hold": True, "seed": 1})
        page = {"platform": "facebook", "external_id": PAGE, "name": "Pennywell", "token": "page-token"}
        meta.control("POST", "/accounts", {**page, "user_token": "user-token"})
        profile = {"platform": "instagram", "external_id": PROFILE, "name": "Pennywell", "username": "pennywell"}
        meta.control("POST", "/accounts", {**profile, "page_id": PAGE, "token": "instagram-token"})
        connect = {"product_url": product.url, "verify_token": VERIFY_TOKEN}
        meta.control("POST", "/application/connect", connect)
        assert meta.graph("POST", f"{PAGE}/subscribed_apps", subscribed_fields=PAGE_FIELDS)[0] == 200
        if before is not None:
            before(meta)
        yield meta
