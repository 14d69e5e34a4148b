"""The plot of two arms: every corner at its place, numbers at risk, nothing overlaps or leaves."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest
from public_data import load
from typer.testing import CliRunner

from trialpool.cli.main import app
from trialpool.figures.plots.drawing.scene import overlap
from trialpool.figures.plots.survival import survival_plot
from trialpool.survival.kaplan_meier import kaplan_meier

DATA = load()


@pytest.mark.parametrize("name", sorted(DATA))
def test_curves_and_numbers_stand_where_they_belong(name):
    time, event, arm = DATA[name]
    drawn = survival_plot(time, event, arm, names=("a treatment with quite a long name", "control"))
    geometry = drawn.geometry
    frame = geometry.frames[0]
    printed = [text.text for text in geometry.texts]
    for own, shape in zip((arm, ~arm), geometry.of("curve"), strict=True):
        curve = kaplan_meier(time[own], event[own])
        corners = np.array(shape.values).reshape(-1, 2)
        np.testing.assert_allclose(corners[2:-1:2, 0], curve.time)
        np.testing.assert_allclose(corners[2:-1:2, 1], curve.survival)
        np.testing.assert_allclose(shape.points, [frame.at(x, y) for x, y in corners])
        counts = curve.number_at_risk([tick.value for tick in frame.x_axis.ticks])
        assert all(str(count) in printed for count in counts.tolist())
    boxes = [text.box for text in geometry.texts]
    assert not [pair for pair in combinations(boxes, 2) if overlap(*pair)]
    for left, top, right, bottom in [*boxes, *(shape.box for shape in geometry.shapes)]:
        assert min(left, top) >= 0
        assert right <= geometry.width
        assert bottom <= geometry.height
    assert len(drawn.rows) == sum(np.unique(time[own & event]).size for own in (arm, ~arm))


def test_the_command_draws(tmp_path):
    time, event, arm = DATA["lung"]
    file, figure = tmp_path / "lung.csv", tmp_path / "lung.svg"
    sex = np.where(arm, "women", "men")
    rows = [f"{t},{int(e)},{s}" for t, e, s in zip(time, event, sex, strict=True)]
    text = "\n".join(["time,event,arm", *rows]) + "\n"
    file.write_text(text, encoding="utf-8")
    command = ["survival", str(file), "--experimental", "women", "--figure"]
    done = CliRunner().invoke(app, [*command, str(figure)])
    assert done.exit_code == 0, done.output
    # Sex in the lung cancer data: exp(coef) 0.588, 0.424 to 0.816 (Therneau and Grambsch 2000).
    assert "0.59 [0.42 to 0.82]" in done.output
    assert "</svg>" in figure.read_text(encoding="utf-8")
    assert file.read_text(encoding="utf-8") == text
    assert CliRunner().invoke(app, [*command, str(tmp_path / "x.gif")]).exit_code == 2
