"""Reports that the policies choose in the shipped review: the numbers are those of the papers."""

from __future__ import annotations

import math
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from small_tables import Selected, reasons, stages

from trialpool.effects.derive import EFFECT_COLUMNS, derive_as_configured
from trialpool.questions.registry import stage
from trialpool.questions.shared.selection.library import Library
from trialpool.settings import load_settings
from trialpool.survival import read_raw

ROOT = Path(__file__).resolve().parents[3]


@cache
def library() -> tuple[Library, Any]:
    settings, faults = load_settings(ROOT / "config" / "config.yaml", ROOT)
    assert not faults
    evidence, _ = read_raw(settings.path("raw"), settings.tables)
    derived = [
        {column: str(row[column]) for column in EFFECT_COLUMNS}
        for row in derive_as_configured(evidence, settings.config)
    ]
    return Library(evidence, derived, settings.taxonomy, {}), settings


@cache
def selected(question_id: str) -> Any:
    rows, settings = library()
    question = settings.questions[question_id]
    room = stage(question["kind"], "select")
    pooling, endpoints = settings.config["pooling"], settings.endpoints
    return Selected(*room.select(rows, room.asked(question_id, question, pooling, endpoints)))


def rows_of(question_id: str, trial_id: str) -> list[tuple[str, ...]]:
    return [t.row_ids for t in selected(question_id).trials if t.trial_id == trial_id]


def printed(question_id: str, trial_id: str) -> list[float]:
    """Ratios of the trial, to two decimals as papers print them."""
    ours = [t for t in selected(question_id).trials if t.trial_id == trial_id]
    return [round(math.exp(trial.estimate), 2) for trial in ours]


@pytest.mark.parametrize(
    ("question_id", "trial_id", "ratio"),
    [
        # End-of-study report (Swain 2020), 0.69, not the "final" 0.68 of 2015.
        ("metastatic-os", "cleopatra", 0.69),
        ("trastuzumab-duration-dfs", "persephone", 1.07),
        # Blinded review 1.03 (upper limit 1.36, one-sided 95 %); the investigators read 0.81.
        ("metastatic-pfs", "precious", 1.03),
        # The article of 2026, not the congress number 0.74 of the same cut.
        ("metastatic-pfs", "patina", 0.75),
        # The article by its investigators, not the poster's 0.44 whose reader is not named.
        ("metastatic-pfs", "phila", 0.41),
        # Final analysis, shown a year before the article of the first analysis (0.83) was printed.
        ("metastatic-os", "tulip", 0.87),
        ("postneoadjuvant-os", "katherine", 0.66),
        ("adjuvant-os", "aphinity", 0.83),
    ],
)
def test_the_report_that_the_policy_means(question_id, trial_id, ratio):
    assert printed(question_id, trial_id) == [ratio]


def test_the_reasons_are_the_rules():
    survival, progression = (reasons(selected(f"metastatic-{name}")) for name in ("os", "pfs"))
    assert survival["cleopatra.os.t01"].endswith("data cut-off 2018-11, after the report of 2015")
    assert progression["patina.pfs.t02"].endswith("article before abstract of the same analysis")
    assert progression["phila.pfs.t02"].endswith("read by investigator before unknown")
    assert progression["precious.pfs.t01"].endswith("read by BICR before investigator")


def test_precious_by_its_one_limit():
    (trial,) = [t for t in selected("metastatic-pfs").trials if t.trial_id == "precious"]
    assert trial.se == pytest.approx(math.log(1.36 / 1.03) / 1.6448536, rel=1e-6)


def test_the_retracted_article_of_alternative_is_not_used_and_its_replacement_has_no_interval():
    assert rows_of("metastatic-pfs", "alternative") == []
    assert stages(selected("metastatic-pfs"))["alternative.pfs.t01"] == "retracted"
    why = reasons(selected("metastatic-pfs"))
    assert why["alternative.pfs.t01"] == "its source is retracted; replaced by johnston2021jco"
    assert "without a confidence interval" in why["alternative.pfs.t02"]


def test_cher_lob_enters_by_the_numbers_behind_its_intervals():
    assert sorted(rows_of("neoadjuvant-pcr", "cher-lob")) == [
        ("cher-lob.pcr.r02", "cher-lob.pcr.r01"),
        ("cher-lob.pcr.r03", "cher-lob.pcr.r01"),
    ]


def test_nsabp_b41_enters_or_the_missing_denominator_is_named():
    """Of breast and nodes without a denominator; of the breast one arm with its interval."""
    used = {row for ids in rows_of("neoadjuvant-pcr", "nsabp-b41") for row in ids}
    left = reasons(selected("neoadjuvant-pcr"))
    whole = {f"nsabp-b41.pcr.r0{number}" for number in range(1, 9)}
    for row in whole - used:
        assert any(
            words in left[row]
            for words in ("no denominator", "no usable count", "is preferred", "definition")
        ), (row, left[row])


def test_levels_of_aphinity_come_from_the_longest_follow_up_without_being_told():
    (rows,) = rows_of("interaction-hr-status-dfs", "aphinity")
    assert sorted(rows) == ["aphinity.idfs.t10", "aphinity.idfs.t11"]
    assert (
        "follow-up of 100.8 before 74 months"
        in reasons(selected("interaction-hr-status-dfs"))["aphinity.idfs.t12"]
    )


def test_an_inferred_direction_is_in_the_reanalysis_only():
    question, trials = selected("neoadjuvant-efs")
    assert "predix-her2" not in {trial.trial_id for trial in trials}
    assert "direction inferred" in reasons(selected("neoadjuvant-efs"))["predix-her2.efs.t01"]
    (again,) = [one for one in question.variants if one.id == "inferred-direction"]
    (more,) = {trial.trial_id for trial in again.trials} - {trial.trial_id for trial in trials}
    assert more == "predix-her2"


def test_where_no_direction_was_inferred_there_is_no_such_reanalysis():
    assert "inferred-direction" not in [
        one.id for one in selected("metastatic-pfs").question.variants
    ]


def test_cohorts_and_model_based_rates_enter_no_pool():
    rows, settings = library()
    kept_out = {*settings.taxonomy["designs_cohort"], *settings.taxonomy["responses_not_counts"]}
    asked = [name for name in settings.questions if name.endswith(("-pcr", "-orr", "-pfs", "-rd"))]
    for question_id in asked:
        assert not kept_out & {trial.trial_id for trial in selected(question_id).trials}
    assert {rows.trials[name]["design"] for name in settings.taxonomy["designs_cohort"]} == {
        "cohort"
    }


def test_first_line_trastuzumab_deruxtecan_with_pertuzumab_is_not_tdxd_alone():
    why = reasons(selected("tdxd-orr"))["destiny-breast09.orr.r01"]
    assert why == "trastuzumab deruxtecan alone is asked for, the arm has pertuzumab too"
