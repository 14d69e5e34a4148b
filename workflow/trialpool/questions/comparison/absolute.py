"""The absolute effect of each group: its own estimate at the risk of its control arms."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from statistics import median
from typing import Final, TypeVar

from msgspec import structs

from trialpool import formatting as fmt
from trialpool.pooling.absolute import (
    Estimate,
    NumberNeeded,
    absolute_risks,
    median_gain,
    number_needed,
)
from trialpool.records import pools as records
from trialpool.records.comparison import Baseline, Baselines, ComparisonQuestion
from trialpool.records.groups import Group
from trialpool.records.pools import AbsoluteEffect, ControlRisk, Interval
from trialpool.records.trials import SelectedTrial

G = TypeVar("G", bound=Group)
FIXED: Final = "control risk taken as fixed"
EXPONENTIAL: Final = "exponential assumed"
_BASES: Final = {
    "printed rate": "printed rate",
    "curve": "read off the curve",
    "exponential": "exponential curve through the printed median",
    "counts": "events of patients",
}


def with_absolute(group: G, trials: Sequence[SelectedTrial], question: ComparisonQuestion) -> G:
    """Return a group or strategy with its absolute effect and its trials' printed medians."""
    medians = () if question.baselines is None else _known(trials, question.baselines)
    return structs.replace(
        group,
        absolute=absolute_effect(group, trials, question),
        medians=tuple(b.medians for b in medians if b.medians is not None),
    )


def absolute_effect(
    group: Group, trials: Sequence[SelectedTrial], question: ComparisonQuestion
) -> AbsoluteEffect | None:
    """Put a group's effect into absolute terms; None where no control risk is known.

    Parameters
    ----------
    group : Group
        Its estimate and interval are those of its primary model.
    trials : sequence of SelectedTrial
        Those that it pools.
    question : ComparisonQuestion
    """
    risks, own = _control_risks(trials, question)
    if not risks or group.ci_lower is None or group.ci_upper is None:
        return None
    effect = Estimate(group.estimate, group.ci_lower, group.ci_upper)
    control = _control(risks, trials)
    found = absolute_risks(question.measure, effect, control)
    needed = number_needed(found.difference, fewer_is_better=question.benefit == "lower")
    baselines = question.baselines
    gain = _median_gain(effect, own) if question.measure == "HR" else None
    fixed = control.lower == control.upper
    assumed = any(risk.basis == "exponential" for risk in risks)
    return AbsoluteEffect(
        landmark_months=baselines.landmark_months if baselines is not None else None,
        control_risk=control.value,
        control_risk_ci_lower=None if fixed else control.lower,
        control_risk_ci_upper=None if fixed else control.upper,
        control_risk_source=_source(risks, baselines),
        control_risks=risks,
        treatment_risk=_interval(found.treatment),
        per_1000=_interval(found.difference, 1000.0),
        number_needed=records.NumberNeededInterval(
            estimate=_needed(needed.estimate),
            best=_needed(needed.best),
            worst=_needed(needed.worst),
            through_infinity=needed.through_infinity,
        ),
        median_gain=gain,
        assumptions=(*((FIXED,) if fixed else ()), *((EXPONENTIAL,) if assumed else ())),
    )


def _control_risks(
    trials: Sequence[SelectedTrial], question: ComparisonQuestion
) -> tuple[tuple[ControlRisk, ...], Sequence[Baseline]]:
    """Return the risks that a group's control risk comes from, and what its trials know."""
    if question.baselines is None:
        # Events of a follow-up that differs from patient to patient are no risk at any time.
        counted = question.measure in ("OR", "RR", "RD")
        return (_once(map(_counted, trials)) if counted else ()), ()
    own = _known(trials, question.baselines)
    if question.baselines.named is not None:
        return (question.baselines.named,), own
    return _once(baseline.risk for baseline in own), own


def _known(trials: Sequence[SelectedTrial], baselines: Baselines) -> list[Baseline]:
    known = {baseline.row_ids: baseline for baseline in baselines.trials}
    return [known[trial.row_ids] for trial in trials if trial.row_ids in known]


def _once(risks: Iterable[ControlRisk | None]) -> tuple[ControlRisk, ...]:
    """Keep the known ones; a control arm that two comparisons share counts once."""
    found: dict[tuple[str, str], ControlRisk] = {}
    for risk in risks:
        if risk is not None:
            found.setdefault((risk.trial_id, risk.arm), risk)
    return tuple(found.values())


def _counted(trial: SelectedTrial) -> ControlRisk | None:
    """Return the risk in the control arm of a trial with counts."""
    events, n = trial.control.events, trial.control.n
    if events is None or not n:
        return None
    return ControlRisk(
        trial_id=trial.trial_id,
        label=trial.label,
        arm=trial.control.label,
        risk=events / n,
        basis="counts",
        row_id=trial.row_ids[-1],
        source=trial.source,
    )


def _control(risks: Sequence[ControlRisk], trials: Sequence[SelectedTrial]) -> Estimate:
    """Return the risk to apply: the median of several; an interval only of other patients.

    The risk in a control arm and the effect against that very arm err in opposite directions.
    Taking the risk as fixed leaves the difference of risks its right variance to first order;
    carrying the interval through as if the two were independent would count the arm twice
    (Newcombe and Bender, Evid Based Med 2014;19:6, ask for an independent source).
    """
    middle = median(risk.risk for risk in risks)
    alone = risks[0]
    outside = alone.trial_id not in {trial.trial_id for trial in trials}
    if len(risks) > 1 or not outside or alone.ci_lower is None or alone.ci_upper is None:
        return Estimate(middle, middle, middle)
    return Estimate(alone.risk, alone.ci_lower, alone.ci_upper)


def _median_gain(effect: Estimate, own: Sequence[Baseline]) -> records.MedianGain | None:
    """Return the difference in median time, from the median of the known control medians."""
    known = [b.control_median for b in own if b.control_median is not None]
    if not known:
        return None
    middle = median(known)
    gain = _interval(median_gain(effect, middle))
    return records.MedianGain(control=middle, difference=gain, assumption=EXPONENTIAL)


def _interval(found: Estimate, times: float = 1.0) -> Interval:
    return Interval(
        estimate=times * found.value, ci_lower=times * found.lower, ci_upper=times * found.upper
    )


def _needed(found: NumberNeeded) -> records.NumberNeeded:
    return records.NumberNeeded(value=found.whole, to="benefit" if found.benefits else "harm")


def _source(risks: Sequence[ControlRisk], baselines: Baselines | None) -> str:
    """Say where a control risk comes from."""
    when = "" if baselines is None else f" at {fmt.plain(baselines.landmark_months)} months"
    first, basis = risks[0], _BASES[risks[0].basis]
    if baselines is not None and baselines.named is not None:
        return f"control arm of {first.label}{when}, {basis}; named by the review"
    if len(risks) == 1:
        return f"control arm of {first.label}{when}, {basis}"
    names: dict[str, list[str]] = {}
    for risk in risks:
        names.setdefault(_BASES[risk.basis], []).append(risk.label)
    how = "; ".join(f"{basis}: {', '.join(labels)}" for basis, labels in names.items())
    return f"median of the {len(risks)} control arms of its trials{when} ({how})"
