"""Sides of no difference in words, and the conclusion that all rules return."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal

from trialpool import formatting
from trialpool.measures import ENDPOINTS, Direction, get_measure

Verdict = Literal[
    "benefit", "harm", "undecided", "differs", "single", "none", "within", "not-shown", "beyond"
]
Side = Literal["lower", "higher", "neither", "unknown"]

# Nouns for failure endpoints; other failures are "events".
_FAILURES: Final[dict[str, str]] = {"OS": "deaths", "PFS": "progressions or deaths"}
_EXPERIMENTAL: Final = "the experimental treatment"


@dataclass(frozen=True)
class Conclusion:
    """A conclusion in words.

    Attributes
    ----------
    verdict : str
        ``"benefit"``, ``"harm"``, ``"undecided"``, ``"differs"``, ``"single"``,
        ``"none"``; by margins ``"within"``, ``"not-shown"`` or ``"beyond"``.
    sentence : str
        The conclusion.
    remarks : tuple of str
        Sentences on the prediction interval and on heterogeneity.
    """

    verdict: Verdict
    sentence: str
    remarks: tuple[str, ...] = ()

    @property
    def text(self) -> str:
        """The conclusion and its remarks as one paragraph."""
        return " ".join((self.sentence, *self.remarks))


def side_of_null(pool: Mapping[str, Any] | None, null_value: float = 0.0) -> Side:
    """Tell on which side of the null a pool's confidence interval lies.

    Parameters
    ----------
    pool : mapping or None
        Has `ci_lower` and `ci_upper` on the analysis scale.
    null_value : float
        No difference on the analysis scale.

    Returns
    -------
    {"lower", "higher", "neither", "unknown"}
        ``"neither"`` where the interval includes or touches the null,
        ``"unknown"`` where there is no interval.
    """
    return side_of(pool, "ci", null_value)


def side_of(pool: Mapping[str, Any] | None, prefix: str, null_value: float) -> Side:
    """Tell on which side of the null an interval of a pool lies: "ci" or "pi"."""
    lower = pool.get(f"{prefix}_lower") if pool else None
    upper = pool.get(f"{prefix}_upper") if pool else None
    if lower is None or upper is None:
        return "unknown"
    if upper < null_value:
        return "lower"
    return "higher" if lower > null_value else "neither"


def describe_side(side: Direction, record: Mapping[str, Any]) -> str:
    """Say in words what a result on one side of the null means for patients.

    Parameters
    ----------
    side : {"lower", "higher"}
        Side of the null on which the result lies.
    record : mapping
        The result record: `benefit`, `measure`, `endpoints`, `endpoint_names`,
        `arm_names`.

    Returns
    -------
    str
        For example ``"fewer deaths with the experimental treatment"``.
    """
    better = side == record["benefit"]
    if labels := (record.get("interaction") or {}).get("labels"):
        return f"effect more favourable in {labels['positive' if better else 'negative']}"
    if record["measure"] == "RMSTD":
        return f"{'longer' if better else 'shorter'} mean time free of the event " + _with(record)
    if record["benefit"] == "higher":
        return (
            f"{' or '.join(endpoint_names(record))} {'more' if better else 'less'} often "
            + _with(record)
        )
    nouns = {_FAILURES.get(code, "events") for code in record["endpoints"]}
    noun = nouns.pop() if len(nouns) == 1 else "events"
    return f"{'fewer' if better else 'more'} {noun} " + _with(record)


def _with(record: Mapping[str, Any]) -> str:
    """Name the experimental side as the question does."""
    if prognostic := record.get("prognostic"):
        return f"in patients with {prognostic['biomarker']} {prognostic['levels'][0]}"
    name = (record.get("arm_names") or {}).get("experimental", "experimental")
    return f"with {_EXPERIMENTAL if name == 'experimental' else f'the {name}'}"


def endpoint_names(record: Mapping[str, Any]) -> list[str]:
    """Return the full names of a record's endpoints."""
    names = {code: endpoint.name for code, endpoint in ENDPOINTS.items()}
    names |= record.get("endpoint_names") or {}
    return [names.get(code, code) for code in record["endpoints"]]


def null_text(record: Mapping[str, Any]) -> str:
    """Print no difference: "1" for ratios, "0" for differences."""
    return formatting.null_value(record["null_value"], get_measure(record["measure"]))


def interval_name(record: Mapping[str, Any]) -> str:
    """Name the confidence interval by its level: "95% CI"."""
    return f"{formatting.level((record.get('settings') or {}).get('level', 0.95))} CI"


def models_to_compare(group: Mapping[str, Any]) -> dict[str, Mapping[str, Any] | None]:
    """Name the models of a group that a conclusion looks at, the primary one first.

    Empty where one interval speaks for the group alone.
    """
    models = group.get("models") or {}
    primary = group.get("primary_model")
    if not models or primary not in (None, "bayes"):
        return {}
    names = {"common-effect": "common effect", "hk-adhoc": "random effects"}
    if primary == "bayes":
        names = {"bayes": "the Bayesian model (primary)", **names}
    return {name: models.get(key) for key, name in names.items()}


def joined(names: Sequence[str]) -> str:
    """Join names: "a", "a and b", "a, b and c"."""
    return " and ".join(filter(None, (", ".join(names[:-1]), names[-1])))


def heterogeneity(group: Mapping[str, Any]) -> tuple[str, ...]:
    """Say that the trials differ where the confidence interval of τ² lies above zero.

    A posterior of τ² lies above zero by its prior alone, so it is never asked.
    """
    pool = (group.get("models") or {}).get("hk-adhoc") or group
    lower = pool.get("tau2_ci_lower", group.get("tau2_ci_lower"))
    if lower is not None and lower > 0:
        return ("The trials differ from each other beyond chance.",)
    return ()


def capital(text: str) -> str:
    """Begin a text with a capital letter."""
    return text[:1].upper() + text[1:]
