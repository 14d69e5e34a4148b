"""Every computed measure against metafor 5.0-1, and what holds of measures whatever the numbers."""

from __future__ import annotations

import json
import math
from pathlib import Path

import numpy as np
import pytest
from each_case import each_case
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import multivariate_normal, norm

import trialpool as tp
from trialpool.effects.measures import MeasureOptions, compute_effects
from trialpool.measures import GROUPS, MEASURES, get_measure

REFERENCE = json.loads(
    (Path(__file__).parents[1] / "reference" / "metafor_measures.json").read_text(encoding="utf-8")
)
ARMS = ("experimental", "control")
# Our column names, and metafor's arguments in the same order; the sum of two where a + is.
NAMES = {
    "two_by_two": (
        "events_experimental n_experimental events_control n_control",
        "ai ai+bi ci ci+di",
    ),
    "matched_pairs": ("both only_first only_second neither", "ai bi ci di"),
    "person_time": (
        "events_experimental time_experimental events_control time_control",
        "x1i t1i x2i t2i",
    ),
    "two_group_means": (
        " ".join(f"{what}_{arm}" for arm in ARMS for what in ("mean", "sd", "n")),
        "m1i sd1i n1i m2i sd2i n2i",
    ),
    "auc": ("auc n_cases n_controls", "ai n1i n2i"),
    "correlations": ("r n", "ri ni"),
    "partial_correlations": ("t_value predictors n r_squared", "ti mi ni r2i"),
    "proportions": ("events n", "xi ni"),
    "rates": ("events time", "xi ti"),
    "means": ("mean sd n", "mi sdi ni"),
    "change": ("mean_after mean_before sd_after sd_before n r", "m1i m2i sd1i sd2i ni ri"),
    "alpha": ("alpha items n", "ai mi ni"),
    "genotypes": ("homozygous_dominant heterozygous homozygous_recessive", "ai bi ci"),
}
# Standardised by the first standard deviation, which is that before; others pair it with m1i.
FIRST_IS_BEFORE = ("SMCR", "SMCRH")
# Both search the same root, and metafor stops up to 2e-5 from it: the next test says so.
ITERATED = {"RTET": 1e-4, "ZTET": 1e-4}
NOT_HERE = ("R2F", "ZR2F")


def columns_of(kind, measure, options):
    data = {name: np.array(column) for name, column in REFERENCE[kind]["columns"].items()}
    shape = "two_by_two" if measure == "MPORM" else kind
    found = {
        ours: sum(data[name] for name in theirs.split("+"))
        for ours, theirs in zip(*(names.split() for names in NAMES[shape]), strict=True)
    }
    if measure == "MPORM":
        found["r"] = np.array(options.pop("ri"))
    if measure in FIRST_IS_BEFORE:
        found["sd_before"], found["sd_after"] = data["sd1i"], data["sd2i"]
    if kind == "partial_correlations" and measure in ("R2", "ZR2"):
        del found["t_value"]
    return found


def cases(kind):
    for case in REFERENCE[kind]["results"]:
        if case["measure"] not in NOT_HERE:
            options = dict(case["options"])
            yield case, columns_of(kind, case["measure"], options), options


def size_of(measure, columns):
    """Harmonic mean of n or of person-time, that the transformations back need."""
    name = {"PFT": "n", "IRFT": "time"}.get(measure)
    return None if name is None else len(columns[name]) / sum(1 / columns[name])


@pytest.mark.parametrize("kind", NAMES)
def test_effects_equal_metafor(kind):
    for case, columns, options in cases(kind):
        # metafor keeps a trial without events in both arms unless it is told to drop it.
        asked = {"drop00": False, **options}
        got = tp.effect_sizes(measure=case["measure"], **asked, **columns)
        close = ITERATED.get(case["measure"], 1e-10)
        known = [
            i
            for i, (y, v) in enumerate(zip(case["yi"], case["vi"], strict=True))
            if y is not None and v is not None and v < 1e6
        ]
        assert got.rows == tuple(known), case["measure"]
        assert {x.row for x in got.excluded} == set(range(len(case["yi"]))) - set(known)
        assert got.yi == pytest.approx([case["yi"][i] for i in known], rel=close, abs=1e-12)
        assert got.vi == pytest.approx([case["vi"][i] for i in known], rel=close, abs=1e-14)


def test_tetrachoric_correlations_give_the_table_back():
    """The normal distribution with that correlation, cut at the margins, holds a of N."""
    _, columns, _ = next(case for case in cases("two_by_two") if case[0]["measure"] == "RTET")
    names = NAMES["two_by_two"][0].split()
    got = tp.effect_sizes(measure="RTET", **columns)
    for row, r in zip(got.rows, got.yi, strict=True):
        a, n1, c, n2 = (columns[name][row] for name in names)
        n = n1 + n2
        cuts = norm.isf([n1 / n, (a + c) / n])
        inside = multivariate_normal(cov=[[1, r], [r, 1]]).cdf(-cuts)
        assert inside == pytest.approx(a / n, abs=1e-9)


@pytest.mark.parametrize("kind", NAMES)
def test_pools_equal_metafor_on_both_scales(kind):
    for case, columns, _ in cases(kind):
        measure = get_measure(case["measure"])
        pairs = [(y, v) for y, v in zip(case["yi"], case["vi"], strict=True) if None not in (y, v)]
        yi, vi = zip(*pairs, strict=True)
        if max(vi) > 1e6:
            continue  # metafor's tetrachoric −1, with a variance that is its step size
        for test, ci, intervals in (
            ("reml_z", "wald", {"normal": "pi_default", "hts": "pi_riley_t_k_minus_2"}),
            ("reml_z", "wald", {"t": "pi_t_k_minus_1"}),
            ("reml_hk", "hk", {"t": "pi_default"}),
        ):
            expected = case["pooled"][test]
            # tau² is 0 in metafor's output where its steps end just above it.
            slack = {"rel": 2e-6, "abs": 1e-7}
            for pi, key in intervals.items():
                pool = tp.random_effects(yi, vi, ci=ci, pi=pi, measure=measure.code)
                assert pool.scale == measure.scale
                assert pool.estimate == pytest.approx(expected["estimate"], **slack)
                assert pool.tau2 == pytest.approx(expected["tau2"], **slack)
                assert (pool.ci_lower, pool.ci_upper) == pytest.approx(expected["ci"], **slack)
                if None not in expected[key] and pool.pi_lower is not None:
                    got = (pool.pi_lower, pool.pi_upper)
                    assert got == pytest.approx(expected[key], **slack), measure.code
                if back := expected.get("back"):
                    size = size_of(measure.code, columns)
                    shown = [
                        measure.display(x, size)
                        for x in (pool.estimate, pool.ci_lower, pool.ci_upper)
                    ]
                    assert shown == pytest.approx([back["estimate"], *back["ci"]], rel=1e-5)


def test_every_measure_is_computed_or_given():
    computed = {case["measure"] for kind in NAMES for case in REFERENCE[kind]["results"]}
    given_only = {measure.code for measure in GROUPS["given"]}
    assert set(MEASURES) == (computed - set(NOT_HERE)) | given_only
    assert all(m.formula and m.source for m in MEASURES.values() if m.code not in given_only)


@each_case("code", MEASURES)
def test_a_number_goes_to_the_analysis_scale_and_back(code):
    measure = MEASURES[code]
    low, high = measure.bounds
    for shown in (0.05, 0.3, 0.5, 0.9, 1.7, -0.4, 12.0):
        if low < shown < high:
            assert measure.to_display(measure.to_analysis(shown)) == pytest.approx(shown, rel=1e-12)
        elif measure.scale != "identity":
            with pytest.raises(ValueError, match=code):
                measure.to_analysis(shown)
    for far in (-1e3, -3.0, 0.0, 3.0, 1e3):
        if measure.scale != "identity":
            assert low <= measure.to_display(far) <= high


def test_double_transformations_turn_back_exactly():
    for x, n in ((0, 25), (1, 25), (7, 25), (24, 25), (25, 25)):
        got = compute_effects("PFT", {"events": np.array([x]), "n": np.array([n])})[0][0]
        assert get_measure("PFT").display(got, n) == pytest.approx(x / n, abs=1e-12)
        got = compute_effects("IRFT", {"events": np.array([x]), "time": np.array([90.5])})[0][0]
        assert get_measure("IRFT").display(got, 90.5) == pytest.approx(x / 90.5, abs=1e-12)


positive = st.floats(0.5, 50.0)
sizes = st.integers(4, 500).map(float)
counts = st.tuples(st.integers(1, 60), st.integers(1, 60)).map(lambda x: (x[0], x[0] + x[1]))
# What the exchange of the two groups turns round.
SIGNED = [
    m.code
    for m in (*GROUPS["counts of two groups"], *GROUPS["person-time of two groups"])
    if m.code != "MPORM"
]


@given(counts, counts, positive, positive)
def test_exchanging_the_groups_turns_the_sign(first, second, t1, t2):
    arms = {
        arm: {"events": float(x), "n": float(n), "time": t}
        for arm, (x, n), t in zip(ARMS, (first, second), (t1, t2), strict=True)
    }
    there, back = (
        {
            f"{what}_{arm}": np.array([arms[other][what]])
            for arm, other in zip(ARMS, order, strict=True)
            for what in ("events", "n", "time")
        }
        for order in (ARMS, ARMS[::-1])
    )
    for code in SIGNED:
        one, other = compute_effects(code, there), compute_effects(code, back)
        assert one[0] == pytest.approx(-other[0], rel=1e-6, abs=1e-6)
        assert one[1] == pytest.approx(other[1], rel=1e-5)


@given(st.tuples(positive, positive, sizes), st.tuples(positive, positive, sizes), positive)
def test_standardised_effects_have_no_unit(first, second, unit):
    numbers = {
        f"{what}_{arm}": np.array([value])
        for arm, values in zip(ARMS, (first, second), strict=True)
        for what, value in zip(("mean", "sd", "n"), values, strict=True)
    }
    scaled = {name: x if name.startswith("n_") else unit * x for name, x in numbers.items()}
    for measure in GROUPS["means of two groups"]:
        factor = unit if measure.code == "MD" else 1.0
        (yi, vi), (other, variance) = (compute_effects(measure.code, x) for x in (numbers, scaled))
        assert other == pytest.approx(factor * yi, rel=1e-8, abs=1e-10, nan_ok=True)
        assert variance == pytest.approx(factor**2 * vi, rel=1e-8, nan_ok=True)


@given(counts, counts)
def test_events_and_others_exchanged_turn_odds_not_risks(first, second):
    (a, n1), (c, n2) = first, second

    def effect(code, a, c):
        numbers = (a, n1, c, n2)
        names = NAMES["two_by_two"][0].split()
        columns = {name: np.array([float(x)]) for name, x in zip(names, numbers, strict=True)}
        return compute_effects(code, columns)[0][0]

    for code in ("OR", "RD", "PETO", "PHI", "YUQ", "YUY", "PBIT", "OR2D", "AS"):
        assert effect(code, a, c) == pytest.approx(-effect(code, n1 - a, n2 - c), abs=1e-9)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"add": -1.0}, "add=-1.0"),
        ({"to": "zero"}, "allowed: only0, all, if0all, none"),
        ({"vtype": "UB"}, "vtype='UB' is not possible with OR; allowed: LS, AV"),
        ({"vtype": "ls"}, "vtype='ls'"),
    ],
)
def test_options_that_do_not_exist_are_named(options, words):
    columns = {name: [5.0] for name in ("events_experimental", "events_control")}
    columns |= {name: [20.0] for name in ("n_experimental", "n_control")}
    with pytest.raises(ValueError, match="(?s).*".join(words.split("(")[0:1])):
        tp.effect_sizes(measure="OR", **columns, **options)


def test_additions_go_where_they_are_sent():
    columns = {"events": np.array([0.0, 3.0]), "n": np.array([10.0, 10.0])}
    for to, expected in (
        ("only0", [0.5 / 11, 0.3]),
        ("all", [0.5 / 11, 3.5 / 11]),
        ("if0all", [0.5 / 11, 3.5 / 11]),
        ("none", [0.0, 0.3]),
    ):
        got, _ = compute_effects("PR", columns, MeasureOptions(to=to))
        assert got == pytest.approx(expected, abs=1e-15)
    whole = {"events": np.array([4.0, 3.0]), "n": np.array([10.0, 10.0])}
    got, _ = compute_effects("PR", whole, MeasureOptions(to="if0all"))
    assert got == pytest.approx([0.4, 0.3], abs=1e-15)
    assert math.isinf(compute_effects("PLO", columns, MeasureOptions(to="none"))[0][0])
