"""Everywhere a node leaves something behind: its folder, its database's files, its cache, its logs."""

from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

import psycopg

from tests.security.traces import Hound, Trace
from tests.server import Server


def traces_in_use(hound: Hound, server: Server) -> set[Trace]:
    """All files as a thief finds them, and what database and cache answer when asked for everything."""
    found = hound.in_folder(server.home)
    for path in _cluster_files(server.database):
        found |= hound.in_file(path)
    found |= hound.in_database(server.database)
    cache = server.environment["YANLU_CACHE_URL"]
    return found if cache.startswith("disk:") else found | hound.in_redis(cache)


def _cluster_files(url: str) -> list[Path]:
    """PostgreSQL's files of this database, its write-ahead log, and what both servers wrote to their logs."""
    if url.startswith("sqlite:"):
        return []
    folder = Path(dict(parse_qsl(urlsplit(url).query))["host"])
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("CHECKPOINT")
        ((oid,),) = connection.execute(
            "SELECT oid FROM pg_database WHERE datname = current_database()"
        ).fetchall()
    data = folder / "postgres"
    listed = [*(data / "base" / str(oid)).iterdir(), *(data / "pg_wal").iterdir(), *folder.glob("*.log")]
    return [path for path in listed if path.is_file()]
