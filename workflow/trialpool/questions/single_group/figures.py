"""Figures of a question on one estimate per study: the forest plot on the printed scale."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from msgspec.structs import replace

from trialpool.records.single_group.questions import SingleGroupResult

if TYPE_CHECKING:
    from trialpool.figures.forest.figure import ForestFigure
    from trialpool.figures.forest.options.forest_options import ForestOptions
    from trialpool.figures.plots.drawing.scene import PlotFigure
    from trialpool.records.results import ComparativeResult
    from trialpool.records.trials import Trial

# What is said where only comparisons are drawn: beside another result, and in the overview.
COMPARES_NOTHING: Final = "estimates of single groups"


def forest(result: SingleGroupResult, options: ForestOptions) -> ForestFigure:
    """Draw studies and pools.

    Raises
    ------
    ValueError
        As of `trialpool.figures.draw_forest`.
    """
    from trialpool.figures.forest.one_panel import draw_effects

    return draw_effects(as_table(result), options)


def as_table(result: SingleGroupResult) -> ComparativeResult:
    """Give the result the form of a user's table of single groups, which the plot draws."""
    from trialpool.records.tables import TABLE_RESULT, TABLE_SETTINGS

    settings = result.settings
    # A treatment that all share says nothing.
    named = len({trial.comparison for trial in result.trials}) > 1
    return replace(
        TABLE_RESULT,
        id=result.id,
        title=result.title,
        question=result.question,
        measure=result.measure,
        scale=result.scale,
        measure_name=result.measure_name,
        unit=result.unit,
        endpoints=result.endpoints,
        endpoint_names=result.endpoint_names,
        favours=result.favours,
        model=result.model,
        settings=replace(
            TABLE_SETTINGS,
            tau2_method=settings.tau2_method,
            ci_method=settings.ci_method,
            pi_method=settings.pi_method,
            level=settings.level,
        ),
        trials=tuple(_drawn(trial, result, named) for trial in result.trials),
        groups=result.groups,
        sources=result.sources,
    )


def _drawn(trial: Trial, result: SingleGroupResult, named: bool) -> Trial:
    """Give the arm the person-time that the rate is for; without patients, it is its size."""
    arm = trial.experimental
    if arm.time is not None:
        arm = replace(arm, n=None, time=arm.time / result.settings.per)
    return replace(trial, experimental=arm, comparison=trial.comparison if named else "")


def plots(result: SingleGroupResult) -> dict[str, PlotFigure]:
    """Return further figures by the name of their files: none."""
    return {}
