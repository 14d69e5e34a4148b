"""A question as pages show it: its rows and texts, ready to print, without its figures."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from trialpool import formatting as fmt
from trialpool.measures import Measure, get_measure
from trialpool.questions.shared.words.parts import Part
from trialpool.records.base import kind_of
from trialpool.records.files import to_plain
from trialpool.records.results import ComparativeResult, Result, heaviest
from trialpool.report import reanalyses, tables
from trialpool.report.moderators import Moderators, moderators
from trialpool.report.robustness import Robustness, robustness
from trialpool.report.rooms import page_of
from trialpool.report.site.page import question_path, slug
from trialpool.report.svg import InlineFigure


@dataclass(frozen=True)
class Beside:
    """A further figure: the question and another one on the same rows."""

    id: str
    href: str
    heading: str
    figure: InlineFigure


@dataclass(frozen=True)
class ShownQuestion:
    """What is shown of every question.

    Attributes
    ----------
    anchor : str
        Start of the ids on its page.
    href : str
        Its page, as a link inside the site.
    measure, code, unit : str
        The measure as headings name it with the unit of its numbers, and both apart.
    figure : InlineFigure or None
        The forest plot; pages put in what they draw.
    figures : mapping of str to InlineFigure
        Those beside the forest plot, by name.
    offered : mapping of str to str
        Its files, by name: links inside the site.
    figure_names : tuple of str
        Of these, whether drawn or not.
    parts : tuple of Part
        What only this kind of question shows.
    groups : tuple of GroupRow
        With the pool of all groups, where there is one; empty where nothing is compared.
    by_label : mapping of str to GroupRow
        The groups alone.
    trials, heaviest : mapping of str to tuple of TrialRow
        By label of the group; empty where nothing is compared.
    """

    anchor: str
    href: str
    result: Result
    heading: str
    level: str
    measure: str
    code: str
    unit: str
    candidates: tuple[tables.ExcludedRow, ...]
    others: tuple[tables.Reason, ...]
    settings: tuple[tuple[str, str], ...]
    figure_names: tuple[str, ...]
    parts: tuple[Part, ...]
    groups: tuple[tables.GroupRow, ...] = ()
    by_label: Mapping[str, tables.GroupRow] = field(default_factory=dict)
    trials: Mapping[str, tuple[tables.TrialRow, ...]] = field(default_factory=dict)
    heaviest: Mapping[str, tuple[tables.TrialRow, ...]] = field(default_factory=dict)
    figure: InlineFigure | None = None
    figures: Mapping[str, InlineFigure] = field(default_factory=dict)
    beside: Beside | None = None
    offered: Mapping[str, str] = field(default_factory=dict)

    def parts_at(self, place: str) -> tuple[Part, ...]:
        """Return the parts that stand at one place."""
        return tuple(part for part in self.parts if part.place == place)

    @property
    def is_empty(self) -> bool:
        """Whether no trial answers it with a number that can be used."""
        return not self.result.trials


@dataclass(frozen=True, kw_only=True)
class ShownComparison(ShownQuestion):
    """A question that compares two sides."""

    result: ComparativeResult
    forest_remark: str
    has_events: bool
    of_arms: str
    strategies: tuple[tables.StrategyRow, ...]
    missing_trials: int
    others_total: str
    sensitivity: tuple[reanalyses.Sensitivity, ...]
    robustness: Robustness | None
    moderators: Moderators | None
    group_test: str | None


def shown_question(result: Result) -> ShownQuestion:
    """Prepare what pages show of a question."""
    common = _common(result)
    if not isinstance(result, ComparativeResult):
        return ShownQuestion(**common)
    groups = tables.group_rows(result)
    candidates = common["candidates"]
    return ShownComparison(
        **common,
        groups=groups,
        by_label={group.label: row for group, row in zip(result.groups, groups, strict=False)},
        trials=dict(tables.trial_rows(result)),
        heaviest=dict(tables.trial_rows(heaviest(result))),
        forest_remark=page_of(kind_of(result)).FOREST_REMARK,
        of_arms=tables.heading_of_arms(result.trials),
        has_events=any(row.events != fmt.NOT_AVAILABLE for row in groups),
        strategies=tables.strategy_rows(result),
        missing_trials=len({row.label for row in candidates if not row.is_pooled}),
        others_total=fmt.whole(sum(reason.rows for reason in common["others"])),
        sensitivity=reanalyses.sensitivities(result),
        robustness=robustness(result),
        moderators=moderators(result),
        group_test=tables.group_test(result),
    )


def _common(result: Result) -> dict[str, Any]:
    page, measure = page_of(kind_of(result)), get_measure(result.measure)
    return {
        "anchor": slug(result.id),
        "href": f"site:{question_path(result.id)}",
        "result": result,
        "heading": result.title,
        "level": fmt.level(result.settings.level),
        "measure": _heading(measure, result.unit),
        "code": measure.code,
        "unit": _unit(measure) or result.unit,
        "candidates": tables.candidate_rows(result),
        "others": tables.other_reasons(result),
        "settings": tuple(tables.flatten(to_plain(result.settings))),
        "figure_names": page.figures(result),
        "parts": page.parts(result),
    }


def _unit(measure: Measure) -> str:
    return "percentage points" if measure.code == "RD" else measure.unit


def _heading(measure: Measure, own: str) -> str:
    """Name a measure as column headings do, with the unit of its numbers."""
    unit = _unit(measure) or own
    return f"{measure.code}, {unit}" if unit else measure.code
