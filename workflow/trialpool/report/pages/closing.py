"""Pages on the review as a whole: methods, checks, sources, limits, results in no question."""

from __future__ import annotations

from collections.abc import Iterator

from trialpool.questions.shared.words.conclusions import RULES
from trialpool.report.agreement import prepare_agreement
from trialpool.report.checks import summarise_audit
from trialpool.report.grades import grades_sentence
from trialpool.report.known import RULES as KNOWN_RULES
from trialpool.report.limits import limits
from trialpool.report.methods import write_methods
from trialpool.report.not_asked import prepare_not_asked
from trialpool.report.papers import paper_rows
from trialpool.report.site.page import Page, formula_anchor
from trialpool.report.site.render import render
from trialpool.report.site.review import Review
from trialpool.report.sources import doi_link, unidentified


def pages(review: Review) -> Iterator[Page]:
    """Methods, limits, checks, sources, and what no question asks for."""
    yield _methods(review)
    yield Page(
        path="limits.html",
        title="What this report cannot say",
        body=render(
            "limits.html.j2", limits=limits(review.compared, review.outcomes, review.own_limits)
        ),
        menu="Limits",
    )
    yield from _audit(review)
    yield _sources(review)
    files = review.offered("not_asked.json")
    not_asked = prepare_not_asked(review.not_asked, review.questions)
    if not_asked is not None:
        yield Page(
            path="not-asked.html",
            title="In the data, not asked",
            body=render("not_asked.html.j2", not_asked=not_asked, files=files),
            files=files,
            kind="List",
            menu="Not asked",
        )


def _methods(review: Review) -> Page:
    methods = write_methods(review.compared, review.verification)
    body = render(
        "methods.html.j2",
        methods=methods,
        rules=(*RULES, *KNOWN_RULES),
        formulas=[(formula_anchor(*one), *one) for one in _formulas(review)],
        references=[(ref.citation, doi_link(ref.doi)) for ref in methods.references],
    )
    return Page(path="methods.html", title="Methods", body=body, menu="Methods")


def _formulas(review: Review) -> tuple[tuple[str, str, str], ...]:
    """Every derivation that a table names: rung, formula, reference."""
    rows = [
        row for shown in review.questions.values() for ours in shown.trials.values() for row in ours
    ]
    named = [(row.rung, row.formula, row.reference) for row in rows if row.rung]
    for record in review.explanations.values():
        chain = paper_rows(record, review.questions)
        named += [(row.rung, row.formula, row.reference) for row in chain if row.rung]
    return tuple(sorted(dict.fromkeys(named)))


def _audit(review: Review) -> Iterator[Page]:
    agreement = prepare_agreement(review.curves)
    audit = summarise_audit(review.findings, review.rules, review.results)
    files = review.offered("curves.csv")
    if review.findings or review.rules or agreement:
        yield Page(
            path="audit.html",
            title="Checks of the extracted numbers",
            body=render(
                "audit.html.j2", audit=audit, agreement=agreement, trials=review.trials, files=files
            ),
            menu="Checks",
            files=files,
        )


def _sources(review: Review) -> Page:
    sources = tuple(review.sources.values())
    body = render(
        "sources.html.j2",
        sources=sources,
        cited=review.sources,
        grades=grades_sentence(review.results),
        unlinked=tuple(source for source in sources if not source.links),
        unidentified=unidentified(review.evidence.rows("sources")),
    )
    return Page(path="sources.html", title="Sources", body=body, menu="Sources")
