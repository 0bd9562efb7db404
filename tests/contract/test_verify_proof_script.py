"""docs/verify_proof.py, run alone as an outsider runs it, on what the running code hands out."""

import ast
import base64
import datetime as dt
import hashlib
import json
import re
import shutil
import subprocess
import sys
import threading
import unicodedata
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command
from nacl.signing import SigningKey

from portal.accounts.node_secrets import rotate_purpose
from portal.common.clock import BEIJING, now
from portal.intake.content import Content, FileDigest, Subject, canonical_bytes
from portal.intake.forms_archive import current_form
from portal.vault.proof import make_proof
from portal.vault.purpose_keys import active_keys
from portal.vault.receipts import formatted, parsed
from tests.people import CITY
from tests.portal.public.pages import browser, file, receipt_on
from tests.rest import Rest, read

pytestmark = pytest.mark.django_db
SCRIPT = Path(settings.BASE_DIR) / "docs" / "verify_proof.py"
TEXT = ' "引号" \\ 反斜杠 / <尖括号>　\r\n第二行\t制表\u2028\u0001 e\u0301 𠮷\r\n'
BOM = b"\xef\xbb\xbf"


@dataclass
class Kept:
    """What a reporter has on their disk."""

    original: Path
    proof: Path
    receipt: Path
    keys: Path

    def change(self, name: str, change: Callable[[bytes], bytes]) -> None:
        """Rewrite one of the files."""
        path: Path = getattr(self, name)
        path.write_bytes(change(path.read_bytes()))


def _keep(folder: Path, *, original: bytes, proof: str, receipt: str) -> Kept:
    kept = Kept(*(folder / name for name in ("original.json", "proof.txt", "receipt.txt", "proof-keys.json")))
    kept.original.write_bytes(original)
    kept.proof.write_text(proof)
    kept.receipt.write_text(receipt)
    kept.keys.write_bytes(Rest().get("proof-keys").content)
    return kept


def _filed(folder: Path, *, text: str = TEXT, files: tuple[FileDigest, ...] = ()) -> Kept:
    """A filing as the running code proves it, whatever its files."""
    content = Content(title="标题", text=text)
    original = canonical_bytes(kind="tip", organ=CITY, form=current_form("tip"), content=content, files=files)
    digits = "271828182845904523536028"
    proof = make_proof(digits=digits, canonical=original, received_at=now(), keys=active_keys("proof"))
    return _keep(folder, original=original, proof=proof, receipt=formatted(digits))


@pytest.fixture
def kept(house: None, tmp_path: Path) -> Kept:
    """A tip with line ends and signs of every kind."""
    return _filed(tmp_path)


def _run(kept: Kept, *more: str, keys: str = "") -> subprocess.CompletedProcess[str]:
    """The script from a folder of its own, in isolated mode: nothing of Yanlu is near."""
    script = kept.original.parent / "verify_proof.py"
    shutil.copy(SCRIPT, script)
    words = ["--original", str(kept.original), "--proof", str(kept.proof), "--keys", keys or str(kept.keys)]
    return subprocess.run(
        [sys.executable, "-I", str(script), *words, "--receipt-file", str(kept.receipt), *more],
        cwd=kept.original.parent,
        env={},
        capture_output=True,
        encoding="utf-8",
        check=False,
        timeout=60,
    )


def _says(kept: Kept, *more: str, keys: str = "") -> tuple[int, str]:
    """(exit code, the first line it says)."""
    done = _run(kept, *more, keys=keys)
    assert "Traceback" not in done.stderr
    return done.returncode, (done.stdout or done.stderr).splitlines()[0]


def _server_agrees(kept: Kept) -> bool:
    words = [f"--original={kept.original}", f"--proof={kept.proof}", f"--receipt-file={kept.receipt}"]
    try:
        call_command("verify_proof", *words)
    except CommandError:
        return False
    return True


def test_script_stands_alone() -> None:
    tree = ast.parse(SCRIPT.read_text(encoding="utf-8"), feature_version=(3, 9))
    imported = {
        name.split(".")[0]
        for node in ast.walk(tree)
        if isinstance(node, ast.Import | ast.ImportFrom)
        for name in (
            [node.module or ""] if isinstance(node, ast.ImportFrom) else [a.name for a in node.names]
        )
    }

    assert imported - sys.stdlib_module_names == {"nacl"}


def test_script_verifies_what_was_filed(kept: Kept) -> None:
    done = _run(kept)

    key = json.loads(kept.keys.read_text())["items"][0]["key"]
    lines = done.stdout.splitlines()
    assert (done.returncode, done.stderr) == (0, "")
    assert lines[0].startswith("核验通过：收件时间 20")
    assert lines[1].startswith("Verified: filed at 20")
    assert lines[2:] == [f"公钥 / key 1: {key}"]
    assert _server_agrees(kept)


def test_script_verifies_what_the_receipt_page_hands_out(house: None, tmp_path: Path) -> None:
    client = browser()
    page = file(client, content="第一行\r\n第二行\r\n", title=' "引号" \\ e\u0301')
    fields = {"original": page.context["original"], "proof": page.context["receipt"].proof}
    fields["receipt"] = receipt_on(page)

    original, proof = (
        client.post("/report/proof/", {**fields, "file": name}) for name in ("original", "proof")
    )

    kept = _keep(tmp_path, original=original.content, proof=proof.content.decode(), receipt=fields["receipt"])
    assert (original.status_code, proof.status_code, _says(kept)[0]) == (200, 200, 0)
    assert json.loads(original.content)["text"] == "第一行\n第二行\n"


def test_script_verifies_what_came_over_the_api_byte_for_byte(house: None, tmp_path: Path) -> None:
    body = {"kind": "tip", "organ": CITY, "title": "标题", "content": TEXT, "about_organ": False}
    answer = read(Rest().post("reports", body))
    content = Content(title="标题", text=TEXT, about_organ=False)
    original = canonical_bytes(kind="tip", organ=CITY, form=current_form("tip"), content=content)

    kept = _keep(tmp_path, original=original, proof=answer["proof"], receipt=answer["receipt"])

    assert _says(kept)[0] == 0
    assert json.loads(original)["text"] == TEXT


def test_script_verifies_an_old_proof_after_the_key_was_renewed(kept: Kept, tmp_path: Path) -> None:
    rotate_purpose(purpose="proof")
    (tmp_path / "new").mkdir()
    renewed = _filed(tmp_path / "new")

    kept.keys = renewed.keys

    assert (_says(kept)[0], _says(renewed)[0]) == (0, 0)
    assert [item["version"] for item in json.loads(kept.keys.read_text())["items"]] == [2, 1]


@pytest.mark.parametrize("name", ["original", "proof", "receipt", "keys"])
@pytest.mark.parametrize(("before", "after"), [(BOM, b""), (b"", b"\r\n"), (BOM, b"\r\n \n")])
def test_script_forgives_what_editors_add_around_a_file(
    kept: Kept, name: str, before: bytes, after: bytes
) -> None:
    kept.change(name, lambda content: before + content + after)

    assert _says(kept)[0] == 0
    assert _server_agrees(kept)


def test_script_forgives_a_proof_broken_into_lines(kept: Kept) -> None:
    kept.change("proof", lambda line: line[:70] + b"\r\n  " + line[70:])

    assert _says(kept)[0] == 0
    assert _server_agrees(kept)


@pytest.mark.parametrize(
    "habit",
    [
        lambda text: text.replace("-", " "),
        lambda text: text.replace("-", "－"),
        lambda text: "".join(chr(ord(c) + 0xFEE0) if c.isdigit() else c for c in text),
    ],
)
def test_script_reads_a_receipt_as_people_type_it(kept: Kept, habit: Callable[[str], str]) -> None:
    kept.receipt.write_text(habit(kept.receipt.read_text()), encoding="utf-8")

    assert _says(kept)[0] == 0


def _other_fields(**changes: object) -> Callable[[bytes], bytes]:
    def change(line: bytes) -> bytes:
        fields = {**json.loads(base64.urlsafe_b64decode(line)), **changes}
        return base64.urlsafe_b64encode(json.dumps(fields).encode())

    return change


def _signed_by_somebody_else(line: bytes) -> bytes:
    fields = json.loads(base64.urlsafe_b64decode(line))
    parts = (b"yanlu-proof-1", fields["at"].encode(), bytes.fromhex(fields["digest"]))
    message = b"".join(len(part).to_bytes(4, "big") + part for part in parts)
    signature = b"\x01" + SigningKey(bytes(32)).sign(message).signature
    return _other_fields(sig=base64.b64encode(signature).decode())(line)


WRONG = "核验不通过："
NOT_ONE = f"{WRONG}原文、回执号与收件证明不是同一份"
BY_EDITOR = f"{WRONG}内容是提交的那份，但文件不是原样——"
OF_THE_PROOF = f"{WRONG}收件证明的内容不对"
SIGNATURE = f"{WRONG}签名不符：证明被改动，或不是由这把公钥的系统出具"
BROKEN: list[tuple[str, Callable[[bytes], bytes], int, str]] = [
    ("receipt", lambda _: formatted("141421356237309504880168").encode(), 1, NOT_ONE),
    (
        "receipt",
        lambda text: text[:-1] + bytes([(text[-1] - 47) % 10 + 48]),
        1,
        f"{WRONG}回执号有误（校验位不符），请核对",
    ),
    ("receipt", lambda text: text[:-2], 1, f"{WRONG}回执号应为 25 位数字"),
    ("original", lambda text: text.replace("第二".encode(), "第三".encode()), 1, NOT_ONE),
    (
        "original",
        lambda text: text.replace(b"\\r\\n", b"\\n"),
        1,
        f"{BY_EDITOR}换行由 CRLF 改成了 LF。请用当初下载的文件",
    ),
    ("original", lambda text: text.replace(b"{", b"{" + BOM, 1), 1, NOT_ONE),
    (
        "original",
        lambda text: unicodedata.normalize("NFC", text.decode()).encode(),
        1,
        f"{BY_EDITOR}文字被做了 Unicode 合成（NFC）。请用当初下载的文件",
    ),
    (
        "original",
        lambda text: json.dumps(json.loads(text), indent=2).encode(),
        1,
        f"{BY_EDITOR}JSON 的排版被改动。请用当初下载的文件",
    ),
    ("original", lambda text: text[:-9], 1, NOT_ONE),
    ("original", lambda _: b"", 1, NOT_ONE),
    ("original", lambda _: b"\xff", 3, "original.json 不是 UTF-8 文本"),
    ("proof", lambda line: line[:-20], 1, f"{WRONG}收件证明残缺或被改动"),
    ("proof", lambda line: line[:-4] + b"!!!!", 1, f"{WRONG}收件证明残缺或被改动"),
    ("proof", lambda line: b"*" + line, 1, f"{WRONG}收件证明残缺或被改动"),
    ("proof", lambda _: base64.urlsafe_b64encode(b"[" * 100_000), 1, f"{WRONG}收件证明残缺或被改动"),
    ("proof", lambda _: base64.urlsafe_b64encode(b"[]"), 1, f"{WRONG}这不是收件证明"),
    ("proof", _other_fields(at="2020-01-01T00:00:00+08:00"), 1, SIGNATURE),
    ("proof", _other_fields(at=None), 1, OF_THE_PROOF),
    ("proof", _other_fields(digest="00" * 32), 1, NOT_ONE),
    ("proof", _other_fields(digest=1), 1, OF_THE_PROOF),
    ("proof", _other_fields(sig="AQ=="), 1, SIGNATURE),
    ("proof", _other_fields(more=1), 1, f"{WRONG}收件证明的内容不对"),
    ("proof", _other_fields(key=True), 1, f"{WRONG}收件证明的内容不对"),
    ("proof", _other_fields(key=7), 1, f"{WRONG}公钥列表里没有第 7 版公钥"),
    ("proof", _other_fields(sig="Ag=="), 4, "收件证明用了本程序不认识的算法"),
    ("proof", _other_fields(v=2), 4, "收件证明是更新的版本，请换用新的核验程序"),
    ("proof", _signed_by_somebody_else, 1, SIGNATURE),
]


@pytest.mark.parametrize(("name", "change", "code", "told"), BROKEN)
def test_script_refuses_what_does_not_belong_together(
    kept: Kept, name: str, change: Callable[[bytes], bytes], code: int, told: str
) -> None:
    kept.change(name, change)

    exit_code, said = _says(kept)

    assert (exit_code, said.replace(f"{kept.original.parent}/", "")) == (code, told)
    assert not _server_agrees(kept)


def test_script_refuses_line_ends_made_longer(house: None, tmp_path: Path) -> None:
    kept = _filed(tmp_path, text="一\n二")
    kept.change("original", lambda text: text.replace(b"\\n", b"\\r\\n"))

    assert _says(kept) == (1, f"{BY_EDITOR}换行由 LF 改成了 CRLF。请用当初下载的文件")


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", 3),
        (b"{}", 3),
        (b'{"items": [{"version": 1, "key": "zz"}]}', 3),
        (b'{"items": []}', 1),
        (b'{"items": [{"version": 1, "key": "00"}]}', 1),
        (json.dumps([{"version": 1, "key": "01" * 32}]).encode(), 1),
    ],
)
def test_script_refuses_another_list_of_keys(kept: Kept, content: bytes, code: int) -> None:
    kept.keys.write_bytes(content)

    assert _says(kept)[0] == code


def test_script_names_the_file_that_is_not_there(kept: Kept) -> None:
    kept.proof.unlink()

    assert _says(kept) == (3, f"无法读取 {kept.proof}")


def test_script_called_wrongly_says_how(kept: Kept) -> None:
    done = subprocess.run([sys.executable, "-I", SCRIPT], capture_output=True, check=False)

    assert done.returncode == 2


def test_script_checks_the_files_the_original_lists(house: None, tmp_path: Path) -> None:
    contents = [b"one\r\n", b"", bytes(range(256))]
    files = tuple(FileDigest(len(one), hashlib.sha256(one).hexdigest()) for one in contents)
    kept = _filed(tmp_path, files=files)
    paths = [tmp_path / str(number) for number in range(3)]
    for path, content in zip(paths, contents, strict=True):
        path.write_bytes(content)
    given = [f"--file={path}" for path in paths]

    assert _run(kept).stdout.splitlines()[-1].startswith("注意：3 个附件没有核对")
    assert _says(kept, *given)[0] == 0
    for wrong in (given[:2], [given[1], given[0], given[2]]):
        assert _says(kept, *wrong) == (1, f"{WRONG}附件与原文所列的不符（或次序不同）")
    assert json.loads(kept.original.read_text())["files"] == [asdict(one) for one in files]


@contextmanager
def _serving(content: bytes) -> Iterator[str]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_: Any) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/api/v1/proof-keys"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def test_script_takes_the_keys_from_an_address_when_told_to(kept: Kept) -> None:
    with _serving(kept.keys.read_bytes()) as address:
        verified = _says(kept, keys=address)

    assert verified[0] == 0
    assert _says(kept, keys=address)[0] == 3


def test_original_has_exactly_the_fields_the_spec_names(kept: Kept) -> None:
    names = ["about_organ", "category", "files", "form", "kind", "occurred", "organ", "place"]

    assert list(json.loads(kept.original.read_text())) == [*names, "subjects", "text", "title"]


def test_example_in_the_spec_is_what_the_code_makes_and_the_script_verifies(
    house: None, tmp_path: Path
) -> None:
    page = (Path(settings.BASE_DIR) / "docs" / "proof.md").read_text(encoding="utf-8")
    blocks = dict(re.findall(r"```text (\w+)\n(.*?)\n```", page, re.DOTALL))
    seed, at = bytes(range(32)), dt.datetime(2026, 11, 25, 10, 30, tzinfo=BEIJING)
    digits = parsed(blocks["receipt"])
    assert digits is not None
    content = Content(title="“窗口”推诿", text="第一次：\r\n没有人。\n", subjects=(Subject(name="王某"),))
    files = (FileDigest(3, hashlib.sha256(b"abc").hexdigest()),)
    form = "0" * 64
    original = canonical_bytes(kind="tip", organ=CITY, form=form, content=content, files=files)

    made = make_proof(digits=digits, canonical=original, received_at=at, keys={"proof": [(1, seed)]})

    assert (original.decode(), made) == (blocks["original"], blocks["proof"])
    kept = _keep(tmp_path, original=original, proof=made, receipt=blocks["receipt"])
    kept.keys.write_text(blocks["keys"])
    assert _says(kept)[0] == 0
