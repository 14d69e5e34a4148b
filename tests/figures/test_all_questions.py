"""Every preset on every question of this review: what stands where, and its numbers."""

from __future__ import annotations

import layout_checks
import panel_checks
import plot_checks
import pytest

import trialpool as tp
from trialpool import formatting as fmt
from trialpool.figures.forest.options.presets import PRESETS, get_preset
from trialpool.figures.forest.panels.table import PanelTable
from trialpool.measures import get_measure
from trialpool.questions.registry import stage
from trialpool.records.base import kind_of

# Stress cases are drawn in every preset elsewhere; all questions in all of them take long.
OTHERS_SLOW = [
    name if name == "default" else pytest.param(name, marks=pytest.mark.slow) for name in PRESETS
]


@pytest.mark.parametrize("preset", OTHERS_SLOW)
def test_layout_of_every_question(real, preset):
    assert len(real) >= 45
    for built in real.values():
        drawn = tp.forest(built, preset=preset)
        several = isinstance(drawn.table, PanelTable)
        for page in drawn.pages:
            (panel_checks if several else layout_checks).check_texts(page.geometry)
            layout_checks.check_canvas(page.geometry)
        (panel_checks if several else layout_checks).check_rows(drawn)
        assert [row.trial_id for row in drawn.table.rows if row.kind == "trial"] == [
            trial.trial_id
            for group in built.groups
            for trial in built.trials
            if trial.group == group.label
        ]
        # Proportions have areas of patients; without trials there are none.
        if built.trials and kind_of(built) != "proportion":
            (panel_checks if several else layout_checks).check_areas(drawn)


@pytest.mark.parametrize("preset", OTHERS_SLOW)
def test_printed_numbers_of_every_question_are_those_of_its_record(real, preset):
    style = get_preset(preset).style
    shown = 0
    for built in real.values():
        if kind_of(built) in ("proportion", "interaction", "surrogacy"):
            continue
        measure = get_measure(built.measure)
        drawn = tp.forest(built, preset=preset)
        rows = [row for row in drawn.table.rows if row.kind == "trial"]
        for row, trial in zip(rows, _in_order(built), strict=True):
            numbers = (trial.estimate, trial.ci_lower, trial.ci_upper)
            text = fmt.effect_with_interval(*numbers, measure, style)
            if trial.printed is not None and trial.printed.is_of(built.settings.level):
                text = fmt.as_printed(trial.printed.texts, measure, style)
            assert row.effect == text
            shown += 1
        test = built.subgroup_test
        if test and test.value is not None:
            within = [group.q for group in built.groups if group.k > 1]
            text = drawn.notes[0]
            assert fmt.number(test.residual_q, 2, style) in text
            # Without arms that comparisons share, it is the sum of what stands under the groups.
            if "share" not in test.note:
                assert test.residual_q == pytest.approx(sum(within), rel=1e-9)
        elif test:
            assert "none, because every group has one trial" in drawn.notes[0]
    assert shown > 100


def _in_order(built):
    return [trial for group in built.groups for trial in built.trials if trial.group == group.label]


def test_further_figures_of_every_question_overlap_nothing_and_are_whole(real):
    names = set()
    for built in real.values():
        for name, plot in stage(kind_of(built), "figures").plots(built).items():
            plot_checks.check_texts_apart(plot)
            plot_checks.check_within_canvas(plot)
            names.add(name)
    assert names == {
        *("curves", "bubble"),
        *("network", "graph", "league", "net-heat", "adjusted-funnel"),
    }


def test_a_group_whose_only_trial_is_not_drawn_says_so(real):
    built = real["metastatic-os"]
    alone = [group for group in built.groups if group.k == 1]
    drawn = tp.figures.draw_forest(built, heaviest=2)
    assert len(alone) > 2
    assert drawn.alt.count("one trial, not drawn") == len(alone) - 2
