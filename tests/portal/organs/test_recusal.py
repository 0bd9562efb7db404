"""The recusal rule, as a table of cases and as laws over any tree."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.organs.recusal import NoHolder, choose_holder, may_hold, resolve_relative
from portal.organs.tree import OrganNode, OrganTree, UnknownOrgan
from tests.portal.organs.sichuan import sichuan

PROVINCE, SPECIAL, OUTSIDE = "510000", "510000D", "outside"
CHENGDU, ZIGONG = "510100", "510300"
JINJIANG, QINGYANG = "510104", "510105"  # two districts of Chengdu
DAAN = "510304"  # a district of Zigong


@pytest.mark.parametrize(
    ("addressed", "named", "about", "unresolved", "holder"),
    [
        # nothing named: whoever is addressed
        (JINJIANG, [], False, False, JINJIANG),
        (CHENGDU, [], False, False, CHENGDU),
        (PROVINCE, [], False, False, PROVINCE),
        (SPECIAL, [], False, False, SPECIAL),
        (OUTSIDE, [], False, False, OUTSIDE),
        # the addressed organ named: one level up
        (JINJIANG, [JINJIANG], False, False, CHENGDU),
        (CHENGDU, [CHENGDU], False, False, PROVINCE),
        (PROVINCE, [PROVINCE], False, False, SPECIAL),
        (SPECIAL, [SPECIAL], False, False, OUTSIDE),
        (OUTSIDE, [OUTSIDE], False, False, OUTSIDE),
        # somebody above the addressed organ named
        (JINJIANG, [CHENGDU], False, False, PROVINCE),
        (JINJIANG, [PROVINCE], False, False, SPECIAL),
        (JINJIANG, [SPECIAL], False, False, OUTSIDE),
        (JINJIANG, [OUTSIDE], False, False, OUTSIDE),
        # somebody below: the addressed organ is above already
        (CHENGDU, [JINJIANG], False, False, CHENGDU),
        (PROVINCE, [JINJIANG, CHENGDU], False, False, PROVINCE),
        # a sibling and a cousin: the first above both
        (JINJIANG, [QINGYANG], False, False, CHENGDU),
        (JINJIANG, [DAAN], False, False, PROVINCE),
        (CHENGDU, [ZIGONG], False, False, PROVINCE),
        (CHENGDU, [DAAN], False, False, PROVINCE),
        # several: above each
        (JINJIANG, [JINJIANG, QINGYANG], False, False, CHENGDU),
        (JINJIANG, [JINJIANG, DAAN], False, False, PROVINCE),
        (JINJIANG, [QINGYANG, CHENGDU], False, False, PROVINCE),
        (JINJIANG, [JINJIANG, PROVINCE], False, False, SPECIAL),
        (JINJIANG, [PROVINCE, SPECIAL, OUTSIDE], False, False, OUTSIDE),
        # about the addressed organ, or an unknown organ's person: counts as naming it, once
        (JINJIANG, [], True, False, CHENGDU),
        (JINJIANG, [], False, True, CHENGDU),
        (JINJIANG, [], True, True, CHENGDU),
        (JINJIANG, [JINJIANG], True, True, CHENGDU),
        (PROVINCE, [], True, False, SPECIAL),
        (SPECIAL, [], False, True, OUTSIDE),
        (OUTSIDE, [], True, True, OUTSIDE),
        (CHENGDU, [JINJIANG], True, False, PROVINCE),
        (JINJIANG, [DAAN], True, False, PROVINCE),
    ],
)
def test_choose_holder(addressed: str, named: list[str], about: bool, unresolved: bool, holder: str) -> None:
    found = choose_holder(
        sichuan(), addressed=addressed, named=named, about_addressed=about, unresolved_person=unresolved
    )

    assert found == holder
    assert may_hold(sichuan(), found, named)


@pytest.mark.parametrize(
    ("addressed", "named", "about", "holder"),
    [
        # 510104 was renamed to 510199 of the same city; 510105 was merged into 510304 of another
        (JINJIANG, [], False, "510199"),
        (JINJIANG, [], True, CHENGDU),
        ("510199", [JINJIANG], False, CHENGDU),
        ("510106", [JINJIANG], False, CHENGDU),
        (QINGYANG, [], False, DAAN),
        (QINGYANG, [], True, PROVINCE),
        (CHENGDU, [QINGYANG], False, PROVINCE),
        (ZIGONG, [QINGYANG], False, PROVINCE),
        # 510107 was abolished without a successor
        ("510107", [], False, CHENGDU),
        ("510106", ["510107"], False, CHENGDU),
    ],
)
def test_choose_holder_with_retired_organs(
    addressed: str, named: list[str], about: bool, holder: str
) -> None:
    retired = {JINJIANG: "510199", QINGYANG: DAAN, "510107": None}
    successor = replace(sichuan().node(JINJIANG), code="510199", name="成都市新锦江区人民检察院")
    tree = OrganTree.of(
        [
            successor,
            *(
                replace(organ, in_force=False, renamed_to=retired[organ.code])
                if organ.code in retired
                else organ
                for organ in sichuan()
            ),
        ]
    )

    found = choose_holder(
        tree, addressed=addressed, named=named, about_addressed=about, unresolved_person=False
    )

    assert found == holder


@pytest.mark.parametrize(("addressed", "named"), [("999999", []), (JINJIANG, ["999999"])])
def test_choose_holder_unknown_organ_is_refused(addressed: str, named: list[str]) -> None:
    with pytest.raises(UnknownOrgan):
        choose_holder(
            sichuan(), addressed=addressed, named=named, about_addressed=False, unresolved_person=False
        )


def test_choose_holder_without_anybody_above_is_refused() -> None:
    alone = OrganTree.of([replace(sichuan().node(PROVINCE))])

    with pytest.raises(NoHolder):
        choose_holder(
            alone, addressed=PROVINCE, named=[PROVINCE], about_addressed=False, unresolved_person=False
        )


@pytest.mark.parametrize(
    ("holder", "named", "allowed"),
    [
        (CHENGDU, [JINJIANG], True),
        (CHENGDU, [CHENGDU], False),
        (CHENGDU, [JINJIANG, DAAN], False),
        (JINJIANG, [CHENGDU], False),
        (SPECIAL, [PROVINCE, DAAN], True),
        (SPECIAL, [SPECIAL], False),
        (OUTSIDE, [OUTSIDE], True),
        (JINJIANG, [], True),
    ],
)
def test_may_hold(holder: str, named: list[str], allowed: bool) -> None:
    assert may_hold(sichuan(), holder, named) is allowed


@pytest.mark.parametrize(
    ("addressed", "suffix", "meant"),
    [
        (JINJIANG, "市", {CHENGDU}),
        (JINJIANG, "区", {JINJIANG}),
        (JINJIANG, "县", {JINJIANG}),
        (JINJIANG, "省", {PROVINCE}),
        (JINJIANG, "州", set()),
        ("510181", "市", {"510181", CHENGDU}),  # 都江堰市 is a city below a city
        ("513221", "州", {"513200"}),
        ("513221", "县", {"513221"}),
        (CHENGDU, "区", set()),
        (SPECIAL, "市", set()),
    ],
)
def test_resolve_relative(addressed: str, suffix: str, meant: set[str]) -> None:
    assert resolve_relative(sichuan(), addressed=addressed, suffix=suffix) == meant


# --- laws over any tree ---


@st.composite
def trees(draw: st.DrawFn) -> OrganTree:
    """A forest of up to twelve organs, some retired, with a special office and a body outside."""
    count = draw(st.integers(1, 12))
    organs: list[OrganNode] = []
    for number in range(count):
        parent = draw(st.none() | st.integers(0, number - 1)) if number else None
        successor = draw(st.none() | st.integers(number + 1, count - 1)) if number + 1 < count else None
        retired = successor is not None or draw(st.integers(0, 5)) == 0
        organs.append(
            OrganNode(
                code=f"o{number}",
                name=f"o{number}",
                kind="procuratorate",
                level="county",
                # a parent that was replaced by somebody further down the list would stand under its own child
                parent=f"o{parent}" if parent is not None and organs[parent].renamed_to is None else None,
                renamed_to=f"o{successor}" if successor is not None else None,
                in_force=not retired,
            )
        )
    top = (
        OrganNode(code="special", name="special", kind="special_office", level="special"),
        OrganNode(code="outside", name="outside", kind="outside", level="outside"),
    )
    return OrganTree.of((*organs, *top))


@given(data=st.data(), tree=trees(), about=st.booleans(), unresolved=st.booleans())
def test_holder_is_the_nearest_in_force_strictly_above_everybody_named(
    data: st.DataObject, tree: OrganTree, about: bool, unresolved: bool
) -> None:
    codes = st.sampled_from(sorted(tree.nodes))
    addressed = data.draw(codes)
    named = data.draw(st.sets(codes, max_size=4))

    holder = choose_holder(
        tree, addressed=addressed, named=named, about_addressed=about, unresolved_person=unresolved
    )

    avoided = named | ({addressed} if about or unresolved else set())
    line = tree.chain(tree.current(addressed))
    assert holder in line
    assert tree.node(holder).in_force
    if holder != "outside":
        assert all(
            tree.is_strictly_above(holder, one) for code in avoided for one in tree.with_successors(code)
        )
    for nearer in line[: line.index(holder)]:
        assert not may_hold(tree, nearer, avoided)


@given(data=st.data(), tree=trees())
def test_naming_more_never_moves_the_holder_down(data: st.DataObject, tree: OrganTree) -> None:
    codes = st.sampled_from(sorted(tree.nodes))
    addressed, named, more = data.draw(codes), data.draw(st.sets(codes)), data.draw(st.sets(codes))

    def holder(names: set[str]) -> str:
        return choose_holder(
            tree, addressed=addressed, named=names, about_addressed=False, unresolved_person=False
        )

    line = tree.chain(tree.current(addressed))
    assert line.index(holder(named)) <= line.index(holder(named | more))
