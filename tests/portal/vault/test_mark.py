"""A demo vault never serves as a real one, nor the other way round."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.core.management import CommandError, call_command
from django.test import override_settings
from pytest_django import Settings

from portal.vault.mark import mode_problem, record_birth, refuse_wrong_mode
from portal.vault.models import VaultKey

ROOT = Path(__file__).resolve().parents[3]


def test_mark_demo_vault_serves_the_demo(house: None) -> None:
    assert mode_problem() is None


@override_settings(YANLU_DEMO=False)
def test_mark_demo_vault_refuses_real_mode(house: None) -> None:
    with pytest.raises(ImproperlyConfigured, match="demo vault"):
        refuse_wrong_mode()


def test_mark_real_vault_refuses_demo_mode(house: None) -> None:
    VaultKey.objects.filter(purpose="root").update(path="root")

    with pytest.raises(ImproperlyConfigured, match="real vault"):
        refuse_wrong_mode()


@pytest.mark.parametrize(("born", "other"), [(True, "born a demo"), (False, "born a real one")])
def test_mark_house_stays_what_it_was_born(
    born: bool, other: str, settings: Settings, tmp_path: Path, db: None
) -> None:
    VaultKey.objects.filter(purpose="root").update(purpose="oversight")  # no vault yet
    settings.YANLU_SECRETS_DIR = tmp_path
    settings.YANLU_DEMO = born
    record_birth()
    record_birth()
    assert mode_problem() is None

    settings.YANLU_DEMO = not born

    for command in (["vault", "init"], ["vault", "mode"]):
        with pytest.raises(CommandError, match=other):
            call_command(*command)
    with pytest.raises(ImproperlyConfigured, match=other):
        refuse_wrong_mode()
    assert [path.name for path in tmp_path.iterdir()] == ["mode"]


def test_mark_real_house_never_becomes_a_demo(settings: Settings, tmp_path: Path, db: None) -> None:
    VaultKey.objects.filter(purpose="root").update(purpose="oversight")  # no vault yet
    settings.YANLU_SECRETS_DIR = tmp_path
    (tmp_path / "mode").write_text("real\n", encoding="ascii")
    settings.YANLU_DEMO = True

    with pytest.raises(CommandError, match="born a real one"):
        call_command("demo")

    assert VaultKey.objects.filter(purpose="root").count() == 0


def test_mark_of_neither_mode_is_refused(settings: Settings, tmp_path: Path, db: None) -> None:
    settings.YANLU_SECRETS_DIR = tmp_path
    (tmp_path / "mode").write_text("", encoding="ascii")

    assert mode_problem() == f"{tmp_path / 'mode'} should say demo or real"


def test_mode_without_a_database_is_quiet_and_in_the_wrong_mode_one_line(tmp_path: Path) -> None:
    clean = {key: text for key, text in os.environ.items() if not key.startswith("YANLU_")}
    own = {"YANLU_DATA_DIR": str(tmp_path / "var"), "YANLU_SECRETS_DIR": str(tmp_path / "secrets")}

    def mode(demo: str) -> tuple[int, str, str]:
        done = subprocess.run(
            [sys.executable, "manage.py", "vault", "mode"],
            cwd=ROOT,
            env={**clean, **own, "DJANGO_SETTINGS_MODULE": "portal.settings", "YANLU_DEMO": demo},
            capture_output=True,
            text=True,
            check=False,
        )
        return done.returncode, done.stdout, done.stderr

    assert mode("1") == (0, "", "")
    (tmp_path / "secrets").mkdir()
    (tmp_path / "secrets" / "mode").write_text("real\n", encoding="ascii")
    place = tmp_path / "secrets" / "mode"
    line = f"CommandError: this house was born a real one ({place}): it never serves with YANLU_DEMO=1\n"
    assert mode("1") == (1, "", line)


@pytest.mark.parametrize(
    ("name", "value"),
    [("YANLU_BASE_URL", "https://yanlu.example"), ("YANLU_ALLOWED_HOSTS", "yanlu.example,127.0.0.1")],
)
def test_mark_demo_refuses_other_than_loopback(name: str, value: str) -> None:
    clean = {key: text for key, text in os.environ.items() if not key.startswith("YANLU_")}

    started = subprocess.run(
        [sys.executable, "-c", "import portal.settings"],
        env={**clean, "YANLU_DEMO": "1", name: value},
        capture_output=True,
        text=True,
        check=False,
    )

    assert started.returncode == 1
    assert "loopback names only" in started.stderr
