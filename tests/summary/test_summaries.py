"""What is found of each comparison: numbers by hand, what certainty rests on, judgements."""

import json
import math
from pathlib import Path

import pytest
from sample_records import result
from scipy.special import ndtri

from trialpool.evidence.contrasts import Taxonomy
from trialpool.evidence.tables import LINE, Evidence, RawTable, read_tables
from trialpool.records.comparisons import Comparisons
from trialpool.records.files import from_plain, read_result, read_summaries
from trialpool.records.summary.findings import SummariesOfFindings
from trialpool.settings import load_settings
from trialpool.summary.build import summaries_of_findings
from trialpool.summary.inputs import coverage, zones

Z = float(ndtri(0.975))
T_DXD = "trastuzumab-deruxtecan-v-trastuzumab-emtansine-on-none-positive-metastatic-later-line"
NINE_WEEKS = "trastuzumab-duration-9-weeks-v-12-months-positive-adjuvant"


@pytest.fixture(scope="module")
def built(shipped_review):
    return read_summaries(shipped_review / "results" / "summaries.json")


@pytest.fixture(scope="module")
def made(shipped_review):
    """Summaries of the shipped results with judgements of a test."""
    settings, _ = load_settings(shipped_review / "config" / "config.yaml", shipped_review)
    results = [
        read_result(folder / "result.json")
        for folder in sorted((shipped_review / "results" / "questions").iterdir())
    ]
    plain = json.loads((shipped_review / "results" / "comparisons.json").read_text("utf-8"))
    tables = read_tables(settings.path("raw"), ["trials", "arms"])[0].tables
    taxonomy = Taxonomy(settings.taxonomy)

    def make(*rows, renamed=None) -> SummariesOfFindings:
        columns = ("comparison", "question", "domain", "judgement", "reason", "by", "date")
        judged = tuple(
            {**dict(zip(columns, row, strict=True)), LINE: line} for line, row in enumerate(rows, 2)
        )
        evidence = Evidence({**tables, "certainty": RawTable(columns, judged)})
        listed = from_plain({**plain, "renamed": renamed or {}}, Comparisons)
        return summaries_of_findings(taxonomy, evidence, listed, results)

    return make


def outcome(summaries, comparison, question):
    (summary,) = (one for one in summaries.summaries if one.comparison == comparison)
    (found,) = (one for one in summary.outcomes if one.question == question)
    return found


def test_survival_by_hand(built):
    """DESTINY-Breast03: PFS 0.28 (0.22 to 0.37), T-DM1 6.8 months; exponential at 12 months."""
    found = outcome(built, T_DXD, "metastatic-pfs")
    se = math.log(0.37 / 0.22) / (2 * Z)
    survival = 0.5 ** (12 / 6.8)
    risks = [1 - survival ** (0.28 * math.exp(sign * Z * se)) for sign in (0, -1, 1)]
    treatment = found.absolute.treatment_risk
    assert found.absolute.control_risk == pytest.approx(1 - survival, abs=1e-12)
    assert (treatment.estimate, treatment.ci_lower, treatment.ci_upper) == pytest.approx(risks)
    # One in (0.706 - 0.290).
    assert found.absolute.number_needed.estimate.value == math.ceil(1 / (1 - survival - risks[0]))
    assert found.printed.texts == ("0.28", "0.22", "0.37")
    assert (found.k, found.n, found.trials) == (1, 524, ("destiny-breast03",))
    (medians,) = found.medians
    assert (medians.experimental, medians.control) == ("NR", "6.8")


def test_response_by_hand(built):
    """DESTINY-Breast03: 208 of 261 against 90 of 263 responded."""
    found = outcome(built, T_DXD, "metastatic-orr")
    odds_ratio, se = (208 / 53) / (90 / 173), math.sqrt(1 / 208 + 1 / 53 + 1 / 90 + 1 / 173)
    assert found.estimate == pytest.approx(math.log(odds_ratio))
    treatment = found.absolute.treatment_risk
    assert found.absolute.control_risk == pytest.approx(90 / 263)
    assert treatment.estimate == pytest.approx(208 / 261)
    odds = (90 / 173) * odds_ratio * math.exp(-Z * se)
    assert treatment.ci_lower == pytest.approx(odds / (1 + odds))
    # 208/261 - 90/263 is 0.4547: one in 2.2.
    assert found.absolute.number_needed.estimate.value == 3


def test_an_interval_that_holds_no_difference_runs_through_infinity(built):
    """Short-HER printed 88.5 % and SOLD 90.7 % without the event at five years of 12 months."""
    found = outcome(built, NINE_WEEKS, "trastuzumab-duration-dfs")
    assert found.absolute.control_risk == pytest.approx((0.115 + 0.093) / 2)
    limits = (found.estimate, found.ci_lower, found.ci_upper)
    gains = [0.896 ** math.exp(x) - 0.896 for x in limits]
    assert gains[0] < 0 < gains[1]
    needed = found.absolute.number_needed
    assert needed.through_infinity
    ends = (needed.estimate, needed.best, needed.worst)
    assert [end.to for end in ends] == ["harm", "benefit", "harm"]
    assert [end.value for end in ends] == [math.ceil(1 / abs(gain)) for gain in gains]
    # Its margin of 1.29 is what information is for, and 1.05 of a trial's is not.
    information = found.inputs.imprecision.information
    assert information.target == "margin"
    assert information.required == pytest.approx(((Z + ndtri(0.9)) / math.log(1.29)) ** 2, rel=1e-3)


def test_a_summary_repeats_what_the_results_say(built, shipped_review):
    folder = shipped_review / "results" / "questions"
    results = {one.name: read_result(one / "result.json") for one in folder.iterdir()}
    known = 0
    for summary in built.summaries:
        for one in summary.outcomes:
            groups = [g for g in results[one.question].groups if g.label == one.group]
            for group in groups:
                assert group.comparison == summary.comparison
                assert (one.estimate, one.ci_lower) == (group.estimate, group.ci_lower)
                assert (one.absolute, one.medians) == (group.absolute, group.medians)
                assert (one.n, one.sentence) == (group.n, group.sentence)
            assert bool(groups) == (one.k > 0)
            known += len(groups)
    assert known > 90


def test_results_that_cannot_be_pooled_stand_with_their_numbers(built):
    """EMILIA's response has no denominator; CEREBEL's OS interval cannot be of its patients."""
    emilia = (
        "trastuzumab-emtansine-v-chemotherapy-and-lapatinib-on-none-positive-metastatic-later-line"
    )
    found = outcome(built, emilia, "metastatic-orr")
    assert (found.k, found.estimate, found.absolute, found.inputs) == (0, None, None, None)
    (missing,) = found.not_pooled
    assert missing.printed == ("43.6%", "30.8%")
    names = {
        (one.label, *one.printed)
        for summary in built.summaries
        for found in summary.outcomes
        for one in found.not_pooled
    }
    assert ("CEREBEL (EGF111438)", "HR 1.34 (0.95 to 1.64)") in names


def test_one_outcome_of_several_questions_stands_once(built):
    """The trials of a later line are all that there are, and RD restates OR."""
    pfs = outcome(built, T_DXD, "metastatic-pfs")
    assert pfs.also == ("metastatic-pfs-later-line",)
    (summary,) = (one for one in built.summaries if one.comparison == T_DXD)
    assert [one.question for one in summary.outcomes] == [
        *("metastatic-os", "metastatic-pfs", "brain-metastases-pfs", "metastatic-orr"),
    ]
    assert [one.of_part for one in summary.outcomes] == [False, False, True, False]
    restated = [one.also for s in built.summaries for one in s.outcomes if one.measure == "OR"]
    assert ("neoadjuvant-pcr-rd",) in restated


def test_optimal_information_is_that_of_one_trial(built):
    """(1.960 + 1.282)² / (ln 0.80)² is 211; DESTINY-Breast03 holds 1 / SE² of it."""
    information = outcome(built, T_DXD, "metastatic-pfs").inputs.imprecision.information
    required = ((Z + ndtri(0.9)) / math.log(0.8)) ** 2
    reached = (2 * Z / math.log(0.37 / 0.22)) ** 2
    assert information.required == pytest.approx(required)
    assert information.fraction == pytest.approx(reached / required)
    assert not information.is_reached


@pytest.mark.parametrize(
    ("interval", "benefit", "held"),
    [
        ((0.5, 0.8), "lower", ("benefit",)),
        ((0.5, 0.95), "lower", ("benefit", "little-or-no-difference")),
        ((0.95, 1.05), "lower", ("little-or-no-difference",)),
        ((0.8, 1.3), "lower", ("benefit", "little-or-no-difference", "harm")),
        ((1.2, 1.3), "lower", ("harm",)),
        ((1.2, 1.3), "higher", ("benefit",)),
        ((1.0, 1.3), "higher", ("benefit", "little-or-no-difference")),
    ],
)
def test_what_an_interval_holds(interval, benefit, held):
    lower, upper = map(math.log, interval)
    assert zones(lower, upper, benefit, (math.log(0.90), math.log(1.11))) == held


def test_without_a_band_an_interval_holds_sides():
    assert zones(-0.1, 0.1, "lower", None) == ("benefit", "harm")
    assert zones(-0.2, -0.1, "lower", None) == ("benefit",)


def test_coverage_of_risk_of_bias_counts_trials_and_weighs_them():
    judged = {"tool": "RoB 2", "judgements": {"D1": "low", "overall": "low"}}
    bad = {"tool": "RoB 2", "judgements": {"overall": "high"}}
    trials = [
        {"trial_id": "a", "weight": 0.5, "risk_of_bias": judged},
        {"trial_id": "b", "weight": 0.1, "risk_of_bias": bad},
        {"trial_id": "b", "weight": 0.1, "risk_of_bias": bad},
        {"trial_id": "c", "weight": 0.3},
    ]
    found = coverage(result(trials=trials).trials)
    assert (found.trials, found.judged, found.tools) == (3, 2, ("RoB 2",))
    assert found.overall == {"low": 1, "high": 1}
    assert found.weights == pytest.approx({"low": 0.5, "high": 0.2})


JUDGED = (T_DXD, "metastatic-pfs", "overall", "moderate", "one trial", "AB", "2025-06-30")
LOWERED = (T_DXD, "metastatic-pfs", "imprecision", "serious", "one trial", "AB", "2025-06-30")


def test_judgements_stand_with_their_outcome_and_not_judged_is_nothing(made):
    summaries = made(LOWERED, JUDGED)
    found = outcome(summaries, T_DXD, "metastatic-pfs")
    assert found.certainty == "moderate"
    assert {one.domain: (one.judgement, one.by, one.date) for one in found.judgements} == {
        "imprecision": ("serious", "AB", "2025-06-30"),
        "overall": ("moderate", "AB", "2025-06-30"),
    }
    other = outcome(summaries, T_DXD, "metastatic-os")
    assert (other.certainty, other.judgements) == ("", ())
    assert summaries.unplaced == ()


def test_a_judgement_follows_a_renamed_comparison_and_a_question_that_says_the_same(made):
    old = ("old-id", "metastatic-pfs-later-line", *JUDGED[2:])
    found = outcome(made(old, renamed={"old-id": T_DXD}), T_DXD, "metastatic-pfs")
    assert found.certainty == "moderate"


def test_a_judgement_of_nothing_is_listed(made):
    lost = (T_DXD, "adjuvant-os", *JUDGED[2:])
    assert [one.question for one in made(lost).unplaced] == ["adjuvant-os"]


def test_the_audit_names_every_fault_of_certainty_at_once(review: Path, findings_of):
    config = review / "config" / "config.yaml"
    text = config.read_text("utf-8")
    config.write_text(text.replace("tables: [", "tables: [certainty, "), "utf-8")
    question = "cardiovascular-death"
    rows = [
        "comparison,question,domain,judgement,reason,by,date",
        f"no-such-comparison,{question},overall,high,why,AB,2025-06-30",
        "dapagliflozin-added-on-none,no-such-question,overall,low,why,AB,2025-06-30",
        f"dapagliflozin-added-on-none,{question},imprecision,low,why,AB,2025-06-30",
        f"dapagliflozin-added-on-none,{question},luck,serious,why,AB,30 June",
        f"dapagliflozin-added-on-none,{question},inconsistency,serious,,,",
    ]
    table = review / "data" / "raw" / "certainty.csv"
    table.write_text("\n".join(rows) + "\n", "utf-8")
    found = {(one.line, one.rule) for one in findings_of(review) if one.file == "certainty.csv"}
    assert found >= {
        (2, "certainty-comparison-known"),
        (3, "certainty-question-known"),
        (4, "certainty-word-of-domain"),
        (5, "cell-is-choice"),
        (5, "cell-is-date"),
        (6, "certainty-signed"),
    }
    # A word of no domain and a row without a fault are told nothing more.
    assert {line for line, rule in found if rule.endswith(("known", "of-domain"))} == {2, 3, 4}
