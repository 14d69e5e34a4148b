"""`trialpool pool --small-study` and `--gosh`: tests, subsets, files and tables."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

from rich.table import Table as Shown
from rich.text import Text

from trialpool import formatting as fmt
from trialpool.cli.pool.pooling_arguments import RefitOptions
from trialpool.cli.pool.results import EffectsResult
from trialpool.cli.pool.tables import estimate, new_table, table_row
from trialpool.effects.inputs import Table
from trialpool.effects.typed import EffectSizes
from trialpool.files import write_rows
from trialpool.measures import Measure
from trialpool.pooling import PooledEffect
from trialpool.sensitivity import GoshSummary, PetPeese, SelectionModel, gosh, summarise_gosh
from trialpool.sensitivity.gosh import DEFAULT_SEED
from trialpool.sensitivity.small_study_tests import Counts, SmallStudyTests, small_study_tests

_COUNTS = ("events_experimental", "n_experimental", "events_control", "n_control")


def small_study(
    table: Table, effects: EffectSizes, refit: RefitOptions, steps: Sequence[float]
) -> SmallStudyTests:
    """Compute what `--small-study` asks for."""
    return small_study_tests(
        effects.yi,
        effects.vi,
        measure=effects.measure,
        counts=_counts(table, effects),
        steps=steps,
        **refit,
    )


def _counts(table: Table, effects: EffectSizes) -> Counts | None:
    """Give the counts of the pooled rows where the table has counts."""
    if not set(_COUNTS) <= set(table.columns) or "yi" in table.columns:
        return None
    rows = [table.rows[i] for i in effects.rows]
    return Counts(*([round(float(row[name])) for row in rows] for name in _COUNTS))


def gosh_summary(
    effects: EffectSizes, refit: RefitOptions, seed: int | None, out: Path | None
) -> GoshSummary:
    """Pool the subsets that `--gosh` asks for, and write them where a file is named."""
    found = gosh(
        effects.yi,
        effects.vi,
        smallest=min(2, len(effects)),
        seed=DEFAULT_SEED if seed is None else seed,
        **refit,
    )
    if out is not None:
        names = _distinct(effects.labels)
        numbers = ("k", "estimate", "ci_lower", "ci_upper", "tau2", "i2", "q")
        columns = {name: getattr(found, name).tolist() for name in numbers}
        members = found.member.astype(int).tolist()
        write_rows(
            out,
            (*numbers, *names),
            (
                {name: _cell(columns[name][i]) for name in numbers}
                | dict(zip(names, members[i], strict=True))
                for i in range(len(found))
            ),
        )
    return summarise_gosh(found)


def _cell(value: float) -> str | int | None:
    if isinstance(value, int):
        return value
    return None if math.isnan(value) else repr(value)


def _distinct(labels: Sequence[str]) -> list[str]:
    """Name a column after each trial; a name that stands twice gets its number."""
    taken = {"k", "estimate", "ci_lower", "ci_upper", "tau2", "i2", "q"}
    count = Counter(labels)
    names = []
    for i, label in enumerate(labels, 1):
        name = label if count[label] == 1 and label not in taken else f"{label} ({i})"
        while name in names:
            name += "'"
        names.append(name)
    return names


# ---- tables ---------------------------------------------------------------------------------


def tables(found: EffectsResult, measure: Measure) -> Iterator[Shown | Text]:
    """Show what was asked for."""
    if found.small_study is not None:
        yield Text("\nSmall-study effects", style="bold")
        yield from _small_study(found.small_study, found.pool, measure)
    if found.gosh is not None:
        yield Text("\nGOSH: pools of subsets of the trials", style="bold")
        yield from _gosh(found.gosh, found.effects.labels, measure)


def _small_study(
    found: SmallStudyTests, pool: PooledEffect, measure: Measure
) -> Iterator[Shown | Text]:
    if found.note:
        yield Text(f"Warning: {found.note}.")
    name = measure.short
    tests = new_table("Test", "statistic", "p", f"{name} in an infinitely large trial")
    for title, test in found.regression_tests.items():
        shown = f"z = {fmt.number(test.statistic)}"
        if test.df is not None:
            shown = fmt.statistic("t", test.statistic, test.df)
        limit = fmt.effect_with_interval(test.limit, test.limit_lower, test.limit_upper, measure)
        cells = (shown, fmt.p_value(test.p_value), limit) if not test.note else ("", "", "")
        table_row(tests, title, *cells)
    rank = found.rank_test
    tau = "" if rank.tau is None else f"Kendall τ {fmt.number(rank.tau)}"
    table_row(tests, "rank correlation (Begg)", tau, fmt.p_value(rank.p_value), "")
    yield tests
    adjusted = new_table("Adjusted estimate", f"{name} [{fmt.level(pool.level)} CI]", "how")
    table_row(adjusted, "none", estimate(pool, measure), "")
    for filled in found.trim_and_fill:
        if filled.pooled is not None:
            how = f"{filled.k0} filled in on the {filled.side}"
            shown = estimate(filled.pooled, measure)
            table_row(adjusted, f"trim and fill, {filled.estimator}", shown, how)
    chosen = found.pet_peese
    if not chosen.note:
        how = _chosen(chosen)
        table_row(adjusted, "PET-PEESE", estimate(chosen, measure), how)
    model = found.selection_model
    if not model.note:
        how = f"test of no selection: {fmt.p_statement(model.lrt_p_value)}"
        table_row(adjusted, "selection model", estimate(model, measure), how)
    yield adjusted
    for title, part in _notes(found):
        yield Text(f"{title}: {part}.")


def _chosen(found: PetPeese) -> str:
    """Say which of the two lines is taken, and why."""
    p_value = fmt.p_statement(found.pet_p_value)
    other = found.chosen == "PET" and (found.pet_p_value or 1.0) < found.alpha
    return f"{found.chosen} (PET: {p_value}{', on the other side' if other else ''})"


def _weights(model: SelectionModel) -> str:
    """Say how often results are seen, beside those of the first interval."""
    lower = model.steps[:-1]
    parts = [
        f"{fmt.number(weight)} for p in ({low:g}, {high:g}]"
        for weight, low, high in zip((model.weights or ())[1:], lower, model.steps[1:], strict=True)
    ]
    side = "positive" if model.alternative == "greater" else "negative"
    return (
        f"chance of being seen beside that of p in (0, {lower[0]:g}]: {', '.join(parts)} "
        f"(one-sided p, {side} effects)"
    )


def _notes(found: SmallStudyTests) -> Iterator[tuple[str, str]]:
    for name, test in found.regression_tests.items():
        if test.note:
            yield name, test.note
    for title, note in (
        ("Rank correlation", found.rank_test.note),
        ("PET-PEESE", found.pet_peese.note),
    ):
        if note:
            yield title, note
    for filled in found.trim_and_fill:
        if filled.note:
            yield f"Trim and fill, {filled.estimator}", filled.note
    model = found.selection_model
    yield "Selection model", model.note or _weights(model)
    if model.multimodal:
        yield "Selection model", "another maximum of the likelihood is about as high"


def _gosh(found: GoshSummary, labels: Sequence[str], measure: Measure) -> Iterator[Text]:
    which = "all" if found.complete else f"random, seed {found.seed}"
    yield Text(
        f"{found.subsets} subsets of {found.smallest} or more trials ({which}): estimates "
        f"{fmt.effect(found.minimum, measure)} to {fmt.effect(found.maximum, measure)}, "
        f"middle half {fmt.effect(found.quantiles[1], measure)} to "
        f"{fmt.effect(found.quantiles[3], measure)}"
    )
    yield Text(
        f"Interval below no difference in {fmt.percent(found.lower)}, above it in "
        f"{fmt.percent(found.higher)}, holding it in {fmt.percent(found.neither)}"
    )
    if found.splits is not None:
        yield Text(
            f"The trial that divides them most: {labels[found.splits]} "
            f"({fmt.percent(found.explained)} of their variance; median "
            f"{fmt.effect(found.median_with, measure)} with it, "
            f"{fmt.effect(found.median_without, measure)} without)"
        )
