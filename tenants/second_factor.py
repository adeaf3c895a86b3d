"""Time-based one-time codes (RFC 6238) and recovery codes. A code works once; a recovery code works once."""

from __future__ import annotations

import base64
import hashlib
import re
import secrets
from uuid import UUID

import pyotp
from sqlalchemy import any_, func, literal, or_, select, update

from tenants import clock
from tenants.data_keys import vault_of_app
from tenants.database import db
from tenants.errors import Invalid
from tenants.models import Person
from tenants.sealed import CannotOpen, Place

STEP_SECONDS = 30
RECOVERY_CODES = 10
ISSUER = "Onbrand"
_SIX_DIGITS = re.compile(r"[0-9]{6}")
_RECOVERY = re.compile(r"[a-z2-7]{16}")


def _place(person_id: UUID, column: str) -> Place:
    return Place("person", "person", "person", person_id, column)


def begin(person_id: UUID) -> str:
    """A new secret, sealed for this person, to be carried by the set-up form until its first code proves it."""
    sealed = vault_of_app().seal(pyotp.random_base32(), _place(person_id, "totp_secret_offered"))
    return base64.urlsafe_b64encode(sealed).decode()


def secret_offered(person_id: UUID, offered: str) -> str:
    """The secret in a set-up form. Raises Invalid when it was not made for this person."""
    try:
        sealed = base64.urlsafe_b64decode(offered.encode())
        return vault_of_app().open(sealed, _place(person_id, "totp_secret_offered")).reveal()
    except (CannotOpen, ValueError):
        raise Invalid("This form is no longer good. Nothing was changed. Open the page again.") from None


def address_for_app(secret: str, email: str) -> str:
    """The `otpauth:` address an authenticator app reads from the square code."""
    return pyotp.TOTP(secret, interval=STEP_SECONDS).provisioning_uri(name=email, issuer_name=ISSUER)


def turn_on(person_id: UUID, offered: str, code: str) -> list[str] | None:
    """Keep the offered secret if `code` is right for it; returns the recovery codes to show once, None if wrong."""
    secret = secret_offered(person_id, offered)
    step = _step_of(secret, code)
    if step is None:
        return None
    codes = _new_codes()
    db.session.execute(
        update(Person)
        .where(Person.id == person_id)
        .values(
            totp_secret=vault_of_app().seal(secret, _place(person_id, "totp_secret")),
            totp_last_step=step,
            recovery_code_hashes=[_code_hash(code) for code in codes],
        )
    )
    return codes


def turn_off(person_id: UUID) -> None:
    """Forget the secret and the recovery codes."""
    db.session.execute(
        update(Person)
        .where(Person.id == person_id)
        .values(totp_secret=None, totp_last_step=None, recovery_code_hashes=[])
    )


def new_recovery_codes(person_id: UUID) -> list[str]:
    """Ten new recovery codes, to show once; the old ones die."""
    codes = _new_codes()
    db.session.execute(
        update(Person).where(Person.id == person_id).values(recovery_code_hashes=[_code_hash(code) for code in codes])
    )
    return codes


def is_right(person_id: UUID, code: str) -> bool:
    """Whether this is the person's present code or an unused recovery code; either is used up by it."""
    plain = re.sub(r"[\s-]", "", code[:64]).lower()
    if _SIX_DIGITS.fullmatch(plain):
        return _use_step(person_id, plain)
    if _RECOVERY.fullmatch(plain):
        return _use_recovery_code(person_id, plain)
    return False


def _use_step(person_id: UUID, code: str) -> bool:
    sealed = db.session.execute(select(Person.totp_secret).where(Person.id == person_id)).scalar_one_or_none()
    if sealed is None:
        return False
    secret = vault_of_app().open(sealed, _place(person_id, "totp_secret")).reveal()
    step = _step_of(secret, code)
    if step is None:
        return False
    # Compared and kept in one statement: of two requests with the same code one finds it used.
    used = db.session.execute(
        update(Person)
        .where(Person.id == person_id, or_(Person.totp_last_step.is_(None), Person.totp_last_step < step))
        .values(totp_last_step=step)
        .returning(Person.id)
    ).all()
    return bool(used)


def _use_recovery_code(person_id: UUID, code: str) -> bool:
    hashed = _code_hash(code)
    used = db.session.execute(
        update(Person)
        .where(Person.id == person_id, literal(hashed) == any_(Person.recovery_code_hashes))
        .values(recovery_code_hashes=func.array_remove(Person.recovery_code_hashes, hashed))
        .returning(Person.id)
    ).all()
    return bool(used)


def _step_of(secret: str, code: str) -> int | None:
    """The time step the code belongs to: the present one or a neighbour, for clocks that differ a little."""
    totp = pyotp.TOTP(secret, interval=STEP_SECONDS)
    present = int(clock.now().timestamp()) // STEP_SECONDS
    plain = re.sub(r"[\s-]", "", code[:64])
    for step in (present, present - 1, present + 1):
        if secrets.compare_digest(totp.generate_otp(step).encode(), plain.encode()):
            return step
    return None


def _new_codes() -> list[str]:
    return [_grouped(base64.b32encode(secrets.token_bytes(10)).decode().lower()) for _ in range(RECOVERY_CODES)]


def _grouped(code: str) -> str:
    return "-".join(code[i : i + 4] for i in range(0, len(code), 4))


def _code_hash(code: str) -> bytes:
    """80 random bits need no slow hash."""
    return hashlib.sha256(code.replace("-", "").encode()).digest()
