"""What a factor is checked with, sealed to its owner's personal key and bound to its row."""

from portal.accounts.factor_models import Factor
from portal.accounts.half_session import FactorOwner
from portal.vault.items import Binding, SealedDraft
from portal.vault.own_items import open_own, seal_to_oneself

_PURPOSE = "factor"


def _binding(factor: Factor) -> Binding:
    return Binding(Factor._meta.db_table, factor.pk, f"secret:{factor.kind}", parent=factor.key_id)


def seal_secret(factor: Factor, secret: bytes, owner: FactorOwner) -> SealedDraft:
    """The secret of a factor about to be saved."""
    return seal_to_oneself(secret, purpose=_PURPOSE, binding=_binding(factor), key=owner.personal)


def open_secret(factor: Factor, owner: FactorOwner) -> bytes:
    """The phone's secret, or the credential. Raises `Tampered` for a row changed or moved from elsewhere."""
    return open_own(factor.secret, purpose=_PURPOSE, binding=_binding(factor), key=owner.personal)
