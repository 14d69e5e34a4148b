"""What can be computed of the certainty of one outcome; the judgement is a person's."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from trialpool.pooling.sequential.information import information_size
from trialpool.records.base import record_from
from trialpool.records.groups import Group
from trialpool.records.results import ComparativeResult
from trialpool.records.settings import ComparativeSettings
from trialpool.records.summary.certainty import (
    CertaintyInputs,
    Imprecision,
    Inconsistency,
    Indirectness,
    OptimalInformation,
    RiskOfBiasCoverage,
    Zone,
)
from trialpool.records.trials import Margin, Trial

OVERALL: Final = "overall"


def certainty_inputs(
    group: Group,
    trials: Sequence[Trial],
    result: ComparativeResult,
    *,
    rows: Mapping[str, Mapping[str, Any]],
    columns: Iterable[str],
    backgrounds: Iterable[tuple[str, ...]],
) -> CertaintyInputs:
    """Collect what the certainty of a group's effect rests on.

    Parameters
    ----------
    group : Group
    trials : sequence of Trial
        Those that it pools.
    result : ComparativeResult
        Of the question: which side is better, and which sizes were declared to matter or not.
    rows : mapping
        Rows of trials.csv by trial.
    columns : iterable of str
        Of these, what says in whom a trial was done.
    backgrounds : iterable of tuple of str
        What both sides of each trial receive.
    """
    settings = result.settings
    return CertaintyInputs(
        risk_of_bias=coverage(trials),
        inconsistency=_inconsistency(group, result.benefit, settings.null_band),
        imprecision=_imprecision(group, trials, settings, result.benefit),
        indirectness=Indirectness(
            treatments=_distinct([f"{group.mechanism}, {group.kind}"]),
            backgrounds=tuple(dict.fromkeys(backgrounds)),
            columns={
                name: values
                for name in columns
                if (values := _distinct(rows[t.trial_id].get(name, "") for t in trials))
            },
            populations=_distinct(trial.population for trial in trials),
            endpoints=_distinct(trial.endpoint for trial in trials),
            definitions=_distinct(trial.definition for trial in trials),
            control_risk_of_others=_is_of_others(group, trials),
        ),
    )


def _distinct(texts: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(str(text) for text in texts if text))


def coverage(trials: Sequence[Trial]) -> RiskOfBiasCoverage:
    """Count the trials that were judged, by their overall judgement.

    A trial that enters with two contrasts counts once, its weight is that of both.
    """
    judged = {t.trial_id: t.risk_of_bias for t in trials if t.risk_of_bias is not None}
    overall = {name: one.judgements.get(OVERALL, "") for name, one in judged.items()}
    weights: dict[str, float] = defaultdict(float)
    for trial in trials:
        word = overall.get(trial.trial_id)
        if word:
            weights[word] += trial.weight or 0.0
    return RiskOfBiasCoverage(
        trials=len({trial.trial_id for trial in trials}),
        judged=len(judged),
        tools=_distinct(one.tool for one in judged.values()),
        overall=dict(Counter(word for word in overall.values() if word)),
        weights=dict(weights),
    )


def zones(
    lower: float, upper: float, benefit: str, band: tuple[float, float] | None
) -> tuple[Zone, ...]:
    """Say what an interval holds, from benefit to harm.

    Parameters
    ----------
    lower, upper : float
        On the analysis scale, where 0 is no difference.
    benefit : {"lower", "higher"}
    band : (float, float) or None
        Effects between these are little or no difference; None: no effect is.
    """
    low, high = band or (0.0, 0.0)
    below, above = lower < low, upper > high
    inside = band is not None and upper >= low and lower <= high
    better, worse = (below, above) if benefit == "lower" else (above, below)
    held: tuple[tuple[Zone, bool], ...] = (
        ("benefit", better),
        ("little-or-no-difference", inside),
        ("harm", worse),
    )
    return tuple(zone for zone, holds in held if holds)


def _inconsistency(
    group: Group, benefit: str, band: tuple[float, float] | None
) -> Inconsistency | None:
    if group.k < 2:
        return None
    reaches: tuple[Zone, ...] = ()
    if group.pi_lower is not None and group.pi_upper is not None:
        reaches = zones(group.pi_lower, group.pi_upper, benefit, band)
    return record_from(group, Inconsistency, reaches=reaches)


def _imprecision(
    group: Group, trials: Sequence[Trial], settings: ComparativeSettings, benefit: str
) -> Imprecision | None:
    if group.ci_lower is None or group.ci_upper is None:
        return None
    flags = () if group.verdict is None else group.verdict.flags
    shared = "shared-arm" in flags or len({t.trial_id for t in trials}) < len(trials)
    return Imprecision(
        reaches=zones(group.ci_lower, group.ci_upper, benefit, settings.null_band),
        information=None if shared else _information(group, trials, settings.important),
        hangs_on_one_trial="one-trial" in flags,
    )


def _information(
    group: Group, trials: Sequence[Trial], important: float | None
) -> OptimalInformation | None:
    """Compare what the trials hold with what one trial that finds the effect would need.

    As GRADE defines the optimal information size (Guyatt et al., J Clin Epidemiol 2011;64:1283):
    how much trials differ is another domain, and of few trials tau is the prior's.
    Of a design with a margin the effect is the distance to the margin, which information of the
    same size excludes where there is no difference.
    """
    margin = None if group.margin is None else _distance(group.margin)
    effect = important if margin is None else margin
    if not effect:
        return None
    size = information_size([trial.se**2 for trial in trials], 0.0, effect)
    target = "important" if margin is None else "margin"
    return record_from(size, OptimalInformation, target=target, effect=effect)


def _distance(margin: Margin) -> float | None:
    known = [abs(limit) for limit in (margin.lower, margin.upper) if limit is not None]
    return min(known, default=None)


def _is_of_others(group: Group, trials: Sequence[Trial]) -> bool:
    risks = () if group.absolute is None else group.absolute.control_risks
    return bool(risks) and not {r.trial_id for r in risks} & {t.trial_id for t in trials}
