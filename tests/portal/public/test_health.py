"""What machines ask."""

from pathlib import Path

import pytest
from django.test import Client
from pytest_django import Settings

from portal.common.clock import local_date, now
from portal.vault.models import PurposeKey, VaultKey
from portal.vault.primitives import CURRENT

KEY = b"k" * 32


def test_healthz_says_ok_without_a_database() -> None:
    response = Client().get("/healthz")

    assert (response.status_code, response.content) == (200, b"ok\n")


@pytest.mark.usefixtures("house")
def test_readyz_is_ready_in_a_founded_house() -> None:
    response = Client().get("/readyz")

    assert (response.status_code, response.content) == (200, b"ready\n")


@pytest.mark.usefixtures("house")
def test_readyz_is_not_ready_under_another_root(settings: Settings) -> None:
    settings.YANLU_ROOT_FINGERPRINT = "00" * 32

    response = Client().get("/readyz")

    assert (response.status_code, response.content) == (503, b"not ready: keys\n")


@pytest.mark.usefixtures("house")
def test_readyz_is_not_ready_without_the_key_to_seal_to() -> None:
    VaultKey.objects.filter(path="510000", purpose="triage").update(path="elsewhere")

    response = Client().get("/readyz")

    assert (response.status_code, response.content) == (503, b"not ready: keys\n")


@pytest.mark.usefixtures("house")
def test_readyz_is_not_ready_under_another_master_key(settings: Settings) -> None:
    settings.YANLU_MASTER_KEY = "00" * 32

    response = Client().get("/readyz")

    assert (response.status_code, response.content) == (503, b"not ready: secrets\n")


@pytest.mark.usefixtures("house")
@pytest.mark.parametrize("purpose", ["receipt", "lookup", "pepper", "proof"])
def test_readyz_is_not_ready_without_the_key_of_a_purpose(purpose: str) -> None:
    PurposeKey.objects.filter(purpose=purpose).delete()

    response = Client().get("/readyz")

    assert (response.status_code, response.content) == (503, b"not ready: secrets\n")


@pytest.mark.usefixtures("house")
def test_readyz_is_not_ready_when_the_key_of_the_day_does_not_open(
    settings: Settings, tmp_path: Path
) -> None:
    settings.YANLU_DATA_DIR = tmp_path
    (tmp_path / "node-keys").mkdir()
    (tmp_path / "node-keys" / f"{local_date(now()).isoformat()}.key").write_bytes(
        CURRENT.encrypt(KEY, b"x", b"")
    )

    response = Client().get("/readyz")

    assert (response.status_code, response.content) == (503, b"not ready: secrets\n")


@pytest.mark.usefixtures("house")
def test_metrics_are_for_this_machine(settings: Settings) -> None:
    settings.YANLU_METRICS_TOKEN = ""

    near = Client(REMOTE_ADDR="127.0.0.1").get("/metrics")
    far = Client(REMOTE_ADDR="198.51.100.7").get("/metrics")
    behind_a_proxy = Client(REMOTE_ADDR="127.0.0.1", headers={"x-forwarded-for": "127.0.0.1"}).get("/metrics")

    assert [near.status_code, far.status_code, behind_a_proxy.status_code] == [200, 404, 404]
    assert near["Content-Type"].partition(";")[0] == "text/plain"


@pytest.mark.usefixtures("house")
@pytest.mark.parametrize(("shown", "status"), [("Bearer s3cret", 200), ("Bearer other", 404), ("", 404)])
def test_metrics_from_afar_need_the_token(shown: str, status: int, settings: Settings) -> None:
    settings.YANLU_METRICS_TOKEN = "s3cret"

    response = Client(REMOTE_ADDR="198.51.100.7", headers={"authorization": shown}).get("/metrics")

    assert response.status_code == status
