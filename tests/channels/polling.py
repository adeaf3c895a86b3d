"""Runs whole polls against a stand-in, as `jobs.polling` does."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from channels.errors import ChannelError
from channels.items import IncomingItem, Page, SetAside
from channels.protocol import ROUNDS_PER_POLL, Answer, ChannelAdapter, ConnectedAccount, Request
from channels.scripted_transport import ScriptedTransport


@dataclass
class Poller:
    """Keeps the cursor and everything ever received, like the intake does."""

    adapter: ChannelAdapter
    account: ConnectedAccount
    platform: Callable[[Request], Answer | ChannelError]
    cursor: str | None = None
    stored: dict[str, IncomingItem] = field(default_factory=dict)
    unreadable: list[SetAside] = field(default_factory=list)
    pages: list[Page] = field(default_factory=list)
    calls: int = 0

    def poll(self, now: datetime, *, rounds: int = ROUNDS_PER_POLL) -> list[Page]:
        """One poll; ``rounds`` fewer than needed is a crash between two rounds."""
        transport = ScriptedTransport(self.platform)
        requests = self.adapter.plan_poll(self.account, self.cursor, now=now)
        self.pages = []
        while requests and len(self.pages) < rounds:
            page = self.adapter.read_poll(self.account, self.cursor, transport.fetch(requests), now=now)
            self.stored |= {item.external_id: item for item in page.items}
            self.unreadable += page.set_aside
            self.cursor, requests = page.next_cursor, list(page.more)
            self.pages.append(page)
        self.calls = len(transport.requests)
        return self.pages
