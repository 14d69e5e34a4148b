"""What stands last: methods, limits, checks, references."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from trialpool import formatting as fmt
from trialpool.records.review.prisma import FlowStage
from trialpool.report.pages import closing as pages
from trialpool.report.pages.prisma import prisma_of, steps
from trialpool.report.printed.blocks import (
    Block,
    Cell,
    Column,
    Heading,
    Items,
    Paragraph,
    Run,
    Table,
    Words,
)
from trialpool.report.printed.from_pages import blocks_of
from trialpool.report.printed.labels import of_source
from trialpool.report.site.review import Review

# Pages of the site that are printed, in this order.
_PRINTED: Final = ("methods.html", "limits.html", "audit.html")
_LONG: Final = "methods.html"
# Reasons of a step of the flow that are named.
_REASONS: Final = 4


def closing(review: Review) -> Iterator[Block]:
    """Print the pages on the review as a whole, as far as they are open there."""
    found = {page.path: page for page in pages.pages(review)}
    for path in _PRINTED:
        if path in found:
            yield Heading(1, found[path].title)
            yield from blocks_of(found[path].body, small=path == _LONG)


def prisma(review: Review) -> Iterator[Block]:
    """Print the flow and the checklist; none without raw tables, from which the numbers come."""
    if not review.evidence.tables:
        return
    found = prisma_of(review)
    yield Heading(1, "Flow and checklist (PRISMA)")
    counts = (Column("Rows", 0, "right"), Column("Trials", 0, "right"))
    yield Table(
        (
            Column("Step", 1.2),
            *counts,
            Column("Reports", 0, "right"),
            Column("Left out before the next step", 3),
        ),
        tuple(
            (
                (Run(step.label, bold=True),),
                *map(fmt.whole, (step.rows, step.trials, step.sources)),
                "" if step.left_out is None else _left_out(step.left_out),
            )
            for step in steps(found.flow)
        ),
        "Flow: each row of results stands at the furthest step that it reached in any question, a "
        "trial or report where its furthest row stands.",
    )
    rows: list[tuple[Cell | Words, ...]] = []
    section = ""
    for item in found.checklist:
        if item.section != section:
            section = item.section
            rows.append((Cell(section, columns=3, shade=True),))
        here = item.text if item.is_given else (Run("not given", soft=True),)
        rows.append((item.number, item.topic, here))
    yield Table(
        (Column("Item"), Column("What is asked", 1.2), Column("Here", 2)),
        tuple(rows),
        "Items of PRISMA 2020 (BMJ 2021;372:n71) and of its extension for living reviews "
        "(BMJ 2024;387:e079183), by their numbers and in our own words.",
    )


def _left_out(stage: FlowStage) -> str:
    size = f"{fmt.whole(stage.rows)} rows, {fmt.whole(stage.trials)} trials"
    reasons = (f"{one.label} {fmt.whole(one.rows)}" for one in stage.reasons[:_REASONS])
    told = "; ".join((*reasons, *(["other reasons"] if len(stage.reasons) > _REASONS else [])))
    return f"{stage.label}: {size}{f' ({told})' if told else ''}"


def references(review: Review) -> Iterator[Block]:
    """Print the sources of pooled results, numbered as forests cite them."""
    if not review.sources:
        return
    yield Heading(1, "References")
    yield Paragraph("Reports whose numbers are in a pool, by their grade, the better first.")
    yield Items(
        tuple(
            (
                *(Run(text, href=href) if href else text for text, href in source.parts),
                Run(f" {source.grade}" if source.grade else "", soft=True),
            )
            for source in review.sources.values()
        ),
        small=True,
        numbered=1,
        labels=tuple(of_source(number) for number in numbers(review).values()),
    )


def numbers(review: Review) -> dict[str, int]:
    """Return the numbers of the sources, in the order of the list of references."""
    return {source_id: number for number, source_id in enumerate(review.sources, 1)}
