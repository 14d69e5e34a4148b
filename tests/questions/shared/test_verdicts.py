"""The verdict of a group, what it hangs on, and its sentence."""

import math

import pooled_records
import pytest
from scipy import stats

from trialpool.measures import get_measure
from trialpool.pooling import bayesian_random_effects, random_effects
from trialpool.questions.shared.synthesis.answers import answer_of, answers_to

PRIOR = "bartos2023-hr"
POOLING = {
    **{"tau2": "REML", "pi": "t", "level": 0.95, "tau_prior": PRIOR},
    **{"important": -math.log(0.8), "null_band": [math.log(0.9), math.log(1.11)]},
}
Z = float(stats.norm.ppf(0.975))
# HER2-low, PFS: DESTINY-Breast04 (all patients with HR and interval as printed) and -06.
TWO = [(0.50, 0.40, 0.63), (0.62, 0.51, 0.74)]


def effect(hr, low, high):
    return math.log(hr), (math.log(high) - math.log(low)) / (2 * Z)


def group_of(effects, pooling=None, trials=(), **changes):
    rows = [
        {
            **{"row_ids": [f"t{i}"], "trial_id": f"t{i}", "label": f"T{i}", "group": "A v B"},
            **{"estimate": yi, "se": se, "year": 2000 + i},
            **(trials[i] if i < len(trials) else {}),
        }
        for i, (yi, se) in enumerate(effects)
    ]
    question = {
        **{"groups": [{"label": "A v B"}], "endpoints": ["PFS"], "benefit": "lower"},
        "endpoint_names": {"PFS": "progression-free survival"},
        "endpoint_events": {"PFS": "progressions or deaths"},
        "pooling": {**POOLING, **(pooling or {})},
        **changes,
    }
    result = pooled_records.pooled(question, rows)
    return result.groups[0], result


def test_two_concordant_trials_have_the_sentence_of_the_methods():
    group, result = group_of([effect(*one) for one in TWO])
    assert group.sentence == (
        "A v B: HR 0.56 [0.41 to 0.77], 2 trials; benefit (99.6 %), important (98 %); "
        "certainty not judged"
    )
    verdict = group.verdict
    assert (verdict.word, verdict.size, verdict.flags) == ("benefit", "important", ())
    yi, vi = zip(*((y, s * s) for y, s in (effect(*one) for one in TWO)), strict=True)
    fit = bayesian_random_effects(yi, vi, prior=PRIOR, at=[math.log(0.8)])
    assert verdict.p_benefit == pytest.approx(fit.probability_below, abs=1e-12)
    assert verdict.p_important == pytest.approx(fit.below_at[0], abs=1e-12)
    # Hartung-Knapp with one degree of freedom cannot conclude, and is not asked.
    assert group.models.hk_adhoc.ci_upper > 0
    assert answer_of(group, result) == "lower"


@pytest.mark.parametrize(
    ("effects", "word", "said"),
    [
        ([(-0.40, 0.12), (-0.35, 0.15)], "benefit", "benefit ({p:.0f} %)"),
        ([(-0.25, 0.12), (-0.20, 0.12)], "leans-to-benefit", "leans to benefit ({p:.0f} %)"),
        ([(0.02, 0.2), (-0.05, 0.2)], "not-settled", "not settled (benefit {p:.0f} %)"),
        ([(0.25, 0.12), (0.20, 0.12)], "leans-to-harm", "leans to harm ({q:.0f} %)"),
        ([(0.40, 0.12), (0.35, 0.15)], "harm", "harm ({q:.0f} %)"),
    ],
)
def test_words_follow_the_posterior(effects, word, said):
    group, _ = group_of(effects)
    fit = bayesian_random_effects(*zip(*((y, s * s) for y, s in effects), strict=True), prior=PRIOR)
    assert group.verdict.word == word
    assert group.verdict.p_benefit == pytest.approx(fit.probability_below)
    p = 100 * fit.probability_below
    assert said.format(p=p, q=100 - p) in group.sentence


def test_little_or_no_difference_needs_the_band():
    effects = [(0.01, 0.02), (-0.01, 0.02), (0.0, 0.02), (0.02, 0.02), (-0.02, 0.02)]
    narrow = {"tau_prior": "half-normal:0.02"}
    group, _ = group_of(effects, narrow)
    assert group.verdict.word == "little-or-no-difference"
    assert "little or no difference (> 99.9 % within 0.90 to 1.11)" in group.sentence
    # The size says the same again, so that the sentence leaves it out.
    assert group.verdict.size == "smaller-than-important"
    assert "smaller" not in group.sentence
    group, _ = group_of(effects, {**narrow, "null_band": None})
    assert group.verdict.word == "not-settled"


def test_higher_is_better_mirrors_all_of_it():
    effects = [effect(*one) for one in TWO]
    lower, _ = group_of(effects)
    higher, _ = group_of(
        [(-y, s) for y, s in effects],
        {"null_band": [-math.log(1.11), -math.log(0.9)]},
        benefit="higher",
        measure="OR",
        endpoints=["pCR"],
        endpoint_names={"pCR": "response"},
    )
    assert higher.verdict.word == "benefit"
    assert higher.verdict.size == "important"
    assert higher.verdict.p_benefit == pytest.approx(lower.verdict.p_benefit, abs=1e-12)
    assert higher.verdict.p_important == pytest.approx(lower.verdict.p_important, abs=1e-12)


def test_harm_is_important_on_its_own_side():
    group, _ = group_of([(0.9, 0.1), (0.8, 0.1)])
    assert (group.verdict.word, group.verdict.size) == ("harm", "important")


def test_one_trial_has_words_of_its_own():
    group, result = group_of([effect(0.28, 0.22, 0.36)])
    assert group.sentence == (
        "A v B: in this trial fewer progressions or deaths (HR 0.28 [0.22 to 0.36]); not "
        "replicated; certainty not judged"
    )
    assert group.verdict.word == "trial-benefit"
    # The probability allows for what other trials would find.
    yi, se = effect(0.28, 0.22, 0.36)
    fit = bayesian_random_effects([yi], [se * se], prior=PRIOR)
    assert group.verdict.p_benefit == pytest.approx(fit.probability_below)
    assert group.verdict.p_benefit < stats.norm.cdf(-yi / se)
    assert answer_of(group, result) is None
    group, _ = group_of([effect(0.90, 0.70, 1.16)])
    assert group.verdict.word == "trial-not-settled"
    assert group.sentence == (
        "A v B: in this trial no difference settled (HR 0.90 [0.70 to 1.16]); certainty not judged"
    )
    group, _ = group_of([effect(1.4, 1.1, 1.8)])
    assert group.verdict.word == "trial-harm"
    assert "more progressions or deaths" in group.sentence


def word_under(effects, prior):
    yi, vi = zip(*((y, s * s) for y, s in effects), strict=True)
    p = bayesian_random_effects(yi, vi, prior=prior).probability_below
    return "benefit" if p >= 0.975 else "none"


@pytest.mark.parametrize("shift", [-0.55, -0.45, -0.40, -0.35, -0.30])
def test_the_prior_is_flagged_where_half_or_twice_its_scale_makes_or_unmakes_it(shift):
    effects = [(shift, 0.12), (shift - 0.1, 0.14)]
    group, _ = group_of(effects)
    words = {word_under(effects, f"inverse-gamma:2.42:{scale}") for scale in (0.15, 0.3, 0.6)}
    assert ("prior" in group.verdict.flags) == (len(words) > 1)
    assert ("hangs on the prior of τ" in group.sentence) == (len(words) > 1)


def test_one_trial_is_flagged_where_leaving_it_out_unmakes_the_word():
    carried = [(-1.0, 0.1), (-0.30, 0.2), (-0.35, 0.2)]
    group, _ = group_of(carried)
    rest = [word_under(carried[:i] + carried[i + 1 :], PRIOR) for i in range(3)]
    assert group.verdict.word == "benefit"
    assert "none" in rest
    assert "one-trial" in group.verdict.flags
    group, _ = group_of([(-0.5, 0.1)] * 4)
    assert group.verdict.flags == ()
    # Of two trials leaving one out is no question.
    group, _ = group_of([(-0.40, 0.12), (-0.35, 0.15)])
    assert "one-trial" not in group.verdict.flags


def test_flags_of_rows():
    rows = [
        {"maturity": "interim", "flags": ["read in a secondary source"]},
        {"maturity": "final", "flags": ["direction inferred by the reader"]},
    ]
    group, _ = group_of([(-0.5, 0.1), (-0.5, 0.1)], trials=rows)
    assert group.verdict.flags == ("mixed-follow-up", "inferred")


@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [
        ("article", "abstract", False),  # the larger trial is in an article
        ("secondary copy", "article", True),
        ("registry", "release", True),
        ("", "abstract", False),  # nothing is known of the source of the larger one
    ],
)
def test_a_pool_is_flagged_where_most_of_its_weight_is_not_from_articles(first, second, expected):
    # Standard errors 0.1 and 0.3: whatever tau, the first has more than half of the weight.
    rows = [{"grade": first}, {"grade": second}]
    group, result = group_of([(-0.5, 0.1), (-0.5, 0.3)], trials=rows)
    assert result.trials[0].weight > 0.5
    assert ("surrogate-source" in group.verdict.flags) == expected
    assert ("rests mostly on sources other than articles" in group.sentence) == expected
    alone, _ = group_of([(-0.5, 0.1)], trials=[{"grade": first}])
    assert ("surrogate-source" in alone.verdict.flags) == (first not in ("", "article"))


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        # 3 and 10 years; 5 and 9 are no such difference, and one that prints none says nothing.
        (
            [{"follow_up_months": 36.0}, {"follow_up_months": 120.0}],
            "follow-up of 36 to 120 months",
        ),
        ([{"follow_up_months": 60.0}, {"follow_up_months": 108.0}], ""),
        ([{"follow_up_months": 60.0}, {}], ""),
        (
            [{"follow_up_months": 30.0, "maturity": "interim"}, {"follow_up_months": 100.8}],
            "interim and later analyses together, follow-up of 30 to 101 months",
        ),
        ([{"maturity": "interim"}, {"maturity": "final"}], "interim and later analyses together"),
    ],
)
def test_mixed_follow_up_is_said_with_its_months(rows, said):
    group, _ = group_of([(-0.5, 0.1), (-0.5, 0.1)], trials=rows)
    assert ("mixed-follow-up" in group.verdict.flags) == bool(said)
    *_, flag, certainty = group.sentence.split("; ")
    assert certainty == "certainty not judged"
    assert flag == said if said else "follow-up" not in group.sentence


def test_hartung_knapp_speaks_where_the_review_wants_it():
    effects = [(-0.5, 0.1), (-0.45, 0.12), (-0.7, 0.15)]
    group, _ = group_of(effects, {"primary": "hk"})
    yi, vi = zip(*((y, s * s) for y, s in effects), strict=True)
    fit = random_effects(yi, vi, ci="hk-adhoc")
    assert group.primary_model == "hk-adhoc"
    assert group.verdict.p_benefit == pytest.approx(stats.t(2).cdf(-fit.estimate / fit.se))
    assert group.verdict.word == "benefit"
    assert fit.ci_upper < 0
    two, _ = group_of(effects[:2], {"primary": "hk"})
    assert two.verdict.word != "benefit"


def test_arms_that_are_shared_are_flagged_and_judged_by_their_interval():
    arm = {"agents": ["a"], "label": "a", "n": 100}
    rows = [
        {
            "trial_id": "m",
            "experimental": {**arm, "arm_id": name},
            "control": {**arm, "arm_id": "c"},
        }
        for name in ("x", "y")
    ]
    group, _ = group_of([(-0.5, 0.1), (-0.4, 0.1), (-0.6, 0.1), (-0.5, 0.1)], trials=rows)
    assert group.primary_model == "hk-adhoc"
    assert "shared-arm" in group.verdict.flags
    t = stats.t(group.df).cdf(-group.estimate / group.se)
    assert group.verdict.p_benefit == pytest.approx(t)


MARGIN = {"lower": None, "upper": math.log(1.3)}


def judged_by_margin(effects, level=0.95, margins=None, design="non-inferiority", margin=MARGIN):
    margins = margins or [margin] * len(effects)
    return group_of(
        effects,
        {"margin_level": level},
        trials=[{"margin": one} for one in margins],
        design=design,
    )


def test_a_pool_is_judged_by_its_margin_at_the_declared_level():
    effects = [(0.0, 0.1), (0.05, 0.1)]
    yi, vi = zip(*((y, s * s) for y, s in effects), strict=True)
    within = bayesian_random_effects(yi, vi, prior=PRIOR, at=[math.log(1.3)]).below_at[0]
    assert 0.95 < within < 0.975
    group, result = judged_by_margin(effects)
    assert group.verdict.word == "within-margin"
    assert f"within the margin 1.30 ({100 * within:.0f} %)" in group.sentence
    assert group.verdict.size is group.verdict.p_important is None
    assert answer_of(group, result) == "within"
    group, _ = judged_by_margin(effects, 0.975)
    assert group.verdict.word == "margin-not-shown"
    group, _ = judged_by_margin([(0.8, 0.1), (0.9, 0.1)])
    assert group.verdict.word == "beyond-margin"


def test_without_margin_or_level_there_is_no_word():
    effects = [(0.0, 0.1), (0.05, 0.1)]
    group, result = judged_by_margin(effects, None)
    assert group.verdict is None
    assert "no verdict, because no level for the margin is declared" in group.sentence
    assert answer_of(group, result) is None
    group, _ = judged_by_margin(effects, margins=[MARGIN, None])
    assert group.verdict is None
    assert "no margin is declared" in group.sentence


def test_one_trial_is_judged_by_its_own_planned_interval():
    """Upper limit 1.27 at 90 %, 1.33 at 95 %: the level that the trial planned decides."""
    effects = [(math.log(1.05), 0.12)]
    at95, _ = judged_by_margin(effects)
    at90, _ = judged_by_margin(effects, margins=[{**MARGIN, "level": 0.90}])
    assert at95.verdict.word == "margin-not-shown"
    assert at90.verdict.word == "within-margin"
    assert "in this trial within the margin 1.30" in at90.sentence


def test_equivalence_has_two_margins():
    both = {"lower": math.log(0.8), "upper": math.log(1.25)}
    effects = [(0.0, 0.05), (0.01, 0.05), (0.0, 0.05)]
    group, _ = judged_by_margin(effects, design="equivalence", margin=both)
    assert group.verdict.word == "within-margin"
    assert "within the margin 0.80 to 1.25" in group.sentence
    group, _ = judged_by_margin([(-0.2, 0.1), (-0.25, 0.1)], design="equivalence", margin=both)
    assert group.verdict.word == "margin-not-shown"


def test_answers_of_intervals_are_held_against_the_direction():
    group, result = group_of([effect(*one) for one in TWO])
    found = answers_to([-0.9, -0.9, 0.1], [-0.1, 0.1, 0.9], group, result)
    assert found.tolist() == ["lower", "neither", "higher"]
    undecided, other = group_of([(0.1, 0.2), (-0.1, 0.2)])
    assert answer_of(undecided, other) == "neither"


def test_levels_of_a_marker_differ():
    group = pooled_records.pooled(
        {
            **{
                "groups": [{"label": "M: high v low"}],
                "prognostic": {"biomarker": "M", "levels": ["high", "low"]},
            },
            "pooling": {**POOLING, "important": None, "null_band": None},
        },
        [
            {
                "row_ids": [f"t{i}"],
                "trial_id": f"t{i}",
                "group": "M: high v low",
                "estimate": y,
                "se": 0.1,
            }
            for i, y in enumerate((-0.6, -0.5, -0.7))
        ],
    ).groups[0]
    assert group.verdict.word == "differs"
    assert group.verdict.p_benefit > 0.975
    assert "differs: fewer deaths in patients with M high" in group.sentence
    assert get_measure("HR").code in group.sentence
