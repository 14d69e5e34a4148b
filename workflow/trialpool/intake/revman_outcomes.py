"""One outcome of a RevMan 5 review: a table to pool, and rows of the raw tables."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, Final, Protocol

from trialpool.evidence.printed import parse_number
from trialpool.intake.endpoints import Named, read_title
from trialpool.intake.ids import next_number, row_id, slug
from trialpool.intake.record import Imported, PoolTable, one_line

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

_MEASURES: Final = {
    "hr": "HR",
    "hazard ratio": "HR",
    "or": "OR",
    "odds ratio": "OR",
    "peto or": "OR",
    "peto odds ratio": "OR",
    "rr": "RR",
    "risk ratio": "RR",
    "relative risk": "RR",
    "rd": "RD",
    "risk difference": "RD",
}
_DATA: Final = {"DICH_OUTCOME": "DICH_DATA", "IV_OUTCOME": "IV_DATA", "IPD_OUTCOME": "IPD_DATA"}
# Attribute of the data element -> column of the table to pool.
_COLUMNS: Final = {
    "DICH_OUTCOME": {
        "EVENTS_1": "events_experimental",
        "TOTAL_1": "n_experimental",
        "EVENTS_2": "events_control",
        "TOTAL_2": "n_control",
    },
    "IV_OUTCOME": {"ESTIMATE": "yi", "SE": "sei"},
    "IPD_OUTCOME": {"O_E": "o_minus_e", "VAR": "variance"},
}
_COUNTS: Final = ("EVENTS_1", "TOTAL_1", "EVENTS_2", "TOTAL_2")
# The ratio in the file is the exponential of the estimate but for the digits of both.
_SAME: Final = 1e-3


class StudyLike(Protocol):
    """An included study."""

    @property
    def name(self) -> str: ...  # noqa: D102
    @property
    def trial_id(self) -> str: ...  # noqa: D102
    @property
    def source_id(self) -> str: ...  # noqa: D102


def read_outcome(
    place: str,
    number: str,
    outcome: Element,
    studies: Mapping[str, StudyLike],
    imported: Imported,
) -> None:
    """Add the table to pool of one outcome, and its rows of the raw tables."""
    measure = _measure(outcome)
    if measure is None:
        shown = outcome.get("EFFECT_MEASURE", "") or _text(outcome, "EFFECT_MEASURE")
        reason = "an effect measure that trialpool does not pool"
        imported.leave(place, "EFFECT_MEASURE", shown, reason)
        return
    if outcome.get("SWAP_EVENTS") == "YES":
        reason = "the review analysed the patients without the event; the counts are as entered"
        imported.leave(place, "SWAP_EVENTS", "YES", reason, "Mind the direction.")
    named = read_title(_text(outcome, "NAME"))
    rows: list[dict[str, str]] = []
    for at, (subgroup, data) in enumerate(_data(outcome), 1):
        where = f"{place}, {data.tag} {at}"
        study = studies.get(data.get("STUDY_ID", ""))
        if study is None:
            value = data.get("STUDY_ID", "")
            imported.leave(where, "STUDY_ID", value, "not among the included studies")
            continue
        cells = _cells(where, outcome.tag, data, measure, imported)
        if cells is None:
            continue
        locator = f"RevMan comparison {number}, {study.name}"
        rows.append(
            {
                "study": study.name,
                "subgroup": subgroup,
                **cells,
                "source_id": study.source_id,
                "locator": locator,
            }
        )
        if isinstance(named, Named):
            _raw(where, locator, outcome, data, subgroup, named, measure, study, imported)
    if isinstance(named, str):
        reason = f"{named}; the outcome is in the table to pool only"
        imported.leave(place, "NAME", _text(outcome, "NAME"), reason)
    if rows:
        _pool_table(number, outcome, measure, rows, imported)
    else:
        imported.leave(place, outcome.tag, "", "no row of it could be used")


def _pool_table(
    number: str,
    outcome: Element,
    measure: str,
    rows: list[dict[str, str]],
    imported: Imported,
) -> None:
    wanted = f"{slug(number.replace('.', '-')) or 'x'}-{slug(_text(outcome, 'NAME'))}".strip("-")
    taken = {table.name for table in imported.pool_tables}
    name = wanted if wanted not in taken else f"{wanted}-{len(taken) + 1}"
    columns = ("study", "subgroup", *_COLUMNS[outcome.tag].values(), "source_id", "locator")
    # CSV rows must say their group, or none has one.
    grouped = any(row["subgroup"] for row in rows)
    columns = columns if grouped else tuple(c for c in columns if c != "subgroup")
    command = f"trialpool pool pool/{name}.csv --measure {measure}"
    kept = tuple({column: row[column] for column in columns} for row in rows)
    imported.pool_tables.append(
        PoolTable(name, columns, kept, command + (" --by subgroup" if grouped else ""))
    )


def _text(parent: Element, path: str) -> str:
    found = parent.find(path)
    return one_line("".join(found.itertext())) if found is not None else ""


def _measure(outcome: Element) -> str | None:
    """Return the code of the effect measure; O − E gives a hazard ratio or Peto's odds ratio."""
    shown = outcome.get("EFFECT_MEASURE", "") or _text(outcome, "EFFECT_MEASURE")
    plain = " ".join(shown.replace("_", " ").replace("-", " ").casefold().split())
    measure = _MEASURES.get(plain)
    allowed = {
        "DICH_OUTCOME": ("OR", "RR", "RD"),
        "IV_OUTCOME": ("HR", "OR", "RR", "RD"),
        "IPD_OUTCOME": ("HR", "OR"),
    }
    return measure if measure in allowed[outcome.tag] else None


def _data(outcome: Element) -> Iterator[tuple[str, Element]]:
    """Yield every data element with the name of its subgroup."""
    tag = _DATA[outcome.tag]
    for element in outcome:
        if element.tag == tag:
            yield "", element
        elif element.tag.endswith("_SUBGROUP"):
            yield from ((_text(element, "NAME"), data) for data in element.iterfind(tag))


def _cells(
    where: str, tag: str, data: Element, measure: str, imported: Imported
) -> dict[str, str] | None:
    """Return the numbers of a data element as they stand; None where one is missing."""
    cells = {}
    for attribute, column in _COLUMNS[tag].items():
        value = one_line(data.get(attribute, ""))
        number = parse_number(_plain(value))
        whole = attribute in _COUNTS
        if number is None or (whole and not (number.value >= 0 and number.value.is_integer())):
            reason = "not a whole number of patients" if whole else "not a plain number"
            imported.leave(where, attribute, value, reason)
            return None
        cells[column] = str(int(number.value)) if whole else number.text
    if tag == "DICH_OUTCOME":
        for arm in ("1", "2"):
            if int(cells[_COLUMNS[tag][f"EVENTS_{arm}"]]) > int(
                cells[_COLUMNS[tag][f"TOTAL_{arm}"]]
            ):
                value = f"{data.get(f'EVENTS_{arm}')} of {data.get(f'TOTAL_{arm}')}"
                imported.leave(where, f"EVENTS_{arm}", value, "more events than patients")
                return None
        if not int(cells["n_experimental"]) or not int(cells["n_control"]):
            imported.leave(where, "TOTAL", "0", "an arm without patients")
            return None
    spread = {"IV_OUTCOME": "sei", "IPD_OUTCOME": "variance"}.get(tag)
    if spread is not None and not float(cells[spread]) > 0:
        imported.leave(where, spread, cells[spread], "must be above 0")
        return None
    if tag == "IV_OUTCOME" and measure != "RD" and not _is_logarithm(data):
        value = f"ESTIMATE {data.get('ESTIMATE')}, EFFECT_SIZE {data.get('EFFECT_SIZE')}"
        reason = "the estimate is not the logarithm of the ratio beside it"
        imported.leave(where, "ESTIMATE", value, reason, "Enter it by hand.")
        return None
    return cells


def _plain(value: str) -> str:
    """Write a number of an XML attribute, such as 1.0E-4, without an exponent."""
    if "e" not in value.lower():
        return value
    try:
        number = float(value)
    except ValueError:
        return value
    return f"{number:.20f}".rstrip("0").rstrip(".") if math.isfinite(number) else value


def _is_logarithm(data: Element) -> bool:
    """Whether the file's own ratio is the exponential of the estimate; true if it has none."""
    ratio = parse_number(_plain(data.get("EFFECT_SIZE", "")))
    estimate = parse_number(_plain(data.get("ESTIMATE", "")))
    if ratio is None or estimate is None:
        return True
    slack = _SAME + estimate.half_unit + (ratio.half_unit / ratio.value if ratio.value > 0 else 0)
    return ratio.value > 0 and abs(math.log(ratio.value) - estimate.value) <= slack


def _raw(
    where: str,
    locator: str,
    outcome: Element,
    data: Element,
    subgroup: str,
    named: Named,
    measure: str,
    study: StudyLike,
    imported: Imported,
) -> None:
    """Add rows of the raw tables where the outcome is one of their endpoints."""
    origin = {
        "trial_id": study.trial_id,
        "source_id": study.source_id,
        "locator": locator,
        "extraction": "single",
        "evidence_note": "secondary: read in a RevMan review, not in the report itself",
    }
    name = _text(outcome, "NAME")
    part = "; ".join(words for words in (name if named.rest else "", subgroup) if words)
    if outcome.tag == "DICH_OUTCOME" and not named.is_time:
        arms = _arms(outcome, data, study, imported)
        for arm, side in zip(arms, ("1", "2"), strict=True):
            letter_number = _next(imported, "responses", study.trial_id, named.endpoint, "r")
            imported.add(
                "responses",
                {
                    **origin,
                    "row_id": row_id(study.trial_id, named.endpoint, "r", letter_number),
                    "arm_id": arm,
                    "endpoint": named.endpoint,
                    "definition": part or name,
                    "events": _count(data, f"EVENTS_{side}"),
                    "n": _count(data, f"TOTAL_{side}"),
                },
            )
        return
    if outcome.tag == "DICH_OUTCOME" or not named.is_time or measure != "HR":
        reason = (
            f"{named.endpoint} as {measure} is no row of the raw tables; it is in the table to pool"
        )
        imported.leave(where, outcome.tag, _text(outcome, "NAME"), reason)
        return
    numbers = _hazard_ratio(where, outcome, data, imported)
    if numbers is None:
        return
    ours, theirs = _arms(outcome, data, study, imported)
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
            "n_experimental": _count(data, "TOTAL_1"),
            "n_control": _count(data, "TOTAL_2"),
            "events_experimental": _count(data, "EVENTS_1"),
            "events_control": _count(data, "EVENTS_2"),
        },
    )


def _count(data: Element, attribute: str) -> str:
    """Return a count; RevMan writes 0 for totals that were not entered."""
    number = parse_number(data.get(attribute, ""))
    if number is None or not number.value.is_integer() or number.value < 0:
        return ""
    total = parse_number(data.get(f"TOTAL_{attribute[-1]}", ""))
    entered = total is not None and total.value > 0
    return str(int(number.value)) if entered else ""


def _hazard_ratio(
    where: str, outcome: Element, data: Element, imported: Imported
) -> dict[str, str] | None:
    """Return the cells of time_to_event.csv: the ratio with its interval, O − E with V."""
    cells: dict[str, str] = {}
    if outcome.tag == "IPD_OUTCOME":
        cells = {"o_minus_e": _plain(data.get("O_E", "")), "variance": _plain(data.get("VAR", ""))}
    names = {"estimate": "EFFECT_SIZE", "ci_lower": "CI_START", "ci_upper": "CI_END"}
    interval: dict[str, Any] = {
        column: parse_number(_plain(data.get(attribute, ""))) for column, attribute in names.items()
    }
    level = parse_number(outcome.get("CI_STUDY", ""))
    if all(number is not None and number.value > 0 for number in interval.values()) and level:
        shown = {column: number.text for column, number in interval.items()}
        return {**cells, **shown, "ci_level": f"{level.value:g}"}
    if cells:
        return cells
    value = " ".join(data.get(attribute, "") for attribute in names.values())
    reason = "no ratio with its interval stands in the file; the row is in the table to pool only"
    imported.leave(where, "EFFECT_SIZE, CI_START, CI_END", value, reason)
    return None


def _next(imported: Imported, table: str, trial_id: str, endpoint: str, letter: str) -> int:
    taken = [row["row_id"] for row in imported.tables.get(table, [])]
    return next_number(trial_id, endpoint, letter, taken)


def _arms(outcome: Element, data: Element, study: StudyLike, imported: Imported) -> tuple[str, str]:
    """Return the ids of the two arms, adding them where the study does not have them yet."""
    rows = imported.tables.setdefault("arms", [])
    ids: list[str] = []
    for side, role in (("1", "experimental"), ("2", "control")):
        label = _text(outcome, f"GROUP_LABEL_{side}") or role
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
