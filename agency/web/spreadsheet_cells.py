"""Cells of the files that people open in a spreadsheet."""

from __future__ import annotations


class Figure(str):
    """A number written by us: may begin with a minus."""


def cell(value: str | int | None) -> str | int:
    """What a spreadsheet would run as a formula is marked as text."""
    if isinstance(value, str) and not isinstance(value, Figure) and value.lstrip()[:1] in tuple("=+-@|%＝＋－＠"):
        return f"'{value}"
    return "" if value is None else value
