"""A brand's limits of what may be given: read with what guidelines say, and changed. Flushes, never commits.

What one case of a scenario may cost stands in its guideline (`offer_limit_cents`) and nowhere else; all other limits
are rows of their own. `version` is that of the limits, so that of two who change them one is told.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime
from typing import Any, Final, NamedTuple
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import Select, and_, delete, func, or_, select, true
from sqlalchemy.dialects.postgresql import aggregate_order_by, insert

from styleguides.currencies import CURRENCIES, LARGEST_MINOR, of_hundredths
from styleguides.empowerment import KIND_NAMES, Limit
from styleguides.models import Empowerment, EmpowermentLimit, Guideline
from tenants import clock
from tenants.audit import record
from tenants.database import db, new_id
from tenants.errors import Conflict, Invalid, NotFound, worded
from tenants.models import Brand
from tenants.permissions import Actor, Permission, require

MOST_SCENARIOS: Final = 200
"""So many of a brand's guidelines are offered at once, those with a limit first."""


class Scenario(NamedTuple):
    """A guideline as far as limits know it; the offer is in hundredths of `offer_currency`."""

    id: UUID
    title: str
    offer_limit_cents: int | None
    offer_currency: str | None


class Rules(NamedTuple):
    """A brand's currency and limits. `version` is 0 and `currency` empty where nobody has set them up.

    `limits` hold those of the guidelines, too; `scenarios` those with a limit and those asked for, by id. `is_closed`:
    the brand is paused or archived, so nothing is given in its name.
    """

    brand_id: UUID
    time_zone: str
    currency: str
    version: int
    lines: int
    changed_at: datetime | None
    changed_by_name: str
    limits: tuple[Limit, ...]
    scenarios: dict[UUID, Scenario]
    is_closed: bool

    @property
    def is_set_up(self) -> bool:
        return self.version > 0

    def today(self) -> date:
        """The day it is where the brand is."""
        return clock.now().astimezone(ZoneInfo(self.time_zone)).date()


def rules_of(brand_id: UUID, scenario_ids: Collection[UUID] = (), *, all_scenarios: bool = False) -> Rules:
    """The brand's limits, in one statement. Raises NotFound. Whoever calls has asked for the permission."""
    own = select(
        func.jsonb_agg(
            func.jsonb_build_array(EmpowermentLimit.guideline_id, EmpowermentLimit.kind, EmpowermentLimit.amount_minor)
        )
    ).where(EmpowermentLimit.brand_id == brand_id)
    row = db.session.execute(
        select(
            Brand.id,
            Brand.time_zone,
            Empowerment.currency,
            Empowerment.version,
            Empowerment.lines,
            Empowerment.changed_at,
            Empowerment.changed_by_name,
            own.scalar_subquery(),
            _scenarios(brand_id, scenario_ids, all_scenarios=all_scenarios).scalar_subquery(),
            or_(Brand.paused_at.is_not(None), Brand.archived_at.is_not(None)),
        )
        .outerjoin(Empowerment, and_(Empowerment.agency_id == Brand.agency_id, Empowerment.brand_id == Brand.id))
        .where(Brand.id == brand_id)
    ).one_or_none()
    if row is None:
        raise NotFound()
    scenarios = {UUID(one[0]): Scenario(UUID(one[0]), *one[1:]) for one in row[8] or ()}
    currency = row.currency or ""
    limits = [Limit(kind, UUID(one) if one else None, amount) for one, kind, amount in row[7] or ()]
    offers = [offer_limit(one, currency) for one in scenarios.values() if one.offer_limit_cents is not None]
    return Rules(
        row.id,
        row.time_zone,
        currency,
        row.version or 0,
        row.lines or 0,
        row.changed_at,
        row.changed_by_name or "",
        tuple(
            sorted(
                (one for one in (*limits, *offers) if one.scenario_id is None or one.scenario_id in scenarios),
                key=lambda one: (one.scenario_id is not None, KIND_NAMES.index(one.kind), str(one.scenario_id)),
            )
        ),
        scenarios,
        row[9],
    )


def _scenarios(brand_id: UUID, wanted: Collection[UUID], *, all_scenarios: bool) -> Select[Any]:
    """Guidelines with a limit or an offer, and those asked for, which are never left out, as one JSON list by title."""
    has_limit = (
        select(EmpowermentLimit.id)
        .where(EmpowermentLimit.brand_id == brand_id, EmpowermentLimit.guideline_id == Guideline.id)
        .exists()
    )
    bounded = or_(Guideline.offer_limit_cents.is_not(None), has_limit)
    some = (
        select(
            Guideline.id,
            Guideline.title,
            Guideline.offer_limit_cents,
            Guideline.currency,
            bounded.label("bounded"),
        )
        .where(Guideline.brand_id == brand_id, Guideline.deleted_at.is_(None))
        .where(true() if all_scenarios else or_(bounded, Guideline.id.in_(list(wanted))))
        .order_by(Guideline.id.in_(list(wanted)).desc(), bounded.desc(), Guideline.title, Guideline.id)
        .limit(MOST_SCENARIOS)
        .subquery()
    )
    one = func.jsonb_build_array(some.c.id, some.c.title, some.c.offer_limit_cents, some.c.currency)
    return select(func.jsonb_agg(aggregate_order_by(one, some.c.bounded.desc(), some.c.title, some.c.id)))


def offer_limit(scenario: Scenario, currency: str) -> Limit:
    """What a case of this scenario may cost, as its guideline says. Raises AssertionError without an offer."""
    assert scenario.offer_limit_cents is not None
    if currency not in CURRENCIES or scenario.offer_currency != currency:
        return Limit("case", scenario.id, 0, is_comparable=False)
    return Limit("case", scenario.id, of_hundredths(scenario.offer_limit_cents, currency))


def get_rules(actor: Actor, brand_id: UUID, *, all_scenarios: bool = False) -> Rules:
    """The brand's limits. Raises NotFound, Forbidden."""
    require(actor, Permission.EMPOWERMENT_READ, brand_id)
    return rules_of(brand_id, all_scenarios=all_scenarios)


def change_limits(
    actor: Actor, brand_id: UUID, currency: str, limits: Sequence[Mapping[str, Any]], version: int
) -> Rules:
    """Put these limits in the place of those that hold. Each has `guideline_id` (None for the brand), `kind` and
    `amount_minor`. The same again changes nothing.

    Raises Conflict `limits_changed` with the present version when somebody else was faster, Conflict `currency_in_use`
    where the ledger has lines in another, Invalid with `errors` by field, NotFound, Forbidden.
    """
    require(actor, Permission.EMPOWERMENT_LIMIT, brand_id)
    before = rules_of(brand_id, all_scenarios=True)
    if currency not in CURRENCIES:
        raise _invalid({"currency": [worded("must be a currency code of ISO 4217, such as EUR")]})
    wanted = _read(limits, before)
    db.session.execute(
        insert(Empowerment)
        .values(
            agency_id=actor.agency_id, id=new_id(), brand_id=brand_id, currency=currency, version=0, changed_by_name=""
        )
        .on_conflict_do_nothing(constraint="uq_empowerment_agency_id_brand_id")
    )
    row = locked(brand_id)
    assert row is not None
    now = rules_of(brand_id, all_scenarios=True)
    standing = {(one.kind, one.scenario_id): one.amount_minor for one in now.limits if _is_own(one)}
    shown = {*before.scenarios, *now.scenarios}
    if row.version and (row.currency, standing) == (currency, wanted):
        return now  # a second click
    if row.version != version:
        raise Conflict(
            "Somebody changed these limits since you opened them. Nothing of yours was saved. Read them again first.",
            code="limits_changed",
            version=row.version,
        )
    if row.lines and row.currency != currency:
        raise Conflict(
            worded(
                "The ledger is kept in %(currency)s and holds lines already. Nothing was changed. "
                "Keep the currency; a sum of two currencies would say nothing.",
                currency=row.currency,
            ),
            code="currency_in_use",
        )
    db.session.execute(
        delete(EmpowermentLimit)
        .where(
            EmpowermentLimit.brand_id == brand_id,  # and not those of guidelines beyond the most that are shown
            or_(EmpowermentLimit.guideline_id.is_(None), EmpowermentLimit.guideline_id.in_(shown)),
        )
        .execution_options(synchronize_session=False)
    )
    db.session.add_all(
        EmpowermentLimit(
            agency_id=actor.agency_id, brand_id=brand_id, guideline_id=guideline_id, kind=kind, amount_minor=amount
        )
        for (kind, guideline_id), amount in wanted.items()
    )
    earlier = row.currency if row.version else None
    row.currency, row.version = currency, row.version + 1
    row.changed_at, row.changed_by_name = clock.now(), actor.name
    db.session.flush()
    record(
        actor,
        "empowerment.limits_changed",
        "empowerment",
        row.id,
        brand_id=brand_id,
        before={"currency": earlier, "limits": _told(standing)},
        after={"currency": currency, "limits": _told(wanted)},
    )
    return rules_of(brand_id, all_scenarios=True)


def locked(brand_id: UUID) -> Empowerment | None:
    """The brand's row, held until this transaction ends: one at a time gives, takes back or changes limits."""
    return db.session.execute(
        select(Empowerment)
        .where(Empowerment.brand_id == brand_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).scalar_one_or_none()


_Wanted = dict[tuple[str, UUID | None], int]


def _is_own(limit: Limit) -> bool:
    return not (limit.kind == "case" and limit.scenario_id is not None)


def _told(limits: _Wanted) -> list[dict[str, Any]]:
    return [
        {"kind": kind, "guideline_id": str(one) if one else None, "amount_minor": amount}
        for (kind, one), amount in sorted(limits.items(), key=str)
    ]


def _read(limits: Sequence[Mapping[str, Any]], rules: Rules) -> _Wanted:
    """The limits as they are kept; a scenario's own row for one case is refused, for its guideline says that."""
    wanted: _Wanted = {}
    for number, one in enumerate(limits):
        kind, guideline_id, amount = one.get("kind"), one.get("guideline_id"), one.get("amount_minor")
        field = f"limits.{number}"
        if not isinstance(kind, str) or kind not in KIND_NAMES:
            raise _invalid({field: [worded("must be one of %(names)s", names=", ".join(KIND_NAMES))]})
        if isinstance(amount, bool) or not isinstance(amount, int) or not 0 <= amount <= LARGEST_MINOR:
            raise _invalid({field: [worded("must be a whole number from 0 to %(limit)s", limit=LARGEST_MINOR)]})
        if guideline_id is not None and guideline_id not in rules.scenarios:
            raise _invalid({field: [worded("names a guideline that is not there")]})
        if guideline_id is not None and kind == "case":
            raise _invalid({field: [worded("is said by the guideline itself: change what may be offered there")]})
        if (kind, guideline_id) in wanted:
            raise _invalid({field: [worded("is there twice")]})
        wanted[kind, guideline_id] = amount
    return wanted


def _invalid(errors: dict[str, list[str]]) -> Invalid:
    field, messages = next(iter(errors.items()))
    return Invalid(
        worded(
            "These limits cannot be kept: %(field)s %(problem)s. Nothing was changed. Correct it and save again.",
            field=field,
            problem=messages[0],
        ),
        errors=errors,
    )
