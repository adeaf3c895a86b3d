"""Invented ledgers and limits, for `/parts`."""

from __future__ import annotations

from agency.web import parts_samples as sample
from agency.web.contexts_empowerment import (
    EmpowermentPage,
    LimitField,
    LimitsLook,
    LimitsPage,
    LineLook,
    MeterLook,
    ScenarioLimits,
    ShareLook,
)
from agency.web.looks import Choice, Notice, StateLook

HOSTILE = "<b>Zimne</b> śniadanie i bardzo długie czekanie na wszystko inne"
NEARLY = StateLook("nearly", "Nearly used up", "alert", "warn")
USED_UP = StateLook("used_up", "Used up", "ban", "bad")
METERS = (
    MeterLook(
        label="This case, by this guideline",
        words="10 of 60 PLN left",
        value=833,
        limit=1000,
        state=NEARLY,
        is_binding=True,
    ),
    MeterLook(
        label="All together, this month",
        words="310 of 500 PLN left",
        value=380,
        limit=1000,
        note="the person with most",
    ),
)
LINES = (
    LineLook(
        number=12,
        amount="50 PLN",
        words=HOSTILE,
        who="Zofia Wietrznicka",
        at=sample.at(minutes=20),
        scenario="Zimne jedzenie",
        customer="Anna Szczebrzeszyńska",
        case_url="#",
        over="Guests of ten years",
        take_back_url="#",
        insert="50 zł",
    ),
    LineLook(
        number=11,
        amount="\N{MINUS SIGN}20 PLN",
        words="Wrong customer",
        who="Casimir",
        at=sample.at(minutes=90),
        customer="Somebody",
        takes_back="Takes back line 10",
    ),
    LineLook(
        number=10,
        amount="20 PLN",
        words="Parking",
        who="Zofia Wietrznicka",
        at=sample.at(minutes=99),
        case_url="#",
        customer="Somebody",
        taken_back="Taken back by Casimir, line 11",
        is_elsewhere=True,
    ),
)
LIMITS = LimitsLook(
    room="Up to 10 PLN",
    why="because of the limit “This case, by this guideline”",
    meters=METERS,
    more=(MeterLook(label="You, today", words="0 of 50 PLN left", value=1000, limit=1000, state=USED_UP),),
    lines=LINES,
    url="#",
    card_url="#",
    currency="PLN",
    request_key="k",
    scenarios=(Choice("up to 10 PLN: Zimne jedzenie", "", value="1", selected=True), Choice("up to 50 PLN: None", "")),
    may_exceed=True,
    asks_reason=True,
    values={"amount": "forty", "words": HOSTILE},
    errors={"amount": "must be an amount such as 40.50", "over_reason": "is needed: it is more than the limits leave"},
    notice=Notice("warn", "This is more than the limits leave.", "Nothing was given.", "Give at most what is left."),
    said="50 PLN given.",
    insert="50 zł",
    page_url="#",
)
SHARES = (
    ShareLook(name=HOSTILE, amount="120 PLN", percent=63, share="63%", over="3 times over the limits", url="#"),
    ShareLook(name="Without a guideline", amount="70 PLN", percent=37, share="37%"),
)
KINDS = ("One case", "One customer in a month", "One of us on a day", "One of us in a month", "All together on a day")


def ledger(kind: str = "") -> EmpowermentPage:
    """A month of a ledger; `none` for a brand without limits."""
    return EmpowermentPage(
        brand=sample.brands()[1],
        month="November 2026",
        total="190 PLN" if kind != "none" else "",
        total_note="310 of 500 PLN left",
        earlier_url="#",
        later_url="#",
        meters=METERS,
        fixed=(("One case", "100 PLN"), (f"One case · {HOSTILE}", "60 PLN")),
        days=tuple((f"{day} Nov", f"{day} PLN") for day in range(1, 31)),
        bars=tuple(day * 37 % 101 for day in range(1, 31)),
        scenarios=SHARES,
        people=SHARES[1:],
        over="3 times over the limits",
        lines=LINES,
        next_url="#",
        export_url="#",
        export_all_url="#",
        limits_url="#",
        is_set_up=kind != "none",
    )


def limits() -> LimitsPage:
    """The form after somebody was faster."""

    def fields(whose: str, error: str = "") -> tuple[LimitField, ...]:
        return tuple(
            LimitField(
                name=f"{whose}.{number}", label=label, value=str(number * 100 or ""), error="" if number else error
            )
            for number, label in enumerate(KINDS)
        )

    return LimitsPage(
        brand=sample.brands()[1],
        url="#",
        back_url="#",
        version=2,
        currencies=(
            Choice("PLN – Polish Zloty", "", value="PLN", selected=True),
            Choice("EUR – Euro", "", value="EUR"),
        ),
        fields=fields("brand", "must be an amount such as 40.50"),
        scenarios=(
            ScenarioLimits(
                title=HOSTILE,
                offer="The guideline speaks of EUR.",
                offer_state=StateLook("other", "Nothing can be given until it speaks of PLN", "alert", "warn"),
                url="#",
                fields=fields("one"),
                open=True,
            ),
            ScenarioLimits(title="Hałas", offer="The guideline says nothing of money.", url="#", fields=fields("two")),
        ),
        notice=Notice("warn", "Somebody changed these limits.", "Nothing was saved.", "Save again."),
        theirs=(("One case", "100"),),
        changed="Imogen Larkspire, 22 November 2026",
    )
