"""The sheets of tables.xlsx: results, trials, what was left out, what only some kinds have."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from trialpool import formatting as fmt
from trialpool.measures import Measure, get_measure
from trialpool.questions.registry import stage
from trialpool.questions.shared.group_table import NO_QUANTITY, heterogeneity
from trialpool.questions.shared.tabular import (
    ESTIMATE,
    INTERVAL,
    Cell,
    Column,
    Number,
    Quantity,
    effect,
    estimate,
    fixed,
    interval,
    whole,
)
from trialpool.records.base import kind_of
from trialpool.records.files import to_plain
from trialpool.records.groups import ExcludedRow, Group, GroupBase
from trialpool.records.results import ComparativeResult, Result
from trialpool.records.trials import Trial, WeighedTrial
from trialpool.report.exports.workbook import Sheet, expanded, table_sheets
from trialpool.report.tables import flatten

_PRINTED: Final = (
    "in the unit in which it is printed: ratios as ratios, risk differences in percent"
)
_LN: Final = "analysis scale: natural logarithm of ratios"

_RESULTS: Final = (
    Column("question", meaning="id of the question"),
    Column("title"),
    Column("kind", meaning="kind of question"),
    Column("endpoints"),
    Column("measure", meaning="HR hazard ratio, OR odds ratio, RD risk difference, …"),
    Column("unit", meaning="unit of effect and intervals; empty for ratios"),
    Column("row", meaning="comparison, strategy (several comparisons) or overall"),
    Column("label"),
    Column("comparison", meaning="id in comparisons.json"),
    Column("trials", meaning="number of trials"),
    Column("patients", meaning="sum over the arms that have the number"),
    Column("events", meaning="sum over the arms that have the number"),
    Column("effect", ESTIMATE, f"of the primary model, {_PRINTED}"),
    Column("level", meaning="of all intervals, percent"),
    Column("prediction", INTERVAL, "where a further trial's true effect would lie"),
    Column("tau", ESTIMATE, f"standard deviation between trials, {_LN}"),
    Column("I2 from Q", ESTIMATE, "percent"),
    Column("primary model"),
    Column("verdict", meaning="of the primary model alone"),
    Column("size", meaning="against the size declared important"),
    Column("P benefit", meaning="posterior probability, percent"),
    Column("P important", meaning="posterior probability, percent"),
    Column("flags", meaning="what the verdict hangs on"),
    Column("analysed", ("estimate", "se", *INTERVAL), _LN),
    Column("sentence"),
)
_TRIALS: Final = (
    Column("question", meaning="id of the question"),
    Column("group", meaning="label of its pool"),
    Column("trial id"),
    Column("trial"),
    Column("year", meaning="of the report"),
    Column("compares"),
    Column("endpoint"),
    Column("population"),
    Column("maturity"),
    Column("assessor"),
    Column("measure"),
    Column("effect", ESTIMATE, f"as analysed, with the symmetric interval; {_PRINTED}"),
    Column("printed", meaning="estimate and interval in the digits of the report"),
    Column("weight", meaning="in its pool under the primary model, percent"),
    Column("analysed", ("estimate", "se"), _LN),
    Column("experimental", ("n", "events"), "patients and events of the experimental arm"),
    Column("control", ("n", "events"), "patients and events of the control arm"),
    Column("derivation", meaning="how the effect follows from what is printed"),
    Column("source"),
    Column("grade", meaning="article, registry, abstract, …"),
    Column("DOI"),
    Column("PMID"),
    Column("place", meaning="place in the source"),
    Column("flags"),
    Column("rows", meaning="ids of the raw rows"),
)
# A question lists each row of its endpoints outside of it, so that these grow with the square.
_MOST_ROWS: Final = 50_000
_EXCLUDED: Final = (
    Column("question", meaning="id of the question"),
    Column("row", meaning="id of the raw row"),
    Column("trial id"),
    Column("trial"),
    Column("candidate", meaning="whether it is within the filters of the question"),
    Column("stage", meaning="at which it fell out"),
    Column("reason"),
    Column("printed", meaning="the number as its report prints it"),
)
_SETTINGS: Final = (
    Column("question", meaning="id of the question"),
    Column("setting"),
    Column("value"),
)


def result_sheets(results: Sequence[Result], about: Mapping[str, Any]) -> list[Sheet]:
    """Return all sheets, the one that explains the others first.

    Parameters
    ----------
    results : sequence of Result
        In the order of the rows.
    about : mapping
        The part "report" of config.yaml.
    """
    tables = [table for one in results for table in stage(kind_of(one), "table").tables(one)]
    sheets = [
        Sheet("results", _RESULTS, [row for one in results for row in _results(one)]),
        Sheet("trials", _TRIALS, [_trial(one, trial) for one in results for trial in one.trials]),
        _exclusions(results),
        # Groups stand in the first sheet; the others are what only some kinds have.
        *table_sheets([table for table in tables if table.kind != "groups"]),
        Sheet("settings", _SETTINGS, [row for one in results for row in _settings(one)]),
    ]
    return [_readme(sheets, about), *sheets]


def _exclusions(results: Sequence[Result]) -> Sheet:
    """List the rows that are not pooled; where they are too many, those of candidates."""
    columns: tuple[Column, ...] = _EXCLUDED
    total = sum(len(one.excluded) for one in results)
    all_of_them = total <= _MOST_ROWS
    if not all_of_them:
        place = next(at for at, column in enumerate(columns) if column.name == "candidate")
        said = f"{columns[place].meaning}: of {fmt.whole(total)} rows those alone are listed"
        columns = (*columns[:place], Column("candidate", meaning=said), *columns[place + 1 :])
    rows = [
        _excluded(one, r) for one in results for r in one.excluded if all_of_them or r.is_candidate
    ]
    return Sheet("exclusions", columns, rows)


def _readme(sheets: Sequence[Sheet], about: Mapping[str, Any]) -> Sheet:
    """Explain the workbook: what it is, and each column of each sheet."""
    rows: list[tuple[Cell, ...]] = [
        ("", "", str(about["title"])),
        ("", "", str(about.get("subtitle") or "")),
        (
            "",
            "",
            "One row for each thing. Numbers are unrounded and shown as the report prints them; an "
            "empty cell is a number that does not exist. No cell holds a formula.",
        ),
    ]
    for sheet in sheets:
        for column in sheet.columns:
            meaning = column.meaning or column.name
            rows += [(sheet.name, name, meaning) for name in expanded([column])]
    columns = (Column("sheet"), Column("column"), Column("meaning"))
    return Sheet("README", columns, [row for row in rows if row[2]])


def _results(result: Result) -> Iterator[tuple[Cell, ...]]:
    pools: list[tuple[str, GroupBase]] = [("comparison", group) for group in result.groups]
    if isinstance(result, ComparativeResult):
        pools += [("strategy", one) for one in result.strategies]
    if result.overall is not None:
        pools.append(("overall", result.overall))
    for row, pool in pools:
        yield _result(result, row, pool)


def _result(result: Result, row: str, pool: GroupBase) -> tuple[Cell, ...]:
    measure = get_measure(pool.measure)
    verdict = pool.verdict if isinstance(pool, Group) else None
    several = pool.k > 1
    return (
        result.id,
        result.title,
        kind_of(result),
        ", ".join(result.endpoints),
        measure.code,
        _unit(measure) or result.unit,
        row,
        pool.label,
        pool.comparison,
        whole(pool.k),
        Number(pool.n, fmt.at_least(fmt.whole(pool.n), pool.n_is_minimum)),
        Number(pool.events, fmt.at_least(fmt.whole(pool.events), pool.events_are_minimum)),
        estimate(pool, measure),
        _percent(pool.level, fmt.level(pool.level)),
        interval(pool.pi_lower, pool.pi_upper, measure),
        *(heterogeneity(pool) if several else (NO_QUANTITY, NO_QUANTITY)),
        pool.primary_model or "",
        "" if verdict is None else verdict.word.replace("-", " "),
        "" if verdict is None or verdict.size is None else verdict.size.replace("-", " "),
        _probability(None if verdict is None else verdict.p_benefit),
        _probability(None if verdict is None else verdict.p_important),
        "" if verdict is None else ", ".join(verdict.flags),
        _analysed(pool.estimate, pool.se, pool.ci_lower, pool.ci_upper),
        pool.sentence if isinstance(pool, Group) else "",
    )


def _analysed(*numbers: float | None) -> Quantity:
    return Quantity("", tuple(fixed(number, 4) for number in numbers))


def _unit(measure: Measure) -> str:
    return "percent" if measure.code == "RD" or measure.is_proportion else measure.unit


def _percent(fraction: float | None, text: str) -> Number:
    return Number(None if fraction is None else 100 * fraction, text)


def _probability(value: float | None) -> Number:
    return _percent(value, fmt.probability(value))


def _trial(result: Result, trial: WeighedTrial) -> tuple[Cell, ...]:
    measure = get_measure(result.measure)
    printed = trial.printed if isinstance(trial, Trial) else None
    source = result.sources.get(trial.source)
    return (
        result.id,
        trial.group,
        trial.trial_id,
        trial.label,
        "" if trial.year is None else Number(trial.year, str(trial.year)),
        trial.comparison,
        trial.endpoint,
        trial.population,
        trial.maturity,
        trial.assessor,
        measure.code,
        Quantity(
            "", tuple(effect(x, measure) for x in (trial.estimate, trial.ci_lower, trial.ci_upper))
        ),
        "" if printed is None else fmt.as_printed(printed.texts, measure),
        _percent(trial.weight, fmt.percent(trial.weight)),
        _analysed(trial.estimate, trial.se),
        Quantity("", (whole(trial.experimental.n), whole(trial.experimental.events))),
        Quantity("", (whole(trial.control.n), whole(trial.control.events))),
        trial.derivation.rung,
        trial.source if source is None else source.citation,
        trial.grade,
        (source.doi if source else None) or "",
        (source.pmid if source else None) or "",
        trial.locator,
        "; ".join(trial.flags),
        ", ".join(trial.row_ids),
    )


def _excluded(result: Result, row: ExcludedRow) -> tuple[Cell, ...]:
    return (
        result.id,
        row.row_id,
        row.trial_id,
        row.label,
        "yes" if row.is_candidate else "no",
        row.stage,
        row.reason,
        row.printed,
    )


def _settings(result: Result) -> Iterator[tuple[Cell, ...]]:
    for name, value in flatten(to_plain(result.settings)):
        yield result.id, name, value
