"""Canaries: texts nobody else writes, one for each thing that people type, so that any copy can be named.

Their core is made of characters of CJK Extension A, which neither the reference data nor any text of Yanlu
uses; no two canaries share one. A copy cut into pieces, such as an index of words, still shows.
"""

import base64
import hashlib
from dataclasses import dataclass, field

from stdnum.cn import ric

CORE = 6
"""Characters of a core."""
_FIRST, _LAST = 0x3400, 0x4DB5
_STEP = 1009
"""Coprime to the number of characters: neighbours in a core are no neighbours in Unicode."""


@dataclass(frozen=True)
class Canary:
    """One canary. `texts` are its spellings; `raws` are bytes that mean the same (a nonce, a key).

    `pieces`: a part of the core counts as well as the whole. `clear` names the columns that show it on
    purpose ("table.column"); elsewhere than in the database it is as secret as the others.
    """

    name: str
    texts: tuple[str, ...]
    raws: tuple[bytes, ...] = ()
    pieces: bool = False
    clear: tuple[str, ...] = ()


@dataclass
class Aviary:
    """Makes canaries and remembers them by name; each name is used once."""

    all: dict[str, Canary] = field(default_factory=dict)

    def words(self, name: str, *, around: str = "{}", clear: tuple[str, ...] = ()) -> str:
        """A short text with a core of its own; `around` is what it stands in."""
        start = len(self.all) * CORE * _STEP
        core = "".join(
            chr(_FIRST + (start + number * _STEP) % (_LAST - _FIRST + 1)) for number in range(CORE)
        )
        self._add(Canary(name, (core,), pieces=True, clear=clear))
        return around.format(core)

    def mobile(self, name: str) -> str:
        """A mobile number."""
        return self._only(name, f"199{self._number(name, 10**8):08d}")

    def id_number(self, name: str) -> str:
        """A resident id with a right check digit."""
        bare = f"51010419800101{self._number(name, 1000):03d}"
        return self._only(name, bare + ric.calc_check_digit(bare))

    def email(self, name: str) -> str:
        """A mail address."""
        return self._only(name, f"q{self._number(name, 10**12):012d}@zhaoxin.example")

    def ascii(self, name: str, *, clear: tuple[str, ...] = ()) -> str:
        """Letters and digits, long enough for a passphrase, short enough for a name."""
        word = base64.b32encode(hashlib.sha256(name.encode()).digest()).decode().lower()[:18]
        self._add(Canary(name, (word,), clear=clear))
        return word

    def nonce(self, name: str, *, clear: tuple[str, ...] = ()) -> str:
        """A one-time nonce: whoever has it and the node's keys has the receipt."""
        raw = hashlib.sha256(name.encode()).digest()[:16]
        self._add(Canary(name, (raw.hex(), _dashed(raw.hex())), (raw,), clear=clear))
        return raw.hex()

    def receipt(self, name: str, shown: str) -> str:
        """A receipt the server showed."""
        bare = shown.replace("-", "")
        number = int(bare[:24])
        raws = tuple(number.to_bytes(10, order) for order in ("big", "little"))
        self._add(Canary(name, (shown, bare, bare[:24], shown.replace("-", " ")), raws))
        return shown

    def key(self, name: str, encoded: str) -> str:
        """A key the server handed out as text in urlsafe base64, such as a session's."""
        raw = base64.urlsafe_b64decode(encoded)
        self._add(Canary(name, (encoded,), (raw,)))
        return encoded

    def given(self, name: str, text: str, *, clear: tuple[str, ...] = ()) -> str:
        """A text that the server made and showed once."""
        self._add(Canary(name, (text,), clear=clear))
        return text

    def in_text(self, text: str) -> list[str]:
        """The names of the canaries a text holds in one of their spellings."""
        return [name for name, one in self.all.items() if any(spelling in text for spelling in one.texts)]

    def _only(self, name: str, text: str) -> str:
        self._add(Canary(name, (text,)))
        return text

    def _add(self, canary: Canary) -> None:
        if canary.name in self.all:
            raise ValueError(f"two canaries are called {canary.name}")
        self.all[canary.name] = canary

    @staticmethod
    def _number(name: str, below: int) -> int:
        return int.from_bytes(hashlib.sha256(name.encode()).digest(), "big") % below


def _dashed(text: str) -> str:
    return "-".join((text[:8], text[8:12], text[12:16], text[16:20], text[20:]))
