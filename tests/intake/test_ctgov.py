"""A ClinicalTrials.gov record with results: what is taken, what is left out and why."""

from __future__ import annotations

import json

import pytest
from shipped_imports import import_ctgov
from shipped_words import WORDING

from trialpool.evidence.reading import read_evidence
from trialpool.findings import InputError
from trialpool.intake.endpoints import Named, read_title
from trialpool.intake.registry.analyses import DIRECTION


@pytest.fixture
def record(fixtures):
    return json.loads((fixtures / "destiny-breast03.json").read_text(encoding="utf-8"))


@pytest.fixture
def imported_of(tmp_path):
    def call(content, **options):
        path = tmp_path / "study.json"
        path.write_text(json.dumps(content), encoding="utf-8")
        return import_ctgov(path, **options)

    return call


def cells(row, *names):
    return tuple(row[name] for name in names)


def test_design_arms_and_source(fixtures):
    tables = import_ctgov(fixtures / "destiny-breast03.json").ordered_tables()
    (trial,) = tables["trials"]
    assert cells(trial, "trial_id", "trial", "nct", "phase", "design", "blinding", "status") == (
        "destiny-breast03",
        "DESTINY-Breast03",
        "NCT03529110",
        "3",
        "rct",
        "open-label",
        "reported",
    )
    assert trial["n_randomised"] == "524"
    assert [cells(arm, "agents", "role", "n") for arm in tables["arms"]] == [
        ("trastuzumab deruxtecan", "experimental", "261"),
        ("trastuzumab emtansine", "control", "263"),
    ]
    (source,) = tables["sources"]
    assert cells(source, "first_author", "year", "kind") == ("Daiichi Sankyo", "2024", "registry")


def test_hazard_ratios_as_posted(fixtures):
    rows = import_ctgov(fixtures / "destiny-breast03.json").tables["time_to_event"]
    names = ("row_id", "endpoint", "assessor", "estimate", "ci_lower", "ci_upper", "ci_level")
    assert [cells(row, *names, "p_value") for row in rows] == [
        *[("destiny-breast03.pfs.t01", "PFS", "BICR", "0.28", "0.22", "0.37", "95", "<0.001")],
        # A number in the JSON keeps its trailing zero; the test was for non-inferiority.
        (
            *("destiny-breast03.os.t01", "OS", "", "0.550", "0.36", "0.86", "95"),
            "0.007172 (non-inferiority)",
        ),
        # A one-sided interval is no standard error.
        ("destiny-breast03.os.t02", "OS", "", "0.55", "", "", "", ""),
    ]
    first = rows[0]
    assert cells(first, "n_experimental", "n_control") == ("261", "263")
    assert cells(first, "median_experimental", "median_control", "time_unit") == (
        "NR",
        "6.8",
        "months",
    )
    assert first["locator"] == "outcome measure 1, analysis 1"
    assert first["evidence_url"].endswith("/study/NCT03529110?tab=results")
    assert first["extraction"] == "single"
    assert first["evidence_note"].startswith(DIRECTION)
    assert first["population"] == "Full Analysis Set"


def test_responses_as_posted(fixtures):
    rows = import_ctgov(fixtures / "destiny-breast03.json").tables["responses"]
    names = ("arm_id", "events", "n", "percent", "ci_lower", "ci_upper", "locator")
    assert [cells(row, *names) for row in rows] == [
        (
            *("trastuzumab-deruxtecan-t-dxd", "", "261", "79.7", "74.3", "84.4"),
            "outcome measure 3, group OG000",
        ),
        (
            *("ado-trastuzumab-emtansine-t-dm1", "", "263", "34.2", "28.5", "40.3"),
            "outcome measure 3, group OG001",
        ),
        (
            *("trastuzumab-deruxtecan-t-dxd", "207", "261", "", "", ""),
            "outcome measure 5, group OG000",
        ),
    ]


def test_everything_else_is_named(fixtures):
    left = import_ctgov(fixtures / "destiny-breast03.json").left_out
    told = {(entry.place, entry.element): entry for entry in left}
    assert set(told) == {
        ("resultsSection", "adverseEventsModule"),
        ("outcome measure 2, analysis 2", "paramType"),
        ("outcome measure 2, analysis 3", "groupIds"),
        ("outcome measure 2, analysis 4", "paramType"),
        ("outcome measure 2, analysis 5", "confidence interval"),
        ("outcome measure 3, analysis 1", "OR"),
        ("outcome measure 4", "groups"),
        ("outcome measure 5", "group OG001"),
        ("outcome measure 6, analysis 1", "groupIds"),
        ("outcome measure 7, analysis 1", "direction"),
        ("outcome measure 7", "measurements"),
    }
    turned = told["outcome measure 7, analysis 1", "direction"]
    assert turned.value == "HR 0.32, medians 6.9 and 22.4"


def test_a_group_that_is_spelt_otherwise_can_be_named(fixtures):
    groups = {"T-DM1, all randomized": "Ado-trastuzumab emtansine (T-DM1)"}
    imported = import_ctgov(fixtures / "destiny-breast03.json", groups=groups)
    assert [row["events"] for row in imported.tables["responses"][2:]] == ["207", "92"]
    assert not [e for e in imported.left_out if e.element == "group OG001"]


def test_round_trip_through_reading_and_checking(fixtures, run, tmp_path):
    out = tmp_path / "new"
    done = run("import", "ctgov", fixtures / "destiny-breast03.json", "--out", out)
    assert done.exit_code == 0, done.output
    evidence = read_evidence(out)
    assert len(evidence.rows("time_to_event")) == 3
    assert len(evidence.rows("responses")) == 3
    again = run("import", "ctgov", fixtures / "destiny-breast03.json", "--out", out)
    assert isinstance(again.exception, InputError)
    assert {f.rule for f in again.exception.findings} == {"never-overwrite"}


def test_two_experimental_arms_have_no_direction(record, imported_of):
    for arm in record["protocolSection"]["armsInterventionsModule"]["armGroups"]:
        arm["type"] = "EXPERIMENTAL"
    imported = imported_of(record)
    assert "time_to_event" not in imported.tables
    assert ("outcome measure 1, analysis 1", "roles") in {
        (entry.place, entry.element) for entry in imported.left_out
    }


@pytest.mark.parametrize(
    ("change", "element", "value"),
    [
        ({"paramValue": "0,28"}, "paramValue", "0,28"),
        ({"ciLowerLimit": "<0.22"}, "confidence interval", "<0.22 to 0.37"),
        ({"pValue": "n.s."}, "pValue", "n.s."),
        ({"groupIds": ["OG000", "OG009"]}, "groupIds", "OG009"),
        ({"ciPctValue": "ninety"}, "ciPctValue", "ninety"),
    ],
)
def test_cells_that_are_not_numbers(record, imported_of, change, element, value):
    outcomes = record["resultsSection"]["outcomeMeasuresModule"]["outcomeMeasures"]
    outcomes[0]["analyses"][0].update(change)
    told = [e for e in imported_of(record).left_out if e.place == "outcome measure 1, analysis 1"]
    assert [(entry.element, entry.value) for entry in told] == [(element, value)]


def test_a_record_without_results_gives_its_design(record, imported_of):
    del record["resultsSection"]
    imported = imported_of(record)
    assert imported.tables["trials"][0]["status"] == "ongoing"
    assert "time_to_event" not in imported.tables
    assert "resultsSection" in {entry.element for entry in imported.left_out}


@pytest.mark.parametrize("content", [[], {}, {"protocolSection": []}, "NCT", None, 3])
def test_other_json_is_refused(imported_of, content):
    with pytest.raises(InputError, match=r"json-object|ctgov-study"):
        imported_of(content)


@pytest.mark.parametrize("text", [b"{", b"\xff{}", b"[" * 100_000, b"", b"{}\x00"])
def test_what_is_no_json_is_refused(tmp_path, text):
    path = tmp_path / "study.json"
    path.write_bytes(text)
    with pytest.raises(InputError, match=r"json|utf-8|text-file|file-not-empty"):
        import_ctgov(path)


@pytest.mark.parametrize(
    ("title", "endpoint", "assessor", "rest"),
    [
        ("Overall Survival (OS)", "OS", "", False),
        ("Progression-Free Survival Assessed by the Investigator", "PFS", "investigator", False),
        ("PFS: Progression free survival by BICR or investigator", "PFS", "", False),
        ("Invasive Disease-free Survival (IDFS)", "IDFS", "", False),
        ("Distant disease-free survival", "DDFS", "", False),
        ("Percentage of Participants With Pathological Complete Response (pCR)", "pCR", "", False),
        ("Overall Survival in PIK3CA-mutated Patients", "OS", "", True),
    ],
)  # fmt: skip
def test_titles(title, endpoint, assessor, rest):
    named = read_title(title, WORDING)
    assert isinstance(named, Named)
    assert (named.endpoint, named.assessor, bool(named.rest)) == (endpoint, assessor, rest)


@pytest.mark.parametrize(
    "title",
    [
        "Duration of Objective Response",
        "Time to Objective Response",
        "Progression-free Survival 2 (PFS2)",
        "Intracranial Objective Response Rate",
        "Number of Participants With Adverse Events",
        "Progression-free Survival and Overall Survival",
        "Best Overall Response",
        "",
    ],
)
def test_titles_that_name_no_endpoint_or_two(title):
    assert isinstance(read_title(title, WORDING), str)
