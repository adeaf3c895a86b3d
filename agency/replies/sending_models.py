"""What is counted about sending, for the installation."""

from __future__ import annotations

from datetime import date

from sqlalchemy import BigInteger, Text
from sqlalchemy.orm import Mapped, mapped_column

from tenants.database import Base


class VisibilityLag(Base):
    """How many replies a platform showed within so many seconds of taking them, on a day (`visibility`)."""

    __tablename__ = "visibility_lag"
    platform: Mapped[str] = mapped_column(Text, primary_key=True)
    day: Mapped[date] = mapped_column(primary_key=True)
    within_seconds: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    seen: Mapped[int] = mapped_column(BigInteger, default=0, server_default="0")
