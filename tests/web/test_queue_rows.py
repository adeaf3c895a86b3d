"""The queue's rows are printed by hand: what others wrote comes out inert, whatever is in it and beside it."""

from __future__ import annotations

import re
from dataclasses import replace
from html import unescape

from hypothesis import given
from hypothesis import strategies as st

from agency.web.contexts import QueueRow
from agency.web.icons import STATIC
from agency.web.looks import Clock, StateLook, brand_look
from agency.web.queue_rows import STATE_ICONS, queue_rows

AGE = Clock("2 h", "plain", "2026-11-22T10:00:00Z", "2026-11-22 11:00 CET")
STATE = StateLook("open", "New", "dot", "info")
HOSTILE = st.text(alphabet=st.sampled_from("<>&\"'\0aż\n"), max_size=8)


def row(number: int, author: str, excerpt: str, holder: str, brand: str = "Pennywell") -> QueueRow:
    look = brand_look("1", brand, "PW", "#123456")
    url = f'/inbox/{number}?q="<&'
    return QueueRow(
        str(number), url, look, "Google", author, excerpt, "pl", None, AGE, None, STATE, None, holder, False, False
    )


@given(st.lists(st.tuples(HOSTILE, HOSTILE, HOSTILE), max_size=4))
def test_every_row_shows_its_own_words_escaped(texts: list[tuple[str, str, str]]) -> None:
    printed = queue_rows([row(number, *words) for number, words in enumerate(texts)], "", "you")
    items = printed.split("</a>")[:-1]
    assert len(items) == len(texts)
    for number, (item, (author, excerpt, holder)) in enumerate(zip(items, texts, strict=True)):
        assert f'href="/inbox/{number}?q=&#34;&lt;&amp;"' in item
        before, shown = item.split("</time><p><b>")
        name, rest = shown.split("</b><q lang=pl>", 1)
        words, last = rest.split("</q>", 1)
        assert not set("<>\"'") & {*name, *words}
        assert (unescape(name), unescape(words)) == (author, excerpt)
        held = last.partition("<em>")[2].partition("</em>")[0]
        assert unescape(held) == holder
        assert "<b>Pennywell</b>" in before


def test_a_brands_name_is_escaped() -> None:
    printed = queue_rows([row(1, "Ana", "Hi", "", brand="<i>&")], "", "you")
    assert "<b>&lt;i&gt;&amp;</b>" in printed
    assert "<i>&" not in printed


def test_the_open_row_and_the_readers_own_are_marked() -> None:
    mine = replace(row(1, "Ana", "Hi", "Ewa"), mine=True)
    printed = queue_rows([mine, row(2, "Ana", "Hi", "Ewa")], "2", "<you>")
    first, second = printed.split("</a>")[:-1]
    assert 'aria-current="true"' in second
    assert 'aria-current="true"' not in first
    assert "<em>&lt;you&gt;</em>" in first
    assert "<em>Ewa</em>" in second


def test_what_left_the_view_says_why_and_a_score_stands_before_the_clock() -> None:
    printed = queue_rows([replace(row(1, "Ana", "Hi", ""), gone="Taken by <Ewa>", score="87")], "", "you")
    assert 'class="row gone"' in printed
    assert "<strong>Taken by &lt;Ewa&gt;</strong>" in printed
    assert "<b>87</b>" in printed


def test_a_row_is_short() -> None:
    """One changed row is sent alone: at most 1 KB, whatever it says."""
    long = replace(row(1, "Maximiliane Musterfrau", "x" * 140, "Ana Colleague"), gone="Resolved", score="1087")
    assert len(queue_rows([long], "1", "you").encode()) < 1024


def test_a_state_is_drawn_as_everywhere_else() -> None:
    """Rows name a drawing by its place in one file; the others by its name in another."""
    drawn = re.findall(r'<symbol id="([a-z-]+)"[^>]*>(.*?)</symbol>', (STATIC / "icons.svg").read_text("utf-8"))
    strip = re.findall(r'<g transform="translate\(0 (\d+)\)">(.*?)</g>', (STATIC / "states.svg").read_text("utf-8"))
    assert strip == [(str(16 * place), dict(drawn)[name]) for place, name in enumerate(STATE_ICONS)]
    sheet = (STATIC / "inbox.css").read_text("utf-8")
    for place, name in enumerate(STATE_ICONS[1:], 1):
        assert f".row .i-{name}::before {{ mask-position: 0 -{14 * place}px; }}" in sheet
