"""Who stands above whom, and which sets of organs are refused as a tree."""

from dataclasses import replace

import pytest

from portal.organs.tree import BrokenTree, OrganNode, OrganTree, UnknownOrgan
from tests.portal.organs.sichuan import sichuan


def node(
    code: str, parent: str | None = None, *, renamed_to: str | None = None, in_force: bool = True
) -> OrganNode:
    return OrganNode(
        code=code,
        name=code,
        kind="procuratorate",
        level="county",
        parent=parent,
        renamed_to=renamed_to,
        in_force=in_force,
    )


SPECIAL = OrganNode(code="special", name="派驻", kind="special_office", level="special")
OUTSIDE = OrganNode(code="outside", name="系统外", kind="outside", level="outside")


def test_chain_of_county_ends_outside() -> None:
    assert sichuan().chain("510104") == ("510104", "510100", "510000", "510000D", "outside")


def test_chain_of_special_office_ends_outside() -> None:
    assert sichuan().chain("510000D") == ("510000D", "outside")
    assert sichuan().chain("outside") == ("outside",)


def test_ancestors_are_administrative_only() -> None:
    assert sichuan().ancestors("510104") == ("510100", "510000")
    assert sichuan().ancestors("510000") == ()
    assert sichuan().parent("510104") == "510100"
    assert sichuan().parent("510000") is None


def test_children_of_province_are_its_21_cities() -> None:
    children = sichuan().children("510000")

    assert len(children) == 21
    assert children == tuple(sorted(children))
    assert sichuan().children("510104") == ()
    assert sichuan().children("510000D") == ()


def test_topmost_are_who_works_today_with_nobody_above() -> None:
    assert set(sichuan().topmost) == {"510000", "510000D"}
    ended = OrganTree.of([node("old", in_force=False), node("top"), node("below", "top"), SPECIAL, OUTSIDE])
    assert set(ended.topmost) == {"top", "special"}


@pytest.mark.parametrize(
    ("upper", "lower", "above"),
    [
        ("510100", "510104", True),
        ("510000", "510104", True),
        ("510000D", "510104", True),
        ("outside", "510000D", True),
        ("510104", "510104", False),
        ("510104", "510100", False),
        ("510105", "510104", False),
        ("510300", "510104", False),
        ("510000", "510000D", False),
    ],
)
def test_is_strictly_above(upper: str, lower: str, *, above: bool) -> None:
    assert sichuan().is_strictly_above(upper, lower) is above


def test_unknown_code_is_refused_everywhere() -> None:
    tree = sichuan()
    for ask in (tree.node, tree.chain, tree.parent, tree.ancestors, tree.children, tree.current):
        with pytest.raises(UnknownOrgan):
            ask("999999")
    with pytest.raises(UnknownOrgan):
        tree.is_strictly_above("999999", "510104")
    assert "999999" not in tree


def test_prefecture_of_county_organ() -> None:
    prefecture = sichuan().prefecture_of("511102")

    assert prefecture is not None
    assert prefecture.division_name == "乐山市"
    assert sichuan().prefecture_of("510000") is None


def test_renamed_organ_is_followed_to_who_works_today() -> None:
    tree = OrganTree.of(
        [
            node("top"),
            node("old", "top", renamed_to="newer", in_force=False),
            node("newer", "top", renamed_to="newest", in_force=False),
            node("newest", "top"),
            node("below", "old"),
        ]
    )

    assert tree.current("old") == "newest"
    assert tree.with_successors("old") == ("old", "newer", "newest")
    assert tree.parent("below") == "newest"
    assert tree.chain("below") == ("below", "newest", "top")
    assert tree.children("newest") == ("below",)
    assert tree.children("top") == ("newest",)


def test_organ_abolished_without_successor_stays_in_its_place() -> None:
    tree = OrganTree.of([node("top"), node("gone", "top", in_force=False), node("below", "gone")])

    assert tree.current("gone") == "gone"
    assert tree.chain("below") == ("below", "gone", "top")
    assert tree.children("top") == ()


@pytest.mark.parametrize(
    ("organs", "complaint"),
    [
        ([node("a"), node("a")], "a appears twice"),
        ([node("a", "b")], "parent b is missing"),
        ([node("a", renamed_to="b")], "successor b is missing"),
        ([node("a", "b"), node("b", "a")], "stands above itself"),
        ([node("a", renamed_to="b"), node("b", renamed_to="a")], "is its own successor"),
        ([node("a", renamed_to="b", in_force=False), node("b", "a")], "stands above itself"),
        ([node("a"), replace(SPECIAL, parent="a")], "a special_office has no parent"),
        ([SPECIAL, node("a", "special")], "is no procuratorate"),
        ([SPECIAL, replace(SPECIAL, code="second")], "more than one special_office"),
        ([OUTSIDE, replace(OUTSIDE, code="second")], "more than one outside"),
    ],
)
def test_broken_tree_is_refused(organs: list[OrganNode], complaint: str) -> None:
    with pytest.raises(BrokenTree, match=complaint):
        OrganTree.of(organs)
