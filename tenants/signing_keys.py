"""The key this installation signs receipts with: made at first use, kept sealed, replaced when somebody says so.

One is in use; of one that was retired the public half stays for ever and the private half is gone.
"""

from __future__ import annotations

from collections.abc import Sequence

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import select, update
from sqlalchemy.dialects.postgresql import insert

from tenants import clock
from tenants.data_keys import vault_of_app
from tenants.database import db, new_id
from tenants.models import RECEIPT_KEY, ReceiptKey
from tenants.sealed import CannotOpen


def key_in_use() -> Ed25519PrivateKey:
    """The key to sign with, made in this transaction where there is none, or none that opens any more."""
    found = db.session.scalars(_IN_USE).one_or_none()
    if found is not None and found.sealed is not None:
        try:
            secret = vault_of_app().open(found.sealed, RECEIPT_KEY.place_of(found))
        except CannotOpen:  # every part refuses to start without a key it knows: whoever runs it said that one is lost
            return replace_key()
        return Ed25519PrivateKey.from_private_bytes(bytes.fromhex(secret.reveal()))
    return _make()


def replace_key() -> Ed25519PrivateKey:
    """Retire the key in use, so that its private half is gone, and make another, in this transaction."""
    retired = update(ReceiptKey).where(ReceiptKey.retired_at.is_(None)).values(retired_at=clock.now(), sealed=None)
    db.session.execute(retired.execution_options(synchronize_session=False))
    return _make()


def public_keys() -> Sequence[ReceiptKey]:
    """Every key there ever was, oldest first."""
    return db.session.scalars(select(ReceiptKey).order_by(ReceiptKey.id)).all()


_IN_USE = select(ReceiptKey).where(ReceiptKey.retired_at.is_(None))


def _make() -> Ed25519PrivateKey:
    """Two who make the first one at once use the same: the second waits for the first's commit and reads its key."""
    private, row = Ed25519PrivateKey.generate(), ReceiptKey(id=new_id())
    row.sealed = vault_of_app().seal(private.private_bytes_raw().hex(), RECEIPT_KEY.place_of(row))
    values = {"id": row.id, "public_key": private.public_key().public_bytes_raw(), "sealed": row.sealed}
    made = db.session.execute(insert(ReceiptKey).values(values).on_conflict_do_nothing().returning(ReceiptKey.id))
    return private if made.one_or_none() is not None else key_in_use()
