"""A new trial from its scaffold to rows that can be added."""

from __future__ import annotations

import csv
import io
import math
from pathlib import Path

import pytest

from trialpool.findings import InputError
from trialpool.intake.ids import is_id, next_number, row_id, slug, unique

RAW = Path("data/raw")
ARMS = ("--arms", "t-x=trastuzumab deruxtecan,t-dm1=trastuzumab emtansine")
TTE_HEADER = (RAW / "time_to_event.csv").read_text(encoding="utf-8").splitlines()[0]


def rows_of(path):
    with path.open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def tte(**cells):
    """A row of time_to_event.csv with its header, as bytes."""
    columns = TTE_HEADER.split(",")
    row = {
        **dict.fromkeys(columns, ""),
        "row_id": "emilia.os.t90",
        "trial_id": "emilia",
        "experimental_arm": "t-dm1",
        "control_arm": "lap-cap",
        "endpoint": "OS",
        "population": "ITT",
        "measure": "HR",
        "estimate": "0.75",
        "ci_lower": "0.64",
        "ci_upper": "0.88",
        "ci_level": "95",
        "maturity": "final",
        "source_id": "dieras2016sabcs",
        "extraction": "single",
        **cells,
    }
    buffer = io.StringIO(newline="")
    writer = csv.DictWriter(buffer, columns)
    writer.writeheader()
    writer.writerow(row)
    return buffer.getvalue().encode()


def test_scaffold_fills_identifiers_and_leaves_numbers_empty(run, tmp_path):
    out = tmp_path / "new"
    done = run(
        "new-trial", "demo-1", *ARMS, "--endpoint", "PFS,OS", "--endpoint", "ORR", "--out", out
    )
    assert done.exit_code == 0, done.output
    assert [row["trial_id"] for row in rows_of(out / "trials.csv")] == ["demo-1"]
    assert [(r["arm_id"], r["agents"], r["role"]) for r in rows_of(out / "arms.csv")] == [
        ("t-x", "trastuzumab deruxtecan", "experimental"),
        ("t-dm1", "trastuzumab emtansine", "control"),
    ]
    ratios = rows_of(out / "time_to_event.csv")
    assert [row["row_id"] for row in ratios] == ["demo-1.pfs.t01", "demo-1.os.t01"]
    assert all(row["estimate"] == row["ci_lower"] == "" for row in ratios)
    responses = rows_of(out / "responses.csv")
    assert [row["row_id"] for row in responses] == ["demo-1.orr.r01", "demo-1.orr.r02"]
    # The header is that of the raw table, so that rows can be pasted.
    assert list(rows_of(out / "trials.csv")[0]) == list(rows_of(RAW / "trials.csv")[0])


def test_scaffold_prints_and_never_overwrites(run, run_json, tmp_path):
    done = run("new-trial", "demo-1", *ARMS, "--endpoint", "PFS")
    assert done.exit_code == 0
    assert "# time_to_event.csv\nrow_id,trial_id" in done.stdout
    tables = run_json("new-trial", "demo-1", *ARMS, "--endpoint", "PFS")["tables"]
    assert list(tables) == ["trials", "arms", "sources", "time_to_event"]
    (tmp_path / "arms.csv").write_text("mine", encoding="utf-8")
    done = run("new-trial", "demo-1", *ARMS, "--endpoint", "PFS", "--out", tmp_path)
    assert [f.rule for f in done.exception.findings] == ["never-overwrite"]
    assert (tmp_path / "arms.csv").read_text(encoding="utf-8") == "mine"
    assert not (tmp_path / "trials.csv").exists()


@pytest.mark.parametrize(
    ("arguments", "rules"),
    [
        (("../../x", *ARMS, "--endpoint", "PFS"), ["id-form"]),
        (("emilia", *ARMS, "--endpoint", "PFS"), ["trial-new"]),
        (("Demo", *ARMS, "--endpoint", "PFS"), ["id-form"]),
        (("demo", "--arms", "a,a", "--endpoint", "PFS"), ["arm-once"]),
        (("demo", "--arms", "a,b/../c", "--endpoint", "PFS"), ["id-form"]),
        (("demo", *ARMS, "--endpoint", "survival"), ["endpoint-known"]),
        (("demo", "--arms", "a", "--endpoint", "PFS"), ["two-arms"]),
        (("demo", *ARMS, "--endpoint", "PFS", "--nct", "NCT1"), ["nct-form"]),
        (("demo", *ARMS, "--endpoint", "PFS", "--source", "a b"), ["id-form"]),
        (("", *ARMS, "--endpoint", "X", "--nct", "1"), ["id-form", "endpoint-known", "nct-form"]),
    ],
)
def test_scaffold_refuses_all_faults_at_once(run, arguments, rules):
    done = run("new-trial", *arguments)
    assert isinstance(done.exception, InputError)
    assert [finding.rule for finding in done.exception.findings] == rules


def test_a_scaffold_passes_once_it_is_filled_in(run, run_json, tmp_path):
    out = tmp_path / "new"
    run("new-trial", "demo-1", *ARMS, "--endpoint", "PFS", "--out", out)
    before = run_json("check-row", out, status=1)
    assert {(f["file"], f["column"]) for f in before["findings"] if f["level"] == "fatal"} == {
        ("trials.csv", "design"),
    }
    for file, cells in {
        "trials.csv": {"design": "rct"},
        "sources.csv": {"title": "A report"},
        "time_to_event.csv": {
            **{"estimate": "0.28", "ci_lower": "0.22", "ci_upper": "0.37", "ci_level": "95"},
            "population": "ITT",
        },
    }.items():
        (row,) = rows_of(out / file)
        with (out / file).open("w", encoding="utf-8", newline="") as stream:
            writer = csv.DictWriter(stream, list(row))
            writer.writeheader()
            writer.writerow({**row, **cells})
    after = run_json("check-row", out)
    assert after["ok"]
    (effect,) = after["effects"]
    assert effect["rung"] == "ratio with interval"
    assert effect["yi"] == pytest.approx(math.log(0.28), abs=1e-12)
    expected = math.log(0.37 / 0.22) / (2 * 1.959963984540054)
    assert effect["sei"] == pytest.approx(expected, abs=1e-9)


def test_a_row_on_standard_input(run_json):
    done = run_json("check-row", stdin=tte())
    assert (done["rows"], done["ok"]) == ({"time_to_event": 1}, True)
    assert done["fatal_findings_of_raw_tables"] == 0
    assert [effect["row_id"] for effect in done["effects"]] == ["emilia.os.t90"]


# A fault of form ends the audit before rules compare rows: these are told apart from the others.
OF_FORM = [
    ({"row_id": "../../x y;"}, "cell-is-id", "fatal"),
    ({"estimate": "0,75"}, "cell-is-ratio", "fatal"),
    ({"estimate": "−0.75"}, "cell-is-ratio", "fatal"),
]
OF_CONTENT = [
    ({"row_id": "emilia.os.t01"}, "key-once", "fatal"),
    ({"trial_id": "emilio"}, "trial-known", "fatal"),
    ({"control_arm": "placebo"}, "arm-known", "fatal"),
    ({"source_id": "nobody"}, "source-known", "fatal"),
    ({"endpoint": "Survival"}, "endpoint-known", "fatal"),
    ({"estimate": "1.75"}, "interval-holds-estimate", "fatal"),
    ({"ci_lower": "0.74", "ci_upper": "0.76"}, "interval-width", "unusable"),
    ({"population": "everybody"}, "population-known", "warning"),
]


@pytest.mark.parametrize("faults", [OF_FORM, OF_CONTENT], ids=["form", "content"])
def test_rules_fire_as_in_the_raw_tables(run_json, faults):
    rows = [
        tte(**{"row_id": f"emilia.os.t{number}", **cells})
        for number, (cells, _, _) in enumerate(faults, start=90)
    ]
    header, _ = rows[0].split(b"\n", 1)
    table = header + b"\n" + b"".join(row.split(b"\n", 1)[1] for row in rows)
    found = run_json("check-row", stdin=table, status=1)["findings"]
    for line, (_, rule, level) in enumerate(faults, start=2):
        told = [f for f in found if (f["rule"], f["level"], f["line"]) == (rule, level, str(line))]
        assert [f["file"] for f in told] == ["stdin"], rule


def test_a_trial_under_a_second_name_is_noticed(run_json, tmp_path):
    header = "trial_id,trial,nct,phase,design,blinding,setting,line,n_randomised,status,notes"
    file = tmp_path / "trials.csv"
    file.write_text(f"{header}\nagain,EMILIA,NCT00829166,3,rct,,,,991,reported,\n", "utf-8")
    (finding,) = run_json("check-row", file)["findings"]
    assert (finding["rule"], finding["level"]) == ("nct-once", "warning")
    assert "'emilia'" in finding["message"]


@pytest.mark.parametrize(
    ("stdin", "rule"),
    [
        (b"", "rows-exist"),
        (b"a,b\n1,2\n", "table-known"),
        (b"\xff\xfe", "table-known"),
    ],
)
def test_what_is_no_row_is_refused(run, stdin, rule):
    done = run("check-row", stdin=stdin)
    assert isinstance(done.exception, InputError)
    assert [finding.rule for finding in done.exception.findings] == [rule]


def test_faults_of_form_are_fatal(run_json, tmp_path):
    file = tmp_path / "time_to_event.csv"
    file.write_bytes(tte() + b"one,two\n")
    done = run_json("check-row", file, status=1)
    assert [f["rule"] for f in done["findings"] if f["level"] == "fatal"] == ["row-length"]


def test_options(run):
    assert run("check-row", "--table", "nothing", stdin=tte()).exit_code == 2
    assert run("check-row", "missing.csv").exit_code == 1
    assert run("import", "rm5", "x", "--out", "y", "--design", "nothing").exit_code == 2
    assert run("import", "ctgov", "x", "--out", "y", "--group", "nothing").exit_code == 2


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("DESTINY-Breast03", "destiny-breast03"),
        ("André, 2014", "andre-2014"),
        ("../../etc/passwd", "etc-passwd"),
        ("=cmd|' /C calc'!A0", "cmd-c-calc-a0"),
        ("試験", ""),
        ("<script>", "script"),
    ],
)
def test_slugs(name, expected):
    assert slug(name) == expected
    assert expected == "" or is_id(expected)


def test_running_numbers():
    assert row_id("emilia", "CNS-PFS", "t", 3) == "emilia.cns-pfs.t03"
    taken = ["emilia.os.t01", "emilia.os.t07", "emilia.os.tx", "other.os.t20"]
    assert next_number("emilia", "OS", "t", taken) == 8
    assert unique("a", ["a", "a-2"]) == "a-3"
