"""One press for many replies: what each of them would get alone, or a reason, by as many statements for 50 as for 5."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import Engine, text

from agency.inbox.case import COMPLAINT
from agency.replies import around_many, checks, desk, queries
from agency.replies.deciding_many import Decided, Shown, approve_many, look_at_many
from styleguides import facts
from styleguides.scenarios import CaseFacts
from tenants import brand_hours
from tenants.database import db
from tenants.errors import AppError, Forbidden, Invalid
from tenants.permissions import Actor, Role
from tests.factories import Agency, Factory
from tests.replies.conftest import Case
from tests.replies.many import copies
from tests.replies.test_races import at_once


@pytest.fixture
def waits(case: Case) -> UUID:
    reply_id = case.draft()
    case.do("submit", reply_id)
    return reply_id


def shown_now(agency: Agency, *reply_ids: UUID) -> list[Shown]:
    with agency.entered():
        rows = [queries.get_reply(reply_id) for reply_id in reply_ids]
    return [Shown(row.id, row.text_hash, row.state_since) for row in rows]


def press(agency: Agency, shown: list[Shown], actor: Actor | None = None) -> Decided:
    actor = actor or agency.client_owner
    with agency.entered(actor):
        return approve_many(actor, shown)


def codes(decided: Decided) -> dict[UUID, str | None]:
    return {one.reply_id: one.why.code for one in decided.left}


def codes_alone(agency: Agency, shown: list[Shown], actor: Actor | None = None) -> dict[UUID, str | None]:
    """Why each of these may not be said yes to by itself; what passes passes."""
    actor = actor or agency.client_owner
    found: dict[UUID, str | None] = {}
    for one in shown:
        with agency.entered(actor):
            try:
                desk.approve(actor, one.reply_id, one.text_hash, asked_at=one.asked_at)
            except AppError as refusal:
                found[one.reply_id] = refusal.code
                db.session.rollback()
    return found


def told(superuser: Engine, reply_id: UUID) -> list[dict[str, Any]]:
    """What stands in every table about the decision on a reply, without ids and times of its own."""
    wanted = (
        "select to_jsonb(a) from approval a where reply_id = :id",
        "select to_jsonb(q) from approval_request q where reply_id = :id",
        "select to_jsonb(r) from reply r where id = :id",
        "select to_jsonb(c) from conversation c where id = (select conversation_id from reply where id = :id)",
        "select to_jsonb(l) from brand_audit l where subject_id = cast(:id as text) and action = 'reply.approve'",
        "select to_jsonb(o) from outbox_entry o where ids ->> 'reply_id' = cast(:id as text)",
        "select to_jsonb(n) from notice n where subject_id = :id and kind = 'reply_approved'",
    )
    with superuser.connect() as connection:
        rows = [row for sql in wanted for row in connection.execute(text(sql), {"id": reply_id}).scalars()]
    own = {"created_at", "state_since", "ended_at", "run_at", "number", "hash", "target_fingerprint", "actor_salt"}
    own |= {"id", "reply_id", "reply_text_id", "text_id", "conversation_id", "in_reply_to_id", "subject_id", "ids"}
    own |= {"in_reply_to_external_id", "external_id", "asked_at", "subject_id", "path", "mail_due_at", "waits_due_at"}
    for row in rows:
        row.get("facts", {}).pop("together", None)
    return [{name: value for name, value in row.items() if name not in own} for row in rows]


def test_together_each_gets_what_it_would_get_alone(case: Case, waits: UUID) -> None:
    alone, *others = [waits, *copies(case.superuser, waits, 3)]
    case.do("approve", alone, case.row(alone).text_hash, actor="client_owner")
    found = press(case.agency, shown_now(case.agency, *others))
    assert (found.approved, found.left, found.missing) == (tuple(sorted(others)), (), 0)
    expected = told(case.superuser, alone)
    assert len(expected) == 7, "an approval, a request, a reply, a case, a line, a promise and a notice"
    for reply_id in others:
        assert told(case.superuser, reply_id) == expected


def test_a_second_press_finds_everything_done(case: Case, waits: UUID) -> None:
    shown = shown_now(case.agency, waits, *copies(case.superuser, waits, 2))
    first, second = press(case.agency, shown), press(case.agency, shown)
    assert (len(first.approved), second.approved, set(second.already)) == (3, (), set(first.approved))
    assert case.promises("publish_reply") == 3


def test_what_may_not_pass_is_left_and_says_why(
    case: Case, waits: UUID, make: Factory, stranger: Agency, superuser: Engine
) -> None:
    agency = case.agency
    fine, reworded, anew, edited, gone, paused = ids = copies(superuser, waits, 6)
    shown = shown_now(agency, *ids)
    theirs = Case(stranger, make.conversation(stranger), superuser)
    foreign = theirs.draft()
    theirs.do("submit", foreign)
    other_brand = Case(agency, make.conversation(agency, brand=1), superuser)
    hidden = other_brand.draft()
    other_brand.do("submit", hidden)
    case.do("withdraw", reworded)
    case.do("edit", reworded, "Other words.")
    case.do("submit", reworded)
    case.do("withdraw", anew)
    case.do("submit", anew)
    case.do("withdraw", paused)
    with superuser.begin() as connection:
        change = "update message set {} where id = (select in_reply_to_id from reply where id = :id)"
        connection.execute(text(change.format("content_hash = decode('00', 'hex')")), {"id": edited})
        connection.execute(text(change.format("deleted_at = now()")), {"id": gone})
    shown += [*shown_now(stranger, foreign), *shown_now(agency, hidden), shown[0]._replace(reply_id=uuid4())]
    found = press(agency, shown)
    assert (found.approved, found.missing) == ((fine,), 3)
    assert codes(found) == {
        reworded: "text_changed",
        anew: "asked_anew",
        edited: "message_changed",
        gone: "message_deleted",
        paused: "conflict",
    }
    assert [one.reply_id for one in found.left] == [reworded, anew, edited, gone, paused], "in the order they were sent"
    assert codes_alone(agency, [one for one in shown if one.reply_id in codes(found)]) == codes(found)
    for one in (foreign, hidden):
        assert "awaiting_approval" in str(told(superuser, one))


def test_a_check_that_passed_is_made_anew_only_where_it_might_find_something_else(
    case: Case, waits: UUID, make: Factory, superuser: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    agency, made, read = case.agency, list[bool](), list[Any]()
    make.guide(agency, [{"kind": "banned", "id": "no-refund", "level": "stop", "phrases": ["refund"]}])
    case.do("withdraw", waits)
    case.do("submit", waits)
    check, cases = checks.check_words, around_many.case_facts_many

    def checked(*args: Any, case: CaseFacts, **kw: Any) -> Any:
        made.append(COMPLAINT in case.case_kinds)
        return check(*args, case=case, **kw)

    monkeypatch.setattr(checks, "check_words", checked)
    monkeypatch.setattr(around_many, "case_facts_many", lambda asked: read.extend(asked) or cases(asked))
    same, named, private, complaint, older, unkept = ids = copies(superuser, waits, 6)
    for reply_id, sql in {
        named: "update conversation set author_name = 'Other' where id = (select conversation_id from reply where {})",
        private: "update reply set began_with = 'Thank you' where {}",
        complaint: "update reply set complaint = not complaint where {}",
        older: "update reply set complaint = null where {}",
        unkept: "update reply_text set passed = null where reply_{}",
    }.items():
        with superuser.begin() as connection:
            connection.execute(text(sql.format("id = :id")), {"id": reply_id})
    assert press(agency, shown_now(agency, same)).approved == (same,)
    assert made == []
    assert len(press(agency, shown_now(agency, *ids[1:])).approved) == 5
    assert len(made) == 5
    assert sum(made) == 1, "as it was remembered"
    assert len(read) == 1, "the customer's words, where nothing was remembered"
    (stopped,) = copies(superuser, waits, 1)
    with agency.entered(agency.agency_admin):
        fact = {"name": "Answer", "kind": "text", "value": "soon", "subjects": []}
        facts.create_fact(agency.agency_admin, agency.brand_ids[0], fact)
    press(agency, shown_now(agency, stopped))
    assert len(made) == 6, "a fact was written since"


def test_hours_are_kept_by_all_of_them(case: Case, waits: UUID, superuser: Engine) -> None:
    opens = [[[600, 601]]] * 7
    with case.agency.entered(case.agency.agency_admin):
        brand_hours.set_hours(
            case.agency.agency_admin, case.agency.brand_ids[0], days=opens, zone="UTC", sends_in_hours=True
        )
    plain, *late = copies(superuser, waits, 3)
    with superuser.begin() as connection:
        waits_for = "update reply set not_before_because = 'hours' where id = any(:ids)"
        connection.execute(text(waits_for), {"ids": late})
    assert len(press(case.agency, shown_now(case.agency, plain, *late)).approved) == 3
    moments = (
        "select r.id, r.not_before, o.run_at from reply r join outbox_entry o on o.ids ->> 'reply_id' = r.id::text"
    )
    with superuser.connect() as connection:
        rows = {row.id: row for row in connection.execute(text(moments)) if row.id in {plain, *late}}
    assert rows[plain].not_before is None
    assert {rows[one].not_before.strftime("%H:%M") for one in late} == {"10:00"}
    assert all(rows[one].run_at == rows[one].not_before for one in late)


def test_what_the_guide_stops_now_and_what_others_decide_cannot_be_ticked(
    case: Case, waits: UUID, make: Factory, superuser: Engine
) -> None:
    agency = case.agency
    (other,) = copies(superuser, waits, 1)
    make.guide(agency, [{"kind": "banned", "id": "no-thanks", "level": "stop", "phrases": ["thank"]}])
    with agency.entered(agency.client_owner):
        looks = look_at_many(agency.client_owner, [waits, other])
        assert [look.why_not.code for look in looks.values() if look.why_not] == ["style_stop"] * 2
    stopped = shown_now(agency, waits, other)
    assert codes(press(agency, stopped)) == codes_alone(agency, stopped) == dict.fromkeys((waits, other), "style_stop")
    with superuser.begin() as connection:
        connection.execute(text("delete from style_guide_version"))
    second = make.person(agency, Role.CLIENT_OWNER, only_brand_ids=[agency.brand_ids[0]])
    owner, last = str(agency.client_owner.user_id), str(second.user_id)
    case.do("withdraw", waits)
    make.policy(agency, agency.brand_ids[0], needs="all", steps=[[owner], [last]])
    case.do("submit", waits)
    shown = shown_now(agency, waits)
    assert codes(press(agency, shown)) == {waits: "more_steps"}
    assert codes(press(agency, shown, second)) == codes_alone(agency, shown, second) == {waits: "not_your_turn"}
    case.do("approve", waits, shown[0].text_hash, actor="client_owner")
    assert press(agency, shown).already == (waits,), "who said yes at the first step presses again"
    assert press(agency, shown_now(agency, waits), second).approved == (waits,)


def test_whoever_wrote_it_and_whoever_may_not_decide(case: Case, waits: UUID, superuser: Engine) -> None:
    agency = case.agency
    with superuser.begin() as connection:
        connection.execute(text("update reply_text set author_id = :id"), {"id": agency.client_owner.user_id})
    shown = shown_now(agency, waits)
    assert codes(press(agency, shown)) == codes_alone(agency, shown) == {waits: "own_reply"}
    with pytest.raises(Forbidden):
        press(agency, shown, agency.staff)
    with pytest.raises(Invalid, match="No reply was ticked"):
        press(agency, [])
    with pytest.raises(Invalid, match="more replies than one press takes"):
        press(agency, [shown[0]._replace(reply_id=uuid4()) for _ in range(501)])


def test_fifty_cost_as_many_statements_as_five(
    case: Case, waits: UUID, superuser: Engine, statements: Callable[[], list[str]]
) -> None:
    def counted(count: int) -> list[str]:
        shown = shown_now(case.agency, *copies(superuser, waits, count))
        statements()
        assert len(press(case.agency, shown).approved) == count
        return [one for one in statements() if "set_config" not in one]

    counted(1)
    few, many = counted(5), counted(50)
    assert len(few) == len(many) <= 24, many


def test_twenty_presses_at_once_are_one(case: Case, waits: UUID, superuser: Engine) -> None:
    ids = [waits, *copies(superuser, waits, 4)]
    shown = shown_now(case.agency, *ids)
    orders = [shown if number % 2 else shown[::-1] for number in range(20)]
    at_once(*(lambda order=order: str(press(case.agency, order).missing) for order in orders))  # type: ignore[misc]
    with superuser.connect() as connection:
        counts = connection.execute(text("select count(*) from approval group by reply_id")).scalars().all()
    assert counts == [1] * 5
    assert case.promises("publish_reply") == 5


def test_one_and_many_at_the_same_moment(case: Case, waits: UUID, superuser: Engine) -> None:
    ids = [waits, *copies(superuser, waits, 2)]
    shown = shown_now(case.agency, *ids)
    at_once(
        lambda: str(press(case.agency, shown).missing),
        *(
            lambda one=one: case.do("approve", one.reply_id, one.text_hash, actor="client_owner")  # type: ignore[misc]
            for one in shown
        ),
    )
    assert {case.row(one).state for one in ids} == {"approved"}
    assert case.promises("publish_reply") == 3
