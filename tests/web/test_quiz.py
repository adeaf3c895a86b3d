"""The pages of a quiz: made, failed, passed, and the composer follows; nothing given away before it is handed in."""

from __future__ import annotations

import re
from typing import Any
from uuid import UUID

import pytest
from flask import Flask
from sqlalchemy import Engine, select, text

from agency.training import quiz as room
from styleguides.models import GuideQuiz
from tenants.database import db
from tenants.permissions import Role
from tests.api.calling import token_for
from tests.factories import Agency, Factory
from tests.training.test_quiz import NEW_RULE, RULES, put_in_force, taken
from tests.web.browser import Browser, words_of
from tests.web.test_ways_of_answering import composer_form


@pytest.fixture
def case(make: Factory, ana: Agency) -> UUID:
    make.guide(ana, RULES)
    make.policy(ana, ana.brand_ids[0], needs="none")
    return make.conversation(ana)


def form_of(agency: Agency, html: str, *, right: bool) -> dict[str, str]:
    """The open quiz's form as the page has it, every answer right or every one wrong."""
    form = dict(re.findall(r'name="(version|try)" value="(\d+)"', html))
    with agency.entered(agency.staff):
        row = db.session.execute(select(GuideQuiz).order_by(GuideQuiz.id.desc()).limit(1)).scalar_one()
        for number, one in enumerate(room.questions_of(row)):
            places = range(len(one.options))
            form[f"q{number}"] = str(next(place for place in places if (place in one.right) == right))
    assert set(form) - {"version", "try"} == set(re.findall(r'name="(q\d)"', html))
    return form


def send(browser: Browser, case: UUID, words: str, do: str) -> Any:
    page = browser.get(f"/conversations/{case}").text
    return browser.post(f"/conversations/{case}/reply", composer_form(page, text=words, do=do))


def test_a_quiz_is_made_failed_and_passed_and_the_gate_follows(
    whole_app: Flask, ana: Agency, case: UUID, superuser: Engine
) -> None:
    staff, lead = Browser(whole_app, ana.staff), Browser(whole_app, ana.team_lead)
    address, composer = f"/quiz/{ana.brand_ids[0]}", f"/conversations/{case}"
    # Off: nobody is told of it at the composer.
    assert 'value="release"' in staff.get(composer).text
    assert "No pass is asked for" in staff.get("/quiz").text
    assert lead.post("/quiz/gate", {"on": "1"}).status_code == 303
    # On: said before the press, with the way to the quiz.
    page = staff.get(composer).text
    assert 'value="release"' not in page
    assert 'value="submit"' in page
    assert f'href="{address}"' in page
    assert 'value="release"' in lead.get(composer).text
    # Refused all the same for who presses; the words are kept, the link is there.
    refused = send(staff, case, "Thank you very much.", "release")
    assert refused.status_code == 409
    assert f'href="{address}"' in refused.text
    assert "Thank you very much." in refused.text
    # Made: the same after a reload.
    assert "Not taken yet" in staff.get("/quiz").text
    assert staff.post(f"{address}/begin").status_code == 303
    opened = words_of(staff.get(address))
    assert opened == words_of(staff.get(address))
    # Failed.
    page = staff.get(address).text
    assert staff.post(f"{address}/answers", form_of(ana, page, right=False)).status_code == 303
    failed = staff.get(address).text
    assert "Not passed yet." in failed
    assert "Read these again" in failed
    assert send(staff, case, "Thank you very much.", "release").status_code == 409
    # Passed, by other questions.
    assert staff.post(f"{address}/begin").status_code == 303
    page = staff.get(address).text
    assert staff.post(f"{address}/answers", form_of(ana, page, right=True)).status_code == 303
    passed = staff.get(address).text
    assert 'data-state="passed"' in passed
    assert "Read these again" not in passed
    # The gate follows, also when another version asks anew.
    assert 'value="release"' in staff.get(composer).text
    put_in_force(ana, [*RULES, NEW_RULE])
    assert "You passed version 1; version 2 is in force now." in staff.get("/quiz").text
    assert "New since version 1, which you passed" in staff.get(address).text
    assert send(staff, case, "Thank you very much.", "release").status_code == 409
    taken(ana, ana.staff)
    assert send(staff, case, "Thank you very much.", "release").status_code == 303
    with superuser.connect() as connection:
        done = connection.execute(text("select action from brand_audit where action like 'quiz.%' order by id"))
        assert done.scalars().all() == ["quiz.begun", "quiz.failed", *["quiz.begun", "quiz.passed"] * 2]


def test_answers_of_an_older_tab_are_not_chosen_in_the_new_quiz(whole_app: Flask, ana: Agency, case: UUID) -> None:
    staff, address = Browser(whole_app, ana.staff), f"/quiz/{ana.brand_ids[0]}"
    staff.post(f"{address}/begin")
    older = form_of(ana, staff.get(address).text, right=False)
    put_in_force(ana, [*RULES, NEW_RULE])
    staff.post(f"{address}/begin")
    refused = staff.post(f"{address}/answers", older)
    assert refused.status_code == 409
    assert re.findall(r'type="radio"[^>]* checked', refused.text) == []
    half = {name: value for name, value in form_of(ana, refused.text, right=True).items() if name != "q0"}
    unanswered = staff.post(f"{address}/answers", half)
    assert unanswered.status_code == 422
    assert len(re.findall(r'type="radio"[^>]* checked', unanswered.text)) == len(half) - 2


def test_the_open_page_gives_nothing_away(whole_app: Flask, ana: Agency, case: UUID, superuser: Engine) -> None:
    """Were other options right, the page would be the same to the letter."""
    staff, address = Browser(whole_app, ana.staff), f"/quiz/{ana.brand_ids[0]}"
    staff.post(f"{address}/begin")
    page = words_of(staff.get(address))
    assert page.count('type="radio"') >= 10
    with superuser.begin() as connection:
        questions = connection.execute(text("select questions from guide_quiz")).scalar_one()
        assert all(one["right"] for one in questions)
        other = "jsonb_set(q, '{right}', case when q->'right' = '[0]' then '[1]'::jsonb else '[0]'::jsonb end)"
        wanted = f"update guide_quiz set questions = (select jsonb_agg({other}) from jsonb_array_elements(questions) q)"
        connection.execute(text(wanted))
        assert connection.execute(text("select questions from guide_quiz")).scalar_one() != questions
    assert words_of(staff.get(address)) == page
    assert not re.search(r'class="[^"]*\b(right|wrong|good)\b', page)


def test_what_was_chosen_stays_chosen_while_something_is_open(whole_app: Flask, ana: Agency, case: UUID) -> None:
    staff, address = Browser(whole_app, ana.staff), f"/quiz/{ana.brand_ids[0]}"
    staff.post(f"{address}/begin")
    form = form_of(ana, staff.get(address).text, right=True)
    chosen = form.pop("q1")
    again = staff.post(f"{address}/answers", form)
    assert again.status_code == 422
    assert again.text.count(" checked") == len(form) - 2
    assert again.text.count('id="q1-error"') == again.text.count("-error") // 2 == 1
    assert staff.post(f"{address}/answers", {**form, "q1": chosen}).status_code == 303
    # The second click of a form that was handed in, and one that never was, end at the result.
    assert staff.post(f"{address}/answers", {**form, "q1": chosen}).status_code == 303
    assert staff.post(f"{address}/answers", {"version": "9", "try": "x", "q0": "²"}).status_code == 409


def test_who_passed_is_shown_to_leads_alone(whole_app: Flask, ana: Agency, case: UUID, make: Factory) -> None:
    taken(ana, ana.staff)
    lead, staff, owner = (Browser(whole_app, actor) for actor in (ana.team_lead, ana.staff, ana.client_owner))
    people = f"/quiz/{ana.brand_ids[0]}/people"
    page = lead.get(people).text
    assert ana.staff.name in page
    assert ana.client_owner.name not in page
    assert people in lead.get("/quiz").text
    assert people not in staff.get("/quiz").text
    assert [browser.get(people).status_code for browser in (staff, owner)] == [403, 403]
    assert [owner.get(path).status_code for path in ("/quiz", f"/quiz/{ana.brand_ids[0]}")] == [403, 403]
    assert 'action="/quiz/gate"' not in staff.get("/quiz").text
    assert staff.post("/quiz/gate", {"on": "1"}).status_code == 403
    elsewhere = Browser(whole_app, make.person(ana, Role.STAFF, only_brand_ids=[ana.brand_ids[1]]))
    assert elsewhere.get(f"/quiz/{ana.brand_ids[0]}").status_code == 404
    assert elsewhere.post(f"/quiz/{ana.brand_ids[0]}/begin").status_code == 404


def test_programs_are_refused_alike_and_see_passes(whole_app: Flask, ana: Agency, case: UUID) -> None:
    def call(actor: Any, method: str, path: str, **body: Any) -> Any:
        headers = {"Authorization": f"Bearer {token_for(whole_app, actor)}"}
        answer = whole_app.test_client().open(f"/api/v1{path}", method=method, headers=headers, json=body or None)
        return answer.status_code, answer.get_json()

    assert call(ana.staff, "PATCH", "/quiz-gate", on=True)[0] == 403
    assert call(ana.team_lead, "PATCH", "/quiz-gate", on=True) == (200, {"on": True})
    assert call(ana.staff, "GET", "/quiz-gate") == (200, {"on": True})
    staff = Browser(whole_app, ana.staff)
    send(staff, case, "Thank you very much.", "save")
    with ana.entered():
        from agency.replies.queries import replies_of

        reply_id = replies_of(case)[0].id
    status, body = call(ana.staff, "POST", f"/replies/{reply_id}/release")
    assert (status, body["code"], body["guide_version"]) == (409, "quiz_needed", 1)
    taken(ana, ana.staff)
    assert call(ana.staff, "POST", f"/replies/{reply_id}/release")[0] == 200
    status, body = call(ana.staff, "GET", "/quizzes")
    (one,) = body["items"]
    assert (status, one["guide_version"], one["tries"], one["passed_at"] is None) == (200, 1, 1, False)
    assert "questions" not in one
    assert call(ana.agency_admin, "GET", f"/quizzes?brand={ana.brand_ids[1]}")[1]["items"] == []
    assert call(ana.client_owner, "GET", "/quizzes")[0] == 403
