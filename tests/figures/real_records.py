"""Result records of this review, built from data/raw and config by the pipeline's own steps."""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import Any

from pooled_records import built

from trialpool.cli.builds import pipeline
from trialpool.questions.shared.selection.files import read_selection

ROOT = Path(__file__).resolve().parents[2]
CONFIG, STAGING = Path("config/config.yaml"), Path("results/staging")


def build_records(folder: Path) -> dict[str, Any]:
    """Derive, audit, select and pool in a folder of its own; records by question.

    Refits for robustness are left out: no figure draws them.
    """
    for name in ("config", "data"):
        (folder / name).symlink_to(ROOT / name)
    with contextlib.chdir(folder):
        pipeline.effects(CONFIG, STAGING / "effects.csv")
        pipeline.audit(CONFIG, Path("results/audit.csv"))
        pipeline.select(CONFIG, STAGING / "effects.csv", Path("results/audit.csv"))
        folders = sorted(Path("results/questions").iterdir())
        return {place.name: built(*read_selection(place)) for place in folders}
