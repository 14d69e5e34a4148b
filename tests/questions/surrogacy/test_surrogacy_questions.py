"""Questions on surrogacy: pairs of the shipped data, numbers against metafor and by hand."""

from __future__ import annotations

import functools
import json
import math
from pathlib import Path

import msgspec
import numpy as np
import pytest
from pooled_records import built, question, trial
from site_pages import questions

import trialpool as tp
from trialpool.figures import draw_forest
from trialpool.questions.registry import stage
from trialpool.questions.surrogacy.bubble_plot import bubble_plot
from trialpool.questions.surrogacy.pool import CORRELATIONS
from trialpool.questions.surrogacy.select import ONE_ENDPOINT, paired
from trialpool.questions.surrogacy.words import BETWEEN_TRIALS
from trialpool.records.files import read_result, result_of, to_plain

ROOT = Path(__file__).resolve().parents[3]
CASES = json.loads((ROOT / "tests/reference/bivariate.json").read_text("utf-8"))["cases"]
IDS = ("surrogacy-pfs-os", "surrogacy-pcr-efs", "surrogacy-pcr-os")


@pytest.fixture(scope="module")
def shipped(shipped_review):
    def read(name):
        return read_result(shipped_review / "results/questions" / name / "result.json")

    return read


def key(one):
    return one.trial_id, one.experimental.arm_id, one.control.arm_id


PFS = {
    **{"measure": "HR", "measure_name": "hazard ratio", "endpoints": ["PFS"]},
    **{"endpoint_names": {"PFS": "progression-free survival"}, "benefit": "lower"},
}


def asked(early, correlation=0.5, endpoint=PFS, **fields):
    """A question on two endpoints, the final one log hazard ratios of death."""
    filters = msgspec.to_builtins(question(**fields).filters)
    return question(
        within_trial={"correlation": correlation, "reason": "middle"},
        early={**endpoint, "filters": filters},
        early_trials=[msgspec.to_builtins(one) for one in early],
        groups=[{"label": "both"}],
        **fields,
    )


def pairs(effects, errors):
    """Trials of one endpoint, from effects and standard errors on the analysis scale."""
    return [
        trial(
            {"trial_id": f"t{i}", "label": f"T{i}", "group": "both", "estimate": float(y), "se": s}
        )
        for i, (y, s) in enumerate(zip(effects, errors, strict=True))
    ]


@functools.cache
def made(case, **fields):
    """Pool a case once: its record is frozen, and several tests look at it."""
    given = CASES[case]["trials"]
    early, final = pairs(given["y1"], given["s1"]), pairs(given["y2"], given["s2"])
    return built(asked(early, **fields), tuple(final))


def of_correlation(result, rho):
    return next(one for one in result.associations if one.correlation == rho)


@pytest.mark.parametrize("rho", [0.0, 0.5, 0.9])
@pytest.mark.parametrize("case", ["pfs_os12", "pfs_os12_boundary"])
def test_equals_metafor(case, rho):
    expected = CASES[case]["fits"][f"rho_{rho:g}_UN_REML"]
    found = of_correlation(made(case), rho)
    assert found.converged
    assert found.k == 12
    assert found.r2 == pytest.approx(expected["R2"], rel=6e-6)
    assert found.slope == pytest.approx(expected["slope"], rel=6e-6)
    assert found.intercept == pytest.approx(expected["intercept"], rel=6e-6)
    spread = pytest.approx(expected["conditional_variance"], rel=6e-6, abs=1e-9)
    assert found.residual_variance == spread
    assert found.q == pytest.approx(expected["QE"], rel=1e-10)
    if expected["slope_se"] is not None and not found.at_boundary:
        assert found.slope_se == pytest.approx(expected["slope_se"], rel=6e-6)
        # t quantile of ten degrees of freedom.
        half = 2.2281388519649385 * found.slope_se
        assert found.slope_upper - found.slope == pytest.approx(half, rel=1e-9)


def test_all_correlations_stand_beside_the_main_one():
    result = made("pfs_os12", correlation=0.6)
    assert tuple(one.correlation for one in result.associations) == (0, 0.3, 0.5, 0.6, 0.7, 0.9)
    assert result.main.correlation == 0.6
    group = result.groups[0]
    assert (group.estimate, group.ci_lower, group.ci_upper) == (
        *(result.main.r2, result.main.r2_lower, result.main.r2_upper),
    )
    assert group.primary_model == "correlation-0.6"
    assert list(group.models.named()) == [f"correlation-{rho:g}" for rho in CORRELATIONS]
    for rho in CORRELATIONS:
        pool = group.models.named()[f"correlation-{rho:g}"]
        assert pool.estimate == of_correlation(result, rho).r2


def test_regressions_beside_it_are_those_of_r():
    expected = CASES["pfs_os12"]
    weighted, with_errors = made("pfs_os12", correlation=0.0).regressions
    assert (weighted.method, with_errors.method) == ("weighted", "errors-in-variables")
    found = (weighted.intercept, weighted.slope, weighted.slope_se)
    lm = (*expected["weighted"]["coef"], expected["weighted"]["se"][1])
    assert found == pytest.approx(lm, rel=1e-9)
    found = (with_errors.intercept, with_errors.slope, with_errors.tau2)
    ml = expected["errors_in_variables"]["rho_0"]
    assert found == pytest.approx((ml["intercept"], ml["slope"], ml["tau2"]), rel=1e-5)


def test_round_early_effects_foretell_what_the_line_says():
    result = made("pfs_os12")
    main = result.main
    assert [math.exp(one.early) for one in main.foretold] == pytest.approx(
        [0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0]
    )
    for one in (*main.foretold, *result.line):
        assert one.estimate == pytest.approx(main.intercept + main.slope * one.early, abs=1e-12)
        assert one.pi_lower < one.ci_lower < one.estimate < one.ci_upper < one.pi_upper
    # At the threshold the limit for a new trial is no effect.
    given = CASES["pfs_os12"]["trials"]
    y1, s1, y2, s2 = (np.array(given[name]) for name in ("y1", "s1", "y2", "s2"))
    direct = tp.surrogacy(y1, s1**2, y2, s2**2, correlation=0.5)
    assert main.threshold == direct.threshold
    assert direct.foretell(main.threshold).pi_upper == pytest.approx(0.0, abs=1e-9)


def test_of_a_response_the_larger_odds_ratio_is_the_benefit():
    given = CASES["pfs_os12"]["trials"]
    early = pairs([-y for y in given["y1"]], given["s1"])
    response = {
        **{"measure": "OR", "measure_name": "odds ratio", "endpoints": ["pCR"]},
        **{"endpoint_names": {"pCR": "pathological complete response"}, "benefit": "higher"},
    }
    final = tuple(pairs(given["y2"], given["s2"]))
    # Errors of benefits go together, those of a log odds and a log hazard ratio go apart.
    turned = built(asked(early, endpoint=response), final)
    straight = made("pfs_os12")
    assert turned.main.slope == pytest.approx(-straight.main.slope, rel=1e-5)
    assert turned.main.threshold == pytest.approx(-straight.main.threshold, rel=1e-5)
    assert turned.main.r2 == pytest.approx(straight.main.r2, rel=1e-5)
    assert [math.exp(one.early) for one in turned.main.foretold] == pytest.approx([1, 1.5, 2, 3, 4])
    assert "odds ratio of pathological complete response lies above" in turned.sentence


def test_without_each_trial_it_is_the_model_of_the_others():
    given = CASES["pfs_os12"]["trials"]
    y1, s1, y2, s2 = (np.array(given[name]) for name in ("y1", "s1", "y2", "s2"))
    result = made("pfs_os12")
    assert [one.trial_id for one in result.without_one] == [f"t{i}" for i in range(12)]
    kept = [i for i in range(12) if i != 4]
    direct = tp.surrogacy(y1[kept], s1[kept] ** 2, y2[kept], s2[kept] ** 2, correlation=0.5)
    left = result.without_one[4]
    assert (left.r2, left.slope, left.threshold) == (direct.r2, direct.slope, direct.threshold)


@pytest.mark.parametrize("k", [0, 1, 2, 3, 9])
def test_fewer_than_ten_pairs_are_shown_and_not_concluded_from(k):
    given = CASES["pfs_os12"]["trials"]
    early, final = (pairs(given[f"y{i}"][:k], given[f"s{i}"][:k]) for i in (1, 2))
    result = built(asked(early), tuple(final))
    assert result.verdict == ""
    assert len(result.trials) == k
    assert bool(result.groups) == bool(result.associations) == (k >= 3)
    assert bool(result.without_one) == (k > 3)
    assert result.sentence.endswith(BETWEEN_TRIALS)
    assert "too few" in result.sentence if k < 3 else "fewer than the 10" in result.sentence
    assert draw_forest(result) is not None
    assert bubble_plot(result).rows[k:] == ()
    assert result_of(to_plain(result)) == result
    assert stage("surrogacy", "page").parts(result)
    assert list(stage("surrogacy", "table").tables(result))


def line_of(k, spread, seed=5):
    """Trials around final = 0.8 early, hardly any error within trials."""
    draws = np.random.default_rng(seed)
    y1 = np.linspace(-1.0, 0.2, k)
    y2 = 0.8 * y1 + spread * draws.standard_normal(k)
    return built(asked(pairs(y1, [0.02] * k)), tuple(pairs(y2, [0.02] * k)))


def test_verdicts_follow_the_limits_of_r2():
    close, none = line_of(10, 0.03), line_of(16, 3.0)
    assert close.main.r2_lower > 0.7225
    assert close.verdict == "strong"
    assert none.main.r2_upper < 0.49
    assert none.verdict == "weak"
    assert "says little" in none.sentence
    assert made("pfs_os12").verdict == "not-settled"


def test_a_close_association_the_other_way_round_is_not_strong():
    y1 = np.linspace(-1.0, 0.2, 10)
    y2 = -0.8 * y1 + 0.03 * np.random.default_rng(5).standard_normal(10)
    result = built(asked(pairs(y1, [0.02] * 10)), tuple(pairs(y2, [0.02] * 10)))
    assert result.main.r2_lower > 0.7225
    assert result.verdict == "not-settled"
    assert "Larger early benefits go with smaller final ones" in result.sentence


def arms(trial_id, first, second, row_id):
    return trial(
        {
            **{"trial_id": trial_id, "label": trial_id, "row_ids": (row_id,)},
            "experimental": {"arm_id": first},
            "control": {"arm_id": second},
        }
    )


def test_comparisons_that_share_an_arm_enter_once_the_named_one_first():
    early = [arms("m", "a", "c", "m.p1"), arms("m", "b", "c", "m.p2"), arms("n", "a", "b", "n.p")]
    final = [arms("m", "a", "c", "m.o1"), arms("m", "b", "c", "m.o2"), arms("o", "a", "b", "o.o")]
    early += [arms("f", "a", "b", "f.p1"), arms("f", "c", "d", "f.p2")]
    final += [arms("f", "a", "b", "f.o1"), arms("f", "c", "d", "f.o2")]
    named = asked([], choose={"m": [["b", "c"], ["a", "c"]]})
    kept, left = paired(early, final, named)
    assert [(one.early.row_ids, one.final.row_ids) for one in kept] == [
        (("m.p2",), ("m.o2",)),
        # Two comparisons without a common arm are of different patients.
        (("f.p1",), ("f.o1",)),
        (("f.p2",), ("f.o2",)),
    ]
    assert {(one.row_id, one.stage) for one in left} == {
        ("m.p1", "several arms"),
        ("m.o1", "several arms"),
        ("n.p", ONE_ENDPOINT),
        ("o.o", ONE_ENDPOINT),
    }
    assert "shares patients with b v c" in next(one.reason for one in left if one.row_id == "m.p1")
    assert "no overall survival" in next(one.reason for one in left if one.row_id == "n.p")


def test_pairs_are_of_the_rows_that_the_questions_on_single_endpoints_use(shipped):
    pfs = {key(one): one for one in shipped("metastatic-pfs").trials}
    os = {key(one): one for one in shipped("metastatic-os").trials}
    result = shipped("surrogacy-pfs-os")
    assert result.trials
    for one in result.trials:
        assert key(one) == key(one.early)
        ours = (one.early.row_ids, one.early.estimate, one.early.se)
        assert ours == (pfs[key(one)].row_ids, pfs[key(one)].estimate, pfs[key(one)].se)
        ours = (one.row_ids, one.estimate, one.se)
        assert ours == (os[key(one)].row_ids, os[key(one)].estimate, os[key(one)].se)
    # Both questions hold every pair, and of trials with several comparisons one is here.
    assert {one.trial_id for one in result.trials} == {name for name, *_ in pfs.keys() & os.keys()}
    assert len({one.trial_id for one in result.trials}) == len(result.trials)
    # What the audit calls unusable enters neither question.
    cerebel = {one.row_id: one for one in result.excluded if one.trial_id == "cerebel"}
    assert "failed the audit" in cerebel["cerebel.os.t01"].reason
    assert cerebel["cerebel.pfs.t01"].stage == ONE_ENDPOINT
    emilia = next(one for one in result.trials if one.trial_id == "emilia")
    # Verma 2012 and Diéras 2017: PFS 0.65 (0.55 to 0.77), OS 0.75 (0.64 to 0.88).
    assert math.exp(emilia.early.estimate) == pytest.approx(0.65, abs=0.005)
    assert math.exp(emilia.estimate) == pytest.approx(0.75, abs=0.005)


@pytest.mark.parametrize("name", IDS)
def test_shipped_numbers_are_those_of_the_model_on_the_pairs(shipped, name):
    result = shipped(name)
    y1, s1 = (np.array([getattr(t.early, f) for t in result.trials]) for f in ("estimate", "se"))
    y2, s2 = (np.array([getattr(t, f) for t in result.trials]) for f in ("estimate", "se"))
    for one in result.associations:
        same = name == "surrogacy-pfs-os"
        direct = tp.surrogacy(
            *(y1, s1**2, y2, s2**2),
            correlation=one.correlation if same else -one.correlation,
            early_benefit="lower" if same else "higher",
        )
        assert (one.r2, one.r2_lower, one.r2_upper) == pytest.approx(
            (direct.r2, direct.r2_lower, direct.r2_upper), rel=1e-9, abs=1e-9
        )
        assert one.slope == pytest.approx(direct.slope, rel=1e-9)
        assert (one.threshold is None) == (direct.threshold is None)
        if direct.threshold is not None:
            assert one.threshold == pytest.approx(direct.threshold, rel=1e-7)
    assert result.sentence.endswith(BETWEEN_TRIALS)
    assert (result.verdict == "") == (len(result.trials) < 10)


def test_pcr_and_event_free_survival_are_odds_and_hazard_ratios(shipped):
    result = shipped("surrogacy-pcr-efs")
    assert (result.early.measure, result.early.benefit) == ("OR", "higher")
    assert (result.measure, result.benefit) == ("HR", "lower")
    noah = next(one for one in result.trials if one.trial_id == "noah")
    # Gianni 2014: 45 of 117 against 23 of 118 complete responses; EFS 0.64 (0.44 to 0.93).
    assert math.exp(noah.early.estimate) == pytest.approx(45 * 95 / (72 * 23), rel=0.05)
    assert math.exp(noah.estimate) == pytest.approx(0.64, abs=0.005)


@pytest.mark.parametrize("name", IDS)
def test_the_page_says_that_it_is_between_trials(shipped, name):
    result = shipped(name)
    page = questions([result], {name: "<svg/>", f"{name}:bubble": "<svg/>"})
    assert BETWEEN_TRIALS in page
    for trial_ in result.trials:
        assert trial_.label.split("(")[0] in page
    row = next(one for one in result.excluded if one.stage == ONE_ENDPOINT)
    assert row.reason in page


@pytest.mark.parametrize("name", IDS)
def test_the_bubbles_are_the_trials_and_the_band_is_of_a_new_one(shipped, name):
    result = shipped(name)
    drawn = bubble_plot(result)
    discs = [one for one in drawn.geometry.shapes if one.kind == "trial"]
    assert {one.label: one.values for one in discs} == {
        one.label: (one.early.estimate, one.estimate) for one in result.trials
    }
    fit = next(one for one in drawn.geometry.shapes if one.kind == "fit")
    assert fit.values == (result.main.intercept, result.main.slope)
    bands = [one for one in drawn.geometry.shapes if one.kind == "band"]
    assert bool(bands) == bool(result.line)
    # Areas are as weights: radius² times variance is the same for all.
    spread = result.main.residual_variance
    areas = {one.label: one.radius**2 for one in discs}
    scaled = [areas[one.label] * (one.se**2 + spread) for one in result.trials]
    assert scaled == pytest.approx([scaled[0]] * len(scaled))
    assert [row[0] for row in drawn.rows] == [one.label for one in result.trials]
