"""Last week by a rule of the desk that is not saved yet, in words and drawn."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from uuid import UUID

from flask import url_for
from flask_babel import gettext as _
from flask_babel import ngettext

from agency.inbox.hands import could_take
from agency.inbox.triage.carrying_out import wants_of
from agency.inbox.triage.last_week import CASES_SHOWN, MOST_MESSAGES, Found, Trial
from agency.web import clocks
from agency.web.contexts_desk_rules import TrialCase, TrialLook
from agency.web.desk_rule_offers import acknowledged_words
from agency.web.desk_rule_words import Names, able_words, names_for, offer_words
from agency.web.language import chosen_language, chosen_zone
from agency.web.looks import BrandLook
from agency.web.shell import brand_looks
from styleguides.masking import masked

BAR = 300
"""Width of what is drawn."""
AROUND = 70
"""Characters shown before and behind the words a rule found."""


def trial_look(trial: Trial, brand_id: UUID | None) -> TrialLook:
    """A trial for the page, of a rule of this brand or of all."""
    count = ngettext("%(num)s case", "%(num)s cases", trial.case_count)
    heading = ngettext(
        "Of %(all)s of last week, %(num)s would have been taken",
        "Of %(all)s of last week, %(num)s would have been taken",
        trial.taken_count,
        all=count,
    )
    shown = trial.found[:CASES_SHOWN]
    more = len(trial.found) - len(shown)
    looks, able = brand_looks(), _able(trial)
    return TrialLook(
        heading=heading,
        facts=(
            *_facts(trial, names_for([trial.terms]), acknowledged_words(trial, brand_id)),
            *_able_facts(trial, able),
        ),
        cut=_("Only the newest %(n)s messages were looked at.", n=MOST_MESSAGES) if trial.is_cut else "",
        taken_width=f"{BAR * trial.taken_count / max(1, trial.case_count):.1f}",
        cases=tuple(_case(one, looks, able.get(one.came.id)) for one in shown if one.came.brand_id in looks),
        more=ngettext("and %(num)s more", "and %(num)s more", more) if more else "",
    )


def _facts(trial: Trial, names: Names, acknowledged: str) -> tuple[str, ...]:
    done, n, found = trial.terms.effects, trial.taken_count, list[str]()
    for one in done.label_ids:
        found.append(_("%(n)s labelled “%(name)s”", n=n, name=names.labels.get(one) or _("not in use")))
    if done.points > 0:
        found.append(_("%(n)s raised by %(points)s", n=n, points=done.points))
    if done.points < 0:
        found.append(_("%(n)s lowered by %(points)s", n=n, points=-done.points))
    if done.keep_for is not None:
        name = names.people.get(done.keep_for) or _("somebody who left")
        found.append(_("%(n)s kept for %(name)s, where nobody had them", n=n, name=name))
    if done.loop_id is not None:
        loop = names.loops.get(done.loop_id) or _("put away")
        found.append(_("%(loop)s asked about %(n)s, once for a case until it answers", loop=loop, n=n))
    if acknowledged:
        found.append(acknowledged)
    found += offer_words(replace(done, acknowledge=False), names)
    if trial.added_count is not None and trial.gone_count is not None:
        found.append(
            _(
                "Against what it says now: %(added)s more, %(gone)s no longer",
                added=trial.added_count,
                gone=trial.gone_count,
            )
        )
    if trial.before_count:
        found.append(
            ngettext(
                "%(num)s more an earlier rule takes, and it is the last",
                "%(num)s more an earlier rule takes, and it is the last",
                trial.before_count,
            )
        )
    return tuple(found)


def _able(trial: Trial) -> dict[UUID, tuple[str, ...]]:
    """By message, who was on shift then and could take it, where the rule asks for whoever can."""
    effects = trial.terms.effects
    taken = [one.came for one in trial.found if not one.is_before and one.change != "gone"]
    asked = [(one, wants_of(effects, one.facts.language)) for one in taken]
    wanted = [(one, wants["wants_skill"], wants["wants_language"]) for one, wants in asked if any(wants.values())]
    found = could_take([(one.brand_id, one.at, skill, language) for one, skill, language in wanted])
    return {one.id: names for (one, _skill, _language), names in zip(wanted, found, strict=True)}


def _able_facts(trial: Trial, able: Mapping[UUID, tuple[str, ...]]) -> tuple[str, ...]:
    done = trial.terms.effects
    if not done.skill and not done.by_language:
        return ()
    nobody = sum(not names for names in able.values())
    can = able_words(done.skill, by_language=done.by_language)
    return (
        _("%(n)s kept for whoever %(can)s, where nobody had them", n=len(able), can=can),
        *([_("For %(n)s of these nobody who can was on shift then", n=nobody)] if nobody else []),
    )


def _able_words(names: tuple[str, ...] | None) -> str:
    if names is None:
        return ""
    return _("could then: %(names)s", names=", ".join(names)) if names else _("nobody could then")


def _case(one: Found, looks: dict[UUID, BrandLook], able: tuple[str, ...] | None) -> TrialCase:
    marks = {"added": _("new"), "gone": _("no longer")}
    return TrialCase(
        url=url_for("conversation.page", conversation_id=one.came.conversation_id),
        brand=looks[one.came.brand_id],
        author=one.came.author_name or _("Somebody"),
        said=pieces(one),
        when=clocks.full_exact(one.came.at, chosen_zone(), chosen_language()),
        mark=_("an earlier rule takes it") if one.is_before else marks.get(one.change, "") or _rewritten(one),
        able=_able_words(able),
    )


def _rewritten(one: Found) -> str:
    return _("said otherwise since") if one.came.says_now is not None else ""


def pieces(one: Found) -> tuple[tuple[str, bool], ...]:
    """The words around what was found, without what leads to a person, and which of them were found. Of words their
    author changed since only what they say now.
    """
    text = one.came.facts.text if one.came.says_now is None else one.came.says_now
    shown = masked(text)
    if not one.spans or one.came.says_now is not None or len(shown) != len(text):
        return ((_cut(" ".join(shown.split()), 2 * AROUND), False),)
    start, end = one.spans[0]
    first = max(0, start - AROUND)
    before = ("…" if first else "") + shown[first:start]
    behind = shown[end : end + AROUND] + ("…" if end + AROUND < len(shown) else "")
    return ((before, False), (shown[start:end], True), (behind, False))


def _cut(words: str, most: int) -> str:
    return words if len(words) <= most else f"{words[:most]}…"
