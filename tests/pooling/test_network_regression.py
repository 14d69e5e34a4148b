"""Network meta-regression against generalised least squares by R, and written out."""

from __future__ import annotations

import json
import math

import numpy as np
import pytest
from network_samples import REFERENCE, contrasts, random_rows, table

from trialpool.pooling import at_tau2
from trialpool.pooling.network import network, network_regression
from trialpool.pooling.numeric.tails import two_sided_p

NETMETA = json.loads((REFERENCE / "netmeta_ranks_regression.json").read_text(encoding="utf-8"))


def regressed(name, tau2="REML", **options):
    reference = NETMETA[name]["reference"]
    found = network(**contrasts(name), reference=reference, tau2=tau2, node_splitting=False)
    values = {row["study"]: float(row["x"]) for row in table(name)}
    return network_regression(found, values, **options)


@pytest.mark.parametrize("name", ["oncology", "senn2013"])
def test_common_slope_equals_r(name):
    """Generalised least squares with the covariance of trials of several arms, in R."""
    expected = NETMETA[name]["common"]
    own = regressed(name)
    (slope,) = own.slopes
    # R's optimiser of tau² stops at about 1e-7.
    assert own.tau2 == pytest.approx(expected["tau2"], abs=5e-7)
    assert slope.estimate == pytest.approx(expected["coef"][-1], rel=1e-6)
    at = regressed(name, tau2=expected["tau2"])
    # R solved with years that are not centred.
    assert at.slopes[0].estimate == pytest.approx(expected["coef"][-1], rel=2e-8)
    assert at.slopes[0].wald_se == pytest.approx(expected["se"][-1], rel=2e-8)
    for term, value in zip(expected["terms"][:-1], expected["coef"][:-1], strict=True):
        moved = value + at.slopes[0].estimate * at.centre
        assert at.effects[term] == pytest.approx(moved, abs=1e-6)


def test_error_by_hartung_and_knapp_with_floor():
    rows = random_rows(3, n=4, trials=14)
    found = network(**rows, tau2=0.0, node_splitting=False)
    values = {s.label: float(i) for i, s in enumerate(found.studies)}
    own = network_regression(found, values)
    (slope,) = own.slopes
    factor = max(1.0, own.q_residual.q / own.df)
    assert factor > 1.0
    assert slope.se == pytest.approx(slope.wald_se * math.sqrt(factor), rel=1e-10)
    assert slope.p_value == pytest.approx(two_sided_p(slope.estimate / slope.se, own.df))
    assert own.df == found.decomposition.total.df - 1


def test_two_treatments_are_a_regression_of_trials():
    """Weighted least squares of eight trials on a covariate, written out."""
    rng = np.random.default_rng(2)
    y, v, x = rng.normal(0, 0.3, 8), rng.uniform(0.02, 0.1, 8), rng.normal(2010, 5, 8)
    found = network(study=range(8), treat1=["a"] * 8, treat2=["b"] * 8, yi=y, vi=v,
                    reference="b", tau2=0.03)  # fmt: skip
    own = network_regression(found, {str(i): value for i, value in enumerate(x)}, covariate="year")
    design = np.stack([np.ones(8), x - x.mean()], axis=1)
    gram = design.T @ (design / (v + 0.03)[:, None])
    expected = np.linalg.solve(gram, design.T @ (y / (v + 0.03)))
    assert own.effects["a"] == pytest.approx(expected[0], abs=1e-12)
    assert own.slopes[0].estimate == pytest.approx(expected[1], abs=1e-12)
    assert own.slopes[0].wald_se == pytest.approx(math.sqrt(np.linalg.inv(gram)[1, 1]))
    assert at_tau2(y, v, 0.03).estimate != own.effects["a"]
    assert (own.covariate, own.df, own.k) == ("year", 6, 8)
    assert json.dumps(own.to_dict(), allow_nan=False)


def test_one_slope_for_each_treatment():
    own = regressed("senn2013", slopes="independent")
    slopes = {one.treatment: one for one in own.slopes}
    # Benfluorex has two trials: its slope is the line through them, whatever tau² is.
    two = [r for r in table("senn2013") if "Benfluorex" in (r["treat1"], r["treat2"])]
    assert len(two) == 2
    (y1, x1), (y2, x2) = ((float(r["yi"]), float(r["x"])) for r in two)
    assert slopes["Benfluorex"].estimate == pytest.approx((y1 - y2) / (x1 - x2), abs=1e-9)
    # One trial shows no slope.
    assert slopes["Sitagliptin"].estimate is None
    assert "Sitagliptin" not in own.effects


def test_fewer_than_four_degrees_of_freedom_are_not_estimable():
    own = regressed("oncology", slopes="independent")
    assert own.slopes == ()
    assert own.reason == "not estimable: 1 degree of freedom would remain; at least 4 are needed"
    found = network(study=range(6), treat1=["a"] * 6, treat2=["b"] * 6, yi=[0.1] * 6, vi=[0.1] * 6)
    assert network_regression(found, {str(i): i for i in range(6)}).df == 4
    assert network_regression(found, {str(i): i for i in range(6)}).reason == ""


def test_a_covariate_that_does_not_vary_is_not_estimable():
    found = network(study=range(6), treat1=["a"] * 6, treat2=["b"] * 6, yi=[0.1] * 6, vi=[0.1] * 6)
    own = network_regression(found, {str(i): 2.0 for i in range(6)})
    assert own.slopes == ()
    assert "does not vary" in own.reason
    assert own.to_dict()["tau2"] is None


@pytest.mark.parametrize(
    ("values", "message"),
    [({"0": 1.0}, "no covariate of 1"), ({"0": 1.0, "1": math.nan}, "of 1 is nan")],
)
def test_what_is_refused(values, message):
    found = network(study=range(2), treat1=["a"] * 2, treat2=["b"] * 2, yi=[0.1] * 2, vi=[0.1] * 2)
    with pytest.raises(ValueError, match=message):
        network_regression(found, values)
    with pytest.raises(ValueError, match="slopes='one'"):
        network_regression(found, {"0": 1.0, "1": 2.0}, slopes="one")
