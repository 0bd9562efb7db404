"""Filing through the pages: what is asked, what comes back, what is kept."""

import json
import re

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from portal.intake.content import Content, Subject
from portal.intake.models import Report
from portal.intake.queries import open_original
from tests.people import CITY, COUNTY, PROVINCE, People
from tests.portal.public.pages import FORM, NONCE, browser, file, receipt_on, text_of

pytestmark = pytest.mark.usefixtures("house")


def test_tip_gives_receipt_and_stores_text_verbatim(people: People) -> None:
    response = file(browser())

    assert response.status_code == 200
    assert re.fullmatch(r"(\d{5}-){4}\d{5}", receipt_on(response))
    report = Report.objects.get()
    assert open_original(report, people.triager.keyring) == Content(
        title="窗口人员多次推诿",
        text="三月以来去了四次，\n每次都说负责人不在。",
        about_organ=False,
        subjects=(Subject(name="王某", organ=COUNTY, organ_text="锦江区检察院", post="窗口人员"),),
        occurred="2026年3月",
        place="城东窗口",
    )


def test_suggestion_stays_with_organ_unless_asked_otherwise() -> None:
    file(browser(), "/suggest/", about_organ=None, subjects__0__name="")

    assert Report.objects.get().holder_id == CITY


@pytest.mark.parametrize("answer", ["yes", "unsure", None])
def test_tip_about_the_organ_itself_goes_above_it(answer: str | None) -> None:
    file(browser(), about_organ=answer)

    assert Report.objects.get().holder_id == PROVINCE


def test_same_page_sent_twice_gives_same_receipt_and_one_report() -> None:
    client = browser()

    first, second = file(client), file(client)

    assert receipt_on(first) == receipt_on(second)
    assert Report.objects.count() == 1


def test_changed_text_under_used_nonce_is_kept_and_can_be_sent_again() -> None:
    client = browser()
    file(client)

    refused = file(client, title="另一件事")

    assert refused.status_code == 409
    assert 'value="另一件事"' in refused.content.decode()
    nonce = re.search(r'name="nonce" value="([0-9a-f]{32})"', refused.content.decode())
    assert nonce is not None
    assert nonce.group(1) != NONCE
    assert file(client, title="另一件事", nonce=nonce.group(1)).status_code == 200
    assert Report.objects.count() == 2


@pytest.mark.parametrize(
    ("field", "value", "anchor", "reason"),
    [
        ("organ", "", "id_organ", "请选择检察院。"),
        ("organ", "999999", "id_organ", "请从列表中选择检察院。"),
        ("title", " ", "id_title", "请填写此项。"),
        ("content", "字" * 20_001, "id_content", "最多 20000 个字，现有 20001 个字。"),
        ("consent", "", "id_consent", "请先阅读并勾选同意。"),
        ("subjects-2-post", "长" * 61, "id_subjects-2-post", "最多 60 个字，现有 61 个字。"),
        ("identity-phone", "1" * 41, "id_identity-phone", "最多 40 个字，现有 41 个字。"),
    ],
)
def test_error_stands_beside_field_and_in_summary_and_text_stays(
    field: str, value: str, anchor: str, reason: str
) -> None:
    response = browser().post("/report/", {**FORM, field: value})

    page = response.content.decode().replace("\r\n", "\n")
    assert response.status_code == 400
    assert re.search(f'<a href="#{anchor}">[^<]+：{reason}</a>', page)
    assert re.search(f'id="{anchor}_error"><ul><li><span[^>]*>有误：</span>{reason}</li></ul>', page)
    assert f'id="{anchor}"' in page
    assert "王某" in page
    if field != "content":
        assert "三月以来去了四次，\n每次都说负责人不在。" in page
    assert Report.objects.count() == 0


def test_named_reporter_is_sealed_apart() -> None:
    file(browser(), identity__name="李某", identity__phone="13800000000")

    report = Report.objects.select_related("identity").get()
    assert report.identity is not None
    assert sorted(report.identity.envelopes.values_list("share", flat=True)) == [
        "custody_half",
        "holder_half",
    ]


def test_search_keeps_everything_written_and_selects_the_organ() -> None:
    response = file(browser(), q="锦江", find="1", organ="", consent=None)

    page = response.content.decode()
    assert response.status_code == 200
    assert f'<option value="{COUNTY}" selected>' in page
    assert "窗口人员多次推诿" in page
    assert "王某" in page
    assert "problems" not in page
    assert Report.objects.count() == 0


def test_search_without_script_works_by_address() -> None:
    page = browser().get("/report/?q=jinjiang").content.decode()

    assert f'<option value="{COUNTY}" selected>' in page


def test_search_that_finds_nothing_says_so() -> None:
    assert "没有找到“月球”" in text_of(browser().get("/report/?q=月球"))


def test_proof_and_original_come_as_files_and_belong_together() -> None:
    client = browser()
    page = file(client)
    context = page.context
    fields = {
        "receipt": receipt_on(page),
        "original": context["original"],
        "proof": context["receipt"].proof,
    }

    proof = client.post("/report/proof/", {**fields, "file": "proof"})
    original = client.post("/report/proof/", {**fields, "file": "original"})

    assert proof.content.decode() == fields["proof"]
    assert original.content.decode() == fields["original"]
    assert json.loads(original.content)["title"] == FORM["title"]
    assert re.fullmatch(r'attachment; filename="proof-\d{8}\.txt"', proof["Content-Disposition"])
    assert re.fullmatch(r'attachment; filename="original-\d{8}\.json"', original["Content-Disposition"])


@pytest.mark.parametrize("changed", ["receipt", "original", "proof"])
def test_nothing_but_what_was_filed_is_handed_out(changed: str) -> None:
    client = browser()
    page = file(client)
    fields = {
        "receipt": receipt_on(page),
        "original": page.context["original"],
        "proof": page.context["receipt"].proof,
        "file": "original",
    }

    response = client.post("/report/proof/", {**fields, changed: "x"})

    assert response.status_code == 400
    assert "Content-Disposition" not in response


def test_more_than_the_server_reads_is_refused_plainly() -> None:
    response = file(browser(), content="字" * 100_000)

    assert response.status_code == 413
    assert "内容过长，没有提交。" in text_of(response)


def test_forty_people_behind_one_address_all_get_through() -> None:
    statuses = {file(Client(), nonce=f"{number:032x}").status_code for number in range(40)}

    assert statuses == {200}
    assert Report.objects.count() == 40


def test_absurd_rate_is_refused_with_the_text_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("portal.public.views.FILING_RATE", "1/m")
    client = browser()
    file(client)

    response = file(client, nonce="f" * 32)

    assert response.status_code == 429
    assert 1 <= int(response["Retry-After"]) <= 60
    assert "每次都说负责人不在。" in text_of(response)


@pytest.mark.parametrize("rows", [1, 3])
def test_form_page_needs_the_same_queries_for_one_subject_as_for_three(
    rows: int, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    client = browser()
    client.get("/report/")
    written = {f"subjects-{row}-name": f"某{row}" for row in range(rows)}

    with django_assert_num_queries(3):
        client.post("/report/", {**FORM, **written, "title": ""})
