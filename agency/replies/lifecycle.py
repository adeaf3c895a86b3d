"""The states of a reply and the moves between them: the one table that pages, API documents and tests read."""

from __future__ import annotations

from tenants.permissions import Permission
from tenants.states import SYSTEM, Move, StateTable

STATES = (
    "draft",
    "awaiting_approval",
    "approved",
    "declined",
    "publishing",
    "published",
    "refused",
    "outcome_unknown",
    "dropped",
)


def _move(name: str, sources: str, targets: str, who: Permission | str, must_hold: str) -> Move:
    return Move(name, frozenset(sources.split()), frozenset(targets.split()), who, must_hold)


WRITE, APPROVE = Permission.REPLY_WRITE, Permission.REPLY_APPROVE

LIFECYCLE = StateTable(
    "reply",
    (
        _move("submit", "draft", "awaiting_approval", WRITE, "no blocking finding; within window and length"),
        _move("edit", "draft awaiting_approval", "draft", WRITE, "a new text; links for the old one die"),
        _move("drop", "draft", "dropped", WRITE, "nobody needs it any more; its words are kept in the record"),
        _move("approve", "awaiting_approval", "approved", APPROVE, "exactly this text; never by who drafted it"),
        _move("change_and_approve", "awaiting_approval", "approved", APPROVE, "a new text that passes submit's checks"),
        _move("approve_step", "awaiting_approval", "awaiting_approval", APPROVE, "as approve; somebody else is next"),
        _move("change_step", "awaiting_approval", "awaiting_approval", APPROVE, "new words; others are next"),
        _move(
            "pass_step", "awaiting_approval", "awaiting_approval", SYSTEM, "by the signed policy, silence hands it on"
        ),
        _move("escalate", "awaiting_approval", "awaiting_approval", SYSTEM, "silence asks those the policy names, too"),
        _move("hold", "awaiting_approval", "awaiting_approval", SYSTEM, "silence, and nothing goes out by it"),
        _move(
            "approve_by_policy", "awaiting_approval", "approved", SYSTEM, "silence; its signed safe variant passes all"
        ),
        _move(
            "approve_alike",
            "draft",
            "approved",
            SYSTEM,
            "the client's yes to the same words of an incident; submit's checks",
        ),
        _move("decline", "awaiting_approval", "declined", APPROVE, "a reason"),
        _move("lapse", "awaiting_approval approved", "draft", SYSTEM, "what was approved changed; not claimed"),
        _move("ask_for_changes", "awaiting_approval", "draft", APPROVE, "a note"),
        _move("withdraw", "awaiting_approval approved refused", "draft", WRITE, "not claimed; an approval lapses"),
        _move("acknowledge", "draft", "approved", SYSTEM, "words the client signed for this; nobody is at the case"),
        _move("stand_back", "approved", "dropped", SYSTEM, "words let out by themselves, and somebody is at the case"),
        _move("claim", "approved", "publishing", SYSTEM, "one row changed; the approval matches the text"),
        _move("settle", "publishing", "published refused", SYSTEM, "the platform's id, or its reason"),
        _move("give_back", "publishing", "approved", SYSTEM, "surely nothing was sent"),
        _move("retry", "refused", "approved", WRITE, "surely not sent; the yes still holds and is checked again"),
        _move("lose_track", "publishing", "outcome_unknown", SYSTEM, "no answer after sending, or the lease ran out"),
        _move("reconcile", "outcome_unknown", "published approved", SYSTEM, "found on the platform, or surely absent"),
        _move(
            "resolve",
            "outcome_unknown",
            "published approved refused",
            Permission.REPLY_RESOLVE,
            "a reason, audited, when no machine can tell",
        ),
        _move(
            "release",
            "draft",
            "approved",
            Permission.REPLY_RELEASE,
            "the brand's policy asks for no yes, or our own words are taken back; submit's checks",
        ),
    ),
)

KEEPS_ASKING = frozenset({"escalate", "hold"})
"""Moves after which whoever was asked is asked still, by the same links, since the same moment."""
