"""Six-digit codes from a phone (TOTP, RFC 6238): SHA-1, 30 seconds, as every authenticator app knows them."""

import base64
import datetime as dt
import unicodedata
from typing import Final

import pyotp
from pyotp.utils import strings_equal

from portal.vault.primitives import new_secret

STEP_SECONDS: Final = 30
DRIFT: Final = 1
"""Steps a phone's clock may be early or late."""
_DIGITS: Final = 6
_SECRET_BYTES: Final = 20
_ISSUER: Final = "言路"


def new_code_secret() -> bytes:
    """A secret to be shared with one phone, 160 bits (RFC 4226)."""
    return new_secret(_SECRET_BYTES)


def secret_as_text(secret: bytes) -> str:
    """The secret as people type it into their phone: base32 in groups of four."""
    text = _base32(secret)
    return " ".join(text[at : at + 4] for at in range(0, len(text), 4))


def enrolment_address(secret: bytes, *, username: str) -> str:
    """What the QR code says: an `otpauth://` address."""
    return pyotp.TOTP(_base32(secret)).provisioning_uri(name=username, issuer_name=_ISSUER)


def code_at(secret: bytes, step: int) -> str:
    """The code of one time step."""
    return pyotp.TOTP(_base32(secret), digits=_DIGITS, interval=STEP_SECONDS).generate_otp(step)


def step_at(now: dt.datetime) -> int:
    """The time step `now` lies in."""
    return int(now.timestamp()) // STEP_SECONDS


def matching_step(secret: bytes, code: str, *, now: dt.datetime) -> int | None:
    """The time step this code belongs to, at most `DRIFT` from now, newest first; `None` for a wrong code.

    Full-width digits, spaces and dashes are understood.
    """
    bare = "".join(c for c in unicodedata.normalize("NFKC", code) if not (c.isspace() or c in "-‐–—−"))
    if len(bare) != _DIGITS or not (bare.isascii() and bare.isdigit()):
        return None
    present = step_at(now)
    steps = range(present + DRIFT, present - DRIFT - 1, -1)
    matching = [step for step in steps if strings_equal(bare, code_at(secret, step))]
    return matching[0] if matching else None


def _base32(secret: bytes) -> str:
    return base64.b32encode(secret).decode()
