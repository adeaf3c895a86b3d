"""What Facebook's and Instagram's events have in common: the words for a reading, and reads that an event asks for.
Pure.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime

from channels import meta_graph
from channels.capabilities import EventReading
from channels.deliveries import Told
from channels.errors import ChannelError, ItemGone, Refused
from channels.items import IncomingItem
from channels.protocol import Exchange, Request
from channels.wire import Json


def stored(*items: IncomingItem) -> EventReading:
    return EventReading("stored", items)


def asked(*requests: Request) -> EventReading:
    return EventReading("asked", ask=requests)


def ignored(reason: str) -> EventReading:
    return EventReading("ignored", reason=reason)


def unknown(reason: str) -> EventReading:
    return EventReading("unknown", reason=reason)


def moment_of(told: Told, now: datetime) -> datetime:
    """When a change happened, at the latest now: an event dated tomorrow would stay on top for ever."""
    return min(told.at, now) if told.at else now


def answered(
    exchanges: Sequence[Exchange], read: Callable[[Json], IncomingItem], instead: IncomingItem | None
) -> EventReading:
    """The item that an event asked for. ``instead`` is what the event itself told, for where the platform refuses.

    Raises the `ChannelError` of an answer that may be better later, `Unreadable` from ``read``.
    """
    for exchange in exchanges:
        try:
            if isinstance(exchange.result, ChannelError):
                raise exchange.result
            return stored(read(meta_graph.read(exchange.result)))
        except (ItemGone, Refused) as error:
            if isinstance(error, Refused) and error.platform_code == meta_graph.APP_UNPROVEN:
                raise
            if instead is not None:
                return stored(instead)
            return ignored(f"the platform does not show it ({error.code})")
    return unknown("nothing was answered")
