"""The card of what to do here: the brand's scenarios that fit the case, and why each was picked."""

from __future__ import annotations

from uuid import UUID

from flask import g, url_for
from flask_babel import gettext as _

from agency.inbox.case import Case
from agency.web.contexts_beside import CardLook, ScenarioLook, ScenariosLook
from agency.web.guideline_words import final_by_words, offer_words, reason_words
from styleguides.models import Guideline
from styleguides.picking import guidelines_by_id, picked_for
from styleguides.scenarios import Picked
from tenants.permissions import Permission


def scenarios_card(case: Case) -> CardLook | None:
    """The card; None where nothing fits, or for who may not read guidelines."""
    if not case.actor.may(Permission.GUIDE_READ):
        return None
    named = case.offered.guidelines
    rows = guidelines_by_id(case.brand_id, named)
    picked = picked_in(case)
    shown: list[tuple[Guideline, tuple[str, ...]]] = [
        (row, (_("by the rule “%(name)s”", name=named[row.id]),)) for row in rows
    ]
    shown += [(row, tuple(map(reason_words, found.reasons))) for row, found in picked if row.id not in named]
    if not shown:
        return None
    return CardLook(
        name="scenarios",
        heading=_("What to do here"),
        look=ScenariosLook(
            scenarios=tuple(_look(case, row, reasons, place == 0) for place, (row, reasons) in enumerate(shown)),
            all_url=url_for("guidelines_page.guidelines", brand_id=case.brand_id),
        ),
    )


def picked_in(case: Case) -> list[tuple[Guideline, Picked]]:
    """The guidelines that fit it, read once a request: the saved replies they name stand in another card."""
    kept: dict[UUID, list[tuple[Guideline, Picked]]] = g.setdefault("picked_in", {})
    if case.id not in kept:
        kept[case.id] = picked_for(case.actor, case.brand_id, case.facts)
    return kept[case.id]


def _look(case: Case, row: Guideline, reasons: tuple[str, ...], is_best: bool) -> ScenarioLook:
    may_write = case.actor.may(Permission.GUIDE_WRITE)
    is_message = case.kind == "message"
    return ScenarioLook(
        title=row.title,
        reasons=reasons,
        steps=tuple(map(str, row.steps)),
        offer=offer_words(row.offer_limit_cents, row.currency),
        never_say=tuple(map(str, row.never_say)),
        private=_("Answer in private") if row.visibility == "private" and not is_message else "",
        public=_("Answer in public") if row.visibility == "public" and not is_message else "",
        where_reason=row.visibility_reason if not is_message else "",
        final_by=final_by_words()[row.final_by] if row.final_by != "staff" else "",
        example=row.example,
        language=case.brand_language,
        open=is_best,
        url=url_for("guidelines_page.guideline", brand_id=case.brand_id, guideline_id=row.id) if may_write else "",
    )
