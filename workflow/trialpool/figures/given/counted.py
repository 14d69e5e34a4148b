"""The trials of a pool of counts, each with the effect that its method gives it alone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from trialpool.pooling.counts import count_effects, peto

if TYPE_CHECKING:
    from trialpool.effects.typed import EffectSizes, Entered

Json = Mapping[str, Any]


def counted_effects(pooled: Json, effects: EffectSizes, rows: Sequence[int]) -> EffectSizes:
    """Return effects of the trials that a pool of counts holds, in its order.

    Of Peto's method its own odds ratios; of others those that the inverse variance would pool,
    with + 0.5 where a cell is zero.

    Parameters
    ----------
    pooled : mapping
        With the keys of `PooledCounts`.
    effects : EffectSizes
        Made from the same counts.
    rows : sequence of int
        Positions in `effects.entered` of the trials in the pool.

    Raises
    ------
    ValueError
        If the effects were not made from counts.
    """
    entered = effects.entered
    if entered is None:
        raise ValueError("effects: a pool of counts is drawn with the effects of these counts")
    known = {row: index for index, row in enumerate(effects.rows)}
    found = []
    for position in rows:
        index = known.get(entered.rows[position])
        counts = [[column[position]] for column in entered.columns.values()]
        if pooled["method"] == "peto":
            alone = peto(*counts)
            found.append((alone.estimate, alone.se**2))
        elif index is not None:
            found.append((float(effects.yi[index]), float(effects.vi[index])))
        else:
            own = count_effects(*counts, measure=pooled["measure"], zero_cells="all",
                                double_zero="keep")  # fmt: skip
            found.append((float(own.yi[0]), float(own.vi[0])))
    return replace(
        effects,
        yi=np.array([yi for yi, _ in found]),
        vi=np.array([vi for _, vi in found]),
        measure=str(pooled["measure"]),
        labels=tuple(entered.labels[position] for position in rows),
        rows=tuple(entered.rows[position] for position in rows),
        data=None,
    )


def positions(pooled: Json, entered: Entered) -> list[int]:
    """Find the trials of the object that `trialpool pool --json` prints, by name and counts."""
    left = list(range(len(entered.rows)))
    found = []
    for trial in pooled["counts"]:
        position = next(
            i
            for i in left
            if entered.labels[i] == trial["label"]
            and all(entered.columns[n][i] == trial[n] for n in entered.columns if n in trial)
        )
        left.remove(position)
        found.append(position)
    return found
