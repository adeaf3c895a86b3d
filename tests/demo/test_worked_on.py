"""The demo's worked-on messages: what was done with them is done by the same presses as people's."""

from __future__ import annotations

import json
from collections import Counter

from sqlalchemy import select

from agency.demo import corpus
from agency.demo.labels_and_views import write_labels, write_topics, write_views
from agency.demo.worked_on import LISTED, write_worked_on
from agency.inbox.bulk_models import BulkDeed
from agency.inbox.comeback_models import Comeback
from agency.inbox.filters import read_filters
from agency.inbox.loops.models import LoopAsking
from agency.inbox.models import Contact, Conversation, ConversationLabel, ReadingCorrection
from agency.inbox.saved_views import list_views
from agency.inbox.topic_models import Topic
from agency.replies.models import Reply
from tenants.database import db
from tests.factories import Agency, Factory

HELD = Conversation.holder_id.is_not(None)
ENTRIES = json.loads(LISTED.read_text(encoding="utf-8"))


def test_each_brand_shows_spam_a_case_put_off_and_one_shows_two_told_as_one(make: Factory, ana: Agency) -> None:
    keys = [brand.key for brand in corpus.load_brands()]
    people = {person.key: ana.staff.user_id for person in corpus.load_people().people}
    for number, key in enumerate(keys):
        make.account(ana, brand=number, platform=ENTRIES[key]["platform"])
    with ana.entered(ana.team_lead):
        brand_ids = dict(zip(keys, ana.brand_ids, strict=True))
        label_ids = write_labels(ana.agency_admin, brand_ids)
        write_topics(ana.team_lead, brand_ids)
        write_worked_on(ana.id, brand_ids, people, label_ids)
        write_views(dict.fromkeys(people, ana.team_lead), brand_ids, label_ids)
    with ana.entered():
        named = {row[0]: row[1] for row in db.session.execute(select(Topic.id, Topic.name))}
        assert len(named) == 4
        spoken_of = {named[one] for ids in db.session.scalars(select(Conversation.topic_ids)) for one in ids}
        assert "App does not open" in spoken_of, "the texts of the demo speak of one"
        rows = db.session.execute(select(Conversation.status, Conversation.closed_reason))
        assert Counter(map(tuple, rows)) == {
            ("closed", "spam"): 3,
            ("snoozed", None): 3,
            ("closed", "merged"): 1,
            ("open", None): 6,
        }
        assert Counter(db.session.scalars(select(BulkDeed.deed))) == {"spam": 3, "snooze": 3, "merge": 1}
        assert [bool(one.draft) for one in db.session.scalars(select(Comeback))] == [True]
        assert db.session.scalars(select(LoopAsking.state)).all() == ["open"]
        assert Counter(db.session.scalars(select(ReadingCorrection.is_in_truth))) == {"complaint": 3}
        assert db.session.scalars(select(Conversation.holder_id).where(HELD)).all() == [ana.staff.user_id] * 2
        assert db.session.scalars(select(Reply.state)).all() == ["draft"] * 2
        worn = set(db.session.scalars(select(ConversationLabel.label_id)))
        assert len(worn) == len(label_ids)
        shown = [(one.is_shared, bool(read_filters(one.filters))) for one in list_views(ana.team_lead)]
        assert Counter(shown) == {(False, True): 4, (True, True): 2}
        assert len(db.session.scalars(select(Contact.id).where(Contact.spam_since.is_not(None))).all()) == 3
