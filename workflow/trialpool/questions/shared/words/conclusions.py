"""What a pooled result says in words, by stated rules on the record alone.

The rules are printed in the report beside the sentences that they produce
(`RULES`). All of them look at unrounded limits on the analysis scale.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from trialpool.measures import Direction
from trialpool.questions.shared.words.margins import MARGIN_RULES, conclude_by_margin, design_of
from trialpool.questions.shared.words.sides import (
    Conclusion,
    DescribeSide,
    R,
    Side,
    Verdict,
    capital,
    heterogeneity,
    interval_name,
    joined,
    models_to_compare,
    null_text,
    side_of,
    side_of_null,
)
from trialpool.records.groups import Group
from trialpool.records.pools import Pool
from trialpool.records.results import ComparativeResult

RULES: Final[tuple[str, ...]] = (
    "A group of one trial is not a pool: “One trial; no pool.”",
    "A difference is named only where the whole confidence interval lies on one side of no "
    "difference (1 for ratios, 0 for differences); limits are compared before rounding. Which "
    "side is better for patients follows from the endpoint.",
    "In a group of few trials the models must agree on the side: the Bayesian model, where it is "
    "primary, the common effect, and random effects (Hartung-Knapp with floor). Else the sentence "
    "says that the answer differs by model, and what each of them finds.",
    "An interval that includes no difference is never read as proof that there is none.",
    "Where a difference is named and a prediction interval exists, the sentence says whether "
    "that interval includes no difference as well.",
    "Trials are said to differ beyond chance where the confidence interval of τ² lies above zero.",
    *MARGIN_RULES,
)


def conclude(group: Group, result: R, describe_side: DescribeSide[R]) -> Conclusion:
    """Put the result of one group into words.

    Parameters
    ----------
    group : Group
        One of the result's `groups`, or its `overall`.
    result : ComparativeResult
        The result of the question.
    describe_side : callable
        What a side of no difference means, in the words of the kind of question.

    Returns
    -------
    Conclusion
        By the rules in `RULES`.
    """
    if group.k == 0:
        return Conclusion("none", "No trial; nothing to pool.")
    if design_of(result) != "superiority":
        return conclude_by_margin(group, result, describe_side)
    if group.k == 1:
        return Conclusion("single", "One trial; no pool.")
    compared = models_to_compare(group)
    if compared:
        return _several_models(group, compared, result, describe_side)
    return _one_interval(group, result, describe_side)


def _verdict(side: Direction, result: ComparativeResult) -> Verdict:
    return "benefit" if side == result.benefit else "harm"


def _one_interval(group: Group, result: R, describe_side: DescribeSide[R]) -> Conclusion:
    ci = interval_name(result)
    side = side_of_null(group, result.null_value)
    differ = heterogeneity(group)
    if side == "unknown":
        return Conclusion("none", "No interval could be computed; no conclusion.", differ)
    if side == "neither":
        return Conclusion("undecided", f"Undecided: the {ci} includes {null_text(result)}.", differ)
    sentence = f"{capital(describe_side(side, result))}: the {ci} excludes {null_text(result)}."
    remarks = (*_prediction(group, result), *differ)
    return Conclusion(_verdict(side, result), sentence, remarks)


def _several_models(
    group: Group,
    compared: Mapping[str, Pool | None],
    result: R,
    describe_side: DescribeSide[R],
) -> Conclusion:
    """Conclude from models that must agree."""
    null = null_text(result)
    sides = {name: side_of_null(pool, result.null_value) for name, pool in compared.items()}
    differ = heterogeneity(group)
    if "unknown" in sides.values():
        return Conclusion("none", "An interval could not be computed; no conclusion.", differ)
    if len(set(sides.values())) > 1:
        return Conclusion("differs", _disagreement(sides, result, describe_side), differ)
    side = next(iter(sides.values()))
    both = "both" if len(compared) == 2 else "all"
    if side not in ("lower", "higher"):
        words = f"Undecided: {both} intervals include {null}."
        return Conclusion("undecided", words, differ)
    names = joined(tuple(compared))
    sentence = f"{capital(describe_side(side, result))}: {names} {both} exclude {null}."
    shown = group if group.primary_model else compared["random effects"]
    remarks = (*_prediction(shown, result), *differ)
    return Conclusion(_verdict(side, result), sentence, remarks)


def _disagreement(sides: Mapping[str, Side], result: R, describe_side: DescribeSide[R]) -> str:
    """Say which models exclude no difference, and on which side."""
    null = null_text(result)
    both: tuple[Direction, Direction] = ("lower", "higher")
    excluding = {side: [name for name, found in sides.items() if found == side] for side in both}
    silent = [name for name, found in sides.items() if found == "neither"]
    if len(sides) == 2 and not silent:
        return f"Differs by model: the two exclude {null} on opposite sides."
    parts = [
        f"{joined(names)} {'excludes' if len(names) == 1 else 'exclude'} {null} "
        f"({describe_side(side, result)})"
        for side, names in excluding.items()
        if names
    ]
    if silent and len(sides) > 2 and next(iter(sides)) in silent:
        # The primary model comes first, whatever it finds.
        parts.insert(0, f"{joined(silent)} {'includes' if len(silent) == 1 else 'include'} {null}")
    elif silent:
        parts.append(f"{joined(silent)} {'does' if len(silent) == 1 else 'do'} not")
    return f"Differs by model: {', '.join(parts)}."


def _prediction(pool: Pool | None, result: ComparativeResult) -> tuple[str, ...]:
    limits = (None, None) if pool is None else (pool.pi_lower, pool.pi_upper)
    side = side_of(*limits, result.null_value)
    if side == "unknown":
        return ()
    if side == "neither":
        return (
            f"The prediction interval includes {null_text(result)}: "
            "a further trial may show no difference, or the opposite.",
        )
    return (f"The prediction interval excludes {null_text(result)} as well.",)
