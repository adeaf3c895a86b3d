"""Whose sign-in opens which accounts, across all tenants of this installation, known by a keyed hash alone.

The platforms take access back by person, so before one account's is taken back it must be known whether another
account, perhaps another agency's, lives by the same sign-in. The directory holds the hash; it says nothing of the
person to anybody without this installation's key, and nothing of one tenant to another.
"""

from __future__ import annotations

import hashlib
import hmac

from sqlalchemy import ColumnElement, and_, or_, select, update

from channels.models import Account, AccountDirectory
from tenants.base_app import settings_of_app
from tenants.database import db
from tenants.sealed import purpose_key


def family_of(platform: str, login: str | None) -> str:
    """Whose application the person let in: one family's people are told apart by their id there."""
    if platform == "google_business":
        return "google"
    return "instagram" if login == "instagram" else "meta"


def hash_of(platform: str, login: str | None, grantor: str | None) -> bytes | None:
    """None where nobody signed in: an account connected with somebody's own token."""
    return None if grantor is None else person_hash(family_of(platform, login), grantor)


def person_hash(family: str, person_id: str) -> bytes:
    """Keyed, so that ids cannot be tried against it."""
    key = purpose_key(settings_of_app().onbrand_secret_key, "grants")
    return hmac.new(key, f"{family}|{person_id}".encode("utf-8", "surrogatepass"), hashlib.sha256).digest()


def note(account: Account) -> None:
    """Writes the directory's hash anew, after the account was given another sign-in."""
    db.session.execute(
        update(AccountDirectory)
        .where(AccountDirectory.account_id == account.id)
        .values(grant_hash=hash_of(account.platform, account.login, account.grantor_external_id))
        .execution_options(synchronize_session=False)
    )


def is_used(grant_hash: bytes) -> bool:
    """Whether any account of this installation lives by this sign-in. Needs no scope."""
    return (
        db.session.execute(
            select(AccountDirectory.account_id).where(AccountDirectory.grant_hash == grant_hash).limit(1)
        ).first()
        is not None
    )


def is_connected(platform: str, external_id: str) -> bool:
    """Whether any agency of this installation has this platform account. Needs no scope."""
    return (
        db.session.execute(
            select(AccountDirectory.account_id)
            .where(AccountDirectory.platform == platform, AccountDirectory.external_id == external_id)
            .limit(1)
        ).first()
        is not None
    )


def lives_by(platform: str, external_id: str, grant_hash: bytes | None) -> list[AccountDirectory]:
    """Whoever has this platform account, or lives by this sign-in. Needs no scope; ids only."""
    wanted: ColumnElement[bool] = and_(
        AccountDirectory.platform == platform, AccountDirectory.external_id == external_id
    )
    if grant_hash is not None:
        wanted = or_(wanted, AccountDirectory.grant_hash == grant_hash)
    return list(db.session.execute(select(AccountDirectory).where(wanted)).scalars())


def accounts_of(family: str, person_id: str) -> list[AccountDirectory]:
    """Every account that lives by this person's sign-in. Needs no scope; ids only.

    Which of its two ids Instagram names in its callbacks is documented nowhere, so a profile's own is taken, too.
    """
    wanted = AccountDirectory.grant_hash == person_hash(family, person_id)
    if family == "instagram":
        wanted = or_(wanted, (AccountDirectory.platform == "instagram") & (AccountDirectory.external_id == person_id))
    return list(db.session.execute(select(AccountDirectory).where(wanted)).scalars())
