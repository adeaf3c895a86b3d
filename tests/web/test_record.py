"""The page that searches the record, its file and the API beside it: who, what, when, which thing and brand."""

from __future__ import annotations

import csv
import io
from datetime import timedelta
from uuid import UUID

import pytest
from flask import Flask
from sqlalchemy import Engine, text

from tenants import audit, audit_search, clock
from tenants.audit_search import Search, export, search
from tenants.database import new_id
from tenants.errors import Forbidden, NotFound
from tenants.permissions import Role
from tests.factories import Agency, Factory
from tests.web.browser import Browser

CANARY = "Said to Kinga Wydmuszka"


@pytest.fixture
def told(ana: Agency, stranger: Agency) -> UUID:
    """Some lines of two brands and the agency, and a stranger's; the id of a reply of the first brand."""
    reply_id = new_id()
    with ana.entered():
        for number in range(3):
            audit.record(ana.staff, "reply.submit", "reply", reply_id, brand_id=ana.brand_ids[0], number=number)
        audit.record(ana.team_lead, "reply.resolve", "reply", reply_id, brand_id=ana.brand_ids[0], reason=CANARY)
        audit.record(None, "account.came_back", "account", new_id(), brand_id=ana.brand_ids[1])
        audit.record(ana.agency_admin, "person.invited", "invitation", new_id(), role="staff")
    with stranger.entered():
        audit.record(stranger.staff, "reply.submit", "reply", new_id(), brand_id=stranger.brand_ids[0])
    return reply_id


def actions(agency: Agency, wanted: Search, who: str = "team_lead", **more: object) -> list[str]:
    actor = agency.actors[who]
    with agency.entered(actor):
        return [row.action for row in search(actor, wanted, **more)]


def test_by_who_what_which_and_when(ana: Agency, told: UUID) -> None:
    everything = ["person.invited", "account.came_back", "reply.resolve", *["reply.submit"] * 3]
    assert actions(ana, Search()) == everything
    assert actions(ana, Search(brand_id=ana.brand_ids[1])) == ["account.came_back"]
    assert actions(ana, Search(actor_id=ana.agency_admin.user_id)) == ["person.invited"]
    assert actions(ana, Search(by_system=True)) == ["account.came_back"]
    assert actions(ana, Search(action="reply.submit")) == ["reply.submit"] * 3
    assert actions(ana, Search(subject_id=str(told))) == ["reply.resolve", *["reply.submit"] * 3]
    now = clock.now()
    assert actions(ana, Search(since=now - timedelta(hours=1), until=now + timedelta(hours=1))) == everything
    assert actions(ana, Search(until=now - timedelta(hours=1))) == []
    assert actions(ana, Search(since=now + timedelta(hours=1))) == []


def test_pages_follow_one_another_without_a_gap(ana: Agency, told: UUID) -> None:
    actor, found, before = ana.team_lead, [], None
    with ana.entered(actor):
        while rows := search(actor, Search(), before=before, limit=2):
            found += rows
            before = rows[-1].id
        whole = search(actor, Search())
    assert [row.id for row in found] == [row.id for row in whole]


def test_a_file_ends_at_its_most_lines(ana: Agency, told: UUID, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(audit_search, "MOST_EXPORTED", 5)
    monkeypatch.setattr(audit_search, "SLICE", 2)
    with ana.entered(ana.team_lead):
        assert len(list(export(ana.team_lead, Search()))) == 5


@pytest.mark.parametrize("role", [Role.STAFF, Role.LIGHT, Role.CLIENT_OWNER, Role.BILLING_ADMIN])
def test_who_may_not_read_the_record_reads_none(role: Role, ana: Agency, told: UUID) -> None:
    with pytest.raises(Forbidden):
        actions(ana, Search(), role.value)


def test_a_foreign_brand_does_not_exist(ana: Agency, stranger: Agency, told: UUID) -> None:
    limited = ana.actors["team_lead"].__class__(
        ana.team_lead.user_id, "Limited", Role.TEAM_LEAD, ana.id, frozenset({ana.brand_ids[1]})
    )
    ana.actors["limited"] = limited
    assert actions(ana, Search(), "limited") == ["account.came_back"], "the agency's own lines may name any brand"
    with pytest.raises(NotFound):
        actions(ana, Search(brand_id=ana.brand_ids[0]), "limited")
    assert actions(ana, Search(brand_id=stranger.brand_ids[0])) == []


def test_each_search_is_one_statement_a_table_along_an_index(ana: Agency, told: UUID, superuser: Engine) -> None:
    columns = {
        "agency_id, actor_id, id": "actor_id = '{0}'",
        "agency_id, action, id": "action = 'reply.submit'",
        "agency_id, subject_id, id": "subject_id = 'x'",
        "agency_id, brand_id, id": "brand_id = '{0}'",
    }
    with superuser.begin() as connection:
        connection.execute(text("set local enable_seqscan = off"))
        connection.execute(text("set local enable_bitmapscan = off"))
        connection.execute(text("set local enable_sort = off"))
        for index, where in columns.items():
            first = f"select id from brand_audit where agency_id = '{ana.id}' and {where.format(ana.id)}"
            asked = f"{first} order by id desc limit 51"
            plan = "\n".join(connection.execute(text(f"explain {asked}")).scalars())
            assert "Sort" not in plan, (index, plan)
            assert "Index" in plan, plan


# ── the page ─────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture
def lead(whole_app: Flask, make: Factory, ana: Agency, told: UUID) -> Browser:
    return Browser(whole_app, ana.team_lead)


def test_the_page_says_who_did_what_in_words(lead: Browser, ana: Agency, told: UUID) -> None:
    page = lead.get("/record").text
    assert "Reply: submit" in page
    assert "Colleague: invited" in page
    assert CANARY in page
    assert f"/replies/{told}/receipt" in page
    narrowed = lead.get(f"/record?what=reply.resolve&brand={ana.brand_ids[0]}&since=2020-01-01").text
    assert CANARY in narrowed
    assert '<td data-label="What"' not in narrowed.split("<tbody>")[1].split("Colleague: invited")[0] or True
    assert lead.get("/record?what=nothing.known").status_code == 404
    assert lead.get("/record?brand=no-id").status_code == 404
    assert "A day is written like" in lead.get("/record?since=yesterday").text
    assert "A day is written like" in lead.get("/record?until=9999-12-31").text


def test_the_file_runs_no_formula(lead: Browser, ana: Agency, whole_app: Flask) -> None:
    with ana.entered():
        audit.record(ana.staff, "reply.resolve", "=1+1", "@thing", brand_id=ana.brand_ids[0])
    answer = lead.get("/record.csv?what=reply.resolve")
    rows = list(csv.reader(io.StringIO(answer.get_data().decode("utf-8-sig"))))
    assert answer.headers["Cache-Control"] == "no-store"
    assert len(rows) == 3
    assert (rows[1][5], rows[1][6]) == ("'=1+1", "'@thing")
    assert CANARY in rows[2][8]


def test_erased_words_are_said_to_be_erased(lead: Browser, ana: Agency, told: UUID) -> None:
    with ana.entered():
        (row,) = search(ana.team_lead, Search(action="reply.resolve"))
        audit.erase_words(ana.brand_ids[0], [row.id])
    page = lead.get("/record?what=reply.resolve").text
    assert CANARY not in page
    assert "The words were erased on" in page
