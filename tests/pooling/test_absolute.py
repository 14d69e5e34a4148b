"""Absolute effects against published worked examples, closed forms and what must always hold."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trialpool import formatting as fmt
from trialpool.pooling.absolute import (
    Estimate,
    absolute_risks,
    exponential_survival,
    median_gain,
    number_needed,
)


def fixed(value: float) -> Estimate:
    return Estimate(value, value, value)


def ratio(value: float, lower: float, upper: float) -> Estimate:
    return Estimate(math.log(value), math.log(lower), math.log(upper))


def needed(difference: Estimate, *, fewer_is_better: bool = True) -> str:
    found = number_needed(difference, fewer_is_better=fewer_is_better)
    ends = (found.estimate, found.best, found.worst)
    estimate, best, worst = ((e.whole, "benefit" if e.benefits else "harm") for e in ends)
    return fmt.number_needed(estimate, best, worst)


@pytest.mark.parametrize(
    ("measure", "printed", "per_1000", "nnt"),
    # Cochrane Handbook 6.5, 15.4.4: assumed comparator risk 0.3; a risk difference alone.
    [
        ("RR", 0.92, -24, 42),
        ("OR", 0.73, -62, 17),
        ("HR", 0.42, -161, 7),
    ],
)
def test_cochrane_handbook_15_4_4(measure, printed, per_1000, nnt):
    found = absolute_risks(measure, fixed(math.log(printed)), fixed(0.3))
    assert round(1000 * found.difference.value) == per_1000
    assert number_needed(found.difference, fewer_is_better=True).estimate.whole == nnt


@pytest.mark.parametrize(("difference", "nnt"), [(-0.12, 9), (-0.22, 5), (-0.125, 8), (-0.2, 5)])
def test_numbers_needed_are_rounded_up_as_in_the_handbook(difference, nnt):
    assert number_needed(fixed(difference), fewer_is_better=True).estimate.whole == nnt


def test_altman_1998_through_infinity():
    """ARR 10 % (−5 to 25 %): NNTB 10 (NNTB 4 to ∞ to NNTH 20)."""
    gain = Estimate(-0.10, -0.25, 0.05)
    found = number_needed(gain, fewer_is_better=True)
    assert found.through_infinity
    assert needed(gain) == "NNTB 10 (4 to ∞ to NNTH 20)"
    assert needed(Estimate(0.05, -0.10, 0.25)) == "NNTH 20 (4 to ∞ to NNTB 10)"
    # The same numbers of a good outcome are the other way round.
    assert needed(Estimate(0.10, -0.05, 0.25), fewer_is_better=False) == (
        "NNTB 10 (4 to ∞ to NNTH 20)"
    )


def test_no_through_infinity_where_the_interval_excludes_no_difference():
    assert needed(Estimate(-0.10, -0.25, -0.05)) == "NNTB 10 (4 to 20)"
    assert needed(Estimate(0.10, 0.05, 0.25)) == "NNTH 10 (4 to 20)"
    assert needed(Estimate(-0.10, -0.25, 0.0)) == "NNTB 10 (4 to ∞)"
    assert needed(Estimate(0.0, -0.25, 0.05)).startswith("NNTB ∞")


@pytest.mark.parametrize(("survival", "at_2_and_4_years"), [(0.67, 13), (0.51, 10)])
def test_altman_and_andersen_1999(survival, at_2_and_4_years):
    """Hazard ratio 0.72 (0.55 to 0.92), control survival 67 % and 51 %: NNT = 1/(S^h − S)."""
    found = absolute_risks("HR", ratio(0.72, 0.55, 0.92), fixed(1 - survival))
    nnt = number_needed(found.difference, fewer_is_better=True)
    for end, hr in ((nnt.estimate, 0.72), (nnt.best, 0.55), (nnt.worst, 0.92)):
        assert end.benefits
        assert end.value == pytest.approx(1 / (survival**hr - survival), rel=1e-12)
    assert nnt.estimate.whole == at_2_and_4_years


def test_per_1000_in_words():
    assert fmt.per_1000(-117.2, -184.0, -39.4) == "117 fewer (39 to 184 fewer)"
    assert fmt.per_1000(-44.0, -107.0, 28.0) == "44 fewer (107 fewer to 28 more)"
    assert fmt.per_1000(51.0, -12.0, 174.0) == "51 more (174 more to 12 fewer)"
    assert fmt.per_1000(51.0, 12.0, 174.0) == "51 more (12 to 174 more)"


def test_interval_of_the_control_risk_is_carried_through_on_the_scale_where_it_adds():
    """With symmetric intervals squares add: logit p₁ = logit p₀ + ln OR, and likewise."""
    theta, half = math.log(0.6), 0.4
    effect = Estimate(theta, theta - half, theta + half)
    logit = math.log(0.3 / 0.7)

    def expit(x: float) -> float:
        return 1 / (1 + math.exp(-x))

    control = Estimate(0.3, expit(logit - 0.3), expit(logit + 0.3))
    found = absolute_risks("OR", effect, control)
    spread = math.hypot(0.4, 0.3)
    assert found.treatment.lower == pytest.approx(expit(logit + theta - spread), abs=1e-6)
    assert found.treatment.upper == pytest.approx(expit(logit + theta + spread), abs=1e-6)
    # RD: the difference knows nothing of the control risk.
    found = absolute_risks("RD", Estimate(-0.1, -0.2, 0.05), Estimate(0.5, 0.4, 0.6))
    assert found.difference.lower == pytest.approx(-0.2)
    assert found.difference.upper == pytest.approx(0.05)
    assert found.treatment.lower == pytest.approx(0.4 - math.hypot(0.1, 0.1), abs=1e-6)


def test_ratio_and_risk_carried_through_by_brute_force():
    """RR 0.8 (0.6 to 1.0) at 0.2 (0.1 to 0.35): extremes over a fine grid of the ellipse."""
    effect, control = ratio(0.8, 0.6, 1.0), Estimate(0.2, 0.1, 0.35)
    found = absolute_risks("RR", effect, control).difference
    worst, best = -1.0, 1.0
    for step in range(20_000):
        angle = 2 * math.pi * step / 20_000
        x, y = math.cos(angle), math.sin(angle)
        risk = math.exp(math.log(0.2) + x * (math.log(0.35 / 0.2) if x > 0 else math.log(2.0)))
        log_rr = math.log(0.8) + y * (math.log(1.0 / 0.8) if y > 0 else math.log(0.8 / 0.6))
        difference = risk * math.expm1(log_rr)
        worst, best = max(worst, difference), min(best, difference)
    assert found.lower == pytest.approx(best, abs=1e-6)
    assert found.upper == pytest.approx(worst, abs=1e-6)


def test_exponential_curve_and_difference_in_medians():
    assert exponential_survival(10.0, 10.0) == pytest.approx(0.5)
    assert exponential_survival(10.0, 20.0) == pytest.approx(0.25)
    # Hazards λ and λ·HR: medians ln 2 / λ and ln 2 / (λ·HR).
    gain = median_gain(ratio(0.5, 0.4, 0.8), 12.0)
    assert gain.value == pytest.approx(12.0)
    assert (gain.lower, gain.upper) == pytest.approx((12 / 0.8 - 12, 12 / 0.4 - 12))


@pytest.mark.parametrize(
    ("measure", "effect", "control", "words"),
    [
        ("RMSTD", fixed(1.0), fixed(0.5), "RMSTD"),
        ("HR", Estimate(0.0, 0.1, 0.2), fixed(0.5), "effect"),
        ("HR", fixed(0.0), fixed(1.5), "control"),
    ],
)
def test_what_is_refused(measure, effect, control, words):
    with pytest.raises(ValueError, match=words):
        absolute_risks(measure, effect, control)


RISKS = st.floats(0.001, 0.999)
LOGS = st.floats(-3.0, 3.0)
WIDTHS = st.floats(0.0, 2.0)
THREE = st.tuples(RISKS, RISKS, RISKS)


@given(st.sampled_from(["HR", "OR", "RR", "RD"]), LOGS, WIDTHS, WIDTHS, THREE)
def test_what_always_holds(measure, value, below, above, risks):
    scale = 0.3 if measure == "RD" else 1.0
    effect = Estimate(scale * value, scale * (value - below), scale * (value + above))
    low, middle, high = sorted(risks)
    control = Estimate(middle, low, high)
    found = absolute_risks(measure, effect, control)
    alone = absolute_risks(measure, effect, fixed(middle))
    slack = 1e-9
    assert 0 <= found.treatment.lower <= found.treatment.value <= found.treatment.upper <= 1
    assert found.difference.value == pytest.approx(found.treatment.value - middle)
    # What is not known of the control risk only widens.
    assert found.difference.lower <= alone.difference.lower + slack
    assert found.difference.upper >= alone.difference.upper - slack
    # A relative effect on one side of no difference is an absolute one on that side.
    if effect.lower > 0:
        assert found.difference.lower >= -slack
    if effect.upper < 0:
        assert found.difference.upper <= slack


@given(LOGS, WIDTHS, RISKS)
def test_odds_ratio_of_the_opposite_outcome_is_the_opposite_difference(value, half, risk):
    one = absolute_risks("OR", Estimate(value, value - half, value + half), fixed(risk))
    other = absolute_risks("OR", Estimate(-value, -value - half, -value + half), fixed(1 - risk))
    assert other.difference.value == pytest.approx(-one.difference.value, abs=1e-12)
    assert other.difference.lower == pytest.approx(-one.difference.upper, abs=1e-12)
