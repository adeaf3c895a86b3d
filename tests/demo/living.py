"""The demo's living day on an agency of a test: its people by the keys of the demo, its three brands."""

from __future__ import annotations

from dataclasses import replace
from uuid import UUID

from agency.demo import corpus
from agency.demo.earlier_answers import PROMISED, write_earlier_answers
from agency.demo.living_day import write_living_day
from tenants.permissions import Actor, Role
from tests.factories import Agency, Factory


def live_through_a_day(make: Factory, agency: Agency) -> dict[str, Actor]:
    """Write it; returns the people."""
    listed = [one for one in corpus.load_people().people if one.role in (Role.STAFF, Role.TEAM_LEAD, Role.AGENCY_ADMIN)]
    keys = [brand.key for brand in corpus.load_brands()]
    people: dict[str, Actor] = {}
    for one in listed:
        brands = None if one.brands is None else [agency.brand_ids[keys.index(key)] for key in one.brands]
        is_staff = one.role == Role.STAFF
        people[one.key] = (
            make.person(agency, Role.STAFF, only_brand_ids=brands) if is_staff else agency.actors[one.role]
        )
    for number in range(len(keys)):
        for platform in ("facebook", "instagram"):
            make.account(agency, brand=number, platform=platform)
    brand_ids: dict[str, UUID] = dict(zip(keys, agency.brand_ids, strict=True))
    with agency.entered():
        ids = {key: actor.user_id for key, actor in people.items()}
        owner = agency.client_owner.user_id
        ids |= {one.key: owner for one in corpus.load_people().people if one.key not in ids}
        write_earlier_answers(agency.id, brand_ids, ids, PROMISED)
        write_living_day({key: replace(actor, brand_ids=None) for key, actor in people.items()}, brand_ids)
    return people
