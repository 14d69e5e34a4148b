"""Results to stand beside each other: one made from another, and two tables."""

from __future__ import annotations

from copy import deepcopy

from forest_records import record

import trialpool as tp

PAIRS = (
    ("metastatic-pfs", "metastatic-os"),
    ("her2low-pfs", "her2low-os"),
    ("brain-metastases-pfs", "brain-metastases-os"),
)
CALLED = ("First", "Second")


def other(built, **changes):
    """The same trials under another endpoint: every other one, effects moved, one new."""
    copy = deepcopy(built)
    for item in copy["trials"]:
        for name in ("estimate", "ci_lower", "ci_upper"):
            item[name] += 0.1
    kept = copy["trials"][::2]
    if kept:
        kept.append({**deepcopy(kept[0]), "label": "Newcomer", "trial_id": "new"})
        kept[-1]["experimental"]["arm_id"] = "n"
    made = record("other", "Another endpoint", sorted(kept, key=lambda t: t["group"]))
    return {**made, "endpoints": ["PFS"], **changes}


def trials_of(drawn):
    return [row for row in drawn.table.rows if row.kind == "trial"]


def tables():
    first = tp.effect_sizes(
        hr=[0.7, 0.8, 0.9], ci_lower=[0.5, 0.6, 0.5], ci_upper=[0.9, 1.1, 1.5], labels=list("ABC")
    )
    second = tp.effect_sizes(
        hr=[0.75, 0.85], ci_lower=[0.5, 0.6], ci_upper=[1.1, 1.2], labels=["A", "D"]
    )
    return first, second
