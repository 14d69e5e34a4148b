"""`trialpool pool --method` of rates per time at risk."""

from __future__ import annotations

import json
import math

import pytest
from typer.testing import CliRunner

import trialpool as tp
from trialpool.cli.main import app


@pytest.fixture
def catheters(tmp_path):
    file = tmp_path / "rates.csv"
    frame = tp.datasets.load("catheter_infections")
    frame["time_control"] += 0.25
    frame.to_csv(file, index=False)
    return file


def pooled(*arguments):
    done = CliRunner().invoke(app, ["pool", *map(str, arguments)])
    return done.exit_code, done.output


def test_rates_by_mantel_haenszel_and_mixed_models(catheters):
    typed = {m: tp.effect_sizes(str(catheters), measure=m) for m in ("IRR", "IRD")}
    for measure, method, more in (
        ("IRR", "mh", {}), ("IRD", "mh", {}), ("IRR", "glmm", {"model": "conditional"}),
    ):  # fmt: skip
        options = ["--glmm-model", more["model"]] if more else []
        status, text = pooled(
            catheters, "--measure", measure, "--method", method, "--json", *options
        )
        assert status == 0, text
        want = tp.pool(typed[measure], method, **more)
        assert json.loads(text[text.index("{") :])["estimate"] == want.estimate
    status, text = pooled(catheters, "--measure", "IRR", "--method", "mh")
    assert status == 0
    # Of Bong 2003: (7/1344)/(11/1988.25) with 1/7 + 1/11.
    own, half = math.log(7 / 1344 / (11 / 1988.25)), 1.959964 * math.sqrt(1 / 7 + 1 / 11)
    limits = f"{math.exp(own - half):.2f} to {math.exp(own + half):.2f}"
    assert f"7/1344 11/1988.2 {math.exp(own):.2f} [{limits}]" in " ".join(text.split())


def test_rates_of_single_arms(tmp_path):
    file = tmp_path / "arms.csv"
    file.write_text("study,events,time\nA,3,100\nB,9,210.5\nC,0,80\n", encoding="utf-8")
    status, text = pooled(file, "--measure", "IRLN", "--method", "glmm")
    assert status == 0, text
    assert "Poisson-normal mixed model" in text
    assert "Events/time" in text
    status, text = pooled(file, "--measure", "IRLN", "--method", "mh")
    assert status == 2
    assert "mh gives no IRLN" in text


def test_nothing_is_added_to_rates(catheters):
    status, text = pooled(
        catheters, "--measure", "IRR", "--method", "mh", "--zero-cells", "affected"
    )
    assert status == 2
    assert "nothing is added to events of rates" in " ".join(text.split())
