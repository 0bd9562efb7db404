"""Where the story plays: the server, the canaries, and everybody who takes part."""

import html
import re
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from typing import Any

from tests.founding import passphrase_of
from tests.security.canaries import Aviary
from tests.security.visitor import Sent, Visitor, read
from tests.server import Server

SECRET = "canaries"


@dataclass
class Stage:
    """The story so far. `receipts` and `words` (titles) by the name the story gave the report;
    `newcomer`: username and id of the person who joined.
    """

    server: Server
    aviary: Aviary = field(default_factory=Aviary)
    notes: list[Sent] = field(default_factory=list)
    receipts: dict[str, str] = field(default_factory=dict)
    words: dict[str, str] = field(default_factory=dict)
    kept: dict[str, str] = field(default_factory=dict)
    passphrases: dict[str, str] = field(default_factory=dict)
    cookies: dict[str, dict[str, str]] = field(default_factory=dict)
    newcomer: tuple[str, str] = ("", "")
    _open: ExitStack = field(default_factory=ExitStack)
    _staff: dict[str, Visitor] = field(default_factory=dict)

    def somebody(self, address: str = "192.0.2.1") -> Visitor:
        """A member of the public."""
        return self._open.enter_context(Visitor(self.server.url, self.aviary, self.notes, address))

    def staff(self, username: str) -> Visitor:
        """A member of the staff, signed in on the desk's pages."""
        if username not in self._staff:
            visitor = self.somebody("192.0.2.2").sign_in(username, self.passphrase(username))
            self.remember(username, visitor)
            self._staff[username] = visitor
        return self._staff[username]

    def passphrase(self, username: str) -> str:
        """Somebody's passphrase; a canary, like everything that is typed."""
        if username not in self.passphrases:
            secret = passphrase_of(SECRET, username)
            self.passphrases[username] = self.aviary.given(f"passphrase of {username}", secret)
        return self.passphrases[username]

    def remember(self, username: str, visitor: Visitor) -> None:
        """Keep the cookies of somebody's session: the key in one of them is a canary."""
        cookies = dict(visitor.http.cookies)
        self.aviary.key(f"session key of {username} {len(self.cookies)}", cookies["yanlu_key"])
        self.cookies.setdefault(username, cookies)

    def receipt(self, name: str, number: str) -> str:
        """Keep a receipt under a name."""
        self.receipts[name] = self.aviary.receipt(f"receipt {name}", number)
        return number

    def item(self, reader: str, word: str) -> dict[str, Any]:
        """The item in this person's queue whose title holds the word, opened."""
        visitor = self.staff(reader)
        for state in ("", "void"):
            query = {"sort": "-received", "limit": "200", **({"state": state} if state else {})}
            for line in read(visitor.get("api/v1/desk/queue", query=query))["items"]:
                if word in (line["title"] or ""):
                    detail: dict[str, Any] = read(visitor.get(f"api/v1/desk/queue/{line['id']}"))
                    return detail
        raise AssertionError(f"{reader} has nothing called {word}")

    def moved(self) -> None:
        """The server came back on another port: whoever has a browser open goes on there."""
        for visitor in self._staff.values():
            visitor.http.base_url = self.server.url


@contextmanager
def stage_on(server: Server) -> Iterator[Stage]:
    """A stage; all browsers are closed with the block."""
    stage = Stage(server)
    with stage._open:
        yield stage


def hidden(page: str, name: str) -> str:
    """The value of a hidden field of a page."""
    found = re.search(rf'name="{name}" value="([^"]*)"', page)
    assert found is not None, f"no {name} on the page"
    return html.unescape(found.group(1))


def shown_receipt(page: str) -> str:
    """The receipt a page shows, in its five groups."""
    groups = re.findall(r'receipt__group">(\d{5})<', page)
    assert len(groups) == 5, page[:2000]
    return "-".join(groups)
