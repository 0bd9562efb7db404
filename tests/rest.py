"""A JSON client for tests: one browser, one person, the API's own manners."""

import json
from typing import Any, cast

from django.http import HttpResponse
from django.test import Client

from portal.accounts.demo_house import PASSPHRASE

TIP = {
    "kind": "tip",
    "organ": "510100",
    "about_organ": False,
    "title": "锦江区院一名干警收受请托人财物",
    "content": "今年三月，该干警在茶楼收受当事人亲属现金，并承诺打听案情。",
    "subjects": [{"name": "王某", "organ": "510104", "post": "检察官助理"}],
    "occurred": "2026年3月",
    "place": "城东某茶楼",
}
"""A tip to the city about the county, as a client sends it."""


class Rest:
    """Sends and reads JSON; raises nothing, so that refusals can be looked at."""

    def __init__(self, username: str = "") -> None:
        self.client = Client(enforce_csrf_checks=True)
        if username:
            answer = self.post("desk/session", {"username": username, "password": PASSPHRASE})
            assert answer.status_code == 200, answer.content

    def get(self, path: str, **headers: str) -> HttpResponse:
        """GET /api/v1/<path>."""
        return cast(HttpResponse, self.client.get(f"/api/v1/{path}", headers=headers))

    def post(self, path: str, body: object = None, **headers: str) -> HttpResponse:
        """POST /api/v1/<path> with the CSRF token where there is one."""
        token = self.client.cookies.get("csrftoken")
        sent = {**headers, **({"X-CSRFToken": token.value} if token else {})}
        return cast(
            HttpResponse,
            self.client.post(
                f"/api/v1/{path}", json.dumps(body or {}), content_type="application/json", headers=sent
            ),
        )

    def file(self, **changes: Any) -> str:
        """File the usual tip with changes; the receipt."""
        answer = self.post("reports", {**TIP, **changes})
        assert answer.status_code == 201, answer.content
        return str(read(answer)["receipt"])


def read(response: HttpResponse) -> Any:
    """The JSON of an answer."""
    return json.loads(response.content)
