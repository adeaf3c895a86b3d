"""A rule of the desk in words: what it asks, and what it does."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Any, NamedTuple
from uuid import UUID

from babel.dates import get_day_names
from flask_babel import gettext as _
from sqlalchemy import select

from agency.inbox.label_names import names_of
from agency.inbox.loops.models import FeedbackLoop
from agency.inbox.topic_names import names_of as topics_of
from agency.inbox.topics import BUILT_IN
from agency.inbox.triage.terms import PRIVATE, PUBLIC, Conditions, Effects, Phrase, Terms
from agency.web.guide_words import language_word
from agency.web.inbox_filters import value_words
from agency.web.language import chosen_language
from agency.web.reading_words import topic_words
from styleguides.models import Guideline, SavedReply
from tenants.database import db
from tenants.models import Brand, Person


class Names(NamedTuple):
    """What ids of rules are called."""

    labels: Mapping[UUID, str]
    people: Mapping[UUID, str]
    brands: Mapping[UUID, str]
    topics: Mapping[UUID, str]
    loops: Mapping[UUID, str] = MappingProxyType({})
    guidelines: Mapping[UUID, str] = MappingProxyType({})
    saved_replies: Mapping[UUID, str] = MappingProxyType({})


def names_for(every: Iterable[Terms]) -> Names:
    """Of everything these name; a statement for each kind of thing that is named at all."""
    terms = list(every)
    labels = {one for t in terms for one in t.effects.label_ids}
    people = {t.effects.keep_for for t in terms if t.effects.keep_for}
    brands = {one for t in terms for one in t.conditions.brands}
    topics = {UUID(one) for t in terms for one in t.conditions.topics if one not in BUILT_IN}
    found: dict[UUID, str] = {}
    if people:
        rows: Any = db.session.execute(select(Person.id, Person.name).where(Person.id.in_(people)))
        found = {row[0]: row[1] for row in rows}
    called: dict[UUID, str] = {}
    if brands:
        rows = db.session.execute(select(Brand.id, Brand.name).where(Brand.id.in_(brands)))
        called = {row[0]: row[1] for row in rows}
    return Names(
        labels={one.id: one.name for one in names_of(labels)} if labels else {},
        people=found,
        brands=called,
        topics=topics_of(topics) if topics else {},
        loops=_loops_of({t.effects.loop_id for t in terms if t.effects.loop_id}),
        guidelines=_titles_of(Guideline, Guideline.deleted_at, {t.effects.guideline_id for t in terms}),
        saved_replies=_titles_of(SavedReply, SavedReply.archived_at, {t.effects.saved_reply_id for t in terms}),
    )


def _titles_of(model: Any, gone_at: Any, named: set[UUID | None]) -> dict[UUID, str]:
    """Of those in use."""
    ids = named - {None}
    if not ids:
        return {}
    rows: Any = db.session.execute(select(model.id, model.title).where(model.id.in_(ids), gone_at.is_(None)))
    return {row[0]: row[1] for row in rows}


def _loops_of(ids: set[UUID]) -> dict[UUID, str]:
    if not ids:
        return {}
    rows: Any = db.session.execute(select(FeedbackLoop.id, FeedbackLoop.name).where(FeedbackLoop.id.in_(ids)))
    return {row[0]: row[1] for row in rows}


def condition_words(asked: Conditions, names: Names) -> tuple[tuple[str, str], ...]:
    """What is asked, by name, in the order of the form."""
    values = value_words()
    found: list[tuple[str, str]] = []

    def tell(label: str, words: Iterable[str]) -> None:
        said = ", ".join(one for one in words if one)
        if said:
            found.append((label, said))

    tell(_("Says one of"), phrase_words(asked.words))
    tell(_("Says none of"), phrase_words(asked.without))
    tell(_("Brands"), (names.brands.get(one, _("a brand of others")) for one in asked.brands))
    tell(_("Platform"), (values["platform"].get(one, one) for one in asked.platforms))
    tell(_("Kind"), (values["kind"].get(one, one) for one in asked.kinds))
    tell(_("Who reads along"), [seen_words().get(asked.seen_by, "")] if asked.seen_by else [])
    tell(_("Language"), map(language_word, asked.languages))
    tell(_("Stars"), [stars_words(asked.stars_from, asked.stars_to)])
    tell(_("Mood"), (values["sentiment"].get(one, one) for one in asked.sentiments))
    tell(_("What it is"), (values["act"].get(one, one) for one in asked.acts))
    tell(_("Topics"), (topic_word(one, names) for one in asked.topics))
    tell(_("VIP"), [_("yes")] if asked.vip else [])
    tell(_("Days"), (day_words()[one] for one in asked.weekdays))
    if asked.from_time is not None and asked.until_time is not None:
        start, end = asked.from_time.isoformat("minutes"), asked.until_time.isoformat("minutes")
        tell(_("Written"), [_("%(start)s to %(end)s by the brand's clock", start=start, end=end)])
    return tuple(found)


def effect_words(terms: Terms, names: Names) -> tuple[str, ...]:
    """What is done, each in a few words."""
    done, found = terms.effects, list[str]()
    found += [_("label “%(name)s”", name=names.labels.get(one) or _("not in use")) for one in done.label_ids]
    if done.points > 0:
        found.append(_("raise by %(n)s", n=done.points))
    if done.points < 0:
        found.append(_("lower by %(n)s", n=-done.points))
    if done.keep_for is not None:
        found.append(_("keep for %(name)s", name=names.people.get(done.keep_for) or _("somebody who left")))
    if done.skill or done.by_language:
        found.append(_("keep for whoever %(can)s", can=able_words(done.skill, by_language=done.by_language)))
    if done.loop_id is not None:
        found.append(_("ask %(loop)s", loop=names.loops.get(done.loop_id) or _("put away")))
    return (*found, *offer_words(done, names))


def offer_words(done: Effects, names: Names) -> list[str]:
    """What it asks for, or offers whoever answers."""
    found = list[str]()
    if done.acknowledge:
        found.append(_("acknowledge"))
    if done.guideline_id is not None:
        title = names.guidelines.get(done.guideline_id) or _("not in use")
        found.append(_("offer the guideline “%(title)s”", title=title))
    if done.saved_reply_id is not None:
        title = names.saved_replies.get(done.saved_reply_id) or _("not in use")
        found.append(_("offer the saved reply “%(title)s”", title=title))
    return found


def able_words(skill: str, *, by_language: bool) -> str:
    """Of whoever: has “refunds” and reads the language."""
    if skill and by_language:
        return _("has “%(skill)s” and reads its language", skill=skill)
    return _("has “%(skill)s”", skill=skill) if skill else _("reads its language")


def phrase_words(phrases: Iterable[Phrase]) -> list[str]:
    """Each with its language where it is of one."""
    return [f"{one.words} ({one.language})" if one.language else one.words for one in phrases]


def seen_words() -> dict[str, str]:
    """Who reads along, by code."""
    return {PUBLIC: _("Everybody"), PRIVATE: _("Only the brand")}


def stars_words(least: int | None, most: int | None) -> str:
    """Stars from and to; empty where neither is asked."""
    if least is None and most is None:
        return ""
    if (least or 1) == (most or 5):
        return "★" * (least or 1)
    return _("%(least)s to %(most)s", least=least or 1, most=most or 5)


def topic_word(code: str, names: Names) -> str:
    """A topic of ours, or a brand's own."""
    return topic_words()[code] if code in BUILT_IN else names.topics.get(UUID(code)) or _("a topic not in use")


def day_words() -> dict[int, str]:
    """Days of the week, 1 for Monday."""
    names: Any = get_day_names("wide", "stand-alone", locale=chosen_language())
    return {number: str(names[number - 1]) for number in range(1, 8)}
