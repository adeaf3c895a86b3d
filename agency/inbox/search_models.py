"""Where a word stands: what searching reads, and which conversations have to be read anew. `agency.inbox.searching`."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, Identity, Index, PrimaryKeyConstraint, Text, false, text, true
from sqlalchemy.orm import Mapped, mapped_column

from tenants.database import Base, BrandOwned


class SearchWord(BrandOwned, Base):
    """That a conversation holds a word. `id` is the conversation's.

    A plain table of words, since row-level security lets no full-text index be used (decision 0021): comparing text is
    leakproof, so an index that begins with the word serves, for beginnings of words, too, and what a word leads to
    stands in it whole, in the order of time: `at` is the conversation's `last_message_at` when its words were last
    read. The key says of one conversation whether it has a word. `word` is as `agency.inbox.search_text` makes it. No
    foreign key, for it would cost half of what a word costs; triggers take the words away with the conversation, and
    with any message of it that goes.

    `is_open` is true of all that are open but for those that were opened since their words were read (`SearchDue`), and
    may still be true of one that was closed a moment ago: what is open is told from the conversation.
    """

    __tablename__ = "search_word"
    word: Mapped[str] = mapped_column(Text(collation="C"), primary_key=True)
    at: Mapped[datetime]
    is_open: Mapped[bool] = mapped_column(server_default=true())
    __table_args__ = (
        PrimaryKeyConstraint("agency_id", "id", "word", "brand_id"),
        Index("ix_search_word_place", "agency_id", "word", "at", "id", "brand_id"),
        Index("ix_search_word_open", "agency_id", "word", "id", "brand_id", postgresql_where=text("is_open")),
    )


class SearchDue(Base):
    """That a conversation's words have to be read anew; the rows are written by triggers and deleted once it is done.

    Several rows may name one conversation: whoever stores must never wait for whoever reads. With `before_id` in its
    place: everything of the agency that is older, newest first, in slices; `before_id` moves on. `was_opened`: it was
    not open before, so its words do not say yet that it is.
    """

    __tablename__ = "search_due"
    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    agency_id: Mapped[UUID]
    conversation_id: Mapped[UUID | None]
    before_id: Mapped[UUID | None]
    was_opened: Mapped[bool] = mapped_column(default=False, server_default=false())
    __table_args__ = (
        Index("ix_search_due_agency", "agency_id", "id"),
        Index("ix_search_due_opened", "agency_id", "conversation_id", postgresql_where=text("was_opened")),
    )
