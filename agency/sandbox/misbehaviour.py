"""Standing orders to misbehave: for one account or all, so many times, so long, with a probability."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, fields
from typing import Any

from agency.sandbox.store import Store
from agency.sandbox.world import World

KINDS = {
    "delay": "Answers so many seconds late.",
    "lose_answer_after_accepting": "Applies a write, then closes the connection without an answer.",
    "error_after_accepting": "Applies a write, then answers with a server error.",
    "server_error": "Answers with a server error and does nothing.",
    "html_502": "Answers 502 with an HTML page and does nothing.",
    "visibility_lag": "What is written now shows up in reads only so many seconds later.",
    "throttle": "Answers that there were too many calls, with the platform's own codes and headers.",
    "app_throttle": "The same for the whole application, whatever the account.",
    "revoke_token": "Refuses every token of the account as revoked.",
    "truncate_body": "Cuts the body of an answer in half.",
    "empty_page_with_next": "Answers an empty page which nevertheless has a next one (once, unless told otherwise).",
    "refuse_duplicates": "Refuses a comment with the same words as the account's last one (Meta code 506).",
    "block_writes": "Refuses every write as abusive (Meta code 368, Google 403).",
    "hide_authors": "Leaves out who wrote a comment.",
    "lost_location": "The person lost the account: 403 at Google, 190/492 at Meta.",
}


@dataclass(frozen=True)
class Order:
    """`times_left` None: until cleared. `until` None: no end. `applies_to`: reads, writes or both."""

    id: int
    kind: str
    account: str | None = None
    times_left: int | None = None
    until: float | None = None
    probability: float = 1.0
    seconds: float = 5.0
    minutes: int = 1
    subcode: int = 460
    applies_to: str = "both"
    who: str = "both"
    when: str = "after"


FACTS = ("probability", "seconds", "minutes", "subcode", "applies_to", "who", "when")


def add(store: Store, wish: dict[str, Any]) -> Order:
    """Give an order; raises ValueError where it cannot be understood."""
    kind = wish.get("kind")
    if kind not in KINDS:
        raise ValueError(f"kind must be one of {', '.join(KINDS)}")
    unknown = set(wish) - set(FACTS) - {"kind", "account", "times", "for_seconds"}
    if unknown:
        raise ValueError(f"unknown: {', '.join(sorted(unknown))}")
    kinds = {"probability": float, "seconds": float, "minutes": int, "subcode": int}
    facts = {name: kinds.get(name, str)(wish[name]) for name in FACTS if wish.get(name) is not None}
    # An empty page leads to itself: standing for good, no reader would ever get past it.
    times = wish.get("times", 1 if kind == "empty_page_with_next" else None)
    until = None if wish.get("for_seconds") is None else store.clock() + float(wish["for_seconds"])
    with store.transaction() as db:
        cursor = db.execute(
            "INSERT INTO misbehaviour (kind, account, times_left, until, facts) VALUES (?, ?, ?, ?, ?)",
            (kind, wish.get("account") or None, None if times is None else int(times), until, json.dumps(facts)),
        )
        order_id = int(cursor.lastrowid or 0)
    return next(order for order in current(store) if order.id == order_id)


def current(store: Store) -> list[Order]:
    """Orders that still stand, oldest first."""
    with store.transaction() as db:
        rows = db.execute(
            "SELECT * FROM misbehaviour WHERE (times_left IS NULL OR times_left > 0)"
            " AND (until IS NULL OR until > ?) ORDER BY id",
            (store.clock(),),
        ).fetchall()
    return [
        Order(row["id"], row["kind"], row["account"], row["times_left"], row["until"], **json.loads(row["facts"]))
        for row in rows
    ]


def clear(store: Store, order_id: int | None = None, account: str | None = None, kind: str | None = None) -> int:
    """Take orders back: one, those of an account, those of a kind, or all. Answers how many."""
    with store.transaction() as db:
        return db.execute(
            "DELETE FROM misbehaviour WHERE (? IS NULL OR id = ?) AND (? IS NULL OR account = ?)"
            " AND (? IS NULL OR kind = ?)",
            (order_id, order_id, account, account, kind, kind),
        ).rowcount


def take(world: World, kind: str, account: str | None, *, is_write: bool = False, who: str = "both") -> Order | None:
    """The order that applies now, if any; it counts as used once. `account` None matches orders for all only."""
    with world.store.transaction() as db:
        for order in current(world.store):
            if order.kind != kind or (order.account is not None and order.account != account):
                continue
            if order.applies_to != "both" and (order.applies_to == "writes") != is_write:
                continue
            if who != "both" and order.who not in ("both", who):
                continue
            if order.probability < 1 and world.dice.random() >= order.probability:
                continue
            db.execute(
                "UPDATE misbehaviour SET times_left = times_left - 1 WHERE id = ? AND times_left IS NOT NULL",
                (order.id,),
            )
            return order
    return None


def as_json(order: Order) -> dict[str, Any]:
    return {name: value for name, value in asdict(order).items() if value is not None}


assert {*FACTS} <= {each.name for each in fields(Order)}
