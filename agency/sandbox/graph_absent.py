"""The mark of a field that has nothing in it: its key is left out of the answer."""

from __future__ import annotations

ABSENT = object()
