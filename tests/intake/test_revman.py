"""A RevMan 5 review: tables to pool, raw tables, and what is left out."""

from __future__ import annotations

import json
import math

import pytest
from revman_files import analyses, dichotomous, rm5
from shipped_imports import import_review as import_rm5

from trialpool.evidence.reading import read_evidence
from trialpool.findings import InputError
from trialpool.intake.revman.written import TABLE


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
        "1-5-quality-of-life",
        "1-6-admissions",
    ]
    ratios = tables["1-1-progression-free-survival"].rows
    assert [(row["study"], row["yi"], row["sei"]) for row in ratios] == [
        ("EMILIA", "-0.4308", "0.08584"),
        ("TH3RESA", "-0.6387", "0.11447"),
    ]
    counts = tables["1-2-objective-response"]
    assert [row["subgroup"] for row in counts.rows] == ["Second line", "Later line"]
    assert counts.command.endswith("--measure OR --method mh --by subgroup")
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
        (f"comparison 1.7, {name}", "ESTIMATE"),
        (f"comparison 1.7, {name}", "Generic inverse variance"),
        # "Quality of life" is another quantity, the others are no endpoint at all.
        *[("analyses", "names")] * 2,
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
    assert len(lines) == 1 + len(done["not_understood"]) == 11
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


CASES = "revman"


@pytest.fixture
def small(fixtures):
    return fixtures / CASES / "small.rm5"


def test_subgroups_without_a_total_are_never_pooled_together(small):
    imported = import_rm5(small)
    tables = {table.name: table for table in imported.pool_tables if table.name.startswith("1-1-")}
    assert list(tables) == [
        "1-1-relapse-by-time-point-at-30-days",
        "1-1-relapse-by-time-point-at-90-days",
    ]
    for table in tables.values():
        assert [row["study"] for row in table.rows] == ["A 2001", "B 2002", "C 2003"]
        assert "subgroup" not in table.columns
        assert table.command.endswith("--measure RR --method mh")
    rows = analyses(imported, "1.1")
    assert rows[""]["note"] == "no overall total in the review"
    assert rows[""]["command"] == rows[""]["estimate"] == ""
    # R: rma.mh(measure = "RR") of the three trials at each time.
    for part, expected in (
        ("At 30 days", (0.6233766, 0.4448069, 0.8736339)),
        ("At 90 days", (0.6534653, 0.4922897, 0.8674099)),
    ):
        found = [float(rows[part][name]) for name in ("estimate", "ci_lower", "ci_upper")]
        assert found == pytest.approx(expected, abs=1e-7)


def test_the_reviews_own_method_is_repeated(small, run_json, tmp_path):
    out = tmp_path / "new"
    done = run_json("import", "revman", small, "--out", out)
    commands = {one["file"]: one["pool"].split() for one in done["pool_tables"]}

    def pooled(file):
        words = commands[f"pool/{file}.csv"]
        return run_json("pool", out / words[2], *words[3:])

    # Peto: sums of O - E and V of the hypergeometric distribution (Yusuf 1985).
    tables = [(0, 100, 3, 100), (1, 80, 9, 80), (2, 300, 11, 100)]
    o_e = v = 0.0
    for a, n1, c, n2 in tables:
        n, m = n1 + n2, a + c
        o_e += a - n1 * m / n
        v += n1 * n2 * m * (n - m) / (n * n * (n - 1))
    peto = pooled("1-2-rare-harm")
    assert peto["method"] == "peto"
    assert peto["estimate"] == pytest.approx(o_e / v, abs=1e-12)
    # Two trials by DerSimonian and Laird; Q is below 1, so τ² is 0.
    weights = [1 / 0.1**2, 1 / 0.2**2]
    rate = pooled("1-3-exacerbations-per-year")
    assert (rate["measure"], rate["tau2_method"], rate["ci_method"]) == ("IRR", "DL", "wald")
    expected = (-0.2231 * weights[0] - 0.1054 * weights[1]) / sum(weights)
    assert rate["estimate"] == pytest.approx(expected, abs=1e-12)
    # Q = (1.5 - 0.8)²/(0.25 + 0.16); τ² = (Q - 1)/(Σw - Σw²/Σw).
    w = [4.0, 6.25]
    q = 0.7**2 / (0.25 + 0.16)
    tau2 = (q - 1) / (sum(w) - (w[0] ** 2 + w[1] ** 2) / sum(w))
    mean = pooled("1-4-change-in-score")
    assert mean["measure"] == "MD"
    assert mean["tau2"] == pytest.approx(tau2, abs=1e-12)
    w = [1 / (0.25 + tau2), 1 / (0.16 + tau2)]
    assert mean["estimate"] == pytest.approx((-1.5 * w[0] - 0.8 * w[1]) / sum(w), abs=1e-12)
    assert pooled("1-6-time-to-relapse")["estimate"] == pytest.approx(-5.2 / 12.1, abs=1e-12)
    assert pooled("1-7-death")["measure"] == "OR"


def test_a_measure_of_a_free_name_is_generic_under_its_name(tmp_path):
    outcome = (
        '<IV_OUTCOME NO="1" RANDOM="NO" TOTALS="YES" EFFECT_SIZE="1.25" CI_START="0.9"'
        ' CI_END="1.7"><NAME>Titre</NAME><EFFECT_MEASURE>Ratio of geometric titres'
        "</EFFECT_MEASURE>"
        '<IV_DATA STUDY_ID="STD-A" ESTIMATE="0.2231436" SE="0.16" EFFECT_SIZE="1.25"/>'
        "</IV_OUTCOME>"
    )
    path = tmp_path / "review.rm5"
    path.write_bytes(rm5(outcome, ["A"]))
    imported = import_rm5(path)
    [table] = imported.pool_tables
    assert table.command.endswith("--measure generic --tau2 CE --ci wald")
    row = analyses(imported, "1.1")[""]
    assert row["effect_measure"] == "Ratio of geometric titres"
    assert "our numbers are natural logarithms; generic: Ratio of geometric titres" in row["note"]
    # exp(0.2231436 ± 1.96 · 0.16) is 0.91 to 1.71, which print as 0.9 and 1.7.
    assert row["note"].startswith("agrees with the file")


@pytest.mark.parametrize(
    ("file", "name", "told"),
    [
        ("amp.rm5", "Relapse & death <1 year by time point", {"&", "<"}),
        ("cp1252.rm5", "Relapse \N{EN DASH} by time point", {"encoding"}),
    ],
)
def test_what_can_be_mended_in_one_way_is_mended_and_told(fixtures, file, name, told):
    imported = import_rm5(fixtures / CASES / file)
    assert {row["outcome"] for row in imported.beside[TABLE]} == {name}
    assert {e.element for e in imported.left_out if e.place == "line 5"} == told


@pytest.mark.parametrize(
    ("name", "read"),
    [
        (b"R&D &nbsp;&eacute;t&eacute; &amp; a<=b \x93x\x94", "R&D été & a<=b “x”"),
        ("Größe ≤ 3 & ".encode() + b"caf\xe9", "Größe ≤ 3 & café"),
        (b"<![CDATA[a & b < c]]> & d", "a & b < c & d"),
        (b"A\x0bB & C", "AB & C"),
    ],
)
def test_other_faults_that_can_be_mended(tmp_path, name, read):
    path = tmp_path / "review.rm5"
    raw = dichotomous('METHOD="MH" EFFECT_MEASURE="RR"', ((10, 100, 20, 100),))
    path.write_bytes(raw.replace(b"<NAME>Event</NAME>", b"<NAME>" + name + b"</NAME>"))
    assert import_rm5(path).beside[TABLE][0]["outcome"] == read


@pytest.mark.parametrize("name", [b"a <b c", b"&unknown;", b"</NAME", b"x\x81y"])
def test_faults_of_more_than_one_mending_are_refused(tmp_path, name):
    path = tmp_path / "review.rm5"
    raw = dichotomous('METHOD="MH" EFFECT_MEASURE="RR"', ((10, 100, 20, 100),))
    path.write_bytes(raw.replace(b"<NAME>Event</NAME>", b"<NAME>" + name + b"</NAME>"))
    with pytest.raises(InputError) as caught:
        import_rm5(path)
    assert [finding.rule for finding in caught.value.findings] == ["xml"]
