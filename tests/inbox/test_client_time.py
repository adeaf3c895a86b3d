"""While a reply waits for the client's yes: whose time it is, which clock goes on, which stands, and until when."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from flask import Flask
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import select, update

from agency.inbox.case_clocks import ClientSpan, client_spans, clocks_of, run_again, with_client
from agency.inbox.clock_rules import (
    ANSWERED,
    BUSINESS,
    CLIENT,
    CLIENT_PAUSES,
    COMPLAINT,
    HEARD,
    PLAIN,
    SAME_DAY,
    BrandClocks,
    ClockRule,
    checked_rules,
)
from agency.inbox.clock_versions import save_rules
from agency.inbox.models import Conversation
from agency.replies import desk, queries
from jobs import ranking
from tenants import clock
from tenants.business_time import BusinessTime, end_of_business_day
from tenants.database import db
from tenants.errors import Invalid
from tenants.opening_hours import DAY_MINUTES
from tests.factories import Agency, Factory
from tests.inbox.items import at, comment
from tests.inbox.test_reranking import keep
from tests.tenants.test_business_time import MINUTE, OFFICE, STARTS, brands, looked_up
from tests.web.visiting import Visitor

BRAND = BrandClocks(12, {}, "Europe/Warsaw", OFFICE)
FRIDAY = datetime.fromisoformat("2026-11-27T16:30:00+01:00")
WINDOW = 3 * DAY_MINUTES


@settings(max_examples=15)
@given(
    brands(),
    st.sampled_from(STARTS),
    st.integers(0, DAY_MINUTES),
    st.sampled_from([(PLAIN, 5), (BUSINESS, 1), (BUSINESS, 9), (SAME_DAY, 0)]),
    st.lists(st.tuples(st.integers(0, 600), st.integers(1, 400)), max_size=3),
)
def test_what_is_left_when_the_client_gets_it_is_left_when_they_are_done(
    times: BusinessTime, start: datetime, later: int, counted: tuple[str, int], given_spans: list[tuple[int, int]]
) -> None:
    """Against walking through each minute."""
    since = start + later * MINUTE
    rule = ClockRule(ANSWERED, hours=counted[1], counted=counted[0])
    spans, place = [], -300
    for gap, length in given_spans:
        spans.append((place + gap, place + gap + length))
        place = spans[-1][1] + 1
    counts = [True] * WINDOW if rule.counted == PLAIN else looked_up(times, since, WINDOW)
    wanted = rule.hours * 60
    if rule.counted == SAME_DAY:
        over = end_of_business_day(since, times)
        if over is None or over > since + WINDOW * MINUTE:
            return
        wanted = sum(counts[: (over - since) // MINUTE])
    left = [n for n in range(WINDOW) if counts[n] and not any(a <= n < b for a, b in spans)]
    brand = BrandClocks(12, {}, times.hours.zone, times)
    if times.never_open or len(left) < wanted:
        return
    due = brand.due_beside(rule, since, [(since + a * MINUTE, since + b * MINUTE) for a, b in spans])
    assert due == since + (left[wanted - 1] + 1) * MINUTE


def span(since: str, until: str | None = None) -> dict[str, str]:
    return {"from": since} if until is None else {"from": since, "until": until}


@pytest.mark.parametrize(
    ("client", "spans", "due"),
    [
        # An hour of business time from Friday 16:30 on; the client gets it at 16:45, with three quarters left.
        (ClockRule(CLIENT, hours=2), [span("2026-11-27T16:45:00+01:00")], "2026-11-30T09:30:00+01:00"),
        (ClockRule(CLIENT_PAUSES, hours=2), [span("2026-11-27T16:45:00+01:00")], "2026-11-30T09:45:00+01:00"),
        (
            ClockRule(CLIENT_PAUSES, hours=2, counted=BUSINESS),
            [span("2026-11-27T16:45:00+01:00")],
            "2026-11-30T11:30:00+01:00",
        ),
        (
            ClockRule(CLIENT_PAUSES, hours=2, counted=BUSINESS),
            [span("2026-11-27T16:45:00+01:00", "2026-11-30T09:20:00+01:00")],
            "2026-11-30T10:05:00+01:00",
        ),
        # Later than they said: our time again from then on. Had before the customer's newest words: from these on.
        (
            ClockRule(CLIENT_PAUSES, hours=1, counted=BUSINESS),
            [span("2026-11-27T16:00:00+01:00", "2026-11-30T12:00:00+01:00")],
            "2026-11-30T10:00:00+01:00",
        ),
        # Asked twice: each time stands for itself.
        (
            ClockRule(CLIENT_PAUSES, hours=1),
            [span("2026-11-27T16:35:00+01:00", "2026-11-27T16:40:00+01:00"), span("2026-11-30T09:10:00+01:00")],
            "2026-11-30T10:35:00+01:00",
        ),
        # What ended before the customer's words is nobody's time any more.
        (
            ClockRule(CLIENT_PAUSES, hours=9),
            [span("2026-11-27T10:00:00+01:00", "2026-11-27T16:00:00+01:00")],
            "2026-11-30T09:30:00+01:00",
        ),
    ],
)
def test_the_clock_of_the_answer_stands_as_long_as_was_said_and_no_longer(
    client: ClockRule, spans: list[dict[str, str]], due: str
) -> None:
    rules = (ClockRule(ANSWERED, hours=1, counted=BUSINESS), ClockRule(HEARD, hours=1, counted=BUSINESS), client)
    begun = FRIDAY.isoformat()
    kept: dict[str, Any] = {"answered": {"from": begun}, "heard": {"from": begun}, "complaint": False, "client": spans}
    found = run_again(kept, BRAND._replace(rules=rules), "facebook", "comment")
    dues = {one.name: one.due for one in clocks_of(found)}
    assert dues[ANSWERED] == datetime.fromisoformat(due)
    assert dues[HEARD] == datetime.fromisoformat("2026-11-30T09:30:00+01:00"), "who is heard does not wait for it"


def test_of_the_clients_rules_the_one_that_says_most_counts_and_none_is_said_twice() -> None:
    rules = (ClockRule(CLIENT, hours=8), ClockRule(CLIENT_PAUSES, said=COMPLAINT, hours=2))
    brand = BRAND._replace(agency_rules=rules)
    assert brand.client_rule("facebook", "comment", is_complaint=True) == rules[1]
    assert brand.client_rule("facebook", "comment", is_complaint=False) == rules[0]
    own = brand._replace(rules=(ClockRule(CLIENT, "facebook", hours=1),))
    assert own.client_rule("facebook", "comment", is_complaint=True) == own.rules[0]
    assert BRAND.client_rule("facebook", "comment", is_complaint=True) is None
    with pytest.raises(Invalid):
        checked_rules([one._asdict() for one in (ClockRule(CLIENT, hours=8), ClockRule(CLIENT_PAUSES, hours=2))])


def test_how_much_of_a_time_the_client_had_counts_what_lies_in_it() -> None:
    hour = timedelta(hours=1)
    spans = (ClientSpan(FRIDAY, FRIDAY + hour, None, None), ClientSpan(FRIDAY + 2 * hour, None, None, None))
    assert with_client(spans, FRIDAY - hour, FRIDAY + 5 * hour) == 4 * hour
    assert with_client(spans, FRIDAY + hour / 2, FRIDAY + 2 * hour) == hour / 2


def the_case(ana: Agency) -> Conversation:
    with ana.entered():
        found = db.session.scalars(select(Conversation)).one()
        db.session.expunge(found)
        return found


def minutes(moment: datetime | None) -> int | None:
    return None if moment is None else int((moment - at(0)).total_seconds()) // 60


def spans_of(ana: Agency) -> Sequence[tuple[int | None, ...]]:
    return [(minutes(one.since), minutes(one.until), minutes(one.due)) for one in client_spans(the_case(ana).clocks)]


def test_a_case_knows_when_its_client_had_it_and_what_that_does_to_its_clocks(
    ana: Agency, make: Factory, whole_app: Flask
) -> None:
    account_id = make.account(ana)
    words = comment(1, "Hello?")
    keep(ana, account_id, words, now=at(2))
    lines = [ClockRule(ANSWERED, hours=4), ClockRule(CLIENT_PAUSES, hours=2)]
    with ana.entered():
        save_rules(ana.team_lead, ana.brand_ids[0], [one._asdict() for one in lines], based_on=0)
    case_id = the_case(ana).id

    def do(name: str, minute: float, *given: Any, by: str = "staff") -> UUID:
        actor = ana.actors[by]
        with clock.stopped_at(at(minute)), ana.entered(actor):
            done = getattr(desk, name)(actor, *given)
            return done.id if name == "start_draft" else case_id

    def ranked(minute: float) -> int | None:
        with clock.stopped_at(at(minute)):
            ranking.rank_due(ana.app)
        return minutes(the_case(ana).due_at)

    mine = do("start_draft", 61, case_id, "It is on its way.")
    assert ranked(61.5) == 721
    with clock.stopped_at(at(61)), ana.entered():
        db.session.execute(update(Conversation).values(rerank_at=at(0)))
    assert ranked(62) == 241
    do("submit", 91, mine)
    assert spans_of(ana) == [(91, None, None)], "known at once"
    assert ranked(92) == 361
    assert spans_of(ana) == [(91, None, 211)]
    with clock.stopped_at(at(121)):
        shown = Visitor(whole_app, ana.team_lead).get(f"/inbox/{case_id}").text
    assert "with the client 30 min of these 2 h" in shown
    assert "the clock of our answer stands until then" in shown

    do("withdraw", 121, mine)
    assert ranked(122) == 271, "it was theirs for half an hour"
    do("submit", 151, mine)
    more = comment(160, "And?", under=1, author=words.author)
    keep(ana, account_id, words, more, now=at(161))
    assert spans_of(ana) == [(91, 121, 211), (151, None, 271)], "newer words let go of none of them"
    assert minutes(the_case(ana).due_at) == 400 + (271 - 160)
    with ana.entered():
        text_hash = queries.get_reply(mine).text_hash
    with clock.stopped_at(at(301)):
        shown = Visitor(whole_app, ana.team_lead).get(f"/inbox/{case_id}").text
        assert "their yes was due" in shown
        assert "our clocks go on" in shown
    do("approve", 331, mine, text_hash, by="client_owner")
    assert spans_of(ana)[1:] == [(151, 331, 271)]
    assert ranked(332) == 400 + (271 - 160), "later than they said is not theirs to take"
