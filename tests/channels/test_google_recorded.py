"""Everything Google's recorded payloads hold, understood or set aside with a reason; see payloads/README.md."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

import pytest

from channels.deliveries import Change
from channels.google_business.deliveries import cut
from channels.google_business.events import KNOWN_TYPES
from channels.google_business.review_poll import page_of
from channels.items import SetAside

PAYLOADS = Path(__file__).parent / "payloads"
PUSHES = sorted(PAYLOADS.glob("google_pubsub__*.json"))


def value(path: Path) -> Any:
    return json.loads(path.read_bytes())


def test_there_are_recorded_pushes() -> None:
    assert len(PUSHES) == 6


@pytest.mark.parametrize("path", PUSHES, ids=lambda path: path.stem)
def test_a_recorded_push_is_set_aside_with_its_reason(path: Path) -> None:
    """They are Pub/Sub's own examples: real envelopes around data that is not Google Business's."""
    aside = cut(path.read_bytes())
    assert isinstance(aside, SetAside)
    assert aside.reason in (
        "the message's data is not JSON in base64",
        "the message's data is not a JSON object",
        "the message names no location",
    )
    assert aside.raw


@pytest.mark.parametrize("path", PUSHES[:-1], ids=lambda path: path.stem)
def test_a_recorded_envelope_around_a_notification_is_cut(path: Path) -> None:
    """The same envelopes with Google Business's captured data, whatever twins of field names they carry."""
    envelope = value(path)
    name = "accounts/1/locations/2"
    data = json.dumps({"type": "NEW_REVIEW", "location": name}).encode()
    envelope["message"]["data"] = base64.b64encode(data).decode()
    change = cut(json.dumps(envelope).encode())
    assert isinstance(change, Change)
    assert (change.external_id, change.kind) == (name, "NEW_REVIEW")
    assert change.happened_at is not None
    assert b'"message":"message-id"' in change.body


def test_the_recorded_review_is_read_as_in_a_list() -> None:
    page = page_of([value(PAYLOADS / "review_with_reply.json")], {})
    assert ([item.external_id for item in page.items], page.set_aside) == (["abc123"], ())


def test_every_type_of_the_recorded_discovery_document_is_known() -> None:
    """`payloads/google_notification_types.json` is the enum of mybusinessnotifications v1, revision 20261102."""
    types = value(PAYLOADS / "google_notification_types.json")
    assert set(types) - {"NOTIFICATION_TYPE_UNSPECIFIED"} == set(KNOWN_TYPES)
