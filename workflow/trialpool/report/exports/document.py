"""summary.docx: findings of every comparison, the methods text, references and figures."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from trialpool import formatting as fmt
from trialpool.cache import Cache
from trialpool.measures import get_measure
from trialpool.questions.shared.tabular import Table, text_of
from trialpool.questions.shared.words.absolute import (
    control_percent,
    medians_words,
    per_1000,
)
from trialpool.questions.shared.words.sides import effect_text
from trialpool.records.pools import AbsoluteEffect
from trialpool.records.results import ComparativeResult, Result
from trialpool.records.summary.findings import Outcome, SummariesOfFindings, SummaryOfFindings
from trialpool.report.exports.archive import repacked
from trialpool.report.exports.texts import clean
from trialpool.report.methods import write_methods

# A document has to say when it was made: always the same, so that its bytes are.
CREATED: Final = datetime(2000, 1, 1)
NOT_JUDGED: Final = "not judged"
NOT_KNOWN: Final = "not in our data"
HEADINGS: Final = ("Outcome", "Effect", "Without treatment", "Difference", "Medians", "Trials",
                   "Verdict", "Certainty")  # fmt: skip
# Largest size of a figure on a landscape page.
_WIDTH_CM: Final = 25.0
_TALLEST_CM: Final = 15.0
# More, of some 100 kB each, no program opens well; the library looks for a twin of each among all.
_MOST_FIGURES: Final = 200


@dataclass(frozen=True)
class Edition:
    """What the document is made of.

    Attributes
    ----------
    about : mapping
        The part "report" of config.yaml.
    results : tuple of Result
    summaries : SummariesOfFindings
    verification : sequence of mapping
        Rows of verification.csv.
    figures : mapping of str to Path
        Question id to its forest plot as PNG.
    cache : Cache
        Of smaller figures.
    """

    about: Mapping[str, Any]
    results: tuple[Result, ...]
    summaries: SummariesOfFindings
    verification: Sequence[Mapping[str, str]] = ()
    figures: Mapping[str, Path] | None = None
    cache: Cache = field(default_factory=Cache)


def document(edition: Edition) -> bytes:
    """Write the document; the same records give the same bytes."""

    def fill(page: Any) -> None:
        page.add_heading(clean(str(edition.about["title"])), 0)
        for name in ("subtitle", "authors", "description"):
            if edition.about.get(name):
                page.add_paragraph(clean(str(edition.about[name])))
        page.add_heading("Summary of findings", 1)
        page.add_paragraph(
            "Effects are those of the primary model, of a single trial as its report prints them. "
            "“Difference” is in 1,000 patients, at the risk without the treatment that stands "
            f"before it. Certainty is “{NOT_JUDGED}” where nobody has judged it."
        )
        for summary in edition.summaries.summaries:
            _summary(page, summary)
        _methods(page, edition)
        _figures(page, edition)

    return _written(str(edition.about["title"]), fill)


def table_document(tables: Sequence[Table], title: str) -> bytes:
    """Write tables as a document, those of a question under its heading."""

    def fill(page: Any) -> None:
        for table in tables:
            if table.heading:
                page.add_heading(clean(table.question), 1)
                page.add_paragraph(clean(table.heading))
            if table.text:
                page.add_paragraph(clean(table.text))
            if table.rows:
                names = [column.name for column in table.columns]
                _table(page, names, [list(map(text_of, row)) for row in table.rows])

    return _written(title, fill)


def _written(title: str, fill: Callable[[Any], None]) -> bytes:
    from docx import Document
    from docx.enum.section import WD_ORIENT
    from docx.shared import Cm

    page = Document()
    (section,) = page.sections
    section.orientation = WD_ORIENT.LANDSCAPE
    section.page_width, section.page_height = Cm(29.7), Cm(21.0)
    for side in ("left_margin", "right_margin", "top_margin", "bottom_margin"):
        setattr(section, side, Cm(2.0))
    properties = page.core_properties
    properties.title = clean(title)[:255]
    properties.author = properties.last_modified_by = properties.comments = ""
    properties.created = properties.modified = CREATED
    properties.revision = 1
    fill(page)
    buffer = io.BytesIO()
    page.save(buffer)
    return repacked(buffer.getvalue())


def _table(page: Any, names: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Add a table whose first row is repeated on every page."""
    from docx.oxml import OxmlElement
    from docx.shared import Pt

    table = page.add_table(rows=1 + len(rows), cols=len(names))
    table.style = "Table Grid"
    # The library finds a cell anew each time it is asked for: fetched once, by row.
    for row, texts in zip(table.rows, [names, *rows], strict=True):
        for cell, text in zip(row.cells, texts, strict=True):
            paragraph = cell.paragraphs[0]
            run = paragraph.add_run(clean(text))
            run.font.size = Pt(8)
            run.bold = texts is names
    head = OxmlElement("w:tblHeader")
    table.rows[0]._tr.get_or_add_trPr().append(head)


def _summary(page: Any, summary: SummaryOfFindings) -> None:
    page.add_heading(clean(f"{summary.label} ({summary.setting})"), 2)
    _table(page, HEADINGS, [outcome_row(one) for one in summary.outcomes])
    page.add_paragraph("")


def outcome_row(one: Outcome) -> tuple[str, ...]:
    """Return the cells of an outcome, under `HEADINGS`."""
    name = ", ".join(one.names) or one.title
    certainty = one.certainty or NOT_JUDGED
    if one.estimate is None:
        left = fmt.whole(len({row.trial_id for row in one.not_pooled}))
        return (name, "no usable number", *[fmt.NOT_AVAILABLE] * 3, f"0 ({left} not pooled)",
                fmt.NOT_AVAILABLE, certainty)  # fmt: skip
    measure = get_measure(one.measure)
    shown = effect_text(one, measure)
    if one.printed is not None:
        shown = fmt.as_printed(one.printed.texts, measure)
    patients = fmt.at_least(fmt.whole(one.n), one.n_is_minimum)
    trials = fmt.whole(one.k) + (f" ({patients} patients)" if one.n is not None else "")
    verdict = one.verdict
    return (
        name,
        f"{measure.code} {shown}",
        *_absolute(one.absolute),
        "; ".join(map(medians_words, one.medians)) or NOT_KNOWN,
        trials,
        fmt.NOT_AVAILABLE if verdict is None else verdict.word.replace("-", " "),
        certainty,
    )


def _absolute(found: AbsoluteEffect | None) -> tuple[str, str]:
    """Return the risk without the treatment and the difference in 1,000 patients."""
    if found is None:
        return NOT_KNOWN, fmt.NOT_AVAILABLE
    months = found.landmark_months
    when = "" if months is None else f" by {fmt.plain(months)} months"
    return f"{control_percent(found)}{when} ({found.control_risk_source})", per_1000(found)


def _methods(page: Any, edition: Edition) -> None:
    compared = [one for one in edition.results if isinstance(one, ComparativeResult)]
    methods = write_methods(compared, edition.verification)
    page.add_heading("Methods", 1)
    for section in methods.sections:
        page.add_heading(clean(section.heading), 2)
        for text in section.paragraphs:
            page.add_paragraph(clean(text))
    if methods.references:
        page.add_heading("References", 1)
        for reference in methods.references:
            page.add_paragraph(clean(reference.citation))


def _figures(page: Any, edition: Edition) -> None:
    from docx.shared import Cm

    drawn = list(_drawn(edition))
    if drawn:
        page.add_heading("Figures", 1)
    if len(drawn) > _MOST_FIGURES:
        page.add_paragraph(
            f"The forest plots of {fmt.whole(len(drawn))} questions are too many for a document: "
            "the report has each on the page of its question."
        )
        return
    for number, (result, path) in enumerate(drawn, start=1):
        half = _at_half(path.read_bytes(), edition.cache)
        picture = page.add_picture(half, width=Cm(_WIDTH_CM))
        # Word sets the height by the width; a tall figure would not fit on a page.
        if picture.height > Cm(_TALLEST_CM):
            picture.width = int(picture.width * Cm(_TALLEST_CM) / picture.height)
            picture.height = Cm(_TALLEST_CM)
        picture._inline.docPr.set("descr", clean(f"Forest plot: {result.title}"))
        page.add_paragraph(clean(f"Figure {fmt.whole(number)}. {result.title}"), style="Caption")


def _at_half(png: bytes, cache: Cache) -> io.BytesIO:
    """Return a figure with half its dots: 150 to the inch, a quarter of the document's size."""

    def make() -> dict[str, bytes]:
        from PIL import Image

        picture = Image.open(io.BytesIO(png)).convert("RGB").reduce(2)
        packed = io.BytesIO()
        few = picture.quantize(32, method=Image.Quantize.FASTOCTREE, dither=Image.Dither.NONE)
        # Level 9 takes six times as long for a twentieth less.
        few.save(packed, "PNG", compress_level=6)
        return {"png": packed.getvalue()}

    return io.BytesIO(cache.made(["half", png], make)["png"])


def _drawn(edition: Edition) -> Iterator[tuple[Result, Path]]:
    """Find the figures of questions that pool something: a single trial stands in the tables."""
    for result in edition.results:
        path = (edition.figures or {}).get(result.id)
        if path is not None and any(group.k > 1 for group in result.groups):
            yield result, path
