"""Explanations as records: of a row, and of a trial. All effects on the analysis scale."""

from __future__ import annotations

import json
from typing import Final

import msgspec

from trialpool.evidence.citations import cite
from trialpool.evidence.printed_rows import printed_row
from trialpool.provenance.material import Excluded, Material, Pooled, Row, cells
from trialpool.records.base import record_from
from trialpool.records.explanations import (
    DerivedEffect,
    LeftOut,
    PooledRow,
    ReportedResult,
    RowExplanation,
    RowFinding,
    RungTried,
    SourceRead,
    TrialExplanation,
    Use,
)
from trialpool.records.groups import Group, GroupBase
from trialpool.records.pools import Pool

NEEDS_BUILD: Final = (
    "Which questions use it needs a build: run trialpool build, or name one by --results."
)
STALE: Final = (
    "The build pooled {old:.6g} where the tables now give {new:.6g}: it is older than "
    "the tables. Run trialpool build."
)
# Of a result's cells, those that say where it was found stand under "source".
_PLACE: Final = (
    *("source_id", "locator", "evidence_url", "evidence_note", "note", "extraction", "pmid"),
)
_SAME: Final = 1e-8


def explain_row(material: Material, row_id: str) -> RowExplanation:
    """Explain a row: from the questions that pool it down to the page it was read on.

    Parameters
    ----------
    material : Material
    row_id : str
        A row that is there; see `Material.rows`.
    """
    row = _pooled_row(material, row_id)
    others = tuple(
        _summary(material, table, other)
        for table, other in material.rows_of(row.trial_id)
        if other["row_id"] != row_id
    )
    return record_from(row, RowExplanation, others=others)


def explain_trial(material: Material, trial_id: str) -> TrialExplanation:
    """Explain a trial: every result it reported, what is pooled where, and why the rest is not."""
    trial = material.trial(trial_id) or {}
    rows = material.rows_of(trial_id)
    row_ids = [str(row["row_id"]) for _, row in rows]
    arms = [cells(arm) for arm in material.arms_of(trial_id)]
    return TrialExplanation(
        trial_id=trial_id,
        trial=str(trial.get("trial", trial_id)),
        described=cells(trial),
        arms=tuple(arms),
        pooled=tuple(_pooled_row(material, name) for name in row_ids if material.uses.get(name)),
        rows=tuple(_summary(material, table, row) for table, row in rows),
        notes=() if material.results is not None else (NEEDS_BUILD,),
    )


def _pooled_row(material: Material, row_id: str) -> PooledRow:
    table, row = material.rows[row_id]
    trial = material.trial(str(row["trial_id"])) or {}
    uses = material.uses.get(row_id, [])
    derived = material.derived.get(row_id)
    return PooledRow(
        row_id=row_id,
        table=table,
        trial_id=str(row["trial_id"]),
        trial=str(trial.get("trial", row["trial_id"])),
        endpoint=str(row["endpoint"]),
        questions=None if material.results is None else tuple(map(_use, uses)),
        left_out=_left_out(material, row_id),
        effect=None if derived is None else _effect(derived),
        rungs=() if derived is None else _rungs(derived),
        printed={k: v for k, v in cells(row).items() if k not in _PLACE},
        source=_source(material, row),
        findings=tuple(map(_finding, material.found.get(row_id, []))),
        notes=_notes(material, row_id, uses),
    )


def _use(use: Pooled) -> Use:
    return record_from(
        use.trial,
        Use,
        question=use.result.id,
        title=use.result.title,
        measure=use.result.measure,
        pool=use.group,
        models=_models(use.group),
    )


def _models(group: GroupBase) -> dict[str, Pool]:
    """Return the models that a reader sees, the primary one first."""
    found = group.models.named()
    if not isinstance(group, Group):
        return found
    own = {name: pool for name, pool in found.items() if name == group.primary_model}
    return own | group.shown_beside()


def _left_out(material: Material, row_id: str) -> tuple[LeftOut, ...] | None:
    if material.results is None:
        return None
    return tuple(_left(excluded) for excluded in material.left.get(row_id, []))


def _left(excluded: Excluded) -> LeftOut:
    result, row = excluded.result, excluded.row
    return LeftOut(question=result.id, title=result.title, stage=row.stage, reason=row.reason)


def _effect(derived: Row) -> DerivedEffect:
    numbers = ("yi", "sei", "sei_lower", "sei_upper", "events", "n")
    plain = {
        **derived,
        **{name: None if derived[name] == "" else derived[name] for name in numbers},
        "inputs": json.loads(str(derived["inputs"] or "{}")),
        "flags": [flag for flag in str(derived["flags"]).split("; ") if flag],
    }
    return msgspec.convert(plain, DerivedEffect, strict=False)


def _rungs(derived: Row) -> tuple[RungTried, ...]:
    cell = str(derived.get("rungs") or "[]")
    return msgspec.json.decode(cell, type=tuple[RungTried, ...])


def _source(material: Material, row: Row) -> SourceRead:
    source = material.source(row)
    told = cite(source) if source is not None else {}
    derived = material.derived.get(str(row["row_id"]), {})
    return SourceRead(
        source_id=str(row.get("source_id", "") or (source or {}).get("source_id", "")),
        citation=str(told.get("citation") or ""),
        doi=told.get("doi"),
        pmid=told.get("pmid") or (str(row.get("pmid", "")) or None),
        url=told.get("url"),
        place=str(derived.get("locator") or row.get("locator") or row.get("figure") or ""),
        page_read=str(row.get("evidence_url", "")),
        note=str(row.get("evidence_note", row.get("note", ""))),
        extraction=str(row.get("extraction", "")),
    )


def _finding(finding: Row) -> RowFinding:
    return RowFinding(**{name: str(finding[name]) for name in RowFinding.__struct_fields__})


def _summary(material: Material, table: str, row: Row) -> ReportedResult:
    """One line of what a trial reported: the number, where it is pooled, or why it is not."""
    row_id = str(row["row_id"])
    about = ("population", "definition", "biomarker", "biomarker_level", "assessor", "maturity")
    pooled_in = tuple(use.result.id for use in material.uses.get(row_id, []))
    return ReportedResult(
        row_id=row_id,
        table=table,
        endpoint=str(row["endpoint"]),
        arms=_arms(row),
        about=cells(row, about),
        result=printed_row(table, row),
        pooled_in=None if material.results is None else pooled_in,
        left_out=_left_out(material, row_id),
        reason=str(material.derived.get(row_id, {}).get("reason", "")),
    )


def _arms(row: Row) -> str:
    if "experimental_arm" in row:
        return f"{row['experimental_arm']} v {row['control_arm']}"
    return str(row.get("arm_id", ""))


def _notes(material: Material, row_id: str, uses: list[Pooled]) -> tuple[str, ...]:
    if material.results is None:
        return (NEEDS_BUILD,)
    derived = material.derived.get(row_id)
    if derived is None:
        return ("The build does not know this row: it is newer. Run trialpool build.",)
    if derived["yi"] == "":
        return ()
    yi = float(derived["yi"])
    for use in uses:
        pooled = use.trial.estimate
        # A comparison whose arms are turned round is pooled with the other sign.
        if len(use.trial.row_ids) == 1 and abs(abs(pooled) - abs(yi)) > _SAME:
            return (STALE.format(old=pooled, new=yi),)
    return ()
