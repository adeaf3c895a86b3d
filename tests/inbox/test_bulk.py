"""One press for many cases, and taking it back."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from threading import Barrier, Thread
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import any_, event, func, literal, select

from agency.inbox import bulk, desk, label_press, labelling, labels, reranking, undoing
from agency.inbox.bulk import Chosen, Pressed
from agency.inbox.bulk_models import BulkDeed, BulkDeedCase
from agency.inbox.deeds import Assign, Deed, Release, Reopen, Resolve, Snooze, Spam
from agency.inbox.desk_models import ConversationLabel
from agency.inbox.filters import QueueFilter
from agency.inbox.models import Conversation, QueueCounter
from tenants import clock
from tenants.database import db, new_id
from tenants.errors import Conflict, Forbidden, Invalid, NotFound, Worded
from tenants.models import BrandAudit
from tenants.permissions import Actor, Role
from tests.factories import Agency, Factory

STATE = ("status", "closed_reason", "snoozed_until", "holder_id", "holder_name", "held_since", "held_until")


@pytest.fixture
def cases(make: Factory, ana: Agency) -> list[UUID]:
    account = make.account(ana)
    return [make.conversation(ana, account_id=account, rank=100 - n) for n in range(6)]


def press(agency: Agency, actor: Actor, deed: Deed, chosen: Any, press_id: UUID | None = None) -> Pressed:
    wanted = Chosen(view=chosen) if isinstance(chosen, QueueFilter) else Chosen(tuple(chosen))
    with agency.entered(actor):
        return bulk.press(actor, press_id or new_id(), deed, wanted)


def undo(agency: Agency, actor: Actor, press_id: UUID) -> Pressed:
    with agency.entered(actor):
        return undoing.undo(actor, press_id)


def do(agency: Agency, actor: Actor, deed: Callable[..., Any], *given: Any) -> Any:
    with agency.entered(actor):
        return deed(actor, *given)


def standing(agency: Agency) -> dict[UUID, tuple[Any, ...]]:
    with agency.entered():
        rows = db.session.execute(select(Conversation.id, *(getattr(Conversation, name) for name in STATE)))
        return {row[0]: tuple(row[1:]) for row in rows}


def audited(agency: Agency, action: str) -> list[str]:
    with agency.entered():
        return sorted(db.session.scalars(select(BrandAudit.subject_id).where(BrandAudit.action == action)))


def everything(agency: Agency) -> dict[str, Deed]:
    staff = agency.staff
    return {
        "resolve": Resolve(),
        "spam": Spam(),
        "snooze": Snooze(clock.now() + timedelta(hours=2)),
        "assign": Assign(staff.user_id, staff.name, None),
    }


@pytest.mark.parametrize("name", ["resolve", "spam", "snooze", "assign"])
def test_a_press_and_its_undo_leave_everything_as_it_was(ana: Agency, cases: list[UUID], name: str) -> None:
    lead = ana.team_lead
    do(ana, lead, desk.claim, cases[1])
    do(ana, lead, desk.snooze, cases[2], clock.now() + timedelta(hours=5))
    before = standing(ana)
    chosen = cases[:3] if name != "assign" else cases[:2]
    done = press(ana, lead, everything(ana)[name], chosen)
    assert (done.asked_count, done.done_count, done.refused) == (len(chosen), len(chosen), ())
    assert all(standing(ana)[case] != before[case] for case in chosen)
    assert done.can_be_undone
    undone = undo(ana, lead, done.id)
    assert (undone.restored_count, undone.refused, undone.can_be_undone) == (len(chosen), (), False)
    assert standing(ana) == before
    assert audited(ana, "conversation.undo") == sorted(map(str, chosen))


def test_what_cannot_be_done_is_told_case_by_case_with_the_reason(ana: Agency, cases: list[UUID]) -> None:
    do(ana, ana.team_lead, desk.claim, cases[0])
    do(ana, ana.staff, desk.close, cases[1])
    done = press(ana, ana.staff, Snooze(clock.now() + timedelta(hours=1)), [*cases[:3], new_id()])
    assert (done.asked_count, done.done_count) == (4, 1)
    assert [one.conversation_id for one in done.refused] == cases[:2]
    assert ana.team_lead.name in done.refused[0].reason
    assert isinstance(done.refused[0].reason, Worded)
    assert "closed" in done.refused[1].reason
    assert standing(ana)[cases[0]][0] == "open"


def test_only_a_lead_calls_a_review_spam(ana: Agency, make: Factory) -> None:
    review = make.conversation(ana, platform="google_business", kind="review", stars=1)
    comment = make.conversation(ana)
    done = press(ana, ana.staff, Spam(), [review, comment])
    assert [one.conversation_id for one in done.refused] == [review]
    assert standing(ana)[comment][:2] == ("closed", "spam")
    press(ana, ana.team_lead, Spam(), [review])
    assert standing(ana)[review][:2] == ("closed", "spam")


def test_a_view_is_chosen_by_its_filter_and_bounded(
    ana: Agency, cases: list[UUID], make: Factory, monkeypatch: pytest.MonkeyPatch
) -> None:
    elsewhere = make.conversation(ana, brand=1)
    view = QueueFilter(brand_ids=(ana.brand_ids[0],))
    monkeypatch.setattr(bulk, "MOST_AT_ONCE", 4)
    done = press(ana, ana.staff, Resolve(), view)
    assert (done.done_count, done.more_left) == (4, True)
    assert [standing(ana)[case][0] for case in cases] == ["closed"] * 4 + ["open"] * 2, "the first of the view first"
    rest = press(ana, ana.staff, Resolve(), view)
    assert (rest.done_count, rest.more_left) == (2, False)
    assert standing(ana)[elsewhere][0] == "open"
    with pytest.raises(Invalid):
        press(ana, ana.staff, Resolve(), cases[:5])
    with pytest.raises(Invalid):
        press(ana, ana.staff, Resolve(), view)


def test_a_second_press_of_the_same_form_does_nothing_more(ana: Agency, cases: list[UUID]) -> None:
    press_id = new_id()
    first = press(ana, ana.staff, Resolve(), cases[:2], press_id)
    do(ana, ana.staff, desk.reopen, cases[0])
    assert press(ana, ana.staff, Resolve(), cases[:2], press_id) == first
    assert standing(ana)[cases[0]][0] == "open"
    with pytest.raises(NotFound):
        press(ana, ana.team_lead, Resolve(), cases[:2], press_id)


def test_the_same_form_pressed_twice_at_once_is_one_press(ana: Agency, cases: list[UUID]) -> None:
    press_id, start, got, odd = new_id(), Barrier(2), [], []

    def go() -> None:
        try:
            start.wait(10)
            got.append(press(ana, ana.staff, Resolve(), cases, press_id))
        except BaseException as error:
            odd.append(error)

    threads = [Thread(target=go) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert not odd
    assert got[0] == got[1]
    assert audited(ana, "conversation.close") == sorted(map(str, cases))


def test_two_presses_over_the_same_cases_never_wait_in_a_circle(ana: Agency, cases: list[UUID]) -> None:
    start, odd = Barrier(2), []

    def go(actor: Actor, chosen: list[UUID]) -> None:
        try:
            start.wait(10)
            press(ana, actor, Resolve(), chosen)
        except BaseException as error:
            odd.append(error)

    threads = [Thread(target=go, args=(ana.staff, cases)), Thread(target=go, args=(ana.team_lead, cases[::-1]))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert not odd
    assert audited(ana, "conversation.close") == sorted(map(str, cases)), "each was closed by one of them"


def test_an_undo_leaves_alone_what_was_touched_since_and_says_so(ana: Agency, cases: list[UUID]) -> None:
    done = press(ana, ana.staff, Resolve(), cases[:3])
    do(ana, ana.team_lead, desk.reopen, cases[1])
    do(ana, ana.team_lead, desk.close, cases[1])
    undone = undo(ana, ana.staff, done.id)
    assert [one.conversation_id for one in undone.refused] == [cases[1]]
    assert undone.restored_count == 2
    assert [standing(ana)[case][0] for case in cases[:3]] == ["open", "closed", "open"]
    assert undo(ana, ana.staff, done.id) == undone, "once"
    told = undone.refused[0].reason
    assert re.fullmatch(rf"Changed since by {ana.team_lead.name} at \d\d:\d\d UTC: resolved\. It was left .*", told)


def test_presses_are_taken_back_one_after_the_other(ana: Agency, cases: list[UUID]) -> None:
    """The older one cannot be before the newer one is, and says whose press stands between."""
    before = standing(ana)
    older = press(ana, ana.staff, Snooze(clock.now() + timedelta(days=1)), cases[:2])
    newer = press(ana, ana.team_lead, Resolve(), cases[:1])
    assert undo(ana, ana.team_lead, newer.id).restored_count == 1
    assert undo(ana, ana.staff, older.id).restored_count == 2, "what the older press left stood again"
    assert standing(ana) == before
    third = press(ana, ana.staff, Resolve(), cases[:1])
    press(ana, ana.team_lead, Reopen(), cases[:1])
    (left,) = undo(ana, ana.staff, third.id).refused
    assert f"by {ana.team_lead.name} at" in left.reason
    assert ": opened again." in left.reason


def test_a_new_rank_is_no_touch(ana: Agency, cases: list[UUID]) -> None:
    """A case opened again is ranked again at once: that alone must not stand between a press and its undo."""
    closed = press(ana, ana.staff, Resolve(), cases[:2])
    opened = press(ana, ana.staff, Reopen(), cases[:2])
    with ana.entered():
        assert reranking.rerank_due().changed == len(cases)
        theirs = db.session.scalars(select(Conversation.contact_id).where(Conversation.id.in_(cases)))
        versions = {row.id: row.version for row in db.session.execute(select(Conversation.id, Conversation.version))}
        reranking.tell_cases_of({one for one in theirs if one})
        told = {row.id: row.version for row in db.session.execute(select(Conversation.id, Conversation.version))}
        assert told == {one: version + 1 for one, version in versions.items()}, "and who writes is none either"
    undone = undo(ana, ana.staff, opened.id)
    assert (undone.restored_count, undone.refused) == (2, ())
    assert [standing(ana)[case][0] for case in cases[:2]] == ["closed", "closed"]
    assert undo(ana, ana.staff, closed.id).restored_count == 2, "they are as the older press left them"


def test_only_who_pressed_undoes_and_not_for_ever(ana: Agency, cases: list[UUID], stranger: Agency) -> None:
    start = clock.now()
    with clock.stopped_at(start) as move_to:
        done = press(ana, ana.staff, Resolve(), cases[:1])
        for agency, actor in ((ana, ana.team_lead), (stranger, stranger.staff)):
            with pytest.raises(NotFound):
                undo(agency, actor, done.id)
        move_to(start + timedelta(hours=bulk.UNDO_HOURS, minutes=1))
        with pytest.raises(Conflict):
            undo(ana, ana.staff, done.id)
        with ana.entered():
            assert bulk.forget_old() == 0
        move_to(start + timedelta(days=bulk.KEPT_DAYS, minutes=1))
        with ana.entered():
            assert bulk.forget_old() == 1
            assert db.session.scalar(select(func.count(BulkDeedCase.id))) == 0


def test_an_undo_reaches_no_further_than_whoever_undoes_may(ana: Agency, cases: list[UUID], make: Factory) -> None:
    other = make.conversation(ana, brand=1)
    done = press(ana, ana.staff, Resolve(), [cases[0], other])
    narrowed = Actor(ana.staff.user_id, ana.staff.name, Role.STAFF, ana.id, frozenset({ana.brand_ids[0]}))
    undone = undo(ana, narrowed, done.id)
    assert undone.restored_count == 1
    assert standing(ana)[other][0] == "closed"
    with pytest.raises(Forbidden):
        undo(ana, Actor(ana.staff.user_id, "x", Role.LIGHT, ana.id, None), done.id)


@pytest.mark.parametrize("role", ["light", "client_owner", "billing_admin"])
def test_roles_that_only_read_press_nothing(ana: Agency, cases: list[UUID], role: str) -> None:
    with pytest.raises(Forbidden):
        press(ana, getattr(ana, role), Resolve(), cases[:1])
    with ana.entered():
        assert db.session.scalar(select(func.count(BulkDeed.id))) == 0


def test_only_a_lead_gives_many_away_and_only_to_whom_may_have_them(
    ana: Agency, cases: list[UUID], make: Factory
) -> None:
    second = make.person(ana, Role.STAFF, only_brand_ids=[ana.brand_ids[1]])
    give = Assign(second.user_id, second.name, second.brand_ids)
    with pytest.raises(Forbidden):
        press(ana, ana.staff, give, cases[:1])
    there = make.conversation(ana, brand=1)
    done = press(ana, ana.team_lead, give, [cases[0], there])
    assert [one.conversation_id for one in done.refused] == [cases[0]]
    assert standing(ana)[there][3] == second.user_id
    assert press(ana, second, Release(), [there]).done_count == 1


def test_foreign_ids_are_like_made_up_ones(ana: Agency, stranger: Agency, cases: list[UUID]) -> None:
    foreign, made_up = (
        press(stranger, stranger.staff, Resolve(), [case])._replace(id=cases[0], pressed_at=clock.now())
        for case in (cases[0], new_id())
    )
    assert foreign._replace(pressed_at=made_up.pressed_at) == made_up
    assert standing(ana)[cases[0]][0] == "open"


def test_counters_stay_exact(ana: Agency, cases: list[UUID]) -> None:
    counted = select(QueueCounter.open_count, QueueCounter.snoozed_count, QueueCounter.closed_count)
    done = press(ana, ana.staff, Resolve(), cases[:4])
    press(ana, ana.staff, Snooze(clock.now() + timedelta(hours=1)), cases[4:])
    with ana.entered():
        assert tuple(db.session.execute(counted).one()) == (0, 2, 4)
    undo(ana, ana.staff, done.id)
    press(ana, ana.staff, Reopen(), cases[4:])
    with ana.entered():
        assert tuple(db.session.execute(counted).one()) == (6, 0, 0)


def test_statements_do_not_grow_with_the_cases(ana: Agency, cases: list[UUID]) -> None:
    def counted(deed: Callable[[], Any]) -> int:
        seen: list[str] = []
        engine = db.engine

        def saw(_connection: Any, _cursor: Any, statement: str, *_more: Any) -> None:
            seen.append(statement)

        event.listen(engine, "before_cursor_execute", saw)
        try:
            deed()
        finally:
            event.remove(engine, "before_cursor_execute", saw)
        return len(seen)

    with ana.entered(ana.staff):
        db.session.execute(select(Conversation.id)).all()  # so that the scope is bound
        one = counted(lambda: bulk.press(ana.staff, new_id(), Resolve(), Chosen((cases[0],))))
        press_id = new_id()
        many = counted(lambda: bulk.press(ana.staff, press_id, Resolve(), Chosen(tuple(cases[1:]))))
        back = counted(lambda: undoing.undo(ana.staff, press_id))
    assert one == many
    assert many <= 9
    assert back <= 10


def test_a_label_is_put_on_many_and_taken_back_where_it_was_new(ana: Agency, cases: list[UUID], make: Factory) -> None:
    elsewhere = make.conversation(ana, brand=1)
    lead = ana.team_lead
    with ana.entered(lead):
        label = labels.create_label(lead, ana.brand_ids[0], "Refund").id
        labelling.put_on(lead, [cases[0]], [label])

    def bearing() -> set[UUID]:
        with ana.entered():
            rows = set(db.session.scalars(select(ConversationLabel.conversation_id)))
            assert rows == set(
                db.session.scalars(select(Conversation.id).where(literal(label) == any_(Conversation.label_ids)))
            )
            return rows

    with ana.entered(ana.staff):
        done = label_press.put(ana.staff, new_id(), label, Chosen((*cases[:3], elsewhere)))
    assert [one.conversation_id for one in done.refused] == [elsewhere]
    assert (done.done_count, bearing()) == (2, set(cases[:3]))
    undo(ana, ana.staff, done.id)
    assert bearing() == {cases[0]}, "which bore it before"
    with ana.entered(ana.staff):
        off = label_press.take(ana.staff, new_id(), label, Chosen(tuple(cases)))
    assert (off.done_count, bearing()) == (1, set())
    undo(ana, ana.staff, off.id)
    assert bearing() == {cases[0]}
