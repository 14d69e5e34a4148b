"""A review elsewhere is built there, from its own tables."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from built_reviews import ROOT, copy, hazard_ratio

pytestmark = pytest.mark.pipeline


OLD = "deliver.cvd.t01,deliver,dapa,placebo,CVD,,ITT,,,HR,0.88,"


def build(here: Path, config: object, *options: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "snakemake", "--cores", "2", *options]
    command += ["--snakefile", str(ROOT / "Snakefile"), "--config", f"config_file={config}"]
    command += ["--workflow-profile", str(ROOT / "workflow/profiles/default")]
    return subprocess.run(
        command, check=False, capture_output=True, text=True, cwd=here, timeout=300
    )


@pytest.mark.builds
def test_a_review_elsewhere_builds_its_own_tables_there(tmp_path: Path) -> None:
    here, other = copy(tmp_path / "here"), copy(tmp_path / "Übersicht mit Leerzeichen")
    other.edit("data/raw/time_to_event.csv", OLD, OLD.replace("0.88", "0.89"))
    refused = build(
        here.folder, "../Übersicht mit Leerzeichen/config/config.yaml", "--directory", "."
    )
    assert refused.returncode == 1
    assert "leave --directory out" in refused.stderr
    done = build(here.folder, "../Übersicht mit Leerzeichen/config/config.yaml")
    assert done.returncode == 0, done.stderr
    assert hazard_ratio(other) == pytest.approx(0.89)
    assert not (here.folder / "results").exists()
    assert (other.folder / "results/report/index.html").exists()
    # The same build as one started there.
    assert other.jobs() == []


def test_make_hands_a_path_with_a_space_on_whole() -> None:
    make = shutil.which("make")
    assert make is not None
    command = [make, "-n", "check", "CONFIG=a review/config/config.yaml"]
    done = subprocess.run(command, check=True, capture_output=True, text=True, cwd=ROOT)
    assert 'trialpool build --config "a review/config/config.yaml"' in done.stdout
    assert 'trialpool check --config "a review/config/config.yaml"' in done.stdout
