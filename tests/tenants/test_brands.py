"""Brands: opened, changed, paused and shelved by admins, listed for whoever covers them, refused otherwise."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from tenants import brands
from tenants.database import db
from tenants.errors import Conflict, Forbidden, Invalid, NotFound
from tenants.models import BrandAudit
from tenants.permissions import Role
from tests.factories import Agency


def test_a_brand_is_opened_with_sensible_values_and_put_on_record(app: Flask, ana: Agency) -> None:
    admin = ana.agency_admin
    with ana.entered(admin):
        brand = brands.open_brand(admin, "  Padaria   Nova ", language="pt", time_zone="Europe/Lisbon")
        assert (brand.name, brand.mark, brand.language) == ("Padaria Nova", "PN", "pt")
        assert brand.colour in brands.COLOURS
        assert brand.needs_approval
        brand_id = brand.id
    with ana.entered(admin):
        rows = db.session.execute(select(BrandAudit.action, BrandAudit.brand_id)).all()
        assert [(row.action, row.brand_id) for row in rows] == [("brand.opened", brand_id)]


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", ""),
        ("name", "x" * 81),
        ("name", "a\u202eb"),
        ("name", 5),
        ("mark", "ABC"),
        ("mark", "<"),
        ("mark", "ß"),
        ("colour", "red"),
        ("colour", "#12345"),
        ("colour", "#gggggg"),
        ("colour", "#123456;x"),
        ("language", "xx"),
        ("time_zone", "../../etc/passwd"),
        ("time_zone", "Mars/Base"),
        ("guide_needs_approval", "yes"),
        ("needs_approval", False),
        ("answer_due_hours", 0),
        ("answer_due_hours", 10**9),
        ("answer_due_hours", True),
        ("archived_at", None),
        ("agency_id", "x"),
        ("id", "x"),
    ],
)
def test_a_value_that_cannot_be_used_is_named(app: Flask, ana: Agency, field: str, value: Any) -> None:
    with ana.entered(ana.agency_admin):
        if field == "mark" and value == "ß":
            assert brands.change_brand(ana.agency_admin, ana.brand_ids[0], mark=value).mark == "SS"
            return
        with pytest.raises(Invalid) as refused:
            brands.change_brand(ana.agency_admin, ana.brand_ids[0], **{field: value})
        assert set(refused.value.fields["errors"]) == {field}


def test_names_are_told_apart_without_regard_to_case(app: Flask, ana: Agency) -> None:
    admin = ana.agency_admin
    with ana.entered(admin), pytest.raises(Conflict):
        brands.open_brand(admin, "PENNYWELL")
    with ana.entered(admin), pytest.raises(Conflict):
        brands.change_brand(admin, ana.brand_ids[1], name="pennywell")
    with ana.entered(admin):
        assert brands.change_brand(admin, ana.brand_ids[0], name="PennyWell").name == "PennyWell"


def test_a_shelved_brand_leaves_the_list_and_stays_paused_when_it_returns(app: Flask, ana: Agency) -> None:
    admin, brand_id = ana.agency_admin, ana.brand_ids[0]
    with ana.entered(admin):
        brands.archive_brand(admin, brand_id)
        brands.archive_brand(admin, brand_id)
        assert brand_id not in {brand.id for brand in brands.list_brands(admin)}
        assert brand_id in {brand.id for brand in brands.list_brands(admin, with_archived=True)}
        returned = brands.archive_brand(admin, brand_id, archived=False)
        assert returned.paused_at is not None
        assert brands.pause_brand(admin, brand_id, paused=False).paused_at is None
    with ana.entered(admin):
        actions = db.session.scalars(select(BrandAudit.action).order_by(BrandAudit.id)).all()
        assert list(actions) == ["brand.archived", "brand.unshelved", "brand.resumed"]


def test_people_list_the_brands_they_cover(app: Flask, ana: Agency, stranger: Agency) -> None:
    with ana.entered(ana.client_owner):
        assert [brand.id for brand in brands.list_brands(ana.client_owner)] == [ana.brand_ids[0]]
    with stranger.entered(stranger.staff):
        assert [brand.id for brand in brands.list_brands(stranger.staff)] == stranger.brand_ids


@pytest.mark.parametrize("role", [role for role in Role if role is not Role.AGENCY_ADMIN])
def test_only_an_admin_changes_brands(app: Flask, ana: Agency, role: Role) -> None:
    actor = ana.actors[role.value]
    for deed in (
        lambda: brands.open_brand(actor, "New"),
        lambda: brands.change_brand(actor, ana.brand_ids[0], name="New"),
        lambda: brands.pause_brand(actor, ana.brand_ids[0]),
        lambda: brands.archive_brand(actor, ana.brand_ids[0]),
    ):
        with pytest.raises(Forbidden), ana.entered(actor):
            deed()


def test_another_agencys_brand_is_not_there(app: Flask, ana: Agency, stranger: Agency) -> None:
    admin = stranger.agency_admin
    for deed in (
        lambda: brands.brand_for(admin, ana.brand_ids[0]),
        lambda: brands.change_brand(admin, ana.brand_ids[0], name="Mine"),
        lambda: brands.pause_brand(admin, ana.brand_ids[0]),
    ):
        with pytest.raises(NotFound), stranger.entered(admin):
            deed()


@given(st.text(max_size=40))
def test_every_name_gets_a_short_mark_and_a_colour(name: str) -> None:
    assert 1 <= len(brands.mark_for(name)) <= 2
    assert brands.colour_for(name) in brands.COLOURS
