"""What each raw table must look like: columns, kinds of value, keys.

The columns named here are those that trialpool itself needs. A table may hold more (which
subtype a trial enrolled): they are kept as text and a question may filter on them.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final, Literal

Kind = Literal[
    "id", "text", "number", "ratio", "count", "percent", "level", "choice", "p-value", "date"
]

# What a value of each kind must be, in the words of an error message.
KIND_RULES: Final[dict[str, str]] = {
    "id": "an identifier: lower-case letters, digits, '.', '_', '+' or '-', not empty",
    "text": "text",
    "number": "a plain decimal number such as 0.65 (point, no unit) or empty",
    "ratio": "a positive decimal number such as 0.65 or empty",
    "count": "a whole number of at least 0 or empty",
    "percent": "a number from 0 to 100 with an optional % sign or empty",
    "level": "a confidence level in percent between 50 and 100 (not included) or empty",
    "p-value": "a p-value between 0 and 1, perhaps with < or > before it, or empty",
    "date": "a day or a month such as 2018-11-23 or 2018-11, or empty",
}


@dataclass(frozen=True)
class Column:
    """One column: its kind of value and, for a choice, the allowed words."""

    name: str
    kind: Kind = "text"
    choices: tuple[str, ...] = ()


@dataclass(frozen=True)
class Table:
    """One raw table."""

    name: str
    columns: tuple[Column, ...]
    key: tuple[str, ...]
    # column -> (table, its key columns in this table's words)
    references: tuple[tuple[tuple[str, ...], str], ...] = field(default=())
    # Columns that a table may have; where they are there, their cells are checked too.
    optional: tuple[Column, ...] = ()

    @property
    def file(self) -> str:
        """Name of the file that holds the table."""
        return f"{self.name}.csv"


def _columns(*specs: str | Column) -> tuple[Column, ...]:
    """Build columns from "name" or "name:kind" shorthands."""
    built = []
    for spec in specs:
        if isinstance(spec, Column):
            built.append(spec)
        else:
            name, _, kind = spec.partition(":")
            built.append(Column(name, kind or "text"))  # type: ignore[arg-type]
    return tuple(built)


_EXTRACTION = Column("extraction", "choice", ("double", "single"))
# Where a row was read.
_PLACE: Final = ("source_id:id", "locator", "evidence_url", "evidence_note", _EXTRACTION)

TRIALS: Final = Table(
    "trials",
    _columns(
        "trial_id:id",
        "trial",
        "nct",
        "phase",
        Column("design", "choice", ("rct", "single-arm", "pooled-analysis")),
        Column("blinding", "choice", ("open-label", "double-blind", "")),
        "setting",
        "line",
        "n_randomised:count",
        Column("status", "choice", ("reported", "ongoing", "terminated")),
        "notes",
    ),
    key=("trial_id",),
)
ARMS: Final = Table(
    "arms",
    _columns(
        "trial_id:id",
        "arm_id:id",
        "label",
        "agents",
        Column("role", "choice", ("experimental", "control")),
        "n:count",
    ),
    key=("trial_id", "arm_id"),
    references=((("trial_id",), "trials"),),
)
SOURCES: Final = Table(
    "sources",
    _columns(
        "source_id:id",
        "first_author",
        "year:count",
        "journal",
        "title",
        "doi",
        "pmid:count",
        Column("kind", "choice", ("article", "abstract", "registry")),
    ),
    key=("source_id",),
    optional=_columns(Column("status", "choice", ("", "retracted", "corrected")), "replaced_by"),
)
TIME_TO_EVENT: Final = Table(
    "time_to_event",
    _columns(
        "row_id:id",
        "trial_id:id",
        "experimental_arm:id",
        "control_arm:id",
        "endpoint",
        "assessor",
        "population",
        "biomarker",
        "biomarker_level",
        Column("measure", "choice", ("HR",)),
        "estimate:ratio",
        "ci_lower:ratio",
        "ci_upper:ratio",
        "ci_level:level",
        "p_value:p-value",
        "n_experimental:count",
        "n_control:count",
        "events_experimental:count",
        "events_control:count",
        "median_experimental",
        "median_control",
        Column("time_unit", "choice", ("months", "days", "weeks", "years", "")),
        "follow_up_months:number",
        Column("maturity", "choice", ("primary", "interim", "update", "final", "")),
        *_PLACE,
    ),
    key=("row_id",),
    references=(
        (("trial_id",), "trials"),
        (("trial_id", "experimental_arm"), "arms"),
        (("trial_id", "control_arm"), "arms"),
        (("source_id",), "sources"),
    ),
    optional=_columns(
        "o_minus_e:number",
        "variance:number",
        "logrank_p:p-value",
        "events_total:count",
        Column("limit_sides", "choice", ("upper", "lower", "")),
        Column("p_sides", "choice", ("1", "2", "")),
        "cutoff:date",
    ),
)
RESPONSES: Final = Table(
    "responses",
    _columns(
        "row_id:id",
        "trial_id:id",
        "arm_id:id",
        "endpoint",
        "definition",
        "biomarker",
        "biomarker_level",
        "events:count",
        "n:count",
        "percent:percent",
        "ci_lower:percent",
        "ci_upper:percent",
        *_PLACE,
    ),
    key=("row_id",),
    references=(
        (("trial_id",), "trials"),
        (("trial_id", "arm_id"), "arms"),
        (("source_id",), "sources"),
    ),
    optional=_columns("ci_level:level"),
)
RESPONSE_CONTRASTS: Final = Table(
    "response_contrasts",
    _columns(
        "row_id:id",
        "trial_id:id",
        "experimental_arm:id",
        "control_arm:id",
        "endpoint",
        "definition",
        "population",
        "biomarker",
        "biomarker_level",
        Column("measure", "choice", ("OR", "RR", "RD")),
        # Numbers, not ratios: a difference in percentage points may be negative.
        "estimate:number",
        "ci_lower:number",
        "ci_upper:number",
        "ci_level:level",
        Column("adjusted", "choice", ("yes", "no", "")),
        "p_value:p-value",
        "source_id:id",
        "locator",
        "evidence_url",
        _EXTRACTION,
        "note",
    ),
    key=("row_id",),
    references=(
        (("trial_id",), "trials"),
        (("trial_id", "experimental_arm"), "arms"),
        (("trial_id", "control_arm"), "arms"),
        (("source_id",), "sources"),
    ),
)
BIOMARKER_CONTRASTS: Final = Table(
    "biomarker_contrasts",
    _columns(
        "row_id:id",
        "trial_id:id",
        "arm_id:id",
        "endpoint",
        "biomarker",
        "level_a",
        "level_b",
        Column("measure", "choice", ("HR", "OR", "percent", "median")),
        "estimate:ratio",
        "ci_lower:ratio",
        "ci_upper:ratio",
        "ci_level:level",
        "p_value:p-value",
        "n_a:count",
        "n_b:count",
        "events_a:count",
        "events_b:count",
        "value_a",
        "value_b",
        *_PLACE,
    ),
    # Level a's share of all patients whose marker is known, where its patients are not printed.
    optional=_columns("n_total:count", "share_a:percent"),
    key=("row_id",),
    # arm_id may be "pooled" or name several arms at once: it is not a key of arms.csv.
    references=((("trial_id",), "trials"), (("source_id",), "sources")),
)
RECONSTRUCTED_SURVIVAL: Final = Table(
    "reconstructed_survival",
    _columns(
        "row_id:id",
        "trial_id:id",
        "experimental_arm:id",
        "control_arm:id",
        "endpoint",
        "horizon_months:number",
        "n_experimental:count",
        "n_control:count",
        "events_experimental:count",
        "events_control:count",
        "hr:ratio",
        "hr_ci_lower:ratio",
        "hr_ci_upper:ratio",
        "ph_p_value:p-value",
        "median_experimental",
        "median_control",
        "rmst_experimental:number",
        "rmst_experimental_se:number",
        "rmst_control:number",
        "rmst_control_se:number",
        "survival_experimental:number",
        "survival_experimental_se:number",
        "survival_control:number",
        "survival_control_se:number",
        "pmid:count",
        "figure",
    ),
    key=("row_id",),
    references=(
        (("trial_id",), "trials"),
        (("trial_id", "experimental_arm"), "arms"),
        (("trial_id", "control_arm"), "arms"),
    ),
    # Between the horizon before and this one, and how well the curve was met: from individual data.
    optional=_columns(
        "exposed_experimental:number",
        "exposed_control:number",
        "interval_log_hr:number",
        "interval_log_hr_se:number",
        "curve_error_experimental:number",
        "curve_error_control:number",
        "at_risk_error_experimental:count",
        "at_risk_error_control:count",
        "reconstruction_notes",
    ),
)
CURVE_ARMS: Final = Table(
    "curve_arms",
    _columns(
        "trial_id:id",
        "arm_id:id",
        "endpoint",
        "n:count",
        "events:count",
        Column("time_unit", "choice", ("months", "days", "weeks", "years")),
        Column("marked", "choice", ("line", "corners")),
        "source_id:id",
        "figure",
    ),
    key=("trial_id", "arm_id", "endpoint"),
    references=(
        (("trial_id",), "trials"),
        (("trial_id", "arm_id"), "arms"),
        (("source_id",), "sources"),
    ),
)
CURVE_AT_RISK: Final = Table(
    "curve_at_risk",
    _columns("trial_id:id", "arm_id:id", "endpoint", "time:number", "at_risk:count"),
    key=("trial_id", "arm_id", "endpoint", "time"),
    references=((("trial_id", "arm_id", "endpoint"), "curve_arms"),),
)
BASELINE_RISK: Final = Table(
    "baseline_risk",
    _columns(
        "row_id:id",
        "trial_id:id",
        "arm_id:id",
        "endpoint",
        "assessor",
        "biomarker",
        "biomarker_level",
        Column("measure", "choice", ("survival", "median")),
        "time_months:number",
        "value",
        Column("unit", "choice", ("percent", "months", "days", "weeks", "years")),
        "ci_lower:number",
        "ci_upper:number",
        "n:count",
        "source_id:id",
        "locator",
        "evidence_url",
        "note",
        "from_row",
        _EXTRACTION,
    ),
    key=("row_id",),
    references=(
        (("trial_id",), "trials"),
        (("trial_id", "arm_id"), "arms"),
        (("source_id",), "sources"),
    ),
)
_JUDGED: Final = (
    "low", "some concerns", "moderate", "high", "serious", "critical", "unclear",
    "no information", "",
)  # fmt: skip
RISK_OF_BIAS: Final = Table(
    "risk_of_bias",
    _columns(
        "trial_id:id",
        "endpoint",
        "tool",
        *(Column(f"D{number}", "choice", _JUDGED) for number in range(1, 6)),
        Column("overall", "choice", _JUDGED),
    ),
    key=("trial_id", "endpoint"),
    references=((("trial_id",), "trials"),),
    optional=_columns(
        *(Column(f"D{number}", "choice", _JUDGED) for number in (6, 7)), _EXTRACTION, "note"
    ),
)
REVIEW_TRIALS: Final = Table(
    "review_trials",
    _columns("review_section", "name_in_review", "nct_in_review", "trial_id:id"),
    key=("name_in_review",),
    references=((("trial_id",), "trials"),),
)

TABLES: Final[dict[str, Table]] = {
    table.name: table
    for table in (
        TRIALS,
        ARMS,
        SOURCES,
        TIME_TO_EVENT,
        RESPONSES,
        RESPONSE_CONTRASTS,
        BIOMARKER_CONTRASTS,
        RECONSTRUCTED_SURVIVAL,
        CURVE_ARMS,
        CURVE_AT_RISK,
        BASELINE_RISK,
        RISK_OF_BIAS,
        REVIEW_TRIALS,
    )
}
