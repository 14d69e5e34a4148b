"""The report: one self-contained HTML page from result records."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from trialpool import formatting as fmt
from trialpool.measures import Measure, get_measure
from trialpool.report import reanalyses, tables
from trialpool.report.agreement import prepare_agreement
from trialpool.report.chapters import ShownQuestion, prepare_chapters
from trialpool.report.conclusions import RULES
from trialpool.report.course import CourseSection, prepare_course
from trialpool.report.interactions import Interaction, interaction
from trialpool.report.known import RULES as KNOWN_RULES
from trialpool.report.limits import limits
from trialpool.report.methods import write_methods
from trialpool.report.models import MODEL_NAMES
from trialpool.report.moderators import Moderators, moderators
from trialpool.report.papers import Paper, PaperRow, prepare_papers
from trialpool.report.proportions import MODELS, prepare_proportions
from trialpool.report.robustness import Robustness, robustness
from trialpool.report.sources import all_sources, doi_link, unidentified
from trialpool.report.svg import InlineFigure, SharedStyles, inline_figure

if TYPE_CHECKING:
    from jinja2 import Environment

Record = Mapping[str, Any]

_TEMPLATES: Final = Path(__file__).parent / "templates"
# Keys of a record's settings that have a place of their own on the page.
_SHOWN_ELSEWHERE: Final = frozenset({"title", "question", "comment", "overall_reason"})


@dataclass(frozen=True)
class Beside:
    """A further figure: the question and another one on the same rows."""

    id: str
    anchor: str
    heading: str
    figure: InlineFigure


@dataclass(frozen=True)
class Question:
    """A question as its section of the page shows it."""

    anchor: str
    folder: str
    record: Record
    heading: str
    level: str
    measure: str
    has_events: bool
    groups: tuple[tables.GroupRow, ...]
    trials: tuple[tuple[str, tuple[tables.TrialRow, ...]], ...]
    candidates: tuple[tables.ExcludedRow, ...]
    missing_trials: int
    others: tuple[tables.Reason, ...]
    others_total: str
    sensitivity: tuple[reanalyses.Sensitivity, ...]
    robustness: Robustness | None
    moderators: Moderators | None
    interaction: Interaction | None
    settings: tuple[tuple[str, str], ...]
    group_test: str | None
    figure: InlineFigure | None
    beside: Beside | None
    course: CourseSection | None = None


def build_report(
    results: Sequence[Mapping[str, Any]],
    figures: Mapping[str, str],
    settings: Mapping[str, Any],
    audit_summary: Mapping[str, Any] | None = None,
    chapters: Mapping[str, Any] | None = None,
    explanations: Sequence[Mapping[str, Any]] = (),
    sources_read: Sequence[Mapping[str, Any]] = (),
    overview: str | None = None,
    curves: Sequence[Mapping[str, str]] = (),
    beside: Mapping[str, tuple[str, str]] | None = None,
    verification: Sequence[Mapping[str, str]] = (),
) -> str:
    """Build the report.

    Parameters
    ----------
    results : sequence of mapping
        Result records (docs/result-record.md), in the order of the page.
    figures : mapping of str to str
        Question id to the text of its forest plot as SVG (a question without
        one says so), and id with ``-curves`` to that of its survival curves.
    settings : mapping
        ``title`` and, where given, ``subtitle, authors, description,
        data_note, framework, framework_source, citation``.
    audit_summary : mapping, optional
        The record of `trialpool.report.checks`: ``counts, unusable`` and
        perhaps ``warnings, warnings_total, accepted, rules``.
    chapters : mapping, optional
        The record of `trialpool.chapters.build`: a chapter per mechanism of
        resistance, and the trials that the framing review names.
    explanations : sequence of mapping
        Of the pooled trials, by `trialpool.provenance.explain.explain_trial`.
    sources_read : sequence of mapping
        Rows of sources.csv, of which those without identifier are listed.
    overview : str, optional
        The overview of all questions as SVG.
    curves : sequence of mapping
        Rows of results/curves.csv: reconstructed curves beside what was printed.
    beside : mapping of str to (str, str), optional
        Question id to the id of the question that is drawn beside it, and that figure as SVG.
    verification : sequence of mapping
        Rows of results/verification.csv: pools beside those of a second engine.

    Returns
    -------
    str
        An HTML page that loads nothing. The same input gives the same text.
    """
    # Single arms compare nothing: they have a section of their own kind.
    single = [record for record in results if record.get("single_arm")]
    sources = all_sources(results)
    results = [record for record in results if not record.get("single_arm")]
    styles = SharedStyles()
    titles = {record["id"]: str(record["title"]) for record in results}
    questions = tuple(
        _question(
            record,
            figures,
            styles,
            _beside(record["id"], titles, beside or {}, styles),
        )
        for record in results
    )
    proportions = tuple(
        prepare_proportions(record, figures.get(record["id"]), anchor_of(record["id"]), styles)
        for record in single
    )
    drawn_overview = inline_figure(overview, "overview", styles) if overview else None
    methods = write_methods(results, verification)
    papers = prepare_papers(explanations, {q.record["id"]: q.anchor for q in questions})
    page = _environment().get_template("page.html.j2")
    return page.render(
        settings=settings,
        questions=questions,
        proportions=proportions,
        proportion_models=tuple(MODELS.values()),
        overview=drawn_overview,
        figure_styles=styles.css(),
        chapters=prepare_chapters(
            chapters,
            {q.record["id"]: _shown(q) for q in questions}
            | {record["id"]: _shown_single(record) for record in single},
            settings,
        ),
        methods=methods,
        references=[(ref.citation, doi_link(ref.doi)) for ref in methods.references],
        limits=limits(results),
        rules=(*RULES, *KNOWN_RULES),
        sources=sources,
        numbers={s.source_id: fmt.whole(n) for n, s in enumerate(sources, 1)},
        unlinked=tuple(source for source in sources if not source.links),
        unidentified=unidentified(sources_read),
        audit=audit_summary,
        agreement=prepare_agreement(curves),
        papers=papers,
        formulas=_formulas(questions, papers),
        model_names=tuple(MODEL_NAMES.values()),
        floor_is_used=any(group.get("models") for r in results for group in r["groups"]),
        dash=fmt.NOT_AVAILABLE,
        whole=fmt.whole,
    )


def _formulas(
    questions: Sequence[Question], papers: Mapping[str, Paper]
) -> dict[tuple[str, str, str], int]:
    """Give each derivation (rung, formula, reference) a number: many rows share a few."""
    rows: list[tables.TrialRow | PaperRow]
    rows = [row for q in questions for _, ours in q.trials for row in ours]
    rows += [row for paper in papers.values() for row in paper.rows]
    named = [(row.rung, row.formula, row.reference) for row in rows if row.rung]
    return {key: number for number, key in enumerate(dict.fromkeys(named), 1)}


def _shown_single(record: Record) -> ShownQuestion:
    """Single arms are linked to; they have no groups that a chapter could repeat."""
    measure = get_measure(record["measure"])
    anchor, heading = anchor_of(record["id"]), str(record["title"])
    return ShownQuestion(anchor, heading, measure.code, _unit(measure), {}, {}, is_single_arm=True)


def _shown(question: Question) -> ShownQuestion:
    labels = [group["label"] for group in question.record["groups"]]
    measure = get_measure(question.record["measure"])
    return ShownQuestion(
        question.anchor,
        question.heading,
        measure.code,
        _unit(measure),
        dict(zip(labels, question.groups, strict=False)),
        {label: tuple(row.label for row in rows) for label, rows in question.trials},
        question.record,
    )


def _environment() -> Environment:
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    return Environment(
        loader=FileSystemLoader(_TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )


def anchor_of(question_id: str) -> str:
    """Return the anchor of a question's section."""
    return "question-" + re.sub(r"[^a-zA-Z0-9-]+", "-", question_id)


def _beside(
    question_id: str,
    titles: Mapping[str, str],
    beside: Mapping[str, tuple[str, str]],
    styles: SharedStyles,
) -> Beside | None:
    if question_id not in beside:
        return None
    other, svg = beside[question_id]
    own = f"{question_id}-beside-{other}"
    figure = inline_figure(svg, own, styles, words_beside=True)
    return Beside(own, anchor_of(other), titles[other], figure)


def _question(
    record: Record,
    figures: Mapping[str, str],
    styles: SharedStyles,
    beside: Beside | None = None,
) -> Question:
    svg = figures.get(record["id"])
    measure = get_measure(record["measure"])
    anchor = anchor_of(record["id"])
    groups = tables.group_rows(record)
    candidates, others = tables.candidate_rows(record), tables.other_reasons(record)
    settings = {k: v for k, v in record["settings"].items() if k not in _SHOWN_ELSEWHERE}
    return Question(
        anchor=anchor,
        folder=f"../questions/{record['id']}",
        record=record,
        heading=str(record["title"]),
        level=fmt.level(record["settings"].get("level", 0.95)),
        measure=_measure_heading(measure),
        has_events=any(row.events != fmt.NOT_AVAILABLE for row in groups),
        groups=groups,
        trials=tables.trial_rows(record),
        candidates=candidates,
        missing_trials=len({row.label for row in candidates if not row.is_pooled}),
        others=others,
        others_total=fmt.whole(sum(reason.rows for reason in others)),
        sensitivity=reanalyses.sensitivities(record),
        robustness=robustness(record),
        moderators=moderators(record),
        interaction=interaction(record),
        settings=tuple(tables.flatten(settings)),
        group_test=tables.group_test(record),
        figure=None if svg is None else inline_figure(svg, record["id"], styles, words_beside=True),
        course=prepare_course(record, figures.get(f"{record['id']}-curves"), styles),
        beside=beside,
    )


def _unit(measure: Measure) -> str:
    return "percentage points" if measure.code == "RD" else measure.unit


def _measure_heading(measure: Measure) -> str:
    """Name a measure as column headings do, with the unit of its numbers."""
    unit = _unit(measure)
    return f"{measure.code}, {unit}" if unit else measure.code
