"""Why something a platform sent could not be read: readers note it in short English, pages say it as a sentence."""

from __future__ import annotations

import re

from flask_babel import gettext as _

_NO_FIELD = re.compile(r"no usable (\w+)\Z")
_NO_TEXT = re.compile(r"(\w+) is not a text\Z")
_NOT_SHOWN = re.compile(r"messages are not shown \((\w+)\)\Z")
_NOBODY = frozenset({"a conversation without a person", "nobody is named as sender or recipient"})


def unreadable_words(reason: str) -> str:
    """The sentence for a `SetAsideItem.reason`; for one that is new, what all of them have in common."""
    if found := _NO_FIELD.match(reason):
        return _("%(field)s is missing, or is nothing we can use.", field=found[1])
    if found := _NO_TEXT.match(reason):
        return _("%(field)s should be a text and is none.", field=found[1])
    if found := _NOT_SHOWN.match(reason):
        return _("The platform does not show us these messages (code %(code)s).", code=found[1])
    if reason in _NOBODY:
        return _("It names nobody who wrote it.")
    if reason.endswith(("without a usable id", "without usable ids")):
        return _("It has no id, so it could never be found again.")
    return _("It does not look as this platform describes it.")
