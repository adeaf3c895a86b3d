"""What became of published answers on their platforms, a row for each change that was seen there."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import CheckConstraint, Index, Text
from sqlalchemy.orm import Mapped, mapped_column

from tenants.database import Base, BrandOwned, Dated, belongs_to

LIVE_STATES = (
    "pending",
    "visible",
    "hidden",
    "edited",
    "rejected",
    "removed",
    "gone_along",
    "not_seen",
    "replaced",
    "withdrawn",
)
"""`pending`: the platform has not decided. `hidden`: there, not shown to everybody. `edited`: other words stand in its
place than ours. `rejected`: its moderation shows it no more. `removed`: it was seen there and is gone. `gone_along`: it
went with what it answered. `not_seen`: accepted, and never seen. `replaced`, `withdrawn`: by a change or a taking back
of our own."""
AWAY = ("rejected", "removed", "not_seen", "gone_along")
"""Nobody can read it there any more, or never could."""
SEEN_BY = ("look", "sweep", "poll", "event", "us")
"""By a reading soon after it was sent, by a later one, in what a poll or an event brought, or done by ourselves."""


def _among(column: str, words: tuple[str, ...]) -> str:
    return f"{column} in ({', '.join(repr(word) for word in words)})"


class LiveChange(BrandOwned, Dated, Base):
    """That a published answer came to stand differently on its platform, and who saw it; `created_at` is when.

    `from_state` is None for an answer whose state was never known. `reason` is the platform's own word where it gives
    one. `text_hash` is SHA-256, hex, of the words that were seen there, where those are not ours.
    """

    __tablename__ = "live_change"
    reply_id: Mapped[UUID]
    from_state: Mapped[str | None] = mapped_column(Text)
    to_state: Mapped[str] = mapped_column(Text)
    seen_by: Mapped[str] = mapped_column(Text)
    reason: Mapped[str | None] = mapped_column(Text)
    text_hash: Mapped[str | None] = mapped_column(Text)
    __table_args__ = (
        belongs_to("reply", "reply_id"),
        Index("ix_live_change_reply", "agency_id", "reply_id", "id"),
        CheckConstraint(_among("to_state", LIVE_STATES), name="to_state_is_known"),
        CheckConstraint(_among("seen_by", SEEN_BY), name="seen_by_is_known"),
        {"info": {"app_may": ("SELECT", "INSERT")}},
    )
