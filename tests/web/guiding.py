"""What tests of a guide's pages share."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select

from styleguides.models import StyleGuideVersion
from tenants.database import db
from tests.factories import Agency

RULES: list[dict[str, Any]] = [
    {"kind": "banned", "id": "no-jargon", "level": "stop", "phrases": ["synergy"], "reason": "Nobody says it.",
     "good": "We work together.", "bad": "We use synergy."},
    {"kind": "exclamation", "id": "calm", "level": "hint", "max_count": 1},
]  # fmt: skip


def states(agency: Agency) -> dict[int, str]:
    """Number of each version → its state."""
    with agency.entered():
        rows = db.session.execute(select(StyleGuideVersion.number, StyleGuideVersion.state))
        return {row[0]: row[1] for row in rows}
