"""The open personal key between two requests: in the session under a key only the browser's cookie has."""

import base64

from portal.vault.keys import OpenKey, opened
from portal.vault.models import VaultKey
from portal.vault.primitives import CURRENT, KEY_BYTES, Tampered, new_secret, pack, suite_of


def lock_for_session(key: OpenKey, session_id: str) -> tuple[str, str]:
    """(what the session stores, what the cookie holds), both as text."""
    cookie_key = new_secret()
    stored = CURRENT.encrypt(cookie_key, key.seed, pack("yanlu-session-1", session_id, key.id.bytes))
    return base64.b64encode(stored).decode(), base64.urlsafe_b64encode(cookie_key).decode()


def open_from_session(stored: str, cookie: str, *, session_id: str, key: VaultKey) -> OpenKey:
    """The personal key again. Raises `Tampered` when session and cookie do not belong together."""
    try:
        cookie_key = base64.urlsafe_b64decode(cookie)
        blob = base64.b64decode(stored)
    except ValueError:
        raise Tampered from None
    if len(cookie_key) != KEY_BYTES:
        raise Tampered
    context = pack("yanlu-session-1", session_id, key.id.bytes)
    return opened(key, suite_of(blob).decrypt(cookie_key, blob, context))
