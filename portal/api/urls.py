"""Routes of the public API, under /api/v1/."""

from django.urls import path

from portal.api import proof_views, views

urlpatterns = [
    path("organs", views.OrgansView.as_view(), name="api-organs"),
    path("categories", views.CategoriesView.as_view(), name="api-categories"),
    path("forms", proof_views.FormsView.as_view(), name="api-forms"),
    path("proof-keys", proof_views.ProofKeysView.as_view(), name="api-proof-keys"),
    path("reports", views.ReportsView.as_view(), name="api-reports"),
    path("report", views.ReportView.as_view(), name="api-report"),
    path("report/messages", views.MessagesView.as_view(), name="api-report-messages"),
    path("report/rating", views.RatingView.as_view(), name="api-report-rating"),
    path("report/withdraw", views.WithdrawView.as_view(), name="api-report-withdraw"),
    path("report/receipt", views.NewReceiptView.as_view(), name="api-report-receipt"),
]
