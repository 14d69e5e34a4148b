"""Every preset on records that strain a layout; what the presets print."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
import yaml
from forest_records import record, response, source, survival, trial
from layout_checks import check_layout
from stress_records import months, stress_records, two_hundred

from trialpool import formatting as fmt
from trialpool.figures import draw_forest
from trialpool.figures.forest.columns import MM
from trialpool.figures.forest.options.presets import PRESETS, get_preset
from trialpool.measures import get_measure

ROOT = Path(__file__).resolve().parents[2]
STRESS = stress_records()


@pytest.mark.parametrize("preset", PRESETS)
@pytest.mark.parametrize("name", [name for name in STRESS if name != "two_hundred"])
def test_layout_of_every_preset_under_strain(preset, name):
    check_layout(draw_forest(STRESS[name], preset=preset))


@pytest.mark.parametrize("preset", PRESETS)
@pytest.mark.parametrize("build", [survival, response])
def test_layout_of_every_preset_on_trials(preset, build):
    check_layout(draw_forest(build(), preset=preset))


@pytest.mark.parametrize("preset", PRESETS)
def test_two_hundred_trials_on_pages(preset):
    drawn = draw_forest(two_hundred(), preset=preset, rows_per_page=60)
    assert len(drawn.pages) >= 4
    check_layout(drawn)
    for page in drawn.pages:
        roles = [text.role for text in page.geometry.texts]
        assert {"title", "header", "tick", "favours"} <= set(roles)
        assert len({t.row for t in page.geometry.texts if t.row is not None}) <= 60
        assert page.geometry.panel.axis == drawn.geometry.panel.axis
        assert page.geometry.panel.left == drawn.geometry.panel.left


def test_configuration_allows_the_presets_that_there_are():
    schema = yaml.safe_load((ROOT / "workflow/schemas/config.schema.yaml").read_text("utf-8"))
    assert schema["properties"]["figures"]["properties"]["preset"]["enum"] == list(PRESETS)


HR, RD = get_measure("HR"), get_measure("RD")


@pytest.mark.parametrize(
    ("preset", "ratio", "difference", "small", "usual"),
    [
        ("default", "0.69 [0.58 to 0.82]", "−2.5 [−4.9 to 0.2]", "p = 0.004", "p = 0.032"),
        ("jama", "0.69 (0.58–0.82)", "−2.5 (−4.9 to 0.2)", "P = .004", "P = .03"),
        ("bmj", "0.69 (0.58 to 0.82)", "−2.5 (−4.9 to 0.2)", "P = 0.004", "P = 0.03"),
        ("revman5", "0.69 [0.58, 0.82]", "−2.5 [−4.9, 0.2]", "P = 0.004", "P = 0.03"),
        ("lancet", "0·69 (0·58–0·82)", "−2·5 (−4·9 to 0·2)", "p = 0·004", "p = 0·032"),
    ],
)
def test_numbers_of_a_preset(preset, ratio, difference, small, usual):
    style = get_preset(preset).style
    limits = [HR.to_analysis(value) for value in (0.69, 0.58, 0.82)]
    assert fmt.effect_with_interval(*limits, HR, style) == ratio
    assert fmt.effect_with_interval(-0.025, -0.049, 0.002, RD, style) == difference
    assert fmt.p_statement(0.004, style) == small
    assert fmt.p_statement(0.032, style) == usual


@pytest.mark.parametrize("preset", PRESETS)
def test_printed_pieces_are_the_printed_whole(preset):
    drawn = draw_forest(survival(), preset=preset)
    for row in drawn.table.rows:
        if row.effect_parts:
            whole = row.effect.replace(" ", "")
            assert "".join(row.effect_parts).replace(" ", "") == whole


@pytest.mark.parametrize("preset", PRESETS)
def test_rows_say_the_same_numbers_under_every_preset(preset):
    mine, usual = (
        [
            (row.estimate, row.lower, row.upper, row.area)
            for row in draw_forest(survival(), preset=name).table.rows
            if row.lower is not None
        ]
        for name in (preset, "default")
    )
    assert mine == usual


def test_jama_names_the_sides_above_in_bold_and_leaves_tau2_out():
    drawn = draw_forest(survival(), preset="jama")
    sides = [text for text in drawn.geometry.texts if text.role == "favours"]
    assert {text.face for text in sides} == {"bold"}
    assert max(text.y for text in sides) < drawn.geometry.panel.top
    assert not any("τ² =" in row.label for row in drawn.table.rows)


def test_revman_ends_with_a_symmetric_plot():
    drawn = draw_forest(survival(), preset="revman5")
    axis = drawn.geometry.panel.axis
    assert axis.null - axis.lower == pytest.approx(axis.upper - axis.null)
    assert drawn.table.right == ()
    assert drawn.table.left[-2:] == ("weight", "effect")


def test_presets_differ_in_colour_and_squares_do_not_vanish_in_grey():
    palettes = [preset.palette for preset in PRESETS.values()]
    assert len({palette.square for palette in palettes}) == len(palettes)
    for palette in palettes:
        for colour in (palette.square, palette.diamond_edge):
            red, green, blue = (int(colour[i : i + 2], 16) for i in (1, 3, 5))
            assert 0.299 * red + 0.587 * green + 0.114 * blue < 128
        assert len(set(palette.diamond.values())) == 3


def test_an_unknown_preset_is_refused_with_the_known_ones():
    with pytest.raises(ValueError, match="preset='nejm' is not known; allowed: default, jama"):
        draw_forest(survival(), preset="nejm")


def test_a_head_wider_than_the_plot_wraps():
    natural = draw_forest(months()).geometry.width
    drawn = draw_forest(months(), width_mm=(natural - 15.0) / MM)
    head = [t for t in drawn.geometry.texts if t.column == "panel" and t.role == "header"]
    assert len(head) == 3
    assert [text.face for text in head] == ["bold", "bold", "regular"]
    panel = drawn.geometry.panel
    assert all(panel.left - 1e-6 <= t.box[0] and t.box[2] <= panel.right + 1e-6 for t in head)


@pytest.mark.parametrize("estimate", [0.001, 1000.0])
@pytest.mark.parametrize("preset", PRESETS)
def test_all_trials_far_from_the_null(preset, estimate):
    items = [
        trial(f"T{i}", 2020, "g", "c", (estimate, estimate / 1.5, estimate * 1.5)) for i in range(3)
    ]
    check_layout(draw_forest(record("x", "t", items), preset=preset))


@pytest.mark.parametrize(
    ("preset", "expected"),
    [
        ("default", "hazards not proportional (p = 0.043), HR 0.68, p < 0.001, prior 0.5"),
        ("jama", "hazards not proportional (P = .04), HR 0.68, P < .001, prior 0.5"),
        ("bmj", "hazards not proportional (P = 0.04), HR 0.68, P < 0.001, prior 0.5"),
        ("lancet", "hazards not proportional (p = 0·043), HR 0·68, p < 0·001, prior 0·5"),
    ],
)
def test_notes_of_the_record_are_printed_as_the_preset_prints_numbers(preset, expected):
    note = "hazards not proportional (p = 0.043), HR 0.68, p < 0.001, prior 0.5"
    result = survival()
    result["trials"][0] = result["trials"][0] | {"flags": [note]}
    result["sources"] = {"s": source(citation="A", doi="10.1056/x.1.2")}
    result["trials"][0]["source"] = "s"
    drawn = draw_forest(result, preset=preset)
    texts = [text.text for text in drawn.geometry.texts if text.role == "note"]
    assert expected in texts
    listed = draw_forest(result, preset=replace(get_preset(preset), label_style="source"))
    assert any("doi:10.1056/x.1.2" in text.text for text in listed.geometry.texts)
