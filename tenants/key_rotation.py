"""Sealing every secret at rest again with the newest key, while people work.

Give the new key first and the old one behind it (`ONBRAND_CREDENTIAL_KEYS`), start every process again, then rotate:
until a row is done the old key still opens it, afterwards the new one does. When nothing is left the old key may go.
"""

from __future__ import annotations

from typing import Any
from uuid import UUID

from sqlalchemy import func, select

from tenants.base_app import keys_of_app
from tenants.database import AgencyOwned, db
from tenants.known_keys import forget_keys, learn_newest
from tenants.models import Agency
from tenants.scope import HasAppContext, Scope, in_scope
from tenants.sealed import SEALED_COLUMNS, CannotOpen, SealedColumn

ROWS_AT_ONCE = 100
MOST_NAMED = 20


def rotate_keys(app: HasAppContext) -> int:
    """Seal again whatever an older key than the newest has sealed; returns how many values that were.

    One agency and a hundred rows a transaction; a row is held only while it is sealed anew. Where no row is left the
    older keys are needed no more (`tenants.known_keys`). Raises SettingsError for keys that are not this database's and
    CannotOpen, once everything else is done, naming the rows that no key of this installation opens: keep the old key
    until they are mended (connect the account again).
    """
    done, lost = 0, []
    with in_scope(app, None):
        learn_newest(db.session.connection(), keys_of_app())
        agency_ids = list(db.session.scalars(select(Agency.id).order_by(Agency.id)))
    for column in SEALED_COLUMNS:
        scopes: list[Scope | None] = [None]
        if issubclass(column.model, AgencyOwned):
            scopes = [Scope(agency_id, None) for agency_id in agency_ids]
        for scope in scopes:
            after: UUID | None = None
            while True:
                with in_scope(app, scope):
                    rows, unread = _seal_some(column, after)
                    after = rows[-1] if rows else None
                done += len(rows) - len(unread)
                lost += [f"{column.model.__tablename__} {row_id}" for row_id in unread]
                if len(rows) < ROWS_AT_ONCE:
                    break
    if not lost:
        with in_scope(app, None):
            forget_keys(db.session.connection(), but=keys_of_app().newest_id)
    if lost:
        raise CannotOpen(
            f"{done} values were sealed again; {len(lost)} open with no key of this installation and were left as they "
            f"are: {', '.join(lost[:MOST_NAMED])}"
        )
    return done


def _seal_some(column: SealedColumn, after: UUID | None) -> tuple[list[UUID], list[UUID]]:
    """The next rows an older key sealed, by id: all that were taken, and those of them that do not open."""
    ring, model = keys_of_app(), column.model
    stored: Any = getattr(model, column.column)
    start = ring.newest_start
    wanted = select(model).where(stored.is_not(None), func.substr(stored, 1, len(start)) != start)
    if after is not None:
        wanted = wanted.where(model.id > after)
    # No stronger lock than the change itself needs: rows that only point here may still be written.
    wanted = wanted.order_by(model.id).limit(ROWS_AT_ONCE).with_for_update(key_share=True)
    taken, unread = [], []
    for row in db.session.scalars(wanted):
        place = column.place_of(row)
        taken.append(row.id)
        try:
            secret = ring.open(getattr(row, column.column), place)
        except CannotOpen:
            unread.append(row.id)
            continue
        setattr(row, column.column, ring.seal(secret.reveal(), place))
    return taken, unread
