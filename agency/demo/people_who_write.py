"""Somebody of each brand who wrote before from another identity and said so, whom staff made a VIP: their direct
message waits, linked by their own words.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

from sqlalchemy import select

from agency.demo.messages import account_of, actors_of, message_came
from agency.inbox.contacts import deeds, linking
from agency.inbox.models import Contact
from channels.models import Account
from tenants import clock
from tenants.database import db
from tenants.permissions import Actor

LISTED = Path(__file__).parent / "data" / "people_who_write.json"


def write_people(agency_id: UUID, brand_ids: Mapping[str, UUID], ids: Mapping[str, UUID]) -> None:
    """Store them, where the accounts are connected and the earlier identity is known."""
    people = actors_of(agency_id, ids)
    for key, entry in json.loads(LISTED.read_text(encoding="utf-8")).items():
        account = account_of(brand_ids[key], entry["platform"])
        before = account_of(brand_ids[key], entry["is"][0])
        earlier = _contact(before, entry["is"][1]) if before is not None else None
        if account is not None and earlier is not None:
            _write(account, earlier, entry, people[entry["by"]])


def _contact(account: Account, external_id: str) -> UUID | None:
    return db.session.execute(
        select(Contact.id).where(Contact.account_id == account.id, Contact.external_id == external_id)
    ).scalar()


def _write(account: Account, earlier: UUID, entry: dict[str, Any], actor: Actor) -> None:
    at = clock.now().replace(microsecond=0) - timedelta(hours=entry["hours_ago"])
    now = message_came(account, entry["person"], entry["name"], entry["says"], at).contact_id
    linking.link_by_words(actor, now, earlier, entry["words"], None)
    deeds.set_vip(actor, earlier, is_vip=True, note=entry["vip"])
    deeds.set_weight(actor, earlier, entry["weight"])
    note = deeds.add_note(actor, now, entry["note"])
    if "note_changed" in entry:
        deeds.change_note(actor, note.id, entry["note_changed"], note.version)
