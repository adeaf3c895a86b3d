"""Where the client answers: the agency tells and suggests and presses nothing; the client's answer ends the case."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

import pytest
from flask import Flask
from sqlalchemy import Engine, text

from agency.inbox import desk as inbox_desk
from agency.replies import changing, client_answers, desk
from agency.replies.lapsing import recheck_conversation
from agency.replies.words import hash_of
from tenants import clock
from tenants.database import db, new_id
from tenants.errors import Conflict, Forbidden, Invalid
from tests.api.calling import Caller, token_for
from tests.replies.conftest import Case, Page
from tests.replies.test_policy_versions import mails, signed
from tests.web.browser import Browser

WORDS = "Thank you, we are looking into it."


@pytest.fixture
def watched(case: Case) -> Case:
    signed(case.agency, {"needs": "none", "mode": "client"})
    return case


def tell(case: Case, words: str = "They ask for their order.", actor: str = "staff") -> int:
    with case.agency.entered(case.agency.actors[actor]):
        return client_answers.tell_client(case.agency.actors[actor], case.conversation_id, words)


def answered_there(case: Case, superuser: Engine) -> None:
    """The client's own words under the customer's, as a poll keeps them."""
    with superuser.begin() as connection:
        connection.execute(
            text(
                "insert into message (agency_id, id, brand_id, conversation_id, account_id, external_id, direction,"
                " author_name, text, truncated, attachments, written_at, hidden, content_hash)"
                " select agency_id, :id, brand_id, conversation_id, account_id, 'own', 'out', 'Page', 'Here it is.',"
                " false, '[]', :at, false, content_hash from message where conversation_id = :case"
            ),
            {"id": new_id(), "case": case.conversation_id, "at": clock.now() + timedelta(seconds=1)},
        )


def standing(superuser: Engine) -> tuple[str, UUID | None]:
    with superuser.connect() as connection:
        row = connection.execute(text("select status, holder_id from conversation")).one()
    return row[0], row[1]


def test_nobody_of_the_agency_presses_anything(watched: Case, page: Page) -> None:
    reply_id = watched.draft(WORDS)
    for actor in ("staff", "team_lead", "agency_admin"):
        with pytest.raises(Conflict) as refused, watched.agency.entered(watched.agency.actors[actor]):
            desk.release(watched.agency.actors[actor], reply_id)
        assert refused.value.code == "client_answers"
    assert watched.row(reply_id).state == "draft"
    assert page.posted == []


def test_suggested_words_go_out_by_the_clients_press(watched: Case, page: Page) -> None:
    reply_id = watched.draft(WORDS)
    watched.do("submit", reply_id)
    assert watched.publish(reply_id, page.transport) == "skipped"
    watched.do("approve", reply_id, hash_of(WORDS), actor="client_owner")
    assert watched.publish(reply_id, page.transport) == "published"
    with pytest.raises(Conflict):
        watched.do("release", reply_id)


def test_taking_back_what_stands_there_waits_for_the_client_too(watched: Case, page: Page) -> None:
    reply_id = watched.draft(WORDS)
    watched.do("submit", reply_id)
    watched.do("approve", reply_id, hash_of(WORDS), actor="client_owner")
    watched.publish(reply_id, page.transport)
    staff = watched.agency.staff
    with watched.agency.entered(staff):
        withdrawal = changing.take_back(staff, reply_id, "Wrong order.")
        assert withdrawal.state == "awaiting_approval"


def test_the_client_is_told_of_a_case(watched: Case, superuser: Engine) -> None:
    assert tell(watched) == 1
    assert mails(superuser)[-1] == "case_awaits_you"
    assert standing(superuser) == ("open", None), "it waits, and nobody has it"
    with superuser.connect() as connection:
        assert connection.execute(text("select text from note")).scalars().all() == ["They ask for their order."]
    with pytest.raises(Invalid):
        tell(watched, " ")
    with pytest.raises(Forbidden):
        tell(watched, actor="light")


def test_where_the_agency_answers_nobody_is_told(case: Case, superuser: Engine) -> None:
    with pytest.raises(Conflict) as refused:
        tell(case)
    assert refused.value.code == "agency_answers"
    assert mails(superuser) == []


def test_the_clients_own_answer_ends_the_suggestion_and_the_case(watched: Case, superuser: Engine) -> None:
    reply_id = watched.draft(WORDS)
    watched.do("submit", reply_id)
    with watched.agency.entered(watched.agency.staff):
        inbox_desk.release(watched.agency.staff, watched.conversation_id)
    with watched.agency.entered():
        assert recheck_conversation(watched.conversation_id) == 0
    answered_there(watched, superuser)
    with watched.agency.entered():
        assert recheck_conversation(watched.conversation_id) == 1
        db.session.commit()
    assert watched.row(reply_id).state == "dropped"
    assert standing(superuser)[0] == "closed"


def test_the_case_offers_telling_in_place_of_publishing(watched: Case, whole_app: Flask, superuser: Engine) -> None:
    place = f"/conversations/{watched.conversation_id}"
    staff = Browser(whole_app, watched.agency.staff)
    page = staff.get(f"/inbox/{watched.conversation_id}").text
    assert f"{place}/tell-client" in page
    assert "Suggest to the client" in page
    assert 'value="release"' not in page
    assert staff.post(f"{place}/tell-client", {"client_note": "An order."}).status_code == 303
    assert mails(superuser)[-1] == "case_awaits_you"
    program = Caller(whole_app, token_for(whole_app, watched.agency.staff, watched.agency.brand_ids))
    told = program.post(f"/conversations/{watched.conversation_id}/tell-client", {"note": "Once more."})
    assert (told.status_code, told.get_json()) == (200, {"told": 1})
