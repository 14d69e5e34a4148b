"""Trials of several arms as they are printed: what is derived, what does not fit, its repair."""

import math
from itertools import permutations

import numpy as np
import pytest

from trialpool.pooling.network import NetworkInputError, network
from trialpool.pooling.network.given.errors import (
    explain_errors,
    is_possible,
    negative_arms,
    repaired_variances,
)
from trialpool.pooling.network.given.names import one_spelling, plain_name

# Arms of 4 with variances 0.1, 0.2, 0.3, 0.4 of their means: contrasts have their sums.
OWN = {"A": 0.1, "B": 0.2, "C": 0.3, "D": 0.4}
EFFECTS = {"A": 0.0, "B": 0.2, "C": -0.1, "D": 0.5}


def rows(pairs):
    return {
        "study": ["s"] * len(pairs),
        "treat1": [a for a, _ in pairs],
        "treat2": [b for _, b in pairs],
        "yi": [EFFECTS[a] - EFFECTS[b] for a, b in pairs],
        "vi": [OWN[a] + OWN[b] for a, b in pairs],
    }


@pytest.mark.parametrize(
    "pairs",
    [
        [("B", "A"), ("C", "A"), ("D", "A")],
        [("A", "B"), ("C", "B"), ("D", "C")],
        [("A", "B"), ("B", "C"), ("C", "D"), ("D", "A")],
    ],
)
def test_contrasts_that_are_not_printed_follow_from_the_patients(pairs):
    # Patients in inverse proportion to the variances of their means.
    sizes = {name: 12.0 / v for name, v in OWN.items()}
    found = network(
        **rows(pairs), n1=[sizes[a] for a, _ in pairs], n2=[sizes[b] for _, b in pairs]
    ).studies[0]
    for a, b in permutations("ABCD", 2):
        expected = (EFFECTS[a] - EFFECTS[b], OWN[a] + OWN[b])
        assert found.contrast(a, b) == pytest.approx(expected)


def test_patients_of_one_arm_are_not_enough():
    pairs = [("B", "A"), ("C", "A")]
    with pytest.raises(NetworkInputError, match="all-contrasts"):
        network(**rows(pairs), n1=[60, math.nan], n2=[120, 120])
    with pytest.raises(NetworkInputError, match="missing: A against C"):
        network(**rows([("B", "A"), ("D", "C")]), correlation=0.5)
    with pytest.raises(ValueError, match=r"correlation=1.0; allowed"):
        network(**rows(pairs), correlation=1.0)
    with pytest.raises(ValueError, match=r"n1\[0\]=0; allowed"):
        network(**rows(pairs), n1=[0, 1], n2=[1, 1])


def test_two_sizes_of_an_arm_are_told():
    found = network(**rows([("B", "A"), ("C", "A")]), n1=[60, 40], n2=[120, 110])
    assert any("A has 120 patients in one row and 110" in note for note in found.notes)


def test_errors_that_no_trial_can_have_are_explained_and_repaired():
    se = {("A", "B"): 0.2, ("A", "C"): 0.25, ("B", "C"): 0.6}
    given = {"study": ["s"] * 3, "treat1": ["A", "A", "B"], "treat2": ["B", "C", "C"],
             "yi": [0.1, 0.3, 0.2], "sei": list(se.values())}  # fmt: skip
    with pytest.raises(NetworkInputError) as error:
        network(**given)
    (fault,) = error.value.faults
    assert fault.rule == "errors-of-one-study"
    # 0.6 against 0.2 + 0.25.
    assert "B against C is 0.6 and can be at most 0.45" in fault.message
    assert "too large by 0.15 (33%)" in fault.message
    assert "B against C 0.6 to" in fault.remedy
    found = network(**given, repair_errors=True)
    assert any("Repaired: " in note for note in found.notes)
    v = np.array([[found.studies[0].contrast(a, b)[1] if a != b else 0.0 for b in "ABC"]
                  for a in "ABC"])  # fmt: skip
    assert is_possible(v)


def test_a_repair_leaves_alone_what_fits():
    own = np.array(list(OWN.values()))
    v = own[:, None] + own[None, :]
    np.fill_diagonal(v, 0.0)
    assert repaired_variances(v) == pytest.approx(v, abs=1e-12)
    assert negative_arms("ABCD", v) == ""


@pytest.mark.parametrize("seed", range(20))
def test_repaired_errors_are_always_possible(seed):
    rng = np.random.default_rng(seed)
    m = int(rng.integers(3, 7))
    v = rng.lognormal(0.0, 1.5, (m, m))
    v = 0.5 * (v + v.T)
    np.fill_diagonal(v, 0.0)
    assert is_possible(repaired_variances(v))
    message, remedy = explain_errors("s", [f"T{i}" for i in range(m)], v)
    assert "too large by" in message or "eigenvalue" in message
    assert " to " in remedy


def test_an_arm_with_less_than_no_variance_is_told():
    # 1 + 1 - 2.1 is below 0, and yet 1 + 1 is above the root of 2.1.
    given = {"study": ["s"] * 3, "treat1": ["A", "A", "B"], "treat2": ["B", "C", "C"],
             "yi": [0.1, 0.3, 0.2], "vi": [1.0, 1.0, 2.1]}  # fmt: skip
    (note, *_) = network(**given).notes
    assert "less than no variance: A (-0.05)" in note


def test_names_are_compared_as_they_are_meant():
    assert plain_name("T\u2011DM1") == plain_name("T\u2013DM1") == plain_name("T-DM1")
    assert plain_name("B+ A") == "A + B"
    assert plain_name("B+ A", sorted_parts=False) == "B+ A"
    assert plain_name("ﬁve\u00a0 mg") == "five mg"
    assert plain_name("A\u200b") == "A"
    assert plain_name("a") != plain_name("A")
    (one, two), notes = one_spelling([["B+A", "C"], ["A + B", "A + B"]], "treatment")
    assert (one, two) == (["A + B", "C"], ["A + B", "A + B"])
    assert notes == ["'A + B' and 'B+A' are taken for one treatment, A + B"]


def test_spellings_of_trials_are_one_trial():
    found = network(
        study=["s\u00a01", "s 1", "s  1"], treat1=["A", "A", "B"], treat2=["B", "C", "C"],
        yi=[0.1, 0.3, 0.2], sei=[0.2, 0.2, 0.2],
    )  # fmt: skip
    assert found.k == 1
    assert "are taken for one trial" in found.notes[0]
