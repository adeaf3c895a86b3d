"""The inbox's addresses: which view and filters an address means, and how to keep them on every link."""

from __future__ import annotations

from typing import NamedTuple
from urllib.parse import urlencode
from uuid import UUID

from flask import request

from agency.inbox.filters import FREE, LONGEST_SEARCH, ME, QueueFilter
from channels.items import KINDS
from channels.registry import ADAPTERS
from tenants.errors import NotFound

INBOX = "/inbox"
VIEWS = ("mine", "free", "team", "waiting", "late")
VIEWS_OF_WORK = ("mine", "free")
"""Who takes no cases, such as a client's owner, has no use for these."""
PLATFORMS = tuple(ADAPTERS)
ANY = "any"
STATES = ("open", "snoozed", "closed", ANY)
KEPT = ("view", "brand", "platform", "kind", "state", "q", "alone")
"""What stays on the address from page to page. `alone` shows one conversation without the queue beside it."""


class Address(NamedTuple):
    """An inbox address, read. Values that mean nothing count as not given."""

    view: str
    wanted: QueueFilter
    kept: dict[str, str]

    def url(self, path: str = INBOX, **changes: str | None) -> str:
        """A path with what is kept, changed as told; None and the empty word drop a part."""
        parts = {**self.kept, **changes}
        query = urlencode({name: value for name, value in parts.items() if value})
        return f"{path}?{query}" if query else path

    def case_url(self, conversation_id: UUID | str) -> str:
        """The conversation, with the queue beside it unless it stood alone."""
        return self.url(f"/conversations/{conversation_id}" if self.kept.get("alone") else f"{INBOX}/{conversation_id}")

    def deed_url(self, conversation_id: UUID | str, deed: str) -> str:
        """Where something is done to the conversation; afterwards the person is back at `case_url`."""
        return self.url(f"/conversations/{conversation_id}/{deed}")


def _one_of(name: str, allowed: tuple[str, ...]) -> str | None:
    value = request.args.get(name, "")
    return value if value in allowed else None


def read_address() -> Address:
    """The address of this request. Raises NotFound for a brand that is no id: no such list exists."""
    view = _one_of("view", VIEWS) or "team"
    words = request.args.get("q", "").replace("\x00", "").strip()[:LONGEST_SEARCH]
    brand = request.args.get("brand", "")
    try:
        brand_ids = (UUID(brand),) if brand else None
    except ValueError:
        raise NotFound() from None
    platform, kind, state = _one_of("platform", PLATFORMS), _one_of("kind", KINDS), _one_of("state", STATES)
    wanted = QueueFilter(
        brand_ids=brand_ids,
        platform=platform,
        kind=kind,
        status=None if state == ANY else state or "open",
        holder={"mine": ME, "free": FREE}.get(view),
        reply_state="awaiting_approval" if view == "waiting" else None,
        q=words,
        late=view == "late",
    )
    kept = {
        "view": view if request.args.get("view") == view else "",
        "brand": str(brand_ids[0]) if brand_ids else "",
        "platform": platform or "",
        "kind": kind or "",
        "state": state or "",
        "q": words,
        "alone": "1" if request.args.get("alone") else "",
    }
    return Address(view, wanted, {name: kept[name] for name in KEPT if kept[name]})
