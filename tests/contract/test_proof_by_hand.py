"""A reporter who has the API's answers, their own body and the receipt checks the proof without Yanlu."""

import base64
import hashlib
import json
import re
import runpy
from pathlib import Path
from typing import Any

import pytest
from nacl.exceptions import BadSignatureError
from nacl.signing import VerifyKey

from portal.intake.forms_archive import archived_forms
from portal.intake.models import Form
from tests.people import FOUNDED
from tests.rest import TIP, Rest, read

pytestmark = pytest.mark.django_db

TRICKY = {
    **TIP,
    "title": ' "引号" \\ 反斜杠 / 与 <尖括号>　',
    "content": "第一行\r\n第二行\t制表\u0001\u007f\u2028结束\n",
    "subjects": [{"post": "院长"}, {"organ_text": "某科", "name": "𠮷某", "organ": "510104"}],
    "identity": {"name": "不进原文", "phone": "13800000000"},
}
BARE = {"kind": "suggestion", "organ": "510100", "title": "开窗", "content": "大厅请开窗。"}


def _verify(filed: dict[str, Any], answer: dict[str, Any], forms: list[Any], keys: list[Any]) -> None:
    """Raises where original, receipt and proof do not belong together. Stands alone on purpose."""

    def pack(*parts: bytes) -> bytes:
        return b"".join(len(part).to_bytes(4, "big") + part for part in parts)

    def keyed(key: bytes, message: bytes, person: bytes) -> bytes:
        return hashlib.blake2b(pack(message), digest_size=32, key=key, person=person).digest()

    one = dict.fromkeys(("name", "organ", "organ_text", "post"), "")
    original = {
        "form": next(form["hash"] for form in forms if form["kind"] == filed["kind"]),
        "kind": filed["kind"],
        "organ": filed["organ"],
        "about_organ": filed.get("about_organ"),
        "title": filed["title"],
        "text": filed["content"],
        "files": [],
        "subjects": [{**one, **subject} for subject in filed.get("subjects", [])],
        **{name: filed.get(name, "") for name in ("category", "occurred", "place")},
    }
    text = json.dumps(original, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()
    digits = answer["receipt"].replace("-", "")[:24].encode()
    digest = keyed(keyed(b"", digits, b"yanlu-proof-key"), text, b"yanlu-proof-text")
    proof = json.loads(base64.urlsafe_b64decode(answer["proof"]))
    if proof["digest"] != digest.hex():
        raise BadSignatureError
    public = next(key["key"] for key in keys if key["version"] == proof["key"])
    signed = pack(b"yanlu-proof-1", proof["at"].encode(), digest)
    VerifyKey(bytes.fromhex(public)).verify(signed, base64.b64decode(proof["sig"])[1:])


def _published() -> tuple[list[Any], list[Any]]:
    return read(Rest().get("forms"))["items"], read(Rest().get("proof-keys"))["items"]


@pytest.mark.parametrize("body", [TIP, TRICKY, BARE])
def test_proof_is_verified_by_a_reporter_alone(house: None, body: dict[str, Any]) -> None:
    answer = read(Rest().post("reports", body))

    _verify(body, answer, *_published())


@pytest.mark.parametrize("body", [TIP, TRICKY, BARE])
def test_proof_is_verified_by_the_example_in_the_docs(
    house: None, body: dict[str, Any], tmp_path: Path
) -> None:
    page = (Path(__file__).parents[2] / "docs" / "api.md").read_text(encoding="utf-8")
    (example,) = re.findall(r"```python\n(.*?)```", page, re.DOTALL)
    (tmp_path / "example.py").write_text(example, encoding="utf-8")
    verify = runpy.run_path(str(tmp_path / "example.py"))["verify"]
    answer, published = read(Rest().post("reports", body)), _published()

    verify(body, answer, *published)

    with pytest.raises(BadSignatureError):
        verify({**body, "title": "另一个标题"}, answer, *published)


@pytest.mark.parametrize("change", [{"title": "另一个标题"}, {"organ": "510104"}, {"place": "别处"}])
def test_proof_of_another_body_is_not_verified(house: None, change: dict[str, Any]) -> None:
    answer = read(Rest().post("reports", TIP))

    with pytest.raises(BadSignatureError):
        _verify({**TIP, **change}, answer, *_published())


def test_proof_under_another_receipt_or_key_is_not_verified(house: None) -> None:
    answer, other = read(Rest().post("reports", TIP)), read(Rest().post("reports", TIP))
    forms, keys = _published()

    with pytest.raises(BadSignatureError):
        _verify(TIP, {**answer, "receipt": other["receipt"]}, forms, keys)
    with pytest.raises(BadSignatureError):
        _verify(TIP, answer, forms, [{"version": one["version"], "key": "01" * 32} for one in keys])


def test_forms_are_their_own_hashes_and_those_in_use_come_first(house: None) -> None:
    Form.objects.create(hash="0" * 64, kind="tip", definition={"version": 0}, archived_at=FOUNDED)

    forms, _ = _published()

    assert [form["kind"] for form in forms] == ["tip", "suggestion", "tip"]
    assert [form["hash"] for form in forms] == [form.hash for form in archived_forms()]
    for form in forms[:2]:
        raw = json.dumps(form["definition"], ensure_ascii=False, sort_keys=True, separators=(",", ":"))
        assert form["hash"] == hashlib.sha256(raw.encode()).hexdigest()
