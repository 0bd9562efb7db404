"""Somebody with database, data folder, every secret of the node and the cache opens nothing.

`thief.py` is a script of its own. That it is a good one shows when it is given one thing a person knows or
carries: then it opens exactly what that person may open.
"""

import json
import subprocess
import sys
from collections.abc import Iterable
from typing import Any
from uuid import UUID

from tests.security.conftest import LivedIn
from tests.security.traces import rows_of
from tests.server import ROOT


def _steal(lived_in: LivedIn, *loot: str) -> dict[str, Any]:
    done = subprocess.run(
        [sys.executable, "-m", "tests.security.thief", *loot],
        cwd=ROOT,
        env=lived_in.stage.server.environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def _opened(lived_in: LivedIn, *loot: str) -> set[str]:
    found = _steal(lived_in, "--no-guessing", *loot)
    return {one["item"] for one in found["opened"]}


def _rows(lived_in: LivedIn, table: str) -> list[dict[str, Any]]:
    """The rows of a table as the database has them, ids as text without dashes."""
    rows: list[dict[str, Any]] = []
    for column, value in rows_of(lived_in.stage.server.database):
        if column.startswith(f"{table}."):
            name = column.partition(".")[2]
            if not rows or name in rows[-1] or name == "id":
                rows.append({})
            rows[-1][name] = value
    return rows


def test_thief_with_every_secret_of_the_node_opens_nothing(lived_in: LivedIn) -> None:
    found = _steal(lived_in)

    assert found["opened"] == []
    assert found["keys"] == 0
    assert min(found["tried"][name] for name in ("items", "envelopes", "grants", "nonces", "words")) > 20


def test_thief_with_one_passphrase_opens_what_that_person_opens(lived_in: LivedIn) -> None:
    words = lived_in.stage.passphrases["triager"]

    opened = _opened(lived_in, "--passphrase", f"triager={words}")

    assert opened == _sealed_to(lived_in, {"510000/510100": "triage", **_own(lived_in, "triager")})
    assert opened != set()


def test_thief_with_one_session_cookie_opens_what_that_person_opens(lived_in: LivedIn) -> None:
    cookies = lived_in.stage.cookies["leader, unlocked"]

    opened = _opened(lived_in, "--session", f"{cookies['sessionid']}={cookies['yanlu_key']}")

    assert opened == _sealed_to(lived_in, {"510000/510100": "triage", **_own(lived_in, "leader")})


def test_thief_with_one_receipt_opens_the_offices_words_on_that_report(lived_in: LivedIn) -> None:
    found = _steal(lived_in, "--no-guessing", "--receipt", lived_in.stage.receipts["talk by page"])

    assert [one["purpose"] for one in found["opened"]] == ["office_words"] * 3  # question, reply, decision


def test_thief_with_a_custodians_and_a_triagers_passphrase_opens_identities(lived_in: LivedIn) -> None:
    secret = {name: lived_in.stage.passphrase(name) for name in ("custodian", "triager")}
    both = [word for name, words in secret.items() for word in ("--passphrase", f"{name}={words}")]

    together = _steal(lived_in, "--no-guessing", *both)
    alone = [_steal(lived_in, "--no-guessing", *both[at : at + 2]) for at in (0, 2)]

    purposes = [[one["purpose"] for one in found["opened"]] for found in (together, *alone)]
    assert purposes[0].count("identity") > 5
    assert set(purposes[1]) == {"identity_reason", "identity_answer"}
    assert "identity" not in purposes[2]


def _own(lived_in: LivedIn, username: str) -> dict[str, str]:
    """The path of somebody's personal key: their drafts and their reasons are sealed to it."""
    (staff,) = (row["id"] for row in _rows(lived_in, "accounts_staff") if row["username"] == username)
    return {f"510000/510100/staff:{UUID(str(staff))}": "personal"}


def _sealed_to(lived_in: LivedIn, owners: dict[str, str]) -> set[str]:
    """The items with a whole envelope to one of these keys, read from the tables and nothing else."""
    keys = {
        str(row["id"]) for row in _rows(lived_in, "vault_key") if owners.get(row["path"]) == row["purpose"]
    }
    envelopes = _rows(lived_in, "vault_envelope")
    return _dashed(
        row["item_id"]
        for row in envelopes
        if row["share"] == "whole" and str(row.get("recipient_id")) in keys
    )


def _dashed(ids: Iterable[Any]) -> set[str]:
    return {str(UUID(str(one))) for one in ids}
