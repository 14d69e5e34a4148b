"""Which model speaks for a group of few trials, and what follows from it in record and words."""

import json
import math

import pooled_records
import pytest
from msgspec.structs import replace

from trialpool import formatting as fmt
from trialpool.figures.forest.rows import build_table
from trialpool.figures.forest.words.notes import alt_text, build_notes
from trialpool.pooling import bayesian_random_effects
from trialpool.questions.shared.synthesis.primary_model import choose_primary
from trialpool.records.files import result_of, to_plain
from trialpool.records.pools import Pool
from trialpool.records.trials import Margin
from trialpool.report.conclusions import conclude
from trialpool.report.methods import write_methods
from trialpool.report.reanalyses import sensitivities
from trialpool.report.tables import group_rows

PRIOR = {"prior": "half-normal", "scale": 0.5, "sensitivity": 1.0}
POOLING = {"tau2": "REML", "pi": "t", "level": 0.95, "primary_from_k": 5, "tau_prior": PRIOR}
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
        "endpoint_names": {"OS": "overall survival"}, "benefit": "lower", "table": "time_to_event",
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
CLASH = [-0.3, -0.2]


@pytest.mark.parametrize(
    ("k", "prior", "expected"),
    [
        (1, PRIOR, "single-trial"),
        (2, PRIOR, "bayes"),
        (4, PRIOR, "bayes"),
        (5, PRIOR, "hk-adhoc"),
        (2, None, None),
        (4, None, None),
        (5, None, "hk-adhoc"),
    ],
)
def test_the_rule(k, prior, expected):
    members = [pooled_records.trial(trial(i, -0.1 * i)) for i in range(k)]
    primary = choose_primary(members, "HR", pooled_records.pooling(tau_prior=prior))
    assert primary.model == expected
    assert (primary.bayes is not None) == (expected == "bayes")
    assert primary.note.endswith(".")


def test_the_group_speaks_with_its_primary_model():
    result = record(AGREE)
    (group,) = result.groups
    fit = bayesian_random_effects(AGREE, [0.1**2] * 3, measure="HR")
    assert list(group.models.named()) == ["bayes", "common-effect", "hk", "hk-adhoc"]
    assert to_plain(group.models.bayes) == fit.to_dict()
    for key in Pool.__struct_fields__:
        assert getattr(group, key) == getattr(group.models.bayes, key), key
    assert not hasattr(group, "shrunken")
    assert [t.weight for t in result.trials] == list(fit.weights)
    assert [t.shrunken.estimate for t in result.trials] == [
        effect.median for effect in fit.shrunken
    ]
    settings = result.settings
    assert (settings.tau_prior, settings.tau_prior_scale) == ("half-normal", 0.5)
    assert result_of(json.loads(json.dumps(to_plain(result), allow_nan=False))) == result


def test_the_second_scale_of_the_prior_is_a_sensitivity_analysis():
    result = record(AGREE)
    (item,) = [s for s in result.sensitivity if s.id == "prior-of-tau"]
    wide = bayesian_random_effects(AGREE, [0.1**2] * 3, scale=1.0)
    (row,) = item.results
    assert (row.ci_lower, row.ci_upper) == (wide.ci_lower, wide.ci_upper)
    (shown,) = [s for s in sensitivities(result) if s.label == "Another prior of τ"]
    # Beside it stands the same model of the main analysis.
    assert shown.rows[0].main == group_rows(result)[0].models[0]
    assert record([-0.1 * i for i in range(5)]).sensitivity == ()


@pytest.mark.parametrize(
    ("estimates", "verdict", "sentence"),
    [
        (AGREE, "benefit",
         "Fewer deaths with the experimental treatment: the Bayesian model (primary), common "
         "effect and random effects all exclude 1."),
        ([0.0, 0.1, -0.1], "undecided", "Undecided: all intervals include 1."),
        (CLASH, "differs",
         "Differs by model: the Bayesian model (primary) and random effects include 1, common "
         "effect excludes 1 (fewer deaths with the experimental treatment)."),
        ([(-1.0, 0.05), (-0.8, 0.05)], "differs",
         "Differs by model: the Bayesian model (primary) and common effect exclude 1 (fewer deaths "
         "with the experimental treatment), random effects does not."),
    ],
)  # fmt: skip
def test_conclusions_differ_by_model_where_the_models_do(estimates, verdict, sentence):
    result = record(estimates)
    conclusion = conclude(result.groups[0], result)
    assert (conclusion.verdict, conclusion.sentence) == (verdict, sentence)


def test_trials_differ_beyond_chance_by_the_profile_never_by_the_posterior():
    result = record(AGREE)
    assert result.groups[0].tau2_ci_lower > 0
    assert "beyond chance" not in conclude(result.groups[0], result).text
    result = record([(-0.9, 0.05), (0.1, 0.05), (0.9, 0.05)])
    assert "beyond chance" in conclude(result.groups[0], result).text


def test_margins_ask_every_model():
    result = record(CLASH, design="non-inferiority")
    group = replace(result.groups[0], margin=Margin(lower=None, upper=math.log(1.1)))
    conclusion = conclude(group, result)
    assert conclusion.verdict == "differs"
    assert conclusion.sentence == (
        "Differs by model: the Bayesian model (primary): not shown to be within the margin (1.10); "
        "common effect: not worse by more than the margin (1.10); random effects: not shown to be "
        "within the margin (1.10)."
    )
    wide = replace(group, margin=Margin(lower=None, upper=math.log(9.0)))
    assert conclude(wide, result).sentence == (
        "Not worse by more than the margin (9.00): all intervals lie within it."
    )


def test_the_forest_plot_draws_the_primary_diamond_first():
    result = record(AGREE)
    table = build_table(result)
    pools = [row for row in table.rows if row.kind == "pool"]
    assert [row.standing for row in pools] == ["primary", "common-effect", "random-effects"]
    assert [row.label for row in pools] == [
        "Bayesian (half-normal 0.5), primary",
        "Common effect",
        "Random effects (REML, HK with floor)",
    ]
    assert pools[0].estimate == result.groups[0].estimate
    (prediction,) = [row for row in table.rows if row.kind == "prediction"]
    assert (prediction.lower, prediction.standing) == (result.groups[0].pi_lower, "primary")
    (statistics,) = [row for row in table.rows if row.kind == "statistics"]
    assert "(posterior medians)" in statistics.label
    notes = " ".join(build_notes(result, table, clipped=False, enlarged=False))
    assert "the Bayesian model is primary (filled; posterior median and credible" in notes
    assert "half-normal prior of τ with scale 0.5" in notes
    assert "neither is primary" not in notes
    assert "(common effect)" in alt_text(result, table)


def test_tables_and_methods_say_which_model_is_primary():
    result = record(AGREE)
    (row,) = group_rows(result)
    assert row.basis == "Bayesian random effects"
    assert [effect.name for effect in row.effects] == [
        "Bayesian (primary)",
        "common effect",
        "random effects",
    ]
    below = result.groups[0].models.bayes.probability_below
    assert row.p_values[0] == f"{fmt.probability(below)} below no difference"
    text = " ".join(p for section in write_methods([result]).sections for p in section.paragraphs)
    assert "In a group of 2 to 4 trials the Bayesian random-effects (normal-normal) model" in text
    assert "The prior of τ is half-normal with scale 0.5 on the analysis scale" in text
    assert "A prior with scale 1 is a sensitivity analysis." in text
    assert "no interval is called primary" not in text
    cited = [reference.short for reference in write_methods([result]).references]
    assert {"Friede 2017", "Röver 2020"} <= set(cited)


def test_without_a_prior_no_model_is_primary_and_the_methods_say_so():
    result = record(AGREE, {**POOLING, "tau_prior": None})
    (group,) = result.groups
    assert group.primary_model is None
    assert group.estimate == group.models.hk_adhoc.estimate
    assert [t.shrunken for t in result.trials] == [None] * 3
    both = write_methods([record(AGREE), replace(result, title="Other")])
    text = " ".join(p for section in both.sections for p in section.paragraphs)
    assert (
        "Without a prior for the measure, no interval is called primary in a group of 2 to 4 "
        "trials (questions: Other)" in text
    )


def test_data_that_contradict_the_prior_leave_no_primary_model():
    result = record([(0.0, 1e-4), (1e12, 1e-4)])
    (group,) = result.groups
    assert group.primary_model is None
    assert "The Bayesian model cannot be computed" in group.primary_note
