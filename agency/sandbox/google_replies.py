"""The brand's answer to a review: written, replaced, taken away, and judged by Google's moderation.

Moderation runs on a clock of its own, the sandbox's plus what the control door moved it by, and can be held. An answer
is PENDING until its time is up and then has the outcome the account's facts or the order `reject_replies` gave it when
it was written. `decide` settles one at once, also one that was settled before.
"""

from __future__ import annotations

from typing import Any

from agency.sandbox import misbehaviour
from agency.sandbox.content import NotThere, shows_from
from agency.sandbox.google_project import project
from agency.sandbox.google_times import google_time
from agency.sandbox.store import Account, Item
from agency.sandbox.world import Happening, World

SETTING = "google moderation"
DECISIONS = ("APPROVED", "REJECTED", "PENDING", "REVIEW_REPLY_STATE_UNSPECIFIED")
DEFAULT_VIOLATION = "GENERIC_VIOLATION"


def moderation(world: World) -> dict[str, Any]:
    """`offset_seconds` and `held`."""
    return {"offset_seconds": 0.0, "held": False, **world.store.setting(SETTING, {})}


def move_moderation(world: World, *, move_seconds: float = 0.0, hold: bool | None = None) -> dict[str, Any]:
    with world.store.transaction():
        facts = moderation(world)
        facts["offset_seconds"] += move_seconds
        facts["held"] = facts["held"] if hold is None else hold
        world.store.set_setting(SETTING, facts)
    return facts


def put(world: World, account: Account, review: Item, text: str, **values: Any) -> Item:
    """Create or replace the answer; the review's own update time stays (as captured).

    `state` gives the outcome, "none" an answer without one, as those from before moderation have; further
    `policy_violation`, `translation` and `updated_at`. What is not given comes from the account's facts.
    """
    now = world.now()
    order = misbehaviour.take(world, "reject_replies", account.external_id, is_write=True)
    outcome = values.get("state") or ("REJECTED" if order else account.facts.get("moderation_outcome") or "APPROVED")
    if outcome not in (*DECISIONS, "none"):
        raise ValueError(f"state must be none or one of {', '.join(DECISIONS)}")
    violation = (
        values.get("policy_violation") or (order.reason if order else "") or account.facts.get("policy_violation")
    )
    delay = 0.0 if values.get("state") else float(account.facts.get("moderation_delay_seconds") or 0)
    review.facts["reply_before"] = current(world, review)
    review.facts["reply"] = {
        "text": text,
        "updated_at": values.get("updated_at") or now,
        "settled_at": now + moderation(world)["offset_seconds"] + delay,
        "is_decided": bool(values.get("state")),
        "outcome": outcome,
        "policy_violation": violation,
        "translation": values.get("translation"),
        "visible_at": shows_from(world, account, "ours"),
    }
    world.store.save_item(review)
    world.tell(Happening("reply", account, review, by_account=True))
    return review


def remove(world: World, account: Account, review: Item) -> None:
    review.facts.pop("reply", None)
    review.facts.pop("reply_before", None)
    world.store.save_item(review)
    world.tell(Happening("unreply", account, review, by_account=True))


def decide(world: World, review: Item, state: str, reason: str | None = None) -> None:
    """Settle the answer now. Raises ValueError, and NotThere where there is none."""
    if state not in DECISIONS:
        raise ValueError(f"state must be one of {', '.join(DECISIONS)}")
    reply = review.facts.get("reply")
    if reply is None:
        raise NotThere("the review has no answer")
    reply |= {"is_decided": True, "outcome": state, "policy_violation": reason or reply.get("policy_violation")}
    world.store.save_item(review)


def state_of(world: World, reply: dict[str, Any]) -> str | None:
    """None for an answer from before moderation."""
    if reply["outcome"] == "none":
        return None
    if not reply.get("is_decided"):
        facts = moderation(world)
        if facts["held"] or reply["settled_at"] > world.now() + facts["offset_seconds"]:
            return "PENDING"
    return str(reply["outcome"])


def current(world: World, review: Item) -> dict[str, Any] | None:
    """The answer that a read shows now: the newest, or the one before while the newest lags or was rejected."""
    reply: dict[str, Any] | None = review.facts.get("reply")
    if reply is None:
        return None
    before: dict[str, Any] | None = review.facts.get("reply_before")
    if float(reply["visible_at"]) > world.now():
        return before
    if before is not None and state_of(world, reply) == "REJECTED" and project(world.store).rejection_keeps_previous:
        return before
    return reply


def as_json(world: World, reply: dict[str, Any], *, with_state: bool = True) -> dict[str, Any]:
    text = str(reply["text"])
    shown = {"comment": enveloped(text, reply.get("translation")), "updateTime": google_time(reply["updated_at"])}
    state = state_of(world, reply) if with_state else None
    if state is not None:
        shown["reviewReplyState"] = state
    if state == "REJECTED":
        shown["policyViolation"] = reply.get("policy_violation") or DEFAULT_VIOLATION
    return shown


def enveloped(text: str, translation: str | None, layout: str | None = None) -> str:
    """Google's envelope around a text it translated: the translation first, or (`original_first`) last."""
    if not translation:
        return text
    if layout == "original_first":
        return f"{text}\n\n(Translated by Google)\n{translation}"
    return f"(Translated by Google) {translation}\n\n(Original)\n{text}"


def waiting(world: World, limit: int) -> list[tuple[Account, Item]]:
    """Reviews with an answer that is still PENDING, the newest first."""
    found = world.store.find_items(
        "platform = 'google_business' AND kind = 'review' AND deleted_at IS NULL"
        " AND json_extract(facts, '$.reply') IS NOT NULL",
        (),
        "seq DESC",
        limit * 5,
    )
    pairs = []
    for review in found:
        account = world.store.account_by_id(review.account_id)
        if account is not None and state_of(world, review.facts["reply"]) == "PENDING":
            pairs.append((account, review))
    return pairs[:limit]


def listen(world: World) -> None:
    """Whether Google keeps the answer when its review is edited is not documented: the project's fact says."""

    def heard(happening: Happening) -> None:
        review = happening.item
        is_edit = happening.verb == "edit" and review is not None and review.kind == "review"
        if is_edit and review is not None and "reply" in review.facts and project(world.store).edit_drops_reply:
            remove(world, happening.account, review)

    world.listeners.append(heard)
