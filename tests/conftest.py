"""What holds for every test: which database it runs on, and an empty cache to start with."""

import os
from collections.abc import Iterator
from typing import Any

import pytest
from django.core.cache import cache

from portal.vault import remembered

pytest_plugins = ["tests.people", "tests.real_house", "tests.factors"]


@pytest.hookimpl(optionalhook=True)  # only there with pytest-xdist, only called with -n
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """Hand out tests one by one, but for those that share the lived-in house: one worker makes it for all."""
    from tests.scheduling import OneHouse  # noqa: PLC0415  pytest-xdist may be absent

    return OneHouse(config, log) if config.getvalue("dist") == "load" else None


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out the tests that are about the other database."""
    other = "sqlite_only" if os.environ.get("YANLU_TEST_BACKEND") == "postgres" else "postgres_only"
    left_out = [item for item in items if item.get_closest_marker(other)]
    if left_out:
        config.hook.pytest_deselected(items=left_out)
        items[:] = [item for item in items if item not in left_out]


@pytest.fixture(autouse=True)
def empty_cache() -> Iterator[None]:
    """Begin with an empty cache and no memory of keys: no test counts towards another one's limits."""
    yield
    cache.clear()
    remembered.forget()
