"""A cell that says "not known" is no level of a moderator and no group."""

from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from trialpool.cli.main import app
from trialpool.findings import InputError

CASE = (Path(__file__).parent / "cases" / "moderator-na.csv").read_text(encoding="utf-8")
WAYS = ("NA", "N/A", "NaN", "nan", "None", ".", "-", "")
COUNTS = (
    "study,events_experimental,n_experimental,events_control,n_control,pop\n"
    "A,10,100,20,100,x\nB,8,80,12,80,N/A\nC,30,300,45,300,x\nD,2,50,4,50,y\nE,9,90,14,90,y\n"
)


@pytest.mark.parametrize("missing", WAYS)
def test_a_moderator_stays_numeric_and_the_trial_is_named(as_json, run, missing: str) -> None:
    table = CASE.replace("NA", missing)
    fit = as_json(table, "--moderator", "year")["regression"]
    assert fit["moderators"][0]["kind"] == "numeric"
    assert [(out["label"], out["reason"]) for out in fit["left_out"]] == [("G", "year not given")]
    # metafor: p = 0.95 for the slope of the six years that are known.
    slope = fit["coefficients"][1]
    assert slope["p_value"] == pytest.approx(0.95, abs=0.006)
    rows = [line.split(",") for line in CASE.splitlines()[1:7]]
    y, v, year = np.array([[float(cell) for cell in row[1:]] for row in rows]).T
    w = 1 / (v + fit["tau2"])
    centred = year - np.average(year, weights=w)
    assert slope["estimate"] == pytest.approx(np.sum(w * centred * y) / np.sum(w * centred**2))
    assert "Not in the regression: G: year not given." in run(table, "--moderator", "year").stdout


@pytest.mark.parametrize("missing", WAYS)
def test_a_trial_without_a_group_is_left_out_and_named(as_json, run, missing: str) -> None:
    table = CASE.replace("NA", missing)
    record = as_json(table, "--by", "year")
    assert [group["label"] for group in record["groups"]] == ["2001", "2005", "2010"]
    assert record["excluded"] == [{"line": 8, "label": "G", "reason": "year not given"}]
    assert record["k"] == 6
    assert "Not pooled: G: year not given." in run(table, "--by", "year").stdout


def test_nobody_has_a_group(faults) -> None:
    (finding,) = faults("yi,vi,g\n0.1,1,NA\n0.2,1,\n", "--by", "g")
    assert (finding.column, finding.rule) == ("g", "group")


def test_a_cluster_that_is_not_known_is_refused(faults) -> None:
    (finding,) = faults(CASE, "--cluster", "year")
    assert (finding.line, finding.column, finding.rule) == (8, "year", "cluster")


@pytest.mark.parametrize("method", ["iv", "mh", "peto", "glmm"])
def test_counts_by_any_method(as_json, method: str) -> None:
    own = as_json(COUNTS, "--measure", "OR", "--method", method, "--by", "pop")
    assert own["labels"] == ["A", "C", "D", "E"]
    assert [group["labels"] for group in own["groups"]] == [["A", "C"], ["D", "E"]]
    assert own["excluded"] == [{"line": 3, "label": "B", "reason": "pop not given"}]
    without = "".join(line for line in COUNTS.splitlines(True) if not line.startswith("B"))
    alone = as_json(without, "--measure", "OR", "--method", method, "--by", "pop")
    for key in ("estimate", "ci_lower", "ci_upper"):
        assert own[key] == alone[key]


@pytest.mark.parametrize(
    "command",
    [
        ("forest", "{file}", "--by", "year", "-o", "{out}"),
        ("plot", "orchard", "{file}", "--by", "year", "-o", "{out}"),
        ("plot", "bubble", "{file}", "--moderator", "year", "-o", "{out}"),
    ],
)
def test_figures_leave_it_out_and_say_so(tmp_path: Path, command: tuple[str, ...]) -> None:
    file, out = tmp_path / "table.csv", tmp_path / "figure.svg"
    file.write_text(CASE, encoding="utf-8")
    arguments = [part.format(file=file, out=out) for part in command]
    done = CliRunner().invoke(app, arguments)
    assert not isinstance(done.exception, InputError), done.exception
    assert done.exit_code == 0, done.output
    assert "Not drawn: G: year not given" in done.stderr
    assert ">NA<" not in out.read_text(encoding="utf-8")
