"""Whatever happens to messages, notes, names and people: a search finds what reading everything would find."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable
from functools import partial
from typing import Any
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, select, update

from agency.inbox import desk, erasing
from agency.inbox.filters import QueueFilter
from agency.inbox.models import Contact, Conversation, Message, Note, SearchWord
from agency.inbox.queries import list_conversations
from agency.inbox.search_text import EVERYWHERE, NOTE, WHOLE, name_keys, read_search, text_keys
from jobs.indexing import index_words
from styleguides.language import plain
from tenants import clock
from tenants.database import db
from tests.factories import Agency, Factory

WORDS = ("refund", "refunds", "cold", "soup", "reklamacja", "reklamację", "encomenda", "Nowak", "soured", "it")
LANGUAGES = ("en", "pl", "pt", None)
MADE = 4

some_words = st.lists(st.sampled_from(WORDS), min_size=1, max_size=4).map(" ".join)
operation = st.one_of(
    st.tuples(st.just("text"), st.integers(0, MADE - 1), some_words),
    st.tuples(st.just("delete"), st.integers(0, MADE - 1), st.just("")),
    st.tuples(st.just("note"), st.integers(0, MADE - 1), some_words),
    st.tuples(st.just("unnote"), st.integers(0, MADE - 1), st.just("")),
    st.tuples(st.just("rename"), st.integers(0, MADE - 1), some_words),
    st.tuples(st.just("move"), st.integers(0, MADE - 1), st.just("")),
    st.tuples(st.just("erase"), st.integers(0, MADE - 1), st.just("")),
    st.tuples(st.just("read"), st.just(0), st.just("")),
)


def do(agency: Agency, ids: list[UUID], what: str, which: int, words: str) -> None:
    one, other = ids[which], ids[(which + 1) % MADE]
    said = update(Message).where(Message.conversation_id == one)
    if what == "read":
        index_words(agency.app)
        return
    with agency.entered(agency.staff):
        person = db.session.execute(
            select(Contact.id, Contact.external_id)
            .join(Conversation, Conversation.contact_id == Contact.id)
            .where(Conversation.id == one)
        ).one()
        if what == "text":
            db.session.execute(said.where(Message.deleted_at.is_(None)).values(text=words))
        elif what == "delete":
            db.session.execute(said.values(deleted_at=clock.now(), text=""))
        elif what == "note":
            desk.add_note(agency.staff, one, words)
        elif what == "unnote":
            db.session.execute(delete(Note).where(Note.conversation_id == one))
        elif what == "rename":
            db.session.execute(update(Contact).where(Contact.id == person.id).values(name=words))
            db.session.execute(update(Conversation).where(Conversation.id == one).values(author_name=words))
        elif what == "move":
            db.session.execute(said.values(conversation_id=other))
        else:
            erasing.erase_person(person.external_id)


def read_all(agency: Agency) -> dict[UUID, set[str]]:
    """The keys of each conversation, by reading everything."""
    held: dict[UUID, set[str]] = {}
    with agency.entered():
        people = select(Conversation.id, Conversation.author_name, Contact.name).outerjoin(
            Contact, Conversation.contact_id == Contact.id
        )
        for number, *names in db.session.execute(people):
            held[number] = set().union(*map(name_keys, names))
        live = select(Message).where(Message.deleted_at.is_(None))
        for message in db.session.scalars(live):
            held[message.conversation_id] |= text_keys(message.text, message.language) | name_keys(message.author_name)
        for note in db.session.scalars(select(Note)):
            held[note.conversation_id] |= {NOTE + key for key in text_keys(note.text, "en")}
    return held


def kept(agency: Agency) -> dict[UUID, set[str]]:
    """The same as the table of words has it, ids left out."""
    with agency.entered():
        held: dict[UUID, set[str]] = {number: set() for number in db.session.scalars(select(Conversation.id))}
        for number, word in db.session.execute(select(SearchWord.id, SearchWord.word)):
            if not word.startswith(WHOLE):
                held[number].add(word)
    return held


@settings(max_examples=10, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(
    texts=st.lists(st.tuples(some_words, st.sampled_from(LANGUAGES)), min_size=MADE, max_size=MADE),
    operations=st.lists(operation, max_size=8),
)
def test_a_search_finds_what_reading_everything_finds(
    texts: list[tuple[str, Any]],
    operations: list[tuple[str, int, str]],
    ana: Agency,
    drift_account: UUID,
    make: Factory,
) -> None:
    with ana.entered():
        for table in (Note, Message, Conversation):
            db.session.execute(delete(table))
    ids = [make.conversation(ana, account_id=drift_account, text=text, author="Jan Kos") for text, _language in texts]
    with ana.entered():
        for number, (_text, language) in zip(ids, texts, strict=True):
            db.session.execute(update(Message).where(Message.conversation_id == number).values(language=language))
    for what, which, words in operations:
        do(ana, ids, what, which, words)
    index_words(ana.app)
    held = read_all(ana)
    assert kept(ana) == held
    for typed in (*WORDS, "refund soup", "reklam", "kos", "cold no", '"soup"'):
        for notes in (True, False):
            wanted = QueueFilter(q=typed, status=None, with_notes=notes)
            with ana.entered(ana.staff):
                found = {row.id for row in list_conversations(wanted).rows}
            terms = read_search(typed, notes=notes).terms
            naive = {number for number, keys in held.items() if all(term.is_among(keys) for term in terms)}
            assert found == naive, (typed, notes)


letters = st.sampled_from("abcdefghijklmnoprstuwyząćęłńóśźżãáàâçéêíõôúüñßDAŁÓ")
made_words = st.text(letters, min_size=2, max_size=14) | st.sampled_from(
    ("reklamację", "łazienkę", "ações", "coração", "corazón", "niños", "refunded", "São", "Zażółć", "gęślą", "opiniões")
)
SPELLINGS: tuple[Callable[[str], str], ...] = (
    str,
    str.upper,
    partial(unicodedata.normalize, "NFC"),
    partial(unicodedata.normalize, "NFD"),
    lambda word: unicodedata.normalize("NFD", word).upper(),
)


@settings(deadline=None)
@given(
    st.lists(made_words, min_size=1, max_size=6),
    st.sampled_from(("en", "pl", "pt", "es", "pt-BR", None)),
    st.sampled_from(SPELLINGS),
    st.sampled_from(SPELLINGS),
)
def test_every_word_of_a_text_finds_it_however_either_is_written(
    said: list[str], language: str | None, stored: Callable[[str], str], typed: Callable[[str], str]
) -> None:
    everywhere = {word for listed in EVERYWHERE.values() for word in listed.split()}
    keys = text_keys(stored(", ".join(said)), language)
    for word in said:
        if not {plain(word), plain(stored(word)), plain(typed(word))} & everywhere:
            for written in (typed(word), f'"{typed(word)}"'):
                assert all(term.is_among(keys) for term in read_search(written).terms), (word, written)


@pytest.fixture
def drift_account(ana: Agency, make: Factory) -> UUID:
    return make.account(ana)
