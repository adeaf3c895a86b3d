"""What the guidelines that fit a case say never to say, held against a draft. A warning, never a stop: that they fit is
a guess from the customer's words, and a guess shall not hold a reply back.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from typing import Any
from uuid import UUID

from sqlalchemy import literal, select
from sqlalchemy.dialects.postgresql import JSONB

from styleguides.check import CheckContext, Finding, check_text
from styleguides.models import Guideline
from styleguides.picking import MOST_SHOWN, scenarios_of
from styleguides.rule_kinds import Banned
from styleguides.scenarios import CaseFacts
from tenants.database import db

_RULE = "guideline:"


Sayings = Mapping[UUID, tuple[str, Sequence[Any]]]
"""Title and what is never to be said, by guideline."""


def sayings_of(brand_ids: Collection[UUID]) -> Sayings:
    """Those of whole brands that say anything, in one statement."""
    rows = db.session.execute(
        select(Guideline.id, Guideline.title, Guideline.never_say).where(
            Guideline.brand_id.in_(brand_ids),
            Guideline.deleted_at.is_(None),
            Guideline.never_say != literal([], JSONB),
        )
    )
    return {row.id: (row.title, row.never_say) for row in rows}


def never_said(
    brand_id: UUID,
    text: str,
    case: CaseFacts,
    context: CheckContext,
    state: tuple[int, int] | None = None,
    sayings: Sayings | None = None,
) -> list[Finding]:
    """Findings of `guideline:<id>` for those shown beside the case, told with their titles. One statement where some
    fit, none with `sayings`, and one more without `state` (`styleguides.picking.scenarios_of`).
    """
    picked = [one.id for one in scenarios_of(brand_id, state).pick(case, MOST_SHOWN)]
    if not picked:
        return []
    if sayings is None:
        rows = db.session.execute(
            select(Guideline.id, Guideline.title, Guideline.never_say).where(
                Guideline.brand_id == brand_id, Guideline.id.in_(picked), Guideline.deleted_at.is_(None)
            )
        )
        sayings = {row.id: (row.title, row.never_say) for row in rows}
    titles: dict[str, str] = {}
    rules: dict[UUID, Banned] = {}
    for guideline_id in picked:
        title, phrases = sayings.get(guideline_id, ("", ()))
        if phrases:
            rules[guideline_id] = Banned(id=f"{_RULE}{guideline_id}", level="warn", phrases=tuple(map(str, phrases)))
            titles[f"{_RULE}{guideline_id}"] = title
    if not rules:
        return []
    # Only what these rules say: platform and length are judged with the guide.
    found = check_text([rules[one] for one in picked if one in rules], text, replace(context, platform=None, kind=None))
    return [_titled(one, titles[one.rule]) for one in found if one.rule in titles]


def _titled(one: Finding, title: str) -> Finding:
    reader = f"{title}: {one.reader_message}" if one.reader_message else one.reader_message
    return replace(one, message=f"{title}: {one.message}", reader_message=reader)
