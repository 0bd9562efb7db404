"""Every change of organs and their other names made in an installation.

Organs stand below the audit log, so a caller that acts for a person opens the transaction and writes the
audit entry beside the call. An organ changed here no longer follows the shipped reference data.
"""

import datetime as dt
import secrets

from django.db import transaction

from portal.common import clock
from portal.organs.marks import all_rows, mark_of
from portal.organs.models import Organ, OrganAlias, OrganEdition, OrganMove
from portal.organs.names import display_name, short_name
from portal.organs.pinyin import spell
from portal.organs.queries import read_tree
from portal.organs.tree import LEVELS, Level, UnknownOrgan


@transaction.atomic
def add_organ(
    *,
    code: str,
    name: str,
    level: Level,
    parent: str | None,
    division_name: str = "",
    division_code: str = "",
    valid_from: dt.date | None = None,
    now: dt.datetime | None = None,
) -> Organ:
    """Add a procuratorate, such as that of a development zone, which need not have a division of its own.

    Short and display name, pinyin and first letters follow from the division, or else from the name. Raises
    UnknownOrgan for a parent that is not there, BrokenTree and IntegrityError for what the order does not
    admit.
    """
    above = _organ(parent) if parent is not None else None
    city = above.division_name if above is not None and above.level == "prefecture" else ""
    place = division_name or name.removesuffix("人民检察院")
    pinyin, initials = spell(place)
    organ = Organ.objects.create(
        code=code,
        name=name,
        short_name=short_name(division_name, city=city) if division_name else f"{place}院",
        display_name=display_name(division_name, city=city) if division_name else f"{place}检察院",
        kind="procuratorate",
        level=level,
        parent=above,
        division_code=division_code,
        division_name=division_name,
        pinyin=pinyin,
        initials=initials,
        valid_from=valid_from,
    )
    _keep_order(now)
    return organ


@transaction.atomic
def retire_organ(
    *, code: str, last_day: dt.date, renamed_to: str | None = None, now: dt.datetime | None = None
) -> Organ:
    """End an organ after `last_day`, naming the organ that takes over its work if there is one.

    What names it stays named. The successor takes over what it held, so it stands on the same level or a
    higher one: nothing an organ holds names those. Raises UnknownOrgan, ValueError for a lower successor, and
    BrokenTree if the successor leads back to it.
    """
    organ = _organ(code)
    organ.valid_to = last_day
    organ.renamed_to = _organ(renamed_to) if renamed_to is not None else None
    if organ.renamed_to is not None and _rank(organ.renamed_to) > _rank(organ):
        raise ValueError("the successor stands on a lower level")
    organ.from_file = False
    organ.save(update_fields=["valid_to", "renamed_to", "from_file"])
    _keep_order(now)
    return organ


@transaction.atomic
def add_alias(*, code: str, name: str) -> bool:
    """Let texts mean this organ by another name. Returns whether the name is new to it.

    Raises UnknownOrgan, and ValueError for a name of one character, which would be found in any text.
    """
    name = name.strip()
    if len(name) < 2:
        raise ValueError("an alias has at least two characters")
    _, created = OrganAlias.objects.get_or_create(organ=_organ(code), name=name)
    if created:
        renew_edition()
    return created


@transaction.atomic
def remove_alias(*, code: str, name: str) -> bool:
    """Take an alias back. Returns whether there was one."""
    deleted, _ = OrganAlias.objects.filter(organ=code, name=name).delete()
    if deleted:
        renew_edition()
    return deleted > 0


@transaction.atomic
def move_organ(*, code: str, parent: str, on: dt.date, now: dt.datetime | None = None) -> Organ:
    """Put an organ under another parent from a day on, today or later.

    Its keys get a new generation under its new place when somebody signs in who may vouch for them. Raises
    UnknownOrgan, ValueError for a day that is past or an organ that others stand below, BrokenTree.
    """
    today = clock.local_date(now or clock.now())
    organ, above = _organ(code), _organ(parent)
    if on < today:
        raise ValueError("an organ moves today or later")
    if _rank(above) >= _rank(organ):
        raise ValueError("the new parent does not stand on a higher level")
    if read_tree(on).children(code):
        raise ValueError("organs stand below this one; move them first")
    OrganMove.objects.update_or_create(organ=organ, on=on, defaults={"parent": above})
    read_tree(on)
    _keep_order(now)
    return organ


def _rank(organ: Organ) -> int:
    return LEVELS.index(organ.level)


def renew_edition() -> None:
    """Give the organs a new stamp, number and mark, in the caller's transaction, so that no process keeps
    what it read before and no other hand's change passes for ours. Raises `NotReady` without the node's keys.
    """
    before = OrganEdition.objects.select_for_update().filter(id=1).first()
    stamp, sequence = secrets.token_hex(16), before.sequence + 1 if before else 1
    mark = mark_of(stamp, sequence, all_rows())
    OrganEdition.objects.update_or_create(id=1, defaults={"stamp": stamp, "sequence": sequence, "mark": mark})


def _keep_order(now: dt.datetime | None) -> None:
    read_tree(clock.local_date(now or clock.now()))
    renew_edition()


def _organ(code: str) -> Organ:
    try:
        return Organ.objects.get(code=code)
    except Organ.DoesNotExist:
        raise UnknownOrgan(code) from None
