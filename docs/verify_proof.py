"""核验言路收件证明 / Check a Yanlu proof of filing: with Python 3.9 or newer and PyNaCl, nothing else.

    pip install pynacl
    python verify_proof.py --original original.json --proof proof.txt --keys proof-keys.json

It asks for the receipt, so that it stays out of the shell's history. What it checks, byte by byte, is
described in docs/proof.md. No network is used unless --keys is an address.

Exit: 0 they belong together; 1 they do not; 2 called wrongly; 3 something could not be read;
4 a later version of the proof than this script knows.
"""

from __future__ import annotations

import argparse
import base64
import datetime as dt
import hashlib
import json
import re
import sys
import unicodedata
import urllib.request
from getpass import getpass
from pathlib import Path
from typing import Any, Callable, Iterator, NoReturn  # noqa: UP035  where Python 3.9 finds them

WRONG, UNREADABLE, UNKNOWN = 1, 3, 4
SUITE = 1
FIELDS = {"v", "at", "digest", "key", "sig"}
MOST_BYTES = 64 * 1024 * 1024
SEPARATORS = re.compile(r"[\s\-‐‑‒–—―−·.,，。_]+")  # what people put between the groups of a receipt


class Stop(Exception):
    """The check ended; `code` is the exit code."""

    def __init__(self, code: int, chinese: str, english: str) -> None:
        super().__init__(f"{chinese}\n{english}")
        self.code = code


def wrong(chinese: str, english: str) -> NoReturn:
    """They do not belong together."""
    raise Stop(WRONG, f"核验不通过：{chinese}", f"NOT verified: {english}")


# --- the spec: docs/proof.md ----------------------------------------------------------------------------


def pack(*parts: bytes) -> bytes:
    """Each part with its length before it, as four bytes, big-endian."""
    return b"".join(len(part).to_bytes(4, "big") + part for part in parts)


def keyed(key: bytes, message: bytes, person: bytes) -> bytes:
    """BLAKE2b of 32 bytes over the packed message."""
    return hashlib.blake2b(pack(message), digest_size=32, key=key, person=person).digest()


def content_digest(digits: str, original: bytes) -> bytes:
    """The digest that the proof carries: its key grows from the receipt."""
    return keyed(keyed(b"", digits.encode(), b"yanlu-proof-key"), original, b"yanlu-proof-text")


def receipt_digits(typed: str) -> str:
    """The 24 digits without the check digit (ISO 7064 MOD 11,10)."""
    bare = SEPARATORS.sub("", unicodedata.normalize("NFKC", typed[:200]))
    if not re.fullmatch("[0-9]{25}", bare):
        wrong("回执号应为 25 位数字", "a receipt has 25 digits")
    check = 5
    for digit in bare:
        check = ((check or 10) * 2 % 11 + int(digit)) % 10
    if check != 1:
        wrong("回执号有误（校验位不符），请核对", "the receipt is mistyped (check digit)")
    return bare[:24]


def canonical(value: object) -> bytes:
    """JSON as originals are written."""
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()


def proof_fields(text: str) -> dict[str, Any]:
    """What stands in the proof; white space in it is passed over."""
    bare = "".join(text.split())
    try:
        fields = json.loads(base64.b64decode(bare, altchars=b"-_", validate=True))
    except (ValueError, RecursionError):
        wrong("收件证明残缺或被改动", "the proof is cut off or changed")
    if not isinstance(fields, dict) or type(fields.get("v")) is not int:
        wrong("这不是收件证明", "this is no proof of filing")
    if fields["v"] != 1:
        raise Stop(UNKNOWN, "收件证明是更新的版本，请换用新的核验程序", "a later version of the proof")
    if set(fields) != FIELDS or type(fields["key"]) is not int:
        wrong("收件证明的内容不对", "the proof has other fields than it should")
    return fields


def signed_parts(fields: dict[str, Any]) -> tuple[dt.datetime, bytes, bytes]:
    """(time, digest, signature without its suite)."""
    try:
        at = dt.datetime.fromisoformat(fields["at"])
        digest, signature = bytes.fromhex(fields["digest"]), base64.b64decode(fields["sig"], validate=True)
    except (ValueError, TypeError):
        wrong("收件证明的内容不对", "the proof has other contents than it should")
    if signature[:1] != bytes([SUITE]):
        raise Stop(UNKNOWN, "收件证明用了本程序不认识的算法", "signed with a suite this script does not know")
    return at, digest, signature[1:]


def check_signature(fields: dict[str, Any], key: bytes) -> dt.datetime:
    """The time of filing, once the signature over time and digest holds."""
    try:
        from nacl.exceptions import BadSignatureError  # noqa: PLC0415  said plainly where it is missing
        from nacl.signing import VerifyKey  # noqa: PLC0415
    except ImportError:
        raise Stop(UNREADABLE, "缺少 PyNaCl：pip install pynacl", "PyNaCl is missing") from None
    at, digest, signature = signed_parts(fields)
    try:
        VerifyKey(key).verify(pack(b"yanlu-proof-1", fields["at"].encode(), digest), signature)
    except (BadSignatureError, ValueError):
        wrong(
            "签名不符：证明被改动，或不是由这把公钥的系统出具", "the signature does not hold under this key"
        )
    return at


# --- reading what is given --------------------------------------------------------------------------------


def read(path: str) -> bytes:
    """A file's bytes."""
    try:
        with Path(path).open("rb") as file:
            content = file.read(MOST_BYTES + 1)
    except OSError as problem:
        raise Stop(UNREADABLE, f"无法读取 {path}", f"can't read {path}: {problem.strerror}") from None
    if len(content) > MOST_BYTES:
        raise Stop(UNREADABLE, f"{path} 过大", f"{path} is too large")
    return content


def text_of(path: str) -> str:
    """A file's text, without what editors add around it: a byte order mark, line breaks at the end."""
    try:
        text = read(path).decode("utf-8")
    except UnicodeDecodeError:
        raise Stop(UNREADABLE, f"{path} 不是 UTF-8 文本", f"{path} is not text in UTF-8") from None
    return (text[1:] if text.startswith("\ufeff") else text).rstrip()


def fetched(address: str) -> str:
    """What a web address answers."""
    try:
        with urllib.request.urlopen(address, timeout=20) as answer:  # noqa: S310  http and https only
            return bytes(answer.read(MOST_BYTES)).decode("utf-8")
    except (OSError, ValueError) as problem:
        raise Stop(UNREADABLE, f"无法取得 {address}", f"can't fetch {address}: {problem}") from None


def public_key(source: str, version: int) -> bytes:
    """The key of that version from the list GET /api/v1/proof-keys gives, in a file or at its address."""
    text = fetched(source) if re.match("https?://", source) else text_of(source)
    try:
        value = json.loads(text)
        items = value["items"] if isinstance(value, dict) else value
        keys = {bytes.fromhex(item["key"]) for item in items if item["version"] == version}
    except (ValueError, KeyError, TypeError, RecursionError):
        raise Stop(UNREADABLE, f"{source} 不是公钥列表", f"{source} is no list of keys") from None
    if len(keys) != 1 or any(len(key) != 32 for key in keys):
        wrong(f"公钥列表里没有第 {version} 版公钥", f"the list holds no key of version {version}")
    return keys.pop()


# --- the check --------------------------------------------------------------------------------------------


def what_was_changed(original: str, digits: str, digest: bytes) -> Iterator[tuple[str, str]]:
    """Changes that, undone, make the original fit: to tell a careless editor from another text."""
    undone: list[tuple[str, str, Callable[[str], str]]] = [
        (
            "换行由 CRLF 改成了 LF",
            "line ends CRLF became LF",
            lambda text: re.sub(r"(?<!\\r)\\n", r"\\r\\n", text),
        ),
        ("换行由 LF 改成了 CRLF", "line ends LF became CRLF", lambda text: text.replace(r"\r\n", r"\n")),
        (
            "文字被做了 Unicode 合成（NFC）",
            "Unicode was composed",
            lambda text: unicodedata.normalize("NFD", text),
        ),
        (
            "文字被做了 Unicode 分解（NFD）",
            "Unicode was decomposed",
            lambda text: unicodedata.normalize("NFC", text),
        ),
        (
            "JSON 的排版被改动",
            "the JSON was formatted anew",
            lambda text: canonical(json.loads(text)).decode(),
        ),
    ]
    for chinese, english, undo in undone:
        try:
            again = undo(original).encode()
        except (ValueError, RecursionError):
            continue
        if content_digest(digits, again) == digest:
            yield chinese, english


def check_original(original: str, digits: str, digest: bytes) -> None:
    """The original and the receipt give the digest in the proof."""
    if content_digest(digits, original.encode()) == digest:
        return
    for chinese, english in what_was_changed(original, digits, digest):
        wrong(
            f"内容是提交的那份，但文件不是原样——{chinese}。请用当初下载的文件",
            f"the content was filed, but the file is not as it was: {english}",
        )
    wrong("原文、回执号与收件证明不是同一份", "original, receipt and proof do not belong together")


def check_files(original: str, paths: list[str]) -> int:
    """The files named in the original, in their order; returns how many it names."""
    try:
        value = json.loads(original)
        listed = [(item["size"], item["digest"]) for item in value["files"]]
    except (ValueError, KeyError, TypeError, RecursionError):
        wrong("原文的结构不对", "the original has another shape than it should")
    if not paths:
        return len(listed)
    contents = [read(path) for path in paths]
    if [(len(one), hashlib.sha256(one).hexdigest()) for one in contents] != listed:
        wrong(
            "附件与原文所列的不符（或次序不同）", "the files are not those the original lists, in this order"
        )
    return len(listed)


def verify(options: argparse.Namespace) -> list[str]:
    """Every check; the lines to say when all hold. Raises `Stop`."""
    original, proof = text_of(options.original), text_of(options.proof)
    typed = text_of(options.receipt_file) if options.receipt_file else getpass("回执号 / receipt: ")
    digits, fields = receipt_digits(typed), proof_fields(proof)
    _, digest, _ = signed_parts(fields)
    check_original(original, digits, digest)
    key = public_key(options.keys, fields["key"])
    at = check_signature(fields, key)
    count = check_files(original, options.file)
    lines = [
        f"核验通过：收件时间 {at.isoformat()}",
        f"Verified: filed at {at.isoformat()}",
        f"公钥 / key {fields['key']}: {key.hex()}",
    ]
    if count and not options.file:
        lines.append(
            f"注意：{count} 个附件没有核对，请用 --file 逐个给出 / {count} files were not checked: --file"
        )
    return lines


def main(words: list[str] | None = None) -> int:
    """Run the check; returns the exit code."""
    parser = argparse.ArgumentParser(description="核验言路收件证明 / check a Yanlu proof of filing")
    parser.add_argument("--original", required=True, help="下载的原文 / the original as downloaded")
    parser.add_argument("--proof", required=True, help="下载的收件证明 / the proof as downloaded")
    parser.add_argument(
        "--keys", required=True, help="公钥列表：文件或网址 / list of public keys: file or address"
    )
    parser.add_argument(
        "--receipt-file", help="回执号所在文件，不给则提示输入 / file with the receipt, else asked for"
    )
    parser.add_argument(
        "--file", action="append", default=[], help="附件，按上传次序 / files in order of upload"
    )
    try:
        lines = verify(parser.parse_args(words))
    except Stop as stop:
        sys.stderr.write(f"{stop}\n")
        return stop.code
    sys.stdout.write("\n".join(lines) + "\n")
    return 0


if __name__ == "__main__":
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(encoding="utf-8", errors="replace")  # type: ignore[union-attr]
    sys.exit(main())
