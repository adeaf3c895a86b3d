"""Saying yes to many replies by one press: the rules of one yes, in one transaction, by as many statements for many.

Each reply is approved wholly or left as it is, and what is left says why. A second press of the same form finds
everything done and changes nothing. Flushes, never commits.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from functools import partial
from typing import Any, Final, NamedTuple
from uuid import UUID

from agency.replies import checks, waiting
from agency.replies.around import Around
from agency.replies.around_many import read_around
from agency.replies.deciding import refuse_yes
from agency.replies.joins import id_list
from agency.replies.moves import hold_many, move_many
from agency.replies.promises import publish_many_soon
from tenants.database import db, new_ids
from tenants.errors import AppError, Conflict, Forbidden, Invalid, NotFound
from tenants.permissions import Actor, Permission, require
from tenants.scope import raw_sql

MOST_AT_ONCE: Final = 500
"""Replies one press takes: for so long nobody else moves any of them."""

MORE_STEPS: Final = Conflict(
    "Somebody else says yes after you, so this one is not decided together with others. Nothing was decided; "
    "open it and decide there.",
    code="more_steps",
)
SEVERAL_WORDINGS: Final = Conflict(
    "This one offers several wordings to choose from. Nothing was decided; open it and choose one.",
    code="several_wordings",
)

_INSERT_APPROVALS = raw_sql(
    """
    insert into approval (agency_id, id, brand_id, reply_id, reply_text_id, text_hash, target_fingerprint, decision,
        decided_by, decided_by_name, came_by, policy_number, step)
    select r.agency_id, given.id, r.brand_id, r.id, t.id, t.text_hash, r.target_fingerprint, 'approved',
        :decided_by, :decided_by_name, :came_by, r.policy_number, r.waits_step
    from unnest(cast(:ids as uuid[]), cast(:reply_ids as uuid[])) as given(id, reply_id)
    join reply r on r.agency_id = :agency_id and r.id = given.reply_id
    join reply_text t on t.agency_id = r.agency_id and t.id = r.text_id and t.brand_id = r.brand_id
    """,
    reason="hundreds of decisions, copied from the rows they are about, in one statement",
)


class Shown(NamedTuple):
    """A reply as somebody was shown it: the hash of its words, and since when it waited for a yes."""

    reply_id: UUID
    text_hash: str
    asked_at: datetime


class Left(NamedTuple):
    """A reply that was left as it is, to whom it goes, and why."""

    reply_id: UUID
    brand_id: UUID
    customer_name: str | None
    why: AppError


class Decided(NamedTuple):
    """What became of a press. `already`: this person had said yes to these very words before. `missing`: so many of
    the replies are not there for this person.
    """

    approved: tuple[UUID, ...]
    already: tuple[UUID, ...]
    left: tuple[Left, ...]
    missing: int


class Tickable(NamedTuple):
    """A reply that waits, with what the rules say of a yes to it now: None where they let it pass."""

    around: Around
    check: checks.CheckResult
    why_not: AppError | None


def approve_many(actor: Actor, shown: Sequence[Shown]) -> Decided:
    """Say yes to exactly these words, of each reply as of that asking, where one yes is enough.

    Raises Forbidden where the role includes it nowhere, Invalid `none_chosen` and `too_many`.
    """
    require(actor, Permission.REPLY_APPROVE)
    by_id = {one.reply_id: one for one in shown}
    if not by_id:
        raise Invalid("No reply was ticked. Nothing was decided. Tick those you agree with first.", code="none_chosen")
    if len(by_id) > MOST_AT_ONCE:
        raise Invalid("These are more replies than one press takes. Nothing was decided. Tick fewer.", code="too_many")
    hold_many(by_id)
    found = _read(by_id)
    yeses: list[Around] = []
    already: list[UUID] = []
    left: list[Left] = []
    for one in found.around.values():
        reply = one.reply
        asked = by_id[reply.id]
        if waiting.has_said_yes(actor, reply, asked.text_hash, found.yeses[reply.id]):
            already.append(reply.id)
            continue
        why_not = _why_not(actor, one, found, asked.text_hash, asked.asked_at)
        if why_not is None:
            yeses.append(one)
        else:
            left.append(Left(reply.id, reply.brand_id, one.conversation.author_name, why_not))
    if yeses:
        _say_yes(actor, yeses)
    place = {reply_id: number for number, reply_id in enumerate(by_id)}
    return Decided(
        tuple(one.reply.id for one in yeses),
        tuple(already),
        tuple(sorted(left, key=lambda one: place[one.reply_id])),
        len(by_id) - len(found.around),
    )


def look_at_many(actor: Actor, reply_ids: Collection[UUID]) -> dict[UUID, Tickable]:
    """What this person would be told of a yes to each reply as it is now. Holds nothing and changes nothing."""
    found = _read(reply_ids, with_sayings=True)
    looked: dict[UUID, Tickable] = {}
    for reply_id, one in found.around.items():
        check = checks.check_text_of(one.reply, one.text, around=one)
        why_not = _why_not(actor, one, found, one.text.text_hash, one.reply.state_since, check)
        looked[reply_id] = Tickable(one, check, why_not)
    return looked


class _Read(NamedTuple):
    around: Mapping[UUID, Around]
    askings: Mapping[UUID, waiting.Asking]
    yeses: Mapping[UUID, Any]


def _read(reply_ids: Collection[UUID], *, with_sayings: bool = False) -> _Read:
    around = read_around(reply_ids, with_sayings=with_sayings)
    if not around:
        return _Read({}, {}, {})
    askings = waiting.askings_of(list(around.values()))
    for reply_id, asking in askings.items():
        around[reply_id].know(people=asking.people)
    return _Read(around, askings, waiting.yeses_to(list(around)))


def _why_not(
    actor: Actor,
    one: Around,
    found: _Read,
    text_hash: str,
    asked_at: datetime,
    check: checks.CheckResult | None = None,
) -> AppError | None:
    reply = one.reply
    try:
        require(actor, Permission.REPLY_APPROVE, reply.brand_id)
        refuse_yes(actor, one, text_hash, asked_at, check=check, tells_difference=False)
    except (Conflict, Invalid, Forbidden, NotFound) as refusal:
        return refusal
    if reply.variant_count:
        return SEVERAL_WORDINGS
    terms = found.askings[reply.id].terms
    is_last = waiting.step_after_these(reply, one.text, terms, found.yeses[reply.id]) is None
    return None if is_last else MORE_STEPS


def _say_yes(actor: Actor, yeses: Sequence[Around]) -> None:
    replies = [one.reply for one in yeses]
    values = {
        "agency_id": actor.agency_id,
        "decided_by": actor.user_id,
        "decided_by_name": actor.name,
        "came_by": actor.came_by,
        "ids": id_list(new_ids(len(replies))),
        "reply_ids": id_list(reply.id for reply in replies),
    }
    db.session.execute(_INSERT_APPROVALS, values)
    move_many(yeses, "approve", partial(_facts, together=len(yeses)), actor=actor, next_try_at=None)
    publish_many_soon(yeses)


def _facts(one: Around, together: int) -> dict[str, Any]:
    said = {"text_hash": one.text.text_hash, "step": one.reply.waits_step, "policy": one.reply.policy_number}
    return {**said, "together": together}
