"""What changes when counts are pooled by a model of counts instead of effect sizes."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Final

from trialpool.pooling.counts import PooledCounts, mantel_haenszel, odds_ratio_glmm, peto
from trialpool.questions.shared.synthesis.members import MAIN_CI
from trialpool.records.base import record_from
from trialpool.records.reanalyses import PoolAgain, Reanalysis
from trialpool.records.settings import Pooling
from trialpool.records.trials import SelectedTrial

_Counts = tuple[list[int], list[int], list[int], list[int]]

# With fewer trials maximum likelihood says next to nothing of how much they differ.
FEWEST_FOR_GLMM: Final = 4


def count_models_sensitivity(
    groups: Mapping[str, Sequence[SelectedTrial]], measure: str, pooling: Pooling
) -> list[Reanalysis]:
    """Pool the counts of each group by Mantel and Haenszel, Peto, and a mixed model.

    Only groups of several trials whose effects all come from counts are listed.
    Odds ratios are pooled by all three, risk ratios and differences by Mantel
    and Haenszel alone.
    """
    if measure not in ("OR", "RR", "RD"):
        return []
    counted = {
        label: counts
        for label, members in groups.items()
        if (counts := _counts(members)) is not None
    }
    if not counted:
        return []
    level, pi = pooling.level, pooling.pi

    def by_mantel_haenszel(*counts: list[int]) -> PooledCounts:
        return mantel_haenszel(*counts, measure=measure, level=level)

    def by_peto(*counts: list[int]) -> PooledCounts:
        return peto(*counts, level=level)

    def by_glmm(*counts: list[int]) -> PooledCounts:
        return odds_ratio_glmm(*counts, model="conditional", pi=pi, level=level)

    common = "common-effect"
    found = [
        _analysis(
            "mantel-haenszel",
            "Mantel-Haenszel",
            "Common effect with the weights of Mantel and Haenszel, Wald interval; nothing is "
            "added to zero cells.",
            common,
            by_mantel_haenszel,
            counted,
        )
    ]
    if measure == "OR":
        found += [
            _analysis(
                "peto",
                "Peto",
                "Peto's one-step odds ratio, Wald interval; meant for rare events, short of the "
                "truth where effects are large or arms of unequal size.",
                common,
                by_peto,
                counted,
            ),
            _analysis(
                "glmm",
                "Mixed model of the counts",
                "Conditional exact mixed model, maximum likelihood, Wald interval: no effect "
                "size per trial, no correction. Wald intervals are too narrow with few trials; "
                f"not fitted with fewer than {FEWEST_FOR_GLMM}.",
                MAIN_CI,
                by_glmm,
                {label: c for label, c in counted.items() if len(c[0]) >= FEWEST_FOR_GLMM},
            ),
        ]
    return [analysis for analysis in found if analysis.results]


def _counts(members: Sequence[SelectedTrial]) -> _Counts | None:
    """Return the counts of a group's trials; None where a trial has none, or stands alone."""
    columns: _Counts = ([], [], [], [])
    for trial in members:
        ours, theirs = trial.experimental, trial.control
        for column, cell in zip(
            columns, (ours.events, ours.n, theirs.events, theirs.n), strict=True
        ):
            if cell is None:
                return None
            column.append(cell)
    return columns if len(members) > 1 else None


def _analysis(
    name: str,
    label: str,
    description: str,
    beside: str,
    pool: Callable[..., PooledCounts],
    counted: Mapping[str, _Counts],
) -> Reanalysis:
    rows = []
    impossible = []
    for group, counts in counted.items():
        try:
            pooled = pool(*counts)
        except ValueError:
            impossible.append(group)
            continue
        tau2 = pooled.tau2 if pooled.tau2_method != "CE" else None
        rows.append(
            record_from(pooled, PoolAgain, group=group, analysis=label, tau2=tau2, trials=())
        )
    if impossible:
        description += f" No finite estimate: {'; '.join(impossible)}."
    return Reanalysis(
        id=name, label=label, description=description, ci_method=beside, results=tuple(rows)
    )
