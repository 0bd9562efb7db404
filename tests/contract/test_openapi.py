"""The API description is valid and whole, and under generated input the API keeps to it."""

from collections.abc import Iterator
from functools import cache
from typing import Any

import pytest
import schemathesis
from django.core.signals import request_finished, request_started
from django.core.wsgi import get_wsgi_application
from django.db import close_old_connections
from drf_spectacular.drainage import GENERATOR_STATS
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.validation import validate_schema
from hypothesis import HealthCheck, given, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    negative_data_rejection,
    response_schema_conformance,
    status_code_conformance,
)

from tests.rest import Rest

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("kept_connection")]
PROMISES = [
    not_a_server_error,
    content_type_conformance,
    negative_data_rejection,
    response_schema_conformance,
    status_code_conformance,
]
PATIENT = settings(
    max_examples=15,
    deadline=None,
    suppress_health_check=list(HealthCheck),
    derandomize=True,
    database=None,
)
SESSION = "/api/v1/desk/session"


@pytest.fixture
def kept_connection() -> Iterator[None]:
    """The application runs in this test's transaction, so it must not close the connection."""
    request_started.disconnect(close_old_connections)
    request_finished.disconnect(close_old_connections)
    yield
    request_started.connect(close_old_connections)
    request_finished.connect(close_old_connections)


def _description() -> dict[str, Any]:
    generator = SchemaGenerator()  # type: ignore[no-untyped-call]
    description: dict[str, Any] = generator.get_schema(request=None, public=True)  # type: ignore[no-untyped-call]
    return description


@cache
def _schema() -> Any:
    return schemathesis.openapi.from_dict(_description())


def _operations(*, staff: bool) -> list[tuple[str, str]]:
    """(path, method) of one side, as the description lists them."""
    return [
        (path, method)
        for path, methods in _description()["paths"].items()
        for method in methods
        if staff == path.startswith(("/api/v1/desk", "/api/v1/ledger")) and path != SESSION
    ]


def _drive(path: str, method: str, **carried: Any) -> None:
    application = get_wsgi_application()

    @PATIENT
    @given(case=_schema()[path][method].as_strategy())
    def drive(case: Any) -> None:
        case.operation.app = application
        answer = case.call(app=application, base_url="http://127.0.0.1", **carried)
        case.validate_response(answer, checks=PROMISES)

    drive()


def test_openapi_description_is_valid_and_warns_of_nothing() -> None:
    GENERATOR_STATS.reset()

    description = _description()

    validate_schema(description)  # type: ignore[no-untyped-call]
    assert description["openapi"] == "3.1.0"
    assert not GENERATOR_STATS


@pytest.mark.parametrize(("path", "method"), _operations(staff=False))
def test_openapi_public_keeps_to_its_description(house: None, path: str, method: str) -> None:
    _drive(path, method)


@pytest.mark.parametrize(("path", "method"), _operations(staff=True))
def test_openapi_staff_keeps_to_its_description(house: None, path: str, method: str) -> None:
    rest = Rest("triager")
    cookies = {name: morsel.value for name, morsel in rest.client.cookies.items()}

    _drive(path, method, cookies=cookies, headers={"X-CSRFToken": cookies["csrftoken"]})
