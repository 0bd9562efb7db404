"""The index alone at size: `python -m tests.services -- python -m tests.bench.word_index 100000`.

Rows of 150 words spread over two years of weeks, made in the database itself, with probe words planted in a
known share of them. Prints how long it takes to have all candidates of a search in hand. PostgreSQL only.
"""

import os
import statistics
import sys
import time
from typing import Any
from uuid import UUID

import django
from django.core.management import call_command

WEEKS, WORDS, ROUNDS = 104, 150, 30
SHARES = {"百里挑一": 0.01, "千里挑一": 0.001, "万里挑一": 0.0001}
FIRST_WEEK = 2850

_ROWS = """
INSERT INTO vault_index_entry (report, key_id, week, buckets, bands)
SELECT gen_random_uuid(), %(key)s, %(week)s,
       (SELECT array_agg(DISTINCT %(scope)s + floor(65536 * power(random(), 3))::int)
          FROM generate_series(1, %(words)s + row * 0))
       || CASE WHEN random() < 0.01 THEN %(first)s ELSE '{}'::int[] END
       || CASE WHEN random() < 0.001 THEN %(second)s ELSE '{}'::int[] END
       || CASE WHEN random() < 0.0001 THEN %(third)s ELSE '{}'::int[] END,
       (SELECT array_agg(floor(2147483647 * random())::int) FROM generate_series(1, 80 + row * 0))
  FROM generate_series(1, %(rows)s) AS row
"""


def main(rows: int) -> None:
    """Fill, measure, print."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.settings")
    django.setup()
    from django.db import connection  # noqa: PLC0415  needs the settings

    from portal.common.clock import now  # noqa: PLC0415
    from portal.vault.index_key import IndexKey  # noqa: PLC0415
    from portal.vault.models import VaultKey  # noqa: PLC0415
    from portal.vault.word_index import find_words  # noqa: PLC0415

    call_command("migrate", verbosity=0)
    row = VaultKey.objects.create(
        path="bench", purpose="triage", suite=1, sealing_public=b"", certifying_public=b"", created_at=now()
    )
    key = IndexKey(UUID(str(row.pk)), 1, b"\x0b" * 32)
    started = time.monotonic()
    with connection.cursor() as cursor:
        cursor.execute("DROP INDEX vault_index_buckets, vault_index_bands")
        for week in range(FIRST_WEEK, FIRST_WEEK + WEEKS):
            probes = [sorted(key.buckets([word], week=week)) for word in SHARES]
            values: dict[str, Any] = dict(zip(("first", "second", "third"), probes, strict=True))
            where: dict[str, Any] = {"key": row.pk, "week": week, "scope": probes[0][0] >> 16 << 16}
            cursor.execute(_ROWS, {**values, **where, "words": WORDS, "rows": rows // WEEKS})
        filled = time.monotonic()
        for name in ("buckets", "bands"):
            cursor.execute(
                f"CREATE INDEX vault_index_{name} ON vault_index_entry USING gin ({name})"
                " WITH (fastupdate = off)"
            )
        cursor.execute("VACUUM ANALYZE vault_index_entry")
        cursor.execute("SELECT pg_total_relation_size('vault_index_entry') / 1000000")
        megabytes = cursor.fetchone()[0]
    print(f"{rows} rows: filled in {filled - started:.0f} s, indexed in {time.monotonic() - filled:.0f} s")
    print(f"{megabytes} MB with indexes")
    searches = {name: [[frozenset({name})]] for name in SHARES}
    searches["two words"] = [[frozenset({"百里挑一"})], [frozenset({"千里挑一"})]]
    for name, terms in searches.items():
        times, found = [], 0
        for _ in range(ROUNDS):
            began = time.perf_counter()
            found = len(find_words(terms, [key], most=10_000).reports)
            times.append((time.perf_counter() - began) * 1000)
        p95 = statistics.quantiles(times, n=20)[-1]
        share = f"{SHARES[name]:.2%}" if name in SHARES else ""
        print(f"{name} {share}: {found} candidates, median {statistics.median(times):.0f}, p95 {p95:.0f} ms")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 100_000)
