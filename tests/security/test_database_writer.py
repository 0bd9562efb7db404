"""Whoever writes the database but lacks the node's secrets can't steer what is sealed or slip in words."""

from dataclasses import replace
from typing import Any

import pytest

from moderation.triage.models import TriageItem
from portal.accounts.signed_in import key_path
from portal.common.clock import now
from portal.intake.actions import post_office_message
from portal.intake.bindings import original_binding
from portal.intake.content import canonical_bytes
from portal.intake.forms_archive import current_form
from portal.intake.models import Message, Report
from portal.intake.queries import open_messages, open_original, open_thread
from portal.intake.thread_actions import add_message
from portal.organs.queries import organ_tree
from portal.vault.certificates import certified_key
from portal.vault.items import seal_item
from portal.vault.models import Envelope, SealedItem
from portal.vault.node_mac import check_node_mac, node_mac
from portal.vault.primitives import CURRENT, Tampered, new_secret
from tests.people import CITY, COUNTY, People, Tip, file_tip

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    "change",
    [
        {"holder_id": COUNTY},
        {"thread_public": CURRENT.public_half(new_secret()).sealing},
        {"addressed_id": COUNTY},
        {"kind": "suggestion"},
        {"receipt_to_change": True},
        {"mark": b""},
    ],
)
def test_changed_report_takes_no_words_from_anybody(people: People, change: dict[str, Any]) -> None:
    receipt = file_tip()
    Report.objects.filter(pk=receipt.report).update(**change)
    TriageItem.objects.filter(pk=receipt.report).update(holder_id=change.get("holder_id", CITY))

    with pytest.raises(Tampered):
        add_message(receipt=receipt.number, text="补充")
    with pytest.raises(Tampered):
        open_thread(receipt.number)
    with pytest.raises(Tampered):
        post_office_message(
            report=Report.objects.get(pk=receipt.report),
            actor=people.triager,
            text="答复",
            act="reply",
            now=now(),
        )
    assert Message.objects.count() == 0


def test_lookup_swapped_between_two_reports_opens_neither(house: None) -> None:
    one, two = file_tip(), file_tip(title="另一件")
    first, second = Report.objects.get(pk=one.report), Report.objects.get(pk=two.report)
    Report.objects.filter(pk=first.pk).update(lookup=b"x" * 32)
    Report.objects.filter(pk=second.pk).update(lookup=first.lookup)

    with pytest.raises(Tampered):
        add_message(receipt=one.number, text="补充")


def test_original_replaced_by_one_sealed_anew_is_noticed(people: People) -> None:
    report = Report.objects.get(pk=file_tip().report)
    false = canonical_bytes(
        kind="tip",
        organ=CITY,
        form=current_form("tip"),
        content=replace(Tip().content, text="我收回，王某是好人"),
    )
    key = certified_key(key_path(organ_tree(), CITY), "triage")
    forged = seal_item(
        false,
        purpose="original",
        binding=original_binding(report.id),
        recipients=[key],
        item_id=report.original_id,
    )
    SealedItem.objects.filter(pk=report.original_id).update(ciphertext=forged.item.ciphertext)
    Envelope.objects.filter(item=report.original_id).update(sealed=forged.envelopes[0].sealed)

    with pytest.raises(Tampered):
        open_original(Report.objects.get(pk=report.pk), people.triager.keyring)


def test_message_moved_to_another_report_does_not_open(people: People) -> None:
    one, two = file_tip(), file_tip(title="另一件")
    message = add_message(receipt=one.number, text="只给第一件的话")
    Message.objects.filter(pk=message.pk).update(report_id=two.report)

    with pytest.raises(Tampered):
        open_messages(Report.objects.get(pk=two.report), people.triager.keyring)


def test_mark_of_other_parts_use_or_making_fails(house: None) -> None:
    mark = node_mac("yanlu-report", "a", "b")

    check_node_mac(mark, "yanlu-report", "a", "b")
    for wrong in (
        (mark, "yanlu-report", "ab", ""),
        (mark, "yanlu-item", "a", "b"),
        (b"\x00\x07" + mark[2:], "yanlu-report", "a", "b"),
        (b"", "yanlu-report", "a", "b"),
    ):
        with pytest.raises(Tampered):
            check_node_mac(*wrong)
