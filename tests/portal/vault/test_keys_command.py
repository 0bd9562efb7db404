"""`manage.py vault keys` makes what is missing and says when what is there does not open."""

from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from pytest_django import Settings

from portal.common.clock import local_date, now
from portal.vault.models import PurposeKey
from portal.vault.node_keys import node_key


@pytest.mark.usefixtures("house")
def test_keys_that_open_are_left_alone(capsys: pytest.CaptureFixture[str]) -> None:
    before = list(PurposeKey.objects.order_by("pk").values())

    call_command("vault", "keys")

    assert list(PurposeKey.objects.order_by("pk").values()) == before
    assert capsys.readouterr().out == ""


@pytest.mark.usefixtures("house")
def test_keys_of_another_master_key_are_named_and_nothing_is_made(settings: Settings, tmp_path: Path) -> None:
    settings.YANLU_DATA_DIR = tmp_path
    node_key(now())
    PurposeKey.objects.filter(purpose="rows").delete()
    settings.YANLU_MASTER_KEY = "00" * 32

    with pytest.raises(CommandError) as refused:
        call_command("vault", "keys")

    closed = [f"{name}/1" for name in ("audit", "device", "lookup", "pepper", "proof", "receipt")]
    names = "、".join([*closed, f"node/{local_date(now()).isoformat()}"])
    assert str(refused.value) == f"主密钥打不开这些密钥：{names}。请核对 YANLU_MASTER_KEY"
    assert not PurposeKey.objects.filter(purpose="rows").exists()


@pytest.mark.usefixtures("house")
def test_keys_without_a_master_key_are_refused(settings: Settings) -> None:
    settings.YANLU_MASTER_KEY = ""

    with pytest.raises(CommandError, match="vault init"):
        call_command("vault", "keys")
