"""Commands that compare results: with another build, or with what was approved."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Final

import typer

from trialpool.changes.baseline import read_baseline, write_baseline
from trialpool.changes.compare import compare_results, compare_with_summaries
from trialpool.changes.folders import Results, read_results
from trialpool.changes.markdown import describe_markdown
from trialpool.changes.plain import to_json
from trialpool.changes.records import Changes
from trialpool.changes.words import describe, describe_questions
from trialpool.findings import Finding, InputError, fatal
from trialpool.records.files import read_comparisons
from trialpool.settings import Settings, load_settings

DIFF_FORMS: Final = ("text", "json", "md")


def diff(old: Path, new: Path, form: str, *, exit_code: bool) -> int:
    """Print what changed between two result folders as text, JSON or Markdown.

    Returns
    -------
    int
        The exit status.
    """
    if form not in DIFF_FORMS:
        message = f"{form!r} is not one of {', '.join(DIFF_FORMS)}"
        raise typer.BadParameter(message, param_hint="'--format'")
    before, after = read_results(old), read_results(new)
    changes = compare_results(before.records, after.records, before.rows, after.rows)
    if form == "json":
        _print_json(to_json(changes))
    elif form == "md":
        name = old.parent.name if old.name == new.name else old.name
        listed = new / "comparisons.json"
        renamed = read_comparisons(listed).renamed if listed.is_file() else None
        print(describe_markdown(name or str(old), before, after, renamed), end="")  # noqa: T201
    else:
        _print(describe(changes) or ["Nothing changed."])
    return 1 if exit_code and changes else 0


def check(config: Path, results: Path | None, *, as_json: bool) -> int:
    """Compare results with the approved ones; return the exit status."""
    settings = read_settings(config)
    folder = _baseline(settings)
    built = _built(settings, results)
    changes, missing, stale = _compared(folder, built)
    if as_json:
        content = to_json(changes)
        ok = not (changes or missing or stale)
        _print_json(
            {
                "passed": ok,
                "missing": missing,
                "stale": stale,
                "questions": content["questions"],
            }
        )
        return 0 if ok else 1
    lines = unapproved(settings, built)
    if lines:
        lines.append("Results are not as approved. If this is meant, run: trialpool approve")
    else:
        count = len(built.records)
        noun = "question is" if count == 1 else "questions are"
        lines.append(f"{count} {noun} as approved in {folder}.")
    _print(lines)
    return 1 if changes or missing or stale else 0


def unapproved(settings: Settings, built: Results) -> list[str]:
    """Say what differs from the approved results; nothing where the review has no baseline."""
    if "baseline" not in settings.config["paths"]:
        return []
    folder = _baseline(settings)
    changes, missing, stale = _compared(folder, built)
    return [
        *describe_questions(changes),
        *(f"{question}: no baseline in {folder}" for question in missing),
        *(f"{question}: a baseline in {folder}, but no such question" for question in stale),
    ]


def _compared(folder: Path, built: Results) -> tuple[Changes, list[str], list[str]]:
    """Compare with a folder of baselines: what moved, questions without one, and the reverse."""
    approved = read_baseline(folder)
    changes = compare_with_summaries(approved, built.records, built.rows)
    missing = [question for question in built.records if question not in approved]
    stale = [question for question in approved if question not in built.records]
    return changes, missing, stale


def approve(config: Path, results: Path | None) -> int:
    """Make the results the approved ones; return the exit status."""
    settings = read_settings(config)
    folder = _baseline(settings)
    built = _built(settings, results)
    done = write_baseline(folder, built.records)
    lines = [f"{question}: approved" for question in done.written]
    lines += [f"{question}: removed, no such question" for question in done.removed]
    lines.append(
        f"Baseline {folder}: {len(done.written)} written, {len(done.removed)} removed, "
        f"{len(done.kept)} as they were."
    )
    _print(lines)
    return 0


def read_settings(config: Path) -> Settings:
    """Read settings; a fault of them is an error."""
    settings, findings = load_settings(config)
    if faults := fatal(findings):
        raise InputError(faults)
    return settings


def _baseline(settings: Settings) -> Path:
    """Return the folder of baselines; a review without one has nothing to check."""
    if "baseline" not in settings.config["paths"]:
        message = "this review has no baseline to compare with"
        remedy = "Set paths.baseline to a folder, for example: baseline."
        file = settings.config_file.name
        raise InputError(
            [Finding("fatal", "baseline", file, None, "", "paths.baseline", "", message, remedy)]
        )
    return settings.path("baseline")


def _built(settings: Settings, results: Path | None) -> Results:
    folder = results if results is not None else settings.path("results")
    return read_results(folder, settings.questions)


def _print(lines: list[str]) -> None:
    print("\n".join(lines))  # noqa: T201


def _print_json(content: object) -> None:
    print(json.dumps(content, ensure_ascii=False, indent=2, allow_nan=False))  # noqa: T201
