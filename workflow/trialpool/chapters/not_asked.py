"""The record of results that are in the data and in no question: results/not_asked.json."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final, NamedTuple

from trialpool.chapters.material import Material, Row
from trialpool.effects.flags import OF_ARM
from trialpool.evidence.citations import cite
from trialpool.evidence.printed_rows import printed_row
from trialpool.questions.shared.selection.library import flags_of
from trialpool.records.chapters import NotAsked, NotAskedResult
from trialpool.records.groups import ExcludedRow, SourceCited
from trialpool.records.results import Result

SCHEMA_VERSION: Final = 1
_MARKERS: Final = "biomarker_contrasts"
_CONTRASTS: Final = ("time_to_event", "response_contrasts", "outcome_contrasts", _MARKERS)
# Tables of arms, and the status of a row that gives a number.
_ARMS: Final = {"responses": "count", **{f"{status}s": status for status in OF_ARM}}
# What the arms of a response must share to stand beside each other.
_REPORT: Final = (
    *("trial_id", "source_id", "endpoint", "definition", "biomarker", "biomarker_level"),
    *("timepoint", "value", "population", "variable"),
)


class _Found(NamedTuple):
    """A result: its table and its rows."""

    table: str
    rows: tuple[Row, ...]

    @property
    def row_ids(self) -> tuple[str, ...]:
        return tuple(str(row["row_id"]) for row in self.rows)


def list_not_asked(material: Material) -> NotAsked:
    """List every result with an interval, or with counts of two arms, that is in no question.

    A question asks for a row that it pools, and for one that it leaves out although the row is
    within its filters: that row stands in its list, with the reason. A row that every question
    passes by as outside, as a part of the trial or as another question's is asked for by none.
    """
    asked = _asked(material.results)
    passed_by = _passed_by(material.results)
    found = [*_contrasts(material), *_pairs(material)]
    left = [one for one in found if not asked.intersection(one.row_ids)]
    results = sorted(
        (_result(material, one, passed_by) for one in left),
        key=lambda one: (one.table, one.trial.casefold(), one.endpoint, one.row_ids),
    )
    sources = sorted({one.source for one in results})
    return NotAsked(
        schema_version=SCHEMA_VERSION,
        results=tuple(results),
        asked=len(found) - len(left),
        sources={name: SourceCited(**cite(material.library.source(name))) for name in sources},
    )


def _asked(results: Iterable[Result]) -> set[str]:
    found: set[str] = set()
    for result in results:
        found.update(row_id for trial in result.trials for row_id in trial.row_ids)
        found.update(item.row_id for item in result.excluded if item.is_candidate)
    return found


def _passed_by(results: Iterable[Result]) -> dict[str, list[tuple[Result, ExcludedRow]]]:
    found: dict[str, list[tuple[Result, ExcludedRow]]] = defaultdict(list)
    for result in results:
        for item in result.excluded:
            found[item.row_id].append((result, item))
    return found


def _contrasts(material: Material) -> Iterator[_Found]:
    """Yield the rows that print an interval, or one limit."""
    for table in _CONTRASTS:
        for row in material.library.evidence.rows(table):
            if row["ci_lower"] or row["ci_upper"]:
                yield _Found(table, (row,))


def _pairs(material: Material) -> Iterator[_Found]:
    """Yield the arms of one report that have a number, where there are several, or correlations."""
    for table, wanted in _ARMS.items():
        reports: dict[tuple[str, ...], dict[str, Row]] = defaultdict(dict)
        for row in material.library.evidence.rows(table):
            if material.library.derived[table, str(row["row_id"])]["status"] == wanted:
                report = tuple(str(row.get(name, "")) for name in _REPORT)
                reports[report].setdefault(str(row["arm_id"]), row)
        for arms in reports.values():
            if len(arms) > 1 or table == "correlations":
                yield _Found(table, tuple(arms.values()))


def _result(
    material: Material,
    one: _Found,
    passed_by: Mapping[str, Sequence[tuple[Result, ExcludedRow]]],
) -> NotAskedResult:
    library, row = material.library, one.rows[0]
    trial_id = str(row["trial_id"])
    source = str(row["source_id"])
    derived = library.derived[one.table, str(row["row_id"])]
    question, reason = _nearest(material, one, passed_by.get(one.row_ids[0], ()))
    marker = str(row["biomarker"]) if one.table != _MARKERS else ""
    return NotAskedResult(
        row_ids=one.row_ids,
        table=one.table,
        trial_id=trial_id,
        trial=material.trial_name(trial_id),
        setting=library.in_whom(trial_id),
        endpoint=str(row["endpoint"]),
        contrast=_contrast(material, one),
        population=str(row.get("population", "")),
        biomarker=marker,
        biomarker_level=str(row.get("biomarker_level", "")),
        printed=" v ".join(printed_row(one.table, arm) for arm in one.rows),
        source=source,
        grade=library.grade(source, flags_of(derived)),
        locator=str(row["locator"]),
        read_at=library.pages(one.row_ids),
        question=question,
        reason=reason,
    )


def _contrast(material: Material, one: _Found) -> str:
    """Say what is compared: the arms by their labels, or the levels of a marker."""
    row = one.rows[0]
    if one.table == _MARKERS:
        arm = _arms(material, row, ["arm_id"])
        return f"{row['biomarker']}: {row['level_a']} v {row['level_b']}, {arm}"
    if one.table in _ARMS:
        return " v ".join(_arms(material, arm, ["arm_id"]) for arm in one.rows)
    return _arms(material, row, ["experimental_arm", "control_arm"])


def _arms(material: Material, row: Row, columns: Sequence[str]) -> str:
    arms = [material.library.arms.get((row["trial_id"], row[column])) for column in columns]
    # What the tables call all arms of a trial together is no arm of it.
    return " v ".join("all arms" if arm is None else str(arm["label"]) for arm in arms)


def _nearest(
    material: Material, one: _Found, passed_by: Sequence[tuple[Result, ExcludedRow]]
) -> tuple[str, str]:
    """Name the question that came nearest to a result, and why it passes it by."""
    endpoint, trial_id = (str(one.rows[0][name]) for name in ("endpoint", "trial_id"))
    if not passed_by:
        by_marker = " by a marker under one treatment" if one.table == _MARKERS else ""
        return "", f"no question asks for {endpoint}{by_marker}"
    record, item = max(passed_by, key=lambda by: material.advance(by[0], by[1], trial_id))
    return record.id, item.reason
