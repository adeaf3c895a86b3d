"""The pages of the rules of the desk: written, tried, moved, switched, put away; and what a case tells of them."""

from __future__ import annotations

import re
from typing import Any
from uuid import UUID

import pytest
from flask import Flask
from sqlalchemy import select

from agency.inbox import desk, intake, labels
from agency.inbox.filters import QueueFilter
from agency.inbox.models import Conversation
from agency.inbox.queries import list_conversations
from agency.inbox.triage import rules
from agency.inbox.triage.models import TriageRule
from channels import accounts
from tenants import clock
from tenants.database import db
from tests.factories import Agency, Factory
from tests.inbox.items import comment, page
from tests.web.visiting import Visitor

BROKEN = {"words": [{"language": "", "words": "app"}]}
FORM = {"name": "Outage", "words_pt": "não abre\nerro", "words_any": "app", "points": "+30", "is_on": "1"}


def store(ana: Agency, account: UUID, *items: Any) -> None:
    with ana.entered():
        intake.store_page(accounts.get(account), page(*items), now=clock.now())


@pytest.fixture
def account(make: Factory, ana: Agency) -> UUID:
    return make.account(ana, platform="facebook")


def case(ana: Agency, number: int) -> UUID:
    with ana.entered():
        return db.session.execute(
            select(Conversation.id).where(Conversation.external_id == f"post_{number}")
        ).scalar_one()


def headings(text: str) -> list[str]:
    return re.findall(r'<h2 class="grow" dir="auto"><span class="muted">\d+</span> ([^<]+)</h2>', text)


def test_a_lead_tries_writes_moves_switches_and_puts_away(whole_app: Flask, ana: Agency, account: UUID) -> None:
    lead, staff = Visitor(whole_app, ana.team_lead), Visitor(whole_app, ana.staff)
    now = clock.now()
    store(
        ana,
        account,
        *(comment(n, text=f"My <b>app {n}</b>", created_at=now) for n in (1, 2)),
        comment(3, created_at=now),
    )
    with ana.entered(ana.team_lead):
        label = labels.create_label(ana.team_lead, None, "outage").id
    form = {**FORM, "label_ids": str(label), "keep_for": str(ana.staff.user_id)}
    tried = lead.post("/rules", {**form, "do": "try"})
    assert tried.status_code == 200
    assert "Of 3 cases of last week, 2 would have been taken" in tried.text
    assert "2 labelled “outage”" in tried.text
    assert "My &lt;b&gt;<b>app</b> 1&lt;/b&gt;</span></td>" in tried.text
    assert "não abre" in tried.text.partition('id="words_pt"')[2].partition("</textarea>")[0]
    with ana.entered():
        assert db.session.execute(select(TriageRule.id)).first() is None
    wrong = lead.post("/rules", {**form, "points": "a lot", "until_time": "25:00"})
    assert wrong.status_code == 422
    assert ('id="points-error"' in wrong.text, 'id="until_time-error"' in wrong.text) == (True, True)
    assert lead.post("/rules", form).status_code == 303
    assert lead.post("/rules", {**FORM, "name": "Second", "stops": "1"}).status_code == 303
    assert lead.post("/rules", FORM).status_code == 409
    shown = lead.get("/rules").text
    assert headings(shown) == ["Outage", "Second"]
    assert "label “outage” · raise by 30 · keep for" in shown
    with ana.entered(ana.team_lead):
        first, second = rules.list_rules(ana.team_lead, None)
    assert lead.post(f"/rules/{second.id}/move", {"up": "1"}).status_code == 303
    assert headings(lead.get("/rules").text) == ["Second", "Outage"]
    changed = lead.post(f"/rules/{first.id}", {**form, "do": "try", "version": "1", "words_any": "3"})
    assert "Against what it says now: 0 more, 0 no longer" in changed.text
    assert lead.post(f"/rules/{first.id}", {**FORM, "version": "1", "points": "7"}).status_code == 303
    late = lead.post(f"/rules/{first.id}", {**FORM, "version": "1", "points": "9"})
    assert (late.status_code, 'value="9"' in late.text) == (409, True)
    assert lead.post(f"/rules/{second.id}/switch", {"on": "0"}).status_code == 303
    assert lead.post(f"/rules/{second.id}/archive", {"archived": "1"}).status_code == 303
    assert headings(lead.get("/rules").text) == ["Outage"]
    assert headings(lead.get("/rules?archived=1").text) == ["Second"]
    assert lead.post(f"/rules/{second.id}/archive", {"archived": "0"}).status_code == 303
    assert headings(staff.get("/rules").text) == ["Outage", "Second"]
    assert staff.post("/rules", FORM).status_code == 403
    assert Visitor(whole_app, ana.client_owner).get("/rules").status_code == 403


def test_a_brands_rules_are_its_own(whole_app: Flask, ana: Agency) -> None:
    lead, brand = Visitor(whole_app, ana.team_lead), ana.brand_ids[0]
    assert lead.post(f"/rules?brand={brand}", FORM).status_code == 303
    assert headings(lead.get(f"/rules?brand={brand}").text) == ["Outage"]
    assert headings(lead.get("/rules").text) == headings(lead.get(f"/rules?brand={ana.brand_ids[1]}").text) == []
    assert lead.get("/rules?brand=junk").status_code == 404


def test_a_case_tells_what_rules_did_and_next_gives_it_to_whom_it_is_kept_for(
    whole_app: Flask, ana: Agency, account: UUID
) -> None:
    with ana.entered(ana.team_lead):
        rules.create_rule(
            ana.team_lead,
            None,
            {"name": "Outage", **BROKEN, "points": -30, "keep_for": str(ana.staff.user_id)},
        )
    store(ana, account, comment(1, text="My app is down"), comment(2), comment(3))
    told = Visitor(whole_app, ana.staff).get(f"/inbox/{case(ana, 1)}").text
    assert "Rule “Outage” (v1)" in told
    assert told.count("Kept for somebody</span>") == 1, "the row says so, of this case alone"
    assert f"said “app” · lowered by 30 · kept for {ana.staff.name}" in told
    hidden = Visitor(whole_app, ana.client_owner).get(f"/inbox/{case(ana, 1)}").text
    assert "Outage" not in hidden
    with ana.entered(ana.staff):
        mine = list_conversations(QueueFilter(kept_for_me=True), None, 10, me=ana.staff.user_id).rows
        assert [row.id for row in mine] == [case(ana, 1)]
    with ana.entered(ana.team_lead):  # two others are free; then what is kept comes, for nothing else is left
        given = [desk.claim_next(ana.team_lead) for _ in range(3)]
    assert given[2] == case(ana, 1)
    store(ana, account, comment(4, text="My app is down"), comment(5))
    with ana.entered(ana.staff):
        assert desk.claim_next(ana.staff) == case(ana, 4)
