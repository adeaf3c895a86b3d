"""Answers to a customer whose data is erased meanwhile: nothing goes out, and no words of theirs stay."""

from __future__ import annotations

from uuid import UUID

import pytest
from sqlalchemy import Engine, select, update

from agency.inbox import erasing
from agency.inbox.contacts import erasures
from agency.inbox.contacts.reading import get_person
from agency.inbox.models import Contact, Conversation, Message
from agency.replies import approval_mail, lapsing, unsent_mails
from agency.replies.models import Reply
from agency.replies.moves import locked
from jobs.erasing import erase_contacts
from tenants.database import db
from tenants.errors import Conflict, Invalid
from tenants.models import OutgoingMail
from tests.leaving import mails_leave
from tests.replies.conftest import Case, ScriptedTransport


def customer(case: Case) -> UUID:
    with case.agency.entered():
        wanted = select(Conversation.contact_id).where(Conversation.id == case.conversation_id)
        found = db.session.scalars(wanted).one()
        assert found is not None
        # As intake keeps it: who wrote a message stands with it, too.
        db.session.execute(
            update(Message).where(Message.conversation_id == case.conversation_id).values(contact_id=found)
        )
        return found


def test_what_was_approved_is_not_sent_and_a_draft_is_not_begun_again(case: Case) -> None:
    approved, theirs = case.approved(), customer(case)
    with case.agency.entered():
        erasing.forget([theirs])
        erasing.erase_words(erasing.message_ids_of([theirs]))
    assert case.publish(approved, ScriptedTransport(lambda _request: pytest.fail("nothing is asked"))) == "skipped"
    row = case.row(approved)
    assert (row.state, "deleted" in (row.state_reason or "")) == ("draft", True)
    with pytest.raises(Conflict):
        case.do("submit", approved)
    with pytest.raises(Invalid):
        case.draft("Are you still there?")


def test_typed_words_that_answer_them_go_wherever_they_stand(case: Case) -> None:
    typed, theirs = case.draft("You wrote: my order is late"), customer(case)
    with case.agency.entered():
        db.session.execute(update(Reply).where(Reply.id == typed).values(draft_text="You wrote: my order"))
        somebody = Contact(
            **{
                name: getattr(db.session.get(Contact, (case.agency.id, theirs, case.agency.brand_ids[0])), name)
                for name in ("agency_id", "brand_id", "account_id", "platform")
            },
            external_id="somebody-else",
        )
        db.session.add(somebody)
        db.session.flush()
        db.session.execute(
            update(Conversation).where(Conversation.id == case.conversation_id).values(contact_id=somebody.id)
        )
    with case.agency.entered():
        erasing.forget([theirs])
        assert lapsing.recheck_conversation(case.conversation_id) == 0
        assert db.session.scalars(select(Reply.draft_text).where(Reply.id == typed)).one() is None


def test_a_mail_that_asks_about_their_words_and_has_not_left_never_leaves(case: Case, superuser: Engine) -> None:
    waiting, theirs = case.draft(), customer(case)
    case.do("submit", waiting)
    brand_id = case.agency.brand_ids[0]
    mails_leave(case.agency.app, superuser)
    with case.agency.entered(case.agency.team_lead):
        mail = db.session.scalars(select(OutgoingMail)).one()
        assert mail.sealed is not None
        person = get_person(case.agency.team_lead, theirs)
        erasure_id = erasures.order(case.agency.team_lead, person, [theirs]).id
    erase_contacts(case.agency.app, str(case.agency.id), str(brand_id), str(erasure_id))
    with case.agency.entered():
        mail = db.session.scalars(select(OutgoingMail)).one()
        assert (mail.sealed, mail.sent_at, mail.given_up_at is not None) == (None, None, True)
        assert approval_mail.ask_again(locked(waiting), case.agency.client_owner.user_id)
        unsent_mails.take_back([theirs])
    mails_leave(case.agency.app, superuser)
    with case.agency.entered():
        assert len(db.session.scalars(select(OutgoingMail.id)).all()) == 1, "nor is one made that was promised"
