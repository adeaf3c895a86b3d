"""The guides of the demo's brands with the life they had: earlier versions, one proposed and answered, drafts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

import yaml
from sqlalchemy import event

from agency.demo.corpus import DATA_FOLDER
from agency.notices import guide_mails
from styleguides import guides
from tenants import clock
from tenants.database import Base
from tenants.permissions import Actor

GUIDES: Final = DATA_FOLDER / "guides"
LIVES: Final = DATA_FOLDER / "guide_lives.yaml"


def guide_of(key: str) -> dict[str, Any]:
    """The brand's guide as it is in force: `voice`, `identity`, `note`, `rules`."""
    data: dict[str, Any] = yaml.safe_load((GUIDES / f"{key}.yaml").read_text(encoding="utf-8"))
    return data


def lives() -> dict[str, list[dict[str, Any]]]:
    """Each brand's versions, in order, as `guide_lives.yaml` tells them."""
    data: dict[str, list[dict[str, Any]]] = yaml.safe_load(LIVES.read_text(encoding="utf-8"))
    return data


def version_data(key: str, told: Mapping[str, Any]) -> dict[str, Any]:
    """One version whole: the brand's guide with what is different in it."""
    base = guide_of(key)
    gone, changes = told.get("without", ()), told.get("change", {})
    rules = [{**rule, **changes.get(rule["id"], {})} for rule in base["rules"] if rule["id"] not in gone]
    return {
        "voice": told.get("voice", base["voice"]),
        "identity": {**base["identity"], **told.get("identity", {})},
        "note": told["note"],
        "rules": [*rules, *told.get("add", ())],
    }


def write_guide_life(brand_id: UUID, key: str, people: Mapping[str, Actor]) -> None:
    """Write the brand's versions and take each through its story. `people`: by their keys."""
    seeded_at = clock.now()
    for told in lives()[key]:
        data = version_data(key, told)
        with _dated(seeded_at - timedelta(days=told["days_ago"])):
            number = guides.draft_version(
                people[told["by"]],
                brand_id,
                data["rules"],
                data["note"],
                voice=data["voice"],
                identity=data["identity"],
            ).number
        for step in told["story"]:
            with _dated(seeded_at - timedelta(days=step["days_ago"])):
                _move(people[step["by"]], brand_id, number, step["deed"], step.get("words", ""))


def _move(actor: Actor, brand_id: UUID, number: int, deed: str, words: str) -> None:
    if deed == "put_in_force":
        guides.put_in_force(actor, brand_id, number, words)
    elif deed == "propose":
        guide_mails.propose(actor, brand_id, number, words)
    else:
        asked = guides.version_of(brand_id, number).proposal_id
        in_force = guides.in_force_of(brand_id)
        if deed == "approve":
            against = in_force.number if in_force is not None else None
            guide_mails.approve(actor, brand_id, number, asked, against, words)
        else:
            guide_mails.answer(actor, brand_id, number, asked, words)


@contextmanager
def _dated(moment: datetime) -> Iterator[None]:
    """Within, it is that moment, and rows are made then."""

    def made_then(_mapper: Any, _connection: Any, row: Any) -> None:
        row.created_at = moment

    event.listen(Base, "before_insert", made_then, propagate=True)
    try:
        with clock.stopped_at(moment):
            yield
    finally:
        event.remove(Base, "before_insert", made_then)
