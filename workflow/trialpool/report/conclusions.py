"""What a pooled result says in words, by stated rules on the record alone.

The rules are printed in the report beside the sentences that they produce
(`RULES`). All of them look at unrounded limits on the analysis scale.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from trialpool.measures import Direction
from trialpool.report.margins import MARGIN_RULES, conclude_by_margin, design_of
from trialpool.report.sides import (
    Conclusion,
    Side,
    Verdict,
    capital,
    describe_side,
    endpoint_names,
    heterogeneity,
    interval_name,
    null_text,
    side_of,
    side_of_null,
)

__all__ = ["RULES", "Conclusion", "conclude", "describe_side", "endpoint_names", "side_of_null"]

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
    *MARGIN_RULES,
)


def conclude(group: Mapping[str, Any], record: Mapping[str, Any]) -> Conclusion:
    """Put the result of one group into words.

    Parameters
    ----------
    group : mapping
        One of the record's `groups`, or its `overall`.
    record : mapping
        The result record of the question: `measure`, `endpoints`, `benefit`,
        `null_value`, `design` and `settings` are used.

    Returns
    -------
    Conclusion
        By the rules in `RULES`.
    """
    k = group.get("k") or 0
    if record.get("single_arm"):
        return Conclusion("none", "Proportions of single arms; nothing is compared.")
    if k == 0:
        return Conclusion("none", "No trial; nothing to pool.")
    if design_of(record) != "superiority":
        return conclude_by_margin(group, record)
    if k == 1:
        return Conclusion("single", "One trial; no pool.")
    if group.get("primary_model") is None and group.get("models"):
        return _two_models(group, record)
    return _one_interval(group, record)


def _verdict(side: Direction, record: Mapping[str, Any]) -> Verdict:
    return "benefit" if side == record["benefit"] else "harm"


def _one_interval(group: Mapping[str, Any], record: Mapping[str, Any]) -> Conclusion:
    ci = interval_name(record)
    side = side_of_null(group, record["null_value"])
    differ = heterogeneity(group)
    if side == "unknown":
        return Conclusion("none", "No interval could be computed; no conclusion.", differ)
    if side == "neither":
        return Conclusion("undecided", f"Undecided: the {ci} includes {null_text(record)}.", differ)
    sentence = f"{capital(describe_side(side, record))}: the {ci} excludes {null_text(record)}."
    remarks = (*_prediction(group, record), *differ)
    return Conclusion(_verdict(side, record), sentence, remarks)


def _two_models(group: Mapping[str, Any], record: Mapping[str, Any]) -> Conclusion:
    models = group["models"]
    random_effects = models.get("hk-adhoc")
    common = side_of_null(models.get("common-effect"), record["null_value"])
    random = side_of_null(random_effects, record["null_value"])
    differ = heterogeneity(group)
    if "unknown" in (common, random):
        return Conclusion("none", "An interval could not be computed; no conclusion.", differ)
    if common == "neither" and random == "neither":
        return Conclusion(
            "undecided", f"Undecided: both intervals include {null_text(record)}.", differ
        )
    if common == random and common in ("lower", "higher"):
        sentence = (
            f"{capital(describe_side(common, record))}: common effect and random effects "
            f"both exclude {null_text(record)}."
        )
        remarks = (*_prediction(random_effects, record), *differ)
        return Conclusion(_verdict(common, record), sentence, remarks)
    return Conclusion("differs", _disagreement(common, random, record), differ)


def _disagreement(common: Side, random: Side, record: Mapping[str, Any]) -> str:
    if common in ("lower", "higher") and random == "neither":
        return (
            f"Differs by model: common effect excludes {null_text(record)} "
            f"({describe_side(common, record)}), random effects does not."
        )
    if random in ("lower", "higher") and common == "neither":
        return (
            f"Differs by model: random effects excludes {null_text(record)} "
            f"({describe_side(random, record)}), common effect does not."
        )
    return f"Differs by model: the two exclude {null_text(record)} on opposite sides."


def _prediction(pool: Mapping[str, Any] | None, record: Mapping[str, Any]) -> tuple[str, ...]:
    side = side_of(pool, "pi", record["null_value"])
    if side == "unknown":
        return ()
    if side == "neither":
        return (
            f"The prediction interval includes {null_text(record)}: "
            "a further trial may show no difference, or the opposite.",
        )
    return (f"The prediction interval excludes {null_text(record)} as well.",)
