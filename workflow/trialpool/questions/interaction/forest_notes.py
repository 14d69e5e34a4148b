"""The text under the plot of an interaction, and its description in words."""

from __future__ import annotations

from collections.abc import Sequence

from trialpool import formatting as fmt
from trialpool.figures.forest.panels.table import PanelTable
from trialpool.figures.forest.table import Row
from trialpool.figures.forest.words.legends import last_paragraphs
from trialpool.figures.forest.words.notes import alt_text, method_sentences
from trialpool.questions.interaction.forest_levels import NAIVE
from trialpool.records.interaction import InteractionResult


def interaction_notes(
    result: InteractionResult,
    table: PanelTable,
    clipped: Sequence[tuple[str, ...]],
    enlarged: Sequence[bool],
) -> tuple[str, ...]:
    """Write the paragraphs: what is compared, then how the plots are to be read."""
    if not result.trials:
        return ("No trial meets the criteria of this question.",)
    levels, ratios = table.panels
    what = levels.measure.name
    asked, null = result.interaction, fmt.null_value(0.0, ratios.measure)
    labels = asked.labels
    if asked.compare == "trend":
        compared = (
            f"Each trial shows the effect in levels of one report, from {labels.positive} to "
            f"{labels.negative}. The {ratios.measure.name} at the right is the slope over the "
            f"scores of the levels, per {asked.step}; at {null} the effect does not change."
        )
    else:
        first, second = (
            ("one level", "the level of reference")
            if asked.compare == "levels"
            else (labels.positive, labels.negative)
        )
        compared = (
            f"Each trial compares the effect in {first} (first row) with that in {second} "
            f"(second row), both from one report. The {ratios.measure.name} at the right is the "
            f"first over the second, the interaction within the trial; at {null} the effect does "
            "not differ."
        )
    if any(name == "p" for name in (*ratios.left, *ratios.right)):
        compared += f" {table.preset.style.p_letter}: test of no interaction."
    arrows = tuple(dict.fromkeys(sentence for own in clipped for sentence in own))
    sentences = [
        f"{levels.measure.code}: {what};",
        *method_sentences(result, ratios, clipped=arrows, enlarged=any(enlarged)),
        "The squares of the levels are proportional to their information (1/SE²) in the plot "
        "of the levels.",
    ]
    if any(row.kind == "level" and row.standing for row in table.rows):
        sentences.append(
            "Rows under a pool: effects by level that differ by exactly the pooled interaction of "
            "its model (floating subgroups, Godolphin 2023)."
        )
    if any(row.label == NAIVE for row in table.rows):
        sentences.append(
            "Levels pooled each for itself mix the interaction with differences between trials: "
            "no test of it."
        )
    if any(one.one_level for one in result.by_level):
        sentences.append(
            "Trials with one level only place the effects by level and say nothing of the "
            "interaction."
        )
    counted = {row.cell(arm) for row in levels.rows for arm in ("experimental", "control")}
    if fmt.NOT_AVAILABLE in counted:
        sentences.append(f"{fmt.NOT_AVAILABLE}: not in our data.")
    if levels.heads.experimental and levels.heads.experimental[1] == "events/n":
        single = {text for text in counted if text.isdecimal()}
        if single:
            sentences.append("A single number under events/n is n; events not in our data.")
    return (compared, " ".join(dict.fromkeys(sentences)), *last_paragraphs(result, ratios))


def interaction_alt(result: InteractionResult, table: PanelTable) -> str:
    """Describe the ratios in words, then the levels of each trial."""
    levels, ratios = table.panels
    parts = [alt_text(result, ratios)]
    trial = ""
    found: dict[str, list[str]] = {}
    for row in table.rows:
        if row.kind == "trial":
            trial = row.label
        part = row.parts[0] if row.parts else None
        if row.kind == "level" and isinstance(part, Row) and part.kind == "trial":
            found.setdefault(f"{row.group}, {trial}", []).append(
                f"{row.label} {levels.measure.code} {part.effect}"
            )
    parts += [f"{name}: {', '.join(texts)}." for name, texts in found.items()]
    return " ".join(parts)
