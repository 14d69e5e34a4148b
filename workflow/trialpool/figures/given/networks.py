"""The record of a network: each treatment against a reference, by direct and network evidence."""

from __future__ import annotations

from statistics import NormalDist
from typing import TYPE_CHECKING

import msgspec

from trialpool import formatting as fmt
from trialpool.figures.forest.pools import NETWORK
from trialpool.figures.given.parts import Part
from trialpool.figures.given.records import INTERVALS, Told, group_of_part, name_of, sides
from trialpool.measures import Measure, get_measure
from trialpool.records.results import ComparativeResult
from trialpool.records.tables import TABLE_RESULT, TABLE_SETTINGS, TABLE_TRIAL
from trialpool.records.trials import Trial

if TYPE_CHECKING:
    from trialpool.pooling.network import NetworkResult
    from trialpool.pooling.network.inconsistency import EvidenceSplit


def record_of_network(
    result: NetworkResult, told: Told, reference: str | None = None
) -> ComparativeResult:
    """Build the record of each treatment against a reference.

    A group is a comparison; its "trials" are the direct and the indirect evidence, with the
    error that each has at tau² of the network, and its pool is the network estimate.

    Parameters
    ----------
    result : NetworkResult
    told : Told
    reference : str, optional
        By default that of the network.

    Raises
    ------
    ValueError
        If the network has no such treatment.
    """
    against = reference or result.reference
    measure = get_measure(result.measure)
    if against not in result.treatments:
        allowed = ", ".join(result.treatments)
        raise ValueError(f"reference={against!r} is not in the network; allowed: {allowed}")
    others = [name for name in result.ranked() if name != against]
    z = NormalDist().inv_cdf(0.5 + result.level / 2)
    trials: list[Trial] = []
    parts = []
    for name in others:
        split, label = result.split(name, against), f"{name} v {against}"
        if split is not None:
            trials += _evidence(split, label, 1.0 if split.treat1 == name else -1.0, z)
        parts.append(Part(label, _pool(result, name, against, split), [], NETWORK,
                          note=_consistency(split, measure)))  # fmt: skip
    tau2 = result.tau2
    name = name_of(measure)
    return msgspec.structs.replace(
        TABLE_RESULT,
        id=told.identifier,
        title=told.title or f"{name} against {against}: direct and network evidence",
        measure=measure.code,
        scale=measure.scale,
        measure_name=measure.name,
        design=NETWORK,
        favours=sides(measure, told.favours),
        model=f"network of {len(result.treatments)} treatments and {result.k} trials, random "
        f"effects, τ² by {tau2.method} {fmt.tau_squared(tau2.value)}, "
        f"{INTERVALS.get(result.interval.method, result.interval.method)}".replace(" <", " < "),
        settings=msgspec.structs.replace(
            TABLE_SETTINGS,
            tau2_method=tau2.method,
            ci_method=result.interval.method,
            level=result.level,
        ),
        trials=tuple(trials),
        groups=tuple(map(group_of_part, parts)),
    )


def _evidence(split: EvidenceSplit, group: str, sign: float, z: float) -> list[Trial]:
    """Direct and indirect evidence, as far as there is either."""
    k = f"{split.k} {'trial' if split.k == 1 else 'trials'}"
    given = (
        (f"Direct, {k}", split.direct, split.direct_se),
        ("Indirect", split.indirect, split.indirect_se),
    )
    return [
        msgspec.structs.replace(
            TABLE_TRIAL,
            trial_id=f"{group}: {label}",
            label=label,
            group=group,
            estimate=sign * estimate,
            se=se,
            ci_lower=sign * estimate - z * se,
            ci_upper=sign * estimate + z * se,
        )
        for label, estimate, se in given
        if estimate is not None and se is not None
    ]


def _pool(
    result: NetworkResult, name: str, against: str, split: EvidenceSplit | None
) -> dict[str, object]:
    found = result.compare(name, against)
    return {
        "k": 0 if split is None else split.k, "measure": result.measure, "scale": result.scale,
        "level": result.level, "estimate": found.estimate, "se": found.se,
        "ci_lower": found.ci_lower, "ci_upper": found.ci_upper, "p_value": found.p_value,
        "pi_lower": found.pi_lower, "pi_upper": found.pi_upper, "pi_method": "t",
        "tau2": result.tau2.value, "tau2_method": result.tau2.method, "q_df": 0,
        "ci_method": result.interval.method, "df": result.interval.df,
        "diagnostics": {"converged": result.tau2.converged, "at_boundary": False,
                        "multimodal": result.tau2.multimodal, "notes": ()},
    }  # fmt: skip


def _consistency(split: EvidenceSplit | None, measure: Measure) -> str:
    """Say how far direct and indirect evidence are apart."""
    if split is None or split.direct is None:
        return "Indirect evidence alone"
    if split.difference is None or split.p_value is None:
        return "Direct evidence alone"
    share = "" if split.proportion_direct is None else (
        f"{fmt.percent(split.proportion_direct, 0)} of the evidence is direct; "
    )  # fmt: skip
    return f"{share}direct v indirect: {fmt.p_statement(split.p_value)}"
