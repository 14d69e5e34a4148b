"""New rows audited as they would be in the raw tables, before they are added."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from msgspec.structs import replace

from trialpool.audit.run import audit_evidence, rules_behind
from trialpool.effects.derive import derive_as_configured
from trialpool.evidence.schemas import TABLES
from trialpool.evidence.tables import LINE, Evidence, RawTable, parse_table, read_tables
from trialpool.findings import Finding, InputError, fatal, in_order
from trialpool.intake.files import read_limited, refuse
from trialpool.settings import Settings

# Of an effect, what is shown before the row is added.
_SHOWN: Final = (
    "row_id",
    "table",
    "endpoint",
    "status",
    "reason",
    "measure",
    "scale",
    "yi",
    "sei",
    "events",
    "n",
    "rung",
    "formula",
    "reference",
    "inputs",
    "flags",
)


@dataclass(frozen=True)
class CheckedRows:
    """What the audit says of new rows.

    Attributes
    ----------
    rows : dict of str to int
        New rows by table.
    findings : tuple of Finding
        Findings that the new rows bring: in their own files, or in the raw tables
        because of them.
    effects : tuple of mapping
        What each new row yields: rung, effect size or count, or the reason for none.
    standing : int
        Fatal findings that the raw tables have without the new rows, and still with them.
    """

    rows: dict[str, int]
    findings: tuple[Finding, ...]
    effects: tuple[Mapping[str, Any], ...]
    standing: int

    @property
    def is_fatal(self) -> bool:
        """Whether the rows must not be added as they are."""
        return bool(fatal(self.findings))


@dataclass(frozen=True)
class NewFile:
    """New rows of one table: their file's name and their bytes."""

    name: str
    raw: bytes
    table: str


def new_files(paths: Sequence[Path], table: str | None) -> list[NewFile]:
    """Read the files with new rows; a folder stands for the tables in it.

    Raises
    ------
    InputError
        If a file cannot be read, or its table is not known.
    """
    files: list[Path] = []
    for path in paths:
        if path.is_dir():
            inside = [path / spec.file for spec in TABLES.values() if (path / spec.file).exists()]
            if not inside:
                message = "the folder holds no raw table"
                remedy = "A table is called trials.csv, arms.csv and so on."
                raise refuse(str(path), "tables-exist", message, remedy)
            files.extend(inside)
        else:
            files.append(path)
    read = [(path.name, read_limited(path)) for path in files]
    return [NewFile(name, raw, table or table_of(name, raw)) for name, raw in read]


def table_of(name: str, raw: bytes) -> str:
    """Return the table of a file, by its name, else by the columns of its header.

    Raises
    ------
    InputError
        If neither says it.
    """
    stem = Path(name).stem
    if stem in TABLES:
        return stem
    header = raw.lstrip(b"\xef\xbb\xbf").splitlines()[0].decode("utf-8", "replace")
    columns = {part.strip().strip('"') for part in header.split(",")}
    # Of the tables whose needs are met, the one that knows most of the columns.
    known = {
        table.name: len(columns & {column.name for column in (*table.columns, *table.optional)})
        for table in TABLES.values()
        if columns.issuperset(table.required)
    }
    fitting = [name for name, n in known.items() if n == max(known.values())]
    if len(fitting) == 1:
        return fitting[0]
    message = "neither its name nor its header says which raw table this is"
    remedy = f"Give --table, one of: {', '.join(TABLES)}. The first line must be the header."
    raise refuse(name, "table-known", message, remedy)


def check_rows(
    files: Sequence[NewFile], raw: Path, tables: Sequence[str], settings: Settings
) -> CheckedRows:
    """Audit new rows in memory, together with the raw tables.

    Parameters
    ----------
    files : sequence of NewFile
    raw : Path
        Folder of the raw tables; nothing is written there.
    tables : sequence of str
        Tables that must be there, in `raw` or among the files.
    settings : Settings

    Raises
    ------
    InputError
        If the raw tables cannot be read.
    """
    # A table that the new rows bring need not be there yet.
    brought_new = {f.table for f in files if not (raw / TABLES[f.table].file).exists()}
    standing, faults = read_tables(raw, [name for name in tables if name not in brought_new])
    if missing := [fault for fault in faults if fault.rule.startswith("file-")]:
        raise InputError(missing)
    own: list[Finding] = []
    merged = dict(standing.tables)
    origin: dict[tuple[str, int], tuple[str, int]] = {}
    counts: dict[str, int] = {}
    new_ids: set[tuple[str, int]] = set()
    for file in files:
        spec = TABLES[file.table]
        table, found = parse_table(file.raw, spec, file.name)
        own.extend(found)
        if table is None:
            continue
        before = merged.get(file.table)
        first = 1 + max((int(row[LINE]) for row in before.rows), default=1) if before else 2
        placed = []
        for at, row in enumerate(table.rows):
            line = first + at
            origin[spec.file, line] = (file.name, int(row[LINE]))
            new_ids.add((file.table, line))
            placed.append({**row, LINE: line})
        counts[file.table] = counts.get(file.table, 0) + len(placed)
        merged[file.table] = _join(before, table, placed)
    standing, before_faults = _with_curves(standing, raw)
    together, after_faults = _with_curves(Evidence(merged), raw)
    audited = audit_evidence(together, settings, [*faults, *after_faults])
    # What stands at other rows is told apart from what was there before by the same rules alone.
    at_others = [finding for finding in audited if (finding.file, finding.line) not in origin]
    rules = rules_behind(at_others)
    without = audit_evidence(standing, settings, [*faults, *before_faults], rules)
    known = {_content(finding) for finding in without}
    brought = [
        _placed(finding, origin)
        for finding in audited
        if (finding.file, finding.line) in origin or _content(finding) not in known
    ]
    lasting = sum(_content(finding) in known for finding in fatal(at_others))
    effects = tuple(
        {column: record[column] for column in _SHOWN}
        for record in derive_as_configured(together, settings.config)
        if (record["table"], record["line"]) in new_ids
    )
    brought.extend(_placed(finding, origin) for finding in _same_again(together, new_ids))
    return CheckedRows(counts, tuple(in_order([*own, *brought])), effects, lasting)


def _with_curves(evidence: Evidence, raw: Path) -> tuple[Evidence, list[Finding]]:
    """Add what curves give, of new rows of curve_arms too: their points stand in raw already."""
    if "curve_arms" not in evidence.tables:
        return evidence, []
    from trialpool.survival.curve_tables import add_curves

    return add_curves(evidence, raw)


def _same_again(evidence: Evidence, new: set[tuple[str, int]]) -> list[Finding]:
    """Name new trials whose registration number stands in the tables under another id.

    No rule of the audit: strata and joint analyses share the number of their trial.
    """
    found = []
    owner: dict[str, str] = {}
    for row in evidence.rows("trials"):
        for number in filter(None, (part.strip() for part in str(row["nct"]).split(";"))):
            other = owner.setdefault(number, str(row["trial_id"]))
            if other != row["trial_id"] and ("trials", int(row[LINE])) in new:
                finding = Finding(
                    "warning",
                    "nct-once",
                    TABLES["trials"].file,
                    int(row[LINE]),
                    str(row["trial_id"]),
                    "nct",
                    number,
                    f"trial {other!r} has the same registration number",
                    f"Use the id {other!r} if it is the same trial.",
                )
                found.append(finding)
    return found


def _join(before: RawTable | None, new: RawTable, rows: list[dict[str, Any]]) -> RawTable:
    """Append rows to a table; a column that one side lacks is empty there."""
    if before is None:
        return RawTable(new.columns, tuple(rows))
    columns = (*before.columns, *(name for name in new.columns if name not in before.columns))
    blank = dict.fromkeys(columns, "")
    joined = (*before.rows, *rows)
    return RawTable(columns, tuple({**blank, **row} for row in joined))


def _content(finding: Finding) -> tuple[str, ...]:
    """Return what makes a finding the same: all but its line, which new rows do not move."""
    return (
        finding.level,
        finding.rule,
        finding.file,
        str(finding.line),
        finding.row_id,
        finding.column,
        finding.value,
        finding.message,
    )


def _placed(finding: Finding, origin: Mapping[tuple[str, int], tuple[str, int]]) -> Finding:
    """Put a finding about a new row into the file where the row stands."""
    if finding.line is None or (finding.file, finding.line) not in origin:
        return finding
    file, line = origin[finding.file, finding.line]
    return replace(finding, file=file, line=line)
