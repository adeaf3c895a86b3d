"""Sentences that were written down in English while nobody was reading, said in the reader's language.

The publisher keeps why a reply was refused, came back or may have been sent as a sentence. A page finds the template
it was made from and says it again; what fits none, such as a platform's or a person's own words, is shown as it stands.
"""

from __future__ import annotations

import re
from typing import Final

from flask_babel import gettext as _

from agency.inbox.moderation import NOT_CLEAR, WAITS_FOR_ACCOUNT, WAITS_FOR_BRAND
from agency.replies.checks import MESSAGE_OVER, NEVER_WROTE, PEOPLE_ONLY, PRIVATE_OVER
from agency.replies.reconciling import NOT_SEEN
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
    worded("The sender went silent. Your reply may have been sent; we are checking and will not send it twice."),
    worded("The words are not the ones that were approved."),
    worded("The words or their target are not the ones that were approved."),
    worded(
        "The brand's style guide stops this reply: %(problem)s "
        "Your words are saved and nothing was sent. Change them and try again."
    ),
    worded(
        "A key is missing on our side, so this account's access cannot be opened. The reply is kept. "
        "Whoever runs Onbrand has to give the key again; then it goes out by itself."
    ),
    NEVER_WROTE,
    PEOPLE_ONLY,
    MESSAGE_OVER,
    PRIVATE_OVER,
    WAITS_FOR_ACCOUNT,
    WAITS_FOR_BRAND,
    NOT_CLEAR,
    *(NOT_SEEN.values()),
    worded("nothing was read"),
    worded("the thread is too long to read whole"),
    worded("the reading failed"),
)

_PLACE = re.compile(r"%\\\((\w+)\\\)s")
_PATTERNS = [
    (re.compile(_PLACE.sub(r"(?P<\1>.*?)", re.escape(sentence.template)), re.DOTALL), sentence)
    for sentence in SENTENCES
]


def said_again(text: str) -> str:
    """The stored sentence in the reader's language, or just as it stands."""
    for pattern, sentence in _PATTERNS:
        if found := pattern.fullmatch(text):
            return _(Worded(sentence.template, found.groupdict()))
    return _(text)
