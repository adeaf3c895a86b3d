"""Contexts of the page of notices and of how somebody wants to be told; templates in `notices/`."""

from __future__ import annotations

from dataclasses import dataclass

from agency.web.looks import BrandLook, Choice, Clock, Notice, told


@dataclass(frozen=True, kw_only=True)
class NoticeLine:
    """One notice."""

    words: str = told("One sentence, the brand's name in it.")
    at: Clock = told("When.")
    open_url: str = told("Posting here marks it read and opens what it is about.")
    is_new: bool = told("Neither read nor over.")
    is_over: bool = told("It needs nobody's eye any more.")


@dataclass(frozen=True, kw_only=True)
class NoticeThing:
    """What was told of one thing on one day, the newest first."""

    brand: BrandLook | None = told("None for what is of no brand.")
    lines: tuple[NoticeLine, ...] = told("At least one.")


@dataclass(frozen=True, kw_only=True)
class NoticeDay:
    """One day of the reader's zone."""

    heading: str = told("Monday, 23 November.")
    things: tuple[NoticeThing, ...] = told("At least one.")


@dataclass(frozen=True, kw_only=True)
class NoticesPage:
    """`notices/page.html`. Posts to `read_all_url`: `up_to`."""

    days: tuple[NoticeDay, ...] = told("The newest first.")
    has_unread: bool = told("Whether any here is new.")
    read_all_url: str = told("Marks all read that were told until `up_to`.")
    up_to: str = told("Id of the newest one shown; empty for none.")
    settings_url: str = told("How the person wants to be told.")
    next_url: str = told("Older ones.", default="")
    first_url: str = told("Back to the newest.", default="")


@dataclass(frozen=True, kw_only=True)
class WayField:
    """How somebody is told of one kind."""

    name: str = told("The form's field.")
    label: str = told("What it is.")
    options: tuple[Choice, ...] = told("`value`, `label`, `selected`.")
    help: str = told("Why it cannot be switched off altogether; empty where it can.", default="")


@dataclass(frozen=True, kw_only=True)
class NoticeSettingsPage:
    """`notices/settings.html`. Posts: `save_url` (`brand`, a field a kind), `quiet_url` (`begin`, `end`, `day`)."""

    save_url: str = told("Keeps the ways.")
    brands: tuple[Choice, ...] = told("All brands, then each; to choose for which one sees and changes.")
    brand_id: str = told("The chosen one; empty for all.")
    brand_name: str = told("The same in words.", default="")
    ways: tuple[WayField, ...] = told("One a kind that can concern this person.")
    quiet_url: str = told("Keeps when mails come.")
    begin: str = told("HH:MM; equal to `end` for no quiet hours.")
    end: str = told("HH:MM.")
    days: tuple[Choice, ...] = told("Monday first: `value`, `label`, `selected` for mails come.")
    zone: str = told("The person's time zone.")
    failing: str = told("Since when mails to the person come back, in words; empty where they do not.", default="")
    arrive_url: str = told("Posting here says that mails arrive again.", default="")
    notice: Notice | None = told("What just could not be kept.", default=None)
    errors: dict[str, str] = told("Field name to what to do.", default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class StopPage:
    """`notices/stop.html`. Posts to `url`: nothing."""

    url: str = told("Where the form goes.")
    kind: str = told("Your reply was declined.")
    is_done: bool = told("It was pressed.")
