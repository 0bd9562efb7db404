"""The public pages, and what machines ask."""

from django.urls import path
from django.views.decorators.csrf import csrf_exempt

from portal.public import health, thread_views, views

# No page here has a session or a cookie: there is no authority a foreign page could borrow.
urlpatterns = [
    path("", views.home, name="home"),
    path("report/", csrf_exempt(views.report), name="report"),
    path("suggest/", csrf_exempt(views.suggest), name="suggest"),
    path("report/proof/", csrf_exempt(views.proof_file), name="proof-file"),
    path("track/", csrf_exempt(thread_views.track), name="track"),
    path("track/add/", csrf_exempt(thread_views.add), name="track-add"),
    path("track/rate/", csrf_exempt(thread_views.rating), name="track-rate"),
    path("track/withdraw/", csrf_exempt(thread_views.withdrawal), name="track-withdraw"),
    path("track/receipt/", csrf_exempt(thread_views.new_receipt), name="track-receipt"),
    path("healthz", health.healthz, name="healthz"),
    path("readyz", health.readyz, name="readyz"),
    path("metrics", health.metrics, name="metrics"),
]
