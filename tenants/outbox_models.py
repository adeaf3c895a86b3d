"""Work that was promised."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, Identity, Index, Text, func, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from tenants.database import Base, Dated

GIVEN_UP = "given_up_at is not null and done_at is null"
"""What `/metrics` and `onbrand doctor` count: a few rows among millions kept for days."""
OPEN_LOOK = "job_name in ('reconcile_reply', 'read_back_reply') and done_at is null and given_up_at is null"
"""Looks at platforms that are still to come, found by their reply."""


class OutboxEntry(Dated, Base):
    """Work promised by a committed transaction. The dispatcher turns it into an RQ job; the job marks it done."""

    __tablename__ = "outbox_entry"
    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    job_name: Mapped[str] = mapped_column(Text)
    ids: Mapped[dict[str, Any]] = mapped_column(JSONB)
    run_at: Mapped[datetime] = mapped_column(server_default=func.now())
    leased_until: Mapped[datetime | None]
    attempts: Mapped[int] = mapped_column(default=0, server_default="0")
    done_at: Mapped[datetime | None]
    given_up_at: Mapped[datetime | None]
    last_error: Mapped[str | None] = mapped_column(Text)
    __table_args__ = (
        Index("ix_outbox_entry_open", "run_at", "id", postgresql_where=text("done_at is null and given_up_at is null")),
        Index("ix_outbox_entry_look", text("(ids ->> 'reply_id')"), postgresql_where=text(OPEN_LOOK)),
        Index("ix_outbox_entry_given_up", "given_up_at", postgresql_where=text(GIVEN_UP)),
    )
