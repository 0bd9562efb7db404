"""Proof of filing: the node's signature over the time and a keyed digest of the original.

It names no organ. The digest's key comes from the receipt alone, so whoever holds original, receipt and
proof can have it checked, and nobody can guess at the original from the proof. Whatever suite is current, a
proof is made with suite 1, so that libsodium alone checks it.
"""

import base64
import datetime as dt
import json
from dataclasses import dataclass
from typing import Any

from portal.common.errors import NotReady
from portal.vault.models import PurposeKey
from portal.vault.primitives import SODIUM, Tampered, keyed_hash, pack
from portal.vault.purpose_keys import ActiveKeys, active_keys, key_of_version
from portal.vault.receipts import proof_key

_LABEL = "yanlu-proof-1"
_FIELDS = {"v", "at", "digest", "key", "sig"}
_LONGEST = 1000
"""Characters of a proof, with room to spare."""


@dataclass(frozen=True)
class Proof:
    """A proof that was checked: when it was filed and which key of the node signed it."""

    received_at: dt.datetime
    key_version: int


def content_digest(digits: str, canonical: bytes) -> bytes:
    """The keyed digest of a canonical original."""
    return keyed_hash(proof_key(digits), canonical, person="yanlu-proof-text")


def make_proof(*, digits: str, canonical: bytes, received_at: dt.datetime, keys: ActiveKeys) -> str:
    """The proof as one line of text for the reporter to keep; `keys` hold those of `proof`."""
    version, seed = keys[PurposeKey.Purpose.PROOF][0]
    digest = content_digest(digits, canonical)
    at = received_at.isoformat()
    signature = SODIUM.sign(SODIUM.private_half(seed), pack(_LABEL, at, digest))
    fields = {
        "v": 1,
        "at": at,
        "digest": digest.hex(),
        "key": version,
        "sig": base64.b64encode(signature).decode(),
    }
    return base64.urlsafe_b64encode(json.dumps(fields, separators=(",", ":")).encode()).decode()


def public_keys() -> dict[int, str]:
    """The node's public proof keys by version, as hex, to be published."""
    keys = active_keys(PurposeKey.Purpose.PROOF)[PurposeKey.Purpose.PROOF]
    return {version: SODIUM.public_half(seed).certifying.hex() for version, seed in keys}


def check_proof(proof: str, *, digits: str, canonical: bytes) -> Proof:
    """The proof, checked against receipt and original. Raises `Tampered` when they do not belong together.

    White space in it is passed over: letters and mail break long lines.
    """
    fields = _fields("".join(proof.split()))
    try:
        at, version = str(fields["at"]), fields["key"]
        digest, signature = bytes.fromhex(fields["digest"]), base64.b64decode(fields["sig"], validate=True)
        received_at = dt.datetime.fromisoformat(at)
    except (ValueError, TypeError):
        raise Tampered from None
    if digest != content_digest(digits, canonical) or type(version) is not int:
        raise Tampered
    try:
        seed = key_of_version(PurposeKey.Purpose.PROOF, version)
    except NotReady:
        raise Tampered from None
    public = SODIUM.public_half(seed).certifying
    SODIUM.verify(public, pack(_LABEL, at, digest), signature)
    return Proof(received_at=received_at, key_version=version)


def _fields(proof: str) -> dict[str, Any]:
    """What stands in a proof of this version. Raises `Tampered` for anything else."""
    if len(proof) > _LONGEST:
        raise Tampered
    try:
        fields = json.loads(base64.b64decode(proof, altchars=b"-_", validate=True))
    except (ValueError, RecursionError):
        raise Tampered from None
    if not isinstance(fields, dict) or set(fields) != _FIELDS:
        raise Tampered
    if type(fields["v"]) is not int or fields["v"] != 1:
        raise Tampered
    return fields
