"""The chain of a receipt: every text, check, decision and attempt of one reply, in the order they happened."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID

from flask_babel import gettext as _
from flask_babel import ngettext

from agency.replies.afterwards import Afterwards
from agency.replies.models import LETS_ON, LETS_OUT, Approval, PublishAttempt, Reply, ReplyText
from agency.replies.text_difference import text_difference
from agency.replies.waiting import reasons_of
from agency.web import clocks
from agency.web.contexts import ChainStep
from agency.web.language import chosen_language, chosen_zone
from agency.web.looks import Clock, Tone
from agency.web.receipt_after import parted, read_back_step, reading_step, steps_after
from agency.web.receipt_waiting import steps_waiting
from agency.web.reply_looks import finding_looks, platform_word
from agency.web.stored_words import said_again
from styleguides.currencies import said_amount
from styleguides.empowerment_reading import LineRow

Doors = Mapping[UUID, tuple[tuple[str, str], ...]]
Dated = tuple[datetime, int, ChainStep]
"""When, which comes first within one transaction (they share its time), and the step."""


def chain_of(
    reply: Reply,
    texts: Sequence[ReplyText],
    decisions: Sequence[Approval],
    attempts: Sequence[PublishAttempt],
    changes: Sequence[Reply] = (),
    standing: str = "",
    given: Sequence[LineRow] = (),
    after: Afterwards | None = None,
    doors: Doors | None = None,
) -> tuple[ChainStep, ...]:
    """Oldest first: written, checked, changed, decided, each attempt and each look, read back, changed since.

    `standing` is what the answer said that this one changes, `given` what went with it to the customer, `doors` says
    of a decision's id by which door it came.
    """
    steps: list[Dated] = [_change_step(change) for change in changes]
    steps += steps_after(after) if after is not None else []
    if reply.deed == "withdraw":
        step = ChainStep(
            what=_("Asked to be taken back"),
            icon="undo",
            who=reply.written_by_name,
            at=_at(reply.created_at),
            facts=((_("Reason"), reply.deed_reason or ""),),
        )
        return _in_order([*steps, (reply.created_at, 0, step), *_common_steps(reply, decisions, attempts, doors or {})])
    chosen = {one.reply_text_id for one in decisions if one.wording is not None and one.wording > 1}
    before: ReplyText | None = None
    for text in texts:
        steps += _text_steps(text, before, standing, compared=not (text.by_approver and text.id in chosen))
        before = before if text.is_further and before is not None else text
    steps += [_given_step(line) for line in given]
    return _in_order(steps + _common_steps(reply, decisions, attempts, doors or {}))


def _change_step(change: Reply) -> Dated:
    """What became of it later: a receipt of its own says more."""
    at = change.published_at or change.state_since
    taken_back = change.deed == "withdraw"
    facts = [(_("Receipt"), f"/replies/{change.id}/receipt")]
    if change.deed_reason:
        facts.insert(0, (_("Reason"), change.deed_reason))
    step = ChainStep(
        what=_("Taken back from the platform") if taken_back else _("Changed on the platform"),
        icon="undo" if taken_back else "pencil",
        tone="warn",
        who=change.written_by_name,
        at=_at(at),
        facts=tuple(facts),
    )
    return at, 7, step


def _given_step(line: LineRow) -> Dated:
    facts = [
        (_("Amount"), said_amount(line.amount_minor, line.currency, chosen_language())),
        (_("Given for"), line.words),
    ]
    if line.scenario:
        facts.append((_("Guideline"), line.scenario))
    if line.over_reason:
        facts.append((_("More than the limits, because"), line.over_reason))
    facts.append((_("Line of the ledger"), str(line.number)))
    if line.deed == "taken_back":
        step = ChainStep(
            what=_("Taken back from the customer"),
            icon="undo",
            tone="warn",
            who=line.made_by_name,
            at=_at(line.created_at),
            facts=tuple(facts),
        )
    else:
        step = ChainStep(
            what=_("Given to the customer"),
            icon="plus",
            who=line.made_by_name,
            at=_at(line.created_at),
            facts=tuple(facts),
        )
    return line.created_at, 0, step


def _in_order(steps: Sequence[Dated]) -> tuple[ChainStep, ...]:
    return tuple(step for _when, _order, step in sorted(steps, key=lambda dated: dated[:2]))


def _common_steps(
    reply: Reply, decisions: Sequence[Approval], attempts: Sequence[PublishAttempt], doors: Doors
) -> list[Dated]:
    """What every reply goes through, whatever it does."""
    steps: list[Dated] = []
    if reply.submitted_at is not None:
        because = tuple((_("It waits because"), _(one)) for one in reasons_of(reply.waits_because))
        words = ChainStep(what=_("Sent for approval"), icon="hourglass", at=_at(reply.submitted_at), facts=because)
        steps.append((reply.submitted_at, 2, words))
    steps += steps_waiting(reply)
    steps += [step for decision in decisions for step in _decision_steps(reply, decision, doors)]
    sends = 0
    single, again = parted(attempts)
    if again:
        steps.append(reading_step(again, reply.live_state or ""))
    elif reply.read_back_at is not None and reply.live_state:
        steps.append(read_back_step(reply.read_back_at, reply.live_state))
    for attempt in single:
        sends += attempt.deed == "send"
        steps.append((attempt.created_at, 5, _attempt_step(reply, attempt, sends)))
    return steps


def _at(moment: datetime) -> Clock:
    return clocks.moment(moment, chosen_zone(), chosen_language())


def _text_steps(text: ReplyText, before: ReplyText | None, standing: str, *, compared: bool) -> list[Dated]:
    """Not `compared` is a change that began from another wording than the reply's own text."""
    steps: list[Dated] = []
    if before is None:
        step = ChainStep(
            what=_("Written in the place of the words that stood there") if standing else _("Written"),
            icon="pencil",
            who=text.author_name,
            at=_at(text.created_at),
            difference=text_difference(standing, text.text) if standing else (),
        )
        steps.append((text.created_at, 0, step))
    elif text.is_further:
        what = _("Written as a further wording")
        step = ChainStep(what=what, icon="pencil", who=text.author_name, at=_at(text.created_at))
        steps.append((text.created_at, 0, step))
    elif before.text_hash != text.text_hash:
        step = ChainStep(
            what=_("Changed by the client") if text.by_approver else _("Changed"),
            icon="pencil",
            who=text.author_name,
            at=_at(text.created_at),
            difference=text_difference(before.text, text.text) if compared else (),
        )
        steps.append((text.created_at, 0, step))
    checked_by = _("No style guide was in force")
    if text.guide_version is not None:
        checked_by = _("Style guide, version %(n)s", n=text.guide_version)
    stops = sum(1 for finding in text.findings if finding["level"] == "stop")
    count = len(text.findings)
    result = ngettext("%(num)s remark", "%(num)s remarks", count) if count else _("Nothing found")
    step = ChainStep(
        what=_("Checked"),
        icon="shield",
        tone="bad" if stops else "warn" if count else "good",
        who=checked_by,
        at=_at(text.created_at),
        facts=((_("Result"), result), (_("SHA-256 of the text"), text.text_hash)),
        findings=finding_looks(text.findings, text.text),
    )
    steps.append((text.created_at, 1, step))
    if text.let_go_by is not None:
        step = ChainStep(
            what=_("Let go in spite of the style guide"),
            icon="shield",
            tone="warn",
            who=text.let_go_by_name or "",
            at=_at(text.created_at),
            facts=((_("Reason"), text.let_go_reason or ""),),
        )
        steps.append((text.created_at, 1, step))
    return steps


def _decision_steps(reply: Reply, decision: Approval, doors: Doors) -> list[Dated]:
    words: dict[str, tuple[str, str, Tone]] = {
        "approved": (_("Approved"), "check", "good"),
        "step_approved": (_("Approved, others to follow"), "check", "good"),
        "released": (_("Released without approval"), "check", "good"),
        "by_policy": (_("Let out by the signed policy, as nobody answered"), "hourglass", "warn"),
        "step_passed": (_("Passed on by the signed policy, as nobody answered"), "hourglass", "warn"),
        "declined": (_("Declined"), "ban", "bad"),
        "changes_asked": (_("Changes asked for"), "reply", "warn"),
    }
    what, icon, tone = words[decision.decision]
    if reply.acknowledges is not None and decision.decision == "by_policy":
        what, icon, tone = _("Acknowledged automatically, in words of the signed policy"), "check", "good"
    facts: list[tuple[str, str]] = [*doors.get(decision.id, ()), (_("SHA-256 of the text"), decision.text_hash)]
    if decision.wording is not None:
        facts.insert(0, (_("Wording"), _("%(n)s of %(of)s", n=decision.wording, of=decision.wordings)))
    if decision.policy_number:
        facts.append((_("By version of the approval policy"), str(decision.policy_number)))
    if decision.reason:
        facts.insert(0, (_("Reason"), decision.reason))
    step = ChainStep(
        what=what, icon=icon, tone=tone, who=decision.decided_by_name, at=_at(decision.created_at), facts=tuple(facts)
    )
    steps: list[Dated] = [(decision.created_at, 3, step)]
    if decision.voided_at is not None and decision.decision in (*LETS_OUT, *LETS_ON):
        lapsed = ChainStep(
            what=_("The approval lapsed"),
            icon="undo",
            tone="warn",
            at=_at(decision.voided_at),
            facts=((_("Reason"), said_again(decision.void_reason)),) if decision.void_reason else (),
        )
        steps.append((decision.voided_at, 4, lapsed))
    return steps


def _attempt_step(reply: Reply, attempt: PublishAttempt, sends: int) -> ChainStep:
    place = platform_word(reply.platform)
    outcomes: dict[str, tuple[str, str, Tone]] = {
        "published": (_("Taken by %(place)s", place=place), "check-double", "good"),
        "refused": (_("Refused by %(place)s", place=place), "cross", "bad"),
        "not_sent": (_("Surely not sent"), "undo", "plain"),
        "unknown": (_("No answer: not sent again before looking"), "question", "warn"),
        "found": (_("Found once, the same words"), "eye", "good"),
        "absent": (_("Not there"), "search", "plain"),
        "cannot_tell": (_("Could not be told"), "question", "warn"),
    }
    in_flight: tuple[str, str, Tone] = (_("No outcome yet"), "send", "info")
    words, icon, tone = outcomes.get(attempt.outcome or "", in_flight)
    facts = [(_("Outcome"), words), (_("Request id"), str(attempt.request_id))]
    if attempt.detail:
        facts.append((_("In detail"), said_again(attempt.detail)))
    if attempt.platform_id:
        facts.append((_("On the platform"), attempt.platform_id))
    if attempt.deed == "look":
        what = _("Looked for on %(place)s", place=place)
    else:
        what = _("Attempt %(n)s to send", n=sends)
    who = _("Publisher")
    return ChainStep(what=what, icon=icon, tone=tone, who=who, at=_at(attempt.created_at), facts=tuple(facts))
