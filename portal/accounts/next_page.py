"""Where to go after signing in: a page of the desk, and nowhere else."""

from django.http import HttpRequest
from django.utils.http import url_has_allowed_host_and_scheme

_HOME = "/desk/"


def next_page(request: HttpRequest) -> str:
    """The page asked for by `next`, if it is one of the desk's; else the desk."""
    wanted = request.POST.get("next") or request.GET.get("next") or _HOME
    safe = url_has_allowed_host_and_scheme(wanted, allowed_hosts=None) and wanted.startswith(_HOME)
    return wanted if safe else _HOME
