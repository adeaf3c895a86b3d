# ruff: noqa: E501 - invented cases read best as tables, one case a line
"""Invented cases of a style guide's version as the client reads it, for `/parts/pages/…`."""

from __future__ import annotations

from agency.replies.text_difference import text_difference
from agency.web import contexts as c
from agency.web.contexts_guide import GuideProposalPage
from agency.web.contexts_setup import RuleChange
from agency.web.looks import Notice, StateLook
from agency.web.parts_samples import at, brands


def changes() -> tuple[RuleChange, ...]:
    """A rule that is stricter now, and a new one."""
    rule = c.RuleLook(
        id="empathy", kind="Empathy line", level="stop", summary="Say first that you understood.", where="Polish"
    )
    calm = c.RuleLook(id="exclamation", kind="Exclamation marks", level="hint", summary="At most one in a reply.")
    rows = (
        ("How strict", text_difference("Warns", "Stops")),
        ("What it asks", text_difference("Say first that you understood.", "Say first that you understood.")),
        ("Why", text_difference("", "Two readers: the guest, and everybody after.")),
    )
    return (
        RuleChange(rule=rule, state=StateLook("changed", "Changed", "pencil", "warn"), rows=rows, difference=text_difference("max_stars: 1", "max_stars: 2")),
        RuleChange(rule=calm, state=StateLook("new", "New", "plus", "good")),
    )  # fmt: skip


def proposal(case: str = "") -> GuideProposalPage:
    """A version that waits; `agency` for the page of who asked."""
    rule = c.RuleLook(
        id="empathy",
        kind="Empathy line",
        level="stop",
        summary="One and two stars: say first that you understood what went wrong.",
        reason="Two readers: the guest, and everybody after.",
        good=("Rozumiemy, że śniadanie zepsuło Państwu poranek.",),
        where="Polish",
    )
    calm = c.RuleLook(id="exclamation", kind="Exclamation marks", level="hint", summary="At most one in a reply.")
    waits = case != "agency"
    return GuideProposalPage(
        brand=brands()[1], number=4, state=StateLook("proposed", "Proposed", "hourglass", "info"), in_force=3, back_url="#",
        voice="A host who knows the guests by sight: warm, calm, without excuses.",
        voice_difference=text_difference("A host: warm, calm.", "A host who knows the guests by sight: warm, calm, without excuses."),
        identity=(("Forms of address", ("Państwo, Pani, Pan",)), ("Do", ("Thank for bitter words, too.", "Name a day."))),
        changes=changes(), same_count=11, rules=(rule, calm), note="Two stars get an empathy line as well: the last month showed why.", proposed_by="Marek",
        chain=(
            c.ChainStep(what="Written", icon="pencil", who="Marek", at=at(minutes=90)),
            c.ChainStep(what="Proposed to the client", icon="hourglass", tone="info", who="Marek", at=at(minutes=60), facts=(("Note", "Two stars get an empathy line as well."),)),
        ),
        decide_url="#" if waits else "", proposal_id="0193a1f2", call_back_url="" if waits else "#", in_force_url="" if waits else "#",
        notice=None if waits else Notice("info", "The client was asked and has not decided yet.", "Nothing changes before that."),
    )  # fmt: skip
