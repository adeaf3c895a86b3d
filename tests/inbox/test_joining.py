"""What stands beneath may be told first: whatever the order and the pieces, the same conversations are left."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from itertools import permutations
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import delete, func, select

import agency.replies.models  # noqa: F401 - its tables are asked for below
from agency.inbox import outgoing
from agency.inbox.intake import store_page
from agency.inbox.models import Contact, Conversation, KeptMedia, Message, Note, QueueCounter
from channels.items import Author, IncomingItem, PostContext
from channels.models import Account
from channels.scripted_transport import json_answer
from styleguides.empowerment_ledger import give
from styleguides.empowerment_limits import change_limits
from styleguides.empowerment_room import Place
from tenants import clock
from tenants.database import Base, db, new_id
from tenants.models import OutboxEntry
from tests.channels.test_meta_events import answered, changed, mentioned, only, read
from tests.factories import Agency, Factory
from tests.inbox.items import comment, page

NOW = clock.now().replace(microsecond=0)
"""Of now and not of a day: how far back is looked goes by when rows were made."""
POST = PostContext("900_1", None, None, None)
OURS = PostContext("900_2", "Autumn menu", None, "photo")


def told(number: int, words: str, **more: Any) -> IncomingItem:
    return comment(number, words, created_at=NOW + timedelta(seconds=number - 60), **more)


def visitor_post() -> IncomingItem:
    return told(0, "Is the pool open?", external_id="900_1", thread_external_id="900_1", kind="post")


@pytest.fixture
def facebook(make: Factory, ana: Agency) -> UUID:
    return make.account(ana, platform="facebook")


@pytest.fixture
def store(ana: Agency, facebook: UUID) -> Callable[..., None]:
    def keep(*items: IncomingItem, **more: Any) -> None:
        with ana.entered():
            account = db.session.scalars(select(Account).where(Account.id == facebook)).one()
            store_page(account, page(*items), now=NOW, **more)

    return keep


def conversations(agency: Agency) -> dict[str, tuple[Any, ...]]:
    """What stands in the queue, by the platform's name of the thread, and whose messages are in it."""
    with agency.entered():
        messages: dict[UUID, list[str]] = {}
        for row in db.session.execute(select(Message.conversation_id, Message.external_id)):
            messages.setdefault(row.conversation_id, []).append(row.external_id)
        return {
            c.external_id: (
                *(c.kind, c.status, c.message_count, c.excerpt, c.author_name, c.rank, c.due_at, c.context),
                *(c.last_message_at, c.last_customer_at, tuple(sorted(messages.pop(c.id)))),
            )
            for c in db.session.scalars(select(Conversation))
        }


STORIES: dict[str, tuple[IncomingItem, ...]] = {
    "comments beneath a visitor's post": (
        visitor_post(),
        told(1, "Good question", context=POST),
        told(2, "Yes, it is", under=1, context=POST),
        told(3, "I asked, too", context=POST),
    ),
    "replies to replies": (
        told(1, "Where is my order?", context=OURS),
        told(2, "Mine, too", under=1, context=OURS),
        told(3, "And mine?", under=2, context=OURS),
        told(4, "On its way", under=3, context=OURS, from_us=True),
    ),
    "one taken back": (
        visitor_post(),
        told(1, "Good question", context=POST),
        told(2, "", under=1, context=POST, deleted=True),
        told(3, "Yes", under=2, context=POST),
    ),
}


@pytest.mark.parametrize("story", STORIES)
@pytest.mark.parametrize("order", list(permutations(range(4))), ids=str)
def test_any_order_leaves_the_same_conversations(
    ana: Agency, make: Factory, store: Callable[..., None], story: str, order: tuple[int, ...]
) -> None:
    items = STORIES[story]
    for place in order:
        store(items[place], known_stay=True)
        store(items[place], known_stay=True)
    (found,) = conversations(ana).items()
    assert found[0] == items[0].external_id
    assert found[1][0] == items[0].kind
    assert found[1][-1] == tuple(sorted(item.external_id for item in items))
    with ana.entered():
        counters = db.session.execute(
            select(func.sum(QueueCounter.open_count + QueueCounter.closed_count))
        ).scalar_one()
        assert counters == 1
        db.session.execute(delete(Message))
        db.session.execute(delete(Conversation))
    store(*items)
    (whole,) = conversations(ana).items()
    assert found == whole


def everything_apart(store: Callable[..., None]) -> tuple[IncomingItem, ...]:
    """As before joining was known: each of them begins a conversation of its own, and all of them are stored."""
    items = STORIES["comments beneath a visitor's post"]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("agency.inbox.joining.told_before", lambda *_: [])
        for item in reversed(items):
            store(item, known_stay=True)
    return items


def test_a_poll_that_brings_nothing_new_joins_what_stands_apart(ana: Agency, store: Callable[..., None]) -> None:
    items = everything_apart(store)
    assert len(conversations(ana)) > 1
    store(*items)
    assert [(name, facts[0], facts[2]) for name, facts in conversations(ana).items()] == [("900_1", "post", 4)]
    versions = _versions(ana)
    store(*items)
    assert _versions(ana) == versions, "nothing is written twice"


def _versions(agency: Agency) -> list[int]:
    with agency.entered():
        return list(db.session.scalars(select(Conversation.version)))


WORK: dict[str, dict[str, Any]] = {
    "held": {"holder_id": new_id(), "holder_name": "Ana", "held_since": NOW, "held_until": NOW},
    "answered": {"reply_state": "awaiting_approval"},
    "looked at": {"looked_at": NOW},
    "put off": {"status": "snoozed", "snoozed_until": NOW + timedelta(days=1)},
    "closed by a person": {"status": "closed", "closed_reason": "resolved"},
    "noted": {},
    "given in": {},
}


@pytest.mark.parametrize("work", WORK)
def test_what_somebody_works_on_stays_and_takes_the_rest_in(ana: Agency, store: Callable[..., None], work: str) -> None:
    items = everything_apart(store)
    worked_on = _begin_work(ana, "post_1", work)
    store(*items)
    with ana.entered():
        (kept,) = db.session.scalars(select(Conversation))
        assert (kept.id, kept.external_id, kept.kind, kept.message_count) == (worked_on, "900_1", "post", 4)
        assert kept.excerpt == items[3].text
        if work in ("held", "looked at"):
            assert {name: getattr(kept, name) for name in WORK[work]} == WORK[work]
        promised = db.session.scalars(select(OutboxEntry).where(OutboxEntry.job_name == "recheck_waiting_replies"))
        assert [one.ids["conversation_id"] for one in promised] == ([str(kept.id)] if work == "answered" else [])


def test_where_two_are_worked_on_nothing_is_taken_away(ana: Agency, store: Callable[..., None]) -> None:
    items = everything_apart(store)
    ours = {_begin_work(ana, "900_1", "noted"), _begin_work(ana, "post_1", "held")}
    store(*items)
    with ana.entered():
        assert set(db.session.scalars(select(Conversation.id))) == ours
        assert db.session.execute(select(func.count(Note.id))).scalar_one() == 1
    store(*items)
    assert len(conversations(ana)) == 2


def _begin_work(agency: Agency, external_id: str, work: str) -> UUID:
    with agency.entered():
        found = db.session.scalars(select(Conversation).where(Conversation.external_id == external_id)).one()
        for name, value in WORK[work].items():
            setattr(found, name, value)
        if work == "noted":
            note = Note(agency_id=found.agency_id, brand_id=found.brand_id, conversation_id=found.id)
            note.author_id, note.author_name, note.text = new_id(), "Ana", "Ask the kitchen."
            db.session.add(note)
        if work == "given in":
            limit = {"guideline_id": None, "kind": "case", "amount_minor": 500}
            change_limits(agency.team_lead, found.brand_id, "EUR", [limit], 0)
            place = Place(found.brand_id, found.id, found.contact_id)
            give(agency.team_lead, place, 500, "For the wait", currency="EUR")
        db.session.flush()
        return found.id


def test_another_accounts_and_another_tenants_conversations_are_left_alone(
    ana: Agency, stranger: Agency, make: Factory, store: Callable[..., None]
) -> None:
    items = STORIES["comments beneath a visitor's post"]
    for whose, brand in ((ana, 0), (ana, 1), (stranger, 0)):
        other = make.account(whose, brand=brand, platform="facebook")
        with whose.entered():
            account = db.session.scalars(select(Account).where(Account.id == other)).one()
            store_page(account, page(items[1]), now=NOW, known_stay=True)
    store(*items)
    with ana.entered():
        assert sorted(db.session.scalars(select(Conversation.message_count))) == [1, 1, 4]
    assert [facts[2] for facts in conversations(stranger).values()] == [1]


def test_a_copy_of_media_goes_with_its_message(ana: Agency, store: Callable[..., None]) -> None:
    items = everything_apart(store)
    with ana.entered():
        shown = db.session.scalars(select(Message).where(Message.external_id == "post_1")).one()
        names = {"agency_id": shown.agency_id, "brand_id": shown.brand_id}
        db.session.add(KeptMedia(**names, conversation_id=shown.conversation_id, message_id=shown.id, position=0))
    store(*items)
    with ana.entered():
        (kept,) = db.session.scalars(select(Conversation.id))
        assert db.session.scalars(select(KeptMedia.conversation_id)).one() == kept


def test_whatever_hangs_on_a_conversation_is_known_to_joining() -> None:
    """Messages and copies move; whoever has one of the others was worked on, and is never deleted."""
    hanging = {
        table.name
        for table in Base.metadata.tables.values()
        for key in table.foreign_keys
        if key.column.table.name == "conversation"
    }
    moved = {"message", "kept_media", "triage_deed"}
    worked_on = {"note", "moderation_deed", "reply", "draft_version", "ledger_line", "customer_promise", "kept_case"}
    worked_on |= {"comeback", "loop_asking", "incident_case", "handover_case"}
    assert hanging == moved | worked_on | {"conversation_label", "conversation", "clock_outcome"}, (
        "a label or a merge says that it was worked on; how a clock ended goes with it"
    )


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_a_tag_in_a_picture_takes_an_answer_once_its_words_are_said_to_name_us(
    ana: Agency, make: Factory, order: tuple[int, ...]
) -> None:
    profile = make.account(ana, platform="instagram")
    tagged = told(1, "Lunch at pennywell", kind="mention", external_id="77", thread_external_id="77")
    for number in order:
        with ana.entered():
            account = db.session.scalars(select(Account).where(Account.id == profile)).one()
            store_page(account, page((tagged, replace(tagged, names_us=True))[number]), now=NOW)
    with ana.entered():
        case = db.session.scalars(select(Conversation)).one()
        assert case.context.get("names_us") is True
        assert not outgoing.is_photo_tag(case.platform, case.kind, case.external_id, case.context, "77")
        assert outgoing.is_photo_tag(case.platform, case.kind, case.external_id, {}, "77")
        assert not outgoing.is_photo_tag(case.platform, case.kind, case.external_id, {"external_id": "77"}, "78")


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_a_comment_on_our_page_that_names_us_is_one_comment_in_any_order(
    ana: Agency, store: Callable[..., None], order: tuple[int, ...]
) -> None:
    value = {"item": "comment", "verb": "add", "post_id": "100_7", "comment_id": "7_8", "message": "@brand hi"}
    person = {"id": "900", "name": "A. Person"}
    by_feed = only(read("facebook", changed("facebook", "feed", {**value, "parent_id": "100_7", "from": person})))
    shown = {"id": "7_8", "message": "@brand hi", "created_time": "2026-11-22T11:59:00+0000", "from": person}
    by_mention = only(answered("facebook", changed("facebook", "mention", value), json_answer(shown)))
    for number in order:
        store((by_feed, by_mention)[number], known_stay=number == 0)
    ((name, (kind, *_rest)),) = conversations(ana).items()
    assert (name, kind) == ("7_8", "comment")


@pytest.mark.parametrize("parent_id", [None, "21"])
@pytest.mark.parametrize("order", list(permutations(range(3))), ids=str)
def test_a_comment_under_our_media_that_names_us_is_one_comment_in_any_order(
    ana: Agency, make: Factory, order: tuple[int, ...], parent_id: str | None
) -> None:
    """Told as a comment and as a mention, and found by a poll."""
    profile = make.account(ana, platform="instagram")
    stamp, owner = "2026-11-22T11:50:00+0000", {"owner": {"id": "100"}, "username": "thebrand"}
    person = {"id": "900", "username": "ann"}
    words = {"id": "22", "text": "@thebrand hi", "from": person}
    words |= {"parent_id": parent_id} if parent_id else {}
    by_comments = read("instagram", changed("instagram", "comments", {**words, "media": {"id": "5"}}))
    alone = {**words, "timestamp": stamp, "username": "ann", "media": {"id": "5", **owner}}
    by_mentions = mentioned(json_answer(alone), comment_id="22")
    listed = told(
        10,
        "@thebrand hi",
        external_id="22",
        thread_external_id=parent_id or "22",
        parent_external_id=parent_id,
        author=Author("900", "ann"),
    )
    for number in order:
        with ana.entered():
            account = db.session.scalars(select(Account).where(Account.id == profile)).one()
            found = (only(by_comments), only(by_mentions), listed)[number]
            store_page(account, page(found), now=NOW, known_stay=number == 0)
    ((name, (kind, *_rest)),) = conversations(ana).items()
    assert (name, kind) == (parent_id or "22", "comment")
    with ana.entered():
        shown = db.session.execute(select(Message.external_id, Message.text, Message.author_name)).all()
        assert [tuple(row) for row in shown] == [("22", "@thebrand hi", "ann")]
        assert list(db.session.scalars(select(Contact.external_id))) == ["900"]
