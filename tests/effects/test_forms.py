"""Printed effects, means from medians, and the choice among accepted columns."""

from __future__ import annotations

import math
import re
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path

import numpy as np
import pytest
from scipy.stats import norm

import trialpool as tp
from trialpool.effects.forms import choose_form
from trialpool.effects.forms.medians import mean_and_deviation
from trialpool.effects.forms.printed import PRINTED
from trialpool.effects.inputs import read_effects, read_table
from trialpool.measures import get_measure

DOCS = Path(__file__).parents[2] / "docs"
Z = norm.ppf(0.975)
# Estimate and standard error on the analysis scale.
TRUE = {"rd": (-0.05, 0.02), "md": (2.4, 1.1), "smd": (0.4, 0.15), "cor": (0.35, 0.1)}


@pytest.mark.parametrize("column", PRINTED)
def test_interval_p_value_and_error_say_the_same(column):
    measure = get_measure(PRINTED[column])
    yi, sei = TRUE.get(column, (-0.3, 0.12))
    shown, low, high = (measure.to_display(yi + k * Z * sei) for k in (0, -1, 1))
    for rest in (
        {"ci_lower": [low], "ci_upper": [high]},
        {"p_value": [2 * norm.sf(abs(yi) / sei)]},
        {"sei": [sei]},
    ):
        got = tp.effect_sizes(**{column: [shown]}, **rest)
        assert got.measure == measure.code
        assert got.yi == pytest.approx([yi], rel=1e-12)
        assert np.sqrt(got.vi) == pytest.approx([sei], rel=1e-9)
        assert not got.warnings


@pytest.mark.parametrize(
    ("columns", "words"),
    [
        ({"or": [1.0], "p_value": [0.4]}, "shows no effect, so p = 0.4 gives no standard error"),
        ({"md": [0.0], "p_value": [0.9]}, "shows no effect"),
        ({"rr": [0.7], "p_value": [0.0]}, "between 0 and 1"),
        ({"rr": [0.7], "p_value": [1.2]}, "between 0 and 1"),
        ({"or": [-0.3], "sei": [0.1]}, "or must be above 0"),
        ({"smd": [0.3], "sei": [0.0]}, "sei must be above 0"),
        ({"cor": [1.2], "sei": [0.1]}, "between −1 and 1"),
        ({"rd": [-5.0], "ci_lower": [-9.0], "ci_upper": [-1.0]}, "Enter a fraction"),
        ({"md": [3.0], "ci_lower": [4.0], "ci_upper": [1.0]}, "must be below the upper one"),
        ({"md": [3.0], "ci_lower": [3.5], "ci_upper": [4.0]}, "outside its interval"),
        ({"irr": [1.3]}, "no accepted set of columns"),
    ],
)
def test_what_cannot_be_a_printed_effect(columns, words):
    with pytest.raises(ValueError, match=words):
        tp.effect_sizes(**columns)


def test_an_estimate_off_the_middle_is_told_on_its_own_scale():
    """0.30 (0.10 to 0.48) is symmetric on Fisher's z, and not as it stands."""
    assert not tp.effect_sizes(cor=[0.30], ci_lower=[0.10], ci_upper=[0.48]).warnings
    for columns in (
        {"md": [1.0], "ci_lower": [-3.0], "ci_upper": [3.0]},
        {"cor": [0.90], "ci_lower": [0.50], "ci_upper": [0.92]},
        {"or": [0.31], "ci_lower": [0.12], "ci_upper": [0.53]},
    ):
        got = tp.effect_sizes(**columns)
        assert [fault.rule for fault in got.warnings] == ["interval-symmetry"]
    # Rounding alone: 0.0 stands for anything between −0.05 and 0.05.
    assert not tp.effect_sizes(md=[0.0], ci_lower=[-0.1], ci_upper=[0.2]).warnings


# Expected range of n standard normal values: Tippett 1925, Biometrika 17:364.
TIPPETT = {5: 2.326, 10: 3.078, 20: 3.735, 50: 4.498, 100: 5.015}


@pytest.mark.parametrize("n", TIPPETT)
def test_deviation_from_a_range(n):
    width = TIPPETT[n]
    got = mean_and_deviation(n, 10.0, None, (10 - width, 10 + width))
    assert (got.mean, got.skewed) == (10.0, False)
    assert got.sd == pytest.approx(2.0, rel=0.015)


def test_deviation_from_quartiles_of_many():
    got = mean_and_deviation(1e6, 3.0, (3 - 0.67449, 3 + 0.67449), None)
    assert (got.mean, got.sd) == (pytest.approx(3.0), pytest.approx(1.0, rel=1e-5))


def samples(n, draw):
    numbers = draw(np.random.default_rng(20231), (1500, n))
    low, q1, median, q3, high = np.percentile(numbers, (0, 25, 50, 75, 100), axis=1)
    for i in range(len(numbers)):
        quartiles, ends = (q1[i], q3[i]), (low[i], high[i])
        yield [
            mean_and_deviation(n, median[i], *pair)
            for pair in ((quartiles, None), (None, ends), (quartiles, ends))
        ]


@pytest.mark.parametrize("n", [21, 101])
def test_summaries_of_normal_samples(n):
    """Means and deviations without bias; the test of symmetry rejects about 5 of 100."""
    found = list(samples(n, lambda rng, size: rng.normal(50.0, 10.0, size)))
    for way in range(3):
        mine = [one[way] for one in found]
        assert np.mean([one.mean for one in mine]) == pytest.approx(50.0, abs=0.3)
        assert np.mean([one.sd for one in mine]) == pytest.approx(10.0, rel=0.05)
        assert 0.02 < np.mean([one.skewed for one in mine]) < 0.085


def test_skewed_samples_are_seen():
    found = list(samples(101, lambda rng, size: rng.lognormal(0.0, 1.0, size)))
    seen = [np.mean([one[way].skewed for one in found]) for way in range(3)]
    # Quartiles alone say less of the tails.
    assert seen[0] > 0.5
    assert min(seen[1:]) > 0.95


MEDIANS = "\n".join(
    (
        "trial,mean_experimental,sd_experimental,median_experimental,q1_experimental,"
        "q3_experimental,n_experimental,mean_control,sd_control,n_control",
        "A,23.4,6.1,,,,32,19.8,5.4,30",
        "B,,,20,16,24,120,18,6,118",
        "C,,,20,18,34,120,18,6,118",
    )
)


def test_a_table_mixes_means_and_medians(tmp_path):
    file = tmp_path / "mixed.csv"
    file.write_text(MEDIANS, encoding="utf-8")
    effects = read_effects(read_table(file), "MD")
    # B and C have the same control arm: another kind of doubt.
    assert [(f.row, f.rule) for f in effects.warnings if f.rule != "shared-arm"] == [
        (1, "estimated-mean"),
        (2, "estimated-mean"),
        (2, "skewed"),
    ]
    # Luo's and Wan's formulas by hand for B: symmetric, so the mean is the median.
    sd = 8 / (2 * norm.ppf((0.75 * 120 - 0.125) / 120.25))
    assert effects.yi[:2] == pytest.approx([3.6, 2.0])
    assert effects.vi[1] == pytest.approx(sd**2 / 120 + 36 / 118)


@pytest.mark.parametrize(
    ("names", "measure", "first"),
    [
        ("events n time", "IRLN", "events and time"),
        ("events n time", "PLO", "events and n"),
        ("mean sd n", None, "mean, sd and n"),
        ("mean sd n", "SDLN", "mean, sd and n"),
        ("mean_before mean_after sd_before sd_after n r", None, "mean_before"),
        ("mean_before mean_after sd_before sd_after n r", "ZCOR", "r and n"),
        ("t_value predictors n r_squared", "R2", "r_squared"),
        ("t_value predictors n r_squared", "SPCOR", "t_value"),
    ],
)
def test_the_larger_set_or_the_measure_decides(names, measure, first):
    assert choose_form(names.split(), measure).name.startswith(first)


def test_sets_that_only_a_measure_can_tell_apart_need_one():
    with pytest.raises(ValueError, match="as well as"):
        choose_form(["events", "n", "time"])


@pytest.mark.parametrize(
    ("columns", "measure", "words"),
    [
        ({"events": [3], "time": [0.0]}, "IR", "time must be above 0"),
        ({"r": [1.0], "n": [30]}, "COR", "r must lie between −1 and 1"),
        ({"r": [0.2], "n": [3]}, "ZCOR", "at least 4 patients"),
        ({"mean": [-2.0], "sd": [1.0], "n": [9]}, "MNLN", "needs means above 0"),
        ({"mean": [2.0], "sd": [0.0], "n": [9]}, "MN", "sd must be above 0"),
        ({"alpha": [1.0], "items": [5], "n": [50]}, "ABT", "alpha must be below 1"),
        ({"t_value": [2.0], "predictors": [3], "n": [5]}, "PCOR", "at least 6 patients"),
        ({"t_value": [2.0], "predictors": [3], "n": [50]}, "SPCOR", "needs r_squared"),
        ({"median": [5], "q1": [6], "q3": [9], "n": [40]}, "MN", "must rise: 6, 5"),
        ({"median": [5], "q1": [5], "q3": [5], "n": [40]}, "MN", "nothing is known of the spread"),
        ({"auc": [1.0], "n_cases": [40], "n_controls": [9]}, "AUC", "auc must lie between 0 and 1"),
    ],
)
def test_impossible_numbers_are_named(columns, measure, words):
    with pytest.raises(ValueError, match=words):
        tp.effect_sizes(measure=measure, **columns)


def test_areas_are_tested_against_one_half_and_means_against_nothing():
    areas = tp.effect_sizes(auc=[0.71, 0.64, 0.83], n_cases=[40, 22, 61], n_controls=[55, 30, 47])
    pool = tp.pool(areas, ci="wald")
    assert pool.p_value == pytest.approx(2 * norm.sf(abs(pool.estimate - 0.5) / pool.se))
    means = tp.effect_sizes(measure="MN", mean=[5.2, 6.1], sd=[1.3, 2.1], n=[40, 25])
    assert tp.pool(means).p_value is None
    assert math.isfinite(tp.pool(means).se)


def test_the_page_of_measures_is_the_registry():
    spec = spec_from_file_location("measures_page", DOCS / "schemas" / "measures.py")
    assert spec
    assert spec.loader
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    page = (DOCS / "reference" / "measures.md").read_text(encoding="utf-8")
    assert page == module.with_tables(page), "make schemas"
    # What the page says of papers is of papers that it names.
    before, rest = page.split("## Sources\n")
    said, tables = rest.split("## All measures\n")
    papers = re.findall(r"[A-Z]\w+(?: and [A-Z]\w+)? \d{4}(?=[,; |])", said)
    assert len(papers) > 20
    assert [paper for paper in papers if paper not in before + tables] == []
