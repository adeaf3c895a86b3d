"""Mailed links: an invitation, a new password, each once, in time, for its purpose; every other link answers alike."""

from __future__ import annotations

import re
from datetime import timedelta
from email.message import EmailMessage

import pytest
from flask import Flask
from sqlalchemy import Engine, text

from agency.notices.sending import mails_kept, send_mail
from tenants import api_tokens, clock, throttle, tokens
from tenants.database import db
from tenants.permissions import Actor, Role
from tests.factories import Agency, Factory
from tests.web.browser import Browser, email_of, words_of

PASSWORD = "lantern boat seventeen"
NEW = "quiet harbour at dawn"


@pytest.fixture
def staff(make: Factory, ana: Agency) -> Actor:
    return make.person(ana, Role.STAFF, password=PASSWORD)


def mails_sent(app: Flask, superuser: Engine) -> list[EmailMessage]:
    """Send what was promised, as the worker does, and read the mailbox, newest first."""
    with superuser.connect() as connection:
        ids = connection.execute(
            text("select ids ->> 'mail_id' from outbox_entry where job_name = 'send_mail' order by id")
        ).scalars()
        for mail_id in list(ids):
            with app.app_context():
                send_mail(mail_id)
                db.session.commit()
    with app.app_context():
        return [message for _row, message in mails_kept()]


def link_in(message: EmailMessage) -> str:
    """The one link, as a path."""
    body = message.get_body(("plain",))
    assert body is not None
    found = re.findall(r"http://localhost(/\S+)", body.get_content())
    assert len(found) == 1
    return found[0]


def reset_link(app: Flask, superuser: Engine, email: str) -> str:
    Browser(app).post("/forgotten", {"email": email})
    return link_in(mails_sent(app, superuser)[0])


def invite(app: Flask, superuser: Engine, ana: Agency, email: str, role: str = "staff", **more: object) -> str:
    answer = Browser(app, ana.agency_admin).post("/people/invitations", {"email": email, "role": role, **more})
    assert answer.status_code == 303, answer.text
    return link_in(next(m for m in mails_sent(app, superuser) if email.lower() in str(m["To"])))


def test_a_reset_answers_alike_for_known_and_unknown_and_mails_only_the_known(
    whole_app: Flask, staff: Actor, superuser: Engine
) -> None:
    answers = [
        Browser(whole_app).post("/forgotten", {"email": email})
        for email in (email_of(whole_app, staff), "nobody@test.example")
    ]
    assert {answer.status_code for answer in answers} == {200}
    assert len({words_of(answer) for answer in answers}) == 1
    sent = mails_sent(whole_app, superuser)
    assert [str(m["To"].addresses[0].addr_spec) for m in sent] == [email_of(whole_app, staff)]


def test_a_reset_works_once_and_ends_every_session(whole_app: Flask, staff: Actor, superuser: Engine) -> None:
    email = email_of(whole_app, staff)
    signed_in = Browser(whole_app, staff)
    link = reset_link(whole_app, superuser, email)
    browser = Browser(whole_app)
    assert browser.get(link).status_code == 200
    assert browser.get(link).status_code == 200
    assert browser.post(link, {"password": "short"}).status_code == 422
    assert browser.post(link, {"password": NEW}).status_code == 303
    assert not signed_in.is_signed_in
    assert browser.get(link).status_code == 404
    assert browser.post(link, {"password": "another long one here"}).status_code == 404
    assert Browser(whole_app).sign_in(email, PASSWORD).status_code == 422
    assert Browser(whole_app).sign_in(email, NEW).status_code == 303


def test_a_reset_ends_api_tokens_in_every_agency_and_says_so(
    whole_app: Flask, ana: Agency, stranger: Agency, staff: Actor, superuser: Engine
) -> None:
    with superuser.begin() as connection:
        connection.execute(
            text(
                "insert into membership (id, agency_id, person_id, role, all_brands)"
                " values (gen_random_uuid(), :agency, :person, 'light', true)"
            ),
            {"agency": stranger.id, "person": staff.user_id},
        )
    email = email_of(whole_app, staff)
    with whole_app.app_context():
        made = [api_tokens.create(staff.user_id, agency_id, "program") for agency_id in (ana.id, ana.id, stranger.id)]
        others = api_tokens.create(ana.team_lead.user_id, ana.id, "program")
        db.session.commit()
    link = reset_link(whole_app, superuser, email)
    mail = mails_sent(whole_app, superuser)[0]
    for kind in ("plain", "html"):
        body = mail.get_body((kind,))
        assert body is not None
        assert "also ends your API tokens" in body.get_content()
    browser = Browser(whole_app)
    assert "your API tokens end" in browser.get(link).text
    answer = browser.post(link, {"password": NEW})
    assert "your API tokens were ended" in browser.get(answer.headers["Location"]).text
    with whole_app.app_context():
        assert [api_tokens.authenticate(token) for token in made] == [None, None, None]
        assert api_tokens.authenticate(others) == ana.team_lead
    with superuser.connect() as connection:
        rows = connection.execute(
            text("select agency_id, action, actor_id, facts ->> 'tokens' from agency_audit order by action, facts")
        )
        told = {tuple(row) for row in rows}
    assert told >= {
        (ana.id, "api_token.all_revoked", staff.user_id, "2"),
        (stranger.id, "api_token.all_revoked", staff.user_id, "1"),
        (ana.id, "person.password_reset", staff.user_id, None),
        (stranger.id, "person.password_reset", staff.user_id, None),
    }


def test_who_has_no_api_tokens_reads_nothing_of_them(whole_app: Flask, staff: Actor, superuser: Engine) -> None:
    link = reset_link(whole_app, superuser, email_of(whole_app, staff))
    browser = Browser(whole_app)
    body = mails_sent(whole_app, superuser)[0].get_body(("plain",))
    assert body is not None
    pages = [body.get_content(), browser.get(link).text]
    answer = browser.post(link, {"password": NEW})
    pages.append(browser.get(answer.headers["Location"]).text)
    assert [page for page in pages if "API" in page] == []


@pytest.mark.parametrize(("seconds", "status"), [(-1, 200), (1, 404)])
def test_a_reset_lives_one_hour(whole_app: Flask, staff: Actor, superuser: Engine, seconds: int, status: int) -> None:
    began = clock.now()
    with clock.stopped_at(began) as move_to:
        link = reset_link(whole_app, superuser, email_of(whole_app, staff))
        move_to(began + timedelta(hours=1, seconds=seconds))
        assert Browser(whole_app).get(link).status_code == status
        assert Browser(whole_app).post(link, {"password": NEW}).status_code == (303 if status == 200 else 404)


def test_a_second_reset_kills_the_first_link(whole_app: Flask, staff: Actor, superuser: Engine) -> None:
    email = email_of(whole_app, staff)
    first = reset_link(whole_app, superuser, email)
    second = reset_link(whole_app, superuser, email)
    assert Browser(whole_app).get(first).status_code == 404
    assert Browser(whole_app).get(second).status_code == 200


def test_a_password_changed_meanwhile_kills_a_link_still_out(whole_app: Flask, staff: Actor, superuser: Engine) -> None:
    browser, email = Browser(whole_app), email_of(whole_app, staff)
    link = reset_link(whole_app, superuser, email)
    browser.sign_in(email, PASSWORD)
    assert browser.post("/account/password", {"present": PASSWORD, "password": NEW}).status_code == 303
    assert Browser(whole_app).get(link).status_code == 404
    assert Browser(whole_app).post(link, {"password": "another harbour at night"}).status_code == 404
    assert Browser(whole_app).sign_in(email, NEW).status_code == 303


def test_resets_per_address_are_limited_however_it_is_written(whole_app: Flask, staff: Actor) -> None:
    email = email_of(whole_app, staff)
    statuses = [
        Browser(whole_app).post("/forgotten", {"email": written}).status_code
        for written in (email, email.upper(), f" {email} ", email.title())
    ]
    assert statuses == [200] * throttle.RESET_ACCOUNT.most + [429]


def test_links_name_our_own_address_and_never_the_host_header(
    whole_app: Flask, staff: Actor, superuser: Engine
) -> None:
    Browser(whole_app).post(
        "/forgotten",
        {"email": email_of(whole_app, staff)},
        headers={"Host": "localhost:4444", "X-Forwarded-Host": "evil"},
    )
    mail = mails_sent(whole_app, superuser)[0]
    parts = [part.get_content() for part in mail.walk() if part.get_content_maintype() == "text"]
    assert all("http://localhost/reset/" in words for words in parts)
    assert {host for words in parts for host in re.findall(r"https?://[^/\s\"'<>]*", words)} == {"http://localhost"}
    headers = str(mail.items())  # what is drawn for a boundary or an id holds any four digits now and then
    assert "evil" not in headers
    assert ":4444" not in headers


MADE_UP = ["%20", "%00", "x", "null", "[]", "0", "A" * 42, "A" * 43, "A" * 44, "a/b", "..%2f..", "é" * 43, "'" * 43]


@pytest.mark.parametrize("kind", ["reset", "invitation"])
@pytest.mark.parametrize("token", MADE_UP)
def test_every_made_up_link_gets_the_same_page(whole_app: Flask, kind: str, token: str) -> None:
    browser = Browser(whole_app)
    expected = words_of(browser.get(f"/{kind}/" + "B" * 43))
    shown = browser.get(f"/{kind}/{token}")
    assert shown.status_code == 404
    assert words_of(shown) == expected
    done = browser.post(f"/{kind}/{token}", {"password": NEW, "name": "X"})
    assert done.status_code == 404
    assert words_of(done) == expected


def test_a_token_for_one_purpose_is_refused_for_every_other(
    whole_app: Flask, staff: Actor, superuser: Engine, ana: Agency
) -> None:
    from tenants import sessions
    from tenants.invitations import open_invitation

    reset = reset_link(whole_app, superuser, email_of(whole_app, staff)).rpartition("/")[2]
    invitation = invite(whole_app, superuser, ana, "new@test.example").rpartition("/")[2]
    with whole_app.app_context():
        session = sessions.start(staff.user_id, agency_id=ana.id)
        api = api_tokens.create(staff.user_id, ana.id, "program")
        db.session.commit()
    verifiers = {
        "reset": lambda t: tokens.peek(tokens.Purpose.PASSWORD_RESET, t),
        "invitation": open_invitation,
        "session": sessions.load,
        "half": sessions.load_half,
        "api": api_tokens.authenticate,
    }
    given = {"reset": reset, "invitation": invitation, "session": session, "api": api}
    with whole_app.app_context():
        for purpose, token in given.items():
            for verifier, verify in verifiers.items():
                for shape in (token, token.removeprefix("ob_"), "ob_" + token):
                    accepted = verify(shape) is not None
                    assert accepted == (purpose == verifier and shape == token), (purpose, verifier)


def test_an_invitation_makes_the_person_and_works_once(whole_app: Flask, ana: Agency, superuser: Engine) -> None:
    with superuser.begin() as connection:
        zone = text("update brand set time_zone = 'Asia/Kolkata' where id = :id")
        connection.execute(zone, {"id": ana.brand_ids[1]})
    link = invite(whole_app, superuser, ana, "New@Test.Example", brand=str(ana.brand_ids[1]))
    browser = Browser(whole_app)
    assert ana.name in browser.get(link).text
    assert browser.post(link, {"name": "New Person", "password": "password12345"}).status_code == 422
    assert browser.post(link, {"name": "New Person", "password": NEW}).status_code == 303
    assert browser.get(link).status_code == 404
    assert browser.post(link, {"name": "Other", "password": NEW}).status_code == 404
    assert browser.sign_in("new@test.example", NEW).status_code == 303
    with superuser.connect() as connection:
        row = connection.execute(
            text(
                "select m.role, m.brand_ids, m.agency_id, p.time_zone"
                " from membership m join person p on p.id = m.person_id where p.email = 'new@test.example'"
            )
        ).one()
    assert (row.role, row.brand_ids, row.agency_id) == ("staff", [ana.brand_ids[1]], ana.id)
    assert row.time_zone == "Asia/Kolkata", "mails say times as they are where the brand is"


@pytest.mark.parametrize(("seconds", "status"), [(-1, 200), (1, 404)])
def test_an_invitation_lives_seven_days(
    whole_app: Flask, ana: Agency, superuser: Engine, seconds: int, status: int
) -> None:
    began = clock.now()
    with clock.stopped_at(began) as move_to:
        link = invite(whole_app, superuser, ana, "new@test.example")
        move_to(began + timedelta(days=7, seconds=seconds))
        assert Browser(whole_app).get(link).status_code == status


def test_a_known_person_only_gains_the_membership(
    whole_app: Flask, ana: Agency, stranger: Agency, make: Factory, superuser: Engine
) -> None:
    known = make.person(stranger, Role.STAFF, password=PASSWORD)
    email = email_of(whole_app, known)
    link = invite(whole_app, superuser, ana, email)
    page = Browser(whole_app).get(link).text
    assert 'name="password"' not in page
    assert Browser(whole_app).post(link, {"name": "Stolen", "password": NEW}).status_code == 303
    assert Browser(whole_app).sign_in(email, NEW).status_code == 422
    assert Browser(whole_app).sign_in(email, PASSWORD).status_code == 303
    with superuser.connect() as connection:
        name = connection.execute(text("select name from person where id = :id"), {"id": known.user_id}).scalar_one()
    assert name == known.name


def test_removal_kills_old_invitations_and_so_does_switching_a_person_off(
    whole_app: Flask, ana: Agency, make: Factory, superuser: Engine, stranger: Agency
) -> None:
    known = make.person(stranger, Role.STAFF, password=PASSWORD)
    link = invite(whole_app, superuser, ana, email_of(whole_app, known))
    with superuser.begin() as connection:
        connection.execute(text("update person set disabled_at = now() where id = :id"), {"id": known.user_id})
    assert Browser(whole_app).post(link, {}).status_code == 404
    admin = Browser(whole_app, ana.agency_admin)
    second = invite(whole_app, superuser, ana, "second@test.example")
    third = invite(whole_app, superuser, ana, "second@test.example")
    assert Browser(whole_app).get(second).status_code == 404
    Browser(whole_app).post(third, {"name": "Second", "password": NEW})
    with superuser.connect() as connection:
        person_id = connection.execute(text("select id from person where email = 'second@test.example'")).scalar_one()
    assert admin.post(f"/people/{person_id}/remove").status_code == 303
    for link in (second, third):
        assert Browser(whole_app).post(link, {"name": "Second", "password": NEW}).status_code == 404
    assert Browser(whole_app).sign_in("second@test.example", NEW).status_code == 303


def test_a_hostile_name_cannot_add_headers_or_markup_to_a_mail(
    whole_app: Flask, ana: Agency, superuser: Engine
) -> None:
    hostile = 'Eve\r\nBcc: all@evil.example\r\n\r\n<script>alert(1)</script> "x" <img src=x>'
    with superuser.begin() as connection:
        connection.execute(
            text("update person set name = :name where id = :id"), {"name": hostile, "id": ana.agency_admin.user_id}
        )
        connection.execute(text("update agency set name = :name where id = :id"), {"name": hostile, "id": ana.id})
    invite(whole_app, superuser, ana, "new@test.example")
    message = mails_sent(whole_app, superuser)[0]
    assert message["Bcc"] is None
    assert "\n" not in str(message["Subject"])
    html = message.get_body(("html",))
    assert html is not None
    assert "<script>" not in html.get_content()
    assert "<img" not in html.get_content()


def test_mails_lie_sealed(whole_app: Flask, ana: Agency, superuser: Engine) -> None:
    link = invite(whole_app, superuser, ana, "new@test.example")
    token = link.rpartition("/")[2]
    with superuser.connect() as connection:
        everything = connection.execute(
            text("select string_agg(t::text, ' ') from (select * from outgoing_mail) t")
        ).scalar_one()
        jobs = connection.execute(text("select string_agg(t::text, ' ') from outbox_entry t")).scalar_one()
    for kept in (everything, jobs):
        assert token not in kept
        assert token.encode().hex() not in kept
        assert "new@test.example" not in kept


def test_the_mailbox_shows_the_mail_inert(whole_app: Flask, ana: Agency, superuser: Engine) -> None:
    link = invite(whole_app, superuser, ana, "new@test.example")
    browser = Browser(whole_app)
    listed = browser.get("/mailbox").text
    opened = re.search(r'href="(/mailbox/[0-9a-f-]{36})#opened"', listed)
    assert opened is not None
    assert link in browser.get(opened[1]).text
    html = browser.get(opened[1] + "/html")
    assert "sandbox" in html.headers["Content-Security-Policy"]
    assert html.headers["X-Frame-Options"] == "SAMEORIGIN"
    assert browser.get("/mailbox/nothing").status_code == 404
