"""A result record for effects that were pooled outside the pipeline, so that one drawing fits all.

Built from what `trialpool pool --json` prints, hence the same for the command and for Python.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from statistics import NormalDist
from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec

from trialpool.figures.forest.risk_of_bias import from_cells
from trialpool.measures import get_measure
from trialpool.records.groups import ExcludedRow, Favours, SourceCited, SubgroupTest
from trialpool.records.results import ComparativeResult
from trialpool.records.tables import (
    TABLE_RESULT,
    TABLE_SETTINGS,
    TABLE_TRIAL,
    arm_of_table,
    group_of_table,
)
from trialpool.records.trials import Arm, Trial

if TYPE_CHECKING:
    from trialpool.effects.typed import EffectSizes

# What `trialpool pool --json` prints, of all trials or of one group; and a row of a table.
PooledJson = Mapping[str, Any]
Cells = Mapping[str, Any]
_INTERVALS = {
    "wald": "Wald interval",
    "hk": "Hartung-Knapp interval",
    "hk-adhoc": "Hartung-Knapp interval with floor",
    "kr": "Kenward-Roger interval",
}


class _PooledGroup(NamedTuple):
    """Label, pool, and positions of the trials of a group."""

    label: str
    pool: PooledJson
    members: list[int]


def record_of_pool(
    pooled: PooledJson,
    effects: EffectSizes,
    *,
    cells: Sequence[Cells] | None = None,
    title: str = "",
    favours: tuple[str, str] | None = None,
    identifier: str = "forest",
    rob_columns: Sequence[str] | None = None,
) -> ComparativeResult:
    """Build the record that a forest plot is drawn from.

    Parameters
    ----------
    pooled : mapping
        `PooledEffect.to_dict()`, or the object that `trialpool pool --json` prints: with
        groups the trials are drawn by group, each with its pool.
    effects : EffectSizes
        What was pooled, shape (k,).
    cells : sequence of mapping, optional
        Cells of the table that the effects were read from, by column; `EffectSizes.rows`
        says which row is whose.
    title : str
    favours : (str, str), optional
        What a lower and a higher effect mean; by default no more than that.
    identifier : str
    rob_columns : sequence of str, optional
        Columns of `cells` with judgements of risk of bias; by default those named "rob_…".

    Raises
    ------
    ValueError
        If the measure compares nothing, pool and effects are not of the same trials, or a
        judgement of risk of bias is not known.
    """
    measure = get_measure(effects.measure)
    if measure.is_proportion:
        raise ValueError(
            f"measure={measure.code}: proportions of one arm have no null and favour nobody; "
            "a forest plot of effects cannot show them. Print them with `trialpool pool`."
        )
    weights = pooled.get("weights") or ()
    if len(weights) != len(effects) or pooled["measure"] != measure.code:
        raise ValueError(
            f"the pool has {len(weights)} trials of {pooled['measure']}, the effects "
            f"{len(effects)} of {measure.code}; both must come from the same trials"
        )
    level = float(pooled["level"])
    groups = _groups(pooled, effects)
    rows = _rows_of_trials(effects, cells)
    tau2, interval = pooled["tau2_method"], pooled["ci_method"]
    several = len(groups) > 1
    model = "common effect" if tau2 == "CE" else f"random effects, tau² by {tau2}"
    null = f"{measure.to_display(0.0):g}"
    generic = measure.code == "generic"
    name = "effect" if generic else measure.name
    short = "Effect" if generic else measure.code
    lower, higher = favours or (f"{short} below {null}", f"{short} above {null}")
    test = pooled.get("subgroup_test") if several else None
    return msgspec.structs.replace(
        TABLE_RESULT,
        id=identifier,
        title=title or f"{name[:1].upper()}{name[1:]}",
        measure=measure.code,
        scale=measure.scale,
        measure_name=measure.name,
        favours=Favours(lower=lower, higher=higher),
        model=f"{model}, {_INTERVALS.get(interval, interval)}",
        settings=msgspec.structs.replace(
            TABLE_SETTINGS,
            tau2_method=tau2,
            ci_method=interval,
            pi_method=pooled.get("pi_method") or "",
            level=level,
        ),
        trials=_trials(effects, level, rows, groups, rob_columns),
        groups=tuple(group_of_table(group.label, _with_i2(group.pool)) for group in groups),
        overall=group_of_table("All trials", _with_i2(pooled)) if several else None,
        subgroup_test=None if test is None else msgspec.convert(test, SubgroupTest),
        excluded=tuple(
            ExcludedRow(row_id="", trial_id="", label=row["label"], stage="", reason=row["reason"])
            for row in pooled.get("excluded") or ()
        ),
        sources={
            f"{index + 1}": source
            for index, own in enumerate(rows)
            if (source := _source(str(effects.labels[index]), own)) is not None
        },
    )


def _with_i2(pool: PooledJson) -> PooledJson:
    """Add the interval of I² from Q, which figures print."""
    from trialpool.pooling.univariate.i2_of_q import i2_limits

    lower, upper = i2_limits(pool.get("q"), pool["q_df"], float(pool["level"]))
    return {**pool, "i2_q_ci_lower": lower, "i2_q_ci_upper": upper}


def _groups(pooled: PooledJson, effects: EffectSizes) -> list[_PooledGroup]:
    """Return each group with its trials; one group of all where none was asked for."""
    if not pooled.get("groups"):
        return [_PooledGroup("All trials", pooled, list(range(len(effects))))]
    groups = []
    left = list(range(len(effects)))
    for group in pooled["groups"]:
        members = []
        for label in group["labels"]:
            # A label may stand for several trials: each is taken once, in order.
            index = next(i for i in left if effects.labels[i] == label)
            left.remove(index)
            members.append(index)
        groups.append(_PooledGroup(str(group["label"]), group, members))
    return groups


def _rows_of_trials(effects: EffectSizes, cells: Sequence[Cells] | None) -> list[dict[str, Any]]:
    """Return the row of each trial, empty where there is no table."""
    if cells is None:
        return [{} for _ in effects.rows]
    return [dict(cells[row]) for row in effects.rows]


def _trials(
    effects: EffectSizes,
    level: float,
    rows: Sequence[Cells],
    groups: Sequence[_PooledGroup],
    rob_columns: Sequence[str] | None,
) -> tuple[Trial, ...]:
    """Trials with what their rows say of them."""
    z = NormalDist().inv_cdf(0.5 + level / 2)
    weight = {
        index: (group.label, share)
        for group in groups
        for index, share in zip(group.members, group.pool["weights"], strict=True)
    }
    trials = []
    for index, (label, own) in enumerate(zip(effects.labels, rows, strict=True)):
        yi, se = float(effects.yi[index]), float(effects.vi[index]) ** 0.5
        of_group, share = weight[index]
        trial = msgspec.structs.replace(
            TABLE_TRIAL,
            trial_id=f"{index + 1}",
            label=str(label),
            year=_whole(own.get("year")),
            group=of_group,
            comparison=str(own.get("comparison") or ""),
            experimental=_arm(own, "experimental"),
            control=_arm(own, "control"),
            estimate=yi,
            se=se,
            ci_lower=yi - z * se,
            ci_upper=yi + z * se,
            weight=share,
            source=f"{index + 1}" if _source("", own) else "",
            flags=tuple(text for text in str(own.get("flags") or "").split("; ") if text),
            cells=own,
            risk_of_bias=from_cells(own, rob_columns),
        )
        trials.append(trial)
    return tuple(trials)


def _source(label: str, cells: Cells) -> SourceCited | None:
    """Where a row says that its report is found; the trial's name stands for its citation."""
    names = ("citation", "doi", "pmid", "url")
    found = {name: str(cells[name]).strip() for name in names if cells.get(name)}
    if not found:
        return None
    nothing: dict[str, str | None] = {"citation": label, "doi": None, "pmid": None, "url": None}
    return msgspec.convert({**nothing, **found}, SourceCited)


def _arm(cells: Cells, arm: str) -> Arm:
    return arm_of_table(_whole(cells.get(f"n_{arm}")), _whole(cells.get(f"events_{arm}")))


def _whole(cell: Any) -> int | None:
    """Read a whole number, None where the cell holds none."""
    try:
        value = float(cell)
    except (TypeError, ValueError):
        return None
    return int(value) if value.is_integer() else None
