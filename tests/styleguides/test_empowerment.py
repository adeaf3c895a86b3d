"""Limits and the ledger: what may be given, by whom, and that every sum is the fold of its lines."""

from __future__ import annotations

import re
import threading
from collections import Counter
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine, select, text, update
from sqlalchemy.exc import ProgrammingError

from agency.replies import giving
from styleguides import empowerment_limits, guidelines
from styleguides.empowerment import (
    KIND_NAMES,
    Bucket,
    Giving,
    Limit,
    buckets_of,
    room_minor,
    states_of,
)
from styleguides.empowerment_ledger import give, giving_of, take_back
from styleguides.empowerment_limits import change_limits, get_rules
from styleguides.empowerment_reading import every_line, line_of, lines_of_case, list_lines, month_of
from styleguides.empowerment_room import Place, what_is_left
from styleguides.models import LedgerLine, LedgerTotal
from tenants import clock
from tenants.database import db, new_id
from tenants.errors import Conflict, Forbidden, Invalid, NotFound
from tenants.models import Brand, BrandAudit
from tenants.permissions import Actor, Role
from tests.factories import Agency, Factory
from tests.replies.test_races import at_once

BRAND_LIMITS = {
    "case": 4000,
    "customer_month": 6000,
    "person_day": 10_000,
    "person_month": 20_000,
    "brand_month": 50_000,
}


def limits(values: dict[str, int], guideline_id: UUID | None = None) -> list[dict[str, Any]]:
    return [{"guideline_id": guideline_id, "kind": kind, "amount_minor": amount} for kind, amount in values.items()]


@pytest.fixture
def place(ana: Agency, make: Factory) -> Place:
    return place_of(ana, make.conversation(ana))


def place_of(agency: Agency, conversation_id: UUID, brand: int = 0) -> Place:
    with agency.entered(agency.staff):
        return giving.place_of(agency.staff, conversation_id)


def set_up(agency: Agency, values: dict[str, int] = BRAND_LIMITS, currency: str = "EUR", **more: Any) -> None:
    with agency.entered(agency.team_lead):
        version = get_rules(agency.team_lead, agency.brand_ids[0]).version
        change_limits(
            agency.team_lead, agency.brand_ids[0], currency, [*limits(values), *more.get("also", [])], version
        )


def given_by(agency: Agency, actor: Actor, place: Place, amount: int, **more: Any) -> UUID:
    with agency.entered(actor):
        return give(actor, place, amount, more.pop("words", "For the wait"), **{"currency": "EUR", **more}).id


def left(agency: Agency, actor: Actor, place: Place, scenario_id: UUID | None = None) -> int:
    with agency.entered(actor):
        room = what_is_left(actor, place, [scenario_id] if scenario_id else []).room(scenario_id)
        assert room is not None
        return room.room_minor


# --- Pure -----------------------------------------------------------------------------------------------------------


def test_a_giving_counts_in_each_kind_for_the_brand_and_for_its_scenario() -> None:
    ids = [new_id() for _ in range(5)]
    one = Giving(*ids, date(2026, 11, 22))
    found = buckets_of(one)
    assert len(found) == len(set(found)) == 2 * len(KIND_NAMES)
    assert Bucket("person_day", ids[4], ids[3], "2026-11-22") in found
    assert Bucket("brand_month", ids[0], ids[0], "2026-11") in found
    assert Bucket("case", ids[0], ids[1], "") in found
    plain = buckets_of(one._replace(scenario_id=None, contact_id=None))
    assert [bucket.kind for bucket in plain] == [name for name in KIND_NAMES if name != "customer_month"]


def test_without_any_limit_nothing_may_be_given() -> None:
    assert room_minor([]) == 0


def test_a_limit_in_another_currency_leaves_nothing() -> None:
    one = Giving(*(new_id() for _ in range(5)), date(2026, 11, 22))
    there = Limit("case", one.scenario_id, 0, is_comparable=False)
    assert room_minor(states_of([Limit("case", None, 500), there], one, {})) == 0
    assert room_minor(states_of([Limit("case", None, 500), there], one._replace(scenario_id=None), {})) == 500


# --- Limits ---------------------------------------------------------------------------------------------------------


def test_limits_are_changed_as_a_whole_recorded_and_the_slower_is_told(ana: Agency) -> None:
    brand_id, lead = ana.brand_ids[0], ana.team_lead
    set_up(ana)
    with ana.entered(lead):
        rules = get_rules(lead, brand_id)
        assert (rules.currency, rules.version) == ("EUR", 1)
        assert {one.kind: one.amount_minor for one in rules.limits} == BRAND_LIMITS
        assert change_limits(lead, brand_id, "EUR", limits(BRAND_LIMITS), 0).version == 1, "a second click"
        assert change_limits(lead, brand_id, "EUR", limits({"case": 10}), 1).version == 2
    with ana.entered(lead), pytest.raises(Conflict) as slower:
        change_limits(lead, brand_id, "EUR", limits({"case": 20}), 1)
    assert (slower.value.code, slower.value.fields["version"]) == ("limits_changed", 2)
    with ana.entered():
        told = db.session.scalars(
            select(BrandAudit.facts).where(BrandAudit.action == "empowerment.limits_changed").order_by(BrandAudit.id)
        ).all()
    assert [len(one["before"]["limits"]) for one in told] == [0, 5]
    assert told[1]["after"]["limits"] == [{"kind": "case", "guideline_id": None, "amount_minor": 10}]


@pytest.mark.parametrize(
    "wrong",
    [
        {"kind": "week"},
        {"kind": ["case"]},
        {"amount_minor": -1},
        {"amount_minor": True},
        {"amount_minor": 10**13},
        {"guideline_id": new_id()},
    ],
)
def test_limits_that_cannot_hold_are_refused(ana: Agency, wrong: dict[str, Any]) -> None:
    one = {"kind": "case", "guideline_id": None, "amount_minor": 5, **wrong}
    with ana.entered(ana.team_lead), pytest.raises(Invalid):
        change_limits(ana.team_lead, ana.brand_ids[0], "EUR", [one], 0)
    with ana.entered(ana.team_lead), pytest.raises(Invalid):
        change_limits(ana.team_lead, ana.brand_ids[0], "XXX", [], 0)


def test_what_a_case_of_a_scenario_may_cost_stands_in_its_guideline_alone(ana: Agency, place: Place) -> None:
    lead, brand_id = ana.team_lead, ana.brand_ids[0]
    with ana.entered(lead):
        offer = {"title": "Cold food", "offer_limit_cents": 3000, "currency": "EUR"}
        guideline_id = guidelines.create_guideline(lead, brand_id, offer).id
        other = guidelines.create_guideline(lead, brand_id, {**offer, "title": "Far away", "currency": "USD"}).id
    set_up(ana, also=limits({"brand_month": 3500}, guideline_id))
    assert left(ana, ana.staff, place) == 4000
    assert left(ana, ana.staff, place, guideline_id) == 3000
    assert left(ana, ana.staff, place, other) == 0, "its guideline names another currency"
    given_by(ana, ana.staff, place, 1000, scenario_id=guideline_id)
    assert left(ana, ana.staff, place, guideline_id) == 2000
    with ana.entered(lead), pytest.raises(Invalid):
        change_limits(lead, brand_id, "EUR", limits({"case": 5}, guideline_id), 1)
    with ana.entered(lead):
        guidelines.delete_guideline(lead, brand_id, guideline_id)
    with ana.entered(ana.staff), pytest.raises(Invalid):
        give(ana.staff, place, 100, "Sorry", currency="EUR", scenario_id=guideline_id)


def test_the_currency_stays_once_the_ledger_has_lines(ana: Agency, place: Place) -> None:
    set_up(ana, currency="PLN")
    set_up(ana, currency="EUR")
    given_by(ana, ana.staff, place, 100)
    with ana.entered(ana.team_lead), pytest.raises(Conflict) as refused:
        change_limits(ana.team_lead, ana.brand_ids[0], "PLN", limits({"case": 5}), 2)
    assert refused.value.code == "currency_in_use"


# --- Giving ---------------------------------------------------------------------------------------------------------


def test_giving_writes_a_line_with_what_was_seen_and_says_what_is_left(ana: Agency, place: Place) -> None:
    set_up(ana)
    line_id = given_by(ana, ana.staff, place, 1500, words="Call +48 601 234 567 for the   wait")
    assert left(ana, ana.staff, place) == 2500
    with ana.entered(ana.staff):
        line = line_of(ana.staff, line_id)
    assert line is not None
    assert (line.number, line.deed, line.amount_minor, line.currency) == (1, "given", 1500, "EUR")
    assert line.words == "Call ••• for the wait"
    assert line.made_by == line.person_id == ana.staff.user_id
    assert {one["kind"]: one["given_minor"] for one in line.limits} == dict.fromkeys(BRAND_LIMITS, 0)
    with ana.entered():
        facts = db.session.scalars(select(BrandAudit.facts).where(BrandAudit.action == "empowerment.given")).one()
    assert facts == {"over": False, "number": 1, "amount_minor": 1500, "currency": "EUR"}


def test_who_gives_more_than_is_left_is_told_and_a_lead_says_why(ana: Agency, place: Place) -> None:
    set_up(ana)
    given_by(ana, ana.staff, place, 3000)
    with ana.entered(ana.staff), pytest.raises(Conflict) as refused:
        give(ana.staff, place, 1001, "More", currency="EUR", over_reason="I want to")
    told = {name: refused.value.fields[name] for name in ("left_minor", "limit_kind", "limit_minor")}
    assert (refused.value.code, told) == ("over_limit", {"left_minor": 1000, "limit_kind": "case", "limit_minor": 4000})
    with ana.entered(ana.team_lead), pytest.raises(Invalid) as asked:
        give(ana.team_lead, place, 9000, "More", currency="EUR")
    assert list(asked.value.fields["errors"]) == ["over_reason"]
    over = given_by(ana, ana.team_lead, place, 9000, over_reason="Their honeymoon")
    within = given_by(ana, ana.team_lead, place_of_other(ana, place), 100, over_reason="Not needed")
    with ana.entered():
        reasons = {line_of(ana.team_lead, one).over_reason for one in (over, within)}  # type: ignore[union-attr]
    assert reasons == {"Their honeymoon", None}
    assert left(ana, ana.staff, place) == 0


def place_of_other(agency: Agency, place: Place) -> Place:
    return place_of(agency, Factory(agency.app).conversation(agency))


@pytest.mark.parametrize(
    ("field", "more"),
    [
        ("amount", {"amount_minor": 0}),
        ("amount", {"amount_minor": -5}),
        ("words", {"words": " "}),
        ("words", {"words": "\u200b\u202e \u0301"}),
        ("words", {"words": "x" * 301}),
        ("currency", {"currency": "PLN"}),
        ("scenario_id", {"scenario_id": new_id()}),
    ],
)
def test_a_line_that_says_too_little_is_refused(ana: Agency, place: Place, field: str, more: dict[str, Any]) -> None:
    set_up(ana)
    values = {"amount_minor": 5, "words": "Sorry", "currency": "EUR", **more}
    with ana.entered(ana.staff), pytest.raises(Invalid) as refused:
        give(ana.staff, place, **values)
    assert list(refused.value.fields["errors"]) == [field]


def test_nothing_is_given_where_nobody_set_limits_or_by_whoever_may_not(ana: Agency, place: Place) -> None:
    with ana.entered(ana.team_lead), pytest.raises(Conflict) as refused:
        give(ana.team_lead, place, 5, "Sorry", currency="EUR")
    assert refused.value.code == "no_limits"
    set_up(ana)
    for who in ("light", "client_owner", "billing_admin"):
        with ana.entered(ana.actors[who]), pytest.raises(Forbidden):
            give(ana.actors[who], place, 5, "Sorry", currency="EUR")
    for who in ("staff", "client_owner"):
        with ana.entered(ana.actors[who]), pytest.raises(Forbidden):
            change_limits(ana.actors[who], ana.brand_ids[0], "EUR", [], 1)


def test_a_second_click_finds_the_first_ones_line(ana: Agency, place: Place) -> None:
    set_up(ana)
    first = given_by(ana, ana.staff, place, 3000, request_key="k1")
    assert given_by(ana, ana.staff, place, 3000, request_key="k1") == first
    assert left(ana, ana.staff, place) == 1000
    with ana.entered(ana.staff), pytest.raises(Conflict) as refused:
        give(ana.staff, place, 500, "Other", currency="EUR", request_key="k1")
    assert refused.value.code == "request_key_reused"
    assert given_by(ana, ana.team_lead, place, 500, request_key="k1") != first, "a key is one person's"


def test_a_second_line_that_looks_like_the_first_is_no_second_click(ana: Agency, place: Place) -> None:
    set_up(ana)
    given_by(ana, ana.staff, place, 100, words="Cold soup", request_key="k1")
    with ana.entered(ana.staff), pytest.raises(Conflict) as refused:
        give(ana.staff, place, 100, "A taxi home", currency="EUR", request_key="k1")
    assert refused.value.code == "request_key_reused"


@pytest.mark.parametrize("closed", ["paused_at", "archived_at"])
def test_nothing_is_given_in_the_name_of_a_closed_brand_and_what_was_is_taken_back(
    ana: Agency, place: Place, closed: str
) -> None:
    set_up(ana)
    line_id = given_by(ana, ana.staff, place, 100)
    with ana.entered():
        db.session.execute(update(Brand).where(Brand.id == ana.brand_ids[0]).values({closed: clock.now()}))
    with ana.entered(ana.team_lead), pytest.raises(Conflict) as refused:
        give(ana.team_lead, place, 100, "Sorry", currency="EUR", over_reason="I want to")
    assert refused.value.code == "brand_paused"
    assert left(ana, ana.staff, place) == 0
    with ana.entered(ana.staff):
        assert take_back(ana.staff, line_id, "Mistaken").takes_back_id == line_id


def test_names_of_the_people_of_a_case_stand_nowhere_in_the_ledger(ana: Agency, place: Place) -> None:
    set_up(ana)
    names = ["Zofia Nowak", "Jan"]
    over = {"over_reason": "Zofia waited", "names": names}
    line_id = given_by(ana, ana.team_lead, place, 9000, words="For Zofia Nowak, as Jan wished", **over)
    with ana.entered(ana.team_lead):
        back = take_back(ana.team_lead, line_id, "Pani Zofii nie trzeba", names=names)
        line = line_of(ana.team_lead, line_id)
        assert line is not None
        assert (line.words, line.over_reason) == ("For •••, as ••• wished", "••• waited")
        assert back.words == "Pani ••• nie trzeba"


def test_of_more_guidelines_than_are_shown_each_has_its_limit_and_keeps_it(
    ana: Agency, place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    lead, brand_id = ana.team_lead, ana.brand_ids[0]
    offer = {"offer_limit_cents": 3000, "currency": "EUR"}
    with ana.entered(lead):
        ids = [guidelines.create_guideline(lead, brand_id, {**offer, "title": f"G{n}"}).id for n in range(3)]
    set_up(ana, also=limits({"brand_day": 2000}, ids[2]))
    monkeypatch.setattr(empowerment_limits, "MOST_SCENARIOS", 2)
    assert left(ana, ana.staff, place, ids[2]) == 2000
    given_by(ana, ana.staff, place, 100, scenario_id=ids[2])
    set_up(ana, {"case": 5000})
    assert left(ana, ana.staff, place, ids[2]) == 1900, "who did not see it has not taken it away"


# --- Taking back ----------------------------------------------------------------------------------------------------


def test_a_line_is_taken_back_once_with_a_reason_by_its_giver_or_a_lead(
    ana: Agency, make: Factory, place: Place
) -> None:
    set_up(ana)
    line_id = given_by(ana, ana.staff, place, 3000)
    colleague = make.person(ana, Role.STAFF)
    with ana.entered(colleague), pytest.raises(Forbidden):
        take_back(colleague, line_id, "Mine")
    with ana.entered(ana.staff), pytest.raises(Invalid):
        take_back(ana.staff, line_id, " ")
    with ana.entered(ana.staff):
        back = take_back(ana.staff, line_id, "Wrong customer", request_key="b").id
    with ana.entered(ana.staff):
        assert take_back(ana.staff, line_id, "Wrong customer", request_key="b").id == back
    assert left(ana, ana.staff, place) == 4000
    for again in (line_id, back):
        with ana.entered(ana.team_lead), pytest.raises(Conflict) as refused:
            take_back(ana.team_lead, again, "Once more")
        assert refused.value.code in ("taken_back_already", "not_a_giving")
    with ana.entered(ana.staff):
        rows = lines_of_case(ana.staff, place)
    assert [(row.deed, row.takes_back, row.taken_back_by) for row in rows] == [
        ("taken_back", 1, None),
        ("given", None, 2),
    ]


def test_the_room_comes_back_where_it_was_used(
    ana: Agency, make: Factory, place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    """At midnight of the brand, not of ours: 31 October 23:30 in Warsaw is still October."""
    set_up(ana, {"brand_month": 5000, "person_day": 5000})
    with ana.entered():
        db.session.execute(text_update_zone(ana.brand_ids[0]))
    at(monkeypatch, datetime(2026, 10, 31, 22, 30, tzinfo=UTC))
    october = given_by(ana, ana.staff, place, 4000)
    assert left(ana, ana.staff, place) == 1000
    at(monkeypatch, datetime(2026, 10, 31, 23, 30, tzinfo=UTC))
    assert left(ana, ana.staff, place) == 5000, "in Warsaw it is November"
    given_by(ana, ana.staff, place, 2000)
    with ana.entered(ana.staff):
        take_back(ana.staff, october, "Wrong customer")
    assert left(ana, ana.staff, place) == 3000, "October's forty are of no use in November"
    with ana.entered(ana.staff):
        months = [month_of(ana.staff, ana.brand_ids[0], date(2026, month, 1)) for month in (10, 11)]
    assert [(one.given_minor, one.days) for one in months] == [(0, {}), (2000, {1: 2000})]


def text_update_zone(brand_id: UUID) -> Any:
    return update(Brand).where(Brand.id == brand_id).values(time_zone="Europe/Warsaw")


def at(monkeypatch: pytest.MonkeyPatch, moment: datetime) -> None:
    monkeypatch.setattr(clock, "now", lambda: moment)


# --- Two at once ----------------------------------------------------------------------------------------------------


def test_of_two_who_spend_the_last_thirty_one_does(ana: Agency, make: Factory, superuser: Engine) -> None:
    set_up(ana, {"brand_day": 3000 + 2000})
    colleague = make.person(ana, Role.STAFF)
    first, second = [place_of(ana, make.conversation(ana)) for _ in range(2)]
    given_by(ana, ana.staff, first, 2000)
    ended: list[object] = []

    def spend() -> None:
        try:
            ended.append(given_by(ana, colleague, second, 3000))
        except Conflict as refused:
            ended.append(refused)

    other = threading.Thread(target=spend)
    with ana.entered(ana.staff), superuser.connect() as watcher:
        give(ana.staff, first, 3000, "For the wait", currency="EUR")
        other.start()
        for _ in range(6_000):
            if watcher.execute(text("select count(*) > 0 from pg_locks where not granted")).scalar_one():
                break
            other.join(0.01)
            if not other.is_alive():
                break
        assert ended == [], "whoever comes second waits for what the first one does"
    other.join()
    (lost,) = ended
    assert isinstance(lost, Conflict)
    assert (lost.code, lost.fields["left_minor"]) == ("over_limit", 0)
    assert left(ana, ana.staff, first) == 0


def test_two_clicks_at_once_give_once_and_two_who_take_back_do_so_once(ana: Agency, place: Place) -> None:
    set_up(ana)
    one, other = at_once(*[lambda: str(given_by(ana, ana.staff, place, 2500, request_key="twice"))] * 2)
    assert one == other

    def back(actor: Actor) -> str:
        with ana.entered(actor):
            return str(take_back(actor, UUID(one), "Mistaken").id)

    results = at_once(lambda: back(ana.staff), lambda: back(ana.team_lead))
    assert sorted(isinstance(result, Conflict) for result in results) == [False, True], results
    assert left(ana, ana.staff, place) == 4000


# --- Any sequence ---------------------------------------------------------------------------------------------------


STEPS = st.lists(
    st.tuples(
        st.sampled_from(["give", "give", "over", "back", "tomorrow"]),
        st.integers(0, 1),
        st.integers(0, 2),
        st.integers(0, 2),
        st.integers(1, 40),
    ),
    max_size=12,
)


@settings(
    max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(STEPS)
def test_any_sequence_keeps_every_limit_and_every_sum_is_the_fold_of_its_lines(
    make: Factory, monkeypatch: pytest.MonkeyPatch, steps: list[tuple[str, int, int, int, int]]
) -> None:
    """By a fold written here: lines not taken back, each in the buckets it counts in."""
    ana = make.agency("Lantern Street", brands=("Pennywell",))
    lead, brand_id = ana.team_lead, ana.brand_ids[0]
    with ana.entered(lead):
        offer = {"title": "Cold food", "offer_limit_cents": 25, "currency": "EUR"}
        scenario_id = guidelines.create_guideline(lead, brand_id, offer).id
    own = {"case": 40, "customer_month": 50, "person_day": 60, "person_month": 90, "brand_day": 80, "brand_month": 120}
    set_up(ana, own, also=limits({"person_day": 30, "brand_month": 70}, scenario_id))
    places = [place_of(ana, make.conversation(ana)) for _ in range(3)]
    now = clock.now()
    made: list[UUID] = []
    with monkeypatch.context() as moved:
        for deed, who, where, what, amount in steps:
            actor = (ana.staff, lead)[who]
            if deed == "tomorrow":
                now += timedelta(days=1 + amount // 20 * 14)
                at(moved, now)
                continue
            try:
                if deed == "back":
                    with ana.entered(lead):
                        take_back(lead, made[amount % len(made)] if made else new_id(), "Mistaken")
                else:
                    scenario = scenario_id if what == 0 else None
                    reason = "Worth it" if deed == "over" else ""
                    made.append(given_by(ana, actor, places[where], amount, scenario_id=scenario, over_reason=reason))
            except (Conflict, Invalid, NotFound):
                pass
    with ana.entered():
        lines = db.session.scalars(
            select(LedgerLine).where(LedgerLine.brand_id == brand_id).order_by(LedgerLine.number)
        ).all()
        totals = db.session.scalars(select(LedgerTotal).where(LedgerTotal.brand_id == brand_id)).all()
        stored = {Bucket(t.kind, t.scenario_id, t.subject_id, t.period): t.given_minor for t in totals}
        fold, over = Counter[Bucket](), set[Bucket]()
        for line in lines:
            for bucket in buckets_of(giving_of(line)):
                fold[bucket] += line.amount_minor if line.deed == "given" else -line.amount_minor
                if line.over_reason is not None:
                    over.add(bucket)
        assert [line.number for line in lines] == list(range(1, len(lines) + 1))
        assert {bucket: amount for bucket, amount in stored.items() if amount} == {
            bucket: amount for bucket, amount in fold.items() if amount
        }
        bounds = {(kind, brand_id): amount for kind, amount in own.items()}
        bounds |= {("case", scenario_id): 25, ("person_day", scenario_id): 30, ("brand_month", scenario_id): 70}
        for bucket, amount in fold.items():
            assert amount >= 0
            if bucket not in over and (bucket.kind, bucket.scenario_id) in bounds:
                assert amount <= bounds[bucket.kind, bucket.scenario_id], bucket
        for line in lines:
            assert line.over_reason is None or line.made_by == lead.user_id


# --- The ledger as it is read -----------------------------------------------------------------------------------------


def test_the_database_refuses_to_change_or_delete_a_line(ana: Agency, place: Place) -> None:
    set_up(ana)
    given_by(ana, ana.staff, place, 100)
    for statement in ("update ledger_line set amount_minor = 1", "delete from ledger_line"):
        with pytest.raises(ProgrammingError, match="permission denied"), ana.entered():
            db.session.connection().exec_driver_sql(statement)


def test_the_list_goes_by_pages_and_months_and_is_read_along_one_index(
    ana: Agency, place: Place, statements: Callable[[], list[str]]
) -> None:
    set_up(ana, {"brand_month": 10**9})
    for number in range(1, 8):
        given_by(ana, ana.staff, place, number)
    brand_id, today = ana.brand_ids[0], clock.now().date()
    with ana.entered(ana.client_owner):
        db.session.connection()
        statements()
        first = list_lines(ana.client_owner, brand_id, month=today.replace(day=1), limit=3)
        assert len([one for one in statements() if one.lstrip().upper().startswith("SELECT")]) == 1
        assert [row.number for row in first] == [7, 6, 5]
        assert [row.number for row in list_lines(ana.client_owner, brand_id, after=5, limit=3)] == [4, 3, 2]
        assert list_lines(ana.client_owner, brand_id, after=99) == []
        assert list_lines(ana.client_owner, brand_id, month=date(2020, 1, 1)) == []
        assert [row.number for row in every_line(ana.client_owner, brand_id)] == [7, 6, 5, 4, 3, 2, 1]
    with ana.entered(ana.client_owner), pytest.raises(NotFound):
        list_lines(ana.client_owner, ana.brand_ids[1])


def test_a_foreign_line_is_nobodys(ana: Agency, stranger: Agency, place: Place) -> None:
    set_up(ana)
    line_id = given_by(ana, ana.staff, place, 100)
    with stranger.entered(stranger.team_lead):
        assert line_of(stranger.team_lead, line_id) is None
        with pytest.raises(NotFound):
            take_back(stranger.team_lead, line_id, "Mine")
        for deed in (
            lambda: get_rules(stranger.team_lead, ana.brand_ids[0]),
            lambda: what_is_left(stranger.team_lead, place),
        ):
            with pytest.raises(NotFound):
                deed()


FILL = """
insert into ledger_line (agency_id, id, brand_id, number, deed, amount_minor, currency, given_on, made_on, made_by,
    made_by_name, person_id, conversation_id, contact_id, scenario, words, limits)
select :agency_id, uuidv7(n * interval '1 second' - interval '2 days'), :brand_id, n, 'given', 1, 'EUR',
    current_date - n % 90, current_date - 90 + n * 90 / :rows, :person_id, 'Sam', :person_id,
    case when n % 10000 = 0 then :conversation_id else uuidv7() end, uuidv7(), '', 'For the wait', '[]'
from generate_series(1, :rows) n
"""
TOTALS = """
insert into ledger_total (agency_id, id, brand_id, kind, scenario_id, subject_id, period, given_minor)
select :agency_id, uuidv7(), :brand_id, 'customer_month', :brand_id, uuidv7(), '2026-11', n
from generate_series(1, :rows) n
"""

WANTED = {
    "left": "FROM ledger_total",
    "list": "(ledger_line.made_on, ledger_line.number) <",
    "case": "OR ledger_line.contact_id",
}


def test_a_long_ledger_is_never_added_up(
    ana: Agency, place: Place, superuser: Engine, statements: Callable[[], list[str]]
) -> None:
    """With 100,000 lines: two statements say what is left, and the plan of each looks rows up by index."""
    set_up(ana)
    values = {
        "agency_id": ana.id,
        "brand_id": ana.brand_ids[0],
        "rows": 100_000,
        "person_id": ana.staff.user_id,
        "conversation_id": place.conversation_id,
    }
    with superuser.begin() as connection:
        connection.execute(text("set local session_replication_role = replica"))
        connection.execute(text(FILL), values)
        connection.execute(text(TOTALS), {**values, "rows": 20_000})
        connection.execute(text("update empowerment set lines = 100000"))
        connection.execute(text("analyze ledger_line, ledger_total, empowerment, empowerment_limit"))
    with ana.entered(ana.staff):
        db.session.connection()
        statements()
        what_is_left(ana.staff, place)
        list_lines(ana.staff, ana.brand_ids[0], after=50_000)
        lines_of_case(ana.staff, place)
        give(ana.staff, place, 5, "Sorry", currency="EUR")
        db.session.flush()
        seen = [one for one in statements() if not one.startswith("RELEASE")]
        assert len(seen) <= 13, seen
        plans = {}
        for name, words in WANTED.items():
            statement = next(one for one in seen if words in one and one.startswith("SELECT"))
            plans[name] = plan_of(statement)
    assert "uq_ledger_total_bucket" in plans["left"]
    assert "ix_ledger_line_conversation" in plans["case"], plans["case"]
    assert "ix_ledger_line_contact" in plans["case"], plans["case"]
    assert "ix_ledger_line_made" in plans["list"]
    assert "Sort" not in plans["list"], plans["list"]
    for plan in plans.values():
        assert "Seq Scan on ledger_" not in plan, plan


def plan_of(statement: str) -> str:
    """The plan made without knowing any value."""
    connection = db.session.connection()
    count = 0

    def numbered(_match: Any) -> str:
        nonlocal count
        count += 1
        return f"${count}"

    words = re.sub(r"%\(\w+\)s", numbered, statement)
    connection.exec_driver_sql("set local plan_cache_mode = force_generic_plan")
    connection.exec_driver_sql(f"prepare wanted as {words}")
    rows = connection.exec_driver_sql(f"explain execute wanted({', '.join(['null'] * count)})").all()
    connection.exec_driver_sql("deallocate wanted")
    return "\n".join(row[0] for row in rows)
