"""Last week's replies asked a policy before it holds."""

from __future__ import annotations

from datetime import timedelta

from flask import Flask
from sqlalchemy import Engine, text

from agency.replies import policy_versions
from agency.replies.policy_replay import last_week_by
from agency.replies.policy_terms import read_terms
from tests.factories import Agency, Factory
from tests.replies.conftest import Case
from tests.web.browser import Browser


def test_which_would_have_waited_and_by_which_rule(case: Case, make: Factory, superuser: Engine) -> None:
    agency, brand_id = case.agency, case.agency.brand_ids[0]
    make.policy(agency, brand_id, needs="none")
    words = ("Thank you.", "Here are 40 EUR back.", "We refunded 5 EUR.", "Long ago: 9 EUR.")
    ids = []
    for one in words:
        other = Case(agency, make.conversation(agency), superuser)
        ids.append(other.draft(one))
        other.do("release", ids[-1])
    Case(agency, make.conversation(agency), superuser).draft("A draft of 7 EUR waits for nobody.")
    with superuser.begin() as connection:
        connection.execute(text("update reply set state = 'published', published_at = now() where state = 'approved'"))
        connection.execute(
            text("update reply set published_at = now() - cast(:ago as interval), state_since = now() where id = :id"),
            {"ago": timedelta(days=8), "id": ids[3]},
        )
    with agency.entered():
        found = last_week_by(brand_id, read_terms({"needs": "rule", "money": True, "words": ["refund"]}))
        assert (found.replies, found.waited_count, found.median_seconds) == (3, 2, None)
        assert [one.id for one in found.waited] == [ids[2], ids[1]]
        assert dict(found.by_rule) == {"money": 2, "words": 1}
        assert last_week_by(brand_id, read_terms({"needs": "all"})).waited_count == 3
        assert last_week_by(brand_id, read_terms({"needs": "none"})).waited_count == 0
        newcomer = last_week_by(brand_id, read_terms({"needs": "rule", "first_replies": 2}))
        assert [one.id for one in newcomer.waited] == [ids[0]], "one was published before the week"
        assert policy_versions.policy_in_force(brand_id).terms.needs == "none", "looking changes nothing"


def test_a_yes_tells_how_long_yeses_take(case: Case, superuser: Engine) -> None:
    reply_id = case.approved()
    with superuser.begin() as connection:
        connection.execute(
            text("update reply set submitted_at = submitted_at - interval '2 hours' where id = :id"), {"id": reply_id}
        )
    with case.agency.entered():
        seconds = last_week_by(case.agency.brand_ids[0], read_terms({})).median_seconds
    assert seconds is not None
    assert 7200 <= seconds < 7300
    with case.agency.entered():
        brand_id = case.agency.brand_ids[0]
        found = last_week_by(brand_id, read_terms({"remind_after": [1], "silence_after": 2}))
        assert (found.reminded, found.silent, found.untold) == (1, 1, 0)
        found = last_week_by(brand_id, read_terms({"remind_after": [2], "silence_after": 3}))
        assert (found.reminded, found.silent, found.untold) == (1, 0, 0)
        found = last_week_by(brand_id, read_terms({"remind_after": [3]}))
        assert (found.reminded, found.silent, found.untold) == (0, 0, 0)


def test_the_page_says_it(whole_app: Flask, make: Factory, ana: Agency, superuser: Engine) -> None:
    case, place = Case(ana, make.conversation(ana), superuser), f"/brands/{ana.brand_ids[0]}/approval"
    case.do("submit", case.draft("Here are 40 EUR back."))
    lead = Browser(whole_app, ana.team_lead)
    lead.post(f"{place}/change", {"revision": "0", "needs": "rule", "money": "1"})
    assert f"{place}/1/week" in lead.get(place).text
    page = lead.get(f"{place}/1/week").text
    assert "1 of 1 would have waited" in page
    assert "the reply names money: 40 EUR" in page
    assert Browser(whole_app, ana.client_owner).get(f"{place}/1/week").status_code == 404, "a draft is the agency's own"
