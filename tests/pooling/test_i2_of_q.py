"""I² from Q with the interval of a non-central chi-square."""

import pytest
from scipy import optimize, stats

from trialpool.pooling.univariate.i2_of_q import i2_of_q


@pytest.mark.parametrize(("q", "df"), [(5.0, 1), (0.4, 1), (12.3, 5), (1.2, 3), (152.2, 12)])
def test_limits_are_where_the_tails_of_q_are(q, df):
    estimate, *limits = i2_of_q(q, df)
    assert estimate == pytest.approx(100 * max(0.0, (q - df) / q))
    for found, p in zip(limits, (0.975, 0.025), strict=True):
        if stats.chi2.cdf(q, df) <= p:
            assert found == 0.0
            continue
        away = optimize.brentq(lambda nc, p=p: stats.ncx2.cdf(q, df, nc) - p, 1e-9, 2000.0)
        assert found == pytest.approx(100 * away / (away + df), abs=1e-7)


def test_q_of_nothing_has_no_interval_above_zero():
    assert i2_of_q(0.0, 1) == (0.0, 0.0, 0.0)
