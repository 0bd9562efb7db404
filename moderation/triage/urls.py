"""Routes of the queue."""

from django.urls import path

from moderation.triage import api

_QUEUE = "api/v1/desk/queue"
_ITEM = f"{_QUEUE}/<uuid:id>"

urlpatterns = [
    path(_QUEUE, api.QueueView.as_view(), name="queue"),
    path(_ITEM, api.ItemView.as_view(), name="queue-item"),
    path(f"{_ITEM}/claim", api.ClaimView.as_view(), name="queue-claim"),
    path(f"{_ITEM}/release", api.ReleaseView.as_view(), name="queue-release"),
    path(f"{_ITEM}/take_over", api.TakeOverView.as_view(), name="queue-take-over"),
    path(f"{_ITEM}/open", api.OpenView.as_view(), name="queue-open"),
    path(f"{_ITEM}/void", api.VoidView.as_view(), name="queue-void"),
    path(f"{_ITEM}/decide", api.DecideView.as_view(), name="queue-decide"),
    path(f"{_ITEM}/ask", api.AskView.as_view(), name="queue-ask"),
    path(f"{_ITEM}/reply", api.ReplyView.as_view(), name="queue-reply"),
    path(f"{_ITEM}/merge", api.MergeView.as_view(), name="queue-merge"),
    path(f"{_ITEM}/unmerge", api.UnmergeView.as_view(), name="queue-unmerge"),
    path(f"{_ITEM}/refer", api.ReferView.as_view(), name="queue-refer"),
    path(f"{_ITEM}/lift", api.LiftView.as_view(), name="queue-lift"),
]
