"""The catalogues of translations kept in step with the sources: `make translations`.

Collects the words people see (templates, `_`, `ngettext`, `worded` and the literals of refusals), adds what is new to
agency/web/translations/<language>/LC_MESSAGES/messages.po with an empty translation and takes out what is gone. A test
fails until every entry is filled in. Running pages read the .po files themselves, so nothing is compiled.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import DEFAULT_KEYWORDS, extract_from_dir
from babel.messages.frontend import parse_mapping_cfg
from babel.messages.pofile import read_po, write_po

from agency.web.language import TRANSLATIONS
from tenants.languages import LANGUAGES, SOURCE_LANGUAGE

CHECKOUT = Path(__file__).resolve().parents[2]
PACKAGES = ("agency", "channels", "styleguides", "tenants")
REFUSALS = ("Conflict", "Forbidden", "Invalid", "NotFound", "TooMany", "Unavailable")
KEYWORDS = {
    **DEFAULT_KEYWORDS,
    **dict.fromkeys(("_l", "lazy_gettext", "worded", *REFUSALS)),
    "_move": (5,),  # agency.replies.lifecycle: the fifth argument is the rule in words
}
LINE_LENGTH = 120


def extracted() -> Catalog:
    """Every message the sources hold now, without translations."""
    with (CHECKOUT / "babel.cfg").open(encoding="utf-8") as mapping:
        methods, options = parse_mapping_cfg(mapping)
    found = Catalog()
    for package in PACKAGES:
        for _file, _line, message, comments, context in extract_from_dir(
            CHECKOUT / package, methods, options, keywords=KEYWORDS
        ):
            if message:
                found.add(message, auto_comments=comments, context=context)
    return found


def path_of(language: str) -> Path:
    """The catalogue of one language."""
    return TRANSLATIONS / language / "LC_MESSAGES" / "messages.po"


def read(language: str) -> Catalog:
    """The catalogue as it stands in its file."""
    with path_of(language).open("rb") as source:
        return read_po(source, locale=language)


def write(path: Path, catalogue: Catalog) -> None:
    """Put the catalogue in its file's place, whole or not at all: whoever reads it meanwhile, or stops us, finds the
    one before.
    """
    beside = path.with_suffix(f".{os.getpid()}.tmp")
    try:
        with beside.open("wb") as target:
            write_po(target, catalogue, width=LINE_LENGTH, sort_output=True, ignore_obsolete=True)
        beside.replace(path)
    finally:
        beside.unlink(missing_ok=True)


def main() -> int:
    """Bring every catalogue up to date and say what waits for a translator."""
    wanted = extracted()
    for language in LANGUAGES:
        if language == SOURCE_LANGUAGE:
            continue
        catalogue = read(language)
        dated = catalogue.creation_date
        catalogue.update(wanted, no_fuzzy_matching=True)
        catalogue.creation_date = dated
        write(path_of(language), catalogue)
        empty = [message.id for message in catalogue if message.id and not all(forms(message.string))]
        print(f"{language}: {len(wanted)} entries, {len(empty)} to translate")
    return 0


def forms(string: str | tuple[str, ...] | list[str] | None) -> tuple[str, ...]:
    """The translation, or its plural forms; one empty form where there is none yet."""
    if string is None or isinstance(string, str):
        return (string or "",)
    return tuple(string)


if __name__ == "__main__":
    sys.exit(main())
