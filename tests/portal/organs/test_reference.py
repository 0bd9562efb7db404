"""Loading the shipped reference data: repeatable, all or nothing, refused with row numbers if it is wrong."""

import datetime as dt
import shutil
from collections import Counter
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from portal.organs.actions import add_alias, retire_organ
from portal.organs.models import Department, Organ, OrganAlias, OrganEdition, Taxonomy, Term, TermLink
from portal.organs.queries import organ_tree
from portal.organs.reference import Change, load_reference
from portal.organs.reference_files import DATA, BadReferenceData, read_reference_files
from portal.organs.tree import BrokenTree

pytestmark = pytest.mark.django_db

NOON = dt.datetime(2026, 11, 23, 12, tzinfo=dt.UTC)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of the shipped files to change."""
    return Path(shutil.copytree(DATA, tmp_path / "data"))


def edit(folder: Path, name: str, old: str, new: str) -> None:
    file = folder / name
    text = file.read_text(encoding="utf-8")
    assert old in text
    file.write_text(text.replace(old, new, 1), encoding="utf-8")


def test_load_adds_what_is_missing() -> None:
    load_reference(now=NOON)
    Organ.objects.filter(code="511102").delete()
    OrganAlias.objects.filter(organ="510117", name="郫县检察院").delete()
    Term.objects.filter(code="public_car").delete()

    changes = load_reference(now=NOON)

    assert [str(change) for change in changes] == [
        "added organ 511102: 乐山市市中区人民检察院",
        "added alias 510117: 郫县检察院",
        "added term tip_category/1/public_car: 公车私用",
        "added term link tip_category/1/public_car: means discipline/2015/147",
    ]


def test_load_gives_one_province_21_cities_and_183_counties() -> None:
    load_reference(now=NOON)

    assert organ_tree().chain("510104") == ("510104", "510100", "510000", "510000D", "outside")
    assert Counter(organ.level for organ in organ_tree()) == {
        "province": 1,
        "prefecture": 21,
        "county": 183,
        "special": 1,
        "outside": 1,
    }


def test_load_twice_changes_nothing() -> None:
    load_reference(now=NOON)
    stamp = OrganEdition.objects.get().stamp

    assert load_reference(now=NOON + dt.timedelta(days=400)) == []
    assert OrganEdition.objects.get().stamp == stamp


def test_load_changed_row_is_changed(folder: Path) -> None:
    load_reference(now=NOON, folder=folder)
    edit(folder, "organs.csv", "锦江区院", "锦江院")
    edit(folder, "terms.csv", "公车私用、违规用车", "公车私用")
    before = organ_tree()

    changes = load_reference(now=NOON, folder=folder)

    assert changes == [
        Change("changed", "organ", "510104", "short_name 锦江区院 → 锦江院"),
        Change("changed", "term", "tip_category/1/public_car", "plain_label 公车私用、违规用车 → 公车私用"),
    ]
    assert organ_tree() is not before
    assert organ_tree().node("510104").short_name == "锦江院"


def test_load_row_gone_from_file_is_retired_and_comes_back(folder: Path) -> None:
    load_reference(now=NOON, folder=folder)
    row = next(
        line for line in (folder / "organs.csv").read_text().splitlines(keepends=True) if "锦江" in line
    )
    edit(folder, "organs.csv", row, "")

    retired = load_reference(now=NOON, folder=folder)
    again = load_reference(now=NOON, folder=folder)
    edit(folder, "organs.csv", "510105,", row + "510105,")
    back = load_reference(now=NOON, folder=folder)

    assert retired == [Change("retired", "organ", "510104", "last day 2026-11-22")]
    assert again == []
    assert back == [Change("changed", "organ", "510104", "valid_to 2026-11-22 → None")]


def test_load_term_gone_from_file_is_retired_with_its_links(folder: Path) -> None:
    load_reference(now=NOON, folder=folder)
    edit(
        folder,
        "terms.csv",
        "tip_category,1,public_car,公车私用,公车私用、违规用车,,discipline/2015/147\n",
        "",
    )

    changes = load_reference(now=NOON, folder=folder)

    positions = [change for change in changes if change.kind == "changed"]
    assert {change.detail.split()[0] for change in positions} == {"position"}
    assert [change for change in changes if change not in positions] == [
        Change("retired", "term", "tip_category/1/public_car", "last day 2026-11-22"),
        Change("retired", "term link", "tip_category/1/public_car", "no longer means discipline/2015/147"),
    ]


def test_load_leaves_what_was_changed_here() -> None:
    load_reference(now=NOON)
    retire_organ(code="510104", last_day=dt.date(2026, 10, 31), renamed_to="510105")
    add_alias(code="510105", name="青羊检方")

    assert load_reference(now=NOON) == []
    assert Organ.objects.get(code="510104").renamed_to_id == "510105"
    assert OrganAlias.objects.filter(name="青羊检方").exists()


def test_load_gives_common_departments_and_two_versions_of_the_ills() -> None:
    load_reference(now=NOON)

    assert Department.objects.filter(organ__isnull=True, code="procuratorial_supervision_dept").exists()
    versions = Taxonomy.objects.filter(code="entrenched_ill").values_list("version", flat=True)
    assert list(versions) == ["2020", "2021"]
    labels = {
        version: set(
            Term.objects.filter(taxonomy__code="entrenched_ill", taxonomy__version=version).values_list(
                "label", flat=True
            )
        )
        for version in versions
    }
    assert len(labels["2020"]) == len(labels["2021"]) == 6
    assert labels["2021"] - labels["2020"] == {
        "违规经商办企业和配偶、子女及其配偶违规从事经营活动",
        "法官检察官离任后违规从事律师职业、充当司法掮客",
    }


def test_load_hangs_known_codes_under_their_group_and_links_plain_words() -> None:
    load_reference(now=NOON)

    meddling = Term.objects.get(taxonomy__code="discipline", code="158")
    assert meddling.label == "违规干预执纪执法司法活动"
    assert meddling.parent is not None
    assert meddling.parent.code == "156-161"
    meant = TermLink.objects.filter(plain__code="meddling").values_list(
        "staff__taxonomy__code", "staff__code"
    )
    assert set(meant) == {("discipline", "158"), ("entrenched_ill", "1")}


@pytest.mark.parametrize(
    ("file", "old", "new", "complaint"),
    [
        ("organs.csv", "510105,", "510104,", "organs.csv row 5: 510104 was already given in row 4"),
        (
            "organs.csv",
            "county,510100,510104",
            "county,519900,510104",
            "organs.csv row 4: parent 519900 is missing",
        ),
        ("organs.csv", "procuratorate,county", "court,county", "organs.csv row 4: kind 'court' is none of"),
        (
            "organs.csv",
            "procuratorate,county",
            "procuratorate,village",
            "organs.csv row 4: level 'village' is none of",
        ),
        ("organs.csv", "锦江区检察院", "", "organs.csv row 4: display_name is empty"),
        (
            "organs.csv",
            "jjq,,,",
            "jjq,2021-13-01,,",
            "organs.csv row 4: valid_from '2021-13-01' is not a date",
        ),
        (
            "organs.csv",
            "jjq,,,",
            "jjq,2021-02-01,2021-01-01,",
            "organs.csv row 4: valid_to is before valid_from",
        ),
        ("organs.csv", "jjq,,,", "jjq,,,519999", "organs.csv row 4: renamed_to 519999 is missing"),
        ("organs.csv", "jjq,,,", "jjq,,,,x", "organs.csv row 4: more cells than columns"),
        (
            "organs.csv",
            "prefecture,510000,510100",
            "prefecture,510104,510100",
            "organs.csv: organ 510100 stands above itself",
        ),
        ("organs.csv", "code,name", "code,title", "organs.csv row 1: the columns must be code, name"),
        (
            "aliases.csv",
            "510117,郫县检察院",
            "519999,郫县检察院",
            "aliases.csv row 3: organ 519999 is missing",
        ),
        (
            "taxonomies.csv",
            "discipline,2015",
            "entrenched_ill,2021",
            "taxonomies.csv row 4: entrenched_ill/2021 was already",
        ),
        (
            "taxonomies.csv",
            "education_2020",
            "education_2019",
            "taxonomies.csv row 2: campaign education_2019 is missing",
        ),
        (
            "terms.csv",
            "discipline,2015,159",
            "discipline,2015,158",
            "terms.csv row 24: discipline/2015/158 was already given in row 23",
        ),
        (
            "terms.csv",
            "discipline,2015,191",
            "discipline,2016,191",
            "terms.csv row 29: taxonomy discipline/2016 is missing",
        ),
        (
            "terms.csv",
            ",,137-151,\n",
            ",,199,\n",
            "terms.csv row 17: parent discipline/2015/199 must stand in an earlier row",
        ),
        (
            "terms.csv",
            "discipline/2015/147",
            "discipline/2015/148",
            "means discipline/2015/148, which is missing",
        ),
    ],
)
def test_load_faulty_files_are_refused_before_anything_is_written(
    folder: Path, file: str, old: str, new: str, complaint: str
) -> None:
    load_reference(now=NOON)
    Term.objects.filter(code="public_car").delete()
    edit(folder, file, old, new)

    with pytest.raises(BadReferenceData) as refused:
        load_reference(now=NOON, folder=folder)

    assert any(complaint in problem for problem in refused.value.problems)
    assert not Term.objects.filter(code="public_car").exists()


def test_read_names_every_fault_at_once(folder: Path) -> None:
    edit(folder, "organs.csv", "jjq,,,", "jjq,yesterday,,")
    edit(folder, "departments.csv", "political_dept", "general_office")

    with pytest.raises(BadReferenceData) as refused:
        read_reference_files(folder)

    assert refused.value.problems == [
        "organs.csv row 4: valid_from 'yesterday' is not a date like 2021-01-31",
        "departments.csv row 3: general_office was already given in row 2",
    ]


def test_load_keeps_its_hands_off_when_organs_added_here_do_not_fit(folder: Path) -> None:
    load_reference(now=NOON, folder=folder)
    Organ.objects.filter(code="510000D").update(from_file=False)
    edit(folder, "organs.csv", "510000D,", "510000E,")

    with pytest.raises(BrokenTree, match="more than one special_office"):
        load_reference(now=NOON, folder=folder)

    assert not Organ.objects.filter(code="510000E").exists()


def test_command_prints_a_line_per_change_then_none(settings: object) -> None:
    settings.YANLU_HOOKS = {}  # type: ignore[attr-defined]
    load_reference()
    OrganAlias.objects.filter(name="郫县检察院").delete()
    first, second = StringIO(), StringIO()

    call_command("load_reference", stdout=first)
    call_command("load_reference", stdout=second)

    assert first.getvalue() == "added alias 510117: 郫县检察院\n"
    assert second.getvalue() == "no changes\n"


def test_command_refuses_faulty_files(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(**_: object) -> None:
        raise BadReferenceData(["organs.csv row 4: kind is empty"])

    monkeypatch.setattr("portal.management.commands.load_reference.load_reference", refuse)

    with pytest.raises(CommandError, match=r"organs\.csv row 4"):
        call_command("load_reference")
