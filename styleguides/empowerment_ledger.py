"""The ledger: giving and taking back. Lines are added and never changed; flushes, never commits.

One at a time for each brand: whoever gives holds the brand's row (`empowerment_limits.locked`) until the transaction
ends, so of two who spend the last 30 the second sees what the first left. Sums are kept running, one row a bucket, and
so cost the same for any number of lines.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Any, Final
from uuid import UUID

from sqlalchemy import select, tuple_, update
from sqlalchemy.dialects.postgresql import insert

from styleguides.currencies import LARGEST_MINOR
from styleguides.empowerment import (
    Giving,
    LimitState,
    binding,
    buckets_of,
    room_minor,
    states_of,
)
from styleguides.empowerment_limits import locked, rules_of
from styleguides.empowerment_room import Place, given_in, giving_in
from styleguides.given_fields import Wrong, line
from styleguides.masking import masked_people
from styleguides.models import Empowerment, LedgerLine, LedgerTotal
from tenants import clock
from tenants.audit import record
from tenants.database import db, new_id
from tenants.errors import Conflict, Forbidden, Invalid, NotFound, worded
from tenants.permissions import Actor, Permission, refusal_of, require

LONGEST_WORDS: Final = 300
LONGEST_KEY: Final = 100


def give(
    actor: Actor,
    place: Place,
    amount_minor: int,
    words: str,
    *,
    currency: str,
    scenario_id: UUID | None = None,
    reply_id: UUID | None = None,
    over_reason: str = "",
    request_key: str | None = None,
    names: Collection[str] = (),
) -> LedgerLine:
    """Write the line, if the limits leave so much, or if the actor may give more and says why.

    The same `request_key` by the same person again is a second click: it gets the first one's line. `names` are those
    of the people of the case: they do not stand in the ledger, which outlives what we may know of them.

    Raises Conflict `over_limit` with `left_minor` and the limit that binds (`limit_kind`, `limit_minor`), Conflict
    `no_limits` where nobody has set the brand up, Conflict `request_key_reused` where the key's line says otherwise,
    Conflict `brand_paused` in a brand in whose name nothing is sent, Invalid with `errors` by field, NotFound,
    Forbidden.
    """
    require(actor, Permission.EMPOWERMENT_GIVE, place.brand_id)
    row = locked(place.brand_id)
    if row is None:
        raise Conflict(
            "Nobody has written down what may be given for this brand. Nothing was given. "
            "Ask a team lead to set its limits.",
            code="no_limits",
        )
    said, errors = _words_of(words, "words", names)
    first = _first_click(actor, place.brand_id, request_key)
    if first is not None:
        then = (first.conversation_id, first.amount_minor, first.guideline_id, first.words, first.deed)
        if then != (place.conversation_id, amount_minor, scenario_id, said, "given"):
            raise _key_reused()
        return first
    rules = rules_of(place.brand_id, [scenario_id] if scenario_id is not None else [])
    if rules.is_closed:
        raise Conflict(
            "This brand is paused, so nothing is given in its name. Nothing was given. Give when it is resumed.",
            code="brand_paused",
        )
    reason, reason_errors = _words_of(over_reason, "over_reason", names) if over_reason.strip() else ("", {})
    errors |= reason_errors
    if isinstance(amount_minor, bool) or not 0 < amount_minor <= LARGEST_MINOR:
        errors["amount"] = [worded("must be more than nothing")]
    if currency != rules.currency:
        errors["currency"] = [worded("must be the brand's, %(currency)s", currency=rules.currency)]
    if scenario_id is not None and scenario_id not in rules.scenarios:
        errors["scenario_id"] = [worded("names a guideline that is not there")]
    if errors:
        raise _invalid(errors)
    today = rules.today()
    giving = giving_in(place, actor.user_id, scenario_id, rules)
    states = states_of(rules.limits, giving, given_in(giving, place.linked_ids))
    is_over = amount_minor > room_minor(states)
    if is_over and not actor.may(Permission.EMPOWERMENT_EXCEED):
        raise _over(states, rules.currency)
    if is_over and not reason:
        raise _invalid({"over_reason": [worded("is needed: it is more than the limits leave")]})
    made = _add(
        actor,
        row,
        deed="given",
        amount_minor=amount_minor,
        given_on=today,
        made_on=today,
        person_id=actor.user_id,
        conversation_id=place.conversation_id,
        contact_id=place.contact_id,
        guideline_id=scenario_id,
        scenario=rules.scenarios[scenario_id].title if scenario_id is not None else "",
        words=said,
        reply_id=reply_id,
        over_reason=reason if is_over else None,
        limits=_seen(states),
        request_key=request_key,
    )
    _count(actor, giving, amount_minor)
    _record(actor, "empowerment.given", made, over=is_over)
    return made


def take_back(
    actor: Actor, line_id: UUID, reason: str, *, request_key: str | None = None, names: Collection[str] = ()
) -> LedgerLine:
    """Write the line that takes another back, at most once. The room comes back in the day and month in which it was
    used, and for whoever used it: what was given last month frees nothing in this one. `names` as in `give`.

    Raises Conflict `taken_back_already`, Invalid with `errors`, NotFound, Forbidden: others' lines are a lead's to take
    back.
    """
    found = db.session.execute(select(LedgerLine).where(LedgerLine.id == line_id)).scalar_one_or_none()
    if found is None:
        raise NotFound()
    require(actor, Permission.EMPOWERMENT_GIVE, found.brand_id)
    if found.person_id != actor.user_id and not actor.may(Permission.EMPOWERMENT_TAKE_BACK):
        raise Forbidden(refusal_of(Permission.EMPOWERMENT_TAKE_BACK), permission=Permission.EMPOWERMENT_TAKE_BACK.value)
    row = locked(found.brand_id)
    assert row is not None, "a line has its brand's row"
    first = _first_click(actor, found.brand_id, request_key)
    if first is not None:
        if first.takes_back_id != line_id:
            raise _key_reused()
        return first
    if found.deed != "given":
        raise Conflict(
            "This line takes another one back; it cannot be taken back itself. Nothing was changed. Give anew instead.",
            code="not_a_giving",
        )
    earlier = db.session.execute(
        select(LedgerLine).where(LedgerLine.takes_back_id == line_id, LedgerLine.brand_id == found.brand_id)
    ).scalar_one_or_none()
    if earlier is not None:
        raise Conflict(
            worded(
                "%(name)s took this back already, in line %(number)s. Nothing was changed. Look at the ledger.",
                name=earlier.made_by_name,
                number=earlier.number,
            ),
            code="taken_back_already",
            line_id=str(earlier.id),
        )
    said, errors = _words_of(reason, "reason", names)
    if errors:
        raise _invalid(errors)
    made = _add(
        actor,
        row,
        deed="taken_back",
        amount_minor=found.amount_minor,
        given_on=found.given_on,
        made_on=rules_of(found.brand_id).today(),
        person_id=found.person_id,
        conversation_id=found.conversation_id,
        contact_id=found.contact_id,
        guideline_id=found.guideline_id,
        scenario=found.scenario,
        words=said,
        reply_id=found.reply_id,
        takes_back_id=found.id,
        limits=[],
        request_key=request_key,
    )
    _count(actor, giving_of(found), -found.amount_minor)
    _record(actor, "empowerment.taken_back", made, takes_back=found.number)
    return made


def giving_of(found: LedgerLine) -> Giving:
    """Where a line counts."""
    return Giving(
        found.brand_id, found.conversation_id, found.contact_id, found.person_id, found.guideline_id, found.given_on
    )


def _add(actor: Actor, row: Empowerment, **values: Any) -> LedgerLine:
    row.lines += 1
    made = LedgerLine(
        agency_id=actor.agency_id,
        id=new_id(),
        brand_id=row.brand_id,
        number=row.lines,
        currency=row.currency,
        created_at=clock.now(),
        made_by=actor.user_id,
        made_by_name=actor.name,
        **values,
    )
    db.session.add(made)
    db.session.flush()
    return made


def _count(actor: Actor, giving: Giving, amount_minor: int) -> None:
    """Move the sums: one statement."""
    held = buckets_of(giving)
    if amount_minor < 0:  # the rows are there, and a new one may not begin below nothing
        columns = (LedgerTotal.kind, LedgerTotal.scenario_id, LedgerTotal.subject_id, LedgerTotal.period)
        db.session.execute(
            update(LedgerTotal)
            .where(LedgerTotal.brand_id == giving.brand_id, tuple_(*columns).in_([tuple(one) for one in held]))
            .values(given_minor=LedgerTotal.given_minor + amount_minor)
            .execution_options(synchronize_session=False)
        )
        return
    rows = [
        {
            "agency_id": actor.agency_id,
            "id": new_id(),
            "brand_id": giving.brand_id,
            **one._asdict(),
            "given_minor": amount_minor,
        }
        for one in held
    ]
    added = insert(LedgerTotal).values(rows)
    db.session.execute(
        added.on_conflict_do_update(
            index_elements=["agency_id", "brand_id", "kind", "subject_id", "period", "scenario_id"],
            set_={"given_minor": LedgerTotal.given_minor + added.excluded.given_minor},
        )
    )


def _first_click(actor: Actor, brand_id: UUID, request_key: str | None) -> LedgerLine | None:
    """The line this very request has made already."""
    if request_key is None:
        return None
    if not request_key or len(request_key) > LONGEST_KEY or not request_key.isprintable():
        raise _invalid({"request_key": [worded("holds a character that cannot be stored")]})
    return db.session.execute(
        select(LedgerLine).where(
            LedgerLine.brand_id == brand_id,
            LedgerLine.made_by == actor.user_id,
            LedgerLine.request_key == request_key,
        )
    ).scalar_one_or_none()


def _words_of(words: str, field: str, names: Collection[str]) -> tuple[str, dict[str, list[str]]]:
    """On one line, without anybody's personal data: nobody can take it out of the ledger again."""
    try:
        return masked_people(line(words, LONGEST_WORDS), names), {}
    except Wrong as wrong:
        return "", {field: [wrong.args[0]]}


def _seen(states: Iterable[LimitState]) -> list[dict[str, Any]]:
    return [
        {
            "kind": one.limit.kind,
            "guideline_id": str(one.limit.scenario_id) if one.limit.scenario_id else None,
            "limit_minor": one.limit.amount_minor,
            "given_minor": one.given_minor,
        }
        for one in states
    ]


def _record(actor: Actor, action: str, made: LedgerLine, **facts: Any) -> None:
    facts |= {"number": made.number, "amount_minor": made.amount_minor, "currency": made.currency}
    record(actor, action, "ledger_line", made.id, brand_id=made.brand_id, **facts)


def _over(states: list[LimitState], currency: str) -> Conflict:
    tightest = binding(states)
    facts: Mapping[str, Any] = {
        "left_minor": room_minor(states),
        "currency": currency,
        "limit_kind": tightest.limit.kind if tightest else None,
        "limit_minor": tightest.limit.amount_minor if tightest else None,
    }
    return Conflict(
        "This is more than the limits leave here now; somebody may have given from them meanwhile. Nothing was given. "
        "Give at most what is left, or ask a team lead, who may give more.",
        code="over_limit",
        **facts,
    )


def _key_reused() -> Conflict:
    return Conflict(
        "This form was sent before, with something else in it. Nothing was given a second time. "
        "Open the case again and look at what was given.",
        code="request_key_reused",
    )


def _invalid(errors: dict[str, list[str]]) -> Invalid:
    field, messages = next(iter(errors.items()))
    return Invalid(
        worded(
            "This cannot be written to the ledger: %(field)s %(problem)s. Nothing was given. Correct it and try again.",
            field=field,
            problem=messages[0],
        ),
        errors=errors,
    )
