"""The whole pipeline: what a filing's text gives, and what that decides."""

import pytest

from moderation.screening.checks import organ_names
from moderation.screening.pipeline import preflight, verdict
from portal.hooks import Finding, PreflightText, SubjectText
from portal.organs.actions import add_alias
from portal.organs.queries import organ_tree
from portal.organs.recusal import choose_holder
from portal.organs.reference import load_reference

pytestmark = pytest.mark.django_db

JINJIANG, CHENGDU = "510104", "510100"


@pytest.fixture(autouse=True)
def _loaded() -> None:
    load_reference()


def named(field: str, start: int, end: int, *organs: str, detail: str = "") -> Finding:
    return Finding("organ_named", "info", field, start, end, organs, detail)


def test_preflight_quiet_text_finds_nothing() -> None:
    text = PreflightText(kind="suggestion", title="增设窗口", text="建议周末也开放接待。", place="服务大厅")

    assert preflight(text) == []


def test_preflight_names_in_title_place_and_narrative() -> None:
    text = PreflightText(
        kind="tip",
        title="反映锦江区检察院问题",
        text="王某先后在成都市院、锦江区院工作，又回到成都市检察院。",
        place="省院门口",
    )

    assert preflight(text) == [
        named("title", 2, 8, JINJIANG),
        named("text", 5, 9, CHENGDU),
        named("text", 10, 14, JINJIANG),
        named("place", 0, 2, "510000"),
    ]


def test_preflight_salutation_is_marked_and_still_counts() -> None:
    text = PreflightText(kind="tip", text=" 锦江区检察院：\n我要举报。另外锦江检察院……")

    assert preflight(text) == [named("text", 1, 7, JINJIANG, detail="salutation")]


def test_preflight_relative_name_carries_its_kind() -> None:
    text = PreflightText(kind="tip", text="市检察院的王某收钱，县检察院知道")

    assert preflight(text) == [
        Finding("relative_organ", "info", "text", 0, 4, (), "市"),
        Finding("relative_organ", "info", "text", 10, 14, (), "县"),
    ]


def test_preflight_organ_addressed_has_a_code_of_its_own_once_per_field() -> None:
    text = PreflightText(kind="tip", title="反映贵院", text="你院不管，本院也不管", place="你们院门口")

    assert preflight(text) == [
        Finding("addressed_organ", "info", "title", 2, 4),
        Finding("addressed_organ", "info", "text", 0, 2),
        Finding("addressed_organ", "info", "place", 0, 3),
    ]


def test_preflight_time_is_screened_like_the_rest() -> None:
    text = PreflightText(kind="tip", occurred="去年在锦江区检察院上班时，今晚还要砍人")

    assert preflight(text) == [
        named("occurred", 3, 9, JINJIANG),
        Finding("urgent_words", "warning", "occurred", 17, 19),
    ]


@pytest.mark.parametrize(
    ("subject", "findings"),
    [
        (SubjectText(name="王某", organ=JINJIANG), []),
        (
            SubjectText(name="王某", organ_text="锦江区人民检查院"),
            [named("subjects.0.organ_text", 0, 8, JINJIANG)],
        ),
        (SubjectText(name="王某", organ_text="锦江区"), [named("subjects.0.organ_text", 0, 3, JINJIANG)]),
        (SubjectText(name="王某", post="锦江区检察院检察长"), [named("subjects.0.post", 0, 6, JINJIANG)]),
        (SubjectText(name="锦江区检察院"), [named("subjects.0.name", 0, 6, JINJIANG)]),
        (
            SubjectText(name="王某", organ=JINJIANG, organ_text="原成都市院"),
            [named("subjects.0.organ_text", 1, 5, CHENGDU)],
        ),
        (SubjectText(name="王某"), [Finding("unresolved_person", "info", "subjects.0.organ_text")]),
        (
            SubjectText(name="王某", organ_text="某单位"),
            [Finding("unresolved_person", "info", "subjects.0.organ_text", 0, 3)],
        ),
        (SubjectText(post="检察长"), [Finding("unresolved_person", "info", "subjects.0.organ_text")]),
        (
            SubjectText(name="王某", organ_text="市检察院"),
            [
                Finding("relative_organ", "info", "subjects.0.organ_text", 0, 4, (), "市"),
                Finding("unresolved_person", "info", "subjects.0.organ_text", 0, 4),
            ],
        ),
        (SubjectText(), []),
        (SubjectText(name="  "), []),
    ],
)
def test_preflight_subject(subject: SubjectText, findings: list[Finding]) -> None:
    assert preflight(PreflightText(kind="tip", subjects=(subject,))) == findings


def test_preflight_second_subject_is_counted_from_nought() -> None:
    subjects = (SubjectText(name="甲", organ=JINJIANG), SubjectText(name="乙"))

    assert [finding.field for finding in preflight(PreflightText(kind="tip", subjects=subjects))] == [
        "subjects.1.organ_text"
    ]


def test_preflight_urgent_words_warn_and_do_not_hold() -> None:
    findings = preflight(PreflightText(kind="tip", title="救命", text="他扬言今晚动手"))

    assert findings == [
        Finding("urgent_words", "warning", "title", 0, 2),
        Finding("urgent_words", "warning", "text", 1, 3),
    ]
    assert verdict(findings) == "pass"


def test_verdict_holds_only_for_a_finding_that_says_so() -> None:
    assert verdict([]) == "pass"
    assert verdict([Finding("x", "info", "text"), Finding("y", "warning", "text")]) == "pass"
    assert verdict([Finding("x", "info", "text"), Finding("y", "hold", "text")]) == "hold"


def test_names_are_built_once_until_organs_change() -> None:
    kept = organ_names()
    assert organ_names() is kept

    add_alias(code=JINJIANG, name="大科甲巷那边")

    assert organ_names() is not kept
    text = PreflightText(kind="tip", text="大科甲巷那边的人")
    assert preflight(text) == [named("text", 0, 6, JINJIANG)]


@pytest.mark.parametrize(
    ("text", "holder"),
    [
        ("反映某律师的问题", JINJIANG),
        ("锦 江 区 检 察 院的张某", CHENGDU),
        ("青羊区检察院的张某", CHENGDU),
        ("成都市检查院的张某", "510000"),
        ("省院的张某", "510000D"),
        ("派驻纪检监察组的张某", "outside"),
        ("乐山市市中区检察院的张某", "510000"),
        ("市中区检察院的张某", "510000"),
    ],
)
def test_preflight_and_recusal_together_choose_who_may_read_it(text: str, holder: str) -> None:
    findings = preflight(PreflightText(kind="tip", text=text))

    chosen = choose_holder(
        organ_tree(),
        addressed=JINJIANG,
        named={code for finding in findings for code in finding.organs},
        about_addressed=False,
        unresolved_person=any(finding.code == "unresolved_person" for finding in findings),
    )

    assert chosen == holder
