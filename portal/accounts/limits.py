"""Rate limits by a daily-salted hash of the client: nothing is stored that means anything tomorrow."""

import logging
from collections.abc import Callable

from django.http import HttpRequest
from django_ratelimit.core import get_usage

from portal.common.client import client_address
from portal.common.clock import now
from portal.common.errors import RateLimited
from portal.vault.node_keys import node_key
from portal.vault.primitives import keyed_hash

logger = logging.getLogger(__name__)


def client_bucket(request: HttpRequest) -> str:
    """The client as a hash under today's node key."""
    return keyed_hash(node_key(now()), client_address(request), person="yanlu-client", size=16).hex()


def refuse_beyond(
    request: HttpRequest,
    *,
    group: str,
    rate: str,
    bucket: Callable[[HttpRequest], str] = client_bucket,
    count: bool = True,
) -> None:
    """Raises `RateLimited` when the bucket has used up `rate` (such as `600/m`); `count`: count this one."""
    try:
        usage = get_usage(
            request, group=group, key=lambda _group, req: bucket(req), rate=rate, increment=count
        )
    except Exception:  # whatever a cache that is down raises, it must not stop people from reporting
        logger.exception("rate limits are off: the cache does not answer")
        return
    if usage and (usage["count"] > usage["limit"] or (not count and usage["count"] == usage["limit"])):
        raise RateLimited(retry_after=max(1, int(usage["time_left"])))
