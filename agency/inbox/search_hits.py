"""Where the words that were looked for stand in the conversations of one page, and whether they do stand there."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Final, NamedTuple
from uuid import UUID

from sqlalchemy import and_, any_, func, literal_column, select

from agency.inbox.kept_filters import PARAMETERS
from agency.inbox.models import Contact, Conversation, Message, Note
from agency.inbox.search_text import LONGEST_READ, NOTE, Search, Term, folded, hidden, name_keys, text_keys, words
from agency.inbox.summary import EXCERPT_CHARACTERS
from styleguides.masking import MASK, masked
from tenants.kept_select import KeptSelect
from tenants.models import Brand

MOST_READ: Final = 1_500
"""Messages read for one page, the newest first. Of a conversation whose messages are more, the words are not shown."""
BEGIN, END = "\x01", "\x02"
"""Around what is marked in an excerpt; taken out of it first."""
BEFORE: Final = 14
"""Characters shown before the first marked word: a row of the queue has room for three or four words."""


class Hit(NamedTuple):
    """Where it was found: `text`, `answer`, `note`, `person` or `id`; of the first three the words, with marks."""

    where: str
    excerpt: str = ""


class _Text(NamedTuple):
    where: str
    words: str
    language: str | None


def hits(search: Search, ids: Sequence[UUID], surely: frozenset[UUID], *, notes: bool) -> dict[UUID, Hit]:
    """For each that has the words now, where. Who is left out has lost them since they were kept."""
    if not ids:
        return {}
    said = _texts(ids, notes)
    read = sum(map(len, said.values()))
    found: dict[UUID, Hit] = {}
    for number in ids:
        if number in surely:
            found[number] = Hit("id")
            continue
        hit = _hit(search, said.get(number, []))
        if hit is not None:
            found[number] = hit
        elif read >= MOST_READ and not search.phrases:
            found[number] = Hit("text")
    return found


def _texts(ids: Sequence[UUID], notes: bool) -> dict[UUID, list[_Text]]:
    said: dict[UUID, list[_Text]] = {number: [] for number in ids}
    names: dict[UUID, set[str | None]] = {number: set() for number in ids}
    for number, name, person, text, language, direction, author in _messages().rows({"among": list(ids)}):
        names[number] |= {name, person}
        if text is None:
            continue
        said[number].append(_Text("text" if direction == "in" else "answer", text, language))
        if direction == "in":
            names[number].add(author)
    if notes:
        for number, text, language in _notes().rows({"among": list(ids)}):
            said[number].append(_Text("note", text, language))
    for number, found in names.items():
        said[number].extend(_Text("person", name, None) for name in sorted(filter(None, found)))
    return said


@lru_cache(maxsize=1)
def _messages() -> KeptSelect:
    return KeptSelect(
        select(
            Conversation.id,
            Conversation.author_name,
            Contact.name,
            func.left(Message.text, literal_column(str(LONGEST_READ))),
            func.coalesce(Message.language, Conversation.language),
            Message.direction,
            Message.author_name,
        )
        .outerjoin(Contact, and_(Contact.agency_id == Conversation.agency_id, Contact.id == Conversation.contact_id))
        .outerjoin(
            Message,
            and_(
                Message.agency_id == Conversation.agency_id,
                Message.conversation_id == Conversation.id,
                Message.deleted_at.is_(None),
            ),
        )
        .where(Conversation.id == any_(PARAMETERS["among"]))
        .order_by(Message.written_at.desc(), Message.id.desc())
        .limit(literal_column(str(MOST_READ)))
    )


@lru_cache(maxsize=1)
def _notes() -> KeptSelect:
    return KeptSelect(
        select(Note.conversation_id, func.left(Note.text, literal_column(str(LONGEST_READ))), Brand.language)
        .join(Brand, and_(Brand.agency_id == Note.agency_id, Brand.id == Note.brand_id))
        .where(Note.conversation_id == any_(PARAMETERS["among"]))
        .order_by(Note.created_at.desc(), Note.id.desc())
        .limit(literal_column(str(MOST_READ)))
    )


def _hit(search: Search, texts: Iterable[_Text]) -> Hit | None:
    missing, phrases = set(search.terms), set(search.phrases)
    best: tuple[int, _Text] | None = None
    for text in texts:
        keys = name_keys(text.words) if text.where == "person" else text_keys(text.words, text.language)
        keys = {NOTE + key for key in keys} if text.where == "note" else keys
        here = [term for term in search.terms if term.is_among(keys)]
        missing.difference_update(here)
        if phrases:
            phrases -= _standing(phrases, masked(text.words))
        if here and (best is None or len(here) > best[0]):
            best = (len(here), text)
    if missing or phrases or best is None:
        return None
    text = best[1]
    return Hit(text.where, "" if text.where == "person" else marked(text.words, text.language, search.terms))


def _standing(phrases: Iterable[tuple[str, ...]], shown: str) -> set[tuple[str, ...]]:
    line = "\0".join(["", *(folded(shown[word.start : word.end]) for word in words(shown, None)), ""])
    return {phrase for phrase in phrases if "\0".join(["", *phrase, ""]) in line}


def marked(text: str, language: str | None, terms: Sequence[Term]) -> str:
    """A piece of the text on one line, masked, around the first of the words; each of them between BEGIN and END."""
    line = masked(_line(text[:LONGEST_READ]))
    spans = _spans(line, language, terms)
    if not spans and any(term.is_among(hidden(text)) for term in terms):
        at = line.find(MASK)
        spans = [(at, at + len(MASK))] if at >= 0 else []
    first = spans[0][0] if spans else 0
    start = line.rfind(" ", 0, max(first - BEFORE, 0)) + 1 if first > BEFORE else 0
    return ("…" if start else "") + _with_marks(line, spans, start, start + EXCERPT_CHARACTERS)


def marked_name(name: str, terms: Sequence[Term]) -> str:
    """The whole of a name with its words marked."""
    line = _line(name)
    return _with_marks(line, _spans(line, None, terms), 0, len(line))


def _line(text: str) -> str:
    return " ".join(text.replace(BEGIN, "").replace(END, "").split())


def _spans(line: str, language: str | None, terms: Sequence[Term]) -> list[tuple[int, int]]:
    return [
        (word.start, word.end)
        for word in words(line, language)
        if any(term.is_among((*word.keys, *(NOTE + key for key in word.keys))) for term in terms)
    ]


def _with_marks(line: str, spans: Iterable[tuple[int, int]], start: int, end: int) -> str:
    parts: list[str] = []
    at = start
    for begin, stop in spans:
        if begin >= at and stop <= end:
            parts += (line[at:begin], BEGIN, line[begin:stop], END)
            at = stop
    return "".join((*parts, line[at:end]))
