"""Which model speaks for a group, and what follows from it in record, figure and words."""

import json
import math

import pooled_records
import pytest

from trialpool import formatting as fmt
from trialpool.figures.forest.rows import build_table
from trialpool.figures.forest.words.notes import alt_text, build_notes
from trialpool.pooling import bayesian_random_effects
from trialpool.questions.shared.synthesis.primary_model import choose_primary
from trialpool.records.files import result_of, to_plain
from trialpool.records.pools import Pool
from trialpool.report.conclusions import conclude
from trialpool.report.methods import write_methods
from trialpool.report.reanalyses import sensitivities
from trialpool.report.tables import group_rows

PRIOR = "bartos2023-hr"
POOLING = {
    **{"tau2": "REML", "pi": "t", "level": 0.95, "tau_prior": PRIOR},
    **{"important": -math.log(0.8), "null_band": [math.log(0.9), math.log(1.11)]},
}
ARM = {"arm_id": "a", "label": "A", "agents": ["a"]}


def trial(number, estimate, se=0.1, margin=None):
    return {
        "row_ids": [f"t{number}.os.t01"],
        "trial_id": f"t{number}",
        "label": f"TRIAL {number}",
        "year": 2020,
        "group": "Drug added",
        "comparison": "drug added to standard care",
        "experimental": ARM,
        "control": {**ARM, "arm_id": "b"},
        "endpoint": "OS",
        "estimate": estimate,
        "se": se,
        "source": "s",
        "margin": margin,
        "derivation": {},
        "flags": [],
    }


def record(estimates, pooling=POOLING, **changes):
    trials = [trial(i, *(e if isinstance(e, tuple) else (e,))) for i, e in enumerate(estimates)]
    question = {
        "id": "q", "title": "Survival", "question": "?", "measure": "HR", "endpoints": ["OS"],
        "endpoint_names": {"OS": "overall survival"},
    "endpoint_events": {"OS": "deaths"}, "benefit": "lower", "table": "time_to_event",
        "trials": {}, "populations": ["itt"], "definitions": [], "contrasts": ["strategy"],
        "report_policy": "latest", "multiarm": "choose", "choose": {}, "joint_analyses": [],
        "exclude_trials": {}, "exclude_rows": {}, "biomarker": None, "design": "superiority",
        "arm_names": {"experimental": "experimental", "control": "control"}, "variants": [],
        "pooling": pooling, "overall": None, "overall_reason": "One group.", "comment": "",
        "groups": [{"label": "Drug added", "mechanism": "m", "mechanisms": [], "kind": "added"}],
        "excluded": [], "sources": {"s": {"citation": "S", "doi": "", "pmid": "", "url": ""}},
        **changes,
    }  # fmt: skip
    return pooled_records.pooled(question, trials)


AGREE = [-0.6, -0.5, -0.55]


@pytest.mark.parametrize(
    ("k", "changes", "expected"),
    [
        (1, {}, "single-trial"),
        (2, {}, "bayes"),
        (9, {}, "bayes"),
        (2, {"primary": "hk"}, "hk-adhoc"),
        (2, {"tau_prior": None}, "hk-adhoc"),
        (9, {"tau_prior": None}, "hk-adhoc"),
    ],
)
def test_the_rule(k, changes, expected):
    members = [pooled_records.trial(trial(i, -0.1 * i)) for i in range(k)]
    primary = choose_primary(members, "HR", pooled_records.pooling(**{**POOLING, **changes}))
    assert primary.model == expected
    assert (primary.bayes is not None) == (expected == "bayes")
    assert primary.note.endswith(".")


def test_comparisons_that_share_an_arm_are_pooled_with_their_covariance():
    twice = [
        {**trial(0, -0.5), "experimental": {**ARM, "arm_id": "x"}},
        trial(0, -0.4),
        trial(1, -0.6),
    ]
    members = [pooled_records.trial(one) for one in twice]
    assert choose_primary(members, "HR", pooled_records.pooling(**POOLING)).model == "hk-adhoc"


def test_the_group_speaks_with_its_primary_model():
    result = record(AGREE)
    (group,) = result.groups
    fit = bayesian_random_effects(AGREE, [0.1**2] * 3, prior=PRIOR, measure="HR")
    assert list(group.models.named()) == ["bayes", "common-effect", "hk", "hk-adhoc"]
    # An I² of the model would be the prior's.
    of_tau = dict.fromkeys(("i2", "i2_ci_lower", "i2_ci_upper", "h2", "h2_ci_lower", "h2_ci_upper"))
    written = to_plain(group.models.bayes)
    assert {k: v for k, v in written.items() if k in fit.to_dict()} == {**fit.to_dict(), **of_tau}
    for key in Pool.__struct_fields__:
        assert getattr(group, key) == getattr(group.models.bayes, key), key
    assert [t.weight for t in result.trials] == list(fit.weights)
    assert [t.shrunken.estimate for t in result.trials] == [
        effect.median for effect in fit.shrunken
    ]
    assert result.settings.tau_prior == PRIOR
    assert result_of(json.loads(json.dumps(to_plain(result), allow_nan=False))) == result


def test_i2_is_from_random_effects_that_stand_beside():
    four, five = record([-0.5, -0.1, -0.6, -0.4]), record([-0.5, -0.1, -0.6, -0.4, 0.2])
    assert four.groups[0].i2 is None
    assert five.groups[0].i2 == five.groups[0].models.hk_adhoc.i2 > 0
    assert four.groups[0].i2_q == four.groups[0].models.hk_adhoc.i2_q
    assert list(four.groups[0].shown_beside()) == ["common-effect"]
    assert list(five.groups[0].shown_beside()) == ["common-effect", "hk-adhoc"]


def test_other_scales_of_the_prior_are_a_sensitivity_analysis():
    result = record(AGREE)
    (item,) = [s for s in result.sensitivity if s.id == "prior-of-tau"]
    for row, scale in zip(item.results, (0.15, 0.6), strict=True):
        again = bayesian_random_effects(AGREE, [0.1**2] * 3, prior=f"inverse-gamma:2.42:{scale}")
        assert (row.ci_lower, row.ci_upper) == pytest.approx((again.ci_lower, again.ci_upper))
    (shown,) = [s for s in sensitivities(result) if s.label == "Other priors of τ"]
    # Beside it stands the same model of the main analysis.
    assert shown.rows[0].main == group_rows(result)[0].models[0]


def test_interactions_take_half_of_the_scale():
    half = choose_primary(
        [pooled_records.trial(trial(i, x)) for i, x in enumerate(AGREE)],
        "RHR",
        pooled_records.pooling(**POOLING, tau_prior_factor=0.5),
    ).bayes
    again = bayesian_random_effects(AGREE, [0.1**2] * 3, prior="inverse-gamma:2.42:0.15")
    assert half.prior == "inverse-gamma:2.42:0.15"
    assert half.ci_lower == pytest.approx(again.ci_lower, abs=1e-12)


def test_trials_differ_beyond_chance_by_the_profile_never_by_the_posterior():
    result = record(AGREE)
    assert result.groups[0].tau2_ci_lower > 0
    assert "beyond chance" not in conclude(result.groups[0], result).text
    result = record([(-0.9, 0.05), (0.1, 0.05), (0.9, 0.05)])
    assert "beyond chance" in conclude(result.groups[0], result).text


def test_the_forest_plot_draws_the_primary_diamond_alone():
    result = record(AGREE)
    table = build_table(result)
    (pool,) = [row for row in table.rows if row.kind == "pool"]
    assert (pool.standing, pool.label) == ("primary", "Random effects (Bayesian)")
    assert pool.estimate == result.groups[0].estimate
    (prediction,) = [row for row in table.rows if row.kind == "prediction"]
    assert (prediction.lower, prediction.standing) == (result.groups[0].pi_lower, "primary")
    (statistics,) = [row for row in table.rows if row.kind == "statistics"]
    tau = result.groups[0].models.bayes.tau
    assert f"τ = {tau.median:.2f}" in statistics.label
    assert "I² = 0%" in statistics.label
    notes = " ".join(build_notes(result, table, clipped=(), enlarged=False))
    assert (
        "Bayesian: posterior median and credible interval, inverse-gamma prior of τ with shape "
        "2.42, scale 0.3 (bartos2023-hr)." in notes
    )
    assert "primary" not in notes
    assert "common effect" not in alt_text(result, table)


def test_two_trials_have_a_prediction_interval_beside_their_diamond():
    table = build_table(record(AGREE[:2]))
    assert [row.kind for row in table.rows if row.kind in ("pool", "prediction")] == [
        "pool",
        "prediction",
    ]


def test_tables_and_methods_say_which_model_is_primary():
    result = record(AGREE)
    (row,) = group_rows(result)
    assert row.basis == "Bayesian random effects"
    assert row.models[2] == fmt.NOT_AVAILABLE
    below = result.groups[0].models.bayes.probability_below
    assert row.p_values[0] == f"{fmt.probability(below)} below no difference"
    text = " ".join(p for section in write_methods([result]).sections for p in section.paragraphs)
    assert "From two trials on the Bayesian random-effects (normal-normal) model" in text
    assert "inverse-gamma prior of τ with shape 2.42, scale 0.3 (bartos2023-hr)" in text
    assert "HR: important: below 0.80 or beyond its mirror image" in text
    assert "little or no difference: 0.90 to 1.11" in text
    assert (
        "benefit where P is at least 0.975, leans to benefit from 0.9, leans to harm up to 0.1, "
        "harm up to 0.025" in text
    )
    cited = [reference.short for reference in write_methods([result]).references]
    assert {"Friede 2017", "Röver 2020"} <= set(cited)


def test_without_a_prior_random_effects_speak():
    result = record(AGREE, {**POOLING, "tau_prior": None})
    (group,) = result.groups
    assert group.primary_model == "hk-adhoc"
    assert group.estimate == group.models.hk_adhoc.estimate
    assert [t.shrunken for t in result.trials] == [None] * 3
    assert group.models.bayes is None
    assert "bayes" not in group.shown_beside()


def test_data_that_contradict_the_prior_are_left_to_random_effects():
    result = record([(0.0, 1e-4), (1e12, 1e-4)], {**POOLING, "tau_prior": "half-normal:0.5"})
    (group,) = result.groups
    assert group.primary_model == "hk-adhoc"
    assert "contradict each other" in group.primary_note
