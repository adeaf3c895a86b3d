"""Invented cards beside a case, for `/parts`."""

from __future__ import annotations

from agency.web import parts_samples as sample
from agency.web.beside_saved_replies import SavedRepliesCard, SuggestedLook
from agency.web.contexts_beside import BesidePage, CardLook, ScenarioLook, ScenariosLook

SCENARIOS = ScenariosLook(
    scenarios=(
        ScenarioLook(
            title="Zimne jedzenie lub długie czekanie",
            reasons=("says “zimne”, “czekaliśmy”", "3 stars or fewer", "sounds like a complaint"),
            steps=("Przeproś.", "Zaproś na kolację przy następnym pobycie.", "Możesz dać voucher."),
            offer="60.00 PLN",
            never_say=("trzeba było zgłosić", "<b>nigdy</b>"),
            private="Answer in private",
            where_reason="Numer pokoju i rachunek to sprawa gościa.",
            final_by="A team lead",
            example="Dzień dobry, bardzo nam przykro, że śniadanie było zimne.",
            language="pl",
            open=True,
            url="#",
        ),
        ScenarioLook(title="Hałas w nocy", reasons=("says “głośno”",), public="Answer in public"),
    ),
    all_url="#",
)
SAVED_REPLIES = SavedRepliesCard(
    items=(
        SuggestedLook(
            id="1",
            title="Zimne śniadanie",
            why="because of “zimne”, “śniadanie”",
            text="Dzień dobry, bardzo nam przykro, że śniadanie było zimne. Sprawdzimy rachunek {order}.",
            language="pl",
            missing=(("{order}", "The order number they wrote."),),
            people="Went to 12 people in the last 30 days",
            stale="Should have been looked at by 1 Nov 2026",
        ),
        SuggestedLook(
            id="2",
            title="<b>Thank you</b>",
            why="because of “dziękuję”",
            text="Thank you for the kind words.",
            language="en",
            other_language="English",
            is_shared=True,
        ),
    ),
    draft="Nearly the words of your draft went to 4 other people in the last 30 days.",
    all_url="#",
)
CARDS: tuple[CardLook, ...] = (
    CardLook(name="scenarios", heading="What to do here", look=SCENARIOS),
    CardLook(name="saved_replies", heading="Saved replies", look=SAVED_REPLIES),
)


def beside(kind: str = "") -> BesidePage:
    """Every card with invented words; `none` for a brand where nothing is written down."""
    return BesidePage(
        brand=sample.brands()[1],
        customer="Anna Szczebrzeszyńska",
        case_url="/parts/pages/conversation",
        cards=() if kind == "none" else CARDS,
    )
