"""Questions to loops: put, answered, handed on, late, taken back, and what ends a link."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from email.message import EmailMessage
from typing import Any
from uuid import UUID

import pytest
from flask import Flask
from sqlalchemy import Engine, select, text

from agency.inbox import desk, erasing
from agency.inbox.loops import answering, asking, named, reminding
from agency.inbox.loops.mails import question_of
from agency.inbox.loops.models import LoopAsking
from agency.inbox.loops.reading import list_askings
from agency.inbox.models import Conversation
from agency.inbox.signs import IN_LOOP
from agency.notices.models import Notice
from agency.notices.sending import mails_kept, send_mail
from tenants import clock
from tenants.brands import archive_brand
from tenants.database import db, new_id
from tenants.errors import Conflict, Forbidden, Invalid, NotFound
from tenants.models import Person
from tests.api.test_mail_answers import SECRET
from tests.factories import Agency, Factory
from tests.web.browser import Browser

LEGAL = {
    "name": "Legal",
    "sort": "legal",
    "people": "Ewa Nowak <ewa@law.example>\nRui Melo <rui@law.example>",
    "language": "en",
    "hours": "4",
    "answers_by": "community",
    "answers_name": "",
    "procedure": "Promise no date.",
}


class Room:
    """A case, a loop, and the mails there are."""

    def __init__(self, app: Flask, make: Factory, agency: Agency, superuser: Engine) -> None:
        self.app, self.agency, self.superuser = app, agency, superuser
        self.case = make.conversation(agency, text="Refund me! Call +48 600 700 800.")
        with agency.entered(agency.team_lead):
            self.loop = named.create_loop(agency.team_lead, agency.brand_ids[0], LEGAL)

    def ask(self, question: str = "May we refund this?", **given: Any) -> UUID:
        with self.agency.entered(self.agency.staff):
            return asking.ask(self.agency.staff, self.case, self.loop, question, **given)

    def mails(self) -> list[EmailMessage]:
        with self.superuser.begin() as connection:
            ids = list(
                connection.execute(text("select id from outgoing_mail where sent_at is null order by id")).scalars()
            )
        with self.app.app_context():
            for mail_id in ids:
                send_mail(mail_id)
                db.session.commit()
            found = [message for row, message in mails_kept() if row.notice == "loop_asked"]
            db.session.remove()
        return found

    def link(self, number: int = 0) -> str:
        body = self.mails()[number].get_body(("plain",))
        assert body is not None
        found = re.search(r"/q/[A-Za-z0-9_-]{43}", body.get_content())
        assert found is not None
        return found[0]

    def row(self) -> LoopAsking:
        with self.agency.entered():
            found = db.session.scalars(select(LoopAsking)).one()
            db.session.expunge(found)
            return found

    def waits(self) -> bool:
        with self.agency.entered():
            return bool(db.session.scalars(select(Conversation.signs)).one() & IN_LOOP)

    def told(self) -> list[tuple[str, UUID]]:
        with self.agency.entered():
            return [(one.kind, one.person_id) for one in db.session.scalars(select(Notice).order_by(Notice.id))]


@pytest.fixture
def room(whole_app: Flask, make: Factory, ana: Agency, superuser: Engine) -> Room:
    return Room(whole_app, make, ana, superuser)


def test_an_answer_by_link_stands_at_the_case_and_opening_changes_nothing(room: Room, ana: Agency) -> None:
    room.ask()
    (mail,) = room.mails()
    body = mail.get_body(("plain",))
    assert body is not None
    words = body.get_content()
    assert str(mail["To"]) == "Ewa Nowak <ewa@law.example>"
    assert "Refund me!" in words
    assert "600" not in words, "personal data is masked"
    assert "Promise no date." in words
    assert room.waits()
    link, client = room.link(), room.app.test_client(use_cookies=False)
    for _ in range(2):
        page = client.get(link)
        assert page.status_code == 200
        assert "May we refund this?" in page.text
        assert "Set-Cookie" not in page.headers
        assert page.headers["Referrer-Policy"] == "no-referrer"
    assert client.head(link).status_code == 200
    assert room.row().state == "open"
    assert client.post(link, data={"do": "answer", "text": " "}).status_code == 422
    assert (
        client.post(link, data={"do": "answer", "text": "Yes."}, headers={"Origin": "https://evil.example"}).status_code
        == 403
    )
    for words in ("Yes, <b>within</b> 14 days.", "Yes, <b>within</b> 14 days.", "But promise no date."):
        assert client.post(link, data={"do": "answer", "text": words}).status_code == 303
    row = room.row()
    assert (row.state, row.answer) == ("answered", "Yes, <b>within</b> 14 days.\n\nBut promise no date.")
    assert not room.waits()
    assert room.told() == [("loop_answered", ana.staff.user_id)] * 2
    assert "Yes, &lt;b&gt;within" in client.get(link).text
    assert client.post(link, data={"do": "hand_on", "email": "x@law.example"}).status_code == 409
    assert client.get(link[:-1] + ("A" if link[-1] != "A" else "B")).status_code == 404


def test_an_answer_by_mail_is_taken_once_and_a_machine_answers_nothing(room: Room, ana: Agency) -> None:
    room.ask(to_email="RUI@law.example")
    (mail,) = room.mails()
    found = re.search(r"replies\+[a-z2-7]{52}@in\.test\.example", str(mail["Reply-To"]))
    assert found is not None

    def post(words: str, **headers: str) -> str:
        answer = EmailMessage()
        answer["From"], answer["To"] = "anybody@evil.example", found[0] if found else ""
        for name, value in headers.items():
            answer[name.replace("_", "-")] = value
        answer.set_content(words)
        got = room.app.test_client().post(
            "/webhooks/mail", data=answer.as_bytes(), headers=SECRET, content_type="message/rfc822"
        )
        return str(got.get_json()["outcome"])

    assert post("I am away.", Auto_Submitted="auto-replied") == "automatic"
    assert post("> only quoted") == "set_aside"
    assert [kind for kind, _person in room.told()] == ["loop_unread"]
    assert room.row().state == "open"
    assert [post("Yes, you may."), post("Yes, you may.")] == ["noted", "ignored"]
    row = room.row()
    assert (row.state, row.answer, row.answered_by) == ("answered", "Yes, you may.", "Rui Melo")


def test_files_are_told_of_and_what_cannot_be_kept_is_not_lost_in_silence(room: Room, ana: Agency) -> None:
    room.ask()
    (mail,) = room.mails()
    answer = EmailMessage()
    answer["From"], answer["To"] = "ewa@law.example", str(mail["Reply-To"])
    answer.set_content(
        "It is in the contract.\n" + "yes " * 2_500 + "\n\nOn Monday, Zofia wrote:\n" + "> quoted\n" * 500
    )
    answer.add_attachment(b"%PDF", maintype="application", subtype="pdf", filename="contract.pdf")

    def take(raw: bytes) -> str:
        with room.app.app_context():
            link = question_of(raw)
            assert link is not None
            outcome = answering.take_mail(link, raw)
            db.session.commit()
            db.session.remove()
            return outcome

    assert take(answer.as_bytes()) == "noted"
    row = room.row()
    assert (row.files_left, len(row.answer), row.answer.endswith(" […]")) == (1, asking.LONGEST_ANSWER, True)
    page = Browser(room.app, ana.staff).get(f"/conversations/{room.case}").text
    assert "1 file came with it and is not kept here: ask Ewa Nowak for it." in page
    for number in range(5):
        longer = EmailMessage()
        longer["To"] = str(mail["Reply-To"])
        longer.set_content(f"{number} " + "yes " * 1_990)
        outcome = take(longer.as_bytes())
    assert outcome == "set_aside", "more than a question holds"
    assert room.told()[-1] == ("loop_unread", ana.staff.user_id)


def test_whoever_it_was_taken_from_while_they_wrote_answers_nothing(room: Room, ana: Agency) -> None:
    room.ask()
    link, (mail,) = room.link(), room.mails()
    answer = EmailMessage()
    answer["To"] = str(mail["Reply-To"])
    answer.set_content("Yes.")
    with room.app.app_context():
        found = question_of(answer.as_bytes())
        db.session.remove()
    assert found is not None
    with ThreadPoolExecutor(1) as pool, room.superuser.connect() as holder:
        holder.execute(text("select from conversation for update"))
        pressed = pool.submit(room.app.test_client(use_cookies=False).post, link, data={"do": "answer", "text": "Yes."})
        with room.superuser.connect() as looker:
            while not looker.execute(text("select count(*) > 0 from pg_locks where not granted")).scalar_one():
                assert not pressed.done()
        holder.execute(text("delete from one_time_token where purpose like 'loop%'"))  # as handing on does
        holder.commit()
        assert pressed.result().status_code == 404
    with room.app.app_context():
        assert answering.take_mail(found, answer.as_bytes()) == "ignored"
        db.session.commit()
        db.session.remove()
    assert room.row().state == "open"


def test_handed_on_declined_and_taken_back(room: Room, ana: Agency) -> None:
    first = room.ask()
    client, link = room.app.test_client(use_cookies=False), room.link()
    for email in ("nobody", "ewa@law.example"):
        assert client.post(link, data={"do": "hand_on", "name": "Zoe", "email": email}).status_code == 422
    assert (
        "Zoe is asked now" in client.post(link, data={"do": "hand_on", "name": "Zoe", "email": "zoe@law.example"}).text
    )
    assert client.get(link).status_code == 404, "the old link has ended"
    row = room.row()
    assert (row.to_name, row.sent_on_by, row.state) == ("Zoe", "Ewa Nowak", "open")
    newer = room.link()
    assert client.post(newer, data={"do": "decline", "reason": "Ask the shop."}).status_code == 303
    assert (room.row().state, room.row().answer) == ("declined", "Ask the shop.")
    assert room.told() == [("loop_declined", ana.staff.user_id)]
    with ana.entered(ana.staff):
        asking.withdraw(ana.staff, first)
    assert room.row().state == "declined", "what has ended stays so"
    with ana.entered():
        db.session.delete(db.session.scalars(select(LoopAsking)).one())
    second = room.ask()
    with ana.entered(ana.staff):
        asking.withdraw(ana.staff, second)
    assert room.row().mail_id is None, "the mail had not left"
    assert not room.waits()
    with ana.entered(ana.staff):
        asking.answer(asking.locked_asking(second), "Too late", how="mail")
    assert (room.row().state, room.row().answer) == ("answered", "Too late"), "somebody has written it"


def test_late_ones_are_reminded_once_and_then_the_lead_hears(room: Room, ana: Agency) -> None:
    start = clock.now()
    with clock.stopped_at(start) as move_to:
        room.ask()
        first = room.link()

        def remind() -> int:
            with ana.entered():
                return reminding.remind_due()

        assert remind() == 0
        move_to(start + timedelta(hours=4))
        assert [remind(), remind()] == [1, 0]
        assert [kind for kind, _person in room.told()] == ["loop_late"]
        assert "still waits" in str(room.mails()[0]["Subject"])
        assert room.app.test_client(use_cookies=False).get(first).status_code == 200, "both mails can be answered"
        move_to(start + timedelta(hours=8))
        assert [remind(), remind()] == [1, 0]
        assert {person for _kind, person in room.told()} == {
            ana.staff.user_id,
            ana.team_lead.user_id,
            ana.agency_admin.user_id,
        }
        with ana.entered(ana.staff):
            (late,) = list_askings(ana.staff, "mine").rows
            assert late.id == room.row().id
    with ana.entered():
        db.session.delete(db.session.scalars(select(LoopAsking)).one())
    with clock.stopped_at(start) as move_to:
        room.ask()
        with ana.entered(ana.staff):
            desk.close(ana.staff, room.case)
        move_to(start + timedelta(hours=9))
        with ana.entered():
            assert reminding.remind_due() == 0, "it was answered without them"


def test_what_ends_a_link_and_what_comes_back(room: Room, ana: Agency) -> None:
    room.ask()
    link, client = room.link(), room.app.test_client(use_cookies=False)
    with room.superuser.begin() as connection:
        connection.execute(text("update outgoing_mail set given_up_at = now(), last_error = '550 nobody'"))
    with ana.entered():
        assert [reminding.note_undelivered(), reminding.note_undelivered()] == [1, 0]
    assert room.told() == [("loop_unreached", ana.staff.user_id)]
    with ana.entered():
        contact_id = db.session.scalars(select(Conversation.contact_id)).one()
        assert contact_id is not None
        erasing.forget([contact_id])
        assert db.session.scalars(select(LoopAsking)).all() == []
    assert client.get(link).status_code == 404
    with ana.entered(ana.staff), pytest.raises(Conflict):
        asking.ask(ana.staff, room.case, room.loop, "And now?")


def test_a_removed_colleague_and_a_brand_put_away_answer_nothing(room: Room, ana: Agency, make: Factory) -> None:
    with ana.entered(ana.team_lead):
        people = [{"name": "Whoever", "email": _email_of(ana)}]
        named.change_loop(ana.team_lead, room.loop, {**LEGAL, "hours": 4, "people": people}, 1)
    room.ask()
    assert room.row().to_person_id == ana.light.user_id
    link, client = room.link(), room.app.test_client(use_cookies=False)
    assert client.get(link).status_code == 200
    with room.superuser.begin() as connection:
        connection.execute(
            text("update membership set removed_at = now() where person_id = :id"), {"id": ana.light.user_id}
        )
    assert client.get(link).status_code == 404
    with room.superuser.begin() as connection:
        connection.execute(text("update membership set removed_at = null"))
    with ana.entered(ana.agency_admin):
        archive_brand(ana.agency_admin, ana.brand_ids[0])
    assert client.get(link).status_code == 404


def _email_of(ana: Agency) -> str:
    with ana.entered():
        return db.session.get_one(Person, ana.light.user_id).email


def test_who_names_loops_and_who_asks(room: Room, ana: Agency, make: Factory) -> None:
    strangers = make.agency("Strangers", brands=["Three"])
    with ana.entered(ana.staff), pytest.raises(Forbidden):
        named.create_loop(ana.staff, ana.brand_ids[0], LEGAL)
    for wrong in (
        {"people": ""},
        {"people": "nobody"},
        {"people": "A <a@b>\n"},
        {"hours": "0"},
        {"hours": "400"},
        {"name": " "},
        {"name": "legal"},
        {"sort": "x"},
        {"answers_by": "person"},
    ):
        with ana.entered(ana.team_lead), pytest.raises(Invalid) as refused:
            named.create_loop(ana.team_lead, ana.brand_ids[0], {**LEGAL, "name": "Other", **wrong})
        assert refused.value.fields["errors"]
    with ana.entered(ana.team_lead), pytest.raises(Conflict):
        named.change_loop(ana.team_lead, room.loop, LEGAL, 7)
    with ana.entered(ana.light), pytest.raises(Forbidden):
        asking.ask(ana.light, room.case, room.loop, "May I?")
    with strangers.entered(strangers.staff), pytest.raises(NotFound):
        asking.ask(strangers.staff, room.case, room.loop, "May I?")
    for given in ({"to_email": "other@law.example"}, {"shows": "all"}):
        with pytest.raises(Invalid):
            room.ask(**given)
    with ana.entered(ana.staff), pytest.raises(NotFound):
        asking.ask(ana.staff, room.case, new_id(), "Which loop?")
    with ana.entered(ana.team_lead):
        named.archive_loop(ana.team_lead, room.loop, archived=True)
    with pytest.raises(Conflict):
        room.ask()
