"""Referring and lifting: who can read the item before and after, by keys and not by permission."""

import datetime as dt
from typing import Any

import pytest

from moderation.triage.actions import ask, claim, decide, lift, merge, refer, void
from moderation.triage.models import TriageItem
from moderation.triage.notes import open_notes
from moderation.triage.queries import item_detail, visible_to
from moderation.triage.reading import read_item
from portal.accounts.signed_in import SignedIn
from portal.audit.queries import history_of
from portal.common.errors import Forbidden, Invalid, NotFound
from portal.intake.content import Identity, Subject
from portal.intake.queries import open_messages, open_original, open_thread
from portal.intake.thread_actions import add_message
from portal.vault.halves import can_open_half
from portal.vault.models import Envelope, SealedItem
from tests.moderation.triage.items import EVEN_LATER, FILED, LATER, again, filed, item_in, item_of, report_of
from tests.people import CITY, COUNTY, DISCIPLINE, PROVINCE, People, file_tip

NEUTRAL: dict[str, Any] = {
    "kind": "suggestion",
    "title": "建议增加周末接待窗口",
    "text": "平时上班，来不了，希望周六也能接待。",
    "subjects": (),
    "place": "",
}
CITY_LEADER = Subject(name="钱某", organ=CITY, post="副检察长")


def title_for(actor: SignedIn, item: TriageItem) -> str | None:
    """The title as far as these keys go; permission is not asked."""
    content = open_original(report_of(item), actor.keyring)
    return content.title if content else None


def knows_of(actor: SignedIn, item: TriageItem) -> bool:
    return visible_to(actor.staff).filter(pk=item.pk).exists()


def test_referring_down_hands_over_everything_and_keeps_the_date(people: People) -> None:
    receipt = file_tip(now=FILED, **NEUTRAL)
    item = ask(actor=people.triager, item_id=receipt.report, version=1, text="哪个窗口？", now=LATER)
    add_message(receipt=receipt.number, text="控告申诉窗口。", now=EVEN_LATER)
    item = again(item)

    item = refer(actor=people.triager, item_id=item.pk, version=item.version, organ=COUNTY, now=EVEN_LATER)

    texts = [entry.text for entry in open_messages(report_of(item), people.triager_county.keyring)]
    assert (item.holder_id, item.state, report_of(item).holder_id) == (COUNTY, "open", COUNTY)
    assert item.due == dt.date(2026, 3, 11)
    assert title_for(people.triager_county, item) == "建议增加周末接待窗口"
    assert texts == ["哪个窗口？", "控告申诉窗口。"]
    assert [entry.text for entry in open_thread(receipt.number).messages][:1] == ["哪个窗口？"]


def test_after_referring_the_sender_neither_sees_nor_opens_it(people: People) -> None:
    item = filed(**NEUTRAL)

    item = refer(actor=people.triager, item_id=item.pk, version=1, organ=COUNTY, now=LATER)

    assert not knows_of(people.triager, item)
    assert title_for(people.triager, item) is None
    assert knows_of(people.supervisor, item)
    assert title_for(people.supervisor, item) == "建议增加周末接待窗口"


def test_a_referral_is_in_both_logs(people: People) -> None:
    item = filed(**NEUTRAL)

    refer(actor=people.triager, item_id=item.pk, version=1, organ=COUNTY, now=LATER)

    by_organ = {
        organ: [
            (entry.action, entry.detail)
            for entry in history_of(kind="report", object_id=item.pk, organs=frozenset({organ}))
        ]
        for organ in (CITY, COUNTY)
    }
    assert by_organ == {
        CITY: [
            ("report_filed", {"kind": "suggestion", "channel": "web"}),
            ("item_refer", {"to": COUNTY}),
        ],
        COUNTY: [("item_referred", {"from": CITY})],
    }


@pytest.mark.parametrize(
    "named",
    [
        {"subjects": (Subject(name="王某", organ=COUNTY),)},
        {"subjects": (), "text": "锦江区检察院的人收了钱。"},
        {"subjects": (), "text": "有人收了钱。", "title": "锦江区院问题", "place": ""},
        {"subjects": (), "text": "有人收了钱。", "title": "收钱", "place": "锦江区检察院门口"},
        {"subjects": (), "text": "有人收了钱。", "title": "收钱", "organ": COUNTY, "about_organ": None},
        {"subjects": (), "text": "贵院有人收了钱。", "title": "收钱", "organ": COUNTY},
        {"subjects": (), "text": "有人收了钱。", "title": "收钱", "occurred": "在锦江区检察院任职时"},
    ],
)
def test_a_tip_cannot_be_referred_to_whom_it_names(named: dict[str, object], people: People) -> None:
    item = filed(**named)

    with pytest.raises(Invalid) as refused:
        refer(actor=people.triager, item_id=item.pk, version=1, organ=COUNTY, now=LATER)

    assert refused.value.fields == {"organ": "按照回避规定，此件不能转往该院。"}
    assert title_for(people.triager_county, item) is None


def test_the_reporters_later_words_count_as_well(people: People) -> None:
    receipt = file_tip(now=FILED, **NEUTRAL)
    add_message(receipt=receipt.number, text="特别是锦江区检察院的窗口。", now=LATER)

    with pytest.raises(Invalid):
        refer(actor=people.triager, item_id=receipt.report, version=2, organ=COUNTY, now=EVEN_LATER)


@pytest.mark.parametrize("organ", ["999999", CITY, "", "OUTSIDE"])
def test_an_organ_that_is_none_or_the_holder_is_refused(organ: str, people: People) -> None:
    item = filed(**NEUTRAL)

    with pytest.raises(Invalid) as refused:
        refer(actor=people.triager, item_id=item.pk, version=1, organ=organ, now=LATER)

    assert list(refused.value.fields) == ["organ"]


def test_lifting_seals_to_the_organ_above_all_named_and_takes_the_notes_along(people: People) -> None:
    item = item_in("void_proposed", people)
    read_item(actor=people.triager2, item_id=item.pk, now=LATER)

    item = lift(
        actor=people.triager,
        item_id=item.pk,
        version=item.version,
        subjects=[CITY_LEADER],
        now=EVEN_LATER,
    )

    above = people.triager_province
    assert (item.holder_id, item.state, item.void_proposed_by_id) == (PROVINCE, "open", None)
    assert title_for(above, item) == "锦江区院一名干警收受请托人财物"
    assert [(note.kind, note.text, note.organs) for note in open_notes(item, above.keyring)] == [
        ("void", "广告", ()),
        ("lift", "钱某 510100 副检察长", (CITY,)),
    ]
    entries = history_of(kind="report", object_id=item.pk, organs=frozenset({PROVINCE}))
    assert [(entry.action, entry.detail) for entry in entries] == [
        ("item_lifted", {"from": CITY, "readers": "triager2"})
    ]


def test_after_a_lift_no_key_of_the_organ_opens_anything(people: People) -> None:
    item = filed()

    item = lift(actor=people.moderator, item_id=item.pk, version=1, subjects=[CITY_LEADER], now=LATER)

    readers = [people.triager, people.leader, people.moderator, people.triager_county, people.supervisor]
    assert [knows_of(actor, item) for actor in readers] == [False] * 5
    assert [title_for(actor, item) for actor in readers] == [None] * 5
    paths = Envelope.objects.filter(item=report_of(item).original).values_list("recipient__path", flat=True)
    assert list(paths) == [PROVINCE]
    with pytest.raises(NotFound):
        item_detail(staff=people.leader.staff, keyring=people.leader.keyring, item_id=item.pk)


def test_a_lifted_item_cannot_be_referred_back_to_whom_the_lift_named(people: People) -> None:
    item = filed()
    item = lift(actor=people.triager, item_id=item.pk, version=1, subjects=[CITY_LEADER], now=LATER)

    with pytest.raises(Invalid):
        refer(
            actor=people.triager_province,
            item_id=item.pk,
            version=item.version,
            organ=CITY,
            now=EVEN_LATER,
        )


def test_a_person_whose_organ_is_unknown_lifts_one_level(people: People) -> None:
    item = filed()

    item = lift(actor=people.triager, item_id=item.pk, version=1, subjects=[Subject(name="钱某")], now=LATER)

    assert item.holder_id == PROVINCE


def test_naming_the_province_lifts_to_the_discipline_office(people: People) -> None:
    item = filed()

    item = lift(
        actor=people.leader,
        item_id=item.pk,
        version=1,
        subjects=[Subject(name="孙某", organ=PROVINCE)],
        now=LATER,
    )

    assert (item.holder_id, title_for(people.triager_discipline, item)) == (
        DISCIPLINE,
        "锦江区院一名干警收受请托人财物",
    )
    assert title_for(people.supervisor_province, item) is None


def test_lifting_without_need_is_refused(people: People) -> None:
    item = filed()

    for subjects in ([], [Subject(name="王某", organ=COUNTY)]):
        with pytest.raises(Invalid):
            lift(actor=people.triager, item_id=item.pk, version=1, subjects=subjects, now=LATER)
    with pytest.raises(Invalid) as refused:
        lift(actor=people.triager, item_id=item.pk, version=1, subjects=[Subject(organ="1")], now=LATER)

    assert list(refused.value.fields) == ["subjects.0.organ"]


def test_a_supervisor_lifts_from_an_organ_below_whoever_claimed_it(people: People) -> None:
    item = claim(actor=people.triager, item_id=filed().pk, version=1, now=LATER)

    item = lift(
        actor=people.supervisor_province,
        item_id=item.pk,
        version=item.version,
        subjects=[CITY_LEADER],
        now=LATER,
    )

    assert (item.holder_id, item.claimed_by) == (PROVINCE, None)
    assert title_for(people.triager_province, item) == "锦江区院一名干警收受请托人财物"


def test_a_supervisor_does_nothing_else_below(people: People) -> None:
    item = filed()

    with pytest.raises(Forbidden):
        void(actor=people.supervisor_province, item_id=item.pk, version=1, reason="广告", now=LATER)


def test_what_was_decided_by_the_accused_is_open_again_above(people: People) -> None:
    item = decide(
        actor=people.triager, item_id=filed().pk, version=1, outcome="declined", reason="N3", now=LATER
    )

    item = lift(
        actor=people.triager,
        item_id=item.pk,
        version=item.version,
        subjects=[CITY_LEADER],
        now=EVEN_LATER,
    )

    assert (item.state, item.outcome, item.due) == ("open", "", dt.date(2026, 3, 11))
    assert report_of(item).status == "in_progress"


def test_merged_items_are_lifted_with_the_one_they_were_merged_into(people: People) -> None:
    main, repeat = filed(), filed(title="同一件事，再次反映")
    merge(actor=people.triager, item_id=repeat.pk, version=1, into=main.pk, now=LATER)

    lift(actor=people.triager, item_id=main.pk, version=1, subjects=[CITY_LEADER], now=EVEN_LATER)

    repeat = again(repeat)
    assert (repeat.holder_id, repeat.merged_into_id, repeat.state) == (PROVINCE, main.pk, "decided")
    assert title_for(people.triager_province, repeat) == "同一件事，再次反映"
    assert title_for(people.triager, repeat) is None


def test_the_holders_half_of_the_identity_goes_along(people: People) -> None:
    receipt = file_tip(now=FILED, identity=Identity(name="李四", phone="13800000000"))
    identity = report_of(item_of(receipt)).identity
    assert identity is not None

    lift(actor=people.triager, item_id=receipt.report, version=1, subjects=[CITY_LEADER], now=LATER)

    held = Envelope.objects.filter(item=identity).order_by("share")
    assert [(one.share, one.recipient.path if one.recipient else "") for one in held] == [
        ("custody_half", "510000/510100"),
        ("holder_half", "510000"),
    ]
    fresh = SealedItem.objects.get(pk=identity.pk)
    assert not can_open_half(fresh, people.triager.keyring)
    assert can_open_half(fresh, people.triager_province.keyring)
