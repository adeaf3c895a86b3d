"""Which keys seal this database's secrets, so that a part given the wrong ones refuses to start.

A key is known from the first time a part starts with it as its newest, until a rotation has sealed everything anew or
somebody says it is lost. Kept is its name and a fingerprint (`installation_fact`), never the key.
"""

from __future__ import annotations

from sqlalchemy import Connection, Table, delete, select
from sqlalchemy.dialects.postgresql import insert

from tenants.models import InstallationFact
from tenants.sealed import KeyRing
from tenants.settings import SettingsError

PREFIX = "credential_key:"
_FACTS: Table = InstallationFact.__table__  # type: ignore[assignment]


def known_keys(connection: Connection) -> dict[str, str]:
    """Name and fingerprint of every key that may have sealed something here."""
    rows = connection.execute(
        select(_FACTS.c.name, _FACTS.c.value).where(_FACTS.c.name.startswith(PREFIX, autoescape=True))
    )
    return {name.removeprefix(PREFIX): str(value["fingerprint"]) for name, value in rows}


def check_keys(connection: Connection, ring: KeyRing | None) -> None:
    """Raise SettingsError, in one sentence for whoever starts us, unless the ring opens what is sealed here."""
    here = {} if ring is None else ring.fingerprints()
    for key_id, fingerprint in sorted(known_keys(connection).items()):
        if key_id not in here:
            raise SettingsError(
                f"ONBRAND_CREDENTIAL_KEYS lacks the key {key_id!r}, which secrets of this database are sealed with; "
                "nothing was started or changed. Give it again behind the newest one; if it is lost for good, "
                f"`onbrand keys forget {key_id}` and connect the accounts again."
            )
        if here[key_id] != fingerprint:
            raise SettingsError(
                f"The key {key_id!r} of ONBRAND_CREDENTIAL_KEYS is not the one that sealed this database's secrets; "
                "nothing was started or changed. Give the right one, and a new key a name of its own."
            )


def learn_newest(connection: Connection, ring: KeyRing | None) -> None:
    """Check, and from now on know the key this part will seal with. The caller commits. Raises as `check_keys`."""
    check_keys(connection, ring)
    if ring is None:
        return
    fingerprint = ring.fingerprints()[ring.newest_id]
    connection.execute(
        insert(InstallationFact)
        .values(name=PREFIX + ring.newest_id, value={"fingerprint": fingerprint})
        .on_conflict_do_nothing()
    )
    check_keys(connection, ring)  # another part may have started meanwhile, with other keys


def forget_keys(connection: Connection, *, but: str | None = None, only: str | None = None) -> int:
    """Know every key `but` one, or `only` one, no more; says how many that were. The caller commits."""
    statement = delete(_FACTS).where(_FACTS.c.name.startswith(PREFIX, autoescape=True))
    if but is not None:
        statement = statement.where(_FACTS.c.name != PREFIX + but)
    if only is not None:
        statement = statement.where(_FACTS.c.name == PREFIX + only)
    return connection.execute(statement).rowcount
