"""Every pool beside the second engine: what agrees, what does not, what has no second number."""

import csv
import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from trialpool.cli.main import app
from trialpool.formatting import power_above
from trialpool.pooling import random_effects
from trialpool.report.methods.verification import computed_twice
from trialpool.verification.build import AGREES, DIFFERS, NOT_TWICE, verify
from trialpool.verification.pools import Contents, Pool

RUN = CliRunner()
MODELS = {
    "common-effect": ("CE", "wald"),
    "hk": ("REML", "hk"),
    "hk-adhoc": ("REML", "hk-adhoc"),
}


def pool_of(yi, vi, *, independent=True):
    models = {
        name: random_effects(yi, vi, tau2=tau2, ci=ci).to_dict()
        for name, (tau2, ci) in MODELS.items()
    }
    return Pool("question", "group", tuple(yi), tuple(vi), 0.95, independent, models)


def rows_of(pool):
    return verify([Contents((pool,), (), ())], {})


def test_pools_of_any_unit_agree_and_none_is_refused_by_its_size():
    rng = np.random.default_rng(11)
    for _ in range(60):
        unit = 10.0 ** rng.integers(-2, 4)
        k = int(rng.integers(2, 15))
        vi = np.exp(rng.normal(-3.0, 1.0, k))
        yi = rng.normal(0.3, np.sqrt(vi + rng.exponential(0.1)))
        rows = rows_of(pool_of((unit * yi).tolist(), (unit**2 * vi).tolist()))
        assert {row.verdict for row in rows if row.second is not None} == {AGREES}
        given = [row for row in rows if row.second is None]
        assert [(row.model, row.quantity) for row in given] == [
            ("hk", "tau2"),
            ("hk-adhoc", "tau2"),
        ]


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("quantity", ["estimate", "se", "ci_lower", "ci_upper"])
def test_what_is_off_by_more_than_is_allowed_is_found(model, quantity):
    pool = pool_of([0.1, 0.4, 0.9], [0.04, 0.02, 0.05])
    for shift, found in ((0.5e-8, []), (2e-8, [(model, quantity)])):
        numbers = {**pool.models[model], quantity: pool.models[model][quantity] + shift}
        rows = rows_of(replace(pool, models={**pool.models, model: numbers}))
        assert [(row.model, row.quantity) for row in rows if row.verdict == DIFFERS] == found


def test_an_estimate_at_another_tau2_is_found():
    pool = pool_of([0.1, 0.4, 0.9], [0.04, 0.02, 0.05])
    numbers = {**pool.models["hk"], "tau2": pool.models["hk"]["tau2"] + 1e-5}
    rows = rows_of(replace(pool, models={"hk": numbers}))
    assert {"estimate", "se"} <= {row.quantity for row in rows if row.verdict == DIFFERS}


def test_a_number_that_is_none_agrees_with_nothing():
    pool = pool_of([0.1, 0.4, 0.9], [0.04, 0.02, 0.05])
    numbers = {**pool.models["hk"], "se": float("nan")}
    rows = rows_of(replace(pool, models={"hk": numbers}))
    assert [row.quantity for row in rows if row.verdict == DIFFERS] == ["se"]


def test_comparisons_of_one_trial_and_the_bayesian_model_are_listed_as_not_computed_twice():
    pool = pool_of([0.1, 0.4, 0.9], [0.04, 0.02, 0.05], independent=False)
    rows = rows_of(pool)
    assert [row.model for row in rows] == list(MODELS)
    assert {(row.verdict, row.note) for row in rows} == {
        (NOT_TWICE, "comparisons of one trial: generalised least squares")
    }
    bayes = replace(pool, independent=True, models={"bayes": {}})
    assert rows_of(bayes)[0].note == "Bayesian model"


def call(*arguments):
    return RUN.invoke(app, [str(argument) for argument in arguments])


@pytest.fixture
def pooled(review, monkeypatch):
    """Folders of the small review's questions, pooled."""
    monkeypatch.chdir(review)
    results = Path("results")
    call("step", "effects", "-o", results / "staging/effects.csv")
    call("step", "audit", "-o", results / "audit.csv")
    options = ["--effects", results / "staging/effects.csv", "--findings", results / "audit.csv"]
    call("step", "select", *options)
    folders = sorted((results / "questions").iterdir())
    assert call("step", "pool", *folders).exit_code == 0
    return folders


def read(path):
    with Path(path).open(encoding="utf-8") as stream:
        return list(csv.DictReader(stream))


def test_the_small_review_agrees_and_the_report_says_so(pooled):
    assert call("step", "verify", *pooled, "-o", "v.csv").exit_code == 0
    rows = read("v.csv")
    twice = {(row["question"], row["model"]) for row in rows if row["verdict"] == AGREES}
    models = (*MODELS, "dersimonian-laird", "paule-mandel")
    assert twice == {(folder.name, model) for folder in pooled for model in models}
    assert {row["engine"].split()[0] for row in rows if row["second"]} == {"statsmodels"}
    (text,) = computed_twice(rows)
    # A group in each question, and the overall pool of one.
    assert text.startswith("15 pools, of 3 sets of trials, were computed twice")
    assert rows[0]["engine"] in text
    assert "re-analyses, by the functions of the main analysis (2)" in text


def test_a_number_that_was_changed_stops_the_build_and_is_named(pooled):
    path = pooled[0] / "result.json"
    record = json.loads(path.read_text(encoding="utf-8"))
    numbers = record["groups"][0]["models"]["hk-adhoc"]
    true = numbers["ci_upper"]
    numbers["ci_upper"] = true + 1e-6
    path.write_text(json.dumps(record), encoding="utf-8")
    done = call("step", "verify", *pooled, "-o", "v.csv")
    assert done.exit_code == 1
    place = f"{record['id']}, {record['groups'][0]['label']}, hk-adhoc, ci_upper"
    assert f"1. {place}: trialpool {true + 1e-6!r}, statsmodels" in done.stderr
    assert "1 number differs from the second engine" in done.stderr
    (wrong,) = [row for row in read("v.csv") if row["verdict"] == DIFFERS]
    assert float(wrong["second"]) == pytest.approx(true, abs=1e-12)


def test_a_trial_that_stands_twice_is_no_independent_pool(pooled):
    path = pooled[0] / "result.json"
    record = json.loads(path.read_text(encoding="utf-8"))
    record["trials"][0]["trial_id"] = record["trials"][1]["trial_id"]
    path.write_text(json.dumps(record), encoding="utf-8")
    assert call("step", "verify", pooled[0], "-o", "v.csv").exit_code == 0
    assert {row["verdict"] for row in read("v.csv")} == {NOT_TWICE}


@pytest.mark.parametrize(
    ("value", "text"),
    [(3e-15, "10⁻¹⁴"), (0.0, "10⁻¹⁵"), (2e-6, "10⁻⁵"), (0.3, "10⁰"), (40.0, "10²")],
)
def test_a_difference_is_told_by_the_power_of_ten_above_it(value, text):
    assert power_above(value) == text


def test_nothing_to_say_without_the_table():
    assert computed_twice([]) == []
