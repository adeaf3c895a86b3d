"""A platform's delivery, cut into the changes it tells of. Pure; the bytes were verified before."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Change:
    """One change about one account. ``body`` is canonical: the same change told again has the same bytes.

    ``happened_at`` is the platform's time of the change where it names one; it is no part of what makes the change.
    """

    platform: str
    external_id: str
    kind: str
    body: bytes
    happened_at: datetime | None = None
