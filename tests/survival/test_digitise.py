"""Points from figures: SVG and PDF give back the curve, exports are understood."""

from __future__ import annotations

import io
import json

import numpy as np
import pytest
from matplotlib.figure import Figure
from public_data import load
from typer.testing import CliRunner

from trialpool.cli.main import app
from trialpool.figures.canvas.rendering import rendered, svg_text
from trialpool.figures.plots.survival import survival_plot
from trialpool.survival.clean import clean_points
from trialpool.survival.digitised.paths import Axis, choose_path, pdf_paths, points_of_path
from trialpool.survival.digitised.projects import curves_of_project
from trialpool.survival.digitised.svg import svg_paths
from trialpool.survival.digitised.tables import curves_of_table
from trialpool.survival.kaplan_meier import kaplan_meier

CURVE = kaplan_meier(*(values[load()["gbsg2"][2]] for values in load()["gbsg2"][:2]))
RUN = CliRunner()


def drawn(suffix: str) -> tuple[bytes, list[str], list[str]]:
    """Draw a step curve; return the file and two places on each axis."""
    figure = Figure(figsize=(6, 4))
    axes = figure.add_axes((0.1, 0.1, 0.8, 0.8))
    axes.set_xlim(0, 3000)
    axes.set_ylim(0, 1)
    time = np.concatenate([[0.0], CURVE.time])
    (line,) = axes.step(time, np.concatenate([[1.0], CURVE.survival]), where="post")
    line.set_gid("curve")
    buffer = io.BytesIO()
    figure.savefig(buffer, format=suffix)
    # The canvas is 432 × 288 points; an SVG counts down from the top, a PDF up from the bottom.
    x = ["43.2=0", "388.8=3000"]
    y = ["259.2=0", "28.8=1"] if suffix == "svg" else ["28.8=0", "259.2=1"]
    return buffer.getvalue(), x, y


def axes_of(x, y):
    pairs = [[tuple(map(float, text.split("="))) for text in texts] for texts in (x, y)]
    return [Axis((a[0], b[0]), (a[1], b[1])) for a, b in pairs]


@pytest.mark.parametrize("suffix", ["svg", "pdf"])
def test_a_vector_figure_gives_the_curve_back(suffix):
    content, x, y = drawn(suffix)
    paths = svg_paths(content.decode()) if suffix == "svg" else pdf_paths(content)
    path = choose_path(paths, "curve" if suffix == "svg" else None)
    clean = clean_points(*points_of_path(path, *axes_of(x, y)), marked="corners")
    # Vector coordinates are written with six digits: exact to a thousandth of each axis.
    at = np.linspace(0.0, CURVE.last, 997)
    near = np.abs(at[:, None] - CURVE.time).min(axis=1) > 3.0
    got = clean.survival[np.searchsorted(clean.time, at[near], side="right") - 1]
    np.testing.assert_allclose(got, CURVE.at(at[near]), atol=1e-3)
    falls = clean.time[1:][np.diff(clean.survival) < -1e-6]
    np.testing.assert_allclose(falls, CURVE.time, atol=3.0)


def test_the_command_writes_points_that_reconstruct_reads(tmp_path):
    content, x, y = drawn("svg")
    figure, points, data = tmp_path / "fig.svg", tmp_path / "curve.csv", tmp_path / "ipd.csv"
    figure.write_bytes(content)
    axes = [part for name, texts in (("--x", x), ("--y", y)) for t in texts for part in (name, t)]
    done = RUN.invoke(app, ["digitise", str(figure), "--curve", "curve", *axes, "-o", str(points)])
    assert done.exit_code == 0, done.output
    risk = [f"{t}:{c}" for t, c in zip((500, 1500), CURVE.number_at_risk([500, 1500]), strict=True)]
    options = [part for text in risk for part in ("--at-risk", text)]
    events = str(int(CURVE.events.sum()))
    done = RUN.invoke(
        app,
        [
            "reconstruct",
            str(points),
            "--patients",
            str(CURVE.n),
            "--events",
            events,
            "--marked",
            "corners",
            "--json",
            "-o",
            str(data),
            *options,
        ],
    )
    assert done.exit_code == 0, done.output
    record = json.loads(done.stdout)
    assert record["events"] == int(events)
    assert record["at_risk_error"] == 0
    assert len(data.read_text().splitlines()) == CURVE.n + 1


def test_exports_of_the_digitiser():
    project = {
        "version": [4, 2],
        "datasetColl": [{"name": "A", "data": [{"value": [0, 1]}, {"value": [5, 0.5]}]}],
    }
    (curve,) = curves_of_project(json.dumps(project)).curves
    assert curve.name == "A"
    table = "A,,B,\nX,Y,X,Y\n0,1,0,1\n5,0.5,6,0.4\n,,9,0.2\n"
    found = curves_of_table(table).curves
    assert {curve.name: curve.time.tolist() for curve in found} == {
        "A": [0.0, 5.0],
        "B": [0.0, 6.0, 9.0],
    }
    (alone,) = curves_of_table("0, 1\n2, 0.9\n").curves
    assert (alone.name, alone.survival.tolist()) == ("curve 1", [1.0, 0.9])


@pytest.mark.parametrize(
    ("read", "text", "message"),
    [
        (curves_of_project, "{", "not JSON"),
        (curves_of_project, "{}", "no 'datasetColl'"),
        (curves_of_project, '{"datasetColl": [{"data": [{"x": 1}]}]}', "calibrate its axes"),
        (curves_of_table, "", "no rows"),
        (curves_of_table, "0,1\n1,half\n", "'half' is not a number"),
        (curves_of_project, '{"datasetColl": []}', "no curve"),
    ],
)
def test_what_is_not_understood_is_said(read, text, message):
    with pytest.raises(ValueError, match=message):
        read(text)


def test_bad_figures_and_axes_are_named(tmp_path):
    with pytest.raises(ValueError, match="not SVG"):
        svg_paths("<svg")
    with pytest.raises(ValueError, match="not a PDF"):
        pdf_paths(b"no")
    with pytest.raises(ValueError, match="two different places"):
        Axis((1.0, 1.0), (0.0, 1.0))
    with pytest.raises(ValueError, match="none has the name, number or colour 'x'"):
        choose_path(svg_paths("<svg xmlns='http://www.w3.org/2000/svg'/>"), "x")
    # An entity that would expand a billion times is refused, not expanded.
    bomb = '<!DOCTYPE x [<!ENTITY a "aa">]><svg>&a;</svg>'
    with pytest.raises(ValueError, match="not SVG"):
        svg_paths(bomb)
    figure = tmp_path / "f.svg"
    figure.write_text("<svg xmlns='http://www.w3.org/2000/svg'/>")
    done = RUN.invoke(app, ["digitise", str(figure), "--x", "1=0"])
    assert done.exit_code == 2


@pytest.mark.parametrize("suffix", ["svg", "pdf"])
def test_the_survival_figure_of_the_project_is_read_back(suffix):
    """Its upright label is a turned group; both arms come back within a thousandth of each axis."""
    time, event, arm = load()["gbsg2"]
    figure = survival_plot(time, event, arm, names=("with", "without"), unit="days")
    paths = svg_paths(svg_text(figure)) if suffix == "svg" else pdf_paths(rendered(figure, "pdf"))
    # The first line with three corners is the frame: (0, 1), (0, 0), (last time, 0).
    corner = next(path for path in paths if path.x.size == 3)
    curves = [kaplan_meier(time[own], event[own]) for own in (arm, ~arm)]
    last = max(curve.last for curve in curves)
    axes = axes_of(
        [f"{corner.x[1]}=0", f"{corner.x[2]}={last}"], [f"{corner.y[1]}=0", f"{corner.y[0]}=1"]
    )
    drawn = [path for path in paths if path.is_step and path.x.size > 20]
    assert len(drawn) == 2
    for path, curve in zip(drawn, curves, strict=True):
        at, survival = points_of_path(path, *axes)
        corners = np.concatenate([[0.0], np.repeat(curve.time, 2), [curve.last]])
        levels = np.repeat(np.concatenate([[1.0], curve.survival]), 2)
        np.testing.assert_allclose(at, corners, atol=1e-3 * last)
        np.testing.assert_allclose(survival, levels, atol=1e-3)


def test_turned_and_slanted_groups_are_followed():
    svg = (
        '<svg xmlns="http://www.w3.org/2000/svg"><g transform="rotate(90 10 10)">'
        '<path id="a" d="M10 0 L20 10"/></g><g transform="skewX(45) skewY(0)">'
        '<path id="b" d="M0 0 L1 2"/></g><g transform="rotate(-90)">'
        '<path id="c" d="M1 0 L0 1"/></g></svg>'
    )
    found = {path.name: (path.x.tolist(), path.y.tolist()) for path in svg_paths(svg)}
    assert found["a"] == (pytest.approx([20.0, 10.0]), pytest.approx([10.0, 20.0]))
    assert found["b"] == (pytest.approx([0.0, 3.0]), pytest.approx([0.0, 2.0]))
    assert found["c"] == (pytest.approx([0.0, 1.0]), pytest.approx([-1.0, 0.0], abs=1e-12))
