"""All routes of moderation; each room writes its own paths in full."""

from django.urls import include, path

urlpatterns = [
    path("", include("moderation.triage.urls")),
    path("", include("moderation.triage.page_urls")),
    path("", include("moderation.ledger.urls")),
    path("", include("moderation.forum.urls")),
    path("", include("moderation.desk.urls")),
]
