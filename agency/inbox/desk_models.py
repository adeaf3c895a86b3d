"""Labels and which cases bear them, saved views, where a person was last in each brand, and versions of drafts."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Index, Text, UniqueConstraint, and_, func, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from tenants.database import (
    AgencyOrBrandOwned,
    AgencyOwned,
    Base,
    BrandOwned,
    Dated,
    belongs_to,
    belongs_to_agency,
    belongs_to_agency_or_brand,
)

LABEL_COLOURS = ("grey", "red", "orange", "yellow", "green", "teal", "blue", "violet", "pink", "brown")
"""Names of roles in the style sheet (`--label-red`), each tested for contrast on every ground."""


class Label(AgencyOrBrandOwned, Dated, Base):
    """A word that staff put on cases, of one brand or of the agency for all its brands. Put away, never deleted.

    `merged_into_id` is the label that took its place; what bore this one bears that one.
    """

    __tablename__ = "label"
    name: Mapped[str] = mapped_column(Text)
    colour: Mapped[str] = mapped_column(Text, default="grey", server_default="grey")
    archived_at: Mapped[datetime | None]
    merged_into_id: Mapped[UUID | None]
    changed_by_name: Mapped[str] = mapped_column(Text, default="system")
    version: Mapped[int] = mapped_column(default=1, server_default="1")
    __table_args__ = (
        *belongs_to_agency_or_brand(),
        UniqueConstraint("agency_id", "id"),
        Index(
            "uq_label_name",
            "agency_id",
            "brand_id",
            text("lower(name)"),
            unique=True,
            postgresql_where=text("archived_at is null"),
        ),
        CheckConstraint(f"colour in ({', '.join(map(repr, LABEL_COLOURS))})", name="colour_is_known"),
        {"info": {"app_may": ("SELECT", "INSERT", "UPDATE")}},
    )


class ConversationLabel(BrandOwned, Dated, Base):
    """That a case bears a label. `conversation.label_ids` says the same for rows of the queue.

    `status`, `rank` and `last_message_at` are copies of the case's, kept by a trigger, so that the cases of a label are
    found in the queue's order by one index.
    """

    __tablename__ = "conversation_label"
    conversation_id: Mapped[UUID]
    label_id: Mapped[UUID]
    put_by: Mapped[UUID | None]
    put_by_name: Mapped[str] = mapped_column(Text, default="system")
    status: Mapped[str] = mapped_column(Text)
    rank: Mapped[int]
    last_message_at: Mapped[datetime]
    __table_args__ = (
        belongs_to("conversation", "conversation_id"),
        ForeignKeyConstraint(["agency_id", "label_id"], ["label.agency_id", "label.id"]),
        UniqueConstraint("agency_id", "conversation_id", "label_id", "brand_id"),
        Index(
            "ix_conversation_label_queue",
            "agency_id",
            "label_id",
            text("rank desc"),
            text("conversation_id desc"),
            postgresql_where=text("status = 'open'"),
        ),
        Index(
            "ix_conversation_label_past",
            "agency_id",
            "label_id",
            "status",
            text("last_message_at desc"),
            text("conversation_id desc"),
            postgresql_where=text("status <> 'open'"),
        ),
    )


class SavedView(AgencyOwned, Dated, Base):
    """A part of the queue under a name: somebody's own, or the agency's for everybody who sees any of its brands.

    `filters` is an address's: name → list of values, as `agency.inbox.filters` reads them.
    """

    __tablename__ = "saved_view"
    person_id: Mapped[UUID]
    person_name: Mapped[str] = mapped_column(Text)
    name: Mapped[str] = mapped_column(Text)
    filters: Mapped[dict[str, Any]] = mapped_column(JSONB, default=dict)
    is_shared: Mapped[bool] = mapped_column(default=False, server_default="false")
    position: Mapped[int] = mapped_column(default=0, server_default="0")
    deleted_at: Mapped[datetime | None]
    version: Mapped[int] = mapped_column(default=1, server_default="1")
    __table_args__ = (
        belongs_to_agency(),
        Index("ix_saved_view_person", "agency_id", "person_id", "position"),
        Index("ix_saved_view_shared", "agency_id", "position", postgresql_where=text("is_shared")),
    )


class LastPlace(AgencyOwned, Base):
    """Where a person was last in a brand, a set of brands or all of them.

    `brands` names them: ids in their order, joined by commas; empty for all. `filters` as in a saved view.
    """

    __tablename__ = "last_place"
    person_id: Mapped[UUID]
    brands: Mapped[str] = mapped_column(Text)
    filters: Mapped[dict[str, Any]] = mapped_column(JSONB, default=dict)
    conversation_id: Mapped[UUID | None]
    moved_at: Mapped[datetime] = mapped_column(server_default=func.now())
    __table_args__ = (belongs_to_agency(), UniqueConstraint("agency_id", "person_id", "brands"))


HAS_FORM = text("form is not null")


class DraftVersion(BrandOwned, Dated, Base):
    """Words somebody typed for a case that are not what its draft says: nothing typed is ever lost.

    `why`, one of VERSION_REASONS: they stood in the draft until somebody else went on (`before`), or could not be saved
    into it because a colleague had changed it (`changed`), had the case (`held`), the reply was handed in already
    (`submitted`), or the case took none (`refused`). `form` and `turn` as in `Reply`. `saved_at` is when they were last
    typed, `settled_at` when their author or whoever went on with them was done with them. Kept for VERSIONS_KEPT after
    that moment or, where nobody settled them, after the last typing (`agency.replies.versions`).
    """

    __tablename__ = "draft_version"
    conversation_id: Mapped[UUID]
    changes_reply_id: Mapped[UUID | None]
    author_id: Mapped[UUID]
    author_name: Mapped[str] = mapped_column(Text)
    text: Mapped[str] = mapped_column(Text)
    why: Mapped[str] = mapped_column(Text)
    form: Mapped[str | None] = mapped_column(Text)
    turn: Mapped[int] = mapped_column(default=0, server_default="0")
    saved_at: Mapped[datetime]
    settled_at: Mapped[datetime | None]
    __table_args__ = (
        belongs_to("conversation", "conversation_id"),
        Index("ix_draft_version_conversation", "agency_id", "conversation_id", "saved_at"),
        Index("ix_draft_version_saved", "agency_id", "saved_at"),
        Index(
            "uq_draft_version_form",
            "agency_id",
            "conversation_id",
            "author_id",
            "form",
            "brand_id",
            unique=True,
            postgresql_where=HAS_FORM,
        ),
        CheckConstraint("why in ('before', 'changed', 'held', 'submitted', 'refused')", name="why_is_known"),
    )


WAITS_FOR_A_CHOICE = and_(DraftVersion.settled_at.is_(None), DraftVersion.why != "before")
"""Of versions: nobody has taken, joined or set them aside."""
