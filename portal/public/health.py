"""What machines ask: is the process alive, can it take a report, how is it doing."""

import hmac
import ipaddress
import re
from functools import cache

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from portal import hooks
from portal.common.errors import NotFound
from portal.public.readiness import what_is_missing

_PLAIN = "text/plain; charset=utf-8"
_PROMETHEUS = "text/plain; version=0.0.4; charset=utf-8"
_METRIC = re.compile(r"[a-zA-Z_:][a-zA-Z0-9_:]*(\{[^{}\n]*\})?")


@require_safe
def healthz(request: HttpRequest) -> HttpResponse:
    """The process answers."""
    return HttpResponse("ok\n", content_type=_PLAIN)


@require_safe
def readyz(request: HttpRequest) -> HttpResponse:
    """200 when a report would be taken now: database, organs, a certified key to seal to, screening."""
    missing = what_is_missing()
    if not missing:
        _warm_up()
    text = f"not ready: {missing}\n" if missing else "ready\n"
    return HttpResponse(text, content_type=_PLAIN, status=503 if missing else 200)


@cache
def _warm_up() -> None:
    """Load what the first screening would otherwise load while somebody waits; once per process."""
    hooks.preflight(hooks.PreflightText(kind="tip", title="预热", text="预热"))


@require_safe
def metrics(request: HttpRequest) -> HttpResponse:
    """Prometheus text, for this machine itself or who shows the token. Raises `NotFound` to all others."""
    if not _may_measure(request):
        raise NotFound
    figures = sorted(hooks.metrics().items())
    lines = [f"{name} {value}\n" for name, value in figures if _METRIC.fullmatch(name)]
    return HttpResponse("".join(lines), content_type=_PROMETHEUS)


def _may_measure(request: HttpRequest) -> bool:
    token = settings.YANLU_METRICS_TOKEN
    shown = request.headers.get("Authorization", "").removeprefix("Bearer ")
    if token and hmac.compare_digest(shown.encode(), token.encode()):
        return True
    if "X-Forwarded-For" in request.headers or "Forwarded" in request.headers:
        return False  # a proxy on this machine speaks for somebody elsewhere
    try:
        return ipaddress.ip_address(request.META.get("REMOTE_ADDR", "")).is_loopback
    except ValueError:
        return False
