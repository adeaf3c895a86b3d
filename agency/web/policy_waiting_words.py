"""What a policy says of quiet times, reminders and silence, in sentences, as the client signs them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from uuid import UUID

from babel.lists import format_list
from flask_babel import gettext as _
from flask_babel import ngettext

from agency.replies.policy_terms import Terms
from agency.replies.quiet_hours import Quiet
from agency.web.contexts_policy import PolicySentence
from agency.web.language import chosen_language
from agency.web.policy_waiting_form import day_names, urgent_words


def waiting_sentences(terms: Terms, people: Callable[[Sequence[UUID]], str]) -> list[PolicySentence]:
    """None where the terms say nothing of it. `people` names several, any of whom counts."""
    found = []
    if terms.quiet:
        found.append(
            PolicySentence(
                words=_("Quiet hours, in the brand's time zone. Mails that ask for a yes leave when they end:"),
                entries=tuple(map(_quiet, terms.quiet)),
            )
        )
        if terms.quiet_broken_by:
            found.append(
                PolicySentence(
                    words=_("They leave at once all the same where:"),
                    entries=tuple(f"{urgent_words()[one]}." for one in terms.quiet_broken_by),
                )
            )
    if terms.remind_after:
        after = format_list([str(one) for one in terms.remind_after], style="standard", locale=chosen_language())
        found.append(
            PolicySentence(
                words=_("Whoever has not answered is reminded after this many hours: %(hours)s.", hours=after)
            )
        )
    if terms.silence_after:
        found.append(PolicySentence(words=_silence(terms, people)))
    if (terms.remind_after or terms.silence_after) and terms.quiet:
        counted = (
            _("Hours count from the mail that asks, without quiet hours.")
            if terms.awake_hours
            else _("Hours count from the mail that asks; what would fall into quiet hours comes at their end.")
        )
        found.append(PolicySentence(words=counted))
    return found


def _quiet(one: Quiet) -> str:
    names = [day_names()[day] for day in one.days]
    days = _("Every day") if len(names) == len(day_names()) else ", ".join(names)
    times = {"begins": f"{one.from_time:%H:%M}", "ends": f"{one.until_time:%H:%M}"}
    if one.from_time == one.until_time:
        return _("%(days)s, from %(begins)s for a whole day", days=days, **times)
    if one.is_overnight:
        return _("%(days)s, from %(begins)s until %(ends)s of the next day", days=days, **times)
    return _("%(days)s, from %(begins)s until %(ends)s", days=days, **times)


def _silence(terms: Terms, people: Callable[[Sequence[UUID]], str]) -> str:
    begins = ngettext(
        "Where nobody answers within %(num)s hour:", "Where nobody answers within %(num)s hours:", terms.silence_after
    )
    named = people(terms.escalate_to) if terms.escalate_to else ""
    if terms.silence == "safe_variant":
        then = _("the safe wording beside the reply is published in its place, if it still passes all checks.")
        or_else = (
            _("Else %(names)s is asked, too.", names=named) if named else _("Else it waits on, and the agency is told.")
        )
        return f"{begins} {then} {or_else}"
    if terms.silence == "escalate" and named:
        then = _("%(names)s is asked, too.", names=named)
        return f"{begins} {then}"
    if terms.silence == "escalate":
        then = _("those of the next step are asked instead; where there are none it waits on, and the agency is told.")
        return f"{begins} {then}"
    then = _("it goes on waiting, and the agency is told. Nothing is published.")
    return f"{begins} {then}"
