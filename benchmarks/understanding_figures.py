"""The figures of `docs/understanding.md`: `python -m benchmarks.understanding_figures FOLDER [--split dev]`.

Only `test` rows unless asked otherwise. Macro F1 is the mean over the labels the set has; a text that was not read
counts as a miss of its label.
"""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from agency.inbox.understanding.lexicon import LANGUAGES
from agency.inbox.understanding.reading import read
from benchmarks import understanding_data as data
from benchmarks.understanding_data import Row


class Figures(NamedTuple):
    """How well one set was read."""

    rows: int
    macro_f1: float
    majority_f1: float
    recall: dict[str, float]


def measured(rows: Iterable[Row], aspect: str) -> Figures:
    """Read every row that has a label of this aspect."""
    pairs: Counter[tuple[str, str]] = Counter()
    for row in rows:
        truth = getattr(row, aspect)
        if truth:
            given = {"toxicity": "toxicity"}.get(aspect, aspect)
            pairs[truth, getattr(read(row.text, row.language), given).label] += 1
    labels = sorted({truth for truth, _ in pairs})
    sizes = {label: sum(n for (truth, _), n in pairs.items() if truth == label) for label in labels}
    whole = sum(sizes.values())
    scores = []
    for label in labels:
        named = sum(n for (_, found), n in pairs.items() if found == label)
        scores.append(2 * pairs[label, label] / (named + sizes[label]))
    most = max(sizes.values())
    return Figures(
        whole,
        sum(scores) / len(scores),
        2 * most / (whole + most) / len(labels),
        {label: pairs[label, label] / sizes[label] for label in labels},
    )


def sets(folder: Path, split: str) -> Iterator[tuple[str, str, list[Row]]]:
    """Name, aspect and rows of every set."""

    def some(rows: Iterable[Row]) -> list[Row]:
        return [row for row in rows if row.split == split]

    for language in LANGUAGES:
        for aspect in ("act", "sentiment", "urgency"):
            yield f"{language}: invented texts", aspect, some(data.hand_made(language))
    yield "en: app reviews, stars as truth", "act", some(data.app_reviews(folder))
    yield "en: app reviews, stars as truth", "sentiment", some(data.app_reviews(folder))
    yield "en: GoEmotions", "sentiment", some(data.reddit(folder))
    yield "en: XED, by people", "sentiment", some(data.subtitles(folder, "en"))
    for language in ("es", "pl", "pt"):
        yield f"{language}: XED, silver", "sentiment", some(data.subtitles(folder, language))
    yield "pl: hotel sentences", "sentiment", some(data.hotels(folder))
    yield "pt: ToLD-Br", "toxicity", some(data.brazilian_tweets(folder))
    yield "en: BANKING77, lines with a question mark", "act", some(data.banking(folder))
    yield "en: CFPB complaints", "act", some(data.consumer_complaints(folder))


def main(arguments: Sequence[str]) -> None:
    """Print the tables."""
    split = arguments[arguments.index("--split") + 1] if "--split" in arguments else "test"
    folder = Path(arguments[0])
    for name, aspect, rows in sets(folder, split):
        found = measured(rows, aspect)
        recall = ", ".join(f"{label} {value:.2f}" for label, value in found.recall.items())
        sys.stdout.write(
            f"| {name} | {aspect} | {found.rows} | {found.macro_f1:.2f} | {found.majority_f1:.2f} | {recall} |\n"
        )
    bad = [row for row in data.app_reviews(folder) if row.act == "complaint"]
    good = [row for row in data.app_reviews(folder) if row.act == "praise"]
    for name, rows in (("one star", bad), ("five stars", good)):
        for part in ("test", "dev", "train"):
            some = [row for row in rows if row.split == part]
            found_as = sum(read(row.text, row.language).act.label == "complaint" for row in some)
            sys.stdout.write(f"{name}, {part}: {found_as} of {len(some)} read as complaints\n")


if __name__ == "__main__":
    main(sys.argv[1:])
