"""A brand's month with its client: the cases behind a number come to it, what was reported stays, goals and minutes
have a date and a name, and everybody reads what is theirs.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta

import pytest
from flask import Flask
from sqlalchemy import Engine, text

from agency.reports import monthly
from agency.reports.figures import PRIVATE, PUBLIC
from agency.reports.folding import fold
from agency.reports.goals import Which, agree, goals_of, is_met, mark_of
from agency.reports.minutes import minutes_of, save_minutes
from agency.reports.monthly import OPENED, cases_of, counted_now, month_from, month_of, number_of, report
from jobs.mailing_days import mail_days
from tenants import clock
from tenants.database import new_id
from tenants.errors import Conflict, Forbidden, Invalid, NotFound
from tenants.permissions import Actor
from tests.factories import Agency, Factory
from tests.web.browser import Browser
from tests.web.mailed import Phone, bodies
from tests.web.replying import waiting_reply

NOVEMBER, DECEMBER = date(2026, 11, 1), date(2026, 12, 1)
FIRST = datetime(2026, 12, 1, 8, 30, tzinfo=UTC)
DAY, HOUR = timedelta(days=1), timedelta(hours=1)
ANSWERED = """
insert into message (agency_id, id, brand_id, conversation_id, account_id, external_id, direction, text, written_at,
    content_hash)
select agency_id, :id, brand_id, conversation_id, account_id, external_id || 'a', 'out', 'Thank you',
    written_at + interval '1 hour', content_hash
from message where conversation_id = :case
"""
OUTCOME = """
insert into clock_outcome (agency_id, id, brand_id, conversation_id, clock, started_at, due_at, stopped_at, rule)
select agency_id, gen_random_uuid(), brand_id, id, :clock, cast(:at as timestamptz) - interval '2 hours', :due, :at,
    '[]'
from conversation where id = :case
"""
APPROVED = """
insert into approval (agency_id, id, brand_id, reply_id, reply_text_id, text_hash, target_fingerprint, decision,
    decided_by, decided_by_name, created_at)
select r.agency_id, gen_random_uuid(), r.brand_id, r.id, t.id, t.text_hash, '\\x00', 'approved', gen_random_uuid(),
    'Client', cast(:at as timestamptz) - interval '1 hour'
from reply r join reply_text t on t.agency_id = r.agency_id and t.reply_id = r.id where r.id = :id
"""


@pytest.fixture
def world(make: Factory, ana: Agency, superuser: Engine, monkeypatch: pytest.MonkeyPatch) -> Iterator[Agency]:
    """The first of December: in November five answered after an hour, two not, one in private; one in October and one
    after midnight. Pages hold two.
    """
    monkeypatch.setattr(monthly, "PAGE_ROWS", 2)
    monkeypatch.setattr("agency.reports.figures.PAGE_ROWS", 2)
    with clock.stopped_at(FIRST):
        account = make.account(ana)
        cases = [make.conversation(ana, account_id=account, age=(n + 2) * DAY) for n in range(7)]
        cases.append(make.conversation(ana, account_id=account, kind="message", age=20 * DAY))
        make.conversation(ana, account_id=account, age=40 * DAY)
        make.conversation(ana, account_id=account, age=8 * HOUR)
        reply = waiting_reply(ana, cases[0], "Thank you for telling us.")
        with superuser.begin() as connection:
            connection.execute(text("update brand set time_zone = 'Europe/Warsaw', created_at = '2026-01-01'"))
            for one in (*cases[:5], cases[7]):
                connection.execute(text(ANSWERED), {"id": new_id(), "case": one})
            for number, one in enumerate(cases):
                at = FIRST - (number + 2) * DAY
                due = at + (HOUR if number % 2 else -HOUR)
                connection.execute(text(OUTCOME), {"clock": "heard", "case": one, "at": at, "due": due})
            early = {
                "clock": "resolved",
                "case": cases[1],
                "at": datetime(2026, 10, 31, 23, 30, tzinfo=UTC),
                "due": FIRST,
            }
            connection.execute(text(OUTCOME), early)  # half past midnight of the first, in Warsaw
            at = {"at": FIRST - 2 * DAY, "id": reply}
            connection.execute(text(APPROVED), at)
            connection.execute(
                text(
                    "update reply set state = 'published', state_since = :at, published_at = :at,"
                    " submitted_at = cast(:at as timestamptz) - interval '3 hours' where id = :id"
                ),
                at,
            )
            connection.execute(
                text("insert into figure_due (agency_id, conversation_id) select agency_id, id from conversation")
            )
        with ana.entered():
            assert fold() == 10
        yield ana


def some(**goals: int | None) -> dict[Which, int | None]:
    return {(name, False): target for name, target in goals.items()}


def test_the_cases_behind_a_months_numbers_come_to_them(world: Agency) -> None:
    lead, brand_id = world.team_lead, world.brand_ids[0]
    with world.entered(lead):
        brand, found = month_of(lead, brand_id, NOVEMBER)
        for kind in (PUBLIC, PRIVATE):
            for of in sorted(OPENED):
                adds, place, pages = 0, None, 0
                while pages == 0 or place is not None:
                    page = cases_of(lead, brand_id, NOVEMBER, of, kind, place)
                    adds, place, pages = adds + sum(row.adds for row in page.rows), page.next_cursor, pages + 1
                assert adds == number_of(found.part(kind), of), (of, kind)
        public = found.public
        assert (public.sums.received, public.sums.asked, public.sums.answered) == (7, 7, 5), "midnight is Warsaw's"
        assert public.sums.average_seconds == 3_600
        assert (public.clocks["heard"], public.clocks["resolved"]) == ((3, 4), (1, 0))
        assert (public.decided, public.decided_average, found.private.decided) == (1, 7_200, 0)
        assert found.private.sums.answered == 1
        assert counted_now(brand, date(2026, 10, 1)).public.sums.received == 1
        for month, of in ((date(2027, 1, 1), "received"), (NOVEMBER, "met"), (date(2026, 6, 1), "received")):
            with pytest.raises(NotFound):
                cases_of(lead, brand_id, month, of, PUBLIC)
        with pytest.raises(Invalid):
            cases_of(lead, brand_id, NOVEMBER, "heard_met", PUBLIC, "x")


def test_a_month_is_reported_once_and_its_client_is_told(world: Agency, whole_app: Flask, superuser: Engine) -> None:
    lead, brand_id = world.team_lead, world.brand_ids[0]
    with clock.stopped_at(FIRST - 2 * HOUR) as move_to:
        mail_days(whole_app)
        assert not bodies(whole_app, superuser), "it is no morning there yet"
        with world.entered(lead):
            wanted = some(answered=90, time=7_200)
            day = date(2026, 10, 30)
            with pytest.raises(Conflict):  # November is over
                agree(lead, brand_id, NOVEMBER, wanted, agreed_on=day, agreed_with="A. K.", based_on=mark_of({}))
        with superuser.begin() as connection:
            connection.execute(text(GOALS), {"agency_id": world.id, "brand_id": brand_id})
        for hours in (2, 2, 50):
            move_to(FIRST + (hours - 2) * HOUR)
            mail_days(whole_app)
        (said,) = [one for one in bodies(whole_app, superuser) if "Share answered: " in one]
        assert "Share answered: in public 71%, in private 100%" in said
        assert "Goal missed, in public: ≥ 90%" in said
        assert "Goal met, in public: ≤ 2 h" in said
        move_to(FIRST + HOUR)
        with world.entered(lead):
            before = month_of(lead, brand_id, NOVEMBER)[1]
        with superuser.begin() as connection:
            connection.execute(text("update brand_day set received = received + 5 where day = '2026-11-20'"))
            connection.execute(
                text(
                    "insert into brand_day (agency_id, id, brand_id, day, is_private, received) "
                    "values (:agency_id, gen_random_uuid(), :brand_id, '2026-11-02', false, 9)"
                ),
                {"agency_id": world.id, "brand_id": brand_id},
            )
        with world.entered(lead):
            brand, after = month_of(lead, brand_id, NOVEMBER)
            assert after == before, "what was told stays"
            assert len(after.digest) == 64
            assert report(brand, NOVEMBER) is None, "once, whoever asks"
            assert counted_now(brand, NOVEMBER).public.sums.received == 16
        with superuser.connect() as connection:
            (told,) = connection.execute(
                text("select facts from brand_audit where action = 'month.reported' and brand_id = :one"),
                {"one": brand_id},
            ).scalars()
        assert told["sha256"] == after.digest
        (path,) = re.findall(r"http://localhost(/d/\S+/months/\S+)", said)
        page = Phone(whole_app).open(path)
        assert page.status_code == 200
        assert "71%" in page.text
        assert "/cases?" not in page.text, "cases open behind a sign-in"
        assert Phone(whole_app).open(path.replace(str(brand_id), str(world.brand_ids[1]))).status_code == 404
        assert Phone(whole_app).open(path.replace("2026-11", "2026-13")).status_code == 404


GOALS = """
insert into brand_goal (agency_id, id, brand_id, figure, is_private, from_month, target, agreed_on, agreed_with,
    saved_by, saved_by_name, saved_at)
select :agency_id, gen_random_uuid(), :brand_id, figure, false, from_month::date, target, '2026-10-30', 'A. Kowalski',
    gen_random_uuid(), 'Marek', now()
from (values ('answered', '2026-09-01', 50), ('answered', '2026-11-01', 90), ('time', '2026-10-01', 7200),
    ('resolved', '2026-10-01', 60), ('resolved', '2026-11-01', null)) as v (figure, from_month, target)
"""


def test_goals_hold_until_others_are_agreed_and_two_leads_do_not_overwrite_one_another(world: Agency) -> None:
    lead, brand_id, today = world.team_lead, world.brand_ids[0], FIRST.date()

    def say(
        actor: Actor, based_on: str, *, month: date = DECEMBER, who: str = "A. Kowalski", **goals: int | None
    ) -> str:
        with world.entered(actor):
            return mark_of(
                agree(actor, brand_id, month, some(**goals), agreed_on=today, agreed_with=who, based_on=based_on)
            )

    first = say(lead, mark_of({}), answered=90, time=7_200)
    with pytest.raises(Conflict):
        say(lead, mark_of({}), answered=95)
    second = say(world.agency_admin, first, answered=90, time=3_600, who="B. Nowak")
    assert say(lead, second, answered=90, time=3_600, who="") == second, "the same again asks for nobody's name"
    for wrong in ({"answered": 0}, {"answered": 101}, {"time": 59}, {"heard": 9}):
        with pytest.raises(Invalid):
            say(lead, second, **wrong)
    with pytest.raises(Invalid):
        say(lead, second, answered=80, who=" \u202e ")
    say(lead, second, month=date(2027, 2, 1), answered=None, time=3_600)
    with world.entered(lead):
        found = goals_of(brand_id, date(2027, 1, 1))
        assert {name: (one.target, one.agreed_with) for (name, _side), one in found.items()} == {
            "answered": (90, "A. Kowalski"),
            "time": (3_600, "B. Nowak"),
        }
        assert goals_of(brand_id, NOVEMBER) == {}
        assert [name for name, _side in goals_of(brand_id, date(2027, 3, 1))] == ["time"]
    assert [is_met("time", 60, 61), is_met("answered", 90, 90), is_met("time", 60, None)] == [False, True, None]
    for actor in (world.client_owner, world.staff):
        with world.entered(actor), pytest.raises(Forbidden):
            agree(actor, brand_id, DECEMBER, {}, agreed_on=today, agreed_with="x", based_on=second)


def test_minutes_are_the_agencys_until_they_are_shared(world: Agency, whole_app: Flask) -> None:
    lead, owner, brand_id = world.team_lead, world.client_owner, world.brand_ids[0]
    url = f"/brands/{brand_id}/months/2026-11"
    form = {
        "words": "Faster at weekends. <b>\u202e",
        "present": "A.\nKowalski",
        "held_on": "2026-12-01",
        "based_on": "0",
    }
    one, other, client = Browser(whole_app, lead), Browser(whole_app, world.agency_admin), Browser(whole_app, owner)
    assert one.post(f"{url}/minutes", form).status_code == 303
    late = other.post(f"{url}/minutes", {**form, "words": "Mine."})
    assert late.status_code == 409
    assert "Mine.</textarea>" in late.text, "nothing typed is lost"
    assert "Faster at weekends. &lt;b&gt;" in late.text
    assert 'name="based_on" value="1"' in late.text
    assert "Faster" not in client.get(url).text
    assert one.post(f"{url}/minutes", {**form, "based_on": "1", "is_shared": "1"}).status_code == 303
    page = client.get(url).text
    assert "Faster at weekends. &lt;b&gt;" in page
    assert "Present: A. Kowalski." in page
    assert ">42%</a>" in page, "three of seven heard in time, rounded down as a goal is"
    assert '<form class="card' not in page
    for wrong in (
        {"words": "x" * 20_001},
        {"words": "\x00"},
        {"held_on": "2026-12-02"},
        {"held_on": "2026-10-31"},
        {"held_on": "soon"},
    ):
        refused = one.post(f"{url}/minutes", {**form, "based_on": "2", **wrong})
        assert refused.status_code == 422, wrong
    goals = {"agreed_on": "2026-12-01", "agreed_with": "A. Kowalski", "based_on": mark_of({})}
    assert one.post(f"{url}/goals", {**goals, "time.public": "two"}).status_code == 422
    assert one.post(f"{url}/goals", {**goals, "time.public": "1,5", "answered.private": "90 %"}).status_code == 303
    assert "at most 1.5 h" in client.get(url).text
    assert "agreed on 1 Dec 2026 with A. Kowalski" in client.get(f"{url[:-2]}12").text
    assert other.post(f"{url}/goals", {**goals, "time.public": "3"}).status_code == 409
    assert client.post(f"{url}/goals", goals).status_code == 403
    for link in {html.unescape(one) for one in re.findall(r'href="(/brands/[^"]*cases[^"]*)"', page)}:
        shown = client.get(link)
        assert shown.status_code == 200
        assert 'class="due-cases"' in shown.text, link
    assert client.get("/months").status_code == 302, "of one brand alone its page"
    assert str(brand_id) in one.get("/months").text
    with world.entered(owner):
        assert minutes_of(owner, brand_id, NOVEMBER).number == 2
    assert [month_from(one) for one in ("2026-00", "1999-12", "2026-1", "٢٠٢٦-11", "")] == [None] * 5
    with world.entered(lead), pytest.raises(NotFound):
        save_minutes(lead, brand_id, date(2027, 1, 1), "x", held_on=None, is_shared=False, based_on=0)
