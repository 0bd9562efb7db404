"""Keyholders' cards: two of three open the root, one opens nothing, and nothing forged or swapped passes."""

import json
from collections.abc import Callable
from itertools import combinations, permutations
from pathlib import Path
from typing import Any

import pytest
from pytest_django import Settings

from portal.common.errors import Invalid
from portal.vault import cards
from portal.vault.cards import CardRefused
from portal.vault.certificates import ROOT_PATH, verify
from portal.vault.keys import OpenKey, make_key, make_root
from portal.vault.models import RootShare, VaultKey
from portal.vault.primitives import CURRENT, Tampered, suite_of
from portal.vault.root_shares import open_root, share_root
from tests.people import FOUNDED

PHRASES = ("第一位持有人的卡片口令 1", "第二位持有人的卡片口令 2", "第三位持有人的卡片口令 3")
pytestmark = pytest.mark.usefixtures("bare_house")


@pytest.fixture
def root(bare_house: None, settings: Settings) -> OpenKey:
    """A root that is pinned, shared among three keyholders."""
    opened, settings.YANLU_ROOT_FINGERPRINT = make_root(path=ROOT_PATH, now=FOUNDED)
    return opened


@pytest.fixture
def holders(root: OpenKey, settings: Settings, tmp_path: Path) -> list[OpenKey]:
    """The three keyholders' keys, their cards written to `tmp_path`."""
    keys = [
        make_key(path=cards.keyholder_path(number), purpose="keyholder", issuer=root, now=FOUNDED)
        for number in cards.NUMBERS
    ]
    share_root(root, [verify(VaultKey.objects.get(pk=key.id)) for key in keys])
    for number, key, phrase in zip(cards.NUMBERS, keys, PHRASES, strict=True):
        made = cards.lock_card(key, number=number, root=settings.YANLU_ROOT_FINGERPRINT, passphrase=phrase)
        cards.write_card(made, tmp_path)
    return keys


def _from_card(folder: Path, number: int) -> OpenKey:
    return cards.open_card(cards.read_card(cards.card_file(folder, number)), PHRASES[number - 1])


def test_cards_any_two_in_any_order_open_the_root(
    root: OpenKey, holders: list[OpenKey], tmp_path: Path
) -> None:
    opened = [_from_card(tmp_path, number) for number in cards.NUMBERS]

    assert opened == holders
    assert [open_root(one, other) for one, other in permutations(opened, 2)] == [root] * 6


def test_card_alone_opens_no_layer_of_the_shares(holders: list[OpenKey]) -> None:
    """Of its own two shares a key opens one outer layer at most, and finds a box for somebody else in it."""
    seeds = []
    for key in holders:
        for share in RootShare.objects.all():
            box = bytes(share.sealed)
            for _ in range(2):
                try:
                    box = suite_of(box).unseal(key.private, box)
                except Tampered:
                    break
            seeds.append(CURRENT.public_half(box[-32:]))
    roots = {bytes(row.sealing_public) for row in VaultKey.objects.filter(purpose="root")}

    assert len(seeds) == 9
    assert [seed for seed in seeds if seed.sealing in roots] == []


def test_card_same_one_twice_is_refused(holders: list[OpenKey], tmp_path: Path) -> None:
    with pytest.raises(CardRefused, match="同一位持有人"):
        open_root(_from_card(tmp_path, 1), _from_card(tmp_path, 1))


def test_card_wrong_passphrase_is_refused(holders: list[OpenKey], tmp_path: Path) -> None:
    card = cards.read_card(cards.card_file(tmp_path, 1))

    with pytest.raises(CardRefused, match="1 号卡片没有打开"):
        cards.open_card(card, PHRASES[1])


def test_card_of_another_house_is_refused(holders: list[OpenKey], settings: Settings, tmp_path: Path) -> None:
    card = cards.read_card(cards.card_file(tmp_path, 1))
    settings.YANLU_ROOT_FINGERPRINT = "00" * 32

    with pytest.raises(CardRefused, match="另一套系统"):
        cards.open_card(card, PHRASES[0])


@pytest.mark.parametrize(
    ("field", "value"),
    [("number", 2), ("generation", 2), ("key", "00000000-0000-0000-0000-000000000000"), ("passes", 5)],
)
def test_card_with_any_field_changed_does_not_open(
    holders: list[OpenKey], tmp_path: Path, field: str, value: object
) -> None:
    path = cards.card_file(tmp_path, 1)
    path.write_text(json.dumps({**json.loads(path.read_text()), field: value}))

    with pytest.raises(CardRefused, match="没有打开"):
        cards.open_card(cards.read_card(path), PHRASES[0])


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("what", "yanlu-other"),
        ("number", 4),
        ("number", True),
        ("kib", 10**9),
        ("passes", 0),
        ("salt", "00"),
        ("key", "card"),
        ("locked_seed", "xyz"),
        ("root", None),
    ],
)
def test_card_file_that_nobody_wrote_is_refused(
    holders: list[OpenKey], tmp_path: Path, field: str, value: object
) -> None:
    path = cards.card_file(tmp_path, 1)
    path.write_text(json.dumps({**json.loads(path.read_text()), field: value}))

    with pytest.raises(CardRefused):
        cards.open_card(cards.read_card(path), PHRASES[0])


@pytest.mark.parametrize("text", ["", "[]", "null", '"card"', "{}", "\xff", "[" * 20000])
def test_card_file_of_another_kind_is_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "card"
    path.write_text(text)

    with pytest.raises(CardRefused, match="不是完整的持有人卡片"):
        cards.read_card(path)


def test_card_file_missing_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CardRefused, match="读不到卡片"):
        cards.read_card(tmp_path / "nowhere")


def test_card_file_is_for_its_owner_only_and_never_overwritten(
    holders: list[OpenKey], tmp_path: Path
) -> None:
    path = cards.card_file(tmp_path, 1)
    before = path.read_bytes()

    with pytest.raises(FileExistsError):
        cards.write_card(cards.read_card(path), tmp_path)
    with pytest.raises(CardRefused, match="已经存在"):
        cards.refuse_used_folder(tmp_path)

    assert path.stat().st_mode & 0o777 == 0o600
    assert path.read_bytes() == before


def test_card_tells_nothing_of_the_key(holders: list[OpenKey], tmp_path: Path) -> None:
    text = cards.card_file(tmp_path, 1).read_text()

    assert holders[0].seed.hex() not in text
    assert holders[0].seed.hex() not in repr(holders[0])


@pytest.mark.parametrize("phrase", ["短口令 1234", "abababababababab", ""])
def test_card_passphrase_too_short_or_plain_is_refused(phrase: str) -> None:
    with pytest.raises(Invalid, match="至少 12 个字符"):
        cards.check_card_passphrase(phrase)


def test_card_passphrase_of_another_keyholder_is_refused() -> None:
    with pytest.raises(Invalid, match="各不相同"):
        cards.check_card_passphrase(PHRASES[0], others=(PHRASES[1], PHRASES[0]))


# --- somebody who writes the database ------------------------------------------------------------------


def _swap_shares(_: list[OpenKey]) -> None:
    first, second, third = RootShare.objects.order_by("pk")
    boxes = (bytes(second.sealed), bytes(third.sealed), bytes(first.sealed))
    for share, box in zip((first, second, third), boxes, strict=True):
        RootShare.objects.filter(pk=share.pk).update(sealed=box)


def _rename_shares(_: list[OpenKey]) -> None:
    """Each share under the two other keyholders' names: inner and outer exchanged."""
    for share in list(RootShare.objects.all()):
        outer, inner = share.outer_id, share.inner_id
        RootShare.objects.filter(pk=share.pk).delete()
        RootShare.objects.create(outer_id=inner, inner_id=outer, sealed=share.sealed)


def _other_root_row(_: list[OpenKey]) -> None:
    half = CURRENT.public_half(bytes(32))
    VaultKey.objects.filter(purpose="root").update(
        sealing_public=half.sealing, certifying_public=half.certifying
    )


def _exchange_keyholder(_: list[OpenKey]) -> None:
    half = CURRENT.public_half(bytes(32))
    VaultKey.objects.filter(purpose="keyholder").update(sealing_public=half.sealing)


def _forged_seed(keys: list[OpenKey]) -> None:
    """Whoever knows the labels can seal a seed of their own; it does not grow into the root."""
    root = OpenKey(
        id=VaultKey.objects.get(purpose="root").pk,
        path=ROOT_PATH,
        purpose="root",
        suite=1,
        generation=1,
        seed=bytes(32),
    )
    share_root(root, [verify(VaultKey.objects.get(pk=key.id)) for key in keys])


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (_swap_shares, "被改动或者调换过"),
        (_rename_shares, "被改动或者调换过"),
        (_other_root_row, "未通过校验"),
        (_exchange_keyholder, "未通过校验"),
        (_forged_seed, "不是这个系统的根"),
        (lambda _: RootShare.objects.all().delete(), "没有这两张卡片的份额"),
        (
            lambda _: VaultKey.objects.filter(purpose="keyholder").update(superseded_at=FOUNDED),
            "已被新卡取代",
        ),
        (
            lambda _: VaultKey.objects.filter(purpose="keyholder").update(purpose="triage"),
            "不在本系统的目录中",
        ),
    ],
)
def test_root_does_not_open_from_changed_rows(
    holders: list[OpenKey], tmp_path: Path, change: Callable[[list[OpenKey]], Any], words: str
) -> None:
    change(holders)

    for first, second in combinations(cards.NUMBERS, 2):
        with pytest.raises(CardRefused, match=words):
            open_root(_from_card(tmp_path, first), _from_card(tmp_path, second))


def test_root_does_not_open_to_keys_that_are_no_keyholders(root: OpenKey, holders: list[OpenKey]) -> None:
    stranger = make_key(path="510000", purpose="oversight", issuer=root, now=FOUNDED)

    with pytest.raises(CardRefused, match="不在本系统的目录中"):
        open_root(holders[0], stranger)
