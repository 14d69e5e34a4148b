"""What one estimate per study says in words: nothing is compared."""

from __future__ import annotations

from trialpool import formatting as fmt
from trialpool.measures import Measure, get_measure
from trialpool.questions.shared.words.markers import MarkerWords
from trialpool.questions.shared.words.sides import Conclusion
from trialpool.records.single_group.questions import Shown, SingleGroup, SingleGroupResult
from trialpool.records.trials import Trial


def conclude(group: SingleGroup, _: SingleGroupResult) -> Conclusion:
    """Conclude nothing: say the estimate."""
    return Conclusion("", group.sentence)


def on_markers(_: SingleGroupResult) -> MarkerWords | None:
    """Say what it tells of markers: nothing."""
    return None


def sentence(label: str, k: int, shown: Shown, measure: Measure, unit: str) -> str:
    """Say a pool: "All studies: mean 5.10 days (4.20 to 6.00), 9 studies."."""
    number = fmt.number(shown.estimate, measure.decimals)
    lower, upper = (fmt.number(x, measure.decimals) for x in (shown.ci_lower, shown.ci_upper))
    name = measure.name.partition(", by ")[0]
    studies = "1 study" if k == 1 else f"{k} studies"
    in_unit = f"{number} {unit}".rstrip()
    return f"{label}: {name} {in_unit} ({lower} to {upper}), {studies}."


def interval_text(shown: Shown, code: str) -> str:
    """Print an estimate with its interval on the scale that it is printed on."""
    measure = get_measure(code).as_printed
    return fmt.effect_with_interval(shown.estimate, shown.ci_lower, shown.ci_upper, measure)


def shown_trial(trial: Trial, result: SingleGroupResult) -> Shown:
    """Turn the estimate of a study back; a rate has its exact interval."""
    if (own := trial.own) is not None:
        values = (own.estimate, own.ci_lower, own.ci_upper)
    else:
        measure = get_measure(result.measure)
        low, middle, high = (
            measure.to_display(x) for x in (trial.ci_lower, trial.estimate, trial.ci_upper)
        )
        values = (middle, low, high)
    return Shown(
        scale=result.measure_name, estimate=values[0], ci_lower=values[1], ci_upper=values[2]
    )
