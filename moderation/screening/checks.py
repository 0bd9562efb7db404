"""The checks, one function each: the text of a filing in, what was noticed out."""

from collections.abc import Iterator

from moderation.screening.organ_names import Mention, OrganNames
from moderation.screening.urgent import urgent_spans
from moderation.screening.wording import SALUTATION_END
from portal.hooks import Finding, PreflightText, SubjectText
from portal.organs.queries import organ_tree
from portal.organs.tree import OrganTree

ORGAN_NAMED = "organ_named"
RELATIVE_ORGAN = "relative_organ"
ADDRESSED_ORGAN = "addressed_organ"
UNRESOLVED_PERSON = "unresolved_person"
URGENT_WORDS = "urgent_words"

# The names of the last tree seen. Replaced whole, so threads need no lock; a changed tree is another object.
_kept: tuple[OrganTree, OrganNames] | None = None


def organ_names() -> OrganNames:
    """The names to search for, built once for each state of the organs."""
    global _kept  # noqa: PLW0603  one value per process
    tree, kept = organ_tree(), _kept
    if kept is None or kept[0] is not tree:
        kept = _kept = (tree, OrganNames(tree))
    return kept[1]


def named_organs(text: PreflightText) -> list[Finding]:
    """`organ_named` for every organ the title, the place, the time or the narrative names, once per field.

    A name several organs share gives one finding with all of them. “市检察院” and the like give
    `relative_organ`, with the kind of division as detail and no organ:
    `portal.organs.recusal.resolve_relative` says whom the reader addressed takes it to mean. “贵院” and
    the like give `addressed_organ`; whether that counts is `portal.intake.holding`'s to say. An organ named
    only as the salutation carries that word as detail; it counts all the same, for a heading looks no
    different.
    """
    names = organ_names()
    return [
        finding
        for field in ("title", "text", "place", "occurred")
        for finding in _findings(field, getattr(text, field), names)
    ]


def subject_organs(text: PreflightText) -> list[Finding]:
    """`organ_named` for the organs of the subjects; `unresolved_person` for a subject none is found for.

    The reporter may have put the organ beside the name, into the post, or only the place: 锦江区.
    """
    if not text.subjects:
        return []
    names = organ_names()
    return [
        finding
        for number, subject in enumerate(text.subjects)
        for finding in _subject(number, subject, names)
    ]


def urgent_words(text: PreflightText) -> list[Finding]:
    """`urgent_words` where title, narrative or time sound like danger. It raises and never hides."""
    return [
        Finding(code=URGENT_WORDS, severity="warning", field=field, start=start, end=end)
        for field in ("title", "text", "occurred")
        for start, end in urgent_spans(getattr(text, field))
    ]


def _subject(number: int, subject: SubjectText, names: OrganNames) -> Iterator[Finding]:
    found: list[Finding] = []
    for part in ("organ_text", "post", "name"):
        found += _findings(f"subjects.{number}.{part}", getattr(subject, part), names)
    if not any(finding.organs for finding in found):
        field, place = f"subjects.{number}.organ_text", names.resolve_place(subject.organ_text)
        if place:
            found.append(_named(field, Mention(0, len(subject.organ_text), place)))
    yield from found
    described = subject.name or subject.organ_text or subject.post
    if described.strip() and not subject.organ and not any(finding.organs for finding in found):
        field = f"subjects.{number}.organ_text"
        yield Finding(
            code=UNRESOLVED_PERSON, severity="info", field=field, start=0, end=len(subject.organ_text)
        )


def _findings(field: str, text: str, names: OrganNames) -> list[Finding]:
    """One finding for each organ, or group of them, that the field names: the first place it does."""
    first: dict[tuple[frozenset[str], str, bool], Mention] = {}
    for mention in names.mentions(text):
        first.setdefault((mention.organs, mention.relative, mention.addressed), mention)
    return [_named(field, mention, text) for mention in first.values()]


def _named(field: str, mention: Mention, text: str = "") -> Finding:
    salutation = not text[: mention.start].strip() and SALUTATION_END.match(text, mention.end) is not None
    if mention.addressed:
        return Finding(ADDRESSED_ORGAN, "info", field, mention.start, mention.end)
    return Finding(
        code=RELATIVE_ORGAN if mention.relative else ORGAN_NAMED,
        severity="info",
        field=field,
        start=mention.start,
        end=mention.end,
        organs=tuple(sorted(mention.organs)),
        detail=mention.relative or ("salutation" if salutation else ""),
    )
