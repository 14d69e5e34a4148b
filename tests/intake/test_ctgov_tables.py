"""Any disease: every outcome of two arms of a record as a table to pool, or a reason why not."""

from __future__ import annotations

import json
import math
import re

import pytest
from registry_records import TWO, analysis, denoms, measurements, outcome, record
from scipy import stats

from trialpool.findings import InputError
from trialpool.intake.ctgov import import_ctgov
from trialpool.intake.endpoints import Named, read_title
from trialpool.measures import ENDPOINTS, Endpoint


@pytest.fixture
def read(tmp_path):
    """Import outcomes of two arms; tables to pool by their form, and what was left out."""

    def call(*outcomes, arms=TWO, **options):
        path = tmp_path / "study.json"
        path.write_text(json.dumps(record(arms, list(outcomes))), encoding="utf-8")
        imported = import_ctgov(path, **options)
        forms = {}
        for table in imported.pool_tables:
            assert set(table.columns) == set(table.rows[0])
            measure = re.search(r"--measure (\w+)", table.command)[1]
            forms.setdefault(measure, []).extend(table.rows)
        return forms, imported

    return call


def reasons(imported, place="outcome measure 1"):
    return [entry.reason for entry in imported.left_out if entry.place.startswith(place)]


def numbers(row, *names):
    return tuple(row[f"{name}_{side}"] for side in ("experimental", "control") for name in names)


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


def test_three_arms_of_which_one_is_compared(read):
    arms = (
        ("Low dose", "EXPERIMENTAL", ["drug x"]),
        ("High dose", "EXPERIMENTAL", ["drug x"]),
        ("Usual care", "OTHER", []),
    )
    one = outcome(
        *("Responders", "COUNT_OF_PARTICIPANTS", "Participants", ("5", "9", "2"), (50, 50, 50)),
        groups=("Low dose", "High dose group", "Usual care"),
    )
    forms, _ = read(one, arms=arms, control=["Usual care"])
    assert [(row["experimental"], row["control"]) for row in forms["RR"]] == [
        ("Low dose", "Usual care"),
        ("High dose", "Usual care"),
    ]
    assert all("shared" in row["note"] for row in forms["RR"])
    forms, _ = read(one, arms=arms, experimental=["High dose"], control=["Low dose"])
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
def test_a_group_is_an_arm_by_words_or_interventions(read, title, label):
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
    forms, imported = read(one, arms=arms)
    found = {name for row in forms.get("RR", []) for name in (row["experimental"], row["control"])}
    assert (label in found) if label else (not found and "no arm" in reasons(imported)[0])


def test_arms_of_one_drug_are_told_apart_by_their_words(read):
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
    (row,) = read(one, arms=arms)[0]["RR"]
    assert (row["experimental"], row["control"]) == tuple(label for label, _, _ in arms)
    assert numbers(row, "events", "n") == ("9", "23", "12", "25")


def test_groups_that_are_parts_of_an_arm_are_compared_with_the_same_part(read):
    count = ("Deaths", "COUNT_OF_PARTICIPANTS", "Participants")
    one = outcome(
        *(*count, ("1", "2", "3"), (9, 9, 9)), groups=("Drug X, women", "Drug X, men", "Placebo")
    )
    forms, imported = read(one)
    assert forms == {}
    assert "none of the same part" in reasons(imported)[0]
    two = outcome(*count, ("1", "2"), groups=("Drug X, women", "Placebo, women"))
    assert read(two)[0]["RR"][0]["experimental"] == "Drug X, women"
    three = outcome(
        *(*count, ("1", "2", "3", "4"), (9, 9, 9, 9)),
        groups=("Drug X", "Placebo", "Drug X (China Cohort)", "Placebo (China Cohort)"),
        analyses=[
            analysis("Hazard Ratio (HR)", "0.5", "0.3", "0.8"),
            analysis("Hazard Ratio (HR)", "0.6", "0.2", "0.9", groupIds=["OG002", "OG003"]),
        ],
    )
    forms, imported = read(three)
    wanted = [("Drug X", "Placebo"), ("Drug X (China Cohort)", "Placebo (China Cohort)")]
    for measure in ("RR", "HR"):
        assert [(row["experimental"], row["control"]) for row in forms[measure]] == wanted
    doses = outcome(
        *(*count, ("1", "2", "3"), (9, 9, 9)), groups=("Drug X 5 mg", "Drug X 9 mg", "Placebo")
    )
    assert reasons(read(doses)[1]).count("several groups may be the arm 'Drug X'") == 2


def test_groups_that_the_protocol_calls_otherwise(read):
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
    forms, imported = read(one, arms=arms)
    assert forms == {}
    assert [row["agents"] for row in imported.tables["arms"]] == [
        "azd9291 80 mg + placebo; placebo",
        "erlotinib; gefitinib",
    ]
    forms, imported = read(one, arms=arms, experimental=["Osimertinib"], control=["SoC EGFR-TKI"])
    (row,) = forms["HR"]
    assert (row["hr"], row["experimental"]) == ("0.46", "Osimertinib 80 mg (Global Cohort)")
    (row,) = imported.tables["time_to_event"]
    assert (row["experimental_arm"], row["control_arm"]) == ("osimertinib", "soc-egfr-tki")
    roles = {row["arm_id"]: row["role"] for row in imported.tables["arms"]}
    assert (roles["osimertinib"], roles["soc-egfr-tki"]) == ("experimental", "control")
    with pytest.raises(InputError, match="SoC EGFR-TKI"):
        read(one, arms=arms, experimental=["Afatinib"])


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
    endpoints = {
        **ENDPOINTS,
        "MFS": Endpoint("MFS", "metastasis-free survival", event_is_good=False),
        "rPFS": Endpoint("rPFS", "radiographic progression-free survival", event_is_good=False),
    }
    named = read_title(title, endpoints)
    assert (named.endpoint if isinstance(named, Named) else None) == endpoint


def test_a_subgroup_has_its_own_patients(fixtures, read):
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
    forms, imported = read(one)
    rows = imported.tables["time_to_event"]
    names = ("n_experimental", "median_experimental", "population")
    assert [tuple(row[name] for name in names) for row in rows] == [
        ("", "", "Women only"),
        ("135", "9.2", "Cox model"),
    ]
    assert [row["part"] for row in forms["HR"]] == ["Women only", ""]


def test_an_analysis_of_one_of_several_lines_must_say_which(read):
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
    forms, imported = read(one)
    assert [(row["part"], *numbers(row, "events", "n")) for row in forms["RR"][:2]] == [
        ("Week 12", "10", "100", "20", "100"),
        ("Week 24", "30", "90", "50", "80"),
    ]
    assert [(row["rr"], row["part"]) for row in forms["RR"][2:]] == [("0.53", "Week 24")]
    assert reasons(imported) == ["the record does not say which of its 2 lines it is about"]


def test_means_and_what_their_spread_is(read):
    values = ({"value": "-1.2", "spread": "0.5"}, {"value": "-0.4", "spread": "0.6"})
    limits = (
        {"value": "-1.2", "lowerLimit": "-1.5", "upperLimit": "-0.9"},
        {"value": "-0.4", "lowerLimit": "-0.8", "upperLimit": "0.0"},
    )
    shapes = [
        ("MEAN", "Standard Deviation", values, 1.0),
        ("MEAN", "STANDARD_ERROR", values, math.sqrt(25)),
        ("LEAST_SQUARES_MEAN", "Standard Error", values, math.sqrt(25)),
    ]
    for kind, spread, cells, factor in shapes:
        forms, _ = read(outcome("Change", kind, "%", cells, (25, 25), dispersionType=spread))
        (row,) = forms["MD"]
        assert numbers(row, "mean", "n") == ("-1.2", "25", "-0.4", "25")
        sds = [float(sd) for sd in numbers(row, "sd")]
        assert sds == pytest.approx([0.5 * factor, 0.6 * factor], rel=1e-9)
        assert ("SE" in row["note"]) == ("ERROR" in spread.upper())
        assert ("adjusted" in row["note"]) == (kind != "MEAN")
    given = outcome(
        "Change", "MEAN", "%", limits, (10, 25), dispersionType="90% Confidence Interval"
    )
    (row,) = read(given)[0]["MD"]
    # Cochrane Handbook 6.5.2.2: the half-width is t times SD / root n.
    for sd, half, n in zip(numbers(row, "sd"), (0.3, 0.4), (10, 25), strict=True):
        assert stats.t.ppf(0.95, n - 1) * float(sd) / math.sqrt(n) == pytest.approx(half, rel=1e-8)


def test_geometric_means_are_a_log_ratio(read):
    """Day 70 titres of NCT03722472."""
    limits = [(5971, 10868, 19780, 23), (1608, 2583, 4147, 22)]
    cells = [
        {"value": str(mean), "lowerLimit": str(low), "upperLimit": str(high)}
        for low, mean, high, _ in limits
    ]
    kind = ("MEPT", "GEOMETRIC_MEAN", "titre")
    ratio = [
        analysis("Geometric mean ratio", "4.21", "2.0", "8.8"),
        analysis("Ratio of geometric means", "421", "200", "880"),
        analysis("Ratio of geometric means", "0.24", "0.1", "0.5"),
    ]
    one = outcome(
        *(*kind, cells, (23, 22)), dispersionType="95% Confidence Interval", analyses=ratio
    )
    forms, imported = read(one)
    row, *posted = forms["ROM"]
    assert float(row["yi"]) == pytest.approx(math.log(10868 / 2583), rel=1e-9)
    errors = [math.log(high / low) / 2 / stats.t.ppf(0.975, n - 1) for low, _, high, n in limits]
    assert float(row["sei"]) == pytest.approx(math.hypot(*errors), rel=1e-8)
    assert [(one["rom"], one["ci_lower"]) for one in posted] == [("4.21", "2.0"), ("4.21", "2")]
    assert reasons(imported, "outcome measure 1, analysis 3") == [
        "in percent or not: the record does not say it"
    ]
    spread = [{"value": "10", "spread": "50"}, {"value": "20", "spread": "80"}]
    two = outcome(*(*kind, spread, (9, 16)), dispersionType="Geometric Coefficient of Variation")
    (row,) = read(two)[0]["ROM"]
    assert float(row["yi"]) == pytest.approx(-math.log(2), rel=1e-9)
    wanted = math.sqrt(math.log(1.25) / 9 + math.log(1.64) / 16)
    assert float(row["sei"]) == pytest.approx(wanted, rel=1e-8)


@pytest.mark.parametrize(
    ("kind", "unit", "spread", "cells", "reason"),
    [
        ("MEAN", "mmHg", "", ("1", "2"), "means without standard deviation"),
        ("MEAN", "mmHg", "Geometric Coefficient of Variation", ("1", "2"), "means without"),
        ("GEOMETRIC_MEAN", "ng/mL", "Standard Deviation", ("1", "2"), "geometric means without"),
        ("GEOMETRIC_MEAN", "ng/mL", "Geometric CV", ("1", "2"), "geometric means without"),
        ("LOG_MEAN", "ng/mL", "Standard Deviation", ("1", "2"), "kind log mean"),
        ("MEAN", "mmHg", "Standard Deviation", ("1", "2"), "no standard deviation above 0"),
        ("MEDIAN", "days", "95% Confidence Interval", ("1", "2"), "medians without quartiles"),
        ("NUMBER", "events", "", ("1", "2"), "neither a count of patients nor a percentage"),
        ("COUNT_OF_PARTICIPANTS", "Participants", "", ("1", "101"), "no count of these patients"),
        ("NUMBER", "percentage of participants", "", ("33.7", "20"), "no whole number"),
        ("NUMBER", "percentage of participants", "", ("101", "20"), "more than all patients"),
        ("NUMBER", "proportion of participants", "", ("0.3", "0.2"), "too few decimals"),
        ("COUNT_OF_PARTICIPANTS", "Participants", "", ("1", "NA"), "not a number of patients"),
    ],
)
def test_what_cannot_be_read_is_named_with_its_reason(read, kind, unit, spread, cells, reason):
    forms, imported = read(outcome("Something", kind, unit, cells, dispersionType=spread))
    assert forms == {}
    assert reason in reasons(imported)[0]


def test_shares_are_counts_only_where_they_were_counted(read):
    percent = "percentage of participants"
    forms, _ = read(outcome("Cured", "NUMBER", percent, ("58.5", "33.6"), (135, 137)))
    assert numbers(forms["RR"][0], "events") == ("79", "46")
    forms, imported = read(outcome("Cured", "NUMBER", percent, ("33", "20"), (500, 500)))
    assert "several numbers of events fit (163 to 167)" in reasons(imported)[0]
    forms, imported = read(
        outcome(
            "Kaplan-Meier Estimate of Survival", "NUMBER", percent, ("58.5", "33.6"), (135, 137)
        )
    )
    assert forms == {}
    assert "estimated ('Kaplan')" in reasons(imported)[0]
    forms, _ = read(outcome("Cured", "NUMBER", "proportion of participants", ("0.585", "0.33")))
    assert forms == {}


def test_medians_with_quartiles_or_range(read):
    cells = (
        {"value": "5", "lowerLimit": "3", "upperLimit": "8"},
        {"value": "6", "lowerLimit": "4", "upperLimit": "9"},
    )
    for spread, low, high in (("Inter-Quartile Range", "q1", "q3"), ("FULL_RANGE", "min", "max")):
        forms, _ = read(outcome("Stay", "MEDIAN", "days", cells, (30, 31), dispersionType=spread))
        (row,) = forms["MD"]
        assert numbers(row, low, "median", high, "n") == (
            *("3", "5", "8", "30"),
            *("4", "6", "9", "31"),
        )
    turned = ({**cells[0], "lowerLimit": "6"}, cells[1])
    one = outcome("Stay", "MEDIAN", "days", turned, dispersionType="Inter-Quartile Range")
    assert "not a median between" in reasons(read(one)[1])[0]


MEAN = ("Change", "MEAN", "points")
SPREAD = {"dispersionType": "Standard Deviation"}


@pytest.mark.parametrize(
    ("kind", "measure"),
    [
        ("Hazard Ratio (HR)", "HR"),
        ("Cox Proportional Hazard", "HR"),
        ("Odds Ratio (OR)", "OR"),
        ("Risk Ratio (RR)", "RR"),
        ("Relative risk", "RR"),
        ("Annualized relapse rate ratio", "IRR"),
        ("Standardized mean difference", "SMD"),
        ("Mean Difference (Final Values)", "MD"),
        ("Mean Difference (Net)", "MD"),
        ("Difference in LS means", "MD"),
        ("LS mean difference", "MD"),
        ("Treatment difference", "MD"),
        ("Hazard Ratio, log", None),
        ("Median Difference (Final Values)", None),
        ("Ratio of LS means", None),
        ("Risk reduction", None),
        ("Slope", None),
        ("", None),
    ],
)
def test_kinds_of_estimates(read, kind, measure):
    value, lower, upper = ("-0.8", "-1.1", "-0.5") if measure in ("MD", "SMD") else ("2", "1", "4")
    cells = ({"value": "-1.2", "spread": "2"}, {"value": "-0.4", "spread": "2"})
    one = outcome(*MEAN, cells, **SPREAD, analyses=[analysis(kind, value, lower, upper)])
    forms, imported = read(one)
    rows = [row for rows in forms.values() for row in rows if "analysis" in row["locator"]]
    if measure is None:
        assert rows == []
        assert "kind of estimate" in reasons(imported)[0]
    else:
        assert [row[measure.casefold()] for row in rows] == [value]


def test_differences_by_limits_error_or_p_value(read):
    cells = ({"value": "-1.2", "spread": "2"}, {"value": "-0.4", "spread": "2"})
    error = {"dispersionType": "Standard Error of the Mean", "dispersionValue": "0.15"}
    kind = "Mean Difference (Net)"
    analyses = [
        analysis(kind, "-0.8", "-1.1", "-0.5"),
        analysis(kind, "-0.8", **error),
        analysis(kind, "-0.8", pValue="0.03"),
        analysis(kind, "-0.8", pValue="<0.001"),
        analysis(kind, "-0.8", pValue="0.03", pValueComment="one-sided"),
        analysis(kind, "-0.8", "-0.5", "-1.1"),
        analysis(kind, "0.8", "0.5", "1.1"),
    ]
    imported = read(outcome(*MEAN, cells, **SPREAD, analyses=analyses))[1]
    tables = {table.name.rpartition("change-")[2]: table.rows for table in imported.pool_tables}
    assert set(tables) == {"means", "md", "md-se", "md-p"}
    assert (tables["md"][0]["ci_lower"], tables["md"][0]["ci_level"]) == ("-1.1", "95")
    assert (tables["md-se"][0]["sei"], tables["md-p"][0]["p_value"]) == ("0.15", "0.03")
    told = {entry.place[-1]: entry for entry in imported.left_out if "analysis" in entry.place}
    assert set(told) == {"4", "5", "6", "7"}
    assert told["7"].value == "MD 0.8, groups -1.2 and -0.4"  # control against experimental


def test_a_risk_difference_is_a_fraction(read):
    share = ("Cured", "NUMBER", "percentage of participants", ("60", "40"))
    for value, lower, upper, wanted in (
        ("20", "10.5", "30", "0.20"),
        ("0.20", "0.105", "0.30", "0.20"),
    ):
        one = outcome(*share, analyses=[analysis("Difference in percentage", value, lower, upper)])
        (row,) = read(one)[0]["RD"]
        assert (float(row["rd"]), float(row["ci_lower"])) == (float(wanted), 0.105)
    small = outcome(
        *("Died", "NUMBER", "percentage of participants", ("0.9", "0.4"), (1000, 1000)),
        analyses=[analysis("Risk Difference (RD)", "0.5", "-0.2", "0.9")],
    )
    (row,) = read(small)[0]["RD"]
    assert row["rd"] == "0.005"


def test_totals_of_adverse_events_are_counts(tmp_path):
    study = record(TWO, [])
    keys = ("deathsNumAffected", "deathsNumAtRisk", "seriousNumAffected", "seriousNumAtRisk")
    groups = (
        ("Drug X", (3, 101, 17, 100)),
        ("Placebo", (4, 99, 20, 98)),
        ("Total", (7, 200, 37, 198)),
    )
    study["resultsSection"]["adverseEventsModule"] = {
        "timeFrame": "2 years",
        "seriousEvents": [{"term": "Sepsis"}],
        "eventGroups": [
            {"id": f"EG00{at}", "title": title, **dict(zip(keys, values, strict=True))}
            for at, (title, values) in enumerate(groups)
        ],
    }
    path = tmp_path / "study.json"
    path.write_text(json.dumps(study), encoding="utf-8")
    imported = import_ctgov(path)
    deaths, serious = (table.rows[0] for table in imported.pool_tables)
    assert (deaths["outcome"], deaths["time_frame"]) == ("All-cause mortality", "2 years")
    assert numbers(deaths, "events", "n") == ("3", "101", "4", "99")
    assert numbers(serious, "events", "n") == ("17", "100", "20", "98")
    told = [(entry.place, entry.element) for entry in imported.left_out]
    assert told.count(("adverse events 1", "group EG002")) == 1
    assert ("adverseEventsModule", "seriousEvents") in told
    assert ("adverse events 2", "group EG002") not in told


def test_units_that_are_no_patients(read):
    one = outcome(
        *("Clear", "NUMBER", "percentage of eyes", ("60", "40")), typeUnitsAnalyzed="Eyes"
    )
    assert "counted in Eyes" in reasons(read(one)[1])[0]


def test_nothing_posted_is_said(read):
    one = outcome("Later", "MEAN", "points", (), classes=[], reportingStatus="NOT_POSTED")
    assert reasons(read(one)[1]) == ["no number is posted for any group (not posted)"]


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
