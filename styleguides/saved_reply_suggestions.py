"""Which saved replies fit a case, by the words the customer wrote and their language.

They are picked as scenarios are (`styleguides.scenarios`): by the labels and the title that the customer's words say.
Those of one brand, and of the agency, are kept ready in memory; what changes any of them changes the sum of their
versions, which each question asks for first, so no process offers what is not there any more.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import Final, NamedTuple
from uuid import UUID

from sqlalchemy import func, select

from styleguides.language import base_language
from styleguides.models import Guideline, SavedReply
from styleguides.saved_replies import SavedReplyRow, saved_replies_by_id
from styleguides.scenarios import CaseFacts, Scenario, Scenarios
from tenants.database import db
from tenants.permissions import Actor, Permission, require

_LOOKED_AT: Final = 4
"""Times as many as are wanted: what is there only in other languages stands behind."""
_MOST_KEPT: Final = 200


class Suggestion(NamedTuple):
    """A saved reply that fits: `words` are the customer's words it was found by; a `guideline` of the case names it, or
    a `rule` of the desk.
    """

    saved: SavedReplyRow
    words: tuple[str, ...]
    guideline: str = ""
    rule: str = ""


_kept: OrderedDict[tuple[UUID, UUID], tuple[int, Scenarios]] = OrderedDict()
_lock = threading.Lock()


def suggest(
    actor: Actor,
    brand_id: UUID,
    text: str,
    language: str | None,
    limit: int = 5,
    guidelines: Iterable[Guideline] = (),
    by_rules: Mapping[UUID, str] = MappingProxyType({}),
) -> list[Suggestion]:
    """The best of the brand's and the agency's for a text, best first; those with a text in its language before others.

    What rules of the desk name (`by_rules`, with their names) stands first, then what the `guidelines` of the case
    name, then what its words found, each in their order. Two statements, one more after a change. Raises NotFound,
    Forbidden.
    """
    require(actor, Permission.GUIDE_READ, brand_id)
    case = CaseFacts(words=text, language=language)
    picked = [one for ready in _ready(actor.agency_id, brand_id) for one in ready.pick(case, most=limit * _LOOKED_AT)]
    named: dict[UUID, str] = {}
    for row in guidelines:
        for one in row.saved_reply_ids:
            named.setdefault(UUID(one), row.title)
    rows = saved_replies_by_id(actor, [*by_rules, *named, *(found.id for found in picked)])
    wanted = base_language(language)
    found = [one for one in picked if one.id in rows]
    found.sort(key=lambda one: (not _speaks(rows[one.id], wanted), -one.points))
    words = {one.id: tuple(word for reason in one.reasons for word in reason.found) for one in found}
    usable = [
        one for one in dict.fromkeys((*by_rules, *named)) if one in rows and rows[one].brand_id in (None, brand_id)
    ]
    usable.sort(key=lambda one: (one not in by_rules, not _speaks(rows[one], wanted)))
    ordered = dict.fromkeys((*usable, *words))
    found_by = ((rows[one], words.get(one, ()), named.get(one, ""), by_rules.get(one, "")) for one in ordered)
    return [Suggestion(*one) for one in found_by][:limit]


def _speaks(saved: SavedReplyRow, language: str | None) -> bool:
    return language is None or any(base_language(one["language"]) == language for one in saved.texts)


def _ready(agency_id: UUID, brand_id: UUID) -> Sequence[Scenarios]:
    """Of the brand and of the agency, where this session may see that and there is anything."""
    stamps = db.session.execute(
        select(SavedReply.brand_id, func.sum(SavedReply.version))
        .where(SavedReply.brand_id.in_([brand_id, agency_id]))
        .group_by(SavedReply.brand_id)
        .order_by(SavedReply.brand_id == agency_id)
    ).all()
    found = []
    for place, stamp in stamps:
        with _lock:
            known = _kept.get((agency_id, place))
        if known is None or known[0] != stamp:
            known = (stamp, _read(place))
            with _lock:
                _kept[agency_id, place] = known
                _kept.move_to_end((agency_id, place))
                while len(_kept) > _MOST_KEPT:
                    _kept.popitem(last=False)
        found.append(known[1])
    return found


def _read(place: UUID) -> Scenarios:
    rows = db.session.execute(
        select(SavedReply.id, SavedReply.title, SavedReply.words).where(
            SavedReply.brand_id == place, SavedReply.archived_at.is_(None)
        )
    )
    return Scenarios(Scenario(row.id, row.title, words=(*row.words, row.title) if row.words else ()) for row in rows)
