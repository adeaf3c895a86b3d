"""Google's people, their consents and tokens: whose a token is, which scopes and locations it opens, how it died."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass

from agency.sandbox import misbehaviour, tokens
from agency.sandbox.google_errors import TokenError, denied, not_found, scope_missing, unauthenticated
from agency.sandbox.google_project import project
from agency.sandbox.store import Account
from agency.sandbox.world import World

BUSINESS = "https://www.googleapis.com/auth/business.manage"
LEGACY_BUSINESS = "https://www.googleapis.com/auth/plus.business.manage"
IDENTITY_SCOPES = {
    "openid",
    "email",
    "profile",
    "https://www.googleapis.com/auth/userinfo.email",
    "https://www.googleapis.com/auth/userinfo.profile",
}
KNOWN_SCOPES = {BUSINESS, LEGACY_BUSINESS, *IDENTITY_SCOPES}

# Manages every location whose `people` nobody named.
DEFAULT_PERSON = "owner@sandbox.example"

DAY_SECONDS = 86_400
UNUSED_SECONDS = 183 * DAY_SECONDS
TESTING_SECONDS = 7 * DAY_SECONDS

CAUSES = (
    "revoked",
    "unused_6_months",
    "testing_7_days",
    "evicted",
    "time_limit",
    "account_disabled",
    "admin_policy",
    "session_control",
)


@dataclass(frozen=True)
class Access:
    """A living token. `family` is itself and the refresh token it was made from; either may open a location."""

    token: str
    family: tuple[str, ...]
    kind: str
    person: str
    scopes: frozenset[str]
    issued_at: float
    used_at: float


def read(world: World, text: str | None) -> tuple[Access, str | None] | None:
    """The token and the cause of its death, if it is dead; None for a token nobody issued."""
    if not text or not text.isascii():
        return None
    with world.store.transaction() as db:
        row = db.execute(
            "SELECT t.kind, t.holder, t.parent, t.issued_at, t.expires_at, t.dead,"
            " coalesce(own.person, up.person, t.holder) AS person, coalesce(own.scopes, up.scopes, ?) AS scopes,"
            " coalesce(own.used_at, t.issued_at) AS used_at, own.cause AS cause"
            " FROM tokens t LEFT JOIN google_tokens own ON own.token = t.token"
            " LEFT JOIN google_tokens up ON up.token = t.parent WHERE t.token = ?",
            (BUSINESS, text),
        ).fetchone()
    if row is None or row["kind"] not in ("google_access", "google_refresh"):
        return None
    family = (text,) if row["parent"] is None else (text, row["parent"])
    scopes = frozenset(row["scopes"].split())
    found = Access(text, family, row["kind"], row["person"], scopes, row["issued_at"], row["used_at"])
    cause = row["cause"]
    if row["dead"] is not None:
        cause = cause or "revoked"
    elif row["expires_at"] is not None and row["expires_at"] <= world.now():
        cause = "time_limit"
    elif row["kind"] == "google_refresh":
        cause = _died_of_age(world, found)
    return found, cause


def _died_of_age(world: World, refresh: Access) -> str | None:
    if world.now() - refresh.used_at >= UNUSED_SECONDS:
        return "unused_6_months"
    is_testing = project(world.store).publishing_status == "testing"
    if is_testing and not refresh.scopes <= IDENTITY_SCOPES and world.now() - refresh.issued_at >= TESTING_SECONDS:
        return "testing_7_days"
    return None


def bearer(world: World, text: str | None, service: str) -> Access:
    """The caller's access token with the business scope, or GoogleError 401 or 403."""
    found = read(world, text)
    if found is None or found[1] is not None or found[0].kind != "google_access":
        raise unauthenticated()
    if not found[0].scopes & {BUSINESS, LEGACY_BUSINESS}:
        raise scope_missing(service)
    return found[0]


def refresh_token(world: World, text: str) -> Access:
    """A living refresh token, which counts as used now. Raises TokenError with what Google says of a dead one."""
    found = read(world, text)
    if found is None or found[0].kind != "google_refresh":
        raise TokenError("invalid_grant", "Bad Request")
    access, cause = found
    if cause == "admin_policy":
        raise TokenError("admin_policy_enforced", "The administrator of this account does not allow this access.")
    if cause == "session_control":
        raise TokenError("invalid_grant", "reauth related error (invalid_rapt)", error_subtype="invalid_rapt")
    if cause == "account_disabled":
        raise TokenError("invalid_grant", "Account has been deleted")
    if cause is not None or _withdrawn_by_order(world, access):
        raise TokenError("invalid_grant", "Token has been expired or revoked.")
    remember(world, access.token, access.person, access.scopes)
    return access


def _withdrawn_by_order(world: World, access: Access) -> bool:
    """Whether a standing order `revoke_token` is about a location that this token opens."""
    for order in misbehaviour.current(world.store):
        if order.kind == "revoke_token":
            account = world.store.account("google_business", order.account) if order.account else None
            is_about_us = order.account is None or (account is not None and opens(world, access, account.id))
            if is_about_us and misbehaviour.take(world, "revoke_token", order.account):
                return True
    return False


def remember(world: World, token: str, person: str, scopes: frozenset[str], *, opens_all: bool | None = None) -> None:
    """Note whose token it is and that it was used now."""
    with world.store.transaction() as db:
        db.execute(
            "INSERT INTO google_tokens (token, person, scopes, used_at, opens_all) VALUES (?, ?, ?, ?, ?)"
            " ON CONFLICT (token) DO UPDATE SET used_at = excluded.used_at",
            (token, person, " ".join(sorted(scopes)), world.now(), int(bool(opens_all))),
        )


# Locations


def opens(world: World, access: Access, account_id: int) -> bool:
    marks = ", ".join("?" * len(access.family))
    with world.store.transaction() as db:
        query = f"SELECT 1 FROM grants WHERE account_id = ? AND token IN ({marks}) LIMIT 1"
        return db.execute(query, (account_id, *access.family)).fetchone() is not None


def granted(world: World, access: Access) -> list[Account]:
    """Every location the token opens, oldest first. Costly where there are many: for lists, not for polls."""
    marks = ", ".join("?" * len(access.family))
    with world.store.transaction() as db:
        query = f"SELECT DISTINCT account_id FROM grants WHERE token IN ({marks})"
        wanted = {row["account_id"] for row in db.execute(query, access.family)}
    return [each for each in world.store.accounts("google_business") if each.id in wanted]


def location(world: World, access: Access, name: str) -> Account:
    """The location by its full v4 name: 404 where there is none, 403 where it is not this person's."""
    account = world.store.account("google_business", name)
    if account is None:
        raise not_found()
    if not opens(world, access, account.id):
        raise denied()
    return account


def locations(world: World, access: Access, names: list[str]) -> list[Account]:
    """Several locations by their full names, in that order: 404 for one that is unknown, 403 for one out of reach."""
    marks, mine = ", ".join("?" * len(names)), ", ".join("?" * len(access.family))
    with world.store.transaction() as db:
        rows = db.execute(
            f"SELECT a.*, EXISTS (SELECT 1 FROM grants g WHERE g.account_id = a.id AND g.token IN ({mine})) AS is_open"
            f" FROM accounts a WHERE a.platform = 'google_business' AND a.external_id IN ({marks})",
            (*access.family, *names),
        ).fetchall()
    known = {row["external_id"]: row for row in rows}
    if not set(names) <= set(known):
        raise not_found()
    if not all(row["is_open"] for row in rows):
        raise denied()
    found = [known[name] for name in names]
    return [
        Account(row["id"], row["platform"], row["external_id"], row["name"], json.loads(row["facts"])) for row in found
    ]


def managed_by(world: World, person: str) -> list[int]:
    """Row ids of the locations the person manages, oldest first."""
    with world.store.transaction() as db:
        rows = db.execute(
            "SELECT id FROM accounts WHERE platform = 'google_business' AND CASE"
            " WHEN json_extract(facts, '$.people') IS NULL THEN ? = ? ELSE EXISTS"
            " (SELECT 1 FROM json_each(facts, '$.people') WHERE value = ?) END ORDER BY id",
            (person, DEFAULT_PERSON, person),
        ).fetchall()
    return [row["id"] for row in rows]


def people(world: World) -> list[str]:
    """Everybody who could sign in: who manages something, and the default person."""
    with world.store.transaction() as db:
        rows = db.execute(
            "SELECT DISTINCT one.value AS person FROM accounts, json_each(accounts.facts, '$.people') AS one"
            " WHERE platform = 'google_business' ORDER BY 1"
        ).fetchall()
    return [DEFAULT_PERSON, *(row["person"] for row in rows if row["person"] != DEFAULT_PERSON)]


def subject(person: str) -> str:
    """Google's number for a person: 21 digits, always a string."""
    return str(10**20 + int.from_bytes(hashlib.sha256(person.encode()).digest()[:8]))


# Consents and deaths


def consented(world: World, person: str) -> frozenset[str]:
    """Scopes the person granted to the project and has not taken back."""
    with world.store.transaction() as db:
        row = db.execute("SELECT scopes FROM google_consents WHERE person = ?", (person,)).fetchone()
    return frozenset(row["scopes"].split()) if row else frozenset()


def consent(world: World, person: str, scopes: frozenset[str]) -> None:
    with world.store.transaction() as db:
        wanted = " ".join(sorted(scopes | consented(world, person)))
        db.execute("INSERT OR REPLACE INTO google_consents (person, scopes) VALUES (?, ?)", (person, wanted))


def of_person(world: World, person: str) -> list[str]:
    """The person's living refresh tokens, oldest first."""
    with world.store.transaction() as db:
        rows = db.execute(
            "SELECT t.token FROM tokens t LEFT JOIN google_tokens g ON g.token = t.token"
            " WHERE t.kind = 'google_refresh' AND t.dead IS NULL AND coalesce(g.person, t.holder) = ? AND t.token IN"
            " (SELECT token FROM google_tokens WHERE person = ? UNION SELECT token FROM tokens WHERE holder = ?)"
            " ORDER BY t.issued_at, t.rowid",
            (person, person, person),
        ).fetchall()
    return [row["token"] for row in rows]


def kill(world: World, token: str, cause: str) -> None:
    """The token and all made from it die of `cause`; raises ValueError for a cause nobody knows."""
    if cause not in CAUSES:
        raise ValueError(f"cause must be one of {', '.join(CAUSES)}")
    with world.store.transaction() as db:
        if (found := read(world, token)) is not None:
            db.execute(
                "INSERT OR IGNORE INTO google_tokens (token, person, scopes, used_at, opens_all)"
                " VALUES (?, ?, ?, ?, 0)",
                (token, found[0].person, " ".join(sorted(found[0].scopes)), found[0].used_at),
            )
        db.execute("UPDATE google_tokens SET cause = coalesce(cause, ?) WHERE token = ?", (cause, token))
        tokens.kill(world.store, token, tokens.INVALID)


def withdraw(world: World, person: str, cause: str = "revoked") -> int:
    """The person removes the access: every token of theirs dies, and the next login asks for consent anew."""
    with world.store.transaction() as db:
        refresh = of_person(world, person)
        for token in refresh:
            kill(world, token, cause)
        db.execute("DELETE FROM google_consents WHERE person = ?", (person,))
        rest = db.execute(
            "UPDATE tokens SET dead = ? WHERE dead IS NULL AND kind = 'google_access' AND (holder = ?"
            " OR token IN (SELECT token FROM google_tokens WHERE person = ?))",
            (tokens.INVALID, person, person),
        ).rowcount
    return len(refresh) + int(rest)


def evict(world: World, person: str) -> None:
    """More than 100 living refresh tokens for one person: the oldest die, and nobody is told."""
    most = project(world.store).refresh_tokens_per_person
    for token in of_person(world, person)[:-most]:
        kill(world, token, "evicted")


def open_to_people(world: World, account: Account) -> None:
    """Who manages a location made after their login gets at it with the tokens they gave for all they manage."""
    who = account.facts.get("people") or [DEFAULT_PERSON]
    marks = ", ".join("?" * len(who))
    with world.store.transaction() as db:
        db.execute(
            "INSERT OR IGNORE INTO grants (token, account_id) SELECT token, ? FROM google_tokens"
            f" WHERE opens_all = 1 AND person IN ({marks})",
            (account.id, *who),
        )
