"""Incidents in words: what suggests one, how one stands, its cases."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from flask import url_for
from flask_babel import gettext as _
from flask_babel import ngettext

from agency.inbox.incidents.given import conditions_of
from agency.inbox.incidents.lists import CaseRow, IncidentRow
from agency.inbox.incidents.models import IncidentSuggestion
from agency.inbox.incidents.trial import Fits, Trial, posts_of_late
from agency.inbox.summary import excerpt_of
from agency.web import clocks
from agency.web.contexts_incidents import IncidentCaseLook, IncidentLook, SuggestedIncident
from agency.web.guide_words import language_word
from agency.web.inbox_filters import LANGUAGES
from agency.web.language import chosen_language, chosen_zone
from agency.web.looks import BrandLook, Choice, Clock, StateLook
from agency.web.reply_looks import place_words, platform_word
from tenants import clock

LONGEST_WORD = 40


def suggested_words(found: IncidentSuggestion) -> str:
    """14 people in 6 minutes say “app”, “abre”: an incident?"""
    minutes = max(1, round((found.last_at - found.first_at).total_seconds() / 60))
    words = ", ".join(_("“%(word)s”", word=str(one)[:LONGEST_WORD]) for one in found.words)
    people = ngettext("%(num)s person", "%(num)s people", found.people_count)
    within = ngettext("%(num)s minute", "%(num)s minutes", minutes)
    return _("%(people)s in %(minutes)s: %(words)s. An incident?", people=people, minutes=within, words=words)


def suggested_look(found: IncidentSuggestion, brand: BrandLook, *, may: bool) -> SuggestedIncident:
    """What may be one, in the list."""
    url = url_for("incidents_page.suggested", suggestion_id=found.id) if may else ""
    return SuggestedIncident(
        brand=brand,
        words=suggested_words(found),
        since=_age(found.first_at),
        url=url,
        dismiss_url=url_for("incidents_page.dismiss", suggestion_id=found.id) if may else "",
    )


def state_of(state: str) -> StateLook:
    """Open, ending, closed."""
    return {
        "open": StateLook("open", _("Going on"), "alert", "warn"),
        "ending": StateLook("ending", _("Follow-ups go out"), "hourglass", "info"),
        "closed": StateLook("closed", _("Ended"), "check", "good"),
    }[state]


def incident_look(row: IncidentRow, brand: BrandLook) -> IncidentLook:
    """One in the list."""
    found = row.incident
    return IncidentLook(
        brand=brand,
        name=found.name,
        url=url_for("incidents_page.incident", incident_id=found.id),
        state=state_of(found.state),
        counts=counts_of(row),
        opened=opened_words(row),
    )


def counts_of(row: IncidentRow) -> str:
    """212 cases of 180 people, 3 late."""
    cases = ngettext("%(num)s case", "%(num)s cases", row.in_count)
    people = ngettext("%(num)s person", "%(num)s people", row.people_count)
    words = _("%(cases)s in it, %(people)s in all", cases=cases, people=people)
    late = ngettext("%(num)s late", "%(num)s late", row.late_count)
    return f"{words}, {late}" if row.late_count else words


def opened_words(row: IncidentRow) -> str:
    """Since when, and by whom."""
    found = row.incident
    opened = _("Opened by %(name)s, %(day)s", name=found.opened_by_name, day=_moment(found.created_at))
    if found.closed_at is None:
        return opened
    closed = _("closed by %(name)s, %(day)s", name=found.closed_by_name, day=_moment(found.closed_at))
    return f"{opened}; {closed}"


def facts_of(row: IncidentRow) -> tuple[tuple[str, str], ...]:
    """What its page says of it."""
    conditions, posts = conditions_of(row.incident.conditions)
    words = ", ".join(one.words if not one.language else f"{one.words} ({one.language})" for one in conditions.words)
    found = [(_("Cases"), counts_of(row)), (_("There ever were"), str(row.case_count))]
    if words:
        found.append((_("Says one of"), words))
    if words and conditions.languages:
        found.append((_("Written in"), ", ".join(map(language_word, conditions.languages))))
    if posts:
        found.append((_("Stands under"), ngettext("%(num)s post", "%(num)s posts", len(posts))))
    found.append((_("Holds for what was written since"), _moment(row.incident.since)))
    found.append((_("Opened"), f"{row.incident.opened_by_name}, {_moment(row.incident.created_at)}"))
    if row.incident.closed_at is not None:
        found.append((_("Closed"), f"{row.incident.closed_by_name}, {_moment(row.incident.closed_at)}"))
    return tuple(found)


def case_look(row: CaseRow, incident_id: UUID, *, works: bool) -> IncidentCaseLook:
    """A case of an incident."""
    late = row.due_at is not None and row.due_at < clock.now()
    due = clocks.due(row.due_at, clock.now(), chosen_zone(), chosen_language()).words if row.due_at else ""
    is_in = row.left_because is None
    out = url_for("incidents_page.take_out", incident_id=incident_id, conversation_id=row.id)
    return IncidentCaseLook(
        url=url_for("conversation.page", conversation_id=row.id),
        author=row.author_name or _("Somebody"),
        place=place_words(row.platform, row.kind),
        words=row.excerpt,
        when=_age(row.last_customer_at) if row.last_customer_at else None,
        due=due if is_in else "",
        is_late=late and is_in,
        note=_note(row),
        out_url=out if works and is_in else "",
    )


def _note(row: CaseRow) -> str:
    said = []
    if row.because == "person":
        said.append(_("put in by %(name)s", name=row.attached_by_name))
    if row.left_because == "taken_out":
        said.append(_("taken out by %(name)s", name=row.left_by_name))
    elif row.left_because == "moved":
        said.append(_("answered, opened or closed by itself"))
    elif row.left_because is None and row.stayed:
        name = row.holder_name
        said.append(_("%(name)s has it", name=name) if name else _("stays in the queue: somebody was at it"))
    return " · ".join(said)


def language_choices(chosen: Sequence[str]) -> tuple[Choice, ...]:
    """In which languages words count: those we read, and what is chosen."""
    codes = dict.fromkeys((*LANGUAGES, *chosen))
    return tuple(Choice(language_word(code), "", value=code, selected=code in chosen) for code in codes)


def post_choices(brand_id: UUID, chosen: Sequence[str]) -> tuple[Choice, ...]:
    """Posts of late with open cases, and those chosen before; the count is of these cases."""
    found = {one.external_id: one for one in posts_of_late(brand_id)}
    choices = []
    for number in dict.fromkeys((*chosen, *found)):
        one = found.get(number)
        label = f"{platform_word(one.platform)} · {excerpt_of(one.text) or number}" if one is not None else number
        choices.append(
            Choice(
                label, "", value=number, selected=number in chosen, count=one.case_count if one is not None else None
            )
        )
    return tuple(choices)


def fits_look(one: Fits) -> IncidentCaseLook:
    """An open case that would come in."""
    return IncidentCaseLook(
        url=url_for("conversation.page", conversation_id=one.conversation_id),
        author=one.author_name or _("Somebody"),
        place=place_words(one.platform, one.kind),
        words=excerpt_of(one.text),
        when=_age(one.at),
    )


def named_look(row: Any) -> IncidentCaseLook:
    """A case that a suggestion names."""
    return IncidentCaseLook(
        url=url_for("conversation.page", conversation_id=row.id),
        author=row.author_name or _("Somebody"),
        place=place_words(row.platform, row.kind),
        words=row.excerpt,
        when=_age(row.last_customer_at) if row.last_customer_at else None,
    )


def trial_words(trial: Trial, most: int) -> str:
    """Of 340 open cases it takes 212, of 180 people."""
    count = len(trial.found)
    words = ngettext(
        "Of %(all)s open cases it takes %(num)s",
        "Of %(all)s open cases it takes %(num)s",
        count,
        all=trial.case_count,
    )
    if trial.is_cut:
        words += " · " + _("only the newest %(n)s messages were looked at", n=most)
    return words


def _age(at: Any) -> Clock:
    return clocks.age(at, clock.now(), chosen_zone(), chosen_language())


def _moment(at: Any) -> str:
    return clocks.moment(at, chosen_zone(), chosen_language()).words
