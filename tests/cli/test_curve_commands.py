"""`trialpool reconstruct` and `survival` beside what a report prints."""

from __future__ import annotations

import csv
import json
import math
from pathlib import Path

import pytest
from typer.testing import CliRunner

from trialpool.cli.main import app

CURVE = [(0, 1.0), (2, 0.9), (4, 0.75), (6, 0.6), (8, 0.45), (10, 0.4), (12, 0.4)]


def write(path: Path, header: list[str], rows) -> str:
    with path.open("w", newline="", encoding="utf-8") as stream:
        writer = csv.writer(stream)
        writer.writerows([header, *rows])
    return str(path)


def call(*arguments: str):
    return CliRunner().invoke(app, list(arguments))


@pytest.fixture
def curve(tmp_path) -> str:
    return write(tmp_path / "curve.csv", ["time", "survival"], CURVE)


@pytest.fixture
def trial(tmp_path) -> str:
    """Exact exponential quantiles of 60 patients: medians 20 ln 2 and 10 ln 2."""
    rows = []
    for arm, mean in (("new", 20.0), ("old", 10.0)):
        rows += [(-mean * math.log(1 - (i + 0.5) / 60), 1, arm) for i in range(60)]
    return write(tmp_path / "trial.csv", ["time", "event", "arm"], rows)


def reconstruction(curve: str, *more: str):
    options = ["--patients", "100", "--at-risk", "4:88", "--at-risk", "8:55", "--events", "58"]
    return call("reconstruct", curve, *options, "--marked", "corners", *more)


def test_reconstruct_says_how_well_it_meets_what_is_printed(curve):
    record = json.loads(reconstruction(curve, "--published-median", "8.5", "--json").stdout)
    assert record["at_risk"] == [
        {"time": 4.0, "published": 88, "reconstructed": 88},
        {"time": 8.0, "published": 55, "reconstructed": 55},
    ]
    assert (record["published_events"], record["median"]) == (58, 8.0)
    assert record["published_median"] == {
        "published": 8.5,
        "reconstructed": 8.0,
        "difference": -0.5,
        "both_reached_or_neither": True,
    }
    words = reconstruction(curve, "--published-median", "NR").stdout
    assert "published not reached, reconstructed 8: one is reached, the other is not" in words


def test_survival_sets_ratio_and_medians_beside_the_printed_ones(trial):
    options = ["--experimental", "new", "--published-hr", "0.50,0.34,0.72"]
    options += ["--cut", "5", "--cut", "10"]
    record = json.loads(
        call("survival", trial, *options, "--published-medians", "13.9,NR", "--json").stdout
    )
    compared, found = record["published_hr"], record["hazard_ratio"]
    assert compared["reconstructed"]["estimate"] == found["estimate"]
    assert compared["log_difference"] == pytest.approx(found["estimate"] - math.log(0.5))
    printed_se = math.log(0.72 / 0.34) / (2 * 1.959963984540054)
    assert compared["se_ratio"] == pytest.approx(found["se"] / printed_se)
    assert compared["agrees"]
    new, old = record["published_medians"]
    assert new["difference"] == pytest.approx(20 * math.log(2) - 13.9, abs=0.4)
    assert (old["published"], old["difference"]) == (None, None)
    first, second, last = record["intervals"]
    assert (first["start"], first["end"], last["end"]) == (0.0, 5.0, None)
    for piece in (first, second):
        assert abs(piece["log_hr"] - math.log(0.5)) < piece["se"]


def test_a_ratio_far_from_its_curve_is_said(trial):
    found = call(
        *("survival", trial, "--experimental", "new", "--published-hr", "0.90", "--cut", "5")
    )  # fmt: skip
    assert found.exit_code == 0
    assert "After 0 up to 5: hazard ratio 0." in found.stdout
    assert "More than half a standard error: another cut, assessor or analysis" in found.stdout


@pytest.mark.parametrize(
    ("option", "value", "message"),
    [
        ("--published-hr", "0.9,0.5", "allowed: a ratio"),
        ("--published-hr", "-1", "allowed: a ratio"),
        ("--published-hr", "0.9,0.2,0.5", "between its limits"),
        ("--published-medians", "9", "experimental,control"),
        ("--published-medians", "9,soon", "NR for not reached"),
    ],
)
def test_bad_options_are_named(trial, option, value, message):
    found = call("survival", trial, "--experimental", "new", f"{option}={value}")
    assert found.exit_code == 2
    assert message in " ".join(found.output.replace("│", " ").split())
