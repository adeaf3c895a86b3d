"""Which saved replies fit a case, by the words the customer wrote and their language.

The words of all saved replies of one brand, and of the agency's own, are kept ready in memory; what changes any of them
changes the sum of their versions, which each question asks for first, so no process offers what is not there any more.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Sequence
from typing import Final, NamedTuple
from uuid import UUID

from sqlalchemy import func, select

from styleguides.language import base_language
from styleguides.models import SavedReply
from styleguides.saved_replies import SavedReplyRow, saved_replies_by_id
from styleguides.word_index import Entry, Part, WordIndex
from tenants.database import db
from tenants.permissions import Actor, Permission, require

WORDS_SAY, TITLE_SAYS, TEXT_SAYS = 3.0, 2.0, 1.0
OTHER_LANGUAGE: Final = 0.5
"""What is only there in other languages than the customer's must be translated first."""
LEAST: Final = 1.5
"""One word of the text alone is chance; a label, the title, or two words of the text are not."""
_MOST_KEPT: Final = 200


class Suggestion(NamedTuple):
    """A saved reply that fits; `words` are the customer's words it was found by."""

    saved: SavedReplyRow
    words: tuple[str, ...]


_kept: OrderedDict[tuple[UUID, UUID], tuple[int, WordIndex[tuple[UUID, frozenset[str]]]]] = OrderedDict()
_lock = threading.Lock()


def suggest(actor: Actor, brand_id: UUID, text: str, language: str | None, limit: int = 5) -> list[Suggestion]:
    """The best of the brand's and the agency's for a text, best first. Two statements, one more after a change.

    Raises NotFound, Forbidden.
    """
    require(actor, Permission.GUIDE_READ, brand_id)
    wanted = base_language(language)
    found: list[tuple[float, UUID, tuple[str, ...]]] = []
    for index in _indexes(actor.agency_id, brand_id):
        for (saved_reply_id, languages), score, words in index.rank(text, language, limit * 4):
            says = score if wanted is None or wanted in languages else score * OTHER_LANGUAGE
            if score >= LEAST:
                found.append((says, saved_reply_id, words))
    best = sorted(found, key=lambda one: (-one[0], one[1]))[:limit]
    rows = saved_replies_by_id(actor, [saved_reply_id for _says, saved_reply_id, _words in best])
    return [Suggestion(rows[number], words) for _says, number, words in best if number in rows]


def _indexes(agency_id: UUID, brand_id: UUID) -> Sequence[WordIndex[tuple[UUID, frozenset[str]]]]:
    """Of the brand and of the agency, where this session may see that and there is anything."""
    stamps = db.session.execute(
        select(SavedReply.brand_id, func.sum(SavedReply.version))
        .where(SavedReply.brand_id.in_([brand_id, agency_id]))
        .group_by(SavedReply.brand_id)
        .order_by(SavedReply.brand_id == agency_id)
    ).all()
    indexes = []
    for place, stamp in stamps:
        with _lock:
            known = _kept.get((agency_id, place))
        if known is None or known[0] != stamp:
            known = (stamp, _index_of(place))
            with _lock:
                _kept[agency_id, place] = known
                _kept.move_to_end((agency_id, place))
                while len(_kept) > _MOST_KEPT:
                    _kept.popitem(last=False)
        indexes.append(known[1])
    return indexes


def _index_of(place: UUID) -> WordIndex[tuple[UUID, frozenset[str]]]:
    rows = db.session.execute(
        select(SavedReply.id, SavedReply.title, SavedReply.words, SavedReply.texts)
        .where(SavedReply.brand_id == place, SavedReply.archived_at.is_(None))
        .order_by(SavedReply.id)
    )
    return WordIndex(
        Entry(
            (row.id, frozenset(base_language(one["language"]) or "" for one in row.texts)),
            [
                *(Part(WORDS_SAY, words) for words in row.words),
                Part(TITLE_SAYS, row.title),
                *(Part(TEXT_SAYS, one["text"], one["language"]) for one in row.texts),
            ],
        )
        for row in rows
    )
