"""`onbrand audit verify`: every chain of the record looked through, and what is broken said in words."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from uuid import UUID

from flask import Flask
from sqlalchemy import select

from tenants import audit_reading
from tenants.audit_chain import Verdict
from tenants.audit_heads import HeadsAltered, HeadsFolder
from tenants.base_app import settings_of_app
from tenants.database import db
from tenants.errors import NotFound
from tenants.models import Agency, Brand
from tenants.scope import Scope, in_scope

WHAT_WAS_DONE = {
    "altered": "line {number} is not as it was written: it was altered, or another was put in its place",
    "deleted": "line {number} is missing: it was deleted",
    "inserted": "line {number} was put in later",
    "reordered": "lines {number} and {next} changed places",
    "cut": "the end is missing: line {number} and what followed were cut off",
    "rewritten": "line {number} is not the one told outside: the chain was written anew, from there or before",
    "words_gone": "the words of line {number} are gone, and no erasure says why",
}


def check(app: Flask, agency_name: str | None, files: tuple[Path, ...]) -> tuple[list[str], bool]:
    """Sentences, and whether everything is as it was written. Raises NotFound where no agency has that name."""
    with in_scope(app, None):
        wanted = select(Agency.id, Agency.name).order_by(Agency.name, Agency.id)
        agencies = db.session.execute(wanted if agency_name is None else wanted.where(Agency.name == agency_name)).all()
        folder = HeadsFolder.of(settings_of_app())
    if agency_name is not None and not agencies:
        raise NotFound()
    said: list[str] = []
    try:
        told = folder.read(files or None)
    except HeadsAltered as error:
        told = {}
        said.append(f"{error} Heads were compared with nothing.")
    except OSError as error:
        told = {}
        said.append(f"The file of heads cannot be read ({error.strerror}). Heads were compared with nothing.")
    chains = lines = erased = heads = 0
    for agency_id, name in agencies:
        with in_scope(app, Scope(agency_id, None)):
            brands = {one.id: one.name for one in db.session.execute(select(Brand.id, Brand.name))}
            for brand_id, verdict in audit_reading.verify_chains(told.get(agency_id)):
                chains, lines, erased = chains + 1, lines + verdict.lines, erased + verdict.erased
                heads += len(told.get(agency_id, {}).get(brand_id, {}))
                said += _sentence(name, brand_id, brands, verdict)
    if agency_name is None:
        gone = sorted(str(one) for one in set(told) - {agency_id for agency_id, _ in agencies})
        said += [f"Agency {one}: told outside, and not here any more." for one in gone]
    if said:
        return said, False
    compared = f"compared with {heads} heads told outside" if heads else "no heads told outside to compare with"
    whole = f"{chains} chains, {lines} lines, {erased} without the words that were erased: as written; {compared}."
    return [whole], True


def _sentence(agency: str, brand_id: UUID | None, brands: dict[UUID, str], verdict: Verdict) -> Iterator[str]:
    if verdict.broken is None:
        return
    number = verdict.broken.number
    whose = agency if brand_id is None else f"{agency}, {brands.get(brand_id, brand_id)}"
    what = WHAT_WAS_DONE[verdict.broken.what].format(number=number, next=number + 1)
    before = f" Lines 1 to {number - 1} are as they were written." if number > 1 else ""
    yield f"{whose}: {what}.{before}"
