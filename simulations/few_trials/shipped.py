"""Standard errors and groups of trials of the shipped review, as its questions select them."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from trialpool.audit.run import run_audit
from trialpool.effects.derive import derive_effects
from trialpool.effects.rungs import LADDER
from trialpool.pooling.options import Floats
from trialpool.questions import registry
from trialpool.questions.shared.selection.library import Library
from trialpool.settings import Settings, load_settings
from trialpool.survival import read_raw

ROOT = Path(__file__).resolve().parents[2]
MEASURES = ("HR", "OR")


@dataclass(frozen=True)
class ShippedGroup:
    """Trials that the review pools.

    Attributes
    ----------
    measure, question, label : str
    rows : frozenset
        Ids of the raw rows of its trials.
    yi, vi : ndarray of shape (k,)
        On the log scale.
    """

    measure: str
    question: str
    label: str
    rows: frozenset[tuple[str, ...]]
    yi: Floats
    vi: Floats


@dataclass(frozen=True)
class Shipped:
    """What the simulation takes from the review.

    Attributes
    ----------
    errors : dict of str to ndarray
        By measure the standard errors of the log ratios, one per selected row, rising.
    groups : tuple of ShippedGroup
        Groups of two trials and more; of those that hold the same trials the largest.
    """

    errors: dict[str, Floats]
    groups: tuple[ShippedGroup, ...]


def review() -> Settings:
    """Read the settings of the review."""
    settings, faults = load_settings(ROOT / "config/config.yaml")
    assert not faults
    return settings


def shipped() -> Shipped:
    """Select the trials of every question that compares treatments by HR or OR."""
    settings = review()
    raw = settings.path("raw")
    evidence, _ = read_raw(raw, settings.tables)
    unusable = {
        (row["file"].removesuffix(".csv"), row["row_id"]): row["message"]
        for row in (
            finding.as_row()
            for finding in run_audit(raw, settings.tables, settings, []).findings
            if finding.level == "unusable"
        )
    }
    words = settings.config.get("intention_to_treat_words", [])
    derived = [
        {name: "" if cell is None else str(cell) for name, cell in row.items()}
        for row in derive_effects(evidence, words, settings.config.get("ladder", LADDER))
    ]
    library = Library(evidence, derived, settings.taxonomy, unusable)
    errors: dict[str, dict[tuple[str, ...], float]] = {measure: {} for measure in MEASURES}
    groups: list[ShippedGroup] = []
    for question_id, mapping in settings.questions.items():
        if mapping["kind"] != "comparison":
            continue
        room = registry.stage(mapping["kind"], "select")
        asked = room.asked(question_id, mapping, settings.config["pooling"], settings.endpoints)
        question, trials = room.select(library, asked)
        if question.measure not in MEASURES:
            continue
        members = defaultdict(list)
        for trial in trials:
            errors[question.measure][tuple(trial.row_ids)] = trial.se
            members[trial.group].append(trial)
        for label, own in members.items():
            # Two comparisons of one trial share an arm, which these models do not know of.
            if len(own) > 1 and len({trial.trial_id for trial in own}) == len(own):
                groups.append(
                    ShippedGroup(
                        measure=question.measure,
                        question=question_id,
                        label=label,
                        rows=frozenset(tuple(trial.row_ids) for trial in own),
                        yi=np.array([trial.estimate for trial in own]),
                        vi=np.array([trial.se**2 for trial in own]),
                    )
                )
    return Shipped(
        {measure: np.array(sorted(found.values())) for measure, found in errors.items()},
        tuple(_once(groups)),
    )


def _once(groups: list[ShippedGroup]) -> list[ShippedGroup]:
    """Leave out the groups that another one holds whole."""
    kept: list[ShippedGroup] = []
    for group in sorted(groups, key=lambda one: -len(one.rows)):
        if not any(one.measure == group.measure and group.rows <= one.rows for one in kept):
            kept.append(group)
    return kept
