"""From a result record to the rows and texts of a forest plot.

Nothing here knows about positions or matplotlib. Every printed number comes
from :mod:`trialpool.formatting`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from string import ascii_lowercase
from typing import TypedDict

from trialpool import formatting as fmt
from trialpool.figures.forest.marks.density import predictive_density
from trialpool.figures.forest.options.display_options import (
    ABSOLUTE,
    COMPARISON,
    Choice,
    Extra,
    absolute_cells,
    choose_columns,
    extra_cells,
    pool_cells,
    with_landmark,
)
from trialpool.figures.forest.options.preset_changes import (
    band_limits,
    with_colour_of,
    with_digits,
)
from trialpool.figures.forest.options.presets import PRESETS, Preset
from trialpool.figures.forest.pools import main_pool, model_name, pools_shown
from trialpool.figures.forest.risk_of_bias import domains_of, judgements_of
from trialpool.figures.forest.table import Heads, Row, Table
from trialpool.figures.forest.words.legends import data_version
from trialpool.figures.forest.words.margins import has_margins, margin_cell
from trialpool.figures.forest.words.naming import doi_url, source_numbers, trial_label
from trialpool.figures.forest.words.printed import printed_texts
from trialpool.figures.forest.words.statistics import heterogeneity, method_over_plot, overall_test
from trialpool.measures import Measure, get_measure
from trialpool.records.groups import Group, SourceCited
from trialpool.records.results import ComparativeResult
from trialpool.records.trials import Arm, LevelArm, Trial

__all__ = ["Heads", "Row", "Table", "build_table", "doi_url"]

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
    measure = get_measure(result.measure)
    trials = result.trials
    preset = with_colour_of(preset, measure)
    preset = with_digits(preset, measure, ((one.ci_lower, one.ci_upper) for one in trials))
    style = preset.style
    level = fmt.percent(result.settings.level, 0)
    flags = flag_symbols(text for trial in trials for text in trial.flags)
    found = _columns(trials)
    if any(group.absolute is not None for group in result.groups):
        found |= {ABSOLUTE}
    left, right, asked = choose_columns(trials, found, chosen, preset)
    extras = with_landmark(asked, result.groups)
    columns = frozenset(left) | frozenset(right)
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
                _trial_row(
                    trial,
                    measure,
                    columns,
                    level=result.settings.level,
                    flags=flags,
                    area=area,
                    sources=result.sources,
                    style=style,
                    extras=extras,
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
        rows.extend(_pool_rows(group, members, result, measure, name, columns, preset, extras))
    overall = result.overall
    if overall is not None:
        label = overall.label or "All trials"
        rows.append(_heading("", label, trials, columns, preset))
        rows.extend(_total_row(trials, "", columns, preset))
        rows.extend(_pool_rows(overall, trials, result, measure, "", columns, preset, extras))
    rows.extend(_missing_rows(result))
    return Table(
        id=result.id,
        title=result.title,
        measure=measure,
        null=result.null_value,
        heads=_heads(result, measure, level, trials, columns, preset, chosen, extras),
        rows=tuple(rows),
        favours=(result.favours.lower, result.favours.higher),
        flags=tuple((symbol, text) for text, symbol in flags.items()),
        overall=_pooled_line(result),
        left=left,
        right=right,
        texts=frozenset({COMPARISON, *(extra.name for extra in extras if extra.words)}),
        preset=preset,
        band=band_limits(preset.cid, measure, result.null_value),
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
    return _weight(trial) * information


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
        experimental=_total(members, "experimental", columns),
        control=_total(members, "control", columns),
    )


def _total_row(
    members: Sequence[Trial], group: str, columns: frozenset[str], preset: Preset
) -> list[Row]:
    """Give the sums of the arms a row of their own, where the preset has one and there are sums."""
    sums = [_total(members, arm, columns) for arm in ("experimental", "control")]
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
    measure: Measure,
    label: str,
    columns: frozenset[str],
    preset: Preset,
    extras: Sequence[Extra],
) -> Iterable[Row]:
    style = preset.style
    main = main_pool(group)
    speaking = None if main is None else main.model
    for key, standing, pool in pools_shown(group):
        yield Row(
            "pool",
            label,
            fmt.restyled(model_name(key, result.settings), style),
            **row_effect(pool.estimate, pool.ci_lower, pool.ci_upper, measure, style),
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
            **row_effect(None, pool.pi_lower, pool.pi_upper, measure, style),
            standing=main.standing,
            centre=pool.estimate,
            density=predictive_density(pool, members) if curve else (),
        )
    yield Row("statistics", label, heterogeneity(pool, preset))
    test = overall_test(pool, measure, preset) if preset.test_line else ""
    if test:
        yield Row("statistics", label, test)


def _trial_row(
    trial: Trial,
    measure: Measure,
    columns: frozenset[str],
    *,
    level: float,
    flags: Mapping[str, str],
    area: float | None,
    sources: Mapping[str, SourceCited],
    style: fmt.Style,
    extras: Sequence[Extra],
    label: str,
    rob: tuple[str, ...],
    alone: tuple[tuple[str, str], ...],
) -> Row:
    return Row(
        "trial",
        trial.group,
        label,
        comparison=(trial.comparison or fmt.NOT_AVAILABLE) if COMPARISON in columns else "",
        experimental=arm_count(trial.experimental) if "experimental" in columns else "",
        control=arm_count(trial.control) if "control" in columns else "",
        **row_effect(trial.estimate, trial.ci_lower, trial.ci_upper, measure, style)
        | printed_texts(trial, level, measure, style),
        weight=_weight(trial),
        weight_text=fmt.percent(_weight(trial), style=style) if "weight" in columns else "",
        area=area,
        **margin_cell(trial.margin, measure, shown="margin" in columns, style=style),
        flags=tuple(symbol for text, symbol in flags.items() if text in trial.flags),
        trial_id=trial.trial_id,
        url=doi_url(sources.get(trial.source)),
        extra=(*extra_cells(trial, extras, style), *alone),
        rob=rob,
    )


def _weight(trial: Trial) -> float:
    # A trial alone in its group has no weight to share.
    return 1.0 if trial.weight is None else trial.weight


class RowEffect(TypedDict):
    """The fields of a row on its estimate and interval."""

    estimate: float | None
    lower: float | None
    upper: float | None
    effect: str
    effect_parts: tuple[str, ...]


def row_effect(
    estimate: float | None,
    lower: float | None,
    upper: float | None,
    measure: Measure,
    style: fmt.Style = fmt.PLAIN,
) -> RowEffect:
    """Numbers and printed texts of an estimate; the pieces joined give the whole."""
    parts = ["" if estimate is None else fmt.effect(estimate, measure, style), "", "", ""]
    between = style.between(measure)
    comma, word = between.startswith(","), between.strip(" ,")
    if lower is not None and upper is not None:
        parts[1:] = [
            f"{style.opening}{fmt.effect(lower, measure, style)}{',' if comma else ''}",
            word,
            f"{fmt.effect(upper, measure, style)}{style.closing}",
        ]
    if estimate is not None:
        text = fmt.effect_with_interval(estimate, lower, upper, measure, style)
    else:
        limits = fmt.interval(lower, upper, measure, style)
        text = f"{style.opening}{limits}{style.closing}"
    return {
        "estimate": estimate,
        "lower": lower,
        "upper": upper,
        "effect": text,
        "effect_parts": tuple(parts),
    }


def arm_count(arm: Arm | LevelArm) -> str:
    """Print events and patients of an arm, as far as they are known."""
    return fmt.count_of(arm.events, arm.n)


def _total(members: Sequence[Trial], arm: str, columns: frozenset[str]) -> str:
    """Sum of an arm over the trials of a group, "at least" where a trial lacks it."""
    if arm not in columns or len(members) < 2:
        return ""
    arms = [t.experimental if arm == "experimental" else t.control for t in members]
    sizes = [own.n for own in arms if own.n is not None]
    events = [own.events for own in arms if own.events is not None]
    if not sizes:
        return ""
    # Events of some arms say nothing beside the patients of others.
    whole = sum(events) if len(events) == len(arms) == len(sizes) else None
    return fmt.at_least(fmt.count_of(whole, sum(sizes)), len(sizes) < len(arms))


def _columns(trials: Sequence[Trial]) -> frozenset[str]:
    """Name the optional columns for which at least one trial has something to print."""
    arms = [arm for trial in trials for arm in (trial.experimental, trial.control)]
    counted = any(arm_count(arm) != fmt.NOT_AVAILABLE for arm in arms)
    # The two arms come together: one alone would leave the reader asking for the other.
    found = {"experimental", "control"} if counted else set()
    if any(trial.comparison for trial in trials):
        found.add(COMPARISON)
    # Where every trial is alone in its group, each weighs 100%: nothing to tell.
    if len({trial.group for trial in trials}) < len(trials):
        found.add("weight")
    if has_margins(trials):
        found.add("margin")
    if any(trial.risk_of_bias for trial in trials):
        found.add("rob")
    return frozenset(found)


def _heads(
    result: ComparativeResult,
    measure: Measure,
    level: str,
    trials: Sequence[Trial],
    columns: frozenset[str],
    preset: Preset,
    chosen: Choice,
    extras: Sequence[Extra],
) -> Heads:
    events = any(
        arm.events is not None for trial in trials for arm in (trial.experimental, trial.control)
    )
    what = "events/n" if events else "n"
    name = result.measure_name or measure.name
    unit = {"RD": "percentage points"}.get(measure.code, measure.unit)
    experimental, control = chosen.arms or ("Experimental", "Control")
    interval = f"{preset.style.opening}{level} CI{preset.style.closing}"
    under_panel = ("log scale" if measure.is_ratio else unit,)
    if preset.method_line:
        under_panel = (method_over_plot(result),)
    return Heads(
        label=(preset.label_head,),
        comparison=("Comparison",) if COMPARISON in columns else None,
        experimental=(experimental, what) if "experimental" in columns else None,
        control=(control, what) if "control" in columns else None,
        panel=(f"{name[:1].upper()}{name[1:]}", *under_panel),
        effect=(f"{'' if measure.code == 'generic' else measure.code} {interval}".strip(),),
        weight=("Weight",) if "weight" in columns else None,
        margin=("Margin",) if "margin" in columns else None,
        extra=tuple((extra.name, (extra.head,)) for extra in extras),
        rob=("Risk of bias",) if "rob" in columns else None,
    )


def flag_symbols(flags: Iterable[str]) -> dict[str, str]:
    """Give each distinct flag a letter, in the order in which a reader meets it."""
    return {text: _letter(index) for index, text in enumerate(dict.fromkeys(flags))}


def _letter(index: int) -> str:
    letter = ascii_lowercase[index % 26]
    return letter if index < 26 else _letter(index // 26 - 1) + letter
