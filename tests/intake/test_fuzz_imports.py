"""Fuzzed files for the importers: tables and a list of what was not understood, or a refusal."""

from __future__ import annotations

import copy
import csv
import io
import json
import math
import random
import re
import zipfile
from pathlib import Path
from xml.etree import ElementTree

import pytest
from fuzzing import NO_NUMBER, NUMBERS, WORDS
from openpyxl import Workbook
from shipped_imports import import_ctgov
from shipped_imports import import_review as import_rm5

from trialpool.evidence.schemas import TABLES
from trialpool.evidence.tables import parse_table
from trialpool.findings import InputError
from trialpool.intake.files import REPORT, write_imported
from trialpool.intake.record import Imported
from trialpool.intake.references import form_of, import_references
from trialpool.intake.risk_of_bias import import_risk_of_bias
from trialpool.intake.workbook import import_workbook

pytestmark = pytest.mark.fuzz

FIXTURES = Path(__file__).parent / "fixtures"
FEW, MANY = 40, 250  # of each format
THOUSAND = 1000  # of registry records and of bibliographies
TEXTS = (*NO_NUMBER, *NUMBERS, *WORDS)
OTHER_TYPES = (None, True, False, [], {}, 0, -1, 1e300, [1], {"a": 1}, [[]], "")


def readable(text: str) -> str:
    """A text as XML and workbooks can hold it."""
    return "".join(char for char in text if char.isprintable())


def read_or_refuse(read, path: Path) -> tuple[Imported | None, list]:
    """Import a file; None and the findings if it was refused."""
    try:
        return read(path), []
    except InputError as error:
        return None, list(error.findings)


def check(read, path: Path, out: Path) -> Imported | None:
    """Import a file; None if it was refused by name. What is written is read again."""
    imported, findings = read_or_refuse(read, path)
    if imported is None:
        assert findings
        assert all(finding.rule and finding.message for finding in findings)
        return None
    for entry in imported.left_out:
        assert entry.place
        assert entry.element
        assert entry.reason, entry
        assert all(char.isprintable() for char in str(entry))
    names = write_imported(out, imported)
    written = sorted(str(p.relative_to(out)) for p in out.rglob("*") if p.is_file())
    assert written == sorted(names)
    for name, rows in imported.ordered_tables().items():
        table, faults = parse_table((out / f"{name}.csv").read_bytes(), TABLES[name], name)
        assert table is not None
        assert not faults
        assert [{c: row[c] for c in rows[0]} for row in table.rows] == rows
        for row in rows if read is not import_workbook else ():
            for column in ("trial_id", "arm_id", "source_id"):
                assert re.fullmatch(r"[a-z0-9+-][a-z0-9+.-]*", row.get(column, "x"))
    for table in imported.pool_tables:
        assert re.fullmatch(r"[a-z0-9+-]+", table.name)
    with (out / REPORT).open(encoding="utf-8", newline="") as stream:
        assert len(list(csv.DictReader(stream))) == len(imported.left_out)
    return imported


def places(imported: Imported) -> str:
    """Every place that is in a row or in the list of what was left out."""
    located = [row.get("locator", "") for rows in imported.tables.values() for row in rows] + [
        row["locator"] for table in imported.pool_tables for row in table.rows
    ]
    return "\n".join([*located, *(entry.place for entry in imported.left_out)])


def nodes_of(tree, found):
    """Collect (container, key) of every node of a JSON tree."""
    items = tree.items() if isinstance(tree, dict) else enumerate(tree)
    for key, value in list(items):
        found.append((tree, key))
        if isinstance(value, dict | list):
            nodes_of(value, found)
    return found


RECORDS = (
    FIXTURES / "destiny-breast03.json",
    *(FIXTURES / "cases" / f"ct_{name}.json" for name in ("otherdisease", "subgroup_n", "means")),
)


def check_row(row: dict[str, str]) -> None:
    """What a table to pool holds of a record can be true: counts of n, spreads above 0."""
    for side in ("experimental", "control"):
        if f"events_{side}" in row:
            assert 0 <= int(row[f"events_{side}"]) <= int(row[f"n_{side}"])
        if f"sd_{side}" in row:
            assert float(row[f"sd_{side}"]) > 0
            assert math.isfinite(float(row[f"mean_{side}"]))
    if "ci_lower" in row:
        ratios = [row[name] for name in ("hr", "or", "rr", "irr", "rom") if name in row]
        (value,) = ratios or [row[name] for name in ("rd", "md", "smd") if name in row]
        assert float(row["ci_lower"]) <= float(value) <= float(row["ci_upper"])
        assert float(row["ci_lower"]) > 0 or not ratios


def fuzz_ctgov(number: int, folder: Path) -> bool:
    rng = random.Random(f"ctgov {number}")
    record = json.loads(rng.choice(RECORDS).read_text(encoding="utf-8"))
    for _ in range(rng.choice((1, 2, 5, 20))):
        found = nodes_of(record, [])
        if not found:
            break
        container, key = rng.choice(found)
        choice = rng.random()
        if choice < 0.2 and isinstance(container, dict):
            del container[key]
        elif choice < 0.5:
            container[key] = copy.deepcopy(rng.choice(OTHER_TYPES))
        elif choice < 0.6 and isinstance(container, list):
            container.append(copy.deepcopy(container[key]))
        else:
            container[key] = rng.choice(TEXTS)
    path = folder / "study.json"
    path.write_text(json.dumps(record), encoding="utf-8")
    imported = check(import_ctgov, path, folder / "out")
    if imported is None:
        return False
    for table in imported.pool_tables:
        for row in table.rows:
            check_row(row)
    told = places(imported)
    results = record.get("resultsSection")
    module = results.get("outcomeMeasuresModule") if isinstance(results, dict) else None
    outcomes = module.get("outcomeMeasures") if isinstance(module, dict) else None
    for at, outcome in enumerate(outcomes if isinstance(outcomes, list) else [], 1):
        if isinstance(outcome, dict):
            assert re.search(rf"outcome measure {at}\b", told), (number, at)
    return True


def fuzz_revman(number: int, folder: Path) -> bool:
    rng = random.Random(f"rm5 {number}")
    text = (FIXTURES / "t-dm1-review.rm5").read_text(encoding="utf-8")
    root = ElementTree.fromstring(text)
    for _ in range(rng.choice((1, 2, 5, 20))):
        element = rng.choice(list(root.iter()))
        choice = rng.random()
        if choice < 0.5 and element.attrib:
            key = rng.choice(list(element.attrib))
            element.set(key, readable(rng.choice(TEXTS)))
        elif choice < 0.6 and element.attrib:
            del element.attrib[rng.choice(list(element.attrib))]
        elif choice < 0.75:
            element.text = readable(rng.choice(TEXTS))
        elif choice < 0.85 and len(element):
            element.remove(rng.choice(list(element)))
        elif choice < 0.95 and len(element):
            element.append(rng.choice(list(element)))
        else:
            element.tag = rng.choice(("DICH_OUTCOME", "IV_DATA", "STUDY", "X_OUTCOME", "NAME"))
    raw = ElementTree.tostring(root, encoding="utf-8")
    if rng.random() < 0.2:
        at = rng.randrange(len(raw))
        raw = raw[:at] + bytes([rng.randrange(256)]) + raw[at + 1 :]
    path = folder / "review.rm5"
    path.write_bytes(raw)
    imported = check(lambda file: import_rm5(file, "rct"), path, folder / "out")
    if imported is None:
        return False
    pooled = sum(len(table.rows) for table in imported.pool_tables)
    told = [e for e in imported.left_out if re.search(r"_DATA \d+$", e.place)]
    told_outcomes = [e for e in imported.left_out if e.place.startswith("comparison")]
    for table in imported.pool_tables:
        for row in table.rows:
            assert row["study"]
    assert pooled + len(told) + len(told_outcomes) > 0 or "COMPARISON" in {
        entry.element for entry in imported.left_out
    }
    return True


BIBLIOGRAPHIES = (
    *(FIXTURES / f"references.{ending}" for ending in ("ris", "bib", "nbib", "xml")),
    *(FIXTURES / "cases" / name for name in ("s1.ris", "s1.bib", "wos.ciw", "endnote.enw")),
    FIXTURES / "cases" / "endnote.xml",
)


def fuzz_references(number: int, folder: Path) -> bool:
    rng = random.Random(f"references {number}")
    file = rng.choice(BIBLIOGRAPHIES)
    raw = file.read_bytes()
    lines = raw.split(b"\n")
    for _ in range(rng.choice((1, 2, 5, 10))):
        at = rng.randrange(len(lines))
        choice = rng.random()
        if choice < 0.3:
            lines[at] = lines[at][:6] + rng.choice(TEXTS).encode("utf-8", "replace")
        elif choice < 0.45:
            del lines[at]
            lines = lines or [b""]
        elif choice < 0.6:
            lines.insert(at, rng.choice(lines))
        elif choice < 0.7:
            lines[at] = rng.choice(TEXTS).encode()
        elif choice < 0.8:
            lines[at] = lines[at][::-1]
        elif choice < 0.9 and lines[at]:
            place = rng.randrange(len(lines[at]))
            lines[at] = lines[at][:place] + bytes([rng.randrange(256)]) + lines[at][place + 1 :]
        else:
            lines[at] = lines[at] + b"\r"
    raw = b"\n".join(lines)
    path = folder / file.name
    path.write_bytes(raw)
    imported = check(import_references, path, folder / "out")
    if imported is None:
        return False
    if form_of(path) == "ris":
        text = raw.decode("utf-8-sig", "replace").replace("\r\n", "\n").replace("\r", "\n")
        records = len(re.findall(r"(?m)^TY  ?-", text))
        kept = len(imported.tables.get("sources", []))
        lost = {e.place for e in imported.left_out if e.element in ("record", "duplicate")}
        lost |= {e.place for e in imported.left_out if e.element == "reference"}
        assert kept + len(lost) >= records, number
    return True


def fuzz_workbook(number: int, folder: Path) -> bool:
    rng = random.Random(f"workbook {number}")
    book = Workbook()
    book.remove(book.active)
    written = 0
    for name in rng.sample(list(TABLES), 2):
        sheet = book.create_sheet(rng.choice((name, name, name, "notes", f" {name} ")))
        columns = [column.name for column in TABLES[name].columns]
        if rng.random() < 0.3:
            columns[rng.randrange(len(columns))] = readable(rng.choice(WORDS))[:200]
        sheet.append(columns)
        for _ in range(3):
            row = [
                rng.choice((readable(rng.choice(TEXTS))[:30_000], rng.random(), 5, True, None))
                for _ in columns
            ]
            sheet.append(row)
            if sheet.title.strip() in TABLES and any(cell is not None for cell in row):
                written += 1
    buffer = io.BytesIO()
    book.save(buffer)
    raw = buffer.getvalue()
    if damaged := rng.random() < 0.3:
        at = rng.randrange(len(raw))
        raw = raw[:at] + bytes([rng.randrange(256)]) * rng.choice((1, 40)) + raw[at + 1 :]
    path = folder / "rows.xlsx"
    path.write_bytes(raw)
    imported = check(import_workbook, path, folder / "out")
    if imported is None:
        return False
    if not damaged:
        rows = sum(map(len, imported.tables.values()))
        named = {e.place for e in imported.left_out if e.element in ("row", "header", "sheet")}
        assert rows == written or named, number
    return True


def fuzz_archives(number: int, folder: Path) -> bool:
    """A zip archive with parts of a workbook that are something else."""
    rng = random.Random(f"archive {number}")
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name in ("[Content_Types].xml", "xl/workbook.xml", "xl/worksheets/sheet1.xml"):
            if rng.random() < 0.8:
                archive.writestr(name, rng.choice(TEXTS).encode("utf-8", "replace"))
    path = folder / "rows.xlsx"
    path.write_bytes(buffer.getvalue())
    return check(import_workbook, path, folder / "out") is not None


JUDGED = b"Study,D1,D2,D3,D4,D5,Overall,Weight\nA,Low,High,Low,+,!,High,3\nB,Low,,?,Low,Low,Low,2\n"


def fuzz_judgements(number: int, folder: Path) -> bool:
    """A table of judgements with cells, lines and bytes of something else."""
    rng = random.Random(f"judgements {number}")
    cells = [line.split(b",") for line in JUDGED.split(b"\n")]
    for _ in range(rng.choice((1, 2, 5, 20))):
        line = rng.choice(cells)
        line[rng.randrange(len(line))] = rng.choice(TEXTS).encode("utf-8", "replace")
        if rng.random() < 0.1:
            cells.append(rng.choice(cells))
    path = folder / "judged.csv"
    path.write_bytes(b"\n".join(b",".join(line) for line in cells))
    return check(import_risk_of_bias, path, folder / "out") is not None


FORMATS = (fuzz_ctgov, fuzz_revman, fuzz_references, fuzz_workbook, fuzz_judgements)


@pytest.mark.parametrize("fuzz", FORMATS)
def test_fuzzed_files(fuzz, tmp_path):
    results = []
    for number in range(FEW):
        folder = tmp_path / str(number)
        folder.mkdir()
        results.append(fuzz(number, folder))
    assert any(results)


def test_fuzzed_archives(tmp_path):
    for number in range(FEW // 2):
        folder = tmp_path / str(number)
        folder.mkdir()
        assert not fuzz_archives(number, folder)


@pytest.mark.slow
@pytest.mark.parametrize("fuzz", FORMATS)
def test_a_thousand_fuzzed_files(fuzz, tmp_path):
    results = []
    for number in range(THOUSAND if fuzz in (fuzz_ctgov, fuzz_references) else MANY):
        folder = tmp_path / str(number)
        folder.mkdir()
        results.append(fuzz(number, folder))
    assert any(results)
