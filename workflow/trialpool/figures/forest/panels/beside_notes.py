"""The text under two forest plots side by side, and their description in words."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from trialpool.figures.forest.panels.pairing import ELSEWHERE, LEFT_OUT, NOT_IN_DATA, NOT_POOLABLE
from trialpool.figures.forest.panels.table import Absent, PanelTable, merged
from trialpool.figures.forest.table import Row
from trialpool.figures.forest.words.naming import undated_sentence
from trialpool.figures.forest.words.notes import alt_text, method_sentences, subgroup_sentence
from trialpool.records.results import ComparativeResult

_MEANING: Final = {
    NOT_IN_DATA: "no result of the endpoint in the data",
    NOT_POOLABLE: "a result without the numbers that a pool needs",
    LEFT_OUT: "a result that does not answer the question",
    ELSEWHERE: "pooled with other trials for this endpoint",
}


def beside_notes(
    records: Sequence[ComparativeResult],
    table: PanelTable,
    clipped: Sequence[tuple[str, ...]],
    enlarged: Sequence[bool],
) -> tuple[str, ...]:
    """Write the paragraphs: tests of each endpoint, then what both have in common once."""
    notes = []
    for record, code in zip(records, table.codes, strict=True):
        if not record.trials:
            notes.append(f"{code}: no trial meets the criteria of this question.")
        if record.subgroup_test:
            test = subgroup_sentence(record.subgroup_test, table.preset.style)
            notes.append(f"{code}: {test[:1].lower()}{test[1:]}")
    reasons = [r.overall_reason.strip() if r.overall is None else "" for r in records]
    for reason in dict.fromkeys(text for text in reasons if text):
        which = [c for c, own in zip(table.codes, reasons, strict=True) if own == reason]
        of = "" if len(which) == len(records) else f" of {which[0]}"
        notes.append(f"No overall estimate{of}. {reason}")
    sentences: list[str] = []
    for record, half, cut, large in zip(records, table.panels, clipped, enlarged, strict=True):
        if record.trials:
            own = method_sentences(record, half, clipped=cut, enlarged=large)
            if not table.dated:
                own = [text for text in own if text != undated_sentence(record.trials)]
            sentences = merged(sentences, own)
    sentences = _one_on_squares(sentences)
    names = zip(table.codes, table.names, strict=True)
    sentences += [f"{c}: {n[:1].lower()}{n[1:]}." for c, n in names if c.lower() != n.lower()]
    sentences.append("Each endpoint has its own axis, weights and scale of squares.")
    used = {p.text for row in table.rows for p in row.parts if isinstance(p, Absent)}
    sentences += [f"“{text}”: {what}." for text, what in _MEANING.items() if text in used]
    notes.append(" ".join(sentences))
    stamp = table.preset.stamp
    if stamp:
        versions = [
            f"{c} {half.version}" for c, half in zip(table.codes, table.panels, strict=True)
        ]
        notes.append(f"Data version: {stamp if isinstance(stamp, str) else '; '.join(versions)}.")
    return tuple(notes)


def _one_on_squares(sentences: Sequence[str]) -> list[str]:
    """Keep the fuller of two sentences on squares: without pools it says less, nothing else."""
    on_squares = [text for text in sentences if text.startswith("Squares and lines")]
    kept = max(on_squares, key=len, default="")
    return [text for text in sentences if text not in on_squares or text == kept]


def beside_alt(records: Sequence[ComparativeResult], table: PanelTable) -> str:
    """Describe both plots in words, one after the other, and who lacks one endpoint."""
    trials = [row for row in table.rows if row.kind == "trial"]
    both = sum(all(isinstance(part, Row) for part in row.parts) for row in trials)
    parts = [
        f"Two forest plots side by side on {len(trials)} "
        f"{'comparison' if len(trials) == 1 else 'comparisons'}, {both} of them in both: "
        f"{table.names[0]} and {table.names[1]}."
    ]
    for record, half in zip(records, table.panels, strict=True):
        parts.append(alt_text(record, half))
    for index, name in enumerate(table.names):
        missing = [(row.label, part.text) for row in trials
                   if isinstance(part := row.parts[index], Absent)]  # fmt: skip
        if missing:
            listed = ", ".join(f"{label} ({text})" for label, text in missing)
            parts.append(f"Without {name[:1].lower()}{name[1:]}: {listed}.")
    return " ".join(parts)
