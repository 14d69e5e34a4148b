"""Network meta-analysis: all treatments of a connected network at once."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from itertools import combinations

import numpy as np
import numpy.typing as npt

from trialpool.pooling.network.estimates import NetworkEstimates, NetworkTau2, read_only
from trialpool.pooling.network.evidence.splitting import node_splits
from trialpool.pooling.network.given.contrasts import Sharing
from trialpool.pooling.network.given.inputs import NETWORK_MEASURES, read_studies
from trialpool.pooling.network.graph import (
    Pair,
    compared_pairs,
    components,
    designs,
    usual_reference,
)
from trialpool.pooling.network.inconsistency import EvidenceSplit, back_calculation, decompose
from trialpool.pooling.network.intervals import NETWORK_CI, interval_warnings, network_interval
from trialpool.pooling.network.model import (
    NETWORK_TAU2,
    Fit,
    Model,
    Tau2,
    basic_matrix,
    build,
    estimate_tau2,
    fit,
    tau2_limits,
)
from trialpool.pooling.network.ranking import SMALL_VALUES, p_scores
from trialpool.pooling.network.results import NetworkResult
from trialpool.pooling.network.studies import (
    LeftOutStudy,
    NetworkFault,
    NetworkInputError,
    StudyEffects,
    natural,
)
from trialpool.pooling.numeric.tails import two_sided_quantile
from trialpool.pooling.options import (
    MEASURE_SCALES,
    check_level,
    check_tau2,
    choose,
)


def network(
    *,
    study: Sequence[object],
    treat1: Sequence[object] | None = None,
    treat2: Sequence[object] | None = None,
    yi: npt.ArrayLike | None = None,
    sei: npt.ArrayLike | None = None,
    vi: npt.ArrayLike | None = None,
    rounding: npt.ArrayLike | None = None,
    treatment: Sequence[object] | None = None,
    events: npt.ArrayLike | None = None,
    n: npt.ArrayLike | None = None,
    n1: npt.ArrayLike | None = None,
    n2: npt.ArrayLike | None = None,
    correlation: float | None = None,
    repair_errors: bool = False,
    measure: str | None = None,
    reference: str | None = None,
    tau2: str | float = "REML",
    small_values: str = "good",
    level: float = 0.95,
    ci: str = "hk-adhoc",
    node_splitting: bool = True,
) -> NetworkResult:
    """Frequentist network meta-analysis of contrasts or of arms.

    Generalised least squares with the covariance within trials of several arms, which is
    Rücker's graph-theoretical model (2012, Research Synthesis Methods 3:312; Rücker and
    Schwarzer 2014, Statistics in Medicine 33:4353). One tau² for all comparisons. The
    component of the network that holds the reference is analysed.

    Parameters
    ----------
    study : sequence of str, length k
        Rows with one name are one trial.
    treat1, treat2 : sequence of str, length k
        With `yi`: the effect of `treat1` against `treat2`.
    yi, sei, vi : array-like of shape (k,)
        Effects on the analysis scale (log for ratios), with standard errors or variances.
    rounding : array-like of shape (k,), optional
        By how much each `yi` may be off because it was rounded when printed; contrasts of
        one trial must add up within it.
    n1, n2 : array-like of shape (k,), optional
        Patients of the two arms of a contrast. Where a trial of several arms does not give all
        its contrasts, the covariance of those that share an arm follows from them.
    correlation : float, optional
        Of contrasts that share an arm, where neither the missing contrast nor patients per arm
        are known; 0.5 with arms of equal size.
    repair_errors : bool
        Whether standard errors that no trial can have are replaced by the nearest that one can;
        otherwise they are refused with that proposal.
    treatment : sequence of str, length k
        One row per arm: with `events` and `n`; or with `yi` and `sei` (or `vi`), as effects
        against the arm of that trial whose `yi` is NaN, whose `sei` is that of its arm alone, or
        as an estimate of each arm where no `yi` is NaN.
    events, n : array-like of shape (k,)
        Patients with the event, and all patients. 0.5 is added to both cells of all arms
        of a trial with a zero cell; for ratios a trial without events in any arm is left out.
    measure : str, optional
        "OR", "RR" or "RD" of arms, and needed there; of contrasts by default "generic".
    reference : str, optional
        By default the treatment of most trials in the largest component.
    tau2 : {"REML", "ML", "DL"} or float
        Between-trial variance: its estimator, or its value.
    small_values : {"good", "bad"}
        Whether small effects (a hazard ratio below 1) are better, for P-scores.
    level : float
    ci : {"hk-adhoc", "hk", "wald"}
        Interval of the random-effects estimates: Hartung-Knapp with a factor of at least 1,
        without that floor, or Wald. Without a degree of freedom it is Wald's, which `warnings`
        says.
    node_splitting : bool
        Whether each pair that trials compare gets a model of its own (side splitting).

    Returns
    -------
    NetworkResult

    Raises
    ------
    NetworkInputError
        With every row or study that makes no network.
    ValueError
        Naming the argument, the value and what is allowed.
    """
    choose("small_values", small_values, SMALL_VALUES)
    choose("ci", ci, NETWORK_CI)
    level = check_level(level)
    method: str | float
    method = choose("tau2", tau2, NETWORK_TAU2) if isinstance(tau2, str) else check_tau2(tau2)
    given = read_studies(
        study,
        {"treat1": treat1, "treat2": treat2, "treatment": treatment},
        {"yi": yi, "sei": sei, "vi": vi, "rounding": rounding, "events": events, "n": n,
         "n1": n1, "n2": n2},
        measure,
        Sharing(correlation, repair_errors),
    )  # fmt: skip
    return analyse(
        given.studies,
        measure=given.measure,
        reference=reference,
        method=method,
        small_values=small_values,
        level=level,
        ci=ci,
        node_splitting=node_splitting,
        corrected=given.corrected,
        left_out=given.left_out,
        notes=given.notes,
    )


def analyse(
    studies: Sequence[StudyEffects],
    *,
    measure: str,
    reference: str | None,
    method: str | float,
    small_values: str,
    level: float,
    ci: str = "hk-adhoc",
    node_splitting: bool = True,
    corrected: tuple[str, ...] = (),
    left_out: tuple[LeftOutStudy, ...] = (),
    notes: tuple[str, ...] = (),
) -> NetworkResult:
    """Analyse studies; see `network` for the options."""
    if not studies:
        reason = left_out[0].reason if left_out else "there are no rows"
        raise ValueError(f"study: no trial is left: {reason}; allowed: trials that compare arms")
    parts = components(studies)
    names = [name for part in parts for name in part.treatments]
    if reference is None:
        reference = usual_reference(studies)
    elif reference not in names:
        allowed = ", ".join(sorted(names, key=natural))
        raise ValueError(f"reference={reference!r} is in no trial; allowed: {allowed}")
    own = next(part for part in parts if reference in part.treatments)
    parts = (own, *(part for part in parts if part is not own))
    # Sums must not depend on the order of the rows.
    used = sorted(
        (s for s in studies if s.treatments[0] in own.treatments), key=lambda s: natural(s.label)
    )
    away = sorted(
        (s for s in studies if s.treatments[0] not in own.treatments),
        key=lambda s: natural(s.label),
    )
    left_out += tuple(
        LeftOutStudy(
            s.label, f"not connected with {reference}: compares {' and '.join(s.treatments)}"
        )
        for s in away
    )
    treatments = own.treatments
    columns = {name: i for i, name in enumerate(t for t in treatments if t != reference)}
    model = build(
        [
            (s.contrasts, s.contrast_covariance, basic_matrix(s.treatments, columns, len(columns)))
            for s in used
        ]
    )
    found = estimate_tau2(model, method)
    at_zero, at_tau2 = fit(model, 0.0), fit(model, found.value)
    where = np.array([i for i, name in enumerate(treatments) if name != reference], dtype=np.int64)

    def estimates(solution: Fit) -> NetworkEstimates:
        size = len(treatments)
        effects, covariance = np.zeros(size), np.zeros((size, size))
        effects[where] = solution.coefficients
        covariance[np.ix_(where, where)] = solution.covariance
        scores = p_scores(effects, covariance, small_values)
        return NetworkEstimates(read_only(effects), read_only(covariance), read_only(scores))

    quantile = float(two_sided_quantile(level, float("nan")))
    df = model.df
    predicts = df >= 1 and len(used) >= 3
    interval = network_interval(ci, at_tau2, df, level)
    result = NetworkResult(
        treatments=treatments,
        reference=reference,
        measure=measure,
        scale=MEASURE_SCALES[measure],
        small_values=small_values,
        level=level,
        k=len(used),
        n_contrasts=model.k,
        random=estimates(at_tau2),
        common=estimates(at_zero),
        tau2=tau2_record(model, at_zero, found, method, level),
        decomposition=decompose(used, model),
        direct_indirect=(),
        node_splits=(),
        designs=designs(used),
        components=parts,
        studies=tuple(used),
        apart=tuple(away),
        left_out=left_out,
        corrected=corrected,
        notes=(*notes, *_notes(model, found, parts)),
        interval=interval,
        warnings=interval_warnings(interval, at_tau2, at_zero, level),
        quantile=quantile,
        prediction_quantile=float(two_sided_quantile(level, float(df))) if predicts else None,
    )
    return _with_splits(result, used, columns, method if node_splitting else None)


def tau2_record(
    model: Model,
    common: Fit,
    found: Tau2,
    method: str | float,
    level: float,
) -> NetworkTau2:
    """Put an estimate of tau² together with its interval and I²; `common` is the fit at 0."""
    df, named, value = model.df, isinstance(method, str), found.value
    lower, upper = tau2_limits(model, level) if named else (None, None)
    i2 = i2_q = None
    if df >= 1:
        i2 = 100.0 * value / (value + df / common.trace)
        i2_q = 100.0 * max(0.0, common.q - df) / common.q if common.q > 0.0 else 0.0
    return NetworkTau2(
        value=value,
        lower=lower,
        upper=upper,
        i2=i2,
        i2_q=i2_q,
        method=method if isinstance(method, str) else "given",
        converged=found.converged,
        multimodal=found.multimodal,
    )


def _notes(
    model: Model,
    found: Tau2,
    parts: Sequence[object],
) -> tuple[str, ...]:
    notes = []
    if model.df < 1:
        notes.append("no comparison was made twice: tau² cannot be estimated and is taken as 0")
    if not found.converged:
        notes.append("tau² did not converge")
    if found.multimodal:
        notes.append("the likelihood of tau² has several local maxima; the highest is taken")
    if len(parts) > 1:
        notes.append(
            f"the network falls into {len(parts)} parts that no trial connects; "
            "the one with the reference is analysed"
        )
    return tuple(notes)


def _with_splits(
    result: NetworkResult,
    studies: Sequence[StudyEffects],
    columns: dict[str, int],
    method: str | float | None,
) -> NetworkResult:
    """Add direct and indirect evidence."""
    own: dict[Pair, list[tuple[float, float]]] = {pair: [] for pair in compared_pairs(studies)}
    for study in studies:
        for pair in combinations(study.treatments, 2):
            own[pair].append(study.contrast(*pair))
    calculated = []
    # Evidence is taken apart by the errors of the model, whatever the interval makes of them.
    for i, j in combinations(range(len(result.treatments)), 2):
        a, b = result.treatments[i], result.treatments[j]
        estimate, variance = result.random.difference(i, j)
        direct = own.get((a, b), ())
        calculated.append(
            back_calculation(direct, a, b, estimate, math.sqrt(variance), result.tau2.value)
        )
    split: tuple[EvidenceSplit, ...] = ()
    if method is not None:
        estimates = [(c.estimate, c.se) for c in calculated if (c.treat1, c.treat2) in own]
        split = node_splits(studies, list(own), columns, estimates, method)
    return replace(result, direct_indirect=tuple(calculated), node_splits=split)


__all__ = ["NETWORK_MEASURES", "NetworkFault", "NetworkInputError", "analyse", "network"]
