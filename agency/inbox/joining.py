"""Conversations that turn out to be one.

What stands beneath may be told before what it stands under: a reply before its comment, a comment before the visitor's
post it names. It then begins a conversation of its own, and is joined to the right one as soon as both are known, so
that the order of arrival leaves no trace. Nothing that somebody of ours worked on is ever taken away: of two
conversations the one worked on stays; where both were, they stay apart.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from uuid import UUID

from agency.inbox.incoming import Record
from agency.inbox.storage import AccountRows, Known, Thread

Pairs = frozenset[tuple[UUID, UUID]]
"""Conversations: the first belongs into the second."""
LOOKED_BACK = timedelta(days=7)
"""How far back comments are looked for that were told before their visitor's post. What is older a poll brings together
with its post, and `astray` finds it."""
CLOCKS_DIFFER = timedelta(hours=1)


def astray(records: Mapping[str, Record], known: Mapping[str, Known]) -> Pairs:
    """Stored conversations that these records say belong together: a message, its thread and its post."""
    pairs: set[tuple[UUID, UUID]] = set()
    for record in records.values():
        names = (record.post_external_id, record.thread_external_id, record.external_id)
        # What a person set apart stays apart, whatever the platform calls its thread.
        places = [known[name].conversation_id for name in names if name in known and not known[name].set_apart]
        pairs.update((place, places[0]) for place in places[1:] if place != places[0])
    return frozenset(pairs)


def told_before(rows: AccountRows, fresh: Iterable[Record], now: datetime) -> list[tuple[str, UUID]]:
    """Of visitors' posts nobody knew before: the post, and each conversation that began beneath it."""
    posts = {
        r.external_id: r.written_at
        for r in fresh
        if r.kind == "post" and r.external_id == r.thread_external_id and now - r.written_at < LOOKED_BACK
    }
    return rows.begun_beneath(list(posts), min(posts.values()) - CLOCKS_DIFFER) if posts else []


def join(
    rows: AccountRows, threads: Sequence[Thread], pairs: Iterable[tuple[UUID, UUID]]
) -> tuple[list[Thread], dict[UUID, UUID]]:
    """Make one conversation of those that belong together. All of them are locked, or were made by this transaction.

    Returns the locked conversations that are left, as they are now, and for each that is gone the one it went into.
    """
    above: dict[UUID, UUID] = {}

    def top(conversation_id: UUID) -> UUID:
        while conversation_id in above:
            conversation_id = above[conversation_id]
        return conversation_id

    for lower, upper in sorted(pairs):
        if top(lower) != top(upper):
            above[top(lower)] = top(upper)
    if not above:
        return list(threads), {}
    groups: dict[UUID, list[UUID]] = {}
    for member in sorted(above):
        groups.setdefault(top(member), []).append(member)
    facts = rows.joinable({*above, *groups})
    home: dict[UUID, UUID] = {}
    for root, members in groups.items():
        worked_on = [one for one in (root, *members) if facts[one].worked_on]
        kept = worked_on[0] if worked_on else root
        gone = [one for one in (root, *members) if one != kept and one not in worked_on]
        if gone:
            context: dict[str, object] = {}
            for one in (kept, *gone, root):
                context |= facts[one].context
            rows.join(kept, gone, facts[root], context)
            home |= dict.fromkeys(gone, kept)
    changed = set(home.values())
    left = [thread for thread in threads if thread.id not in home and thread.id not in changed]
    return left + (rows.threads([], changed) if changed else []), home
