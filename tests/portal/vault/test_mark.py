"""A demo vault never serves as a real one, nor the other way round."""

import os
import subprocess
import sys

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.test import override_settings

from portal.vault.mark import mode_problem, refuse_wrong_mode
from portal.vault.models import VaultKey


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
