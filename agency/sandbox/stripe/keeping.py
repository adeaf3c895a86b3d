"""Merchants in the sandbox's own file, so that a demo's plan survives a restart."""

from __future__ import annotations

import json

from agency.sandbox.store import Store
from agency.sandbox.stripe.merchant import Obj

TABLE = """CREATE TABLE IF NOT EXISTS stripe_objects (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    merchant TEXT NOT NULL,
    kind TEXT NOT NULL,
    id TEXT NOT NULL,
    body TEXT NOT NULL,
    UNIQUE (merchant, kind, id)
)"""


class StoreKeeper:
    """Each commit of a merchant in one transaction of the store; order of making is kept."""

    def __init__(self, store: Store) -> None:
        self._store = store
        with store.transaction() as db:
            db.execute(TABLE)

    def keep(self, name: str, changed: list[tuple[str, str, Obj | None]]) -> None:
        with self._store.transaction() as db:
            for kind, id_, one in changed:
                if one is None:
                    db.execute(
                        "DELETE FROM stripe_objects WHERE merchant = ? AND kind = ? AND id = ?", (name, kind, id_)
                    )
                else:
                    db.execute(
                        "INSERT INTO stripe_objects (merchant, kind, id, body) VALUES (?, ?, ?, ?)"
                        " ON CONFLICT (merchant, kind, id) DO UPDATE SET body = excluded.body",
                        (name, kind, id_, json.dumps(one)),
                    )

    def kept(self) -> list[tuple[str, str, str, Obj]]:
        with self._store.reading() as db:
            rows = db.execute("SELECT merchant, kind, id, body FROM stripe_objects ORDER BY seq").fetchall()
        return [(row["merchant"], row["kind"], row["id"], json.loads(row["body"])) for row in rows]

    def forget(self) -> None:
        with self._store.transaction() as db:
            db.execute("DELETE FROM stripe_objects")
