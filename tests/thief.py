"""What a thief opens: `python -m tests.thief FOLDER PHRASE...` with the house's whole environment.

They have the database, every secret of the server, and all three cards with their passphrases, and try every
box there is with the seed of one card at a time; then every pair of cards, as the keyholders do. Prints JSON.
"""

import json
import os
import sys
from collections.abc import Iterable
from itertools import combinations
from pathlib import Path
from typing import TYPE_CHECKING

import django

if TYPE_CHECKING:
    from portal.vault.keys import OpenKey


def main(folder: Path, phrases: list[str]) -> dict[str, list[int]]:
    """How many boxes each card alone opens, down to the last layer; how many roots each pair."""
    from portal.vault import cards  # noqa: PLC0415  needs the settings
    from portal.vault.models import Envelope, Grant, RootShare, VaultKey  # noqa: PLC0415
    from portal.vault.primitives import CURRENT, Tampered, suite_of  # noqa: PLC0415
    from portal.vault.root_shares import open_root  # noqa: PLC0415

    publics = {bytes(row.sealing_public) for row in VaultKey.objects.exclude(purpose="keyholder")}

    def opens(key: "OpenKey", boxes: Iterable[bytes]) -> int:
        """How many boxes give the seed of a key of the house, or a data key."""
        count = 0
        for box in boxes:
            try:
                inside = suite_of(box).unseal(key.private, box)
            except Tampered:
                continue
            count += CURRENT.public_half(inside[-32:]).sealing in publics
        return count

    keys = [
        cards.open_card(cards.read_card(cards.card_file(folder, number)), phrase)
        for number, phrase in zip(cards.NUMBERS, phrases, strict=True)
    ]
    shares = [bytes(row.sealed) for row in RootShare.objects.all()]
    boxes = [bytes(row.sealed) for model in (Grant, Envelope) for row in model.objects.all()]
    return {
        "alone": [opens(key, shares) for key in keys],
        "others": [_unsealed(key, boxes) for key in keys],
        "pairs": [open_root(*pair).generation for pair in combinations(keys, 2)],
        "boxes": [len(shares), len(boxes) > 400],
    }


def _unsealed(key: "OpenKey", boxes: Iterable[bytes]) -> int:
    from portal.vault.primitives import Tampered, suite_of  # noqa: PLC0415

    count = 0
    for box in boxes:
        try:
            suite_of(box).unseal(key.private, box)
        except Tampered:
            continue
        count += 1
    return count


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")
    django.setup()
    print(json.dumps(main(Path(sys.argv[1]), sys.argv[2:])))
