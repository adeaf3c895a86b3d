"""By what an agency's brands are known in a text: names, handles, addresses, phones, sign-offs, saved wordings.

One row for each, found by a key that inflected forms share, so that a draft for one brand is held against all others in
one indexed statement, however many there are. Rows are the agency's, seen by each of its sessions: a person who works
for one brand must be stopped from writing in another's name. No page lists them. `styleguides.other_brands` decides
whether what was found so is really meant.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Iterable, Iterator, Sequence
from typing import Final, Literal, NamedTuple
from uuid import UUID

from sqlalchemy import Text, any_, delete, insert, literal, select, update
from sqlalchemy.dialects.postgresql import ARRAY

from tenants.database import db, new_id
from tenants.models import Brand, BrandMark
from tenants.name_forms import MIDDLE_DOT, UNSPACED, polish_forms, set_apart
from tenants.scope import current_scope

Sort = Literal["name", "handle", "domain", "phone", "sign_off", "saved_reply"]

KEY_LETTERS: Final = 4
"""Letters of a name's longest word that a form keeps (zatoka, zatoce), or one of those listed for it (żabka, żabce)."""
UNSPACED_LETTERS: Final = (2, 3)
"""So many letters in a row lead to a name in a script without blanks between words."""
PHONE_DIGITS: Final = 7
"""Last digits by which a number is found, with or without the country's."""
MOST_NEAR: Final = 2_000

_WORD: Final = re.compile(r"[^\W_]+")
_HOST: Final = re.compile(r"[\w-]{1,63}(?:\.[\w-]{1,63}){1,6}")
_HANDLE: Final = re.compile(r"[@#](\w[\w.]{0,63})")
_PATH: Final = re.compile(r"/@?(\w[\w.]{0,63})")
_NUMBER: Final = re.compile(r"\d(?:[ \t\u00a0\u2000-\u200a\u202f.\-/()\u2010-\u2015]{0,2}\d){6,40}")
_GROUP: Final = re.compile(r"\d+")
_NOT_FOLDED: Final = str.maketrans({"ł": "l", "đ": "d", "ø": "o", "æ": "ae", "ß": "ss", "’": "'", "＠": "@", "＃": "#"})


class Mark(NamedTuple):
    """One sign of a brand, as it is written. `key` is given where words cannot say it (a wording's fingerprint)."""

    sort: Sort
    written: str
    key: str = ""


class Near(NamedTuple):
    """A mark that may stand in a text; whose it is, and whether the text's own brand has it."""

    brand_id: UUID
    sort: str
    written: str
    shelved: bool = False
    """Its brand is archived."""


def folded(text: str) -> str:
    """Small letters without accents and without what nobody sees. Its length may differ from the text's."""
    if text.isascii():
        return text.lower()
    parts = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", text).casefold().translate(_NOT_FOLDED))
    return "".join(char for char in parts if unicodedata.category(char) not in ("Mn", "Cf"))


def keys_of(mark: Mark) -> set[str]:
    """The keys under which a mark is found; none for one that nothing could be found by.

    A name has one for its longest word, and one for the longest of what is left without its first word.
    """
    if mark.key:
        return {mark.key}
    plain = folded(mark.written).strip()
    if mark.sort == "domain":
        host = plain.removeprefix("www.").strip("./")
        return {f"d:{host}"} if _HOST.fullmatch(host) else set()
    if mark.sort == "handle":
        handle = plain.strip("@#. ")
        return {f"h:{handle}"} if handle else set()
    if mark.sort == "phone":
        digits = _digits(plain)
        return {f"p:{digits[-PHONE_DIGITS:]}"} if len(digits) >= PHONE_DIGITS else set()
    words = _WORD.findall(set_apart(plain))
    forms = {folded(word): polish_forms(word) for word in _WORD.findall(unicodedata.normalize("NFC", mark.written))}
    keys: set[str] = set()
    for several in (words, words[1:]):
        if several:
            longest = max(several, key=len)
            keys.update(f"n:{folded(form)[:KEY_LETTERS]}" for form in (longest, *forms.get(longest, ())))
    runs = UNSPACED.findall(plain.replace(MIDDLE_DOT, ""))
    if runs and not words:
        longest = max(runs, key=len)
        keys.update(
            f"u:{longest[:size]}" for size in UNSPACED_LETTERS if size == min(len(longest), UNSPACED_LETTERS[-1])
        )
    return keys


def keys_in(text: str) -> set[str]:
    """Every key under which a mark in this text would be found. Linear in the text."""
    plain = folded(text)
    keys = _keys_in(plain)
    if not plain.isascii() and UNSPACED.search(plain):
        keys |= _keys_in(set_apart(plain))  # what another script says between such letters
        for run in UNSPACED.findall(plain.replace(MIDDLE_DOT, "")):
            for size in UNSPACED_LETTERS:
                keys.update(f"u:{run[start : start + size]}" for start in range(len(run) - size + 1))
    return keys


def _keys_in(plain: str) -> set[str]:
    keys = {f"n:{word[:KEY_LETTERS]}" for word in _WORD.findall(plain)}
    for match in _HOST.finditer(plain):
        labels = match.group().removeprefix("www.").split(".")
        keys.update(f"d:{'.'.join(labels[at:])}" for at in range(len(labels) - 1))
    for pattern in (_HANDLE, _PATH):
        keys.update(f"h:{match.group(1).rstrip('.')}" for match in pattern.finditer(plain))
    keys.update(f"p:{last_digits(plain[start:end])}" for start, end in numbers_in(plain))
    return keys


def numbers_in(text: str) -> Iterator[tuple[int, int]]:
    """Where numbers long enough to be a phone's stand; one for each group of digits another number may begin after."""
    for match in _NUMBER.finditer(text):
        digits = 0
        for group in _GROUP.finditer(text, *match.span()):
            digits += len(group.group())
            if digits >= PHONE_DIGITS:
                yield match.start(), group.end()


def hosts_in(text: str) -> Iterator[tuple[int, int]]:
    """Where something stands that is written as an address of a site."""
    return (match.span() for match in _HOST.finditer(text))


def last_digits(written: str) -> str:
    """By these a number is found, with or without the country's, in whatever digits it is written."""
    return _digits(folded(written))[-PHONE_DIGITS:]


def _digits(text: str) -> str:
    return "".join(str(unicodedata.digit(char)) for char in text if char.isdigit())


def replace_marks(brand_id: UUID, source: str, marks: Iterable[Mark]) -> None:
    """What `source` (`brand`, `guide`, `account:<id>`, `saved:<id>`) says of the brand from now on. Flushes."""
    agency_id = current_scope().agency_id
    shelved = db.session.execute(select(Brand.archived_at.is_not(None)).where(Brand.id == brand_id)).scalar()
    db.session.execute(delete(BrandMark).where(BrandMark.of_brand_id == brand_id, BrandMark.source == source))
    rows = [
        {
            "agency_id": agency_id,
            "id": new_id(),
            "of_brand_id": brand_id,
            "source": source,
            "sort": mark.sort,
            "key": key,
            "written": mark.written,
            "shelved": bool(shelved),
        }
        for mark, key in _keyed(marks)
    ]
    if rows:
        db.session.execute(insert(BrandMark), rows)


def shelve_marks(brand_id: UUID, *, shelved: bool) -> None:
    """Whether its brand is archived: then its words warn and stop nothing."""
    db.session.execute(update(BrandMark).where(BrandMark.of_brand_id == brand_id).values(shelved=shelved))


def _keyed(marks: Iterable[Mark]) -> Iterator[tuple[Mark, str]]:
    known: set[tuple[str, str, str]] = set()
    for mark in marks:
        for key in sorted(keys_of(mark)):
            if (one := (mark.sort, key, mark.written)) not in known:
                known.add(one)
                yield mark, key


def marks_near(keys: Collection[str]) -> Sequence[Near]:
    """The marks of all brands of this session's agency that these keys lead to, in a fixed order. One statement."""
    if not keys:
        return ()
    wanted = literal(sorted(keys), ARRAY(Text))
    rows = db.session.execute(
        select(BrandMark.of_brand_id, BrandMark.sort, BrandMark.written, BrandMark.shelved)
        .where(BrandMark.key == any_(wanted))
        .distinct()
        .order_by(BrandMark.written, BrandMark.of_brand_id)
        .limit(MOST_NEAR)
    )
    return [Near._make(row) for row in rows]
