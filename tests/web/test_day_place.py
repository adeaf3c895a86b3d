"""Behind a link of the day the whole place can be read: what it shows, to whom, for how long; and nothing moves."""

from __future__ import annotations

import re
from datetime import timedelta
from html import unescape
from uuid import UUID

import pytest
from flask import Flask
from sqlalchemy import Engine, text

from agency.notices import guide_mails
from agency.notices.place_links import place_link
from styleguides import guides
from tenants import clock
from tenants.database import db
from tenants.models import Brand
from tenants.permissions import Actor, Role
from tests.factories import Agency, Factory
from tests.replies.many import copies
from tests.web.mailed import Phone, bodies
from tests.web.replying import waiting_reply
from tests.web.test_promises_page import promised

LIVE = "https://facebook.example/answer"
OURS = """
insert into message (agency_id, id, brand_id, conversation_id, account_id, external_id, direction, text, written_at,
    content_hash, permalink, reply_id)
select agency_id, gen_random_uuid(), brand_id, conversation_id, account_id, id::text, 'out', 'x', now(), '\\x00',
    :live, id
from reply where id = :id
"""
DECIDED = """
insert into approval (agency_id, id, brand_id, reply_id, reply_text_id, text_hash, target_fingerprint, decision,
    decided_by, decided_by_name)
select agency_id, gen_random_uuid(), brand_id, id, text_id, repeat('0', 64), '\\x00', 'declined', :who, 'Somebody'
from reply where id = :id
"""
TO = (
    "update conversation set author_name = :name where id = (select conversation_id from reply where id = :id)",
    "update message set author_name = :name, text = :name || ' wrote.'"
    " where id = (select in_reply_to_id from reply where id = :id)",
    "update reply_text set text = 'Words to ' || :name || '.' where reply_id = :id",
)
TABLES = ("reply", "approval", "approval_request", "one_time_token", "outbox_entry", "brand_audit", "receipt_key")


class Town:
    """Replies of an agency in every standing, and links that open them."""

    def __init__(self, app: Flask, agency: Agency, make: Factory, superuser: Engine) -> None:
        self.agency, self.make, self.superuser = agency, make, superuser
        self.phone = Phone(app)
        self.first: dict[int, UUID] = {}
        """Of each brand a reply that waits; the others are copies of it, which cost a tenth."""

    def reply(self, author: str, state: str, *, brand: int = 0, by: Actor | None = None, **told: object) -> UUID:
        """One to `author` that stands so; decided on `by` somebody, `told` columns of its row."""
        if brand not in self.first:
            self.first[brand] = waiting_reply(self.agency, self.make.conversation(self.agency, brand=brand))
        (reply_id,) = copies(self.superuser, self.first[brand], 1)
        given = {"state": state, "platform_id": None, "published_at": None, **told}
        if state == "published":
            given |= {"platform_id": str(reply_id), "published_at": clock.now(), "live_state": "visible"}
        with self.superuser.begin() as connection:
            for statement in TO:
                connection.execute(text(statement), {"id": reply_id, "name": author})
            columns = ", ".join(f"{name} = :{name}" for name in given)
            connection.execute(text(f"update reply set {columns} where id = :id"), {**given, "id": reply_id})
            if state == "published":
                connection.execute(text(OURS), {"live": LIVE, "id": reply_id})
            if by is not None:
                connection.execute(text(DECIDED), {"id": reply_id, "who": by.user_id})
        return reply_id

    def guide(self, brand: int = 0) -> None:
        """A version that waits for the client."""
        lead, brand_id = self.agency.team_lead, self.agency.brand_ids[brand]
        with self.agency.entered(lead):
            version = guides.draft_version(lead, brand_id, [], "Calmer", voice="Calm.")
            guide_mails.propose(lead, brand_id, version.number, "Calmer, as we said.")
            db.session.commit()

    def link(self, who: Actor | None = None, brand: int = 0) -> str:
        """As a mail about this brand holds it."""
        with self.agency.entered(self.agency.team_lead):
            found = db.session.get_one(Brand, (self.agency.id, self.agency.brand_ids[brand]))
            path = place_link(found, (who or self.agency.client_owner).user_id).path
            db.session.commit()
        return path

    def everything(self) -> list[str]:
        with self.superuser.connect() as connection:
            wanted = "select jsonb_agg(to_jsonb(t) order by t.id) from {} t"
            return [str(connection.execute(text(wanted.format(table))).scalar()) for table in TABLES]


@pytest.fixture
def town(whole_app: Flask, ana: Agency, make: Factory, superuser: Engine) -> Town:
    return Town(whole_app, ana, make, superuser)


def leads_to(page: str) -> set[str]:
    """Addresses of ours that a page has links to, but for files."""
    found = (unescape(one) for one in re.findall(r'<a [^>]*href="([^"]*)"', page))
    return {one for one in found if one.startswith("/") and not one.startswith("/static")}


def test_every_link_from_the_mail_on_opens_without_a_sign_in_and_changes_nothing(town: Town, ana: Agency) -> None:
    town.reply("Waiting Ann", "awaiting_approval")
    town.reply("Declined Bo", "declined", by=ana.client_owner)
    out = town.reply("Public Cy", "published")
    promised(town.superuser, out, timedelta(hours=3))
    town.guide()
    link, before = town.link(), town.everything()
    seen: dict[str, str] = {}
    waiting = {link}
    while waiting:
        path = waiting.pop()
        for method in ("HEAD", "GET") if path == link else ("GET",):
            answer = town.phone.open(path, method)
            assert (answer.status_code, answer.headers.getlist("Set-Cookie")) == (200, []), path
            assert answer.headers["Referrer-Policy"] == "no-referrer"
        seen[path] = answer.text
        ours = {one.partition("#")[0] for one in leads_to(answer.text)} - {""}
        doors = {one for one in ours if one.startswith("/sign-in?")}
        assert all("Sign in and" in answer.text for _one in doors), "said before it is met"
        assert {one for one in ours - doors if not one.startswith((link, "/.well-known/"))} == set(), path
        waiting |= {one for one in ours - doors if one.startswith(link)} - set(seen)
    assert town.everything() == before
    pages = "\n".join(seen.values())
    for words in ("Words to Waiting Ann.", "Words to Declined Bo.", "Words to Public Cy.", "Calmer, as we said.", LIVE):
        assert words in pages
    assert f"{link}/receipts/{out}" in seen
    assert "Promised" in seen[f"{link}/promises"]
    assert "It works until" in seen[f"{link}/published"]

    kept = town.phone.post(f"{link}/receipts/{out}", {})
    assert (kept.status_code, kept.mimetype) == (200, "application/json")
    assert str(out) in kept.text
    assert "attachment" in kept.headers["Content-Disposition"]
    assert town.phone.post(f"{link}/receipts/{out}", {}, origin="https://elsewhere.example").status_code == 403


def test_it_shows_nobody_elses_decisions_nor_old_ones_nor_words_to_one_person(
    town: Town, ana: Agency, make: Factory
) -> None:
    other = make.person(ana, Role.CLIENT_OWNER, only_brand_ids=[ana.brand_ids[0]])
    old = clock.now() - timedelta(days=31)
    hidden = [
        town.reply("Others Ann", "declined", by=other),
        town.reply("Private Bo", "published", by=other, private=True),
        town.reply("Message Cy", "published", by=other, kind="message"),
        town.reply("Older Di", "published", state_since=old),
        town.reply("Sister Ed", "published", brand=1),
        town.reply("Draft Flo", "draft", by=ana.client_owner),
    ]
    mine = town.reply("Mine Gus", "published", by=ana.client_owner, private=True)
    promised(town.superuser, hidden[1], timedelta(hours=3))
    promised(town.superuser, hidden[4], timedelta(hours=3))
    link = town.link()
    shown = {tab: town.phone.open(f"{link}/{tab}").text for tab in ("decided", "published", "promises")}
    pages = "\n".join(shown.values())
    for name in ("Others", "Private", "Message", "Older", "Sister", "Draft"):
        assert name not in pages, name
    assert "In a message to one person" in shown["promises"]
    assert shown["promises"].count("wait-card") == 1
    for one in (*hidden, UUID(int=7)):
        assert town.phone.open(f"{link}/receipts/{one}").status_code == 404
    assert town.phone.post(f"{link}/receipts/{hidden[1]}", {}).status_code == 404
    assert "Words to Mine Gus." in town.phone.open(f"{link}/receipts/{mine}").text
    assert "Words to Mine Gus." in shown["published"]


def test_a_link_of_one_brand_reaches_no_other_whatever_its_owner_may_see(
    town: Town, ana: Agency, make: Factory
) -> None:
    owner = make.person(ana, Role.CLIENT_OWNER)
    theirs = town.reply("Other Brand", "published", brand=1, by=owner)
    promised(town.superuser, theirs, timedelta(hours=3))
    town.guide(brand=1)
    link, sister = town.link(owner), town.link(owner, 1)
    assert "Calmer, as we said." in town.phone.open(f"{sister}/guides/{ana.brand_ids[1]}/1").text
    assert "Other Brand" in town.phone.open(f"{sister}/published").text
    pages = (link, f"{link}/decided", f"{link}/published", f"{link}/promises", f"{link}/{theirs}")
    for path in pages:
        page = town.phone.open(path)
        assert page.status_code == (404 if path.endswith(str(theirs)) else 200)
        assert "Other Brand" not in page.text
        assert "Calmer" not in page.text
    assert town.phone.open(f"{link}/receipts/{theirs}").status_code == 404
    assert town.phone.open(f"{link}/guides/{ana.brand_ids[1]}/1").status_code == 404
    assert town.phone.open(f"{link}/promises?brand={ana.brand_ids[1]}").status_code == 404


def test_a_guides_mail_is_read_without_a_sign_in_and_signed_behind_one(
    town: Town, ana: Agency, whole_app: Flask, superuser: Engine
) -> None:
    town.guide()
    mailed = "\n".join(bodies(whole_app, superuser))
    (path,) = set(re.findall(r"http://localhost(/d/[A-Za-z0-9_-]{43}/guides/[0-9a-f-]+/1)", mailed))
    signed_in = f"/brands/{ana.brand_ids[0]}/guide/1/proposal"
    assert f"http://localhost{signed_in}" in mailed, "who has an account decides there, long after the link ended"
    before, page = town.everything(), town.phone.open(path).text
    assert town.phone.open(path, "HEAD").status_code == 200
    assert "Calmer, as we said." in page
    assert any(one.startswith("/sign-in?") for one in leads_to(page))
    assert town.phone.post(path, {"do": "approve"}).status_code == 405
    assert town.everything() == before
    owner, brand_id = ana.client_owner, ana.brand_ids[0]
    with ana.entered(owner):
        asked = guides.version_of(brand_id, 1).proposal_id
        guide_mails.answer(owner, brand_id, 1, asked, "Warmer, please.")
        db.session.commit()
    gone = town.phone.open(path)
    assert (gone.status_code, "Warmer" in gone.text) == (303, False), "it is the agency's own again"
    assert "does not wait for you any more" in town.phone.open(gone.location).text
    with ana.entered(ana.team_lead):
        asked = guide_mails.propose(ana.team_lead, brand_id, 1, "Warm now.").id
        db.session.commit()
    with ana.entered(owner):
        guide_mails.approve(owner, brand_id, 1, asked, None)
        db.session.commit()
    second = town.phone.open(path).text
    assert f"{owner.name}" in second
    assert not any(one.startswith("/sign-in?") for one in leads_to(second))
    assert town.phone.open(f"{town.link()}/guides/{brand_id}/1").status_code == 303, "a later mail is not about it"


def test_it_ends_with_its_day_and_with_the_role(town: Town, ana: Agency) -> None:
    out = town.reply("Public Cy", "published")
    with town.superuser.begin() as connection:
        connection.execute(text("update reply set state = 'declined' where state = 'awaiting_approval'"))
    link = town.link()
    paths = [f"{link}/{rest}" for rest in ("decided", "published", "promises", f"receipts/{out}")]
    assert {town.phone.open(path).status_code for path in paths} == {200}
    with clock.stopped_at(clock.now() + timedelta(days=2, minutes=1)):
        for path in paths:
            assert "The day this link was for is over." in town.phone.open(path).text
            assert "Public Cy" not in town.phone.open(path).text
        assert town.phone.post(paths[-1], {}).status_code == 409
        assert "is in your mailbox" in town.phone.post(link, {"do": "newer"}, follow=True).text
        assert "Nothing waits for your yes now." in bodies(town.phone.app, town.superuser)[-2]
    with town.superuser.begin() as connection:
        gone = text("update membership set removed_at = now() where person_id = :id")
        connection.execute(gone, {"id": ana.client_owner.user_id})
    assert {town.phone.open(path).status_code for path in paths} == {404}
    assert town.phone.post(paths[-1], {}).status_code == 404
