"""A storm from its first words to its last, on three platforms: one decision of a lead, one yes of the client to each
wording, and whoever wrote is told once that it is known and once how it ended. The platforms' ledger is the judge.

In `.ci/run` a tenth of it.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select, text

from agency.inbox import desk as inbox_desk
from agency.inbox.incidents import opening
from agency.inbox.incidents.models import FOLLOW_UP, HOLDING, Incident, IncidentText
from agency.replies import desk, incident_answers, incident_texts
from agency.replies.incident_progress import progress_of
from agency.replies.models import Reply
from agency.replies.words import hash_of
from jobs.runner import run_promises
from tenants.database import db
from tests.flows.conftest import LOCATION, PAGE, PROFILE, House
from tests.steady import is_steady

ACCOUNTS = {"facebook": PAGE, "instagram": PROFILE, "google_business": LOCATION}
COMPLAINTS, AGAIN = (14, 2) if is_steady() else (300, 40)
"""How many complaints, and how many of these are somebody's second one."""
SAID = (
    "A app não abre desde hoje de manhã, que vergonha! Estou muito zangada.",
    "The app does not open since this morning, I am very angry. What a shame!",
)
HOLD = {
    "pt": ["Sabemos que a app não abre e estamos a tratar disso."],
    "en": ["We know that the app does not open, and we are working on it."],
}
DONE = {
    "pt": ["A app já abre. Obrigado por esperar.", "Já está resolvido: a app abre outra vez."],
    "en": ["The app opens again. Thank you for waiting.", "It is solved: the app opens again."],
}
ALONE = "Olá, já vimos o problema e ligamos de volta."
"""What a colleague answered before anybody spoke of an incident."""


def _who(number: int) -> tuple[str, str]:
    """The platform and the person of a complaint: some write a second time, on Facebook as in a review of their own."""
    person = number if number < COMPLAINTS - AGAIN else (number - COMPLAINTS + AGAIN) * 6
    platform = ("facebook", "facebook", "instagram", "facebook", "instagram", "google_business")[person % 6]
    return platform, f"Person {person}"


def _storm(house: House, numbers: range, posts: dict[str, str]) -> None:
    """They write, one after another within five minutes that end now."""
    began = datetime.now(UTC) - timedelta(seconds=300)
    items = []
    for number in numbers:
        platform, name = _who(number)
        line: dict[str, Any] = {"platform": platform, "account": ACCOUNTS[platform], "author": name}
        at = began + timedelta(seconds=300 * number / COMPLAINTS)
        line |= {"text": f"{SAID[number % 2]} ({number})", "created_at": at.isoformat()}
        line |= {"kind": "comment", "post": posts[platform]} if platform in posts else {"kind": "review", "stars": 1}
        items.append(line)
    house.sandbox.tell("items", items)
    for _ in range(20):
        house.poll()
        if house.scalar("select count(*) from conversation") == numbers.stop:
            return
    raise AssertionError(f"{house.scalar('select count(*) from conversation')} of {numbers.stop} were fetched")


def _keep(house: House) -> None:
    """The promises that write and send, once each, many together as a worker takes them."""
    house.let_waits_end()
    house.pass_time(60)
    for job in ("answer_incident", "publish_reply"):
        numbers = text("select id from outbox_entry where job_name = :job and done_at is null order by id")
        with house.superuser.connect() as connection:
            found = list(connection.execute(numbers, {"job": job}).scalars())
        run_promises(found, house.agency.app)


def _keep_all(house: House) -> None:
    """Every promise, until nobody is to be written to at once and nothing is on its way."""
    owner = house.agency.client_owner
    for _ in range(60):
        _keep(house)
        with house.agency.entered(owner):
            waiting = db.session.scalars(select(Reply).where(Reply.state == "awaiting_approval")).all()
            for one in waiting:
                words = db.session.scalars(select(IncidentText).where(IncidentText.sample_reply_id == one.id)).one()
                desk.approve(owner, one.id, hash_of(words.text))
        busy = house.scalar("select count(*) from reply where state in ('approved', 'publishing', 'outcome_unknown')")
        due = house.scalar("select count(*) from incident_person where 'due' in (holding, follow_up)")
        if not waiting and not busy and not due:
            return
    raise AssertionError(f"{busy} on their way, {due} to be written to")


def _conversation(house: House, number: int) -> UUID:
    return UUID(str(house.scalar(f"select conversation_id from message where text like '%({number})'")))


def _told(house: House) -> dict[tuple[str, str], Counter[str]]:
    """By the ledger: what each person was told, below their own words."""
    items = {one["external_id"]: one for p in ACCOUNTS for one in _items(house, p)}
    told: dict[tuple[str, str], Counter[str]] = defaultdict(Counter)
    for entry in house.sandbox.ledger():
        if entry["outcome"] == "applied" and entry["text"] is not None:
            one = items[entry["target"]]
            told[one["platform"], one["author"]["name"]][entry["text"]] += 1
    return told


def _items(house: House, platform: str) -> list[dict[str, Any]]:
    url = f"{house.sandbox.url}/sandbox/items"
    answer: Any = house.sandbox.http.get(url, params={"platform": platform}).json()
    return list(answer["items"])


def test_three_hundred_complaints_are_one_decision_and_everybody_is_told_once(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    if is_steady():
        monkeypatch.setattr(incident_answers, "AT_ONCE", 5)
    agency, (brand, *_others) = house.agency, house.agency.brand_ids
    lead, staff = agency.team_lead, agency.staff
    house.keep_promises()  # the set-up of the accounts
    posts = {
        platform: house.sandbox.tell("posts", {"platform": platform, "account": ACCOUNTS[platform], "text": "News"})[
            "external_id"
        ]
        for platform in ("facebook", "instagram")
    }
    first = range(COMPLAINTS * 3 // 4)
    _storm(house, first, posts)
    answered, held = (0, 1), 3  # the first wrote twice
    with agency.entered(staff):
        for number in answered:
            reply = desk.start_draft(staff, _conversation(house, number), ALONE)
            desk.submit(staff, reply.id)
    with agency.entered(agency.client_owner):
        for one in db.session.scalars(select(Reply)).all():
            desk.approve(agency.client_owner, one.id, hash_of(ALONE))
    _keep(house)
    with agency.entered(staff):
        inbox_desk.claim(staff, _conversation(house, held))

    assert house.scalar("select count(*) from incident_suggestion") == 1
    with agency.entered(lead):
        suggestion = UUID(str(house.scalar("select id from incident_suggestion")))
        made = opening.open_incident(
            lead, brand, {"name": "App", "words": [{"language": "", "words": "app"}]}, suggestion
        )
        incident_id = made.id
        incident_texts.start_holding(lead, incident_id, HOLD)
    _keep_all(house)
    _storm(house, range(first.stop, COMPLAINTS), posts)
    _keep_all(house)

    states = Counter(
        house.superuser.connect().execute(text("select status, closed_reason, signs & 64 from conversation")).all()
    )
    assert states == {
        ("snoozed", None, 64): COMPLAINTS - len(answered) - 1,
        ("closed", "answered", 0): len(answered),
        ("open", None, 0): 1,
    }
    told = _told(house)
    holding = {words for some in HOLD.values() for words in some}
    people = {_who(number) for number in range(COMPLAINTS)}
    alone = {_who(number) for number in (*answered, held)}
    for person in people:
        once = {} if person in alone or person[0] == "google_business" else None
        got = {words: n for words, n in told[person].items() if words in holding}
        assert list(got.values()) == ([1] if once is None else []), (person, told[person])

    with agency.entered(lead):
        incident_texts.end_with_follow_up(lead, incident_id, DONE, "return")
    paces = _paced(house, incident_id)
    _keep_all(house)
    assert max(paces) <= incident_answers.AT_ONCE
    _keep(house)  # and it closes
    told = _told(house)
    done = Counter[str]()
    for person in people:
        got = Counter({words: n for words, n in told[person].items() if words not in holding and words != ALONE})
        assert sum(got.values()) == (0 if person in alone else 1), (person, told[person])
        done += got
    assert set(done) == {words for some in DONE.values() for words in some}
    assert sum(told[person][ALONE] for person in people) == len(answered)
    assert house.sandbox.http.get(f"{house.sandbox.url}/sandbox/ledger.json").json()["duplicates"] == []
    with agency.entered(lead):
        found = db.session.scalars(select(Incident)).one()
        assert found.state == "closed"
        for purpose in (HOLDING, FOLLOW_UP):
            progress = progress_of(incident_id, purpose)
            assert (progress.waits, progress.due) == (0, 0)
            assert progress.sent + progress.cannot == len(people) - 1, "one's only case was answered before"
    assert house.scalar("select closed_by_name from incident") == lead.name
    # What a colleague has, and the second comment of whom a colleague had answered: people look at these.
    assert house.scalar("select count(*) from conversation where status = 'open'") == 2


def _paced(house: House, incident_id: UUID) -> list[int]:
    """How many follow-ups each run makes; the next one is promised for later."""
    made, runs = 0, []
    for _ in range(3):
        _keep(house)
        now = house.scalar("select count(*) from incident_person where follow_up = 'made'")
        runs.append(now - made)
        made = now
        waits = house.scalar(
            "select min(extract(epoch from run_at - created_at)) from outbox_entry where job_name = 'answer_incident'"
            " and done_at is null"
        )
        assert waits is None or waits > 10, "not all at once"
    return runs
