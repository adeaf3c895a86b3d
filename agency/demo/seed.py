"""The demo: one agency, three invented brands with guides, people for every role, accounts at the sandbox. Once.

Local only. Passwords are worked out from this installation's secret, so every start can print them and none is stored.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import os
import urllib.request
from collections.abc import Iterable
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

from flask import Flask
from sqlalchemy import select

from agency.demo import corpus, goodwill
from agency.demo.answered import write_answered
from agency.demo.earlier_answers import PROMISED, write_earlier_answers
from agency.demo.guide_lives import write_guide_life
from agency.demo.labels_and_views import write_labels, write_rules, write_topics, write_views
from agency.demo.living_day import write_living_day
from agency.demo.messages import actors_of
from agency.demo.people_who_write import write_people
from agency.demo.worked_on import write_worked_on
from agency.replies import policy_versions
from agency.training import quiz
from channels import accounts
from styleguides import client_sheet, facts, guidelines, saved_replies
from tenants import brands, clock
from tenants.base_app import settings_of_app
from tenants.database import db, new_id
from tenants.logs import get_logger
from tenants.models import Agency, InstallationFact, Membership, Person
from tenants.passwords import hash_password
from tenants.permissions import Actor, Role
from tenants.scope import Scope, in_scope
from tenants.sealed import purpose_key
from tenants.settings import LOOPBACK_HOSTS, Settings, SettingsError

FACT = "demo_seeded"
SANDBOX_TIMEOUT_SECONDS = 30

log = get_logger("demo")


def seed_once(app: Flask) -> list[tuple[str, str, str]]:
    """Make the demo unless it is there, start its stream of texts, and tell who can sign in: role, e-mail, password.

    Raises SettingsError outside a local installation.
    """
    with app.app_context():
        settings = settings_of_app()
    if not settings.is_local:
        raise SettingsError("The demo is seeded only where ONBRAND_ENV is `local`; nothing was changed.")
    with in_scope(app, None):
        fact = db.session.get(InstallationFact, FACT)
        started_at = fact.created_at if fact else None
    _introduce_us(settings)
    if started_at is None:
        _seed(app, settings)
    _stream(app)
    return [(person.role, person.email, password_of(settings, person.email)) for person in _one_per_role()]


def password_of(settings: Settings, email: str) -> str:
    """A demo person's password in this installation."""
    digest = hmac.new(purpose_key(settings.onbrand_secret_key, "demo passwords"), email.encode(), hashlib.sha256)
    return base64.b32encode(digest.digest())[:16].decode().lower()


def _one_per_role() -> list[corpus.DemoPerson]:
    first: dict[str, corpus.DemoPerson] = {}
    for person in corpus.load_people().people:
        # The staff member and the owner shown are those of the Polish brand: its path is the one the README walks.
        shown = person.brands is None or "bursztynowa-zatoka" in person.brands
        if person.role not in first or (shown and "bursztynowa-zatoka" not in (first[person.role].brands or ())):
            first[person.role] = person
    return list(first.values())


def _zone_of(person: corpus.DemoPerson, agencys: str) -> str:
    """A client lives where their brand does."""
    brands = person.brands if person.role == Role.CLIENT_OWNER else None
    return next((brand.time_zone for brand in corpus.load_brands() if brand.key in (brands or ())), agencys)


def _seed(app: Flask, settings: Settings) -> None:
    agency_id = new_id()
    demo = corpus.load_people()
    ids = {person.key: new_id() for person in demo.people}
    brand_ids = {brand.key: new_id() for brand in corpus.load_brands()}
    admin = next(p for p in demo.people if p.role == Role.AGENCY_ADMIN)
    actor = Actor(ids[admin.key], admin.name, Role.AGENCY_ADMIN, agency_id, None)
    with in_scope(app, Scope(agency_id, None)):
        db.session.add(Agency(id=agency_id, name=demo.name, language=demo.language))
        db.session.flush()
        for person in demo.people:
            db.session.add(
                Person(
                    id=ids[person.key],
                    email=person.email,
                    name=person.name,
                    language=person.languages[0],
                    time_zone=_zone_of(person, demo.time_zone),
                    password_hash=hash_password(password_of(settings, person.email)),
                )
            )
        db.session.flush()
        for brand in corpus.load_brands():
            brand_ids[brand.key] = brands.open_brand(
                actor,
                name=brand.name,
                mark=brand.mark,
                colour=brand.colour,
                language=brand.language,
                time_zone=brand.time_zone,
                answer_due_hours=brand.first_answer_due_hours,
            ).id
            if not brand.needs_approval:
                _sign_on_paper(actor, brand_ids[brand.key])
        for person in demo.people:
            db.session.add(
                Membership(
                    agency_id=agency_id,
                    person_id=ids[person.key],
                    role=person.role,
                    all_brands=person.brands is None,
                    brand_ids=[brand_ids[key] for key in person.brands or ()],
                )
            )
        db.session.flush()
        people = {p.key: _actor(p, ids[p.key], agency_id, brand_ids) for p in demo.people}
        titles = _save_replies(actor, brand_ids)
        for key, brand_id in brand_ids.items():
            write_guide_life(brand_id, key, people)
            _write_guidelines(actor, brand_id, key, titles)
        brands.change_brand(
            actor,
            brand_ids["bursztynowa-zatoka"],
            guide_needs_approval=True,
            tier="premium",
            answer_due_hours_on={"google_business": 24},
        )
        _write_sheets(actor, brand_ids)
        _write_facts(actor, brand_ids)
        _take_quizzes(people.values(), brand_ids["pennywell"])
        write_topics(actor, brand_ids)
        _connect(actor, brand_ids, settings)
        write_earlier_answers(agency_id, brand_ids, ids)
        write_earlier_answers(agency_id, brand_ids, ids, PROMISED)
        write_answered(people, brand_ids)
        goodwill.write_ledgers(actor, brand_ids, ids)
        write_people(agency_id, brand_ids, ids)
        label_ids = write_labels(actor, brand_ids)
        write_rules(actor, brand_ids, label_ids)
        write_worked_on(agency_id, brand_ids, ids, label_ids)
        write_views(people, brand_ids, label_ids)
        write_living_day(actors_of(agency_id, ids), brand_ids)
        db.session.add(InstallationFact(name=FACT, value={"agency_id": str(agency_id)}))
    log.info("demo_seeded", agency_id=str(agency_id))


def _sign_on_paper(actor: Actor, brand_id: UUID) -> None:
    """A client who lets the agency publish by itself, by a contract of last year."""
    policy_versions.allow_paper(actor, allowed=True)
    draft = policy_versions.draft_policy(actor, brand_id, {"needs": "none"}, "As in the contract.")
    signed_on = (clock.now() - timedelta(days=400)).date()
    policy_versions.record_on_paper(actor, brand_id, draft.number, "Duarte Solmeira", signed_on)


def _actor(person: corpus.DemoPerson, person_id: UUID, agency_id: UUID, brand_ids: dict[str, UUID]) -> Actor:
    covered = None if person.brands is None else frozenset(brand_ids[key] for key in person.brands)
    return Actor(person_id, person.name, Role(person.role), agency_id, covered)


def _write_guidelines(actor: Actor, brand_id: UUID, key: str, titles: dict[str, UUID]) -> None:
    """What to do in which case; `saved_replies` are named by their titles."""
    for guideline in json.loads((corpus.DATA_FOLDER / "guidelines.json").read_text(encoding="utf-8"))[key]:
        named = [str(titles[title]) for title in guideline.pop("saved_replies", ())]
        guidelines.create_guideline(actor, brand_id, {**guideline, "saved_reply_ids": named})


def _save_replies(actor: Actor, brand_ids: dict[str, UUID]) -> dict[str, UUID]:
    """Words to begin answers with: the agency's own, and each brand's. Their ids by title."""
    made: dict[str, UUID] = {}
    listed = json.loads((corpus.DATA_FOLDER / "saved_replies.json").read_text(encoding="utf-8"))
    for key, entries in listed.items():
        for entry in entries:
            made[entry["title"]] = saved_replies.create_saved_reply(actor, brand_ids.get(key), entry).id
    return made


def _write_sheets(actor: Actor, brand_ids: dict[str, UUID]) -> None:
    """What somebody new to each brand reads first; campaigns are on around the day of seeding."""
    today = clock.now().date()
    listed = json.loads((corpus.DATA_FOLDER / "client_sheets.json").read_text(encoding="utf-8"))
    for key, sheet in listed.items():
        for campaign in sheet["campaigns"]:
            for name, days in (("starts_on", "starts_in_days"), ("ends_on", "ends_in_days")):
                campaign[name] = (today + timedelta(days=campaign.pop(days))).isoformat()
        client_sheet.change_sheet(actor, brand_ids[key], sheet, 0)


def _write_facts(actor: Actor, brand_ids: dict[str, UUID]) -> None:
    """What is so at each brand."""
    listed = json.loads((corpus.DATA_FOLDER / "facts.json").read_text(encoding="utf-8"))
    for key, entries in listed.items():
        for entry in entries:
            facts.create_fact(actor, brand_ids[key], entry)


def _take_quizzes(people: Iterable[Actor], brand_id: UUID) -> None:
    """Of the staff of a brand one passed its quiz and one did not; nobody else took theirs."""
    staff = [actor for actor in people if actor.role is Role.STAFF and actor.scope.covers(brand_id)]
    for actor, passes in zip(staff, (True, False), strict=False):
        row = quiz.begin(actor, brand_id)
        answers = [
            next(place for place in range(len(one.options)) if (place in one.right) == (passes or at % 2 == 0))
            for at, one in enumerate(quiz.questions_of(row))
        ]
        quiz.hand_in(actor, brand_id, row.version_number, row.tries + 1, answers)


def _connect(actor: Actor, brand_ids: dict[str, UUID], settings: Settings) -> None:
    """Connect the accounts of each platform that is the sandbox; one that somebody pointed elsewhere is left alone."""
    for account in corpus.load_accounts():
        if not _is_sandbox(account.platform, settings):
            continue
        _tell_sandbox("accounts", account.as_sandbox_account())
        accounts.connect(
            actor,
            brand_ids[account.brand],
            account.platform,
            account.external_id,
            account.credential,
            login=account.login,
            name=account.name,
        )


def _introduce_us(settings: Settings) -> None:
    """Tell the sandbox where its events go: to this product, where it is on this machine."""
    is_here = urlsplit(settings.base_url).hostname in LOOPBACK_HOSTS
    if is_here and _is_sandbox("facebook", settings):
        # Not verified now: the web may still be starting.
        token = settings.meta_webhook_verify_token
        _tell_sandbox("application/connect", {"product_url": settings.base_url, "verify_token": token, "verify": False})


def _is_sandbox(platform: str, settings: Settings) -> bool:
    sandbox = os.environ.get("ONBRAND_SANDBOX_URL")
    address = settings.google_mybusiness_url if platform == "google_business" else settings.meta_graph_url
    return bool(sandbox) and address.startswith(str(sandbox))


def _stream(app: Flask) -> None:
    """Give the sandbox its texts; the very same lines again change nothing."""
    if not os.environ.get("ONBRAND_SANDBOX_URL"):
        return
    with in_scope(app, None):
        started_at = db.session.execute(
            select(InstallationFact.created_at).where(InstallationFact.name == FACT)
        ).scalar_one()
    lines = [item.as_line(started_at) for item in corpus.load_scenario()]
    _tell_sandbox("scenario", {"items": lines, "pace": 1, "start": True, "name": "demo"})


def _tell_sandbox(what: str, body: dict[str, Any]) -> None:
    request = urllib.request.Request(
        f"{os.environ['ONBRAND_SANDBOX_URL']}/sandbox/{what}",
        data=json.dumps(body).encode(),
        headers={"Content-Type": "application/json"},
    )
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with opener.open(request, timeout=SANDBOX_TIMEOUT_SECONDS) as answer:
        answer.read()
