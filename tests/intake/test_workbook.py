"""Workbooks: cells as shown; formulas, dates and computed numbers named, not read."""

from __future__ import annotations

import datetime
import io
import zipfile

import pytest
from openpyxl import Workbook

from trialpool.evidence.reading import read_evidence
from trialpool.findings import InputError
from trialpool.intake.workbook import import_workbook, number_text

TRIAL = {"trial_id": "demo", "trial": "DEMO", "design": "rct", "status": "reported"}


@pytest.fixture
def workbook(tmp_path):
    """Save sheets of rows as a workbook; a cell is a value or (value, number format)."""

    def save(**sheets):
        book = Workbook()
        book.remove(book.active)
        for name, rows in sheets.items():
            sheet = book.create_sheet(name)
            for at, row in enumerate(rows, 1):
                for column, value in enumerate(row, 1):
                    text, shown = value if isinstance(value, tuple) else (value, None)
                    cell = sheet.cell(at, column, text)
                    if shown:
                        cell.number_format = shown
        path = tmp_path / "rows.xlsx"
        book.save(path)
        return path

    return save


def test_cells_as_they_are_shown(workbook):
    header = ["row_id", "estimate", "ci_lower", "ci_upper", "p_value", "n_control", "locator"]
    path = workbook(
        time_to_event=[
            header,
            ["demo.os.t01", (0.7, "0.00"), (0.5, "0.0"), "0.90", "<0.001", 263, "Table 2"],
        ]
    )
    imported = import_workbook(path)
    (row,) = imported.tables["time_to_event"]
    assert [row[name] for name in header] == [
        *("demo.os.t01", "0.70", "0.5", "0.90", "<0.001", "263", "Table 2")
    ]
    # Only the columns that the sheet lacks are told.
    assert [entry.element for entry in imported.left_out] == ["header"]


def test_what_cannot_be_known_is_named(workbook):
    header = ["row_id", "estimate", "ci_lower", "ci_upper", "p_value", "n_control", "locator"]
    path = workbook(
        time_to_event=[
            header,
            [
                "demo.os.t01",
                "=B1*2",
                datetime.datetime(2024, 5, 3),
                1 / 3,
                (0.05, "0.00E+00"),
                True,
                "#N/A",
            ],
            [None, None, "=1", None, None, None, None],
        ],
        notes=[["anything"]],
        trials=[["trial_id", "trial_id"], ["demo", "demo"]],
        arms=[],
    )
    imported = import_workbook(path)
    told = {(entry.place, entry.element): entry.reason for entry in imported.left_out}
    sheet = "sheet time_to_event, cell "
    assert told[f"{sheet}B2", "estimate"].startswith("a formula")
    assert told[f"{sheet}C2", "ci_lower"].startswith("a date")
    assert told[f"{sheet}D2", "ci_upper"].startswith("a number of more digits")
    assert told[f"{sheet}E2", "p_value"].startswith("a number in the format")
    assert told[f"{sheet}F2", "n_control"].startswith("true or false")
    assert told[f"{sheet}G2", "locator"].startswith("an error")
    assert told["sheet time_to_event, row 3", "row"] == "nothing of it could be used"
    assert told["sheet notes", "sheet"] == "the sheet is not named like a raw table"
    assert "twice" in told["sheet trials", "header"]
    assert told["sheet arms", "sheet"] == "the sheet is empty"
    (row,) = imported.tables["time_to_event"]
    assert {name for name, cell in row.items() if cell} == {"row_id"}


@pytest.mark.parametrize(
    ("value", "shown", "text"),
    [
        (0.7, "General", "0.7"),
        (0.7, "0.00", "0.70"),
        (12, "General", "12"),
        (12.0, "0", "12"),
        (0.345, "0.0%", "34.5%"),
        (1e-7, "General", ""),
        (float("nan"), "General", ""),
        (1234.5, "#,##0.00", ""),
    ],
)
def test_numbers_in_their_format(value, shown, text):
    written, reason = number_text(value, shown)
    assert written == text
    assert bool(reason) == (text == "")


def test_round_trip(workbook, run, tmp_path):
    ratio = {
        "row_id": "demo.pfs.t01",
        "trial_id": "demo",
        "experimental_arm": "b",
        "control_arm": "a",
        "endpoint": "PFS",
        "measure": "HR",
        "estimate": (0.7, "0.00"),
        "ci_lower": 0.5,
        "ci_upper": 0.98,
        "source_id": "demo-2020",
        "extraction": "single",
    }
    sheets = {
        "trials": [list(TRIAL), list(TRIAL.values())],
        "arms": [
            ["trial_id", "arm_id", "agents", "role", "n"],
            ["demo", "a", "placebo", "control", 100],
            ["demo", "b", "lapatinib", "experimental", 101],
        ],
        "sources": [["source_id", "title", "kind"], ["demo-2020", "A report", "article"]],
        "time_to_event": [list(ratio), list(ratio.values())],
    }
    out = tmp_path / "new"
    assert run("import", "excel", workbook(**sheets), "--out", out).exit_code == 0
    evidence = read_evidence(out)
    assert evidence.rows("time_to_event")[0]["estimate"] == "0.70"
    assert evidence.rows("arms")[0]["n"] == "100"


def zipped(*sizes: int) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for number, size in enumerate(sizes):
            archive.writestr(f"xl/{number}.xml", b"0" * size)
    return buffer.getvalue()


@pytest.mark.parametrize(
    ("content", "rule"),
    [
        (lambda: b"not a zip", "workbook"),
        (lambda: b"PK\x03\x04broken", "workbook"),
        (lambda: b"", "file-not-empty"),
        (lambda: zipped(10), "workbook"),
        (lambda: zipped(200_000_000, 200_000_000), "workbook-size"),
    ],
)
def test_other_files_and_bombs_are_refused(tmp_path, content, rule):
    path = tmp_path / "rows.xlsx"
    path.write_bytes(content())
    with pytest.raises(InputError) as caught:
        import_workbook(path)
    assert [finding.rule for finding in caught.value.findings] == [rule]


@pytest.mark.parametrize("stale", ["A1:B2", "A1", "A1:XFD1048576", None])
def test_rows_and_columns_beyond_what_the_sheet_says_of_its_extent_are_read(
    workbook, tmp_path, stale
):
    header, *rows = [["trial_id", "arm_id", "label"], *(["t", f"a{i}", f"Arm {i}"] for i in "1234")]
    good = workbook(arms=[header, *rows])
    patched = tmp_path / "stale.xlsx"
    with zipfile.ZipFile(good) as before, zipfile.ZipFile(patched, "w") as after:
        for part in before.namelist():
            content = before.read(part)
            if part.startswith("xl/worksheets/sheet"):
                tag = b"" if stale is None else b'<dimension ref="%s"/>' % stale.encode()
                assert b'<dimension ref="A1:C5"/>' in content
                content = content.replace(b'<dimension ref="A1:C5"/>', tag)
            after.writestr(part, content)
    found = import_workbook(patched)
    assert found.tables == import_workbook(good).tables
    assert [row["label"] for row in found.tables["arms"]] == ["Arm 1", "Arm 2", "Arm 3", "Arm 4"]
