"""Records of plain values made typed, until every room builds records."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from trialpool.records.files import result_of
from trialpool.records.results import Result

_NEW = ("i2_ci_lower", "i2_ci_upper", "h2_ci_lower", "h2_ci_upper", "tau2_ci_method")


def kind_of(plain: Mapping[str, Any]) -> str:
    """Tell the kind of a question or a result from the keys that only one kind has."""
    for name, kind in (
        ("interaction", "interaction"),
        ("prognostic", "prognosis"),
        ("single_arm", "proportion"),
    ):
        if plain.get(name):
            return kind
    return "mean_time" if plain["measure"] == "RMSTD" else "comparison"


def typed_result(plain: dict[str, Any]) -> Result:
    """Make a typed result of plain values."""
    kind = kind_of(plain)
    plain = {"kind": kind, **plain}
    plain["sensitivity"] = [{"kind": "reanalysis", **entry} for entry in plain["sensitivity"]]
    if kind == "proportion":
        plain["groups"] = [
            {
                **dict.fromkeys(_NEW),
                **group,
                "models": {
                    name: {**dict.fromkeys(_NEW), **pool} for name, pool in group["models"].items()
                },
            }
            for group in plain["groups"]
        ]
    return result_of(plain)
