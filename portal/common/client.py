"""Who is knocking, as far as rate limits need it: a hash that means nothing tomorrow."""

import ipaddress

from django.conf import settings
from django.http import HttpRequest

from portal.common.errors import Invalid


def client_address(request: HttpRequest) -> str:
    """The client's address; X-Forwarded-For counts only behind a trusted proxy. Never stored or logged.

    IPv6 clients count by their /64. An unreadable address gives an empty string.
    """
    address = request.META.get("REMOTE_ADDR", "")
    if _trusted(address):
        hops = [hop.strip() for hop in request.headers.get("X-Forwarded-For", "").split(",") if hop.strip()]
        while hops and _trusted(address):
            address = hops.pop()
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return ""
    if parsed.version == 6:
        return str(ipaddress.ip_network(f"{parsed}/64", strict=False).network_address)
    return str(parsed)


def _trusted(address: str) -> bool:
    try:
        parsed = ipaddress.ip_address(address)
        return any(parsed in ipaddress.ip_network(net) for net in settings.YANLU_TRUSTED_PROXIES)
    except ValueError:
        return False


def one_time_nonce(text: str) -> bytes:
    """The 128-bit nonce of a submission from hex (dashes as in a UUID are fine).

    Raises `Invalid` for anything else.
    """
    bare = text.strip().replace("-", "")
    if len(bare) != 32:
        raise Invalid(fields={"Idempotency-Key": "应为 128 位随机数（32 个十六进制字符）。"})
    try:
        return bytes.fromhex(bare)
    except ValueError:
        raise Invalid(fields={"Idempotency-Key": "应为 128 位随机数（32 个十六进制字符）。"}) from None
