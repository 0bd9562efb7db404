"""All routes: public pages, API, desk, and what the floors above bring along."""

from csp.decorators import csp_update
from django.conf import settings
from django.urls import include, path
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerSplitView

# The reader of the API description writes its styles itself; no other page is allowed to.
_docs = csp_update({"style-src": "'unsafe-inline'"})(
    SpectacularSwaggerSplitView.as_view(url_name="api-schema")
)

urlpatterns = [
    path("", include("portal.public.urls")),
    path("desk/", include("portal.accounts.urls")),
    path("desk/", include("portal.identity.urls")),
    path("api/v1/schema/", SpectacularAPIView.as_view(), name="api-schema"),
    path("api/v1/docs/", _docs, name="api-docs"),
    path("api/v1/desk/", include("portal.accounts.api_urls")),
    path("api/v1/", include("portal.api.urls")),
    *(path("", include(module)) for module in settings.YANLU_URLCONFS),
]

handler400 = "portal.common.middleware.bad_request"
handler403 = "portal.common.middleware.permission_denied"
handler404 = "portal.common.middleware.page_not_found"
handler500 = "portal.common.middleware.server_error"
