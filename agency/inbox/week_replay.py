"""A week answered again with other weights: the same arrivals, due times and moments of answering, another order.

Pure. Whenever somebody of ours answered or closed a case, a simulated desk answers the top one of what had arrived by
then, as `agency.inbox.desk.claim_next` would have given it. What differs between two replays is the order alone.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Final, NamedTuple
from uuid import UUID

from agency.inbox.ranking import POINT_SECONDS, RankFacts, due_step, rank, rule_points
from agency.inbox.weights import Weights

_ARRIVES: Final = 0
_STEPS: Final = 1


class ReplayCase(NamedTuple):
    """A case as the week knew it: when it came, and what it was ranked by."""

    id: UUID
    arrives_at: datetime
    facts: RankFacts


class Served(NamedTuple):
    """One answer of the simulated desk; `was_late` says that its due time had passed."""

    id: UUID
    at: datetime
    was_late: bool


class Replay(NamedTuple):
    """How a week went. `breaches` missed their due time: answered after it, or late and unanswered at the end."""

    served: tuple[Served, ...]
    breaches: frozenset[UUID]
    longest_wait_seconds: int
    """Of those that were answered, from their arrival."""


class Comparison(NamedTuple):
    """Two replays of one week; `avoided` and `added` in the order of their due times."""

    before: Replay
    after: Replay
    avoided: tuple[UUID, ...]
    added: tuple[UUID, ...]


class Move(NamedTuple):
    """A case's place in the queue, from 1, by two tables of weights, and its points by each."""

    id: UUID
    before: int
    after: int
    rank_before: int
    rank_after: int


def replay(cases: Sequence[ReplayCase], serves: Iterable[datetime], weights: Weights, until: datetime) -> Replay:
    """Answer the top case at each of these moments, up to `until`. Ties by id, as the queue has them."""
    placed = [_placed(case, weights) for case in cases]
    coming = [(case.arrives_at, _ARRIVES, number) for number, case in enumerate(cases)]
    heapq.heapify(coming)
    waiting: list[tuple[int, int, int, int]] = []
    turns = [0] * len(cases)
    done: list[Served] = []
    gone = bytearray(len(cases))
    for moment in sorted(one for one in serves if one <= until):
        while coming and coming[0][0] <= moment:
            at, _what, number = heapq.heappop(coming)
            if gone[number]:
                continue
            due_at = cases[number].facts.due_at
            is_placed = due_at is None or cases[number].facts.woken  # what was put off counts as late all along
            points, next_at = due_step(due_at, weights, at) if due_at and not is_placed else (0, None)
            turns[number] += 1
            if due_at is not None and due_at <= at and not is_placed:  # nothing late is lowered by a rule
                points -= min(rule_points(cases[number].facts.rules), 0)
            key = placed[number] + points * POINT_SECONDS
            heapq.heappush(waiting, (-key, -cases[number].id.int, number, turns[number]))
            if next_at is not None:
                heapq.heappush(coming, (next_at, _STEPS, number))
        while waiting:
            _key, _id, number, turn = heapq.heappop(waiting)
            if turn == turns[number] and not gone[number]:
                gone[number] = 1
                due_at = cases[number].facts.due_at
                done.append(Served(cases[number].id, moment, due_at is not None and due_at < moment))
                break
    breaches = {one.id for one in done if one.was_late}
    breaches |= {
        case.id
        for number, case in enumerate(cases)
        if not gone[number] and case.facts.due_at is not None and case.facts.due_at < until
    }
    arrived = {case.id: case.arrives_at for case in cases}
    longest = max((one.at - arrived[one.id] for one in done), default=None)
    return Replay(tuple(done), frozenset(breaches), int(longest.total_seconds()) if longest else 0)


def compare(
    cases: Sequence[ReplayCase], serves: Iterable[datetime], before: Weights, after: Weights, until: datetime
) -> Comparison:
    """The same week by two tables of weights."""
    moments = list(serves)
    old, new = replay(cases, moments, before, until), replay(cases, moments, after, until)
    due = {case.id: case.facts.due_at for case in cases if case.facts.due_at is not None}

    def in_order(ids: frozenset[UUID]) -> tuple[UUID, ...]:
        return tuple(sorted(ids, key=lambda one: (due[one], one.int)))

    return Comparison(old, new, in_order(old.breaches - new.breaches), in_order(new.breaches - old.breaches))


def moves(cases: Sequence[ReplayCase], before: Weights, after: Weights, now: datetime, shown: int) -> tuple[Move, ...]:
    """The first cases of the queue as it would be, each with the place it has."""
    ranks = {case.id: (rank(case.facts, before, now).rank, rank(case.facts, after, now).rank) for case in cases}
    old = sorted(ranks, key=lambda one: (-ranks[one][0], -one.int))
    new = sorted(ranks, key=lambda one: (-ranks[one][1], -one.int))
    places = {one: place for place, one in enumerate(old, 1)}
    return tuple(Move(one, places[one], place, *ranks[one]) for place, one in enumerate(new[:shown], 1))


def _placed(case: ReplayCase, weights: Weights) -> int:
    """Its rank without the due time, which is all that changes."""
    return rank(case.facts._replace(due_at=None), weights, case.arrives_at).rank
