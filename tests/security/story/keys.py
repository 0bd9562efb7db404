"""What people do with their own sessions, passphrases and drafts, and the index their key builds."""

import json
import re
import sqlite3
from uuid import uuid4

import psycopg

from tests.security.story.stage import Stage, hidden
from tests.security.visitor import Visitor

_LEAD = "desk/leads/new/"
_LOCK = (
    "UPDATE accounts_session SET stored_key = NULL"
    " WHERE staff_id = (SELECT id FROM accounts_staff WHERE username = 'leader')"
)


def play(stage: Stage) -> None:
    """Expects the newcomer of `accounts.play`."""
    _passphrase(stage)
    _drafts(stage)
    _locked(stage)
    _index(stage)
    _factors(stage)
    _reset(stage)


def _passphrase(stage: Stage) -> None:
    """Changed once, after every way to get it wrong; other sessions ended one by one."""
    words, person = stage.aviary.words, stage.staff("handler")
    typed = {
        name: words(f"passphrase: {name}", around="{}-correct horse") for name in ("passphrase", "wrong")
    }
    new, wrong = typed["passphrase"], typed["wrong"]
    present = stage.passphrase("handler")
    person.get("desk/passphrase/")
    change = {"present": present, "passphrase": new, "again": new}
    person.form("desk/passphrase/", {**change, "again": wrong}, 400)
    person.form("desk/passphrase/", {**change, "present": words("passphrase: wrong present one")}, 400)
    person.form("desk/passphrase/", change)
    stage.passphrases["handler"] = new
    person.get("desk/sessions/", query={"done": words("sessions: done")})
    person.form("desk/sessions/", {"session": words("sessions: handle")}, 404)
    person.form("desk/sessions/", {"others": "1"}, 302)


def _slot(stage: Stage, name: str) -> tuple[str, str]:
    """A draft's id, and the hidden field that names it; even its labels are canaries."""
    words, draft = stage.aviary.words, str(uuid4())
    fields = [["title", words(f"{name}: label"), 0], ["summary", "摘要", 1]]
    slot = {"id": draft, "page": f"/{_LEAD}", "form": words(f"{name}: form"), "fields": fields}
    return draft, json.dumps(slot, ensure_ascii=False)


def _drafts(stage: Stage) -> None:
    words, leader = stage.aviary.words, stage.staff("leader")
    draft, slot = "", ""
    leader.get(_LEAD, query={"draft": words("lead: draft in the address")})
    for number in range(2):
        draft, slot = _slot(stage, f"draft {number}")
        typed = {name: words(f"draft {number}: {name}") for name in ("title", "summary")}
        leader.form("desk/drafts/", {"slot": slot, **typed})
        leader.form("desk/drafts/", {"slot": slot, **typed, "title": words(f"draft {number}: title again")})
        leader.get(_LEAD, query={"draft": draft})
    leader.form(f"desk/drafts/{draft}/discard/", {}, 302)
    no_slot = {"slot": words("draft: no slot"), "summary": words("draft: text without a slot")}
    leader.form("desk/drafts/", no_slot, 400)
    stage.somebody().form("desk/drafts/", {"slot": slot, "summary": words("draft: of nobody")}, 401, 403)


def _locked(stage: Stage) -> None:
    """Typed and sent while locked; then the passphrase opens the session and the words are back."""
    words, leader = stage.aviary.words, stage.staff("leader")
    _lock(stage.server.database)
    _, slot = _slot(stage, "typed while locked")
    leader.form("desk/drafts/", {"slot": slot, "summary": words("typed while locked: summary")})
    _, slot = _slot(stage, "sent while locked")
    typed = {"draft": slot, **{name: words(f"sent while locked: {name}") for name in ("title", "summary")}}
    back = leader.form(_LEAD, typed, 302).headers["Location"].lstrip("/")
    came_from = words("lead: page it came from", around="http://house.example/desk/{}")
    leader.raw(_LEAD, b"", "application/x-www-form-urlencoded", 302, Referer=came_from)
    page = leader.get("desk/sign-in/").text
    assert _unlocks(page) == "leader"
    unlock = {"username": "leader", "next": "/desk/"}
    leader.form("desk/sign-in/", {**unlock, "passphrase": words("unlock: wrong passphrase")}, 401)
    leader.form("desk/sign-in/", {**unlock, "passphrase": stage.passphrase("leader")}, 302)
    stage.remember("leader, unlocked", leader)
    assert "draft" in back
    restored = leader.get(_LEAD, query={"draft": json.loads(slot)["id"]}).text
    assert "sent while locked: summary" in stage.aviary.in_text(restored)


def _unlocks(page: str) -> str:
    """Whose session the page unlocks."""
    found = re.search(r'<input[^>]*name="username"[^>]*value="([^"]*)"', page)
    return found.group(1) if found else ""


def _lock(url: str) -> None:
    """As an idle quarter of an hour does."""
    if url.startswith("sqlite:"):
        connection = sqlite3.connect(url.removeprefix("sqlite:///"), timeout=20)
        with connection:
            connection.execute(_LOCK)
        connection.close()
        return
    with psycopg.connect(url, autocommit=True) as postgres:
        postgres.execute(_LOCK.encode())


def _index(stage: Stage) -> None:
    triager, page = stage.staff("triager"), "desk/queue/index/"
    triager.get(page)
    start = {"entered": "0", "unopened": "0"}
    triager.form(page, {**start, "cursor": ""})
    triager.form(page, {**start, "cursor": stage.aviary.words("index: cursor")}, 400)


def _factors(stage: Stage) -> None:
    """In a demo there are no second factors, and what is sent there is nowhere kept."""
    words, leader = stage.aviary.words, stage.staff("leader")
    for page in ("second-step/", "factors/", "factors/add/", "factors/add/phone/", "factors/add/key/"):
        typed = {name: words(f"{page}: {name}") for name in ("code", "response", "next")}
        leader.get(f"desk/{page}", 200, 302, 404, query={"next": words(f"{page}: next in the address")})
        leader.form(f"desk/{page}", typed, 200, 302, 400, 404)


def _reset(stage: Stage) -> None:
    """The newcomer forgot the passphrase: a code, another passphrase, let in again."""
    username, staff = stage.newcomer
    aviary, person = stage.aviary, stage.somebody()
    shown = stage.staff("sysadmin").form(f"desk/staff/{staff}/", {"reset": "1"}).text
    found = re.search(r'fingerprint">([0-9a-f]{20})<', shown)
    assert found is not None
    passphrase = aviary.words("join again: passphrase", around="{}-correct horse")
    typed = {"username": username, "passphrase": passphrase, "again": passphrase}
    person.get("desk/join/")
    person.form("desk/join/", {**typed, "code": aviary.words("join again: wrong code")})
    person.form("desk/join/", {**typed, "code": aviary.given("code to join again", found.group(1))})
    stage.passphrases[username] = passphrase
    again = stage.somebody().sign_in(username, passphrase)
    stage.remember(f"{username} after the reset", again)
    _let_in_again(stage.staff("leader-province"), staff)


def _let_in_again(leader: Visitor, staff: str) -> None:
    fingerprint = hidden(leader.get("desk/grants/").text, "fingerprint")
    leader.form("desk/grants/", {"staff": staff, "fingerprint": fingerprint, "compared": "1"})
