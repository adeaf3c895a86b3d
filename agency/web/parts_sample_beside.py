"""Invented cards beside a case, for `/parts`."""

from __future__ import annotations

from dataclasses import replace

from agency.web import parts_samples as sample
from agency.web.beside_earlier import DifferingLook, DifferingSide, EarlierCard, EarlierLook
from agency.web.beside_saved_replies import SavedRepliesCard, SuggestedLook
from agency.web.contexts_beside import BesidePage, CardLook, ScenarioLook, ScenariosLook
from agency.web.contexts_facts import FactLook
from agency.web.looks import Clock, StateLook
from agency.web.parts_sample_empowerment import LIMITS

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
EARLIER = EarlierCard(
    differing=(
        DifferingLook(
            heading="Not the same amount",
            sides=(
                DifferingSide(who="You write", said="15 zł"),
                DifferingSide(who="3 Nov 2026", said="12 zł", place="Facebook · comment", id="e1"),
            ),
        ),
    ),
    items=(
        EarlierLook(
            id="e1",
            at=Clock("3 Nov 2026, 12:04", "plain", "2026-11-03T11:04:00Z", "3 November 2026, 12:04:00 CET"),
            place="Facebook · public answer to a comment",
            by="Zofia Wietrznicka",
            why="Same words: parking, gości",
            question="Ile kosztuje parking dla gości? Mój numer to •••.",
            text="Dzień dobry, Pani •••, parking kosztuje 12 zł za dobę.",
            language="pl",
            insert="Dzień dobry, Pani {customer_name}, parking kosztuje 12 zł za dobę.",
            case_url="#",
            receipt_url="#",
        ),
        EarlierLook(
            id="e2",
            at=Clock("12 Oct 2026, 09:30", "plain", "2026-10-12T07:30:00Z", "12 October 2026, 09:30:00 CEST"),
            place="Google · public answer to a review",
            by="<b>Casimir</b>",
            why="Same person",
            state=StateLook("taken_back", "Taken back since", "undo", "warn"),
            case_url="#",
            receipt_url="#",
        ),
    ),
    facts=(FactLook(name="Parking", value="12.00 PLN", note="Za dobę.", until="31 Dec 2026"),),
    facts_url="#",
)
CARDS: tuple[CardLook, ...] = (
    CardLook(name="scenarios", heading="What to do here", look=SCENARIOS),
    CardLook(name="limits", heading="What may be given", look=LIMITS),
    CardLook(name="saved_replies", heading="Saved replies", look=SAVED_REPLIES),
    CardLook(name="earlier", heading="Earlier answers and facts", look=EARLIER),
)


def beside(kind: str = "") -> BesidePage:
    """Every card with invented words; `none` for a brand where nothing is written down, `fetched` before anybody gave
    anything: what a form answers takes the keyboard, what was only fetched must not.
    """
    unused = replace(LIMITS, said="", insert="", notice=None, values={}, errors={})
    fetched = tuple(replace(card, look=unused) if card.look is LIMITS else card for card in CARDS)
    return BesidePage(
        brand=sample.brands()[1],
        customer="Anna Szczebrzeszyńska",
        case_url="/parts/pages/conversation",
        cards={"none": (), "fetched": fetched}.get(kind, CARDS),
    )
