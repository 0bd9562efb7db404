"""What the environment says is used or refused at start, in one line and without repeating a secret."""

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
READ = (
    "from portal import settings as s; print(s.DATABASES['default']['NAME'], s.CACHES['default']['LOCATION'])"
)


def _run(words: list[str], environment: Mapping[str, str], home: Path) -> subprocess.CompletedProcess[str]:
    clean = {name: text for name, text in os.environ.items() if not name.startswith("YANLU_")}
    own = {
        "DJANGO_SETTINGS_MODULE": "portal.settings",
        "YANLU_DATA_DIR": str(home / "var"),
        "YANLU_SECRETS_DIR": str(home / "secrets"),
    }
    return subprocess.run(
        [sys.executable, *words],
        cwd=ROOT,
        env={**clean, **own, **environment},
        capture_output=True,
        text=True,
        check=False,
    )


def test_addresses_of_the_stores_come_from_files_as_well(tmp_path: Path) -> None:
    (tmp_path / "database").write_text("postgresql://u:p@h/from_file\n", encoding="ascii")
    (tmp_path / "cache").write_text("redis://h:1/7\n", encoding="ascii")

    done = _run(
        ["-c", READ],
        {
            "YANLU_DATABASE_URL_FILE": str(tmp_path / "database"),
            "YANLU_CACHE_URL_FILE": str(tmp_path / "cache"),
        },
        tmp_path,
    )

    assert (done.stdout, done.stderr) == ("from_file redis://h:1/7\n", "")


def test_proof_of_work_when_needed_is_off_for_now(tmp_path: Path) -> None:
    done = _run(
        ["-c", "from portal import settings; print(settings.YANLU_POW)"], {"YANLU_POW": "auto"}, tmp_path
    )

    assert done.stdout == "off\n"


@pytest.mark.parametrize(
    ("name", "value", "problem"),
    [
        ("YANLU_BASE_URL_FILE", "/x", "nothing reads this"),
        ("YANLU_EXTERNAL_KEY_FILE", "/x", "nothing reads this"),
        ("YANLU_STORAGE_URL", "s3://x", "not in this release"),
        ("YANLU_EMAIL_URL", "smtp://x", "not in this release"),
        ("YANLU_POW", "always", "not in this release"),
        ("YANLU_POW", "sometimes", "must be one of"),
        ("YANLU_SUITE", "3", "must be one of 1, 2"),
        ("YANLU_SUITE", "sm", "must be one of 1, 2"),
        ("YANLU_SUITE", "", "must be one of 1, 2"),
        ("YANLU_MASTER_KEY", "5e" * 31, "must be 64 hex digits"),
        ("YANLU_MASTER_KEY", "zz" * 32, "must be 64 hex digits"),
        ("YANLU_MASTER_KEY", f"{'5e' * 32},zz", "must be 64 hex digits"),
        ("YANLU_MASTER_KEY", ",".join(["5e" * 32] * 3), "must hold at most 2 keys"),
        ("YANLU_BASE_URL", "yanlu.example", "must be http(s)://host"),
        ("YANLU_BASE_URL", "ftp://yanlu.example", "must be http(s)://host"),
        ("YANLU_BASE_URL", "https://", "must be http(s)://host"),
        ("YANLU_BASE_URL", "https://yanlu.example/desk", "must be http(s)://host"),
        ("YANLU_BASE_URL", "https://yanlu.example:x", "must be http(s)://host"),
        ("YANLU_TRUSTED_PROXIES", "10.0.0.0/8, proxy.example", "must list addresses or networks"),
    ],
)
def test_setting_nobody_can_act_on_is_refused_in_one_line(
    name: str, value: str, problem: str, tmp_path: Path
) -> None:
    done = _run(["manage.py", "check"], {name: value}, tmp_path)

    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith(f"!!! {name}")
    assert problem in done.stderr
    assert done.stderr.count("\n") == 1
    assert name != "YANLU_MASTER_KEY" or value not in done.stderr


def test_what_is_made_is_nobody_elses(tmp_path: Path) -> None:
    for words in (["vault", "init"], ["migrate", "--verbosity", "0"]):
        assert _run(["manage.py", *words], {}, tmp_path).returncode == 0

    made = [tmp_path / "var", tmp_path / "secrets", *(tmp_path / "var").iterdir()]

    assert tmp_path / "var" / "yanlu.sqlite3" in made
    assert {path.name: path.stat().st_mode & 0o077 for path in made} == {path.name: 0 for path in made}


@pytest.mark.parametrize("given", ["YANLU_MASTER_KEY", "YANLU_MASTER_KEY_FILE"])
def test_init_makes_no_second_master_key(given: str, tmp_path: Path) -> None:
    file = tmp_path / "given"
    file.write_text("5e" * 32, encoding="ascii")
    value = str(file) if given.endswith("_FILE") else "5e" * 32

    done = _run(["manage.py", "vault", "init"], {given: value}, tmp_path)

    assert done.returncode == 0
    assert sorted(path.name for path in (tmp_path / "secrets").iterdir()) == ["cookie.key", "mode"]
