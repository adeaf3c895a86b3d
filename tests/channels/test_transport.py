"""The transport against a real server on loopback that behaves and misbehaves."""

from __future__ import annotations

import json
import logging
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from channels import transport as transport_module
from channels.errors import ChannelError, NotSent, OutcomeUnknown, PlatformDown, RateLimited, TokenRevoked
from channels.meta_graph import appsecret_proof
from channels.protocol import Answer, Request, Secret, TokenReference
from channels.transport import Endpoints, Transport, checked_base

TOKEN = "page-token-canary"
SECRET = Secret("app-secret-canary")


class Server:
    """An HTTP server whose behaviour is one function; it keeps what it was asked."""

    def __init__(self, behave: Callable[[BaseHTTPRequestHandler, bytes], None]) -> None:
        self.seen: list[tuple[str, str, dict[str, str], bytes]] = []
        outer = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                body = self.rfile.read(int(self.headers.get("content-length") or 0))
                outer.seen.append((self.command, self.path, {k.lower(): v for k, v in self.headers.items()}, body))
                behave(self, body)

            do_POST = do_PUT = do_GET

            def log_message(self, *args: Any) -> None:
                """Quiet."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        self._thread.start()
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


def answer(handler: BaseHTTPRequestHandler, value: Any, status: int = 200, **headers: str) -> None:
    body = value if isinstance(value, bytes) else json.dumps(value).encode()
    handler.send_response(status)
    handler.send_header("Content-Length", str(len(body)))
    for name, text in headers.items():
        handler.send_header(name.replace("_", "-"), text)
    handler.end_headers()
    handler.wfile.write(body)


def endpoints(url: str, *, app: bool = False) -> Endpoints:
    return Endpoints(
        bases={
            "meta_graph": url,
            "instagram_graph": url + "/instagram",
            "google_reviews": url,
            "google_token": url + "/token",
        },
        meta_app_id="1" if app else "",
        meta_app_secret=SECRET if app else None,
        google_client_id="client",
        google_client_secret=Secret("client-secret-canary"),
    )


@contextmanager
def speaking(
    behave: Callable[[BaseHTTPRequestHandler, bytes], None], *, app: bool = False, total_seconds: float = 5.0
) -> Iterator[tuple[Server, Transport]]:
    server = Server(behave)
    transport = Transport(endpoints(server.url, app=app), total_seconds=total_seconds)
    try:
        yield server, transport
    finally:
        transport.close()
        server.close()


def read(path: str = "/v26.0/1", token: str = TOKEN) -> Request:
    return Request("meta_graph", "GET", path, params={"fields": "id"}, token=TokenReference("page", Secret(token)))


def write() -> Request:
    token = TokenReference("page", Secret(TOKEN))
    return Request("meta_graph", "POST", "/v26.0/1/comments", form={"message": "café & ł\n"}, token=token)


def raw_server(talk: Callable[[socket.socket], None]) -> tuple[str, Callable[[], None]]:
    """A socket server for what no HTTP library would do."""
    listener = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            try:
                talk(connection)
            except OSError:
                pass
            finally:
                connection.close()

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()

    def close() -> None:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        thread.join()

    return f"http://127.0.0.1:{listener.getsockname()[1]}", close


def outcome(transport: Transport, request: Request) -> Answer | ChannelError:
    try:
        return transport.send(request)
    except ChannelError as error:
        return error


def test_a_write_arrives_as_it_is_with_the_token_in_a_header() -> None:
    with speaking(lambda h, b: answer(h, {"id": "9"}, X_Fb_Trace_Id="T"), app=True) as (server, transport):
        got = transport.send(write())
        assert got.status == 200
        assert got.headers["x-fb-trace-id"] == "T"
        method, path, headers, body = server.seen[0]
        assert method == "POST"
        assert parse_qs(body.decode())["message"] == ["café & ł\n"]
        assert headers["authorization"] == f"Bearer {TOKEN}"
        assert TOKEN not in path
        assert parse_qs(urlsplit(path).query)["appsecret_proof"] == [appsecret_proof(Secret(TOKEN), SECRET)]


def test_a_refused_connection_is_not_sent() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    transport = Transport(endpoints(f"http://127.0.0.1:{port}"))
    assert type(outcome(transport, write())) is NotSent
    assert type(outcome(transport, read())) is NotSent


def test_a_name_that_does_not_exist_is_not_sent() -> None:
    transport = Transport(endpoints("https://platform.invalid"))
    assert type(outcome(transport, write())) is NotSent


def test_a_failed_tls_handshake_is_not_sent() -> None:
    url, close = raw_server(lambda connection: connection.sendall(b"this is not TLS\r\n\r\n"))
    try:
        assert type(outcome(Transport(endpoints(url.replace("http:", "https:"))), write())) is NotSent
    finally:
        close()


def test_an_answer_lost_after_accepting_is_unknown_for_a_write_only() -> None:
    def drop(handler: BaseHTTPRequestHandler, body: bytes) -> None:
        handler.close_connection = True

    with speaking(drop) as (server, transport):
        assert type(outcome(transport, write())) is OutcomeUnknown
        assert len(server.seen) == 1
        assert type(outcome(transport, read())) is PlatformDown


def test_a_connection_reset_while_the_request_leaves_is_unknown() -> None:
    def reset(connection: socket.socket) -> None:
        connection.recv(1)
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\x00\x00\x00\x00\x00\x00\x00")

    url, close = raw_server(reset)
    try:
        assert type(outcome(Transport(endpoints(url)), write())) is OutcomeUnknown
    finally:
        close()


def test_silence_ends_at_the_total_time() -> None:
    release = threading.Event()

    def wait(handler: BaseHTTPRequestHandler, body: bytes) -> None:
        release.wait(20)
        handler.close_connection = True

    with speaking(wait, total_seconds=0.3) as (_, transport):
        began = time.monotonic()
        assert type(outcome(transport, write())) is OutcomeUnknown
        assert time.monotonic() - began < 10  # seconds; without an end it is twenty or none
        release.set()


@pytest.mark.parametrize("start", [b"HTTP/1.1 200 OK\r\nX-A: ", b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n"])
def test_a_dribbling_answer_ends_at_the_total_time(start: bytes) -> None:
    stop = threading.Event()

    def dribble(connection: socket.socket) -> None:
        connection.recv(65536)
        connection.sendall(start)
        while not stop.wait(0.05):
            connection.sendall(b"a")

    url, close = raw_server(dribble)
    try:
        began = time.monotonic()
        transport = Transport(endpoints(url), total_seconds=0.5)
        assert type(outcome(transport, write())) is OutcomeUnknown
        assert time.monotonic() - began < 10  # seconds; without an end it is twenty or none
    finally:
        stop.set()
        close()


def test_a_truncated_body_is_no_answer() -> None:
    def cut(connection: socket.socket) -> None:
        connection.recv(65536)
        connection.sendall(b'HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\n{"id": "1')

    url, close = raw_server(cut)
    try:
        transport = Transport(endpoints(url))
        assert type(outcome(transport, write())) is OutcomeUnknown
        assert type(outcome(transport, read())) is PlatformDown
    finally:
        close()


def test_a_huge_answer_is_cut_off(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transport_module, "LARGEST_ANSWER_BYTES", 1000)
    with speaking(lambda h, b: answer(h, b"x" * 1001)) as (_, transport):
        assert type(outcome(transport, read())) is PlatformDown
        assert type(outcome(transport, write())) is OutcomeUnknown
    with speaking(lambda h, b: answer(h, b"x" * 1000)) as (_, transport):
        assert isinstance(outcome(transport, read()), Answer)


def test_a_redirect_is_never_followed() -> None:
    with speaking(lambda h, b: answer(h, b"", 302, Location="http://127.0.0.1:1/")) as (server, transport):
        got = outcome(transport, write())
        assert isinstance(got, Answer)
        assert got.status == 302
        assert len(server.seen) == 1


def test_html_and_errors_come_back_as_they_are() -> None:
    with speaking(lambda h, b: answer(h, b"<html>busy</html>", 503)) as (_, transport):
        got = outcome(transport, read())
        assert isinstance(got, Answer)
        assert (got.status, got.body) == (503, b"<html>busy</html>")


@pytest.mark.parametrize(
    "url",
    [
        "http://graph.example",
        "http://127.0.0.1.evil.example",
        "http://169.254.169.254",
        "http://[::ffff:10.0.0.1]",
        "ftp://127.0.0.1",
        "https://user@host.example",
        "https://host.example/?a=b",
        "//host",
        "",
    ],
)
def test_only_https_or_loopback_addresses_are_taken(url: str) -> None:
    with pytest.raises(ValueError):
        checked_base(url)


def test_loopback_and_https_addresses_are_taken() -> None:
    assert checked_base("http://localhost:99/graph/") == "http://localhost:99/graph"
    assert checked_base("https://graph.example") == "https://graph.example"


def test_tokens_are_in_no_log_and_no_error(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    google = Request("google_reviews", "GET", "/v4/x", token=TokenReference("google_refresh", Secret("refresh-canary")))
    renewal = Request(
        "instagram_graph", "GET", "/refresh_access_token", token=TokenReference("page", Secret(TOKEN), in_query=True)
    )

    def drop(handler: BaseHTTPRequestHandler, body: bytes) -> None:
        handler.close_connection = True

    with speaking(drop, app=True) as (_, transport):
        for request in (write(), read(), google, renewal):
            error = outcome(transport, request)
            shown = f"{error!r} {error} {error.__cause__!r} {error.__context__!r}"
            for canary in (TOKEN, "refresh-canary", "client-secret-canary", "app-secret-canary"):
                assert canary not in shown
                assert canary not in repr(request)
        exchanges = transport.fetch([read(), read(), google])
        assert TOKEN not in repr(exchanges)
    for canary in (TOKEN, "refresh-canary", "client-secret-canary", "app-secret-canary"):
        assert canary not in caplog.text


# --- batches ---


def batch_server(handler: BaseHTTPRequestHandler, body: bytes) -> None:
    """Answers batches and single calls alike: each names the token it was read with."""
    if handler.command == "POST":
        items = json.loads(parse_qs(body.decode())["batch"][0])
        slots = []
        for item in items:
            parts = urlsplit("/" + item["relative_url"])
            query = parse_qs(parts.query)
            value = {
                "id": parts.path.strip("/"),
                "with": query["access_token"][0],
                "proof": query.get("appsecret_proof"),
            }
            slots.append({"code": 200, "headers": [{"name": "X-A", "value": "b"}], "body": json.dumps(value)})
        answer(handler, slots)
    else:
        answer(
            handler, {"id": urlsplit(handler.path).path.split("/")[-1], "with": handler.headers["Authorization"][7:]}
        )


def test_reads_of_many_accounts_share_batches_of_fifty() -> None:
    requests = [read(f"/v26.0/{number}", token=f"token-{number}") for number in range(120)]
    with speaking(batch_server, app=True) as (server, transport):
        exchanges = transport.fetch(requests)
        assert len(server.seen) == 3
        for number, exchange in enumerate(exchanges):
            assert isinstance(exchange.result, Answer)
            value = json.loads(exchange.result.body)
            proof = appsecret_proof(Secret(f"token-{number}"), SECRET)
            assert value == {"id": str(number), "with": f"token-{number}", "proof": [proof]}
            assert exchange.result.headers == {"x-a": "b"}
        assert all("token-" not in path for _, path, _, _ in server.seen)


@pytest.mark.parametrize(
    "whole",
    [
        lambda h: answer(h, {"error": {"code": 190, "message": "bad outer token"}}, 400),
        lambda h: answer(h, b"<html>no such page</html>", 404),
        lambda h: answer(h, [], 200),
        lambda h: answer(h, b"Service Unavailable", 200),
    ],
)
def test_a_batch_that_fails_as_a_whole_is_made_singly(whole: Callable[[BaseHTTPRequestHandler], None]) -> None:
    def behave(handler: BaseHTTPRequestHandler, body: bytes) -> None:
        whole(handler) if handler.command == "POST" else batch_server(handler, body)

    with speaking(behave) as (_, transport):
        exchanges = transport.fetch([read(f"/v26.0/{n}", token=f"token-{n}") for n in range(5)])
        values = [json.loads(e.result.body) for e in exchanges if isinstance(e.result, Answer)]
        assert [value["with"] for value in values] == [f"token-{n}" for n in range(5)]


def test_an_exhausted_app_is_not_asked_again_singly() -> None:
    with speaking(lambda h, b: answer(h, {"error": {"code": 4, "message": "limit"}}, 400)) as (server, transport):
        exchanges = transport.fetch([read(), read()])
        assert [type(e.result) for e in exchanges] == [RateLimited, RateLimited]
        assert len(server.seen) == 1


def test_unfinished_and_token_blaming_slots_are_asked_once_more_by_themselves() -> None:
    def behave(handler: BaseHTTPRequestHandler, body: bytes) -> None:
        if handler.command == "POST":
            error = json.dumps({"error": {"code": 190, "message": "x"}})
            gone = json.dumps({"error": {"code": 100, "error_subcode": 33, "message": "x"}})
            answer(handler, [None, {"code": 400, "body": error}, {"code": 400, "body": gone}])
        else:
            batch_server(handler, body)

    with speaking(behave) as (server, transport):
        exchanges = transport.fetch([read(f"/v26.0/{n}") for n in range(3)])
        statuses = [e.result.status for e in exchanges if isinstance(e.result, Answer)]
        assert statuses == [200, 200, 400]
        assert len(server.seen) == 3


def test_one_hanging_account_does_not_keep_the_others_from_answering() -> None:
    release = threading.Event()

    def behave(handler: BaseHTTPRequestHandler, body: bytes) -> None:
        if "/slow" in handler.path:
            release.wait(20)
            handler.close_connection = True
        else:
            answer(handler, {"id": "1"})

    fast = Request("instagram_graph", "GET", "/v26.0/fast", token=TokenReference("instagram_user", Secret("a")))
    slow = Request("instagram_graph", "GET", "/v26.0/slow", token=TokenReference("instagram_user", Secret("b")))
    with speaking(behave, total_seconds=0.5) as (_, transport):
        results = [e.result for e in transport.fetch([slow, fast, fast])]
        assert [type(result) for result in results] == [PlatformDown, Answer, Answer]
        release.set()


def test_a_write_is_never_fetched() -> None:
    with speaking(batch_server) as (server, transport):
        (exchange,) = transport.fetch([write()])
        assert type(exchange.result) is NotSent
        assert server.seen == []


#  Google's tokens


def google(method: str = "GET") -> Request:
    token = TokenReference("google_refresh", Secret("refresh-1"))
    body = {"comment": "Thanks"} if method == "PUT" else None
    return Request("google_reviews", "PUT" if method == "PUT" else "GET", "/v4/reviews", json=body, token=token)


class GoogleServer:
    def __init__(self) -> None:
        self.given = 0
        self.valid: set[str] = set()
        self.token_answer: tuple[Any, int] | None = None

    def __call__(self, handler: BaseHTTPRequestHandler, body: bytes) -> None:
        if handler.path == "/token":
            form = parse_qs(body.decode())
            assert form["refresh_token"] == ["refresh-1"]
            assert form["client_secret"] == ["client-secret-canary"]
            if self.token_answer is not None:
                answer(handler, *self.token_answer)
                return
            self.given += 1
            self.valid = {f"access-{self.given}"}
            token = {"access_token": f"access-{self.given}", "expires_in": 3599, "token_type": "Bearer"}
            answer(handler, token)
        elif handler.headers["Authorization"].removeprefix("Bearer ") in self.valid:
            answer(handler, {"reviews": []})
        else:
            answer(handler, {"error": {"code": 401, "status": "UNAUTHENTICATED", "message": "x"}}, 401)


def test_an_access_token_is_fetched_once_and_kept() -> None:
    behave = GoogleServer()
    with speaking(behave) as (server, transport):
        results = [e.result for e in transport.fetch([google() for _ in range(20)])]
        assert all(isinstance(result, Answer) and result.status == 200 for result in results)
        assert behave.given == 1
        assert len(server.seen) == 21


@pytest.mark.parametrize("method", ["GET", "PUT"])
def test_an_access_token_that_ended_early_is_renewed_once(method: str) -> None:
    behave = GoogleServer()
    with speaking(behave) as (_, transport):
        transport.send(google())
        behave.valid = set()
        assert transport.send(google(method)).status == 200
        assert behave.given == 2


def test_a_location_that_stays_unauthorised_is_asked_twice_at_most() -> None:
    behave = GoogleServer()

    def refuse(handler: BaseHTTPRequestHandler, body: bytes) -> None:
        behave(handler, body)
        behave.valid = set()

    with speaking(refuse) as (server, transport):
        assert transport.send(google()).status == 401
        assert sum(1 for _, path, _, _ in server.seen if path == "/v4/reviews") == 2


@pytest.mark.parametrize(
    ("token_answer", "error"),
    [
        (({"error": "invalid_grant", "error_description": "whatever"}, 400), TokenRevoked),
        (({"error": "internal_failure"}, 500), NotSent),
        ((b"<html>", 502), NotSent),
        (({}, 200), NotSent),
    ],
)
def test_without_an_access_token_a_write_is_not_sent(token_answer: tuple[Any, int], error: type[ChannelError]) -> None:
    behave = GoogleServer()
    behave.token_answer = token_answer
    with speaking(behave) as (server, transport):
        assert type(outcome(transport, google("PUT"))) is error
        assert [path for _, path, _, _ in server.seen] == ["/token"]


def test_what_left_too_late_did_not_leave() -> None:
    """The process was stopped after it had looked at its lease: whoever looks for the words may send them by now."""
    with speaking(lambda h, b: answer(h, {"id": "9"})) as (server, transport):
        late = replace(write(), leave_before=time.monotonic() - 0.001)
        assert type(outcome(transport, late)) is NotSent
        assert server.seen == []
        assert transport.send(replace(write(), leave_before=time.monotonic() + 60)).status == 200
