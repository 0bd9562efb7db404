"""What the public does: files by page and by API, adds, rates, withdraws, changes receipts, looks around."""

import html
import re
from typing import Any

from tests.security.story.stage import Stage, hidden
from tests.security.visitor import Visitor, read

CITY, COUNTY = "510100", "510104"
WORKED_ON = (
    "void",
    "void by page",
    "talk",
    "talk by page",
    "refer",
    "lift",
    "lift by page",
    "repeat",
    "main",
)
"""Reports filed by API for the staff to work on, by what will happen to them."""


def play(stage: Stage) -> None:
    """All of it; the receipts and the word each report is found by stay on the stage."""
    for page in ("report", "suggest"):
        _file_by_page(stage, page)
    _follow_by_page(stage)
    for name in WORKED_ON:
        file_by_api(stage, name)
    _follow_by_api(stage)
    _look_around(stage)


def _file_by_page(stage: Stage, page: str) -> None:
    """Search for an organ, be refused once, file, send the page again with other words."""
    person, fields = stage.somebody(), _fields(stage, page)
    path = f"{page}/"
    words = stage.aviary.words
    person.get(path, query={"q": words(f"{page}: searched in the address")})
    person.form(path, {**fields, "q": words(f"{page}: searched"), "find": "1"})
    refused = {name: value for name, value in fields.items() if name != "consent"}
    person.form(path, {**refused, "title": words(f"{page}: refused title")}, 400)
    done = person.form(path, fields)
    number = hidden(done.text, "receipt")
    stage.receipt(page, number)
    original, proof = _textarea(done.text, "original"), _textarea(done.text, "proof")
    stage.aviary.given(f"{page}: proof", proof, clear=("intake_report.proof",))
    for file in ("original", "proof"):
        person.form("report/proof/", {"receipt": number, "original": original, "proof": proof, "file": file})
    if page == "report":
        stage.kept["original"], stage.kept["proof"] = original, proof
    foreign = {"original": words(f"{page}: foreign original"), "proof": words(f"{page}: foreign proof")}
    person.form("report/proof/", {"receipt": number, "file": "proof", **foreign}, 400)
    person.form(path, {**fields, "title": words(f"{page}: same nonce, other title")}, 409)


def _fields(stage: Stage, page: str) -> dict[str, str]:
    aviary = stage.aviary
    fields = {
        "organ": CITY,
        "about_organ": "no",
        "nonce": aviary.nonce(f"{page}: nonce"),
        "consent": "on",
        **{name: aviary.words(f"{page}: {name}") for name in ("title", "content", "occurred", "place")},
        **_identity(stage, page, "identity-"),
    }
    for row in range(3):
        for part in ("name", "organ_text", "post"):
            fields[f"subjects-{row}-{part}"] = aviary.words(f"{page}: subject {row} {part}")
    return fields


def _identity(stage: Stage, who: str, prefix: str = "") -> dict[str, str]:
    aviary = stage.aviary
    return {
        f"{prefix}name": aviary.words(f"{who}: reporter's name"),
        f"{prefix}phone": aviary.mobile(f"{who}: reporter's phone"),
        f"{prefix}id_number": aviary.id_number(f"{who}: reporter's id number"),
        f"{prefix}address": aviary.words(f"{who}: reporter's address"),
        f"{prefix}email": aviary.email(f"{who}: reporter's mail"),
    }


def _textarea(page: str, name: str) -> str:
    found = re.search(rf'<textarea[^>]*name="{name}"[^>]*>(.*?)</textarea>', page, re.DOTALL)
    assert found is not None, f"no {name} on the page"
    return html.unescape(found.group(1))


def _follow_by_page(stage: Stage) -> None:
    person, words = stage.somebody(), stage.aviary.words
    receipt = stage.receipts["report"]
    person.form("track/", {"receipt": receipt, "text": words("track: text beside the receipt")})
    nonce = hidden(person.form("track/", {"receipt": receipt}).text, "nonce")
    person.form("track/add/", {"receipt": receipt, "nonce": nonce, "text": words("track: supplement")})
    again = {"receipt": receipt, "nonce": nonce, "text": words("track: supplement sent twice")}
    person.form("track/add/", again)
    person.form("track/add/", {"receipt": receipt, "text": words("track: too long") + "长" * 20_000}, 400)
    person.form("track/rate/", {"receipt": receipt, "rating": "5"}, 200, 400)
    person.form("track/withdraw/", {"receipt": receipt})
    _change_receipt_by_page(stage, person)
    person.form("track/withdraw/", {"receipt": stage.receipts["suggest"], "confirmed": "1"})
    unknown = {"receipt": "27182-81828-45904-52353-60287", "text": words("track: text for nobody")}
    person.form("track/add/", unknown, 404)


def _change_receipt_by_page(stage: Stage, person: Visitor) -> None:
    change = {"receipt": stage.receipts["report"], "nonce": stage.aviary.nonce("track: nonce of new receipt")}
    changed = person.form("track/receipt/", change)
    stage.receipt("report, changed", hidden(changed.text, "receipt"))
    person.form("track/", {"receipt": stage.receipts["report"]}, 404)
    person.form("track/", {"receipt": stage.receipts["report, changed"]})


def body_for_api(stage: Stage, name: str) -> dict[str, Any]:
    """A tip to the city about an unknown organ's people, every text a canary."""
    words = stage.aviary.words
    texts = {part: words(f"api {name}: {part}") for part in ("title", "content", "occurred", "place")}
    subject = {part: words(f"api {name}: subject {part}") for part in ("name", "post")}
    return {
        "kind": "tip",
        "organ": CITY,
        "about_organ": False,
        **texts,
        "subjects": [{**subject, "organ": COUNTY}],
        "identity": _identity(stage, f"api {name}"),
        "altcha": words(f"api {name}: altcha"),
    }


def file_by_api(stage: Stage, name: str) -> None:
    """File one report; the same again gives the same receipt, another body under its nonce none."""
    person, body = stage.somebody(), body_for_api(stage, name)
    nonce = stage.aviary.nonce(f"api {name}: nonce")
    answer = read(person.json("api/v1/reports", body, 201, Idempotency_Key=nonce))
    stage.receipt(name, answer["receipt"])
    stage.words[name] = body["title"]
    person.json("api/v1/reports", body, 201, Idempotency_Key=nonce)
    other = {**body, "place": stage.aviary.words(f"api {name}: place of another body")}
    person.json("api/v1/reports", other, 409, Idempotency_Key=nonce)


def _follow_by_api(stage: Stage) -> None:
    person, words = stage.somebody(), stage.aviary.words
    receipt = f"Receipt {stage.receipts['talk']}"
    person.get("api/v1/report", Authorization=receipt)
    for name in ("talk", "talk by page", "repeat"):
        text = {"text": words(f"api {name}: supplement")}
        person.json("api/v1/report/messages", text, Authorization=f"Receipt {stage.receipts[name]}")
    unresolved = body_for_api(stage, "about the office itself")
    unresolved["subjects"] = [
        {part: words(f"api unresolved: {part}") for part in ("name", "organ_text", "post")}
    ]
    person.json("api/v1/reports", {**unresolved, "about_organ": None}, 201)
    for field, value in _codes(stage).items():
        person.json("api/v1/reports", {**body_for_api(stage, f"wrong {field}"), **value}, 400)
    withdrawn = stage.receipts["void"]
    person.json("api/v1/report/withdraw", {}, Authorization=f"Receipt {withdrawn}")
    new = person.json(
        "api/v1/report/receipt",
        {},
        Authorization=f"Receipt {withdrawn}",
        Idempotency_Key=stage.aviary.nonce("api: nonce of new receipt"),
    )
    stage.receipt("void, changed", read(new)["receipt"])


def _codes(stage: Stage) -> dict[str, dict[str, Any]]:
    code = stage.aviary.words
    return {
        "organ": {"organ": code("api: organ code")},
        "subject": {"subjects": [{"name": "王某", "organ": code("api: subject's organ code")}]},
        "category": {"category": code("api: category code")},
    }


def _look_around(stage: Stage) -> None:
    person, words = stage.somebody(), stage.aviary.words
    person.get("api/v1/organs", query={"q": words("organs: searched")})
    person.get("api/v1/organs", 400, query={"parent": words("organs: parent")})
    for path in ("organs", "categories", "forms", "proof-keys"):
        person.get(f"api/v1/{path}", 400, query={"cursor": words(f"{path}: cursor")})
        person.get(f"api/v1/{path}", 400, query={"limit": words(f"{path}: limit")})
    person.get("metrics", 404, Authorization=words("metrics: token"))
