"""Snakemake on a copy of the heart-failure review: what runs, what stays, what comes out."""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from built_reviews import EVERY_JOB, Review, copy, hazard_ratio

pytestmark = pytest.mark.pipeline

LONG_AGO = 978_307_200  # 2001-01-01


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
    assert {*promised, "report/index.html", "report/report.pdf"} <= files
    drawn = {f"beside.{end}" for end in ("svg", "pdf", "png", "csv")}
    assert {f"questions/worsening/{name}" for name in drawn} <= files
    assert not any(f"questions/cardiovascular-death/{name}" in files for name in drawn)
    page = (built.folder / "results/report/questions/worsening.html").read_text("utf-8")
    ids = re.findall(r'\bid="?(worsening-beside-[^\s">]+)', page)
    for end in ("", "-desc"):
        assert ids.count(f"worsening-beside-cardiovascular-death{end}") == 1
    assert {f"report/overview.{end}" for end in ("svg", "pdf", "csv")} <= files


def test_nothing_changed_runs_nothing(built: Review) -> None:
    assert built.jobs() == []
    (built.folder / "data/raw/time_to_event.csv").touch()
    assert built.jobs() == []


def test_one_changed_hazard_ratio_runs_its_shard_figures_beside_it_and_the_report_only(
    built: Review,
) -> None:
    old = "deliver.cvd.t01,deliver,dapa,placebo,CVD,,ITT,,,HR,0.88,"
    before = built.hashes()
    built.edit("data/raw/time_to_event.csv", old, old.replace("0.88", "0.89"))
    # What decides is what a file says, not its date: this one is older than all results.
    os.utime(built.folder / "data/raw/time_to_event.csv", (LONG_AGO, LONG_AGO))
    ran = built.jobs()
    assert hazard_ratio(built) == pytest.approx(0.89)
    changed = {name for name, digest in built.hashes().items() if before.get(name) != digest}
    pages = {name for name in changed if name.startswith("report/") and name.endswith(".html")}
    built.edit("data/raw/time_to_event.csv", old.replace("0.88", "0.89"), old)
    assert ran == [
        "audit",
        "chapters",
        "comparisons",
        "effects",
        "figures_death",
        # Worsening is not pooled again, but death is drawn beside it.
        "figures_hard",
        "gate",
        "overview",
        "pool_death",
        "printed",
        "publish",
        "report",
        "select",
        "verify",
    ]
    assert "questions/cardiovascular-death/result.json" in changed
    # Pages of other trials, of methods and of sources do not say this number.
    assert "report/trials/deliver.html" in pages
    others = {f"report/trials/{name}.html" for name in ("dapa-hf", "emperor-reduced")}
    assert not pages & {*others, "report/methods.html", "report/sources.html"}
    other = {name for name in changed if name.startswith("questions/worsening/")}
    assert other == {f"questions/worsening/beside.{end}" for end in ("svg", "pdf", "png", "csv")}
    assert built.jobs() == ran
    assert built.hashes() == before


def test_a_changed_setting_with_an_older_date_is_read(built: Review) -> None:
    title = "SGLT2 inhibitors in heart failure\n"
    before = built.hashes()
    built.edit("config/config.yaml", title, "Another title\n")
    os.utime(built.folder / "config/config.yaml", (LONG_AGO, LONG_AGO))
    ran = built.jobs()
    assert "Another title" in (built.folder / "results/report/index.html").read_text("utf-8")
    assert not [job for job in ran if job.startswith(("pool_", "figures_"))]
    built.edit("config/config.yaml", "Another title\n", title)
    assert built.build().returncode == 0
    assert built.hashes() == before


def test_figures_mark_what_is_new_since_the_release_and_follow_it(
    built: Review, tmp_path: Path
) -> None:
    shutil.copytree(built.folder, tmp_path / "review")
    review = Review(tmp_path / "review")
    shutil.copytree(review.folder / "results", review.folder / "release")
    review.edit("config/config.yaml", "  raw: data/raw", "  raw: data/raw\n  release: release")
    path = review.folder / "release/questions/cardiovascular-death/result.json"
    record = json.loads(path.read_text("utf-8"))
    left_out = record["trials"].pop()
    path.write_text(json.dumps(record), encoding="utf-8")
    assert {"figures_death", "figures_hard"} <= set(review.jobs())
    drawn = review.folder / "results/questions/cardiovascular-death/forest.svg"
    assert "new since the last release" in drawn.read_text("utf-8")
    other = review.folder / "results/questions/worsening/forest.svg"
    assert "since the last release" not in other.read_text("utf-8")
    record["trials"].append(left_out)
    path.write_text(json.dumps(record), encoding="utf-8")
    # Death is drawn beside worsening too, with its own marks.
    assert review.jobs() == ["figures_death", "figures_hard", "publish", "report"]
    assert "since the last release" not in drawn.read_text("utf-8")


def test_an_id_of_an_earlier_build_leads_to_the_one_of_today(built: Review, tmp_path: Path) -> None:
    listed = json.loads((built.folder / "results/comparisons.json").read_text("utf-8"))
    assert listed["renamed"] == {}
    today = listed["comparisons"][0]["id"]
    output, file = tmp_path / "comparisons.json", built.folder / "config/renamed.yaml"
    folders = [f"results/questions/{name}" for name in ("worsening", "cardiovascular-death")]
    command = [sys.executable, "-m", "trialpool.cli.main", "step", "comparisons", *folders]
    paths = "  results: results\n"
    built.edit("config/config.yaml", paths, f"{paths}  renamed: config/renamed.yaml\n")
    done = []
    for entry in (f"old-name: {today}\n", "old-name: nowhere\n", "old-name: [1]\n"):
        file.write_text(entry, encoding="utf-8")
        run = [*command, "--output", str(output)]
        done.append(
            subprocess.run(run, check=False, capture_output=True, text=True, cwd=built.folder)
        )
    file.unlink()
    built.edit("config/config.yaml", f"{paths}  renamed: config/renamed.yaml\n", paths)
    assert [one.returncode for one in done] == [0, 1, 1], done[0].stderr
    assert json.loads(output.read_text("utf-8"))["renamed"] == {"old-name": today}
    assert "renamed.yaml" in done[1].stderr
    assert "it leads to no comparison of this build" in done[1].stderr
    assert "line 1" in done[2].stderr


def test_a_published_file_that_is_missing_or_altered_is_published_again(built: Review) -> None:
    before = built.hashes()
    (built.folder / "results/questions/worsening/forest.pdf").unlink()
    (built.folder / "results/report/index.html").write_text("altered", encoding="utf-8")
    assert built.jobs() == ["publish"]
    assert built.hashes() == before
    assert built.jobs() == []


@pytest.mark.parametrize(
    ("file", "old", "new", "told"),
    [
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
        (
            "config/questions.yaml",
            "endpoints: [CVD]",
            "endpoints: [CVD",
            "questions.yaml, line 24: not valid YAML",
        ),
    ],
)
def test_a_fault_stops_the_build_and_leaves_the_last_good_one(
    built: Review, file: str, old: str, new: str, told: str
) -> None:
    before = built.hashes()
    original = (built.folder / file).read_bytes()
    built.edit(file, old, new)
    done = built.build()
    after = built.hashes()
    (built.folder / file).write_bytes(original)
    said = done.stdout + done.stderr
    assert done.returncode == 1
    assert told in said
    assert "Traceback" not in said
    # The findings of the failed attempt are there to read; everything else stays.
    staging = {f"staging/{name}" for name in ("effects.csv", "gate.json", "audit_rules.csv")}
    same = {name for name, digest in before.items() if after.get(name) == digest}
    assert set(before) - same <= {"audit.csv", *staging}
    assert built.build().returncode == 0
    assert built.hashes() == before


def test_a_missing_table_is_named(built: Review) -> None:
    before = built.hashes()
    sources = built.folder / "data/raw/sources.csv"
    content = sources.read_bytes()
    sources.unlink()
    done = built.build()
    sources.write_bytes(content)
    assert done.returncode == 1
    assert "sources.csv: the file is missing" in done.stdout + done.stderr
    assert "Traceback" not in done.stdout + done.stderr
    assert (built.folder / "results/report/index.html").exists()
    assert built.build().returncode == 0
    assert built.hashes() == before


def test_same_bytes_in_another_folder_time_zone_locale_and_hash_seed(
    built: Review, tmp_path: Path
) -> None:
    other = copy(tmp_path / "another folder" / "review")
    environment = {
        "TZ": "Pacific/Kiritimati",
        "LC_ALL": "C",
        "LANG": "de_DE.UTF-8",
        "PYTHONHASHSEED": "4242",
        "HOME": str(tmp_path),
        "COLUMNS": "40",
    }
    assert other.jobs(**environment) == EVERY_JOB
    assert other.hashes() == built.hashes()
