"""What this node remembers of the key directory: no generation goes back to an earlier one.

Certificates prove who vouched for a key, not that nothing newer has taken its place. Whoever can write the
database could put an older directory back, with keys whose private halves somebody who left still has. So
every node keeps, in a file beside the database, the newest generation it has seen of every key; the first
generation needs no memory. A database restored from a backup is behind that memory on purpose
(docs/operations.md).
"""

import json
from pathlib import Path

from django.conf import settings
from django.db import transaction

from portal.common.files import alone_in, replace_file
from portal.vault.primitives import PublicHalf, Tampered, digest

Newest = dict[str, tuple[int, str]]
"""`owner purpose` → newest generation seen, and a digest of its public halves."""

_kept: tuple[str, tuple[int, int], Newest] = ("", (0, 0), {})


def file() -> Path:
    """Where the memory lies."""
    return Path(settings.YANLU_DATA_DIR) / "directory.json"


def edition() -> tuple[int, int]:
    """Changes whenever something newer is remembered, by whichever process."""
    try:
        found = file().stat()
    except FileNotFoundError:
        return (0, 0)
    return (found.st_mtime_ns, found.st_ino)


def newest() -> Newest:
    """Everything remembered. Raises `Tampered` where the file says nothing that can be read."""
    global _kept  # noqa: PLW0603  one value per process, replaced whole
    where, at, known = _kept
    now_at = edition()
    if (where, at) == (str(file()), now_at):
        return known
    known = _read() if now_at != (0, 0) else {}
    _kept = (str(file()), now_at, known)
    return known


def check(owner: str, purpose: str, generation: int, public: PublicHalf) -> None:
    """Remember a key whose certificate has just been proved, once the caller's transaction stands.

    Raises `Tampered` for one older than known.
    """
    check_number(f"{owner} {purpose}", generation, print_of(public))


def check_number(name: str, number: int, content: str) -> None:
    """The same for anything that is numbered and never goes back; `content` tells two of one number apart."""
    known, mine = newest().get(name), (number, content)
    if known is not None and (number < known[0] or (number == known[0] and mine != known)):
        raise Tampered
    if number > 1 and mine != known:
        # What is rolled back never was: it must not bar what comes instead of it.
        transaction.on_commit(lambda: _remember({name: mine}))


def accept(found: Newest) -> None:
    """Replace the memory by what the directory holds now: an operator's act after restoring a backup."""
    with alone_in(_folder()):
        _write(found)


def forget() -> None:
    """Begin without a memory."""
    file().unlink(missing_ok=True)


def print_of(public: PublicHalf) -> str:
    """The digest by which a key is remembered."""
    return digest(public.sealing, public.certifying, person="yanlu-remember").hex()


def _remember(more: Newest) -> None:
    with alone_in(_folder()):
        known = dict(_read() if edition() != (0, 0) else {})
        for name, mine in more.items():
            if name not in known or known[name][0] < mine[0]:
                known[name] = mine
        _write(known)


def _folder() -> Path:
    file().parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    return file().parent


def _write(known: Newest) -> None:
    replace_file(file(), json.dumps(known, sort_keys=True).encode())


def _read() -> Newest:
    try:
        value = json.loads(file().read_text(encoding="ascii"))
        return {str(name): (int(entry[0]), str(entry[1])) for name, entry in value.items()}
    except (OSError, ValueError, TypeError, AttributeError, IndexError):
        raise Tampered from None
