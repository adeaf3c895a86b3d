"""Saved replies: whose they are, who may change them, what they say, how often they were used."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import Engine, select, text

from styleguides import saved_replies
from styleguides.models import SavedReply, SavedReplyVersion
from styleguides.wording import fingerprint_keys
from tenants import clock
from tenants.brand_marks import marks_near
from tenants.database import db, new_id
from tenants.errors import AppError, Conflict, Forbidden, Invalid, NotFound
from tenants.models import AgencyAudit, BrandAudit
from tenants.permissions import Actor, Role
from tenants.row_policies import owned_tables, policy_statements
from tests.factories import Agency, Factory

LATE = {
    "title": "Late delivery",
    "texts": [
        {"language": "en", "text": "Dear {customer_name}, we are sorry that {order} is late."},
        {"language": "pl", "text": "Dzień dobry, przepraszamy za opóźnienie."},
    ],
    "words": ["late", "where is my parcel"],
}


def written(actor: Actor, agency: Agency, brand_id: UUID | None, **values: Any) -> UUID:
    with agency.entered(actor):
        return saved_replies.create_saved_reply(actor, brand_id, {**LATE, **values}).id


def titles(agency: Agency, actor: Actor, **wanted: Any) -> list[str]:
    with agency.entered(actor):
        return [one.title for one in saved_replies.list_saved_replies(actor, **wanted)]


@pytest.fixture
def without_policies(superuser: Engine) -> Any:
    with superuser.begin() as connection:
        for table in owned_tables():
            connection.execute(text(f"alter table {table.name} disable row level security"))
    yield
    with superuser.begin() as connection:
        for table in owned_tables():
            for statement in policy_statements(table):
                connection.execute(text(statement))


@pytest.mark.parametrize("guard_two", [True, False])
def test_each_sees_their_brands_and_what_the_agency_keeps_for_all_the_client_only_their_own(
    guard_two: bool, make: Factory, ana: Agency, stranger: Agency, request: pytest.FixtureRequest
) -> None:
    if not guard_two:
        request.getfixturevalue("without_policies")
    first, second, _third = ana.brand_ids
    written(ana.team_lead, ana, first, title="First")
    written(ana.team_lead, ana, second, title="Second")
    shared = written(ana.team_lead, ana, None, title="Shared")
    written(stranger.team_lead, stranger, stranger.brand_ids[0], title="Strange")
    written(stranger.team_lead, stranger, None, title="Strange shared")
    staff_of_first = make.person(ana, Role.STAFF, only_brand_ids=[first])
    assert titles(ana, ana.staff) == ["First", "Second", "Shared"]
    assert titles(ana, staff_of_first) == ["First", "Shared"]
    assert titles(ana, ana.client_owner) == ["First"]
    assert titles(ana, ana.staff, brand_id=second) == ["Second"]
    assert titles(ana, staff_of_first, of_agency=True) == ["Shared"]
    for actor, wanted in (
        (staff_of_first, {"brand_id": second}),
        (ana.client_owner, {"brand_id": second}),
        (ana.client_owner, {"of_agency": True}),
    ):
        with pytest.raises(NotFound):
            titles(ana, actor, **wanted)
    with ana.entered(ana.client_owner):
        with pytest.raises(NotFound):
            saved_replies.get_saved_reply(ana.client_owner, shared)
        assert db.session.scalars(select(SavedReply.title)).all() == ["First"], "by the guards themselves"
    with stranger.entered(stranger.team_lead), pytest.raises(NotFound):
        saved_replies.get_saved_reply(stranger.team_lead, shared)


def test_who_may_write_where(make: Factory, ana: Agency) -> None:
    first, second, _third = ana.brand_ids
    lead_of_first = make.person(ana, Role.TEAM_LEAD, only_brand_ids=[first])
    of_first, of_all = written(lead_of_first, ana, first), written(ana.team_lead, ana, None)
    for actor, brand_id, refusal in (
        (lead_of_first, second, NotFound),
        (lead_of_first, None, Forbidden),
        (ana.staff, first, Forbidden),
        (ana.client_owner, first, Forbidden),
        (ana.team_lead, new_id(), NotFound),
    ):
        with pytest.raises(refusal):
            written(actor, ana, brand_id)
    for actor, saved, refusal in (
        (lead_of_first, of_all, Forbidden),
        (ana.staff, of_first, Forbidden),
        (ana.client_owner, of_first, Forbidden),
    ):
        for deed in (
            lambda: saved_replies.change_saved_reply(actor, saved, {"title": "x", "version": 1}),  # noqa: B023
            lambda: saved_replies.archive_saved_reply(actor, saved),  # noqa: B023
        ):
            with ana.entered(actor), pytest.raises(refusal):
                deed()


def test_a_brand_that_is_none_of_the_agencys_cannot_have_one(ana: Agency, stranger: Agency) -> None:
    with pytest.raises(NotFound):
        written(ana.team_lead, ana, stranger.brand_ids[0])
    with pytest.raises(Exception, match="fk_saved_reply"), ana.entered():  # the database itself
        db.session.add(SavedReply(agency_id=ana.id, brand_id=new_id(), title="x", texts=[], words=[]))
        db.session.flush()


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("title", " "),
        ("title", "x" * 121),
        ("texts", []),
        ("texts", [{"language": "en", "text": "  "}]),
        ("texts", [{"language": "English", "text": "Hi"}]),
        ("texts", [{"text": "Hi"}]),
        ("texts", [{"language": "en", "text": "Hi {nobody_knows}"}]),
        ("texts", [{"language": "en", "text": "x" * 4_001}]),
        ("texts", [{"language": "en", "text": "a\x00b"}]),
        ("texts", "Hi"),
        ("texts", ["Hi"]),
        ("words", "late"),
        ("words", [7]),
        ("words", [f"w{n}" for n in range(41)]),
        ("review_by", "soon"),
        ("review_by", "2026-02-30"),
        ("review_by", 7),
        ("colour", "red"),
    ],
)
def test_what_cannot_be_kept_is_refused_by_field(ana: Agency, field: str, value: Any) -> None:
    with pytest.raises(Invalid) as refused:
        written(ana.team_lead, ana, ana.brand_ids[0], **{field: value})
    assert list(refused.value.fields["errors"]) == [field]
    assert titles(ana, ana.team_lead) == []


def test_a_change_leaves_what_it_said_before_and_the_second_of_two_is_told(ana: Agency) -> None:
    saved = written(ana.team_lead, ana, ana.brand_ids[0])
    with ana.entered(ana.team_lead):
        changed = saved_replies.change_saved_reply(ana.team_lead, saved, {"title": "Delay", "version": 1})
        assert (changed.title, changed.version, changed.words) == ("Delay", 2, LATE["words"])
    with ana.entered(ana.team_lead), pytest.raises(Conflict) as refused:
        saved_replies.change_saved_reply(ana.team_lead, saved, {"title": "Mine", "version": 1})
    assert (refused.value.code, refused.value.fields["version"]) == ("saved_reply_changed", 2)
    with ana.entered(ana.staff):
        versions = saved_replies.versions_of(ana.staff, saved)
        assert [(one.number, one.deed, one.title) for one in versions] == [
            (2, "changed", "Delay"),
            (1, "written", "Late delivery"),
        ]
        assert versions[1].texts == LATE["texts"]
    with ana.entered():
        assert set(db.session.scalars(select(BrandAudit.action).where(BrandAudit.subject_id == str(saved)))) == {
            "saved_reply.written",
            "saved_reply.changed",
        }


def test_what_is_put_away_is_kept_and_comes_back(ana: Agency, superuser: Engine) -> None:
    saved = written(ana.team_lead, ana, None)
    with ana.entered(ana.team_lead):
        assert saved_replies.archive_saved_reply(ana.team_lead, saved, 1).archived_at is not None
        assert saved_replies.archive_saved_reply(ana.team_lead, saved).version == 2, "once is enough"
    assert titles(ana, ana.staff) == []
    assert titles(ana, ana.staff, archived=True) == ["Late delivery"]
    with ana.entered(ana.team_lead):
        assert saved_replies.restore_saved_reply(ana.team_lead, saved, 2).archived_at is None
    assert titles(ana, ana.staff) == ["Late delivery"]
    with ana.entered():
        actions = db.session.scalars(select(AgencyAudit.action).where(AgencyAudit.subject_id == str(saved))).all()
        assert set(actions) == {"saved_reply.written", "saved_reply.archived", "saved_reply.restored"}
    for statement in (
        "delete from saved_reply",
        "delete from saved_reply_version",
        "update saved_reply_version set title = 'x'",
    ):
        with pytest.raises(Exception, match="permission denied"), ana.entered():
            db.session.connection().exec_driver_sql(statement)


def test_the_list_goes_on_where_it_stopped_in_one_statement(ana: Agency, statements: Callable[[], list[str]]) -> None:
    for title in ("B", "A", "C", "B"):
        written(ana.team_lead, ana, ana.brand_ids[0], title=title)
    seen: list[str] = []
    after: UUID | None = None
    with ana.entered(ana.staff):
        db.session.connection()
        for _ in range(4):
            statements()
            rows = saved_replies.list_saved_replies(ana.staff, after=after, limit=1)
            assert len([one for one in statements() if one.lstrip().upper().startswith("SELECT")]) == 1
            seen += [row.title for row in rows]
            after = rows[-1].id
        assert saved_replies.list_saved_replies(ana.staff, after=after, limit=1) == []
    assert seen == ["A", "B", "B", "C"]


def test_words_are_looked_for_in_titles_and_labels(ana: Agency) -> None:
    written(ana.team_lead, ana, None, title="Refund 100%", words=["money back"])
    written(ana.team_lead, ana, ana.brand_ids[0], title="Late", words=["zwrot pieniędzy"])
    for q, found in (
        ("refund", ["Refund 100%"]),
        ("0%", ["Refund 100%"]),
        ("PIENIĘDZY", ["Late"]),
        ("%", ["Refund 100%"]),
        ("_", []),
        ("a\x00", ["Late", "Refund 100%"]),
        (" ", ["Late", "Refund 100%"]),
    ):
        assert titles(ana, ana.staff, q=q) == found, q


def test_the_day_of_review_makes_it_stale(ana: Agency) -> None:
    today = clock.now().date()
    for title, day in (("old", today), ("fresh", today + timedelta(days=1)), ("open", None)):
        written(ana.team_lead, ana, None, title=title, review_by=day.isoformat() if day else None)
    with ana.entered(ana.staff):
        found = {one.title: one.is_stale for one in saved_replies.list_saved_replies(ana.staff)}
    assert found == {"old": True, "fresh": False, "open": False}


def test_uses_of_two_at_once_are_two_and_each_sees_those_of_their_brands(make: Factory, ana: Agency) -> None:
    first, second, _third = ana.brand_ids
    saved, at = written(ana.team_lead, ana, None), clock.now()

    def use(number: int) -> None:
        with ana.entered():
            saved_replies.count_use(ana.id, (first, second)[number % 2], saved, at + timedelta(seconds=number))

    with ThreadPoolExecutor(6) as people:
        list(people.map(use, range(12)))
    staff_of_first = make.person(ana, Role.STAFF, only_brand_ids=[first])
    for actor, uses, last in ((ana.staff, 12, 11), (staff_of_first, 6, 10)):
        with ana.entered(actor):
            found = saved_replies.get_saved_reply(actor, saved)
            assert (found.uses, found.last_used_at) == (uses, at + timedelta(seconds=last))


def test_other_brands_drafts_are_held_against_it_until_it_is_put_away(ana: Agency) -> None:
    words = "We have asked the kitchen at the harbour and your table is kept until nine o'clock."
    saved = written(ana.team_lead, ana, ana.brand_ids[0], texts=[{"language": "en", "text": words}])
    written(ana.team_lead, ana, None, texts=[{"language": "en", "text": words}])
    with ana.entered():
        near = marks_near(fingerprint_keys(words))
        assert {(one.brand_id, one.sort, one.written) for one in near} == {
            (ana.brand_ids[0], "saved_reply", "Late delivery")
        }
        saved_replies.archive_saved_reply(ana.team_lead, saved)
        assert marks_near(fingerprint_keys(words)) == []


@pytest.mark.parametrize("role", list(Role))
def test_whoever_reads_no_guides_reads_none_of_these(ana: Agency, role: Role) -> None:
    written(ana.team_lead, ana, ana.brand_ids[0])
    actor = ana.actors[role.value]
    if role is Role.BILLING_ADMIN:
        with pytest.raises(AppError):
            titles(ana, actor)
    else:
        assert titles(ana, actor) == ["Late delivery"]
    with ana.entered():
        assert db.session.scalars(select(SavedReplyVersion.number)).all() == [1]
