"""How well something that can be chosen fits what is typed. Pure; `static/palette.js` does the same in the browser."""

from __future__ import annotations

from agency.inbox.search_text import folded

BEGINS, BEGINS_A_WORD, INSIDE, SCATTERED = 8, 4, 2, 1


def points(label: str, typed: str) -> int:
    """The sum over the typed words; 0 where one of them does not fit at all, 1 where nothing is typed.

    A word fits by the beginning of the label, of one of its words, anywhere inside, or by its letters in their order.
    """
    words = folded(typed).split()
    if not words:
        return 1
    whole = folded(label)
    each = [_points(whole, word) for word in words]
    return sum(each) if all(each) else 0


def _points(whole: str, word: str) -> int:
    if whole.startswith(word):
        return BEGINS
    if f" {word}" in whole:
        return BEGINS_A_WORD
    if word in whole:
        return INSIDE
    letters = iter(whole)
    return SCATTERED if len(word) > 1 and all(letter in letters for letter in word) else 0
