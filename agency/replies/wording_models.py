"""By which words replies went out, and which words they answered."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, Index, LargeBinary, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from tenants.database import Base, BrandOwned, Dated, belongs_to, belongs_to_brand


class Wording(BrandOwned, Dated, Base):
    """A way of putting it that a brand has sent, as `styleguides.wording` sees it; near-equal words are one.

    `exact` names its words in order, `features` all its pairs of words; `band_1` to `band_6` lead to near-equal ones.
    """

    __tablename__ = "wording"
    exact: Mapped[bytes] = mapped_column(LargeBinary)
    features: Mapped[bytes] = mapped_column(LargeBinary)
    band_1: Mapped[int] = mapped_column(BigInteger)
    band_2: Mapped[int] = mapped_column(BigInteger)
    band_3: Mapped[int] = mapped_column(BigInteger)
    band_4: Mapped[int] = mapped_column(BigInteger)
    band_5: Mapped[int] = mapped_column(BigInteger)
    band_6: Mapped[int] = mapped_column(BigInteger)
    __table_args__ = (
        belongs_to_brand(),
        UniqueConstraint("agency_id", "brand_id", "exact"),
        *(Index(f"ix_wording_band_{n}", "agency_id", "brand_id", f"band_{n}") for n in range(1, 7)),
        {"info": {"app_may": ("SELECT", "INSERT")}},
    )


class SentWording(BrandOwned, Dated, Base):
    """That a reply was sent in a certain wording, and to whom."""

    __tablename__ = "sent_wording"
    wording_id: Mapped[UUID]
    reply_id: Mapped[UUID]
    contact_id: Mapped[UUID | None]
    sent_at: Mapped[datetime]
    saved_reply_id: Mapped[UUID | None]
    __table_args__ = (
        belongs_to("wording", "wording_id"),
        belongs_to("reply", "reply_id"),
        UniqueConstraint("agency_id", "reply_id", "brand_id"),
        Index("ix_sent_wording_wording", "agency_id", "wording_id", "sent_at"),
        Index("ix_sent_wording_brand", "agency_id", "brand_id", "sent_at"),
        {"info": {"app_may": ("SELECT", "INSERT")}},
    )


class AnsweredWord(BrandOwned, Dated, Base):
    """That a published reply answered a message with a certain word: `agency.replies.answered_words`.

    `stem` is a keyed hash of the word's stem, so that the words stand nowhere a second time. A trigger deletes the row
    when its message gets a tombstone.
    """

    __tablename__ = "answered_word"
    stem: Mapped[int] = mapped_column(BigInteger)
    reply_id: Mapped[UUID]
    message_id: Mapped[UUID]
    answered_at: Mapped[datetime]
    __table_args__ = (
        belongs_to("reply", "reply_id"),
        belongs_to("message", "message_id"),
        Index("ix_answered_word_stem", "agency_id", "brand_id", "stem", "answered_at", "reply_id"),
        Index("ix_answered_word_message", "agency_id", "message_id"),
        {"info": {"app_may": ("SELECT", "INSERT", "DELETE")}},
    )
