"""What operators run beside the server: housekeeping, the log's check and its heads, an organ's
other name, new purpose keys, the check of a proof of filing."""

import subprocess
import sys

from tests.security.story.stage import Stage
from tests.server import ROOT

_RUN = """
import pathlib, sys, django
django.setup()
from django.core.management import CommandError, call_command
folder = pathlib.Path(sys.argv[1])
proof = {"original": folder / "original", "proof": folder / "proof", "receipt_file": folder / "receipt"}
alias = (folder / "alias").read_text(encoding="utf-8")
heads = str(folder / "heads")
for words, options in (("housekeeping", {}), ("audit verify", {}), ("ready", {}),
                       ("audit export --out " + heads, {}), ("audit verify --heads " + heads, {}),
                       ("organ alias 510104 " + alias, {}), ("vault rotate-purpose all", {}),
                       ("verify_proof", proof), ("verify_proof", {**proof, "original": folder / "wrong"})):
    try:
        call_command(*words.split(), **options)
    except CommandError as problem:
        print("refused:", problem)
"""


def play(stage: Stage) -> None:
    """All in one process; the papers of the proof lie outside the house and are gone afterwards."""
    home = stage.server.home
    papers = home.parent / f"{home.name}-papers"
    papers.mkdir()
    kept = {
        **stage.kept,
        "receipt": stage.receipts["report"],
        "alias": stage.aviary.words("organ: alias", clear=("organs_alias.name",)),
        "wrong": stage.aviary.words("proof: wrong file"),
    }
    try:
        for name, text in kept.items():
            (papers / name).write_text(text, encoding="utf-8")
        done = subprocess.run(
            [sys.executable, "-c", _RUN, str(papers)],
            cwd=ROOT,
            env=stage.server.environment,
            capture_output=True,
            text=True,
            check=False,
        )
    finally:
        for path in papers.iterdir():
            path.unlink()
        papers.rmdir()
    assert done.stdout.count("核验通过") == 1, done.stdout + done.stderr
    assert "已导出" in done.stdout, done.stdout + done.stderr
    stage.staff("auditor").form("desk/audit/heads/", {})
    with (home / "log").open("a") as log:
        log.write(done.stdout + done.stderr)
