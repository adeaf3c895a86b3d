"""The rows of the queue as HTML, printed here and not by a template.

Fifty rows are most of what the inbox costs: as a template they took twice the rest of the page together. Whatever
somebody else wrote passes `escape`; shapes and words of our own are ready markup.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from typing import TYPE_CHECKING

from markupsafe import Markup, escape

from agency.web.icons import icon
from agency.web.looks import StateLook

if TYPE_CHECKING:
    from agency.web.contexts import QueueRow


def queue_rows(rows: Iterable[QueueRow], chosen: str, yours: str) -> Markup:
    """The list items of these rows; `chosen` is the id of the open case, `yours` the word for what the reader holds."""
    mine = f"<em>{escape(yours)}</em>"
    return Markup("".join([_row(row, row.id == chosen, mine) for row in rows]))


@lru_cache(maxsize=256)
def _state(look: StateLook) -> str:
    return f'<span class="st {look.tone}">{icon(look.icon)}{escape(look.word)}</span>'


def _row(r: QueueRow, is_chosen: bool, mine: str) -> str:
    brand, age, due, stars = r.brand, r.age, r.due, ""
    if r.stars is not None:
        stars = f'<span class="stars" role="img" aria-label="{escape(r.stars.words)}">{escape(r.stars.shape)}</span>'
    language = label = ""
    if r.language:
        code = escape(r.language)
        label, language = f'<span class="lg">{code}</span>', f' lang="{code}"'
    holder = mine if r.mine else f"<em>{escape(r.holder)}</em>" if r.holder else ""
    clock = ""
    if due is not None:
        clock = f'<time class="{due.level}" datetime="{due.iso}" title="{due.exact}">{escape(due.words)}</time>'
    unread, current = " un" if r.unread else "", ' aria-current="true"' if is_chosen else ""
    return (
        f'<li><a class="row{unread}" href="{escape(r.url)}"{current}>{brand.edge}'
        f'<span class="l1"><b>{escape(brand.name)}</b>{stars}<i>{escape(r.place)}</i>{label}'
        f'<time datetime="{age.iso}" title="{age.exact}">{escape(age.words)}</time></span>'
        f'<span class="l2"><b>{escape(r.author)}</b><q{language}>{escape(r.excerpt)}</q></span>'
        f'<span class="l3">{_state(r.reply_state or r.state)}{holder}{clock}</span></a></li>\n'
    )
