"""Contexts of the pages that connect an account through a platform's sign-in, and mend one."""

from __future__ import annotations

from dataclasses import dataclass

from agency.web.looks import BrandLook, Choice, Notice, StateLook, told


@dataclass(frozen=True, kw_only=True)
class FeatureRow:
    """One use of an account, with the permissions it needs."""

    name: str = told("The form's value.")
    label: str = told("What it is for.")
    scopes: tuple[str, ...] = told("The platform's names of the permissions.")
    is_always: bool = told("Every account needs it; it cannot be left out.", default=False)
    is_chosen: bool = told("Ticked.", default=False)
    is_missing: bool = told("The account lacks a permission for it.", default=False)


@dataclass(frozen=True, kw_only=True)
class ConnectPage:
    """Before the dialog, `accounts/connect.html`. Posts to `url`: `brand`, `way`, `feature` (several)."""

    tabs: tuple[Choice, ...] = told("Facebook, Instagram both ways, Google.")
    way: str = told("The chosen one's value.")
    sign_in_label: str = told("Where the person signs in.")
    features: tuple[FeatureRow, ...] = told("In the table's order.")
    brands: tuple[Choice, ...] = told("`value`, `label`, `selected`.")
    url: str = told("Where the form goes; empty where the platform's application is not set up here.")
    token_url: str = told("To the form for an existing token.")
    errors: dict[str, str] = told("Field name to what to do.", default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class LeavePage:
    """On the way out, `doors/leave.html`; goes on by itself."""

    label: str = told("Facebook, Instagram, Google.")
    url: str = told("The dialog.")


@dataclass(frozen=True, kw_only=True)
class WalkFailedPage:
    """Back without success, `doors/walk_failed.html`."""

    title: str = told("Heading.")
    notice: Notice = told("What happened, what is safe, what to do.")
    found: tuple[str, ...] = told("What was granted instead.", default=())
    again_url: str = told("Where to begin anew; empty for whoever came by a mailed link.", default="")


@dataclass(frozen=True, kw_only=True)
class GrantedRow:
    """One account that was granted."""

    id: str = told("The form's value.")
    name: str = told("As the platform names it.")
    external_id: str = told("The platform's id.")
    platform: str = told("Facebook, Instagram, Google.")
    state: str = told("Connected already, and where; empty.", default="")
    lacks: tuple[str, ...] = told("What cannot be used and why.", default=())
    is_new: bool = told("Not connected anywhere in the agency.", default=True)
    is_chosen: bool = told("Ticked.", default=False)
    is_choosable: bool = told("False for one connected to another brand.", default=True)


@dataclass(frozen=True, kw_only=True)
class ChoosePage:
    """What was granted, `accounts/choose.html`. Posts to `url`: `granted` (several)."""

    brand: BrandLook = told("What it is connected to.")
    rows: tuple[GrantedRow, ...] = told("What can be connected first, each part by name.")
    all_lack: tuple[str, ...] = told("What none of them can be used for and why.", default=())
    is_cut: bool = told("More was granted than is kept.", default=False)
    url: str = told("Where the form goes.")
    again_url: str = told("To sign in anew.")
    error: str = told("What to do; empty.", default="")


@dataclass(frozen=True, kw_only=True)
class ConnectedRow:
    """How far one account's set-up is."""

    name: str = told("Of the account.")
    platform: str = told("Facebook, Instagram, Google.")
    brand: BrandLook = told("Whose it is.")
    state: StateLook = told("Waiting for the first sign of life, connected, or what broke.")
    reading: str = told("What reading brought.")
    events: str = told("Whether the platform tells us by itself, and if not, why.")
    history_url: str = told("Asks how far back to read; empty for whoever came by a mailed link.", default="")


@dataclass(frozen=True, kw_only=True)
class ConnectedPage:
    """After choosing, `accounts/connected.html`; its list `accounts/_connected.html` asks again while it waits."""

    rows: tuple[ConnectedRow, ...] = told("What was connected just now.")
    summary: str = told("How far all of them are, where one page does not show them; empty.", default="")
    advice: str = told("What ends the test of those that are open; empty.", default="")
    look_url: str = told("The list anew; empty once everything has shown life.", default="")
    next_url: str = told("More of them; empty.", default="")
    first_url: str = told("Back to the beginning; empty.", default="")
    accounts_url: str = told("To the channels.")


@dataclass(frozen=True, kw_only=True)
class MendPage:
    """What a mailed link opens, `doors/mend.html`. Posts to `url`: nothing."""

    account_name: str = told("What broke.")
    brand_name: str = told("Whose it is.")
    agency_name: str = told("Who reads and answers with it.")
    label: str = told("Facebook, Instagram, Google.")
    reason: str = told("What the platform said, in words; empty.", default="")
    ends_on: str = told("The day it ends where it still works; empty.", default="")
    others: tuple[str, ...] = told("Names of what the same sign-in mends with it.", default=())
    url: str = told("Where the button goes; empty where nothing is to mend any more.", default="")


@dataclass(frozen=True, kw_only=True)
class MendedPage:
    """After mending, `doors/mended.html`."""

    rows: tuple[ConnectedRow, ...] = told("What this sign-in mended, by name.")
    still_broken: tuple[str, ...] = told("Names of those that wait for the same sign-in still.", default=())
    look_url: str = told("The list anew; empty once everything has shown life.", default="")


@dataclass(frozen=True, kw_only=True)
class DeletionPage:
    """What became of a wish to be deleted, `doors/deletion.html`."""

    asked_on: str = told("The day it came.")
    state: str = told("Received or done, in words.")
    code: str = told("What Meta was told.")
