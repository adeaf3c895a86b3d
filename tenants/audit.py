"""The record of who did what to which thing. The application's role may add lines and read them, nothing else.

Lines are gathered while a transaction works and added right before it commits, as links of the brand's chain or of the
agency's (`tenants.audit_chain`): who adds to a chain holds it until the commit, so it is held for one statement and
while nobody is spoken to. Until then a transaction does not see its own lines.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from itertools import groupby
from typing import Any, Final, NamedTuple
from uuid import UUID

import orjson
from sqlalchemy import event, text
from sqlalchemy.orm import Session, SessionTransaction

from tenants.database import db, new_id, new_ids
from tenants.permissions import Actor
from tenants.scope import BIND, OutsideScope, Scope, current_scope, raw_sql

WORDS: Final = frozenset({"reason", "note", "error"})
"""Facts of these names are words a person wrote freely: kept so that they can be erased (`erase_words`)."""

_LINES = "audit_lines"
_MARKS = "audit_marks"


class _Line(NamedTuple):
    agency_id: UUID
    row: bytes
    is_of_brand: bool


def record(
    actor: Actor | None,
    action: str,
    subject_type: str,
    subject_id: UUID | str,
    *,
    brand_id: UUID | None = None,
    **facts: Any,
) -> None:
    """Add one line, in this transaction. `actor=None` is the system. `facts` must be JSON and hold no secret.

    Lines about a brand's thing are the brand's (`brand_id`), others the agency's.
    """
    scope = current_scope()
    if brand_id is not None and not scope.covers(brand_id):
        raise OutsideScope("brand_audit: a row of a brand outside the scope")
    who = (actor.user_id, actor.name) if actor else None
    _gather(scope.agency_id, brand_id, who, action, subject_type, subject_id, facts)


def record_many(
    actor: Actor, action: str, subject_type: str, subjects: Sequence[tuple[UUID, UUID]], **facts: Any
) -> None:
    """Add a line for each of these things of brands, given as id and brand, in this transaction."""
    record_each(actor, action, subject_type, [(one, brand_id, facts) for one, brand_id in subjects])


def record_each(
    actor: Actor | None, action: str, subject_type: str, lines: Sequence[tuple[UUID, UUID, dict[str, Any]]]
) -> None:
    """Add a line for each of these things of brands, given as id, brand and facts, in this transaction."""
    scope = current_scope()
    if not all(map(scope.covers, {brand_id for _one, brand_id, _facts in lines})):
        raise OutsideScope("brand_audit: a row of a brand outside the scope")
    who = (actor.user_id, actor.name) if actor else None
    ids = new_ids(len(lines))
    _keep(
        _line(scope.agency_id, line_id, brand_id, who, action, subject_type, one, facts)
        for line_id, (one, brand_id, facts) in zip(ids, lines, strict=True)
    )


def record_in(
    agency_id: UUID,
    person: tuple[UUID, str] | None,
    action: str,
    subject_type: str,
    subject_id: UUID,
    **facts: Any,
) -> None:
    """Add one line to an agency's record, in this transaction, whichever scope it has or none.

    For what concerns a person's own account, and so perhaps several agencies at once. `person` is who did it, by id
    and name; None is the system.
    """
    _gather(agency_id, None, person, action, subject_type, subject_id, facts)


def _gather(
    agency_id: UUID,
    brand_id: UUID | None,
    who: tuple[UUID, str] | None,
    action: str,
    subject_type: str,
    subject_id: UUID | str,
    facts: dict[str, Any],
) -> None:
    _keep([_line(agency_id, new_id(), brand_id, who, action, subject_type, subject_id, facts)])


def _line(
    agency_id: UUID,
    line_id: UUID,
    brand_id: UUID | None,
    who: tuple[UUID, str] | None,
    action: str,
    subject_type: str,
    subject_id: UUID | str,
    facts: dict[str, Any],
) -> _Line:
    words: dict[str, Any] = {}
    if not WORDS.isdisjoint(facts):
        words = {name: value for name, value in facts.items() if name in WORDS and value is not None}
        facts = {name: value for name, value in facts.items() if name not in words}
    row = {
        "id": line_id,
        "brand_id": brand_id,
        "actor_id": who[0] if who else None,
        "actor_name": who[1] if who else "system",
        "action": action,
        "subject_type": subject_type,
        "subject_id": subject_id,
        "facts": facts,
        "words": words or None,
    }
    return _Line(agency_id, orjson.dumps(row), brand_id is not None)


def _keep(lines: Iterable[_Line]) -> None:
    """Until right before the commit."""
    session = db.session()
    if not session.in_transaction():  # one that only records is one, too
        session.begin()
    session.info.setdefault(_LINES, []).extend(lines)


_ERASE = raw_sql(
    "select erase_audit_words(:agency_id, :brand_id, :ids)", reason="the one change of a line this role may ask for"
)


def erase_words(brand_id: UUID, ids: Collection[UUID]) -> int:
    """Take the words out of these lines of a brand for good; the chain goes on holding. Returns of how many.

    The record says of which, by number: words that are gone otherwise were stolen.
    """
    scope = current_scope()
    values = {"agency_id": scope.agency_id, "brand_id": brand_id, "ids": list(ids)}
    numbers = sorted(db.session.execute(_ERASE, values).scalars()) if ids else []
    if numbers:
        record(None, WORDS_ERASED, "brand", brand_id, brand_id=brand_id, lines=numbers)
    return len(numbers)


WORDS_ERASED: Final = "record.words_erased"


# ── right before the commit ──────────────────────────────────────────────────────────────────────────────────────

_APPEND = {
    False: text("select append_agency_audit(:agency_id, cast(:rows as jsonb))"),
    True: text("select append_brand_audit(:agency_id, cast(:rows as jsonb))"),
}


@event.listens_for(Session, "before_commit")
def _add_lines(session: Session) -> None:
    """Agencies by id, of each its own chain before its brands', these as PostgreSQL sorts them: everybody holds chains
    in this one order, and who holds one waits for nothing else.
    """
    if not session.info.get(_LINES) or session.in_nested_transaction():
        return
    session.flush()
    lines: list[_Line] = sorted(session.info.pop(_LINES), key=lambda line: (line.agency_id, line.is_of_brand, line.row))
    connection, held = session.connection(), session.info.get("scope")
    bound = None if held is None else held.agency_id
    for (agency_id, is_of_brand), some in groupby(lines, key=lambda line: (line.agency_id, line.is_of_brand)):
        if bound != agency_id:
            connection.execute(BIND, Scope(agency_id, None).as_settings())
            bound = agency_id
        rows = b"[" + b",".join(line.row for line in some) + b"]"
        connection.execute(_APPEND[is_of_brand], {"agency_id": agency_id, "rows": rows.decode()})
    if held is None or bound != held.agency_id:
        connection.execute(BIND, {"agency_id": "", "brand_ids": ""} if held is None else held.as_settings())


@event.listens_for(Session, "after_transaction_create")
def _mark(session: Session, transaction: SessionTransaction) -> None:
    if transaction.nested:
        session.info.setdefault(_MARKS, {})[transaction] = len(session.info.get(_LINES, ()))


@event.listens_for(Session, "after_soft_rollback")
def _drop_taken_back(session: Session, previous: SessionTransaction) -> None:
    """What was recorded since a savepoint that is gone back to was not done."""
    mark = session.info.get(_MARKS, {}).pop(previous, None)
    if mark is not None:
        del session.info.get(_LINES, [])[mark:]


@event.listens_for(Session, "after_transaction_end")
def _forget(session: Session, transaction: SessionTransaction) -> None:
    if transaction.parent is None:
        session.info.pop(_LINES, None)
        session.info.pop(_MARKS, None)
