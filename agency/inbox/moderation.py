"""Deeds done to what customers wrote: hidden, shown again, liked, unliked, deleted, their author blocked.

| Deed | Permission | Asks first |
|---|---|---|
| hide, unhide, like, unlike | `message:moderate` | no |
| delete, block | `message:remove` | yes |

Such a call may be repeated without harm, so it needs no reconciling: what was not clearly done or refused is asked
again, a few times.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final
from uuid import UUID

from sqlalchemy import func, or_, select, update

from agency.inbox.conversation_rows import refresh_conversation
from agency.inbox.models import Contact, Conversation, Message, ModerationDeed
from agency.notices import write_pause
from channels import accounts
from channels.capabilities import DeedTarget, DoesDeeds
from channels.errors import ChannelError, ItemGone, OutcomeUnknown, RateLimited, Refused, TokenRevoked, WritesPaused
from channels.health import write_pause_ends
from channels.items import Kind
from channels.models import Account
from channels.protocol import ConnectedAccount, Deed
from channels.registry import able
from channels.transport import Speaks
from tenants import audit, clock
from tenants.database import db, new_id
from tenants.errors import AppError, Conflict, Invalid, NotFound, Unavailable, worded
from tenants.logs import get_logger
from tenants.models import Brand
from tenants.outbox import JobName, enqueue_after_commit
from tenants.permissions import Actor, Permission, require
from tenants.scope import HasAppContext, Scope, in_scope

DEED_PERMISSIONS: Final[Mapping[str, Permission]] = {
    "hide": Permission.MESSAGE_MODERATE,
    "unhide": Permission.MESSAGE_MODERATE,
    "like": Permission.MESSAGE_MODERATE,
    "unlike": Permission.MESSAGE_MODERATE,
    "delete": Permission.MESSAGE_REMOVE,
    "block": Permission.MESSAGE_REMOVE,
}
RETRY_SECONDS: Final = (5, 15, 60, 300, 900, 3600)
"""Pauses after a call that brought neither yes nor no; after the last one a person looks."""
UNREACHABLE: Final = ("needs_reconnect", "access_lost", "disconnected")
WAITS_FOR_ACCOUNT: Final = worded("The account needs a new connection. This is kept and done when it is connected.")
WAITS_FOR_PLATFORM: Final = worded(
    "The platform lets this account write nothing for now. This is kept and done as soon as it may be."
)
WAITS_FOR_BRAND: Final = worded("The brand is paused. This is kept and done when it is not.")
NOT_CLEAR: Final = worded(
    "The platform did not say clearly whether this was done. It is not asked again by itself. Look on the platform."
)

log = get_logger("moderation")


def kind_of(conversation_kind: str, conversation_external_id: str, message_external_id: str) -> Kind:
    """What a message is by itself: beneath a visitor's post or a mention stand comments."""
    if conversation_kind in ("post", "mention") and message_external_id != conversation_external_id:
        return "comment"
    return conversation_kind  # type: ignore[return-value]  # intake stores no other


def offered(platform: str, kind: Kind) -> frozenset[Deed]:
    """What the platform lets us do to such an item."""
    adapter = able(platform, DoesDeeds)  # type: ignore[type-abstract]
    return adapter.deeds_for(kind) if adapter is not None else frozenset()


def ask(actor: Actor, conversation_id: UUID, message_id: UUID, deed: str) -> ModerationDeed:
    """Ask for a deed; a job does it soon. The same one asked twice while it waits is one.

    Raises NotFound, Forbidden, Invalid for an unknown deed, Conflict `not_offered`, `already_so` or `brand_paused`.
    """
    found = db.session.execute(
        select(Conversation, Message)
        .join(Message, (Message.agency_id == Conversation.agency_id) & (Message.conversation_id == Conversation.id))
        .where(Conversation.id == conversation_id, Message.id == message_id)
        .with_for_update(of=Message)
    ).first()
    if found is None:
        raise NotFound()
    conversation, message = found
    if deed not in DEED_PERMISSIONS:
        raise Invalid("There is no such deed. Nothing was changed.", errors={"deed": [worded("is not known")]})
    require(actor, DEED_PERMISSIONS[deed], conversation.brand_id)
    kind = kind_of(conversation.kind, conversation.external_id, message.external_id)
    if message.direction != "in" or deed not in offered(conversation.platform, kind):
        raise Conflict(
            "The platform does not offer this for what is written here. Nothing was changed. "
            "Do it on the platform itself.",
            code="not_offered",
        )
    if message.deleted_at is not None or _is_so(message, deed):
        raise Conflict("It is so already. Nothing was changed.", code="already_so")
    if _brand_closed(conversation.brand_id):
        raise Conflict(
            "This brand is paused, so nothing is done in its name. Nothing was changed.", code="brand_paused"
        )
    waiting = db.session.execute(
        select(ModerationDeed).where(
            ModerationDeed.message_id == message.id, ModerationDeed.deed == deed, ModerationDeed.state == "waiting"
        )
    ).scalar()
    if waiting is not None:
        return waiting
    asked = ModerationDeed(
        agency_id=conversation.agency_id,
        id=new_id(),
        brand_id=conversation.brand_id,
        conversation_id=conversation.id,
        message_id=message.id,
        account_id=conversation.account_id,
        deed=deed,
        state="waiting",
        asked_by=actor.user_id,
        asked_by_name=actor.name,
    )
    db.session.add(asked)
    db.session.flush()
    _show(asked)
    audit.record(actor, f"message.{deed}", "message", message.id, brand_id=conversation.brand_id)
    _promise(asked)
    return asked


def _is_so(message: Message, deed: str) -> bool:
    return {
        "hide": message.hidden,
        "unhide": not message.hidden,
        "like": message.liked,
        "unlike": not message.liked,
    }.get(deed, False)


def _brand_closed(brand_id: UUID) -> bool:
    brand = db.session.execute(select(Brand).where(Brand.id == brand_id)).scalar_one()
    return brand.paused_at is not None or brand.archived_at is not None


def _promise(deed: ModerationDeed, seconds: int = 0) -> None:
    now = db.session.execute(select(func.clock_timestamp())).scalar_one()
    enqueue_after_commit(
        JobName.DO_DEED,
        run_at=now + timedelta(seconds=seconds) if seconds else None,
        agency_id=deed.agency_id,
        brand_id=deed.brand_id,
        deed_id=deed.id,
    )


def _show(deed: ModerationDeed) -> None:
    """Whoever looks at the case learns that something changed."""
    db.session.execute(
        update(Conversation)
        .where(Conversation.id == deed.conversation_id)
        .values(version=Conversation.version + 1)
        .execution_options(synchronize_session=False)
    )


# ── the doing ────────────────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True)
class _Doing:
    deed_id: UUID
    deed: Deed
    item: DeedTarget
    account: ConnectedAccount
    adapter: DoesDeeds


def perform(app: HasAppContext, scope: Scope, deed_id: UUID, transport: Speaks) -> str:
    """Do one waiting deed; harmless for any other. Returns its state afterwards, or `skipped`."""
    with in_scope(app, scope):
        doing = _begin(deed_id)
    if doing is None:
        return "skipped"
    problem: ChannelError | None = None
    try:
        request = doing.adapter.plan_deed(doing.account, doing.deed, doing.item)
        doing.adapter.read_deed(doing.account, doing.deed, doing.item, transport.send(request))
    except ChannelError as error:
        problem = error
    except Exception:
        log.exception("deed_failed", deed_id=str(deed_id))
        problem = OutcomeUnknown("an unforeseen error")
    if isinstance(problem, WritesPaused):
        with in_scope(app, scope):
            write_pause.begin(UUID(doing.account.account_id), problem)
    with in_scope(app, scope):
        return _settle(doing, problem)


def _locked(deed_id: UUID) -> ModerationDeed:
    return db.session.execute(
        select(ModerationDeed)
        .where(ModerationDeed.id == deed_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).scalar_one()


def _begin(deed_id: UUID) -> _Doing | None:
    deed = _locked(deed_id)
    if deed.state != "waiting":
        return None
    account = accounts.get(deed.account_id)
    if account.disconnected_at is not None or account.health in UNREACHABLE:
        deed.reason = WAITS_FOR_ACCOUNT
        return None
    if write_pause_ends(account, clock.now(), is_message=False) is not None:
        deed.reason = WAITS_FOR_PLATFORM  # upkeep wakes it
        return None
    if _brand_closed(deed.brand_id):
        deed.reason = WAITS_FOR_BRAND
        return None
    try:
        connected = accounts.connected(account)
    except AppError as error:
        accounts.mark_unhealthy(account, "failing" if isinstance(error, Unavailable) else "needs_reconnect", error.code)
        deed.reason = WAITS_FOR_ACCOUNT
        return None
    adapter = able(account.platform, DoesDeeds)  # type: ignore[type-abstract]
    if adapter is None:
        _finish(deed, "refused", "The platform does not offer this.")
        return None
    deed.attempts += 1
    row = db.session.execute(
        select(Conversation.kind, Conversation.external_id, Message.external_id, Contact.external_id)
        .select_from(Message)
        .join(
            Conversation,
            (Conversation.agency_id == Message.agency_id) & (Conversation.id == Message.conversation_id),
        )
        .outerjoin(Contact, (Contact.agency_id == Message.agency_id) & (Contact.id == Message.contact_id))
        .where(Message.id == deed.message_id)
    ).one()
    person = None if row[3] is None or row[3].startswith("item:") else row[3]
    item = DeedTarget(row[2], kind_of(row[0], row[1], row[2]), person)
    return _Doing(deed.id, deed.deed, item, connected, adapter)  # type: ignore[arg-type]  # the table's own check


def _settle(doing: _Doing, problem: ChannelError | None) -> str:
    deed = _locked(doing.deed_id)
    if deed.state != "waiting":
        return deed.state
    if problem is None or (isinstance(problem, ItemGone) and deed.deed == "delete"):
        _finish(deed, "done", None)
        _take_effect(deed)
    elif isinstance(problem, (Refused, ItemGone)):
        _finish(deed, "refused", str(problem))
    elif isinstance(problem, TokenRevoked):
        accounts.mark_unhealthy(accounts.get(deed.account_id), "needs_reconnect", problem.reason)
        deed.reason = WAITS_FOR_ACCOUNT
    elif isinstance(problem, WritesPaused) and problem.stopped == "writes":
        deed.attempts -= 1
        deed.reason = WAITS_FOR_PLATFORM
    elif deed.attempts >= len(RETRY_SECONDS):
        _finish(deed, "unknown", NOT_CLEAR)
    else:
        deed.reason = str(problem)
        pause = RETRY_SECONDS[deed.attempts - 1]
        _promise(deed, max(pause, int(problem.retry_after_seconds)) if isinstance(problem, RateLimited) else pause)
    log.info("deed_settled", deed_id=str(deed.id), deed=deed.deed, state=deed.state, attempts=deed.attempts)
    return deed.state


def _finish(deed: ModerationDeed, state: str, reason: str | None) -> None:
    deed.state, deed.reason, deed.finished_at = state, reason, clock.now()
    db.session.flush()
    _show(deed)
    audit.record(
        None,
        f"message.{deed.deed}_{state}",
        "message",
        deed.message_id,
        brand_id=deed.brand_id,
        asked_by=str(deed.asked_by),
        reason=reason,
    )


def _take_effect(deed: ModerationDeed) -> None:
    """The message looks as the platform shows it now; polls agree later."""
    effects: dict[str, dict[str, Any]] = {
        "hide": {"hidden": True},
        "unhide": {"hidden": False},
        "like": {"liked": True},
        "unlike": {"liked": False},
        "delete": {"text": "", "attachments": [], "earlier_texts": [], "deleted_at": clock.now()},
    }
    effect = effects.get(deed.deed)
    if effect is None:
        return
    # The conversation's row is the lock, as for intake.
    db.session.execute(select(Conversation.id).where(Conversation.id == deed.conversation_id).with_for_update())
    db.session.execute(
        update(Message)
        .where(Message.id == deed.message_id, Message.deleted_at.is_(None))
        .values(effect)
        .execution_options(synchronize_session=False)
    )
    if deed.deed == "delete":
        account = db.session.execute(select(Account).where(Account.id == deed.account_id)).scalar_one()
        refresh_conversation(account, deed.conversation_id)


def waiting_deeds(older_than: timedelta, limit: int) -> list[tuple[UUID, UUID, UUID]]:
    """Agency, brand and id of deeds that wait for nothing any more: their account came back, or a promise was lost."""
    rows = db.session.execute(
        select(ModerationDeed.agency_id, ModerationDeed.brand_id, ModerationDeed.id)
        .join(Account, Account.id == ModerationDeed.account_id)
        .join(Brand, Brand.id == ModerationDeed.brand_id)
        .where(
            ModerationDeed.state == "waiting",
            ModerationDeed.created_at < func.now() - older_than,
            Account.disconnected_at.is_(None),
            Account.health.not_in(UNREACHABLE),
            or_(Account.writes_paused_until.is_(None), Account.writes_paused_until <= clock.now()),
            Brand.paused_at.is_(None),
            Brand.archived_at.is_(None),
        )
        .order_by(ModerationDeed.id)
        .limit(limit)
    )
    return [(row[0], row[1], row[2]) for row in rows]
