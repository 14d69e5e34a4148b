"""tables.xlsx and summary.docx: every number is that of the records, hostile text is text."""

from __future__ import annotations

import csv
import io
import re
import zipfile
from decimal import ROUND_HALF_UP, Decimal

import pytest
from docx import Document
from msgspec import structs
from openpyxl import load_workbook
from report_records import records

from trialpool import formatting as fmt
from trialpool.measures import get_measure
from trialpool.questions.registry import stage
from trialpool.questions.shared.tabular import Column, Number, Quantity, Table, text_of
from trialpool.questions.shared.words.sides import effect_text
from trialpool.records.base import kind_of
from trialpool.records.files import read_result, read_summaries
from trialpool.records.results import ComparativeResult
from trialpool.report.exports import sheets, texts
from trialpool.report.exports.document import (
    NOT_JUDGED,
    Edition,
    document,
    table_document,
)
from trialpool.report.exports.sheets import result_sheets
from trialpool.report.exports.workbook import Sheet, number_code, workbook

ABOUT = {"title": "A review", "subtitle": "Living"}
HOSTILE = [
    "=1+1",
    "+1",
    "-1",
    "@SUM(A1)",
    '=HYPERLINK("http://x","y")',
    "<script>alert(1)</script>",
    "a\x00b\x07c",
    "http://example.org/",
    "אבג \u202e abc",
    "x" * 40_000,
    "_x0041_",
    "\\input{x} $1 & 50% | `code` [a](javascript:x)",
]


@pytest.fixture(scope="module")
def results(shipped_review):
    folders = sorted((shipped_review / "results" / "questions").iterdir())
    return tuple(read_result(folder / "result.json") for folder in folders)


@pytest.fixture(scope="module")
def summaries(shipped_review):
    return read_summaries(shipped_review / "results" / "summaries.json")


@pytest.fixture(scope="module")
def bound(results) -> bytes:
    return workbook(result_sheets(results, ABOUT), "A review")


@pytest.fixture(scope="module")
def book(bound):
    return load_workbook(io.BytesIO(bound))


def rows_of(page) -> list[dict]:
    names = [cell.value for cell in page[1]]
    return [dict(zip(names, row, strict=True)) for row in page.iter_rows(min_row=2)]


def shown(cell) -> str:
    """What a spreadsheet shows of a cell, by the number codes that the workbook uses."""
    if cell.value is None:
        return ""
    if cell.data_type != "n":
        return str(cell.value)
    code = cell.number_format
    if literal := re.fullmatch(r'"(.*)"', code):
        return literal[1]
    plain, percent = code.removesuffix('"%"'), code.endswith('"%"')
    decimals = len(plain.partition(".")[2])
    # Spreadsheets round the decimal number, halves away from zero.
    step = Decimal(1).scaleb(-decimals)
    text = str(Decimal(f"{cell.value:.15g}").quantize(step, ROUND_HALF_UP))
    text = text.removeprefix("-") if float(text) == 0 else text
    return text.replace("-", fmt.MINUS) + "%" * percent


def dashed(cell) -> str:
    return shown(cell) or fmt.NOT_AVAILABLE


def test_every_pool_of_the_workbook_is_that_of_its_record(results, book):
    rows = rows_of(book["results"])
    pools = []
    for result in results:
        pools += [(result, "comparison", group) for group in result.groups]
        if isinstance(result, ComparativeResult):
            pools += [(result, "strategy", one) for one in result.strategies]
        pools += [(result, "overall", result.overall)] * (result.overall is not None)
    assert len(rows) == len(pools) > 100
    for row, (result, kind, pool) in zip(rows, pools, strict=True):
        measure = get_measure(pool.measure)
        assert (row["question"].value, row["row"].value) == (result.id, kind)
        assert row["label"].value == pool.label
        for name in ("estimate", "ci_lower", "ci_upper"):
            part = name.removeprefix("ci_")
            assert dashed(row[f"effect: {part}"]) == fmt.effect(getattr(pool, name), measure)
            analysed = row[f"analysed: {part}"].value
            value = getattr(pool, name)
            assert analysed is None if value is None else analysed == pytest.approx(value, 1e-12)
        assert dashed(row["prediction: lower"]) == fmt.effect(pool.pi_lower, measure)
        assert dashed(row["prediction: upper"]) == fmt.effect(pool.pi_upper, measure)
        assert row["trials"].value == pool.k
        assert row["patients"].value == pool.n
        i2 = pool.i2_q if pool.k > 1 else None
        assert dashed(row["I2 from Q: estimate"]) == fmt.i_squared(i2)
        verdict = getattr(pool, "verdict", None)
        p = verdict.p_benefit if hasattr(verdict, "p_benefit") else None
        assert dashed(row["P benefit"]) == fmt.probability(p)


def test_every_trial_of_the_workbook_is_that_of_its_record(results, book):
    rows = rows_of(book["trials"])
    trials = [(result, trial) for result in results for trial in result.trials]
    assert len(rows) == len(trials) > 200
    for row, (result, trial) in zip(rows, trials, strict=True):
        measure = get_measure(result.measure)
        assert row["rows"].value == ", ".join(trial.row_ids)
        for name in ("estimate", "ci_lower", "ci_upper"):
            part = name.removeprefix("ci_")
            assert dashed(row[f"effect: {part}"]) == fmt.effect(getattr(trial, name), measure)
        assert row["analysed: se"].value == pytest.approx(trial.se, rel=1e-12)
        assert dashed(row["weight"]) == fmt.percent(trial.weight)
        printed = getattr(trial, "printed", None)
        wanted = fmt.as_printed(printed.texts, measure) if printed else None
        assert row["printed"].value == wanted


def test_further_sheets_hold_what_only_some_kinds_have(results, book):
    tables = [table for one in results for table in stage(kind_of(one), "table").tables(one)]
    for kind in ("networks", "associations", "proportions"):
        rows = [row for table in tables if table.kind == kind for row in table.rows]
        page = book[kind]
        assert page.max_row - 1 == len(rows) > 0
        for cells, row in zip(page.iter_rows(min_row=2), rows, strict=True):
            flat = [part for c in row for part in (c.parts if isinstance(c, Quantity) else (c,))]
            for cell, part in zip(cells[1:], flat, strict=True):
                if isinstance(part, Number) and part.value is not None:
                    assert (cell.value, shown(cell)) == (pytest.approx(part.value), part.text)
                elif isinstance(part, str):
                    assert (cell.value or "") == part


def test_every_exclusion_and_every_column_is_there(results, book):
    excluded = [(one.id, row.row_id, row.reason) for one in results for row in one.excluded]
    rows = [
        (row["question"].value, row["row"].value, row["reason"].value)
        for row in rows_of(book["exclusions"])
    ]
    assert rows == excluded
    explained = {(row["sheet"].value, row["column"].value) for row in rows_of(book["README"])}
    for page in book.worksheets[1:]:
        assert page.freeze_panes == "A2"
        assert {(page.title, cell.value) for cell in page[1]} <= {
            *explained,
            *((page.title, name) for name in ("question",)),
        }


def test_of_too_many_exclusions_those_of_candidates_are_listed(results, monkeypatch):
    monkeypatch.setattr(sheets, "_MOST_ROWS", 100)
    readme, *others = sheets.result_sheets(results, {"title": "A review"})
    (listed,) = [sheet for sheet in others if sheet.name == "exclusions"]
    held = [row for one in results for row in one.excluded]
    assert len(held) > 100
    ids = [row.row_id for row in held if row.is_candidate]
    assert [row[1] for row in listed.rows] == ids
    said = [row[2] for row in readme.rows if row[:2] == ("exclusions", "candidate")]
    assert said[0].endswith(f"of {fmt.whole(len(held))} rows those alone are listed")


def test_no_cell_is_a_formula_or_a_link(book):
    for page in book.worksheets:
        for row in page.iter_rows():
            assert {cell.data_type for cell in row} <= {"s", "n"}
            assert not [cell for cell in row if cell.hyperlink]


def test_hostile_text_in_a_workbook_is_text():
    sheet = Sheet("s", (Column("=a"),), [(text,) for text in HOSTILE])
    content = workbook([sheet], "=title")
    page = load_workbook(io.BytesIO(content))["s"]
    cells = [row[0] for row in page.iter_rows(min_row=2)]
    assert {cell.data_type for cell in cells} == {"s"}
    for cell, text in zip(cells, HOSTILE, strict=True):
        wanted = texts.clean(text)
        assert cell.value == wanted if len(text) < 32_767 else cell.value.startswith("xxx")
    assert len(cells[HOSTILE.index("x" * 40_000)].value) == 32_767
    with zipfile.ZipFile(io.BytesIO(content)) as packed:
        assert b"<f>" not in packed.read("xl/worksheets/sheet1.xml")


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("0.69", "0.00"),
        ("12", "0"),
        ("−1.5", "0.0"),
        ("97.3%", '0.0"%"'),
        ("<0.01", '"<0.01"'),
        ("≥ 402", '"≥ 402"'),
    ],
)
def test_number_codes_show_what_is_printed(text, code):
    assert number_code(Number(1.0, text)) == code


def test_a_half_is_shown_as_it_is_printed():
    """28.05 is a little less as a binary number: printed 28.0, and so shown."""
    value = 28.049999999999997
    number = Number(value, fmt.number(value, 1))
    content = workbook([Sheet("s", (Column("a"),), [(number,)])], "t")
    cell = load_workbook(io.BytesIO(content))["s"]["A2"]
    assert shown(cell) == number.text == "28.0"
    assert cell.value == pytest.approx(value, rel=1e-11)


def words_of(content: bytes) -> tuple[list[str], list[list[str]]]:
    page = Document(io.BytesIO(content))
    rows = [[cell.text for cell in row.cells] for table in page.tables for row in table.rows]
    return [paragraph.text for paragraph in page.paragraphs], rows


@pytest.fixture(scope="module")
def edition(results, summaries) -> Edition:
    return Edition(ABOUT, results, summaries)


@pytest.fixture(scope="module")
def written(edition) -> bytes:
    return document(edition)


def test_every_number_of_the_document_is_that_of_its_record(results, summaries, written):
    groups = {(one.id, group.label): group for one in results for group in one.groups}
    paragraphs, rows = words_of(written)
    rows = [row for row in rows if row[0] != "Outcome"]
    outcomes = [one for summary in summaries.summaries for one in summary.outcomes]
    assert len(rows) == len(outcomes) > 100
    for row, one in zip(rows, outcomes, strict=True):
        if not one.group:
            assert row[1] == "no usable number"
            continue
        # Not by the summary: by the record of the question.
        group = groups[one.question, one.group]
        measure = get_measure(group.measure)
        own = [t for r in results if r.id == one.question for t in r.trials if t.group == one.group]
        text = effect_text(group, measure)
        if group.k == 1 and own[0].printed is not None and own[0].printed.is_of(group.level):
            text = fmt.as_printed(own[0].printed.texts, measure)
        assert row[1] == f"{measure.code} {text}"
        assert row[5].startswith(fmt.whole(group.k))
        if group.absolute is not None:
            found = group.absolute.per_1000
            wanted = fmt.per_1000(found.estimate, found.ci_lower, found.ci_upper)
            assert row[3] == wanted
            assert row[2].startswith(fmt.percent(group.absolute.control_risk, 0))
        for medians in group.medians:
            for side in (medians.experimental, medians.control):
                assert side in row[4]
        assert row[7] == one.certainty or row[7] == NOT_JUDGED
    assert "Methods" in paragraphs
    assert any("REML" in text or "restricted maximum likelihood" in text for text in paragraphs)


def test_the_same_bytes_twice(edition, results, written, bound):
    assert document(edition) == written
    assert workbook(result_sheets(results, ABOUT), "A review") == bound
    for content in (written, bound):
        with zipfile.ZipFile(io.BytesIO(content)) as packed:
            assert {entry.date_time for entry in packed.infolist()} == {(1980, 1, 1, 0, 0, 0)}


def hostile_table() -> Table:
    columns = (Column("=name"), Column("value", ("estimate",)))
    value = Quantity("0.50", (Number(0.5, "0.50"),))
    rows = tuple((text, value) for text in HOSTILE)
    return Table("groups", "=q", "<b>heading</b>", "", columns, rows)


def test_hostile_text_in_a_document_is_text():
    content = table_document([hostile_table()], "=title\x00")
    _, rows = words_of(content)
    assert [row[0] for row in rows[1:]] == [texts.clean(text) for text in HOSTILE]
    with zipfile.ZipFile(io.BytesIO(content)) as packed:
        xml = packed.read("word/document.xml").decode("utf-8")
    assert "<script" not in xml
    assert "w:hyperlink" not in xml
    assert "w:instrText" not in xml


def test_hostile_text_in_csv_markdown_and_latex():
    told = texts.comma_separated([hostile_table()])
    rows = list(csv.reader(io.StringIO(told)))
    assert rows[0] == ["question", "rows", "=name", "value"]
    for row, text in zip(rows[1:], HOSTILE, strict=True):
        assert not row[0].startswith("=")
        assert not row[2].startswith(("=", "+", "-", "@"))
        assert row[2].removeprefix("'") == texts.clean(text)
    lines = texts.markdown([hostile_table()]).splitlines()
    assert "&lt;script>alert(1)&lt;/script>" in "\n".join(lines)
    table = [line for line in lines if line.startswith("|")]
    assert len(table) == len(HOSTILE) + 2
    assert all(len(re.findall(r"(?<!\\)\|", line)) == 3 for line in table)
    assert "[a](" not in "\n".join(lines)
    tex = texts.latex([hostile_table()])
    assert r"\textbackslash{}input\{x\} \$1 \& 50\%" in tex
    assert "\\input{x}" not in tex.replace(r"\textbackslash{}input\{x\}", "")


def test_all_formats_have_the_same_rows():
    tables = [t for one in records() for t in stage(kind_of(one), "table").tables(one)]
    rows = [tuple(map(text_of, row)) for table in tables for row in table.rows]
    md = texts.markdown(tables).splitlines()
    own = [line for line in md if line.startswith("|") and not line.startswith("|---")]
    heads = {f"| {' | '.join(column.name for column in t.columns)} |" for t in tables}
    told = [line for line in own if line not in heads]
    assert told == [f"| {' | '.join(map(texts.markdown_cell, row))} |" for row in rows]
    written = list(csv.DictReader(io.StringIO(texts.comma_separated(tables))))
    headed = [[column.name for column in t.columns] for t in tables for _ in t.rows]
    for row, names, cells in zip(written, headed, rows, strict=True):
        assert [row[name] for name in names] == list(map(texts.csv_cell, cells))
    _, docx = words_of(table_document(tables, "Results"))
    assert [tuple(row) for row in docx if row not in headed] == rows
    assert texts.latex(tables).count(r" \\") == len(rows) + sum(bool(t.rows) for t in tables)


def test_a_record_with_hostile_words_everywhere(results, summaries):
    """In every text of a trial, of a row left out and of the settings' neighbours."""
    bad = "=cmd|' /C calc'!A0 <script>\x01"
    result = next(one for one in results if one.trials and one.excluded)
    trial = structs.replace(
        result.trials[0], label=bad, comparison=bad, population=bad, locator=bad, flags=(bad,)
    )
    row = structs.replace(result.excluded[0], label=bad, reason=bad, printed=bad)
    broken = structs.replace(result, title=bad, trials=(trial,), excluded=(row,))
    page = load_workbook(io.BytesIO(workbook(result_sheets([broken], {"title": bad}), bad)))
    kinds = {cell.data_type for sheet in page.worksheets for r in sheet.iter_rows() for cell in r}
    assert kinds <= {"s", "n"}
    named = structs.replace(summaries.summaries[0], label=bad, setting=bad)
    few = structs.replace(summaries, summaries=(named,))
    content = document(Edition({"title": bad}, (broken,), few))
    with zipfile.ZipFile(io.BytesIO(content)) as packed:
        assert b"<script" not in packed.read("word/document.xml")
