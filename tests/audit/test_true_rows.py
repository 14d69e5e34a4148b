"""A row computed from a true model and rounded as printed never fails a rule."""

import zlib

import numpy as np
import pytest
from each_case import each_case
from printed_rows import COINCIDENCES, GENERATORS
from rule_cases import context_of

from trialpool.audit.registry import ROW_RULES, rule_of

# Rules on names and on settings have nothing to round: their examples stand in the registry.
BY_NAME = {
    "replacement-known",
    "source-not-retracted",
    "arm-has-agents",
    "agent-known",
    "endpoint-known",
    "population-known",
    "definition-known",
    "nct_in_review-form",
    "taxonomy-resolves",
    "question-setting",
    "pool-setting",
    "marker-level",
    "certainty-comparison-known",
    "certainty-question-known",
    "certainty-word-of-domain",
    "certainty-signed",
    "judgement-known",
    "domain-of-tool",
    "judged-once",
    "text-against-data",
    "one-spelling",
    "text-no-formula",
    "text-visible",
}


def faults(rule_id: str, generator, draws: int) -> tuple[int, list[str]]:
    """How many judgements, and the faults among them."""
    rng = np.random.default_rng([zlib.crc32(rule_id.encode()), draws])
    judgements = list(rule_of(rule_id).judge(context_of(generator(rng, draws))))
    return len(judgements), [str(fault) for fault in judgements if fault is not None]


def test_every_rule_on_numbers_is_tested():
    assert {rule.id for rule in ROW_RULES} == BY_NAME | set(GENERATORS) | set(COINCIDENCES)


@each_case("rule_id", GENERATORS)
def test_true_rows_never_fail(rule_id):
    judged, found = faults(rule_id, GENERATORS[rule_id][0], 300)
    assert judged > 50
    assert found == []


@pytest.mark.slow
@pytest.mark.parametrize("rule_id", GENERATORS)
def test_ten_thousand_true_rows_never_fail(rule_id):
    judged, found = faults(rule_id, GENERATORS[rule_id][0], 10_000)
    assert judged >= 9_000
    assert found == []


@pytest.mark.parametrize(("rule_id", "generator"), COINCIDENCES.items())
def test_different_results_rarely_print_alike(rule_id, generator):
    judged, found = faults(rule_id, generator, 3_000)
    assert judged == 6_000
    assert len(found) <= 3
