"""Context of the brand's voice beside a case. Import it from here; the template is `components/voice.html`."""

from __future__ import annotations

from dataclasses import dataclass

from agency.web.contexts_rooms import RuleLook
from agency.web.contexts_setup import GuidelineLook
from agency.web.looks import BrandLook, told


@dataclass(frozen=True, kw_only=True)
class VoiceLook:
    """How a brand speaks in one place: `brands/voice.html`, and `brands/_voice.html` beside the case."""

    brand: BrandLook = told("Whose voice.")
    language: str = told("Code for `lang` of the brand's own words.", default="")
    sentence: str = told("The voice in a sentence.", default="")
    facts: tuple[tuple[str, tuple[str, ...]], ...] = told(
        "Greeting, sign-off, then the guide's own headings such as forms of address, with what they say.", default=()
    )
    rules: tuple[RuleLook, ...] = told("The strictest that apply here.", default=())
    more_rules: int = told("How many more apply here.", default=0)
    guidelines: tuple[GuidelineLook, ...] = told("What to do in which case, for this kind of answer.", default=())
    version: int | None = told("Of the guide; None where the brand has none in force.", default=None)
    guide_url: str = told("The whole guide.")
    guidelines_url: str = told("All guidelines.")
