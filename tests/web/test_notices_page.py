"""The page of notices, its bell, how somebody is told, and the same by the API."""

from __future__ import annotations

import re
from collections.abc import Callable
from uuid import UUID

import pytest
from flask import Flask
from sqlalchemy import select

from agency.notices.kinds import KINDS
from agency.notices.models import Notice, NoticeChoice
from agency.notices.stopping import _serializer, stop_path
from agency.notices.telling import Thing, settle, tell
from agency.web.notice_words import kind_words
from tenants.database import db, new_id
from tenants.models import Person
from tenants.permissions import Actor, Role
from tests.api.calling import token_for
from tests.factories import Agency, Factory
from tests.web.browser import Browser

Told = Callable[..., Thing]


@pytest.fixture
def told(ana: Agency) -> Told:
    """Tells the member of staff of one more thing."""

    def one(kind: str = "reply_declined", brand: int = 0, actor: Actor | None = None) -> Thing:
        thing = Thing("reply", new_id(), "/inbox?view=mine")
        with ana.entered():
            person = db.session.get_one(Person, (actor or ana.staff).user_id)
            tell(
                kind,
                [person],
                brand_id=ana.brand_ids[brand],
                subject=thing,
                values={"by_name": "<b>Ewa</b>"},
            )
        return thing

    return one


def id_of(ana: Agency, thing: Thing) -> UUID:
    with ana.entered():
        return db.session.scalars(select(Notice.id).where(Notice.subject_id == thing.id)).one()


def test_the_bell_counts_what_is_new_and_opening_reads_it(whole_app: Flask, ana: Agency, told: Told) -> None:
    browser = Browser(whole_app, ana.staff)
    first, over = told(), told("reply_asked")
    with ana.entered():
        settle(over.id, "reply_asked")
    for address in ("/inbox", "/notices", "/account"):
        page = browser.get(address).get_data(as_text=True)
        assert re.findall(r'class="count bad">(\d+)<', page.partition("<main")[0]) == ["1", "1"], address
    page = browser.get("/notices").get_data(as_text=True)
    assert "&lt;b&gt;Ewa&lt;/b&gt; declined your reply" in page
    assert page.count("no longer so") == 1
    answer = browser.post(f"/notices/{id_of(ana, first)}")
    assert (answer.status_code, answer.headers["Location"]) == (303, "/inbox?view=mine")
    assert not re.findall(
        r'class="count bad"[^>]*>\d', browser.get("/inbox").get_data(as_text=True).partition("<main")[0]
    )


def test_all_at_once_leaves_what_came_since(whole_app: Flask, ana: Agency, told: Told) -> None:
    browser = Browser(whole_app, ana.staff)
    told(), told()
    page = browser.get("/notices").get_data(as_text=True)
    (up_to,) = re.findall(r'name="up_to" value="([^"]+)"', page)
    told("reply_changed")
    browser.post("/notices/read", {"up_to": up_to})
    with ana.entered():
        assert list(db.session.scalars(select(Notice.kind).where(Notice.read_at.is_(None)))) == ["reply_changed"]


def test_nobody_opens_or_sees_somebody_elses(whole_app: Flask, ana: Agency, told: Told, make: Factory) -> None:
    thing = told()
    lead = Browser(whole_app, ana.team_lead)
    assert "declined" not in lead.get("/notices").get_data(as_text=True)
    assert lead.post(f"/notices/{id_of(ana, thing)}").status_code == 404
    narrowed = make.person(ana, Role.STAFF, only_brand_ids=[ana.brand_ids[1]])
    told("reply_declined", 0, narrowed)
    assert "declined" not in Browser(whole_app, narrowed).get("/notices").get_data(as_text=True)


def test_fifty_at_a_time_without_a_gap(whole_app: Flask, ana: Agency) -> None:
    with ana.entered():
        db.session.add_all(
            Notice(
                person_id=ana.staff.user_id,
                kind="reply_declined",
                of_brand_id=ana.brand_ids[0],
                subject_type="reply",
                subject_id=new_id(),
                path="/inbox",
                values={"by_name": f"number-{number};"},
            )
            for number in range(60)
        )
    browser, address, seen = Browser(whole_app, ana.staff), "/notices", []
    while address:
        page = browser.get(address).get_data(as_text=True)
        seen += re.findall(r"number-(\d+);", page)
        address = (re.findall(r'href="([^"]+)" rel="next"', page) or [""])[0]
    assert [int(one) for one in seen] == list(range(59, -1, -1))


def test_the_api_says_the_same(whole_app: Flask, ana: Agency, told: Told) -> None:
    first, second = told(), told("reply_asked")
    client = whole_app.test_client(use_cookies=False)
    headers = {"Authorization": f"Bearer {token_for(whole_app, ana.staff)}"}
    listed = client.get("/api/v1/notices?unread=true&limit=1", headers=headers).get_json()
    assert [one["subject_id"] for one in listed["items"]] == [str(second.id)]
    rest = client.get(f"/api/v1/notices?cursor={listed['next_cursor']}", headers=headers).get_json()
    assert [one["words"] for one in rest["items"]] == [f"{brand_name(ana)}: <b>Ewa</b> declined your reply."]
    read = client.post(f"/api/v1/notices/{id_of(ana, first)}/read", headers=headers).get_json()
    assert read["is_read"]
    assert len(client.get("/api/v1/notices?unread=true", headers=headers).get_json()["items"]) == 1


def brand_name(ana: Agency) -> str:
    from tenants.models import Brand

    with ana.entered():
        return db.session.scalars(select(Brand.name).where(Brand.id == ana.brand_ids[0])).one()


def test_ways_and_quiet_hours_are_kept_and_shown(whole_app: Flask, ana: Agency) -> None:
    browser = Browser(whole_app, ana.staff)
    assert (
        browser.post("/account/notices", {"way_reply_declined": "app", "way_guide_awaits_you": "none"}).status_code
        == 303
    )
    brand = str(ana.brand_ids[1])
    browser.post("/account/notices", {"brand": brand, "way_reply_declined": "none"})
    with ana.entered():
        rows = db.session.scalars(select(NoticeChoice).order_by(NoticeChoice.id)).all()
        assert [(row.kind, row.of_brand_id, row.in_app, row.by_mail) for row in rows] == [
            ("reply_declined", None, True, False),
            ("reply_declined", ana.brand_ids[1], False, False),
        ], "what does not concern somebody in this role is passed by"
    shown = browser.get(f"/account/notices?brand={brand}").get_data(as_text=True)
    assert re.findall(r'<option value="(\w*)" selected>', shown.partition('id="way_reply_declined"')[2])[0] == "none"
    browser.post("/account/notices/quiet", {"begin": "20:00", "end": "07:30", "day": ["0", "4"]})
    with ana.entered():
        person = db.session.get_one(Person, ana.staff.user_id)
        assert person.preferences["quiet"] == {"begin": 1200, "end": 450, "days": [0, 4]}
    assert browser.post("/account/notices/quiet", {"begin": "25:00", "end": "x"}).status_code == 422
    assert browser.post("/account/notices", {"brand": str(new_id())}).status_code == 404


def test_the_last_owner_who_is_mailed_cannot_switch_it_off(whole_app: Flask, ana: Agency, make: Factory) -> None:
    browser, off = Browser(whole_app, ana.client_owner), {"way_reply_awaits_you": "app"}
    answer = browser.post("/account/notices", off)
    assert answer.status_code == 422
    assert "Nobody else is mailed about this" in answer.get_data(as_text=True)
    with ana.entered():
        assert db.session.scalars(select(NoticeChoice)).first() is None
    make.person(ana, Role.CLIENT_OWNER, only_brand_ids=[ana.brand_ids[0]])
    assert browser.post("/account/notices", off).status_code == 303


def test_every_kind_has_words_for_the_settings(whole_app: Flask) -> None:
    with whole_app.test_request_context():
        assert set(kind_words()) == set(KINDS)


def test_the_link_of_a_mail_ends_its_kind_only_when_posted(whole_app: Flask, ana: Agency, told: Told) -> None:
    with whole_app.app_context():
        path = stop_path(ana.id, ana.staff.user_id, "reply_declined")
        assert stop_path(ana.id, ana.client_owner.user_id, "reply_awaits_you") == ""
        forced = _serializer().dumps([str(ana.id), str(ana.client_owner.user_id), "reply_awaits_you"])
    client = whole_app.test_client()
    for method in ("GET", "HEAD"):
        answer = client.open(path, method=method)
        assert (answer.status_code, "Set-Cookie" in answer.headers) == (200, False)
    with ana.entered():
        assert db.session.scalars(select(NoticeChoice)).first() is None
    for _twice in range(2):
        answer = client.post(path, data={"List-Unsubscribe": "One-Click"})
        assert (answer.status_code, "Set-Cookie" in answer.headers) == (200, False)
    client.post(f"/notices/stop/{forced}")
    with ana.entered():
        rows = db.session.scalars(select(NoticeChoice)).all()
        assert [(row.person_id, row.kind, row.in_app, row.by_mail) for row in rows] == [
            (ana.staff.user_id, "reply_declined", True, False)
        ]
    told("reply_declined")
    with ana.entered():
        kept = db.session.scalars(select(Notice)).one()
        assert (kept.in_app, kept.mail_due_at) == (True, None)
    token = path.rpartition("/")[2]
    for place in range(0, len(token), 7):
        other = token[:place] + ("A" if token[place] != "A" else "B") + token[place + 1 :]
        assert client.post(f"/notices/stop/{other}").status_code == 404, other
