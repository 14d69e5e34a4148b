"""Flow and checklist: stages add up; items follow from records and review.yaml or are not given."""

from __future__ import annotations

import contextlib
import re
import shutil
from pathlib import Path

import pytest

from trialpool.audit.run import run_audit
from trialpool.cli.builds import pipeline, reporting
from trialpool.evidence.tables import read_tables
from trialpool.files import read_rows
from trialpool.records.files import read_result
from trialpool.report.pages.prisma import steps
from trialpool.report.prisma.checklist import ITEMS, Known, checklist_of
from trialpool.report.prisma.flow import STAGES, flow_of
from trialpool.report.site.markup import words_of
from trialpool.reviews import example
from trialpool.settings import load_about, load_settings

HEART_FAILURE = example("heart-failure")
CONFIG = Path("config/config.yaml")
ABOUT = """\
version: 3
search:
  last: 2026-01-31
  sources: [MEDLINE, 'Embase <b>x</b>']
  strategy: "heart failure AND sglt2"
registration: {register: PROSPERO CRD0}
authors: [{name: A. Author, roles: analysis}, {name: B. Author}]
living: {status: living, schedule: every month}
"""
JUDGED = """\
trial_id,tool,D1,D2,overall,by,when,reason
deliver,RoB 2,low,high,high,AB,2025-04,<i>knew</i>
"""


@pytest.fixture(scope="module")
def review(tmp_path_factory) -> Path:
    """The heart-failure review with a trial without rows, a row without interval, judgements."""
    folder = tmp_path_factory.mktemp("prisma") / "review"
    shutil.copytree(HEART_FAILURE, folder, ignore=shutil.ignore_patterns("results", ".snakemake"))
    raw = folder / "data/raw"
    with (raw / "trials.csv").open("a", encoding="utf-8") as stream:
        stream.write("later,LATER,,3,rct,open-label,100,ongoing,,reduced\n")
    rows = (raw / "time_to_event.csv").read_text(encoding="utf-8")
    first = rows.splitlines()[1]
    no_interval = first.replace(".t01", ".t02").replace("0.74,0.65,0.85,95,<0.001", "0.74,,,,")
    assert no_interval.count("0.74,,,,") == 1
    (raw / "time_to_event.csv").write_text(f"{rows}{no_interval}\n", encoding="utf-8")
    (raw / "risk_of_bias.csv").write_text(JUDGED, encoding="utf-8")
    (folder / "config/review.yaml").write_text(ABOUT, encoding="utf-8")
    config = folder / CONFIG
    text = config.read_text(encoding="utf-8")
    text = text.replace(
        "  results: results\n", "  results: results\n  review: config/review.yaml\n"
    )
    text = text.replace("time_to_event]", "time_to_event, risk_of_bias]")
    config.write_text(text, encoding="utf-8")
    with contextlib.chdir(folder):
        staging, findings = Path("results/staging"), Path("results/audit.csv")
        pipeline.effects(CONFIG, staging / "effects.csv")
        pipeline.audit(CONFIG, findings)
        pipeline.select(CONFIG, staging / "effects.csv", findings)
        questions = sorted(Path("results/questions").iterdir())
        for question in questions:
            pipeline.pool(question)
        pipeline.figures(Path("results/questions/worsening"), risk_of_bias=True)
        built = reporting.Built(findings=findings, effects=Path("results/effects.csv"))
        reporting.report(CONFIG, questions, built, Path("results/site"))
    return folder


@pytest.fixture(scope="module")
def flow(review):
    evidence, _ = read_tables(review / "data/raw", ["trials", "sources", "time_to_event"])
    results = [read_result(path) for path in sorted(review.glob("results/questions/*/result.json"))]
    return flow_of(evidence, read_rows(review / "results/effects.csv"), results)


def test_every_row_trial_and_report_stands_once(flow):
    """Nine rows: six pooled, two of a trial that a question does not ask for, one unusable."""
    counts = {one.id: (one.rows, one.trials, one.sources) for one in flow.stages}
    assert (flow.rows, flow.trials, flow.sources) == (9, 5, 4)
    assert counts == {
        "no-result": (0, 1, 0),
        "unusable": (1, 0, 0),
        "outside": (2, 0, 0),
        "passed-over": (0, 0, 0),
        "pooled": (6, 4, 4),
    }
    (reason,) = flow.stages[1].reasons
    assert (reason.label, reason.rows, reason.trials) == (
        "an estimate without a confidence interval: no standard error", 1, 1,
    )  # fmt: skip
    shown = steps(flow)
    assert [(one.rows, one.trials) for one in shown] == [(9, 5), (9, 4), (8, 4), (6, 4), (6, 4)]


def test_flow_of_the_shipped_review_adds_up(shipped_review):
    raw = shipped_review / "data/raw"
    settings, _ = load_settings(shipped_review / CONFIG, shipped_review)
    evidence, _ = read_tables(raw, settings.tables)
    results = [
        read_result(path) for path in sorted(shipped_review.glob("results/questions/*/result.json"))
    ]
    found = flow_of(evidence, read_rows(shipped_review / "results/effects.csv"), results)
    assert list(STAGES) == [one.id for one in found.stages]
    for name in ("rows", "trials", "sources"):
        assert sum(getattr(one, name) for one in found.stages) == getattr(found, name)
    pooled = {row for one in results for trial in one.trials for row in trial.row_ids}
    assert found.stages[-1].rows == len(pooled)
    assert found.stages[-1].trials == len({t.trial_id for one in results for t in one.trials})
    assert found.trials == len(evidence.rows("trials"))
    for one in found.stages[1:-1]:
        assert sum(reason.rows for reason in one.reasons) == one.rows
    assert steps(found)[-1].rows == len(pooled)


def test_numbers_of_the_items_are_those_of_the_statements():
    numbers = [item.number for item in ITEMS if "living" not in item.number]
    # Page 2021: 27 items, of which 10, 13, 16, 20, 23 and 24 have parts; Akl 2024: L1 to L4.
    parts = {"10": "ab", "13": "abcdef", "16": "ab", "20": "abcd", "23": "abcd", "24": "abc"}
    expected = [
        f"{number}{part}" for number in range(1, 28) for part in parts.get(str(number), [""])
    ]
    assert [one for one in numbers if not one.startswith("L")] == expected
    assert sorted(one for one in numbers if one.startswith("L")) == ["L1", "L2", "L3", "L4"]
    assert len(expected) == 42


def test_what_people_wrote_is_printed_and_the_rest_is_not_given(review, flow):
    evidence, _ = read_tables(review / "data/raw", ["trials", "time_to_event"])
    results = [read_result(path) for path in review.glob("results/questions/*/result.json")]
    settings, _ = load_settings(review / CONFIG, review)
    about, faults = load_about(settings)
    assert not faults
    report = settings.config["report"]
    items = {one.number: one for one in checklist_of(Known(report, about, evidence, results, flow))}
    assert items["1, living"].text == "Version 3."
    assert items["6"].text == "MEDLINE; Embase <b>x</b>. Last searched: 2026-01-31."
    assert items["7"].text == "heart failure AND sglt2."
    assert items["24a"].text == "PROSPERO CRD0."
    assert items["L4"].text == "A. Author (analysis); B. Author."
    assert items["L1"].text == "every month."
    assert items["12"].text == "By question: hazard ratio."
    assert items["18"].text.startswith("Risk of bias was judged for 1 of 4 trials")
    assert items["16a"].text.startswith("6 of 9 rows, 4 of 5 trials pooled.")
    bare = {one.number: one for one in checklist_of(Known(report, {}, evidence, results, flow))}
    left = {number for number, one in bare.items() if not one.is_given}
    assert left == {
        *("1, living", "2", "2, living", "3", "3, living", "L1", "6", "7", "8", "9", "11", "15"),
        *(
            "L2",
            "16a, living",
            "L3",
            "23a",
            "23c",
            "23d",
            "24a",
            "24b",
            "24c",
            "25",
            "26",
            "27",
            "L4",
        ),
    }
    # No number of this review was found by two readers, and no earlier release is named.
    assert {number for number in left if bare[number].by == "project"} == {"9", "L3"}


def test_the_pages_hold_flow_checklist_and_judgements(review):
    site = review / "results/site"
    html = (site / "prisma.html").read_text(encoding="utf-8")
    text = words_of(html)
    assert "In the tables 9 rows, 5 trials, 4 reports" in text
    assert "Pooled 6 rows, 4 trials, 4 reports" in text
    assert "Embase <b>x</b>" in text  # as text: nothing that a person writes becomes markup
    assert "Registration PROSPERO CRD0." in text
    assert "Funding not given" in text
    assert not re.search(r'(?:src|href)="?https?://(?!doi\.org)', html.split("</header>")[-1])
    question = (site / "questions/worsening.html").read_text(encoding="utf-8")
    text = words_of(question)
    assert "Risk of bias was judged for 1 of 4 trials: RoB 2, overall of 1 result 1 high risk." in (
        text
    )
    assert "deviations from intended interventions: high risk" in text
    assert "figure-risk_of_bias" in question
    assert (site / "questions/worsening/risk_of_bias.svg").is_file()
    assert "why, overall: <i>knew</i>" in text


def test_faults_of_review_yaml_are_named_at_once(review, tmp_path):
    folder = tmp_path / "review"
    shutil.copytree(review, folder, ignore=shutil.ignore_patterns("results"))
    (folder / "config/review.yaml").write_text("fundin: x\nsearch: {sources: MEDLINE}\n", "utf-8")
    settings, faults = load_settings(folder / CONFIG, folder)
    found = run_audit(folder / "data/raw", settings.tables, settings, faults).findings
    fatal = {(one.file, one.line, one.column) for one in found if one.level == "fatal"}
    assert fatal == {("review.yaml", 1, "fundin"), ("review.yaml", 2, "search.sources")}
