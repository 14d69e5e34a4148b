"""What a pooled result says in words, by stated rules on the record alone.

The rules are printed in the report beside the sentences that they produce (`RULES`).
"""

from __future__ import annotations

from typing import Final

from trialpool import formatting as fmt
from trialpool.pooling.verdict import CONCLUDED, THRESHOLDS, verdict_word
from trialpool.questions.shared.words.margins import MARGIN_RULES, design_of
from trialpool.questions.shared.words.sides import (
    Conclusion,
    DescribeSide,
    R,
    capital,
    heterogeneity,
    null_text,
    side_of,
)
from trialpool.records.groups import Group
from trialpool.records.results import ComparativeResult

_T: Final = THRESHOLDS

RULES: Final[tuple[str, ...]] = (
    "One model speaks for a group, the primary one, and gives one verdict; other models stand in "
    "the table of models and never change it.",
    f"From the probability of benefit: “benefit” from {fmt.percent(_T.concluded)}, “leans to "
    f"benefit” from {fmt.percent(_T.leaning, 0)}, “harm” and “leans to harm” from the same "
    "probabilities of harm, “little or no difference” where the effect lies within the band of "
    f"unimportant effects with at least {fmt.percent(_T.little, 0)} and no direction is concluded, "
    "else “not settled”. Which side is better for patients follows from the endpoint.",
    f"Beside it the size: “important” where an effect beyond the declared size has at least "
    f"{fmt.percent(_T.size, 0)}, “smaller than important” where it has at most "
    f"{fmt.percent(1.0 - _T.size, 0)}, on the side that is likelier.",
    "One trial is no pool and has words of its own, by its own interval: what it found, that it is "
    "not replicated, or that it settles no difference.",
    "Levels of a marker differ, lean to differ, or no difference is settled, by the same "
    "probabilities.",
    "“Hangs on the prior of τ”: half or twice the scale of the prior makes or unmakes a concluded "
    "direction. “Hangs on one trial”: leaving one out does, of three trials or more.",
    "“Not settled” is never read as proof that there is no difference. “Probably” is kept for "
    "judged certainty; every sentence ends with it.",
    "Where a direction is concluded, it is said whether the prediction interval includes no "
    "difference as well. Trials are said to differ beyond chance where the Q-profile interval of "
    "τ² lies above zero.",
    *MARGIN_RULES,
)


def conclude(group: Group, result: R, describe_side: DescribeSide[R]) -> Conclusion:
    """Return the sentence of one group with its remarks.

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
    verdict = group.verdict
    word = "" if verdict is None else verdict.word
    if group.k < 2 or group.primary_model == "single-trial":
        return Conclusion(word, group.sentence)
    remarks = heterogeneity(group)
    if word in (*CONCLUDED, "differs"):
        remarks = (*_prediction(group, result), *remarks)
    elif design_of(result) == "non-inferiority":
        remarks = (*_beside_the_margin(group, result, describe_side), *remarks)
    return Conclusion(word, group.sentence, remarks)


def _beside_the_margin(group: Group, result: R, describe_side: DescribeSide[R]) -> tuple[str, ...]:
    """Say of a design with a margin where a direction is concluded as well."""
    p = None if group.verdict is None else group.verdict.p_benefit
    if p is None or verdict_word(p) not in CONCLUDED:
        return ()
    better = p > 0.5
    side = result.benefit if better else {"lower": "higher", "higher": "lower"}[result.benefit]
    words = describe_side("lower" if side == "lower" else "higher", result)
    return (
        f"{capital(words)}{'' if better else ', worse'} ({fmt.chance(p if better else 1.0 - p)}).",
    )


def _prediction(group: Group, result: ComparativeResult) -> tuple[str, ...]:
    side = side_of(group.pi_lower, group.pi_upper, result.null_value)
    if side == "unknown":
        return ()
    if side == "neither":
        return (
            f"The prediction interval includes {null_text(result)}: "
            "a further trial may show no difference, or the opposite.",
        )
    return (f"The prediction interval excludes {null_text(result)} as well.",)
