"""Routes of the session API, under /api/v1/desk/."""

from django.urls import path

from portal.accounts.api import SessionView

urlpatterns = [path("session", SessionView.as_view(), name="api-session")]
