"""Invented cases of the pages on which an agency is opened."""

from __future__ import annotations

from agency.web.contexts_doors import OpenAgencyPage, SignUpPage
from agency.web.looks import Choice, Notice


def sign_up(kind: str = "") -> SignUpPage:
    """The form; `wrong`: with what cannot be used; `done`: once it was sent."""
    told = Notice(
        "good",
        "A mail is on its way to ana@lantern.example.",
        "Nothing is opened until you press the button behind its link.",
        "Open the link within two days. If nothing comes, look among unwanted mail, then ask again.",
    )
    errors = {"email": "This is not a mail address we can write to. Check it for a missing @ or a stray sign."}
    return SignUpPage(
        url="#",
        back_url="#",
        agency="Lantern Street" if kind == "wrong" else "",
        email="ana@" if kind == "wrong" else "",
        errors=errors if kind == "wrong" else {},
        notice=told if kind == "done" else None,
        is_done=kind == "done",
    )


def open_agency(kind: str = "") -> OpenAgencyPage:
    """Behind the link; `known`: somebody who has an account, with a name that is taken."""
    taken = {"agency": "Another agency here is called so. Nothing was opened. Choose another name."}
    return OpenAgencyPage(
        url="#",
        agency="Lantern Street",
        name="Ana Example",
        email="ana@lantern.example",
        is_known=kind == "known",
        time_zones=tuple(Choice(zone, "", value=zone) for zone in ("Europe/Lisbon", "Europe/Warsaw", "UTC")),
        errors=taken if kind == "known" else {},
    )
