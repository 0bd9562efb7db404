"""Cryptographic libraries are called in `portal/vault/suites` only, and that is reached by one door."""

import ast
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]
LIBRARIES = {"nacl", "cryptography", "Crypto", "Cryptodome", "gmssl"}
SUITES = "portal/vault/suites/"
DOOR = "portal/vault/primitives.py"


def _imports() -> Iterator[tuple[str, str]]:
    """Every (file, imported module) of the three apps."""
    for app in ("portal", "moderation", "wechat_bot"):
        for path in sorted((ROOT / app).rglob("*.py")):
            name = path.relative_to(ROOT).as_posix()
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if isinstance(node, ast.Import):
                    yield from ((name, alias.name) for alias in node.names)
                elif isinstance(node, ast.ImportFrom) and node.module:
                    yield name, node.module


def test_cryptographic_libraries_are_called_by_the_suites_only() -> None:
    callers = {name for name, module in _imports() if module.partition(".")[0] in LIBRARIES}

    assert {name.rpartition("/")[0] + "/" for name in callers} == {SUITES}


def test_suites_are_reached_through_primitives_only() -> None:
    users = {name for name, module in _imports() if module.startswith("portal.vault.suites")}

    assert {name for name in users if not name.startswith(SUITES)} == {DOOR}
