"""An address out of a payload is anybody's word: what is fetched, from whom, and what becomes of the rest."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from channels import media_copies
from channels.media_copies import MediaGone, MediaRefused, MediaUnreachable, fetch_media, is_loopback, is_public
from channels.media_kinds import MEDIA_TYPES, media_type_of

PNG = b"\x89PNG\r\n\x1a\n" + bytes(40)
FILM = b"\0\0\0\x14ftypisom" + bytes(40)
CDN = ("fbcdn.net", "cdninstagram.com", "lookaside.fbsbx.com")
Talk = Callable[[BaseHTTPRequestHandler], None]


class Server:
    """A stand-in for a platform's file server that counts who knocks."""

    def __init__(self, talk: Talk) -> None:
        self.calls: list[tuple[str, dict[str, str]]] = []
        calls = self.calls

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                calls.append((self.path, dict(self.headers)))
                talk(self)

            def log_message(self, format: str, *args: Any) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)
        self._thread.start()
        self.host = f"127.0.0.1:{self._server.server_port}"

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


@pytest.fixture
def serve() -> Iterator[Callable[[Talk], Server]]:
    servers: list[Server] = []

    def make(talk: Talk) -> Server:
        servers.append(Server(talk))
        return servers[-1]

    yield make
    for server in servers:
        server.close()


def answer(body: bytes, status: int = 200, **headers: str) -> Talk:
    def talk(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(status)
        for name, value in headers.items():
            handler.send_header(name.replace("_", "-"), value)
        handler.send_header("Content-Length", str(len(body)))
        handler.end_headers()
        handler.wfile.write(body)

    return talk


def outcome(address: str, *hosts: str, **more: Any) -> str:
    try:
        return fetch_media(address, hosts, **more).content_type
    except MediaRefused as refused:
        return refused.reason
    except MediaGone:
        return "gone"
    except MediaUnreachable:
        return "unreachable"


@pytest.mark.parametrize(("body", "kind"), [(PNG, "image/png"), (FILM, "video/mp4")])
def test_a_picture_or_film_comes_whole_whatever_the_server_calls_it(
    serve: Callable[[Talk], Server], body: bytes, kind: str
) -> None:
    server = serve(answer(body, Content_Type="text/html", Set_Cookie="a=b"))
    copy = fetch_media(f"http://{server.host}/x?oh=1", [server.host])
    assert (copy.content_type, copy.body) == (kind, body)
    ((path, headers),) = server.calls
    assert path == "/x?oh=1"
    assert not {"authorization", "cookie"} & {name.lower() for name in headers}


@pytest.mark.parametrize(
    "body",
    [
        b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>",
        b"<!doctype html><script>alert(1)</script>",
        b"<?xml version='1.0'?><svg/>",
        b"%PDF-1.4\n" + bytes(40),
        b"PK\x03\x04" + bytes(40),
        b"RIFF\0\0\0\0HTML" + bytes(40),
        b"\0\0\0\x14ftyphtml" + bytes(40),
        b"",
        b"GIF8",
    ],
)
def test_everything_else_is_refused_whatever_it_is_called(serve: Callable[[Talk], Server], body: bytes) -> None:
    server = serve(answer(body, Content_Type="image/png"))
    assert outcome(f"http://{server.host}/x.png", server.host) == "kind"


@given(st.binary(max_size=64))
def test_nothing_that_begins_like_markup_is_ever_a_kept_kind(rest: bytes) -> None:
    assert media_type_of(b"<" + rest) is None
    assert media_type_of(rest) in {None, *MEDIA_TYPES}


@pytest.mark.parametrize(
    ("address", "reason"),
    [
        ("https://evil.example/x", "host"),
        ("https://fbcdn.net.evil.example/x", "host"),
        ("https://evilfbcdn.net/x", "host"),
        ("https://fbcdn.net./x", "host"),
        ("https://169.254.169.254/latest", "host"),
        ("https://[::ffff:127.0.0.1]/x", "host"),
        ("https://2130706433/x", "host"),
        ("https://fbcdn.net@evil.example/x", "address"),
        ("https://fbcdn.net\\@evil.example/x", "address"),
        ("https://user:word@scontent.fbcdn.net/x", "address"),
        ("https://scontent.fbcdn.net:8443/x", "address"),
        ("http://scontent.fbcdn.net/x", "address"),
        ("http://127.0.0.1/x", "address"),
        ("ftp://scontent.fbcdn.net/x", "address"),
        ("file:///etc/passwd", "address"),
        ("//scontent.fbcdn.net/x", "address"),
        ("/x", "address"),
        ("", "address"),
        ("https://", "address"),
        ("https://[::1", "address"),
        ("https://a b/", "host"),
        ("javascript:alert(1)", "address"),
        ("data:image/png;base64,AAAA", "address"),
    ],
)
def test_an_address_outside_the_list_is_never_asked(address: str, reason: str, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[Any] = []
    monkeypatch.setattr(socket, "getaddrinfo", lambda *args, **more: asked.append(args) or [])
    assert outcome(address, *CDN) == reason
    assert asked == []


def test_a_loopback_entry_opens_its_own_port_alone(serve: Callable[[Talk], Server]) -> None:
    server = serve(answer(PNG))
    other = serve(answer(PNG))
    assert outcome(f"http://{other.host}/x", server.host) == "address"
    assert outcome(f"https://{server.host}/x", server.host) == "address"
    assert outcome(f"http://{server.host}/x", *CDN) == "address"
    assert (server.calls, other.calls) == ([], [])


NOT_PUBLIC = [
    *("127.0.0.1", "127.1.2.3", "0.0.0.0", "10.0.0.1", "172.16.0.1", "192.168.1.1", "169.254.169.254"),
    *("100.64.0.1", "192.0.2.1", "198.18.0.1", "203.0.113.1", "224.0.0.1", "239.1.1.1", "240.0.0.1", "255.255.255.255"),
    *(
        "::",
        "::1",
        "::ffff:127.0.0.1",
        "::ffff:10.0.0.1",
        "::127.0.0.1",
        "fc00::1",
        "fe80::1",
        "ff02::1",
        "2001:db8::1",
    ),
    *("64:ff9b::7f00:1", "64:ff9b:1::1", "2002:7f00:1::", "2001:0:1::", "fe80::1%eth0", "not an address"),
]


@pytest.mark.parametrize("address", NOT_PUBLIC)
def test_addresses_inside_are_not_public(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize("address", ["157.240.1.35", "8.8.8.8", "2a03:2880:f000::1", "::ffff:157.240.1.35"])
def test_addresses_of_the_internet_are(address: str) -> None:
    assert is_public(address)
    assert not is_loopback(address)


@pytest.mark.parametrize("found", [["127.0.0.1"], ["10.0.0.7"], ["157.240.1.35", "10.0.0.7"], ["::ffff:127.0.0.1"]])
def test_a_good_name_that_leads_inside_is_refused_without_a_connection(
    found: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    connected: list[str] = []
    monkeypatch.setattr(
        socket, "getaddrinfo", lambda host, port, **_: [(0, 0, 0, "", (address, port)) for address in found]
    )
    monkeypatch.setattr(socket, "create_connection", lambda address, *a, **m: connected.append(address[0]))
    assert outcome("https://scontent.fbcdn.net/x", *CDN) == "host"
    assert connected == []


def test_a_name_that_changes_its_mind_is_connected_to_as_checked(monkeypatch: pytest.MonkeyPatch) -> None:
    """Asked once: a second answer, which leads inside, is never heard."""
    answers, connected = [["157.240.1.35"], ["127.0.0.1"]], []
    monkeypatch.setattr(
        socket, "getaddrinfo", lambda host, port, **_: [(0, 0, 0, "", (a, port)) for a in answers.pop(0)]
    )

    def connect(address: tuple[str, int], *_: Any, **__: Any) -> Any:
        connected.append(address[0])
        raise OSError("no network in tests")

    monkeypatch.setattr(socket, "create_connection", connect)
    assert outcome("https://scontent.fbcdn.net/x", *CDN) == "unreachable"
    assert connected == ["157.240.1.35"]


def test_a_redirect_leads_only_to_where_an_address_may(serve: Callable[[Talk], Server]) -> None:
    canary = serve(answer(PNG))
    for place in (f"http://{canary.host}/", "http://169.254.169.254/", "file:///etc/passwd", "//evil.example/"):
        server = serve(answer(b"", 302, Location=place))
        assert outcome(f"http://{server.host}/x", server.host) in ("host", "address")
        assert len(server.calls) == 1
    assert canary.calls == []
    moved = serve(lambda h: answer(PNG)(h) if h.path == "/there" else answer(b"", 302, Location="/there")(h))
    assert outcome(f"http://{moved.host}/x", moved.host) == "image/png"


def test_a_circle_of_redirects_ends(serve: Callable[[Talk], Server]) -> None:
    server = serve(answer(b"", 302, Location="/x"))
    assert outcome(f"http://{server.host}/x", server.host) == "unreachable"
    assert len(server.calls) == media_copies.MOST_REDIRECTS + 1


@pytest.mark.parametrize(
    ("status", "said"),
    [
        *((status, "gone") for status in (403, 404, 410)),
        *((status, "unreachable") for status in (204, 206, 408, 429, 500, 503)),
    ],
)
def test_what_a_status_means(serve: Callable[[Talk], Server], status: int, said: str) -> None:
    server = serve(answer(b"" if status == 204 else PNG, status))
    assert outcome(f"http://{server.host}/x", server.host) == said


def test_too_large_is_refused_by_its_word_and_by_its_bytes(
    serve: Callable[[Talk], Server], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(media_copies, "MOST_BYTES", 1_000)
    by_word = serve(answer(PNG + bytes(1_000)))
    assert outcome(f"http://{by_word.host}/x", by_word.host) == "too_large"
    exact = serve(answer(PNG + bytes(1_000 - len(PNG))))
    assert outcome(f"http://{exact.host}/x", exact.host) == "image/png"

    def endless(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(200)
        handler.end_headers()
        try:
            handler.wfile.write(PNG)
            while True:
                handler.wfile.write(bytes(65_536))
        except OSError:
            handler.close_connection = True

    unsaid = serve(endless)
    assert outcome(f"http://{unsaid.host}/x", unsaid.host) == "too_large"


def test_a_broken_or_dribbling_answer_is_no_copy(serve: Callable[[Talk], Server]) -> None:
    def short(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(200)
        handler.send_header("Content-Length", "5000")
        handler.end_headers()
        handler.wfile.write(PNG)

    broken = serve(short)
    assert outcome(f"http://{broken.host}/x", broken.host) == "unreachable"
    waits = threading.Event()

    def dribble(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(200)
        handler.end_headers()
        try:
            while not waits.wait(0.02):
                handler.wfile.write(PNG[:1])
                handler.wfile.flush()
        except OSError:
            handler.close_connection = True

    slow = serve(dribble)
    assert outcome(f"http://{slow.host}/x", slow.host, total_seconds=0.3) == "unreachable"
    waits.set()


def test_packed_bytes_are_not_unpacked(serve: Callable[[Talk], Server]) -> None:
    server = serve(answer(b"\x1f\x8b\x08" + bytes(60), Content_Encoding="gzip", Content_Type="image/png"))
    assert outcome(f"http://{server.host}/x", server.host) == "kind"
