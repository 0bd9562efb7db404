"""A real house from an empty folder to open doors, and its recovery, by the commands and pages people use."""

import base64
import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import httpx

from portal.common.clock import now
from portal.vault.one_time_codes import code_at, step_at
from tests.real_house import CARD_PHRASES, FIRST_PEOPLE, PASSPHRASE
from tests.server import Server, empty_house
from tests.typist import ROOT, Typist

REAL = {"YANLU_DEMO": "0"}
REPORT = {
    "kind": "suggestion",
    "about_organ": False,
    "title": "服务大厅中午没有人",
    "content": "中午十二点到两点服务大厅没有人值班，建议安排人轮流值班。",
}


def _client(server: Server) -> httpx.Client:
    """A client that keeps no connection open, so that nobody has to close it."""
    limits = httpx.Limits(max_keepalive_connections=0)
    return httpx.Client(base_url=server.url, timeout=60, trust_env=False, limits=limits)


_COOKIES: dict[str, httpx.Cookies] = {}
"""Whoever has signed in once goes on in the same browser: a phone's code works only once."""


class Desk:
    """One member of staff in a browser of their own."""

    def __init__(self, server: Server, username: str) -> None:
        self.username = username
        self.client = _client(server)

    def join(self, code: str) -> None:
        """Set the passphrase with the one-time code."""
        form = {"username": self.username, "code": code, "passphrase": PASSPHRASE, "again": PASSPHRASE}
        assert "口令已设置" in self.post("/desk/join/", form).text

    def sign_in(self) -> "Desk":
        """Passphrase, then a phone as the first factor; later in the same browser still signed in."""
        self.client.cookies.update(_COOKIES.get(self.username, httpx.Cookies()))
        if self.client.get("/api/v1/desk/session").status_code == 200:
            return self
        first = self.post("/desk/sign-in/", {"username": self.username, "passphrase": PASSPHRASE})
        assert first.headers["location"].startswith("/desk/second-step/"), first.text
        page = self.client.get(self.post("/desk/factors/add/", {"kind": "totp"}).headers["location"]).text
        found = re.search(r'class="fingerprint">([A-Z2-7 ]+)<', page)
        assert found is not None, page
        secret = base64.b32decode(found[1].replace(" ", ""))
        form = {"code": code_at(secret, step_at(now())), "label": "phone"}
        assert self.post("/desk/factors/add/phone/", form).status_code == 302
        assert self.client.get("/api/v1/desk/session").status_code == 200
        _COOKIES[self.username] = self.client.cookies
        return self

    def post(self, path: str, form: dict[str, Any]) -> httpx.Response:
        """Open a page and send its form."""
        self.client.get(path)
        headers = {"X-CSRFToken": self.client.cookies["csrftoken"]}
        return self.client.post(path, data=form, headers=headers)

    def fingerprint(self) -> str:
        """The fingerprint on the person's own page."""
        found = re.search(r'密钥指纹：<strong class="fingerprint">([\d ]+)<', self.client.get("/desk/").text)
        assert found is not None
        return found[1]

    def invite(self, username: str, organ: str) -> str:
        """As a sysadmin: the new account's code."""
        form = {"username": username, "display_name": username, "organ": organ}
        found = re.search(
            r'加入码.*?class="fingerprint">([0-9a-f]{20})<', self.post("/desk/staff/", form).text
        )
        assert found is not None
        return found[1]

    def person(self, username: str) -> str:
        """As an administrator: the page of an account."""
        found = re.search(
            rf'href="(/desk/staff/[0-9a-f-]{{36}}/)"[^>]*>\s*{username}\b',
            self.client.get("/desk/staff/").text,
        )
        assert found is not None, self.client.get("/desk/staff/").text
        return found[1]

    def titles(self) -> list[str | None]:
        """What the queue shows this person; nothing for what they cannot open."""
        return [item["title"] for item in self.client.get("/api/v1/desk/queue").json()["items"]]

    def read(self) -> list[str]:
        """The contents behind it."""
        items = self.client.get("/api/v1/desk/queue").json()["items"]
        return [self.client.get(f"/api/v1/desk/queue/{one['id']}").json()["content"] for one in items]


def _run(server: Server, *words: str) -> tuple[int, str]:
    done = subprocess.run(
        [sys.executable, *words],
        cwd=ROOT,
        env=server.environment,
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode, done.stdout + done.stderr


def _set_up(server: Server) -> dict[str, str]:
    """From an empty folder to the first administrators' codes."""
    assert _run(server, "manage.py", "vault", "init") == (0, "已生成 master.key\n已生成 cookie.key\n")
    admins = [(role, organ) for organ in ("510000", "510000D") for role in ("sysadmin", "secadmin")]
    accounts = [
        f"account {role}-{organ} --role {role} --organ {organ} --name 管理员" for role, organ in admins
    ]
    commands = ["migrate --verbosity 0", "vault keys", "load_reference", "collectstatic --no-input -v 0"]
    code, said = _run(server, "-m", "tests.commands", *commands, *accounts)
    assert code == 0, said
    codes = re.findall(r"加入码（只显示这一次，请当面交给本人）：([0-9a-f]{20})", said)
    return dict(zip([f"{role}-{organ}".lower() for role, organ in admins], codes, strict=True))


def _arrive(server: Server, username: str, organ: str, role: str) -> None:
    """An account, its passphrase and its role, each by whom it takes."""
    sysadmin, secadmin = (
        Desk(server, f"{kind}-{organ.lower()}").sign_in() for kind in ("sysadmin", "secadmin")
    )
    Desk(server, username).join(sysadmin.invite(username, organ))
    assert secadmin.post(secadmin.person(username), {"roles": [role]}).status_code == 200


def _hold_ceremony(server: Server, folder: Path) -> str:
    """Six people compare, three set passphrases; what the terminal said."""
    people = sorted(FIRST_PEOPLE, key=lambda name: (FIRST_PEOPLE[name][0], name))
    with Typist(["vault", "ceremony", "--cards", str(folder)], server.environment) as terminal:
        for username in people:
            terminal.hear(f"（{username}）")
            terminal.answer("24 位密钥指纹", Desk(server, username).sign_in().fingerprint())
        for number, phrase in enumerate(CARD_PHRASES, start=1):
            terminal.answer(f"{number} 号持有人的口令：", phrase)
            terminal.answer(f"{number} 号持有人的口令（再输一次）：", phrase)
        terminal.answer("请输入“同意”：", "同意")
        assert terminal.ends() == 0, terminal.said
        return terminal.said


def _file(server: Server, organ: str, **changes: Any) -> str:
    answer = _client(server).post("/api/v1/reports", json={**REPORT, "organ": organ, **changes})
    return str(answer.json().get("receipt", answer.status_code))


def _renew(server: Server, folder: Path, first: int, second: int, username: str) -> None:
    files = [word for n in (first, second) for word in ("--cards", str(folder / f"yanlu-card-{n}.json"))]
    with Typist(["vault", "renew", *files, "--admit", username], server.environment) as terminal:
        terminal.answer("24 位密钥指纹", Desk(server, username).sign_in().fingerprint())
        for number in (first, second):
            terminal.answer(f"{number} 号持有人的口令：", CARD_PHRASES[number - 1])
        assert terminal.ends() == 0, terminal.said
        assert f"已放行 {username}" in terminal.said


def test_real_house_from_an_empty_folder_to_recovery(tmp_path: Path) -> None:
    folder = tmp_path / "cards"
    with empty_house() as (home, database):
        server = Server(home, database, extra=REAL, awaited="/healthz")
        try:
            _story(server, folder)
        finally:
            server.stop()


def _story(server: Server, folder: Path) -> None:
    codes = _set_up(server)
    server.start()
    for username, code in codes.items():
        Desk(server, username).join(code)
    for username, (organ, role) in FIRST_PEOPLE.items():
        _arrive(server, username, organ, role)
    assert _file(server, "510000") == "503"

    said = _hold_ceremony(server, folder)
    pinned = (server.home / "secrets" / "root.fingerprint").read_text().strip()
    assert pinned in re.sub(r"\s", "", said)
    assert [phrase for phrase in CARD_PHRASES if phrase in said] == []
    server.stop()
    server.awaited = "/readyz"
    server.start()
    failed, told = _run(server, "-m", "tests.commands", "ready", "vault status")
    assert (failed, told.splitlines()[0]) == (0, "可以接收来件")
    assert "任何两张卡片可打开根密钥" in told

    for organ in ("510000", "510100"):
        assert re.fullmatch(r"(\d{5}-){4}\d{5}", _file(server, organ, title=f"致{organ}"))
    _file(server, "510000", kind="tip", about_organ=True, title="反映本院")
    read = {name: Desk(server, name).sign_in().titles() for name in FIRST_PEOPLE}
    assert read == {
        "top-triager": ["致510000"],
        "top-supervisor": ["致510100"],
        "top-custodian": [],
        "office-triager": ["反映本院"],
        "office-supervisor": [],
        "office-custodian": [],
    }
    assert Desk(server, "top-supervisor").sign_in().read() == [REPORT["content"]]

    sysadmin = Desk(server, "sysadmin-510000").sign_in()
    sysadmin.post(sysadmin.person("top-supervisor"), {"close": "1"})
    _arrive(server, "successor", "510000", "supervisor")
    _renew(server, folder, 1, 3, "successor")
    _file(server, "510104", title="致锦江")
    _file(server, "510100", title="再致510100")
    # What came before was sealed to a key that only the supervisor who left could open; ADR 9 says why.
    assert Desk(server, "successor").sign_in().titles() == [None, "再致510100"]

    failed, stolen = _run(server, "-m", "tests.thief", str(folder), *CARD_PHRASES)
    assert failed == 0, stolen
    assert json.loads(stolen) == {
        "alone": [0, 0, 0],
        "others": [0, 0, 0],
        "pairs": [1, 1, 1],
        "boxes": [3, True],
    }
