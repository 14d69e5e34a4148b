"""Methods text on robustness: single trials, subsets, choices, small-study effects."""

from __future__ import annotations

from collections.abc import Sequence

from trialpool.questions.shared.words.wording import Citations
from trialpool.records.reanalyses import Gosh, LeaveOneOut, Multiverse, SmallStudy, SmallStudyGroup
from trialpool.records.results import ComparativeResult

Results = Sequence[ComparativeResult]


def robustness(results: Results, cite: Citations) -> list[str]:
    """Describe what is done to groups of two trials or more beside the main analysis."""
    entries = [entry for result in results for entry in result.sensitivity]
    if not any(isinstance(entry, Multiverse) and entry.results for entry in entries):
        return []
    paragraphs = [
        "Each group is pooled again under every combination of the estimator of τ², the interval "
        "of the mean, the question’s report policies and rules on which trials enter (two readers "
        "only; no remark on the numbers; no interim report; without each trial), as far as two "
        f"trials are left {cite('steegen2016')}. Sets of trials that come out alike count once. "
        "The share in which the answer of the main analysis holds says how much it hangs on "
        "choices; it is no probability. Where a group has no one answer, there is none to hold."
    ]
    single = []
    if any(isinstance(entry, LeaveOneOut) and entry.results for entry in entries):
        single.append(
            "From three trials on, groups are pooled without each trial and in order of year, and "
            f"the influence of each trial is measured {cite('viechtbauercheung2010')}."
        )
    if any(isinstance(entry, Gosh) and entry.results for entry in entries):
        single.append(
            "From four trials on, every subset of two trials or more is pooled, or a seeded "
            f"sample of them {cite('olkin2012')}."
        )
    if single:
        paragraphs.append(" ".join(single))
    groups = [row for entry in entries if isinstance(entry, SmallStudy) for row in entry.results]
    return [*paragraphs, *_small_study(groups, cite)]


def _small_study(rows: Sequence[SmallStudyGroup], cite: Citations) -> list[str]:
    tested = [row for row in rows if row.enough]
    if not tested:
        return [
            "Small-study effects are not tested: no group has ten trials or more, and with fewer "
            f"the tests cannot tell them from chance {cite('sterne2011')}."
        ]
    names = {test.name for row in tested for test in row.regression_tests}
    counts = f", of Harbord and of Peters {cite('harbord2006', 'peters2006')}" * (
        "Harbord" in names
    )
    few = (
        "" if len(tested) == len(rows) else " In smaller groups they cannot tell them from chance."
    )
    return [
        f"Groups of ten trials or more {cite('sterne2011')} are tested for small-study effects "
        f"with the regression test of Egger {cite('egger1997')}{counts}, a random-effects "
        f"regression on the standard error, and the rank test {cite('begg1994')}.{few} Trim and "
        f"fill {cite('duval2000')}, a selection model that steps at a one-sided p-value of 0.025 "
        f"{cite('vevea1995')} and PET-PEESE {cite('stanley2014')} show how far the estimate moves "
        "if asymmetry is read as missing results; none of them corrects it."
    ]
