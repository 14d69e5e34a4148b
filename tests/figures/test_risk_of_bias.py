"""Risk of bias: places, legends and words of its symbols; colours that all readers tell apart."""

from __future__ import annotations

import numpy as np
import pytest
from forest_records import survival
from layout_checks import check_layout, check_texts, marks, overlap
from marked_records import WORDS, judge, judged, many_domains
from stress_records import clipped

import trialpool as tp
from trialpool.evidence.risk_of_bias import TOOLS, judgement_of
from trialpool.figures.forest.marks.visuals import ROB_COLOURS
from trialpool.figures.forest.options.presets import PRESETS
from trialpool.figures.forest.risk_of_bias import SYMBOLS, domains_of
from trialpool.records.files import result_of


@pytest.mark.parametrize("preset", PRESETS)
@pytest.mark.parametrize("build", [judged, many_domains, lambda: judge(clipped())])
def test_layout_with_risk_of_bias(preset, build):
    drawn = tp.forest(build(), preset=preset, rows_per_page=None)
    check_layout(drawn)
    discs = marks(drawn, "rob")
    for one_index, one in enumerate(discs):
        assert not [two for two in discs[one_index + 1 :] if overlap(one.box, two.box, 0.0)]
        left, top, right, bottom = one.box
        (symbol,) = [
            text for text in drawn.geometry.texts
            if text.role == "rob" and abs(text.x - (left + right) / 2) < 1e-6
            and top < text.y < bottom
        ]  # fmt: skip
        assert symbol.text == SYMBOLS[one.style]
        assert symbol.box[0] > left
        assert symbol.box[2] < right


def test_every_judgement_stands_under_its_letter_on_its_row():
    drawn = tp.forest(judged())
    letters = [t for t in drawn.geometry.texts if t.role == "header" and t.column == "rob"][1:]
    assert [text.text for text in letters] == ["A", "B", "C", "D", "E", "All"]
    for index, row in enumerate(drawn.table.rows):
        discs = drawn.geometry.marks_of(index, "rob")
        assert tuple(mark.style for mark in discs) == row.rob
        for disc, letter in zip(discs, letters, strict=bool(discs)):
            assert (disc.box[0] + disc.box[2]) / 2 == pytest.approx(letter.x)
        if row.kind == "trial":
            source = next(x for x in judged()["trials"] if x["trial_id"] == row.trial_id)
            entry = source.get("risk_of_bias")
            assert row.rob == (tuple(entry["judgements"].values()) if entry else ())
    notes = " ".join(text.text for text in drawn.geometry.texts if text.role == "note")
    assert "A: randomisation process;" in notes
    assert all(word in notes for word in ("low risk", "some concerns", "high risk"))


def test_risk_of_bias_is_on_every_page_and_its_legend_on_the_last():
    drawn = tp.forest(judged(), rows_per_page=10)
    assert len(drawn.pages) > 2
    check_layout(drawn)
    for page in drawn.pages:
        heads = [t.text for t in page.geometry.texts if t.column == "rob" and t.role == "header"]
        assert heads == ["Risk of bias", *"ABCDE", "All"]
        found = [m for m in page.geometry.marks if m.kind == "rob"]
        legend = [m for m in found if m.row is None]
        assert bool(legend) == (page is drawn.pages[-1])


def test_risk_of_bias_can_be_left_out_and_asked_for_in_vain():
    assert not marks(tp.forest(judged(), columns_right=["effect"]), "rob")
    drawn = tp.forest(judged(), columns=["rob"], columns_right=["effect"])
    assert drawn.geometry.panel.left > max(mark.box[2] for mark in marks(drawn, "rob") if mark.row)
    check_texts(drawn.geometry)
    with pytest.raises(ValueError, match="no trial has rob; there are: "):
        tp.forest(survival(), columns_right=["effect", "rob"])


def test_judgements_of_a_table_and_names_of_domains():
    effects = tp.effect_sizes(hr=[0.7, 0.8], ci_lower=[0.5, 0.6], ci_upper=[0.98, 1.07])
    cells = [
        {"rob_D1": "low", "rob_D2": "+", "rob_overall": "Some concerns"},
        {"rob_D1": "-", "rob_D2": "", "rob_overall": "high"},
    ]
    drawn = tp.forest(effects, cells=cells, rob_names={"D1": "concealment"})
    rows = [row.rob for row in drawn.table.rows if row.kind == "trial"]
    assert rows == [("low", "low", "some concerns"), ("high", "unclear", "high")]
    assert drawn.table.rob.names == ("concealment", "D2", "overall")
    assert [row.cell("rob") for row in drawn.table.rows if row.rob] == ["+ + !", "− ? −"]
    own = tp.forest(effects, cells=[{"q": "low"}, {"q": "serious"}], rob_columns=["q"])
    assert [row.rob for row in own.table.rows if row.kind == "trial"] == [("low",), ("high",)]
    with pytest.raises(ValueError, match="column rob_D1: 'fine' is no judgement"):
        tp.forest(effects, cells=[{"rob_D1": "fine"}, {}])


def test_words_of_judgements():
    assert [judgement_of(x) for x in ("Low", "!", "−", "x", "No information", " ", None)] == [
        "low", "some concerns", "high", "critical", "unclear", "", "",
    ]  # fmt: skip
    assert set(ROB_COLOURS) == set(SYMBOLS) >= set(WORDS)
    assert domains_of(result_of(many_domains()).trials).names[:-1] == TOOLS["ROBINS-I"]
    assert domains_of(result_of(survival()).trials) is None


def linear(colour):
    """Linear red, green and blue of a colour (IEC 61966-2-1)."""
    parts = np.array([int(colour[i : i + 2], 16) for i in (1, 3, 5)]) / 255
    return np.where(parts <= 0.04045, parts / 12.92, ((parts + 0.055) / 1.055) ** 2.4)


# Viénot, Brettel and Mollon 1999, Color Res Appl 24:243: what protanopes and deuteranopes see,
# in linear RGB.
PROTAN = np.array([[0.11238, 0.88762, 0.0], [0.11238, 0.88762, 0.0], [0.00401, -0.00401, 1.0]])
DEUTAN = np.array([[0.29275, 0.70725, 0.0], [0.29275, 0.70725, 0.0], [-0.02234, 0.02234, 1.0]])
# Machado, Oliveira and Fernandes 2009, IEEE Trans Vis Comput Graph 15:1291, table 1, severity 1.
TRITAN = np.array([[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602],
                   [0.004733, 0.691367, 0.303900]])  # fmt: skip


@pytest.mark.parametrize("eyes", [np.eye(3), PROTAN, DEUTAN, TRITAN])
def test_colours_of_low_some_and_high_stay_apart_for_colour_blind_readers(eyes):
    seen = [eyes @ linear(ROB_COLOURS[name]) for name in ("low", "some concerns", "high")]
    for one in range(3):
        for two in range(one + 1, 3):
            assert np.abs(seen[one] - seen[two]).max() > 0.12


def test_symbols_can_be_read_on_their_colours():
    """Contrast of the ink with every disc is at least 4.5 (WCAG 2.1, 1.4.3)."""
    weights = np.array([0.2126, 0.7152, 0.0722])
    ink = weights @ linear("#1a1a1a") + 0.05
    assert all((weights @ linear(c) + 0.05) / ink >= 4.5 for c in ROB_COLOURS.values())
