"""What a second factor is checked with: sealed to its owner, marked by the node, bound to its row."""

import pytest

from portal.accounts.factor_models import Factor
from portal.accounts.factor_secrets import open_secret, seal_secret
from portal.vault.models import SealedItem
from portal.vault.primitives import Tampered
from tests.factors import STEP, Phone, give_key, give_phone, half, is_signed_in, owner

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("house", "outside_demo")]


def _factor(username: str) -> Factor:
    return Factor.objects.select_related("secret").get(key_id=owner(username).personal.id)


def test_secret_of_a_phone_opens_for_its_owner_only() -> None:
    phone = give_phone("triager")
    factor = _factor("triager")

    assert open_secret(factor, owner("triager")) == phone.secret
    assert phone.secret not in bytes(factor.secret.ciphertext)
    with pytest.raises(Tampered):
        open_secret(factor, owner("leader"))


def test_credential_of_a_security_key_is_sealed_too() -> None:
    key = give_key("triager")

    stored = b"".join(bytes(item.ciphertext) for item in SealedItem.objects.all())

    assert key.id in open_secret(_factor("triager"), owner("triager"))
    assert key.id not in stored


def test_secret_moved_over_from_a_colleague_does_not_open() -> None:
    give_phone("triager")
    phone, theirs, client = give_phone("leader"), _factor("leader"), half("triager")
    theirs.delete()
    Factor.objects.filter(pk=_factor("triager").pk).update(secret=theirs.secret_id)

    answer = client.post(STEP, {"code": phone.code()})

    assert (answer.status_code, is_signed_in(client)) == (503, False)


def test_secret_sealed_by_who_merely_writes_the_database_is_not_taken() -> None:
    give_phone("triager")
    factor, forged = _factor("triager"), Phone(b"s" * 20)
    draft = seal_secret(factor, forged.secret, owner("triager"))  # takes no more than the public key
    draft.item.mark = bytes(len(draft.item.mark))  # takes the node's
    Factor.objects.filter(pk=factor.pk).update(secret=draft.save())
    client = half("triager")

    answer = client.post(STEP, {"code": forged.code()})

    assert (answer.status_code, is_signed_in(client)) == (503, False)


def test_kind_of_a_row_cannot_be_turned() -> None:
    give_phone("triager")
    factor = _factor("triager")
    factor.kind = Factor.Kind.WEBAUTHN

    with pytest.raises(Tampered):
        open_secret(factor, owner("triager"))
