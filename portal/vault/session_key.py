"""The open personal key between two requests: in the session under a key only the browser's cookie has.

A locked session has lost the key and still seals to its public half: the node marked, while it was open,
whose session it is and which key that is.
"""

import base64
from dataclasses import dataclass
from uuid import UUID

from portal.vault.certificates import public_half
from portal.vault.keys import OpenKey, opened
from portal.vault.models import VaultKey
from portal.vault.node_mac import check_node_mac, node_mac
from portal.vault.primitives import (
    CURRENT,
    KEY_BYTES,
    PublicHalf,
    Tampered,
    new_secret,
    pack,
    suite_of,
)


@dataclass(frozen=True)
class OwnKey:
    """The public half of a person's own key, known from its having been open: it needs no certificate."""

    id: UUID
    generation: int
    public: PublicHalf


def lock_for_session(key: OpenKey, session_id: str) -> tuple[bytes, str]:
    """(what the session stores, what the cookie holds)."""
    cookie_key = new_secret()
    stored = CURRENT.encrypt(cookie_key, key.seed, pack("yanlu-session-1", session_id, key.id.bytes))
    return stored, base64.urlsafe_b64encode(cookie_key).decode()


def open_from_session(stored: bytes, cookie: str, *, session_id: str, key: VaultKey) -> OpenKey:
    """The personal key again. Raises `Tampered` when session and cookie do not belong together."""
    try:
        cookie_key = base64.urlsafe_b64decode(cookie)
    except ValueError:
        raise Tampered from None
    if len(cookie_key) != KEY_BYTES:
        raise Tampered
    context = pack("yanlu-session-1", session_id, key.id.bytes)
    return opened(key, suite_of(stored).decrypt(cookie_key, stored, context))


def own_key(key: OpenKey) -> OwnKey:
    """The public half of a key that is open right now."""
    return OwnKey(key.id, key.generation, key.public)


def session_mark(session_id: str, owner: UUID, key: OwnKey) -> bytes:
    """The node's mark that this session is this person's, and this key theirs. Raises `NotReady`."""
    return node_mac("yanlu-session", *_marked(session_id, owner, key))


def marked_key(mark: bytes, session_id: str, owner: UUID, key: VaultKey) -> OwnKey:
    """The owner's key without its having to be opened. Raises `Tampered` where session or key was changed."""
    found = OwnKey(key.id, key.generation, public_half(key))
    check_node_mac(mark, "yanlu-session", *_marked(session_id, owner, found))
    return found


def _marked(session_id: str, owner: UUID, key: OwnKey) -> tuple[bytes | str | int, ...]:
    halves = key.public.sealing, key.public.certifying
    return session_id, owner.bytes, key.id.bytes, key.generation, *halves
