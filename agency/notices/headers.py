"""Headers of our mails: a name of any letters and signs stands beside its one address and becomes nothing else.

The standard library breaks a long line of addresses and forgets the quotes around a name on the way; what stood between
them became addresses that got the mail, and its links, too. So names are put into encoded words here (RFC 2047), which
hold none of the signs an address line is cut at, each line is short enough, and nobody breaks it again.
"""

from __future__ import annotations

import base64
import re
from email.message import EmailMessage
from email.policy import EmailPolicy
from typing import Any, Final, cast

LONGEST_NAME: Final = 100
"""As long as a person's may be."""
_PLAIN = re.compile(r"[A-Za-z0-9_-]+(?: [A-Za-z0-9_-]+){0,5}")
_LONGEST_PLAIN = 40
_WORD_BYTES = 36
"""Of a name in one encoded word: 48 letters, 60 with its marks, so that a line with the longest header stays short."""


class AddressLine(str):
    """One name and its address, already in the form in which it leaves."""


class _Kept(EmailPolicy):
    """As the library's policy for sending, but lines that are finished stay as they are."""

    def header_store_parse(self, name: str, value: Any) -> tuple[str, Any]:
        """An address line is not read again before it leaves."""
        return (name, str(value)) if isinstance(value, AddressLine) else super().header_store_parse(name, value)


MAIL_POLICY: Final = cast("EmailPolicy[EmailMessage]", _Kept(linesep="\r\n", refold_source="none"))


def address_line(name: str, address: str) -> AddressLine:
    """`name <address>`; the address alone without a name. The address is one we checked when it was given."""
    name = " ".join(name.split())[:LONGEST_NAME].rstrip()
    if not name:
        return AddressLine(f"<{address}>")
    if len(name) <= _LONGEST_PLAIN and _PLAIN.fullmatch(name):
        return AddressLine(f"{name} <{address}>")
    return AddressLine("\n ".join([*(f"=?utf-8?b?{word}?=" for word in _words(name)), f"<{address}>"]))


def _words(name: str) -> list[str]:
    parts = [b""]
    for letter in name:
        raw = letter.encode("utf-8", "replace")
        if len(parts[-1]) + len(raw) > _WORD_BYTES:
            parts.append(b"")
        parts[-1] += raw
    return [base64.b64encode(part).decode() for part in parts]
