"""The queue's pages, under /desk/queue/."""

from django.urls import path

from moderation.triage import index_views, merge_views, views

app_name = "triage"

_ITEM = "desk/queue/<uuid:item_id>/"

urlpatterns = [
    path("desk/queue/", views.queue, name="queue"),
    path("desk/queue/next/", views.next_item, name="next"),
    path("desk/queue/index/", index_views.build_index, name="index"),
    path(_ITEM, views.item, name="item"),
    path(f"{_ITEM}merge/", merge_views.merge, name="merge"),
    path(f"{_ITEM}<slug:act>/", views.act, name="act"),
]
