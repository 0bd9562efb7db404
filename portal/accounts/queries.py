"""Reading accounts: whom an administrator administers."""

from uuid import UUID

from django.db.models import QuerySet

from portal.accounts.models import Staff
from portal.accounts.signed_in import SignedIn
from portal.common.errors import NotFound
from portal.organs.queries import organ_tree


def administered_by(actor: SignedIn) -> QuerySet[Staff]:
    """The accounts a sysadmin or secadmin looks after; nobody's for others."""
    if not (actor.staff.sysadmin or actor.staff.secadmin):
        return Staff.objects.none()
    tree, own = organ_tree(), actor.staff.organ_id
    organs = [code for code in tree.nodes if own in (code, *tree.ancestors(code))]
    return Staff.objects.filter(organ_id__in=organs)


def administered(actor: SignedIn, staff_id: UUID) -> Staff:
    """One of them. Raises `NotFound`."""
    found = administered_by(actor).select_related("organ").filter(pk=staff_id).first()
    if found is None:
        raise NotFound
    return found


def colleague(actor: SignedIn, staff_id: UUID) -> Staff:
    """An active member of staff of the same organ, or of one directly below. Raises `NotFound`."""
    near = (actor.staff.organ_id, *organ_tree().children(actor.staff.organ_id))
    found = Staff.objects.filter(pk=staff_id, organ_id__in=near, active=True).first()
    if found is None:
        raise NotFound
    return found
