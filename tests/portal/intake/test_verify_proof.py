"""`manage.py verify_proof`: files that passed through editors still verify; other content never does."""

from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from portal.intake.content import canonical_bytes
from portal.intake.forms_archive import current_form
from tests.people import CITY, Tip, file_tip

pytestmark = pytest.mark.django_db


@pytest.fixture
def files(house: None, tmp_path: Path) -> dict[str, Path]:
    """Original, proof and receipt of a tip, as downloaded."""
    filed = file_tip()
    original = canonical_bytes(kind="tip", organ=CITY, form=current_form("tip"), content=Tip().content)
    found = {name: tmp_path / name for name in ("original", "proof", "receipt-file")}
    found["original"].write_bytes(original)
    found["proof"].write_text(filed.proof)
    found["receipt-file"].write_text(filed.number)
    return found


def _verify(files: dict[str, Path]) -> None:
    call_command("verify_proof", *(f"--{name}={path}" for name, path in files.items()))


@pytest.mark.parametrize("name", ["original", "proof", "receipt-file"])
@pytest.mark.parametrize(
    ("before", "after"), [(b"", b""), (b"", b"\n"), (b"", b"\r\n \t\n"), (b"\xef\xbb\xbf", b"\n")]
)
def test_verify_file_as_editors_leave_it_passes(
    files: dict[str, Path], name: str, before: bytes, after: bytes, capsys: pytest.CaptureFixture[str]
) -> None:
    files[name].write_bytes(before + files[name].read_bytes() + after)

    _verify(files)

    assert capsys.readouterr().out.startswith("核验通过：收件时间 20")


@pytest.mark.parametrize(
    ("name", "content", "told"),
    [
        ("original", b"{}", "核验不通过"),
        ("original", b"\xff", "文件无法读取"),
        ("proof", b"eyJ2IjoxfQ==", "核验不通过"),
        ("receipt-file", b"12345-12345-12345-12345-12345", "回执号不正确"),
    ],
)
def test_verify_other_content_fails(files: dict[str, Path], name: str, content: bytes, told: str) -> None:
    files[name].write_bytes(content)

    with pytest.raises(CommandError, match=told):
        _verify(files)


def test_verify_changed_original_fails(files: dict[str, Path]) -> None:
    files["original"].write_bytes(files["original"].read_bytes().replace(b"2026", b"2025", 1))

    with pytest.raises(CommandError, match="核验不通过"):
        _verify(files)
