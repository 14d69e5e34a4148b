"""Log ratios against published numbers, closed forms and a fitted Cox model."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from trialpool.effects.ratios import log_ratio_from_interval, normal_quantile
from trialpool.evidence.printed import Printed, parse_number


def printed(text: str) -> Printed:
    number = parse_number(text)
    assert number is not None
    return number


def test_cleopatra_overall_survival_by_hand():
    """HR 0.68 (95 % CI 0.56 to 0.84), Swain 2015: every step written out."""
    effect = log_ratio_from_interval(printed("0.68"), printed("0.56"), printed("0.84"))
    z = 1.959963984540054  # 97.5 % point of the normal distribution
    assert effect.yi == pytest.approx(-0.385662480811985, rel=1e-12)  # ln 0.68
    # ln 0.84 = -0.174353387144778, ln 0.56 = -0.579818495252942
    width = -0.174353387144778 + 0.579818495252942
    assert effect.sei == pytest.approx(width / (2 * z), rel=1e-12)


@pytest.mark.parametrize(
    ("level", "z"),
    # Standard normal table: 95 % point, 97.5 %, 98.75 %, 99.95 %.
    [(90, 1.6448536269514722), (95, 1.959963984540054), (97.5, 2.241402727604947)],
)
def test_quantile_uses_the_rows_own_level(level, z):
    assert normal_quantile(level) == pytest.approx(z, rel=1e-12)


def test_a_90_percent_interval_gives_a_larger_standard_error_than_taken_as_95():
    limits = printed("0.73"), printed("0.55"), printed("0.97")
    at_90 = log_ratio_from_interval(*limits, level=90).sei
    at_95 = log_ratio_from_interval(*limits, level=95).sei
    assert at_90 / at_95 == pytest.approx(1.959963984540054 / 1.6448536269514722, rel=1e-12)


def test_log_hazard_ratio_and_se_of_a_cox_model_come_back():
    """Print a Cox model as a journal would, and get its coefficient and SE back."""
    import pandas as pd
    from lifelines import CoxPHFitter

    rng = np.random.default_rng(20240517)
    arm = np.repeat([0, 1], 200)
    time = rng.exponential(1 / (0.05 * np.exp(-0.4 * arm)))
    censored = rng.uniform(5, 40, arm.size)
    frame = pd.DataFrame(
        {"time": np.minimum(time, censored), "event": time <= censored, "arm": arm}
    )
    fit = CoxPHFitter().fit(frame, "time", "event").summary.loc["arm"]
    texts = (
        f"{fit[name]:.4f}" for name in ("exp(coef)", "exp(coef) lower 95%", "exp(coef) upper 95%")
    )
    effect = log_ratio_from_interval(*map(printed, texts))
    assert effect.yi == pytest.approx(fit["coef"], abs=1e-4)
    assert effect.sei_lower <= fit["se(coef)"] <= effect.sei_upper
    assert effect.asymmetry == 0.0


@given(
    yi=st.floats(-3, 3),
    se=st.floats(0.05, 1.5),
    level=st.sampled_from([90.0, 95.0, 97.5, 99.9]),
)
def test_rounding_of_a_symmetric_interval_never_counts_as_asymmetry(yi, se, level):
    z = normal_quantile(level)
    texts = [f"{math.exp(value):.2f}" for value in (yi, yi - z * se, yi + z * se)]
    numbers = [printed(text) for text in texts]
    if numbers[1].value <= 0 or numbers[1].value >= numbers[2].value or numbers[0].value <= 0:
        return
    effect = log_ratio_from_interval(*numbers, level=level)
    assert effect.asymmetry == 0.0
    assert effect.sei_lower <= se <= effect.sei_upper or math.isclose(effect.sei_upper, se)


def test_asymmetry_of_a_misprinted_limit():
    """CEREBEL OS as printed, 1.34 (0.95 to 1.64): the offset of ln 1.34 from the middle."""
    effect = log_ratio_from_interval(printed("1.34"), printed("0.95"), printed("1.64"))
    as_printed = (math.log(0.95) + math.log(1.64) - 2 * math.log(1.34)) / math.log(1.64 / 0.95)
    assert as_printed == pytest.approx(-0.2599, abs=1e-4)
    # Rounding can explain a part of it, never all.
    assert as_printed < effect.asymmetry < -0.2


@pytest.mark.parametrize(
    ("numbers", "message"),
    [
        (("-0.5", "0.3", "0.9"), "must be positive"),
        (("0.5", "0", "0.9"), "must be positive"),
        (("0.5", "0.9", "0.3"), "ascending"),
    ],
)
def test_impossible_intervals_are_refused(numbers, message):
    with pytest.raises(ValueError, match=message):
        log_ratio_from_interval(*map(printed, numbers))


def test_level_outside_its_range_is_refused():
    with pytest.raises(ValueError, match="level 5"):
        log_ratio_from_interval(printed("0.5"), printed("0.3"), printed("0.9"), level=5)
