"""Where the clerk's log lies; included at the root."""

from django.urls import path

from moderation.desk import log_views

urlpatterns = [path("desk/log/", log_views.log, name="desk-log")]
