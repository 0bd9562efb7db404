"""Settings from the environment: strict parsers that fail loudly, secrets also from files."""

import os
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


def env_secret(name: str) -> str:
    """A secret from `NAME`, or from the file that `NAME_FILE` points to; empty where neither is set.

    Raises `ImproperlyConfigured` when both are set or the file can't be read.
    """
    value, path = os.environ.get(name, ""), os.environ.get(f"{name}_FILE", "")
    if value and path:
        raise ImproperlyConfigured(f"set {name} or {name}_FILE, not both")
    if not path:
        return value
    try:
        return Path(path).read_text(encoding="utf-8").strip()
    except OSError as problem:
        raise ImproperlyConfigured(f"{name}_FILE can't be read: {problem.strerror}") from None


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
