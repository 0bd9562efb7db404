"""Proof of filing: original, receipt and proof belong together, and nothing else passes."""

import base64
import json

import pytest

from portal.intake.content import canonical_bytes
from portal.intake.forms_archive import current_form
from portal.vault.primitives import Tampered
from portal.vault.proof import check_proof
from portal.vault.receipts import parsed
from tests.people import CITY, Tip, file_tip

pytestmark = pytest.mark.django_db


def _filed() -> tuple[str, str, bytes]:
    receipt = file_tip()
    digits = parsed(receipt.number)
    assert digits is not None
    canonical = canonical_bytes(kind="tip", organ=CITY, form=current_form("tip"), content=Tip().content)
    return receipt.proof, digits, canonical


def test_proof_holds_for_what_was_filed(house: None) -> None:
    proof, digits, canonical = _filed()

    assert check_proof(proof, digits=digits, canonical=canonical).key_version == 1


def test_proof_names_no_organ(house: None) -> None:
    proof, _, _ = _filed()

    assert sorted(json.loads(base64.urlsafe_b64decode(proof))) == ["at", "digest", "key", "sig", "v"]


def test_proof_other_text_receipt_or_time_fails(house: None) -> None:
    proof, digits, canonical = _filed()
    fields = json.loads(base64.urlsafe_b64decode(proof))
    later = {**fields, "at": fields["at"].replace("20", "21", 1)}
    forged = base64.urlsafe_b64encode(json.dumps(later).encode()).decode()

    for given_proof, given_digits, given_original in (
        (proof, digits, canonical + b" "),
        (proof, digits[::-1], canonical),
        (forged, digits, canonical),
        ("不是凭证", digits, canonical),
        ("", digits, canonical),
    ):
        with pytest.raises(Tampered):
            check_proof(given_proof, digits=given_digits, canonical=given_original)
