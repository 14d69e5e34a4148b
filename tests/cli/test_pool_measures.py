"""`trialpool pool` on rates, means, correlations: numbers of metafor 5.0-1, words of each."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

REFERENCE = json.loads(
    (Path(__file__).parents[1] / "reference" / "metafor_measures.json").read_text(encoding="utf-8")
)
RATES = ("person_time", "events_experimental,time_experimental,events_control,time_control")
MEANS = (
    "two_group_means",
    "mean_experimental,sd_experimental,n_experimental,mean_control,sd_control,n_control",
)
CASES = [
    (*RATES, "IRR", "log", "Incidence rate ratio, 6 trials", "IRR [95% CI]"),
    (*MEANS, "SMD", "identity", "Standardised mean difference, 6 trials", "SMD [95% CI]"),
    (*MEANS, "ROM", "log", "Ratio of means, 6 trials", "ROM [95% CI]"),
    ("correlations", "r,n", "ZCOR", "z", "Correlation, by Fisher's z, 6", "Correlation [95% CI]"),
    ("rates", "events,time", "IRLN", "log", "Incidence rate, by its", "Incidence rate [95% CI]"),
    ("means", "mean,sd,n", "MNLN", "log", "Mean, by its logarithm, 5 trials", "Mean [95% CI]"),
    ("proportions", "events,n", "PRZ", "probit", "by probit (percent), 6", "Proportion [95% CI]"),
    ("alpha", "alpha,items,n", "AHW", "cube-root-complement", "Cronbach's alpha", "Cronbach's"),
]


@pytest.mark.parametrize(("kind", "header", "code", "scale", "title", "column"), CASES)
def test_measures_by_their_code(run, as_json, kind, header, code, scale, title, column):
    columns = REFERENCE[kind]["columns"].values()
    lines = [",".join(f"{x:g}" for x in row) for row in zip(*columns, strict=True)]
    table = "\n".join((header, *lines))
    expected = next(
        case["pooled"]["reml_hk"]
        for case in REFERENCE[kind]["results"]
        if case["measure"] == code and case["options"] in ({}, {"vtype": "LS"})
    )
    got = as_json(table, "--measure", code, "--ci", "hk")
    assert (got["measure"], got["scale"]) == (code, scale)
    assert got["estimate"] == pytest.approx(expected["estimate"], rel=1e-6)
    assert [got["ci_lower"], got["ci_upper"]] == pytest.approx(expected["ci"], rel=1e-5)
    compares = code in ("IRR", "SMD", "ROM", "ZCOR")
    assert (got["p_value"] is not None) == compares
    shown = run(table, "--measure", code).stdout
    assert title in shown
    assert column in shown
    assert ("Test of no effect" in shown) == compares


def test_freeman_and_tukey_are_told_with_the_harmonic_mean(run):
    columns = REFERENCE["proportions"]["columns"].values()
    table = "\n".join(("events,n", *(f"{x:g},{n:g}" for x, n in zip(*columns, strict=True))))
    back = next(
        case["pooled"]["reml_z"]["back"]
        for case in REFERENCE["proportions"]["results"]
        if case["measure"] == "PFT"
    )
    shown = run(table, "--measure", "PFT", "--ci", "wald").stdout
    low, high = (f"{100 * x:.1f}" for x in back["ci"])
    assert (
        f"with the harmonic mean of n, 52.8, it is {100 * back['estimate']:.1f} [{low} to {high}]"
        in " ".join(shown.split())
    )


def test_a_printed_p_value_is_pooled(as_json):
    got = as_json("trial,or,p_value\nA,0.7,0.03\nB,0.8,0.2\nC,1.1,0.7\n")
    assert (got["measure"], got["k"]) == ("OR", 3)


def test_estimated_means_are_warned_of(run):
    header = "median_experimental,q1_experimental,q3_experimental,n_experimental,"
    header += "median_control,q1_control,q3_control,n_control"
    done = run(f"{header}\n20,16,24,120,18,14,22,118\n19,15,23,60,18,14,30,66\n", "--measure", "MD")
    assert done.exit_code == 0
    assert done.stderr.count("estimated from the median") == 4
    assert done.stderr.count("not symmetric") == 1
