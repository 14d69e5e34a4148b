"""Comparisons that a question could use, and the rows that fall out on the way."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from trialpool.effects.flags import INFERRED, noted
from trialpool.evidence.comparisons import Compared
from trialpool.evidence.risk_of_bias import NAMES, NOT_JUDGED, OVERALL, judged_as
from trialpool.questions.shared.selection.cuts import Report
from trialpool.questions.shared.selection.library import DerivedEffect, Library, Row
from trialpool.records.groups import UNPLACED, ExcludedRow
from trialpool.records.settings import ComparativeAsked, ComparativeFilters, Filters
from trialpool.records.trials import Arm, Curve

# Reason of a row that a re-analysis alone takes.
ONLY_INFERRED: Final = f"{INFERRED}: in a sensitivity analysis only"
# What the reason of a row begins with that a judgement keeps out.
RISK_OF_BIAS: Final = "risk of bias"

# The steps at which a row can fall out of a question.
STAGES = (
    "outside the question",
    "part of the trial",
    "not randomised",
    "another question",
    "set aside",
    "retracted",
    "not poolable",
    UNPLACED,
    "joint analysis",
    "several arms",
    "another report used",
)


@dataclass(frozen=True, kw_only=True)
class Candidate(Report):
    """A comparison of two arms that yields an effect size.

    `effect` is None for counts, of which the question's measure makes one;
    `printed` are percentages that stand for the events of the two arms. `is_indirect`
    says that the standard error comes from a p-value or a curve. `group` is the id of the
    comparison or strategy that it may be pooled with.
    """

    trial_id: str
    label: str
    experimental: Arm
    control: Arm
    compared: Compared
    source_id: str
    locator: str
    effect: DerivedEffect | None
    flags: tuple[str, ...]
    printed: tuple[str, str] = ("", "")
    curve: Curve | None = None
    is_indirect: bool = False
    group: str = ""

    @property
    def arms(self) -> tuple[str, str]:
        """Identifiers of the experimental and the control arm."""
        return self.experimental.arm_id, self.control.arm_id

    def out(self, stage: str, reason: str) -> list[ExcludedRow]:
        """Note that its rows are not in the pool."""
        return [
            ExcludedRow(
                row_id=row_id,
                trial_id=self.trial_id,
                label=self.label,
                stage=stage,
                reason=reason,
            )
            for row_id in self.row_ids
        ]


# Tables of rates, which a model's predictions are not.
_RATES: Final = ("responses", "response_contrasts")

# Finds the comparisons that a question could use, and the rows that fall out on the way.
FindCandidates = Callable[[Library, ComparativeAsked], tuple[list[Candidate], list[ExcludedRow]]]


def other_trial(
    trial: Row, wanted: Mapping[str, Sequence[str]], but: Sequence[str] = ()
) -> tuple[str, str] | None:
    """Say by which column a trial is none of those asked for, `but` these columns."""
    for column, values in wanted.items():
        if column not in but and trial[column] not in values:
            have, want = trial[column] or "not given", " or ".join(values)
            return "outside the question", f"{column} is {have}, the question asks for {want}"
    return None


def set_aside(library: Library, filters: Filters, row: Row) -> tuple[str, str] | None:
    """Say why the question leaves out a row or its trial by name, or that no question may use it.

    What a retracted report printed enters no pool, whatever the question asks.
    """
    reason = filters.exclude_rows.get(row["row_id"]) or filters.exclude_trials.get(row["trial_id"])
    reason = reason or _judged_out(library, filters, row)
    if reason:
        return "set aside", reason
    retracted = library.retraction(row)
    return ("retracted", retracted) if retracted else None


def _judged_out(library: Library, filters: Filters, row: Row) -> str | None:
    """Say that a result is judged as the question does not want it."""
    wanted = filters.risk_of_bias
    if wanted is None:
        return None
    entry = library.risk_of_bias(str(row["trial_id"]), str(row["endpoint"]))
    word = judged_as(entry, wanted.domain)
    if word not in wanted.words:
        return None
    if entry is None or word == NOT_JUDGED:
        return f"{RISK_OF_BIAS}: {NOT_JUDGED}"
    domain = "" if wanted.domain == OVERALL else f" in {wanted.domain}"
    return f"{RISK_OF_BIAS}: {NAMES[word]}{domain}" + (f" ({entry.tool})" if entry.tool else "")


def not_whole_trial(
    library: Library, filters: ComparativeFilters, row: Row
) -> tuple[str, str] | None:
    """Say why a row lies outside the question or shows only a part of its trial."""
    joint = row["trial_id"] in filters.joint_analyses
    return (
        other_trial(
            library.trials[row["trial_id"]], filters.trials, but=["design"] if joint else []
        )
        or _wrong_level(library, filters, row)
        or set_aside(library, filters, row)
    )


def direction_inferred(filters: ComparativeFilters, row: Row) -> tuple[str, str] | None:
    """Say that nobody printed which side of a row is the reference, and so it is no main result."""
    if filters.inferred or INFERRED not in noted(row):
        return None
    return "set aside", ONLY_INFERRED


def _wrong_level(library: Library, filters: Filters, row: Row) -> tuple[str, str] | None:
    """Say why a row is about other patients than the question, by their biomarker."""
    wanted = filters.biomarker
    if wanted is not None:
        biomarker, level = library.level(row)
        if not biomarker and wanted.whole_trials:
            return None
        if biomarker != wanted.name:
            whom = biomarker or "all patients"
            words = f"{wanted.name} {' or '.join(wanted.levels)}"
            return "outside the question", f"the question asks for {words}: {whom}"
        if level not in wanted.levels:
            return "outside the question", f"{biomarker} {level or 'level not given'}"
        return None
    if row["biomarker"] and not library.enrolled_only(row):
        level = f" {row['biomarker_level']}" if row["biomarker_level"] else ""
        return "part of the trial", f"patients with {row['biomarker']}{level} only"
    return None


def level_rank(library: Library, filters: Filters, row: Row) -> int:
    """Rank a row's biomarker level by the question's preference, 0 where it asks for none."""
    wanted = filters.biomarker
    if wanted is None:
        return 0
    return wanted.levels.index(library.level(row)[1]) if row["biomarker"] else len(wanted.levels)


def not_usable(library: Library, table: str, row: Row, wanted: Sequence[str]) -> str | None:
    """Say why a row yields no number that could be pooled."""
    if table in _RATES and (reason := _no_rate(library, row)):
        return reason
    if message := library.unusable.get((table, str(row["row_id"]))):
        return f"failed the audit: {message}"
    derived = library.derived[table, str(row["row_id"])]
    return None if derived["status"] in wanted else str(derived["reason"])


def _no_rate(library: Library, row: Row) -> str | None:
    """Say that what a trial prints as rates are none, by the taxonomy."""
    reason = library.taxonomy_config.get("responses_not_counts", {}).get(row["trial_id"])
    return None if reason is None else str(reason)
