"""Why an identity is needed, and why it was refused: sealed to custody and to the person who asks."""

from uuid import UUID

from portal.common.errors import Invalid
from portal.identity.models import IdentityRequest
from portal.vault.certificates import CertifiedKey
from portal.vault.items import Binding, SealedDraft, can_open, open_item, seal_item
from portal.vault.keyring import Keyring
from portal.vault.models import SealedItem

REASON, ANSWER = "identity_reason", "identity_answer"
LONGEST = 500
"""Characters."""


def check_words(text: str, *, field: str) -> None:
    """Raises `Invalid` naming `field` for words that are missing, too long or not text."""
    if not text.strip():
        raise Invalid(fields={field: "请写明理由。"})
    if len(text) > LONGEST:
        raise Invalid(fields={field: f"最多 {LONGEST} 个字，现有 {len(text)} 个字。"})
    try:
        text.encode()
    except UnicodeEncodeError:
        raise Invalid(fields={field: "含有无法保存的字符，请删去后重试。"}) from None


def words_binding(request: UUID, report: UUID, purpose: str) -> Binding:
    """The place of a request's words, at one report."""
    return Binding("identity_request", request, purpose.removeprefix("identity_"), parent=report)


def seal_words(
    text: str, *, request: IdentityRequest, purpose: str, recipients: list[CertifiedKey]
) -> SealedDraft:
    """Seal the reason or the answer, for saving together with the row."""
    binding = words_binding(request.id, request.report_id, purpose)
    return seal_item(text.encode(), purpose=purpose, binding=binding, recipients=recipients)


def open_words(
    item: SealedItem | None, *, request: IdentityRequest, purpose: str, keyring: Keyring
) -> str | None:
    """The words, or `None` where there are none or these keys do not open them. Raises `Tampered`."""
    if item is None or not can_open(item, keyring):
        return None
    binding = words_binding(request.id, request.report_id, purpose)
    return open_item(item, purpose=purpose, binding=binding, opener=keyring).decode()
