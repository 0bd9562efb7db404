"""On a real server: how a receipt typed in full-width digits is shown in a header (ADR 0006)."""

from collections.abc import Iterator
from urllib.parse import quote

import httpx
import pytest

from tests.concurrency.filing import client_of, send, submissions
from tests.server import running_server

WIDE = str.maketrans("0123456789-", "０１２３４５６７８９－")


@pytest.fixture(scope="module")
def filed() -> Iterator[tuple[str, str]]:
    """The server's address and a receipt it gave."""
    submission = next(submissions("a receipt in wide digits"))
    with running_server() as server:
        with client_of(server.url) as client:
            send(client, submission)
        assert submission.answer is not None
        yield server.url, httpx.Response(200, content=submission.answer).json()["receipt"]


@pytest.mark.parametrize("spelling", [str, lambda receipt: quote(receipt.translate(WIDE))])
def test_receipt_is_understood(filed: tuple[str, str], spelling: type[str]) -> None:
    url, receipt = filed

    answer = httpx.get(f"{url}/api/v1/report", headers={"Authorization": f"Receipt {spelling(receipt)}"})

    assert (answer.status_code, answer.json().get("status")) == (200, "submitted")


def test_raw_wide_digits_do_not_pass_the_server(filed: tuple[str, str]) -> None:
    url, receipt = filed
    header = f"Receipt {receipt.translate(WIDE)}".encode()

    answer = httpx.get(f"{url}/api/v1/report", headers={b"Authorization": header})

    assert answer.status_code == 401  # the day this fails Granian hands them on, and ADR 0006 may go
