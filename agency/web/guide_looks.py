"""How versions of a guide and what differs between them are shown."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from flask_babel import gettext as _

from agency.replies.text_difference import Piece, text_difference
from agency.web import clocks
from agency.web.contexts import ChainStep
from agency.web.contexts_setup import RuleChange
from agency.web.guide_words import language_word, rule_look
from agency.web.language import chosen_language, chosen_zone, per_language
from agency.web.looks import StateLook, Tone
from agency.web.reply_looks import platform_word
from styleguides import guide_difference
from styleguides.identity import Identity, IdentityInvalid, identity_from_data
from styleguides.models import StyleGuideStep, StyleGuideVersion
from styleguides.rules import Rule, rules_to_data

MOST_COMPARED = 200
"""Phrases of a rule that are named where two versions of it are compared."""


@per_language
def level_words() -> dict[str, str]:
    """What a rule does where it is broken."""
    return {"stop": _("Stops"), "warn": _("Warns"), "hint": _("Hint")}


@per_language
def version_states() -> dict[str, StateLook]:
    """Each state of a version: word, icon, colour."""
    return {
        "in_force": StateLook("in_force", _("In force"), "check", "good"),
        "proposed": StateLook("proposed", _("Proposed"), "hourglass", "info"),
        "draft": StateLook("draft", _("Draft"), "pencil", "plain"),
        "retired": StateLook("retired", _("Earlier"), "clock", "plain"),
    }


def change_looks(changes: Sequence[guide_difference.RuleChange]) -> tuple[RuleChange, ...]:
    """Rules that differ, each with what is new in it."""
    states = {
        "new": StateLook("new", _("New"), "plus", "good"),
        "changed": StateLook("changed", _("Changed"), "pencil", "warn"),
        "gone": StateLook("gone", _("Gone"), "cross", "bad"),
    }
    return tuple(
        RuleChange(
            rule=rule_look(change.rule),
            state=states[change.what],
            rows=_rows(change.before, change.after) if change.before is not None and change.after is not None else (),
            difference=text_difference(_lines(change.before), _lines(change.after))
            if change.before is not None and change.after is not None
            else (),
        )
        for change in changes
    )


def _rows(before: Rule, after: Rule) -> tuple[tuple[str, tuple[Piece, ...]], ...]:
    """What it asks, whether that changed or not, and what else changed, as people read it."""
    old, new = (rule_look(rule, most_listed=MOST_COMPARED) for rule in (before, after))
    levels = level_words()
    everything = (
        (_("How strict"), levels[old.level], levels[new.level]),
        (_("What it asks"), old.summary, new.summary),
        (_("Where"), old.where or _("everywhere"), new.where or _("everywhere")),
        (_("Why"), old.reason, new.reason),
        (_("Good"), "\n".join(old.good), "\n".join(new.good)),
        (_("Not so"), "\n".join(old.bad), "\n".join(new.bad)),
    )
    asks = everything[1]
    return tuple((row[0], text_difference(row[1], row[2])) for row in everything if row[1] != row[2] or row is asks)


def _lines(rule: Rule) -> str:
    """A rule's data, a field a line."""
    data = rules_to_data([rule])[0]
    return "\n".join(
        f"{name}: {value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)}"
        for name, value in data.items()
    )


@per_language
def identity_words() -> dict[str, str]:
    """What each named field of the head is called."""
    return {
        "audience": _("Whom we write for"),
        "address": _("How we address people"),
        "do": _("So we write"),
        "dont": _("So we do not write"),
        "vocabulary": _("Our words"),
        "signatures": _("How we sign"),
    }


def identity_lines(identity: Identity) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """Headings and entries as they are read, for all languages; those of single languages follow with their names."""
    words = identity_words()
    lines: list[tuple[str, tuple[str, ...]]] = []
    for name, heading in words.items():
        if value := getattr(identity, name):
            lines.append((heading, (value,) if isinstance(value, str) else value))
    for heading, other in identity.other.items():
        lines.append((heading, (other,) if isinstance(other, str) else other))
    for platform, texts in identity.examples.items():
        lines.append((_("Example on %(platform)s", platform=platform_word(platform)), texts))
    for code, variant in identity.languages.items():
        lines += [(f"{heading} ({language_word(code)})", entries) for heading, entries in identity_lines(variant)]
    return tuple(lines)


def identity_of(data: Any) -> Identity:
    """A stored head; one that an older release let through and that cannot be read says nothing."""
    try:
        return identity_from_data(data or {})
    except IdentityInvalid:
        return Identity()


def identity_changes(before: Identity, after: Identity) -> tuple[tuple[str, tuple[Piece, ...]], ...]:
    """Headings that differ, with what is new and what went."""
    old, new = dict(identity_lines(before)), dict(identity_lines(after))
    headings = [*new, *(heading for heading in old if heading not in new)]
    return tuple(
        (heading, text_difference("\n".join(old.get(heading, ())), "\n".join(new.get(heading, ()))))
        for heading in headings
        if old.get(heading, ()) != new.get(heading, ())
    )


def chain_of(version: StyleGuideVersion, steps: Sequence[StyleGuideStep]) -> tuple[ChainStep, ...]:
    """What became of a version, oldest first."""
    at = clocks.moment(version.created_at, chosen_zone(), chosen_language())
    facts = ((_("What changed"), version.note),) if version.note else ()
    written = ChainStep(what=_("Written"), icon="pencil", who=version.written_by_name, at=at, facts=facts)
    return (written, *map(_step, steps))


def _step(step: StyleGuideStep) -> ChainStep:
    looks: dict[str, tuple[str, str, Tone, str]] = {
        "propose": (_("Proposed to the client"), "hourglass", "info", _("Note")),
        "approve_guide": (_("Approved: in force"), "check", "good", _("Comment")),
        "answer": (_("Given back"), "reply", "warn", _("Comment")),
        "call_back": (_("Called back"), "undo", "plain", _("Reason")),
        "put_in_force": (_("Put in force"), "check", "good", _("Reason")),
    }
    what, icon, tone, label = looks.get(step.deed, (step.deed, "circle", "plain", _("Note")))
    facts = [(label, step.words)] if step.words else []
    if step.against is not None:
        facts.append((_("In force at that time"), _("Version %(n)s", n=step.against)))
    at = clocks.moment(step.created_at, chosen_zone(), chosen_language())
    return ChainStep(what=what, icon=icon, tone=tone, who=step.made_by_name, at=at, facts=tuple(facts))
