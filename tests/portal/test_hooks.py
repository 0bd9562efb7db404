"""A hook nobody knows or a receiver that is not there stops the start."""

from collections.abc import Iterator

import pytest
from pytest_django import Settings

from portal import hooks
from portal.checks import hooks_exist


@pytest.fixture(autouse=True)
def fresh_receivers() -> Iterator[None]:
    hooks.receivers.cache_clear()
    yield
    hooks.receivers.cache_clear()


def test_hooks_as_set_are_all_there() -> None:
    assert hooks_exist(None) == []
    hooks.load_all()


@pytest.mark.parametrize(
    ("name", "receiver", "problem"),
    [
        ("no_such_hook", "portal.hooks.metrics", "yanlu.E001"),
        ("preflight", "moderation.screening.pipeline.no_such_function", "yanlu.E002"),
        ("preflight", "no.such.module", "yanlu.E002"),
    ],
)
def test_hooks_unknown_or_missing_are_refused(
    settings: Settings, name: str, receiver: str, problem: str
) -> None:
    settings.YANLU_HOOKS = {name: [receiver]}

    assert [one.id for one in hooks_exist(None)] == [problem]


def test_hooks_missing_receiver_stops_the_server(settings: Settings) -> None:
    settings.YANLU_HOOKS = {"report_filed": ["no.such.module"]}

    with pytest.raises(ImportError):
        hooks.load_all()
