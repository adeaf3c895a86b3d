"""Contexts of further set-up pages: one brand, guidelines, comparing guides, connecting accounts, permissions."""

from __future__ import annotations

from dataclasses import dataclass

from markupsafe import Markup

from agency.replies.text_difference import Piece
from agency.web.contexts_connecting import FeatureRow
from agency.web.contexts_ranking import WeightField
from agency.web.contexts_rooms import RuleLook
from agency.web.looks import BrandLook, Choice, Clock, Notice, StateLook, told


@dataclass(frozen=True, kw_only=True)
class MediaRoom:
    """How much of a brand's room its copies of expiring media take."""

    used: int = told("Megabytes, rounded up.")
    limit: int = told("Megabytes.")
    words: str = told("Both, in words.")
    is_full: bool = told("Where new copies take the place of older ones.", default=False)


@dataclass(frozen=True, kw_only=True)
class BrandPage:
    """One brand, `brands/brand.html`.

    Posts: `change_url` (`name`, `mark`, `colour`, `language`, `timezone`, `guide_needs_approval`,
    `keeps_birthdays`),
    `queue_url` (`tier`, `answer_due_hours`, `answer_due_hours_on.<platform>`), `pause_url` (`paused` = 1 | 0),
    `archive_url` (`archived` = 1 | 0).
    """

    brand: BrandLook = told("Colour, mark, name.")
    state: StateLook = told("Open, Paused, Archived.")
    parts: tuple[Choice, ...] = told("Guide, guidelines, channels, inbox: links this person may open.")
    facts: tuple[tuple[str, str], ...] = told("What is set, for those who may only read.")
    change_url: str = told("Empty where the person may not.", default="")
    pause_url: str = told("Pauses or resumes; empty where the person may not.", default="")
    archive_url: str = told("Archives or takes back; empty where the person may not.", default="")
    is_paused: bool = told("Nothing is sent in its name.", default=False)
    is_archived: bool = told("On the shelf.", default=False)
    values: dict[str, str] = told("What the fields hold.", default_factory=dict)
    guide_needs_approval: bool = told("Ticked.", default=False)
    keeps_birthdays: bool = told("Ticked.", default=False)
    errors: dict[str, str] = told("Field name to what to do.", default_factory=dict)
    languages: tuple[Choice, ...] = told("Options: `value`, `label`, `selected`.", default=())
    timezones: tuple[Choice, ...] = told("Options: `value`, `label`, `selected`.", default=())
    queue_url: str = told("Changes tier and due hours; empty where the person may not.", default="")
    tiers: tuple[Choice, ...] = told("Options: `value`, `label`, `selected`.", default=())
    hours_on: tuple[WeightField, ...] = told("Hours of each platform, empty where the brand's hold.", default=())
    weights_url: str = told("The points of each tier.", default="")
    room: MediaRoom | None = told("What copies of expiring media take; None where there are none.", default=None)


@dataclass(frozen=True, kw_only=True)
class GuidelineLook:
    """One guideline in the list."""

    title: str = told("What it is about.")
    when: str = told("In which case.")
    steps: tuple[str, ...] = told("What to do, in order.")
    offer: str = told("What may be offered at most: 20.00 EUR; empty for nothing said.")
    never_say: tuple[str, ...] = told("What is never said.")
    visibility: str = told("In public, in private, both.")
    url: str = told("Changes it; empty where the person may not.", default="")
    conditions: tuple[str, ...] = told("When it is found: says “zimne”; 3 stars or fewer.", default=())
    visibility_reason: str = told("Why there.", default="")
    final_by: str = told("Who has the last word, where it is not whoever answers.", default="")
    example: str = told("An answer that did it well.", default="")
    saved_replies: tuple[str, ...] = told("Titles of those that fit.", default=())
    language: str = told("Code for `lang` of the brand's own words.", default="")


@dataclass(frozen=True, kw_only=True)
class GuidelinesPage:
    """A brand's reply guidelines, `guidelines/page.html`."""

    brand: BrandLook = told("Whose.")
    rows: tuple[GuidelineLook, ...] = told("By title.")
    new_url: str = told("Empty where the person may not.", default="")
    places: tuple[Choice, ...] = told("The other pages of what this brand says.", default=())


@dataclass(frozen=True, kw_only=True)
class Boxes:
    """Boxes to tick under one heading; none ticked means all."""

    name: str = told("Of the field.")
    label: str = told("The heading.")
    options: tuple[Choice, ...] = told("`value`, `label`, `selected`.")


@dataclass(frozen=True, kw_only=True)
class SavedReplyChoice:
    """A saved reply to tick."""

    id: str = told("What the box sends.")
    title: str = told("Its name.")
    is_chosen: bool = told("Ticked.", default=False)
    is_of_agency: bool = told("For every brand.", default=False)
    is_archived: bool = told("Put away since it was ticked.", default=False)


@dataclass(frozen=True, kw_only=True)
class GuidelinePage:
    """The form of one guideline, `guidelines/guideline.html`.

    Posts: `url` (`version`, `title`, `when`, `words`, `steps` and `never_say` one a line, `offer`, `currency`,
    `visibility`, `visibility_reason`, `min_stars`, `max_stars`, `final_by`, `example`, `saved_reply_ids`, and each of
    `boxes`), `delete_url` (`version`).
    """

    brand: BrandLook = told("Whose.")
    title: str = told("Heading.")
    url: str = told("Where the form goes.")
    back_url: str = told("To the list.")
    delete_url: str = told("Posting takes it away; empty for a new one.", default="")
    version: int = told("The version the form was filled from.", default=0)
    values: dict[str, str] = told("What the fields hold.", default_factory=dict)
    errors: dict[str, str] = told("Field name to what to do.", default_factory=dict)
    visibilities: tuple[Choice, ...] = told("Options: `value`, `label`, `selected`.", default=())
    finals: tuple[Choice, ...] = told("Who may have the last word.", default=())
    stars: dict[str, tuple[Choice, ...]] = told("Options of `min_stars` and of `max_stars`.", default_factory=dict)
    boxes: tuple[Boxes, ...] = told("What else says when it applies.", default=())
    saved_replies: tuple[SavedReplyChoice, ...] = told("Those to tick, ticked ones first.", default=())
    notice: Notice | None = told("Somebody was faster.", default=None)
    theirs: tuple[tuple[str, str], ...] = told(
        "What the guideline says now, field by field, after a conflict.", default=()
    )


@dataclass(frozen=True, kw_only=True)
class RuleChange:
    """One rule that differs between two versions."""

    rule: RuleLook = told("As the newer one has it; as the older one had it, where it went.")
    state: StateLook = told("New, Gone, Changed.")
    rows: tuple[tuple[str, tuple[Piece, ...]], ...] = told(
        "What a changed one asked and asks, in plain words: label and what differs.", default=()
    )
    difference: tuple[Piece, ...] = told("Of the rule's data, for a changed one.", default=())


@dataclass(frozen=True, kw_only=True)
class ComparePage:
    """Two versions of a guide, `guides/compare.html`. Gets: `older`, `newer` to `url`."""

    brand: BrandLook = told("Whose voice.")
    url: str = told("Where the choice goes.")
    back_url: str = told("To the versions.")
    older: int = told("Number.")
    newer: int = told("Number.")
    olders: tuple[Choice, ...] = told("Options: `value`, `label`, `selected`.")
    newers: tuple[Choice, ...] = told("Options: `value`, `label`, `selected`.")
    voice: tuple[Piece, ...] = told("What changed in the voice; empty where nothing did.", default=())
    identity: tuple[tuple[str, tuple[Piece, ...]], ...] = told("Headings that differ.", default=())
    changes: tuple[RuleChange, ...] = told("In the newer guide's order, what went last.", default=())
    same_count: int = told("Rules that stayed.", default=0)


@dataclass(frozen=True, kw_only=True)
class AccountDeedPage:
    """Connecting again or disconnecting, `accounts/deed.html`. Posts to `url`: `credential`, or nothing.

    Connecting again also posts to `dialog_url`.
    """

    deed: str = told("reconnect | disconnect.")
    name: str = told("Of the account.")
    brand: BrandLook = told("Whose it is.")
    platform: str = told("Facebook, Instagram, Google.")
    url: str = told("Where the form goes.")
    back_url: str = told("To the list.")
    errors: dict[str, str] = told("Field name to what to do.", default_factory=dict)
    dialog_url: str = told("Posts `feature` (several) and leads to the platform's sign-in; empty for none.", default="")
    sign_in_label: str = told("Where the person signs in.", default="")
    features: tuple[FeatureRow, ...] = told("What the account is used for.", default=())


@dataclass(frozen=True, kw_only=True)
class SetAsideRow:
    """One item that could not be read."""

    words: str = told("Why, in a sentence.")
    reason: str = told("The same in the reader's own words, which are English.")
    external_id: str = told("The platform's id; empty for none.")
    at: Clock = told("When it came.")
    raw: str = told("Its beginning, inert.")
    length_bytes: int = told("Of all of it.")


@dataclass(frozen=True, kw_only=True)
class SetAsidePage:
    """What an account sent and could not be read, `accounts/set_aside.html`."""

    name: str = told("Of the account.")
    brand: BrandLook = told("Whose it is.")
    platform: str = told("Facebook, Instagram, Google.")
    rows: tuple[SetAsideRow, ...] = told("Newest first, at most 50.")
    next_url: str = told("The next 50; empty at the end.", default="")
    back_url: str = told("To the list.")


@dataclass(frozen=True, kw_only=True)
class MoveLook:
    """One line of a state table."""

    name: str = told("The move.")
    sources: str = told("From.")
    targets: str = told("To.")
    who: str = told("Permission, or the system.")
    must_hold: str = told("What must hold.")


@dataclass(frozen=True, kw_only=True)
class PermissionsPage:
    """Who may do what, `permissions/page.html`, made from the tables the product itself uses."""

    roles: tuple[tuple[str, bool], ...] = told("Role's word, and whether it is the reader's own.")
    rows: tuple[tuple[str, str, tuple[bool, ...]], ...] = told("Deed in words, its code, and yes or no per role.")
    tables: tuple[tuple[str, tuple[MoveLook, ...]], ...] = told("Heading and moves of each state table.")


@dataclass(frozen=True, kw_only=True)
class HoursPage:
    """When a brand answers: `brands/hours.html`. Posts to `url`: `day.0` to `day.6`, `zone`, `country`, `part`,
    `special_days`, `sends_in_hours`.
    """

    brand: BrandLook = told("Whose hours.")
    back_url: str = told("The brand.")
    url: str = told("Where the form goes; empty for who may only read.", default="")
    notice: Notice | None = told("What was refused.", default=None)
    days: tuple[tuple[str, str, str], ...] = told("Name, spans as written, what is wrong with them; Monday first.")
    zones: tuple[Choice, ...] = told("Whose clock.")
    zone: str = told("Its name.")
    sends_in_hours: bool = told("Replies go out in them unless somebody says otherwise.")
    errors: dict[str, str] = told("By field.", default_factory=dict)
    countries: tuple[Choice, ...] = told("Whose public holidays; none for who may only read.", default=())
    country: str = told("Its name; empty for none.", default="")
    parts: tuple[Choice, ...] = told("Parts of it with holidays of their own.", default=())
    part: str = told("The chosen one; empty for none.", default="")
    special_days: str = told("Days that are otherwise, as written.", default="")
    preview: tuple[str, ...] = told("What the kept hours come to, in sentences.", default=())
    agency_url: str = told("What is set for every brand, time to undo with it; empty for who may not.", default="")


@dataclass(frozen=True, kw_only=True)
class AgencyPage:
    """What holds for every brand: `agency/page.html`. Posts to `url`: `colour`, `answers_to`, `undo_seconds`."""

    url: str = told("Where the form goes.")
    notice: Notice | None = told("What was refused.", default=None)
    values: dict[str, str] = told("What is set, or was typed; by field.")
    errors: dict[str, str] = told("By field.", default_factory=dict)
    sample: Markup = told("The head of a mail in the colour.")
    sender: str = told("Whom mails come from, as people read it.")
    rules_url: str = told("Who needs a second factor: with the people.")
