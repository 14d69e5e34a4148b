"""Network graph, league heat map and rank plot: geometry, and numbers as in the result."""

import csv
import io
import itertools
import math
import re

import numpy as np
import pytest
from matplotlib.colors import to_rgb
from network_plot_samples import CASES, NETWORKS, analysed, arms, drawn
from plot_checks import check_texts_apart, check_within_canvas
from scipy.optimize import isotonic_regression
from typer.testing import CliRunner

import trialpool as tp
from trialpool import formatting as fmt
from trialpool.cli.main import app
from trialpool.figures.canvas.rendering import rendered, svg_text
from trialpool.figures.plots.drawing.files import plot_csv
from trialpool.figures.plots.drawing.styles import STYLES
from trialpool.figures.plots.network.graph import LARGEST, SMALLEST
from trialpool.figures.plots.network.league_shades import STEPS, shade, thresholds
from trialpool.figures.plots.network.placement import (
    circle_order,
    covers,
    crosses,
    place_numbers,
    spread,
    wrap_keeping_end,
)
from trialpool.measures import get_measure


@pytest.fixture(params=CASES, ids="-".join)
def case(request):
    return request.param


@pytest.fixture
def plot(case):
    return drawn(*case)


def column(plot, name):
    at = plot.columns.index(name)
    return [row[at] for row in plot.rows]


def test_no_two_texts_overlap(plot):
    check_texts_apart(plot)


def test_nothing_leaves_the_canvas(plot):
    check_within_canvas(plot)


def test_csv_and_words(plot):
    read = list(csv.reader(io.StringIO(plot_csv(plot))))
    assert tuple(read[0]) == plot.columns
    assert len(read) - 1 == len(plot.rows) > 0
    assert all(len(cells) == len(plot.columns) for cells in read)
    assert len(plot.alt) > 40
    assert "nan" not in plot.alt + plot_csv(plot)
    assert "None" not in plot.alt


@pytest.fixture(params=NETWORKS)
def graph(request):
    return analysed(request.param), drawn("network", request.param)


def test_every_treatment_and_comparison_is_in_the_graph(graph):
    result, plot = graph
    names = {name for part in result.components for name in part.treatments}
    nodes = plot.geometry.of("node")
    assert {s.label for s in nodes} == names
    assert len(nodes) == len(names)
    trials = (*result.studies, *result.apart)
    pairs = {}
    for study in trials:
        for a, b in itertools.combinations(study.treatments, 2):
            pairs[f"{a} – {b}"] = pairs.get(f"{a} – {b}", 0) + 1
    edges = {s.label: s for s in plot.geometry.of("edge")}
    assert {label: s.values[0] for label, s in edges.items()} == pairs
    several = {" – ".join(s.treatments) for s in trials if len(s.treatments) > 2}
    assert {s.label for s in plot.geometry.of("multi-arm")} == several
    for area in plot.geometry.of("multi-arm"):
        at = {s.label: s.points[0] for s in nodes}
        assert set(area.points) == {at[name] for name in area.label.split(" – ")}


def test_nodes_keep_apart_and_edges_end_at_them(graph):
    _, plot = graph
    nodes = {s.label: s for s in plot.geometry.of("node")}
    for one, two in itertools.combinations(nodes.values(), 2):
        assert math.dist(one.points[0], two.points[0]) > one.radius + two.radius
    for edge in plot.geometry.of("edge"):
        a, b = (nodes[name].points[0] for name in edge.label.split(" – "))
        half = len(edge.points) // 2
        start = np.mean([edge.points[0], edge.points[-1]], axis=0) if half == 2 else edge.points[0]
        end = np.mean([edge.points[1], edge.points[2]], axis=0) if half == 2 else edge.points[1]
        assert tuple(start) == pytest.approx(a)
        assert tuple(end) == pytest.approx(b)


def test_names_cover_no_node_and_no_edge(graph):
    _, plot = graph
    bottom = max(s.box[3] for s in plot.geometry.of("node"))
    leaders = plot.geometry.of("leader")
    texts = [t for t in plot.geometry.texts if t.role == "cell" and t.face == "bold"]
    texts += [t for t in plot.geometry.texts if t.role == "note" and t.y < bottom]
    assert texts
    ends = {s.label: s.points[0] for s in plot.geometry.of("node")}
    for text in texts:
        box = (text.box[0], text.box[1] + 1.0, text.box[2], text.box[3] - 1.0)
        for node in plot.geometry.of("node"):
            assert not covers(box, node.points[0], node.radius), (text.text, node.label)
        for edge in plot.geometry.of("edge"):
            a, b = (ends[name] for name in edge.label.split(" – "))
            assert not crosses(a, b, box), (text.text, edge.label)
        for leader in leaders:
            for a, b in itertools.pairwise(leader.points):
                assert not crosses(a, b, box), (text.text, leader.label)


def test_leaders_do_not_cross_each_other_or_other_nodes(graph):
    _, plot = graph
    leaders = plot.geometry.of("leader")
    lines = [(s.label, a, b) for s in leaders for a, b in itertools.pairwise(s.points)]
    for (one, a, b), (two, c, d) in itertools.combinations(lines, 2):
        if one != two:
            turn = [
                (q[0] - p[0]) * (r[1] - p[1]) - (q[1] - p[1]) * (r[0] - p[0])
                for p, q, r in ((a, b, c), (a, b, d), (c, d, a), (c, d, b))
            ]
            assert not (turn[0] * turn[1] < 0 and turn[2] * turn[3] < 0), (one, two)
    assert len(leaders) in (0, len(plot.geometry.of("node")))


def test_areas_and_widths_are_in_proportion():
    result = analysed("dogliotti")
    plot = drawn("network", "dogliotti")
    patients = {}
    for study in result.studies:
        for name, n in zip(study.treatments, study.patients, strict=True):
            patients[name] = patients.get(name, 0) + n
    for node in plot.geometry.of("node"):
        assert node.values[1] == patients[node.label]
        share = patients[node.label] / max(patients.values())
        assert node.radius == pytest.approx(max(SMALLEST, LARGEST * math.sqrt(share)))
    ratios = set()
    for edge in plot.geometry.of("edge"):
        width = math.dist(edge.points[0], edge.points[3])
        ratios.add(round(width / edge.values[0], 9))
    assert len(ratios) == 1


def test_graph_by_trials_and_precision():
    result = analysed("dogliotti")
    plot = tp.network_plot(result, nodes="trials", edges="precision")
    widths = {s.label: math.dist(s.points[0], s.points[3]) for s in plot.geometry.of("edge")}
    for edge in plot.geometry.of("edge"):
        a, b = edge.label.split(" – ")
        w = sum(
            1 / (study.contrast(a, b)[1] + result.tau2.value)
            for study in result.studies
            if {a, b} <= set(study.treatments)
        )
        assert edge.values[1] == pytest.approx(w)
    label, most = max(widths.items(), key=lambda entry: entry[1])
    assert label == "Aspirin – Vitamin K antagonist"
    assert most == pytest.approx(9.0)
    for wrong in ({"nodes": "x"}, {"edges": "x"}):
        with pytest.raises(ValueError, match="is not known; allowed"):
            tp.network_plot(result, **wrong)
    with pytest.raises(ValueError, match="needs a table of arms"):
        tp.network_plot(analysed("parkinson"), nodes="patients")


def test_parts_that_are_not_analysed_are_open_and_dashed():
    plot, result = drawn("network", "parts"), analysed("parts")
    styles = {s.label: s.style for s in plot.geometry.of("node")}
    away = {name for name, style in styles.items() if style == "node-away"}
    assert away == {name for part in result.components[1:] for name in part.treatments}
    assert styles[result.reference] == "pool"
    assert STYLES["edge-away"].dash
    assert any("not connected" in t.text for t in plot.geometry.texts)


def test_league_cells_are_the_estimates():
    for name in ("dogliotti", "smoking", "parkinson", "three"):
        result, plot = analysed(name), drawn("league", name)
        measure = get_measure(result.measure)
        texts = {t.text for t in plot.geometry.texts}
        names = result.ranked()
        cells = {s.label: s for s in plot.geometry.of("network")}
        assert len(cells) == len(names) * (len(names) - 1) // 2
        for (i, a), (j, b) in itertools.product(enumerate(names), enumerate(names)):
            if i <= j:
                continue
            found = result.compare(a, b)
            own = cells[f"{a} | {b}"]
            limits = (found.ci_lower, found.ci_upper)
            assert own.values == pytest.approx((found.estimate, *limits))
            assert fmt.effect(found.estimate, measure) in texts
            assert fmt.interval(*limits, measure) in texts
        direct = {s.label: s for s in plot.geometry.of("direct")}
        assert len(direct) == sum(split.k > 0 for split in result.direct_indirect)
        for label, shape in direct.items():
            a, b = label.split(" | ")
            split = result.split(a, b)
            sign = 1 if split.treat1 == a else -1
            assert shape.values[0] == pytest.approx(sign * split.direct)
            assert names.index(a) < names.index(b)


def test_league_marks_where_evidence_is_of_one_kind():
    result, plot = analysed("dogliotti"), drawn("league", "dogliotti")
    marked = {frozenset(s.label.split(" | ")) for s in plot.geometry.of("all-direct")}
    wanted = {frozenset((s.treat1, s.treat2)) for s in result.direct_indirect
              if s.k and s.indirect is None}  # fmt: skip
    assert marked == wanted
    indirect = {frozenset(s.label.split(" | ")) for s in plot.geometry.of("all-indirect")}
    assert len(indirect) == 17


def test_marks_cover_no_number():
    for name in NETWORKS:
        plot = drawn("league", name)
        # Digits are as tall as capitals and stand on their baseline.
        boxes = [(t.box[0], t.y - 0.72 * t.size, t.box[2], t.y) for t in plot.geometry.texts]
        marks = (*plot.geometry.of("all-direct"), *plot.geometry.of("all-indirect"))
        for mark in marks:
            assert not any(covers(box, mark.points[0], mark.radius) for box in boxes), mark.label


def test_league_cells_do_not_overlap_and_texts_stay_in_theirs():
    for name in NETWORKS:
        plot = drawn("league", name)
        kinds = ("network", "direct", "treatment")
        cells = [s.box for kind in kinds for s in plot.geometry.of(kind)]
        top, bottom = min(c[1] for c in cells), max(c[3] for c in cells)
        left = min(c[0] for c in cells)
        for text in plot.geometry.texts:
            a, b, c, d = text.box
            if text.role == "cell" and b > top and d < bottom + 1 and a > left:
                middle = ((a + c) / 2, (b + d) / 2)
                home = [x for x in cells if x[0] <= middle[0] <= x[2] and x[1] <= middle[1] <= x[3]]
                assert len(home) == 1, text.text
                assert home[0][0] <= a + 1e-6, text.text
                assert c <= home[0][2] + 1e-6, text.text


def test_shades_of_ratios_and_differences():
    limits = thresholds([math.log(3.0), -math.log(1.2)], get_measure("HR"))
    assert [math.exp(x) for x in limits] == pytest.approx([1.1, 1.25, 1.5, 2.0])
    assert thresholds([0.21, -0.1], get_measure("RD")) == pytest.approx([0.05, 0.1, 0.15, 0.2])
    assert shade(-0.01, limits, better=True) == "cell-even"
    assert shade(-math.log(1.3), limits, better=True) == "better-2"
    assert shade(math.log(9.0), limits, better=False) == f"worse-{STEPS}"
    with pytest.raises(ValueError, match="too narrow for 25 treatments"):
        tp.league_plot(analysed("many"), width_mm=80.0)


def luminance(style):
    parts = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4
             for c in to_rgb(STYLES[style].fill)]  # fmt: skip
    return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2]


def test_shades_read_in_grey_and_under_black_letters():
    ink = luminance("ink")
    for side in ("better", "worse"):
        levels = [luminance("cell-even"), *(luminance(f"{side}-{i}") for i in range(1, STEPS + 1))]
        assert all(a > b + 0.03 for a, b in itertools.pairwise(levels[1:]))
        # Contrast of the letters, at least 4.5 as WCAG 2 asks.
        assert all((level + 0.05) / (ink + 0.05) >= 4.5 for level in levels)
    ranks = [luminance(f"rank-{i}") for i in range(6)]
    assert all(a > b + 0.03 for a, b in itertools.pairwise(ranks))
    assert (min(ranks) + 0.05) / (ink + 0.05) >= 4.5


@pytest.mark.parametrize("kind", ["network", "league", "rank"])
def test_files_have_the_same_bytes_and_live_text(kind):
    first = drawn(kind, "smoking")
    again = drawn.__wrapped__(kind, "smoking")
    assert svg_text(first) == svg_text(again)
    assert rendered(first, "pdf") == rendered(again, "pdf")
    if kind == "network":
        assert rendered(first, "png") == rendered(again, "png")
    text = svg_text(first)
    assert "<desc" in text
    assert re.search(">(A|A  |Against A)[^<]*</text>", text)


@pytest.mark.parametrize("kind", ["network", "league", "rank"])
def test_command_draws_it(kind, tmp_path):
    table = "study,treatment,events,n\na,A,4,20\na,B,5,20\na,C,9,20\nb,A,3,20\nb,C,4,20\n"
    path, out = tmp_path / "t.csv", tmp_path / f"{kind}.svg"
    path.write_text(table, encoding="utf-8")
    arguments = ["plot", kind, str(path), "-o", str(out), "--measure", "RR", "--reference", "B"]
    done = CliRunner().invoke(app, arguments)
    assert done.exit_code == 0, done.output
    assert out.read_text(encoding="utf-8").count("<svg") == 1
    assert out.with_suffix(".csv").read_text(encoding="utf-8").count("\n") > 3
    refused = CliRunner().invoke(app, [*arguments, "--order", "n"])
    assert refused.exit_code == 2
    lost = CliRunner().invoke(app, [*arguments[:-1], "Z"])
    assert lost.exit_code == 2


def test_circle_order_removes_crossings_that_can_be_removed():
    # A ring whose nodes are numbered so that it crosses itself.
    ring = [(0, 2), (2, 4), (4, 1), (1, 3), (3, 5), (5, 0)]
    order = circle_order(6, ring)
    place = {node: i for i, node in enumerate(order)}
    assert order[0] == 0
    assert all((place[a] - place[b]) % 6 in (1, 5) for a, b in ring)
    assert circle_order(6, reversed(ring)) == order
    assert circle_order(3, [(0, 1)]) == (0, 1, 2)


def test_geometry_of_lines_and_boxes():
    box = (0.0, 0.0, 2.0, 1.0)
    assert crosses((-1.0, 0.5), (3.0, 0.5), box)
    assert not crosses((-1.0, 2.0), (3.0, 2.0), box)
    assert not crosses((3.0, 0.0), (3.0, 1.0), box)
    assert covers(box, (2.5, 0.5), 0.6)
    assert not covers(box, (3.0, 2.0), 1.4)
    ((mark, centre, radius),) = place_numbers([((0.0, 0.0), (100.0, 0.0), "7")], [], 6.5)
    assert (mark.text, centre) == ("7", (50.0, 0.0))
    assert radius < 5
    assert place_numbers([((0.0, 0.0), (8.0, 0.0), "7")], [(0.0, 0.0, 9.0)], 6.5) == (None,)


def test_long_names_keep_their_end():
    lines = wrap_keeping_end("A name that is far too long for its place, 10 mg daily", 7.5, 80.0, 2)
    assert len(lines) == 2
    assert lines[-1].endswith("10 mg daily")
    assert wrap_keeping_end("Short", 7.5, 80.0, 2) == ("Short",)


def test_small_nodes_are_said_to_be_larger_than_to_scale():
    result = arms("dogliotti")
    plot = tp.network_plot(result, width_mm=100.0)
    radii = [s.radius for s in plot.geometry.of("node")]
    said = any("larger than to scale" in t.text for t in plot.geometry.texts)
    assert said == (min(radii) <= SMALLEST)


def test_names_in_a_column_are_moved_as_little_as_can_be():
    rng = np.random.default_rng(3)
    for n in (0, 1, 2, 7, 20):
        wanted = np.sort(rng.uniform(0.0, 150.0, n))
        heights = rng.choice([12.4, 21.8, 31.2], n)
        below = np.cumsum(heights) - 0.5 * heights
        expected = isotonic_regression(wanted - below).x + below if n else []
        np.testing.assert_allclose(spread(wanted.tolist(), heights.tolist()), expected, rtol=1e-12)
