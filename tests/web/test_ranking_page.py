"""The page of the weights: last week by what is typed, saving with a reason, going back."""

from __future__ import annotations

import re
from datetime import timedelta
from uuid import UUID

import pytest
from flask import Flask
from sqlalchemy import select

from agency.inbox import desk
from agency.inbox.models import RankingWeights
from agency.inbox.weight_versions import save_weights, weights_in_force
from agency.inbox.weights import DEFAULTS
from jobs import ranking
from tenants import clock
from tenants.database import db
from tenants.permissions import ROLE_PERMISSIONS, Permission, Role
from tests.factories import Agency, Factory
from tests.web.visiting import Visitor

POINTS = {name: str(value) for name, value in DEFAULTS.points.items()}


@pytest.fixture
def lead(whole_app: Flask, ana: Agency) -> Visitor:
    return Visitor(whole_app, ana.team_lead)


@pytest.fixture
def queue(whole_app: Flask, make: Factory, ana: Agency) -> dict[str, UUID]:
    """Two open cases, and one that waited two days and was answered after another that was not due yet."""
    hours = timedelta(hours=1)
    now = clock.now()
    made = {
        "one": make.conversation(ana, stars=1, kind="review", text="<b>Rude</b>", due_at=now + 12 * hours),
        "five": make.conversation(ana, stars=5, kind="review", text="Lovely", age=11 * hours, due_at=now),
        "late": make.conversation(ana, text="Hello?", age=48 * hours),
        "soon": make.conversation(ana, text="Again", age=47 * hours, stars=1, kind="review"),
    }
    ranking.rank_due(whole_app)
    for name, ago in (("soon", 36.4), ("late", 1)):
        with clock.stopped_at(now - hours * ago), ana.entered():
            desk.close(ana.staff, made[name])
    return made


def rows_of(page: str) -> list[str]:
    """The first words of the cases in the table of the queue."""
    table = page[page.index('id="queue-heading"') :]
    return re.findall(r'class="week-case"><a href="/inbox/([0-9a-f-]+)"', table)


@pytest.mark.parametrize("role", list(Role))
def test_only_leads_see_and_change_weights(whole_app: Flask, ana: Agency, role: Role) -> None:
    visitor = Visitor(whole_app, ana.actors[role.value])
    allowed = Permission.RANKING_MANAGE in ROLE_PERMISSIONS[role]
    assert visitor.get("/ranking").status_code == (200 if allowed else 403)
    visitor.get("/account")
    for path in ("/ranking", "/ranking/look", "/ranking/back"):
        assert (visitor.post(path, {}).status_code == 403) != allowed


def test_a_lead_looks_saves_and_goes_back(lead: Visitor, ana: Agency, queue: dict[str, UUID]) -> None:
    page = lead.get("/ranking").text
    assert 'name="urgent" type="text" value="40"' in page
    assert 'action="/ranking"' not in page, "nothing is saved unseen"
    typed = {**POINTS, "stars_1": "200", "based_on": "0"}
    looked = lead.post("/ranking/look", typed)
    assert looked.status_code == 200
    assert rows_of(looked.text) == [str(queue["one"]), str(queue["five"])]
    assert "1 up" in looked.text
    assert "&lt;b&gt;Rude" in looked.text
    with ana.entered():
        assert weights_in_force().number == 0
    missing = lead.post("/ranking", typed)
    assert missing.status_code == 422
    assert "Say in a few words why." in missing.text
    assert rows_of(missing.text), "what was looked at stays"
    assert lead.post("/ranking", {**typed, "note": "One star is read by everybody"}).status_code == 303
    page = lead.get("/ranking").text
    assert "One star is read by everybody" in page
    assert "1 star 25 → 200" in page
    assert "0 of 2" in page, "the page says that open cases are being ranked"
    ranking.rerank(ana.app, str(ana.id), number=1)
    assert "0 of 2" not in lead.get("/ranking").text
    back = {"number": "0", "based_on": "1", "note": "Back to: As it came"}
    assert lead.post("/ranking/back", back).status_code == 303
    with ana.entered():
        assert [weights_in_force().weights.points[name] for name in ("stars_1", "late")] == [25, 600]
        assert db.session.scalars(select(RankingWeights.back_to).order_by(RankingWeights.number)).all() == [None, 0]
    assert lead.post("/ranking/back", {**back, "number": "77", "based_on": "2"}).status_code == 404


def test_missed_due_times_that_other_points_avoid_and_add_are_named(lead: Visitor, queue: dict[str, UUID]) -> None:
    """One answer was given half an hour before the first of two was due: it goes to either of them."""
    same = lead.post("/ranking/look", {**POINTS, "based_on": "0"}).text
    assert "Last week would have missed the same due times." in same
    assert "there is nothing to save" in same
    assert "1 of 4 late" in same
    other = lead.post("/ranking/look", {**POINTS, "stars_1": "200"}).text
    assert "1 missed due time avoided, 1 new one." in other
    avoided, added = other.index('id="avoided-heading"'), other.index('id="added-heading"')
    assert avoided < other.index(str(queue["soon"])) < added < other.index(str(queue["late"]))


def test_what_cannot_be_points_comes_back_with_words(lead: Visitor, ana: Agency) -> None:
    for field, value in (("urgent", "-1"), ("vip", "1e3"), ("due_1h", "1"), ("anger", ""), ("late", "9" * 30)):
        wrong = lead.post("/ranking/look", {**POINTS, field: value})
        assert wrong.status_code == 422
        assert wrong.text.count('class="error"') == 1
        assert lead.post("/ranking", {**POINTS, field: value, "note": "x", "based_on": "0"}).status_code == 422
    with ana.entered():
        assert weights_in_force().number == 0


def test_the_second_of_two_leads_is_told(lead: Visitor, ana: Agency) -> None:
    with ana.entered():
        save_weights(ana.agency_admin, {**DEFAULTS.points, "vip": 99}, "VIPs", 0)
    answer = lead.post("/ranking", {**POINTS, "vip": "5", "note": "Mine", "based_on": "0"})
    assert answer.status_code == 409
    assert 'name="vip" type="text" value="5"' in answer.text
    assert 'name="based_on" value="1"' in answer.text


def test_points_that_let_late_wait_are_warned_of(lead: Visitor) -> None:
    warned = "a case that is late may stand behind one that is not"
    assert warned not in lead.get("/ranking").text
    assert warned in lead.post("/ranking/look", {**POINTS, "late": "100"}).text


def test_a_lead_of_some_brands_may_only_read(whole_app: Flask, make: Factory, ana: Agency) -> None:
    visitor = Visitor(whole_app, make.person(ana, Role.TEAM_LEAD, only_brand_ids=ana.brand_ids[:1]))
    page = visitor.get("/ranking")
    assert page.status_code == 200
    assert "Ask an agency admin to change them." in page.text
    for path in ("/ranking", "/ranking/look", "/ranking/back"):
        answer = visitor.post(path, {**POINTS, "note": "x", "based_on": "0", "number": "0"})
        assert answer.status_code == 403


def test_a_row_says_why_when_asked(whole_app: Flask, ana: Agency, make: Factory, queue: dict[str, UUID]) -> None:
    staff = Visitor(whole_app, ana.staff)
    answer = staff.get(f"/inbox/{queue['five']}/why")
    assert (answer.mimetype, answer.text) == ("text/plain", "46 = due in 59 min 35 + waited 11 hr 11")
    assert staff.get(f"/inbox/{queue['late']}/why").text == "", "it is closed"
    owner = Visitor(whole_app, ana.client_owner)
    other = make.conversation(ana, brand=1)
    assert owner.get(f"/inbox/{other}/why").status_code == 404
