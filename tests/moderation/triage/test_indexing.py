"""When an item enters the index, and when it leaves."""

import datetime as dt
from uuid import UUID

import pytest
from django.db import IntegrityError, transaction

from moderation.triage import actions
from moderation.triage.building import build, missing
from moderation.triage.indexing import draft_entry, enter, index_keys, newest_key
from moderation.triage.letters import opened_letters
from moderation.triage.models import TriageItem
from moderation.triage.reading import read_item
from portal.accounts.signed_in import SignedIn, acting, key_path
from portal.audit.models import AuditEntry
from portal.common.errors import Invalid
from portal.intake.content import Subject
from portal.intake.thread_actions import add_message
from portal.organs.queries import organ_tree
from portal.vault.certificates import certified_key
from portal.vault.keyring import Keyring
from portal.vault.keys import grant, make_key
from portal.vault.models import IndexEntry, SealedItem, VaultKey
from tests.moderation.triage.items import EVEN_LATER, FILED, LATER, again, filed, held, item_in, item_of
from tests.people import CITY, COUNTY, FOUNDED, PROVINCE, People, file_tip, triage_key_of


def read(actor: SignedIn, *items: TriageItem) -> None:
    for item in items:
        read_item(actor=actor, item_id=item.pk, now=LATER)


def entered() -> set[UUID]:
    return set(IndexEntry.objects.values_list("report", flat=True))


def test_an_item_enters_the_index_when_staff_first_open_it(people: People) -> None:
    item, other = filed(), filed()

    read(people.triager, item)

    entry = IndexEntry.objects.get()
    assert (entry.report, entry.key_id) == (item.pk, triage_key_of(CITY, people).id)
    assert (again(item).indexed, again(other).indexed, again(item).version) == (True, False, item.version)


def test_the_supervisor_above_enters_it_under_the_holders_key(people: People) -> None:
    item = filed()

    read(people.supervisor_province, item)

    assert IndexEntry.objects.get().key_id == triage_key_of(CITY, people).id


@pytest.mark.parametrize("state", ["held", "void"])
def test_held_and_void_items_do_not_enter(state: str, people: People) -> None:
    item = item_in(state, people)

    read(people.triager, item)

    assert (entered(), again(item).indexed) == (set(), False)


@pytest.mark.parametrize("state", ["open", "waiting", "void_proposed", "decided"])
def test_all_other_items_enter(state: str, people: People) -> None:
    item = item_in(state, people)

    read(people.triager, item)

    assert (entered(), again(item).indexed) == ({item.pk}, True)


def test_the_database_refuses_a_held_or_void_item_that_is_indexed(people: People) -> None:
    item = held()

    with pytest.raises(IntegrityError), transaction.atomic():
        TriageItem.objects.filter(pk=item.pk).update(indexed=True)


def test_voiding_takes_it_out_and_opening_it_again_brings_it_back(people: People) -> None:
    item = item_in("void_proposed", people)
    read(people.triager, item)

    item = actions.void(actor=people.triager, item_id=item.pk, version=item.version, now=EVEN_LATER)
    assert (entered(), item.indexed) == (set(), False)

    item = actions.open_item(actor=people.triager, item_id=item.pk, version=item.version, now=EVEN_LATER)
    read(people.triager, item)
    assert entered() == {item.pk}


def test_lifting_takes_it_and_what_was_merged_into_it_out(people: People) -> None:
    main, repeat, other = filed(), filed(), filed()
    read(people.triager, main, repeat, other)
    actions.merge(actor=people.triager, item_id=repeat.pk, version=1, into=main.pk, now=LATER)
    assert entered() == {main.pk, repeat.pk, other.pk}

    lifted = actions.lift(
        actor=people.triager,
        item_id=main.pk,
        version=1,
        subjects=[Subject(name="钱某", organ=CITY)],
        now=EVEN_LATER,
    )

    assert (lifted.holder_id, entered()) == (PROVINCE, {other.pk})
    assert [again(one).indexed for one in (main, repeat, other)] == [False, False, True]


def test_referring_takes_it_out_and_the_new_holder_enters_it_under_its_own_key(people: People) -> None:
    item = filed(subjects=(), text="某公司行贿。", title="行贿", place="")
    read(people.triager, item)

    actions.refer(actor=people.triager, item_id=item.pk, version=1, organ=COUNTY, now=LATER)
    assert (entered(), again(item).indexed) == (set(), False)

    read(people.triager_county, item)
    assert IndexEntry.objects.get().key_id == triage_key_of(COUNTY, people).id


def test_a_message_that_moves_it_up_takes_it_out_at_once(people: People) -> None:
    receipt = file_tip(now=FILED)
    read(people.triager, item_of(receipt))

    add_message(receipt=receipt.number, text="成都市人民检察院的钱某也收了。", now=LATER)

    item = item_of(receipt)
    assert (item.holder_id, item.awaits_lift, item.indexed, entered()) == (PROVINCE, True, False, set())
    read(people.supervisor_province, item)
    assert entered() == set()


def test_a_new_message_enters_when_the_item_is_opened_again(people: People) -> None:
    receipt = file_tip(now=FILED)
    read(people.triager, item_of(receipt))
    before = IndexEntry.objects.get().buckets

    add_message(receipt=receipt.number, text="又在游泳馆见过一次。", now=LATER)
    assert again(item_of(receipt)).indexed is False
    read(people.triager, item_of(receipt))

    assert again(item_of(receipt)).indexed is True
    assert before < IndexEntry.objects.get().buckets


def test_the_offices_own_reply_enters_and_its_fixed_words_do_not(people: People) -> None:
    replied, declined = filed(), filed()
    read(people.triager, replied, declined)
    before = IndexEntry.objects.get(report=declined.pk).buckets

    item = actions.reply(
        actor=people.triager, item_id=replied.pk, version=1, text="已函询游泳馆。", now=LATER
    )
    assert item.indexed is False
    actions.decide(
        actor=people.triager, item_id=declined.pk, version=1, outcome="declined", reason="N2", now=LATER
    )
    read(people.triager, replied, declined)

    assert IndexEntry.objects.get(report=declined.pk).buckets == before
    assert before < IndexEntry.objects.get(report=replied.pk).buckets


def test_merged_items_stay(people: People) -> None:
    main, repeat = filed(), filed()
    read(people.triager, main, repeat)

    actions.merge(actor=people.triager, item_id=repeat.pk, version=1, into=main.pk, now=LATER)

    assert (entered(), again(repeat).indexed) == ({main.pk, repeat.pk}, True)


def test_an_item_changed_since_it_was_read_does_not_enter(people: People) -> None:
    item = filed()
    key = newest_key(CITY, people.triager.keyring)
    assert key is not None
    ((_, letter, _),) = opened_letters([again(item)], people.triager.keyring)
    assert letter is not None
    draft = draft_entry(item, letter, key)
    assert draft is not None
    actions.claim(actor=people.triager, item_id=item.pk, version=1, now=LATER)

    with transaction.atomic():
        assert enter([draft]) == 0

    assert (entered(), again(item).indexed) == (set(), False)


def test_the_index_keys_are_those_of_the_organs_one_reads(people: People, outsider: SignedIn) -> None:
    city = triage_key_of(CITY, people).id

    assert [key.key for key in index_keys([CITY], people.triager.keyring)] == [city]
    assert index_keys([CITY], people.triager_county.keyring) == []
    assert index_keys([CITY], outsider.keyring) == []
    assert index_keys([CITY], people.handler.keyring) == []


# --- building -----------------------------------------------------------------------------------------


def test_building_enters_everything_one_can_open_and_is_on_record(people: People) -> None:
    items = [filed(now=FILED + dt.timedelta(hours=hour)) for hour in range(3)]
    on_hold, junk = held(), item_in("void", people)
    read(people.triager, items[0])

    assert set(missing(people.triager)) == {items[1], items[2]}
    done = build(actor=people.triager, now=EVEN_LATER)

    assert (done.entered, done.unopened, done.next) == (2, 0, None)
    assert entered() == {item.pk for item in items}
    assert (again(on_hold).indexed, again(junk).indexed) == (False, False)
    entry = AuditEntry.objects.get(action="index_built")
    assert (entry.organ_id, entry.actor, entry.detail) == (CITY, "triager", {"count": 2})


def test_building_goes_on_where_it_was_left(people: People, monkeypatch: pytest.MonkeyPatch) -> None:
    items = [filed(now=FILED + dt.timedelta(hours=hour)) for hour in range(5)]
    monkeypatch.setattr("moderation.triage.building._STEP", 2)

    first = build(actor=people.triager, seconds=0, now=LATER)
    after_first = entered()
    second = build(actor=people.triager, cursor=first.next, seconds=0, now=LATER)
    third = build(actor=people.triager, cursor=second.next, seconds=0, now=LATER)

    assert after_first == {items[4].pk, items[3].pk}
    assert (first.entered, second.entered, third.entered, third.next) == (2, 2, 1, None)
    assert entered() == {item.pk for item in items}


def test_building_passes_over_what_does_not_open(people: People) -> None:
    damaged, whole = filed(now=FILED + dt.timedelta(hours=1)), filed()
    SealedItem.objects.filter(pk=damaged.report.original_id).update(ciphertext=b"\x01" + b"x" * 80)

    done = build(actor=people.triager, now=LATER)

    assert (done.entered, done.unopened, done.next) == (1, 1, None)
    assert entered() == {whole.pk}


def test_building_with_nothing_to_do_leaves_no_record(people: People) -> None:
    assert build(actor=people.triager, now=LATER).entered == 0
    assert not AuditEntry.objects.filter(action="index_built").exists()


def test_building_refuses_a_foreign_cursor(people: People) -> None:
    with pytest.raises(Invalid):
        build(actor=people.triager, cursor="bm9wZQ", now=LATER)


def test_building_reaches_nothing_of_others(people: People, outsider: SignedIn) -> None:
    filed()

    for actor in (outsider, people.triager_county, people.leader_county, people.handler, people.clerk):
        assert build(actor=actor, now=LATER).entered == 0

    assert entered() == set()


def second_generation(people: People) -> VaultKey:
    """The city's triage key anew, in the hands of `triager`; nobody else has it yet."""
    path = key_path(organ_tree(), CITY)
    issuer = people.supervisor_province.keyring.holding(PROVINCE, "oversight")
    assert issuer is not None
    VaultKey.objects.filter(path=path, purpose="triage").update(superseded_at=FOUNDED)
    opened = make_key(path=path, purpose="triage", issuer=issuer, generation=2, now=FOUNDED)
    me = people.triager.keyring.personal
    grant(opened, certified_key(me.path, "personal"), now=FOUNDED)
    return VaultKey.objects.get(pk=opened.id)


def test_entries_of_an_old_generation_stay_findable_and_are_made_anew(people: People) -> None:
    item = filed()
    read(people.triager, item)
    old = IndexEntry.objects.get().key_id
    newest = second_generation(people)
    actor = acting(people.triager.staff, Keyring(people.triager.keyring.personal))

    assert [key.key for key in index_keys([CITY], actor.keyring)] == [newest.pk, old]
    assert list(missing(people.leader)) == []
    assert list(missing(actor)) == [item]

    build(actor=actor, now=EVEN_LATER)

    assert IndexEntry.objects.get().key_id == newest.pk
    assert list(missing(actor)) == []


def test_building_by_two_people_at_once_enters_each_item_once(people: People) -> None:
    items = [filed(now=FILED + dt.timedelta(hours=hour)) for hour in range(2)]
    drafts = []
    for actor in (people.triager, people.leader):
        key = newest_key(CITY, actor.keyring)
        assert key is not None
        for item, letter, _ in opened_letters([again(one) for one in items], actor.keyring):
            assert letter is not None
            drafts.append(draft_entry(item, letter, key))

    with transaction.atomic():
        first = enter([draft for draft in drafts[:2] if draft])
    with transaction.atomic():
        second = enter([draft for draft in drafts[2:] if draft])

    assert (first, second, entered()) == (2, 2, {item.pk for item in items})
    assert IndexEntry.objects.count() == 2
