"""What each raw table must look like: columns, kinds of value, keys.

The columns named here are those that trialpool itself needs. A table may hold more (whom a
trial enrolled): they are kept as text and a question may filter on them.
"""

from __future__ import annotations

from typing import Final

from trialpool.evidence.certainty import DOMAINS, JUDGEMENTS
from trialpool.evidence.columns import Column, Table, columns
from trialpool.evidence.outcome_schemas import CORRELATIONS, MEANS, OUTCOME_CONTRASTS, RATES

_EXTRACTION = Column("extraction", "choice", ("double", "single"))
# Where a row was read.
_PLACE: Final = ("source_id:id", "locator", "evidence_url", "evidence_note", _EXTRACTION)

TRIALS: Final = Table(
    "trials",
    columns(
        "trial_id:id",
        "trial",
        "nct",
        "phase",
        Column("design", "choice", ("rct", "single-arm", "pooled-analysis")),
        Column("blinding", "choice", ("open-label", "double-blind", "")),
        "n_randomised:count",
        Column("status", "choice", ("reported", "ongoing", "terminated")),
        "notes",
    ),
    key=("trial_id",),
)
ARMS: Final = Table(
    "arms",
    columns(
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
    columns(
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
    optional=columns(Column("status", "choice", ("", "retracted", "corrected")), "replaced_by"),
)
TIME_TO_EVENT: Final = Table(
    "time_to_event",
    columns(
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
    optional=columns(
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
    columns(
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
    optional=columns("ci_level:level"),
)
RESPONSE_CONTRASTS: Final = Table(
    "response_contrasts",
    columns(
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
    columns(
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
    optional=columns("n_total:count", "share_a:percent"),
    key=("row_id",),
    # arm_id may be "pooled" or name several arms at once: it is not a key of arms.csv.
    references=((("trial_id",), "trials"), (("source_id",), "sources")),
)
RECONSTRUCTED_SURVIVAL: Final = Table(
    "reconstructed_survival",
    columns(
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
    optional=columns(
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
    columns(
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
    columns("trial_id:id", "arm_id:id", "endpoint", "time:number", "at_risk:count"),
    key=("trial_id", "arm_id", "endpoint", "time"),
    references=((("trial_id", "arm_id", "endpoint"), "curve_arms"),),
)
BASELINE_RISK: Final = Table(
    "baseline_risk",
    columns(
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
# Wide (a column per domain) or long (domain, judgement): the audit reads the judgements.
RISK_OF_BIAS: Final = Table(
    "risk_of_bias",
    columns("trial_id:id", "tool"),
    key=("trial_id",),
    key_once=False,
    references=((("trial_id",), "trials"),),
    optional=columns(
        "endpoint",
        *(f"D{number}" for number in range(1, 10)),
        *("overall", "domain", "judgement", "by", "when:date", "reason"),
        _EXTRACTION,
    ),
)
CERTAINTY: Final = Table(
    "certainty",
    columns(
        "comparison:id",
        "question:id",
        Column("domain", "choice", tuple(DOMAINS)),
        Column("judgement", "choice", JUDGEMENTS),
        "reason",
        "by",
        "date:date",
    ),
    key=("comparison", "question", "domain"),
)
REVIEW_TRIALS: Final = Table(
    "review_trials",
    columns("review_section", "name_in_review", "nct_in_review", "trial_id:id"),
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
        MEANS,
        RATES,
        CORRELATIONS,
        OUTCOME_CONTRASTS,
        BIOMARKER_CONTRASTS,
        RECONSTRUCTED_SURVIVAL,
        CURVE_ARMS,
        CURVE_AT_RISK,
        BASELINE_RISK,
        RISK_OF_BIAS,
        CERTAINTY,
        REVIEW_TRIALS,
    )
}
