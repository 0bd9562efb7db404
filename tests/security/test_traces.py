"""The search for canaries is worth what it finds: planted in every spelling and place, they are found."""

import base64
import gzip
import json
import shutil
import sqlite3
import zlib
from collections.abc import Callable
from pathlib import Path
from urllib.parse import quote

import pytest
from django.core import signing
from django.core.cache.backends.redis import RedisSerializer

from portal.common.diskcache import JsonDiskCache
from tests.security.canaries import Aviary
from tests.security.traces import Hound

AVIARY = Aviary()
WORDS = AVIARY.words("words")
LETTERS = AVIARY.ascii("letters")
MOBILE = AVIARY.mobile("mobile")
RECEIPT = AVIARY.receipt("receipt", "31415-92653-58979-32384-62643")
NONCE = AVIARY.nonce("nonce")
OTHER = Aviary()
HOUND = Hound(AVIARY.all.values())
TEXTS = {"words": WORDS, "letters": LETTERS, "mobile": MOBILE, "receipt": RECEIPT, "nonce": NONCE}

WRITTEN: dict[str, Callable[[str], bytes]] = {
    "utf-8": lambda text: text.encode(),
    "utf-16": lambda text: text.encode("utf-16"),
    "utf-16-be": lambda text: text.encode("utf-16-be"),
    "gb18030": lambda text: text.encode("gb18030"),
    "hex": lambda text: text.encode().hex().encode(),
    "HEX": lambda text: text.encode().hex().upper().encode(),
    "hex of utf-16": lambda text: text.encode("utf-16-le").hex().encode(),
    "base64": lambda text: base64.b64encode(text.encode()),
    "base64, one in": lambda text: base64.b64encode(b"a" + text.encode() + b"z"),
    "base64, two in": lambda text: base64.b64encode(b"ab" + text.encode() + b"yz"),
    "urlsafe base64": lambda text: base64.urlsafe_b64encode(b"\xff\xfb\xfe" + text.encode()),
    "JSON": lambda text: json.dumps({"a": text}).encode(),
    "JSON in JSON": lambda text: json.dumps(json.dumps(text)).encode(),
    "percent": lambda text: quote(text, safe="").encode(),
    "percent, every byte": lambda text: "".join(f"%{byte:02x}" for byte in text.encode()).encode(),
    "repr of bytes": lambda text: repr(text.encode()).encode(),
    "HTML entities": lambda text: text.encode("ascii", "xmlcharrefreplace"),
    "octal": lambda text: "".join(f"\\{byte:03o}" for byte in text.encode()).encode(),
    "gzip": lambda text: b"abc" + gzip.compress(text.encode()) + b"xyz",
    "zlib": lambda text: zlib.compress(text.encode() * 3),
    "gzip in gzip": lambda text: gzip.compress(gzip.compress(text.encode())),
    "packed session": lambda text: signing.dumps({"a": text * 20}, key="k", compress=True).encode(),
    "among other bytes": lambda text: bytes(range(256)) * 40 + text.encode() + bytes(range(256)),
}


@pytest.mark.parametrize("how", WRITTEN)
@pytest.mark.parametrize("name", TEXTS)
def test_traces_are_found_in_every_spelling(name: str, how: str) -> None:
    found = HOUND.in_bytes(WRITTEN[how](TEXTS[name]), "here")

    assert {trace.canary for trace in found} == {name}


@pytest.mark.parametrize("how", ["utf-8", "utf-16", "hex", "JSON", "percent", "gzip"])
def test_traces_of_three_characters_of_a_text_are_found(how: str) -> None:
    found = HOUND.in_bytes(WRITTEN[how](WORDS[2:5]), "here")

    assert {trace.canary for trace in found} == {"words"}


def test_traces_of_a_nonce_and_a_receipt_as_bytes_are_found() -> None:
    raws = {
        "nonce": bytes.fromhex(NONCE),
        "receipt": int(RECEIPT.replace("-", "")[:24]).to_bytes(10, "big"),
    }

    found = {name: {trace.canary for trace in HOUND.in_bytes(b"x" + raw, "")} for name, raw in raws.items()}

    assert found == {name: {name} for name in raws}


def test_traces_of_other_canaries_and_of_chance_are_none() -> None:
    other = "".join(OTHER.words(f"other {number}") for number in range(3))[CORE_OF_THE_FIRST:]
    noise = b"".join(number.to_bytes(8, "big") for number in range(0, 2**64 - 1, 2**64 // 20_000))

    assert HOUND.in_bytes(other.encode() + noise, "") == set()


CORE_OF_THE_FIRST = 6
"""The first canary of any aviary has the same core as ours."""


@pytest.fixture
def data_folder(tmp_path: Path) -> Path:
    """A data folder as a node leaves it: a database with a write-ahead log, a cache, a log."""
    folder = tmp_path / "home"
    folder.mkdir()
    with sqlite3.connect(folder / "yanlu.sqlite3") as database:
        database.execute("PRAGMA journal_mode = WAL")
        database.execute("CREATE TABLE some_table (id INTEGER, words TEXT, blob BLOB)")
    database.close()
    JsonDiskCache(str(folder / "cache"), {}).set("some", "thing")
    (folder / "log").write_text("nothing to see\n")
    return folder


def _in_column(folder: Path) -> None:
    with sqlite3.connect(folder / "yanlu.sqlite3") as database:
        database.execute("INSERT INTO some_table VALUES (1, ?, NULL)", [WORDS])
    database.close()


def _deleted_row(folder: Path) -> None:
    _in_column(folder)
    with sqlite3.connect(folder / "yanlu.sqlite3") as database:
        database.execute("PRAGMA secure_delete = OFF")
        database.execute("DELETE FROM some_table")
    database.close()


def _in_write_ahead_log(folder: Path) -> None:
    database = sqlite3.connect(folder / "yanlu.sqlite3")
    database.execute("INSERT INTO some_table VALUES (1, ?, NULL)", [WORDS])
    database.commit()
    shutil.copy(folder / "yanlu.sqlite3-wal", folder / "stolen-wal")
    database.execute("DELETE FROM some_table")
    database.commit()
    database.close()


def _in_cache(folder: Path) -> None:
    JsonDiskCache(str(folder / "cache"), {}).set("key", {"a": WORDS})


def _in_cache_file(folder: Path) -> None:
    JsonDiskCache(str(folder / "cache"), {}).set("key", WORDS * 20_000)


def _in_cache_key(folder: Path) -> None:
    JsonDiskCache(str(folder / "cache"), {}).set(f"key {WORDS}", 1)


def _in_log(folder: Path) -> None:
    with (folder / "log").open("a") as log:
        log.write(f"Traceback: ValueError({WORDS!a})\n")


def _in_file_name(folder: Path) -> None:
    (folder / f"{WORDS}.tmp").touch()


PLANTED = (_in_column, _deleted_row, _in_write_ahead_log, _in_cache, _in_cache_file, _in_cache_key)


@pytest.mark.parametrize("plant", [*PLANTED, _in_log, _in_file_name])
def test_traces_planted_in_a_data_folder_are_found(data_folder: Path, plant: object) -> None:
    before = HOUND.in_folder(data_folder)

    plant(data_folder)  # type: ignore[operator]

    assert before == set()
    assert {trace.canary for trace in HOUND.in_folder(data_folder)} == {"words"}


def test_traces_in_a_table_are_named_by_column(data_folder: Path) -> None:
    _in_column(data_folder)

    found = HOUND.in_database(f"sqlite:///{data_folder}/yanlu.sqlite3")

    assert {trace.place for trace in found} == {"column some_table.words"}


def test_traces_in_what_django_stores_in_redis_are_found() -> None:
    stored = RedisSerializer().dumps({"a": WORDS})

    assert {trace.canary for trace in HOUND.in_value(stored, "Redis")} == {"words"}
