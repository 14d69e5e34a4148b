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


def test_a_pool_shows_every_model_and_a_single_trial_itself():
    models = {
        "common-effect": pool(k=2, **logs(0.84, 0.73, 0.96)),
        "hk-adhoc": pool(k=2, **logs(0.85, 0.21, 3.44)),
    }
    two = {"label": "Two", "k": 2, "primary_model": None, "tau2": 0.0, "tau2_ci_lower": 0.0}
    lines = table(
        groups=[
            {**two, "tau2_ci_upper": 1.2, "i2": 12.0, "models": models},
            {"label": "One", "k": 1, **logs(0.78, 0.64, 0.95)},
        ]
    )
    assert lines[0] == "## pfs\n\nProgression-free survival (hazard ratio).\n"
    cells = [[cell.strip() for cell in line.split("|")[1:-1]] for line in lines[2:4]]
    assert cells[0] == [
        *("Two", "2", "none", "–", "0.84 [0.73 to 0.96]", "0.85 [0.21 to 3.44]", "–"),
        *("0.000 [0.000 to 1.200]", "12%"),
    ]
    assert cells[1] == ["One", "1", "the trial: 0.78 [0.64 to 0.95]", *["–"] * 6]


def test_without_a_trial_it_says_so():
    assert table(groups=[])[1:] == ["No trial can be pooled; the report lists why.", ""]
