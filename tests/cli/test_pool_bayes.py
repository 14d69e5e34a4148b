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
    # A hazard ratio below 1 is the benefit.
    assert bayes["p_benefit"] == bayes["probability_below"]
    limits = np.log([[0.65, 0.85], [0.65, 0.86], [0.73, 0.92]])
    vi = np.square((limits[:, 1] - limits[:, 0]) / (2 * 1.959963984540054))
    expected = tp.bayesian_random_effects(np.log([0.74, 0.75, 0.82]), vi, measure="HR")
    for name in ("estimate", "se", "ci_lower", "ci_upper", "pi_lower", "probability_below"):
        assert bayes[name] == pytest.approx(getattr(expected, name), abs=1e-12), name
    assert [effect["label"] for effect in bayes["shrunken"]] == ["A", "B", "C"]
    assert (bayes["prior"], bayes["prior_scale"]) == ("bartos2023-hr", None)
    assert bayes["tau"] == bayes["tau_posterior"]["median"] == pytest.approx(expected.tau.median)


def test_options_are_passed_on(as_json):
    arguments = ("--bayes", "--prior", "uniform", "--prior-scale", "2", "--level", "0.9")
    bayes = as_json(EFFECTS, *arguments, "--measure", "generic")["bayes"]
    expected = tp.bayesian_random_effects(
        [0.2, -0.1], [0.1**2, 0.2**2], prior="uniform", scale=2.0, level=0.9
    )
    assert bayes["ci_upper"] == pytest.approx(expected.ci_upper, abs=1e-12)
    assert bayes["level"] == 0.9


@pytest.mark.parametrize(
    ("written", "prior"),
    [
        ("bartos2023-hr", ("inverse-gamma", (2.42, 0.3))),
        ("turner2015-composite-pharm", ("log-normal", (-1.975, 0.895))),
        ("inverse-gamma:2.42:0.30", ("inverse-gamma", (2.42, 0.3))),
        ("log-normal:-1.28:0.87", ("log-normal", (-1.28, 0.87))),
        ("half-t:4:0.3", ("half-t", (4, 0.3))),
        ("half-cauchy:0.3", ("half-cauchy", 0.3)),
        ("exponential:5", ("exponential", 5)),
        ("uniform:2", ("uniform", 2)),
        ("half-normal:0.2", ("half-normal", 0.2)),
    ],
)
def test_priors_are_named_or_written_out(as_json, written, prior):
    """Differences have no usual scale, and need none where the prior says it."""
    arguments = ("--bayes", "--measure", "RD", "--prior", written)
    bayes = as_json(EFFECTS, *arguments)["bayes"]
    expected = tp.bayesian_random_effects([0.2, -0.1], [0.1**2, 0.2**2], prior=prior)
    for name in ("estimate", "ci_lower", "ci_upper", "pi_lower", "pi_upper"):
        assert bayes[name] == pytest.approx(getattr(expected, name), abs=1e-12), name
    assert bayes["tau"] == pytest.approx(expected.tau.median, abs=1e-12)
    likelihood = expected.log_marginal_likelihood
    assert bayes["log_marginal_likelihood"] == pytest.approx(likelihood, abs=1e-9)
    assert bayes["prior_family"] == prior[0]
    values = prior[1] if isinstance(prior[1], tuple) else (prior[1],)
    assert tuple(bayes["prior_parameters"].values()) == values
    assert bayes["prior"] in (written, written.split(":")[0], "inverse-gamma:2.42:0.3")


@pytest.mark.parametrize(
    ("measure", "prior"),
    [
        ("HR", ("inverse-gamma", (2.42, 0.30))),
        ("OR", ("log-normal", (-1.975, 0.895))),
        ("RR", ("log-normal", (-1.975, 0.895))),
        ("RD", ("half-normal", 0.118)),
    ],
)
def test_the_measure_has_a_prior_of_its_own(as_json, measure, prior):
    """Bartoš 2023 (hazard ratios; differences), Turner 2015 (composite outcomes, two drugs)."""
    bayes = as_json(EFFECTS, "--bayes", "--measure", measure)["bayes"]
    vi = [0.1**2, 0.2**2]
    expected = tp.bayesian_random_effects([0.2, -0.1], vi, prior=prior)
    for found in (bayes, tp.bayesian_random_effects([0.2, -0.1], vi, measure=measure).to_dict()):
        assert found["ci_upper"] == pytest.approx(expected.ci_upper, abs=1e-12)
    scaled = as_json(EFFECTS, "--bayes", "--measure", measure, "--prior-scale", "0.3")["bayes"]
    assert (scaled["prior"], scaled["prior_scale"]) == ("half-normal", 0.3)


def test_probability_of_benefit_needs_to_know_its_side(as_json):
    arguments = ("--bayes", "--measure", "OR")
    assert as_json(EFFECTS, *arguments)["bayes"]["p_benefit"] is None
    bayes = as_json(EFFECTS, *arguments, "--benefit", "higher")["bayes"]
    assert bayes["p_benefit"] == bayes["probability_above"]
    months = as_json(EFFECTS, "--bayes", "--measure", "RMSTD", "--prior", "half-normal:1")["bayes"]
    assert months["p_benefit"] == months["probability_above"]


def test_one_trial_has_a_posterior_too(as_json):
    arguments = ("--bayes", "--measure", "HR", "--prior", "half-normal")
    bayes = as_json("yi,sei\n-0.3,0.1\n", *arguments)["bayes"]
    assert bayes["se"] == pytest.approx(math.sqrt(0.1**2 + 0.5**2), rel=1e-9)


def test_text_for_a_reader(run):
    text = run(RATIOS, "--bayes").stdout
    assert "inverse-gamma prior of τ with shape 2.42, scale 0.3 (bartos2023-hr)" in text
    named = run(RATIOS, "--bayes", "--prior", "half-normal").stdout
    assert "Bayesian random effects, half-normal prior of τ with scale 0.5" in named
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
        (RATIOS, ("--benefit", "lower"), "belong to --bayes"),
        (RATIOS, ("--bayes", "--benefit", "up"), "'up' is not known; allowed: lower, higher"),
        (RATIOS, ("--bayes", "--prior", "half-t:4"), "allowed: half-t:DF:SCALE"),
        (RATIOS, ("--bayes", "--prior", "bartos2023-or-brest"), "near: bartos2023-or-breast"),
        (
            RATIOS,
            ("--bayes", "--prior", "bartos2023-hr", "--prior-scale", "1"),
            "belongs to a prior that is named without its parameters",
        ),
        (EFFECTS, ("--bayes", "--measure", "RMSTD"), "'RMSTD' has no prior of tau of its own"),
        (EFFECTS, ("--bayes", "--measure", "generic"), "half-normal:SCALE"),
        (
            EFFECTS,
            ("--bayes", "--measure", "RD", "--prior", "half-normal"),
            "no usual scale for RD",
        ),
    ],
)
def test_wrong_use(run, content, arguments, words):
    done = run(content, *arguments)
    assert done.exit_code == 2
    assert words in " ".join(done.output.replace("│", " ").split())


def test_trials_that_contradict_the_prior_are_refused(faults):
    arguments = ("--bayes", "--measure", "HR", "--prior", "half-normal")
    (finding,) = faults("yi,sei\n0,0.0001\n1e12,0.0001\n", *arguments)
    assert "contradict each other" in finding.message
