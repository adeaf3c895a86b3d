"""The queue as a list, its counts, and a conversation whole."""

from __future__ import annotations

import itertools
import random
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from sqlalchemy import event, select, update

from agency.inbox import desk, labelling, labels, queue_lists
from agency.inbox.filters import cursor_of, read_cursor
from agency.inbox.models import Conversation, Message
from agency.inbox.queries import QueueFilter, brand_names, get_conversation, list_conversations, queue_state
from agency.inbox.signs import numbers_with
from jobs.indexing import index_words
from tenants import clock
from tenants.database import db, new_id
from tenants.errors import Invalid, NotFound
from tenants.models import Brand
from tenants.permissions import Role
from tests.factories import Agency, Factory


def listed(agency: Agency, wanted: QueueFilter | None = None, **more: Any) -> list[UUID]:
    with agency.entered(agency.staff):
        return [r.id for r in list_conversations(wanted or QueueFilter(), me=agency.staff.user_id, **more).rows]


def test_the_highest_rank_stands_first_and_ties_by_age(ana: Agency, make: Factory) -> None:
    ids = [make.conversation(ana, rank=rank) for rank in (5, 9, 5)]
    assert listed(ana) == [ids[1], ids[2], ids[0]]


def test_pages_neither_skip_nor_repeat_while_others_arrive(ana: Agency, make: Factory) -> None:
    account = make.account(ana)
    ids = [make.conversation(ana, account_id=account, rank=n % 3) for n in range(7)]
    seen: list[UUID] = []
    cursor = None
    for _ in range(10):
        with ana.entered(ana.staff):
            page = list_conversations(QueueFilter(), cursor, 2)
        seen += [row.id for row in page.rows]
        make.conversation(ana, account_id=account, rank=100)
        cursor = page.next_cursor
        if cursor is None:
            break
    assert len(seen) == len(set(seen))
    assert set(ids) <= set(seen)


def test_every_filter_keeps_what_it_says(ana: Agency, make: Factory) -> None:
    plain = make.conversation(ana, text="Where is my order?", author="Zoe 100%")
    review = make.conversation(ana, brand=1, platform="google_business", kind="review", language="pl", stars=1)
    waiting = make.conversation(ana, reply_state="awaiting_approval", text="50_percent")
    late = make.conversation(ana, due_at=clock.now() - timedelta(minutes=1))
    later = make.conversation(ana, due_at=clock.now() - timedelta(minutes=2))
    closed = make.conversation(ana, status="closed", closed_reason="stars_only")
    with ana.entered(ana.staff):
        desk.claim(ana.staff, plain)
    assert set(listed(ana)) == {plain, review, waiting, late, later}
    assert listed(ana, QueueFilter(brand_ids=(ana.brand_ids[1],))) == [review]
    assert set(listed(ana, QueueFilter(brand_ids=tuple(ana.brand_ids[:2])))) == {plain, review, waiting, late, later}
    assert listed(ana, QueueFilter(platform="google_business", kind="review", language="pl")) == [review]
    assert listed(ana, QueueFilter(reply_state="awaiting_approval")) == [waiting]
    assert listed(ana, QueueFilter(late=True)) == [later, late]
    assert listed(ana, QueueFilter(holder="me")) == [plain]
    assert listed(ana, QueueFilter(holder=ana.team_lead.user_id)) == []
    assert plain not in listed(ana, QueueFilter(holder="free"))
    assert listed(ana, QueueFilter(status="closed")) == [closed]
    assert set(listed(ana, QueueFilter(status=None))) == {plain, review, waiting, late, later, closed}
    index_words(ana.app)
    assert listed(ana, QueueFilter(q="zoe 100%")) == [plain]
    assert listed(ana, QueueFilter(q="50_p")) == [waiting]
    assert listed(ana, QueueFilter(q="%")) == [], "a search is words, not a pattern"
    assert listed(ana, QueueFilter(q=str(late))) == [late]
    assert listed(ana, QueueFilter(q="\x00")) != []
    for nonsense in (QueueFilter(status="gone"), QueueFilter(holder=str(ana.staff.user_id))):
        with pytest.raises(Invalid):
            listed(ana, nonsense)


def test_late_and_closed_lists_have_pages_too(ana: Agency, make: Factory) -> None:
    account = make.account(ana)
    for n in range(3):
        make.conversation(ana, account_id=account, due_at=clock.now() - timedelta(minutes=n + 1))
        make.conversation(ana, account_id=account, status="closed", age=timedelta(minutes=n))
    for wanted in (QueueFilter(late=True), QueueFilter(status="closed")):
        with ana.entered(ana.staff):
            whole = [r.id for r in list_conversations(wanted).rows]
            first = list_conversations(wanted, limit=2)
            rest = list_conversations(wanted, first.next_cursor, 2)
        assert [r.id for r in (*first.rows, *rest.rows)] == whole
        assert rest.next_cursor is None


def test_somebody_of_few_brands_has_every_list_in_its_order(ana: Agency, make: Factory) -> None:
    """Their lists are put together from their brands' own; page by page they hold what the agency's own do."""
    accounts = [make.account(ana, brand=number) for number in range(len(ana.brand_ids))]
    for n in range(18):
        status = ("open", "snoozed", "closed")[n % 3]
        due_at = clock.now() - timedelta(minutes=n * 7 % 5 + 1) if status == "open" and n % 4 else None
        make.conversation(
            ana,
            brand=n // 3 % len(accounts),
            account_id=accounts[n // 3 % len(accounts)],
            rank=n * 5 % 7,
            age=timedelta(minutes=n * 11 % 17),
            status=status,
            due_at=due_at,
        )
    few = make.person(ana, Role.STAFF, only_brand_ids=ana.brand_ids[1:])
    lists = [QueueFilter(), QueueFilter(late=True), QueueFilter(status=None), QueueFilter(status="closed")]
    for wanted in (*lists, *(one._replace(brand_ids=tuple(ana.brand_ids)) for one in lists)):
        with ana.entered(ana.agency_admin):
            expected = [r.id for r in list_conversations(wanted).rows if r.brand_id != ana.brand_ids[0]]
        seen: list[UUID] = []
        cursor = None
        with ana.entered(few):
            while True:
                page = list_conversations(wanted, cursor, 2, with_accounts=len(seen) % 4 == 0)
                seen += [row.id for row in page.rows]
                cursor = page.next_cursor
                if cursor is None:
                    break
        assert seen == expected
        assert expected


ASKED_OF_EACH: list[dict[str, Any]] = [
    {"language": ("fi",)},
    {"language": ("pl", "none"), "kind": "comment"},
    {"act": ("complaint",)},
    {"sentiment": ("negative", "none"), "stars": (1, 2)},
    {"platform": ("google_business",), "holder": "free"},
    {"reply_state": ("draft", "none")},
    {"reply_state": "draft", "language": "pl"},
    {"late": True, "act": ("praise", "complaint")},
    {"holder": "me", "language": "en"},
    {"label_ids": (0,), "kind": "comment"},
    {"label_ids": (0, 1), "language": "en"},
    {"topic_ids": (0,)},
    {"signs": numbers_with(["vip", "timed"])},
]
"""What no index has in the list's order; labels and topics by their number."""


def test_what_no_index_has_in_order_is_looked_for_a_stretch_at_a_time(
    ana: Agency, make: Factory, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Page by page a list holds all that has the filter, in its order, however short the stretches looked through.

    A page that found too few says that the list goes on. Looked up without any of the product's reading.
    """
    monkeypatch.setattr(queue_lists, "WALKED", 8)
    monkeypatch.setattr(queue_lists, "WALKED_IN_TABLE", 4)
    monkeypatch.setattr(queue_lists, "LEAST_WALKED", 2)
    accounts = [make.account(ana, brand=number) for number in range(len(ana.brand_ids))]
    topic, drawn, cases = new_id(), random.Random(5), list[UUID]()
    for n in range(40):
        held = n % 5 == 0
        cases.append(
            make.conversation(
                ana,
                brand=n % len(accounts),
                account_id=accounts[n % len(accounts)],
                rank=n * 5 % 7,
                age=timedelta(minutes=n * 11 % 17),
                status=drawn.choice(("open", "open", "snoozed", "closed")),
                language=drawn.choice(("pl", "en", "fi", None)),
                kind=drawn.choice(("comment", "review")),
                platform=drawn.choice(("facebook", "google_business")),
                stars=drawn.choice((1, 2, 5, None)),
                act=drawn.choice(("complaint", "praise", None)),
                sentiment=drawn.choice(("negative", None)),
                topic_ids=[topic] if n % 7 == 0 else [],
                reply_state=drawn.choice(("draft", "awaiting_approval", None)),
                signs=drawn.choice((0, 0, 1, 2, 5)),
                due_at=clock.now() - timedelta(minutes=n % 5 + 1) if n % 4 else None,
                holder_id=ana.staff.user_id if held else None,
                holder_name=ana.staff.name if held else None,
                held_until=clock.now() + timedelta(hours=1) if held else None,
            )
        )
    with ana.entered(ana.agency_admin):
        named = [labels.create_label(ana.agency_admin, None, name).id for name in ("A", "B")]
        labelling.put_on(ana.agency_admin, cases[::3], named[:1])
        labelling.put_on(ana.agency_admin, cases[::4], named[1:])
    few = make.person(ana, Role.STAFF, only_brand_ids=ana.brand_ids[1:])
    stored: dict[UUID, list[Conversation]] = {}
    for reader in (ana.agency_admin, few):
        with ana.entered(reader):
            stored[reader.user_id] = list(db.session.scalars(select(Conversation)).all())
            db.session.expunge_all()
    cut = 0
    asked_by = itertools.product((ana.agency_admin, few), ASKED_OF_EACH, ("open", "closed", None))
    for turn, (reader, asked, status) in enumerate(asked_by):
        # Each filter meets each number of brands, and each status does; three by three by three they would all meet.
        brand_count = (0, 1, 3)[(turn + turn // 3) % 3]
        chosen: dict[str, Any] = {**asked, "status": status, "brand_ids": tuple(ana.brand_ids[-brand_count:]) or None}
        if brand_count == 0:
            chosen["brand_ids"] = None
        if "label_ids" in asked:
            chosen["label_ids"] = tuple(named[n] for n in asked["label_ids"])
        if "topic_ids" in asked:
            chosen["topic_ids"] = (topic,)
        wanted = QueueFilter(**chosen)
        every = stored[reader.user_id]
        expected = [one.id for one in sorted(every, key=_place(wanted)) if _has(one, wanted, ana.staff.user_id)]
        seen: list[UUID] = []
        cursor, pages = None, 0
        with ana.entered(reader):
            while True:
                page = list_conversations(wanted, cursor, 3, me=ana.staff.user_id, with_accounts=pages % 2 == 0)
                seen += [row.id for row in page.rows]
                cursor, pages = page.next_cursor, pages + 1
                cut += page.is_cut and not page.rows
                assert page.is_cut == (cursor is not None and len(page.rows) < 3), wanted
                if cursor is None or pages > 50:
                    break
        assert seen == expected, wanted
    assert cut, "no stretch was empty"
    asked: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_others: Any) -> None:
        asked.append(statement)

    with ana.entered(few):
        event.listen(db.engine, "before_cursor_execute", note)
        list_conversations(QueueFilter(language=("fi",)), None, 3, with_accounts=False)
        event.remove(db.engine, "before_cursor_execute", note)
    assert len([one for one in asked if " conversation" in one]) == 1, "what was asked and its end are of one moment"


def _place(wanted: QueueFilter) -> Callable[[Conversation], Any]:
    if wanted.late:
        return lambda one: (one.due_at or clock.now(), one.id)
    if wanted.status == "open":
        return lambda one: (-one.rank, -one.id.int)
    return lambda one: (-one.last_message_at.timestamp(), -one.id.int)


def _has(one: Conversation, wanted: QueueFilter, me: UUID) -> bool:
    def among(name: str) -> bool:
        given = getattr(wanted, name)
        given = (given,) if isinstance(given, str) else given
        return given is None or (getattr(one, name) or "none") in given

    is_late = one.status == "open" and one.due_at is not None and one.due_at < clock.now()
    return (
        all(map(among, ("language", "kind", "act", "sentiment", "stars", "platform", "reply_state", "signs")))
        and wanted.status in (None, one.status)
        and (wanted.brand_ids is None or one.brand_id in wanted.brand_ids)
        and (wanted.holder is None or one.holder_id == (me if wanted.holder == "me" else None))
        and (not wanted.late or is_late)
        and (wanted.label_ids is None or bool(set(wanted.label_ids) & set(one.label_ids)))
        and (wanted.topic_ids is None or bool(set(wanted.topic_ids) & set(one.topic_ids)))
    )


def test_nobody_sees_beyond_their_brands(ana: Agency, stranger: Agency, make: Factory) -> None:
    first, second, foreign = make.conversation(ana), make.conversation(ana, brand=1), make.conversation(stranger)
    only_second = make.person(ana, Role.STAFF, only_brand_ids=[ana.brand_ids[1]])
    with ana.entered(only_second):
        assert [r.id for r in list_conversations(QueueFilter()).rows] == [second]
        assert [r.id for r in list_conversations(QueueFilter(brand_ids=(ana.brand_ids[0],))).rows] == []
        assert [r.id for r in list_conversations(QueueFilter(q=str(first))).rows] == []
        state = queue_state(only_second.user_id)
        assert (state.brand_count, state.busiest, state.open_count) == (1, [ana.brand_ids[1]], 1)
        assert list(brand_names(state.names)) == [ana.brand_ids[1]]
        assert queue_state(only_second.user_id, brand_ids=(ana.brand_ids[0],)).asked_for == 0
    for hidden in (first, foreign, new_id()):
        with ana.entered(only_second), pytest.raises(NotFound) as refused:
            get_conversation(hidden)
        assert (refused.value.message, refused.value.fields) == (NotFound().message, {})


@given(st.text(max_size=60))
@example("")
@example("A" * 2000)
@example("/////w==")
def test_a_cursor_that_is_not_ours_is_refused(word: str) -> None:
    for kind in ("rank", "due"):
        with pytest.raises(Invalid):
            read_cursor(word, kind)


@given(rank=st.integers(-(2**31) + 1, 2**31 - 1), number=st.uuids())
def test_a_cursor_comes_back_as_it_was(rank: int, number: UUID) -> None:
    word = cursor_of("rank", rank, number)
    assert read_cursor(word, "rank") == (rank, number)
    assert word.replace("-", "").replace("_", "").isalnum()
    with pytest.raises(Invalid):
        read_cursor(word, "past")
    with pytest.raises(Invalid):
        read_cursor(word[:-3] + ("AAA" if word[-3:] != "AAA" else "BBB"), "rank")


def test_counts_are_of_the_scope_and_capped(ana: Agency, make: Factory) -> None:
    start = clock.now()
    account = make.account(ana)
    late = make.conversation(ana, account_id=account, due_at=start - timedelta(minutes=1))
    make.conversation(ana, brand=1, reply_state="awaiting_approval")
    with ana.entered(ana.staff):
        desk.claim(ana.staff, late)
        start = clock.now()
        before = queue_state(ana.staff.user_id, since=start)
        names = brand_names(before.names)
    assert [brand.name for brand in names.values()] == ["Bursztynowa", "Pennywell", "Sol Poente"]
    assert (before.open_count, before.held_count, before.awaiting_approval_count) == (2, 1, 1)
    assert {names[brand_id].name for brand_id in before.busiest[:2]} == {"Bursztynowa", "Pennywell"}
    assert (before.mine, before.late, before.newer) == (1, 1, 0)
    make.conversation(ana, account_id=account, age=timedelta(hours=5))
    with ana.entered(ana.staff):
        after = queue_state(ana.staff.user_id, since=start)
        elsewhere = queue_state(ana.staff.user_id, since=start, brand_ids=(ana.brand_ids[1],))
    assert after.newer == 1
    assert elsewhere.newer == 0
    assert (elsewhere.open_count, elsewhere.held_count, elsewhere.asked_for, elsewhere.brand_count) == (1, 0, 1, 3)
    assert after.versions == elsewhere.versions != before.versions
    assert after.names == before.names


def test_a_new_name_is_shown_at_once(ana: Agency) -> None:
    with ana.entered(ana.staff):
        before = queue_state(ana.staff.user_id)
        assert "Aurora" not in {brand.name for brand in brand_names(before.names).values()}
        db.session.execute(update(Brand).where(Brand.id == ana.brand_ids[1]).values(name="Aurora"))
        after = queue_state(ana.staff.user_id)
        assert after.names != before.names
        assert brand_names(after.names)[ana.brand_ids[1]].name == "Aurora"
        # Names read for a state that is over already are not kept for it.
        assert brand_names(7)[ana.brand_ids[1]].name == "Aurora"
        db.session.execute(update(Brand).where(Brand.id == ana.brand_ids[1]).values(name="Borealis"))
        assert brand_names(7)[ana.brand_ids[1]].name == "Borealis"


def test_list_counts_and_conversation_are_one_statement_each(
    ana: Agency, make: Factory, statements: Callable[[], list[str]]
) -> None:
    case = make.conversation(ana)
    with ana.entered(ana.staff):
        list_conversations(QueueFilter())
        for read in (
            lambda: list_conversations(QueueFilter(brand_ids=tuple(ana.brand_ids))),
            lambda: queue_state(ana.staff.user_id, since=clock.now()),
            lambda: get_conversation(case),
        ):
            statements()
            read()
            assert len(statements()) == 1


def test_a_conversation_comes_whole(ana: Agency, make: Factory) -> None:
    account = make.account(ana)
    case = make.conversation(ana, account_id=account, text="Cold soup", stars=1)
    other = make.conversation(ana, account_id=account, text="Earlier words")
    make.conversation(ana, account_id=account, text="Somebody else")
    with ana.entered():
        contact = db.session.scalars(select(Conversation.contact_id).where(Conversation.id == case)).one()
        for row in db.session.scalars(select(Conversation).where(Conversation.id == other)):
            row.contact_id = contact
        for row in db.session.scalars(select(Message).where(Message.conversation_id == case)):
            row.deleted_at = clock.now()
    with ana.entered(ana.staff):
        desk.add_note(ana.staff, case, "first")
        desk.add_note(ana.staff, case, "second")
        view = get_conversation(case)
    assert (view.brand_name, view.contact_name, view.stars) == ("Pennywell", "Test Customer", 1)
    assert [(m.text, m.deleted_at is not None) for m in view.messages] == [("", True)], "what is gone is not shown"
    assert [n.text for n in view.notes] == ["first", "second"]
    assert [(e.id, e.excerpt, e.is_answered) for e in view.earlier] == [(other, "Earlier words", False)]
    assert view.more_before is None


def test_long_threads_come_in_parts(ana: Agency, make: Factory) -> None:
    case = make.conversation(ana)
    with ana.entered():
        first = db.session.scalars(select(Message).where(Message.conversation_id == case)).one()
        for n in range(1, 250):
            db.session.add(
                Message(
                    agency_id=ana.id,
                    brand_id=first.brand_id,
                    conversation_id=case,
                    account_id=first.account_id,
                    external_id=f"more-{n}",
                    direction="in",
                    text=str(n),
                    written_at=first.written_at + timedelta(seconds=n // 2),
                    content_hash=bytes(32),
                )
            )
    with ana.entered(ana.staff):
        newest = get_conversation(case)
        assert newest.more_before is not None
        older = get_conversation(case, before=newest.more_before)
    assert (len(newest.messages), len(older.messages)) == (200, 50)
    assert older.more_before is None
    moments = [m.written_at for m in (*older.messages, *newest.messages)]
    assert moments == sorted(moments)
    assert len({m.id for m in (*older.messages, *newest.messages)}) == 250
