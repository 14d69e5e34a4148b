"""`trialpool pool` with moderators and clusters."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from trialpool.pooling import dependent_effects, meta_regression

REFERENCE = Path(__file__).parents[1] / "reference"
BCG = json.loads((REFERENCE / "metafor_moderators.json").read_text(encoding="utf-8"))[
    "regressions"
]["bcg_all"]
LATITUDE = [row[0] for row in BCG["moderators"]]
ALLOCATION = [
    "random" if row[2] else "systematic" if row[3] else "alternate" for row in BCG["moderators"]
]
CENTRE = [f"c{i % 5}" for i in range(13)]


def table(**changed):
    columns = {
        "study": [f"s{i}" for i in range(13)],
        "yi": BCG["yi"],
        "vi": BCG["vi"],
        "ablat": LATITUDE,
        "alloc": ALLOCATION,
        "centre": CENTRE,
        **changed,
    }
    rows = zip(*columns.values(), strict=True)
    return "\n".join([",".join(columns), *(",".join(map(str, row)) for row in rows)]) + "\n"


def test_the_record_is_the_regression(as_json):
    record = as_json(table(), "--measure", "RR", "--moderator", "ablat", "--permutations", "500")
    expected = meta_regression(
        BCG["yi"], BCG["vi"], LATITUDE, names=["ablat"], measure="RR", permutations=500
    )
    regression = record["regression"]
    assert {key: regression[key] for key in expected.to_dict()} == expected.to_dict()
    assert regression["coefficients"][1]["name"] == "ablat"
    # The published slope (Viechtbauer 2010, one moderator): -0.0291.
    assert regression["coefficients"][1]["estimate"] == pytest.approx(-0.0291, abs=5e-5)
    assert [p["at"] for p in regression["predictions"]] == [
        "ablat = 13",
        "ablat = 33",
        "ablat = 55",
    ]
    assert record["k"] == 13


def test_levels_are_compared_with_the_reference(as_json):
    arguments = ("--moderator", "alloc", "--reference", "alloc=random", "--ci", "wald")
    record = as_json(table(), *arguments)["regression"]
    (moderator,) = record["moderators"]
    assert moderator == {
        "column": "alloc",
        "kind": "categorical",
        "levels": ["random", "alternate", "systematic"],
        "reference": "random",
    }
    names = [c["name"] for c in record["coefficients"]]
    assert names == ["intercept", "alloc: alternate", "alloc: systematic"]
    by_level = {p["at"]: p["estimate"] for p in record["predictions"]}
    slopes = [c["estimate"] for c in record["coefficients"]]
    assert by_level["alloc: alternate"] == pytest.approx(slopes[0] + slopes[1], rel=1e-12)


def test_multilevel_and_robust(as_json):
    record = as_json(table(), "--cluster", "centre", "--robust", "CR2")
    expected = dependent_effects(BCG["yi"], BCG["vi"], CENTRE, profile=True)
    assert record["multilevel"]["components"] == [c.to_dict() for c in expected.components]
    given = [c.variance for c in expected.components]
    robust = dependent_effects(BCG["yi"], BCG["vi"], CENTRE, given=given, robust="CR2")
    assert record["robust"]["coefficients"] == [c.to_dict() for c in robust.coefficients]
    assert "regression" not in record


def test_tables_name_what_they_show(run):
    shown = run(
        table(),
        *("--measure", "RR", "--moderator", "alloc", "--permutations", "200"),
        *("--cluster", "centre", "--robust", "CR1"),
    )
    assert shown.exit_code == 0, shown.output
    for words in (
        "Meta-regression on alloc, 13 trials",
        "alloc: reference level alternate",
        "200 random permutations",
        "It compares trials, not patients.",
        "13 effects in 5 clusters by centre",
        "Variance between clusters",
        "CR1 with Satterthwaite degrees of freedom",
    ):
        assert words in shown.stdout


def test_a_trial_without_the_moderator_is_named(as_json, run):
    latitude = [str(x) for x in LATITUDE]
    latitude[4] = ""
    content = table(ablat=latitude)
    record = as_json(content, "--moderator", "ablat")["regression"]
    assert record["k"] == 12
    assert record["left_out"] == [{"line": 6, "label": "s4", "reason": "ablat not given"}]
    kept = np.arange(13) != 4
    expected = meta_regression(
        np.array(BCG["yi"])[kept], np.array(BCG["vi"])[kept], np.array(LATITUDE)[kept]
    )
    assert record["tau2"] == expected.tau2
    words = "Not in the regression: s4: ablat not given."
    for more in ((), ("--cluster", "alloc"), ("--cluster", "alloc", "--robust", "CR2")):
        assert run(content, "--moderator", "ablat", *more).stdout.count(words) == 1


@pytest.mark.parametrize(
    ("arguments", "status", "words"),
    [
        (["--moderator", "latitude"], 2, "no column 'latitude'"),
        (["--permutations", "10"], 2, "needs --moderator"),
        (["--robust", "CR2"], 2, "needs --cluster"),
        (["--cluster", "centre", "--robust", "CR9"], 2, "CR1, CR2"),
        (["--moderator", "ablat", "--ci", "kr"], 2, "does not go with --moderator"),
        (["--cluster", "centre", "--tau2", "DL"], 2, "REML, ML"),
        (["--by", "alloc", "--pi", "bootstrap"], 2, "does not go with --by"),
        (["--moderator", "alloc", "--reference", "ablat=3"], 2, "COLUMN=LEVEL"),
    ],
)
def test_usage(run, arguments, status, words):
    done = run(table(), *arguments)
    assert done.exit_code == status
    assert words in " ".join(done.output.replace("│", " ").split())


def test_columns_that_say_nothing_are_refused(faults):
    (fault,) = faults(table(ablat=[50] * 13), "--moderator", "ablat")
    assert "'ablat' is the same in every trial" in fault.message
    (fault,) = faults(table(alloc=["random"] * 13), "--moderator", "alloc")
    assert "'random' in every trial" in fault.message
    content = table(centre=["", *CENTRE[1:]])
    (fault,) = faults(content, "--cluster", "centre")
    assert (fault.column, fault.line) == ("centre", 2)
    (fault,) = faults(table(centre=list(range(13))), "--cluster", "centre")
    assert "every cluster has one effect" in fault.message
