"""Loops where people see them: named by a lead, asked at a case, answered beside it, in the list."""

from __future__ import annotations

from flask import Flask
from sqlalchemy import Engine, text

from agency.inbox.loops import asking, named
from tenants.database import db, new_id
from tenants.models import Person
from tests.factories import Agency, Factory
from tests.web.browser import Browser

FORM = {
    "name": "Legal <b>",
    "sort": "legal",
    "people": "Ewa Nowak <ewa@law.example>",
    "language": "pl",
    "hours": "4",
    "answers_by": "person",
    "answers_name": "",
}


def test_a_member_of_a_light_seat_answers_what_is_asked_of_them(
    whole_app: Flask, ana: Agency, make: Factory, superuser: Engine
) -> None:
    case = make.conversation(ana, text="Refund me!")
    with ana.entered(ana.team_lead):
        email = db.session.get_one(Person, ana.light.user_id).email
        given = {**FORM, "people": f"Ewa <{email}>", "answers_by": "community"}
        loop = named.create_loop(ana.team_lead, ana.brand_ids[0], given)
        asking.ask(ana.team_lead, case, loop, "May we?")
    light, staff = Browser(whole_app, ana.light), Browser(whole_app, ana.staff)
    assert "May we?" in light.get("/loops?state=to_me").text
    assert "No question waits" in staff.get("/loops?state=to_me").text
    with superuser.connect() as connection:
        url = f"/loop-questions/{connection.execute(text('select id from loop_asking')).scalar_one()}/answer"
    assert url in light.get("/loops").text
    assert url in light.get(f"/conversations/{case}").text
    assert url not in staff.get("/loops").text
    assert staff.post(url).status_code == 404, "it is its addressee's"
    opened = light.post(url)
    assert opened.status_code == 303
    link = opened.location
    assert whole_app.test_client(use_cookies=False).post(link, data={"do": "answer", "text": "Yes."}).status_code == 303
    assert "No question waits" in light.get("/loops?state=to_me").text
    assert "Yes." in staff.get("/loops?state=ended").text


def test_a_loop_is_named_asked_and_its_answer_stands_at_the_case(
    whole_app: Flask, ana: Agency, make: Factory, superuser: Engine
) -> None:
    case, brand = make.conversation(ana, text="Refund me! +48 600 700 800"), ana.brand_ids[0]
    lead, staff = Browser(whole_app, ana.team_lead), Browser(whole_app, ana.staff)
    place = f"/conversations/{case}"
    assert "has named no loop yet" in staff.get(f"{place}/ask").text
    assert f"/brands/{brand}/loops/new" in lead.get(f"/brands/{brand}/loops").text
    refused = lead.post(f"/brands/{brand}/loops/new", FORM)
    assert refused.status_code == 422
    assert 'id="answers_name-error"' in refused.text
    made = lead.post(f"/brands/{brand}/loops/new", {**FORM, "answers_by": "community"})
    assert (made.status_code, made.location) == (303, f"/brands/{brand}/loops")
    assert "Legal &lt;b&gt;" in staff.get(f"/brands/{brand}/loops").text
    with superuser.connect() as connection:
        loop = connection.execute(text("select id from feedback_loop")).scalar_one()
    assert "Ewa Nowak &lt;ewa@law.example&gt;" in lead.get(f"/loops/{loop}").text
    assert lead.post(f"/loops/{loop}", {**FORM, "answers_by": "service", "version": "1"}).status_code == 303
    assert lead.post(f"/loops/{loop}", {**FORM, "answers_by": "service", "version": "1"}).status_code == 409
    form = staff.get(f"{place}/ask").text
    assert "within 4 business hours" in form
    assert "600 700" not in form
    refused = staff.post(f"{place}/ask", {"to": f"{loop} ewa@law.example", "question": " "})
    assert refused.status_code == 422
    assert 'id="question-error"' in refused.text
    asked = staff.post(f"{place}/ask", {"to": f"{loop} ewa@law.example", "question": "May <i>we?"})
    assert (asked.status_code, asked.location) == (303, f"/inbox/{case}")
    shown = staff.get(place).text
    assert "May &lt;i&gt;we?" in shown
    assert "The customer waits meanwhile" in shown
    assert "May &lt;i&gt;we?" not in Browser(whole_app, ana.client_owner).get(place).text, "between colleagues"
    assert "May &lt;i&gt;we?" in staff.get("/loops?state=mine").text
    assert "No question waits" in lead.get("/loops?state=mine").text
    assert str(case) in staff.get("/inbox?sign=in_loop").text
    with superuser.begin() as connection:
        asking = connection.execute(text("select id from loop_asking")).scalar_one()
        connection.execute(
            text("update loop_asking set state = 'answered', answer = 'Yes \"we\" may', ended_at = now()")
        )
    shown = staff.get(place).text
    assert 'data-insert="Yes &#34;we&#34; may"' in shown
    assert "Legal &lt;b&gt; (Ewa Nowak) answered" in shown
    assert "Yes &#34;we&#34; may" in staff.get("/loops?state=ended").text
    assert staff.post(f"/conversations/{new_id()}/loops/{asking}/withdraw").status_code == 404
    assert staff.post(f"{place}/loops/{asking}/withdraw").status_code == 303
    assert lead.post(f"/loops/{loop}/archive", {"archived": "1"}).status_code == 303
    assert "has named no loop yet" in staff.get(f"{place}/ask").text
