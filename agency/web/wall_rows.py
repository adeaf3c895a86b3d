"""The rows of the wall as HTML, printed here and not by a template: hundreds of cells are most of what it costs."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from markupsafe import Markup, escape

from agency.web.queue_rows import escaped_words

if TYPE_CHECKING:
    from agency.web.contexts_wall import WallNumber, WallRow, WallTrend


def wall_rows(rows: Iterable[WallRow]) -> Markup:
    """Table rows. A cell of nothing is empty; on a narrow screen each number says before it what it is."""
    return Markup("".join(_row(one) for one in rows))


def _row(row: WallRow) -> str:
    cells = "".join([_cell(one) if one is not None else "<td></td>" for one in row.numbers])
    brand = f"{row.brand.tile}<span>{escaped_words(row.brand.name)}</span>"
    return f'<tr><th scope=row><a href="{escape(row.url)}">{brand}</a></th>{cells}{drawn(row.trend)}</tr>\n'


def drawn(trend: WallTrend | None) -> Markup:
    """The cell of a line that goes up or down, said in words to whoever does not see it; empty where none is known."""
    if trend is None:
        return Markup("<td></td>")
    said = escaped_words(trend.said)
    return Markup(
        f"<td class=drawn><small>{escaped_words(trend.label)} </small>"
        '<svg viewBox="0 0 25 17" preserveAspectRatio=none role=img>'
        f"<title>{said}</title><path d='{trend.path}'/></svg></td>"
    )


def _cell(one: WallNumber) -> str:
    tone = f" class={one.tone}" if one.tone != "plain" else ""
    words = f"<b>{one.words}</b>" if one.words else ""
    since = one.since
    if since is not None:
        words += (
            f' <time datetime="{since.iso}" title="{escaped_words(since.exact)}">{escaped_words(since.words)}</time>'
        )
    return f'<td{tone}><a href="{escape(one.url)}"><small>{escaped_words(one.label)} </small>{words}</a></td>'
