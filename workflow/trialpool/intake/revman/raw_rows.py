"""Rows of the raw tables from analyses whose outcome is one of their endpoints."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from trialpool.evidence.printed import parse_number
from trialpool.intake.endpoints import Named, Wording, read_title
from trialpool.intake.ids import next_number, row_id, slug
from trialpool.intake.record import Imported
from trialpool.intake.revman.analyses import KIND_NAMES, Analysis, DataRow
from trialpool.intake.revman.cells import plain


@dataclass(frozen=True)
class Study:
    """An included study: its name in the review, and its identifiers here."""

    name: str
    trial_id: str
    source_id: str


def add_all_raw_rows(
    analyses: Sequence[Analysis],
    studies: Mapping[str, Study],
    imported: Imported,
    wording: Wording,
) -> None:
    """Add rows of all analyses; those whose name is no endpoint are told together."""
    others: dict[str, list[str]] = {}
    for analysis in analyses:
        if not analysis.rows:
            continue
        named = read_title(analysis.name, wording)
        if isinstance(named, str):
            others.setdefault(named, []).append(analysis.number)
        else:
            _add_rows(analysis, named, studies, imported)
    for reason, numbers in others.items():
        verb = "the outcome is" if len(numbers) == 1 else f"the {len(numbers)} outcomes are"
        told = f"{reason}; {verb} in the tables to pool only"
        imported.leave("analyses", "names", ", ".join(numbers), told)


def _add_rows(
    analysis: Analysis, named: Named, studies: Mapping[str, Study], imported: Imported
) -> None:
    """Add counts of responses and hazard ratios.

    Parameters
    ----------
    analysis : Analysis
    named : Named
        Its endpoint.
    studies : mapping of str to Study
        By name.
    imported : Imported
    """
    for at, row in enumerate(analysis.rows, 1):
        where = f"{analysis.place}, row {at}, {row.study}"
        _add(where, analysis, row, named, studies[row.study], imported)


def _add(
    where: str,
    analysis: Analysis,
    row: DataRow,
    named: Named,
    study: Study,
    imported: Imported,
) -> None:
    origin = {
        "trial_id": study.trial_id,
        "source_id": study.source_id,
        "locator": row.locator,
        "extraction": "single",
        "evidence_note": "secondary: read in a RevMan review, not in the report itself",
    }
    name = analysis.name
    part = "; ".join(words for words in (name if named.rest else "", row.subgroup) if words)
    if analysis.kind == "dichotomous" and not named.is_time:
        arms = _arms(analysis, study, imported)
        for arm, counts in zip(arms, (row.counts[:2], row.counts[2:]), strict=True):
            number = _next(imported, "responses", study.trial_id, named.endpoint, "r")
            imported.add(
                "responses",
                {
                    **origin,
                    "row_id": row_id(study.trial_id, named.endpoint, "r", number),
                    "arm_id": arm,
                    "endpoint": named.endpoint,
                    "definition": part or name,
                    "events": counts[0],
                    "n": counts[1],
                },
            )
        return
    measure = analysis.how.measure
    if analysis.kind not in ("generic", "o-e") or not named.is_time or measure != "HR":
        reason = (
            f"{named.endpoint} as {measure} is no row of the raw tables; it is in the table to pool"
        )
        imported.leave(where, KIND_NAMES[analysis.kind], name, reason)
        return
    numbers = _hazard_ratio(where, analysis, row, imported)
    if numbers is None:
        return
    ours, theirs = _arms(analysis, study, imported)
    number = _next(imported, "time_to_event", study.trial_id, named.endpoint, "t")
    imported.add(
        "time_to_event",
        {
            **origin,
            **numbers,
            "row_id": row_id(study.trial_id, named.endpoint, "t", number),
            "experimental_arm": ours,
            "control_arm": theirs,
            "endpoint": named.endpoint,
            "assessor": named.assessor,
            "population": part,
            "measure": "HR",
            "n_experimental": row.counts[1],
            "n_control": row.counts[3],
            "events_experimental": row.counts[0],
            "events_control": row.counts[2],
        },
    )


def _hazard_ratio(
    where: str, analysis: Analysis, row: DataRow, imported: Imported
) -> dict[str, str] | None:
    """Return the cells of time_to_event.csv: the ratio with its interval, O − E with V."""
    cells: dict[str, str] = {}
    if analysis.kind == "o-e":
        cells = {name: row.cells[name] for name in ("o_minus_e", "variance")}
    read = [parse_number(plain(text)) for text in row.shown]
    numbers = [number for number in read if number is not None and number.value > 0]
    if len(numbers) == 3:
        names = ("estimate", "ci_lower", "ci_upper")
        shown = {name: number.text for name, number in zip(names, numbers, strict=True)}
        return {**cells, **shown, "ci_level": f"{100 * analysis.study_level:g}"}
    if cells:
        return cells
    reason = "no ratio with its interval stands in the file; the row is in the table to pool only"
    imported.leave(where, "effect and interval", " ".join(row.shown), reason)
    return None


def _next(imported: Imported, table: str, trial_id: str, endpoint: str, letter: str) -> int:
    taken = [row["row_id"] for row in imported.tables.get(table, [])]
    return next_number(trial_id, endpoint, letter, taken)


def _arms(analysis: Analysis, study: Study, imported: Imported) -> tuple[str, str]:
    """Return the ids of the two arms, adding them where the study does not have them yet."""
    rows = imported.tables.setdefault("arms", [])
    ids: list[str] = []
    for text, role in zip(analysis.labels, ("experimental", "control"), strict=True):
        label = text or role
        arm_id = slug(label) or role
        if ids == [arm_id]:
            arm_id = f"{arm_id}-{role}"
        ids.append(arm_id)
        known = [
            row for row in rows if (row["trial_id"], row["arm_id"]) == (study.trial_id, arm_id)
        ]
        if not known:
            imported.add(
                "arms",
                {"trial_id": study.trial_id, "arm_id": arm_id, "label": label, "role": role},
            )
    return ids[0], ids[1]
