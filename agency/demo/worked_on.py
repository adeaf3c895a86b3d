"""What staff did lately with direct messages: one closed as spam and its author marked, one put off until tomorrow, of
which one comes back with a reason, two of one person told as one case, one answered half by a lead and given to a
colleague, one reading corrected, one case put to a loop.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

from agency.demo.messages import Stored, account_of, actors_of, message_came
from agency.inbox import bulk, comebacks, corrections, desk, labelling, merging
from agency.inbox.contacts import linking
from agency.inbox.deeds import Snooze, Spam
from agency.inbox.loops import asking, named
from agency.replies.desk import start_draft
from channels.models import Account
from tenants import clock
from tenants.database import new_id
from tenants.permissions import Actor

LISTED = Path(__file__).parent / "data" / "worked_on.json"


def write_worked_on(
    agency_id: UUID, brand_ids: Mapping[str, UUID], ids: Mapping[str, UUID], label_ids: Mapping[str, UUID]
) -> None:
    """Store them and do it, where the accounts are connected."""
    people = actors_of(agency_id, ids)
    for key, entry in json.loads(LISTED.read_text(encoding="utf-8")).items():
        account = account_of(brand_ids[key], entry["platform"])
        if account is not None:
            _Shift(account, people, label_ids, people[entry["by"]]).work(entry)


class _Shift:
    """One person's work on one account's messages."""

    def __init__(
        self, account: Account, people: Mapping[str, Actor], label_ids: Mapping[str, UUID], actor: Actor
    ) -> None:
        self.account, self.people, self.label_ids, self.actor = account, people, label_ids, actor

    def work(self, entry: dict[str, Any]) -> None:
        """Do all that the entry tells."""
        actor = self.actor
        bulk.press_one(actor, new_id(), Spam(), self._stored(entry["spam"]).conversation_id, mark=True)
        until = (clock.now() + timedelta(days=1)).replace(hour=9, minute=0, second=0, microsecond=0)
        given = {"until": until.isoformat()}
        put_off = self._stored(entry["put_off"]).conversation_id
        bulk.press_one(actor, new_id(), Snooze(until), put_off, given=given)
        if "why" in entry["put_off"]:
            comebacks.put(actor, put_off, until, entry["put_off"]["why"], entry["put_off"]["draft"])
        together = [self._stored(one) for one in entry.get("together", ())]
        for told, other in zip(entry.get("together", ())[1:], together[1:], strict=True):
            linking.link_by_words(actor, other.contact_id, together[0].contact_id, told["words"], None)
            merging.merge(actor, new_id(), together[0].conversation_id, other.conversation_id)
        misread = self._stored(entry["misread"])
        corrections.correct(actor, misread.conversation_id, misread.id, *entry["misread"]["is"])
        if "asked" in entry:
            asked = entry["asked"]
            loop_id = named.create_loop(self.people[asked["by"]], self.account.brand_id, asked)
            asking.ask(actor, misread.conversation_id, loop_id, asked["question"])
        if "begun" in entry:
            self._begin(entry["begun"])

    def _begin(self, begun: dict[str, Any]) -> None:
        """A lead writes half an answer, and gives the case to whoever knows the rest."""
        lead, case = self.people[begun["by"]], self._stored(begun).conversation_id
        desk.claim(lead, case)
        start_draft(lead, case, begun["draft"])
        desk.assign(lead, case, self.people[begun["to"]].user_id, seen_holder_id=lead.user_id)

    def _stored(self, one: dict[str, Any]) -> Stored:
        at = clock.now().replace(microsecond=0) - timedelta(hours=one["hours_ago"])
        stored = message_came(self.account, one["person"], one["name"], one["says"], at)
        if "labels" in one:
            labelling.put_on(self.actor, [stored.conversation_id], [self.label_ids[name] for name in one["labels"]])
        return stored
