"""The page of the flow and the checklist: PRISMA 2020 and its extension for living reviews."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from trialpool.records.review.prisma import Flow, FlowStage, Prisma
from trialpool.report.prisma.checklist import Known, checklist_of
from trialpool.report.prisma.flow import flow_of
from trialpool.report.site.page import Page
from trialpool.report.site.render import render
from trialpool.report.site.review import Review

PRISMA: Final = "prisma.html"
# What a link to a page that an item names is called.
_PAGES: Final = {
    "index.html": "Results",
    "methods.html": "Methods",
    "audit.html": "Checks",
    "trials.html": "Trials",
    "limits.html": "Limits",
    "changes.html": "Changes",
}


@dataclass(frozen=True)
class Step:
    """A box of the flow: what is left, and the stage that falls out on the way to the next one.

    `left_out` is None for the last box.
    """

    label: str
    rows: int
    trials: int
    sources: int
    left_out: FlowStage | None


def pages(review: Review) -> Iterator[Page]:
    """Yield the page; none without raw tables, from which its numbers come."""
    if not review.evidence.tables:
        return
    prisma = prisma_of(review)
    items = prisma.checklist
    yield Page(
        path=PRISMA,
        title="Flow and checklist (PRISMA)",
        body=render(
            "prisma.html.j2",
            flow=prisma.flow,
            steps=steps(prisma.flow),
            items=items,
            given=sum(item.is_given for item in items),
            linked={page: name for page, name in _PAGES.items() if _is_there(review, page)},
        ),
        menu="PRISMA",
        words=("flow", "checklist", "registration", "funding", "search strategy"),
    )


def prisma_of(review: Review) -> Prisma:
    """Return flow and checklist of a review."""
    flow = flow_of(review.evidence, review.effects, review.results)
    known = Known(review.settings, review.about, review.evidence, review.results, flow)
    return Prisma(flow=flow, checklist=checklist_of(known))


def _is_there(review: Review, page: str) -> bool:
    """Whether the site has a page that an item names."""
    # No page of changes is made yet from what a review holds.
    made = {"audit.html": review.findings or review.rules, "changes.html": ()}
    return bool(made.get(page, True))


def steps(flow: Flow) -> tuple[Step, ...]:
    """Return the boxes of the flow from the tables to the pools.

    What is left in a box is what is left in the one before less what fell out of it.
    """
    *out, pooled = flow.stages
    labels = (
        "In the tables",
        "Trials with a row of results",
        "A number that could be pooled",
        "Within a question",
    )
    rows, trials, sources = flow.rows, flow.trials, flow.sources
    found = []
    for label, stage in zip(labels, out, strict=True):
        found.append(Step(label, rows, trials, sources, stage))
        rows, trials, sources = (
            rows - stage.rows, trials - stage.trials, sources - stage.sources,
        )  # fmt: skip
    found.append(Step("Pooled", rows, trials, sources, None))
    if (rows, trials, sources) != (pooled.rows, pooled.trials, pooled.sources):
        raise ValueError("the stages of the flow do not add up")
    return tuple(found)
