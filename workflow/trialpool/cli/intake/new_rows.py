"""Commands that take evidence in: scaffolds, checks of new rows, importers."""

from __future__ import annotations

import csv
import io
import json
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from trialpool import formatting as fmt
from trialpool.effects.flags import OF_ARM, name_of_arm
from trialpool.evidence.schemas import TABLES
from trialpool.files import write_all
from trialpool.findings import Finding, InputError, fatal
from trialpool.intake.kinds import REFERENCES, expect
from trialpool.intake.record import Imported
from trialpool.measures import get_measure
from trialpool.settings import Settings, load_settings

if TYPE_CHECKING:
    from trialpool.intake.check import CheckedRows, NewFile
    from trialpool.intake.endpoints import Wording
    from trialpool.intake.scaffold import NewTrial

# Cells of effects.csv that say what a new row yields, by column.
EffectRow = Mapping[str, Any]


def _echo(text: str) -> None:
    typer.echo(text)


def _print_json(content: Any) -> None:
    _echo(json.dumps(content, ensure_ascii=False, indent=2, allow_nan=False))


def _settings(config: Path) -> Settings:
    settings, faults = load_settings(config)
    if stopping := fatal(faults):
        raise InputError(stopping)
    return settings


def _wording(config: Path) -> Wording | None:
    """Return how the review words its outcomes, where there is one."""
    from trialpool.intake.endpoints import wording_of

    return wording_of(_settings(config)) if config.exists() else None


def import_file(read: Callable[[], Imported], out: Path, *, as_json: bool) -> int:
    """Run an importer, write what it understood, say what it did not; return the exit status."""
    from trialpool.intake.files import write_imported

    imported = read()
    left = imported.left_out
    if not imported.n_rows:
        for entry in left:
            typer.echo(f"  {entry}", err=True)
        message = "nothing in the file could be turned into a row; nothing was written"
        remedy = "See above for what the file holds."
        raise InputError(
            [Finding("fatal", "nothing-understood", str(out), message=message, remedy=remedy)]
        )
    files = write_imported(out, imported)
    tables = imported.ordered_tables()
    if as_json:
        _print_json(
            {
                "out": str(out),
                "files": files,
                "rows": {name: len(rows) for name, rows in tables.items()},
                "pool_tables": [
                    {
                        "file": f"pool/{table.name}.csv",
                        "rows": len(table.rows),
                        "pool": table.command,
                    }
                    for table in imported.pool_tables
                ],
                "further_tables": imported.beside,
                "not_understood": [entry.as_row() for entry in left],
            }
        )
        return 0
    for name, rows in tables.items():
        _echo(f"{out / TABLES[name].file}: {_count(len(rows), 'row')}")
    for table in imported.pool_tables:
        how = table.command or "not pooled in the review"
        _echo(f"{out / 'pool' / table.name}.csv: {_count(len(table.rows), 'row')}; {how}")
    for name, rows in imported.beside.items():
        _echo(f"{out / name}: {_count(len(rows), 'row')}")
    _echo(f"Not understood, or only in part: {len(left)}" + (":" if left else "."))
    for entry in left:
        _echo(f"  {entry}")
    if tables:
        _echo(f"Next: trialpool check-row {out}")
    return 0


def ctgov(
    file: Path,
    out: Path,
    trial_id: str | None,
    groups: Sequence[str],
    sides: tuple[Sequence[str], Sequence[str]],
    config: Path,
    *,
    as_json: bool,
) -> int:
    """Import a ClinicalTrials.gov record; `sides` are the experimental and the control arms."""
    from trialpool.intake.ctgov import import_ctgov
    from trialpool.intake.ids import check_id

    # Its reader says of the registry's other files where the record is to be had.
    expect(file, "ctgov-json", "ctgov-csv", "ctgov-xml", "html")
    if trial_id is not None and (faults := check_id(trial_id, "--trial-id")):
        raise InputError(faults)
    pairs = [group.rpartition("=") for group in groups]
    for group, (title, _, arm) in zip(groups, pairs, strict=True):
        if not title or not arm:
            message = f"{group!r} is not TITLE=ARM"
            raise typer.BadParameter(message, param_hint="'--group'")
    arms = {title: arm for title, _, arm in pairs}
    experimental, control = sides
    wording = _wording(config)
    return import_file(
        lambda: import_ctgov(
            file, trial_id, arms, experimental=experimental, control=control, wording=wording
        ),
        out,
        as_json=as_json,
    )


def references(files: Sequence[Path], out: Path, *, as_json: bool) -> int:
    """Import references."""
    from trialpool.intake.references import import_references

    for file in files:
        expect(file, *REFERENCES)
    return import_file(lambda: import_references(*files), out, as_json=as_json)


def excel(file: Path, out: Path, *, as_json: bool) -> int:
    """Import a workbook."""
    from trialpool.intake.workbook import import_workbook

    expect(file, "xlsx")
    return import_file(lambda: import_workbook(file), out, as_json=as_json)


def revman(file: Path, out: Path, design: str, config: Path, *, as_json: bool) -> int:
    """Import a review: a RevMan 5 file or a data package."""
    from trialpool.intake.revman.reading import import_review

    allowed = next(c.choices for c in TABLES["trials"].columns if c.name == "design")
    if design and design not in allowed:
        message = f"{design!r} is not one of {', '.join(allowed)}"
        raise typer.BadParameter(message, param_hint="'--design'")
    expect(file, "rm5", "revman-package", "zip")
    wording = _wording(config)
    return import_file(lambda: import_review(file, design, wording), out, as_json=as_json)


def risk_of_bias(
    file: Path, out: Path, tool: str, config: Path, raw: Path | None, *, as_json: bool
) -> int:
    """Import judgements of risk of bias."""
    from trialpool.evidence.tables import read_tables
    from trialpool.intake.risk_of_bias import import_risk_of_bias

    expect(file, "rm5", "revman-package", "zip")
    settings = _settings(config) if config.exists() else None
    folder = raw or (settings.path("raw") if settings else None)
    trials = read_tables(folder, ["trials"])[0].rows("trials") if folder else ()
    endpoints = settings.endpoints if settings else ()
    return import_file(
        lambda: import_risk_of_bias(file, tool, trials, endpoints), out, as_json=as_json
    )


def _count(n: int, noun: str) -> str:
    return f"{n} {noun}" + ("" if n == 1 else "s")


def new_trial(
    new: NewTrial, config: Path, raw: Path | None, out: Path | None, *, as_json: bool
) -> int:
    """Scaffold the rows of a new trial; return the exit status."""
    from trialpool.evidence.tables import read_tables
    from trialpool.files import write_rows
    from trialpool.intake.files import check_target
    from trialpool.intake.record import columns_of
    from trialpool.intake.scaffold import scaffold, taken_ids

    settings = _settings(config)
    folder = raw if raw is not None else settings.path("raw")
    evidence, _ = read_tables(folder, ["trials", "sources"])
    rows = scaffold(replace(new, taken=taken_ids(evidence)), settings.endpoints)
    tables = rows.ordered_tables()
    # A header like that of the raw table, so that the rows can be pasted below it.
    headers = {
        name: _header(folder / TABLES[name].file) or list(columns_of(name)) for name in tables
    }
    for name, found in tables.items():
        unsaid = {column.name: column.unsaid for column in TABLES[name].columns}
        said = [key for row in found for key, cell in row.items() if cell != unsaid.get(key, "")]
        headers[name] = list(dict.fromkeys([*headers[name], *said]))
    full = {
        name: [{column: row.get(column, "") for column in headers[name]} for row in found]
        for name, found in tables.items()
    }
    if out is not None:
        check_target(out, [TABLES[name].file for name in full])
        for name, found in full.items():
            write_rows(out / TABLES[name].file, headers[name], found)
    if as_json:
        _print_json({"out": str(out) if out is not None else None, "tables": full})
    elif out is not None:
        for name, found in full.items():
            _echo(f"{out / TABLES[name].file}: {_count(len(found), 'row')}")
        _echo(f"Fill in what the report prints, then: trialpool check-row {out}")
        if needed := list(_to_be_filled(full)):
            _echo(f"These cannot stay empty: {'; '.join(needed)}")
    else:
        _echo("\n".join(_as_csv(TABLES[name].file, headers[name], full[name]) for name in full))
    return 0


def _header(path: Path) -> list[str]:
    """Return the columns of a raw table as its file has them; none where it cannot be read."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as stream:
            return [column.strip() for column in next(csv.reader(stream), [])]
    except (OSError, UnicodeError, csv.Error):
        return []


def _to_be_filled(tables: Mapping[str, Sequence[Mapping[str, str]]]) -> Iterator[str]:
    """Name the columns of empty cells that must hold one of some words, with the words."""
    for name, rows in tables.items():
        for column in TABLES[name].columns:
            must = column.kind == "choice" and "" not in column.choices
            if must and any(row.get(column.name) == "" for row in rows):
                yield f"{column.name} in {TABLES[name].file} ({', '.join(column.choices)})"


def _as_csv(file: str, columns: Sequence[str], rows: Sequence[Mapping[str, str]]) -> str:
    buffer = io.StringIO(newline="")
    writer = csv.DictWriter(buffer, columns, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return f"# {file}\n{buffer.getvalue()}"


def check_row(
    paths: Sequence[Path],
    table: str | None,
    raw: Path | None,
    config: Path,
    *,
    as_json: bool,
    add: bool = False,
) -> int:
    """Audit new rows, and with `add` put them into the raw tables; return the exit status."""
    from trialpool.intake.adding import merged_files
    from trialpool.intake.check import check_rows

    if table is not None and table not in TABLES:
        message = f"unknown table {table!r}; known: {', '.join(TABLES)}"
        raise typer.BadParameter(message, param_hint="'--table'")
    settings = _settings(config)
    files = _given(paths, table)
    folder = raw if raw is not None else settings.path("raw")
    tables = [name for name in settings.tables if name in TABLES]
    checked = check_rows(files, folder, tables, settings)
    merged: dict[Path, bytes] = {}
    if not checked.is_fatal:
        merged = merged_files(files, folder, tables) if add else {}
        if not any(checked.rows.values()):
            raise InputError([_no_row(file.name) for file in files])
        write_all(merged)
    if as_json:
        content = {
            "rows": checked.rows,
            "ok": not checked.is_fatal,
            "findings": [finding.as_row() for finding in checked.findings],
            "effects": [_plain(effect) for effect in checked.effects],
            "fatal_findings_of_raw_tables": checked.standing,
        }
        _print_json({**content, "written": [str(path) for path in merged]} if add else content)
    elif add:
        _tell_added(checked, folder)
    else:
        _tell(checked)
    return 1 if checked.is_fatal else 0


def _given(paths: Sequence[Path], table: str | None) -> list[NewFile]:
    """Read new rows from files, or from standard input."""
    from trialpool.intake.check import NewFile, new_files, table_of

    if list(map(str, paths)) not in ([], ["-"]):
        return new_files(paths, table)
    content = sys.stdin.buffer.read()
    if not content.strip():
        raise InputError([_no_row("stdin")])
    return [NewFile("stdin", content, table or table_of("stdin", content))]


def _no_row(file: str) -> Finding:
    remedy = "Give a file, or a header and rows on standard input."
    return Finding("fatal", "rows-exist", file, message="no row was given", remedy=remedy)


def _tell(checked: CheckedRows) -> None:
    """Print what each new row gives, and what is wrong with it."""
    shown = ", ".join(f"{name} {n}" for name, n in checked.rows.items()) or "none"
    _echo(f"New rows: {shown}")
    for effect in checked.effects:
        _echo(f"  {effect['row_id']}: {in_words(effect)}")
    _tell_findings(checked)
    if checked.is_fatal:
        _echo("The rows can not be added as they are.")
    else:
        look = ", after a look at what was found" if checked.findings else ""
        _echo(f"The rows can be added{look}.")


def _tell_added(checked: CheckedRows, folder: Path) -> None:
    """Print what was added, or why nothing was; what the rows give is said by check-row."""
    if checked.findings or checked.standing:
        _tell_findings(checked)
    if checked.is_fatal:
        _echo("Nothing was added.")
        return
    for name, n in checked.rows.items():
        _echo(f"{folder / TABLES[name].file}: {_count(n, 'row')} added")


def _tell_findings(checked: CheckedRows) -> None:
    if checked.standing:
        _echo(f"The raw tables themselves have {_count(checked.standing, 'fatal finding')}.")
    _echo(f"Findings: {len(checked.findings)}")
    for finding in checked.findings:
        _echo(f"  {finding}")


def _plain(effect: EffectRow) -> EffectRow:
    """Return an effect for JSON: what does not exist is null, inputs as an object."""
    return {
        **{key: None if value == "" else value for key, value in effect.items()},
        "inputs": json.loads(str(effect["inputs"] or "{}")),
    }


def in_words(effect: EffectRow) -> str:
    """Say what a row yields, with its rung."""
    if effect["status"] == "effect":
        measure = get_measure(str(effect["measure"]))
        yi, sei = float(effect["yi"]), float(effect["sei"])
        name = f"log {measure.code}" if measure.is_ratio else measure.code
        words = f"{measure.code} {fmt.effect(yi, measure)}, " if measure.is_ratio else ""
        words += f"{name} {fmt.number(yi, 3)} with standard error {fmt.number(sei, 3)}"
        words += f"; rung: {effect['rung']}"
    elif effect["status"] in OF_ARM:
        yi, sei = float(effect["yi"]), float(effect["sei"])
        name = name_of_arm(str(effect["status"]), str(effect["scale"]))
        words = f"{name} {fmt.number(yi, 3)} with standard error {fmt.number(sei, 3)}"
        words += f"; rung: {effect['rung']}"
    elif effect["status"] == "count":
        words = f"{fmt.count_of(effect['events'], effect['n'])}; rung: {effect['rung']}"
    else:
        words = f"no effect size: {effect['reason']}"
    return words + (f" ({effect['flags']})" if effect["flags"] else "")
