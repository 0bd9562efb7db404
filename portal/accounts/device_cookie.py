"""Browsers that have signed in before (after the OWASP device-cookie scheme).

Their failures count apart, so a stranger who fails under somebody's name only slows strangers. The cookie is
handed out when a sign-in is complete, second factor and all, and never before.
"""

import base64
import hmac

from django.http import HttpRequest

from portal.vault.models import PurposeKey
from portal.vault.primitives import keyed_hash, new_secret
from portal.vault.purpose_keys import active_keys

DEVICE_COOKIE = "yanlu_device"
DEVICE_AGE = 180 * 24 * 3600
"""Seconds."""


def new_device_cookie(username: str) -> str:
    """A cookie for a browser in which this person has just signed in."""
    nonce = new_secret(16)
    return f"{base64.urlsafe_b64encode(nonce).decode()}.{_device_tags(nonce, username)[0]}"


def known_device(request: HttpRequest, username: str) -> str:
    """The nonce of a device cookie issued for this name, or an empty string.

    In one spelling, whatever the cookie's: base64 has many, and each would count failures apart.
    """
    encoded, _, tag = request.COOKIES.get(DEVICE_COOKIE, "").partition(".")
    try:
        nonce = base64.urlsafe_b64decode(encoded)
    except ValueError:
        return ""
    if len(nonce) != 16:
        return ""
    known = any(hmac.compare_digest(tag.encode(), right.encode()) for right in _device_tags(nonce, username))
    return nonce.hex() if known else ""


def _device_tags(nonce: bytes, username: str) -> list[str]:
    """The tag under every version of the device key, newest first: older cookies go on being known."""
    device = PurposeKey.Purpose.DEVICE
    return [
        keyed_hash(key, nonce, username.lower(), person="yanlu-device").hex()
        for _, key in active_keys(device)[device]
    ]
