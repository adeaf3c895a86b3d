"""What people say a text is: it wins for that text, moves its case, is counted, and goes with its message."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select, update

from agency.inbox import corrections, intake
from agency.inbox.case import case_facts
from agency.inbox.erasing import erase_person
from agency.inbox.filters import QueueFilter
from agency.inbox.models import Conversation, Message, ReadingCorrection
from agency.inbox.queries import list_conversations
from agency.inbox.topics import create_topic
from agency.inbox.understanding.evidence import language_words, personal_places
from agency.inbox.understanding.reading import read
from agency.inbox.understanding.stored import VERSION, from_stored, judgement_of, read_as, to_stored
from channels import accounts
from channels.items import Page
from tenants import clock
from tenants.database import db
from tenants.errors import Conflict, Forbidden, Invalid, NotFound
from tenants.models import BrandAudit
from tests.factories import Agency, Factory
from tests.inbox.items import comment

ANGRY = "This is the third time, I want a refund!"
OTHER = "Do you open on Sunday?"
HOUR = timedelta(hours=1)


@pytest.fixture
def account(make: Factory, ana: Agency) -> UUID:
    return make.account(ana, platform="facebook")


def store(ana: Agency, account: UUID, *items: Any) -> None:
    with ana.entered():
        intake.store_page(
            accounts.get(account), Page(items=items, set_aside=(), next_cursor="{}", complete=True), now=clock.now()
        )


def message(ana: Agency) -> Any:
    with ana.entered():
        return db.session.execute(
            select(Message.id, Message.conversation_id, Message.reading, Message.text).where(Message.direction == "in")
        ).one()


def case(ana: Agency) -> Any:
    with ana.entered():
        return db.session.execute(
            select(Conversation.act, Conversation.sentiment, Conversation.rank, Conversation.rank_reasons)
        ).one()


def correct(ana: Agency, label: str, aspect: str = "act", **more: Any) -> None:
    one = message(ana)
    with ana.entered(ana.staff):
        corrections.correct(ana.staff, one.conversation_id, one.id, aspect, label, **more)


def test_what_a_text_says_is_kept_with_it_and_with_its_case(ana: Agency, account: UUID) -> None:
    store(ana, account, comment(1, text=ANGRY))
    reading = message(ana).reading
    assert judgement_of(reading, "act").label == "complaint"
    assert {"third", "time", "refund"} <= set(judgement_of(reading, "act").words)
    row = case(ana)
    assert (row.act, row.sentiment) == ("complaint", "negative")
    assert "complaint" in [part["part"] for part in row.rank_reasons]
    with ana.entered(ana.staff):
        for wanted, count in (("complaint", 1), ("praise", 0), ("none", 0)):
            found = list_conversations(QueueFilter(act=(wanted,)), None, 10, me=ana.staff.user_id)
            assert len(found.rows) == count
        assert len(list_conversations(QueueFilter(sentiment=("negative",)), None, 10, me=ana.staff.user_id).rows) == 1


def test_a_correction_wins_moves_the_case_and_is_recorded(ana: Agency, account: UUID) -> None:
    store(ana, account, comment(1, text=ANGRY))
    before = case(ana)
    correct(ana, "chatter")
    after = case(ana)
    assert after.act == "chatter"
    assert after.rank < before.rank
    assert "complaint" not in [part["part"] for part in after.rank_reasons]
    one = message(ana)
    with ana.entered(ana.staff):
        facts = case_facts(one.conversation_id)
        assert facts is not None
        assert "complaint" not in facts.case_kinds
        kept = db.session.execute(select(ReadingCorrection)).scalar_one()
        assert (kept.aspect, kept.read_as, kept.is_in_truth, kept.origin) == ("act", "complaint", "chatter", "case")
        assert (kept.said_by, kept.language, kept.reading_version) == (ana.staff.user_id, "en", VERSION)
        assert kept.text_hash == corrections.hash_of(ANGRY)
        assert read_as(one.reading, "act").label == "complaint"
        line = db.session.execute(select(BrandAudit).where(BrandAudit.action == "reading.corrected")).scalar_one()
        assert line.facts == {"aspect": "act", "read_as": "complaint", "is_in_truth": "chatter"}


def test_the_same_words_told_again_keep_it_and_other_words_are_read_anew(ana: Agency, account: UUID) -> None:
    first = comment(1, text=ANGRY)
    store(ana, account, first)
    correct(ana, "chatter")
    liked = replace(first, permalink="https://example.org/changed", updated_at=first.created_at + timedelta(hours=1))
    store(ana, account, liked)
    assert judgement_of(message(ana).reading, "act").label == "chatter"
    assert case(ana).act == "chatter"
    store(ana, account, replace(first, text=OTHER, updated_at=first.created_at + timedelta(hours=2)))
    assert judgement_of(message(ana).reading, "act").label == "question"
    assert case(ana).act == "question"


def test_it_is_counted_once_a_text_and_a_sample_may_confirm(ana: Agency, account: UUID) -> None:
    store(ana, account, comment(1, text=ANGRY))
    correct(ana, "chatter")
    correct(ana, "question")
    with ana.entered(ana.team_lead):
        assert [tuple(one) for one in corrections.counts(ana.team_lead)] == [
            ("en", "act", "case", "complaint", "question", 1)
        ]
    correct(ana, "complaint", origin=corrections.SAMPLE)
    with ana.entered(ana.team_lead):
        assert [tuple(one) for one in corrections.counts(ana.team_lead)] == [
            ("en", "act", "sample", "complaint", "complaint", 1)
        ]
        assert corrections.sample(ana.team_lead) == []
    with ana.entered(ana.staff), pytest.raises(Forbidden):
        corrections.counts(ana.staff)


POLISH = "Ile kosztuje bilet?"
"""Taken for another language, by whoever stored it here."""


def test_another_language_reads_anew_and_what_goes_by_it_follows(ana: Agency, account: UUID) -> None:
    first = comment(1, text=POLISH)
    store(ana, account, first)
    with ana.entered():
        given = {"name": "Tickets", "phrases": [{"language": "pl", "words": "bilet"}]}
        made = [create_topic(ana.team_lead, ana.brand_ids[0], given).id]
        db.session.execute(update(Message).values(language="pt", reading=to_stored(read(POLISH, "pt"))))
    correct(ana, "praise")
    correct(ana, "pl", "language")

    def stored() -> Any:
        with ana.entered():
            of_case = Conversation.id == Message.conversation_id
            columns = (Message.language, Conversation.language, Conversation.act, Conversation.topic_ids)
            return db.session.execute(select(*columns).join(Conversation, of_case)).one()

    assert stored() == ("pl", "pl", "praise", made)
    reading = message(ana).reading
    assert read_as(reading, "act").label == "question"
    assert (read_as(reading, "language").label, from_stored(reading).language.label) == ("pt", "pl")
    assert language_words(POLISH, "pl") != ()
    store(ana, account, replace(first, permalink="https://example.org/x", updated_at=first.created_at + HOUR))
    assert stored() == ("pl", "pl", "praise", made)
    with ana.entered(ana.team_lead):
        counted = {tuple(one) for one in corrections.counts(ana.team_lead)}
        assert ("pt", "language", "case", "pt", "pl", 1) in counted
        line = db.session.scalars(select(BrandAudit.facts).where(BrandAudit.action == "reading.corrected")).all()
        assert {"aspect": "language", "read_as": "pt", "is_in_truth": "pl"} in line
    correct(ana, "unknown", "language")
    assert stored() == (None, None, "praise", made)
    assert read_as(message(ana).reading, "act").label == "unknown"
    store(ana, account, replace(first, text=f"{OTHER} And on Monday?", updated_at=first.created_at + 2 * HOUR))
    assert stored()[:3] == ("en", "en", "question")


@pytest.mark.parametrize(
    ("text", "label", "sorts"),
    [
        ("Write to jan@example.com", "nothing_personal", ()),
        ("I live at 4 Mill Lane", "personal", ("personal",)),
    ],
)
def test_personal_data_is_what_a_person_says(
    ana: Agency, account: UUID, text: str, label: str, sorts: tuple[str, ...]
) -> None:
    store(ana, account, comment(1, text=text))
    before = from_stored(message(ana).reading).personal_data
    assert bool(before) != bool(sorts)
    correct(ana, label, "personal_data")
    assert tuple(one.label for one in from_stored(message(ana).reading).personal_data) == sorts
    item = comment(1, text=text)
    store(ana, account, replace(item, permalink="https://example.org/x", updated_at=item.created_at + HOUR))
    assert tuple(one.label for one in from_stored(message(ana).reading).personal_data) == sorts


def test_the_evidence_names_words_of_the_language_and_never_the_data() -> None:
    assert language_words("The parcel is not here", "en") == ("The", "is", "not")
    assert language_words("Świetnie!", "pl") == ("Świetnie",)
    assert language_words("Zimmer war gut", "de") == ()
    assert personal_places("Write to jan@example.com or call +48 601 234 567 now") == ("Write to •••", "or call •••")


@pytest.mark.parametrize("gone", ["deleted", "erased"])
def test_it_goes_with_its_message(ana: Agency, account: UUID, gone: str) -> None:
    item = comment(1, text=ANGRY)
    store(ana, account, item)
    correct(ana, "chatter")
    with ana.entered():
        if gone == "deleted":
            intake.mark_gone(accounts.get(account), ["post_1"], now=clock.now())
        else:
            assert item.author is not None
            assert item.author.external_id is not None
            erase_person(item.author.external_id)
    with ana.entered():
        assert db.session.execute(select(ReadingCorrection.id)).all() == []
        assert db.session.execute(select(Message.reading)).scalar_one() is None
        assert db.session.execute(select(Conversation.act)).scalar_one() is None
    with pytest.raises(Conflict):
        correct(ana, "praise")


def test_who_may_and_what(ana: Agency, account: UUID, make: Factory) -> None:
    store(ana, account, comment(1, text=ANGRY))
    one = message(ana)
    with pytest.raises(Invalid):
        correct(ana, "nonsense")
    with pytest.raises(Invalid):
        correct(ana, "urgent", aspect="act")
    with ana.entered(ana.light), pytest.raises(Forbidden):
        corrections.correct(ana.light, one.conversation_id, one.id, "act", "praise")
    with ana.entered(ana.staff), pytest.raises(NotFound):
        corrections.correct(ana.staff, one.id, one.id, "act", "praise")
