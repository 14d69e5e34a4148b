"""A result record for effects that were pooled outside the pipeline, so that one drawing fits all.

The same for the command and for Python: pools come as what `trialpool pool --json` prints.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from statistics import NormalDist
from typing import TYPE_CHECKING, Any

import msgspec

from trialpool.figures.forest.drawn_scale import plain_name
from trialpool.figures.forest.risk_of_bias import from_cells
from trialpool.figures.given.arms import arm, numbers_of, own_effect
from trialpool.figures.given.parts import Part, PooledJson, parts_of
from trialpool.measures import Measure, get_measure
from trialpool.records.groups import ExcludedRow, Favours, SourceCited, SubgroupTest
from trialpool.records.pools import Effect
from trialpool.records.results import ComparativeResult
from trialpool.records.tables import (
    TABLE_RESULT,
    TABLE_SETTINGS,
    TABLE_TRIAL,
    group_of_table,
)
from trialpool.records.trials import Trial

if TYPE_CHECKING:
    from trialpool.effects.typed import EffectSizes

Cells = Mapping[str, Any]
INTERVALS = {
    "wald": "Wald interval",
    "hk": "Hartung-Knapp interval",
    "hk-adhoc": "Hartung-Knapp interval with floor",
    "kr": "Kenward-Roger interval",
}
_MODELS = {
    "mh": "common effect by Mantel and Haenszel, Wald interval",
    "peto": "common effect by Peto, Wald interval; trials are Peto odds ratios",
    "glmm": "random effects of counts by a mixed model (ML), Wald interval; no weights",
    "multilevel": "effects nested in clusters, multilevel model ({tau2})",
    "CR1": "effects nested in clusters, multilevel model ({tau2}) with cluster-robust "
    "interval (CR1)",
    "CR2": "effects nested in clusters, multilevel model ({tau2}) with cluster-robust "
    "interval (CR2)",
}


@dataclass(frozen=True)
class Told:
    """What the caller says of the plot.

    Attributes
    ----------
    cells : sequence of mapping, optional
        Cells of the table that the effects were read from, by column; `EffectSizes.rows`
        says which row is whose.
    title : str
    favours : (str, str), optional
        What a lower and a higher effect mean; by default no more than that.
    identifier : str
    rob_columns : sequence of str, optional
        Columns of `cells` with judgements of risk of bias; by default those named "rob_…".
    """

    cells: Sequence[Cells] | None = None
    title: str = ""
    favours: tuple[str, str] | None = None
    identifier: str = "forest"
    rob_columns: Sequence[str] | None = None


@dataclass(frozen=True)
class Pooled:
    """Parts of a plot, and the pool of all where there are several.

    Attributes
    ----------
    parts : sequence of Part
    overall : Part or None
    plain : mapping
        Keys that say how was pooled: `measure`, `level`, `tau2_method`, `ci_method`,
        `pi_method`, `subgroup_test`, `excluded`.
    shrunken : mapping of int to Posterior
        By position of the trial.
    """

    parts: Sequence[Part]
    overall: Part | None
    plain: PooledJson
    shrunken: Mapping[int, Any] = field(default_factory=dict)


def record_of_pool(
    pooled: PooledJson, effects: EffectSizes, told: Told = Told()
) -> ComparativeResult:
    """Build the record that a forest plot is drawn from.

    Parameters
    ----------
    pooled : mapping
        `PooledEffect.to_dict()`, or the object that `trialpool pool --json` prints: with
        groups the trials are drawn by group, each with its pool.
    effects : EffectSizes
        What was pooled, shape (k,); of counts as `counted_effects` gives them.
    told : Told

    Raises
    ------
    ValueError
        If pool and effects are not of the same trials, or a judgement of risk of bias is not
        known.
    """
    return record_of(pooled_of(pooled, effects), effects, told)


def pooled_of(pooled: PooledJson, effects: EffectSizes) -> Pooled:
    """Take the groups of a pool, and check that they hold these effects.

    Raises
    ------
    ValueError
        If pool and effects are not of the same trials.
    """
    weights = pooled.get("weights")
    trials = int(pooled["k"]) if weights is None else len(weights)
    if trials != len(effects) or pooled["measure"] != effects.measure:
        raise ValueError(
            f"the pool has {trials} trials of {pooled['measure']}, the effects "
            f"{len(effects)} of {effects.measure}; both must come from the same trials"
        )
    method = str(pooled.get("method") or "iv")
    model = "" if method == "iv" else method
    parts = parts_of(pooled, effects.labels, model)
    several = len(parts) > 1
    overall = Part("All trials", pooled, list(range(trials)), model) if several else None
    return Pooled(parts, overall, pooled)


def record_of(pooled: Pooled, effects: EffectSizes, told: Told) -> ComparativeResult:
    """Build the record of parts.

    Raises
    ------
    ValueError
        If a judgement of risk of bias is not known.
    """
    plain, measure = pooled.plain, get_measure(effects.measure)
    level = float(plain["level"])
    rows = _rows_of_trials(effects, told.cells)
    tau2, interval = str(plain["tau2_method"]), str(plain["ci_method"])
    main = pooled.overall or pooled.parts[0]
    test = plain.get("subgroup_test") if pooled.overall is not None else None
    overall = pooled.overall
    return msgspec.structs.replace(
        TABLE_RESULT,
        id=told.identifier,
        title=told.title or name_of(measure),
        measure=measure.code,
        scale=measure.scale,
        measure_name=measure.name,
        favours=sides(measure, told.favours),
        model=_model(main, tau2, interval),
        settings=msgspec.structs.replace(
            TABLE_SETTINGS,
            tau2_method=tau2,
            ci_method=interval,
            pi_method=plain.get("pi_method") or "",
            level=level,
        ),
        trials=_trials(effects, level, rows, pooled, told.rob_columns),
        groups=tuple(map(group_of_part, pooled.parts)),
        overall=None if overall is None else group_of_part(overall),
        subgroup_test=None if test is None else msgspec.convert(test, SubgroupTest),
        excluded=tuple(
            ExcludedRow(row_id="", trial_id="", label=row["label"], stage="", reason=row["reason"])
            for row in plain.get("excluded") or ()
        ),
        sources={
            f"{index + 1}": source
            for index, own in enumerate(rows)
            if (source := _source(str(effects.labels[index]), own)) is not None
        },
    )


def name_of(measure: Measure) -> str:
    """Name of a measure at the beginning of a title."""
    return plain_name(measure.name)


def sides(measure: Measure, favours: tuple[str, str] | None) -> Favours:
    """Say what the sides of no difference mean; nothing where nothing is compared."""
    if not measure.compares:
        return Favours(lower="", higher="")
    # A correlation is called one, whatever scale it was pooled on.
    own = measure.scale == "identity" or measure.is_ratio
    short = measure.short if own else plain_name(measure.name)
    null = f"{measure.to_display(0.0):g}"
    lower, higher = favours or (f"{short} below {null}", f"{short} above {null}")
    return Favours(lower=lower, higher=higher)


def _model(main: Part, tau2: str, interval: str) -> str:
    if main.model in _MODELS:
        return _MODELS[main.model].format(tau2=tau2)
    model = "common effect" if tau2 == "CE" else f"random effects, tau² by {tau2}"
    return f"{model}, {INTERVALS.get(interval, interval)}"


def group_of_part(part: Part) -> Any:
    """Make the group of a part; the interval of I² from Q, which figures print, is added."""
    pool = part.pool
    lower = upper = None
    if pool.get("q") is not None and pool.get("i2_q") is not None:
        from trialpool.pooling.univariate.i2_of_q import i2_limits

        lower, upper = i2_limits(pool["q"], pool["q_df"], float(pool["level"]))
    plain = {**pool, "i2_q_ci_lower": lower, "i2_q_ci_upper": upper}
    return group_of_table(part.label, plain, part.model, part.bayes, part.note)


def _rows_of_trials(effects: EffectSizes, cells: Sequence[Cells] | None) -> list[dict[str, Any]]:
    """Return the row of each trial, empty where there is no table."""
    if cells is not None:
        return [dict(cells[row]) for row in effects.rows]
    if effects.data is None:
        return [{} for _ in effects.rows]
    return [
        {str(name): _plain(cell) for name, cell in row.items()}
        for row in effects.data.to_dict("records")
    ]


def _plain(cell: Any) -> str | int | float | bool | None:
    """Turn a cell of a data frame into what a record may hold."""
    value = cell.item() if hasattr(cell, "item") else cell
    if isinstance(value, float) and math.isnan(value):
        return None
    return value if value is None or isinstance(value, (str, int, float, bool)) else str(value)


def _trials(
    effects: EffectSizes,
    level: float,
    rows: Sequence[Cells],
    pooled: Pooled,
    rob_columns: Sequence[str] | None,
) -> tuple[Trial, ...]:
    """Trials with what their rows say of them."""
    measure = get_measure(effects.measure)
    z = NormalDist().inv_cdf(0.5 + level / 2)
    weight = {
        index: (part.label, share)
        for part in pooled.parts
        for index, share in zip(
            part.members, part.pool.get("weights") or [None] * len(part.members), strict=True
        )
    }
    trials = []
    numbers = numbers_of(effects, rows)
    for index, (label, own) in enumerate(zip(effects.labels, rows, strict=True)):
        yi, se = float(effects.yi[index]), float(effects.vi[index]) ** 0.5
        of_group, share = weight[index]
        one_arm = not measure.compares or "n_experimental" not in numbers[index]
        arms = [arm(numbers[index], side) for side in ("experimental", "control")]
        if one_arm and arms[0] == arms[1]:
            arms[0] = arm(numbers[index], "")
        shrunken = pooled.shrunken.get(index)
        trial = msgspec.structs.replace(
            TABLE_TRIAL,
            trial_id=f"{index + 1}",
            label=str(label),
            year=_whole(own.get("year")),
            group=of_group,
            comparison=str(own.get("comparison") or ""),
            experimental=arms[0],
            control=arms[1],
            estimate=yi,
            se=se,
            ci_lower=yi - z * se,
            ci_upper=yi + z * se,
            weight=share,
            shrunken=None
            if shrunken is None
            else Effect(estimate=shrunken.median, se=shrunken.sd, ci_lower=shrunken.lower,
                        ci_upper=shrunken.upper),
            own=own_effect(arms[0], measure, level),
            source=f"{index + 1}" if _source("", own) else "",
            flags=tuple(text for text in str(own.get("flags") or "").split("; ") if text),
            cells=dict(own),
            risk_of_bias=from_cells(own, rob_columns),
        )  # fmt: skip
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


def _whole(cell: Any) -> int | None:
    """Read a whole number, None where the cell holds none."""
    try:
        value = float(cell)
    except (TypeError, ValueError):
        return None
    return int(value) if value.is_integer() else None
