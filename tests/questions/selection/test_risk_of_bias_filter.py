"""Judgements in a small review: filter, variant, sensitivity, figure, faults; all made up."""

from __future__ import annotations

import contextlib
import math
import shutil
from pathlib import Path

import pytest
from msgspec import structs

from trialpool.audit.run import run_audit
from trialpool.cli.builds import pipeline
from trialpool.evidence.risk_of_bias_summary import coverage_sentence, results_of, summarise
from trialpool.records.files import read_question, read_result
from trialpool.records.reanalyses import Multiverse, Reanalysis
from trialpool.report.limits import limits
from trialpool.reviews import example
from trialpool.settings import load_settings

HEART_FAILURE = example("heart-failure")
JUDGED = """\
trial_id,endpoint,tool,D1,D2,overall,by,when,reason
dapa-hf,,RoB 2,Low,Low,Low risk,AB,2025-03,
deliver,CVD-HHF,RoB 2,low,serious,High,AB,2025-04,assessors knew
emperor-reduced,,RoB 2,+,!,!,,,
"""
CONFIG = Path("config/config.yaml")


def review(folder: Path, table: str, setting: str = "") -> Path:
    """The heart-failure review with a table of judgements, and a setting of its first question."""
    shutil.copytree(HEART_FAILURE, folder, ignore=shutil.ignore_patterns("results", ".snakemake"))
    (folder / "data/raw/risk_of_bias.csv").write_text(table, encoding="utf-8")
    for name, old, new in (
        ("config.yaml", "time_to_event]", "time_to_event, risk_of_bias]"),
        ("questions.yaml", "  beside: cardiovascular-death\n", setting),
    ):
        path = folder / "config" / name
        text = path.read_text(encoding="utf-8")
        assert text.count(old) == 1
        path.write_text(text.replace(old, new), encoding="utf-8")
    return folder


def built(folder: Path) -> Path:
    """Select and pool its first question, without Snakemake."""
    with contextlib.chdir(folder):
        pipeline.effects(CONFIG, Path("results/staging/effects.csv"))
        pipeline.audit(CONFIG, Path("results/audit.csv"))
        pipeline.select(CONFIG, Path("results/staging/effects.csv"), Path("results/audit.csv"))
        pipeline.pool(Path("results/questions/worsening"))
    return folder / "results/questions/worsening"


@pytest.fixture(scope="module")
def judged(tmp_path_factory):
    return built(review(tmp_path_factory.mktemp("judged") / "review", JUDGED))


def test_judgements_stand_in_the_record(judged):
    result = read_result(judged / "result.json")
    entries = {trial.trial_id: trial.risk_of_bias for trial in result.trials}
    assert entries["deliver"].judgements == {"D1": "low", "D2": "high", "overall": "high"}
    assert entries["deliver"].reasons == {"overall": "assessors knew"}
    assert entries["dapa-hf"].by == "AB"
    assert entries["emperor-preserved"] is None
    sentence = coverage_sentence(summarise(results_of(result.trials)))
    assert sentence.startswith("Risk of bias was judged for 3 of 4 trials: RoB 2, overall of 3")
    assert any("risk of bias was judged for 3 of 4 trials" in text for text in limits([result]))


def pooled(estimates_and_ses):
    """Common effect by inverse variances (Cochran 1954)."""
    weights = [se**-2 for _, se in estimates_and_ses]
    total = sum(y * w for (y, _), w in zip(estimates_and_ses, weights, strict=True))
    return total / sum(weights)


def test_without_high_risk_is_a_sensitivity_of_its_own(judged):
    result = read_result(judged / "result.json")
    (entry,) = (
        one
        for one in result.sensitivity
        if isinstance(one, Reanalysis) and one.id == "without-high-risk"
    )
    (row,) = entry.results
    assert row.k == 3
    assert result.groups[0].k == 4
    # Close to the common effect of the three others: they agree, and tau is small.
    kept = [(t.estimate, t.se) for t in result.trials if t.trial_id != "deliver"]
    assert row.estimate == pytest.approx(pooled(kept), abs=0.02)
    (multiverse,) = (one for one in result.sensitivity if isinstance(one, Multiverse))
    assert "Without results at high risk of bias" in {
        one.value for group in multiverse.results for one in group.by_choice
    }


@pytest.mark.parametrize(
    ("exclude", "left", "reason"),
    [
        ("[high]", {"dapa-hf", "emperor-preserved", "emperor-reduced"},
         "risk of bias: high risk (RoB 2)"),
        ("[high, not judged]", {"dapa-hf", "emperor-reduced"}, "risk of bias: not judged"),
        ("[some concerns, high], domain: D2", {"dapa-hf", "emperor-preserved"},
         "risk of bias: some concerns in D2 (RoB 2)"),
    ],
)  # fmt: skip
def test_a_question_may_leave_judged_results_out(tmp_path, exclude, left, reason):
    setting = f"  risk_of_bias: {{exclude: {exclude}}}\n"
    folder = built(review(tmp_path / "review", JUDGED, setting))
    result = read_result(folder / "result.json")
    assert {trial.trial_id for trial in result.trials} == left
    assert reason in {row.reason for row in result.excluded if row.stage == "set aside"}
    assert result.settings.risk_of_bias.exclude
    # Asked so already: no further sensitivity.
    assert "without-high-risk" not in {one.id for one in result.sensitivity}


def test_a_variant_may_do_the_same(tmp_path):
    setting = """\
  variants:
    - id: low-only
      label: Low risk only
      settings: {risk_of_bias: {exclude: [some concerns, high, not judged]}}
"""
    folder = built(review(tmp_path / "review", JUDGED, setting))
    question = read_question(folder / "question.json")
    trials = {one.id: {trial.trial_id for trial in one.trials} for one in question.variants}
    assert trials["low-only"] == {"dapa-hf"}


def test_the_figure_of_a_question(judged):
    pipeline.figures(judged, risk_of_bias=True)
    assert (judged / "risk_of_bias.svg").read_text("utf-8").count("<svg") == 1
    rows = (judged / "risk_of_bias.csv").read_text("utf-8").splitlines()
    assert "RoB 2,D2,deviations from intended interventions,high,1,0.333333333333" in rows
    pipeline.figures(judged)
    assert not (judged / "risk_of_bias.svg").exists()


def test_without_a_table_nothing_is_judged(judged):
    result = read_result(judged / "result.json")
    bare = [structs.replace(trial, risk_of_bias=None) for trial in result.trials]
    texts = limits([structs.replace(result, trials=tuple(bare))])
    assert sum("risk of bias was not judged." in text for text in texts) == 1
    assert math.isclose(sum(trial.weight for trial in bare), 1.0)


BAD = """\
trial_id,endpoint,tool,D1,D6,overall,domain,judgement
dapa-hf,,RoB 2,fine,,low,,
deliver,,RoB 2,,low,low,,
deliver,,RoB 2,,,high,,
nobody,,RoB 2,low,,,,
emperor-reduced,CVDD,RoB 2,low,,,,
emperor-preserved,,RoB 2,,,,confounding,low
"""


def test_every_fault_is_named_at_once(tmp_path):
    folder = review(tmp_path / "review", BAD)
    settings, faults = load_settings(folder / CONFIG, folder)
    found = run_audit(folder / "data/raw", settings.tables, settings, faults).findings
    fatal = {(one.rule, one.line, one.column) for one in found if one.level == "fatal"}
    assert fatal == {
        ("judgement-known", 2, "D1"),
        ("domain-of-tool", 3, "D6"),
        ("judged-once", 4, "overall"),
        ("trial-known", 5, "trial_id"),
        ("endpoint-known", 6, "endpoint"),
        ("domain-of-tool", 7, "domain"),
    }
