"""`submit_report`: what is taken, what is refused, who holds it, and that a retry is the same report."""

import secrets
from typing import Any
from uuid import UUID

import pytest

from portal.audit.models import AuditEntry
from portal.common.errors import Invalid
from portal.intake.actions import NonceReused
from portal.intake.content import Identity, Subject
from portal.intake.models import Report
from portal.intake.queries import open_original
from portal.vault.models import Envelope, SealedItem
from tests.people import CITY, COUNTY, DISCIPLINE, PROVINCE, People, file_tip

pytestmark = pytest.mark.django_db


def _holder_of(**changes: Any) -> str:
    return Report.objects.get(pk=file_tip(**changes).report).holder_id


def test_filing_keeps_every_word(people: People) -> None:
    text = "第一行\r\n  第二行，带空格  \n\t末尾\u3000"
    report = Report.objects.get(pk=file_tip(text=text, title=" 标题 ").report)

    content = open_original(report, people.triager.keyring)

    assert content is not None
    assert (content.title, content.text) == (" 标题 ", text)


def test_filing_leaves_no_clear_words(people: People) -> None:
    report = Report.objects.get(pk=file_tip(text="金丝雀甲", title="金丝雀乙").report)

    blob = b"".join(bytes(item.ciphertext) for item in SealedItem.objects.all())
    row = repr({field.name: getattr(report, field.name) for field in Report._meta.concrete_fields})

    assert "金丝雀".encode() not in blob
    assert "金丝雀" not in row


def test_filing_same_nonce_same_receipt(house: None) -> None:
    nonce = secrets.token_bytes(16)

    one, two = file_tip(nonce=nonce), file_tip(nonce=nonce)

    assert one == two
    assert Report.objects.count() == 1
    assert AuditEntry.objects.filter(action="report_filed").count() == 1


def test_filing_same_nonce_other_body_is_refused(house: None) -> None:
    nonce = secrets.token_bytes(16)
    file_tip(nonce=nonce)

    with pytest.raises(NonceReused):
        file_tip(nonce=nonce, text="另一份内容")
    with pytest.raises(NonceReused):
        file_tip(nonce=nonce, identity=Identity(name="李某"))
    assert Report.objects.count() == 1


@pytest.mark.parametrize(
    ("changes", "holder"),
    [
        ({}, CITY),
        ({"about_organ": None}, PROVINCE),
        ({"about_organ": True}, PROVINCE),
        ({"subjects": (Subject(name="某人"),)}, PROVINCE),
        ({"subjects": (Subject(name="某人", organ_text="锦江区检察院"),)}, CITY),
        ({"subjects": (Subject(organ=PROVINCE),)}, DISCIPLINE),
        ({"subjects": (Subject(organ=DISCIPLINE),)}, "outside"),
        ({"text": "省检察院的某位处长也在场。"}, DISCIPLINE),
        ({"title": "成都市院干警违纪"}, PROVINCE),
        ({"place": "锦 江 区 检 察 院门口"}, CITY),
        ({"text": "市检察院的人也知情"}, PROVINCE),
        ({"organ": COUNTY, "text": "市检察院的人也知情"}, PROVINCE),
        ({"organ": COUNTY}, CITY),
        ({"organ": COUNTY, "subjects": (Subject(name="甲", organ="510105"),)}, CITY),
        ({"organ": COUNTY, "subjects": (), "title": "窗口", "text": "服务态度差"}, COUNTY),
        ({"occurred": "在成都市检察院任职期间"}, PROVINCE),
        ({"text": "贵院张某收钱"}, PROVINCE),
        ({"title": "这个检察院的人收钱"}, PROVINCE),
        ({"organ": COUNTY, "text": "你们检察院张某收钱"}, CITY),
        ({"organ": COUNTY, "subjects": (), "text": "本院张某收钱"}, CITY),
        ({"subjects": (Subject(name="甲", organ=COUNTY, post="贵院聘用人员"),)}, PROVINCE),
        ({"kind": "suggestion", "about_organ": None, "subjects": ()}, CITY),
        ({"kind": "suggestion", "subjects": (), "text": "建议贵院周末开放，你们院窗口少"}, CITY),
        ({"kind": "suggestion", "subjects": (), "text": "成都市检察院周末应当开放"}, PROVINCE),
        (
            {
                "kind": "suggestion",
                "subjects": (Subject(name="甲", organ=COUNTY, post="贵院聘用人员"),),
            },
            PROVINCE,
        ),
        ({"kind": "suggestion", "about_organ": True, "subjects": ()}, PROVINCE),
    ],
)
def test_filing_holder_stands_above_all_named(house: None, changes: dict[str, Any], holder: str) -> None:
    if "text" not in changes:
        changes = {"text": "此处不写单位名称。", "title": "无名", **changes}

    assert _holder_of(**changes) == holder


def test_filing_is_sealed_to_the_holder_only(house: None) -> None:
    report = file_tip(identity=Identity(name="李某", phone="13800000000")).report

    sealed_to = Envelope.objects.filter(item__in=_items(report)).values_list("share", "recipient__path")

    assert sorted(sealed_to) == [
        ("custody_half", "510000/510100"),
        ("holder_half", "510000/510100"),
        ("whole", "510000/510100"),
    ]


def _items(report: UUID) -> list[UUID | None]:
    row = Report.objects.get(pk=report)
    return [row.original_id, row.identity_id]


@pytest.mark.parametrize(
    ("changes", "fields"),
    [
        ({"kind": "rumour"}, {"kind"}),
        ({"organ": "999999"}, {"organ"}),
        ({"organ": "outside"}, {"organ"}),
        ({"title": " ", "text": ""}, {"title", "content"}),
        ({"title": "长" * 101}, {"title"}),
        ({"text": "长" * 20_001}, {"content"}),
        ({"text": "坏\ud800字"}, {"content"}),
        ({"subjects": (Subject(organ="999999"),)}, {"subjects.0.organ"}),
        ({"subjects": (Subject(), Subject(name="长" * 61))}, {"subjects.1.name"}),
        ({"subjects": tuple(Subject(name="甲") for _ in range(21))}, {"subjects"}),
        ({"identity": Identity(phone="1" * 41)}, {"identity.phone"}),
        ({"category": "no-such"}, {"category"}),
    ],
)
def test_filing_bad_input_is_named_and_nothing_saved(
    house: None, changes: dict[str, Any], fields: set[str]
) -> None:
    with pytest.raises(Invalid) as refusal:
        file_tip(**changes)

    assert set(refusal.value.fields) == fields
    assert Report.objects.count() == 0
    assert SealedItem.objects.count() == 0
