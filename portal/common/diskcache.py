"""The embedded cache: diskcache holding JSON, so that nothing read from disk is ever executed."""

import json
from pathlib import Path
from typing import Any

from diskcache import Disk, DjangoCache
from diskcache.core import MODE_PICKLE


class JsonDisk(Disk):  # type: ignore[misc]  # diskcache has no types
    """Whole numbers as they are, so that counters count; everything else as JSON text, never pickled."""

    def store(self, value: Any, read: bool, key: Any = None) -> Any:
        """Raises `TypeError` for what JSON can't hold."""
        if read:
            raise TypeError("this cache keeps JSON values, no files")
        plain = value if type(value) is int else json.dumps(value)
        return super().store(plain, read=False, key=key)

    def fetch(self, mode: int, filename: Any, value: Any, read: bool) -> Any:
        """Raises `ValueError` for a pickled entry: somebody else put it there."""
        if mode == MODE_PICKLE:
            raise ValueError("a pickled cache entry is never loaded")
        found = super().fetch(mode, filename, value, read)
        return json.loads(found) if isinstance(found, str) else found


class JsonDiskCache(DjangoCache):  # type: ignore[misc]
    """diskcache's Django back end in a private folder, serialising as JSON instead of pickle."""

    def __init__(self, directory: str, params: dict[str, Any]) -> None:
        folder = Path(directory)
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        folder.chmod(0o700)
        options = {"disk": JsonDisk, **params.get("OPTIONS", {})}
        super().__init__(directory, {**params, "OPTIONS": options})

    def close(self, **kwargs: Any) -> None:
        """Stay open: Django closes its caches after each request, and opening files again costs more."""
