"""Settings from the environment fail loudly, and secrets come from files as well."""

from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured

from portal.common.env import (
    cache_from_url,
    database_from_url,
    env_bool,
    env_choice,
    env_int,
    env_list,
    env_secret,
)


@pytest.mark.parametrize(("raw", "value"), [("1", True), ("Yes", True), ("0", False), ("", False)])
def test_bool_words(monkeypatch: pytest.MonkeyPatch, raw: str, value: bool) -> None:
    monkeypatch.setenv("X", raw)

    assert env_bool("X", default=not value) is value


@pytest.mark.parametrize("raw", ["maybe", "2", "ja"])
def test_bool_other_words_are_refused(monkeypatch: pytest.MonkeyPatch, raw: str) -> None:
    monkeypatch.setenv("X", raw)

    with pytest.raises(ImproperlyConfigured):
        env_bool("X", default=True)


@pytest.mark.parametrize("raw", ["", "x", "1.5", "0"])
def test_int_bad_or_small_is_refused(monkeypatch: pytest.MonkeyPatch, raw: str) -> None:
    monkeypatch.setenv("X", raw)

    with pytest.raises(ImproperlyConfigured):
        env_int("X", 5, least=1)


def test_choice_and_list(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("X", " a, b ,,c")

    assert env_list("X") == ["a", "b", "c"]
    with pytest.raises(ImproperlyConfigured):
        env_choice("X", "a", ("a", "b"))


def test_secret_from_file_or_variable_never_both(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    file = tmp_path / "secret"
    file.write_text("from file\n", encoding="utf-8")

    monkeypatch.setenv("X_FILE", str(file))
    assert env_secret("X") == "from file"
    monkeypatch.setenv("X", "from variable")
    with pytest.raises(ImproperlyConfigured):
        env_secret("X")
    monkeypatch.delenv("X_FILE")
    assert env_secret("X") == "from variable"
    monkeypatch.delenv("X")
    monkeypatch.setenv("X_FILE", str(tmp_path / "missing"))
    with pytest.raises(ImproperlyConfigured):
        env_secret("X")


def test_database_urls() -> None:
    postgres = database_from_url("postgresql://me:p%40ss@db.example:5433/yanlu?sslmode=require")

    assert database_from_url("sqlite:////data/y.sqlite3")["NAME"] == "/data/y.sqlite3"
    assert (postgres["HOST"], postgres["PORT"], postgres["PASSWORD"], postgres["OPTIONS"]) == (
        "db.example",
        "5433",
        "p@ss",
        {"sslmode": "require"},
    )
    assert database_from_url("postgresql://u@/n?host=/run/pg")["HOST"] == "/run/pg"
    with pytest.raises(ImproperlyConfigured):
        database_from_url("mysql://x")


def test_cache_urls() -> None:
    assert cache_from_url("disk:///data/cache")["LOCATION"] == "/data/cache"
    assert cache_from_url("redis://h:1/0")["LOCATION"] == "redis://h:1/0"
    with pytest.raises(ImproperlyConfigured):
        cache_from_url("memory://")
