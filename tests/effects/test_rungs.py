"""The ladder against published data, against R's survival package, and rung against rung."""

import json
import math
from pathlib import Path

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st
from scipy.special import ndtr

from trialpool.effects import logrank
from trialpool.effects.p_values import LOGRANK_ALLOCATION, LOGRANK_EVENTS, direction
from trialpool.effects.rung import disagreement
from trialpool.effects.rungs import (
    first_usable,
    reconstructions_by_contrast,
    reconstructions_of,
    rungs_of,
)
from trialpool.evidence.printed import parse_number

REFERENCE = json.loads((Path(__file__).parents[1] / "reference" / "logrank.json").read_text())
TRIALS = {trial["name"]: trial for trial in REFERENCE["trials"]}
Z95 = 1.959963984540054
_EMPTY = dict.fromkeys(
    [
        "estimate",
        "ci_lower",
        "ci_upper",
        "ci_level",
        "p_value",
        "o_minus_e",
        "variance",
        "logrank_p",
        "n_experimental",
        "n_control",
        "events_experimental",
        "events_control",
        "median_experimental",
        "median_control",
        "biomarker",
    ],
    "",
)


def row(**cells: str) -> dict[str, str]:
    named = {
        "trial_id": "t",
        "experimental_arm": "a",
        "control_arm": "b",
        "endpoint": "PFS",
        "population": "ITT",
    }
    return {**_EMPTY, **named, **cells}


def printed(text: str):
    number = parse_number(text)
    assert number is not None
    return number


def by_number(**cells: str):
    return {rung.number: rung for rung in rungs_of(row(**cells))}


# Published examples


def test_tierney_2007_z_of_a_two_sided_p_of_0_075_is_1_78():
    """The worked example of equation 14; Wang and Zeng 2013, Trials 14:391, repeat it."""
    assert logrank.two_sided_z(0.075) == pytest.approx(1.78, abs=0.005)
    # Halving p once more, or using it one-sided, gives the 1.44 that they warn of.
    assert logrank.two_sided_z(0.15) == pytest.approx(1.44, abs=0.005)


def test_rung_2_gives_the_published_interval_of_tierney_2007_s_bladder_trial():
    """Tierney 2007: HR 0.88 with V = 128.81 is printed with 0.74 to 1.05 (95 %)."""
    # O − E = 128.81 ln 0.88.
    rung = by_number(o_minus_e="-16.466", variance="128.81")[2]
    limits = [math.exp(rung.yi + side * Z95 * rung.sei) for side in (-1, 0, 1)]
    assert [f"{limit:.2f}" for limit in limits] == ["0.74", "0.88", "1.05"]


def test_rung_2_reproduces_the_pooled_hazard_ratio_of_pignon_2000():
    """Pignon 2000, Lancet 355:949: 65 trials by O − E and V give 0.90 (0.85 to 0.94)."""
    data = REFERENCE["pignon2000"]
    weights = total = 0.0
    for o_minus_e, variance in zip(data["o_minus_e"], data["variance"], strict=True):
        rung = by_number(o_minus_e=f"{float(o_minus_e):.1f}", variance=f"{float(variance):.1f}")[2]
        assert rung.is_usable
        weights += 1 / rung.sei**2
        total += rung.yi / rung.sei**2
    yi, sei = total / weights, weights**-0.5
    assert f"{math.exp(yi):.2f}" == "0.90"
    assert f"{math.exp(yi - Z95 * sei):.2f}" == "0.85"
    assert f"{math.exp(yi + Z95 * sei):.2f}" == "0.94"
    assert yi == pytest.approx(float(data["yi"]), rel=1e-12)
    assert sei == pytest.approx(float(data["sei"]), rel=1e-12)


def test_variance_of_a_quarter_of_the_events_in_equal_arms():
    """Parmar 1998: with equal arms V is a quarter of the events."""
    assert logrank.variance_from_allocation(485, 491, 491) == pytest.approx(485 / 4, rel=1e-15)
    assert logrank.variance_from_events(20, 20) == pytest.approx(10.0, rel=1e-15)
    assert logrank.variance_from_allocation(90, 200, 100) == pytest.approx(90 * 2 / 9, rel=1e-15)


# Individual data of published trials, by R's survival package


@pytest.mark.parametrize("name", TRIALS)
def test_rungs_agree_on_the_individual_data_of_a_trial(name):
    """Log-rank O − E and V, the log-rank p with events, and the Cox interval of the same data."""
    trial = TRIALS[name]
    counts = {
        key: str(trial[key])
        for key in ("n_experimental", "n_control", "events_experimental", "events_control")
    }
    rungs = rungs_of(
        row(
            estimate=f"{math.exp(float(trial['cox_yi'])):.4f}",
            ci_lower=f"{float(trial['cox_lower']):.4f}",
            ci_upper=f"{float(trial['cox_upper']):.4f}",
            ci_level="95",
            p_value=f"{float(trial['cox_p']):.7f} (two-sided, Cox)",
            o_minus_e=f"{float(trial['o_minus_e']):.3f}",
            variance=f"{float(trial['variance']):.3f}",
            logrank_p=f"{float(trial['p']):.7f}",
            **counts,
        )
    )
    found = {rung.name: rung for rung in rungs}
    assert [rung.number for rung in rungs] == [1, 2, 3, 4, 4]
    one, two = rungs[0], rungs[1]
    assert one.sei_lower <= float(trial["cox_sei"]) <= one.sei_upper
    assert two.sei_lower <= float(trial["variance"]) ** -0.5 <= two.sei_upper
    # The p-value of the same Cox model gives the standard error of the same Cox model.
    three = found["ratio with two-sided p"]
    assert three.sei_lower <= float(trial["cox_sei"]) <= three.sei_upper
    # z = (O − E)/√V exactly, so rung 4 differs from rung 2 only by its approximation of V.
    assert two.yi / two.sei == pytest.approx(
        found[LOGRANK_ALLOCATION].yi / found[LOGRANK_ALLOCATION].sei, abs=0.01
    )
    for name_of_rung in (LOGRANK_ALLOCATION, LOGRANK_EVENTS):
        assert found[name_of_rung].sei == pytest.approx(two.sei, rel=0.05)
    assert two.sei == pytest.approx(one.sei, rel=0.05)
    assert two.yi == pytest.approx(one.yi, abs=0.25 * one.sei)
    assert first_usable(rungs) is one


# Rung 3


def test_a_p_value_that_is_not_declared_two_sided_gives_no_standard_error():
    """BOLERO-3 printed p = .0067: one-sided, though nothing in the number shows it."""
    rung = by_number(estimate="0.78", p_value=".0067")[3]
    assert not rung.is_usable
    assert "does not say" in rung.reason
    # Taken as two-sided it would claim 0.092; the printed interval 0.65 to 0.95 means 0.097.
    assert rung.sei == pytest.approx(0.0916, abs=5e-5)


def test_a_declared_two_sided_p_gives_the_standard_error_of_its_interval():
    """DESTINY-Breast02, OS: HR 0.658, two-sided p = 0.0021, 95 % CI 0.50 to 0.86."""
    rung = by_number(estimate="0.658", p_value="0.0021 (two-sided, stratified log-rank)")[3]
    assert rung.is_usable
    interval = by_number(estimate="0.658", ci_lower="0.50", ci_upper="0.86", ci_level="95")[1]
    assert rung.sei == pytest.approx(interval.sei, rel=0.02)
    assert disagreement(rung, interval) == 0.0
    assert "p-value of a log-rank test beside a Cox hazard ratio" in rung.flags


@pytest.mark.parametrize(
    ("estimate", "p_value", "words"),
    [
        ("1.00", "1.000 (two-sided)", "ratio of 1"),
        ("0.41", "<0.001 (two-sided)", "bound"),
        ("0.41", "<.001 (one-sided)", "bound"),
        ("0.76", "0.022 (one-sided)", "one-sided"),
        ("0.76", "0.022 (two-sided, non-inferiority)", "non-inferiority"),
        ("0.99", "0.92 (two-sided)", "rounding"),
        ("0.85", "0.2 (two-sided)", "rounding"),
        ("0.85", "0 (two-sided)", "0 or 1"),
    ],
)
def test_rung_3_refuses(estimate, p_value, words):
    rung = by_number(estimate=estimate, p_value=p_value)[3]
    assert not rung.is_usable
    assert words in rung.reason


# Rung 4


def test_the_direction_comes_from_the_hazard_ratio_then_from_the_medians_never_from_events():
    assert direction(row(estimate="0.8"))[0] is True
    assert direction(row(estimate="1.2", median_experimental="9", median_control="5"))[0] is False
    assert direction(row(median_experimental="9.1", median_control="5"))[0] is True
    assert direction(row(median_experimental="5", median_control="5"))[0] is None
    assert direction(row(events_experimental="10", events_control="40"))[0] is None


def test_rung_4_without_a_direction_gives_no_effect():
    cells = {
        "logrank_p": "0.03",
        "events_experimental": "40",
        "events_control": "60",
        "n_experimental": "100",
        "n_control": "100",
    }
    for rung in rungs_of(row(**cells)):
        assert rung.number == 4
        assert not rung.is_usable
        assert rung.yi is None
    better = rungs_of(row(**cells, median_experimental="12", median_control="8"))
    worse = rungs_of(row(**cells, median_experimental="8", median_control="12"))
    assert better[0].yi == pytest.approx(-worse[0].yi, rel=1e-15)
    assert better[0].yi == pytest.approx(-2.170090377584560 / 5.0, rel=1e-9)  # z(0.03)/√(100/4)
    assert better[0].sei == pytest.approx(0.2, rel=1e-15)


# Rung 5

CURVE = {
    "trial_id": "t",
    "experimental_arm": "a",
    "control_arm": "b",
    "endpoint": "PFS",
    "hr": "0.781",
    "hr_ci_lower": "0.64331",
    "hr_ci_upper": "0.94816",
    "pmid": "24742739",
    "figure": "2",
}


def test_the_curve_gives_the_standard_error_and_the_report_the_ratio():
    """BOLERO-3 PFS: 0.78 without an interval in the row; the article prints 0.65 to 0.95."""
    rungs = rungs_of(row(estimate="0.78", p_value=".0067"), CURVE)
    used = first_usable(rungs)
    assert used.number == 5
    assert used.yi == pytest.approx(math.log(0.78), rel=1e-15)
    article = by_number(estimate="0.78", ci_lower="0.65", ci_upper="0.95", ci_level="95")[1]
    assert used.sei == pytest.approx(article.sei, rel=0.03)
    assert "standard error from a reconstructed curve" in used.flags


def test_hazards_that_are_not_proportional_on_the_curve_are_flagged():
    def flags(p: str):
        return rungs_of(row(estimate="0.78"), {**CURVE, "ph_p_value": p})[-1].flags

    assert "hazards not proportional on its curve (p = 0.021)" in flags("0.02122")
    assert len(flags("0.5")) == len(flags("")) == 1


def test_a_curve_of_another_cut_is_refused():
    five = rungs_of(row(estimate="0.95"), CURVE)[-1]
    assert not five.is_usable
    assert "another cut" in five.reason


def curve_of(*rows: dict[str, str], **pmids: str) -> list[bool]:
    """Say which rows of one contrast have the curve; a row's source is the key of its number."""
    found = reconstructions_of(rows, reconstructions_by_contrast([CURVE]), pmids)
    return [curve is CURVE for curve in found]


def test_a_curve_belongs_to_the_rows_of_its_own_report():
    own, other = row(estimate="0.78", source_id="own"), row(estimate="0.78", source_id="other")
    part = row(estimate="0.78", source_id="own", biomarker="PIK3CA")
    numbers = {"own": "24742739", "other": "1"}
    assert curve_of(own, other, part, own, **numbers) == [True, False, False, True]


def test_a_curve_of_no_known_report_goes_to_the_nearest_ratio_without_a_number():
    """CLEOPATRA OS, no number recorded: 0.66 interim, 0.68 of the curve's report, 0.69 end."""
    near = row(estimate="0.78", source_id="a", ci_lower="0.6", ci_upper="1.0")
    far = row(estimate="0.70", source_id="b")
    other = row(estimate="0.781", source_id="other")
    assert curve_of(far, near, other, other="1") == [False, True, False]
    own = row(estimate="0.60", source_id="own")
    assert curve_of(far, near, own, own="24742739") == [False, False, True]
    assert curve_of(row(source_id="a")) == [False]


# Comparison


def test_rungs_disagree_only_beyond_rounding():
    close = rungs_of(
        row(
            estimate="0.66",
            ci_lower="0.50",
            ci_upper="0.86",
            ci_level="95",
            p_value="0.0021 (two-sided)",
        )
    )
    assert disagreement(*close) == 0.0
    apart = rungs_of(
        row(
            estimate="0.66",
            ci_lower="0.50",
            ci_upper="0.86",
            ci_level="95",
            p_value="0.021 (two-sided)",
        )
    )
    assert disagreement(*apart) > 0.2
    refused = by_number(estimate="0.41", p_value="<0.001")[3]
    assert disagreement(apart[0], refused) is None


# What is printed of a true model

EFFECTS = st.floats(-1.2, 1.2)
ERRORS = st.floats(0.06, 0.6)


@given(EFFECTS, ERRORS, st.sampled_from([90.0, 95.0, 97.5]), st.integers(2, 3))
def test_rounding_of_an_interval_leaves_room_for_the_true_standard_error(yi, sei, level, decimals):
    z = {90.0: 1.6448536269514722, 95.0: Z95, 97.5: 2.241402727604947}[level]
    limits = [math.exp(yi - z * sei), math.exp(yi), math.exp(yi + z * sei)]
    texts = [f"{limit:.{decimals}f}" for limit in limits]
    assume(float(texts[0]) > 0)
    rung = by_number(
        ci_lower=texts[0], estimate=texts[1], ci_upper=texts[2], ci_level=f"{level:g}"
    )[1]
    assert rung.sei_lower * (1 - 1e-12) <= sei <= rung.sei_upper * (1 + 1e-12)
    assert rung.yi_lower <= yi <= rung.yi_upper


@given(EFFECTS, ERRORS, st.integers(2, 3), st.integers(2, 4))
@example(-0.2484613592984996, 0.09686, 2, 4)
def test_rounding_of_a_p_value_leaves_room_for_the_true_standard_error(yi, sei, digits, decimals):
    ratio, p = f"{math.exp(yi):.{digits}f}", f"{2 * ndtr(-abs(yi) / sei):.{decimals}f}"
    assume(float(ratio) != 1.0 and 0 < float(p) < 1)
    rung = by_number(estimate=ratio, p_value=f"{p} (two-sided)")[3]
    assert rung.sei_lower * (1 - 1e-9) <= sei <= rung.sei_upper * (1 + 1e-9)
    if rung.is_usable:
        assert rung.sei == pytest.approx(sei, rel=0.11)  # both within ± 5 % of the printed one


@given(st.floats(-40, 40), st.floats(1.0, 200), st.integers(1, 2))
def test_rounding_of_o_minus_e_and_v_leaves_room_for_the_truth(o_minus_e, variance, decimals):
    rung = by_number(o_minus_e=f"{o_minus_e:.{decimals}f}", variance=f"{variance:.{decimals}f}")[2]
    slack = 1e-9
    assert rung.sei_lower * (1 - slack) <= variance**-0.5 <= rung.sei_upper * (1 + slack)
    assert rung.yi_lower - slack <= o_minus_e / variance <= rung.yi_upper + slack


@given(
    st.floats(0.0005, 0.9),
    st.integers(20, 400),
    st.integers(20, 400),
    st.integers(3, 4),
)
def test_rounding_of_a_log_rank_p_leaves_room_for_the_true_effect(p, ours, theirs, decimals):
    text = f"{p:.{decimals}f}"
    assume(0 < float(text) < 1)
    variance = logrank.variance_from_events(ours, theirs)
    truth = -logrank.two_sided_z(p) / math.sqrt(variance)
    rungs = rungs_of(
        row(
            logrank_p=text,
            events_experimental=str(ours),
            events_control=str(theirs),
            median_experimental="2",
            median_control="1",
        )
    )
    assert rungs[-1].name == LOGRANK_EVENTS
    assert rungs[-1].yi_lower - 1e-9 <= truth <= rungs[-1].yi_upper + 1e-9
    assert rungs[-1].sei == pytest.approx(variance**-0.5, rel=1e-15)
