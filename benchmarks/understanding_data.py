"""Labelled texts for training and measuring what `agency.inbox.understanding` says, each with its split.

The folder is given by who calls; nothing of it is in the product. A row's split follows from its number in its file, so
that everybody has the same one. Share-alike sets (Polish hotels, ToLD-Br) are only measured, never trained on.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path
from typing import Final, NamedTuple

SPLITS: Final = ("test", "dev", "train", "train", "train")
"""Of row number modulo five."""
HAND_MADE: Final = Path(__file__).parent.parent / "tests" / "inbox" / "understanding" / "texts"


class Row(NamedTuple):
    """A text with the labels its makers gave; empty where they gave none."""

    text: str
    language: str
    split: str
    sentiment: str = ""
    act: str = ""
    urgency: str = ""
    toxicity: str = ""


def app_reviews(folder: Path) -> Iterator[Row]:
    """English reviews of bank apps. Stars stand for sentiment and, where they are clear, for complaint or praise."""
    with (folder / "app-reviews-en" / "bank_app_reviews.csv").open(encoding="utf-8", newline="") as file:
        for number, row in enumerate(csv.DictReader(file)):
            if not _is_latin(row["review_text"]):
                continue
            stars = int(row["rating"])
            sentiment = "negative" if stars <= 2 else "neutral" if stars == 3 else "positive"
            act = {1: "complaint", 5: "praise"}.get(stars, "")
            yield Row(row["review_text"], "en", SPLITS[number % 5], sentiment, act)


def hotels(folder: Path) -> Iterator[Row]:
    """Polish hotel reviews by sentence, labelled by experts. CC BY-SA: measured, never trained on."""
    path = folder / "sentiment-pl-hotels" / "wccrs_hotels_train_every4th.tsv"
    for line in path.read_text(encoding="utf-8").splitlines()[1:]:
        _, label, text = line.split("\t", 2)
        if label in ("negative", "neutral", "positive"):
            yield Row(text, "pl", "test", label)


_XED: Final = {"1": -1, "3": -1, "4": -1, "6": -1, "5": 1, "8": 1}
"""Anger, disgust, fear, sadness against joy and trust; anticipation and surprise say neither."""


def subtitles(folder: Path, language: str) -> Iterator[Row]:
    """XED: lines of films. English by people; the others silver, carried over from aligned lines."""
    names = {
        "en": ("en_annotated_every2nd",),
        "es": ("es_projected_every2nd",),
        "pl": ("pl_projected_every2nd",),
        "pt": ("pt_projected_every2nd", "pt-br_projected_every2nd"),
    }[language]
    for name in names:
        lines = (folder / "emotions-multilingual" / f"{name}.tsv").read_text(encoding="utf-8").splitlines()
        for number, line in enumerate(lines):
            text, _, labels = line.rpartition("\t")
            signs = {_XED.get(label.strip(), 0) for label in labels.split(",")} - {0}
            if len(signs) == 1:
                yield Row(text, language, SPLITS[number % 5], "positive" if signs == {1} else "negative")
    if language == "en":
        lines = (folder / "emotions-multilingual" / "en_neutral_every2nd.tsv").read_text(encoding="utf-8").splitlines()
        for number, line in enumerate(lines):
            yield Row(line.split("\t", 1)[1], "en", SPLITS[number % 5], "neutral")


_GO_NEGATIVE: Final = frozenset((2, 3, 9, 10, 11, 12, 14, 16, 19, 24, 25))
_GO_POSITIVE: Final = frozenset((0, 1, 4, 5, 8, 13, 15, 17, 18, 20, 21, 23))


def reddit(folder: Path) -> Iterator[Row]:
    """GoEmotions: English comments of Reddit, each emotion counted to its side as its authors do."""
    for number, line in enumerate((folder / "emotions-en-goemotions" / "dev.tsv").read_text("utf-8").splitlines()):
        text, labels, _ = line.split("\t")
        marks = {int(label) for label in labels.split(",")}
        bad, good = bool(marks & _GO_NEGATIVE), bool(marks & _GO_POSITIVE)
        if bad != good:
            yield Row(text, "en", SPLITS[number % 5], "negative" if bad else "positive")
        elif marks == {27}:
            yield Row(text, "en", SPLITS[number % 5], "neutral")


def banking(folder: Path) -> Iterator[Row]:
    """BANKING77: English lines to a bank. Only such as end in a question mark are taken, as questions."""
    with (folder / "intents-en" / "banking77_train_every5th.csv").open(encoding="utf-8", newline="") as file:
        for number, row in enumerate(csv.DictReader(file)):
            if row["text"].strip().endswith("?"):
                yield Row(row["text"], "en", SPLITS[number % 5], act="question")


def consumer_complaints(folder: Path) -> Iterator[Row]:
    """CFPB: narratives of complaints, English; all are complaints, so only recall can be measured."""
    with (folder / "customer-complaints-en" / "complaints.csv").open(encoding="utf-8", newline="") as file:
        for number, row in enumerate(csv.DictReader(file)):
            yield Row(row["Consumer complaint narrative"], "en", SPLITS[number % 5], act="complaint")


def brazilian_tweets(folder: Path) -> Iterator[Row]:
    """ToLD-Br: toxic where at least two of three annotators gave any label. CC BY-SA: measured, never trained on."""
    with (folder / "toxicity-pt" / "told_br_every4th.csv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            votes = max(float(value) for name, value in row.items() if name != "text")
            yield Row(row["text"], "pt", "test", toxicity="toxic" if votes >= 2 else "clean" if votes == 0 else "")


def hand_made(language: str) -> Iterator[Row]:
    """Texts invented for this product: every second one is for tuning, the others only for measuring."""
    for number, line in enumerate((HAND_MADE / f"{language}.tsv").read_text(encoding="utf-8").splitlines()):
        act, sentiment, urgency, text = line.split("\t")
        yield Row(text, language, "dev" if number % 2 else "test", sentiment, act, urgency)


def tuning(language: str) -> Iterator[Row]:
    """More texts invented for this product, all of them for tuning: what sounds like a question and is none."""
    for line in (HAND_MADE / "tuning" / f"{language}.tsv").read_text(encoding="utf-8").splitlines():
        act, sentiment, urgency, text = line.split("\t")
        yield Row(text, language, "dev", sentiment, act, urgency)


def _is_latin(text: str) -> bool:
    letters = [char for char in text if char.isalpha()]
    return bool(letters) and sum(char < "ɐ" for char in letters) > 0.9 * len(letters)
