"""After a person was erased no row of the brand holds their words, their name or their id.

Made from the models: every column of every owned table that can hold words is either THEIRS, and then it is filled
with something of theirs before and looked through after, or OURS with the reason why it stays. A new one fails here
until somebody decides.
"""

from __future__ import annotations

import json
from typing import Any
from uuid import UUID

import pytest
from flask import Flask
from sqlalchemy import ARRAY, Engine, LargeBinary, String, Text, bindparam, select, text
from sqlalchemy.dialects.postgresql import JSONB

from agency.inbox import erasing, intake, merging
from agency.inbox.contacts import deeds, erasures, linking, reading
from agency.inbox.contacts.models import Contact, ContactErasure
from agency.inbox.models import Conversation, Message
from channels.items import Author, IncomingItem, Page
from channels.models import Account
from jobs.erasing import erase_contacts
from jobs.merging import raise_merged
from tenants import clock
from tenants.database import db, new_id
from tenants.errors import Conflict, Forbidden, Invalid, NotFound
from tenants.models import OutboxEntry
from tenants.row_policies import owned_tables
from tenants.scope import Scope, in_scope
from tests.factories import Agency, Factory
from tests.house.rows import Tenant, put_a_row_everywhere

ID = "17841400009998887"
PLANTED = f"Planted {ID}"
"""Something of the person's, with their id in it: what is searched by id is found, too."""
KEYS = {"external_id": PLANTED, "text": PLANTED, "permalink": PLANTED, "translation": PLANTED}

THEIRS: dict[str, dict[str, Any]] = {
    "contact": {"external_id": ID, "name": PLANTED, "vip_note": PLANTED, "name_key": PLANTED},
    "contact_link": {"words": PLANTED, "reason": PLANTED, "undo_reason": PLANTED},
    "contact_birthday": {"source": PLANTED},
    "contact_note": {"text": PLANTED, "earlier": [{"text": PLANTED}]},
    "conversation": {
        "external_id": f"dm:{ID}",
        "excerpt": PLANTED,
        "author_name": PLANTED,
        "permalink": PLANTED,
        "context": {name: value for name, value in KEYS.items() if name != "external_id"},
        "rank_reasons": [["complaint", 30, [PLANTED]]],
    },
    "brand_audit": {"words": {"reason": PLANTED}},
    "draft_version": {"text": PLANTED},
    "history_import": {"file": PLANTED.encode()},
    "last_place": {"filters": {"q": [PLANTED]}},
    "kept_media": {"url": PLANTED, "body": PLANTED.encode()},
    "message": {
        "text": PLANTED,
        "author_name": PLANTED,
        "reading": {"act": ["complaint", 90, [PLANTED]]},
        "attachments": [{"url": PLANTED, "title": PLANTED}],
        "permalink": PLANTED,
        "earlier_texts": [{"text": PLANTED}],
    },
    "note": {"text": PLANTED},
    "comeback": {"reason": PLANTED, "draft": PLANTED},
    "loop_asking": {"question": PLANTED, "words": PLANTED, "answer": PLANTED},
    "people_export_part": {"body": PLANTED.encode()},
    "raw_event": {"body": PLANTED.encode()},
    "reply": {"thread_external_id": f"dm:{ID}", "draft_text": PLANTED},
    "saved_view": {"name": PLANTED, "filters": {"q": [PLANTED]}},
    "search_word": {"word": PLANTED.casefold()},
    "set_aside_item": {"raw": PLANTED.encode()},
}

AGENCYS = ("last_place", "saved_view")
BY_US = "what the brand and its agency say, and who of them did it"
CODE = "a word of ours, a hash, or an id of a thing and not of a person"
OURS: dict[str, str] = {
    "absence": "who of ours is away, and when",
    "handover": "who of ours handed cases to whom",
    "handover_case": "words of ours for why a case was somebody's and what became of it",
    "team_member": "when our people work, speak and can what",
    "account": "the brand's own place at the platform",
    "acknowledgement_texts": BY_US,
    "agency_audit": "who of ours did what; names no customer",
    "brand_audit": "who of ours did what, by ids of ours",
    "approval_policy": BY_US,
    "approval": "the client's decision on our words; hashes",
    "approval_request": "whom of the client we asked about our words, and their word; hashes",
    "backfill": CODE,
    "brand": BY_US,
    "brand_hours": BY_US,
    "brand_mark": BY_US,
    "subscription": "what the agency pays for, by words of ours and Stripe's ids of the agency",
    "billing_change": "what of ours changed what the agency pays for",
    "billing_invoice": "what the agency pays, line by line",
    "bulk_deed": BY_US,
    "bulk_deed_case": "what became of a case: states, sentences and people of ours",
    "client_sheet": BY_US,
    "case_day": "counts, times and ids of ours",
    "brand_day": "counts",
    "brand_goal": BY_US,
    "brand_month": "counts, and what a brand and its agency said of them",
    "clock_outcome": "times, and numbers of a rule",
    "clock_rules": BY_US,
    "contact": BY_US,
    "contact_birthday": BY_US,
    "contact_erasure": CODE,
    "contact_link": BY_US,
    "contact_note": BY_US,
    "conversation": CODE,
    "conversation_label": BY_US,
    "comeback": BY_US,
    "feedback_loop": "whom of the brand and its agency a loop asks",
    "loop_asking": "who was asked and who of us asked",
    "customer_promise": "a place in our words, times, and who of us ended it",
    "data_key": CODE,
    "draft_version": BY_US,
    "empowerment": BY_US,
    "empowerment_limit": CODE,
    "fact": BY_US,
    "topic": BY_US,
    "incident": "named and worded by us",
    "incident_case": BY_US,
    "incident_person": "ids, states and reasons of ours",
    "incident_suggestion": "words that eight people or more said, and ids of cases",
    "incident_text": BY_US,
    "incident_watch": "numbers of stems, for twenty minutes of complaints",
    "triage_rule": "named by us; one that names a customer is told to whoever erases",
    "triage_deed": "what a rule of ours did, by places in words that are gone",
    "kept_case": "who of us a case was kept for",
    "granted_account": "the brand's own place at the platform",
    "guide_quiz": "our own drafts, masked; those of erased people are passed by when a quiz is made or shown",
    "guideline": BY_US,
    "history_import": CODE,
    "idempotency_record": "answers of the API, sealed, for a day",
    "judgement": "a lead's word of our answer; a trigger takes the note out when the customer is erased",
    "kept_media": CODE,
    "label": "named by us; one named for a customer is told to whoever erases",
    "last_place": "ids of brands",
    "live_change": CODE,
    "ledger_line": "what was given, names masked when it is written",
    "ledger_total": CODE,
    "message": "ids under which a platform knows a thing: without them a poll brings the words back; hashes",
    "moderation_deed": BY_US,
    "note": BY_US,
    "notice": "names of colleagues and clients' people, numbers: nothing a customer wrote or is called; for 90 days",
    "notice_choice": CODE,
    "people_export": BY_US,
    "publish_attempt": CODE,
    "queue_counter": CODE,
    "ranking_weights": BY_US,
    "raw_event": CODE,
    "reading_correction": "labels; a trigger takes it away with its message",
    "reply": "our answer and its state; the id of the message it answers",
    "reply_text": "our answer, sent or saved, which decisions and its receipt prove",
    "saved_reply": BY_US,
    "saved_reply_version": BY_US,
    "saved_view": "who keeps it",
    "set_aside_item": CODE,
    "style_guide_step": BY_US,
    "style_guide_version": BY_US,
    "wording": "hashes of our own words",
}
"""Why the columns of a table that are not THEIRS stay."""


def worded_columns() -> dict[str, list[str]]:
    """By owned table, the columns that can hold words."""
    found = {}
    for table in owned_tables():
        columns = [c.name for c in table.columns if isinstance(c.type, (Text, String, LargeBinary, JSONB, ARRAY))]
        if columns:
            found[table.name] = columns
    return found


def holding(superuser: Engine, brand_id: UUID, *words: str) -> list[str]:
    """Every column of the brand's rows, and of the agency's, in which one of these stands."""
    found = []
    with superuser.connect() as connection:
        for table in owned_tables():
            for column in table.columns:
                if not isinstance(column.type, (Text, String, LargeBinary, JSONB, ARRAY)):
                    continue
                is_bytes = isinstance(column.type, LargeBinary)
                shown = f"encode({column.name}, 'escape')" if is_bytes else f"{column.name}::text"
                where = f"where brand_id = '{brand_id}'" if "brand_id" in table.columns else ""
                rows = connection.execute(text(f"select {shown} from {table.name} {where}")).scalars()
                if any(word.casefold() in row.casefold() for row in rows if row for word in words):
                    found.append(f"{table.name}.{column.name}")
    return found


@pytest.fixture
def planted(whole_app: Flask, superuser: Engine) -> Tenant:
    """A row of every table of a brand whose customer's words stand wherever they can."""
    tenant = Tenant("OURS", new_id())
    put_a_row_everywhere(superuser, tenant)
    with superuser.begin() as connection:
        connection.execute(text("update conversation set kind = 'message'"))
        connection.execute(text("update history_import set state = 'checked'"))
        connection.execute(text("update reply set state = 'draft'"))
        connection.execute(
            text("update brand_audit set subject_type = 'reply', subject_id = (select id::text from reply)")
        )
        connection.execute(text("update kept_media set state = 'kept'"))
        for table, columns in THEIRS.items():
            for column, value in columns.items():
                is_json = not isinstance(value, (str, bytes))
                one = "id = :contact and" if table == "contact" else ""
                connection.execute(
                    text(
                        f"update {table} set {column} = {'cast(:value as jsonb)' if is_json else ':value'}"
                        f" where {one} {'agency_id' if table in AGENCYS else 'brand_id'} = :brand"
                    ).bindparams(
                        bindparam("value", json.dumps(value) if is_json else value),
                        bindparam("brand", tenant.agency_id if table in AGENCYS else tenant.brand_id),
                        *([bindparam("contact", tenant.id_of("contact"))] if one else []),
                    )
                )
    return tenant


def test_every_column_that_can_hold_words_is_decided() -> None:
    found = worded_columns()
    for table, columns in found.items():
        rest = set(columns) - set(THEIRS.get(table, {}))
        assert not rest or table in OURS, f"{table}: may {sorted(rest)} hold a customer's words or ids?"
    for table, theirs in THEIRS.items():
        assert set(theirs) <= set(found[table]), table
    assert set(OURS) <= set(found)


def test_nothing_of_the_person_is_left_anywhere(planted: Tenant, whole_app: Flask, superuser: Engine) -> None:
    before = set(holding(superuser, planted.brand_id, PLANTED, ID))
    # The trigger has taken the words already where a message changed; the search reads them again.
    expected = {f"{table}.{column}" for table, columns in THEIRS.items() for column in columns}
    assert before >= expected - {"search_word.word"}
    with in_scope(whole_app, Scope(planted.agency_id, frozenset({planted.brand_id}))):
        contact_ids = [planted.id_of("contact")]
        erasing.forget(contact_ids)
        erasing.erase_words(erasing.message_ids_of(contact_ids))
    assert holding(superuser, planted.brand_id, PLANTED, ID) == []
    with superuser.connect() as connection:
        kept = connection.execute(
            text("select (select count(*) from message), (select count(*) from conversation), count(*) from reply_text")
        ).one()
        assert kept == (1, 1, 1), "that something was said, and our answer, stay"


# ── a person through the front ───────────────────────────────────────────────────────────────────────────────────


def item(number: int, says: str, person: str = ID, name: str = PLANTED, kind: Any = "comment") -> IncomingItem:
    thread = f"dm:{person}" if kind == "message" else f"post_{number}"
    at = clock.now().replace(microsecond=0)
    return IncomingItem(
        external_id=f"post_{number}" if kind != "message" else f"m_{number}",
        thread_external_id=thread,
        parent_external_id=None,
        kind=kind,
        author=Author(person, name),
        text=says,
        created_at=at,
        updated_at=None,
        stars=None,
        permalink=f"https://platform.example/{person}/{number}",
        from_us=False,
    )


def store(agency: Agency, account_id: UUID, *items: IncomingItem) -> None:
    with agency.entered():
        account = db.session.get_one(Account, (agency.id, account_id, agency.brand_ids[0]))
        intake.store_page(account, Page(items, (), "", complete=True), now=clock.now())


def contact_of(agency: Agency, external_id: str = ID) -> UUID:
    with agency.entered():
        return db.session.scalars(select(Contact.id).where(Contact.external_id == external_id)).one()


def order(agency: Agency, contact_id: UUID) -> UUID:
    with agency.entered():
        person = reading.get_person(agency.team_lead, contact_id)
        return erasures.order(agency.team_lead, person, person.contact_ids).id


def test_a_lead_erases_a_linked_person_and_no_poll_brings_anything_back(
    make: Factory, ana: Agency, whole_app: Flask, superuser: Engine
) -> None:
    account_id, other_account = make.account(ana), make.account(ana, platform="instagram")
    said = [item(n, f"{PLANTED} terrible refund {n}") for n in range(5)] + [item(9, PLANTED, kind="message")]
    store(ana, account_id, *said, item(20, "Somebody else", "22223333444", "Other Person"))
    store(ana, other_account, item(30, PLANTED, "99998888777", PLANTED))
    contact_id, other_id = contact_of(ana), contact_of(ana, "99998888777")
    with ana.entered():
        linking.link_by_decision(ana.staff, contact_id, other_id, f"{PLANTED} said so")
        deeds.set_vip(ana.staff, contact_id, is_vip=True, note=PLANTED)
        deeds.add_note(ana.staff, other_id, PLANTED)
        person = reading.get_person(ana.team_lead, contact_id)
        shown = erasures.preview(ana.team_lead, person, person.contact_ids)
        assert (shown.cases, shown.messages, shown.person_notes, shown.links) == (7, 7, 1, 1)
    first, again = order(ana, contact_id), order(ana, contact_id)
    assert first == again, "ordered twice, it is one order"
    brand_id = ana.brand_ids[0]
    for _ in range(2):
        erase_contacts(whole_app, str(ana.id), str(brand_id), str(first), slice_size=2)
    with ana.entered():
        done = erasures.get_erasure(ana.team_lead, first)
        assert (done.state, done.message_count, done.done_count) == ("done", 7, 7)
    assert holding(superuser, brand_id, PLANTED, ID, "99998888777") == []
    store(ana, account_id, *said, item(21, "A stranger beneath", "22223333444", "Other Person"))
    assert holding(superuser, brand_id, PLANTED, ID, "99998888777") == []
    assert holding(superuser, brand_id, "Somebody else"), "others are left alone"
    with ana.entered(), pytest.raises(Conflict) as refusal:
        person = reading.get_person(ana.team_lead, contact_id)
        erasures.order(ana.team_lead, person, person.contact_ids)
    assert refusal.value.code == "erased"
    store(ana, account_id, item(40, "I am back"))
    assert contact_of(ana) != contact_id, "who writes again is somebody new"


def test_an_edit_that_comes_while_it_goes_on_brings_nothing_back(
    make: Factory, ana: Agency, whole_app: Flask, superuser: Engine
) -> None:
    account_id, brand_id = make.account(ana), ana.brand_ids[0]
    store(ana, account_id, *(item(n, f"{PLANTED} {n}") for n in range(4)), item(20, "Another", "22223333444", "Other"))
    with ana.entered():
        both = list(db.session.scalars(select(Conversation.id).order_by(Conversation.external_id)))
        merging.merge(ana.staff, new_id(), both[2], both[0])  # the other one's case tells one of theirs within it
    erasure_id = order(ana, contact_of(ana))
    store(ana, account_id, *(item(n, f"{PLANTED} changed {n}") for n in range(4)))
    edited = [item(n, f"{PLANTED} edited {n}") for n in range(4)]
    with ana.entered():
        contact_ids = [UUID(one) for one in db.session.query(ContactErasure).one().contact_ids]
        erasing.forget(contact_ids)
        erasing.erase_words(erasing.message_ids_of(contact_ids)[:2])
    store(ana, account_id, *edited, item(21, "Beneath", "22223333444", "Other"))
    for _crash in range(2):
        erase_contacts(whole_app, str(ana.id), str(brand_id), str(erasure_id), slice_size=3)
    with ana.entered():
        promised = db.session.scalars(select(OutboxEntry).where(OutboxEntry.job_name == "raise_merged")).all()
        ids = [dict(one.ids) for one in promised]
    for one in ids:
        raise_merged(whole_app, **one)
    assert holding(superuser, brand_id, PLANTED, ID) == []
    store(ana, account_id, *edited)
    assert holding(superuser, brand_id, PLANTED, ID) == []
    with ana.entered():
        names = list(db.session.scalars(select(Contact.external_id)))
    assert len(names) == 2, "nobody new was made of what was told again"


def test_who_may_erase_whom(make: Factory, ana: Agency) -> None:
    store(ana, make.account(ana), item(1, "Hello"), item(2, "Hello", "55556666777", "Somebody"))
    mine, other = contact_of(ana), contact_of(ana, "55556666777")
    strangers = make.agency("Strangers", brands=["Three"])
    with ana.entered():
        person = reading.get_person(ana.staff, mine)
        with pytest.raises(Forbidden):
            erasures.order(ana.staff, person, [mine])
        for chosen in ([], [other], [mine, other], [new_id()]):
            with pytest.raises(Invalid):
                erasures.order(ana.team_lead, person, chosen)
        erasure_id = erasures.order(ana.team_lead, person, [mine]).id
    with strangers.entered(), pytest.raises(NotFound):
        erasures.get_erasure(strangers.team_lead, erasure_id)
    with strangers.entered(), pytest.raises(NotFound):
        reading.get_person(strangers.team_lead, mine)


def test_unlinked_others_keep_what_is_theirs(make: Factory, ana: Agency, whole_app: Flask) -> None:
    account_id = make.account(ana)
    store(
        ana, account_id, item(1, "One"), item(2, "Two", "55556666777", "Two"), item(3, "Three", "66667777888", "Three")
    )
    one, two, three = contact_of(ana), contact_of(ana, "55556666777"), contact_of(ana, "66667777888")
    with ana.entered():
        linking.link_by_decision(ana.staff, one, two, "Said so")
        linking.link_by_decision(ana.staff, one, three, "Said so")
        deeds.set_vip(ana.staff, one, is_vip=True, note="Known")
        person = reading.get_person(ana.team_lead, one)
        made = erasures.order(ana.team_lead, person, [one])
        assert made.left_count == 2, "and is told so"
        erasure_id = made.id
    erase_contacts(whole_app, str(ana.id), str(ana.brand_ids[0]), str(erasure_id))
    with ana.entered():
        for left in (two, three):
            person = reading.get_person(ana.staff, left)
            assert [found.id for found in person.identities] == [left], "what held them together is gone"
            assert not person.is_vip
            assert reading.links_of(person) == []
        assert db.session.query(Conversation).count() == 3
        assert db.session.query(Message).filter(Message.deleted_at.is_(None)).count() == 2
