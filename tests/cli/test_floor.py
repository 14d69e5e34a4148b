"""By default the interval is never narrower than the one that knows the trials to be alike."""

import math
from pathlib import Path

import pytest
from scipy.stats import t as student
from typer.testing import CliRunner

import trialpool as tp
from trialpool.cli.main import app

CASE = (Path(__file__).parent / "cases" / "hk-narrower.csv").read_text(encoding="utf-8")
ROWS = [[float(cell) for cell in line.split(",")[1:]] for line in CASE.splitlines()[1:]]
Z = 1.959963984540054
YI = [math.log(hr) for hr, _, _ in ROWS]
VI = [((math.log(upper) - math.log(lower)) / (2 * Z)) ** 2 for _, lower, upper in ROWS]
# tau² is 0: the mean and the Wald standard error are those of the common effect.
SE = 1 / math.sqrt(sum(1 / v for v in VI))
MEAN = sum(y / v for y, v in zip(YI, VI, strict=True)) * SE**2
HALF = float(student.ppf(0.975, 3)) * SE


def test_alike_trials_have_the_width_of_their_errors(as_json, run) -> None:
    record = as_json(CASE)
    assert record["ci_method"] == "hk-adhoc"
    assert record["estimate"] == pytest.approx(MEAN)
    assert (record["ci_lower"], record["ci_upper"]) == pytest.approx((MEAN - HALF, MEAN + HALF))
    assert record["p_value"] == pytest.approx(2 * float(student.sf(abs(MEAN) / SE, 3)))
    said = run(CASE).stdout
    assert "Hartung-Knapp interval with floor" in said
    assert "0.80 [0.63 to 1.02]" in said
    assert "p = 0.063 (t, 3 df)" in said
    assert "[0.69 to 0.93]" in run(CASE, "--tau2", "CE", "--ci", "wald").stdout
    # On request the plain one.
    assert "0.80 [0.80 to 0.80]" in run(CASE, "--ci", "hk").stdout


def test_every_way_to_pool_has_it() -> None:
    effects = tp.effect_sizes(
        hr=[row[0] for row in ROWS],
        ci_lower=[row[1] for row in ROWS],
        ci_upper=[row[2] for row in ROWS],
    )
    limits = (MEAN - HALF, MEAN + HALF)
    (alike,) = tp.subgroups(YI, VI, ["a"] * 4).pools
    for pooled in (
        tp.random_effects(YI, VI),
        tp.random_effects_many([YI], [VI])[0],
        tp.pool(effects),
        alike,
    ):
        assert (pooled.ci_lower, pooled.ci_upper) == pytest.approx(limits)
    for rows in (
        tp.leave_one_out(YI, VI).to_rows(),
        tp.cumulative(YI, VI, [1, 2, 3, 4]).to_rows()[1:],
    ):
        for row in rows:
            assert row["ci_upper"] - row["ci_lower"] > 0.4
    slope = tp.meta_regression(YI, VI, [1, 2, 3, 4]).coefficients[1]
    wald = tp.meta_regression(YI, VI, [1, 2, 3, 4], ci="wald").coefficients[1]
    assert slope.se == pytest.approx(wald.se)


def test_the_figure_draws_it(tmp_path: Path) -> None:
    file, out = tmp_path / "alike.csv", tmp_path / "forest.svg"
    file.write_text(CASE, encoding="utf-8")
    done = CliRunner().invoke(app, ["forest", str(file), "-o", str(out)])
    assert done.exit_code == 0, done.output
    drawn = out.read_text(encoding="utf-8")
    assert "0.63 to 1.02" in drawn
    assert "0.80 to 0.80" not in drawn
