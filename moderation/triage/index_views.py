"""The page on which a holder of the key builds what is missing in the index."""

from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_http_methods

from moderation.triage.building import Built, build, missing
from moderation.triage.views import READERS
from portal.accounts.middleware import signed_in
from portal.common.errors import Invalid

_MOST = 10_000_000


class ProgressForm(forms.Form):
    """How far the work has come: handed on from page to page, never stored."""

    cursor = forms.CharField(required=False, max_length=200, widget=forms.HiddenInput)
    entered = forms.IntegerField(min_value=0, max_value=_MOST, widget=forms.HiddenInput)
    unopened = forms.IntegerField(min_value=0, max_value=_MOST, widget=forms.HiddenInput)


@require_http_methods(["GET", "POST"])
def build_index(request: HttpRequest) -> HttpResponse:
    """How much is missing; sent, the next piece of the work. With scripts the page goes on by itself."""
    actor = signed_in(request)
    actor.require(*READERS)
    form = ProgressForm(request.POST or {"entered": 0, "unopened": 0})
    if not form.is_valid():
        raise Invalid(fields=dict.fromkeys(form.errors, "进度无效，请重新开始。"))
    so_far = form.cleaned_data
    done = Built(0, 0, so_far["cursor"] or None)
    if request.method == "POST":
        done = build(actor=actor, cursor=done.next)
    entered, unopened = so_far["entered"] + done.entered, so_far["unopened"] + done.unopened
    left = missing(actor).count()
    context: dict[str, Any] = {
        "entered": entered,
        "unopened": unopened,
        "left": left,
        "total": entered + left,
        "running": request.method == "POST" and done.next is not None,
        "ended": request.method == "POST" and done.next is None,
        "form": ProgressForm(initial={"cursor": done.next, "entered": entered, "unopened": unopened}),
    }
    return render(request, "triage/index.html", context)
