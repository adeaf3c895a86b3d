"""Each item stored exactly once, whatever arrives how often and in which order."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime
from threading import Barrier, Thread
from typing import Any
from uuid import UUID

import pytest
from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select, update

from agency.inbox.contacts.names import is_seen
from agency.inbox.incoming import REPLY_SUFFIX
from agency.inbox.intake import Stored, mark_gone, store_page
from agency.inbox.models import Contact, Conversation, Message, QueueCounter
from agency.inbox.sent import link_reply, record_sent
from channels.items import Author, IncomingItem, Page, PostContext, SetAside
from channels.models import Account, SetAsideItem
from tenants.database import db, new_id
from tenants.models import OutboxEntry
from tenants.outbox import JobName
from tests.factories import Agency, Factory
from tests.inbox.items import answer, at, comment, page, review

NOW = at(600)


def keep(agency: Agency, account_id: UUID, *items: IncomingItem, now: datetime = NOW, **more: Any) -> Stored:
    with agency.entered():
        account = db.session.scalars(select(Account).where(Account.id == account_id)).one()
        return store_page(account, page(*items, **more), now=now)


def state(agency: Agency) -> dict[str, Any]:
    """Everything a reader could see, without our ids and without how it came to be."""
    with agency.entered():
        conversations = {
            c.external_id: (
                c.status,
                c.closed_reason,
                c.rank,
                c.excerpt,
                c.author_name,
                c.stars,
                c.message_count,
                c.last_message_at,
                c.last_customer_at,
                c.due_at,
                c.language,
            )
            for c in db.session.scalars(select(Conversation))
        }
        threads = {c.id: c.external_id for c in db.session.scalars(select(Conversation))}
        contacts = {c.id: (c.external_id, c.name) for c in db.session.scalars(select(Contact))}
        messages = {
            m.external_id: (
                threads[m.conversation_id],
                m.direction,
                m.text,
                m.stars,
                m.written_at,
                m.edited_at,
                m.moderation,
                m.deleted_at is not None,
                contacts.get(m.contact_id) if m.contact_id else None,
            )
            for m in db.session.scalars(select(Message))
        }
        return {"conversations": conversations, "messages": messages, "contacts": sorted(contacts.values())}


@pytest.fixture
def google(make: Factory, ana: Agency) -> UUID:
    return make.account(ana, platform="google_business")


@pytest.fixture
def facebook(make: Factory, ana: Agency) -> UUID:
    return make.account(ana, platform="facebook")


def conversation(agency: Agency, external_id: str) -> Conversation:
    with agency.entered():
        found = db.session.scalars(select(Conversation).where(Conversation.external_id == external_id)).one()
        db.session.expunge(found)
        return found


def message(agency: Agency, external_id: str) -> Message:
    with agency.entered():
        found = db.session.scalars(select(Message).where(Message.external_id == external_id)).one()
        db.session.expunge(found)
        return found


def test_comments_become_conversations_with_their_answers_beneath(ana: Agency, facebook: UUID) -> None:
    post = PostContext("post", "Autumn menu", None, "photo")
    stored = keep(ana, facebook, comment(1, context=post), comment(2, "Same here", under=1), comment(3, "Lovely!"))
    assert stored._replace(arrived=()) == Stored(new=3)
    assert stored.arrived == tuple(("comment", at(number)) for number in (1, 2, 3))
    whole = conversation(ana, "post_1")
    assert (whole.message_count, whole.excerpt, whole.author_name) == (2, "Same here", "Customer 2")
    assert whole.status == "open"
    assert whole.due_at == at(2 + 12 * 60)
    assert whole.context["text"] == "Autumn menu"
    assert whole.rerank_at is None or whole.rerank_at < whole.due_at


def test_an_idle_poll_is_one_read_and_writes_nothing(
    ana: Agency, facebook: UUID, statements: Callable[[], list[str]]
) -> None:
    items = [comment(n) for n in range(1, 101)]
    keep(ana, facebook, *items)
    with ana.entered():
        account = db.session.scalars(select(Account).where(Account.id == facebook)).one()
        statements()
        assert store_page(account, page(*items), now=NOW) == Stored(unchanged=100)
        (only,) = statements()
    assert only.lstrip().lower().startswith("select")
    with ana.entered():
        assert set(db.session.scalars(select(Conversation.version))) == {1}


def test_a_page_of_new_items_takes_few_statements_whatever_its_size(
    ana: Agency, facebook: UUID, statements: Callable[[], list[str]]
) -> None:
    with ana.entered():
        account = db.session.scalars(select(Account).where(Account.id == facebook)).one()
        taken = []
        for first, last in ((1, 10), (11, 210)):
            statements()
            store_page(account, page(*(comment(n) for n in range(first, last))), now=NOW)
            taken.append(len(statements()))
    assert taken[0] == taken[1] <= 8


def test_a_person_is_one_contact_whose_newest_name_stays(ana: Agency, facebook: UUID) -> None:
    def contacts() -> list[tuple[UUID, str, str | None]]:
        with ana.entered():
            found = db.session.execute(select(Contact.id, Contact.external_id, Contact.name).order_by(Contact.name))
            return [(row.id, row.external_id, row.name) for row in found]

    keep(ana, facebook, comment(1, author=Author("person-1", None)))
    ((first, _, name),) = contacts()
    assert name is None
    keep(ana, facebook, comment(2, author=Author("person-1", "Ada")), comment(3))
    ada, other = contacts()
    assert (ada, other[1:]) == ((first, "person-1", "Ada"), ("person-3", "Customer 3"))
    keep(ana, facebook, comment(4, author=Author("person-1", None)), comment(5, author=Author("person-3", "Zed")))
    assert contacts() == [(first, "person-1", "Ada"), (other[0], "person-3", "Zed")]
    with ana.entered():
        held = {tuple(row) for row in db.session.execute(select(Message.external_id, Message.contact_id))}
    of_ada = {(f"post_{number}", first) for number in (1, 2, 4)}
    assert held == of_ada | {("post_3", other[0]), ("post_5", other[0])}


def test_a_name_nobody_sees_is_none(ana: Agency, facebook: UUID) -> None:
    """Of spaces, hidden characters and blanks alone: a row says "somebody" instead of leaving a place empty."""
    for hidden in ("\u200b\u2060\u202e", " \u00a0\u3000", "\u3164\u2800", "\u0301"):
        assert not is_seen(hidden)
    assert all(map(is_seen, ("a", "\u200bżółw", "علي", "🙂", "…")))
    keep(ana, facebook, comment(1, author=Author("person-1", "\u200b\u3164")))
    assert message(ana, "post_1").author_name is None
    assert conversation(ana, "post_1").author_name is None


def test_a_child_may_arrive_before_its_parent(ana: Agency, facebook: UUID) -> None:
    keep(ana, facebook, comment(5, "And mine?", under=1))
    assert conversation(ana, "post_1").author_name == "Customer 5"
    keep(ana, facebook, comment(1))
    whole = conversation(ana, "post_1")
    assert whole.message_count == 2
    with ana.entered():
        root = db.session.scalars(select(Contact).where(Contact.id == whole.contact_id)).one()
        assert root.external_id == "person-1"


def test_a_comment_under_a_known_comment_joins_its_conversation(ana: Agency, facebook: UUID) -> None:
    keep(ana, facebook, comment(1), comment(2, under=1))
    keep(ana, facebook, comment(3, under=2))
    keep(ana, facebook, comment(4, under=5), comment(5, under=1))
    assert conversation(ana, "post_1").message_count == 5
    with ana.entered():
        assert len(list(db.session.scalars(select(Conversation.id)))) == 1


def test_an_edit_replaces_the_text_keeps_the_earlier_one_and_opens_the_case_again(ana: Agency, facebook: UUID) -> None:
    keep(ana, facebook, comment(1, "Nice"))
    with ana.entered():
        db.session.execute(update(Conversation).values(status="closed", closed_reason="resolved"))
    assert keep(ana, facebook, comment(1, "Not nice at all")).changed == 1
    kept = message(ana, "post_1")
    assert kept.text == "Not nice at all"
    assert kept.edited_at == NOW
    assert [earlier["text"] for earlier in kept.earlier_texts] == ["Nice"]
    case = conversation(ana, "post_1")
    assert (case.status, case.closed_reason, case.excerpt, case.version) == ("open", None, "Not nice at all", 2)


def test_repeating_what_a_person_closed_leaves_it_closed(ana: Agency, facebook: UUID) -> None:
    keep(ana, facebook, comment(1))
    with ana.entered():
        db.session.execute(update(Conversation).values(status="closed", closed_reason="resolved"))
    keep(ana, facebook, comment(1))
    keep(ana, facebook, comment(1, attachments=()), comment(7, "unrelated"))
    assert conversation(ana, "post_1").status == "closed"


def test_an_older_version_never_replaces_a_newer_one(ana: Agency, google: UUID) -> None:
    keep(ana, google, review(1, "It is fine now", 4, updated_at=at(60)))
    assert keep(ana, google, review(1, "Bad", 1)) == Stored(unchanged=1)
    assert message(ana, "reviews/1").text == "It is fine now"


def test_a_tombstone_is_never_undone(ana: Agency, facebook: UUID) -> None:
    keep(ana, facebook, comment(1))
    assert keep(ana, facebook, comment(1, deleted=True)).deleted == 1
    assert conversation(ana, "post_1").closed_reason == "nothing_to_answer"
    assert keep(ana, facebook, comment(1, "I am back")) == Stored(unchanged=1)
    gone = message(ana, "post_1")
    assert (gone.deleted_at, gone.text) == (NOW, ""), "what its author took back is not kept"
    assert conversation(ana, "post_1").excerpt == ""


def test_messages_proved_gone_get_tombstones(ana: Agency, facebook: UUID) -> None:
    keep(ana, facebook, comment(1), comment(2, "Hello?", under=1))
    with ana.entered():
        account = db.session.scalars(select(Account).where(Account.id == facebook)).one()
        assert mark_gone(account, ["post_2", "post_404"], now=NOW) == 1
        assert mark_gone(account, ["post_2"], now=NOW) == 0
    case = conversation(ana, "post_1")
    assert (case.message_count, case.excerpt, case.status) == (1, "Where is my order?", "open")


def test_what_the_brand_wrote_elsewhere_is_outgoing_and_closes_the_case(ana: Agency, facebook: UUID) -> None:
    keep(ana, facebook, comment(1))
    ours = comment(2, "On its way.", under=1, from_us=True, author=Author("10001", None))
    keep(ana, facebook, ours)
    assert message(ana, "post_2").direction == "out"
    assert message(ana, "post_2").contact_id is None
    case = conversation(ana, "post_1")
    assert (case.status, case.closed_reason, case.due_at) == ("closed", "answered", None)
    keep(ana, facebook, comment(3, "Still nothing", under=1))
    assert conversation(ana, "post_1").status == "open"


def test_nothing_is_closed_under_a_holder(ana: Agency, facebook: UUID) -> None:
    keep(ana, facebook, comment(1))
    with ana.entered():
        db.session.execute(update(Conversation).values(holder_id=new_id(), holder_name="Ana"))
    keep(ana, facebook, comment(2, "On its way.", under=1, from_us=True))
    assert conversation(ana, "post_1").status == "open"


def test_an_answer_on_a_review_follows_its_moderation(ana: Agency, google: UUID) -> None:
    keep(ana, google, review(1, reply=answer("We are sorry.", 30, "pending")))
    ours = message(ana, "reviews/1" + REPLY_SUFFIX)
    assert (ours.direction, ours.moderation, ours.parent_external_id) == ("out", "pending", "reviews/1")
    assert conversation(ana, "reviews/1").closed_reason == "answered"
    assert keep(ana, google, review(1, reply=answer("We are sorry.", 30, "rejected"))).changed == 1
    assert message(ana, "reviews/1" + REPLY_SUFFIX).moderation == "rejected"
    assert conversation(ana, "reviews/1").status == "open", "a refused answer answers nobody"


def test_a_rating_without_words_is_closed_by_rule_until_words_come(ana: Agency, google: UUID) -> None:
    keep(ana, google, review(1, "", 3))
    case = conversation(ana, "reviews/1")
    assert (case.status, case.closed_reason, case.stars) == ("closed", "stars_only", 3)
    keep(ana, google, review(1, "Actually, the tea was cold", 2, updated_at=at(90)))
    case = conversation(ana, "reviews/1")
    assert (case.status, case.closed_reason, case.stars) == ("open", None, 2)


def test_people_without_an_id_are_never_taken_for_one(ana: Agency, google: UUID) -> None:
    same = Author(None, "J. Smith")
    keep(ana, google, review(1, author=same), review(2, author=same))
    with ana.entered():
        assert len(list(db.session.scalars(select(Contact)))) == 2


def test_new_words_wake_a_snoozed_case(ana: Agency, facebook: UUID) -> None:
    keep(ana, facebook, comment(1))
    with ana.entered():
        db.session.execute(update(Conversation).values(status="snoozed", snoozed_until=at(9999)))
    keep(ana, facebook, comment(2, "Well?", under=1))
    case = conversation(ana, "post_1")
    assert (case.status, case.snoozed_until) == ("open", None)


@pytest.mark.parametrize(("reply_state", "asked"), [("awaiting_approval", 1), ("approved", 1), ("draft", 0), (None, 0)])
def test_replies_that_wait_are_looked_at_again_when_the_words_change(
    ana: Agency, facebook: UUID, reply_state: str | None, asked: int
) -> None:
    keep(ana, facebook, comment(1), comment(9, "Other"))
    with ana.entered():
        db.session.execute(
            update(Conversation).where(Conversation.external_id == "post_1").values(reply_state=reply_state)
        )
    keep(ana, facebook, comment(1, "I changed my mind"), comment(9, "Other too"))
    with ana.entered():
        entries = db.session.execute(select(OutboxEntry.job_name, OutboxEntry.ids)).all()
    assert [name for name, _ in entries] == [JobName.RECHECK_WAITING_REPLIES] * asked
    assert all(ids["conversation_id"] == str(conversation(ana, "post_1").id) for _, ids in entries)


def test_an_answer_we_recorded_is_the_one_a_poll_brings(ana: Agency, facebook: UUID) -> None:
    keep(ana, facebook, comment(1))
    reply_id, case = new_id(), conversation(ana, "post_1")
    with ana.entered():
        account = db.session.scalars(select(Account).where(Account.id == facebook)).one()
        for _ in range(2):
            record_sent(
                account,
                case.id,
                external_id="post_2",
                parent_external_id="post_1",
                text="On its way.",
                written_at=at(601),
                reply_id=reply_id,
                author_name="Pennywell",
            )
    assert conversation(ana, "post_1").closed_reason == "answered"
    keep(ana, facebook, comment(2, "On its way.", under=1, from_us=True, created_at=at(600)))
    kept = message(ana, "post_2")
    assert (kept.reply_id, kept.written_at, kept.earlier_texts) == (reply_id, at(600), [])
    assert conversation(ana, "post_1").message_count == 2


def test_words_that_came_while_we_were_writing_are_not_answered_by_it(ana: Agency, facebook: UUID) -> None:
    keep(ana, facebook, comment(1), comment(2, "And my refund?", under=1))
    case = conversation(ana, "post_1")
    with ana.entered():
        account = db.session.scalars(select(Account).where(Account.id == facebook)).one()
        record_sent(
            account,
            case.id,
            external_id="post_3",
            parent_external_id="post_1",
            text="On its way.",
            written_at=at(601),
            reply_id=new_id(),
            author_name="Pennywell",
        )
    assert conversation(ana, "post_1").status == "open"


def test_a_message_is_linked_to_one_reply_only(ana: Agency, facebook: UUID) -> None:
    keep(ana, facebook, comment(1), comment(2, "Done.", under=1, from_us=True))
    first = new_id()
    with ana.entered():
        assert link_reply(facebook, "post_2", first)
        assert not link_reply(facebook, "post_2", new_id())
        assert not link_reply(facebook, "post_1", new_id()), "a customer's message is no reply of ours"
    assert message(ana, "post_2").reply_id == first


def test_what_cannot_be_read_is_kept_once_beside_the_rest(ana: Agency, facebook: UUID) -> None:
    aside = (SetAside("post_7", "no usable time", b'{"id":"7"}'), SetAside(None, "not an object", b"[]"))
    assert keep(ana, facebook, comment(1), set_aside=aside)._replace(arrived=()) == Stored(new=1, set_aside=2)
    assert keep(ana, facebook, comment(1), set_aside=aside) == Stored(unchanged=1)
    with ana.entered():
        kept = {a.external_id: a.reason for a in db.session.scalars(select(SetAsideItem))}
    assert kept == {"post_7": "no usable time", None: "not an object"}


@pytest.mark.parametrize(
    "text",
    [
        "<script>alert(1)</script>",
        "a\u202eb\u0007c",
        "👩‍👩‍👧 " * 50,
        "x" * 100_000,
        '"; drop table message; --',
        "\\",
        "{}",
    ],
)
def test_hostile_text_is_kept_as_it_is(ana: Agency, facebook: UUID, text: str) -> None:
    keep(ana, facebook, comment(1, text, author=Author("p", text[:300])))
    assert message(ana, "post_1").text == text
    assert len(conversation(ana, "post_1").excerpt) <= 140


def test_another_brand_of_the_agency_is_left_alone(ana: Agency, make: Factory, stranger: Agency) -> None:
    mine, other = make.account(ana, brand=0), make.account(ana, brand=1)
    foreign = make.account(stranger)
    for agency, account_id in ((ana, mine), (ana, other), (stranger, foreign)):
        keep(agency, account_id, comment(1))
    keep(ana, mine, comment(1, "changed"))
    with ana.entered():
        texts = dict(db.session.execute(select(Message.account_id, Message.text)).all())
    assert texts == {mine: "changed", other: "Where is my order?"}


def test_two_sessions_storing_the_same_page_leave_one_row_each(app: Flask, ana: Agency, facebook: UUID) -> None:
    keep(ana, facebook, comment(1))
    items = [comment(n, under=1 if n % 3 else None) for n in range(2, 30)]
    both, results, errors = Barrier(2), [], []

    def run(order: Sequence[IncomingItem]) -> None:
        try:
            both.wait(10)
            results.append(keep(ana, facebook, *order))
        except BaseException as error:
            errors.append(error)

    threads = [Thread(target=run, args=(order,)) for order in (items, items[::-1])]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert not errors
    assert sorted(r.new for r in results) == [0, 28]
    with ana.entered():
        ids = list(db.session.scalars(select(Message.external_id)))
        counted = db.session.scalars(select(QueueCounter.open_count)).one()
        opened = list(db.session.scalars(select(Conversation.id).where(Conversation.status == "open")))
    assert len(ids) == len(set(ids)) == 29
    assert counted == len(opened)


REVIEWS = st.builds(
    lambda number, version, text, stars, reply_minutes, deleted: review(
        number,
        f"{text} {version}" if text else "",
        stars,
        updated_at=at(number + 100 * version),
        reply=None if reply_minutes is None else answer(f"Sorry {reply_minutes}", reply_minutes),
        deleted=deleted,
    ),
    number=st.integers(1, 3),
    version=st.integers(0, 3),
    text=st.sampled_from(["", "bad", "pilne"]),
    stars=st.integers(1, 5),
    reply_minutes=st.sampled_from([None, 50, 150, 350]),
    deleted=st.booleans(),
)


def one_truth(items: Sequence[IncomingItem]) -> list[IncomingItem]:
    """A platform has one content for a version: keep the first of each review and version; deletion comes last."""
    seen: dict[tuple[str, datetime | None], IncomingItem] = {}
    for item in items:
        if item.deleted:
            item = replace(item, text="", stars=1, reply=None, updated_at=item.created_at)
        seen.setdefault((item.external_id, None if item.deleted else item.updated_at), item)
    return _answered_for_good(list(seen.values()))


def _answered_for_good(items: list[IncomingItem]) -> list[IncomingItem]:
    """An answer stays with every later version of its review: its removal is told by order alone, as polls come."""
    answers: dict[str, Any] = {}
    kept: dict[int, IncomingItem] = {}
    for at_place, item in sorted(enumerate(items), key=lambda one: one[1].updated_at or NOW):
        if not item.deleted:
            item = replace(item, reply=item.reply or answers.get(item.external_id))
            answers[item.external_id] = item.reply
        kept[at_place] = item
    return [kept[at_place] for at_place in range(len(items))]


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_any_order_and_cut_of_the_same_items_ends_the_same(
    app: Flask, make: Factory, clean: None, data: st.DataObject
) -> None:
    items = one_truth(data.draw(st.lists(REVIEWS, min_size=1, max_size=6)))
    comments = [comment(1), comment(2, "Me too", under=1), comment(3, "Here you go", under=1, from_us=True), comment(4)]
    outcomes = []
    for run in range(2):
        agency = make.agency("Run", brands=("One",))
        account_id = make.account(agency, platform="google_business")
        pool = [*items, *comments]
        if run:
            pool = data.draw(st.permutations([*pool, *data.draw(st.lists(st.sampled_from(pool), max_size=4))]))
        cuts = sorted(data.draw(st.sets(st.integers(1, len(pool)), max_size=4)))
        for start, end in zip([0, *cuts], [*cuts, len(pool)], strict=True):
            if start < end:
                keep(agency, account_id, *pool[start:end])
        outcomes.append(without_lost_words(state(agency)))
    assert outcomes[0] == outcomes[1]


def without_lost_words(found: dict[str, Any]) -> dict[str, Any]:
    """Of what was deleted before we could read it nobody knows the words; they are never shown either."""
    found["messages"] = {key: (m[0], m[1], "deleted") if m[7] else m for key, m in found["messages"].items()}
    return found


def keep_and_crash(agency: Agency, account_id: UUID, *items: IncomingItem) -> None:
    with agency.entered():
        account = db.session.scalars(select(Account).where(Account.id == account_id)).one()
        store_page(account, page(*items), now=NOW)
        raise RuntimeError("the machine went away")


def test_a_crash_between_pages_loses_and_doubles_nothing(ana: Agency, facebook: UUID) -> None:
    items = [comment(n) for n in range(1, 7)]
    with pytest.raises(RuntimeError):
        keep_and_crash(ana, facebook, *items[:3])
    with ana.entered():
        assert list(db.session.scalars(select(Message.id))) == []
    keep(ana, facebook, *items)
    with ana.entered():
        assert len(list(db.session.scalars(select(Message.id)))) == 6


def test_a_page_is_the_type_adapters_give() -> None:
    assert isinstance(page(comment(1)), Page)


def test_history_leaves_no_old_question_in_the_queue_until_the_customer_writes_again(
    ana: Agency, facebook: UUID
) -> None:
    def brought(*items: IncomingItem, past_before: datetime | None) -> None:
        with ana.entered():
            account = db.session.scalars(select(Account).where(Account.id == facebook)).one()
            store_page(account, page(*items), now=NOW, past_before=past_before)

    brought(comment(1), comment(500), past_before=at(400))
    assert (conversation(ana, "post_1").status, conversation(ana, "post_1").closed_reason) == ("closed", "past")
    assert conversation(ana, "post_500").status == "open"
    brought(comment(2, under=1), past_before=at(400))
    brought(comment(1), comment(2, under=1), past_before=None)
    assert conversation(ana, "post_1").closed_reason == "past"
    brought(comment(599, under=1), past_before=None)
    assert conversation(ana, "post_1").status == "open"


@pytest.fixture
def place(make: Factory, ana: Agency) -> UUID:
    return make.account(ana, platform="google_business")


def standing(agency: Agency) -> tuple[str, str | None, list[tuple[str, bool]]]:
    """Status and closing reason of the one conversation, and its outgoing messages with whether they stand."""
    with agency.entered():
        case = db.session.scalars(select(Conversation)).one()
        out = db.session.scalars(select(Message).where(Message.direction == "out").order_by(Message.id))
        return case.status, case.closed_reason, [(m.text, m.deleted_at is None) for m in out]


def test_an_answer_removed_on_the_platform_leaves_the_review_unanswered(ana: Agency, place: UUID) -> None:
    keep(ana, place, review(1))
    assert keep(ana, place, review(1)).unchanged == 1
    keep(ana, place, review(1, reply=answer("We are sorry.", 50)))
    assert standing(ana) == ("closed", "answered", [("We are sorry.", True)])
    assert keep(ana, place, review(1)).deleted == 1
    assert standing(ana) == ("open", None, [("", False)])
    assert keep(ana, place, review(1)).deleted == 0
    keep(ana, place, review(1, reply=answer("Come again.", 90)))
    assert standing(ana) == ("closed", "answered", [("Come again.", True)])


def test_an_answer_of_ours_the_platform_has_not_shown_yet_is_not_removed(ana: Agency, place: UUID) -> None:
    keep(ana, place, review(1))
    with ana.entered():
        account = db.session.scalars(select(Account).where(Account.id == place)).one()
        case = db.session.scalars(select(Conversation)).one()
        record_sent(
            account,
            case.id,
            external_id="reviews/1/reply",
            parent_external_id="reviews/1",
            text="We are sorry.",
            written_at=at(60),
            reply_id=new_id(),
            author_name="Us",
        )
    assert keep(ana, place, review(1)).deleted == 0, "its list is older than our answer"
    keep(ana, place, review(1, reply=answer("We are sorry.", 60, "pending")))
    assert keep(ana, place, review(1)).deleted == 0, "it waits for the platform's word"
    assert standing(ana) == ("closed", "answered", [("We are sorry.", True)])


def test_an_older_sight_of_a_review_removes_no_answer(ana: Agency, place: UUID) -> None:
    keep(ana, place, review(1, updated_at=at(100), reply=answer("We are sorry.", 150)))
    assert keep(ana, place, review(1)).deleted == 0
    assert standing(ana)[2] == [("We are sorry.", True)]


def test_another_answer_of_ours_takes_the_place_of_a_removed_one(ana: Agency, place: UUID) -> None:
    keep(ana, place, review(1, reply=answer("First.", 50)))
    keep(ana, place, review(1))
    reply_id = new_id()
    with ana.entered():
        account = db.session.scalars(select(Account).where(Account.id == place)).one()
        case = db.session.scalars(select(Conversation)).one()
        record_sent(
            account,
            case.id,
            external_id="reviews/1/reply",
            parent_external_id="reviews/1",
            text="Second.",
            written_at=at(80),
            reply_id=reply_id,
            author_name="Us",
        )
    assert standing(ana) == ("closed", "answered", [("Second.", True)])
    with ana.entered():
        assert db.session.scalars(select(Message.reply_id).where(Message.direction == "out")).one() == reply_id
