"""What several test modules start from and none changes: made once for all processes."""

import contextlib
import os
import time
from collections.abc import Callable
from pathlib import Path

from trialpool.cli.builds import pipeline

ROOT = Path(__file__).resolve().parents[1]


def once(base: Path, name: str, make: Callable[[Path], None]) -> Path:
    """Folder that `make` fills, the same for all processes of a run of the tests.

    It lies as deep for one process as for several: rules name the package's files by the way
    from the review to them.
    """
    several = "PYTEST_XDIST_WORKER" in os.environ
    folder = base.parent / "shared" / name if several else base / name
    folder.parent.mkdir(exist_ok=True)
    try:
        folder.mkdir()
    except FileExistsError:
        while not (folder / "done").exists():
            time.sleep(0.2)
    else:
        try:
            make(folder)
            (folder / "complete").touch()
        finally:
            (folder / "done").touch()
    assert (folder / "complete").exists(), f"{name} failed in the process that made it"
    return folder


def build_shipped_review(folder: Path) -> None:
    """All records of data/raw and config, by the pipeline's own steps, without figures."""
    for name in ("config", "data"):
        (folder / name).symlink_to(ROOT / name)
    config, work = Path("config/config.yaml"), Path("results/staging")
    with contextlib.chdir(folder):
        pipeline.effects(config, work / "effects.csv")
        pipeline.audit(config, Path("results/audit.csv"))
        pipeline.select(config, work / "effects.csv", Path("results/audit.csv"))
        questions = sorted(Path("results/questions").iterdir())
        for question in questions:
            pipeline.pool(question)
        output = Path("results/chapters.json")
        beside = output.with_name("not_asked.json")
        pipeline.chapters(config, questions, Path("results/effects.csv"), output, beside)
        listed = Path("results/comparisons.json")
        pipeline.comparisons(config, questions, listed, listed.with_name("summaries.json"))
