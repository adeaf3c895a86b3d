"""A version tried on the brand's last replies: what it would stop, how much is read, who may look."""

from __future__ import annotations

from collections.abc import Callable
from html import unescape
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import Engine, text

from agency.replies import desk, guide_trials
from styleguides import guides
from tenants.database import db
from tenants.permissions import Role
from tests.api.calling import Caller, token_for
from tests.factories import Agency, Factory
from tests.web.browser import Browser
from tests.web.replying import waiting_reply

RULES: list[dict[str, Any]] = [{"kind": "banned", "id": "no-look", "level": "stop", "phrases": ["we look"]}]
MANY = """
insert into reply (agency_id, id, brand_id, conversation_id, account_id, in_reply_to_id, in_reply_to_external_id,
    in_reply_to_content_hash, thread_external_id, platform, kind, state, state_since, text_id, target_fingerprint,
    written_by, written_by_name)
select agency_id, uuidv7(n * interval '1 second'), brand_id, conversation_id, account_id, in_reply_to_id,
    in_reply_to_external_id, in_reply_to_content_hash, thread_external_id, platform, kind, 'declined', state_since,
    text_id, target_fingerprint, written_by, written_by_name
from reply, generate_series(1, :count) n
"""


@pytest.fixture
def address(make: Factory, ana: Agency) -> str:
    """Version 1 is in force and asks nothing; 2 is a draft with a rule. One reply of this brand, one of another."""
    make.guide(ana, [])
    with ana.entered(ana.team_lead):
        guides.draft_version(ana.team_lead, ana.brand_ids[0], RULES, "stricter")
    waiting_reply(ana, make.conversation(ana, text="Where is it?"), "Thank you, we look into it.")
    waiting_reply(ana, make.conversation(ana, brand=1), "Another brand says we look too.")
    with ana.entered(ana.staff):
        desk.start_draft(ana.staff, make.conversation(ana), "A draft: we look, nobody was asked.")
    return f"/brands/{ana.brand_ids[0]}/guide/2/trial"


def test_what_would_now_be_stopped_is_listed_with_finding_and_link(whole_app: Flask, ana: Agency, address: str) -> None:
    page = unescape(Browser(whole_app, ana.team_lead).get(address).text)
    assert "1 reply would now be stopped." in page
    assert "Held against the last 1 reply" in page
    assert '<mark class="u-stop">we look</mark>' in page
    assert "/receipt" in page
    assert "Another brand" not in page
    assert "nobody was asked" not in page
    same = unescape(Browser(whole_app, ana.team_lead).get(address.replace("/2/", "/1/")).text)
    assert "None of them would newly be stopped." in same
    told = Caller(whole_app, token_for(whole_app, ana.team_lead))
    found = told.get(f"/brands/{ana.brand_ids[0]}/style-guide/versions/2/trial").get_json()
    assert (found["held"], found["stopped_now"]) == (1, 1)
    assert found["cases"][0]["findings"][0]["rule"] == "no-look"


def test_two_hundred_are_read_in_one_statement_by_their_index(
    ana: Agency, address: str, superuser: Engine, statements: Callable[[], list[str]]
) -> None:
    with superuser.begin() as connection:
        connection.execute(text("set local session_replication_role = replica"))
        connection.execute(text(MANY), {"count": 150})
        connection.execute(text("analyze reply, reply_text, conversation"))
    with ana.entered(ana.team_lead):
        statements()
        trial = guide_trials.try_version(ana.team_lead, ana.brand_ids[0], 2)
        taken = [said for said in statements() if "FROM reply" in said or "JOIN reply" in said]
    assert trial.held == guide_trials.MOST_HELD
    assert len(taken) == 1
    with ana.entered(ana.team_lead):
        connection = db.session.connection()
        connection.exec_driver_sql("set local enable_seqscan = off")
        connection.exec_driver_sql("set local plan_cache_mode = force_generic_plan")
        words = str(guide_trials.newest_replies(ana.brand_ids[0]).compile(
            db.engine, compile_kwargs={"literal_binds": True}))  # fmt: skip
        plan = "\n".join(row[0] for row in connection.exec_driver_sql(f"explain {words}"))
    assert "ix_reply_of_brand" in plan
    ids = [case.written.key.id for case in trial.cases]
    assert ids == sorted(ids, reverse=True)


@pytest.mark.parametrize("role", list(Role))
def test_who_may_look(whole_app: Flask, ana: Agency, address: str, role: Role) -> None:
    status = 403 if role is Role.BILLING_ADMIN else 200
    assert Browser(whole_app, ana.actors[role.value]).get(address).status_code == status


def test_another_agencys_is_not_there(whole_app: Flask, stranger: Agency, address: str) -> None:
    assert Browser(whole_app, stranger.agency_admin).get(address).status_code == 404
