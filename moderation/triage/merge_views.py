"""Choosing the item another one is a repeat of."""

from collections.abc import Iterable, Iterator
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from moderation.triage import actions
from moderation.triage.filters import LONGEST_Q, QueueFilters
from moderation.triage.forms import ActForm, act_form, into
from moderation.triage.item_page import FIRST_LINES, Refused
from moderation.triage.letters import QueueLine
from moderation.triage.likeness import likeness, pairs
from moderation.triage.models import TriageItem
from moderation.triage.queries import ItemDetail, quiet_content
from moderation.triage.reading import read_item, read_queue
from moderation.triage.repeats import Alike, likely_repeats
from moderation.triage.views import item_response
from portal.accounts.middleware import signed_in
from portal.accounts.signed_in import SignedIn
from portal.common.clock import now as present
from portal.common.errors import Invalid, Stale
from portal.common.words import one_line

LOOKED_AT, SHOWN = 50, 12
"""How many of the newest items are compared beside what the index finds, and how many are offered."""


@require_http_methods(["GET", "POST"])
def merge(request: HttpRequest, item_id: UUID) -> HttpResponse:
    """Candidates, the likest first, or those a search finds; choosing one merges."""
    actor = signed_in(request)
    form = act_form("merge", request.POST if request.method == "POST" else None)
    if form.is_valid():
        try:
            actions.merge(actor=actor, item_id=item_id, **form.arguments())
        except Stale as late:
            return item_response(request, actor, item_id, Refused("merge", form, late))
        except Invalid as refusal:
            form.show(refusal)
        else:
            return redirect(f"{reverse('triage:item', args=[item_id])}?done=merge")
    return _page(request, actor, item_id, form)


def _page(request: HttpRequest, actor: SignedIn, item_id: UUID, form: ActForm) -> HttpResponse:
    q = (request.POST.get("q") or request.GET.get("q", "")).strip()[:LONGEST_Q]
    detail = read_item(actor=actor, item_id=item_id)
    filters = QueueFilters(q=q, sort="-received")
    page = read_queue(actor=actor, filters=filters, limit=LOOKED_AT, now=present())
    indexed = [] if q else likely_repeats(actor.staff, actor.keyring, detail.item, detail.body)
    candidates = _likest([*indexed, *_compared(page.lines, detail, actor)], detail.item)
    context = {
        "item": detail.item,
        "content": detail.content,
        "first_lines": one_line(detail.content.text, FIRST_LINES) if detail.content else "",
        "candidates": [(one.line, one_line(one.words, FIRST_LINES)) for one in candidates],
        "chosen": into(form),
        "form": form,
        "q": q,
        "seen": len(detail.history),
    }
    return render(request, "triage/merge.html", context, status=400 if form.errors else 200)


def _may_govern(other: TriageItem, item: TriageItem) -> bool:
    """Whether the action would take it as the main item."""
    return (
        other.pk != item.pk
        and other.holder_id == item.holder_id
        and other.merged_into_id is None
        and other.state not in {"void", "void_proposed"}
    )


def _compared(lines: Iterable[QueueLine], detail: ItemDetail, actor: SignedIn) -> Iterator[Alike]:
    wanted = pairs(detail.body)
    for line in lines:
        content = quiet_content(line.item.report, actor.keyring)
        text = content.text if content else ""
        yield Alike(line, text, likeness(wanted, pairs(f"{line.title}\n{text}")))


def _likest(found: Iterable[Alike], item: TriageItem) -> list[Alike]:
    """What may govern the item, each once, the likest first; equally like ones stay in order."""
    once = {one.line.item.pk: one for one in found if _may_govern(one.line.item, item)}
    return sorted(once.values(), key=lambda one: -one.likeness)[:SHOWN]
