"""Whatever happens to messages, notes, names and people: a search finds what reading everything would find."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from itertools import combinations
from random import Random
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
from tenants.scope import Scope, in_scope
from tests.factories import Agency, Factory
from tests.inbox.little_search import little_search

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


SPOKEN = ("red", "rent", "green", "grey", "blue", "black", "white", "pink")
BRANDS = 70


@given(data=st.data())
@settings(max_examples=10, deadline=None)
def _every_page_is_the_list_read_whole(data: st.DataObject, house: Agency, rows: list[dict[str, Any]]) -> None:
    words = data.draw(
        st.lists(st.sampled_from((*SPOKEN, "customer", "re", "gre", "b", "none")), min_size=1, max_size=3)
    )
    typed = " ".join(f'"{word}"' if data.draw(st.booleans()) else word for word in words)
    used = sorted({row["brand_id"] for row in rows})
    others = [one for one in house.brand_ids if one not in used]
    some = st.sets(st.sampled_from(used))
    brands = st.builds(lambda some, more: (*some, *others[:more]), some, st.integers(0, len(others)))
    asked, seen = data.draw(st.none() | st.none() | brands), data.draw(st.none() | st.none() | brands)
    platform = data.draw(st.sampled_from((None, None, None, "facebook", ("facebook", "instagram"))))
    stars = data.draw(st.sampled_from((None, None, None, (1,), (1, 2))))
    status = data.draw(st.sampled_from((None, "open", "closed", "snoozed")))
    late = status in (None, "open") and data.draw(st.booleans())
    wanted = QueueFilter(asked, platform=platform, stars=stars, status=status, late=late, q=typed)
    terms = read_search(typed).terms
    having = [
        row
        for row in rows
        if all(term.is_among(row["keys"]) for term in terms)
        and (asked is None or row["brand_id"] in asked)
        and (seen is None or row["brand_id"] in seen)
        and (platform is None or row["platform"] in platform)
        and (stars is None or row["stars"] in stars)
        and row["status"] in ((status,) if status else ("open",) if late else ("open", "closed", "snoozed"))
        and (not late or row["due_at"] < clock.now())
    ]
    by = "due_at" if late else "rank" if status == "open" else "last_message_at"
    having.sort(key=lambda row: (row[by], row["id"]), reverse=not late)
    with in_scope(house.app, Scope(house.id, None if seen is None else frozenset(seen))):
        assert _all_pages(wanted, data.draw(st.integers(1, 9))) == [row["id"] for row in having]


def _all_pages(wanted: QueueFilter, limit: int) -> list[UUID]:
    found: list[UUID] = []
    after: str | None = None
    for _ in range(100):
        page = list_conversations(wanted, after, limit)
        assert len(page.rows) <= limit
        found += [row.id for row in page.rows]
        after = page.next_cursor
        if after is None:
            return found
    raise AssertionError("the list has no end")


def test_every_page_of_a_search_is_the_list_read_whole(make: Factory) -> None:
    house, random = make.agency("Wide", brands=[f"Brand {n}" for n in range(BRANDS)]), Random(7)
    held = [(brand, make.account(house, brand=brand)) for brand in (0, 1, 2, 33, 69)]
    rows = []
    for n in range(50):
        brand, account_id = random.choice(held)
        row: dict[str, Any] = {
            "platform": random.choice(("facebook", "instagram")),
            "stars": random.choice((None, 1, 2)),
            "status": random.choice(("open", "open", "closed", "snoozed")),
            "due_at": clock.now() + timedelta(hours=random.choice((-2, -1, 1)), seconds=n),
            "rank": random.randrange(4),
        }
        text = " ".join(word for number, word in enumerate(SPOKEN, 1) if random.random() < 0.95 * 0.7**number)
        number = make.conversation(house, brand=brand, account_id=account_id, text=text, age=timedelta(hours=n), **row)
        keys = text_keys(text, None) | name_keys("Test Customer")
        rows.append({**row, "words": set(text.split()), "id": number, "brand_id": house.brand_ids[brand], "keys": keys})
    index_words(house.app)
    with house.entered():
        times = {row.id: row.at for row in db.session.execute(select(SearchWord.id, SearchWord.at).distinct())}
    for one in rows:
        one["last_message_at"] = times[one["id"]]
    for rare in (2_000, 12, 0):
        with little_search(rare):
            _every_page_is_the_list_read_whole(house=house, rows=rows)
            with house.entered():
                for two in combinations(SPOKEN, 2):
                    both = {row["id"] for row in rows if set(two) <= row["words"]}
                    assert set(_all_pages(QueueFilter(q=" ".join(f'"{one}"' for one in two), status=None), 9)) == both
