"""Everything of one item that is sealed to its holder, to be handed to another one."""

from collections.abc import Sequence
from dataclasses import dataclass

from moderation.ledger.concealing import lead_texts
from moderation.triage.models import TriageItem, TriageNote
from moderation.triage.notes import PURPOSE as NOTE
from moderation.triage.notes import note_binding, notes_of
from portal.common.errors import Invalid
from portal.intake.bindings import message_binding, original_binding
from portal.intake.models import Message, Report
from portal.vault.certificates import CertifiedKey
from portal.vault.halves import can_open_half, hand_half_over
from portal.vault.items import Binding, ThreadRecipient, can_open, reseal_item
from portal.vault.keyring import Keyring
from portal.vault.models import Envelope, SealedItem

_UNOPENED = "此件有您的密钥不能打开的部分，请由能打开全部内容的人员操作。"


@dataclass(frozen=True)
class Piece:
    """One sealed thing. The office's words are sealed to the reporter's thread key as well."""

    item: SealedItem
    purpose: str
    binding: Binding
    for_thread: bool = False


@dataclass(frozen=True)
class Parcel:
    """One item and its pieces. Of the reporter's identity only the holder's half goes along.

    The custodian's half stays where it is, saying nothing without the other one, until a custodian carries
    it over (`portal.identity.carrying`).
    """

    item: TriageItem
    pieces: tuple[Piece, ...]
    identity: SealedItem | None = None

    def check(self, keyring: Keyring, to: CertifiedKey) -> None:
        """Raises `Invalid` for a piece that neither opens for this person nor is the new holder's already."""
        for piece in self.pieces:
            if not can_open(piece.item, keyring) and not _only_for(piece.item, to):
                raise Invalid(_UNOPENED)
        if self.identity and not can_open_half(self.identity, keyring) and not _half_for(self.identity, to):
            raise Invalid(_UNOPENED)

    def hand_over(self, report: Report, keyring: Keyring, to: CertifiedKey) -> None:
        """Seal every piece afresh to the new holder only, in the caller's transaction."""
        thread = ThreadRecipient(report.id, bytes(report.thread_public))
        for piece in self.pieces:
            if not _only_for(piece.item, to):
                reseal_item(
                    piece.item,
                    purpose=piece.purpose,
                    binding=piece.binding,
                    keyring=keyring,
                    recipients=[to],
                    thread=thread if piece.for_thread else None,
                )
        if self.identity and not _half_for(self.identity, to):
            hand_half_over(self.identity, keyring=keyring, recipient=to)


def parcel_of(item: TriageItem, *, with_office_papers: bool) -> Parcel:
    """The item's original and messages; with the office's papers also its notes and lead texts."""
    reports = Report.objects.select_related("original", "identity")
    report = reports.prefetch_related("original__envelopes", "identity__envelopes").get(pk=item.pk)
    pieces = [Piece(report.original, "original", original_binding(report.id))]
    pieces += [_message_piece(message) for message in _messages(report)]
    if with_office_papers:
        pieces += [_note_piece(note) for note in notes_of(item.pk)]
        pieces += [Piece(*where) for where in lead_texts(report)]
    return Parcel(item, tuple(pieces), report.identity)


def _messages(report: Report) -> Sequence[Message]:
    rows = Message.objects.filter(report=report).select_related("item")
    return list(rows.prefetch_related("item__envelopes").order_by("at", "id"))


def _message_piece(message: Message) -> Piece:
    office = message.author == Message.Author.OFFICE
    purpose = "office_words" if office else "reporter_words"
    return Piece(message.item, purpose, message_binding(message.id, message.report_id), for_thread=office)


def _note_piece(note: TriageNote) -> Piece:
    return Piece(note.words, NOTE, note_binding(note.id, note.item_id))


def _only_for(item: SealedItem, key: CertifiedKey) -> bool:
    """Whether the holder's share of the item is this key's already; the reporter's share does not count."""
    holders = {envelope.recipient_id for envelope in item.envelopes.all() if envelope.recipient_id}
    return holders == {key.id}


def _half_for(item: SealedItem, key: CertifiedKey) -> bool:
    """Whether the holder's half of the identity is this key's already."""
    return any(
        envelope.share == Envelope.Share.HOLDER_HALF and envelope.recipient_id == key.id
        for envelope in item.envelopes.all()
    )
