"""Reading the ledger: a case's lines, a brand's in pages, and what a month used up. Nothing here adds lines up: sums
come from the running totals.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from datetime import date, datetime, timedelta
from typing import Any, Final, NamedTuple
from uuid import UUID

from sqlalchemy import and_, func, literal, or_, select, tuple_
from sqlalchemy.orm import aliased

from styleguides.empowerment import Limit
from styleguides.empowerment_limits import Rules, rules_of
from styleguides.empowerment_room import Place
from styleguides.models import Guideline, LedgerLine, LedgerTotal
from tenants.database import db
from tenants.models import Person
from tenants.permissions import Actor, Permission, require

MOST_AT_ONCE: Final = 100
MOST_OF_A_CASE: Final = 20
MOST_NAMED: Final = 10
"""So many scenarios and people of a month are shown, those with the most first."""
ROWS_AT_ONCE: Final = 1_000

_By = aliased(LedgerLine)
_Of = aliased(LedgerLine)


class LineRow(NamedTuple):
    """One line. `taken_back_by` is the line that takes it back, with who and when; `takes_back` the number of the one
    that this takes back.
    """

    id: UUID
    number: int
    deed: str
    amount_minor: int
    currency: str
    given_on: date
    made_on: date
    created_at: datetime
    made_by: UUID
    made_by_name: str
    person_id: UUID
    conversation_id: UUID
    contact_id: UUID | None
    guideline_id: UUID | None
    scenario: str
    words: str
    reply_id: UUID | None
    over_reason: str | None
    limits: list[dict[str, Any]]
    takes_back: int | None
    taken_back_by: int | None
    taken_back_by_name: str | None
    taken_back_at: datetime | None


def _lines() -> Any:
    return (
        select(
            LedgerLine.id,
            LedgerLine.number,
            LedgerLine.deed,
            LedgerLine.amount_minor,
            LedgerLine.currency,
            LedgerLine.given_on,
            LedgerLine.made_on,
            LedgerLine.created_at,
            LedgerLine.made_by,
            LedgerLine.made_by_name,
            LedgerLine.person_id,
            LedgerLine.conversation_id,
            LedgerLine.contact_id,
            LedgerLine.guideline_id,
            LedgerLine.scenario,
            LedgerLine.words,
            LedgerLine.reply_id,
            LedgerLine.over_reason,
            LedgerLine.limits,
            _Of.number,
            _By.number,
            _By.made_by_name,
            _By.created_at,
        )
        .outerjoin(_Of, and_(_Of.agency_id == LedgerLine.agency_id, _Of.id == LedgerLine.takes_back_id))
        .outerjoin(_By, and_(_By.agency_id == LedgerLine.agency_id, _By.takes_back_id == LedgerLine.id))
    )


def line_of(actor: Actor, line_id: UUID) -> LineRow | None:
    """One line, as lists show it; None outside the scope. Raises Forbidden."""
    require(actor, Permission.EMPOWERMENT_READ)
    row = db.session.execute(_lines().where(LedgerLine.id == line_id)).one_or_none()
    return LineRow._make(row) if row is not None else None


def lines_of_case(actor: Actor, place: Place) -> list[LineRow]:
    """What was given in this case and to this customer, the newest first. One statement. Raises NotFound, Forbidden."""
    require(actor, Permission.EMPOWERMENT_READ, place.brand_id)
    found = LedgerLine.conversation_id == place.conversation_id
    if place.contact_id is not None:
        found = or_(found, LedgerLine.contact_id.in_(place.contact_ids))
    rows = db.session.execute(_lines().where(found).order_by(LedgerLine.number.desc()).limit(MOST_OF_A_CASE))
    return [LineRow._make(row) for row in rows]


def lines_of_contacts(actor: Actor, brand_id: UUID, contact_ids: Collection[UUID], limit: int) -> list[LineRow]:
    """What was given to these identities of one customer, the newest first; nothing for who may not see it."""
    if not actor.may(Permission.EMPOWERMENT_READ):
        return []
    rows = db.session.execute(
        _lines()
        .where(LedgerLine.brand_id == brand_id, LedgerLine.contact_id.in_(contact_ids))
        .order_by(LedgerLine.number.desc())
        .limit(limit)
    )
    return [LineRow._make(row) for row in rows]


def lines_of_conversation(conversation_id: UUID) -> list[LineRow]:
    """The same of the conversation alone, the oldest first; whoever calls has asked for the permission."""
    rows = db.session.execute(
        _lines().where(LedgerLine.conversation_id == conversation_id).order_by(LedgerLine.number).limit(MOST_AT_ONCE)
    )
    return [LineRow._make(row) for row in rows]


def list_lines(
    actor: Actor, brand_id: UUID, *, month: date | None = None, after: int | None = None, limit: int = 50
) -> list[LineRow]:
    """The brand's lines, the newest first, of one month or of all. One statement along one index, one more for none.

    `month` is its first day; `after` the number of the last one seen. Raises NotFound, Forbidden.
    """
    require(actor, Permission.EMPOWERMENT_READ, brand_id)
    rows = db.session.execute(_page(brand_id, month, after, min(limit, MOST_AT_ONCE + 1))).all()
    if not rows:
        rules_of(brand_id)  # one that is not there has no ledger
    return [LineRow._make(row) for row in rows]


def every_line(actor: Actor, brand_id: UUID, *, month: date | None = None) -> Iterator[LineRow]:
    """All of them, the newest first, read ROWS_AT_ONCE at a time, so that a long ledger never stands in memory."""
    require(actor, Permission.EMPOWERMENT_READ, brand_id)
    after: int | None = None
    while True:
        rows = [LineRow._make(row) for row in db.session.execute(_page(brand_id, month, after, ROWS_AT_ONCE))]
        yield from rows
        if len(rows) < ROWS_AT_ONCE:
            return
        after = rows[-1].number


def _page(brand_id: UUID, month: date | None, after: int | None, limit: int) -> Any:
    wanted = _lines().where(LedgerLine.brand_id == brand_id)
    if month is not None:
        wanted = wanted.where(LedgerLine.made_on >= month, LedgerLine.made_on < next_month(month))
    if after is not None:
        last = aliased(LedgerLine)
        made_on = select(last.made_on).where(last.brand_id == brand_id, last.number == after).scalar_subquery()
        wanted = wanted.where(tuple_(LedgerLine.made_on, LedgerLine.number) < tuple_(made_on, literal(after)))
    return wanted.order_by(LedgerLine.made_on.desc(), LedgerLine.number.desc()).limit(limit)


def next_month(month: date) -> date:
    """The first day of the month after."""
    return (month.replace(day=1) + timedelta(days=32)).replace(day=1)


class Used(NamedTuple):
    """How much one scenario or person used up in a month."""

    id: UUID
    name: str
    given_minor: int
    over: int = 0


class Fullest(NamedTuple):
    """A limit, and the fullest of what it counts in this month: the dearest day, the most generous person."""

    limit: Limit
    given_minor: int


class Month(NamedTuple):
    """What a month used up. `days` has every day with something, as a number of the month; `over` counts the lines for
    which the limits did not suffice; `first` is the first month with a line.
    """

    rules: Rules
    month: date
    given_minor: int
    scenarios: tuple[Used, ...]
    people: tuple[Used, ...]
    days: dict[int, int]
    fullest: tuple[Fullest, ...]
    over: int
    first: date | None


def month_of(actor: Actor, brand_id: UUID, month: date | None = None) -> Month:
    """A month of the ledger, this one where none is named. At most nine statements, whose sums are the running ones; of
    lines only those that went over a limit are counted. Raises NotFound, Forbidden.
    """
    require(actor, Permission.EMPOWERMENT_READ, brand_id)
    rules = rules_of(brand_id)
    month = (month or rules.today()).replace(day=1)
    period = month.isoformat()[:7]
    over = _over(brand_id, month)
    scenarios = _most(brand_id, "brand_month", period)
    total = next((given for scenario_id, _subject, given in scenarios if scenario_id == brand_id), 0)
    people = _most(brand_id, "person_month", period, whole=True)
    first = db.session.execute(
        select(LedgerLine.made_on)
        .where(LedgerLine.brand_id == brand_id)
        .order_by(LedgerLine.made_on, LedgerLine.number)
        .limit(1)
    ).scalar_one_or_none()
    titles = _names(Guideline.id, Guideline.title, [row[0] for row in scenarios])
    names = _names(Person.id, Person.name, [row[1] for row in people])
    named = [(one, given) for one, _subject, given in scenarios if one != brand_id and given][:MOST_NAMED]
    in_scenarios = sum(given for one, _subject, given in scenarios if one != brand_id)
    rest = [(brand_id, total - in_scenarios)] if total > in_scenarios and len(scenarios) <= MOST_NAMED + 1 else []
    days, fullest = _fullest(rules, month)
    return Month(
        rules,
        month,
        total,
        tuple(
            Used(one, titles.get(one, ""), given, over.get(None if one == brand_id else one, 0))
            for one, given in sorted((*named, *rest), key=lambda pair: -pair[1])
        ),
        tuple(Used(one, names.get(one, ""), given) for _whole, one, given in people if given),
        days,
        fullest,
        sum(over.values()),
        first.replace(day=1) if first is not None else None,
    )


def _most(brand_id: UUID, kind: str, period: str, *, whole: bool = False) -> Sequence[Any]:
    """The largest sums of a kind in a period: (scenario, subject, sum)."""
    wanted = select(LedgerTotal.scenario_id, LedgerTotal.subject_id, LedgerTotal.given_minor).where(
        LedgerTotal.brand_id == brand_id, LedgerTotal.kind == kind, LedgerTotal.period == period
    )
    if whole:
        wanted = wanted.where(LedgerTotal.scenario_id == brand_id)
    return db.session.execute(
        wanted.order_by(LedgerTotal.given_minor.desc(), LedgerTotal.id).limit(MOST_NAMED + (0 if whole else 2))
    ).all()


def _names(key: Any, name: Any, ids: list[UUID]) -> dict[UUID, str]:
    return {row[0]: row[1] for row in db.session.execute(select(key, name).where(key.in_(ids)))} if ids else {}


def _over(brand_id: UUID, month: date) -> dict[UUID | None, int]:
    rows = db.session.execute(
        select(LedgerLine.guideline_id, func.count())
        .where(
            LedgerLine.brand_id == brand_id,
            LedgerLine.over_reason.is_not(None),
            LedgerLine.given_on >= month,
            LedgerLine.given_on < next_month(month),
        )
        .group_by(LedgerLine.guideline_id)
    )
    return {row[0]: row[1] for row in rows}


def _fullest(rules: Rules, month: date) -> tuple[dict[int, int], tuple[Fullest, ...]]:
    """The sum of each day, and for each limit that counts by day or month its fullest bucket of this month."""
    wanted = {(one.kind, one.scenario_id or rules.brand_id) for one in rules.limits if one.kind != "case"}
    length = (next_month(month) - month).days
    periods = [month.isoformat()[:7], *((month + timedelta(days=number)).isoformat() for number in range(length))]
    of_month = (LedgerTotal.brand_id == rules.brand_id, LedgerTotal.period.in_(periods))
    days = db.session.execute(
        select(LedgerTotal.period, LedgerTotal.given_minor).where(
            *of_month, LedgerTotal.kind == "brand_day", LedgerTotal.scenario_id == rules.brand_id
        )
    )
    tops: dict[tuple[str, UUID], int] = {}
    if wanted:
        rows = db.session.execute(
            select(LedgerTotal.kind, LedgerTotal.scenario_id, func.max(LedgerTotal.given_minor))
            .where(*of_month, LedgerTotal.kind.in_({kind for kind, _scenario in wanted}))
            .group_by(LedgerTotal.kind, LedgerTotal.scenario_id)
        )
        tops = {(row[0], row[1]): row[2] for row in rows}
    fullest = tuple(
        Fullest(one, tops.get((one.kind, one.scenario_id or rules.brand_id), 0))
        for one in rules.limits
        if one.kind != "case"
    )
    return {int(period[8:]): given for period, given in days if given}, fullest
