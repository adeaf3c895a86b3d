"""Guides to start from: one file each in `styleguides/templates`, in the form of `styleguides.exchange`."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import Any, Final

from styleguides.exchange import GuideFile, read_guide
from styleguides.rules import rules_from_data
from tenants.errors import NotFound

FOLDER: Final = Path(__file__).parent / "templates"
NAMES: Final = ("plain-friendly", "formal-polish", "playful-portuguese", "regulated-finance", "health")
BRAND: Final = "{brand}"
"""Stands for the brand's name in a template."""


def template(name: str, brand_name: str) -> GuideFile:
    """The guide of that name, for this brand. Raises NotFound."""
    if name not in NAMES:
        raise NotFound()
    found = _read(name)
    return GuideFile(
        _named(found.voice, brand_name),
        _named(found.identity, brand_name),
        _named(found.rules, brand_name),
        _named(found.note, brand_name),
    )


@lru_cache(maxsize=len(NAMES))
def rule_count(name: str) -> int:
    """How many rules it has."""
    return len(rules_from_data(_read(name).rules))


@lru_cache(maxsize=len(NAMES))
def _read(name: str) -> GuideFile:
    return read_guide((FOLDER / f"{name}.yaml").read_text(encoding="utf-8"))


def _named(data: Any, brand_name: str) -> Any:
    if isinstance(data, str):
        return data.replace(BRAND, brand_name)
    if isinstance(data, list):
        return [_named(one, brand_name) for one in data]
    return {key: _named(one, brand_name) for key, one in data.items()} if isinstance(data, dict) else data
