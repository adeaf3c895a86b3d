"""Which of a brand's own topics a text speaks of, by which words. Found as scenarios are: by stem, a look-up a word."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final
from uuid import UUID

from sqlalchemy import func, select

from agency.inbox.topic_models import Topic
from agency.inbox.understanding.reading import LONGEST_READ, MOST_WORDS, UNKNOWN, Judgement, Reading
from agency.inbox.understanding.stored import Stored, from_stored, with_own_topics
from styleguides.language import base_language
from styleguides.scenarios import CaseFacts, Scenario, Scenarios
from tenants.database import db
from tenants.kept_ready import KeptReady

ONE_WORD, MORE = 0.65, 0.85
"""How sure a single word makes it, and several or a phrase: as of the topics of the word lists."""
BRANDS_KEPT: Final = 256
"""Brands whose topics a process keeps ready."""

TopicsState = tuple[int, int]
"""How many topics a brand has and the sum of their versions: it tells every state apart, since none is deleted."""


class BrandTopics:
    """The topics of a brand that are in use, ready for reading. Threads may share it."""

    __slots__ = ("_built_on", "_most", "_phrases")

    def __init__(self, topics: Iterable[tuple[UUID, Iterable[Mapping[str, str]], str | None]]) -> None:
        self._built_on: dict[str, list[str]] = {}
        scenarios = []
        for number, phrases, builds_on in topics:
            if builds_on:
                self._built_on.setdefault(builds_on, []).append(str(number))
            spoken: dict[tuple[str, ...], list[str]] = {}
            for one in phrases:
                code = base_language(one["language"])
                spoken.setdefault((code,) if code else (), []).append(one["words"])
            scenarios += [
                Scenario(number, "", words=tuple(words), languages=languages) for languages, words in spoken.items()
            ]
        self._phrases = Scenarios(scenarios)
        self._most = max(1, len(scenarios))

    def found_in(self, text: str, reading: Reading) -> list[Judgement]:
        """Topics by their ids, the surest first, each with its words as they stand in the text."""
        words: dict[str, dict[str, None]] = {}
        sure: dict[str, float] = {}
        for one in reading.topics:
            for number in self._built_on.get(one.label, ()):
                words.setdefault(number, {}).update(dict.fromkeys(one.words))
                sure[number] = one.confidence
        language = reading.language.label
        case = CaseFacts(text[:LONGEST_READ], None if language == UNKNOWN else language)
        for picked in self._phrases.pick(case, self._most):
            number = str(picked.id)
            said = [word for reason in picked.reasons if reason.part == "words" for word in reason.found]
            words.setdefault(number, {}).update(dict.fromkeys(said))
            found = MORE if len(words[number]) > 1 or any(" " in word for word in said) else ONE_WORD
            sure[number] = max(found, sure.get(number, 0.0))
        order = sorted(words, key=lambda number: (-sure[number], number))
        return [Judgement(number, sure[number], tuple(words[number])[:MOST_WORDS]) for number in order]

    def told(self, kept: Stored, text: str, reading: Reading | None = None) -> dict[str, Any]:
        """What is kept of a text, with the topics it speaks of; `reading` as it was before it was kept."""
        return with_own_topics(kept, self.found_in(text, reading or from_stored(kept)))


_kept: Final = KeptReady[TopicsState, BrandTopics](BRANDS_KEPT)


def topics_now(brand_id: UUID) -> BrandTopics | None:
    """The same for who has not read the brand's rules: one statement more."""
    counted = select(func.count(), func.coalesce(func.sum(Topic.version), 0)).where(Topic.brand_id == brand_id)
    state = db.session.execute(counted).one()
    return topics_of(brand_id, (int(state[0]), int(state[1])))


def topics_of(brand_id: UUID, state: TopicsState) -> BrandTopics | None:
    """The brand's topics, None where it has none; one statement where they changed since they were read last."""
    if not state[0]:
        return None
    return _kept.of(brand_id, state, lambda: _read_topics(brand_id))


def _read_topics(brand_id: UUID) -> BrandTopics:
    rows = db.session.execute(
        select(Topic.id, Topic.phrases, Topic.builds_on)
        .where(Topic.brand_id == brand_id, Topic.archived_at.is_(None))
        .order_by(Topic.id)
    )
    return BrandTopics((row[0], row[1], row[2]) for row in rows)
