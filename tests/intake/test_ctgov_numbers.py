"""Numbers of registry records: means, medians, estimates, adverse events, and their units."""

from __future__ import annotations

import json
import math

import pytest
from registry_records import TWO, analysis, numbers, outcome, reasons, record
from scipy import stats
from shipped_imports import import_ctgov


def test_means_and_what_their_spread_is(posted):
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
        forms, _ = posted(outcome("Change", kind, "%", cells, (25, 25), dispersionType=spread))
        (row,) = forms["MD"]
        assert numbers(row, "mean", "n") == ("-1.2", "25", "-0.4", "25")
        sds = [float(sd) for sd in numbers(row, "sd")]
        assert sds == pytest.approx([0.5 * factor, 0.6 * factor], rel=1e-9)
        assert ("SE" in row["note"]) == ("ERROR" in spread.upper())
        assert ("adjusted" in row["note"]) == (kind != "MEAN")
    given = outcome(
        "Change", "MEAN", "%", limits, (10, 25), dispersionType="90% Confidence Interval"
    )
    (row,) = posted(given)[0]["MD"]
    # Cochrane Handbook 6.5.2.2: the half-width is t times SD / root n.
    for sd, half, n in zip(numbers(row, "sd"), (0.3, 0.4), (10, 25), strict=True):
        assert stats.t.ppf(0.95, n - 1) * float(sd) / math.sqrt(n) == pytest.approx(half, rel=1e-8)


def test_geometric_means_are_a_log_ratio(posted):
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
    forms, imported = posted(one)
    row, *others = forms["ROM"]
    assert float(row["yi"]) == pytest.approx(math.log(10868 / 2583), rel=1e-9)
    errors = [math.log(high / low) / 2 / stats.t.ppf(0.975, n - 1) for low, _, high, n in limits]
    assert float(row["sei"]) == pytest.approx(math.hypot(*errors), rel=1e-8)
    assert [(one["rom"], one["ci_lower"]) for one in others] == [("4.21", "2.0"), ("4.21", "2")]
    assert reasons(imported, "outcome measure 1, analysis 3") == [
        "in percent or not: the record does not say it"
    ]
    spread = [{"value": "10", "spread": "50"}, {"value": "20", "spread": "80"}]
    two = outcome(*(*kind, spread, (9, 16)), dispersionType="Geometric Coefficient of Variation")
    (row,) = posted(two)[0]["ROM"]
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
def test_what_cannot_be_read_is_named_with_its_reason(posted, kind, unit, spread, cells, reason):
    forms, imported = posted(outcome("Something", kind, unit, cells, dispersionType=spread))
    assert forms == {}
    assert reason in reasons(imported)[0]


def test_shares_are_counts_only_where_they_were_counted(posted):
    percent = "percentage of participants"
    forms, _ = posted(outcome("Cured", "NUMBER", percent, ("58.5", "33.6"), (135, 137)))
    assert numbers(forms["RR"][0], "events") == ("79", "46")
    forms, imported = posted(outcome("Cured", "NUMBER", percent, ("33", "20"), (500, 500)))
    assert "several numbers of events fit (163 to 167)" in reasons(imported)[0]
    forms, imported = posted(
        outcome(
            "Kaplan-Meier Estimate of Survival", "NUMBER", percent, ("58.5", "33.6"), (135, 137)
        )
    )
    assert forms == {}
    assert "estimated ('Kaplan')" in reasons(imported)[0]
    forms, _ = posted(outcome("Cured", "NUMBER", "proportion of participants", ("0.585", "0.33")))
    assert forms == {}


def test_medians_with_quartiles_or_range(posted):
    cells = (
        {"value": "5", "lowerLimit": "3", "upperLimit": "8"},
        {"value": "6", "lowerLimit": "4", "upperLimit": "9"},
    )
    for spread, low, high in (("Inter-Quartile Range", "q1", "q3"), ("FULL_RANGE", "min", "max")):
        forms, _ = posted(outcome("Stay", "MEDIAN", "days", cells, (30, 31), dispersionType=spread))
        (row,) = forms["MD"]
        assert numbers(row, low, "median", high, "n") == (
            *("3", "5", "8", "30"),
            *("4", "6", "9", "31"),
        )
    turned = ({**cells[0], "lowerLimit": "6"}, cells[1])
    one = outcome("Stay", "MEDIAN", "days", turned, dispersionType="Inter-Quartile Range")
    assert "not a median between" in reasons(posted(one)[1])[0]


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
def test_kinds_of_estimates(posted, kind, measure):
    value, lower, upper = ("-0.8", "-1.1", "-0.5") if measure in ("MD", "SMD") else ("2", "1", "4")
    cells = ({"value": "-1.2", "spread": "2"}, {"value": "-0.4", "spread": "2"})
    one = outcome(*MEAN, cells, **SPREAD, analyses=[analysis(kind, value, lower, upper)])
    forms, imported = posted(one)
    rows = [row for rows in forms.values() for row in rows if "analysis" in row["locator"]]
    if measure is None:
        assert rows == []
        assert "kind of estimate" in reasons(imported)[0]
    else:
        assert [row[measure.casefold()] for row in rows] == [value]


def test_differences_by_limits_error_or_p_value(posted):
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
    imported = posted(outcome(*MEAN, cells, **SPREAD, analyses=analyses))[1]
    tables = {table.name.rpartition("change-")[2]: table.rows for table in imported.pool_tables}
    assert set(tables) == {"means", "md", "md-se", "md-p"}
    assert (tables["md"][0]["ci_lower"], tables["md"][0]["ci_level"]) == ("-1.1", "95")
    assert (tables["md-se"][0]["sei"], tables["md-p"][0]["p_value"]) == ("0.15", "0.03")
    told = {entry.place[-1]: entry for entry in imported.left_out if "analysis" in entry.place}
    assert set(told) == {"4", "5", "6", "7"}
    assert told["7"].value == "MD 0.8, groups -1.2 and -0.4"  # control against experimental


def test_a_risk_difference_is_a_fraction(posted):
    share = ("Cured", "NUMBER", "percentage of participants", ("60", "40"))
    for value, lower, upper, wanted in (
        ("20", "10.5", "30", "0.20"),
        ("0.20", "0.105", "0.30", "0.20"),
    ):
        one = outcome(*share, analyses=[analysis("Difference in percentage", value, lower, upper)])
        (row,) = posted(one)[0]["RD"]
        assert (float(row["rd"]), float(row["ci_lower"])) == (float(wanted), 0.105)
    small = outcome(
        *("Died", "NUMBER", "percentage of participants", ("0.9", "0.4"), (1000, 1000)),
        analyses=[analysis("Risk Difference (RD)", "0.5", "-0.2", "0.9")],
    )
    (row,) = posted(small)[0]["RD"]
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


def test_units_that_are_no_patients(posted):
    one = outcome(
        *("Clear", "NUMBER", "percentage of eyes", ("60", "40")), typeUnitsAnalyzed="Eyes"
    )
    assert "counted in Eyes" in reasons(posted(one)[1])[0]
