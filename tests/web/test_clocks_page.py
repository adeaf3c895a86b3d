"""The page of the rules of clocks, and the clocks of a case."""

from __future__ import annotations

from flask import Flask
from sqlalchemy import select

from agency.inbox.clock_versions import rules_in_force
from agency.inbox.models import Conversation
from tenants import clock
from tenants.database import db
from tenants.permissions import Role
from tests.factories import Agency, Factory
from tests.inbox.items import at, comment
from tests.inbox.test_reranking import keep
from tests.web.visiting import Visitor


def line(number: int, **values: str) -> dict[str, str]:
    empty = {"clock": "heard", "platform": "", "kind": "", "said": "", "hours": "2", "counted": "plain"}
    return {f"{name}.{number}": value for name, value in {**empty, **values}.items()}


def test_a_lead_sets_by_when_customers_hear_and_the_case_says_which_rule_it_is(
    ana: Agency, make: Factory, whole_app: Flask
) -> None:
    lead, url = Visitor(whole_app, ana.team_lead), f"/brands/{ana.brand_ids[0]}/clocks"
    assert "Begin with the usual rules" in lead.get("/clocks").text
    assert lead.post("/clocks", {"usual": "1", "based_on": "0"}).status_code == 303
    assert "24 h" in lead.get(url).text, "what holds for every brand is in effect here"
    refused = lead.post(url, {**line(0, hours="soon"), **line(1), **line(2), "based_on": "0"})
    assert refused.status_code == 422
    assert "must be whole hours, 1 to 336" in refused.text
    assert "is said twice for the same cases" in refused.text
    assert 'value="soon"' in refused.text, "nothing typed is lost"
    good = {**line(0, platform="facebook"), **line(3, clock=""), **line(9, counted="same_day", kind="review")}
    assert lead.post(url, {**good, "based_on": "0"}).status_code == 303
    assert lead.post(url, {**good, "based_on": "0"}).status_code == 409
    with ana.entered():
        assert [tuple(one) for one in rules_in_force(ana.brand_ids[0]).rules] == [
            ("heard", "facebook", "", "", 2, "plain"),
            ("heard", "", "review", "", 0, "same_day"),
        ]
    assert Visitor(whole_app, ana.staff).get(url).status_code == 403
    some = Visitor(whole_app, make.person(ana, Role.TEAM_LEAD, only_brand_ids=ana.brand_ids[:1]))
    assert "you lead only some" in some.get("/clocks").text
    assert some.post("/clocks", {"usual": "1", "based_on": "1"}).status_code == 403

    keep(ana, make.account(ana), comment(1), now=at(2))
    with ana.entered():
        case = db.session.scalars(select(Conversation.id)).one()
    with clock.stopped_at(at(3)):
        page = lead.get(f"/inbox/{case}").text
    assert "Heard: Facebook, 2 h" in page
    assert "Heard by 11:01" in page
    assert "Answered by 21:01" in page
