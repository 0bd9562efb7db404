"""A thief with database, data folder, secrets folder and cache: opens all there is to open, and lists it.

    YANLU_DATABASE_URL=… YANLU_DATA_DIR=… YANLU_SECRETS_DIR=… YANLU_CACHE_URL=… \\
        python -m tests.security.thief [--passphrase USER=WORDS] [--receipt DIGITS] [--session ID=KEY]

Prints one JSON object: every sealed item that opened, by table and row, and what was tried. It cheats as a
thief does: purposes, labels and roles count for nothing, every key is tried on every box, every bytes of
fitting length is tried as a key, and everything that looks like a nonce is tried as the nonce of a receipt.
"""

import argparse
import hashlib
import json
import os
import re
import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import UUID

import django

if TYPE_CHECKING:
    from portal.vault.items import Binding
    from portal.vault.models import Envelope, SealedItem
    from portal.vault.primitives import PrivateHalf

GUESSES = ("yanlu-demo-1", "password", "12345678", "admin", "yanlu", "")
"""Passphrases tried on everybody: the demo's own among them."""
KEY = 32
_HEX = re.compile(rb"(?<![0-9a-fA-F])(?:[0-9a-fA-F]{64}|[0-9a-fA-F]{32})(?![0-9a-fA-F])")
_DASHED = re.compile(rb"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_RECEIPT = re.compile(rb"(?<!\d)\d{5}(?:-?\d{5}){4}(?!\d)")


@dataclass
class Loot:
    """What the thief brings along beside the copies: at most one thing that a person knows or carries."""

    passphrases: tuple[tuple[str, str], ...] = ()
    receipts: tuple[str, ...] = ()
    sessions: tuple[tuple[str, str], ...] = ()


@dataclass
class Attack:
    """Keys in hand and what they opened. `seeds` open boxes, `words` are 32 bytes that may be any key."""

    seeds: set[bytes] = field(default_factory=set)
    words: set[bytes] = field(default_factory=set)
    halves: dict[UUID, set[bytes]] = field(default_factory=dict)
    data_keys: dict[UUID, set[bytes]] = field(default_factory=dict)
    tried: dict[str, int] = field(default_factory=dict)

    def spread(self) -> None:
        """Open every grant with every seed until nothing new comes out."""
        from portal.vault.models import Grant  # noqa: PLC0415  needs the settings

        boxes = [bytes(row.sealed) for row in Grant.objects.all()]
        self.tried["grants"] = len(boxes)
        fresh = set(self.seeds)
        while fresh:
            found = {part for box in boxes for part in self._opened(box, fresh) if len(part) == KEY}
            fresh = found - self.seeds
            self.seeds |= found

    def unseal(self) -> None:
        """Open every envelope with every seed; what comes out may be a data key or half of one."""
        from portal.vault.models import Envelope  # noqa: PLC0415  needs the settings

        envelopes = list(Envelope.objects.all())
        self.tried["envelopes"] = len(envelopes)
        for envelope in envelopes:
            for part in self._opened(bytes(envelope.sealed), self.seeds):
                if len(part) == KEY:
                    keep = self.data_keys if _whole(envelope) else self.halves
                    keep.setdefault(envelope.item_id, set()).add(part)
        for item, halves in self.halves.items():
            if len(halves) > 1:
                self.data_keys.setdefault(item, set()).update(_joined(halves))

    def opened(self) -> list[dict[str, str]]:
        """Every sealed item that opens with a data key found, or with any 32 bytes found anywhere."""
        from portal.vault.models import SealedItem  # noqa: PLC0415  needs the settings

        places = places_of_items()
        found = []
        items = list(SealedItem.objects.all())
        self.tried["items"] = len(items)
        for item in items:
            keys = [*self.data_keys.get(item.pk, ()), *self.halves.get(item.pk, ()), *self.words]
            for binding in places.get(item.pk, ()):
                text = _first_plaintext(item, keys, binding)
                if text is not None:
                    found.append({"item": str(item.pk), "purpose": item.purpose, "row": str(binding.row)})
                    break
        return found

    def _opened(self, box: bytes, seeds: Iterable[bytes]) -> Iterator[bytes]:
        from portal.vault.primitives import Tampered, suite_of, unpack  # noqa: PLC0415

        for half in chain.from_iterable(_grown(seed) for seed in seeds):
            try:
                yield from unpack(suite_of(box).unseal(half, box))
            except Tampered:
                continue


@cache
def _grown(seed: bytes) -> tuple["PrivateHalf", ...]:
    """What this seed grows into, by every suite there is."""
    from portal.vault.primitives import suite_numbered  # noqa: PLC0415  needs the settings

    return tuple(suite_numbered(number).private_half(seed) for number in (1, 2))


def _whole(envelope: "Envelope") -> bool:
    return not envelope.share.endswith("half")


def _joined(halves: set[bytes]) -> set[bytes]:
    return {
        bytes(a ^ b for a, b in zip(one, other, strict=True)) for one in halves for other in halves - {one}
    }


def _first_plaintext(item: "SealedItem", keys: Sequence[bytes], binding: "Binding") -> bytes | None:
    from portal.vault.items import _context  # noqa: PLC0415  a thief reads the source
    from portal.vault.primitives import Tampered, suite_of  # noqa: PLC0415

    context = _context(item.pk, item.purpose, binding)
    for key in keys:
        try:
            return suite_of(bytes(item.ciphertext)).decrypt(key, bytes(item.ciphertext), context)
        except Tampered:
            continue
    return None


def places_of_items() -> dict[UUID, list["Binding"]]:
    """For each item every place it may be bound to: each row that points to it, under each parent."""
    from portal.vault.items import Binding  # noqa: PLC0415  needs the settings
    from portal.vault.models import Envelope, SealedItem  # noqa: PLC0415

    found: dict[UUID, list[Binding]] = {}
    for relation in SealedItem._meta.get_fields(include_hidden=True):
        owner = relation.related_model if relation.one_to_one or relation.one_to_many else None
        if owner is None or owner is Envelope:
            continue
        column: str = relation.field.attname  # type: ignore[union-attr]
        for row in owner._default_manager.exclude(**{column: None}).values():
            ids = [value for value in row.values() if isinstance(value, UUID)]
            table, name = owner._meta.db_table, column.removesuffix("_id")
            bindings = (
                [Binding(table, row["id"], name, parent) for parent in (None, *ids)]
                if "id" in row
                else [Binding(table, own, name, parent) for own in ids for parent in (None, *ids)]
            )
            found.setdefault(row[column], []).extend(bindings)
    return found


def steal(loot: Loot, *, guess: bool = True) -> dict[str, Any]:
    """Everything one can do with the copies and the loot; `guess`: whatever lies about may be a key."""
    attack, files = Attack(), list(_files())
    attack.words |= set(_node_secrets())
    if guess:
        attack.words |= {found for data in files for found in _words_in(data)}
    attack.words -= _public_halves()
    attack.tried["words"] = len(attack.words)
    attack.seeds |= set(_private_halves(attack.words))
    attack.seeds |= set(_personal_seeds(loot.passphrases))
    attack.seeds |= set(_session_seeds(loot.sessions, attack.words))
    attack.seeds |= set(_thread_seeds(loot.receipts, files if guess else [], attack))
    attack.spread()
    attack.unseal()
    return {"opened": attack.opened(), "keys": len(attack.seeds), "tried": attack.tried}


def _public_halves() -> set[bytes]:
    """What is public of all keys: none of it is a key itself."""
    from portal.intake.models import Report  # noqa: PLC0415  needs the settings
    from portal.vault.models import VaultKey  # noqa: PLC0415

    halves = VaultKey.objects.values_list("sealing_public", "certifying_public")
    threads = Report.objects.values_list("thread_public", flat=True)
    return {bytes(half) for pair in halves for half in pair} | {bytes(half) for half in threads}


def _private_halves(words: Iterable[bytes]) -> Iterator[bytes]:
    """Those words that grow into a public half on record: only they could open a box."""
    from portal.vault.primitives import suite_numbered  # noqa: PLC0415  needs the settings

    known, suites = _public_halves(), [suite_numbered(number) for number in (1, 2)]
    return (word for word in words if any(suite.public_half(word).sealing in known for suite in suites))


def _node_secrets() -> Iterator[bytes]:
    """Master key, cookie key, root's fingerprint, every purpose key and every node key, unwrapped."""
    from django.conf import settings  # noqa: PLC0415

    from portal.vault.master_keys import master_keys, unwrap  # noqa: PLC0415
    from portal.vault.models import PurposeKey  # noqa: PLC0415
    from portal.vault.node_keys import _folder  # noqa: PLC0415
    from portal.vault.purpose_keys import _name  # noqa: PLC0415

    yield from master_keys()
    for text in (settings.SECRET_KEY, settings.YANLU_ROOT_FINGERPRINT):
        yield hashlib.sha256(text.encode()).digest()
        if re.fullmatch("[0-9a-f]{64}", text):
            yield bytes.fromhex(text)
    for row in PurposeKey.objects.all():
        yield unwrap(bytes(row.wrapped), _name(row.purpose, row.version))
    for path in _folder().glob("*.key"):
        yield unwrap(path.read_bytes(), f"node/{path.stem}")


def _files() -> Iterator[bytes]:
    """Every file of data, secrets and cache, and every cell of the database."""
    from tests.security.traces import as_bytes, rows_of  # noqa: PLC0415

    roots = {os.environ["YANLU_DATA_DIR"], os.environ["YANLU_SECRETS_DIR"]}
    cache = os.environ["YANLU_CACHE_URL"]
    roots |= {cache.removeprefix("disk://")} if cache.startswith("disk:") else set()
    for root in roots:
        for path in Path(root).rglob("*"):
            if path.is_file() and "static" not in path.parts:
                yield path.read_bytes()
    for _, value in rows_of(os.environ["YANLU_DATABASE_URL"]):
        yield value.bytes if isinstance(value, UUID) else as_bytes(value)


def _words_in(data: bytes) -> Iterator[bytes]:
    """What may be a key: a cell of just that length, and anything written in hex."""
    if len(data) == KEY:
        yield data
    if len(data) == KEY + 1:
        yield data[1:]
    for match in _HEX.finditer(data):
        raw = bytes.fromhex(match.group().decode())
        if len(raw) == KEY:
            yield raw


def _nonces_in(data: bytes) -> Iterator[bytes]:
    if len(data) == KEY // 2:
        yield data
    for match in chain(_HEX.finditer(data), _DASHED.finditer(data)):
        raw = bytes.fromhex(match.group().decode().replace("-", ""))
        if len(raw) == KEY // 2:
            yield raw


def _thread_seeds(receipts: Sequence[str], files: Sequence[bytes], attack: Attack) -> Iterator[bytes]:
    """From receipts in hand, and from everything that looks like a receipt or like the nonce of one."""
    from portal.intake.models import Report  # noqa: PLC0415
    from portal.vault.purpose_keys import active_keys  # noqa: PLC0415
    from portal.vault.receipts import parsed, secrets_from_digits, secrets_from_nonce  # noqa: PLC0415

    lookups = {bytes(lookup) for lookup in Report.objects.values_list("lookup", flat=True)}
    written = {match.group().decode() for data in files for match in _RECEIPT.finditer(data)}
    digits = {found for text in (*receipts, *written) if (found := parsed(text)) is not None}
    nonces = {nonce for data in files for nonce in _nonces_in(data)}
    attack.tried |= {"receipts": len(digits), "nonces": len(nonces)}
    keys = active_keys("receipt", "lookup")
    candidates = chain(
        (one for number in digits for one in secrets_from_digits(number)),
        (one for nonce in nonces for one in secrets_from_nonce(nonce, keys)),
    )
    for one in candidates:
        if one.lookup in lookups:
            yield one.thread_seed


def _personal_seeds(known: Sequence[tuple[str, str]]) -> Iterator[bytes]:
    """Personal keys by the passphrases known, and by guesses tried on everybody."""
    from portal.accounts.models import Staff  # noqa: PLC0415
    from portal.vault.locks import open_personal_key  # noqa: PLC0415
    from portal.vault.models import VaultKey  # noqa: PLC0415
    from portal.vault.primitives import Tampered  # noqa: PLC0415

    own = dict(known)
    names = {str(pk): name for pk, name in Staff.objects.values_list("pk", "username")}
    for key in VaultKey.objects.filter(purpose="personal", lock__isnull=False).select_related("lock"):
        name = names[key.path.rpartition("staff:")[2]]
        for passphrase in (*GUESSES, *([own[name]] if name in own else [])):
            try:
                yield open_personal_key(key, passphrase).seed
            except Tampered:
                continue


def _session_seeds(cookies: Sequence[tuple[str, str]], words: set[bytes]) -> Iterator[bytes]:
    """Personal keys out of session rows, by a cookie in hand or by any key found."""
    import base64  # noqa: PLC0415

    from portal.accounts.models import StaffSession  # noqa: PLC0415
    from portal.vault.primitives import Tampered  # noqa: PLC0415
    from portal.vault.session_key import open_from_session  # noqa: PLC0415

    tried = [base64.urlsafe_b64encode(word).decode() for word in words]
    for row in StaffSession.objects.exclude(stored_key=None).select_related("key"):
        mine = [key for session, key in cookies if session == row.session_key]
        stored, known_as = bytes(row.stored_key or b""), row.session_key
        for cookie in (*mine, *tried):
            try:
                yield open_from_session(stored, cookie, session_id=known_as, key=row.key).seed
            except Tampered:
                continue


def main(arguments: list[str]) -> None:
    """Steal and say what came of it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--passphrase", action="append", default=[], metavar="USER=WORDS")
    parser.add_argument("--receipt", action="append", default=[])
    parser.add_argument("--session", action="append", default=[], metavar="ID=KEY")
    parser.add_argument(
        "--no-guessing", action="store_true", help="try nothing but known secrets and the loot"
    )
    given = parser.parse_args(arguments)
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")
    django.setup()

    def pairs(texts: list[str]) -> tuple[tuple[str, str], ...]:
        return tuple((text.partition("=")[0], text.partition("=")[2]) for text in texts)

    loot = Loot(pairs(given.passphrase), tuple(given.receipt), pairs(given.session))
    print(json.dumps(steal(loot, guess=not given.no_guessing)))


if __name__ == "__main__":
    main(sys.argv[1:])
