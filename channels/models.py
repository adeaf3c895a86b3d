"""Connected accounts, where to find their tenant by platform id, and when each is polled next."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, Index, LargeBinary, SmallInteger, Text, UniqueConstraint, func, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from tenants.database import Base, BrandOwned, Dated, belongs_to, belongs_to_brand, new_id
from tenants.sealed import seals

HEALTHS = ("ok", "failing", "throttled", "needs_reconnect", "access_lost", "disconnected")
"""What is stored; `webhook deaf` and `silent` are worked out from the times (`channels.health`).

`access_lost`: the credential lives, but not for this account any more (role, location or scope taken away).
"""

_HEALTH_LIST = ", ".join(f"'{health}'" for health in HEALTHS)


class Account(BrandOwned, Dated, Base):
    """A connected Facebook page, Instagram profile or Google Business location.

    `credential` is sealed (`tenants.sealed`) and None once disconnected. `health` is one of HEALTHS. `cursor` is the
    adapter's own, holds a place in every stream, and moves with the items it brought.

    `scopes` and `tasks` are what the platform last said was granted; empty means never asked. `grantor_external_id` is
    the platform's id of the person whose sign-in it is. `subscribed_at` is since when the platform sends us events
    about this account, None while it does not; `last_event_at` is when one last arrived. `missed_count` counts what
    polling found that an event should have brought. `access_problem` is a short word for what the account lacks though
    it can be read. `usual_gap_seconds` is how far apart customers' words usually are. `tested_at` is when an
    event or words written after connecting first came back: the end of the set-up. `throttled_until` is the platform's
    own wish. `writes_paused_until` and `messages_paused_until`: the platform lets it write nothing, or send no
    messages, so until then we do not try (`channels.write_pauses`); people were told at `pause_told_at`.
    `reconnect_asked_at` is when the client was last mailed a link to mend it. `unfinished_poll` is what a poll that
    gave way has still to ask (`channels.unfinished`).
    """

    __tablename__ = "account"
    platform: Mapped[str] = mapped_column(Text)
    external_id: Mapped[str] = mapped_column(Text)
    name: Mapped[str] = mapped_column(Text)
    login: Mapped[str | None] = mapped_column(Text)
    credential: Mapped[bytes | None] = mapped_column(LargeBinary)
    health: Mapped[str] = mapped_column(Text, default="ok")
    health_reason: Mapped[str | None] = mapped_column(Text)
    health_since: Mapped[datetime] = mapped_column(server_default=func.now())
    cursor: Mapped[str | None] = mapped_column(Text)
    last_polled_at: Mapped[datetime | None]
    last_item_at: Mapped[datetime | None]
    last_sent_at: Mapped[datetime | None]
    disconnected_at: Mapped[datetime | None]
    scopes: Mapped[list[str]] = mapped_column(ARRAY(Text), default=list, server_default="{}")
    tasks: Mapped[list[str]] = mapped_column(ARRAY(Text), default=list, server_default="{}")
    grantor_external_id: Mapped[str | None] = mapped_column(Text)
    token_expires_at: Mapped[datetime | None]
    token_renewed_at: Mapped[datetime | None]
    data_access_expires_at: Mapped[datetime | None]
    access_checked_at: Mapped[datetime | None]
    subscribed_at: Mapped[datetime | None]
    subscription_checked_at: Mapped[datetime | None]
    subscription_problem: Mapped[str | None] = mapped_column(Text)
    last_event_at: Mapped[datetime | None]
    access_problem: Mapped[str | None] = mapped_column(Text)
    usual_gap_seconds: Mapped[int | None]
    missed_count: Mapped[int] = mapped_column(default=0, server_default="0")
    last_missed_at: Mapped[datetime | None]
    throttled_until: Mapped[datetime | None]
    writes_paused_until: Mapped[datetime | None]
    messages_paused_until: Mapped[datetime | None]
    pause_told_at: Mapped[datetime | None]
    usage_percent: Mapped[int | None] = mapped_column(SmallInteger)
    tested_at: Mapped[datetime | None]
    reconnect_asked_at: Mapped[datetime | None]
    unfinished_poll: Mapped[str | None] = mapped_column(Text)
    __table_args__ = (
        belongs_to_brand(),
        Index(
            "uq_account_live",
            "agency_id",
            "platform",
            "external_id",
            unique=True,
            postgresql_where=text("disconnected_at is null"),
        ),
        Index("ix_account_brand", "agency_id", "brand_id"),
        CheckConstraint(f"health in ({_HEALTH_LIST})", name="health_is_known"),
        CheckConstraint("(disconnected_at is null) or (credential is null)", name="no_credential_left"),
    )


CREDENTIAL = seals(Account, "credential")


class AccountDay(BrandOwned, Base):
    """How many words of customers came to an account on one day (UTC): told by an event, found by a poll, and of the
    found those that an event should have brought. Days on which nothing came have no row.
    """

    __tablename__ = "account_day"
    account_id: Mapped[UUID]
    day: Mapped[date]
    told_count: Mapped[int] = mapped_column(default=0, server_default="0")
    found_count: Mapped[int] = mapped_column(default=0, server_default="0")
    missed_count: Mapped[int] = mapped_column(default=0, server_default="0")
    __table_args__ = (
        belongs_to("account", "account_id"),
        UniqueConstraint("agency_id", "account_id", "day", "brand_id"),
    )


class AccountDirectory(Dated, Base):
    """Platform and external id → whose account that is. Ids only.

    `grant_hash` is a keyed hash of the person whose sign-in opened it (`channels.grants`), None where nobody signed in.
    """

    __tablename__ = "account_directory"
    platform: Mapped[str] = mapped_column(Text, primary_key=True)
    external_id: Mapped[str] = mapped_column(Text, primary_key=True)
    account_id: Mapped[UUID] = mapped_column(primary_key=True)
    agency_id: Mapped[UUID]
    brand_id: Mapped[UUID]
    grant_hash: Mapped[bytes | None] = mapped_column(LargeBinary)
    __table_args__ = (
        Index("ix_account_directory_grant", "grant_hash", postgresql_where=text("grant_hash is not null")),
    )


class PollTurn(Base):
    """When an account is polled next and who is at it. Ids and times only, judged by the database's clock.

    `idle_digest` stands for the question and the answer of the last poll, where that brought nothing: the same again
    needs no reading (`jobs.polling`). `check_due_at` is when its access is looked at next (`jobs.checking`); accounts
    connected together are spread over the day.
    """

    __tablename__ = "poll_turn"
    account_id: Mapped[UUID] = mapped_column(primary_key=True)
    agency_id: Mapped[UUID]
    brand_id: Mapped[UUID]
    platform: Mapped[str] = mapped_column(Text)
    due_at: Mapped[datetime] = mapped_column(server_default=func.now())
    leased_until: Mapped[datetime | None]
    fence: Mapped[int] = mapped_column(BigInteger, default=0, server_default="0")
    failures: Mapped[int] = mapped_column(default=0, server_default="0")
    parked_at: Mapped[datetime | None]
    idle_digest: Mapped[bytes | None] = mapped_column(LargeBinary)
    check_due_at: Mapped[datetime] = mapped_column(server_default=text("now() + random() * interval '1 day'"))
    __table_args__ = (
        Index("ix_poll_turn_due", "platform", "due_at", postgresql_where=text("parked_at is null")),
        Index(
            "ix_poll_turn_tenant",
            "platform",
            "agency_id",
            "brand_id",
            "due_at",
            postgresql_where=text("parked_at is null"),
        ),
    )


class SetAsideItem(BrandOwned, Dated, Base):
    """Something a platform sent that we could not read, kept with the reason so that nothing vanishes unseen."""

    __tablename__ = "set_aside_item"
    account_id: Mapped[UUID]
    external_id: Mapped[str | None] = mapped_column(Text)
    reason: Mapped[str] = mapped_column(Text)
    raw: Mapped[bytes] = mapped_column(LargeBinary)
    raw_hash: Mapped[bytes] = mapped_column(LargeBinary)
    __table_args__ = (
        belongs_to("account", "account_id"),
        UniqueConstraint("agency_id", "account_id", "raw_hash", "brand_id"),
    )


class RawEvent(BrandOwned, Dated, Base):
    """One change a platform told us of, byte for byte, kept before its delivery is answered.

    `digest` is SHA-256 over what makes the change itself (not when it was sent), so a repeated delivery adds no row.
    `outcome` is None until handled, then `stored`, `asked` (the item was read afresh), `ignored` (nothing a customer
    wrote), `unknown` (a kind we do not know, kept aside) or `failed`. The bytes go once they are understood.
    """

    __tablename__ = "raw_event"
    account_id: Mapped[UUID]
    kind: Mapped[str] = mapped_column(Text)
    body: Mapped[bytes | None] = mapped_column(LargeBinary)
    digest: Mapped[bytes] = mapped_column(LargeBinary)
    happened_at: Mapped[datetime | None]
    handled_at: Mapped[datetime | None]
    outcome: Mapped[str | None] = mapped_column(Text)
    reason: Mapped[str | None] = mapped_column(Text)
    __table_args__ = (
        belongs_to("account", "account_id"),
        UniqueConstraint("agency_id", "account_id", "digest", "brand_id"),
        Index("ix_raw_event_waiting", "agency_id", "account_id", "id", postgresql_where=text("handled_at is null")),
        Index("ix_raw_event_handled", "agency_id", "handled_at", postgresql_where=text("handled_at is not null")),
        Index("ix_raw_event_aside", "agency_id", "kind", postgresql_where=text("outcome in ('unknown', 'failed')")),
        CheckConstraint(
            "outcome is null or outcome in ('stored', 'asked', 'ignored', 'unknown', 'failed')", name="outcome_is_known"
        ),
    )


class ConnectAttempt(Dated, Base):
    """A walk to a platform's sign-in and back: who asked, for which brand, in which browser. Hashes and ids only.

    Unscoped because a client comes back from the platform with a reconnect link and no account of ours. It is used
    once, within ten minutes, by the browser that began it. `account_id` is set when one account is to be connected
    again, `link_id` when the mailed link (a one-time token) began it and not a signed-in person.
    """

    __tablename__ = "connect_attempt"
    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    state_hash: Mapped[bytes] = mapped_column(LargeBinary, unique=True)
    browser_hash: Mapped[bytes] = mapped_column(LargeBinary)
    agency_id: Mapped[UUID]
    brand_id: Mapped[UUID]
    account_id: Mapped[UUID | None]
    person_id: Mapped[UUID | None]
    link_id: Mapped[UUID | None]
    platform: Mapped[str] = mapped_column(Text)
    login: Mapped[str | None] = mapped_column(Text)
    features: Mapped[list[str]] = mapped_column(ARRAY(Text), default=list, server_default="{}")
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]


class GrantedAccount(BrandOwned, Dated, Base):
    """An account a person granted us on the platform and has not chosen yet; its token is sealed and soon dropped.

    Also the last use of a disconnected account's token: `problem` is then "ending" and `attempt_id` the account's id
    (`channels.grants`).
    """

    __tablename__ = "granted_account"
    attempt_id: Mapped[UUID]
    platform: Mapped[str] = mapped_column(Text)
    external_id: Mapped[str] = mapped_column(Text)
    name: Mapped[str] = mapped_column(Text)
    login: Mapped[str | None] = mapped_column(Text)
    credential: Mapped[bytes | None] = mapped_column(LargeBinary)
    scopes: Mapped[list[str]] = mapped_column(ARRAY(Text), default=list, server_default="{}")
    tasks: Mapped[list[str]] = mapped_column(ARRAY(Text), default=list, server_default="{}")
    grantor_external_id: Mapped[str | None] = mapped_column(Text)
    token_expires_at: Mapped[datetime | None]
    data_access_expires_at: Mapped[datetime | None]
    problem: Mapped[str | None] = mapped_column(Text)
    expires_at: Mapped[datetime]
    __table_args__ = (
        belongs_to_brand(),
        UniqueConstraint("agency_id", "attempt_id", "platform", "external_id", "brand_id"),
    )


GRANTED_CREDENTIAL = seals(GrantedAccount, "credential")


class Backfill(BrandOwned, Dated, Base):
    """Reading an account's past down to `horizon_at`, a slice at a time beside the live turns.

    `state` is `running`, `done`, `stopped` or `failed`; `cursor` is the adapter's own and says where to go on;
    `reached_at` is the oldest moment read so far, `item_count` what was new to us. `failure_count` counts tries of the
    present slice that failed, `gap_count` slices that were passed over in part; `last_error` is the error's code.
    """

    __tablename__ = "backfill"
    account_id: Mapped[UUID]
    horizon_at: Mapped[datetime]
    state: Mapped[str] = mapped_column(Text, default="running", server_default="running")
    cursor: Mapped[str | None] = mapped_column(Text)
    reached_at: Mapped[datetime | None]
    item_count: Mapped[int] = mapped_column(default=0, server_default="0")
    asked_by: Mapped[UUID | None]
    last_error: Mapped[str | None] = mapped_column(Text)
    failure_count: Mapped[int] = mapped_column(default=0, server_default="0")
    gap_count: Mapped[int] = mapped_column(default=0, server_default="0")
    finished_at: Mapped[datetime | None]
    __table_args__ = (
        belongs_to("account", "account_id"),
        Index("ix_backfill_account", "agency_id", "account_id", "id"),
        Index(
            "uq_backfill_running",
            "agency_id",
            "account_id",
            unique=True,
            postgresql_where=text("state = 'running'"),
        ),
        CheckConstraint("state in ('running', 'done', 'stopped', 'failed')", name="state_is_known"),
    )


class DeletionRequest(Dated, Base):
    """Meta's request to delete what we hold of one person, and how far it is. The person is known by a keyed hash."""

    __tablename__ = "deletion_request"
    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    code: Mapped[str] = mapped_column(Text, unique=True)
    person_hash: Mapped[bytes] = mapped_column(LargeBinary)
    finished_at: Mapped[datetime | None]
    account_count: Mapped[int] = mapped_column(default=0, server_default="0")
