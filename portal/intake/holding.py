"""Who a report names, and so who may hold it: the recusal rule applied to a filing and all that follows."""

from collections.abc import Iterable

from portal.accounts.signed_in import key_path
from portal.common.errors import NotReady
from portal.hooks import Finding
from portal.intake.content import Content
from portal.intake.models import Kind
from portal.organs.recusal import choose_holder, resolve_relative
from portal.organs.tree import OrganTree
from portal.vault.certificates import CertifiedKey, certified_keys


def named_in(findings: Iterable[Finding], *, tree: OrganTree, addressed: str, kind: str) -> set[str]:
    """The organs that screening found named; “the city's procuratorate” is resolved from `addressed`.

    “贵院” names the addressed organ in a tip, and in the description of a subject whatever the kind. In a
    suggestion's own words it does not: whoever proposes something to an office calls it that.
    """
    named: set[str] = set()
    for finding in findings:
        named.update(finding.organs)
        if finding.code == "relative_organ":
            named |= resolve_relative(tree, addressed=addressed, suffix=finding.detail)
        if finding.code == "addressed_organ" and (kind == Kind.TIP or finding.field.startswith("subjects.")):
            named.add(addressed)
    return named


def named_by(
    content: Content, findings: Iterable[Finding], *, tree: OrganTree, addressed: str, kind: str
) -> set[str]:
    """All organs a filing names: by code in its subjects and by any name in its text."""
    by_code = {subject.organ for subject in content.subjects if subject.organ}
    return by_code | named_in(findings, tree=tree, addressed=addressed, kind=kind)


def holder_for(
    tree: OrganTree, *, kind: str, addressed: str, content: Content, findings: list[Finding]
) -> str:
    """The organ a filing is sealed to. Raises `UnknownOrgan`, `NoHolder`.

    A tip that does not say whether it is about the addressed organ counts as being about it; a suggestion
    is about it by nature, so there only a yes counts. Naming it in the text counts for both, except as
    `named_in` says.
    """
    about = content.about_organ is not False if kind == Kind.TIP else content.about_organ is True
    return choose_holder(
        tree,
        addressed=addressed,
        named=named_by(content, findings, tree=tree, addressed=addressed, kind=kind),
        about_addressed=about,
        unresolved_person=any(finding.code == "unresolved_person" for finding in findings),
    )


def keyed_holder(tree: OrganTree, holder: str, *purposes: str) -> tuple[str, list[CertifiedKey]]:
    """The nearest organ at or above the chosen holder that has keys for these purposes, with them.

    An organ that is new or has just moved gets its keys when somebody signs in who may vouch for them; until
    then what comes for it lies one step higher. Raises `NotReady` where nobody has keys, `Tampered`.
    """
    for candidate in tree.chain(holder):
        path = key_path(tree, candidate)
        try:
            return candidate, certified_keys([(path, purpose) for purpose in purposes])
        except NotReady:
            continue
    raise NotReady
