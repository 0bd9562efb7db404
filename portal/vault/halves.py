"""The two halves of a split item: handing one on, lending the custodian's to a person, opening with both."""

from uuid import UUID

from portal.vault.certificates import CertifiedKey
from portal.vault.items import Binding, open_share, open_with, reachable_share, seal_share
from portal.vault.keyring import Keyring
from portal.vault.models import Envelope, SealedItem
from portal.vault.primitives import Tampered, xor

Share = Envelope.Share


def can_open_half(item: SealedItem, keyring: Keyring, *, share: str = Share.HOLDER_HALF) -> bool:
    """Whether this half of a split item is for a key this person can reach."""
    return reachable_share(item, share, keyring) is not None


def hand_half_over(
    item: SealedItem, *, keyring: Keyring, recipient: CertifiedKey, share: str = Share.HOLDER_HALF
) -> None:
    """Seal one half of a split item to the next keeper only. Raises `Tampered`. Call in a transaction."""
    envelope = reachable_share(item, share, keyring)
    half = open_share(item, share, keyring)
    if envelope is None:
        raise Tampered
    envelope.delete()
    seal_share(item, share, recipient, half).save(force_insert=True)


def lend_half(item: SealedItem, *, errand: UUID, keyring: Keyring, recipient: CertifiedKey) -> Envelope:
    """Seal the custody half once more, to one person for one errand; the caller saves it.

    The keyring is the custodian's. Raises `Tampered` where it does not reach the half.
    """
    half = open_share(item, Share.CUSTODY_HALF, keyring)
    return seal_share(item, Share.LENT_HALF, recipient, half, errand=errand)


def open_with_both_halves(
    item: SealedItem, *, purpose: str, binding: Binding, errand: UUID, keyring: Keyring
) -> bytes:
    """The plaintext of a split item, from the holder's half and the one lent for this errand.

    Raises `Tampered` where one of them is missing, was lent to somebody else or for another errand, or
    anything was changed.
    """

    def data_key() -> bytes:
        lent = open_share(item, Share.LENT_HALF, keyring, errand=errand)
        return xor(lent, open_share(item, Share.HOLDER_HALF, keyring))

    return open_with(item, data_key, purpose=purpose, binding=binding)


def take_lent_halves(item: SealedItem, *, owner: str | None = None) -> int:
    """Delete what was lent of this item, to one owner or to everybody; how many envelopes that were.

    `owner` is the last part of a key's path, such as `staff:<id>`, whatever stands above it today.
    """
    lent = Envelope.objects.filter(item=item, share=Share.LENT_HALF)
    if owner is not None:
        lent = lent.filter(recipient__owner=owner)
    return lent.delete()[0]


def custody_owner(item: SealedItem) -> str | None:
    """The code of the organ whose custody key has the custody half; nothing where the envelope is gone."""
    owners = (
        envelope.recipient.owner
        for envelope in item.envelopes.all()
        if envelope.share == Share.CUSTODY_HALF and envelope.recipient is not None
    )
    return next(owners, None)
