"""From a result record to the rows and texts of a forest plot.

Nothing here knows about positions or matplotlib. Every printed number comes
from :mod:`trialpool.formatting`.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import replace
from string import ascii_lowercase

from trialpool import formatting as fmt
from trialpool.figures.forest.arm_columns import ArmColumns, total
from trialpool.figures.forest.drawn_scale import DrawnScale
from trialpool.figures.forest.heads import heads_of
from trialpool.figures.forest.marks.density import predictive_density
from trialpool.figures.forest.options.display_options import (
    ABSOLUTE,
    COMPARISON,
    Choice,
    Extra,
    absolute_cells,
    choose_columns,
    pool_cells,
    with_landmark,
)
from trialpool.figures.forest.options.preset_changes import (
    band_limits,
    with_colour_of,
    with_digits,
)
from trialpool.figures.forest.options.presets import PRESETS, Preset
from trialpool.figures.forest.pools import SAYS_ITSELF, main_pool, model_name, pools_shown
from trialpool.figures.forest.risk_of_bias import domains_of, judgements_of
from trialpool.figures.forest.table import Row, Table
from trialpool.figures.forest.trial_rows import own_numbers, row_effect, trial_row
from trialpool.figures.forest.words.legends import data_version
from trialpool.figures.forest.words.margins import has_margins, margin_cell
from trialpool.figures.forest.words.naming import doi_url, source_numbers, trial_label
from trialpool.figures.forest.words.statistics import heterogeneity, overall_test
from trialpool.measures import get_measure
from trialpool.records.groups import Group
from trialpool.records.results import ComparativeResult
from trialpool.records.trials import Trial

__all__ = ["Row", "Table", "build_table", "doi_url"]

NOT_IN_THE_POOL = "Not in the pool"


def build_table(
    result: ComparativeResult,
    preset: Preset = PRESETS["default"],
    choice: Choice | None = None,
) -> Table:
    """Turn a result record into rows and texts.

    Raises
    ------
    ValueError
        If a column was asked for that no trial has.
    """
    chosen = choice or Choice()
    scale = DrawnScale.of(get_measure(result.measure))
    measure, trials = scale.drawn, result.trials
    preset = with_colour_of(preset, measure)
    preset = with_digits(preset, measure, (own_numbers(one, scale)[1:] for one in trials))
    if not scale.is_own and preset.pi_style in ("shade", "density"):
        # The distribution is on the scale of the analysis, not of the axis.
        preset = replace(preset, pi_style="bar")
    flags = flag_symbols(text for trial in trials for text in trial.flags)
    arms = ArmColumns.of(trials, single=not scale.analysed.compares)
    found = _columns(trials, arms)
    if any(group.absolute is not None for group in result.groups):
        found |= {ABSOLUTE}
    left, right, asked = choose_columns(trials, found, chosen, preset)
    extras = with_landmark(asked, result.groups)
    columns = frozenset(left) | frozenset(right)
    left, right = arms.parted(left), arms.parted(right)
    means = dict(zip((id(t) for t in trials), arms.cells(trials, (*left, *right)), strict=True))
    domains = domains_of(trials, chosen.rob_names) if "rob" in columns else None
    numbers = source_numbers(trials, result.sources)
    rows: list[Row] = []
    for group in result.groups:
        name = group.label
        members = [trial for trial in trials if trial.group == name]
        rows.append(_heading(name, name, members, columns, preset, group.mechanism))
        information = sum(trial.se**-2 for trial in members)
        for trial in members:
            area = _area(trial, information, preset)
            rows.append(
                trial_row(
                    trial,
                    scale,
                    columns,
                    level=result.settings.level,
                    flags=flags,
                    area=area,
                    sources=result.sources,
                    preset=preset,
                    extras=extras,
                    means=means[id(trial)],
                    lone=len(members) == 1,
                    label=trial_label(
                        trial,
                        preset.label_style,
                        numbers.get(trial.source),
                        year="year" not in columns,
                    ),
                    rob=judgements_of(trial, domains) if domains else (),
                    # Of a trial alone in its group, which has no row for a pool.
                    alone=absolute_cells(group, extras) if group.k == 1 else (),
                )
            )
        rows.extend(_total_row(members, name, columns, preset))
        rows.extend(_pool_rows(group, members, result, scale, name, columns, preset, extras))
    overall = result.overall
    if overall is not None:
        label = overall.label or "All trials"
        rows.append(_heading("", label, trials, columns, preset))
        rows.extend(_total_row(trials, "", columns, preset))
        rows.extend(_pool_rows(overall, trials, result, scale, "", columns, preset, extras))
    rows.extend(_missing_rows(result))
    return Table(
        id=result.id,
        title=result.title,
        measure=measure,
        null=result.null_value if scale.analysed.compares else math.nan,
        heads=heads_of(result, scale, (left, right, arms), preset, chosen, extras),
        rows=tuple(rows),
        favours=(result.favours.lower, result.favours.higher),
        flags=tuple((symbol, text) for text, symbol in flags.items()),
        overall=scale.of_trials(trials).place(_pooled_line(result)),
        left=left,
        right=right,
        texts=frozenset({COMPARISON, *(extra.name for extra in extras if extra.words)}),
        preset=preset,
        band=band_limits(preset.cid, scale.analysed, result.null_value),
        rob=domains,
        version=data_version(result),
    )


def _pooled_line(result: ComparativeResult) -> float | None:
    """Return the estimate of all trials together: of the overall pool, or of the only group."""
    groups = result.groups
    pool = result.overall or (groups[0] if len(groups) == 1 else None)
    main = None if pool is None else main_pool(pool)
    return None if main is None else main.pool.estimate


def _area(trial: Trial, information: float, preset: Preset) -> float | None:
    """Area of a square: share of the group's information, or events where they are asked for."""
    if preset.squares == "events":
        one, other = trial.experimental.events, trial.control.events
        return None if one is None or other is None or not one + other else float(one + other)
    return float(trial.se**-2) if trial.weight is None else trial.weight * information


def _heading(
    group: str,
    label: str,
    members: Sequence[Trial],
    columns: frozenset[str],
    preset: Preset,
    behind: str = "",
) -> Row:
    """Head a group with its name and the sums of its arms, which belong to no one model."""
    if preset.totals_row:
        return Row("heading", group, label, behind=behind)
    return Row(
        "heading",
        group,
        label,
        behind=behind,
        experimental=total(members, "experimental", columns),
        control=total(members, "control", columns),
    )


def _total_row(
    members: Sequence[Trial], group: str, columns: frozenset[str], preset: Preset
) -> list[Row]:
    """Give the sums of the arms a row of their own, where the preset has one and there are sums."""
    sums = [total(members, arm, columns) for arm in ("experimental", "control")]
    if not preset.totals_row or not any(sums):
        return []
    return [Row("total", group, "Total", experimental=sums[0], control=sums[1])]


def _missing_rows(result: ComparativeResult) -> list[Row]:
    """Name the trials of a table that could not be pooled, each with the reason.

    Records of questions are left alone: they exclude rows for many reasons, at some stage.
    """
    missing = [entry for entry in result.excluded if not entry.stage]
    rows = [Row("statistics", "", f"{entry.label}: {entry.reason}") for entry in missing]
    return [Row("heading", "", NOT_IN_THE_POOL), *rows] if rows else []


def _pool_rows(
    group: Group,
    members: Sequence[Trial],
    result: ComparativeResult,
    scale: DrawnScale,
    label: str,
    columns: frozenset[str],
    preset: Preset,
    extras: Sequence[Extra],
) -> Iterable[Row]:
    style, drawn, measure = preset.style, scale.of_trials(members), scale.drawn
    main = main_pool(group)
    speaking = None if main is None else main.model
    for key, standing, pool in pools_shown(group):
        yield Row(
            "pool",
            label,
            fmt.restyled(model_name(key, result.settings), style),
            **row_effect(
                drawn.place(pool.estimate),
                drawn.place(pool.ci_lower),
                drawn.place(pool.ci_upper),
                measure,
                style,
            ),
            **margin_cell(group.margin, measure, shown="margin" in columns, style=style),
            standing=standing,
            extra=(
                *pool_cells(pool, extras, result.trials, style),
                *(absolute_cells(group, extras) if key == speaking else ()),
            ),
        )
    if main is None:
        return
    pool = main.pool
    if pool.pi_lower is not None and pool.pi_upper is not None:
        level = fmt.percent(result.settings.level, 0)
        curve = preset.pi_style in ("shade", "density")
        yield Row(
            "prediction",
            label,
            f"{level} prediction interval",
            **row_effect(
                None,
                drawn.place(pool.pi_lower),
                drawn.place(pool.pi_upper),
                measure,
                style,
            ),
            standing=main.standing,
            centre=drawn.place(pool.estimate),
            density=predictive_density(pool, members) if curve else (),
        )
    yield Row(
        "statistics", label, group.primary_note if _is_told(group) else heterogeneity(pool, preset)
    )
    test = overall_test(pool, drawn.analysed, preset) if preset.test_line else ""
    if test:
        yield Row("statistics", label, test)


def _is_told(group: Group) -> bool:
    """Whether a note takes the place of the heterogeneity of a pool."""
    return group.primary_model in SAYS_ITSELF and bool(group.primary_note)


def _columns(trials: Sequence[Trial], arms: ArmColumns) -> frozenset[str]:
    """Name the optional columns for which at least one trial has something to print."""
    found = set(arms.shown)
    if any(trial.comparison for trial in trials):
        found.add(COMPARISON)
    # Where every trial is alone in its group, each weighs 100%: nothing to tell.
    if len({trial.group for trial in trials}) < len(trials):
        weighed = any(trial.weight is not None for trial in trials)
        found |= {"weight"} if weighed else set()
    if has_margins(trials):
        found.add("margin")
    if any(trial.risk_of_bias for trial in trials):
        found.add("rob")
    return frozenset(found)


def flag_symbols(flags: Iterable[str]) -> dict[str, str]:
    """Give each distinct flag a letter, in the order in which a reader meets it."""
    return {text: _letter(index) for index, text in enumerate(dict.fromkeys(flags))}


def _letter(index: int) -> str:
    letter = ascii_lowercase[index % 26]
    return letter if index < 26 else _letter(index // 26 - 1) + letter
