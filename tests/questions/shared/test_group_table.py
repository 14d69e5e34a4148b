"""The Markdown table of a result's groups, from printed numbers."""

import math

from sample_records import pool, result

from trialpool.questions.registry import stage
from trialpool.records.base import kind_of


def logs(estimate: float, lower: float, upper: float) -> dict[str, float]:
    ends = ("estimate", "ci_lower", "ci_upper")
    return {end: math.log(value) for end, value in zip(ends, (estimate, lower, upper), strict=True)}


def table(**fields):
    record = result(id="pfs", title="Progression-free survival", **fields)
    return list(stage(kind_of(record), "table").table_lines(record))


def test_a_pool_shows_its_models_and_a_single_trial_itself():
    models = {
        "common-effect": pool(k=2, **logs(0.84, 0.73, 0.96)),
        "hk-adhoc": pool(k=2, **logs(0.85, 0.21, 3.44)),
    }
    verdict = {
        **{"word": "leans-to-benefit", "size": None, "p_benefit": 0.95, "p_important": None},
        "flags": [],
    }
    two = {"label": "Two", "k": 2, "tau2": 0.01, "tau2_ci_lower": 0.0, "verdict": verdict}
    two = {**two, **logs(0.85, 0.70, 1.04)}
    lines = table(
        groups=[
            {
                **{**two, "primary_model": "bayes", "tau2_ci_upper": 0.09, "models": models},
                **{"i2_q": 12.0, "i2_q_ci_lower": 0.0, "i2_q_ci_upper": 90.4},
            },
            {"label": "One", "k": 1, **logs(0.78, 0.64, 0.95)},
        ]
    )
    assert lines[0] == "## pfs\n\nProgression-free survival (hazard ratio).\n"
    cells = [[cell.strip() for cell in line.split("|")[1:-1]] for line in lines[2:4]]
    assert cells[0] == [
        # With two trials random effects are no answer.
        *("Two", "2", "leans to benefit", "Bayesian", "–", "0.84 [0.73 to 0.96]", "–", "–"),
        *("0.10 [0.00 to 0.30]", "12% [0% to 90%]"),
    ]
    assert cells[1] == ["One", "1", "–", "the trial: 0.78 [0.64 to 0.95]", *["–"] * 6]


def test_without_a_trial_it_says_so():
    assert table(groups=[])[1:] == ["No trial can be pooled; the report lists why.", ""]


def test_absolute_effects_stand_where_a_control_risk_is_known():
    absolute = {
        **{
            "landmark_months": 12,
            "control_risk": 0.5,
            "control_risk_source": "",
            "median_gain": None,
        },
        **{"control_risk_ci_lower": None, "control_risk_ci_upper": None, "control_risks": []},
        "treatment_risk": {"estimate": 0.4, "ci_lower": 0.3, "ci_upper": 0.45},
        "per_1000": {"estimate": -100.0, "ci_lower": -200.0, "ci_upper": -50.0},
        "number_needed": {
            **{"estimate": {"value": 10, "to": "benefit"}, "best": {"value": 5, "to": "benefit"}},
            **{"worst": {"value": 20, "to": "benefit"}, "through_infinity": False},
        },
        "assumptions": [],
    }
    lines = table(groups=[{"label": "With", "absolute": absolute}, {"label": "Without"}])
    head, rule = lines[1].split("\n")
    assert head.endswith("| control risk | in 1,000 patients | number needed |")
    assert head.count("|") == rule.count("|") == lines[2].count("|") == lines[3].count("|")
    assert lines[2].endswith(
        "| 50% by 12 months | 100 fewer (50 to 200 fewer) | NNTB 10 (5 to 20) |"
    )
    assert lines[3].endswith("| – | – | – |")
