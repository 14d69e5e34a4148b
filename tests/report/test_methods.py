"""The methods text mentions what the records used, and nothing else."""

from __future__ import annotations

from typing import Any

from msgspec.structs import replace
from pooled_records import pooled
from report_records import question, records, response, survival, survival_trials

from trialpool.questions.shared.words.references import REFERENCES
from trialpool.records.comparison import ComparisonResult
from trialpool.report.methods import Methods, write_methods


def text(methods: Methods) -> str:
    return "\n".join(p for section in methods.sections for p in section.paragraphs)


def shorts(methods: Methods) -> set[str]:
    return {reference.short for reference in methods.references}


def with_settings(record: ComparisonResult, **settings: Any) -> ComparisonResult:
    return replace(record, settings=replace(record.settings, **settings))


def test_hazard_ratios_alone_do_not_bring_up_counts() -> None:
    methods = write_methods([survival()])
    assert "log scale divided by 2z" in text(methods)
    assert "counts" not in text(methods)
    assert "Parmar 1998" in shorts(methods)
    assert "Brown & Heathers 2017" not in shorts(methods)
    assert "above 1" not in text(methods)


def test_odds_ratios_alone_do_not_bring_up_survival() -> None:
    methods = write_methods([response()])
    assert "log odds ratio" in text(methods)
    assert "risk ratio" not in text(methods)
    assert "2z" not in text(methods)
    assert "final before update" not in text(methods)
    assert "Parmar 1998" not in shorts(methods)
    assert "below 1:" not in text(methods)


def test_rules_for_counts_follow_the_flags() -> None:
    record = response()
    assert "Where several whole numbers fit" in text(write_methods([record]))
    assert "0.5 is added" not in text(write_methods([record]))
    flags = ("0.5 added to each cell (a cell is zero)",)
    record = replace(record, trials=tuple(replace(trial, flags=flags) for trial in record.trials))
    assert "0.5 is added" in text(write_methods([record]))
    assert "becomes the whole number" not in text(write_methods([record]))


def test_margins_are_described_only_where_a_question_is_decided_by_them() -> None:
    record = survival()
    assert "margin" not in text(write_methods([record]))
    judged = replace(record, title="Shorter against longer", design="non-inferiority")
    methods = write_methods([record, judged])
    assert "Questions of non-inferiority (Shorter against longer) are decided by" in text(methods)
    assert "equivalence" not in text(methods)
    assert "Piaggio 2012" in shorts(methods)
    assert "posterior probability" not in text(methods).split("Questions of non-inferiority")[1]
    level = replace(judged.settings, margin_level=0.975)
    declared = text(write_methods([replace(judged, settings=level)]))
    assert "A pool is within the margin from a posterior probability of 0.975 on." in declared


def test_the_estimator_is_that_of_the_settings() -> None:
    assert "REML" in text(write_methods([survival()]))
    methods = write_methods([with_settings(survival(), tau2_method="DL")])
    assert "REML" not in text(methods)
    assert "DerSimonian & Laird 1986" in shorts(methods)
    assert "Viechtbauer 2005" not in shorts(methods)


def test_the_prediction_interval_is_that_of_the_settings() -> None:
    assert "k − 1 degrees" in text(write_methods([survival()]))
    changed = text(write_methods([with_settings(survival(), pi_method="hts")]))
    assert "k − 2 degrees" in changed
    assert "k − 1 degrees" not in changed


def test_questions_that_differ_are_named() -> None:
    assert "questions:" not in text(write_methods([survival()]))
    first = replace(survival(), title="Alpha")
    second = replace(with_settings(survival(), tau2_method="PM"), title="Beta")
    both = text(write_methods([first, second]))
    assert "(REML) (questions: Alpha)" in both
    assert "(PM) (questions: Beta)" in both


def test_the_primary_model_is_described_where_a_group_has_it() -> None:
    assert "(normal-normal) model with an external prior" in text(write_methods([survival()]))
    without_prior = text(write_methods([response()]))
    assert "external prior" not in without_prior
    assert "with floor is primary." in without_prior
    assert "with floor is primary" not in text(write_methods([survival()]))
    both = text(write_methods([survival(), response()]))
    assert "with floor is primary where there is no prior, or comparisons share an arm" in both


def test_the_rule_of_verdicts_is_printed_with_its_thresholds() -> None:
    shown = text(write_methods([survival()]))
    assert "benefit where P is at least 0.975, leans to benefit from 0.9" in shown
    assert "HR: important" not in shown
    asked = survival()
    sizes = replace(asked.settings, important=0.2231, null_band=(-0.1054, 0.1044))
    shown = text(write_methods([replace(asked, settings=sizes)]))
    assert "HR: important: below 0.80 or beyond its mirror image" in shown
    assert "little or no difference: 0.90 to 1.11." in shown


def test_the_test_between_groups_only_where_one_was_made() -> None:
    assert "Differences between groups are tested" not in text(write_methods([response()]))
    assert "Differences between groups are tested" not in text(write_methods([survival()]))
    trials = survival_trials()
    methods = write_methods([pooled(question("q", trials, overall="pooled"), trials)])
    assert "compares trials, not randomised patients" in text(methods)
    assert "Knapp & Hartung 2003" in shorts(methods)


def test_sensitivity_only_where_there_is_some() -> None:
    headings = [section.heading for section in write_methods([response()]).sections]
    assert "Sensitivity" in headings
    none = replace(survival(), sensitivity=())
    assert "Sensitivity" not in [s.heading for s in write_methods([none]).sections]


def test_every_reference_is_cited_and_every_citation_referenced() -> None:
    methods = write_methods(records())
    body = text(methods)
    assert methods.references
    assert all(reference.short in body for reference in methods.references)
    unlisted = [r for r in REFERENCES.values() if r.short not in shorts(methods)]
    assert not [reference.short for reference in unlisted if f"{reference.short})" in body]


def test_a_question_without_trials_says_nothing_of_pooling() -> None:
    methods = write_methods([pooled(question("empty", []), [])])
    assert "Pooling" not in [section.heading for section in methods.sections]
    assert "effect sizes" not in [section.heading for section in methods.sections]


def test_an_unknown_derivation_is_described_by_its_own_words() -> None:
    trials = survival_trials()
    trials[0]["derivation"] |= {"rung": "O−E and V", "formula": "yi = (O−E)/V", "reference": "X"}
    record = pooled(question("q", trials), trials)
    assert "O−E and V: yi = (O−E)/V (X)." in text(write_methods([record]))


def test_a_standard_error_from_a_curve_is_described_only_where_one_was_used() -> None:
    record = survival()
    assert "Cox model" not in text(write_methods([record]))
    first, *others = record.trials
    derivation = replace(first.derivation, rung="ratio with reconstructed curve")
    record = replace(record, trials=(replace(first, derivation=derivation), *others))
    methods = write_methods([record])
    assert "Cox model on the reconstructed data" in text(methods)
    assert "Restricted mean" not in text(methods)
    assert "Guyot 2012" in shorts(methods)
