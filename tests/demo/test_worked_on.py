"""The demo's worked-on messages: what was done with them is done by the same presses as people's."""

from __future__ import annotations

import json
from collections import Counter

from sqlalchemy import select

from agency.demo import corpus
from agency.demo.worked_on import LISTED, write_worked_on
from agency.inbox.bulk_models import BulkDeed
from agency.inbox.models import Contact, Conversation
from tenants.database import db
from tests.factories import Agency, Factory

ENTRIES = json.loads(LISTED.read_text(encoding="utf-8"))


def test_each_brand_shows_spam_a_case_put_off_and_one_shows_two_told_as_one(make: Factory, ana: Agency) -> None:
    keys = [brand.key for brand in corpus.load_brands()]
    people = {person.key: ana.staff.user_id for person in corpus.load_people().people}
    for number, key in enumerate(keys):
        make.account(ana, brand=number, platform=ENTRIES[key]["platform"])
    with ana.entered(ana.team_lead):
        write_worked_on(ana.id, dict(zip(keys, ana.brand_ids, strict=True)), people)
    with ana.entered():
        rows = db.session.execute(select(Conversation.status, Conversation.closed_reason))
        assert Counter(map(tuple, rows)) == {
            ("closed", "spam"): 3,
            ("snoozed", None): 3,
            ("closed", "merged"): 1,
            ("open", None): 1,
        }
        assert Counter(db.session.scalars(select(BulkDeed.deed))) == {"spam": 3, "snooze": 3, "merge": 1}
        assert len(db.session.scalars(select(Contact.id).where(Contact.spam_since.is_not(None))).all()) == 3
