"""The conclusion of a result's group, in the words of its kind of question."""

from __future__ import annotations

from trialpool.questions.shared.words.sides import Conclusion
from trialpool.records.groups import GroupBase
from trialpool.records.results import Result
from trialpool.report.rooms import words_of


def conclude(group: GroupBase, result: Result) -> Conclusion:
    """Put the result of one group into words.

    Parameters
    ----------
    group : GroupBase
        One of the result's `groups`, or its `overall`.
    result : Result
        The result of the question.

    Returns
    -------
    Conclusion
        By the rules that the report prints.
    """
    return words_of(result).conclude(group, result)
