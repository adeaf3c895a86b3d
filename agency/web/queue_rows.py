"""The rows of the queue as HTML, printed here and not by a template, and once as long as they are the same.

Fifty rows are most of what the inbox costs: as a template they took twice the rest of the page together. Whatever
somebody else wrote passes `escape` and stands in quotes; shapes, times and words of our own are ready markup, which
does without them: on fifty rows they weigh. So do end tags that HTML lets one leave out.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache
from typing import TYPE_CHECKING

from markupsafe import Markup, escape

from agency.inbox.search_hits import BEGIN, END
from agency.web.icons import icon

if TYPE_CHECKING:
    from agency.web.contexts import LabelLook, QueueRow

_MARKED = re.compile(f"{BEGIN}([^{BEGIN}{END}<>]*){END}")
"""What a search marks, once it is escaped. A customer who writes these characters marks their own words, no more."""


LABELS_SHOWN = 2
"""By name; one where somebody has the case, whose name stands beside them."""


def queue_rows(rows: Iterable[QueueRow], chosen: str, yours: str) -> Markup:
    """The list items of these rows; `chosen` is the id of the open case, `yours` the word for what the reader holds."""
    rows = list(rows)
    fresh = [r for r in rows if not r.printed]
    theirs = iter(_escaped([words for r in fresh for words in (r.url, r.language, r.author, r.excerpt, r.holder)]))
    mine = f"<em>{escape(yours)}</em>"
    for r, *words in zip(fresh, *[theirs] * 5, strict=True):
        r.printed = _row(r, mine, *words)
    made = "".join([_as_open(r.printed) if r.id == chosen else r.printed for r in rows])
    return Markup(_MARKED.sub(r"<mark>\1</mark>", made) if BEGIN in made else made)


def _as_open(printed: str) -> str:
    """The same of the open case: the first tag that ends behind a quote is the link's, in whose address none stands."""
    return printed.replace('">', '" aria-current="true">', 1)


def with_marks(words: str) -> Markup:
    """Words of others, with what a search marked in them."""
    return Markup(_MARKED.sub(r"<mark>\1</mark>", str(escape(words))))


def _escaped(words: list[str]) -> list[str]:
    """Each of them escaped, by one call for all of them: on a page they are hundreds.

    They are parted by a character PostgreSQL does not store; where one has it all the same, each is escaped alone.
    """
    found = str(escape("\0".join(words))).split("\0")
    return found if len(found) == len(words) else [str(escape(one)) for one in words]


@lru_cache(maxsize=2048)
def escaped_words(words: str) -> str:
    """Words that many rows share, such as a brand's name or `2 h`: escaped, and kept so."""
    return str(escape(words))


STATE_ICONS = (
    "dot",
    "person",
    "moon",
    "check",
    "pencil",
    "hourglass",
    "send",
    "check-double",
    "cross",
    "ban",
    "question",
    "undo",
)
"""Icons of states in the order they stand in `static/states.svg`, 16 units apart: a row names one by its class."""


@lru_cache(maxsize=256)
def _state(tone: str, icon_name: str, word: str) -> str:
    if icon_name in STATE_ICONS:
        return f'<span class="st {tone} i-{icon_name}">{escape(word)}</span>'
    return f'<span class="st {tone}">{icon(icon_name)}{escape(word)}</span>'


@lru_cache(maxsize=64)
def _stars(words: str, shape: str) -> str:
    return f'<span class=stars role=img aria-label="{escape(words)}">{escape(shape)}</span>'


@lru_cache(maxsize=1024)
def _labels(worn: tuple[LabelLook, ...], most: int) -> str:
    """So many by name, and how many more; a colour never stands alone."""
    shown = "".join(f"<i class=c-{label.colour}>{escape(label.name)}</i>" for label in worn[:most])
    return f"{shown}<small>+{len(worn) - most}</small>" if len(worn) > most else shown


def _minute(iso: str) -> str:
    """A machine's time to the minute, which is as exact as a row needs: queue.js puts it into words on hover."""
    return f"{iso[:16]}Z"


def _row(r: QueueRow, mine: str, url: str, language: str, author: str, excerpt: str, holder: str) -> str:
    """One list item. The words after `mine` are the row's own, escaped."""
    brand, age, due, look = r.brand, r.age, r.due, r.reply_state or r.state
    stars = _stars(r.stars.words, r.stars.shape) if r.stars is not None else ""
    label, spoken = (f"<u>{language}</u>", f" lang={_attribute(language)}") if language else ("", "")
    held = mine if r.mine else f"<em>{holder}</em>" if holder else ""
    clock = ""
    if due is not None:
        level = "" if due.level == "plain" else f" class={due.level}"
        clock = f"<time{level} datetime={_minute(due.iso)}>{escaped_words(due.words)}</time>"
    vip = f"<i>{escaped_words(r.vip)}</i>" if r.vip else ""
    worn = _labels(r.labels, LABELS_SHOWN - bool(held)) if r.labels else ""
    score = f"<b>{escaped_words(r.score)}</b>" if r.score else ""
    unread, (gone, left) = (
        " un" if r.unread else "",
        (" gone", f"<strong>{escaped_words(r.gone)}</strong>") if r.gone else ("", ""),
    )
    return (
        f'<li><a class="row{unread}{gone}" href="{url}">{brand.edge}'
        f"<p><b>{escaped_words(brand.name)}</b>{stars}<i>{escaped_words(r.place)}</i>{label}"
        f"<time datetime={_minute(age.iso)}>{escaped_words(age.words)}</time>"
        f"<p>{vip}<b>{author}</b><q{spoken}>{excerpt}</q>"
        f"<p>{left}{_state(look.tone, look.icon, look.word)}{held}{worn}{score}{clock}</p></a>"
    )


def _attribute(escaped: str) -> str:
    return escaped if escaped.isalnum() and escaped.isascii() else f'"{escaped}"'
