"""One random data key per brand, wrapped by a key-encryption key; brands' secrets are sealed with it.

The wrapped key lies beside the brand's rows, so it is reached in the brand's scope alone. Opened ones are kept in
memory by their id, which never comes again: one of a transaction that was rolled back is simply never asked for.
Changing the key-encryption key wraps the data keys again and touches no sealed value (`tenants.key_rotation`).
"""

from __future__ import annotations

import contextlib
import hmac
import threading
from collections import OrderedDict
from collections.abc import Collection, Iterable
from uuid import UUID

from sqlalchemy import func, select

from tenants.base_app import extensions_of_app, ring_of_app
from tenants.database import db, new_id
from tenants.models import DataKey
from tenants.sealed import (
    KEY_BYTES,
    CannotOpen,
    KeyRing,
    Place,
    Secret,
    data_key_id_of,
    new_key,
    open_with,
    seal_with,
)

KEPT_OPEN = 4_096
"""Data keys a process keeps unwrapped: 32 bytes each, for as many brands as it serves at a time."""


class Vault:
    """Seals and opens secrets. What belongs to no brand is sealed with a key of the ring itself."""

    def __init__(self, ring: KeyRing) -> None:
        self.ring = ring
        self._open: OrderedDict[tuple[UUID, UUID, UUID], bytes] = OrderedDict()
        self._lock = threading.Lock()

    def seal(self, value: str, place: Place) -> bytes:
        """Encrypt for this place; a brand's first secret makes its data key, in this transaction."""
        if not place.is_brands:
            return self.ring.seal(value, place)
        key_id, key = self._current(place)
        return seal_with(key_id, key, value, place)

    def open(self, sealed: bytes, place: Place) -> Secret:
        """Decrypt. Raises KeyMissing for a key that is not here, CannotOpen for bytes of another place, or changed."""
        key_id = data_key_id_of(sealed)
        if key_id is None:
            return self.ring.open(sealed, place)
        return open_with(self._key(key_id, place), sealed, place)

    def open_all(self) -> None:
        """Unwrap the data keys of the scope's brands by one statement, where many secrets are opened next. A key that
        does not open is left for `open` to say so.
        """
        rows = db.session.execute(
            select(DataKey.agency_id, DataKey.brand_id, DataKey.id, DataKey.key_id, DataKey.wrapped)
        )
        for agency_id, brand_id, key_id, wrapped_by, wrapped in rows:
            name = (agency_id, brand_id, key_id)
            with self._lock:
                known = name in self._open
            if not known:
                place = Place(agency_id, brand_id, "data_key", brand_id, "wrapped")
                with contextlib.suppress(CannotOpen):
                    self._keep(name, self.ring.unwrap(wrapped, wrapped_by, key_id, place))

    def replace_data_keys(self) -> None:
        """A new data key for every brand of the scope that has one; the old ones open what they sealed."""
        rows = db.session.execute(select(DataKey.agency_id, DataKey.brand_id).distinct()).all()
        for agency_id, brand_id in rows:
            self._make(Place(agency_id, brand_id, "data_key", brand_id, "wrapped"))

    def hash_key(self, agency_id: UUID, brand_id: UUID, purpose: str, *, make: bool = False) -> bytes | None:
        """32 bytes of the brand's own to hash with, the same as long as its first data key opens: a newer one changes
        nothing. None where the brand has no data key yet, unless one is to be made. One statement.
        """
        place = Place(agency_id, brand_id, "data_key", brand_id, "wrapped")
        key = self._first(place)
        if key is None and make:
            self._current(place)
            key = self._first(place)
        return None if key is None else hmac.digest(key, purpose.encode(), "sha256")

    def hash_keys(self, agency_id: UUID, brand_ids: Collection[UUID], purpose: str) -> dict[UUID, bytes]:
        """The same of several brands, by brand, in one statement; one more for each that has no data key yet, which
        gets one."""
        with db.session.no_autoflush:
            rows = db.session.execute(
                select(DataKey.brand_id, DataKey.id, DataKey.key_id, DataKey.wrapped)
                .where(DataKey.brand_id.in_(brand_ids))
                .order_by(DataKey.id)
            ).all()
        found: dict[UUID, bytes] = {}
        for brand_id in brand_ids:
            place = Place(agency_id, brand_id, "data_key", brand_id, "wrapped")
            key = self._first_of(place, [(row[1], row[2], row[3]) for row in rows if row[0] == brand_id])
            if key is None:
                made = self.hash_key(agency_id, brand_id, purpose, make=True)
                assert made is not None
                found[brand_id] = made
            else:
                found[brand_id] = hmac.digest(key, purpose.encode(), "sha256")
        return found

    def _first(self, place: Place) -> bytes | None:
        with db.session.no_autoflush:
            rows = db.session.execute(
                select(DataKey.id, DataKey.key_id, DataKey.wrapped)
                .where(DataKey.brand_id == place.brand_id)
                .order_by(DataKey.id)
            ).all()
        return self._first_of(place, [(row[0], row[1], row[2]) for row in rows])

    def _first_of(self, place: Place, rows: Iterable[tuple[UUID, str, bytes]]) -> bytes | None:
        for key_id, wrapped_by, wrapped in rows:
            name = (UUID(str(place.agency_id)), UUID(str(place.brand_id)), key_id)
            with self._lock:
                known = self._open.get(name)
            with contextlib.suppress(CannotOpen):
                return known or self._keep(name, self.ring.unwrap(wrapped, wrapped_by, key_id, place))
        return None

    def _key(self, key_id: UUID, place: Place) -> bytes:
        if not place.is_brands:
            raise CannotOpen("sealed for a brand")
        name = (UUID(str(place.agency_id)), UUID(str(place.brand_id)), key_id)
        with self._lock:
            if name in self._open:
                self._open.move_to_end(name)
                return self._open[name]
        row = db.session.execute(
            select(DataKey.key_id, DataKey.wrapped).where(DataKey.id == key_id, DataKey.brand_id == place.brand_id)
        ).one_or_none()
        if row is None:
            raise CannotOpen("its brand's data key is not here")
        return self._keep(name, self.ring.unwrap(row.wrapped, row.key_id, key_id, place))

    def _current(self, place: Place) -> tuple[UUID, bytes]:
        """The brand's data key; a new one where there is none that opens, which a lost key leaves behind."""
        found = self._newest(place)
        if found is None:
            lock = func.hashtextextended(f"data key {place.agency_id} {place.brand_id}", 0)
            db.session.execute(select(func.pg_advisory_xact_lock(lock)))
            found = self._newest(place)
        return found if found is not None else self._make(place)

    def _make(self, place: Place) -> tuple[UUID, bytes]:
        key_id, key = new_id(), new_key()
        db.session.add(
            DataKey(
                agency_id=UUID(str(place.agency_id)),
                id=key_id,
                brand_id=UUID(str(place.brand_id)),
                key_id=self.ring.newest_id,
                wrapped=self.ring.wrap(key, key_id, place),
            )
        )
        db.session.flush()
        return key_id, key

    def _newest(self, place: Place) -> tuple[UUID, bytes] | None:
        with db.session.no_autoflush:  # what is being sealed for may not be whole yet
            rows = db.session.execute(
                select(DataKey.id).where(DataKey.brand_id == place.brand_id).order_by(DataKey.id.desc())
            ).scalars()
            for key_id in list(rows):
                try:
                    return key_id, self._key(key_id, place)
                except CannotOpen:
                    continue
        return None

    def _keep(self, name: tuple[UUID, UUID, UUID], key: bytes) -> bytes:
        assert len(key) == KEY_BYTES
        with self._lock:
            self._open[name] = key
            while len(self._open) > KEPT_OPEN:
                self._open.popitem(last=False)
        return key


def vault_of_app() -> Vault:
    """The vault over the running app's keys. Raises SettingsError when no key was set."""
    ring = ring_of_app()
    kept = extensions_of_app()
    vault = kept.get("onbrand_vault")
    if not isinstance(vault, Vault) or vault.ring is not ring:
        vault = kept["onbrand_vault"] = Vault(ring)
    return vault
