"""Passwords: argon2id, the same cost for everybody, and a rule that asks for length and refuses what everybody uses."""

from __future__ import annotations

import re
import secrets
import unicodedata

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError, VerifyMismatchError

from tenants.errors import Invalid, worded

SHORTEST = 10
LONGEST = 200
"""Characters. NIST SP 800-63B asks for at least 64 to be allowed; the upper end only bounds the hashing work."""

_hasher = PasswordHasher(time_cost=3, memory_cost=32 * 1024, parallelism=1)
"""OWASP's cheat sheet asks for at least 19 MiB and two passes; 32 MiB and three stay below 0.1 s on a small machine."""

_NOBODY = _hasher.hash(secrets.token_urlsafe(16))

_STEMS = """password passwort passw0rd haslo hasło senha contrasena contraseña motdepasse parola qwerty qwertz
    qwertyuiop asdfghjkl zxcvbnm azerty letmein welcome iloveyou admin administrator login master monkey dragon football
    baseball basketball superman batman princess sunshine shadow michael jennifer jordan hunter trustno abc abcdef
    abcdefgh
    abcdefghij secret changeme default guest root test testtest demo user whatever starwars pokemon computer internet
    samsung google facebook instagram onbrand summer winter spring autumn lato zima wiosna jesien verao inverno
    brasil portugal polska polonia warszawa krakow lisboa kochanie kochamcie misiek zaq1xsw2 1q2w3e4r 1q2w3e4r5t
    1qaz2wsx 1qaz2wsx3edc qazwsx qazwsxedc q1w2e3r4 a1b2c3d4 aa12345678 asdf asdfasdf qweasdzxc benfica sporting
    amoreterno teamo flamengo corinthians bemvindo witaj"""
COMMON_STEMS = frozenset(_STEMS.split())
"""Stems of the passwords that head every public list of leaked ones, in the languages our people speak. A password that
is only such a stem, digits and signs is refused, which covers the thousands of variants without carrying them."""

_LEET = str.maketrans("0134578@$!", "oleastbasi")
_EDGES = re.compile(r"^[\W\d_]+|[\W\d_]+$")
_SEQUENCES = (
    "01234567890123456789",
    "98765432109876543210",
    "abcdefghijklmnopqrstuvwxyz",
    "qwertyuiopasdfghjklzxcvbnm",
)


def hash_password(password: str) -> str:
    """The argon2id string to store. Call `check_new_password` first."""
    return str(_hasher.hash(_normal(password)))


def verify(password: str, stored: str | None) -> bool:
    """Whether it is the password. Costs the same when there is none stored: nobody learns who exists by waiting."""
    given = _normal(password[: LONGEST + 1])
    try:
        _hasher.verify(stored or _NOBODY, given)
    except (VerifyMismatchError, VerificationError, InvalidHashError):
        return False
    return stored is not None and len(password) <= LONGEST


def needs_new_hash(stored: str) -> bool:
    """Whether the cost has been raised since it was stored."""
    return bool(_hasher.check_needs_rehash(stored))


def check_new_password(password: str, *, about: tuple[str, ...] = ()) -> None:
    """Raise Invalid, saying what to choose instead, unless the password may be used.

    `about`: the person's name, address and agency, which anybody would try.
    """
    length = len(_normal(password))
    if length < SHORTEST:
        raise _refused(
            "too_short", worded("This password is too short. Choose one of %(n)s characters or more.", n=SHORTEST)
        )
    if length > LONGEST:
        raise _refused(
            "too_long", worded("This password is too long. Choose one of at most %(n)s characters.", n=LONGEST)
        )
    if "\x00" in password:
        raise _refused("unusable", "This password holds a sign that cannot be used. Choose another one.")
    if is_common(password):
        raise _refused("common", "This password is one of the first that others would try. Choose a rarer one.")
    plain = _normal(password).casefold()
    words = {word for text in about for word in re.split(r"[\W_]+", text.casefold()) if len(word) >= 4}
    rest = plain
    for word in words:
        rest = rest.replace(word, "")
    if len(re.sub(r"[\W\d_]", "", rest)) < 3 and rest != plain:
        raise _refused("about_you", "This password is made of your own name or address. Choose another one.")


def is_common(password: str) -> bool:
    """Whether it is on the lists everybody tries first: few distinct signs, a sequence, or a stem with decoration."""
    plain = _normal(password).casefold()
    if len(set(plain)) <= 3:
        return True
    if any(plain in sequence * 2 or plain[::-1] in sequence * 2 for sequence in _SEQUENCES):
        return True
    if plain.isdigit() and len(set(plain)) <= 6:
        return True
    shapes = {plain, plain.translate(_LEET)}
    shapes |= {_EDGES.sub("", shape) for shape in shapes}
    shapes |= {_EDGES.sub("", plain).translate(_LEET)}
    halves = {shape[: len(shape) // 2] for shape in shapes if shape[: len(shape) // 2] * 2 == shape}
    return any(shape in COMMON_STEMS for shape in shapes | halves)


def one_time_password() -> str:
    """A password of 80 bits for the command line to print, in four groups that can be read out."""
    return "-".join("".join(secrets.choice("abcdefghijkmnpqrstuvwxyz23456789") for _ in range(4)) for _ in range(4))


def _normal(password: str) -> str:
    return unicodedata.normalize("NFC", password)


def _refused(code: str, sentence: str) -> Invalid:
    return Invalid(sentence, code=f"password_{code}", errors={"password": [sentence]})
