"""Comparisons of one trial that share an arm: which enter, and what third one is known."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from trialpool.questions.shared.selection.candidates import Candidate
from trialpool.records.trials import ThirdContrast


def spanning(contrasts: Sequence[tuple[str, str]]) -> list[tuple[str, str]]:
    """Choose contrasts of a trial so that none follows from the others.

    Those with the arm that most contrasts have; at a tie the arm that is a
    control more often, then the first by name.

    Parameters
    ----------
    contrasts : sequence of (experimental arm, control arm)
    """
    uses = Counter(arm for pair in contrasts for arm in pair)
    controls = Counter(control for _, control in contrasts)
    common = min(uses, key=lambda arm: (-uses[arm], -controls[arm], arm))
    return [pair for pair in contrasts if common in pair]


def third_contrasts(
    chosen: Candidate, candidates: Sequence[Candidate]
) -> tuple[ThirdContrast, ...]:
    """Contrasts of a trial that do not have an arm of `chosen` in common with both of its arms.

    From the same source, cut, endpoint and population, so that the variance of
    the difference of two contrasts can be read off the third (METHODS of
    multi-arm trials). Counts need none: the events of the shared arm are known.
    """
    found = []
    for other in candidates:
        if (
            _report(other) == _report(chosen)
            and other.effect
            and len(set(other.arms) & set(chosen.arms)) == 1
        ):
            found.append(ThirdContrast(arms=other.arms, se=other.effect.sei, row_ids=other.row_ids))
    return tuple(sorted(found, key=lambda item: (item.arms, item.row_ids)))


def _report(one: Candidate) -> tuple[str, ...]:
    return (
        *(one.trial_id, one.source_id, one.maturity, one.endpoint, one.population),
        one.definition,
    )
