"""Who draws the lots cannot choose: a few of each person, never one's own, the same at each look."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as effort
from hypothesis import strategies as st
from sqlalchemy import Engine, and_, select, text, update

from agency.inbox.erasing import erase_person
from agency.inbox.models import Contact, Message
from agency.replies.models import Reply
from agency.training import quality
from agency.training import quality_sample as sampling
from tenants.database import db
from tenants.errors import Forbidden, Invalid
from tenants.permissions import ROLE_PERMISSIONS, Permission, Role
from tests.factories import Agency, Factory
from tests.training.sent import ALL_YES, sent_reply

WEEK = sampling.newest_week()
OLDER = """
insert into reply (agency_id, id, brand_id, conversation_id, account_id, in_reply_to_id, in_reply_to_external_id,
    in_reply_to_content_hash, thread_external_id, platform, kind, state, state_since, published_at, text_id,
    target_fingerprint, written_by, written_by_name)
select agency_id, uuidv7(n * interval '1 second'), brand_id, conversation_id, account_id, in_reply_to_id,
    in_reply_to_external_id, in_reply_to_content_hash, thread_external_id, platform, kind, 'published',
    state_since - n * interval '1 hour' - interval '7 days', published_at, text_id, target_fingerprint, written_by,
    written_by_name
from reply, generate_series(1, 300) n
"""


@pytest.fixture
def pool(make: Factory, ana: Agency) -> dict[UUID, list[UUID]]:
    """Author → replies: one has seven, one two, the lead four."""
    account = make.account(ana)
    other = make.person(ana, Role.STAFF)
    counts = {ana.staff: 7, other: 2, ana.team_lead: 4}
    return {
        author.user_id: [sent_reply(make, ana, author, account_id=account, days=n % 7) for n in range(count)]
        for author, count in counts.items()
    }


def drawn_with(ana: Agency, seed: str, each: int = 3) -> dict[UUID, UUID]:
    """Reply → author."""
    with ana.entered(ana.team_lead):
        found = sampling.draw(ana.team_lead.user_id, WEEK, seed, each=each)
        rows = db.session.execute(
            select(Reply.id, found.c.author_id).join(
                found, and_(found.c.id == Reply.id, found.c.brand_id == Reply.brand_id)
            )
        )
        return {row.id: row.author_id for row in rows}


def sample(ana: Agency, role: str = "team_lead") -> list[UUID]:
    with ana.entered(ana.actors[role]):
        return [row.id for row in sampling.sample_of(ana.actors[role], WEEK).rows]


@effort(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seed=st.text(st.characters(codec="utf-8", exclude_characters="\x00"), max_size=40), each=st.integers(1, 9))
def test_any_seed_takes_exactly_so_many_of_each_person_and_none_of_the_judges_own(
    ana: Agency, pool: dict[UUID, list[UUID]], seed: str, each: int
) -> None:
    found = drawn_with(ana, seed, each)
    assert found == drawn_with(ana, seed, each)
    taken = Counter(found.values())
    assert taken == {
        author: min(each, len(replies)) for author, replies in pool.items() if author != ana.team_lead.user_id
    }
    assert all(reply in pool[author] for reply, author in found.items())
    assert set(drawn_with(ana, seed, max(1, each - 1))) <= set(found)


def test_over_many_seeds_nobodys_reply_is_always_or_never_taken(ana: Agency, pool: dict[UUID, list[UUID]]) -> None:
    # Three of seven: that one reply is missed, or taken, sixty times running has a chance below 10^-14.
    seen = Counter(reply for number in range(60) for reply in drawn_with(ana, f"seed {number}"))
    assert all(0 < seen[reply] < 60 for reply in pool[ana.staff.user_id])
    assert all(seen[reply] == 0 for reply in pool[ana.team_lead.user_id])


def test_reloading_shows_the_same_and_a_second_lead_the_same_of_others(
    ana: Agency, pool: dict[UUID, list[UUID]]
) -> None:
    first = sample(ana)
    assert first == sample(ana)
    assert len(first) == 3 + 2
    of_admin = sample(ana, "agency_admin")
    assert set(first) <= set(of_admin)
    assert {reply for reply in of_admin if reply not in first} <= set(pool[ana.team_lead.user_id])


def test_the_seed_is_the_agencys_and_the_weeks(ana: Agency, stranger: Agency) -> None:
    with ana.entered():
        seeds = {
            sampling.seed_of(ana.id, WEEK),
            sampling.seed_of(stranger.id, WEEK),
            sampling.seed_of(ana.id, WEEK - timedelta(days=7)),
        }
        assert len(seeds) == 3
        assert sampling.seed_of(ana.id, WEEK) in seeds


@pytest.mark.parametrize(
    ("columns", "kept"),
    [
        ({}, True),
        ({"state": "approved", "published_at": None}, False),
        ({"deed": "edit"}, False),
        ({"automatic": True}, False),
        ({"state_since": datetime.combine(WEEK, datetime.min.time(), UTC)}, True),
        ({"state_since": datetime.combine(WEEK, datetime.min.time(), UTC) - timedelta(microseconds=1)}, False),
        ({"state_since": datetime.combine(WEEK, datetime.min.time(), UTC) + timedelta(days=7)}, False),
    ],
    ids=["sent", "not sent yet", "a change", "by a rule", "first moment", "a moment before", "a moment after"],
)
def test_what_is_in_the_week(make: Factory, ana: Agency, columns: dict[str, object], kept: bool) -> None:
    first = sent_reply(make, ana, ana.staff, days=-30)
    if columns.get("deed"):
        columns = {**columns, "changes_reply_id": first}
    reply = sent_reply(make, ana, ana.staff, **columns)
    assert sample(ana) == ([reply] if kept else [])


def test_the_clients_words_and_those_the_lead_rewrote_are_not_judged(make: Factory, ana: Agency) -> None:
    sent_reply(make, ana, ana.staff, text_author=ana.client_owner, by_approver=True)
    sent_reply(make, ana, ana.staff, text_author=ana.team_lead)
    assert sample(ana) == []


def test_what_was_taken_back_deleted_or_erased_drops_out_and_the_next_lot_moves_up(make: Factory, ana: Agency) -> None:
    account = make.account(ana)
    replies = [sent_reply(make, ana, ana.staff, account_id=account) for _ in range(6)]
    first = sample(ana)
    with ana.entered():
        rows = {row.id: row for row in db.session.scalars(select(Reply).where(Reply.id.in_(first)))}
        taken, deleted, erased = (rows[reply] for reply in first)
        conversation = taken.conversation_id
        db.session.execute(
            update(Message).where(Message.id == deleted.in_reply_to_id).values(deleted_at=deleted.state_since)
        )
        contact = db.session.scalars(
            select(Contact)
            .join(Message, and_(Message.agency_id == Contact.agency_id, Message.contact_id == Contact.id))
            .where(Message.id == erased.in_reply_to_id)
        ).one()
        erase_person(contact.external_id)
    sent_reply(
        make, ana, ana.staff, conversation_id=conversation, deed="withdraw", changes_reply_id=first[0], deed_reason="x"
    )
    assert set(sample(ana)) == set(replies) - set(first)


def test_a_lead_of_one_brand_draws_from_that_one(make: Factory, ana: Agency) -> None:
    here, there = sent_reply(make, ana, ana.staff), sent_reply(make, ana, ana.staff, brand=1)
    lead = make.person(ana, Role.TEAM_LEAD, only_brand_ids=[ana.brand_ids[0]])
    with ana.entered(lead):
        assert [row.id for row in sampling.sample_of(lead, WEEK).rows] == [here]
    assert set(sample(ana)) == {here, there}


def test_progress_and_the_next_one(ana: Agency, pool: dict[UUID, list[UUID]]) -> None:
    order = sample(ana)
    with ana.entered(ana.team_lead):
        assert sampling.place_in(ana.team_lead, WEEK) == (5, 0, order[0])
        assert sampling.place_in(ana.team_lead, WEEK, behind=order[1]) == (5, 0, order[2])
        assert sampling.place_in(ana.team_lead, WEEK, behind=order[4]) == (5, 0, order[0])
        for reply in (order[0], order[2]):
            quality.judge(ana.team_lead, reply, ALL_YES)
        assert sampling.place_in(ana.team_lead, WEEK, behind=order[1]) == (5, 2, order[3])
        page = sampling.sample_of(ana.team_lead, WEEK, limit=2)
        assert (page.size, page.judged, page.next_cursor is not None) == (5, 2, True)
        rest = sampling.sample_of(ana.team_lead, WEEK, after=page.next_cursor)
        assert [row.id for row in (*page.rows, *rest.rows)] == order
        assert [row.is_judged for row in (*page.rows, *rest.rows)] == [True, False, True, False, False]
        for reply in (order[1], order[3], order[4]):
            quality.judge(ana.team_lead, reply, ALL_YES)
        assert sampling.place_in(ana.team_lead, WEEK) == (5, 5, None)


def test_one_statement_by_the_index_of_the_state(
    ana: Agency, pool: dict[UUID, list[UUID]], superuser: Engine, statements: Callable[[], list[str]]
) -> None:
    with ana.entered(ana.team_lead):
        statements()
        sampling.sample_of(ana.team_lead, WEEK)
        taken = [said for said in statements() if "FROM" in said and "reply" in said]
    assert len(taken) == 1
    with superuser.begin() as connection:
        connection.execute(text("set local session_replication_role = replica"))
        connection.execute(text(OLDER))
        connection.execute(text("analyze reply, reply_text, message"))
    with ana.entered(ana.team_lead):
        drawn = sampling.draw(ana.team_lead.user_id, WEEK, "seed")
        said = str(select(drawn).compile(db.engine, compile_kwargs={"literal_binds": True})).replace("%%", "%")
        plan = "\n".join(row[0] for row in db.session.connection().exec_driver_sql(f"explain {said}"))
    assert "ix_reply_state" in plan


@pytest.mark.parametrize("role", list(Role))
def test_only_leads_have_a_sample(ana: Agency, role: Role) -> None:
    actor = ana.actors[role.value]
    with ana.entered(actor):
        if Permission.QUALITY_JUDGE in ROLE_PERMISSIONS[role]:
            assert sampling.sample_of(actor, WEEK).rows == []
        else:
            with pytest.raises(Forbidden):
                sampling.sample_of(actor, WEEK)
    assert (Permission.QUALITY_JUDGE in ROLE_PERMISSIONS[role]) == (role in (Role.AGENCY_ADMIN, Role.TEAM_LEAD))


@pytest.mark.parametrize("given_week", ["", None, WEEK.isoformat(), (WEEK + timedelta(days=6)).isoformat()])
def test_any_day_names_its_week(given_week: str | None) -> None:
    assert sampling.finished_week(given_week) == WEEK


@pytest.mark.parametrize(
    "given_week", [(WEEK + timedelta(days=7)).isoformat(), "0001-01-01", "9999-12-31", "monday", "2026-02-30", "\x00"]
)
def test_a_week_that_is_not_over_or_no_day_is_refused(given_week: str) -> None:
    with pytest.raises(Invalid) as refused:
        sampling.finished_week(given_week)
    assert refused.value.code == "no_such_week"


@given(st.datetimes(timezones=st.timezones()))
def test_a_monday_is_a_monday_at_most_six_days_before(moment: datetime) -> None:
    monday: date = sampling.monday_of(moment)
    assert monday.weekday() == 0
    assert 0 <= (moment.astimezone(UTC).date() - monday).days <= 6
