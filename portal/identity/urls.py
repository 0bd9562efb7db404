"""Routes of the identity pages, under /desk/."""

from django.urls import path

from portal.identity import views

_ONE = "identity/<uuid:request_id>/"

urlpatterns = [
    path("identity/", views.identity_page, name="identity"),
    path("identity/carry/", views.carry, name="identity-carry"),
    path("identity/reports/<uuid:report_id>/", views.ask, name="identity-ask"),
    path(_ONE, views.request_page, name="identity-request"),
    path(f"{_ONE}approve/", views.approve, name="identity-approve"),
    path(f"{_ONE}refuse/", views.refuse, name="identity-refuse"),
    path(f"{_ONE}withdraw/", views.withdraw, name="identity-withdraw"),
    path(f"{_ONE}open/", views.open_it, name="identity-open"),
    path(f"{_ONE}return/", views.give_back, name="identity-return"),
    path(f"{_ONE}cancel/", views.cancel, name="identity-cancel"),
]
