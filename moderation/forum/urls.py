"""Where events lie; included at the root."""

from django.urls import path

from moderation.forum import views

app_name = "forum"

urlpatterns = [
    path("desk/forums/", views.forums, name="forums"),
    path("desk/forums/new/", views.new_forum, name="new"),
    path("desk/forums/<uuid:forum_id>/", views.forum, name="forum"),
    path("desk/forums/<uuid:forum_id>/attendees/", views.attendees, name="attendees"),
    path("desk/forums/<uuid:forum_id>/utterances/", views.utterances, name="utterances"),
]
