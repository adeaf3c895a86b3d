"""Disconnecting takes the access back even where the platform is away; what waited goes on when the account returns."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

import pytest
from flask import Flask
from sqlalchemy import Engine, select, text

from agency.inbox import moderation
from agency.inbox.models import Message, ModerationDeed
from agency.notices.sending import mails_kept
from agency.replies import desk, publishing, queries
from channels import account_standing, accounts, connecting, ending
from channels.accounts import AccessFacts
from channels.capabilities import Access
from channels.errors import ChannelError, PlatformDown
from channels.features import Way
from channels.models import GrantedAccount
from channels.oauth import Granted
from channels.protocol import Answer, Request, Secret
from channels.scripted_transport import ScriptedTransport, json_answer
from jobs.access import ask_to_reconnect, end_access
from jobs.checking import check_account
from jobs.notices import send_mail
from jobs.upkeep import wake_account, wake_deeds
from tenants import clock
from tenants.database import db
from tenants.tokens import new_token
from tests.factories import Agency, Factory

PAGE, TOKEN, PERSON = "100200300", "page-token", "7001"
OK = json_answer({"success": True})


def signed_in_for(agency: Agency, external_id: str = PAGE, *, person: str = PERSON, brand: int = 0) -> UUID:
    """A Facebook page that lives by this person's sign-in."""
    with agency.entered(agency.agency_admin):
        return accounts.connect(
            agency.agency_admin,
            agency.brand_ids[brand],
            "facebook",
            external_id,
            TOKEN,
            name=f"Page {external_id}",
            access=AccessFacts(grantor=person),
        ).id


def disconnected(agency: Agency, account_id: UUID) -> UUID:
    """Disconnects; the row that waits for the job."""
    with agency.entered(agency.agency_admin):
        accounts.disconnect(agency.agency_admin, account_id)
    with agency.entered():
        return db.session.execute(select(GrantedAccount.id).where(GrantedAccount.attempt_id == account_id)).scalar_one()


class Platform:
    """Answers in turn, and remembers what it was asked."""

    def __init__(self, *answers: Answer | ChannelError) -> None:
        self.answers, self.asked = list(answers), list[Request]()
        self.transport = ScriptedTransport(self._answer)

    def _answer(self, request: Request) -> Answer | ChannelError:
        self.asked.append(request)
        return self.answers.pop(0) if self.answers else OK

    @property
    def calls(self) -> list[str]:
        return [f"{one.method} {one.path.split('/', 2)[2]}" for one in self.asked]


def end(agency: Agency, row_id: UUID, platform: Platform) -> None:
    end_access(agency.app, str(agency.id), str(agency.brand_ids[0]), str(row_id), platform.transport)


def rows(superuser: Engine, sql: str) -> Sequence[object]:
    with superuser.connect() as connection:
        return connection.execute(text(sql)).all()


def test_a_platform_that_is_away_is_asked_again_until_the_access_is_taken_back(
    app: Flask, ana: Agency, superuser: Engine
) -> None:
    row_id = disconnected(ana, signed_in_for(ana))
    away = Platform(PlatformDown("no answer in time"), PlatformDown("no answer in time"))
    with pytest.raises(PlatformDown):
        end(ana, row_id, away)
    assert away.calls == ["DELETE me/subscribed_apps", f"DELETE {PERSON}/permissions"], "one that fails hides no other"
    with ana.entered():
        left = ending.end_of(row_id)
        assert left is not None
        assert left.credential.reveal() == TOKEN
    back = Platform()
    end(ana, row_id, back)
    assert back.calls == away.calls
    assert rows(superuser, "select id from granted_account") == []
    ended = rows(superuser, "select facts from brand_audit where action = 'account.access_ended'")
    assert len(ended) == 1
    assert "true" in str(ended[0]).lower()
    end(ana, row_id, nothing := Platform())
    assert nothing.asked == [], "done is done"


def test_the_last_use_of_a_token_ends_after_a_day(app: Flask, ana: Agency, superuser: Engine) -> None:
    row_id = disconnected(ana, signed_in_for(ana))
    with superuser.begin() as connection:
        connection.execute(text("update granted_account set expires_at = now() - interval '1 second'"))
    platform = Platform()
    end(ana, row_id, platform)
    assert platform.asked == []
    with ana.entered():
        assert ending.forget_old() == 1


def test_a_sign_in_or_page_somebody_else_lives_by_is_left_alone(
    app: Flask, ana: Agency, stranger: Agency, superuser: Engine
) -> None:
    first = signed_in_for(ana)
    signed_in_for(stranger)  # the same page and person, another agency
    platform = Platform()
    end(ana, disconnected(ana, first), platform)
    assert platform.calls == []
    own = signed_in_for(ana, "555", person="9")
    signed_in_for(ana, "556", person="9")
    end(ana, disconnected(ana, own), platform)
    assert platform.calls == ["DELETE me/subscribed_apps"], "its events end; the person's sign-in serves the other page"


def test_connecting_anew_before_the_job_ran_keeps_the_new_access(app: Flask, ana: Agency) -> None:
    """Taking back is by person, so it would end what was granted a moment ago."""
    account_id = signed_in_for(ana)
    row_id = disconnected(ana, account_id)
    assert signed_in_for(ana) == account_id
    platform = Platform()
    end(ana, row_id, platform)
    assert platform.calls == []


def waiting_for(agency: Agency, superuser: Engine, job: str) -> list[bool]:
    """Promises of this kind: whether each is for later than a minute from now."""
    found = rows(superuser, f"select run_at > now() + interval '1 minute' from outbox_entry where job_name = '{job}'")
    return [one[0] for one in found]  # type: ignore[index]


@pytest.mark.parametrize("how", ["at the dialog", "choosing", "elsewhere", "another family", "came back", "gave up"])
def test_whoever_signs_in_anew_is_waited_for(
    app: Flask, ana: Agency, stranger: Agency, superuser: Engine, how: str
) -> None:
    """Taking back is by person: it would end what is being granted at this moment."""
    row_id = disconnected(ana, signed_in_for(ana))
    with superuser.begin() as connection:
        connection.execute(text("delete from outbox_entry"))
    way: Way = ("google_business", None) if how == "another family" else ("facebook", None)
    with ana.entered():
        agency_id = stranger.id if how == "elsewhere" else ana.id
        state = connecting.begin(way, agency_id, ana.brand_ids[1], (), browser=(browser := new_token()))
        if how in ("choosing", "came back", "gave up"):
            walk = connecting.end(state, browser, None)
            if how == "choosing":
                grant = Granted("facebook", "77", "Other", Secret("t"), grantor=PERSON)
                connecting.keep_granted(walk, [grant])
        if how == "gave up":
            connecting.forget(walk.id)
    platform = Platform()
    end(ana, row_id, platform)
    if how in ("at the dialog", "choosing"):
        assert platform.calls == []
        assert waiting_for(ana, superuser, "end_access") == [True]
        with superuser.begin() as connection:
            connection.execute(text("update connect_attempt set expires_at = now()"))
            connection.execute(text("update granted_account set expires_at = now() where problem is null"))
        end(ana, row_id, platform)
    assert platform.calls == ["DELETE me/subscribed_apps", f"DELETE {PERSON}/permissions"]


def test_nobody_keeps_an_access_alive_by_walking_on_and_on(app: Flask, ana: Agency, superuser: Engine) -> None:
    row_id = disconnected(ana, signed_in_for(ana))
    with ana.entered():
        connecting.begin(("facebook", None), ana.id, ana.brand_ids[0], (), browser=new_token())
    with superuser.begin() as connection:
        soon = "update granted_account set expires_at = now() + interval '5 minutes'"
        connection.execute(text(soon))
    platform = Platform()
    end(ana, row_id, platform)
    assert len(platform.calls) == 2, "the last moment it can be taken back"


@pytest.mark.parametrize("external_id", [PAGE, "888"])
def test_what_is_connected_while_access_is_taken_back_is_looked_at(
    app: Flask, ana: Agency, stranger: Agency, superuser: Engine, external_id: str
) -> None:
    row_id = disconnected(ana, signed_in_for(ana))
    with superuser.begin() as connection:
        connection.execute(text("delete from outbox_entry"))
    came: list[UUID] = []

    class Meanwhile(Platform):
        def _answer(self, request: Request) -> Answer | ChannelError:
            if not came:
                came.append(signed_in_for(stranger, external_id))
            return super()._answer(request)

    end(ana, row_id, Meanwhile())
    looked = rows(superuser, "select ids->>'account_id' from outbox_entry where job_name = 'check_account'")
    assert [one[0] for one in looked] == [str(came[0])]  # type: ignore[index]


def test_an_approved_reply_and_a_deed_wait_through_disconnect_and_go_on_with_the_same_row(
    app: Flask, ana: Agency, make: Factory, superuser: Engine
) -> None:
    account_id = signed_in_for(ana)
    conversation_id = make.conversation(ana, account_id=account_id)
    with ana.entered(ana.staff):
        reply_id = desk.start_draft(ana.staff, conversation_id, "We are open.").id
        desk.submit(ana.staff, reply_id)
        message_id = db.session.execute(
            select(Message.id).where(Message.conversation_id == conversation_id, Message.direction == "in")
        ).scalar_one()
    with ana.entered(ana.client_owner):
        desk.approve(ana.client_owner, reply_id, queries.get_reply(reply_id).text_hash)
    with ana.entered(ana.team_lead):
        deed_id = moderation.ask(ana.team_lead, conversation_id, message_id, "hide").id
    disconnected(ana, account_id)

    platform = Platform()
    publishing.publish(app, ana.scope, reply_id, platform.transport)
    assert moderation.perform(app, ana.scope, deed_id, platform.transport) == "skipped"
    assert platform.asked == [], "nothing leaves for an account that is not connected"
    with ana.entered():
        assert queries.get_reply(reply_id).state == "approved"
        deed = db.session.get(ModerationDeed, (ana.id, deed_id, ana.brand_ids[0]))
        assert deed is not None
        assert (deed.state, deed.reason) == ("waiting", str(moderation.WAITS_FOR_ACCOUNT))
        assert wake_deeds() == 0
    with superuser.begin() as connection:
        connection.execute(text("delete from outbox_entry"))
        connection.execute(text("update moderation_deed set created_at = created_at - interval '1 day'"))

    assert signed_in_for(ana) == account_id
    promised = {row[0] for row in rows(superuser, "select job_name from outbox_entry")}  # type: ignore[index]
    assert "wake_account" in promised
    wake_account(app, str(ana.id), str(ana.brand_ids[0]), str(account_id))
    with ana.entered():
        assert wake_deeds() == 1
    promised = {row[0] for row in rows(superuser, "select job_name from outbox_entry")}  # type: ignore[index]
    assert {"publish_reply", "do_deed"} <= promised


def broken(agency: Agency, *account_ids: UUID, reason: str = "expired") -> None:
    for account_id in account_ids:
        with agency.entered():
            accounts.mark_unhealthy(accounts.get(account_id), "needs_reconnect", reason)


def asked(agency: Agency, superuser: Engine) -> list[tuple[str, str, str]]:
    """Runs every promised question and sends its mails; to whom, subject and words of what went out."""
    with superuser.begin() as connection:
        ids = connection.execute(
            text("select ids from outbox_entry where job_name = 'ask_to_reconnect' and done_at is null order by id")
        ).scalars()
        questions = list(ids)
    for question in questions:
        ask_to_reconnect(agency.app, **question)
    with superuser.begin() as connection:
        mails = connection.execute(
            text("select ids from outbox_entry where job_name = 'send_mail' and done_at is null order by id")
        ).scalars()
        mail_ids = [ids["mail_id"] for ids in mails]
        connection.execute(text("delete from outbox_entry"))
    for mail_id in mail_ids:
        send_mail(agency.app, mail_id=mail_id)
    with agency.app.app_context():
        found = []
        for kept, mail in mails_kept():
            words = mail.get_body(("plain",))
            assert words is not None
            if str(kept.id) in mail_ids:
                found.append((str(mail["To"]), str(mail["Subject"]), str(words.get_content())))
        return found


def test_what_breaks_together_is_one_mail_a_person_with_a_link_for_each_sign_in(
    app: Flask, ana: Agency, make: Factory, superuser: Engine
) -> None:
    page, second = signed_in_for(ana), signed_in_for(ana, "555")
    profile, elsewhere = make.account(ana, platform="instagram"), make.account(ana, brand=1)
    broken(ana, page, second, profile, elsewhere)
    ((later,),) = rows(
        superuser, "select bool_and(run_at > now() + interval '30 seconds') from outbox_entry where job_name ~ 'ask_to'"
    )  # type: ignore[misc]
    assert later, "what breaks within a minute is told together"
    mails = asked(ana, superuser)
    ours = [one for one in mails if "client_owner" in one[0]]
    assert len(ours) == 1, "one person, one brand, one mail"
    _to, subject, words = ours[0]
    assert "3 connections need your sign-in again" in subject
    assert "Page 100200300, Page 555" in words
    assert words.count("/reconnect/") == 2, "two pages need one sign-in, the profile another"
    with ana.entered():
        other_brands = accounts.get(elsewhere).name
    assert other_brands not in words, "another brand is another mail"
    assert any(other_brands in one[2] for one in mails)


def test_who_was_asked_is_not_asked_again_within_the_day_and_is_reminded_after_a_week(
    app: Flask, ana: Agency, superuser: Engine
) -> None:
    page = signed_in_for(ana)
    broken(ana, page)
    assert len(asked(ana, superuser)) == 1
    second = signed_in_for(ana, "555")
    broken(ana, page, second)
    ((_to, subject, words),) = asked(ana, superuser)
    assert "Page 555" in subject
    assert "Page 100200300" not in words, "its link in the first mail still works"
    dead = json_answer({"error": {"code": 190, "error_subcode": 460, "message": "x"}}, status=400)
    for days, mails in ((3, 0), (8, 1)):
        with superuser.begin() as connection:
            connection.execute(text(f"update account set reconnect_asked_at = now() - interval '{days} days'"))
        check_account(
            app, str(ana.id), str(ana.brand_ids[0]), str(page), transport=ScriptedTransport(lambda _request: dead)
        )
        assert len(asked(ana, superuser)) == mails, days


def test_a_link_follows_only_what_is_still_broken(app: Flask, ana: Agency, superuser: Engine) -> None:
    page, second = signed_in_for(ana), signed_in_for(ana, "555")
    broken(ana, page, second)
    with ana.entered():
        accounts.bring_back(accounts.get(page))
    ((_to, subject, _words),) = asked(ana, superuser)
    assert "Page 555" in subject
    with ana.entered():
        assert accounts.get(page).reconnect_asked_at is None


def told_its_end(agency: Agency, account_id: UUID, ends: datetime) -> None:
    with agency.entered():
        account_standing.note_access(accounts.get(account_id), Access(True, data_access_expires_at=ends))


def test_what_ends_soon_is_mailed_once_for_each_end_with_a_link(app: Flask, ana: Agency, superuser: Engine) -> None:
    page, second, now = signed_in_for(ana), signed_in_for(ana, "555"), clock.now()
    for account_id in (page, second):
        told_its_end(ana, account_id, now + timedelta(days=15))
    assert asked(ana, superuser) == [], "not before it is near"
    for account_id in (page, second):
        told_its_end(ana, account_id, now + timedelta(days=13))
    ((to, subject, words),) = asked(ana, superuser)
    assert "client_owner" in to
    assert "2 connections end soon" in subject
    assert "Page 100200300, Page 555" in words
    assert words.count("/reconnect/") == 1
    for account_id in (page, second):
        told_its_end(ana, account_id, now + timedelta(days=12))
    assert asked(ana, superuser) == [], "once"
    broken(ana, page)
    assert asked(ana, superuser) == [], "its link in that mail still works"
    with superuser.begin() as connection:
        connection.execute(text("update account set reconnect_asked_at = now() - interval '2 days', health = 'ok'"))
    broken(ana, page)
    ((_to, subject, _words),) = asked(ana, superuser)
    assert "needs your sign-in again: Page 100200300" in subject, "that it broke is another mail"
    with superuser.begin() as connection:
        connection.execute(text("update account set reconnect_asked_at = now() - interval '80 days'"))
    told_its_end(ana, second, now + timedelta(days=10))
    ((_to, subject, words),) = asked(ana, superuser)
    assert "Facebook needs your sign-in soon: Page 555" in subject, "another end, months later"
    assert "Page 100200300" not in words


@pytest.mark.parametrize("how", ["past", "renews", "not renewed", "mended", "disconnected"])
def test_only_an_end_that_somebody_can_move_is_mailed(
    app: Flask, ana: Agency, make: Factory, superuser: Engine, how: str
) -> None:
    account_id, now = signed_in_for(ana), clock.now()
    if "renew" in how:
        with ana.entered(ana.agency_admin):
            account = accounts.connect(
                ana.agency_admin, ana.brand_ids[0], "instagram", "1784", TOKEN, login="instagram", name="Profile"
            )
            account.access_problem = account_standing.NOT_RENEWED if how == "not renewed" else None
            account_id = account.id
    told_its_end(ana, account_id, now + timedelta(days=-1 if how == "past" else 5))
    with ana.entered(ana.agency_admin):
        if how == "mended":
            accounts.reconnect(ana.agency_admin, account_id, "newer")
        elif how == "disconnected":
            accounts.disconnect(ana.agency_admin, account_id)
    assert len(asked(ana, superuser)) == (how == "not renewed")


def test_an_archived_brand_and_a_disconnected_account_are_nobodys_question(
    app: Flask, ana: Agency, superuser: Engine
) -> None:
    page = signed_in_for(ana)
    broken(ana, page)
    with ana.entered(ana.agency_admin):
        accounts.disconnect(ana.agency_admin, page)
    assert asked(ana, superuser) == []
    second = signed_in_for(ana, "555")
    broken(ana, second)
    with superuser.begin() as connection:
        connection.execute(text("update brand set archived_at = now()"))
    assert asked(ana, superuser) == []
