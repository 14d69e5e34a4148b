"""The steps of the pipeline: files in, files out, all work done by pure functions elsewhere."""

from __future__ import annotations

import json
import shutil
import sys
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from trialpool.cache import Cache
from trialpool.files import read_rows, rows_text, write_bytes, write_json, write_rows
from trialpool.findings import FINDING_COLUMNS, Finding, InputError
from trialpool.settings import Settings, load_renamed, load_settings, overview_pages

if TYPE_CHECKING:
    from trialpool.records.questions import Question
    from trialpool.records.results import Result
    from trialpool.records.summaries import ReleasedTrial
    from trialpool.records.trials import SelectedTrial

    # What the last release holds of a question's trials, None without one or where it is new.
    Released = tuple[ReleasedTrial, ...] | None
    Shown = tuple[Result, Released]

# Raw tables whose rows are of two arms or of one.
_COMPARED = (
    *("time_to_event", "response_contrasts", "responses"),
    *("means", "rates", "correlations", "outcome_contrasts"),
)


def _settings(config: Path) -> Settings:
    """Read settings that the gate has let pass."""
    settings, _ = load_settings(config, checked=False)
    return settings


def effects(config: Path, output: Path) -> None:
    """Write every raw row with what was derived from it.

    Runs before the audit: what cannot be read is left to the audit to name.
    """
    from trialpool.effects.derive import EFFECT_COLUMNS, derive_as_configured
    from trialpool.survival import read_raw

    settings = _settings(config)
    evidence, _ = read_raw(settings.path("raw"), settings.tables)
    write_rows(output, EFFECT_COLUMNS, derive_as_configured(evidence, settings.config))


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


def select(
    config: Path, effects_file: Path, findings_file: Path, output: Path | None = None
) -> None:
    """Write each question's folder, and effects.csv with the audit's verdict on each row.

    They go to `output`, the results folder of the review unless given.
    """
    from msgspec import structs

    from trialpool.effects.agreement import AGREEMENT_COLUMNS, agreements, as_rows
    from trialpool.effects.derive import EFFECT_COLUMNS
    from trialpool.evidence.placeholders import fill
    from trialpool.questions import registry
    from trialpool.questions.shared.selection.certainty import certainties, with_certainty
    from trialpool.questions.shared.selection.files import write_selection
    from trialpool.questions.shared.selection.library import Library
    from trialpool.survival import read_raw

    settings = _settings(config)
    results = settings.path("results") if output is None else output
    evidence, _ = read_raw(settings.path("raw"), settings.tables)
    unusable = {
        (row["file"].removesuffix(".csv"), row["row_id"]): f"{row['message']} [{row['rule']}]"
        for row in reversed(read_rows(findings_file))
        if row["level"] == "unusable"
    }
    derived = read_rows(effects_file)
    library = Library(evidence, derived, settings.taxonomy, unusable)
    certain = certainties(evidence, load_renamed(settings)[0])
    pooling, endpoints = settings.config["pooling"], settings.endpoints
    for question_id, mapping in settings.questions.items():
        room = registry.stage(mapping["kind"], "select")
        asked = room.asked(question_id, mapping, pooling, endpoints)
        question, trials = room.select(library, asked)
        question = structs.replace(question, comment=fill(question.comment, evidence))
        folder = results / "questions" / question_id
        trials = library.with_judgements(library.with_pages(trials))
        write_selection(folder, with_certainty(question, certain), trials)
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


def pool(folder: Path, cache: Cache | None = None) -> None:
    """Pool one question, or write what was pooled of the same selection before."""
    from trialpool.questions.shared.selection.files import read_selection
    from trialpool.records.groups import unprinted

    question, trials = read_selection(folder)
    # No number rests on how a row that is not pooled was printed.
    asked = msgspec.structs.replace(question, excluded=unprinted(question.excluded))
    selected = (msgspec.json.encode(asked), (folder / "input.csv").read_bytes())
    found = (cache or Cache()).made(
        ["pool", folder.name, *selected], lambda: _pooled(asked, trials)
    )
    write_bytes(folder / "multiverse.csv", found["multiverse.csv"])
    excluded = msgspec.to_builtins(question.excluded)
    write_json(folder / "result.json", {**json.loads(found["result"]), "excluded": excluded})


def _pooled(question: Question, trials: Sequence[SelectedTrial]) -> dict[str, bytes]:
    from trialpool.questions.registry import stage
    from trialpool.questions.shared.synthesis.multiverse import MULTIVERSE_COLUMNS
    from trialpool.records.base import kind_of
    from trialpool.records.files import to_plain

    result, rows = stage(kind_of(question), "pool").pool(question, trials)
    if result.excluded != question.excluded:
        raise ValueError(f"{question.id}: its pool altered the rows that are not pooled")
    plain = json.dumps(to_plain(result), ensure_ascii=False, allow_nan=False)
    table = rows_text(MULTIVERSE_COLUMNS, rows)
    return {"result": plain.encode("utf-8"), "multiverse.csv": table.encode("utf-8")}


def figures(
    folder: Path,
    settings: Mapping[str, Any] | None = None,
    release: Path | None = None,
    beside: str | None = None,
    *,
    risk_of_bias: bool = False,
    cache: Cache | None = None,
) -> None:
    """Draw one question; with a release, mark what is new or changed since.

    Beside another question, in the folder next to its own, it is drawn a second time; of a
    review with judgements of risk of bias these are drawn in short. Each figure that was drawn of
    the same records and settings before is put in its place.
    """
    kept, chosen = cache or Cache(), settings or {}
    how, own = json.dumps(chosen, sort_keys=True), _shown(folder, release)
    record, trials = msgspec.json.encode(own), msgspec.json.encode(own[0])
    # What an earlier configuration drew is no figure of this one.
    for name in ["beside"] * (beside is None) + ["risk_of_bias"] * (not risk_of_bias):
        for stale in folder.glob(f"{name}.*"):
            stale.unlink()
    kept.files(["forest", how, record], folder, lambda: _forest(folder, chosen, own))
    kept.files(["plots", trials], folder, lambda: _plots(folder, own[0]))
    if risk_of_bias:
        stem = folder / "risk_of_bias"
        kept.files(["bias", how, trials], folder, lambda: _judgements(own[0], chosen, stem))
    if beside is not None:
        other = _shown(folder.parent / beside, release)
        second = msgspec.json.encode(other)
        pair = ("beside", how, record, second)
        kept.files(pair, folder, lambda: _beside(folder, chosen, own, other))


def _forest(folder: Path, settings: Mapping[str, Any], own: Shown) -> Iterable[Path]:
    from trialpool.figures import save_forest
    from trialpool.figures.configured import WithRelease, draw_configured

    return save_forest(draw_configured(WithRelease(*own), settings), folder / "forest")


def _plots(folder: Path, result: Result) -> Iterable[Path]:
    """Draw what the kind of the question has besides."""
    from trialpool.questions.registry import stage
    from trialpool.records.base import kind_of

    plots = stage(kind_of(result), "figures").plots(result)
    if plots:
        from trialpool.figures.plots import save_plot
    return [path for name, plot in plots.items() for path in save_plot(plot, folder / name)]


def _beside(folder: Path, settings: Mapping[str, Any], own: Shown, other: Shown) -> Iterable[Path]:
    from trialpool.figures import save_forest
    from trialpool.figures.configured import WithRelease, draw_pair_configured

    pair = draw_pair_configured(WithRelease(*own), WithRelease(*other), settings)
    return save_forest(pair, folder / "beside")


def _judgements(result: Result, settings: Mapping[str, Any], stem: Path) -> Iterable[Path]:
    """Draw what was judged of a question's trials, in short."""
    from trialpool.evidence.risk_of_bias_summary import results_of, summarise
    from trialpool.figures.plots import risk_of_bias_plot, save_plot

    summary = summarise(results_of(result.trials), names=settings.get("risk_of_bias"))
    title = f"{result.title}: risk of bias"
    plot = risk_of_bias_plot(summary, title=title, identifier=f"{result.id}-{stem.name}")
    return save_plot(plot, stem)


def _shown(folder: Path, release: Path | None) -> Shown:
    """Read what figures show of a question's record, and what the release holds of it."""
    from trialpool.records.files import read_result
    from trialpool.records.groups import unprinted

    previous = None if release is None else _released(release, folder.name)
    result = read_result(folder / "result.json")
    shown = msgspec.structs.replace(result, excluded=unprinted(result.excluded))
    return shown, previous


def _released(release: Path, question: str) -> Released:
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
    from trialpool.records.summaries import read_released

    found = next((path for path in places if path.is_file()), None)
    return None if found is None else read_released(found)


def overview(folders: Sequence[Path], output: Path, cache: Cache | None = None) -> None:
    """Draw all questions on the pages of the overview, in the formats that the site offers.

    A page that shows what it showed in an earlier build is put in its place.
    """
    from trialpool.records.files import read_result
    from trialpool.records.results import bare

    pages = overview_pages(folders)
    for number, (name, ours) in enumerate(pages.items(), 1):
        title = "All questions" + (f", {number} of {len(pages)}" if len(pages) > 1 else "")
        records = [bare(read_result(folder / "result.json")) for folder in ours]
        parts, stem = ("overview", title, msgspec.json.encode(records)), output.with_name(name)
        (cache or Cache()).files(parts, stem.parent, partial(_overview, records, title, stem))


def _overview(records: Sequence[Result], title: str, stem: Path) -> Iterable[Path]:
    from trialpool.figures.plots import overview_plot, save_plot

    return save_plot(overview_plot(records, title=title), stem, (".svg", ".pdf"))


def chapters(
    config: Path,
    folders: Sequence[Path],
    effects_file: Path,
    output: Path,
    not_asked: Path | None = None,
) -> None:
    """Write what the data say to each chapter of the review, and what no question asks for."""
    from trialpool.chapters.build import build_chapters
    from trialpool.chapters.material import Material
    from trialpool.chapters.not_asked import list_not_asked
    from trialpool.questions.shared.selection.library import Library
    from trialpool.records.files import read_result, write_record
    from trialpool.survival import read_raw

    settings = _settings(config)
    evidence, _ = read_raw(settings.path("raw"), settings.tables)
    library = Library(evidence, read_rows(effects_file), settings.taxonomy, {})
    results = [read_result(folder / "result.json") for folder in folders]
    level = float(settings.config["pooling"]["level"])
    material = Material(library, results, level)
    write_record(output, build_chapters(material))
    if not_asked is not None:
        write_record(not_asked, list_not_asked(material))


def comparisons(
    config: Path, folders: Sequence[Path], output: Path, summaries: Path | None = None
) -> None:
    """Write what is compared with what, and in which groups; what is found of each comparison."""
    from trialpool.chapters.comparisons import list_comparisons
    from trialpool.evidence.contrasts import Taxonomy
    from trialpool.evidence.tables import read_tables
    from trialpool.records.files import read_result, write_record
    from trialpool.summary.build import CERTAINTY, summaries_of_findings

    settings = _settings(config)
    of_rows = [name for name in _COMPARED if name in settings.tables]
    judged = [name for name in [CERTAINTY] if name in settings.tables]
    evidence, _ = read_tables(settings.path("raw"), ["trials", "arms", *of_rows, *judged])
    renamed, faults = load_renamed(settings)
    if faults:
        raise InputError(faults)
    results = [read_result(folder / "result.json") for folder in folders]
    tables = (evidence.rows("trials"), evidence.rows("arms"))
    rows = [row for name in of_rows for row in evidence.rows(name)]
    taxonomy = Taxonomy(settings.taxonomy)
    listed = list_comparisons(taxonomy, *tables, results, renamed, rows)
    write_record(output, listed)
    if summaries is not None:
        found = (taxonomy, evidence, listed, results)
        write_record(summaries, summaries_of_findings(*found, settings.endpoints))
