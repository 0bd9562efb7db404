"""What a clerk notes about how words reached the office, set ahead of the words under a fixed heading."""

from collections.abc import Mapping

HEADING = "【登记信息】"


def with_record_block(facts: Mapping[str, str], words: str) -> str:
    """The words, unchanged, after one line of `label：value` pairs; without facts the words alone.

    Only facts that name no organ belong here: screening reads the line like everything else.
    """
    given = [f"{label}：{' '.join(value.split())}" for label, value in facts.items() if value.strip()]
    return f"{HEADING}{'；'.join(given)}\n\n{words}" if given else words
