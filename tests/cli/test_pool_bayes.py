"""`trialpool pool --bayes`: the record of the Bayesian model, its text, and what it refuses."""

import math

import numpy as np
import pytest

import trialpool as tp

RATIOS = """study,hr,ci_lower,ci_upper
A,0.74,0.65,0.85
B,0.75,0.65,0.86
C,0.82,0.73,0.92
"""
EFFECTS = "study,yi,sei\nA,0.2,0.1\nB,-0.1,0.2\n"


def test_stands_beside_the_pool_and_changes_nothing_of_it(as_json):
    plain, record = as_json(RATIOS), as_json(RATIOS, "--bayes")
    bayes = record.pop("bayes")
    assert record == plain
    limits = np.log([[0.65, 0.85], [0.65, 0.86], [0.73, 0.92]])
    vi = np.square((limits[:, 1] - limits[:, 0]) / (2 * 1.959963984540054))
    expected = tp.bayesian_random_effects(np.log([0.74, 0.75, 0.82]), vi, measure="HR")
    for name in ("estimate", "se", "ci_lower", "ci_upper", "pi_lower", "probability_below"):
        assert bayes[name] == pytest.approx(getattr(expected, name), abs=1e-12), name
    assert [effect["label"] for effect in bayes["shrunken"]] == ["A", "B", "C"]
    assert (bayes["prior"], bayes["prior_scale"]) == ("half-normal", 0.5)


def test_options_are_passed_on(as_json):
    arguments = ("--bayes", "--prior", "uniform", "--prior-scale", "2", "--level", "0.9")
    bayes = as_json(EFFECTS, *arguments, "--measure", "generic")["bayes"]
    expected = tp.bayesian_random_effects(
        [0.2, -0.1], [0.1**2, 0.2**2], prior="uniform", scale=2.0, level=0.9
    )
    assert bayes["ci_upper"] == pytest.approx(expected.ci_upper, abs=1e-12)
    assert bayes["level"] == 0.9


def test_one_trial_has_a_posterior_too(as_json):
    bayes = as_json("yi,sei\n-0.3,0.1\n", "--bayes", "--measure", "HR")["bayes"]
    assert bayes["se"] == pytest.approx(math.sqrt(0.1**2 + 0.5**2), rel=1e-9)


def test_text_for_a_reader(run):
    text = run(RATIOS, "--bayes").stdout
    assert "Bayesian random effects, half-normal prior of τ with scale 0.5" in text
    for word in ("HR [95% CrI]", "A new trial", "the mean is below 1.00 with probability"):
        assert word in text
    note = run("yi,sei\n-0.3,0.1\n", "--bayes", "--measure", "HR", "--prior", "half-cauchy").stdout
    assert "Note: the prior's tail is too heavy for so few trials" in note


@pytest.mark.parametrize(
    ("content", "arguments", "words"),
    [
        (RATIOS, ("--bayes", "--prior", "normal"), "prior='normal' is not known"),
        (RATIOS, ("--bayes", "--prior-scale", "0"), "scale=0.0 is not the scale"),
        (RATIOS, ("--prior", "uniform"), "belong to --bayes"),
        (EFFECTS, ("--bayes", "--measure", "RD"), "no usual scale for RD"),
    ],
)
def test_wrong_use(run, content, arguments, words):
    done = run(content, *arguments)
    assert done.exit_code == 2
    assert words in " ".join(done.output.replace("│", " ").split())


def test_trials_that_contradict_the_prior_are_refused(faults):
    (finding,) = faults("yi,sei\n0,0.0001\n1e12,0.0001\n", "--bayes", "--measure", "HR")
    assert "contradict each other" in finding.message
