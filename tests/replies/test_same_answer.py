"""What the brand answered before: to the person and to near questions, as it stands now, and nobody else's."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Engine, select, text, update

from agency.inbox import intake
from agency.inbox.case import read_case
from agency.inbox.erasing import erase_person
from agency.inbox.models import Contact, Conversation, Message
from agency.replies import desk, moves
from agency.replies.answered_words import keep_older, keep_question
from agency.replies.contradicting import findings_of_draft
from agency.replies.models import AnsweredWord, Reply
from agency.replies.same_answer import SameAnswer, in_order, same_answer
from channels.models import Account
from styleguides.questions import NearQuestion
from styleguides.rule_kinds import CheckContext, Finding
from tenants import clock
from tenants.database import db, new_id
from tenants.errors import NotFound
from tenants.permissions import Role
from tests.factories import Agency, Factory

PARKING = "Hello, how much does parking cost at your hotel?"


def answered(
    make: Factory, agency: Agency, question: str, answer: str, *, days: int = 1, case: UUID | None = None, **more: Any
) -> UUID:
    """A reply that stands on the platform, sent so many days ago, and its message in the thread."""
    case = case or make.conversation(agency, text=question, age=timedelta(days=days, minutes=5), **more)
    with agency.entered(agency.team_lead):
        reply_id = desk.start_draft(agency.team_lead, case, answer).id
    with agency.entered():
        reply = moves.locked(reply_id)
        reply.state, reply.published_at = "publishing", clock.now() - timedelta(days=days)
        moves.move(reply, "settle", "published", actor=None)
        db.session.add(
            Message(
                agency_id=agency.id,
                brand_id=reply.brand_id,
                conversation_id=case,
                account_id=reply.account_id,
                external_id=f"ours-{reply_id}",
                direction="out",
                text=answer,
                written_at=reply.published_at,
                content_hash=bytes(32),
                reply_id=reply_id,
            )
        )
    return reply_id


def beside(agency: Agency, case: UUID, actor: Any = None) -> SameAnswer:
    with agency.entered(actor or agency.staff):
        return same_answer(read_case(actor or agency.staff, case))


def shown(agency: Agency, case: UUID) -> list[tuple[UUID, tuple[str, ...]]]:
    return [(one.reply_id, one.words) for one in beside(agency, case).answers]


def hints(agency: Agency, case: UUID, draft: str) -> list[Finding]:
    with agency.entered(agency.staff):
        return findings_of_draft(read_case(agency.staff, case), draft, CheckContext(brand_language="en"))


@pytest.fixture
def case(make: Factory, ana: Agency) -> UUID:
    return make.conversation(ana, text=PARKING, author="Peter Hall")


def test_near_questions_are_found_on_other_platforms_and_in_other_kinds_with_the_words_they_share(
    make: Factory, ana: Agency, case: UUID
) -> None:
    review = answered(
        make, ana, "Parking costs far too much!", "It is 12 EUR a day.", platform="google_business", kind="review"
    )
    message = answered(
        make, ana, "What is the cost of parking?", "15 EUR.", days=9, platform="instagram", kind="message"
    )
    answered(make, ana, "Is the breakfast vegan?", "Yes, all of it.")
    answered(make, ana, "Thank you, hello", "Hello and thanks!")
    found = beside(ana, case).answers
    assert {(one.reply_id, one.platform, one.kind) for one in found} == {
        (review, "google_business", "review"), (message, "instagram", "message")
    }  # fmt: skip
    assert all(set(one.words) == {"parking", "cost"} for one in found)
    assert [one.reply_id for one in found] == [review, message], "of two as near the newer stands first"
    assert {one.by_name for one in found} == {ana.team_lead.name}
    assert all(one.standing == "stands" and not one.same_person for one in found)


def test_what_differs_is_shown_side_by_side_with_the_draft_and_hinted_at_while_typing(
    make: Factory, ana: Agency, case: UUID
) -> None:
    answered(make, ana, "Parking cost?", "It is 12 EUR a day.", days=3)
    answered(make, ana, "How much is the cost of parking?", "Parking costs 15 EUR.", days=30)
    (between,) = beside(ana, case).contrasts
    assert [(place, [one.said for one in sides]) for place, sides in between.sides] == [
        (1, ["12 EUR"]),
        (2, ["15 EUR"]),
    ]
    with ana.entered(ana.staff):
        desk.start_draft(ana.staff, case, "Dear Peter, it is 15 EUR.")
    (found,) = beside(ana, case).contrasts
    assert [(place, [one.said for one in sides]) for place, sides in found.sides] == [
        (0, ["15 EUR"]), (1, ["12 EUR"]), (2, ["15 EUR"])
    ]  # fmt: skip
    draft = "Dear Peter, it is 15 EUR."
    (hint,) = hints(ana, case, draft)
    assert (hint.level, draft[hint.start : hint.end]) == ("hint", "15 EUR")
    assert "12 EUR" in hint.message
    day = clock.now() - timedelta(days=3)
    assert str(day.year) in hint.message
    assert hints(ana, case, "Dear Peter, it is 12 EUR.")[0].message.count("15 EUR") == 1
    assert hints(ana, case, "Dear Peter, please ask at the desk.") == []


def test_yes_here_and_no_there(make: Factory, ana: Agency) -> None:
    answered(make, ana, "Are dogs allowed in the rooms?", "Unfortunately dogs are not allowed.")
    case = make.conversation(ana, text="Can I have my dog in the room?")
    draft = "Of course! Yes, dogs are welcome."
    (hint,) = hints(ana, case, draft)
    assert "dogs are not allowed" in hint.message
    assert draft[hint.start : hint.end].strip() == "Yes"
    assert hints(ana, case, "Dogs are not forbidden.") == []


def test_the_same_person_is_known_by_the_platforms_own_id_alone(make: Factory, ana: Agency) -> None:
    case = make.conversation(ana, text="Is my room ready?", author="Anna Nowak")
    earlier = answered(
        make, ana, "Where is my parcel?", "Dear Anna, on its way: call 600 700 800.", author="Anna Nowak"
    )
    namesake = answered(make, ana, "Something else entirely", "Dear Anna, yes.", author="Anna Nowak", days=2)
    assert shown(ana, case) == []
    with ana.entered():
        mine = db.session.execute(
            select(Contact.external_id).join(Conversation, Conversation.contact_id == Contact.id)
            .where(Conversation.id == case)
        ).scalar_one()  # fmt: skip
        theirs = select(Conversation.contact_id).join(Reply, Reply.conversation_id == Conversation.id)
        ids = db.session.execute(theirs.where(Reply.id == earlier)).scalars().all()
        db.session.execute(update(Contact).where(Contact.id.in_(ids)).values(external_id=mine))
    (found,) = beside(ana, case).answers
    assert (found.reply_id, found.same_person, found.words) == (earlier, True, ())
    assert found.text == "Dear Anna, on its way: call •••.", "their own name may stand, a number may not"
    assert found.reply_id != namesake
    with ana.entered():
        db.session.execute(update(Contact).values(external_id="erased-" + Contact.external_id))
    assert shown(ana, case) == []


def test_other_people_are_masked_and_their_places_must_be_filled(make: Factory, ana: Agency, case: UUID) -> None:
    answered(
        make, ana, "Parking cost? I am Anna Nowak, anna@example.com", "Dear Anna, 12 EUR. Call 600 700 800.",
        author="Anna Nowak",
    )  # fmt: skip
    (found,) = beside(ana, case).answers
    for words in (found.question, found.text, found.insert):
        assert "Anna" not in words
        assert "Nowak" not in words
        assert "example.com" not in words
        assert "600" not in words
    assert found.text == "Dear •••, 12 EUR. Call •••."
    assert found.insert == "Dear {customer_name}, 12 EUR. Call {details}."
    with ana.entered(ana.staff):
        desk.start_draft(ana.staff, case, found.insert)
    with ana.entered(ana.staff):
        reply = db.session.execute(select(Reply).where(Reply.conversation_id == case)).scalar_one()
        with pytest.raises(Exception, match="customer_name"):
            desk.submit(ana.staff, reply.id)


def test_another_brands_and_another_agencys_answers_never_appear(
    make: Factory, ana: Agency, stranger: Agency, case: UUID
) -> None:
    answered(make, ana, PARKING, "Other brand.", brand=1)
    answered(make, stranger, PARKING, "Other agency.")
    assert shown(ana, case) == []
    limited = make.person(ana, Role.STAFF, only_brand_ids=[ana.brand_ids[1]])
    with pytest.raises(NotFound):
        beside(ana, case, limited)
    mine = answered(make, ana, PARKING, "Ours.")
    limited = make.person(ana, Role.STAFF, only_brand_ids=[ana.brand_ids[0]])
    assert [one.reply_id for one in beside(ana, case, limited).answers] == [mine]
    with ana.entered():
        stems = {row.brand_id: set() for row in db.session.query(AnsweredWord).all()}  # type: ignore[var-annotated]
        for row in db.session.query(AnsweredWord).all():
            stems[row.brand_id].add(row.stem)
    assert not set.intersection(*stems.values()), "the same words are other numbers in another brand"


def test_changed_and_taken_back_answers_are_shown_as_they_stand_now(make: Factory, ana: Agency, case: UUID) -> None:
    first = answered(make, ana, PARKING, "It is 12 EUR.")
    with ana.entered():
        db.session.execute(update(Message).where(Message.reply_id == first).values(text="It is 14 EUR by now."))
    (found,) = beside(ana, case).answers
    assert (found.standing, found.text) == ("changed", "It is 14 EUR by now.")

    def change(deed: str, words: str, of: UUID) -> UUID:
        with ana.entered():
            base = db.session.execute(select(Reply).where(Reply.id == of)).scalar_one()
            made = Reply(**{
                column.key: getattr(base, column.key) for column in Reply.__table__.columns
                if column.key not in ("id", "created_at", "text_id", "platform_id")
            })  # fmt: skip
            made.id, made.deed, made.changes_reply_id = new_id(), deed, of
            made.published_at = clock.now()
            made.written_by_name = "Somebody Later"
            db.session.add(made)
            db.session.flush()
            from agency.replies.drafting import new_text

            words_of = db.session.execute(select(Conversation).where(Conversation.id == made.conversation_id))
            new_text(made, words_of.scalar_one(), ana.staff, words)
            values: dict[str, Any] = {"reply_id": made.id, "text": words}
            if deed == "withdraw":
                values |= {"text": "", "deleted_at": clock.now()}
            db.session.execute(update(Message).where(Message.reply_id == of).values(**values))
            return made.id

    edit = change("edit", "It is 16 EUR.", first)
    (found,) = beside(ana, case).answers
    assert (found.reply_id, found.receipt_id, found.standing, found.text) == (first, edit, "changed", "It is 16 EUR.")
    again = change("edit", "It is 18 EUR.", edit)
    gone = change("withdraw", "It is 18 EUR.", again)
    (found,) = beside(ana, case).answers
    assert (found.receipt_id, found.standing, found.text, found.insert) == (gone, "taken_back", "", "")
    assert hints(ana, case, "It is 20 EUR.") == []


def words_kept(agency: Agency) -> int:
    with agency.entered():
        return len(db.session.query(AnsweredWord).all())


def test_deleted_questions_and_erased_people_take_their_words_along(make: Factory, ana: Agency, case: UUID) -> None:
    answered(make, ana, PARKING, "12 EUR.")
    assert words_kept(ana) == 3
    with ana.entered():
        message = db.session.execute(
            select(Message).where(Message.direction == "in", Message.text == PARKING)
        ).scalars()
        for one in message:
            account = db.session.execute(select(Account).where(Account.id == one.account_id)).scalar_one()
            intake.mark_gone(account, [one.external_id], now=clock.now())
    assert words_kept(ana) == 0
    answered(make, ana, PARKING, "13 EUR.")
    assert words_kept(ana) == 3
    with ana.entered():
        people = db.session.execute(select(Contact.external_id)).scalars().all()
    for person in people:
        with ana.entered():
            erase_person(person)
    assert words_kept(ana) == 0
    assert shown(ana, case) == []


def test_words_are_kept_once_and_never_in_clear(make: Factory, ana: Agency, superuser: Engine) -> None:
    reply_id = answered(make, ana, PARKING, "12 EUR.")
    with ana.entered():
        keep_question(moves.locked(reply_id))
    assert words_kept(ana) == 3
    with superuser.connect() as connection:
        columns = connection.execute(text("select string_agg(w::text, ' ') from answered_word w")).scalar_one()
    assert "park" not in columns


def test_what_was_published_before_is_kept_by_upkeep_a_slice_at_a_time(
    make: Factory, ana: Agency, case: UUID, superuser: Engine
) -> None:
    ids = [answered(make, ana, PARKING, f"{price} EUR.") for price in (12, 13, 14)]
    with superuser.begin() as connection:
        connection.execute(text("delete from answered_word"))
        connection.execute(text("update reply set question_kept = false"))
    assert shown(ana, case) == []
    with ana.entered():
        assert keep_older(limit=2) == 2
    assert {reply_id for reply_id, _ in shown(ana, case)} == set(ids[1:])
    with ana.entered():
        assert (keep_older(), keep_older()) == (1, 0)
    assert {reply_id for reply_id, _ in shown(ana, case)} == set(ids)
    with ana.entered():
        desk.start_draft(ana.team_lead, make.conversation(ana), "A draft is no answer.")
        assert keep_older() == 0


def test_words_since_our_last_answer_count_and_those_of_others_in_the_thread_do_not(make: Factory, ana: Agency) -> None:
    thread = make.conversation(ana, text="Is the sauna open?", age=timedelta(days=9))
    with ana.entered():
        first = db.session.execute(select(Message).where(Message.conversation_id == thread)).scalar_one()
        for hours, words, contact in ((30, "Nice curtains", None), (20, "And the swimming pool?", first.contact_id)):
            db.session.add(
                Message(
                    agency_id=ana.id,
                    brand_id=first.brand_id,
                    conversation_id=thread,
                    account_id=first.account_id,
                    contact_id=contact,
                    external_id=f"in-{hours}",
                    direction="in",
                    text=words,
                    written_at=clock.now() - timedelta(hours=hours),
                    content_hash=bytes(32),
                )
            )
    answered(make, ana, "", "Both are open.", days=0, case=thread)
    asked = {
        words: bool(shown(ana, make.conversation(ana, text=words)))
        for words in ("When is the sauna open?", "Swimming pool", "Nice curtains")
    }
    assert asked == {"When is the sauna open?": True, "Swimming pool": True, "Nice curtains": False}


def test_a_card_is_a_handful_of_indexed_statements(
    make: Factory, ana: Agency, case: UUID, superuser: Engine, statements: Callable[[], list[str]]
) -> None:
    answered(make, ana, PARKING, "It is 12 EUR.")
    with superuser.begin() as connection:
        connection.execute(text("set local session_replication_role = replica"))
        connection.execute(text(FILL))
        connection.execute(text("analyze answered_word, reply, message, conversation, contact"))
    with ana.entered(ana.staff):
        found = read_case(ana.staff, case)
        statements()
        assert [one.words for one in same_answer(found).answers] == [("parking", "cost", "hotel")]
        made = [one for one in statements() if "set_config" not in one]
    assert len(made) <= 7
    with ana.entered(ana.staff):
        db.session.connection().exec_driver_sql("set local plan_cache_mode = force_generic_plan")
        values = {"agency_id": ana.id, "brand_id": ana.brand_ids[0], "stems": [1, 2, 3], "most": 100}
        from agency.replies import same_answer as room

        for statement in (room._COUNTED, room._POSTINGS):
            explain = text("explain " + statement.text).bindparams(*statement._bindparams.values())
            plan = "\n".join(row[0] for row in db.session.connection().execute(explain, values))
            assert "ix_answered_word_stem" in plan
            assert "Seq Scan on answered_word" not in plan


FILL = """
insert into answered_word (agency_id, id, brand_id, stem, reply_id, message_id, answered_at)
select agency_id, uuidv7(), brand_id, n % 700, reply_id, message_id, now() - n * interval '1 minute'
from (select * from answered_word limit 1) one, generate_series(1, 20000) n
"""

PLACES = st.lists(
    st.tuples(
        st.one_of(
            st.none(),
            st.builds(
                lambda points: NearQuestion(UUID(int=1), clock.now(), points, (1,)), st.sampled_from([0.4, 0.5, 0.7])
            ),
        ),
        st.integers(0, 2).map(lambda days: datetime(2026, 11, 22, tzinfo=UTC) - timedelta(days=days)),
        st.integers(0, 9).map(lambda number: UUID(int=number)),
    ),
    unique_by=lambda one: one[2],
)


@given(PLACES, st.randoms(use_true_random=False))
def test_the_order_of_answers_is_total(places: list[Any], chance: Any) -> None:
    mixed = list(places)
    chance.shuffle(mixed)
    in_their_order = sorted(places, key=lambda one: in_order(*one))
    assert sorted(mixed, key=lambda one: in_order(*one)) == in_their_order
    near = [one[0] is not None for one in in_their_order]
    assert near == sorted(near, reverse=True), "near ones before those of the person alone"


def test_the_name_somebody_had_when_they_were_answered_is_masked_too(make: Factory, ana: Agency, case: UUID) -> None:
    answered(make, ana, PARKING, "Dear Zofia, 12 EUR.", author="Zofia Nowak")
    with ana.entered():
        db.session.execute(update(Contact).where(Contact.name == "Zofia Nowak").values(name="Z. N."))
    (one,) = beside(ana, case).answers
    assert (one.text, one.insert) == ("Dear •••, 12 EUR.", "Dear {customer_name}, 12 EUR.")
