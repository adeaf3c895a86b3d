"""Contexts of how texts were read: the line under one, its menu, and how well we read."""

from __future__ import annotations

from dataclasses import dataclass

from agency.web.looks import BrandLook, Choice, told


@dataclass(frozen=True, kw_only=True)
class TextPiece:
    """A stretch of a text."""

    text: str = told("As it was written.")
    marked: bool = told("One of the words that caused what was read.", default=False)


@dataclass(frozen=True, kw_only=True)
class TopicLook:
    """One of the brand's own topics that a text speaks of."""

    name: str = told("As the brand calls it.")
    because: str = told("The words that caused it; empty where a colleague said so.", default="")


@dataclass(frozen=True, kw_only=True)
class ReadingLook:
    """How a text was read, under it."""

    act: str = told("complaint, question, praise, chatter; or why it was not read.")
    known: bool = told("Whether it was read at all.")
    others: tuple[str, ...] = told("angry, urgent, insulting: what is there of these.", default=())
    because: str = told("The words that caused it.", default="")
    about: str = told("Topics of the word lists.", default="")
    topics: tuple[TopicLook, ...] = told("The brand's own topics.", default=())
    sureness: str = told("sure, likely, a guess, or said by a colleague.", default="")
    correct_url: str = told("Where it is corrected; empty for who may not.", default="")


@dataclass(frozen=True, kw_only=True)
class LabelChoice:
    """One thing a text may be."""

    aspect: str = told(
        "act, sentiment, urgency, anger, toxicity, language, personal_data; topic for one of the brand's own."
    )
    heading: str = told("The aspect in words.")
    label: str = told("The label in words.")
    value: str = told("What the form posts as `is`.")
    key: str = told("Pressed while the menu is open; empty for topics behind the first ones.", default="")
    selected: bool = told("It is so now.", default=False)


@dataclass(frozen=True, kw_only=True)
class CorrectPage:
    """What a text is, to be chosen: `inbox/reading.html`, and the inside of the menu."""

    brand: BrandLook = told("Whose case it is.")
    url: str = told("Posting `is` says it.")
    back_url: str = told("The case.")
    text: str = told("The customer's words.")
    language: str = told("Code for `lang`.", default="")
    choices: tuple[LabelChoice, ...] = told("In groups by aspect.")
    reasons: tuple[tuple[str, str], ...] = told("What was read, as what, how sure, by which words.", default=())
    topics_url: str = told("The brand's topics, for who may change them.", default="")


@dataclass(frozen=True, kw_only=True)
class ConfusionLook:
    """One language: what was read as what, as far as people said."""

    language: str = told("Its name.")
    checked: str = told("How many texts drawn by lot were read rightly.")
    rows: tuple[tuple[str, ...], ...] = told("Read as, then how many are each in truth.", default=())
    others: tuple[str, ...] = told(
        "Corrections of mood, urgency, anger, insults, language, personal data, topics.", default=()
    )


@dataclass(frozen=True, kw_only=True)
class SampleLook:
    """A text drawn by lot."""

    brand: BrandLook = told("Whose it is.")
    pieces: tuple[TextPiece, ...] = told("The text, the words that caused it marked.")
    language: str = told("Code for `lang`.", default="")
    read_as: str = told("What it was read as.")
    sureness: str = told("How sure.", default="")
    url: str = told("Posts `is` and `origin` = sample.")
    choices: tuple[LabelChoice, ...] = told("The four acts; the one it was read as is selected.")


@dataclass(frozen=True, kw_only=True)
class ReadingPage:
    """How well we read, for leads: `quality/reading.html`."""

    tabs: tuple[Choice, ...] = told("Tabs of Quality.")
    heads: tuple[str, ...] = told("Heads of the table.")
    languages: tuple[ConfusionLook, ...] = told("By language.", default=())
    sample: tuple[SampleLook, ...] = told("Texts to look at.", default=())
