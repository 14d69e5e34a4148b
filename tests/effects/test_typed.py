"""Typed effect sizes: each accepted set of arguments, and what is refused."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.stats import norm

import trialpool as tp
from trialpool.effects.forms import FORMS, choose_form
from trialpool.effects.typed import parse_real
from trialpool.measures import MEASURES


def test_generic():
    got = tp.effect_sizes(yi=[0.1, -2e-5], vi=np.array([0.02, 0.03]), measure="OR")
    assert got.yi.tolist() == [0.1, -2e-5]
    assert got.vi.tolist() == [0.02, 0.03]
    assert (got.measure, got.labels, got.rows, len(got)) == ("OR", ("1", "2"), (0, 1), 2)
    by_error = tp.effect_sizes(yi=[1, 2], sei=[0.5, 3], labels=["a", "b"])
    assert by_error.vi.tolist() == [0.25, 9.0]
    assert (by_error.measure, by_error.labels) == ("generic", ("a", "b"))


def test_hazard_ratio():
    got = tp.effect_sizes(
        hr=[0.74, 0.82], ci_lower=[0.65, 0.73], ci_upper=[0.85, 0.92], ci_level=[95, 97.5]
    )
    assert got.measure == "HR"
    assert got.yi.tolist() == [math.log(0.74), math.log(0.82)]
    for vi, lower, upper, level in ((got.vi[0], 0.65, 0.85, 0.95), (got.vi[1], 0.73, 0.92, 0.975)):
        sei = math.log(upper / lower) / (2 * norm.ppf(0.5 + level / 2))
        assert vi == pytest.approx(sei**2, rel=1e-13)
    plain = tp.effect_sizes(hr=[0.74], ci_lower=[0.65], ci_upper=[0.85])
    assert plain.vi[0] == got.vi[0]


def test_counts():
    got = tp.effect_sizes(
        events_experimental=[4, 0, 0],
        n_experimental=[123, 50, 50],
        events_control=[11, 3, 0],
        n_control=[139, 50, 60],
        measure="RR",
    )
    assert got.yi[0] == pytest.approx(math.log(4 / 123 / (11 / 139)), rel=1e-14)
    assert got.vi[0] == pytest.approx(1 / 4 - 1 / 123 + 1 / 11 - 1 / 139, rel=1e-14)
    assert got.yi[1] == pytest.approx(math.log(0.5 / 3.5), rel=1e-14)
    (gone,) = got.excluded
    assert (got.rows, gone.row, gone.label) == ((0, 1), 2, "3")
    assert gone.reason == "no events in both arms: the trial says nothing about a risk ratio"
    difference = tp.effect_sizes(
        events_experimental=[0],
        n_experimental=[50],
        events_control=[0],
        n_control=[60],
        measure="RD",
    )
    assert len(difference) == 1


def test_one_step():
    got = tp.effect_sizes(o_minus_e=[-10.5, 3], variance=[30.25, 4])
    assert got.measure == "HR"
    assert got.yi.tolist() == [-10.5 / 30.25, 0.75]
    assert got.vi.tolist() == [1 / 30.25, 0.25]
    assert tp.effect_sizes(o_minus_e=[1.0], variance=[2.0], measure="OR").measure == "OR"


def test_pool_is_random_effects_with_the_measure():
    effects = tp.effect_sizes(yi=[0.1, 0.5, 0.3], vi=[0.02, 0.03, 0.01], measure="HR")
    options = {"tau2": "DL", "ci": "wald", "pi": "hts", "level": 0.9}
    direct = tp.random_effects(effects.yi, effects.vi, measure="HR", **options)
    assert repr(tp.pool(effects, **options)) == repr(direct)
    with pytest.raises(TypeError, match="effects is list; allowed: EffectSizes"):
        tp.pool([0.1, 0.2])


def test_effects_cannot_be_changed():
    effects = tp.effect_sizes(yi=[0.1], vi=[0.02])
    with pytest.raises(ValueError, match="read-only"):
        effects.vi[0] = 1.0
    with pytest.raises(AttributeError):
        effects.measure = "HR"
    with pytest.raises(ValueError, match="vi finite and above 0"):
        tp.EffectSizes([0.1], [-1.0], "HR", ("a",), (0,))
    with pytest.raises(ValueError, match="lengths"):
        tp.EffectSizes([0.1, 0.2], [1.0], "HR", ("a",), (0,))


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"yi": [0.1]}, "no accepted set of columns; found: yi; accepted is one of: yi and vi"),
        ({}, "found: none"),
        ({"hr": [0.7]}, "a hazard ratio needs ci_lower and ci_upper"),
        ({"yi": [0.1], "variance": [0.1]}, "the sampling variance of yi is called vi"),
        (
            {"yi": [0.1], "vi": [0.1], "hr": [1], "ci_lower": [0.5], "ci_upper": [2]},
            "only one can be meant",
        ),
        ({"yi": [0.1], "vi": [0.1], "hr": [1.1]}, "hr does not go with yi and vi"),
        ({"yi": [0.1, 0.2], "vi": [0.1]}, "lengths differ: yi 2, vi 1"),
        ({"yi": [0.1], "vi": [0.1], "labels": ["a", "b"]}, "labels 2"),
        ({"yi": [], "vi": []}, "yi is empty"),
        ({"yi": ["0.1"], "vi": [0.1]}, "yi has entries of type"),
        ({"yi": [True], "vi": [0.1]}, "yi has entries of type bool"),
        ({"yi": 0.1, "vi": 0.1}, r"yi has shape \(\)"),
        (
            {"yi": [math.nan], "vi": [0.1]},
            r"yi\[0\]=nan: its value is not known .* drop_missing=True",
        ),
        ({"yi": [0.1], "vi": [math.inf]}, r"vi\[0\]=inf: not a number"),
        ({"yi": [0.1], "vi": [0.1], "measure": "hr"}, "measure='hr' is not possible"),
        ({"hr": [0.7], "ci_lower": [0.5], "ci_upper": [0.9], "measure": "OR"}, "allowed: HR"),
        ({"yi": [0.1], "vi": [0.0]}, r"vi\[0\]=0.0: vi must be above 0 \[positive-variance\]"),
        ({"yi": [0.1], "sei": [-0.1]}, r"sei\[0\]=-0.1: sei must be above 0"),
        ({"yi": [0.1], "vi": [0.3], "sei": [0.3]}, r"sei² = 0.09 is not vi = 0.3"),
        (
            {"hr": [-0.3], "ci_lower": [-0.6], "ci_upper": [0.1]},
            "logarithms .* as yi",
        ),
        ({"hr": [0.3], "ci_lower": [0.5], "ci_upper": [0.9]}, "outside its interval 0.5 to 0.9"),
        ({"hr": [0.7], "ci_lower": [0.9], "ci_upper": [0.5]}, "must be below the upper one"),
        (
            {"hr": [0.7], "ci_lower": [0.5], "ci_upper": [0.9], "ci_level": [0.95]},
            r"ci_level\[0\]=0.95: the level of an interval must lie between 50 and 100 percent",
        ),
        ({"o_minus_e": [1], "variance": [-2]}, "variance must be above 0"),
        ({"o_minus_e": [1], "variance": [2], "measure": "RD"}, "allowed: HR, OR"),
    ],
)
def test_refusals(arguments, words):
    with pytest.raises(ValueError, match=words):
        tp.effect_sizes(**arguments)


@pytest.mark.parametrize(
    ("counts", "words"),
    [
        ((5, 4, 1, 10), r"events_experimental\[0\]=5: more events than the arm's 4 patients"),
        ((1, 0, 1, 10), r"n_experimental\[0\]=0: an arm needs at least one patient"),
        ((1.5, 4, 1, 10), r"events_experimental\[0\]=1.5: a number of patients must be whole"),
        ((-1, 4, 1, 10), r"events_experimental\[0\]=-1"),
        ((0, 4, 0, 10), "no row holds information on the effect: no events in both arms"),
    ],
)
def test_impossible_counts(counts, words):
    names = ("events_experimental", "n_experimental", "events_control", "n_control")
    columns = {name: [count] for name, count in zip(names, counts, strict=True)}
    with pytest.raises(ValueError, match=words):
        tp.effect_sizes(**columns, measure="OR")
    with pytest.raises(ValueError, match="measure is not given with events_experimental"):
        tp.effect_sizes(**columns)


def test_all_faults_at_once():
    with pytest.raises(ValueError, match="positive-ratio") as caught:
        tp.effect_sizes(hr=[0, 0.8, 2], ci_lower=[0.5, 0.9, 1], ci_upper=[0.9, 0.7, math.nan])
    assert len(str(caught.value).splitlines()) == 3


@pytest.mark.parametrize(
    ("vi", "sei", "fine"),
    [
        (0.0625, 0.25, True),
        (0.06, 0.25, True),
        (0.1, 0.3, True),
        (0.0001, 0.01, True),
        (0.25, 0.25, False),
        (0.5, 0.25, False),
        (0.07, 0.25, True),
        (0.08, 0.25, False),
        (0.0626, 0.2500001, False),
    ],
)
def test_error_and_variance_say_the_same_within_rounding(vi, sei, fine):
    """0.25 stands for 0.245 to 0.255, its square for 0.060 to 0.065: 0.07 may be that, 0.08 not."""
    if fine:
        assert tp.effect_sizes(yi=[0.0], vi=[vi], sei=[sei]).vi[0] == vi
    else:
        with pytest.raises(ValueError, match="error-squared-is-variance"):
            tp.effect_sizes(yi=[0.0], vi=[vi], sei=[sei])


def test_an_interval_off_the_middle_is_told():
    """A log hazard ratio of 0.31 [0.12 to 0.53] entered as a hazard ratio."""
    got = tp.effect_sizes(hr=[0.31], ci_lower=[0.12], ci_upper=[0.53])
    assert [fault.rule for fault in got.warnings] == ["interval-symmetry"]
    assert not tp.effect_sizes(hr=[0.74], ci_lower=[0.65], ci_upper=[0.85]).warnings


def test_forms_are_told_apart_and_know_their_measures():
    for form in FORMS:
        for some in form.alternatives or ((),):
            columns = (*form.required, *some)
            assert choose_form(columns) is form
        assert set(form.measures) <= set(MEASURES)
        for name in form.required:
            less = [column for column in columns if column != name]
            assert not form.held(less)


@pytest.mark.parametrize(
    ("text", "value", "decimals"),
    [
        ("0.650", 0.65, 3),
        ("1.2e-05", 1.2e-05, 6),
        ("-3", -3.0, 0),
        (".5", 0.5, 1),
        ("12E2", 1200.0, -2),
    ],
)
def test_numbers(text, value, decimals):
    got = parse_real(text)
    assert (got.value, got.decimals) == (value, decimals)


@pytest.mark.parametrize(
    "text",
    ["", "nan", "inf", "-Inf", "1,5", "1_000", "5%", "0x10", "1e999", "٣", "1e", "--1", "1 2"],
)
def test_not_numbers(text):
    assert parse_real(text) is None
