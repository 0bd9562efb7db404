"""Before there are keys the pages say that nothing can be filed yet, so that nobody writes in vain."""

from collections.abc import Iterator

import pytest
from django.core.management import CommandError, call_command
from pytest_django import DjangoAssertNumQueries, Settings

from portal.public import readiness
from portal.vault.models import VaultKey
from tests.portal.public.pages import browser

BANNER = "现在还不能在网上提交。"
PAGES = ["/", "/report/", "/suggest/"]


@pytest.fixture(autouse=True)
def fresh_answer(settings: Settings, house: None) -> Iterator[None]:
    """A real installation, as far as the pages know, that remembers nothing of another test."""
    settings.YANLU_DEMO = False
    readiness._closed_in.cache_clear()
    yield
    readiness._closed_in.cache_clear()


def _no_keys() -> None:
    VaultKey.objects.filter(path="510000", purpose="triage").update(path="elsewhere")


@pytest.mark.parametrize("path", PAGES)
def test_pages_say_when_nothing_can_be_filed(path: str) -> None:
    _no_keys()

    page = browser().get(path)

    assert (page.status_code, page.content.decode().count(BANNER)) == (200, 1)


@pytest.mark.parametrize("path", PAGES)
def test_pages_are_silent_when_all_is_well(path: str, settings: Settings) -> None:
    settings.YANLU_DEMO = True  # of a demo vault nothing else can be said: with 0 its root does not count

    page = browser().get(path)

    assert (page.status_code, page.content.decode().count(BANNER)) == (200, 0)


def test_answer_is_remembered(
    monkeypatch: pytest.MonkeyPatch, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    monkeypatch.setattr(readiness, "REMEMBERED", 10**9)
    browser().get("/")

    with django_assert_num_queries(0):
        browser().get("/")


def test_ready_command_says_why_not(capsys: pytest.CaptureFixture[str], settings: Settings) -> None:
    settings.YANLU_DEMO = True
    call_command("ready")
    _no_keys()

    with pytest.raises(CommandError) as refused:
        call_command("ready")

    assert capsys.readouterr().out == "可以接收来件\n"
    assert str(refused.value) == "现在还不能接收来件：各院的收件密钥尚未建立"
