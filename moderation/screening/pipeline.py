"""The checks in their order, and what their findings decide."""

from collections.abc import Callable, Iterable
from typing import Literal

from moderation.screening.checks import named_organs, subject_organs, urgent_words
from portal.hooks import Finding, PreflightText

CHECKS: tuple[Callable[[PreflightText], list[Finding]], ...] = (named_organs, subject_organs, urgent_words)


def preflight(text: PreflightText) -> list[Finding]:
    """What all checks find, in their order. Reads the organs, writes nothing, and leaves the text alone."""
    return [finding for check in CHECKS for finding in check(text)]


def verdict(findings: Iterable[Finding]) -> Literal["pass", "hold"]:
    """Whether a report goes into the queue or waits for a human first. Nothing is ever rejected here."""
    return "hold" if any(finding.severity == "hold" for finding in findings) else "pass"
