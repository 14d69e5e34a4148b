"""What stands first: the title page, the contents, and the summary of all comparisons."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from trialpool import formatting as fmt
from trialpool.report.compared.front import front
from trialpool.report.compared.matrix import Cell as Found
from trialpool.report.compared.matrix import Matrix, Row, counted, matrix
from trialpool.report.compared.outcomes import Column as OutcomeColumn
from trialpool.report.compared.outcomes import Compared, Outcome
from trialpool.report.compared.summary import NOT_JUDGED
from trialpool.report.compared.verdicts import LEGEND
from trialpool.report.printed.blocks import (
    Block,
    Break,
    Cell,
    Column,
    Heading,
    Opening,
    Paragraph,
    Run,
    Table,
    joined,
)
from trialpool.report.printed.labels import of_comparison, of_page
from trialpool.report.site.review import Review


def title_page(review: Review) -> Iterator[Block]:
    """Title, version, dates, counts, how to cite; the contents on the pages after it."""
    settings = review.settings
    head = front(
        settings, review.results, review.evidence.rows("trials"), len(review.sources)
    )  # fmt: skip
    told = (settings.get(name) for name in ("description", "framework", "data_note"))
    yield Opening(
        title=str(settings["title"]),
        subtitle=str(settings.get("subtitle") or ""),
        authors=str(settings.get("authors") or ""),
        facts=head.facts,
        counts=head.counts,
        citation=head.citation,
        texts=tuple(str(text) for text in told if text),
    )
    yield Break("contents")
    yield Break()


def summary(review: Review) -> Iterator[Block]:
    """Print the matrix of the front page: comparisons by outcome; nothing without comparisons."""
    if review.comparisons is None or not review.by_comparison:
        return
    labels = {one.id: one.label for one in review.comparisons.strategies}
    shown = matrix(review.by_comparison, labels)
    yield Heading(1, "Summary: comparisons by outcome")
    legend = [(Run(sign, tone=tone, bold=True), f" {words}") for sign, tone, words in LEGEND]
    yield Paragraph(joined(legend), small=True)
    known = {of_comparison(one.comparison.id): one for one in review.by_comparison}
    yield _table(shown, known)


def _table(shown: Matrix, known: Mapping[str, Compared]) -> Table:
    columns = (
        Column("Comparison", 1.15),
        *(Column(name, 1.2) for _, name in shown.columns),
        Column("Page", 0, "right"),
    )
    rows: list[tuple[Cell | tuple[str | Run, ...], ...]] = []
    for section in shown.sections:
        if section.setting:
            rows.append((Cell(section.setting, columns=len(columns), shade=True),))
        named = [name for name, _ in shown.columns]
        rows += [_row(row, known[of_page(row.href)], named) for row in section.rows]
    return Table(
        columns,
        tuple(rows),
        "Effects with their intervals, what they say in a word, patients of 1,000, how many trials "
        "and patients; the certainty, where it was judged. Comparisons with the most settled "
        "outcomes come first.",
    )


def _row(
    row: Row, compared: Compared, columns: Iterable[OutcomeColumn]
) -> tuple[tuple[str | Run, ...], ...]:
    label = of_page(row.href)
    name = (
        Run(row.label, bold=True, to=label),
        Run(f" {row.trials}" if row.trials else "", soft=True),
    )
    outcomes = map(compared.in_column, columns)
    cells = tuple(
        (fmt.NOT_AVAILABLE,) if one is None else _cell(one, outcome)
        for one, outcome in zip(row.cells, outcomes, strict=True)
    )
    return (tuple(run for run in name if run.text), *cells, (Run(to=label, shows="page"),))


def _cell(one: Found, outcome: Outcome | None) -> tuple[str | Run, ...]:
    sign = Run(one.sign, tone=one.tone, bold=True)
    if outcome is None or outcome.main is None:
        return sign, f" {one.codes} {one.words}"
    words = ", ".join(filter(None, (one.words, one.size)))
    # Readers and sources stand with each trial.
    size = ", ".join(counted(outcome.main.group))
    certainty = one.support[-1] if one.support[-1] != NOT_JUDGED else ""
    behind = "; ".join(filter(None, (one.absolute, size, certainty)))
    return (
        sign,
        f" {' '.join(filter(None, (one.codes, one.measure)))} ",
        Run(one.effect, bold=True),
        f"{f' {one.unit}' if one.unit else ''} {words}",
        Run(f" {behind}", soft=True),
    )
