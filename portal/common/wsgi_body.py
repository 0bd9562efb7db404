"""No answer leaves a body unread: a server that finds one may drop the connection without saying so.

A refusal often comes before the body was read (unknown page, wrong method, bad header). The next request on
the same connection then fails for a client that did nothing wrong.
"""

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

BOUND = 1024 * 1024
"""Bytes read and thrown away at most; where more remains the connection ends, and the answer says so."""
_STEP = 64 * 1024


class WholeBody:
    """A WSGI application that reads what the one inside left of the request's body."""

    def __init__(self, application: "WSGIApplication") -> None:
        self._application = application

    def __call__(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        """As the application inside; the headers go out when it is known whether the connection lasts."""
        if not _has_body(environ):
            return self._application(environ, start_response)
        begun: list[tuple[Any, ...]] = []

        def begin(*answer: Any) -> Callable[[bytes], object]:
            begun[:] = [answer]
            return _no_write

        chunks = self._application(environ, begin)
        status, headers, *problem = begun[0]
        if not _read_rest(environ):
            headers = [*headers, ("Connection", "close")]
        start_response(status, headers, *problem)
        return chunks


def _has_body(environ: "WSGIEnvironment") -> bool:
    if not environ.get("wsgi.input_terminated"):  # reading past the end would wait for ever
        return False
    return environ.get("CONTENT_LENGTH", "") not in {"", "0"} or "HTTP_TRANSFER_ENCODING" in environ


def _read_rest(environ: "WSGIEnvironment") -> bool:
    """Whether nothing remains; more than the bound is not even begun where the length is declared."""
    declared = environ.get("CONTENT_LENGTH", "")
    if declared.isdecimal() and int(declared) > BOUND:
        return False
    left = BOUND
    while left > 0:
        chunk = environ["wsgi.input"].read(min(_STEP, left))
        if not chunk:
            return True
        left -= len(chunk)
    return not environ["wsgi.input"].read(1)


def _no_write(_data: bytes) -> None:
    raise NotImplementedError("the old way of answering: nothing in Django uses it")
