"""Which comment a thread begins with. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from channels.items import IncomingItem


def threaded(items: Mapping[str, IncomingItem]) -> tuple[IncomingItem, ...]:
    """Every item with its top-level comment as thread, whatever the depth the platform shows."""
    parents = {key: item.parent_external_id for key, item in items.items()}

    def top(item_id: str) -> str:
        passed = {item_id}
        while (parent := parents.get(item_id)) is not None and parent not in passed:
            passed.add(parent)
            item_id = parent
        return item_id

    tops = {key: top(key) for key in items}
    return tuple(
        item if item.thread_external_id == tops[key] else replace(item, thread_external_id=tops[key])
        for key, item in items.items()
    )
