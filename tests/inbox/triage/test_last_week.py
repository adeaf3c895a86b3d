"""What a rule tried on last week would have done is what it does when the same week comes in again."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select

from agency.inbox import corrections, intake, spammers, topics
from agency.inbox.contacts import deeds
from agency.inbox.models import Contact, Conversation, Message
from agency.inbox.triage import rules
from agency.inbox.triage.last_week import try_rule
from agency.inbox.triage.models import TriageDeed
from channels import accounts
from channels.items import Author, IncomingItem, PostContext
from tenants import clock
from tenants.database import db
from tenants.errors import Forbidden, Invalid
from tests.factories import Agency, Factory
from tests.inbox.items import comment, page, review
from tests.steady import is_steady

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


END = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
Event = tuple[datetime, str, Any]
PEOPLE = 5
POST = PostContext("900_1", None, None, None)


def events_of(draw: random.Random) -> list[Event]:
    """What happens in nine days, in its order: words come, are changed, taken back and corrected, people become VIPs,
    are marked as spam, and no more.
    """
    minutes, said = 9 * 24 * 60, dict[str, IncomingItem]()
    found = list[Event]()
    for at in (END - timedelta(minutes=m) for m in sorted(draw.sample(range(1, minutes), 40), reverse=True)):
        what = draw.choice(["new"] * 4 + ["changed"] * 3 + ["vip", "spam", "gone", "corrected"])
        names = sorted(said)
        person = f"person-{draw.randrange(PEOPLE)}"
        if what == "new" or not names:
            number, author = len(found), Author(person, "Somebody")
            below = [one for one in names if one.startswith("post_")]
            more: dict[str, Any] = {"author": author, "created_at": at}
            if number % 3 == 0:
                item = review(number, draw.choice((*SAID, "")), draw.randint(1, 5), updated_at=at, **more)
            elif below and number % 3 == 1:
                item = comment(number, draw.choice(SAID), under=draw.choice(below).removeprefix("post_"), **more)
            else:  # some beneath a visitor's post that is told later, so that the case becomes one of another kind
                item = comment(number, draw.choice(SAID), context=draw.choice((None, POST)), **more)
            said[item.external_id] = item
            found.append((at, "told", item))
        elif what == "changed":
            name = draw.choice(names)
            item = replace(said[name], text=draw.choice(SAID))
            if item.stars is not None:
                item = replace(item, stars=draw.randint(1, 5), updated_at=at)
            said[name] = item
            found.append((at, "told", item))
        elif what == "gone":
            found.append((at, "gone", names[-1]))
            del said[names[-1]]
        elif what == "corrected":
            aspect, label = draw.choice((("language", "pl"), ("act", "complaint"), ("sentiment", "negative")))
            found.append((at, "corrected", (draw.choice(names), aspect, label)))
        else:
            found.append((at, what, person))
    post = comment(0, "Is the app open?", external_id="900_1", thread_external_id="900_1", kind="post", created_at=END)
    return [*found, (END - timedelta(minutes=1), "told", replace(post, author=Author("person-1", "Somebody")))]


def play(
    ana: Agency, accounts_of: dict[str, UUID], events: Iterable[Event], move_to: Callable[[datetime], None]
) -> None:
    """Let it happen to these accounts, each at its moment."""
    for at, what, given in events:
        move_to(at)
        if what == "told":
            account = accounts_of["google_business" if given.kind == "review" else "facebook"]
            with ana.entered():
                intake.store_page(accounts.get(account), page(given), now=clock.now())
            continue
        with ana.entered(ana.team_lead):
            if what in ("vip", "spam"):
                rows = select(Contact.id, Contact.is_vip, Contact.spam_since).where(
                    Contact.external_id == given, Contact.account_id.in_(accounts_of.values())
                )
                for number, is_vip, spam_since in db.session.execute(rows).all():
                    first = select(Conversation.id).where(Conversation.contact_id == number).limit(1)
                    case = db.session.scalars(first).first()
                    if what == "vip":
                        deeds.set_vip(ana.team_lead, number, is_vip=not is_vip, note="Writes often")
                    elif spam_since is not None:
                        spammers.lift(ana.team_lead, number)
                    elif case is not None:
                        spammers.mark(ana.team_lead, case)
            else:
                name = given if what == "gone" else given[0]
                wanted = select(Message).where(
                    Message.external_id == name, Message.account_id.in_(accounts_of.values())
                )
                message = db.session.scalars(wanted).one()
                if what == "gone":
                    intake.mark_gone(accounts.get(message.account_id), [name], now=clock.now())
                elif message.deleted_at is None:
                    corrections.correct(ana.team_lead, message.conversation_id, message.id, *given[1:])


def some_rule(draw: random.Random, name: str) -> dict[str, Any]:
    conditions = {key: value for one in draw.sample(CONDITIONS, draw.randint(1, 2)) for key, value in one.items()}
    return {"name": name, **conditions, "points": draw.randint(1, 9), "stops": draw.random() < 0.3}


def store(ana: Agency, account: UUID, items: list[IncomingItem]) -> None:
    with ana.entered():
        intake.store_page(accounts.get(account), page(*items), now=clock.now())


def two_accounts(make: Factory, ana: Agency) -> dict[str, UUID]:
    return {one: make.account(ana, platform=one) for one in ("facebook", "google_business")}


@pytest.mark.parametrize("seed", range(2 if is_steady() else 12))
def test_a_week_tried_is_the_week_that_comes_in_again(
    ana: Agency, make: Factory, monkeypatch: pytest.MonkeyPatch, seed: int
) -> None:
    """Also who was a VIP then or marked as spam, how words were first read, what they said before they were changed."""
    monkeypatch.setattr("tenants.database._moment", lambda: int(clock.now().timestamp() * 1000) << 16)
    draw = random.Random(seed)
    events, since = events_of(draw), END - timedelta(days=7)
    others, one = [some_rule(draw, f"Rule {n}") for n in range(2)], some_rule(draw, "Tried")
    place = ana.brand_ids[0]
    with clock.stopped_at(events[0][0]) as move_to:
        with ana.entered(ana.team_lead):  # the others, which may take words before it
            for other in others:
                rules.create_rule(ana.team_lead, None, other)
        play(ana, two_accounts(make, ana), events, move_to)
        move_to(END)
        with ana.entered(ana.team_lead):
            if seed % 4 == 3:  # of a topic that nobody knew when the words came
                apps = {"name": "Apps", "phrases": [{"language": "", "words": "app"}]}
                one = {**one, "topics": [str(topics.create_topic(ana.team_lead, place, apps).id)]}
            trial = try_rule(ana.team_lead, place, one)
        again = two_accounts(make, ana)
        play(ana, again, [event for event in events if event[0] < since], move_to)
        with ana.entered(ana.team_lead):
            made = rules.create_rule(ana.team_lead, place, one)
        play(ana, again, [event for event in events if event[0] >= since], move_to)
        with ana.entered(ana.team_lead):
            did = db.session.execute(
                select(Message.external_id, TriageDeed.spans)
                .join(Message, Message.id == TriageDeed.message_id)
                .where(TriageDeed.rule_id == made.id, Message.deleted_at.is_(None))
            ).all()
            wanted = select(Message.id, Message.external_id).where(Message.id.in_(fit.came.id for fit in trial.taken))
            names = {row[0]: row[1] for row in db.session.execute(wanted)}
    would = [(names[fit.came.id], [list(span) for span in fit.hit.spans]) for fit in trial.taken]
    assert sorted(map(tuple, did)) == sorted(would), one


def test_who_wrote_it_its_stars_and_its_case_count_as_they_were_when_it_came(ana: Agency, make: Factory) -> None:
    known, place = two_accounts(make, ana), ana.brand_ids[0]
    beneath = comment(1, "The app!", author=Author("person-1", "Somebody"), context=POST, created_at=END)
    happens: list[Event] = [
        (END, "told", beneath),
        (END, "vip", "person-1"),  # from now on
        (END, "told", comment(2, "The app again", author=Author("person-1", "Somebody"), created_at=END)),
        (END, "vip", "person-1"),  # and no more
        (END, "told", review(3, "The app", 1, created_at=END, updated_at=END)),
        (
            END + timedelta(hours=1),
            "told",
            review(3, "The app", 5, created_at=END, updated_at=END + timedelta(hours=1)),
        ),
        (END, "told", comment(0, "?", external_id="900_1", thread_external_id="900_1", kind="post", created_at=END)),
    ]
    with clock.stopped_at(END) as move_to:
        play(ana, known, happens, move_to)
        with ana.entered(ana.team_lead):
            taken = {}
            for name, asked in (("vip", {"vip": True}), ("stars", {"stars_to": 1}), ("kind", {"kinds": ["comment"]})):
                trial = try_rule(ana.team_lead, place, {"name": name, "points": 3, **asked})
                taken[name] = sorted(fit.came.facts.text for fit in trial.taken)
            rows = select(Message.text, Conversation.kind).join(
                Conversation, Conversation.id == Message.conversation_id
            )
            kinds = {row[0]: row[1] for row in db.session.execute(rows)}
    assert taken == {"vip": ["The app again"], "stars": ["The app"], "kind": ["The app again", "The app!"]}
    assert kinds["The app!"] == "post"  # it became part of another kind of case


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
