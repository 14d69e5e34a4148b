"""Curves out of what digitisers write, and out of figures by number and colour."""

from __future__ import annotations

import io
import json
import tarfile
from pathlib import Path

import numpy as np
import pytest
from matplotlib.figure import Figure
from typer.testing import CliRunner

from trialpool.cli.main import app
from trialpool.findings import InputError
from trialpool.survival.digitised.curves import choose, colour_code
from trialpool.survival.digitised.paths import choose_path, pdf_paths
from trialpool.survival.digitised.projects import (
    curves_of_archive,
    curves_of_dig,
    curves_of_project,
)
from trialpool.survival.digitised.svg import svg_paths
from trialpool.survival.digitised.tables import curves_of_table

CASES = Path(__file__).parent / "cases"


def case(name: str) -> str:
    return (CASES / name).read_text(encoding="utf-8")


def read(text: str) -> dict[str, tuple[list[float], list[float]]]:
    return {
        curve.name: (curve.time.tolist(), curve.survival.tolist())
        for curve in curves_of_table(text).curves
    }


def call(*arguments):
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


def test_one_column_of_times_serves_many_curves():
    assert read(case("engauge3.csv")) == {
        "Curve1": ([0, 1, 2, 3], [1, 0.9, 0.8, 0.7]),
        "Curve2": ([0, 1, 2, 3], [1, 0.8, 0.6, 0.5]),
        "Curve3": ([0, 1, 2, 3], [1, 0.95, 0.9, 0.85]),
    }
    # An even number of columns says no other; a curve may end before the others.
    assert read("x;A;B\n0;1;1\n1,5;0,9;\n2;;0,8\n") == {
        "A": ([0, 1.5], [1, 0.9]),
        "B": ([0, 2], [1, 0.8]),
    }


def test_engauge_writes_sections_under_heads_of_their_own():
    assert read("x,Drug\n0,1\n1,0.9\n\nx,Control\n0,1\n2,0.5\n") == {
        "Drug": ([0, 1], [1, 0.9]),
        "Control": ([0, 2], [1, 0.5]),
    }


def test_row_numbers_are_no_times():
    found = curves_of_table(case("id_first.csv"))
    (curve,) = found.curves
    assert curve.time.tolist() == [0, 1.02, 2.1, 3, 4.2, 6.1, 8, 10.2, 12]
    assert curve.survival[-1] == 0.47
    assert found.notes == ("column 'ID' left out: numbers of rows",)
    # R's write.csv numbers rows under an empty head.
    assert read('"","time","surv"\n"1",0,1\n"2",4,0.9\n') == {"curve 1": ([0, 4], [1, 0.9])}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("0,1,1\n1,0.9,0.8\n", "3 columns"),
        ("A,,B\nX,Y,X\n0,1,0\n", "3 columns"),
        ("a,b,c,d\n0,1,0,1\n", "which of them are times is not said"),
        ("x,A,B\n0,1,1\n1,0.9\n", "line 3: 2 cells where 3 are expected"),
        ("x,A,B\n0,1,1\n1,0.9,0.8,0.7\n", "line 3: 4 cells where 3 are expected"),
        ("x,A\n0,1\n,0.9\n", "line 3"),
        ("A,,B,\nX,Y,X,Y\n0,1,0,1\n5,,6,0.4\n", "line 4, survival of 'A': '' is not a number"),
        ("X;Y\n0;1\n1,5;0.9\n", "line 3: '1,5' has a decimal comma, line 3: '0.9' a decimal"),
        ('x,"A\n0,1\n', "not well-formed"),
    ],
)
def test_tables_that_are_ambiguous_are_refused_by_name(text, message):
    with pytest.raises(ValueError, match=message):
        curves_of_table(text)


def test_percent_becomes_a_proportion_and_is_said():
    drug, control = curves_of_table(case("wpd_percent.csv")).curves
    np.testing.assert_allclose(drug.survival[[0, 1, -1]], [1.0, 0.981, 0.47])
    assert control.time.size == 6
    np.testing.assert_allclose(control.survival[[0, -1]], [1.002, 0.52])
    assert drug.notes == ("survival up to 100 taken as percent, divided by 100",)
    done = call("digitise", CASES / "wpd_percent.csv", "--curve", "Drug")
    assert "Note: survival up to 100 taken as percent" in done.stderr
    assert done.stdout.startswith("time,survival\n0,1\n1.02,0.981\n")
    # With signs, and of a table with one column of times.
    (signed,) = curves_of_table("time,Drug\n0,100%\n6,82.5%\n").curves
    np.testing.assert_allclose(signed.survival, [1.0, 0.825])


def test_semicolons_and_decimal_commas():
    found = curves_of_table(case("wpd_semicolon.csv"))
    drug, control = found.curves
    assert (drug.name, control.name) == ("Drug", "Control")
    assert drug.time[1] == 1.02
    assert control.survival.tolist() == [1.002, 0.95, 0.86, 0.77, 0.66, 0.52]
    assert found.notes == ("commas read as decimal marks",)
    assert read("time;Drug\n0;1\n2,5;0,75\n") == {"Drug": ([0, 2.5], [1, 0.75])}
    assert read("time\tsurvival\n0\t1\n2,5\t0,75\n") == {"curve 1": ([0, 2.5], [1, 0.75])}
    assert read('time,survival\n"0","1"\n"2,5","0,75"\n') == {"curve 1": ([0, 2.5], [1, 0.75])}


def test_long_tables_name_their_curves():
    assert read("time,survival,arm\n0,1,A\n6,0.8,A\n0,1,B\n9,0.7,B\n") == {
        "A": ([0, 6], [1, 0.8]),
        "B": ([0, 9], [1, 0.7]),
    }


def test_two_sets_of_one_name_are_numbered_and_the_name_alone_is_refused():
    first, second = curves_of_table(case("samename.csv")).curves
    assert (first.name, first.survival[-1]) == ("Lbl 1", 0.8)
    assert (second.name, second.survival[-1]) == ("Lbl 2", 0.5)
    done = call("digitise", CASES / "samename.csv", "--curve", "Lbl")
    assert done.exit_code == 2
    assert "'Lbl 1', 'Lbl 2'" in " ".join(done.output.replace("│", " ").split())
    by_number = call("digitise", CASES / "samename.csv", "--curve", "2").stdout
    assert by_number == call("digitise", CASES / "samename.csv", "--curve", "Lbl 2").stdout
    assert by_number.endswith("4,0.5\n")


PROJECT = {
    "version": [4, 2],
    "axesColl": [{"name": "XY", "type": "XYAxes"}, {"name": "Bars", "type": "BarAxes"}],
    "datasetColl": [
        {"name": "Drug", "axesName": "XY", "metadataKeys": [], "colorRGB": [200, 0, 0, 255],
         "data": [{"x": 80, "y": 20, "value": [0, 1]}, {"x": 90, "y": 30, "value": [6, 0.8]}]},
        {"name": "Rates", "axesName": "Bars", "data": [{"x": 1, "y": 2, "value": ["a", 3.3]}]},
        {"name": "Drug", "axesName": "XY",
         "data": [{"x": 80, "y": 20, "value": [0, 1]}, {"x": 90, "y": 40, "value": [6, 0.7]}]},
    ],
    "measurementColl": [],
}  # fmt: skip


def archive(**files: str) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as tar:
        for name, text in files.items():
            content = text.encode()
            info = tarfile.TarInfo("project/" + name.replace("_json", ".json"))
            info.size = len(content)
            tar.addfile(info, io.BytesIO(content))
    return buffer.getvalue()


def test_a_bar_chart_does_not_spoil_a_project():
    done = call("digitise", CASES / "wpd_mixed.json", "--curve", "Drug")
    assert done.stdout == "time,survival\n0,1\n5,0.8\n"
    assert "'Bars of figure 2' left out" in done.stderr
    bars = call("digitise", CASES / "wpd_mixed.json", "--curve", "Bars of figure 2")
    assert isinstance(bars.exception, InputError)
    assert "1 value(s)" in str(bars.exception)


@pytest.mark.parametrize("shape", ["json", "tar", "version 5"])
def test_projects_of_versions_4_and_5(shape):
    project = PROJECT | ({"version": [5, 2]} if shape == "version 5" else {})
    text = json.dumps(project)
    info = json.dumps({"version": [4, 0], "json": "wpd.json", "images": ["page.png"]})
    found = (
        curves_of_archive(archive(info_json=info, wpd_json=text, **{"page.png": "x"}))
        if shape == "tar"
        else curves_of_project(text)
    )
    assert [(c.name, c.survival.tolist()) for c in found.curves] == [
        ("Drug 1", [1.0, 0.8]),
        ("Drug 2", [1.0, 0.7]),
    ]
    assert found.left_out == {"Rates": "its axes are BarAxes, not those of a plane"}


def test_projects_of_version_3():
    series = [{"name": "OS", "data": [{"x": 1, "y": 1, "value": [0, 100]},
                                      {"x": 9, "y": 4, "value": [12, 40]}]}]  # fmt: skip
    wpd = {"version": [3, 8], "axesType": "XYAxes", "dataSeries": series}
    (curve,) = curves_of_project(json.dumps({"wpd": wpd})).curves
    assert curve.survival.tolist() == [1.0, 0.4]


def test_archives_that_are_none_are_named():
    for content, message in ((b"no", "not a tar"), (archive(other_json="{}", b_json="{}"), "2 pr"),
                             (archive(wpd_json="{"), "not JSON")):  # fmt: skip
        with pytest.raises(ValueError, match=message):
            curves_of_archive(content)


def dig(scale: str = "Linear", third: str = '<PositionGraph X="0" Y="1"/>') -> str:
    """A project of Engauge: 10 units of time are 500 px, survival 1 is 400 px above 0."""
    axes = (
        '<Point IsAxisPoint="True" IsXOnly="False"><PositionScreen X="100" Y="500"/>'
        '<PositionGraph X="0" Y="0"/></Point>'
        '<Point IsAxisPoint="True"><PositionScreen X="600" Y="500"/><PositionGraph X="10" Y="0"/>'
        f'</Point><Point IsAxisPoint="True"><PositionScreen X="100" Y="100"/>{third}</Point>'
    )
    places = ((100, 100), (350, 100), (350, 300), (600, 300))
    points = "".join(f'<Point><PositionScreen X="{x}" Y="{y}"/></Point>' for x, y in places)
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n<!DOCTYPE engauge>\n'
        '<Document VersionNumber="11.0"><CoordSystem>'
        f'<Coords TypeString="Cartesian" ScaleXThetaString="{scale}" '
        'ScaleYRadiusString="Linear"/>'
        f'<Curve CurveName="Axes"><CurvePoints>{axes}</CurvePoints></Curve><CurvesGraphs>'
        f'<Curve CurveName="Drug"><CurvePoints>{points}</CurvePoints></Curve>'
        '<Curve CurveName="Unused"><CurvePoints/></Curve></CurvesGraphs></CoordSystem></Document>'
    )


def test_engauge_projects_are_turned_into_values():
    (curve,) = curves_of_dig(dig()).curves
    assert curve.name == "Drug"
    np.testing.assert_allclose(curve.time, [0, 5, 5, 10], atol=1e-12)
    np.testing.assert_allclose(curve.survival, [1, 1, 0.5, 0.5], atol=1e-12)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (dig(scale="Log"), "axes are Log"),
        (dig(third=""), "do not span"),
        (dig().replace('Y="100"/><PositionGraph', 'Y="500"/><PositionGraph'), "do not span"),
        (dig().replace('IsXOnly="False"', 'IsXOnly="True"'), "one value each"),
        ("\x02binary", "6.3 or later"),
        ("<Document/>", "no curve"),
    ],
)
def test_engauge_projects_that_cannot_be_read_are_named(text, message):
    with pytest.raises(ValueError, match=message):
        curves_of_dig(text)


def test_lines_that_share_a_group_are_numbered():
    paths = svg_paths(case("cairo_like.svg"))
    assert [path.name for path in paths] == ["surface1 1", "surface1 2"]
    assert choose_path(paths, "2") is paths[1]
    with pytest.raises(ValueError, match=r"surface1 1 \(no colour, 3 steps\), surface1 2"):
        choose_path(paths, None)
    done = call("digitise", CASES / "cairo_like.svg", "--list", "--json")
    first, second = json.loads(done.stdout)["curves"]
    assert first["extent"] == [[0.0, 40.0], [0.0, 30.0]]
    assert second["extent"] == [[0.0, 45.0], [0.0, 24.0]]
    assert (first["steps"], first["number"], second["name"]) == (3, 1, "surface1 2")


def two_arms(suffix: str) -> bytes:
    """Two step curves in colours, with ticks and a slanting line in one of the colours."""
    figure = Figure(figsize=(6, 4))
    axes = figure.add_axes((0.1, 0.1, 0.8, 0.8))
    for colour, fall in (("#cc0000", 0.05), ("#0000cc", 0.08)):
        axes.step(range(10), 1 - fall * np.arange(10), where="post", color=colour)
    axes.plot([0, 9], [0.5, 0.2], color="#cc0000")
    buffer = io.BytesIO()
    figure.savefig(buffer, format=suffix)
    return buffer.getvalue()


@pytest.mark.parametrize("suffix", ["svg", "pdf"])
def test_curves_are_chosen_by_colour(suffix, tmp_path):
    content = two_arms(suffix)
    paths = svg_paths(content.decode()) if suffix == "svg" else pdf_paths(content)
    red, blue = choose_path(paths, "#c00"), choose_path(paths, "rgb(0, 0, 204)")
    assert (red.steps, blue.steps) == (9, 9)
    # Nine falls of 0.05 and of 0.08 on the same axis.
    assert np.ptp(blue.y) / np.ptp(red.y) == pytest.approx(1.6, rel=1e-4)
    assert choose_path(paths, str(paths.index(blue) + 1)) is blue
    file = tmp_path / f"figure.{suffix}"
    file.write_bytes(content)
    listed = call("digitise", file, "--list").stdout
    assert "#cc0000" in listed
    assert "#0000cc" in listed


def test_colours_of_groups_styles_and_classes():
    svg = (
        '<svg xmlns="http://www.w3.org/2000/svg"><style>.b, .c { stroke: rgb(80%,0%,0%) }</style>'
        '<g stroke="navy"><path d="M0 0 L1 1"/><path class="b" d="M0 0 L1 1"/>'
        '<path class="b" style="stroke:#0f0" d="M0 0 L1 1"/></g>'
        '<rect fill="none"/><line x1="1" y1="2" x2="3" y2="4" stroke="#123456"/></svg>'
    )
    paths = svg_paths(svg)
    assert [path.colour for path in paths] == ["#000080", "#cc0000", "#00ff00", "#123456"]
    assert [path.name for path in paths] == [f"path {i}" for i in range(1, 5)]
    assert paths[3].x.tolist() == [1.0, 3.0]
    assert colour_code("none") is None
    assert colour_code("rgb(300,0,0)") is None


def test_a_damaged_line_is_named_and_no_part_of_it_read():
    svg = (
        '<svg xmlns="http://www.w3.org/2000/svg"><path id="a" d="M0 0 L1x5 0 L10 10"/>'
        '<path id="b" d="M0 0 L1 0 L1 1 L2 1 L2 2 L3 2 L3 3 L4 3"/></svg>'
    )
    paths = svg_paths(svg)
    assert choose_path(paths, None).name == "b"
    with pytest.raises(ValueError, match="line 'a': 'x' in its path"):
        choose_path(paths, "a")


def test_what_is_odd_about_points_is_said():
    (curve,) = curves_of_table("time,survival\n0,0.1\n6,0.4\n12,0.9\n").curves
    assert "no survival curve as it stands" in curve.notes[0]
    with pytest.raises(ValueError, match="none has the name"):
        choose([curve], "2")
