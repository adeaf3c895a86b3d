"""Stored rows as intake compares and changes them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from types import MappingProxyType
from typing import Any, NamedTuple
from uuid import UUID

import orjson

from agency.inbox.case_clocks import ended_of


def as_json(rows: Sequence[dict[str, Any]]) -> str:
    """Rows for jsonb_to_recordset."""
    return orjson.dumps(rows).decode()


class Known(NamedTuple):
    """A stored message, as far as comparing needs it. ``going``: whoever wrote it is being erased, so that nothing of
    theirs is written again.
    """

    id: UUID
    conversation_id: UUID
    content_hash: bytes
    deleted: bool
    version: datetime
    moderation: str | None = None
    nameless: bool = False
    set_apart: bool = False
    going: bool = False
    our_text: str | None = None
    """What an answer of ours says that was sent from here; None of every other message."""
    hidden: bool = False


class Person(NamedTuple):
    """A stored contact; ``is_new``: just made. ``is_spammer``: marked, with ``spam_stars`` also for reviews."""

    id: UUID
    name: str | None
    is_new: bool
    standing: int = 0
    """What staff set: their weight, and VIP more where they are one."""
    is_spammer: bool = False
    spam_stars: bool = False


class Thread(NamedTuple):
    """A stored conversation, locked."""

    id: UUID
    external_id: str
    kind: str
    status: str
    closed_reason: str | None
    held: bool
    reply_state: str | None
    last_customer_at: datetime | None
    standing: int = 0
    """Of the person it is with (`Person`)."""
    merged_into_id: UUID | None = None
    parts: list[tuple[str, str, str, str]] | None = None
    """What is told within it: id, the platform's name of the thread, kind and platform of each; None for nothing."""
    clocks: Mapping[str, Any] = MappingProxyType({})
    """As `agency.inbox.case_clocks` keeps them."""
    woke_at: datetime | None = None
    in_incident: bool = False
    """It is put off for an incident, whatever the customer writes."""

    @property
    def ended_at(self) -> datetime | None:
        """Up to which words of the customer a person has resolved it."""
        if self.closed_reason == "resolved":
            return self.last_customer_at
        return ended_of(self.clocks)


class Joinable(NamedTuple):
    """A conversation that may go into another, unless somebody of ours worked on it."""

    id: UUID
    external_id: str
    kind: str
    permalink: str | None
    context: dict[str, Any]
    worked_on: bool
