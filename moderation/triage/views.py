"""The queue's pages: the list, one item, and every act on it. They parse, call one action, and render."""

from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from moderation.triage import actions
from moderation.triage.filters import ORDERS, QueueFilters, narrowed, queue_filters
from moderation.triage.forms import ActForm, QueueFilterForm, act_form
from moderation.triage.guidance import DONE
from moderation.triage.item_page import Refused, item_context
from moderation.triage.letters import QueuePage
from moderation.triage.models import State, TriageItem
from moderation.triage.queries import visible_item, visible_to
from moderation.triage.reading import read_item, read_queue
from moderation.triage.showing import rows
from moderation.triage.tallies import tally
from portal.accounts.middleware import signed_in, signed_in_or_none
from portal.accounts.models import Staff
from portal.accounts.signed_in import QUEUE_ROLES, SignedIn, visible_holders
from portal.accounts.typed import offer_drafts
from portal.common.clock import now as present
from portal.common.errors import Invalid, NotFound, NotSignedIn, Refusal, Stale
from portal.common.paging import encode_cursor, keyset_page
from portal.organs.queries import organ_tree

DECIDERS = frozenset({"triager", "leader"})
READERS = (*QUEUE_ROLES, "supervisor")
_COUNTED = (State.HELD, State.OPEN, State.WAITING, State.VOID_PROPOSED)
_ENDED = (State.DECIDED, State.VOID)
_UNDECIDED = frozenset(_COUNTED)
_GOES_AWAY = frozenset({"refer", "lift"})

ACTIONS: dict[str, Callable[..., TriageItem]] = {
    "claim": actions.claim,
    "release": actions.release,
    "take_over": actions.take_over,
    "open": actions.open_item,
    "void": actions.void,
    "decide": actions.decide,
    "ask": actions.ask,
    "reply": actions.reply,
    "unmerge": actions.unmerge,
    "refer": actions.refer,
    "lift": actions.lift,
}


@require_GET
def queue(request: HttpRequest) -> HttpResponse:
    """The queue as far as one may see it; a page shown is on record."""
    actor = signed_in(request)
    actor.require(*READERS)
    now = present()
    form = QueueFilterForm(request.GET)
    page, given = QueuePage((), None), dict[str, str]()
    if form.is_valid():
        given = {name: value for name, value in form.cleaned_data.items() if value}
        page = read_queue(
            actor=actor, filters=queue_filters(given), cursor=request.GET.get("cursor") or None, now=now
        )
    context = {
        "form": form,
        "rows": rows(page.lines, staff=actor.staff, tree=organ_tree(), now=now),
        "page": page,
        "tabs": _tabs(actor.staff, given),
        "query": f"{urlencode(given)}&" if given else "",
        "filtered": bool(set(given) - {"state", "sort"}),
        "state": given.get("state", ""),
        "works": bool(actor.staff.roles & QUEUE_ROLES),
        "several_holders": len(visible_holders(actor.staff)) > 1,
        "done": DONE.get(request.GET.get("done", ""), ""),
    }
    return render(request, "triage/queue.html", context, status=400 if form.errors else 200)


@require_GET
def next_item(request: HttpRequest) -> HttpResponse:
    """On to the next item nobody else has claimed; behind the one just read, if that is still to be done."""
    actor = signed_in(request)
    actor.require(*READERS)
    state = request.GET.get("state", "")
    if state not in _UNDECIDED:
        state = State.OPEN if actor.staff.roles & DECIDERS else State.HELD
    found = _next(actor.staff, state, request.GET.get("after", ""))
    return (
        redirect("triage:item", item_id=found)
        if found
        else redirect(f"{reverse('triage:queue')}?state={state}")
    )


@require_GET
def item(request: HttpRequest, item_id: UUID) -> HttpResponse:
    """One item, opened; reading it is on record."""
    actor = signed_in(request)
    return item_response(request, actor, item_id)


@require_POST
def act(request: HttpRequest, item_id: UUID, act: str) -> HttpResponse:
    """One act on one item. Refused, the page comes back with what was typed."""
    if act not in ACTIONS:
        raise NotFound
    form = act_form(act, request.POST)
    actor = signed_in_or_none(request)
    if actor is None:
        raise NotSignedIn(back=reverse("triage:item", args=[item_id]))
    try:
        visible_item(actor.staff, item_id)
        if form.is_valid():
            ACTIONS[act](actor=actor, item_id=item_id, **form.arguments())
            return _done(request, actor, item_id, act)
    except NotFound as gone:
        return _not_done(request, form, gone)
    except Stale as late:
        return item_response(request, actor, item_id, Refused(act, form, late))
    except Invalid as refusal:
        form.show(refusal)
    return item_response(request, actor, item_id, Refused(act, form))


def item_response(
    request: HttpRequest, actor: SignedIn, item_id: UUID, refused: Refused | None = None
) -> HttpResponse:
    """The item's page. Raises `NotFound`."""
    now = present()
    detail = read_item(actor=actor, item_id=item_id, now=now)
    context = item_context(actor, detail, now=now, refused=refused)
    page = reverse("triage:item", args=[item_id])
    context["drafts"] = offer_drafts(request, actor, page=page, forms=context["forms"])
    context["done"] = DONE.get(request.GET.get("done", ""), "") if refused is None else ""
    status = 200 if refused is None else (refused.late or Invalid()).status
    return render(request, "triage/item.html", context, status=status)


def _done(request: HttpRequest, actor: SignedIn, item_id: UUID, act: str) -> HttpResponse:
    """To the item, or to the queue where it has left one's sight."""
    page = reverse("triage:queue")
    word = act
    if act not in _GOES_AWAY or visible_to(actor.staff).filter(pk=item_id).exists():
        page = reverse("triage:item", args=[item_id])
    elif act == "lift" and "carry_over" in request.POST:
        word = "carry_over"
    return redirect(f"{page}?done={word}")


def _not_done(request: HttpRequest, form: ActForm, refusal: Refusal) -> HttpResponse:
    """The item is out of sight: only the person's own words are given back."""
    context = {"refusal": refusal, "kept": form.typed(), "back": request.path}
    return render(request, "triage/not_done.html", context, status=refusal.status)


def _tabs(staff: Staff, given: Mapping[str, str]) -> list[dict[str, Any]]:
    """The states, with capped counts of what is still to be done; they keep the other filters."""
    kept = {name: value for name, value in given.items() if name not in {"state", "outcome"}}
    tabs = [{"label": "全部", "query": urlencode(kept), "current": not given.get("state"), "count": ""}]
    for state in (*_COUNTED, *_ENDED):
        mine = visible_to(staff).filter(state=state)
        tabs.append(
            {
                "label": state.label,
                "query": urlencode({**kept, "state": state.value}),
                "current": given.get("state") == state.value,
                "count": tally(mine) if state in _COUNTED else "",
            }
        )
    return tabs


def _next(staff: Staff, state: str, after: str) -> UUID | None:
    now, before = present(), _left_behind(staff, after)
    todo = narrowed(visible_to(staff), QueueFilters(state=state), staff=staff, now=now)
    free = todo.filter(Q(claimed_until__isnull=True) | Q(claimed_until__lte=now) | Q(claimed_by=staff))
    cursor = None
    if before is not None and before.state in _UNDECIDED:
        cursor = encode_cursor([before.rank, before.due_sort, before.received_at, before.pk])
    page = keyset_page(free, order=ORDERS[""], cursor=cursor, limit=1)
    return page.items[0].pk if page.items else None


def _left_behind(staff: Staff, after: str) -> TriageItem | None:
    try:
        return visible_item(staff, UUID(after))
    except (ValueError, NotFound):
        return None
