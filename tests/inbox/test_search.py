"""Searching: words, names, ids, notes, phrases; what goes is gone at once; nobody finds beyond their brands."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import delete, func, select, update

from agency.inbox import desk, erasing, search_index
from agency.inbox.filters import QueueFilter
from agency.inbox.models import Contact, Conversation, Message, SearchDue, SearchWord
from agency.inbox.queries import QueuePage, list_conversations
from jobs.indexing import index_words
from tenants import clock
from tenants.database import db, new_id
from tenants.permissions import Actor, Role
from tests.factories import Agency, Factory
from tests.inbox.little_search import little_search


def page(agency: Agency, q: str, actor: Actor | None = None, after: str | None = None, **wanted: Any) -> QueuePage:
    with agency.entered(actor or agency.staff):
        limit = wanted.pop("limit", 50)
        given = {"status": None, "with_notes": True, **wanted}
        return list_conversations(QueueFilter(q=q, **given), after, limit, me=agency.staff.user_id)


def found(agency: Agency, q: str, actor: Actor | None = None, **wanted: Any) -> list[UUID]:
    index_words(agency.app)
    return [row.id for row in page(agency, q, actor, **wanted).rows]


@pytest.fixture
def account(ana: Agency, make: Factory) -> UUID:
    return make.account(ana)


@pytest.fixture
def said(ana: Agency, make: Factory, account: UUID) -> Callable[..., UUID]:
    """A conversation with one message in a language."""

    def make_one(text: str, language: str | None = "en", **more: Any) -> UUID:
        one = make.conversation(ana, account_id=more.pop("account_id", account), text=text, language=language, **more)
        return one

    return make_one


@pytest.mark.parametrize(
    ("text", "language", "typed"),
    [
        ("I still wait for my REFUND!", "en", "refund"),
        ("They refunded nothing", "en", "refunds"),
        ("Refunded twice, thanks", "en", "thanks refund"),
        ("Reklamację złożyłam wczoraj", "pl", "reklamacja"),
        ("Łazienka była brudna", "pl", "lazienka"),
        ("lazienka byla brudna", "pl", "łazienka"),
        ("Não recebi a encomenda, só reclamações", "pt", "reclamacao"),
        ("Die Straße war gesperrt", "de", "STRASSE"),
        ("Где мой заказ", None, "заказ"),
        ("أين طلبي من فضلك", None, "طلبي"),
        ("部屋がとても汚い", None, "部屋"),
        ("部屋がとても汚い", None, "汚"),
        ("Order LS-20417 never came", "en", "LS-20417"),
        ("Call +48 600 123 456 please", "pl", "600123456"),
        ("Call 600-123-456 please", "pl", "+48 600 123 456"),
        ("Write to Ola.Nowak@mail.example now", "en", "ola.nowak@MAIL.example"),
        ("The hotel’s pool", "en", "hotel's pool"),
        ("we said \u202eso\u202c be\u00adfore", "en", "before"),
        ("Never again😡😡", "en", "😡"),
        (
            "Thanks to the \U0001f469\U0001f3fd\u200d\U0001f373 of \U0001f1f5\U0001f1f1!",
            "en",
            "\U0001f469\u200d\U0001f373 \U0001f1f5\U0001f1f1",
        ),
    ],
)
def test_a_text_is_found(text: str, language: str | None, typed: str, ana: Agency, said: Callable[..., UUID]) -> None:
    wanted = said(text, language)
    said("Something else altogether, nothing of it", "en", author="Other Person")
    assert found(ana, typed) == [wanted]


def test_names_ids_and_places(ana: Agency, said: Callable[..., UUID]) -> None:
    link = "https://www.facebook.com/pennywell/posts/12345?comment_id=9"
    one = said("Hello there", author="Jan Wiśniewski", permalink=link)
    said("Jan is a month", author="Somebody Else")
    assert found(ana, "wisn") == [one], "a name's beginning, while typing"
    assert found(ana, "jan wisniewski") == found(ana, "JAN WI") == [one]
    assert found(ana, str(one)) == [one]
    assert found(ana, link) == [one]
    assert found(ana, "facebook.com/pennywell/posts/12345?comment_id=9") == [one]
    with ana.entered():
        row = db.session.execute(
            select(Conversation.external_id, Conversation.contact_id).where(Conversation.id == one)
        )
        external_id, contact_id = row.one()
        message_id = db.session.scalar(select(Message.id).where(Message.conversation_id == one))
    for number in (external_id, contact_id, message_id):
        assert found(ana, str(number)) == [one]
    said(f"Compare {one}, please", permalink="")
    assert found(ana, str(one)) == [one], "a number of ours leads there alone"
    assert page(ana, "wisn").hits[one].where == "person"
    assert page(ana, external_id).hits[one].where == "id"


def test_all_words_and_phrases(ana: Agency, said: Callable[..., UUID]) -> None:
    both = said("The delivery was late and cold", author="Maria Silva")
    other = said("Late. But the delivery man was kind", author="Maria Costa")
    assert set(found(ana, "delivery late")) == {both, other}
    assert found(ana, "delivery silva") == [both], "a word of the text and one of the name"
    assert found(ana, '"the delivery was late"') == [both]
    assert found(ana, '"delivery late"') == []
    assert found(ana, "deliv") == found(ana, "late deliv") != []
    assert found(ana, '"deliv"') == [], "in quotes a word is whole"
    assert found(ana, "the") == []


def test_notes_are_for_who_may_read_them(ana: Agency, said: Callable[..., UUID]) -> None:
    one = said("Where is it")
    with ana.entered(ana.staff):
        desk.add_note(ana.staff, one, "Called the courier, Zbigniew knows")
    assert found(ana, "courier") == [one]
    assert page(ana, "zbign").hits[one].where == "note"
    assert found(ana, "courier", with_notes=False) == []
    assert found(ana, "zbign", with_notes=False) == []


def test_the_words_are_marked_and_what_is_hidden_stays_so(ana: Agency, said: Callable[..., UUID]) -> None:
    one = said("<b>Nothing</b> yet. " * 12 + "My refund, write to jan@mail.example or 600 123 456")
    found(ana, "x")
    excerpt = page(ana, "refund").hits[one].excerpt
    assert "\x01refund\x02" in excerpt
    assert "•••" in excerpt
    assert "jan@" not in excerpt
    assert "\x01•••\x02" in page(ana, "600123456").hits[one].excerpt
    assert found(ana, "123") == [], "a part of a number finds nobody"


@pytest.mark.parametrize(
    "typed",
    ["%", "_", "'; drop table x --", "\\", "(", "a" * 10_000, "x " * 5_000, '"', '""', "“„«", "\u202e\u202d", "👍",
     "\x01\x02", "é" * 300, "\ud800", "1" * 300, "@", "#", "://", "www.", "https://", "~", "~x", "=",
     "\uffff\U0010ffff"],
)  # fmt: skip
def test_whatever_is_typed_is_a_search(typed: str, ana: Agency, said: Callable[..., UUID]) -> None:
    said("Nothing special")
    assert found(ana, typed) == []
    with ana.entered(ana.staff):
        assert desk.claim_next(ana.staff, QueueFilter(q=typed)) is None


def test_nothing_typed_is_no_search(ana: Agency, said: Callable[..., UUID]) -> None:
    one = said("Nothing special")
    assert found(ana, "") == [one]


def test_what_goes_is_gone_at_once(ana: Agency, said: Callable[..., UUID]) -> None:
    deleted, erased, joined = (
        said("secretword one"),
        said("secretword two", author="Ewa Nagła"),
        said("secretword three"),
    )
    assert len(found(ana, "secretword")) == 3
    with ana.entered():
        (message,) = db.session.scalars(select(Message).where(Message.conversation_id == deleted))
        message.deleted_at, message.text = clock.now(), ""
        person = db.session.scalar(
            select(Contact.external_id)
            .join(Conversation, Conversation.contact_id == Contact.id)
            .where(Conversation.id == erased)
        )
    assert words_of(ana, deleted) == set()
    with ana.entered():
        erasing.erase_person(str(person))
    assert words_of(ana, erased) == set()
    assert [row.id for row in page(ana, "secretword").rows] == [joined]
    assert page(ana, "nagła").rows == []
    with ana.entered():
        db.session.execute(update(Message).where(Message.conversation_id == joined).values(conversation_id=deleted))
    assert words_of(ana, joined) == set()
    assert found(ana, "secretword") == [deleted]
    with ana.entered():
        db.session.execute(delete(Conversation).where(Conversation.id == joined))
    index_words(ana.app)
    assert waiting(ana) == 0


def words_of(agency: Agency, conversation_id: UUID) -> set[str]:
    with agency.entered():
        return set(db.session.scalars(select(SearchWord.word).where(SearchWord.id == conversation_id)))


def waiting(agency: Agency) -> int:
    with agency.app.app_context():
        mine = select(func.count()).select_from(SearchDue).where(SearchDue.agency_id == agency.id)
        return int(db.session.scalar(mine) or 0)


def test_a_changed_text_is_found_by_its_new_words(ana: Agency, said: Callable[..., UUID]) -> None:
    one = said("Wrong colour")
    assert found(ana, "colour") == [one]
    with ana.entered():
        db.session.execute(update(Message).where(Message.conversation_id == one).values(text="Wrong size"))
    assert page(ana, "colour").rows == [], "the words are held against the text"
    assert found(ana, "size") == [one]
    assert "colour" not in words_of(ana, one)


def test_older_ones_are_gone_through_in_slices(ana: Agency, said: Callable[..., UUID]) -> None:
    ids = [said(f"Old words {n}") for n in range(5)]
    with ana.app.app_context():
        db.session.execute(delete(SearchDue).where(SearchDue.agency_id == ana.id))
        db.session.add(SearchDue(agency_id=ana.id, before_id=UUID(int=2**128 - 1)))
        db.session.commit()
    counts = []
    for _ in range(4):
        with ana.entered():
            counts.append(search_index.keep_older_words(2))
    assert counts == [2, 2, 1, 0]
    assert waiting(ana) == 0
    assert set(found(ana, "words")) == set(ids)


def test_two_who_read_at_once_leave_it_to_one(ana: Agency, said: Callable[..., UUID]) -> None:
    said("Twice")
    with ana.entered():
        assert search_index.keep_words() == 1
        with ana.entered():
            assert search_index.keep_words() == 0


def test_nobody_finds_beyond_their_brands(ana: Agency, stranger: Agency, make: Factory) -> None:
    ids = {brand: make.conversation(ana, brand=brand, text="shared word") for brand in (0, 1)}
    foreign = make.conversation(stranger, text="shared word")
    only_second = make.person(ana, Role.STAFF, only_brand_ids=[ana.brand_ids[1]])
    assert set(found(ana, "shared")) == set(ids.values())
    assert found(ana, "shared", only_second) == [ids[1]]
    assert found(ana, "shared", only_second, brand_ids=(ana.brand_ids[0],)) == []
    assert found(ana, "shared", brand_ids=(ana.brand_ids[0],)) == [ids[0]]
    for number in (ids[0], foreign):
        assert found(ana, str(number), only_second) == []


@pytest.fixture
def little() -> Iterator[Callable[[int], None]]:
    """So many places are rare from now on."""
    with ExitStack() as held:
        yield lambda rare: held.enter_context(little_search(rare))


@pytest.mark.parametrize("rare", [2_000, 5, 0])
@pytest.mark.parametrize("typed", ["common word", '"common"', "comm"])
def test_pages_follow_the_list_whether_words_are_rare_or_common(
    rare: int, typed: str, ana: Agency, said: Callable[..., UUID], little: Callable[[int], None]
) -> None:
    little(rare)
    ids = []
    for n in range(14):
        more = {"status": "closed"} if n % 3 == 0 else {}
        text = "common word" if n % 2 else "another thing"
        ids.append(said(text, rank=n % 4, age=timedelta(minutes=n), due_at=clock.now() - timedelta(hours=n), **more))
    index_words(ana.app)
    filters: list[dict[str, Any]] = [{}, {"status": "open"}, {"status": "closed"}, {"status": "open", "late": True}]
    filters += [{"brand_ids": tuple(ana.brand_ids[:1])}, {"platform": "facebook"}, {"stars": (1,)}]
    for wanted in filters:
        whole = [row.id for row in page(ana, "", **wanted).rows]
        with ana.entered():
            having = set(db.session.scalars(select(Message.conversation_id).where(Message.text == "common word")))
        seen: list[UUID] = []
        after: str | None = None
        for _ in range(30):
            one = page(ana, typed, after=after, limit=2, **wanted)
            assert len(one.rows) <= 2
            seen += [row.id for row in one.rows]
            after = one.next_cursor
            assert one.is_cut == (after is not None and len(one.rows) < 2), "a full page says nothing of parts"
            if after is None:
                break
        assert after is None
        assert seen == [number for number in whole if number in having]


def test_common_words_that_rarely_come_together_are_found_at_once(
    ana: Agency, said: Callable[..., UUID], little: Callable[[int], None]
) -> None:
    little(3)
    both = said("alpha beta", rank=1, age=timedelta(days=9))
    for n in range(8):
        said(f"{'alpha' if n % 2 else 'beta'} alone", rank=5 + n)
    for typed in ("alpha beta", '"alpha" "beta"'):
        assert found(ana, typed) == [both]
        assert found(ana, typed, status="open") == [both]
        assert found(ana, typed, brand_ids=(ana.brand_ids[0],)) == [both]
        assert page(ana, typed, status="open").next_cursor is None


@pytest.mark.parametrize("rare", [2_000, 0])
def test_what_is_opened_is_found_among_open_ones_at_once(
    rare: int, ana: Agency, said: Callable[..., UUID], little: Callable[[int], None]
) -> None:
    little(rare)
    one, other = said("The giraffe slept", status="closed"), said("A giraffe ate")
    assert found(ana, "giraffe", status="open") == [other]
    for status, wanted in (("open", {one, other}), ("snoozed", {other}), ("open", {one, other}), ("closed", {other})):
        with ana.entered():
            db.session.execute(update(Conversation).where(Conversation.id == one).values(status=status))
        for typed, without in (("giraffe", set()), ('"giraffe"', set()), ("giraffe sle", {other})):
            assert {row.id for row in page(ana, typed, status="open").rows} == wanted - without
        index_words(ana.app)
        assert {row.id for row in page(ana, "giraffe", status="open").rows} == wanted


def test_what_is_written_in_moves_to_the_top_with_its_words(ana: Agency, said: Callable[..., UUID]) -> None:
    older, newer = (said("A giraffe", age=timedelta(days=days)) for days in (2, 1))
    assert found(ana, '"giraffe"') == [newer, older]
    with ana.entered():
        db.session.execute(update(Conversation).where(Conversation.id == older).values(last_message_at=clock.now()))
    assert waiting(ana) == 1
    first = page(ana, '"giraffe"', limit=1)
    second = page(ana, '"giraffe"', after=first.next_cursor, limit=1)
    assert [row.id for row in (*first.rows, *second.rows)] == [newer, older], "each once until its words have moved"
    assert found(ana, '"giraffe"') == [older, newer]
    assert [row.id for row in page(ana, "giraffe", status="open").rows] != []


def test_a_common_word_and_a_number_both_find(
    ana: Agency, said: Callable[..., UUID], little: Callable[[int], None]
) -> None:
    little(1)
    by_number = said("Nothing of it", permalink="https://example.com/word", rank=9)
    by_words = [said("example.com/word again", rank=n) for n in range(3)]
    assert found(ana, "example.com/word", status="open")[0] == by_number
    assert page(ana, "example.com/word", status="open").hits[by_number].where == "id"
    assert set(by_words) >= set(found(ana, "example.com/word", status="open")[1:])


def test_a_rare_word_is_looked_up_and_listed_in_few_statements(
    ana: Agency, said: Callable[..., UUID], statements: Callable[[], list[str]]
) -> None:
    said("Nothing like a rhinoceros")
    found(ana, "rhinoceros")
    with ana.entered(ana.staff):
        list_conversations(QueueFilter(q="rhinoceros"))
        statements()
        assert len(list_conversations(QueueFilter(q="rhinoceros")).rows) == 1
        assert len(statements()) <= 3
        list_conversations(QueueFilter(q="unicorn"))
        assert len(statements()) == 1


def test_a_search_narrows_what_is_claimed_next(ana: Agency, said: Callable[..., UUID]) -> None:
    said("Something urgent", rank=90)
    wanted = said("Something with a giraffe", rank=1)
    index_words(ana.app)
    with ana.entered(ana.staff):
        assert desk.claim_next(ana.staff, QueueFilter(q="giraffe")) == wanted
        assert desk.claim_next(ana.staff, QueueFilter(q=str(new_id()))) is None
