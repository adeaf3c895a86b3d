"""What the templates of a draft's versions get."""

from __future__ import annotations

from dataclasses import dataclass

from agency.web.looks import BrandLook, Clock, told


@dataclass(frozen=True, kw_only=True)
class VersionLook:
    """Words kept beside a draft. Posts to `url`: `do` = take | join | settle."""

    author: str = told("Who typed them; You for the reader.")
    at: Clock = told("When they were last typed.")
    text: str = told("The words.")
    why: str = told("Why they stand beside the draft.")
    url: str = told("Where the choice goes; empty for who may only read.", default="")
    may_settle: bool = told("The reader may set them aside.", default=False)
    waits: bool = told("Nobody has chosen yet.", default=False)


@dataclass(frozen=True, kw_only=True)
class VersionsLook:
    """`replies/_versions.html`: what waits for a choice beside what the draft says, then the rest."""

    now: str = told("What the draft says; empty without one.", default="")
    now_author: str = told("Who typed that.", default="")
    now_at: Clock | None = told("When.", default=None)
    waiting: tuple[VersionLook, ...] = told("To be chosen among.", default=())
    earlier: tuple[VersionLook, ...] = told("Settled, or before somebody else went on.", default=())
    language: str = told("Of the draft: `lang`.", default="")
    url: str = told("Fetched anew after words could not be saved.", default="")
    every_url: str = told("All of them; empty where these are all.", default="")


@dataclass(frozen=True, kw_only=True)
class VersionsPage:
    """All versions of a case's draft on a page: `replies/versions.html`."""

    brand: BrandLook = told("Whose voice.")
    back_url: str = told("The case.")
    versions: VersionsLook = told("What is kept.")
