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
    "earlier_id": "Applies a comment and names the account's last one before it (with `who` customers, a customer's);"
    " with `when` instead it names it and does nothing.",
    "server_error": "Answers with a server error and does nothing.",
    "html_502": "Answers 502 with an HTML page and does nothing.",
    "visibility_lag": "What is written now shows up in reads only so many seconds later, with `up_to_seconds` a number"
    " between the two, drawn for each write.",
    "throttle": "Answers that there were too many calls, with the platform's own codes and headers.",
    "app_throttle": "The same for the whole application, whatever the account.",
    "revoke_token": "Refuses every token of the account as revoked.",
    "truncate_body": "Cuts the body of an answer in half.",
    "empty_page_with_next": "Answers an empty page which nevertheless has a next one (once, unless told otherwise).",
    "refuse_duplicates": "Refuses a comment with the same words as the account's last one (Meta code 506).",
    "block_writes": "Refuses every write as abusive (Meta code 368, Google 403).",
    "block_messages": "Refuses direct messages and private replies for now (Meta code 10, subcode 1893063).",
    "hide_authors": "Leaves out who wrote a comment.",
    "lost_location": "The person lost the account: 403 at Google, 190/492 at Meta.",
    "lose_scope": "A permission is gone (Meta code 10, as after 90 days without use); `scope` names it, else all.",
    "unknown_fields": "Fails a whole call over one field it knew yesterday (Meta code 100); `field` names it.",
    "expire_cursors": "Refuses every cursor as too old.",
    "silent_wrong_token": "Answers an empty list, not an error, to a person's token where a Page's is needed.",
    "null_batch_slots": "Leaves slots of a batch empty (`null`), as when it ran out of time; writes are applied.",
    "service_unavailable_200": "Answers 200 with the words Service Unavailable.",
    "old_version": "Answers as the oldest living version, whatever was asked; only the header tells.",
    "usage": "Says in the usage headers that so many `percent` are used up.",
    "zero_quota": "Google 429 with the limit 0, as before the project was approved: waiting does not help.",
    "unavailable": "Google 503 and nothing is done.",
    "random_404": "Google 404 although the thing is there.",
    "unverified": "The location is not verified: no voice of merchant, reviews and posts are refused.",
    "suspended": "The location is suspended: no voice of merchant, reviews and posts are refused.",
    "refuse_mask": "Refuses the readMask of locations, whatever it says.",
    "shift_pages": "A later page of reviews begins where it would by count, so items shift between pages.",
    "reject_replies": "Google's moderation rejects answers written now; `reason` is the policy violation.",
    "reject_posts": "Google rejects local posts written now.",
    "webhook_first": "Sends the webhook of a write before it answers the write.",
}

OF_META = frozenset(
    {"refuse_duplicates", "hide_authors", "lose_scope", "unknown_fields", "expire_cursors", "silent_wrong_token"}
    | {"null_batch_slots", "service_unavailable_200", "old_version", "usage", "webhook_first", "app_throttle"}
    | {"block_messages", "earlier_id"}
)
OF_GOOGLE = frozenset(
    {"zero_quota", "unavailable", "random_404", "unverified", "suspended", "refuse_mask", "shift_pages"}
    | {"reject_replies", "reject_posts"}
)


def kinds_for(platform: str) -> dict[str, str]:
    """The kinds that mean something there."""
    foreign = OF_META if platform == "google_business" else OF_GOOGLE
    return {kind: meaning for kind, meaning in KINDS.items() if kind not in foreign}


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
    up_to_seconds: float = 0.0
    minutes: int = 1
    subcode: int = 460
    applies_to: str = "both"
    who: str = "both"
    when: str = "after"
    scope: str = ""
    field: str = ""
    percent: int = 97
    reason: str = ""


FACTS = (
    "probability",
    "seconds",
    "up_to_seconds",
    "minutes",
    "subcode",
    "applies_to",
    "who",
    "when",
    "scope",
    "field",
    "percent",
    "reason",
)


def add(store: Store, wish: dict[str, Any]) -> Order:
    """Give an order; raises ValueError where it cannot be understood."""
    kind = wish.get("kind")
    if kind not in KINDS:
        raise ValueError(f"kind must be one of {', '.join(KINDS)}")
    unknown = set(wish) - set(FACTS) - {"kind", "account", "times", "for_seconds"}
    if unknown:
        raise ValueError(f"unknown: {', '.join(sorted(unknown))}")
    kinds = {
        "probability": float,
        "seconds": float,
        "up_to_seconds": float,
        "minutes": int,
        "subcode": int,
        "percent": int,
    }
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
        store.orders_known = None
    return next(order for order in current(store) if order.id == order_id)


def current(store: Store) -> list[Order]:
    """Orders that still stand, oldest first."""
    with store.reading():
        now = store.clock()
        return [
            order
            for order in _known(store)
            if (order.times_left is None or order.times_left > 0) and (order.until is None or order.until > now)
        ]


def standing(store: Store) -> bool:
    """Whether there is any order at all. Cheap: this is asked several times for each call."""
    return store.orders_known != [] and bool(current(store))


def _known(store: Store) -> list[Order]:
    """Every order ever given and not taken back. Read once, and again after each change."""
    known: list[Order] | None = store.orders_known
    if known is None:
        with store.reading() as db:
            rows = db.execute("SELECT * FROM misbehaviour ORDER BY id").fetchall()
        known = [
            Order(row["id"], row["kind"], row["account"], row["times_left"], row["until"], **json.loads(row["facts"]))
            for row in rows
        ]
        store.orders_known = known
    return known


def clear(store: Store, order_id: int | None = None, account: str | None = None, kind: str | None = None) -> int:
    """Take orders back: one, those of an account, those of a kind, or all. Answers how many."""
    with store.transaction() as db:
        store.orders_known = None
        return db.execute(
            "DELETE FROM misbehaviour WHERE (? IS NULL OR id = ?) AND (? IS NULL OR account = ?)"
            " AND (? IS NULL OR kind = ?)",
            (order_id, order_id, account, account, kind, kind),
        ).rowcount


def take(
    world: World,
    kind: str,
    account: str | None,
    *,
    is_write: bool = False,
    who: str = "both",
    scope: str | None = None,
    names: frozenset[str] | None = None,
) -> Order | None:
    """The order that applies now, if any; it counts as used once. `account` None matches orders for all only.

    An order with a `scope` applies to that one only; with `names`, one with a `field` only where that is among them.
    """
    if world.store.orders_known == []:
        return None
    with world.store.transaction() as db:
        for order in current(world.store):
            if order.kind != kind or (order.account is not None and order.account != account):
                continue
            if order.applies_to != "both" and (order.applies_to == "writes") != is_write:
                continue
            if who != "both" and order.who not in ("both", who):
                continue
            if order.scope and scope is not None and order.scope != scope:
                continue
            if names is not None and (order.field or "") not in names | {""}:
                continue
            if order.probability < 1 and world.dice.random() >= order.probability:
                continue
            if order.times_left is not None:
                db.execute("UPDATE misbehaviour SET times_left = times_left - 1 WHERE id = ?", (order.id,))
                world.store.orders_known = None
            return order
    return None


def as_json(order: Order) -> dict[str, Any]:
    return {name: value for name, value in asdict(order).items() if value is not None}


assert {*FACTS} <= {each.name for each in fields(Order)}
