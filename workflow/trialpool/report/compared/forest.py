"""A small forest of one group: rows with their places on an axis, for a page and for a file.

Places are fractions of the width of the axis, so that a page may draw it as wide as it likes.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import Final, Literal

from trialpool import formatting as fmt
from trialpool.figures.canvas.axis import Axis, make_axis
from trialpool.measures import get_measure
from trialpool.questions.shared.words.margins import margin_text
from trialpool.questions.shared.words.models import MODEL_NAMES
from trialpool.questions.shared.words.sides import capital, effect_text
from trialpool.records.comparisons import Comparison
from trialpool.records.groups import Group
from trialpool.records.results import ComparativeResult, heaviest
from trialpool.records.trials import Arm, Trial
from trialpool.report.site.page import trial_path
from trialpool.report.tables import printed_effect

# Sides of squares in pixels; the area follows the weight.
_SMALLEST, _LARGEST = 6.0, 14.0
# Narrowest axis on which labels of ticks must keep apart, and the room of one, in pixels.
_NARROW: Final = 230.0
# More are no small forest.
_MOST_TRIALS: Final = 100
_LABEL: Final = 34.0


@dataclass(frozen=True)
class ForestRow:
    """A row; all texts are ready to print.

    Attributes
    ----------
    kind : {"trial", "pool", "prediction"}
    label, href : str
        Name, and the page of a trial.
    arms : str
        Patients, or events and patients, of both sides.
    effect, weight : str
    notes : tuple of str
        Grade of the source, reader, and what a reader must know of the row.
    at, low, high : float or None
        Places of estimate and limits on the axis, 0 at the left and 1 at the right, cut there.
    side : float
        Of the square, in pixels; 0 where there is none.
    cut : tuple of str
        "lower", "upper": the interval goes on beyond the axis.
    estimate, ci_lower, ci_upper : float or None
        On the analysis scale.
    trial_id, source : str
        Of a trial.
    """

    kind: Literal["trial", "pool", "prediction"]
    label: str
    effect: str
    low: float
    high: float
    at: float | None = None
    href: str = ""
    arms: str = ""
    weight: str = ""
    notes: tuple[str, ...] = ()
    side: float = 0.0
    cut: tuple[str, ...] = ()
    estimate: float | None = None
    ci_lower: float | None = None
    ci_upper: float | None = None
    trial_id: str = ""
    source: str = ""


@dataclass(frozen=True)
class Forest:
    """A small forest.

    Attributes
    ----------
    heading, behind : str
        The comparison, and its mechanism in grey.
    outcome, measure : str
        What is drawn: "Overall survival", "Hazard ratio"; `code` is short for the measure.
    arms : (str, str)
        What the two sides are called.
    rows : tuple of ForestRow
    ticks : tuple of (float, str)
        Place and label.
    null : float
        Place of no difference.
    pooled : float or None
        Place of the pooled estimate.
    margins : tuple of float
        Places of the margin that the design asks for.
    margin : str
        The same in words; empty for other designs.
    favours : (str, str)
        What lies on the left and on the right of no difference.
    level : str
        Of the intervals.
    alt : str
        The figure in words.
    """

    heading: str
    behind: str
    outcome: str
    measure: str
    code: str
    arms: tuple[str, str]
    rows: tuple[ForestRow, ...]
    ticks: tuple[tuple[float, str], ...]
    null: float
    pooled: float | None
    margins: tuple[float, ...]
    margin: str
    favours: tuple[str, str]
    level: str
    alt: str

    @property
    def is_weighted(self) -> bool:
        """Whether weights are shared: not by one trial."""
        return any(row.weight for row in self.rows)

    @property
    def counts(self) -> str:
        """Heading of the numbers of both sides."""
        texts = [row.arms for row in self.rows]
        marks = {", n ": "Means (SD), patients", "years": "Events, years", "/": "Events/patients"}
        heads = (head for mark, head in marks.items() if any(mark in text for text in texts))
        return next(heads, "Patients")

    @property
    def has_arms(self) -> bool:
        """Whether the numbers of patients are known of any trial."""
        return any(row.arms for row in self.rows)


def small_forest(comparison: Comparison, outcome: str, result: ComparativeResult) -> Forest:
    """Lay out the one group of a result.

    Parameters
    ----------
    comparison : Comparison
        Names the two sides.
    outcome : str
        In words.
    result : ComparativeResult
        With one group; of one trial there is no pool, no weight and no prediction interval. Of
        more than a hundred trials those with the most weight are drawn, and the pool says so.

    Returns
    -------
    Forest
        On an axis that cuts neither an interval of a trial nor the diamond; a prediction interval
        may go on beyond it.
    """
    (group,) = result.groups
    axis = _axis(group, result)
    ours, theirs = favoured(comparison, result)
    drawn = heaviest(result, _MOST_TRIALS).trials
    rows = [_trial(trial, result, axis, group) for trial in drawn]
    rows += _pool(group, result, axis)
    measure = result.measure_name
    return Forest(
        heading=comparison.label,
        behind=group.mechanism,
        outcome=outcome,
        measure=capital(measure),
        code="" if result.measure == "generic" else result.measure,
        arms=(
            comparison.experimental or result.arm_names.experimental,
            comparison.control or result.arm_names.control,
        ),
        rows=tuple(rows),
        ticks=tuple((round(axis.fraction(tick.value), 4), tick.text) for tick in axis.ticks),
        null=_place(axis, axis.null),
        pooled=_place(axis, group.estimate) if group.k > 1 else None,
        margins=tuple(_place(axis, value) for value in _margins(group)),
        margin=margin_text(group, result) if _margins(group) else "",
        favours=(ours, theirs),
        level=fmt.level(result.settings.level),
        alt=_alt(comparison, outcome, result, rows),
    )


def favoured(comparison: Comparison, result: ComparativeResult) -> tuple[str, str]:
    """Say by the names of the drugs what lies on the left and on the right of no difference.

    Where both sides receive the same drugs otherwise the question's own words stand.
    """
    if not comparison.experimental:
        return result.favours.lower, result.favours.higher
    ours, theirs = f"Favours {comparison.experimental}", f"Favours {comparison.control}"
    return (ours, theirs) if result.benefit == "lower" else (theirs, ours)


def _axis(group: Group, result: ComparativeResult) -> Axis:
    trials = [(trial.ci_lower, trial.ci_upper) for trial in result.trials]
    whole = [*trials]
    if group.ci_lower is not None and group.ci_upper is not None:
        whole.append((group.ci_lower, group.ci_upper))
    points = [group.estimate, *(end for pair in whole for end in pair)]
    points += _margins(group)
    predicted = []
    if group.pi_lower is not None and group.pi_upper is not None:
        predicted.append((group.pi_lower, group.pi_upper))

    def label_fits(axis: Axis) -> bool:
        places = [_NARROW * axis.fraction(tick.value) for tick in axis.ticks]
        return all(right - left >= _LABEL for left, right in pairwise(places))

    return make_axis(
        get_measure(result.measure), result.null_value, points, trials, predicted,
        label_fits=label_fits,
    )  # fmt: skip


def _margins(group: Group) -> list[float]:
    margin = group.margin
    limits = () if margin is None else (margin.lower, margin.upper)
    return [value for value in limits if value is not None]


def _place(axis: Axis, value: float) -> float:
    return round(min(max(axis.fraction(value), 0.0), 1.0), 4)


def _trial(trial: Trial, result: ComparativeResult, axis: Axis, group: Group) -> ForestRow:
    alone = group.k == 1 or trial.weight is None
    share = 1.0 if alone or trial.weight is None else trial.weight
    counts = [_count(arm) for arm in (trial.experimental, trial.control)]
    year = "" if trial.year is None or str(trial.year) in trial.label else f" {trial.year}"
    return ForestRow(
        kind="trial",
        label=f"{trial.label}{year}",
        href=f"site:{trial_path(trial.trial_id)}",
        arms=" v ".join(counts) if any(c != fmt.NOT_AVAILABLE for c in counts) else "",
        effect=printed_effect(trial, result),
        weight="" if alone else fmt.percent(trial.weight, 0),
        notes=_notes(trial, result),
        at=_place(axis, trial.estimate),
        low=_place(axis, trial.ci_lower),
        high=_place(axis, trial.ci_upper),
        side=round(_SMALLEST + (_LARGEST - _SMALLEST) * share**0.5, 1),
        cut=axis.clipped_sides(trial.ci_lower, trial.ci_upper),
        estimate=trial.estimate,
        ci_lower=trial.ci_lower,
        ci_upper=trial.ci_upper,
        trial_id=trial.trial_id,
        source=trial.source,
    )


def _count(arm: Arm) -> str:
    return fmt.arm_of(arm.n, arm.events, arm.time, arm.mean, arm.sd)


def _notes(trial: Trial, result: ComparativeResult) -> tuple[str, ...]:
    reader = {"single": "read once", "double": "read twice"}.get(trial.extraction, "")
    endpoint = trial.endpoint if len(result.endpoints) > 1 else ""
    facts = (endpoint, f"{trial.maturity} analysis" if trial.maturity else "")
    return tuple(filter(None, (*facts, trial.grade, reader, *trial.flags)))


def _pool(group: Group, result: ComparativeResult, axis: Axis) -> list[ForestRow]:
    """Return the row of the primary model, and under it that of its prediction interval."""
    low, high = group.ci_lower, group.ci_upper
    if group.k < 2 or low is None or high is None:
        return []
    measure = get_measure(result.measure)
    name = MODEL_NAMES.get(str(group.primary_model), "Pooled")
    if len(result.trials) > _MOST_TRIALS:
        name += f" of {fmt.whole(group.k)} trials; the {_MOST_TRIALS} of most weight are drawn"
    rows = [
        ForestRow(
            kind="pool",
            label=name,
            effect=effect_text(group, measure),
            at=_place(axis, group.estimate),
            low=_place(axis, low),
            high=_place(axis, high),
            cut=axis.clipped_sides(low, high),
            estimate=group.estimate,
            ci_lower=low,
            ci_upper=high,
        )
    ]
    low, high = group.pi_lower, group.pi_upper
    if low is not None and high is not None:
        rows.append(
            ForestRow(
                kind="prediction",
                label="Prediction interval",
                effect=f"[{fmt.interval(low, high, measure)}]",
                low=_place(axis, low),
                high=_place(axis, high),
                cut=axis.clipped_sides(low, high),
                ci_lower=low,
                ci_upper=high,
            )
        )
    return rows


def _alt(
    comparison: Comparison, outcome: str, result: ComparativeResult, rows: list[ForestRow]
) -> str:
    told = "; ".join(f"{row.label} {row.effect}" for row in rows)
    code = "" if result.measure == "generic" else f", {result.measure}"
    return f"Forest plot of {comparison.label}, {outcome.lower()}{code}: {told}."
