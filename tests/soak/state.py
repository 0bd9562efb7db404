"""What a soak has already done, kept between runs, so that a long one need not be done at a stretch."""

import hashlib
import json
from dataclasses import asdict, dataclass, field
from pathlib import Path

SOURCES = ("portal", "moderation", "wechat_bot")


@dataclass
class Progress:
    """One part: how many of its rounds are done, and what they came to together."""

    code: str
    rounds: int = 0
    seconds: float = 0.0
    figures: dict[str, int] = field(default_factory=dict)

    def add(self, figures: dict[str, int], seconds: float) -> None:
        """One more round is done."""
        self.rounds += 1
        self.seconds += seconds
        self.figures = {name: self.figures.get(name, 0) + value for name, value in figures.items()}


class State:
    """The progress of every part, in one JSON file that is replaced whole."""

    def __init__(self, file: Path, *, code: str) -> None:
        self._file = file
        self._code = code
        kept = json.loads(file.read_text(encoding="utf-8")) if file.exists() else {}
        self._parts = {name: Progress(**row) for name, row in kept.items()}

    def of(self, part: str) -> Progress:
        """The part's progress; what was done on other code does not count."""
        known = self._parts.get(part)
        if known is None or known.code != self._code:
            known = self._parts[part] = Progress(self._code)
        return known

    def forget(self, part: str) -> None:
        """Begin this part anew."""
        self._parts.pop(part, None)
        self.save()

    def save(self) -> None:
        """Write it down; a reader finds the old file or the new one, whole."""
        self._file.parent.mkdir(parents=True, exist_ok=True)
        draft = self._file.with_suffix(".new")
        rows = {name: asdict(progress) for name, progress in self._parts.items()}
        draft.write_text(json.dumps(rows, indent=1), encoding="utf-8")
        draft.replace(self._file)


def code_fingerprint(root: Path) -> str:
    """A hash of everything that is being soaked."""
    files = sorted(path for name in SOURCES for path in (root / name).rglob("*.py"))
    found = hashlib.sha256()
    for path in files:
        found.update(f"{path.relative_to(root)}\0".encode() + path.read_bytes() + b"\0")
    return found.hexdigest()[:16]
