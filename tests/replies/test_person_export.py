"""The file of one person holds what is theirs, and no word, name or id of anybody who wrote beside them."""

from __future__ import annotations

import json
import zipfile
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select

from agency.inbox import desk as inbox_desk
from agency.inbox import merging, splitting
from agency.inbox.contacts import deeds, linking, reading
from agency.inbox.contacts.models import Contact, ContactNote
from agency.inbox.intake import store_page
from agency.inbox.models import Conversation, Message
from agency.replies import desk, variants
from agency.replies.person_export import export_person
from channels.items import Author, IncomingItem, PostContext
from channels.models import Account
from tenants import clock
from tenants.database import db, new_id
from tenants.errors import NotFound
from tenants.permissions import Role
from tests.factories import Agency, Factory
from tests.inbox.items import comment, page

NOW = clock.now().replace(microsecond=0)
ANA, BO = Author("1784140000111", "Ana K"), Author("1784140000222", "Bo of all")
OUR_POST = PostContext("post_ours", "Our spring menu", "https://platform.example/ours", None)
BOS_POST = PostContext("post_20", "Bo: I got ill", "https://platform.example/bo/20", None)


def said(number: int, by: Author | None, words: str, **more: Any) -> IncomingItem:
    """A comment; by None it is ours."""
    given = {"author": by, "from_us": by is None, "created_at": NOW + timedelta(seconds=number - 100), **more}
    return comment(number, words, permalink=f"https://platform.example/{by.name if by else 'us'}/{number}", **given)


@pytest.fixture
def account_id(make: Factory, ana: Agency) -> UUID:
    return make.account(ana, platform="facebook")


def store(agency: Agency, account_id: UUID, *items: IncomingItem) -> None:
    with agency.entered():
        account = db.session.scalars(select(Account).where(Account.id == account_id)).one()
        store_page(account, page(*items), now=NOW)


def id_of(agency: Agency, model: Any, external_id: str) -> UUID:
    with agency.entered():
        return db.session.scalars(select(model.id).where(model.external_id == external_id)).one()


def exported(agency: Agency, contact_id: UUID, actor: Any = None) -> tuple[dict[str, Any], str]:
    lead = actor or agency.team_lead
    with agency.entered(lead):
        person = reading.get_person(lead, contact_id)
        packed = zipfile.ZipFile(export_person(lead, person, person.contact_ids))
        return json.loads(packed.read("person.json")), packed.read("person.html").decode()


def test_nobody_elses_words_are_in_it(ana: Agency, account_id: UUID) -> None:
    store(
        ana,
        account_id,
        said(1, ANA, "Where is my order?", context=OUR_POST),
        said(2, BO, "Bo's is late, too", under=1, context=OUR_POST),
        said(3, None, "Bo, yours comes on Friday", under=2, thread_external_id="post_1", context=OUR_POST),
        said(4, ANA, "And mine?", under=3, thread_external_id="post_1", context=OUR_POST),
        said(5, None, "Yours is on its way", under=1, context=OUR_POST),
        said(20, BO, "Bo: I got ill", kind="post"),
        said(21, ANA, "Me, too", under=20, context=BOS_POST),
        said(22, None, "Sorry to hear that", under=21, thread_external_id="post_20", context=BOS_POST),
        said(30, ANA, "Told with Bo's", context=OUR_POST),
        said(31, ANA, "Look here", kind="mention", context=replace(BOS_POST, external_id="media_7")),
        said(40, BO, "Bo's own question", context=OUR_POST),
        said(50, ANA, "Are you open on Sunday?", context=OUR_POST),
    )
    one, other = id_of(ana, Contact, "1784140000111"), id_of(ana, Contact, "1784140000222")
    together, bos, alone = (id_of(ana, Conversation, f"post_{n}") for n in (30, 40, 50))
    both, bos_message = id_of(ana, Conversation, "post_1"), id_of(ana, Message, "post_2")
    with ana.entered(ana.staff):
        linking.unlink(ana.staff, linking.link_by_decision(ana.staff, one, other, "Bo looks alike").id, "Bo is not Ana")
        merging.merge(ana.staff, new_id(), together, bos)
        inbox_desk.add_note(ana.staff, bos, "Bo shouts")
        inbox_desk.add_note(ana.staff, both, "Bo should get a voucher")
        inbox_desk.add_note(ana.staff, alone, "She asked twice")
        to_bo = desk.start_draft(ana.staff, both, "Bo, we are sorry", in_reply_to=bos_message)
        variants.keep_variants(ana.staff, to_bo.id, [variants.Given("Bo, we call you")])
        to_ana = desk.start_draft(ana.staff, alone, "Yes, from ten")
        variants.keep_variants(ana.staff, to_ana.id, [variants.Given("Yes, all day")])
    found, shown = exported(ana, one)
    texts = [row["text"] for row in found["messages"]]
    asked = {"Where is my order?", "And mine?", "Me, too", "Told with Bo's", "Are you open on Sunday?", "Look here"}
    assert len(texts) == 8
    assert set(texts) == asked | {"Yours is on its way", "Sorry to hear that"}
    theirs = json.dumps([row for row in found["messages"] if row["text"] != "Told with Bo's"])
    rest = json.dumps({name: rows for name, rows in found.items() if name != "messages"})
    for foreign in ("Bo", "1784140000222", str(other)):
        assert foreign not in theirs + rest, foreign
        assert foreign not in shown.replace("Told with Bo&#x27;s", ""), foreign
    cases = {row["id"]: row for row in found["cases"]}
    assert cases[str(alone)]["context"]["text"] == "Our spring menu", "the brand's own post is told"
    assert (cases[str(both)]["others_write_here"], cases[str(both)]["notes_left_out"]) == (True, 1)
    assert [row["text"] for row in found["notes_beside_cases"]] == ["She asked twice"]
    assert [row["text"] for row in found["answers_not_sent"]] == ["Yes, from ten", "Yes, all day"]
    (link,) = found["links"]
    assert (link["kind"], "words" in link, "reason" in link) == ("staff", False, False)


def test_what_is_set_apart_from_anothers_post_tells_nothing_of_that_post(ana: Agency, account_id: UUID) -> None:
    store(
        ana,
        account_id,
        said(20, BO, "Bo: I got ill", kind="post"),
        said(21, ANA, "Me, too", under=20, context=BOS_POST),
    )
    store(ana, account_id, said(22, ANA, "Where is my refund?", under=20, context=BOS_POST))
    with ana.entered(ana.staff):
        post = db.session.scalars(select(Conversation.id).where(Conversation.external_id == "post_20")).one()
        chosen = db.session.scalars(select(Message.id).where(Message.external_id == "post_22")).one()
        splitting.split(ana.staff, new_id(), post, [chosen])
    found, shown = exported(ana, id_of(ana, Contact, "1784140000111"))
    assert "Where is my refund?" in shown
    assert "Bo" not in json.dumps(found) + shown


def test_the_whole_of_what_is_theirs_is_in_it_whoever_reads(make: Factory, ana: Agency, account_id: UUID) -> None:
    store(ana, account_id, replace(said(1, ANA, "Hello"), author=Author(ANA.external_id, "</dd>\u202e\x7f\"'{}" * 40)))
    one = id_of(ana, Contact, "1784140000111")
    with ana.entered():
        deeds.add_note(ana.staff, one, "The first")
        for number in range(reading.MOST_NOTES):  # as after two with many notes were linked
            note = {"author_id": ana.staff.user_id, "author_name": "Sam", "text": f"Note {number}"}
            db.session.add(ContactNote(brand_id=ana.brand_ids[0], contact_id=one, **note))
    found, shown = exported(ana, one)
    assert len(found["notes_on_the_person"]) == reading.MOST_NOTES + 1
    assert found["identities"][0]["name"].startswith("</dd>")
    assert "</dd>\u202e" not in shown
    elsewhere = make.person(ana, Role.TEAM_LEAD, only_brand_ids=[ana.brand_ids[1]])
    with pytest.raises(NotFound):
        exported(ana, one, elsewhere)
