"""What a pooled result says in words, by stated rules on the record alone.

The rules are printed in the report beside the sentences that they produce
(`RULES`). All of them look at unrounded limits on the analysis scale.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal

from trialpool import formatting
from trialpool.measures import ENDPOINTS, Direction, get_measure

Verdict = Literal["benefit", "harm", "undecided", "differs", "single", "by-margin", "none"]
Side = Literal["lower", "higher", "neither", "unknown"]

RULES: Final[tuple[str, ...]] = (
    "A group of one trial is not a pool: “One trial; no pool.”",
    "A difference is named only where the whole confidence interval lies on one side of no "
    "difference (1 for ratios, 0 for differences); limits are compared before rounding. Which "
    "side is better for patients follows from the endpoint.",
    "Where no interval is called primary, the common effect and random effects (Hartung-Knapp "
    "with floor) must agree on the side; else the sentence says that the answer differs by model.",
    "An interval that includes no difference is never read as proof that there is none.",
    "Where a difference is named and a prediction interval exists, the sentence says whether "
    "that interval includes no difference as well.",
    "Trials are said to differ beyond chance where the confidence interval of τ² lies above zero.",
    "Equivalence questions get no verdict from crossing no difference; margins decide them.",
)

# Nouns for failure endpoints; other failures are "events".
_FAILURES: Final[dict[str, str]] = {"OS": "deaths", "PFS": "progressions or deaths"}
_WITH: Final = "with the experimental treatment"


@dataclass(frozen=True)
class Conclusion:
    """A conclusion in words.

    Attributes
    ----------
    verdict : str
        ``"benefit"``, ``"harm"``, ``"undecided"``, ``"differs"``, ``"single"``,
        ``"by-margin"`` or ``"none"``.
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
    return _side(pool, "ci", null_value)


def _side(pool: Mapping[str, Any] | None, prefix: str, null_value: float) -> Side:
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
        The result record: `benefit`, `measure`, `endpoints`, `endpoint_names`.

    Returns
    -------
    str
        For example ``"fewer deaths with the experimental treatment"``.
    """
    better = side == record["benefit"]
    if record["measure"] == "RMSTD":
        return f"{'longer' if better else 'shorter'} mean time free of the event " + _WITH
    if record["benefit"] == "higher":
        return (
            f"{' or '.join(endpoint_names(record))} {'more' if better else 'less'} often " + _WITH
        )
    nouns = {_FAILURES.get(code, "events") for code in record["endpoints"]}
    noun = nouns.pop() if len(nouns) == 1 else "events"
    return f"{'fewer' if better else 'more'} {noun} " + _WITH


def endpoint_names(record: Mapping[str, Any]) -> list[str]:
    """Return the full names of a record's endpoints."""
    names = {code: endpoint.name for code, endpoint in ENDPOINTS.items()}
    names |= record.get("endpoint_names") or {}
    return [names.get(code, code) for code in record["endpoints"]]


def conclude(group: Mapping[str, Any], record: Mapping[str, Any]) -> Conclusion:
    """Put the result of one group into words.

    Parameters
    ----------
    group : mapping
        One of the record's `groups`, or its `overall`.
    record : mapping
        The result record of the question: `measure`, `endpoints`, `benefit`,
        `null_value` and `settings` are used.

    Returns
    -------
    Conclusion
        By the rules in `RULES`.
    """
    k = group.get("k") or 0
    if k == 0:
        return Conclusion("none", "No trial; nothing to pool.")
    if k == 1:
        return Conclusion("single", "One trial; no pool.")
    settings = record.get("settings") or {}
    if "equivalence" in (settings.get("contrasts") or ()):
        return Conclusion(
            "by-margin", "An equivalence question: to be judged by the trials’ margins."
        )
    if group.get("primary_model") is None and group.get("models"):
        return _two_models(group, record)
    return _one_interval(group, record)


def _null(record: Mapping[str, Any]) -> str:
    return formatting.null_value(record["null_value"], get_measure(record["measure"]))


def _verdict(side: Direction, record: Mapping[str, Any]) -> Verdict:
    return "benefit" if side == record["benefit"] else "harm"


def _one_interval(group: Mapping[str, Any], record: Mapping[str, Any]) -> Conclusion:
    ci = f"{formatting.level((record.get('settings') or {}).get('level', 0.95))} CI"
    side = side_of_null(group, record["null_value"])
    differ = _heterogeneity(group)
    if side == "unknown":
        return Conclusion("none", "No interval could be computed; no conclusion.", differ)
    if side == "neither":
        return Conclusion("undecided", f"Undecided: the {ci} includes {_null(record)}.", differ)
    sentence = f"{_capital(describe_side(side, record))}: the {ci} excludes {_null(record)}."
    remarks = (*_prediction(group, record), *differ)
    return Conclusion(_verdict(side, record), sentence, remarks)


def _two_models(group: Mapping[str, Any], record: Mapping[str, Any]) -> Conclusion:
    models = group["models"]
    random_effects = models.get("hk-adhoc")
    common = side_of_null(models.get("common-effect"), record["null_value"])
    random = side_of_null(random_effects, record["null_value"])
    differ = _heterogeneity(group)
    if "unknown" in (common, random):
        return Conclusion("none", "An interval could not be computed; no conclusion.", differ)
    if common == "neither" and random == "neither":
        return Conclusion(
            "undecided", f"Undecided: both intervals include {_null(record)}.", differ
        )
    if common == random and common in ("lower", "higher"):
        sentence = (
            f"{_capital(describe_side(common, record))}: common effect and random effects "
            f"both exclude {_null(record)}."
        )
        remarks = (*_prediction(random_effects, record), *differ)
        return Conclusion(_verdict(common, record), sentence, remarks)
    return Conclusion("differs", _disagreement(common, random, record), differ)


def _disagreement(common: Side, random: Side, record: Mapping[str, Any]) -> str:
    if common in ("lower", "higher") and random == "neither":
        return (
            f"Differs by model: common effect excludes {_null(record)} "
            f"({describe_side(common, record)}), random effects does not."
        )
    if random in ("lower", "higher") and common == "neither":
        return (
            f"Differs by model: random effects excludes {_null(record)} "
            f"({describe_side(random, record)}), common effect does not."
        )
    return f"Differs by model: the two exclude {_null(record)} on opposite sides."


def _prediction(pool: Mapping[str, Any] | None, record: Mapping[str, Any]) -> tuple[str, ...]:
    side = _side(pool, "pi", record["null_value"])
    if side == "unknown":
        return ()
    if side == "neither":
        return (
            f"The prediction interval includes {_null(record)}: "
            "a further trial may show no difference, or the opposite.",
        )
    return (f"The prediction interval excludes {_null(record)} as well.",)


def _heterogeneity(group: Mapping[str, Any]) -> tuple[str, ...]:
    lower = group.get("tau2_ci_lower")
    if lower is not None and lower > 0:
        return ("The trials differ from each other beyond chance.",)
    return ()


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
