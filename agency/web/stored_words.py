"""Sentences that were written down in English while nobody was reading, said in the reader's language.

The publisher keeps why a reply was refused, came back or may have been sent as a sentence. A page finds the template
it was made from and says it again; what fits none, such as a platform's or a person's own words, is shown as it stands.
"""

from __future__ import annotations

import re
from typing import Final

from flask_babel import gettext as _

from agency.inbox.moderation import NOT_CLEAR, WAITS_FOR_ACCOUNT, WAITS_FOR_BRAND, WAITS_FOR_PLATFORM
from agency.replies.checks import MESSAGE_OVER, NEVER_WROTE, PEOPLE_ONLY, PRIVATE_OVER
from agency.replies.claiming import FOLLOWS_ANOTHER, KEY_MISSING, NOT_AS_APPROVED, NOT_THE_APPROVED_WORDS
from agency.replies.echoes import REMOVED, TOLD
from agency.replies.lapsing import REPLACED
from agency.replies.live_changes import NOT_SEEN
from agency.replies.live_changes import REASONS as LIVE_REASONS
from agency.replies.pacing import IN_TURN
from agency.replies.pauses import ALL_PAUSED, MESSAGES_PAUSED
from agency.replies.reconciling import NEEDS_A_PERSON, NO_OUTCOME_TOLD, SENDER_SILENT, SENT_ONCE_MORE
from agency.replies.standing import ANSWER_CHANGED, ANSWERED_ALREADY, ANSWERED_ELSEWHERE
from tenants.errors import Worded, worded

SENTENCES: Final[tuple[Worded, ...]] = (
    worded(
        "The platform refused this (code %(code)s). It said: %(words)s Nothing was published. "
        "Change what it objects to and try again, or answer on the platform itself."
    ),
    worded(
        "The platform refused this (code %(code)s). Nothing was published. "
        "Change what it objects to and try again, or answer on the platform itself."
    ),
    worded(
        "The platform no longer shows this comment or review. Nothing was published. "
        "Look at it on the platform; it was probably deleted or hidden."
    ),
    worded(
        "The customer changed the text after this reply was approved. "
        "Nothing was published, nothing was overwritten. Read it again and decide anew."
    ),
    worded(
        "Another reply already stands on the platform. "
        "Nothing was published, nothing was overwritten. Read it again and decide anew."
    ),
    worded(
        "The platform asked this account to slow down. Nothing was sent and nothing is lost. "
        "We try again by ourselves in %(minutes)s min."
    ),
    worded(
        "The platform asked our whole app to slow down. Nothing was sent and nothing is lost. "
        "We try again by ourselves in %(minutes)s min."
    ),
    worded(
        "The platform lets this account write nothing for now: it took something for abuse. "
        "Nothing was sent and nothing is lost. "
        "We try again by ourselves in some hours; why it is so stands at the platform."
    ),
    worded(
        "The platform lets this account send no messages for now. Nothing was sent and nothing is lost. "
        "We try again by ourselves in some hours; why it is so stands at the platform."
    ),
    worded(
        "The platform no longer accepts this account's access (%(reason)s). "
        "Everything collected so far and every waiting reply is kept. "
        "Connect the account again; a person who manages it must sign in at the platform."
    ),
    worded(
        "The platform did not answer properly (%(reason)s). Nothing is lost; what is new there stays there. "
        "We try again by ourselves."
    ),
    worded("The platform could not be reached (%(reason)s). Nothing was sent. We try again by ourselves."),
    worded(
        "We sent it, but the platform's answer did not arrive or was not clear (%(reason)s). "
        "It is not sent a second time. "
        "We look on the platform whether it stands there; if that stays unclear, a person decides."
    ),
    TOLD,
    REMOVED,
    SENDER_SILENT,
    NO_OUTCOME_TOLD,
    SENT_ONCE_MORE,
    NEEDS_A_PERSON,
    NOT_THE_APPROVED_WORDS,
    NOT_AS_APPROVED,
    FOLLOWS_ANOTHER,
    ALL_PAUSED,
    MESSAGES_PAUSED,
    worded("%(account)s needs a new connection. The reply is kept and goes out when it is connected."),
    worded("%(brand)s is paused. The reply is kept and goes out when it is not."),
    worded("The platform does not show this reply. Its reason: %(violation)s."),
    worded("The platform does not show this reply. It gives no reason."),
    worded(
        "The brand's style guide stops this reply: %(problem)s "
        "Your words are saved and nothing was sent. Change them and try again."
    ),
    worded("This reply needs the client's yes, because %(because)s. Nothing was sent; send it for approval instead."),
    worded("%(reason)s Nothing was sent; your words are kept. Send them for approval instead."),
    KEY_MISSING,
    REPLACED,
    ANSWERED_ELSEWHERE,
    ANSWERED_ALREADY,
    ANSWER_CHANGED,
    NEVER_WROTE,
    PEOPLE_ONLY,
    MESSAGE_OVER,
    PRIVATE_OVER,
    WAITS_FOR_ACCOUNT,
    WAITS_FOR_BRAND,
    WAITS_FOR_PLATFORM,
    IN_TURN,
    NOT_CLEAR,
    *(NOT_SEEN.values()),
    *(LIVE_REASONS.values()),
    worded("nothing was read"),
    worded("the thread is too long to read whole"),
    worded("the reading failed"),
)
REASONS: Final[tuple[Worded, ...]] = (
    worded("no connection"),
    worded("no connection in time"),
    worded("no access token: the token service did not answer"),
    worded("the check before sending failed"),
    worded("too little of the lease was left"),
    worded("an unforeseen error after sending"),
    worded("an unforeseen error"),
    worded("the answer does not name the post"),
    worded("the answer does not repeat the reply"),
    worded("the answer does not say that it was done"),
    worded("the answer names no id"),
    worded("the answer names no message"),
    worded("the answer says neither yes nor no"),
    worded("the platform calls it a duplicate"),
    worded("the platform names an earlier reply of ours"),
    worded("the platform names words that were there before"),
    worded("the platform names the comment we answered, not a new one"),
    worded("there was nothing to take back"),
)
"""What stands in brackets in the sentences above; any other is the platform's own word or number."""
REASONS_WITH_FACTS: Final[tuple[Worded, ...]] = (
    worded("it has %(n)s of 5 stars"),
    worded("it goes out on %(platform)s"),
    worded("the reply says “%(words)s”"),
    worded("the reply names money: %(words)s"),
    worded("it is one of its writer's first %(n)s replies for this brand"),
)
"""Why a policy lets words out only with a yes, where the reason names something (`agency.replies.policies`)."""
READINGS: Final[dict[str, Worded]] = {
    "thread_gone": worded("what it answers is not there any more"),
    "thread_unread": worded("it could not be read whole"),
    "thread_too_long": worded("the thread is too long to read whole"),
    "message_denied": worded("the platform does not show this message, nor that it was taken back"),
    "not_read_in_time": worded("it could not be read whole in time"),
    "list_in_a_circle": worded("the platform's list of answers leads in a circle"),
    "unreadable_list": worded("the platform's list of answers could not be read"),
    "alike_words": worded("nearly our words stand there, under our name"),
    "reply_gone": worded("our earlier answer is not there any more"),
    "other_reply": worded("other words than ours stand there"),
    "unreadable_reply": worded("an answer there could not be read"),
    "unsigned_reply": worded("the same words stand there, but not in whose name"),
    "more_counted_than_listed": worded("the platform counts more answers than it shows"),
    "private_reply_unclear": worded("the platform does not say whether there is a private answer"),
    "rate_limited": worded("the platform asked us to slow down"),
    "token_revoked": worded("the platform no longer accepts our access"),
    "platform_down": worded("the platform did not answer properly"),
    "not_sent": worded("the platform could not be reached"),
    "refused": worded("the platform refused to show it"),
    "location_unread": worded("the location could not be read beside it"),
}
"""Why a look could not tell, by the code an adapter gives."""

_PLACE = re.compile(r"%\\\((\w+)\\\)s")


def _patterns(sentences: tuple[Worded, ...]) -> list[tuple[re.Pattern[str], Worded]]:
    made = [_PLACE.sub(r"(?P<\1>.*?)", re.escape(sentence.template)) for sentence in sentences]
    return [(re.compile(one, re.DOTALL), sentence) for one, sentence in zip(made, sentences, strict=True)]


_PATTERNS, _BECAUSE = _patterns(SENTENCES), _patterns(REASONS_WITH_FACTS)


def _because(text: str) -> str:
    """What stands within a sentence: a reason of ours, or somebody's own words just as they are."""
    for pattern, sentence in _BECAUSE:
        if found := pattern.fullmatch(text):
            return _(Worded(sentence.template, found.groupdict()))
    return _(text) if text else ""


def said_again(text: str) -> str:
    """The stored sentence in the reader's language, or just as it stands."""
    for pattern, sentence in _PATTERNS:
        if found := pattern.fullmatch(text):
            values = found.groupdict()
            for name in ("reason", "because"):
                if name in values:
                    values[name] = _because(values[name])
            return _(Worded(sentence.template, values))
    return _(READINGS.get(text, text))
