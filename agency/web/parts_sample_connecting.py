# ruff: noqa: E501 - invented cases read best as tables, one case a line
"""Invented pages of connecting and mending for `/parts`: before the dialog, what was granted, what came of it."""

from __future__ import annotations

from dataclasses import replace

from agency.web import contexts_connecting as c
from agency.web.connecting_words import feature_words
from agency.web.contexts_history import HistoryLook, HistoryPage
from agency.web.looks import Choice, Notice, StateLook
from agency.web.parts_samples import PAGES, brands
from channels.features import features_of

BASICS = {"basics", "comments"}


def features() -> tuple[c.FeatureRow, ...]:
    words = feature_words()
    return tuple(
        c.FeatureRow(name=one.name, label=words[one.name], scopes=one.scopes, is_always=one.name == "basics", is_chosen=one.name in BASICS, is_missing=one.name == "messages")
        for one in features_of(("facebook", None))
    )  # fmt: skip


def connect(kind: str = "") -> c.ConnectPage:
    """`none`: this installation has no application there."""
    ways = ("Facebook", "Instagram through Facebook", "Instagram", "Google")
    page = c.ConnectPage(
        tabs=tuple(Choice(label, f"{PAGES}/connect", selected=not number) for number, label in enumerate(ways)),
        way="facebook", sign_in_label="Facebook", features=features(),
        brands=tuple(Choice(b.name, "", value=b.id) for b in brands()), url="#", token_url="#",
    )  # fmt: skip
    return replace(page, url="") if kind == "none" else page


def choose() -> c.ChoosePage:
    lacks = ("Direct messages: the permission pages_messaging was not given.",)
    return c.ChoosePage(
        brand=brands()[1],
        rows=(
            c.GrantedRow(id="1", name="Hotel Bursztynowa Zatoka", external_id="100200300", platform="Facebook", is_chosen=True),
            c.GrantedRow(id="2", name="@bursztynowa.zatoka", external_id="17841400000000001", platform="Instagram", lacks=lacks, is_chosen=True),
            c.GrantedRow(id="3", name="Pennywell", external_id="100200301", platform="Facebook", state="Connected to Pennywell", is_new=False, is_choosable=False),
        ),
        url="#", again_url="#",
    )  # fmt: skip


def connected() -> c.ConnectedPage:
    waiting, good, broke = (
        StateLook("waiting", "Waiting for the first sign of life", "hourglass", "info"),
        StateLook("tested", "Connected and tested", "check", "good"),
        StateLook("broken", "Needs a new connection", "unplugged", "bad"),
    )
    return c.ConnectedPage(
        rows=(
            c.ConnectedRow(name="Hotel Bursztynowa Zatoka", platform="Facebook", brand=brands()[1], state=good, reading="Something new came and was read.", events="Facebook tells us by itself.", history_url="#"),
            c.ConnectedRow(name="@bursztynowa.zatoka", platform="Instagram", brand=brands()[1], state=waiting, reading="We look for what is there now.", events="Asking for events.", history_url="#"),
            c.ConnectedRow(name="Hotel Bursztynowa Zatoka, Łeba", platform="Google", brand=brands()[1], state=broke, reading="Nothing was read.", events="Google does not tell us."),
        ),
        accounts_url="#",
    )  # fmt: skip


def mend() -> c.MendPage:
    return c.MendPage(account_name="Hotel Bursztynowa Zatoka", brand_name="Hotel Bursztynowa Zatoka", agency_name="Lantern Street", label="Facebook", reason="The password of whoever signed in was changed.", url="#")  # fmt: skip


def walk_failed() -> c.WalkFailedPage:
    what = Notice(
        "warn", "Facebook was told not to connect.", "Nothing was changed.", "Begin again, or close this page."
    )
    return c.WalkFailedPage(title="Not connected", notice=what, again_url="#")


def history() -> HistoryPage:
    running = StateLook("running", "Reading its past", "clock", "info")
    return HistoryPage(
        name="Hotel Bursztynowa Zatoka", brand=brands()[1], platform="Facebook",
        history=HistoryLook(account="Hotel Bursztynowa Zatoka", state=running, words="back to 3 May 2026, 412 items", gaps="1 part could not be read, even after several tries.", stop_url="#"),
        url="#", horizons=(Choice("30 days", "", value="month", selected=True), Choice("1 year", "", value="year")), error="", back_url="#",
    )  # fmt: skip
