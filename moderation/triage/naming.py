"""Who is named where: asked before somebody of that name is given a key."""

from collections.abc import Sequence

from django.db.models import Q

from moderation.screening.folding import plain
from moderation.triage.filters import NEWEST_FIRST
from moderation.triage.indexing import reach_of
from moderation.triage.letters import SHOWN_WITH, Letter, opened_letters
from moderation.triage.models import TriageItem
from moderation.triage.queries import opened_lines, visible_to
from moderation.triage.searching import asked_of
from moderation.triage.surnames import needed_runs
from portal.accounts.signed_in import SignedIn
from portal.common.errors import Invalid
from portal.common.paging import LARGEST_PAGE, keyset_page
from portal.hooks import NamedIn
from portal.vault.word_index import find_words

MOST_OPENED = 5000
"""Items one question opens; where more would have to be opened, the index is to be built first."""
_TOO_MANY = "需要逐件打开的来件过多。请先建立索引，或者填写完整的姓名，再查找。"


def reports_naming(*, actor: SignedIn, name: str, organ: str | None = None) -> list[TriageItem]:
    """The items of an organ (the actor's own) that contain this name and open for the actor, newest first.

    Whatever their state: held, voided and merged ones as well. A name that begins with a usual family name
    is looked for through the index and in what is not indexed; for any other name everything is opened.
    What these keys do not open is not found. Raises `Invalid` for a name of fewer than two characters,
    and where too much would have to be opened.
    """
    wanted = _letters(name)
    if len(wanted) < 2:
        raise Invalid(fields={"name": "请填写完整的姓名。"})
    holder = organ or actor.staff.organ_id
    rows = visible_to(actor.staff).filter(holder_id=holder)
    reach = reach_of([holder], actor.keyring)
    if needed_runs(wanted):
        hits = find_words(asked_of([wanted]), reach.keys, most=MOST_OPENED)
        rows = rows.filter(reach.unread() | Q(pk__in=hits.reports))
        if hits.before is not None:
            raise Invalid(_TOO_MANY)
    if rows.order_by()[: MOST_OPENED + 1].count() > MOST_OPENED:
        raise Invalid(_TOO_MANY)
    found, cursor = list[TriageItem](), None
    while True:
        page = keyset_page(rows, order=NEWEST_FIRST, cursor=cursor, limit=LARGEST_PAGE, related=SHOWN_WITH)
        for item, letter, _ in opened_letters(page.items, actor.keyring):
            if letter and _names(letter, wanted):
                found.append(item)
        cursor = page.next
        if cursor is None:
            return found


def naming_a_colleague(*, actor: SignedIn, name: str, organs: Sequence[str]) -> list[NamedIn]:
    """What names a person who is about to be given the keys of these organs; a one-letter name is nobody's.

    Raises `Invalid` where the index has to be built first.
    """
    if len(_letters(name)) < 2:
        return []
    items = [item for organ in organs for item in reports_naming(actor=actor, name=name, organ=organ)]
    return [NamedIn(line.item.pk, line.title or "") for line in opened_lines(items, actor.keyring)]


def _names(letter: Letter, wanted: str) -> bool:
    return any(wanted in _letters(text) for text in letter.texts)


def _letters(text: str) -> str:
    return "".join(character for character in plain(text) if character.isalnum())
