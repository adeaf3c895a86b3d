"""What counts for one person counts over all identities that are theirs, as long as they are."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import select

from agency.inbox.contacts import linking
from agency.inbox.models import Conversation
from tenants.database import db
from tests.factories import Agency, Factory
from tests.replies.test_same_answer import answered, beside
from tests.styleguides.test_empowerment import given_by, left, place_of, set_up


def writer(agency: Agency, conversation_id: UUID) -> UUID:
    with agency.entered():
        found = db.session.scalars(select(Conversation.contact_id).where(Conversation.id == conversation_id)).one()
        assert found is not None
        return found


def link(agency: Agency, one: UUID, other: UUID) -> UUID:
    with agency.entered():
        made = linking.link_by_decision(agency.staff, writer(agency, one), writer(agency, other), "Said so")
        return made.id


def unlink(agency: Agency, link_id: UUID) -> None:
    with agency.entered():
        linking.unlink(agency.staff, link_id, "Not so")


def test_a_customers_limit_counts_what_all_their_identities_were_given(make: Factory, ana: Agency) -> None:
    set_up(ana, {"customer_month": 6000})
    comment, message = make.conversation(ana), make.conversation(ana, platform="instagram", kind="message")
    link_id = link(ana, comment, message)
    given_by(ana, ana.staff, place_of(ana, comment), 2500)
    given_by(ana, ana.staff, place_of(ana, message), 500)
    assert left(ana, ana.staff, place_of(ana, comment)) == left(ana, ana.staff, place_of(ana, message)) == 3000
    unlink(ana, link_id)
    assert left(ana, ana.staff, place_of(ana, comment)) == 3500
    assert left(ana, ana.staff, place_of(ana, message)) == 5500


def test_earlier_answers_to_another_identity_are_answers_to_this_person(make: Factory, ana: Agency) -> None:
    before = make.conversation(ana, text="Is breakfast vegan?", author="Ana Example", platform="instagram")
    reply_id = answered(make, ana, "", "Yes, all of it.", case=before)
    now = make.conversation(ana, text="Where may I park?", author="Ana Example")
    assert beside(ana, now).answers == (), "the same name is no proof"
    link_id = link(ana, before, now)
    (found,) = beside(ana, now).answers
    assert (found.reply_id, found.same_person) == (reply_id, True)
    unlink(ana, link_id)
    assert beside(ana, now).answers == ()
