"""Invented ranks and weights for `/parts`."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from agency.inbox.weights import WEIGHTS
from agency.web.contexts_acknowledgement import AcknowledgementPage, HeardPreview, HeardTextFields
from agency.web.contexts_clocks import ClocksPage, InEffect, RuleFields
from agency.web.contexts_ranking import (
    MissedLook,
    MovedCase,
    RankLook,
    WeekCase,
    WeekLook,
    WeightField,
    WeightGroup,
    WeightsPage,
    WeightVersionLook,
)
from agency.web.looks import BrandLook, Choice, Notice, StateLook
from agency.web.rank_words import rank_look
from agency.web.weight_words import weight_groups, weight_words

NOW = datetime(2026, 11, 22, 12, 4, tzinfo=UTC)
HOSTILE = "<script>alert(1)</script> \u202eWojciech"


def rank_sample() -> RankLook:
    """87 points."""
    parts = [
        {"part": "complaint", "points": 30, "words": ["zimną", "brudny"]},
        {"part": "due", "points": 35, "at": (NOW + timedelta(minutes=40)).isoformat()},
        {"part": "vip", "points": 20},
        {"part": "waiting", "points": 2, "at": (NOW - timedelta(hours=2)).isoformat()},
    ]
    return rank_look(parts, NOW, weights_url="#")


def clocks(brand: BrandLook | None) -> ClocksPage:
    """A brand with one rule that is wrong; of all brands what somebody may only read."""
    any_of = (Choice("every one", "", value="", selected=True), Choice("Wizytówka Google", "", value="google_business"))
    line = RuleFields(
        number=0,
        clocks=any_of,
        platforms=any_of,
        kinds=any_of,
        said=any_of,
        hours="900",
        counted=any_of,
        error="must be whole hours, 1 to 336",
    )
    if brand is None:
        return ClocksPage(based_on=2, lines=(), saved=f"Version 2, by {HOSTILE}, 22 Nov 2026, 12:04")
    cells = (
        ("Fri 27 Nov, 17:00", "the same business day"),
        ("Mon 30 Nov, 09:30", "1 h of business hours"),
        ("–", ""),
        ("–", ""),
    )
    return ClocksPage(
        brand=brand,
        back_url="#",
        agency_url="#",
        hours_url="#",
        url="#",
        notice=Notice("bad", "These times cannot be used. Nothing was changed; see the fields."),
        based_on=0,
        may_begin=True,
        lines=(line, replace(line, number=1, hours="", error="", is_free=True)),
        effect=(InEffect(about="Facebook, comment, complaints", cells=cells),),
        asked="Fri 27 Nov, 16:30",
    )


def heard(brand: BrandLook) -> AcknowledgementPage:
    """A brand with a text that is wrong, and a free one."""
    any_of = (Choice("every one", "", value="", selected=True), Choice("Wizytówka Google", "", value="google_business"))
    line = HeardTextFields(
        number=0,
        platforms=any_of,
        kinds=any_of,
        languages=(Choice("Polish", "", value="pl", selected=True),),
        language="pl",
        text=f"Dzień dobry {{imię}}, {HOSTILE}",
        error="has {imię}, which nothing fills; possible are {customer_name}, {by}",
    )
    return AcknowledgementPage(
        brand=brand,
        back_url="#",
        hours_url="#",
        clocks_url="#",
        url="#",
        notice=Notice("bad", "These texts cannot be kept. Nothing was changed; see the fields."),
        based_on=3,
        saved=f"Version 3, by {HOSTILE}, 22 Nov 2026, 12:04",
        may_begin=True,
        lines=(line, replace(line, number=1, text="", error="", is_free=True)),
        other_ways="tel. 22 555 01 00",
        places=(("{by}", "By when you answer."),),
        previews=(
            HeardPreview(
                about="Facebook, comment, Polish",
                language="pl",
                text="Dzień dobry, dziękujemy. Odpowiemy jutro do godziny 12:00.",
                promises=("jutro do godziny 12:00 → Mon 23 Nov, 12:00",),
                stopped=("“Dzień dobry” is not how this brand greets.",),
            ),
        ),
    )


def weights(looks: tuple[BrandLook, ...]) -> WeightsPage:
    """The page with last week by other points."""
    words = weight_words()
    first = WeekCase(brand=looks[1], url="#", author=HOSTILE, excerpt="Śniadanie było zimne.", due="21 Nov, 18:04")
    second = WeekCase(brand=looks[0], url="#", author="Ines", excerpt="My card never arrived.", due="22 Nov, 09:00")
    return WeightsPage(
        groups=tuple(
            WeightGroup(
                heading=heading,
                note=note,
                fields=tuple(
                    WeightField(
                        name=name,
                        label=words[name],
                        value="60" if name == "urgent" else str(WEIGHTS[name].default),
                        help="By default 40" if name == "urgent" else "",
                        error="Write whole points from 0 to 1000." if name == "anger" else "",
                    )
                    for name in names
                ),
            )
            for heading, note, names in weight_groups()
        ),
        look_url="#",
        back_url="#",
        based_on=1,
        warning=Notice("warn", "With these points a case that is late may stand behind one that is not."),
        ranked=12_000,
        open=40_000,
        is_ranking=True,
        week=WeekLook(
            summary="3 missed due times avoided, 1 new one.",
            tone="good",
            basis="The last seven days, answered again.",
            weeks=(
                MissedLook(label="As it is now", words="12 of 340 late", late=12),
                MissedLook(label="With these points", words="10 of 340 late", late=10),
            ),
            cases=340,
            avoided=(first, second),
            added=(second,),
            queue=(
                MovedCase(
                    case=first,
                    after=1,
                    before=3,
                    score_before=58,
                    score_after=78,
                    move=StateLook("up", "2 up", "up", "good"),
                ),
                MovedCase(
                    case=second,
                    after=2,
                    before=1,
                    score_before=70,
                    score_after=70,
                    move=StateLook("down", "1 down", "down", "warn"),
                ),
            ),
            save_url="#",
            values=(("urgent", "60"),),
        ),
        versions=(
            WeightVersionLook(
                number="Version 1",
                at="21 Nov 2026, 10:02",
                by="Ewa Lead",
                note="One star is read by everybody.",
                changes=("1 star 25 → 40",),
                is_in_force=True,
            ),
            WeightVersionLook(number="As it came", back_number="0", back_note="Back to: As it came"),
        ),
    )
