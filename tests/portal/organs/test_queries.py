"""What is read of organs, and that nothing read before a change outlives it."""

import datetime as dt
from contextlib import suppress

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from portal.organs.actions import add_alias, add_organ, remove_alias, retire_organ
from portal.organs.models import Department, Organ, OrganEdition
from portal.organs.queries import (
    children_of,
    departments_of,
    find_organs,
    organ_tree,
    organs_in_force,
    public_categories,
    taxonomy_in_force,
    terms_of,
)
from portal.organs.reference import load_reference
from portal.organs.tree import BrokenTree, UnknownOrgan

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _loaded() -> None:
    load_reference()


def test_tree_unchanged_is_kept_for_one_query() -> None:
    tree = organ_tree()

    with CaptureQueriesContext(connection) as queries:
        assert organ_tree() is tree
        assert find_organs("jjq")[0].code == "510104"

    assert len(queries) == 2


def test_tree_after_change_is_new() -> None:
    before = organ_tree()

    assert add_alias(code="510104", name="锦江检方")
    assert organ_tree() is not before
    assert [organ.code for organ in find_organs("锦江检方")] == ["510104"]
    assert not add_alias(code="510104", name="锦江检方")
    assert remove_alias(code="510104", name="锦江检方")
    assert find_organs("锦江检方") == []


def test_tree_read_inside_a_change_that_is_undone_is_not_kept() -> None:
    class Undone(Exception):
        pass

    before = organ_tree()
    with suppress(Undone), transaction.atomic():
        add_alias(code="510104", name="锦江检方")
        assert "锦江检方" in organ_tree().node("510104").other_names
        raise Undone

    assert organ_tree().node("510104") == before.node("510104")
    # the next change must not bring back the stamp of the one undone
    add_alias(code="510105", name="青羊检方")
    assert organ_tree().node("510104").other_names == ()
    assert organ_tree().node("510105").other_names == ("青羊检方",)


def test_tree_is_read_again_on_the_next_day(monkeypatch: pytest.MonkeyPatch) -> None:
    today = dt.datetime(2026, 11, 23, 4, tzinfo=dt.UTC)
    monkeypatch.setattr("portal.common.clock.timezone.now", lambda: today)
    retire_organ(code="510104", last_day=dt.date(2026, 11, 23), renamed_to="510105")
    on_its_last_day = organ_tree()

    monkeypatch.setattr("portal.common.clock.timezone.now", lambda: today + dt.timedelta(days=1))

    assert on_its_last_day.node("510104").in_force
    assert not organ_tree().node("510104").in_force
    assert organ_tree().current("510104") == "510105"


def test_children_of_city_are_its_county_organs() -> None:
    assert [organ.display_name for organ in children_of("510400")] == [
        *("攀枝花市东区检察院", "攀枝花市西区检察院", "仁和区检察院", "米易县检察院", "盐边县检察院"),
    ]
    with pytest.raises(UnknownOrgan):
        children_of("999999")


def test_organs_in_force_on_a_day() -> None:
    retire_organ(code="510104", last_day=dt.date(2026, 6, 30), renamed_to="510105")

    assert organs_in_force(dt.date(2026, 6, 30)).filter(code="510104").exists()
    assert not organs_in_force(dt.date(2026, 7, 1)).filter(code="510104").exists()
    assert organs_in_force().count() == 206


def test_add_organ_without_division_is_found_and_stands_in_its_place() -> None:
    organ = add_organ(
        code="5101T1",
        name="四川天府新区人民检察院",
        level="county",
        parent="510100",
        valid_from=dt.date(2019, 12, 30),
    )

    assert (organ.short_name, organ.display_name) == ("四川天府新区院", "四川天府新区检察院")
    assert [found.code for found in find_organs("sctfxq")] == ["5101T1"]
    assert organ_tree().chain("5101T1")[:2] == ("5101T1", "510100")


def test_add_organ_below_nobody_known_is_refused() -> None:
    with pytest.raises(UnknownOrgan):
        add_organ(code="x", name="某某人民检察院", level="county", parent="999999")
    assert not Organ.objects.filter(code="x").exists()


def test_retire_organ_into_a_circle_is_refused() -> None:
    retire_organ(code="510104", last_day=dt.date(2026, 6, 30), renamed_to="510105")
    before = OrganEdition.objects.get().stamp

    with pytest.raises(BrokenTree):
        retire_organ(code="510105", last_day=dt.date(2026, 7, 31), renamed_to="510104")

    assert Organ.objects.get(code="510105").valid_to is None
    assert OrganEdition.objects.get().stamp == before


def test_alias_of_one_character_is_refused() -> None:
    with pytest.raises(ValueError, match="two characters"):
        add_alias(code="510104", name=" 锦 ")


def test_departments_of_organ_are_common_ones_with_its_own_instead() -> None:
    common = departments_of("510105")
    Department.objects.create(organ_id="510104", code="first_dept", name="刑事检察部", position=1)
    Department.objects.create(
        organ_id="510104", code="eighth_dept", name="撤销", valid_to=dt.date(2020, 1, 1)
    )

    own = departments_of("510104")

    assert [row.name for row in own][:2] == ["刑事检察部", "办公室"]
    assert {row.code for row in common} - {row.code for row in own} == {"eighth_dept"}
    assert departments_of("510000D") == []
    with pytest.raises(UnknownOrgan):
        departments_of("999999")


def test_taxonomy_in_force_follows_the_date() -> None:
    def version(day: dt.date) -> str | None:
        taxonomy = taxonomy_in_force("entrenched_ill", day)
        return taxonomy.version if taxonomy else None

    assert version(dt.date(2019, 12, 31)) is None
    assert version(dt.date(2020, 8, 1)) == "2020"
    assert version(dt.date(2021, 8, 1)) == "2021"
    assert version(dt.date(2026, 8, 1)) == "2021"


def test_public_categories_are_in_plain_words_and_order() -> None:
    tips = public_categories("tip")
    suggestions = public_categories("suggestion")

    assert all(term.plain_label for term in (*tips, *suggestions))
    assert [tips[0].code, tips[-1].code, len(tips)] == ["meddling", "other", 15]
    assert [term.label for term in suggestions] == [
        *("队伍建设", "司法办案", "检务公开", "便民服务", "作风", "诉讼监督", "未成年人检察", "公益诉讼"),
        *("营商环境", "其他"),
    ]
    with pytest.raises(KeyError):
        public_categories("petition")


def test_terms_of_version_leave_out_retired_ones() -> None:
    taxonomy = taxonomy_in_force("tip_category")
    assert taxonomy is not None
    taxonomy.terms.filter(code="other").update(valid_to=dt.date(2026, 1, 1))

    assert "other" not in {term.code for term in terms_of(taxonomy, dt.date(2026, 1, 2))}
    assert "other" in {term.code for term in terms_of(taxonomy, dt.date(2026, 1, 1))}
