"""The inbox's page, of which all but rows, counts, moments and form tokens is kept as text for who sees the same.

What a template reads is its shell and its page, so their fields are what the text is kept by; what changes from one
request to the next is left open there, and filled in as the template would: escaped.
"""

from __future__ import annotations

import re
import secrets
from dataclasses import fields, replace
from operator import attrgetter
from typing import Any

from flask import render_template
from flask_babel import gettext as _
from flask_wtf.csrf import generate_csrf
from markupsafe import escape

from agency.web.contexts import InboxPage, QueueRow, Shell
from agency.web.looks import Choice
from agency.web.queue_rows import queue_rows

KEPT_FRAMES = 256
"""Of 13 KB each, seldom 60."""
LONGEST_KEPT = 1_000
"""Characters of an address. All links of a page bear it: the longest ones a server takes made pages of 370 KB."""
OPEN = ("rows", "views", "next_url", "count_url", "pulse_url")
"""What of a page is filled in each time. Whether there is any of it at all stays part of what the text is kept by."""

_fixed = attrgetter(*(field.name for field in fields(InboxPage) if field.name not in OPEN))
_tab = attrgetter(*(field.name for field in fields(Choice) if field.name != "count"))
_SIGN = secrets.token_hex(8)
"""So that nobody's words can open a gap of their own."""
_GAP = re.compile(f"\0{_SIGN}(\\w+)\0")

_kept: dict[tuple[Any, ...], list[str]] = {}


def inbox_page(shell: Shell, page: InboxPage) -> str:
    """`inbox/page.html` of these. Only a plain list is kept: no open case, nothing said once, no search's words."""
    is_long = len(shell.here) > LONGEST_KEPT
    if page.selected is not None or not page.rows or shell.toasts or page.search or is_long:
        return render_template("inbox/page.html", shell=shell, page=page)
    first_free = page.first_free
    tabs = tuple((_tab(one), one.count is None) for one in page.views)
    there = (bool(page.next_url), bool(page.count_url), bool(page.pulse_url), bool(first_free))
    key = (shell, _fixed(page), tabs, there)
    parts = _kept.get(key)
    if parts is None:
        if len(_kept) >= KEPT_FRAMES:
            _kept.clear()
        parts = _kept[key] = _GAP.split(_with_gaps(shell, page, first_free))
    filled = {
        "rows": queue_rows(page.rows, page.selected_id, _("you")),
        "first": first_free,
        "token": generate_csrf(),
        "next_url": str(escape(page.next_url)),
        "count_url": str(escape(page.count_url)),
        "pulse_url": str(escape(page.pulse_url)),
    } | {f"count{place}": str(one.count) for place, one in enumerate(page.views)}
    made = parts.copy()
    made[1::2] = [filled[name] for name in parts[1::2]]
    return "".join(made)


def _with_gaps(shell: Shell, page: InboxPage, first_free: str) -> str:
    row: QueueRow = replace(page.rows[0], id=_gap("first"), holder="" if first_free else "-", mine=False)
    row.printed = _gap("rows")
    tabs = tuple(
        one if one.count is None else replace(one, count=_gap(f"count{place}"))  # type: ignore[arg-type]
        for place, one in enumerate(page.views)
    )
    urls: dict[str, Any] = {name: _gap(name) for name in ("next_url", "count_url", "pulse_url") if getattr(page, name)}
    given = replace(page, rows=(row,), views=tabs, **urls)
    text = render_template("inbox/page.html", shell=shell, page=given)
    return text.replace(generate_csrf(), _gap("token"))


def _gap(name: str) -> str:
    return f"\0{_SIGN}{name}\0"
