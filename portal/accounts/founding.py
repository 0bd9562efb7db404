"""Founding a real house: three keyholders' cards, the root, the keys of all offices, the first people.

Everything that people have to do, setting passphrases and comparing fingerprints, is done before
`found_house` is called; that is one transaction, or nothing (ADR 9).
"""

import datetime as dt
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path

from django.conf import settings
from django.db import transaction

from portal.accounts.admitting import grant_to_person
from portal.accounts.house_keys import Keys, found_keys
from portal.accounts.top_people import Confirmed, confirmed_key, purposes_covered, who_is_missing
from portal.audit.actions import KEYHOLDERS, record
from portal.common.clock import now as present
from portal.common.errors import Invalid
from portal.organs.queries import organ_tree
from portal.organs.tree import OrganTree
from portal.vault import cards
from portal.vault.certificates import ROOT_PATH, verify
from portal.vault.keys import OpenKey, make_key, make_root
from portal.vault.models import PurposeKey, VaultKey
from portal.vault.pin import VARIABLE, pin, pin_file
from portal.vault.primitives import CURRENT, Tampered
from portal.vault.purpose_keys import active_keys
from portal.vault.root_shares import open_root, share_root

Purpose = VaultKey.Purpose


@dataclass(frozen=True)
class Founded:
    """A house that has just come to be."""

    fingerprint: str
    cards: tuple[Path, ...]
    keys: int
    pinned: bool
    """False where the environment gives the pin and has to be changed."""


def refuse_founding(folder: Path) -> None:
    """Raises a `Refusal` where a ceremony would stop later: said before anybody has set a passphrase."""
    if settings.YANLU_DEMO:
        raise Invalid("这是演示系统，不能举行密钥仪式（YANLU_DEMO=1）。")
    if VaultKey.objects.filter(purpose=Purpose.ROOT).exists():
        raise Invalid("根密钥已经建立，不能再建。更新用 vault renew，换卡用 vault replace-card。")
    if settings.YANLU_ROOT_FINGERPRINT:
        raise Invalid(
            f"已经固定了根指纹，数据库中却没有根。若数据库丢失，请先恢复备份；"
            f"若是上次仪式中断，请删除 {pin_file()}（或清空 {VARIABLE}）和当时写出的卡片后重来。"
        )
    _check_external_key()
    active_keys(*PurposeKey.Purpose.values)
    tree = organ_tree()
    if not tree.topmost:
        raise Invalid("没有可用的机关目录，请先运行 load_reference。")
    cards.refuse_used_folder(folder)
    missing = who_is_missing(tree)
    if missing:
        raise Invalid("人员还不齐，没有建立任何密钥：" + "；".join(missing) + "。")


def _check_external_key() -> None:
    if settings.YANLU_EXTERNAL_KEY:
        try:
            CURRENT.seal(bytes.fromhex(settings.YANLU_EXTERNAL_KEY), b"")
        except (ValueError, TypeError, Tampered):
            raise Invalid("YANLU_EXTERNAL_KEY 不是可用的公钥（十六进制）。") from None


def found_house(
    *,
    passphrases: Sequence[str],
    folder: Path,
    people: Sequence[Confirmed],
    now: dt.datetime | None = None,
) -> Founded:
    """Make cards, root, the keys of every organ and the grants of the first people; all or nothing.

    `people` have compared the fingerprint of their key. Raises a `Refusal` as `refuse_founding`, and where a
    key is no longer the one that was compared or a role of the top is left without anybody.
    """
    now = now or present()
    refuse_founding(folder)
    for index, passphrase in enumerate(passphrases):
        cards.check_card_passphrase(passphrase, others=tuple(passphrases[:index]))
    written: list[Path] = []
    with _or_nothing(written):
        return _found(passphrases, folder, people, written, now)


@contextmanager
def _or_nothing(written: list[Path]) -> Iterator[None]:
    """One transaction; where it fails, for whatever reason, what was written beside the database goes."""
    before = settings.YANLU_ROOT_FINGERPRINT
    try:
        with transaction.atomic():
            yield
    except BaseException:
        settings.YANLU_ROOT_FINGERPRINT = before
        for path in written:
            with suppress(OSError):
                path.unlink()
        raise


def _found(
    passphrases: Sequence[str],
    folder: Path,
    people: Sequence[Confirmed],
    written: list[Path],
    now: dt.datetime,
) -> Founded:
    tree = organ_tree()
    root, fingerprint = make_root(path=ROOT_PATH, now=now)
    settings.YANLU_ROOT_FINGERPRINT = fingerprint
    keyholders = [_keyholder(root, number, now) for number in cards.NUMBERS]
    share_root(root, [verify(VaultKey.objects.get(pk=key.id)) for key in keyholders])
    keys = found_keys(tree, root, staffed=tree.topmost, now=now)
    let_in(tree, keys, people, now=now)
    for number, key, passphrase in zip(cards.NUMBERS, keyholders, passphrases, strict=True):
        card = cards.lock_card(key, number=number, root=fingerprint, passphrase=passphrase)
        written.append(cards.write_card(card, folder))
    paths = tuple(written)
    _prove(paths, passphrases, root)
    _put_on_record(tree, root, len(keys), now)
    pinned = pin(fingerprint)
    if pinned:
        written.append(pin_file())
    return Founded(fingerprint, paths, len(keys), pinned)


def _keyholder(root: OpenKey, number: int, now: dt.datetime) -> OpenKey:
    path = cards.keyholder_path(number)
    return make_key(path=path, purpose=Purpose.KEYHOLDER, issuer=root, now=now)


def _prove(written: Sequence[Path], passphrases: Sequence[str], root: OpenKey) -> None:
    """Every two of the cards as they lie on the disk open the root; otherwise nothing is founded."""
    opened = [
        cards.open_card(cards.read_card(path), phrase)
        for path, phrase in zip(written, passphrases, strict=True)
    ]
    for first, second in combinations(opened, 2):
        if open_root(first, second).seed != root.seed:
            raise cards.CardRefused("写出的卡片打不开根密钥，没有建立任何密钥。")


def let_in(tree: OrganTree, keys: Keys, people: Sequence[Confirmed], *, now: dt.datetime) -> None:
    """Grant the first people of the topmost organs what their roles need."""
    short = who_is_missing(tree, purposes_covered(people))
    if short:
        raise Invalid("没有建立任何密钥：" + "；".join(short) + "。")
    for person in people:
        for purpose in person.purposes:
            grant_to_person(keys[(person.staff.organ_id, purpose)], confirmed_key(person), now=now)
            record(
                organ=person.staff.organ_id,
                actor=KEYHOLDERS,
                action="key_granted",
                object_kind="staff",
                object_id=person.staff.pk,
                detail={"purpose": purpose},
                now=now,
            )


def _put_on_record(tree: OrganTree, root: OpenKey, count: int, now: dt.datetime) -> None:
    for organ in tree.topmost:
        record(
            organ=organ,
            actor=KEYHOLDERS,
            action="house_founded",
            object_kind="key",
            object_id=root.id,
            detail={"count": count},
            now=now,
        )
