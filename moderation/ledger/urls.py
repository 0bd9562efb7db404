"""Where the ledger lies; included at the root."""

from django.urls import path

from moderation.ledger import api, views

app_name = "ledger"

urlpatterns = [
    path("desk/leads/", views.leads, name="leads"),
    path("desk/leads/new/", views.new_lead, name="new"),
    path("desk/leads/<uuid:lead_id>/", views.lead, name="lead"),
    path("api/v1/ledger/leads", api.LeadsView.as_view(), name="api-leads"),
    path("api/v1/ledger/leads/<uuid:lead_id>", api.LeadView.as_view(), name="api-lead"),
]
