"""The people page: what an admin sees and does, what a lead only sees, and that strangers are not there."""

from __future__ import annotations

from flask import Flask
from sqlalchemy import Engine, text

from tenants.permissions import Role
from tests.factories import Agency, Factory
from tests.web.browser import Browser, email_of
from tests.web.replying import waiting_reply


def test_an_admin_invites_changes_and_removes(whole_app: Flask, ana: Agency, superuser: Engine) -> None:
    admin = Browser(whole_app, ana.agency_admin)
    page = admin.get("/people").text
    for actor in ana.actors.values():
        assert email_of(whole_app, actor) in page
    assert admin.post("/people/invitations", {"email": "new@test.example", "role": "light"}).status_code == 303
    page = admin.get("/people").text
    assert page.count("new@test.example") >= 1
    assert "Invitation sent" in page
    with superuser.connect() as connection:
        invitation_id = connection.execute(text("select id from invitation")).scalar_one()
    assert admin.post(f"/people/invitations/{invitation_id}/withdraw").status_code == 303
    assert admin.post(f"/people/invitations/{invitation_id}/again").status_code == 404
    assert "new@test.example" not in admin.get("/people").text
    member = f"/people/{ana.staff.user_id}"
    assert 'value="staff" selected' in admin.get(member).text
    changed = admin.post(member, {"role": "light", "brand": [str(ana.brand_ids[0]), str(ana.brand_ids[1])]})
    assert changed.status_code == 303
    assert 'value="light" selected' in admin.get(member).text
    assert admin.get(member).text.count("checked") == 2
    staff = Browser(whole_app, ana.staff)
    assert staff.is_signed_in
    assert admin.post(member + "/remove").status_code == 303
    assert not staff.is_signed_in
    assert admin.get(member).status_code == 404


def test_wrong_fields_come_back_with_what_was_typed(whole_app: Flask, ana: Agency) -> None:
    admin = Browser(whole_app, ana.agency_admin)
    for data, words in (
        ({"email": "not an address", "role": "staff"}, "not a mail address"),
        ({"email": "x@test.example", "role": "emperor"}, "no such role"),
        ({"email": "x@test.example", "role": "client_owner"}, "only their own brands"),
        ({"email": email_of(whole_app, ana.staff), "role": "staff"}, "member already"),
    ):
        answer = admin.post("/people/invitations", data)
        assert answer.status_code in (409, 422)
        assert words in answer.text
        assert data["email"] in answer.text


def test_taking_every_tick_away_gives_nothing_and_shelved_brands_are_kept(
    whole_app: Flask, ana: Agency, superuser: Engine
) -> None:
    admin, member = Browser(whole_app, ana.agency_admin), f"/people/{ana.staff.user_id}"
    admin.post(member, {"role": "staff", "brand": str(ana.brand_ids[0])})
    with superuser.begin() as connection:
        connection.execute(text("update brand set archived_at = now() where id = :id"), {"id": ana.brand_ids[0]})
    assert f'value="{ana.brand_ids[0]}" checked' in admin.get(member).text
    assert admin.post(member, {"role": "staff"}).status_code == 422
    assert admin.post(member, {"role": "client_owner", "every": "1"}).status_code == 422
    assert f'value="{ana.brand_ids[0]}" checked' in admin.get(member).text
    assert admin.post(member, {"role": "staff", "every": "1"}).status_code == 303
    assert 'name="every" value="1" checked' in admin.get(member).text


def test_the_last_admin_is_told_why_they_stay(whole_app: Flask, ana: Agency) -> None:
    admin = Browser(whole_app, ana.agency_admin)
    answer = admin.post(f"/people/{ana.agency_admin.user_id}", {"role": "staff", "every": "1"})
    assert answer.status_code == 409
    assert "last admin" in answer.text
    assert admin.post(f"/people/{ana.agency_admin.user_id}/remove").status_code == 409
    assert admin.is_signed_in


def test_a_lead_sees_people_and_no_buttons(whole_app: Flask, ana: Agency) -> None:
    page = Browser(whole_app, ana.team_lead).get("/people").text
    assert email_of(whole_app, ana.staff) in page
    assert "/remove" not in page
    assert 'id="invite"' not in page


def test_strangers_people_and_brands_are_not_there(
    whole_app: Flask, ana: Agency, stranger: Agency, make: Factory
) -> None:
    admin = Browser(whole_app, stranger.agency_admin)
    page = admin.get("/people").text
    assert email_of(whole_app, ana.staff) not in page
    for path in (f"/people/{ana.staff.user_id}", "/people/01900000-0000-7000-8000-000000000000"):
        assert admin.get(path).status_code == 404
        assert admin.post(path, {"role": "light"}).status_code == 404
        assert admin.post(path + "/remove").status_code == 404
    for brand in (str(ana.brand_ids[0]), "01900000-0000-7000-8000-000000000000", "x"):
        invited = admin.post("/people/invitations", {"email": "n@test.example", "role": "staff", "brand": brand})
        assert invited.status_code == 404
        token = admin.post("/account/tokens", {"name": "program", "brand": brand})
        assert token.status_code == 404


def test_hostile_names_are_shown_inert(whole_app: Flask, ana: Agency, make: Factory, superuser: Engine) -> None:
    person = make.person(ana, Role.STAFF)
    with superuser.begin() as connection:
        connection.execute(
            text("update person set name = :name where id = :id"),
            {"name": '<script>alert(1)</script>"><img src=x>', "id": person.user_id},
        )
    admin = Browser(whole_app, ana.agency_admin)
    for path in ("/people", f"/people/{person.user_id}"):
        page = admin.get(path).text
        assert "<script>alert" not in page
        assert "<img" not in page


def test_an_api_token_is_shown_once_and_ends(whole_app: Flask, ana: Agency, superuser: Engine) -> None:
    browser = Browser(whole_app, ana.staff)
    made = browser.post("/account/tokens", {"name": "nightly report"})
    assert "ob_" in made.text
    page = browser.get("/account").text
    assert "nightly report" in page
    assert "ob_" not in page
    with superuser.connect() as connection:
        token_id = connection.execute(text("select id from api_token")).scalar_one()
    assert Browser(whole_app, ana.team_lead).post(f"/account/tokens/{token_id}/revoke").status_code == 404
    assert browser.post(f"/account/tokens/{token_id}/revoke").status_code == 303
    assert "nightly report" not in browser.get("/account").text


def test_own_settings_are_kept_and_nonsense_is_not(whole_app: Flask, ana: Agency) -> None:
    browser = Browser(whole_app, ana.staff)
    kept = {"name": "Ewa  Nowak", "language": "pl", "time_zone": "Europe/Warsaw", "keys": ""}
    assert browser.post("/account", kept).status_code == 303
    page = browser.get("/account").text
    assert 'value="Ewa Nowak"' in page
    assert 'value="Europe/Warsaw" selected' in page
    assert 'class="no-keys"' in page
    assert browser.post("/account", {"name": "\x00"}).status_code == 422
    nonsense = {"name": "Ewa", "language": "xx", "time_zone": "../../etc/passwd", "keys": "1"}
    assert browser.post("/account", nonsense).status_code == 303
    page = browser.get("/account").text
    assert 'value="UTC" selected' in page
    assert '<html lang="en"' in page


def test_whose_mails_come_back_is_seen_where_it_matters(
    whole_app: Flask, ana: Agency, make: Factory, superuser: Engine
) -> None:
    case = make.conversation(ana)
    other = make.conversation(ana)
    waiting_reply(ana, case)
    lead, staff = Browser(whole_app, ana.agency_admin), Browser(whole_app, ana.staff)
    with superuser.begin() as connection:
        connection.execute(
            text(
                "update person set mail_failed_at = now(), mail_failed_words = '550 <b>no</b> such user' where id = :id"
            ),
            {"id": ana.client_owner.user_id},
        )
    assert "550 &lt;b&gt;no&lt;/b&gt; such user" in lead.get("/people").text
    for one in (case, other):
        assert "come back: reach them in another way." in staff.get(f"/inbox/{one}").text
