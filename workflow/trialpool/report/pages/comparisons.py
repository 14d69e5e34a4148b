"""Pages of comparisons: what each says of every outcome, and where renamed ones went."""

from __future__ import annotations

import json
from collections.abc import Iterator

from trialpool.questions.shared.words.sides import capital
from trialpool.records.files import to_plain
from trialpool.report.compared.drawing import forest_csv, forest_svg
from trialpool.report.compared.front import citation
from trialpool.report.compared.matrix import mechanisms, trial_names
from trialpool.report.compared.outcomes import Compared
from trialpool.report.compared.page import ComparisonPage, comparison_page
from trialpool.report.compared.summary import findings_table
from trialpool.report.site.page import Page, comparison_path, question_path
from trialpool.report.site.render import render
from trialpool.report.site.review import Review


def pages(review: Review) -> Iterator[Page]:
    """One page for each comparison, and one that leads on for each renamed id."""
    if review.comparisons is None:
        return
    known = mechanisms(review.by_comparison)
    for one in review.by_comparison:
        yield _page(review, one, known.get(one.comparison.id, ""))
    labels = {one.comparison.id: one.comparison.label for one in review.by_comparison}
    for old, new in review.comparisons.renamed.items():
        yield Page(
            path=comparison_path(old),
            title=labels[new],
            body=render("moved.html.j2", href=f"site:{comparison_path(new)}", title=labels[new]),
            moved=comparison_path(new),
        )


def _page(review: Review, one: Compared, mechanism: str) -> Page:
    comparison, shown = one.comparison, comparison_page(one)
    path = comparison_path(comparison.id)
    texts = _files(one, shown, path.removesuffix(".html"))
    agents = (*comparison.added, *comparison.removed, *(a for s in comparison.shared for a in s))
    setting = capital(comparison.setting)
    body = render(
        "comparison.html.j2",
        shown=shown,
        table=findings_table(one.summary) if one.summary else None,
        link=lambda question: f"site:{question_path(question)}",
        files=[(place, _name(place)) for place in texts],
        citation=citation(review.settings, f"{comparison.label}, {comparison.setting}"),
    )
    return Page(
        path=path,
        title=comparison.label,
        lead=". ".join(filter(None, (setting, mechanism))),
        body=body,
        kind=f"Comparison, {comparison.setting}",
        words=(*review.drug_words(agents), *trial_names(one)),
        texts=texts,
    )


def _files(one: Compared, shown: ComparisonPage, folder: str) -> dict[str, str]:
    """Return the files of a comparison by their place: forests, their tables, and the record."""
    found: dict[str, str] = {}
    for outcome, view in zip(one.outcomes, shown.outcomes, strict=True):
        if outcome.main is not None and view.forest is not None:
            place = f"{folder}/{outcome.slug}"
            found[f"{place}.svg"] = forest_svg(view.forest)
            found[f"{place}.csv"] = forest_csv(view.forest, outcome.main.measure)
            record = to_plain(outcome.main.group)
            found[f"{place}.json"] = json.dumps(record, ensure_ascii=False, indent=1) + "\n"
    return found


def _name(place: str) -> str:
    return place.rpartition("/")[2]
