"""How people come and go: invited, joined, given a role, let in, signed in by page and by API."""

import re

from tests.security.story.stage import Stage
from tests.security.visitor import read

NAMED = ("accounts_staff.username", "audit_entry.actor")
_ORGAN = "510000"


def play(stage: Stage) -> None:
    """A new triager of the province joins and is let in; every refusal on the way is met once."""
    username, code = _invite(stage)
    passphrase = _join(stage, username, code)
    staff = _give_role(stage, username)
    _let_in(stage, username, passphrase, staff)
    _sign_in_by_api(stage, username, passphrase)
    stage.newcomer = (username, staff)
    _read_the_log(stage)


def _invite(stage: Stage) -> tuple[str, str]:
    sysadmin, aviary = stage.staff("sysadmin"), stage.aviary
    username = aviary.ascii("invite: username", clear=NAMED)
    display = aviary.words("invite: display name", clear=("accounts_staff.display_name",))
    sysadmin.get("desk/staff/")
    typed = {"username": username, "display_name": display}
    refused = sysadmin.form("desk/staff/", {**typed, "organ": aviary.words("invite: organ")[:16]}, 200)
    assert "加入码" not in refused.text
    invited = sysadmin.form("desk/staff/", {**typed, "organ": _ORGAN})
    sysadmin.get("desk/staff/", 400, query={"cursor": aviary.words("staff: cursor")})
    found = re.search(r'fingerprint">([0-9a-f]{20})<', invited.text)
    assert found is not None
    return username, aviary.given("joining code", found.group(1))


def _join(stage: Stage, username: str, code: str) -> str:
    aviary, person = stage.aviary, stage.somebody()
    passphrase = aviary.words("join: passphrase", around="{}-correct horse")
    mistyped = aviary.words("join: passphrase mistyped", around="{}-correct horse")
    typed = {"username": username, "passphrase": passphrase, "again": passphrase}
    person.get("desk/join/")
    person.form("desk/join/", {**typed, "code": code, "again": mistyped})
    person.form("desk/join/", {**typed, "code": aviary.words("join: wrong code")})
    joined = person.form("desk/join/", {**typed, "code": code})
    assert "error" not in joined.text
    stage.passphrases[username] = passphrase
    return passphrase


def _give_role(stage: Stage, username: str) -> str:
    secadmin = stage.staff("secadmin")
    query: dict[str, str] = {}
    page = ""
    while f">{username}<" not in page:
        page = secadmin.get("desk/staff/", query=query).text
        following = re.search(r"cursor=([^\"&]+)", page)
        query = {"cursor": following.group(1)} if following else {}
    row = page[: page.index(f">{username}<")]
    staff = str(re.findall(r"/desk/staff/([0-9a-f-]{36})/", row)[-1])
    secadmin.get(f"desk/staff/{staff}/")
    secadmin.form(f"desk/staff/{staff}/", {"roles": "triager"})
    return staff


def _let_in(stage: Stage, username: str, passphrase: str, staff: str) -> None:
    leader, words = stage.staff("leader-province"), stage.aviary.words
    newcomer = stage.somebody().sign_in(username, passphrase)
    stage.remember(username, newcomer)
    page = leader.get("desk/grants/").text
    found = re.search(r'name="fingerprint" value="([\d ]+)"', page)
    assert found is not None
    leader.form(
        "desk/grants/", {"staff": staff, "fingerprint": words("grants: fingerprint"), "compared": "1"}, 400
    )
    leader.form("desk/grants/", {"staff": words("grants: staff"), "fingerprint": "1", "compared": "1"}, 400)
    leader.form("desk/grants/", {"staff": staff, "fingerprint": found.group(1), "compared": "1"})
    read(newcomer.get("api/v1/desk/queue"))


def _sign_in_by_api(stage: Stage, username: str, passphrase: str) -> None:
    words, client = stage.aviary.words, stage.somebody("192.0.2.3")
    body = {"username": username, "password": passphrase, "otp": words("session: otp")}
    client.json("api/v1/desk/session", body)
    client.get("api/v1/desk/session")
    stage.cookies[f"{username} by API"] = dict(client.http.cookies)
    stage.aviary.key("session key by API", client.http.cookies["yanlu_key"])
    wrong = {"username": username, "password": words("session: wrong passphrase")}
    stage.somebody("192.0.2.4").json("api/v1/desk/session", wrong, 401)
    swapped = {"username": words("session: passphrase typed as username"), "password": "x"}
    stage.somebody("192.0.2.4").json("api/v1/desk/session", swapped, 401)
    by_page = stage.somebody("192.0.2.4")
    by_page.get("desk/sign-in/", query={"next": words("sign in: next", around="/desk/queue/?q={}")})
    typed = {
        "username": username,
        "passphrase": words("sign in: wrong passphrase"),
        "next": words("sign in: typed next", around="/desk/queue/?q={}"),
    }
    by_page.form("desk/sign-in/", typed, 401)
    by_page.form("desk/sign-in/", {**typed, "passphrase": passphrase}, 302)
    stage.remember(f"{username} again", by_page)
    by_page.form("desk/sign-out/", {}, 302)


def _read_the_log(stage: Stage) -> None:
    auditor, words = stage.staff("auditor"), stage.aviary.words
    auditor.get("desk/audit/", query={"organ": words("audit: organ")})
    auditor.get("desk/audit/", 400, query={"cursor": words("audit: cursor")})
