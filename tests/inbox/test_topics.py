"""A brand's own topics: found by their words, shown and filtered, corrected, counted, and nobody else's."""

from __future__ import annotations

import time
from collections.abc import Callable
from threading import Event, Thread
from typing import Any
from uuid import UUID

import pytest
from flask import Flask
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from agency.inbox import corrections, intake, merging, topics
from agency.inbox.conversation_view import get_conversation
from agency.inbox.filters import QueueFilter
from agency.inbox.models import Conversation, Message
from agency.inbox.queries import list_conversations
from agency.inbox.topic_words import BrandTopics
from agency.inbox.topics import LIMITS
from agency.inbox.understanding.reading import LONGEST_READ, read
from agency.inbox.understanding.stored import (
    ABOUT,
    NOT_ABOUT,
    TOPIC,
    corrected,
    labels_of,
    own_topics,
    to_stored,
    with_own_topics,
)
from channels import accounts
from channels.items import Page
from jobs.topics import read_topics
from tenants import clock
from tenants.database import db, new_id
from tenants.errors import AppError, Conflict, Forbidden, Invalid, NotFound
from tenants.models import BrandAudit
from tests.factories import Agency, Factory
from tests.inbox.items import comment

LOCKER = {"language": "en", "words": "parcel locker"}
PACZKOMAT = {"language": "pl", "words": "paczkomat"}


@pytest.fixture
def account(make: Factory, ana: Agency) -> UUID:
    return make.account(ana, platform="facebook")


def store(ana: Agency, account: UUID, *items: Any) -> None:
    with ana.entered():
        intake.store_page(
            accounts.get(account), Page(items=items, set_aside=(), next_cursor="{}", complete=True), now=clock.now()
        )


def write(ana: Agency, brand: int = 0, **fields: Any) -> UUID:
    given = {"name": "Lockers", "phrases": [LOCKER, PACZKOMAT], **fields}
    with ana.entered(ana.team_lead):
        return topics.create_topic(ana.team_lead, ana.brand_ids[brand], given).id


def cases(ana: Agency) -> list[list[UUID]]:
    with ana.entered():
        return list(db.session.scalars(select(Conversation.topic_ids).order_by(Conversation.external_id)))


def found(ana: Agency, *topic_ids: UUID) -> int:
    with ana.entered(ana.staff):
        return len(list_conversations(QueueFilter(topic_ids=topic_ids), None, 10, me=ana.staff.user_id).rows)


def test_a_text_is_read_for_the_brands_own_words_in_its_language(ana: Agency, account: UUID) -> None:
    lockers, other = write(ana), write(ana, name="Hours", phrases=[{"language": "", "words": "open"}])
    store(
        ana,
        account,
        comment(1, text="Why are your parcel lockers always full? I was there with my parcel yesterday."),
        comment(2, text="Czy mogę odebrać to z paczkomatu przy dworcu? Nie mam jak przyjechać do was."),
        comment(3, text="What a lovely picture this is, thank you for it and have a nice day!"),
    )
    assert cases(ana) == [[lockers], [lockers], []]
    assert (found(ana, lockers), found(ana, other), found(ana, lockers, other)) == (2, 0, 2)
    with ana.entered(ana.staff):
        ids = db.session.scalars(select(Conversation.id).order_by(Conversation.external_id)).all()
        view = get_conversation(ids[0])
        assert [(one.id, one.name) for one in view.topics] == [(other, "Hours"), (lockers, "Lockers")]
        reading = view.messages[0].reading
        assert reading is not None
        assert [(one.label, one.words) for one in own_topics(reading)] == [(str(lockers), ("parcel lockers",))]


def test_a_list_of_ours_may_be_built_on(ana: Agency, account: UUID) -> None:
    money = write(ana, name="Money back", phrases=[], builds_on="refund")
    store(ana, account, comment(1, text="This is the third time, I want a refund!"))
    assert cases(ana) == [[money]]


def test_a_correction_wins_is_kept_counted_and_recorded(ana: Agency, account: UUID) -> None:
    lockers, other = write(ana), write(ana, name="Hours", phrases=[{"language": "en", "words": "open"}])
    item = comment(1, text="Your parcel locker is nice.")
    store(ana, account, item)
    with ana.entered(ana.staff):
        one = db.session.execute(select(Message.id, Message.conversation_id)).one()
        for number, label in ((lockers, NOT_ABOUT), (other, ABOUT)):
            corrections.correct(ana.staff, one.conversation_id, one.id, f"{TOPIC}{number}", label)
        for aspect in (f"{TOPIC}{new_id()}", f"{TOPIC}{str(lockers).upper()}", f"{TOPIC}x", TOPIC):
            with pytest.raises(Invalid):
                corrections.correct(ana.staff, one.conversation_id, one.id, aspect, ABOUT)
        with pytest.raises(Invalid):
            corrections.correct(ana.staff, one.conversation_id, one.id, f"{TOPIC}{lockers}", "complaint")
    assert cases(ana) == [[other]]
    with ana.entered(ana.team_lead):
        counts = {(c.aspect, c.read_as, c.is_in_truth, c.times) for c in corrections.counts(ana.team_lead)}
        assert counts == {(f"{TOPIC}{lockers}", ABOUT, NOT_ABOUT, 1), (f"{TOPIC}{other}", NOT_ABOUT, ABOUT, 1)}
        figures = topics.figures_of(ana.team_lead, ana.brand_ids[0])
        assert figures == {lockers: (0, 1, 0), other: (1, 0, 1)}
        assert db.session.scalars(select(BrandAudit.id).where(BrandAudit.action == "reading.corrected")).all()
    # Reading again leaves what people said, and so does a poll that brings the same words.
    with ana.entered(ana.team_lead):
        changes = {"version": 1, "phrases": [LOCKER, {"language": "en", "words": "nice"}]}
        topics.change_topic(ana.team_lead, ana.brand_ids[0], lockers, changes)
    store(ana, account, item)
    assert cases(ana) == [[other]]


def test_open_cases_are_read_again_when_a_topic_changes(ana: Agency, account: UUID, app: Flask) -> None:
    store(ana, account, *(comment(n, text=f"Your parcel locker {n} is nice.") for n in range(3)))
    assert cases(ana) == [[], [], []]
    lockers = write(ana)
    brand, ids = ana.brand_ids[0], {"agency_id": str(ana.id), "brand_id": str(ana.brand_ids[0])}
    read_topics(app, **ids, run_seconds=0)
    assert cases(ana) == [[lockers]] * 3

    def versions() -> list[int]:
        with ana.entered():
            return list(db.session.scalars(select(Conversation.version).order_by(Conversation.id)))

    with ana.entered(ana.staff):
        one, other, _third = db.session.scalars(select(Conversation.id).order_by(Conversation.external_id))
        merging.merge(ana.staff, new_id(), one, other)
    with ana.entered(ana.team_lead):
        renamed = [LOCKER, {"language": "en", "words": "your parcel"}]
        topics.change_topic(ana.team_lead, brand, lockers, {"version": 1, "phrases": renamed})
    read_topics(app, **ids)
    with ana.entered():
        said = db.session.scalars(select(Message.reading)).all()
        assert [{word.lower() for word in own_topics(one)[0].words} for one in said if one] == [
            {"parcel locker", "your parcel"}
        ] * 3, "what is told within another, too"
    before = versions()
    read_topics(app, **ids)
    assert versions() == before, "what stays as it is is not written"
    with ana.entered(ana.team_lead):
        topics.archive_topic(ana.team_lead, brand, lockers)
    read_topics(app, **ids)
    assert cases(ana) == [[], [], []]


def test_topics_are_their_brands_alone(ana: Agency, stranger: Agency, account: UUID, make: Factory) -> None:
    second, foreign = write(ana, brand=1), write(stranger)
    store(ana, account, comment(1, text="Your parcel locker is nice."))
    assert cases(ana) == [[]]
    assert found(ana, second, foreign) == 0
    with ana.entered(ana.team_lead):
        for brand_id, number in ((ana.brand_ids[0], second), (ana.brand_ids[1], foreign)):
            with pytest.raises(NotFound):
                topics.get_topic(ana.team_lead, brand_id, number)
            with pytest.raises(NotFound):
                topics.change_topic(ana.team_lead, brand_id, number, {"version": 1, "name": "Mine"})
        with pytest.raises(NotFound):
            topics.list_topics(ana.team_lead, stranger.brand_ids[0])
        one = db.session.execute(select(Message.id, Message.conversation_id)).one()
        for number in (second, foreign):
            with pytest.raises(Invalid):
                corrections.correct(ana.team_lead, one.conversation_id, one.id, f"{TOPIC}{number}", ABOUT)
    with ana.entered(ana.staff), pytest.raises(Forbidden):
        topics.create_topic(ana.staff, ana.brand_ids[0], {"name": "Mine", "builds_on": "refund"})


@pytest.mark.parametrize(
    "fields",
    [
        {"name": ""},
        {"name": "\u200b"},
        {"name": "x" * (LIMITS["name"] + 1)},
        {"phrases": []},
        {"phrases": [{"language": "", "words": "?!"}]},
        {"phrases": "parcel"},
        {"phrases": [{"language": "english", "words": "parcel"}]},
        {"phrases": [{"language": "en", "words": "x" * (LIMITS["phrase"] + 1)}]},
        {"phrases": [{"language": "en", "words": "a " * (LIMITS["words"] + 1)}]},
        {"phrases": [{"language": "en", "words": f"word{n}"} for n in range(LIMITS["phrases"] + 1)]},
        {"builds_on": "weather"},
        {"colour": "red"},
    ],
)
def test_what_does_not_fit_is_told_by_field(ana: Agency, fields: dict[str, Any]) -> None:
    with pytest.raises(Invalid) as refused:
        write(ana, **fields)
    assert refused.value.fields["errors"]


def test_names_are_one_each_and_there_is_a_most(ana: Agency) -> None:
    first = write(ana)
    with pytest.raises(Conflict):
        write(ana, name="LOCKERS")
    write(ana, brand=1)
    for n in range(LIMITS["topics"] - 1):
        write(ana, name=f"Topic {n}", phrases=[], builds_on="price")
    with pytest.raises(Conflict) as full:
        write(ana, name="One more")
    assert full.value.code == "too_many_topics"
    with ana.entered(ana.team_lead):
        lead, brand = ana.team_lead, ana.brand_ids[0]
        topics.archive_topic(lead, brand, first, 1)
        assert topics.create_topic(lead, brand, {"name": "Lockers", "phrases": [LOCKER]}).version == 1
        for deed in (
            lambda: topics.restore_topic(lead, brand, first),
            lambda: topics.change_topic(lead, brand, first, {"version": 1, "name": "Late"}),
        ):
            with pytest.raises(AppError) as refused:
                deed()
            assert refused.value.http_status == 409
    with ana.entered():
        told = select(BrandAudit.action).where(BrandAudit.subject_id == str(first)).order_by(BrandAudit.number)
        done = list(db.session.scalars(told))
        assert done == ["topic.created", "topic.archived"]


def second_refused(ana: Agency, deed: Callable[[UUID], object], first: UUID, second: UUID) -> list[Any]:
    """What the second of two is told that do this at once."""
    refused: list[Any] = []
    begun, done = Event(), Event()

    def late() -> None:
        try:
            with ana.entered(ana.team_lead):
                begun.set()
                deed(second)
        except Exception as error:
            refused.append(getattr(error, "code", error))
        done.set()

    thread = Thread(target=late)
    with ana.entered(ana.team_lead):
        deed(first)
        thread.start()
        assert begun.wait(30)
        assert not done.wait(0.2), "the second one waits for the first"
    thread.join(30)
    return refused


def test_of_two_at_once_one_gets_the_name_and_the_last_place(ana: Agency) -> None:
    lead, brand = ana.team_lead, ana.brand_ids[0]
    away = [write(ana, name=f"Away {n}") for n in range(2)]
    with ana.entered(lead):
        for number in away:
            topics.archive_topic(lead, brand, number)
    used = [write(ana, name=f"Topic {n}", phrases=[], builds_on="price") for n in range(LIMITS["topics"] - 1)]

    def rename(number: UUID) -> object:
        return topics.change_topic(lead, brand, number, {"version": 1, "name": "The same"})

    assert second_refused(ana, rename, *used[:2]) == ["topic_exists"]
    assert second_refused(ana, lambda number: topics.restore_topic(lead, brand, number), *away) == ["too_many_topics"]


PIECES = ["parcel", "locker", "paczkomat", "ą", "a", "?", "\n", "’", "İ", "\u0301", "22", "refund", "a@b.pl"]


@given(
    st.lists(st.lists(st.sampled_from(PIECES), min_size=1, max_size=7).map(" ".join), max_size=6),
    st.one_of(st.text(max_size=700), st.lists(st.sampled_from(PIECES)).map(" ".join)),
    st.sampled_from([None, "en", "pl", "de"]),
)
def test_any_phrases_and_any_text_end_in_known_topics_with_words(
    phrases: list[str], text: str, language: str | None
) -> None:
    numbers = [new_id() for _ in range(3)]
    made = BrandTopics(
        (number, [{"language": code, "words": one} for one in phrases for code in ("", "en")], "refund")
        for number in numbers
    )
    reading = read(text, language)
    told = made.found_in(text, reading)
    assert {one.label for one in told} <= set(map(str, numbers))
    for one in told:
        assert 0 < one.confidence < 1
        assert one.words
        assert labels_of(f"{TOPIC}{one.label}") == (ABOUT, NOT_ABOUT)
    kept = with_own_topics(to_stored(reading), told)
    assert list(own_topics(kept)) == told
    for one in told:
        assert one.label not in [left.label for left in own_topics(corrected(kept, f"{TOPIC}{one.label}", NOT_ABOUT))]


def test_the_worst_that_may_be_written_is_read_in_bounds() -> None:
    worst = [{"language": code, "words": " ".join(["a"] * n)} for code in ("", "en") for n in range(1, LIMITS["words"])]
    made = BrandTopics((new_id(), worst * 20, "price") for _ in range(LIMITS["topics"]))
    text = "a " * (LONGEST_READ // 2)
    reading = read(text, "en")
    made.found_in(text, reading)
    started = time.process_time()
    assert len(made.found_in(text, reading)) == LIMITS["topics"]
    assert time.process_time() - started < 5, "quadratic, it would take minutes"
