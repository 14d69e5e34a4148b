"""The command that lists what sources.csv lacks."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path

import typer

from trialpool.evidence.reading import read_evidence
from trialpool.findings import InputError, fatal
from trialpool.intake.unidentified import Unidentified, unidentified
from trialpool.records.files import read_result
from trialpool.settings import load_settings


def list_unidentified(config: Path, raw: Path | None, *, as_json: bool) -> int:
    """Print the used sources without DOI or PubMed number; return the exit status.

    Which sources are pooled is known where the review was built.
    """
    settings, faults = load_settings(config)
    if stopping := fatal(faults):
        raise InputError(stopping)
    evidence = read_evidence(raw if raw is not None else settings.path("raw"), settings.tables)
    folder = settings.path("results") / "questions"
    files = [folder / name / "result.json" for name in settings.questions]
    built = [read_result(file) for file in files if file.is_file()]
    pooled = {trial.source for result in built for trial in result.trials}
    found = unidentified(evidence, pooled)
    if as_json:
        content = {"built": bool(built), "sources": [asdict(one) for one in found]}
        typer.echo(json.dumps(content, ensure_ascii=False, indent=2, allow_nan=False))
        return 0
    if not built:
        typer.echo("Not built yet: which sources are pooled is not known.")
    for one in found:
        typer.echo(_line(one))
    total = len(evidence.rows("sources"))
    typer.echo(f"{len(found)} of {total} sources are used and lack a DOI or a PubMed number.")
    return 0


def _line(one: Unidentified) -> str:
    lacks = " and ".join({"doi": "DOI", "pmid": "PMID"}[column] for column in one.missing)
    use = "pooled" if one.is_pooled else "used"
    rows = f"{one.rows} row" + ("" if one.rows == 1 else "s")
    return f"{one.source_id}: no {lacks} ({use}, {rows}): {one.title}"
