"""The workflow as a module of another one, with a prefix and without, and as snakedeploy has it."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from built_reviews import EVERY_JOB, HEART_FAILURE, ROOT, Review, copy

pytestmark = pytest.mark.pipeline

# What `snakedeploy deploy-workflow` 0.17 writes, but for the address.
DEPLOYED = f"""
from snakemake.utils import min_version


min_version("6.10.0")


configfile: "config/config.yaml"


module trialpool:
    snakefile:
        "{ROOT}/workflow/Snakefile"
    config:
        config


use rule * from trialpool
"""
# A workflow of two reviews: one below a prefix, one whose file is named.
CONSUMER = f"""
rule mine:
    input:
        "reviews/sglt2/results/manifest.json",
    output:
        "mine.txt",
    shell:
        "ls reviews/sglt2/results/report/index.html > {{output}}"


module below:
    snakefile:
        "{ROOT}/workflow/Snakefile"
    config:
        {{}}
    prefix:
        "reviews/sglt2"


use rule * from below as below_*


module named:
    snakefile:
        "{ROOT}/Snakefile"
    config:
        {{"config_file": "other/config/config.yaml"}}


use rule * from named as named_*
"""


def snakemake(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "snakemake", "--cores", "2", *arguments]
    return subprocess.run(
        command, check=False, capture_output=True, text=True, cwd=folder, timeout=300
    )


def workflow_of(folder: Path, text: str) -> Path:
    (folder / "workflow").mkdir(parents=True)
    (folder / "workflow/Snakefile").write_text(text, "utf-8")
    return folder


def planned(done: subprocess.CompletedProcess[str]) -> list[str]:
    """Rules of a dry run, from its table of jobs."""
    assert done.returncode == 0, done.stderr
    _, _, table = (done.stdout + done.stderr).partition("\njob ")
    names = [line.split()[0] for line in table.splitlines()[2:] if len(line.split()) == 2]
    return sorted(names[: names.index("total")])


@pytest.mark.builds
def test_a_review_below_a_prefix_is_built_as_it_is_alone(built: Review, tmp_path: Path) -> None:
    folder = workflow_of(tmp_path / "here", CONSUMER)
    review = copy(folder / "reviews/sglt2")
    copy(folder / "other")
    done = snakemake(folder)
    assert done.returncode == 0, done.stderr
    assert review.hashes() == built.hashes()
    assert (folder / "mine.txt").is_file()
    # A changed table is seen, and the review beside it is left alone.
    review.edit("data/raw/time_to_event.csv", "deliver,dapa,placebo,CVD,,ITT,,,HR,0.88,", "x")
    assert "below_effects" in planned(snakemake(folder, "-n"))
    assert not (folder / "other/results").exists()


def test_every_job_is_planned_where_snakedeploy_puts_the_workflow(tmp_path: Path) -> None:
    folder = workflow_of(tmp_path, DEPLOYED)
    for name in ("config", "data"):
        shutil.copytree(HEART_FAILURE / name, folder / name)
    assert planned(snakemake(folder, "-n")) == sorted(["all", *EVERY_JOB])
    # Jobs read the file: a setting that was given beside it is not lost without a word.
    done = snakemake(folder, "-n", "--config", "tables=[trials]")
    assert done.returncode == 1
    assert "tables: set in" in done.stdout + done.stderr


@pytest.mark.builds
def test_a_review_that_is_named_keeps_its_folder(tmp_path: Path) -> None:
    folder = workflow_of(tmp_path, CONSUMER)
    copy(folder / "reviews/sglt2")
    copy(folder / "other")
    wanted = "other/results/staging/built/questions/worsening/result.json"
    jobs = planned(snakemake(folder, "-n", wanted))
    steps = ("audit", "effects", "gate", "pool_hard", "select", "selected")
    assert jobs == [f"named_{step}" for step in steps]
