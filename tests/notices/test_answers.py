"""What is read of a mail that answers ours: own words, no quoted tail, nothing that lets its reader decide."""

from __future__ import annotations

import time
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
    "gmail in Polish": f"niedz., 22 lis 2026 o 09:12 Lantern Street <x@y.example> napisał(a):\n\n{QUOTED}",
    "apple in Polish": f"Wiadomość napisana przez Lantern <x@y.example> w dniu 22.11.2026, o godz. 09:12:\n\n{QUOTED}",
    "gmail in Portuguese": f"X <replies+{TOKEN}@in.example> escreveu (domingo,\n22/11/2026 à(s) 09:12):\n\n{QUOTED}",
    "german": f"Am So., 22. Nov. 2026 um 09:12 Uhr schrieb Lantern <x@y.example>:\n\n{QUOTED}",
    "spanish": f"El dom, 22 nov 2026 a las 9:12, Lantern (<x@y.example>) escribió:\n\n{QUOTED}",
    "french": f"Le dim. 22 nov. 2026 à 09:12, Lantern <x@y.example> a écrit :\n\n{QUOTED}",
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


@pytest.mark.parametrize("name", TAILS)
@pytest.mark.parametrize("gap", ["\n", "\n\n"])
def test_own_words_with_a_date_in_them_are_no_head(name: str, gap: str) -> None:
    assert own_words(f"We open again on 22.11.{gap}{TAILS[name]}") == "We open again on 22.11."


SECRET = "Ab-_" * 10 + "xyz"
WRAPPED = (
    f"https://eu.safelinks.example/?url=https%3A%2F%2Fapp.example%2Fa%2F{SECRET}%3Fopen%3Dchange&data=05",
    f"https://urldefense.example/v2/url?u=https-3A__app.example_a_{SECRET}-3Fopen-3Dchange&d=x",
    f"https://urldefense.example/v3/__https://app.example/a/{SECRET}__;!!x",
    f"mailto:replies%2B{TOKEN}%40in.example",
    f"(https://app.example/a/{SECRET})",
    SECRET,
)


@pytest.mark.parametrize("wrapped", WRAPPED)
def test_a_link_that_a_mail_gateway_wrapped_is_taken_out_too(wrapped: str) -> None:
    said = own_words(f"As in {wrapped}, no.\n{'-' * 60}\nYes.")
    assert SECRET not in said
    assert TOKEN not in said
    assert said.startswith("As in […]")
    assert said.endswith(f"no.\n{'-' * 60}\nYes.")


HEAD = f"To: replies+{TOKEN}@in.example\r\n".encode()
DEEP = b"".join(b'Content-Type: multipart/mixed; boundary="b%d"\r\n\r\n--b%d\r\n' % (n, n) for n in range(100))
SLOW = {
    "lines in nested parts": HEAD + DEEP + b"--x\n" * 390_000,
    "parts without end": HEAD + b'Content-Type: multipart/mixed; boundary="b"\r\n\r\n' + b"--b\r\n\r\nx\r\n" * 900_000,
    "a parameter without end": b'Content-Type: text/plain; a="' + b'\\";' * 300_000 + b"\r\n" + HEAD + b"\r\nhello",
    "a charset that counts": HEAD + b"Content-Type: text/plain; charset=punycode\r\n\r\na-" + b"a" * 799_000,
    "addresses without end": HEAD + b"Content-Type: text/plain\r\n\r\n" + b"http://" * 28_000,
    "heads of quotes": HEAD + b"Content-Type: text/plain\r\n\r\n" + b"On 1 wrote:\n>a\nb\n" * 11_000,
    "comments without end": HEAD + b"Content-Type: text/html\r\n\r\n" + b"<!--" * 49_000,
    "tags without end": HEAD + b"Content-Type: text/html\r\n\r\n" + b"<a " * 60_000,
    "values without end": HEAD + b"Content-Type: text/html\r\n\r\n" + b'<a x="' * 30_000,
}


@pytest.mark.parametrize("name", SLOW)
def test_no_mail_keeps_the_door_busy(name: str) -> None:
    began = time.process_time()
    tokens_in(SLOW[name])
    read(SLOW[name])
    assert time.process_time() - began < 4, "each took 12 s of the processor and more"


@pytest.mark.parametrize(
    "words",
    [
        "On Monday he wrote: I am sorry.",
        "From: the kitchen it comes.\nFine.",
        "-- no\n---\nyes",
        "1. He wrote:\n> cold\nIt is true.",
        "At 09:15 the guest wrote:\nI want my money.",
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
    [
        {"Auto_Submitted": "auto-replied"},
        {"Precedence": "auto_reply"},
        {"X_Autoreply": "yes"},
        {"Return_Path": "<>"},
        {"Subject": "Automatyczna odpowiedź: Pennywell"},
        {"Subject": "Abwesenheitsnotiz: Re: Pennywell"},
    ],
)
def test_machines_are_known(headers: dict[str, str]) -> None:
    message = mail(**headers)
    message.set_content("I am away.")
    assert read(message.as_bytes()).automatic
    plain = mail(Auto_Submitted="no", Subject="Re: Automatic reply machines, page 2")
    plain.set_content("I am here.")
    assert not read(plain.as_bytes()).automatic


@pytest.mark.parametrize(
    ("charset", "raw", "words"),
    [
        ("us-ascii", "Dziękuję, tak.".encode(), "Dziękuję, tak."),
        ("no-such-set", "Olá, está bem.".encode(), "Olá, está bem."),
        ("utf-8", "Olá, está bem.".encode("cp1252"), "Olá, está bem."),
        ("utf-16", b"Yes, do it.!", "Yes, do it.!"),
        ("iso-8859-2", "Dziękuję".encode("iso-8859-2"), "Dziękuję"),
        ("punycode", b"Yes-do", "Yes-do"),
    ],
)
def test_words_under_a_wrong_name_of_their_bytes_are_kept(charset: str, raw: bytes, words: str) -> None:
    head = f"Content-Type: text/plain; charset={charset}\r\nContent-Transfer-Encoding: 8bit\r\n\r\n"
    assert answers.read(head.encode() + raw).words == words


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
