"""The real routes, and the bare references under /bare/."""

from django.urls import path

from portal import urls as real
from tests.bench.bare import BareReport, BareReports

urlpatterns = [
    *real.urlpatterns,
    path("bare/reports", BareReports.as_view()),
    path("bare/reports/<uuid:report>", BareReport.as_view()),
]

handler400, handler403, handler404, handler500 = (
    real.handler400,
    real.handler403,
    real.handler404,
    real.handler500,
)
