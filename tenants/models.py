"""Agencies, brands, people and what lets them in. Secrets are stored as hashes or sealed, never plain."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    BigInteger,
    CheckConstraint,
    ForeignKey,
    ForeignKeyConstraint,
    Identity,
    Index,
    LargeBinary,
    Text,
    UniqueConstraint,
    Uuid,
    func,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from tenants.brand_colours import tones_of
from tenants.brand_hours_models import BrandHours as BrandHours
from tenants.database import AgencyOwned, Base, BrandOwned, Dated, belongs_to_agency, belongs_to_brand, new_id
from tenants.outbox_models import GIVEN_UP as GIVEN_UP
from tenants.outbox_models import OutboxEntry as OutboxEntry
from tenants.plan_models import Subscription as Subscription
from tenants.sealed import seals
from tenants.sign_up_models import SignUp as SignUp

HASH_IS_32_BYTES = "octet_length(token_hash) = 32"


class Agency(Dated, Base):
    """Our customer: it pays, employs staff and sees its own brands side by side. Mails are drawn in its `colour`."""

    __tablename__ = "agency"
    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    name: Mapped[str] = mapped_column(Text, unique=True)
    language: Mapped[str] = mapped_column(Text, default="en")
    roles_needing_second_factor: Mapped[list[str]] = mapped_column(ARRAY(Text), default=list, server_default="{}")
    quiz_gate: Mapped[bool] = mapped_column(default=False, server_default="false")
    """Whoever has not passed the quiz on a brand's guide in force sends nothing there without somebody's yes."""
    policies_on_paper: Mapped[bool] = mapped_column(default=False, server_default="false")
    """Its contracts let a lead record that a client signed an approval policy on paper."""
    colour: Mapped[str | None] = mapped_column(Text)
    answers_to: Mapped[str | None] = mapped_column(Text)
    undo_seconds: Mapped[int] = mapped_column(default=10, server_default="10")
    """How long a reply that needs no yes can be undone before it goes out."""
    __table_args__ = (CheckConstraint("undo_seconds between 0 and 120", name="undo_is_short"),)


class Brand(AgencyOwned, Dated, Base):
    """One client of an agency: the tenant. Colour, two-letter mark and name always appear together."""

    __tablename__ = "brand"
    name: Mapped[str] = mapped_column(Text)
    mark: Mapped[str] = mapped_column(Text)
    colour: Mapped[str] = mapped_column(Text)
    language: Mapped[str] = mapped_column(Text, default="en")
    time_zone: Mapped[str] = mapped_column(Text, default="UTC")
    needs_approval: Mapped[bool] = mapped_column(default=True)
    """Whether any reply waits for the client: what the policy in force says, written by `agency.replies` alone."""
    guide_needs_approval: Mapped[bool] = mapped_column(default=False, server_default="false")
    keeps_birthdays: Mapped[bool] = mapped_column(default=False, server_default="false")
    """Birthdays that customers gave may be kept, and bring a case back on the day."""
    answer_due_hours: Mapped[int] = mapped_column(default=12)
    answer_due_hours_on: Mapped[dict[str, int]] = mapped_column(JSONB, default=dict, server_default="{}")
    """By platform, where it differs."""
    tier: Mapped[str] = mapped_column(Text, default="standard", server_default="standard")
    """One of `tenants.brands.TIERS`: how much this client's cases count in the queue."""
    paused_at: Mapped[datetime | None]
    archived_at: Mapped[datetime | None]
    read_only_at: Mapped[datetime | None]
    read_only_why: Mapped[str | None] = mapped_column(Text)
    """`over_plan`, `unpaid`, `ended` or `trial_over` (`tenants.read_only`)."""
    read_only_turn: Mapped[int | None]
    """Which goes read-only first, where not all can stay; those without a number after those with, the newest first."""

    @property
    def colour_on_light(self) -> str:
        """What it is drawn in on light pages; the colour itself where it can be seen there."""
        return tones_of(self.colour).on_light

    @property
    def colour_on_dark(self) -> str:
        """What it is drawn in on dark pages."""
        return tones_of(self.colour).on_dark

    __table_args__ = (
        belongs_to_agency(),
        UniqueConstraint("agency_id", "name"),
        CheckConstraint("colour ~ '^#[0-9a-f]{6}$'", name="colour_is_hex"),
        CheckConstraint("char_length(mark) between 1 and 2", name="mark_is_short"),
        CheckConstraint("tier in ('standard', 'plus', 'premium')", name="tier_is_known"),
        CheckConstraint("(read_only_at is null) = (read_only_why is null)", name="read_only_says_why"),
    )


class BrandMark(AgencyOwned, Base):
    """A name, address or wording by which one of an agency's brands is known (`tenants.brand_marks`).

    `shelved`: the brand is archived.
    """

    __tablename__ = "brand_mark"
    of_brand_id: Mapped[UUID]
    source: Mapped[str] = mapped_column(Text)
    sort: Mapped[str] = mapped_column(Text)
    key: Mapped[str] = mapped_column(Text)
    written: Mapped[str] = mapped_column(Text)
    shelved: Mapped[bool] = mapped_column(default=False, server_default="false")
    __table_args__ = (
        belongs_to_agency(),
        ForeignKeyConstraint(["agency_id", "of_brand_id"], ["brand.agency_id", "brand.id"], ondelete="CASCADE"),
        Index("ix_brand_mark_key", "agency_id", "key"),
        Index("ix_brand_mark_source", "agency_id", "of_brand_id", "source"),
        CheckConstraint(
            "sort in ('name', 'handle', 'domain', 'phone', 'sign_off', 'saved_reply')", name="sort_is_known"
        ),
    )


class Person(Dated, Base):
    """Somebody who can sign in, of one agency or several. `mail_failed_at`: since then mails come back."""

    __tablename__ = "person"
    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    email: Mapped[str] = mapped_column(Text, unique=True)
    name: Mapped[str] = mapped_column(Text)
    language: Mapped[str] = mapped_column(Text, default="en")
    time_zone: Mapped[str] = mapped_column(Text, default="UTC")
    password_hash: Mapped[str | None] = mapped_column(Text)
    totp_secret: Mapped[bytes | None] = mapped_column(LargeBinary)
    totp_last_step: Mapped[int | None] = mapped_column(BigInteger)
    recovery_code_hashes: Mapped[list[bytes]] = mapped_column(ARRAY(LargeBinary), default=list, server_default="{}")
    preferences: Mapped[dict[str, Any]] = mapped_column(JSONB, default=dict, server_default="{}")
    disabled_at: Mapped[datetime | None]
    mail_failed_at: Mapped[datetime | None]
    mail_failed_words: Mapped[str | None] = mapped_column(Text)
    __table_args__ = (CheckConstraint("email = lower(email)", name="email_is_lower_case"),)


TOTP_SECRET = seals(Person, "totp_secret", shared="person")


class Membership(Dated, Base):
    """What a person is in an agency, and which of its brands that covers."""

    __tablename__ = "membership"
    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    agency_id: Mapped[UUID] = mapped_column(ForeignKey("agency.id"))
    person_id: Mapped[UUID] = mapped_column(ForeignKey("person.id"))
    role: Mapped[str] = mapped_column(Text)
    all_brands: Mapped[bool] = mapped_column(default=False)
    brand_ids: Mapped[list[UUID]] = mapped_column(ARRAY(Uuid), default=list, server_default="{}")
    removed_at: Mapped[datetime | None]
    __table_args__ = (
        Index("ix_membership_person_id", "person_id"),
        Index("uq_membership_live", "agency_id", "person_id", unique=True, postgresql_where=text("removed_at is null")),
        CheckConstraint("not (all_brands and cardinality(brand_ids) > 0)", name="all_or_some"),
    )


class Invitation(Dated, Base):
    """An invitation by mail; single use, dies after seven days."""

    __tablename__ = "invitation"
    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    agency_id: Mapped[UUID] = mapped_column(ForeignKey("agency.id"))
    email: Mapped[str] = mapped_column(Text)
    role: Mapped[str] = mapped_column(Text)
    all_brands: Mapped[bool] = mapped_column(default=False)
    brand_ids: Mapped[list[UUID]] = mapped_column(ARRAY(Uuid), default=list, server_default="{}")
    token_hash: Mapped[bytes] = mapped_column(LargeBinary, unique=True)
    invited_by: Mapped[UUID] = mapped_column(ForeignKey("person.id"))
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]
    withdrawn_at: Mapped[datetime | None]
    __table_args__ = (
        Index("ix_invitation_agency_id", "agency_id"),
        CheckConstraint(HASH_IS_32_BYTES, name="token_hash_is_whole"),
    )


class SignInSession(Dated, Base):
    """One browser, signed in. The cookie holds the token, this row its SHA-256."""

    __tablename__ = "sign_in_session"
    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    person_id: Mapped[UUID] = mapped_column(ForeignKey("person.id"))
    token_hash: Mapped[bytes] = mapped_column(LargeBinary, unique=True)
    agency_id: Mapped[UUID | None] = mapped_column(ForeignKey("agency.id"))
    second_factor_at: Mapped[datetime | None]
    last_seen_at: Mapped[datetime] = mapped_column(server_default=func.now())
    expires_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    ip_address: Mapped[str | None] = mapped_column(Text)
    user_agent: Mapped[str | None] = mapped_column(Text)
    __table_args__ = (
        Index("ix_sign_in_session_person_id", "person_id"),
        CheckConstraint(HASH_IS_32_BYTES, name="token_hash_is_whole"),
    )


class ApiToken(Dated, Base):
    """A bearer token of one person in one agency, never wider than that person's membership."""

    __tablename__ = "api_token"
    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    agency_id: Mapped[UUID] = mapped_column(ForeignKey("agency.id"))
    person_id: Mapped[UUID] = mapped_column(ForeignKey("person.id"))
    name: Mapped[str] = mapped_column(Text)
    token_hash: Mapped[bytes] = mapped_column(LargeBinary, unique=True)
    only_brand_ids: Mapped[list[UUID] | None] = mapped_column(ARRAY(Uuid))
    last_used_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]
    __table_args__ = (
        Index("ix_api_token_person_id", "person_id"),
        CheckConstraint(HASH_IS_32_BYTES, name="token_hash_is_whole"),
    )


class OneTimeToken(Dated, Base):
    """A link that does one thing once, for a person who may be signed out; bound to its purpose.

    `account_id`, with its agency and brand, is the connected account the link is about, None where it is about none;
    `request_id` the request for a yes (`approval_request`), or a question to somebody who is no person here
    (`loop_asking`): then `person_id` is None.
    """

    __tablename__ = "one_time_token"
    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    purpose: Mapped[str] = mapped_column(Text)
    person_id: Mapped[UUID | None] = mapped_column(ForeignKey("person.id"))
    token_hash: Mapped[bytes] = mapped_column(LargeBinary, unique=True)
    agency_id: Mapped[UUID | None]
    brand_id: Mapped[UUID | None]
    account_id: Mapped[UUID | None]
    request_id: Mapped[UUID | None]
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]
    __table_args__ = (
        Index("ix_one_time_token_person_id", "person_id"),
        CheckConstraint(HASH_IS_32_BYTES, name="token_hash_is_whole"),
    )


class OutgoingMail(Dated, Base):
    """A mail to a person. Its words are sealed, and gone once it was sent; locally the mailbox page keeps them.

    `is_finished` is false while the words are still to be made: a reset is asked for in the same way whether or not
    the address is anybody's, and only the job finds out.
    """

    __tablename__ = "outgoing_mail"
    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    notice: Mapped[str] = mapped_column(Text)
    sealed: Mapped[bytes | None] = mapped_column(LargeBinary)
    is_finished: Mapped[bool] = mapped_column(default=True)
    sent_at: Mapped[datetime | None]
    given_up_at: Mapped[datetime | None]
    last_error: Mapped[str | None] = mapped_column(Text)
    person_id: Mapped[UUID | None] = mapped_column(ForeignKey("person.id"))
    bounce_hash: Mapped[bytes | None] = mapped_column(LargeBinary, unique=True)


MAIL_WORDS = seals(OutgoingMail, "sealed", shared="mail")


class ReceivedEvent(Dated, Base):
    """A webhook already seen, or one that names no tenant: ids and kind only, the bytes live with the tenant if any."""

    __tablename__ = "received_event"
    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    source: Mapped[str] = mapped_column(Text)
    external_id: Mapped[str] = mapped_column(Text)
    kind: Mapped[str] = mapped_column(Text)
    handled_at: Mapped[datetime | None]
    __table_args__ = (UniqueConstraint("source", "external_id"),)


class InstallationFact(Dated, Base):
    """A fact about this installation, such as that the demo was seeded."""

    __tablename__ = "installation_fact"
    name: Mapped[str] = mapped_column(Text, primary_key=True)
    value: Mapped[dict[str, Any]] = mapped_column(JSONB, default=dict)


class ReceiptKey(Dated, Base):
    """A key receipts are signed with (`tenants.signing_keys`): Ed25519; the private half goes when it is retired."""

    __tablename__ = "receipt_key"
    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    public_key: Mapped[bytes] = mapped_column(LargeBinary)
    sealed: Mapped[bytes | None] = mapped_column(LargeBinary)
    retired_at: Mapped[datetime | None]
    __table_args__ = (
        Index(
            "uq_receipt_key_in_use",
            text("(retired_at is null)"),
            unique=True,
            postgresql_where=text("retired_at is null"),
        ),
        CheckConstraint("(sealed is null) = (retired_at is not null)", name="a_retired_key_signs_nothing"),
        {"info": {"app_may": ("SELECT", "INSERT", "UPDATE")}},
    )


RECEIPT_KEY = seals(ReceiptKey, "sealed", shared="receipt")


class AuditLine(Dated):
    """What a line of the record holds, in a chain of its own for each brand and for the agency (`tenants.audit_chain`).

    `facts` and who did it are for ever. `words` may be of a person: the chain holds them by a salted hash alone, so
    they can be erased, and then `words_hash` says what stood there. Rows are added, never changed.
    """

    number: Mapped[int] = mapped_column(BigInteger)
    hash: Mapped[bytes] = mapped_column(LargeBinary)
    actor_id: Mapped[UUID | None]
    actor_name: Mapped[str] = mapped_column(Text)
    actor_salt: Mapped[bytes] = mapped_column(LargeBinary)
    action: Mapped[str] = mapped_column(Text)
    subject_type: Mapped[str] = mapped_column(Text)
    subject_id: Mapped[str] = mapped_column(Text)
    facts: Mapped[dict[str, Any]] = mapped_column(JSONB, default=dict)
    words: Mapped[dict[str, Any] | None] = mapped_column(JSONB)
    words_salt: Mapped[bytes | None] = mapped_column(LargeBinary)
    words_hash: Mapped[bytes | None] = mapped_column(LargeBinary)
    erased_at: Mapped[datetime | None]


class AgencyAudit(AgencyOwned, AuditLine, Base):
    """Who did what in an agency, where no single brand is concerned."""

    __tablename__ = "agency_audit"
    __table_args__ = (
        belongs_to_agency(),
        Index("ix_agency_audit_number", "agency_id", "number", unique=True),
        {"info": {"app_may": ("SELECT", "INSERT")}},
    )


class BrandAudit(BrandOwned, AuditLine, Base):
    """Who did what to a brand's things."""

    __tablename__ = "brand_audit"
    __table_args__ = (
        belongs_to_brand(),
        Index("ix_brand_audit_number", "agency_id", "brand_id", "number", unique=True),
        Index("ix_brand_audit_brand", "agency_id", "brand_id", "id"),
        Index("ix_brand_audit_actor", "agency_id", "actor_id", "id"),
        Index("ix_brand_audit_action", "agency_id", "action", "id"),
        Index("ix_brand_audit_thing", "agency_id", "subject_id", "id"),
        {"info": {"app_may": ("SELECT", "INSERT")}},
    )


class DataKey(BrandOwned, Dated, Base):
    """The random key a brand's secrets are sealed with, wrapped by the key-encryption key `key_id`.

    One per brand; a second where the first's key was lost.
    """

    __tablename__ = "data_key"
    key_id: Mapped[str] = mapped_column(Text)
    wrapped: Mapped[bytes] = mapped_column(LargeBinary)
    __table_args__ = (belongs_to_brand(), Index("ix_data_key_brand", "agency_id", "brand_id", "id"))


class IdempotencyRecord(AgencyOwned, Dated, Base):
    """The first answer to a POST that carried an Idempotency-Key, given again to its repeats."""

    __tablename__ = "idempotency_record"
    person_id: Mapped[UUID]
    key: Mapped[str] = mapped_column(Text)
    request_hash: Mapped[bytes] = mapped_column(LargeBinary)
    http_status: Mapped[int | None]
    answer: Mapped[dict[str, Any] | None] = mapped_column(JSONB)
    __table_args__ = (belongs_to_agency(), UniqueConstraint("agency_id", "person_id", "key"))
