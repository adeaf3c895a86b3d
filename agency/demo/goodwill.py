"""The demo's ledgers: what may be given for each brand, and what was given in cases of the last two weeks."""

from __future__ import annotations

import hashlib
import json
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

from sqlalchemy import select

import agency.replies.models  # noqa: F401 - a line may name a reply, so its table must be known
from agency.demo import corpus
from agency.inbox.models import Contact, Conversation, Message
from channels.models import Account
from styleguides import empowerment_ledger, empowerment_limits
from styleguides.empowerment_room import Place
from styleguides.models import Guideline
from tenants import clock
from tenants.database import db, new_id
from tenants.permissions import Actor, Role

DATA = Path(__file__).parent / "data" / "goodwill.json"


def write_ledgers(actor: Actor, brand_ids: dict[str, UUID], person_ids: dict[str, UUID]) -> None:
    """Limits for each brand and, where it has a Facebook page, closed cases with the lines that were given in them."""
    people = {
        person.key: Actor(person_ids[person.key], person.name, Role(person.role), actor.agency_id, None)
        for person in corpus.load_people().people
    }
    for key, ledger in json.loads(DATA.read_text(encoding="utf-8")).items():
        brand_id = brand_ids[key]
        rows = db.session.execute(select(Guideline.title, Guideline.id).where(Guideline.brand_id == brand_id))
        guidelines: dict[str, UUID] = {row.title: row.id for row in rows}
        bounds = [(None, ledger["limits"]), *((guidelines[one], kinds) for one, kinds in ledger["guidelines"].items())]
        limits = [
            {"guideline_id": guideline_id, "kind": kind, "amount_minor": amount}
            for guideline_id, kinds in bounds
            for kind, amount in kinds.items()
        ]
        empowerment_limits.change_limits(actor, brand_id, ledger["currency"], limits, 0)
        account_id = db.session.execute(
            select(Account.id).where(Account.brand_id == brand_id, Account.platform == "facebook").limit(1)
        ).scalar_one_or_none()
        if account_id is None:
            continue
        places = [_case(actor, brand_id, account_id, case) for case in ledger["cases"]]
        given = [(line, place) for case, place in zip(ledger["cases"], places, strict=True) for line in case["lines"]]
        for line, place in sorted(given, key=lambda pair: -pair[0]["days_ago"]):
            _give(people[line["by"]], people["casimir"], place, line, ledger["currency"], guidelines)


def _give(
    giver: Actor, lead: Actor, place: Place, line: dict[str, Any], currency: str, guidelines: dict[str, UUID]
) -> None:
    with clock.stopped_at(clock.now() - timedelta(days=line["days_ago"])) as move_to:
        made = empowerment_ledger.give(
            giver,
            place,
            line["amount_minor"],
            line["words"],
            currency=currency,
            scenario_id=guidelines[line["guideline"]] if "guideline" in line else None,
            over_reason=line.get("over", ""),
        )
        if "back" in line:
            move_to(clock.now() + timedelta(hours=2))
            empowerment_ledger.take_back(lead, made.id, line["back"])


def _case(actor: Actor, brand_id: UUID, account_id: UUID, case: dict[str, Any]) -> Place:
    """A comment of a customer that was answered and closed."""
    written_at = clock.now() - timedelta(days=case["days_ago"], hours=1)
    number = hashlib.sha256(case["customer"].encode()).hexdigest()[:12]
    owned = {"agency_id": actor.agency_id, "brand_id": brand_id}
    of_account = {**owned, "account_id": account_id}
    contact = Contact(
        **of_account, id=new_id(), platform="facebook", external_id=f"given-{number}", name=case["customer"]
    )
    db.session.add(contact)
    db.session.flush()
    conversation = Conversation(
        **of_account,
        id=new_id(),
        contact_id=contact.id,
        platform="facebook",
        kind="comment",
        external_id=f"given-case-{number}",
        status="closed",
        closed_reason="resolved",
        excerpt=case["words"][:140],
        author_name=case["customer"],
        rank=0,
        message_count=1,
        last_message_at=written_at,
        last_customer_at=written_at,
    )
    db.session.add(conversation)
    db.session.flush()
    db.session.add(
        Message(
            **of_account,
            conversation_id=conversation.id,
            contact_id=contact.id,
            external_id=f"given-case-{number}",
            direction="in",
            author_name=case["customer"],
            text=case["words"],
            written_at=written_at,
            content_hash=hashlib.sha256(case["words"].encode()).digest(),
        )
    )
    db.session.flush()
    return Place(brand_id, conversation.id, contact.id)
