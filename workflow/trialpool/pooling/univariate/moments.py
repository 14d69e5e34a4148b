"""Estimators of tau² from one or two quadratic forms, and the equation Q = df.

Q_a = Σ a (y - mean_a)² with fixed weights a = 1/(v + t) has, for true tau²,

    E(Q_a) = df + (tau² - t) tr(P_a),
    Var(Q_a) = 2 df + 4 (tau² - t) tr(P_a) + 2 (tau² - t)² tr(P_a²),

because Var(y) = A⁻¹ + (tau² - t) I and P_a A⁻¹ P_a = P_a (DerSimonian and
Kacker 2007, Contemporary Clinical Trials 28:105, equations for general
weights). Standard errors below take the weights as fixed.
"""

from __future__ import annotations

import numpy as np

from trialpool.pooling.numeric.roots import solve, solve_one
from trialpool.pooling.numeric.scalars import functions_of
from trialpool.pooling.numeric.single_sums import AnyOne
from trialpool.pooling.numeric.tau2_blocks import (
    AnyBlocks,
    AnySet,
    Tau2Fit,
    bounded,
    only_arrays,
    smallest_variance,
    take,
    total,
)
from trialpool.pooling.options import Floats, Ints, Value


def _squares(each: list[Value]) -> Value:
    return total([m.a1 for m in each])


def _trace(each: list[Value]) -> Value:
    return total([m.trace_p for m in each])


def _weight(each: list[Value]) -> Value:
    return total([m.s1 for m in each])


def _null(blocks: AnyBlocks) -> list[Value]:
    return [block.null for block in blocks]


def _q_sd(m: Value, excess: Value, df: Value) -> Value:
    """Give the standard deviation of Q_a; the true tau² is `excess` above that of the weights."""
    xp = functions_of(df)
    variance = 2.0 * df + 4.0 * excess * m.trace_p + 2.0 * excess * excess * m.trace_pp
    return xp.sqrt(xp.maximum(variance, 0.0))


def _step(each: list[Value], first: Value, df: Value) -> Value:
    """Moment estimate with weights 1/(v + first), not yet bounded."""
    return first + (_squares(each) - df) / _trace(each)


def dersimonian_laird(blocks: AnyBlocks, df: Value) -> Tau2Fit:
    """(Q - df)/tr(P): DerSimonian and Laird 1986, Controlled Clinical Trials 7:177."""
    return bounded(_step(_null(blocks), 0.0 * df, df))


def dersimonian_laird_se(one: AnySet, fitted: Value, tau2: Value, df: Value) -> Value:
    """√Var(Q)/tr(P), exact for the estimate before it is bounded."""
    return _q_sd(one.null, tau2, df) / one.null.trace_p


def two_step(blocks: AnyBlocks, df: Value) -> Tau2Fit:
    """DerSimonian-Laird again with the weights that its own estimate gives.

    DerSimonian and Kacker 2007, Contemporary Clinical Trials 28:105 (DL2). Both
    steps are bounded at 0.
    """
    first = dersimonian_laird(blocks, df).tau2
    return bounded(_step([block.moments(first) for block in blocks], first, df))


def two_step_se(one: AnySet, fitted: Value, tau2: Value, df: Value) -> Value:
    """√Var(Q_a)/tr(P_a) with the weights of the second step taken as fixed."""
    first = dersimonian_laird((one,), df).tau2
    m = one.moments(first)
    return _q_sd(m, tau2 - first, df) / m.trace_p


def hunter_schmidt(blocks: AnyBlocks, df: Value) -> Tau2Fit:
    """(Q - k)/Σw: Hunter and Schmidt 2004; Viechtbauer 2005, equation for HS."""
    each = _null(blocks)
    k = df + len(blocks)
    return bounded((_squares(each) - k) / _weight(each))


def hunter_schmidt_se(one: AnySet, fitted: Value, tau2: Value, df: Value) -> Value:
    """√Var(Q)/Σw."""
    return _q_sd(one.null, tau2, df) / one.null.s1


def hunter_schmidt_corrected(blocks: AnyBlocks, df: Value) -> Tau2Fit:
    """(k/(k - 1) Q - k)/Σw: Brannick, Potter, Benitez and Morris 2019.

    Organizational Research Methods 22:490: the mean squared deviation is taken
    as a sample variance, by k - 1 in place of k.
    """
    each = _null(blocks)
    k = df + len(blocks)
    return bounded((k / df * _squares(each) - k) / _weight(each))


def hunter_schmidt_corrected_se(one: AnySet, fitted: Value, tau2: Value, df: Value) -> Value:
    """k/(k - 1) √Var(Q)/Σw."""
    return (df + 1.0) / df * hunter_schmidt_se(one, fitted, tau2, df)


def _unweighted(blocks: AnyBlocks) -> tuple[Value, ...]:
    """Sum with equal weights over blocks: Σ(y - ȳ)², tr(PV), tr(PVPV), k."""
    sums = zip(*(block.unweighted() for block in blocks), strict=True)
    return tuple(total(list(parts)) for parts in sums)


def hedges(blocks: AnyBlocks, df: Value) -> Tau2Fit:
    """Variance of the effects less the mean variance: Hedges 1983; Hedges and Olkin 1985.

    Cochran's analysis of variance estimator (Cochran 1954, Biometrics 10:101).
    """
    squares, expected, _, _ = _unweighted(blocks)
    return bounded((squares - expected) / df)


def hedges_se(one: AnySet, fitted: Value, tau2: Value, df: Value) -> Value:
    """√(2 tr(PVPV) + 4 tau² tr(PV) + 2 tau⁴ df)/df with P = I - 11'/k."""
    _, first, second, _ = one.unweighted()
    variance = 2.0 * second + 4.0 * tau2 * first + 2.0 * tau2 * tau2 * df
    return functions_of(df).sqrt(variance) / df


def _crude(blocks: AnyBlocks) -> Value:
    squares, _, _, k = _unweighted(blocks)
    return squares / k


def sidik_jonkman(blocks: AnyBlocks, df: Value) -> Tau2Fit:
    """Crude variance t = Σ(y - ȳ)²/k times Σ (y - mean)²/(v/t + 1)/df.

    Sidik and Jonkman 2005, Journal of the Royal Statistical Society C 54:367.
    Positive unless all effects are equal, so it never meets the bound. Several
    blocks take the crude variance within blocks.
    """
    crude = _crude(blocks)
    return bounded(crude * _squares([block.moments(crude) for block in blocks]) / df)


def sidik_jonkman_se(one: AnySet, fitted: Value, tau2: Value, df: Value) -> Value:
    """√Var(Q_a)/df times the crude variance; it and its weights are taken as fixed."""
    crude = _crude((one,))
    return crude * _q_sd(one.moments(crude), tau2 - crude, df) / df


def _excess(each: list[Value], target: Value) -> tuple[Value, Value]:
    """1 - target/Q, which vanishes at Q = target, and its derivative by tau².

    1/Q is nearly straight in tau², so Newton is at home on it.
    """
    q, slope = _squares(each), total([m.a2 for m in each])
    return 1.0 - target / q, -target * slope / (q * q)


def _begin(target: Value, null: tuple[Value, Value], here: tuple[Value, ...] | None) -> Value:
    """Guess where Q(tau²) = target, from Q and minus its derivative at 0 and at another tau².

    tau² as a function of x = 1/Q has slope Q²/Σw²r². Between 0 and the other
    tau² it is interpolated by a cubic, beyond it goes on straight.
    """
    q0, d0 = null
    if here is None:
        return q0 * (q0 - target) / (target * d0)
    t, q, d = here
    xp = functions_of(target)
    x0, x1 = 1.0 / q0, 1.0 / q
    slope0, slope1 = q0 * q0 / d0, q * q / d
    apart = x1 > x0
    reach = xp.where(apart, x1 - x0, 1.0)
    s = (1.0 / target - x0) / reach
    rest = 1.0 - s
    between = s * s * (t * (1.0 + 2.0 * rest) - rest * reach * slope1) + (
        rest * rest * s * reach * slope0
    )
    return xp.where(apart & (target > q), between, t + (1.0 / target - x1) * slope1)


def solve_q(
    blocks: AnyBlocks, targets: tuple[Value, ...], here: tuple[Value, ...] | None = None
) -> list[tuple[Value, Value]]:
    """Solve Q(tau²) = target; 0 where Q(0) is not above the target.

    Parameters
    ----------
    targets : tuple of ndarray of shape (n,), or of float
        Each is a problem of its own.
    here : tuple, optional
        A tau² above 0 or not, with Q and minus its derivative there.

    Returns
    -------
    list of (tau2, converged), one per target

    Notes
    -----
    The root is at most Σ(y - c)²/target for any c, because the mean minimises
    the weighted squares and no weight exceeds 1/tau².
    """
    each = _null(blocks)
    null = (_squares(each), total([m.a2 for m in each]))
    if isinstance(blocks[0], AnyOne):
        return [_solve_one_q(blocks[0], target, null, here) for target in targets]
    many = only_arrays(blocks)
    n = targets[0].size
    target = np.concatenate(targets)
    owner = np.tile(np.arange(n), len(targets))
    above = np.flatnonzero(null[0][owner] > target)
    mine, goal = owner[above], target[above]

    def evaluate(index: Ints, t: Floats) -> tuple[Floats, Floats]:
        own = take(many, mine[index])
        return _excess([block.moments(t) for block in own], goal[index])

    upper = total([block.squares for block in many])[mine] / goal
    known = None if here is None else tuple(x[mine] for x in here)
    start = np.clip(_begin(goal, (null[0][mine], null[1][mine]), known), 0.0, upper)
    root, fine = solve(evaluate, np.zeros_like(goal), upper, start, smallest_variance(many)[mine])
    tau2 = np.zeros_like(target)
    converged = np.ones(target.shape, dtype=np.bool_)
    tau2[above], converged[above] = root, fine
    return [(tau2[i : i + n], converged[i : i + n]) for i in range(0, target.size, n)]


def _solve_one_q(
    one: AnyOne,
    target: float,
    null: tuple[float, float],
    here: tuple[float, ...] | None,
) -> tuple[float, bool]:
    if not null[0] > target:
        return 0.0, True
    upper = one.squares / target
    start = min(max(_begin(target, null, here), 0.0), upper)

    def evaluate(t: float) -> tuple[float, float]:
        return _excess([one.moments(t)], target)

    return solve_one(evaluate, 0.0, upper, start, one.unit)


def paule_mandel(blocks: AnyBlocks, df: Value) -> Tau2Fit:
    """Solve Q(tau²) = df: Paule and Mandel 1982, Journal of Research of the NBS 87:377.

    The empirical Bayes estimator solves the same equation (Morris 1983, Journal
    of the American Statistical Association 78:47; DerSimonian and Kacker 2007).
    """
    return bounded(*solve_q(blocks, (df,))[0])


def paule_mandel_se(one: AnySet, fitted: Value, tau2: Value, df: Value) -> Value:
    """Delta method with every weight replaced by their mean.

    Q(tau²) is chi-square at the true tau² and falls with slope tr(P), so the
    standard error is √(2 df)/tr(P). With equal weights tr(P) = Σw df/k, the
    form that metafor reports; it is kept so that the two agree.
    """
    return functions_of(df).sqrt(2.0 / df) * (df + 1.0) / fitted.s1
