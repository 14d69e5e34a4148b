"""The summary of judgements: bars add up, stand at their shares, and texts keep apart."""

import pytest
from plot_checks import check_texts_apart, check_within_canvas

from trialpool.evidence.risk_of_bias_summary import Result, summarise
from trialpool.figures.forest.marks.visuals import ROB_COLOURS
from trialpool.figures.plots import risk_of_bias_plot
from trialpool.figures.plots.drawing.styles import STYLES
from trialpool.records.trials import RiskOfBias

WORDS = ("low", "some concerns", "high", "unclear")
LONG = "A domain of a tool of one's own with a name that no bar has room for beside it, {}"


def results(tool, domains, n=9):
    return [
        Result(f"t{i}", RiskOfBias(tool=tool, judgements={
            domain: WORDS[(i + j) % 4] for j, domain in enumerate(domains) if i or j
        }), 1.0 + i)
        for i in range(n)
    ]  # fmt: skip


@pytest.mark.parametrize("width", [90.0, 170.0])
@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize(
    "given",
    [
        results("RoB 2", ["D1", "D2", "D3", "D4", "D5", "overall"]),
        results("ROBINS-I", [f"D{i}" for i in range(1, 8)], 40),
        [*results("Mine", [LONG.format(i) for i in range(4)]), *results("RoB 2", ["D1"], 2)],
        [Result("a", None)],
    ],
)
def test_bars_add_up_and_nothing_overlaps(given, weighted, width):
    summary = summarise(given, weighted=weighted)
    plot = risk_of_bias_plot(summary, width_mm=width)
    check_texts_apart(plot)
    check_within_canvas(plot)
    boxes = plot.geometry.of("judgement")
    domains = [(tool, one) for tool in summary.tools for one in tool.domains]
    assert len(boxes) == sum(len(one.counts) for _, one in domains)
    for frame, tool in zip(plot.geometry.frames, summary.tools, strict=True):
        for one in tool.domains:
            own = [b for b in boxes if b.label.startswith(f"{one.name}: ")
                   and frame.top < b.box[1] < frame.bottom]  # fmt: skip
            ends = [end for box in own for end in box.values]
            assert ends[0] == 0
            assert ends[-1] == pytest.approx(1)
            for box in own:
                assert box.points[0][0] == pytest.approx(frame.x(box.values[0]))
                assert box.points[1][0] == pytest.approx(frame.x(box.values[1]))
    shares = {}
    for tool, domain, _, _, _, share in plot.rows:
        shares[tool, domain] = shares.get((tool, domain), 0.0) + share
    assert list(shares.values()) == pytest.approx([1.0] * len(domains))


def test_colours_are_those_of_the_traffic_lights():
    for word, colour in ROB_COLOURS.items():
        assert STYLES[f"rob-{word.replace(' ', '-')}"].fill == colour
