"""Keyholders' cards: three files, each under a passphrase of its keyholder. Any two open the root.

A card is carried away on a stick and lies in a safe. No pepper of the server goes into it: it must open when
the server is lost. So its passphrase alone protects it, and must be longer than others (ADR 9).
"""

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import UUID

from django.conf import settings

from portal.common.errors import Invalid, Refusal
from portal.common.files import sync_folder
from portal.vault.certificates import ROOT_PATH
from portal.vault.keys import OpenKey
from portal.vault.models import VaultKey
from portal.vault.primitives import CURRENT, SALT_BYTES, Tampered, new_secret, pack, suite_of

NUMBERS = (1, 2, 3)
SHORTEST_PASSPHRASE = 12
"""Characters."""
_WHAT = "yanlu-keyholder-card-1"
_PASSES = 4
"""More than at sign-in: a card is opened once in years, and whoever finds it may try as long as they like."""
_MOST_KIB, _MOST_PASSES, _MOST_BYTES = 4 * 1024 * 1024, 64, 16 * 1024


class CardRefused(Refusal):
    """A card that is none, is not of this house, or does not open; the text says which."""

    code = "card_refused"


@dataclass(frozen=True)
class Card:
    """What lies on a keyholder's stick."""

    number: int
    generation: int
    key: UUID
    root: str
    """Fingerprint of the root it belongs to."""
    kib: int
    passes: int
    salt: bytes
    locked_seed: bytes = field(repr=False)

    @property
    def context(self) -> bytes:
        """What the locked seed is bound to: nothing of the card can be changed."""
        return pack(_WHAT, self.root, self.number, self.generation, self.key.bytes, self.kib, self.passes)


def keyholder_path(number: int) -> str:
    """The path that a keyholder's key carries."""
    return f"{ROOT_PATH}/keyholder:{number}"


def check_card_passphrase(passphrase: str, *, others: tuple[str, ...] = ()) -> None:
    """Raises `Invalid` for one that is too short, too plain, or another keyholder's."""
    if len(passphrase) < SHORTEST_PASSPHRASE or len(set(passphrase)) < 6:
        raise Invalid(f"卡片口令至少 {SHORTEST_PASSPHRASE} 个字符，且不要过于简单重复。")
    if passphrase in others:
        raise Invalid("每位持有人的口令必须各不相同。")


def lock_card(key: OpenKey, *, number: int, root: str, passphrase: str) -> Card:
    """A keyholder's key under their passphrase."""
    blank = Card(
        number=number,
        generation=key.generation,
        key=key.id,
        root=root,
        kib=settings.YANLU_ARGON2_KIB,
        passes=_PASSES,
        salt=new_secret(SALT_BYTES),
        locked_seed=b"",
    )
    stretched = CURRENT.stretch(passphrase, blank.salt, pepper=b"", kib=blank.kib, passes=blank.passes)
    return Card(**{**vars(blank), "locked_seed": CURRENT.encrypt(stretched, key.seed, blank.context)})


def open_card(card: Card, passphrase: str) -> OpenKey:
    """The keyholder's key; whether the directory knows it is for `portal.vault.root_shares` to say.

    Raises `CardRefused` for a wrong passphrase, which looks like any change to the card.
    """
    if card.root != settings.YANLU_ROOT_FINGERPRINT:
        raise CardRefused(f"{card.number} 号卡片属于另一套系统：卡上的根指纹与本系统不同。")
    try:
        suite = suite_of(card.locked_seed)
        stretched = suite.stretch(passphrase, card.salt, pepper=b"", kib=card.kib, passes=card.passes)
        seed = suite.decrypt(stretched, card.locked_seed, card.context)
    except Tampered:
        raise CardRefused(f"{card.number} 号卡片没有打开：口令不对，或者卡片被改动过。") from None
    return OpenKey(
        id=card.key,
        path=keyholder_path(card.number),
        purpose=VaultKey.Purpose.KEYHOLDER,
        generation=card.generation,
        suite=suite.number,
        seed=seed,
    )


# --- the file ------------------------------------------------------------------------------------------


def card_file(folder: Path, number: int) -> Path:
    """Where a keyholder's card is written."""
    return folder / f"yanlu-card-{number}.json"


def refuse_used_folder(folder: Path, numbers: tuple[int, ...] = NUMBERS) -> None:
    """Raises `CardRefused` where a card would be written over another, or nothing can be written."""
    for number in numbers:
        if card_file(folder, number).exists():
            raise CardRefused(f"{card_file(folder, number)} 已经存在；卡片从不覆盖，请换一个空目录。")
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError as problem:
        raise CardRefused(f"不能使用目录 {folder}：{problem.strerror}") from None
    if not os.access(folder, os.W_OK | os.X_OK):
        raise CardRefused(f"目录 {folder} 不能写入。")


def write_card(card: Card, folder: Path) -> Path:
    """Write a card so that it outlasts a power cut; readable by its owner only. Never over another."""
    path = card_file(folder, card.number)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with open(descriptor, "w", encoding="ascii") as file:
            json.dump(_as_json(card), file, indent=1)
            file.write("\n")
            file.flush()
            os.fsync(file.fileno())
        sync_folder(folder)
    except OSError:
        path.unlink(missing_ok=True)
        raise CardRefused(f"卡片没有写成：{path}。") from None
    return path


def read_card(path: Path) -> Card:
    """The card in this file, still locked. Raises `CardRefused`."""
    try:
        with path.open("rb") as file:
            raw = file.read(_MOST_BYTES + 1)
    except OSError as problem:
        raise CardRefused(f"读不到卡片 {path}：{problem.strerror}") from None
    try:
        return _from_json(json.loads(raw.decode("ascii")))
    except (ValueError, KeyError, TypeError, RecursionError):
        raise CardRefused(f"{path} 不是完整的持有人卡片。") from None


def _as_json(card: Card) -> dict[str, Any]:
    return {
        "what": _WHAT,
        "number": card.number,
        "generation": card.generation,
        "key": str(card.key),
        "root": card.root,
        "kib": card.kib,
        "passes": card.passes,
        "salt": card.salt.hex(),
        "locked_seed": card.locked_seed.hex(),
    }


def _from_json(value: Mapping[str, Any]) -> Card:
    """Raises `ValueError`, `KeyError`, `TypeError` for anything that no house has written."""
    if not isinstance(value, dict) or value["what"] != _WHAT:
        raise ValueError("another kind of file")
    card = Card(
        number=_whole(value["number"], most=NUMBERS[-1]),
        generation=_whole(value["generation"], most=2**31),
        key=UUID(value["key"]),
        root=str(value["root"]),
        kib=_whole(value["kib"], least=8, most=_MOST_KIB),
        passes=_whole(value["passes"], most=_MOST_PASSES),
        salt=bytes.fromhex(value["salt"]),
        locked_seed=bytes.fromhex(value["locked_seed"]),
    )
    if len(card.salt) != SALT_BYTES:
        raise ValueError("not a salt")
    return card


def _whole(value: object, *, most: int, least: int = 1) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
        raise ValueError("a figure nobody has written")
    return value
