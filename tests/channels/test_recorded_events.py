"""Every delivery other people recorded is understood or set aside with a reason; none raises."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from channels.deliveries import Change, cut
from channels.protocol import ConnectedAccount, Secret
from channels.registry import adapter_for

PAYLOADS = Path(__file__).parent / "payloads"
FOLDERS = ("facebook-webhooks", "instagram-webhooks", "messenger-botbuilder")
NOW = datetime(2026, 11, 22, tzinfo=UTC)
#: What does not end as a stored item, by the beginning of the file's name; everything else must.
OTHERWISE = {
    "feed-comment-edited-25": "asked",
    "feed-comment-hide": "asked",
    "feed-like-add-25": "ignored",
    "feed-photo-add-message": "ignored",
    "feed-post-edit": "asked",
    "feed-post-remove-25": "ignored",
    "feed-reaction": "ignored",
    "feed-share-add-25": "ignored",
    "feed-status": "ignored",
    "feed-two-entries-25": "unknown",
    "leadgen": "ignored",
    "mention": "asked",
    "messaging-delivery": "ignored",
    "messaging-message-edits": "asked",
    "messaging-pass": "ignored",
    "messaging-policy": "unknown",
    "messaging-reaction": "ignored",
    "messaging-read": "ignored",
    "messaging-referral": "ignored",
    "messaging-seen": "ignored",
    "permission": "ignored",
    "ratings": "ignored",
    "unknown-change-value": "unknown",
    "wh-comments-2021": "stored",
    "wh-": "asked",
    "FacebookMessages": "unknown",
    "PayloadWithStandby": "stored",
    "PayloadWith": "ignored",
}


def account_named_by(change: Change) -> ConnectedAccount:
    if change.platform == "instagram":
        return ConnectedAccount("a", "instagram", change.external_id, Secret("t"), "facebook", "thebrand")
    return ConnectedAccount("a", "facebook", change.external_id, Secret("t"), None, "The Brand")


@pytest.mark.parametrize(
    "path", [path for folder in FOLDERS for path in sorted((PAYLOADS / folder).iterdir())], ids=lambda path: path.stem
)
def test_a_recorded_delivery_is_understood_or_set_aside_with_a_reason(path: Path) -> None:
    expected = next((outcome for name, outcome in OTHERWISE.items() if path.stem.startswith(name)), "stored")
    changes = cut(path.read_bytes())
    assert changes
    outcomes = []
    for change in changes:
        account = account_named_by(change)
        reading = adapter_for(account.platform).read_event(account, change.body, now=NOW)  # type: ignore[attr-defined]
        outcomes.append(reading.outcome)
        assert bool(reading.items) == (reading.outcome == "stored")
        assert bool(reading.ask) == (reading.outcome == "asked")
        assert reading.reason or reading.outcome in ("stored", "asked")
    assert expected in outcomes


def test_every_recorded_delivery_is_here() -> None:
    assert sum(len(list((PAYLOADS / folder).glob("*.json"))) for folder in FOLDERS) == 60
