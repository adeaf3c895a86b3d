"""What a rule of the desk may offer whoever answers, to choose from, and how often it would have acknowledged."""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

from flask_babel import gettext as _
from flask_babel import ngettext
from sqlalchemy import select

from agency.inbox.heard_lines import RULE
from agency.inbox.triage.last_week import Trial
from agency.replies.heard_replay import heard_last_week
from agency.replies.policy_versions import policy_in_force
from agency.replies.silence import is_signed
from agency.web.looks import Choice
from styleguides.guidelines import list_guidelines
from styleguides.models import SavedReply
from styleguides.saved_replies import MOST_TITLES
from tenants.database import db
from tenants.permissions import Actor


def guidelines_of(actor: Actor, chosen: str, brand_id: UUID | None) -> tuple[Choice, ...]:
    """A brand's guidelines; nothing to choose for a rule of every brand."""
    rows = list_guidelines(actor, brand_id) if brand_id is not None else []
    return _choices(((str(one.id), one.title) for one in rows), chosen)


def saved_replies_of(actor: Actor, chosen: str, brand_id: UUID | None) -> tuple[Choice, ...]:
    """Saved replies that all cases of the rule have: the agency's, and those of the rule's brand."""
    places = [actor.agency_id] if brand_id is None else [actor.agency_id, brand_id]
    rows = db.session.execute(
        select(SavedReply.id, SavedReply.title)
        .where(SavedReply.brand_id.in_(places), SavedReply.archived_at.is_(None))
        .order_by(SavedReply.title, SavedReply.id)
        .limit(MOST_TITLES)
    )
    return _choices(((str(row.id), row.title) for row in rows), chosen)


def _choices(named: Iterable[tuple[str, str]], chosen: str) -> tuple[Choice, ...]:
    found = [("", _("none")), *named]
    if chosen and chosen not in dict(found):
        found.append((chosen, _("not in use")))
    if len(found) == 1:
        return ()
    return tuple(Choice(title, "", value=value, selected=value == chosen) for value, title in found)


def acknowledged_words(trial: Trial, brand_id: UUID | None) -> str:
    """How many threads the rule would have acknowledged, by what the client has signed; empty where it asks none to."""
    if not trial.terms.effects.acknowledge:
        return ""
    if brand_id is None:
        return _("acknowledged as far as each brand's client signed that rules may ask for it")
    policy = policy_in_force(brand_id)
    lines = [one for one in policy.terms.acknowledge if one.when == RULE]
    if not lines or not is_signed(brand_id, policy.number):
        return _("nobody acknowledged: the client has not signed that a rule may ask for it (Policy)")
    threads = heard_last_week(brand_id, lines, trial.taken_ids).threads
    return ngettext("%(num)s thread acknowledged", "%(num)s threads acknowledged", threads)
