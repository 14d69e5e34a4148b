"""Net heat and comparison-adjusted funnel plots: what they show, and that nothing overlaps."""

import csv
import io

import numpy as np
import pytest
from network_plot_samples import analysed
from plot_checks import check_texts_apart, check_within_canvas
from typer.testing import CliRunner

import trialpool as tp
from trialpool.cli.main import app
from trialpool.figures.canvas.rendering import svg_text
from trialpool.figures.plots.drawing.files import plot_csv
from trialpool.pooling.network.evidence.funnel import comparison_adjusted
from trialpool.pooling.network.evidence.heat import net_heat

CASES = [
    *((tp.net_heat_plot, name) for name in ("dogliotti", "smoking", "many", "long")),
    *((tp.network_funnel_plot, name)
      for name in ("dogliotti", "smoking", "three", "many", "long", "scripts", "wide")),
]  # fmt: skip


@pytest.fixture(params=CASES, ids=lambda case: f"{case[0].__name__}-{case[1]}")
def plot(request):
    function, name = request.param
    return function(analysed(name))


def test_texts_keep_apart_and_stay_on_the_canvas(plot):
    check_texts_apart(plot)
    check_within_canvas(plot)
    read = list(csv.reader(io.StringIO(plot_csv(plot))))
    assert tuple(read[0]) == plot.columns
    assert len(read) - 1 == len(plot.rows) > 0
    assert plot.alt


def test_heat_shows_change_and_share_of_every_pair_of_designs():
    result = analysed("smoking")
    found = net_heat(result.studies, result.treatments, 0.0)
    plot = tp.net_heat_plot(result)
    place = {" : ".join(design): i for i, design in enumerate(found.designs)}
    cells = plot.geometry.of("heat")
    assert len(cells) == len(found.designs) ** 2
    for cell in cells:
        row, column = (place[name] for name in cell.label.split(" | "))
        assert cell.values == pytest.approx((found.change[row, column],))
        assert cell.style.startswith("worse") <= (cell.values[0] > 0)
        assert cell.style.startswith("better") <= (cell.values[0] < 0)
    squares = plot.geometry.of("share")
    areas = [(s.box[2] - s.box[0]) ** 2 / s.values[0] for s in squares if s.values[0] < 1.0]
    assert np.ptp(areas) == pytest.approx(0.0, abs=1e-6 * max(areas))
    random = tp.net_heat_plot(result, model="random")
    assert "within designs" in svg_text(random)


def test_heat_of_a_network_without_loops_says_why_there_is_none():
    with pytest.raises(ValueError, match="not estimable"):
        tp.net_heat_plot(analysed("two"))
    with pytest.raises(ValueError, match="model='fixed'"):
        tp.net_heat_plot(analysed("smoking"), model="fixed")
    with pytest.raises(ValueError, match="allowed: at least"):
        tp.net_heat_plot(analysed("many"), width_mm=60.0)


def test_funnel_shows_adjusted_effects_and_marks_those_outside():
    result = analysed("smoking")
    order = list(result.treatments)
    found = comparison_adjusted(result.studies, order)
    plot = tp.network_funnel_plot(result, order=order)
    points = plot.geometry.of("trial")
    drawn = np.array(sorted(p.values for p in points))
    expected = sorted(zip(found.effects.tolist(), found.errors.tolist(), strict=True))
    assert drawn == pytest.approx(np.array(expected))
    for point in points:
        effect, error = point.values
        assert (point.style == "marked") == (abs(effect) > 1.959963984540054 * error)
    text = svg_text(plot)
    assert "A &lt; B &lt; C &lt; D" in text
    some = tp.network_funnel_plot(result)
    assert len(some.geometry.of("trial")) < len(points)
    assert "does not tell apart" in svg_text(some)


@pytest.mark.parametrize("kind", ["net-heat", "network-funnel"])
def test_command_draws_it(kind, tmp_path):
    table = (
        "study,treatment,events,n\na,A,4,20\na,B,5,20\nb,A,3,20\nb,C,4,20\nc,B,9,30\nc,C,4,30\n"
        "d,A,4,25\nd,B,6,25\n"
    )
    path, out = tmp_path / "t.csv", tmp_path / f"{kind}.svg"
    path.write_text(table, encoding="utf-8")
    arguments = ["plot", kind, str(path), "-o", str(out), "--measure", "RR", "--reference", "B"]
    done = CliRunner().invoke(app, arguments)
    assert done.exit_code == 0, done.output
    ordered = CliRunner().invoke(app, [*arguments, "--order", "A,B,C"])
    assert ordered.exit_code == (0 if kind == "network-funnel" else 2)
