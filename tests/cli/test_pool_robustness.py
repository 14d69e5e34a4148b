"""`trialpool pool --small-study` and `--gosh`."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest

import trialpool.sensitivity as sens

REFERENCE = json.loads(
    (Path(__file__).parents[1] / "reference" / "metafor_bias.json").read_text("utf-8")
)
BCG = REFERENCE["sets"]["bcg"]
MAGNESIUM = REFERENCE["counts"]["egger2001"]
TABLE = "study,yi,vi\n" + "".join(
    f"t{i},{y!r},{v!r}\n" for i, (y, v) in enumerate(zip(BCG["yi"], BCG["vi"], strict=True))
)
COUNTS = "events_experimental,n_experimental,events_control,n_control\n" + "".join(
    ",".join(f"{x:.0f}" for x in row) + "\n"
    for row in zip(*(MAGNESIUM[key] for key in ("ai", "n1i", "ci", "n2i")), strict=True)
)


def test_record_is_the_functions(as_json):
    got = as_json(TABLE, "--small-study", "--ci", "wald")["small_study"]
    y, v = BCG["yi"], BCG["vi"]
    tests = {test["name"]: test for test in got["regression_tests"]}
    assert tests["Egger"]["p_value"] == sens.egger(y, v).p_value
    additive = sens.regression_test(y, v).to_dict()
    assert {k: tests["random effects, standard error"][k] for k in additive} == additive
    assert got["rank_test"] == sens.rank_test(y, v).to_dict()
    assert got["pet_peese"] == sens.pet_peese(y, v).to_dict()
    assert got["selection_model"] == sens.selection_model(y, v).to_dict()
    for filled in got["trim_and_fill"]:
        found = sens.trim_and_fill(y, v, estimator=filled["estimator"])
        assert filled["k0"] == found.k0
        assert filled["pooled"]["estimate"] == found.pooled.estimate
    assert (got["enough"], got["note"]) == (True, "")


def test_counts_bring_their_own_tests(as_json):
    got = as_json(COUNTS, "--measure", "OR", "--small-study")["small_study"]
    tests = {test["name"]: test for test in got["regression_tests"]}
    for name in ("Harbord", "Peters"):
        theirs = MAGNESIUM[name.lower()]
        assert tests[name]["p_value"] == pytest.approx(theirs["p_value"], rel=1e-9)
    assert "random effects, 1/n" in tests
    risk = as_json(COUNTS, "--measure", "RR", "--small-study")["small_study"]
    assert "Peters" not in {test["name"] for test in risk["regression_tests"]}


def test_few_trials_are_computed_with_a_warning(run, as_json):
    few = "".join(TABLE.splitlines(keepends=True)[:6])
    got = as_json(few, "--small-study")["small_study"]
    assert got["regression_tests"][0]["p_value"] is not None
    assert not got["enough"]
    assert got["note"].startswith("5 trials: fewer than 10")
    done = run(few, "--small-study")
    assert "Warning: 5 trials: fewer than 10" in done.stderr
    assert "Warning" not in run(TABLE, "--small-study").stderr


@pytest.mark.parametrize("rows", [1, 2, 3])
def test_very_few_trials(run, rows):
    done = run("".join(TABLE.splitlines(keepends=True)[: rows + 1]), "--small-study", "--gosh")
    assert done.exit_code == 0
    assert "Egger" in done.stdout
    assert "nan" not in done.stdout
    assert ("needs at least three trials" in done.stdout) == (rows < 3)


def test_steps_of_the_selection_model(as_json, run):
    got = as_json(TABLE, "--small-study", "--selection-step", "0.025", "--selection-step", "0.5")[
        "small_study"
    ]["selection_model"]
    assert got["steps"] == [0.025, 0.5, 1.0]
    assert got["counts"] == [8, 3, 2]
    bad = run(TABLE, "--small-study", "--selection-step", "0.5", "--selection-step", "0.1")
    assert bad.exit_code == 2
    assert "rising numbers" in bad.output


def test_gosh(as_json, run, tmp_path):
    six = "".join(TABLE.splitlines(keepends=True)[:7])
    file = tmp_path / "subsets.csv"
    got = as_json(six, "--gosh", "--gosh-out", str(file), "--tau2", "DL")["gosh"]
    found = sens.gosh(BCG["yi"][:6], BCG["vi"][:6], tau2="DL", smallest=2)
    assert got["subsets"] == len(found) == 2**6 - 7
    assert got["maximum"] == found.estimate.max()
    rows = list(csv.DictReader(file.open(encoding="utf-8")))
    assert [float(row["estimate"]) for row in rows] == found.estimate.tolist()
    assert [[int(row[f"t{i}"]) for i in range(6)] for row in rows] == found.member.tolist()
    text = run(six, "--gosh").stdout
    assert "57 subsets of 2 or more trials (all)" in text
    assert f"The trial that divides them most: {got['splits']}" in text
    assert "gosh" not in as_json(six)


def test_gosh_columns_stay_distinct(as_json, tmp_path):
    table = "study,yi,vi\nA,0.1,0.1\nA,0.2,0.1\nk,0.3,0.2\n"
    file = tmp_path / "subsets.csv"
    as_json(table, "--gosh-out", str(file))
    header = file.read_text(encoding="utf-8").splitlines()[0].split(",")
    assert header[-3:] == ["A (1)", "A (2)", "k (3)"]
    assert len(set(header)) == len(header)


def test_tables(run):
    text = run(TABLE, "--measure", "RR", "--small-study").stdout
    for words in ("Egger", "trim and fill, L0", "PET-PEESE", "selection model", "filled in on the"):
        assert words in text, words
    assert "0.64 for p in (0.025, 1] (one-sided p, negative effects)" in text
