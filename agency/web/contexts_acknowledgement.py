"""Context of the words that say somebody was heard."""

from __future__ import annotations

from dataclasses import dataclass

from agency.web.looks import BrandLook, Choice, Notice, told


@dataclass(frozen=True, kw_only=True)
class HeardTextFields:
    """One text of the form: its fields end in `.number`."""

    number: int = told("Which one.")
    platforms: tuple[Choice, ...] = told("Of which platform.")
    kinds: tuple[Choice, ...] = told("Of what kind.")
    languages: tuple[Choice, ...] = told("In which language.")
    language: str = told("Its code, for `lang`.", default="")
    text: str = told("As typed.")
    error: str = told("What is wrong with it.", default="")
    is_free: bool = told("An empty one to fill in.", default=False)


@dataclass(frozen=True, kw_only=True)
class HeardPreview:
    """What a text comes to for somebody who writes now."""

    about: str = told("Facebook, comment, Polish.")
    language: str = told("Code for `lang`.")
    text: str = told("The words, every place filled.")
    promises: tuple[str, ...] = told("What they promise: by tomorrow → Tue 24 Nov, 12:00.", default=())
    stopped: tuple[str, ...] = told("Why the brand's guide stops them.", default=())


@dataclass(frozen=True, kw_only=True)
class AcknowledgementPage:
    """Words that say somebody was heard: `acknowledgement/page.html`. Posts the texts, `other_ways` and `based_on` to
    `url`, or `ours` = 1.
    """

    brand: BrandLook = told("Whose.")
    back_url: str = told("The brand.")
    hours_url: str = told("The brand's hours.")
    clocks_url: str = told("By when it answers; empty for who may not see that.", default="")
    url: str = told("Where the form goes; empty for who may only read.", default="")
    notice: Notice | None = told("What was refused.", default=None)
    error: str = told("What is wrong with all of it.", default="")
    based_on: int = told("The version it was changed from.")
    saved: str = told("Version 3, by Ana, 22 Nov 2026, 12:04.", default="")
    may_begin: bool = told("There are no texts of the brand's: ours are offered as its own.", default=False)
    lines: tuple[HeardTextFields, ...] = told("Those there are, and free ones.")
    other_ways: str = told("As typed.", default="")
    ways_error: str = told("What is wrong with it.", default="")
    places: tuple[tuple[str, str], ...] = told("What may stand in braces, and what fills it.")
    previews: tuple[HeardPreview, ...] = told("What they come to now.")
    previews_are_ours: bool = told("They are of our texts, as long as the brand has none.", default=False)
