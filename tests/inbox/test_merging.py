"""Cases told within one another and messages set apart: rows and targets stay right, whatever comes in and when."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from itertools import permutations
from threading import Barrier, Event, Thread
from typing import Any
from uuid import UUID

import pytest
from flask import Flask
from sqlalchemy import func, select, update

from agency.inbox import bulk, desk, erasing, merging, outgoing, splitting, undoing
from agency.inbox.bulk import Pressed
from agency.inbox.contacts import linking
from agency.inbox.intake import store_page
from agency.inbox.models import Conversation, Message, QueueCounter
from agency.replies import desk as reply_desk
from agency.replies import moves, targets
from agency.replies.models import Reply
from channels.items import IncomingItem
from channels.models import Account
from jobs.merging import raise_merged
from tenants import clock
from tenants.database import db, new_id
from tenants.errors import Conflict, Invalid, NotFound
from tenants.models import Brand, OutboxEntry
from tenants.scope import Scope, in_scope
from tests.factories import Agency, Factory
from tests.inbox.items import comment, page

NOW = clock.now().replace(microsecond=0)


def told(number: int, words: str, **more: Any) -> IncomingItem:
    return comment(number, words, created_at=NOW + timedelta(seconds=number - 60), **more)


@pytest.fixture
def facebook(make: Factory, ana: Agency) -> UUID:
    return make.account(ana, platform="facebook")


@pytest.fixture
def store(ana: Agency, facebook: UUID) -> Callable[..., None]:
    def keep(*items: IncomingItem, account_id: UUID = facebook, **more: Any) -> None:
        with ana.entered():
            account = db.session.scalars(select(Account).where(Account.id == account_id)).one()
            store_page(account, page(*items), now=NOW, **more)
        run_promises(ana)

    return keep


def run_promises(agency: Agency) -> None:
    """As the worker would, in any order."""
    with agency.entered():
        rows = db.session.execute(
            select(OutboxEntry.id, OutboxEntry.ids).where(
                OutboxEntry.job_name == "raise_merged", OutboxEntry.done_at.is_(None)
            )
        ).all()
        for entry in db.session.scalars(select(OutboxEntry).where(OutboxEntry.id.in_([row.id for row in rows]))):
            entry.done_at = clock.now()
    for row in reversed(rows):
        raise_merged(agency.app, **row.ids)


def cases(agency: Agency) -> dict[str, tuple[Any, ...]]:
    """By the platform's name of the thread: what a row shows."""
    with agency.entered():
        names = {c.id: c.external_id for c in db.session.scalars(select(Conversation))}
        return {
            c.external_id: (
                *(c.status, c.closed_reason, names.get(c.merged_into_id) if c.merged_into_id else None),
                *(c.message_count, c.excerpt, c.last_customer_at, c.due_at, c.rank),
            )
            for c in db.session.scalars(select(Conversation))
        }


def id_of(agency: Agency, external_id: str) -> UUID:
    with agency.entered():
        return db.session.scalars(select(Conversation.id).where(Conversation.external_id == external_id)).one()


def merge(agency: Agency, main: UUID, other: UUID, actor: Any = None) -> Pressed:
    with agency.entered(actor or agency.staff):
        return merging.merge(actor or agency.staff, new_id(), main, other)


def undo(agency: Agency, pressed: Pressed) -> Pressed:
    with agency.entered(agency.staff):
        return undoing.undo(agency.staff, pressed.id)


ONE, TWO = told(1, "Where is my order?"), told(2, "And my refund?")
FIRST, SECOND = ONE.thread_external_id, TWO.thread_external_id


@pytest.fixture
def both(ana: Agency, store: Callable[..., None]) -> tuple[UUID, UUID]:
    store(ONE, TWO)
    return id_of(ana, FIRST), id_of(ana, SECOND)


def test_a_merge_shows_both_in_one_row_and_its_undo_leaves_no_trace(ana: Agency, both: tuple[UUID, UUID]) -> None:
    before = cases(ana)
    done = merge(ana, *both)
    after = cases(ana)
    assert after[SECOND][:3] == ("closed", "merged", FIRST)
    assert after[FIRST][:5] == ("open", None, None, 2, "And my refund?")
    assert after[FIRST][6] == before[FIRST][6], "the earlier of both is due first"
    undone = undo(ana, done)
    assert undone.restored_count == 2
    assert cases(ana) == before


LATER = (
    told(3, "Still waiting", under=1),
    told(4, "Anybody?", under=2),
    told(5, "On its way", under=1, from_us=True),
    told(6, "Sent back yesterday", under=2, from_us=True),
)


@pytest.mark.parametrize("order", list(permutations(range(4))), ids=str)
def test_whatever_comes_in_later_lands_where_it_belongs_in_any_order(
    ana: Agency, store: Callable[..., None], both: tuple[UUID, UUID], order: tuple[int, ...]
) -> None:
    merge(ana, *both)
    for place in order:
        store(LATER[place], known_stay=True)
        store(LATER[place], known_stay=True)
    found = cases(ana)
    assert found[SECOND][:3] == ("closed", "merged", FIRST)
    assert found[FIRST][3] == 6
    assert found[FIRST][:2] == ("closed", "answered"), "both threads are answered, so nothing is owed"
    with ana.entered():
        homes = dict(
            db.session.execute(
                select(Message.external_id, Conversation.external_id).join(
                    Conversation,
                    (Conversation.agency_id == Message.agency_id) & (Conversation.id == Message.conversation_id),
                )
            ).all()  # type: ignore[arg-type]
        )
    assert homes == {
        item.external_id: FIRST if item.thread_external_id == FIRST else SECOND for item in (ONE, TWO, *LATER)
    }


def test_one_answer_does_not_answer_both(ana: Agency, store: Callable[..., None], both: tuple[UUID, UUID]) -> None:
    merge(ana, *both)
    store(told(9, "Your order is on its way", under=1, from_us=True))
    assert cases(ana)[FIRST][:2] == ("open", None), "the refund is still asked for"
    store(told(10, "Refunded", under=2, from_us=True))
    assert cases(ana)[FIRST][:2] == ("closed", "answered")
    store(told(11, "Thank you, but how much?", under=2))
    row = cases(ana)[FIRST]
    assert (row[0], row[4]) == ("open", "Thank you, but how much?")


def test_an_answer_goes_out_from_the_thread_it_answers(ana: Agency, both: tuple[UUID, UUID]) -> None:
    merge(ana, *both)
    with ana.entered(ana.staff):
        draft = reply_desk.start_draft(ana.staff, both[1], "We refunded you yesterday.")
        reply = db.session.scalars(select(Reply).where(Reply.id == draft.id)).one()
        target = targets.target_of(reply)
        assert (target.external_id, target.thread_external_id) == (TWO.external_id, SECOND)
        held = dict(db.session.execute(select(Conversation.id, Conversation.holder_id)).all())  # type: ignore[arg-type]
        states = dict(db.session.execute(select(Conversation.id, Conversation.reply_state)).all())  # type: ignore[arg-type]
    assert held == {both[0]: ana.staff.user_id, both[1]: None}, "who answers there holds the whole"
    assert states[both[0]] == states[both[1]] == "draft"
    with ana.entered(ana.team_lead), pytest.raises(Conflict):
        desk.claim(ana.team_lead, both[1])


def test_only_what_belongs_together_is_merged(ana: Agency, make: Factory, both: tuple[UUID, UUID]) -> None:
    two_messages = [make.conversation(ana, account_id=_account_of(ana, both[0]), kind="message") for _ in range(2)]
    with pytest.raises(Conflict):
        merge(ana, *two_messages)
    other_brand = make.conversation(ana, brand=1)
    other_account = make.conversation(ana)
    other_kind = make.conversation(ana, account_id=_account_of(ana, both[0]), kind="mention")
    for other in (other_brand, other_account, other_kind):
        with pytest.raises(Conflict) as refused:
            merge(ana, both[0], other)
        assert refused.value.code == "not_together"
    with pytest.raises(Invalid):
        merge(ana, both[0], both[0])
    with pytest.raises(NotFound):
        merge(ana, both[0], new_id())
    with ana.entered(ana.team_lead):
        desk.claim(ana.team_lead, both[1])
    with pytest.raises(Conflict) as refused:
        merge(ana, *both)
    assert refused.value.code == "held"


def _account_of(agency: Agency, case: UUID) -> UUID:
    with agency.entered():
        return db.session.scalars(select(Conversation.account_id).where(Conversation.id == case)).one()


@pytest.fixture
def elsewhere(make: Factory, ana: Agency, both: tuple[UUID, UUID]) -> tuple[UUID, UUID, UUID]:
    """Somebody's comment, a direct message on another platform's account, and the link that says it is one person."""
    message = make.conversation(ana, platform="instagram", kind="message", text="I wrote on Facebook, too")
    with ana.entered():
        wrote = dict(db.session.execute(select(Conversation.id, Conversation.contact_id)).all())  # type: ignore[arg-type]
    for one in (both[0], message):  # as intake keeps it: who wrote a message stands with it, too
        with ana.entered():
            theirs = update(Message).where(Message.conversation_id == one)
            db.session.execute(theirs.values(contact_id=wrote[one]))
    with ana.entered(ana.staff):
        link = linking.link_by_decision(ana.staff, wrote[both[0]], wrote[message], "Both named order 7")
        return both[0], message, link.id


def test_a_person_linked_by_proof_is_told_together_over_accounts(
    ana: Agency, both: tuple[UUID, UUID], elsewhere: tuple[UUID, UUID, UUID], store: Callable[..., None]
) -> None:
    main, message, _link = elsewhere
    with ana.entered():
        db.session.execute(update(Brand).values(answer_due_hours_on={"instagram": 1, "facebook": 48}))
        offered = [(one.id, one.platform) for one in merging.candidates(ana.staff, main)]
    assert offered == [(message, "instagram")], "and nobody else's"
    before = cases(ana)
    done = merge(ana, main, message)
    row = cases(ana)[FIRST]
    assert (row[0], row[3]) == ("open", 2)
    assert row[6] <= clock.now() + timedelta(hours=1), "due by the hours of the platform it came by"
    undo(ana, done)
    assert {name: row[:5] for name, row in cases(ana).items()} == {name: row[:5] for name, row in before.items()}
    merge(ana, main, message)
    with ana.entered(ana.staff):
        reply = reply_desk.start_draft(ana.staff, message, "We write to you here.")
        assert (reply.platform, reply.kind) == ("instagram", "message"), "and answered there"


def test_an_undone_link_takes_apart_what_nothing_else_held_together(
    ana: Agency, both: tuple[UUID, UUID], elsewhere: tuple[UUID, UUID, UUID]
) -> None:
    main, message, link_id = elsewhere
    merge(ana, main, both[1])  # of one account and kind: no link is needed
    merge(ana, main, message)
    with ana.entered(ana.team_lead):
        desk.claim(ana.team_lead, main)
    with ana.entered(ana.staff):
        linking.unlink(ana.staff, link_id, "Two people after all")
    with ana.entered():
        told_in = dict(db.session.execute(select(Conversation.id, Conversation.merged_into_id)).all())  # type: ignore[arg-type]
        assert told_in == {main: None, both[1]: main, message: None}
        assert merging.candidates(ana.staff, main) == []
    assert cases(ana)[FIRST][3] == 2
    with pytest.raises(Conflict) as refused:
        merge(ana, message, main)
    assert refused.value.code == "not_together"


def test_what_is_told_within_must_belong_to_the_new_case_too(
    ana: Agency, both: tuple[UUID, UUID], elsewhere: tuple[UUID, UUID, UUID]
) -> None:
    main, message, _link = elsewhere
    merge(ana, main, both[1])
    with pytest.raises(Conflict) as refused:
        merge(ana, message, main)
    assert refused.value.code == "not_together", "somebody else's comment would stand in the person's messages"


def test_erasing_one_end_takes_the_cases_apart(
    ana: Agency, both: tuple[UUID, UUID], elsewhere: tuple[UUID, UUID, UUID]
) -> None:
    main, message, _link = elsewhere
    merge(ana, main, message)
    with ana.entered():
        theirs = db.session.scalars(select(Conversation.contact_id).where(Conversation.id == message)).one()
        assert theirs is not None
        erasing.forget([theirs])
        erasing.erase_words(erasing.message_ids_of([theirs]))
    with ana.entered():
        assert db.session.scalars(select(Conversation.id).where(Conversation.merged_into_id.is_not(None))).all() == []
    row = cases(ana)[FIRST]
    assert (row[3], row[4]) == (1, ONE.text)


def test_merging_and_undoing_the_link_at_once_leave_nothing_unproven(
    ana: Agency, app: Flask, elsewhere: tuple[UUID, UUID, UUID]
) -> None:
    main, message, link_id = elsewhere
    start = Barrier(2)

    def merging_it() -> None:
        start.wait()
        with suppress(Conflict), in_scope(app, Scope(ana.id, None)):
            merging.merge(ana.staff, new_id(), main, message)

    def unlinking() -> None:
        start.wait()
        with in_scope(app, Scope(ana.id, None)):
            linking.unlink(ana.staff, link_id, "Two people")

    threads = [Thread(target=merging_it), Thread(target=unlinking)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with ana.entered():
        assert db.session.scalars(select(Conversation.id).where(Conversation.merged_into_id.is_not(None))).all() == []


@pytest.mark.parametrize("main_is_older", [True, False])
def test_answering_a_part_and_taking_it_apart_wait_for_each_other(
    ana: Agency, both: tuple[UUID, UUID], main_is_older: bool
) -> None:
    main, part = sorted(both, reverse=not main_is_older)
    merge(ana, main, part)
    with ana.entered(ana.staff):
        reply_id = reply_desk.start_draft(ana.staff, part, "An answer.").id
    errors: list[BaseException] = []
    begun, done = Event(), Event()

    def answer(deed: Callable[[], object]) -> None:
        try:
            with ana.entered(ana.staff):
                begun.set()
                deed()
        except BaseException as error:
            errors.append(error)
        done.set()

    for deed in (
        lambda: reply_desk.edit(ana.staff, reply_id, "Another answer."),
        lambda: reply_desk.drop(ana.staff, reply_id),
        lambda: reply_desk.start_draft(ana.staff, part, "A third one."),
    ):
        begun.clear()
        done.clear()
        with ana.entered(ana.staff):
            desk.release(ana.staff, main)  # who answers takes it, too
        thread = Thread(target=answer, args=(deed,))
        with ana.entered(ana.staff):
            db.session.execute(select(Conversation.id).where(Conversation.id == min(both)).with_for_update())
            thread.start()
            assert begun.wait(30)
            assert not done.wait(0.2), "it waits"
            db.session.execute(select(Conversation.id).where(Conversation.id == max(both)).with_for_update())
        thread.join(30)
        assert not errors, errors


def test_what_holds_others_is_told_within_another_with_all_of_them(ana: Agency, store: Callable[..., None]) -> None:
    items = [told(n, f"Question {n}") for n in (1, 2, 3)]
    store(*items)
    ids = [id_of(ana, item.thread_external_id) for item in items]
    merge(ana, ids[1], ids[2])
    before = cases(ana)
    done = merge(ana, ids[0], ids[1])
    found = cases(ana)
    names = [item.thread_external_id for item in items]
    assert [found[name][2] for name in names] == [None, names[0], names[0]]
    assert found[names[0]][3] == 3
    undo(ana, done)
    assert cases(ana) == before


def test_a_case_told_within_another_is_worked_on_there(ana: Agency, both: tuple[UUID, UUID]) -> None:
    merge(ana, *both)
    with ana.entered(ana.staff), pytest.raises(Conflict) as refused:
        desk.close(ana.staff, both[1])
    assert refused.value.code == "merged"
    with ana.entered(ana.staff):
        assert merging.take_apart(ana.staff, both[1]) == both[0]
    found = cases(ana)
    assert [found[name][:3] for name in (FIRST, SECOND)] == [("open", None, None)] * 2
    assert found[FIRST][3] == 1


def test_taken_apart_each_shows_its_own_reply(
    ana: Agency, both: tuple[UUID, UUID], elsewhere: tuple[UUID, UUID, UUID]
) -> None:
    main, message, link_id = elsewhere

    def shown() -> dict[UUID, str | None]:
        with ana.entered():
            return shown_states()

    with ana.entered(ana.staff):
        reply_desk.start_draft(ana.staff, both[1], "And here is an answer.")
    merge(ana, *both)
    with ana.entered(ana.staff):
        reply_desk.start_draft(ana.staff, message, "We write to you here.")
    merge(ana, main, message)
    assert set(shown().values()) == {"draft"}
    with ana.entered(ana.staff):
        linking.unlink(ana.staff, link_id, "Two people after all")
    assert shown() == dict.fromkeys((main, both[1], message), "draft"), "the other one's, which stays with it"
    with ana.entered(ana.staff):
        merging.take_apart(ana.staff, both[1])
    assert shown() == {main: None, both[1]: "draft", message: "draft"}


def shown_states() -> dict[UUID, str | None]:
    return {row.id: row.reply_state for row in db.session.execute(select(Conversation.id, Conversation.reply_state))}


def test_what_somebody_waits_for_is_shown_whichever_part_it_answers(ana: Agency, both: tuple[UUID, UUID]) -> None:
    """A draft begun later beside it hides nothing; and the row of a part is its own."""
    merge(ana, *both)
    with ana.entered(ana.staff):
        waiting = reply_desk.start_draft(ana.staff, both[1], "An answer for the second.").id
    with ana.entered():
        db.session.execute(update(Reply).where(Reply.id == waiting).values(state="awaiting_approval"))
        moves.show_in_queue(db.session.get_one(Reply, (ana.id, waiting, ana.brand_ids[0])))
    with ana.entered(ana.staff):
        first = reply_desk.start_draft(ana.staff, both[0], "And one for the first.").id
    with ana.entered():
        found = shown_states()
        assert found == {both[0]: "awaiting_approval", both[1]: "awaiting_approval"}
        db.session.execute(update(Reply).where(Reply.id == waiting).values(state="dropped"))
        moves.show_in_queue(db.session.get_one(Reply, (ana.id, waiting, ana.brand_ids[0])))
        found = shown_states()
        assert found == {both[0]: "draft", both[1]: None}, first


def test_whoever_held_what_a_lead_merged_away_is_told(ana: Agency, both: tuple[UUID, UUID]) -> None:
    with ana.entered(ana.staff):
        desk.claim(ana.staff, both[1])
    with ana.entered(ana.team_lead):
        done = merging.merge(ana.team_lead, new_id(), *both)
    with ana.entered(ana.staff):
        lost = desk.case_of(both[1])
    assert (lost.holder_id, lost.held_before_id, lost.merged_into_id) == (None, ana.staff.user_id, both[0])
    with ana.entered(ana.team_lead):
        undoing.undo(ana.team_lead, done.id)
        again = desk.case_of(both[1])
    assert (again.holder_id, again.held_before_id) == (ana.staff.user_id, None)


@pytest.mark.parametrize(
    ("main_is", "other_is", "back_in"), [("closed", 2, 2), (3, 2, 2), (2, 3, 2), (3, "closed", 3), (3, "open", None)]
)
def test_what_was_put_off_comes_back_when_it_was_promised(
    ana: Agency, both: tuple[UUID, UUID], main_is: Any, other_is: Any, back_in: int | None
) -> None:
    older, newer = both
    for case, how in ((newer, main_is), (older, other_is)):
        with ana.entered(ana.staff):
            if how == "closed":
                desk.close(ana.staff, case)
            elif how != "open":
                desk.snooze(ana.staff, case, NOW + timedelta(days=how))

    def stand() -> dict[UUID, tuple[Any, ...]]:
        with ana.entered():
            found = db.session.execute(select(Conversation.id, Conversation.status, Conversation.snoozed_until))
            return {row.id: tuple(row[1:]) for row in found}

    before = stand()
    done = merge(ana, newer, older)
    assert stand()[newer] == (("snoozed", NOW + timedelta(days=back_in)) if back_in else ("open", None))
    undo(ana, done)
    assert stand() == before


def test_an_undo_never_hides_what_came_in_since(
    ana: Agency, store: Callable[..., None], both: tuple[UUID, UUID]
) -> None:
    with ana.entered(ana.staff):
        desk.close(ana.staff, both[0])
    done = merge(ana, *both)
    store(told(4, "Anybody?", under=2))
    undone = undo(ana, done)
    assert undone.restored_count == 0
    assert cases(ana)[FIRST][0] == "open"


# --- Setting apart ---

THREAD = (
    told(1, "Where is my order?"),
    told(2, "Mine is late, too", under=1),
    told(3, "By the way, are you open on Sunday?", under=1),
)


def split(agency: Agency, case: UUID, *items: IncomingItem) -> Pressed:
    with agency.entered(agency.staff):
        names = [item.external_id for item in items]
        ids = list(db.session.scalars(select(Message.id).where(Message.external_id.in_(names))))
        return splitting.split(agency.staff, new_id(), case, ids)


@pytest.fixture
def thread(ana: Agency, store: Callable[..., None]) -> UUID:
    store(*THREAD)
    return id_of(ana, FIRST)


def apart_of(agency: Agency) -> tuple[Any, ...]:
    (name,) = [name for name in cases(agency) if "#apart-" in name]
    return cases(agency)[name]


def test_a_question_set_apart_is_a_case_of_its_own_and_its_undo_leaves_no_trace(ana: Agency, thread: UUID) -> None:
    before = cases(ana)
    done = split(ana, thread, THREAD[2])
    assert apart_of(ana)[:5] == ("open", None, None, 1, THREAD[2].text)
    assert cases(ana)[FIRST][3:5] == (2, THREAD[1].text)
    undo(ana, done)
    assert cases(ana) == before


def test_what_was_done_before_is_taken_back_behind_it(ana: Agency, store: Callable[..., None], thread: UUID) -> None:
    """Told together, messages set apart, and both presses taken back, the newest first: nothing is left of either."""
    nine = told(9, "And my refund?")
    store(nine)
    before = cases(ana)
    together = merge(ana, thread, id_of(ana, nine.thread_external_id))
    apart = split(ana, thread, THREAD[2])
    assert [undo(ana, one).refused_count for one in (apart, together)] == [0, 0]
    assert cases(ana) == before
    together = merge(ana, thread, id_of(ana, nine.thread_external_id))
    apart = split(ana, thread, THREAD[2])
    store(told(10, "Well?", under=1))
    assert [undo(ana, one).refused_count for one in (apart, together)] == [0, 2], "words that came in since stay"


def test_polls_and_events_leave_it_apart_and_write_nothing(
    ana: Agency, store: Callable[..., None], thread: UUID
) -> None:
    split(ana, thread, THREAD[2])
    found = cases(ana)
    with ana.entered():
        versions = db.session.scalar(select(func.sum(Conversation.version)))
    for _again in range(2):
        store(*THREAD)
        store(*THREAD, known_stay=True)
    assert cases(ana) == found
    with ana.entered():
        assert db.session.scalar(select(func.sum(Conversation.version))) == versions


BENEATH = (
    told(4, "Sunday, I mean the 29th", under=3, thread_external_id=FIRST),
    told(5, "Yes, from ten", under=4, thread_external_id=FIRST, from_us=True),
    told(6, "Still no order", under=1),
)


@pytest.mark.parametrize("order", list(permutations(range(3))), ids=str)
def test_what_comes_in_beneath_it_follows_it(
    ana: Agency, store: Callable[..., None], thread: UUID, order: tuple[int, ...]
) -> None:
    split(ana, thread, THREAD[2])
    for place in order:
        # An answer to what is not known yet may land in its thread; the poll that brings what it answers mends nothing,
        # so platforms' order within a branch is kept here.
        if place == 1 and order.index(0) > order.index(1):
            continue
        store(BENEATH[place], known_stay=True)
    if order.index(0) > order.index(1):
        store(BENEATH[1], known_stay=True)
    store(*THREAD, *BENEATH)
    assert apart_of(ana)[3] == 3
    assert apart_of(ana)[:2] == ("closed", "answered")
    assert cases(ana)[FIRST][:2] == ("open", None)
    assert cases(ana)[FIRST][3] == 3


def test_an_answer_to_it_goes_beneath_the_message_in_the_platforms_thread(ana: Agency, thread: UUID) -> None:
    done = split(ana, thread, THREAD[2])
    with ana.entered(ana.staff):
        apart = db.session.scalars(select(Conversation.id).where(Conversation.split_from_id == thread)).one()
        draft = reply_desk.start_draft(ana.staff, apart, "Yes, we are open on Sunday.")
        reply = db.session.scalars(select(Reply).where(Reply.id == draft.id)).one()
        target = targets.target_of(reply)
        assert (target.external_id, target.thread_external_id) == (THREAD[2].external_id, FIRST)
        assert reply.thread_external_id == FIRST
    assert undo(ana, done).restored_count == 0, "somebody is at it by now"


def test_our_answer_stands_with_it_even_where_an_event_told_it_first(
    ana: Agency, store: Callable[..., None], thread: UUID, facebook: UUID
) -> None:
    split(ana, thread, THREAD[2])
    apart = next(id_of(ana, name) for name in cases(ana) if "#apart-" in name)
    echo = told(8, "Yes, we are open", under=1, from_us=True)
    store(echo, known_stay=True)
    with ana.entered():
        account = db.session.scalars(select(Account).where(Account.id == facebook)).one()
        outgoing.answered(
            account,
            apart,
            reply_id=new_id(),
            platform_id=echo.external_id,
            answered_external_id=THREAD[2].external_id,
            text=echo.text,
            written_at=echo.created_at,
        )
    assert apart_of(ana)[:2] == ("closed", "answered")


def offered(agency: Agency, case: UUID) -> set[str]:
    """What the page of a case offers to set apart."""
    with agency.entered(agency.staff):
        may_go = splitting.that_may_go(case)
        return set(db.session.scalars(select(Message.external_id).where(Message.id.in_(may_go))))


def test_only_what_may_go_is_offered(ana: Agency, store: Callable[..., None], facebook: UUID) -> None:
    alone = told(1, "Where is my order?", kind="message", thread_external_id="t_1")
    store(alone)
    case = id_of(ana, "t_1")
    assert offered(ana, case) == set(), "nothing would be left"
    with pytest.raises(Conflict):
        split(ana, case, alone)
    more = told(2, "And are you open on Sunday?", kind="message", thread_external_id="t_1")
    store(more)
    assert offered(ana, case) == {alone.external_id, more.external_id}
    with ana.entered(ana.staff):
        reply_desk.start_draft(ana.staff, case, "From ten.")
    assert offered(ana, case) == {alone.external_id}, "the other is being answered"


def test_what_cannot_be_set_apart_stays(ana: Agency, thread: UUID, store: Callable[..., None]) -> None:
    with pytest.raises(Conflict) as refused:
        split(ana, thread, THREAD[0])
    assert refused.value.code == "cannot_split"
    with pytest.raises(Invalid):
        split(ana, thread)
    with ana.entered(ana.staff):
        reply_desk.start_draft(ana.staff, thread, "On its way.")
    with pytest.raises(Conflict) as refused:
        split(ana, thread, THREAD[2])
    assert refused.value.code == "answered"
    store(replace(THREAD[1], deleted=True, text=""))
    with pytest.raises(Conflict) as refused:
        split(ana, thread, THREAD[1])
    assert refused.value.code == "cannot_split"


def test_counters_stay_exact(ana: Agency, thread: UUID) -> None:
    done = split(ana, thread, THREAD[2])
    counted = select(QueueCounter.open_count, QueueCounter.closed_count)
    with ana.entered():
        assert tuple(db.session.execute(counted).one()) == (2, 0)
    undo(ana, done)
    with ana.entered():
        assert tuple(db.session.execute(counted).one()) == (1, 0)
        assert bulk.lately(ana.staff)[0].undone_at is not None
