"""A rule of the desk asks that whoever wrote be told they were heard: as far as the client signed, and as was tried."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import Engine, select, text

from agency.inbox import desk as inbox_desk
from agency.inbox.models import Conversation
from agency.inbox.triage import rules
from agency.inbox.triage.last_week import try_rule
from agency.replies import automatic_heard
from agency.replies.acknowledgement_versions import save_texts
from agency.replies.heard_replay import heard_last_week
from agency.replies.models import Reply
from agency.replies.policy_versions import policy_in_force
from tenants import clock
from tenants.database import db
from tenants.models import OutboxEntry
from tests.factories import Agency, Factory
from tests.inbox.items import at, comment
from tests.inbox.test_reranking import keep
from tests.replies.test_automatic_heard import LINE, TEXT

LATE = "Where is my parcel? I have been waiting for a week now."
OTHER = "Is the shop in Porto open on Sunday? I would like to come."
RULE = {"name": "Parcels", "words": [{"language": "", "words": "parcel"}], "acknowledge": True}


def signed(ana: Agency, make: Factory, superuser: Engine, when: str) -> None:
    make.policy(ana, ana.brand_ids[0], acknowledge=[{**LINE, "when": when}], acknowledge_texts=1)
    with superuser.begin() as connection:
        connection.execute(text("update approval_policy set signed_how = 'page', signed_by_name = 'Ana'"))


def looks(ana: Agency, minutes: float) -> list[str]:
    """What each promised look comes to, in the order of the threads."""
    done = []
    with clock.stopped_at(at(minutes)):
        with ana.entered():
            cases = db.session.scalars(select(Conversation.id).order_by(Conversation.external_id)).all()
        for case in cases:
            with ana.entered():
                done.append(automatic_heard.acknowledge(case))
    return done


def promised(ana: Agency) -> set[Any]:
    with ana.entered():
        wanted = select(OutboxEntry.ids).where(OutboxEntry.job_name == "acknowledge", OutboxEntry.done_at.is_(None))
        return {one["conversation_id"] for one in db.session.scalars(wanted)}


@pytest.mark.parametrize("before", [False, True])
def test_what_was_tried_is_what_is_then_said_and_a_person_comes_first(
    ana: Agency, make: Factory, superuser: Engine, before: bool
) -> None:
    with ana.entered(ana.team_lead):
        save_texts(ana.team_lead, ana.brand_ids[0], [TEXT], "", based_on=0)
    signed(ana, make, superuser, "rule")
    account = make.account(ana)
    words = (comment(1, LATE), comment(2, OTHER), comment(3, LATE))
    if before:
        keep(ana, account, *words, now=at(4))
        with clock.stopped_at(at(60)), ana.entered(ana.team_lead):
            trial = try_rule(ana.team_lead, ana.brand_ids[0], RULE)
            lines = policy_in_force(ana.brand_ids[0]).terms.acknowledge
            assert heard_last_week(ana.brand_ids[0], lines, trial.taken_ids).threads == 2
            assert heard_last_week(ana.brand_ids[0], lines).threads == 0, "no rule asked for it as they came"
        assert promised(ana) == set(), "and no rule is asked of what is stored already"
        assert looks(ana, 20) == ["no_line"] * 3
        return
    with ana.entered(ana.team_lead):
        rules.create_rule(ana.team_lead, ana.brand_ids[0], RULE)
    keep(ana, account, *words, now=at(4))
    assert len(promised(ana)) == 2, "of what no rule took nobody even looks"
    with ana.entered():
        third = db.session.scalars(select(Conversation.id).where(Conversation.external_id == "post_3")).one()
    with clock.stopped_at(at(5)), ana.entered(ana.staff):
        inbox_desk.claim(ana.staff, third)
    assert looks(ana, 20) == ["sent", "no_line", "held"], "never a machine and a person at the same time"
    with clock.stopped_at(at(60)), ana.entered():
        assert heard_last_week(ana.brand_ids[0], policy_in_force(ana.brand_ids[0]).terms.acknowledge).threads == 2
        assert db.session.scalars(select(Reply.acknowledges)).all() == [1]
    keep(ana, account, comment(2, f"{LATE} {OTHER}"), now=at(30))
    assert len(promised(ana)) == 3, "changed words are asked, too"
    assert looks(ana, 45)[1] == "sent"
    signed(ana, make, superuser, "closed")
    keep(ana, account, comment(4, LATE), now=at(46))
    assert looks(ana, 60)[-1] == "no_line", "the client no longer signs that a rule may ask for it"
