"""What a rule tried on last week would have done is what it does when the same week comes in again."""

from __future__ import annotations

import random
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select, update

from agency.inbox import intake
from agency.inbox.models import Contact, Conversation, Message
from agency.inbox.triage import rules
from agency.inbox.triage.last_week import Trial, try_rule
from agency.inbox.triage.models import TriageDeed
from channels import accounts
from channels.items import Author, IncomingItem
from tenants import clock
from tenants.database import db
from tenants.errors import Forbidden, Invalid
from tests.factories import Agency, Factory
from tests.inbox.items import comment, page, review

SAID = (
    "My app does not open since yesterday!",
    "Where is my parcel? I am angry and want a refund.",
    "A app não abre, já tentei três vezes e não funciona.",
    "Zamówienie nie dotarło, to jest skandal!",
    "Thank you, lovely staff and a wonderful evening.",
    "ok",
    "Apps, apps, apps: and the parcels?",
)
CONDITIONS: tuple[dict[str, Any], ...] = (
    {"words": [{"language": "", "words": "app"}, {"language": "pl", "words": "zamówienia"}]},
    {"words": [{"language": "", "words": "parcel"}], "without": [{"language": "", "words": "apps"}]},
    {"stars_to": 2},
    {"languages": ["pt", "pl"]},
    {"sentiments": ["negative"], "kinds": ["comment"]},
    {"acts": ["complaint"], "weekdays": [1, 2, 3, 4]},
    {"from_time": "20:00", "until_time": "07:30"},
    {"vip": True},
    {"topics": ["refund"]},
    {"seen_by": "public", "platforms": ["google_business"]},
)


def week(draw: random.Random) -> tuple[list[IncomingItem], list[IncomingItem]]:
    """Comments, some beneath others, and reviews of the last seven days and a little before."""
    now, comments, reviews = clock.now(), list[IncomingItem](), list[IncomingItem]()
    for number in range(24):
        at = now - timedelta(minutes=draw.randrange(8 * 24 * 60))
        person = Author(f"person-{draw.randrange(6)}", "Somebody")
        under = draw.choice(comments).thread_external_id.removeprefix("post_") if comments and number % 3 == 0 else None
        comments.append(comment(f"{number}", text=draw.choice(SAID), under=under, author=person, created_at=at))
        if number % 3 == 0:
            reviews.append(
                review(number, text=draw.choice((*SAID, "")), stars=draw.randint(1, 5), created_at=at, updated_at=at)
            )
    return comments, reviews


def some_rule(draw: random.Random, name: str) -> dict[str, Any]:
    conditions = {key: value for one in draw.sample(CONDITIONS, draw.randint(1, 2)) for key, value in one.items()}
    return {"name": name, **conditions, "points": draw.randint(1, 9), "stops": draw.random() < 0.3}


def store(ana: Agency, account: UUID, items: list[IncomingItem]) -> None:
    with ana.entered():
        intake.store_page(accounts.get(account), page(*items), now=clock.now())


@pytest.mark.parametrize("seed", [1, 2])
def test_a_week_tried_is_the_week_that_comes_in(ana: Agency, make: Factory, seed: int) -> None:
    draw = random.Random(seed)
    comments, reviews = week(draw)
    before = (make.account(ana, platform="facebook"), make.account(ana, platform="google_business"))
    tried = [some_rule(draw, f"Rule {n}") for n in range(8)]
    with ana.entered(ana.team_lead):
        for n, one in enumerate(tried[:4]):
            rules.create_rule(ana.team_lead, ana.brand_ids[0] if n % 2 else None, one)
        for rule in rules.list_rules(ana.team_lead, None)[1:]:  # so that the week comes in without them
            rules.switch_rule(ana.team_lead, rule.id, on=False)
    store(ana, before[0], comments)
    store(ana, before[1], reviews)
    with ana.entered():
        db.session.execute(update(Contact).where(Contact.external_id == "person-1").values(is_vip=True))
    trials: list[tuple[dict[str, Any], UUID | None, Trial]] = []
    with ana.entered(ana.team_lead):
        for n, one in enumerate(tried[4:]):
            place = ana.brand_ids[0] if n % 2 else None
            trials.append((one, place, try_rule(ana.team_lead, place, one)))
    for one, place, trial in trials:
        again = (make.account(ana, platform="facebook"), make.account(ana, platform="google_business"))
        with ana.entered(ana.team_lead):
            made = rules.create_rule(ana.team_lead, place, one)
        for account, items in zip(again, (comments, reviews), strict=True):
            with ana.entered():  # the same people, known as they are known now
                for key in {item.author.external_id for item in items if item.author and item.author.external_id}:
                    db.session.add(
                        Contact(
                            agency_id=ana.id,
                            brand_id=ana.brand_ids[0],
                            account_id=account,
                            platform="facebook",
                            external_id=key,
                            name="Somebody",
                            is_vip=key == "person-1",
                        )
                    )
            store(ana, account, items)
        with ana.entered(ana.team_lead):
            since = clock.now() - timedelta(days=7)
            did = db.session.execute(
                select(Conversation.external_id)
                .join(TriageDeed, TriageDeed.conversation_id == Conversation.id)
                .join(Message, Message.id == TriageDeed.message_id)
                .where(TriageDeed.rule_id == made.id, Message.account_id.in_(again), Message.written_at >= since)
                .distinct()
            ).all()
            would = db.session.scalars(
                select(Conversation.external_id).where(
                    Conversation.id.in_([f.came.conversation_id for f in trial.found if not f.is_before])
                )
            ).all()
            rules.archive_rule(ana.team_lead, made.id)
        assert sorted(row[0] for row in did) == sorted(would), one
        assert trial.taken_count == len(would)


def test_a_changed_rule_tells_what_changes_and_only_who_may_write_it_tries(ana: Agency, make: Factory) -> None:
    account, now = make.account(ana, platform="facebook"), clock.now()
    texts = ("the app", "the parcel", "app and parcel", "neither")
    store(ana, account, [comment(n, text=text, created_at=now) for n, text in enumerate(texts)])
    given = {"name": "One", "words": [{"language": "", "words": "app"}], "points": 5}
    with ana.entered(ana.team_lead):
        made = rules.create_rule(ana.team_lead, None, given)
        trial = try_rule(ana.team_lead, None, {**given, "words": [{"language": "", "words": "parcel"}]}, made.id)
        assert (trial.taken_count, trial.added_count, trial.gone_count) == (2, 1, 1)
        assert [one.change for one in trial.found][:2].count("added") == 1
        rules.change_rule(ana.team_lead, made.id, {"version": 1, "stops": True})
        behind = try_rule(ana.team_lead, ana.brand_ids[0], {**given, "words": [{"language": "", "words": "parcel"}]})
        assert (behind.taken_count, behind.before_count) == (1, 1)
        with pytest.raises(Invalid):
            try_rule(ana.team_lead, None, {"name": "None"})
    with ana.entered(ana.staff), pytest.raises(Forbidden):
        try_rule(ana.staff, None, given)
