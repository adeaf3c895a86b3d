"""People: who may change whom, removal at once, the last admin, brands nobody may give away, the command line."""

from __future__ import annotations

import threading
from collections.abc import Callable
from uuid import UUID

import pytest
from flask import Flask
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Engine, select, text

from tenants import api_tokens, invitations, passwords, people, sessions
from tenants.database import db, new_id
from tenants.errors import Conflict, Forbidden, Invalid, NotFound
from tenants.models import AgencyAudit, Membership, Person
from tenants.permissions import Actor, Role
from tests.factories import Agency, Factory

ALL_BUT_ADMIN = [role for role in Role if role is not Role.AGENCY_ADMIN]


def started(app: Flask, actor: Actor) -> str:
    with app.app_context():
        token = sessions.start(actor.user_id, agency_id=actor.agency_id)
        db.session.commit()
        return token


def loaded(app: Flask, token: str) -> sessions.SignedIn | None:
    with app.app_context():
        return sessions.load(token)


def test_removal_ends_sessions_tokens_and_the_membership_at_once(app: Flask, ana: Agency, superuser: Engine) -> None:
    token = started(app, ana.staff)
    with ana.entered():
        api = api_tokens.create(ana.staff.user_id, ana.id, "program")
    with ana.entered(ana.agency_admin):
        people.remove_member(ana.agency_admin, ana.staff.user_id)
    assert loaded(app, token) is None
    with app.app_context():
        assert api_tokens.authenticate(api) is None
        assert sessions.agencies_of(ana.staff.user_id) == []
    with superuser.connect() as connection:
        facts = connection.execute(text("select facts from agency_audit where action = 'person.removed'")).scalar_one()
    assert facts["api_tokens_ended"] == 1
    with ana.entered():
        people.join(ana.id, ana.staff.user_id, Role.STAFF, None)
        assert api_tokens.authenticate(api) is None, "who comes back finds no door left open"


def test_a_password_from_the_command_line_ends_tokens_too(app: Flask, ana: Agency, superuser: Engine) -> None:
    with ana.entered():
        api = api_tokens.create(ana.staff.user_id, ana.id, "program")
    with app.app_context():
        email = db.session.get_one(Person, ana.staff.user_id).email
        people.create_from_command_line(email, "staff", "Another Agency")
    with app.app_context():
        assert api_tokens.authenticate(api) is None
    with superuser.connect() as connection:
        rows = connection.execute(text("select agency_id, actor_name, action, facts ->> 'tokens' from agency_audit"))
        told = [tuple(row) for row in rows if row.action == "api_token.all_revoked"]
    assert told == [(ana.id, "system", "api_token.all_revoked", "1")]


def test_a_session_without_its_membership_has_no_actor(app: Flask, ana: Agency, superuser: Engine) -> None:
    token = started(app, ana.staff)
    with superuser.begin() as connection:
        connection.execute(
            text("update membership set removed_at = now() where person_id = :id"), {"id": ana.staff.user_id}
        )
    found = loaded(app, token)
    assert found is not None
    assert found.actor is None
    assert found.agency_id is None


def test_a_new_role_and_new_brands_hold_from_the_next_request_on(app: Flask, ana: Agency) -> None:
    token = started(app, ana.staff)
    with ana.entered(ana.agency_admin):
        people.change_role(ana.agency_admin, ana.staff.user_id, Role.LIGHT, [ana.brand_ids[2]])
    found = loaded(app, token)
    assert found is not None
    assert found.actor is not None
    assert found.actor.role is Role.LIGHT
    assert found.actor.brand_ids == frozenset({ana.brand_ids[2]})
    with ana.entered(ana.agency_admin):
        people.change_role(ana.agency_admin, ana.staff.user_id, Role.LIGHT, None)
    found = loaded(app, token)
    assert found is not None
    assert found.actor is not None
    assert (found.actor.role, found.actor.brand_ids) == (Role.LIGHT, None)


def test_the_statement_that_finds_the_person_binds_exactly_their_scope(app: Flask, ana: Agency) -> None:
    for actor in (ana.staff, ana.client_owner):
        token = started(app, actor)
        with app.app_context():
            found = sessions.load(token)
            assert found is not None
            assert found.actor is not None
            bound = (
                db.session.connection()
                .execute(
                    text(
                        "select current_setting('app.agency_id') agency_id, current_setting('app.brand_ids') brand_ids"
                    )
                )
                .one()
            )
            assert dict(bound._mapping) == found.actor.scope.as_settings()
            assert found.actor.scope == actor.scope


def test_the_last_admin_stays(app: Flask, ana: Agency, make: Factory) -> None:
    admin = ana.agency_admin
    with pytest.raises(Conflict, match="last admin"), ana.entered(admin):
        people.remove_member(admin, admin.user_id)
    with pytest.raises(Conflict, match="last admin"), ana.entered(admin):
        people.change_role(admin, admin.user_id, Role.STAFF, None)
    second = make.person(ana, Role.AGENCY_ADMIN)
    with ana.entered(admin):
        people.remove_member(second, admin.user_id)
    with pytest.raises(Conflict, match="last admin"), ana.entered(second):
        people.remove_member(second, second.user_id)


def test_two_admins_who_remove_each_other_at_once_leave_one(app: Flask, ana: Agency, make: Factory) -> None:
    first, second = ana.agency_admin, make.person(ana, Role.AGENCY_ADMIN)
    together, outcomes = threading.Barrier(2), []

    def remove(actor: Actor, other: Actor) -> None:
        together.wait()
        try:
            with ana.entered(actor):
                people.remove_member(actor, other.user_id)
            outcomes.append("removed")
        except Conflict:
            outcomes.append("refused")

    threads = [threading.Thread(target=remove, args=pair) for pair in ((first, second), (second, first))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["refused", "removed"]


@pytest.mark.parametrize("role", ALL_BUT_ADMIN)
def test_only_an_admin_manages_people(app: Flask, ana: Agency, role: Role) -> None:
    actor = ana.actors[role.value]
    deeds = [
        lambda: people.remove_member(actor, ana.light.user_id),
        lambda: people.change_role(actor, ana.light.user_id, Role.AGENCY_ADMIN, None),
        lambda: people.demand_second_factor(actor, []),
        lambda: invitations.invite(actor, "new@test.example", Role.LIGHT, None),
        lambda: invitations.withdraw_invitation(actor, new_id()),
        lambda: invitations.invitations_of(actor),
    ]
    for deed in deeds:
        with pytest.raises(Forbidden), ana.entered(actor):
            deed()


def test_another_agencys_person_brand_and_invitation_are_not_there(app: Flask, ana: Agency, stranger: Agency) -> None:
    admin = stranger.agency_admin
    with ana.entered(ana.agency_admin):
        invitation, _token = invitations.invite(ana.agency_admin, "new@test.example", Role.STAFF, None)
        invitation_id = invitation.id
    deeds = [
        lambda: people.remove_member(admin, ana.staff.user_id),
        lambda: people.change_role(admin, ana.staff.user_id, Role.LIGHT, None),
        lambda: people.change_role(admin, stranger.staff.user_id, Role.STAFF, [ana.brand_ids[0]]),
        lambda: invitations.invite(admin, "x@test.example", Role.STAFF, [stranger.brand_ids[0], ana.brand_ids[0]]),
        lambda: invitations.invite_again(admin, invitation_id),
        lambda: invitations.withdraw_invitation(admin, invitation_id),
    ]
    for deed in deeds:
        with pytest.raises(NotFound), stranger.entered(admin):
            deed()
    with stranger.entered(admin):
        shown = {member.person_id for member in people.members_of(admin)}
    assert shown == {actor.user_id for actor in stranger.actors.values()}


def test_whoever_covers_some_brands_sees_who_shares_them(app: Flask, ana: Agency, make: Factory) -> None:
    lead = make.person(ana, Role.TEAM_LEAD, only_brand_ids=[ana.brand_ids[1]])
    shared = make.person(ana, Role.STAFF, only_brand_ids=[ana.brand_ids[1], ana.brand_ids[2]])
    apart = make.person(ana, Role.STAFF, only_brand_ids=[ana.brand_ids[2]])
    with ana.entered(lead):
        shown = {member.person_id for member in people.members_of(lead)}
    assert {lead.user_id, shared.user_id, ana.staff.user_id} <= shown
    assert not {apart.user_id, ana.client_owner.user_id} & shown


@pytest.mark.parametrize(
    ("role", "brands"),
    [(Role.AGENCY_ADMIN, []), (Role.CLIENT_OWNER, None), (Role.CLIENT_OWNER, []), (Role.STAFF, [])],
)
def test_roles_and_brands_must_fit(app: Flask, ana: Agency, role: Role, brands: list[UUID] | None) -> None:
    with ana.entered(ana.agency_admin):
        if role is Role.AGENCY_ADMIN:
            made, _token = invitations.invite(ana.agency_admin, "new@test.example", role, brands)
            assert made.all_brands
        else:
            with pytest.raises(Invalid):
                invitations.invite(ana.agency_admin, "new@test.example", role, brands)


def test_the_deeds_are_on_record(app: Flask, ana: Agency) -> None:
    admin = ana.agency_admin
    with ana.entered(admin):
        invitations.invite(admin, "new@test.example", Role.STAFF, None)
        people.change_role(admin, ana.staff.user_id, Role.LIGHT, None)
        people.remove_member(admin, ana.light.user_id)
        people.demand_second_factor(admin, [Role.STAFF])
    with ana.entered():
        rows = db.session.execute(select(AgencyAudit.action, AgencyAudit.actor_id)).all()
    assert {(row.action, row.actor_id) for row in rows} == {
        ("person.invited", admin.user_id),
        ("person.role_changed", admin.user_id),
        ("person.removed", admin.user_id),
        ("agency.second_factor_demanded", admin.user_id),
    }


def test_the_command_line_makes_agency_brand_and_person_and_a_new_password_each_time(app: Flask, clean: None) -> None:
    begun: list[str] = []

    def create(*given: str) -> str:
        return people.create_from_command_line(*given, begin=lambda _agency_id, _person_id, name: begun.append(name))

    with app.app_context():
        first = create("Lead@Test.Example", "team_lead", "New House", "New Brand")
    with app.app_context():
        person = people.person_for_sign_in("lead@test.example")
        assert person is not None
        assert passwords.verify(first, person.password_hash)
        membership = db.session.execute(select(Membership)).scalar_one()
        assert (membership.role, membership.all_brands, len(membership.brand_ids)) == ("team_lead", False, 1)
    with app.app_context():
        second = create("lead@test.example", "staff", "New House")
    assert begun == ["lead"], "an agency begins once"
    with app.app_context():
        person = people.person_for_sign_in("lead@test.example")
        assert person is not None
        assert not passwords.verify(first, person.password_hash)
        assert passwords.verify(second, person.password_hash)
        membership = db.session.execute(select(Membership)).scalar_one()
        assert (membership.role, membership.all_brands) == ("staff", True)
    with app.app_context(), pytest.raises(Invalid):
        people.create_from_command_line("lead@test.example", "agency_admin", "New House", "New Brand")


# ── API tokens ───────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_token_is_never_wider_than_the_membership_is_now(app: Flask, ana: Agency, make: Factory) -> None:
    one, two, three = ana.brand_ids
    person = make.person(ana, Role.STAFF, only_brand_ids=[one, two])
    with ana.entered():
        whole = api_tokens.create(person.user_id, ana.id, "whole")
        narrow = api_tokens.create(person.user_id, ana.id, "narrow", [two, three])

    def covered(token: str) -> frozenset[UUID] | None:
        with app.app_context():
            actor = api_tokens.authenticate(token)
            assert actor is not None
            return actor.brand_ids

    assert covered(whole) == {one, two}
    assert covered(narrow) == {two}
    with ana.entered(ana.agency_admin):
        people.change_role(ana.agency_admin, person.user_id, Role.STAFF, None)
    assert covered(whole) is None
    assert covered(narrow) == {two, three}
    with ana.entered(ana.agency_admin):
        people.change_role(ana.agency_admin, person.user_id, Role.STAFF, [one])
    assert covered(narrow) == frozenset()


def test_a_token_is_found_in_one_statement_and_stored_as_a_hash(
    app: Flask, ana: Agency, superuser: Engine, statements: Callable[[], list[str]]
) -> None:
    with ana.entered():
        token = api_tokens.create(ana.staff.user_id, ana.id, "program")
    assert token.startswith("ob_")
    with app.app_context():
        api_tokens.authenticate(token)
        db.session.commit()
    statements()
    with app.app_context():
        assert api_tokens.authenticate(token) == ana.staff
    assert len(statements()) == 1
    with superuser.connect() as connection:
        stored = connection.execute(text("select api_token::text from api_token")).scalar_one()
    assert token not in stored
    assert token[3:].encode().hex() not in stored


@pytest.mark.parametrize("token", ["", " ", "ob_", "ob_\x00", "ob_" + "A" * 43, "A" * 43, "OB_" + "A" * 43, "ob_é"])
def test_a_made_up_token_is_nobody(app: Flask, token: str) -> None:
    with app.app_context():
        assert api_tokens.authenticate(token) is None


def test_revoked_disabled_and_unfactored_tokens_are_refused(app: Flask, ana: Agency, superuser: Engine) -> None:
    with ana.entered():
        revoked, held = (api_tokens.create(ana.staff.user_id, ana.id, name) for name in ("a", "b"))
        token_id = api_tokens.tokens_of(ana.staff)[0].id
        with pytest.raises(NotFound):
            api_tokens.revoke(ana.team_lead, token_id)
        api_tokens.revoke(ana.staff, token_id)
    with app.app_context():
        assert api_tokens.authenticate(revoked) is None
        assert api_tokens.authenticate(held) == ana.staff
    with ana.entered(ana.agency_admin):
        people.demand_second_factor(ana.agency_admin, [Role.STAFF])
    with app.app_context():
        assert api_tokens.authenticate(held) is None
    with ana.entered(ana.agency_admin):
        people.demand_second_factor(ana.agency_admin, [])
    with superuser.begin() as connection:
        connection.execute(text("update person set disabled_at = now() where id = :id"), {"id": ana.staff.user_id})
    with app.app_context():
        assert api_tokens.authenticate(held) is None


def test_the_command_line_makes_a_token_for_one_brand(app: Flask, ana: Agency, superuser: Engine) -> None:
    with superuser.connect() as connection:
        email = connection.execute(
            text("select email from person where id = :id"), {"id": ana.staff.user_id}
        ).scalar_one()
    with app.app_context():
        token = api_tokens.create_from_command_line(email, "Pennywell")
    with app.app_context():
        actor = api_tokens.authenticate(token)
        assert actor is not None
        assert actor.brand_ids == frozenset({ana.brand_ids[0]})
    for wrong in (("nobody@test.example", None), (email, "No Such Brand")):
        with app.app_context(), pytest.raises(Invalid):
            api_tokens.create_from_command_line(*wrong)


# ── passwords and addresses ──────────────────────────────────────────────────────────────────────────────────────

COMMON = [
    "password123",
    "P@ssw0rd2024",
    "Qwertyuiop1",
    "1234567890",
    "0987654321",
    "aaaaaaaaaaaa",
    "abababababab",
    "passwordpassword",
    "iloveyou2026!",
    "abcdefghij",
    "Warszawa2026",
    "Administrator1",
    "1qaz2wsx3edc",
    "!!!welcome!!!",
    "senha123456",
]


@pytest.mark.parametrize("password", COMMON)
def test_common_passwords_are_refused(password: str) -> None:
    with pytest.raises(Invalid) as refused:
        passwords.check_new_password(password)
    assert refused.value.code == "password_common"


@pytest.mark.parametrize(
    "password", ["lantern boat seventeen", "źdźbło-na-wietrze", "correct horse battery", "x" * 5 + "kq7Tz9"]
)
def test_rare_passwords_are_taken(password: str) -> None:
    passwords.check_new_password(password)


@pytest.mark.parametrize("password", ["", "short", "nine char", "x1" * 101, "long enough \x00 but"])
def test_short_long_and_broken_passwords_are_refused(password: str) -> None:
    with pytest.raises(Invalid):
        passwords.check_new_password(password)


def test_a_password_made_of_the_persons_own_name_is_refused() -> None:
    with pytest.raises(Invalid):
        passwords.check_new_password("MariaSilva2026", about=("Maria Silva", "maria@test.example"))


def test_two_spellings_of_one_text_are_one_password() -> None:
    assert passwords.verify("z\u0307o\u0301łw na spacerze", passwords.hash_password("żółw na spacerze"))


def test_nobody_has_no_password() -> None:
    assert not passwords.verify("", None)
    assert not passwords.verify("anything at all", None)
    assert not passwords.verify("anything at all", "not a hash")


@given(st.text(max_size=60))
def test_an_address_is_refused_or_kept_as_one_plain_lower_case_line(email: str) -> None:
    try:
        kept = people.clean_email(email)
    except Invalid:
        return
    assert kept == kept.lower()
    assert kept.isascii()
    assert kept.count("@") == 1
    assert not any(sign.isspace() or sign in ',;<>"()[]\\:' for sign in kept)


@given(st.text(max_size=150))
def test_a_name_is_refused_or_kept_as_one_visible_line(name: str) -> None:
    try:
        kept = people.clean_name(name)
    except Invalid:
        return
    assert kept
    assert len(kept) <= people.LONGEST_NAME
    assert "\n" not in kept
    assert not set(kept) & set("\x00\u202e\u2066\u2028")
