"""Contexts of the lead's wall: what is about to go wrong, brand by brand."""

from __future__ import annotations

from dataclasses import dataclass

from agency.web.looks import BrandLook, Choice, Clock, Tone, told


@dataclass(frozen=True, kw_only=True, slots=True)
class WallNumber:
    """A number that opens what it counts. One of nothing is not shown."""

    label: str = told("Late. Stands before the number where columns have no heads.")
    words: str = told("12, or 99+.")
    url: str = told("Exactly the cases, promises or channels that were counted.")
    tone: Tone = told("`bad` and `warn` are drawn; `plain` is not.", default="plain")
    since: Clock | None = told("Since when the longest of them is so.", default=None)


@dataclass(frozen=True, kw_only=True, slots=True)
class WallTrend:
    """How many waited hour by hour, drawn as a line, the oldest first; only hours that were noted."""

    label: str = told("Waiting, 24 hours. Stands before it where columns have no heads.")
    said: str = told("23 hours ago 40, now 52, at most 60.")
    path: str = told("Of an image HOURS wide and 16 high, with the largest number at its top.")


@dataclass(frozen=True, kw_only=True, slots=True)
class WallRow:
    """A brand, the worst first. None stands where there is nothing."""

    brand: BrandLook = told("Whose.")
    url: str = told("Its queue.")
    numbers: tuple[WallNumber | None, ...] = told("In the order of the heads.")
    trend: WallTrend | None = told("Of waiting; None until two hours are known.", default=None)


@dataclass(frozen=True, kw_only=True)
class WallFigure:
    """A figure of the last days, public and private apart."""

    label: str = told("Average time to an answer.")
    public: str = told("2 h; a dash where there is nothing to count.")
    private: str = told("The same of private messages.")
    meaning: str = told("What is counted, in one sentence.")


@dataclass(frozen=True, kw_only=True)
class WallPage:
    """`wall/page.html`."""

    at: Clock = told("When it was read.")
    on_shift: str = told("On shift now: 3. Empty where nobody wrote when anybody works.")
    around: tuple[tuple[str, str], ...] = told("Address and words: 2 incidents go on; empty for nothing.", default=())
    totals: tuple[WallNumber, ...] = told("Of all brands; nothing is shown as 0.")
    trend: WallTrend | None = told("Of waiting at all brands; None until two hours are known.")
    heads: tuple[str, ...] = told("Of the columns behind the brand, the last that of the trend.")
    rows: tuple[WallRow, ...] = told("At most PAGE_ROWS, unless all were asked for.")
    quiet: str = told("How many brands have nothing; empty where all have something.")
    rest_url: str = told("All rows, where more have something than are shown; empty otherwise.")
    rest_words: str = told("And 12 more brands.")
    empty: str = told("Why there is no row; empty where there are some.")
    figures_head: str = told("The last seven days.")
    figures_url: str = told("All figures, of each brand.")
    figures: tuple[WallFigure, ...] = told("The four of them.")


@dataclass(frozen=True, kw_only=True)
class DueCase:
    """A case that is due within the hour."""

    brand: BrandLook = told("Whose.")
    place: str = told("Google · review.")
    customer: str = told("Public name.")
    words: str = told("How it begins.")
    url: str = told("The case.")
    due: Clock = told("By when.")
    holder: str = told("Who has it; empty for nobody.")


@dataclass(frozen=True, kw_only=True)
class DuePage:
    """What the wall counts as due within the hour, `wall/due.html`."""

    counts: str = told("12 cases, or 99+ cases.")
    rows: tuple[DueCase, ...] = told("What is due first comes first.")
    brands: tuple[Choice, ...] = told("All brands and the chosen one; empty for all.", default=())
    back_url: str = told("The wall.")
    more: str = told("That there are more than are shown; empty otherwise.")
