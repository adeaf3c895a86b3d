"""Beside a case: what rules of the desk did to it, and why. For the agency alone."""

from __future__ import annotations

from uuid import UUID

from flask import url_for
from flask_babel import gettext as _
from flask_babel import ngettext

from agency.inbox.conversation_view import ConversationView, MessageView
from agency.inbox.triage.offers import ACKNOWLEDGE, GUIDELINE, SAVED_REPLY
from agency.inbox.triage.trace import RuleDeed, said
from agency.web import clocks
from agency.web.contexts_conversation import SideLine, SidePart
from agency.web.guide_words import language_word
from agency.web.language import chosen_language, chosen_zone
from tenants import clock
from tenants.permissions import Actor, Permission


def rules_part(view: ConversationView, actor: Actor) -> tuple[SidePart, ...]:
    """Each rule that acted, oldest first; nothing where none did, or the reader is no colleague."""
    if not view.triage or not actor.may(Permission.NOTE_READ):
        return ()
    zone, locale, now = chosen_zone(), chosen_language(), clock.now()
    messages = {message.id: message for message in view.messages}
    labels = {label.id: label.name for label in view.labels}
    lines = tuple(
        SideLine(
            text=" · ".join(_deed_words(one, messages.get(one.message_id), labels)),
            label=_("Rule “%(name)s” (v%(n)s)", name=one.rule_name, n=one.rule_version),
            at=clocks.age(one.at, now, zone, locale),
        )
        for one in view.triage
    )
    may_look = actor.may(Permission.CONVERSATION_WORK)
    return (
        SidePart(
            heading=_("Rules of the desk"),
            lines=lines,
            all_url=url_for("desk_rules_page.rules") if may_look else "",
            all_words=_("All rules"),
        ),
    )


def wants_words(skill: str | None, language: str | None) -> str:
    """Of whoever should take a case: “refunds”, Polish."""
    return ", ".join([*([f"“{skill}”"] if skill else []), *([language_word(language)] if language else [])])


def _found_words(one: RuleDeed) -> str:
    wants = wants_words(one.wants_skill, one.wants_language)
    if not one.kept_for_name:
        return _("for whoever can: %(wants)s; nobody on shift could take it yet", wants=wants)
    return ngettext(
        "for whoever can: %(wants)s; kept for %(name)s, on shift with %(num)s case, the fewest of who had room",
        "for whoever can: %(wants)s; kept for %(name)s, on shift with %(num)s cases, the fewest of who had room",
        one.kept_held or 0,
        wants=wants,
        name=one.kept_for_name,
    )


def _deed_words(one: RuleDeed, message: MessageView | None, labels: dict[UUID, str]) -> list[str]:
    words = [_("said “%(words)s”", words=word) for word in said(one, message)]
    put_on = [labels[label] for label in one.label_ids if label in labels]
    if put_on:
        words.append(_("labelled %(names)s", names=", ".join(put_on)))
    elif one.label_ids:
        words.append(_("labelled; taken off since"))
    if one.points:
        words.append(_("raised by %(n)s", n=one.points) if one.points > 0 else _("lowered by %(n)s", n=-one.points))
    if one.wants_skill or one.wants_language:
        words.append(_found_words(one))
    elif one.kept_for_name:
        words.append(_("kept for %(name)s", name=one.kept_for_name))
    if ACKNOWLEDGE in one.offers:
        words.append(_("asked to acknowledge it"))
    if GUIDELINE in one.offers:
        words.append(_("offered a guideline"))
    if SAVED_REPLY in one.offers:
        words.append(_("offered a saved reply"))
    return words or [_("nothing was left to do")]
