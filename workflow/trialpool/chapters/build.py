"""The record behind the report's chapters: results/chapters.json."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from trialpool.chapters.evidence import on_markers
from trialpool.chapters.markers import KINDS, markers_of, sets_of
from trialpool.chapters.material import Json, Material
from trialpool.chapters.reasons import reasons_of
from trialpool.chapters.strategies import strategies_of
from trialpool.evidence.citations import cite

SCHEMA_VERSION = 1


def build_chapters(material: Material) -> Json:
    """Collect what the results and the rows say to each mechanism of resistance.

    Parameters
    ----------
    material : Material
        Raw tables, derived effects, taxonomy and result records.

    Returns
    -------
    dict
        ``schema_version, level, chapters, review_trials, sources``. There is a
        chapter for each entry of the taxonomy's `resistance_mechanisms`, none
        where it has no such key. Numbers of pools are not repeated: a chapter
        names question and group. Estimates of single rows are on the analysis
        scale. `sources` holds the citations of the rows that are shown.
    """
    chapters = [
        _chapter(material, str(name), entry)
        for name, entry in material.taxonomy.get("resistance_mechanisms", {}).items()
    ]
    shown = {
        row["source_id"]
        for chapter in chapters
        for kind in KINDS
        for one in chapter["markers"][kind]
        for row in one["rows"]
    }
    return {
        "schema_version": SCHEMA_VERSION,
        "level": material.level,
        "chapters": chapters,
        "review_trials": review_trials(material),
        "sources": {name: _source(material.library.sources[name]) for name in sorted(shown)},
    }


def _source(row: Mapping[str, Any]) -> Json:
    """Cite a source in full and in short, "Doe, J Clin Oncol 2016"."""
    place = " ".join(part for part in (str(row["journal"]), str(row["year"])) if part)
    short = ", ".join(part for part in (str(row["first_author"]), place) if part)
    return {"short": short or str(row["title"]), **cite(row)}


def _chapter(material: Material, name: str, entry: Mapping[str, Any]) -> Json:
    names = markers_of(material, entry)
    labels = material.taxonomy.get("biomarker_labels", {})
    sets = {kind: sets_of(material, names, kind) for kind in KINDS}
    return {
        "id": name,
        "title": str(entry["title"]),
        "review_section": str(entry.get("review_section", "")),
        "summary": str(entry.get("summary", "")),
        "rationale": str(entry.get("rationale", "")),
        "strategies": strategies_of(material, entry),
        "markers": {
            "labels": {marker: str(labels.get(marker, marker)) for marker in names},
            **sets,
            "reasons": reasons_of(material, names, sets),
        },
        "on_markers": on_markers(material, names),
    }


def review_trials(material: Material) -> list[Json]:
    """Say of each trial of review_trials.csv where it is pooled, or why it is not.

    Returns
    -------
    list of dict
        In the order of the table: ``section, name, nct_in_review, trial_id,
        trial, nct, setting, status, rows`` (counts by table), ``questions`` and
        ``not_pooled`` (`Material.why_not`, None where there is a question).
    """
    found = []
    for row in material.library.evidence.rows("review_trials"):
        trial_id = str(row["trial_id"])
        trial = material.library.trials[trial_id]
        questions = list(material.pooled_in.get(trial_id, ()))
        found.append(
            {
                "section": str(row["review_section"]),
                "name": str(row["name_in_review"]),
                "nct_in_review": str(row["nct_in_review"]),
                "trial_id": trial_id,
                "trial": str(trial["trial"]),
                "nct": str(trial["nct"]),
                "setting": str(trial["setting"]),
                "status": str(trial["status"]),
                "rows": material.counts(trial_id),
                "questions": questions,
                "not_pooled": None if questions else material.why_not(trial_id),
            }
        )
    return found
