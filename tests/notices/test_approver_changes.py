"""Nobody becomes one of a client's voices, or stops being one, without the others' knowing; nor does another policy."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Engine, select, text, update

from agency.notices import approver_changes, gathering
from agency.notices.kinds import GATHERED_FOR
from agency.notices.models import Notice
from agency.notices.sending import mails_kept, send_mail
from agency.replies import policy_versions
from tenants import clock, invitations
from tenants.database import db
from tenants.models import Agency as AgencyRow
from tenants.models import Brand, OutboxEntry, OutgoingMail
from tenants.permissions import Actor, Role
from tests.factories import Agency, Factory


def told(ana: Agency) -> dict[tuple[UUID, str], list[str]]:
    """Who was mailed which sentences, by person and kind; all that waited has left."""
    found: dict[tuple[UUID, str], list[str]] = {}
    with clock.stopped_at(clock.now() + GATHERED_FOR + timedelta(seconds=1)):
        with ana.entered():
            names = {row.id: row.name for row in db.session.execute(select(Brand.id, Brand.name))}
            for one in list(db.session.scalars(select(Notice).order_by(Notice.id))):
                brand = names[one.of_brand_id] if one.of_brand_id else ""
                found.setdefault((one.person_id, one.kind), []).append(gathering.line_of(one, "en", brand))
            promised = db.session.scalars(select(OutboxEntry).where(OutboxEntry.job_name == "gather_notices"))
            for ids in [one.ids for one in promised]:
                assert gathering.send_gathered(ana.id, UUID(ids["person_id"]), ids["kind"]) is not None
        with ana.app.app_context():
            for mail_id in list(db.session.scalars(select(OutgoingMail.id))):
                send_mail(mail_id)
            db.session.commit()
            words = "\n".join(message.get_body(("plain",)).get_content() for _row, message in mails_kept())
    assert all(line in words for lines in found.values() for line in lines)
    return found


def on_record(superuser: Engine) -> list[tuple[Any, ...]]:
    """Lines of brands' records about who may say yes."""
    with superuser.connect() as connection:
        rows = connection.execute(
            text(
                "select brand_id, subject_id, action, actor_id from brand_audit where subject_type = 'person'"
                " order by created_at, id"
            )
        )
        return [tuple(row) for row in rows]


def test_whoever_joins_to_say_yes_is_told_to_the_brands_other_owners(ana: Agency, superuser: Engine) -> None:
    admin, owner, brand_id = ana.agency_admin, ana.client_owner, ana.brand_ids[0]
    with ana.entered(admin):
        _row, token = invitations.invite(admin, "me@agency.example", Role.CLIENT_OWNER, [brand_id])
    assert told(ana) == {}, "who was only invited decides nothing"
    with ana.app.app_context():
        joined = approver_changes.accept_invitation(token, "Olga\u00a0Owner", "a rather long pass phrase")
        assert approver_changes.accept_invitation(token, "Olga Owner", "a rather long pass phrase") is None
        db.session.commit()
    assert joined is not None
    ((key, (line,)),) = told(ana).items()
    assert key == (owner.user_id, "approver_came")
    assert "Olga Owner (me@agency.example) may say yes in the name of" in line
    assert f"{admin.name} decided that" in line, "who let them in, not who came"
    assert on_record(superuser) == [(brand_id, str(joined), "person.may_approve", joined)]


def test_an_owner_who_is_replaced_hears_of_it_and_so_does_whoever_stays(
    ana: Agency, make: Factory, superuser: Engine
) -> None:
    admin, owner, staff = ana.agency_admin, ana.client_owner, ana.staff
    first, second = ana.brand_ids[0], ana.brand_ids[1]
    stays = make.person(ana, Role.CLIENT_OWNER, only_brand_ids=[first])
    elsewhere = make.person(ana, Role.CLIENT_OWNER, only_brand_ids=[second])
    with ana.entered(admin):
        approver_changes.change_role(admin, staff.user_id, Role.CLIENT_OWNER, [first, second])
    with ana.entered(admin):
        approver_changes.remove_member(admin, owner.user_id)
    with ana.entered(admin):
        approver_changes.change_role(admin, ana.light.user_id, Role.STAFF, None)  # never said yes to anything
    found = told(ana)
    assert {key: len(lines) for key, lines in found.items()} == {
        (owner.user_id, "approver_came"): 1,
        (stays.user_id, "approver_came"): 1,
        (elsewhere.user_id, "approver_came"): 1,
        (stays.user_id, "approver_left"): 1,
        (staff.user_id, "approver_left"): 1,
        (owner.user_id, "approver_left"): 1,
    }
    names = _brands(ana)
    assert names[second] not in found[stays.user_id, "approver_came"][0], "another client's brand is not theirs to know"
    assert names[first] not in found[elsewhere.user_id, "approver_came"][0]
    assert found[owner.user_id, "approver_left"][0].startswith("You may no longer say yes")
    assert found[stays.user_id, "approver_left"][0].startswith(f"{owner.name} (")
    assert on_record(superuser) == [
        *[(one, str(staff.user_id), "person.may_approve", admin.user_id) for one in sorted((first, second))],
        (first, str(owner.user_id), "person.approves_no_more", admin.user_id),
    ]


def _brands(ana: Agency) -> dict[UUID, str]:
    with ana.entered():
        return {row.id: row.name for row in db.session.execute(select(Brand.id, Brand.name))}


def test_a_policy_noted_as_signed_on_paper_is_told_to_whom_it_binds(ana: Agency, make: Factory) -> None:
    lead, owner, brand_id = ana.team_lead, ana.client_owner, ana.brand_ids[0]
    other = make.person(ana, Role.CLIENT_OWNER, only_brand_ids=[brand_id])
    with ana.entered():
        db.session.execute(update(AgencyRow).where(AgencyRow.id == ana.id).values(policies_on_paper=True))
    with ana.entered(lead):
        policy_versions.draft_policy(lead, brand_id, {"needs": "none"})
        policy_versions.record_on_paper(lead, brand_id, 1, "Olga O'Wner", date(2026, 11, 2))
    found = told(ana)
    assert set(found) == {(one.user_id, "policy_holds") for one in (owner, other)}
    said = found[owner.user_id, "policy_holds"][0]
    assert f"{lead.name} noted that Olga O'Wner signed it on paper on 2 November 2026" in said
    assert _signed(ana, other) == {(owner.user_id, "policy_holds"): f"{other.name} signed it."}


def _signed(ana: Agency, by: Actor) -> dict[tuple[UUID, str], str]:
    """Version 2, signed on its page; the ends of what is told of it."""
    lead, brand_id = ana.team_lead, ana.brand_ids[0]
    with ana.entered():
        before = set(db.session.scalars(select(Notice.id)))
    with ana.entered(lead):
        policy_versions.draft_policy(lead, brand_id, {"needs": "all"})
        asked = policy_versions.propose(lead, brand_id, 2).proposal_id
    with ana.entered(by):
        policy_versions.sign(by, brand_id, 2, asked)
    with ana.entered():
        new = db.session.scalars(select(Notice).where(Notice.id.not_in(before), Notice.kind == "policy_holds"))
        return {(one.person_id, one.kind): gathering.line_of(one, "en", "Bistro").split(". ")[-1] for one in new}
