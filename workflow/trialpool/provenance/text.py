"""Explanations as lines of text."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from trialpool import formatting as fmt
from trialpool.effects.flags import OF_ARM, name_of_arm
from trialpool.measures import Measure, get_measure
from trialpool.records.explanations import (
    DerivedEffect,
    PooledRow,
    ReportedResult,
    RowExplanation,
    RowFinding,
    RungTried,
    SourceRead,
    TrialExplanation,
    Use,
)
from trialpool.records.groups import UNPLACED
from trialpool.records.pools import PooledEffect

MODELS: Final = {
    "common-effect": "common effect",
    "hk-adhoc": "random effects (Hartung-Knapp with floor)",
    "bayes": "Bayesian random effects",
}


def row_lines(record: RowExplanation) -> Iterator[str]:
    """Write the explanation of a row, from the diamond to the paper."""
    yield f"{record.trial} · {record.endpoint} · {record.row_id} ({record.table}.csv)"
    yield from (f"! {note}" for note in record.notes)
    for use in record.questions or ():
        yield from _use(use)
    if record.questions == ():
        yield "\nIn no pool"
    yield from _derived(record)
    yield "\nPrinted, by column"
    yield from (f"  {column}: {value}" for column, value in record.printed.items())
    yield from _where(record.source)
    yield from _audit(record.findings)
    if record.left_out:
        yield "\nLeft out of"
        yield from (f"  {left.question}: {left.stage}: {left.reason}" for left in record.left_out)
    if record.others:
        yield "\nWhat else the trial reported"
        yield from (f"  {summary_line(other)}" for other in record.others)


def trial_lines(record: TrialExplanation) -> Iterator[str]:
    """Write the explanation of a trial: what is pooled, and every result it reported."""
    yield f"{record.trial} · {record.trial_id}"
    yield from (f"! {note}" for note in record.notes)
    yield from (f"  {k}: {v}" for k, v in record.described.items() if k != "trial_id")
    yield "\nArms"
    for arm in record.arms:
        n = f", n {arm['n']}" if "n" in arm else ""
        yield f"  {arm['arm_id']} ({arm['role']}{n}): {arm.get('label', '')}"
    for pooled in record.pooled:
        yield f"\n── {pooled.row_id}"
        yield from (f"! {note}" for note in pooled.notes)
        for use in pooled.questions or ():
            yield from _use(use)
        yield from _derived(pooled)
        yield from _where(pooled.source)
        yield from _audit(pooled.findings)
    yield "\nEverything it reported"
    yield from (f"  {summary_line(row)}" for row in record.rows)


def _use(use: Use) -> Iterator[str]:
    measure = get_measure(use.measure)
    yield f"\nThe diamond: {use.question}, {use.group}"
    yield f"  {use.title}"
    k = use.pool.k
    if k == 1 or not use.models:
        yield "  the only trial of its group: nothing is pooled"
    for name, model in use.models.items():
        if name in MODELS:
            yield f"  {MODELS[name]} of {k} trials: {interval(model, measure)}"
    yield (
        f"  weight: {fmt.percent(use.weight)} (primary model), "
        f"{fmt.percent(use.weight_common)} (common effect)"
    )
    yield f"The square: {measure.code} {interval(use, measure)}"
    yield f"  {use.comparison}"
    if len(use.row_ids) > 1:
        yield f"  from the rows {' and '.join(use.row_ids)}: {use.derivation.formula}"
        yield from (f"  {arm}: {told}" for arm, told in use.derivation.inputs.items())


def interval(effect: PooledEffect | Use, measure: Measure) -> str:
    """Write an estimate with its interval on the printed scale."""
    return fmt.effect_with_interval(effect.estimate, effect.ci_lower, effect.ci_upper, measure)


def _derived(record: PooledRow) -> Iterator[str]:
    effect = record.effect
    if effect is None:
        return
    yield "\nDerived from it"
    if effect.status in ("effect", *OF_ARM):
        yield f"  {standard_error(effect)}"
    elif effect.status == "count":
        yield f"  {effect.events} of {effect.n}"
    else:
        yield f"  {effect.status}: {effect.reason}"
    if effect.formula:
        yield f"  by: {effect.rung}: {effect.formula}"
        yield f"  after: {effect.reference}" if effect.reference else "  as printed"
    if effect.inputs:
        yield "  from: " + "; ".join(f"{k} {v}" for k, v in effect.inputs.items())
    yield from (f"  remark: {flag}" for flag in effect.flags)
    others = [rung for rung in record.rungs if rung.name != effect.rung]
    if others:
        yield "Other rungs of the ladder"
        yield from (f"  {rung_line(rung)}" for rung in others)


def standard_error(effect: DerivedEffect) -> str:
    """Write "ln HR = −0.386, SE 0.103 (0.099 to 0.108 by rounding)"."""
    name = f"ln {effect.measure}" if effect.scale == "log" else effect.measure
    if effect.status in OF_ARM:
        name = name_of_arm(effect.status, effect.scale)
    bounds = ""
    if effect.sei_lower is not None and effect.sei_upper is not None:
        bounds = _by_rounding(effect)
    return f"{name} = {fmt.number(effect.yi, 3)}, SE {fmt.number(effect.sei, 3)}{bounds}"


def rung_line(rung: RungTried) -> str:
    """Write one rung: its standard error and why it is not the one used."""
    number = f"{rung.number} {rung.name}"
    if rung.sei is None:
        return f"{number}: {rung.reason}"
    told = f": not usable, {rung.reason}" if rung.reason else ""
    return f"{number}: SE {fmt.number(rung.sei, 3)}{_by_rounding(rung)}{told}"


def _by_rounding(numbers: DerivedEffect | RungTried) -> str:
    """Write what rounding leaves open, nothing where that is less than the digits shown."""
    low, high = fmt.number(numbers.sei_lower, 3), fmt.number(numbers.sei_upper, 3)
    return "" if low == high else f" ({low} to {high} by rounding)"


def _where(source: SourceRead) -> Iterator[str]:
    yield "\nWhere"
    if source.place:
        yield f"  place: {source.place}"
    yield f"  source: {source.citation or source.source_id or 'not given'}"
    if not source.doi and not source.pmid:
        yield "  no DOI or PMID"
    if source.url:
        yield f"  {source.url}"
    if source.page_read:
        yield f"  page that was read: {source.page_read}"
    if source.extraction:
        readers = {"single": "one reader", "double": "two readers"}
        yield f"  found by {readers.get(source.extraction, source.extraction)}"
    if source.note:
        yield f"  note: {source.note}"


def _audit(findings: Sequence[RowFinding]) -> Iterator[str]:
    yield "\nAudit"
    if not findings:
        yield "  nothing found on this row"
    for found in findings:
        yield f"  {found.level}, {found.column}: {found.message} [{found.rule}]"


def summary_line(row: ReportedResult) -> str:
    """Write a reported result in one line: what, in whom, and what became of it."""
    about = ", ".join(row.about.values())
    parts = [row.row_id, row.endpoint, row.arms, about, row.result]
    told = " · ".join(part for part in parts if part)
    return f"{told} → {fate(row)}"


def fate(row: ReportedResult) -> str:
    """Say where a reported result is pooled, or why it is in no pool."""
    if row.pooled_in:
        return "pooled in " + ", ".join(row.pooled_in)
    if row.left_out:
        nearest = max(row.left_out, key=lambda left: _closeness(left.stage))
        return f"{nearest.stage}: {nearest.reason}"
    if row.reason:
        return row.reason
    return "no question asks for it" if row.pooled_in is not None else "not known without a build"


# Stages in the order in which a row is tried: the later, the nearer it came to a pool.
_STAGES: Final = (
    "outside the question",
    "part of the trial",
    "not randomised",
    "another question",
    "set aside",
    "retracted",
    "not poolable",
    UNPLACED,
    "joint analysis",
    "several arms",
    "another report used",
)


def _closeness(stage: str) -> int:
    return _STAGES.index(stage) if stage in _STAGES else -1
