"""Where the desk lies; included at the root."""

from django.urls import include, path

from moderation.desk import views

urlpatterns = [
    path("desk/", views.home, name="desk-home"),
    path("", include("moderation.desk.log_urls")),
]
