"""Access tokens of the three platforms: who holds them, which accounts they open, when and how they die."""

from __future__ import annotations

import hashlib
import json
import secrets
from dataclasses import dataclass, field
from typing import Any

from agency.sandbox.store import Store

# Graph error subcodes of a dead token: the person removed the app, changed the password, lost the role on the Page.
APP_REMOVED, PASSWORD_CHANGED, EXPIRED, INVALID, ROLE_LOST = 458, 460, 463, 467, 492


@dataclass(frozen=True)
class Token:
    """`dead` is the Graph subcode it died of, `accounts` the row ids of the accounts it opens.

    `facts`: `scopes` (what was granted; without it everything is), `login` (made by a dialog), `long`, `user_id`,
    `system_user`, `everything` (all accounts were ticked, the ones to come included).
    """

    token: str
    kind: str
    holder: str
    parent: str | None
    issued_at: float
    expires_at: float | None
    dead: int | None
    accounts: frozenset[int]
    facts: dict[str, Any] = field(default_factory=dict)

    @property
    def scopes(self) -> frozenset[str] | None:
        """None: nobody asked, everything is allowed."""
        known = self.facts.get("scopes")
        return None if known is None else frozenset(known)


def fingerprint(token: str) -> str:
    """What the ledger keeps of a token: enough to tell two apart, too little to use."""
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()[:12]


def mint(kind: str) -> str:
    prefix = {"google_refresh": "1//0", "google_access": "ya29.", "instagram": "IGAA", "code": "AQ"}.get(kind, "EAA")
    return prefix + secrets.token_urlsafe(36).replace("-", "x").replace("_", "y")


def save(
    store: Store,
    kind: str,
    holder: str,
    account_ids: list[int] | frozenset[int],
    *,
    token: str | None = None,
    parent: str | None = None,
    expires_in_seconds: float | None = None,
    issued_at: float | None = None,
    facts: dict[str, Any] | None = None,
) -> str:
    """Store a token (a new one, or the given string) and the accounts it opens; answers the token."""
    token = token or mint(kind)
    now = store.clock()
    with store.transaction() as db:
        db.execute(
            "INSERT INTO tokens (token, kind, holder, parent, issued_at, expires_at, facts)"
            " VALUES (?, ?, ?, ?, ?, ?, ?)"
            " ON CONFLICT (token) DO UPDATE SET kind = excluded.kind, holder = excluded.holder,"
            " expires_at = excluded.expires_at, facts = excluded.facts",
            (
                token,
                kind,
                holder,
                parent,
                now if issued_at is None else issued_at,
                None if expires_in_seconds is None else now + expires_in_seconds,
                json.dumps(facts or {}),
            ),
        )
        db.executemany(
            "INSERT OR IGNORE INTO grants (token, account_id) VALUES (?, ?)",
            [(token, account_id) for account_id in account_ids],
        )
    return token


def find(store: Store, token: str) -> Token | None:
    with store.reading() as db:
        # No token of ours holds anything but ASCII, and a lone surrogate could not even be looked for.
        row = db.execute("SELECT * FROM tokens WHERE token = ?", (token,)).fetchone() if token.isascii() else None
        if row is None:
            return None
        granted = db.execute("SELECT account_id FROM grants WHERE token = ?", (row["token"],)).fetchall()
    dead = row["dead"]
    if dead is None and row["expires_at"] is not None and row["expires_at"] <= store.clock():
        dead = EXPIRED
    return Token(
        token=row["token"],
        kind=row["kind"],
        holder=row["holder"],
        parent=row["parent"],
        issued_at=row["issued_at"],
        expires_at=row["expires_at"],
        dead=dead,
        accounts=frozenset(grant["account_id"] for grant in granted),
        facts=json.loads(row["facts"]),
    )


def made_from(store: Store, parent: str, account_id: int) -> str | None:
    """The living token made from another one for this account."""
    with store.reading() as db:
        row = db.execute(
            "SELECT t.token FROM tokens t JOIN grants g ON g.token = t.token WHERE t.parent = ? AND g.account_id = ?"
            " AND t.dead IS NULL AND (t.expires_at IS NULL OR t.expires_at > ?) ORDER BY t.rowid DESC LIMIT 1",
            (parent, account_id, store.clock()),
        ).fetchone()
    return None if row is None else str(row["token"])


def kill_person(store: Store, person_id: str, subcode: int) -> int:
    """Kill every token of a person and all that were made from them; answers how many."""
    with store.transaction() as db:
        return db.execute(
            "UPDATE tokens SET dead = ? WHERE dead IS NULL AND kind IN ('user', 'page') AND (token IN"
            " (SELECT token FROM tokens WHERE holder = ? AND kind = 'user') OR parent IN"
            " (SELECT token FROM tokens WHERE holder = ? AND kind = 'user'))",
            (subcode, person_id, person_id),
        ).rowcount


def kill_kind(store: Store, account_id: int, kind: str, subcode: int) -> int:
    """Kill the tokens of one kind that open the account; answers how many."""
    with store.transaction() as db:
        return db.execute(
            "UPDATE tokens SET dead = ? WHERE dead IS NULL AND kind = ?"
            " AND token IN (SELECT token FROM grants WHERE account_id = ?)",
            (subcode, kind, account_id),
        ).rowcount


def drop_scope(store: Store, person_id: str, scope: str) -> None:
    """Take one permission from every token of a person and all that were made from them."""
    with store.transaction() as db:
        rows = db.execute(
            "SELECT token, facts FROM tokens WHERE (holder = ? AND kind = 'user') OR parent IN"
            " (SELECT token FROM tokens WHERE holder = ? AND kind = 'user')",
            (person_id, person_id),
        ).fetchall()
        for row in rows:
            facts = json.loads(row["facts"])
            if facts.get("scopes") is not None:
                facts["scopes"] = [one for one in facts["scopes"] if one != scope]
                db.execute("UPDATE tokens SET facts = ? WHERE token = ?", (json.dumps(facts), row["token"]))


def of_account(store: Store, account_id: int, kind: str | None = None) -> list[str]:
    """Living tokens that open this account, newest first."""
    with store.reading() as db:
        rows = db.execute(
            "SELECT t.token FROM tokens t JOIN grants g ON g.token = t.token WHERE g.account_id = ?"
            " AND t.dead IS NULL AND (? IS NULL OR t.kind = ?) AND (t.expires_at IS NULL OR t.expires_at > ?)"
            " ORDER BY t.issued_at DESC, t.rowid DESC",
            (account_id, kind, kind, store.clock()),
        ).fetchall()
    return [row["token"] for row in rows]


def kill(store: Store, token: str, subcode: int) -> None:
    """Kill a token and all that were made from it."""
    with store.transaction() as db:
        db.execute(
            "UPDATE tokens SET dead = ? WHERE (token = ? OR parent = ?) AND dead IS NULL", (subcode, token, token)
        )


def kill_account(store: Store, account_id: int, subcode: int) -> int:
    """Kill every token that opens the account; answers how many."""
    with store.transaction() as db:
        return db.execute(
            "UPDATE tokens SET dead = ? WHERE dead IS NULL"
            " AND token IN (SELECT token FROM grants WHERE account_id = ?)",
            (subcode, account_id),
        ).rowcount


def set_scopes(store: Store, account_id: int, scopes: list[str] | None) -> int:
    """Give every living token that opens the account exactly these permissions; answers how many."""
    with store.transaction() as db:
        rows = db.execute(
            "SELECT t.token, t.facts FROM tokens t JOIN grants g ON g.token = t.token"
            " WHERE g.account_id = ? AND t.dead IS NULL",
            (account_id,),
        ).fetchall()
        for row in rows:
            facts = {**json.loads(row["facts"]), "scopes": scopes}
            db.execute("UPDATE tokens SET facts = ? WHERE token = ?", (json.dumps(facts), row["token"]))
    return len(rows)
