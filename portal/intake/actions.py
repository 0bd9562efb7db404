"""Every change of a report: filing it, and what the reporter or the office does to it afterwards."""

import datetime as dt
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from uuid import UUID

from django.db import IntegrityError, transaction

from portal import hooks
from portal.accounts.models import Staff
from portal.accounts.signed_in import SignedIn, at_home, key_path
from portal.audit.actions import PUBLIC, record
from portal.common.clock import local_date
from portal.common.clock import now as present
from portal.common.errors import Forbidden, Invalid, NotReady, Stale
from portal.common.ids import new_id
from portal.intake.bindings import identity_binding, message_binding, original_binding
from portal.intake.content import (
    Content,
    Identity,
    canonical_bytes,
    check_content,
    check_identity,
    check_message,
    preflight_text,
)
from portal.intake.forms_archive import current_form
from portal.intake.holding import holder_for, keyed_holder
from portal.intake.marks import check_mark, set_mark
from portal.intake.models import Channel, IdentityOpening, Kind, Message, Report, Status
from portal.organs.queries import organ_tree, public_categories
from portal.organs.recusal import NoHolder
from portal.organs.tree import OrganTree, UnknownOrgan
from portal.vault.certificates import certified_key
from portal.vault.items import (
    SealedDraft,
    ThreadRecipient,
    save_drafts,
    seal_item,
    seal_split,
)
from portal.vault.models import PurposeKey, VaultKey
from portal.vault.primitives import Tampered, keyed_hash
from portal.vault.proof import make_proof
from portal.vault.purpose_keys import active_keys
from portal.vault.receipts import ReceiptSecrets, formatted, secrets_from_nonce

Purpose = VaultKey.Purpose
NodePurpose = PurposeKey.Purpose


@dataclass(frozen=True)
class Receipt:
    """What the reporter is given: shown only after the commit, the number stored nowhere."""

    number: str
    report: UUID
    status: str
    received_at: dt.datetime
    reply_due: dt.date | None
    proof: str


class NonceReused(Stale):
    """The same one-time nonce came with another body."""

    detail = "同一提交标识已用于另一份内容；请重新打开表单后提交。"


def submit_report(
    *,
    nonce: bytes,
    kind: str,
    channel: str,
    organ: str,
    content: Content,
    identity: Identity | None = None,
    uploads: Sequence[UUID] = (),
    now: dt.datetime | None = None,
    actor: Staff | None = None,
) -> Receipt:
    """Take a report in: screen, choose the holder, seal, commit; the one front door of Yanlu.

    `nonce` is 16 random bytes made once per submission; the same nonce with the same body gives the same
    receipt. With `actor` a clerk files for somebody, and the receipt must be changed at first use.
    Raises `Invalid`, `NonceReused`, `NotReady`.
    """
    now = (now or present()).replace(microsecond=0)
    _check_filing(kind=kind, channel=channel, content=content, identity=identity, uploads=uploads)
    tree = organ_tree()
    findings = hooks.preflight(preflight_text(kind, content))
    holder = _holder(tree, kind=kind, organ=organ, content=content, findings=findings)
    canonical = canonical_bytes(kind=kind, organ=organ, form=current_form(kind), content=content)
    body = canonical + json.dumps(asdict(identity or Identity()), sort_keys=True).encode()

    node = active_keys(NodePurpose.RECEIPT, NodePurpose.LOOKUP, NodePurpose.PROOF)
    secrets = secrets_from_nonce(nonce, node)
    if len(secrets) > 1:  # after a key change a retry would not meet the unique lookup of the newest key
        earlier = _filed_earlier(secrets, body)
        if earlier is not None:
            return earlier
    newest = secrets[0]
    report = Report(
        id=new_id(),
        lookup=newest.lookup,
        key_version=newest.key_version,
        thread_public=newest.thread_public,
        body_digest=_body_digest(newest, body),
        kind=kind,
        channel=channel,
        addressed_id=organ,
        holder_id=holder,
        form_id=current_form(kind),
        received_at=now,
        status_at=now,
        receipt_to_change=actor is not None,
        proof=make_proof(digits=newest.digits, canonical=canonical, received_at=now, keys=node),
    )
    drafts = _seal(report, tree, canonical=canonical, identity=identity)
    set_mark(report)
    try:
        _save(report, drafts, findings=findings, actor=actor, now=now)
    except IntegrityError:
        earlier = _filed_earlier(secrets, body)
        if earlier is None:
            raise
        return earlier
    return _receipt(report, newest)


def _save(
    report: Report,
    drafts: list[SealedDraft],
    *,
    findings: list[hooks.Finding],
    actor: Staff | None,
    now: dt.datetime,
) -> None:
    with transaction.atomic():
        save_drafts(drafts)
        report.save(force_insert=True)
        record(
            organ=report.holder_id,
            actor=actor.username if actor else PUBLIC,
            action="report_filed",
            object_kind="report",
            object_id=report.id,
            detail={"kind": report.kind, "channel": report.channel},
            now=now,
        )
        hooks.report_filed(report=report, findings=findings, now=now)


def _check_filing(
    *, kind: str, channel: str, content: Content, identity: Identity | None, uploads: Sequence[UUID]
) -> None:
    if kind not in Kind.values:
        raise Invalid(fields={"kind": "请选择举报或意见建议。"})
    if channel not in Channel.values:
        raise Invalid(fields={"channel": "未知的来件渠道。"})
    if content.category and content.category not in {term.code for term in public_categories(kind)}:
        raise Invalid(fields={"category": "请从列表中选择类别。"})
    if uploads:
        raise Invalid(fields={"uploads": "暂不能上传材料；请先提交文字，材料可邮寄或当面递交。"})
    check_content(content)
    if identity:
        check_identity(identity)


def _holder(
    tree: OrganTree, *, kind: str, organ: str, content: Content, findings: list[hooks.Finding]
) -> str:
    for number, subject in enumerate(content.subjects):
        if subject.organ and subject.organ not in tree:
            raise Invalid(fields={f"subjects.{number}.organ": "没有这个检察院代码。"})
    if organ not in tree or tree.node(organ).kind == "outside" or not tree.node(organ).in_force:
        raise Invalid(fields={"organ": "请从列表中选择检察院。"})
    try:
        return holder_for(tree, kind=kind, addressed=organ, content=content, findings=findings)
    except (UnknownOrgan, NoHolder):
        raise NotReady from None


def _seal(
    report: Report, tree: OrganTree, *, canonical: bytes, identity: Identity | None
) -> list[SealedDraft]:
    wanted = [Purpose.TRIAGE, Purpose.CUSTODY] if identity else [Purpose.TRIAGE]
    try:
        report.holder_id, keys = keyed_holder(tree, report.holder_id, *wanted)
    except Tampered:  # a swapped key seals nothing
        raise NotReady from None
    original = seal_item(
        canonical, purpose="original", binding=original_binding(report.id), recipients=keys[:1]
    )
    report.original = original.item
    if not identity:
        return [original]
    apart = seal_split(
        json.dumps(asdict(identity), ensure_ascii=False, sort_keys=True).encode(),
        purpose="identity",
        binding=identity_binding(report.id),
        holder=keys[0],
        custody=keys[1],
    )
    report.identity = apart.item
    return [original, apart]


def _body_digest(secrets: ReceiptSecrets, body: bytes) -> bytes:
    return keyed_hash(secrets.body_key, body, person="yanlu-body-hash")


def _filed_earlier(secrets: list[ReceiptSecrets], body: bytes) -> Receipt | None:
    by_lookup = {one.lookup: one for one in secrets}
    report = Report.objects.filter(lookup__in=list(by_lookup)).first()
    if report is None:
        return None
    found = by_lookup[bytes(report.lookup)]
    if bytes(report.body_digest) != _body_digest(found, body):
        raise NonceReused
    return _receipt(report, found)


def _receipt(report: Report, secrets: ReceiptSecrets) -> Receipt:
    return Receipt(
        number=formatted(secrets.digits),
        report=report.id,
        status=Status.SUBMITTED,
        received_at=report.received_at,
        reply_due=report.promised,
        proof=report.proof,
    )


# --- what the office does -----------------------------------------------------------------------------


def set_status(*, report: Report, status: str, now: dt.datetime) -> None:
    """Set the public status word; telling the floors above is part of it. Call in a transaction."""
    if report.status == status:
        return
    report.status, report.status_at = status, now
    report.save(update_fields=["status", "status_at"])
    hooks.public_change(report=report, what="status", now=now)


def set_reply_due(*, report: Report, due: dt.date | None) -> None:
    """Set the date the reporter is promised the next answer by. Call in a transaction."""
    report.reply_due = due
    report.promised = report.promised or due
    report.save(update_fields=["reply_due", "promised"])


def note_identity_opened(*, report: Report, now: dt.datetime) -> None:
    """Put into the reporter's thread that the identity was opened, once a day. Call in a transaction."""
    _, first = IdentityOpening.objects.get_or_create(
        report=report, day=local_date(now), defaults={"at": now.replace(microsecond=0)}
    )
    if first:
        hooks.public_change(report=report, what="identity_opened", now=now)


def post_office_message(
    *, report: Report, actor: SignedIn, text: str, act: str, final: bool = False, now: dt.datetime
) -> Message:
    """Send the office's words: sealed to the holder and to the reporter's thread key.

    `act` is `reply` or `question`. The caller has checked who may, audits, and holds the transaction.
    Raises `Invalid` for empty or overlong text, `Forbidden` when the report is held elsewhere, `Tampered`
    when somebody else changed its row.
    """
    check_message(text)
    check_mark(report)
    if not at_home(actor.staff, report.holder_id):
        raise Forbidden
    message = Message(id=new_id(), report=report, at=now, author=Message.Author.OFFICE, act=act, final=final)
    holder = certified_key(key_path(organ_tree(), report.holder_id), Purpose.TRIAGE)
    draft = seal_item(
        text.encode(),
        purpose="office_words",
        binding=message_binding(message.id, report.id),
        recipients=[holder],
        thread=ThreadRecipient(report.id, bytes(report.thread_public)),
    )
    message.item = draft.save()
    message.save(force_insert=True)
    hooks.public_change(report=report, what=act, now=now)
    return message
