"""What holds for every test: which database it runs on, and an empty cache to start with."""

import os
from collections.abc import Iterator

import pytest
from django.core.cache import cache

from portal.vault import remembered

pytest_plugins = ["tests.people", "tests.real_house", "tests.factors"]


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
