"""Looks for canaries in bytes, files, databases and caches; what is packed is unpacked on the way."""

import base64
import binascii
import json
import re
import sqlite3
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import ahocorasick
import psycopg
import redis
from psycopg import sql

from tests.security.canaries import Canary
from tests.security.spellings import spellings

_PACKED = re.compile(rb"\x1f\x8b\x08|x[\x01\x5e\x9c\xda]")
_BASE64 = re.compile(rb"[A-Za-z0-9+/_-]{32,}={0,2}")
_EMPTY = re.compile(rb"\0{512,}")
_MOST = 1 << 22
_DEPTH = 3


@dataclass(frozen=True, order=True)
class Trace:
    """One canary found where it lies."""

    place: str
    canary: str
    spelling: str

    def __str__(self) -> str:
        return f"{self.canary} in {self.place} as {self.spelling}"


class Hound:
    """Knows all spellings of all canaries."""

    def __init__(self, canaries: Iterable[Canary]) -> None:
        self._scents = ahocorasick.Automaton()
        for canary in canaries:
            for spelling, found in spellings(canary):
                self._scents.add_word(found.decode("latin-1"), (canary.name, spelling))
        self._scents.make_automaton()

    def in_bytes(self, data: bytes, place: str) -> set[Trace]:
        """What the bytes hold, and what they hold packed."""
        return {
            Trace(place, name, f"{spelling}{how}")
            for how, layer in _layers(data, _DEPTH)
            for name, spelling in self._scent(layer)
        }

    def in_value(self, value: Any, place: str) -> set[Trace]:
        """What one value of a database or a cache holds."""
        return self.in_bytes(as_bytes(value), place)

    def in_file(self, path: Path) -> set[Trace]:
        """What a file holds, and its name."""
        return self.in_bytes(path.read_bytes(), f"file {path}") | self.in_bytes(
            str(path).encode(), f"name of {path.parent}"
        )

    def in_folder(self, folder: Path) -> set[Trace]:
        """What all files below a folder hold; links are not followed."""
        found: set[Trace] = set()
        for path in sorted(folder.rglob("*")):
            if path.is_file() and not path.is_symlink():
                found |= self.in_file(path)
        return found

    def in_database(self, url: str) -> set[Trace]:
        """What the tables of the database hold, by column."""
        found: set[Trace] = set()
        for column, value in rows_of(url):
            found |= self.in_value(value, f"column {column}")
        return found

    def in_redis(self, url: str) -> set[Trace]:
        """What the keys and values of one Redis database hold."""
        found: set[Trace] = set()
        with redis.Redis.from_url(url) as client:
            for key in client.scan_iter():
                found |= self.in_bytes(key, "name of a Redis key")
                found |= self.in_value(_redis_value(client, key), f"Redis {key!r}")
        return found

    def _scent(self, data: bytes) -> set[tuple[str, str]]:
        return {
            scent for part in _EMPTY.split(data) for _, scent in self._scents.iter(part.decode("latin-1"))
        }


def as_bytes(value: Any) -> bytes:
    """A value as it would be written: bytes as they are, all else as text."""
    if isinstance(value, bytes | bytearray | memoryview):
        return bytes(value)
    if isinstance(value, str):
        return value.encode("utf-8", "surrogatepass")
    if isinstance(value, Mapping | list):
        return json.dumps(value, ensure_ascii=False, default=repr).encode()
    return str(value).encode()


def rows_of(url: str) -> Iterator[tuple[str, Any]]:
    """("table.column", value) of every cell that holds something."""
    yield from (_sqlite_rows(url) if url.startswith("sqlite:") else _postgres_rows(url))


def _sqlite_rows(url: str) -> Iterator[tuple[str, Any]]:
    connection = sqlite3.connect(url.removeprefix("sqlite:///"))
    try:
        tables = [
            name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
        ]
        for table in tables:
            cursor = connection.execute(f'SELECT * FROM "{table}"')  # noqa: S608  names from the schema
            names = [column[0] for column in cursor.description]
            yield from _cells(table, names, cursor)
    finally:
        connection.close()


def _postgres_rows(url: str) -> Iterator[tuple[str, Any]]:
    with psycopg.connect(url) as connection:
        tables = connection.execute(
            "SELECT schemaname, tablename FROM pg_tables"
            " WHERE schemaname NOT IN ('pg_catalog', 'information_schema')"
        ).fetchall()
        for schema, table in tables:
            cursor = connection.execute(sql.SQL("SELECT * FROM {}").format(sql.Identifier(schema, table)))
            names = [column.name for column in cursor.description or ()]
            yield from _cells(table, names, cursor)


def _cells(table: str, names: list[str], rows: Iterable[tuple[Any, ...]]) -> Iterator[tuple[str, Any]]:
    for row in rows:
        for name, value in zip(names, row, strict=True):
            if value is not None:
                yield f"{table}.{name}", value


def _redis_value(client: "redis.Redis", key: bytes) -> Any:
    read: dict[bytes, Callable[[], Any]] = {
        b"string": lambda: client.get(key),
        b"hash": lambda: client.hgetall(key),
        b"list": lambda: client.lrange(key, 0, -1),
        b"set": lambda: client.smembers(key),
        b"zset": lambda: client.zrange(key, 0, -1),
    }
    value = read[cast(bytes, client.type(key))]()
    return value if isinstance(value, bytes) else repr(value)


def _layers(data: bytes, depth: int) -> Iterator[tuple[str, bytes]]:
    """The data, and what can be unpacked from it: zlib and gzip anywhere, either of them in base64 too."""
    yield "", data
    if not depth:
        return
    view = memoryview(data)
    for match in _PACKED.finditer(data):
        unpacked = _inflated(view[match.start() : match.start() + _MOST])
        if unpacked:
            yield from ((f", packed{how}", layer) for how, layer in _layers(unpacked, depth - 1))
    for match in _BASE64.finditer(data):
        decoded = _decoded(match.group())
        if _PACKED.match(decoded):
            yield from ((f", in base64{how}", layer) for how, layer in _layers(decoded, depth - 1) if how)


def _inflated(data: memoryview) -> bytes:
    """As much as unpacks; nothing where it was no beginning."""
    packed, unpacked = zlib.decompressobj(zlib.MAX_WBITS | 32), bytearray()
    try:
        for at in range(0, len(data), 1024):
            unpacked += packed.decompress(data[at : at + 1024], _MOST)
            if packed.eof:
                break
    except zlib.error:
        pass
    return bytes(unpacked)


def _decoded(text: bytes) -> bytes:
    plain = text.rstrip(b"=").translate(bytes.maketrans(b"-_", b"+/"))
    try:
        return base64.b64decode(plain + b"=" * (-len(plain) % 4))
    except binascii.Error:
        return b""
