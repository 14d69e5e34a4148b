"""Leave-one-out and influence of a thousand trials against metafor, trial by trial."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from scipy import special

from trialpool.sensitivity import baujat, influence, leave_one_out

POOLS = json.loads(
    (Path(__file__).parents[1] / "reference" / "metafor_many_trials.json").read_text("utf-8")
)["pools"]


@pytest.fixture(scope="module")
def trials():
    """As tests/reference/metafor_many_trials.R makes them."""
    i = np.arange(1.0, 1001.0)
    vi = 0.01 + 0.19 * (i * 0.6180339887498949 % 1.0)
    return -0.3 + special.ndtri(i * 0.41421356237309515 % 1.0) * np.sqrt(0.04 + vi), vi


@pytest.mark.parametrize(("method", "rel"), [("REML", 1e-8), ("DL", 1e-10)])
def test_without_one_of_a_thousand(trials, method, rel):
    """metafor's pools, and what Viechtbauer and Cheung (2010) make of them."""
    yi, vi = trials
    found = leave_one_out(yi, vi, tau2=method, ci="hk")
    diagnosed = influence(yi, vi, tau2=method)
    plotted = baujat(yi, vi, tau2=method)
    mean, _, tau2, _ = POOLS[method]["all"]
    w = 1.0 / (vi + tau2)
    for gone, expected in POOLS[method].items():
        if gone == "all":
            continue
        i, without = int(gone), np.arange(yi.size) != int(gone)
        mine = [float(getattr(found, name)[i]) for name in ("estimate", "se", "tau2", "q")]
        assert mine == pytest.approx(expected, rel=rel)
        own_mean, _, own_tau2, q = expected
        variance = 1.0 / np.sum(1.0 / (vi[without] + own_tau2))
        shift, spread = mean - own_mean, vi[i] + own_tau2
        expected_of = {
            "rstudent": (yi[i] - own_mean) / np.sqrt(spread + variance),
            "dffits": shift / np.sqrt(w[i] / w.sum() * spread),
            "cook_d": shift**2 * w.sum(),
            "cov_ratio": variance * w.sum(),
            "tau2_deleted": own_tau2,
            "q_deleted": q,
            "hat": w[i] / w.sum(),
            "dfbetas": shift * np.sqrt(np.sum(1.0 / (vi + own_tau2))),
        }
        for name, value in expected_of.items():
            # Differences of two means keep fewer digits.
            assert getattr(diagnosed, name)[i] == pytest.approx(value, rel=1e4 * rel), name
        assert plotted.y[i] == pytest.approx(shift**2 / variance, rel=1e4 * rel)
