"""Everything held of everybody who writes to a brand: made piece by piece, found again, fetched, gone in time."""

from __future__ import annotations

import gzip
import json
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from flask import Flask
from sqlalchemy import Engine, select, text, update

from agency.inbox import erasing
from agency.inbox.contacts import exports
from agency.inbox.contacts.models import PeopleExport, PeopleExportPart
from jobs.people_export import export_people
from tenants import clock
from tenants.database import db
from tenants.models import BrandAudit, Membership, OutboxEntry
from tests.factories import Agency, Factory
from tests.web.test_customer_page import Visit, visit, words_of, writer

__all__ = ["visit"]


def ordered(agency: Agency) -> UUID:
    with agency.entered():
        return db.session.scalars(select(PeopleExport.id)).one()


def make_it(app: Flask, agency: Agency, export_id: UUID, **given: Any) -> None:
    export_people(app, str(agency.id), str(agency.brand_ids[0]), str(export_id), **given)


def test_it_is_made_a_piece_at_a_time_left_and_found_again(
    make: Factory, ana: Agency, visit: Visit, whole_app: Flask, superuser: Engine
) -> None:
    people = [writer(make, ana, f"Writer {n}", text=f"Words of {n}")[1] for n in range(5)]
    writer(make, ana, "Elsewhere", text="Of another brand", brand=1)
    url = f"/brands/{ana.brand_ids[0]}/customers/export"
    lead = visit(ana.team_lead)
    assert f'href="{url}"' in lead.get(f"/brands/{ana.brand_ids[0]}/customers").text
    assert "Make the file" in lead.get(url).text
    for _pressed in range(2):
        assert lead.post(url, {}).status_code == 303
    export_id = ordered(ana)
    assert "It begins in a moment." in lead.get(url).text

    make_it(whole_app, ana, export_id, run_seconds=0, people=2)  # two people, and the rest is promised
    half = lead.get(url).text
    assert 'value="2" max="5"' in half
    assert 'hx-trigger="every 2s"' in half
    assert lead.get(f"{url}/{export_id}").status_code == 404, "nobody fetches half a file"
    with superuser.begin() as connection:
        connection.execute(text("update outbox_entry set given_up_at = now()"))
    stopped = words_of(lead.get(url).text)
    assert "What is made so far is kept. Go on where it stopped." in stopped
    lead.post(url, {})
    assert ordered(ana) == export_id, "the same one goes on"
    with ana.entered():
        again = select(OutboxEntry.id).where(OutboxEntry.job_name == "export_people", OutboxEntry.given_up_at.is_(None))
        assert len(list(db.session.scalars(again))) == 1
    for _twice in range(2):
        make_it(whole_app, ana, export_id, people=2)

    done = words_of(lead.get(url).text)
    assert "It is ready: 5 identities" in done
    answer = lead.client.get(f"{url}/{export_id}")
    assert answer.headers["Cache-Control"] == "no-store"
    lines = [json.loads(line) for line in gzip.decompress(answer.data).splitlines()]
    said = [(line["person"], line["text"]) for line in lines if line["part"] == "messages"]
    assert said == [(str(one), f"Words of {n}") for n, one in enumerate(people)], "each once, and nobody else"
    with ana.entered():
        deeds = list(db.session.scalars(select(BrandAudit.action).where(BrandAudit.subject_id == str(export_id))))
    assert sorted(deeds) == [f"contact.people_export{end}" for end in ("_fetched", "_ordered", "ed")]

    assert visit(ana.staff).get(url).status_code == 403
    strangers = make.agency("Strangers", brands=["Three"])
    assert visit(strangers.team_lead).get(f"{url}/{export_id}").status_code == 404
    assert lead.get(f"/brands/{ana.brand_ids[1]}/customers/export/{export_id}").status_code == 404
    with clock.stopped_at(clock.now() + exports.KEPT + timedelta(minutes=1)):
        assert visit(ana.team_lead).get(f"{url}/{export_id}").status_code == 404
        with ana.entered():
            exports.forget_old()
            assert db.session.scalars(select(PeopleExportPart.id)).first() is None


@pytest.mark.parametrize("why", ["void", "refused"])
def test_it_goes_with_whoever_is_in_it_or_may_not_have_it(
    why: str, make: Factory, ana: Agency, visit: Visit, whole_app: Flask
) -> None:
    people = [writer(make, ana, f"Writer {n}")[1] for n in range(2)]
    url, lead = f"/brands/{ana.brand_ids[0]}/customers/export", visit(ana.team_lead)
    lead.post(url, {})
    export_id = ordered(ana)
    make_it(whole_app, ana, export_id, run_seconds=0, people=1)
    with ana.entered():
        if why == "void":
            erasing.forget(people[:1])
        else:
            theirs = update(Membership).where(Membership.person_id == ana.team_lead.user_id)
            db.session.execute(theirs.values(removed_at=clock.now()))
    make_it(whole_app, ana, export_id)
    with ana.entered():
        assert db.session.scalars(select(PeopleExportPart.id)).first() is None
        assert db.session.scalars(select(PeopleExport.state)).one() == why
    other = visit(ana.agency_admin)
    assert "Make it anew" in other.get(url).text
    assert other.post(url, {}).status_code == 303
    assert ordered(ana) != export_id
