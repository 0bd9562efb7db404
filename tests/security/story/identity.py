"""How an identity is asked for, refused, lent, opened, returned, taken back; the words are all canaries."""

from tests.security.story.stage import Stage
from tests.security.visitor import Visitor

_LONGER_THAN_ANY = 20_000


def play(stage: Stage) -> None:
    """One triager asks five times about one report; the custodian answers each in another way."""
    triager, custodian = stage.staff("triager"), stage.staff("custodian")
    report = stage.item("triager", stage.words["main"])["id"]
    _refused(stage, triager, custodian, report)
    _opened(stage, triager, custodian, report)
    withdrawn = _asked(stage, triager, report, "withdrawn")
    custodian.form(f"{withdrawn}approve/", {"days": "1"}, 302)
    custodian.form(f"{withdrawn}withdraw/", {}, 302)
    triager.form(f"{withdrawn}open/", {}, 400, 409)
    triager.form(f"{_asked(stage, triager, report, 'cancelled')}cancel/", {}, 302)
    custodian.form("desk/identity/carry/", {}, 302)
    _lists(stage, triager, custodian)


def _asked(stage: Stage, triager: Visitor, report: str, what: str) -> str:
    """The path of a new request."""
    reason = stage.aviary.words(f"identity, {what}: reason")
    made = triager.form(f"desk/identity/reports/{report}/", {"reason": reason}, 302)
    return made.headers["Location"].partition("?")[0].lstrip("/")


def _refused(stage: Stage, triager: Visitor, custodian: Visitor, report: str) -> None:
    words, ask = stage.aviary.words, f"desk/identity/reports/{report}/"
    triager.get(f"desk/queue/{report}/", query={"draft": words("item: draft in the address")})
    triager.get(ask)
    triager.form(ask, {"reason": words("identity: too long") + "长" * _LONGER_THAN_ANY}, 400)
    request = _asked(stage, triager, report, "refused")
    triager.form(ask, {"reason": words("identity: asked twice")}, 400)
    triager.form(f"{request}refuse/", {"reason": words("identity: not mine to refuse")}, 403)
    read = custodian.get(request)
    assert stage.aviary.in_text(read.text) == ["identity, refused: reason"]
    too_long = words("identity: refusal too long") + "长" * _LONGER_THAN_ANY
    custodian.form(f"{request}refuse/", {"reason": too_long}, 400)
    custodian.form(f"{request}refuse/", {"reason": words("identity: refusal")}, 302)
    assert "identity: refusal" in stage.aviary.in_text(triager.get(request).text)
    custodian.form(f"{request}refuse/", {"reason": words("identity: refused twice")}, 400, 409)


def _opened(stage: Stage, triager: Visitor, custodian: Visitor, report: str) -> None:
    words = stage.aviary.words
    request = _asked(stage, triager, report, "opened")
    custodian.form(f"{request}approve/", {"days": words("identity: days")}, 400)
    custodian.form(f"{request}approve/", {"days": "1"}, 302)
    shown = triager.form(f"{request}open/", {})
    assert "api main: reporter's name" in stage.aviary.in_text(shown.text)
    triager.get(request, query={"done": words("identity: done")})
    triager.form(f"{request}return/", {}, 302)


def _lists(stage: Stage, triager: Visitor, custodian: Visitor) -> None:
    words = stage.aviary.words
    custodian.get("desk/identity/", query={"carried": words("identity: carried")})
    triager.get("desk/identity/")
    triager.get("desk/identity/", 400, query={"cursor": words("identity: cursor")})
