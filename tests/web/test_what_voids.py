"""What a yes is about may change before it is given or used: link, owner's page and case say so, and one press asks
again.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from html import unescape
from uuid import UUID

import pytest
from flask import Flask
from sqlalchemy import Engine, select, text

from agency.inbox import erasing
from agency.inbox.incoming import REPLY_SUFFIX
from agency.inbox.models import Conversation
from agency.replies import desk, publishing
from agency.replies.lapsing import recheck_conversation
from agency.replies.words import hash_of
from channels import accounts
from channels.scripted_transport import ScriptedTransport
from jobs.upkeep import wake_account
from tenants.database import db
from tests.factories import Agency, Factory
from tests.web.browser import Browser
from tests.web.mailed import Phone, links
from tests.web.replying import row_of, waiting_reply

WORDS = "Thank you, we look into it."


@pytest.fixture
def case(make: Factory, ana: Agency) -> UUID:
    return make.conversation(ana, platform="google_business", kind="review", stars=1, text="Cold breakfast.")


def _changes(superuser: Engine, statement: str) -> None:
    with superuser.begin() as connection:
        connection.execute(text(statement))


def _edited(superuser: Engine) -> None:
    _changes(superuser, "update message set text = 'Cold breakfast, twice.', content_hash = 'other'::bytea")


def _deleted(superuser: Engine) -> None:
    _changes(superuser, "update message set deleted_at = now(), text = ''")


def _answered(superuser: Engine) -> None:
    _changes(
        superuser,
        "insert into message (agency_id, id, brand_id, conversation_id, account_id, external_id, direction, text,"
        " content_hash, written_at) select agency_id, gen_random_uuid(), brand_id, conversation_id, account_id,"
        f" external_id || '{REPLY_SUFFIX}', 'out', 'Written on Google.', 'h'::bytea, now() from message",
    )


def _newer(superuser: Engine) -> None:
    _changes(
        superuser,
        "update conversation set stars = 5; update message set content_hash = 'newer'::bytea, written_at = now()",
    )


def _moved(superuser: Engine) -> None:
    _changes(superuser, "update message set external_id = external_id || '-elsewhere'")


def _too_late(superuser: Engine) -> None:
    _changes(
        superuser,
        "update message set written_at = now() - interval '9 days';"
        " update conversation set last_customer_at = now() - interval '9 days'",
    )


LAPSES: dict[str, tuple[Callable[[Engine], None], str]] = {
    "customer edited": (_edited, "The customer changed what this reply answers"),
    "customer deleted": (_deleted, "The customer deleted what this reply answers"),
    "answered elsewhere": (_answered, "This review has an answer already"),
    "newer review": (_newer, "The customer changed what this reply answers"),
    "other target": (_moved, "This reply no longer belongs to the account it was written for"),
    "window closed": (_too_late, "More than 7 days have passed since this person wrote"),
}


@pytest.mark.parametrize(
    ("name", "is_approved"),
    [
        ("customer edited", False),
        ("customer deleted", True),
        ("answered elsewhere", False),
        ("newer review", True),
        ("other target", False),
        ("window closed", False),
    ],
)
def test_everybody_sees_why_it_lapsed(
    whole_app: Flask, ana: Agency, make: Factory, case: UUID, superuser: Engine, name: str, is_approved: bool
) -> None:
    change, why = LAPSES[name]
    if name == "window closed":  # of direct messages alone
        case = make.conversation(ana, kind="message", text="Cold breakfast.")
    reply_id = waiting_reply(ana, case)
    (link,) = links(whole_app, superuser)
    if is_approved:
        with ana.entered(ana.client_owner):
            desk.approve(ana.client_owner, reply_id, hash_of(WORDS))
    change(superuser)
    with ana.entered():
        assert recheck_conversation(case) == 1
    assert row_of(ana, reply_id).state == "draft"
    phone = Phone(whole_app)
    pressed = phone.post(link, {"do": "approve", "text_hash": hash_of(WORDS)}, follow=True)
    if is_approved:
        assert "Something changed since, so it was not published." in pressed.text
    else:
        assert why in unescape(pressed.text)
    assert row_of(ana, reply_id).state == "draft"
    assert why in unescape(Browser(whole_app, ana.client_owner).get(f"/approvals/{reply_id}").text)
    assert why in unescape(Browser(whole_app, ana.staff).get(f"/inbox/{case}").text)


def test_one_press_asks_again_about_what_the_customer_says_now(
    whole_app: Flask, ana: Agency, case: UUID, superuser: Engine
) -> None:
    reply_id = waiting_reply(ana, case)
    _edited(superuser)
    with ana.entered():
        recheck_conversation(case)
    staff = Browser(whole_app, ana.staff)
    page = staff.get(f"/inbox/{case}").text
    address = f"/conversations/{case}/reply"
    names = ("binding", "based_on", "idempotency_key", "came_back")
    form = {name: unescape(re.search(rf'name="{name}" value="([^"]*)"', page)[1]) for name in names}  # type: ignore[index]
    unseen = staff.post(address, data={**form, "came_back": "", "do": "submit", "text": WORDS})
    assert unseen.status_code == 409, "a page from before does not answer words it never showed"
    sent = staff.post(address, data={**form, "do": "submit", "text": WORDS})
    assert sent.status_code == 303
    assert (row_of(ana, reply_id).state, row_of(ana, reply_id).text) == ("awaiting_approval", WORDS)
    newer = links(whole_app, superuser)[-1]
    assert "Cold breakfast, twice." in Phone(whole_app).open(newer).text


def test_a_link_about_somebody_erased_shows_nothing_of_them(
    whole_app: Flask, ana: Agency, case: UUID, superuser: Engine
) -> None:
    reply_id = waiting_reply(ana, case)
    (link,) = links(whole_app, superuser)
    _changes(
        superuser, "update message m set contact_id = c.contact_id from conversation c where c.id = m.conversation_id"
    )
    with ana.entered():
        theirs = db.session.scalars(select(Conversation.contact_id).where(Conversation.id == case)).one()
        assert theirs is not None
        erasing.forget([theirs])
        erasing.erase_words(erasing.message_ids_of([theirs]))
        recheck_conversation(case)
    phone = Phone(whole_app)
    for answer in (phone.open(link), phone.post(link, {"do": "approve", "text_hash": hash_of(WORDS)})):
        assert "The customer deleted what this reply answers" in unescape(answer.text)
        assert "Cold breakfast." not in answer.text
    assert row_of(ana, reply_id).state == "draft"


def test_a_yes_is_never_used_for_another_page(whole_app: Flask, ana: Agency, case: UUID, superuser: Engine) -> None:
    reply_id = waiting_reply(ana, case)
    (link,) = links(whole_app, superuser)
    Phone(whole_app).post(link, {"do": "approve", "text_hash": hash_of(WORDS)})
    with ana.entered(ana.agency_admin):
        account = accounts.disconnect(ana.agency_admin, row_of_account(case))
        brand_id, platform, old_id = account.brand_id, account.platform, account.id
        db.session.commit()
    nothing = ScriptedTransport(lambda _request: pytest.fail("nothing is sent"))
    assert publishing.publish(ana.app, ana.scope, reply_id, nothing) == "skipped"
    assert row_of(ana, reply_id).state == "approved", "it waits for the very page it was approved for"
    case_page = Browser(whole_app, ana.staff).get(f"/inbox/{case}").text
    assert "There is no working connection to this account at Google." in case_page
    with ana.entered(ana.agency_admin):
        new = accounts.connect(ana.agency_admin, brand_id, platform, "accounts/9/locations/9", "token")
        new_id = new.id
        db.session.commit()
    with superuser.connect() as connection:
        promised = text("select ids->>'account_id' from outbox_entry where job_name = 'wake_account'")
        assert set(connection.execute(promised).scalars()) == {str(new_id)}
    wake_account(ana.app, str(ana.id), str(brand_id), str(old_id))
    assert row_of(ana, reply_id).state == "approved", "nothing came in its own place"
    wake_account(ana.app, str(ana.id), str(brand_id), str(new_id))
    assert row_of(ana, reply_id).state == "draft"
    why = "was disconnected, and another account was connected since."
    assert why in unescape(Browser(whole_app, ana.client_owner).get(f"/approvals/{reply_id}").text)
    assert why in unescape(Browser(whole_app, ana.staff).get(f"/inbox/{case}").text)
    with superuser.connect() as connection:
        told = text("select kind from notice where person_id = :staff and subject_id = :id")
        values = {"staff": ana.staff.user_id, "id": reply_id}
        assert "reply_lapsed" in connection.execute(told, values).scalars().all()


def row_of_account(case: UUID) -> UUID:
    return db.session.scalars(select(Conversation.account_id).where(Conversation.id == case)).one()
