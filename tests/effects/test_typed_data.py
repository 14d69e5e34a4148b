"""Effect sizes from data frames and files: labels, moderators and counts stay with them."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest

import trialpool as tp
from trialpool.pooling.counts import mantel_haenszel, odds_ratio_glmm, peto
from trialpool.pooling.counts.mantel_haenszel_random import mantel_haenszel_random

COUNTS = {
    "events_experimental": "dead_new",
    "n_experimental": "new",
    "events_control": "dead_old",
    "n_control": "old",
}


def frame(**changes):
    columns = {
        "study": ["A", "B", "C", "D"],
        "dead_new": [4, 0, 7, 9],
        "new": [100, 50, 80, 90],
        "dead_old": [10, 0, 9, 20],
        "old": [100, 52, 82, 88],
        "year": [1990, 1995, 2000, math.nan],
        "region": ["east", "west", "", "west"],
    }
    return pd.DataFrame(columns | changes, index=[7, 7, 8, 9])


def test_columns_by_name_keep_labels_and_the_other_columns():
    got = tp.effect_sizes(frame(), measure="OR", **COUNTS)
    assert got.labels == ("A", "C", "D")
    assert got.rows == (0, 2, 3)
    assert [(x.label, x.row) for x in got.excluded] == [("B", 1)]
    assert got.data["region"].tolist() == ["east", "", "west"]
    assert got.data.index.tolist() == [0, 1, 2]
    by_hand = tp.effect_sizes(
        events_experimental=[4, 0, 7, 9], n_experimental=[100, 50, 80, 90],
        events_control=[10, 0, 9, 20], n_control=[100, 52, 82, 88], measure="OR",
    )  # fmt: skip
    assert got.yi.tolist() == by_hand.yi.tolist()
    assert got.vi.tolist() == by_hand.vi.tolist()


def test_columns_that_bear_the_names_need_no_arguments(tmp_path):
    named = frame().rename(columns={old: new for new, old in COUNTS.items()})
    from_frame = tp.effect_sizes(named, measure="RR")
    file = tmp_path / "trials.csv"
    named.to_csv(file, index=False)
    from_file = tp.effect_sizes(str(file), measure="RR")
    from_mapping = tp.effect_sizes(named.to_dict("list"), measure="RR")
    for other in (from_file, from_mapping):
        assert other.yi.tolist() == from_frame.yi.tolist()
        assert other.labels == from_frame.labels == ("A", "C", "D")
    assert from_file.data["year"].tolist()[:2] == [1990, 2000]
    assert from_file.where_known("year").labels == ("A", "C")


def test_labels_are_a_column_or_names():
    got = tp.effect_sizes(frame(), measure="OR", labels="region", **COUNTS)
    assert got.labels == ("east", "3", "west")
    got = tp.effect_sizes(frame(), measure="OR", labels=["p", "q", "r", "s"], **COUNTS)
    assert got.labels == ("p", "r", "s")
    numbered = frame(study=[1.0, 2.0, 3.0, 4.0])
    assert tp.effect_sizes(numbered, measure="OR", **COUNTS).labels == ("1", "3", "4")
    with pytest.raises(ValueError, match="labels='name' is no column of data"):
        tp.effect_sizes(frame(), measure="OR", labels="name", **COUNTS)


def test_arrays_stand_beside_columns():
    got = tp.effect_sizes(frame(), yi=[0.1, 0.2, 0.3, 0.4], sei="year", drop_missing=True)
    assert got.vi.tolist() == [1990.0**2, 1995.0**2, 2000.0**2]
    assert [(x.label, x.reason) for x in got.excluded] == [("D", "sei not given")]
    assert got.data["study"].tolist() == ["A", "B", "C"]


def test_missing_numbers_are_an_error_that_lists_them_or_left_out_by_name():
    lacking = frame(dead_old=[10, None, 9, 20], new=[100, 50, None, 90])
    with pytest.raises(ValueError, match="drop_missing=True") as caught:
        tp.effect_sizes(lacking, measure="OR", **COUNTS)
    assert "B: events_control not given; C: n_experimental not given" in str(caught.value)
    got = tp.effect_sizes(lacking, measure="OR", drop_missing=True, **COUNTS)
    assert got.labels == ("A", "D")
    assert got.rows == (0, 3)
    assert [(x.row, x.label) for x in got.excluded] == [(1, "B"), (2, "C")]
    assert tp.pool(got, "mh").k == 2
    arrays = tp.effect_sizes(yi=[0.1, math.nan, 0.3], vi=[1.0, 1.0, 2.0], drop_missing=True)
    assert (arrays.rows, arrays.excluded[0].reason) == ((0, 2), "yi not given")
    with pytest.raises(ValueError, match="no row has all its numbers"):
        tp.effect_sizes(frame(new=[None] * 4), measure="OR", drop_missing=True, **COUNTS)


def test_faults_of_kept_rows_name_the_row_of_the_input():
    wrong = frame(dead_old=[None, 0, 90, 20])
    with pytest.raises(ValueError, match=r"events_control\[2\]=90"):
        tp.effect_sizes(wrong, measure="OR", drop_missing=True, **COUNTS)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"yi": "effect", "vi": "year"}, "yi='effect' is no column of data; there are: study"),
        ({"yi": "year"}, "no accepted set of columns; found: yi"),
        ({"height": "year"}, "height is not known; allowed: alpha, auc"),
        ({}, "no accepted set of columns; found: study, dead_new"),
    ],
)
def test_refusals(arguments, words):
    with pytest.raises(ValueError, match=words):
        tp.effect_sizes(frame(), **arguments)


def test_names_of_columns_need_data():
    with pytest.raises(ValueError, match="yi='y' is the name of a column, and there is no data"):
        tp.effect_sizes(yi="y", vi=[1.0])
    with pytest.raises(TypeError, match="data is list; allowed: a data frame"):
        tp.effect_sizes([1, 2])


def test_moderators_groups_and_order_by_name():
    effects = tp.effect_sizes(frame(dead_old=[10, 3, 9, 20]), measure="OR", **COUNTS)
    with pytest.raises(ValueError, match=r"no value in D; leave .*where_known\('year'\)"):
        tp.meta_regression(effects, moderators="year")
    known = effects.where_known("year")
    assert [(x.label, x.reason) for x in known.excluded] == [("D", "year not given")]
    found = tp.meta_regression(known, moderators=["year"])
    assert [one.name for one in found.coefficients] == ["intercept", "year"]
    assert (
        found.coefficients
        == tp.meta_regression(known.yi, known.vi, [1990, 1995, 2000], names=["year"]).coefficients
    )
    assert tp.cumulative(known, order="year").trial.tolist() == [0, 1, 2]
    with pytest.raises(ValueError, match="by='region' has no value in C"):
        tp.subgroups(effects, by="region")
    groups = tp.subgroups(effects.where_known("region"), by="region")
    assert groups.labels == ("east", "west")
    assert groups.members == ((0,), (1, 2))
    with pytest.raises(ValueError, match="no effect is left: year not given"):
        effects.take([3], "a choice").where_known("year")


def test_methods_for_counts_take_the_counts_that_were_entered():
    effects = tp.effect_sizes(frame(), measure="OR", **COUNTS)
    table = [frame()[name].tolist() for name in COUNTS.values()]
    for method, function in (("mh", mantel_haenszel), ("peto", peto), ("glmm", odds_ratio_glmm)):
        got, want = tp.pool(effects, method), function(*table)
        assert got.to_dict() == want.to_dict()
        assert got.about.labels == ("A", "C", "D")
    assert tp.pool(effects, "glmm", model="conditional").model == "conditional"
    difference = tp.effect_sizes(frame(), measure="RD", **COUNTS)
    assert tp.pool(difference, "mh").k == 4
    # The same words as `trialpool pool --method mh --tau2 DL`; see there for RevMan's totals.
    spread = tp.pool(effects, "mh", tau2="DL", pi="hts", zero_cells="affected")
    same = mantel_haenszel_random(*table, pi="hts", zero_cells="affected")
    assert spread.to_dict() == same.to_dict()
    assert (spread.model, spread.tau2_method) == ("random", "DL")
    assert spread.about.labels == ("A", "C", "D")
    # What was left out of the effects is left out of the counts too.
    assert tp.pool(effects.take([0, 2], "a choice"), "mh").about.labels == ("A", "D")


@pytest.mark.parametrize(
    ("method", "options", "words"),
    [
        ("mantel", {}, "method='mantel' is not known; allowed: iv, mh, peto, glmm"),
        ("mh", {"tau2": "REML"}, "tau2='REML' is not known; allowed: DL"),
        ("mh", {"pi": "t"}, "pi='t' goes with method='mh' and tau2='DL'"),
        ("peto", {"tau2": "DL"}, "tau2: not an option of method='peto' with OR; allowed: level"),
        ("iv", {"model": "conditional"}, "model: not an option of method='iv'"),
        ("peto", {"pi": "t"}, "pi: not an option of method='peto'"),
    ],
)
def test_options_go_with_their_method(method, options, words):
    effects = tp.effect_sizes(frame(), measure="OR", **COUNTS)
    with pytest.raises(ValueError, match=words):
        tp.pool(effects, method, **options)


def test_methods_for_counts_need_counts():
    effects = tp.effect_sizes(yi=[0.1, 0.2], vi=[0.1, 0.2], measure="OR")
    with pytest.raises(ValueError, match="needs counts, and the effects were not made from them"):
        tp.pool(effects, "mh")
    hazard = tp.effect_sizes(yi=[0.1, 0.2], vi=[0.1, 0.2], measure="HR")
    with pytest.raises(ValueError, match="method='peto' gives no HR; allowed: OR"):
        tp.pool(hazard, "peto")


def test_numbers_of_a_frame_reach_the_effects_to_the_last_digit():
    rng = np.random.default_rng(3)
    yi, vi = rng.normal(size=50), rng.uniform(0.01, 0.1, size=50)
    got = tp.effect_sizes(pd.DataFrame({"yi": yi, "vi": vi}))
    assert got.yi.tolist() == yi.tolist()
    assert got.vi.tolist() == vi.tolist()


def test_frames_in_the_columns_of_other_programs(tmp_path):
    """metafor's and meta's names are read from frames as they are from files."""
    escalc = pd.DataFrame(
        {"author": ["A", "B"], "ai": [4, 6], "n1i": [123, 306], "ci": [11, 29], "n2i": [139, 303]}
    )
    own = escalc.set_axis(["study", *COUNTS], axis=1)
    got, want = (tp.effect_sizes(x, measure="RR") for x in (escalc, own))
    assert got.yi.tolist() == want.yi.tolist()
    assert got.labels == ("A", "B")
    assert tp.pool(got, "mh").estimate == tp.pool(want, "mh").estimate
    generic = pd.DataFrame({"studlab": ["A", "B"], "TE": [0.1, 0.3], "seTE": [0.2, 0.1]})
    assert tp.effect_sizes(generic).vi.tolist() == [0.2**2, 0.1**2]
    printed = pd.DataFrame({"trial": ["A"], "HR (95% CI)": ["0.74 (0.65 to 0.85)"]})
    hazard = tp.effect_sizes(printed)
    assert (hazard.measure, hazard.yi[0]) == ("HR", math.log(0.74))
