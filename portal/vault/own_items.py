"""What people seal to themselves: opened by their own passphrase and by nothing the house has."""

from portal.vault.items import Binding, SealedDraft, open_item, seal_item
from portal.vault.keyring import Keyring
from portal.vault.keys import OpenKey
from portal.vault.models import SealedItem
from portal.vault.session_key import own_key


def seal_to_oneself(secret: bytes, *, purpose: str, binding: Binding, key: OpenKey) -> SealedDraft:
    """Seal to the personal key that its owner has just opened.

    No certificate is asked for: it would say whose key this is, and whoever holds the private half knows.
    So a new colleague can keep a secret before anybody has vouched for them.
    """
    return seal_item(secret, purpose=purpose, binding=binding, recipients=[own_key(key)])


def open_own(item: SealedItem, *, purpose: str, binding: Binding, key: OpenKey) -> bytes:
    """The secret again. Raises `Tampered`."""
    return open_item(item, purpose=purpose, binding=binding, opener=Keyring(key))
