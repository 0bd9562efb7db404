"""Whom an item names, judged afresh: names may have been added since it was filed (信访工作条例 30)."""

from collections.abc import Collection, Iterable

from portal import hooks
from portal.intake.content import Content, preflight_text
from portal.intake.holding import named_by
from portal.intake.models import Kind
from portal.organs.tree import OrganTree


def organs_to_avoid(
    tree: OrganTree,
    *,
    kind: str,
    addressed: str,
    content: Content,
    texts: Iterable[str],
    lifted: Collection[str],
) -> frozenset[str]:
    """The organs the item names: as subjects, in its narrative, in the reporter's later words, by a lift.

    As at intake, somebody whose organ is not known, and a tip that may be about the addressed organ, count
    as naming the addressed one. “市检察院” means whom a reader there takes it to mean.
    """
    findings = hooks.preflight(preflight_text(kind, content))
    for text in texts:
        findings += hooks.preflight(hooks.PreflightText(kind=kind, text=text))
    named = named_by(content, findings, tree=tree, addressed=addressed, kind=kind) | set(lifted)
    about = content.about_organ is not False if kind == Kind.TIP else content.about_organ is True
    if about or any(finding.code == "unresolved_person" for finding in findings):
        named.add(addressed)
    return frozenset(named)
