"""Two arms of one report make a comparison, whatever a table says of an arm."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from trialpool.evidence.contrasts import CATEGORY_IN_WORDS
from trialpool.questions.shared.selection.candidates import Candidate
from trialpool.questions.shared.selection.library import Library, Row
from trialpool.records.groups import ExcludedRow
from trialpool.records.settings import ComparativeAsked, ComparativeFilters

Fault = tuple[str, str]


@dataclass(frozen=True)
class ArmRows:
    """How rows of arms are read.

    Attributes
    ----------
    table : str
    report : callable
        What the arms of one report share, as a key.
    fault : callable
        Stage and reason of the first step that a row does not pass, None if it passes all.
    compare : callable
        The comparison of an experimental row with a control row; or stage and reason.
    uncounted, alone : str
        Why a row has no partner: the partner gives no number, or there is none.
    """

    table: str
    report: Callable[[Row], tuple[str, ...]]
    fault: Callable[[Row], Fault | None]
    compare: Callable[[Row, Row], Candidate | Fault]
    uncounted: str
    alone: str


def pair_arms(
    library: Library, asked: ComparativeAsked, rows: ArmRows
) -> tuple[list[Candidate], list[ExcludedRow]]:
    """Pair the arms of each report, and give the reason for each row left over."""
    excluded: list[ExcludedRow] = []
    found: list[Candidate] = []
    reports: dict[tuple[str, ...], list[Row]] = defaultdict(list)
    uncounted: set[tuple[str, ...]] = set()
    for row in library.rows(rows.table, asked.endpoints):
        report, fault = rows.report(row), rows.fault(row)
        if fault is None:
            reports[report].append(row)
            continue
        excluded.append(library.excluded(row, *fault))
        if fault[0] == "not poolable":
            uncounted.add(report)
    for key, ours in reports.items():
        alone = rows.uncounted if key in uncounted else rows.alone
        pairs, left = _pair(library, asked.filters, ours, rows.compare, alone)
        found.extend(pairs)
        excluded.extend(left)
    return found, excluded


def other_contrast(library: Library, filters: ComparativeFilters, row: Row) -> Fault | None:
    """Say that an arm is in no comparison of a kind that the question asks for."""
    contrasts = library.contrasts_of(row["trial_id"], row["arm_id"])
    categories = [contrast.category for contrast in contrasts]
    if categories and not set(categories) & set(filters.contrasts):
        return "another question", CATEGORY_IN_WORDS[categories[0]]
    return None


def _pair(
    library: Library,
    filters: ComparativeFilters,
    rows: Sequence[Row],
    compare: Callable[[Row, Row], Candidate | Fault],
    alone: str,
) -> tuple[list[Candidate], list[ExcludedRow]]:
    """Compare every experimental arm of a report with its control arm."""
    trial_id = rows[0]["trial_id"]
    roles = {row["row_id"]: library.arms[trial_id, row["arm_id"]]["role"] for row in rows}
    controls = [row for row in rows if roles[row["row_id"]] == "control"]
    found: list[Candidate] = []
    reasons: dict[str, Fault] = {}
    for row in rows:
        if roles[row["row_id"]] == "control":
            continue
        partners = [control for control in controls if control["arm_id"] != row["arm_id"]]
        for control in partners:
            made = contrast_fault(library, filters, row, control) or compare(row, control)
            if isinstance(made, Candidate):
                found.append(made)
            else:
                for one in (row, control):
                    reasons.setdefault(one["row_id"], made)
    paired = {row_id for candidate in found for row_id in candidate.row_ids}
    left = [
        library.excluded(row, *reasons.get(row["row_id"], ("not poolable", alone)))
        for row in rows
        if row["row_id"] not in paired
    ]
    return found, left


def contrast_fault(
    library: Library, filters: ComparativeFilters, ours: Row, theirs: Row
) -> Fault | None:
    """Return stage and reason why two arms of a report are not compared."""
    arms = (ours["trial_id"], ours["arm_id"], theirs["arm_id"])
    if reason := library.not_randomised(*arms):
        return "not randomised", reason
    category = library.contrast(*arms).category
    if category not in filters.contrasts:
        return "another question", CATEGORY_IN_WORDS[category]
    return None
