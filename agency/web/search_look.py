"""What a search shows of itself: the words where they stand, marked, and what was searched when nothing was found."""

from __future__ import annotations

from flask_babel import gettext as _

from agency.inbox.filters import QueueFilter
from agency.inbox.queries import QueuePage, QueueRow
from agency.inbox.search_hits import marked_name
from agency.inbox.search_text import read_search


def found_rows(listed: QueuePage, wanted: QueueFilter) -> list[QueueRow]:
    """The rows of a page with the words that were looked for in the place of the newest ones; as they are otherwise."""
    if not wanted.is_search:
        return listed.rows
    search = read_search(wanted.q, notes=wanted.with_notes)
    places = {"note": _("Note"), "answer": _("Our answer"), "id": _("Found by its number")}
    rows = []
    for row in listed.rows:
        hit = listed.hits[row.id]
        excerpt = hit.excerpt or marked_name(row.excerpt, ())
        place = places.get(hit.where, "")
        author = marked_name(row.author_name, search.terms) if row.author_name else row.author_name
        rows.append(row._replace(excerpt=f"{place} · {excerpt}" if place else excerpt, author_name=author))
    return rows


def empty_reason(wanted: QueueFilter, *, is_unfinished: bool) -> str:
    """Why nothing is shown, where was looked and what to try."""
    if read_search(wanted.q, notes=wanted.with_notes).is_empty:
        return _("There is no letter and no digit in this to look for. Type a word, a name, a number or an address.")
    if is_unfinished:
        return _("These words are in very many cases. Nothing was found among those looked at so far.")
    looked = (
        _("Nothing found. Looked in messages and answers, people's names, notes and numbers.")
        if wanted.with_notes
        else _("Nothing found. Looked in messages and answers, people's names and numbers.")
    )
    tips = _("Try fewer words, or all states. Words are found in any form, a phrase in quotes as it stands.")
    return f"{looked} {tips}"
