"""A result record for effects that were pooled outside the pipeline, so that one drawing fits all.

Built from what `trialpool pool --json` prints, hence the same for the command and for Python.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from statistics import NormalDist
from typing import TYPE_CHECKING, Any

from trialpool.figures.forest.risk_of_bias import from_cells
from trialpool.measures import get_measure

if TYPE_CHECKING:
    from trialpool.effects.typed import EffectSizes

Record = Mapping[str, Any]
_INTERVALS = {
    "wald": "Wald interval",
    "hk": "Hartung-Knapp interval",
    "hk-adhoc": "Hartung-Knapp interval with floor",
    "kr": "Kenward-Roger interval",
}


def record_of_pool(
    pooled: Record,
    effects: EffectSizes,
    *,
    cells: Sequence[Mapping[str, Any]] | None = None,
    title: str = "",
    favours: tuple[str, str] | None = None,
    identifier: str = "forest",
    rob_columns: Sequence[str] | None = None,
) -> dict[str, Any]:
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
    trials, sources = _trials(effects, level, cells, groups, rob_columns)
    tau2, interval = pooled["tau2_method"], pooled["ci_method"]
    common = tau2 == "CE"
    several = len(groups) > 1
    model = "common effect" if common else f"random effects, tau² by {tau2}"
    null = f"{measure.to_display(0.0):g}"
    generic = measure.code == "generic"
    name = "effect" if generic else measure.name
    short = "Effect" if generic else measure.code
    sides = favours or (f"{short} below {null}", f"{short} above {null}")
    return {
        "schema_version": 1,
        "id": identifier,
        "title": title or f"{name[:1].upper()}{name[1:]}",
        "measure": measure.code,
        "scale": measure.scale,
        "measure_name": measure.name,
        "null_value": 0.0,
        "favours": dict(zip(("lower", "higher"), sides, strict=True)),
        "model": f"{model}, {_INTERVALS.get(interval, interval)}",
        "settings": {
            "tau2_method": tau2,
            "ci_method": interval,
            "pi_method": pooled.get("pi_method"),
            "level": level,
            "weight_model": "the common effect" if common else "random effects",
        },
        "trials": trials,
        "groups": [_group(label, pool) for label, pool, _ in groups],
        "overall": _group("All trials", pooled) if several else None,
        "overall_reason": "",
        "subgroup_test": pooled.get("subgroup_test") if several else None,
        "excluded": list(pooled.get("excluded") or ()),
        "sources": sources,
    }


def _group(label: str, pool: Record) -> dict[str, Any]:
    single = pool["k"] == 1
    return {
        **pool,
        "label": label,
        "primary_model": "single-trial" if single else pool["ci_method"],
    }


def _groups(pooled: Record, effects: EffectSizes) -> list[tuple[str, Record, list[int]]]:
    """Label, pool and members of each group; one group of all where none was asked for."""
    if not pooled.get("groups"):
        return [("All trials", pooled, list(range(len(effects))))]
    groups = []
    left = list(range(len(effects)))
    for group in pooled["groups"]:
        members = []
        for label in group["labels"]:
            # A label may stand for several trials: each is taken once, in order.
            index = next(i for i in left if effects.labels[i] == label)
            left.remove(index)
            members.append(index)
        groups.append((str(group["label"]), group, members))
    return groups


def _trials(
    effects: EffectSizes,
    level: float,
    cells: Sequence[Mapping[str, Any]] | None,
    groups: Sequence[tuple[str, Record, list[int]]],
    rob_columns: Sequence[str] | None,
) -> tuple[list[dict[str, Any]], dict[str, dict[str, str]]]:
    """Trials with what their rows say of them, and the reports that the rows name."""
    z = NormalDist().inv_cdf(0.5 + level / 2)
    weight = {
        index: (label, share)
        for label, pool, members in groups
        for index, share in zip(members, pool["weights"], strict=True)
    }
    trials: list[dict[str, Any]] = []
    sources: dict[str, dict[str, str]] = {}
    for index, label in enumerate(effects.labels):
        yi, se = float(effects.yi[index]), float(effects.vi[index]) ** 0.5
        own = dict(cells[effects.rows[index]]) if cells is not None else {}
        group, share = weight[index]
        source = _source(own)
        if source:
            sources[f"{index + 1}"] = {"citation": str(label), **source}
        trials.append(
            {
                "trial_id": f"{index + 1}",
                "label": label,
                "year": _whole(own.get("year")),
                "group": group,
                "comparison": str(own.get("comparison") or ""),
                "experimental": _arm(own, "experimental"),
                "control": _arm(own, "control"),
                "estimate": yi,
                "se": se,
                "ci_lower": yi - z * se,
                "ci_upper": yi + z * se,
                "weight": share,
                "source": f"{index + 1}" if source else "",
                "flags": [text for text in str(own.get("flags") or "").split("; ") if text],
                "cells": own,
            }
        )
        if judged := from_cells(own, rob_columns):
            trials[-1]["risk_of_bias"] = judged
    return trials, sources


def _source(cells: Mapping[str, Any]) -> dict[str, str]:
    """Where a row says that its report is found."""
    names = ("citation", "doi", "pmid", "url")
    return {name: str(cells[name]).strip() for name in names if cells.get(name)}


def _arm(cells: Mapping[str, Any], arm: str) -> dict[str, Any]:
    return {"n": _whole(cells.get(f"n_{arm}")), "events": _whole(cells.get(f"events_{arm}"))}


def _whole(cell: Any) -> int | None:
    """Read a whole number, None where the cell holds none."""
    try:
        value = float(cell)
    except (TypeError, ValueError):
        return None
    return int(value) if value.is_integer() else None
