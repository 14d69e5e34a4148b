"""The report: one self-contained HTML page from result records."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from trialpool import formatting as fmt
from trialpool.measures import Measure, get_measure
from trialpool.questions import registry
from trialpool.questions.shared.words.conclusions import RULES
from trialpool.questions.shared.words.models import MODEL_NAMES, SHOWN
from trialpool.questions.shared.words.parts import Part
from trialpool.records.base import kind_of
from trialpool.records.chapters import Chapters, NotAsked
from trialpool.records.explanations import TrialExplanation
from trialpool.records.files import to_plain
from trialpool.records.results import ComparativeResult, Result
from trialpool.report import reanalyses, tables
from trialpool.report.agreement import prepare_agreement
from trialpool.report.chapters import ShownQuestion, prepare_chapters
from trialpool.report.grades import grades_sentence
from trialpool.report.known import RULES as KNOWN_RULES
from trialpool.report.limits import limits
from trialpool.report.methods import write_methods
from trialpool.report.moderators import Moderators, moderators
from trialpool.report.not_asked import prepare_not_asked
from trialpool.report.papers import Paper, PaperRow, prepare_papers
from trialpool.report.robustness import Robustness, robustness
from trialpool.report.rooms import comparative_words, page_of
from trialpool.report.sources import all_sources, doi_link, page_links, unidentified
from trialpool.report.svg import InlineFigure, SharedStyles, inline_figure

if TYPE_CHECKING:
    from jinja2 import Environment

# Templates of the page, and of the parts that the rooms of the kinds of questions bring.
_TEMPLATES: Final = (Path(__file__).parent / "templates", Path(registry.__file__).parent)


@dataclass(frozen=True)
class Beside:
    """A further figure: the question and another one on the same rows."""

    id: str
    anchor: str
    heading: str
    figure: InlineFigure


@dataclass(frozen=True)
class Section:
    """What the sections of all questions show.

    Attributes
    ----------
    figures : mapping of str to InlineFigure
        Those beside the forest plot, by name.
    parts : tuple of Part
        What only this kind of question shows.
    """

    anchor: str
    folder: str
    result: Result
    heading: str
    level: str
    candidates: tuple[tables.ExcludedRow, ...]
    others: tuple[tables.Reason, ...]
    settings: tuple[tuple[str, str], ...]
    figure: InlineFigure | None
    figures: Mapping[str, InlineFigure]
    parts: tuple[Part, ...]

    def parts_at(self, place: str) -> tuple[Part, ...]:
        """Return the parts that stand at one place."""
        return tuple(part for part in self.parts if part.place == place)


@dataclass(frozen=True)
class Question(Section):
    """A question that compares two sides, as its section shows it."""

    result: ComparativeResult
    measure: str
    unit: str
    forest_remark: str
    has_events: bool
    groups: tuple[tables.GroupRow, ...]
    strategies: tuple[tables.StrategyRow, ...]
    trials: tuple[tuple[str, tuple[tables.TrialRow, ...]], ...]
    missing_trials: int
    others_total: str
    sensitivity: tuple[reanalyses.Sensitivity, ...]
    robustness: Robustness | None
    moderators: Moderators | None
    group_test: str | None
    beside: Beside | None


def build_report(
    results: Sequence[Result],
    figures: Mapping[str, str],
    settings: Mapping[str, Any],
    audit_summary: Mapping[str, Any] | None = None,
    chapters: Chapters | None = None,
    explanations: Sequence[TrialExplanation] = (),
    sources_read: Sequence[Mapping[str, Any]] = (),
    overview: str | None = None,
    curves: Sequence[Mapping[str, str]] = (),
    beside: Mapping[str, tuple[str, str]] | None = None,
    verification: Sequence[Mapping[str, str]] = (),
    not_asked: NotAsked | None = None,
) -> str:
    """Build the report.

    Parameters
    ----------
    results : sequence of Result
        In the order of the page; those that compare nothing come last.
    figures : mapping of str to str
        Question id to the text of its forest plot as SVG (a question without
        one says so), and id, hyphen and name to that of each further figure.
    settings : mapping
        ``title`` and, where given, ``subtitle, authors, description,
        data_note, framework, framework_source, citation``.
    audit_summary : mapping, optional
        The record of `trialpool.report.checks`: ``counts, unusable`` and
        perhaps ``warnings, warnings_total, accepted, rules``.
    chapters : trialpool.records.chapters.Chapters, optional
        A chapter per mechanism of
        resistance, and the trials that the framing review names.
    explanations : sequence of TrialExplanation
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
    not_asked : NotAsked, optional
        Results in the data that no question asks for.

    Returns
    -------
    str
        An HTML page that loads nothing. The same input gives the same text.
    """
    compared = [result for result in results if isinstance(result, ComparativeResult)]
    styles = SharedStyles()
    titles = {result.id: result.title for result in compared}
    questions = [
        _question(result, figures, styles, _beside(result.id, titles, beside or {}, styles))
        for result in compared
    ]
    others = [
        Section(**_common(result, figures, styles, words_beside=False))
        for result in results
        if not isinstance(result, ComparativeResult)
    ]
    drawn_overview = inline_figure(overview, "overview", styles) if overview else None
    methods = write_methods(compared, verification)
    papers = prepare_papers(explanations, {q.result.id: q.anchor for q in questions})
    sources = all_sources(results)
    page = _environment().get_template("page.html.j2")
    return page.render(
        settings=settings,
        questions=questions,
        others=others,
        overview=drawn_overview,
        figure_styles=styles.css(),
        chapters=prepare_chapters(
            chapters, {q.result.id: _shown(q) for q in [*questions, *others]}, settings
        ),
        methods=methods,
        references=[(ref.citation, doi_link(ref.doi)) for ref in methods.references],
        limits=limits(compared),
        rules=(*RULES, *KNOWN_RULES),
        grades=grades_sentence(results),
        not_asked=prepare_not_asked(
            not_asked, {q.result.id: (q.anchor, q.heading) for q in [*questions, *others]}
        ),
        sources=sources,
        cited={source.source_id: source for source in sources},
        numbers={s.source_id: fmt.whole(n) for n, s in enumerate(sources, 1)},
        unlinked=tuple(source for source in sources if not source.links),
        unidentified=unidentified(sources_read),
        audit=audit_summary,
        agreement=prepare_agreement(curves),
        papers=papers,
        formulas=_formulas(questions, papers),
        model_names=tuple(MODEL_NAMES[name] for name in SHOWN),
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


def _shown(section: Section) -> ShownQuestion:
    """Say what a chapter needs; of what compares nothing it repeats no group."""
    measure = get_measure(section.result.measure)
    groups: dict[str, tables.GroupRow] = {}
    trials: dict[str, tuple[str, ...]] = {}
    if isinstance(section, Question):
        labels = [group.label for group in section.result.groups]
        groups = dict(zip(labels, section.groups, strict=False))
        trials = {label: tuple(row.label for row in rows) for label, rows in section.trials}
    return ShownQuestion(
        section.anchor, section.heading, measure.code, _unit(measure), groups, trials,
        section.result,
    )  # fmt: skip


def _environment() -> Environment:
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    environment = Environment(
        loader=FileSystemLoader(_TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.globals["page_links"] = page_links
    return environment


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


def _common(
    result: Result, figures: Mapping[str, str], styles: SharedStyles, *, words_beside: bool
) -> dict[str, Any]:
    """Prepare what the sections of all questions show."""
    svg, page = figures.get(result.id), page_of(kind_of(result))
    own = {name: f"{result.id}-{name}" for name in page.figures(result)}
    return {
        "anchor": anchor_of(result.id),
        "folder": f"../questions/{result.id}",
        "result": result,
        "heading": result.title,
        "level": fmt.level(result.settings.level),
        "candidates": tables.candidate_rows(result),
        "others": tables.other_reasons(result),
        "settings": tuple(tables.flatten(to_plain(result.settings))),
        "figure": inline_figure(svg, result.id, styles, words_beside=words_beside) if svg else None,
        "figures": {
            name: inline_figure(figures[id_], id_, styles)
            for name, id_ in own.items()
            if id_ in figures
        },
        "parts": page.parts(result),
    }


def _question(
    result: ComparativeResult,
    figures: Mapping[str, str],
    styles: SharedStyles,
    beside: Beside | None,
) -> Question:
    common = _common(result, figures, styles, words_beside=True)
    measure = get_measure(result.measure)
    groups = tables.group_rows(result)
    return Question(
        **common,
        measure=_measure_heading(measure),
        unit=comparative_words(result).UNIT,
        forest_remark=page_of(kind_of(result)).FOREST_REMARK,
        has_events=any(row.events != fmt.NOT_AVAILABLE for row in groups),
        groups=groups,
        strategies=tables.strategy_rows(result),
        trials=tables.trial_rows(result),
        missing_trials=len({row.label for row in common["candidates"] if not row.is_pooled}),
        others_total=fmt.whole(sum(reason.rows for reason in common["others"])),
        sensitivity=reanalyses.sensitivities(result),
        robustness=robustness(result),
        moderators=moderators(result),
        group_test=tables.group_test(result),
        beside=beside,
    )


def _unit(measure: Measure) -> str:
    return "percentage points" if measure.code == "RD" else measure.unit


def _measure_heading(measure: Measure) -> str:
    """Name a measure as column headings do, with the unit of its numbers."""
    unit = _unit(measure)
    return f"{measure.code}, {unit}" if unit else measure.code
