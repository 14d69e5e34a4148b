"""A RevMan 5 review: tables to pool, raw tables, and what is left out."""

from __future__ import annotations

import json
import math

import pytest

from trialpool.evidence.reading import read_evidence
from trialpool.findings import InputError
from trialpool.intake.revman.rm5 import import_rm5


@pytest.fixture
def review(fixtures):
    return fixtures / "t-dm1-review.rm5"


def test_outcomes_become_tables_to_pool(review):
    tables = {table.name: table for table in import_rm5(review).pool_tables}
    assert list(tables) == [
        "1-1-progression-free-survival",
        "1-2-objective-response",
        "1-3-overall-survival",
        "1-4-thrombocytopenia-grade-3-or-worse",
    ]
    ratios = tables["1-1-progression-free-survival"].rows
    assert [(row["study"], row["yi"], row["sei"]) for row in ratios] == [
        ("EMILIA", "-0.4308", "0.08584"),
        ("TH3RESA", "-0.6387", "0.11447"),
    ]
    counts = tables["1-2-objective-response"]
    assert [row["subgroup"] for row in counts.rows] == ["Second line", "Later line"]
    assert counts.command.endswith("--measure OR --by subgroup")
    first = counts.rows[0]
    names = ("events_experimental", "n_experimental", "events_control", "n_control")
    assert [first[name] for name in names] == ["173", "397", "120", "389"]
    one_step = tables["1-3-overall-survival"].rows
    assert [(row["o_minus_e"], row["variance"]) for row in one_step] == [
        ("-43.58", "151.5"),
        ("-28.81", "74.7"),
    ]


def test_tables_are_pooled_as_they_are(review, run, run_json, tmp_path):
    out = tmp_path / "new"
    done = run_json("import", "rm5", review, "--design", "rct", "--out", out)
    for table in done["pool_tables"]:
        words = table["pool"].split()
        file, options = out / words[2], words[3:]
        assert run("pool", file, *options).exit_code == 0, table
    pooled = run_json("pool", out / "pool/1-3-overall-survival.csv", "--tau2", "CE", "--ci", "wald")
    # Peto's one-step estimate: the sums of O - E and of V (Yusuf 1985).
    assert pooled["estimate"] == pytest.approx((-43.58 - 28.81) / (151.5 + 74.7), abs=1e-12)
    assert pooled["se"] == pytest.approx(1 / math.sqrt(151.5 + 74.7), abs=1e-12)
    pooled = run_json(
        "pool", out / "pool/1-1-progression-free-survival.csv", "--tau2", "CE", "--ci", "wald",
        "--measure", "HR",
    )  # fmt: skip
    weights = [0.08584**-2, 0.11447**-2]
    expected = (-0.4308 * weights[0] - 0.6387 * weights[1]) / sum(weights)
    assert pooled["estimate"] == pytest.approx(expected, abs=1e-12)


def test_endpoints_of_the_raw_tables_become_their_rows(review):
    tables = import_rm5(review, "rct").ordered_tables()
    ratios = tables["time_to_event"]
    names = ("row_id", "estimate", "ci_lower", "ci_upper", "ci_level", "n_experimental")
    assert [tuple(row[name] for name in names) for row in ratios] == [
        ("emilia.pfs.t01", "0.65", "0.5493468", "0.7690956", "95", "495"),
        ("th3resa.pfs.t01", "0.528", "0.4219", "0.6608", "95", "404"),
        ("emilia.os.t01", "0.75", "0.6396", "0.8795", "95", "495"),
        # Totals of 0 mean that none were entered.
        ("th3resa.os.t01", "0.68", "0.5421", "0.8531", "95", ""),
    ]
    assert [(row["o_minus_e"], row["variance"]) for row in ratios] == [
        *[("", "")] * 2,
        ("-43.58", "151.5"),
        ("-28.81", "74.7"),
    ]
    assert {row["evidence_note"].split(":")[0] for row in ratios} == {"secondary"}
    assert [(row["row_id"], row["events"], row["n"]) for row in tables["responses"]] == [
        ("emilia.orr.r01", "173", "397"),
        ("emilia.orr.r02", "120", "389"),
        ("th3resa.orr.r01", "108", "345"),
        ("th3resa.orr.r02", "14", "163"),
    ]
    assert [(row["trial_id"], row["nct"]) for row in tables["trials"]] == [
        ("emilia", "NCT00829166"),
        ("th3resa", "NCT01419197"),
    ]
    first = tables["sources"][0]
    assert (first["first_author"], first["year"], first["doi"], first["pmid"]) == (
        "Verma",
        "2012",
        "10.1056/NEJMoa1209124",
        "23020162",
    )


def test_what_is_left_out_is_named(review):
    told = [(entry.place.split(":")[0], entry.element) for entry in import_rm5(review).left_out]
    name = "T-DM1 versus control"
    assert told == [
        ("study EMILIA", "REFERENCE"),
        ("study TH3RESA", "DOI"),
        (f"comparison 1.2, {name}", "STUDY_ID"),
        (f"comparison 1.4, {name}", "EVENTS_2"),
        (f"comparison 1.4, {name}", "NAME"),
        (f"comparison 1.5, {name}", "CONT_OUTCOME"),
        (f"comparison 1.6, {name}", "EFFECT_MEASURE"),
        (f"comparison 1.7, {name}", "ESTIMATE"),
        (f"comparison 1.7, {name}", "NAME"),
        (f"comparison 1.7, {name}", "IV_OUTCOME"),
        ("trials", "design"),
        ("arms", "agents"),
    ]


def test_round_trip_through_reading_and_checking(review, run, tmp_path):
    assert run("import", "rm5", review, "--design", "rct", "--out", tmp_path / "a").exit_code == 0
    assert len(read_evidence(tmp_path / "a").rows("arms")) == 4
    # Without the design nobody knows it, and the checks say so.
    assert run("import", "rm5", review, "--out", tmp_path / "b").exit_code == 0
    with pytest.raises(InputError) as caught:
        read_evidence(tmp_path / "b")
    assert {(f.file, f.column) for f in caught.value.findings} == {("trials.csv", "design")}


def test_report_file_holds_what_json_says(review, run_json, tmp_path):
    done = run_json("import", "rm5", review, "--out", tmp_path / "a")
    lines = (tmp_path / "a" / "not_understood.csv").read_text(encoding="utf-8").splitlines()
    assert len(lines) == 1 + len(done["not_understood"]) == 13
    assert json.dumps(done)


@pytest.mark.parametrize(
    ("content", "rule"),
    [
        (b"<REVIEW/>", "rm5"),
        (b"<COCHRANE_REVIEW>", "xml"),
        (b"plain text", "xml"),
        (
            b'<!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;">]><COCHRANE_REVIEW>&b;'
            b"</COCHRANE_REVIEW>",
            "xml-safe",
        ),
        (
            b'<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]><COCHRANE_REVIEW>&a;'
            b"</COCHRANE_REVIEW>",
            "xml-safe",
        ),
        (b'<?xml version="1.0" encoding="nonsense"?><COCHRANE_REVIEW/>', "xml"),
        (b"\x00\x01", "xml"),
    ],
)
def test_other_files_are_refused(tmp_path, content, rule):
    path = tmp_path / "review.rm5"
    path.write_bytes(content)
    with pytest.raises(InputError) as caught:
        import_rm5(path)
    assert [finding.rule for finding in caught.value.findings] == [rule]


def test_a_review_without_data_writes_nothing(tmp_path, run):
    path = tmp_path / "review.rm5"
    path.write_bytes(b"<COCHRANE_REVIEW><ANALYSES_AND_DATA/></COCHRANE_REVIEW>")
    done = run("import", "rm5", path, "--out", tmp_path / "out")
    assert isinstance(done.exception, InputError)
    assert not (tmp_path / "out").exists()
