"""Figures of tables that went wrong once, and what plots share with forests."""

from __future__ import annotations

import json
import math
from pathlib import Path

import pytest
from tables_to_draw import hazards, table
from typer.testing import CliRunner

import trialpool as tp
from trialpool.cli.main import app

CASES = Path(__file__).resolve().parents[1] / "cli" / "cases"
ARMS = {"events": [12, 0, 31, 7], "n": [45, 25, 60, 7]}
TABLES = {
    "events_experimental": [5, 9, 14, 0], "n_experimental": [100, 120, 90, 40],
    "events_control": [11, 16, 20, 3], "n_control": [101, 118, 92, 42],
}  # fmt: skip


def rows_of(drawn, kind="trial"):
    return [row for row in drawn.table.rows if row.kind == kind]


def test_two_equal_hazard_ratios_by_group_have_a_tip(tmp_path):
    path = table(
        tmp_path,
        {"study": list("ABCD"), "hr": [0.80, 0.80, 0.62, 0.71],
         "ci_lower": [0.65, 0.60, 0.47, 0.55], "ci_upper": [0.98, 1.07, 0.82, 0.92],
         "pop": list("aamm")},
    )  # fmt: skip
    out = tmp_path / "o.csv"
    run = CliRunner().invoke
    found = run(app, ["forest", str(path), "-o", str(out), "--by", "pop", "--ci", "hk", "--json"])
    assert found.exit_code == 0, found.output
    drawn = tp.forest(json.loads(found.stdout))
    assert any("a: the Hartung-Knapp interval is narrower" in note for note in drawn.notes)
    index = next(i for i, row in enumerate(drawn.table.rows) if row.kind == "pool")
    (diamond,) = drawn.geometry.marks_of(index, "diamond")
    assert diamond.box[0] == pytest.approx(diamond.box[2], abs=0.01)


def test_a_funnel_is_no_longer_for_a_trial_without_weight():
    effects = tp.effect_sizes(
        yi=[-0.30, -0.10, -0.55, 8.0, -0.2], sei=[0.02, 0.05, 0.10, 4.5, 0.30],
        labels=list("ABCDE"), measure="HR",
    )  # fmt: skip
    drawn = tp.funnel_plot(effects)
    (frame,) = drawn.geometry.frames
    assert frame.y_axis.upper == pytest.approx(0.30 * 1.06)
    assert math.exp(frame.x_axis.upper) < 3
    (far,) = [shape for shape in drawn.geometry.shapes if shape.kind == "beyond"]
    assert far.label == "D"
    assert far.values == (8.0, 4.5)
    left, top, right, bottom = frame.box
    assert all(left <= x <= right and top <= y <= bottom for x, y in far.points)
    assert sum(shape.kind == "trial" for shape in drawn.geometry.shapes) == 4
    own = tp.funnel_plot(effects, limits=(0.25, 4.0))
    axis = own.geometry.frames[0].x_axis
    assert (math.exp(axis.lower), math.exp(axis.upper)) == pytest.approx((0.25, 4.0))


def test_other_plots_take_decimals_and_limits():
    effects = hazards()
    texts = {text.text for text in tp.leave_one_out_plot(effects, digits=3).geometry.texts}
    assert any(text.startswith("0.7") and len(text.split()[0]) == 5 for text in texts)
    drawn = tp.posterior_plot(effects, limits=(0.5, 2.0), digits=1)
    axis = drawn.geometry.frames[0].x_axis
    assert (math.exp(axis.lower), math.exp(axis.upper)) == pytest.approx((0.5, 2.0))
    drawn = tp.cumulative_plot(effects, [1, 2, 3, 4], limits=(0.75, 1.25))
    assert any(shape.kind == "arrow" for shape in drawn.geometry.shapes)


@pytest.mark.parametrize(
    ("case", "options", "effect"),
    [
        ("small-differences", ["--measure", "RD"], "−0.027 [−0.064 to 0.010]"),
        ("proportion-none-of-25", ["--measure", "PLO"], "0.0 [0.0 to 13.7]"),
        ("proportion-none-of-25", ["--measure", "PFT"], "0.0 [0.0 to 13.7]"),
        ("one-extreme-trial", ["--measure", "HR"], "0.74 [0.71 to 0.77]"),
    ],
)
def test_tables_that_went_wrong(case, options, effect, tmp_path):
    out = tmp_path / "o.csv"
    found = CliRunner().invoke(
        app, ["forest", str(CASES / f"{case}.csv"), "-o", str(out), *options]
    )
    assert found.exit_code == 0, found.output
    lines = out.read_text("utf-8").splitlines()
    assert f",{effect}," in lines[2]
    if case == "one-extreme-trial":
        assert any(",D," in line and line.endswith("lower upper") for line in lines)
