"""Handing an item to another organ: referred by decision, or lifted because it names somebody here."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import asdict
from uuid import UUID

from django.db import transaction

from moderation.ledger.concealing import conceal_leads, lead_ids
from moderation.triage.gate import REOPENED, UNCLAIMED, Act, change, log, ready
from moderation.triage.indexing import leave
from moderation.triage.models import TriageItem, TriageNote
from moderation.triage.notes import NoteDraft, check_note, draft_note, open_notes
from moderation.triage.parcel import Parcel, parcel_of
from moderation.triage.recusal import organs_to_avoid
from moderation.triage.reopening import resume_story
from moderation.triage.transitions import TRANSITIONS
from portal import hooks
from portal.accounts.drafts import drop_drafts
from portal.accounts.signed_in import SignedIn, key_path
from portal.audit.queries import history_of
from portal.common.clock import now as present
from portal.common.errors import Invalid, NotReady
from portal.common.sqlite.wal import fold_wal
from portal.identity.actions import report_moved
from portal.intake.content import MOST_SUBJECTS, Subject
from portal.intake.holding import named_in
from portal.intake.marks import check_mark, set_mark
from portal.intake.models import Message, Report
from portal.intake.queries import open_messages, open_original
from portal.organs.queries import organ_tree
from portal.organs.recusal import NoHolder, choose_holder, may_hold
from portal.organs.tree import OrganTree
from portal.vault.certificates import certified_key
from portal.vault.models import VaultKey

_UNOPENED = "此件有您的密钥不能打开的部分，无法核对回避情况，请由能打开全部内容的人员操作。"


def refer(
    *, actor: SignedIn, item_id: UUID, version: int, organ: str, now: dt.datetime | None = None
) -> TriageItem:
    """Hand the item, with what is merged into it, to another organ's queue; the clocks go on.

    The recusal rule runs again over everything the reporter wrote. Original and messages are sealed to the
    new holder only; the office's notes stay where they were written, and the identity's halves as they are
    (see `Parcel`). Returns the row as it now stands, out of the actor's sight unless they supervise the new
    holder. Raises as `gate.ready`, and `Invalid` for an organ that may not have it.
    """
    now = now or present()
    item = ready(actor=actor, item_id=item_id, version=version, act="refer", now=now)
    tree = organ_tree()
    _check_target(tree, item, organ)
    family = [item, *TriageItem.objects.filter(merged_into=item.pk)]
    for one in family:
        if not may_hold(tree, organ, _named_in(tree, one, actor)):
            raise Invalid(fields={"organ": "按照回避规定，此件不能转往该院。"})
    acts = [
        act
        for one in family
        for act in (
            Act(item.holder_id, one.pk, "item_refer", {"to": organ}),
            Act(organ, one.pk, "item_referred", {"from": item.holder_id}),
        )
    ]
    parcels = [parcel_of(one, with_office_papers=False) for one in family]
    _move(parcels, actor=actor, target=organ, acts=acts, act="refer", now=now)
    return TriageItem.objects.select_related("claimed_by").get(pk=item.pk)


def lift(
    *,
    actor: SignedIn,
    item_id: UUID,
    version: int,
    subjects: Sequence[Subject] = (),
    now: dt.datetime | None = None,
) -> TriageItem:
    """Somebody here is among those complained about: seal the item to an organ above all of them (密封径送).

    Everything goes, the office's notes, lead texts and merged items included; who had opened it is put on
    record for the new holder. Any reader may do it, whoever has claimed the item. For an item that moved up
    by itself it brings the earlier parts after it, `subjects` or not. Returns the row as it now stands, out
    of sight.
    Raises as `gate.ready`, and `Invalid` where nobody named is here or above.
    """
    now = now or present()
    item = ready(actor=actor, item_id=item_id, version=version, act="lift", now=now)
    tree = organ_tree()
    named, unresolved = _named_by(tree, subjects, kind=item.kind, addressed=item.holder_id)
    try:
        holder = choose_holder(
            tree,
            addressed=item.holder_id,
            named=named,
            about_addressed=False,
            unresolved_person=unresolved,
        )
    except NoHolder:
        raise NotReady from None
    if holder == item.holder_id and not item.awaits_lift:
        raise Invalid(fields={"subjects": "请写明涉及本院、同级或上级院的人员及其单位；现受理院无须回避。"})
    if unresolved:
        named.add(item.holder_id)
    family = [item, *TriageItem.objects.filter(merged_into=item.pk)]
    acts = [act for one in family for act in _lift_acts(one, holder, _readers(one))]
    parcels = [parcel_of(one, with_office_papers=True) for one in family]
    note = _lift_note(item, actor, holder, subjects, named, now)
    _move(parcels, actor=actor, target=holder, acts=acts, act="lift", now=now, note=note)
    return TriageItem.objects.select_related("claimed_by").get(pk=item.pk)


def _move(
    parcels: Sequence[Parcel],
    *,
    actor: SignedIn,
    target: str,
    acts: Sequence[Act],
    act: str,
    now: dt.datetime,
    note: NoteDraft | None = None,
) -> None:
    """Seal the parcels to the target and put them into its queue; the first one is the item acted on."""
    key = certified_key(key_path(organ_tree(), target), VaultKey.Purpose.TRIAGE)
    for parcel in parcels:
        parcel.check(actor.keyring, key)
    main = parcels[0].item
    to = TRANSITIONS[act][main.state].to
    with transaction.atomic():
        reports = {report.pk: report for report in _locked(parcels)}
        log(actor, acts, now)
        transaction.on_commit(fold_wal)  # what the old key opened must not linger in SQLite's log
        for parcel in parcels:
            reopened = parcel.item is main and to != main.state
            fields = {"state": to, **REOPENED} if reopened else UNCLAIMED
            change(parcel.item, actor, now, holder_id=target, awaits_lift=False, indexed=False, **fields)
            report = reports[parcel.item.pk]
            report.holder_id = target
            set_mark(report)
            report.save(update_fields=["holder", "mark"])
            if act == "lift":
                conceal_leads(report)
            parcel.hand_over(report, actor.keyring, key)
            report_moved(report, by=actor.staff.username, now=now)
        drop_drafts(about=[*reports, *lead_ids(reports)])  # what was typed here about it
        leave([parcel.item.pk for parcel in parcels])
        if note is not None:
            note.save()
        if to != main.state:
            resume_story(report=reports[main.pk], was=main.state, now=now)


def _locked(parcels: Sequence[Parcel]) -> Sequence[Report]:
    ids = [parcel.item.pk for parcel in parcels]
    reports = list(Report.objects.select_for_update().filter(pk__in=ids).order_by("pk"))
    for report in reports:
        check_mark(report)
    return reports


def _check_target(tree: OrganTree, item: TriageItem, organ: str) -> None:
    known = organ in tree and tree.node(organ).in_force
    if not known or tree.node(organ).kind == "outside":
        raise Invalid(fields={"organ": "请从列表中选择检察院。"})
    if organ == item.holder_id:
        raise Invalid(fields={"organ": "此件已在该院。"})


def _named_in(tree: OrganTree, item: TriageItem, actor: SignedIn) -> frozenset[str]:
    """Whom the item names, all of it opened. Raises `Invalid` where something does not open."""
    content = open_original(item.report, actor.keyring)
    entries = open_messages(item.report, actor.keyring)
    notes = open_notes(item, actor.keyring)
    lifts = item.notes.filter(kind=TriageNote.Kind.LIFT).count()
    seen = [entry.text for entry in entries if entry.author == Message.Author.REPORTER]
    texts = [text for text in seen if text is not None]
    opened_lifts = [note for note in notes if note.kind == TriageNote.Kind.LIFT]
    if content is None or len(texts) != len(seen) or len(opened_lifts) != lifts:
        raise Invalid(_UNOPENED)
    return organs_to_avoid(
        tree,
        kind=item.kind,
        addressed=item.addressed_id,
        content=content,
        texts=texts,
        lifted={code for note in opened_lifts for code in note.organs},
    )


def _named_by(
    tree: OrganTree, subjects: Sequence[Subject], *, kind: str, addressed: str
) -> tuple[set[str], bool]:
    """The organs a lift names, and whether somebody's organ stays unknown."""
    if len(subjects) > MOST_SUBJECTS:
        raise Invalid(fields={"subjects": f"最多填写 {MOST_SUBJECTS} 人。"})
    for number, subject in enumerate(subjects):
        if subject.organ and subject.organ not in tree:
            raise Invalid(fields={f"subjects.{number}.organ": "没有这个检察院代码。"})
        if not any(asdict(subject).values()):
            raise Invalid(fields={f"subjects.{number}": "请填写姓名或单位。"})
    described = tuple(hooks.SubjectText(**asdict(subject)) for subject in subjects)
    findings = hooks.preflight(hooks.PreflightText(kind=kind, subjects=described))
    by_code = {subject.organ for subject in subjects if subject.organ}
    named = by_code | named_in(findings, tree=tree, addressed=addressed, kind=kind)
    return named, any(finding.code == "unresolved_person" for finding in findings)


def _lift_note(
    item: TriageItem,
    actor: SignedIn,
    holder: str,
    subjects: Sequence[Subject],
    named: set[str],
    now: dt.datetime,
) -> NoteDraft | None:
    """Whom the lift named, for the new holder: a later referral must not undo it."""
    if not subjects:
        return None
    lines = (" ".join(part for part in asdict(subject).values() if part) for subject in subjects)
    text = "\n".join(lines)
    check_note(text, field="subjects")
    return draft_note(
        item=item.pk,
        holder=holder,
        kind=TriageNote.Kind.LIFT,
        author=actor.staff,
        text=text,
        organs=named,
        now=now,
    )


def _lift_acts(item: TriageItem, holder: str, readers: str) -> list[Act]:
    if holder == item.holder_id:
        return [Act(holder, item.pk, "item_carry_over")]
    return [
        Act(item.holder_id, item.pk, "item_lift"),
        Act(holder, item.pk, "item_lifted", {"from": item.holder_id, "readers": readers}),
    ]


def _readers(item: TriageItem) -> str:
    """Who has opened the item at the organ that holds it, by user name."""
    entries = history_of(kind="report", object_id=item.pk, organs=frozenset({item.holder_id}))
    return ", ".join(sorted(set(entries.filter(action="item_read").values_list("actor", flat=True))))
