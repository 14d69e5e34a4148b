"""Tables as people have them: the same numbers whatever the file looks like, or a named error."""

from __future__ import annotations

import datetime
import math
from pathlib import Path

import pytest

from trialpool.effects.inputs import read_effects, read_input
from trialpool.findings import InputError

CASES = Path(__file__).parent / "cases"
Z = 1.959963984540054


def read(tmp_path, content, measure=None, name="trials.csv", **options):
    file = tmp_path / name
    file.write_bytes(content if isinstance(content, bytes) else content.encode("utf-8"))
    table = read_input(file, measure, **options)
    return table, read_effects(table, measure)


def faults(tmp_path, content, measure=None, **options):
    with pytest.raises(InputError) as caught:
        read(tmp_path, content, measure, **options)
    return caught.value.findings


def rules(table):
    return [w.rule for w in table.warnings]


def log_or(a, n1, c, n2):
    return math.log(a / (n1 - a)) - math.log(c / (n2 - c))


# Files that went wrong, and a second of the same kind.


@pytest.mark.parametrize(
    ("table", "expected"),
    [
        (CASES / "t_meta.csv", [log_or(10, 100, 20, 100), log_or(8, 80, 12, 80)]),
        (CASES / "t_metafor.csv", [log_or(10, 100, 20, 100), log_or(8, 80, 12, 80)]),
        (CASES / "t_thou.csv", [log_or(10, 1100, 20, 1050), log_or(8, 80, 12, 80)]),
        ("Study,Experimental cases,Experimental N,Control cases,Control N\nA,10,100,20,100\n",
         [log_or(10, 100, 20, 100)]),
        ("trial;tpos;tneg;cpos;cneg\nA;4;119;11;128\n", [log_or(4, 123, 11, 139)]),
        ("study\tevents_t\tn_t\tevents_c\tn_c\nA\t10\t1 100\t20\t1'050\n",
         [log_or(10, 1100, 20, 1050)]),
        ("study;ai;n1i;ci;n2i\nA;10;1.100;20;1.050\n", [log_or(10, 1100, 20, 1050)]),
        ("study|Events (treatment)|Total (treatment)|Events (control)|Total (control)\n"
         "A|10|100|20|100\n", [log_or(10, 100, 20, 100)]),
    ],
)  # fmt: skip
def test_counts(tmp_path, table, expected):
    content = table.read_bytes() if isinstance(table, Path) else table
    _, effects = read(tmp_path, content, "OR")
    assert effects.yi == pytest.approx(expected, rel=1e-12)
    assert effects.labels == ("A", "B")[: len(expected)]


@pytest.mark.parametrize(
    ("content", "rule"),
    [
        ((CASES / "t_title.csv").read_text(), "title-line"),
        ("Hazard ratios of all trials\n\nstudy\thr\tci_lower\tci_upper\nA\t0.8\t0.6\t1.1\n"
         "B\t0.7\t0.5\t0.9\n", "title-line"),
        ("study,hr,ci_lower,ci_upper,\nA,0.8,0.6,1.1,\nB,0.7,0.5,0.9,\n,,,,\n"
         "Note: HR of death,,,,\n", "note-line"),
        ("sep=;\nstudy;HR;Lower CI;Upper CI\nA;0,8;0,6;1,1\nB;0,7;0,5;0,9\n", "number-format"),
        ('study;HR (95% CI)\nA;"0,8 (0,6; 1,1)"\nB;"0,7 (0,5; 0,9)"\n',
         "interval-cell"),
        ('study,HR (95% CI)\nA,"0.8 (0.6, 1.1)"\nB,0.7 [0.5–0.9]\n', "interval-cell"),
        ('study,hr\nA,"0.8, 95% CI 0.6–1.1"\nB,0.7 (0.5 to 0.9)\n', "interval-cell"),
        ("study,Hazard ratio,95% CI\nA,0.8,0.6 to 1.1\nB,0.7,0.5 to 0.9\n", "interval-cell"),
    ],
)  # fmt: skip
def test_hazard_ratios(tmp_path, content, rule):
    table, effects = read(tmp_path, content)
    assert (effects.measure, effects.labels) == ("HR", ("A", "B"))
    assert effects.yi == pytest.approx([math.log(0.8), math.log(0.7)], rel=1e-12)
    sei = [math.log(1.1 / 0.6) / 2 / Z, math.log(0.9 / 0.5) / 2 / Z]
    assert effects.vi**0.5 == pytest.approx(sei, rel=1e-9)
    assert rule in rules(table)


@pytest.mark.parametrize(
    "content",
    [
        (CASES / "t_semi.csv").read_text(),
        "study\tyi\tvi\nA\t0,12\t0,04\nB\t−0,30\t,09\n",
        "studlab,TE,seTE\nA,0.12,0.2\nB,-0.30,0.3\n",
        '"","yi","vi"\r\n"A",0.12,0.04\r\n"B",-0.3,0.09\r\n',
        "yi\tvi\nA\t0.12\t0.04\nB\t-0.3\t0.09\n",
        "Author;Year;yi;vi\nA;2001;0.12;0.04\nB;2002;-0.3;0.09\n",
    ],
)
def test_generic_effects(tmp_path, content):
    _, effects = read(tmp_path, content)
    assert effects.yi == pytest.approx([0.12, -0.3])
    assert effects.vi == pytest.approx([0.04, 0.09])
    assert effects.labels == ("A", "B")


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_encodings(tmp_path, encoding):
    content = "study;yi;vi\nMüller;0,12;0,04\nNuñez;0,30;0,09\n".encode(encoding)
    table, effects = read(tmp_path, content)
    assert effects.labels == ("Müller", "Nuñez")
    assert ("encoding" in rules(table)) == (encoding == "cp1252")


@pytest.mark.parametrize(
    ("content", "lines", "columns"),
    [
        ((CASES / "t_na.csv").read_text(), [3, 5], ["events_experimental"] * 2),
        ("study,hr,ci_lower,ci_upper\nA,0.8,0.6,1.1\nB,0.7,0.5,NR\nC,0.7,NE,not reached\n",
         [3, 4, 4], ["ci_upper", "ci_lower", "ci_upper"]),
    ],
)  # fmt: skip
def test_missing_numbers(tmp_path, content, lines, columns):
    measure = "OR" if "events" in content else None
    found = faults(tmp_path, content, measure)
    assert [f.line for f in found] == lines
    assert [f.column for f in found] == columns
    assert all("--drop-missing" in f.remedy for f in found)
    table, effects = read(tmp_path, content, measure, drop_missing=True)
    assert sorted({out.line for out in table.left_out}) == sorted(set(lines))
    assert rules(table).count("row-left-out") == len(set(lines))
    assert set(effects.labels) & {out.label for out in table.left_out} == set()


@pytest.mark.parametrize(
    ("content", "named", "estimates"),
    [
        ((CASES / "t_lnhr.csv").read_text(), "loghr=hr", [-0.22, -0.36]),
        (
            "study,Hazard ratio,LCL,UCL\nA,-0.20,-0.50,0.10\nB,0.30,0.10,0.50\n",
            "loghr=Hazard ratio",
            [-0.2, 0.3],
        ),
    ],
)
def test_logarithms_under_the_name_of_a_ratio(tmp_path, content, named, estimates):
    (finding,) = faults(tmp_path, content)
    assert finding.rule == "logarithms"
    assert f"--columns {named}" in finding.remedy
    name, header = named.split("=")
    _, effects = read(tmp_path, content, columns={name: header})
    assert effects.yi == pytest.approx(estimates)
    assert effects.measure == name.removeprefix("log").upper()


def test_standard_errors_from_limits_of_logarithms(tmp_path):
    _, effects = read(tmp_path, "study,TE,lower,upper\nA,-0.2,-0.5,0.1\n")
    assert effects.vi**0.5 == pytest.approx([0.6 / (2 * Z)])
    _, effects = read(tmp_path, "study,logHR,lower 90% CI,upper 90% CI\nA,-0.2,-0.5,0.1\n")
    assert effects.vi**0.5 == pytest.approx([0.6 / (2 * 1.6448536269514722)])


def test_a_level_in_the_header_counts(tmp_path):
    _, effects = read(tmp_path, "study,HR,90% CI lower,90% CI upper\nA,0.8,0.6,1.1\n")
    assert effects.vi**0.5 == pytest.approx(
        [math.log(1.1 / 0.6) / 2 / 1.6448536269514722], rel=1e-9
    )


# Where a number may be two numbers it is refused.


@pytest.mark.parametrize(
    ("content", "where"),
    [
        ("study;yi;vi\nA;1,234;1,500\n", [(2, "yi"), (2, "vi")]),
        ("study;yi;vi\nA;0,5;0.5\nB;1.5;0.5\n", [(2, "yi"), (3, "yi")]),
        ("study;yi;vi\nA;0,51;0,5\nB;1.234;0,5\n", [(3, "yi")]),
        ('study,yi,vi\nA,0.51,0.5\nB,"1,234",0.5\n', [(3, "yi")]),
        ("study,events,n,x\nA,2,1.000,a\nB,3,20,b\n", [(2, "n")]),
    ],
)
def test_doubtful_numbers(tmp_path, content, where):
    found = faults(tmp_path, content, "PLO" if "events" in content else None)
    assert [(f.line, f.column) for f in found] == where
    assert {f.rule for f in found} == {"number-format"}


@pytest.mark.parametrize(
    ("content", "rule"),
    [
        ("study,yi,vi\nA,0,12,0,04\n", "row-length"),
        ("study,yi,vi,\nA,0.12,0.04,x\n", "column-named"),
        ("Trials,\nA,0.5\nB,0.6\n", "header"),
        ("study,logHR,se\nA,0.1,0.2\n", "columns"),
        ("study,HR,OR,lower,upper\nA,0.8,0.7,0.6,1.1\n", "columns"),
        ("study,yi,vi\nA,12%,0.04\n", "number"),
        ("study,yi,vi\nA,0.12*,0.04\n", "number"),
    ],
)
def test_refused(tmp_path, content, rule):
    assert {f.rule for f in faults(tmp_path, content)} == {rule}


def test_columns_may_be_named(tmp_path):
    content = 'trial,Ratio,"Lower, 95%","Upper, 95%"\nA,0.8,0.6,1.1\n'
    names = {"hr": "Ratio", "ci_lower": "Lower, 95%", "ci_upper": "Upper, 95%"}
    table, effects = read(tmp_path, content, columns=names)
    assert effects.yi == pytest.approx([math.log(0.8)])
    table.need("--by", "Ratio")
    assert table.rows[0]["Ratio"] == "0.8"
    damaged = content.replace("1.1", "x")
    assert [f.column for f in faults(tmp_path, damaged, columns=names)] == ["Upper, 95%"]


@pytest.mark.parametrize(
    ("content", "labels"),
    [
        ("yi,vi,region,acronym\n0.1,1,EU,ALPHA\n0.2,1,EU,BETA\n", ("ALPHA", "BETA")),
        ("yi,vi,what\n0.1,1,first one\n0.2,1,second one\n", ("first one", "second one")),
        ("trial,author,year,yi,vi\n1,Smith,1999,0.1,1\n2,Smith,2003,0.2,1\n",
         ("Smith 1999", "Smith 2003")),
        ("First author,yi,vi\nSmith,0.1,1\nJones,0.2,1\n", ("Smith", "Jones")),
        ("yi,vi\n0.1,1\n0.2,1\n", ("line 2", "line 3")),
    ],
)  # fmt: skip
def test_labels(tmp_path, content, labels):
    assert read(tmp_path, content)[1].labels == labels


def test_workbooks(tmp_path):
    from openpyxl import Workbook

    book = Workbook()
    sheet = book.active
    sheet.title = "data"
    for row in (["Table 1"], ["Study", "HR", "Lower CI", "Upper CI", None],
                ["A", 0.8, 0.6, 1.1, None], ["B", 0.7, 0.5, 0.9, None]):  # fmt: skip
        sheet.append(row)
    file = tmp_path / "trials.xlsx"
    book.save(file)
    effects = read_effects(read_input(file), None)
    assert effects.yi == pytest.approx([math.log(0.8), math.log(0.7)])
    book.create_sheet("notes").append(["made on", datetime.date(2020, 1, 2)])
    book.save(file)
    with pytest.raises(InputError, match="--sheet"):
        read_input(file)
    assert len(read_effects(read_input(file, sheet="data"), None)) == 2
    with pytest.raises(InputError, match="no sheet is called 'x'"):
        read_input(file, sheet="x")
