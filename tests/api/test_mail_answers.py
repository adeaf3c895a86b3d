"""A client answers the mail: their words become a note, verified by the address, decided by nobody."""

from __future__ import annotations

import re
from email.message import EmailMessage
from uuid import UUID

import pytest
from flask import Flask
from sqlalchemy import Engine, text

from agency.notices.sending import mails_kept, send_mail
from agency.replies import desk
from tenants import people
from tenants.database import db
from tests.factories import Agency, Factory
from tests.leaving import mails_leave
from tests.web.replying import row_of, waiting_reply

SECRET = {"Authorization": "Bearer what the provider knows"}


@pytest.fixture
def reply_id(make: Factory, ana: Agency) -> UUID:
    return waiting_reply(ana, make.conversation(ana))


@pytest.fixture
def address(whole_app: Flask, superuser: Engine, reply_id: UUID) -> str:
    return address_of(whole_app, superuser)


def address_of(whole_app: Flask, superuser: Engine) -> str:
    """Where an answer to the one mail there is goes."""
    mails_leave(whole_app, superuser)
    with superuser.begin() as connection:
        mail_id = connection.execute(text("select id from outgoing_mail")).scalar_one()
    with whole_app.app_context():
        send_mail(mail_id)
        db.session.commit()
        ((_row, message),) = mails_kept()
        db.session.remove()
    found = re.search(r"replies\+[a-z2-7]{52}@in\.test\.example", str(message["Reply-To"]))
    assert found is not None
    assert str(message["From"]).startswith("Lantern Street")
    return found[0]


def answer(address: str, words: str = "Please call them first.", **headers: str) -> bytes:
    message = EmailMessage()
    message["From"] = "somebody.else@evil.example"
    message["To"] = address
    for name, value in headers.items():
        message[name.replace("_", "-")] = value
    message.set_content(words)
    return message.as_bytes()


def posted(app: Flask, raw: bytes, headers: dict[str, str] | None = None, query: str = "") -> tuple[int, str]:
    given = SECRET if headers is None else headers
    got = app.test_client().post(f"/webhooks/mail{query}", data=raw, headers=given, content_type="message/rfc822")
    return got.status_code, (got.get_json(silent=True) or {}).get("outcome", "")


def notes(superuser: Engine) -> list[tuple[str, str]]:
    with superuser.begin() as connection:
        return [(r[0], r[1]) for r in connection.execute(text("select author_name, text from note order by id"))]


def test_an_answer_becomes_a_note_once_whoever_it_says_it_is_from(
    whole_app: Flask, ana: Agency, address: str, reply_id: UUID, superuser: Engine
) -> None:
    raw = answer(address)
    for outcome in ("noted", "ignored"):
        assert posted(whole_app, raw) == (200, outcome)
    assert notes(superuser) == [(ana.client_owner.name, "Please call them first.")]
    assert row_of(ana, reply_id).state == "awaiting_approval"
    with superuser.begin() as connection:
        assert connection.execute(text("select count(*) from outgoing_mail")).scalar_one() == 1, "nothing is sent back"
        acts = connection.execute(
            text("select facts ->> 'outcome' from brand_audit where action = 'reply.mail_answer'")
        )
        assert list(acts.scalars()) == ["noted"]


def test_an_answer_to_a_mail_about_several_stands_beside_each_of_them_and_says_so(
    whole_app: Flask, ana: Agency, make: Factory, superuser: Engine
) -> None:
    first, second = (waiting_reply(ana, make.conversation(ana)) for _ in range(2))
    address = address_of(whole_app, superuser)
    waiting_reply(ana, make.conversation(ana))  # in no mail yet
    raw = answer(address)
    for outcome in ("noted", "ignored"):
        assert posted(whole_app, raw) == (200, outcome)
    said = "Answer to a mail about 2 replies:\n\nPlease call them first."
    assert notes(superuser) == [(ana.client_owner.name, said)] * 2
    with superuser.connect() as connection:
        told = connection.execute(text("select count(*) from notice where kind = 'mail_answered'")).scalar_one()
    with ana.entered(ana.staff):
        desk.withdraw(ana.staff, first)
    assert posted(whole_app, answer(address, "I am away.", Auto_Submitted="auto-replied")) == (200, "automatic")
    with superuser.begin() as connection:
        wanted = "select r.id from note n join reply r using (conversation_id) where n.text like '%I am away.'"
        assert list(connection.execute(text(wanted)).scalars()) == [second], "once, where one waits"
        again = connection.execute(text("select count(*) from notice where kind = 'mail_answered'")).scalar_one()
        assert again == told == 2, "a machine tells nobody anything"
    assert posted(whole_app, answer(address, "> only quoted")) == (200, "set_aside")
    with superuser.begin() as connection:
        again = connection.execute(text("select count(*) from notice where kind = 'mail_answered'")).scalar_one()
    assert again == told + 2, "what a person wrote and nobody can read is asked about"


def test_the_secret_and_the_token_are_both_needed(whole_app: Flask, address: str, superuser: Engine) -> None:
    raw = answer(address)
    for wrong in ({}, {"Authorization": "Bearer what the provider know"}, {"Authorization": "Bearer Ünicode"}):
        assert posted(whole_app, raw, wrong)[0] == 401
    altered = address[:20] + ("a" if address[20] != "a" else "b") + address[21:]
    for to in (altered, "replies@in.test.example", "x"):
        assert posted(whole_app, answer(to)) == (200, "ignored")
    assert notes(superuser) == []
    basic = {"Authorization": "Basic eDp3aGF0IHRoZSBwcm92aWRlciBrbm93cw=="}
    assert posted(whole_app, answer("elsewhere@x.example"), basic, f"?to={address.upper().replace('+', '%2B')}") == (
        200,
        "noted",
    )


def test_a_link_is_no_address_and_an_address_no_link(whole_app: Flask, address: str) -> None:
    token = address.partition("+")[2].partition("@")[0]
    assert whole_app.test_client().get(f"/a/{token}").status_code == 404


def test_machines_files_and_hostile_mails_are_said_to_be_such(
    whole_app: Flask, address: str, superuser: Engine
) -> None:
    assert posted(whole_app, answer(address, "I am away.", Auto_Submitted="auto-replied")) == (200, "automatic")
    assert posted(whole_app, answer(address, "> only quoted")) == (200, "set_aside")
    with_file = EmailMessage()
    with_file["To"] = address
    with_file.set_content("See the file.")
    with_file.add_attachment(b"x", maintype="application", subtype="pdf", filename="a.pdf")
    assert posted(whole_app, with_file.as_bytes()) == (200, "noted")
    words = [said for _author, said in notes(superuser)]
    assert words[0] == "Answered by a machine, such as an out-of-office:\n\nI am away."
    assert words[1] == "A mail came in answer and was set aside: nothing was written above the mail it answers."
    assert words[2] == "See the file.\n\n1 file that came with it was not kept."


def test_who_left_and_who_was_erased_leave_no_note(
    whole_app: Flask, ana: Agency, address: str, superuser: Engine
) -> None:
    with superuser.begin() as connection:
        connection.execute(text("update conversation set context = context || '{\"erased\": true}'"))
    assert posted(whole_app, answer(address)) == (200, "ignored")
    with superuser.begin() as connection:
        connection.execute(text("update conversation set context = '{}'"))
    with ana.entered(ana.agency_admin):
        people.remove_member(ana.agency_admin, ana.client_owner.user_id)
    assert posted(whole_app, answer(address)) == (200, "ignored")
    assert notes(superuser) == []


def test_too_large_and_too_many_are_refused(whole_app: Flask, address: str) -> None:
    assert posted(whole_app, b"x" * 10_000_001)[0] == 413
    assert [posted(whole_app, answer(address, f"{n}"))[0] for n in range(21)] == [200] * 20 + [429]
