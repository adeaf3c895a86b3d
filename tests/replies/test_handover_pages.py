"""What both read of a handover, what a lead reads of all of them, who is suggested, and what *Next* gives meanwhile."""

from __future__ import annotations

from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import select

from agency.inbox import desk, handovers
from agency.inbox.absences import write_absence
from agency.inbox.colleagues import Worker
from agency.inbox.models import Conversation
from agency.inbox.signs import KEPT
from agency.inbox.team import Colleague, Team, save_member
from agency.inbox.triage.keeping import may_be_offered
from agency.inbox.triage.models import KeptCase
from agency.replies.handover_reading import team_handovers
from agency.replies.holdings import Holding, Why, ranked
from tenants.business_time import BusinessTime
from tenants.database import db, new_id
from tenants.errors import NotFound
from tenants.opening_hours import Hours, days_from
from tenants.permissions import Actor, Role
from tenants.shifts import WorkTimes
from tests.factories import Agency, Factory
from tests.replies.handing import EARLY, LATE, SHIFT_ENDS, Moment, hold, holder_of, offered
from tests.web.browser import Browser


def test_the_best_suggestion_is_there_soon_reads_it_and_has_room() -> None:
    def works(day: list[list[int]]) -> WorkTimes:
        return WorkTimes(BusinessTime(Hours("UTC", days_from([day] * 7))))

    brand, names = new_id(), ("late", "fluent", "full", "unknown", "sleeping", "apart", "gone")
    ids = dict(zip(names, (new_id() for _ in names), strict=True))
    cases = [
        Holding(new_id(), brand, "facebook", "comment", None, "", language, "open", None, None, (Why("held", None),))
        for language in ("pl", "en")
    ]
    team = Team(
        {
            ids["late"]: Colleague(ids["late"], works(LATE), languages=("en",)),
            ids["fluent"]: Colleague(ids["fluent"], works(LATE), languages=("en", "pl")),
            ids["full"]: Colleague(ids["full"], works(EARLY), most_cases=3),
            ids["sleeping"]: Colleague(ids["sleeping"], works([[400, 420]])),
            ids["gone"]: Colleague(ids["gone"], works([[450, 470]])),
        }
    )
    workers = [Worker(ids[name], name, frozenset([new_id()]) if name == "apart" else None) for name in names]
    found = ranked(workers, team, {ids["full"]: 2}, cases, SHIFT_ENDS + timedelta(hours=-1))
    assert [one.name for one in found] == ["fluent", "late", "full", "unknown", "sleeping", "apart"]
    assert [(one.works_on, one.reads, one.has_room) for one in found[:3]] == [(2, 2, True), (2, 1, True), (2, 2, False)]


def test_the_pages_of_both_tell_what_is_handed_over(
    whole_app: Flask, ana: Agency, make: Factory, ben: Actor, at: Moment
) -> None:
    cases = [make.conversation(ana, author=f"Customer {n}", language="pl") for n in range(3)]
    mine, theirs = Browser(whole_app, ana.staff), Browser(whole_app, ben)
    assert "Nothing is left with you" in mine.get("/handover").get_data(as_text=True)
    for case in cases:
        hold(ana, ana.staff, case)
    page = mine.get("/handover").get_data(as_text=True)
    assert page.count('name="case"') == 3
    assert f"{ben.name}: from 16:00" in page
    form = {"handover": str(new_id()), "to": str(ben.user_id), "case": [str(one) for one in cases[:2]], "note": "Mind."}
    refused = mine.post("/handover", {**form, "to": "", "note": "kept words"})
    assert refused.status_code == 422
    assert "kept words" in refused.get_data(as_text=True)
    where = mine.post("/handover", form).headers["Location"]
    assert mine.post("/handover", form).headers["Location"] == where  # a second press of the same form
    assert "Take back" in mine.get(where).get_data(as_text=True)
    assert f"{ana.staff.name} hands you 2 cases" in theirs.get("/team").get_data(as_text=True)
    shown = theirs.get(where).get_data(as_text=True)
    assert shown.count("Mind.") == 2
    assert "a team lead is told" in shown
    one = theirs.post(where, {"do": "accept", "case": str(cases[0])})
    assert "1 case is yours now." in theirs.get(one.headers["Location"]).get_data(as_text=True)
    theirs.post(where, {"do": "decline"})
    ended = theirs.get(where).get_data(as_text=True)
    assert ("Accepted" in ended, "Declined" in ended, 'value="accept"' in ended) == (True, True, False)
    assert [holder_of(ana, case)[0] for case in cases] == [ben.user_id, None, ana.staff.user_id]
    assert "hands you" not in theirs.get("/team").get_data(as_text=True)
    theirs.post(where, {"do": "accept"})
    assert "Nothing of this is offered any more" in theirs.get(where).get_data(as_text=True)
    assert Browser(whole_app, ana.client_owner).get("/handover").status_code == 403


def test_next_gives_what_one_reads_first_and_what_is_kept_for_who_is_away(
    whole_app: Flask, ana: Agency, make: Factory, ben: Actor, at: Moment
) -> None:
    with ana.entered(ana.team_lead):
        values = {"zone": "UTC", "days": [EARLY] * 7, "languages": ["pl"], "most_cases": 1}
        save_member(ana.team_lead, ana.staff.user_id, values, based_on=1)
    places = ((1, "pl"), (9, "en"), (99, "pl"))
    polish, english, kept = (make.conversation(ana, language=code, rank=n) for n, code in places)
    with ana.entered():
        brand = ana.brand_ids[0]
        common = {"agency_id": ana.id, "brand_id": brand, "person_id": ben.user_id, "person_name": ben.name}
        db.session.add(KeptCase(conversation_id=kept, until=at.now + timedelta(minutes=5), **common))
        db.session.get_one(Conversation, (ana.id, kept, brand)).signs = KEPT
        assert may_be_offered([kept], ana.staff.user_id, at.now) == [kept]  # whose shift begins when that is over
        assert may_be_offered([kept], ana.staff.user_id, at.now + timedelta(minutes=-15)) == [kept]
        db.session.scalars(select(KeptCase)).one().until = at.now + timedelta(minutes=30)
        db.session.flush()
        assert may_be_offered([kept], ana.staff.user_id, at.now) == []  # Ben is there in ten minutes
    with ana.entered(ana.team_lead):
        day = at.now.date()
        write_absence(ana.team_lead, ben.user_id, day, day, stand_in_id=ana.team_lead.user_id)
        assert may_be_offered([kept], ana.staff.user_id, at.now) == []
        assert may_be_offered([kept], ana.team_lead.user_id, at.now) == [kept]
    with ana.entered(ana.staff):
        assert desk.claim_next(ana.staff) == polish
    page = Browser(whole_app, ana.staff)
    assert str(english) in page.post("/inbox/next", {}).headers["Location"]
    assert "You hold 2 cases; your limit is 1." in page.get("/inbox").get_data(as_text=True)


def test_a_lead_reads_every_handover_and_first_what_lapsed_and_nobody_has(
    whole_app: Flask, ana: Agency, make: Factory, ben: Actor, at: Moment
) -> None:
    first, second, third = (make.conversation(ana, brand=brand) for brand in (0, 0, 1))
    for case in (first, second, third):
        hold(ana, ana.staff, case)
    lapsed = offered(ana, ana.staff, ben, [first, second])
    at.now += timedelta(minutes=30)
    waits = offered(ana, ana.staff, ben, [third])
    lead, apart = Browser(whole_app, ana.team_lead), make.person(ana, Role.TEAM_LEAD, only_brand_ids=[ana.brand_ids[1]])
    assert f"{ana.staff.name} hands {ben.name} 2 cases" in lead.get("/handovers").get_data(as_text=True)
    at.now = SHIFT_ENDS + timedelta(minutes=75)
    with ana.entered():
        assert handovers.lapse() == 1
    hold(ana, ana.team_lead, first)
    with ana.entered(ana.team_lead):
        found = team_handovers(ana.team_lead)
        assert [(one.handover.id, one.offered, one.left) for one in found.open] == [(lapsed, 0, 1), (waits, 1, 0)]
    page = lead.get("/handovers").get_data(as_text=True)
    assert page.index("Nobody answered") < page.index("1 of 1 open until")
    assert "1 case stands in the queue and nobody has it" in page
    assert 'href="/handovers"' in lead.get("/team").get_data(as_text=True)
    with ana.entered(apart):
        assert [one.handover.id for one in team_handovers(apart).open] == [waits]
    hold(ana, ana.team_lead, second)
    with ana.entered(ben):
        handovers.accept(ben, waits)
    with ana.entered(ana.team_lead):
        found = team_handovers(ana.team_lead)
        assert (found.open, [one.handover.id for one in found.ended]) == ((), [waits, lapsed])
        assert [one.handover.id for one in team_handovers(ana.team_lead, waits).ended] == [lapsed]
        assert (found.ended[0].accepted, found.has_more) == (1, False)
        with pytest.raises(NotFound):
            team_handovers(ana.team_lead, new_id())
    page = lead.get("/handovers").get_data(as_text=True)
    assert ("1 taken over, 0 given back" in page, "Nobody waits for an answer" in page) == (True, True)
    assert lead.get("/handovers?before=junk").status_code == 404
    assert Browser(whole_app, ana.staff).get("/handovers").status_code == 403
