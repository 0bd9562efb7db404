"""Settings from the environment: strict parsers that fail loudly, secrets also from files."""

import ipaddress
import os
import re
from collections.abc import Collection
from pathlib import Path
from urllib.parse import parse_qsl, unquote, urlsplit

from django.core.exceptions import ImproperlyConfigured

_TRUE = {"1", "true", "yes", "on"}
_FALSE = {"0", "false", "no", "off", ""}


def env_str(name: str, default: str = "") -> str:
    """The variable as text; an unset one gives the default."""
    return os.environ.get(name, default)


def env_bool(name: str, *, default: bool) -> bool:
    """The variable as yes or no; raises `ImproperlyConfigured` for any other word."""
    raw = os.environ.get(name)
    if raw is None:
        return default
    word = raw.strip().lower()
    if word in _TRUE:
        return True
    if word in _FALSE:
        return False
    raise ImproperlyConfigured(f"{name} must be one of 1/0, true/false, yes/no, on/off; it is {raw!r}")


def env_int(name: str, default: int, *, least: int = 0) -> int:
    """The variable as a whole number of at least `least`; raises `ImproperlyConfigured` otherwise."""
    raw = os.environ.get(name)
    if raw is None:
        return default
    try:
        value = int(raw)
    except ValueError:
        raise ImproperlyConfigured(f"{name} must be a whole number; it is {raw!r}") from None
    if value < least:
        raise ImproperlyConfigured(f"{name} must be at least {least}; it is {value}")
    return value


def env_list(name: str, default: str = "") -> list[str]:
    """The variable as words separated by commas."""
    return [word.strip() for word in os.environ.get(name, default).split(",") if word.strip()]


def env_choice(name: str, default: str, choices: tuple[str, ...]) -> str:
    """The variable as one of a closed list; raises `ImproperlyConfigured` otherwise."""
    value = os.environ.get(name, default)
    if value not in choices:
        raise ImproperlyConfigured(f"{name} must be one of {', '.join(choices)}; it is {value!r}")
    return value


def env_networks(name: str) -> list[str]:
    """The variable as addresses or networks separated by commas; raises `ImproperlyConfigured` for others."""
    words = env_list(name)
    for word in words:
        try:
            ipaddress.ip_network(word)
        except ValueError:
            raise ImproperlyConfigured(
                f"{name} must list addresses or networks, such as 10.0.0.0/8; one is {word!r}"
            ) from None
    return words


def env_origin(name: str, default: str) -> str:
    """The variable as `http(s)://host[:port]`; raises `ImproperlyConfigured` for anything more or less."""
    value = os.environ.get(name, default).rstrip("/")
    parts = urlsplit(value)
    try:
        port = parts.port
    except ValueError:
        port = -1
    whole = parts.scheme in {"http", "https"} and parts.hostname and port != -1 and "@" not in parts.netloc
    if not whole or value != f"{parts.scheme}://{parts.netloc}":
        raise ImproperlyConfigured(f"{name} must be http(s)://host or http(s)://host:port; it is {value!r}")
    return value


def refuse_set(name: str, why: str) -> None:
    """Raises `ImproperlyConfigured` where a variable is set that this release does not act on."""
    if os.environ.get(name) or os.environ.get(f"{name}_FILE"):
        raise ImproperlyConfigured(f"{name}: {why}")


def refuse_unread_files(known: Collection[str]) -> None:
    """Raises `ImproperlyConfigured` for a set `YANLU_*_FILE` whose variable is none of the `known`."""
    for name, path in sorted(os.environ.items()):
        if path and re.fullmatch(r"YANLU_\w+_FILE", name) and name.removesuffix("_FILE") not in known:
            raise ImproperlyConfigured(f"{name}: nothing reads this; only {', '.join(known)} come from files")


MASTER_KEYS_AT_MOST = 2
"""The new one and the one it takes over from."""


def hex_keys(name: str, value: str) -> list[str]:
    """Up to two keys of 64 hex digits, between commas or on lines of their own; none in an empty text.

    Raises `ImproperlyConfigured`, without the secret, for anything else.
    """
    keys = re.split(r"[\s,]+", value.strip(" \t\r\n,")) if value.strip(" \t\r\n,") else []
    if len(keys) > MASTER_KEYS_AT_MOST:
        raise ImproperlyConfigured(f"{name} must hold at most {MASTER_KEYS_AT_MOST} keys; it has {len(keys)}")
    for key in keys:
        if not re.fullmatch(r"[0-9a-fA-F]{64}", key):
            raise ImproperlyConfigured(f"{name} must be 64 hex digits; it has {len(key)} characters")
    return keys


def secret_or_file(name: str, default: Path) -> tuple[str, Path]:
    """A secret in the environment, and the file to look into where it is not there: `NAME_FILE` or `default`.

    Raises `ImproperlyConfigured` when both are set, or the named file can't be read.
    """
    given = env_secret(name)  # reads the file once, to refuse a wrong one at start
    path = os.environ.get(f"{name}_FILE", "")
    return ("", Path(path)) if path else (given, default)


def env_secret(name: str, default: str = "") -> str:
    """A secret from `NAME`, or from the file that `NAME_FILE` points to; where neither is set the default.

    Raises `ImproperlyConfigured` when both are set or the file can't be read.
    """
    value, path = os.environ.get(name, ""), os.environ.get(f"{name}_FILE", "")
    if value and path:
        raise ImproperlyConfigured(f"set {name} or {name}_FILE, not both")
    if not path:
        return value or default
    try:
        return Path(path).read_text(encoding="utf-8").strip()
    except OSError as problem:
        raise ImproperlyConfigured(f"{name}_FILE can't be read: {problem.strerror}") from None
    except UnicodeDecodeError:
        raise ImproperlyConfigured(f"{name}_FILE must be text in UTF-8") from None


def database_from_url(url: str) -> dict[str, object]:
    """A Django `DATABASES` entry from `sqlite:///path` or `postgresql://user:pass@host:port/name`.

    A host with slashes (a socket folder) is percent-encoded or given as `?host=/path`.
    """
    parts = urlsplit(url)
    if parts.scheme == "sqlite":
        return {
            "ENGINE": "portal.common.sqlite",
            "NAME": unquote(parts.path[1:]) or ":memory:",
            "CONN_MAX_AGE": None,  # a file needs no reconnecting
        }
    if parts.scheme not in {"postgresql", "postgres"}:
        raise ImproperlyConfigured("YANLU_DATABASE_URL must start with sqlite:/// or postgresql://")
    extra = dict(parse_qsl(parts.query))
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": unquote(parts.path[1:]),
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": extra.pop("host", unquote(parts.hostname or "")),
        "PORT": str(parts.port or ""),
        "CONN_MAX_AGE": 60,
        "CONN_HEALTH_CHECKS": True,
        "OPTIONS": extra,
    }


def cache_from_url(url: str) -> dict[str, object]:
    """A Django `CACHES` entry from `disk:///path`, `redis://host:port/0` or `unix:///socket?db=0`."""
    parts = urlsplit(url)
    if parts.scheme == "disk":
        return {"BACKEND": "portal.common.diskcache.JsonDiskCache", "LOCATION": unquote(parts.path)}
    if parts.scheme in {"redis", "rediss", "unix"}:
        return {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": url}
    raise ImproperlyConfigured("YANLU_CACHE_URL must start with disk:/// , redis:// or unix://")
