"""What somebody wrote in answer to a mail of ours: their own words, without the mail they quote, signatures and files.

Pure: raw bytes in, an `Answer` out. Who wrote it is not asked here: a From line proves nothing. Mails are hostile
input: whatever cannot be read becomes an `Answer` with the reason, never an error.
"""

from __future__ import annotations

import codecs
import re
from dataclasses import dataclass
from email import message_from_bytes
from email.errors import HeaderParseError
from email.header import decode_header, make_header
from email.message import Message
from email.parser import BytesHeaderParser
from email.policy import compat32
from html.parser import HTMLParser
from typing import Final

LARGEST_BYTES: Final = 10_000_000
MOST_PARTS: Final = 200
MOST_NESTED: Final = 30
MOST_SEPARATORS: Final = 2_000
MOST_LINES: Final = 400_000
"""What is read costs time for each line at each depth; ten megabytes of files are 140,000 lines at depth two."""
HEAD_BYTES: Final = 200_000
LONGEST_FIELD: Final = 2_000
MOST_CHARACTERS: Final = 200_000
"""Of a body that are read at all; what is kept of them is cut far shorter."""
KEPT_CHARACTERS: Final = 8_000
LONGEST_HEADING: Final = 400

NO_WORDS: Final = "nothing was written above the mail it answers"
TOO_MANY_PARTS: Final = "it has too many parts"
NOT_READABLE: Final = "it is not built as a mail is"
NO_TEXT: Final = "it holds no text"
"""Why a mail was set aside."""

_AUTOMATIC_HEADERS = ("X-Autoreply", "X-Autorespond", "X-Autoresponder", "X-Auto-Reply-From", "X-Mail-Autoreply")
_AUTOMATIC_SUBJECT = re.compile(
    r"\s*(?:automatic reply|auto(?:matic)?[ -]?repl(?:y|ied)|out of (?:the )?office|autoresponder"
    r"|automatyczna odpowied[zź]|odpowied[zź] automatyczna|nieobecno[sś][cć]|resposta autom[aá]tica"
    r"|respuesta autom[aá]tica|fuera de la oficina|ausente? d[oe] escrit[oó]rio|automatische antwort|abwesenheit"
    r"|r[eé]ponse automatique)",
    re.IGNORECASE,
)
"""As programs begin the subject of what they answer by themselves, some without a header that says so."""
_AUTOMATIC_PRECEDENCE = frozenset({"bulk", "junk", "list", "auto_reply"})
_RECIPIENTS = ("Delivered-To", "X-Original-To", "Envelope-To", "X-Envelope-To", "To", "Cc")
_TOKEN = re.compile(r"\+([a-z2-7]{52})@", re.IGNORECASE)
_BOUNDARY = re.compile(rb"boundary", re.IGNORECASE)
_RUN = re.compile(r"[^\s<>]+")
_SECRET = re.compile(r"/a/[A-Za-z0-9_-]{16,}|(?<![A-Za-z0-9_-])[_-]*[A-Za-z0-9][A-Za-z0-9_-]{39,}")
"""One of our links, and what may hold its token in other dress: mail gateways wrap links in their own."""
_SLOW_CHARSETS = frozenset({"punycode", "idna", "unicode-escape", "raw-unicode-escape", "undefined"})
_COMMENT = re.compile(r"<!--.*?(?:-->|\Z)|<[!?][^<>]*>", re.DOTALL)
_OPEN_END = re.compile(r"<(?![^<>]*>)")
_UNSHOWN = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
_WROTE = re.compile(
    r"\b(?:wrote|napisał[a]?(?:\(a\))?|napisana przez|pisze|escreveu|schrieb|escribió|a écrit)(?!\w)", re.IGNORECASE
)
_AT_ITS_END = re.compile(r"\W{0,3}:$")
_WHEN = re.compile(r"^\s*(?:On|W dniu|Dnia|Em|No dia|Am|El|Le)\b|\d{1,4}[./-]\d{1,2}", re.IGNORECASE)
_ADDRESS = re.compile(r"<[^\s<>]+@[^\s<>]+>")
_CLOCK = re.compile(r"\b\d{1,2}[:.h]\d\d\b")
_ORIGINAL = re.compile(r"^\s*(?:-{3,}.{0,60}-{3,}|_{10,})\s*$")
_HEADER = re.compile(r"^\s*\*?(?:From|Od|De|Von)\s*:\*?\s", re.IGNORECASE)
_SUBJECT = re.compile(r"^\s*\*?(?:Subject|Temat|Assunto|Betreff)\s*:", re.IGNORECASE)
_SIGNATURE = re.compile(r"^-- ?$")


@dataclass(frozen=True, slots=True)
class Answer:
    """The words somebody wrote, and what was left out.

    `automatic`: a machine answered, such as an out-of-office. `set_aside` says why there are no words; empty where
    there are.
    """

    words: str = ""
    automatic: bool = False
    dropped_count: int = 0
    set_aside: str = ""


def tokens_in(raw: bytes, envelope: str = "") -> list[str]:
    """The tokens of the addresses it was sent to: the envelope's, where the provider names it, and the headers'."""
    found = _TOKEN.findall(envelope)
    try:
        message = BytesHeaderParser(policy=compat32).parsebytes(raw[:HEAD_BYTES])
        for name in _RECIPIENTS:
            for value in message.get_all(name, [])[:20]:
                found += _TOKEN.findall(str(value)[:10_000])
    except Exception:  # whatever a hostile head does to the parser
        pass
    return list(dict.fromkeys(token.lower() for token in found))[:5]


def read(raw: bytes) -> Answer:
    """What the mail says. Never raises for what is in it."""
    if raw.count(b"\n") > MOST_LINES or raw.count(b"\r") > MOST_LINES:
        return Answer(set_aside=NOT_READABLE)
    if len(_BOUNDARY.findall(raw)) > MOST_NESTED or raw.count(b"\n--") > MOST_SEPARATORS:
        return Answer(set_aside=TOO_MANY_PARTS)
    try:
        return _read(message_from_bytes(raw, policy=compat32))
    except Exception:  # RecursionError of nested parts, LookupError of charsets, what else the parser has
        return Answer(set_aside=NOT_READABLE)


def _read(message: Message) -> Answer:
    automatic = _is_automatic(message)
    plain, html, dropped = "", "", 0
    for number, part in enumerate(message.walk()):
        if number >= MOST_PARTS:
            return Answer(automatic=automatic, dropped_count=dropped, set_aside=TOO_MANY_PARTS)
        if any(len(str(part.get(name, ""))) > LONGEST_FIELD for name in ("Content-Type", "Content-Disposition")):
            return Answer(automatic=automatic, dropped_count=dropped, set_aside=NOT_READABLE)
        if part.is_multipart():
            continue
        kind = part.get_content_type()
        is_file = part.get_content_disposition() == "attachment" or part.get_filename() is not None
        if is_file or kind not in ("text/plain", "text/html"):
            dropped += 1
        elif kind == "text/plain" and not plain:
            plain = _text(part)
        elif kind == "text/html" and not html:
            html = _text(part)
    if not plain.strip() and not html.strip():
        return Answer(automatic=automatic, dropped_count=dropped, set_aside=NO_TEXT)
    words = own_words(plain if plain.strip() else _without_marks(html))
    if not words:
        return Answer(automatic=automatic, dropped_count=dropped, set_aside=NO_WORDS)
    return Answer(words, automatic, dropped)


def own_words(text: str) -> str:
    """What stands above the quoted mail and the signature; what is answered between quoted lines stays with them.

    No link that decides something and no address that takes answers stays in it: who reads it may do neither.
    """
    lines = _UNSHOWN.sub("", text.replace("\r\n", "\n").replace("\r", "\n")).split("\n")
    lines = lines[: _end(lines)]
    while lines and (not lines[-1].strip() or lines[-1].lstrip().startswith(">")):
        lines.pop()
    words = "\n".join(lines).strip()
    words = _RUN.sub(lambda run: "[…]" if _SECRET.search(run[0]) else run[0], _TOKEN.sub("+…@", words))
    return words if len(words) <= KEPT_CHARACTERS else words[:KEPT_CHARACTERS] + " […]"


def _end(lines: list[str]) -> int:
    """The line at which what is not this person's own begins."""
    all_quoted = len(lines)
    while all_quoted and (not lines[all_quoted - 1].strip() or lines[all_quoted - 1].lstrip().startswith(">")):
        all_quoted -= 1
    has_words = False
    for number, line in enumerate(lines):
        if _SIGNATURE.match(line) and has_words:
            return number
        has_words = has_words or bool(line.strip())
        if _ORIGINAL.match(line) and any(_HEADER.match(one) for one in lines[number + 1 : number + 4]):
            return number
        if _HEADER.match(line) and any(_SUBJECT.match(one) for one in lines[number + 1 : number + 8]):
            return number
        if line.rstrip().endswith(":"):
            for first in range(number, max(-1, number - 3), -1):
                if _is_heading(lines, first, number, all_quoted):
                    return first
    return len(lines)


def _is_heading(lines: list[str], first: int, last: int, all_quoted: int) -> bool:
    """Whether these lines say who wrote the quoted mail, and when; mail programs break them as they like."""
    said = " ".join(lines[first : last + 1]).rstrip()
    if len(said) >= LONGEST_HEADING or not all(one.strip() for one in lines[first:last]):
        return False
    wrote = _WROTE.search(said)
    if wrote is None or not re.search(r"\d", said):
        return False
    if _WHEN.search(lines[first]) and _AT_ITS_END.fullmatch(said, wrote.end()):
        return _is_quoted_after(lines, last + 1, all_quoted)
    begins = _ADDRESS.search(lines[first]) or _CLOCK.search(lines[first]) or _WHEN.search(lines[first])
    if not begins or not (_CLOCK.search(said) or _WHEN.search(said)):
        return False
    return last + 1 >= all_quoted or ("@" in said and _is_quoted_after(lines, last + 1, all_quoted))


def _is_quoted_after(lines: list[str], start: int, all_quoted: int) -> bool:
    """Whether everything from there on is quoted, or quoted text begins there without marks at its end.

    `all_quoted` is the line from which on nothing but quoted text stands.
    """
    following = (lines[number] for number in range(start, len(lines)) if lines[number].strip())
    return start >= all_quoted or not next(following, "").lstrip().startswith(">")


def _is_automatic(message: Message) -> bool:
    submitted = str(message.get("Auto-Submitted", "no")).split(";")[0].strip().lower()
    precedence = str(message.get("Precedence", "")).strip().lower()
    return (
        submitted not in ("no", "")
        or precedence in _AUTOMATIC_PRECEDENCE
        or any(message.get(name) is not None for name in _AUTOMATIC_HEADERS)
        or _AUTOMATIC_SUBJECT.match(_subject(message)) is not None
        or message.get_content_type() == "multipart/report"
        or str(message.get("Return-Path", "")).strip() == "<>"
    )


def _subject(message: Message) -> str:
    try:
        return str(make_header(decode_header(str(message.get("Subject", ""))[:LONGEST_FIELD])))
    except (ValueError, LookupError, HeaderParseError):
        return ""


def _text(part: Message) -> str:
    payload = part.get_payload(decode=True)
    if not isinstance(payload, bytes):
        return ""
    cut = payload[: MOST_CHARACTERS * 4]
    return _decoded(cut, part.get_content_charset() or "utf-8", whole=len(cut) == len(payload))[:MOST_CHARACTERS]


def _decoded(payload: bytes, charset: str, *, whole: bool) -> str:
    """The text, in the charset the mail names where its bytes are that; else in what mail programs send in spite of it.
    Letters may be wrong then, but none is lost.
    """
    for name in (charset, "utf-8"):
        try:
            if codecs.lookup(name).name not in _SLOW_CHARSETS:
                return codecs.getincrementaldecoder(name)("strict").decode(payload, whole)
        except (LookupError, ValueError):
            continue
    return payload.decode("cp1252", "replace")


class _Words(HTMLParser):
    """The words of a mail's HTML, a line for each block; quoted mails, styles and scripts left out."""

    QUIET = frozenset({"style", "script", "head", "title", "blockquote"})
    BLOCKS = frozenset({"p", "div", "br", "li", "tr", "h1", "h2", "h3", "ul", "ol", "table"})

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.said: list[str] = []
        self.quiet: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        quoted = any(name == "class" and "gmail_quote" in (value or "") for name, value in attrs)
        if tag in self.QUIET or (quoted and tag == "div") or (self.quiet and tag == self.quiet[0]):
            self.quiet.append(tag)
        elif tag in self.BLOCKS:
            self.said.append("\n")

    def handle_endtag(self, tag: str) -> None:
        if self.quiet and self.quiet[-1] == tag:
            self.quiet.pop()
        elif tag in self.BLOCKS - {"br"}:
            self.said.append("\n")

    def handle_data(self, data: str) -> None:
        if not self.quiet:
            self.said.append(re.sub(r"\s+", " ", data))


def _without_marks(html: str) -> str:
    words = _Words()
    words.feed(_OPEN_END.sub("&lt;", _COMMENT.sub(" ", html)))  # what has no end is looked for again and again
    words.close()
    text = "".join(words.said)
    return re.sub(r"\n{3,}", "\n\n", "\n".join(line.strip() for line in text.split("\n")))
