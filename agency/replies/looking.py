"""Looking at the platform for replies whose outcome is unknown or unproven: begun, read, decided by
`agency.replies.reconciling`. Many of one agency go together; one is many of one.

Nothing is held while a platform is asked. What was begun is written down and committed before, and what was read is
decided about the reply as it is then.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import and_, select, tuple_, update

from agency.inbox import outgoing
from agency.inbox.models import Conversation, Message
from agency.replies.around import Around
from agency.replies.joins import CASE_OF_REPLY, WORDS_OF_REPLY, one_of
from agency.replies.look_reading import Plan, Sought, planned
from agency.replies.looks import Begun, Over, begin_looks, end_looks
from agency.replies.models import PublishAttempt, Reply, ReplyText
from agency.replies.moves import locked_many, move_together
from agency.replies.promises import database_now, look_at_many_later, read_many_back_later
from agency.replies.reconciling import (
    LOOKED_FOR,
    NO_OUTCOME_TOLD,
    SENDER_SILENT,
    Looked,
    verdicts_about,
    wait_for_account,
)
from agency.replies.settling import taken_by_others
from agency.replies.targets import opened, target_of
from channels.budgets import Budgets, Lane
from channels.items import ReadBack, comment_key
from channels.models import Account
from channels.protocol import ConnectedAccount
from channels.transport import Speaks
from tenants import failpoints
from tenants.data_keys import vault_of_app
from tenants.database import db, new_id
from tenants.errors import NotFound
from tenants.logs import get_logger
from tenants.scope import HasAppContext, Scope, in_scope

HELD_SECONDS = 30
"""What a platform's allowance leaves no room for is tried again after so long, or a multiple of it."""

log = get_logger("looking")


def look(app: HasAppContext, scope: Scope, reply_id: UUID, transport: Speaks) -> str:
    """Look at the platform for a reply whose outcome is unknown or unproven; harmless for any other.

    Returns the reply's state afterwards, or `skipped`. Raises NotFound outside the scope.
    """
    states = look_many(app, scope, [reply_id], transport)
    if reply_id not in states:
        raise NotFound()
    return states[reply_id]


def look_many(
    app: HasAppContext,
    scope: Scope,
    reply_ids: Collection[UUID],
    transport: Speaks,
    *,
    lane: Lane = "looks",
    budgets: Budgets | None = None,
) -> dict[UUID, str]:
    """The same for many of one agency, by reply; left out are those outside the scope. Those that the platform's
    allowance leaves no room for in this lane are promised for later, and skipped.

    One's trouble is never another's: what is raised is raised after everything that was read is decided, as far as that
    could be. Running it again is harmless.
    """
    with in_scope(app, scope):
        sought, known = _sought(reply_ids)
    states = dict.fromkeys(known, "skipped")
    if not sought:
        return states
    plan = planned([one.sought for one in sought], str(scope.agency_id), lane, budgets)
    with in_scope(app, scope):
        begun = _begin(sought, plan)
        failpoints.reached("look.beginning")
    if begun:
        failpoints.reached("look.begun")
        seen = plan.read(transport, budgets)
        failpoints.reached("look.read")
        states |= _decide_all(app, scope, [(one, seen[one.reply_id]) for one in begun])
    return states


@dataclass(frozen=True)
class _Sought:
    sought: Sought
    begun: Begun
    is_published: bool


def _sought(reply_ids: Collection[UUID]) -> tuple[list[_Sought], set[UUID]]:
    """Those of the replies that are looked for, and all that are in the scope. What a sender that went silent left
    behind is unknown from now on.
    """
    replies, now = locked_many(reply_ids), database_now()
    _lose_track([r for r in replies if r.state == "publishing" and r.lease_until is not None and r.lease_until <= now])
    wanted = [reply for reply in replies if reply.state == "outcome_unknown" or _is_unproven(reply)]
    accounts = _accounts_of(wanted)
    able = []
    for reply in wanted:
        if accounts[reply.account_id] is None or reply.sent_at is None:
            wait_for_account(reply, now)
        else:
            able.append(reply)
    return _as_adapters_know_them(able, accounts, now), {reply.id for reply in replies}


def _is_unproven(reply: Reply) -> bool:
    return reply.state == "published" and (reply.read_back_at is None or reply.live_state in ("pending", "not_seen"))


def _lose_track(silent: Sequence[Reply]) -> None:
    if not silent:
        return
    db.session.execute(
        update(PublishAttempt)
        .where(
            tuple_(PublishAttempt.reply_id, PublishAttempt.fence).in_([(reply.id, reply.fence) for reply in silent]),
            PublishAttempt.deed == "send",
            PublishAttempt.outcome.is_(None),
        )
        .values(outcome="unknown", detail=NO_OUTCOME_TOLD, finished_at=database_now())
        .execution_options(synchronize_session=False)
    )
    values = {"trouble": "no_answer"}
    move_together([(reply, {}) for reply in silent], "lose_track", values=values, reason=SENDER_SILENT)


def _accounts_of(replies: Sequence[Reply]) -> Mapping[UUID, ConnectedAccount | None]:
    """Each account opened once; None where it cannot be used now."""
    if not replies:
        return {}
    rows = db.session.scalars(select(Account).where(one_of(Account.id, {reply.account_id for reply in replies}))).all()
    if len(rows) > 1:
        vault_of_app().open_all()
    return {account.id: opened(account) for account in rows}


def _as_adapters_know_them(
    replies: Sequence[Reply], accounts: Mapping[UUID, ConnectedAccount | None], now: datetime
) -> list[_Sought]:
    if not replies:
        return []
    rows = db.session.execute(
        select(Reply.id, Message, Conversation, ReplyText)
        .join(Message, and_(Message.agency_id == Reply.agency_id, Message.id == Reply.in_reply_to_id))
        .join(Conversation, CASE_OF_REPLY)
        .join(ReplyText, WORDS_OF_REPLY)
        .where(one_of(Reply.id, [reply.id for reply in replies]))
    )
    found = {row[0]: row for row in rows}
    messages = {reply.conversation_id for reply in replies if reply.kind == "message"}
    written: Mapping[UUID, datetime] = outgoing.last_written_in(messages) if messages else {}
    sought = []
    for reply in replies:
        around, account = Around(reply), accounts[reply.account_id]
        _id, message, conversation, text = found[reply.id]
        around.know(
            message=message, conversation=conversation, text=text, last_written_at=written.get(reply.conversation_id)
        )
        assert account is not None
        assert reply.sent_at is not None
        one = Sought(reply.id, text.text, target_of(reply, around), account, reply.sent_at)
        begun = Begun(new_id(), now, reply.id, reply.brand_id, text.id, reply.fence)
        sought.append(_Sought(one, begun, reply.state == "published"))
    return sought


def _begin(sought: Sequence[_Sought], plan: Plan) -> list[Begun]:
    """Write down the looks that are made now, and promise those for which there is no room."""
    held = [one for one in sought if one.begun.reply_id in plan.waits]
    begun = [one.begun for one in sought if one.begun.reply_id not in plan.waits]
    if begun:
        begin_looks(begun)
    if held:
        now = database_now()
        replies = {reply.id: reply for reply in locked_many([one.begun.reply_id for one in held])}
        for promise, are_published in ((read_many_back_later, True), (look_at_many_later, False)):
            later = [
                one.begun.reply_id
                for one in held
                if one.is_published == are_published
                and not (are_published and now - one.sought.sent_at > LOOKED_FOR)  # the slow sweep reads it then
            ]
            promise([(replies[one], _in_bunches(plan.waits[one])) for one in later if one in replies], now)
    return begun


def _in_bunches(seconds: float) -> int:
    """Those who wait for room are told to come one after another: many of them together are one look."""
    return math.ceil(seconds / HELD_SECONDS) * HELD_SECONDS


def _decide_all(app: HasAppContext, scope: Scope, looked: Sequence[tuple[Begun, ReadBack]]) -> dict[UUID, str]:
    """All together; what fails together is decided alone, and so is what is found by the name of another of these."""
    together, alone = _apart(looked)
    states: dict[UUID, str] = {}
    trouble: Exception | None = None
    try:
        states |= _decide(app, scope, together)
    except Exception:
        if len(looked) == 1:
            raise
        log.exception("deciding_together_failed", replies=len(together))
        alone = list(looked)
    for one in alone:
        try:
            states |= _decide(app, scope, [one])
        except Exception as error:
            log.exception("deciding_failed", reply_id=str(one[0].reply_id))
            trouble = trouble or error
    if trouble is not None:
        raise trouble
    return states


def _apart(
    looked: Sequence[tuple[Begun, ReadBack]],
) -> tuple[list[tuple[Begun, ReadBack]], list[tuple[Begun, ReadBack]]]:
    """Of what is found by the same name one is decided with the others, and the rest after it."""
    named: set[str] = set()
    together: list[tuple[Begun, ReadBack]] = []
    alone: list[tuple[Begun, ReadBack]] = []
    for one in looked:
        names = {comment_key(name) for name in one[1].platform_ids}
        (alone if named & names else together).append(one)
        named |= names
    return together, alone


def _decide(app: HasAppContext, scope: Scope, looked: Sequence[tuple[Begun, ReadBack]]) -> dict[UUID, str]:
    with in_scope(app, scope):
        replies = {reply.id: reply for reply in locked_many([begun.reply_id for begun, _seen in looked])}
        held = [(replies[begun.reply_id], begun, seen) for begun, seen in looked if begun.reply_id in replies]
        taken = taken_by_others([(reply, seen.platform_ids + seen.alike) for reply, _begun, seen in held])
        ended = []
        for reply, begun, seen in held:
            found, alike = (
                tuple(one for one in ids if one not in taken[reply.id]) for ids in (seen.platform_ids, seen.alike)
            )
            ended.append((Looked(reply, begun.look_id, begun.at, seen, found, alike), begun.fence))
        end_looks(
            [Over(one.look_id, one.state, one.reason, one.found[0] if one.found else None) for one, _fence in ended]
        )
        verdicts = verdicts_about([reply for reply, _begun, _seen in held], [begun.look_id for _r, begun, _s in held])
        for one, fence in ended:
            if one.reply.fence == fence:
                verdicts.judge(one)
        verdicts.conclude()
        states = {reply_id: reply.state for reply_id, reply in replies.items()}
        failpoints.reached("look.deciding")
    failpoints.reached("look.decided")
    return states
