"""Who must show a second factor: outside a demo everybody, and anybody who has one."""

from django.conf import settings

from portal.accounts.half_session import FactorOwner
from portal.accounts.proving import factors_of


def second_factor_required() -> bool:
    """Whether this house asks every account for a second factor: all but demos do."""
    return not settings.YANLU_DEMO


def must_prove(owner: FactorOwner) -> bool:
    """Whether this person's passphrase alone lets them in no further than the second step."""
    return second_factor_required() or factors_of(owner).exists()
