"""The pages of questions hold every result, escape every name and load nothing."""

from __future__ import annotations

import copy
import math
import re
from typing import Any

import pytest
from html_reader import Page
from msgspec.structs import replace
from pooled_records import pooled
from report_records import (
    FINDINGS,
    INSTEAD,
    SETTINGS,
    figure,
    finding,
    question,
    records,
    response,
    survival,
    survival_trials,
)
from site_pages import questions, texts

from trialpool import formatting as fmt
from trialpool.measures import get_measure
from trialpool.questions.shared.words.models import models_shown, support
from trialpool.records.comparison import ComparisonResult
from trialpool.records.pools import Pool
from trialpool.report.conclusions import conclude

Json = dict[str, Any]


def page_of(results: list[ComparisonResult]) -> Page:
    return Page(questions(results))


def test_every_trial_and_group_appears(page: Page) -> None:
    for record in records():
        assert record.question in page.text
        assert record.comment in page.text
        for group in record.groups:
            assert page.text.count(group.label) >= 3
        for trial in record.trials:
            assert trial.label in page.text
            assert trial.comparison in page.text
            assert trial.locator in page.text
            for row_id in trial.row_ids:
                assert row_id in page.text
            for flag in trial.flags:
                assert flag in page.text
            for value in trial.derivation.inputs.values():
                assert value in page.text


def pools(record: ComparisonResult) -> list[Pool]:
    single = [group for group in record.groups if not group.models.named()]
    return [*single, *(pool for group in record.groups for pool in models_shown(group).values())]


@pytest.mark.parametrize("record", records(), ids=lambda record: record.id)
def test_every_number_is_the_formatted_number_of_the_record(
    record: ComparisonResult, page: Page
) -> None:
    measure = get_measure(record.measure)
    cells = " | ".join(page.cells)
    for effect in [*pools(record), *record.trials]:
        shown = fmt.effect_with_interval(effect.estimate, effect.ci_lower, effect.ci_upper, measure)
        assert shown in cells
    for trial in record.trials:
        assert fmt.percent(trial.weight) in page.cells
        assert fmt.percent(trial.weight_common) in page.cells
        for side in ("experimental", "control"):
            assert fmt.count_of(getattr(trial, side).events, getattr(trial, side).n) in page.cells
    for group in record.groups:
        assert conclude(group, record).text.removeprefix(f"{group.label}: ") in page.text
        assert fmt.at_least(fmt.whole(group.n), group.n_is_minimum) in page.cells
        if group.k > 1:
            assert fmt.interval(group.pi_lower, group.pi_upper, measure) in page.cells
            tau = (group.tau2, group.tau2_ci_lower, group.tau2_ci_upper)
            assert fmt.tau_with_interval(*tau) in page.cells
            i2 = (group.i2_q, group.i2_q_ci_lower, group.i2_q_ci_upper)
            assert fmt.i_squared_with_interval(*i2) in page.cells
            for pool in models_shown(group).values():
                assert support(pool) in page.text


def test_no_number_is_printed_that_no_record_holds(page: Page) -> None:
    known = set()
    for record in records():
        measure = get_measure(record.measure)
        results = [*pools(record), *record.trials]
        for item in record.sensitivity:
            results += item.results
        for trial in record.trials:
            known |= set(trial.printed.texts if trial.printed is not None else ())
        for effect in results:
            for name in ("estimate", "ci_lower", "ci_upper", "pi_lower", "pi_upper"):
                known.add(fmt.effect(getattr(effect, name, None), measure))
    shown = re.findall(r"([\d.∞<>]+) \[([\d.∞<>]+) to ([\d.∞<>]+)\] ?(?=\D|$)", page.text)
    assert len(shown) > 20
    taus = {
        part
        for record in records()
        for group in record.groups
        for part in re.findall(
            r"[\d.]+", fmt.tau_with_interval(group.tau2, group.tau2_ci_lower, group.tau2_ci_upper)
        )
    }
    printed = {part for numbers in shown for part in numbers if len(part.split(".")[-1]) != 3}
    assert printed <= known | taus


def test_one_model_speaks_for_few_trials(page: Page) -> None:
    group = survival().groups[0]
    assert group.primary_model == "bayes"
    place = next(n for n, cell in enumerate(page.cells) if cell.startswith(group.label))
    shown = (group.estimate, group.ci_lower, group.ci_upper)
    effect = fmt.effect_with_interval(*shown, get_measure("HR"))
    assert page.cells[place + 1].startswith(effect)
    assert "differs by model" not in page.text.lower()
    # Random effects of three trials are no answer that is shown.
    assert list(models_shown(group)) == ["bayes", "common-effect"]


def test_a_single_trial_has_its_own_sentence(page: Page) -> None:
    words = (
        "in this trial fewer deaths (HR 0.75 [0.64 to 0.88]); not replicated; certainty not judged."
    )
    assert f"{INSTEAD} {INSTEAD.split()[0]} : {words}" in page.text
    place = next(n for n, cell in enumerate(page.cells) if cell.startswith(INSTEAD))
    assert "0.75 [0.64 to 0.88] the trial itself, no model" in page.cells[place : place + 6]


def test_candidates_stand_open_and_trials_without_a_pooled_result_first(page: Page) -> None:
    start = page.text.index("Eligible results that are not pooled")
    part = page.text[start : page.text.index("Settings of this question", start)].replace(
        " # ", " "
    )
    assert part.index("CEREBEL no not poolable") < part.index("CLEOPATRA yes another report used")
    assert "cleopatra.os.t02 is preferred" not in part
    opened, folded = part.split("3 other rows with this endpoint")
    assert "destiny-breast04.os.t01" not in opened
    assert "her2_status is low" in folded


def test_trials_that_a_pool_misses_are_counted_beside_its_answer(page: Page) -> None:
    assert "1 more trial reports this endpoint and has no result in a pool" in page.text


def test_a_fit_that_went_oddly_is_remarked_on() -> None:
    """A prior whose tail is so heavy that three trials have no posterior standard deviation."""
    trials = survival_trials()[:2]
    asked = question("q", trials, pooling={"tau_prior": "half-cauchy:0.5"})
    page = page_of([pooled(asked, trials)])
    assert "the prior's tail is too heavy for so few trials" in page.text


def test_sensitivity_stands_beside_the_main_analysis(page: Page) -> None:
    record = response()
    measure = get_measure("OR")
    for row in record.sensitivity[0].results:
        shown = fmt.effect_with_interval(row.estimate, row.ci_lower, row.ci_upper, measure)
        position = page.cells.index(row.analysis)
        main = record.groups[0]
        assert page.cells[position + 2] == shown
        assert page.cells[position + 3] == fmt.effect_with_interval(
            main.estimate, main.ci_lower, main.ci_upper, measure
        )


HOSTILE = '<b onclick="x()">&amp; "Trial" </td></script><script>alert(1)</script>'


def test_names_are_escaped() -> None:
    trials = survival_trials()
    for trial in trials:
        for name in ("comparison", "locator", "maturity", "population"):
            trial[name] = HOSTILE
        trial["flags"] = [HOSTILE]
        trial["derivation"] |= {"formula": HOSTILE, "inputs": {"estimate": HOSTILE}}
    trials[0]["label"] = trials[0]["group"] = HOSTILE
    hostile = question(
        "q", trials, title=HOSTILE, question=HOSTILE, comment=HOSTILE, overall_reason=HOSTILE
    )
    for source in hostile["sources"].values():
        source |= {"citation": HOSTILE, "doi": 'javascript:alert("1")', "pmid": '1"><b>'}
    hostile["excluded"] = [
        dict.fromkeys(("row_id", "trial_id", "label", "reason"), HOSTILE) | {"stage": stage}
        for stage in ("not poolable", "outside the question")
    ]
    audit = [finding(**dict.fromkeys(FINDINGS[0], HOSTILE) | {"level": "unusable"})]
    settings = dict.fromkeys(SETTINGS, HOSTILE)
    site = texts([pooled(hostile, trials)], {}, settings, findings=audit)
    html = "".join(site.values())
    page = Page(html)
    assert html.count("<script") == len(site)
    assert "<b " not in html
    assert "onclick=&#34;x()&#34;" in html
    assert page.text.count("alert(1)") > 15
    assert "javascript:" not in html


def test_a_question_without_trials_and_without_a_plot_says_so() -> None:
    empty = pooled(question("empty", []), [])
    page = page_of([empty])
    assert "No trial answers this question" in page.text
    assert "No plot was drawn" in page.text
    site = texts([empty])
    assert "audit.html" not in site
    # It stands in the one table of such questions, not among the results.
    assert empty.question in Page(site["unanswered.html"]).text
    assert "No question has a result." in Page(site["questions.html"]).text
    assert "No comparison has a result." in Page(site["index.html"]).text


def test_no_question_at_all() -> None:
    site = texts([], {}, {"title": "Nothing"})
    assert "No question has a result." in Page(site["questions.html"]).text
    assert "No comparison has a result." in Page(site["index.html"]).text
    assert "unanswered.html" not in site


def test_a_pooled_overall_is_shown() -> None:
    trials = survival_trials()
    record = pooled(question("q", trials, overall="pooled"), trials)
    page = page_of([record])
    assert "Overall" in page.cells
    assert "No overall estimate" not in page.text


def test_margins_stand_beside_trials_and_groups_of_the_questions_that_have_them(page: Page) -> None:
    assert not any("Margin" in cell for cell in page.cells)
    trials = survival_trials()
    for trial, upper in zip(trials, (0.9, 1.1, 1.2, None), strict=True):
        limits = {"lower": None, "upper": upper and math.log(upper)}
        trial["margin"] = upper and {**limits, "source": f"Protocol of {trial['label']}"}
    record = pooled(question("q", trials, design="non-inferiority"), trials)
    shown = page_of([record])
    assert {"Margin, from", "Margin judged by"} <= set(shown.cells)
    for trial, text in zip(trials, ("0.90", "1.10", "1.20"), strict=False):
        assert f"{text}Protocol of {trial['label']}" in shown.cells
    assert "0.90" in shown.cells, "the strictest of the group"
    assert "no verdict, because no margin is declared" in shown.text
    for group in record.groups:
        assert group.sentence.removeprefix(f"{group.label}: ") in shown.text


def test_differences_in_percent_say_so() -> None:
    changes = {"measure": "RD", "scale": "identity", "measure_name": "risk difference"}
    record = replace(response(), **changes)
    assert "RD, percentage points" in page_of([record]).text


def test_the_test_between_groups_is_labelled() -> None:
    trials = survival_trials()
    trials[2]["estimate"] = -0.2
    record = pooled(question("q", trials, overall="pooled"), trials)
    test = record.subgroup_test
    page = page_of([record])
    shown = fmt.statistic(test.statistic, test.value, test.df1, test.df2)
    assert f"{shown}, {fmt.p_statement(test.p_value)}" in page.text
    part = page.text[page.text.index("Do the groups differ?") :][:300]
    assert "low credibility" in part


def test_groups_without_a_pool_of_all_are_not_tested_against_each_other() -> None:
    page = page_of([survival()])
    assert survival().subgroup_test is None
    assert "Do the groups differ?" not in page.text


def test_a_sum_that_lacks_an_arm_is_a_minimum() -> None:
    """PUFFIN's two arms have no n in this record: 402 + 406 + 228 + 224 are the least."""
    group = survival().groups[0]
    assert (group.n, group.n_is_minimum) == (1260, True)
    assert (group.events, group.events_are_minimum) == (389, True)
    page = page_of([survival()])
    assert "≥ 1260" in page.cells
    assert "≥ 389" in page.cells


def test_strategies_stand_behind_the_groups() -> None:
    trials = survival_trials()
    groups = [
        {"label": label, "comparison": f"c{i}", "mechanism": "M", "mechanisms": [], "kind": "added"}
        for i, label in enumerate(dict.fromkeys(trial["group"] for trial in trials))
    ]
    both = {"id": "all", "label": "Any drug", "comparisons": ["c0", "c1"]}
    record = pooled(question("q", trials, groups=groups, strategies=[both]), trials)
    (pool,) = record.strategies
    assert (pool.id, pool.label, pool.k, pool.comparisons) == ("all", "Any drug", 4, ("c0", "c1"))
    page = page_of([record])
    assert "Any drug" in page.cells
    assert f"{groups[0]['label']}; {groups[1]['label']}" in page.cells
    assert conclude(pool, record).text.removeprefix("Any drug: ") in page.cells


def test_the_audit_is_summed_up(site: dict[str, str]) -> None:
    page = Page(site["audit.html"])
    assert "14 warnings in all" in page.text
    row = page.cells[page.cells.index("cerebel.os.t01", page.cells.index("Rule")) :][:6]
    assert row[1:5] == ["CEREBEL", "ci_upper", "1.01", "interval-width"]


def test_records_are_left_as_they_were() -> None:
    before = records()
    after = copy.deepcopy(before)
    texts(after, findings=FINDINGS)
    assert after == before


@pytest.mark.parametrize(
    ("svg", "message"),
    [
        ("<svg><g></svg>", "not well-formed"),
        ("<html/>", "starts with <html>"),
        (figure("metastatic-os").replace("<g ", "<script/><g "), "holds a script"),
        (figure("other"), "ids must begin with the id of the question"),
    ],
)
def test_a_figure_that_cannot_share_the_page_is_refused(svg: str, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        texts([survival()], {"metastatic-os": svg})
