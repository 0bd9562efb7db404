"""Second factors for tests: a house that asks for them, phones that show codes, security keys that sign.

The key is made of `cryptography`'s P-256 and fido2's own structures, so what the server checks is what a real
one sends; a browser with a virtual authenticator is in `tests/browser/test_second_factor.py`.
"""

import base64
import datetime as dt
import hashlib
import json
import re
import secrets
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
import time_machine
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from django.http import HttpResponse
from django.test import Client
from fido2 import cbor
from fido2.cose import ES256
from fido2.webauthn import AttestedCredentialData, AuthenticatorData
from pytest_django import Settings

from portal.accounts.demo_house import PASSPHRASE
from portal.accounts.factors import confirm_phone, pending_phone, start_phone
from portal.accounts.half_session import FactorOwner, owner_of
from portal.common.clock import BEIJING
from portal.common.clock import now as present
from portal.vault import certificates
from portal.vault.one_time_codes import code_at, step_at
from tests.people import signed_in

NOW = dt.datetime(2026, 11, 2, 9, 0, 10, tzinfo=BEIJING)
"""In the middle of a time step, so that no code changes while a test runs."""
ORIGIN = "https://yanlu.example"
SIGN_IN, STEP, ADD, LIST = "/desk/sign-in/", "/desk/second-step/", "/desk/factors/add/", "/desk/factors/"
_FLAGS = AuthenticatorData.FLAG


@pytest.fixture
def outside_demo(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """`YANLU_DEMO=0` as it is, over the demo's keys: only their root keeps its demo path. Time is frozen."""
    monkeypatch.setattr(certificates, "expected_root_path", lambda: certificates.DEMO_ROOT_PATH)
    settings.YANLU_DEMO = False
    settings.YANLU_BASE_URL = ORIGIN
    with time_machine.travel(NOW, tick=False):
        yield


def owner(username: str) -> FactorOwner:
    """Somebody of the demo staff with their key open."""
    return owner_of(signed_in(username))


@dataclass
class Phone:
    """An authenticator app with one entry."""

    secret: bytes

    def code(self, at: dt.datetime | None = None, *, ahead: int = 0) -> str:
        """The digits it shows now, or so many steps ahead (its clock is fast) or behind."""
        return code_at(self.secret, step_at(at or present()) + ahead)


def give_phone(username: str, *, at: dt.datetime | None = None, label: str = "phone") -> Phone:
    """Register a phone as if some minutes ago, so that the code of this moment is still unused."""
    whose, then = owner(username), (at or present()) - dt.timedelta(minutes=5)
    start_phone(owner=whose, as_first=False, now=then)
    pending = pending_phone(whose, now=then)
    assert pending is not None
    phone = Phone(pending[1])
    confirm_phone(owner=whose, code=phone.code(then), label=label, as_first=False, now=then)
    return phone


def half(username: str, client: Client | None = None, passphrase: str = PASSPHRASE) -> Client:
    """A browser after the first step of signing in."""
    client = client or Client()
    answer = client.post(SIGN_IN, {"username": username, "passphrase": passphrase})
    assert answer.status_code == 302, answer.content
    return client


def is_signed_in(client: Client) -> bool:
    """Whether the API and the pages take this browser for somebody's."""
    pages = [client.get("/api/v1/desk/session").status_code, client.get("/desk/").status_code]
    assert pages in ([200, 200], [401, 302])
    return pages == [200, 200]


def shown_secret(page: HttpResponse) -> bytes:
    """The secret on the page that registers a phone, as somebody types it."""
    found = re.search(r'class="fingerprint">([A-Z2-7 ]+)<', page.content.decode())
    assert found is not None
    return base64.b32decode(found[1].replace(" ", ""))


def _websafe(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


@dataclass
class SecurityKey:
    """A security key with one credential; its answers can be bent by the test."""

    origin: str = ORIGIN
    host: str = "yanlu.example"
    counter: int = 1
    step: int = 1
    id: bytes = field(default_factory=lambda: secrets.token_bytes(32))
    private: ec.EllipticCurvePrivateKey = field(
        default_factory=lambda: ec.generate_private_key(ec.SECP256R1())
    )

    def create(self, options: dict[str, Any]) -> str:
        """The answer to a registration, as the page's script sends it."""
        public = ES256.from_cryptography_key(self.private.public_key())  # type: ignore[no-untyped-call]
        credential = AttestedCredentialData.create(bytes(16), self.id, public)
        data = self._data(_FLAGS.UP | _FLAGS.AT, credential)
        attestation = cbor.encode({"fmt": "none", "authData": bytes(data), "attStmt": {}})
        client = self._client("webauthn.create", options)
        return self._answer(clientDataJSON=client, attestationObject=attestation)

    def get(self, options: dict[str, Any]) -> str:
        """The answer to a question at sign-in."""
        self.counter += self.step
        data, client = self._data(_FLAGS.UP), self._client("webauthn.get", options)
        signed = bytes(data) + hashlib.sha256(client).digest()
        signature = self.private.sign(signed, ec.ECDSA(hashes.SHA256()))
        return self._answer(clientDataJSON=client, authenticatorData=bytes(data), signature=signature)

    def _data(self, flags: AuthenticatorData.FLAG, credential: bytes = b"") -> AuthenticatorData:
        host = hashlib.sha256(self.host.encode()).digest()
        data: AuthenticatorData = AuthenticatorData.create(host, flags, self.counter, credential)
        return data

    def _client(self, kind: str, options: dict[str, Any]) -> bytes:
        said = {"type": kind, "challenge": options["challenge"], "origin": self.origin, "crossOrigin": False}
        return json.dumps(said).encode()

    def _answer(self, **response: bytes) -> str:
        own = _websafe(self.id)
        parts = {name: _websafe(raw) for name, raw in response.items()}
        return json.dumps({"id": own, "rawId": own, "type": "public-key", "response": parts})


def question(client: Client, path: str = f"{STEP}challenge/") -> dict[str, Any]:
    """What the server asks of a security key."""
    answer = client.post(path)
    assert answer.status_code == 200, answer.content
    asked: dict[str, Any] = json.loads(answer.content)
    return asked


def give_key(username: str, key: SecurityKey | None = None) -> SecurityKey:
    """Register a security key as somebody's first factor, by the pages."""
    key, client = key or SecurityKey(), half(username)
    answer = key.create(question(client, f"{ADD}key/challenge/"))
    done = client.post(f"{ADD}key/", {"response": answer, "label": "key"})
    assert done.status_code == 302, done.content
    return key
