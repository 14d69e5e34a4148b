"""Results of a user's table: the records of a comparison, filled where a table says nothing."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import msgspec

from trialpool.records.base import fields_of
from trialpool.records.comparison import ComparisonResult
from trialpool.records.groups import ArmNames, Favours, Group
from trialpool.records.pools import BayesPool, Pool
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
    strategies=(),
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


def arm_of_table(**known: float | None) -> Arm:
    """Return an arm of which a table knows no more than its numbers: n, events, time, mean, sd."""
    return msgspec.structs.replace(_ARM, **known)


def group_of_table(
    label: str, pool: Mapping[str, Any], model: str, bayes: BayesPool | None = None, note: str = ""
) -> Group:
    """Make a group of a pool with the keys that `trialpool pool --json` prints.

    Parameters
    ----------
    label : str
    pool : mapping
        Keys that a `Pool` has and this does not are None.
    model : str
        Its one model, which is primary, or "single-trial".
    bayes : BayesPool, optional
        The primary pool, where it is the Bayesian one.
    note : str
        What stands under its diamond in place of its heterogeneity.
    """
    known = {field.name: pool.get(field.name) for field in fields_of(Pool)}
    models = {} if bayes is None else {"bayes": msgspec.to_builtins(bayes)}
    own = {"label": label, "primary_model": model, "primary_note": note, "models": models}
    return msgspec.convert({**_GROUP, **known, **own}, Group)
