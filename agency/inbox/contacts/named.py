"""What colleagues keep under a person's name, found before the name is erased: searches, views, labels, topics, texts.

A name is sure where nobody else could be meant: of two words or more that are more than initials, or a handle, and of
nobody else of the brand. What looks for a sure name goes by itself, and a view's name loses it; whatever may mean
somebody else, or would change what colleagues work with, is left and named to whoever erases. In an agency's scope;
nothing here commits.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any, Final, NamedTuple
from uuid import UUID

from sqlalchemy import Text, cast, delete, func, literal, or_, select, update

from agency.inbox.contacts.models import ERASED, Contact
from agency.inbox.contacts.names import folded, name_key
from agency.inbox.desk_models import Label, LastPlace, SavedView
from agency.inbox.topic_models import Topic
from agency.inbox.triage.models import TriageRule
from styleguides.models import SavedReply
from tenants.database import db
from tenants.scope import current_scope

SHORTEST_BEGINNING: Final = 3
"""Letters that a search begins a name with before it counts as one for it: two begin half of all names."""
SHORTEST_SURE: Final = 3
"""Letters of a word of a sure name: "Ada A." is many people, and "a" a word of some languages."""
SHORTEST_HANDLE: Final = 5
"""Of a handle that is sure."""
SHORTEST_ID: Final = 8
"""Of an id that is looked for by its beginning: a shorter number is a number of something else."""
MOST_LEFT: Final = 50
"""Things left to be looked at that are kept; beyond, whoever erases searches for the name beforehand."""
TAKEN_OUT: Final = "…"
_WORD = re.compile(r"\w+")
_UNSPACED = re.compile("[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff]")
"""Letters of languages that write no spaces between words."""
_QUIET: Final = {"synchronize_session": False}


class Left(NamedTuple):
    """A thing that may still hold the name: `kind` is `view`, `label`, `topic`, `rule` or `saved_reply`.

    `version` is the one that held it: a later one was looked at. `shown` is its own name, `of` whose view it is.
    """

    kind: str
    id: UUID
    version: int
    shown: str = ""
    of: str = ""


class Name(NamedTuple):
    """One of a person's names, or an id of theirs."""

    plain: str
    words: frozenset[str]
    is_sure: bool

    def stands_in(self, text: str) -> bool:
        """Whether each word of the name is one of the text, in whatever order; a handle as it is written."""
        if not self.words:
            return False
        plain = folded(text)
        if _UNSPACED.search(self.plain):
            return self.plain in plain
        if " " not in self.plain:
            return re.search(rf"(?<!\w){re.escape(self.plain)}(?!\w)", plain) is not None
        return self.words <= set(_WORD.findall(plain))

    def is_begun_by(self, looked_for: str) -> bool:
        """Whether each word looked for begins one of the name's."""
        least = SHORTEST_ID if self.plain.isdigit() else SHORTEST_BEGINNING
        words = [one for one in _WORD.findall(folded(looked_for)) if len(one) >= least]
        return bool(words) and all(any(mine.startswith(one) for mine in self.words) for one in words)


class Found(NamedTuple):
    """What holds a person's names: searches and views that go, names of views that change, and what is left."""

    places: list[UUID]
    views: list[UUID]
    renamed: dict[UUID, str]
    left: list[Left]


def names_of(contact_ids: Collection[UUID]) -> list[Name]:
    """By what these identities are known, erased ones by nothing. One statement for all and one for each name."""
    found: dict[str, bool] = {}
    for name, external_id in db.session.execute(
        select(Contact.name, Contact.external_id).where(Contact.id.in_(contact_ids))
    ):
        if external_id.startswith(ERASED):
            continue
        found[folded(external_id)] = True
        if name and folded(name):
            found[folded(name)] = _is_sure(name, contact_ids)
    return [Name(plain, frozenset(_WORD.findall(plain)), is_sure) for plain, is_sure in found.items()]


def _is_sure(name: str, contact_ids: Collection[UUID]) -> bool:
    plain = folded(name)
    long = [one for one in _WORD.findall(plain) if len(one) >= SHORTEST_SURE]
    is_handle = " " not in plain and not plain.isalpha() and len(plain) >= SHORTEST_HANDLE
    if len(long) < 2 and not is_handle:
        return False  # a first name, or a word: a view for "hope" is for nobody
    others = select(Contact.id).where(
        Contact.brand_id.in_(select(Contact.brand_id).where(Contact.id.in_(contact_ids))),
        Contact.name_key == name_key(name),
        Contact.id.not_in(contact_ids),
    )
    return db.session.scalars(others.limit(1)).first() is None


def look(contact_ids: Collection[UUID]) -> Found:
    """What holds the names of these identities now. Eight statements and some; cost grows with what colleagues keep."""
    names = names_of(contact_ids)
    found = Found([], [], {}, [])
    if not names:
        return found
    brands = set(db.session.scalars(select(Contact.brand_id).where(Contact.id.in_(contact_ids)).distinct()))
    for place_id, filters in db.session.execute(
        select(LastPlace.id, LastPlace.filters).where(LastPlace.filters.has_key("q"))
    ):
        looked_for = _looked_for(filters)
        if any(one.stands_in(looked_for) or one.is_begun_by(looked_for) for one in names):
            found.places.append(place_id)
    for view in db.session.scalars(select(SavedView).order_by(SavedView.id)):
        if _reaches(view.filters, brands):
            _judge(view, names, found)
    found.left.extend(_vocabulary(names, brands))
    del found.left[MOST_LEFT:]
    return found


def forget(found: Found) -> None:
    """Take out of searches and views what `look` found. Repeat-safe."""
    if found.places:
        theirs = update(LastPlace).where(LastPlace.id.in_(found.places))
        db.session.execute(theirs.values(filters=LastPlace.filters.op("-")("q")).execution_options(**_QUIET))
    if found.views:
        db.session.execute(delete(SavedView).where(SavedView.id.in_(found.views)).execution_options(**_QUIET))
    for view in db.session.scalars(select(SavedView).where(SavedView.id.in_(found.renamed))) if found.renamed else ():
        view.name = found.renamed[view.id]
        view.version += 1
    db.session.flush()


def still_left(left: Iterable[Mapping[str, Any]]) -> list[Left]:
    """Of what an erasing left, as it was kept, what nobody has changed since; with the names it has now."""
    kept = {(str(one["kind"]), UUID(one["id"])): int(one["version"]) for one in left}
    found: list[Left] = []
    for kind, model, shown in (
        ("view", SavedView, SavedView.name),
        ("label", Label, Label.name),
        ("topic", Topic, Topic.name),
        ("rule", TriageRule, TriageRule.name),
        ("saved_reply", SavedReply, SavedReply.title),
    ):
        ids = [one for sort, one in kept if sort == kind]
        of: Any = SavedView.person_name if kind == "view" else literal("")
        wanted = select(model.id, model.version, shown, of).where(model.id.in_(ids)).order_by(model.id)
        for thing_id, version, name, person in db.session.execute(wanted) if ids else ():
            if version == kept[kind, thing_id]:
                found.append(Left(kind, thing_id, version, name, person))
    return found


def _judge(view: SavedView, names: Sequence[Name], found: Found) -> None:
    looked_for = _looked_for(view.filters)
    sure = [one for one in names if one.is_sure]
    if any(one.stands_in(looked_for) for one in sure):
        found.views.append(view.id)
        return
    named = [one for one in sure if one.stands_in(view.name)]
    if named:
        words = frozenset().union(*(one.words for one in named))
        found.renamed[view.id] = " ".join(_without(view.name, words).split()) or TAKEN_OUT
    searched = any(one.stands_in(looked_for) or one.is_begun_by(looked_for) for one in names)
    if searched or any(one.stands_in(view.name) for one in names if not one.is_sure):
        found.left.append(Left("view", view.id, view.version + bool(named), view.name, view.person_name))


def _without(name: str, words: frozenset[str]) -> str:
    """The name of a view with these words taken out, whatever their case and accents."""
    return re.sub(r"@?\w+", lambda one: TAKEN_OUT if folded(one[0].lstrip("@")) in words else one[0], name)


def _vocabulary(names: Sequence[Name], brands: Collection[UUID]) -> list[Left]:
    """Labels, topics, rules and saved replies of these brands and of the agency that hold one of the names."""
    places = [*brands, current_scope().agency_id]
    found = [
        Left("label", one.id, one.version, one.name)
        for one in db.session.scalars(select(Label).where(Label.brand_id.in_(places)).order_by(Label.id))
        if any(name.stands_in(one.name) for name in names)
    ]
    for topic in db.session.scalars(select(Topic).where(Topic.brand_id.in_(brands)).order_by(Topic.id)):
        texts = [topic.name, *(str(one.get("words", "")) for one in topic.phrases)]
        if any(name.stands_in(text) for name in names for text in texts):
            found.append(Left("topic", topic.id, topic.version, topic.name))
    for rule in db.session.scalars(select(TriageRule).where(TriageRule.brand_id.in_(places)).order_by(TriageRule.id)):
        asked = rule.terms.get("if", {})
        texts = [rule.name, rule.note, *(str(one[1]) for name in ("words", "without") for one in asked.get(name, ()))]
        if any(name.stands_in(text) for name in names for text in texts):
            found.append(Left("rule", rule.id, rule.version, rule.name))
    saved = func.lower(SavedReply.title + " " + cast(SavedReply.texts, Text))
    likely = or_(*(saved.contains(max(one.words, key=len), autoescape=True) for one in names if one.words))
    wanted = select(SavedReply).where(SavedReply.brand_id.in_(places), likely).order_by(SavedReply.id)
    for reply in db.session.scalars(wanted):
        texts = [reply.title, *(str(one.get("text", "")) for one in reply.texts)]
        if any(name.stands_in(text) for name in names for text in texts):
            found.append(Left("saved_reply", reply.id, reply.version, reply.title))
    return found


def _looked_for(filters: Mapping[str, Any]) -> str:
    given = filters.get("q")
    return str(given[0]) if isinstance(given, list) and given else str(given or "")


def _reaches(filters: Mapping[str, Any], brands: Collection[UUID]) -> bool:
    """Whether a view can show a case of these brands: one of other brands is about somebody else."""
    chosen = filters.get("brand")
    return not isinstance(chosen, list) or not chosen or any(str(one) in chosen for one in brands)
