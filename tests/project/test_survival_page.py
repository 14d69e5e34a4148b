"""The commands of docs/explanation/survival.md, on a made-up trial."""

from __future__ import annotations

import csv
import io
import json
import math
import re
import shlex
import tarfile
from pathlib import Path

import numpy as np
import pytest
from matplotlib.figure import Figure
from typer.testing import CliRunner

from trialpool.cli.main import app
from trialpool.survival.kaplan_meier import kaplan_meier

pytestmark = pytest.mark.docs
PAGE = Path(__file__).resolve().parents[2] / "docs" / "explanation" / "survival.md"
MEDIANS = {"drug": 12.0, "control": 8.0}
END = 36.0


def quantiles(median: float) -> np.ndarray:
    """Times of 100 patients who die at a constant rate: their quantiles."""
    return -median / math.log(2) * np.log(1 - (np.arange(100) + 0.5) / 100)


@pytest.fixture
def trial(tmp_path, monkeypatch):
    """Files of the page: a figure, a project, an export, numbers at risk, individual data."""
    curves = {
        arm: kaplan_meier(np.minimum(quantiles(m), END), quantiles(m) <= END)
        for arm, m in MEDIANS.items()
    }
    figure = Figure(figsize=(6, 4))
    axes = figure.add_axes((0.1, 0.1, 0.8, 0.8))
    axes.set_xlim(0, END)
    axes.set_ylim(0, 1)
    corners = {}
    for (arm, curve), colour in zip(curves.items(), ("#cc0000", "#0000cc"), strict=True):
        t = np.concatenate([[0.0], np.repeat(curve.time, 2), [END]])
        s = np.repeat(np.concatenate([[1.0], curve.survival]), 2)
        axes.plot(t, s, color=colour)
        corners[arm] = list(zip(t.tolist(), s.tolist(), strict=True))
    figure.savefig(tmp_path / "figure.svg")
    sets = [
        {"name": arm.title(), "axesName": "XY", "data": [{"value": list(p)} for p in points]}
        for arm, points in corners.items()
    ]
    text = json.dumps({"version": [4, 2], "axesColl": [{"name": "XY", "type": "XYAxes"}],
                       "datasetColl": sets}).encode()  # fmt: skip
    with tarfile.open(tmp_path / "project.tar", "w") as tar:
        info = tarfile.TarInfo("trial/wpd.json")
        info.size = len(text)
        tar.addfile(info, io.BytesIO(text))
    at = np.linspace(0.0, END, 73)
    rows = ["x,Drug,Control", *(
        ",".join(f"{v:.4f}" for v in row)
        for row in zip(at, *(curve.at(at) for curve in curves.values()), strict=True)
    )]  # fmt: skip
    (tmp_path / "engauge.csv").write_text("\n".join(rows), encoding="utf-8")
    (block,) = re.findall(
        r"```text[^\n]*\n(Number at risk\n.*?)```", PAGE.read_text("utf-8"), re.DOTALL
    )
    (tmp_path / "at-risk.txt").write_text(block, encoding="utf-8")
    with (tmp_path / "trial.csv").open("w", newline="", encoding="utf-8") as stream:
        writer = csv.writer(stream)
        writer.writerow(["time", "event", "arm"])
        for arm, median in MEDIANS.items():
            writer.writerows((min(t, END), int(t <= END), arm) for t in quantiles(median))
    monkeypatch.chdir(tmp_path)
    return curves


def test_the_commands_of_the_page_run(trial):
    page = PAGE.read_text("utf-8")
    (block,) = re.findall(r"```sh[^\n]*\n(trialpool digitise.*?)```", page, re.DOTALL)
    said = {}
    for line in block.replace("\\\n", " ").splitlines():
        words = shlex.split(line)
        done = CliRunner().invoke(app, words[1:])
        assert done.exit_code == 0, (line, done.output, done.exception)
        if "--list" in words:
            assert "#cc0000" in done.stdout
        said[" ".join(words[1:3])] = done.stdout
    for arm, file in (("drug", "drug-data.csv"), ("control", "control-data.csv")):
        with Path(file).open(encoding="utf-8", newline="") as stream:
            rows = list(csv.DictReader(stream))
        again = kaplan_meier([float(r["time"]) for r in rows], [int(r["event"]) for r in rows])
        at = np.linspace(0.5, 35.0, 50)
        np.testing.assert_allclose(again.at(at), trial[arm].at(at), atol=0.02)
    for name, events in (("drug", 88), ("control", 96)):
        assert f"100 patients, {events} events" in said[f"reconstruct {name}.csv"]
        assert "to the numbers at risk: 0" in said[f"reconstruct {name}.csv"]
    # Constant hazards: their ratio is that of the medians.
    assert "Hazard ratio 0.67" in said["survival trial.csv"]
    assert "Median of drug: published 12, reconstructed 12" in said["survival trial.csv"]


def test_the_numbers_of_the_page_are_those_of_the_trial(trial):
    page = PAGE.read_text("utf-8")
    (block,) = re.findall(r"```text[^\n]*\nNumber at risk\n(.*?)```", page, re.DOTALL)
    times, *arms = (line.split()[1:] for line in block.splitlines())
    for curve, counts in zip(trial.values(), arms, strict=True):
        printed = [int(count) for count in counts]
        assert curve.number_at_risk([float(t) for t in times]).tolist() == printed
    for curve, events in zip(trial.values(), re.findall(r"--events (\d+)", page), strict=True):
        assert int(curve.events.sum()) == int(events)
