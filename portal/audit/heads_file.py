"""The sealed heads as a file to be kept where nobody of this house can change it: paper, another organ."""

import datetime as dt
import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from portal.audit.seals import Seal, audit_public_keys
from portal.common.errors import Invalid
from portal.vault.primitives import digest

FORMAT = "yanlu-audit-heads-1"
_LARGEST = 64 * 1024 * 1024
"""Bytes of a file that is read back."""


@dataclass(frozen=True)
class HeadsFile:
    """An exported file, read back: seals, and the public keys they were exported with."""

    name: str
    keys: dict[int, bytes]
    seals: tuple[Seal, ...]


def key_fingerprint(key: bytes) -> str:
    """A public key as people compare it: eight groups of four."""
    text = digest(key, person="yanlu-audit-key").hex()[:32].upper()
    return "-".join(text[at : at + 4] for at in range(0, len(text), 4))


def heads_text(seals: Iterable[Seal], *, made_at: dt.datetime) -> str:
    """The file: seals, public keys and their fingerprints, and nothing about organs it has no seals of."""
    chosen = list(seals)
    used = {seal.key_version for seal in chosen}
    keys = [
        {"version": version, "key": key.hex(), "fingerprint": key_fingerprint(key)}
        for version, key in audit_public_keys().items()
        if version in used
    ]
    value = {
        "format": FORMAT,
        "made_at": made_at.isoformat(timespec="seconds"),
        "keys": keys,
        "seals": [_fields(seal) for seal in chosen],
    }
    return json.dumps(value, indent=1) + "\n"


def file_fingerprint(content: bytes) -> str:
    """SHA-256 of the file, as `sha256sum` gives it: the one line that goes on paper."""
    return hashlib.sha256(content).hexdigest()


def _fields(seal: Seal) -> dict[str, str | int]:
    return {
        "organ": seal.organ,
        "number": seal.number,
        "day": seal.day.isoformat(),
        "sequence": seal.sequence,
        "link": seal.link.hex(),
        "before": seal.before.hex(),
        "key": seal.key_version,
        "signature": seal.signature.hex(),
    }


def read_heads(path: Path) -> HeadsFile:
    """An exported file. Raises `Invalid` saying why it is none: not there, cut off, changed in shape."""
    try:
        if path.stat().st_size > _LARGEST:
            raise Invalid(f"{path.name}：文件过大，不是导出的链头")
        value = json.loads(path.read_bytes().decode("utf-8-sig"))
    except OSError as problem:
        raise Invalid(f"{path.name}：无法读取（{problem.strerror}）") from None
    except (ValueError, RecursionError):
        raise Invalid(f"{path.name}：文件残缺或不是导出的链头") from None
    if not isinstance(value, dict) or value.get("format") != FORMAT:
        raise Invalid(f"{path.name}：不是导出的链头（应为 {FORMAT}）")
    try:
        keys = {_number(one["version"]): bytes.fromhex(one["key"]) for one in value["keys"]}
        seals = tuple(_seal(one) for one in value["seals"])
    except (KeyError, TypeError, ValueError):
        raise Invalid(f"{path.name}：文件残缺或被改动，读不出链头") from None
    return HeadsFile(path.name, keys, seals)


def _seal(one: dict[str, Any]) -> Seal:
    return Seal(
        organ=str(one["organ"]),
        number=_number(one["number"]),
        day=dt.date.fromisoformat(one["day"]),
        sequence=_number(one["sequence"]),
        link=bytes.fromhex(one["link"]),
        before=bytes.fromhex(one["before"]),
        key_version=_number(one["key"]),
        signature=bytes.fromhex(one["signature"]),
    )


def _number(value: object) -> int:
    if type(value) is not int or value < 0:
        raise ValueError
    return value
