"""Paths of a review are relative to its own folder, wherever a command runs."""

import json
import os
import shutil
from pathlib import Path

import pytest
from typer.testing import CliRunner

from trialpool.cli.main import app
from trialpool.settings import load_settings, overview_pages, review_folder

RUN = CliRunner()


@pytest.mark.parametrize(
    ("here", "config", "folder"),
    [
        ("", "config/config.yaml", "."),
        ("", "other.yaml", "."),
        ("", "below/config/mine.yaml", "below"),
        ("", "below/review.yaml", "below"),
        ("config", "config.yaml", "<root>"),
        ("below", "../config/config.yaml", "<root>"),
        ("below", "../elsewhere/config.yaml", "<root>/elsewhere"),
    ],
)
def test_it_is_above_a_folder_named_config_else_that_of_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, here: str, config: str, folder: str
) -> None:
    (tmp_path / here).mkdir(exist_ok=True)
    monkeypatch.chdir(tmp_path / here)
    assert review_folder(Path(config)) == Path(folder.replace("<root>", str(tmp_path)))


def test_every_command_reads_the_review_that_its_configuration_belongs_to(
    review: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The current folder holds another review, in which DELIVER has another number."""
    here = tmp_path / "here"
    shutil.copytree(review, here)
    table = here / "data/raw/time_to_event.csv"
    text = table.read_text("utf-8")
    row = "deliver.cvd.t01,deliver,dapa,placebo,CVD,,ITT,,,HR,0.88,"
    assert row in text
    table.write_text(text.replace(row, row.replace("0.88", "0.89")), "utf-8")
    trials = here / "data/raw/trials.csv"
    trials.write_text(trials.read_text("utf-8").replace("deliver,", "renamed,"), "utf-8")
    monkeypatch.chdir(here)
    config = os.path.relpath(review / "config/config.yaml")

    done = RUN.invoke(app, ["explain", "deliver.cvd.t01", "--json", "--config", config])
    assert done.exit_code == 0, done.output
    assert json.loads(done.stdout)["printed"]["estimate"] == "0.88"

    new = ["new-trial", "deliver", "--arms", "a,b", "--endpoint", "CVD", "--config", config]
    done = RUN.invoke(app, new)
    assert done.exit_code != 0  # taken there; free here
    assert RUN.invoke(app, [*new[:-2]]).exit_code == 0

    row = review / "data/raw/time_to_event.csv"
    lines = row.read_text("utf-8").splitlines()
    added = tmp_path / "time_to_event.csv"
    added.write_text("\n".join([lines[0], lines[1].replace(".t01", ".t09")]) + "\n", "utf-8")
    done = RUN.invoke(app, ["check-row", str(added), "--json", "--config", config])
    assert json.loads(done.stdout)["fatal_findings_of_raw_tables"] == 0
    done = RUN.invoke(app, ["check-row", str(added), "--json"])
    assert json.loads(done.stdout)["fatal_findings_of_raw_tables"] > 0

    settings, faults = load_settings(Path(config))
    assert faults == []
    assert settings.path("baseline" if "baseline" in settings.config["paths"] else "results") == (
        review / "results"
    )


def test_settings_that_were_checked_need_no_schema() -> None:
    config = Path(__file__).parents[1] / "config" / "config.yaml"
    checked, faults = load_settings(config)
    again, _ = load_settings(config, checked=False)
    assert not faults
    assert again.config == checked.config
    assert again.questions == checked.questions
    assert again.taxonomy == checked.taxonomy


@pytest.mark.parametrize(("questions", "pages"), [(0, 1), (1, 1), (100, 1), (101, 2), (1000, 10)])
def test_pages_of_the_overview_hold_every_question_once(questions: int, pages: int) -> None:
    asked = [f"q{number}" for number in range(questions)]
    found = overview_pages(asked)
    assert len(found) == pages
    assert next(iter(found)) == "overview"
    assert [one for ours in found.values() for one in ours] == asked
    assert max(map(len, found.values())) <= 100
