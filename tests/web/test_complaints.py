"""What answers a complaint is judged so wherever its words are checked, also where there are no stars; and what a
customer writes afterwards never holds back what was approved."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from flask import Flask
from sqlalchemy import Engine, text

from agency.inbox.models import Message
from agency.replies import desk
from agency.replies.guide_trials import try_version
from styleguides import guides
from styleguides.saved_replies import create_saved_reply
from tenants.database import db, new_id
from tenants.errors import Invalid
from tests.api.calling import Caller, token_for
from tests.factories import Agency, Factory
from tests.replies.conftest import Case, Page
from tests.web.browser import Browser
from tests.web.test_ways_of_answering import composer_form

SELLING = {"kind": "sales_talk", "id": "no-sales", "level": "stop", "max_stars": 2}
WARNING = {**SELLING, "level": "warn"}
SALE = "Thank you. Have a look at our premium plan."
ANGRY = "The parcel came broken, I want a refund!"
ASKED = {"platform": "facebook", "kind": "comment"}
CALM = "Do you open on Sunday?"


def case_with(make: Factory, ana: Agency, superuser: Engine, *words: str, **more: Any) -> Case:
    case = Case(ana, make.conversation(ana, text=words[0], language="en", **more), superuser)
    for one in words[1:]:
        say(case, one)
    return case


def say(case: Case, words: str) -> None:
    """The customer writes once more."""
    with case.agency.entered():
        wanted = db.select(Message).where(Message.conversation_id == case.conversation_id)
        last = db.session.scalars(wanted.order_by(Message.written_at.desc()).limit(1)).one()
        values = {column.name: getattr(last, column.key) for column in Message.__table__.columns if column.key != "id"}
        later = last.written_at + timedelta(seconds=1)
        db.session.add(
            Message(**{**values, "id": new_id(), "external_id": new_id().hex, "text": words, "written_at": later})
        )


def in_composer(app: Flask, case: Case) -> bool:
    """Whether selling is found while somebody types."""
    staff, place = Browser(app, case.agency.staff), f"/conversations/{case.conversation_id}"
    form = composer_form(staff.get(place).get_data(as_text=True), text=SALE)
    return "premium plan” sounds like selling" in staff.post(f"{place}/check", form).get_data(as_text=True)


def by_api(app: Flask, case: Case) -> bool:
    asked = {**ASKED, "text": SALE, "conversation_id": str(case.conversation_id)}
    answer = Caller(app, token_for(app, case.agency.staff)).post(f"/brands/{case.agency.brand_ids[0]}/check", asked)
    return "no-sales" in [one["rule"] for one in answer.get_json()["findings"]]


def stored(case: Case, reply_id: UUID) -> bool:
    return "no-sales" in [one["rule"] for one in case.row(reply_id).findings]


def for_the_owner(app: Flask, case: Case, reply_id: UUID) -> bool:
    page = Browser(app, case.agency.client_owner).get(f"/approvals/{reply_id}").get_data(as_text=True)
    return "premium plan” sounds like selling" in page


@pytest.mark.parametrize(
    ("words", "stars", "complains"),
    [
        ((ANGRY,), None, True),
        ((ANGRY, "Hello?"), None, True),
        ((CALM,), None, False),
        ((ANGRY,), 5, False),
        ((CALM,), 1, True),
    ],
)
def test_everybody_who_checks_a_draft_says_the_same(
    whole_app: Flask,
    make: Factory,
    ana: Agency,
    superuser: Engine,
    words: tuple[str, ...],
    stars: int | None,
    complains: bool,
) -> None:
    make.guide(ana, [WARNING])
    case = case_with(make, ana, superuser, *words, stars=stars)
    assert (in_composer(whole_app, case), by_api(whole_app, case)) == (complains, complains), "before there is a draft"
    reply_id = case.draft(SALE)
    say(case, CALM if complains else ANGRY)  # the draft does not answer this
    assert (in_composer(whole_app, case), by_api(whole_app, case)) == (complains, complains)
    assert stored(case, reply_id) is complains
    case.do("submit", reply_id)
    assert case.row(reply_id).complaint is complains
    assert for_the_owner(whole_app, case, reply_id) is complains
    with ana.entered(ana.team_lead):
        trial = try_version(ana.team_lead, ana.brand_ids[0], 1)
    assert trial.held == 1
    case.decide("change_and_approve", reply_id, SALE + " Bye.")
    assert stored(case, reply_id) is complains


@pytest.mark.parametrize("way", ["submit", "release"])
def test_selling_to_who_complains_does_not_leave(make: Factory, ana: Agency, superuser: Engine, way: str) -> None:
    make.guide(ana, [SELLING])
    if way == "release":
        make.policy(ana, ana.brand_ids[0], needs="none")
    case = case_with(make, ana, superuser, ANGRY)
    with pytest.raises(Invalid) as refusal:
        case.do(way, case.draft(SALE, "team_lead"), actor="team_lead")
    assert refusal.value.code == "style_stop"
    answered = case_with(make, ana, superuser, CALM)
    reply_id = answered.draft(SALE, "team_lead")
    say(answered, ANGRY)
    answered.do(way, reply_id, actor="team_lead")  # what it answers is no complaint


def test_angry_words_after_the_yes_hold_nothing_back(make: Factory, ana: Agency, superuser: Engine) -> None:
    make.guide(ana, [SELLING])
    case = case_with(make, ana, superuser, "One moment.", CALM)
    reply_id = case.approved(SALE)
    say(case, ANGRY)
    with superuser.begin() as connection:  # and an earlier message is made angry, too
        connection.execute(text("update message set text = :angry where text = 'One moment.'"), {"angry": ANGRY})
        page = Page(connection.execute(text("select external_id from account")).scalar_one())
    assert case.publish(reply_id, page.transport) == "published"
    assert [one["message"] for one in page.posted] == [SALE]


def test_a_yes_is_not_refused_for_what_came_after_handing_in(make: Factory, ana: Agency, superuser: Engine) -> None:
    make.guide(ana, [SELLING])
    case = case_with(make, ana, superuser, CALM)
    reply_id = case.draft(SALE)
    case.do("submit", reply_id)
    say(case, ANGRY)
    case.do("approve", reply_id, case.row(reply_id).text_hash, actor="client_owner")
    assert case.row(reply_id).state == "approved"


def test_a_draft_that_came_back_is_judged_by_what_is_known_now(make: Factory, ana: Agency, superuser: Engine) -> None:
    make.guide(ana, [WARNING])
    case = case_with(make, ana, superuser, "One moment.", CALM)
    reply_id = case.draft(SALE)
    case.do("submit", reply_id)
    with superuser.begin() as connection:
        connection.execute(text("update message set text = :angry where text = 'One moment.'"), {"angry": ANGRY})
    case.do("edit", reply_id, SALE + " Bye.")
    assert stored(case, reply_id)
    case.do("submit", reply_id)
    assert case.row(reply_id).complaint is True


def test_a_trial_knows_which_replies_answered_a_complaint(make: Factory, ana: Agency, superuser: Engine) -> None:
    for words in (ANGRY, CALM):
        case = case_with(make, ana, superuser, words)
        case.do("submit", case.draft(SALE))
    with ana.entered(ana.team_lead):
        number = guides.draft_version(ana.team_lead, ana.brand_ids[0], [SELLING]).number
        trial = try_version(ana.team_lead, ana.brand_ids[0], number)
    assert (trial.held, trial.count("stopped_now")) == (2, 1)


def test_a_saved_reply_nearly_unchanged_is_told_on_a_complaint_alone(
    whole_app: Flask, make: Factory, ana: Agency, superuser: Engine
) -> None:
    make.guide(ana, [{"kind": "unedited", "id": "own-words", "level": "warn", "max_stars": 2}])
    with ana.entered(ana.team_lead):
        texts = [{"language": "en", "text": "We are looking into it and come back to you."}]
        saved = create_saved_reply(ana.team_lead, None, {"title": "Looking", "texts": texts}).id
    caller, owner = Caller(whole_app, token_for(whole_app, ana.staff)), Browser(whole_app, ana.client_owner)
    for words, told in ((ANGRY, True), (CALM, False)):
        case = case_with(make, ana, superuser, words)
        with ana.entered(ana.staff):
            draft = desk.start_draft(ana.staff, case.conversation_id, texts[0]["text"], saved_reply_id=saved)
            reply_id = draft.id
        asked = {**ASKED, "text": texts[0]["text"], "conversation_id": str(case.conversation_id)}
        answer = caller.post(f"/brands/{ana.brand_ids[0]}/check", asked).get_json()
        assert bool(answer["findings"]) is told
        case.do("submit", reply_id)
        assert bool(case.row(reply_id).findings) is told
        page = owner.get(f"/approvals/{reply_id}").get_data(as_text=True)
        assert ("nearly unchanged" in page) is told


def test_a_reply_handed_in_before_this_was_remembered_is_judged_by_what_it_answers(
    whole_app: Flask, make: Factory, ana: Agency, superuser: Engine
) -> None:
    make.guide(ana, [WARNING])
    for words, later, complains in ((ANGRY, CALM, True), (CALM, ANGRY, False)):
        case = case_with(make, ana, superuser, words)
        reply_id = case.draft(SALE)
        case.do("submit", reply_id)
        with superuser.begin() as connection:
            connection.execute(text("update reply set complaint = null"))
        say(case, later)
        assert for_the_owner(whole_app, case, reply_id) is complains
