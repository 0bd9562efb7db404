"""Routes of the public API, under /api/v1/."""

from django.urls import path

from portal.api import views

urlpatterns = [
    path("organs", views.OrgansView.as_view(), name="api-organs"),
    path("categories", views.CategoriesView.as_view(), name="api-categories"),
    path("reports", views.ReportsView.as_view(), name="api-reports"),
    path("report", views.ReportView.as_view(), name="api-report"),
    path("report/messages", views.MessagesView.as_view(), name="api-report-messages"),
    path("report/rating", views.RatingView.as_view(), name="api-report-rating"),
    path("report/withdraw", views.WithdrawView.as_view(), name="api-report-withdraw"),
]
