"""`trialpool explain`: reads a build where there is one, and the tables where there is none."""

from __future__ import annotations

import difflib
import json
from pathlib import Path

from trialpool.evidence.reading import read_evidence
from trialpool.evidence.tables import Evidence
from trialpool.files import read_rows
from trialpool.findings import Finding, InputError, fatal
from trialpool.provenance.explain import explain_row, explain_trial
from trialpool.provenance.material import Material
from trialpool.provenance.text import row_lines, trial_lines
from trialpool.records.explanations import RowExplanation, TrialExplanation
from trialpool.records.files import read_result, to_plain
from trialpool.settings import Settings, load_settings
from trialpool.survival import read_raw

_CLOSE = 5


def run(name: str, config: Path, results: Path | None, *, as_json: bool) -> int:
    """Print the explanation of a row or a trial; return the exit status.

    Raises
    ------
    InputError
        If the tables cannot be read, or no row and no trial has this name.
    """
    settings, _ = load_settings(config)
    material = _material(settings, results)
    record = _explain(material, name)
    if as_json:
        print(json.dumps(to_plain(record), ensure_ascii=False, indent=2))  # noqa: T201
    else:
        lines = row_lines(record) if isinstance(record, RowExplanation) else trial_lines(record)
        print("\n".join(lines))  # noqa: T201
    return 0


def _explain(material: Material, name: str) -> RowExplanation | TrialExplanation:
    if name in material.rows:
        return explain_row(material, name)
    if material.trial(name) is not None:
        return explain_trial(material, name)
    trials = [str(row["trial_id"]) for row in material.evidence.rows("trials")]
    near = difflib.get_close_matches(name, trials, 2, 0.5)
    near += difflib.get_close_matches(name, material.rows, _CLOSE - len(near), 0.5)
    hint = f"Nearest: {', '.join(near)}." if near else "See row_id and trial_id in data/raw."
    raise InputError(
        [
            Finding(
                "fatal",
                "row-or-trial-known",
                "the raw tables",
                value=name,
                message="no row and no trial has this name",
                remedy=hint,
            )
        ]
    )


def _material(settings: Settings, results: Path | None) -> Material:
    folder = results if results is not None else settings.path("results")
    built = (folder / "effects.csv").exists() and (folder / "audit.csv").exists()
    if not built:
        if results is not None:
            raise InputError(
                [
                    Finding(
                        "fatal",
                        "results-folder",
                        str(results),
                        message="this is not a results folder: it holds no effects.csv",
                        remedy="Name a folder that trialpool build wrote, or leave --results out.",
                    )
                ]
            )
        return _from_tables(settings, read_evidence(settings.path("raw"), settings.tables))
    # What a build read has passed the checks; checking every cell again would take a second.
    evidence, faults = read_raw(settings.path("raw"), settings.tables)
    if fatal(faults):
        raise InputError(fatal(faults))
    records = [read_result(path) for path in sorted(folder.glob("questions/*/result.json"))]
    effects, findings = read_rows(folder / "effects.csv"), read_rows(folder / "audit.csv")
    return Material(evidence, effects, findings, records)


def _from_tables(settings: Settings, evidence: Evidence) -> Material:
    """Derive and audit now; which questions use a row needs a build."""
    from trialpool.audit.run import audit_evidence
    from trialpool.effects.derive import derive_as_configured

    effects = derive_as_configured(evidence, settings.config)
    found = audit_evidence(evidence, settings, [])
    return Material(evidence, effects, [finding.as_row() for finding in found], None)
