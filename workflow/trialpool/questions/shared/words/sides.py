"""Sides of no difference in words, and the conclusion that all rules return."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Final, Literal, Protocol, TypeVar

from trialpool import formatting
from trialpool.measures import GROUPS, Direction, Measure, get_measure
from trialpool.records.groups import Group
from trialpool.records.results import ComparativeResult
from trialpool.records.settings import QuestionHead

Side = Literal["lower", "higher", "neither", "unknown"]
R = TypeVar("R", bound=ComparativeResult)
# What a result on one side of no difference means, in the words of its kind.
DescribeSide = Callable[[Direction, R], str]

_OF_MEANS: Final = frozenset(measure.code for measure in GROUPS["means of two groups"])


class Bounded(Protocol):
    """Whatever has a confidence interval, on the analysis scale."""

    @property
    def ci_lower(self) -> float | None:
        """Lower limit."""

    @property
    def ci_upper(self) -> float | None:
        """Upper limit."""


class Estimated(Bounded, Protocol):
    """Whatever has an estimate with a confidence interval, on the analysis scale."""

    @property
    def estimate(self) -> float | None:
        """The estimate."""


@dataclass(frozen=True)
class Conclusion:
    """A conclusion in words.

    Attributes
    ----------
    word : str
        Of the verdict; empty where there is none.
    sentence : str
        The conclusion.
    remarks : tuple of str
        Sentences on the prediction interval and on heterogeneity.
    """

    word: str
    sentence: str
    remarks: tuple[str, ...] = ()

    @property
    def text(self) -> str:
        """The conclusion and its remarks as one paragraph."""
        whole = self.sentence if self.sentence[-1:] in ("", ".") else f"{self.sentence}."
        return " ".join(filter(None, (whole, *self.remarks)))


def side_of_null(pool: Bounded | None, null_value: float = 0.0) -> Side:
    """Tell on which side of the null a confidence interval lies.

    Parameters
    ----------
    pool : record or None
        Has `ci_lower` and `ci_upper` on the analysis scale.
    null_value : float
        No difference on the analysis scale.

    Returns
    -------
    {"lower", "higher", "neither", "unknown"}
        ``"neither"`` where the interval includes or touches the null,
        ``"unknown"`` where there is no interval.
    """
    return "unknown" if pool is None else side_of(pool.ci_lower, pool.ci_upper, null_value)


def side_of(lower: float | None, upper: float | None, null_value: float) -> Side:
    """Tell on which side of the null an interval lies."""
    if lower is None or upper is None:
        return "unknown"
    if upper < null_value:
        return "lower"
    return "higher" if lower > null_value else "neither"


def describe_outcome(side: Direction, result: QuestionHead, where: str = "") -> str:
    """Say in words what a result on one side of the null means for patients.

    Parameters
    ----------
    side : {"lower", "higher"}
        Side of the null on which the result lies.
    result : QuestionHead
        A question or its result.
    where : str
        With what, or in whom: "with the experimental treatment".

    Returns
    -------
    str
        For example ``"fewer deaths with the experimental treatment"``.
    """
    better = side == result.benefit
    if result.measure in _OF_MEANS:
        said = f"{side} {' or '.join(endpoint_names(result))}"
    elif result.benefit == "higher":
        said = f"{' or '.join(endpoint_names(result))} {'more' if better else 'less'} often"
    else:
        said = (
            f"{'fewer' if better else 'more'} {noun_of_failures(result.endpoint_events.values())}"
        )
    return f"{said} {where}".strip()


def noun_of_failures(events: Iterable[str]) -> str:
    """Name what is counted against a treatment: "deaths"; "events" where endpoints differ."""
    nouns = set(events)
    return nouns.pop() if len(nouns) == 1 else "events"


def with_experimental(result: QuestionHead) -> str:
    """Name the experimental side as the question does: "with the experimental treatment"."""
    name = result.arm_names.experimental
    return f"with the {'experimental treatment' if name == 'experimental' else name}"


def endpoint_names(result: QuestionHead) -> list[str]:
    """Return the full names of a result's endpoints."""
    return [result.endpoint_names.get(code, code) for code in result.endpoints]


def null_text(result: ComparativeResult) -> str:
    """Print no difference: "1" for ratios, "0" for differences."""
    return formatting.null_value(result.null_value, get_measure(result.measure))


def effect_text(shown: Estimated, measure: Measure) -> str:
    """Print an estimate with its interval."""
    return formatting.effect_with_interval(shown.estimate, shown.ci_lower, shown.ci_upper, measure)


def joined(names: Sequence[str]) -> str:
    """Join names: "a", "a and b", "a, b and c"."""
    return " and ".join(filter(None, (", ".join(names[:-1]), names[-1])))


def heterogeneity(group: Group) -> tuple[str, ...]:
    """Say that the trials differ where the confidence interval of τ² lies above zero.

    A posterior of τ² lies above zero by its prior alone, so it is never asked.
    """
    lower = (group.models.hk_adhoc or group).tau2_ci_lower
    if lower is not None and lower > 0:
        return ("The trials differ from each other beyond chance.",)
    return ()


def capital(text: str) -> str:
    """Begin a text with a capital letter."""
    return text[:1].upper() + text[1:]
