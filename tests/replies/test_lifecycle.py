"""The table of moves: every state against every move, and the rules the rest of the house leans on."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agency.replies.lifecycle import LIFECYCLE, STATES
from tenants.errors import Conflict
from tenants.permissions import Permission
from tenants.states import SYSTEM

# Written out on purpose, from the house plan: the table is compared with this, not with itself.
ALLOWED = {
    ("submit", "draft", "awaiting_approval"),
    ("edit", "draft", "draft"),
    ("edit", "awaiting_approval", "draft"),
    ("approve", "awaiting_approval", "approved"),
    ("change_and_approve", "awaiting_approval", "approved"),
    ("approve_step", "awaiting_approval", "awaiting_approval"),
    ("change_step", "awaiting_approval", "awaiting_approval"),
    ("pass_step", "awaiting_approval", "awaiting_approval"),
    ("escalate", "awaiting_approval", "awaiting_approval"),
    ("hold", "awaiting_approval", "awaiting_approval"),
    ("approve_by_policy", "awaiting_approval", "approved"),
    ("approve_alike", "draft", "approved"),
    ("decline", "awaiting_approval", "declined"),
    ("lapse", "awaiting_approval", "draft"),
    ("lapse", "approved", "draft"),
    ("ask_for_changes", "awaiting_approval", "draft"),
    ("withdraw", "awaiting_approval", "draft"),
    ("withdraw", "approved", "draft"),
    ("withdraw", "refused", "draft"),
    ("drop", "draft", "dropped"),
    ("acknowledge", "draft", "approved"),
    ("stand_back", "approved", "dropped"),
    ("claim", "approved", "publishing"),
    ("settle", "publishing", "published"),
    ("settle", "publishing", "refused"),
    ("give_back", "publishing", "approved"),
    ("retry", "refused", "approved"),
    ("lose_track", "publishing", "outcome_unknown"),
    ("reconcile", "outcome_unknown", "published"),
    ("reconcile", "outcome_unknown", "approved"),
    ("resolve", "outcome_unknown", "published"),
    ("resolve", "outcome_unknown", "approved"),
    ("resolve", "outcome_unknown", "refused"),
    ("release", "draft", "approved"),
}


def test_the_table_is_the_house_plans() -> None:
    assert set(STATES) == LIFECYCLE.states
    made = {(m.name, s, t) for m in LIFECYCLE.moves.values() for s in m.sources for t in m.targets}
    assert made == ALLOWED


@pytest.mark.parametrize("name", LIFECYCLE.moves)
@pytest.mark.parametrize("source", STATES)
@pytest.mark.parametrize("target", STATES)
def test_only_allowed_moves_change_anything(name: str, source: str, target: str) -> None:
    thing = SimpleNamespace(state=source)
    if (name, source, target) in ALLOWED:
        LIFECYCLE.apply(thing, name, target)
        assert thing.state == target
    else:
        with pytest.raises(Conflict):
            LIFECYCLE.apply(thing, name, target)
        assert thing.state == source


@given(st.lists(st.tuples(st.sampled_from(sorted(LIFECYCLE.moves)), st.sampled_from(STATES)), max_size=40))
def test_no_path_publishes_without_a_yes(path: list[tuple[str, str]]) -> None:
    """Whatever is tried in whatever order: `publishing` is only ever reached after a yes that no change undid."""
    thing, yes = SimpleNamespace(state="draft"), False
    for name, target in path:
        try:
            LIFECYCLE.apply(thing, name, target)
        except Conflict:
            continue
        if name in ("approve", "change_and_approve", "approve_by_policy", "approve_alike", "release"):
            yes = True
        if thing.state in ("draft", "declined"):
            yes = False
        if thing.state in ("publishing", "published", "outcome_unknown"):
            assert yes, path


def test_who_may_do_what() -> None:
    who = {name: move.who for name, move in LIFECYCLE.moves.items()}
    approver = {"approve", "change_and_approve", "approve_step", "change_step", "decline", "ask_for_changes"}
    assert {n for n, w in who.items() if w == Permission.REPLY_APPROVE} == approver
    silence = {"pass_step", "escalate", "hold", "approve_by_policy"}
    by_itself = {"acknowledge", "stand_back", "approve_alike"}
    machine = {*by_itself, "lapse", "claim", "settle", "give_back", "lose_track", "reconcile", *silence}
    assert {n for n, w in who.items() if w == SYSTEM} == machine
