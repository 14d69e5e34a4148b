"""Any disease: every outcome of two arms of a record as a table to pool, or a reason why not."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from registry_records import TWO, analysis, denoms, measurements, numbers, outcome, reasons, record
from shipped_imports import import_ctgov
from shipped_words import WORDING

from trialpool.findings import InputError
from trialpool.intake.endpoints import Named, read_title
from trialpool.measures import Endpoint


def test_an_other_disease(fixtures, run, tmp_path):
    imported = import_ctgov(fixtures / "cases" / "ct_otherdisease.json")
    counts, hazard, response, odds = (table.rows[0] for table in imported.pool_tables)
    assert numbers(counts, "events", "n") == ("20", "135", "31", "137")
    assert (hazard["hr"], hazard["ci_lower"], hazard["ci_upper"]) == ("0.62", "0.35", "1.09")
    assert numbers(response, "events", "n") == ("79", "135", "46", "137")  # 58.5 %, 33.6 %
    assert (odds["or"], odds["ci_lower"], odds["ci_upper"]) == ("2.8", "1.7", "4.6")
    assert set(imported.tables) == {"trials", "arms", "sources"}
    out = tmp_path / "new"
    assert (
        run(
            *("import", "ctgov", fixtures / "cases" / "ct_otherdisease.json", "--out", out)
        ).exit_code
        == 0
    )
    (file,) = (out / "pool").glob("01-*-counts.csv")
    done = run("pool", file, "--measure", "RR")
    ratio = (20 / 135) / (31 / 137)
    assert f"{ratio:.2f}" in done.output


def test_arms_that_are_both_experimental(fixtures):
    path = fixtures / "cases" / "ct_roles.json"
    imported = import_ctgov(path)
    assert "time_to_event" not in imported.tables
    (roles,) = [entry for entry in imported.left_out if entry.element == "roles"]
    assert "--experimental" in roles.remedy
    for options in (
        {"experimental": ["Drug X"], "control": ["Drug Y"]},
        {"experimental": ["Drug X"]},
        {"control": ["Arm B: Drug Y"]},
    ):
        imported = import_ctgov(path, **options)
        (row,) = imported.tables["time_to_event"]
        assert (row["experimental_arm"], row["control_arm"]) == ("arm-a-drug-x", "arm-b-drug-y")
        assert (row["estimate"], row["n_experimental"], row["population"]) == ("0.59", "135", "")
    for options in ({"experimental": ["Drug Z"]}, {"experimental": ["Drug"], "control": []}):
        with pytest.raises(InputError, match="ctgov-arm"):
            import_ctgov(path, **options)
    with pytest.raises(InputError, match="both sides"):
        import_ctgov(path, experimental=["Drug X"], control=["Arm A: Drug X"])


def test_three_arms_of_which_one_is_compared(posted):
    arms = (
        ("Low dose", "EXPERIMENTAL", ["drug x"]),
        ("High dose", "EXPERIMENTAL", ["drug x"]),
        ("Usual care", "OTHER", []),
    )
    one = outcome(
        *("Responders", "COUNT_OF_PARTICIPANTS", "Participants", ("5", "9", "2"), (50, 50, 50)),
        groups=("Low dose", "High dose group", "Usual care"),
    )
    forms, _ = posted(one, arms=arms, control=["Usual care"])
    assert [(row["experimental"], row["control"]) for row in forms["RR"]] == [
        ("Low dose", "Usual care"),
        ("High dose", "Usual care"),
    ]
    assert all("shared" in row["note"] for row in forms["RR"])
    forms, _ = posted(one, arms=arms, experimental=["High dose"], control=["Low dose"])
    assert [numbers(row, "events", "n") for row in forms["RR"]] == [("9", "50", "5", "50")]


@pytest.mark.parametrize(
    ("title", "label"),
    [
        ("Group 1: Drug X 10 mg", "Drug X"),
        ("drug-x, all randomized", "Drug X"),
        ("Drug X + Drug Y", "Drug X + Drug Y"),
        ("Drug Y and Drug X", "Drug X + Drug Y"),  # by its interventions
        ("Drug Y given with Drug X 20 mg", "Drug X + Drug Y"),
        ("Combination", None),
        ("Placebo", "Matching placebo"),
    ],
)
def test_a_group_is_an_arm_by_words_or_interventions(posted, title, label):
    arms = (
        ("Drug X", "EXPERIMENTAL", ["drug x"]),
        ("Drug X + Drug Y", "EXPERIMENTAL", ["drug x", "drug y"]),
        ("Matching placebo", "PLACEBO_COMPARATOR", ["placebo"]),
        ("No treatment", "NO_INTERVENTION", []),
    )
    other = "No treatment" if title != "No treatment" else "Placebo"
    if label == "Matching placebo":
        other = "Drug X"
    one = outcome(
        *("Deaths", "COUNT_OF_PARTICIPANTS", "Participants", ("1", "2")), groups=(title, other)
    )
    forms, imported = posted(one, arms=arms)
    found = {name for row in forms.get("RR", []) for name in (row["experimental"], row["control"])}
    assert (label in found) if label else (not found and "no arm" in reasons(imported)[0])


def test_arms_of_one_drug_are_told_apart_by_their_words(posted):
    """As NCT03722472: one intervention in two presentations, groups in more words than arms."""
    arms = (
        ("Single-vial ID93 + GLA-SE", "EXPERIMENTAL", ["ID93 + GLA-SE"]),
        ("Two-vial ID93 + GLA-SE", "ACTIVE_COMPARATOR", ["ID93 + GLA-SE"]),
    )
    names = ("Single-vial Presentation ID93 + GLA-SE", "Two-vial Presentation ID93 + GLA-SE")
    one = outcome(
        *("Systemic Reactogenicity", "NUMBER", "participants", ("9", "12"), (23, 25)),
        groups=names,
    )
    (row,) = posted(one, arms=arms)[0]["RR"]
    assert (row["experimental"], row["control"]) == tuple(label for label, _, _ in arms)
    assert numbers(row, "events", "n") == ("9", "23", "12", "25")


def test_groups_that_are_parts_of_an_arm_are_compared_with_the_same_part(posted):
    count = ("Deaths", "COUNT_OF_PARTICIPANTS", "Participants")
    one = outcome(
        *(*count, ("1", "2", "3"), (9, 9, 9)), groups=("Drug X, women", "Drug X, men", "Placebo")
    )
    forms, imported = posted(one)
    assert forms == {}
    assert "none of the same part" in reasons(imported)[0]
    two = outcome(*count, ("1", "2"), groups=("Drug X, women", "Placebo, women"))
    assert posted(two)[0]["RR"][0]["experimental"] == "Drug X, women"
    three = outcome(
        *(*count, ("1", "2", "3", "4"), (9, 9, 9, 9)),
        groups=("Drug X", "Placebo", "Drug X (China Cohort)", "Placebo (China Cohort)"),
        analyses=[
            analysis("Hazard Ratio (HR)", "0.5", "0.3", "0.8"),
            analysis("Hazard Ratio (HR)", "0.6", "0.2", "0.9", groupIds=["OG002", "OG003"]),
        ],
    )
    forms, imported = posted(three)
    wanted = [("Drug X", "Placebo"), ("Drug X (China Cohort)", "Placebo (China Cohort)")]
    for measure in ("RR", "HR"):
        assert [(row["experimental"], row["control"]) for row in forms[measure]] == wanted
    doses = outcome(
        *(*count, ("1", "2", "3"), (9, 9, 9)), groups=("Drug X 5 mg", "Drug X 9 mg", "Placebo")
    )
    assert reasons(posted(doses)[1]).count("several groups may be the arm 'Drug X'") == 2


def test_groups_that_the_protocol_calls_otherwise(posted):
    """As NCT02296125: codes in the protocol, names in the results."""
    arms = (
        ("AZD9291+ placebo", "EXPERIMENTAL", ["AZD9291 80 mg + placebo", "Placebo Erlotinib"]),
        ("Standard of Care + placebo AZD9291", "ACTIVE_COMPARATOR", ["Erlotinib", "Gefitinib"]),
    )
    one = outcome(
        *("Progression Free Survival (PFS)", "MEDIAN", "Months", ("18.9", "10.2"), (279, 277)),
        groups=("Osimertinib 80 mg (Global Cohort)", "SoC EGFR-TKI (Global Cohort)"),
        analyses=[analysis("Hazard Ratio (HR)", "0.46", "0.37", "0.57")],
    )
    forms, imported = posted(one, arms=arms)
    assert forms == {}
    assert [row["agents"] for row in imported.tables["arms"]] == [
        "azd9291 80 mg + placebo; placebo",
        "erlotinib; gefitinib",
    ]
    forms, imported = posted(one, arms=arms, experimental=["Osimertinib"], control=["SoC EGFR-TKI"])
    (row,) = forms["HR"]
    assert (row["hr"], row["experimental"]) == ("0.46", "Osimertinib 80 mg (Global Cohort)")
    (row,) = imported.tables["time_to_event"]
    assert (row["experimental_arm"], row["control_arm"]) == ("osimertinib", "soc-egfr-tki")
    roles = {row["arm_id"]: row["role"] for row in imported.tables["arms"]}
    assert (roles["osimertinib"], roles["soc-egfr-tki"]) == ("experimental", "control")
    with pytest.raises(InputError, match="SoC EGFR-TKI"):
        posted(one, arms=arms, experimental=["Afatinib"])


def test_titles_by_code_and_hyphen(fixtures):
    rows = import_ctgov(fixtures / "cases" / "ct_titles.json").tables["time_to_event"]
    found = [(row["locator"].split(",")[0][16:], row["endpoint"], row["assessor"]) for row in rows]
    assert found == [
        ("1", "PFS", "BICR"),
        ("2", "OS", ""),
        ("3", "PFS", ""),
        ("4", "PFS", "BICR"),
        ("5", "PFS", "investigator"),
        ("8", "OS", ""),
        ("14", "PFS", ""),
        ("15", "OS", ""),
    ]
    assert {row["population"] for row in rows} == {""}
    imported = import_ctgov(fixtures / "cases" / "ct_titles.json")
    assert len(imported.pool_tables) == 16  # The other eight are tables to pool, not rows.


@pytest.mark.parametrize(
    ("title", "endpoint"),
    [
        ("Metastasis\u2011free  Survival", "MFS"),
        ("MFS by BICR", "MFS"),
        ("Radiographic Progression-Free Survival (rPFS)", "rPFS"),
        ("Progression-Free Survival", "PFS"),
        ("Time to First MACE", None),
        ("Time to Death or Transplant", None),
        ("Time to Death From Cardiovascular Causes", None),
        ("Time to All-Cause Death", "OS"),
        ("PFS Rate at 6 Months", None),
    ],
)
def test_endpoints_of_the_configuration(title, endpoint):
    own = (
        Endpoint("MFS", "metastasis-free survival", higher_is_good=False),
        Endpoint("rPFS", "radiographic progression-free survival", higher_is_good=False),
    )
    named = read_title(title, replace(WORDING, endpoints=(*WORDING.endpoints, *own)))
    assert (named.endpoint if isinstance(named, Named) else None) == endpoint


def test_a_subgroup_has_its_own_patients(fixtures, posted):
    imported = import_ctgov(fixtures / "cases" / "ct_subgroup_n.json")
    (row,) = imported.tables["time_to_event"]
    assert (row["n_experimental"], row["n_control"]) == ("42", "39")
    assert (row["median_experimental"], row["median_control"]) == ("9.9", "6.4")
    assert row["population"] == "Overall Survival by Marker; Marker high"
    # Named by the analysis alone, nothing says how many they were.
    one = outcome(
        *("Overall Survival", "MEDIAN", "Months", ("9.2", "6.0"), (135, 137)),
        analyses=[
            analysis("Hazard Ratio (HR)", "0.5", "0.3", "0.8", groupDescription="Women only"),
            analysis("Hazard Ratio (HR)", "0.6", "0.4", "0.9", groupDescription="Cox model"),
        ],
    )
    forms, imported = posted(one)
    rows = imported.tables["time_to_event"]
    names = ("n_experimental", "median_experimental", "population")
    assert [tuple(row[name] for name in names) for row in rows] == [
        ("", "", "Women only"),
        ("135", "9.2", "Cox model"),
    ]
    assert [row["part"] for row in forms["HR"]] == ["Women only", ""]


def test_an_analysis_of_one_of_several_lines_must_say_which(posted):
    classes = [
        {**measurements("10", "20")[0], "title": "Week 12"},
        {**measurements("30", "50")[0], "title": "Week 24", "denoms": denoms(90, 80)},
    ]
    one = outcome(
        *("Relapse", "COUNT_OF_PARTICIPANTS", "Participants", ()),
        classes=classes,
        analyses=[
            analysis("Risk Ratio (RR)", "0.53", "0.4", "0.7", groupDescription="At Week 24"),
            analysis("Risk Ratio (RR)", "0.50", "0.2", "0.9"),
        ],
    )
    forms, imported = posted(one)
    assert [(row["part"], *numbers(row, "events", "n")) for row in forms["RR"][:2]] == [
        ("Week 12", "10", "100", "20", "100"),
        ("Week 24", "30", "90", "50", "80"),
    ]
    assert [(row["rr"], row["part"]) for row in forms["RR"][2:]] == [("0.53", "Week 24")]
    assert reasons(imported) == ["the record does not say which of its 2 lines it is about"]


def test_nothing_posted_is_said(posted):
    one = outcome("Later", "MEAN", "points", (), classes=[], reportingStatus="NOT_POSTED")
    assert reasons(posted(one)[1]) == ["no number is posted for any group (not posted)"]


FILES = [
    (b"NCT Number,Study Title\nNCT01234567,A\nNCT01234568,B\n", "table of search results"),
    (b'\xef\xbb\xbf"Rank","NCT Number"\n1,NCT01234567\n', "table of search results"),
    (b'<?xml version="1.0"?>\n<clinical_study rank="1"><id_info/>NCT01234567', "old XML"),
    (b"<!DOCTYPE html><html><body>NCT01234567</body></html>", "saved page"),
    (b"<search_results>NCT01234567</search_results>", "retired search"),
    (b'{"FullStudiesResponse": {"x": "NCT01234567"}}', "retired API"),
    (b'{"studies": [{"a": "NCT01234567"}, {}]}', "2 studies in one file"),
]


@pytest.mark.parametrize(("content", "what"), FILES)
def test_other_files_of_the_registry_are_told_apart(tmp_path, content, what):
    path = tmp_path / "file"
    path.write_bytes(content)
    with pytest.raises(InputError, match=what) as error:
        import_ctgov(path)
    (finding,) = error.value.findings
    assert "api/v2/studies/NCT01234567" in finding.remedy


def test_a_search_answer_with_one_study_is_that_study(tmp_path):
    study = record(TWO, [])
    for content in ({"studies": [study], "totalCount": 1}, [study]):
        path = tmp_path / "answer.json"
        path.write_text(json.dumps(content), encoding="utf-8")
        assert import_ctgov(path).tables["trials"][0]["nct"] == "NCT90000009"
