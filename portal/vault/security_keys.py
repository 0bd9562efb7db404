"""Security keys and what a computer or phone has built in (WebAuthn), by python-fido2 of Yubico.

A credential belongs to the host name of `YANLU_BASE_URL` and answers to pages of exactly that origin.
"""

import ipaddress
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from fido2.server import Fido2Server
from fido2.webauthn import (
    AttestedCredentialData,
    AuthenticationResponse,
    PublicKeyCredentialRpEntity,
    PublicKeyCredentialUserEntity,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from portal.common.errors import Invalid
from portal.vault.primitives import new_secret

_PREFERRED = UserVerificationRequirement.PREFERRED
_SITE = "言路"
_PORTS = {"http": 80, "https": 443}


class NotProved(Invalid):
    """The answer of a security key is not what was asked for, whatever is wrong with it."""

    detail = "安全密钥的回答没有通过验证，请再试一次。"


@dataclass(frozen=True)
class Proved:
    """A credential whose private half has just signed our challenge."""

    credential: bytes
    """As stored: authenticator model, credential id, public key."""
    counter: int
    """How often it says it has signed; 0 where it does not count."""


def relying_party() -> str | None:
    """The host name credentials belong to; `None` where browsers offer none.

    They ask for a name, not an address, and for HTTPS anywhere but on the machine itself.
    """
    parts = urlsplit(settings.YANLU_BASE_URL)
    host = _host()
    try:
        ipaddress.ip_address(host)
    except ValueError:
        local = host == "localhost" or host.endswith(".localhost")
        return host if local or parts.scheme == "https" else None
    return None


def origin() -> str:
    """The origin as a browser spells it."""
    parts = urlsplit(settings.YANLU_BASE_URL)
    port = "" if parts.port in {None, _PORTS[parts.scheme]} else f":{parts.port}"
    return f"{parts.scheme}://{_host()}{port}"


def new_challenge() -> bytes:
    """Random bytes for one answer."""
    return new_secret()


def registration_options(
    challenge: bytes, *, user: bytes, username: str, display_name: str, known: Sequence[bytes]
) -> dict[str, Any]:
    """What `navigator.credentials.create` is given, binary fields in base64url."""
    entity = PublicKeyCredentialUserEntity(id=user, name=username, display_name=display_name)
    options, _ = _server().register_begin(
        entity,
        credentials=[AttestedCredentialData(one) for one in known],
        resident_key_requirement=ResidentKeyRequirement.DISCOURAGED,
        user_verification=_PREFERRED,
        challenge=challenge,
    )
    return dict(options.public_key)


def finish_registration(challenge: bytes, response: Any) -> Proved:
    """The new credential. Raises `NotProved`."""
    try:
        found = _server().register_complete(_state(challenge), _mapping(response))
        return Proved(bytes(AttestedCredentialData(found.credential_data or b"")), found.counter)
    except Exception:
        # Whatever a stranger's bytes make the parsers raise, it is the same refusal.
        raise NotProved from None


def proof_options(challenge: bytes, *, known: Sequence[bytes]) -> dict[str, Any]:
    """What `navigator.credentials.get` is given, binary fields in base64url."""
    options, _ = _server().authenticate_begin(
        credentials=[AttestedCredentialData(one) for one in known],
        user_verification=_PREFERRED,
        challenge=challenge,
    )
    return dict(options.public_key)


def check_proof(challenge: bytes | None, *, known: Sequence[bytes], response: Any) -> Proved:
    """Which of the known credentials has signed the challenge on our pages. Raises `NotProved`."""
    if challenge is None or not known:
        raise NotProved
    try:
        answer = _mapping(response)
        credentials = [AttestedCredentialData(one) for one in known]
        found = _server().authenticate_complete(_state(challenge), credentials, answer)
        counter = AuthenticationResponse.from_dict(answer).response.authenticator_data.counter
        return Proved(bytes(found), counter)
    except Exception:
        # As above: malformed, for another site, another challenge, a wrong signature.
        raise NotProved from None


def same_credential(left: bytes, right: bytes) -> bool:
    """Whether two stored credentials are one, whatever else their records say."""
    return AttestedCredentialData(left).credential_id == AttestedCredentialData(right).credential_id


def _host() -> str:
    host = urlsplit(settings.YANLU_BASE_URL).hostname or ""
    return host if host.isascii() else host.encode("idna").decode()


def _server() -> Fido2Server:
    host = relying_party()
    if host is None:
        raise NotProved("本系统的网址不能使用安全密钥，请使用手机验证器。")
    ours = origin()
    return Fido2Server(
        PublicKeyCredentialRpEntity(id=host, name=_SITE), verify_origin=lambda one: one == ours
    )


def _state(challenge: bytes) -> dict[str, Any]:
    _, state = _server().authenticate_begin(challenge=challenge, user_verification=_PREFERRED)
    return dict(state)


def _mapping(response: Any) -> Mapping[str, Any]:
    if not isinstance(response, Mapping):
        raise NotProved
    return response
