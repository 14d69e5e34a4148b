"""Raw tables of outcomes that are no times to an event and no responses."""

from __future__ import annotations

from typing import Final

from trialpool.evidence.columns import Column, Table, columns

# What a mean is of: the value at a time, or what it changed by since the baseline.
VALUES: Final = ("final", "change")
# Units of person-time, in years.
TIME_UNITS: Final[dict[str, float]] = {
    "years": 1.0,
    "months": 1.0 / 12.0,
    "weeks": 7.0 / 365.25,
    "days": 1.0 / 365.25,
    "100 years": 100.0,
    "1000 years": 1000.0,
}
_PLACE: Final = (
    *("source_id:id", "locator", "evidence_url", "evidence_note"),
    Column("extraction", "choice", ("double", "single")),
)
_ARM: Final = (
    (("trial_id",), "trials"),
    (("trial_id", "arm_id"), "arms"),
    (("source_id",), "sources"),
)
_ABOUT: Final = ("definition", "timepoint")
_PATIENTS: Final = ("population", "biomarker", "biomarker_level")
_OF_ARM: Final = ("row_id:id", "trial_id:id", "arm_id:id", "endpoint", *_ABOUT, *_PATIENTS)

MEANS: Final = Table(
    "means",
    columns(
        *_OF_ARM,
        Column("value", "choice", VALUES),
        "unit",
        "n:count",
        *(f"{name}:number" for name in ("mean", "sd", "se", "ci_lower", "ci_upper")),
        "ci_level:level",
        *(f"{name}:number" for name in ("median", "q1", "q3", "min", "max")),
        *_PLACE,
    ),
    key=("row_id",),
    references=_ARM,
)
RATES: Final = Table(
    "rates",
    columns(
        *_OF_ARM,
        "events:count",
        "person_time:number",
        Column("time_unit", "choice", tuple(TIME_UNITS)),
        "n:count",
        *_PLACE,
    ),
    key=("row_id",),
    references=_ARM,
)
CORRELATIONS: Final = Table(
    "correlations",
    columns(
        *_OF_ARM,
        # What the endpoint is correlated with.
        "variable",
        *(f"{name}:number" for name in ("r", "ci_lower", "ci_upper")),
        "ci_level:level",
        "n:count",
        *_PLACE,
    ),
    key=("row_id",),
    references=_ARM,
)
OUTCOME_CONTRASTS: Final = Table(
    "outcome_contrasts",
    columns(
        *("row_id:id", "trial_id:id", "experimental_arm:id", "control_arm:id", "endpoint"),
        *_ABOUT,
        *_PATIENTS,
        Column("measure", "choice", ("MD", "SMD", "ROM", "IRR")),
        # Of means; a rate is of events.
        Column("value", "choice", ("", *VALUES)),
        "unit",
        *(f"{name}:number" for name in ("estimate", "ci_lower", "ci_upper")),
        "ci_level:level",
        "se:number",
        "p_value:p-value",
        Column("adjusted", "choice", ("yes", "no", "")),
        *("n_experimental:count", "n_control:count"),
        *_PLACE,
    ),
    key=("row_id",),
    references=(
        (("trial_id",), "trials"),
        (("trial_id", "experimental_arm"), "arms"),
        (("trial_id", "control_arm"), "arms"),
        (("source_id",), "sources"),
    ),
)
