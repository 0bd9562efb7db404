"""Text keeps 4.5 : 1 to its ground and edges of controls 3 : 1, in light and in dark."""

import re
from pathlib import Path

import pytest
from django.conf import settings

TOKENS = Path(settings.BASE_DIR) / "portal/static/portal/tokens.css"
TEXT_ON = [
    ("ink", "paper"),
    ("ink", "surface"),
    ("ink", "sunken"),
    ("ink", "blue-soft"),
    ("ink", "good-soft"),
    ("ink", "careful-soft"),
    ("ink", "wrong-soft"),
    ("ink-soft", "paper"),
    ("ink-soft", "surface"),
    ("ink-soft", "sunken"),
    ("ink-soft", "calm-soft"),
    ("link", "paper"),
    ("link", "surface"),
    ("link-hover", "surface"),
    ("seal-ink", "seal"),
    ("band-ink", "band"),
    ("band-soft", "band"),
    ("action-ink", "action"),
    ("action-ink", "action-hover"),
    ("blue", "blue-soft"),
    ("good", "good-soft"),
    ("careful", "careful-soft"),
    ("wrong", "wrong-soft"),
    ("wrong", "paper"),
    ("wrong", "surface"),
]
EDGE_ON = [("line-strong", "surface"), ("line-strong", "paper"), ("focus", "paper"), ("focus", "surface")]


def _tokens(scheme: str) -> dict[str, str]:
    light, _, dark = TOKENS.read_text(encoding="utf-8").partition("@media (prefers-color-scheme: dark)")
    found = dict(re.findall(r"--([a-z-]+): (#[0-9a-f]{6});", light))
    return (
        found if scheme == "light" else {**found, **dict(re.findall(r"--([a-z-]+): (#[0-9a-f]{6});", dark))}
    )


def _luminance(colour: str) -> float:
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _contrast(one: str, other: str) -> float:
    light, dark = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_stands_out_from_its_ground(scheme: str) -> None:
    tokens = _tokens(scheme)

    weak = {pair: _contrast(tokens[pair[0]], tokens[pair[1]]) for pair in TEXT_ON}

    assert {pair: ratio for pair, ratio in weak.items() if ratio < 4.5} == {}


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_edges_of_controls_stand_out(scheme: str) -> None:
    tokens = _tokens(scheme)

    weak = {pair: _contrast(tokens[pair[0]], tokens[pair[1]]) for pair in EDGE_ON}

    assert {pair: ratio for pair, ratio in weak.items() if ratio < 3} == {}
