"""Words of other brands in a draft: names in any form, handles, addresses, phones, sign-offs.

Pure. `tenants.brand_marks` finds what may be meant (`keys_in`, `marks_near`); here it is decided. A name counts

- of several words: however it is written and inflected; without its first word (`Padaria Sol Poente`) only where the
  rest is written with capitals, as a name;
- of one word: written with a capital, or in a script that has none, in any form; in small letters only the very word,
  and only where it is long enough (`SURE_LETTERS`) not to be an ordinary one;
- of two letters or more: one alone is nobody's, and several short words (C&A) must be capitals.

A name in a script without blanks between words counts wherever its letters stand (`styleguides.unspaced_names`); what
another script says between such letters is read as if they were blanks.

An archived brand is nobody's to write for any more: its words warn and stop nothing. They may be its saved texts at the
wrong client still, or just the news that it closed.

What belongs to the brand itself, is allowed by its guide, or is the customer's own name, is nobody else's.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final
from uuid import UUID

from styleguides.explain import Findings
from styleguides.language import base_language, detect_language
from styleguides.rule_kinds import LEVELS, CheckContext, Finding, Rule
from styleguides.tokens import WORD, Normalised, Span, specials
from styleguides.unspaced_names import UnspacedText, is_unspaced
from tenants.brand_marks import Near, folded, hosts_in, last_digits, numbers_in
from tenants.name_forms import UNSPACED, polish_forms, set_apart

SURE_LETTERS: Final = 8
"""A single word at least so long is a name also in small letters: shorter ones are too often ordinary (target)."""
LEAST_LETTERS: Final = 2
"""A name of one letter is in every text."""
SHORT: Final = 3
"""Words of fewer letters stand beside each other by chance, too."""
INFLECTED_FROM: Final = 4
"""A word of fewer letters has no ending to change that would still be told apart."""
LONGEST_ENDING: Final = 3
"""Letters a form has beyond what all forms share: Pennywell, Pennywellowi; Bursztynowa, Bursztynowej."""
_SHARED = """
facebook.com fb.com fb.me m.me instagram.com ig.me google.com goo.gl g.page g.co maps.app.goo.gl business.site
youtube.com youtu.be wa.me whatsapp.com bit.ly t.co tiktok.com linkedin.com x.com twitter.com linktr.ee
gmail.com googlemail.com outlook.com hotmail.com live.com yahoo.com icloud.com proton.me protonmail.com aol.com gmx.com
wp.pl o2.pl onet.pl op.pl interia.pl poczta.onet.pl gazeta.pl tlen.pl sapo.pt outlook.pt hotmail.es outlook.es yahoo.es
telefonica.net gmx.de web.de t-online.de free.fr orange.fr laposte.net libero.it uol.com.br bol.com.br terra.com.br
"""
SHARED_HOSTS: Final = frozenset(_SHARED.split())
"""Addresses everybody has a page or a mailbox at."""
_CLOSINGS = """
best kind warm kindest warmest many regards wishes yours sincerely faithfully truly cheers thanks thank you take care
the your our from with and all team crew staff love hugs see soon day have a nice good great
pozdrawiam pozdrawiamy pozdrowienia serdecznie zespol zespolem wyrazami szacunku milego dnia do zobaczenia twoj twoja
wasz z i dziekujemy dziekuje uprzejmie
abraco abracos atenciosamente cumprimentos saudacoes melhores equipa equipe com os as o da de e obrigado obrigada
ate logo breve nossa sua um grande beijos carinho cordialmente atentamente
saludos cordiales un saludo equipo el la los del nuestro gracias hasta pronto abrazo carinoso
"""
CLOSING_WORDS: Final = frozenset(_CLOSINGS.split())
"""Folded. A sign-off of nothing but these belongs to nobody."""

_HANDLE: Final = re.compile(r"(?<![\w.])[@#＠＃]\w+(?:\.+\w+)*")
_ENDS_LINE: Final = re.compile(r"[^\w\n]*(?:\n|\Z)")
_ENDINGS_THAT_CHANGE: Final = "aeioyаеиоуыэюя"
"""What ends in a vowel changes the letter before it, too (Zatoka, Zatoce); what ends in a consonant only grows."""
LISTED_TO: Final = 5
"""Words of so few Latin letters change by listed forms alone: Świt, Świtu, but no Switch."""
_FIRST: Final = 2
"""Letters at the beginning of a word that no inflection changes."""

OTHER_BRAND: Final = Rule(id="other-brand", level="stop")
"""Holds for every brand; a guide's own rule of the kind `other_brands` says its level, reason and what is allowed."""
MOST_FINDINGS: Final = 20


def other_brand_findings(
    text: str, brand_id: UUID, marks: Sequence[Near], context: CheckContext, rule: Rule | None = None
) -> list[Finding]:
    """Findings for what in `text` is another brand's, in order of place. `marks` are what the text's keys led to."""
    if all(mark.brand_id == brand_id for mark in marks):
        return []
    normalised = Normalised(text)
    hits = foreign_words(
        normalised.text,
        marks,
        brand_id,
        allowed=getattr(rule, "allowed", ()),
        customer_name=context.customer_name,
    )
    if not hits:
        return []
    language = base_language(context.language) or detect_language(text) or base_language(context.brand_language)
    out = Findings(normalised, language, context)
    said_by = OTHER_BRAND if rule is None else replace(OTHER_BRAND, level=rule.level, reason=rule.reason)
    milder = replace(said_by, level=max(said_by.level, "warn", key=LEVELS.index))
    for hit in hits[:MOST_FINDINGS]:
        words = "other_brand_saved_reply" if hit.sort == "saved_reply" else "other_brand"
        out.add(milder if hit.shelved else said_by, -1, words, hit.start, hit.end)
    return out.in_order()


@dataclass(frozen=True, slots=True)
class ForeignWords:
    """A stretch of the text that belongs to another brand. Code points of the text the words were read from."""

    start: int
    end: int
    sort: str
    brand_id: UUID
    shelved: bool = False


class _Words(list["_Word"]):
    """The words of a text, with where those stand that begin with the same two letters."""

    def __init__(self, text: str) -> None:
        super().__init__(_Word(found.group(), folded(found.group()), *found.span()) for found in WORD.finditer(text))
        self._places: dict[str, list[int]] = {}
        for place, word in enumerate(self):
            self._places.setdefault(word.folded[:_FIRST], []).append(place)

    def like(self, word: str) -> Sequence[int]:
        """Where a form of this folded word may stand."""
        return self._places.get(word[:_FIRST], ())


@dataclass(frozen=True, slots=True)
class _Word:
    written: str
    folded: str
    start: int
    end: int

    @property
    def is_capitalised(self) -> bool:
        """Also 4F and eBay, and a word of a script without capitals: it cannot be told by them."""
        return any(char.isupper() or (char.isalpha() and char.upper() == char.lower()) for char in self.written)


def foreign_words(
    text: str,
    marks: Sequence[Near],
    brand_id: UUID,
    *,
    allowed: Collection[str] = (),
    customer_name: str | None = None,
) -> list[ForeignWords]:
    """What in `text` is another brand's than `brand_id`, ordered by place, none overlapping: the longest first.

    Linear in the text for each mark.
    """
    others = [mark for mark in marks if mark.brand_id != brand_id]
    if not others:
        return []
    readings = _readings(text)
    own: list[Span] = []
    for mark in marks:
        if mark.brand_id == brand_id:
            own += _spans(mark, readings)
    for entry in (*allowed, customer_name or ""):
        for one in readings:
            own += _name_spans(entry, one, tail=False, sure=True, apart=())
            own += [
                (s.start, s.end)
                for s in one.stretches
                if folded(text[s.start : s.end]).lstrip("@") == folded(entry).lstrip("@")
            ]
    found: list[ForeignWords] = []
    for mark in others:
        if mark.sort == "domain" and folded(mark.written).removeprefix("www.") in SHARED_HOSTS:
            continue
        if mark.sort == "sign_off" and _is_common_closing(mark.written):
            continue
        for start, end in _spans(mark, readings):
            if not any(first <= start and end <= last for first, last in own):
                found.append(ForeignWords(start, end, mark.sort, mark.brand_id, mark.shelved))
    kept = _apart_from([], [hit for hit in found if not hit.shelved])
    return _apart_from(kept, [hit for hit in found if hit.shelved])


def _apart_from(kept: Sequence[ForeignWords], more: Sequence[ForeignWords]) -> list[ForeignWords]:
    """Those kept, and of more the longest that overlap none of them; in order of place."""
    added: list[ForeignWords] = []
    for one in sorted(more, key=lambda one: (one.start, -one.end, one.sort, one.brand_id)):
        overlaps = any(one.start < other.end and other.start < one.end for other in kept)
        if not overlaps and (not added or one.start >= added[-1].end):
            added.append(one)
    return sorted((*kept, *added), key=lambda one: one.start)


class _Reading:
    """A text taken apart, as a whole or only what stands between letters of a script without blanks."""

    def __init__(self, text: str, unspaced: UnspacedText | None) -> None:
        self.text = text
        self.unspaced = unspaced
        self.words = _Words(text)
        self.stretches = specials(text)
        self.apart = [(s.start, s.end) for s in self.stretches if s.what in ("link", "email", "handle")]


def _readings(text: str) -> Sequence[_Reading]:
    if text.isascii() or UNSPACED.search(text) is None:
        return (_Reading(text, None),)
    return _Reading(text, UnspacedText(text)), _Reading(set_apart(text), None)


def _spans(mark: Near, readings: Sequence[_Reading]) -> list[Span]:
    return list(dict.fromkeys(span for reading in readings for span in _spans_in(mark, reading)))


def _spans_in(mark: Near, reading: _Reading) -> list[Span]:
    text, stretches = reading.text, reading.stretches
    if mark.sort == "name":
        return _name_spans(mark.written, reading, tail=True, apart=reading.apart)
    if mark.sort == "sign_off":
        spans = _name_spans(mark.written, reading, tail=False, sure=True, apart=reading.apart)
        if (
            len(WORD.findall(mark.written)) == 1
        ):  # somebody's name: signs where a line ends, is an ordinary word elsewhere
            return [span for span in spans if _ENDS_LINE.match(text, span[1])]
        return spans
    if mark.sort == "saved_reply":
        return [(0, len(text))]  # found by the wording as a whole
    if mark.sort == "phone":
        return list(_phone_spans(mark.written, text))
    wanted = folded(mark.written).strip("./@# ").removeprefix("www.")
    if mark.sort == "handle":
        return [found.span() for found in _HANDLE.finditer(text) if folded(found.group()).strip("@#.") == wanted] + [
            (s.start, s.end) for s in stretches if s.host and _page_of(text[s.start : s.end], s.host) == wanted
        ]
    if "@" in wanted:
        return [(s.start, s.end) for s in stretches if s.what == "email" and folded(text[s.start : s.end]) == wanted]
    hosts = [(s.start, s.end, s.host) for s in stretches if s.host]
    hosts += [(start, end, text[start:end]) for start, end in hosts_in(text)]
    return [(start, end) for start, end, host in hosts if _is_at(folded(host), wanted)]


def _is_at(host: str, wanted: str) -> bool:
    return host == wanted or host.endswith(f".{wanted}")


def _page_of(address: str, host: str) -> str:
    """Whose page an address at a shared host is: the first part of its path."""
    if folded(host).removeprefix("www.") not in SHARED_HOSTS:
        return ""
    path = folded(address).partition("://")[2] or folded(address)
    return re.split(r"[/?#]", path)[1].strip("@.") if "/" in path else ""


@dataclass(frozen=True, slots=True)
class _Part:
    """A word of a name, folded, and the forms listed for it."""

    folded: str
    forms: frozenset[str]


def _part(written: str) -> _Part:
    bare = _bare(folded(written))
    return _Part(bare, frozenset(map(folded, polish_forms(written))) - {bare})


def _name_spans(name: str, reading: _Reading, *, tail: bool, apart: Sequence[Span], sure: bool = False) -> list[Span]:
    """Where a name stands among the words. `sure`: it is one, however short and however written."""
    words = reading.words
    if reading.unspaced is not None and is_unspaced(name):
        return reading.unspaced.places_of(name)
    parts = [_part(word) for word in WORD.findall(name)]
    if sum(len(part.folded) for part in parts) < LEAST_LETTERS:
        return []
    short = all(len(part.folded) < SHORT for part in parts)

    def is_meant(run: Sequence[_Word]) -> bool:
        if sure:
            return True
        if len(run) == 1:
            return _is_name(parts[0].folded, run[0])
        return not short or all(word.is_capitalised for word in run)

    found = list(_runs(parts, words, is_meant))
    rest = _tail(parts) if tail else []
    if rest:
        found += [
            span
            for span in _runs(rest, words, lambda run: all(w.is_capitalised for w in run if len(w.folded) > 2))
            if not any(first <= span[0] and span[1] <= last for first, last in found)
        ]
    return [span for span in found if not any(first <= span[0] and span[1] <= last for first, last in apart)]


def _is_name(wanted: str, word: _Word) -> bool:
    return word.is_capitalised or (_bare(word.folded) == wanted and len(wanted) >= SURE_LETTERS)


def _bare(word: str) -> str:
    """Without what makes it somebody's, in a name as in a text: McCarthy's."""
    return word.removesuffix("'s")


def _tail(parts: Sequence[_Part]) -> list[_Part]:
    """The name without what kind of house it is: `Sol Poente`, `Bursztynowa Zatoka`; empty where too little is left."""
    rest = list(parts[1:])
    while rest and len(rest[0].folded) < 3:
        rest.pop(0)
    return rest if sum(len(part.folded) >= 3 for part in rest) >= 2 else []


def _runs(parts: Sequence[_Part], words: _Words, is_meant: Callable[[Sequence[_Word]], bool]) -> Iterator[Span]:
    size, free_from = len(parts), 0
    for at in words.like(parts[0].folded):
        if at < free_from or at + size > len(words):
            continue
        run = words[at : at + size]
        if all(_is_form(word, wanted, alone=size == 1) for wanted, word in zip(parts, run, strict=True)) and is_meant(
            run
        ):
            yield run[0].start, run[-1].end
            free_from = at + size


def _is_form(word: _Word, part: _Part, *, alone: bool) -> bool:
    """Whether this is a form of that word of a name, in whatever language the sentence is."""
    given, wanted = _bare(word.folded), part.folded
    if given == wanted:
        return True
    if len(wanted) < INFLECTED_FROM or (alone and not word.is_capitalised):
        return False
    if given in part.forms or (len(wanted) <= LISTED_TO and wanted.isascii()):
        return given in part.forms or given in (f"{wanted}s", f"{wanted}es")
    kept = len(wanted) if wanted[-1] not in _ENDINGS_THAT_CHANGE else max(INFLECTED_FROM, len(wanted) - 2)
    return given.startswith(wanted[:kept]) and len(given) - kept <= LONGEST_ENDING


def _phone_spans(number: str, text: str) -> Iterator[Span]:
    wanted = last_digits(number)
    for start, end in numbers_in(text):
        if last_digits(text[start:end]) == wanted:
            yield start, end


def _is_common_closing(written: str) -> bool:
    return all(folded(word) in CLOSING_WORDS for word in WORD.findall(written))
