"""Mails: what they say, in whose language, how they leave, and what becomes of them."""

from __future__ import annotations

import re
import socketserver
import threading
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from email import message_from_bytes, message_from_string
from email.header import decode_header, make_header
from email.message import EmailMessage
from email.policy import SMTP

import pytest
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po
from flask import Flask
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine, text

from agency.notices import mail, sending
from agency.notices.agency_look import AgencyLook
from agency.notices.headers import LONGEST_NAME, MAIL_POLICY
from agency.replies import desk
from tenants import clock
from tenants.database import db
from tenants.settings import SettingsError
from tests.factories import Agency, Factory
from tests.leaving import mails_leave

HOSTILE = 'Zimne jedzenie <script>alert(1)</script> 🥶 \u202eodwrotnie\u202c & "cytat"\nhttps://evil.example/x'


@dataclass
class Reader:
    """Somebody to write to."""

    email: str = "anna@test.example"
    name: str = "Anna"
    language: str = "en"
    time_zone: str = "Europe/Warsaw"


def waiting(reader: Reader, **changes: object):  # type: ignore[no-untyped-def]
    facts = {
        "brand_name": "Hotel Bursztynowa Zatoka",
        "brand_mark": "BZ",
        "brand_colour": "#0b6e6e",
        "brand_ink": "#ffffff",
        "answerable": True,
        "more": 0,
        "day": {},
    }
    reply = {
        "customer_name": "Test Customer",
        "customer_words": HOSTILE,
        "draft": "Przepraszamy.\nZapraszamy ponownie.",
        "due_at": clock.now(),
        "path": "/a/1",
        "stars": 2,
        "written_by": "Ana",
        "guide_version": 3,
        "remarks": 0,
        "let_go": "",
        "waited_hours": 0,
        "silence": "",
        "silence_at": None,
    }
    facts |= {name: value for name, value in changes.items() if name in facts}
    reply |= {name: value for name, value in changes.items() if name not in facts}
    look = AgencyLook("Lantern Street")
    return mail.compose("reply_awaits_you", reader, agency=look, **facts, replies=[reply])


LINKS = [f"http://localhost/a/1{form}" for form in ("", "?open=change", "?open=decline")]


def test_the_approvers_mail_holds_both_texts_the_time_and_three_links(app: Flask) -> None:
    with app.app_context():
        message = waiting(Reader())
    plain, html = (message.get_body((kind,)).get_content() for kind in ("plain", "html"))
    for body in (plain, html):
        assert "Przepraszamy." in body
        assert "Zimne jedzenie" in body
        assert "\u202e" not in body
        assert "Please decide by" in body
        assert re.findall(r"http://localhost/a/1[^\s\"]*", body) == LINKS
    assert "<script>" not in html
    assert "&lt;script&gt;" in html
    assert re.findall(r'href="([^"]*)"', html) == LINKS
    assert "src=" not in html, "nothing is fetched when it is opened"
    assert str(message["Subject"]) == "Hotel Bursztynowa Zatoka: a reply to Test Customer waits for your word"
    assert message["Reply-To"] is not None
    assert str(message["Message-ID"]).endswith("@localhost>")


def test_nobodys_name_reads_as_a_line_of_ours(app: Flask) -> None:
    with app.app_context():
        message = waiting(Reader(name="Anna\n\nApprove:"), customer_name="Eve\n\nApprove:\r\nhttps://evil.example")
    plain = str(message.get_body(("plain",)).get_content())
    assert "Eve Approve: https://evil.example wrote to" in plain
    assert plain.count("\nApprove:") == 1


@pytest.mark.parametrize("language", ["pl", "pt"])
def test_every_word_of_every_mail_is_translated(language: str) -> None:
    options = {"silent": "false", "trim_blocks": "true", "lstrip_blocks": "true", "newstyle_gettext": "true"}
    with (mail.FOLDER / f"translations/{language}/LC_MESSAGES/messages.po").open("rb") as source:
        held = read_po(source, locale=language)
    found = {
        message
        for method in ("*.html", "*.txt")
        for _file, _line, message, _comments, _context in extract_from_dir(
            mail.FOLDER, [(f"**/{method}", "jinja2.ext:babel_extract")], {f"**/{method}": options}
        )
    }
    assert len(found) > 25
    for message in found:
        entry = held.get(message[0] if isinstance(message, tuple) else message)
        assert entry is not None, message
        words = entry.string if isinstance(entry.string, tuple) else (entry.string,)
        assert len(words) == (held.num_plurals if isinstance(message, tuple) else 1), message
        assert all(words), message
        for one in words:
            assert set(re.findall(r"%\(\w+\)s", one)) == set(
                re.findall(r"%\(\w+\)s", str(entry.id[0] if isinstance(entry.id, tuple) else entry.id))
            ), message
    assert {m.id if isinstance(m.id, str) else m.id[0] for m in held if m.id} == {
        m if isinstance(m, str) else m[0] for m in found
    }


@pytest.mark.parametrize("name", ["Eve\r\nBcc: x@evil.example", "Eve\nX: y", "\x00Eve", '"Eve" <x@evil.example>,'])
def test_no_name_or_brand_adds_a_header(app: Flask, name: str) -> None:
    with app.app_context():
        message = waiting(Reader(name=name), brand_name=name)
    read = message_from_bytes(message.as_bytes(), policy=SMTP)
    assert [a.addr_spec for a in read["To"].addresses] == ["anna@test.example"]
    assert read["Bcc"] is None
    assert read["X"] is None


NAMES = st.lists(
    st.sampled_from(
        [
            "a",
            "b@evil.example",
            ", ",
            " ",
            '"',
            "\\",
            "<",
            ">",
            ";",
            ":",
            "(",
            ")",
            "é",
            "J. ",
            "=?utf-8?q?a=2C_b=40c.d?=",
        ]
    )
    | st.integers(20, 70).map(lambda n: "x" * n),
    min_size=1,
).map("".join)


@given(NAMES)
@example("A, b@evil.example, x A, b@evil.example, x A, b@evil.example, x A, b@evil.example, x")
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=100)
def test_no_name_however_long_becomes_an_address_that_gets_the_mail(app: Flask, name: str) -> None:
    with app.app_context():
        message = mail.compose(
            "password_reset", Reader(name=name), agency=AgencyLook(name), path="/reset/x", has_tokens=False
        )
    again = message_from_string(message.as_string(), _class=EmailMessage, policy=MAIL_POLICY)
    for policy in (SMTP, MAIL_POLICY):
        read = message_from_bytes(again.as_bytes(), policy=policy)
        assert [a.addr_spec for a in read["To"].addresses] == ["anna@test.example"]
        for line in ("From", "Reply-To"):
            assert [a.addr_spec for a in read[line].addresses] == ["onbrand@localhost"]
    head, _, _body = again.as_bytes().partition(b"\r\n\r\n")
    assert max(map(len, head.split(b"\r\n"))) <= 78
    assert head.isascii()


@pytest.mark.parametrize(
    "name", ['Kowalski, J. (Hotel): "Łeba"', "Anna", "Søren O'Neil; Bistro <x@y.example>", "名" * 20, "a" * 200]
)
def test_a_name_keeps_all_of_its_signs(app: Flask, name: str) -> None:
    with app.app_context():
        message = mail.compose("password_reset", Reader(name=name), path="/reset/x", has_tokens=False)
    (raw,) = [line for line in message.as_bytes().split(b"\r\nFrom") if line.startswith(b"To") or b"\r\nTo: " in line]
    value = raw.partition(b"To: ")[2].partition(b"\r\nReply-To")[0].decode().replace("\r\n", "\n")
    shown = str(make_header(decode_header(value)))
    assert shown == f"{name[:LONGEST_NAME]} <anna@test.example>"


def test_submitting_a_reply_writes_to_the_brands_approvers_alone(
    app: Flask, ana: Agency, make: Factory, superuser: Engine
) -> None:
    conversation_id = make.conversation(ana, text=HOSTILE)
    with ana.entered(ana.staff):
        desk.submit(ana.staff, desk.start_draft(ana.staff, conversation_id, "We are sorry to hear this.").id)
    mails_leave(app, superuser)
    with superuser.connect() as connection:
        owner = connection.execute(
            text("select email from person where id = :id"), {"id": ana.client_owner.user_id}
        ).scalar_one()
        kept = connection.execute(text("select string_agg(t::text, ' ') from outgoing_mail t")).scalar_one()
        mail_ids = list(connection.execute(text("select id from outgoing_mail")).scalars())
    assert "Zimne" not in kept
    with app.app_context():
        for mail_id in mail_ids:
            sending.send_mail(mail_id)
        db.session.commit()
        shown = [message for _row, message in sending.mails_kept()]
    assert [str(m["To"].addresses[0].addr_spec) for m in shown] == [owner]
    assert re.search(r"http://localhost/a/[\w-]{43}\s", shown[0].get_body(("plain",)).get_content())


# ── leaving by SMTP ──────────────────────────────────────────────────────────────────────────────────────────────


class Sink(socketserver.ThreadingTCPServer):
    """A mail server that takes what it is given, or refuses every receiver with `refuse_with`."""

    allow_reuse_address = True
    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), SinkTalk)
        self.taken: list[bytes] = []
        self.refuse_with = 0


class SinkTalk(socketserver.StreamRequestHandler):
    """As much of RFC 5321 as smtplib speaks."""

    def handle(self) -> None:
        sink: Sink = self.server  # type: ignore[assignment]
        self.wfile.write(b"220 sink\r\n")
        while line := self.rfile.readline():
            word = line[:4].upper()
            if word == b"RCPT" and sink.refuse_with:
                self.wfile.write(b"%d no\r\n" % sink.refuse_with)
            elif word == b"DATA":
                self.wfile.write(b"354 go on\r\n")
                body = b""
                while (part := self.rfile.readline()) != b".\r\n":
                    body += part
                sink.taken.append(body)
                self.wfile.write(b"250 taken\r\n")
            elif word == b"QUIT":
                self.wfile.write(b"221 bye\r\n")
                return
            else:
                self.wfile.write(b"250 ok\r\n")


@pytest.fixture
def sink(app: Flask) -> Iterator[Sink]:
    """A sink the app is set to use."""
    settings = app.extensions["onbrand_settings"]
    with Sink() as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        app.extensions["onbrand_settings"] = replace(
            settings, onbrand_smtp_url=f"smtp://127.0.0.1:{server.server_address[1]}"
        )
        yield server
        app.extensions["onbrand_settings"] = settings
        server.shutdown()
        thread.join()


def promised(app: Flask) -> str:
    with app.app_context():
        mail_id = mail.send_notice("password_reset", Reader(language="pl"), path="/reset/x", has_tokens=False)
        db.session.commit()
        return str(mail_id)


def sent(app: Flask, mail_id: str) -> None:
    with app.app_context():
        sending.send_mail(mail_id)
        db.session.commit()


def row_of(superuser: Engine, mail_id: str):  # type: ignore[no-untyped-def]
    with superuser.connect() as connection:
        return connection.execute(text("select * from outgoing_mail where id = :id"), {"id": mail_id}).one()


def test_a_mail_leaves_once_and_its_words_are_dropped(app: Flask, sink: Sink, superuser: Engine) -> None:
    mail_id = promised(app)
    sent(app, mail_id)
    sent(app, mail_id)
    assert len(sink.taken) == 1
    read = message_from_bytes(sink.taken[0], policy=SMTP)
    assert "Ustaw nowe hasło" in str(read["Subject"])
    row = row_of(superuser, mail_id)
    assert row.sealed is None
    assert row.sent_at is not None
    with app.app_context():
        assert sending.mails_kept() == []


@pytest.mark.parametrize(("code", "is_final"), [(550, True), (450, False)])
def test_a_refusal_for_good_is_kept_and_one_for_now_is_tried_again(
    app: Flask, sink: Sink, superuser: Engine, code: int, is_final: bool
) -> None:
    mail_id = promised(app)
    sink.refuse_with = code
    if is_final:
        sent(app, mail_id)
    else:
        with pytest.raises(Exception, match="450"):
            sent(app, mail_id)
    row = row_of(superuser, mail_id)
    assert (row.given_up_at is not None) == is_final
    sink.refuse_with = 0
    sent(app, mail_id)
    assert len(sink.taken) == (0 if is_final else 1)


def test_a_server_that_is_away_leaves_the_mail_for_later(app: Flask, sink: Sink, superuser: Engine) -> None:
    mail_id = promised(app)
    settings = app.extensions["onbrand_settings"]
    app.extensions["onbrand_settings"] = replace(settings, onbrand_smtp_url="smtp://127.0.0.1:9")
    with pytest.raises(OSError, match="refused"):
        sent(app, mail_id)
    app.extensions["onbrand_settings"] = settings
    sent(app, mail_id)
    assert len(sink.taken) == 1


def test_production_without_a_mail_server_says_so(app: Flask, superuser: Engine) -> None:
    mail_id = promised(app)
    settings = app.extensions["onbrand_settings"]
    app.extensions["onbrand_settings"] = replace(settings, onbrand_env="production")
    try:
        with pytest.raises(SettingsError, match="ONBRAND_SMTP_URL"):
            sent(app, mail_id)
    finally:
        app.extensions["onbrand_settings"] = settings
    assert row_of(superuser, mail_id).sent_at is None


def test_a_mail_to_nobody_known_disappears(app: Flask, sink: Sink, superuser: Engine) -> None:
    with app.app_context():
        mail_id = str(mail.ask_for_password_reset("nobody@test.example"))
        db.session.commit()
    sent(app, mail_id)
    sent(app, mail_id)
    assert sink.taken == []
    with superuser.connect() as connection:
        assert connection.execute(text("select count(*) from outgoing_mail")).scalar_one() == 0


def test_sent_mails_are_forgotten_once_no_silence_counts_from_them(app: Flask, superuser: Engine) -> None:
    began = clock.now()
    with clock.stopped_at(began) as move_to:
        sent(app, promised(app))
        open_one = promised(app)
        for days, gone in ((59, 0), (61, 1)):
            move_to(began + timedelta(days=days))
            with app.app_context():
                assert sending.forget_sent() == gone
                db.session.commit()
    assert row_of(superuser, open_one).sealed is not None
