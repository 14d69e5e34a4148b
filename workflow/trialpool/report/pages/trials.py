"""Pages of the trials, and the list of them: all that the data hold, pooled or not."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from trialpool.provenance.text import fate
from trialpool.records.explanations import ReportedResult, TrialExplanation
from trialpool.report.papers import PaperRow, paper_rows
from trialpool.report.shown import ShownQuestion
from trialpool.report.site.page import TRIALS, Page, trial_path
from trialpool.report.site.render import render
from trialpool.report.site.review import Review
from trialpool.report.sources import registry_links

# Cells of trials.csv that the heading or a link says.
_SAID = ("trial_id", "trial", "nct")


@dataclass(frozen=True)
class Reported:
    """A row of a trial as its page lists it: its number, and what became of it."""

    row_id: str
    endpoint: str
    arms: str
    about: str
    printed: str
    fate: str
    pooled_in: tuple[ShownQuestion, ...]


def pages(review: Review) -> Iterator[Page]:
    """One page for each trial of the data, after the list of all."""
    yield _list(review)
    for trial_id in review.trials:
        yield _page(review, review.explanations[trial_id])


def _page(review: Review, record: TrialExplanation) -> Page:
    name = review.trials[record.trial_id]
    rows = tuple(_reported(row, review) for row in record.rows)
    chain: tuple[PaperRow, ...] = paper_rows(record, review.questions)
    agents = [agent for arm in record.arms for agent in arm.get("agents", "").split("; ") if agent]
    return Page(
        path=trial_path(record.trial_id),
        title=name,
        body=render(
            "trial.html.j2",
            described=[
                (column.replace("_", " "), text)
                for column, text in record.described.items()
                if column not in _SAID
            ],
            registry=registry_links(record.described.get("nct", "")),
            arms=record.arms,
            rows=rows,
            chain=chain,
        ),
        parents=(TRIALS,),
        kind="Trial",
        words=(record.trial_id, record.described.get("nct", ""), *review.drug_words(agents)),
    )


def _reported(row: ReportedResult, review: Review) -> Reported:
    questions = [review.questions[name] for name in row.pooled_in or () if name in review.questions]
    return Reported(
        row_id=row.row_id,
        endpoint=row.endpoint,
        arms=row.arms,
        about=", ".join(row.about.values()),
        printed=row.result,
        fate="" if questions else fate(row),
        pooled_in=tuple(questions),
    )


def _list(review: Review) -> Page:
    """List all trials, to filter and sort."""
    rows = []
    column, heading = review.in_whom
    for trial_id, name in review.trials.items():
        record = review.explanations[trial_id]
        used = {question for row in record.rows for question in row.pooled_in or ()}
        rows.append(
            {
                "id": trial_id,
                "name": name,
                "setting": record.described.get(column, ""),
                "status": record.described.get("status", ""),
                "n": record.described.get("n_randomised", ""),
                "rows": len(record.rows),
                "questions": len(used),
            }
        )
    return Page(
        path=TRIALS,
        title="Trials",
        body=render(
            "trials.html.j2",
            rows=rows,
            heading=heading,
            settings=sorted({row["setting"] for row in rows if row["setting"]}),
        ),
        kind="List",
        menu="Trials",
    )
