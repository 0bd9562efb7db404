"""Merging repeats and taking them apart: every copy and every receipt stays."""

import uuid

import pytest

from moderation.triage.actions import merge, unmerge
from moderation.triage.models import TriageItem
from portal.audit.queries import history_of
from portal.common.errors import Invalid, Stale
from portal.intake.queries import open_thread
from portal.intake.thread_actions import add_message
from tests.moderation.triage.items import EVEN_LATER, LATER, again, filed, item_in, item_of, report_of
from tests.people import CITY, OUTSIDER, People, file_tip


def merged(people: People, item: TriageItem, main: TriageItem) -> TriageItem:
    return merge(actor=people.triager, item_id=item.pk, version=item.version, into=main.pk, now=LATER)


def test_a_merged_item_is_decided_as_repeat_and_its_reporter_sees_an_accepted_report(people: People) -> None:
    receipt, main = file_tip(), filed()

    item = merged(people, item_of(receipt), main)

    thread = open_thread(receipt.number)
    assert (item.state, item.outcome, item.merged_into_id) == ("decided", "repeat", main.pk)
    assert (thread.status, thread.messages) == ("accepted", ())
    assert again(main).state == "open"


def test_unmerge_puts_it_back_into_the_queue(people: People) -> None:
    main = filed()
    item = merged(people, filed(), main)

    item = unmerge(actor=people.leader, item_id=item.pk, version=item.version, now=LATER)

    assert (item.state, item.outcome, item.merged_into_id) == ("open", "", None)
    actions = history_of(kind="report", object_id=main.pk, organs=frozenset({CITY}))
    assert [entry.action for entry in actions] == ["report_filed", "item_merged", "item_unmerged"]


def test_new_evidence_takes_a_repeat_out_of_its_merge(people: People) -> None:
    receipt, main = file_tip(), filed()
    item = merged(people, item_of(receipt), main)

    add_message(receipt=receipt.number, text="又发现一次，附时间。", now=EVEN_LATER)

    item = again(item)
    assert (item.state, item.merged_into_id, report_of(item).status) == ("open", None, "accepted")


def test_unmerging_what_was_not_merged_is_refused(people: People) -> None:
    item = item_in("decided", people)

    with pytest.raises(Invalid):
        unmerge(actor=people.triager, item_id=item.pk, version=item.version, now=EVEN_LATER)


def test_merging_into_itself_a_void_a_merged_an_unknown_or_a_foreign_item_is_refused(people: People) -> None:
    item, main = filed(), filed()
    foreign = filed(organ=OUTSIDER, subjects=())
    targets = [
        item.pk,
        item_in("void", people).pk,
        merged(people, filed(), main).pk,
        uuid.uuid4(),
        foreign.pk,
    ]

    for target in targets:
        with pytest.raises(Invalid) as refused:
            merge(actor=people.triager, item_id=item.pk, version=item.version, into=target, now=LATER)
        assert list(refused.value.fields) == ["into"]

    assert (again(item).version, again(item).state) == (1, "open")


def test_what_others_were_merged_into_cannot_be_merged_away(people: People) -> None:
    main = filed()
    merged(people, filed(), main)

    with pytest.raises(Invalid):
        merged(people, main, filed())


def test_merging_an_old_version_is_refused(people: People) -> None:
    item, main = filed(), filed()
    TriageItem.objects.filter(pk=item.pk).update(version=5)

    with pytest.raises(Stale):
        merged(people, item, main)
