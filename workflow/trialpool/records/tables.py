"""Results of a user's table: the records of a comparison, filled where a table says nothing."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import msgspec

from trialpool.records.comparison import ComparisonResult
from trialpool.records.groups import ArmNames, Favours, Group
from trialpool.records.results import ComparativeResult
from trialpool.records.settings import ComparativeSettings
from trialpool.records.trials import Arm, Derivation, Trial

_ARM: Final = Arm(arm_id="", label="", agents=(), n=None, events=None)

# What is known of a trial or a result is set with `msgspec.structs.replace`.
TABLE_TRIAL: Final = Trial(
    row_ids=(),
    trial_id="",
    label="",
    year=None,
    group="",
    comparison="",
    endpoint="",
    source="",
    locator="",
    assessor="",
    maturity="",
    population="",
    definition="",
    extraction="",
    estimate=0.0,
    se=0.0,
    experimental=_ARM,
    control=_ARM,
    derivation=Derivation(
        rung="", formula="", reference="", inputs={}, se_lower=None, se_upper=None
    ),
    margin=None,
    third_contrasts=(),
    flags=(),
    ci_lower=0.0,
    ci_upper=0.0,
    weight=None,
    weight_common=None,
    shrunken=None,
)
TABLE_SETTINGS: Final = ComparativeSettings(
    table="",
    trials={},
    definitions=(),
    report_policy="",
    exclude_trials={},
    exclude_rows={},
    biomarker=None,
    populations=(),
    contrasts=(),
    multiarm="",
    choose={},
    joint_analyses=(),
    tau2_method="",
    ci_method="",
    pi_method="",
    level=0.95,
    tau2_ci_method="",
    primary="hk",
    tau_prior=None,
    important=None,
    null_band=None,
    margin_level=None,
)
TABLE_RESULT: Final[ComparativeResult] = ComparisonResult(
    schema_version=1,
    id="",
    title="",
    question="",
    measure="",
    scale="",
    measure_name="",
    design="",
    endpoints=(),
    endpoint_names={},
    benefit="",
    arm_names=ArmNames(experimental="", control=""),
    null_value=0.0,
    favours=Favours(lower="", higher=""),
    model="",
    settings=TABLE_SETTINGS,
    trials=(),
    groups=(),
    overall=None,
    overall_reason="",
    subgroup_test=None,
    excluded=(),
    sensitivity=(),
    sources={},
    comment="",
)
_GROUP: Final[Mapping[str, Any]] = {
    "mechanism": "",
    "mechanisms": (),
    "kind": "",
    "n": None,
    "events": None,
    "margin": None,
    "primary_note": "",
    "models": {},
    "verdict": None,
    "sentence": "",
}


def arm_of_table(n: int | None, events: int | None) -> Arm:
    """Return an arm of which a table knows no more than its counts."""
    return msgspec.structs.replace(_ARM, n=n, events=events)


def group_of_table(label: str, pool: Mapping[str, Any]) -> Group:
    """Make a group of a pool with the keys that `trialpool pool --json` prints.

    Its one model is primary; a group of one trial has none.
    """
    primary = "single-trial" if pool["k"] == 1 else pool["ci_method"]
    plain = {**_GROUP, **pool, "label": label, "primary_model": primary}
    return msgspec.convert(plain, Group)
