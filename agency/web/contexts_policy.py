"""Contexts of a brand's approval policy: the page that says it, and the form."""

from __future__ import annotations

from dataclasses import dataclass

from agency.web.looks import BrandLook, Choice, Notice, StateLook, told


@dataclass(frozen=True, kw_only=True)
class PolicySentence:
    """A sentence of a policy, with what it lists."""

    words: str = told("A reply waits where one of these holds:")
    entries: tuple[str, ...] = told("a review has 2 stars or fewer", default=())


@dataclass(frozen=True, kw_only=True)
class PolicyLook:
    """One version of a policy, in words."""

    title: str = told("Version 3; As it came.")
    state: StateLook = told("In force, Proposed, Draft, Earlier.")
    sentences: tuple[PolicySentence, ...] = told("What it says, one after the other.")
    signed: str = told("Signed by Ana on 12 November 2026; empty while nobody has.", default="")
    written: str = told("Prepared by Ewa Lead.", default="")
    note: str = told("What the agency says of it.", default="")
    answer: str = told("What the client said should be different.", default="")
    added: tuple[str, ...] = told("What it says that the version in force does not.", default=())
    dropped: tuple[str, ...] = told("What that one says and this no longer does.", default=())


@dataclass(frozen=True, kw_only=True)
class PolicyPage:
    """Which replies wait for the client, `policies/page.html`.

    Posts: `sign_url` (`proposal_id`, `comment`, `do` = sign | answer), `propose_url`, `call_back_url`, `discard_url`,
    `paper_url` (`signed_by_name`, `signed_on`), `allow_paper_url` (`allowed` = 1 | 0).
    """

    brand: BrandLook = told("Whose.")
    back_url: str = told("The brand's page.")
    in_force: PolicyLook = told("What holds now.")
    open: PolicyLook | None = told("The draft, or what the client is asked to sign.", default=None)
    earlier: tuple[PolicyLook, ...] = told("Newest first.", default=())
    notice: Notice | None = told("What went wrong, or what is to be known.", default=None)
    change_url: str = told("The form, to prepare another version; empty where the reader may not.", default="")
    week_url: str = told("Last week by the open version.", default="")
    propose_url: str = told("Asks the client to sign the draft.", default="")
    call_back_url: str = told("Takes the asking back.", default="")
    discard_url: str = told("Throws the draft away.", default="")
    sign_url: str = told("The client's decision.", default="")
    proposal_id: str = told("Names what was shown.", default="")
    paper_url: str = told("Records a signature on paper; empty where that is not allowed.", default="")
    allow_paper_url: str = told("Says whether contracts allow that; empty but for who may.", default="")
    paper_allowed: bool = told("They do.", default=False)
    values: dict[str, str] = told("What was typed.", default_factory=dict)
    errors: dict[str, str] = told("Field name to what to do.", default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class DeciderField:
    """Somebody who may approve, and at which step they are asked."""

    name: str = told("Field.")
    label: str = told("Who.")
    steps: tuple[Choice, ...] = told("Not asked, first, second …")


@dataclass(frozen=True, kw_only=True)
class StandInFields:
    """One line of who decides for whom, and when."""

    number: int = told("From 0.")
    away: tuple[Choice, ...] = told("Options.")
    person: tuple[Choice, ...] = told("Options.")
    from_day: str = told("2026-12-01.", default="")
    until_day: str = told("2026-12-14.", default="")
    error: str = told("What to do about it.", default="")


@dataclass(frozen=True, kw_only=True)
class QuietFields:
    """One line of quiet times."""

    number: int = told("From 0.")
    days: tuple[Choice, ...] = told("On which it begins: ticks, Monday first.")
    from_time: str = told("20:00.", default="")
    until_time: str = told("08:00.", default="")
    error: str = told("What to do about it.", default="")


@dataclass(frozen=True, kw_only=True)
class WaitingFields:
    """What is asked about waiting, and about silence."""

    modes: tuple[Choice, ...] = told("Who answers.")
    quiet: tuple[QuietFields, ...] = told("Lines, the last one empty.")
    broken_by: tuple[Choice, ...] = told("What breaks them: ticks.")
    remind_after: str = told("6, 12, 24.", default="")
    most_reminders: int = told("So many at most.")
    awake_hours: bool = told("Hours of quiet times do not count.", default=False)
    silence_after: str = told("Hours; empty for never.", default="")
    silences: tuple[Choice, ...] = told("What silence means.")
    escalate_to: tuple[Choice, ...] = told("Who is asked too: ticks.", default=())


@dataclass(frozen=True, kw_only=True)
class HeardLineFields:
    """One line of what is acknowledged by itself: its fields end in `.number`."""

    number: int = told("From 0.")
    platforms: tuple[Choice, ...] = told("Of which platform.")
    kinds: tuple[Choice, ...] = told("Of what kind.")
    times: tuple[Choice, ...] = told("At which times.")
    after_minutes: str = told("As typed; without them the line says nothing.", default="")
    error: str = told("What to do about it.", default="")


@dataclass(frozen=True, kw_only=True)
class HeardFields:
    """What is said by itself, and in which words."""

    lines: tuple[HeardLineFields, ...] = told("Lines, the last one empty.")
    texts: int = told("The version of the brand's words it would be signed with; 0 for none.")
    words: tuple[str, ...] = told("Those words.", default=())
    texts_url: str = told("Where they are written.")
    error: str = told("What is wrong with all of it.", default="")


@dataclass(frozen=True, kw_only=True)
class PolicyForm:
    """The form of a version, `policies/form.html`. Posts to `url`."""

    brand: BrandLook = told("Whose.")
    url: str = told("Keeps the draft.")
    back_url: str = told("The page.")
    revision: int = told("Of the draft it was filled from; 0 for none.")
    notice: Notice | None = told("What went wrong.", default=None)
    needs: tuple[Choice, ...] = told("All, by rule, none.")
    stars: tuple[Choice, ...] = told("No such rule, 1 star, up to 2 …")
    platforms: tuple[Choice, ...] = told("Ticked ones are a rule.")
    kinds: tuple[Choice, ...] = told("Ticked ones are a rule.")
    words: str = told("Phrases, one a line.", default="")
    ticks: tuple[Choice, ...] = told("Money, complaints, unhappy customers: rules without more.")
    first_replies: str = told("So many.", default="")
    is_named: bool = told("Named people are asked, not any owner.", default=False)
    deciders: tuple[DeciderField, ...] = told("Everybody who may approve.")
    changes_go_on: bool = told("Changed words need no earlier yes again.", default=False)
    stand_ins: tuple[StandInFields, ...] = told("Lines, the last one empty.")
    waiting: WaitingFields = told("Quiet times, reminders, silence, who answers.")
    heard: HeardFields = told("What is said by itself.")
    note: str = told("What the client reads beside it.", default="")
    errors: dict[str, str] = told("Field name to what to do.", default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class WouldWaitRow:
    """A reply of last week that would have waited."""

    url: str = told("The reply as the client sees it.")
    author: str = told("Whom it answers.")
    words: str = told("The beginning of it.")
    at: str = told("When it left its writer.")
    because: str = told("The rules that name it, in words.")


@dataclass(frozen=True, kw_only=True)
class PolicyWeekPage:
    """Last week by a version of a policy, `policies/week.html`."""

    brand: BrandLook = told("Whose.")
    title: str = told("Version 3.")
    back_url: str = told("The policy.")
    summary: str = told("31 of 212 would have waited.")
    basis: str = told("What was looked at.")
    usual: str = told("How long a yes takes; empty where there was none yet.", default="")
    heard: str = told("What would have been acknowledged by itself; empty for none.", default="")
    came: str = told("What reminders and silence would have done; empty for none.", default="")
    rules: tuple[tuple[str, str], ...] = told("Each rule and how often it held.", default=())
    waited: tuple[WouldWaitRow, ...] = told("Which, newest first.", default=())
    more: str = told("How many more there are than are listed.", default="")
