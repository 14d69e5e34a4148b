"""Forest plots of tables by every model: single arms, counts, Bayesian pools, clusters, networks.

Numbers are closed forms, exact limits from the F and chi-square distributions, and metafor's.
"""

from __future__ import annotations

import json
import math
from pathlib import Path

import pytest
from layout_checks import check_layout
from scipy.stats import beta, chi2
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


def exact(events: int, n: int) -> tuple[float, float]:
    """Clopper and Pearson's limits as quantiles of beta distributions."""
    lower = 0.0 if events == 0 else float(beta.ppf(0.025, events, n - events + 1))
    upper = 1.0 if events == n else float(beta.ppf(0.975, events + 1, n - events))
    return lower, upper


@pytest.mark.parametrize("measure", ["PLO", "PFT", "PR", "PAS"])
def test_proportions_have_exact_rows_on_an_axis_of_percent(measure):
    arms = {"events": [12, 31, 9], "n": [45, 60, 27]} if measure == "PR" else ARMS
    drawn = tp.forest(tp.effect_sizes(**arms, measure=measure))
    for row, events, n in zip(rows_of(drawn), arms["events"], arms["n"], strict=True):
        assert (row.estimate, row.lower, row.upper) == pytest.approx(
            (events / n, *exact(events, n))
        )
        assert row.experimental == f"{events}/{n}"
        assert row.control == ""
    axis = drawn.geometry.panel.axis
    assert axis.lower >= -0.021
    assert axis.upper <= 1.021
    assert drawn.table.heads.experimental == ("Events/n",)
    assert drawn.table.heads.panel == ("Proportion", "percent")
    assert not [mark for mark in drawn.geometry.marks if mark.kind == "null"]
    assert drawn.table.favours == ("", "")
    check_layout(drawn)


def test_none_of_25():
    drawn = tp.forest(tp.effect_sizes(events=[0], n=[25], measure="PFT"))
    (row,) = rows_of(drawn)
    assert row.effect == "0.0 [0.0 to 13.7]"
    panel = drawn.geometry.panel
    (line,) = drawn.geometry.marks_of(1, "interval")
    assert line.box[0] == pytest.approx(panel.x(0.0))
    assert line.box[2] == pytest.approx(panel.x(1 - 0.025 ** (1 / 25)))


def test_diamonds_of_proportions_come_back_from_their_scale():
    effects = tp.effect_sizes(**ARMS, measure="PLO")
    pooled = tp.pool(effects)
    (row,) = rows_of(tp.forest(effects), "pool")
    back = [1 / (1 + math.exp(-x)) for x in (pooled.estimate, pooled.ci_lower, pooled.ci_upper)]
    assert (row.estimate, row.lower, row.upper) == pytest.approx(tuple(back))
    arcsines = tp.effect_sizes(events=[8, 14], n=[40, 40], measure="PFT")
    (row,) = rows_of(tp.forest(arcsines), "pool")
    # Two trials of one size: turned back with its harmonic mean, the size itself, which
    # Freeman and Tukey's transformation maps 11 of 40 to between those of 8 and of 14.
    lone = tp.forest(tp.effect_sizes(events=[8], n=[40], measure="PFT"))
    assert rows_of(lone)[0].estimate < row.estimate < 14 / 40


def test_rates_have_exact_poisson_rows():
    events, time = [12, 0, 31], [1043.5, 210.0, 2890.0]
    drawn = tp.forest(tp.effect_sizes(events=events, time=time, measure="IRLN"))
    for row, x, t in zip(rows_of(drawn), events, time, strict=True):
        lower = 0.0 if x == 0 else float(chi2.ppf(0.025, 2 * x)) / 2 / t
        upper = float(chi2.ppf(0.975, 2 * x + 2)) / 2 / t
        assert (row.estimate, row.lower, row.upper) == pytest.approx((x / t, lower, upper))
    assert rows_of(drawn)[0].experimental == "12/1043.5"
    assert rows_of(drawn, "heading")[0].experimental == "43/4143.5"
    assert drawn.table.heads.experimental == ("Events/time",)
    assert "Intervals of trials: exact (Poisson, Garwood). Pooled as logarithms." in drawn.notes[-1]
    check_layout(drawn)


def test_single_means_have_no_null():
    drawn = tp.forest(tp.effect_sizes(mean=[512.0, 530.0], sd=[60.0, 64.0], n=[40, 44],
                                      measure="MN"))  # fmt: skip
    axis = drawn.geometry.panel.axis
    assert axis.lower > 450
    assert not [mark for mark in drawn.geometry.marks if mark.kind == "null"]
    assert dict(rows_of(drawn)[0].extra) == {
        "mean_experimental": "512", "sd_experimental": "60", "n_experimental": "40",
    }  # fmt: skip
    assert rows_of(drawn)[0].effect == "512 [493 to 531]"
    check_layout(drawn)


def test_correlations_are_drawn_as_such():
    drawn = tp.forest(tp.effect_sizes(r=[0.31, 0.52, -0.10], n=[45, 125, 60], measure="ZCOR"))
    z = 1.959963984540054
    low, high = (math.tanh(math.atanh(0.31) + s * z / math.sqrt(42)) for s in (-1, 1))
    row = rows_of(drawn)[0]
    assert (row.estimate, row.lower, row.upper) == pytest.approx((0.31, low, high))
    assert [tick.text for tick in drawn.geometry.panel.axis.ticks] == ["−0.5", "0", "0.5", "1"]
    assert drawn.table.favours == ("Correlation below 0", "Correlation above 0")
    assert drawn.table.heads.experimental == ("n",)
    check_layout(drawn)


def test_means_of_two_arms_stand_under_the_names_of_the_arms():
    drawn = tp.forest(
        tp.effect_sizes(
            mean_experimental=[12.1, 11.5, 13], sd_experimental=[4.2, 3.9, 5.5],
            n_experimental=[45, 120, 33], mean_control=[14.8, 12.9, 13.4],
            sd_control=[4.6, 4.1, 5], n_control=[44, 118, 31], measure="MD",
        ),
        arms=("Exercise", "Waiting list"),
    )  # fmt: skip
    last = dict(rows_of(drawn)[2].extra)
    assert [last[f"{part}_experimental"] for part in ("mean", "sd", "n")] == ["13.0", "5.5", "33"]
    assert [last[f"{part}_control"] for part in ("mean", "sd", "n")] == ["13.4", "5.0", "31"]
    heads = {text.text: text for text in drawn.geometry.texts if text.role == "header"}
    means = [text for text in drawn.geometry.texts if text.text == "Mean"]
    # A name stands over its three columns, a line above their heads.
    for name, head in zip(("Exercise", "Waiting list"), means, strict=True):
        assert heads[name].y < head.y
        assert heads[name].x > head.box[0]
    assert rows_of(drawn)[0].effect == "−2.70 [−4.53 to −0.87]"
    check_layout(drawn)


def test_mantel_haenszel_rows_are_the_trials_own_ratios():
    effects = tp.effect_sizes(**TABLES, measure="OR", labels=list("ABCD"))
    pooled = tp.pool(effects, method="mh")
    drawn = tp.forest(pooled, effects)
    first, last = rows_of(drawn)[0], rows_of(drawn)[3]
    own = math.log(5 * 90 / (95 * 11))
    se = math.sqrt(1 / 5 + 1 / 95 + 1 / 11 + 1 / 90)
    z = 1.959963984540054
    assert (first.estimate, first.lower, first.upper) == pytest.approx(
        (own, own - z * se, own + z * se)
    )
    assert last.estimate == pytest.approx(math.log(0.5 * 39.5 / (40.5 * 3.5)))
    (pool,) = rows_of(drawn, "pool")
    assert pool.label == "Common effect (Mantel-Haenszel)"
    assert (pool.estimate, pool.lower) == (pooled.estimate, pooled.ci_lower)
    assert "Common effect by Mantel and Haenszel" in drawn.notes[-1]
    check_layout(drawn)


def test_peto_rows_are_peto_odds_ratios():
    """Of 3 of 500 and 5 of 50: (O − E)/V with E = 500·8/550, not ln of the ratio of odds."""
    effects = tp.effect_sizes(
        events_experimental=[3, 9], n_experimental=[500, 120], events_control=[5, 16],
        n_control=[50, 118], measure="OR",
    )  # fmt: skip
    drawn = tp.forest(tp.pool(effects, method="peto"), effects)
    expected = 500 * 8 / 550
    variance = 500 * 50 * 8 * 542 / (550**2 * 549)
    row = rows_of(drawn)[0]
    assert row.estimate == pytest.approx((3 - expected) / variance)
    assert row.upper - row.estimate == pytest.approx(1.959963984540054 / math.sqrt(variance))
    shares = [row.weight for row in rows_of(drawn)]
    assert sum(shares) == pytest.approx(1.0)
    assert "trials are Peto odds ratios" in drawn.notes[-1]


def test_a_mixed_model_has_no_weights():
    effects = tp.effect_sizes(**ARMS, measure="PLO")
    pooled = tp.pool(effects, method="glmm")
    drawn = tp.forest(pooled, effects)
    assert drawn.table.heads.weight is None
    assert all(row.weight is None for row in rows_of(drawn))
    (pool,) = rows_of(drawn, "pool")
    assert pool.estimate == pytest.approx(1 / (1 + math.exp(-pooled.estimate)))
    # Squares say information: of logits 1/(1/x + 1/(n − x)).
    areas = [row.area for row in rows_of(drawn)]
    assert areas[0] / areas[2] == pytest.approx((1 / 31 + 1 / 29) / (1 / 12 + 1 / 33))
    statistics = rows_of(drawn, "statistics")[0].label
    assert "I²" not in statistics
    check_layout(drawn)


def test_bayesian_diamonds_and_shrunken_effects():
    effects = hazards()
    pooled = tp.bayesian_random_effects(effects)
    drawn = tp.forest(pooled, effects, shrunken=True)
    (pool,) = rows_of(drawn, "pool")
    assert pool.label == "Random effects (Bayesian)"
    assert (pool.estimate, pool.lower, pool.upper) == (
        pooled.estimate, pooled.ci_lower, pooled.ci_upper,
    )  # fmt: skip
    assert "bartos2023-hr" in drawn.notes[-1]
    panel = drawn.geometry.panel
    index = next(i for i, row in enumerate(drawn.table.rows) if row.label == "C")
    (open_square,) = [m for m in drawn.geometry.marks_of(index, "square") if "shrunken" in m.style]
    left, _, right, _ = open_square.box
    assert (left + right) / 2 == pytest.approx(panel.x(pooled.shrunken[2].median))
    (line,) = [m for m in drawn.geometry.marks_of(index, "interval") if m.style == "shrunken"]
    assert line.box[0] == pytest.approx(panel.x(pooled.shrunken[2].lower))
    check_layout(drawn)
    plain = tp.forest(pooled, effects)
    assert not [m for m in plain.geometry.marks if "shrunken" in m.style]


CLUSTERED = {
    "yi": [-0.30, -0.32, -0.29, -0.31, -0.28, 0.05, -0.02], "vi": [0.02] * 7,
    "labels": ["P1", "P2", "P3", "P4", "P5", "Q1", "R1"],
}  # fmt: skip
TRIALS = ["T1"] * 5 + ["T2", "T3"]


def test_clusters_group_the_rows_and_have_one_diamond():
    """Multilevel 0.89, p = 0.42, and CR2 p = 0.43, as metafor and clubSandwich give them."""
    effects = tp.effect_sizes(**CLUSTERED, measure="HR")
    fit = tp.dependent_effects(effects, cluster=TRIALS, robust="CR2")
    drawn = tp.forest(fit, effects, cluster=TRIALS)
    headings = [row.label for row in rows_of(drawn, "heading")]
    assert headings == ["T1", "T2", "T3", "All effects"]
    (pool,) = rows_of(drawn, "pool")
    assert math.exp(pool.estimate) == pytest.approx(0.89, abs=0.005)
    assert pool.label == "Multilevel model, robust (CR2)"
    assert pool.estimate == fit.coefficients[0].estimate
    assert "between clusters" in rows_of(drawn, "statistics")[-1].label
    assert [row.group for row in rows_of(drawn)] == TRIALS
    assert drawn.table.overall == pool.estimate
    check_layout(drawn)
    with pytest.raises(TypeError, match="cluster: a fit of clusters does not know them"):
        tp.forest(fit, effects)


NETWORK = {
    "study": ["S1", "S2", "S3", "S4", "S5"], "treat1": list("BBCCD"), "treat2": list("AAABA"),
    "yi": [-0.30, -0.10, -0.45, -0.25, -0.05], "sei": [0.12, 0.15, 0.14, 0.16, 0.20],
}  # fmt: skip


@pytest.mark.parametrize("reference", ["A", "B"])
def test_a_network_has_direct_and_network_rows(reference):
    found = tp.network(**NETWORK, measure="HR", reference="A")
    drawn = tp.forest(found, reference=reference)
    pools = {row.group: row for row in rows_of(drawn, "pool")}
    assert set(pools) == {f"{name} v {reference}" for name in "ABCD" if name != reference}
    for name in (n for n in "ABCD" if n != reference):
        own = found.compare(name, reference)
        row = pools[f"{name} v {reference}"]
        assert (row.estimate, row.lower, row.upper) == pytest.approx(
            (own.estimate, own.ci_lower, own.ci_upper)
        )
    if reference == "A":
        # Two trials of B against A without heterogeneity: their inverse-variance mean.
        w = [0.12**-2, 0.15**-2]
        direct = next(r for r in rows_of(drawn) if r.group == "B v A" and "Direct" in r.label)
        assert direct.label == "Direct, 2 trials"
        assert direct.estimate == pytest.approx((-0.30 * w[0] - 0.10 * w[1]) / sum(w))
        assert [r.label for r in rows_of(drawn) if r.group == "D v A"] == ["Direct, 1 trial"]
    else:
        assert [r.label for r in rows_of(drawn) if r.group == "D v B"] == ["Indirect"]
    check_layout(drawn)


def test_results_that_do_not_fit_their_effects_are_refused():
    effects = hazards()
    other = tp.effect_sizes(yi=[0.1, 0.2], vi=[1.0, 1.0], measure="HR")
    with pytest.raises(ValueError, match="the pool has 4 trials, the effects 2"):
        tp.forest(tp.bayesian_random_effects(effects), other)
    counts = tp.effect_sizes(**TABLES, measure="OR")
    bare = tp.EffectSizes(counts.yi, counts.vi, "OR", counts.labels, counts.rows)
    with pytest.raises(ValueError, match="drawn with the effects of these counts"):
        tp.forest(tp.pool(counts, method="mh"), bare)
    with pytest.raises(ValueError, match="reference='Z' is not in the network"):
        tp.forest(tp.network(**NETWORK, measure="HR"), reference="Z")


@pytest.mark.parametrize(
    ("columns", "options", "label"),
    [
        ({"study": list("ABCD"), **ARMS}, ["--measure", "PLO", "--method", "glmm"],
         "Random effects (mixed model)"),
        ({"study": list("ABCD"), **TABLES}, ["--measure", "OR", "--method", "peto"],
         "Common effect (Peto)"),
        ({"study": list("ABCD"), **TABLES, "half": list("xyxy")},
         ["--measure", "OR", "--method", "mh", "--by", "half"],
         "Common effect (Mantel-Haenszel)"),
        ({"study": CLUSTERED["labels"], "yi": CLUSTERED["yi"], "vi": CLUSTERED["vi"],
          "trial": TRIALS},
         ["--measure", "HR", "--cluster", "trial", "--label", "study"], "Multilevel model"),
        (NETWORK, ["--measure", "HR", "--network", "--reference", "A"], "Network"),
        ({"study": list("ABCD"), "yi": [-0.2, -0.1, -0.3, 0.1], "sei": [0.1] * 4,
          "pop": ["x", "x", "y", "y"]},
         ["--measure", "HR", "--by", "pop", "--bayes", "--shrunken"], "Random effects (Bayesian)"),
    ],
)  # fmt: skip
def test_the_command_draws_every_model(columns, options, label, tmp_path):
    out = tmp_path / "out.csv"
    found = CliRunner().invoke(
        app, ["forest", str(table(tmp_path, columns)), "-o", str(out), "--json", *options]
    )
    assert found.exit_code == 0, found.output
    record = json.loads(found.stdout)
    lines = out.read_text("utf-8").splitlines()
    assert sum(f",{label}," in line for line in lines) >= 1
    # The record draws the same again.
    again = tp.forest(record)
    assert [row.label for row in again.table.rows if row.kind == "pool"].count(label) >= 1


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--network", "--bayes"], "one model at a time"),
        (["--reference", "A"], "needs --network"),
        (["--cluster", "study", "--by", "study"], "does not go with --cluster"),
        (["--limits", "2", "1"], "a lower and a higher number"),
        (["--digits", "12"], "allowed: 0 to 8"),
    ],
)
def test_the_command_refuses_what_does_not_go_together(options, words, tmp_path):
    path = table(tmp_path, {"study": list("ABCD"), **TABLES})
    found = CliRunner().invoke(
        app, ["forest", str(path), "-o", str(tmp_path / "o.csv"), "--measure", "OR", *options],
        env={"COLUMNS": "400"},
    )  # fmt: skip
    assert found.exit_code == 2
    assert words in found.output
