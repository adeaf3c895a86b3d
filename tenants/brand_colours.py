"""How a brand's colour is drawn: a tone for light pages and one for dark ones, seen on every ground (decision 0029)."""

from __future__ import annotations

from functools import lru_cache
from typing import Final, NamedTuple

BRIGHTEST_ON_LIGHT: Final = 0.247
DARKEST_ON_DARK: Final = 0.182
"""Relative luminance that is still 3 to 1 against every ground of the theme, hovered and chosen rows with them. Worked
out from `static/app.css`, and compared with it by `tests/web/test_contrast.py`."""
_STEPS: Final = 18
"""Halvings of the lightness: closer than the 256 steps of a channel."""


class Tones(NamedTuple):
    """`#rrggbb` for light pages and for dark ones; the colour itself wherever it can be seen."""

    on_light: str
    on_dark: str


def relative_luminance(colour: str) -> float:
    """WCAG 2 relative luminance, 0 to 1, of a `#rrggbb` colour."""
    red, green, blue = _linear(colour)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast_ratio(one: str, other: str) -> float:
    """WCAG 2 contrast of two `#rrggbb` colours, 1 to 21."""
    light, dark = sorted((relative_luminance(one), relative_luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def ink_on(colour: str) -> str:
    """Black or white, whichever is easier to read on `colour`; the better of the two is never below 4.5 to 1."""
    return "#ffffff" if contrast_ratio(colour, "#ffffff") >= contrast_ratio(colour, "#000000") else "#000000"


@lru_cache(maxsize=4096)
def tones_of(colour: str) -> Tones:
    """The tones a `#rrggbb` colour is drawn in: itself, or the nearest of its hue that is 3 to 1 on every ground."""
    luminance = relative_luminance(colour)
    return Tones(
        colour if luminance <= BRIGHTEST_ON_LIGHT else _nearest(colour, lighter=False),
        colour if luminance >= DARKEST_ON_DARK else _nearest(colour, lighter=True),
    )


def _nearest(colour: str, *, lighter: bool) -> str:
    """The least change of lightness that is enough. Hue and strength stay: in Oklab they are apart from lightness."""
    lightness, green_red, blue_yellow = _oklab(colour)
    good, bad = (1.0 if lighter else 0.0), lightness
    for _ in range(_STEPS):
        middle = (good + bad) / 2
        luminance = relative_luminance(_hex(middle, green_red, blue_yellow))
        if luminance >= DARKEST_ON_DARK if lighter else luminance <= BRIGHTEST_ON_LIGHT:
            good = middle
        else:
            bad = middle
    return _hex(good, green_red, blue_yellow)


def _linear(colour: str) -> tuple[float, float, float]:
    red, green, blue = (int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5))
    return _unfold(red), _unfold(green), _unfold(blue)


def _unfold(channel: float) -> float:
    return channel / 12.92 if channel <= 0.04045 else float(((channel + 0.055) / 1.055) ** 2.4)


def _oklab(colour: str) -> tuple[float, float, float]:
    """Lightness, green to red, blue to yellow. Figures: Björn Ottosson, https://bottosson.github.io/posts/oklab/."""
    red, green, blue = _linear(colour)
    long = (0.4122214708 * red + 0.5363325363 * green + 0.0514459929 * blue) ** (1 / 3)
    middle = (0.2119034982 * red + 0.6806995451 * green + 0.1073969566 * blue) ** (1 / 3)
    short = (0.0883024619 * red + 0.2817188376 * green + 0.6299787005 * blue) ** (1 / 3)
    return (
        0.2104542553 * long + 0.7936177850 * middle - 0.0040720468 * short,
        1.9779984951 * long - 2.4285922050 * middle + 0.4505937099 * short,
        0.0259040371 * long + 0.7827717662 * middle - 0.8086757660 * short,
    )


def _hex(lightness: float, green_red: float, blue_yellow: float) -> str:
    """The `#rrggbb` nearest to a place in Oklab; what no screen shows is cut, channel by channel."""
    long = (lightness + 0.3963377774 * green_red + 0.2158037573 * blue_yellow) ** 3
    middle = (lightness - 0.1055613458 * green_red - 0.0638541728 * blue_yellow) ** 3
    short = (lightness - 0.0894841775 * green_red - 1.2914855480 * blue_yellow) ** 3
    channels = (
        4.0767416621 * long - 3.3077115913 * middle + 0.2309699292 * short,
        -1.2684380046 * long + 2.6097574011 * middle - 0.3413193965 * short,
        -0.0041960863 * long - 0.7034186147 * middle + 1.7076147010 * short,
    )
    return "#" + "".join(f"{_fold(channel):02x}" for channel in channels)


def _fold(channel: float) -> int:
    channel = min(1.0, max(0.0, channel))
    return round(255 * (12.92 * channel if channel <= 0.0031308 else 1.055 * channel ** (1 / 2.4) - 0.055))
