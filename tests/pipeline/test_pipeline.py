"""Snakemake on a copy of the heart-failure review: what runs, what stays, what comes out."""

import contextlib
import json
import re
import shutil
from pathlib import Path

import pytest
from built_reviews import Review, refused
from typer.testing import CliRunner

from trialpool.cli.main import app
from trialpool.findings import InputError

pytestmark = pytest.mark.pipeline


def test_everything_that_is_promised_is_there(built: Review) -> None:
    files = set(built.hashes())
    for question in ("worsening", "cardiovascular-death"):
        for name in (
            "input.csv",
            "question.json",
            "result.json",
            "multiverse.csv",
            "forest.svg",
            "forest.pdf",
            "forest.png",
            "forest.csv",
        ):
            assert f"questions/{question}/{name}" in files
    promised = {"effects.csv", "audit.csv", "chapters.json", "comparisons.json"}
    promised |= {"verification.csv"}
    editions = {f"report/{name}" for name in ("report.pdf", "tables.xlsx", "summary.docx")}
    assert {*promised, *editions, "report/index.html", "changes.json"} <= files
    drawn = {f"beside.{end}" for end in ("svg", "pdf", "png", "csv")}
    assert {f"questions/worsening/{name}" for name in drawn} <= files
    assert not any(f"questions/cardiovascular-death/{name}" in files for name in drawn)
    page = (built.folder / "results/report/questions/worsening.html").read_text("utf-8")
    ids = re.findall(r'\bid="?(worsening-beside-[^\s">]+)', page)
    for end in ("", "-desc"):
        assert ids.count(f"worsening-beside-cardiovascular-death{end}") == 1
    assert {f"report/overview.{end}" for end in ("svg", "pdf", "csv")} <= files


def test_nothing_changed_runs_nothing(built: Review) -> None:
    # A newer date alone is no change.
    (built.folder / "data/raw/time_to_event.csv").touch()
    assert built.jobs() == []


def test_an_id_of_an_earlier_build_leads_to_the_one_of_today(built: Review, tmp_path: Path) -> None:
    listed = json.loads((built.folder / "results/comparisons.json").read_text("utf-8"))
    assert listed["renamed"] == {}
    today = listed["comparisons"][0]["id"]
    output, file = tmp_path / "comparisons.json", built.folder / "config/renamed.yaml"
    folders = [f"results/questions/{name}" for name in ("worsening", "cardiovascular-death")]
    command = ["step", "comparisons", *folders, "--output", str(output)]
    paths = "  results: results\n"
    built.edit("config/config.yaml", paths, f"{paths}  renamed: config/renamed.yaml\n")
    done = []
    for entry in (f"old-name: {today}\n", "old-name: nowhere\n", "old-name: [1]\n"):
        file.write_text(entry, encoding="utf-8")
        with contextlib.chdir(built.folder):
            done.append(CliRunner().invoke(app, command))
    file.unlink()
    built.edit("config/config.yaml", f"{paths}  renamed: config/renamed.yaml\n", paths)
    assert [one.exit_code for one in done] == [0, 1, 1], done[0].exception
    assert all(isinstance(one.exception, InputError) for one in done[1:])
    assert json.loads(output.read_text("utf-8"))["renamed"] == {"old-name": today}
    assert "renamed.yaml" in str(done[1].exception)
    assert "it leads to no comparison of this build" in str(done[1].exception)
    assert "line 1" in str(done[2].exception)


FAULTS = [
    (
        "data/raw/time_to_event.csv",
        "deliver.cvd.t01,deliver,dapa,placebo,CVD,,ITT,,,HR,0.88,",
        "deliver.cvd.t01,deliver,dapa,placebo,CVD,,ITT,,,HR,0.68,",
        "time_to_event.csv, line 5, row deliver.cvd.t01, column estimate: "
        "the interval 0.74 to 1.05 does not hold its estimate (value: '0.68')",
    ),
    (
        "config/questions.yaml",
        "endpoints: [CVD]",
        "endpoints: [CV-death]",
        "questions.yaml, line 23, row cardiovascular-death, column endpoints: unknown endpoint",
    ),
]


def test_faults_stop_the_build_all_at_once_and_leave_the_last_good_one(
    built: Review, tmp_path: Path
) -> None:
    """That the mended review is built as before is tested in test_rebuilds.py."""
    shutil.copytree(built.folder, tmp_path / "review")
    faulty, before = Review(tmp_path / "review"), built.hashes()
    (faulty.folder / "data/raw/sources.csv").unlink()
    for file, old, new, _ in FAULTS:
        faulty.edit(file, old, new)
    told = (*(fault[-1] for fault in FAULTS), "sources.csv: the file is missing")
    refused(faulty.build(), before, faulty.hashes(), told)
