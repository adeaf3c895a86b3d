"""Contexts of a version's own page: what it asks, what is new in it, who decided. See `agency.web.contexts`."""

from __future__ import annotations

from dataclasses import dataclass

from agency.replies.text_difference import Piece
from agency.web.contexts_day import DayPlace
from agency.web.contexts_owner import ChainStep
from agency.web.contexts_rooms import GuideProblem, RuleLook
from agency.web.contexts_setup import RuleChange
from agency.web.looks import BrandLook, Choice, Clock, FindingLook, Notice, StateLook, told


@dataclass(frozen=True, kw_only=True)
class GuideProposalPage:
    """One version as a client reads it before deciding, `guides/proposal.html`: on a phone, without script.

    Posts: `decide_url` (`proposal_id`, `against`, `comment`; `do` = approve | answer), `propose_url` (`note`),
    `call_back_url` (nothing), `in_force_url` (`reason`).
    """

    brand: BrandLook = told("Whose voice.")
    number: int = told("The version.")
    state: StateLook = told("Draft, Proposed, In force, Earlier.")
    in_force: int | None = told("The version it is compared with; None where the brand has none or this is it.")
    back_url: str = told("To the versions; empty behind a link.")
    day: DayPlace | None = told("Behind a link of the day, where it is only read.", default=None)
    sign_in_url: str = told("Behind such a link: the door to where it is decided.", default="")
    voice: str = told("The voice in a sentence or two.", default="")
    identity: tuple[tuple[str, tuple[str, ...]], ...] = told("Headings and what stands below them.", default=())
    voice_difference: tuple[Piece, ...] = told("What the voice has otherwise.", default=())
    identity_changes: tuple[tuple[str, tuple[Piece, ...]], ...] = told("Headings that differ.", default=())
    changes: tuple[RuleChange, ...] = told("Rules that are new, changed or gone.", default=())
    same_count: int = told("Rules that stay.", default=0)
    rules: tuple[RuleLook, ...] = told("All rules in plain words, strictest first.", default=())
    note: str = told("What the agency asks, while it waits.", default="")
    proposed_by: str = told("Who asks, while it waits.", default="")
    chain: tuple[ChainStep, ...] = told("What became of it so far, oldest first.", default=())
    decide_url: str = told("Where the decision goes; empty where there is none to make here.", default="")
    proposal_id: str = told("Names this asking.", default="")
    propose_url: str = told("Asks the client; empty where not possible.", default="")
    call_back_url: str = told("Takes the asking back; empty where not possible.", default="")
    in_force_url: str = told("Puts it in force without asking; empty where not possible.", default="")
    is_return: bool = told("Whether an earlier version would come back: that takes a reason.", default=False)
    values: dict[str, str] = told("Typed already when a form comes back.", default_factory=dict)
    errors: dict[str, str] = told("Field name to what to do.", default_factory=dict)
    problems: tuple[GuideProblem, ...] = told("Examples that do not show what they should.", default=())
    notice: Notice | None = told("Somebody was faster, why it cannot be decided here, …", default=None)
    choices: tuple[Choice, ...] = told("Where to go from here: compare, try, the brand's other pages.", default=())


@dataclass(frozen=True, slots=True)
class TrialRow:
    """One reply that fares otherwise under the version that is tried."""

    url: str = told("Its receipt.")
    place: str = told("Google · public answer to a review.")
    written_by: str = told("Who wrote it.")
    at: Clock = told("When it came to stand where it stands.")
    state: StateLook | None = told("Stopped, Warned, Free now.")
    text: str = told("Its words.")
    findings: tuple[FindingLook, ...] = told("What the tried version says.", default=())


@dataclass(frozen=True, kw_only=True)
class GuideTrialPage:
    """A version held against the brand's last replies, `guides/trial.html`. Gets: `url`, which is this page."""

    brand: BrandLook = told("Whose.")
    number: int = told("The version.")
    in_force: int | None = told("What it is compared with; None where the brand has none.")
    back_url: str = told("To the version.")
    held: int = told("How many replies were held against it: at most 200.")
    summary: tuple[str, ...] = told("These 14 would now be stopped; 3 were stopped before and would pass.")
    rows: tuple[TrialRow, ...] = told("Newly stopped first, then newly warned, then the rest; newest first each.")


@dataclass(frozen=True, kw_only=True)
class GuideHeadPage:
    """The form of a guide's head, `guides/head.html`.

    Posts to `url`: `revision`, `language`, `voice`, each of `fields` and `platforms`, `note`.
    """

    brand: BrandLook = told("Whose voice.")
    number: int = told("The version.")
    state: StateLook = told("Draft, Proposed, In force, Earlier.")
    url: str = told("Where the form goes.")
    back_url: str = told("To the version.")
    language: str = told("Code of the variant; empty for all languages.", default="")
    languages: tuple[Choice, ...] = told("The variants, as links.")
    revision: int = told("The draft's, as it was read.")
    fields: tuple[tuple[str, str, bool], ...] = told("Name, label, whether it is a list with an entry a line.")
    platforms: tuple[tuple[str, str], ...] = told("Name and platform of each area of examples.")
    values: dict[str, str] = told("What the fields hold.", default_factory=dict)
    errors: dict[str, str] = told("Field name to what to do.", default_factory=dict)
    others: tuple[str, ...] = told("Free headings beside the named fields, changed in the source.", default=())
    notice: Notice | None = told("Not a draft, somebody was faster, …", default=None)


@dataclass(frozen=True, slots=True)
class FormField:
    """One field of a rule's form."""

    name: str = told("Its form name: `phrases`, `good.text`.")
    label: str = told("What people read.")
    widget: str = told("text, area, lines, number, check, select, checks, or group for an example's own fields.")
    help: str = told("A line of help.", default="")
    value: str = told("What it holds.", default="")
    ticked: bool = told("For a single box.", default=False)
    options: tuple[Choice, ...] = told("What may be chosen or ticked.", default=())
    fields: tuple[FormField, ...] = told("Of a group.", default=())
    error: str = told("What to do about it.", default="")


@dataclass(frozen=True, slots=True)
class ExampleCheck:
    """Whether an example shows what it should."""

    field: str = told("good or bad.")
    fits: bool = told("Whether it does.")
    words: str = told("In words.")


@dataclass(frozen=True, kw_only=True)
class GuideRulePage:
    """The form of one rule, `guides/rule.html`, or the kinds to choose from.

    Posts to `url`: `revision`, `rule_kind`, the fields, `do` = check | save; to `remove_url`: `revision`.
    """

    brand: BrandLook = told("Whose.")
    number: int = told("The version.")
    state: StateLook = told("Draft, Proposed, In force, Earlier.")
    kind: str = told("Code of the kind; empty while one is chosen.")
    title: str = told("The kind in words.")
    kinds: tuple[Choice, ...] = told("Kinds to choose from.", default=())
    url: str = told("Where the form goes.")
    remove_url: str = told("Takes the rule away; empty for a new one.", default="")
    back_url: str = told("To the version.")
    revision: int = told("The draft's, as it was read.")
    fields: tuple[FormField, ...] = told("The kind's own first.", default=())
    checks: tuple[ExampleCheck, ...] = told("Of the examples as they stand in the form.", default=())
    problems: tuple[str, ...] = told("What is wrong and has no field here.", default=())
    notice: Notice | None = told("Not a draft, somebody was faster, …", default=None)


@dataclass(frozen=True, slots=True)
class TemplateLook:
    """A guide to start from."""

    name: str = told("Its code.")
    title: str = told("What it is called.")
    words: str = told("For whom.")
    voice: str = told("Its voice.")
    rules: str = told("7 rules.")


@dataclass(frozen=True, kw_only=True)
class GuideTemplatesPage:
    """Guides to start from, `guides/templates.html`. Posts to `url`: `template`."""

    brand: BrandLook = told("For whom.")
    url: str = told("Where the choice goes.")
    back_url: str = told("To the guide.")
    rows: tuple[TemplateLook, ...] = told("In a fixed order.")
