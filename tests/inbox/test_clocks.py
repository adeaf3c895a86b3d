"""Clocks of a case: which run, by which rule, and how they ended."""

from __future__ import annotations

from datetime import datetime

import pytest
from sqlalchemy import select, update

from agency.inbox import desk
from agency.inbox.case_clocks import clocks_of, tightest
from agency.inbox.clock_models import ClockOutcome
from agency.inbox.clock_rules import (
    ANSWERED,
    BUSINESS,
    COMPLAINT,
    HEARD,
    RESOLVED,
    SAME_DAY,
    USUAL,
    BrandClocks,
    ClockRule,
)
from agency.inbox.clock_versions import begin_with_usual_rules, rules_in_force, save_rules
from agency.inbox.models import Conversation, Message
from agency.inbox.reranking import rerank_slice
from agency.inbox.sent import record_sent
from agency.replies.models import Reply
from channels.models import Account
from tenants import brand_hours, clock
from tenants.business_time import BusinessTime
from tenants.database import db, new_id
from tenants.opening_hours import Hours
from tests.factories import Agency, Factory
from tests.inbox.items import at, comment
from tests.inbox.test_reranking import keep

OFFICE = BusinessTime(Hours("Europe/Warsaw", (((540, 1020),),) * 5 + ((),) * 2))
FRIDAY = datetime.fromisoformat("2026-11-27T16:30:00+01:00")
BRAND = BrandClocks(12, {"google_business": 4}, "Europe/Warsaw")


def test_of_the_rules_that_fit_the_one_that_says_most_counts_and_a_brands_come_first() -> None:
    rules = (
        ClockRule(HEARD, hours=5),
        ClockRule(HEARD, "facebook", hours=4),
        ClockRule(HEARD, kind="review", hours=3),
        ClockRule(HEARD, said=COMPLAINT, hours=2),
    )

    def hours(brand: BrandClocks, clock_name: str, platform: str, kind: str, complains: bool) -> int | None:
        rule = brand.rule(clock_name, platform, kind, is_complaint=complains)
        return None if rule is None else rule.hours

    brand = BRAND._replace(agency_rules=rules)
    assert hours(brand, HEARD, "instagram", "comment", False) == 5
    assert hours(brand, HEARD, "facebook", "comment", False) == 4
    assert hours(brand, HEARD, "facebook", "review", False) == 3
    assert hours(brand, HEARD, "facebook", "review", True) == 2
    own = brand._replace(rules=(ClockRule(HEARD, "facebook", hours=7),))
    assert hours(own, HEARD, "facebook", "review", True) == 7, "the brand's, whatever the agency says of complaints"
    assert hours(own, HEARD, "instagram", "review", True) == 2
    said = BRAND._replace(agency_rules=USUAL)
    on = [said.rule(ANSWERED, one, "review", is_complaint=False) for one in ("google_business", "instagram")]
    assert on == [ClockRule(ANSWERED, hours=4), ClockRule(ANSWERED, counted=SAME_DAY)], (
        "its own hours, where it said any"
    )
    assert [hours(BRAND, ANSWERED, on, "comment", True) for on in ("facebook", "google_business")] == [12, 4]
    assert hours(BRAND, HEARD, "facebook", "comment", True) is None
    assert [hours(BRAND, RESOLVED, "facebook", "comment", one) for one in (True, False)] == [24, None]


@pytest.mark.parametrize(
    ("rule", "times", "due"),
    [
        (ClockRule(HEARD, hours=1, counted=BUSINESS), OFFICE, "2026-11-30T09:30:00+01:00"),
        (ClockRule(HEARD, hours=1, counted=BUSINESS), None, "2026-11-27T17:30:00+01:00"),
        (ClockRule(HEARD, hours=12), OFFICE, "2026-11-28T04:30:00+01:00"),
        (ClockRule(HEARD, counted=SAME_DAY), OFFICE, "2026-11-27T17:00:00+01:00"),
        (ClockRule(HEARD, counted=SAME_DAY), None, "2026-11-28T00:00:00+01:00"),
    ],
)
def test_friday_afternoon(rule: ClockRule, times: BusinessTime | None, due: str) -> None:
    assert BRAND._replace(times=times).due(rule, FRIDAY) == datetime.fromisoformat(due)


def case_of(agency: Agency, external_id: str) -> Conversation:
    with agency.entered():
        case = db.session.scalars(select(Conversation).where(Conversation.external_id == external_id)).one()
        db.session.expunge(case)
        return case


def minutes(case: Conversation) -> dict[str, int]:
    """When each running clock ends, in minutes of the test's day."""
    return {c.name: int((c.due - at(0)).total_seconds()) // 60 for c in clocks_of(case.clocks) if c.stopped is None}


def outcomes(agency: Agency) -> list[tuple[str, int, bool]]:
    """How clocks ended: which, after how many minutes, in time or not."""
    with agency.entered():
        rows = db.session.scalars(select(ClockOutcome).order_by(ClockOutcome.clock, ClockOutcome.started_at))
        return [
            (o.clock, int((o.stopped_at - o.started_at).total_seconds()) // 60, o.stopped_at <= o.due_at) for o in rows
        ]


def answered(agency: Agency, case: Conversation, to: str, moment: datetime, *, only_heard: bool = False) -> None:
    """An answer of ours to the case, sent at a moment."""
    with clock.stopped_at(moment), agency.entered():
        message = db.session.scalars(select(Message).where(Message.external_id == to)).one()
        reply = Reply(
            **{name: getattr(case, name) for name in ("agency_id", "brand_id", "account_id", "platform", "kind")},
            id=new_id(),
            conversation_id=case.id,
            in_reply_to_id=message.id,
            in_reply_to_external_id=to,
            in_reply_to_content_hash=message.content_hash,
            thread_external_id=case.external_id,
            target_fingerprint=message.content_hash,
            state="published",
            state_since=moment,
            published_at=moment,
            written_by=agency.staff.user_id,
            written_by_name=agency.staff.name,
            only_heard=only_heard,
        )
        db.session.add(reply)
        db.session.flush()
        account = db.session.scalars(select(Account).where(Account.id == case.account_id)).one()
        record_sent(
            account,
            case.id,
            external_id=f"ours-{reply.id}",
            parent_external_id=to,
            text="We have read it.",
            written_at=moment,
            reply_id=reply.id,
            author_name="Us",
        )


def test_a_holding_reply_stops_heard_alone_and_an_answer_all(ana: Agency, make: Factory) -> None:
    account_id = make.account(ana)
    with ana.entered():
        save_rules(ana.team_lead, ana.brand_ids[0], [ClockRule(HEARD, hours=1)._asdict()], based_on=0)
    words = comment(1, "This is a complaint: it came broken and nobody answers. Terrible.")
    keep(ana, account_id, words, now=at(2))
    case = case_of(ana, "post_1")
    assert minutes(case) == {HEARD: 61, ANSWERED: 721, RESOLVED: 24 * 60 + 1}
    assert case.due_at == at(61)
    assert [r["clock"] for r in case.rank_reasons if r["part"] == "due"] == [HEARD]

    answered(ana, case, "post_1", at(30), only_heard=True)
    case = case_of(ana, "post_1")
    assert (case.status, minutes(case)) == ("open", {ANSWERED: 721, RESOLVED: 24 * 60 + 1})
    assert case.due_at == at(721)
    assert outcomes(ana) == [(HEARD, 29, True)]

    more = comment(2, "And now?", under=1, author=words.author)
    keep(ana, account_id, words, more, now=at(100))
    assert minutes(case_of(ana, "post_1")) == {HEARD: 62, ANSWERED: 722, RESOLVED: 24 * 60 + 1}, (
        "new words start anew, but for the end of the complaint"
    )
    answered(ana, case_of(ana, "post_1"), "post_2", at(800))
    case = case_of(ana, "post_1")
    assert (case.status, case.due_at, minutes(case)) == ("closed", None, {})
    assert outcomes(ana) == [(ANSWERED, 798, False), (HEARD, 29, True), (HEARD, 798, False), (RESOLVED, 799, True)]


def test_what_a_person_resolves_is_kept_until_a_person_opens_it_again(ana: Agency, make: Factory) -> None:
    account_id = make.account(ana)
    words = comment(1, "This is a complaint: it came broken and nobody answers. Terrible.")
    keep(ana, account_id, words, now=at(2))
    case = case_of(ana, "post_1")
    for hours, deed in ((25, desk.close), (26, desk.reopen), (27, desk.close)):
        with clock.stopped_at(at(hours * 60)), ana.entered():
            deed(ana.staff, case.id)
        assert outcomes(ana) == ([] if deed is desk.reopen else [(RESOLVED, hours * 60 - 1, False)])
    keep(ana, account_id, words, comment(1_700, "Thank you.", under=1, author=words.author), now=at(1_701))
    assert minutes(case_of(ana, "post_1")) == {ANSWERED: 1_700 + 720}, "what was resolved stays so"
    again = comment(1_800, "Terrible, it came broken again. I complain.", under=1, author=words.author)
    keep(ana, account_id, words, again, now=at(1_801))
    assert minutes(case_of(ana, "post_1")) == {ANSWERED: 1_800 + 720, RESOLVED: 1_800 + 24 * 60}
    assert outcomes(ana) == [(RESOLVED, 27 * 60 - 1, False)]


def test_rules_and_hours_hold_for_what_waits_already(ana: Agency, make: Factory) -> None:
    account_id = make.account(ana)
    keep(ana, account_id, comment(1, "Hello?"), now=at(2))
    assert minutes(case_of(ana, "post_1")) == {ANSWERED: 721}
    with ana.entered():
        db.session.execute(update(Conversation).values(clocks={}))  # as it was stored before there were clocks
    with ana.entered(), clock.stopped_at(at(3)):
        begin_with_usual_rules(ana.id, ana.agency_admin.user_id, "Ada")
        assert rules_in_force(None).rules == USUAL
        assert rules_in_force(ana.brand_ids[0]).rules == ()
        rerank_slice()
    assert minutes(case_of(ana, "post_1")) == {HEARD: 721, ANSWERED: 721}
    line = ClockRule(HEARD, hours=1, counted=BUSINESS)._asdict()
    with ana.entered(), clock.stopped_at(at(4)):
        save_rules(ana.team_lead, ana.brand_ids[0], [line], based_on=0)
        brand_hours.set_hours(
            ana.agency_admin, ana.brand_ids[0], days=[[[0, 1440]]] * 7, zone="UTC", sends_in_hours=False
        )
        rerank_slice(brand_id=ana.brand_ids[0])
    case = case_of(ana, "post_1")
    assert (minutes(case), case.due_at) == ({HEARD: 61, ANSWERED: 721}, at(61))
    found = tightest(case.clocks)
    assert found is not None
    assert found.rule == ClockRule(HEARD, hours=1, counted=BUSINESS)
