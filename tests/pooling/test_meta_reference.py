"""Numbers of the R package meta 8.3-0 (with metafor 5.0-1), made by tests/reference/meta/meta.R.

What has no method here, and so no test: the methods SSW and Cochran's IRR; Mantel-Haenszel with
`allstudies` or RR.Cochrane, and its variance of a risk difference by Greenland and Robins (ours is
Sato's, as metafor's); mixed models UM.RS and CM.AL; the IQWiG6 rule of the Hartung-Knapp interval;
Jackson's interval of tau²; the interval of I² from H; Rb; prediction intervals HK-PR, KR, KR-PR;
the normal p-value of Begg's test, and the tests of Deeks, Schwarzer and Macaskill.
"""

from __future__ import annotations

import csv
import json
import math
from pathlib import Path

import numpy as np
import pytest
from each_case import each_case

from trialpool.pooling import at_tau2, dependent_effects, meta_regression, random_effects
from trialpool.pooling.absolute import Estimate, absolute_risks, number_needed
from trialpool.pooling.counts import (
    count_effects,
    mantel_haenszel,
    mantel_haenszel_rates,
    odds_ratio_glmm,
    peto,
    proportion_effects,
    proportion_glmm,
    rate_glmm,
    rate_ratio_glmm,
)
from trialpool.sensitivity import (
    cumulative,
    egger,
    harbord,
    leave_one_out,
    peters,
    rank_test,
    regression_test,
    subgroups,
    trim_and_fill,
)

FOLDER = Path(__file__).resolve().parents[1] / "reference" / "meta"
KINDS = ("metagen", "metacont", "metabin", "metaprop", "metarate", "metainc", "metacor", "metamean")
RESULTS = {
    kind: json.loads((FOLDER / f"meta_{kind}.json").read_text(encoding="utf-8"))["results"]
    for kind in KINDS
}
CI = {("classic", ""): "wald", ("HK", ""): "hk", ("HK", "se"): "hk-adhoc", ("KR", ""): "kr"}
# meta's name of a prediction interval: ours, and the interval of the mean that goes with it.
PI = {"V": ("t", "wald"), "HTS": ("hts", "wald"), "S": ("normal", "wald"), "HK": ("t", "hk")}


def columns(kind):
    with (FOLDER / f"{kind}.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    return {name: [row[name] for row in rows] for name in rows[0]}


def numbers(kind, *names):
    table = columns(kind)
    return [np.array([float(x) for x in table[name]]) for name in names]


def own(kind, fun, **options):
    """Results of a function with options, whatever else was asked for."""
    return [
        r["result"]
        for r in RESULTS[kind]
        if r["fun"] == fun and options.items() <= r["options"].items()
    ]


def effects(result):
    y = np.array([np.nan if x is None else x for x in result["TE"]], dtype=float)
    se = np.array([np.nan if x is None else x for x in result["seTE"]], dtype=float)
    known = np.isfinite(y) & np.isfinite(se)
    return y[known], se[known] ** 2


def near(value, rel=1e-6, absolute=1e-9):
    return pytest.approx(value, rel=rel, abs=absolute)


UNIVARIATE = [
    r["result"]
    for kind in KINDS
    for r in RESULTS[kind]
    if r["fun"] == kind and isinstance(r["result"].get("tau2"), (int, float))
    and r["options"].get("method") not in ("GLMM", "SSW") and "rho" not in r["options"]
]  # fmt: skip


@each_case("want", UNIVARIATE)
def test_common_effect_and_heterogeneity_are_metas(want):
    y, v = effects(want)
    common = random_effects(y, v, tau2="CE", ci="wald")
    if want["method"] == "Inverse":
        assert (common.estimate, common.se) == near(
            (want["TE.common"], want["seTE.common"]), 1e-12, 1e-12
        )
        limits = (want["lower.common"], want["upper.common"])
        assert (common.ci_lower, common.ci_upper) == near(limits, 1e-10, 1e-12)
        if "pval.common" in want:
            assert common.p_value == near(want["pval.common"], 1e-8, 0)
        shares = np.array(want["w.common"], dtype=float)
        shares = shares[shares > 0] / shares.sum()
        assert list(common.weights) == near(shares.tolist(), 1e-10)
        assert (common.q, common.q_df) == near((want["Q"], want["df.Q"]), 1e-10, 1e-12)
        assert common.q_p_value == near(want["pval.Q"], 1e-9, 1e-12)
        if want["method.I2"] == "Q":
            assert common.i2_q == near(100 * want["I2"], 1e-10)


@each_case("want", UNIVARIATE)
def test_random_effects_are_metas(want):
    y, v = effects(want)
    profile = want["method.tau.ci"] == "PL" and want["method.tau"] in ("REML", "ML")
    found = random_effects(
        y, v, tau2=want["method.tau"], ci="wald",
        tau2_ci="profile-likelihood" if profile else "q-profile",
    )  # fmt: skip
    scale = float(np.mean(v))
    if want["method.tau"] == "PM":
        # R's uniroot stops within 1.2e-4; ours solves Q(tau²) = k - 1.
        assert found.tau2 == near(want["tau2"], 0, 1.2e-4)
        w = 1 / (v + found.tau2)
        q = (w * (y - (w * y).sum() / w.sum()) ** 2).sum()
        assert q == near(len(y) - 1, 1e-9) or (found.tau2 == 0 and q < len(y) - 1)
    else:
        assert found.tau2 == near(want["tau2"], 1e-6, 1e-6 * scale)
    # meta leaves PM's out; near a tau² of 0 its iterations stop where the formula has moved.
    if want.get("se.tau2") is not None and want["tau2"] > 1e-4 * scale:
        assert found.tau2_se == near(want["se.tau2"], 1e-3 if want["method.tau"] == "PM" else 1e-6)
    if want.get("upper.tau2") is not None and want["method.tau.ci"] in ("QP", "PL"):
        limits = (want["lower.tau2"], want["upper.tau2"])
        assert (found.tau2_ci_lower, found.tau2_ci_upper) == near(limits, 0, 1.2e-4)
    rule = CI.get((want["method.random.ci"], want["adhoc.hakn.ci"]))
    if rule is not None and "df.random" in want and want["adhoc.hakn.ci"] != "ci":
        # The formulas at meta's own tau², to many digits.
        given = at_tau2(y, v, want["tau2"], ci=rule)
        assert (given.estimate, given.se) == near((want["TE.random"], want["seTE.random"]), 1e-7)
        if rule == "kr" and want["df.random"] < 1:
            # Below one degree of freedom we give no interval.
            assert given.ci_lower is None
            return
        limits = (want["lower.random"], want["upper.random"])
        assert (given.ci_lower, given.ci_upper) == near(limits, 1e-7)
        if "pval.random" in want:
            assert given.p_value == near(want["pval.random"], 1e-6, 0)
    if want.get("lower.predict") is not None and want["method.predict"] in PI:
        pi, ci = PI[want["method.predict"]]
        predicted = at_tau2(y, v, want["tau2"], ci=ci, pi=pi)
        limits = (want["lower.predict"], want["upper.predict"])
        assert (predicted.pi_lower, predicted.pi_upper) == near(limits, 1e-7)


def test_most_of_the_results_are_compared():
    assert len(UNIVARIATE) > 80


@pytest.mark.parametrize("measure", ["OR", "RR"])
def test_mantel_haenszel_of_tables(measure):
    table = numbers("metabin", "e1", "n1", "e2", "n2")
    corrected = own("metabin", "metabin", sm=measure, method="MH")[0]
    (exact,) = own("metabin", "metabin", sm=measure, method="MH", **{"MH.exact": True})
    # meta adds 0.5 where a cell is empty unless told not to; MH.exact adds nothing.
    for want, rule in ((corrected, "affected"), (exact, "none")):
        got = mantel_haenszel(*table, measure=measure, zero_cells=rule)
        assert (got.estimate, got.se) == near((want["TE.common"], want["seTE.common"]), 1e-12)
        limits = (want["lower.common"], want["upper.common"])
        assert (got.ci_lower, got.ci_upper) == near(limits, 1e-10)
        assert got.p_value == near(want["pval.common"], 1e-8)


def test_peto_of_tables():
    (want,) = own("metabin", "metabin", method="Peto")
    got = peto(*numbers("metabin", "e1", "n1", "e2", "n2"))
    assert (got.estimate, got.se) == near((want["TE.common"], want["seTE.common"]), 1e-12)
    assert (got.q, got.q_df) == near((want["Q"], want["df.Q"]), 1e-10)


@pytest.mark.parametrize(("rule", "name"), [("all", "all"), ("all-if-any", "if0all")])
def test_zero_cells_of_tables(rule, name):
    (want,) = own("metabin", "metabin", **{"method.incr": name})
    got = count_effects(*numbers("metabin", "e1", "n1", "e2", "n2"), zero_cells=rule)
    y, v = effects(want)
    assert got.yi.tolist() == near(y.tolist(), 1e-12)
    assert got.vi.tolist() == near(v.tolist(), 1e-12)


GLMM = [
    ("metabin", {"model.glmm": "UM.FS"}, lambda x: odds_ratio_glmm(*x), ("e1", "n1", "e2", "n2")),
    ("metabin", {"model.glmm": "CM.EL"}, lambda x: odds_ratio_glmm(*x, model="conditional"),
     ("e1", "n1", "e2", "n2")),
    ("metaprop", {"method": "GLMM"}, lambda x: proportion_glmm(*x), ("x", "n")),
    ("metarate", {"method": "GLMM"}, lambda x: rate_glmm(*x), ("x", "t")),
    ("metainc", {"model.glmm": "UM.FS"}, lambda x: rate_ratio_glmm(*x), ("x1", "t1", "x2", "t2")),
    ("metainc", {"model.glmm": "CM.EL"}, lambda x: rate_ratio_glmm(*x, model="conditional"),
     ("x1", "t1", "x2", "t2")),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "options", "fit", "names"), GLMM)
def test_mixed_models(kind, options, fit, names):
    """lme4 stops at about 1e-4 of tau² and integrates with 7 points; tau² = 0 agrees to 1e-7."""
    want = own(kind, kind, **options)[0]
    got = fit(numbers(kind, *names))
    tolerance = 1e-7 if want["tau2"] == 0 else 2e-3
    assert got.tau2 == near(want["tau2"], tolerance)
    assert (got.estimate, got.se) == near((want["TE.random"], want["seTE.random"]), tolerance)
    assert got.tests["likelihood-ratio"].value == near(want["Q"]["LRT"], 1e-6)
    limits = (want["lower.predict"], want["upper.predict"])
    assert (got.pi_lower, got.pi_upper) == near(limits, max(tolerance, 1e-6) * 2)


@pytest.mark.parametrize("measure", ["IRR", "IRD"])
def test_mantel_haenszel_of_rates(measure):
    (want,) = own("metainc", "metainc", sm=measure, method="MH")
    got = mantel_haenszel_rates(*numbers("metainc", "x1", "t1", "x2", "t2"), measure=measure)
    assert (got.estimate, got.se) == near((want["TE.common"], want["seTE.common"]), 1e-12)
    assert (got.ci_lower, got.ci_upper) == near((want["lower.common"], want["upper.common"]), 1e-10)
    assert got.p_value == near(want["pval.common"], 1e-8)


@pytest.mark.parametrize(("name", "measure"), [("PLOGIT", "PLO"), ("PFT", "PFT")])
def test_proportions(name, measure):
    want = own("metaprop", "metaprop", sm=name, method="Inverse")[0]
    got = proportion_effects(*numbers("metaprop", "x", "n"), measure=measure)
    y, v = effects(want)
    assert got.yi.tolist() == near(y.tolist(), 1e-12)
    assert got.vi.tolist() == near(v.tolist(), 1e-12)


SUBGROUPS = [r for r in RESULTS["metagen"] if "tau.common" in r["options"]]


@pytest.mark.parametrize("case", SUBGROUPS, ids=lambda r: str(r["options"]))
def test_subgroups(case):
    want, options = case["result"], case["options"]
    y, v = effects(want)
    rule = CI[want["method.random.ci"], want["adhoc.hakn.ci"]]
    common = options["tau.common"]
    pi, slack = PI[want["method.predict"]][0], 1.2e-4 if want["method.tau"] == "PM" else 1e-8
    got = subgroups(
        y, v, want["subgroup"], tau2_assumption="common" if common else "separate", test="q",
        tau2=want["method.tau"], ci=rule, pi=pi,
    )  # fmt: skip
    pools = got.pools_common if common else got.pools
    for label, pool in zip(got.labels, pools, strict=True):
        assert pool.k == want["k.w"][label]
        assert pool.tau2 == near(want["tau2.w"][label], 1e-6, slack)
        assert (pool.estimate, pool.se) == near(
            (want["TE.random.w"][label], want["seTE.random.w"][label]), 1e-6, slack
        )
        limits = (want["lower.random.w"][label], want["upper.random.w"][label])
        assert (pool.ci_lower, pool.ci_upper) == near(limits, 1e-6, slack)
        assert pool.p_value == near(want["pval.random.w"][label], 1e-5, slack)
        assert pool.q == near(want["Q.w"][label], 1e-10)
        if rule == "wald":
            limits = (want["lower.predict.w"][label], want["upper.predict.w"][label])
            assert (pool.pi_lower, pool.pi_upper) == near(limits, 1e-5, 10 * slack)
    if rule == "wald":
        assert got.difference.value == near(want["Q.b.random"], 1e-5, 10 * slack)
        assert got.difference.p_value == near(want["pval.Q.b.random"], 1e-5, slack)
    assert got.difference.df1 == want["df.Q.b.random"]
    assert sum(pool.q for pool in got.pools) == near(want["Q.w.common"], 1e-10)


@pytest.mark.parametrize("rule", ["classic", "HK"])
@pytest.mark.parametrize("formula", ["~ x", "~ group", "~ x + group"])
def test_meta_regression(formula, rule):
    """metafor stopped at its default of 1e-5 in these, which is 1e-3 of tau² at worst."""
    (want,) = own("metagen", "metareg", formula=formula, **{"method.random.ci": rule})
    table = columns("metagen")
    y, se = numbers("metagen", "y", "se")
    design = {}
    if "x" in formula:
        design["x"] = [float(x) for x in table["x"]]
    if "group" in formula:
        design |= {f"group{c}": [float(g == c) for g in table["group"]] for c in "BC"}
    got = meta_regression(
        y, se**2, np.array(list(design.values())).T, names=list(design),
        ci="wald" if rule == "classic" else "hk",
    )  # fmt: skip
    assert [c.name for c in got.coefficients][1:] == want["terms"][1:]
    for name, key in (("estimate", "coef"), ("se", "se"), ("statistic", "statistic"),
                      ("p_value", "p"), ("ci_lower", "ci_lb"), ("ci_upper", "ci_ub")):  # fmt: skip
        assert [getattr(c, name) for c in got.coefficients] == near(want[key], 1e-3), name
    assert (got.tau2, got.i2, got.h2) == near((want["tau2"], want["I2"], want["H2"]), 1e-3)
    assert (got.qe, got.qe_p_value) == near((want["QE"], want["QEp"]), 1e-9)
    assert (got.qm, got.qm_p_value) == near((want["QM"], want["QMp"]), 1e-3)
    if want.get("R2") is not None:
        assert got.r2 == near(want["R2"], 1e-3)
    assert got.covariance.ravel().tolist() == near(np.ravel(want["vcov"]["values"]).tolist(), 1e-4)
    if line := want.get("bubble_line"):
        points = got.predict([[x] for x in line["x"]])
        for name, key in (("estimate", "pred"), ("ci_lower", "ci_lb"), ("ci_upper", "ci_ub"),
                          ("pi_lower", "pi_lb"), ("pi_upper", "pi_ub")):  # fmt: skip
            assert [getattr(p, name) for p in points] == near(line[key], 1e-4), name


@pytest.mark.parametrize(("fun", "refit"), [("metainf", leave_one_out), ("metacum", cumulative)])
def test_refits(fun, refit):
    (want,) = own("metagen", fun)
    y, se = numbers("metagen", "y", "se")
    order = () if refit is leave_one_out else (np.arange(y.size),)
    got = refit(y, se**2, *order, ci="wald")
    rows = len(got)
    for name, key in (("estimate", "TE"), ("se", "seTE"), ("ci_lower", "lower"),
                      ("ci_upper", "upper"), ("p_value", "pval"), ("tau2", "tau2")):  # fmt: skip
        values = [np.nan if x is None else x for x in want[key]][:rows]
        found = [x for x, y in zip(getattr(got, name), values, strict=True) if not math.isnan(y)]
        assert found == near([y for y in values if not math.isnan(y)], 1e-4, 1e-5), name


@pytest.mark.parametrize("rho", [0, 0.5])
def test_three_levels(rho):
    (want,) = (r for r in own("metagen", "metagen", rho=rho) if "cluster" in r)
    y, v = effects(want)
    cluster = want["cluster"]
    pairs = [
        (i, j, rho * math.sqrt(v[i] * v[j]))
        for i in range(len(y)) for j in range(i + 1, len(y))
        if rho and cluster[i] == cluster[j]
    ]  # fmt: skip
    got = dependent_effects(y, v, cluster, pairs=pairs, ci="wald", profile=True)
    (mean,) = got.coefficients
    assert (mean.estimate, mean.se) == near((want["TE.random"], want["seTE.random"]), 1e-5)
    assert (mean.ci_lower, mean.ci_upper) == near(
        (want["lower.random"], want["upper.random"]), 1e-5
    )
    assert [c.variance for c in got.components] == near(list(want["tau2"].values()), 1e-4)
    assert [c.ci_upper for c in got.components] == near(want["upper.tau2"], 1e-4)
    assert (got.q, got.q_p_value) == near((want["Q"], want["pval.Q"]), 1e-9)


@pytest.mark.parametrize(
    ("measure", "risk"), [(m, r) for m in ("OR", "RR", "RD") for r in (0.1, 0.25)]
)
@pytest.mark.parametrize("model", ["common", "random"])
def test_numbers_needed_to_treat(measure, risk, model):
    (want,) = own("metabin", "nnt", sm=measure, **{"p.c": risk})
    pool = own("metabin", "metabin", sm=measure, method="Inverse")[0]
    effect = Estimate(*(pool[f"{name}.{model}"] for name in ("TE", "lower", "upper")))
    found = absolute_risks(measure, effect, Estimate(risk, risk, risk))
    needed = number_needed(found.difference, fewer_is_better=True)
    told = want[model]
    # The random pools behind these stopped at metafor's default of 1e-5.
    tolerance = 1e-8 if model == "common" else 1e-3
    assert needed.estimate.value == near(told["NNT"][0], tolerance)
    limits = (told["lower.NNT"][0], told["upper.NNT"][0])
    assert (needed.best.value, needed.worst.value) == near(limits, tolerance)


def _bias(name):
    return own("metabin", "metabias", **{"method.bias": name})[0]


def test_tests_of_small_study_effects():
    table = numbers("metabin", "e1", "n1", "e2", "n2")
    y, v = effects(own("metabin", "metabin", sm="OR", method="Inverse")[0])
    for name, got in (
        ("Egger", egger(y, v)),
        ("Harbord", harbord(*table)),
        ("Peters", peters(*table)),
    ):
        want = _bias(name)
        assert (got.statistic, got.slope, got.slope_se, got.df) == near(
            (want["statistic"], want["bias"], want["se_bias"], want["df"]), 1e-9
        ), name
        assert got.p_value == near(want["p"], 1e-9), name
    # meta's p of this one is by t, ours by the normal.
    additive, want = regression_test(y, v), _bias("Thompson")
    assert (additive.statistic, additive.slope, additive.slope_se, additive.tau2) == near(
        (want["statistic"], want["bias"], want["se_bias"], want["tau2"]), 1e-6
    )
    # Kendall's S of 10 trials, which make 45 pairs.
    assert rank_test(y, v).tau == near(_bias("Begg")["estimate"][0] / 45, 1e-10)


@pytest.mark.parametrize("common", [True, False])
@pytest.mark.parametrize("estimator", ["L", "R"])
def test_trim_and_fill(estimator, common):
    (want,) = own("metabin", "trimfill", type=estimator, **{"ma.common": common})
    y, v = effects(own("metabin", "metabin", sm="OR", method="Inverse")[0])
    got = trim_and_fill(
        y, v, estimator=f"{estimator}0", tau2="CE" if common else "REML", ci="wald", side="right"
    )
    assert got.k0 == want["k0"]
    filled = np.array([*y, *got.filled_yi]), np.array([*v, *got.filled_vi])
    pooled = random_effects(*filled, tau2="CE", ci="wald")
    assert (pooled.estimate, pooled.se) == near((want["TE.common"], want["seTE.common"]), 1e-6)
    assert random_effects(*filled).estimate == near(want["TE.random"], 1e-6)
