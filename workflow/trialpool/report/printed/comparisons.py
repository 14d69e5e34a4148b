"""Comparisons in print: sentences, summary of findings, forests, results that no pool holds."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import Final

from trialpool.questions.shared.words.sides import capital
from trialpool.report.compared.forest import Forest, ForestRow
from trialpool.report.compared.matrix import Matrix, anchor_of, matrix, mechanisms
from trialpool.report.compared.outcomes import Compared
from trialpool.report.compared.page import Beside, ComparisonPage, Shown, comparison_page
from trialpool.report.compared.summary import FindingRow, FindingsTable, findings_table
from trialpool.report.printed.blocks import (
    Block,
    Break,
    Column,
    Forests,
    Heading,
    Items,
    Mark,
    Panel,
    Paragraph,
    Run,
    Table,
    Words,
    joined,
)
from trialpool.report.printed.labels import of_comparison, of_page, of_source
from trialpool.report.site.review import Review

Text = tuple[str | Run, ...]

_HOW_TO_READ: Final = (
    "Summaries of findings give patients of 1,000 without and with the treatment, at the control "
    "risk that is named under the table. NNTB, NNTH: number needed to treat for one more to "
    "benefit, to be harmed. In the figures squares are trials with their intervals, diamonds the "
    "primary model, bars where the effect of a new trial would lie, dotted lines margins of "
    "non-inferiority or equivalence; a number in brackets is that "
    "of the reference."
)
_USUAL: Final = (
    "What the certainty rests on stands under a table where it is not as in most outcomes:"
)


# Outcomes that a document holds with tables and figures. To set one takes 5 MB of memory; of a
# review with more the sentences are printed, and the site has the rest.
_MOST_IN_FULL: Final = 250
_IN_SHORT: Final = (
    "This review has more outcomes than one document can hold with their tables and figures: here "
    "stands what each says, the rest on the page of the comparison."
)


def comparisons(
    review: Review, references: Mapping[str, int], printed: set[str]
) -> Iterator[Block]:
    """Print all comparisons, by setting in the order of the summary.

    Parameters
    ----------
    review : Review
    references : mapping of str to int
        Source to its number in the list of references.
    printed : set of str
        Labels of the questions that the document holds.
    """
    known = mechanisms(review.by_comparison)
    by_label = {of_comparison(one.comparison.id): one for one in review.by_comparison}
    strategies = review.comparisons.strategies if review.comparisons else ()
    shown = matrix(review.by_comparison, {one.id: one.label for one in strategies})
    tables = {
        one.comparison.id: found
        for one in review.by_comparison
        if one.summary is not None and (found := findings_table(one.summary)) is not None
    }
    usual = _usual(tables.values())
    yield Break()
    if sum(len(one.outcomes) for one in review.by_comparison) > _MOST_IN_FULL:
        yield from _sentences_alone(shown, by_label, known)
        return
    for number, section in enumerate(shown.sections):
        yield Heading(1, section.setting or "Comparisons", f"setting-{anchor_of(section.setting)}")
        if number == 0:
            said = "; ".join(f"{domain}: {text}" for domain, text in usual.items())
            yield Paragraph(f"{_HOW_TO_READ}{f' {_USUAL} {said}.' if said else ''}", small=True)
        for row in section.rows:
            one = by_label[of_page(row.href)]
            mechanism = known.get(one.comparison.id, "")
            table = tables.get(one.comparison.id)
            yield from _comparison(one, mechanism, table, usual, references, printed)


def _sentences_alone(
    shown: Matrix, by_label: Mapping[str, Compared], known: Mapping[str, str]
) -> Iterator[Block]:
    """Print what each comparison says, without its tables and figures."""
    for number, section in enumerate(shown.sections):
        yield Heading(1, section.setting or "Comparisons", f"setting-{anchor_of(section.setting)}")
        if number == 0:
            yield Paragraph(_IN_SHORT, small=True)
        for row in section.rows:
            one = by_label[of_page(row.href)]
            yield from _said(one, comparison_page(one), known.get(one.comparison.id, ""))


def _said(one: Compared, page: ComparisonPage, mechanism: str) -> Iterator[Block]:
    yield Heading(2, one.comparison.label, of_comparison(one.comparison.id))
    if mechanism:
        yield Paragraph((Run(mechanism, soft=True),), keep=True)
    if pooled := [shown for shown in page.outcomes if shown.glance is not None]:
        yield Items(tuple(map(_sentence, pooled)))


def _comparison(
    one: Compared,
    mechanism: str,
    table: FindingsTable | None,
    usual: Mapping[str, str],
    references: Mapping[str, int],
    printed: set[str],
) -> Iterator[Block]:
    page = comparison_page(one)
    yield from _said(one, page, mechanism)
    pooled = [shown for shown in page.outcomes if shown.glance is not None]
    if table is not None and any(row.trials != "0" for row in table.rows):
        yield _findings(table, one.comparison.label)
        rests = (_rests_on(row, usual) for row in table.rows if row.inputs)
        yield Items(tuple(filter(None, rests)), small=True)
    forests = [shown.forest for shown in pooled if shown.forest is not None]
    if forests:
        yield Forests(
            tuple(_panel(forest, references) for forest in forests),
            _caption(one.comparison.label, page),
            " ".join(forest.alt for forest in forests),
        )
    outside = [(shown, row) for shown in page.outcomes for row in shown.outside]
    if outside:
        yield Table(
            (Column("Printed, in no pool", 0.9), Column("Outcome", 0.9), Column("As printed", 1.5),
             Column("Why", 2.2)),
            tuple(
                (row.trial, shown.name, row.printed, f"{row.reason} ({row.where})" if row.where
                 else row.reason)
                for shown, row in outside
            ),
        )  # fmt: skip
    yield from _beside(page, printed)
    if not (page.outcomes or page.modifiers or page.wider):
        yield Paragraph("No question of this review has a result of it that could be pooled.")


def _sentence(shown: Shown) -> Text:
    assert shown.glance is not None
    sign = Run(shown.glance.sign, tone=shown.glance.tone, bold=True)
    return sign, " ", Run(shown.name, bold=True), f": {shown.sentence}."


def _findings(table: FindingsTable, label: str) -> Table:
    rows = table.rows
    columns = [
        Column("Outcome", 1.35), Column("Without"), Column("With"), Column("Difference", 1.2),
        Column("Effect", 1.05), Column("Medians", 1.9), Column("Trials (patients)", 0.65),
        Column("Certainty", 0.7),
    ]  # fmt: skip
    # Columns in which no outcome has a number are left out.
    has_absolute = any(row.counted for row in rows)
    shown = [True, has_absolute, has_absolute, has_absolute, True, table.has_medians, True, True]
    return Table(
        tuple(column for column, is_shown in zip(columns, shown, strict=True) if is_shown),
        tuple(
            tuple(cell for cell, is_shown in zip(_finding(row), shown, strict=True) if is_shown)
            for row in rows
        ),
        f"Summary of findings, {label}. Intervals {table.level}.",
    )


def _finding(row: FindingRow) -> tuple[Words, ...]:
    told = "; ".join(filter(None, (_beside_name(row), row.counted)))
    gain = f"difference {row.gain}" if row.gain else ""
    effect: Text = (f"{row.measure} " if row.measure else "", Run(row.effect, bold=True))
    return (
        (Run(row.name, bold=True), Run(f" {told}" if told else "", soft=True)),
        row.control,
        row.treatment,
        (row.difference, Run(f" {row.needed}" if row.needed else "", soft=True)),
        effect,
        "; ".join(filter(None, (*row.medians, gain))),
        f"{row.trials} ({row.patients})" if row.patients else row.trials,
        (Run(row.certainty, bold=True),),
    )


def _usual(tables: Iterable[FindingsTable]) -> dict[str, str]:
    """Return what is said of a domain of more than half of all outcomes: it is printed once."""
    rows = [row for table in tables for row in table.rows if row.inputs]
    counts = Counter(one for row in rows for one in row.inputs)
    return dict(one for one, count in counts.items() if count > len(rows) / 2)


def _rests_on(row: FindingRow, usual: Mapping[str, str]) -> Text:
    """Say what the certainty of an outcome rests on: judgements first, then what is computed.

    What is usual is left out.
    """
    name = ", ".join(filter(None, (row.name, _beside_name(row))))
    judged = [
        f"{one.domain} {one.judgement}: {one.reason}{f' ({one.signed})' if one.signed else ''}"
        for one in row.judgements
    ]
    computed = [f"{domain}: {text}" for domain, text in row.inputs if usual.get(domain) != text]
    risk = [f"control risk: {row.source}"] if row.source else []
    if not (judged or computed or risk):
        return ()
    return Run(f"{name}. ", bold=True), capital("; ".join((*judged, *computed, *risk))), "."


def _beside_name(row: FindingRow) -> str:
    """Return what tells an outcome from another of its name."""
    return row.title.removeprefix(f"{row.name}, ")


def _panel(forest: Forest, references: Mapping[str, int]) -> Panel:
    code = f"{forest.code} " if forest.code else ""
    return Panel(
        title=forest.outcome,
        heads=(
            f"{forest.counts}: {' v '.join(forest.arms)}" if forest.has_arms else "",
            f"{code}[{forest.level} CI]",
            "Weight" if forest.is_weighted else "",
        ),
        marks=tuple(_mark(row, references) for row in forest.rows),
        ticks=forest.ticks,
        null=forest.null,
        pooled=forest.pooled,
        favours=forest.favours,
        margins=forest.margins,
    )


def _mark(row: ForestRow, references: Mapping[str, int]) -> Mark:
    number = references.get(row.source)
    label: Words = row.label
    if number is not None:
        label = (row.label, Run(f" [{number}]", soft=True, to=of_source(number)))
    shape = {"trial": "square", "pool": "diamond", "prediction": "bar"}[row.kind]
    return Mark(
        shape=shape,  # type: ignore[arg-type]
        label=label,
        notes="; ".join(row.notes),
        arms=row.arms,
        effect=row.effect,
        weight=row.weight,
        low=row.low,
        high=row.high,
        at=row.at,
        side=row.side,
        cut=row.cut,
    )


def _caption(label: str, page: ComparisonPage) -> str:
    told = [
        f"{shown.name}: {'; '.join(said)}" for shown in page.outcomes if (said := _in_short(shown))
    ]
    return ". ".join((capital(label), *told)) + "."


def _in_short(shown: Shown) -> list[str]:
    """Say how much the trials differ, and the margin where the design has one."""
    margin = shown.forest.margin if shown.forest is not None else ""
    return [text for text in (shown.heterogeneity, f"margin {margin}" if margin else "") if text]


def _beside(page: ComparisonPage, printed: set[str]) -> Iterator[Block]:
    """Print what other questions say: other patients and measures, markers, networks."""
    rows: list[Text] = [
        _other(row, printed, prefix=f"{shown.name}, also: ")
        for shown in page.outcomes
        for row in shown.beside
    ]
    rows += [_other(row, printed, prefix="Who benefits: ") for row in page.modifiers]
    rows += [_other(row, printed, prefix="Beside other treatments: ") for row in page.wider]
    if rows:
        yield Paragraph((*joined(rows), "."), small=True)


def _other(row: Beside, printed: set[str], prefix: str) -> Text:
    label = of_page(row.href)
    about = f" ({row.about})" if row.about else ""
    numbers = f": {row.effect}, {row.trials}" if row.effect else ""
    words: Text = (f"{prefix}{row.title}{about}{numbers}",)
    if label in printed:
        words = (*words, ", page ", Run(to=label, shows="page"))
    return joined([words])
