"""What is read of a mail that answers ours: own words, no quoted tail, nothing that lets its reader decide."""

from __future__ import annotations

from email.message import EmailMessage

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agency.notices import answers
from agency.notices.answers import NO_TEXT, NO_WORDS, NOT_READABLE, TOO_MANY_PARTS, own_words, read, tokens_in

TOKEN = "abcdefghijklmnopqrstuvwxyz234567abcdefghijklmnopqrst"
LINK = f"https://app.example/a/{'Ab_-' * 10}xyz?open=change"
QUOTED = f"> Hello Jan,\n>\n> {LINK}\n> Lantern Street"

TAILS = {
    "gmail": f"On Sun, 22 Nov 2026 at 09:12, Lantern Street <x@y.example> wrote:\n{QUOTED}",
    "wrapped": f"On Sun, 22 Nov 2026 at 09:12, Lantern Street\n<replies+{TOKEN}@in.example>\nwrote:\n\n{QUOTED}",
    "polish": f"W dniu 22.11.2026 o 09:12, Lantern Street napisał(a):\n{QUOTED}",
    "portuguese": f"Em 22/11/2026 09:12, Lantern Street escreveu:\n{QUOTED}",
    "outlook": f"{'_' * 32}\nFrom: Lantern Street <x@y.example>\nSent: Sunday\nSubject: A reply\n\n{LINK}",
    "original": f"-----Original Message-----\nFrom: Lantern Street\nSubject: A reply\n{LINK}",
    "unmarked": f"On 22 Nov 2026 Lantern Street wrote:\nHello Jan,\n{LINK}",
    "bare": QUOTED,
    "signature": f"-- \nJan Kowalski\nHotel\n\nOn 22 Nov 2026 X wrote:\n{QUOTED}",
    "nothing": "",
}


@pytest.mark.parametrize("name", TAILS)
@pytest.mark.parametrize("ends", ["\n", "\r\n"])
def test_the_quoted_mail_and_the_signature_are_cut_off(name: str, ends: str) -> None:
    mine = "Please call them first.\n\nThen answer."
    assert own_words(f"{mine}\n\n{TAILS[name]}".replace("\n", ends)) == mine


def test_what_is_answered_between_quoted_lines_stays_with_them_without_links() -> None:
    said = own_words(
        f"> We would answer:\n> {LINK}\nNo, not like this.\n\n> Thank you.\nYes.\n\nreplies+{TOKEN}@in.example"
    )
    assert said == "> We would answer:\n> […]\nNo, not like this.\n\n> Thank you.\nYes.\n\nreplies+…@in.example"


@pytest.mark.parametrize(
    "words",
    [
        "On Monday he wrote: I am sorry.",
        "From: the kitchen it comes.\nFine.",
        "-- no\n---\nyes",
        "1. He wrote:\n> cold\nIt is true.",
    ],
)
def test_words_that_only_look_like_a_quoted_head_stay(words: str) -> None:
    assert own_words(words) == words


@given(st.text(alphabet=st.sampled_from("ab :>-_\n1wrote/.+@"), max_size=200), st.sampled_from(sorted(TAILS)))
def test_no_link_and_no_address_is_ever_left(text: str, tail: str) -> None:
    said = own_words(f"{text}\n{TAILS[tail]}\n{text}")
    assert "Ab_-" * 5 not in said
    assert TOKEN not in said


@given(st.binary(max_size=400))
def test_no_bytes_are_an_error(raw: bytes) -> None:
    read(raw)
    tokens_in(raw)


def mail(**headers: str) -> EmailMessage:
    message = EmailMessage()
    message["To"] = f"Lantern <replies+{TOKEN.upper()}@in.example>"
    message["From"] = "anybody@evil.example"
    for name, value in headers.items():
        message[name.replace("_", "-")] = value
    return message


def test_files_are_dropped_and_counted_and_html_is_read_where_there_is_nothing_else() -> None:
    message = mail()
    message.set_content(
        "<style>p {}</style><p>Please &amp; thank <b>you</b></p><div class='gmail_quote'>old <div>x</div></div>",
        subtype="html",
    )
    message.add_attachment(b"x", maintype="image", subtype="png", filename="logo.png")
    message.add_attachment(b"x", maintype="application", subtype="pdf", filename="a.pdf")
    found = read(message.as_bytes())
    assert (found.words.split(), found.dropped_count, found.set_aside) == (["Please", "&", "thank", "you"], 2, "")


@pytest.mark.parametrize(
    "headers",
    [{"Auto_Submitted": "auto-replied"}, {"Precedence": "auto_reply"}, {"X_Autoreply": "yes"}, {"Return_Path": "<>"}],
)
def test_machines_are_known(headers: dict[str, str]) -> None:
    message = mail(**headers)
    message.set_content("I am away.")
    assert read(message.as_bytes()).automatic
    plain = mail(Auto_Submitted="no")
    plain.set_content("I am here.")
    assert not read(plain.as_bytes()).automatic


def test_what_cannot_be_read_says_why() -> None:
    quoted_only = mail()
    quoted_only.set_content(TAILS["gmail"])
    bare = mail()
    bare.set_content(b"x", maintype="image", subtype="png")
    deep = b"".join(b'Content-Type: multipart/mixed; boundary="b%d"\r\n\r\n--b%d\r\n' % (n, n) for n in range(3000))
    wide = b'Content-Type: multipart/mixed; boundary="b"\r\n\r\n' + b"--b\r\n\r\nx\r\n" * 500
    assert read(quoted_only.as_bytes()).set_aside == NO_WORDS
    assert read(bare.as_bytes()).set_aside == NO_TEXT
    assert read(wide).set_aside == TOO_MANY_PARTS
    assert read(deep).set_aside in (NOT_READABLE, TOO_MANY_PARTS, NO_TEXT)
    strange = b"Content-Type: text/plain; charset=klingon\r\nContent-Transfer-Encoding: base64\r\n\r\n@@@@"
    assert read(strange).set_aside in ("", NO_TEXT, NO_WORDS)


def test_addresses_are_read_in_any_case_from_the_envelope_first() -> None:
    message = mail()
    message.set_content("x")
    other = TOKEN[::-1].replace("w", "2")
    assert tokens_in(message.as_bytes()) == [TOKEN]
    assert tokens_in(message.as_bytes(), f"replies+{other}@in.example") == [other, TOKEN]
    assert answers.tokens_in(b"") == []
