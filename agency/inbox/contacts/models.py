"""People who write, what proves that two identities are one person, what staff wrote of them, erasings and exports."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, Index, LargeBinary, SmallInteger, Text, UniqueConstraint, func, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column, validates

from agency.inbox.contacts.names import name_key
from tenants.database import Base, BrandOwned, Dated, belongs_to, belongs_to_brand

ERASED = "erased-"
"""How the id of a contact begins who is nobody's any more."""
MOST_WEIGHT = 10
LINK_KINDS = ("private_reply", "same_handle", "staff")
"""By what two identities are known to be one person; see `agency.inbox.contacts.linking`."""


class Contact(BrandOwned, Dated, Base):
    """One person as one platform shows them to one brand. Never merged with another by guess.

    Identities that are one person (`agency.inbox.contacts.linking`) have the same `group_id`, None for one alone.
    `own_vip` with `vip_note`, its reason, by whom and when, and `own_weight`, 0 to MOST_WEIGHT, are what staff set on
    this identity: how much more their words count in the queue than anybody's. `is_vip` and `weight` are what holds,
    for all of a group the same. `name_key` is what the name is looked up by. Since `spam_since` what they write closes
    by rule, as FROM_SPAMMER; what has stars only with `spam_stars` (`agency.inbox.spammers`).
    """

    __tablename__ = "contact"
    account_id: Mapped[UUID]
    platform: Mapped[str] = mapped_column(Text)
    external_id: Mapped[str] = mapped_column(Text)
    name: Mapped[str | None] = mapped_column(Text)
    is_vip: Mapped[bool] = mapped_column(default=False, server_default="false")
    vip_note: Mapped[str] = mapped_column(Text, default="", server_default="")
    vip_by_name: Mapped[str | None] = mapped_column(Text)
    vip_at: Mapped[datetime | None]
    weight: Mapped[int] = mapped_column(SmallInteger, default=0, server_default="0")
    group_id: Mapped[UUID | None]
    own_vip: Mapped[bool] = mapped_column(default=False, server_default="false")
    own_weight: Mapped[int] = mapped_column(SmallInteger, default=0, server_default="0")
    name_key: Mapped[str | None] = mapped_column(Text(collation="C"))
    spam_since: Mapped[datetime | None]
    spam_by_name: Mapped[str | None] = mapped_column(Text)
    spam_stars: Mapped[bool] = mapped_column(default=False, server_default="false")
    __table_args__ = (
        belongs_to("account", "account_id"),
        UniqueConstraint("agency_id", "account_id", "external_id", "brand_id"),
        Index("ix_contact_group", "agency_id", "group_id", postgresql_where=text("group_id is not null")),
        Index("ix_contact_name", "agency_id", "brand_id", "name_key", "id"),
        Index(
            "ix_contact_unkeyed",
            "agency_id",
            "id",
            postgresql_where=text("name_key is null and name is not null"),
        ),
        Index("ix_contact_vip", "agency_id", "brand_id", text("id desc"), postgresql_where=text("is_vip")),
        Index(
            "ix_contact_spam", "agency_id", "brand_id", text("id desc"), postgresql_where=text("spam_since is not null")
        ),
        CheckConstraint("weight between 0 and 10", name="weight_is_bounded"),
        CheckConstraint("own_weight between 0 and 10", name="own_weight_is_bounded"),
    )

    @validates("name")
    def _keep_key(self, _field: str, name: str | None) -> str | None:
        self.name_key = name_key(name)
        return name

    @property
    def is_erased(self) -> bool:
        """Whether this person had us delete what we held of them; what they write later comes from somebody new."""
        return self.external_id.startswith(ERASED)


class ContactLink(BrandOwned, Dated, Base):
    """That two identities are one person to one brand, and what proves it. `contact_id` is the smaller of the two.

    `kind` is one of LINK_KINDS. Of `private_reply` the proof is `reply_id`, whose answer named the recipient; of
    `same_handle` it is `words` in `message_id`, and `confirmed_message_id` where the person then wrote from there; of
    `staff` it is `reason`. `made_by_name` is None where the platform's own word made it. An undone link stays, with
    who undid it and why: the row is what history shows.
    """

    __tablename__ = "contact_link"
    contact_id: Mapped[UUID]
    other_id: Mapped[UUID]
    kind: Mapped[str] = mapped_column(Text)
    reply_id: Mapped[UUID | None]
    message_id: Mapped[UUID | None]
    words: Mapped[str] = mapped_column(Text, default="", server_default="")
    reason: Mapped[str] = mapped_column(Text, default="", server_default="")
    made_by: Mapped[UUID | None]
    made_by_name: Mapped[str | None] = mapped_column(Text)
    confirmed_message_id: Mapped[UUID | None]
    confirmed_at: Mapped[datetime | None]
    undone_at: Mapped[datetime | None]
    undone_by: Mapped[UUID | None]
    undone_by_name: Mapped[str | None] = mapped_column(Text)
    undo_reason: Mapped[str] = mapped_column(Text, default="", server_default="")
    __table_args__ = (
        belongs_to("contact", "contact_id"),
        belongs_to("contact", "other_id"),
        Index("ix_contact_link_other", "agency_id", "other_id"),
        Index("ix_contact_link_contact", "agency_id", "contact_id"),
        Index(
            "uq_contact_link_standing",
            "agency_id",
            "contact_id",
            "other_id",
            "brand_id",
            unique=True,
            postgresql_where=text("undone_at is null"),
        ),
        Index(
            "uq_contact_link_reply",
            "agency_id",
            "reply_id",
            "brand_id",
            unique=True,
            postgresql_where=text("reply_id is not null"),
        ),
        CheckConstraint("contact_id < other_id", name="smaller_first"),
        CheckConstraint("kind in ('private_reply', 'same_handle', 'staff')", name="kind_is_known"),
        CheckConstraint(
            "case kind when 'private_reply' then reply_id is not null"
            " when 'same_handle' then message_id is not null and words <> '' else reason <> '' end",
            name="has_a_proof",
        ),
    )


class ContactNote(BrandOwned, Dated, Base):
    """What colleagues should know of a person, whatever the case. `earlier` holds what it said before, with who and
    until when; `version` grows with each change.
    """

    __tablename__ = "contact_note"
    contact_id: Mapped[UUID]
    author_id: Mapped[UUID]
    author_name: Mapped[str] = mapped_column(Text)
    text: Mapped[str] = mapped_column(Text)
    version: Mapped[int] = mapped_column(default=1, server_default="1")
    edited_at: Mapped[datetime | None]
    edited_by_name: Mapped[str | None] = mapped_column(Text)
    earlier: Mapped[list[Any]] = mapped_column(JSONB, default=list, server_default="[]")
    __table_args__ = (
        belongs_to("contact", "contact_id"),
        Index("ix_contact_note_contact", "agency_id", "contact_id", "created_at"),
    )


class ContactBirthday(BrandOwned, Dated, Base):
    """The day somebody gave a brand as their birthday, and agreed that it is used; never the year.

    `source` is how they gave it, `agreed_on` when; `noted_by` wrote it down. `next_on` is the next day on which a case
    of theirs comes back, `last_on` the last one on which one did.
    """

    __tablename__ = "contact_birthday"
    contact_id: Mapped[UUID]
    month: Mapped[int] = mapped_column(SmallInteger)
    day: Mapped[int] = mapped_column(SmallInteger)
    source: Mapped[str] = mapped_column(Text)
    agreed_on: Mapped[date]
    noted_by: Mapped[UUID]
    noted_by_name: Mapped[str] = mapped_column(Text)
    next_on: Mapped[date]
    last_on: Mapped[date | None]
    __table_args__ = (
        belongs_to("contact", "contact_id"),
        UniqueConstraint("agency_id", "contact_id", "brand_id"),
        Index("ix_contact_birthday_next", "agency_id", "next_on", "id"),
        Index("ix_contact_birthday_brand_next", "agency_id", "brand_id", "next_on", "id"),
        CheckConstraint("month between 1 and 12", name="month_is_one"),
        CheckConstraint(
            "day between 1 and case when month = 2 then 29 when month in (4, 6, 9, 11) then 30 else 31 end",
            name="day_is_one",
        ),
    )


class ContactErasure(BrandOwned, Dated, Base):
    """That a person's data was erased, by whom, and how far it is. It names nobody: only ids of ours.

    `state` is `waiting`, `running` or `done`. `contact_ids` are the identities, `message_count` what was to be done
    and `done_count` what is. `left_count` are identities of the same person that were held and not chosen. `views_gone`
    are saved views that looked for them; `left_things`, as `{"kind", "id", "version"}`, what colleagues named and may
    still hold their name (`agency.inbox.contacts.named`).
    """

    __tablename__ = "contact_erasure"
    contact_ids: Mapped[list[Any]] = mapped_column(JSONB)
    state: Mapped[str] = mapped_column(Text, default="waiting", server_default="waiting")
    asked_by: Mapped[UUID]
    asked_by_name: Mapped[str] = mapped_column(Text)
    left_count: Mapped[int] = mapped_column(SmallInteger, default=0, server_default="0")
    views_gone: Mapped[int] = mapped_column(default=0, server_default="0")
    left_things: Mapped[list[Any]] = mapped_column(JSONB, default=list, server_default="[]")
    message_count: Mapped[int] = mapped_column(default=0, server_default="0")
    done_count: Mapped[int] = mapped_column(default=0, server_default="0")
    finished_at: Mapped[datetime | None]
    __table_args__ = (
        belongs_to_brand(),
        Index("ix_contact_erasure_brand", "agency_id", "brand_id", "id"),
        Index("ix_contact_erasure_open", "agency_id", "id", postgresql_where=text("state <> 'done'")),
        CheckConstraint("state in ('waiting', 'running', 'done')", name="state_is_known"),
    )


class PeopleExport(BrandOwned, Dated, Base):
    """That everything held of everybody who writes to a brand is put into a file, by whom, and how far it is.

    `state` is `waiting`, `running`, `done`, `void` (somebody in it was erased) or `refused` (whoever asked may not
    any more). `last_contact_id` is the identity read last, in the order of ids; `people_count` how many there were when
    it began, `done_count`, `row_count` and `byte_count` what is in the parts. `moved_at` is when it last went on.
    """

    __tablename__ = "people_export"
    state: Mapped[str] = mapped_column(Text, default="waiting", server_default="waiting")
    asked_by: Mapped[UUID]
    asked_by_name: Mapped[str] = mapped_column(Text)
    last_contact_id: Mapped[UUID | None]
    people_count: Mapped[int] = mapped_column(default=0, server_default="0")
    done_count: Mapped[int] = mapped_column(default=0, server_default="0")
    row_count: Mapped[int] = mapped_column(default=0, server_default="0")
    byte_count: Mapped[int] = mapped_column(BigInteger, default=0, server_default="0")
    part_count: Mapped[int] = mapped_column(default=0, server_default="0")
    moved_at: Mapped[datetime] = mapped_column(server_default=func.now())
    finished_at: Mapped[datetime | None]
    __table_args__ = (
        belongs_to_brand(),
        Index(
            "uq_people_export_under_way",
            "agency_id",
            "brand_id",
            unique=True,
            postgresql_where=text("state in ('waiting', 'running')"),
        ),
        Index("ix_people_export_brand", "agency_id", "brand_id", "id"),
        CheckConstraint("state in ('waiting', 'running', 'done', 'void', 'refused')", name="state_is_known"),
    )


class PeopleExportPart(BrandOwned, Base):
    """A piece of the file: a gzip member of lines, so that the pieces one after another are the file."""

    __tablename__ = "people_export_part"
    export_id: Mapped[UUID]
    number: Mapped[int]
    body: Mapped[bytes] = mapped_column(LargeBinary)
    __table_args__ = (
        belongs_to("people_export", "export_id"),
        UniqueConstraint("agency_id", "export_id", "number", "brand_id"),
        {"info": {"app_may": ("SELECT", "INSERT", "DELETE")}},
    )
