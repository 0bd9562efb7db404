"""Tests about primitives run under both suites, whatever suite the run itself is under."""

import pytest
from pytest_django import Settings


@pytest.fixture(params=[1, 2], ids=["sodium", "sm"])
def suite(request: pytest.FixtureRequest, settings: Settings) -> int:
    """What the test makes is made with this suite; the house it stands in was made with the run's."""
    number: int = request.param
    settings.YANLU_SUITE = number
    return number
