"""What operators run beside the server: housekeeping, the log's check, the check of a proof of filing."""

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
for words, options in (("housekeeping", {}), ("audit", {"act": "verify"}), ("ready", {}),
                       ("verify_proof", proof), ("verify_proof", {**proof, "original": folder / "wrong"})):
    try:
        call_command(words, *([options.pop("act")] if "act" in options else []), **options)
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
    with (home / "log").open("a") as log:
        log.write(done.stdout + done.stderr)
