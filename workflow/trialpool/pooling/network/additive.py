"""Additive network meta-analysis: a combination has the sum of its components' effects.

Rücker, Petropoulou and Schwarzer 2020, Biometrical Journal 62:808. With C the matrix that says
which components a treatment has, the treatment model with X becomes one with XC. An
interaction A:B is one column more, 1 where a treatment has A and B: their effect beyond the
sum (Welton et al. 2009, American Journal of Epidemiology 169:1158). The difference of Q to the
treatment model, chi-square with the difference of ranks, tests additivity.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np

from trialpool.pooling.network.additive_results import AdditiveResult, AdditiveTau2
from trialpool.pooling.network.analysis import tau2_record
from trialpool.pooling.network.estimates import read_only
from trialpool.pooling.network.full_rank import FullRank, build_full_rank
from trialpool.pooling.network.graph import designs
from trialpool.pooling.network.inconsistency import NO_LOOP, NetworkTest, chi_square
from trialpool.pooling.network.intervals import interval_warnings, network_interval
from trialpool.pooling.network.joined import all_studies, all_treatments
from trialpool.pooling.network.model import NETWORK_TAU2, basic_matrix, build, estimate_tau2, fit
from trialpool.pooling.network.results import NetworkResult
from trialpool.pooling.network.studies import StudyEffects, natural
from trialpool.pooling.numeric.tails import two_sided_quantile
from trialpool.pooling.options import Floats, check_tau2, choose

NO_DIFFERENCE: Final = "the components say no more than the treatments: additivity cannot be tested"


def network_components(
    found: NetworkResult,
    *,
    inactive: str | None = None,
    separator: str = "+",
    interactions: Sequence[str] = (),
    tau2: str | float | None = None,
) -> AdditiveResult:
    """Additive model of a network whose treatments are combinations.

    Parameters
    ----------
    found : NetworkResult
        Its trials, those that nothing connects with the reference included, and its reference,
        level, kind of interval and direction are taken.
    inactive : str, optional
        Component without an effect, such as "placebo".
    separator : str
        Between the components in the name of a treatment.
    interactions : sequence of str
        "A:B" or "A:B:C": an effect beyond the sum, of treatments that have all of them.
    tau2 : {"REML", "ML", "DL"} or float, optional
        Between-trial variance under the additive model; by default as in `found`.

    Returns
    -------
    AdditiveResult

    Raises
    ------
    ValueError
        Naming the argument, the value and what is allowed.
    """
    method = _method(tau2, found)
    treatments, studies = all_treatments(found), all_studies(found)
    parts = _split(treatments, separator, inactive)
    components, pairs, matrix = _matrix(treatments, parts, interactions)
    place = {name: i for i, name in enumerate(treatments)}
    blocks = [
        (s.contrasts, s.contrast_covariance, basic_matrix(s.treatments, place, len(place)) @ matrix)
        for s in studies
    ]
    own = build_full_rank(blocks)
    if own is None:
        raise ValueError(
            "treatment: no trial compares arms whose components differ; allowed: names that "
            f"hold components between {separator!r}"
        )
    model = own.model
    estimate = estimate_tau2(model, method)
    at_zero, at_tau2 = fit(model, 0.0), fit(model, estimate.value)
    q, df = treatment_q(found, studies)
    record = tau2_record(model, at_zero, estimate, method, found.level)
    random, common = read_only(at_tau2.covariance), read_only(at_zero.covariance)
    predicts = model.df >= 1 and len(studies) >= 3
    quantile = float(two_sided_quantile(found.level, float(model.df))) if predicts else None
    interval = network_interval(found.interval.asked, at_tau2, model.df, found.level)
    return AdditiveResult(
        treatments=treatments,
        reference=found.reference,
        measure=found.measure,
        scale=found.scale,
        small_values=found.small_values,
        level=found.level,
        k=len(studies),
        n_contrasts=model.k,
        parts=found.components,
        q=chi_square(at_zero.q, model.df, 0.0, "no degree of freedom is left: not estimable"),
        q_treatments=chi_square(q, df, 0.0, "no comparison has been made twice: not estimable"),
        q_difference=difference_test(at_zero.q, model.df, q, df, NO_DIFFERENCE),
        q_inconsistency=between_designs(at_zero.q, model.df, studies),
        no_ranks=found.no_ranks or _alike(found, matrix, place),
        notes=_notes(own, components, pairs),
        inactive=inactive,
        components=components,
        interactions=pairs,
        matrix=read_only(matrix),
        tau2=record,
        space=own,
        solutions=AdditiveTau2(
            (read_only(at_tau2.coefficients), random), (read_only(at_zero.coefficients), common)
        ),
        interval=interval,
        warnings=interval_warnings(interval, at_tau2, at_zero, found.level),
        quantile=found.quantile,
        prediction_quantile=quantile,
    )


def _method(tau2: str | float | None, found: NetworkResult) -> str | float:
    if tau2 is None:
        return found.tau2.value if found.tau2.method == "given" else found.tau2.method
    return choose("tau2", tau2, NETWORK_TAU2) if isinstance(tau2, str) else check_tau2(tau2)


def _split(
    treatments: Sequence[str], separator: str, inactive: str | None
) -> dict[str, tuple[str, ...]]:
    """Name the components of each treatment."""
    if not separator.strip():
        raise ValueError(f"separator={separator!r} is empty; allowed: text such as '+'")
    found = {}
    for name in treatments:
        parts = [part.strip() for part in name.split(separator.strip())]
        if "" in parts or len(set(parts)) < len(parts):
            fault = "an empty component" if "" in parts else "a component twice"
            raise ValueError(
                f"treatment={name!r} has {fault} between {separator.strip()!r}; allowed: "
                "components with names of their own, once each"
            )
        found[name] = tuple(part for part in parts if part != inactive)
    if inactive is not None and not any(
        inactive == part.strip() for name in treatments for part in name.split(separator.strip())
    ):
        raise ValueError(
            f"inactive={inactive!r} is in no treatment; allowed: {', '.join(_known(found))}"
        )
    return found


def _known(parts: dict[str, tuple[str, ...]]) -> tuple[str, ...]:
    return tuple(sorted({part for own in parts.values() for part in own}, key=natural))


def _matrix(
    treatments: Sequence[str], parts: dict[str, tuple[str, ...]], interactions: Sequence[str]
) -> tuple[tuple[str, ...], tuple[str, ...], Floats]:
    """Components, interactions, and the matrix of treatments by both."""
    components = _known(parts)
    if isinstance(interactions, str):
        raise ValueError(f"interactions={interactions!r} is one text; allowed: a list of 'A:B'")
    wanted: dict[str, frozenset[str]] = {}
    for text in interactions:
        own = frozenset(part.strip() for part in text.split(":"))
        unknown = sorted(own - set(components))
        if len(own) < 2 or unknown or own in wanted.values():
            told = f"{unknown[0]!r} is no component" if unknown else "needs two, and only once"
            raise ValueError(
                f"interactions: {text!r}: {told}; allowed: 'A:B' of {', '.join(components)}"
            )
        if not any(own <= set(parts[name]) for name in treatments):
            raise ValueError(f"interactions: {text!r}: no treatment has all of them")
        wanted[text] = own
    columns = [[float(part in parts[name]) for part in components] for name in treatments]
    beyond = [[float(own <= set(parts[name])) for own in wanted.values()] for name in treatments]
    matrix = np.hstack([np.array(columns), np.array(beyond).reshape(len(treatments), -1)])
    return components, tuple(wanted), matrix


def treatment_q(found: NetworkResult, studies: Sequence[StudyEffects]) -> tuple[float, int]:
    """Q of the treatment model with common effects, all parts of a network added up, and its df."""
    total, df = 0.0, 0
    for part in found.components:
        columns = {name: i for i, name in enumerate(part.treatments[1:])}
        blocks = [
            (
                s.contrasts,
                s.contrast_covariance,
                basic_matrix(s.treatments, columns, len(columns)),
            )
            for s in studies
            if s.treatments[0] in part.treatments
        ]
        model = build(blocks) if blocks else None
        if model is not None and model.df:
            total += fit(model, 0.0).q
            df += model.df
    return total, df


def between_designs(q: float, df: int, studies: Sequence[StudyEffects]) -> NetworkTest:
    """Take the Q within designs, sets of treatments that were compared, out of a model's Q."""
    for design in designs(studies):
        size = len(design.treatments) - 1
        own = [s for s in studies if s.treatments == design.treatments]
        model = build([(s.contrasts, s.contrast_covariance, np.eye(size)) for s in own])
        if model.df:
            q -= fit(model, 0.0).q
            df -= model.df
    return chi_square(q, df, 0.0, NO_LOOP)


def difference_test(q: float, df: int, q_full: float, df_full: int, note: str) -> NetworkTest:
    """Test a model against the treatment model by the difference of their Q."""
    return chi_square(q - q_full, df - df_full, 0.0, note)


def _alike(found: NetworkResult, matrix: Floats, place: dict[str, int]) -> str:
    """Say that treatments that would be ranked are the same combination, if some are."""
    rows = matrix[[place[name] for name in found.treatments]]
    alike = np.unique(rows, axis=0).shape[0] < len(rows)
    return "some treatments have the same components: they have no order" if alike else ""


def _notes(
    own: FullRank, components: Sequence[str], interactions: Sequence[str]
) -> tuple[str, ...]:
    names = (*components, *interactions)
    known = own.estimable(np.eye(len(names)))
    missing = [name for name, fine in zip(names, known.tolist(), strict=True) if not fine]
    if not missing:
        return ()
    return (f"the trials do not tell apart: {', '.join(missing)}",)
