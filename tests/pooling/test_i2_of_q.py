"""The interval of I² from Qof a non-central chi-square."""

import pytest
from scipy import optimize, stats

from trialpool.pooling.univariate.i2_of_q import i2_limits


@pytest.mark.parametrize(("q", "df"), [(5.0, 1), (0.4, 1), (12.3, 5), (1.2, 3), (152.2, 12)])
def test_limits_are_where_the_tails_of_q_are(q, df):
    limits = i2_limits(q, df)
    for found, p in zip(limits, (0.975, 0.025), strict=True):
        if stats.chi2.cdf(q, df) <= p:
            assert found == 0.0
            continue
        away = optimize.brentq(lambda nc, p=p: stats.ncx2.cdf(q, df, nc) - p, 1e-9, 2000.0)
        assert found == pytest.approx(100 * away / (away + df), abs=1e-7)


@pytest.mark.parametrize("q", [1e10, 1e12, 1e25, 1e300, 1.7e308])
def test_limits_of_an_immense_q(q):
    # The interval of λ is narrow beside Q, so both limits are 100 (1 - df/Q) nearly.
    lower, upper = i2_limits(q, 50)
    assert lower == pytest.approx(100.0 * (1.0 - 50 / q), rel=1e-12)
    assert lower <= upper <= 100.0


def test_q_of_nothing_has_no_interval_above_zero():
    assert i2_limits(0.0, 1) == (0.0, 0.0)


def test_one_trial_has_none():
    assert i2_limits(0.0, 0) == i2_limits(None, 0) == (None, None)
