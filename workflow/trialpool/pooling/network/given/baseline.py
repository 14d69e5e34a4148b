"""Studies from one row per arm: effects against the baseline arm, or an estimate of each arm.

In a table of relative effects (the form of gemtc and multinma) the row of the baseline arm has no
effect. In a trial of several arms its error is that of the baseline arm itself, whose square is
the covariance of the contrasts against it (Dias et al. 2013, Medical Decision Making 33:607).
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations

import numpy as np

from trialpool.pooling.network.given.contrasts import (
    PrintedStudies,
    PrintedTrial,
    Sharing,
    check_sizes,
    empty_trial,
    finish,
    patients,
    too_many_arms,
)
from trialpool.pooling.network.studies import (
    LeftOutStudy,
    NetworkFault,
    by_study,
    check_names,
    natural,
)
from trialpool.pooling.options import Floats, as_floats


def from_rows(
    study: Sequence[object],
    treatment: Sequence[object],
    yi: object,
    vi: object,
    *,
    n: object | None = None,
    rounding: object | None = None,
    sharing: Sharing,
) -> tuple[PrintedStudies, tuple[LeftOutStudy, ...]]:
    """Studies from one row per arm.

    Parameters
    ----------
    study, treatment : sequence of str, length k
    yi, vi : array-like of shape (k,)
        Where one row of a study has NaN as `yi`, it is the baseline arm: the other rows are
        effects against it, and its `vi` the sampling variance of its arm, which trials of several
        arms need unless `n` or a correlation is there. Where none has, an estimate of each arm
        (a mean, log odds) with its sampling variance. Analysis scale.
    n : array-like of shape (k,), optional
        Patients per arm; NaN where not known.
    rounding : array-like of shape (k,), optional
        By how much each `yi` may be off.
    sharing : Sharing

    Returns
    -------
    studies : PrintedStudies
    left_out : tuple of LeftOutStudy
        Studies with one arm.

    Raises
    ------
    NetworkInputError
        With every study whose rows do not belong together.
    ValueError
        If an argument has another length or holds what is no number.
    """
    y = np.asarray(yi, dtype=np.float64)
    k = y.size
    v = np.asarray(vi, dtype=np.float64)
    if y.shape != (k,) or v.shape != (k,):
        raise ValueError(f"yi has shape {y.shape} and vi has shape {v.shape}; they must be equal")
    known = ~np.isnan(y)
    as_floats("yi", y[known], 1)
    bad = known & ~(np.isfinite(v) & (v > 0.0))
    if bad.any():
        at = int(np.argmax(bad))
        raise ValueError(f"vi[{at}]={v[at]:g}; allowed: finite numbers above 0")
    check_sizes(y[known], v[known])
    labels, names = check_names("study", study, k), check_names("treatment", treatment, k)
    sizes = patients("n", n, k)
    off = np.zeros(k) if rounding is None else np.asarray(rounding, dtype=np.float64)
    trials: list[PrintedTrial | list[NetworkFault]] = []
    left_out = []
    for label, rows in by_study(labels).items():
        faults = _faults(label, rows, names, known)
        if len(rows) == 1 and not faults:
            left_out.append(LeftOutStudy(label, "one arm only: nothing is compared"))
            continue
        trials.append(faults or _trial(label, rows, names, y, v, off, sizes))
    return finish(trials, sharing), tuple(left_out)


def _faults(
    label: str, rows: Sequence[int], names: Sequence[str], known: np.ndarray
) -> list[NetworkFault]:
    seen: dict[str, int] = {}
    for i in rows:
        if names[i] in seen:
            message = f"study {label!r} has two arms of this name"
            remedy = "Add the arms up, or name the treatments apart."
            both = (i, seen[names[i]])
            return [NetworkFault(both, "treatment", repr(names[i]), "arm-once", message, remedy)]
        seen[names[i]] = i
    baselines = [i for i in rows if not known[i]]
    if len(baselines) > 1:
        message = f"study {label!r} has {len(baselines)} arms without an effect"
        remedy = (
            "One arm, the baseline that the others are compared with, has none; enter the effects "
            "of the others, or take their rows out."
        )
        return [NetworkFault(tuple(baselines), "yi", "", "one-baseline", message, remedy)]
    return too_many_arms(label, sorted(seen), rows)


def _trial(
    label: str,
    rows: Sequence[int],
    names: Sequence[str],
    y: Floats,
    v: Floats,
    off: Floats,
    sizes: Floats,
) -> PrintedTrial | list[NetworkFault]:
    order = sorted(rows, key=lambda i: natural(names[i]))
    trial = empty_trial(label, tuple(names[i] for i in order), tuple(rows))
    trial.sizes = {names[i]: float(sizes[i]) for i in order if not np.isnan(sizes[i])}
    base = next((p for p, i in enumerate(order) if np.isnan(y[i])), None)

    def enter(p: int, q: int, effect: float, variance: float, slack: float) -> None:
        trial.effect[p, q], trial.effect[q, p] = effect, -effect
        trial.variance[p, q] = trial.variance[q, p] = variance
        trial.slack[p, q] = trial.slack[q, p] = slack

    if base is None:
        for p, q in combinations(range(len(order)), 2):
            i, j = order[p], order[q]
            enter(p, q, y[i] - y[j], v[i] + v[j], off[i] + off[j])
        return trial
    for p, i in enumerate(order):
        if p != base:
            enter(p, base, y[i], v[i], off[i])
    shared = float(v[order[base]])
    if len(order) == 2 or not shared > 0.0:
        return trial
    for p, q in combinations([p for p in range(len(order)) if p != base], 2):
        i, j = order[p], order[q]
        if shared >= min(v[i], v[j]):
            arm = i if v[i] <= v[j] else j
            message = (
                f"study {label!r}: the baseline arm, {names[order[base]]}, has the standard error "
                f"{np.sqrt(shared):.4g}, and {names[arm]} against it {np.sqrt(v[arm]):.4g}: an arm "
                "cannot be less certain than a contrast that it is part of"
            )
            remedy = (
                "In the baseline row stands the standard error of that arm alone; check both "
                "numbers, or leave it empty and add the patients per arm (n)."
            )
            return [
                NetworkFault((order[base], arm), "vi", f"{shared:.4g}", "errors-of-one-study",
                             message, remedy)
            ]  # fmt: skip
        enter(p, q, y[i] - y[j], v[i] + v[j] - 2.0 * shared, off[i] + off[j])
    return trial
