"""Levels of each trial and their ratio: what stands where, its numbers, and the files."""

from __future__ import annotations

import csv
import io
import math

import msgspec
import pytest
from interaction_records import BUILDERS, anker, few, interaction
from panel_checks import check_panels
from scipy.stats import norm
from typer.testing import CliRunner

import trialpool as tp
from trialpool import formatting as fmt
from trialpool.cli.main import app
from trialpool.figures.forest.options.presets import PRESETS, get_preset
from trialpool.figures.forest.panels.table import Absent, PanelTable
from trialpool.figures.forest.sheet import csv_text
from trialpool.figures.forest.table import Row
from trialpool.measures import get_measure
from trialpool.questions.interaction.forest_levels import NAIVE
from trialpool.questions.interaction.forest_panels import ONE_LEVEL
from trialpool.records.files import write_record

HR, RHR = get_measure("HR"), get_measure("RHR")
SIDES = ("positive", "negative")
# A marker that is called as the measure of its levels goes by the words of the question.
NAMES = {("HR", side): f"Hormone receptor-{side} disease" for side in SIDES}


def of(real, prefix="interaction-"):
    return [built for name, built in real.items() if name.startswith(prefix)]


@pytest.mark.parametrize("preset", PRESETS)
def test_layout_of_every_preset_on_the_real_questions(real, preset):
    drawn = [tp.forest(built, preset=preset) for built in of(real) if built.trials]
    assert len(drawn) >= 6
    for one in drawn:
        assert isinstance(one.table, PanelTable)
        check_panels(one)


@pytest.mark.parametrize("preset", PRESETS)
@pytest.mark.parametrize("name", [name for name in BUILDERS if name != "many"])
def test_layout_of_every_preset_under_strain(preset, name):
    check_panels(tp.forest(interaction(name), preset=preset))


@pytest.mark.parametrize("preset", ["default", "revman5"])
def test_levels_stay_with_their_trial_on_every_page(preset):
    drawn = tp.forest(interaction("many"), preset=preset)
    assert len(drawn.pages) >= 3
    check_panels(drawn)
    for page in drawn.pages:
        first = min(t.row for t in page.geometry.texts if t.row is not None)
        assert drawn.table.rows[first].kind != "level"


def test_a_question_that_no_trial_answers(real):
    built = real["interaction-pdl1"]
    drawn = tp.forest(built)
    assert drawn.table.rows == ()
    assert drawn.notes == ("No trial meets the criteria of this question.",)


def texts_of(drawn, index, column):
    texts = [t for t in drawn.geometry.texts_of(index) if t.column == column]
    return "".join(t.text for t in sorted(texts, key=lambda t: t.box[0])).replace(" ", "")


@pytest.mark.parametrize("preset", PRESETS)
def test_printed_numbers_of_trials_are_those_of_the_record(real, preset):
    style = get_preset(preset).style

    def printed(values, measure):
        numbers = (values.estimate, values.ci_lower, values.ci_upper)
        return fmt.effect_with_interval(*numbers, measure, style)

    for built in of(real):
        drawn = tp.forest(built, preset=preset)
        rows = enumerate(drawn.table.rows)
        shown = [(i, row) for i, row in rows if row.kind in ("trial", "level")]
        assert len(shown) == sum(1 + len(trial.levels) for trial in built.trials)
        for trial in built.trials:
            (head, _), *levels = shown[: 1 + len(trial.levels)]
            shown = shown[1 + len(trial.levels) :]
            assert texts_of(drawn, head, "effect 2") == printed(trial, RHR).replace(" ", "")
            assert texts_of(drawn, head, "p 2") == fmt.p_value(trial.p_value, style)
            for (index, row), level in zip(levels, trial.levels, strict=True):
                assert row.label == NAMES.get(
                    (level.marker, level.side), f"{level.marker} {level.level}"
                )
                assert dict(row.cells)["comparison"] == level.described
                assert texts_of(drawn, index, "effect") == printed(level, HR).replace(" ", "")


def test_hormone_receptors_are_not_read_as_hazard_ratios(real):
    drawn = tp.forest(real["interaction-hr-status-pfs"])
    names = {row.label for row in drawn.table.rows if row.kind == "level"}
    assert names == {"Hormone receptor-positive disease", "Hormone receptor-negative disease"}
    assert "HR: hazard ratio; RHR: ratio of hazard ratios; CI" in " ".join(drawn.notes)


def test_level_squares_are_proportional_to_information():
    drawn = tp.forest(anker())
    levels = [level for trial in anker().trials for level in trial.levels]
    rows = [row for row in drawn.table.rows if row.kind == "level" and not row.standing]
    squares = [row.parts[0].area for row in rows if row.parts[0].kind == "trial"]
    assert squares == pytest.approx([level.se**-2 for level in levels])


def test_counts_of_levels_are_those_of_the_reports(real):
    """Rows destiny-breast04.pfs.t04 and h0648g.ttp.t06 of time_to_event.csv."""
    drawn = tp.forest(real["interaction-her2-level"])
    rows = {(r.trial_id, r.label): r.parts[0] for r in drawn.table.rows if r.kind == "level"}
    part = rows["destiny-breast04", "HER2-IHC 2+/ISH-"]
    assert (part.experimental, part.control) == ("92/139", "44/67")
    part = rows["h0648g", "HER2-FISH positive"]
    assert (part.experimental, part.control) == ("–", "–")
    assert any("–: not in our data" in note for note in drawn.notes)
    plain = tp.forest(real["interaction-pten"])
    assert plain.table.panels[0].left == ()


def test_intervals_and_test_of_a_record_are_those_of_its_standard_errors(real):
    trials = [trial for built in of(real) for trial in built.trials]
    assert len(trials) >= 10
    z = norm.ppf(0.975)
    for trial in trials:
        expected = 2 * norm.sf(abs(trial.estimate) / trial.se)
        assert trial.p_value == pytest.approx(expected, rel=1e-9)
        for level in trial.levels:
            assert level.ci_lower == pytest.approx(level.estimate - z * level.se)
            assert level.ci_upper == pytest.approx(level.estimate + z * level.se)


def test_published_interactions_of_iron_by_sex():
    """Anker et al. 2025: women against men, log ratio 0.251 (0.031 to 0.472), common effect."""
    drawn = tp.forest(few())
    pools = [row for row in drawn.table.rows if row.kind == "pool"]
    assert [row.label for row in pools] == [
        "Random effects (Bayesian)",
        "Common effect by level",
        NAIVE,
    ]
    model = anker().groups[0].models.common_effect
    assert [model.estimate, model.ci_lower, model.ci_upper] == pytest.approx(
        [0.251, 0.031, 0.472], abs=1e-3
    )


@pytest.mark.parametrize("name", ["anker", "few"])
def test_effects_by_level_are_those_of_the_common_effect_and_agree_with_its_ratio(name):
    built = interaction(name)
    rows = tp.forest(built).table.rows
    (group,), (by_level,) = built.groups, built.by_level
    found = 0
    for index, row in enumerate(rows):
        below = [r.parts[0] for r in rows[index + 1 : index + 3] if r.kind == "level"]
        if row.label != "Common effect by level" or len(below) < 2:
            continue
        found += 1
        floating, ratio = by_level.floating.common_effect, group.models.common_effect
        assert below[0].estimate - below[1].estimate == pytest.approx(ratio.estimate, abs=1e-9)
        for side, part in zip(SIDES, below, strict=True):
            effect = getattr(floating, side)
            assert part.kind == "pool"
            assert [part.estimate, part.lower, part.upper] == [
                effect.estimate, effect.ci_lower, effect.ci_upper,
            ]  # fmt: skip
    assert found == 1


def test_naive_pools_are_named_and_have_no_ratio_of_their_own():
    built = few()
    naive = built.by_level[0].naive
    rows = tp.forest(built).table.rows
    index = next(i for i, row in enumerate(rows) if row.label == NAIVE)
    assert rows[index].parts == (None, Absent(f"apparent {fmt.effect(naive.apparent, RHR)}"))
    for side, row in zip(SIDES, rows[index + 1 : index + 3], strict=True):
        assert row.parts[0].estimate == getattr(naive, side).estimate
        assert row.parts[1] is None
    assert rows[index + 3].label.startswith(f"Apparent RHR {fmt.effect(naive.apparent, RHR)}")


def test_a_trial_of_one_level_says_so():
    for name, label in (("few", "WOMEN"), ("one_and_alone", "MEN")):
        rows = tp.forest(interaction(name)).table.rows
        index = next(i for i, row in enumerate(rows) if row.label == label)
        assert rows[index].parts == (None, Absent(ONE_LEVEL))
        assert rows[index + 1].kind == "level"
        assert isinstance(rows[index + 1].parts[0], Row)
        assert rows[index + 2].kind != "level"


def test_sides_of_both_plots_are_named():
    drawn = tp.forest(anker())
    levels, ratios = drawn.table.panels
    assert levels.favours == ("Favours experimental", "Favours control")
    assert ratios.favours == ("Better effect: women", "Better effect: men")
    higher = msgspec.structs.replace(anker(), benefit="higher")
    assert tp.forest(higher).table.panels[0].favours == levels.favours[::-1]


def test_stripes_lie_behind_every_other_trial_with_its_levels():
    drawn = tp.forest(anker(), stripes=True)
    tops = [mark.box[1] for mark in drawn.geometry.marks if mark.kind == "stripe"]
    trial, shown = 0, []
    for index, row in enumerate(drawn.table.rows):
        trial = trial + 1 if row.kind == "trial" else trial if row.kind == "level" else 0
        if trial and trial % 2 == 0:
            shown.append(min(text.box[1] for text in drawn.geometry.texts_of(index)))
    assert len(shown) == 9
    for top, text in zip(tops, shown, strict=True):
        assert 0 < text - top < 4


def test_ratios_alone_and_chosen_columns():
    built = few()
    plain = tp.forest(built, levels=False)
    assert not isinstance(plain.table, PanelTable)
    right = ["weight", "effect", "p"]
    drawn = tp.forest(built, columns=["counts"], columns_right=right, arms=("Iron", "Placebo"))
    levels, ratios = drawn.table.panels
    assert drawn.table.shared == ()
    assert levels.left == ("experimental", "control")
    assert ratios.right == ("weight", "effect", "p")
    assert "Iron" in {t.text for t in drawn.geometry.texts}
    check_panels(drawn)
    assert tp.forest(built, columns_right=["effect"]).table.panels[1].right == ("effect",)
    with pytest.raises(ValueError, match="columns: no trial has dose"):
        tp.forest(built, columns=["dose"])
    with pytest.raises(ValueError, match="columns: no level has counts"):
        tp.forest(anker(), columns=["counts"])


def test_alt_text_tells_ratios_and_levels(real):
    alt = tp.forest(real["interaction-pten"]).alt
    assert "RHR 0.54 [0.29 to 0.99]" in alt
    assert "PTEN loss HR 0.54 [0.31 to 0.95], PTEN normal HR 1.00 [0.80 to 1.25]" in alt


def test_csv_is_what_is_drawn_and_the_command_writes_it(real, tmp_path):
    built = real["interaction-her2-level"]
    drawn = tp.forest(built)
    text = csv_text(drawn)
    rows = list(csv.DictReader(io.StringIO(text)))
    assert [row["label"] for row in rows] == [row.label for row in drawn.table.rows]
    level = next(row for row in rows if row["kind"] == "level")
    assert (level["levels_effect"], level["ratio_effect"]) == ("0.44 [0.34 to 0.57]", "")
    first = built.trials[0].levels[0]
    assert float(level["levels_estimate"]) == pytest.approx(math.exp(first.estimate))
    path = tmp_path / "result.json"
    write_record(path, built)
    for name in ("out.csv", "out.svg", "out.pdf", "out.png"):
        done = CliRunner().invoke(app, ["forest", str(path), "-o", str(tmp_path / name)])
        assert done.exit_code == 0, done.output
        assert (tmp_path / name).stat().st_size > 0
    assert (tmp_path / "out.csv").read_text("utf-8") == text
