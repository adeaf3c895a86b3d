"""Contexts of the pages that set things up: guide, brands, channels, people. Import them from `agency.web.contexts`."""

from __future__ import annotations

from dataclasses import dataclass

from agency.web.contexts_conversation import CheckResult
from agency.web.contexts_history import HistoryLook
from agency.web.looks import BrandLook, Choice, Clock, FindingLevel, Notice, StateLook, told


@dataclass(frozen=True, kw_only=True)
class RuleLook:
    """One rule of a guide as people read it."""

    id: str = told("Within the guide.")
    kind: str = told("The kind, translated: Words to avoid.")
    level: FindingLevel = told("stop, warn or hint.")
    summary: str = told("What it asks, in one sentence.")
    reason: str = told("Why.", default="")
    good: tuple[str, ...] = told("Examples that pass.", default=())
    bad: tuple[str, ...] = told("Examples that are found.", default=())
    where: str = told("Languages and platforms, if not all.", default="")
    url: str = told("Its form; empty where it is only read.", default="")


@dataclass(frozen=True, kw_only=True)
class GuideVersionRow:
    """One version."""

    number: int = told("From 1.")
    state: StateLook = told("In force, Draft, Earlier.")
    author: str = told("Who wrote it.")
    at: Clock = told("When.")
    note: str = told("What changed and why.", default="")
    url: str = told("Shows it.")
    story_url: str = told("What is new in it, who decided, and what may be done.", default="")
    put_in_force_url: str = told(
        "Posting here puts it in force; empty where it may not or a reason is due.", default=""
    )
    bring_back_url: str = told("From where an earlier one comes back; empty for others.", default="")


@dataclass(frozen=True, kw_only=True)
class GuideProblem:
    """What stops a draft of a guide from being kept."""

    where: str = told("Line or rule: Line 12, rule no-discount.")
    message: str = told("What is wrong and what to write instead.")
    line: int | None = told("From 1.", default=None)


@dataclass(frozen=True, kw_only=True)
class GuidePage:
    """A brand's style guide, `guides/page.html`.

    Posts: `save_url` (`source`, `note`, `based_on`; `do` = check | save), `try_url` (`text`, `platform`),
    a version's `put_in_force_url` (nothing).
    """

    brand: BrandLook = told("Whose voice.")
    in_force: int | None = told("Number of the version in force.", default=None)
    shown: int | None = told("Number of the version on this page.", default=None)
    summary: str = told("The voice in a sentence or two.", default="")
    identity: tuple[tuple[str, tuple[str, ...]], ...] = told("The head: headings and entries.", default=())
    rules: tuple[RuleLook, ...] = told("In the guide's order.")
    versions: tuple[GuideVersionRow, ...] = told("Newest first.")
    tabs: tuple[Choice, ...] = told("Rules, Write, Versions, Try: `?tab=`; `value` is the tab's code.", default=())
    tab: str = told("rules | write | versions | try.", default="rules")
    source: str = told("The guide as YAML, for the editor.", default="")
    note: str = told("Typed already when a form comes back.", default="")
    based_on: str = told("Version the editor started from.", default="")
    save_url: str = told("Empty where the person may not write.", default="")
    problems: tuple[GuideProblem, ...] = told("Why the source was not kept.", default=())
    try_url: str = told("Checks a text against this version.", default="")
    try_text: str = told("The text tried.", default="")
    try_result: CheckResult | None = told("What the guide says.", default=None)
    empty_reason: str = told("Why there are no rules.", default="")
    forms: tuple[Choice, ...] = told("Forms this person may write with: the head, a new rule.", default=())
    compare_url: str = told("Two versions beside each other; empty while there is one.", default="")
    places: tuple[Choice, ...] = told("The other pages of what this brand says.", default=())


@dataclass(frozen=True, kw_only=True)
class BrandRow:
    """One brand in the list."""

    brand: BrandLook = told("Colour, mark, name.")
    url: str = told("Its page.")
    state: StateLook = told("Open, Paused, Archived.")
    languages: str = told("English, Polish.")
    open_count: int = told("Cases not resolved.")
    late_count: int = told("Cases past their clock.")
    waiting_count: int = told("Replies that wait for the client.")
    channels: StateLook = told("All well, One needs a new connection.")
    guide: str = told("Version 3, 12 rules; or No guide yet.")
    guide_url: str = told("Its guide.")
    week: tuple[int, ...] = told("Cases in on each of the last 7 days, oldest first, for the small chart.", default=())


@dataclass(frozen=True, kw_only=True)
class BrandsPage:
    """The agency's brands, `brands/page.html`.

    Posts: `create_url` (`name`, `mark`, `colour`, `language`, `timezone`).
    """

    rows: tuple[BrandRow, ...] = told("By name.")
    next_url: str = told("The next 50; empty at the end.", default="")
    create_url: str = told("Empty where the person may not.", default="")
    agency_url: str = told("What holds for every brand; empty where the person may not.", default="")
    values: dict[str, str] = told("Typed already when the form comes back.", default_factory=dict)
    errors: dict[str, str] = told("Field name to what to do.", default_factory=dict)
    languages: tuple[Choice, ...] = told("Options: `value`, `label`.", default=())
    timezones: tuple[Choice, ...] = told("Options: `value`, `label`.", default=())
    empty_reason: str = told("Why there are none.", default="")


@dataclass(frozen=True, kw_only=True)
class AccountFact:
    """One line of a card: a time, a share of something, or words."""

    label: str = told("What it is.")
    at: Clock | None = told("When.", default=None)
    words: str = told("Said instead of a time.", default="")
    percent: int | None = told("Drawn as a bar, 0 to 100; None for no share.", default=None)


@dataclass(frozen=True, kw_only=True)
class Permit:
    """One use of an account and whether it was granted."""

    name: str = told("The use.")
    stands: bool = told("Granted, with everything it needs.")
    scopes: str = told("The platform's names of its permissions.", default="")
    missing: str = told("Those that are missing.", default="")
    upgrade_url: str = told("Asks for what is missing; empty where that does not help or nobody may.", default="")


@dataclass(frozen=True, kw_only=True)
class ArrivalBar:
    """One day: three heights stacked from below."""

    x: int = told("From the left.")
    told_y: int = told("Top of what events told.")
    told_height: int = told("Its height.")
    found_y: int = told("Top of what looking found.")
    found_height: int = told("Its height.")
    missed_y: int = told("Top of what events missed.")
    missed_height: int = told("Its height.")
    title: str = told("The day and its counts.")


@dataclass(frozen=True, kw_only=True)
class Arrivals:
    """Who told us first, day by day."""

    bars: tuple[ArrivalBar, ...] = told("Oldest first.")
    told_count: int = told("Words of customers that events brought.")
    found_count: int = told("Those that looking found first, as it should.")
    missed_count: int = told("Those that an event should have brought.")
    width: int = told("Of the drawing.")
    height: int = told("Of the drawing.")
    bar_width: int = told("Of one bar.")


@dataclass(frozen=True, kw_only=True)
class AccountRow:
    """One connected page, profile or place."""

    name: str = told("As the platform names it.")
    brand: BrandLook = told("Whose it is.")
    platform: str = told("Facebook, Instagram, Google.")
    state: StateLook = told("Its health: `agency.web.health_words`.")
    since: Clock | None = told("Since when that is so: for 3 d.", default=None)
    problem: Notice | None = told("What is wrong, safe, next.", default=None)
    action_label: str = told("The one thing that helps; empty where one only waits, or may not.", default="")
    action_url: str = told("Posting does it.", default="")
    renew_url: str = told("Posting leads to the platform to sign in anew; empty where not allowed.", default="")
    token_url: str = told("The page for a new token; empty where not allowed.", default="")
    disconnect_url: str = told("The page that asks before it ends; empty where not allowed.", default="")
    glance: tuple[AccountFact, ...] = told("What people compare down the list: last in, event, look.", default=())
    course: tuple[AccountFact, ...] = told("How things come and go: events, next look, missed, last out.", default=())
    access: tuple[AccountFact, ...] = told("Token and usage.", default=())
    permits: tuple[Permit, ...] = told("Each use; empty where the platform never told.", default=())
    arrivals: Arrivals | None = told("The last two weeks drawn; None when nothing came.", default=None)
    set_aside: int = told("Items we could not read and kept.", default=0)
    set_aside_url: str = told("Shows them.", default="")
    history: HistoryLook | None = told("How far its past is read; None for nothing to say.", default=None)


@dataclass(frozen=True, kw_only=True)
class AccountsPage:
    """Channel health, `accounts/page.html`.

    Posts: `connect_url` (`brand`, `platform`, `external_id`, `name`, `login`, `credential`).
    """

    rows: tuple[AccountRow, ...] = told("The worst first: `channels.health.KINDS`.")
    tabs: tuple[Choice, ...] = told("All, Troubled, Disconnected.", default=())
    next_url: str = told("The next 50; empty at the end.", default="")
    connect_url: str = told(
        "Connects with a token that somebody got at the platform. Empty where not allowed.", default=""
    )
    is_token_open: bool = told("The form for a token is unfolded.", default=False)
    import_url: str = told("Imports a file of earlier conversations; empty where not allowed.", default="")
    brands: tuple[Choice, ...] = told("Options: `value`, `label`.", default=())
    platforms: tuple[Choice, ...] = told("Options: `value`, `label`.", default=())
    logins: tuple[Choice, ...] = told("How an Instagram token was got: `value`, `label`, `selected`.", default=())
    values: dict[str, str] = told("Typed already when the form comes back; never the token.", default_factory=dict)
    errors: dict[str, str] = told("Field name to what to do.", default_factory=dict)
    empty_reason: str = told("Why there are none.", default="")


@dataclass(frozen=True, kw_only=True)
class PersonRow:
    """One member or invitation."""

    name: str = told("Name; the address for an invitation.")
    email: str = told("Address.")
    role: str = told("Translated.")
    brands: str = told("All brands, or names.")
    state: StateLook = told("Active, Invited, Removed.")
    second_factor: StateLook | None = told("On, Off, Required.", default=None)
    last_seen: Clock | None = told("Last request.", default=None)
    failing: str = told(
        "Since when mails to them come back, and with which words; empty where they arrive.", default=""
    )
    url: str = told("Change role and brands.", default="")
    remove_url: str = told("Posting ends the membership at once; empty where not allowed.", default="")
    resend_url: str = told("Posting sends the invitation again.", default="")


@dataclass(frozen=True, kw_only=True)
class PeoplePage:
    """Members and invitations, `people/page.html`. Posts: `invite_url` (`email`, `name`, `role`, `brand` repeated)."""

    rows: tuple[PersonRow, ...] = told("By name, invitations last.")
    invite_url: str = told("Empty where the person may not.", default="")
    roles: tuple[Choice, ...] = told("Options: `value`, `label`.", default=())
    brands: tuple[Choice, ...] = told("Options: `value`, `label`, `selected`, `brand`.", default=())
    values: dict[str, str] = told("Typed already when the form comes back.", default_factory=dict)
    errors: dict[str, str] = told("Field name to what to do.", default_factory=dict)
    next_url: str = told("The next 50; empty at the end.", default="")
