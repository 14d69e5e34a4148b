"""Standard errors of the contrasts of one trial: can a trial have them, by how much not, a repair.

The covariance of contrasts that share an arm follows from the variances of all contrasts. Where it
is not positive definite no trial has these errors: for three arms that is so when one standard
error exceeds the sum of the two others.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations
from typing import Final

import numpy as np
from scipy import optimize

from trialpool.pooling.options import Floats

_SMALLEST_SHARE: Final = 1e-9
# Of the smallest variance: the least that a repair leaves to an arm.
_LEAST_ARM: Final = 0.02


def is_possible(variance: Floats) -> bool:
    """Whether a trial can have these variances of its contrasts, shape (m, m)."""
    first = variance[0, 1:]
    values = np.linalg.eigvalsh(0.5 * (first[:, None] + first[None, :] - variance[1:, 1:]))
    return bool(values[0] > _SMALLEST_SHARE * values[-1])


def repaired_variances(variance: Floats) -> Floats:
    """Variances of contrasts of independent arms that lie nearest to the given ones.

    Every contrast has the sum of the variances of its two arms; these are fitted by least squares
    of the relative differences, none below 2 % of the smallest variance.

    Parameters
    ----------
    variance : ndarray of shape (m, m)

    Returns
    -------
    ndarray of shape (m, m)
    """
    m = variance.shape[0]
    pairs = list(combinations(range(m), 2))
    given = np.array([variance[i, j] for i, j in pairs])
    least = _LEAST_ARM * float(given.min())
    arms = np.array([[float(k in pair) for k in range(m)] for pair in pairs])
    scaled = arms / given[:, None]
    own = least + optimize.nnls(scaled, 1.0 - scaled @ np.full(m, least))[0]
    whole = own[:, None] + own[None, :]
    np.fill_diagonal(whole, 0.0)
    return np.asarray(whole)


def explain_errors(label: str, arms: Sequence[str], variance: Floats) -> tuple[str, str]:
    """Say by how much the errors of a trial do not fit, and what would."""
    se = np.sqrt(variance)
    message = f"study {label!r}: no trial with {len(arms)} arms can have these standard errors"
    worst = max(
        (se[i, j] - se[i, k] - se[k, j], i, j, k)
        for i, j in combinations(range(len(arms)), 2)
        for k in range(len(arms))
        if k not in (i, j)
    )
    excess, i, j, k = worst
    if excess >= 0.0:
        most = se[i, k] + se[k, j]
        message += (
            f": that of {arms[i]} against {arms[j]} is {se[i, j]:.4g} and can be at most "
            f"{most:.4g}, the sum of {se[i, k]:.4g} and {se[k, j]:.4g} of these two against "
            f"{arms[k]}; it is too large by {excess:.2g} ({excess / most:.0%}), or these are too "
            "small"
        )
    else:
        first = variance[0, 1:]
        values = np.linalg.eigvalsh(0.5 * (first[:, None] + first[None, :] - variance[1:, 1:]))
        message += (
            ": the covariance that they give to contrasts that share an arm is not positive "
            f"definite, its smallest eigenvalue {values[0]:.2g} beside a largest of "
            f"{values[-1]:.2g}"
        )
    fitted = np.sqrt(repaired_variances(variance))
    changes = sorted(
        (-abs(np.log(fitted[i, j] / se[i, j])), i, j) for i, j in combinations(range(len(arms)), 2)
    )
    told = ", ".join(
        f"{arms[i]} against {arms[j]} {se[i, j]:.4g} to {fitted[i, j]:.4g}"
        for change, i, j in changes[:6]
        if change < -1e-6
    )
    remedy = f"Check the errors against the source. The nearest that a trial can have: {told}."
    return message, remedy


def negative_arms(arms: Sequence[str], variance: Floats) -> str:
    """Name the arms to which the errors give less than no variance; empty where there is none.

    Contrasts that share an arm then correlate negatively. Adjustment for covariates can do that
    to a small extent; a slip in an error does it more often.
    """
    m = len(arms)
    if m < 3:
        return ""
    # The variance of an arm if arms are independent, by least squares.
    total = variance.sum(axis=1)
    own = (total - variance.sum() / (2.0 * (m - 1))) / (m - 2)
    least = -1e-6 * float(variance.max())
    told = ", ".join(
        f"{name} ({value:.2g})" for name, value in zip(arms, own.tolist(), strict=True)
        if value < least
    )  # fmt: skip
    if not told:
        return ""
    return (
        f"its errors leave an arm less than no variance: {told}; check the errors against the "
        "source"
    )
