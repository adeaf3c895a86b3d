"""What is stored is ranked again when a due time nears, and when weights, a person or a brand change."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from flask import Flask
from sqlalchemy import select, update

from agency.inbox import desk
from agency.inbox.intake import store_page
from agency.inbox.models import Contact, Conversation, RankingWeights
from agency.inbox.ranking import parts_of, score_of
from agency.inbox.reranking import rerank_contact, rerank_due, rerank_slice
from agency.inbox.signs import VIP
from agency.inbox.weight_versions import go_back, list_versions, save_weights, weights_in_force
from agency.inbox.weights import DEFAULTS
from channels.models import Account
from jobs import ranking
from tenants import brands, clock
from tenants.database import db
from tenants.errors import Conflict, Forbidden, Invalid
from tenants.models import OutboxEntry
from tenants.permissions import Actor, Role
from tests.factories import Agency, Factory
from tests.inbox.items import at, comment, page, review

NOW = at(10)


@pytest.fixture
def google(make: Factory, ana: Agency) -> UUID:
    account_id = make.account(ana, platform="google_business")
    keep(ana, account_id, review(1, "Cold food.", 1), review(2, "It was fine.", 3), now=NOW)
    return account_id


def keep(agency: Agency, account_id: UUID, *items: Any, now: datetime) -> None:
    with clock.stopped_at(now), agency.entered():
        account = db.session.scalars(select(Account).where(Account.id == account_id)).one()
        store_page(account, page(*items), now=now)


def told(agency: Agency, external_id: str, now: datetime) -> tuple[int | None, dict[str, int]]:
    """Score and parts of a conversation at a moment."""
    with agency.entered():
        c = db.session.scalars(select(Conversation).where(Conversation.external_id == external_id)).one()
        assert c.last_customer_at is not None
        parts = parts_of(c.rank, c.rank_reasons, c.last_customer_at, now)
        return score_of(c.rank, now), {part["part"]: part["points"] for part in parts}


def test_an_item_is_ranked_as_it_is_stored_and_grows_with_waiting(ana: Agency, google: UUID) -> None:
    assert told(ana, "reviews/1", NOW) == (55, {"complaint": 30, "stars": 25, "due": 0, "waiting": 0})
    assert told(ana, "reviews/1", at(1 + 130)) == (57, {"complaint": 30, "stars": 25, "due": 0, "waiting": 2})


def test_a_due_time_counts_more_with_each_step_and_late_comes_before_all(
    app: Flask, ana: Agency, google: UUID, statements: Any
) -> None:
    """Due 12 h after it was written, at(721): 8 h before that is at(241)."""
    seen = []
    for minutes in (240, 242, 482, 602, 662, 692, 722, 3000):
        with clock.stopped_at(at(minutes)):
            ranking.rank_due(app)
        seen.append(told(ana, "reviews/1", at(minutes))[1]["due"])
    assert seen == [0, 5, 10, 20, 35, 45, 600, 600]
    with ana.entered():
        assert set(db.session.scalars(select(Conversation.rerank_at))) == {None}


def test_nothing_due_is_nothing_written(ana: Agency, google: UUID) -> None:
    with clock.stopped_at(at(300)), ana.entered():
        assert rerank_due().changed == 2
        assert rerank_due() == (0, 0, None)
    with ana.entered():
        versions = list(db.session.scalars(select(Conversation.version)))
    assert versions == [2, 2]


def test_what_was_stored_before_ranks_were_points_is_ranked_at_once(app: Flask, ana: Agency, make: Factory) -> None:
    case = make.conversation(ana, stars=1, kind="review", rank=38_900_000)
    with ana.entered():
        reasons = [
            {"part": "due", "points": 38_899_000, "at": "x"},
            {"part": "urgent", "points": 180, "words": ["asap"]},
        ]
        db.session.execute(update(Conversation).values(rank_reasons=reasons))
    ranking.rank_due(app)
    with ana.entered():
        found = db.session.execute(select(Conversation.rank, Conversation.rank_reasons)).one()
    assert [(part["part"], part["points"]) for part in found.rank_reasons] == [("urgent", 40), ("stars", 25)]
    assert score_of(found.rank, clock.now()) == 65
    assert case


def test_a_vip_a_tier_and_due_hours_of_a_platform_count_from_the_next_item_on(ana: Agency, google: UUID) -> None:
    with ana.entered():
        admin, brand_id = ana.agency_admin, ana.brand_ids[0]
        brands.change_brand(admin, brand_id, tier="premium", answer_due_hours_on={"google_business": 2})
        db.session.execute(update(Contact).values(is_vip=True, weight=3))
    keep(ana, google, review(3, "Rude.", 2), now=NOW)
    assert told(ana, "reviews/3", NOW)[1] == {"complaint": 30, "stars": 20, "due": 20, "tier": 10, "waiting": 0}


def test_a_persons_standing_holds_for_what_they_write_later(ana: Agency, make: Factory) -> None:
    account_id = make.account(ana)
    keep(ana, account_id, comment(1), now=NOW)
    with ana.entered():
        contact_id = db.session.scalars(select(Contact.id)).one()
        db.session.execute(update(Contact).values(is_vip=True, weight=3))
        rerank_contact(contact_id)
        promised = db.session.scalars(select(OutboxEntry.ids).where(OutboxEntry.job_name == "rerank")).one()
    with clock.stopped_at(NOW):
        ranking.rerank(ana.app, **promised)
    both = {"due": 0, "vip": 20, "person": 6, "waiting": 0}
    assert told(ana, "post_1", NOW)[1] == both
    by = comment(1).author
    keep(ana, account_id, comment(2, author=by), comment(3, "And?", under=1, author=by), now=NOW)
    assert told(ana, "post_2", NOW)[1] == both
    assert told(ana, "post_1", NOW)[1] == both
    keep(ana, account_id, comment(4), now=NOW)
    with ana.entered():
        found = db.session.execute(select(Conversation.external_id, Conversation.signs))
        signs = {row.external_id: row.signs for row in found}
    assert signs == {"post_1": VIP, "post_2": VIP, "post_4": 0}, "rows of the queue say it"


def test_a_brand_that_changes_is_ranked_again_with_its_due_times(ana: Agency, google: UUID) -> None:
    with ana.entered():
        brands.change_brand(ana.team_lead, ana.brand_ids[0], tier="plus", answer_due_hours=2)
        promised = db.session.scalars(select(OutboxEntry.ids).where(OutboxEntry.job_name == "rerank")).one()
    with clock.stopped_at(NOW):
        ranking.rerank(ana.app, **promised, run_seconds=0)
    assert told(ana, "reviews/2", NOW)[1] == {"stars": 8, "due": 20, "tier": 5, "waiting": 0}
    with ana.entered():
        assert set(db.session.scalars(select(Conversation.due_at))) == {at(1 + 120), at(2 + 120)}
        with pytest.raises(Forbidden):
            brands.change_brand(ana.team_lead, ana.brand_ids[0], name="Mine")
        with pytest.raises(Forbidden):
            brands.change_brand(ana.staff, ana.brand_ids[0], tier="premium")


def other_points(**changes: int) -> dict[str, int]:
    return {**DEFAULTS.points, **changes}


def test_weights_are_kept_in_versions_and_rank_what_is_open_slice_by_slice(ana: Agency, google: UUID) -> None:
    with clock.stopped_at(NOW):
        with ana.entered():
            saved = save_weights(ana.team_lead, other_points(stars_1=0, complaint=70), "Calls  first", 0)
            assert (saved.number, saved.note, saved.open_count, saved.is_ranking) == (1, "Calls first", 2, True)
        for _again in range(2):  # doing it twice changes nothing more
            with ana.entered():
                first = rerank_slice(number=1, slice_size=1)
                assert (first.seen, first.changed) == (1, 1 - _again)
                assert rerank_slice(first.last, number=1, slice_size=2).last is None
        assert told(ana, "reviews/1", NOW) == (70, {"complaint": 70, "stars": 0, "due": 0, "waiting": 0})
        with ana.entered():
            assert not weights_in_force().is_ranking
            back = go_back(ana.team_lead, 0, 1, "It was better before")
            assert (back.number, back.back_to, back.weights.points) == (2, 0, DEFAULTS.points)
            assert rerank_slice(number=1) == (0, 0, None)  # another version is in force by now
        ranking.rerank(ana.app, str(ana.id), number=2)
        assert told(ana, "reviews/1", NOW)[0] == 55
        with ana.entered():
            assert [one.number for one in list_versions(ana.team_lead)] == [2, 1, 0]
            again = db.session.scalars(select(OutboxEntry).where(OutboxEntry.ids["again"].astext == "1")).one()
            assert again.run_at == NOW + timedelta(minutes=1)


def test_new_items_are_ranked_by_the_weights_in_force(ana: Agency, google: UUID) -> None:
    with ana.entered():
        save_weights(ana.agency_admin, other_points(stars_2=99), "Two stars", 0)
    keep(ana, google, review(5, "Hm", 2), now=NOW)
    assert told(ana, "reviews/5", NOW)[0] == 99


def test_who_may_change_weights_and_what_is_refused(ana: Agency, make: Factory) -> None:
    narrow = make.person(ana, Role.TEAM_LEAD, only_brand_ids=ana.brand_ids[:1])
    with ana.entered():
        for actor in (ana.staff, ana.light, narrow):
            with pytest.raises(Forbidden):
                save_weights(actor, other_points(), "Why", 0)
        for wrong, field in (
            (other_points(urgent=-1), "urgent"),
            (other_points(urgent=1001), "urgent"),
            (other_points(late=5001), "late"),
            (other_points(due_1h=1), "due_1h"),
            ({**other_points(), "luck": 1}, "luck"),
            ({**other_points(), "vip": True}, "vip"),
            ({"urgent": 1}, "late"),
        ):
            with pytest.raises(Invalid) as refused:
                save_weights(ana.team_lead, wrong, "Why", 0)
            assert field in refused.value.fields["errors"]
        with pytest.raises(Invalid):
            save_weights(ana.team_lead, other_points(), " \n", 0)
        save_weights(ana.team_lead, other_points(vip=1), "Why", 0)
        with pytest.raises(Conflict):
            save_weights(ana.team_lead, other_points(vip=2), "Why", 0)
        assert db.session.scalars(select(RankingWeights.number)).all() == [1]


def test_who_opens_a_case_again_finds_it_ranked(app: Flask, ana: Agency, google: UUID) -> None:
    actor: Actor = ana.staff
    with clock.stopped_at(NOW):
        with ana.entered():
            case = db.session.scalars(select(Conversation.id).where(Conversation.external_id == "reviews/1")).one()
            desk.close(actor, case)
            save_weights(ana.team_lead, other_points(stars_1=100), "Why", 0)
        ranking.rerank(app, str(ana.id), number=1)
        assert told(ana, "reviews/1", NOW)[1]["stars"] == 25
        with ana.entered():
            desk.reopen(actor, case)
        ranking.rank_due(app)
    assert told(ana, "reviews/1", NOW)[1]["stars"] == 100
