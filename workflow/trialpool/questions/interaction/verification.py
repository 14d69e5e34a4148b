"""What a result on an interaction hands over to be computed twice."""

from __future__ import annotations

from trialpool.questions.shared import verified
from trialpool.records.interaction import InteractionResult
from trialpool.verification.pools import Analysis, Contents

_GLS = "several levels of one trial: generalised least squares"


def contents(result: InteractionResult) -> Contents:
    """Add the naive pools of single levels; models of several levels have no second engine."""
    pools, left = [], []
    for entry in result.by_level:
        members = [trial for trial in result.trials if trial.group == entry.group]
        levels = [*(level for trial in members for level in trial.levels), *entry.one_level]
        if entry.naive is not None:
            for side, pool in (
                ("positive", entry.naive.positive),
                ("negative", entry.naive.negative),
            ):
                own = [level for level in levels if level.side == side]
                name = f"{entry.group}: {side} level alone"
                pools.append(verified.pool_of(result, name, own, {"hk-adhoc": pool}))
        if entry.floating.hk_adhoc is not None:
            k = entry.floating.hk_adhoc.k
            left.append(Analysis(result.id, entry.group, "floating levels", k, _GLS))
    left += [
        Analysis(result.id, joint.group, "joint model of levels", joint.k, _GLS)
        for joint in result.joint
    ]
    return verified.contents(result, pools, left=left)
