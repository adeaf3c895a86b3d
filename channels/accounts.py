"""Connecting and disconnecting accounts, their credentials and their health.

A credential is sealed for its agency, brand, account and column, opened only by `credential_of`, and destroyed on
disconnecting. One platform account belongs to one brand of an agency; another agency may connect it too, for both then
hold access of their own. Everything runs in the caller's scope and flushes; nothing here commits.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import delete, func, select
from sqlalchemy.exc import IntegrityError

from channels import ending, grants, known_as, poll_turns, rhythm
from channels.google_business.requests import LOCATION_NAME
from channels.health import KEY_MISSING, stored_for
from channels.models import CREDENTIAL, Account, AccountDirectory
from channels.protocol import ConnectedAccount, Secret
from channels.registry import ADAPTERS
from channels.wire import identifier
from tenants import audit, clock
from tenants.base_app import settings_of_app
from tenants.data_keys import vault_of_app
from tenants.database import db, new_id
from tenants.errors import Conflict, Invalid, NotFound, Unavailable, worded
from tenants.models import Brand
from tenants.outbox import JobName, enqueue_after_commit
from tenants.permissions import Actor, Permission, require
from tenants.plans import Limit
from tenants.room import require_room
from tenants.scope import current_scope
from tenants.sealed import CannotOpen, KeyMissing, Place

#: Longer than any token a platform documents (Google: 2,048 bytes).
LONGEST_CREDENTIAL = 4_096
LONGEST_NAME = 200
SHOW_EVENT_EVERY = timedelta(minutes=1)
UNHEALTHY = ("failing", "throttled", "needs_reconnect")
NEED_A_PERSON = ("needs_reconnect", "access_lost")
ASK_AGAIN_AFTER = timedelta(days=1)
"""A client is mailed about one account this often at most."""
REMIND_AFTER = timedelta(days=7)
"""One that nobody mended is asked about again when the link in the last mail has ended; the daily check sees to it."""
GATHER_FOR = timedelta(minutes=1)
"""A page and its profile break together, a chain's forty locations too: one mail names all that broke in this time."""


@dataclass(frozen=True, slots=True)
class AccessFacts:
    """What a sign-in told of a credential. Left out where somebody brought a token: then it is asked later."""

    scopes: frozenset[str] = frozenset()
    tasks: tuple[str, ...] = ()
    grantor: str | None = None
    token_expires_at: datetime | None = None
    data_access_expires_at: datetime | None = None


def connect(
    actor: Actor | None,
    brand_id: UUID,
    platform: str,
    external_id: str,
    credential: str,
    *,
    login: str | None = None,
    name: str | None = None,
    access: AccessFacts | None = None,
) -> Account:
    """Connects an account to a brand; it is polled at once. ``actor=None`` is the system (the demo).

    One that was connected to this brand before comes back as the row it was, so that its conversations go on and
    replies that waited for it are sent. Raises `Invalid` for what cannot be an account, `NotFound` for a brand outside
    the scope, `Conflict` when the agency has it connected already, and what `tenants.permissions.require` and
    `tenants.room.require_room` raise.
    """
    if actor is not None:
        require(actor, Permission.ACCOUNT_CONNECT, brand_id)
    _check(platform, external_id, credential, login)
    agency_id = current_scope().agency_id
    if db.session.execute(select(Brand.id).where(Brand.id == brand_id)).first() is None:
        raise NotFound()
    live = select(func.count(Account.id)).where(Account.brand_id == brand_id, Account.disconnected_at.is_(None))
    require_room(agency_id, Limit.ACCOUNTS_OF_BRAND, used=live)
    account = _gone(brand_id, platform, external_id) or Account(
        agency_id=agency_id, id=new_id(), brand_id=brand_id, platform=platform, external_id=external_id
    )
    account_id, wake_up = account.id, account.disconnected_at is not None
    try:
        with db.session.begin_nested():
            account.name = (name or external_id).replace("\x00", "")[:LONGEST_NAME]
            account.login = (login or "facebook") if platform == "instagram" else None
            account.disconnected_at = account.cursor = None
            _set_access(account, credential, access)
            db.session.add(account)
            db.session.flush()
    except IntegrityError as error:
        if "uq_account_live" not in str(error.orig):
            raise
        raise Conflict(
            "This account is connected already. Nothing was changed. Disconnect it there first, or renew its access.",
            code="account_connected",
        ) from None
    db.session.add(
        AccountDirectory(
            platform=platform,
            external_id=external_id,
            account_id=account_id,
            agency_id=agency_id,
            brand_id=brand_id,
            grant_hash=grants.hash_of(platform, account.login, account.grantor_external_id),
        )
    )
    poll_turns.open_turn(account_id, agency_id, brand_id, platform)
    known_as.note(account)
    _begin_anew(account, wake_up=wake_up)
    audit.record(actor, "account.connected", "account", account.id, brand_id=brand_id, platform=platform)
    return account


def reconnect(
    actor: Actor | None, account_id: UUID, credential: str, *, access: AccessFacts | None = None, through: str = "form"
) -> Account:
    """Gives a connected account a new credential, wakes it and polls it at once. ``through`` is for the record.

    Raises `NotFound`, `Invalid`.
    """
    account = get(account_id)
    if actor is not None:
        require(actor, Permission.ACCOUNT_CONNECT, account.brand_id)
    _check(account.platform, account.external_id, credential, account.login)
    account = locked(account_id)
    if account.disconnected_at is not None:
        raise NotFound()
    poll_turns.unpark(account.id)  # and whoever polls with the old credential stores nothing more
    _set_access(account, credential, access)
    db.session.flush()
    grants.note(account)
    _begin_anew(account, wake_up=True)
    audit.record(actor, "account.reconnected", "account", account.id, brand_id=account.brand_id, through=through)
    return account


def disconnect(actor: Actor | None, account_id: UUID) -> Account:
    """Destroys the credential and ends polling; conversations stay, and what waits to be sent goes on waiting.

    A sign-in no other account of this installation uses is taken back at the platform (`channels.ending`). Doing it
    again changes nothing. Raises `NotFound`.
    """
    account = get(account_id)
    if actor is not None:
        require(actor, Permission.ACCOUNT_CONNECT, account.brand_id)
    account = locked(account_id)
    if account.disconnected_at is not None:
        return account
    ending.promise_end(account)
    account.credential = None
    account.cursor = None
    account.grantor_external_id = account.subscribed_at = account.subscription_problem = account.tested_at = None
    account.health = "disconnected"
    account.health_reason = None
    account.health_since = func.now()
    account.disconnected_at = func.now()
    db.session.flush()
    db.session.execute(
        delete(AccountDirectory)
        .where(AccountDirectory.account_id == account.id)
        .execution_options(synchronize_session=False)
    )
    poll_turns.close_turn(account.id)
    known_as.forget(account)
    audit.record(actor, "account.disconnected", "account", account.id, brand_id=account.brand_id)
    return account


def get(account_id: UUID) -> Account:
    """The account within the scope. Raises `NotFound`."""
    account = db.session.execute(select(Account).where(Account.id == account_id)).scalar_one_or_none()
    if account is None:
        raise NotFound()
    return account


def locked(account_id: UUID) -> Account:
    """The account as it stands now, nobody else's to change in this transaction: its turn first and then itself, as
    polls lock them, so that nobody waits for the other. Raises `NotFound`.
    """
    poll_turns.lock(account_id)
    found = select(Account).where(Account.id == account_id).with_for_update(key_share=True)
    account = db.session.execute(found.execution_options(populate_existing=True)).scalar_one_or_none()
    if account is None:
        raise NotFound()
    return account


def by_ids(account_ids: Sequence[UUID]) -> dict[UUID, Account]:
    """Those of the named accounts that are in the scope, in one statement."""
    found = db.session.execute(select(Account).where(Account.id.in_(account_ids))).scalars()
    return {account.id: account for account in found}


def list_accounts(
    *, after: UUID | None = None, limit: int = 100, brand_ids: Sequence[UUID] | None = None
) -> list[Account]:
    """Accounts of the scope by id, that is in the order they were connected, from behind `after`; disconnected ones
    too.
    """
    wanted = select(Account).order_by(Account.id).limit(limit)
    if after is not None:
        wanted = wanted.where(Account.id > after)
    if brand_ids is not None:
        wanted = wanted.where(Account.brand_id.in_(brand_ids))
    return list(db.session.execute(wanted).scalars())


def replace_credential(account: Account, credential: Secret) -> None:
    """Stores a renewed token; the old one is gone with this transaction."""
    account.credential = vault_of_app().seal(credential.reveal(), _place(account))
    db.session.flush()


def credential_of(account: Account) -> Secret:
    """The account's token. Raises `Conflict` when there is none or it does not open (disconnected, moved, damaged), and
    `Unavailable` when the key is not here: that is mended by whoever runs the installation, not by connecting again.
    """
    if account.credential is None:
        raise Conflict(
            "This account is disconnected. Nothing was sent. Connect it again to go on.", code="account_disconnected"
        )
    try:
        return vault_of_app().open(account.credential, _place(account))
    except KeyMissing:
        raise Unavailable(
            "This account's access is sealed with a key this installation was not given. Nothing was sent and nothing "
            "is lost. Whoever runs the installation has to give the key again; connecting anew is not needed.",
            code=KEY_MISSING,
        ) from None
    except CannotOpen:
        raise Conflict(
            "This account's access cannot be opened with the keys of this installation. Nothing was sent. "
            "Check ONBRAND_CREDENTIAL_KEYS or connect the account again.",
            code="credential_unreadable",
        ) from None


def connected(account: Account) -> ConnectedAccount:
    """The account as adapters know it. Raises as `credential_of`."""
    return ConnectedAccount(
        account_id=str(account.id),
        platform=account.platform,  # type: ignore[arg-type]  # checked on connecting
        external_id=account.external_id,
        credential=credential_of(account),
        login=account.login,  # type: ignore[arg-type]
        name=account.name,
        events_topic=settings_of_app().google_pubsub_topic or None if account.platform == "google_business" else None,
        scopes=frozenset(account.scopes),
        app_id=_app_id(account),
        events_live=rhythm.events_live(account.subscribed_at, account.last_event_at, account.last_missed_at),
    )


def _app_id(account: Account) -> str | None:
    settings = settings_of_app()
    if account.platform == "google_business":
        return None
    return (settings.instagram_app_id if account.login == "instagram" else settings.meta_app_id) or None


def mark_unhealthy(account: Account, health: str, reason: str) -> None:
    """``failing`` and ``throttled``: it goes on trying. ``needs_reconnect``: it waits, parked, for a person.

    A credential that lives, but not for this account any more, becomes `access_lost`, and one our whole project gets
    nothing for goes on `failing` (`channels.health.stored_for`). What waits for a person goes on waiting until it works
    again, whatever else goes wrong meanwhile. ``reason`` is a word of ours and holds no secret.
    """
    if health not in UNHEALTHY:
        raise ValueError(f"health must be one of {UNHEALTHY}")
    stored = stored_for(reason) if health == "needs_reconnect" else health
    if account.disconnected_at is not None or (account.health in NEED_A_PERSON and stored not in NEED_A_PERSON):
        return
    if stored in NEED_A_PERSON:
        poll_turns.park(account.id)  # the turn before the account, as polls lock them: no deadlock
    begins = account.health != stored
    if begins:
        account.health_since = func.now()
    account.health, account.health_reason = stored, reason[:300]
    db.session.flush()
    if stored not in NEED_A_PERSON:
        return
    now, asked_at = clock.now(), account.reconnect_asked_at
    if asked_at is None or asked_at < now - (ASK_AGAIN_AFTER if begins else REMIND_AFTER):
        _promise(JobName.ASK_TO_RECONNECT, account, run_at=now + GATHER_FOR)


def note_event(account: Account, now: datetime) -> None:
    """Something the platform told us by itself was handled. Written once a minute at most: a busy page has hundreds."""
    if account.last_event_at is None or now - account.last_event_at >= SHOW_EVENT_EVERY:
        account.last_event_at = now


def mark_healthy(account: Account) -> None:
    """Writes only when something changes, so an idle poll writes nothing here. What waits for a person is left alone:
    it is parked, and a poll that was under way then does not wake it (`bring_back`).
    """
    if account.health not in ("failing", "throttled") or account.disconnected_at is not None:
        return
    _set_well(account)


def _set_well(account: Account) -> None:
    account.health, account.health_reason, account.health_since = "ok", None, func.now()
    account.throttled_until = None
    db.session.flush()


def bring_back(account: Account) -> None:
    """An account that waited for a person works again, whoever mended it: it is polled, and what waited goes on."""
    if account.health not in NEED_A_PERSON or account.disconnected_at is not None:
        return
    poll_turns.unpark(account.id)
    _set_well(account)
    _begin_anew(account, wake_up=True)
    audit.record(None, "account.came_back", "account", account.id, brand_id=account.brand_id)


def _gone(brand_id: UUID, platform: str, external_id: str) -> Account | None:
    """The row this platform account had in this brand before it was disconnected; the latest of several."""
    return db.session.execute(
        select(Account)
        .where(
            Account.brand_id == brand_id,
            Account.platform == platform,
            Account.external_id == external_id,
            Account.disconnected_at.is_not(None),
        )
        .order_by(Account.disconnected_at.desc(), Account.id.desc())
        .limit(1)
    ).scalar_one_or_none()


def _set_access(account: Account, credential: str, access: AccessFacts | None) -> None:
    """A new credential with what is known of it. What was known of the old one is forgotten."""
    facts = access or AccessFacts()
    account.credential = vault_of_app().seal(credential, _place(account))
    account.scopes, account.tasks = sorted(facts.scopes), list(facts.tasks)
    account.grantor_external_id = facts.grantor
    account.token_expires_at, account.data_access_expires_at = facts.token_expires_at, facts.data_access_expires_at
    account.token_renewed_at = clock.now()
    account.health, account.health_reason, account.health_since = "ok", None, func.now()
    account.access_checked_at = account.access_problem = None
    account.subscribed_at = account.subscription_checked_at = account.subscription_problem = None
    account.last_missed_at = None
    account.tested_at = account.throttled_until = account.reconnect_asked_at = account.last_polled_at = None


def _begin_anew(account: Account, *, wake_up: bool) -> None:
    """Subscribe it to events, and let replies know of it; ``wake_up``: what came in for it before is read, too."""
    _promise(JobName.SUBSCRIBE_ACCOUNT, account)
    _promise(JobName.WAKE_ACCOUNT, account)
    if wake_up:
        _promise(JobName.HANDLE_EVENTS, account)


def _promise(job: JobName, account: Account, *, run_at: datetime | None = None) -> None:
    enqueue_after_commit(
        job, run_at=run_at, agency_id=account.agency_id, brand_id=account.brand_id, account_id=account.id
    )


def _place(account: Account) -> Place:
    return CREDENTIAL.place_of(account)


def _check(platform: str, external_id: str, credential: str, login: str | None) -> None:
    errors: dict[str, list[str]] = {}
    if platform not in ADAPTERS:
        errors["platform"] = [worded("There is no such platform. Use %(names)s.", names=", ".join(ADAPTERS))]
    elif platform == "google_business":
        if not LOCATION_NAME.match(external_id):
            errors["external_id"] = [worded("A Google location is named accounts/A/locations/L.")]
    elif identifier(external_id) != external_id:
        errors["external_id"] = [worded("This cannot be the platform's id of an account.")]
    if (
        not credential
        or len(credential) > LONGEST_CREDENTIAL
        or not credential.isascii()
        or not credential.isprintable()
    ):
        errors["credential"] = [
            worded("This cannot be a token: it is empty, too long or holds other characters than a token.")
        ]
    if login is not None and (platform != "instagram" or login not in ("facebook", "instagram")):
        errors["login"] = [worded("Only Instagram accounts have a login, facebook or instagram.")]
    if errors:
        raise Invalid("The account was not connected. Nothing was stored. Correct what is marked.", errors=errors)
