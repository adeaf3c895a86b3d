"""What became of a yes: mailed once to whoever gave it by a mail, and to nobody who did not ask for it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import Engine, select, text

from agency.inbox.models import Conversation, Message
from agency.notices.choices import Ways
from agency.notices.choosing import choose_ways, stop_mails
from agency.notices.sending import mails_kept, send_mail
from agency.replies import deciding, outcome_mails, unsent_mails
from agency.replies.lifecycle import STATES
from agency.replies.models import Reply
from agency.replies.outcome_mails import KIND, SETTLES_FOR
from tenants import clock
from tenants.database import db
from tenants.models import OutgoingMail
from tenants.permissions import Actor
from tests.factories import Agency, Factory
from tests.web.replying import row_of, waiting_reply

NOW = clock.now()


@dataclass
class Client:
    """A client's owner who says yes, and the mails of one kind they got."""

    agency: Agency
    make: Factory
    superuser: Engine

    @property
    def by_link(self) -> Actor:
        return replace(self.agency.client_owner, came_by="link")

    def yes(self, words: str, actor: Actor | None = None) -> UUID:
        reply_id = waiting_reply(self.agency, self.make.conversation(self.agency), words)
        with self.agency.entered():
            deciding.approve(actor or self.by_link, reply_id, row_of(self.agency, reply_id).text_hash)
        return reply_id

    def becomes(self, reply_id: UUID, state: str) -> None:
        """As publishing leaves it."""
        with self.superuser.begin() as connection:
            changed = "update reply set state = :state, state_since = :now, published_at = :now where id = :id"
            connection.execute(text(changed), {"state": state, "now": clock.now(), "id": reply_id})

    def stands(self, reply_id: UUID) -> None:
        """As Google shows it: beneath the review, which alone has an address."""
        with self.agency.entered():
            reply = db.session.scalars(select(Reply).where(Reply.id == reply_id)).one()
            theirs = db.session.scalars(select(Message).where(Message.id == reply.in_reply_to_id)).one()
            theirs.permalink = "https://platform.example/review"
            same = ("agency_id", "brand_id", "account_id", "conversation_id", "written_at", "content_hash")
            ours = {name: getattr(theirs, name) for name in same}
            db.session.add(Message(**ours, reply_id=reply_id, external_id="ours", direction="out", text="Thank you."))

    def minute(self) -> list[str]:
        """The minute's run; the plain texts of all mails there are, oldest first."""
        with self.agency.entered():
            outcome_mails.mail_outcomes()
        with self.agency.app.app_context():
            about = select(OutgoingMail.id).where(OutgoingMail.notice == KIND, OutgoingMail.given_up_at.is_(None))
            for mail_id in db.session.scalars(about):
                send_mail(mail_id)
            db.session.commit()
            return [str(m.get_body(("plain",)).get_content()) for _row, m in reversed(mails_kept())]  # type: ignore[union-attr]


@pytest.fixture
def client(ana: Agency, make: Factory, superuser: Engine) -> Client:
    return Client(ana, make, superuser)


def test_who_said_yes_by_mail_is_told_once_and_together_what_became_of_it(client: Client) -> None:
    with clock.stopped_at(NOW) as move_to:
        out, refused, back, still = (client.yes(f"Thank you for number {n}.") for n in range(4))
        signed_in = client.yes("Thank you at the desk.", client.agency.client_owner)
        client.becomes(signed_in, "published")
        client.becomes(out, "published")
        client.stands(out)
        assert client.minute() == [], "others may end in a moment"
        client.becomes(refused, "refused")
        client.becomes(back, "draft")
        move_to(NOW + SETTLES_FOR)
        (letter,) = client.minute()
        assert letter.count("Published on") == 1
        assert letter.count("https://platform.example/review") == 1, "our answer there has no address of its own"
        assert letter.count("Not published") == 2
        said = [f"number {n}" in letter for n in range(4)]
        assert (said, "at the desk" in letter) == ([True, True, True, False], False)
        assert client.minute() == [letter]
        client.becomes(still, "published")
        with client.agency.entered():
            outcome_mails.tell_again(refused)  # as trying once more does
        client.becomes(refused, "published")
        move_to(NOW + 2 * SETTLES_FOR)
        _first, second = client.minute()
        assert [f"number {n}" in second for n in range(4)] == [False, True, False, True]


@pytest.mark.parametrize(("stopped", "chosen", "by_link", "mails"), [(True, None, True, 0), (False, True, False, 1)])
def test_everybody_chooses(client: Client, stopped: bool, chosen: Any, by_link: bool, mails: int) -> None:
    with clock.stopped_at(NOW) as move_to:
        owner = client.agency.client_owner
        with client.agency.entered(owner):
            if chosen:
                choose_ways(owner, None, {KIND: Ways(False, True)})
            if stopped:
                assert stop_mails(owner.user_id, KIND)
        client.becomes(client.yes("Thank you.", client.by_link if by_link else owner), "published")
        move_to(NOW + SETTLES_FOR)
        assert len(client.minute()) == mails
        with client.superuser.connect() as connection:
            open_ones = connection.execute(text("select count(*) from approval where outcome_told_at is null"))
            assert open_ones.scalar_one() == 0, "nothing is read again"


def test_a_mail_about_somebody_who_is_forgotten_does_not_leave_and_the_others_are_told(client: Client) -> None:
    with clock.stopped_at(NOW) as move_to:
        gone, other = client.yes("Thank you, gone."), client.yes("Thank you, other.")
        for one in (gone, other):
            client.becomes(one, "published")
        move_to(NOW + SETTLES_FOR)
        with client.agency.entered():
            assert outcome_mails.mail_outcomes() == 1
        with client.agency.entered():
            case = select(Reply.conversation_id).where(Reply.id == gone).scalar_subquery()
            contact_id = db.session.execute(select(Conversation.contact_id).where(Conversation.id == case)).scalar_one()
            assert unsent_mails.take_back([contact_id]) == 1
        (letter,) = client.minute()
        assert ("other." in letter, "gone." in letter) == (True, False)


def test_every_state_says_what_a_yes_came_to() -> None:
    came_to = {state: outcome_mails.outcome_of(state, is_live=True) for state in STATES}
    assert {state for state, outcome in came_to.items() if not outcome} == {
        "approved",
        "awaiting_approval",
        "outcome_unknown",
        "publishing",
    }
    assert {outcome_mails.outcome_of(state, is_live=False) for state in ("published", "refused")} == {"asked_anew"}
