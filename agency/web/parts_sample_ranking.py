"""Invented ranks and weights for `/parts`."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from agency.web.contexts_ranking import RankLook
from agency.web.rank_words import rank_look

NOW = datetime(2026, 11, 22, 12, 4, tzinfo=UTC)


def rank_sample() -> RankLook:
    """87 points."""
    parts = [
        {"part": "complaint", "points": 30, "words": ["zimną", "brudny"]},
        {"part": "due", "points": 35, "at": (NOW + timedelta(minutes=40)).isoformat()},
        {"part": "vip", "points": 20},
        {"part": "waiting", "points": 2, "at": (NOW - timedelta(hours=2)).isoformat()},
    ]
    return rank_look(parts, NOW, weights_url="#")
