"""Changing the key-encryption key while people work.

Give the new key first and the old one behind it (`ONBRAND_CREDENTIAL_KEYS`), start every process again, then rotate.
Brands' data keys are wrapped again and what they sealed stays as it is; what belongs to no brand is sealed again, and
so is what was sealed before brands had data keys. Until a row is done the old key still opens it, afterwards the new
one does. When nothing is left the old key may go.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

from sqlalchemy import func, select

from tenants.base_app import ring_of_app
from tenants.data_keys import vault_of_app
from tenants.database import AgencyOwned, db
from tenants.known_keys import forget_keys, learn_newest
from tenants.models import Agency, DataKey
from tenants.scope import HasAppContext, Scope, in_scope
from tenants.sealed import DATA_KEY_FORMAT, SEALED_COLUMNS, CannotOpen, Place, SealedColumn

ROWS_AT_ONCE = 100
MOST_NAMED = 20

_Step = Callable[[UUID | None], tuple[list[UUID], list[UUID]]]
"""Does the next rows after an id: all that were taken, and those of them that do not open."""


def rotate_keys(app: HasAppContext, *, leaked: bool = False) -> int:
    """Wrap or seal again whatever an older key than the newest has; returns how many data keys and values that were.

    ``leaked``: somebody may know the data keys, so every brand gets a new one and all its values are sealed again.

    One agency and a hundred rows a transaction; a row is held only while it is done. Where no row is left the older
    keys are needed no more (`tenants.known_keys`). Raises SettingsError for keys that are not this database's and
    CannotOpen, once everything else is done, naming the rows that no key of this installation opens: keep the old key
    until they are mended (connect the account again).
    """
    done, lost = 0, []
    with in_scope(app, None):
        learn_newest(db.session.connection(), ring_of_app())
        agency_ids = list(db.session.scalars(select(Agency.id).order_by(Agency.id)))
    whole: list[Scope | None] = [Scope(agency_id, None) for agency_id in agency_ids]
    if leaked:
        for scope in whole:
            with in_scope(app, scope):
                vault_of_app().replace_data_keys()
    steps: list[tuple[str, list[Scope | None], _Step]] = [("data_key", whole, _wrap_some)]
    for column in SEALED_COLUMNS:
        here: list[Scope | None] = whole if issubclass(column.model, AgencyOwned) else [None]
        steps.append((column.model.__tablename__, here, _sealing(column, anew=leaked)))
    for table, scopes, step in steps:
        for scope in scopes:
            after: UUID | None = None
            while True:
                with in_scope(app, scope):
                    rows, unread = step(after)
                    after = rows[-1] if rows else None
                done += len(rows) - len(unread)
                lost += [f"{table} {row_id}" for row_id in unread]
                if len(rows) < ROWS_AT_ONCE:
                    break
    if not lost:
        with in_scope(app, None):
            forget_keys(db.session.connection(), but=ring_of_app().newest_id)
    if lost:
        raise CannotOpen(
            f"{done} values were sealed again; {len(lost)} open with no key of this installation and were left as they "
            f"are: {', '.join(lost[:MOST_NAMED])}"
        )
    return done


def _wrap_some(after: UUID | None) -> tuple[list[UUID], list[UUID]]:
    ring = ring_of_app()
    wanted = select(DataKey).where(DataKey.key_id != ring.newest_id)
    if after is not None:
        wanted = wanted.where(DataKey.id > after)
    taken, unread = [], []
    for row in db.session.scalars(wanted.order_by(DataKey.id).limit(ROWS_AT_ONCE).with_for_update(key_share=True)):
        place = Place(row.agency_id, row.brand_id, "data_key", row.id, "wrapped")
        taken.append(row.id)
        try:
            key = ring.unwrap(row.wrapped, row.key_id, row.id, place)
        except CannotOpen:
            unread.append(row.id)
            continue
        row.wrapped, row.key_id = ring.wrap(key, row.id, place), ring.newest_id
    return taken, unread


def _sealing(column: SealedColumn, *, anew: bool) -> _Step:
    """Rows of the form or the key that new values are not sealed with any more; `anew`: every row of a brand."""

    def seal_some(after: UUID | None) -> tuple[list[UUID], list[UUID]]:
        vault, model = vault_of_app(), column.model
        stored: Any = getattr(model, column.column)
        start = vault.ring.newest_start if column.shared else bytes([DATA_KEY_FORMAT])
        wanted = select(model).where(stored.is_not(None))
        if column.shared or not anew:
            wanted = wanted.where(func.substr(stored, 1, len(start)) != start)
        if after is not None:
            wanted = wanted.where(model.id > after)
        # No stronger lock than the change itself needs: rows that only point here may still be written.
        wanted = wanted.order_by(model.id).limit(ROWS_AT_ONCE).with_for_update(key_share=True)
        taken, unread = [], []
        for row in db.session.scalars(wanted).all():
            place = column.place_of(row)
            taken.append(row.id)
            try:
                secret = vault.open(getattr(row, column.column), place)
            except CannotOpen:
                unread.append(row.id)
                continue
            setattr(row, column.column, vault.seal(secret.reveal(), place))
        return taken, unread

    return seal_some
