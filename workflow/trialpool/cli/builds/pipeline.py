"""The steps of the pipeline: files in, files out, all work done by pure functions elsewhere."""

from __future__ import annotations

import shutil
import sys
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from trialpool.files import read_json, read_rows, write_json, write_rows, write_text
from trialpool.findings import FINDING_COLUMNS, Finding, InputError
from trialpool.questions.registry import stage
from trialpool.records.base import kind_of
from trialpool.records.files import read_result
from trialpool.records.released import ReleasedTrial, read_released
from trialpool.settings import Settings, besides, load_settings

if TYPE_CHECKING:
    from trialpool.evidence.tables import Evidence
    from trialpool.figures.configured import WithRelease


def _settings(config: Path) -> Settings:
    """Read settings that the gate has let pass."""
    settings, _ = load_settings(config)
    return settings


def effects(config: Path, output: Path) -> None:
    """Write every raw row with what was derived from it.

    Runs before the audit: what cannot be read is left to the audit to name.
    """
    from trialpool.effects.derive import EFFECT_COLUMNS, derive_effects
    from trialpool.effects.rungs import LADDER
    from trialpool.survival import read_raw

    settings = _settings(config)
    evidence, _ = read_raw(settings.path("raw"), settings.tables)
    words = settings.config.get("intention_to_treat_words", [])
    ladder = settings.config.get("ladder", LADDER)
    write_rows(output, EFFECT_COLUMNS, derive_effects(evidence, words, ladder))


def audit(config: Path, output: Path, rules: Path | None = None) -> None:
    """Write all findings as a table, and the rules with what each judged and found."""
    from trialpool.audit.run import RULE_COLUMNS, run_audit

    settings, faults = load_settings(config)
    result = run_audit(settings.path("raw"), settings.tables, settings, faults)
    write_rows(output, FINDING_COLUMNS, (finding.as_row() for finding in result.findings))
    if rules is not None:
        write_rows(rules, RULE_COLUMNS, result.rules())


def gate(findings: Path, output: Path) -> None:
    """Exit with status 1 if there is a fatal finding, after telling each of them."""
    rows = read_rows(findings)
    faults = [row for row in rows if row["level"] == "fatal"]
    if faults:
        noun = "fault" if len(faults) == 1 else "faults"
        lines = [f"The input has {len(faults)} {noun}; nothing was built."]
        lines += [f"  {number}. {_sentence(row)}" for number, row in enumerate(faults, 1)]
        lines.append(f"All findings: {findings}")
        print("\n".join(lines), file=sys.stderr)  # noqa: T201
        sys.exit(1)
    counts = Counter(row["level"] for row in rows)
    write_json(output, {"fatal": 0, **{k: counts[k] for k in ("unusable", "warning", "accepted")}})


def _sentence(row: dict[str, str]) -> str:
    place = ", ".join(
        words
        for words in (
            row["file"],
            f"line {row['line']}" if row["line"] else "",
            f"row {row['row_id']}" if row["row_id"] else "",
            f"column {row['column']}" if row["column"] else "",
        )
        if words
    )
    value = f" (value: {row['value']!r})" if row["value"] else ""
    return f"{place}: {row['message']}{value} [{row['rule']}] {row['remedy']}".rstrip()


def select(config: Path, effects_file: Path, findings_file: Path) -> None:
    """Write each question's folder, and effects.csv with the audit's verdict on each row."""
    from trialpool.effects.agreement import AGREEMENT_COLUMNS, agreements, as_rows
    from trialpool.effects.derive import EFFECT_COLUMNS
    from trialpool.questions.shared.selection.candidates import Library
    from trialpool.questions.shared.selection.comparative import (
        resolved_settings,
        select_with_variants,
    )
    from trialpool.questions.shared.selection.files import write_selection
    from trialpool.questions.shared.selection.risk_of_bias import judgements, with_judgements
    from trialpool.survival import read_raw

    settings = _settings(config)
    results = settings.path("results")
    evidence, _ = read_raw(settings.path("raw"), settings.tables)
    unusable = {
        (row["file"].removesuffix(".csv"), row["row_id"]): f"{row['message']} [{row['rule']}]"
        for row in reversed(read_rows(findings_file))
        if row["level"] == "unusable"
    }
    derived = read_rows(effects_file)
    library = Library(evidence, derived, settings.taxonomy, unusable)
    judged = judgements(evidence)
    for question_id, question in settings.questions.items():
        resolved = resolved_settings(
            question_id, question, settings.config["pooling"], settings.endpoints
        )
        selection = with_judgements(select_with_variants(library, question), judged)
        write_selection(results / "questions" / question_id, resolved, selection)
    _prune(results / "questions", set(settings.questions))
    beside = as_rows(agreements(evidence))
    write_rows(results / "curves.csv", AGREEMENT_COLUMNS, beside)
    write_rows(
        results / "effects.csv",
        EFFECT_COLUMNS,
        (_with_verdict(row, unusable) for row in derived),
    )


def _prune(folder: Path, keep: set[str]) -> None:
    """Remove the folders of questions that are no longer asked; what is not ours stays."""
    for place in sorted(folder.iterdir()):
        if place.name not in keep and (place / "question.json").exists():
            shutil.rmtree(place)


def _with_verdict(row: Any, unusable: dict[tuple[str, str], str]) -> dict[str, Any]:
    message = unusable.get((row["table"], row["row_id"]))
    return {**row, "status": "unusable", "reason": message} if message else row


def pool(folder: Path) -> None:
    """Pool one question."""
    from trialpool.questions.shared.selection.files import read_selection
    from trialpool.questions.shared.synthesis.comparative import build_result
    from trialpool.questions.shared.synthesis.multiverse import MULTIVERSE_COLUMNS
    from trialpool.questions.shared.synthesis.robustness import robustness
    from trialpool.records.files import write_record
    from trialpool.records.untyped import typed_result

    question, trials = read_selection(folder)
    record = build_result(question, trials)
    single = bool(record.get("single_arm"))
    entries, rows = ([], []) if single else robustness(record, question["variants"])
    record["sensitivity"] += entries
    write_rows(folder / "multiverse.csv", MULTIVERSE_COLUMNS, rows)
    write_record(folder / "result.json", typed_result(record))


def figures(
    folder: Path,
    settings: Mapping[str, Any] | None = None,
    release: Path | None = None,
    beside: str | None = None,
) -> None:
    """Draw one question; with a release, mark what is new or changed since.

    Beside another question, in the folder next to its own, it is drawn a second time.
    """
    from trialpool.figures import save_forest
    from trialpool.figures.configured import draw_configured, draw_pair_configured
    from trialpool.figures.plots import PlotFigure, save_plot

    chosen = settings or {}
    own = _with_release(folder, release)
    save_forest(draw_configured(own, chosen), folder / "forest")
    further: dict[str, PlotFigure] = stage(kind_of(own.result), "figures").plots(own.result)
    for name, plot in further.items():
        save_plot(plot, folder / name)
    if beside is None:
        # What an earlier configuration drew is no figure of this one.
        for stale in folder.glob("beside.*"):
            stale.unlink()
        return
    other = _with_release(folder.parent / beside, release)
    save_forest(draw_pair_configured(own, other, chosen), folder / "beside")


def _with_release(folder: Path, release: Path | None) -> WithRelease:
    """Read a question's record, and what the release holds of it."""
    from trialpool.figures.configured import WithRelease

    previous = None if release is None else _released(release, folder.name)
    return WithRelease(read_result(folder / "result.json"), previous)


def _released(release: Path, question: str) -> tuple[ReleasedTrial, ...] | None:
    """Read what a release holds of a question's trials: of its record, or of its baseline.

    Raises
    ------
    InputError
        If there is no such folder.
    """
    if not release.is_dir():
        message = f"there is no such folder ({release})"
        remedy = "Name a results folder or a folder of baselines in config.yaml, or leave it out."
        fault = Finding(
            "fatal", "release-exists", "config.yaml", column="paths.release",
            value=str(release), message=message, remedy=remedy,
        )  # fmt: skip
        raise InputError([fault])
    places = (release / "questions" / question / "result.json", release / f"{question}.json")
    found = next((path for path in places if path.is_file()), None)
    return None if found is None else read_released(found)


def overview(folders: Sequence[Path], output: Path) -> None:
    """Draw all questions on one page."""
    from trialpool.figures.plots import overview_plot, save_plot

    records = [read_result(folder / "result.json") for folder in folders]
    save_plot(overview_plot(records), output.with_suffix(""))


def chapters(config: Path, folders: Sequence[Path], effects_file: Path, output: Path) -> None:
    """Write what results and rows say to each mechanism of resistance."""
    from trialpool.chapters.build import build_chapters
    from trialpool.chapters.material import Material
    from trialpool.questions.shared.selection.candidates import Library
    from trialpool.survival import read_raw

    settings = _settings(config)
    evidence, _ = read_raw(settings.path("raw"), settings.tables)
    library = Library(evidence, read_rows(effects_file), settings.taxonomy, {})
    results = [read_result(folder / "result.json") for folder in folders]
    level = float(settings.config["pooling"]["level"])
    write_json(output, build_chapters(Material(library, results, level)))


def _explanations(
    evidence: Evidence, effects_file: Path | None, findings_file: Path, results: list[Any]
) -> list[dict[str, Any]]:
    """Explain every pooled trial; nothing without effects.csv."""
    if effects_file is None:
        return []
    from trialpool.provenance.explain import explain_trial
    from trialpool.provenance.material import Material

    results = [record for record in results if not record.get("single_arm")]
    material = Material(evidence, read_rows(effects_file), read_rows(findings_file), results)
    return [explain_trial(material, trial_id) for trial_id in material.pooled_trials()]


def report(
    config: Path,
    folders: Sequence[Path],
    findings_file: Path,
    output: Path,
    chapters_file: Path | None = None,
    rules_file: Path | None = None,
    effects_file: Path | None = None,
    overview_file: Path | None = None,
    curves_file: Path | None = None,
) -> None:
    """Write the report page; with effects.csv, the way of every pooled number to its paper."""
    import minify_html

    from trialpool.report import build_report
    from trialpool.report.checks import summarise_audit
    from trialpool.survival import read_raw

    settings = _settings(config)
    evidence, _ = read_raw(settings.path("raw"), settings.tables)
    results = [read_result(folder / "result.json") for folder in folders]
    drawn = {folder.name: (folder / "forest.svg").read_text(encoding="utf-8") for folder in folders}
    for folder, record in zip(folders, results, strict=True):
        if record.get("curves"):
            curves = (folder / "curves.svg").read_text(encoding="utf-8")
            drawn[f"{folder.name}-curves"] = curves
    others = besides(settings.questions)
    pairs = {
        folder.name: (
            others[folder.name],
            (folder / "beside.svg").read_text(encoding="utf-8"),
        )
        for folder in folders
        if folder.name in others
    }
    page = build_report(
        results,
        drawn,
        settings.config["report"],
        summarise_audit(
            read_rows(findings_file), read_rows(rules_file) if rules_file is not None else ()
        ),
        chapters=read_json(chapters_file) if chapters_file is not None else None,
        explanations=_explanations(evidence, effects_file, findings_file, results),
        sources_read=evidence.rows("sources"),
        overview=overview_file.read_text(encoding="utf-8") if overview_file else None,
        curves=read_rows(curves_file) if curves_file is not None else (),
        beside=pairs,
    )
    # No text, link or element changes: only what every browser supplies by itself goes.
    write_text(output, minify_html.minify(page))
