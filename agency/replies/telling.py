"""Who wrote a reply is told what becomes of it, by whoever decides, by the platform or by itself."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final
from uuid import UUID

from agency.notices.telling import Thing, colleagues, settle, settle_many, tell, tell_of_many
from agency.replies.lifecycle import KEEPS_ASKING
from agency.replies.models import Reply
from tenants.holders import holders_of
from tenants.permissions import Actor, Permission

KIND_OF_MOVE: Final = {
    "approve": "reply_approved",
    "change_and_approve": "reply_changed",
    "change_step": "reply_changed",
    "decline": "reply_declined",
    "ask_for_changes": "reply_asked",
    "lapse": "reply_lapsed",
}
"""Of moves that other people or the system make. What the platform said is asked for by its outcome."""
BY_SILENCE: Final = {"hold": "reply_unanswered", "escalate": "reply_unanswered", "approve_by_policy": "reply_let_out"}
"""Of moves that follow from nobody's answer: leads are told with the author."""
WAITED: Final = ("reply_awaits_you",)


def tell_of_move(reply: Reply, name: str, source: str, actor: Actor | None) -> None:
    """Tell the reply's author of this move, where it is one of those and not their own; and end what it settles."""
    if source == "awaiting_approval" and name not in KEEPS_ASKING:
        settle(reply.id, *WAITED)
    if source == "outcome_unknown" and reply.state != source:
        settle(reply.id, "reply_unknown")
    if name in BY_SILENCE:
        _tell_leads(BY_SILENCE[name], reply, Permission.POLICY_PROPOSE)
    kind = KIND_OF_MOVE.get(name)
    if name in ("settle", "reconcile") and reply.state == "refused":
        kind = "reply_refused"
    if kind is not None:
        tell_author(kind, reply, actor)


def tell_of_many_moves(replies: Sequence[Reply], name: str, actor: Actor) -> None:
    """The same of replies that waited and one person moved at once, by so many statements for an author and brand."""
    settle_many([reply.id for reply in replies], *WAITED)
    kind = KIND_OF_MOVE.get(name)
    written: dict[tuple[UUID, UUID], list[Reply]] = {}
    for reply in replies:
        if kind is not None and reply.written_by != actor.user_id:
            written.setdefault((reply.brand_id, reply.written_by), []).append(reply)
    for (brand_id, author_id), some in written.items():
        for person in colleagues([author_id], brand_id):
            things = [thing(reply) for reply in some]
            tell_of_many(str(kind), person, brand_id=brand_id, subjects=things, values={"by_name": actor.name})


def known_now(replies: Sequence[Reply]) -> None:
    """Of these, about to be moved, nobody is asked any more what became of those of which nothing was known."""
    unknown = [reply.id for reply in replies if reply.state == "outcome_unknown"]
    if unknown:
        settle_many(unknown, "reply_unknown")


def tell_author(kind: str, reply: Reply, actor: Actor | None, **values: str | int) -> None:
    """Tell whoever wrote the reply, while they work for the agency and unless it was their own doing."""
    if actor is not None and actor.user_id == reply.written_by:
        return
    said = {"by_name": actor.name if actor is not None else "", **values}
    tell(
        kind, colleagues([reply.written_by], reply.brand_id), brand_id=reply.brand_id, subject=thing(reply), values=said
    )


def tell_of_unknown(reply: Reply) -> None:
    """Tell whoever may say how it ended that no machine can; its author with them."""
    _tell_leads("reply_unknown", reply, Permission.REPLY_RESOLVE)


def _tell_leads(kind: str, reply: Reply, who: Permission) -> None:
    people = holders_of(who, reply.agency_id, reply.brand_id)
    known = {one.id for one in people}
    author = [] if reply.written_by in known else colleagues([reply.written_by], reply.brand_id)
    tell(kind, [*people, *author], brand_id=reply.brand_id, subject=thing(reply))


def thing(reply: Reply) -> Thing:
    """The reply as a notice names it, opened with its case."""
    return Thing("reply", reply.id, f"/inbox/{reply.conversation_id}")
