"""All rules, in the order in which they are shown."""

from __future__ import annotations

from typing import Final

from trialpool.audit.configuration import markers, pools, questions, taxonomy
from trialpool.audit.configuration import texts as written
from trialpool.audit.counts import biomarkers, events, patients
from trialpool.audit.curves import agreement, control_arms, reconstructed
from trialpool.audit.outcomes import correlations, means, others
from trialpool.audit.ratios import intervals, ladder, medians, p_values, plausible
from trialpool.audit.rule import Rule
from trialpool.audit.tables import (
    certainty,
    duplicates,
    identifiers,
    repeats,
    retractions,
    risk_of_bias,
    spellings,
    texts,
)
from trialpool.audit.tables.forms import FORM_RULES

ACCEPTED_APPLIES: Final = Rule(
    "accepted-finding-applies",
    "An accepted finding is one that the audit makes, about the same printed numbers, and not "
    "fatal.",
    ("warning",),
    "docs/reference/audit.md, accepted findings",
    "Look at the row again; delete the entry, or write down what is printed now.",
)

# Rules on rows, on what was derived from them, and on settings.
ROW_RULES: Final[tuple[Rule, ...]] = (
    intervals.ratio_positive,
    plausible.ratio_plausible,
    intervals.limits_in_order,
    intervals.interval_holds_estimate,
    intervals.interval_complete,
    intervals.interval_symmetric,
    intervals.interval_width,
    p_values.p_one_sided,
    p_values.p_against_interval,
    ladder.rungs_disagree,
    agreement.hr_against_curve,
    agreement.median_against_curve,
    medians.medians_against_hr,
    events.events_at_most_n,
    events.events_match_percent,
    events.percent_of_whole,
    patients.arm_n_at_most_trial_n,
    patients.row_n_at_most_arm_n,
    patients.levels_add_up,
    patients.events_grow,
    patients.reconstructed_n,
    biomarkers.odds_ratio_of_rates,
    means.spread_positive,
    means.spreads_agree,
    means.deviation_not_error,
    means.mean_within_range,
    means.summary_in_order,
    means.arms_one_unit,
    means.change_sign,
    correlations.correlation_range,
    correlations.correlation_patients,
    correlations.correlation_interval,
    others.person_time_positive,
    others.person_time_plausible,
    others.difference_symmetric,
    others.difference_of_arms,
    reconstructed.rmst_within_horizon,
    reconstructed.survival_proportion,
    reconstructed.standard_error_positive,
    reconstructed.survival_falls,
    reconstructed.rmst_grows_with_survival,
    control_arms.control_rate_possible,
    control_arms.control_median_agrees,
    duplicates.same_number_two_endpoints,
    repeats.row_twice,
    repeats.result_of_one_trial,
    duplicates.source_once,
    retractions.replacement_known,
    retractions.source_not_retracted,
    identifiers.arm_has_agents,
    identifiers.agent_known,
    identifiers.endpoint_known,
    identifiers.population_known,
    identifiers.definition_known,
    identifiers.doi_form,
    identifiers.pmid_form,
    identifiers.nct_form,
    identifiers.nct_in_review_form,
    certainty.certainty_comparison_known,
    certainty.certainty_question_known,
    certainty.certainty_word_of_domain,
    certainty.certainty_signed,
    risk_of_bias.judgement_known,
    risk_of_bias.domain_of_tool,
    risk_of_bias.judged_once,
    spellings.one_spelling,
    texts.text_no_formula,
    texts.text_visible,
    taxonomy.taxonomy_resolves,
    questions.question_setting,
    pools.pool_setting,
    markers.marker_level,
    written.text_against_data,
)
RULES: Final[tuple[Rule, ...]] = (*ROW_RULES, ACCEPTED_APPLIES, *FORM_RULES)
# Findings that one rule reports under several names.
_FAMILIES: Final = dict.fromkeys(
    ("class-known", "mechanism-known", "comparison-column-known"), "taxonomy-resolves"
)


def rule_of(id_: str) -> Rule | None:
    """Return the rule that a finding names."""
    name = "config-*" if id_.startswith("config-") else _FAMILIES.get(id_, id_)
    return next((rule for rule in RULES if rule.id == name), None)
