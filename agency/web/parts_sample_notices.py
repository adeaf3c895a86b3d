"""Invented notices and settings for `/parts`."""

from __future__ import annotations

from agency.web.contexts_notices import (
    NoticeDay,
    NoticeLine,
    NoticeSettingsPage,
    NoticesPage,
    NoticeThing,
    StopPage,
    WayField,
)
from agency.web.looks import BrandLook, Choice, Clock, Notice

HOSTILE = "<script>alert(1)</script> \u202eWojciech"


def notices(looks: tuple[BrandLook, ...], which: str = "") -> NoticesPage:
    """Two days of them, or none."""
    at = Clock("40 min", "plain", "2026-11-22T12:04:00Z", "2026-11-22 13:04 CET")

    def line(words: str, *, is_new: bool = False, is_over: bool = False) -> NoticeLine:
        return NoticeLine(words=words, at=at, open_url="#", is_new=is_new, is_over=is_over)

    today = (
        NoticeThing(
            brand=looks[1],
            lines=(
                line("Hotel Bursztynowa Zatoka: Jan Kowalczyk changed words of your reply and said yes.", is_new=True),
                line("Hotel Bursztynowa Zatoka: Jan Kowalczyk asks for changes in your reply.", is_over=True),
            ),
        ),
        NoticeThing(brand=looks[0], lines=(line(f"Pennywell: {HOSTILE} declined your reply.", is_new=True),)),
        NoticeThing(brand=None, lines=(line("Instagram lets Konto answer nobody for now."),)),
    )
    days = (
        NoticeDay(heading="Sunday, 22 November", things=today),
        NoticeDay(heading="Saturday, 21 November", things=today[2:]),
    )
    return NoticesPage(
        days=() if which == "none" else days,
        has_unread=which != "none",
        read_all_url="#",
        up_to="1",
        settings_url="#",
        next_url="" if which == "none" else "#",
    )


def settings(looks: tuple[BrandLook, ...]) -> NoticeSettingsPage:
    """With a choice that was refused."""
    ways = ("As usual: in the app and by mail", "In the app and by mail", "In the app", "By mail", "Not at all")
    options = tuple(Choice(words, "", value=str(place), selected=place == 2) for place, words in enumerate(ways))
    refused = "Nobody else is mailed about this for Hotel Bursztynowa Zatoka. Nothing was changed. Keep the mails."
    days = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
    return NoticeSettingsPage(
        save_url="#",
        brands=(
            Choice("All brands", "", value="", selected=True),
            *(Choice(look.name, "", value=look.id) for look in looks),
        ),
        brand_id="",
        ways=(
            WayField(
                name="way_reply_awaits_you",
                label="A reply waits for your word",
                options=options,
                help="Mails can be switched off only where somebody else of the brand gets them.",
            ),
            WayField(name="way_reply_declined", label="Your reply was declined", options=options),
        ),
        quiet_url="#",
        begin="20:00",
        end="07:00",
        days=tuple(Choice(name, "", value=str(place), selected=place < 5) for place, name in enumerate(days)),
        zone="Europe/Warsaw",
        arrive_url="#",
        failing="Mails to you come back since 21 November: 550 no such user.",
        notice=Notice("bad", "Nothing was changed."),
        errors={"way_reply_awaits_you": refused},
    )


def stop(*, is_done: bool = False) -> StopPage:
    """Before the button and after it."""
    return StopPage(url="#", kind="Your reply was declined", is_done=is_done)
