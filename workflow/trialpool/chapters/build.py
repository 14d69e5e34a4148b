"""The record behind the report's chapters: results/chapters.json."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from trialpool.chapters.evidence import on_markers
from trialpool.chapters.markers import effect_sets, markers_of, outcome_sets, response_sets
from trialpool.chapters.material import Material
from trialpool.chapters.reasons import reasons_of
from trialpool.chapters.strategies import strategies_of
from trialpool.evidence.citations import cite
from trialpool.records.chapters import Chapter, Chapters, Markers, ReviewTrial, ShortSource

SCHEMA_VERSION = 1


def build_chapters(material: Material) -> Chapters:
    """Collect what the results and the rows say to each chapter.

    Parameters
    ----------
    material : Material
        Raw tables, derived effects, taxonomy and result records.

    Returns
    -------
    Chapters
        A chapter for each of the taxonomy's `framework`, none where it has no such key.
    """
    framework = material.taxonomy.get("framework", {})
    chapters = [
        _chapter(material, str(name), entry)
        for name, entry in framework.get("chapters", {}).items()
    ]
    named = str(framework.get("name", "chapter"))
    shown = {
        row.source_id
        for chapter in chapters
        for sets in chapter.markers.sets().values()
        for one in sets
        for row in one.rows
    }
    return Chapters(
        schema_version=SCHEMA_VERSION,
        level=material.level,
        name=named,
        heading=str(framework.get("heading", f"{named[:1].upper()}{named[1:]}")),
        chapters=tuple(chapters),
        review_trials=tuple(review_trials(material)),
        sources={name: _source(material.library.sources[name]) for name in sorted(shown)},
    )


def _source(row: Mapping[str, Any]) -> ShortSource:
    """Cite a source in full and in short, "Doe, J Clin Oncol 2016"."""
    place = " ".join(part for part in (str(row["journal"]), str(row["year"])) if part)
    short = ", ".join(part for part in (str(row["first_author"]), place) if part)
    return ShortSource(short=short or str(row["title"]), **cite(row))


def _chapter(material: Material, name: str, entry: Mapping[str, Any]) -> Chapter:
    names = markers_of(material, entry)
    return Chapter(
        id=name,
        title=str(entry["title"]),
        review_section=str(entry.get("review_section", "")),
        summary=str(entry.get("summary", "")),
        rationale=str(entry.get("rationale", "")),
        strategies=tuple(strategies_of(material, entry)),
        markers=_markers(material, names),
        on_markers=tuple(on_markers(material, names)),
        questions=tuple(map(str, entry.get("questions", ()))),
    )


def _markers(material: Material, names: Sequence[str]) -> Markers:
    labels = material.taxonomy.get("biomarker_labels", {})
    effects = effect_sets(material, names)
    responses = response_sets(material, names)
    outcomes = outcome_sets(material, names)
    return Markers(
        labels={marker: str(labels.get(marker, marker)) for marker in names},
        effects=tuple(effects),
        responses=tuple(responses),
        outcomes=tuple(outcomes),
        reasons=tuple(reasons_of(material, names, effects, responses, outcomes)),
    )


def review_trials(material: Material) -> list[ReviewTrial]:
    """Say of each trial of review_trials.csv where it is pooled, or why it is not.

    Returns
    -------
    list of ReviewTrial
        In the order of the table.
    """
    found = []
    for row in material.library.evidence.rows("review_trials"):
        trial_id = str(row["trial_id"])
        trial = material.library.trials[trial_id]
        questions = list(material.pooled_in.get(trial_id, ()))
        found.append(
            ReviewTrial(
                section=str(row["review_section"]),
                name=str(row["name_in_review"]),
                nct_in_review=str(row["nct_in_review"]),
                trial_id=trial_id,
                trial=str(trial["trial"]),
                nct=str(trial["nct"]),
                setting=material.library.in_whom(trial_id),
                status=str(trial["status"]),
                rows=material.counts(trial_id),
                questions=tuple(questions),
                not_pooled=None if questions else material.why_not(trial_id),
            )
        )
    return found
