"""What a filing consists of, as values: checked once here, whatever door it came through."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from portal.common.errors import Invalid
from portal.hooks import PreflightText, SubjectText

LONGEST = {
    "title": 100,
    "text": 20_000,
    "place": 200,
    "occurred": 200,
    "category": 40,
    "name": 60,
    "organ": 16,
    "organ_text": 100,
    "post": 60,
    "phone": 40,
    "id_number": 40,
    "address": 200,
    "email": 120,
}
"""Characters per field."""
MOST_SUBJECTS = 20


@dataclass(frozen=True)
class Subject:
    """A person or unit complained about, as the reporter knows them; never a suspect."""

    name: str = ""
    organ: str = ""
    organ_text: str = ""
    post: str = ""


@dataclass(frozen=True)
class Content:
    """What the reporter wrote. `about_organ`: is it about the addressed organ itself? `None`: not said."""

    title: str
    text: str
    about_organ: bool | None = None
    subjects: tuple[Subject, ...] = ()
    category: str = ""
    occurred: str = ""
    place: str = ""


@dataclass(frozen=True)
class Identity:
    """Who the reporter is, if they say so. Sealed apart from everything else."""

    name: str = ""
    phone: str = ""
    id_number: str = ""
    address: str = ""
    email: str = ""

    def __bool__(self) -> bool:
        return any(asdict(self).values())


@dataclass(frozen=True)
class FileDigest:
    """A file that came with the filing: its bytes as sent, counted, and their SHA-256 in hex."""

    size: int
    digest: str


def canonical_bytes(
    *, kind: str, organ: str, form: str, content: Content, files: Sequence[FileDigest] = ()
) -> bytes:
    """The original as bytes, as docs/proof.md describes it: JSON, keys sorted, no spaces, text verbatim.

    `files` in the order they were sent.
    """
    listed = [asdict(file) for file in files]
    value = {"form": form, "kind": kind, "organ": organ, "files": listed, **asdict(content)}
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()


def content_from(value: Mapping[str, Any]) -> Content:
    """The content again from a parsed canonical original."""
    fields = {name: value[name] for name in ("title", "text", "about_organ", "category", "occurred", "place")}
    return Content(**fields, subjects=tuple(Subject(**subject) for subject in value["subjects"]))


def preflight_text(kind: str, content: Content) -> PreflightText:
    """All free text of the content, for screening in memory."""
    return PreflightText(
        kind=kind,
        title=content.title,
        text=content.text,
        place=content.place,
        occurred=content.occurred,
        subjects=tuple(SubjectText(**asdict(subject)) for subject in content.subjects),
    )


def check_content(content: Content) -> None:
    """Raises `Invalid` naming every field that is missing, too long or not text."""
    problems: dict[str, str] = {}
    for name in ("title", "text"):
        if not getattr(content, name).strip():
            problems[_public_name(name)] = "请填写此项。"
    for name in ("title", "text", "place", "occurred", "category"):
        _check_text(problems, _public_name(name), name, getattr(content, name))
    if len(content.subjects) > MOST_SUBJECTS:
        problems["subjects"] = f"最多填写 {MOST_SUBJECTS} 人。"
    for number, subject in enumerate(content.subjects[:MOST_SUBJECTS]):
        for name, text in asdict(subject).items():
            _check_text(problems, f"subjects.{number}.{name}", name, text)
    if problems:
        raise Invalid(fields=problems)


def check_identity(identity: Identity) -> None:
    """Raises `Invalid` naming every field that is too long or not text."""
    problems: dict[str, str] = {}
    for name, text in asdict(identity).items():
        _check_text(problems, f"identity.{name}", name, text)
    if problems:
        raise Invalid(fields=problems)


def check_message(text: str) -> None:
    """Raises `Invalid` for an empty or overlong message."""
    problems: dict[str, str] = {}
    if not text.strip():
        problems["text"] = "请填写内容。"
    _check_text(problems, "text", "text", text)
    if problems:
        raise Invalid(fields=problems)


def _public_name(name: str) -> str:
    return "content" if name == "text" else name


def _check_text(problems: dict[str, str], shown: str, name: str, text: str) -> None:
    if len(text) > LONGEST[name]:
        problems[shown] = f"最多 {LONGEST[name]} 个字，现有 {len(text)} 个字。"
    try:
        text.encode()
    except UnicodeEncodeError:
        problems[shown] = "含有无法保存的字符，请删去后重试。"


def form_hash(definition: Mapping[str, Any]) -> str:
    """The archive name of a form version."""
    raw = json.dumps(definition, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()
    return hashlib.sha256(raw).hexdigest()
