"""What makes a network: zero cells, parts that are not connected, and faults that are named."""

import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from network_samples import random_rows

import trialpool as tp
from trialpool.pooling.network import NetworkInputError
from trialpool.pooling.network.studies import natural

COUNTS = {
    "study": ["a", "a", "a", "b", "b", "c", "c", "d", "e", "e"],
    "treatment": ["A", "B", "C", "A", "B", "B", "C", "A", "A", "C"],
    "events": [0, 5, 3, 4, 6, 0, 0, 2, 20, 20],
    "n": [50, 50, 50, 40, 40, 30, 30, 10, 20, 20],
}


def test_zero_cells_get_one_half_in_all_arms_of_that_study_alone():
    found = tp.network(**COUNTS, measure="OR")
    assert found.corrected == ("a",)
    a, b = found.studies
    y, v = a.contrast("B", "C")
    assert y == pytest.approx(math.log(5.5 / 45.5) - math.log(3.5 / 47.5))
    assert v == pytest.approx(1 / 5.5 + 1 / 45.5 + 1 / 3.5 + 1 / 47.5)
    assert b.contrast("A", "B")[1] == pytest.approx(1 / 4 + 1 / 36 + 1 / 6 + 1 / 34)
    assert a.patients == (50, 50, 50)


def test_studies_that_say_nothing_are_listed():
    found = tp.network(**COUNTS, measure="OR")
    assert {x.label: x.reason for x in found.left_out} == {
        "c": "no events in any arm",
        "d": "one arm only: nothing is compared",
        "e": "only events in every arm",
    }
    # No events anywhere, and only events, say that the risk difference is 0.
    difference = tp.network(**COUNTS, measure="RD")
    assert [x.label for x in difference.left_out] == ["d"]
    turned = COUNTS | {
        "events": [n - e for e, n in zip(COUNTS["events"], COUNTS["n"], strict=True)]
    }
    other = tp.network(**turned, measure="RD")
    for a, b in (("A", "B"), ("B", "C"), ("A", "C")):
        one, two = difference.compare(a, b), other.compare(a, b)
        assert (one.estimate, one.se) == pytest.approx((-two.estimate, two.se), abs=1e-12)


def test_parts_that_are_not_connected_are_listed():
    rows = {
        "study": ["a", "b", "c", "d"],
        "treat1": ["A", "B", "X", "X"],
        "treat2": ["B", "C", "Y", "Y"],
        "yi": [0.1, 0.2, 0.3, 0.4],
        "sei": [0.1, 0.1, 0.1, 0.1],
    }
    found = tp.network(**rows)
    assert found.treatments == ("A", "B", "C")
    assert found.reference == "B"
    assert [part.treatments for part in found.components] == [("A", "B", "C"), ("X", "Y")]
    assert [x.label for x in found.left_out] == ["c", "d"]
    assert "not connected with B" in found.left_out[0].reason
    other = tp.network(**rows, reference="X")
    assert other.treatments == ("X", "Y")
    assert other.k == 2
    assert other.components[0].treatments == ("X", "Y")
    assert other.compare("X", "Y").estimate == pytest.approx(0.35)


def test_natural_order_of_names():
    names = ["dose 10", "dose 2", "Dose 1", "placebo", "2", "10"]
    assert sorted(names, key=natural) == ["2", "10", "Dose 1", "dose 2", "dose 10", "placebo"]


THREE = {
    "study": ["s", "s", "s", "t"],
    "treat1": ["A", "A", "B", "A"],
    "treat2": ["B", "C", "C", "B"],
    "yi": [0.1, 0.3, 0.2, 0.1],
    "sei": [0.2, 0.2, 0.2, 0.3],
}


@pytest.mark.parametrize(
    ("change", "rule", "rows", "words"),
    [
        ({"treat2": ["B", "C", "C", "A"]}, "two-treatments", (3,), "itself"),
        ({"study": ["s", "s", "t", "t"]}, "all-contrasts", (0, 1), "missing: B against C"),
        ({"study": ["s", "s", "s", "s"]}, "contrast-once", (3, 0), "A against B"),
        ({"yi": [0.1, 0.3, -0.2, 0.1]}, "loop-closes", (0, 1, 2), "must agree"),
        ({"sei": [0.2, 0.2, 1.2, 0.3]}, "errors-of-one-study", (0, 1, 2), "too large by 0.8"),
        ({"treat1": ["A", "A", "B", ""]}, "named", (3,), "empty"),
    ],
)
def test_faults_of_contrasts_are_named(change, rule, rows, words):
    with pytest.raises(NetworkInputError) as error:
        tp.network(**(THREE | change))
    first = error.value.faults[0]
    assert (first.rule, first.rows) == (rule, rows)
    assert words in str(error.value)


def test_every_faulty_study_is_told_at_once():
    rows = {name: values * 2 for name, values in THREE.items()}
    rows["study"] = ["s", "s", "u", "t", "v", "v", "w", "x"]
    rows["treat2"] = ["B", "C", "C", "B", "B", "C", "C", "A"]
    with pytest.raises(NetworkInputError) as error:
        tp.network(**rows)
    assert [f.rule for f in error.value.faults] == ["all-contrasts", "all-contrasts",
                                                    "two-treatments"]  # fmt: skip


def test_loops_close_within_the_rounding_that_is_stated():
    # 0.14 + 0.24 = 0.38, printed with one decimal as 0.1 + 0.2 and 0.4.
    rows = THREE | {"yi": [0.1, 0.4, 0.2, 0.1]}
    with pytest.raises(NetworkInputError, match="loop-closes"):
        tp.network(**rows)
    found = tp.network(**rows, rounding=[0.05] * 4)
    assert found.studies[0].contrast("A", "C")[0] == pytest.approx(0.4 - 0.1 / 3)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"tau2": "PM"}, "tau2='PM' is not known; allowed: REML, ML, DL"),
        ({"tau2": -0.1}, "tau2=-0.1 is not a variance"),
        ({"small_values": "neutral"}, "small_values='neutral' is not known; allowed: good, bad"),
        ({"level": 95}, r"level=95 is not a confidence level"),
        ({"reference": "Z"}, "reference='Z' is in no trial; allowed: A, B, C"),
        ({"measure": "PLO"}, "measure='PLO' is not known"),
        ({"sei": [0.2, 0.2, 0.2, 0.0]}, r"sei\[3\]=0.0; allowed: finite numbers above 0"),
        ({"sei": [0.2, 0.2, 0.2]}, "they must be equal"),
        ({"study": ["s"]}, "study has length 1; expected 4"),
        ({"vi": [1, 1, 1, 1]}, "sei and vi: both given"),
        ({"sei": None}, "sei and vi: neither given"),
        ({"events": [1, 2, 3, 4]}, "given: events, treat1, treat2, yi; allowed"),
        ({"yi": [0.1, 0.3, math.nan, 0.1]}, r"yi\[2\]=nan"),
        ({"yi": [0.1, 0.3, 0.2, 1e16]}, r"yi\[3\] has size 1e\+16; allowed: 0 to 1e\+15"),
        ({"sei": [0.2, 0.2, 0.2, 1e-16]}, r"vi\[3\] has size 1e-32; allowed: 1e-30 to 1e\+30"),
        ({"sei": [0.2, 0.2, 0.2, 1e7]}, "the largest variance is .* allowed: at most 1e12"),
    ],
)
def test_wrong_arguments_are_named(change, words):
    with pytest.raises(ValueError, match=words):
        tp.network(**(THREE | change))


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"treatment": ["A", "B", "B", *COUNTS["treatment"][3:]]}, "two arms of this name"),
        ({"events": [60, *COUNTS["events"][1:]]}, r"events\[0\]=60; allowed: at most"),
        ({"measure": "HR"}, "measure='HR' is not known; allowed: OR, RR, RD"),
        ({"measure": None}, "measure='' is not known; allowed: OR, RR, RD"),
        ({"events": [0] * 10}, "no trial is left: no events in any arm"),
    ],
)
def test_wrong_arms_are_named(change, words):
    with pytest.raises(ValueError, match=words):
        tp.network(**({**COUNTS, "measure": "OR"} | change))


def test_columns_may_be_arrays_or_series():
    data = pd.DataFrame(random_rows(2))
    columns = {name: data[name] for name in data}
    arrays = {name: data[name].to_numpy() for name in data}
    plain = tp.network(**random_rows(2), node_splitting=False)
    for source in (columns, arrays):
        found = tp.network(**source, node_splitting=False)
        assert found.to_dict() == plain.to_dict()
    arms = {name: np.array(values) for name, values in COUNTS.items()}
    assert tp.network(**arms, measure="RR").k == 2


def test_results_cannot_be_written_to_and_know_their_names():
    found = tp.network(**random_rows(3), measure="HR", node_splitting=False)
    assert found.node_splits == ()
    with pytest.raises(ValueError, match="read-only"):
        found.random.effects[0] = 1.0
    with pytest.raises(ValueError, match="a='Z' is not in the network; allowed: T0"):
        found.compare("Z", "T0")
    with pytest.raises(ValueError, match="model='fixed' is not known; allowed: random, common"):
        found.compare("T1", "T0", "fixed")
    summary = found.summary()
    assert list(summary.index) == list(found.ranked())
    one = found.compare("T1", found.reference)
    assert summary.loc["T1", "estimate"] == pytest.approx(math.exp(one.estimate))
    assert f"hazard ratio (HR) against {found.reference}" in found._repr_html_()


@settings(max_examples=40, deadline=None)
@given(
    rows=st.lists(
        st.tuples(
            st.sampled_from("stuvw"), st.sampled_from("ABCD"), st.integers(0, 12),
            st.integers(1, 12),
        ),
        min_size=1, max_size=14,
    ),
    measure=st.sampled_from(["OR", "RR", "RD"]),
)  # fmt: skip
def test_any_counts_give_finite_numbers_or_say_why_not(rows, measure):
    study, treatment, events, n = (list(column) for column in zip(*rows, strict=True))
    try:
        found = tp.network(study=study, treatment=treatment, events=events, n=n, measure=measure,
                           node_splitting=False)  # fmt: skip
    except ValueError as error:
        told = str(error)
    else:
        told = ""
    if told:
        assert "allowed" in told or "[arm-once]" in told
        return
    effects = [found.compare(a, b) for a in found.treatments for b in found.treatments]
    assert np.isfinite([[c.estimate, c.se, c.ci_lower, c.ci_upper] for c in effects]).all()
    assert 0.0 <= min(found.p_scores().values()) <= max(found.p_scores().values()) <= 1.0
    assert found.tau2.value >= 0.0
    assert set(study) == {s.label for s in (*found.studies, *found.apart)} | {
        x.label for x in found.left_out
    }
