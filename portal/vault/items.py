"""Sealed items: one data key each, bound to table, row and field, opened through envelopes."""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol
from uuid import UUID

from portal import hooks
from portal.common.ids import new_id
from portal.vault.certificates import CertifiedKey
from portal.vault.keyring import Keyring
from portal.vault.models import Envelope, SealedItem
from portal.vault.node_mac import check_node_mac, node_mac
from portal.vault.padding import pad, unpad
from portal.vault.primitives import (
    CURRENT,
    PrivateHalf,
    Tampered,
    digest,
    new_secret,
    pack,
    suite_of,
    unpack,
    xor,
)
from portal.vault.session_key import OwnKey

Share = Envelope.Share


class NotForThem(Tampered):
    """No envelope of the item is for this opener: nothing was changed, they just do not have the key."""


@dataclass(frozen=True)
class Binding:
    """The one place an item belongs to. Moved elsewhere, or with its row to another parent, it stays shut."""

    table: str
    row: UUID
    field: str
    parent: UUID | None = None


@dataclass(frozen=True)
class ThreadRecipient:
    """The reporter's thread key of one report: only its public half is known to the house."""

    report: UUID
    sealing: bytes


class ThreadSecret(Protocol):
    """The private half of a thread key, derived from a receipt."""

    @property
    def report(self) -> UUID: ...

    @property
    def private(self) -> PrivateHalf: ...


@dataclass(frozen=True)
class SealedDraft:
    """A sealed item ready to be saved; the sealing is done, only inserts remain."""

    item: SealedItem
    envelopes: tuple[Envelope, ...]

    def save(self) -> SealedItem:
        """Insert item and envelopes, in the caller's transaction."""
        save_drafts([self])
        return self.item


def save_drafts(drafts: Sequence[SealedDraft]) -> None:
    """Insert several items with their envelopes in two statements."""
    SealedItem.objects.bulk_create([draft.item for draft in drafts])
    Envelope.objects.bulk_create([envelope for draft in drafts for envelope in draft.envelopes])


def _context(item_id: UUID, purpose: str, binding: Binding) -> bytes:
    parent = binding.parent.bytes if binding.parent else b""
    place = (binding.table, binding.row.bytes, binding.field, parent)
    return pack("yanlu-item-1", purpose, item_id.bytes, *place)


def _mark(item: SealedItem) -> tuple[bytes | str, ...]:
    ciphertext = digest(bytes(item.ciphertext), person="yanlu-ciphertext")
    return item.id.bytes, item.purpose, ciphertext


_Label = tuple[bytes | str | int, ...]
"""What a box says of itself beside its suite, which is packed in front when it is sealed or opened."""


def _label(
    item_id: UUID, purpose: str, share: str, recipient: UUID, generation: int, errand: UUID | None = None
) -> _Label:
    bound = (errand.bytes,) if errand else ()
    return purpose, item_id.bytes, share, recipient.bytes, generation, *bound


def _sealed(sealing: bytes, label: _Label, secret: bytes) -> bytes:
    return CURRENT.seal(sealing, pack(pack("yanlu-envelope-1", CURRENT.number, *label), secret))


def _envelope(
    item: SealedItem, share: str, recipient: CertifiedKey | OwnKey | ThreadRecipient, secret: bytes
) -> Envelope:
    if isinstance(recipient, ThreadRecipient):
        label = _label(item.id, item.purpose, share, recipient.report, 1)
        sealed = _sealed(recipient.sealing, label, secret)
        return Envelope(item=item, recipient=None, share=share, sealed=sealed)
    return seal_share(item, share, recipient, secret)


def seal_share(
    item: SealedItem,
    share: str,
    recipient: CertifiedKey | OwnKey,
    secret: bytes,
    *,
    errand: UUID | None = None,
) -> Envelope:
    """An unsaved envelope with a share of the item's key. With `errand` it opens for that errand only."""
    label = _label(item.id, item.purpose, share, recipient.id, recipient.generation, errand)
    sealed = _sealed(recipient.public.sealing, label, secret)
    return Envelope(item=item, recipient_id=recipient.id, share=share, sealed=sealed)


def reachable_share(item: SealedItem, share: str, keyring: Keyring) -> Envelope | None:
    """The envelope of this share whose recipient's key the person can reach, if any."""
    for envelope in item.envelopes.all():
        at_hand = envelope.recipient_id is not None and keyring.key(envelope.recipient_id) is not None
        if envelope.share == share and at_hand:
            return envelope
    return None


def open_share(item: SealedItem, share: str, keyring: Keyring, *, errand: UUID | None = None) -> bytes:
    """What the envelope of this share holds. Raises `Tampered`, also where no key at hand opens one."""
    envelope = reachable_share(item, share, keyring)
    key = keyring.key(envelope.recipient_id) if envelope and envelope.recipient_id else None
    if envelope is None or key is None:
        raise NotForThem
    return _open_envelope(
        envelope, key.private, _label(item.id, item.purpose, share, key.id, key.generation, errand)
    )


def seal_item(
    plaintext: bytes,
    *,
    purpose: str,
    binding: Binding,
    recipients: Sequence[CertifiedKey | OwnKey] = (),
    thread: ThreadRecipient | None = None,
    item_id: UUID | None = None,
) -> SealedDraft:
    """Seal to each recipient, and to the reporter's thread key where the words are the office's.

    An `OwnKey` is for words nobody but their author is to open.
    """
    if not recipients and thread is None:
        raise ValueError("an item nobody can open would be lost")
    item, data_key = _new_item(plaintext, purpose, binding, item_id)
    envelopes = [_envelope(item, Share.WHOLE, recipient, data_key) for recipient in recipients]
    if thread is not None:
        envelopes.append(_envelope(item, Share.THREAD, thread, data_key))
    return SealedDraft(item, tuple(envelopes))


def seal_split(
    plaintext: bytes, *, purpose: str, binding: Binding, custody: CertifiedKey, holder: CertifiedKey
) -> SealedDraft:
    """Seal so that custody and holder open it together and neither alone (the reporter's identity)."""
    item, data_key = _new_item(plaintext, purpose, binding, None)
    custody_half = new_secret()
    return SealedDraft(
        item,
        (
            _envelope(item, Share.CUSTODY_HALF, custody, custody_half),
            _envelope(item, Share.HOLDER_HALF, holder, xor(data_key, custody_half)),
        ),
    )


def _new_item(
    plaintext: bytes, purpose: str, binding: Binding, item_id: UUID | None
) -> tuple[SealedItem, bytes]:
    item = SealedItem(id=item_id or new_id(), purpose=purpose)
    data_key = new_secret()
    item.ciphertext = CURRENT.encrypt(data_key, pad(plaintext), _context(item.id, purpose, binding))
    item.mark = node_mac("yanlu-item", *_mark(item))
    return item, data_key


def seal_json(value: Any, **where: Any) -> SealedDraft:
    """`seal_item` of a value as JSON."""
    return seal_item(json.dumps(value, ensure_ascii=False).encode(), **where)


def _open_envelope(envelope: Envelope, private: PrivateHalf, label: _Label) -> bytes:
    box = bytes(envelope.sealed)
    suite = suite_of(box)
    parts = unpack(suite.unseal(private, box))
    if len(parts) != 2 or parts[0] != pack("yanlu-envelope-1", suite.number, *label):
        raise Tampered
    return parts[1]


def _data_key(item: SealedItem, opener: Keyring | ThreadSecret) -> bytes:
    for envelope in item.envelopes.all():
        if not isinstance(opener, Keyring):
            if envelope.share == Share.THREAD:
                label = _label(item.id, item.purpose, Share.THREAD, opener.report, 1)
                return _open_envelope(envelope, opener.private, label)
        elif envelope.share == Share.WHOLE and envelope.recipient_id is not None:
            key = opener.key(envelope.recipient_id)
            if key is not None:
                label = _label(item.id, item.purpose, Share.WHOLE, key.id, key.generation)
                return _open_envelope(envelope, key.private, label)
    raise NotForThem


def open_item(item: SealedItem, *, purpose: str, binding: Binding, opener: Keyring | ThreadSecret) -> bytes:
    """The plaintext. Raises `Tampered` when no envelope is for this opener or anything was changed.

    Give items with their envelopes prefetched where several are opened.
    """
    return open_with(item, lambda: _data_key(item, opener), purpose=purpose, binding=binding)


def open_with(item: SealedItem, data_key: Callable[[], bytes], *, purpose: str, binding: Binding) -> bytes:
    """The plaintext under a data key that is asked for once the item has proved to be the node's own.

    Raises `Tampered`; where something was changed, the floors above are told.
    """
    try:
        return _opened(item, data_key, purpose, binding)
    except NotForThem:
        raise
    except Tampered:
        hooks.tampering_noticed(what="item", object_id=str(item.pk))
        raise


def _opened(item: SealedItem, data_key: Callable[[], bytes], purpose: str, binding: Binding) -> bytes:
    if item.purpose != purpose:
        raise Tampered
    check_node_mac(bytes(item.mark), "yanlu-item", *_mark(item))
    key, ciphertext = data_key(), bytes(item.ciphertext)
    return unpad(suite_of(ciphertext).decrypt(key, ciphertext, _context(item.id, purpose, binding)))


def open_json(item: SealedItem, *, purpose: str, binding: Binding, opener: Keyring | ThreadSecret) -> Any:
    """`open_item` of a value sealed by `seal_json`. Raises `Tampered`."""
    return json.loads(open_item(item, purpose=purpose, binding=binding, opener=opener))


def can_open(item: SealedItem, keyring: Keyring) -> bool:
    """Whether some envelope of the item is for a key this person can reach."""
    return any(
        envelope.share == Share.WHOLE
        and envelope.recipient_id is not None
        and keyring.key(envelope.recipient_id) is not None
        for envelope in item.envelopes.all()
    )


def share_item(item: SealedItem, *, keyring: Keyring, recipient: CertifiedKey) -> Envelope:
    """Let one more key open this item (a handler, the next holder). Raises `Tampered`."""
    envelope = _envelope(item, Share.WHOLE, recipient, _data_key(item, keyring))
    made, _ = Envelope.objects.get_or_create(
        item=item, recipient_id=recipient.id, share=Share.WHOLE, defaults={"sealed": envelope.sealed}
    )
    return made


def reseal_item(
    item: SealedItem,
    *,
    purpose: str,
    binding: Binding,
    keyring: Keyring,
    recipients: Sequence[CertifiedKey],
    thread: ThreadRecipient | None = None,
) -> None:
    """Re-encrypt under a fresh data key to new recipients only: who could open it no longer can.

    Raises `Tampered`. Call in a transaction; the row keeps its id, all envelopes are replaced.
    """
    plaintext = open_item(item, purpose=purpose, binding=binding, opener=keyring)
    draft = seal_item(
        plaintext,
        purpose=purpose,
        binding=binding,
        recipients=recipients,
        thread=thread,
        item_id=item.id,
    )
    item.envelopes.all().delete()
    item.ciphertext, item.mark = draft.item.ciphertext, draft.item.mark
    item.save(update_fields=["ciphertext", "mark"])
    Envelope.objects.bulk_create(draft.envelopes)


def reseal_to_thread(item: SealedItem, *, opener: ThreadSecret, thread: ThreadRecipient) -> None:
    """Hand the thread's share of an item over to a new thread key. Raises `Tampered`."""
    envelope = _envelope(item, Share.THREAD, thread, _data_key(item, opener))
    item.envelopes.filter(share=Share.THREAD).update(sealed=envelope.sealed)
