"""The section on robustness and its methods text."""

from __future__ import annotations

import re

from msgspec.structs import replace
from pooled_records import pooled
from report_records import question, survival_trials
from site_pages import questions

from trialpool.questions.shared.synthesis.robustness import with_robustness
from trialpool.records.reanalyses import Multiverse, Reanalysis
from trialpool.report.methods import write_methods
from trialpool.report.robustness import robustness as prepared


def record_of(trials, **changes):
    return with_robustness(pooled(question("survival", trials, **changes), trials), ())[0]


def test_section():
    record = record_of(survival_trials())
    page = questions([record])
    section = page[page.index('id="robustness"') :]
    text = re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", section))
    (row,) = prepared(record).rows
    multiverse = next(x for x in record.sensitivity if isinstance(x, Multiverse))
    (counts,) = multiverse.results
    assert row.k == "3"
    assert f"{counts.holds} of {counts.analyses}" in text
    assert "without CLEOPATRA" in text
    assert "need ten trials or more in a group" in text
    # The robustness entries are no re-analyses of the generic table.
    assert "Leave-one-out. The pool without" not in text


def test_split_runs_along_the_axis():
    found = prepared(record_of(survival_trials()))
    assert found.split_heading == "below 1 | across | above"
    below, across, above = map(int, found.rows[0].split.split(" | "))
    assert above == 0
    assert below > across > 0


def test_single_trials_have_no_section():
    record = record_of(survival_trials()[3:])
    assert prepared(record) is None
    page = questions([record])
    assert "Robustness" not in page


def test_records_without_it_are_shown_as_before():
    record = record_of(survival_trials())
    named = tuple(x for x in record.sensitivity if isinstance(x, Reanalysis))
    record = replace(record, sensitivity=named)
    assert prepared(record) is None
    assert 'id="robustness"' not in questions([record])


def test_methods_name_what_was_done():
    methods = write_methods([record_of(survival_trials())])
    (section,) = [s for s in methods.sections if s.heading == "Robustness"]
    text = " ".join(section.paragraphs)
    assert "Small-study effects are not tested: no group has ten trials or more" in text
    assert "without each trial and in order of year" in text
    assert "every subset" not in text  # no group of four
    cited = {reference.short for reference in methods.references}
    assert {"Steegen 2016", "Sterne 2011"} <= cited
    assert "Egger 1997" not in cited


def test_ten_trials_are_tested():
    first = survival_trials()[0]
    trials = [
        {
            **first,
            "trial_id": f"t{i}",
            "label": f"T{i}",
            "row_ids": [f"t{i}.os.t01"],
            "estimate": -0.15 - 0.05 * i + 0.03 * (i % 3),
            "se": 0.05 + 0.02 * i,
        }
        for i in range(11)
    ]
    record = record_of(trials)
    (row,) = prepared(record).rows
    text = " ".join(row.sentences)
    assert "Tests of small-study effects: Egger p" in text
    assert "trim and fill L₀" in text
    assert re.search(r"(PET|PEESE) 0\.\d\d", text)
    methods = write_methods([record])
    (section,) = [s for s in methods.sections if s.heading == "Robustness"]
    assert "regression test of Egger (Egger 1997)" in " ".join(section.paragraphs)
