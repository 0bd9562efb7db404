"""Words people wrote, made safe to show: the only place that sanitises, with bleach."""

import bleach
from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe

_LAYOUT = frozenset({"p", "br"})


def as_paragraphs(text: str) -> SafeString:
    """Plain text as HTML paragraphs; nothing in it is markup, links stay words."""
    blocks = [block for block in text.replace("\r\n", "\n").split("\n\n") if block.strip()]
    html = "".join(f"<p>{escape(block.strip()).replace(chr(10), '<br>')}</p>" for block in blocks)
    return mark_safe(bleach.clean(html, tags=_LAYOUT, attributes={}, strip=True))  # noqa: S308  cleaned


def one_line(text: str, longest: int = 80) -> str:
    """Text for a list line: white space folded, cut with an ellipsis."""
    folded = " ".join(text.split())
    return folded if len(folded) <= longest else folded[: longest - 1] + "…"
