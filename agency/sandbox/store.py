"""The sandbox's memory: one SQLite file below its data folder."""

from __future__ import annotations

import json
import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

Clock = Callable[[], float]

SCHEMA_FILES = tuple(Path(__file__).with_name(name) for name in ("schema.sql", "google.sql"))
TABLES = ("accounts", "tokens", "grants", "items", "ledger", "misbehaviour", "scenario_lines", "settings")
GOOGLE_TABLES = ("google_tokens", "google_consents", "google_business_accounts")
PLATFORMS = ("facebook", "instagram", "google_business")


@dataclass
class Account:
    """A Page, an Instagram professional account or a Google Business location."""

    id: int
    platform: str
    external_id: str
    name: str
    facts: dict[str, Any] = field(default_factory=dict)


@dataclass
class Item:
    """A post, a comment or a review. `facts` holds text, author and whatever only one platform knows."""

    seq: int
    account_id: int
    platform: str
    kind: str
    external_id: str
    post_id: str | None
    parent_id: str | None
    by_account: bool
    created_at: float
    updated_at: float
    visible_at: float
    deleted_at: float | None
    stars: int | None
    key: str | None
    facts: dict[str, Any]

    @property
    def text(self) -> str:
        text = self.facts.get("text")
        return text if isinstance(text, str) else ""


class Store:
    """One connection behind one lock: there is a single process, and waiting in Python beats "database is locked"."""

    def __init__(self, data_folder: Path, clock: Clock, *, durable: bool = True) -> None:
        data_folder.mkdir(parents=True, exist_ok=True)
        self.clock = clock
        self._lock = threading.RLock()
        self._depth = 0
        self._after_commit: list[Callable[[], None]] = []
        # Standing orders as last read; None: to be read again. Kept by `misbehaviour`.
        self.orders_known: list[Any] | None = None
        self._connection = sqlite3.connect(
            data_folder / "sandbox.sqlite3", isolation_level=None, check_same_thread=False, timeout=30
        )
        self._connection.row_factory = sqlite3.Row
        self._connection.execute(f"PRAGMA synchronous = {'NORMAL' if durable else 'OFF'}")
        self._connection.execute("PRAGMA journal_mode = WAL")
        self._add_columns()
        for file in SCHEMA_FILES:
            self._connection.executescript(f"BEGIN; {file.read_text(encoding='utf-8')}; COMMIT")

    def _add_columns(self) -> None:
        """What an older sandbox's file lacks."""
        known = {row["name"] for row in self._connection.execute("PRAGMA table_info(tokens)")}
        if known and "facts" not in known:
            self._connection.execute("ALTER TABLE tokens ADD COLUMN facts TEXT NOT NULL DEFAULT '{}'")

    def close(self) -> None:
        with self._lock:
            self._connection.close()

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """All or nothing. Nested use joins the outer transaction."""
        with self._lock:
            if self._depth == 0:
                self._connection.execute("BEGIN IMMEDIATE")
            self._depth += 1
            try:
                yield self._connection
            except BaseException:
                self._depth -= 1
                if self._depth == 0:
                    self._connection.execute("ROLLBACK")
                    self._after_commit.clear()
                    self.orders_known = None
                raise
            self._depth -= 1
            if self._depth == 0:
                self._connection.execute("COMMIT")
                due, self._after_commit = self._after_commit, []
            else:
                due = []
        for call in due:
            call()

    @contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """Only to look: inside a transaction as it sees things, else as they were last committed."""
        with self._lock:
            yield self._connection

    def after_commit(self, call: Callable[[], None]) -> None:
        """Call this once the running transaction is committed, never if it is rolled back; at once without one."""
        with self._lock:
            if self._depth:
                self._after_commit.append(call)
                return
        call()

    def reset(self) -> None:
        """Forget everything."""
        with self.transaction() as db:
            for table in (*TABLES, *GOOGLE_TABLES):
                db.execute(f"DELETE FROM {table}")
            self.orders_known = None

    def setting(self, name: str, default: Any = None) -> Any:
        with self.reading() as db:
            row = db.execute("SELECT value FROM settings WHERE name = ?", (name,)).fetchone()
        return default if row is None else json.loads(row["value"])

    def set_setting(self, name: str, value: Any) -> None:
        with self.transaction() as db:
            db.execute("INSERT OR REPLACE INTO settings (name, value) VALUES (?, ?)", (name, json.dumps(value)))

    # Accounts

    def accounts(self, platform: str | None = None) -> list[Account]:
        with self.reading() as db:
            rows = db.execute(
                "SELECT * FROM accounts WHERE ? IS NULL OR platform = ? ORDER BY platform, id", (platform, platform)
            ).fetchall()
        return [_account(row) for row in rows]

    def account(self, platform: str, external_id: str) -> Account | None:
        with self.reading() as db:
            row = db.execute(
                "SELECT * FROM accounts WHERE platform = ? AND external_id = ?", (platform, external_id)
            ).fetchone()
        return None if row is None else _account(row)

    def count_accounts(self) -> int:
        with self.reading() as db:
            return int(db.execute("SELECT count(*) FROM accounts").fetchone()[0])

    def opened_by(self, token: str, platform: str) -> list[Account]:
        """The accounts of one platform that a token opens."""
        with self.reading() as db:
            rows = db.execute(
                "SELECT a.* FROM grants g JOIN accounts a ON a.id = g.account_id WHERE g.token = ? AND a.platform = ?"
                " ORDER BY a.id",
                (token, platform),
            ).fetchall()
        return [_account(row) for row in rows]

    def linked_to(self, page_id: str) -> list[Account]:
        """The Instagram profiles of a Page."""
        with self.reading() as db:
            rows = db.execute(
                "SELECT * FROM accounts WHERE json_extract(facts, '$.page_id') = ? AND platform = 'instagram'"
                " ORDER BY id",
                (page_id,),
            ).fetchall()
        return [_account(row) for row in rows]

    def account_by_id(self, account_id: int) -> Account | None:
        with self.reading() as db:
            row = db.execute("SELECT * FROM accounts WHERE id = ?", (account_id,)).fetchone()
        return None if row is None else _account(row)

    def save_account(self, platform: str, external_id: str, name: str | None, facts: dict[str, Any]) -> Account:
        """Make the account or change it: a name of None keeps the old one, facts are merged."""
        with self.transaction() as db:
            known = self.account(platform, external_id)
            if known is None:
                db.execute(
                    "INSERT INTO accounts (platform, external_id, name, facts) VALUES (?, ?, ?, ?)",
                    (platform, external_id, name or external_id, json.dumps(facts)),
                )
            else:
                db.execute(
                    "UPDATE accounts SET name = ?, facts = ? WHERE id = ?",
                    (name or known.name, json.dumps({**known.facts, **facts}), known.id),
                )
            saved = self.account(platform, external_id)
        assert saved is not None
        return saved

    # Items

    def add_item(self, account: Account, kind: str, external_id: str, **values: Any) -> Item:
        """Store one item; raises sqlite3.IntegrityError when the account already has that id."""
        now = self.clock()
        created_at = values.get("created_at") or now
        with self.transaction() as db:
            cursor = db.execute(
                "INSERT INTO items (account_id, platform, kind, external_id, short_id, post_id, parent_id, by_account,"
                " created_at, updated_at, visible_at, stars, key, facts) VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?)",
                (
                    account.id,
                    account.platform,
                    kind,
                    external_id,
                    external_id.rsplit("_", 1)[-1] if account.platform == "facebook" else external_id,
                    values.get("post_id"),
                    values.get("parent_id"),
                    int(values.get("by_account", False)),
                    created_at,
                    values.get("updated_at") or created_at,
                    values.get("visible_at") or 0,
                    values.get("stars"),
                    values.get("key"),
                    json.dumps(values.get("facts") or {}),
                ),
            )
            row = db.execute("SELECT * FROM items WHERE seq = ?", (cursor.lastrowid,)).fetchone()
        return _item(row)

    def save_item(self, item: Item) -> None:
        with self.transaction() as db:
            db.execute(
                "UPDATE items SET updated_at = ?, visible_at = ?, deleted_at = ?, stars = ?, facts = ? WHERE seq = ?",
                (item.updated_at, item.visible_at, item.deleted_at, item.stars, json.dumps(item.facts), item.seq),
            )

    def find_items(self, where: str, values: tuple[Any, ...], order: str = "seq", limit: int = -1) -> list[Item]:
        """Items by an SQL condition written in this package; values are always bound, never pasted in."""
        with self.reading() as db:
            rows = db.execute(
                f"SELECT * FROM items WHERE {where} ORDER BY {order} LIMIT ?",
                (*values, limit),
            ).fetchall()
        return [_item(row) for row in rows]

    def count_items(self, where: str, values: tuple[Any, ...]) -> int:
        with self.reading() as db:
            return int(db.execute(f"SELECT count(*) FROM items WHERE {where}", values).fetchone()[0])

    def item(self, platform: str, external_id: str, account_id: int | None = None) -> Item | None:
        """By its id, or on Facebook by the last segment of it: comment ids come bare and as `post_comment`."""
        own = " AND (? IS NULL OR account_id = ?)"
        exact = self.find_items(
            f"platform = ? AND external_id = ?{own}", (platform, external_id, account_id, account_id)
        )
        if exact or platform != "facebook":
            return exact[0] if exact else None
        short_id = external_id.rsplit("_", 1)[-1]
        kind = " AND kind = 'comment'"
        found = self.find_items(
            f"platform = ? AND short_id = ?{own}{kind}", (platform, short_id, account_id, account_id)
        )
        return found[0] if found else None

    def delete_item(self, item: Item) -> None:
        """Delete an item and everything below it, as the platforms do."""
        now = self.clock()
        with self.transaction() as db:
            db.execute("UPDATE items SET deleted_at = ? WHERE seq = ? AND deleted_at IS NULL", (now, item.seq))
            db.execute(
                "UPDATE items SET deleted_at = ? WHERE account_id = ? AND deleted_at IS NULL"
                " AND (post_id = ? OR parent_id = ? OR post_id IN"
                " (SELECT external_id FROM items WHERE account_id = ? AND kind = 'photo' AND post_id = ?))",
                (now, item.account_id, item.external_id, item.external_id, item.account_id, item.external_id),
            )


def _account(row: sqlite3.Row) -> Account:
    return Account(row["id"], row["platform"], row["external_id"], row["name"], json.loads(row["facts"]))


def _item(row: sqlite3.Row) -> Item:
    return Item(
        seq=row["seq"],
        account_id=row["account_id"],
        platform=row["platform"],
        kind=row["kind"],
        external_id=row["external_id"],
        post_id=row["post_id"],
        parent_id=row["parent_id"],
        by_account=bool(row["by_account"]),
        created_at=row["created_at"],
        updated_at=row["updated_at"],
        visible_at=row["visible_at"],
        deleted_at=row["deleted_at"],
        stars=row["stars"],
        key=row["key"],
        facts=json.loads(row["facts"]),
    )
