"""Questions about single arms: selection on the real data, pooling by hand."""

from __future__ import annotations

import json
import math
from pathlib import Path

import numpy as np
import pytest
from pooled_records import built, pooled

from trialpool.effects.derive import derive_effects
from trialpool.evidence.tables import read_tables
from trialpool.figures import draw_forest
from trialpool.pooling.counts import exact_interval, proportion_glmm
from trialpool.questions.proportion.select import asked, select
from trialpool.questions.shared.selection.files import read_selection, write_selection
from trialpool.questions.shared.selection.library import Library
from trialpool.records.files import to_plain
from trialpool.settings import load_settings

ROOT = Path(__file__).resolve().parents[3]
IDS = ("her2-mutant-orr", "tdxd-orr")


@pytest.fixture(scope="module")
def records(tmp_path_factory):
    settings, faults = load_settings(ROOT / "config" / "config.yaml", ROOT)
    assert not faults
    evidence, _ = read_tables(settings.path("raw"), settings.tables)
    words = settings.config["intention_to_treat_words"]
    derived = [
        {key: str(value) for key, value in row.items()} for row in derive_effects(evidence, words)
    ]
    library = Library(evidence, derived, settings.taxonomy, {})
    found = {}
    for name in IDS:
        question = settings.questions[name]
        folder = tmp_path_factory.mktemp(name)
        typed = asked(name, question, settings.config["pooling"], settings.endpoints)
        write_selection(folder, *select(library, typed))
        found[name] = built(*read_selection(folder))
    return found


def counts(record):
    return {
        (trial.group, trial.trial_id): (
            trial.experimental.events,
            trial.experimental.n,
        )
        for trial in record.trials
    }


def test_her2_mutant_cohorts_by_treatment(records):
    """MutHER 2 of 16; SUMMIT 40.0 % of 10 with neratinib, 35.3 % of 17 with trastuzumab besides."""
    assert sorted(counts(records["her2-mutant-orr"]).items()) == [
        (("Domain IV antibody + irreversible pan-HER TKI", "summit-tnbc"), (6, 17)),
        (("Irreversible pan-HER TKI", "muther"), (2, 16)),
        (("Irreversible pan-HER TKI", "summit-tnbc"), (4, 10)),
    ]


def test_trastuzumab_deruxtecan_in_her2_positive_disease(records):
    """DESTINY-Breast01 62.0 % of 184, -03 79.7 % of 261; -12 two cohorts: 51.7 % of 263, 62.7 %
    of 241. DS8201-A-J101, HER2-low: 37.0 % of 54."""
    record = records["tdxd-orr"]
    assert counts(record) == {
        ("HER2-positive", "destiny-breast01"): (114, 184),
        ("HER2-positive", "destiny-breast03"): (208, 261),
        ("HER2-positive", "destiny-breast12"): (136 + 151, 263 + 241),
        ("HER2-low", "ds8201-j101-low"): (20, 54),
    }
    reasons = {row.row_id: row.reason for row in record.excluded}
    assert "no denominator" in reasons["destiny-breast02.orr.r01"]
    assert "alone is asked for, the arm has pertuzumab too" in reasons["destiny-breast09.orr.r01"]
    assert "only" in reasons["destiny-breast01.orr.r05"]
    assert "preferred" in reasons["destiny-breast01.orr.r01"]


@pytest.mark.parametrize("name", IDS)
def test_every_row_is_used_once_or_has_a_reason(records, name):
    record = records[name]
    used = [row for trial in record.trials for row in trial.row_ids]
    out = [row.row_id for row in record.excluded]
    assert len(used + out) == len(set(used + out))
    assert all(row.reason for row in record.excluded)


@pytest.mark.parametrize("name", IDS)
def test_groups_are_the_models_of_their_counts(records, name):
    for group in records[name].groups:
        members = [t for t in records[name].trials if t.group == group.label]
        events = [t.experimental.events for t in members]
        n = [t.experimental.n for t in members]
        assert (group.events, group.n, group.k) == (sum(events), sum(n), len(members))
        if len(members) == 1:
            assert (group.primary_model, group.models.named()) == ("single-trial", {})
            assert group.estimate == proportion_glmm(events, n).estimate
        else:
            assert group.primary_model == "bayes"
            assert list(group.models.named()) == ["bayes", "glmm", "logit", "freeman-tukey"]
            assert group.models.glmm.estimate == proportion_glmm(events, n).estimate
            assert group.estimate == group.models.bayes.estimate
        for trial, x, size in zip(members, events, n, strict=True):
            own = trial.proportion
            assert (own.ci_lower, own.ci_upper) == exact_interval(x, size)


def question(groups):
    return {"measure": "PLO", "single_arm": {}, "groups": [{"label": g} for g in groups]}


def made_up(group, *arms):
    return [
        {"group": group, "experimental": {"events": x, "n": n}, "estimate": 0.0, "se": 1.0}
        for x, n in arms
    ]


def test_several_trials_have_a_primary_model_and_none_of_none_has_no_mixed_model():
    trials = [
        *made_up("four", (3, 20), (8, 30), (5, 18), (0, 12)),
        *made_up("zero", (0, 20), (0, 11)),
    ]
    four, zero = pooled(question(["four", "zero"]), trials).groups
    assert four.primary_model == "bayes"
    assert four.pi_lower is not None
    assert zero.primary_model == "bayes"
    assert list(zero.models.named()) == ["bayes", "logit", "freeman-tukey"]
    assert "no arm has both" in zero.primary_note
    json.dumps([to_plain(four), to_plain(zero)], allow_nan=False)


TAUS = np.linspace(0.0, 3.0, 301)
PRIOR = np.exp(-0.5 * (TAUS / 0.5) ** 2)
PRIOR[0] /= 2  # the trapezoidal rule: the density falls from tau = 0 on
MEANS = np.linspace(-9.0, 7.0, 1001)


def limits(likelihood):
    """Median and 95 % limits of the mean as proportions, from its likelihood on TAUS × MEANS."""
    density = (PRIOR[:, None] * likelihood).sum(axis=0)
    below = np.cumsum(density) / density.sum()
    at = np.interp([0.5, 0.025, 0.975], below, MEANS + (MEANS[1] - MEANS[0]) / 2)
    return 1 / (1 + np.exp(-at))


def test_two_of_16_and_four_of_10_give_a_plausible_interval():
    """Against sums over a grid: of the normal model of the logits, and of the exact counts.

    The Hartung-Knapp interval of the same logits runs from 0 to 100 %.
    """
    arms = [(2, 16), (4, 10)]
    result = pooled(question(["two"]), made_up("two", *arms))
    (group,) = result.groups
    own = 1 / (1 + np.exp(-np.array([group.estimate, group.ci_lower, group.ci_upper])))
    normal = np.ones((TAUS.size, MEANS.size))
    for x, n in arms:
        logit, v = math.log(x / (n - x)), 1 / x + 1 / (n - x)
        total = v + TAUS[:, None] ** 2
        normal *= np.exp(-0.5 * (logit - MEANS) ** 2 / total) / np.sqrt(total)
    assert own == pytest.approx(limits(normal), abs=1e-3)
    # Binomial counts with normal logits, integrated over the logits by Gauss and Hermite.
    nodes, weights = np.polynomial.hermite_e.hermegauss(40)
    exact = np.ones((TAUS.size, MEANS.size))
    for x, n in arms:
        inside = np.zeros_like(exact)
        for node, weight in zip(nodes, weights, strict=True):
            theta = MEANS + TAUS[:, None] * node
            inside += weight * np.exp(x * theta - n * np.logaddexp(0.0, theta))
        exact *= inside
    # With so few patients the normal model of a logit lies a few points off.
    assert own == pytest.approx(limits(exact), abs=0.05)
    assert 0.05 < own[1] < 0.15 < own[0] < 0.35 < own[2] < 0.6
    logits = group.models.logit
    assert 1 / (1 + math.exp(-logits.ci_lower)) < 0.001
    assert 1 / (1 + math.exp(-logits.ci_upper)) > 0.999
    (again,) = result.sensitivity
    narrow, wide = again.results
    assert narrow.ci_upper - narrow.ci_lower < group.ci_upper - group.ci_lower
    assert wide.ci_upper - wide.ci_lower > group.ci_upper - group.ci_lower


def test_a_limit_at_none_or_all_is_null_as_a_logit():
    (trial,) = pooled(question(["one"]), made_up("one", (0, 12))).trials
    assert trial.ci_lower is None
    assert trial.ci_upper == pytest.approx(math.log((1 - 0.025 ** (1 / 12)) / 0.025 ** (1 / 12)))


@pytest.mark.parametrize("name", IDS)
def test_the_figure_compares_nothing(records, name):
    drawn = draw_forest(records[name])
    roles = {text.role for text in drawn.geometry.texts}
    assert "favours" not in roles
    assert "null" not in {mark.kind for mark in drawn.geometry.marks}
    shown = {row.label: row.effect for row in drawn.table.rows if row.kind == "trial"}
    assert len(shown) == len(records[name].trials) or name == "her2-mutant-orr"
    assert all("[" in effect for effect in shown.values())
    # Ticks are percent, none beyond 0 and 100.
    ticks = [float(text.text) for text in drawn.geometry.texts if text.role == "tick"]
    assert min(ticks) >= 0
    assert max(ticks) <= 100
