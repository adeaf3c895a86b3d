"""The languages our own words come in, and how a catalogue of translations is read: straight from its .po file."""

from __future__ import annotations

from functools import lru_cache
from io import BytesIO
from pathlib import Path

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.support import NullTranslations, Translations

LANGUAGES: dict[str, str] = {"en": "English", "pl": "Polski", "pt": "Português"}
"""Code → name in itself. The first one is what the sources are written in."""
SOURCE_LANGUAGE = "en"


def known_language(code: str | None) -> str:
    """The code if we speak it, else English."""
    return code if code in LANGUAGES else SOURCE_LANGUAGE


@lru_cache(maxsize=32)
def catalogue(folder: Path, language: str) -> NullTranslations:
    """The translations `folder/<language>/LC_MESSAGES/messages.po`; none where there is no such file.

    Reading the text file at the start spares a compiled twin that could be older than its source.
    """
    path = folder / language / "LC_MESSAGES" / "messages.po"
    if not path.is_file():
        return NullTranslations()
    compiled = BytesIO()
    with path.open("rb") as source:
        write_mo(compiled, read_po(source, locale=language))
    compiled.seek(0)
    return Translations(fp=compiled)
