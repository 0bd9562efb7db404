"""The main job over the API alone: filed, read, answered, made a lead; the county sees nothing."""

import re

import pytest
from django.test import Client

from portal.audit.queries import verify_all
from tests.rest import TIP, Rest, read

pytestmark = pytest.mark.django_db
LINE = ["id", "version", "state", "outcome", "title", "kind", "channel", "organ"]
LINE += ["received_at", "due", "claimed_by", "urgent"]
SHAPE = ["code", "detail", "fields"]


def test_story_from_tip_to_lead_to_answer(house: None) -> None:
    reporter, triager, county = Rest(), Rest("triager"), Rest("triager-county")

    filed = reporter.post("reports", TIP, **{"Idempotency-Key": "00112233445566778899aabbccddeeff"})
    assert filed.status_code == 201
    receipt = read(filed)
    assert re.fullmatch(r"(\d{5}-){4}\d{5}", receipt["receipt"])
    assert (receipt["status"], sorted(receipt)) == (
        "submitted",
        ["proof", "receipt", "received_at", "reply_due", "status"],
    )
    assert receipt["received_at"].endswith("+08:00")
    assert not filed.cookies

    page = read(triager.get("desk/queue"))
    (line,) = page["items"]
    assert page["next"] is None
    assert sorted(line) == sorted(LINE)
    assert (line["title"], line["state"], line["organ"]) == (TIP["title"], "open", "510100")

    item = f"desk/queue/{line['id']}"
    detail = triager.get(item)
    assert (read(detail)["content"], detail.headers["ETag"]) == (TIP["content"], f'"{line["version"]}"')

    claimed = triager.post(f"{item}/claim", {"version": line["version"]})
    assert (claimed.status_code, read(claimed)["claimed_by"]) == (200, "triager")
    replied = triager.post(
        f"{item}/reply",
        {"text": "已收到，正在核查。", "final": False},
        **{"If-Match": claimed.headers["ETag"]},
    )
    assert replied.status_code == 200
    decided = triager.post(
        f"{item}/decide", {"outcome": "lead", "reason": "", "note": "", "version": read(replied)["version"]}
    )
    assert decided.status_code == 200
    assert (read(decided)["state"], read(decided)["outcome"]) == ("decided", "lead")

    lead = read(triager.get(f"ledger/leads/{read(decided)['lead_id']}"))
    assert lead["lead_no"]
    assert [row["id"] for row in read(triager.get("ledger/leads"))["items"]] == [lead["id"]]

    thread = read(reporter.get("report", Authorization=f"Receipt {receipt['receipt']}"))
    assert [(m["from"], m["text"]) for m in thread["messages"]] == [("office", "已收到，正在核查。")]
    assert thread["status"] in {"accepted", "in_progress"}
    assert sorted(thread) == ["asked", "messages", "rating", "received_at", "reply_due", "status"]

    for path in ("desk/queue", "ledger/leads", "desk/queue?q=王某", "desk/queue?state=decided"):
        assert read(county.get(path)) == {"items": [], "next": None}
    for path in (item, f"ledger/leads/{lead['id']}"):
        assert county.get(path).status_code == 404
    assert verify_all()[1] == []


def test_story_question_answer_rating_withdrawal(house: None) -> None:
    reporter, triager = Rest(), Rest("triager")
    receipt = {"Authorization": f"Receipt {reporter.file()}"}
    (line,) = read(triager.get("desk/queue"))["items"]
    item = f"desk/queue/{line['id']}"

    asked = triager.post(f"{item}/ask", {"text": "请补充时间和证人。", "version": line["version"]})
    assert (asked.status_code, read(asked)["state"]) == (200, "waiting")
    thread = read(reporter.get("report", **receipt))
    assert (thread["status"], thread["asked"]) == ("supplement_needed", "请补充时间和证人。")

    assert reporter.post("report/messages", {"text": "三月五日下午"}, **receipt).status_code == 200
    current = triager.get(item)
    assert (read(current)["state"], read(reporter.get("report", **receipt))["asked"]) == ("open", None)

    final = triager.post(
        f"{item}/reply", {"text": "已核查完毕。", "final": True, "version": read(current)["version"]}
    )
    assert final.status_code == 200
    rated = reporter.post("report/rating", {"rating": 4}, **receipt)
    assert (read(rated)["status"], read(rated)["rating"]) == ("answered", 4)
    assert reporter.post("report/withdraw", {}, **receipt).status_code == 200


@pytest.mark.parametrize(
    ("authorization", "status", "code"),
    [
        (None, 401, "not_signed_in"),
        ("Bearer 12345", 401, "not_signed_in"),
        ("Receipt ", 404, "not_found"),
        ("Receipt nonsense", 404, "not_found"),
        ("Receipt 12345-12345-12345-12345-12345", 404, "not_found"),
        ("Receipt " + "9" * 500, 404, "not_found"),
    ],
)
def test_receipt_header_missing_or_wrong(
    house: None, authorization: str | None, status: int, code: str
) -> None:
    headers = {"Authorization": authorization} if authorization is not None else {}

    answer = Rest().get("report", **headers)

    assert (answer.status_code, read(answer)["code"]) == (status, code)


def test_receipt_typing_habits_work_in_the_header(house: None) -> None:
    rest = Rest()
    receipt = rest.file()
    full_width = "".join(chr(ord(c) + 0xFEE0) if c.isdigit() else c for c in receipt)

    for typed in (receipt.replace("-", " "), receipt.replace("-", ""), full_width):
        raw = typed.encode().decode("latin-1")
        assert rest.get("report", Authorization=f"Receipt {raw}").status_code == 200


def test_errors_have_one_shape(house: None) -> None:
    rest, triager = Rest(), Rest("triager")
    answers = [
        (rest.post("reports", {**TIP, "colour": "red"}), 400, "unknown_field", ["colour"]),
        (rest.post("reports", {**TIP, "title": ""}), 400, "invalid", ["title"]),
        (
            rest.post("reports", {**TIP, "subjects": [{"colour": 1}]}),
            400,
            "unknown_field",
            ["subjects.0.colour"],
        ),
        (rest.post("reports", {**TIP, "content": "x" * 300_000}), 413, "too_large", []),
        (rest.post("reports", [TIP]), 400, "invalid", None),
        (rest.get("desk/queue"), 401, "not_signed_in", []),
        (rest.get("nowhere"), 404, "not_found", []),
        (triager.get("desk/queue?colour=red"), 400, "unknown_field", ["colour"]),
        (triager.get("desk/queue?limit=0"), 400, "invalid", ["limit"]),
        (triager.get("desk/queue?cursor=%00"), 400, "invalid", ["cursor"]),
        (triager.get("desk/queue/00000000-0000-4000-8000-000000000000"), 404, "not_found", []),
    ]
    for answer, status, code, fields in answers:
        body = read(answer)
        assert (answer.status_code, sorted(body), body["code"]) == (
            status,
            ["code", "detail", "fields"],
            code,
        )
        if fields is not None:
            assert sorted(body["fields"]) == fields


def test_versions_missing_and_stale(house: None) -> None:
    rest, triager = Rest(), Rest("triager")
    rest.file()
    (line,) = read(triager.get("desk/queue"))["items"]
    item = f"desk/queue/{line['id']}"

    missing = triager.post(f"{item}/claim", {})
    done = triager.post(f"{item}/claim", {"version": line["version"]})
    stale = triager.post(f"{item}/release", {"version": line["version"]})
    both_forms = triager.post(f"{item}/release", {}, **{"If-Match": f"W/{done.headers['ETag']}"})

    assert (missing.status_code, read(missing)["code"]) == (428, "version_required")
    assert (stale.status_code, read(stale)["code"]) == (409, "stale")
    assert both_forms.status_code == 200


def test_idempotency_same_key(house: None) -> None:
    rest, key = Rest(), {"Idempotency-Key": "0f" * 16}

    one, two = rest.post("reports", TIP, **key), rest.post("reports", TIP, **key)
    other = rest.post("reports", {**TIP, "title": "别的"}, **key)
    bad = rest.post("reports", TIP, **{"Idempotency-Key": "short"})

    assert (one.status_code, one.content) == (two.status_code, two.content)
    assert (other.status_code, bad.status_code) == (409, 400)


def test_public_endpoints_set_no_cookie_and_need_no_csrf(house: None) -> None:
    client = Client(enforce_csrf_checks=True)
    client.cookies["csrftoken"] = "x"

    for path in ("organs", "organs?parent=510000", "organs?q=jjq", "categories"):
        answer = client.get(f"/api/v1/{path}")
        assert (answer.status_code, dict(answer.cookies)) == (200, {})
    assert len(read(client.get("/api/v1/organs?parent=510000"))["items"]) == 21  # type: ignore[arg-type]
