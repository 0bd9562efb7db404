"""The root in the hands of three: its seed for every two of them together, and for nobody alone.

For each pair the seed is sealed to the one, and that to the other; each layer names the root, both keys and
their generations, so no share stands in for another.
"""

from collections.abc import Sequence
from itertools import combinations

from portal.vault.cards import CardRefused
from portal.vault.certificates import CertifiedKey, public_half, verify
from portal.vault.keys import OpenKey, opened
from portal.vault.models import RootShare, VaultKey
from portal.vault.primitives import CURRENT, Tampered, pack, suite_of, unpack

Purpose = VaultKey.Purpose
Half = tuple[bytes, int]
"""Id and generation of a key, as the shares name it."""


def _label(layer: str, root: OpenKey | VaultKey, outer: Half, inner: Half) -> bytes:
    return pack("yanlu-root-share-1", layer, root.id.bytes, root.generation, *outer, *inner)


def share_root(root: OpenKey, keyholders: Sequence[CertifiedKey]) -> int:
    """Seal the root to every two of the keyholders instead of to those before; returns how many shares.

    In the caller's transaction.
    """
    RootShare.objects.all().delete()
    pairs = list(combinations(keyholders, 2))
    for inner, outer in pairs:
        names = ((outer.id.bytes, outer.generation), (inner.id.bytes, inner.generation))
        core = CURRENT.seal(inner.public.sealing, pack(_label("inner", root, *names), root.seed))
        sealed = CURRENT.seal(outer.public.sealing, pack(_label("outer", root, *names), core))
        RootShare.objects.create(outer_id=outer.id, inner_id=inner.id, sealed=sealed)
    return len(pairs)


def open_root(first: OpenKey, second: OpenKey) -> OpenKey:
    """The root, from the keys on two keyholders' cards. Raises `CardRefused`, saying why.

    What comes out must grow into exactly the root of the directory, and that must be the pinned one.
    """
    if first.id == second.id or first.path == second.path:
        raise CardRefused("两次用的是同一位持有人的卡片；须有两位持有人到场。")
    root = _root_of([_row_of(key) for key in (first, second)])
    share = RootShare.objects.filter(
        outer_id__in=(first.id, second.id), inner_id__in=(first.id, second.id)
    ).first()
    if share is None:
        raise CardRefused("数据库中没有这两张卡片的份额。")
    outer, inner = (first, second) if share.outer_id == first.id else (second, first)
    names = ((outer.id.bytes, outer.generation), (inner.id.bytes, inner.generation))
    try:
        core = _unsealed(outer, bytes(share.sealed), _label("outer", root, *names))
        seed = _unsealed(inner, core, _label("inner", root, *names))
    except Tampered:
        raise CardRefused("这两张卡片的份额没有打开：数据库中的份额被改动或者调换过。") from None
    try:
        return opened(root, seed)
    except Tampered:
        raise CardRefused("份额中的密钥不是这个系统的根：数据库中的份额被改动过。") from None


def _unsealed(key: OpenKey, box: bytes, label: bytes) -> bytes:
    parts = unpack(suite_of(box).unseal(key.private, box))
    if len(parts) != 2 or parts[0] != label:
        raise Tampered
    return parts[1]


def _row_of(key: OpenKey) -> VaultKey:
    """The directory's row of a keyholder's key, proved to be in force and to belong to the card."""
    number = key.owner.partition(":")[2]
    row = VaultKey.objects.select_related("issuer").filter(pk=key.id, purpose=Purpose.KEYHOLDER).first()
    if row is None:
        raise CardRefused(f"{number} 号卡片不在本系统的目录中。")
    if row.superseded_at is not None:
        raise CardRefused(f"{number} 号卡片已被新卡取代，不再有效。")
    try:
        verify(row)
    except Tampered:
        raise CardRefused(f"数据库中 {number} 号持有人的密钥未通过校验。") from None
    if (row.path, row.generation) != (key.path, key.generation) or public_half(row) != key.public:
        raise CardRefused(f"{number} 号卡片与目录中的密钥不符。")
    return row


def _root_of(rows: list[VaultKey]) -> VaultKey:
    """The root that vouches for both; that it is the pinned one was proved with the rows."""
    roots = {row.issuer_id: row.issuer for row in rows}
    root = rows[0].issuer
    if len(roots) != 1 or root is None:
        raise CardRefused("两张卡片不属于同一个根。")
    return root
